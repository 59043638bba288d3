//! The change of the law of August 2026: July by the old revision, August by the new one, no way back where the old one has no
//! table, and what the new tables would have done to a year of claims.

use super::super::reassessment::{RUNTIME, asahikawa};
use super::hall::{Hall, WHOLE, claim, confirmed};
use jorei_domain::benefit::Benefit;
use jorei_domain::calendar::Date;
use jorei_domain::id::HouseholdId;
use jorei_domain::slot::Slot;
use jorei_service::activation::{ActivationError, Plan, difference};
use jorei_service::benefits::what_if::compare;

const JULY: Date = Date::new(2026, 7, 1);
const AUGUST: Date = Date::new(2026, 8, 1);

/// The ordinance as it stood before the change: no block reaches August 2026.
fn before_the_change(text: &str) -> String {
    let mut blocks: Vec<Vec<&str>> = vec![Vec::new()];
    for line in text.lines() {
        if line.starts_with("[[") {
            blocks.push(Vec::new());
        }
        blocks.last_mut().unwrap().push(line);
    }
    let date =
        |line: &str, name: &str| line.strip_prefix(&format!("{name} = \"")).and_then(|rest| Date::parse(rest.trim_end_matches('"')).ok());
    blocks.retain(|block| block.iter().find_map(|line| date(line, "from")).is_none_or(|from| from < AUGUST));
    let cut = |line: &&str| match date(line, "until") {
        Some(until) if until > AUGUST => format!("until = \"{AUGUST}\""),
        _ => (*line).to_owned(),
    };
    blocks.concat().iter().map(cut).collect::<Vec<String>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn july_is_decided_by_the_old_law_and_august_by_the_new_and_nobody_goes_back() {
    let text = confirmed("high_cost");
    let (old, new) = (before_the_change(&text), text);
    let rules = [("classification", confirmed("classification")), ("high_cost", old)];
    let mut hall = Hall::with(&rules[..1], WHOLE).await;
    let old = hall.office.revision(&hall.store, &RUNTIME, "high_cost", &rules[1].1).await;
    hall.office.activate(&hall.store, &RUNTIME, old, (WHOLE.0, AUGUST)).await;
    hall.resident(10, 1, "1975-05-05", 3_000_000).await;
    let bills = [claim("C-1", 10, JULY, 1_000_000, 300_000), claim("C-2", 10, AUGUST, 1_000_000, 300_000)];
    for month in [JULY, AUGUST] {
        hall.apply(Benefit::HighCost, 1, 10, month).await;
    }
    hall.take(Date::new(2026, 10, 1), &bills).await;
    assert_eq!(hall.month(JULY).await.ordered_yen, 212_570);
    assert!(hall.try_month(AUGUST).await.is_err(), "the old law has no August");

    let new = hall.office.revision(&hall.store, &RUNTIME, "high_cost", &new).await;
    // One case, of July: 212,570 now; a year later by the new table 85,800 + 7,140 = 92,940 would be theirs.
    let candidate = hall.live(new).await;
    let found = compare(&hall.store, &hall.shelf, asahikawa(), &candidate, (JULY, JULY), 1, |_, _| {}).await.unwrap();
    let told: Vec<_> =
        found.iter().map(|(category, one)| (category.as_str(), one.cases, one.before_yen, one.after_yen, one.less, one.less_yen)).collect();
    assert_eq!(told, [("category_u", 1, 212_570, 207_060, 1, 5_510)]);

    hall.office.activate(&hall.store, &RUNTIME, new, (AUGUST, WHOLE.1)).await;
    assert_eq!(hall.month(AUGUST).await.ordered_yen, 207_060);
    let july = hall.month(JULY).await;
    assert_eq!((july.decided, july.unchanged), (0, 1), "July keeps its law: {july:?}");
    let mut by = Vec::new();
    for month in [JULY, AUGUST] {
        by.push(hall.store.decision_history(asahikawa(), Slot::HighCost.word(), month, HouseholdId(1)).await.unwrap()[0].decision.revision);
    }
    assert_eq!(by, [old, new]);
    let plan = Plan {
        revision: old,
        from: AUGUST,
        until: WHOLE.1,
        reason: "試行".into(),
        rollback: true,
        emergency: false,
        checkers: 1,
        eligible: Vec::new(),
    };
    match difference(&hall.store, &RUNTIME, asahikawa(), &plan).await {
        Err(ActivationError::DoesNotHold { revision, on, .. }) => assert_eq!((revision, on), (old, AUGUST)),
        other => panic!("{other:?}"),
    }
    super::conservation::adds_up(&hall, [1]).await;
    hall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_candidate_would_have_decided_of_a_city_adds_up_category_by_category() {
    let mut hall = Hall::open(super::hall::Database::Sqlite).await;
    // Bills of every size for every category; the old tables are in force up to July, and the candidate's begin in August.
    let incomes = [1_500_000, 3_000_000, 7_000_000, 12_000_000];
    let mut bills = Vec::new();
    for household in 1..=40_i64 {
        let person = household * 10;
        hall.resident(person, household, "1975-05-05", incomes[usize::try_from(household % 4).unwrap()]).await;
        let cost = household * 60_000;
        bills.push(claim(&format!("C-{household}"), person, JULY, cost, cost * 3 / 10));
    }
    hall.take(Date::new(2026, 9, 1), &bills).await;
    let revision = hall.store.activations(asahikawa(), "high_cost").await.unwrap()[0].revision;
    let candidate = hall.live(revision).await;
    let before = hall.written().await;
    let found = compare(&hall.store, &hall.shelf, asahikawa(), &candidate, (JULY, JULY), 1, |_, _| {}).await.unwrap();
    assert_eq!(hall.written().await, before, "asking what would be writes nothing");
    assert_eq!(found.keys().map(String::as_str).collect::<Vec<_>>(), ["category_a", "category_e", "category_i", "category_u"]);
    let limit = |base: i64, floor: i64, cost: i64| base + ((cost - floor).max(0) + 50) / 100;
    for (category, one) in &found {
        assert_eq!((one.cases, one.undecided), (10, 0), "{category}");
        assert_eq!(one.more_yen - one.less_yen, one.after_yen - one.before_yen, "{category}: {one:?}");
        assert!(one.more == 0 && one.less <= one.with_benefit && one.with_benefit <= one.cases, "{category}: {one:?}");
        // Both tables apart from the rule.
        let (at, old, new) = match category.as_str() {
            "category_a" => (3, (252_600, 842_000), (270_300, 901_000)),
            "category_i" => (2, (167_400, 558_000), (179_100, 597_000)),
            "category_u" => (1, (80_100, 267_000), (85_800, 286_000)),
            _ => (0, (57_600, i64::MAX), (61_500, i64::MAX)),
        };
        let sum = |(base, floor): (i64, i64)| -> i64 {
            let costs = (1..=40_i64).filter(|household| household % 4 == at).map(|household| household * 60_000);
            costs.map(|cost| (cost * 3 / 10 - limit(base, floor.min(cost.max(floor)), cost)).max(0)).sum()
        };
        assert_eq!((one.before_yen, one.after_yen), (sum(old), sum(new)), "{category}");
    }
    hall.close().await;
}
