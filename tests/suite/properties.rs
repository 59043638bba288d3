//! Properties of the premium over random households, a test each.

use jorei_domain::calendar::Date;
use jorei_domain::decision::{Outcome, Result as NamedTable};
use jorei_domain::record::Case;
use jorei_engine::{Cases, Grant, Question, Rule, Settings, Status};
use jorei_premium::Premium;
use jorei_sdk::native;
use jorei_service::case_file;
use jorei_service::ordinance::Ordinance;
use jorei_tests::{built, length};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use std::sync::{Arc, LazyLock};

/// A rule with one ordinance, as a component.
struct Tried {
    rule: Rule,
    settings: Vec<Arc<Settings>>,
}

/// Years and ordinances that random households are tried under: a city with fractions kept or
/// cut in different ways, with and without the fourth part.
const ORDINANCES: [(&str, i32); 4] =
    [("012041.toml", 2025), ("examples/adachi-2026.toml", 2026), ("examples/hino-2026.toml", 2026), ("examples/izumisano-2026.toml", 2026)];

static TRIED: LazyLock<Tried> = LazyLock::new(|| {
    let runtime = jorei_tests::runtime();
    let rule = Rule::load(&runtime, &std::fs::read(built::rule("premium")).unwrap(), &Grant::world()).unwrap();
    let settings = |(file, _): &(&str, i32)| {
        let path = built::repository().join("plugins/premium/ordinances").join(file);
        Arc::new(Ordinance::check(&rule, &std::fs::read_to_string(path).unwrap()).unwrap().settings)
    };
    let settings = ORDINANCES.iter().map(settings).collect();
    Tried { rule, settings }
});

fn question(ordinance: usize) -> Question {
    Question { on: Date::new(ORDINANCES[ordinance].1, 4, 1), settings: Arc::clone(&TRIED.settings[ordinance]) }
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: u32::try_from(length::of(5_000)).unwrap(), failure_persistence: None, ..ProptestConfig::default() }
}

fn income() -> impl Strategy<Value = Value> {
    let yen = || prop_oneof![3 => 0_i64..3_000_000, 2 => select(vec![430_000_i64, 430_001, 735_000, 990_000, 990_001, 1_250_000, 24_000_001]), 1 => 3_000_000_i64..40_000_000];
    prop_oneof![
        2 => Just(json!("not_required")),
        1 => Just(json!("nil")),
        1 => Just(json!("undeclared")),
        1 => Just(json!("pending")),
        6 => yen().prop_map(|yen| json!({ "salary_yen": yen, "salary_revenue_yen": yen + 980_000 })),
        3 => yen().prop_map(|yen| json!({ "salary_revenue_yen": yen })),
        3 => (yen(), yen()).prop_map(|(salary, pension)| json!({ "salary_revenue_yen": salary, "pension_revenue_yen": pension })),
        2 => (-2_000_000_i64..9_000_000).prop_map(|yen| json!({ "other_yen": yen })),
        1 => (0_i64..9_000_000, 0_i64..1_000_000).prop_map(|(other, family)| json!({ "other_yen": other, "family_salary_paid_yen": family })),
    ]
}

/// A qualification that always holds, or for a stretch of the year.
fn qualification() -> impl Strategy<Value = Option<Value>> {
    let causes = vec!["employees_insurance", "moved_out", "public_assistance", "lost_on_day", "death"];
    let stretch = (1_i32..=12, 1_i32..=28, 0_i32..400, select(causes)).prop_map(|(month, day, days, cause)| {
        let from = Date::new(2025, month, day);
        let until = (0..days).fold(from, |date, _| date.tomorrow());
        if days > 300 {
            json!({ "from": from.to_string() })
        } else {
            json!({ "from": from.to_string(), "until": until.to_string(), "ended_by": cause })
        }
    });
    prop_oneof![5 => Just(None), 2 => stretch.prop_map(Some)]
}

fn member() -> impl Strategy<Value = Value> {
    let birth =
        (1945_i32..=2024, 1_i32..=12, select(vec![1, 2, 15, 28])).prop_map(|(year, month, day)| Date::new(year, month, day).to_string());
    (birth, income(), qualification()).prop_map(|(birth, income, qualification)| {
        let mut member = json!({ "birth": birth, "income": income });
        if let Some(qualification) = qualification {
            member["qualification"] = qualification;
        }
        member
    })
}

/// A household, the head first.
fn household() -> impl Strategy<Value = Vec<Value>> {
    proptest::collection::vec(member(), 1..=5).prop_map(|mut members| {
        members[0]["head"] = true.into();
        members
    })
}

fn read(ordinance: usize, members: &[Value]) -> Case {
    case_file::read(&json!({ "fiscal_year": ORDINANCES[ordinance].1, "members": members })).unwrap().case
}

/// The results of a case through the component, or nothing when it is refused.
fn decide(ordinance: usize, members: &[Value]) -> Option<Vec<NamedTable>> {
    let run = TRIED.rule.decide(&question(ordinance), Cases(vec![read(ordinance, members)])).unwrap();
    match run.outcome {
        Outcome::Decided { results, .. } => Some(results),
        Outcome::Refused(_) => None,
        Outcome::Failed(failure) => panic!("failed: {failure:?} on {}", json!(members)),
    }
}

fn column(results: &[NamedTable], table: &str, column: &str) -> Vec<i64> {
    let table = results.iter().find(|result| result.name == table).unwrap();
    table.table.integers(column).unwrap_or_else(|| panic!("no column {column}")).to_vec()
}

fn ordinance() -> impl Strategy<Value = usize> {
    0..ORDINANCES.len()
}

/// Caps of medical, support, care, child under each ordinance, from its published table.
const CAPS: [[i64; 4]; 4] = [
    [660_000, 260_000, 170_000, 0],
    [670_000, 260_000, 170_000, 30_000],
    [670_000, 260_000, 170_000, 30_000],
    [660_000, 260_000, 170_000, 30_000],
];

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_part_exceeds_its_cap(ordinance in ordinance(), members in household()) {
        if let Some(results) = decide(ordinance, &members) {
            for (part, cap) in ["medical_yen", "support_yen", "care_yen", "child_yen"].iter().zip(CAPS[ordinance]) {
                prop_assert!(column(&results, "premium", part)[0] <= cap, "{part}");
            }
        }
    }

    #[test]
    fn no_amount_is_negative_and_the_parts_sum_to_the_total(ordinance in ordinance(), members in household()) {
        if let Some(results) = decide(ordinance, &members) {
            let figure = |name: &str| column(&results, "premium", name)[0];
            for name in ["total_yen", "medical_yen", "support_yen", "care_yen", "child_yen", "reduction_yen", "over_cap_yen"] {
                prop_assert!(figure(name) >= 0, "{name}");
            }
            for name in ["income_levy_yen", "asset_levy_yen", "per_capita_yen", "adult_per_capita_yen", "per_household_yen", "premium_yen"] {
                prop_assert!(column(&results, "parts", name).iter().all(|yen| *yen >= 0), "{name}");
            }
            prop_assert_eq!(figure("total_yen"), figure("medical_yen") + figure("support_yen") + figure("care_yen") + figure("child_yen"));
        }
    }

    #[test]
    fn a_higher_income_never_lowers_the_income_levy(ordinance in ordinance(), mut members in household(), more in 1_i64..5_000_000) {
        members[0]["income"] = json!({ "other_yen": 1_000_000 });
        let before = decide(ordinance, &members);
        members[0]["income"] = json!({ "other_yen": 1_000_000 + more });
        if let (Some(before), Some(after)) = (before, decide(ordinance, &members)) {
            let (before, after) = (column(&before, "parts", "income_levy_yen"), column(&after, "parts", "income_levy_yen"));
            prop_assert_eq!(before.len(), after.len());
            prop_assert!(before.iter().zip(&after).all(|(before, after)| before <= after), "{before:?} {after:?}");
        }
    }

    #[test]
    fn twelve_months_of_one_composition_equal_the_year(ordinance in ordinance(), mut members in household(), month in 5_i32..=12) {
        for member in &mut members {
            member.as_object_mut().unwrap().remove("qualification");
        }
        let whole = decide(ordinance, &members);
        // The same year told as two stretches that touch.
        let middle = Date::new(ORDINANCES[ordinance].1, month, 1).to_string();
        for member in &mut members {
            let birth = member["birth"].clone();
            if birth.as_str().unwrap() < middle.as_str() {
                member["qualification"] = json!([{ "from": birth, "until": middle, "ended_by": "lost_on_day" }, { "from": middle }]);
            }
        }
        prop_assert_eq!(whole, decide(ordinance, &members));
    }

    #[test]
    fn the_order_of_members_does_not_matter(ordinance in ordinance(), members in household(), turn in 0_usize..5) {
        let mut turned = members.clone();
        let at = turn % turned.len();
        turned.rotate_left(at);
        let run = |members: &[Value]| TRIED.rule.decide(&question(ordinance), Cases(vec![read(ordinance, members)])).unwrap();
        let (first, second) = (run(&members), run(&turned));
        prop_assert_eq!(first.outcome, second.outcome);
        prop_assert_eq!(first.trace, second.trace);
    }

    #[test]
    fn the_same_case_twice_gives_the_same_bytes_and_the_same_fuel(ordinance in ordinance(), members in household()) {
        let run = || TRIED.rule.decide(&question(ordinance), Cases(vec![read(ordinance, &members)])).unwrap();
        let (first, second) = (run(), run());
        prop_assert_eq!(first.fuel, second.fuel);
        prop_assert_eq!(first.trace, second.trace);
        prop_assert_eq!(first.evidence, second.evidence);
        prop_assert_eq!(first.outcome, second.outcome);
    }

    #[test]
    fn the_sandbox_changes_nothing(ordinance in ordinance(), members in household()) {
        let case = read(ordinance, &members);
        let run = TRIED.rule.decide(&question(ordinance), Cases(vec![case.clone()])).unwrap();
        let compact = TRIED.settings[ordinance].on(case.on).unwrap();
        let values = native::values::<Premium>(compact, case.on).unwrap();
        match native::decide::<Premium>(&case, &values) {
            Ok(decided) => {
                prop_assert_eq!(&run.trace, &decided.trace);
                let Outcome::Decided { provisional, results } = run.outcome else { panic!("refused in the sandbox alone") };
                prop_assert_eq!(provisional, decided.provisional);
                prop_assert_eq!(results.len(), decided.results.len());
                for (result, (name, table)) in results.iter().zip(decided.results) {
                    prop_assert_eq!(&result.name, name);
                    prop_assert_eq!(&result.table, &table);
                }
            }
            Err((refusal, trace)) => {
                prop_assert_eq!(run.outcome, Outcome::Refused(refusal));
                prop_assert_eq!(run.trace, trace);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: u32::try_from(length::of(100)).unwrap(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn decide_many_equals_decide(ordinance in ordinance(), households in proptest::collection::vec(household(), 1..200)) {
        let cases: Vec<Case> = households.iter().map(|members| read(ordinance, members)).collect();
        let answers = TRIED.rule.bulk().answer(&question(ordinance), &cases[..]).unwrap();
        for (i, case) in cases.iter().enumerate() {
            let run = TRIED.rule.decide(&question(ordinance), Cases(vec![case.clone()])).unwrap();
            let (status, single) = match run.outcome {
                Outcome::Decided { provisional: true, results } => (Status::Provisional, results),
                Outcome::Decided { provisional: false, results } => (Status::Decided, results),
                Outcome::Refused(_) => (Status::Refused, Vec::new()),
                Outcome::Failed(failure) => (Status::Failed(failure), Vec::new()),
            };
            prop_assert_eq!(answers.statuses[i], status);
            prop_assert!(single.iter().all(|single| answers.results.iter().any(|result| result.name == single.name)));
            for result in &answers.results {
                let rows = result.table.case(i);
                match single.iter().find(|single| single.name == result.name) {
                    Some(single) => prop_assert_eq!(&rows, &single.table),
                    None => prop_assert_eq!(rows.rows(), 0),
                }
            }
        }
    }
}
