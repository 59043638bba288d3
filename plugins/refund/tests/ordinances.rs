//! What the ordinances of refunds say must hold together: each rate follows from the average lending rate of its year as the law
//! has it, the published ones are there, and what cannot be is told with its place.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use jorei_refund::Refund;
use jorei_sdk::Rate;
use jorei_trial::{document, ordinances, problems};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Every ordinance of the crate.
fn files() -> Vec<PathBuf> {
    ordinances(Path::new(env!("CARGO_MANIFEST_DIR")))
}

/// A rate of a block in thousandths, if the block has it.
fn thousandths(block: &Value, key: &str) -> Option<i64> {
    let value = &block["values"][key];
    let rate = Rate::parse(value["value"].as_str().or(value.as_str())?).unwrap();
    assert_eq!(rate.den(), 1_000, "{key} of {}", block["from"]);
    Some(rate.num())
}

/// Until 2020 the average and 1.0, from 2021 the average and 0.5 (Local Tax Act suppl. art. 3-2;
/// https://www.city.fukuroi.shizuoka.jp/soshiki/nouzei/3/nozei/9403.html).
#[test]
fn each_rate_follows_from_the_average_of_its_year() {
    let mut blocks = 0;
    for file in files() {
        for block in document(&file)["rates"].as_array().unwrap() {
            let Some(average) = thousandths(block, "average_rate") else { continue };
            let added = if block["from"].as_str().unwrap() < "2021" { 10 } else { 5 };
            assert_eq!(thousandths(block, "refund_rate"), Some(average + added), "{}: {}", file.display(), block["from"]);
            blocks += 1;
        }
    }
    assert!(blocks >= 7 * 4, "{blocks}");
}

/// https://www.city.fukuroi.shizuoka.jp/soshiki/nouzei/3/nozei/9403.html
#[test]
fn the_published_rates_of_three_years_are_there() {
    for file in files() {
        let rates = document(&file)["rates"].clone();
        for (year, refund) in [(2021, 10), (2025, 9), (2026, 13)] {
            let day = format!("{year}-01-01");
            let holds = |block: &&Value| block["from"].as_str().unwrap() <= day.as_str() && day.as_str() < block["until"].as_str().unwrap();
            let block = rates.as_array().unwrap().iter().find(holds).unwrap();
            assert_eq!(thousandths(block, "refund_rate"), Some(refund), "{} in {year}", file.display());
        }
    }
}

#[test]
fn each_problem_is_named_with_its_place() {
    let tried = [
        (
            ("until = \"2028-01-01\"\narticle = \"地方税法附則第3条の2\"", "until = \"2027-12-31\"\narticle = \"地方税法附則第3条の2\""),
            "rates[7]",
            "begins and ends on 1 January",
        ),
        (("days = 30", "days = -1"), "excluded_days[0].values.days", "not a number of days from 0 to 365"),
        (("principal_years = 2", "principal_years = 0"), "time_bar[0].values.principal_years", "not a number of years from 1 to 20"),
        (("interest_years = 5", "interest_years = 50"), "time_bar[0].values.interest_years", "not a number of years from 1 to 20"),
        (("warning_months = 6", "warning_months = 25"), "time_bar[0].values.warning_months", "not a number of months from 0 to 24"),
        (("third = \"demand_fee\"", "third = \"principal\""), "appropriation_order[0].values", "name each part once"),
        (("kind = \"premium\"", "kind = \"fee\""), "regime[0].values.kind", "unknown variant `fee`, expected `premium` or `tax`"),
    ];
    for (change, path, message) in tried {
        let found = problems::<Refund>(env!("CARGO_MANIFEST_DIR"), "examples/premium.toml", change);
        assert!(found.iter().any(|(at, why)| at == path && why.contains(message)), "{change:?}: {found:#?}");
    }
}
