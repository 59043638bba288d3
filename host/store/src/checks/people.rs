//! What searching, addresses, facts as a list, look-ups and the vault promise.

use super::acts::{act, enact, found, propose, sign};
use super::{LEARNT, assertion, born, day, member, office, stamp};
use crate::addresses::Address;
use crate::facts::Assertion;
use crate::names::Name;
use crate::readings::kana_key;
use crate::vault::VaultEntry;
use crate::{Store, StoreError};
use jorei_domain::act::{Change, NumberEntry};
use jorei_domain::id::{Digest, HouseholdId, Knowledge, Municipality, PersonId};
use jorei_domain::lookup::Lookup;
use jorei_domain::purpose::{Affair, CaseReference, File, Purpose};
use jorei_domain::record::Kind;

/// Every check of this file.
pub async fn check(store: &Store) {
    check_search(store).await;
    check_births(store).await;
    check_stays(store).await;
    check_known_facts(store).await;
    check_addresses(store).await;
    check_lookups(store).await;
    check_vault(store).await;
}

/// A row in every table of this file.
pub(super) async fn fill(store: &Store, office: Municipality) {
    store.save_addresses(office, LEARNT, &[address(1, "一番地")], &stamp()).await.unwrap();
    store.save_vault_entry(office, &entry(1, b"sealed", b"tag"), LEARNT, &stamp()).await.unwrap();
}

fn name(person: i64, kana: &str, latin: Option<&str>) -> Name {
    Name { person: PersonId(person), name: "名".into(), kana: kana.into(), latin: latin.map(str::to_owned), alias: None }
}

fn address(person: i64, address: &str) -> Address {
    Address { person: PersonId(person), address: address.into(), postcode: Some("000-0000".into()) }
}

fn entry(person: i64, sealed: &[u8], tag: &[u8]) -> VaultEntry {
    VaultEntry { person: PersonId(person), sealed: sealed.to_vec(), tag: tag.to_vec() }
}

fn ids(persons: &[PersonId]) -> Vec<i64> {
    persons.iter().map(|person| person.0).collect()
}

/// A reading is found by how it begins, by the present name only, page by page.
async fn check_search(store: &Store) {
    let office = office(90);
    let names = [
        name(3, "ヤマダ ハナコ", None),
        name(1, "ヤマダ タロウ", None),
        name(2, "ヤマ ジロウ", None),
        name(4, "グエン ミン", Some("NGUYEN MINH")),
    ];
    store.save_names(office, LEARNT, &names, &stamp()).await.unwrap();
    let by = |typed: &'static str, after: Option<i64>, limit| async move {
        ids(&store.persons_by_kana(office, &kana_key(typed), after.map(PersonId), limit).await.unwrap())
    };
    assert_eq!(by("やまだ", None, 9).await, [1, 3]);
    assert_eq!(by("ﾔﾏ", None, 9).await, [1, 2, 3]);
    assert_eq!(by("ヤマダハ", None, 9).await, [3]);
    assert_eq!(by("ヤマ", None, 2).await, [1, 2]);
    assert_eq!(by("ヤマ", Some(2), 2).await, [3]);
    assert_eq!(by("Nguyen m", None, 9).await, [4]);
    assert_eq!(by("グエン", None, 9).await, [4]);
    assert_eq!(by("ダ", None, 9).await, [0; 0]);
    assert_eq!(by("%", None, 9).await, [0; 0]);
    assert_eq!(by("", None, 9).await, [0; 0]);
    store.save_names(office, LEARNT, &[name(3, "サトウ ハナコ", None)], &stamp()).await.unwrap();
    assert_eq!(by("ヤマダ", None, 9).await, [1]);
    assert_eq!(by("サトウ", None, 9).await, [3]);
}

/// A birth date is found by its day, and by every day it may be.
async fn check_births(store: &Store) {
    let office = office(91);
    let between = |person, earliest: &str, latest: &str| {
        let values = vec![day(earliest).packed(), day(latest).packed()];
        assertion(person, Kind::Persons, "", "", Some(values))
    };
    let facts = [
        born(1, "1980-05-17"),
        between(2, "1980-05-01", "1980-05-31"),
        between(3, "1980-01-01", "1980-12-31"),
        born(4, "1980-05-18"),
        born(5, "1980-01-01"),
    ];
    store.assert_facts(office, LEARNT, &facts, &stamp()).await.unwrap();
    let on = |date: &'static str| async move { ids(&store.persons_by_birth(office, day(date), None, 9).await.unwrap()) };
    assert_eq!(on("1980-05-17").await, [1, 2, 3]);
    assert_eq!(on("1980-06-17").await, [3]);
    assert_eq!(on("1980-01-01").await, [3, 5]);
    assert_eq!(on("1981-05-17").await, [0; 0]);
    assert_eq!(ids(&store.persons_by_birth(office, day("1980-05-17"), Some(PersonId(1)), 1).await.unwrap()), [2]);
    let later =
        store.assert_facts(office, LEARNT, &[born(2, "1979-05-17"), assertion(4, Kind::Persons, "", "", None)], &stamp()).await.unwrap();
    assert_eq!(on("1980-05-17").await, [1, 3]);
    assert_eq!(on("1980-05-18").await, [3]);
    let birth = |person, as_of| async move { store.birth(office, PersonId(person), as_of).await.unwrap() };
    assert_eq!(birth(2, Knowledge(1)).await, Some((day("1980-05-01"), day("1980-05-31"))));
    assert_eq!(birth(2, later).await, Some((day("1979-05-17"), day("1979-05-17"))));
    assert_eq!((birth(4, later).await, birth(99, later).await), (None, None));
}

/// Who lives where on a day, as of what the office knew.
async fn check_stays(store: &Store) {
    let office = office(92);
    let before = store
        .assert_facts(
            office,
            LEARNT,
            &[member(1, 1, "2000-01-01", ""), member(2, 1, "2010-01-01", ""), member(3, 2, "2000-01-01", "")],
            &stamp(),
        )
        .await
        .unwrap();
    let moved = Assertion { values: Some(vec![0]), ..member(2, 2, "2020-01-01", "") };
    let now = store.assert_facts(office, LEARNT, &[moved], &stamp()).await.unwrap();
    let members = |household, on: &'static str, as_of| async move {
        let members = store.household_members(office, HouseholdId(household), day(on), as_of).await.unwrap();
        members.into_iter().map(|member| (member.person.0, member.head)).collect::<Vec<_>>()
    };
    assert_eq!(members(1, "2015-01-01", now).await, [(1, true), (2, true)]);
    assert_eq!(members(1, "2020-01-01", now).await, [(1, true)]);
    assert_eq!(members(1, "2020-01-01", before).await, [(1, true), (2, true)]);
    assert_eq!(members(2, "2020-01-01", now).await, [(2, false), (3, true)]);
    assert_eq!(members(2, "1999-12-31", now).await, []);
    let of = |person, on: &'static str, as_of| async move { store.households_of(office, PersonId(person), day(on), as_of).await.unwrap() };
    assert_eq!(of(2, "2019-12-31", now).await, [HouseholdId(1)]);
    assert_eq!(of(2, "2020-01-01", now).await, [HouseholdId(2)]);
    assert_eq!(of(2, "2009-12-31", now).await, []);
}

/// The list of facts has both axes, and says of each assertion whether anything of it is left.
async fn check_known_facts(store: &Store) {
    let office = office(93);
    let person = PersonId(1);
    let stay = |from: &str, until: &str, household| member(1, household, from, until);
    let event = |on: &str, values| assertion(1, Kind::Maternity, on, "", values);
    let first = [stay("2000-01-01", "", 1), event("2020-05-01", Some(vec![0, 0]))];
    let early = store.assert_facts(office, day("2025-01-10"), &first, &stamp()).await.unwrap();
    let later = [stay("2010-01-01", "", 2), stay("2000-01-01", "2010-01-01", 3), event("2020-06-01", Some(vec![0, 1]))];
    let now = store.assert_facts(office, day("2025-02-10"), &later, &stamp()).await.unwrap();
    let list = |as_of| async move { store.person_facts(office, person, as_of).await.unwrap() };
    let told: Vec<_> = list(now).await.iter().map(|fact| (fact.knowledge, fact.household.map(|h| h.0), fact.holds)).collect();
    let (old, new) = (early, now);
    assert_eq!(told, [(old, Some(1), false), (old, None, false), (new, Some(2), true), (new, Some(3), true), (new, None, true)]);
    let then = list(early).await;
    assert!(then.len() == 2 && then.iter().all(|fact| fact.holds && fact.learnt_on == day("2025-01-10")));
    assert_eq!((then[1].from, then[1].values.clone()), (day("2020-05-01"), Some(vec![0, 0])));
    assert!(store.knows_person(office, person).await.unwrap());
    assert!(!store.knows_person(office, PersonId(2)).await.unwrap());
    store.save_names(office, LEARNT, &[name(2, "カ", None)], &stamp()).await.unwrap();
    assert!(store.knows_person(office, PersonId(2)).await.unwrap());
}

/// The latest address is the one in use, and tells who lives at it; the chain holds none of it.
async fn check_addresses(store: &Store) {
    let office = office(94);
    let addresses = [address(1, "旭川市９条通９丁目１－２"), address(2, "旭川市9条通9丁目1-2"), address(3, "旭川市9条通9丁目12")];
    let first = store.save_addresses(office, LEARNT, &addresses, &stamp()).await.unwrap();
    let second = store.save_addresses(office, LEARNT, &[address(2, "札幌市")], &stamp()).await.unwrap();
    assert_eq!(store.address(office, PersonId(2), first).await.unwrap(), Some(addresses[1].clone()));
    assert_eq!(store.address(office, PersonId(2), second).await.unwrap(), Some(address(2, "札幌市")));
    assert_eq!(store.address(office, PersonId(4), second).await.unwrap(), None);
    let at = |as_of| async move { ids(&store.persons_at(office, "旭川市9条通9丁目1-2", as_of).await.unwrap()) };
    assert_eq!((at(first).await, at(second).await), (vec![1, 2], vec![1]));
    for entry in store.audit_entries(office, 0, 9).await.unwrap() {
        assert_eq!((entry.entry.kind.as_str(), entry.payload.len()), ("addresses", 16));
    }
    assert_eq!(store.audit_verify(office, &[], |_| {}).await.unwrap(), []);
}

/// Every look-up is in the chain; one of a protected person raises an alarm beside it.
async fn check_lookups(store: &Store) {
    let office = office(95);
    let purpose = Purpose { affair: Affair::Assessment, case: CaseReference::parse("R7-000123").unwrap() };
    let (persons, households) = ([PersonId(1), PersonId(2)], [HouseholdId(1)]);
    let lookup = |protected: &[i64], refused| Lookup {
        what: "search",
        purpose: Some(&purpose),
        persons: &persons,
        households: &households,
        files: &[File::Insured],
        protected: protected.iter().copied().map(PersonId).collect(),
        refused,
    };
    for (protected, refused) in [(&[][..], None), (&[2], None), (&[], Some("department")), (&[1, 2], Some("department"))] {
        store.record_lookup(office, &lookup(protected, refused), &stamp()).await.unwrap();
    }
    let kinds: Vec<String> = store.audit_entries(office, 0, 9).await.unwrap().into_iter().map(|stored| stored.entry.kind).collect();
    assert_eq!(kinds, ["lookup", "lookup", "alarm", "lookup", "lookup", "alarm"]);
    let alarms = store.alarms(office, 0, 9).await.unwrap();
    let told: Vec<_> = alarms.iter().map(|alarm| (alarm.sequence, ids(&alarm.noted.persons), alarm.noted.refused.as_deref())).collect();
    assert_eq!(told, [(3, vec![2], None), (6, vec![1, 2], Some("department"))]);
    assert!(
        alarms
            .iter()
            .all(|alarm| alarm.stamp == stamp() && alarm.noted.purpose.as_ref() == Some(&purpose) && alarm.noted.households.is_empty())
    );
    assert_eq!(store.alarms(office, 3, 9).await.unwrap(), alarms[1..]);
    assert_eq!(store.alarms(office, 0, 1).await.unwrap(), alarms[..1]);
    assert_eq!(store.audit_verify(office, &[], |_| {}).await.unwrap(), []);
}

/// An entry is in use once two people said so; then its number is nobody else's, whichever way the
/// other entry came into the vault.
async fn check_vault(store: &Store) {
    let office = office(96);
    found(store, office).await;
    let save = |entry: VaultEntry| async move { store.save_vault_entry(office, &entry, LEARNT, &stamp()).await };
    let one = save(entry(1, b"sealed for 1", b"tag")).await.unwrap();
    // Nobody's in use yet, so a second one may lie beside it.
    let two = save(entry(2, b"sealed for 2", b"tag")).await.unwrap();
    let other = save(entry(3, b"sealed for 3", b"other tag")).await.unwrap();
    assert_eq!(store.person_by_tag(office, b"tag").await.unwrap(), None);
    let number = |person, entry: Digest| Change::Number(NumberEntry { person: PersonId(person), entry });
    for wrong in [number(3, one), number(1, Digest::of(b"none"))] {
        let refused = propose(store, &act(store, office, "wrong", &[wrong]).await).await;
        assert!(matches!(refused, Err(StoreError::Vault { .. })), "{refused:?}");
    }
    // Two acts at once: the second to be signed is refused.
    let rival = propose(store, &act(store, office, "two", &[number(2, two)]).await).await.unwrap();
    enact(store, office, &[number(1, one)]).await;
    assert_eq!(store.person_by_tag(office, b"tag").await.unwrap(), Some(PersonId(1)));
    assert!(matches!(sign(store, office, rival, "suzuki").await, Err(StoreError::Vault { person: PersonId(2), .. })));
    assert!(matches!(save(entry(4, b"sealed for 4", b"tag")).await, Err(StoreError::Vault { person: PersonId(4), .. })));
    // The person's own number may be entered again, and changed; then it is free.
    save(entry(1, b"sealed again", b"tag")).await.unwrap();
    let changed = save(entry(1, b"sealed anew", b"new tag")).await.unwrap();
    enact(store, office, &[number(1, changed)]).await;
    assert_eq!(store.person_by_tag(office, b"tag").await.unwrap(), None);
    assert!(sign(store, office, rival, "suzuki").await.unwrap().in_effect);
    assert_eq!(store.person_by_tag(office, b"tag").await.unwrap(), Some(PersonId(2)));
    assert_eq!(store.vault_entry(office, other).await.unwrap(), Some(entry(3, b"sealed for 3", b"other tag")));
    assert_eq!(store.vault_entry(office, Digest::of(b"none")).await.unwrap(), None);
    assert_eq!(store.audit_verify(office, &[], |_| {}).await.unwrap(), []);
}
