//! What comes out: the benefits, each person's outpatient year, and the household's year against the yearly cap, which is shown.

use jorei_sdk::benefits::{BenefitRow, BenefitSum};
use jorei_sdk::*;

words!(
    /// Why a person's outpatient year is held against a cap or not.
    pub enum Standing {
        /// It is.
        Capped = "capped",
        /// The category on the base date has no cap.
        WithoutCap = "without_cap",
        /// Active income on the base date.
        ActiveIncome = "active_income",
        /// Not insured in this household on the base date.
        NotCovered = "not_covered",
    }
);

row!(
    /// A person's outpatient care of the year from 70 to 74.
    pub struct OutpatientRow = "outpatients" {
        /// The person, by ordinal.
        person: i64,
        /// Is it held against a cap?
        standing: Standing,
        /// What was left of it here, in months at a category with a cap.
        own_yen: Yen,
        /// What another insurer certifies.
        certified_yen: Yen,
        /// The cap; absent where there is none.
        cap_yen: Option<Yen>,
        /// What both come to beyond it.
        over_yen: Yen,
        /// This insurer's part of that.
        yen: Yen,
    }
);

row!(
    /// The household's year against the yearly cap. Collected and shown, never paid.
    pub struct AnnualRow = "annual" {
        /// What was left of payments that count together, of the persons covered on the base date.
        rest_yen: Yen,
        /// What was left of all their payments.
        all_rest_yen: Yen,
        /// The cap; absent where the category, or whether the lower cap holds, is not known.
        cap_yen: Option<Yen>,
        /// What counts beyond the cap; absent with it.
        over_yen: Option<Yen>,
    }
);

/// All tables of one case.
#[derive(Clone, Debug)]
pub struct HighCostYearOutcome {
    /// What is due in all.
    pub benefit: BenefitSum,
    /// The benefits: a row per person examined, and one for the household's year where there is a cap.
    pub benefits: Vec<BenefitRow>,
    /// The persons examined.
    pub outpatients: Vec<OutpatientRow>,
    /// The household's year; no row where there is no yearly cap.
    pub annual: Option<AnnualRow>,
}

impl Outcome for HighCostYearOutcome {
    fn shapes() -> Vec<outcome::Shape> {
        use outcome::Row;
        vec![BenefitSum::SHAPE, BenefitRow::SHAPE, OutpatientRow::SHAPE, AnnualRow::SHAPE]
    }

    fn write(&self, results: &mut Results) {
        results.push(0, &self.benefit);
        self.benefits.iter().for_each(|row| results.push(1, row));
        self.outpatients.iter().for_each(|row| results.push(2, row));
        self.annual.iter().for_each(|row| results.push(3, row));
    }
}
