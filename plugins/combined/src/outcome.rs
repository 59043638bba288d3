//! What comes out: the part of the National Health Insurance, the year's sums, and who bears which part of the benefit.

use jorei_sdk::benefits::{BenefitRow, BenefitSum};
use jorei_sdk::*;

row!(
    /// The year in sum. `paid_yen` is `insurer_yen`, `other_yen` and `care_yen` together.
    pub struct YearRow = "year" {
        /// Own payments under this insurer.
        own_medical_yen: Yen,
        /// Own payments that other medical insurers certify.
        own_other_yen: Yen,
        /// Own payments of long-term care.
        own_care_yen: Yen,
        /// All of them.
        total_yen: Yen,
        /// Limit of the persons from 70 to 74; absent where it was not asked for.
        elderly_limit_yen: Option<Yen>,
        /// What they are given beyond it.
        elderly_yen: Yen,
        /// Limit of the household with payments under 70; absent where it was not asked for.
        limit_yen: Option<Yen>,
        /// What all are given beyond it.
        household_yen: Yen,
        /// The benefit of all insurers.
        paid_yen: Yen,
        /// This insurer's part, which is due to the head.
        insurer_yen: Yen,
        /// The part of other medical insurers.
        other_yen: Yen,
        /// The part of the long-term-care insurance.
        care_yen: Yen,
    }
);

words!(
    /// Under which insurer something was paid, and who bears its part of the benefit.
    pub enum Side {
        /// This one.
        Medical = "national_health_insurance",
        /// Another medical insurer, by its certificate.
        Other = "other_medical_insurer",
        /// The long-term-care insurance.
        Care = "long_term_care_insurance",
    }
);

row!(
    /// A person's payments under one insurer, and the part of the benefit on them.
    pub struct SplitRow = "split" {
        /// The person, by ordinal.
        person: i64,
        /// Under which insurer.
        side: Side,
        /// Paid from 70 on?
        over_70: bool,
        /// What was paid.
        own_yen: Yen,
        /// What of the benefit falls on it.
        yen: Yen,
    }
);

/// All tables of one case.
#[derive(Clone, Debug)]
pub struct CombinedOutcome {
    /// What is due in all.
    pub benefit: BenefitSum,
    /// The one benefit: this insurer's part.
    pub benefits: Vec<BenefitRow>,
    /// The year.
    pub year: YearRow,
    /// Who bears what.
    pub split: Vec<SplitRow>,
}

impl Outcome for CombinedOutcome {
    fn shapes() -> Vec<outcome::Shape> {
        use outcome::Row;
        vec![BenefitSum::SHAPE, BenefitRow::SHAPE, YearRow::SHAPE, SplitRow::SHAPE]
    }

    fn write(&self, results: &mut Results) {
        results.push(0, &self.benefit);
        self.benefits.iter().for_each(|row| results.push(1, row));
        results.push(2, &self.year);
        self.split.iter().for_each(|row| results.push(3, row));
    }
}
