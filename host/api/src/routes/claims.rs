//! Claims of institutions (レセプト): the sets that were taken, and what a clerk must look at.
//!
//! Absent: taking a set, which is larger than a request may be and comes in on the machine; the bytes of a file; and the
//! claims of a person who has nothing to look at.

use crate::cursor::{Page, PageQuery};
use crate::extract::{Params, date};
use crate::guard::Asker;
use crate::problem::{Answer, Problem};
use crate::state::Shared;
use axum::extract::State;
use jorei_domain::calendar::Date;
use jorei_domain::id::PersonId;
use jorei_service::claims::forms::{service_ja, setting_ja};
use jorei_store::medical_claims::{ClaimFinding, ClaimLine, StoredClaimSet};
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// A set that was taken. Whole yen.
#[derive(Serialize, ToSchema)]
pub struct ClaimSetRow {
    /// Its number here.
    set: i64,
    /// The federation's serial (通番).
    serial: i64,
    /// The month in which it was processed, by its first day.
    month: String,
    /// Its lines.
    lines: u64,
    /// The signed sum of costs.
    cost_yen: i64,
    /// The signed sum of own payments.
    own_yen: i64,
    /// Over the digests of its files.
    digest: String,
    /// When it was taken.
    at: String,
    /// By whom.
    by: String,
}

/// A claim that somebody must look at. Whole yen.
#[derive(Serialize, ToSchema)]
pub struct ClaimFindingRow {
    /// The line's number here.
    claim: i64,
    /// The set it came in.
    set: i64,
    /// Whose treatment: the number that the claim states. Nobody may have it here.
    person: i64,
    /// The month of treatment, by its first day.
    month: String,
    /// What officials call it: in or out of hospital.
    setting_ja: &'static str,
    /// What officials call the kind of care.
    service_ja: &'static str,
    /// The institution's code.
    institution: i64,
    /// Insured cost (10割).
    cost_yen: i64,
    /// What the patient paid.
    own_yen: i64,
    /// unknown_person, not_qualified, duplicate or third_party.
    finding: &'static str,
    /// What is the matter and what to do, in Japanese.
    finding_ja: &'static str,
    /// Does it count for benefits although nobody has looked?
    counts: bool,
}

/// A month in a request, as 2026-05: its first day.
pub(crate) fn month(member: &str, text: &str) -> Answer<Date> {
    let wrong = |_| Problem::invalid(format!("{member}: not a month (write 2026-05)"));
    if text.len() != "2026-05".len() {
        return Err(Problem::invalid(format!("{member}: not a month (write 2026-05)")));
    }
    date(member, &format!("{text}-01")).map_err(wrong)
}

/// List the sets of claims that were taken, the newest first.
#[utoipa::path(get, path = "/v1/offices/{municipality}/claims/sets", tag = "claims", params(PageQuery),
    responses((status = 200, description = "The newest first", body = Page<ClaimSetRow>)))]
pub async fn sets(State(host): State<Shared>, asker: Asker, Params(page): Params<PageQuery>) -> Answer<axum::Json<Page<ClaimSetRow>>> {
    let limit = page.limit()?;
    let before = page.number()?.unwrap_or(i64::MAX);
    let found = host.store.claim_sets(asker.office(), before, limit + 1).await?;
    let part = Page::of(found, limit, |set| set.number.to_string());
    Ok(axum::Json(Page { items: part.items.into_iter().map(set_body).collect(), next: part.next }))
}

/// List the claims that somebody must look at and nobody has.
#[utoipa::path(get, path = "/v1/offices/{municipality}/claims/findings", tag = "claims", params(PageQuery),
    responses((status = 200, description = "In the order in which they came in", body = Page<ClaimFindingRow>)))]
pub async fn findings(
    State(host): State<Shared>,
    asker: Asker,
    Params(page): Params<PageQuery>,
) -> Answer<axum::Json<Page<ClaimFindingRow>>> {
    let limit = page.limit()?;
    let found = host.store.claim_findings(asker.office(), page.number()?.unwrap_or(0), limit + 1).await?;
    let part = Page::of(found, limit, |claim| claim.ordinal.to_string());
    // A number that nobody has here may be anything, and is not kept.
    let known = part.items.iter().filter(|claim| claim.finding != Some(ClaimFinding::UnknownPerson));
    let persons: BTreeSet<PersonId> = known.map(|claim| claim.person).collect();
    asker.looked_up(&host, &Vec::from_iter(persons), &[]).await?;
    Ok(axum::Json(Page { items: part.items.iter().filter_map(finding_body).collect(), next: part.next }))
}

fn set_body(set: StoredClaimSet) -> ClaimSetRow {
    ClaimSetRow {
        set: set.number,
        serial: set.serial,
        month: set.month.to_string(),
        lines: set.lines,
        cost_yen: set.cost_yen,
        own_yen: set.own_yen,
        digest: set.digest.to_string(),
        at: set.at,
        by: set.by,
    }
}

fn finding_body(claim: &ClaimLine) -> Option<ClaimFindingRow> {
    let finding = claim.finding?;
    Some(ClaimFindingRow {
        claim: claim.ordinal,
        set: claim.set,
        person: claim.person.0,
        month: claim.month.to_string(),
        setting_ja: setting_ja(claim.setting),
        service_ja: service_ja(claim.service),
        institution: claim.institution,
        cost_yen: claim.cost_yen,
        own_yen: claim.own_yen,
        finding: finding.word(),
        finding_ja: finding.ja(),
        counts: finding.counts(),
    })
}
