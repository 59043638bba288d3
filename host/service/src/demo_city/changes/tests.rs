//! The year's changes held against the registers: day by day, from the assertions alone.

use super::*;
use jorei_domain::audit::Stamp;
use jorei_domain::id::{Municipality, PersonId};
use jorei_domain::record::Kind;
use jorei_store::Store;
use std::collections::{BTreeMap, BTreeSet};

const TOWN: DemoCity = DemoCity { seed: 1, households: 5_000 };
const YEAR: i32 = 2025;

fn year() -> FiscalYear {
    FiscalYear::new(YEAR).unwrap()
}

#[test]
fn the_same_seed_makes_the_same_year_and_a_household_depends_on_its_number_only() {
    let small: Vec<_> = DemoCity { households: 100, ..TOWN }.changes(year()).collect();
    let of_large: Vec<_> = DemoCity { households: 400, ..TOWN }.changes(year()).filter(|change| change.household.0 <= 100).collect();
    assert!(!small.is_empty());
    assert_eq!(small, of_large);
    assert_eq!(small, DemoCity { households: 100, ..TOWN }.changes(year()).collect::<Vec<_>>());
    assert_ne!(small, DemoCity { seed: 2, households: 100 }.changes(year()).collect::<Vec<_>>());
    assert_ne!(small, DemoCity { households: 100, ..TOWN }.changes(FiscalYear::new(2024).unwrap()).collect::<Vec<_>>());
}

#[test]
fn every_kind_of_change_happens_in_a_town_of_five_thousand_households() {
    let mut tally: BTreeMap<ChangeKind, usize> = BTreeMap::new();
    TOWN.changes(year()).for_each(|change| *tally.entry(change.kind).or_default() += 1);
    let missing: Vec<_> = ChangeKind::ALL.iter().filter(|kind| !tally.contains_key(kind)).collect();
    assert!(missing.is_empty(), "{missing:?} in {tally:?}");
    // Twenty to sixty thousand in the whole city of 42,000 households.
    let in_city = tally.values().sum::<usize>() * 42_000 / 5_000;
    assert!((20_000..60_000).contains(&in_city), "{in_city}: {tally:?}");
}

#[test]
fn days_come_in_order_within_the_year_and_a_household_learns_one_thing_a_day() {
    let mut last = year().first_day();
    let mut seen = BTreeSet::new();
    for change in TOWN.changes(year()) {
        assert!(last <= change.learnt_on && change.learnt_on < year().end(), "{change:?}");
        last = change.learnt_on;
        assert!(seen.insert((change.household, change.learnt_on)), "{change:?}");
        assert!(!change.told.is_empty());
        assert!(!change.assertions.is_empty() || !change.names.is_empty() || !change.addresses.is_empty(), "{change:?}");
        let persons = change.assertions.iter().map(|fact| fact.person);
        let block = |person: PersonId| (person.0 - 1) / 16 + 1 == change.household.0;
        assert!(persons.into_iter().all(block), "{change:?}");
    }
}

#[tokio::test]
async fn the_store_takes_every_assertion() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("jorei.db").to_str().unwrap()).await.unwrap();
    store.migrate().await.unwrap();
    let here = Municipality::parse("012041").unwrap();
    let stamp = Stamp { by: "tests".into(), at: "2026-06-01T00:00:00Z".into() };
    let changes: Vec<_> = DemoCity { households: 2_500, ..TOWN }.changes(year()).collect();
    let facts: Vec<_> = changes.iter().flat_map(|change| change.assertions.clone()).collect();
    let base: Vec<_> = DemoCity { households: 200, ..TOWN }.bundles().flat_map(|bundle| bundle.assertions).collect();
    store.assert_facts(here, year().first_day(), &base, &stamp).await.unwrap();
    store.assert_facts(here, year().end(), &facts, &stamp).await.unwrap();
}

/// What one assertion after the other leaves on one day: the last one that covers it.
fn on_day<'a>(facts: &[&'a Assertion], kind: Kind, day: Date) -> Option<&'a Assertion> {
    let covers = |fact: &&&Assertion| fact.kind == kind && fact.from <= day && day < fact.until;
    facts.iter().rev().find(covers).copied().filter(|fact| fact.values.is_some())
}

/// Everything asserted of each household's persons, in the order in which the office learns it.
fn histories() -> BTreeMap<HouseholdId, Vec<Assertion>> {
    let mut histories: BTreeMap<HouseholdId, Vec<Assertion>> = TOWN.bundles().map(|bundle| (bundle.household, bundle.assertions)).collect();
    for change in TOWN.changes(year()) {
        histories.get_mut(&change.household).unwrap().extend(change.assertions);
    }
    histories
}

#[test]
fn at_the_end_every_household_with_people_has_one_head_on_every_day_and_nobody_dead_is_in_it() {
    let (from, until) = (Date::new(YEAR - 1, 1, 1), Date::new(YEAR + 2, 4, 1));
    let (mut days_seen, mut deaths_seen) = (0, 0);
    for (household, all) in histories() {
        let mut persons: BTreeMap<PersonId, Vec<&Assertion>> = BTreeMap::new();
        all.iter().for_each(|fact| persons.entry(fact.person).or_default().push(fact));
        // Nothing can change but on the first and last days that some assertion names.
        let mut days: BTreeSet<Date> =
            all.iter().filter(|fact| fact.kind != Kind::Incomes).flat_map(|fact| [fact.from, fact.until]).collect();
        days.insert(from);
        for day in days.iter().flat_map(|day| [day.yesterday(), *day, day.tomorrow()]).filter(|day| from <= *day && *day < until) {
            days_seen += 1;
            let mut heads: BTreeMap<i64, (u32, u32)> = BTreeMap::new();
            for (person, facts) in &persons {
                let dead = facts.iter().rev().find(|fact| fact.kind == Kind::Deaths).is_some_and(|death| {
                    deaths_seen += 1;
                    death.values.is_some() && death.from < day
                });
                let insured = on_day(facts, Kind::Qualification, day).is_some();
                let former = on_day(facts, Kind::FormerMembership, day).is_some();
                let stay = on_day(facts, Kind::Membership, day);
                assert!(!dead || (!insured && !former && stay.is_none()), "person {person} of {household} is dead on {day}");
                assert!(!insured || !former, "person {person} of {household} is insured and a former member on {day}");
                if let Some(stay) = stay {
                    let entry = heads.entry(stay.household.unwrap().0).or_default();
                    entry.0 += 1;
                    entry.1 += u32::from(stay.values.as_ref().unwrap()[0] == 1);
                }
            }
            assert!(heads.values().all(|(_, heads)| *heads == 1), "household {household} on {day}: {heads:?} (members, heads)");
        }
    }
    assert!(days_seen > 20_000 && deaths_seen > 500, "{days_seen} days, {deaths_seen} looks at a death");
}

#[test]
fn what_was_withdrawn_or_corrected_back_leaves_the_facts_as_they_were() {
    let bundles: BTreeMap<HouseholdId, Vec<Assertion>> = TOWN.bundles().map(|bundle| (bundle.household, bundle.assertions)).collect();
    let mut looked = 0;
    let changes: Vec<_> = TOWN.changes(year()).collect();
    for back in changes.iter().filter(|change| matches!(change.kind, ChangeKind::Withdrawn | ChangeKind::CorrectionCorrected)) {
        let fact = &back.assertions[0];
        let mut before: Vec<&Assertion> = bundles[&back.household].iter().filter(|other| other.person == fact.person).collect();
        let untouched = before.clone();
        let later = changes.iter().filter(|change| change.household == back.household && change.learnt_on <= back.learnt_on);
        before.extend(later.flat_map(|change| &change.assertions).filter(|other| other.person == fact.person && other.kind == fact.kind));
        for day in [fact.from, fact.from.tomorrow(), Date::new(YEAR, 6, 1), Date::new(YEAR + 1, 3, 1), Date::new(YEAR + 1, 5, 1)] {
            let values = |facts: &[&Assertion]| on_day(facts, fact.kind, day).map(|fact| (fact.from, fact.until, fact.values.clone()));
            if fact.kind == Kind::Unemployment {
                let last = before.iter().rev().find(|other| other.kind == fact.kind).unwrap();
                assert_eq!(last.values, None, "{back:?}");
            } else {
                assert_eq!(values(&before), values(&untouched), "{back:?} on {day}");
            }
            looked += 1;
        }
    }
    assert!(looked > 100, "{looked}");
}
