//! Revisions: rule and ordinance together, and which of them answers which case dates.

use crate::cursor::Page;
use crate::extract::{Json, Params, date, digest};
use crate::guard::Asker;
use crate::problem::{Answer, Problem};
use crate::state::{Host, Shared};
use axum::extract::State;
use axum::http::StatusCode;
use jorei_domain::calendar::Date;
use jorei_domain::slot::Slot;
use jorei_service::activation::stretches;
use jorei_service::revisions::{make as make_revision, manifest};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A revision.
#[derive(Serialize, ToSchema)]
pub struct Revision {
    /// Its digest.
    revision: String,
    /// What it answers.
    slot: String,
    /// Its rule.
    rule: String,
    /// Whose rule, and which version.
    vendor: Option<String>,
    /// The rule's version.
    version: Option<String>,
    /// Its ordinance.
    ordinance: String,
    /// Was it paused, and why?
    paused: Option<String>,
}

/// Which dates.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct InForceQuery {
    /// First case date (2025-04-01).
    from: String,
    /// First case date after those.
    until: String,
}

/// A stretch of case dates.
#[derive(Serialize, ToSchema)]
pub struct Stretch {
    /// The slot.
    slot: &'static str,
    /// First case date.
    from: String,
    /// First case date after it.
    until: String,
    /// The revision that answers; none: nobody decides these dates. A vendor is not told another's digest.
    revision: Option<String>,
}

/// What to put together.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeRevision {
    /// Digest of an admitted rule.
    #[schema(min_length = 64, max_length = 64)]
    rule: String,
    /// Name of a draft, or digest of an ordinance.
    #[schema(max_length = 64)]
    ordinance: String,
}

/// A revision that was made.
#[derive(Serialize, ToSchema)]
pub struct RevisionMade {
    /// Its digest.
    revision: String,
}

/// List the revisions.
#[utoipa::path(get, path = "/v1/offices/{municipality}/revisions", tag = "rules",
    responses((status = 200, description = "The revisions", body = Page<Revision>)))]
pub async fn list(State(host): State<Shared>, asker: Asker) -> Answer<axum::Json<Page<Revision>>> {
    let office = asker.office();
    let mut items = Vec::new();
    for kept in host.store.revisions(office).await? {
        let manifest = manifest(&host.store, office, kept.rule).await?;
        let (vendor, version) = manifest.map(|manifest| (manifest.vendor, manifest.version)).unzip();
        if !sees(&host, &asker, vendor.as_deref()) {
            continue;
        }
        let paused = host.store.pause_of(office, &kept.slot, kept.digest).await?.map(|pause| pause.reason);
        let (revision, rule, ordinance) = (kept.digest.to_string(), kept.rule.to_string(), kept.ordinance.to_string());
        items.push(Revision { revision, slot: kept.slot, rule, vendor, version, ordinance, paused });
    }
    Ok(axum::Json(Page::whole(items)))
}

/// See which revision answers which case dates.
#[utoipa::path(get, path = "/v1/offices/{municipality}/revisions/in-force", tag = "rules", params(InForceQuery),
    responses((status = 200, description = "Stretches in order", body = Page<Stretch>)))]
pub async fn in_force(State(host): State<Shared>, asker: Asker, Params(query): Params<InForceQuery>) -> Answer<axum::Json<Page<Stretch>>> {
    let (from, until): (Date, Date) = (date("from", &query.from)?, date("until", &query.until)?);
    if from >= until {
        return Err(Problem::invalid("until: must follow from"));
    }
    let as_of = host.store.latest_knowledge(asker.office()).await?;
    let mut all = Vec::new();
    for slot in Slot::ALL {
        let stretches = stretches(&host.store, asker.office(), slot, from, until, as_of).await?;
        all.extend(stretches.into_iter().map(|stretch| (slot, stretch)));
    }
    let mut told = Vec::new();
    for (slot, (from, until, revision)) in all {
        // A vendor is told that somebody else's answers, and not whose.
        let revision = match revision {
            Some(revision) if asker.caller.vendor.is_some() => {
                let kept = host.store.revision(asker.office(), revision).await?;
                let manifest = match kept {
                    Some(kept) => manifest(&host.store, asker.office(), kept.rule).await?,
                    None => None,
                };
                let vendor = manifest.map(|manifest| manifest.vendor);
                Some(if sees(&host, &asker, vendor.as_deref()) { revision.to_string() } else { OTHERS.to_owned() })
            }
            revision => revision.map(|revision| revision.to_string()),
        };
        told.push(Stretch { slot: slot.word(), from: from.to_string(), until: until.to_string(), revision });
    }
    Ok(axum::Json(Page::whole(told)))
}

/// Instead of the digest of another vendor's revision.
const OTHERS: &str = "another vendor's";

/// A vendor sees its own; what nobody admitted is nobody's.
fn sees(host: &Host, asker: &Asker, vendor: Option<&str>) -> bool {
    match vendor {
        Some(vendor) => asker.sees_vendor(host, vendor),
        None => asker.caller.vendor.is_none(),
    }
}

/// Put an admitted rule and an ordinance together. It is not in force by that.
#[utoipa::path(post, path = "/v1/offices/{municipality}/revisions", tag = "rules", request_body = MakeRevision,
    responses((status = 201, description = "The revision", body = RevisionMade)))]
pub async fn make(
    State(host): State<Shared>,
    asker: Asker,
    Json(make): Json<MakeRevision>,
) -> Answer<(StatusCode, axum::Json<RevisionMade>)> {
    let office = asker.office();
    let rule = digest("rule", &make.rule)?;
    let none = || Problem::not_found("ordinance: no draft of this name, and no ordinance of this digest");
    let text = match host.store.draft(office, &make.ordinance, None).await? {
        Some(draft) => draft.written,
        None => {
            let named = jorei_domain::id::Digest::parse(&make.ordinance).ok_or_else(none)?;
            host.store.ordinance(office, named).await?.ok_or_else(none)?
        }
    };
    let revision = make_revision(&host.store, &host.runtime, office, rule, &text, &asker.moment.now, &asker.caller.account).await?;
    Ok((StatusCode::CREATED, axum::Json(RevisionMade { revision: revision.to_string() })))
}
