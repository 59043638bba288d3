//! What was left of own payments, month by month, and what another insurer certifies. Absent: what is done with the sums.

use crate::HighCostYearFacts;
use jorei_sdk::age::month_of;
use jorei_sdk::base_date::BenefitYear;
use jorei_sdk::facts::CategoryOver70;
use jorei_sdk::*;

/// The year of one person.
#[derive(Clone, Debug, Default)]
pub(crate) struct PersonYear {
    /// Outpatient care in months at a category with a monthly outpatient cap.
    pub(crate) outpatient: Yen,
    /// What counts together.
    pub(crate) counted: Yen,
    /// Everything.
    pub(crate) all: Yen,
    /// Outpatient care that another insurer certifies.
    pub(crate) certified: Yen,
    /// Were there months from 70 to 74, with or without a cap?
    pub(crate) from_70: bool,
    /// Were there months under 70?
    pub(crate) under_70: bool,
}

/// Is a month's outpatient care added up?
pub(crate) const fn is_capped(category: CategoryOver70) -> bool {
    matches!(category, CategoryOver70::General | CategoryOver70::LowIncome2 | CategoryOver70::LowIncome1)
}

/// The year of a person.
///
/// # Errors
/// `rest_outside`, `rest_twice`, `rest_unknown`, `rest_impossible`, `certificate_date`, `certificate_unknown`.
pub(crate) fn of_person<'a, T: Trace<'a>>(
    case: &Case<'a, HighCostYearFacts>,
    year: BenefitYear,
    person: i64,
    t: &mut T,
) -> Result<PersonYear, Refusal> {
    let mut sums = PersonYear::default();
    let mut months: Vec<Date> = Vec::new();
    for row in case.rows(|facts| &facts.monthly_rests).filter(|row| row.person().peek() == person) {
        let month = month_of(t.see(row.on()));
        let told = |refusal: Refusal| refusal.with("person", person + 1).with("month", month).article("Act art. 57-2");
        if !year.contains(month) {
            return Err(told(Refusal::fact_impossible("rest_outside")).with("base", year.base_date()));
        }
        if months.contains(&month) {
            return Err(told(Refusal::fact_impossible("rest_twice")));
        }
        months.push(month);
        let category = t.see(row.over_70());
        let amounts = (t.see(row.outpatient_yen()), t.see(row.counted_yen()), t.see(row.all_yen()));
        let (Some(outpatient), Some(counted), Some(all)) = amounts else { return Err(told(Refusal::fact_missing("rest_unknown"))) };
        let under_70 = category == CategoryOver70::Unknown;
        if outpatient < Yen::ZERO || outpatient > counted || counted > all || (under_70 && outpatient > Yen::ZERO) {
            return Err(told(Refusal::fact_impossible("rest_impossible")));
        }
        sums.under_70 |= under_70;
        sums.from_70 |= !under_70;
        if is_capped(category) {
            sums.outpatient = sums.outpatient.plus(outpatient)?;
        }
        sums.counted = sums.counted.plus(counted)?;
        sums.all = sums.all.plus(all)?;
    }
    for row in case.rows(|facts| &facts.certified_payments).filter(|row| row.person().peek() == person) {
        let on = t.see(row.on());
        let told = |refusal: Refusal| refusal.with("person", person + 1).with("on", on).article("Act art. 57-2");
        if on != year.base_date() {
            return Err(told(Refusal::fact_impossible("certificate_date")).with("base", year.base_date()));
        }
        let outpatient = t.see(row.outpatient_yen()).ok_or_else(|| told(Refusal::fact_missing("certificate_unknown")))?;
        if outpatient < Yen::ZERO {
            return Err(told(Refusal::fact_impossible("certificate_negative")));
        }
        if t.see(row.over_70()) {
            sums.from_70 = true;
            sums.certified = sums.certified.plus(outpatient)?;
        }
    }
    Ok(sums)
}
