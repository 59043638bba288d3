//! What must hold whatever was charged: what goes back is what a table lookup written here gives, never more than was charged, and
//! a charge of a yen more never means less.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use jorei_hospital::Hospital;
use jorei_sdk::native::{Settings, decide};
use jorei_service::case_file;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;

static CONFIRMED: LazyLock<Settings> =
    LazyLock::new(|| jorei_trial::settings::<Hospital>(env!("CARGO_MANIFEST_DIR"), "examples/confirmed.toml"));

/// A month of each column of the published table, with what is owed there: general, disease, exempt, long stay, low income I; of
/// living costs the first type, the second, exempt, low income I.
const COLUMNS: [(&str, [i64; 5], [i64; 4]); 3] = [
    ("2024-05-01", [460, 260, 210, 160, 100], [460, 420, 210, 130]),
    ("2024-06-01", [490, 280, 230, 180, 110], [490, 450, 230, 140]),
    ("2025-12-01", [510, 300, 240, 190, 110], [510, 470, 240, 140]),
];

#[derive(Clone, Debug)]
struct Stay {
    column: usize,
    /// 0 general, 1 exempt, 2 low income I.
    class: usize,
    long_term: bool,
    intractable: bool,
    high_need: bool,
    type_2: bool,
    days: i64,
    meals: i64,
    charged: i64,
    residence: i64,
}

fn stay() -> impl Strategy<Value = Stay> {
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (0_usize..3, 0_usize..3, flags, 1_i64..=30, 0_i64..=90, 0_i64..800, 0_i64..600).prop_map(
        |(column, class, (long_term, intractable, high_need, type_2), days, meals, charged, residence)| Stay {
            column,
            class,
            long_term,
            intractable,
            high_need,
            type_2,
            days,
            meals: meals.min(3 * days),
            charged,
            residence: if long_term { residence } else { 0 },
        },
    )
}

impl Stay {
    fn case(&self) -> Value {
        let over_70 = ["general", "low_income_2", "low_income_1"][self.class];
        let bed = if self.long_term { "long_term_care_bed" } else { "general_bed" };
        json!({ "on": COLUMNS[self.column].0,
                "categories": [{ "under_70": if self.class == 0 { "category_e" } else { "category_o" }, "over_70": over_70 }],
                "members": [{ "birth": "1953-01-20", "hospital_stays": [{
                    "number": 7, "bed": bed, "days": self.days, "meals": self.meals, "charged_meal_yen": self.charged,
                    "charged_residence_yen": self.residence, "type_2": self.type_2, "intractable": self.intractable,
                    "high_need": self.high_need }] }] })
    }

    fn decided(&self) -> i64 {
        let case = case_file::read(&self.case()).unwrap().case;
        let decided = decide::<Hospital>(&case, &CONFIRMED.on::<Hospital>(case.on).unwrap()).unwrap_or_else(|(r, _)| panic!("{r:?}"));
        let (_, table) = decided.results.iter().find(|(table, _)| *table == "benefit").unwrap();
        table.integers("benefit_yen").unwrap()[0]
    }

    fn expected(&self) -> i64 {
        let (_, meals, living) = COLUMNS[self.column];
        let plain = match (self.class, self.intractable) {
            (0, false) => meals[0],
            (0, true) => meals[1],
            (1, _) => meals[2],
            _ => meals[4],
        };
        let (meal, day) = match (self.long_term, self.intractable, self.high_need) {
            (false, _, _) => (plain, 0),
            (true, true, _) => (plain, 0),
            (true, false, true) => (plain, 370),
            (true, false, false) => (
                match self.class {
                    0 => living[usize::from(self.type_2)],
                    1 => living[2],
                    _ => living[3],
                },
                370,
            ),
        };
        (self.charged - meal).max(0) * self.meals + if self.long_term { (self.residence - day).max(0) * self.days } else { 0 }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn what_goes_back_is_what_was_charged_beyond_the_table(stay in stay()) {
        prop_assert_eq!(stay.decided(), stay.expected());
    }

    #[test]
    fn nobody_gets_back_more_than_was_charged(stay in stay()) {
        let back = stay.decided();
        prop_assert!((0..=stay.charged * stay.meals + stay.residence * stay.days).contains(&back), "{back}");
    }

    #[test]
    fn a_charge_of_a_yen_more_never_means_less(mut stay in stay()) {
        let before = stay.decided();
        stay.charged += 1;
        prop_assert!(stay.decided() >= before);
    }
}
