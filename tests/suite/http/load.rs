//! Decisions under load while the law is changed under them.

use jorei_domain::id::{Digest, HouseholdId};
use jorei_domain::slot::Slot;
use jorei_service::replay::replay_under;
use jorei_service::revisions::load_for_replay;
use jorei_store::Store;
use jorei_tests::city_hall::{CityHall, Client, Database, WHOLE, YEAR};
use jorei_tests::length;
use reqwest::StatusCode;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::watch;

/// Activations and rollbacks, in the short run too: one hundred are what is promised.
const SWAPS: u64 = 100;

/// Clients that decide, each its own households.
const CLIENTS: i64 = 4;

/// What the clients and whoever changes the law know of each other.
struct Scene {
    /// Twice the changes that are through, and one more while one is under way.
    swaps: AtomicU64,
    /// Decisions answered, by client.
    answered: Vec<watch::Sender<u64>>,
    over: AtomicBool,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_changes_of_the_law_fail_no_request_and_no_decision_is_of_two_laws_on_sqlite() {
    changes_under_load(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_changes_of_the_law_fail_no_request_and_no_decision_is_of_two_laws_on_postgres() {
    changes_under_load(Database::Postgres).await;
}

async fn changes_under_load(database: Database) {
    let households = i64::try_from(length::of(400)).unwrap();
    let hall = Arc::new(CityHall::new(database, u32::try_from(households).unwrap()).await);
    let service = hall.serve().await;
    // In a larger city some households are empty in the year.
    let as_of = hall.store.latest_knowledge(hall.municipality).await.unwrap();
    let cases = hall.store.cases(hall.municipality, Slot::Premium, None, u32::MAX, WHOLE.0, as_of).await.unwrap();
    let inhabited: Vec<i64> = cases.iter().map(|case| case.household.0).filter(|household| *household <= households).collect();
    let answered = (0..CLIENTS).map(|_| watch::Sender::new(0)).collect();
    let scene = Arc::new(Scene { swaps: AtomicU64::new(0), answered, over: AtomicBool::new(false) });
    let mut deciders = Vec::new();
    for number in 0..CLIENTS {
        let client = hall.client(&service, if number % 2 == 0 { "assessment" } else { "system" }).await;
        let own: Vec<i64> = inhabited.iter().copied().filter(|household| household % CLIENTS == number).collect();
        deciders.push(tokio::spawn(decide(client, own, number, hall.revisions, Arc::clone(&scene))));
    }
    let (maker, signer) = (hall.client(&service, "rules").await, hall.client(&service, "rules-2").await);
    for swap in 0..SWAPS {
        let (revision, rollback) = if swap % 2 == 0 { (hall.revisions[1], swap % 4 == 2) } else { (hall.revisions[0], true) };
        scene.swaps.fetch_add(1, Ordering::SeqCst);
        // Some through the service, some beside it: another process of the same office.
        if swap % 4 < 2 {
            over_http(&hall, &maker, &signer, revision, rollback).await;
        } else {
            hall.activate(revision, rollback).await;
        }
        scene.swaps.fetch_add(1, Ordering::SeqCst);
        // Every client decides under it: the one under way when it came, and one more.
        for answered in &scene.answered {
            let mut follow = answered.subscribe();
            let before = *follow.borrow();
            while *follow.borrow_and_update() < before + 2 {
                assert!(deciders.iter().all(|decider| !decider.is_finished()), "a client gave up; its own message says why");
                // Wakes up for a client that ended as well.
                let _ = tokio::time::timeout(Duration::from_secs(5), follow.changed()).await;
            }
        }
    }
    scene.over.store(true, Ordering::SeqCst);
    let (mut told, mut certain) = (BTreeMap::new(), 0);
    for decider in deciders {
        let (own, sure) = decider.await.unwrap();
        told.extend(own);
        certain += sure;
    }
    // Each client answered at least one request that began after a change and ended before the next.
    assert!(certain >= SWAPS * CLIENTS.unsigned_abs(), "{certain} answers lay between two changes");
    assert_eq!(hall.findings().await, Vec::<String>::new());
    let counts = replay_all(&hall, &told, households).await;
    assert!(counts.iter().all(|count| *count >= SWAPS / 2), "both revisions decided: {counts:?}");
    assert_eq!(counts.iter().sum::<u64>(), told.len() as u64, "what was told is what is recorded");
    let (decision, _) = told.iter().next().unwrap();
    let clerk = hall.client(&service, "assessment").await;
    assert_eq!(clerk.get(&format!("/decisions/{decision}/replay")).await.json()["same"], true);
    assert!(service.end("TERM").await.success());
}

/// Decides households again and again until it is over. Answers every decision with its revision, and how many
/// requests lay wholly between two changes of the law (those must name the revision that held then).
async fn decide(client: Client, own: Vec<i64>, number: i64, revisions: [Digest; 2], scene: Arc<Scene>) -> (BTreeMap<String, String>, u64) {
    let (mut told, mut certain) = (BTreeMap::new(), 0);
    for household in own.iter().cycle() {
        if scene.over.load(Ordering::SeqCst) {
            break;
        }
        let before = scene.swaps.load(Ordering::SeqCst);
        let answer = client.post(&format!("/households/{household}/decisions"), &json!({ "year": YEAR })).await;
        let after = scene.swaps.load(Ordering::SeqCst);
        assert!(matches!(answer.status, StatusCode::OK | StatusCode::CREATED), "{} {}", answer.status, answer.text());
        let body = answer.json();
        let revision = body["revision"].as_str().unwrap().to_owned();
        assert!(revisions.iter().any(|one| one.to_string() == revision), "{revision} was never in force");
        if before == after && before.is_multiple_of(2) {
            let in_force = revisions[usize::from(before / 2 % 2 == 1)];
            assert_eq!(revision, in_force.to_string(), "after {} changes", before / 2);
            certain += 1;
        }
        let decision = body["decision"].as_str().unwrap().to_owned();
        assert_eq!(told.entry(decision).or_insert_with(|| revision.clone()), &revision, "one decision, one revision");
        scene.answered[usize::try_from(number).unwrap()].send_modify(|count| *count += 1);
    }
    (told, certain)
}

/// Puts a revision in force through the service.
async fn over_http(hall: &CityHall, maker: &Client, signer: &Client, revision: Digest, rollback: bool) {
    let kind = if rollback { "rollback" } else { "activation" };
    let (from, until) = (WHOLE.0.to_string(), WHOLE.1.to_string());
    let asked = json!({ "kind": kind, "revision": revision.to_string(), "from": from, "until": until, "reason": "改正" });
    let prepared = maker.post("/acts/prepared", &asked).await;
    assert_eq!(prepared.status, StatusCode::CREATED, "{}", prepared.text());
    let act = prepared.json()["act"].as_str().unwrap().to_owned();
    let made = maker.post("/acts", &json!({ "act": act, "signature": hall.signature("rules", "make", &act) })).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let said = json!({ "verdict": "approve", "signature": hall.signature("rules-2", "approve", &act) });
    let signed = signer.post(&format!("/acts/{act}/signatures"), &said).await;
    assert_eq!(signed.json()["in_effect"], true, "{}", signed.text());
}

/// Replays every decision of the city to its bytes, holds its versions against each other, and what is recorded
/// against what was told. Answers how many each revision made.
async fn replay_all(hall: &CityHall, told: &BTreeMap<String, String>, households: i64) -> [u64; 2] {
    let load = async |store: &Store, revision| load_for_replay(store, &hall.runtime, hall.municipality, revision).await.unwrap();
    let live = [load(&hall.store, hall.revisions[0]).await, load(&hall.store, hall.revisions[1]).await];
    let mut counts = [0, 0];
    for household in 1..=households {
        let history = hall.store.decision_history(hall.municipality, Slot::Premium.word(), WHOLE.0, HouseholdId(household)).await.unwrap();
        let mut before = None;
        for (version, stored) in (1..).zip(&history) {
            assert_eq!((stored.version, stored.decision.supersedes), (version, before), "household {household}");
            before = Some(stored.id);
            assert_eq!(told.get(&stored.id.to_string()), Some(&stored.decision.revision.to_string()), "as it was told");
            let which = hall.revisions.iter().position(|revision| *revision == stored.decision.revision).unwrap();
            assert_eq!(replay_under(&live[which], stored).unwrap().differs, None, "household {household}, version {version}");
            counts[which] += 1;
        }
    }
    counts
}
