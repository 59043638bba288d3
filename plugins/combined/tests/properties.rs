//! What must hold whatever was paid in a year: no yen is lost between the insurers, nobody is given more than was paid, a plain second
//! computation comes to the same benefit, and deciding again in another order changes nothing.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use jorei_combined::Combined;
use jorei_sdk::native::{Settings, decide};
use jorei_sdk::records::Table;
use jorei_service::case_file;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;

static CONFIRMED: LazyLock<Settings> =
    LazyLock::new(|| jorei_trial::settings::<Combined>(env!("CARGO_MANIFEST_DIR"), "examples/confirmed.toml"));

const UNDER_70: [(&str, i64); 5] =
    [("category_a", 2_120_000), ("category_i", 1_410_000), ("category_u", 670_000), ("category_e", 600_000), ("category_o", 340_000)];
/// Without 低所得I, whose household with two persons in care is refused.
const OVER_70: [(&str, i64); 5] =
    [("active_3", 2_120_000), ("active_2", 1_410_000), ("active_1", 670_000), ("general", 560_000), ("low_income_2", 310_000)];
/// Two from 70 to 74, two under 70.
const BIRTHS: [&str; 4] = ["1953-05-05", "1954-06-06", "1970-01-01", "1985-02-02"];

#[derive(Clone, Debug)]
struct Year {
    under_70: usize,
    over_70: usize,
    /// Medical, care, certified of each person.
    paid: [(i64, i64, i64); 4],
}

impl Year {
    fn document(&self, backwards: bool) -> Value {
        let member = |place: usize| {
            let (medical, care, certified) = self.paid[place];
            let over_70 = if place < 2 { Some(OVER_70[self.over_70].0) } else { None };
            let rest =
                |on: &str, yen: i64| json!({ "on": on, "over_70": over_70, "outpatient_yen": 0, "counted_yen": yen, "all_yen": yen });
            let born = BIRTHS[place];
            json!({ "birth": born, "monthly_rests": [rest("2025-08-01", medical / 3), rest("2026-07-01", medical - medical / 3)],
                "care_payments": { "own_yen": care },
                "certified_payments": { "outpatient_yen": 0, "counted_yen": certified, "over_70": place < 2 } })
        };
        let mut members: Vec<Value> = (0..4).map(member).collect();
        if backwards {
            members.reverse();
        }
        let (under_70, over_70) = (UNDER_70[self.under_70].0, OVER_70[self.over_70].0);
        json!({ "on": "2026-07-31", "members": members, "categories": { "under_70": under_70, "over_70": over_70 } })
    }

    fn tables(&self, backwards: bool) -> Vec<(&'static str, Table)> {
        let case = case_file::read(&self.document(backwards)).unwrap().case;
        decide::<Combined>(&case, &CONFIRMED.on::<Combined>(case.on).unwrap()).unwrap_or_else(|(refusal, _)| panic!("{refusal:?}")).results
    }

    /// Both steps by hand: from 70 on, household.
    fn computed_apart(&self) -> (i64, i64) {
        let medical = |persons: std::ops::Range<usize>| -> i64 { self.paid[persons].iter().map(|paid| paid.0 + paid.2).sum() };
        let care = |persons: std::ops::Range<usize>| -> i64 { self.paid[persons].iter().map(|paid| paid.1).sum() };
        let beyond = |total: i64, limit: i64| if total > limit + 500 { total - limit } else { 0 };
        let elderly = medical(0..2) + care(0..2);
        let first = if medical(0..2) > 0 && care(0..2) > 0 { beyond(elderly, OVER_70[self.over_70].1) } else { 0 };
        let young = medical(2..4) + care(2..4);
        let both = medical(0..4) > 0 && care(0..4) > 0;
        let second = if both && young > 0 { beyond(elderly - first + young, UNDER_70[self.under_70].1) } else { 0 };
        (first, second)
    }
}

fn year() -> impl Strategy<Value = Year> {
    let yen = || prop_oneof![2 => Just(0_i64), 3 => 1_i64..900_000];
    let person = || (yen(), yen(), prop_oneof![3 => Just(0_i64), 1 => 1_i64..300_000]);
    (0_usize..5, 0_usize..5, person(), person(), person(), person()).prop_map(|(under_70, over_70, a, b, c, d)| Year {
        under_70,
        over_70,
        paid: [a, b, c, d],
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn the_benefit_is_that_of_a_second_plain_computation(year in year()) {
        let tables = year.tables(false);
        let of = |name: &str| tables.iter().find(|(table, _)| *table == "year").unwrap().1.integers(name).unwrap()[0];
        let (first, second) = year.computed_apart();
        prop_assert_eq!((of("elderly_yen"), of("household_yen"), of("paid_yen")), (first, second, first + second));
    }

    #[test]
    fn no_yen_is_lost_between_insurers_and_persons(year in year()) {
        let tables = year.tables(false);
        let table = |name: &str| tables.iter().find(|(table, _)| *table == name).map(|(_, table)| table).unwrap();
        let of = |name: &str| table("year").integers(name).unwrap()[0];
        let column = |name: &str| table("split").integers(name).unwrap().to_vec();
        let (sides, own, yen) = (column("side"), column("own_yen"), column("yen"));
        prop_assert_eq!(yen.iter().sum::<i64>(), of("paid_yen"));
        prop_assert_eq!(of("insurer_yen") + of("other_yen") + of("care_yen"), of("paid_yen"));
        for (side, name) in [(0, "insurer_yen"), (1, "other_yen"), (2, "care_yen")] {
            let part: i64 = sides.iter().zip(&yen).filter(|(of, _)| **of == side).map(|(_, yen)| *yen).sum();
            prop_assert_eq!(part, of(name));
        }
        prop_assert!(own.iter().zip(&yen).all(|(own, yen)| 0 <= *yen && yen <= own));
        prop_assert_eq!(table("benefit").integers("benefit_yen").unwrap()[0], of("insurer_yen"));
        // With one step alone, each insurer's part is within two yen of its proportion.
        if of("elderly_yen") == 0 && of("household_yen") > 0 {
            let exact = of("paid_yen") * of("own_medical_yen") / of("total_yen");
            prop_assert!((of("insurer_yen") - exact).abs() <= 2);
        }
    }

    #[test]
    fn neither_the_order_of_persons_nor_deciding_again_changes_anything(year in year()) {
        let once = year.tables(false);
        prop_assert_eq!(&once, &year.tables(true));
        prop_assert_eq!(&once, &year.tables(false));
    }
}
