//! Overpayments (過誤納金): what stands, what the rule says becomes of it, and what the host posts of that.
//!
//! The rule proposes; the host looks at every yen of it again with bounds of its own ([`Plan::of`]) and posts in the
//! transaction of the decision, or posts nothing and tells a clerk. Absent here: when interest begins, the rates and the order
//! of appropriation (the rule's), the payee's account and the bank's files.

mod bounds;
mod case;
mod deciding;
mod letter;
mod matters;
mod overpayments;
mod pending;
mod story;
#[cfg(test)]
mod tests;
mod time_bar;

pub use bounds::{Appropriation, OutOfBounds, Payout, Plan};
pub(crate) use case::Schedule;
pub use case::{Claim, RefundCase, case, claim_number};
pub(crate) use deciding::named;
pub use deciding::{Decided, Held, decide, renew};
pub use letter::{Letter, LetterItem, letter};
pub(crate) use letter::{REMEDIES, reader, write_recipient};
pub use matters::{HouseholdMatters, LapsedRefund, Matter, OrderState, State, lapsed, matters, open_matters};
pub use overpayments::{OverpaidPayment, Standing, overpayments};
pub use pending::{Blocked, blocked};
pub use story::story;
pub use time_bar::{Lapsing, Warning, lapse, warnings};

use crate::revisions::RevisionError;
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, HouseholdId};
use jorei_engine::Fault;
use jorei_store::StoreError;

/// Why nothing was decided, renewed or recorded. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum RefundError {
    /// Nothing is overpaid that is undecided.
    #[error("household {0} has no overpayment that is undecided; `jorei refund show {0}` tells what became of them")]
    Nothing(HouseholdId),
    /// Something must happen first.
    #[error("household {household}: {}", .reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Blocked {
        /// The household.
        household: HouseholdId,
        /// Everything that stands in the way.
        reasons: Vec<Blocked>,
    },
    /// An overpayment of which the ledger shows no payments.
    #[error(
        "overpayment {number} of household {household}: its payments do not make up what stands; look at `jorei ledger show {household}`"
    )]
    Unpaid {
        /// The household.
        household: HouseholdId,
        /// The overpayment.
        number: i64,
    },
    /// No such order.
    #[error("there is no payment order {0}")]
    NoOrder(i64),
    /// An order or overpayment of which nothing is open: it has left, was paid, was taken back or lapsed.
    #[error("{what}: {why}")]
    NotOpen {
        /// The order or overpayment.
        what: String,
        /// Why it is not open.
        why: &'static str,
    },
    /// An order decided for that very day or a later one.
    #[error("payment order {order} was decided for {decided_on}; it is renewed on a later day only")]
    NotLater {
        /// The order.
        order: i64,
        /// Its day.
        decided_on: Date,
    },
    /// What has not lapsed, or nobody has computed whether it has.
    #[error("{what}: {}", bar_on.map_or_else(|| "nobody has computed when it lapses; `jorei refund decide` does".to_owned(), |bar| format!("it can be claimed until the day before {bar}")))]
    NotBarred {
        /// The overpayment or order.
        what: String,
        /// From which day on it can no longer be claimed.
        bar_on: Option<Date>,
    },
    /// A record that needs a reason and has none.
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
    /// A thread of ours died.
    #[error("a deciding thread died")]
    Thread,
}
