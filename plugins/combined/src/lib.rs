//! What medical and long-term care of a year cost beyond the limit (高額介護合算療養費) as a rule.
//!
//! # What it decides
//!
//! For a household and a base date, 31 July: what its persons paid from August to July for medical and long-term care together beyond
//! the limit, and which part of that this insurer pays; the others' parts are shown.
//!
//! # Legal basis
//!
//! National Health Insurance Act (国民健康保険法) art. 57-3. The articles of its Order were not seen: order of the steps, and how parts are
//! rounded, are assumed.
//!
//! # Inputs
//!
//! What is left of counted medical payments after the monthly benefits, by person and month; payments of long-term care after their own
//! benefits; certificates of other medical insurers; the category of the month of the base date; who belongs to the household and is
//! insured on the base date.
//!
//! # Output
//!
//! Tables `benefit`, `benefits` (one row: this insurer's part, also of 0 yen), `year`, `split` (a row per person, insurer and age); see
//! [`outcome`].
//!
//! # Rounding
//!
//! Parts of insurers, and of persons under each, are rounded down to the yen; what is left goes to the largest part, so that the parts
//! sum up to the benefit.
//!
//! # Assumptions
//!
//! 1. First what was paid from 70 on is held against the limit from 70 to 74, then what is left of it with what was paid under 70
//!    against that under 70. The second step needs a payment under 70.
//! 2. Each step needs payments on both sides, medical and care, and pays nothing where the excess is at most the smallest sum.
//! 3. A medical payment belongs to the age of its month, a payment of care to the age on the base date.
//! 4. Payments of whoever is not insured in this household on the base date do not count here.
//! 5. What another medical insurer certifies counts as medical, and that insurer bears its part.
//!
//! # Not covered
//!
//! 低所得I with several persons in care, whose limit on the side of care is another one (refused where anything would be paid); the
//! outpatient benefit of the year (外来年間合算), which the months' rests do not know and which a clerk takes off beforehand.

mod labels;
pub mod ordinance;
pub mod outcome;
mod payments;

pub use ordinance::CombinedOrdinance;
pub use outcome::CombinedOutcome;

use crate::ordinance::{Counting, Order, Remainder, Values};
use crate::outcome::{Side, SplitRow, YearRow};
use crate::payments::{Payment, give, left};
use jorei_sdk::age::month_of;
use jorei_sdk::base_date::BenefitYear;
use jorei_sdk::benefits::{Benefit, BenefitRow, BenefitSum, Payee, bar_from};
use jorei_sdk::facts::{CategoryOver70, CategoryUnder70};
use jorei_sdk::*;

facts!(
    /// The facts that a year rests on.
    pub struct CombinedFacts {
        persons: Persons,
        membership: Membership,
        qualification: Qualification,
        categories: Categories,
        monthly_rests: MonthlyRests,
        care_payments: CarePayments,
        certified_payments: CertifiedPayments,
    }
);

/// The rule.
#[derive(Clone, Copy, Debug)]
pub struct Combined;

impl Rule for Combined {
    const ABOUT: About = About {
        id: "combined",
        title_ja: "高額介護合算療養費",
        title_en: "Combined medical and long-term-care benefit",
        legal_basis: &["Act art. 57-3"],
        labels: labels::LABELS,
    };
    type Ordinance = CombinedOrdinance;
    type Facts = CombinedFacts;
    type Outcome = CombinedOutcome;

    fn decide<'a, T: Trace<'a>>(case: &Case<'a, CombinedFacts>, values: &'a Values, t: &mut T) -> Result<CombinedOutcome, Refusal> {
        let year = BenefitYear::of(case)?;
        let root = t.open("combined");
        t.note("base_date", case.on);
        // A year for which there are no limits is refused for that, whatever else its law lacks.
        values.under_70.known()?;
        let counting = values.counting.known()?;
        let mut payments = payments::of_year(case, year, t)?;
        let mut steps = Steps::default();
        if is_both(&payments, |_| true) {
            let category = category(case, year, t)?;
            steps.elderly(&mut payments, values, counting, &category, t)?;
            steps.household(&mut payments, values, counting, &category, t)?;
        } else {
            t.note("one_side_only", true).article("Act art. 57-3");
        }
        let own = |side| payments.iter().filter(move |payment| payment.side == side);
        let sum = |side| own(side).try_fold(Yen::ZERO, |sum, payment| sum.plus(payment.own));
        let given = |side| own(side).try_fold(Yen::ZERO, |sum, payment| sum.plus(payment.given));
        let row = YearRow {
            own_medical_yen: sum(Side::Medical)?,
            own_other_yen: sum(Side::Other)?,
            own_care_yen: sum(Side::Care)?,
            total_yen: payments.iter().try_fold(Yen::ZERO, |sum, payment| sum.plus(payment.own))?,
            elderly_limit_yen: steps.elderly_limit,
            elderly_yen: steps.elderly,
            limit_yen: steps.limit,
            household_yen: steps.household,
            paid_yen: steps.elderly.plus(steps.household)?,
            insurer_yen: given(Side::Medical)?,
            other_yen: given(Side::Other)?,
            care_yen: given(Side::Care)?,
        };
        if row.paid_yen > Yen::ZERO {
            t.get_as(&counting.remainder, |Remainder::LargestPart| Val::Word("largest_part"));
            t.note("paid_by_all", row.paid_yen);
            t.note("part_of_care", row.care_yen);
            t.note("part_of_others", row.other_yen);
        }
        let benefit = BenefitRow {
            benefit: Benefit::Combined,
            number: None,
            person: None,
            payee: Payee::Head,
            yen: row.insurer_yen,
            bar_on: Some(bar_from(year.next_day())),
        };
        t.close(root, row.insurer_yen).article("Act art. 57-3").formula("in_proportion_to_payments");
        let split = |payment: &Payment| SplitRow {
            person: payment.person,
            side: payment.side,
            over_70: payment.over_70,
            own_yen: payment.own,
            yen: payment.given,
        };
        let split = payments.iter().map(split).collect();
        Ok(CombinedOutcome { benefit: BenefitSum::of(&[benefit])?, benefits: vec![benefit], year: row, split })
    }
}

/// Was something paid for medical and something for long-term care, among some payments?
fn is_both(payments: &[Payment], of: impl Fn(&Payment) -> bool) -> bool {
    let any = |care: bool| payments.iter().any(|payment| of(payment) && (payment.side == Side::Care) == care && payment.own > Yen::ZERO);
    any(false) && any(true)
}

/// The categories of the month of the base date.
struct Category {
    under_70: CategoryUnder70,
    over_70: CategoryOver70,
    month: Date,
}

/// The one row of the month of the base date.
///
/// # Errors
/// `category_missing`, `category_twice`.
fn category<'a, T: Trace<'a>>(case: &Case<'a, CombinedFacts>, year: BenefitYear, t: &mut T) -> Result<Category, Refusal> {
    let month = year.base_month();
    let mut rows = case.rows(|facts| &facts.categories).filter(|row| month_of(row.on().peek()) == month);
    let Some(row) = rows.next() else {
        return Err(Refusal::fact_missing("category_missing").with("month", month).article("Act art. 57-3"));
    };
    if rows.next().is_some() {
        return Err(Refusal::fact_impossible("category_twice").with("month", month).article("Act art. 57-3"));
    }
    if t.see(row.provisional()) {
        t.unsettled();
    }
    Ok(Category { under_70: t.see(row.under_70()), over_70: t.see(row.over_70()), month })
}

/// The two steps.
#[derive(Default)]
struct Steps {
    elderly_limit: Option<Yen>,
    elderly: Yen,
    limit: Option<Yen>,
    household: Yen,
}

impl Steps {
    /// What was paid from 70 on against the limit from 70 to 74.
    ///
    /// # Errors
    /// `category_over_70_missing`, `low_income_care_users`.
    fn elderly<'a, T: Trace<'a>>(
        &mut self,
        payments: &mut [Payment],
        values: &'a Values,
        counting: &'a Counting,
        category: &Category,
        t: &mut T,
    ) -> Result<(), Refusal> {
        let over_70 = |payment: &Payment| payment.over_70;
        if !is_both(payments, over_70) {
            return Ok(());
        }
        let step = t.open("step_over_70");
        if payments.iter().any(|payment| !payment.over_70) {
            t.get_as(&counting.order, |Order::ElderlyFirst| Val::Word("elderly_first"));
        }
        let missing = || Refusal::fact_missing("category_over_70_missing").with("month", category.month).article("Act art. 57-3");
        let limit = t.get(values.over_70.known()?.limit(category.over_70).ok_or_else(missing)?);
        let given = excess(left(payments, over_70)?, limit, counting, t);
        let in_care = payments.iter().filter(|payment| payment.over_70 && payment.side == Side::Care).count();
        if category.over_70 == CategoryOver70::LowIncome1 && in_care > 1 && given > Yen::ZERO {
            return Err(Refusal::out_of_scope("low_income_care_users").with("users", in_care).article("Act art. 57-3"));
        }
        give(given, payments, over_70)?;
        self.elderly_limit = Some(limit);
        self.elderly = given;
        t.close(step, given).article("Act art. 57-3").formula("excess_in_full");
        Ok(())
    }

    /// What is left, with what was paid under 70, against the limit under 70.
    ///
    /// # Errors
    /// `category_under_70_missing`.
    fn household<'a, T: Trace<'a>>(
        &mut self,
        payments: &mut [Payment],
        values: &'a Values,
        counting: &'a Counting,
        category: &Category,
        t: &mut T,
    ) -> Result<(), Refusal> {
        if payments.iter().all(|payment| payment.over_70) {
            return Ok(());
        }
        let step = t.open("step_household");
        let missing = || Refusal::fact_missing("category_under_70_missing").with("month", category.month).article("Act art. 57-3");
        let limit = t.get(values.under_70.known()?.limit(category.under_70).ok_or_else(missing)?);
        let given = excess(left(payments, |_| true)?, limit, counting, t);
        give(given, payments, |_| true)?;
        self.limit = Some(limit);
        self.household = given;
        t.close(step, given).article("Act art. 57-3").formula("excess_in_full");
        Ok(())
    }
}

/// What is beyond a limit, in full, or nothing where that is at most the smallest sum.
fn excess<'a, T: Trace<'a>>(total: Yen, limit: Yen, counting: &'a Counting, t: &mut T) -> Yen {
    t.note("total", total);
    t.note("limit", limit).article("Act art. 57-3");
    let excess = total.less(limit);
    let smallest = t.get(&counting.smallest_yen);
    t.note("excess", excess);
    if excess > smallest { excess } else { Yen::ZERO }
}

component!(Combined);
