//! Decisions: made for the record, read with their steps and evidence, decided again.

use crate::cursor::{Page, PageQuery};
use crate::extract::{Json, Last, Params, digest, fiscal_year};
use crate::guard::Asker;
use crate::problem::{Answer, Problem};
use crate::state::Shared;
use crate::telemetry::DecisionCost;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use jorei_domain::id::{HouseholdId, Municipality};
use jorei_domain::slot::Slot;
use jorei_service::answer::{Answered, answer};
use jorei_service::decide_case::{self, Cost, RecordError};
use jorei_service::explain::explain;
use jorei_service::language::Language;
use jorei_service::replay::replay;
use jorei_service::words::Words;
use jorei_store::decisions::{RevisionDecision, StoredDecision};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

/// Which year.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct YearQuery {
    /// Fiscal year, as 2025.
    pub year: i32,
}

/// What is to be decided.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decide {
    /// Fiscal year, as 2025. Its first day picks the law.
    #[schema(example = 2025)]
    year: i32,
}

/// A decision in a list.
#[derive(Serialize, ToSchema)]
pub struct DecisionRow {
    /// Its id: the hash of its content.
    decision: String,
    /// The household.
    household: i64,
    /// The date of the case.
    on: String,
    /// 1 for the first; each later one supersedes the one before.
    version: i64,
    /// decided, provisional, refused or failed.
    status: String,
    /// The revision that made it.
    revision: String,
    /// Total in whole yen; none where it has no such figure.
    amount_yen: Option<i64>,
    /// As of which knowledge its facts were read.
    knowledge: i64,
    /// When it was made.
    recorded_at: String,
}

/// A decision that a revision made.
#[derive(Serialize, ToSchema)]
pub struct DecisionOfRevision {
    /// Its id.
    decision: String,
    /// The household.
    household: i64,
    /// The date of the case.
    on: String,
    /// Its version; it may be superseded by now.
    version: i64,
    /// decided, provisional, refused or failed.
    status: String,
    /// Total in whole yen.
    amount_yen: Option<i64>,
    /// When it was made.
    recorded_at: String,
}

/// A decision that was asked for.
#[derive(Serialize, ToSchema)]
pub struct DecisionMade {
    /// The decision.
    #[serde(flatten)]
    row: DecisionRow,
    /// Was it made now? Otherwise it was there, and is still true.
    new: bool,
}

/// A decision with its steps and its evidence.
#[derive(Serialize, ToSchema)]
pub struct Decision {
    /// The decision.
    #[serde(flatten)]
    row: DecisionRow,
    /// The decision that it supersedes.
    supersedes: Option<String>,
    /// What came out and how: status, outcome or refusal or failure, unsourced values, trace.
    #[schema(value_type = Object)]
    answer: Map<String, Value>,
    /// The same in words, for a clerk.
    explanation_ja: String,
    /// And for an engineer.
    explanation_en: String,
    /// Every table of facts that the rule was given, with the source of each row.
    #[schema(value_type = Object)]
    evidence: Value,
    /// Instructions the run was charged.
    fuel: u64,
}

/// What a replay found.
#[derive(Serialize, ToSchema)]
pub struct Replayed {
    /// Are all bytes the same?
    same: bool,
    /// The first part that differs.
    differs: Option<&'static str>,
    /// Bytes compared.
    bytes: usize,
    /// Fuel then and now; another version of the runtime may count differently.
    fuel: [u64; 2],
}

/// List the decisions of a household for a year, the first version first.
#[utoipa::path(get, path = "/v1/offices/{municipality}/households/{household}/decisions", tag = "decisions", params(YearQuery),
    responses((status = 200, description = "All versions", body = Page<DecisionRow>)))]
pub async fn list(
    State(host): State<Shared>,
    asker: Asker,
    Last(household): Last<i64>,
    Params(query): Params<YearQuery>,
) -> Answer<axum::Json<Page<DecisionRow>>> {
    let on = fiscal_year("year", query.year)?.first_day();
    asker.looked_up(&host, &[], &[HouseholdId(household)]).await?;
    let history = host.store.decision_history(asker.office(), Slot::Premium.word(), on, HouseholdId(household)).await?;
    Ok(axum::Json(Page::whole(history.iter().map(row).collect())))
}

/// List every decision that a revision made in this office, by the date of the case and by household.
#[utoipa::path(get, path = "/v1/offices/{municipality}/revisions/{revision}/decisions", tag = "decisions", params(PageQuery),
    responses((status = 200, description = "All versions, superseded ones too", body = Page<DecisionOfRevision>)))]
pub async fn of_revision(
    State(host): State<Shared>,
    asker: Asker,
    Last(revision): Last<String>,
    Params(page): Params<PageQuery>,
) -> Answer<axum::Json<Page<DecisionOfRevision>>> {
    let (office, revision, limit) = (asker.office(), digest("revision", &revision)?, page.limit()?);
    let after = page.after.as_deref().map(|after| digest("after", after)).transpose()?.map(|after| (office, after));
    let decisions = host.store.decisions_of_revision(revision, Some(office), after, limit + 1).await?;
    let households: Vec<HouseholdId> = decisions.iter().take(limit as usize).map(|decision| decision.household).collect();
    asker.looked_up(&host, &[], &households).await?;
    let told = |decision: RevisionDecision| DecisionOfRevision {
        decision: decision.id.to_string(),
        household: decision.household.0,
        on: decision.on.to_string(),
        version: decision.version,
        status: decision.status,
        amount_yen: decision.amount,
        recorded_at: decision.recorded_at,
    };
    Ok(axum::Json(Page::of(decisions.into_iter().map(told).collect(), limit, |decision: &DecisionOfRevision| decision.decision.clone())))
}

/// Have a household decided for the record.
///
/// Under the revision in force for the year, with all that the office knows. Where the latest decision is still true,
/// that one is answered.
#[utoipa::path(post, path = "/v1/offices/{municipality}/households/{household}/decisions", tag = "decisions", request_body = Decide,
    responses((status = 200, description = "It was there and is still true", body = DecisionMade), (status = 201, description = "Decided now", body = DecisionMade)))]
pub async fn make(
    State(host): State<Shared>,
    asker: Asker,
    Last(household): Last<i64>,
    Json(body): Json<Decide>,
) -> Answer<(StatusCode, [(HeaderName, String); 1], axum::Json<DecisionMade>)> {
    let (office, household, year) = (asker.office(), HouseholdId(household), fiscal_year("year", body.year)?);
    asker.looked_up(&host, &[], &[household]).await?;
    let began = std::time::Instant::now();
    let recorded = decide_case::record(&host.store, &host.shelf, office, household, year, asker.moment.now.today, &asker.stamp()).await;
    if let Err(RecordError::Fault { revision, .. }) = &recorded {
        host.telemetry.fault(office, *revision);
    }
    let recorded = recorded?;
    if let Some((outcome, Cost { fuel, memory_bytes })) = recorded.made {
        let cost = DecisionCost { fuel, memory_bytes, took: began.elapsed() };
        host.telemetry.decided(office, recorded.live.digest, (&outcome).into(), cost);
    }
    let stored = host.store.decision(office, recorded.decision).await?.ok_or_else(|| Problem::not_found("the decision just made"))?;
    let status = if recorded.new { StatusCode::CREATED } else { StatusCode::OK };
    let location = format!("/v1/offices/{office}/decisions/{}", recorded.decision);
    Ok((status, [(header::LOCATION, location)], axum::Json(DecisionMade { row: row(&stored), new: recorded.new })))
}

/// See one decision with its steps and its evidence.
#[utoipa::path(get, path = "/v1/offices/{municipality}/decisions/{decision}", tag = "decisions",
    responses((status = 200, description = "The decision", body = Decision)))]
pub async fn show(State(host): State<Shared>, asker: Asker, Last(decision): Last<String>) -> Answer<axum::Json<Decision>> {
    let office = asker.office();
    let stored = find(&host, office, &decision).await?;
    asker.looked_up(&host, &[], &[stored.decision.household]).await?;
    let words = words(&host, office, &stored).await?;
    let answer = answer(&Answered { outcome: &stored.decision.outcome, trace: &stored.decision.trace, words: &words, with_trace: true });
    Ok(axum::Json(Decision {
        row: row(&stored),
        supersedes: stored.decision.supersedes.map(|before| before.to_string()),
        answer,
        explanation_ja: explain(&stored.decision, &words, Language::Japanese),
        explanation_en: explain(&stored.decision, &words, Language::English),
        evidence: jorei_service::answer::evidence(&stored.decision.evidence),
        fuel: stored.fuel,
    }))
}

/// Decide an old decision again from its evidence, and compare byte for byte.
#[utoipa::path(get, path = "/v1/offices/{municipality}/decisions/{decision}/replay", tag = "decisions",
    responses((status = 200, description = "What was found", body = Replayed)))]
pub async fn replayed(State(host): State<Shared>, asker: Asker, Last(decision): Last<String>) -> Answer<axum::Json<Replayed>> {
    let office = asker.office();
    let stored = find(&host, office, &decision).await?;
    asker.looked_up(&host, &[], &[stored.decision.household]).await?;
    let found = replay(&host.store, &host.runtime, office, &stored).await?;
    let fuel = [found.fuel_then, found.fuel_now];
    Ok(axum::Json(Replayed { same: found.differs.is_none(), differs: found.differs, bytes: found.bytes, fuel }))
}

async fn find(host: &Shared, office: Municipality, prefix: &str) -> Answer<StoredDecision> {
    let found = host.store.decision_by_prefix(office, prefix).await?;
    found.ok_or_else(|| Problem::not_found("no decision of this office has such an id"))
}

async fn words(host: &Shared, office: Municipality, stored: &StoredDecision) -> Answer<Words> {
    let kept = host.store.revision(office, stored.decision.revision).await?;
    Ok(kept.map_or_else(|| Words::from_json(""), |kept| Words::from_json(&kept.about)))
}

fn row(stored: &StoredDecision) -> DecisionRow {
    DecisionRow {
        decision: stored.id.to_string(),
        household: stored.decision.household.0,
        on: stored.decision.on.to_string(),
        version: stored.version,
        status: stored.status.clone(),
        revision: stored.decision.revision.to_string(),
        amount_yen: stored.amount,
        knowledge: stored.knowledge.0,
        recorded_at: stored.recorded_at.clone(),
    }
}
