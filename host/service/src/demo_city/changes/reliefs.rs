//! Applications for an exemption (減免申請), with figures that a clerk could have been shown: on both sides of
//! the limits, in time and late, with and without the documents.

use super::ChangeKind as Is;
use super::book::{Book, Known, ja};
use super::figures::{cause_before, earned};
use jorei_domain::calendar::Date;
use jorei_domain::id::PersonId;
use jorei_domain::record::Kind;
use jorei_domain::table::ABSENT;
use jorei_store::facts::Assertion;

/// Numbers of the reliefs in the city's ordinance for the exemption rule.
mod relief {
    pub const INCOME_FALL: i64 = 1;
    pub const CROP_LOSS: i64 = 2;
    pub const HOME_DAMAGE: i64 = 3;
    pub const FORMER_DEPENDANT: i64 = 4;
    pub const DETENTION: i64 = 5;
    pub const EVACUEE: i64 = 6;
}

/// What an application states; the rest is added as it is recorded.
#[derive(Clone, Copy, Default)]
struct Stated {
    relief: i64,
    cause: Option<(i64, Date)>,
    current_income: Option<i64>,
    non_farm_income: Option<i64>,
    loss: Option<i64>,
    normal: Option<i64>,
    insured: Option<i64>,
}

fn application(book: &Book, person: PersonId, on: Date, stated: Stated, certified: bool, cancelled: Option<Date>) -> Assertion {
    let or_absent = |value: Option<i64>| value.unwrap_or(ABSENT);
    let values = vec![
        i64::from(book.year.year()),
        stated.relief,
        i64::from(certified),
        or_absent(stated.cause.map(|(code, _)| code)),
        or_absent(stated.cause.map(|(_, day)| day.packed())),
        or_absent(stated.current_income),
        or_absent(stated.non_farm_income),
        or_absent(stated.loss),
        or_absent(stated.normal),
        or_absent(stated.insured),
        or_absent(cancelled.map(Date::packed)),
    ];
    super::book::fact(person, Kind::Applications, on, Date::MAX, values, "減免申請書")
}

/// The application on its day, the documents with it or later, and for a few the end of it.
fn apply(book: &mut Book, person: PersonId, on: Date, kind: Is, stated: Stated) {
    let certified = book.dice.chance(7_500);
    let papers = if certified { "" } else { "（証明書類は後日）" };
    let facts = vec![application(book, person, on, stated, certified, None)];
    book.learn(on, kind, format!("{}がありました{papers}。", kind.ja()), facts);
    if !certified {
        if book.dice.chance(7_000)
            && let Some(seen) = book.some_days_after(on.tomorrow(), 5, 30)
        {
            let facts = vec![application(book, person, on, stated, true, None)];
            book.learn(seen, Is::DocumentsSeen, format!("{}の減免申請の証明書類を確認しました。", ja(on)), facts);
        }
    } else if book.dice.chance(900)
        && let Some(cancelled) = book.some_days_after(on.tomorrow(), 15, 60)
    {
        let facts = vec![application(book, person, on, stated, true, Some(cancelled))];
        book.learn(cancelled, Is::ApplicationCancelled, format!("{}の減免申請による減免を取り消しました。", ja(on)), facts);
    }
}

/// The head of a household that lies still and has somebody insured.
fn applicant(book: &Book) -> Option<PersonId> {
    let start = book.year.first_day();
    let insured = book.people.iter().any(|one| one.insured_on(start));
    book.find(Known::is_head).filter(|_| insured).map(|i| book.people[i].person)
}

pub(super) fn income_fall(book: &mut Book) -> bool {
    let (Some(person), Some(before)) = (applicant(book), earned(book)) else { return false };
    if before < 300_000 || book.people.iter().any(|one| book.touched.contains(&one.person)) {
        return false;
    }
    // Most apply in the months in which the city takes these applications, some before.
    let wanted = if book.dice.chance(8_500) { book.day(280, 5) } else { book.day(150, 100) };
    let Some(on) = book.free(wanted) else { return false };
    let fall = *book.dice.one(&[15, 30, 39, 40, 45, 52, 59, 60, 68, 79, 80, 88, 95, 100]);
    let cause = (book.dice.within(1, 7), cause_before(book, on));
    let current_income = Some(before * (100 - fall) / 100);
    apply(
        book,
        person,
        on,
        Is::AppliedIncomeFall,
        Stated { relief: relief::INCOME_FALL, cause: Some(cause), current_income, ..Stated::default() },
    );
    true
}

pub(super) fn crop_loss(book: &mut Book) -> bool {
    let (Some(person), Some(before)) = (applicant(book), earned(book)) else { return false };
    let wanted = book.day(130, 40);
    let Some(on) = book.free(wanted) else { return false };
    let normal = book.dice.within(80, 900) * 10_000;
    let loss = normal * book.dice.within(15, 95) / 100;
    let stated = Stated {
        relief: relief::CROP_LOSS,
        cause: Some((book.dice.within(1, 4), cause_before(book, on))),
        non_farm_income: Some(before.max(0) * book.dice.within(0, 100) / 100),
        loss: Some(loss),
        normal: Some(normal),
        insured: Some(loss * book.dice.within(0, 50) / 100),
        ..Stated::default()
    };
    apply(book, person, on, Is::AppliedCropLoss, stated);
    true
}

pub(super) fn home_damage(book: &mut Book) -> bool {
    let Some(person) = applicant(book) else { return false };
    let wanted = book.day(30, 30);
    let Some(on) = book.free(wanted) else { return false };
    let normal = book.dice.within(200, 1_800) * 10_000;
    let loss = normal * book.dice.within(10, 101) / 100;
    let stated = Stated {
        relief: relief::HOME_DAMAGE,
        cause: Some((book.dice.within(1, 4), cause_before(book, on))),
        loss: Some(loss),
        normal: Some(normal),
        insured: Some(loss * book.dice.within(0, 60) / 100),
        ..Stated::default()
    };
    apply(book, person, on, Is::AppliedHomeDamage, stated);
    true
}

pub(super) fn evacuee(book: &mut Book) -> bool {
    let Some(person) = applicant(book) else { return false };
    let wanted = book.day(75, 30);
    let Some(on) = book.free(wanted) else { return false };
    let cause = Some((1, Date::new(2011, 3, 11)));
    apply(book, person, on, Is::AppliedEvacuee, Stated { relief: relief::EVACUEE, cause, ..Stated::default() });
    true
}

/// For the time that somebody was held, once it is over.
pub(super) fn detention(book: &mut Book, person: PersonId, held_from: Date, known: Date) {
    if book.dice.chance(8_500)
        && let Some(on) = book.some_days_after(known.tomorrow(), 0, 30)
    {
        let stated = Stated { relief: relief::DETENTION, cause: Some((1, held_from)), ..Stated::default() };
        apply(book, person, on, Is::AppliedDetention, stated);
    }
}

/// For one who was the dependant of somebody who turned 75.
pub(super) fn former_dependant(book: &mut Book, person: PersonId, from: Date) {
    if let Some(on) = book.some_days_after(from, 0, 40) {
        apply(book, person, on, Is::AppliedFormerDependant, Stated { relief: relief::FORMER_DEPENDANT, ..Stated::default() });
    }
}
