//! Which days are open: for due dates of a municipality, and at banks. Two calendars, because the law has two.
//!
//! National holidays follow the Act on National Holidays (国民の祝日に関する法律) and the exceptions of 2019 to
//! 2021. Only the equinoxes follow from no rule: the National Astronomical Observatory publishes each in the
//! February before its year, so they are a table. Absent here: any day of a year whose equinoxes are not
//! published, and an astronomical guess at them. A crate that would know them was looked for; what was found
//! guesses with floats, or brings a clock.

use crate::calendar::Date;
use core::fmt;

/// A calendar of open days.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Calendar {
    /// Of a municipality's office, for due dates: closed on Saturdays, Sundays, national holidays and from
    /// 29 December to 3 January (Local Autonomy Act art. 4-2).
    Office,
    /// Of banks: closed on Saturdays, Sundays, national holidays and from 31 December to 3 January (Order of
    /// the Banking Act art. 5).
    Bank,
}

/// The holidays of this year are not in the table: published later, or too long ago.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NotPublished {
    /// The year.
    pub year: i32,
}

impl fmt::Display for NotPublished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = FIRST_YEAR + EQUINOXES.len() as i32 - 1;
        write!(f, "the holidays of {} are not published here (known are {FIRST_YEAR} to {last}); add the equinoxes of that year", self.year)
    }
}

impl core::error::Error for NotPublished {}

/// The first year of [`EQUINOXES`]: since then the third Mondays of July and September are holidays.
const FIRST_YEAR: i32 = 2003;

/// Days in March and in September of the equinoxes (春分の日, 秋分の日) as published for each year
/// (暦要項; Cabinet Office, 国民の祝日について). Append a year when it is published, in the February before.
const EQUINOXES: [(i32, i32); 25] = [
    (21, 23), // 2003
    (20, 23),
    (20, 23), // 2005
    (21, 23),
    (21, 23),
    (20, 23),
    (20, 23),
    (21, 23), // 2010
    (21, 23),
    (20, 22),
    (20, 23),
    (21, 23),
    (21, 23), // 2015
    (20, 22),
    (20, 23),
    (21, 23),
    (21, 23),
    (20, 22), // 2020
    (20, 23),
    (21, 23),
    (21, 23),
    (20, 22),
    (20, 23), // 2025
    (20, 23),
    (21, 23), // 2027
];

impl Calendar {
    /// Is the day open?
    ///
    /// # Errors
    /// [`NotPublished`].
    pub fn is_open(self, day: Date) -> Result<bool, NotPublished> {
        Ok(!is_holiday(day)? && !matches!(weekday(day), SATURDAY | SUNDAY) && !self.is_year_end(day))
    }

    /// The day itself where it is open, else the next open one: where a due date goes (Local Autonomy Act
    /// art. 4-2 para. 4; Civil Code art. 142).
    ///
    /// # Errors
    /// [`NotPublished`].
    pub fn next_open(self, day: Date) -> Result<Date, NotPublished> {
        let mut day = day;
        while !self.is_open(day)? {
            day = day.tomorrow();
        }
        Ok(day)
    }

    /// The day itself where it is open, else the last open one before: where a pension payment goes.
    ///
    /// # Errors
    /// [`NotPublished`].
    pub fn previous_open(self, day: Date) -> Result<Date, NotPublished> {
        let mut day = day;
        while !self.is_open(day)? {
            day = day.yesterday();
        }
        Ok(day)
    }

    const fn is_year_end(self, day: Date) -> bool {
        let first = match self {
            Calendar::Office => 29,
            Calendar::Bank => 31,
        };
        day.month() == 12 && day.day() >= first || day.month() == 1 && day.day() <= 3
    }
}

/// Is the day a national holiday, a substitute for one that falls on a Sunday, or between two (Act on
/// National Holidays art. 3)?
///
/// # Errors
/// [`NotPublished`].
pub fn is_holiday(day: Date) -> Result<bool, NotPublished> {
    if is_named(day)? {
        return Ok(true);
    }
    // Art. 3 para. 2: the nearest day after a Sunday's holiday that is none itself.
    let mut before = day.yesterday();
    while before.year() == day.year() && is_named(before)? {
        if weekday(before) == SUNDAY {
            return Ok(true);
        }
        before = before.yesterday();
    }
    // Art. 3 para. 3; before 2007 not of a Sunday, and none has lain so since. No holiday lies next to the turn of the year, so that the next year is not asked for.
    let (before, after) = (day.yesterday(), day.tomorrow());
    Ok(weekday(day) != SUNDAY && before.year() == after.year() && is_named(before)? && is_named(after)?)
}

/// Is the day one of the Act's art. 2, with the exceptions of 2019 to 2021?
fn is_named(day: Date) -> Result<bool, NotPublished> {
    let (year, month, number) = (day.year(), day.month(), day.day());
    let place = usize::try_from(year - FIRST_YEAR).map_err(|_| NotPublished { year })?;
    let (spring, autumn) = *EQUINOXES.get(place).ok_or(NotPublished { year })?;
    let monday = |nth: i32| weekday(day) == MONDAY && (number - 1) / 7 + 1 == nth;
    Ok(match (month, number) {
        // The days of fixed date.
        (1, 1) | (2, 11) | (4, 29) | (5, 3) | (5, 5) | (11, 3) | (11, 23) => true,
        (5, 4) => year >= 2007,
        (2, 23) => year >= 2020,
        (12, 23) => year <= 2018,
        // The enthronement of 2019 (平成30年法律第99号).
        (5, 1) | (10, 22) => year == 2019,
        // The Olympic Games of 2020 and 2021 (平成32年東京オリンピック競技大会・東京パラリンピック競技大会特別措置法).
        (7, 23) if year == 2020 || year == 2021 => true,
        (7, 24) if year == 2020 => true,
        (7, 22) if year == 2021 => true,
        (8, 10) if year == 2020 => true,
        (8, 8) if year == 2021 => true,
        (8, 11) => year >= 2016 && year != 2020 && year != 2021,
        (3, number) => number == spring,
        (9, number) => number == autumn || monday(3),
        // The days of Mondays.
        (1, _) => monday(2),
        (7, _) => year != 2020 && year != 2021 && monday(3),
        (10, _) => year != 2020 && year != 2021 && monday(2),
        _ => false,
    })
}

const SUNDAY: i32 = 0;
const MONDAY: i32 = 1;
const SATURDAY: i32 = 6;

/// The day of the week, Sunday 0 (Sakamoto's method: the Gregorian calendar counted with years that begin in March).
const fn weekday(day: Date) -> i32 {
    const SHIFT: [i32; 12] = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4];
    let year = if day.month() < 3 { day.year() - 1 } else { day.year() };
    (year + year / 4 - year / 100 + year / 400 + SHIFT[(day.month() - 1) as usize] + day.day()) % 7
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The national holidays of each year, month and day, substitutes included. Written down for this test; the Cabinet
    /// Office's list (国民の祝日について, https://www8.cao.go.jp/chosei/shukujitsu/gaiyou.html) could not be opened here. Every
    /// day of 2003 to 2027 was compared once with the crate `jpholiday` 0.2.1, which needs a later toolchain than ours:
    /// 9,131 days, none differed.
    const PUBLISHED: [(i32, &[i32]); 9] = [
        (2019, &[101, 114, 211, 321, 429, 430, 501, 502, 503, 504, 505, 506, 715, 811, 812, 916, 923, 1014, 1022, 1103, 1104, 1123]),
        (2020, &[101, 113, 211, 223, 224, 320, 429, 503, 504, 505, 506, 723, 724, 810, 921, 922, 1103, 1123]),
        (2021, &[101, 111, 211, 223, 320, 429, 503, 504, 505, 722, 723, 808, 809, 920, 923, 1103, 1123]),
        (2022, &[101, 110, 211, 223, 321, 429, 503, 504, 505, 718, 811, 919, 923, 1010, 1103, 1123]),
        (2023, &[101, 102, 109, 211, 223, 321, 429, 503, 504, 505, 717, 811, 918, 923, 1009, 1103, 1123]),
        (2024, &[101, 108, 211, 212, 223, 320, 429, 503, 504, 505, 506, 715, 811, 812, 916, 922, 923, 1014, 1103, 1104, 1123]),
        (2025, &[101, 113, 211, 223, 224, 320, 429, 503, 504, 505, 506, 721, 811, 915, 923, 1013, 1103, 1123, 1124]),
        (2026, &[101, 112, 211, 223, 320, 429, 503, 504, 505, 506, 720, 811, 921, 922, 923, 1012, 1103, 1123]),
        (2027, &[101, 111, 211, 223, 321, 322, 429, 503, 504, 505, 719, 811, 920, 923, 1011, 1103, 1123]),
    ];

    fn days(year: i32) -> impl Iterator<Item = Date> {
        std::iter::successors(Some(Date::new(year, 1, 1)), |day| Some(day.tomorrow())).take_while(move |day| day.year() == year)
    }

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn the_holidays_are_those_of_the_list() {
        for (year, published) in PUBLISHED {
            let found: Vec<i32> = days(year).filter(|day| is_holiday(*day).unwrap()).map(|day| day.month() * 100 + day.day()).collect();
            assert_eq!(found, published, "{year}");
        }
    }

    #[test]
    fn the_day_of_the_week_agrees_with_another_calendar() {
        for year in 2003..=2027 {
            for day in days(year) {
                let civil = jiff::civil::date(day.year() as i16, day.month() as i8, day.day() as i8);
                assert_eq!(weekday(day), i32::from(civil.weekday().to_sunday_zero_offset()), "{day}");
            }
        }
    }

    #[test]
    fn the_two_calendars_differ_on_the_last_days_of_december_only() {
        let differ = |day: &Date| Calendar::Office.is_open(*day).unwrap() != Calendar::Bank.is_open(*day).unwrap();
        // 2025-12-29 is a Monday, 2025-12-30 a Tuesday.
        assert_eq!(days(2025).filter(differ).collect::<Vec<_>>(), [day("2025-12-29"), day("2025-12-30")]);
        for year in 2003..=2027 {
            assert!(days(year).filter(differ).all(|day| day.month() == 12 && (29..=30).contains(&day.day())), "{year}");
        }
    }

    #[test]
    fn a_due_date_moves_to_the_next_open_day_and_a_payment_to_the_one_before() {
        // 2024-06-30 is a Sunday; 2025-12-31 to 2026-01-04 are closed; 2026-02-15 is a Sunday.
        assert_eq!(Calendar::Office.next_open(day("2024-06-30")), Ok(day("2024-07-01")));
        assert_eq!(Calendar::Office.next_open(day("2024-06-28")), Ok(day("2024-06-28")));
        assert_eq!(Calendar::Office.next_open(day("2025-12-29")), Ok(day("2026-01-05")));
        assert_eq!(Calendar::Bank.next_open(day("2025-12-31")), Ok(day("2026-01-05")));
        assert_eq!(Calendar::Bank.previous_open(day("2026-02-15")), Ok(day("2026-02-13")));
        // Ten closed days in a row at the enthronement: 27 April to 6 May 2019.
        assert_eq!(Calendar::Bank.next_open(day("2019-04-27")), Ok(day("2019-05-07")));
    }

    #[test]
    fn a_year_whose_equinoxes_are_not_published_is_an_error() {
        assert_eq!(Calendar::Office.is_open(day("2028-01-05")), Err(NotPublished { year: 2028 }));
        assert_eq!(Calendar::Office.is_open(day("2002-12-27")), Err(NotPublished { year: 2002 }));
        assert_eq!(Calendar::Office.next_open(day("2027-12-29")), Err(NotPublished { year: 2028 }));
        assert_eq!(Calendar::Office.is_open(day("2027-12-28")), Ok(true));
        let text = NotPublished { year: 2028 }.to_string();
        assert!(text.contains("2028") && text.contains("2003 to 2027"), "{text}");
    }
}
