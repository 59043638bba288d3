//! Lump sums for a birth and for a funeral (出産育児一時金・葬祭費) as a rule.
//!
//! # What it decides
//!
//! What is due for the births or the deaths of a day, how much of it the institution gets directly, who gets the rest, and until
//! when it can be claimed.
//!
//! # Legal basis
//!
//! National Health Insurance Act (国民健康保険法) arts. 58, 110; the ordinance fixes the amounts.
//!
//! # Inputs
//!
//! Birth dates, membership, qualification, births, deaths with their funerals. The day of the case is that of the birth or of the
//! death.
//!
//! # Output
//!
//! Tables `benefit` (one row), `benefits`, `claims`; see [`outcome`]. Where the institution is paid directly, the head has a row
//! beside, 0 where the cost took everything.
//!
//! # Rounding
//!
//! None.
//!
//! # Assumptions
//!
//! 1. Who gave birth, or died, is insured on that day: whoever dies is, the qualification is lost the day after, but nobody from
//!    the 75th birthday on.
//! 2. Whether another insurer pays was found out before; the rule does not count the months after leaving it.
//! 3. A birth falls under the compensation scheme for all of its children or for none.
//! 4. A right lapses two years after the day that follows the birth, or the funeral. An application from that day on gets nothing;
//!    what the institution was paid directly stays.
//!
//! # Not covered
//!
//! Sickness and maternity allowances (傷病手当金, 出産手当金), which the city does not give; loans before a birth.

mod labels;
pub mod ordinance;
pub mod outcome;

pub use ordinance::LumpSumOrdinance;
pub use outcome::LumpSumOutcome;

use crate::ordinance::Values;
use crate::outcome::{ClaimRow, Ground};
use jorei_sdk::benefits::{Benefit, BenefitRow, BenefitSum, Payee, bar_from};
use jorei_sdk::facts::{Childbirths, Funerals, Row};
use jorei_sdk::*;

const ARTICLE: &str = "Act art. 58";

facts!(
    /// The facts that a lump sum rests on.
    pub struct LumpSumFacts {
        persons: Persons,
        membership: Membership,
        qualification: Qualification,
        childbirths: Childbirths,
        funerals: Funerals,
    }
);

/// The rule.
#[derive(Clone, Copy, Debug)]
pub struct LumpSum;

impl Rule for LumpSum {
    const ABOUT: About = About {
        id: "lump_sum",
        title_ja: "出産育児一時金・葬祭費の支給",
        title_en: "Lump sums for childbirth and funerals",
        legal_basis: &["Act arts. 58, 110"],
        labels: labels::LABELS,
    };
    type Ordinance = LumpSumOrdinance;
    type Facts = LumpSumFacts;
    type Outcome = LumpSumOutcome;

    fn decide<'a, T: Trace<'a>>(case: &Case<'a, LumpSumFacts>, values: &'a Values, t: &mut T) -> Result<LumpSumOutcome, Refusal> {
        let root = t.open("lump_sum");
        t.note("event_on", case.on);
        let (mut benefits, mut claims) = (Vec::new(), Vec::new());
        for row in case.rows(|facts| &facts.childbirths) {
            single(case, &claims, row.number().peek(), row.on().peek())?;
            if claims.iter().any(|claim: &ClaimRow| claim.person == row.person().peek()) {
                let refusal = Refusal::fact_impossible("birth_twice").with("number", row.number().peek());
                return Err(refusal.with("person", row.person().peek() + 1).article(ARTICLE));
            }
            let step = t.open("birth");
            let claim = birth(case, &row, values, &mut benefits, t)?;
            t.note("ground", Val::Word(claim.ground.word()));
            t.close(step, claim.amount_yen).article(ARTICLE);
            claims.push(claim);
        }
        for row in case.rows(|facts| &facts.funerals) {
            single(case, &claims, row.number().peek(), row.on().peek())?;
            if claims.iter().any(|claim: &ClaimRow| claim.person == row.person().peek() && is_of_death(&benefits, claim.number)) {
                return Err(Refusal::fact_impossible("death_twice").with("number", row.number().peek()).article(ARTICLE));
            }
            let step = t.open("burial");
            let claim = burial(case, &row, values, &mut benefits, t)?;
            t.note("ground", Val::Word(claim.ground.word()));
            t.close(step, claim.amount_yen).article(ARTICLE);
            claims.push(claim);
        }
        let benefit = BenefitSum::of(&benefits)?;
        t.close(root, benefit.0).article(ARTICLE);
        Ok(LumpSumOutcome { benefit, benefits, claims })
    }
}

/// Is a claim that was decided before for a death?
fn is_of_death(benefits: &[BenefitRow], number: i64) -> bool {
    benefits.iter().any(|row| row.benefit == Benefit::Funeral && row.number == Some(number))
}

/// A claim is of the day of the case, and there once.
fn single(case: &Case<'_, LumpSumFacts>, claims: &[ClaimRow], number: i64, on: Date) -> Result<(), Refusal> {
    if on != case.on {
        return Err(Refusal::fact_impossible("another_day").with("number", number).with("on", on).with("day", case.on));
    }
    if claims.iter().any(|claim| claim.number == number) {
        return Err(Refusal::fact_impossible("claim_twice").with("number", number));
    }
    Ok(())
}

/// Decides a birth.
fn birth<'a, T: Trace<'a>>(
    case: &Case<'a, LumpSumFacts>,
    row: &Row<'a, Childbirths>,
    values: &'a Values,
    benefits: &mut Vec<BenefitRow>,
    t: &mut T,
) -> Result<ClaimRow, Refusal> {
    let (number, person) = (t.see(row.number()), row.person().peek());
    t.note("number", number);
    let (children, days) = (t.see(row.children()), t.see(row.gestation_days()));
    let impossible = |label| Refusal::fact_impossible(label).with("number", number).article(ARTICLE);
    if !(1..=9).contains(&children) {
        return Err(impossible("children_impossible").with("children", children));
    }
    // Forty-five weeks: beyond it, somebody wrote something else there.
    if !(0..=315).contains(&days) {
        return Err(impossible("gestation_impossible").with("days", days));
    }
    let direct = t.see(row.direct_yen());
    if direct.is_some_and(|yen| yen < Yen::ZERO) {
        return Err(impossible("direct_negative"));
    }
    let bar_on = bar_from(case.on.tomorrow());
    t.note("bar_on", bar_on).article("Act art. 110").formula("two_years_from_the_day_after_birth");
    let out = |payee: Payee, yen: Yen| BenefitRow {
        benefit: Benefit::Childbirth,
        number: Some(number),
        person: Some(person),
        payee,
        yen,
        bar_on: Some(bar_on),
    };
    let settings = values.childbirth.known()?;
    let from_days = t.get(&settings.from_days);
    t.note("gestation_days", days);
    let none = if !insured::on(case.rows(|facts| &facts.persons), case.rows(|facts| &facts.qualification), person, case.on, t)? {
        Some(Ground::NotInsured)
    } else if days < from_days {
        Some(Ground::TooShort)
    } else if t.see(row.other_insurer()) {
        Some(Ground::PaidElsewhere)
    } else {
        None
    };
    if let Some(ground) = none {
        benefits.push(out(Payee::Nobody, Yen::ZERO));
        return Ok(ClaimRow { number, person, amount_yen: Yen::ZERO, ground });
    }
    let mut per_child = t.get(&settings.amount_yen);
    let compensated = t.see(row.compensated());
    t.note("compensated", compensated);
    if compensated {
        per_child = per_child.plus(t.get(&settings.compensated_yen))?;
    }
    t.note("per_child", per_child).article(ARTICLE);
    t.note("children", children);
    let amount = per_child.times(children)?;
    let mut rest = amount;
    if let Some(direct) = direct {
        let paid = direct.min(amount);
        t.note("direct", paid).article(ARTICLE).formula("cost_at_most_amount");
        benefits.push(BenefitRow { bar_on: None, ..out(Payee::Institution, paid) });
        rest = amount.minus(paid)?;
    }
    t.note("rest", rest);
    head(case, t)?;
    let lapsed = t.see(row.applied_on()).is_some_and(|applied| applied >= bar_on);
    benefits.push(out(if lapsed { Payee::Nobody } else { Payee::Head }, rest));
    Ok(ClaimRow { number, person, amount_yen: amount, ground: if lapsed { Ground::Lapsed } else { Ground::Due } })
}

/// Decides a death.
fn burial<'a, T: Trace<'a>>(
    case: &Case<'a, LumpSumFacts>,
    row: &Row<'a, Funerals>,
    values: &'a Values,
    benefits: &mut Vec<BenefitRow>,
    t: &mut T,
) -> Result<ClaimRow, Refusal> {
    let (number, person, held_on) = (t.see(row.number()), row.person().peek(), t.see(row.funeral_on()));
    t.note("number", number);
    if held_on < case.on {
        let refusal = Refusal::fact_impossible("funeral_before_death").with("number", number).with("on", held_on);
        return Err(refusal.article(ARTICLE));
    }
    let bar_on = bar_from(held_on.tomorrow());
    t.note("held_on", held_on);
    t.note("bar_on", bar_on).article("Act art. 110").formula("two_years_from_the_day_after_funeral");
    let out = |payee: Payee, yen: Yen| BenefitRow {
        benefit: Benefit::Funeral,
        number: Some(number),
        person: Some(person),
        payee,
        yen,
        bar_on: Some(bar_on),
    };
    let settings = values.funeral.known()?;
    let none = if !insured::on(case.rows(|facts| &facts.persons), case.rows(|facts| &facts.qualification), person, case.on, t)? {
        Some(Ground::NotInsured)
    } else if t.see(row.paid_by_other()) {
        Some(Ground::PaidElsewhere)
    } else {
        None
    };
    if let Some(ground) = none {
        benefits.push(out(Payee::Nobody, Yen::ZERO));
        return Ok(ClaimRow { number, person, amount_yen: Yen::ZERO, ground });
    }
    let amount = t.get(&settings.amount_yen);
    let lapsed = t.see(row.applied_on()).is_some_and(|applied| applied >= bar_on);
    benefits.push(out(if lapsed { Payee::Nobody } else { Payee::Organiser }, amount));
    Ok(ClaimRow { number, person, amount_yen: amount, ground: if lapsed { Ground::Lapsed } else { Ground::Due } })
}

/// Somebody heads the household on the day, whom the rest is paid to.
///
/// # Errors
/// `head_missing`, `two_heads`.
fn head<'a, T: Trace<'a>>(case: &Case<'a, LumpSumFacts>, t: &mut T) -> Result<(), Refusal> {
    let holds = |from: Date, until: Option<Date>| from <= case.on && until.is_none_or(|until| case.on < until);
    let mut rows = case.rows(|facts| &facts.membership).filter(|row| row.head().peek() && holds(row.from().peek(), row.until().peek()));
    let row = rows.next().ok_or_else(|| Refusal::fact_missing("head_missing").with("on", case.on).article(ARTICLE))?;
    if rows.any(|other| other.person().peek() != row.person().peek()) {
        return Err(Refusal::fact_impossible("two_heads").with("on", case.on).article(ARTICLE));
    }
    t.see(row.head());
    t.note("head", u32::try_from(row.person().peek()).map_or(Val::Nothing, Val::Person));
    Ok(())
}

component!(LumpSum);
