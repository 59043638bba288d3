//! Residents' tax of those whose income decides: how far it is known, whether all are exempt, the sum of incomes.

use crate::household::Household;
use crate::ordinance::Values;
use crate::{ClassificationFacts, Month};
use jorei_sdk::facts::{IncomeState, ResidentTaxes, Row};
use jorei_sdk::*;

/// What is known of one person.
#[derive(Clone, Copy)]
pub(crate) enum Tax<'a> {
    /// Need not be declared, or of a year before the birth: nil and exempt.
    Nil,
    /// Must be declared and has not been.
    Undeclared,
    /// Known.
    Known { row: Row<'a, ResidentTaxes>, exempt: bool },
}

/// An amount that is not known, and whose: refused only where something depends on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lack {
    pub(crate) person: usize,
    pub(crate) year: i32,
    pub(crate) label: &'static str,
}

impl Lack {
    pub(crate) fn refusal(self) -> Refusal {
        Refusal::fact_missing(self.label).with("person", self.person + 1).with("year", self.year).article("Order art. 29-3")
    }
}

/// What is known of all whose income decides.
pub(crate) struct Taxes<'a> {
    all: Vec<(usize, Tax<'a>)>,
    year: i32,
    /// Are all of them exempt from residents' tax?
    pub(crate) exempt: bool,
    /// Is somebody's income undeclared?
    pub(crate) undeclared: bool,
}

impl<'a> Taxes<'a> {
    /// Reads them.
    ///
    /// # Errors
    /// `tax_missing`, `tax_pending`, `taxes_twice`, `exempt_missing`, `amount_negative`.
    pub(crate) fn of<T: Trace<'a>>(
        case: &Case<'a, ClassificationFacts>,
        month: Month,
        household: &Household<'a>,
        t: &mut T,
    ) -> Result<Taxes<'a>, Refusal> {
        let group = t.open("resident_taxes");
        let mut all = Vec::new();
        for person in household.needed() {
            all.push((person, read(case, person, month.income_year, t)?));
        }
        let exempt = all.iter().all(|(_, tax)| matches!(tax, Tax::Nil | Tax::Known { exempt: true, .. }));
        let undeclared = all.iter().any(|(_, tax)| matches!(tax, Tax::Undeclared));
        t.close(group, all.len() as i64);
        Ok(Taxes { all, year: month.income_year, exempt, undeclared })
    }

    /// What is known of a person who was needed.
    pub(crate) fn tax(&self, person: usize) -> Tax<'a> {
        self.all.iter().find(|(other, _)| *other == person).map_or(Tax::Undeclared, |(_, tax)| *tax)
    }

    /// The 旧ただし書き所得 of some of them in sum; a lack where one is not known.
    ///
    /// # Errors
    /// `settings_missing`; an amount out of range.
    pub(crate) fn sum<T: Trace<'a>>(
        &self,
        persons: impl Iterator<Item = usize>,
        values: &'a Values,
        t: &mut T,
    ) -> Result<Result<Yen, Lack>, Refusal> {
        let group = t.open("income");
        let (mut sum, mut lack) = (Yen::ZERO, None);
        for person in persons {
            let income = match self.tax(person) {
                Tax::Nil => Yen::ZERO,
                Tax::Undeclared => {
                    lack = lack.or(Some(self.lack(person, "undeclared_income")));
                    continue;
                }
                Tax::Known { row, .. } => match t.see(row.total_income_yen()) {
                    Some(total) => total.less(values.deduction.known()?.at(total, t)),
                    None => {
                        lack = lack.or(Some(self.lack(person, "total_income_missing")));
                        continue;
                    }
                },
            };
            t.note("person_income", income).article("Local Tax Act art. 314-2 para. 2").formula("total_less_deduction");
            sum = sum.plus(income)?;
        }
        match lack {
            Some(lack) => {
                t.close(group, Val::Nothing);
                Ok(Err(lack))
            }
            None => {
                t.close(group, sum).article("Order art. 29-3 para. 2");
                Ok(Ok(sum))
            }
        }
    }

    pub(crate) fn lack(&self, person: usize, label: &'static str) -> Lack {
        Lack { person, year: self.year, label }
    }
}

/// A person's tax of a year.
///
/// # Errors
/// `tax_missing`, `tax_pending`, `taxes_twice`, `exempt_missing`, `amount_negative`.
pub(crate) fn read<'a, T: Trace<'a>>(
    case: &Case<'a, ClassificationFacts>,
    person: usize,
    year: i32,
    t: &mut T,
) -> Result<Tax<'a>, Refusal> {
    let named = |refusal: Refusal| refusal.with("person", person + 1).with("year", year).article("Order art. 29-3");
    let mut rows =
        case.rows(|facts| &facts.resident_taxes).filter(|row| row.person().peek() == person as i64 && row.year().peek() == i64::from(year));
    let Some(row) = rows.next() else {
        let born = case.rows(|facts| &facts.persons).find(|row| row.place() == person);
        if let Some(born) = born.filter(|born| born.birth_earliest().peek() > Date::new(year, 12, 31)) {
            t.see(born.birth_earliest());
            let step = t.open("person_tax");
            t.note("tax_state", Val::Word("born_later"));
            t.close(step, Val::Person(person as u32));
            return Ok(Tax::Nil);
        }
        return Err(named(Refusal::fact_missing("tax_missing")));
    };
    if rows.next().is_some() {
        return Err(named(Refusal::fact_impossible("taxes_twice")));
    }
    // Income that is no pension may be a loss.
    let amounts = [row.taxable_yen().peek(), row.total_income_yen().peek(), row.receipts_yen().peek(), row.pension_revenue_yen().peek()];
    if let Some(amount) = amounts.into_iter().flatten().find(|amount| *amount < Yen::ZERO) {
        return Err(named(Refusal::fact_impossible("amount_negative").with("yen", amount)));
    }
    let state = t.see(row.state());
    let (tax, word) = match state {
        IncomeState::Known => match t.see(row.exempt()) {
            Some(exempt) => (Tax::Known { row, exempt }, if exempt { "known_exempt" } else { "known_taxed" }),
            None => return Err(named(Refusal::fact_missing("exempt_missing"))),
        },
        IncomeState::NotRequired => (Tax::Nil, "not_required"),
        IncomeState::Undeclared => (Tax::Undeclared, "undeclared"),
        IncomeState::Pending | IncomeState::Unknown => return Err(named(Refusal::fact_missing("tax_pending"))),
    };
    let step = t.open("person_tax");
    t.note("tax_state", Val::Word(word));
    t.close(step, Val::Person(person as u32));
    Ok(tax)
}
