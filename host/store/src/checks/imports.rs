//! What learning a set at once, importing and withdrawing promise.

use super::acts::enact;
use super::{LEARNT, assertion, born, case, day, income, member, office, stamp};
use crate::addresses::Address;
use crate::contacts::{Contact, ContactRole};
use crate::imports::Done;
use crate::learning::Learnt;
use crate::names::Name;
use crate::{Store, StoreError};
use jorei_domain::act::{Change, Withdrawal};
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, HouseholdId, Knowledge, Municipality, PersonId};
use jorei_domain::record::{Case, Kind};
use jorei_domain::slot::Slot;

/// Every check of this file.
pub async fn check(store: &Store) {
    check_all_or_nothing(store).await;
    check_twice(store).await;
    check_withdrawal(store).await;
    check_withdrawals_of_two(store).await;
}

/// A row in every table of this file.
pub(super) async fn fill(store: &Store, office: Municipality) {
    let learnt = Learnt { contacts: vec![contact(1, ContactRole::Mailing, "送付先", "2025-01-01", "")], ..Learnt::default() };
    let set = Digest::of(b"filled");
    let import = store.import(office, LEARNT, (set, "{}"), &learnt, &stamp()).await.unwrap().knowledge();
    withdraw(store, office, import, set).await;
}

fn contact(person: i64, role: ContactRole, name: &str, from: &str, until: &str) -> Contact {
    let until = if until.is_empty() { Date::MAX } else { day(until) };
    let address = if name.is_empty() { "" } else { "二番地" };
    Contact { person: PersonId(person), role, name: name.into(), address: address.into(), postcode: None, from: day(from), until }
}

fn name(person: i64, name: &str) -> Name {
    Name { person: PersonId(person), name: name.into(), kana: "カナ".into(), latin: None, alias: Some("通称".into()) }
}

fn address(person: i64, address: &str) -> Address {
    Address { person: PersonId(person), address: address.into(), postcode: None }
}

async fn withdraw(store: &Store, office: Municipality, import: Knowledge, set: Digest) -> Knowledge {
    enact(store, office, &[Change::Withdrawal(Withdrawal { import, set })]).await;
    let done = store.withdraw(office, import, LEARNT, &stamp()).await.unwrap();
    assert!(matches!(done, Done::Now(_)), "{done:?}");
    done.knowledge()
}

/// What the office knows of some households and persons: cases of every slot and year, names, addresses, contacts.
async fn known(store: &Store, office: Municipality, as_of: Knowledge) -> (Vec<Option<(Case, Vec<PersonId>)>>, Vec<String>) {
    let (mut cases, mut texts) = (Vec::new(), Vec::new());
    for slot in Slot::ALL {
        for year in 2023..2028 {
            for household in 1..4 {
                let stored = store.case(office, slot, HouseholdId(household), Date::new(year, 4, 1), as_of).await.unwrap();
                cases.push(stored.map(|stored| (stored.case, stored.people)));
            }
        }
    }
    for person in (1..8).map(PersonId) {
        texts.push(format!("{:?}", store.name(office, person, as_of).await.unwrap()));
        texts.push(format!("{:?}", store.address(office, person, as_of).await.unwrap()));
        for on in ["2024-12-31", "2025-01-01", "2025-06-01", "2026-01-01"] {
            texts.push(format!("{:?}", store.contacts(office, person, day(on), as_of).await.unwrap()));
        }
    }
    (cases, texts)
}

/// What was learnt before the import in these checks.
fn before() -> Learnt {
    Learnt {
        assertions: vec![
            born(1, "1980-01-01"),
            member(1, 1, "2000-01-01", ""),
            born(2, "1982-01-01"),
            member(2, 1, "2010-01-01", ""),
            income(1, 2024, 100),
            income(1, 2025, 100),
            assertion(1, Kind::Deaths, "2025-05-01", "", Some(vec![])),
            assertion(2, Kind::Unemployment, "2025-02-01", "", Some(vec![11, 0])),
        ],
        names: vec![name(1, "甲"), name(2, "乙")],
        addresses: vec![address(1, "一番地")],
        contacts: vec![contact(1, ContactRole::Guardian, "後見人", "2024-01-01", "2025-06-01")],
    }
}

/// An import that touches everything of it, and somebody new.
fn imported() -> Learnt {
    Learnt {
        assertions: vec![
            // Moves out in the middle of what was open, and back.
            member(2, 2, "2025-02-01", "2025-08-01"),
            income(1, 2024, 200),
            income(1, 2025, 100),
            // The death was an error, and the leaving of work was on another day.
            assertion(1, Kind::Deaths, "2025-05-01", "", None),
            assertion(2, Kind::Unemployment, "2025-03-01", "", Some(vec![12, 1])),
            born(3, "1990-01-01"),
            member(3, 2, "2025-02-01", ""),
            income(3, 2024, 300),
        ],
        names: vec![name(2, "乙改"), name(3, "丙")],
        addresses: vec![address(1, "三番地"), address(3, "三番地")],
        contacts: vec![
            contact(1, ContactRole::Guardian, "新後見人", "2025-01-01", ""),
            contact(3, ContactRole::Mailing, "送付先", "2025-01-01", ""),
        ],
    }
}

/// A set is learnt under one number or not at all.
async fn check_all_or_nothing(store: &Store) {
    let office = office(120);
    let first = store.learn(office, LEARNT, &before(), &stamp()).await.unwrap();
    let known_before = known(store, office, first).await;
    // The second name of a person fails in the database, behind the facts' checks.
    let twice = Learnt { names: vec![name(1, "甲"), name(1, "甲")], ..imported() };
    assert!(store.learn(office, LEARNT, &twice, &stamp()).await.is_err());
    let nothing = Learnt { contacts: vec![contact(1, ContactRole::Heirs, "相続人", "2025-01-01", "2025-01-01")], ..imported() };
    assert!(matches!(store.learn(office, LEARNT, &nothing, &stamp()).await, Err(StoreError::Contact { .. })));
    let bad = Learnt { assertions: vec![born(4, "1980-01-01"), member(0, 1, "2000-01-01", "")], ..imported() };
    assert!(matches!(store.learn(office, LEARNT, &bad, &stamp()).await, Err(StoreError::Assertion { index: 1, .. })));
    assert_eq!(store.latest_knowledge(office).await.unwrap(), first);
    assert_eq!(known(store, office, first).await, known_before);
    assert_eq!(store.audit_verify(office, &[], |_| {}).await.unwrap(), []);
    assert_eq!(store.learn(office, LEARNT, &imported(), &stamp()).await.unwrap(), Knowledge(first.0 + 1));
    assert_eq!(store.audit_verify(office, &[], |_| {}).await.unwrap(), []);
}

/// The same set is not learnt twice; once it is withdrawn it can be again.
async fn check_twice(store: &Store) {
    let office = office(121);
    let set = Digest::of(b"a set");
    let import = store.import(office, LEARNT, (set, "{}"), &imported(), &stamp()).await.unwrap();
    let Done::Now(import) = import else { panic!("{import:?}") };
    assert_eq!(store.import(office, LEARNT, (set, "{}"), &imported(), &stamp()).await.unwrap(), Done::Before(import));
    assert_eq!(store.import_of(office, set).await.unwrap(), Some(import));
    withdraw(store, office, import, set).await;
    assert_eq!(store.import_of(office, set).await.unwrap(), None);
    let again = store.import(office, LEARNT, (set, "{}"), &imported(), &stamp()).await.unwrap();
    assert!(matches!(again, Done::Now(_)), "{again:?}");
    assert_eq!(known(store, office, again.knowledge()).await, known(store, office, import).await);
    let imports = store.imports(office, 9).await.unwrap();
    assert_eq!(imports.iter().map(|import| import.withdrawn.is_some()).collect::<Vec<_>>(), [false, true]);
}

/// A withdrawal restores what would hold without the import, what was learnt after it included; earlier knowledge still
/// shows the import. Only an act in effect makes one, and only once.
async fn check_withdrawal(store: &Store) {
    let (with, without) = (office(122), office(123));
    let after = Learnt {
        assertions: vec![
            // Overrides a part of what was imported, and says something new.
            member(2, 3, "2025-07-01", ""),
            income(3, 2024, 400),
            income(2, 2024, 500),
        ],
        names: vec![name(3, "丙改")],
        contacts: vec![contact(1, ContactRole::Guardian, "", "2025-03-01", "2025-04-01")],
        ..Learnt::default()
    };
    let set = Digest::of(b"a set");
    for office in [with, without] {
        store.learn(office, LEARNT, &before(), &stamp()).await.unwrap();
    }
    let import = store.import(with, LEARNT, (set, "{\"persons\":1}"), &imported(), &stamp()).await.unwrap().knowledge();
    for office in [with, without] {
        store.learn(office, LEARNT, &after, &stamp()).await.unwrap();
    }
    let (latest, plain) = (store.latest_knowledge(with).await.unwrap(), store.latest_knowledge(without).await.unwrap());
    let (shown, expected) = (known(store, with, latest).await, known(store, without, plain).await);
    assert_ne!(shown, expected);
    let refused = store.withdraw(with, import, LEARNT, &stamp()).await;
    assert!(matches!(refused, Err(StoreError::Import { .. })), "{refused:?}");
    assert!(matches!(store.withdraw(with, Knowledge(99), LEARNT, &stamp()).await, Err(StoreError::Import { .. })));
    // An act on another set does not do it.
    enact(store, with, &[Change::Withdrawal(Withdrawal { import, set: Digest::of(b"another") })]).await;
    assert!(matches!(store.withdraw(with, import, LEARNT, &stamp()).await, Err(StoreError::Import { .. })));
    let effects = store.without_import(with, import).await.unwrap();
    assert!(!effects.is_empty());
    let restored = withdraw(store, with, import, set).await;
    assert_eq!(known(store, with, restored).await, expected);
    assert_eq!(known(store, with, latest).await, shown);
    assert_eq!(store.withdraw(with, import, LEARNT, &stamp()).await.unwrap(), Done::Before(restored));
    assert!(store.without_import(with, import).await.unwrap().is_empty());
    assert_eq!(store.import_set(with, import).await.unwrap().unwrap().withdrawn, Some(restored));
    assert_eq!(store.audit_verify(with, &[], |_| {}).await.unwrap(), []);
    // Nobody was anybody before the import: case(…) of household 2 shows only what was learnt since.
    assert!(case(store, with, 2, "2025-04-01", restored).await.is_none());
}

/// Two imports over each other are withdrawn in either order, and nothing of either is left.
async fn check_withdrawals_of_two(store: &Store) {
    for (number, first_to_go) in [(124, 0), (125, 1)] {
        let office = office(number);
        let base = store.learn(office, LEARNT, &before(), &stamp()).await.unwrap();
        let expected = known(store, office, base).await;
        let sets = [Digest::of(b"one"), Digest::of(b"two")];
        let one = store.import(office, LEARNT, (sets[0], "{}"), &imported(), &stamp()).await.unwrap().knowledge();
        let second = Learnt {
            assertions: vec![income(1, 2024, 900), member(2, 3, "2024-01-01", "2026-01-01"), member(3, 3, "2025-03-01", "")],
            names: vec![name(2, "乙再"), name(3, "丙再")],
            addresses: vec![address(3, "四番地")],
            contacts: vec![contact(1, ContactRole::Guardian, "別人", "2024-06-01", "2026-01-01")],
        };
        let two = store.import(office, LEARNT, (sets[1], "{}"), &second, &stamp()).await.unwrap().knowledge();
        let imports = [one, two];
        withdraw(store, office, imports[first_to_go], sets[first_to_go]).await;
        let left = withdraw(store, office, imports[1 - first_to_go], sets[1 - first_to_go]).await;
        assert_eq!(known(store, office, left).await, expected, "withdrawn first: {first_to_go}");
    }
}
