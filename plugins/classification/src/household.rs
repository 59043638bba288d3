//! Who is insured in the month, how old, and who heads the household. Absent: incomes.

use crate::ordinance::Restriction;
use crate::{ClassificationFacts, Month};
use jorei_sdk::age::{self, Age};
use jorei_sdk::facts::{Persons, Row};
use jorei_sdk::*;

/// Somebody insured in the month.
#[derive(Clone, Copy)]
pub(crate) struct Insured<'a> {
    pub(crate) ordinal: usize,
    pub(crate) age: Age,
    pub(crate) row: Row<'a, Persons>,
}

/// The household of the month.
pub(crate) struct Household<'a> {
    /// The head, where somebody is insured.
    pub(crate) head: usize,
    pub(crate) insured: Vec<Insured<'a>>,
}

impl<'a> Household<'a> {
    /// Reads it.
    ///
    /// # Errors
    /// `age_unclear`, `loss_cause_open`, `head_missing`, `two_heads`.
    pub(crate) fn of<T: Trace<'a>>(case: &Case<'a, ClassificationFacts>, month: Month, t: &mut T) -> Result<Household<'a>, Refusal> {
        let group = t.open("insured");
        let mut insured = Vec::new();
        for row in case.rows(|facts| &facts.persons) {
            let ordinal = row.place();
            if !is_insured(case, &row, month, t)? {
                continue;
            }
            t.see(row.birth_earliest());
            let age = age::of_person(&row, month.first)?;
            t.note("insured_person", Val::Person(ordinal as u32)).article("Act arts. 5, 7, 8");
            insured.push(Insured { ordinal, age, row });
        }
        let head = if insured.is_empty() { 0 } else { head(case, month, t)? };
        t.close(group, insured.len() as i64);
        Ok(Household { head, insured })
    }

    /// Whose income decides: the head and the insured, each once.
    pub(crate) fn needed(&self) -> Vec<usize> {
        let mut needed: Vec<usize> = self.insured.iter().map(|person| person.ordinal).collect();
        if !needed.contains(&self.head) {
            needed.push(self.head);
        }
        needed
    }

    /// Does a restriction of the head hold on a day?
    pub(crate) fn head_is_restricted<T: Trace<'a>>(
        &self,
        case: &Case<'a, ClassificationFacts>,
        restriction: facts::Restriction,
        day: Date,
        t: &mut T,
    ) -> bool {
        let mut rows = case.rows(|facts| &facts.benefit_restrictions).filter(|row| {
            row.person().peek() == self.head as i64
                && row.restriction().peek() == restriction
                && row.from().peek() <= day
                && row.until().peek().is_none_or(|until| day < until)
        });
        rows.next().is_some_and(|row| {
            t.see(row.from());
            t.see(row.until());
            t.see(row.restriction());
            true
        })
    }

    /// Does the restriction leave out this person: too young, or aided by a law that spares?
    ///
    /// # Errors
    /// `age_unclear`.
    pub(crate) fn is_spared<T: Trace<'a>>(
        &self,
        case: &Case<'a, ClassificationFacts>,
        person: &Insured<'a>,
        month: Month,
        values: &'a Restriction,
        t: &mut T,
    ) -> Result<bool, Refusal> {
        let until = t.get(&values.spared_until_age);
        let young = |born: Date| month.first < FiscalYear::of(born.reaches(i32::try_from(until).unwrap_or(0))).end();
        let (earliest, latest) = (t.see(person.row.birth_earliest()), t.see(person.row.birth_latest()));
        if young(earliest) != young(latest) {
            let refusal = Refusal::fact_missing("age_unclear").with("earliest", earliest).with("latest", latest);
            return Err(refusal.with("month", month.first).with("person", person.ordinal + 1).article("Act art. 54-3"));
        }
        let codes = &values.spared_aid_codes;
        let mut aided = false;
        for row in case.rows(|facts| &facts.public_aid).filter(|row| row.person().peek() == person.ordinal as i64) {
            let holds = row.from().peek() < month.next && row.until().peek().is_none_or(|until| month.first < until);
            if holds && codes.peek().contains(&row.aid_code().peek()) {
                let code = t.see(row.aid_code());
                t.read_law(codes.key(), Val::Count(code), codes.state(), codes.article());
                aided = true;
            }
        }
        if !aided {
            // That a code is not among them rests on them too.
            t.read_law(codes.key(), Val::Count(codes.peek().len() as i64), codes.state(), codes.article());
        }
        t.note("spared", young(earliest) || aided);
        Ok(young(earliest) || aided)
    }
}

/// Insured, in the household, and not 75, on one and the same day of the month?
fn is_insured<'a, T: Trace<'a>>(
    case: &Case<'a, ClassificationFacts>,
    row: &Row<'a, Persons>,
    month: Month,
    t: &mut T,
) -> Result<bool, Refusal> {
    let person = row.place() as i64;
    for stay in case.rows(|facts| &facts.membership).filter(|row| row.person().peek() == person) {
        let from = stay.from().peek().max(month.first);
        let until = stay.until().peek().unwrap_or(Date::MAX).min(month.next);
        let (persons, qualification) = (case.rows(|facts| &facts.persons), case.rows(|facts| &facts.qualification));
        if from < until && insured::between(persons, qualification, person, (from, until), t)? {
            t.see(stay.from());
            t.see(stay.until());
            return Ok(true);
        }
    }
    Ok(false)
}

/// The head on the last day of the month on which the household has a member.
fn head<'a, T: Trace<'a>>(case: &Case<'a, ClassificationFacts>, month: Month, t: &mut T) -> Result<usize, Refusal> {
    let stays = || case.rows(|facts| &facts.membership).filter(|row| row.from().peek() < month.next);
    let last = stays().map(|row| row.until().peek().unwrap_or(Date::MAX).min(month.next)).max().unwrap_or(month.next).yesterday();
    let mut heads =
        stays().filter(|row| row.head().peek() && row.until().peek().is_none_or(|until| last < until) && row.from().peek() <= last);
    let missing = || Refusal::fact_missing("head_missing").with("on", last).article("Act art. 57-2");
    let row = heads.next().ok_or_else(missing)?;
    if heads.any(|other| other.person().peek() != row.person().peek()) {
        return Err(Refusal::fact_impossible("two_heads").with("on", last).article("Act art. 57-2"));
    }
    let head = usize::try_from(row.person().peek()).map_err(|_| missing())?;
    t.see(row.head());
    t.note("head", Val::Person(head as u32));
    Ok(head)
}
