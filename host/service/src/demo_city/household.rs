//! A household while it is made up, and the assertions that a register would hold of it.

use super::dice::Dice;
use super::income::{FIRST_YEAR, LAST_YEAR, NOT_REQUIRED, PENDING, Plan};
use super::special::Special;
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::id::{HouseholdId, PersonId};
use jorei_domain::record::Kind;
use jorei_domain::table::ABSENT;
use jorei_store::facts::Assertion;
use std::collections::BTreeSet;

/// Ages and the mix are stated for this day.
pub(super) const REFERENCE: Date = Date::new(2025, 4, 1);
/// The registers stand as of this day: nothing later has happened.
pub(super) const HORIZON: Date = Date::new(2026, 6, 1);
/// The first fiscal year whose cases are complete.
pub(super) const FIRST_FISCAL: i32 = 2019;
/// The last one.
pub(super) const LAST_FISCAL: i32 = 2026;
/// Person numbers of one household follow each other; the next household starts this much later.
const PERSONS_PER_HOUSEHOLD: i64 = 16;

/// Codes of `qualification.ended_by`, in the order of its words.
pub(super) mod ended_by {
    pub const LOST_ON_DAY: i64 = 0;
    pub const EMPLOYEES_INSURANCE: i64 = 1;
    pub const DEATH: i64 = 2;
    pub const LATE_ELDERLY: i64 = 3;
    pub const MOVED_OUT: i64 = 4;
    pub const PUBLIC_ASSISTANCE: i64 = 5;
    pub const NHI_SOCIETY: i64 = 6;
}

/// Codes of `qualification.acquired_by`, in the order of its words.
pub(super) mod acquired_by {
    pub const MOVED_IN: i64 = 0;
    pub const EMPLOYEES_INSURANCE_LOST: i64 = 1;
    pub const BORN: i64 = 2;
}

/// Living in a household.
#[derive(Clone, Debug)]
pub(super) struct Stay {
    pub from: Date,
    pub until: Date,
    pub household: i64,
    pub head: bool,
}

/// Being insured by the city.
#[derive(Clone, Debug)]
pub(super) struct Insured {
    pub from: Date,
    pub until: Date,
    pub ended_by: i64,
}

/// A birth, or its due date.
#[derive(Clone, Debug)]
pub(super) struct Confinement {
    pub on: Date,
    pub multiple: bool,
    pub after_birth: bool,
}

/// Leaving work involuntarily.
#[derive(Clone, Debug)]
pub(super) struct Dismissal {
    pub on: Date,
    pub reason_code: i64,
    pub holder: i64,
}

/// A person of the household.
#[derive(Clone, Debug)]
pub(super) struct Resident {
    pub birth: Date,
    /// The last possible birth date, where the register knows no day; `birth` is then the first.
    pub birth_latest: Option<Date>,
    pub female: bool,
    /// Insured by the city at some time; else by an employer, or past 75.
    pub in_nhi: bool,
    pub stays: Vec<Stay>,
    pub insured: Vec<Insured>,
    pub former: Option<(Date, Date)>,
    pub plan: Plan,
    pub confinements: Vec<Confinement>,
    pub dismissal: Option<Dismissal>,
    pub property_tax: i64,
}

impl Resident {
    /// Somebody of an age on the reference day.
    pub fn aged(dice: &mut Dice, age: i64, in_nhi: bool) -> Resident {
        let birth = dice.birth(age, REFERENCE);
        Resident::born(birth, dice.chance(5_000), in_nhi)
    }

    /// Somebody of a birth date.
    pub fn born(birth: Date, female: bool, in_nhi: bool) -> Resident {
        Resident {
            birth,
            birth_latest: None,
            female,
            in_nhi,
            stays: Vec::new(),
            insured: Vec::new(),
            former: None,
            plan: Plan::default(),
            confinements: Vec::new(),
            dismissal: None,
            property_tax: 0,
        }
    }

    /// The age on the reference day.
    pub fn age(&self) -> i64 {
        (REFERENCE.packed() - self.birth.packed()).div_euclid(10_000)
    }

    /// Insured on a day?
    pub fn insured_on(&self, day: Date) -> bool {
        self.insured.iter().any(|span| span.from <= day && day < span.until)
    }

    /// Insured until further notice, and since before a day?
    pub fn insured_since_before(&self, day: Date) -> bool {
        self.insured.last().is_some_and(|span| span.from < day && span.until == Date::MAX)
    }

    /// How a time in the insurance began: by birth, by moving in, or else by the loss of an employer's.
    pub fn acquired_by(&self, span: &Insured) -> i64 {
        if span.from == self.birth {
            acquired_by::BORN
        } else if self.stays.iter().any(|stay| stay.from == span.from) {
            acquired_by::MOVED_IN
        } else {
            acquired_by::EMPLOYEES_INSURANCE_LOST
        }
    }

    /// Ends the insurance.
    pub fn lose(&mut self, on: Date, ended_by: i64) {
        if let Some(last) = self.insured.last_mut() {
            (last.until, last.ended_by) = (on, ended_by);
        }
    }

    /// Ends everything: the person is gone from the household.
    pub fn leave(&mut self, on: Date) {
        if let Some(last) = self.stays.last_mut() {
            last.until = last.until.min(on);
        }
        self.former = self.former.map(|(from, until)| (from, until.min(on)));
    }
}

/// A household while it is made up. The first resident is the head.
pub(super) struct Draft {
    pub household: i64,
    pub foreign: bool,
    pub residents: Vec<Resident>,
    /// Has its history been given a turn already? It gets one at most, so that turns cannot
    /// contradict each other.
    pub turned: bool,
    pub special: BTreeSet<Special>,
}

impl Draft {
    /// One insured person alone, nothing else having happened?
    pub fn plain_single(&self) -> bool {
        !self.turned && self.residents.len() == 1 && self.residents[0].in_nhi
    }

    /// Gives every resident a time in the household and, where insured, in the insurance.
    pub fn settle(&mut self, dice: &mut Dice) {
        let seventy_five = self.residents.iter().filter(|resident| resident.in_nhi).map(|resident| resident.birth.birthday(75)).min();
        let early_until = Date::new(2018, 12, 1).min(seventy_five.unwrap_or(Date::MAX).plus_years(-2));
        let early =
            early_until < REFERENCE.plus_years(-8) || self.residents.iter().any(|resident| resident.age() >= 73) || dice.chance(7_500);
        let joined = if early {
            dice.day(early_until.plus_years(-20), early_until)
        } else {
            self.special.insert(Special::JoinedMidYear);
            dice.day(Date::new(2019, 4, 2), Date::new(2026, 3, 1))
        };
        // Three in ten moved into the city then; the others had lived here and left an employer.
        let moved_in = dice.chance(3_000);
        let since = if moved_in { joined } else { dice.day(joined.plus_years(-15), joined) };
        for (i, resident) in self.residents.iter_mut().enumerate() {
            let stay = Stay { from: since.max(resident.birth), until: Date::MAX, household: self.household, head: i == 0 };
            resident.stays.push(stay);
            if resident.in_nhi {
                resident.insured.push(Insured { from: joined.max(resident.birth), until: Date::MAX, ended_by: ABSENT });
            }
        }
    }

    /// Moves everybody who reached 75 into the scheme for the late elderly, and makes them former
    /// members where somebody insured stays behind.
    pub fn grow_old(&mut self) {
        for i in 0..self.residents.len() {
            let on = self.residents[i].birth.birthday(75);
            if on >= HORIZON || self.residents[i].insured.is_empty() {
                continue;
            }
            self.residents[i].lose(on, ended_by::LATE_ELDERLY);
            if self.residents.iter().any(|other| other.insured_on(on)) {
                self.residents[i].former = Some((on, Date::MAX));
            } else {
                self.turned = true;
                self.close(on);
            }
        }
    }

    /// With nobody insured left, the household leaves the files at the end of the fiscal year.
    pub fn close(&mut self, on: Date) {
        let end = FiscalYear::of(on).end();
        for resident in &mut self.residents {
            resident.leave(end);
        }
    }

    /// Is somebody of the household insured at some time of a fiscal year?
    fn insured_in(&self, from: Date, until: Date) -> bool {
        self.residents.iter().any(|resident| resident.insured.iter().any(|span| span.from < until && span.until > from))
    }

    /// The number of a resident.
    pub fn person(&self, resident: usize) -> PersonId {
        Draft::person_of(self.household, resident)
    }

    /// The number of somebody of a household of the city.
    pub fn person_of(household: i64, at: usize) -> PersonId {
        PersonId((household - 1) * PERSONS_PER_HOUSEHOLD + i64::try_from(at).unwrap_or(0) + 1)
    }

    /// Everything the registers hold of the household.
    pub fn assertions(&self, dice: &mut Dice) -> Vec<Assertion> {
        let mut out = Vec::with_capacity(self.residents.len() * 12);
        for (i, resident) in self.residents.iter().enumerate() {
            let person = self.person(i);
            out.push(about(person, Kind::Persons, Date::MIN, Date::MAX, birth_values(resident), "住民基本台帳"));
            for stay in resident.stays.iter().filter(|stay| stay.from < stay.until) {
                let values = vec![i64::from(stay.head)];
                let membership = about(person, Kind::Membership, stay.from, stay.until, values, "住民基本台帳");
                out.push(Assertion { household: Some(HouseholdId(stay.household)), ..membership });
            }
            for span in resident.insured.iter().filter(|span| span.from < span.until) {
                out.push(about(
                    person,
                    Kind::Qualification,
                    span.from,
                    span.until,
                    vec![span.ended_by, resident.acquired_by(span)],
                    "資格異動届",
                ));
            }
            if let Some((from, until)) = resident.former.filter(|(from, until)| from < until) {
                out.push(about(person, Kind::FormerMembership, from, until, Vec::new(), "資格異動届"));
            }
            self.incomes(dice, person, resident, &mut out);
            for (item, birth) in (0_i64..).zip(&resident.confinements) {
                let values = vec![i64::from(birth.multiple), i64::from(birth.after_birth)];
                let event = about(person, Kind::Maternity, birth.on, Date::MAX, values, "産前産後届");
                out.push(Assertion { item, ..event });
            }
            if let Some(Dismissal { on, reason_code, holder }) = &resident.dismissal {
                out.push(about(person, Kind::Unemployment, *on, Date::MAX, vec![*reason_code, *holder], "雇用保険受給資格者証"));
            }
            if resident.property_tax > 0 {
                for year in FIRST_FISCAL..=LAST_FISCAL {
                    let (from, until) = (Date::new(year, 4, 1), Date::new(year + 1, 4, 1));
                    out.push(about(person, Kind::Property, from, until, vec![resident.property_tax], "固定資産課税台帳"));
                }
            }
        }
        out
    }

    /// Incomes of the years that some assessment of the household needs.
    fn incomes(&self, dice: &mut Dice, person: PersonId, resident: &Resident, out: &mut Vec<Assertion>) {
        let arrived = resident.stays.first().map_or(Date::MAX, |stay| stay.from);
        for year in FIRST_YEAR..=LAST_YEAR {
            let (from, until) = (Date::new(year + 1, 4, 1), Date::new(year + 2, 4, 1));
            let touches = |start: Date, end: Date| start < until && end > from;
            let heads = resident.stays.iter().any(|stay| stay.head && touches(stay.from, stay.until));
            let counts = resident.insured.iter().any(|span| touches(span.from, span.until))
                || resident.former.is_some_and(|(start, end)| touches(start, end))
                || (heads && self.insured_in(from, until));
            if !counts || !resident.stays.iter().any(|stay| touches(stay.from, stay.until)) {
                continue;
            }
            let minor = resident.birth.plus_years(18) > Date::new(year + 1, 1, 1);
            let mut values = resident.plan.fields(dice, year, resident.birth);
            if minor && resident.plan.fixed.is_empty() {
                values.fill(ABSENT);
                values[0] = NOT_REQUIRED;
            }
            let elsewhere = arrived > Date::new(year + 1, 1, 1) && resident.birth < Date::new(year + 1, 1, 1);
            let source = match values[0] {
                PENDING => "情報連携（照会中）",
                _ if elsewhere => "情報連携",
                _ => "住民税",
            };
            out.push(about(person, Kind::Incomes, Date::new(year, 1, 1), Date::new(year + 1, 1, 1), values, source));
        }
    }
}

fn birth_values(resident: &Resident) -> Vec<i64> {
    vec![resident.birth.packed(), resident.birth_latest.unwrap_or(resident.birth).packed()]
}

fn about(person: PersonId, kind: Kind, from: Date, until: Date, values: Vec<i64>, source: &str) -> Assertion {
    Assertion { person, kind, item: 0, from, until, household: None, values: Some(values), source: source.to_owned() }
}
