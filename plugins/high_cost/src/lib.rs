//! What a month of treatment cost beyond the limit (高額療養費) as a rule.
//!
//! # What it decides
//!
//! For a household and a month of treatment: what is due in all beyond what was already left off the bills, by the steps of the law:
//! specified diseases by institution, outpatient care of a person from 70 to 74 (A), the persons from 70 to 74 together (B), the whole
//! household (C). And whether the month counts for the lower limits from the fourth month on, and what is left with each person.
//!
//! # Legal basis
//!
//! National Health Insurance Act (国民健康保険法) art. 57-2; its Order (施行令) arts. 29-2, 29-3. The limits of August 2026 are known at
//! second hand, those of August 2027 not at all.
//!
//! # Inputs
//!
//! Claims of the month with what was paid of each, the month's categories, specified diseases, months with a high-cost benefit. The day
//! of the case is the first of the month: a stay over the turn of a month is two cases.
//!
//! # Output
//!
//! Tables `benefit`, `benefits` (one row, also of 0 yen), `month` (one row), `limits` (a row per limit applied), `rests` (a row per
//! person treated, which sum up to the own payments less the benefit); see [`outcome`].
//!
//! # Rounding
//!
//! One: the share of the cost beyond the floor, by the rounding of the ordinance. The limits of a 75th birthday are halves of even
//! amounts.
//!
//! # Assumptions
//!
//! 1. A pharmacy counts with the outpatient care of the institution that prescribed: with its dental care where that person had no
//!    medical care there, else with the medical. Without a prescriber it stands by itself, as home nursing does.
//! 2. The limit of a specified disease holds for the marked claims of one institution, in or out of hospital, medical or dental. What is
//!    beyond is benefit; what is left takes part in the sums as other payments do.
//! 3. Who turns 75 has an own limit before step B, half of the one of the household and from the fourth month half of that one; what is
//!    left enters step B.
//! 4. Step C needs a payment under 70 that counts. Its limit follows from the cost of everything in the sum.
//! 5. The fourth month counts for steps B and C and for the limit of a 75th birthday, never for step A. A month counts where one of
//!    these gave something, or where a bill was cut by more than the outpatient cap.
//! 6. A benefit of several persons is theirs in proportion to what they had in the sum, of each in proportion to outpatient care and
//!    stays; the last yen go to the largest part. This changes no payment, only what the yearly sums are made of.
//! 7. The right can be exercised from the first of the next month on; a later payment of the bill is not known and would extend it.
//!
//! # Not covered
//!
//! Refused: a specified disease in the month of a 75th birthday; a second specified disease beside dialysis with the higher limit. Not
//! noticed, and a clerk's matter: the halves of other members of an employees' scheme whose head turns 75 and who join in that month;
//! payments under another insurer in the same month.

mod category;
mod claims;
mod labels;
mod limits;
pub mod ordinance;
pub mod outcome;
mod rests;

pub use ordinance::HighCostOrdinance;
pub use outcome::HighCostOutcome;

use crate::category::Categories;
use crate::claims::{Claim, Patient};
use crate::limits::{Asked, share_of};
use crate::ordinance::Values;
use crate::outcome::{LimitRow, MonthRow, RestRow, Step};
use jorei_sdk::age::{Age, month_of, months_after};
use jorei_sdk::benefits::{Benefit, BenefitRow, BenefitSum, Payee, bar_from};
use jorei_sdk::*;

facts!(
    /// The facts that a month rests on.
    pub struct HighCostFacts {
        persons: Persons,
        qualification: Qualification,
        specified_diseases: SpecifiedDiseases,
        categories: Categories,
        medical_claims: MedicalClaims,
        high_cost_months: HighCostMonths,
    }
);

/// The rule.
#[derive(Clone, Copy, Debug)]
pub struct HighCost;

impl Rule for HighCost {
    const ABOUT: About = About {
        id: "high_cost",
        title_ja: "高額療養費（月ごと）",
        title_en: "High-cost medical expense benefit of a month",
        legal_basis: &["Act art. 57-2", "Order arts. 29-2, 29-3"],
        labels: labels::LABELS,
    };
    type Ordinance = HighCostOrdinance;
    type Facts = HighCostFacts;
    type Outcome = HighCostOutcome;

    fn decide<'a, T: Trace<'a>>(case: &Case<'a, HighCostFacts>, values: &'a Values, t: &mut T) -> Result<HighCostOutcome, Refusal> {
        if case.on != month_of(case.on) {
            return Err(Refusal::out_of_scope("not_first_of_month").with("on", case.on).article("Act art. 57-2"));
        }
        let root = t.open("high_cost");
        t.note("treatment_month", case.on);
        let claims = claims::read(case, t)?;
        let mut month = Month::default();
        if !claims.is_empty() {
            month.decide(case, values, &claims, t)?;
        }
        let benefit = month.benefit()?;
        let row = BenefitRow {
            benefit: Benefit::HighCost,
            number: None,
            person: None,
            payee: Payee::Head,
            yen: benefit,
            bar_on: Some(bar_from(months_after(case.on, 1))),
        };
        t.note("rest", month.rest_yen);
        t.note("month_counts", month.counts).formula("benefit_beyond_outpatient_cap");
        t.close(root, benefit).article("Act art. 57-2").formula("sum_of_steps");
        Ok(HighCostOutcome {
            benefit: BenefitSum::of(&[row])?,
            benefits: [row],
            month: month.row(),
            limits: month.limits,
            rests: month.rests,
        })
    }
}

/// The month while it is decided.
#[derive(Default)]
struct Month {
    counted_own: Yen,
    counted_cost: Yen,
    disease: Yen,
    outpatient: Yen,
    person: Yen,
    elderly: Yen,
    household: Yen,
    limit_b: Option<Yen>,
    limit_c: Option<Yen>,
    months_before: i64,
    multiple: bool,
    counts: bool,
    rest_yen: Yen,
    limits: Vec<LimitRow>,
    rests: Vec<RestRow>,
}

impl Month {
    /// The steps of the law, one on what the other left.
    fn decide<'a, T: Trace<'a>>(
        &mut self,
        case: &Case<'a, HighCostFacts>,
        values: &'a Values,
        claims: &[Claim],
        t: &mut T,
    ) -> Result<(), Refusal> {
        // A month for which there are no limits is refused for that, whatever else its law lacks.
        values.under_70.known()?;
        let counting = values.counting.known()?;
        let categories = Categories::of(case, t)?;
        let (mut patients, disease) = claims::patients(case, values, &categories, claims, t)?;
        self.disease = disease;
        for patient in &patients {
            self.counted_own = self.counted_own.plus(patient.held()?)?;
            self.counted_cost = self.counted_cost.plus(patient.cost)?;
        }
        t.note("counted_own", self.counted_own).article("Order art. 29-2");
        t.note("counted_cost", self.counted_cost).article("Order art. 29-2");
        (self.months_before, self.multiple) = limits::months_before(case, counting, t)?;
        if patients.iter().any(|patient| patient.age.is_elderly()) {
            self.elderly(values, &categories, &mut patients, t)?;
        }
        if patients.iter().any(|patient| patient.counted > Yen::ZERO) {
            let step = t.open("step_c");
            let table = values.under_70.known()?;
            let category = categories.under_70()?;
            let Some(row) = table.row(category) else { return categories.under_70().map(|_| ()) };
            let asked =
                Asked { step: Step::Household, person: None, row, cost: self.counted_cost, turning_75: None, multiple: self.multiple };
            let limit = limits::limit(&asked, counting, t)?;
            let sum = patients.iter().try_fold(Yen::ZERO, |sum, patient| sum.plus(patient.held()?))?;
            t.note("sum_of_payments", sum);
            self.household = sum.less(limit.limit_yen);
            self.limit_c = Some(limit.limit_yen);
            self.limits.push(limit);
            rests::take(self.household, patients.iter_mut())?;
            t.close(step, self.household).article("Order art. 29-2").formula("sum_beyond_limit");
        }
        self.counts = [self.person, self.elderly, self.household].iter().any(|yen| *yen > Yen::ZERO);
        if !self.counts {
            self.counts = counts_in_kind(claims, &patients, &categories, t)?;
        }
        self.rests.reserve_exact(patients.len());
        for patient in &patients {
            let over_70 = if patient.age.is_elderly() { Some(categories.over_70()?.1) } else { None };
            let (counted_yen, all_yen) = (patient.held()?, patient.all()?);
            self.rest_yen = self.rest_yen.plus(all_yen)?;
            self.rests.push(RestRow { person: patient.person, over_70, outpatient_yen: patient.outpatient, counted_yen, all_yen });
        }
        Ok(())
    }

    /// Steps A and B, and between them the own limit of whoever turns 75.
    fn elderly<'a, T: Trace<'a>>(
        &mut self,
        values: &'a Values,
        categories: &Categories,
        patients: &mut [Patient],
        t: &mut T,
    ) -> Result<(), Refusal> {
        let (table, counting) = (values.over_70.known()?, values.counting.known()?);
        let (category, _) = categories.over_70()?;
        let Some(row) = table.row(category) else { return categories.over_70().map(|_| ()) };
        for patient in patients.iter_mut().filter(|patient| patient.age.is_elderly()) {
            let turning_75 = if patient.age == Age::Turning75 { Some(values.turning_75.known()?) } else { None };
            if let Some(cap) = table.outpatient(category)
                && patient.outpatient > Yen::ZERO
            {
                let step = t.open("step_a");
                t.note("person", person(patient.person));
                let share = turning_75.map(|turning| t.get(&turning.share));
                let cap = share_of(t.get(cap), share)?;
                t.note("limit", cap).article("Order art. 29-3").formula("outpatient_limit");
                t.note("sum_of_payments", patient.outpatient);
                let over = patient.outpatient.less(cap);
                self.limits.push(LimitRow {
                    step: Step::Outpatient,
                    person: Some(patient.person),
                    base_yen: cap,
                    floor_yen: None,
                    multiple_yen: None,
                    limit_yen: cap,
                    halved: turning_75.is_some(),
                });
                patient.outpatient = patient.outpatient.minus(over)?;
                self.outpatient = self.outpatient.plus(over)?;
                t.close(step, over).article("Order art. 29-2").formula("sum_beyond_limit");
            }
            if turning_75.is_some() {
                let step = t.open("step_person");
                t.note("person", person(patient.person));
                let asked = Asked {
                    step: Step::Person,
                    person: Some(patient.person),
                    row,
                    cost: patient.cost,
                    turning_75,
                    multiple: self.multiple,
                };
                let limit = limits::limit(&asked, counting, t)?;
                t.note("sum_of_payments", patient.held()?);
                let over = patient.held()?.less(limit.limit_yen);
                self.limits.push(limit);
                rests::take(over, std::iter::once(&mut *patient))?;
                self.person = self.person.plus(over)?;
                t.close(step, over).article("Order art. 29-2").formula("sum_beyond_limit");
            }
        }
        let step = t.open("step_b");
        let (mut sum, mut cost) = (Yen::ZERO, Yen::ZERO);
        for patient in patients.iter().filter(|patient| patient.age.is_elderly()) {
            sum = sum.plus(patient.held()?)?;
            cost = cost.plus(patient.cost)?;
        }
        let asked = Asked { step: Step::Elderly, person: None, row, cost, turning_75: None, multiple: self.multiple };
        let limit = limits::limit(&asked, counting, t)?;
        t.note("sum_of_payments", sum);
        self.elderly = sum.less(limit.limit_yen);
        self.limit_b = Some(limit.limit_yen);
        self.limits.push(limit);
        rests::take(self.elderly, patients.iter_mut().filter(|patient| patient.age.is_elderly()))?;
        t.close(step, self.elderly).article("Order art. 29-2").formula("sum_beyond_limit");
        Ok(())
    }

    fn benefit(&self) -> Result<Yen, MoneyError> {
        [self.disease, self.outpatient, self.person, self.elderly, self.household].into_iter().try_fold(Yen::ZERO, Yen::plus)
    }

    fn row(&self) -> MonthRow {
        MonthRow {
            counted_own_yen: self.counted_own,
            counted_cost_yen: self.counted_cost,
            disease_yen: self.disease,
            step_a_yen: self.outpatient,
            step_person_yen: self.person,
            step_b_yen: self.elderly,
            step_c_yen: self.household,
            limit_b_yen: self.limit_b,
            limit_c_yen: self.limit_c,
            limit_yen: self.limit_c.or(self.limit_b),
            months_before: self.months_before,
            multiple: self.multiple,
            counts: self.counts,
            rest_yen: self.rest_yen,
        }
    }
}

fn person(ordinal: i64) -> Val<'static> {
    Val::Person(u32::try_from(ordinal).unwrap_or(u32::MAX))
}

/// Was a bill cut by more than an outpatient cap? Where the claim does not say, it is no question but of outpatient care from 70 to 74
/// under such a cap. A bill cut for a specified disease does not count unless the claim says so.
///
/// # Errors
/// `in_kind_unknown`.
fn counts_in_kind<'a, T: Trace<'a>>(claims: &[Claim], patients: &[Patient], categories: &Categories, t: &mut T) -> Result<bool, Refusal> {
    let mut unknown = None;
    let mut counts = false;
    for claim in claims.iter().filter(|claim| claim.in_kind > Yen::ZERO) {
        let capped = patients.iter().any(|patient| patient.person == claim.person && patient.age.is_elderly());
        let capped = capped && !claim.inpatient && !categories.over_70()?.1.is_active();
        match claim.in_kind_counts {
            Some(stated) => counts |= stated,
            None if claim.specified_disease => {}
            None if capped => unknown = Some(claim.number),
            None => counts = true,
        }
    }
    match unknown {
        Some(number) if !counts => Err(Refusal::fact_missing("in_kind_unknown").with("number", number).article("Order art. 29-3")),
        _ => {
            if counts {
                t.note("cut_in_kind", true);
            }
            Ok(counts)
        }
    }
}

component!(HighCost);
