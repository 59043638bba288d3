//! What becomes of applications for limit certificates, reduced meals and long stays. Absent: the paper, and what an institution reads
//! online, which needs none.

use crate::household::{Household, Insured};
use crate::ordinance::Values;
use crate::outcome::{CertificateRow, CertificateWord, Ground, Over70, Shown, Under70};
use crate::{ClassificationFacts, Month};
use jorei_sdk::facts::LimitApplication;
use jorei_sdk::*;

/// Restrictions of those who are in arrears: special care comes after a year of it, suspension after one and a half.
const IN_ARREARS: [facts::Restriction; 3] =
    [facts::Restriction::InArrears, facts::Restriction::SpecialCare, facts::Restriction::PaymentSuspended];

/// Certificates that hold in the month, or would if they were granted.
///
/// # Errors
/// `settings_missing`, `age_unclear`.
pub(crate) fn of<'a, T: Trace<'a>>(
    case: &Case<'a, ClassificationFacts>,
    month: Month,
    household: &Household<'a>,
    undeclared: bool,
    (under_70, over_70): (Under70, Option<Over70>),
    values: &'a Values,
    t: &mut T,
) -> Result<Vec<CertificateRow>, Refusal> {
    let mut rows = Vec::new();
    for row in case.rows(|facts| &facts.limit_applications).filter(|row| row.on().peek() < month.next) {
        let certificate = match row.application().peek() {
            LimitApplication::LimitCertificate => CertificateWord::Limit,
            LimitApplication::MealReduction => CertificateWord::MealReduction,
            LimitApplication::LongStay => CertificateWord::LongStay,
            LimitApplication::ReceiptsTest | LimitApplication::Unknown => continue,
        };
        let Some(person) = household.insured.iter().find(|person| person.ordinal as i64 == row.person().peek()) else { continue };
        let values = values.certificate.known()?;
        let last_month = t.get(&values.last_month);
        let applied = t.see(row.on());
        let from = age::months_after(age::month_of(applied), i32::from(certificate == CertificateWord::LongStay));
        let until = ends(person, from, i32::try_from(last_month).unwrap_or(7))?;
        if !(from..until).contains(&month.first) {
            continue;
        }
        let step = t.open("certificate");
        t.note("certificate_kind", Val::Word(certificate.word()));
        let category = match (person.age.is_elderly(), over_70) {
            (true, Some(over_70)) => Shown::from(over_70),
            _ => Shown::from(under_70),
        };
        let low = matches!(category, Shown::O | Shown::LowIncome2 | Shown::LowIncome1);
        let ground = if !t.see(row.certified()) {
            Ground::Uncertified
        } else if undeclared {
            Ground::Undeclared
        } else {
            match certificate {
                CertificateWord::Limit if matches!(category, Shown::Active3 | Shown::General) => Ground::NotNeeded,
                CertificateWord::Limit
                    if !person.age.is_elderly()
                        && IN_ARREARS.iter().any(|restriction| household.head_is_restricted(case, *restriction, month.first, t))
                        && t.see(row.special_circumstances()) != Some(true)
                        && t.get(&values.refused_in_arrears) =>
                {
                    Ground::InArrears
                }
                CertificateWord::MealReduction | CertificateWord::LongStay if !low => Ground::NotExempt,
                CertificateWord::LongStay if category == Shown::LowIncome1 => Ground::NoFurtherReduction,
                _ => Ground::Granted,
            }
        };
        t.note("from", from);
        t.note("until", until);
        t.note("ground", Val::Word(ground.word()));
        t.close(step, ground == Ground::Granted).article("Order art. 29-4");
        let granted = ground == Ground::Granted;
        rows.push(CertificateRow { person: person.ordinal as i64, certificate, category, from, until, granted, ground });
    }
    Ok(rows)
}

/// The first day on which a certificate from a day no longer holds: after the last month of its year, at 70, on the 75th birthday.
///
/// # Errors
/// `age_unclear`.
fn ends(person: &Insured<'_>, from: Date, last_month: i32) -> Result<Date, Refusal> {
    let after = Date::new(from.year() + i32::from(from.month() > last_month), last_month, 1);
    let year_end = age::months_after(after, 1);
    let by_age = |born: Date| {
        let of_75 = born.birthday(75);
        let of_70 = born.birthday(70);
        let elderly_from = if of_70.day() == 1 { of_70 } else { age::months_after(age::month_of(of_70), 1) };
        year_end.min(if from < elderly_from { elderly_from } else { of_75 })
    };
    let (earliest, latest) = (person.row.birth_earliest().peek(), person.row.birth_latest().peek());
    if by_age(earliest) != by_age(latest) {
        let refusal = Refusal::fact_missing("age_unclear").with("earliest", earliest).with("latest", latest);
        return Err(refusal.with("month", from).with("person", person.ordinal + 1).article("Act art. 42"));
    }
    Ok(by_age(earliest))
}
