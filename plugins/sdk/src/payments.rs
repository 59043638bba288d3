//! What a rule proposes of money: a table of its outcome, which `component!(Rule, proposes)` hands to the host.
//!
//! A rule asks and no more: the host holds each proposal against its ledger and posts all of a decision or nothing. Absent:
//! balances, which a rule learns from its facts alone.
//!
//! ```
//! use jorei_sdk::payments::{Entry, Proposal};
//! use jorei_sdk::{Outcome, Results, Yen, outcome};
//!
//! struct Back {
//!     proposals: Vec<Proposal>,
//! }
//!
//! impl Outcome for Back {
//!     fn shapes() -> Vec<outcome::Shape> {
//!         vec![<Proposal as outcome::Row>::SHAPE]
//!     }
//!     fn write(&self, results: &mut Results) {
//!         self.proposals.iter().for_each(|proposal| results.push(0, proposal));
//!     }
//! }
//!
//! let proposals = vec![Proposal { entry: Entry::Refund, overpayment: 1, claim: None, yen: Yen::new(1_200) }];
//! assert_eq!(Back::shapes()[0].name, "proposals");
//! # let _ = Back { proposals };
//! ```

use crate::outcome::{CellValue as _, ColumnShape, Row, Shape, Unit};
use jorei_domain::payment::{COLUMNS, ENTRIES, PROPOSALS};
use jorei_domain::table::{ABSENT, Table};

pub use jorei_domain::payment::{Entry, Proposal};

/// The table `proposals`, one row for each in the order in which they are proposed.
impl Row for Proposal {
    const SHAPE: Shape = Shape {
        name: PROPOSALS,
        doc: "What the host is asked to post, in this order.",
        columns: &[
            ColumnShape { name: COLUMNS[0], unit: Unit::Word(ENTRIES), doc: "Appropriation, refund, or interest in addition." },
            ColumnShape { name: COLUMNS[1], unit: Unit::Count, doc: "The overpayment's number." },
            ColumnShape { name: COLUMNS[2], unit: Unit::Count, doc: "Of an appropriation the claim's number." },
            ColumnShape { name: COLUMNS[3], unit: Unit::Yen, doc: "How much; more than 0." },
        ],
    };

    #[inline]
    fn cells(&self, mut push: impl FnMut(usize, i64)) {
        push(0, self.entry as i64);
        push(1, self.overpayment);
        push(2, self.claim.unwrap_or(ABSENT));
        push(3, self.yen.number());
    }
}

/// Reads back what an outcome's table says.
pub(crate) trait OfResults: Sized {
    /// The proposals of the one case of some results, in order.
    fn of_results(results: &[(&'static str, Table)]) -> Vec<Self>;
}

impl OfResults for Proposal {
    fn of_results(results: &[(&'static str, Table)]) -> Vec<Proposal> {
        let Some((_, table)) = results.iter().find(|(name, _)| *name == PROPOSALS) else { return Vec::new() };
        let column = |name: &str| table.integers(name).unwrap_or_default();
        let [entries, overpayments, claims, amounts] = COLUMNS.map(column);
        let rows = entries.iter().zip(overpayments).zip(claims).zip(amounts);
        let proposal = |(((entry, overpayment), claim), yen): (((&i64, &i64), &i64), &i64)| {
            let entry = usize::try_from(*entry).ok().and_then(|place| Entry::ALL.get(place))?;
            Proposal::of(*entry, *overpayment, *claim, *yen)
        };
        // What is malformed could not be proposed: a rule that makes it fails on this case.
        rows.map(|row| proposal(row).expect("a well-formed proposal")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Outcome, Results};
    use jorei_domain::money::Yen;

    struct Asked(Vec<Proposal>);

    impl Outcome for Asked {
        fn shapes() -> Vec<Shape> {
            vec![<Proposal as Row>::SHAPE]
        }
        fn write(&self, results: &mut Results) {
            self.0.iter().for_each(|proposal| results.push(0, proposal));
        }
    }

    #[test]
    fn what_is_proposed_is_what_the_table_says_and_what_the_host_compares_it_with() {
        let asked = vec![
            Proposal { entry: Entry::Appropriation, overpayment: 3, claim: Some(8), yen: Yen::new(500) },
            Proposal { entry: Entry::Refund, overpayment: 3, claim: None, yen: Yen::new(1) },
            Proposal { entry: Entry::Interest, overpayment: 3, claim: None, yen: Yen::new(100) },
        ];
        let mut results = Results::new::<Asked>(1);
        Asked(asked.clone()).write(&mut results);
        results.end_case();
        let results = results.finish();
        assert_eq!(Proposal::of_results(&results), asked);
        assert_eq!(results[0].1, Proposal::table(&asked));
    }
}
