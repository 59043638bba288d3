//! The reductions for low incomes (7割・5割・2割軽減): which level holds from which month.

use crate::income;
use crate::months::{Household, changes};
use crate::national::{self, Thresholds};
use crate::ordinance::{Reductions, tenths};
use jorei_sdk::*;

/// A level: the share cut off the per-capita and per-household levies.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Level {
    /// The share.
    pub(crate) rate: Rate,
    /// In tenths, as people call it; 0 for none.
    pub(crate) tenths: i64,
}

impl Level {
    const NONE: Level = Level { rate: Rate::ZERO, tenths: 0 };
}

/// What one test found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Test {
    /// The level.
    pub(crate) level: Level,
    /// Insured persons and former members on the day.
    pub(crate) persons: i64,
    /// Earners among the persons counted.
    pub(crate) earners: i64,
    /// Sum of the incomes for the test, yen.
    pub(crate) income: Yen,
}

/// The levels of the year.
pub(crate) struct Levels {
    /// By month from April.
    by_month: [Level; 12],
    /// The first test.
    pub(crate) first: Test,
}

impl Levels {
    /// The level in a month.
    pub(crate) fn in_month(&self, month: i32) -> Level {
        usize::try_from(month).ok().and_then(|month| self.by_month.get(month)).copied().unwrap_or(Level::NONE)
    }

    /// Months that begin another level than the month before had.
    pub(crate) fn breaks(&self) -> u16 {
        (1..12).filter(|month| self.by_month[*month] != self.by_month[month - 1]).fold(0, |breaks, month| breaks | 1 << month)
    }
}

/// Order art. 29-7 para. 6: tests the household on 1 April or when its liability begins, again from the
/// month of a change of head, and again from the month in which only 30/100 of a salary counts
/// (assumption 3). Later joining or leaving of members changes nothing.
///
/// # Errors
/// As [`test`].
pub(crate) fn levels<'a, T: Trace<'a>>(household: &mut Household<'a>, reductions: &'a Reductions, t: &mut T) -> Result<Levels, Refusal> {
    let liable = household.liable;
    let starts = Months::from_bits(liable.bits() & !(liable.bits() << 1));
    let reliefs = household.persons.iter().fold(0, |breaks, person| breaks | changes(person.relief));
    let tests = starts.or(household.head_change_months()).or(Months::from_bits(reliefs)).and(liable);
    let thresholds = national::thresholds(household.fiscal_year)?;
    let mut by_month = [Level::NONE; 12];
    let mut first = None;
    let mut on = household.fiscal_year.first_day();
    for month in tests.iter() {
        if starts.has(month) {
            on = household.liability_begins(month);
        }
        if let Some(change) = household.head_change_in(month) {
            on = on.max(change);
        }
        let result = test(household, on, month, &thresholds, reductions, t)?;
        first.get_or_insert(result);
        by_month.iter_mut().zip(0..).filter(|(_, at)| *at >= month).for_each(|(level, _)| *level = result.level);
    }
    let none = Test { level: Level::NONE, persons: 0, earners: 0, income: Yen::ZERO };
    Ok(Levels { by_month, first: first.unwrap_or(none) })
}

/// Order art. 29-7 para. 6: one test. The sum over head, insured persons and former members must not
/// exceed the bound; an uninsured head counts with income but not as a person. Undeclared or pending
/// incomes of anyone counted: no level, and the decision stays provisional.
///
/// # Errors
/// `income_missing` where nothing is known of a person who counts; `head_missing`.
fn test<'a, T: Trace<'a>>(
    household: &mut Household<'a>,
    on: Date,
    month: i32,
    thresholds: &Thresholds,
    reductions: &'a Reductions,
    t: &mut T,
) -> Result<Test, Refusal> {
    let head = household.head(on)?;
    let group = t.open("reduction_test");
    t.note("test_date", on).article("Act art. 76-2");
    let (mut persons, mut earners, mut sum, mut settled) = (0, 0, Yen::ZERO, true);
    for i in 0..household.persons.len() {
        let (insured, former) = (household.is_insured(i, on), household.is_former(i, on));
        if i != head && !insured && !former {
            continue;
        }
        let person = &mut household.persons[i];
        let open = t.open(if insured {
            "insured_person"
        } else if former {
            "former_member"
        } else {
            "uninsured_head"
        });
        persons += i64::from(insured || former);
        let subject = person.subject(household.fiscal_year);
        let amounts = match person.amounts {
            Some(amounts) => amounts,
            None => *person.amounts.insert(income::amounts(subject, t)?),
        };
        settled &= amounts.settled();
        let unemployed = person.relief.has(month) && (insured || former);
        sum = sum.plus(income::determination_income(subject, &amounts, unemployed, t)?)?;
        if thresholds.per_further_earner.is_some() {
            earners += i64::from(income::is_earner(subject, &amounts, t)?);
        }
        t.close(open, person.shown());
    }
    t.note("test_persons", persons).formula("insured_and_former_members");
    if thresholds.per_further_earner.is_some() {
        t.note("earners", earners).article("Order art. 29-7 para. 6");
    }
    t.note("household_determination_income", sum).formula("sum_over_persons");
    let level = if settled {
        level(thresholds, reductions, persons, earners, sum, t)?
    } else {
        t.note("reduction_level", Val::Count(0)).formula("no_level_while_unsettled").article("Order art. 29-7 para. 6");
        Level::NONE
    };
    t.close(group, Val::Count(level.tenths));
    Ok(Test { level, persons, earners, income: sum })
}

/// Order art. 29-7 para. 6: the level of a sum, at most the bound. The text of the bounds:
/// base + per person x persons + per further earner x (earners - 1).
fn level<'a, T: Trace<'a>>(
    thresholds: &Thresholds,
    reductions: &'a Reductions,
    persons: i64,
    earners: i64,
    sum: Yen,
    t: &mut T,
) -> Result<Level, Refusal> {
    let mut base = thresholds.base.read(t);
    if let Some(further) = thresholds.per_further_earner.filter(|_| earners >= 2) {
        base = base.plus(further.read(t).times(earners - 1)?)?;
    }
    let mut missed: [Option<(&'static str, Yen)>; 3] = [None; 3];
    let mut found = Level::NONE;
    let mut bound = base;
    let steps = [
        ("first_level", None, Some(&reductions.first_rate)),
        ("second_level", Some(thresholds.second_per_person), Some(&reductions.second_rate)),
        ("third_level", Some(thresholds.third_per_person), reductions.third_rate.as_ref()),
    ];
    for (i, (label, per_person, rate)) in steps.into_iter().enumerate() {
        let Some(rate) = rate else { break };
        bound = match per_person {
            Some(per_person) => base.plus(per_person.read(t).times(persons)?)?,
            None => base,
        };
        if sum <= bound {
            let rate = t.get(rate);
            found = Level { rate, tenths: tenths(rate).unwrap_or(0) };
            break;
        }
        missed[i] = Some((label, bound));
    }
    t.note("reduction_bound", bound).formula("bound_of_level").article("Order art. 29-7 para. 6");
    let mut step = t.note("reduction_level", Val::Count(found.tenths)).formula("sum_not_above_bound").article("Order art. 29-7 para. 6");
    for (label, bound) in missed.into_iter().flatten() {
        step = step.lost(label, bound, "income_above_bound");
    }
    Ok(found)
}
