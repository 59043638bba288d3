//! What comes out: the two tables of every benefit, and how each claim's came about.

use jorei_sdk::benefits::{BenefitRow, BenefitSum};
use jorei_sdk::*;

words!(
    /// Why a claim comes out as it does.
    pub enum Ground {
        /// Its benefit is due.
        Due = "due",
        /// Applied for too late.
        Lapsed = "lapsed",
        /// The person was not insured on the day.
        NotInsured = "not_insured",
        /// The pregnancy was too short.
        TooShort = "too_short",
        /// Another insurer or scheme pays.
        PaidElsewhere = "paid_elsewhere",
    }
);

row!(
    /// A birth or a death.
    pub struct ClaimRow = "claims" {
        /// Its number.
        number: i64,
        /// Ordinal of the person: who gave birth, who died.
        person: i64,
        /// What is due for it, whoever gets it; lapsed parts included.
        amount_yen: Yen,
        /// Why.
        ground: Ground,
    }
);

/// All tables of one case.
#[derive(Clone, Debug)]
pub struct LumpSumOutcome {
    /// The sum that is paid.
    pub benefit: BenefitSum,
    /// Births first, then deaths; of a birth with direct payment a row for the institution and one for the head.
    pub benefits: Vec<BenefitRow>,
    /// How each came about.
    pub claims: Vec<ClaimRow>,
}

impl Outcome for LumpSumOutcome {
    fn shapes() -> Vec<outcome::Shape> {
        use outcome::Row;
        vec![BenefitSum::SHAPE, BenefitRow::SHAPE, ClaimRow::SHAPE]
    }

    fn write(&self, results: &mut Results) {
        results.push(0, &self.benefit);
        self.benefits.iter().for_each(|row| results.push(1, row));
        self.claims.iter().for_each(|row| results.push(2, row));
    }
}
