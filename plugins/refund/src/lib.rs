//! What becomes of money paid beyond what is owed (過誤納金の還付・充当) as a rule. It proposes; the host posts.
//!
//! # What it decides
//!
//! For each overpayment on the day of the decision: what of it pays what the same payer owes, what goes back, to whom, and with
//! how much interest; from when it can no longer be claimed, and from when somebody is to be warned of that. What is lapsed is
//! shown and nothing is proposed for it.
//!
//! # Legal basis
//!
//! Local Tax Act (地方税法) arts. 17, 17-2, 17-4, for a premium applied as for local tax; National Health Insurance Act (国民健康
//! 保険法) art. 110; the municipality's ordinance, with rates as in Local Tax Act suppl. art. 3-2 and units as in its art. 20-4-2.
//!
//! # Inputs
//!
//! Overpayments with their cause, the payments that make them, what the household owes, consents, notices and claims; who heads
//! the household, deaths. The day of the case is the day of the decision to pay out.
//!
//! # Output
//!
//! Tables `refund` (one row), `overpayments` (a row each), `stretches` (a row per counted part), `proposals`; see [`outcome`].
//! The first counted day follows from the cause and is never given.
//!
//! # Rounding
//!
//! All of the ordinance, once per overpayment: the amount counted on, each part, the sum. Between them amounts are exact
//! fractions, a year has 365 days.
//!
//! # Assumptions
//!
//! 1. Overpayments are used in the order in which they arose, the money of each in the order in which it was paid: first for
//!    appropriations in their order, then for the refund. Where a part was decided before, it was the money paid first.
//! 2. What runs on a day is the sum of all parts of the overpayment that count on that day, each from its own first day to its
//!    own last; that sum is rounded down, not each part. What is too small to count on is held against it or against the whole,
//!    as the ordinance says.
//! 3. An appropriation counts until both sides existed: the later of the overpayment's day and the due date; where that lies
//!    beyond the decision, until the decision. A refund counts until the decision.
//! 4. No interest begins before the day after the payment, also where the law counts from another day before it.
//! 5. Of a premium every reduction counts from the day after the payment, whoever asked for it and whatever was its ground.
//! 6. Days are left out from the day after the last one for a claim to the day on which it came, that day included; they are
//!    left out for all of the overpayment.
//! 7. A time bar runs from the day after the overpayment arose. A claim before it keeps what was claimed; a notice does not
//!    make it run anew.
//! 8. Who was head on the day of the last payment has the right to a refund, or their heirs. A deduction from a pension in the
//!    six months after the death of a head, or while a dead head is still registered, is the dead person's.
//! 9. What goes back to the body that pays the pension is not appropriated and bears no interest.
//! 10. An instalment is as old as the oldest of its claims.
//!
//! # Not covered
//!
//! Appropriation to other money than this premium's, shares of several heirs, an overpayment deducted from a pension only in
//! part after a death (refused, a clerk splits it), repayment of what has lapsed through the office's fault (返還金).

mod claims;
mod interest;
mod labels;
pub mod ordinance;
pub mod outcome;
mod payee;

pub use ordinance::RefundOrdinance;
pub use outcome::RefundOutcome;

use crate::claims::Claims;
use crate::interest::Interest;
use crate::ordinance::{TimeBar, Values};
use crate::outcome::{OverpaymentRow, PayeeWord, RefundRow};
use jorei_sdk::facts::Channel;
use jorei_sdk::payments::{Entry, Proposal};
use jorei_sdk::stretches::{after_months, months_before};
use jorei_sdk::*;

facts!(
    /// The facts that a refund rests on.
    pub struct RefundFacts {
        membership: Membership,
        deaths: Deaths,
        overpayments: Overpayments,
        overpaid_payments: OverpaidPayments,
        claims: Claims,
        consents: Consents,
        claim_notices: ClaimNotices,
    }
);

/// The rule.
#[derive(Clone, Copy, Debug)]
pub struct Refund;

impl Rule for Refund {
    const ABOUT: About = About {
        id: "refund",
        title_ja: "国民健康保険料の還付・充当",
        title_en: "Refund and appropriation of premiums of National Health Insurance",
        legal_basis: &["Local Tax Act arts. 17, 17-2, 17-4", "Act art. 110"],
        labels: labels::LABELS,
    };
    type Ordinance = RefundOrdinance;
    type Facts = RefundFacts;
    type Outcome = RefundOutcome;

    fn decide<'a, T: Trace<'a>>(case: &Case<'a, RefundFacts>, values: &'a Values, t: &mut T) -> Result<RefundOutcome, Refusal> {
        let root = t.open("refund");
        t.note("decided_on", case.on);
        let mut outcome = RefundOutcome {
            refund: RefundRow {
                overpaid_yen: Yen::ZERO,
                appropriated_yen: Yen::ZERO,
                refund_yen: Yen::ZERO,
                interest_yen: Yen::ZERO,
                lapsed_yen: Yen::ZERO,
            },
            overpayments: Vec::new(),
            stretches: Vec::new(),
            proposals: Vec::new(),
        };
        let overpayments = overpayments(case, t)?;
        if !overpayments.is_empty() {
            let bars = Bars::new(values.time_bar.known()?, t);
            let mut interest = Interest::new(values, t)?;
            let mut claims = Claims::of(case, values, t)?;
            for overpayment in &overpayments {
                let row = overpayment.decided(case, &bars, &mut interest, &mut claims, &mut outcome, t)?;
                let sum = &mut outcome.refund;
                sum.overpaid_yen = sum.overpaid_yen.plus(row.yen)?;
                sum.appropriated_yen = sum.appropriated_yen.plus(row.appropriated_yen)?;
                sum.refund_yen = sum.refund_yen.plus(row.refund_yen)?;
                sum.interest_yen = sum.interest_yen.plus(row.interest_yen)?;
                sum.lapsed_yen = sum.lapsed_yen.plus(row.lapsed_yen)?;
                outcome.overpayments.push(row);
            }
        }
        t.close(root, outcome.refund.refund_yen).article("Local Tax Act art. 17");
        Ok(outcome)
    }
}

/// A payment as far as it is overpaid and still to be decided.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Payment {
    pub(crate) on: Date,
    pub(crate) yen: Yen,
    pub(crate) channel: Channel,
}

/// An overpayment with the payments that make it.
pub(crate) struct Overpayment<'a> {
    pub(crate) row: facts::Row<'a, facts::Overpayments>,
    pub(crate) number: i64,
    pub(crate) on: Date,
    pub(crate) yen: Yen,
    /// In order of days; together `yen`.
    pub(crate) payments: Vec<Payment>,
    /// Notices, each with the claim that answered it by the day of the case.
    pub(crate) notices: Vec<(Date, Option<Date>)>,
}

/// What a part of an overpayment is used for, and the last day on which it counts for interest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Use {
    pub(crate) yen: Yen,
    pub(crate) last_day: Date,
}

/// The overpayments of the case in the order in which they are used.
///
/// # Errors
/// `overpayment_twice`, `overpayment_unknown`, `overpayment_later`, `payments_unknown`, `payments_too_small`.
fn overpayments<'a, T: Trace<'a>>(case: &Case<'a, RefundFacts>, t: &mut T) -> Result<Vec<Overpayment<'a>>, Refusal> {
    let mut all: Vec<Overpayment<'a>> = Vec::new();
    for row in case.rows(|facts| &facts.overpayments) {
        let (number, on) = (t.see(row.number()), t.see(row.on()));
        if all.iter().any(|other| other.number == number) {
            return Err(Refusal::fact_impossible("overpayment_twice").with("number", number));
        }
        if on > case.on {
            return Err(Refusal::fact_impossible("overpayment_later").with("number", number).with("on", on));
        }
        let yen = t.see(row.yen()).filter(|yen| *yen >= Yen::ZERO);
        let yen = yen.ok_or_else(|| Refusal::fact_missing("overpayment_unknown").with("number", number))?;
        all.push(Overpayment { row, number, on, yen, payments: Vec::new(), notices: Vec::new() });
    }
    all.sort_by_key(|overpayment| (overpayment.on, overpayment.number));
    for row in case.rows(|facts| &facts.overpaid_payments) {
        let Some(overpayment) = all.iter_mut().find(|overpayment| overpayment.number == row.number().peek()) else { continue };
        t.see(row.number());
        let (on, channel) = (t.see(row.on()), t.see(row.channel()));
        if on > case.on {
            return Err(Refusal::fact_impossible("overpayment_later").with("number", overpayment.number).with("on", on));
        }
        let yen = t.see(row.yen()).filter(|yen| *yen >= Yen::ZERO);
        let yen = yen.ok_or_else(|| Refusal::fact_missing("payments_unknown").with("number", overpayment.number))?;
        overpayment.payments.push(Payment { on, yen, channel });
    }
    for row in case.rows(|facts| &facts.claim_notices).filter(|row| row.on().peek() <= case.on) {
        if let Some(overpayment) = all.iter_mut().find(|overpayment| overpayment.number == row.number().peek()) {
            let claimed = t.see(row.claimed_on()).filter(|claimed| *claimed <= case.on);
            overpayment.notices.push((t.see(row.on()), claimed));
        }
    }
    for overpayment in &mut all {
        overpayment.cut_to_what_is_left()?;
    }
    Ok(all)
}

impl<'a> Overpayment<'a> {
    /// Leaves out of its payments what was decided before: the money paid first.
    ///
    /// # Errors
    /// `payments_too_small`.
    fn cut_to_what_is_left(&mut self) -> Result<(), Refusal> {
        self.payments.sort_by_key(|payment| (payment.on, payment.yen));
        let paid = self.payments.iter().try_fold(Yen::ZERO, |sum, payment| sum.plus(payment.yen))?;
        if paid < self.yen {
            return Err(Refusal::fact_impossible("payments_too_small")
                .with("number", self.number)
                .with("yen", self.yen)
                .with("paid", paid)
                .article("Local Tax Act art. 17-4 para. 1"));
        }
        let mut decided = paid.minus(self.yen)?;
        for payment in &mut self.payments {
            let cut = decided.min(payment.yen);
            payment.yen = payment.yen.minus(cut)?;
            decided = decided.minus(cut)?;
        }
        self.payments.retain(|payment| payment.yen > Yen::ZERO);
        Ok(())
    }

    /// Was it claimed before a day?
    fn is_claimed_before(&self, day: Date) -> bool {
        self.notices.iter().any(|(_, claimed)| claimed.is_some_and(|claimed| claimed < day))
    }

    /// Decides it, and adds its parts and proposals to the outcome.
    fn decided<T: Trace<'a>>(
        &self,
        case: &Case<'a, RefundFacts>,
        bars: &Bars,
        interest: &mut Interest<'a>,
        claims: &mut Claims<'a>,
        outcome: &mut RefundOutcome,
        t: &mut T,
    ) -> Result<OverpaymentRow, Refusal> {
        let step = t.open("overpayment");
        t.note("number", self.number);
        t.note("overpaid", self.yen);
        let payee = payee::of(self, case, interest.values, t)?;
        t.note("payee", Val::Word(payee.word()));
        let (bar_on, interest_bar_on) = (bars.on(self.on, bars.principal_years), bars.on(self.on, bars.interest_years));
        t.note("bar_on", bar_on).article("Act art. 110").formula("years_after_it_arose");
        let mut row = OverpaymentRow {
            number: self.number,
            yen: self.yen,
            appropriated_yen: Yen::ZERO,
            refund_yen: Yen::ZERO,
            lapsed_yen: Yen::ZERO,
            interest_yen: Yen::ZERO,
            first_day: None,
            last_day: None,
            payee,
            bar_on,
            warn_on: months_before(bar_on, bars.warning_months),
            interest_bar_on,
        };
        if case.on >= bar_on && !self.is_claimed_before(bar_on) {
            row.lapsed_yen = self.yen;
            t.note("lapsed", self.yen).article("Act art. 110");
            t.close(step, Yen::ZERO);
            return Ok(row);
        }
        let mut uses: Vec<Use> = Vec::new();
        let mut rest = self.yen;
        if payee != PayeeWord::PensionBody {
            for (claim, taken, due) in claims.take(rest, t)? {
                let last_day = self.on.max(due).min(case.on);
                t.note("suitable_on", last_day).article("Local Tax Act art. 17-2");
                uses.push(Use { yen: taken, last_day });
                rest = rest.minus(taken)?;
                outcome.proposals.push(Proposal { entry: Entry::Appropriation, overpayment: self.number, claim: Some(claim), yen: taken });
            }
        }
        row.appropriated_yen = self.yen.minus(rest)?;
        row.refund_yen = rest;
        if rest > Yen::ZERO {
            uses.push(Use { yen: rest, last_day: case.on });
            outcome.proposals.push(Proposal { entry: Entry::Refund, overpayment: self.number, claim: None, yen: rest });
        }
        t.note("refunded", rest).article("Local Tax Act art. 17");
        row.last_day = uses.iter().map(|using| using.last_day).max();
        let interest_is_barred = case.on >= interest_bar_on && !self.is_claimed_before(interest_bar_on);
        if payee == PayeeWord::PensionBody {
            t.note("no_interest", Val::Word(payee.word()));
        } else if interest_is_barred {
            t.note("no_interest", interest_bar_on);
        } else if row.last_day.is_some() {
            let accrued = interest.on(self, &uses, case.on, t)?;
            row.first_day = accrued.first_day;
            row.interest_yen = accrued.yen;
            outcome.stretches.extend(accrued.stretches);
            if accrued.yen > Yen::ZERO {
                outcome.proposals.push(Proposal { entry: Entry::Interest, overpayment: self.number, claim: None, yen: accrued.yen });
            }
        }
        t.close(step, row.refund_yen);
        Ok(row)
    }
}

/// Time bars, read once.
struct Bars {
    principal_years: i64,
    interest_years: i64,
    warning_months: i32,
}

impl Bars {
    fn new<'a, T: Trace<'a>>(values: &'a TimeBar, t: &mut T) -> Bars {
        let bars = Bars {
            principal_years: t.get(&values.principal_years),
            interest_years: t.get(&values.interest_years),
            warning_months: i32::try_from(t.get(&values.warning_months)).unwrap_or(0),
        };
        t.note("time_bar", bars.principal_years);
        bars
    }

    /// The first day on which what arose on a day can no longer be claimed: so many years counted from the day after have passed
    /// (Civil Code arts. 140, 143).
    fn on(&self, arose: Date, years: i64) -> Date {
        after_months(arose.tomorrow(), i32::try_from(12 * years).unwrap_or(0))
    }
}

component!(Refund, proposes);
