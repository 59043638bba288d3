//! What the ordinances of charges say must hold together: each rate follows from the average lending rate of its year as the law
//! has it, the published ones are there, and what cannot be is told with its place.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use jorei_delinquency::Delinquency;
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

/// The low rate is the average and 2.0, the high one the average and 8.3, that of a grace the average and 0.5 (Local Tax Act
/// suppl. art. 3-2; https://www.city.fukuroi.shizuoka.jp/soshiki/nouzei/3/nozei/9403.html).
#[test]
fn each_rate_follows_from_the_average_of_its_year() {
    let mut blocks = 0;
    for file in files() {
        for block in document(&file)["rates"].as_array().unwrap() {
            let Some(average) = thousandths(block, "average_rate") else { continue };
            assert_eq!(thousandths(block, "low_rate"), Some(average + 20), "{}: {}", file.display(), block["from"]);
            assert_eq!(thousandths(block, "high_rate"), Some(average + 83), "{}: {}", file.display(), block["from"]);
            assert!(thousandths(block, "grace_rate").is_none_or(|grace| grace == average + 5), "{}: {}", file.display(), block["from"]);
            blocks += 1;
        }
    }
    assert!(blocks >= 7 * 5, "{blocks}");
}

/// https://www.city.fukuroi.shizuoka.jp/soshiki/nouzei/3/nozei/9403.html
#[test]
fn the_published_rates_of_three_years_are_there() {
    for file in files() {
        let rates = document(&file)["rates"].clone();
        let of = |year: i32, key: &str| {
            let day = format!("{year}-01-01");
            let holds = |block: &&Value| block["from"].as_str().unwrap() <= day.as_str() && day.as_str() < block["until"].as_str().unwrap();
            thousandths(rates.as_array().unwrap().iter().find(holds).unwrap(), key)
        };
        for (year, low, high, average) in [(2021, 25, 88, 5), (2025, 24, 87, 4), (2026, 28, 91, 8)] {
            let found = [of(year, "low_rate"), of(year, "high_rate"), of(year, "average_rate")];
            assert_eq!(found, [Some(low), Some(high), Some(average)], "{} in {year}", file.display());
        }
    }
}

#[test]
fn each_problem_is_named_with_its_place() {
    let tried = [
        (("from = \"2014-01-01\"", "from = \"2014-02-01\""), "rates[0]", "begins and ends on 1 January"),
        (("low_rate = \"2.9%\"", "low_rate = \"9.9%\""), "rates[0].values.low_rate", "is 9.9% in the block from 2014-01-01, above"),
        (("months = 1", "months = 0"), "first_period[0].values.months", "not a number of months from 1 to 12"),
        (("within_days = 20", "within_days = 0"), "demand[0].values.within_days", "not a number of days from 1 to 120"),
        (("fee_yen = 100", "fee_yen = -1"), "demand[0].values.fee_yen", "below nil"),
        (("smallest_base_yen = 2_000", "smallest_base_yen = -1"), "units[0].values.smallest_base_yen", "below nil"),
        (("second = \"delinquency_charge\"", "second = \"principal\""), "appropriation_order[0].values", "name each part once"),
    ];
    for (change, path, message) in tried {
        let found = problems::<Delinquency>(env!("CARGO_MANIFEST_DIR"), "examples/one-month.toml", change);
        assert!(found.iter().any(|(at, why)| at == path && why.contains(message)), "{change:?}: {found:#?}");
    }
}
