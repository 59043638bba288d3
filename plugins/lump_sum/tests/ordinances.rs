//! What the ordinances of lump sums must hold together: the published sums are there, and what cannot be is told with its place.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use jorei_lump_sum::LumpSum;
use jorei_trial::{document, ordinances, problems};
use std::path::Path;

/// http://www.city.asahikawa.hokkaido.jp/kurashi/135/171/173/p004508.html
#[test]
fn a_birth_since_april_2023_comes_to_500000() {
    let files = ordinances(Path::new(env!("CARGO_MANIFEST_DIR")));
    assert!(files.len() >= 2, "{files:?}");
    for file in files {
        let document = document(&file);
        let block = document["childbirth"].as_array().unwrap().iter().find(|block| block["from"] == "2023-04-01").unwrap();
        let sum = block["values"]["amount_yen"].as_i64().unwrap() + block["values"]["compensated_yen"].as_i64().unwrap();
        assert_eq!(sum, 500_000, "{}", file.display());
    }
}

#[test]
fn each_problem_is_named_with_its_place() {
    let tried = [
        (("amount_yen = 408_000", "amount_yen = 0"), "childbirth[0].values.amount_yen", "below 1"),
        (("compensated_yen = 12_000", "compensated_yen = -1"), "childbirth[0].values.compensated_yen", "below 0"),
        (("from_days = 85", "from_days = 0"), "childbirth[0].values.from_days", "not days of a pregnancy"),
        (("amount_yen = 30_000", "amount_yen = -30_000"), "funeral[0].values.amount_yen", "below 1"),
        (("from = \"2023-04-01\"", "from = \"2023-05-01\""), "childbirth[1]", "no block for 2023-04-01 to 2023-05-01"),
    ];
    for (change, path, message) in tried {
        let found = problems::<LumpSum>(env!("CARGO_MANIFEST_DIR"), "examples/confirmed.toml", change);
        assert!(found.iter().any(|(at, why)| at == path && why.contains(message)), "{change:?}: {found:#?}");
    }
}
