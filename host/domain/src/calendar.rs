//! Civil dates, fiscal years, ages. No clock and no time zone: a date is a day in Japan's
//! registers, and comes in as an argument.

use core::fmt;

/// A civil date, kept as the number a clerk would read: 2025-04-01 is 20250401.
///
/// Why packed: it orders as dates do, crosses to a rule as one whole number in any language, and
/// gives year, month and day without calendar arithmetic.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Date(i32);

/// A text or number that is no date between 0001-01-01 and 9999-12-31.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NotADate;

impl fmt::Display for NotADate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a date (write YYYY-MM-DD)")
    }
}

impl core::error::Error for NotADate {}

impl Date {
    /// The first date there is; stands for "since ever".
    pub const MIN: Date = Date::new(1, 1, 1);
    /// The last date there is; stands for "until further notice".
    pub const MAX: Date = Date::new(9999, 12, 31);

    /// A constant date. Panics at compile time on a day beyond 31 or a month beyond 12.
    pub const fn new(year: i32, month: i32, day: i32) -> Date {
        assert!(year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 && day <= 31, "not a date");
        Date(year * 10_000 + month * 100 + day)
    }

    /// A date from its packed number.
    ///
    /// # Errors
    /// [`NotADate`] when there is no such day.
    #[inline]
    pub fn from_packed(packed: i64) -> Result<Date, NotADate> {
        let date = Date(i32::try_from(packed).map_err(|_| NotADate)?);
        // Every month has 28 days: most dates need no calendar.
        let plain = (1..=28).contains(&date.day()) && (1..=12).contains(&date.month()) && (1..=9999).contains(&date.year());
        if plain { Ok(date) } else { date.civil().map(|_| date) }
    }

    /// The packed number, for columns.
    pub const fn packed(self) -> i64 {
        self.0 as i64
    }

    /// The year.
    pub const fn year(self) -> i32 {
        self.0 / 10_000
    }

    /// The month, 1 to 12.
    pub const fn month(self) -> i32 {
        self.0 / 100 % 100
    }

    /// The day of the month, 1 to 31.
    pub const fn day(self) -> i32 {
        self.0 % 100
    }

    /// Reads `2025-04-01`.
    ///
    /// # Errors
    /// [`NotADate`].
    pub fn parse(text: &str) -> Result<Date, NotADate> {
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return Err(NotADate);
        }
        let mut packed = 0;
        for (i, b) in bytes.iter().enumerate() {
            match b {
                b'0'..=b'9' => packed = packed * 10 + i64::from(b - b'0'),
                _ if i == 4 || i == 7 => {}
                _ => return Err(NotADate),
            }
        }
        Date::from_packed(packed)
    }

    /// The next day; [`Date::MAX`] stays.
    pub fn tomorrow(self) -> Date {
        if self.day() < 28 {
            return Date(self.0 + 1);
        }
        self.civil().ok().and_then(|date| date.tomorrow().ok()).map_or(Date::MAX, Date::of)
    }

    /// The day before; [`Date::MIN`] stays.
    pub fn yesterday(self) -> Date {
        if self.day() > 1 {
            return Date(self.0 - 1);
        }
        self.civil().ok().and_then(|date| date.yesterday().ok()).map_or(Date::MIN, Date::of)
    }

    /// How many days lie between this day and a later one; the later one counts, this one does not.
    pub fn days_until(self, later: Date) -> i64 {
        let (Ok(from), Ok(to)) = (self.civil(), later.civil()) else { return 0 };
        from.until(to).map_or(0, |span| i64::from(span.get_days()))
    }

    /// The day on which somebody born on `self` reaches `age`: the day before the birthday
    /// (年齢計算ニ関スル法律; Civil Code art. 143).
    ///
    /// Somebody born on 29 February reaches every age on 28 February.
    pub fn reaches(self, age: i32) -> Date {
        if self.month() == 2 && self.day() == 29 {
            return Date((self.year() + age) * 10_000 + 228);
        }
        Date(self.0 + age * 10_000).yesterday()
    }

    /// The birthday itself at `age`: the day after the age is reached. In a year without
    /// 29 February, 1 March.
    pub fn birthday(self, age: i32) -> Date {
        // Every year has every day but one: the others need no calendar.
        if self.month() == 2 && self.day() == 29 { self.reaches(age).tomorrow() } else { Date(self.0 + age * 10_000) }
    }

    /// The same day `years` later; 29 February becomes 28 February where there is none.
    pub fn plus_years(self, years: i32) -> Date {
        let moved = Date(self.0 + years * 10_000);
        if moved.civil().is_err() { Date(moved.0 - 1) } else { moved }
    }

    fn civil(self) -> Result<jiff::civil::Date, NotADate> {
        let part = |n: i32| i8::try_from(n).map_err(|_| NotADate);
        if self.0 < Date::MIN.0 {
            return Err(NotADate);
        }
        let year = i16::try_from(self.year()).map_err(|_| NotADate)?;
        jiff::civil::Date::new(year, part(self.month())?, part(self.day())?).map_err(|_| NotADate)
    }

    fn of(date: jiff::civil::Date) -> Date {
        Date(i32::from(date.year()) * 10_000 + i32::from(date.month()) * 100 + i32::from(date.day()))
    }
}

/// The first day of the month of a day.
pub const fn month_of(day: Date) -> Date {
    Date::new(day.year(), day.month(), 1)
}

/// The first day of the month so many months later than that of a day; earlier for a negative number.
pub const fn months_after(day: Date, months: i32) -> Date {
    let place = day.year() * 12 + day.month() - 1 + months;
    Date::new(place.div_euclid(12), place.rem_euclid(12) + 1, 1)
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year(), self.month(), self.day())
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A fiscal year (年度): 1 April of its number to 31 March of the next.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct FiscalYear(i32);

impl FiscalYear {
    /// The fiscal year that starts on 1 April of `year`; 1900 to 2999.
    ///
    /// # Errors
    /// [`NotADate`] outside these years.
    pub fn new(year: i32) -> Result<FiscalYear, NotADate> {
        if (1900..=2999).contains(&year) { Ok(FiscalYear(year)) } else { Err(NotADate) }
    }

    /// The fiscal year that contains `date`.
    pub const fn of(date: Date) -> FiscalYear {
        FiscalYear(if date.month() >= 4 { date.year() } else { date.year() - 1 })
    }

    /// The calendar year in which it starts.
    pub const fn year(self) -> i32 {
        self.0
    }

    /// 1 April: also the assessment date (賦課期日, Act art. 76-2).
    pub const fn first_day(self) -> Date {
        Date::new(self.0, 4, 1)
    }

    /// 31 March.
    pub const fn last_day(self) -> Date {
        Date::new(self.0 + 1, 3, 31)
    }

    /// 1 April of the next fiscal year: the end of this one as a half-open bound.
    pub const fn end(self) -> Date {
        Date::new(self.0 + 1, 4, 1)
    }

    /// How many months after April of this year the month of `date` lies: April is 0, next March
    /// 11; negative before, 12 and more after.
    pub const fn month_of(self, date: Date) -> i32 {
        (date.year() - self.0) * 12 + date.month() - 4
    }
}

/// A set of months of one fiscal year: bit 0 is April, bit 11 is March.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Months(u16);

impl Months {
    /// No month.
    pub const NONE: Months = Months(0);
    /// All twelve.
    pub const ALL: Months = Months(0x0fff);

    /// The months from `start` up to but without `end`, both counted from April; clipped to the
    /// year.
    pub const fn between(start: i32, end: i32) -> Months {
        let start = if start < 0 {
            0
        } else if start > 12 {
            12
        } else {
            start
        };
        let end = if end < 0 {
            0
        } else if end > 12 {
            12
        } else {
            end
        };
        if end <= start {
            return Months(0);
        }
        Months((((1_u32 << end) - 1) & !((1_u32 << start) - 1)) as u16)
    }

    /// One month, 0 to 11.
    pub const fn one(month: i32) -> Months {
        Months::between(month, month + 1)
    }

    /// A set from its bits; bits beyond March are dropped.
    pub const fn from_bits(bits: u16) -> Months {
        Months(bits & 0x0fff)
    }

    /// The bits.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// How many months.
    pub const fn count(self) -> i64 {
        self.0.count_ones() as i64
    }

    /// No month at all?
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Is the month in the set?
    pub const fn has(self, month: i32) -> bool {
        month >= 0 && month < 12 && self.0 & (1 << month) != 0
    }

    /// In either.
    pub const fn or(self, other: Months) -> Months {
        Months(self.0 | other.0)
    }

    /// In both.
    pub const fn and(self, other: Months) -> Months {
        Months(self.0 & other.0)
    }

    /// In this and not in the other.
    pub const fn without(self, other: Months) -> Months {
        Months(self.0 & !other.0)
    }

    /// The first month of the set, counted from April.
    pub const fn first(self) -> Option<i32> {
        if self.0 == 0 { None } else { Some(self.0.trailing_zeros() as i32) }
    }

    /// The months in order, counted from April.
    pub fn iter(self) -> impl Iterator<Item = i32> {
        (0..12).filter(move |month| self.has(*month))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn an_age_is_reached_the_day_before_the_birthday() {
        assert_eq!(day("1985-05-01").reaches(40), day("2025-04-30"));
        assert_eq!(day("1985-05-02").reaches(40), day("2025-05-01"));
        assert_eq!(day("1985-01-01").reaches(40), day("2024-12-31"));
        assert_eq!(day("1950-05-01").birthday(75), day("2025-05-01"));
        // Of whomever: four years hold every day there is.
        let mut born = day("1952-01-01");
        while born < day("1956-01-01") {
            for age in [0, 6, 65, 70, 75, 76, 77, 78] {
                assert_eq!(born.birthday(age), born.reaches(age).tomorrow(), "{born}, {age}");
            }
            born = born.tomorrow();
        }
    }

    #[test]
    fn the_twenty_ninth_of_february() {
        assert_eq!(day("1960-02-29").reaches(65), day("2025-02-28"));
        assert_eq!(day("1960-02-29").reaches(64), day("2024-02-28"));
        assert_eq!(day("1952-02-29").birthday(75), day("2027-03-01"));
        assert_eq!(day("1952-02-29").birthday(76), day("2028-02-29"));
        assert_eq!(day("2024-02-29").plus_years(5), day("2029-02-28"));
        assert_eq!(day("1960-03-01").reaches(64), day("2024-02-29"));
    }

    #[test]
    fn only_days_that_exist_are_dates() {
        for text in ["2025-02-29", "2025-13-01", "2025-00-10", "2025-4-1", "20250401", "2025-04-31", "0000-01-01", "２０２５-04-01"] {
            assert!(Date::parse(text).is_err(), "{text}");
        }
        assert_eq!(day("2024-12-31").tomorrow(), day("2025-01-01"));
        assert_eq!(day("2024-03-01").yesterday(), day("2024-02-29"));
        assert_eq!(Date::MAX.tomorrow(), Date::MAX);
    }

    #[test]
    fn months_of_a_fiscal_year() {
        let year = FiscalYear::new(2025).unwrap();
        assert_eq!(year.month_of(day("2025-04-30")), 0);
        assert_eq!(year.month_of(day("2026-03-31")), 11);
        assert_eq!(year.month_of(day("2025-03-31")), -1);
        assert_eq!(FiscalYear::of(day("2026-03-31")), year);
        assert_eq!(Months::between(-5, 40), Months::ALL);
        assert_eq!(Months::between(3, 3), Months::NONE);
        assert_eq!(Months::between(2, 5).iter().collect::<Vec<_>>(), [2, 3, 4]);
    }
}
