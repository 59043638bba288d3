//! What the settings of meals must hold together: what is published is there, whoever has less owes no more, and what cannot be
//! is told with its place.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use jorei_hospital::Hospital;
use jorei_trial::{document, ordinances, problems};
use std::path::Path;

/// https://phio.panasonic.co.jp/news/2024/03_hokai.html ; https://www.town.kasamatsu.gifu.jp/docs/2012122100085
#[test]
fn the_published_amounts_until_may_2026_are_there() {
    let published = [
        ("general_meal", [460, 490, 510]),
        ("intractable_meal", [260, 280, 300]),
        ("low_income_meal", [210, 230, 240]),
        ("long_stay_meal", [160, 180, 190]),
        ("lowest_meal", [100, 110, 110]),
        ("low_income_living", [210, 230, 240]),
        ("lowest_living", [130, 140, 140]),
    ];
    let files = ordinances(Path::new(env!("CARGO_MANIFEST_DIR")));
    assert!(files.len() >= 2, "{files:?}");
    for file in files {
        let document = document(&file);
        for (section, amounts) in published {
            let blocks = document[section].as_array().unwrap();
            for (block, (until, yen)) in blocks.iter().zip(["2024-06-01", "2025-04-01", "2026-06-01"].into_iter().zip(amounts)) {
                assert_eq!((block["until"].as_str(), block["values"]["meal_yen"].as_i64()), (Some(until), Some(yen)), "{section}");
            }
        }
    }
}

#[test]
fn no_section_goes_on_beyond_july_2027() {
    for file in ordinances(Path::new(env!("CARGO_MANIFEST_DIR"))) {
        for (section, blocks) in document(&file).as_object().unwrap().iter().filter(|(name, _)| *name != "ordinance") {
            let last = blocks.as_array().unwrap().last().unwrap();
            assert_eq!(last["until"], "2027-08-01", "{}: {section}", file.display());
        }
    }
}

#[test]
fn each_problem_is_named_with_its_place() {
    let tried = [
        (("meal_yen = 260", "meal_yen = 461"), "intractable_meal[0].values", "461 is more than 460"),
        (("meal_yen = 160", "meal_yen = 211"), "long_stay_meal[0].values", "211 is more than 210"),
        (("meal_yen = 100", "meal_yen = -1"), "lowest_meal[0].values", "below 0"),
        (("type_2_meal_yen = 420", "type_2_meal_yen = 461"), "general_living[0].values", "461 is more than 460"),
        (("above_days = 90", "above_days = 0"), "long_stay[0].values.above_days", "not days of a year"),
        (("until = \"2024-06-01\"", "until = \"2024-06-02\""), "general_meal[1]", "the block before it holds until"),
        (("meal_yen = 460", "meal_yen = 460.5"), "general_meal[0].values.meal_yen", ""),
    ];
    for (change, path, message) in tried {
        let found = problems::<Hospital>(env!("CARGO_MANIFEST_DIR"), "examples/confirmed.toml", change);
        assert!(found.iter().any(|(at, why)| at == path && why.contains(message)), "{change:?}: {found:#?}");
    }
}
