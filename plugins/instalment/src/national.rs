//! National law as dated data: how long a year's premium may be assessed (Act art. 110-2).
//!
//! Source: [R47] pages of Kobe and Adachi, which print the article with an example (first due 2022-06-30: none
//! from 2024-07-01). Absent here: what a municipality fixes, and years before 2019, for which nobody looked.

use jorei_sdk::*;

/// Act art. 110-2 para. 1: after how many years nothing may be assessed.
///
/// # Errors
/// `law_value_missing` before FY2019.
pub(crate) fn limit_years<'a, T: Trace<'a>>(fiscal_year: FiscalYear, t: &mut T) -> Result<i32, Refusal> {
    const KEY: &str = "law.limit_years";
    const ARTICLE: &str = "Act art. 110-2 para. 1";
    if fiscal_year.year() < 2019 {
        let refusal = Refusal::law_unknown("law_value_missing").with("value", KEY);
        return Err(refusal.with("fiscal_year", fiscal_year.year()).article(ARTICLE));
    }
    t.law(KEY, 2_i64, State::Sourced, ARTICLE);
    Ok(2)
}

/// Act art. 110-2 para. 1: the first day on which it is too late. The years are counted from the day after
/// `due`; without a day of that number they end with the month (Civil Code art. 143).
///
/// First due 2022-06-30: 2024-07-01. Counted from 2024-02-29: 2026-03-01.
pub(crate) fn limit_on(due: Date, years: i32) -> Date {
    due.tomorrow().birthday(years)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_years_have_passed_on_the_day_of_the_same_number() {
        // The due date, and the first day on which it is too late: the published example, a due date moved
        // by a weekend, and those around 29 February.
        for (due, limit) in [
            ("2022-06-30", "2024-07-01"),
            ("2024-07-01", "2026-07-02"),
            ("2024-02-27", "2026-02-28"),
            ("2024-02-28", "2026-03-01"),
            ("2024-02-29", "2026-03-01"),
            ("2022-02-28", "2024-03-01"),
            ("2022-02-27", "2024-02-28"),
            ("2025-03-31", "2027-04-01"),
        ] {
            assert_eq!(limit_on(Date::parse(due).unwrap(), 2).to_string(), limit, "{due}");
        }
    }
}
