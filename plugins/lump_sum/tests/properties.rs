//! What must hold whatever a birth costs: institution and head together get the amount, and never more.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use jorei_domain::benefit::Payee;
use jorei_lump_sum::LumpSum;
use jorei_sdk::native::{Settings, decide};
use jorei_service::case_file;
use proptest::prelude::*;
use serde_json::json;
use std::sync::LazyLock;

static CONFIRMED: LazyLock<Settings> =
    LazyLock::new(|| jorei_trial::settings::<LumpSum>(env!("CARGO_MANIFEST_DIR"), "examples/confirmed.toml"));

/// What each payee gets, by the codes of [`Payee::ALL`].
fn decided(children: i64, days: i64, compensated: bool, other: bool, direct: Option<i64>, after_april: bool) -> [i64; 4] {
    let birth = json!({ "number": 3, "children": children, "gestation_days": days, "compensated": compensated, "other_insurer": other, "direct_yen": direct });
    let on = if after_april { "2023-04-01" } else { "2023-03-31" };
    let case = case_file::read(&json!({ "on": on, "members": [{ "birth": "1994-09-12", "childbirths": birth }] })).unwrap().case;
    let decided = decide::<LumpSum>(&case, &CONFIRMED.on::<LumpSum>(case.on).unwrap()).unwrap_or_else(|(r, _)| panic!("{r:?}"));
    let (_, table) = decided.results.iter().find(|(table, _)| *table == "benefits").unwrap();
    let mut got = [0; 4];
    for row in 0..table.rows() {
        got[usize::try_from(table.integers("payee").unwrap()[row]).unwrap()] += table.integers("yen").unwrap()[row];
    }
    got
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(800))]

    #[test]
    fn institution_and_head_together_get_the_amount(
        children in 1_i64..=4, days in prop_oneof![80_i64..=90, 0_i64..=315], compensated: bool, other in proptest::bool::weighted(0.2),
        direct in proptest::option::of(prop_oneof![0_i64..2_500_000, 499_998_i64..=500_002]), after_april: bool,
    ) {
        let got = decided(children, days, compensated, other, direct, after_april);
        let due = match (days >= 85 && !other, after_april, compensated) {
            (false, _, _) => 0,
            (true, true, true) => 500_000,
            (true, true, false) => 488_000,
            (true, false, true) => 420_000,
            (true, false, false) => 408_000,
        } * children;
        let institution = direct.map_or(0, |direct| if direct < due { direct } else { due });
        prop_assert_eq!(got[Payee::Institution as usize], institution);
        prop_assert_eq!(got[Payee::Head as usize], due - institution);
        prop_assert_eq!(got[Payee::Organiser as usize] + got[Payee::Nobody as usize], 0);
    }
}
