//! Incomes, property tax and pensions as they are answered, declared and corrected.

use super::ChangeKind as Is;
use super::book::{Book, Known, earlier, fact, income, ja, later};
use crate::demo_city::income::{KNOWN, PENDING, Plan, UNDECLARED, recompute};
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::id::PersonId;
use jorei_domain::record::Kind;
use jorei_domain::table::ABSENT;
use jorei_store::facts::Assertion;

/// Places among the fields of an income.
const STATE: usize = 0;
const SALARY_REVENUE: usize = super::turns::SALARY_REVENUE;
const PENSION_REVENUE: usize = 2;
const SALARY: usize = 3;
const PENSION: usize = 4;
/// Other comprehensively taxed income.
pub(super) const OTHER: usize = 5;
const AGGREGATE: usize = 14;

const TAX_OFFICE: &str = "住民税（更正通知）";

/// The pension of a fiscal year; `stopped_on` where nothing more is deducted from a day on.
pub(super) fn pension(person: PersonId, year: FiscalYear, values: &[i64], stopped_on: Option<Date>) -> Assertion {
    let mut values = values.to_vec();
    values[3] = stopped_on.map_or(ABSENT, Date::packed);
    fact(person, Kind::Pensions, year.first_day(), year.end(), values, "年金保険者通知")
}

/// Where all insured are 65 to 74 and the head is one of them, the pension payer tells in April what can be
/// deducted from, and what was deducted in February. Asked for first, so that nothing else has happened.
pub(super) fn pension_notice(book: &mut Book) -> bool {
    let (start, end) = (book.year.first_day(), book.year.end());
    let of_age = |one: &Known| one.birth.reaches(65) <= start && one.birth.birthday(75) >= end;
    let lives_here =
        |one: &Known| one.stays.last().is_some_and(|stay| stay.household == book.household && stay.from < start && stay.until >= end);
    if book.people.iter().any(|one| one.insured_on(start) && !of_age(one)) {
        return false;
    }
    let Some(head) = book.head().filter(|one| one.lasting().is_some_and(|span| span.from < start) && lives_here(one)) else { return false };
    let revenue =
        head.incomes.get(&(book.year.year() - 1)).filter(|(values, _)| values[STATE] == KNOWN).map(|(values, _)| values[PENSION_REVENUE]);
    let Some(revenue) = revenue.filter(|yen| *yen != ABSENT && *yen >= 100_000) else { return false };
    let person = head.person;
    // Six deductions a year; with the care premium not beyond a half, for most.
    let care = (revenue / book.dice.within(12, 22) / 100 * 100).min(98_000);
    let february = if book.dice.chance(8_500) { (revenue / book.dice.within(60, 160) / 100 * 100).max(500) } else { ABSENT };
    let values = vec![revenue, care, february, ABSENT];
    let Some(learnt) = book.some_days_after(start, 0, 9) else { return false };
    let told = "年金保険者から特別徴収対象者の通知がありました。".to_owned();
    book.learn(learnt, Is::PensionNotice, told, vec![pension(person, book.year, &values, None)]);
    book.pension = Some((person, values));
    true
}

pub(super) fn pension_stopped(book: &mut Book) -> bool {
    let Some((person, values)) = book.pension.clone() else { return false };
    let wanted = book.day(60, 60);
    let Some(learnt) = book.free(wanted) else { return false };
    let from = later(learnt, book.dice.within(20, 50));
    let told = format!("口座振替への変更により{}から年金の特別徴収を中止します。", ja(from));
    let facts = vec![pension(person, book.year, &values, Some(from))];
    book.learn(learnt, Is::PensionStopped, told, facts);
    true
}

/// Incomes of a person whom nobody knows yet, for some years.
pub(super) fn made_up(book: &mut Book, person: PersonId, birth: Date, years: &[i32], source: &str) -> Vec<Assertion> {
    let target = match book.dice.within(0, 4) {
        0 => 0,
        1 => book.dice.within(1, 800_000),
        _ => book.dice.within(400_000, 3_600_000),
    };
    let age = i64::from(years.first().copied().unwrap_or(book.year.year()) - birth.year());
    let plan = Plan::for_income(&mut book.dice, target, age);
    years.iter().map(|year| income(person, *year, plan.fields(&mut book.dice, *year, birth), source)).collect()
}

/// Whose income of the year before is in a state, and changes with nothing else.
fn in_state(book: &Book, state: i64) -> Option<usize> {
    let year = book.year.year() - 1;
    let fits =
        |one: &Known| one.incomes.get(&year).is_some_and(|(values, _)| values[STATE] == state) && !book.touched.contains(&one.person);
    book.people.iter().position(fits)
}

pub(super) fn income_answered(book: &mut Book) -> bool {
    let Some(i) = in_state(book, PENDING) else { return false };
    let one = book.people[i].clone();
    let Some(since) = one.stays.last().map(|stay| stay.from) else { return false };
    let Some(learnt) = book.some_days_after(since, 20, 75) else { return false };
    answer(book, one.person, one.birth, &pending_years(&one), learnt);
    true
}

fn pending_years(one: &Known) -> Vec<i32> {
    one.incomes.iter().filter(|(_, (values, _))| values[STATE] == PENDING).map(|(year, _)| *year).collect()
}

/// The other city's answer.
pub(super) fn answer(book: &mut Book, person: PersonId, birth: Date, years: &[i32], learnt: Date) {
    let facts = made_up(book, person, birth, years, "情報連携（回答）");
    book.touched.insert(person);
    book.learn(learnt, Is::IncomeAnswered, "前住所地から所得の回答がありました。".to_owned(), facts);
}

pub(super) fn late_declaration(book: &mut Book) -> bool {
    let Some(i) = in_state(book, UNDECLARED) else { return false };
    let one = book.people[i].clone();
    let wanted = book.day(70, 10);
    let Some(learnt) = book.free(wanted) else { return false };
    let facts = made_up(book, one.person, one.birth, &[book.year.year() - 1], "住民税（期限後申告）");
    book.touched.insert(one.person);
    book.learn(learnt, Is::LateDeclaration, "未申告だった所得が申告されました。".to_owned(), facts);
    true
}

/// A grown person with a known income that nothing else has changed and that states no total.
fn correctable(book: &Book) -> Option<(Known, Vec<i64>, String)> {
    let (year, start) = (book.year.year() - 1, book.year.first_day());
    let fits = |one: &Known| {
        let plain = |values: &[i64]| values[STATE] == KNOWN && values[AGGREGATE] == ABSENT;
        one.age(start) >= 18 && one.incomes.get(&year).is_some_and(|(values, _)| plain(values)) && !book.touched.contains(&one.person)
    };
    let one = book.people.iter().find(|one| fits(one))?;
    let (values, source) = one.incomes.get(&year)?;
    Some((one.clone(), values.clone(), source.clone()))
}

fn raised(book: &mut Book, values: &[i64]) -> Vec<i64> {
    let mut values = values.to_vec();
    let other = if values[OTHER] == ABSENT { 0 } else { values[OTHER] };
    values[OTHER] = match other + book.dice.within(5, 200) * 10_000 {
        0 => ABSENT,
        yen => yen,
    };
    values
}

/// Less business income, or else less salary; none where there is neither.
fn lowered(book: &mut Book, values: &[i64], birth: Date) -> Option<Vec<i64>> {
    let mut values = values.to_vec();
    let per_cent = book.dice.within(20, 95);
    let field = [OTHER, SALARY_REVENUE].into_iter().find(|at| values[*at] != ABSENT && values[*at] >= 200_000)?;
    values[field] = values[field] * per_cent / 100;
    recompute(&mut values, book.year.year() - 1, birth);
    Some(values)
}

fn corrected(book: &mut Book, up: bool, learnt: Date, one: &Known, values: &[i64]) -> bool {
    let new = if up { Some(raised(book, values)) } else { lowered(book, values, one.birth) };
    let Some(new) = new else { return false };
    let (kind, how) = if up { (Is::IncomeRaised, "増額") } else { (Is::IncomeLowered, "減額") };
    book.touched.insert(one.person);
    let year = book.year.year() - 1;
    book.learn(learnt, kind, format!("{year}年分の所得が{how}に更正されました。"), vec![income(one.person, year, new, TAX_OFFICE)]);
    true
}

pub(super) fn income_raised(book: &mut Book) -> bool {
    correct_once(book, true)
}

pub(super) fn income_lowered(book: &mut Book) -> bool {
    correct_once(book, false)
}

fn correct_once(book: &mut Book, up: bool) -> bool {
    let Some((one, values, _)) = correctable(book) else { return false };
    let wanted = book.day(65, 5);
    book.free(wanted).is_some_and(|learnt| corrected(book, up, learnt, &one, &values))
}

/// Corrected, and then back to exactly what was there.
pub(super) fn correction_corrected(book: &mut Book) -> bool {
    let Some((one, values, source)) = correctable(book) else { return false };
    let (wanted, up) = (book.day(65, 130), book.dice.chance(6_000));
    let Some(learnt) = book.free(wanted) else { return false };
    if !corrected(book, up, learnt, &one, &values) {
        return false;
    }
    let Some(back) = book.some_days_after(learnt.tomorrow(), 15, 110) else { return true };
    let year = book.year.year() - 1;
    let told = format!("{}に更正された{year}年分の所得が元に戻されました。", ja(learnt));
    book.learn(back, Is::CorrectionCorrected, told, vec![income(one.person, year, values, &source)]);
    true
}

pub(super) fn property_corrected(book: &mut Book) -> bool {
    let Some(i) = book.people.iter().position(|one| one.property_tax > 0) else { return false };
    let (person, tax) = (book.people[i].person, book.people[i].property_tax);
    let wanted = book.day(40, 10);
    let Some(learnt) = book.free(wanted) else { return false };
    let tax = (tax * book.dice.within(30, 140) / 100 / 100 * 100).max(100);
    let (from, until) = (book.year.first_day(), book.year.end());
    let facts = vec![fact(person, Kind::Property, from, until, vec![tax], "固定資産課税台帳（更正）")];
    book.learn(learnt, Is::PropertyCorrected, "固定資産税額が更正されました。".to_owned(), facts);
    true
}

/// What the head and the insured of a household earned in the year before; none where some of it is not known.
pub(super) fn earned(book: &Book) -> Option<i64> {
    let (year, start) = (book.year.year() - 1, book.year.first_day());
    let mut sum = 0;
    for one in book.people.iter().filter(|one| one.is_head() || one.insured_on(start)) {
        let (values, _) = one.incomes.get(&year)?;
        // Not known is not nil; a dependant who need not declare has none.
        if values[STATE] == PENDING || values[STATE] == UNDECLARED {
            return None;
        }
        sum += [SALARY, PENSION, OTHER].map(|at| if values[at] == ABSENT { 0 } else { values[at] }).iter().sum::<i64>();
    }
    Some(sum)
}

/// A day of the calendar year in which the fiscal year begins, before a day.
pub(super) fn cause_before(book: &mut Book, day: Date) -> Date {
    let first = book.year.first_day();
    let last = earlier(day, 3).min(Date::new(first.year(), 12, 20));
    book.dice.day(first, last.max(first.tomorrow()))
}
