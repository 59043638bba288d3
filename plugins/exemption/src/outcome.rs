//! What comes out: one row for the year, one per application, one per relief that an application brings.

use jorei_sdk::*;

row!(
    /// The year to which the applications belong.
    pub struct Exemption = "exemption" {
        /// The fiscal year.
        fiscal_year: i64,
        /// The annual premium as it stands, before exemptions; none where none was assessed.
        premium_yen: Option<Yen>,
        /// Instalments due on the day of the earliest application or later; none without an application.
        open_yen: Option<Yen>,
    }
);

words!(
    /// What became of an application.
    pub enum Answer {
        /// A row of the ordinance applies.
        Granted = "granted",
        /// What the relief requires is not met, or no row applies.
        ConditionsNotMet = "conditions_not_met",
        /// The documents were not found in order.
        NotCertified = "not_certified",
        /// Who applied lived in another household on that day; it is that one's.
        OfAnotherHousehold = "of_another_household",
        /// Before the first day on which one can apply.
        TooEarly = "too_early",
        /// After the last day, or after the last instalment fell due.
        TooLate = "too_late",
        /// Granted once, and cancelled.
        Cancelled = "cancelled",
        /// Nothing of the premium can still be reduced.
        NoOpenInstalment = "no_open_instalment",
        /// A person has the statutory reduction for involuntary unemployment, and the ordinance gives no second relief.
        ExcludedByReduction = "excluded_by_reduction",
        /// A row applies, and takes nothing off, as where there is no income levy.
        NothingToReduce = "nothing_to_reduce",
        /// An earlier application for the same relief was granted.
        Repeated = "repeated",
    }
);

row!(
    /// One application for the year.
    pub struct ApplicationRow = "applications" {
        /// Ordinal of the person whom it concerns.
        person: i64,
        /// Which relief, by its number in the ordinance.
        relief_code: i64,
        /// The day of the application.
        applied_on: Date,
        /// What became of it.
        result: Answer,
        /// The most that could be taken off for it: the instalments that it can still reduce.
        limit_yen: Yen,
    }
);

row!(
    /// What one application takes off, before the host resolves reliefs that exclude each other.
    pub struct Provision = "provisions" {
        /// Which relief, by its number in the ordinance.
        relief_code: i64,
        /// The first row of the ordinance that applies, from 1.
        row: i64,
        /// The person whose share it is; none for a relief of the whole premium.
        person: Option<i64>,
        /// Reliefs of one group exclude each other; 0 belongs to none.
        exclusion_group: i64,
        /// The lowest of a group holds.
        rank: i64,
        /// What it takes off.
        amount_yen: Yen,
        /// The day of the application.
        applied_on: Date,
    }
);

/// All results of one household.
#[derive(Clone, Debug)]
pub struct ExemptionOutcome {
    /// The year.
    pub exemption: Exemption,
    /// Its applications in the order of the evidence.
    pub applications: Vec<ApplicationRow>,
    /// What those that were granted take off.
    pub provisions: Vec<Provision>,
}

impl Outcome for ExemptionOutcome {
    fn shapes() -> Vec<outcome::Shape> {
        use outcome::Row as _;
        vec![Exemption::SHAPE, ApplicationRow::SHAPE, Provision::SHAPE]
    }

    fn write(&self, results: &mut Results) {
        results.push(0, &self.exemption);
        self.applications.iter().for_each(|row| results.push(1, row));
        self.provisions.iter().for_each(|row| results.push(2, row));
    }
}
