//! What a rule proposes of money (`wit/v1/payments.wit`), as the host holds it and as a decision's results say it.

extern crate alloc;

use crate::money::{MoneyError, Yen};
use crate::table::{ABSENT, Column, Table, Values};
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// The name of the result table that says what was proposed.
pub const PROPOSALS: &str = "proposals";
/// Its columns.
pub const COLUMNS: [&str; 4] = ["entry", "overpayment", "claim", "yen"];
/// Words of its column `entry`.
pub const ENTRIES: &[&str] = &["appropriation", "refund", "interest"];

/// What becomes of a part of an overpayment.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Entry {
    /// It pays what the same payer owes (充当).
    Appropriation,
    /// It goes back (還付).
    Refund,
    /// It is paid in addition, as interest (還付加算金).
    Interest,
}

impl Entry {
    /// Every entry, in the order of the contract.
    pub const ALL: [Entry; 3] = [Entry::Appropriation, Entry::Refund, Entry::Interest];

    /// Its word.
    pub const fn word(self) -> &'static str {
        ENTRIES[self as usize]
    }
}

/// One entry that a rule asks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Proposal {
    /// What it is.
    pub entry: Entry,
    /// The overpayment's number.
    pub overpayment: i64,
    /// For an appropriation the claim's number.
    pub claim: Option<i64>,
    /// How much; more than 0.
    pub yen: Yen,
}

impl Proposal {
    /// A well-formed proposal from numbers: 0 or [`ABSENT`] for no claim.
    ///
    /// # Errors
    /// None where the amount is not more than 0 or out of range, or a claim stands where none belongs or none where one does.
    pub fn of(entry: Entry, overpayment: i64, claim: i64, yen: i64) -> Option<Proposal> {
        let claim = (claim != 0 && claim != ABSENT).then_some(claim);
        let yen = Yen::checked(yen).ok().filter(|yen| yen.get() > 0)?;
        (claim.is_some() == (entry == Entry::Appropriation)).then_some(Proposal { entry, overpayment, claim, yen })
    }

    /// The results' table of some proposals, of one case.
    pub fn table(proposals: &[Proposal]) -> Table {
        let column = |name: &'static str, values: Vec<i64>| Column { name: Cow::Borrowed(name), values: Values::Integers(values) };
        let rows = |value: fn(&Proposal) -> i64| proposals.iter().map(value).collect();
        Table {
            offsets: alloc::vec![0, u32::try_from(proposals.len()).unwrap_or(u32::MAX)],
            columns: alloc::vec![
                column(COLUMNS[0], rows(|proposal| proposal.entry as i64)),
                column(COLUMNS[1], rows(|proposal| proposal.overpayment)),
                column(COLUMNS[2], rows(|proposal| proposal.claim.unwrap_or(ABSENT))),
                column(COLUMNS[3], rows(|proposal| proposal.yen.get())),
            ],
        }
    }

    /// The sum of the proposals of one kind for one overpayment.
    ///
    /// # Errors
    /// [`MoneyError`] where it is out of range.
    pub fn sum(proposals: &[Proposal], entry: Entry, overpayment: i64) -> Result<Yen, MoneyError> {
        let of = |proposal: &&Proposal| proposal.entry == entry && proposal.overpayment == overpayment;
        proposals.iter().filter(of).try_fold(Yen::new(0), |sum, proposal| sum.plus(proposal.yen))
    }
}
