//! What must hold whatever was left in a year: nobody gets back more than was left here, a plain second computation comes to the same,
//! two insurers together never pay more than the excess, and deciding again in another order changes nothing.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use jorei_high_cost_year::HighCostYear;
use jorei_sdk::native::{Settings, decide};
use jorei_sdk::records::Table;
use jorei_service::case_file;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;

static CONFIRMED: LazyLock<Settings> =
    LazyLock::new(|| jorei_trial::settings::<HighCostYear>(env!("CARGO_MANIFEST_DIR"), "examples/confirmed.toml"));

const OVER_70: [&str; 6] = ["active_3", "active_2", "active_1", "general", "low_income_2", "low_income_1"];

const BIRTHS: [&str; 2] = ["1953-05-05", "1954-06-06"];

/// A month: its category by the table from 70 to 74, and what was left out of hospital, in hospital, and besides.
type Month = (usize, i64, i64, i64);

#[derive(Clone, Debug)]
struct Year {
    new: bool,
    category: usize,
    /// Months of two persons; none where nothing was left.
    people: [Vec<Option<Month>>; 2],
    certified: [Option<i64>; 2],
}

impl Year {
    fn document(&self, swapped: bool) -> Value {
        let (base, last) = if self.new { (2027, "2027-07-31") } else { (2026, "2026-07-31") };
        let person = |place: usize| {
            let months = (0..12).zip(&self.people[place]).filter_map(|(n, month)| month.map(|month| (n, month)));
            let rest = |(n, (category, outpatient, inpatient, more)): (i64, Month)| {
                let on = if n < 5 { format!("{}-{:02}-01", base - 1, n + 8) } else { format!("{base}-{:02}-01", n - 4) };
                json!({ "on": on, "over_70": OVER_70[category], "outpatient_yen": outpatient, "counted_yen": outpatient + inpatient, "all_yen": outpatient + inpatient + more })
            };
            let mut rests: Vec<Value> = months.map(rest).collect();
            if swapped {
                rests.reverse();
            }
            let certified: Vec<Value> =
                self.certified[place].iter().map(|yen| json!({ "outpatient_yen": yen, "counted_yen": yen, "over_70": true })).collect();
            json!({ "birth": BIRTHS[place], "monthly_rests": rests, "certified_payments": certified })
        };
        let members = if swapped { [person(1), person(0)] } else { [person(0), person(1)] };
        let category = json!({ "on": format!("{base}-07-01"), "over_70": OVER_70[self.category], "reduced_cap": false });
        json!({ "on": last, "members": members, "categories": category })
    }

    fn tables(&self, swapped: bool) -> Vec<(&'static str, Table)> {
        let case = case_file::read(&self.document(swapped)).unwrap().case;
        decide::<HighCostYear>(&case, &CONFIRMED.on::<HighCostYear>(case.on).unwrap())
            .unwrap_or_else(|(refusal, _)| panic!("{refusal:?}"))
            .results
    }

    /// The cap of the category on the base date.
    fn cap(&self) -> Option<i64> {
        match (self.category, self.new) {
            (0..=2, _) | (5, true) => None,
            (_, false) => Some(144_000),
            (3, true) => Some(216_000),
            (_, true) => Some(96_000),
        }
    }

    fn own(&self, place: usize) -> i64 {
        self.people[place].iter().flatten().filter(|month| month.0 >= 3).map(|month| month.1).sum()
    }
}

fn year() -> impl Strategy<Value = Year> {
    let month = || proptest::option::weighted(0.8, (0_usize..8, 0_i64..30_000, 0_i64..60_000, 0_i64..20_000));
    let months = || proptest::collection::vec(month().prop_map(|month| month.map(|(c, a, b, d)| (if c > 5 { 3 } else { c }, a, b, d))), 12);
    let certified = || proptest::option::of(0_i64..200_000);
    (any::<bool>(), 0_usize..6, months(), months(), certified(), certified()).prop_map(|(new, category, a, b, c, d)| Year {
        new,
        category,
        people: [a, b],
        certified: [c, d],
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn each_persons_part_is_that_of_a_second_plain_computation(year in year()) {
        let tables = year.tables(false);
        let table = |name: &str| tables.iter().find(|(table, _)| *table == name).map(|(_, table)| table).unwrap();
        let (persons, paid) = (table("outpatients").integers("person").unwrap(), table("outpatients").integers("yen").unwrap());
        let mut sum = 0;
        for place in 0..2 {
            let (own, certified) = (year.own(place), year.certified[place].unwrap_or(0));
            let over = year.cap().map_or(0, |cap| (own + certified - cap).max(0));
            let due = if over == 0 { 0 } else { over * own / (own + certified) };
            let found = persons.iter().zip(paid).find(|(person, _)| **person == place as i64).map_or(0, |(_, yen)| *yen);
            prop_assert_eq!(found, due);
            prop_assert!(found <= own);
            // The other insurer's part by the same rule: together they never pay more than the excess, and one yen less at most.
            let other = if over == 0 { 0 } else { over * certified / (own + certified) };
            prop_assert!(over - 1 <= found + other && found + other <= over);
            sum += found;
        }
        prop_assert_eq!(table("benefit").integers("benefit_yen").unwrap()[0], sum);
    }

    #[test]
    fn the_yearly_cap_is_shown_from_august_2026_on_and_never_paid(year in year()) {
        let tables = year.tables(false);
        let table = |name: &str| tables.iter().find(|(table, _)| *table == name).map(|(_, table)| table).unwrap();
        let somebody = year.people.iter().flatten().any(Option::is_some) || year.certified.iter().any(Option::is_some);
        let annual = table("annual");
        prop_assert_eq!(annual.rows(), usize::from(year.new && somebody));
        if annual.rows() == 1 {
            let rest: i64 = year.people.iter().flatten().flatten().map(|month| month.1 + month.2).sum();
            let cap = [1_680_000, 1_110_000, 530_000, 530_000, 290_000, 180_000][year.category];
            prop_assert_eq!(annual.integers("rest_yen").unwrap()[0], rest);
            prop_assert_eq!(annual.integers("over_yen").unwrap()[0], (rest - cap).max(0));
        }
    }

    #[test]
    fn neither_the_order_of_months_nor_deciding_again_changes_anything(year in year()) {
        let once = year.tables(false);
        prop_assert_eq!(&once, &year.tables(true));
        prop_assert_eq!(&once, &year.tables(false));
    }
}
