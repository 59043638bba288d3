//! What must hold whatever a household earns: categories and shares are those of a plain computation from the law, written here
//! apart from the rule; more income never means a lower category; nobody's order matters.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use jorei_classification::Classification;
use jorei_domain::record::{CATEGORIES_OVER_70, CATEGORIES_UNDER_70};
use jorei_domain::table::ABSENT;
use jorei_sdk::native::{Settings, decide};
use jorei_service::case_file;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;

static CONFIRMED: LazyLock<Settings> =
    LazyLock::new(|| jorei_trial::settings::<Classification>(env!("CARGO_MANIFEST_DIR"), "examples/confirmed.toml"));

/// A member: year of birth, whether insured, whether declared, exempt, then taxable, total, receipts, pension, other.
#[derive(Clone, Debug)]
struct Member {
    born: i32,
    insured: bool,
    declared: bool,
    exempt: bool,
    taxable: i64,
    total: i64,
    receipts: i64,
    pension: i64,
    other: i64,
}

#[derive(Clone, Debug)]
struct Household {
    /// The first is the head.
    members: Vec<Member>,
    applied: bool,
}

fn member() -> impl Strategy<Value = Member> {
    let born = prop_oneof![3 => 1952_i32..=1955, 2 => 1960_i32..=2000, 1 => 2006_i32..=2024];
    // Near the thresholds, and anywhere.
    let yen = |near: &'static [i64], most: i64| {
        prop_oneof![(proptest::sample::select(near), -2_i64..=2).prop_map(|(near, off)| (near + off).max(0)), 0..most]
    };
    let amounts = (
        yen(&[1_450_000, 1_570_000, 1_780_000, 3_800_000, 6_900_000], 8_000_000),
        yen(&[380_000, 2_530_000, 6_430_000, 9_440_000], 12_000_000),
        yen(&[3_830_000, 5_200_000, 2_600_000], 7_000_000),
        yen(&[806_700], 2_000_000),
        prop_oneof![Just(0_i64), 0_i64..3],
    );
    (born, proptest::bool::weighted(0.85), proptest::bool::weighted(0.93), proptest::bool::weighted(0.4), amounts).prop_map(
        |(born, insured, declared, exempt, (taxable, total, receipts, pension, other))| Member {
            born,
            insured,
            declared,
            exempt,
            taxable: if exempt { 0 } else { taxable },
            total,
            receipts,
            pension,
            other,
        },
    )
}

fn household() -> impl Strategy<Value = Household> {
    (proptest::collection::vec(member(), 1..5), any::<bool>()).prop_map(|(members, applied)| Household { members, applied })
}

impl Household {
    fn case(&self) -> Value {
        let member = |(at, m): (usize, &Member)| {
            let tax = if m.declared {
                json!({ "exempt": m.exempt, "taxable_yen": m.taxable, "total_income_yen": m.total, "receipts_yen": m.receipts,
                        "pension_revenue_yen": m.pension, "other_income_yen": m.other })
            } else {
                json!({ "state": "undeclared" })
            };
            let applied = self.applied && at == 0;
            let applications =
                if applied { json!([{ "on": "2025-10-05", "application": "receipts_test", "certified": true }]) } else { json!([]) };
            json!({ "birth": format!("{}-05-10", m.born), "insured": m.insured, "head": at == 0, "resident_taxes": tax, "limit_applications": applications })
        };
        json!({ "on": "2026-06-01", "members": self.members.iter().enumerate().map(member).collect::<Vec<_>>() })
    }

    /// Category under 70, category from 70 to 74, income; shares in order. Words by their codes.
    fn decided(&self) -> (Vec<i64>, Vec<i64>) {
        let case = case_file::read(&self.case()).unwrap().case;
        let decided =
            decide::<Classification>(&case, &CONFIRMED.on::<Classification>(case.on).unwrap()).unwrap_or_else(|(r, _)| panic!("{r:?}"));
        let table = |name: &str| &decided.results.iter().find(|(table, _)| *table == name).unwrap().1;
        let (row, shares) = (table("classification"), table("shares"));
        let of = |column: &str| row.integers(column).unwrap()[0];
        // Persons are counted by their dates of birth: shares are compared as a set.
        let mut shares = shares.integers("share_percent").unwrap().to_vec();
        shares.sort_unstable();
        (vec![of("persons"), of("under_70"), of("over_70"), of("income_yen")], shares)
    }

    /// The same from the text of the law, with numbers alone.
    fn expected(&self) -> (Vec<i64>, Vec<i64>) {
        let word = |words: &[&str], word: &str| words.iter().position(|one| *one == word).unwrap() as i64;
        let insured: Vec<(usize, &Member)> = self.members.iter().enumerate().filter(|(_, m)| m.insured).collect();
        if insured.is_empty() {
            return (vec![0, ABSENT, ABSENT, ABSENT], Vec::new());
        }
        let head = &self.members[0];
        let counted: Vec<&Member> = insured.iter().map(|(_, m)| *m).chain((!head.insured).then_some(head)).collect();
        let undeclared = counted.iter().any(|m| !m.declared);
        let exempt = counted.iter().all(|m| m.declared && m.exempt);
        let base = |m: &Member| (m.total - 430_000).max(0);
        let sum: i64 = insured.iter().map(|(_, m)| base(m)).sum();
        let under = match (exempt, undeclared, sum) {
            (true, _, _) => "category_o",
            (_, true, _) | (_, _, 9_010_001..) => "category_a",
            (_, _, 6_000_001..) => "category_i",
            (_, _, 2_100_001..) => "category_u",
            _ => "category_e",
        };
        let judged: Vec<(usize, &Member)> = insured.iter().copied().filter(|(_, m)| m.born <= 1955).collect();
        // On 31 December 2024: born on 10 May 2009 is 15, of 2006 18.
        let children: i64 = self
            .members
            .iter()
            .filter(|m| m.insured && m.declared && m.total <= 380_000)
            .map(|m| match m.born {
                2009..=2024 => 330_000,
                2006..=2008 => 120_000,
                _ => 0,
            })
            .sum();
        let taxable = |(at, m): &(usize, &Member)| match m.declared {
            true if *at == 0 && m.taxable >= 1_450_000 => (m.taxable - children).max(0),
            true => m.taxable,
            false => 0,
        };
        let highest = judged.iter().map(taxable).max();
        let all_declared = judged.iter().all(|(_, m)| m.declared);
        let receipts: i64 = judged.iter().map(|(_, m)| m.receipts).sum();
        let let_off = all_declared
            && (judged.iter().map(|(_, m)| base(m)).sum::<i64>() <= 2_100_000
                || (self.applied && receipts < if judged.len() == 1 { 3_830_000 } else { 5_200_000 }));
        let active = highest.is_some_and(|yen| yen >= 1_450_000) && !let_off;
        let over = highest.map(|yen| match (active, yen, exempt) {
            (true, 6_900_000.., _) => "active_3",
            (true, 3_800_000.., _) => "active_2",
            (true, _, _) => "active_1",
            (_, _, true) if counted.iter().all(|m| m.pension <= 806_700 && m.other == 0) => "low_income_1",
            (_, _, true) => "low_income_2",
            _ => "general",
        });
        let share = |m: &Member| match m.born {
            ..=1955 => {
                if active {
                    30
                } else {
                    20
                }
            }
            2020.. => 20,
            _ => 30,
        };
        let income = if insured.iter().all(|(_, m)| m.declared) { sum } else { ABSENT };
        let row = vec![
            insured.len() as i64,
            word(CATEGORIES_UNDER_70, under),
            over.map_or(ABSENT, |over| word(CATEGORIES_OVER_70, over)),
            income,
        ];
        let mut shares: Vec<i64> = insured.iter().map(|(_, m)| share(m)).collect();
        shares.sort_unstable();
        (row, shares)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn a_household_is_classified_as_the_law_says(household in household()) {
        prop_assert_eq!(household.decided(), household.expected());
    }

    #[test]
    fn more_income_never_means_a_lower_category_under_70(mut household in household(), more in 1_i64..5_000_000) {
        let before = household.decided().0[1];
        household.members[0].total += more;
        // The words stand from the highest category to the lowest.
        prop_assert!(household.decided().0[1] <= before);
    }

    #[test]
    fn the_order_of_the_members_behind_the_head_does_not_matter(household in household()) {
        let mut turned = household.clone();
        turned.members[1..].reverse();
        prop_assert_eq!(household.decided().0, turned.decided().0);
    }
}
