//! What comes out: one row for the year, one per instalment, one per act, one per obligor and run of months.

use jorei_sdk::*;

row!(
    /// The year's instalments in sum. Where anything was assessed, `billed_yen` less `over_yen` is `premium_yen`.
    pub struct ScheduleRow = "schedule" {
        /// The fiscal year.
        fiscal_year: i64,
        /// The accepted annual premium after the accepted exemptions; nil while nothing was assessed.
        premium_yen: Yen,
        /// Sum of all instalments.
        billed_yen: Yen,
        /// What instalments that can no longer be lowered exceed the premium by: to be refunded or appropriated.
        over_yen: Yen,
        /// Provisional pension deduction (仮徴収): what of the instalments is deducted in April, June and August.
        provisional_yen: Yen,
        /// The year's first due date of ordinary collection, on an open day.
        first_due: Date,
        /// On this day or later nothing of the year may be assessed or corrected (Act art. 110-2), a liability that arose later aside.
        limit_on: Date,
    }
);

words!(
    /// How an instalment is collected.
    pub enum CollectionWord {
        /// By payment slip or direct debit (普通徴収).
        Ordinary = "ordinary_collection",
        /// Out of a pension (特別徴収).
        PensionDeduction = "pension_deduction",
    }
);

row!(
    /// An instalment that bears something or once did.
    pub struct InstalmentRow = "instalments" {
        /// Number within the year and way of collection, from 1; late ones follow the ordinary ones.
        number: i64,
        /// How it is collected.
        collection: CollectionWord,
        /// Due date: an open day of the office; for a deduction the day on which the pension is paid.
        due: Date,
        /// What is due.
        amount_yen: Yen,
        /// Does it lie beyond the ordinary instalments of the year (随時期、過年度)?
        late: bool,
    }
);

words!(
    /// Whether an act was made in time (Act art. 110-2).
    pub enum Standing {
        /// Before the limit.
        Timely = "timely",
        /// On the limit or after it: changes nothing.
        Barred = "barred",
        /// After it, but a reduction that para. 2 allows.
        Excepted = "excepted",
    }
);

row!(
    /// An assessment or correction of the year.
    pub struct ActRow = "acts" {
        /// Its number, as in the facts.
        number: i64,
        /// Made in time?
        standing: Standing,
        /// On this day or later it would be too late.
        limit_on: Date,
    }
);

row!(
    /// Who owes the premium for a run of months (Act art. 76): a head of the household.
    pub struct ObligorRow = "obligors" {
        /// Ordinal of the person.
        person: i64,
        /// First month owed for, counted from April: 1 is April, 12 is March.
        first_month: i64,
        /// Last month owed for, counted from April.
        last_month: i64,
        /// Share of the premium by months, rounded down; the last one bears what is left.
        amount_yen: Yen,
        /// Has the person died? Then it is owed by the heirs.
        deceased: bool,
    }
);

/// All tables of one case.
#[derive(Clone, Debug)]
pub struct InstalmentOutcome {
    /// The year.
    pub schedule: ScheduleRow,
    /// Its instalments: ordinary collection first, then deductions, each in order of due date.
    pub instalments: Vec<InstalmentRow>,
    /// The acts in order of number.
    pub acts: Vec<ActRow>,
    /// The obligors in order of months.
    pub obligors: Vec<ObligorRow>,
}

impl Outcome for InstalmentOutcome {
    fn shapes() -> Vec<outcome::Shape> {
        use outcome::Row;
        vec![ScheduleRow::SHAPE, InstalmentRow::SHAPE, ActRow::SHAPE, ObligorRow::SHAPE]
    }

    fn write(&self, results: &mut Results) {
        results.push(0, &self.schedule);
        self.instalments.iter().for_each(|row| results.push(1, row));
        self.acts.iter().for_each(|row| results.push(2, row));
        self.obligors.iter().for_each(|row| results.push(3, row));
    }
}
