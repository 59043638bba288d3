//! Whether the head's pension can be deducted from (特別徴収), and from when no more.

use crate::InstalmentFacts;
use crate::ordinance::PensionDeduction;
use jorei_sdk::facts::Row;
use jorei_sdk::*;

/// A pension that premiums are deducted from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pension {
    /// What was deducted in the February before; none in the first year.
    pub(crate) february: Option<Yen>,
    /// When deduction ends within the year.
    pub(crate) stop: Option<Stop>,
    pension: Yen,
    care: Yen,
    share: Rate,
    /// In the first year: the share of the premium that is deducted, from October.
    pub(crate) first_year_share: Rate,
}

impl Pension {
    /// Is a deduction with that day's care premium at most the share of the pension paid then? Six payments a year.
    pub(crate) fn bears(&self, deduction: Yen) -> Result<bool, MoneyError> {
        let year = deduction.times(6)?.plus(self.care)?;
        Ok(!self.share.of(self.pension)?.minus(year.exact())?.is_negative())
    }
}

/// The end of deduction.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Stop {
    /// From which day nothing more is deducted.
    pub(crate) on: Date,
    /// Was it arranged for that day? A death or a change of head is learnt afterwards instead.
    pub(crate) arranged: bool,
}

/// A person insured in the household.
struct Insured<'a> {
    person: i64,
    /// First day as an insured member of this household.
    from: Date,
    /// First day no longer.
    until: Date,
    birth: Row<'a, facts::Persons>,
}

/// The pension of the head on 1 April, where every condition holds on that day.
///
/// # Errors
/// `birth_unclear`, `pension_missing`, `care_premium_missing`, `pensions_twice`.
pub(crate) fn deduction<'a, T: Trace<'a>>(
    case: &Case<'a, InstalmentFacts>,
    values: &'a PensionDeduction,
    t: &mut T,
) -> Result<Option<Pension>, Refusal> {
    let day = FiscalYear::of(case.on).first_day();
    let year = i64::from(FiscalYear::of(case.on).year());
    let heads = || case.rows(|facts| &facts.membership).filter(|row| row.head().peek());
    let Some(head) = heads().find(|row| row.from().peek() <= day && row.until().peek().is_none_or(|until| day < until)) else {
        return Ok(None);
    };
    let person = head.person().peek();
    let mut rows = case.rows(|facts| &facts.pensions).filter(|row| row.person().peek() == person && row.year().peek() == year);
    let Some(row) = rows.next() else { return Ok(None) };
    if rows.next().is_some() {
        return Err(Refusal::fact_impossible("pensions_twice").with("person", person + 1).with("year", year));
    }
    let group = t.open("pension_conditions");
    let insured = insured(case);
    let is_insured = |who: &&Insured<'_>| who.from <= day && day < who.until;
    t.see(head.head());
    let head_insured = insured.iter().filter(is_insured).find(|who| who.person == person);
    t.note("head_insured", head_insured.is_some());
    let mut ages = true;
    for who in insured.iter().filter(is_insured) {
        ages &= of_age(who, day, values, t)?;
    }
    t.note("all_of_age", ages);
    let Some(pension) = t.see(row.pension_yen()) else {
        return Err(Refusal::fact_missing("pension_missing").with("person", person + 1).with("year", year));
    };
    let enough = pension >= t.get(&values.minimum_pension_yen);
    t.note("pension_large_enough", enough);
    let Some(head_insured) = head_insured.filter(|_| ages && enough) else {
        t.close(group, false);
        return Ok(None);
    };
    // Unknown is not nil: half of the pension cannot be compared with an unknown sum.
    let Some(care) = t.see(row.care_premium_yen()) else {
        return Err(Refusal::fact_missing("care_premium_missing").with("person", person + 1).with("year", year));
    };
    let february = t.see(row.february_yen()).filter(|yen| *yen > Yen::ZERO);
    let mut stop = t.see(row.stopped_on()).map(|on| Stop { on, arranged: true });
    let mut stops = |on: Date| {
        if stop.is_none_or(|stop| on < stop.on) {
            stop = Some(Stop { on, arranged: false });
        }
    };
    // A head who is no longer head, no longer insured, or dead.
    t.see(head.until()).into_iter().for_each(&mut stops);
    if head_insured.until < Date::MAX {
        stops(head_insured.until);
    }
    for row in case.rows(|facts| &facts.deaths).filter(|row| row.person().peek() == person) {
        stops(t.see(row.on()));
    }
    // Somebody who joins within the year and is not of the age.
    for who in insured.iter().filter(|who| who.from > day && who.from <= FiscalYear::of(case.on).last_day() && who.from < who.until) {
        if !of_age(who, who.from, values, t)? {
            stops(who.from);
        }
    }
    let share = t.get(&values.largest_share_rate);
    let first_year_share = if february.is_none() { t.get(&values.first_year_share_rate) } else { *values.first_year_share_rate.peek() };
    let pension = Pension { february, stop, pension, care, share, first_year_share };
    let holds = match pension.february {
        Some(february) => pension.bears(february)?,
        None => true,
    };
    t.note("share_of_pension", holds).formula("deduction_and_care_within_share");
    if let Some(stop) = pension.stop {
        t.note("deduction_stops", stop.on);
    }
    t.close(group, holds);
    Ok(holds.then_some(pension))
}

/// The stretches in which somebody is insured as a member of this household.
fn insured<'a>(case: &Case<'a, InstalmentFacts>) -> Vec<Insured<'a>> {
    let persons: Vec<Row<'a, facts::Persons>> = case.rows(|facts| &facts.persons).collect();
    let mut insured = Vec::new();
    for stay in case.rows(|facts| &facts.membership) {
        for spell in case.rows(|facts| &facts.qualification).filter(|row| row.person().peek() == stay.person().peek()) {
            let from = stay.from().peek().max(spell.from().peek());
            let until = stay.until().peek().unwrap_or(Date::MAX).min(spell.until().peek().unwrap_or(Date::MAX));
            let birth = usize::try_from(stay.person().peek()).ok().and_then(|person| persons.get(person));
            if let Some(birth) = birth.filter(|_| from < until) {
                insured.push(Insured { person: stay.person().peek(), from, until, birth: *birth });
            }
        }
    }
    insured
}

/// Has the person reached the first age on a day, and not the second?
///
/// # Errors
/// `birth_unclear` where the ends of a range of birth dates answer differently.
fn of_age<'a, T: Trace<'a>>(who: &Insured<'a>, day: Date, values: &'a PensionDeduction, t: &mut T) -> Result<bool, Refusal> {
    // Ages have two digits: the ordinance was checked.
    let (from, before) = (t.get(&values.from_age) as i32, t.get(&values.before_age) as i32);
    // 75 is the birthday itself: on that day the late-elderly scheme begins.
    let of_age = |birth: Date| birth.reaches(from) <= day && day < birth.birthday(before);
    let (earliest, latest) = (of_age(t.see(who.birth.birth_earliest())), of_age(t.see(who.birth.birth_latest())));
    if earliest != latest {
        return Err(Refusal::fact_missing("birth_unclear").with("person", who.person + 1).article("Act art. 76-3"));
    }
    Ok(earliest)
}
