//! What must hold for the whole premium: a higher income never lowers it, and a year cut by a change that
//! changes no amount is the year, in either model. Properties over random households: `tests/suite/properties.rs`.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use jorei_domain::calendar::Date;
use jorei_domain::record::Case;
use jorei_domain::table::Table;
use jorei_premium::Premium;
use jorei_sdk::native::{Settings, decide_many};
use jorei_service::case_file;
use serde_json::{Value, json};
use std::path::Path;

const ORDINANCES: [&str; 5] = [
    "012041.toml",
    "examples/adachi-2026.toml",
    "examples/higashimurayama-2026.toml",
    "examples/izumisano-2026.toml",
    "examples/other-conventions-2026.toml",
];

fn ordinance(file: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("ordinances").join(file);
    toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn year(file: &str) -> i32 {
    if file == "012041.toml" { 2025 } else { 2026 }
}

/// Answers members given as JSON, all under one ordinance.
fn answers(file: &str, ordinance: &Value, households: &[Value]) -> Vec<(&'static str, Table)> {
    let case = |members: &Value| case_file::read(&json!({ "fiscal_year": year(file), "members": members })).unwrap().case;
    let cases: Vec<Case> = households.iter().map(case).collect();
    let on = Date::new(year(file), 4, 1);
    let values = Settings::check::<Premium>(&ordinance.to_string()).unwrap().on::<Premium>(on).unwrap();
    let answers = decide_many::<Premium>(&cases, on, &values);
    assert!(answers.statuses.iter().all(|status| *status != jorei_sdk::rule::Status::Refused), "{file}");
    answers.results
}

fn column(results: &[(&'static str, Table)], table: &str, column: &str) -> Vec<i64> {
    let (_, table) = results.iter().find(|(name, _)| *name == table).unwrap();
    table.integers(column).unwrap().to_vec()
}

/// Households whose one income rises: a couple with a preschool child and a birth within the year.
fn rising() -> Vec<Value> {
    (0..600)
        .map(|step| {
            json!([
                { "birth": "1980-06-15", "income": { "other_yen": step * 50_021 } },
                { "birth": "1992-06-15", "income": "nil", "maternity": { "on": "2026-08-10" } },
                { "birth": "2023-06-15" }
            ])
        })
        .collect()
}

#[test]
fn a_higher_income_never_lowers_the_premium() {
    for file in ORDINANCES {
        let results = answers(file, &ordinance(file), &rising());
        let totals = column(&results, "premium", "total_yen");
        assert!(totals.windows(2).all(|pair| pair[0] <= pair[1]), "{file}");
    }
}

#[test]
fn a_birth_makes_no_amount_negative() {
    for file in ORDINANCES {
        let results = answers(file, &ordinance(file), &rising());
        for name in ["maternity_yen", "calculated_yen", "over_cap_yen", "premium_yen"] {
            assert!(column(&results, "parts", name).iter().all(|yen| *yen >= 0), "{file}: {name}");
        }
    }
}

/// A change that changes no amount cuts the year in two; the sum of both must be the year. Leaving work
/// in August begins a relief on a salary that is nil.
#[test]
fn twelve_months_of_one_composition_are_the_year() {
    let whole = json!([
        { "birth": "1980-06-15", "income": { "other_yen": 3_333_333 } },
        { "birth": "1996-06-15", "income": { "other_yen": 777_777 } }
    ]);
    let cut = json!([
        { "birth": "1980-06-15", "income": { "other_yen": 3_333_333 } },
        { "birth": "1996-06-15", "income": { "other_yen": 777_777 }, "unemployment": { "on": "2025-08-31", "reason_code": 11 } }
    ]);
    let file = "012041.toml";
    for model in ["composition-periods", "person-months"] {
        let mut ordinance = ordinance(file);
        ordinance["proration"][0]["values"]["model"] = model.into();
        let results = answers(file, &ordinance, &[whole.clone(), cut.clone()]);
        let totals = column(&results, "premium", "total_yen");
        assert_eq!(totals[0], totals[1], "{model}");
    }
}

/// Both models charge whoever is alone half of the year for half of the year.
#[test]
fn half_a_year_is_half_a_premium_in_either_model() {
    let household =
        |from: &str| json!([{ "birth": "1996-06-15", "qualification": { "from": from }, "income": { "other_yen": 2_430_000 } }]);
    let file = "012041.toml";
    for model in ["composition-periods", "person-months"] {
        let mut ordinance = ordinance(file);
        ordinance["proration"][0]["values"]["model"] = model.into();
        let unit = json!({ "unit_yen": 1, "direction": "down" });
        ordinance["rounding"][0]["values"]["part_rounding"] = unit;
        let results = answers(file, &ordinance, &[household("2000-04-01"), household("2025-10-31")]);
        let parts = column(&results, "premium", "medical_yen");
        // 2,000,000 x 8.47% + 28,700 + 28,340 = 226,440.
        assert_eq!(parts, [226_440, 113_220], "{model}");
    }
}
