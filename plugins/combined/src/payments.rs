//! Own payments of the year, by person, insurer and age. Absent: the limits they are held against.

use crate::CombinedFacts;
use crate::outcome::Side;
use jorei_sdk::age::{self, month_of};
use jorei_sdk::apportionment::apportion;
use jorei_sdk::base_date::BenefitYear;
use jorei_sdk::facts::CategoryOver70;
use jorei_sdk::*;

/// What one person paid under one insurer at one age.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Payment {
    pub(crate) person: i64,
    pub(crate) side: Side,
    pub(crate) over_70: bool,
    pub(crate) own: Yen,
    /// What of the benefit falls on it so far.
    pub(crate) given: Yen,
}

impl Payment {
    /// What is left of it.
    pub(crate) const fn held(&self) -> Yen {
        self.own.less(self.given)
    }
}

/// The payments of everybody covered on the base date, person by person.
///
/// # Errors
/// `rest_outside`, `rest_twice`, `rest_unknown`, `rest_negative`, `payment_date`, `payment_unknown`, `payment_negative`, and those of
/// [`BenefitYear::covers`].
pub(crate) fn of_year<'a, T: Trace<'a>>(case: &Case<'a, CombinedFacts>, year: BenefitYear, t: &mut T) -> Result<Vec<Payment>, Refusal> {
    let mut payments: Vec<Payment> = Vec::new();
    for person in case.rows(|facts| &facts.persons) {
        let ordinal = i64::try_from(person.place()).unwrap_or(i64::MAX);
        let mut sums = Sums::default();
        medical(case, year, ordinal, &mut sums, t)?;
        certified(case, year, ordinal, &mut sums, t)?;
        let mut care = Yen::ZERO;
        for row in case.rows(|facts| &facts.care_payments).filter(|row| row.person().peek() == ordinal) {
            on_base_date(t.see(row.on()), year, ordinal)?;
            care = care.plus(amount(t.see(row.own_yen()), ordinal)?)?;
        }
        if [sums.medical, sums.medical_70, sums.other, sums.other_70, care].iter().all(|yen| *yen == Yen::ZERO) {
            continue;
        }
        let step = t.open("payments_of_person");
        t.note("person", Val::Person(u32::try_from(ordinal).unwrap_or(u32::MAX)));
        if !year.covers(&person, case.rows(|facts| &facts.membership), case.rows(|facts| &facts.qualification), t)? {
            t.close(step, Yen::ZERO).formula("not_covered");
            continue;
        }
        let at_70 = care > Yen::ZERO && age::of_person(&person, year.base_month())?.is_elderly();
        let each = [
            (Side::Medical, false, sums.medical),
            (Side::Medical, true, sums.medical_70),
            (Side::Other, false, sums.other),
            (Side::Other, true, sums.other_70),
            (Side::Care, at_70, care),
        ];
        let mut all = Yen::ZERO;
        for (side, over_70, own) in each.into_iter().filter(|(_, _, own)| *own > Yen::ZERO) {
            t.note(side.word(), own).formula(if over_70 { "paid_over_70" } else { "paid_under_70" });
            all = all.plus(own)?;
            payments.push(Payment { person: ordinal, side, over_70, own, given: Yen::ZERO });
        }
        t.close(step, all).article("Act art. 57-3");
    }
    Ok(payments)
}

/// A person's medical payments, from 70 on and before.
#[derive(Default)]
struct Sums {
    medical: Yen,
    medical_70: Yen,
    other: Yen,
    other_70: Yen,
}

fn medical<'a, T: Trace<'a>>(
    case: &Case<'a, CombinedFacts>,
    year: BenefitYear,
    person: i64,
    sums: &mut Sums,
    t: &mut T,
) -> Result<(), Refusal> {
    let mut months: Vec<Date> = Vec::new();
    for row in case.rows(|facts| &facts.monthly_rests).filter(|row| row.person().peek() == person) {
        let month = month_of(t.see(row.on()));
        let told = |refusal: Refusal| refusal.with("person", person + 1).with("month", month).article("Act art. 57-3");
        if !year.contains(month) {
            return Err(told(Refusal::fact_impossible("rest_outside")).with("base", year.base_date()));
        }
        if months.contains(&month) {
            return Err(told(Refusal::fact_impossible("rest_twice")));
        }
        months.push(month);
        let counted = t.see(row.counted_yen()).ok_or_else(|| told(Refusal::fact_missing("rest_unknown")))?;
        if counted < Yen::ZERO {
            return Err(told(Refusal::fact_impossible("rest_negative")));
        }
        let sum = if t.see(row.over_70()) == CategoryOver70::Unknown { &mut sums.medical } else { &mut sums.medical_70 };
        *sum = sum.plus(counted)?;
    }
    Ok(())
}

fn certified<'a, T: Trace<'a>>(
    case: &Case<'a, CombinedFacts>,
    year: BenefitYear,
    person: i64,
    sums: &mut Sums,
    t: &mut T,
) -> Result<(), Refusal> {
    for row in case.rows(|facts| &facts.certified_payments).filter(|row| row.person().peek() == person) {
        on_base_date(t.see(row.on()), year, person)?;
        let counted = amount(t.see(row.counted_yen()), person)?;
        let sum = if t.see(row.over_70()) { &mut sums.other_70 } else { &mut sums.other };
        *sum = sum.plus(counted)?;
    }
    Ok(())
}

fn on_base_date(on: Date, year: BenefitYear, person: i64) -> Result<(), Refusal> {
    if on == year.base_date() {
        return Ok(());
    }
    let refusal = Refusal::fact_impossible("payment_date").with("person", person + 1).with("on", on).with("base", year.base_date());
    Err(refusal.article("Act art. 57-3"))
}

fn amount(yen: Option<Yen>, person: i64) -> Result<Yen, Refusal> {
    match yen {
        None => Err(Refusal::fact_missing("payment_unknown").with("person", person + 1).article("Act art. 57-3")),
        Some(yen) if yen < Yen::ZERO => {
            Err(Refusal::fact_impossible("payment_negative").with("person", person + 1).article("Act art. 57-3"))
        }
        Some(yen) => Ok(yen),
    }
}

/// What is left of some payments.
///
/// # Errors
/// [`MoneyError`].
pub(crate) fn left(payments: &[Payment], of: impl Fn(&Payment) -> bool) -> Result<Yen, MoneyError> {
    payments.iter().filter(|payment| of(payment)).try_fold(Yen::ZERO, |sum, payment| sum.plus(payment.held()))
}

/// Divides a benefit among the insurers by what is left under each, and each part among that insurer's payments.
///
/// # Errors
/// [`MoneyError`].
pub(crate) fn give(benefit: Yen, payments: &mut [Payment], of: impl Fn(&Payment) -> bool) -> Result<(), MoneyError> {
    const SIDES: [Side; 3] = [Side::Medical, Side::Other, Side::Care];
    let held = SIDES.map(|side| left(payments, |payment| of(payment) && payment.side == side));
    let held = held.into_iter().collect::<Result<Vec<Yen>, MoneyError>>()?;
    for (side, part) in SIDES.into_iter().zip(apportion(benefit, &held)?) {
        let mut of_side: Vec<&mut Payment> = payments.iter_mut().filter(|payment| of(payment) && payment.side == side).collect();
        let each: Vec<Yen> = of_side.iter().map(|payment| payment.held()).collect();
        for (payment, yen) in of_side.iter_mut().zip(apportion(part, &each)?) {
            payment.given = payment.given.plus(yen)?;
        }
    }
    Ok(())
}
