//! Turns in a household's year: who comes, goes, dies and is born. Each looks whether the household fits
//! and then writes down what the office learns, and when.

use super::ChangeKind as Is;
use super::book::{
    Book, Known, NOTICE, RESIDENTS, born as birth_date, earlier, fact, income, ja, joins, later, leaves, lives, lives_no_more, nothing,
};
use super::reliefs;
use crate::demo_city::addresses::{at, street};
use crate::demo_city::household::{acquired_by, ended_by};
use crate::demo_city::income::{KNOWN, NOT_REQUIRED};
use crate::demo_city::names::Family;
use jorei_domain::calendar::Date;
use jorei_domain::record::Kind;
use jorei_domain::table::ABSENT;
use jorei_store::facts::Assertion;

/// A household that was split off in the year has the number of the old one and this much more; those that
/// split off before have half of it.
pub(super) const SPLIT_IN_YEAR: i64 = 2_000_000_000;
/// What the registers of the city add for those that split off before.
const SPLIT_BEFORE: i64 = 1_000_000_000;
/// Involuntary reasons on the employment-insurance certificate.
pub(super) const REASON_CODES: &[i64] = &[11, 12, 21, 22, 23, 31, 32, 33, 34];
const CERTIFICATE: &str = "雇用保険受給資格者証";
const FEDERATION: &str = "後期高齢者医療広域連合通知";
const PRISON: &str = "在所証明書";

/// Of working age and insured without an end.
fn works(book: &Book) -> impl Fn(&Known) -> bool + use<> {
    let start = book.year.first_day();
    move |one| (20..64).contains(&one.age(start)) && one.lasting().is_some()
}

pub(super) fn late_leaver(book: &mut Book) -> bool {
    let Some(i) = book.find(works(book)) else { return false };
    let on = book.day(0, 40);
    let Some(learnt) = book.some_days_after(on, 15, 90) else { return false };
    leave_for_employees(book, i, on, learnt, Is::LateLeaver);
    true
}

pub(super) fn employees_insurance_found(book: &mut Book) -> bool {
    let Some(i) = book.find(works(book)) else { return false };
    let learnt = book.day(60, 10);
    let Some(learnt) = book.free(learnt) else { return false };
    let on = earlier(learnt, book.dice.within(150, 560)).max(later(Date::new(book.year.year() - 1, 1, 1), 40));
    leave_for_employees(book, i, on, learnt, Is::EmployeesInsuranceFound);
    true
}

fn leave_for_employees(book: &mut Book, i: usize, on: Date, learnt: Date, kind: Is) {
    let (how, source) = match kind {
        Is::LateLeaver => ("届出", NOTICE),
        _ => ("資格重複の情報連携", "情報連携"),
    };
    let told = format!("{}に社会保険へ加入していたことが{how}で分かりました。", ja(on));
    let facts = leaves(&book.people[i], on, ended_by::EMPLOYEES_INSURANCE, source);
    book.learn(learnt, kind, told, facts);
}

/// The head of a household in which a relative is insured lost an employer's insurance months ago.
pub(super) fn late_joiner(book: &mut Book) -> bool {
    let start = book.year.first_day();
    let last_year = book.year.year() - 1;
    let fits = |one: &Known| one.insured.is_empty() && (20..64).contains(&one.age(start)) && one.incomes.contains_key(&last_year);
    let Some(i) = book.find(fits) else { return false };
    let on = book.day(0, 60);
    let Some(learnt) = book.some_days_after(on, 30, 200) else { return false };
    let told = format!("{}に社会保険の資格を失っていたことが、遅れて届け出られました。", ja(on));
    let facts = vec![joins(book.people[i].person, on, acquired_by::EMPLOYEES_INSURANCE_LOST)];
    book.learn(learnt, Is::LateJoiner, told, facts);
    true
}

pub(super) fn moved_out(book: &mut Book) -> bool {
    if !book.lies_still() || book.people.iter().any(|one| one.lasting().is_none() || one.age(book.year.first_day()) >= 75) {
        return false;
    }
    let on = book.day(15, 40);
    let Some(learnt) = book.some_days_after(on, 0, 35) else { return false };
    let mut facts = Vec::new();
    for one in &book.people {
        facts.extend(leaves(one, on, ended_by::MOVED_OUT, NOTICE));
        facts.push(lives_no_more(one.person, book.household, on));
    }
    stop_pension(book, on, &mut facts);
    let told = format!("{}に世帯全員が市外へ転出しました。", ja(on));
    book.learn(learnt, Is::MovedOut, told, facts);
    true
}

pub(super) fn public_assistance(book: &mut Book) -> bool {
    if !book.lies_still() || book.people.iter().any(|one| one.lasting().is_none()) {
        return false;
    }
    let on = book.day(15, 40);
    let Some(learnt) = book.some_days_after(on, 5, 40) else { return false };
    let mut facts: Vec<Assertion> =
        book.people.iter().flat_map(|one| leaves(one, on, ended_by::PUBLIC_ASSISTANCE, "福祉事務所通知")).collect();
    stop_pension(book, on, &mut facts);
    let told = format!("{}に生活保護が開始されました。", ja(on));
    book.learn(learnt, Is::PublicAssistance, told, facts);
    true
}

/// What a death ends. Whoever dies lives there and is head until the end of that day.
fn dies(book: &Book, i: usize, on: Date) -> Vec<Assertion> {
    let one = &book.people[i];
    let mut facts = vec![fact(one.person, Kind::Deaths, on, Date::MAX, Vec::new(), RESIDENTS)];
    if one.lasting().is_some() {
        facts.extend(leaves(one, on, ended_by::DEATH, "死亡届"));
    }
    facts.push(lives_no_more(one.person, book.household, on.tomorrow()));
    if one.former.is_some() {
        facts.push(nothing(one.person, Kind::FormerMembership, on.tomorrow(), RESIDENTS));
    }
    facts
}

/// Nothing is deducted any more from a pension that was told of.
fn stop_pension(book: &Book, from: Date, facts: &mut Vec<Assertion>) {
    if let Some((person, values)) = &book.pension {
        facts.push(super::figures::pension(*person, book.year, values, Some(from)));
    }
}

pub(super) fn member_died(book: &mut Book) -> bool {
    let start = book.year.first_day();
    let Some(i) = book.find(|one| !one.is_head() && one.age(start) >= 60) else { return false };
    let on = book.day(11, 70);
    let Some(learnt) = book.some_days_after(on, 2, 60) else { return false };
    let facts = dies(book, i, on);
    book.learn(learnt, Is::MemberDied, format!("{}に世帯員が死亡しました。", ja(on)), facts);
    true
}

pub(super) fn head_died(book: &mut Book) -> bool {
    let (start, last_year) = (book.year.first_day(), book.year.year() - 1);
    let Some(old) = book.find(|one| one.is_head() && one.age(start) >= 50) else { return false };
    let follows = |one: &Known| !one.is_head() && one.age(start) >= 18 && one.incomes.contains_key(&last_year);
    let Some(new) = book.find(follows) else { return false };
    let on = book.day(11, 70);
    let Some(learnt) = book.some_days_after(on, 2, 50) else { return false };
    let mut facts = dies(book, old, on);
    facts.push(lives(book.people[new].person, book.household, on.tomorrow(), true));
    // A change of head ends having stayed under the same head (特定同一世帯所属者).
    let former = book.people.iter().enumerate().filter(|(i, one)| *i != old && one.former.is_some());
    facts.extend(former.map(|(_, one)| nothing(one.person, Kind::FormerMembership, on.tomorrow(), RESIDENTS)));
    stop_pension(book, on.tomorrow(), &mut facts);
    book.learn(learnt, Is::HeadDied, format!("{}に世帯主が死亡し、翌日から世帯員が世帯主になりました。", ja(on)), facts);
    true
}

pub(super) fn last_member_died(book: &mut Book) -> bool {
    let start = book.year.first_day();
    let alone = book.people.len() == 1;
    let Some(i) = book.find(|one| alone && one.age(start) >= 60 && one.lasting().is_some()) else { return false };
    let on = book.day(11, 70);
    let Some(learnt) = book.some_days_after(on, 3, 60) else { return false };
    let mut facts = dies(book, i, on);
    stop_pension(book, on.tomorrow(), &mut facts);
    book.learn(learnt, Is::LastMemberDied, format!("{}に単身の世帯主が死亡し、世帯員がいなくなりました。", ja(on)), facts);
    true
}

pub(super) fn household_split(book: &mut Book) -> bool {
    let start = book.year.first_day();
    let fits = |one: &Known| {
        !one.is_head() && (18..60).contains(&one.age(start)) && one.lasting().is_some() && one.incomes.contains_key(&(book.year.year() - 1))
    };
    let Some(i) = book.find(fits) else { return false };
    let on = book.day(5, 40);
    let Some(learnt) = book.some_days_after(on, 0, 30) else { return false };
    let person = book.people[i].person;
    let facts = vec![lives(person, book.household + SPLIT_IN_YEAR, on, true)];
    let address = at(person, street(&mut book.dice));
    let told = format!("{}に世帯員1人が世帯を分け、世帯主になりました。", ja(on));
    book.learn_with(learnt, Is::HouseholdSplit, told, facts, Vec::new(), vec![address]);
    true
}

/// One who had a household of their own since before the year comes back.
pub(super) fn households_joined(book: &mut Book) -> bool {
    let (before, start) = (book.household + SPLIT_BEFORE, book.year.first_day());
    let away = |one: &Known| {
        one.stays.last().is_some_and(|stay| stay.household == before && stay.until == Date::MAX && stay.from < start)
            && one.lasting().is_some()
    };
    let Some(i) = book.people.iter().position(away) else { return false };
    let home = book.people.iter().enumerate().any(|(at, one)| at != i && one.is_head());
    if !home || !book.lies_still_but_for(i) {
        return false;
    }
    let on = book.day(5, 40);
    let Some(learnt) = book.some_days_after(on, 0, 30) else { return false };
    let Some(home) = book.people.iter().enumerate().find(|(at, one)| *at != i && one.is_head()).map(|(_, one)| one.address.clone()) else {
        return false;
    };
    let person = book.people[i].person;
    let facts = vec![lives(person, book.household, on, false)];
    let told = format!("{}に別世帯の家族が戻り、世帯を一つにしました。", ja(on));
    let address = jorei_store::addresses::Address { person, ..home };
    book.learn_with(learnt, Is::HouseholdsJoined, told, facts, Vec::new(), vec![address]);
    true
}

pub(super) fn born(book: &mut Book) -> bool {
    let start = book.year.first_day();
    let fits = |one: &Known| one.female && (20..44).contains(&one.age(start)) && one.lasting().is_some() && !one.confined;
    let Some(i) = book.find(fits) else { return false };
    let on = book.day(0, 40);
    let Some(learnt) = book.some_days_after(on, 3, 25) else { return false };
    let multiple = book.dice.chance(600);
    let mother = book.people[i].clone();
    let Some(family) = Family::of(&mother.name) else { return false };
    let mut facts = vec![fact(mother.person, Kind::Maternity, on, Date::MAX, vec![i64::from(multiple), 1], "出生届")];
    let (mut names, mut addresses) = (Vec::new(), Vec::new());
    for _ in 0..if multiple { 2 } else { 1 } {
        let child = book.number(book.next);
        book.next += 1;
        let female = book.dice.chance(5_000);
        let (name, kana, latin) = family.member(&mut book.dice, female);
        names.push(jorei_store::names::Name { person: child, name, kana, latin, alias: None });
        addresses.push(jorei_store::addresses::Address { person: child, ..mother.address.clone() });
        facts.push(birth_date(child, on));
        facts.push(lives(child, book.household, on, false));
        facts.push(joins(child, on, acquired_by::BORN));
        let mut nil = vec![ABSENT; Kind::Incomes.fields().len()];
        nil[0] = NOT_REQUIRED;
        facts.extend([book.year.year() - 1, book.year.year()].map(|year| income(child, year, nil.clone(), "住民税")));
    }
    let told = format!("{}に{}生まれ、資格を取得しました。", ja(on), if multiple { "双子が" } else { "子が" });
    book.learn_with(learnt, Is::Born, told, facts, names, addresses);
    true
}

pub(super) fn left_work(book: &mut Book) -> bool {
    let (start, last_year) = (book.year.first_day(), book.year.year() - 1);
    let salary = |one: &Known| {
        one.incomes
            .get(&last_year)
            .is_some_and(|(values, _)| values[0] == KNOWN && values[SALARY_REVENUE] != ABSENT && values[SALARY_REVENUE] > 600_000)
    };
    let fits = |one: &Known| (24..63).contains(&one.age(start)) && one.lasting().is_some() && !one.dismissed && salary(one);
    let Some(i) = book.find(fits) else { return false };
    let on = book.day(5, 60);
    let Some(learnt) = book.some_days_after(on, 12, 120) else { return false };
    let facts = vec![dismissal(book, i, on)];
    book.learn(learnt, Is::LeftWork, format!("{}に会社の都合で離職し、軽減を届け出ました。", ja(on)), facts);
    true
}

/// The place of the salary revenue among the fields of an income.
pub(super) const SALARY_REVENUE: usize = 1;

fn dismissal(book: &mut Book, i: usize, on: Date) -> Assertion {
    let values = vec![*book.dice.one(REASON_CODES), 0];
    fact(book.people[i].person, Kind::Unemployment, on, Date::MAX, values, CERTIFICATE)
}

/// The federation tells that somebody has gone over to it on the 75th birthday, which the registers
/// had ahead of time.
pub(super) fn turned_75(book: &mut Book) -> bool {
    let (start, end) = (book.year.first_day(), earlier(book.year.end(), 12));
    let fits = |one: &Known| {
        let birthday = one.birth.birthday(75);
        let went = one.insured.last().is_some_and(|span| span.ended_by == ended_by::LATE_ELDERLY && span.until == birthday);
        one.birth_known && birthday >= start && birthday < end && went
    };
    let Some(i) = book.people.iter().position(fits) else { return false };
    let one = book.people[i].clone();
    let (birthday, former) = (one.birth.birthday(75), one.former);
    let Some(learnt) = book.some_days_after(birthday, 1, 10) else { return false };
    let mut facts = leaves(&one, birthday, ended_by::LATE_ELDERLY, FEDERATION);
    if let Some((from, until)) = former {
        facts.push(fact(one.person, Kind::FormerMembership, from, until, Vec::new(), FEDERATION));
    }
    book.learn(learnt, Is::Turned75, format!("{}に75歳となり、後期高齢者医療へ移りました。", ja(birthday)), facts);
    true
}

pub(super) fn early_late_elderly(book: &mut Book) -> bool {
    let start = book.year.first_day();
    let Some(i) = book.find(|one| (66..73).contains(&one.age(start)) && one.lasting().is_some()) else { return false };
    let on = book.day(15, 40);
    let Some(learnt) = book.some_days_after(on, 2, 25) else { return false };
    let one = book.people[i].clone();
    let mut facts = leaves(&one, on, ended_by::LATE_ELDERLY, FEDERATION);
    if book.others_insured(i, on) {
        facts.push(fact(one.person, Kind::FormerMembership, on, Date::MAX, Vec::new(), FEDERATION));
    }
    let told = format!("{}に障害の認定を受け、後期高齢者医療へ移りました。", ja(on));
    book.learn(learnt, Is::EarlyLateElderly, told, facts);
    true
}

/// Held, released where the year is long enough, and then the exemption applied for.
pub(super) fn detained(book: &mut Book) -> bool {
    let Some(i) = book.find(works(book)) else { return false };
    let person = book.people[i].person;
    let on = book.day(0, 120);
    let Some(learnt) = book.some_days_after(on, 10, 60) else { return false };
    let held = |until, certified| fact(person, Kind::Detention, on, until, vec![certified], PRISON);
    book.learn(learnt, Is::Detained, format!("{}から刑事施設に収容されていることが分かりました。", ja(on)), vec![held(Date::MAX, 0)]);
    let released = later(learnt.tomorrow(), book.dice.within(25, 150));
    let Some(known) = book.some_days_after(released, 3, 20) else { return true };
    let facts = vec![nothing(person, Kind::Detention, released, PRISON), held(released, 1)];
    book.learn(known, Is::Released, format!("{}に刑事施設を出所したことが在所証明書で確認されました。", ja(released)), facts);
    reliefs::detention(book, person, on, known);
    true
}

/// Something recorded of the wrong person, and taken back: afterwards everything is as it was.
pub(super) fn recorded_wrongly(book: &mut Book) -> bool {
    let Some(i) = book.find(works(book)) else { return false };
    let one = book.people[i].clone();
    let learnt = book.day(5, 80);
    let Some(learnt) = book.free(learnt) else { return false };
    let Some(back) = book.some_days_after(learnt.tomorrow(), 3, 60) else { return false };
    let Some(span) = one.lasting().cloned() else { return false };
    let event = earlier(learnt, book.dice.within(5, 60));
    let last_year = book.year.year() - 1;
    let income_of = one.incomes.get(&last_year).filter(|(values, _)| values[0] == KNOWN).cloned();
    let throw = book.dice.within(0, 3);
    let (what, wrong, right) = match (throw, income_of) {
        (0, Some((values, source))) if !book.touched.contains(&one.person) => {
            let mut wrong = values.clone();
            let other = wrong[super::figures::OTHER];
            wrong[super::figures::OTHER] = if other == ABSENT { 0 } else { other } + book.dice.within(50, 400) * 10_000;
            book.touched.insert(one.person);
            ("所得", vec![income(one.person, last_year, wrong, "住民税")], vec![income(one.person, last_year, values, &source)])
        }
        (1, _) if !one.dismissed => {
            let wrong = dismissal(book, i, event);
            let right = Assertion { values: None, ..wrong.clone() };
            ("離職", vec![wrong], vec![right])
        }
        _ => {
            let wrong = leaves(&one, event, ended_by::EMPLOYEES_INSURANCE, NOTICE);
            let values = vec![span.ended_by, one.acquired_by];
            ("資格喪失", wrong, vec![fact(one.person, Kind::Qualification, span.from, Date::MAX, values, NOTICE)])
        }
    };
    book.learn(learnt, Is::RecordedWrongly, format!("別人の{what}が誤って登録されました。"), wrong);
    book.learn(back, Is::Withdrawn, format!("誤って登録された{what}が取り消されました。"), right);
    true
}

pub(super) fn name_changed(book: &mut Book) -> bool {
    let start = book.year.first_day();
    let Some(i) = book.find(|one| one.age(start) >= 18 && one.name.latin.is_none()) else { return false };
    let old = book.people[i].name.clone();
    let name = Family::throw(&mut book.dice, false).takes(&old);
    let wanted = book.day(0, 10);
    let Some(learnt) = book.free(wanted).filter(|_| name != old) else { return false };
    book.learn_with(learnt, Is::NameChanged, "氏が変わりました。".to_owned(), Vec::new(), vec![name], Vec::new());
    true
}

pub(super) fn address_changed(book: &mut Book) -> bool {
    if !book.lies_still() {
        return false;
    }
    let wanted = book.day(0, 10);
    let Some(learnt) = book.free(wanted) else { return false };
    let address = street(&mut book.dice);
    let addresses = book.people.iter().map(|one| at(one.person, address.clone())).collect();
    book.learn_with(learnt, Is::AddressChanged, "世帯が市内で転居しました。".to_owned(), Vec::new(), Vec::new(), addresses);
    true
}
