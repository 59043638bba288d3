//! What comes out: one row for the household, one per part, one per person.

use crate::income::IncomeWord;
use jorei_sdk::*;

row!(
    /// The premium of the household for the fiscal year.
    pub struct Premium = "premium" {
        /// The fiscal year.
        fiscal_year: i64,
        /// The annual premium: the sum of the parts, rounded as the ordinance says (R4).
        total_yen: Yen,
        /// Medical part.
        medical_yen: Yen,
        /// Support for the late-elderly scheme.
        support_yen: Yen,
        /// Long-term care part.
        care_yen: Yen,
        /// Child-rearing support part.
        child_yen: Yen,
        /// Level of the first test in tenths: 7, 5, 2 or 0.
        reduction_level: i64,
        /// Statutory reductions of all parts: level, preschool children, minors, births; rounded down to the yen.
        reduction_yen: Yen,
        /// What the caps cut off, all parts; rounded down to the yen.
        over_cap_yen: Yen,
        /// Persons insured in at least one month.
        insured_persons: i64,
        /// Sum of the incomes of the first test.
        determination_income_yen: Yen,
        /// Earners of the first test; 0 before FY2021, whose thresholds do not ask.
        earners: i64,
        /// Insured persons and former members on the day of the first test.
        test_persons: i64,
    }
);

words!(
    /// A part of the premium (賦課区分).
    pub enum Part {
        /// Medical part (医療分).
        Medical = "medical",
        /// Support for the late-elderly scheme (後期高齢者支援金等分).
        Support = "support",
        /// Long-term care part (介護納付金分).
        Care = "care",
        /// Child-rearing support part (子ども・子育て支援納付金分).
        Child = "child",
    }
);

row!(
    /// One part that is levied. Elements are sums over the year's periods by their months of twelve,
    /// rounded down to the yen for display; the premium is computed from the exact ones.
    pub struct PartRow = "parts" {
        /// Which part.
        part: Part,
        /// Income levy.
        income_levy_yen: Yen,
        /// Asset levy.
        asset_levy_yen: Yen,
        /// Per-capita levy after reductions.
        per_capita_yen: Yen,
        /// 18-and-over per-capita levy after reductions; the child part only.
        adult_per_capita_yen: Yen,
        /// Per-household levy after reductions.
        per_household_yen: Yen,
        /// Taken off for births.
        maternity_yen: Yen,
        /// Before the cap: the elements less what births take off.
        calculated_yen: Yen,
        /// What the cap cuts off.
        over_cap_yen: Yen,
        /// The premium of the part, rounded as the ordinance says (R3).
        premium_yen: Yen,
        /// Months with at least one person liable for the part.
        months: Months,
    }
);

row!(
    /// One person of the household.
    pub struct PersonRow = "persons" {
        /// Ordinal of the person.
        person: i64,
        /// Months insured.
        insured_months: Months,
        /// Those with the care part.
        care_months: Months,
        /// Those cut for a birth.
        maternity_months: Months,
        /// Levy base of the last month insured; none for who is not insured.
        levy_base_yen: Option<Yen>,
        /// How far the income is known; none for who does not count.
        income: Option<IncomeWord>,
    }
);

/// All tables of one case.
#[derive(Debug)]
pub struct PremiumOutcome {
    /// The household.
    pub premium: Premium,
    /// The parts levied.
    pub parts: Vec<PartRow>,
    /// The persons.
    pub persons: Vec<PersonRow>,
}

impl Outcome for PremiumOutcome {
    fn shapes() -> Vec<outcome::Shape> {
        vec![<Premium as outcome::Row>::SHAPE, <PartRow as outcome::Row>::SHAPE, <PersonRow as outcome::Row>::SHAPE]
    }

    fn write(&self, results: &mut Results) {
        results.push(0, &self.premium);
        for part in &self.parts {
            results.push(1, part);
        }
        for person in &self.persons {
            results.push(2, person);
        }
    }
}
