//! What the yearly caps say must hold together, and what cannot be is told with its place.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use jorei_high_cost_year::HighCostYear;
use jorei_trial::{document, ordinances, problems};
use std::path::Path;

const FOLDER: &str = env!("CARGO_MANIFEST_DIR");

/// Twelve monthly caps are no less than the yearly one, or it would never be reached; the monthly ones as published.
#[test]
fn no_yearly_outpatient_cap_exceeds_twelve_monthly_ones_of_general_income() {
    for file in ordinances(Path::new(FOLDER)) {
        let text = document(&file);
        let blocks: Vec<_> = text["outpatient_year"].as_array().unwrap().iter().filter(|block| block["values"].is_object()).collect();
        assert_eq!(blocks.len(), 2);
        for (block, monthly) in blocks.into_iter().zip([18_000, 22_000]) {
            assert!(block["values"]["general_yen"].as_i64().unwrap() <= 12 * monthly, "{}", file.display());
        }
    }
}

#[test]
fn each_problem_is_named_with_its_place() {
    let tried = [
        (
            ("general_yen = 144_000", "general_yen = 143_999"),
            "outpatient_year[0].values.low_income_2_yen",
            "above 143,999 of the category before it",
        ),
        (("low_income_2_yen = 96_000", "low_income_2_yen = 0"), "outpatient_year[1].values.low_income_2_yen", "not above 0"),
        (("unit_yen = 1,", "unit_yen = 10,"), "outpatient_year[0].values.share_rounding", "not a rounding to 1 yen"),
        (("exists = false", "exists = true"), "annual_cap[0].values.exists", "give every cap where there is a yearly cap"),
        (("exists = true", "exists = false"), "annual_cap[1].values.exists", "none where there is not"),
        (
            ("category_i_yen = 1_110_000", "category_i_yen = 1_680_001"),
            "annual_cap[1].values.category_i_yen",
            "above 1,680,000 of the category before it",
        ),
        (
            ("low_income_1_yen = 180_000", "low_income_1_yen = 290_001"),
            "annual_cap[1].values.low_income_1_yen",
            "above 290,000 of the category before it",
        ),
        (("reduced_yen = 410_000", "reduced_yen = 530_000"), "annual_cap[1].values.reduced_yen", "not between 290,000 and 530,000"),
    ];
    for (change, path, message) in tried {
        let found = problems::<HighCostYear>(FOLDER, "examples/confirmed.toml", change);
        assert!(found.iter().any(|(at, why)| at == path && why.contains(message)), "{change:?}: {found:#?}");
    }
}
