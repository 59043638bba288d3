//! Claims of institutions (レセプト): sets of the federation, taken whole or not at all; what a clerk must look at; what clerks do.
//!
//! A set is read and checked whole before a line of it counts, and taken in one transaction, page by page. Of a claim that is known
//! only a return or a replacement may be told, of one that is not known neither. What a line says is never edited here and never
//! computed anew: the own payment is what the institution charged. Absent here: files and folders, which come in as bytes, and
//! what follows for a benefit.

pub mod findings;
pub mod forms;
#[cfg(test)]
mod tests;

use crate::claims::findings::{Standing, finding, insured, last_of_each};
use crate::claims::forms::{Opened, ReadSet, Report, Wrong, open};
use jorei_domain::audit::Stamp;
use jorei_domain::benefit::Benefit;
use jorei_domain::calendar::{Date, FiscalYear, months_after};
use jorei_domain::id::{Digest, HouseholdId, Municipality, PersonId};
use jorei_domain::ledger::{Account, Event, Phase, Posting, Transfer};
use jorei_domain::money::Yen;
use jorei_domain::record::Kind;
use jorei_store::medical_claims::{
    ClaimLine, ClaimSetBegun, ClaimStatus, ClaimsError, ClaimsTold, NewClaimSet, StoredClaimSet, TakingClaims,
};
use jorei_store::{Store, StoreError};
use std::collections::HashMap;

/// Lines per page.
const PAGE: usize = 500;
/// The longest reason of a clerk, in characters.
pub const LONGEST_REASON: usize = 500;

/// Why a set was not taken. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum ClaimsIntakeError {
    /// Files or lines are wrong.
    #[error("{} place(s) are wrong", .0.len())]
    Refused(Report),
    /// The store; a gap in the serials among others.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What became of a set.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Applied {
    /// The set.
    pub set: StoredClaimSet,
    /// Was it taken before? Then nothing was done now.
    pub before: bool,
    /// What it told, summed up.
    pub told: Vec<ClaimsTold>,
}

/// Takes a set of claims, whole or not at all: all of its files, by name and content, in any order. The same files again give the
/// same answer and do nothing. `today` is the day by which a month of processing has come; `progress` gets the number of lines
/// that are done.
///
/// # Errors
/// A [`ClaimsIntakeError`]; nothing was written then.
pub async fn apply(
    store: &Store,
    municipality: Municipality,
    files: &[(String, Vec<u8>)],
    today: Date,
    stamp: &Stamp,
    mut progress: impl FnMut(u64) + Send,
) -> Result<Applied, ClaimsIntakeError> {
    let opened = open(municipality, files, today).map_err(ClaimsIntakeError::Refused)?;
    if let Some(set) = store.claim_set(municipality, opened.digest()).await? {
        return Ok(applied(store, municipality, set, true).await?);
    }
    let mut read = opened.read().map_err(ClaimsIntakeError::Refused)?;
    let new = NewClaimSet {
        serial: read.serial,
        month: read.month,
        digest: read.digest,
        lines: read.said.len() as u64,
        cost_yen: read.cost_yen,
        own_yen: read.own_yen,
        files: read.files.iter().map(|(at, lines)| (Digest::of(opened.bytes(*at)), *lines, opened.bytes(*at).to_vec())).collect(),
    };
    // Before the transaction, which keeps others from writing.
    let known = insured(store, municipality, &read.said, store.latest_knowledge(municipality).await?).await?;
    let mut taking = store.taking_claims(municipality, stamp).await?;
    let number = match taking.begin(&new).await? {
        ClaimSetBegun::Now(number) => number,
        ClaimSetBegun::Before(set) => {
            drop(taking);
            return Ok(applied(store, municipality, set, true).await?);
        }
    };
    drop(new);
    hold_against_known(&mut taking, &opened, &read).await?;
    let mut standing = Standing::before(&mut taking, &read.said).await?;
    let last = last_of_each(&read.said);
    let found: Vec<_> = read
        .said
        .iter()
        .enumerate()
        .map(|(at, said)| finding(&known, &mut standing, said, last.get(said.claim.claim.as_str()) == Some(&at)))
        .collect();
    drop((last, standing, known));
    let mut done = 0;
    let mut said = read.said.drain(..).zip(found);
    loop {
        let page = said.by_ref().take(PAGE).map(|(said, finding)| ClaimLine { set: number, finding, ..said.claim });
        let mut page: Vec<ClaimLine> = page.collect();
        if page.is_empty() {
            break;
        }
        taking.save(&mut page).await?;
        done += page.len() as u64;
        progress(done);
    }
    drop(said);
    taking.commit().await?;
    let set = store.claim_set(municipality, read.digest).await?;
    let set = set.ok_or_else(|| StoreError::Damaged("a set of claims is not there after it was taken".into()))?;
    Ok(applied(store, municipality, set, false).await?)
}

async fn applied(store: &Store, municipality: Municipality, set: StoredClaimSet, before: bool) -> Result<Applied, StoreError> {
    let told = store.told_by_claim_set(municipality, set.number).await?;
    Ok(Applied { set, before, told })
}

/// The line that takes a claim back: the same with its amounts below 0.
pub fn opposite(claim: &ClaimLine) -> ClaimLine {
    ClaimLine {
        status: ClaimStatus::Returned,
        points: -claim.points,
        cost_yen: -claim.cost_yen,
        own_yen: -claim.own_yen,
        in_kind_yen: -claim.in_kind_yen,
        finding: None,
        ..claim.clone()
    }
}

/// Is a line what takes a claim back? Where it stands in which set is another matter, and what was printed of the category, too.
fn takes_back(claim: &ClaimLine, line: &ClaimLine) -> bool {
    let place = |of: &ClaimLine| ClaimLine { ordinal: 0, set: 0, part: 0, line: 0, category: String::new(), ..of.clone() };
    place(&opposite(claim)) == place(line)
}

/// Holds each line against what was said of its claim before, in earlier sets and in earlier lines of this one.
async fn hold_against_known(taking: &mut TakingClaims<'_>, opened: &Opened<'_>, read: &ReadSet) -> Result<(), ClaimsIntakeError> {
    let mut report = Report::default();
    // Claims of which more than an original is told are few; the others are kept as their numbers only.
    let several: HashMap<&str, usize> = read.said.iter().fold(HashMap::new(), |mut counted, said| {
        *counted.entry(said.claim.claim.as_str()).or_default() += 1;
        counted
    });
    let mut in_set: HashMap<&str, &ClaimLine> = HashMap::new();
    for page in read.said.chunks(PAGE) {
        let numbers: Vec<&str> = page.iter().map(|said| said.claim.claim.as_str()).collect();
        let before = taking.known(&numbers).await?;
        for said in page {
            let number = said.claim.claim.as_str();
            let earlier = in_set.get(number).copied();
            if let Err((place, wrong)) = follows(earlier.or(before.get(number)), &said.claim, earlier.is_some()) {
                report.add(opened.at(said, place, wrong));
            } else if several.get(number).is_some_and(|count| *count > 1) {
                in_set.insert(number, &said.claim);
            }
        }
    }
    report.or(()).map_err(ClaimsIntakeError::Refused)
}

/// Can a line follow what was said of its claim? Otherwise the column that is to blame.
fn follows(latest: Option<&ClaimLine>, claim: &ClaimLine, in_set: bool) -> Result<(), (usize, Wrong)> {
    let Some(latest) = latest else {
        return if claim.status == ClaimStatus::Original { Ok(()) } else { Err((1, Wrong::Unknown)) };
    };
    match claim.status {
        ClaimStatus::Original => return Err((1, if in_set { Wrong::Twice } else { Wrong::Known })),
        _ if claim.person != latest.person => return Err((3, Wrong::OtherPerson)),
        // A month's benefits are decided anew for the months that lines are about: a claim never wanders into another one.
        _ if claim.month != latest.month => return Err((5, Wrong::OtherMonth)),
        ClaimStatus::Returned if latest.status == ClaimStatus::Returned => return Err((2, Wrong::ReturnedBefore)),
        ClaimStatus::Returned if !takes_back(latest, claim) => return Err((12, Wrong::NotItsOpposite)),
        ClaimStatus::Returned | ClaimStatus::Replaced => {}
    }
    Ok(())
}

/// What a clerk says to a claim.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Way {
    /// It counts as any other (算入).
    Counts,
    /// It counts for no benefit (除外).
    LeftOut,
    /// The insurer's part is claimed back (返還請求, 不当利得; Civil Code art. 703).
    Reclaimed,
}

impl Way {
    /// All of them.
    pub const ALL: [Way; 3] = [Way::Counts, Way::LeftOut, Way::Reclaimed];

    /// Its word: permanent, the store keeps it.
    pub const fn word(self) -> &'static str {
        match self {
            Way::Counts => "counts",
            Way::LeftOut => "left_out",
            Way::Reclaimed => "reclaimed",
        }
    }

    /// What officials call it.
    pub const fn ja(self) -> &'static str {
        match self {
            Way::Counts => "算入",
            Way::LeftOut => "除外",
            Way::Reclaimed => "返還請求",
        }
    }

    /// The one of a word.
    pub fn named(word: &str) -> Option<Way> {
        Way::ALL.into_iter().find(|way| way.word() == word)
    }
}

/// Why a claim was not settled. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum SettleError {
    /// It cannot be so.
    #[error("claim line {0}: {1}")]
    Refused(i64, &'static str),
    /// The store; a line that is not there or has been settled among others.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What was settled.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Settled {
    /// Whose debt it is, and what is claimed back, whole yen; none where nothing is.
    pub reclaimed: Option<(HouseholdId, Yen)>,
}

/// Does what a clerk says to a claim that stands. Claimed back is the insurer's part, cost less own payment, from the household
/// the person lived in in the month of treatment, or in the last one before; the debt is booked today, in today's fiscal year. The
/// account of the stamp and the reason are kept.
///
/// # Errors
/// A [`SettleError`] with what to do.
pub async fn settle(
    store: &Store,
    municipality: Municipality,
    line: i64,
    way: Way,
    reason: &str,
    today: Date,
    stamp: &Stamp,
) -> Result<Settled, SettleError> {
    let refused = |wrong: &'static str| SettleError::Refused(line, wrong);
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON {
        return Err(refused("state a reason of 1 to 500 characters, without personal data"));
    }
    let claim = store.claim_line(municipality, line).await?.ok_or(StoreError::from(ClaimsError::NoLine(line)))?;
    if way != Way::Reclaimed {
        store.settle_claim(municipality, (line, way.word(), reason), None, stamp).await?;
        return Ok(Settled { reclaimed: None });
    }
    let household = household_of(store, municipality, &claim).await?;
    let household = household.ok_or_else(|| {
        refused("the office knows no household of this person to claim from; settle it as left_out and have the federation return it")
    })?;
    let yen = Yen::checked(claim.cost_yen - claim.own_yen).ok().filter(|yen| yen.get() > 0);
    let yen = yen.ok_or_else(|| refused("the insurer has no part of this claim to claim back; settle it as left_out"))?;
    let year = FiscalYear::of(today).year();
    let posting = Posting {
        id: Digest::of(format!("claim {line} reclaimed").as_bytes()),
        event: Event::BenefitReduced,
        booked_on: today,
        decision: None,
        reference: format!("レセプト {line} 返還請求"),
        transfers: vec![Transfer {
            debit: Account::benefit_reclaim(household, year, line),
            credit: Account::benefits(year, Benefit::CareInKind),
            yen,
            phase: Phase::Posted,
            effective: today,
        }],
        overpayments: Vec::new(),
    };
    store.settle_claim(municipality, (line, way.word(), reason), Some(&posting), stamp).await?;
    Ok(Settled { reclaimed: Some((household, yen)) })
}

/// The household of a claim's person in the month of treatment, the later one where they moved; otherwise the last one before it,
/// otherwise the first one after it.
async fn household_of(store: &Store, municipality: Municipality, claim: &ClaimLine) -> Result<Option<HouseholdId>, StoreError> {
    let as_of = store.latest_knowledge(municipality).await?;
    let person = claim.person;
    let records = store.person_records(municipality, (PersonId(person.0 - 1), person), 1, as_of).await?;
    let stays = records.iter().flat_map(|record| &record.facts).filter(|fact| fact.kind == Kind::Membership);
    let mut stays: Vec<(Date, HouseholdId)> = stays.filter_map(|fact| Some((fact.from, fact.household?))).collect();
    stays.sort_unstable();
    let next = months_after(claim.month, 1);
    let until = stays.partition_point(|(from, _)| *from < next);
    Ok(stays.get(until.saturating_sub(1)).map(|(_, household)| *household))
}
