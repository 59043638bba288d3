//! A household's registers as a year finds them, and the changes that are written down in it.

use super::{Change, ChangeKind};
use crate::demo_city::Bundle;
use crate::demo_city::dice::Dice;
use crate::demo_city::household::{Draft, HORIZON, Insured, Stay};
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::id::{HouseholdId, PersonId};
use jorei_domain::record::Kind;
use jorei_domain::table::ABSENT;
use jorei_store::addresses::Address;
use jorei_store::facts::Assertion;
use jorei_store::names::Name;
use std::collections::{BTreeMap, BTreeSet};

/// Where residence is registered.
pub(super) const RESIDENTS: &str = "住民基本台帳";
/// Notifications of joining and leaving.
pub(super) const NOTICE: &str = "資格異動届";

/// The values of an income, in the order of its fields, and the register.
pub(super) type Income = (Vec<i64>, String);

/// One of the household.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub person: PersonId,
    pub birth: Date,
    /// Is the birth date fully known?
    pub birth_known: bool,
    pub female: bool,
    pub stays: Vec<Stay>,
    pub insured: Vec<Insured>,
    /// Of the last time in the insurance.
    pub acquired_by: i64,
    pub former: Option<(Date, Date)>,
    pub incomes: BTreeMap<i32, Income>,
    pub property_tax: i64,
    /// Is an involuntary loss of work recorded?
    pub dismissed: bool,
    /// Is a birth recorded?
    pub confined: bool,
    pub name: Name,
    pub address: Address,
}

impl Known {
    /// The age on a day.
    pub fn age(&self, on: Date) -> i64 {
        (on.packed() - self.birth.packed()).div_euclid(10_000)
    }

    pub fn insured_on(&self, day: Date) -> bool {
        self.insured.iter().any(|span| span.from <= day && day < span.until)
    }

    /// The time in the insurance that lasts.
    pub fn lasting(&self) -> Option<&Insured> {
        self.insured.last().filter(|span| span.until == Date::MAX)
    }

    pub fn is_head(&self) -> bool {
        self.stays.last().is_some_and(|stay| stay.head)
    }

    /// Lives where they did, in or out of the insurance as before, from a day on without an end.
    fn lies_still(&self, household: i64, since: Date) -> bool {
        let [stay] = &self.stays[..] else { return false };
        let stays = stay.household == household && stay.from < since && stay.until == Date::MAX;
        let insured = match self.insured.last() {
            Some(last) => last.from < since && (last.until == Date::MAX || last.until < since),
            None => true,
        };
        let former = self.former.is_none_or(|(from, until)| from < since && until == Date::MAX);
        let birthday = self.birth.birthday(75);
        stays && insured && former && (birthday < since || birthday >= HORIZON.plus_years(2))
    }
}

/// A household, its year, and what was written down of it so far.
pub(super) struct Book {
    pub year: FiscalYear,
    pub dice: Dice,
    pub household: i64,
    pub people: Vec<Known>,
    /// Persons numbered behind those of the household, for who comes.
    pub next: usize,
    /// The pension notice that was written down, of whom.
    pub pension: Option<(PersonId, Vec<i64>)>,
    /// Whose incomes were changed.
    pub touched: BTreeSet<PersonId>,
    /// Did somebody come to the city out of this household's numbers?
    pub has_newcomers: bool,
    days: BTreeSet<Date>,
    changes: Vec<Change>,
}

impl Book {
    /// The registers of a household.
    pub fn open(draft: &Draft, bundle: &Bundle, year: FiscalYear, dice: Dice) -> Book {
        let mut people: Vec<Known> = Vec::with_capacity(draft.residents.len());
        for ((i, resident), (name, address)) in draft.residents.iter().enumerate().zip(bundle.names.iter().zip(&bundle.addresses)) {
            let person = draft.person(i);
            let of_person = bundle.assertions.iter().filter(|fact| fact.person == person && fact.kind == Kind::Incomes);
            let income = |fact: &Assertion| Some((fact.from.year(), (fact.values.clone()?, fact.source.clone())));
            people.push(Known {
                person,
                birth: resident.birth,
                birth_known: resident.birth_latest.is_none(),
                female: resident.female,
                stays: resident.stays.iter().filter(|stay| stay.from < stay.until).cloned().collect(),
                insured: resident.insured.iter().filter(|span| span.from < span.until).cloned().collect(),
                acquired_by: resident.insured.last().map_or(ABSENT, |span| resident.acquired_by(span)),
                former: resident.former.filter(|(from, until)| from < until),
                incomes: of_person.filter_map(income).collect(),
                property_tax: resident.property_tax,
                dismissed: resident.dismissal.is_some(),
                confined: !resident.confinements.is_empty(),
                name: name.clone(),
                address: address.clone(),
            });
        }
        Book {
            year,
            dice,
            household: draft.household,
            next: people.len(),
            people,
            pension: None,
            touched: BTreeSet::new(),
            has_newcomers: false,
            days: BTreeSet::new(),
            changes: Vec::new(),
        }
    }

    /// What was written down, in the order of the days.
    pub fn close(mut self) -> Vec<Change> {
        self.changes.sort_by_key(|change| change.learnt_on);
        self.changes
    }

    /// Before this day everything must have come to rest for the year to be free.
    fn still_since(&self) -> Date {
        Date::new(self.year.year() - 1, 1, 1)
    }

    /// Does the whole household lie still?
    pub fn lies_still(&self) -> bool {
        let since = self.still_since();
        self.people.iter().all(|one| one.lies_still(self.household, since)) && self.people.iter().filter(|one| one.is_head()).count() == 1
    }

    /// Does everybody but one?
    pub fn lies_still_but_for(&self, at: usize) -> bool {
        let since = self.still_since();
        self.people.iter().enumerate().all(|(i, one)| i == at || one.lies_still(self.household, since))
    }

    /// Who is the first to fit in a household that lies still.
    pub fn find(&self, fits: impl Fn(&Known) -> bool) -> Option<usize> {
        if self.lies_still() { self.people.iter().position(fits) } else { None }
    }

    pub fn head(&self) -> Option<&Known> {
        self.people.iter().find(|one| one.is_head())
    }

    /// The number of somebody who comes.
    pub fn number(&self, at: usize) -> PersonId {
        Draft::person_of(self.household, at)
    }

    /// Is somebody besides this one insured on a day?
    pub fn others_insured(&self, at: usize, on: Date) -> bool {
        self.people.iter().enumerate().any(|(i, one)| i != at && one.insured_on(on))
    }

    /// A day of the year, from so many days after its first day to so many before its end.
    pub fn day(&mut self, after: i64, before: i64) -> Date {
        let from = later(self.year.first_day(), after);
        let until = earlier(self.year.end(), before);
        self.dice.day(from, until)
    }

    /// The first day from `wanted` on, within the year, on which nothing was learnt of the household yet.
    pub fn free(&self, wanted: Date) -> Option<Date> {
        let mut day = wanted.max(self.year.first_day());
        while self.days.contains(&day) {
            day = day.tomorrow();
        }
        (day < self.year.end()).then_some(day)
    }

    /// Some days after a day, free and within the year.
    pub fn some_days_after(&mut self, event: Date, least: i64, most: i64) -> Option<Date> {
        let wanted = later(event, self.dice.within(least, most + 1));
        self.free(wanted)
    }

    /// Writes a change down.
    pub fn learn(&mut self, learnt_on: Date, kind: ChangeKind, told: String, assertions: Vec<Assertion>) {
        self.learn_with(learnt_on, kind, told, assertions, Vec::new(), Vec::new());
    }

    /// Writes a change down that has names or addresses.
    pub fn learn_with(
        &mut self,
        learnt_on: Date,
        kind: ChangeKind,
        told: String,
        assertions: Vec<Assertion>,
        names: Vec<Name>,
        addresses: Vec<Address>,
    ) {
        let fresh = self.days.insert(learnt_on);
        debug_assert!(fresh, "{kind:?} is learnt on a day that is taken");
        let household = HouseholdId(self.household);
        self.changes.push(Change { learnt_on, household, kind, assertions, names, addresses, told });
    }
}

/// So many days later.
pub(super) fn later(from: Date, days: i64) -> Date {
    (0..days).fold(from, |day, _| day.tomorrow())
}

/// So many days earlier.
pub(super) fn earlier(from: Date, days: i64) -> Date {
    (0..days).fold(from, |day, _| day.yesterday())
}

/// A day in Japanese.
pub(super) fn ja(day: Date) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

/// A fact of a person.
pub(super) fn fact(person: PersonId, kind: Kind, from: Date, until: Date, values: Vec<i64>, source: &str) -> Assertion {
    Assertion { person, kind, item: 0, from, until, household: None, values: Some(values), source: source.to_owned() }
}

/// Nothing of a kind holds from a day on.
pub(super) fn nothing(person: PersonId, kind: Kind, from: Date, source: &str) -> Assertion {
    Assertion { person, kind, item: 0, from, until: Date::MAX, household: None, values: None, source: source.to_owned() }
}

/// Lives in a household from a day on.
pub(super) fn lives(person: PersonId, household: i64, from: Date, head: bool) -> Assertion {
    let membership = fact(person, Kind::Membership, from, Date::MAX, vec![i64::from(head)], RESIDENTS);
    Assertion { household: Some(HouseholdId(household)), ..membership }
}

/// Lives nowhere in the city from a day on.
pub(super) fn lives_no_more(person: PersonId, household: i64, from: Date) -> Assertion {
    Assertion { household: Some(HouseholdId(household)), ..nothing(person, Kind::Membership, from, RESIDENTS) }
}

/// Is insured from a day on.
pub(super) fn joins(person: PersonId, from: Date, acquired_by: i64) -> Assertion {
    fact(person, Kind::Qualification, from, Date::MAX, vec![ABSENT, acquired_by], NOTICE)
}

/// Was insured until a day, for a reason.
pub(super) fn leaves(known: &Known, until: Date, ended_by: i64, source: &str) -> Vec<Assertion> {
    let Some(span) = known.insured.last().filter(|span| span.from < until) else { return Vec::new() };
    vec![
        nothing(known.person, Kind::Qualification, until, source),
        fact(known.person, Kind::Qualification, span.from, until, vec![ended_by, known.acquired_by], source),
    ]
}

/// An income of a calendar year.
pub(super) fn income(person: PersonId, year: i32, values: Vec<i64>, source: &str) -> Assertion {
    fact(person, Kind::Incomes, Date::new(year, 1, 1), Date::new(year + 1, 1, 1), values, source)
}

/// A birth date that is known.
pub(super) fn born(person: PersonId, birth: Date) -> Assertion {
    fact(person, Kind::Persons, Date::MIN, Date::MAX, vec![birth.packed(), birth.packed()], RESIDENTS)
}
