//! Care and transport that were paid and are claimed back (療養費・特別療養費・移送費), and the insurer's part of care in kind.
//!
//! # What it decides
//!
//! For each expense of a month: the cost that counts, the insurer's part of it, who gets it, and until when it can be claimed.
//!
//! # Legal basis
//!
//! National Health Insurance Act (国民健康保険法) arts. 36, 53, 54, 54-2, 54-3, 54-4, 110.
//!
//! # Inputs
//!
//! Birth dates, qualification, the shares of the month as the host made them of the classification, the expenses with what the tariff comes to.
//! The day of the case is the first of the month of treatment.
//!
//! # Output
//!
//! Tables `benefit` (one row), `benefits` (a row per expense, 0 where nothing is due), `expenses`; see [`outcome`].
//!
//! # Rounding
//!
//! The insurer's part, once per expense, as the settings say.
//!
//! # Assumptions
//!
//! 1. What was assessed stands in yen, also of care abroad: the conversion is made before.
//! 2. The insurer's part is rounded, and what is left is the patient's; not the other way round.
//! 3. A right lapses two years after the day that follows the payment. An application from that day on gets nothing. What is
//!    given in kind has no such bar here: the institution's claim goes through the federation.
//! 4. Care in kind needs no documents of the insured.
//! 5. Transport has no share and is not touched by a restriction. Braces and care abroad are never given in kind: whom a
//!    restriction makes pay all gets them as anybody.
//!
//! # Not covered
//!
//! Setting off against arrears and suspension (Act art. 63-2), which follow the decision; approval before a transport; the
//! conversion of foreign money.

mod labels;
pub mod ordinance;
pub mod outcome;

pub use ordinance::ExpenseOrdinance;
pub use outcome::ExpenseOutcome;

use crate::ordinance::Values;
use crate::outcome::{ExpenseRow, Ground};
use jorei_sdk::benefits::{Benefit, BenefitRow, BenefitSum, Payee, bar_from};
use jorei_sdk::facts::{Expense as Kind, ExpenseReason, Expenses, Row};
use jorei_sdk::*;

facts!(
    /// The facts that an expense rests on.
    pub struct ExpenseFacts {
        persons: Persons,
        qualification: Qualification,
        shares: Shares,
        expenses: Expenses,
    }
);

/// The rule.
#[derive(Clone, Copy, Debug)]
pub struct Expense;

impl Rule for Expense {
    const ABOUT: About = About {
        id: "expense",
        title_ja: "療養費・特別療養費・移送費等の支給",
        title_en: "Expenses of care and transport that are claimed back",
        legal_basis: &["Act arts. 36, 53, 54, 54-2, 54-3, 54-4, 110"],
        labels: labels::LABELS,
    };
    type Ordinance = ExpenseOrdinance;
    type Facts = ExpenseFacts;
    type Outcome = ExpenseOutcome;

    fn decide<'a, T: Trace<'a>>(case: &Case<'a, ExpenseFacts>, values: &'a Values, t: &mut T) -> Result<ExpenseOutcome, Refusal> {
        let root = t.open("expense");
        if case.on.day() != 1 {
            return Err(Refusal::out_of_scope("not_the_first").with("on", case.on));
        }
        t.note("month", case.on);
        let (mut benefits, mut expenses) = (Vec::new(), Vec::new());
        for row in case.rows(|facts| &facts.expenses) {
            let (number, on) = (row.number().peek(), row.on().peek());
            if age::month_of(on) != case.on {
                return Err(Refusal::fact_impossible("another_month").with("number", number).with("on", on).with("month", case.on));
            }
            if expenses.iter().any(|expense: &ExpenseRow| expense.number == number) {
                return Err(Refusal::fact_impossible("expense_twice").with("number", number));
            }
            let step = t.open("claim");
            t.note("number", number);
            let (benefit, expense) = decided(case, &row, values, t)?;
            t.note("ground", Val::Word(expense.ground.word()));
            t.close(step, benefit.yen);
            benefits.push(benefit);
            expenses.push(expense);
        }
        let benefit = BenefitSum::of(&benefits)?;
        t.close(root, benefit.0).article("Act art. 54");
        Ok(ExpenseOutcome { benefit, benefits, expenses })
    }
}

/// Decides one expense.
fn decided<'a, T: Trace<'a>>(
    case: &Case<'a, ExpenseFacts>,
    row: &Row<'a, Expenses>,
    values: &'a Values,
    t: &mut T,
) -> Result<(BenefitRow, ExpenseRow), Refusal> {
    let (number, person, on) = (t.see(row.number()), row.person().peek(), t.see(row.on()));
    let kind = t.see(row.expense());
    let (benefit, article) = match kind {
        Kind::MedicalExpense => (Benefit::MedicalExpense, "Act art. 54"),
        Kind::Transport => (Benefit::Transport, "Act art. 54-4"),
        Kind::SpecialMedicalExpense => (Benefit::SpecialMedicalExpense, "Act art. 54-3"),
        Kind::HomeNursing => (Benefit::HomeNursing, "Act art. 54-2"),
        Kind::MixedCare => (Benefit::MixedCare, "Act art. 53"),
        Kind::CareInKind => (Benefit::CareInKind, "Act art. 36"),
        Kind::Unknown => return Err(Refusal::fact_missing("kind_unknown").with("number", number)),
    };
    t.note("kind", Val::Word(benefit.word())).article(article);
    let in_kind = matches!(kind, Kind::HomeNursing | Kind::MixedCare | Kind::CareInKind);
    let missing = |label| Refusal::fact_missing(label).with("number", number).article(article);
    let impossible = |label| Refusal::fact_impossible(label).with("number", number).article(article);
    let paid = t.see(row.paid_yen()).ok_or_else(|| missing("paid_missing"))?;
    let assessed = t.see(row.assessed_yen());
    if paid < Yen::ZERO || assessed.is_some_and(|yen| yen < Yen::ZERO) {
        return Err(impossible("cost_negative"));
    }
    let mut expense = ExpenseRow { number, person, standard_yen: None, share_percent: None, ground: Ground::Due };
    let mut out = BenefitRow { benefit, number: Some(number), person: Some(person), payee: Payee::Nobody, yen: Yen::ZERO, bar_on: None };
    if !in_kind {
        let paid_on = t.see(row.paid_on()).ok_or_else(|| missing("paid_on_missing"))?;
        let bar_on = bar_from(paid_on.tomorrow());
        t.note("bar_on", bar_on).article("Act art. 110").formula("two_years_from_the_day_after_payment");
        out.bar_on = Some(bar_on);
    }
    if !insured::on(case.rows(|facts| &facts.persons), case.rows(|facts| &facts.qualification), person, on, t)? {
        expense.ground = Ground::NotInsured;
        return Ok((out, expense));
    }
    if !in_kind && !t.see(row.documents()) {
        return Err(missing("documents_missing"));
    }
    if kind == Kind::Transport && !meets_tests(row, number, t)? {
        expense.ground = Ground::TestsFailed;
        return Ok((out, expense));
    }
    let share = if kind == Kind::Transport { None } else { Some(share(case, row, kind, article, t)?) };
    expense.share_percent = share;
    let label = if t.see(row.reason()) == ExpenseReason::Overseas { "assessed_missing_overseas" } else { "assessed_missing" };
    let assessed = assessed.ok_or_else(|| missing(label))?;
    let standard = assessed.min(paid);
    t.note("standard", standard).article(article).formula("assessed_at_most_paid");
    expense.standard_yen = Some(standard);
    out.yen = match share {
        None => standard,
        Some(percent) => {
            let rounding = t.get_as(&values.insurer_part.known()?.rounding, rounding_word);
            Rate::checked(100 - percent, 100)?.of(standard)?.round(rounding)?
        }
    };
    t.note("insurer_yen", out.yen).article(article).formula(if share.is_some() { "cost_less_share" } else { "without_share" });
    out.payee = if in_kind { Payee::Institution } else { Payee::Head };
    if !in_kind && t.see(row.applied_on()).zip(out.bar_on).is_some_and(|(applied, bar_on)| applied >= bar_on) {
        out.payee = Payee::Nobody;
        expense.ground = Ground::Lapsed;
    }
    Ok((out, expense))
}

/// The three tests of a transport (Act art. 54-4): for proper insured treatment, hardly able to move, urgent or unavoidable.
///
/// # Errors
/// `test_missing` where none fails and one is not known.
fn meets_tests<'a, T: Trace<'a>>(row: &Row<'a, Expenses>, number: i64, t: &mut T) -> Result<bool, Refusal> {
    let tests = [
        ("treatment_insured", t.see(row.treatment_insured())),
        ("hardly_movable", t.see(row.hardly_movable())),
        ("unavoidable", t.see(row.unavoidable())),
    ];
    for (label, met) in tests {
        if let Some(met) = met {
            t.note(label, met).article("Act art. 54-4");
        }
    }
    if tests.iter().any(|(_, met)| *met == Some(false)) {
        return Ok(false);
    }
    if tests.iter().any(|(_, met)| met.is_none()) {
        return Err(Refusal::fact_missing("test_missing").with("number", number).article("Act art. 54-4"));
    }
    Ok(true)
}

/// The person's share of the month, where the kind of expense goes with how the person is treated.
///
/// # Errors
/// `share_missing`, `shares_twice`, `share_impossible`, `not_special_care`, `special_care_instead`, `not_in_kind`.
fn share<'a, T: Trace<'a>>(
    case: &Case<'a, ExpenseFacts>,
    row: &Row<'a, Expenses>,
    kind: Kind,
    article: &'static str,
    t: &mut T,
) -> Result<i64, Refusal> {
    let (number, person) = (row.number().peek(), row.person().peek());
    let named = |refusal: Refusal| refusal.with("number", number).with("month", case.on).article(article);
    let mut rows =
        case.rows(|facts| &facts.shares).filter(|share| share.person().peek() == person && age::month_of(share.on().peek()) == case.on);
    let Some(share) = rows.next() else { return Err(named(Refusal::fact_missing("share_missing"))) };
    if rows.next().is_some() {
        return Err(named(Refusal::fact_impossible("shares_twice")));
    }
    let percent = t.see(share.share_percent());
    if ![20, 30].contains(&percent) {
        return Err(named(Refusal::fact_impossible("share_impossible")).with("percent", percent));
    }
    if t.see(share.provisional()) {
        t.unsettled();
    }
    let special = t.see(share.special_care());
    t.note("pays_all", special).article("Act art. 54-3");
    match (kind == Kind::SpecialMedicalExpense, special) {
        (true, false) => return Err(named(Refusal::fact_impossible("not_special_care"))),
        // Nobody gives these in kind, so that there is nothing to take the place of (Act art. 54-3).
        (false, true) if kind == Kind::MedicalExpense && matches!(row.reason().peek(), ExpenseReason::Brace | ExpenseReason::Overseas) => {}
        (false, true) if kind == Kind::MedicalExpense => {
            return Err(named(Refusal::out_of_scope("special_care_instead")).article("Act art. 54-3"));
        }
        (false, true) => return Err(named(Refusal::out_of_scope("not_in_kind")).article("Act art. 54-3")),
        _ => {}
    }
    t.note("share_percent", percent).article("Act art. 42");
    Ok(percent)
}

component!(Expense);
