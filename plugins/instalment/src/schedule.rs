//! The instalments while acts are laid over each other: what is due when, what can still change, and how an
//! amount is spread. Absent here: whether an act counts, and whether a pension may be deducted from.

use crate::ordinance::{Ordinary, PensionDeduction, Remainder, remainder_word};
use crate::outcome::{CollectionWord, InstalmentRow};
use jorei_sdk::*;

/// An instalment while it changes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instalment {
    pub(crate) number: i64,
    pub(crate) collection: CollectionWord,
    pub(crate) due: Date,
    pub(crate) amount: Yen,
    /// Beyond the ordinary ones?
    late: bool,
    /// Did it ever bear anything? Others are not shown.
    used: bool,
}

impl Instalment {
    pub(crate) fn is_ordinary(&self) -> bool {
        self.collection == CollectionWord::Ordinary
    }
}

/// How an amount is cut into parts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut {
    pub(crate) unit: i64,
    pub(crate) remainder: Remainder,
    /// A part is not smaller: else fewer instalments bear it.
    pub(crate) minimum: i64,
}

/// Rules of ordinary collection that acts need.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OrdinaryRule {
    pub(crate) cut: Cut,
    notice_days: i64,
    late_months: i64,
    due_day: i64,
    december_due_day: i64,
}

/// Rules of deduction that acts need.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PensionRule {
    pub(crate) cut: Cut,
    notice_days: i64,
}

/// The instalments of the year.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    pub(crate) rows: Vec<Instalment>,
    /// What instalments that can no longer be lowered exceed the premium by.
    pub(crate) over: Yen,
    pub(crate) ordinary: OrdinaryRule,
    pub(crate) pension: Option<PensionRule>,
}

/// How many deductions are provisional: April, June and August; as many follow in October, December and February.
pub(crate) const PROVISIONAL: i64 = 3;

impl Schedule {
    /// The ordinary instalments of a year, all of them empty.
    ///
    /// # Errors
    /// `holidays_not_published`.
    pub(crate) fn new<'a, T: Trace<'a>>(year: FiscalYear, values: &'a Ordinary, t: &mut T) -> Result<Schedule, Refusal> {
        let (count, first) = (t.get(&values.instalments), t.get(&values.first_month));
        let ordinary = OrdinaryRule {
            due_day: t.get(&values.due_day),
            december_due_day: t.get(&values.december_due_day),
            cut: Cut {
                unit: t.get(&values.unit_yen).get(),
                remainder: t.get_as(&values.remainder, remainder_word),
                minimum: t.get(&values.minimum_yen).get(),
            },
            notice_days: t.get(&values.notice_days),
            late_months: t.get(&values.late_months),
        };
        let mut rows = Vec::with_capacity(16);
        for number in 1..=count {
            let due = ordinary.due(year.year(), (first + 8) % 12 + number - 1)?;
            rows.push(Instalment { number, collection: CollectionWord::Ordinary, due, amount: Yen::ZERO, late: false, used: false });
        }
        Ok(Schedule { rows, over: Yen::ZERO, ordinary, pension: None })
    }

    /// Adds the six deductions of the year, all of them empty: on the day pensions are paid, the bank day
    /// before where that is closed.
    ///
    /// # Errors
    /// `holidays_not_published`.
    pub(crate) fn with_deductions<'a, T: Trace<'a>>(
        &mut self,
        year: FiscalYear,
        values: &'a PensionDeduction,
        t: &mut T,
    ) -> Result<(), Refusal> {
        let day = t.get(&values.payment_day);
        let cut = Cut { unit: t.get(&values.unit_yen).get(), remainder: Remainder::First, minimum: 0 };
        self.pension = Some(PensionRule { cut, notice_days: t.get(&values.notice_days) });
        for number in 1..=2 * PROVISIONAL {
            let paid = day_of_month(year.year(), 2 * (number - 1), day);
            let due = Calendar::Bank.previous_open(paid).map_err(not_published)?;
            let collection = CollectionWord::PensionDeduction;
            self.rows.push(Instalment { number, collection, due, amount: Yen::ZERO, late: false, used: false });
        }
        Ok(())
    }

    /// The first due date of ordinary collection.
    pub(crate) fn first_due(&self) -> Date {
        // An ordinance has one instalment at least.
        self.rows[0].due
    }

    /// Can the instalment still be changed by a decision of that day?
    pub(crate) fn is_open(&self, row: &Instalment, on: Date) -> bool {
        let days = if row.is_ordinary() { self.ordinary.notice_days } else { self.pension.map_or(0, |rule| rule.notice_days) };
        (0..days).fold(on, |day, _| day.tomorrow()) <= row.due
    }

    /// The places of instalments in order of due date.
    pub(crate) fn places(&self, which: impl Fn(&Instalment) -> bool) -> Vec<usize> {
        let mut places: Vec<usize> = (0..self.rows.len()).filter(|place| which(&self.rows[*place])).collect();
        places.sort_by_key(|place| self.rows[*place].due);
        places
    }

    /// Sum of some instalments.
    pub(crate) fn sum(&self, which: impl Fn(&Instalment) -> bool) -> Result<Yen, MoneyError> {
        self.rows.iter().filter(|row| which(row)).try_fold(Yen::ZERO, |sum, row| sum.plus(row.amount))
    }

    /// Bills more by a decision of that day: what was billed too much before covers it first, then the ordinary
    /// instalments still open share it, and where none is, a late one takes it.
    ///
    /// # Errors
    /// `holidays_not_published`.
    pub(crate) fn increase(&mut self, amount: Yen, on: Date) -> Result<(), Refusal> {
        let covered = if self.over < amount { self.over } else { amount };
        self.over = self.over.minus(covered)?;
        let amount = amount.minus(covered)?;
        if amount == Yen::ZERO {
            return Ok(());
        }
        let mut places = self.places(|row| row.is_ordinary() && self.is_open(row, on));
        if places.is_empty() {
            places.push(self.late(on)?);
        }
        Ok(self.add(&places, amount, self.ordinary.cut)?)
    }

    /// A late instalment (随時期、過年度): due on the ordinary day some months after the decision.
    fn late(&mut self, on: Date) -> Result<usize, Refusal> {
        let year = FiscalYear::of(on);
        let due = self.ordinary.due(year.year(), i64::from(year.month_of(on)) + self.ordinary.late_months)?;
        let number = self.rows.iter().filter(|row| row.is_ordinary()).map(|row| row.number).max().unwrap_or(0) + 1;
        self.rows.push(Instalment { number, collection: CollectionWord::Ordinary, due, amount: Yen::ZERO, late: true, used: false });
        Ok(self.rows.len() - 1)
    }

    /// Adds an amount in equal parts of whole units; the first or the last takes the remainder.
    pub(crate) fn add(&mut self, places: &[usize], amount: Yen, cut: Cut) -> Result<(), MoneyError> {
        let parts = cut.parts(amount, places.len());
        for (place, part) in places.iter().zip(parts) {
            let row = &mut self.rows[*place];
            row.amount = row.amount.plus(Yen::checked(part)?)?;
            row.used |= row.amount != Yen::ZERO;
        }
        Ok(())
    }

    /// Takes an amount off in the same parts, from none more than it bears, and gives what nobody could bear.
    ///
    /// Taking off what was added to the same instalments restores them.
    pub(crate) fn take(&mut self, places: &[usize], amount: Yen, cut: Cut) -> Result<Yen, MoneyError> {
        let places: Vec<usize> = places.iter().copied().filter(|place| self.rows[*place].amount != Yen::ZERO).collect();
        let mut left = amount;
        for (place, part) in places.iter().zip(cut.parts(amount, places.len())) {
            left = left.minus(self.lower(*place, Yen::checked(part)?)?)?;
        }
        for place in places {
            left = left.minus(self.lower(place, left)?)?;
        }
        Ok(left)
    }

    /// Lowers one instalment by an amount, to nil at most, and gives what was taken.
    fn lower(&mut self, place: usize, by: Yen) -> Result<Yen, MoneyError> {
        let row = &mut self.rows[place];
        let taken = if by < row.amount { by } else { row.amount };
        row.amount = row.amount.minus(taken)?;
        Ok(taken)
    }

    /// The instalments that bear something or once did: ordinary collection first, each in order of due date.
    pub(crate) fn shown(&self) -> Vec<InstalmentRow> {
        let mut shown: Vec<&Instalment> = self.rows.iter().filter(|row| row.used).collect();
        shown.sort_by_key(|row| (!row.is_ordinary(), row.due, row.number));
        let row = |row: &Instalment| InstalmentRow {
            number: row.number,
            collection: row.collection,
            due: row.due,
            amount_yen: row.amount,
            late: row.late,
        };
        shown.into_iter().map(row).collect()
    }
}

impl OrdinaryRule {
    /// The due date in a month counted from April of a year: the ordinance's day, on the next open day.
    fn due(&self, year: i32, month: i64) -> Result<Date, Refusal> {
        let day = if month.rem_euclid(12) == 8 { self.december_due_day } else { self.due_day };
        Calendar::Office.next_open(day_of_month(year, month, day)).map_err(not_published)
    }
}

impl Cut {
    /// The largest part of an amount, yen.
    pub(crate) fn largest(&self, amount: Yen, places: usize) -> i64 {
        self.parts(amount, places).into_iter().max().unwrap_or(0)
    }

    /// The parts of an amount over some instalments; fewer where they would be smaller than the smallest.
    fn parts(&self, amount: Yen, places: usize) -> Vec<i64> {
        let (amount, places) = (amount.get(), places as i64);
        let bearing = if self.minimum > 0 { (amount / self.minimum).clamp(places.min(1), places) } else { places };
        if bearing == 0 {
            return Vec::new();
        }
        let part = amount / bearing / self.unit * self.unit;
        let mut parts = vec![part; bearing as usize];
        let rest = amount - part * bearing;
        match self.remainder {
            Remainder::First => parts[0] += rest,
            Remainder::Last => parts[bearing as usize - 1] += rest,
        }
        parts
    }
}

/// A day of a month counted from April of a year; the last day of the month where there is no such day.
fn day_of_month(year: i32, month: i64, day: i64) -> Date {
    let months = i64::from(year) * 12 + 3 + month;
    let first = months / 12 * 10_000 + (months % 12 + 1) * 100;
    // Every month has a 28th, and an ordinance's day is at most 31.
    (28..=day)
        .rev()
        .find_map(|day| Date::from_packed(first + day).ok())
        .or_else(|| Date::from_packed(first + day).ok())
        .unwrap_or(Date::MAX)
}

/// Law that is not there yet, as a refusal.
fn not_published(error: NotPublished) -> Refusal {
    Refusal::law_unknown("holidays_not_published").with("year", error.year).article("Act on National Holidays art. 2")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(amount: i64, places: usize, unit: i64, remainder: Remainder, minimum: i64) -> Vec<i64> {
        Cut { unit, remainder, minimum }.parts(Yen::new(amount), places)
    }

    #[test]
    fn parts_are_equal_and_one_takes_what_is_left() {
        // 123,450 / 10 = 12,345: 12,300 each, 450 more in the first.
        assert_eq!(parts(123_450, 10, 100, Remainder::First, 0)[..2], [12_750, 12_300]);
        // 123,450 / 8 = 15,431.25: 15,000 each, 3,450 more in the last.
        assert_eq!(parts(123_450, 8, 1000, Remainder::Last, 0)[6..], [15_000, 18_450]);
        assert_eq!(parts(900, 10, 100, Remainder::First, 0), [900, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(parts(2_500, 10, 100, Remainder::First, 1_000), [1_300, 1_200]);
        assert_eq!(parts(900, 10, 100, Remainder::First, 1_000), [900]);
        assert_eq!(parts(900, 0, 100, Remainder::First, 1_000), [0; 0]);
    }

    #[test]
    fn a_day_beyond_the_month_is_its_last() {
        for (month, day, date) in
            [(2, 31, "2025-06-30"), (10, 31, "2026-02-28"), (8, 25, "2025-12-25"), (12, 31, "2026-04-30"), (0, 15, "2025-04-15")]
        {
            assert_eq!(day_of_month(2025, month, day).to_string(), date);
        }
        assert_eq!(day_of_month(2023, 10, 31).to_string(), "2024-02-29");
    }
}
