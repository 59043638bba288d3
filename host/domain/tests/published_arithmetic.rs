//! Days and fractions against a computation that a city published. The rule of delinquency charges is yet to come; what it
//! will count and multiply with is here.
#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use jorei_domain::calendar::Date;
use jorei_domain::money::{Direction, Exact, Rate, Rounding, Yen};

/// Shinagawa, delinquency charge of fiscal year 2021
/// (https://www.city.shinagawa.tokyo.jp/PC/procedure/procedure-kenkouhoken/procedure-kenkouhoken-osamekata/hpg000022304.html):
/// 100,000 yen due on 2021-04-30 and paid on 2021-10-31, 2.5 % for three months and 8.8 % after them, a year of 365 days:
/// 2,848 yen, of which 2,800 are charged.
#[test]
fn shinagawas_charge_of_two_stretches_comes_out_as_published() {
    let (due, three_months, paid) = (Date::new(2021, 4, 30), Date::new(2021, 7, 31), Date::new(2021, 10, 31));
    let days = [due.days_until(three_months), three_months.days_until(paid)];
    assert_eq!(days, [92, 92]);
    let mut sum = Exact::ZERO;
    for (days, rate) in days.into_iter().zip(["2.5%", "8.8%"]) {
        let of_a_year = Rate::parse(rate).unwrap().of(Yen::new(100_000)).unwrap();
        sum = sum.plus(of_a_year.times(Rate::checked(days, 365).unwrap()).unwrap()).unwrap();
    }
    assert_eq!(sum.round(Rounding::DOWN_TO_YEN).unwrap(), Yen::new(2_848));
    assert_eq!(sum.round(Rounding::new(100, Direction::Down)).unwrap(), Yen::new(2_800));
}

#[test]
fn days_count_the_last_and_not_the_first_across_a_leap_day() {
    assert_eq!(Date::new(2024, 2, 28).days_until(Date::new(2024, 3, 1)), 2);
    assert_eq!(Date::new(2023, 2, 28).days_until(Date::new(2023, 3, 1)), 1);
    assert_eq!(Date::new(2025, 4, 1).days_until(Date::new(2025, 4, 1)), 0);
}
