//! Long work: what runs, what ran, how far it is.

use crate::cursor::{Page, PageQuery};
use crate::extract::{Json, Last, Params, date, fiscal_year};
use crate::guard::Asker;
use crate::jobs::{self, Progress, Running};
use crate::problem::{Answer, Code, Problem};
use crate::state::{Host, Shared};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::id::{Knowledge, Municipality};
use jorei_service::assess::{Request, Tally, assess};
use jorei_service::reassessment::{self, Difference, Report, Scope, reassess};
use jorei_store::jobs::Job as Kept;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::watch;
use tokio_stream::{Stream, StreamExt as _, wrappers::WatchStream};
use utoipa::ToSchema;

/// What to assess.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Assess {
    /// Fiscal year, as 2025.
    #[schema(example = 2025)]
    year: i32,
    /// The day that the decisions count from (決定日), not after today; none for today.
    #[schema(example = "2025-06-13")]
    on: Option<String>,
}

/// What to decide again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reassess {
    /// Fiscal year, as 2025; none for every year that was assessed.
    year: Option<i32>,
    /// Only what facts after this knowledge number touch; none for what came since the last run.
    #[schema(minimum = 0)]
    since: Option<i64>,
    /// The day that the decisions count from (決定日), not after today; none for today.
    #[schema(example = "2025-10-01")]
    on: Option<String>,
    /// Keep nothing.
    #[serde(default)]
    dry_run: bool,
}

/// Which year's exemptions and instalments to decide.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideInstalments {
    /// Fiscal year, as 2025.
    #[schema(example = 2025)]
    year: i32,
    /// The day that the decisions count from (決定日), not after today; none for today.
    #[schema(example = "2025-06-13")]
    on: Option<String>,
}

/// Work that was started.
#[derive(Serialize, ToSchema)]
pub struct Started {
    /// Its id.
    job: String,
}

/// A job.
#[derive(Serialize, ToSchema)]
pub struct Job {
    /// Its id.
    job: String,
    /// assessment, reassessment, instalments, shadow, ledger or audit.
    kind: String,
    /// What was asked.
    #[schema(value_type = Object)]
    asked: Value,
    /// Who started it.
    by: String,
    /// When.
    at: String,
    /// running, done, failed, or interrupted: the service ended before it; start it again and it goes on.
    state: &'static str,
    /// How far it is, or the result.
    #[schema(value_type = Object)]
    figures: Value,
}

/// An event, as server-sent events carry it.
#[derive(ToSchema)]
#[allow(dead_code, reason = "it is only described; what is sent is made by the encoder of events")]
pub struct JobEvent {
    /// Always `progress`.
    event: String,
    /// Grows with every change; send the last one seen as `Last-Event-ID`.
    id: String,
    /// State and figures of the job, as JSON.
    data: String,
}

/// What is told of a job, up to and with its end. Nothing comes after that, so the stream must not wait for it.
struct ToItsEnd(Option<WatchStream<Progress>>);

impl Stream for ToItsEnd {
    type Item = Progress;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Progress>> {
        let Some(progress) = &mut self.0 else { return Poll::Ready(None) };
        let told = Pin::new(progress).poll_next(cx);
        if matches!(&told, Poll::Ready(Some(progress)) if progress.state != "running") {
            self.0 = None;
        }
        told
    }
}

/// List the jobs, the newest first.
#[utoipa::path(get, path = "/v1/offices/{municipality}/jobs", tag = "jobs", params(PageQuery),
    responses((status = 200, description = "The jobs", body = Page<Job>)))]
pub async fn list(State(host): State<Shared>, asker: Asker, Params(page): Params<PageQuery>) -> Answer<axum::Json<Page<Job>>> {
    let limit = page.limit()?;
    let kept = host.store.jobs(asker.office(), page.number()?, limit + 1).await?;
    let page = Page::of(kept, limit, |kept: &Kept| kept.ordinal.to_string());
    let items = page.items.into_iter().map(|kept| job(&host, asker.office(), kept)).collect();
    Ok(axum::Json(Page { items, next: page.next }))
}

/// See how far a job is.
#[utoipa::path(get, path = "/v1/offices/{municipality}/jobs/{job}", tag = "jobs",
    responses((status = 200, description = "The job", body = Job)))]
pub async fn show(State(host): State<Shared>, asker: Asker, Last(id): Last<String>) -> Answer<axum::Json<Job>> {
    let kept = host.store.job(asker.office(), &id).await?.ok_or_else(none)?;
    Ok(axum::Json(job(&host, asker.office(), kept)))
}

/// Follow a job.
///
/// Server-sent events `progress`, the last of them with a state other than `running`. Whoever comes back sends
/// `Last-Event-ID` and misses nothing that matters: each event tells everything.
#[utoipa::path(get, path = "/v1/offices/{municipality}/jobs/{job}/events", tag = "jobs",
    params(("Last-Event-ID" = Option<String>, Header, description = "The last event that was seen")),
    responses((status = 200, description = "Events until the job ends", body = JobEvent, content_type = "text/event-stream")))]
pub async fn events(
    State(host): State<Shared>,
    asker: Asker,
    Last(id): Last<String>,
    headers: HeaderMap,
) -> Answer<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    let kept = host.store.job(asker.office(), &id).await?.ok_or_else(none)?;
    let seen: Option<u64> = headers.get("last-event-id").and_then(|seen| seen.to_str().ok()).and_then(|seen| seen.parse().ok());
    let receiver = match host.jobs.running(asker.office(), &id) {
        Some(running) => running.follow(),
        // Of another process: its state is its last.
        None => {
            let job = job(&host, asker.office(), kept);
            watch::channel(Progress { sequence: u64::MAX, state: job.state, figures: job.figures }).1
        }
    };
    let known = move |progress: &Progress| seen == Some(progress.sequence) && progress.state == "running";
    let stream = ToItsEnd(Some(WatchStream::new(receiver))).filter(move |progress| !known(progress)).map(|progress| Ok(event(&progress)));
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(Duration::from_secs(10))))
}

/// Stop a job after the page under way. What was stored stays.
#[utoipa::path(delete, path = "/v1/offices/{municipality}/jobs/{job}", tag = "jobs",
    responses((status = 202, description = "It will stop")))]
pub async fn stop(State(host): State<Shared>, asker: Asker, Last(id): Last<String>) -> Answer<StatusCode> {
    let kept = host.store.job(asker.office(), &id).await?.ok_or_else(none)?;
    if !jobs::STOPS.contains(&kept.kind.as_str()) {
        return Err(Problem::new(Code::NotAllowedNow, "work of this kind reads only, and goes on to its end"));
    }
    let ended = || Problem::new(Code::NotAllowedNow, "the job has ended");
    let running = host.jobs.running(asker.office(), &id).ok_or_else(ended)?;
    if running.follow().borrow().state != "running" {
        return Err(ended());
    }
    running.stop().store(true, std::sync::atomic::Ordering::Relaxed);
    Ok(StatusCode::ACCEPTED)
}

/// Assess every household of a year.
///
/// Answers at once; `GET …/jobs/{job}/events` tells how far it is. What is decided and still true is not decided again.
#[utoipa::path(post, path = "/v1/offices/{municipality}/assessments", tag = "decisions", request_body = Assess,
    responses((status = 202, description = "It is under way", body = Started)))]
pub async fn assessment(
    State(host): State<Shared>,
    asker: Asker,
    Json(body): Json<Assess>,
) -> Answer<(StatusCode, [(HeaderName, String); 1], axum::Json<Started>)> {
    let (office, year) = (asker.office(), fiscal_year("year", body.year)?);
    let as_of = host.store.latest_knowledge(office).await?;
    let live = host.shelf.in_force(office, jorei_domain::slot::Slot::Premium, year.first_day(), as_of).await?;
    let request = Request {
        municipality: office,
        year,
        limits: jorei_service::reassessment::in_force(&host.shelf, office, year.first_day(), as_of).await?.0.instalment,
        as_of,
        threads: host.threads,
        page: PAGE,
        clock: host.clock,
        today: asker.moment.now.today,
        decided_on: decided_on(&asker, body.on.as_deref())?,
        by: asker.caller.account.clone(),
    };
    let on = request.decided_on.to_string();
    let work = move |host: Shared, running: Arc<Running>| async move {
        let stop = Arc::clone(running.stop());
        let mut before = Tally::default();
        let progress = |tally: &Tally| {
            host.telemetry.assessed(office, live.digest, &before, tally);
            before = *tally;
            running.tell(figures(tally));
        };
        let tally = assess(&host.store, &live, &request, &stop, progress).await;
        tally.map(|tally| figures(&tally)).map_err(jobs::reason)
    };
    let id = jobs::start(&host, &asker, "assessment", json!({ "year": body.year, "on": on }), work).await?;
    Ok(accepted(office, id))
}

/// Decide again what new facts and revisions touch.
///
/// Every slot, in the order premium, exemptions, instalments. What is decided and still true is not decided again. The
/// result has sums by year and cause; the households stand in the decisions and in the queue.
#[utoipa::path(post, path = "/v1/offices/{municipality}/reassessments", tag = "decisions", request_body = Reassess,
    responses((status = 202, description = "It is under way", body = Started)))]
pub async fn reassessment(
    State(host): State<Shared>,
    asker: Asker,
    Json(body): Json<Reassess>,
) -> Answer<(StatusCode, [(HeaderName, String); 1], axum::Json<Started>)> {
    let mut request = request(&host, &asker, body.year, body.on.as_deref(), Scope::Chain).await?;
    request.dry_run = body.dry_run;
    request.since = body.since.map(Knowledge);
    if request.since.is_some_and(|since| since.0 < 0 || since > request.as_of) {
        return Err(Problem::invalid(format!("since: a knowledge number from 0 to {}", request.as_of)));
    }
    let asked = json!({ "year": body.year, "since": body.since, "on": request.decided_on.to_string(), "dry_run": body.dry_run });
    decide_again(&host, &asker, "reassessment", asked, request).await
}

/// Decide exemptions and instalments of a year, from the premiums as they stand.
#[utoipa::path(post, path = "/v1/offices/{municipality}/instalments", tag = "decisions", request_body = DecideInstalments,
    responses((status = 202, description = "It is under way", body = Started)))]
pub async fn instalments(
    State(host): State<Shared>,
    asker: Asker,
    Json(body): Json<DecideInstalments>,
) -> Answer<(StatusCode, [(HeaderName, String); 1], axum::Json<Started>)> {
    let request = request(&host, &asker, Some(body.year), body.on.as_deref(), Scope::Instalments).await?;
    let asked = json!({ "year": body.year, "on": request.decided_on.to_string() });
    decide_again(&host, &asker, "instalments", asked, request).await
}

async fn request(host: &Host, asker: &Asker, year: Option<i32>, on: Option<&str>, scope: Scope) -> Answer<reassessment::Request> {
    let (office, today) = (asker.office(), asker.moment.now.today);
    Ok(reassessment::Request {
        municipality: office,
        year: year.map(|year| fiscal_year("year", year)).transpose()?,
        since: None,
        as_of: host.store.latest_knowledge(office).await?,
        decided_on: decided_on(asker, on)?,
        scope,
        dry_run: false,
        threads: host.threads,
        page: PAGE,
        clock: host.clock,
        today,
        by: asker.caller.account.clone(),
    })
}

/// The day that decisions count from: today, or one before.
fn decided_on(asker: &Asker, on: Option<&str>) -> Answer<Date> {
    let today = asker.moment.now.today;
    match on.map(|on| date("on", on)).transpose()? {
        Some(on) if on > today => Err(Problem::invalid("on: a decision does not count from a day after today")),
        on => Ok(on.unwrap_or(today)),
    }
}

async fn decide_again(
    host: &Shared,
    asker: &Asker,
    kind: &'static str,
    asked: Value,
    request: reassessment::Request,
) -> Answer<(StatusCode, [(HeaderName, String); 1], axum::Json<Started>)> {
    let work = move |host: Shared, running: Arc<Running>| async move {
        let stop = Arc::clone(running.stop());
        let progress = |year: FiscalYear, done, all| running.tell(json!({ "year": year.year(), "households": done, "of": all }));
        let report = reassess(&host.store, &host.shelf, &request, &stop, progress).await;
        report.map(|report| sums(&report)).map_err(jobs::reason)
    };
    let id = jobs::start(host, asker, kind, asked, work).await?;
    Ok(accepted(asker.office(), id))
}

/// A report without its households: whoever may follow a job may not look at everybody.
fn sums(report: &Report) -> Value {
    let mut told = report.json();
    for (year, told) in report.years.iter().zip(told["years"].as_array_mut().into_iter().flatten()) {
        let mut unsettled: BTreeMap<&str, u64> = BTreeMap::new();
        year.unsettled.iter().for_each(|item| *unsettled.entry(item.kind.word()).or_default() += 1);
        told["differences"] = year.differences.len().into();
        told["difference_yen"] = year.differences.iter().map(Difference::yen).sum::<i64>().into();
        told["unsettled"] = json!(unsettled);
    }
    told
}

/// Households of one page: one transaction.
const PAGE: u32 = 1_000;

/// The answer to what takes long.
pub fn accepted(office: Municipality, id: String) -> (StatusCode, [(HeaderName, String); 1], axum::Json<Started>) {
    (StatusCode::ACCEPTED, [(header::LOCATION, format!("/v1/offices/{office}/jobs/{id}"))], axum::Json(Started { job: id }))
}

fn figures(tally: &Tally) -> Value {
    json!({
        "households": tally.households, "unchanged": tally.unchanged, "decided": tally.decided, "provisional": tally.provisional,
        "refused": tally.refused, "failed": tally.failed, "faults": tally.faults, "open": tally.open, "vanished": tally.vanished, "barred": tally.barred,
        "stopped": tally.stopped,
    })
}

fn none() -> Problem {
    Problem::not_found("no job of this office has such an id")
}

fn job(host: &Host, office: Municipality, kept: Kept) -> Job {
    let told = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
    let (state, figures) = match (&kept.end, host.jobs.running(office, &kept.id)) {
        (Some(end), _) => (end.state.word(), told(&end.result)),
        (None, Some(running)) => {
            let progress = running.follow().borrow().clone();
            (progress.state, progress.figures)
        }
        (None, None) => ("interrupted", Value::Null),
    };
    Job { job: kept.id, kind: kept.kind, asked: told(&kept.request), by: kept.by, at: kept.at, state, figures }
}

fn event(progress: &Progress) -> Event {
    let data = json!({ "state": progress.state, "figures": progress.figures });
    Event::default().event("progress").id(progress.sequence.to_string()).data(data.to_string())
}
