//! Promises 4 to 7 on both databases: the same facts make the same decisions under the same ids,
//! knowledge has an order, what is written stays.

use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::decision::Outcome;
use jorei_domain::id::{DecisionId, HouseholdId, Knowledge, Municipality};
use jorei_domain::record::Kind;
use jorei_domain::slot::Slot;
use jorei_engine::Runtime;
use jorei_service::assess::{Request, Tally, assess};
use jorei_service::decide_case::decide;
use jorei_service::demo_city::DemoCity;
use jorei_service::replay::replay_under;
use jorei_service::revisions::{LiveRevision, load};
use jorei_store::facts::Assertion;
use jorei_store::{Store, checks};
use jorei_tests::office::{Office, TODAY, now};
use jorei_tests::{built, length, postgresql, runtime, sqlite};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock};

static RUNTIME: LazyLock<Arc<Runtime>> = LazyLock::new(runtime);

const YEAR: i32 = 2025;
const ON: Date = Date::new(YEAR, 4, 1);

fn asahikawa() -> Municipality {
    Municipality::parse("012041").unwrap()
}

async fn live(store: &Store) -> Arc<LiveRevision> {
    let office = Office::found(store, asahikawa()).await;
    let ordinance = std::fs::read_to_string(built::repository().join("plugins/premium/ordinances/012041.toml")).unwrap();
    let revision = office.premium(store, &RUNTIME, &ordinance).await;
    office.activate(store, &RUNTIME, revision, (Date::new(2019, 4, 1), Date::new(2027, 4, 1))).await;
    Arc::new(load(store, &RUNTIME, asahikawa(), revision).await.unwrap())
}

async fn city(store: &Store, households: u32) {
    let assertions: Vec<Assertion> = DemoCity { seed: 7, households }.bundles().flat_map(|bundle| bundle.assertions).collect();
    store.assert_facts(asahikawa(), Date::new(2026, 6, 1), &assertions, &now().stamp("test")).await.unwrap();
}

async fn run(store: &Store, live: &Arc<LiveRevision>, as_of: Knowledge) -> Tally {
    let year = FiscalYear::new(YEAR).unwrap();
    let request = Request {
        municipality: asahikawa(),
        year,
        limits: None,
        as_of,
        threads: 2,
        page: 1_000,
        clock: jorei_tests::clock,
        today: TODAY,
        decided_on: TODAY,
        by: "test".into(),
    };
    assess(store, live, &request, &AtomicBool::new(false), |_| {}).await.unwrap()
}

/// Every current decision: household, id.
async fn ids(store: &Store) -> Vec<(HouseholdId, DecisionId)> {
    let all = HouseholdId(1)..=HouseholdId(i64::MAX);
    let current = store.current_decisions(asahikawa(), Slot::Premium.word(), ON, all).await.unwrap();
    current.into_iter().map(|decision| (decision.household, decision.id)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_keeps_its_promises_on_sqlite() {
    let (store, _folder) = sqlite().await;
    checks::check_all(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_keeps_its_promises_on_postgresql() {
    checks::check_all(&postgresql().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_databases_store_the_same_decisions_under_the_same_ids() {
    let households = u32::try_from(length::of(4_000)).unwrap();
    let (one, _folder) = sqlite().await;
    let two = postgresql().await;
    let mut found = Vec::new();
    for store in [&one, &two] {
        let live = live(store).await;
        city(store, households).await;
        let as_of = store.latest_knowledge(asahikawa()).await.unwrap();
        let tally = run(store, &live, as_of).await;
        assert!(tally.households > 0 && tally.failed == 0 && tally.faults == 0, "{tally:?}");
        let again = run(store, &live, as_of).await;
        assert_eq!((again.unchanged, again.households), (tally.households, tally.households), "a second run changes nothing");
        found.push(ids(store).await);
    }
    assert_eq!(found[0], found[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_stored_decision_replays_to_its_bytes() {
    let (store, _folder) = sqlite().await;
    let live = live(&store).await;
    city(&store, u32::try_from(length::of(4_000)).unwrap()).await;
    run(&store, &live, store.latest_knowledge(asahikawa()).await.unwrap()).await;
    let (mut after, mut replayed) = (None, 0);
    loop {
        let page = store.decisions_page(asahikawa(), Slot::Premium.word(), ON, after, 500).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.decision.household);
        for stored in &page {
            let result = replay_under(&live, stored).unwrap();
            assert_eq!(result.differs, None, "household {}", stored.decision.household);
            assert_eq!(result.fuel_now, result.fuel_then, "household {}", stored.decision.household);
            replayed += 1;
        }
    }
    assert!(replayed > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_fact_supersedes_and_an_earlier_knowledge_gives_the_earlier_bytes() {
    let (one, _folder) = sqlite().await;
    let two = postgresql().await;
    for store in [&one, &two] {
        let live = live(store).await;
        city(store, 60).await;
        let before = store.latest_knowledge(asahikawa()).await.unwrap();
        run(store, &live, before).await;
        let first = ids(store).await;

        // A household with a known salary: its income turns out to be higher.
        let mut changed = None;
        for (household, _) in &first {
            let stored = store.case(asahikawa(), Slot::Premium, *household, ON, before).await.unwrap().unwrap();
            let decision = decide(&live, asahikawa(), *household, stored.case.clone(), None).unwrap().decision;
            let bundle = DemoCity { seed: 7, households: 60 }.bundles().find(|bundle| bundle.household == *household);
            let income = bundle.and_then(|bundle| {
                bundle.assertions.into_iter().find(|fact| fact.kind == Kind::Incomes && fact.from == Date::new(YEAR - 1, 1, 1))
            });
            if let (Outcome::Decided { .. }, Some(income)) = (&decision.outcome, income) {
                changed = Some((*household, decision.content(), income));
                break;
            }
        }
        let (household, bytes_before, income) = changed.expect("a household with an income");
        let mut values = income.values.clone().unwrap();
        let other = Kind::Incomes.fields().iter().position(|field| field.name == "other_yen").unwrap();
        values[0] = 0;
        values[other] = 3_000_000;
        let correction = Assertion { values: Some(values), source: "更正通知".into(), ..income };
        store.assert_facts(asahikawa(), Date::new(2026, 7, 1), &[correction], &now().stamp("test")).await.unwrap();
        let after = store.latest_knowledge(asahikawa()).await.unwrap();

        // As the office knew it then: the same bytes.
        let stored = store.case(asahikawa(), Slot::Premium, household, ON, before).await.unwrap().unwrap();
        let then = decide(&live, asahikawa(), household, stored.case, None).unwrap().decision;
        assert_eq!(then.content(), bytes_before);

        // As it knows now: one new decision, which names the old one.
        let tally = run(store, &live, after).await;
        assert_eq!(tally.households - tally.unchanged, 1, "{tally:?}");
        let history = store.decision_history(asahikawa(), Slot::Premium.word(), ON, household).await.unwrap();
        assert_eq!(history.len(), 2);
        let old = first.iter().find(|(other, _)| *other == household).unwrap().1;
        let newest = history.iter().max_by_key(|stored| stored.version).unwrap();
        assert_eq!(newest.decision.supersedes, Some(old));
        assert_eq!(run(store, &live, after).await.unchanged, tally.households);
        // Whoever looks with an older knowledge does not put the older answer back.
        assert_eq!(run(store, &live, before).await.unchanged, tally.households);

        // A household taken back altogether owes nothing any more: a new decision says so, once.
        let bundle = DemoCity { seed: 7, households: 60 }.bundles().find(|bundle| bundle.household == household).unwrap();
        let stays = bundle.assertions.into_iter().filter(|fact| fact.kind == Kind::Membership);
        let withdrawn: Vec<Assertion> = stays.map(|fact| Assertion { values: None, source: "取消".into(), ..fact }).collect();
        store.assert_facts(asahikawa(), Date::new(2026, 8, 1), &withdrawn, &now().stamp("test")).await.unwrap();
        let last = run(store, &live, store.latest_knowledge(asahikawa()).await.unwrap()).await;
        assert_eq!((last.vanished, last.households, last.unchanged), (0, tally.households, tally.households - 1));
        let history = store.decision_history(asahikawa(), Slot::Premium.word(), ON, household).await.unwrap();
        assert_eq!(history.last().unwrap().amount, Some(0));
        let again = run(store, &live, store.latest_knowledge(asahikawa()).await.unwrap()).await;
        assert_eq!(again.unchanged, tally.households);
    }
}
