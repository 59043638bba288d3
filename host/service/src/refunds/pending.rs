//! What must happen before anything of a household is refunded or appropriated.
//!
//! Each check errs on the side of waiting: money that is paid out on what turns out otherwise has to be claimed back.
//! Absent here: the rule's own reasons.

use super::RefundError;
use super::overpayments::Standing;
use crate::revisions::{RevisionError, digest_in_force};
use jorei_domain::calendar::FiscalYear;
use jorei_domain::id::{Digest, HouseholdId, Knowledge, Municipality};
use jorei_domain::ledger::Account;
use jorei_domain::slot::Slot;
use jorei_store::{Store, StoreError};
use std::collections::BTreeSet;
use std::fmt;

/// Something that stands in the way of a decision.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Blocked {
    /// Facts or revisions are newer than the year's decisions.
    Reassessment(i32),
    /// A receipt of the household is announced only, or nobody knows its use.
    Receipt(i64),
    /// Nobody knows who owes, and so who paid, the instalment of an overpayment.
    PayerUnknown(i64),
    /// Nobody knows when something open was due.
    DueUnknown(Account),
}

/// For engineers and the command line.
impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Blocked::Reassessment(year) => {
                write!(f, "fiscal year {year} has to be decided again first: `jorei reassess --year {year}`")
            }
            Blocked::Receipt(number) => {
                write!(f, "receipt {number} is not final or not matched: `jorei receipt exceptions` lists it")
            }
            Blocked::PayerUnknown(number) => {
                write!(f, "overpayment {number}: no instalment decision says who owed it; `jorei instalments` decides them")
            }
            Blocked::DueUnknown(account) => write!(f, "account {account}: no instalment decision says when it was due"),
        }
    }
}

impl Blocked {
    /// For officials: what is the matter, and what to do.
    pub fn ja(&self) -> String {
        match self {
            Blocked::Reassessment(year) => format!("{year}年度に未処理の異動又は改版があります。更正の処理を先に行ってください"),
            Blocked::Receipt(number) => format!("収納番号{number}が速報又は消込保留です。確報又は消込を待ってください"),
            Blocked::PayerUnknown(number) => {
                format!("過誤納番号{number}の期別の納付義務者が分かりません。期割の決定を確認してください")
            }
            Blocked::DueUnknown(account) => match account.instalment() {
                Some(instalment) => format!("{instalment}の納期限が分かりません。期割の決定を確認してください"),
                None => "未納の債権の納期限が分かりません。期割の決定を確認してください".to_owned(),
            },
        }
    }
}

/// What stands in the way for a household: a year that has to be decided again, a receipt that is not settled. The years are
/// those of overpayments and of what is open.
///
/// # Errors
/// A [`StoreError`]; a [`RevisionError`].
pub async fn blocked(
    store: &Store,
    municipality: Municipality,
    household: HouseholdId,
    years: &BTreeSet<i32>,
    as_of: Knowledge,
) -> Result<Vec<Blocked>, RefundError> {
    let mut found = Vec::new();
    for year in years {
        let year = FiscalYear::new(*year).map_err(|_| StoreError::Damaged(format!("{year} is no fiscal year")))?;
        if is_behind(store, municipality, household, year, as_of).await? {
            found.push(Blocked::Reassessment(year.year()));
        }
    }
    found.extend(super::case::unsettled_receipts(store, municipality, household).await?.into_iter().map(Blocked::Receipt));
    Ok(found)
}

/// The years that a household's overpayments are of.
pub(super) fn years_of(standing: &[Standing]) -> BTreeSet<i32> {
    standing.iter().map(|standing| Account::overpaid(standing.overpayment.household, standing.overpayment.number).year).collect()
}

/// Is anything newer than what a household's year was decided with?
///
/// A slot was looked at up to the year's coverage, where that is under the revisions in force, and up to what its own
/// decision knew, or that of a slot which it rests on: a run decides them one after the other with one knowledge.
async fn is_behind(
    store: &Store,
    municipality: Municipality,
    household: HouseholdId,
    year: FiscalYear,
    as_of: Knowledge,
) -> Result<bool, RefundError> {
    let on = year.first_day();
    let mut in_force = [None; 3];
    for (at, slot) in Slot::YEARLY.into_iter().enumerate() {
        in_force[at] = match digest_in_force(store, municipality, slot, on, as_of).await {
            Ok(digest) => Some(digest),
            Err(RevisionError::NotInForce { .. }) => None,
            // Whoever paused it will decide again.
            Err(RevisionError::Paused { .. }) => return Ok(true),
            Err(error) => return Err(error.into()),
        };
    }
    let revisions = Digest::of(&in_force.map(|digest| digest.map_or([0; 32], |digest| digest.0)).concat());
    let coverage = store.coverage(municipality, on).await?.filter(|covered| covered.revisions == revisions);
    let mut seen = coverage.map_or(Knowledge(0), |covered| covered.knowledge);
    for (slot, live) in Slot::YEARLY.into_iter().zip(in_force) {
        let latest = store.current_decisions(municipality, slot.word(), on, household..=household).await?.pop();
        if let Some(latest) = &latest {
            seen = seen.max(latest.knowledge);
            if coverage.is_none() && live.is_some_and(|live| live != latest.revision) {
                return Ok(true);
            }
        }
        if live.is_none() && latest.is_none() {
            continue;
        }
        let is_newer = match store.case(municipality, slot, household, on, as_of).await? {
            Some(case) => case.newest > seen,
            // Nobody lives there any more: what said so may be newer.
            None => {
                let touched = store.touched(municipality, seen, as_of).await?;
                touched.iter().any(|new| new.household == household && slot.kinds().contains(&new.kind) && new.bears_on(on))
            }
        };
        if is_newer {
            return Ok(true);
        }
    }
    Ok(false)
}
