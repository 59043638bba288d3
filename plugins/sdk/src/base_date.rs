//! The base date of a year of benefits (基準日): 31 July, with the twelve months that end there, and who belongs to the household and is
//! insured on it. Absent: what is added up over the year.

use crate::Refusal;
use crate::age::{Age, in_month, month_of, months_after};
use crate::facts::{Case, EndCause, Membership, Persons, Qualification, Row, Rows};
use crate::trace::Trace;
use jorei_domain::calendar::Date;

/// The twelve months of a year of benefits: 1 August to 31 July.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BenefitYear {
    base_date: Date,
}

impl BenefitYear {
    /// The year of a case, whose day is the base date.
    ///
    /// # Errors
    /// `not_base_date`: the day of the case is no 31 July.
    pub fn of<F>(case: &Case<'_, F>) -> Result<BenefitYear, Refusal> {
        if (case.on.month(), case.on.day()) != (7, 31) {
            return Err(Refusal::out_of_scope("not_base_date").with("on", case.on));
        }
        Ok(BenefitYear { base_date: case.on })
    }

    /// 31 July.
    pub fn base_date(self) -> Date {
        self.base_date
    }

    /// The first day of the month of the base date, by which its category is known.
    pub fn base_month(self) -> Date {
        month_of(self.base_date)
    }

    /// The day after the base date, from which rights of the year can be exercised.
    pub fn next_day(self) -> Date {
        self.base_date.tomorrow()
    }

    /// Does a day lie in it?
    pub fn contains(self, day: Date) -> bool {
        months_after(self.base_month(), -11) <= day && day <= self.base_date
    }

    /// Is a person of the case a member of the household and insured on the base date? Whoever has turned 75 by then is not.
    ///
    /// # Errors
    /// `loss_cause_on_base_date`: the qualification ended on that very day, and without its cause nobody knows whether it still held.
    /// `age_unclear`: the earliest and the latest possible birth date answer differently about 75.
    pub fn covers<'a, T: Trace<'a>>(
        self,
        person: &Row<'a, Persons>,
        membership: Rows<'a, Membership>,
        qualification: Rows<'a, Qualification>,
        t: &mut T,
    ) -> Result<bool, Refusal> {
        let (day, ordinal) = (self.base_date, i64::try_from(person.place()).unwrap_or(i64::MAX));
        let mut member = false;
        for row in membership.filter(|row| row.person().peek() == ordinal) {
            member |= t.see(row.from()) <= day && t.see(row.until()).is_none_or(|until| day < until);
        }
        let mut insured = false;
        for row in qualification.filter(|row| row.person().peek() == ordinal) {
            if t.see(row.from()) > day {
                continue;
            }
            let Some(event) = t.see(row.until()) else {
                insured = true;
                continue;
            };
            let cause = t.see(row.ended_by());
            insured |= match crate::day_of_loss(event, cause as i64) {
                Some(loss) => day < loss,
                // Lost on the day of the event or on the day after: it is a question on that day alone.
                None if event == day && cause == EndCause::Unknown => {
                    return Err(Refusal::fact_missing("loss_cause_on_base_date")
                        .with("person", ordinal + 1)
                        .with("on", day)
                        .article("Act art. 8"));
                }
                None => day < event,
            };
        }
        if !member || !insured {
            return Ok(false);
        }
        let (earliest, latest) = (t.see(person.birth_earliest()), t.see(person.birth_latest()));
        let is_75 = |born: Date| matches!(in_month(born, day), Age::Turning75 | Age::Over75);
        if is_75(earliest) != is_75(latest) {
            let refusal = Refusal::fact_missing("age_unclear").with("earliest", earliest).with("latest", latest).with("month", day);
            return Err(refusal.with("person", ordinal + 1).article("Act art. 6"));
        }
        Ok(!is_75(earliest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_of_benefits_is_august_to_july() {
        let year = BenefitYear { base_date: Date::new(2026, 7, 31) };
        assert!(year.contains(Date::new(2025, 8, 1)) && year.contains(Date::new(2026, 7, 31)));
        assert!(!year.contains(Date::new(2025, 7, 31)) && !year.contains(Date::new(2026, 8, 1)));
        assert_eq!((year.base_month(), year.next_day()), (Date::new(2026, 7, 1), Date::new(2026, 8, 1)));
    }

    #[test]
    fn whoever_has_a_birthday_on_31_july_is_75_on_the_base_date_and_on_1_august_is_not() {
        let july = Date::new(2026, 7, 31);
        assert_eq!(in_month(Date::new(1951, 7, 31), july), Age::Turning75);
        assert_eq!(in_month(Date::new(1951, 8, 1), july), Age::Elderly);
    }
}
