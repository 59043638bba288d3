//! Benefits (給付): cases made of claims and applications, what the rules say is due, and what follows in the ledger.
//!
//! A rule says what is due in all ([`due`]); the host holds that against bounds of its own, compares it with what was due before
//! and posts the difference in the transaction of the decision: a payment order for more, a withdrawn order or a reclaim for less.
//! Nothing provisional, refused or without an application is posted. Payment then goes the way of refunds ([`crate::payees`],
//! [`crate::payments`]). Absent here: the law, files of claims ([`crate::claims`]), and paying.

pub mod applications;
pub mod case;
mod deciding;
pub mod due;
pub mod letter;
pub mod month;
#[cfg(test)]
mod tests;
pub mod what_if;

pub use deciding::{Decided, Held, Posted, decide};

use crate::case_file::CaseError;
use crate::revisions::RevisionError;
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, HouseholdId};
use jorei_domain::slot::Slot;
use jorei_engine::{BulkError, Fault};
use jorei_store::StoreError;

/// Why nothing was decided or recorded. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum BenefitError {
    /// Nobody of a household is there for the month.
    #[error("nobody belongs to household {household} on {on}; `jorei history {household}` tells what the office knows of it")]
    Nobody {
        /// The household.
        household: HouseholdId,
        /// The date of the case.
        on: Date,
    },
    /// No application of such a case has all its documents, and nothing was decided before.
    #[error("household {household}: no application for {} on {on} has all its documents; `jorei benefit applications` lists them", slot.word())]
    NoApplication {
        /// The household.
        household: HouseholdId,
        /// The slot.
        slot: Slot,
        /// The date of the case.
        on: Date,
    },
    /// A date that no case of the slot has.
    #[error("{on} is no date of a case of `{}`; {what}", slot.word())]
    Date {
        /// The slot.
        slot: Slot,
        /// The date.
        on: Date,
        /// Which dates are.
        what: &'static str,
    },
    /// A month that a year rests on is open.
    #[error(
        "household {household}: the high-cost benefit of {month} {what}, and the year rests on it; \
         `jorei benefit decide {household} --slot high_cost --case {month}` decides it or says why not"
    )]
    Month {
        /// The household.
        household: HouseholdId,
        /// The first day of the month.
        month: Date,
        /// Why it is open.
        what: &'static str,
    },
    /// A slot that is no benefit.
    #[error("`{}` is no benefit", .0.word())]
    NoBenefit(Slot),
    /// There is no such application.
    #[error("there is no application {0}; `jorei benefit applications` lists them")]
    NoSuchApplication(i64),
    /// An application that cannot be recorded so.
    #[error("application: {0}")]
    Application(String),
    /// What was examined of an application is not stated as a case file would.
    #[error("application: {0}")]
    Stated(#[from] CaseError),
    /// Something that needs a reason and has none.
    #[error("say why, in a line without personal data")]
    NoReason,
    /// Others kept writing about the same household in between.
    #[error("household {0} is being worked on by others; try again")]
    Raced(HouseholdId),
    /// The revision.
    #[error(transparent)]
    Revision(#[from] RevisionError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The machine broke the run of a revision.
    #[error("revision {revision}: {fault}")]
    Fault {
        /// The revision.
        revision: Digest,
        /// What broke.
        #[source]
        fault: Fault,
    },
    /// Answers of a population cannot be had.
    #[error(transparent)]
    Bulk(#[from] BulkError),
    /// A thread of ours died.
    #[error("a deciding thread died")]
    Thread,
}
