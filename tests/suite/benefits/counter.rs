//! The counter of high-cost months (多数回): what decisions rested on, against a count by hand over whatever happened.

use super::super::reassessment::asahikawa;
use super::hall::{Database, Hall, claim, months, replaced, stamp};
use jorei_domain::calendar::Date;
use jorei_domain::calendar::months_after;
use jorei_domain::id::HouseholdId;
use jorei_domain::record::Kind;
use jorei_service::claims::opposite;
use jorei_store::benefits::Handover;
use jorei_store::medical_claims::ClaimLine;
use jorei_tests::length;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use std::collections::{BTreeMap, BTreeSet};

const FROM: Date = Date::new(2025, 1, 1);
const MONTHS: i32 = 18;

/// What a month of a household of one person has at last.
#[derive(Clone, Copy, Debug, Default)]
struct Truth {
    /// A bill beyond the limit, paid in full: the benefit comes in cash.
    cash: bool,
    /// A bill that was cut at the counter, and counts.
    in_kind: bool,
    /// Told by the municipality they came from, and not taken back.
    handed_over: bool,
}

/// Which months count before one: of the eleven before it. Of months up to the first one that is run only what was handed over.
fn counted(truth: &BTreeMap<Date, Truth>, month: Date) -> usize {
    (1..=11).filter(|back| truth.get(&months_after(month, -back)).is_some_and(|one| one.cash || one.in_kind || one.handed_over)).count()
}

async fn counts_as_by_hand(database: Database, seed: u64) {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut chance = |percent: u32| random.next_u32() % 100 < percent;
    let mut hall = Hall::open(database).await;
    let (mut first, mut second, mut truths) = (Vec::new(), Vec::new(), BTreeMap::new());
    for household in 1..=6_i64 {
        let person = household * 10;
        hall.resident(person, household, "1975-05-05", 3_000_000).await;
        let mut truth: BTreeMap<Date, Truth> = BTreeMap::new();
        // Months before they came.
        for month in months(months_after(FROM, -10), 10) {
            if chance(30) {
                let revoked = chance(30);
                for revoked in [false, true].into_iter().take(1 + usize::from(revoked)) {
                    let handover = Handover { household: HouseholdId(household), month, source: "転出元".into(), revoked };
                    hall.store.save_handover(asahikawa(), &handover, &stamp()).await.unwrap();
                }
                truth.insert(month, Truth { handed_over: !revoked, ..Truth::default() });
            }
        }
        for month in months(FROM, MONTHS) {
            let number = format!("{household}-{}", month.packed());
            let line = match (chance(35), chance(40)) {
                // 1,000,000 yen cut to 87,430 at the counter.
                (true, true) => {
                    ClaimLine { own_yen: 87_430, in_kind_yen: 212_570, in_kind_counts: true, ..claim(&number, person, month, 1_000_000, 0) }
                }
                (true, false) => claim(&number, person, month, 1_000_000, 300_000),
                _ if chance(50) => claim(&number, person, month, 100_000, 30_000),
                _ => continue,
            };
            // Of an accident nothing counts until a clerk says so, whatever was cut at the counter.
            let line = ClaimLine { third_party: chance(15), ..line };
            first.push(line.clone());
            let mut last = Some(line.clone());
            if chance(15) {
                second.push(opposite(&line));
                last = None;
            } else if chance(20) {
                let large = chance(50);
                let cost = if large { 1_000_000 } else { 100_000 };
                let again = ClaimLine { in_kind_yen: 0, in_kind_counts: false, ..replaced(&line, cost, cost * 3 / 10) };
                second.push(again.clone());
                last = Some(again);
            }
            let last = last.filter(|line| !line.third_party);
            // 44,400 yen in the fourth month and 80,100 or more before are below 87,430: what was cut counts in any case.
            let in_kind = last.as_ref().is_some_and(|line| line.in_kind_counts);
            let cash = last.as_ref().is_some_and(|line| line.cost_yen == 1_000_000 && !line.in_kind_counts);
            truth.insert(month, Truth { cash, in_kind, handed_over: false });
        }
        truths.insert(household, truth);
    }
    hall.take(Date::new(2026, 8, 1), &first).await;
    for month in months(FROM, MONTHS) {
        hall.month(month).await;
    }
    hall.take(Date::new(2026, 9, 1), &second).await;
    let touched: BTreeSet<Date> =
        second.iter().flat_map(|line| months(line.month, 12)).filter(|month| *month < months_after(FROM, MONTHS)).collect();
    for month in touched {
        hall.month(month).await;
    }
    let mut compared = 0;
    for (household, truth) in &truths {
        for month in months(FROM, MONTHS) {
            let history = hall.store.decision_history(asahikawa(), "high_cost", month, HouseholdId(*household)).await.unwrap();
            let Some(stored) = history.last() else { continue };
            let treated = truth.get(&month).is_some_and(|one| one.cash);
            let expected = counted(truth, month);
            // What it rested on: the rows that were given and are not revoked.
            let given = stored.decision.evidence.given.iter().find(|given| given.kind == Kind::HighCostMonths.name()).unwrap();
            let revoked = given.table.integers("revoked").unwrap();
            assert_eq!(
                revoked.iter().filter(|revoked| **revoked == 0).count(),
                expected,
                "household {household}, {month}, seed {seed}: {truth:?}"
            );
            if treated {
                let due = stored.decision.outcome.figure("month", "limit_yen").unwrap();
                assert_eq!(due, if expected >= 3 { 44_400 } else { 87_430 }, "household {household}, {month}, seed {seed}");
            }
            compared += 1;
        }
    }
    assert!(compared > 10, "{compared}");
    hall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_counter_of_twelve_months_is_a_count_by_hand_over_any_history_on_sqlite() {
    for seed in 0..length::of(40) {
        counts_as_by_hand(Database::Sqlite, seed).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_counter_of_twelve_months_is_a_count_by_hand_over_any_history_on_postgresql() {
    for seed in 0..length::of(10) {
        counts_as_by_hand(Database::Postgres, 500 + seed).await;
    }
}
