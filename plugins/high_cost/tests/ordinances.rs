//! What the tables of limits say must hold together: every row against its own rules, every boundary by one yen on both sides, and
//! what cannot be is told with its place.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use jorei_high_cost::HighCost;
use jorei_sdk::native::{Settings, decide};
use jorei_service::case_file;
use jorei_trial::{document, ordinances, problems, settings};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::LazyLock;

const FOLDER: &str = env!("CARGO_MANIFEST_DIR");
static CONFIRMED: LazyLock<Settings> = LazyLock::new(|| settings::<HighCost>(FOLDER, "examples/confirmed.toml"));

/// Category, base, floor, limit from the fourth month: up to July 2026 as Asahikawa, Noshiro and Nagano publish them, then as
/// public calculators quote the ministry.
type Row = (&'static str, i64, Option<i64>, Option<i64>);
const UNDER_70: [(&str, [Row; 5]); 2] = [
    (
        "2026-07-01",
        [
            ("category_a", 252_600, Some(842_000), Some(140_100)),
            ("category_i", 167_400, Some(558_000), Some(93_000)),
            ("category_u", 80_100, Some(267_000), Some(44_400)),
            ("category_e", 57_600, None, Some(44_400)),
            ("category_o", 35_400, None, Some(24_600)),
        ],
    ),
    (
        "2026-08-01",
        [
            ("category_a", 270_300, Some(901_000), Some(140_100)),
            ("category_i", 179_100, Some(597_000), Some(93_000)),
            ("category_u", 85_800, Some(286_000), Some(44_400)),
            ("category_e", 61_500, None, Some(44_400)),
            ("category_o", 36_900, None, Some(24_600)),
        ],
    ),
];
/// A row from 70 to 74, with the outpatient cap of a person.
type Capped = (Row, Option<i64>);
const OVER_70: [(&str, [Capped; 6]); 2] = [
    (
        "2026-07-01",
        [
            (("active_3", 252_600, Some(842_000), Some(140_100)), None),
            (("active_2", 167_400, Some(558_000), Some(93_000)), None),
            (("active_1", 80_100, Some(267_000), Some(44_400)), None),
            (("general", 57_600, None, Some(44_400)), Some(18_000)),
            (("low_income_2", 24_600, None, None), Some(8_000)),
            (("low_income_1", 15_000, None, None), Some(8_000)),
        ],
    ),
    (
        "2026-08-01",
        [
            (("active_3", 270_300, Some(901_000), Some(140_100)), None),
            (("active_2", 179_100, Some(597_000), Some(93_000)), None),
            (("active_1", 85_800, Some(286_000), Some(44_400)), None),
            (("general", 61_500, None, Some(44_400)), Some(22_000)),
            (("low_income_2", 25_700, None, Some(24_600)), Some(11_000)),
            (("low_income_1", 15_700, None, None), Some(8_000)),
        ],
    ),
];

/// What one claim of a cost and an own payment comes to: benefit, and the limits by step.
fn answered(on: &str, born: &str, categories: &Value, months: i64, claim: &Value) -> (i64, Vec<(i64, i64)>) {
    let months: Vec<Value> = (1..=months).map(|month| json!({ "on": format!("2026-{month:02}-01") })).collect();
    let member = json!({ "birth": born, "medical_claims": [claim] });
    let case = json!({ "on": on, "members": [member], "categories": categories, "high_cost_months": months });
    let case = case_file::read(&case).unwrap().case;
    let decided =
        decide::<HighCost>(&case, &CONFIRMED.on::<HighCost>(case.on).unwrap()).unwrap_or_else(|(refusal, _)| panic!("{refusal:?}"));
    let table = |name: &str| &decided.results.iter().find(|(table, _)| *table == name).unwrap().1;
    let limits = table("limits");
    let (steps, yen) = (limits.integers("step").unwrap(), limits.integers("limit_yen").unwrap());
    (table("benefit").integers("benefit_yen").unwrap()[0], steps.iter().copied().zip(yen.iter().copied()).collect())
}

fn stay(cost: i64, own: i64) -> Value {
    json!({ "number": 1, "setting": "inpatient", "institution": 101, "cost_yen": cost, "own_yen": own })
}

/// 1% of what is beyond the floor, from 50 sen on upwards.
fn expected(row: Row, cost: i64) -> i64 {
    row.1 + row.2.map_or(0, |floor| ((cost - floor).max(0) + 50) / 100)
}

#[test]
fn every_row_gives_its_limit_at_each_boundary_and_one_yen_beside_it() {
    let mut tried = 0;
    let mut hold = |on: &str, born: &str, categories: Value, row: Row, step: i64| {
        let floor = row.2.unwrap_or(1_000_000);
        for cost in [floor - 1, floor, floor + 1, floor + 49, floor + 50, floor + 149, floor + 150] {
            let own = cost * 3 / 10;
            let limit = expected(row, cost);
            let (benefit, limits) = answered(on, born, &categories, 0, &stay(cost, own));
            assert_eq!(limits, [(step, limit)], "{on} {row:?} cost {cost}");
            assert_eq!(benefit, (own - limit).max(0), "{on} {row:?} cost {cost}");
            tried += 1;
        }
        // Payments by one yen on both sides of the limit.
        let cost = 1_500_000;
        let limit = expected(row, cost);
        for (own, due) in [(limit - 1, 0), (limit, 0), (limit + 1, 1)] {
            assert_eq!(answered(on, born, &categories, 0, &stay(cost, own)).0, due, "{on} {row:?} paid {own}");
        }
        // Two months before are not enough, three are.
        let fourth = row.3.unwrap_or(limit);
        assert_eq!(answered(on, born, &categories, 2, &stay(cost, 450_000)).1, [(step, limit)], "{on} {row:?}");
        assert_eq!(answered(on, born, &categories, 3, &stay(cost, 450_000)).1, [(step, fourth)], "{on} {row:?}");
    };
    for (on, rows) in UNDER_70 {
        for row in rows {
            hold(on, "1980-05-05", json!({ "under_70": row.0 }), row, 3);
        }
    }
    for (on, rows) in OVER_70 {
        for (row, _) in rows {
            hold(on, "1954-05-05", json!({ "over_70": row.0 }), row, 2);
        }
    }
    assert_eq!(tried, 22 * 7);
}

#[test]
fn every_outpatient_cap_gives_way_one_yen_above_it() {
    for (on, rows) in OVER_70 {
        for (row, cap) in rows {
            let categories = json!({ "over_70": row.0 });
            let care = |own: i64| json!({ "number": 1, "institution": 101, "cost_yen": 120_000, "own_yen": own });
            match cap {
                Some(cap) => {
                    for (own, due) in [(cap - 1, 0), (cap, 0), (cap + 1, 1)] {
                        let (benefit, limits) = answered(on, "1954-05-05", &categories, 3, &care(own));
                        assert_eq!((benefit, limits[0]), (due, (0, cap)), "{on} {row:?} paid {own}");
                    }
                }
                None => assert!(answered(on, "1954-05-05", &categories, 0, &care(30_000)).1.iter().all(|(step, _)| *step != 0)),
            }
        }
    }
}

#[test]
fn whoever_turns_75_has_half_of_every_amount() {
    for (on, rows) in OVER_70 {
        // On the 20th of the month.
        let born = format!("1951-{}-20", &on[5..7]);
        for (row, cap) in rows {
            let categories = json!({ "over_70": row.0 });
            let half = (row.0, row.1 / 2, row.2.map(|floor| floor / 2), row.3.map(|yen| yen / 2));
            let cost = 900_000;
            assert_eq!(answered(on, &born, &categories, 0, &stay(cost, 200_000)).1[0], (1, expected(half, cost)), "{on} {row:?}");
            let fourth = half.3.unwrap_or(half.1);
            assert_eq!(answered(on, &born, &categories, 3, &stay(cost, 200_000)).1[0], (1, fourth), "{on} {row:?}");
            if let Some(cap) = cap {
                let care = json!({ "number": 1, "institution": 101, "cost_yen": 120_000, "own_yen": 30_000 });
                assert_eq!(answered(on, &born, &categories, 0, &care).1[0], (0, cap / 2), "{on} {row:?}");
            }
        }
    }
}

/// The rules that all published rows obey; the data of both files, not what the check makes of it.
#[test]
fn every_row_of_every_file_obeys_the_rules_of_both_tables() {
    let mut rows = 0;
    for file in ordinances(Path::new(FOLDER)) {
        let text = document(&file);
        for section in ["under_70", "over_70"] {
            for values in text[section].as_array().unwrap().iter().filter_map(|block| block["values"].as_object()) {
                for (key, base) in values.iter().filter(|(key, _)| key.ends_with("_base_yen")) {
                    let name = key.strip_suffix("base_yen").unwrap();
                    let (base, of) = (base.as_i64().unwrap(), |key: &str| values.get(&format!("{name}{key}")).and_then(Value::as_i64));
                    if let Some(floor) = of("floor_yen") {
                        // Within half a yen of base / 0.3.
                        assert!((3 * floor - 10 * base).abs() <= 1, "{}: {key}", file.display());
                    }
                    assert!(of("multiple_yen").is_none_or(|multiple| multiple < base), "{}: {key}", file.display());
                    assert!(of("outpatient_yen").is_none_or(|cap| cap <= base), "{}: {key}", file.display());
                    for yen in [Some(base), of("floor_yen"), of("multiple_yen"), of("outpatient_yen")].into_iter().flatten() {
                        assert_eq!(yen % 2, 0, "{}: {key}", file.display());
                    }
                    rows += 1;
                }
            }
        }
    }
    assert_eq!(rows, 2 * 2 * 11);
}

#[test]
fn each_problem_is_named_with_its_place() {
    let tried = [
        (
            ("category_u_floor_yen = 267_000", "category_u_floor_yen = 266_000"),
            "under_70[0].values.category_u_floor_yen",
            "divided by 0.3 is 267,000",
        ),
        (
            ("category_e_base_yen = 57_600", "category_e_base_yen = 80_100"),
            "under_70[0].values.category_e_base_yen",
            "not below 80,100 of the category before it",
        ),
        (
            ("category_o_multiple_yen = 24_600", "category_o_multiple_yen = 35_400"),
            "under_70[0].values.category_o_multiple_yen",
            "not below the base of 35,400",
        ),
        (
            ("category_i_multiple_yen = 93_000", "category_i_multiple_yen = 140_102"),
            "under_70[0].values.category_i_multiple_yen",
            "above 140,100 of the category before it",
        ),
        (
            ("category_o_base_yen = 35_400", "category_o_base_yen = 35_401"),
            "under_70[0].values.category_o_base_yen",
            "not an even number of yen",
        ),
        (
            ("general_outpatient_yen = 18_000", "general_outpatient_yen = 58_000"),
            "over_70[0].values.general_outpatient_yen",
            "above the household's limit of 57,600",
        ),
        (
            ("low_income_2_outpatient_yen = 8_000", "low_income_2_outpatient_yen = 18_002"),
            "over_70[0].values.low_income_2_outpatient_yen",
            "above 18,000 of the category before it",
        ),
        (
            ("low_income_1_outpatient_yen = 8_000", "low_income_1_outpatient_yen = 7_999"),
            "over_70[0].values.low_income_1_outpatient_yen",
            "not an even number of yen",
        ),
        (("threshold_yen = 21_000", "threshold_yen = 0"), "counting[0].values.threshold_yen", "not above 0"),
        (("multiple_after = 3", "multiple_after = 12"), "counting[0].values.multiple_after", "not a number of months from 1 to 11"),
        (("window_months = 12", "window_months = 1"), "counting[0].values.window_months", "not a number of months from 2 to 24"),
        (("excess_rate = \"1%\"", "excess_rate = \"101%\""), "counting[0].values.excess_rate", "above the whole"),
        (("unit_yen = 1,", "unit_yen = 10,"), "counting[0].values.rounding", "not a rounding to 1 yen"),
        (("share = \"1/2\"", "share = \"1/3\""), "turning_75[0].values.share", "not 1/2"),
        (("limit_yen = 10_000", "limit_yen = 30_000"), "specified_disease[0].values.high_income_dialysis_yen", "the ordinary limit 30,000"),
    ];
    for (change, path, message) in tried {
        let found = problems::<HighCost>(FOLDER, "examples/confirmed.toml", change);
        assert!(found.iter().any(|(at, why)| at == path && why.contains(message)), "{change:?}: {found:#?}");
    }
}
