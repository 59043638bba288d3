//! Deciding again as facts arrive: the same as deciding once with all of them, on both databases, whatever the history.

use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::decision::Decision;
use jorei_domain::id::{HouseholdId, Knowledge, Municipality, PersonId};
use jorei_domain::record::{END_CAUSES, Kind};
use jorei_domain::slot::Slot;
use jorei_domain::table::ABSENT;
use jorei_engine::Runtime;
use jorei_service::assess::{self, Tally, assess};
use jorei_service::decide_case::decide;
use jorei_service::reassessment::{Cause, Report, Request, Scope, reassess};
use jorei_service::revisions::{LiveRevision, Shelf, load, make};
use jorei_store::Store;
use jorei_store::decisions::StoredDecision;
use jorei_store::facts::Assertion;
use jorei_tests::office::{Office, TODAY, now};
use jorei_tests::{built, length, postgresql, runtime, sqlite};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock};

pub(crate) static RUNTIME: LazyLock<Arc<Runtime>> = LazyLock::new(runtime);

const YEAR: i32 = 2025;

pub(crate) fn asahikawa() -> Municipality {
    Municipality::parse("012041").unwrap()
}

fn year() -> FiscalYear {
    FiscalYear::new(YEAR).unwrap()
}

pub(crate) fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

/// An office whose premiums are answered, and on request the other slots.
pub(crate) struct City {
    pub(crate) store: Store,
    pub(crate) shelf: Shelf,
    pub(crate) live: Arc<LiveRevision>,
    pub(crate) office: Office,
}

impl City {
    async fn found(store: Store) -> City {
        City::found_with(store, &[]).await
    }

    /// With further rules of ours, each under its ordinance of Asahikawa.
    pub(crate) async fn found_with(store: Store, rules: &[&str]) -> City {
        let office = Office::found(&store, asahikawa()).await;
        let ordinance = std::fs::read_to_string(built::repository().join("plugins/premium/ordinances/012041.toml")).unwrap();
        let revision = office.premium(&store, &RUNTIME, &ordinance).await;
        office.activate(&store, &RUNTIME, revision, (Date::new(2019, 4, 1), Date::new(2027, 4, 1))).await;
        for name in rules {
            let read = |file: &str| std::fs::read_to_string(built::repository().join("plugins").join(name).join(file)).unwrap();
            let package = office.package(&std::fs::read(built::rule(name)).unwrap(), &read("rule.toml"));
            let rule = office.add(&store, &RUNTIME, &package).await;
            let made = make(&store, &RUNTIME, asahikawa(), rule, &read("ordinances/012041.toml"), &now(), "tanaka").await.unwrap();
            office.activate(&store, &RUNTIME, made, (Date::new(2019, 4, 1), Date::new(2027, 4, 1))).await;
        }
        let live = Arc::new(load(&store, &RUNTIME, asahikawa(), revision).await.unwrap());
        City { shelf: Shelf::new(store.clone(), Arc::clone(&RUNTIME)), store, live, office }
    }

    pub(crate) async fn learn(&self, on: Date, facts: &[Assertion]) -> Knowledge {
        self.store.assert_facts(asahikawa(), on, facts, &now().stamp("test")).await.unwrap()
    }

    pub(crate) async fn latest(&self) -> Knowledge {
        self.store.latest_knowledge(asahikawa()).await.unwrap()
    }

    async fn assess(&self, decided_on: Date) -> Tally {
        self.assess_year(year(), decided_on).await
    }

    pub(crate) async fn assess_year(&self, year: FiscalYear, decided_on: Date) -> Tally {
        let request = assess::Request {
            municipality: asahikawa(),
            year,
            limits: None,
            as_of: self.latest().await,
            threads: 2,
            page: 2,
            clock: jorei_tests::clock,
            today: TODAY,
            decided_on,
            by: "test".into(),
        };
        assess(&self.store, &self.live, &request, &AtomicBool::new(false), |_| {}).await.unwrap()
    }

    pub(crate) async fn reassess(&self, decided_on: Date, dry_run: bool) -> Report {
        let request = Request {
            municipality: asahikawa(),
            year: None,
            since: None,
            as_of: self.latest().await,
            decided_on,
            scope: Scope::Chain,
            dry_run,
            threads: 2,
            page: 2,
            clock: jorei_tests::clock,
            today: TODAY,
            by: "test".into(),
        };
        reassess(&self.store, &self.shelf, &request, &AtomicBool::new(false), |_, _, _| {}).await.unwrap()
    }

    async fn history(&self, household: i64) -> Vec<StoredDecision> {
        self.store.decision_history(asahikawa(), Slot::Premium.word(), year().first_day(), HouseholdId(household)).await.unwrap()
    }

    /// What comes out for a household with what was known, whatever is recorded.
    async fn answer(&self, household: i64, as_of: Knowledge) -> Option<Decision> {
        let case = self.store.case(asahikawa(), Slot::Premium, HouseholdId(household), year().first_day(), as_of).await.unwrap()?;
        Some(decide(&self.live, asahikawa(), HouseholdId(household), case.case, None).unwrap().decision)
    }
}

pub(crate) fn fact(person: i64, kind: Kind, (from, until): (Date, Date), values: Option<Vec<i64>>) -> Assertion {
    Assertion { person: PersonId(person), kind, item: 0, from, until, household: None, values, source: "台帳".into() }
}

pub(crate) fn born(person: i64, on: &str) -> Assertion {
    let birth = day(on).packed();
    fact(person, Kind::Persons, (Date::MIN, Date::MAX), Some(vec![birth, birth]))
}

pub(crate) fn member(person: i64, household: i64, head: bool, from: &str) -> Assertion {
    let stay = fact(person, Kind::Membership, (day(from), Date::MAX), Some(vec![i64::from(head)]));
    Assertion { household: Some(HouseholdId(household)), ..stay }
}

pub(crate) fn insured(person: i64, from: &str, until: Option<&str>) -> Assertion {
    let ended =
        until.map_or(ABSENT, |_| i64::try_from(END_CAUSES.iter().position(|word| *word == "employees_insurance").unwrap()).unwrap());
    fact(person, Kind::Qualification, (day(from), until.map_or(Date::MAX, day)), Some(vec![ended, ABSENT]))
}

/// The income of the year before, all of it from a business.
fn income(person: i64, yen: i64) -> Assertion {
    income_of(YEAR - 1, person, yen)
}

pub(crate) fn income_of(year: i32, person: i64, yen: i64) -> Assertion {
    let fields = Kind::Incomes.fields();
    let values = fields.iter().map(|field| match field.name {
        "state" => 0,
        "other_yen" => yen,
        _ => ABSENT,
    });
    fact(person, Kind::Incomes, (Date::new(year, 1, 1), Date::new(year + 1, 1, 1)), Some(values.collect()))
}

/// Households 1 to 3: a head and a spouse each, insured since 2015.
fn founding() -> Vec<Assertion> {
    (1..=3)
        .flat_map(|household| {
            let (head, spouse) = (household * 10, household * 10 + 1);
            let of = |person: i64, is_head| {
                let since = "2015-01-01";
                [
                    born(person, &format!("19{}-05-{:02}", 60 + person, 1 + person % 28)),
                    member(person, household, is_head, since),
                    insured(person, since, None),
                    income(person, person * 100_000),
                ]
            };
            [of(head, true), of(spouse, false)].concat()
        })
        .collect()
}

/// One thing that happens: a household, a kind of event, a figure.
type Event = (i64, u8, u8);

/// What the office learns of an event. Later events correct earlier ones, or take them back.
fn learnt(&(household, kind, figure): &Event) -> Vec<Assertion> {
    let (head, spouse, child) = (household * 10, household * 10 + 1, household * 10 + 2);
    let month = 4 + i64::from(figure % 9);
    let from = format!("{YEAR}-{month:02}-{:02}", 1 + figure % 28);
    match kind {
        // Incomes corrected, and corrected again.
        0 | 1 => vec![income(head, i64::from(figure) * 250_000)],
        2 => vec![income(spouse, i64::from(figure) * 100_000)],
        // Joined employees' insurance, found late; and that it was a mistake.
        3 => vec![insured(spouse, "2015-01-01", Some(&from))],
        4 => vec![insured(spouse, "2015-01-01", None)],
        // A child comes late; and goes again.
        5 => vec![born(child, "2015-08-20"), member(child, household, false, &from), insured(child, &from, None)],
        6 => vec![Assertion { values: None, ..member(child, household, false, "2015-01-01") }],
        // The spouse becomes the head; and it was a mistake.
        7 => vec![member(head, household, false, &from), member(spouse, household, true, &from)],
        8 => vec![member(head, household, true, "2015-01-01"), member(spouse, household, false, "2015-01-01")],
        // Everybody moves to the next household; or is taken back altogether.
        9 => [head, spouse].map(|person| member(person, household % 3 + 1, false, &from)).to_vec(),
        10 => [head, spouse, child].map(|person| Assertion { values: None, ..member(person, household, false, "2010-01-01") }).to_vec(),
        // And it was a mistake.
        _ => vec![member(head, household, true, "2015-01-01"), member(spouse, household, false, "2015-01-01")],
    }
}

fn without_past(decision: &Decision) -> Decision {
    Decision { supersedes: None, ..decision.clone() }
}

/// A history decided as it was learnt, against the same facts decided once.
async fn step_by_step_equals_at_once(stepwise: &City, at_once: &City, batches: &[Vec<Event>]) {
    let mut day = Date::new(YEAR, 6, 13);
    for city in [stepwise, at_once] {
        city.learn(Date::new(YEAR, 6, 1), &founding()).await;
    }
    stepwise.assess(day).await;
    let mut known = vec![stepwise.latest().await];
    for batch in batches {
        day = day.tomorrow();
        let facts: Vec<Assertion> = batch.iter().flat_map(learnt).collect();
        for city in [stepwise, at_once] {
            city.learn(day, &facts).await;
        }
        let dry = stepwise.reassess(day, true).await;
        let report = stepwise.reassess(day, false).await;
        assert_eq!(report.years[0].differences, dry.years[0].differences, "a dry run shows what the run does");
        known.push(stepwise.latest().await);
    }
    at_once.assess(day).await;
    for household in 1..=3 {
        let (long, short) = (stepwise.history(household).await, at_once.history(household).await);
        match (long.last(), short.last()) {
            (Some(long), Some(short)) => {
                assert_eq!(long.amount, short.amount, "household {household}");
                assert_eq!(without_past(&long.decision), without_past(&short.decision), "household {household}");
            }
            // Whoever decides once at the end never heard of a household that is gone.
            (long, None) => assert_eq!(long.and_then(|long| long.amount), Some(0), "household {household}"),
            (None, Some(_)) => panic!("household {household} was never decided step by step"),
        }
        // What was stored then is what comes out now with what was known then.
        for as_of in &known {
            let then = long.iter().rfind(|stored| stored.knowledge <= *as_of);
            match (stepwise.answer(household, *as_of).await, then) {
                (Some(answer), Some(then)) => assert_eq!(answer, without_past(&then.decision), "household {household} as of {as_of}"),
                (None, then) => assert!(then.is_none_or(|then| then.amount == Some(0)), "household {household} as of {as_of}"),
                (Some(_), None) => panic!("household {household} was not decided as of {as_of}"),
            }
        }
        let days: Vec<Date> = long.iter().map(|stored| stored.decided_on).collect();
        assert!(days.is_sorted(), "household {household}: {days:?}");
    }
    let again = stepwise.reassess(day, false).await;
    assert!(again.years.iter().all(|year| year.tally.households == 0), "nothing is left to look at: {again:?}");
}

fn batches() -> impl Strategy<Value = Vec<Vec<Event>>> {
    let event = (1_i64..=3, 0_u8..=11, 0_u8..=80);
    proptest::collection::vec(proptest::collection::vec(event, 1..4), 1..7)
}

#[test]
fn deciding_step_by_step_equals_deciding_once_with_all_facts() {
    let cases = u32::try_from(length::of(300)).unwrap();
    let named = std::env::var("JOREI_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = named.unwrap_or_else(|| u64::from(std::process::id()));
    eprintln!("seed {seed} (JOREI_TEST_SEED), {cases} histories");
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 60, rng_seed: RngSeed::Fixed(seed), ..Config::default() };
    let executor = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let run = |batches: Vec<Vec<Event>>| {
        executor.block_on(async {
            let ((one, _first), (two, _second)) = (sqlite().await, sqlite().await);
            step_by_step_equals_at_once(&City::found(one).await, &City::found(two).await, &batches).await;
        });
        Ok(())
    };
    if let Err(error) = TestRunner::new(config).run(&batches(), run) {
        panic!("seed {seed}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_comes_to_the_same_on_both_databases() {
    // Each kind of event once, in an order in which each can have its effect.
    let batches: Vec<Vec<Event>> =
        [(1, 3, 20), (2, 5, 11), (1, 7, 32), (2, 6, 0), (3, 9, 40), (1, 4, 0), (1, 8, 0), (3, 11, 0), (2, 10, 0), (2, 11, 0)]
            .map(|event| vec![event, (event.0, 0, 9)])
            .to_vec();
    let (store, _folder) = sqlite().await;
    step_by_step_equals_at_once(&City::found(postgresql().await).await, &City::found(store).await, &batches).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrected_correction_leaves_no_trace_in_the_amounts_and_all_of_it_in_the_history() {
    let (store, _folder) = sqlite().await;
    let city = City::found(store).await;
    city.learn(day("2025-06-01"), &founding()).await;
    city.assess(day("2025-06-13")).await;
    for (on, yen) in [("2025-07-01", 9_000_000), ("2025-07-02", 1_000_000)] {
        city.learn(day(on), &[income(10, yen)]).await;
        let report = city.reassess(day(on), false).await;
        let differences = &report.years[0].differences;
        assert_eq!(differences.iter().map(|difference| difference.household.0).collect::<Vec<_>>(), [1]);
        assert_eq!(Vec::from_iter(&differences[0].causes), [&Cause::Facts(Kind::Incomes)]);
        assert_eq!(report.years[0].tally.households, 1, "nobody else is looked at");
    }
    let history = city.history(1).await;
    assert_eq!(history.len(), 3);
    assert_eq!(without_past(&history[2].decision), without_past(&history[0].decision));
    assert!(history[1].amount > history[0].amount);
    assert_eq!(history[2].decision.supersedes, Some(history[1].id));
    let days: Vec<Date> = history.iter().map(|stored| stored.decided_on).collect();
    assert_eq!(days, [day("2025-06-13"), day("2025-07-01"), day("2025-07-02")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_counts_from_a_day_before_the_decision_it_supersedes() {
    let (store, _folder) = sqlite().await;
    let city = City::found(store).await;
    city.learn(day("2025-06-01"), &founding()).await;
    city.assess(day("2025-06-13")).await;
    city.learn(day("2025-07-01"), &[income(10, 9_000_000)]).await;
    let request = Request {
        municipality: asahikawa(),
        year: Some(year()),
        since: None,
        as_of: city.latest().await,
        decided_on: day("2025-06-12"),
        scope: Scope::Chain,
        dry_run: false,
        threads: 1,
        page: 10,
        clock: jorei_tests::clock,
        today: TODAY,
        by: "test".into(),
    };
    let report = reassess(&city.store, &city.shelf, &request, &AtomicBool::new(false), |_, _, _| {}).await.unwrap();
    assert!(report.years[0].unsettled[0].detail.contains("2025-06-13"), "{}", report.text(9));
    assert_eq!(city.history(1).await.len(), 1);
}

/// Order art. 29-7 para. 5: the day of the test is 1 April, and another one only where the head changes. The second way:
/// the reduction of a household that is tested once, by its months.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_head_tests_the_reduction_again_from_that_month_and_a_change_of_members_does_not() {
    let (store, _folder) = sqlite().await;
    let city = City::found(store).await;
    // In each household one person is insured, without income; the other one is not and has a large income.
    let household = |household: i64, rich_head: bool| {
        let (poor, rich) = (household * 10, household * 10 + 1);
        let mut facts = vec![born(poor, "1970-05-05"), income(poor, 0), insured(poor, "2015-01-01", None)];
        facts.push(member(poor, household, !rich_head, "2015-01-01"));
        if rich_head {
            facts.extend([born(rich, "1975-05-05"), income(rich, 8_000_000), member(rich, household, true, "2015-01-01")]);
        }
        facts
    };
    let facts = [household(1, false), household(2, true), household(3, false)].concat();
    city.learn(day("2025-06-01"), &facts).await;
    city.assess(day("2025-06-13")).await;
    // The rich head of 2 is no head from October; into 3 somebody rich moves in October who is not insured.
    let october = "2025-10-01";
    let change = [member(21, 2, false, october), member(20, 2, true, october)];
    let moved = [born(31, "1975-05-05"), income(31, 8_000_000), member(31, 3, false, october)];
    city.learn(day("2025-10-05"), &[&change[..], &moved[..]].concat()).await;
    let report = city.reassess(day("2025-10-06"), false).await;
    let reduction = async |household: i64| {
        let stored = city.history(household).await.pop().unwrap();
        stored.decision.outcome.figure("premium", "reduction_yen").unwrap()
    };
    let whole_year = reduction(1).await;
    assert!(whole_year > 0);
    assert_eq!(reduction(3).await, whole_year, "a member does not test it again");
    assert!((reduction(2).await - whole_year / 2).abs() <= 1, "six of twelve months: {} of {whole_year}", reduction(2).await);
    assert_eq!(report.years[0].differences.iter().map(|difference| difference.household.0).collect::<Vec<_>>(), [2]);
    assert_eq!(city.history(2).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_joiner_of_a_year_that_is_over_is_assessed_for_it_and_a_year_nobody_assessed_is_left() {
    let (store, _folder) = sqlite().await;
    let city = City::found(store).await;
    city.learn(day("2025-06-01"), &founding()).await;
    city.assess(day("2025-06-13")).await;
    let late = [born(40, "1980-02-02"), member(40, 4, true, "2024-10-01"), insured(40, "2025-12-01", None), income(40, 2_000_000)];
    city.learn(day("2026-05-20"), &late).await;
    let report = city.reassess(day("2026-05-21"), false).await;
    assert_eq!(report.years.iter().map(|year| year.year.year()).collect::<Vec<_>>(), [2025]);
    let difference = &report.years[0].differences[0];
    assert_eq!((difference.household.0, difference.before), (4, None));
    assert_eq!(Vec::from_iter(&difference.causes), [&Cause::First]);
    let history = city.history(4).await;
    assert_eq!((history.len(), history[0].decided_on), (1, day("2026-05-21")));
    // December to March are four months.
    let months = |stored: &StoredDecision| {
        let table = jorei_service::billing::table(&stored.decision, "persons").unwrap();
        table.integers("insured_months").unwrap()[0]
    };
    assert_eq!(months(&history[0]), 0b1111_0000_0000);
}
