//! Who has the right to a refund: the head who paid, their heirs, or the body that pays the pension. Absent: accounts and
//! addresses, which no rule sees.

use crate::ordinance::{Returned, Values};
use crate::outcome::PayeeWord;
use crate::{Overpayment, RefundFacts};
use jorei_sdk::facts::Channel;
use jorei_sdk::stretches::after_months;
use jorei_sdk::*;

/// A deduction in so many months after the death of a head is taken from the dead person's pension, whoever heads the household
/// then: it takes some months to end it, and longer to begin another.
const DEDUCTIONS_AFTER_DEATH_MONTHS: i32 = 6;

/// Who has the right to an overpayment.
///
/// # Errors
/// `payee_mixed`: a part of it was deducted from a pension after a death.
pub(crate) fn of<'a, T: Trace<'a>>(
    overpayment: &Overpayment<'a>,
    case: &Case<'a, RefundFacts>,
    values: &'a Values,
    t: &mut T,
) -> Result<PayeeWord, Refusal> {
    let Some(last) = overpayment.payments.last() else { return Ok(PayeeWord::Head) };
    let deducted = |channel: Channel| channel == Channel::PensionDeduction;
    let after_death: Vec<bool> =
        overpayment.payments.iter().map(|payment| deducted(payment.channel) && is_after_death(case, payment.on, t)).collect();
    let heirs = head_of(case, last.on, t).and_then(|head| died(case, head, t)).is_some();
    let ordinary = if heirs { PayeeWord::Heirs } else { PayeeWord::Head };
    if !after_death.contains(&true) {
        return Ok(ordinary);
    }
    let returned = t.get_as(&values.payee.known()?.pension_after_death, |returned| {
        Val::Word(match returned {
            Returned::PensionBody => PayeeWord::PensionBody.word(),
            Returned::Heirs => PayeeWord::Heirs.word(),
        })
    });
    match returned {
        Returned::Heirs => Ok(PayeeWord::Heirs),
        Returned::PensionBody if after_death.contains(&false) => {
            Err(Refusal::out_of_scope("payee_mixed").with("number", overpayment.number))
        }
        Returned::PensionBody => Ok(PayeeWord::PensionBody),
    }
}

/// Was a deduction of a day made after the death of whoever's pension it was?
fn is_after_death<'a, T: Trace<'a>>(case: &Case<'a, RefundFacts>, paid: Date, t: &mut T) -> bool {
    if head_of(case, paid, t).and_then(|head| died(case, head, t)).is_some_and(|died| died < paid) {
        return true;
    }
    let heads: Vec<i64> = case.rows(|facts| &facts.membership).filter(|row| row.head().peek()).map(|row| row.person().peek()).collect();
    heads.into_iter().any(|head| {
        let just_died = |died: Date| died < paid && paid < after_months(died.tomorrow(), DEDUCTIONS_AFTER_DEATH_MONTHS);
        died(case, head, t).is_some_and(just_died)
    })
}

/// The head on a day; where nobody is registered as such, the last one before it.
fn head_of<'a, T: Trace<'a>>(case: &Case<'a, RefundFacts>, on: Date, t: &mut T) -> Option<i64> {
    let heads = || case.rows(|facts| &facts.membership).filter(|row| row.head().peek() && row.from().peek() <= on);
    let registered = heads().filter(|row| row.until().peek().is_none_or(|until| on < until)).max_by_key(|row| row.from().peek());
    let row = registered.or_else(|| heads().max_by_key(|row| row.until().peek()))?;
    t.see(row.from());
    t.see(row.until());
    t.see(row.head());
    Some(row.person().peek())
}

/// The day on which a person died, by the day of the case.
fn died<'a, T: Trace<'a>>(case: &Case<'a, RefundFacts>, person: i64, t: &mut T) -> Option<Date> {
    let row = case.rows(|facts| &facts.deaths).find(|row| row.person().peek() == person && row.on().peek() <= case.on)?;
    Some(t.see(row.on()))
}
