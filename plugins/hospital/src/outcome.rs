//! What comes out: the two tables of every benefit, and how each stay's came about.

use jorei_sdk::benefits::{BenefitRow, BenefitSum};
use jorei_sdk::*;

words!(
    /// What a patient owes by.
    pub enum ClassWord {
        /// Neither of the others.
        General = "class_general",
        /// オ, 低所得II.
        LowIncome = "class_low_income",
        /// 低所得I.
        Lowest = "class_lowest",
    }
);

row!(
    /// A stay of the month.
    pub struct StayRow = "stays" {
        /// Its number.
        number: i64,
        /// Ordinal of the person.
        person: i64,
        /// What the patient owes by.
        class: ClassWord,
        /// Living costs (入院時生活療養費), not meals alone?
        living: bool,
        /// Recognised as a long stay in the month?
        long_stay: bool,
        /// Owed per meal.
        due_meal_yen: Yen,
        /// Owed per day of residence.
        due_residence_yen: Yen,
        /// Charged too much for meals.
        meals_yen: Yen,
        /// Charged too much for residence.
        residence_yen: Yen,
    }
);

/// All tables of one case.
#[derive(Clone, Debug)]
pub struct HospitalOutcome {
    /// The sum that is paid.
    pub benefit: BenefitSum,
    /// A row per stay of the month.
    pub benefits: Vec<BenefitRow>,
    /// How each came about.
    pub stays: Vec<StayRow>,
}

impl Outcome for HospitalOutcome {
    fn shapes() -> Vec<outcome::Shape> {
        use outcome::Row;
        vec![BenefitSum::SHAPE, BenefitRow::SHAPE, StayRow::SHAPE]
    }

    fn write(&self, results: &mut Results) {
        results.push(0, &self.benefit);
        self.benefits.iter().for_each(|row| results.push(1, row));
        self.stays.iter().for_each(|row| results.push(2, row));
    }
}
