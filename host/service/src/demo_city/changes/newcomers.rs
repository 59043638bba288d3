//! People whom the registers of the city did not hold before: who moves in, and who was insured elsewhere.

use super::ChangeKind as Is;
use super::book::{Book, born, fact, income, ja, joins, later, lives};
use super::figures::{answer, made_up};
use super::reliefs;
use super::turns::REASON_CODES;
use crate::demo_city::addresses::{at, street};
use crate::demo_city::household::acquired_by;
use crate::demo_city::income::{LAST_YEAR, PENDING};
use crate::demo_city::names::Family;
use jorei_domain::calendar::Date;
use jorei_domain::id::PersonId;
use jorei_domain::record::Kind;
use jorei_domain::table::ABSENT;
use jorei_store::addresses::Address;
use jorei_store::facts::Assertion;
use jorei_store::names::Name;

/// A household of newcomers has the number of the household whose throws it comes from and this much more.
const NEWCOMERS: i64 = 3_000_000_000;
/// Behind everybody who may live in a household: three persons fit.
const FIRST: usize = 12;

/// People on their way in, with all that is learnt of them at once.
struct Newcomers {
    household: i64,
    family: Family,
    address: String,
    facts: Vec<Assertion>,
    names: Vec<Name>,
    addresses: Vec<Address>,
}

impl Newcomers {
    /// Nobody yet. A household has room for one such company.
    fn gather(book: &mut Book) -> Option<Newcomers> {
        if book.has_newcomers {
            return None;
        }
        book.has_newcomers = true;
        let (family, address) = (Family::throw(&mut book.dice, false), street(&mut book.dice));
        let household = book.household + NEWCOMERS;
        Some(Newcomers { household, family, address, facts: Vec::new(), names: Vec::new(), addresses: Vec::new() })
    }

    /// One more of them, the first of whom is the head.
    fn add(&mut self, book: &mut Book, birth: Date, since: Date) -> PersonId {
        let person = book.number(FIRST + self.names.len());
        let female = book.dice.chance(5_000);
        let (name, kana, latin) = self.family.member(&mut book.dice, female);
        self.facts.push(born(person, birth));
        self.facts.push(lives(person, self.household, since, self.names.is_empty()));
        self.names.push(Name { person, name, kana, latin, alias: None });
        self.addresses.push(at(person, self.address.clone()));
        person
    }

    fn are_learnt(self, book: &mut Book, on: Date, kind: Is, told: String) {
        book.learn_with(on, kind, told, self.facts, self.names, self.addresses);
    }
}

/// Calendar years whose incomes the cases of the year and, where it begins before, of the last one need; the
/// registers of the city go to [`LAST_YEAR`].
fn years(book: &Book, insured_from: Date) -> Vec<i32> {
    let year = book.year.year();
    let first = if insured_from < book.year.first_day() { year - 2 } else { year - 1 };
    (first..=year.min(LAST_YEAR)).collect()
}

pub(super) fn moved_in(book: &mut Book) -> bool {
    let on = book.day(3, 30);
    let late = book.dice.chance(1_500);
    let Some(learnt) = (if late { book.some_days_after(on, 20, 120) } else { book.some_days_after(on, 0, 14) }) else { return false };
    let Some(mut newcomers) = Newcomers::gather(book) else { return false };
    let (year, adults) = (book.year.year(), if book.dice.chance(3_000) { 2 } else { 1 });
    // Who lived elsewhere on 1 January is taxed there, and the other city is asked.
    let asked: Vec<i32> = years(book, on).into_iter().filter(|of| *of < year || on > Date::new(year + 1, 1, 1)).collect();
    let mut asked_of = Vec::new();
    for _ in 0..adults {
        let age = book.dice.within(19, 62);
        let birth = book.dice.birth(age, on);
        let person = newcomers.add(book, birth, on);
        newcomers.facts.push(joins(person, on, acquired_by::MOVED_IN));
        let mut unknown = vec![ABSENT; Kind::Incomes.fields().len()];
        unknown[0] = PENDING;
        newcomers.facts.extend(asked.iter().map(|of| income(person, *of, unknown.clone(), "情報連携（照会中）")));
        let known: Vec<i32> = years(book, on).into_iter().filter(|of| !asked.contains(of)).collect();
        let facts = made_up(book, person, birth, &known, "住民税");
        newcomers.facts.extend(facts);
        asked_of.push((person, birth));
    }
    newcomers.are_learnt(book, learnt, Is::MovedIn, format!("{}に市外から転入し、資格を取得しました。", ja(on)));
    for (person, birth) in asked_of {
        if let Some(answered) = book.some_days_after(learnt.tomorrow(), 20, 80) {
            answer(book, person, birth, &asked, answered);
        }
    }
    true
}

/// Somebody who has lived here for years left an employer's insurance and says so months later.
pub(super) fn late_joiner(book: &mut Book) -> bool {
    let wanted = book.day(20, 20);
    let Some(learnt) = book.free(wanted) else { return false };
    let on = super::book::earlier(learnt, book.dice.within(30, 330));
    let Some(mut newcomers) = Newcomers::gather(book) else { return false };
    let age = book.dice.within(23, 62);
    let birth = book.dice.birth(age, on);
    let since = book.dice.day(birth.plus_years(19), Date::new(book.year.year() - 2, 1, 1).max(birth.plus_years(20)));
    let person = newcomers.add(book, birth, since);
    newcomers.facts.push(joins(person, on, acquired_by::EMPLOYEES_INSURANCE_LOST));
    let years = years(book, on);
    let facts = made_up(book, person, birth, &years, "住民税");
    newcomers.facts.extend(facts);
    newcomers.are_learnt(book, learnt, Is::LateJoiner, format!("{}に社会保険の資格を失っていたことが、遅れて届け出られました。", ja(on)));
    if book.dice.chance(3_000)
        && let Some(shown) = book.some_days_after(learnt.tomorrow(), 5, 50)
    {
        let left = on.yesterday();
        let values = vec![*book.dice.one(REASON_CODES), 0];
        let facts = vec![fact(person, Kind::Unemployment, left, Date::MAX, values, "雇用保険受給資格者証")];
        book.learn(shown, Is::LeftWork, format!("{}に会社の都合で離職し、軽減を届け出ました。", ja(left)), facts);
    }
    true
}

/// A couple: one turns 75 and leaves an employer's insurance, the other was the dependant.
pub(super) fn former_dependant(book: &mut Book) -> bool {
    let on = book.day(5, 70);
    let Some(learnt) = book.some_days_after(on, 5, 45) else { return false };
    let Some(mut newcomers) = Newcomers::gather(book) else { return false };
    let younger = book.dice.within(66, 74);
    let (elder_birth, birth) = (on.plus_years(-75), book.dice.birth(younger, on));
    let since = book.dice.day(Date::new(1990, 4, 1), Date::new(2015, 4, 1));
    let elder = newcomers.add(book, elder_birth, since);
    let person = newcomers.add(book, birth, since);
    let from_society = i64::from(book.dice.chance(800));
    newcomers.facts.push(joins(person, on, acquired_by::EMPLOYEES_INSURANCE_LOST));
    newcomers.facts.push(fact(person, Kind::FormerDependants, on, Date::MAX, vec![from_society], "資格喪失連絡票"));
    let years = years(book, on);
    for (who, birth) in [(elder, elder_birth), (person, birth)] {
        let facts = made_up(book, who, birth, &years, "住民税");
        newcomers.facts.extend(facts);
    }
    let told = format!("{}に被扶養者でなくなり、資格を取得しました（旧被扶養者）。", ja(on));
    newcomers.are_learnt(book, learnt, Is::FormerDependantJoined, told);
    if book.dice.chance(8_000) {
        reliefs::former_dependant(book, person, later(learnt, 1));
    }
    true
}
