//! What reading persons one after the other promises.

use super::{LEARNT, assertion, born, income, member, office, stamp};
use crate::Store;
use crate::addresses::Address;
use crate::learning::Learnt;
use crate::names::Name;
use jorei_domain::id::{Knowledge, PersonId};
use jorei_domain::record::Kind;

/// Every check of this file.
pub async fn check(store: &Store) {
    check_pages(store).await;
    check_what_holds(store).await;
}

const ALL: (PersonId, PersonId) = (PersonId(0), PersonId(i64::MAX));

/// Everybody of whom anything is known comes once, whatever it is, page by page.
async fn check_pages(store: &Store) {
    let office = office(130);
    let name = |person| Name { person: PersonId(person), name: "名".into(), kana: "カナ".into(), latin: None, alias: None };
    let learnt = Learnt {
        assertions: vec![born(2, "1980-01-01"), member(2, 1, "2000-01-01", ""), born(5, "1980-01-01")],
        names: vec![name(1), name(2)],
        addresses: vec![Address { person: PersonId(4), address: "一番地".into(), postcode: None }],
        ..Learnt::default()
    };
    let as_of = store.learn(office, LEARNT, &learnt, &stamp()).await.unwrap();
    for limit in [1, 2, 9] {
        let (mut seen, mut after) = (Vec::new(), PersonId(0));
        loop {
            let page = store.person_records(office, (after, ALL.1), limit, as_of).await.unwrap();
            let Some(last) = page.last() else { break };
            after = last.person;
            seen.extend(page.iter().map(|record| record.person.0));
        }
        assert_eq!(seen, [1, 2, 4, 5], "{limit} at once");
    }
    assert_eq!(store.person_records(office, (PersonId(1), PersonId(4)), 9, as_of).await.unwrap().len(), 2);
    assert_eq!(store.person_records(office, ALL, 9, Knowledge(0)).await.unwrap(), []);
    assert_eq!(store.count_persons(office, as_of).await.unwrap(), 2);
}

/// What was said otherwise later is cut away; years stay years though they say the same.
async fn check_what_holds(store: &Store) {
    let office = office(131);
    let facts = [
        member(1, 1, "2000-01-01", ""),
        member(1, 2, "2010-01-01", "2011-01-01"),
        income(1, 2023, 100),
        income(1, 2024, 100),
        assertion(1, Kind::Deaths, "2025-05-01", "", Some(vec![])),
        assertion(1, Kind::Deaths, "2025-05-02", "", Some(vec![])),
    ];
    let as_of = store.assert_facts(office, LEARNT, &facts, &stamp()).await.unwrap();
    let records = store.person_records(office, ALL, 9, as_of).await.unwrap();
    let text = |kind: Kind| {
        let facts = records[0].facts.iter().filter(|fact| fact.kind == kind);
        facts.map(|fact| format!("{} {}", fact.from, fact.household.map_or(0, |household| household.0))).collect::<Vec<_>>()
    };
    assert_eq!(text(Kind::Membership), ["2000-01-01 1", "2010-01-01 2", "2011-01-01 1"]);
    assert_eq!(text(Kind::Incomes), ["2023-01-01 0", "2024-01-01 0"]);
    assert_eq!(text(Kind::Deaths), ["2025-05-02 0"]);
}
