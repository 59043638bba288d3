//! What settlements promise, and the lists of what waits.

use super::acts::tamper;
use super::{CASE_ON, LEARNT, assertion, member, office, packed, some_revision, stamp};
use crate::settlements::{Applied, Matter, Settlement};
use crate::{Store, StoreError};
use jorei_domain::decision::Failure;
use jorei_domain::id::{DecisionId, Digest, HouseholdId, Municipality, PersonId};
use jorei_domain::record::Kind;
use jorei_domain::table::ABSENT;

/// Every check of this file.
pub async fn check(store: &Store) {
    check_once_and_the_latest_only(store).await;
    check_races(store).await;
    check_what_waits(store).await;
    check_applications(store).await;
    check_chain(store).await;
}

/// A row in the table of this file, beside the decision of household 1.
pub(super) async fn fill(store: &Store, office: Municipality) {
    store.save_settlement(office, &settlement(1, Matter::Notice(1)), &stamp()).await.unwrap();
}

fn settlement(household: i64, matter: Matter) -> Settlement {
    Settlement {
        ordinal: 0,
        slot: "premium".into(),
        on: CASE_ON,
        household: HouseholdId(household),
        matter,
        way: "handed_to_vendor".into(),
        reason: "ベンダーへ連絡済み".into(),
        by: stamp().by,
        at: stamp().at,
    }
}

/// Decides a household again; answers the id.
async fn decided(
    store: &Store,
    office: Municipality,
    revision: Digest,
    household: i64,
    version: i64,
    before: Option<Digest>,
) -> DecisionId {
    // Another failure each time, so that each is another decision.
    let failure = if version % 2 == 0 { Failure::Fuel } else { Failure::Trap };
    let one = packed(office, revision, household, version, failure, before);
    store.save_decisions(std::slice::from_ref(&one), &stamp()).await.unwrap();
    one.id()
}

async fn waiting(store: &Store, office: Municipality) -> Vec<(i64, String)> {
    let cases = store.waiting_cases(office, "premium", CASE_ON, &["refused", "failed"], None, 100).await.unwrap();
    cases.into_iter().map(|case| (case.household.0, case.since)).collect()
}

/// A decision is settled once, only while it is the latest, and the one after it waits anew.
async fn check_once_and_the_latest_only(store: &Store) {
    let office = office(190);
    let revision = some_revision(store, office).await;
    let first = decided(store, office, revision, 1, 1, None).await;
    let second = decided(store, office, revision, 1, 2, Some(first)).await;
    let refused = |result: crate::Result<i64>, word: &str| match result {
        Err(StoreError::Settlement { household, wrong }) => assert!(household == HouseholdId(1) && wrong.contains(word), "{wrong}"),
        other => panic!("{other:?}"),
    };
    for old in [first, Digest::of(b"no decision")] {
        refused(store.save_settlement(office, &settlement(1, Matter::Decision(old)), &stamp()).await, "not the latest");
    }
    let other_slot = Settlement { slot: "exemption".into(), ..settlement(1, Matter::Decision(second)) };
    refused(store.save_settlement(office, &other_slot, &stamp()).await, "not the latest");
    assert_eq!(waiting(store, office).await.len(), 1);
    let matter = Matter::Decision(second);
    assert_eq!(store.save_settlement(office, &settlement(1, matter), &stamp()).await.unwrap(), 1);
    refused(store.save_settlement(office, &settlement(1, matter), &stamp()).await, "already");
    assert!(store.is_settled(office, matter).await.unwrap() && !store.is_settled(office, Matter::Decision(first)).await.unwrap());
    assert_eq!(waiting(store, office).await, []);
    let kept = Settlement { ordinal: 1, ..settlement(1, matter) };
    assert_eq!(store.settlements_of(office, CASE_ON, HouseholdId(1)).await.unwrap(), std::slice::from_ref(&kept));
    assert_eq!(store.settlements(office, CASE_ON, 0, 10).await.unwrap(), [kept]);
    assert_eq!(store.settlements(office, CASE_ON, 1, 10).await.unwrap(), []);

    let third = decided(store, office, revision, 1, 3, Some(second)).await;
    assert_eq!(waiting(store, office).await.len(), 1, "decided anew, it waits anew");
    assert_eq!(store.save_settlement(office, &settlement(1, Matter::Decision(third)), &stamp()).await.unwrap(), 2);
}

/// Of several clerks who settle one thing at once, one does.
async fn check_races(store: &Store) {
    let office = office(191);
    let revision = some_revision(store, office).await;
    let id = decided(store, office, revision, 1, 1, None).await;
    let clerks: Vec<_> = (0..6)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.save_settlement(office, &settlement(1, Matter::Decision(id)), &stamp()).await.is_ok() })
        })
        .collect();
    let mut settled = 0;
    for clerk in clerks {
        settled += i32::from(clerk.await.unwrap());
    }
    assert_eq!(settled, 1);
}

/// Pages by household, statuses as asked for, and since the first of the decisions that wait in a row.
async fn check_what_waits(store: &Store) {
    let office = office(192);
    let revision = some_revision(store, office).await;
    for household in [5, 3, 9] {
        let first = decided(store, office, revision, household, 1, None).await;
        decided(store, office, revision, household, 2, Some(first)).await;
    }
    for (version, at) in [(1, "2025-06-01T00:00:00Z"), (2, "2025-07-01T00:00:00Z")] {
        let set = format!("UPDATE decision SET recorded_at = '{at}' WHERE municipality = {} AND version = {version}", office.number());
        tamper(store, "decision", set).await;
    }
    let good = format!("UPDATE decision SET status = 'decided' WHERE municipality = {} AND version = 1 AND household = 9", office.number());
    tamper(store, "decision", good).await;
    let (june, july) = ("2025-06-01T00:00:00Z".to_owned(), "2025-07-01T00:00:00Z".to_owned());
    assert_eq!(waiting(store, office).await, [(3, june.clone()), (5, june), (9, july.clone())], "9 was decided in between");
    let page = store.waiting_cases(office, "premium", CASE_ON, &["failed"], Some(HouseholdId(3)), 1).await.unwrap();
    assert_eq!(page.iter().map(|case| case.household.0).collect::<Vec<_>>(), [5]);
    assert_eq!(store.waiting_cases(office, "premium", CASE_ON, &["refused"], None, 9).await.unwrap(), []);
    assert_eq!(store.waiting_cases(office, "exemption", CASE_ON, &["failed"], None, 9).await.unwrap(), []);
    assert_eq!(store.unsettled_by_status(office, "premium", CASE_ON).await.unwrap(), [("failed".to_owned(), 3)]);
    store.save_settlement(office, &settlement(5, Matter::Decision(page[0].id)), &stamp()).await.unwrap();
    assert_eq!(store.unsettled_by_status(office, "premium", CASE_ON).await.unwrap(), [("failed".to_owned(), 2)]);
    // Settled, then decided again: since that decision.
    decided(store, office, revision, 5, 3, Some(page[0].id)).await;
    assert_eq!(waiting(store, office).await[1], (5, "2025-06-10T09:00:00+09:00".to_owned()));
}

/// Who applied of the year, and was not decided about since.
async fn check_applications(store: &Store) {
    let office = office(193);
    let applied = |person: i64, year: i64| {
        let mut values = vec![ABSENT; Kind::Applications.fields().len()];
        values[..3].copy_from_slice(&[year, 1, 1]);
        assertion(person, Kind::Applications, "2025-09-01", "", Some(values))
    };
    let lives = [member(1, 10, "2020-04-01", ""), member(2, 20, "2020-04-01", ""), member(3, 30, "2020-04-01", "")];
    store.assert_facts(office, LEARNT, &lives, &stamp()).await.unwrap();
    let newest = store.assert_facts(office, LEARNT, &[applied(3, 2025), applied(1, 2025), applied(2, 2024)], &stamp()).await.unwrap();
    let one = |household, person| Applied { household: HouseholdId(household), person: PersonId(person), newest };
    assert_eq!(store.applied_since(office, CASE_ON, None, 10).await.unwrap(), [one(10, 1), one(30, 3)]);
    assert_eq!(store.applied_since(office, CASE_ON, Some(HouseholdId(10)), 10).await.unwrap(), [one(30, 3)]);
    assert_eq!(store.applied_since(office, CASE_ON, None, 1).await.unwrap(), [one(10, 1)]);
}

/// The chain vouches for a settlement: one that is gone, changed or written past it is found.
async fn check_chain(store: &Store) {
    for (number, sql, what) in [
        (194, "UPDATE settlement SET way = 'kept_as_is' WHERE municipality = $", "settlement 1"),
        (195, "DELETE FROM settlement WHERE municipality = $", "settlement 1"),
        (
            196,
            "INSERT INTO settlement SELECT municipality, 2, slot, case_on, household, 'notice:2', version, way, reason, by_whom, at FROM settlement WHERE municipality = $",
            "settlement",
        ),
    ] {
        let office = office(number);
        let revision = some_revision(store, office).await;
        let id = decided(store, office, revision, 1, 1, None).await;
        store.save_settlement(office, &settlement(1, Matter::Decision(id)), &stamp()).await.unwrap();
        assert_eq!(store.audit_verify(office, &[], |_| ()).await.unwrap(), []);
        let entry = store.audit_entries(office, 0, 99).await.unwrap().pop().unwrap().entry;
        assert_eq!((entry.kind.as_str(), entry.subject.as_str()), ("settlement", "settlement 1"));
        tamper(store, "settlement", sql.replace('$', &office.number().to_string())).await;
        let broken = store.audit_verify(office, &[], |_| ()).await.unwrap();
        assert!(broken.len() == 1 && broken[0].to_string().contains(what), "{sql}: {broken:?}");
    }
}
