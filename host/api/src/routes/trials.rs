//! Trial calculation (試算): a stored household with changed facts. Nothing is stored but that it was looked up.

use crate::extract::{Json, Last, fiscal_year};
use crate::guard::Asker;
use crate::problem::{Answer, Problem};
use crate::state::Shared;
use axum::extract::State;
use jorei_domain::decision::Decision;
use jorei_domain::id::HouseholdId;
use jorei_domain::slot::Slot;
use jorei_service::answer::{Answered, answer};
use jorei_service::decide_case::decide;
use jorei_service::explain::explain;
use jorei_service::language::Language;
use jorei_service::revisions::LiveRevision;
use jorei_service::trial::change;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;
use utoipa::ToSchema;

/// What to try.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// Fiscal year, as 2025.
    #[schema(example = 2025)]
    year: i32,
    /// For each change the person (the number that an explanation shows, from 1) and kinds of fact: an object changes
    /// the one fact of that kind or adds it, a list takes the place of all, null takes them away.
    #[serde(default)]
    #[schema(value_type = Vec<Object>, max_items = 200)]
    changes: Vec<Value>,
}

/// Before and after.
#[derive(Serialize, ToSchema)]
pub struct TrialResult {
    /// The revision that answered.
    revision: String,
    /// With the facts as they are recorded.
    #[schema(value_type = Object)]
    before: Map<String, Value>,
    /// With the changed ones.
    #[schema(value_type = Object)]
    after: Map<String, Value>,
    /// Totals in whole yen, where both have one.
    total_yen: Option<[i64; 2]>,
    /// The changed answer in words, for a clerk.
    explanation_ja: String,
}

/// Try a household with changed facts.
#[utoipa::path(post, path = "/v1/offices/{municipality}/households/{household}/trials", tag = "decisions", request_body = Trial,
    responses((status = 200, description = "Before and after; nothing was decided", body = TrialResult)))]
pub async fn make(
    State(host): State<Shared>,
    asker: Asker,
    Last(household): Last<i64>,
    Json(trial): Json<Trial>,
) -> Answer<axum::Json<TrialResult>> {
    let (office, household, on) = (asker.office(), HouseholdId(household), fiscal_year("year", trial.year)?.first_day());
    asker.looked_up(&host, &[], &[household]).await?;
    let as_of = host.store.latest_knowledge(office).await?;
    let stored = host.store.case(office, Slot::Premium, household, on, as_of).await?;
    let stored = stored.ok_or_else(|| Problem::not_found("no household has this number in that year"))?;
    let changed = change(&stored.case, &Value::Array(trial.changes))?;
    let live = host.shelf.in_force(office, Slot::Premium, on, as_of).await?;
    let deciding = Arc::clone(&live);
    let both = tokio::task::spawn_blocking(move || {
        let before = decide(&deciding, office, household, stored.case, None)?.decision;
        Ok::<_, jorei_engine::Fault>((before, decide(&deciding, office, household, changed, None)?.decision))
    });
    let (before, after) = both.await.map_err(|error| Problem::fault(&error))??;
    let total = |decision: &Decision| decision.outcome.figure("premium", "total_yen");
    Ok(axum::Json(TrialResult {
        revision: live.digest.to_string(),
        before: told(&before, &live),
        after: told(&after, &live),
        total_yen: total(&before).zip(total(&after)).map(|(before, after)| [before, after]),
        explanation_ja: explain(&after, &live.words, Language::Japanese),
    }))
}

fn told(decision: &Decision, live: &LiveRevision) -> Map<String, Value> {
    answer(&Answered { outcome: &decision.outcome, trace: &decision.trace, words: &live.words, with_trace: false })
}
