//! What accrues day by day on an open amount, at a rate that goes by the calendar year: delinquency charges (延滞金) and
//! interest on refunds (還付加算金).
//!
//! The law counts both alike: days with both ends, a year of 365 days even where it has 366, each day at the rate of its own
//! calendar year, the amount cut down before and the parts and the sum cut down after. A rule says which amount is open on
//! which days and at which step of the rates ([`Piece`]); [`Counter::count`] does the rest and writes the trace.
//!
//! - [`ByYear`]: a section of the ordinance with a rate (or several) for each calendar year; a year without is refused.
//! - [`Units`]: the section with the smallest amounts and roundings.
//! - [`after_months`], [`months_before`]: periods of months (Civil Code art. 143).
//!
//! Absent: which days count, which is what the rules differ in.
//!
//! ```
//! use jorei_sdk::Date;
//! use jorei_sdk::stretches::after_months;
//!
//! // Paid on 30 June: a month counted from 1 July has passed when 1 August comes.
//! assert_eq!(after_months(Date::new(2025, 7, 1), 1), Date::new(2025, 8, 1));
//! // There is no 31 February: the month ends with February.
//! assert_eq!(after_months(Date::new(2026, 1, 31), 1), Date::new(2026, 3, 1));
//! ```

use crate::refusal::Refusal;
use crate::rule::rounding_word;
use crate::settings::{Dated, Dates as _, Problems, Section, Value};
use crate::trace::Trace;
use jorei_domain::calendar::Date;
use jorei_domain::money::{Exact, Rate, Rounding, Yen};
use jorei_domain::trace::Val;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The first day after a period of months that begins on `first`: the day with its number, or where the month has none, the
/// first of the next month (Civil Code art. 143). `months` is 0 or more.
pub fn after_months(first: Date, months: i32) -> Date {
    let (year, month) = month_from(first, months);
    if first.day() <= 28 {
        return Date::new(year, month, first.day());
    }
    Date::from_packed(i64::from(year * 10_000 + month * 100 + first.day())).unwrap_or_else(|_| {
        let (year, month) = month_from(first, months + 1);
        Date::new(year, month, 1)
    })
}

/// The same day of the month some months before; the last day of that month where it has no such day.
pub fn months_before(day: Date, months: i32) -> Date {
    let (year, month) = month_from(day, -months);
    let same = |number: i32| Date::from_packed(i64::from(year * 10_000 + month * 100 + number)).ok();
    (28..=day.day()).rev().find_map(same).or_else(|| same(day.day())).unwrap_or(Date::MIN)
}

/// Year and month some months on from those of a day.
fn month_from(day: Date, months: i32) -> (i32, i32) {
    let months = day.year() * 12 + day.month() - 1 + months;
    (months.div_euclid(12), months.rem_euclid(12) + 1)
}

/// A day some days later; `days` is 0 or more.
pub fn days_after(day: Date, days: i64) -> Date {
    (0..days).fold(day, |day, _| day.tomorrow())
}

/// What an ordinance says of each calendar year: a section whose blocks begin and end on 1 January, all of it at hand
/// whatever the date of the case.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ByYear<V> {
    section: Box<str>,
    article: Box<str>,
    /// First year, first year after, what holds in them.
    blocks: Vec<(i32, i32, Dated<V>)>,
}

impl<V: Clone> ByYear<V> {
    /// The years of a section; `name` is its name in the file.
    pub fn of(name: &str, section: &Section<V>) -> ByYear<V> {
        let block = |(from, until): (Date, Date)| (from.year(), until.year(), section.at(name, from));
        let blocks = section.blocks().into_iter().map(block).collect();
        let article = section.known().last().map(|(_, block, _)| block.article.as_str()).unwrap_or_default();
        ByYear { section: name.into(), article: article.into(), blocks }
    }

    /// Adds a problem for each block that does not begin and end on 1 January.
    pub fn check(name: &str, section: &Section<V>, problems: &mut Problems) {
        for (i, (from, until)) in section.blocks().into_iter().enumerate() {
            if [from, until].iter().any(|day| (day.month(), day.day()) != (1, 1)) {
                let message = format!("holds from {from} to {until}; what goes by the calendar year begins and ends on 1 January");
                problems.add(format!("{name}[{i}]"), message);
            }
        }
    }
}

impl<V> ByYear<V> {
    /// What holds in a year.
    ///
    /// # Errors
    /// `settings_missing` on 1 January of the year: the ordinance says that its values are not known, or does not reach it.
    pub fn of_year(&self, year: i32) -> Result<&V, Refusal> {
        match self.blocks.iter().find(|(from, until, _)| (*from..*until).contains(&year)) {
            Some((_, _, values)) => values.known(),
            None => Err(Refusal::law_unknown("settings_missing")
                .article(self.article.to_string())
                .with("section", &self.section)
                .with("on", format!("{year:04}-01-01"))
                .with("why", "settings_not_reached")),
        }
    }
}

/// Which amount decides whether it is too small to count on.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Tested {
    /// What is open on the days in question.
    Stretch,
    /// The whole instalment or overpayment.
    Whole,
}

/// What is cut to the yen by itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Parts {
    /// The days of one step in one calendar year.
    EachYear,
    /// The days of one step, over the turn of the year.
    EachStep,
}

/// Smallest amounts and roundings of a charge or of interest (Local Tax Act art. 20-4-2, and the ordinance).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Units {
    /// On less than this nothing accrues, yen.
    pub smallest_base_yen: Value<Yen>,
    /// Which amount is held against it; read only where the answers differ.
    pub tested: Value<Tested>,
    /// Rounding of the amount on which it accrues.
    pub base_rounding: Value<Rounding>,
    /// What is cut by itself; read only where a step goes over the turn of a year.
    pub parts: Value<Parts>,
    /// Rounding of a part.
    pub part_rounding: Value<Rounding>,
    /// A sum of less than this is nil, yen.
    pub smallest_sum_yen: Value<Yen>,
    /// Rounding of the sum.
    pub sum_rounding: Value<Rounding>,
}

impl Units {
    /// Adds a problem for each smallest amount below nil.
    pub fn check(name: &str, section: &Section<Units>, problems: &mut Problems) {
        for (i, block, units) in section.known() {
            for (key, yen) in [("smallest_base_yen", &units.smallest_base_yen), ("smallest_sum_yen", &units.smallest_sum_yen)] {
                if *yen.peek() < Yen::ZERO {
                    let message = format!("the value of the block from {} is {} yen, below nil", block.from, yen.peek());
                    problems.add(format!("{name}[{i}].values.{key}"), message);
                }
            }
        }
    }
}

/// Days on which the same amount is open at the same step of the rates.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Piece<S> {
    /// First day.
    pub from: Date,
    /// First day after.
    pub until: Date,
    /// What is open, yen, before its rounding.
    pub open: Yen,
    /// The step, as the rule has it.
    pub step: S,
}

/// A counted stretch: days of one calendar year at one rate on one amount.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Stretch {
    /// First day.
    pub from: Date,
    /// First day after.
    pub until: Date,
    /// How many days.
    pub days: i64,
    /// The amount on which it accrues, yen.
    pub base: Yen,
    /// The rate of a year.
    pub rate: Rate,
    /// What it gives, whole yen. Where parts go over the turn of a year: by how much the part grows with it.
    pub yen: Yen,
}

/// What accrued.
#[derive(Clone, Debug)]
pub struct Accrued {
    /// In order of days.
    pub stretches: Vec<Stretch>,
    /// The parts together.
    pub sum: Yen,
    /// The sum after its own rounding.
    pub yen: Yen,
}

/// Counts with the units of an ordinance. They are read once, in a step of their own, and hold for all that is counted.
#[derive(Clone, Debug)]
pub struct Counter<'a> {
    units: &'a Units,
    smallest_base: Yen,
    base_rounding: Rounding,
    part_rounding: Rounding,
    smallest_sum: Yen,
    sum_rounding: Rounding,
    tested: Option<Tested>,
    parts: Option<Parts>,
}

impl<'a> Counter<'a> {
    /// A counter; writes the step `units`.
    pub fn new<T: Trace<'a>>(units: &'a Units, t: &mut T) -> Counter<'a> {
        let counter = Counter {
            units,
            smallest_base: t.get(&units.smallest_base_yen),
            base_rounding: t.get_as(&units.base_rounding, rounding_word),
            part_rounding: t.get_as(&units.part_rounding, rounding_word),
            smallest_sum: t.get(&units.smallest_sum_yen),
            sum_rounding: t.get_as(&units.sum_rounding, rounding_word),
            tested: None,
            parts: None,
        };
        t.note("units", Val::Nothing);
        counter
    }

    /// Counts pieces in order of days. `whole` is the instalment or overpayment that they are pieces of; `rate` reads the rate
    /// of a year and step through the trace.
    ///
    /// # Errors
    /// Those of `rate`; an amount out of range.
    pub fn count<S: Copy, T: Trace<'a>>(
        &mut self,
        pieces: &[Piece<S>],
        whole: Yen,
        mut rate: impl FnMut(i32, S, &mut T) -> Result<Rate, Refusal>,
        t: &mut T,
    ) -> Result<Accrued, Refusal> {
        let mut accrued = Accrued { stretches: Vec::new(), sum: Yen::ZERO, yen: Yen::ZERO };
        for piece in pieces.iter().filter(|piece| piece.from < piece.until) {
            let base = self.base(piece.open, whole, t)?;
            if base == Yen::ZERO {
                continue;
            }
            let one_year = piece.from.year() == piece.until.yesterday().year();
            let together = !one_year && self.parts(t) == Parts::EachStep;
            // A part that goes over the turn of a year: what it is so far, exactly and cut.
            let (mut exact, mut cut) = (Exact::ZERO, Yen::ZERO);
            for (from, until) in years(piece.from, piece.until) {
                let step = t.open("stretch");
                let days = from.days_until(until);
                t.note("counted_from", from);
                t.note("days", days);
                t.note("base", base);
                let rate = rate(from.year(), piece.step, t)?;
                t.note("rate", rate);
                let part = rate.of(base)?.times(Rate::checked(days, YEAR_DAYS)?)?;
                let yen = if together {
                    exact = exact.plus(part)?;
                    let so_far = exact.round(self.part_rounding)?;
                    let yen = so_far.minus(cut)?;
                    cut = so_far;
                    yen
                } else {
                    part.round(self.part_rounding)?
                };
                t.close(step, yen).formula("base_rate_days");
                accrued.sum = accrued.sum.plus(yen)?;
                accrued.stretches.push(Stretch { from, until, days, base, rate, yen });
            }
        }
        if !accrued.stretches.is_empty() {
            if accrued.sum >= self.smallest_sum {
                accrued.yen = accrued.sum.exact().round(self.sum_rounding)?;
            }
            t.note("sum_of_stretches", accrued.sum);
        }
        Ok(accrued)
    }

    /// The amount to count on; nil where it is too small.
    fn base<T: Trace<'a>>(&mut self, open: Yen, whole: Yen, t: &mut T) -> Result<Yen, Refusal> {
        let small = |yen: Yen| yen < self.smallest_base;
        let nothing = match (small(open), small(whole)) {
            (true, false) => self.tested(t) == Tested::Stretch,
            (small, _) => small,
        };
        Ok(if nothing { Yen::ZERO } else { open.exact().round(self.base_rounding)? })
    }

    fn tested<T: Trace<'a>>(&mut self, t: &mut T) -> Tested {
        let units = self.units;
        *self.tested.get_or_insert_with(|| {
            t.get_as(&units.tested, |tested| {
                Val::Word(match tested {
                    Tested::Stretch => "tested_stretch",
                    Tested::Whole => "tested_whole",
                })
            })
        })
    }

    fn parts<T: Trace<'a>>(&mut self, t: &mut T) -> Parts {
        let units = self.units;
        *self.parts.get_or_insert_with(|| {
            t.get_as(&units.parts, |parts| {
                Val::Word(match parts {
                    Parts::EachYear => "parts_each_year",
                    Parts::EachStep => "parts_each_step",
                })
            })
        })
    }
}

/// Rates are of 365 days, also where the days lie in a leap year.
const YEAR_DAYS: i64 = 365;

/// A stretch of days cut at 1 January.
fn years(from: Date, until: Date) -> impl Iterator<Item = (Date, Date)> {
    (from.year()..=until.yesterday().year()).map(move |year| (from.max(Date::new(year, 1, 1)), until.min(Date::new(year + 1, 1, 1))))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic in a test is the report")]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    /// The published first periods of a month, and the corners of the calendar, from the text of Civil Code art. 143.
    #[test]
    fn a_month_ends_the_day_before_the_same_day_of_the_next_or_with_the_month() {
        for (first, months, after) in [
            ("2026-02-03", 1, "2026-03-03"),
            ("2021-06-01", 1, "2021-07-01"),
            ("2021-07-01", 1, "2021-08-01"),
            ("2020-09-02", 1, "2020-10-02"),
            ("2026-01-29", 1, "2026-03-01"),
            ("2026-01-30", 1, "2026-03-01"),
            ("2026-01-31", 1, "2026-03-01"),
            ("2024-01-29", 1, "2024-02-29"),
            ("2024-01-30", 1, "2024-03-01"),
            ("2024-02-29", 1, "2024-03-29"),
            ("2024-02-29", 12, "2025-03-01"),
            ("2024-02-29", 48, "2028-02-29"),
            ("2025-08-31", 1, "2025-10-01"),
            ("2025-12-31", 1, "2026-01-31"),
            ("2025-12-01", 1, "2026-01-01"),
            ("2025-11-30", 3, "2026-03-01"),
            ("2025-04-01", 60, "2030-04-01"),
        ] {
            assert_eq!(after_months(day(first), months), day(after), "{months} months from {first}");
        }
    }

    #[test]
    fn months_before_a_day_end_within_their_month() {
        for (on, months, before) in [
            ("2027-08-31", 6, "2027-02-28"),
            ("2028-08-31", 6, "2028-02-29"),
            ("2027-07-01", 6, "2027-01-01"),
            ("2027-03-30", 1, "2027-02-28"),
            ("2027-01-15", 1, "2026-12-15"),
        ] {
            assert_eq!(months_before(day(on), months), day(before), "{months} months before {on}");
        }
    }

    #[test]
    fn days_are_cut_at_the_turn_of_each_year() {
        let cut: Vec<(Date, Date)> = years(day("2019-12-31"), day("2022-01-02")).collect();
        let wanted =
            [("2019-12-31", "2020-01-01"), ("2020-01-01", "2021-01-01"), ("2021-01-01", "2022-01-01"), ("2022-01-01", "2022-01-02")];
        assert_eq!(cut, wanted.map(|(from, until)| (day(from), day(until))));
        assert_eq!(years(day("2025-12-01"), day("2026-01-01")).count(), 1);
    }
}
