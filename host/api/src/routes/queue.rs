//! What waits for a clerk, and what a year came to.

use crate::cursor::{Page, PageQuery};
use crate::extract::{Params, fiscal_year};
use crate::guard::Asker;
use crate::problem::Answer;
use crate::routes::decisions::YearQuery;
use crate::state::Shared;
use axum::extract::State;
use jorei_service::language::Language;
use jorei_service::summary::summarize;
use jorei_service::words::Words;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which part of which year's list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct QueueQuery {
    /// Fiscal year, as 2025.
    year: i32,
    /// The `next` of the page before.
    after: Option<String>,
    /// At most so many, 1 to 500.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// A case that waits.
#[derive(Serialize, ToSchema)]
pub struct Waiting {
    /// The household.
    household: i64,
    /// refused, failed or paused.
    waiting: &'static str,
    /// Why.
    reason: String,
    /// What a clerk does.
    to_do: &'static str,
    /// The decision that says so.
    decision: Option<String>,
    /// Since when.
    since: Option<String>,
}

/// What a year came to.
#[derive(Serialize, ToSchema)]
pub struct Summary {
    /// In words, for officials.
    text_ja: String,
    /// And for engineers.
    text_en: String,
}

/// List the cases of a year that wait for a clerk.
#[utoipa::path(get, path = "/v1/offices/{municipality}/queue", tag = "decisions", params(QueueQuery),
    responses((status = 200, description = "In order of household", body = Page<Waiting>)))]
pub async fn list(State(host): State<Shared>, asker: Asker, Params(query): Params<QueueQuery>) -> Answer<axum::Json<Page<Waiting>>> {
    let year = fiscal_year("year", query.year)?;
    let page = PageQuery { after: query.after, limit: query.limit };
    let (after, limit) = (page.number()?.unwrap_or(i64::MIN), page.limit()?);
    let items = jorei_service::queue::queue(&host.store, asker.office(), year).await?;
    let waiting = |item: jorei_service::queue::Item| Waiting {
        household: item.household.0,
        waiting: item.waiting.word(),
        reason: item.reason,
        to_do: item.waiting.to_do(),
        decision: item.decision.as_ref().map(|(id, _)| id.to_string()),
        since: item.decision.map(|(_, since)| since),
    };
    let items = items.into_iter().filter(|item| item.household.0 > after).take(limit as usize + 1).map(waiting).collect();
    Ok(axum::Json(Page::of(items, limit, |item: &Waiting| item.household.to_string())))
}

/// Sum a year up.
#[utoipa::path(get, path = "/v1/offices/{municipality}/summary", tag = "decisions", params(YearQuery),
    responses((status = 200, description = "The sums", body = Summary)))]
pub async fn summary(State(host): State<Shared>, asker: Asker, Params(query): Params<YearQuery>) -> Answer<axum::Json<Summary>> {
    let (office, year) = (asker.office(), fiscal_year("year", query.year)?);
    let as_of = host.store.latest_knowledge(office).await?;
    let kept = match host.store.active_revision(office, jorei_service::revisions::PREMIUM, year.first_day(), as_of).await? {
        Some(digest) => host.store.revision(office, digest).await?,
        None => None,
    };
    let words = kept.map_or_else(|| Words::from_json(""), |kept| Words::from_json(&kept.about));
    let summary = summarize(&host.store, office, year, &words).await?;
    Ok(axum::Json(Summary {
        text_ja: summary.text(year, &words, Language::Japanese),
        text_en: summary.text(year, &words, Language::English),
    }))
}
