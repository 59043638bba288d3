//! What the settings of classification must hold together, and that what cannot be is told with its place.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use jorei_classification::Classification;
use jorei_trial::{document, ordinances, problems};
use std::path::Path;

#[test]
fn no_block_goes_on_beyond_july_2027_with_values() {
    let files = ordinances(Path::new(env!("CARGO_MANIFEST_DIR")));
    assert!(files.len() >= 3, "{files:?}");
    for file in files {
        for (section, blocks) in document(&file).as_object().unwrap().iter().filter(|(name, _)| *name != "ordinance") {
            for block in blocks.as_array().unwrap() {
                let known_until = block["until"].as_str().filter(|_| block.get("values").is_some()).unwrap_or_default();
                assert!(known_until <= "2027-08-01", "{}: {section} {block}", file.display());
            }
        }
    }
}

#[test]
fn each_problem_is_named_with_its_place() {
    let tried = [
        (("above_for_i_yen = 6_000_000", "above_for_i_yen = 9_010_000"), "limits[0].values", "thresholds fall"),
        (("reduced_cap_up_to_yen = 860_000", "reduced_cap_up_to_yen = 2_100_001"), "limits[1].values.reduced_cap_up_to_yen", "outside エ"),
        (("preschool_percent = 20", "preschool_percent = 25"), "share[0].values.preschool_percent", "none of the shares 10, 20, 30"),
        (("from_70_percent = 20", "from_70_percent = 30"), "share[0].values.from_70_percent", "not below active_percent"),
        (
            ("receipts_alone_below_yen = 3_830_000", "receipts_alone_below_yen = 5_200_000"),
            "share[0].values.receipts_alone_below_yen",
            "not below receipts_together_below_yen",
        ),
        (("adjustment_middle_age = 16", "adjustment_middle_age = 19"), "share[0].values.adjustment_middle_age", "not between 0"),
        (("active_2_from_yen = 3_800_000", "active_2_from_yen = 6_900_000"), "elderly_limits[0].values", "not above active_2_from_yen"),
        (
            ("active_2_from_yen = 3_800_000", "active_2_from_yen = 1_450_000"),
            "elderly_limits[0].values",
            "not above share.taxable_from_yen",
        ),
        (("pension_deduction_yen = 800_000", "pension_deduction_yen = -1"), "low_income[0].values.pension_deduction_yen", "below 0"),
        (("second_yen = 290_000", "second_yen = 430_000"), "deduction[1].values", "all three deductions falling"),
        (("third_up_to_yen = 25_000_000\n", ""), "deduction[1].values", "all three deductions falling"),
        (("last_month = 7", "last_month = 13"), "certificate[0].values.last_month", "not a month"),
        (("spared_until_age = 18", "spared_until_age = 75"), "restriction[0].values.spared_until_age", "not an age"),
        (
            (
                "until = \"2026-08-01\"\narticle = \"国民健康保険法施行令第29条の3第1項\"",
                "until = \"2026-08-02\"\narticle = \"国民健康保険法施行令第29条の3第1項\"",
            ),
            "limits[1]",
            "but the block before it holds until",
        ),
    ];
    for (change, path, message) in tried {
        let found = problems::<Classification>(env!("CARGO_MANIFEST_DIR"), "examples/confirmed.toml", change);
        assert!(found.iter().any(|(at, why)| at == path && why.contains(message)), "{change:?}: {found:#?}");
    }
}
