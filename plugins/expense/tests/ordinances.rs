//! What the settings of expenses must hold together, and that what cannot be is told with its place.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use jorei_expense::Expense;
use jorei_trial::problems;

#[test]
fn each_problem_is_named_with_its_place() {
    let tried = [
        (("unit_yen = 1,", "unit_yen = 100,"), "insurer_part[0].values.rounding", "rounds to 100 yen"),
        (("until = \"2027-08-01\"", "until = \"2027-08-02\""), "insurer_part[0]", "not from the first of a month"),
        (("until = \"2027-08-01\"", "until = \"2020-08-01\""), "insurer_part[0]", "before it begins"),
        (("direction = \"down\"", "direction = \"away\""), "insurer_part[0].values.rounding", ""),
    ];
    for (change, path, message) in tried {
        let found = problems::<Expense>(env!("CARGO_MANIFEST_DIR"), "examples/confirmed.toml", change);
        assert!(found.iter().any(|(at, why)| at.starts_with(path) && why.contains(message)), "{change:?}: {found:#?}");
    }
}
