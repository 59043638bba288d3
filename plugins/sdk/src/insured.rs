//! Who is insured by the city on given days, as benefits ask: the day of an event, any day of a month.
//!
//! Absent: months charged for a premium, which count otherwise, and membership of the household.

use crate::facts::{Persons, Qualification, Row, Rows};
use crate::{Refusal, Trace};
use jorei_domain::calendar::{Date, months_after};
use jorei_domain::qualification::day_of_loss;

/// Is the person insured on at least one day of `from..until`? Nobody is from the 75th birthday on (Act art. 6 no. 8), whatever the
/// qualification says.
///
/// # Errors
/// `loss_cause_open` where the qualification ended without a known cause and the answer depends on whether it was lost on the day
/// of the event or on the day after (Act art. 8); `age_unclear` where it depends on which birth date is right.
pub fn between<'a, T: Trace<'a>>(
    persons: Rows<'a, Persons>,
    rows: Rows<'a, Qualification>,
    person: i64,
    (from, until): (Date, Date),
    t: &mut T,
) -> Result<bool, Refusal> {
    let Some(born) = persons.into_iter().find(|row| row.place() as i64 == person) else { return Ok(false) };
    let (earliest, latest) = (born.birth_earliest(), born.birth_latest());
    // Most people are far from 75: the year says so without a calendar.
    let before_75 = |born: Date| if until.year() < born.year() + 75 { until } else { until.min(born.birthday(75)) };
    let (surely, perhaps) = (before_75(earliest.peek()), before_75(latest.peek()));
    if surely < until {
        t.see(earliest);
        t.see(latest);
    }
    let insured = qualified(rows.clone(), person, from, perhaps, t)?;
    if insured && surely < perhaps && !qualified(rows, person, from, surely, t)? {
        let refusal = Refusal::fact_missing("age_unclear").with("person", person + 1).with("month", from);
        return Err(refusal.with("earliest", earliest.peek()).with("latest", latest.peek()).article("Act art. 6"));
    }
    Ok(insured)
}

/// Does a qualification hold on at least one day of `from..until`?
fn qualified<'a, T: Trace<'a>>(rows: Rows<'a, Qualification>, person: i64, from: Date, until: Date, t: &mut T) -> Result<bool, Refusal> {
    if from >= until {
        return Ok(false);
    }
    let mut open = None;
    for row in rows.filter(|row| row.person().peek() == person) {
        let start = row.from().peek();
        if start >= until {
            continue;
        }
        let (surely, perhaps) = losses(&row);
        let first = from.max(start);
        if surely > first {
            t.see(row.from());
            t.see(row.until());
            t.see(row.ended_by());
            return Ok(true);
        }
        if perhaps > first {
            open = Some(row);
        }
    }
    let Some(row) = open else { return Ok(false) };
    let event = t.see(row.until()).unwrap_or(Date::MAX);
    t.see(row.ended_by());
    Err(Refusal::fact_missing("loss_cause_open").with("person", person + 1).with("on", event).article("Act art. 8"))
}

/// Is the person insured on a day?
///
/// # Errors
/// As [`between`].
pub fn on<'a, T: Trace<'a>>(
    persons: Rows<'a, Persons>,
    rows: Rows<'a, Qualification>,
    person: i64,
    day: Date,
    t: &mut T,
) -> Result<bool, Refusal> {
    between(persons, rows, person, (day, day.tomorrow()), t)
}

/// Is the person insured in a month, given by its first day?
///
/// # Errors
/// As [`between`].
pub fn in_month<'a, T: Trace<'a>>(
    persons: Rows<'a, Persons>,
    rows: Rows<'a, Qualification>,
    person: i64,
    month: Date,
    t: &mut T,
) -> Result<bool, Refusal> {
    between(persons, rows, person, (month, months_after(month, 1)), t)
}

/// The earliest and the latest day of loss that the row allows.
fn losses(row: &Row<'_, Qualification>) -> (Date, Date) {
    let Some(event) = row.until().peek() else { return (Date::MAX, Date::MAX) };
    // The variants stand in the order of their codes, the unknown one behind all of them.
    match day_of_loss(event, row.ended_by().peek() as i64) {
        Some(loss) => (loss, loss),
        None => (event, event.tomorrow()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Case, Facts as _};
    use crate::native::Tables;
    use crate::records::{ABSENT, END_CAUSES, Fact, Kind, Person, RecordedCase};
    use crate::trace::Off;

    mod read {
        use crate as jorei_sdk;
        jorei_sdk::facts!(
            /// One table.
            pub struct Qualified {
                persons: Persons,
                qualification: Qualification,
            }
        );
    }

    /// Insured from 10 April 2026 to an event on 31 May 2026: the answer for a day.
    fn answer(cause: i64, day: Date) -> Result<bool, Refusal> {
        answer_of((Date::new(1980, 1, 2), Date::new(1980, 1, 2)), cause, day)
    }

    fn answer_of(born: (Date, Date), cause: i64, day: Date) -> Result<bool, Refusal> {
        let spell = vec![Date::new(2026, 4, 10).packed(), Date::new(2026, 5, 31).packed(), cause, ABSENT];
        let facts = vec![
            Fact { kind: Kind::Persons, values: vec![born.0.packed(), born.1.packed()], source: "test".into() },
            Fact { kind: Kind::Qualification, values: spell, source: "test".into() },
        ];
        let recorded = [RecordedCase::new(day, vec![Person { facts }])];
        let facts = read::Qualified::read(&Tables(&recorded));
        let case = Case { facts: &facts, index: 0, on: day };
        let rows: Rows<'_, Qualification> = case.rows(|facts| &facts.qualification);
        on(case.rows(|facts| &facts.persons), rows, 0, day, &mut Off::default())
    }

    fn code(word: &str) -> i64 {
        END_CAUSES.iter().position(|cause| *cause == word).and_then(|at| i64::try_from(at).ok()).unwrap_or(ABSENT)
    }

    #[test]
    fn who_dies_is_insured_on_that_day_and_who_gets_public_assistance_is_not() {
        let last = Date::new(2026, 5, 31);
        assert_eq!(answer(code("death"), last), Ok(true));
        assert_eq!(answer(code("public_assistance"), last), Ok(false));
        assert_eq!(answer(code("death"), last.tomorrow()), Ok(false));
        assert_eq!(answer(code("death"), Date::new(2026, 4, 9)), Ok(false));
        assert_eq!(answer(code("death"), Date::new(2026, 4, 10)), Ok(true));
    }

    #[test]
    fn nobody_is_insured_from_the_75th_birthday_on() {
        let (cause, birthday) = (code("death"), Date::new(2026, 5, 20));
        let born = Date::new(1951, 5, 20);
        assert_eq!(answer_of((born, born), cause, birthday.yesterday()), Ok(true));
        assert_eq!(answer_of((born, born), cause, birthday), Ok(false));
        // Born on that day or the next: it decides on the earlier birthday alone.
        let either = (born, born.tomorrow());
        assert_eq!(answer_of(either, cause, birthday.yesterday()), Ok(true));
        assert_eq!(answer_of(either, cause, birthday).unwrap_err().into_inner().label, "age_unclear");
        assert_eq!(answer_of(either, cause, birthday.tomorrow()), Ok(false));
    }

    #[test]
    fn a_cause_that_nobody_knows_is_asked_for_only_where_it_decides() {
        let last = Date::new(2026, 5, 31);
        assert_eq!(answer(ABSENT, last.yesterday()), Ok(true));
        assert_eq!(answer(ABSENT, last.tomorrow()), Ok(false));
        let refusal = answer(ABSENT, last).unwrap_err().into_inner();
        assert_eq!(refusal.label, "loss_cause_open");
    }
}
