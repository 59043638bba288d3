//! Random histories of money on both databases: whatever happens in whatever order, every yen is where the books say.

use super::hall::Database;
use super::history::{Figures, History, days};
use jorei_tests::length;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};
use std::sync::Mutex;

/// A history has 1 to so many days of work.
const DAYS: usize = 19;
/// A day has 1 to so many events.
const EVENTS: usize = 23;
/// Events of a history on average.
const AVERAGE: u64 = (DAYS as u64 + 1) * (EVENTS as u64 + 1) / 4;

/// Histories of so many events in all; a seed may be named.
fn histories(database: Database, events: u64) {
    let named = std::env::var("JOREI_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = named.unwrap_or(20_261_123);
    // A few more than it takes on average.
    let cases = u32::try_from(events / AVERAGE * 23 / 20).unwrap() + 3;
    eprintln!("{database:?}: seed {seed} (JOREI_TEST_SEED), {cases} histories");
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 600, rng_seed: RngSeed::Fixed(seed), ..Config::default() };
    let executor = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let sums: Mutex<Figures> = Mutex::default();
    let began = std::time::Instant::now();
    let result = TestRunner::new(config).run(&days(DAYS, EVENTS), |days| {
        let steps = days.concat();
        let figures = executor.block_on(History::run(database, &steps)).map_err(|wrong| {
            eprintln!("{database:?}: of {} events: {wrong}", steps.len());
            TestCaseError::fail(wrong)
        })?;
        let mut sums = sums.lock().unwrap();
        sums.events += figures.events;
        sums.paid_out += figures.paid_out;
        sums.interest += figures.interest;
        for (kind, (done, refused)) in figures.kinds {
            let sum = sums.kinds.entry(kind).or_default();
            *sum = (sum.0 + done, sum.1 + refused);
        }
        for (why, count) in figures.held {
            *sums.held.entry(why).or_default() += count;
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{database:?}, seed {seed}: {error}");
    }
    let sums = sums.into_inner().unwrap();
    eprintln!(
        "{database:?}: {} events in {} s; {} yen paid out, {} yen of interest",
        sums.events,
        began.elapsed().as_secs(),
        sums.paid_out,
        sums.interest
    );
    for (kind, (done, refused)) in &sums.kinds {
        eprintln!("  {kind}: {done} took effect, {refused} were refused");
    }
    eprintln!("  held: {:?}", sums.held);
    assert!(sums.events >= events, "{} events", sums.events);
    // A history in which something never happens shows nothing of it.
    for (kind, (done, _)) in &sums.kinds {
        match *kind {
            "write too much off" => assert_eq!(*done, 0),
            // There was nothing to settle.
            "settle" => {}
            // An order has to be forgotten for two years: only a soak is long enough to count on it.
            "lapse order" if events < 40_000 => {}
            kind => assert!(*done > 0, "{kind} never took effect"),
        }
    }
    assert!(sums.paid_out > 0 && sums.interest > 0);
}

#[test]
fn whatever_happens_every_yen_is_where_plain_arithmetic_says_on_sqlite() {
    histories(Database::Sqlite, length::of(60_000));
}

#[test]
fn whatever_happens_every_yen_is_where_plain_arithmetic_says_on_postgresql() {
    histories(Database::Postgres, length::of(40_000));
}
