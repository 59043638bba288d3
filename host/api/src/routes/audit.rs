//! The chain: what was done, by whom, when; and the alarms about protected people.

use crate::action::Action;
use crate::cursor::{Page, PageQuery};
use crate::extract::Params;
use crate::guard::Asker;
use crate::jobs::{self, Running};
use crate::problem::Answer;
use crate::routes::jobs::{Started, accepted};
use crate::state::Shared;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode};
use jorei_domain::lookup::{ALARM, LOOKUP};
use jorei_service::audit::verify;
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;
use utoipa::ToSchema;

/// An entry of the chain. It holds ids and words of the host, no personal text.
#[derive(Serialize, ToSchema)]
pub struct Entry {
    /// Its place.
    sequence: i64,
    /// When.
    at: String,
    /// Who.
    by: String,
    /// What was done.
    kind: String,
    /// To what.
    subject: String,
    /// Hash of what the entry vouches for.
    payload: String,
    /// Over this entry and the link before it.
    link: String,
}

/// Somebody looked a protected person up.
#[derive(Serialize, ToSchema)]
pub struct Alarm {
    /// Its place in the chain.
    sequence: i64,
    /// When.
    at: String,
    /// Who.
    by: String,
    /// What, for which affair and case.
    what: String,
    /// The protected people.
    persons: Vec<i64>,
    /// Was it refused?
    refused: bool,
}

/// The end of the chain. Keep it where whoever runs the database cannot reach.
#[derive(Serialize, ToSchema)]
pub struct Head {
    /// The last place.
    sequence: i64,
    /// The last link.
    link: String,
}

/// Read the chain from its start.
#[utoipa::path(get, path = "/v1/offices/{municipality}/audit", tag = "audit", params(PageQuery),
    responses((status = 200, description = "Entries in order", body = Page<Entry>)))]
pub async fn list(State(host): State<Shared>, asker: Asker, Params(page): Params<PageQuery>) -> Answer<axum::Json<Page<Entry>>> {
    let limit = page.limit()?;
    let entries = host.store.audit_entries(asker.office(), page.number()?.unwrap_or(0), limit + 1).await?;
    let whole = asker.may(&host, Action::AlarmsRead, None);
    let told = entries.into_iter().map(|stored| entry(stored, whole)).collect();
    Ok(axum::Json(Page::of(told, limit, |entry: &Entry| entry.sequence.to_string())))
}

/// Read the chain's end.
#[utoipa::path(get, path = "/v1/offices/{municipality}/audit/head", tag = "audit",
    responses((status = 200, description = "The end", body = Head)))]
pub async fn head(State(host): State<Shared>, asker: Asker) -> Answer<axum::Json<Head>> {
    let (sequence, link) = host.store.audit_head(asker.office()).await?;
    Ok(axum::Json(Head { sequence, link: link.to_string() }))
}

/// Read the alarms: look-ups of protected people.
#[utoipa::path(get, path = "/v1/offices/{municipality}/audit/alarms", tag = "audit", params(PageQuery),
    responses((status = 200, description = "Alarms in order", body = Page<Alarm>)))]
pub async fn alarms(State(host): State<Shared>, asker: Asker, Params(page): Params<PageQuery>) -> Answer<axum::Json<Page<Alarm>>> {
    let limit = page.limit()?;
    let alarms = host.store.alarms(asker.office(), page.number()?.unwrap_or(0), limit + 1).await?;
    let told = |alarm: jorei_store::lookups::Alarm| Alarm {
        sequence: alarm.sequence,
        at: alarm.stamp.at,
        by: alarm.stamp.by,
        what: alarm.noted.subject(),
        persons: alarm.noted.persons.iter().map(|person| person.0).collect(),
        refused: alarm.noted.refused.is_some(),
    };
    Ok(axum::Json(Page::of(alarms.into_iter().map(told).collect(), limit, |alarm: &Alarm| alarm.sequence.to_string())))
}

/// Verify the chain and the records that it speaks of.
#[utoipa::path(post, path = "/v1/offices/{municipality}/audit/verifications", tag = "audit",
    responses((status = 202, description = "It is under way", body = Started)))]
pub async fn verification(
    State(host): State<Shared>,
    asker: Asker,
) -> Answer<(StatusCode, [(HeaderName, String); 1], axum::Json<Started>)> {
    let office = asker.office();
    let work = move |host: Shared, running: Arc<Running>| async move {
        let last = host.store.audit_head(office).await.map_err(jobs::reason)?.0;
        let tell = |done: i64| {
            // Every entry would be too many events.
            if done % 1_000 == 0 || done == last {
                running.tell(json!({ "done": done, "of": last }));
            }
        };
        let findings = verify(&host.store, office, &[], &[], tell).await.map_err(jobs::reason)?;
        let findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
        Ok(json!({ "entries": last, "holds": findings.is_empty(), "findings": findings }))
    };
    let id = jobs::start(&host, &asker, "audit", json!({}), work).await?;
    Ok(accepted(office, id))
}

/// An entry, for those who see alarms with the numbers of the people, for others without.
fn entry(stored: jorei_store::audit::StoredEntry, whole: bool) -> Entry {
    let jorei_domain::audit::Entry { sequence, stamp, kind, mut subject, payload, .. } = stored.entry;
    if !whole && [LOOKUP, ALARM].contains(&kind.as_str()) {
        // What, for which affair and case, from which file; whom, not.
        let end = subject.find(',').unwrap_or(subject.len());
        subject.truncate(end);
    }
    Entry { sequence, at: stamp.at, by: stamp.by, kind, subject, payload: payload.to_string(), link: stored.link.to_string() }
}
