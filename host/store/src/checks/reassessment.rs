//! Deciding again: the day a decision counts from, notices, how far a run has looked, whom new facts touch.

use super::*;
use crate::coverage::Coverage;
use crate::facts::Touched;
use crate::notices::{NewNotice, NoticeKind};

pub(super) async fn check(store: &Store) {
    check_decided_on(store).await;
    check_notices(store).await;
    check_coverage(store).await;
    check_touched(store).await;
}

/// A row in each table, for the check that tables only gain rows.
pub(super) async fn fill(store: &Store, office: Municipality) {
    store.save_run(&[], &[notice(office, 1, NoticeKind::Barred, 0)], &[], &stamp()).await.unwrap();
    store.save_coverage(office, &coverage(1), &stamp()).await.unwrap();
}

fn notice(municipality: Municipality, household: i64, kind: NoticeKind, version: i64) -> NewNotice {
    let (on, household, knowledge) = (CASE_ON, HouseholdId(household), Knowledge(1));
    NewNotice { municipality, slot: "premium", on, household, kind, detail: "期間制限".into(), version, knowledge }
}

fn coverage(knowledge: i64) -> Coverage {
    Coverage { on: CASE_ON, knowledge: Knowledge(knowledge), revisions: Digest::of(b"revisions"), decided_on: LEARNT }
}

/// The day that a decision counts from comes back, and the chain vouches for it.
async fn check_decided_on(store: &Store) {
    let office = office(381);
    let revision = some_revision(store, office).await;
    let first = packed(office, revision, 1, 1, Failure::Trap, None);
    store.save_decisions(std::slice::from_ref(&first), &stamp()).await.unwrap();
    let households = HouseholdId(1)..=HouseholdId(9);
    let current = store.current_decisions(office, "premium", CASE_ON, households.clone()).await.unwrap();
    assert_eq!(current[0].decided_on, LEARNT);
    let second = packed(office, revision, 1, 2, Failure::Fuel, Some(first.id()));
    store.save_decisions(&[second, packed(office, revision, 5, 1, Failure::Trap, None)], &stamp()).await.unwrap();
    let history = store.decision_histories(office, "premium", CASE_ON, households).await.unwrap();
    let shown: Vec<_> = history.iter().map(|stored| (stored.decision.household.0, stored.version, stored.decided_on)).collect();
    assert_eq!(shown, [(1, 1, LEARNT), (1, 2, LEARNT), (5, 1, LEARNT)]);
    assert_eq!(store.first_case_date(office, "premium").await.unwrap(), Some(CASE_ON));
    assert_eq!(store.first_case_date(office, "instalment").await.unwrap(), None);
    assert!(store.is_decided(office, "premium", CASE_ON).await.unwrap());
    assert!(!store.is_decided(office, "premium", LEARNT).await.unwrap());
    let entries = store.audit_entries(office, 0, 100).await.unwrap();
    let subject = format!("premium {CASE_ON} decided on {LEARNT}");
    assert!(entries.iter().any(|stored| stored.entry.kind == "decisions" && stored.entry.subject == subject));
}

/// A notice is open until a later one takes its place or its decision is superseded.
async fn check_notices(store: &Store) {
    let office = office(382);
    let revision = some_revision(store, office).await;
    let first = packed(office, revision, 1, 1, Failure::Trap, None);
    let notices = [notice(office, 1, NoticeKind::Barred, 1), notice(office, 2, NoticeKind::Conflict, 0)];
    store.save_run(std::slice::from_ref(&first), &notices, &[], &stamp()).await.unwrap();
    let open = async || {
        let open = store.open_notices(office, CASE_ON, 0, 10).await.unwrap();
        open.iter().map(|notice| (notice.household.0, notice.kind)).collect::<Vec<_>>()
    };
    assert_eq!(open().await, [(1, NoticeKind::Barred), (2, NoticeKind::Conflict)]);
    assert_eq!(store.open_notices(office, CASE_ON, 1, 10).await.unwrap().len(), 1);
    // What belongs to a version that is superseded is open no more.
    store.save_decisions(&[packed(office, revision, 1, 2, Failure::Fuel, Some(first.id()))], &stamp()).await.unwrap();
    assert_eq!(open().await, [(2, NoticeKind::Conflict)]);
    store.save_run(&[], &[notice(office, 2, NoticeKind::Cleared, 0)], &[], &stamp()).await.unwrap();
    assert_eq!(open().await, []);
    let latest = store.latest_notices(office, CASE_ON, HouseholdId(2)..=HouseholdId(2)).await.unwrap();
    assert_eq!(latest.iter().map(|notice| (notice.sequence, notice.kind)).collect::<Vec<_>>(), [(3, NoticeKind::Cleared)]);
    // A batch that is refused leaves no notice either.
    let stray = packed(office, revision, 1, 3, Failure::Fuel, Some(Digest::of(b"another")));
    assert!(store.save_run(&[stray], &[notice(office, 3, NoticeKind::Barred, 0)], &[], &stamp()).await.is_err());
    assert_eq!(open().await, []);
}

async fn check_coverage(store: &Store) {
    let office = office(383);
    assert_eq!(store.coverage(office, CASE_ON).await.unwrap(), None);
    for knowledge in [4, 4, 7] {
        store.save_coverage(office, &coverage(knowledge), &stamp()).await.unwrap();
    }
    assert_eq!(store.coverage(office, CASE_ON).await.unwrap(), Some(coverage(7)));
    assert_eq!(store.coverage(office, LEARNT).await.unwrap(), None);
    let kept = store.audit_entries(office, 0, 10).await.unwrap();
    assert_eq!(kept.iter().filter(|stored| stored.entry.kind == "coverage").count(), 2, "the same is not noted twice");
}

/// New facts touch the households in which their persons live, lived or are said to live from now on; nobody else.
async fn check_touched(store: &Store) {
    let office = office(384);
    let learn = async |facts: &[Assertion]| store.assert_facts(office, LEARNT, facts, &stamp()).await.unwrap();
    let city = [member(1, 10, "2020-01-01", ""), member(2, 20, "2020-01-01", ""), born(2, "1980-01-01")];
    let before = learn(&city).await;
    let moved = learn(&[member(1, 30, "2025-06-01", ""), income(1, 2024, 1_000_000)]).await;
    let touched = store.touched(office, before, moved).await.unwrap();
    let shown: Vec<_> = touched.iter().map(|touched| (touched.household.0, touched.kind)).collect();
    let kinds = [Kind::Incomes, Kind::Membership];
    assert_eq!(shown, [10, 30].iter().flat_map(|household| kinds.map(|kind| (*household, kind))).collect::<Vec<_>>());
    assert_eq!(store.touched(office, moved, moved).await.unwrap(), []);
    // An income of 2024 bears on fiscal year 2025 alone; a stay on every year, for it cuts another one that may reach there.
    let bears = |touched: &Touched| [2024, 2025, 2026].map(|year| touched.bears_on(Date::new(year, 4, 1)));
    assert_eq!(touched.iter().take(2).map(bears).collect::<Vec<_>>(), [[false, true, false], [true, true, true]]);
    // A stay that ends after the year is another fact of the year: the case shows until when it lasts.
    let case = async |as_of| store.case(office, Slot::Premium, HouseholdId(20), CASE_ON, as_of).await.unwrap().unwrap().case;
    let left = learn(&[Assertion { values: None, ..member(2, 20, "2027-05-01", "") }]).await;
    assert_ne!(case(moved).await, case(left).await);
    let touched = store.touched(office, moved, left).await.unwrap();
    assert!(touched.iter().any(|touched| touched.household.0 == 20 && touched.bears_on(CASE_ON)), "{touched:?}");
    let households = HouseholdId(10)..=HouseholdId(20);
    let cases = store.cases_of(office, Slot::Premium, households, CASE_ON, moved).await.unwrap();
    assert_eq!(cases.iter().map(|case| case.household.0).collect::<Vec<_>>(), [10, 20]);
    assert_eq!(store.households(office, Some(HouseholdId(10)), 2, moved).await.unwrap(), [HouseholdId(20), HouseholdId(30)]);
}
