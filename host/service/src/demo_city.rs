//! A city that does not exist, for demonstrations, training and measurements: made up from a
//! seed, the same on every machine, with every special case an assessment must get right.
//!
//! # The mix
//! The size follows the city of the mission: about 330,000 residents, of whom about 42,000
//! households with 62,000 to 65,000 persons are in the National Health Insurance. The shape
//! follows the general published picture of that insurance in Japan: some four or five of ten
//! insured are 65 to 74, most households are one person, a third to two fifths get 70 per cent
//! off, few reach the caps. **The figures are approximations of ours**, stated as weights in
//! `demo_city/compose.rs` and `demo_city/special.rs`; no person, household or income is real, and
//! nothing here may be read as a statistic.
//!
//! # The records
//! They stand as of 1 June 2026 and reach back so that FY2019 to FY2026 can be assessed: incomes
//! of 2018 to 2025, memberships and qualifications with their histories. Households that left
//! before FY2019 are not there and the others joined one by one, so earlier years have fewer. A
//! household that nobody insured is left in stays to the end of the fiscal year and goes.
//!
//! # The year of change
//! [`DemoCity::changes`] is what an office would learn of the city in a fiscal year, day by day: late
//! joiners and leavers, corrected incomes, deaths, splits, applications. It is laid over the registers
//! above, never part of them. How often what happens is a weight of ours as well
//! (`demo_city/changes.rs`).
//!
//! Households are numbered from 1, persons from 1 with gaps. A household depends on the seed and
//! its number only: the first hundred of a large city are a city of one hundred.

mod addresses;
pub mod benefits;
mod changes;
pub mod claims;
mod compose;
mod dice;
mod household;
mod income;
mod names;
pub mod receipts;
mod special;

pub use changes::{Change, ChangeKind};
pub use special::Special;

use compose::{compose, earn};
use dice::Dice;
use household::{Draft, FIRST_FISCAL, HORIZON, REFERENCE, ended_by};
use jorei_domain::calendar::Date;
use jorei_domain::id::{HouseholdId, PersonId};
use jorei_store::addresses::Address;
use jorei_store::facts::Assertion;
use jorei_store::names::Name;
use std::collections::{BTreeMap, BTreeSet};

/// Of so many households one has a person to protect.
const PROTECT_EVERY: u32 = 500;

/// Which city to make up.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct DemoCity {
    /// Another seed is another city.
    pub seed: u64,
    /// How many households; the numbers run from 1.
    pub households: u32,
}

impl Default for DemoCity {
    fn default() -> DemoCity {
        DemoCity { seed: 1, households: 42_000 }
    }
}

/// One household: what the registers hold of it, how its people are called, and what is special.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Bundle {
    /// Its number. A member who moves out of it has a second household, with a number beyond any
    /// city's.
    pub household: HouseholdId,
    /// In an order in which they can be asserted.
    pub assertions: Vec<Assertion>,
    /// One per person.
    pub names: Vec<Name>,
    /// One per person; made up.
    pub addresses: Vec<Address>,
    /// A person to be protected for practice (支援措置): by an act, like any other.
    pub protect: Option<PersonId>,
    /// The special cases it is.
    pub special: BTreeSet<Special>,
    /// Persons insured on 1 April 2025.
    pub insured: u32,
    /// Of these, persons of 65 and over.
    pub insured_65: u32,
}

/// How much of what a city has.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Mix {
    /// Households counted.
    pub households: u64,
    /// Persons, insured or not.
    pub persons: u64,
    /// Assertions.
    pub assertions: u64,
    /// Persons insured on 1 April 2025.
    pub insured: u64,
    /// Of these, persons of 65 and over.
    pub insured_65: u64,
    /// Households that are each special case; a case that none is, is not listed.
    pub special: BTreeMap<Special, u64>,
}

impl Mix {
    /// Counts one more household.
    pub fn count(&mut self, bundle: &Bundle) {
        self.households += 1;
        self.persons += bundle.names.len() as u64;
        self.assertions += bundle.assertions.len() as u64;
        self.insured += u64::from(bundle.insured);
        self.insured_65 += u64::from(bundle.insured_65);
        for special in &bundle.special {
            *self.special.entry(*special).or_default() += 1;
        }
    }

    /// How many households are a special case.
    pub fn of(&self, special: Special) -> u64 {
        self.special.get(&special).copied().unwrap_or(0)
    }
}

impl DemoCity {
    /// The households in the order of their numbers, made one at a time.
    pub fn bundles(&self) -> impl Iterator<Item = Bundle> + use<> {
        let DemoCity { seed, households } = *self;
        (1..=households).map(move |household| bundle(seed, household))
    }

    /// Hands the city over in chunks of so many households (at least one): first their assertions,
    /// then their names. Stops at the first error.
    ///
    /// # Errors
    /// That of `chunk`.
    pub fn generate<E>(&self, size: usize, mut chunk: impl FnMut(Vec<Assertion>, Vec<Name>) -> Result<(), E>) -> Result<Mix, E> {
        let mut mix = Mix::default();
        let mut bundles = self.bundles().peekable();
        while bundles.peek().is_some() {
            let (mut assertions, mut names) = (Vec::new(), Vec::new());
            for bundle in bundles.by_ref().take(size.max(1)) {
                mix.count(&bundle);
                assertions.extend(bundle.assertions);
                names.extend(bundle.names);
            }
            chunk(assertions, names)?;
        }
        Ok(mix)
    }
}

/// One household of a city.
fn bundle(seed: u64, household: u32) -> Bundle {
    drafted(seed, household).1
}

/// The same, with the household as it was made up.
fn drafted(seed: u64, household: u32) -> (Draft, Bundle) {
    let dice = &mut Dice::of(seed, household);
    let (make, mut draft) = compose(dice, household);
    try_specials(&mut draft, dice, special::EARLY);
    // A birth date is no turn in the history.
    draft.turned = false;
    draft.settle(dice);
    draft.grow_old();
    earn(dice, make, &mut draft);
    try_specials(&mut draft, dice, special::LATE);
    note_who_lives_there(&mut draft);
    let on_reference = |draft: &Draft, from: i64| {
        let counted = draft.residents.iter().filter(|resident| resident.insured_on(REFERENCE) && resident.age() >= from);
        u32::try_from(counted.count()).unwrap_or(u32::MAX)
    };
    let bundle = Bundle {
        household: HouseholdId(draft.household),
        assertions: draft.assertions(dice),
        names: names_of(&draft, dice),
        // After everything else, so that the throws before stay what they were.
        addresses: addresses::addresses_of(&draft, dice),
        protect: household.is_multiple_of(PROTECT_EVERY).then(|| draft.person(0)),
        insured: on_reference(&draft, i64::MIN),
        insured_65: on_reference(&draft, 65),
        special: draft.special.clone(),
    };
    (draft, bundle)
}

fn try_specials(draft: &mut Draft, dice: &mut Dice, tried: &[(Special, i64, special::Make)]) {
    for (special, per_10_000, make) in tried {
        if dice.chance(*per_10_000) && make(draft, dice) {
            draft.special.insert(*special);
        }
    }
}

/// Notes the special cases that follow from who is left in the end.
fn note_who_lives_there(draft: &mut Draft) {
    let insured = draft.residents.iter().filter(|resident| resident.insured_on(REFERENCE)).count();
    for resident in &draft.residents {
        if let Some((from, until)) = resident.former.filter(|(from, until)| *from <= REFERENCE && REFERENCE < *until) {
            debug_assert!(from < until && from < HORIZON);
            draft.special.insert(match (insured, REFERENCE) {
                (1, day) if from.plus_years(5) > day => Special::FormerMemberYears1To5,
                (1, day) if from.plus_years(8) > day => Special::FormerMemberYears6To8,
                (1, _) => Special::FormerMemberBeyond,
                _ => Special::FormerMemberAmongSeveral,
            });
        }
        let turned = |span: &household::Insured| span.ended_by == ended_by::LATE_ELDERLY && span.until >= Date::new(FIRST_FISCAL, 4, 1);
        if resident.insured.iter().any(turned) {
            draft.special.insert(Special::Turned75);
        }
        if resident.insured_on(REFERENCE) && resident.age() < 18 {
            draft.special.insert(Special::Under18);
            if resident.age() < 6 {
                draft.special.insert(Special::Preschool);
            }
        }
    }
}

fn names_of(draft: &Draft, dice: &mut Dice) -> Vec<Name> {
    let family = names::Family::throw(dice, draft.foreign);
    let member = |(i, resident): (usize, &household::Resident)| {
        let (name, kana, latin) = family.member(dice, resident.female);
        Name { person: draft.person(i), name, kana, latin, alias: None }
    };
    draft.residents.iter().enumerate().map(member).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jorei_domain::record::Kind;

    const TENTH: DemoCity = DemoCity { seed: 1, households: 4_200 };

    #[test]
    fn every_special_case_occurs_in_a_tenth_of_the_city() {
        let mut mix = Mix::default();
        TENTH.bundles().for_each(|bundle| mix.count(&bundle));
        let missing: Vec<_> = Special::ALL.iter().filter(|special| mix.of(**special) == 0).collect();
        assert!(missing.is_empty(), "{missing:?} in {mix:?}");
        // About 63,000 insured in 42,000 households, near half of them 65 and over.
        assert!((5_900..6_700).contains(&mix.insured), "{mix:?}");
        assert!((40..55).contains(&(mix.insured_65 * 100 / mix.insured)), "{mix:?}");
    }

    #[test]
    fn a_household_depends_on_seed_and_number_only() {
        let small: Vec<_> = DemoCity { households: 50, ..TENTH }.bundles().collect();
        let large: Vec<_> = TENTH.bundles().take(50).collect();
        assert_eq!(small, large);
        let other: Vec<_> = DemoCity { seed: 2, ..TENTH }.bundles().take(50).collect();
        assert_ne!(small, other);
    }

    #[test]
    fn every_household_has_one_head_at_a_time_and_persons_of_its_own() {
        let mut persons = BTreeSet::new();
        for bundle in TENTH.bundles() {
            for name in &bundle.names {
                assert!(persons.insert(name.person), "{bundle:?}");
            }
            let heads: Vec<_> = bundle
                .assertions
                .iter()
                .filter(|a| a.kind == Kind::Membership && a.values.as_deref() == Some(&[1]))
                .map(|a| (a.household, a.from, a.until))
                .collect();
            for (i, a) in heads.iter().enumerate() {
                assert!(!heads[..i].iter().any(|b| a.0 == b.0 && a.1 < b.2 && b.1 < a.2), "{bundle:?}");
            }
            assert!(bundle.assertions.iter().all(|a| a.from < a.until), "{bundle:?}");
        }
    }

    #[test]
    fn everybody_has_one_address_and_a_few_households_somebody_to_protect() {
        let mut protected = Vec::new();
        for bundle in TENTH.bundles() {
            let persons = |ids: Vec<PersonId>| ids.into_iter().collect::<BTreeSet<_>>();
            let named = persons(bundle.names.iter().map(|name| name.person).collect());
            assert_eq!(persons(bundle.addresses.iter().map(|address| address.person).collect()), named);
            assert_eq!(bundle.addresses.len(), named.len());
            protected.extend(bundle.protect.filter(|person| named.contains(person)));
        }
        assert_eq!(protected.len(), 8);
    }

    #[test]
    fn chunks_hold_the_whole_city() {
        let city = DemoCity { households: 25, ..TENTH };
        let mut sizes = Vec::new();
        let mix = city
            .generate(10, |assertions, names| {
                sizes.push((assertions.len() as u64, names.len() as u64));
                Ok::<_, ()>(())
            })
            .unwrap();
        assert_eq!(sizes.len(), 3);
        assert_eq!(sizes.iter().map(|size| size.0).sum::<u64>(), mix.assertions);
        assert_eq!(sizes.iter().map(|size| size.1).sum::<u64>(), mix.persons);
    }
}
