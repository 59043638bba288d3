//! Shadow runs (並行検証): what a candidate would change.

use crate::cursor::Page;
use crate::extract::{Json, Last, digest, fiscal_year};
use crate::guard::Asker;
use crate::jobs;
use crate::problem::{Answer, Problem};
use crate::routes::jobs::{Started, accepted};
use crate::state::{Host, Shared};
use axum::extract::State;
use axum::http::{HeaderName, StatusCode};
use jorei_domain::id::HouseholdId;
use jorei_service::revisions::manifest;
use jorei_service::shadow::{self as service, Request};
use jorei_store::shadow_reports::ShadowReport;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

/// What to run.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Digest of the candidate.
    #[schema(min_length = 64, max_length = 64)]
    revision: String,
    /// The fiscal year whose decisions are compared.
    #[schema(example = 2025)]
    year: i32,
    /// At most so many decisions, spread evenly; none: all.
    #[schema(minimum = 1)]
    sample: Option<u32>,
}

/// A report in sums.
#[derive(Serialize, ToSchema)]
pub struct Report {
    /// Its id.
    report: String,
    /// The candidate.
    candidate: String,
    /// The date of the cases.
    on: String,
    /// When it was made.
    at: String,
    /// The sums in words; no household is named.
    summary_ja: String,
}

/// A household that would change.
#[derive(Serialize, ToSchema)]
pub struct ChangedHousehold {
    /// The household.
    household: i64,
    /// The decision compared.
    decision: String,
    /// Total then, in whole yen.
    before_yen: Option<i64>,
    /// Total now, in whole yen.
    after_yen: Option<i64>,
    /// What differs in the explanation.
    difference: String,
}

/// List the reports, the newest first.
#[utoipa::path(get, path = "/v1/offices/{municipality}/shadow-reports", tag = "rules",
    responses((status = 200, description = "The reports", body = Page<Report>)))]
pub async fn list(State(host): State<Shared>, asker: Asker) -> Answer<axum::Json<Page<Report>>> {
    let mut items = Vec::new();
    for kept in host.store.shadow_reports(asker.office()).await? {
        if sees(&host, &asker, &kept).await? {
            items.push(report(&kept)?);
        }
    }
    Ok(axum::Json(Page::whole(items)))
}

/// Read a report in sums.
#[utoipa::path(get, path = "/v1/offices/{municipality}/shadow-reports/{report}", tag = "rules",
    responses((status = 200, description = "The report", body = Report)))]
pub async fn show(State(host): State<Shared>, asker: Asker, Last(id): Last<String>) -> Answer<axum::Json<Report>> {
    let kept = find(&host, &asker, &id).await?;
    Ok(axum::Json(report(&kept)?))
}

/// Read the most changed households of a report.
#[utoipa::path(get, path = "/v1/offices/{municipality}/shadow-reports/{report}/households", tag = "rules",
    responses((status = 200, description = "The most changed first", body = Page<ChangedHousehold>)))]
pub async fn households(State(host): State<Shared>, asker: Asker, Last(id): Last<String>) -> Answer<axum::Json<Page<ChangedHousehold>>> {
    let kept = find(&host, &asker, &id).await?;
    let changed = service::read(&kept)?.most_changed;
    let households: Vec<HouseholdId> = changed.iter().map(|changed| HouseholdId(changed.household)).collect();
    asker.looked_up(&host, &[], &households).await?;
    let told = |changed: service::Changed| ChangedHousehold {
        household: changed.household,
        decision: changed.decision,
        before_yen: changed.before_yen,
        after_yen: changed.after_yen,
        difference: changed.difference,
    };
    Ok(axum::Json(Page::whole(changed.into_iter().map(told).collect())))
}

/// Run a candidate over the decisions of a year.
///
/// Answers at once; `GET …/jobs/{job}/events` tells how far it is.
#[utoipa::path(post, path = "/v1/offices/{municipality}/shadow-reports", tag = "rules", request_body = Run,
    responses((status = 202, description = "It is under way", body = Started)))]
pub async fn start(
    State(host): State<Shared>,
    asker: Asker,
    Json(run): Json<Run>,
) -> Answer<(StatusCode, [(HeaderName, String); 1], axum::Json<Started>)> {
    let (office, candidate, on) = (asker.office(), digest("revision", &run.revision)?, fiscal_year("year", run.year)?.first_day());
    let known = host.store.revision(office, candidate).await?;
    known.ok_or_else(|| Problem::not_found("revision: no revision of this office has such a digest"))?;
    let request = Request { municipality: office, candidate, on, sample: run.sample.map(u64::from), threads: host.threads };
    let (stamp, today) = (asker.stamp(), asker.moment.now.today);
    let asked = json!({ "revision": run.revision, "year": run.year, "sample": run.sample });
    let work = move |host: Shared, running: std::sync::Arc<jobs::Running>| async move {
        let tell = |done: u64, all: u64| running.tell(json!({ "done": done, "of": all }));
        let report = service::run(&host.store, &host.runtime, &request, &stamp, today, tell).await;
        report.map(|report| json!({ "report": report.id.to_string() })).map_err(jobs::reason)
    };
    let id = jobs::start(&host, &asker, "shadow", asked, work).await?;
    Ok(accepted(office, id))
}

async fn find(host: &Host, asker: &Asker, prefix: &str) -> Answer<ShadowReport> {
    let none = || Problem::not_found("no report has such an id");
    let kept = host.store.shadow_report_by_prefix(asker.office(), prefix).await?.ok_or_else(none)?;
    if sees(host, asker, &kept).await? { Ok(kept) } else { Err(none()) }
}

/// A vendor sees reports about its own rules.
async fn sees(host: &Host, asker: &Asker, kept: &ShadowReport) -> Answer<bool> {
    if asker.caller.vendor.is_none() {
        return Ok(true);
    }
    let Some(revision) = host.store.revision(asker.office(), kept.candidate).await? else { return Ok(false) };
    let manifest = manifest(&host.store, asker.office(), revision.rule).await?;
    Ok(manifest.is_some_and(|manifest| asker.sees_vendor(host, &manifest.vendor)))
}

fn report(kept: &ShadowReport) -> Answer<Report> {
    Ok(Report {
        report: kept.id.to_string(),
        candidate: kept.candidate.to_string(),
        on: kept.on.to_string(),
        at: kept.recorded_at.clone(),
        summary_ja: service::read(kept)?.summary(),
    })
}
