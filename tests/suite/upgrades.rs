//! Promises 5, 7, 8, 9 and 12: rules change without redeploying, drop nothing, mix nothing, and
//! nothing changes without two people.

use jorei_domain::act::{Account, Change, Confirmation};
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::decision::Outcome;
use jorei_domain::id::{Digest, HouseholdId, Municipality};
use jorei_domain::record::Kind;
use jorei_domain::slot::Slot;
use jorei_engine::{Cases, Runtime};
use jorei_service::activation::{ActivationError, Plan, activate};
use jorei_service::acts::{ActsError, Proposal, based, propose, sign};
use jorei_service::assess::{AssessError, Request, Tally, assess};
use jorei_service::confirmation::confirm;
use jorei_service::decide_case::decide;
use jorei_service::demo_city::DemoCity;
use jorei_service::queue::{Waiting, queue};
use jorei_service::replay::replay;
use jorei_service::revisions::{LiveRevision, RevisionError, Shelf, digest_in_force, in_force, load, make};
use jorei_service::shadow::{self, Report};
use jorei_service::value_states::unconfirmed;
use jorei_store::acts::Verdict;
use jorei_store::decisions::NewDecision;
use jorei_store::{Store, StoreError};
use jorei_tests::office::{Office, TODAY, VENDOR, now};
use jorei_tests::{built, length, postgresql, runtime, sqlite};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

static RUNTIME: LazyLock<Arc<Runtime>> = LazyLock::new(runtime);

const YEAR: i32 = 2025;
const ON: Date = Date::new(YEAR, 4, 1);
const WHOLE: (Date, Date) = (Date::new(2019, 4, 1), Date::new(2027, 4, 1));

fn asahikawa() -> Municipality {
    Municipality::parse("012041").unwrap()
}

fn ordinance() -> String {
    std::fs::read_to_string(built::repository().join("plugins/premium/ordinances/012041.toml")).unwrap()
}

/// The same ordinance with each part rounded to 10 yen in place of 100.
fn amended() -> String {
    let text = ordinance();
    let amended = text.replace("part_rounding = { unit_yen = 100,", "part_rounding = { unit_yen = 10,");
    assert_ne!(text, amended);
    amended
}

async fn city(store: &Store, municipality: Municipality, households: u32) {
    let city = DemoCity { seed: 7, households };
    let assertions: Vec<_> = city.bundles().flat_map(|bundle| bundle.assertions).collect();
    store.assert_facts(municipality, TODAY, &assertions, &now().stamp("test")).await.unwrap();
}

async fn assess_with(store: &Store, live: &Arc<LiveRevision>, municipality: Municipality) -> Result<Tally, AssessError> {
    let request = Request {
        municipality,
        year: FiscalYear::new(YEAR).unwrap(),
        limits: None,
        as_of: store.latest_knowledge(municipality).await.unwrap(),
        threads: 2,
        page: 100,
        clock: jorei_tests::clock,
        today: TODAY,
        decided_on: TODAY,
        by: "test".into(),
    };
    assess(store, live, &request, &AtomicBool::new(false), |_| {}).await
}

fn plan(revision: Digest, (from, until): (Date, Date)) -> Plan {
    Plan { revision, from, until, reason: "test".into(), rollback: false, emergency: false, checkers: 1, eligible: Vec::new() }
}

fn rollback(revision: Digest, emergency: bool) -> Plan {
    Plan { rollback: true, emergency, ..plan(revision, WHOLE) }
}

fn shadow_of(candidate: Digest) -> shadow::Request {
    shadow::Request { municipality: asahikawa(), candidate, on: ON, sample: None, threads: 2 }
}

async fn run_shadow(store: &Store, candidate: Digest) -> Report {
    let stamp = now().stamp("tanaka");
    let kept = shadow::run(store, &RUNTIME, &shadow_of(candidate), &stamp, TODAY, |_, _| {}).await.unwrap();
    serde_json::from_str(&kept.content).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_activations_and_rollbacks_fail_no_case_and_mix_no_revision() {
    let (one, _folder) = sqlite().await;
    let two = postgresql().await;
    for store in [one, two] {
        let office = Office::found(&store, asahikawa()).await;
        let first = office.premium(&store, &RUNTIME, &ordinance()).await;
        let second = office.premium(&store, &RUNTIME, &amended()).await;
        office.activate(&store, &RUNTIME, first, WHOLE).await;
        let households = u32::try_from(length::of(4_000)).unwrap();
        city(&store, asahikawa(), households).await;
        let shelf = Arc::new(Shelf::new(store.clone(), Arc::clone(&RUNTIME)));
        let done = Arc::new(AtomicBool::new(false));
        let made = Arc::new(AtomicU64::new(0));
        let deciders: Vec<_> = (0..3)
            .map(|worker: i64| {
                let (store, shelf, done, made) = (store.clone(), Arc::clone(&shelf), Arc::clone(&done), Arc::clone(&made));
                tokio::spawn(async move {
                    let mut household = worker;
                    while !done.load(Ordering::Relaxed) {
                        // Each worker has households of its own, over and over.
                        household = (household + 3) % i64::from(households);
                        let decided = decide_again(&store, &shelf, HouseholdId(household + 1)).await;
                        made.fetch_add(u64::from(decided), Ordering::Relaxed);
                    }
                })
            })
            .collect();
        for swap in 0..100 {
            let target = if swap % 2 == 0 { second } else { first };
            let plan = if swap < 2 { plan(target, WHOLE) } else { rollback(target, false) };
            let act = activate(&store, &RUNTIME, asahikawa(), &office.tanaka, plan, &now()).await.unwrap();
            office.approve(&store, act).await;
        }
        done.store(true, Ordering::Relaxed);
        for decider in deciders {
            decider.await.unwrap();
        }
        let made = made.load(Ordering::Relaxed);
        assert!(made > 100, "only {made} cases were decided meanwhile");
        // Every decision names one of the two, and comes out again to its bytes under it.
        let mut named = BTreeSet::new();
        let mut replayed = 0;
        for household in 1..=i64::from(households) {
            for stored in store.decision_history(asahikawa(), Slot::Premium.word(), ON, HouseholdId(household)).await.unwrap() {
                assert!([first, second].contains(&stored.decision.revision));
                named.insert(stored.decision.revision);
                let again = replay(&store, &RUNTIME, asahikawa(), &stored).await.unwrap();
                assert_eq!(again.differs, None, "household {household} version {}", stored.version);
                replayed += 1;
            }
        }
        assert_eq!(named.len(), 2, "the swaps met decisions of both revisions");
        assert_eq!(replayed, made, "no case was dropped");
    }
}

/// Decides one household under whatever is in force, as a server would for a request. Some numbers
/// have nobody living there in that year.
async fn decide_again(store: &Store, shelf: &Shelf, household: HouseholdId) -> bool {
    let as_of = store.latest_knowledge(asahikawa()).await.unwrap();
    let live = shelf.in_force(asahikawa(), Slot::Premium, ON, as_of).await.unwrap();
    let Some(stored) = store.case(asahikawa(), Slot::Premium, household, ON, as_of).await.unwrap() else { return false };
    let history = store.decision_history(asahikawa(), Slot::Premium.word(), ON, household).await.unwrap();
    let before = history.last();
    let made = decide(&live, asahikawa(), household, stored.case, before.map(|before| before.id)).unwrap();
    assert!(!matches!(made.decision.outcome, Outcome::Failed(_)));
    let version = before.map_or(1, |before| before.version + 1);
    let new = NewDecision {
        decision: made.decision,
        version,
        knowledge: as_of,
        decided_on: TODAY,
        fuel: made.fuel,
        amount: None,
        recorded_at: now().at,
    };
    store.save_decisions(&[new.pack().unwrap()], &now().stamp("test")).await.unwrap();
    true
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_in_force_before_a_second_person_signed() {
    let (store, _folder) = sqlite().await;
    let office = Office::found(&store, asahikawa()).await;
    let first = office.premium(&store, &RUNTIME, &ordinance()).await;
    let latest = async || store.latest_knowledge(asahikawa()).await.unwrap();
    let in_force = async || digest_in_force(&store, asahikawa(), Slot::Premium, ON, latest().await).await;
    assert!(matches!(in_force().await, Err(RevisionError::NotInForce { .. })), "a revision that was made is not in force");
    let act = activate(&store, &RUNTIME, asahikawa(), &office.tanaka, plan(first, WHOLE), &now()).await.unwrap();
    assert!(matches!(in_force().await, Err(RevisionError::NotInForce { .. })), "an act that was made is not in effect");
    let own = sign(&store, asahikawa(), &office.tanaka, act, Verdict::Approve, &now()).await.unwrap_err();
    assert!(own.to_string().contains("tanaka"), "{own}");
    assert!(in_force().await.is_err());
    office.approve(&store, act).await;
    assert_eq!(in_force().await.unwrap(), first);
    let twice = sign(&store, asahikawa(), &office.suzuki, act, Verdict::Approve, &now()).await;
    assert!(twice.is_err(), "one person signs once");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_case_date_has_its_own_revision_and_an_emergency_rollback_stays_open() {
    let (store, _folder) = sqlite().await;
    let office = Office::found(&store, asahikawa()).await;
    let first = office.premium(&store, &RUNTIME, &ordinance()).await;
    let second = office.premium(&store, &RUNTIME, &amended()).await;
    office.activate(&store, &RUNTIME, first, WHOLE).await;
    let dates = (Date::new(2025, 4, 1), Date::new(2026, 4, 1));
    // Nobody goes back to what never was, and going forward is no emergency.
    let never = activate(&store, &RUNTIME, asahikawa(), &office.tanaka, Plan { rollback: true, ..plan(second, dates) }, &now()).await;
    assert!(matches!(never, Err(ActivationError::NeverInForce { .. })));
    let hasty = activate(&store, &RUNTIME, asahikawa(), &office.tanaka, Plan { emergency: true, ..plan(second, dates) }, &now()).await;
    assert!(matches!(hasty, Err(ActivationError::NoEmergency)));
    let beyond = (Date::new(2026, 4, 1), Date::new(2028, 4, 1));
    let refused = activate(&store, &RUNTIME, asahikawa(), &office.tanaka, plan(second, beyond), &now()).await;
    assert!(matches!(refused, Err(ActivationError::DoesNotHold { on, .. }) if on == Date::new(2027, 4, 1)));

    office.activate(&store, &RUNTIME, second, dates).await;
    let at = async |on: Date| {
        let latest = store.latest_knowledge(asahikawa()).await.unwrap();
        digest_in_force(&store, asahikawa(), Slot::Premium, on, latest).await.unwrap()
    };
    assert_eq!(at(Date::new(2024, 4, 1)).await, first, "last year's case is decided by last year's revision");
    assert_eq!(at(ON).await, second);
    assert_eq!(at(Date::new(2026, 4, 1)).await, first);
    let known = store.latest_knowledge(asahikawa()).await.unwrap();

    let act = activate(&store, &RUNTIME, asahikawa(), &office.tanaka, rollback(first, true), &now()).await.unwrap();
    assert_eq!(at(ON).await, first, "at once");
    let stored = store.act(asahikawa(), act).await.unwrap().unwrap();
    assert!(stored.is_open() && stored.act.emergency && stored.effect_at.is_some());
    office.approve(&store, act).await;
    assert!(!store.act(asahikawa(), act).await.unwrap().unwrap().is_open());
    assert_eq!(digest_in_force(&store, asahikawa(), Slot::Premium, ON, known).await.unwrap(), second, "as it was known then");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shadow_run_counts_what_an_independent_count_finds() {
    let (store, _folder) = sqlite().await;
    let office = Office::found(&store, asahikawa()).await;
    let first = office.premium(&store, &RUNTIME, &ordinance()).await;
    let second = office.premium(&store, &RUNTIME, &amended()).await;
    office.activate(&store, &RUNTIME, first, WHOLE).await;
    city(&store, asahikawa(), 300).await;
    let live = Arc::new(load(&store, &RUNTIME, asahikawa(), first).await.unwrap());
    assess_with(&store, &live, asahikawa()).await.unwrap();

    let same = run_shadow(&store, first).await;
    assert_eq!((same.equal, same.changed, same.refused, same.failed), (same.cases, 0, 0, 0));
    assert!(same.most_changed.is_empty() && same.cases > 250);

    let report = run_shadow(&store, second).await;
    // The count by another way: each decision's case, singly, from the records.
    let candidate = load(&store, &RUNTIME, asahikawa(), second).await.unwrap();
    let latest = store.latest_knowledge(asahikawa()).await.unwrap();
    let (mut equal, mut changed, mut then, mut after, mut largest) = (0, 0, 0, 0, 0);
    for stored in store.decisions_page(asahikawa(), Slot::Premium.word(), ON, None, 1_000).await.unwrap() {
        let case = store.case(asahikawa(), Slot::Premium, stored.decision.household, ON, latest).await.unwrap().unwrap().case;
        let run = candidate.rule.decide(&candidate.question(ON), Cases(vec![case])).unwrap();
        if run.outcome == stored.decision.outcome {
            equal += 1
        } else {
            changed += 1
        }
        let total = |outcome: &Outcome| outcome.figure("premium", "total_yen").unwrap_or(0);
        then += total(&stored.decision.outcome);
        after += total(&run.outcome);
        largest = largest.max((total(&run.outcome) - total(&stored.decision.outcome)).abs());
    }
    assert_eq!((report.equal, report.changed), (equal, changed));
    assert_eq!(report.parts["total_yen"], (then, after));
    assert!(after > then, "rounding down to 10 in place of 100 yen takes less off");
    let told = report.most_changed.first().unwrap();
    assert_eq!((told.after_yen.unwrap() - told.before_yen.unwrap()).abs(), largest);
    assert!(told.difference.contains('+') && told.difference.contains('-'), "{}", told.difference);
    assert_eq!(report.histogram.iter().sum::<u64>(), report.cases - not_decided(&store).await);
    assert_eq!(report.compared.keys().collect::<Vec<_>>(), [&first.to_string()]);

    // Whoever approves sees it.
    let act = activate(&store, &RUNTIME, asahikawa(), &office.tanaka, plan(second, WHOLE), &now()).await.unwrap();
    let shown = store.act(asahikawa(), act).await.unwrap().unwrap().act.shown;
    for word in ["並行検証", "part_rounding", "unit_yen = 10,", &first.to_string(), &second.to_string()] {
        assert!(shown.contains(word), "{word} is not in:\n{shown}");
    }
}

async fn not_decided(store: &Store) -> u64 {
    let page = store.decisions_page(asahikawa(), Slot::Premium.word(), ON, None, 1_000).await.unwrap();
    page.iter().filter(|stored| !matches!(stored.decision.outcome, Outcome::Decided { .. })).count() as u64
}

#[tokio::test(flavor = "multi_thread")]
async fn a_candidate_that_asks_for_more_is_run_from_the_records_as_known_then() {
    let (store, _folder) = sqlite().await;
    let office = Office::found(&store, asahikawa()).await;
    let toy = std::fs::read(built::rule("toy")).unwrap();
    let manifest = std::fs::read_to_string(built::repository().join("tests/toy/rule.toml")).unwrap();
    let toy = office.add(&store, &RUNTIME, &office.package(&toy, &manifest)).await;
    let written = std::fs::read_to_string(built::repository().join("tests/toy/ordinance.toml")).unwrap();
    let toy = make(&store, &RUNTIME, asahikawa(), toy, &written, &now(), "tanaka").await.unwrap();
    office.activate(&store, &RUNTIME, toy, WHOLE).await;
    city(&store, asahikawa(), 60).await;
    let live = load(&store, &RUNTIME, asahikawa(), toy).await.unwrap();
    let latest = store.latest_knowledge(asahikawa()).await.unwrap();
    let mut cases = 0;
    for stored in store.cases(asahikawa(), Slot::Premium, None, 1_000, ON, latest).await.unwrap() {
        let made = decide(&live, asahikawa(), stored.household, stored.case, None).unwrap();
        assert!(made.decision.evidence.given.iter().all(|given| given.kind != Kind::Property.name()));
        let new = NewDecision {
            decision: made.decision,
            version: 1,
            knowledge: latest,
            decided_on: TODAY,
            fuel: made.fuel,
            amount: None,
            recorded_at: now().at,
        };
        store.save_decisions(&[new.pack().unwrap()], &now().stamp("test")).await.unwrap();
        cases += 1;
    }
    let candidate = office.premium(&store, &RUNTIME, &ordinance()).await;
    let report = run_shadow(&store, candidate).await;
    assert_eq!((report.cases, report.from_records), (cases, cases));
    assert!(report.text().contains("当時の台帳"), "and it is said");
    let act = activate(&store, &RUNTIME, asahikawa(), &office.tanaka, plan(candidate, WHOLE), &now()).await.unwrap();
    let shown = store.act(asahikawa(), act).await.unwrap().unwrap().act.shown;
    let asked = shown.lines().find(|line| line.contains("新たに求める記録")).unwrap();
    assert!(asked.contains("property") && !asked.contains("incomes"), "{asked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revision_that_keeps_failing_is_paused_and_nothing_switches_by_itself() {
    let (store, _folder) = sqlite().await;
    let office = Office::found(&store, asahikawa()).await;
    let good = office.premium(&store, &RUNTIME, &ordinance()).await;
    office.activate(&store, &RUNTIME, good, WHOLE).await;
    let guest = std::fs::read(built::guest("failing")).unwrap();
    let manifest = "id = \"guest\"\nversion = \"1.0.0\"\nvendor = \"jorei\"\nslot = \"premium\"\nwit = \"1.0.0\"\nrecords = [\"persons\"]\ncapabilities = []\n";
    let guest = office.add(&store, &RUNTIME, &office.package(&guest, manifest)).await;
    let failing = make(&store, &RUNTIME, asahikawa(), guest, &ordinance(), &now(), "tanaka").await.unwrap();
    office.activate(&store, &RUNTIME, failing, WHOLE).await;
    city(&store, asahikawa(), 250).await;
    let live = Arc::new(load(&store, &RUNTIME, asahikawa(), failing).await.unwrap());
    let error = assess_with(&store, &live, asahikawa()).await.unwrap_err();
    assert!(matches!(error, AssessError::Paused { revision, last_good: Some(last), .. } if revision == failing && last == good), "{error}");

    let latest = store.latest_knowledge(asahikawa()).await.unwrap();
    let refused = in_force(&store, &RUNTIME, asahikawa(), Slot::Premium, ON, latest).await.map(|_| ()).unwrap_err();
    assert!(matches!(refused, RevisionError::Paused { last_good: Some(last), .. } if last == good), "{refused}");
    let year = FiscalYear::new(YEAR).unwrap();
    let waiting = queue(&store, asahikawa(), year).await.unwrap();
    let made = store.decisions_of_revision(failing, None, None, 1_000).await.unwrap();
    assert!((50..=100).contains(&made.len()), "one page was decided and kept: {}", made.len());
    assert_eq!(waiting.iter().filter(|item| item.waiting == Waiting::Failed).count(), made.len(), "the page that failed");
    assert!(waiting.iter().filter(|item| item.waiting == Waiting::Paused).count() > 100, "and everybody who was not reached");

    let act = activate(&store, &RUNTIME, asahikawa(), &office.tanaka, rollback(good, true), &now()).await.unwrap();
    office.approve(&store, act).await;
    let latest = store.latest_knowledge(asahikawa()).await.unwrap();
    let live = Arc::new(in_force(&store, &RUNTIME, asahikawa(), Slot::Premium, ON, latest).await.unwrap());
    let tally = assess_with(&store, &live, asahikawa()).await.unwrap();
    assert_eq!((tally.failed, tally.unchanged), (0, 0), "everybody is decided again by the good one");
    let left = queue(&store, asahikawa(), year).await.unwrap();
    assert!(left.iter().all(|item| item.waiting == Waiting::Refused));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_becomes_sourced_by_two_people_and_in_no_other_way() {
    let (store, _folder) = sqlite().await;
    let office = Office::found(&store, asahikawa()).await;
    let first = office.premium(&store, &RUNTIME, &ordinance()).await;
    office.activate(&store, &RUNTIME, first, WHOLE).await;
    let kept = store.revision(asahikawa(), first).await.unwrap().unwrap();
    let open = unconfirmed(&ordinance());
    assert!(!open.is_empty());

    let by_hand = ordinance().replace("state = \"assumed\"", "state = \"sourced\"");
    let refused = make(&store, &RUNTIME, asahikawa(), kept.rule, &by_hand, &now(), "tanaka").await;
    assert!(matches!(refused, Err(RevisionError::Raised(paths)) if paths == open), "a draft may not raise a state");

    let what = (open.as_slice(), "条例第12条（試験）");
    let (act, result) = confirm(&store, asahikawa(), &office.tanaka, kept.ordinance, what, &now()).await.unwrap();
    let confirmed = store.ordinance(asahikawa(), result).await.unwrap().unwrap();
    let early = make(&store, &RUNTIME, asahikawa(), kept.rule, &confirmed, &now(), "tanaka").await;
    assert!(matches!(early, Err(RevisionError::Raised(_))), "not before the second person signed");
    office.approve(&store, act).await;
    let settled = make(&store, &RUNTIME, asahikawa(), kept.rule, &confirmed, &now(), "tanaka").await.unwrap();

    city(&store, asahikawa(), 60).await;
    let live = Arc::new(load(&store, &RUNTIME, asahikawa(), first).await.unwrap());
    let tally = assess_with(&store, &live, asahikawa()).await.unwrap();
    assert!(tally.provisional > 0);
    let report = run_shadow(&store, settled).await;
    assert_eq!((report.changed, report.refused, report.failed), (0, 0, 0), "a confirmed value changes no amount");
    assert!(report.state_only > 0, "but what it means: provisional decisions become decided ones");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_signs_a_confirmation_of_another_text_or_an_account_under_a_new_key() {
    let (store, _folder) = sqlite().await;
    let office = Office::found(&store, asahikawa()).await;
    let first = office.premium(&store, &RUNTIME, &ordinance()).await;
    let ordinance = store.revision(asahikawa(), first).await.unwrap().unwrap().ordinance;
    let propose_value = async |path: &str, result: Digest| {
        let confirmation = Confirmation { ordinance, path: path.into(), source: "条例".into(), result };
        let changes = based(&store, asahikawa(), vec![Change::Value(confirmation)]).await.unwrap();
        let shown = "端数処理の値の確認".to_owned();
        let proposal = Proposal { changes, reason: "試験".into(), shown, checkers: 1, eligible: Vec::new(), emergency: false };
        propose(&store, asahikawa(), &office.tanaka, proposal, &now()).await.unwrap()
    };
    // A maker's program of its own shows one thing and names another text, or a path that has nothing open.
    let other = store.save_ordinance(asahikawa(), &amended(), &now().stamp("tanaka")).await.unwrap();
    for (path, result) in [("rounding[0]", other), ("medical[0]", ordinance), ("nowhere[0]", ordinance)] {
        let act = propose_value(path, result).await;
        let refused = sign(&store, asahikawa(), &office.suzuki, act, Verdict::Approve, &now()).await;
        assert!(matches!(refused, Err(ActsError::Unfaithful { .. })), "{path}: {refused:?}");
        sign(&store, asahikawa(), &office.suzuki, act, Verdict::Reject, &now()).await.unwrap();
    }
    assert!(store.states(asahikawa(), "value").await.unwrap().is_empty());

    let key = jorei_tests::office::key().public.to_string();
    let renewed = Account { name: "suzuki".into(), key, from: Date::new(2026, 4, 1), until: Date::new(2027, 4, 1) };
    let changes = based(&store, asahikawa(), vec![Change::Account(renewed)]).await.unwrap();
    let proposal = Proposal { changes, reason: "試験".into(), shown: String::new(), checkers: 1, eligible: Vec::new(), emergency: false };
    let refused = propose(&store, asahikawa(), &office.tanaka, proposal, &now()).await;
    assert!(matches!(refused, Err(ActsError::NewKey(name)) if name == "suzuki"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_city_begins_while_the_first_is_assessed_and_neither_sees_the_other() {
    let (one, _folder) = sqlite().await;
    let two = postgresql().await;
    let adachi = Municipality::parse("131211").unwrap();
    for store in [one, two] {
        let office = Office::found(&store, asahikawa()).await;
        let first = office.premium(&store, &RUNTIME, &ordinance()).await;
        office.activate(&store, &RUNTIME, first, WHOLE).await;
        city(&store, asahikawa(), u32::try_from(length::of(8_000)).unwrap()).await;
        let live = Arc::new(load(&store, &RUNTIME, asahikawa(), first).await.unwrap());
        let assessing = {
            let (store, live) = (store.clone(), Arc::clone(&live));
            tokio::spawn(async move { assess_with(&store, &live, asahikawa()).await.unwrap() })
        };
        let text = std::fs::read_to_string(built::repository().join("plugins/premium/ordinances/examples/adachi-2025.toml")).unwrap();
        let text = text.replacen(&municipality_line(&text), "municipality = \"131211\"", 1);
        let other = Office::found(&store, adachi).await;
        let wrong = {
            let rule = other.add(&store, &RUNTIME, &other.package(&std::fs::read(built::rule("premium")).unwrap(), &manifest())).await;
            make(&store, &RUNTIME, adachi, rule, &ordinance(), &now(), "tanaka").await
        };
        assert!(matches!(wrong, Err(RevisionError::OtherMunicipality { .. })));
        let second = other.premium(&store, &RUNTIME, &text).await;
        other.activate(&store, &RUNTIME, second, (Date::new(2025, 4, 1), Date::new(2026, 4, 1))).await;
        city(&store, adachi, 40).await;
        let latest = store.latest_knowledge(adachi).await.unwrap();
        let there = Arc::new(in_force(&store, &RUNTIME, adachi, Slot::Premium, ON, latest).await.unwrap());
        let tally = assess_with(&store, &there, adachi).await.unwrap();
        assert_eq!((tally.failed, tally.faults), (0, 0));
        let first_tally = assessing.await.unwrap();
        assert_eq!((first_tally.failed, first_tally.faults), (0, 0));

        // Neither sees the other.
        assert!(store.revision(adachi, first).await.unwrap().is_none() && store.revision(asahikawa(), second).await.unwrap().is_none());
        assert!(matches!(
            in_force(&store, &RUNTIME, adachi, Slot::Premium, Date::new(2024, 4, 1), latest).await,
            Err(RevisionError::NotInForce { .. })
        ));
        for (whose, revision, households) in [(asahikawa(), first, first_tally.households), (adachi, second, tally.households)] {
            let made = store.decisions_of_revision(revision, None, None, 100_000).await.unwrap();
            assert!(made.iter().all(|decision| decision.municipality == whose));
            assert_eq!(made.len() as u64, households);
            assert!(store.audit_verify(whose, &[], |_| {}).await.unwrap().is_empty());
        }
        // Tanaka of one city is nobody in the other, though both are called so.
        let amended = office.premium(&store, &RUNTIME, &amended()).await;
        let own = activate(&store, &RUNTIME, asahikawa(), &office.tanaka, plan(amended, WHOLE), &now()).await.unwrap();
        let foreign = sign(&store, asahikawa(), &other.suzuki, own, Verdict::Approve, &now()).await.map(|_| ());
        assert!(foreign.is_err(), "the other city's key signed here: {foreign:?}");
    }
}

fn municipality_line(text: &str) -> String {
    text.lines().find(|line| line.starts_with("municipality")).unwrap().to_owned()
}

fn manifest() -> String {
    jorei_tests::office::premium_manifest()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_narrowed_grant_stops_the_rule_and_old_decisions_still_replay() {
    let (store, _folder) = sqlite().await;
    let office = Office::found(&store, asahikawa()).await;
    let first = office.premium(&store, &RUNTIME, &ordinance()).await;
    office.activate(&store, &RUNTIME, first, WHOLE).await;
    city(&store, asahikawa(), 20).await;
    let live = Arc::new(load(&store, &RUNTIME, asahikawa(), first).await.unwrap());
    assess_with(&store, &live, asahikawa()).await.unwrap();
    let mut narrower = jorei_tests::office::everything("premium");
    narrower.records.retain(|record| record != "incomes");
    office.change(&store, vec![Change::Grant(narrower)]).await;
    let refused = load(&store, &RUNTIME, asahikawa(), first).await.map(|_| ()).unwrap_err();
    assert!(refused.to_string().contains("incomes"), "{refused}");
    for stored in store.decisions_page(asahikawa(), Slot::Premium.word(), ON, None, 100).await.unwrap() {
        assert_eq!(replay(&store, &RUNTIME, asahikawa(), &stored).await.unwrap().differs, None);
    }
    let gone = office.change(
        &store,
        vec![Change::Grant(jorei_domain::act::Granted {
            vendor: VENDOR.into(),
            rule: "premium".into(),
            records: Vec::new(),
            capabilities: Vec::new(),
        })],
    );
    gone.await;
    assert!(matches!(load(&store, &RUNTIME, asahikawa(), first).await, Err(RevisionError::Rule(_))));
    let _: Result<(), StoreError> = Ok(());
}
