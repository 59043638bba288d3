//! A year of a city's claims, taken in set by set, decided month by month and paid through the bank's file.

use super::super::reassessment::asahikawa;
use super::conservation::adds_up;
use super::hall::{Database, Hall, INCOME_YEARS, claim, months, stamp};
use jorei_domain::benefit::Benefit;
use jorei_domain::calendar::Date;
use jorei_domain::id::HouseholdId;
use jorei_service::benefits::case::Desk;
use jorei_service::benefits::month::{Tally, candidates};
use jorei_service::demo_city::DemoCity;
use jorei_service::demo_city::benefits as demo_benefits;
use jorei_service::demo_city::claims::{DemoClaims, patients};
use jorei_tests::length;
use jorei_tests::office::now;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};

const FROM: Date = Date::new(2025, 8, 1);

/// The made-up city, with a year of claims from the federation.
async fn city(hall: &Hall, households: u32) -> BTreeSet<i64> {
    let (mut facts, mut names) = (Vec::new(), Vec::new());
    for bundle in (DemoCity { seed: 1, households }).bundles() {
        facts.extend(bundle.assertions);
        names.extend(bundle.names);
    }
    hall.store.save_names(asahikawa(), now().today, &names, &stamp()).await.unwrap();
    hall.learn(&facts).await;
    demo_benefits::learn(&hall.store, asahikawa(), (&INCOME_YEARS, 1), now().today, &stamp(), |_| {}).await.unwrap();
    let as_of = hall.store.latest_knowledge(asahikawa()).await.unwrap();
    let people = patients(&hall.store, asahikawa(), 1, as_of).await.unwrap();
    let claims = DemoClaims { seed: 1, from: FROM, months: 12, sample: 1, serial: 1 };
    for processed in claims.processed() {
        let files = claims.files(asahikawa(), &people, processed);
        let given: Vec<_> = files.into_iter().map(|file| (file.name, file.text.into_bytes())).collect();
        let taken = hall.take_files(&given).await;
        assert!(!taken.before);
        // The federation delivers it again by mistake: nothing happens.
        let before = hall.written().await;
        assert!(hall.take_files(&given).await.before);
        assert_eq!(hall.written().await, before);
    }
    // Some moved within the city: there are more households than bundles.
    let all = hall.store.households(asahikawa(), None, u32::MAX, as_of).await.unwrap();
    all.into_iter().map(|household| household.0).collect()
}

/// How often whoever is impatient stops a run: each beginning looks at every household of the city again.
const STOPS: u32 = 3;

/// Runs a month; whoever is impatient stops it when it tells how far it is, and begins again, until it is through.
async fn run(hall: &Hall, month: Date, impatient: bool) -> (Tally, u32) {
    if !impatient {
        return (hall.month(month).await, 0);
    }
    let mut stops = 0;
    loop {
        let stop = AtomicBool::new(false);
        // What is there already counts as unchanged: it goes on until something new was written.
        let halt = |tally: &Tally| stop.store(stops < STOPS && tally.decided > 0, Ordering::Relaxed);
        let tally = hall.month_until(month, &stop, halt).await.unwrap();
        if !tally.stopped {
            return (tally, stops);
        }
        stops += 1;
    }
}

/// Of the candidates of a month half apply, and a quarter registers for the simplified procedure.
async fn ask(hall: &Hall, month: Date, registered: &mut BTreeSet<i64>) -> usize {
    let found = candidates(&hall.store, asahikawa(), month).await.unwrap();
    let as_of = hall.store.latest_knowledge(asahikawa()).await.unwrap();
    for candidate in &found {
        let household = candidate.household.0;
        let desk = Desk { store: &hall.store, shelf: &hall.shelf, municipality: asahikawa(), household: candidate.household, as_of };
        let Some(head) = desk.head(month).await.unwrap() else { continue };
        match household % 4 {
            0 | 1 if !registered.contains(&household) => {
                hall.apply(Benefit::HighCost, household, head.0, month).await;
            }
            2 if registered.insert(household) => hall.simplify(household, head.0, false).await,
            _ => {}
        }
    }
    found.len()
}

/// What is due by household and month, and what became of it.
async fn a_year(database: Database, households: u32, impatient: bool) -> BTreeMap<(i64, Date), i64> {
    let mut hall = Hall::open(database).await;
    let all = city(&hall, households).await;
    let (mut registered, mut found, mut stops, mut by_file) = (BTreeSet::new(), 0, 0, 0);
    let mut orders = 0;
    for month in months(FROM, 12) {
        let (tally, stopped) = run(&hall, month, impatient).await;
        assert_eq!((tally.provisional, tally.failed), (0, 0), "{month}: {tally:?}");
        assert!(tally.with_claims > tally.candidates && tally.claims >= tally.with_claims, "{month}: {tally:?}");
        found += ask(&hall, month, &mut registered).await;
        let (paid, again) = run(&hall, month, impatient).await;
        stops += stopped + again;
        orders += paid.orders;
        if month.month() % 3 == 0 {
            by_file += hall.pay().await.values().sum::<i64>();
        }
    }
    assert!(found > 0 && by_file > 0, "{found} candidates, {by_file} yen paid");
    assert!(impatient == (stops > 0) && (impatient || orders > 0), "{stops} stops, {orders} orders");
    let stands = adds_up(&hall, all.iter().copied()).await;
    assert_eq!(stands.values().map(|stand| stand.paid).sum::<i64>(), by_file, "what the files said is what the bank paid");
    let due = hall.due(&all, &months(FROM, 12)).await;
    assert_eq!(due.values().sum::<i64>(), stands.values().map(|stand| stand.due).sum::<i64>());
    // All of it again: nothing is decided, posted or written.
    let before = hall.written().await;
    for month in months(FROM, 12) {
        let again = hall.month(month).await;
        assert_eq!((again.decided, again.orders, again.reclaimed_yen, again.set_off_yen), (0, 0, 0, 0), "{month}: {again:?}");
    }
    assert_eq!(hall.written().await, before, "a year that is decided again writes nothing");
    hall.close().await;
    due
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_of_claims_is_decided_and_paid_alike_on_both_databases_stopped_or_not() {
    // The whole city has some 930,000 claims a year.
    let households = u32::try_from(length::of(42_000)).unwrap();
    let whole = tokio::spawn(a_year(Database::Sqlite, households, false));
    let stopped = tokio::spawn(a_year(Database::Postgres, households, true));
    let (whole, stopped) = (whole.await.unwrap(), stopped.await.unwrap());
    assert!(!whole.is_empty());
    assert_eq!(whole, stopped);
}

/// Households of one person with a bill of 1,000,000 yen each: 87,430 yen are theirs, 212,570 come back.
const MANY: i64 = 230;

async fn many(hall: &mut Hall, month: Date) {
    let mut lines = Vec::new();
    for household in 1..=MANY {
        let person = household * 10;
        hall.resident(person, household, "1975-05-05", 3_000_000).await;
        hall.apply(Benefit::HighCost, household, person, month).await;
        lines.push(claim(&format!("C-{household}"), person, month, 1_000_000, 300_000));
    }
    hall.take(Date::new(2026, 5, 1), &lines).await;
}

async fn stopped_and_continued(database: Database) {
    let month = Date::new(2026, 3, 1);
    let mut hall = Hall::open(database).await;
    many(&mut hall, month).await;
    let all: BTreeSet<i64> = (1..=MANY).collect();
    let stop = AtomicBool::new(false);
    let first = hall.month_until(month, &stop, |_| stop.store(true, Ordering::Relaxed)).await.unwrap();
    assert_eq!((first.stopped, first.decided, first.orders), (true, 100, 100), "{first:?}");
    assert_eq!(hall.due(&all, &[month]).await.len(), 100);
    let second = hall.month(month).await;
    assert_eq!((second.stopped, second.decided, second.unchanged, second.orders), (false, 130, 100, 130), "{second:?}");
    assert_eq!((first.vanished, second.vanished), (0, 0));
    assert_eq!((second.due_yen, second.ordered_yen), (MANY * 212_570, 130 * 212_570));
    let due = hall.due(&all, &[month]).await;
    assert!(due.len() == 230 && due.values().all(|yen| *yen == 212_570), "{due:?}");
    let stands = adds_up(&hall, all.iter().copied()).await;
    assert!(stands.values().all(|stand| stand.payable == 212_570 && stand.paid == 0));
    for household in &all {
        let history = hall.store.decision_history(asahikawa(), "high_cost", month, HouseholdId(*household)).await.unwrap();
        assert_eq!(history.len(), 1, "household {household} is decided once");
    }
    // Stopped before it begins, it does nothing at all.
    let before = hall.written().await;
    let nothing = hall.month_until(month, &AtomicBool::new(true), |_| ()).await.unwrap();
    assert_eq!(nothing, Tally { stopped: true, ..Tally::default() });
    assert_eq!(hall.month(month).await.unchanged, 230);
    assert_eq!(hall.written().await, before);
    hall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_that_is_stopped_after_its_first_hundred_ends_where_it_would_have_on_sqlite() {
    stopped_and_continued(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_that_is_stopped_after_its_first_hundred_ends_where_it_would_have_on_postgresql() {
    stopped_and_continued(Database::Postgres).await;
}
