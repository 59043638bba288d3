//! Ages as benefits count them: by the calendar month, from birth dates that may not be known to the day.
//!
//! Absent: shares, limits, and whoever is insured.

use crate::Refusal;
use crate::facts::{Persons, Row};
use jorei_domain::calendar::{Date, FiscalYear};

pub use jorei_domain::calendar::{month_of, months_after};

/// How old somebody is in a month of treatment, as far as shares and limits ask.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Age {
    /// Not born by the end of the month.
    Unborn,
    /// Before school: until the first 31 March on or after the day on which 6 is reached.
    Preschool,
    /// From school to 69.
    Under70,
    /// From 70 to 74: from the first day of the month after the 70th birthday, or from that birthday on the first of a month
    /// (Act art. 42 para. 1 no. 3).
    Elderly,
    /// The month in which somebody turns 75 on any day but its first: insured up to the day before, limits are halved.
    Turning75,
    /// 75 from the first day of the month on: not insured.
    Over75,
}

impl Age {
    /// Of 70 to 74, the month of the 75th birthday included.
    pub const fn is_elderly(self) -> bool {
        matches!(self, Age::Elderly | Age::Turning75)
    }
}

/// The age in a month of somebody born on a day that is known.
pub fn in_month(born: Date, month: Date) -> Age {
    let first = month_of(month);
    if month_of(born) > first {
        return Age::Unborn;
    }
    let of_75 = born.birthday(75);
    if of_75 <= first {
        Age::Over75
    } else if month_of(of_75) == first {
        Age::Turning75
    } else if born.birthday(70) <= first {
        Age::Elderly
    } else if first < FiscalYear::of(born.reaches(6)).end() {
        Age::Preschool
    } else {
        Age::Under70
    }
}

/// The age of a person of the case in a month.
///
/// # Errors
/// `age_unclear` where the earliest and the latest possible birth date answer differently.
pub fn of_person(person: &Row<'_, Persons>, month: Date) -> Result<Age, Refusal> {
    let (earliest, latest) = (person.birth_earliest().peek(), person.birth_latest().peek());
    let one = in_month(earliest, month);
    if latest != earliest && in_month(latest, month) != one {
        let refusal = Refusal::fact_missing("age_unclear")
            .with("earliest", earliest)
            .with("latest", latest)
            .with("month", month)
            .with("person", person.place() + 1);
        return Err(refusal.article("Act art. 42"));
    }
    Ok(one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seventy_begins_in_the_month_after_the_birthday_or_with_a_first() {
        let month = |month| Date::new(2026, month, 1);
        let on_the_2nd = Date::new(1956, 5, 2);
        assert_eq!(in_month(on_the_2nd, month(5)), Age::Under70);
        assert_eq!(in_month(on_the_2nd, month(6)), Age::Elderly);
        let on_the_1st = Date::new(1956, 5, 1);
        assert_eq!(in_month(on_the_1st, month(4)), Age::Under70);
        assert_eq!(in_month(on_the_1st, month(5)), Age::Elderly);
    }

    #[test]
    fn seventy_five_ends_within_its_month_but_for_a_first() {
        let may = Date::new(2026, 5, 17);
        assert_eq!(in_month(Date::new(1951, 5, 31), may), Age::Turning75);
        assert_eq!(in_month(Date::new(1951, 5, 2), may), Age::Turning75);
        assert_eq!(in_month(Date::new(1951, 5, 1), may), Age::Over75);
        assert_eq!(in_month(Date::new(1951, 6, 1), may), Age::Elderly);
    }

    #[test]
    fn school_begins_after_the_31_march_on_or_after_six_is_reached() {
        // Six is reached on 31 March by whoever was born on 1 April: school begins the next day.
        let born = Date::new(2020, 4, 1);
        assert_eq!(in_month(born, Date::new(2026, 3, 1)), Age::Preschool);
        assert_eq!(in_month(born, Date::new(2026, 4, 1)), Age::Under70);
        let a_day_later = Date::new(2020, 4, 2);
        assert_eq!(in_month(a_day_later, Date::new(2027, 3, 1)), Age::Preschool);
        assert_eq!(in_month(a_day_later, Date::new(2027, 4, 1)), Age::Under70);
        assert_eq!(in_month(a_day_later, Date::new(2020, 3, 1)), Age::Unborn);
    }

    #[test]
    fn months_go_on_over_the_turn_of_the_year() {
        let month = Date::new(2026, 1, 1);
        assert_eq!(months_after(month, -1), Date::new(2025, 12, 1));
        assert_eq!(months_after(month, 12), Date::new(2027, 1, 1));
        assert_eq!(months_after(month, -11), Date::new(2025, 2, 1));
    }
}
