//! What the combined limits say must hold together, each by one yen on both sides of the smallest sum, and what cannot be is told with
//! its place.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use jorei_combined::Combined;
use jorei_sdk::native::{Settings, decide};
use jorei_service::case_file;
use jorei_trial::{problems, settings};
use serde_json::{Value, json};
use std::sync::LazyLock;

const FOLDER: &str = env!("CARGO_MANIFEST_DIR");
static CONFIRMED: LazyLock<Settings> = LazyLock::new(|| settings::<Combined>(FOLDER, "examples/confirmed.toml"));

/// As Suginami and Ichihara publish them.
const UNDER_70: [(&str, i64); 5] =
    [("category_a", 2_120_000), ("category_i", 1_410_000), ("category_u", 670_000), ("category_e", 600_000), ("category_o", 340_000)];
const OVER_70: [(&str, i64); 6] = [
    ("active_3", 2_120_000),
    ("active_2", 1_410_000),
    ("active_1", 670_000),
    ("general", 560_000),
    ("low_income_2", 310_000),
    ("low_income_1", 190_000),
];

/// What all insurers pay on a total, half of it of long-term care.
fn paid(on: &str, born: &str, categories: &Value, over_70: Option<&str>, total: i64) -> i64 {
    let medical = total / 2;
    let rest = json!({ "on": on, "over_70": over_70, "outpatient_yen": 0, "counted_yen": medical, "all_yen": medical });
    let member = json!({ "birth": born, "monthly_rests": rest, "care_payments": { "own_yen": total - medical } });
    let case = case_file::read(&json!({ "on": on, "members": [member], "categories": categories })).unwrap().case;
    let decided =
        decide::<Combined>(&case, &CONFIRMED.on::<Combined>(case.on).unwrap()).unwrap_or_else(|(refusal, _)| panic!("{refusal:?}"));
    decided.results.iter().find(|(table, _)| *table == "year").unwrap().1.integers("paid_yen").unwrap()[0]
}

#[test]
fn every_limit_pays_nothing_up_to_500_yen_beyond_it_and_everything_after() {
    for on in ["2026-07-31", "2027-07-31"] {
        let boundary = |born: &str, categories: Value, over_70: Option<&str>, limit: i64| {
            for (beyond, due) in [(-1, 0), (0, 0), (1, 0), (499, 0), (500, 0), (501, 501), (100_000, 100_000)] {
                assert_eq!(paid(on, born, &categories, over_70, limit + beyond), due, "{on} {categories} {beyond}");
            }
        };
        for (category, limit) in UNDER_70 {
            boundary("1970-05-05", json!({ "under_70": category }), None, limit);
        }
        for (category, limit) in OVER_70 {
            boundary("1953-05-05", json!({ "over_70": category }), Some(category), limit);
        }
    }
}

#[test]
fn each_problem_is_named_with_its_place() {
    let tried = [
        (("category_o_yen = 340_000", "category_o_yen = 0"), "under_70[0].values.category_o_yen", "not above 0"),
        (
            ("category_e_yen = 600_000", "category_e_yen = 670_000"),
            "under_70[0].values.category_e_yen",
            "not below 670,000 of the category before it",
        ),
        (
            ("low_income_1_yen = 190_000", "low_income_1_yen = 310_000"),
            "over_70[0].values.low_income_1_yen",
            "not below 310,000 of the category before it",
        ),
        (("smallest_yen = 500", "smallest_yen = -1"), "counting[0].values.smallest_yen", "below 0"),
    ];
    for (change, path, message) in tried {
        let found = problems::<Combined>(FOLDER, "examples/confirmed.toml", change);
        assert!(found.iter().any(|(at, why)| at == path && why.contains(message)), "{change:?}: {found:#?}");
    }
}
