//! The decision at 70 to 74 (高齢受給者の負担割合と所得区分): taxable incomes, the adjustment for children, the exits of 30 %, 低所得.

use crate::household::Household;
use crate::ordinance::{Share, Values};
use crate::outcome::Over70;
use crate::taxes::{self, Lack, Tax, Taxes};
use crate::{ClassificationFacts, Month};
use jorei_sdk::facts::LimitApplication;
use jorei_sdk::*;

/// What comes of it.
pub(crate) struct Judgement {
    /// Income as in working life (現役並み所得者)?
    pub(crate) active: bool,
    /// Category of the table of limits.
    pub(crate) category: Over70,
}

/// Decides for a household with at least one insured person from 70 to 74.
///
/// # Errors
/// What is missing: `taxable_missing`, `total_income_missing`, `receipts_missing`, `low_income_missing`, and those of a child or a
/// former member as of anybody.
pub(crate) fn judge<'a, T: Trace<'a>>(
    case: &Case<'a, ClassificationFacts>,
    month: Month,
    household: &Household<'a>,
    taxes: &Taxes<'a>,
    values: &'a Values,
    t: &mut T,
) -> Result<Judgement, Refusal> {
    let step = t.open("judgement");
    let share = values.share.known()?;
    let judged: Vec<usize> = household.insured.iter().filter(|person| person.age.is_elderly()).map(|person| person.ordinal).collect();
    let mut highest = Yen::ZERO;
    for person in &judged {
        let taxable = match taxes.tax(*person) {
            Tax::Nil | Tax::Undeclared => Yen::ZERO,
            Tax::Known { row, exempt } => match (t.see(row.taxable_yen()), exempt) {
                (Some(taxable), _) => taxable,
                (None, true) => Yen::ZERO,
                (None, false) => return Err(taxes.lack(*person, "taxable_missing").refusal()),
            },
        };
        let reaches = taxable >= t.get(&share.taxable_from_yen);
        let adjusted = if reaches && *person == household.head { adjusted(case, month, taxable, share, t)? } else { taxable };
        t.note("taxable", adjusted).article("Order art. 27-2");
        highest = highest.max(adjusted);
    }
    let active =
        if highest < t.get(&share.taxable_from_yen) { false } else { !is_let_off(case, month, household, taxes, &judged, values, t)? };
    t.note("active", active).article("Act art. 42 para. 1");
    let category = if active {
        let elderly = values.elderly_limits.known()?;
        if highest >= t.get(&elderly.active_3_from_yen) {
            Over70::Active3
        } else if highest >= t.get(&elderly.active_2_from_yen) {
            Over70::Active2
        } else {
            Over70::Active1
        }
    } else if taxes.exempt {
        if have_no_income(household, taxes, values, t)? { Over70::LowIncome1 } else { Over70::LowIncome2 }
    } else {
        Over70::General
    };
    t.close(step, Val::Word(category.word())).article("Order art. 29-3");
    Ok(Judgement { active, category })
}

/// The head's taxable income less what is taken off for children insured at the end of the year of the income.
fn adjusted<'a, T: Trace<'a>>(
    case: &Case<'a, ClassificationFacts>,
    month: Month,
    taxable: Yen,
    share: &'a Share,
    t: &mut T,
) -> Result<Yen, Refusal> {
    let day = month.income_year_end();
    let (middle, end) = (t.get(&share.adjustment_middle_age), t.get(&share.adjustment_end_age));
    let mut left = taxable;
    for row in case.rows(|facts| &facts.persons) {
        let person = row.place();
        // 0: below the middle age, 1: from it on, 2: from the end age on. Who is not born is no member.
        let group = |born: Date| {
            let reached = |age: i64| born.reaches(i32::try_from(age).unwrap_or(i32::from(u8::MAX))) <= day;
            if reached(end) { 2 } else { i32::from(reached(middle)) }
        };
        let (earliest, latest) = (row.birth_earliest().peek(), row.birth_latest().peek());
        let is_member = |stay: &facts::Row<'_, facts::Membership>| {
            stay.person().peek() == person as i64 && stay.from().peek() <= day && stay.until().peek().is_none_or(|until| day < until)
        };
        if (group(earliest) == 2 && group(latest) == 2) || !case.rows(|facts| &facts.membership).any(|stay| is_member(&stay)) {
            continue;
        }
        if !insured::on(case.rows(|facts| &facts.persons), case.rows(|facts| &facts.qualification), person as i64, day, t)? {
            continue;
        }
        if group(earliest) != group(latest) {
            let refusal = Refusal::fact_missing("age_unclear").with("earliest", earliest).with("latest", latest);
            return Err(refusal.with("month", day).with("person", person + 1).article("Order art. 27-2"));
        }
        t.see(row.birth_earliest());
        let income = match taxes::read(case, person, month.income_year, t)? {
            Tax::Nil => Yen::ZERO,
            Tax::Undeclared => continue,
            Tax::Known { row, .. } => t
                .see(row.total_income_yen())
                .ok_or_else(|| Lack { person, year: month.income_year, label: "total_income_missing" }.refusal())?,
        };
        if income <= t.get(&share.adjustment_income_up_to_yen) {
            let taken = t.get(if group(earliest) == 0 { &share.younger_adjustment_yen } else { &share.older_adjustment_yen });
            t.note("child_adjustment", taken).article("Order art. 27-2").formula("per_insured_child");
            left = left.less(taken);
        }
    }
    Ok(left)
}

/// The exits: does an income as in working life still leave the household at the lower share?
fn is_let_off<'a, T: Trace<'a>>(
    case: &Case<'a, ClassificationFacts>,
    month: Month,
    household: &Household<'a>,
    taxes: &Taxes<'a>,
    judged: &[usize],
    values: &'a Values,
    t: &mut T,
) -> Result<bool, Refusal> {
    let share = values.share.known()?;
    if judged.iter().any(|person| matches!(taxes.tax(*person), Tax::Undeclared)) {
        t.note("no_exit_undeclared", true);
        return Ok(false);
    }
    let sum = taxes.sum(judged.iter().copied(), values, t)?.map_err(Lack::refusal)?;
    let by_income = sum <= t.get(&share.income_up_to_yen);
    t.note("exit_by_income", by_income).article("Order art. 27-2");
    if by_income {
        return Ok(true);
    }
    if t.get(&share.receipts_application_needed) && !has_applied(case, month, t) {
        t.note("no_receipts_application", true).article("Order art. 27-2");
        return Ok(false);
    }
    let mut receipts = Yen::ZERO;
    for person in judged {
        receipts = receipts.plus(received(taxes.tax(*person), *person, month, t)?.unwrap_or(Yen::ZERO))?;
    }
    t.note("receipts", receipts);
    let together = &share.receipts_together_below_yen;
    let let_off = match judged {
        [_] if receipts < t.get(&share.receipts_alone_below_yen) => true,
        [_] if receipts < t.get(together) => match with_former(case, month, household, receipts, t)? {
            Some(with_former) => with_former < t.get(together),
            None => false,
        },
        [_] => false,
        _ => receipts < t.get(together),
    };
    t.note("exit_by_receipts", let_off).article("Order art. 27-2");
    Ok(let_off)
}

/// Was the test of receipts applied for so that it works in the month?
fn has_applied<'a, T: Trace<'a>>(case: &Case<'a, ClassificationFacts>, month: Month, t: &mut T) -> bool {
    let first = age::months_after(month.year_from, -1);
    let mut rows = case.rows(|facts| &facts.limit_applications).filter(|row| {
        row.application().peek() == LimitApplication::ReceiptsTest
            && row.certified().peek()
            && (first..month.first).contains(&row.on().peek())
    });
    rows.next().is_some_and(|row| {
        let on = t.see(row.on());
        t.see(row.certified());
        t.note("receipts_applied_on", on);
        true
    })
}

/// Receipts of a judged or former member; none where undeclared.
fn received<'a, T: Trace<'a>>(tax: Tax<'a>, person: usize, month: Month, t: &mut T) -> Result<Option<Yen>, Refusal> {
    match tax {
        Tax::Nil => Ok(Some(Yen::ZERO)),
        Tax::Undeclared => Ok(None),
        Tax::Known { row, .. } => {
            let missing = || Refusal::fact_missing("receipts_missing").with("person", person + 1).with("year", month.income_year);
            Ok(Some(t.see(row.receipts_yen()).ok_or_else(|| missing().article("Order art. 27-2"))?))
        }
    }
}

/// Receipts together with those of former members; none where there is no former member, or one whose income is undeclared.
fn with_former<'a, T: Trace<'a>>(
    case: &Case<'a, ClassificationFacts>,
    month: Month,
    household: &Household<'a>,
    receipts: Yen,
    t: &mut T,
) -> Result<Option<Yen>, Refusal> {
    let (mut sum, mut seen) = (receipts, Vec::new());
    for row in case.rows(|facts| &facts.former_membership) {
        let from = row.from().peek().max(month.first);
        let until = row.until().peek().unwrap_or(Date::MAX).min(month.next);
        let Ok(person) = usize::try_from(row.person().peek()) else { continue };
        let lives_there = case.rows(|facts| &facts.membership).any(|stay| {
            stay.person().peek() == row.person().peek()
                && stay.from().peek().max(from) < stay.until().peek().unwrap_or(Date::MAX).min(until)
        });
        if !lives_there || seen.contains(&person) || household.insured.iter().any(|insured| insured.ordinal == person) {
            continue;
        }
        seen.push(person);
        t.see(row.from());
        t.see(row.until());
        let Some(yen) = received(taxes::read(case, person, month.income_year, t)?, person, month, t)? else { return Ok(None) };
        sum = sum.plus(yen)?;
    }
    if seen.is_empty() {
        return Ok(None);
    }
    t.note("receipts_with_former", sum);
    Ok(Some(sum))
}

/// 低所得I: has nobody of the head and the insured an income after expenses and deductions?
///
/// # Errors
/// `low_income_missing` where nobody surely has one and somebody's amounts are absent.
fn have_no_income<'a, T: Trace<'a>>(household: &Household<'a>, taxes: &Taxes<'a>, values: &'a Values, t: &mut T) -> Result<bool, Refusal> {
    let deduction = t.get(&values.low_income.known()?.pension_deduction_yen);
    let mut lack = None;
    for person in household.needed() {
        let Tax::Known { row, .. } = taxes.tax(person) else { continue };
        let (pension, other) = (t.see(row.pension_revenue_yen()), t.see(row.other_income_yen()));
        if pension.is_some_and(|yen| yen > deduction) || other.is_some_and(|yen| yen > Yen::ZERO) {
            t.note("no_income", false).article("Order art. 29-3").formula("pension_less_deduction_and_other");
            return Ok(false);
        }
        if pension.is_none() || other.is_none() {
            let lacking = if pension.is_none() { "lacking_pension" } else { "lacking_other_income" };
            lack = lack.or(Some((taxes.lack(person, "low_income_missing"), lacking)));
        }
    }
    if let Some((lack, lacking)) = lack {
        return Err(lack.refusal().with("lacking", lacking));
    }
    t.note("no_income", true).article("Order art. 29-3").formula("pension_less_deduction_and_other");
    Ok(true)
}
