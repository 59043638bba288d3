//! What comes out: the two tables of every benefit, and how each expense's came about.

use jorei_sdk::benefits::{BenefitRow, BenefitSum};
use jorei_sdk::*;

words!(
    /// Why an expense comes out as it does.
    pub enum Ground {
        /// Its benefit is due.
        Due = "due",
        /// Applied for too late.
        Lapsed = "lapsed",
        /// The person was not insured on the day.
        NotInsured = "not_insured",
        /// A transport that does not meet the three tests of the Act.
        TestsFailed = "tests_failed",
    }
);

row!(
    /// An expense of the month.
    pub struct ExpenseRow = "expenses" {
        /// Its number.
        number: i64,
        /// Ordinal of the person.
        person: i64,
        /// The cost that counts: what was assessed, at most what was paid; absent where it was not asked for.
        standard_yen: Option<Yen>,
        /// The person's share in percent; absent where there is none (transport) or it was not asked for.
        share_percent: Option<i64>,
        /// Why.
        ground: Ground,
    }
);

/// All tables of one case.
#[derive(Clone, Debug)]
pub struct ExpenseOutcome {
    /// The sum that is paid.
    pub benefit: BenefitSum,
    /// A row per expense.
    pub benefits: Vec<BenefitRow>,
    /// How each came about.
    pub expenses: Vec<ExpenseRow>,
}

impl Outcome for ExpenseOutcome {
    fn shapes() -> Vec<outcome::Shape> {
        use outcome::Row;
        vec![BenefitSum::SHAPE, BenefitRow::SHAPE, ExpenseRow::SHAPE]
    }

    fn write(&self, results: &mut Results) {
        results.push(0, &self.benefit);
        self.benefits.iter().for_each(|row| results.push(1, row));
        self.expenses.iter().for_each(|row| results.push(2, row));
    }
}
