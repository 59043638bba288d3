//! What a year of monthly rests comes to beyond the yearly caps (高額療養費の外来年間合算・年間上限) as a rule.
//!
//! # What it decides
//!
//! For a household and a base date, 31 July: what each person from 70 to 74 paid for outpatient care from August to July beyond the
//! yearly cap (外来年間合算), which is due; and what the household paid beyond the new yearly cap (年間上限, first year August 2026 to July
//! 2027), which is shown and due to nobody until its law for National Health Insurance is confirmed.
//!
//! # Legal basis
//!
//! National Health Insurance Act (国民健康保険法) art. 57-2; the articles of its Order were not seen, and which months count and who is
//! eligible is assumed. The caps from August 2026 on are known at second hand, those from August 2027 not at all.
//!
//! # Inputs
//!
//! What is left of own payments after the monthly benefits, by person and month; the category of the month of the base date; who belongs
//! to the household and is insured on the base date; certificates of other insurers.
//!
//! # Output
//!
//! Tables `benefit`, `benefits` (a row per person examined, also of 0 yen; one with payee `nobody` for the yearly cap), `outpatients`,
//! `annual`; see [`outcome`].
//!
//! # Rounding
//!
//! One: this insurer's part where another one certifies payments, by the rounding of the ordinance.
//!
//! # Assumptions
//!
//! 1. A month counts in which the person was at a category with an outpatient cap; the cap of the year is that of the category on the
//!    base date, and who has active income then has none.
//! 2. Whoever is not insured in this household on the base date gets nothing here: the insurer of that day decides, with this one's
//!    certificate.
//! 3. With a certificate the excess of both sums is paid in proportion to what was left under each insurer. Payments that are certified
//!    as of an age under 70 do not count.
//! 4. The yearly cap is held against what counts together (institutions from 21,000 yen on under 70) of the persons covered on the base
//!    date, before the outpatient benefits of the year; the sum of all payments stands beside it. The cap is that of the table under 70
//!    where somebody covered had a month under 70, else that of the table from 70 to 74.
//! 5. Where the lower yearly cap may hold and nobody knows, no cap is shown; nothing that is paid rests on it.
//!
//! # Not covered
//!
//! Payment of the yearly cap, its split between insurers, and certified payments in it.

mod labels;
pub mod ordinance;
pub mod outcome;
mod rests;

pub use ordinance::HighCostYearOrdinance;
pub use outcome::HighCostYearOutcome;

use crate::ordinance::{AnnualCap, Counted, OutpatientYear, Values};
use crate::outcome::{AnnualRow, OutpatientRow, Standing};
use crate::rests::PersonYear;
use jorei_sdk::age::month_of;
use jorei_sdk::base_date::BenefitYear;
use jorei_sdk::benefits::{Benefit, BenefitRow, BenefitSum, Payee, bar_from};
use jorei_sdk::facts::{CategoryOver70, CategoryUnder70};
use jorei_sdk::*;

facts!(
    /// The facts that a year rests on.
    pub struct HighCostYearFacts {
        persons: Persons,
        membership: Membership,
        qualification: Qualification,
        categories: Categories,
        monthly_rests: MonthlyRests,
        certified_payments: CertifiedPayments,
    }
);

/// The rule.
#[derive(Clone, Copy, Debug)]
pub struct HighCostYear;

impl Rule for HighCostYear {
    const ABOUT: About = About {
        id: "high_cost_year",
        title_ja: "高額療養費（外来年間合算・年間上限）",
        title_en: "High-cost medical expense benefit of a year",
        legal_basis: &["Act art. 57-2"],
        labels: labels::LABELS,
    };
    type Ordinance = HighCostYearOrdinance;
    type Facts = HighCostYearFacts;
    type Outcome = HighCostYearOutcome;

    fn decide<'a, T: Trace<'a>>(case: &Case<'a, HighCostYearFacts>, values: &'a Values, t: &mut T) -> Result<HighCostYearOutcome, Refusal> {
        let year = BenefitYear::of(case)?;
        let root = t.open("high_cost_year");
        t.note("base_date", case.on);
        let (outpatient, annual) = (values.outpatient_year.known()?, values.annual_cap.known()?);
        let mut people: Vec<(i64, bool, PersonYear)> = Vec::new();
        for person in case.rows(|facts| &facts.persons) {
            let ordinal = i64::try_from(person.place()).unwrap_or(i64::MAX);
            let sums = rests::of_person(case, year, ordinal, t)?;
            if sums.from_70 || sums.under_70 {
                let covered = year.covers(&person, case.rows(|facts| &facts.membership), case.rows(|facts| &facts.qualification), t)?;
                people.push((ordinal, covered, sums));
            }
        }
        let mut outcome =
            HighCostYearOutcome { benefit: BenefitSum(Yen::ZERO), benefits: Vec::new(), outpatients: Vec::new(), annual: None };
        if !people.is_empty() {
            let category = category(case, year, t)?;
            for (person, covered, sums) in people.iter().filter(|(_, _, sums)| sums.from_70) {
                let row = outpatient_of(*person, *covered, sums, &category, outpatient, t)?;
                outcome.benefits.push(BenefitRow {
                    benefit: Benefit::OutpatientYear,
                    number: None,
                    person: Some(*person),
                    payee: Payee::Head,
                    yen: row.yen,
                    bar_on: Some(bar_from(year.next_day())),
                });
                outcome.outpatients.push(row);
            }
            if t.get(&annual.exists) {
                let covered: Vec<&PersonYear> = people.iter().filter(|(_, covered, _)| *covered).map(|(_, _, sums)| sums).collect();
                let row = annual_of(&covered, &category, annual, t)?;
                if let Some(over) = row.over_yen {
                    outcome.benefits.push(BenefitRow {
                        benefit: Benefit::AnnualCap,
                        number: None,
                        person: None,
                        payee: Payee::Nobody,
                        yen: over,
                        bar_on: None,
                    });
                }
                outcome.annual = Some(row);
            }
        }
        outcome.benefit = BenefitSum::of(&outcome.benefits)?;
        t.close(root, outcome.benefit.0).article("Act art. 57-2").formula("sum_of_persons");
        Ok(outcome)
    }
}

/// The categories of the month of the base date.
struct Category {
    under_70: CategoryUnder70,
    over_70: CategoryOver70,
    reduced: Option<bool>,
    month: Date,
}

/// The one row of the month of the base date.
///
/// # Errors
/// `category_missing`, `category_twice`.
fn category<'a, T: Trace<'a>>(case: &Case<'a, HighCostYearFacts>, year: BenefitYear, t: &mut T) -> Result<Category, Refusal> {
    let month = year.base_month();
    let mut rows = case.rows(|facts| &facts.categories).filter(|row| month_of(row.on().peek()) == month);
    let Some(row) = rows.next() else {
        return Err(Refusal::fact_missing("category_missing").with("month", month).article("Act art. 57-2"));
    };
    if rows.next().is_some() {
        return Err(Refusal::fact_impossible("category_twice").with("month", month).article("Act art. 57-2"));
    }
    if t.see(row.provisional()) {
        t.unsettled();
    }
    let (under_70, over_70) = (t.see(row.under_70()), t.see(row.over_70()));
    Ok(Category { under_70, over_70, reduced: t.see(row.reduced_cap()), month })
}

/// The outpatient year of a person from 70 to 74.
///
/// # Errors
/// `category_over_70_missing`.
fn outpatient_of<'a, T: Trace<'a>>(
    person: i64,
    covered: bool,
    sums: &PersonYear,
    category: &Category,
    law: &'a OutpatientYear,
    t: &mut T,
) -> Result<OutpatientRow, Refusal> {
    let step = t.open("outpatient_of_year");
    t.note("person", Val::Person(u32::try_from(person).unwrap_or(u32::MAX)));
    t.note("own_of_year", sums.outpatient);
    let mut row = OutpatientRow {
        person,
        standing: Standing::NotCovered,
        own_yen: sums.outpatient,
        certified_yen: sums.certified,
        cap_yen: None,
        over_yen: Yen::ZERO,
        yen: Yen::ZERO,
    };
    if covered {
        t.get_as(&law.counted, |Counted::GeneralOrLowIncome| Val::Word("general_or_low_income"));
        let cap = match category.over_70 {
            CategoryOver70::General => Some(&law.general_yen),
            CategoryOver70::LowIncome2 => Some(&law.low_income_2_yen),
            CategoryOver70::LowIncome1 => law.low_income_1_yen.as_ref(),
            CategoryOver70::Active3 | CategoryOver70::Active2 | CategoryOver70::Active1 => None,
            CategoryOver70::Unknown => {
                return Err(Refusal::fact_missing("category_over_70_missing").with("month", category.month).article("Act art. 57-2"));
            }
        };
        row.standing = match (cap, rests::is_capped(category.over_70)) {
            (Some(_), _) => Standing::Capped,
            (None, true) => Standing::WithoutCap,
            (None, false) => Standing::ActiveIncome,
        };
        if let Some(cap) = cap {
            let cap = t.get(cap);
            t.note("cap", cap).article("Act art. 57-2");
            let total = sums.outpatient.plus(sums.certified)?;
            row.cap_yen = Some(cap);
            row.over_yen = total.less(cap);
            t.note("over_cap", row.over_yen).formula("sum_beyond_cap");
            row.yen = row.over_yen;
            if sums.certified > Yen::ZERO {
                t.note("certified", sums.certified);
                row.yen = part(row.over_yen, sums.outpatient, total, t.get_as(&law.share_rounding, rounding_word))?;
            }
        }
    }
    t.note("standing", Val::Word(row.standing.word()));
    t.close(step, row.yen).article("Act art. 57-2").formula(if sums.certified > Yen::ZERO { "over_in_proportion" } else { "over_in_full" });
    Ok(row)
}

/// `over * own / total`, rounded to the yen.
///
/// # Errors
/// [`MoneyError`].
fn part(over: Yen, own: Yen, total: Yen, rounding: Rounding) -> Result<Yen, MoneyError> {
    if total == Yen::ZERO {
        return Ok(Yen::ZERO);
    }
    let (product, whole) = (i128::from(over.get()) * i128::from(own.get()), i128::from(total.get()));
    let (down, rest) = (product.div_euclid(whole), product.rem_euclid(whole));
    let more = match rounding.direction() {
        Direction::Down => false,
        Direction::Up => rest > 0,
        Direction::HalfUp => 2 * rest >= whole,
    };
    i64::try_from(down + i128::from(more)).map_err(|_| MoneyError::OutOfRange).and_then(Yen::checked)
}

/// The household's year against the yearly cap.
///
/// # Errors
/// [`MoneyError`] as a refusal.
fn annual_of<'a, T: Trace<'a>>(covered: &[&PersonYear], category: &Category, law: &'a AnnualCap, t: &mut T) -> Result<AnnualRow, Refusal> {
    let step = t.open("annual_rest");
    let rest_yen = covered.iter().try_fold(Yen::ZERO, |sum, person| sum.plus(person.counted))?;
    let all_rest_yen = covered.iter().try_fold(Yen::ZERO, |sum, person| sum.plus(person.all))?;
    t.note("all_rest", all_rest_yen);
    let (cap, may_be_reduced) = if covered.iter().any(|person| person.under_70) {
        (law.under_70(category.under_70), category.under_70 == CategoryUnder70::E)
    } else {
        (law.over_70(category.over_70), category.over_70 == CategoryOver70::General)
    };
    let cap = match (may_be_reduced, category.reduced) {
        (true, None) => None,
        (true, Some(true)) => law.reduced_yen.as_ref(),
        _ => cap,
    };
    let cap_yen = cap.map(|cap| t.get(cap));
    match cap_yen {
        Some(cap) => t.note("cap", cap),
        None => t.note("cap_unknown", true),
    };
    let over_yen = cap_yen.map(|cap| rest_yen.less(cap));
    if let Some(over) = over_yen {
        t.note("over_shown", over).formula("shown_and_not_paid");
    }
    t.close(step, rest_yen).article("Act art. 57-2");
    Ok(AnnualRow { rest_yen, all_rest_yen, cap_yen, over_yen })
}

component!(HighCostYear);
