//! The annual premium of National Health Insurance (国民健康保険料の賦課) as a rule.
//!
//! # What it decides
//!
//! What the head of a household owes for a fiscal year: up to four parts (medical, support for the
//! late-elderly scheme, long-term care, and from FY2026 child-rearing support), each from an income
//! levy, an asset levy where there is one, per-capita and per-household levies, less the statutory
//! reductions, at most its cap, by months.
//!
//! # Legal basis
//!
//! National Health Insurance Act (国民健康保険法) arts. 7, 8, 76, 76-2, 81; its Order (施行令) arts. 29-7,
//! 29-7-2 and suppl. art. 5; Local Tax Act art. 314-2 para. 2; the municipality's ordinance.
//!
//! # Inputs
//!
//! Birth dates, membership and heads of the household, qualification, former members, incomes of the
//! calendar year before, involuntary unemployment, births, property tax. The case's date picks the
//! fiscal year; the assessment date is its 1 April.
//!
//! # Output
//!
//! Tables `premium` (one row), `parts` (one row per part levied), `persons` (one row per person); see
//! [`outcome`].
//!
//! # Rounding
//!
//! Four roundings, all of the ordinance: R1 the income levy, R2 an amount cut by a reduction, R3 a
//! part, R4 the total. Between them amounts are exact fractions. Amounts of national law are rounded
//! down to the yen, the first adjustment deduction up, as their articles say.
//!
//! # Assumptions
//!
//! 1. Who joins and leaves within one month is charged nothing.
//! 2. After months without any insured member the liability begins anew, with a new test.
//! 3. The reduction test is made again from the month in which only 30/100 of a salary begins to count,
//!    over the same persons as before; months before keep the full income.
//! 4. Only insured persons and former members have the 30/100 relief, not an uninsured head. It is
//!    taken from the salary income before the adjustment deductions; where only the income after them
//!    is known, from that.
//! 5. A child born after the income year has no income, and no register is asked for it.
//! 6. With several former members the latest loss counts for the 5 and 8 years of a specific household;
//!    months 0 to 59 after the month of loss are halved, 60 to 95 cut by a quarter.
//! 7. For the pension deductions, births on 2 January are not yet 65 on 1 January.
//! 8. A family employee whose whole pay goes back to the owner is no earner.
//! 9. 30/100 of a salary income is cut to the yen.
//! 10. Losses of other income reduce comprehensive and forestry income, not separately taxed gains;
//!     casualty losses reduce all of them, in the test only.
//! 11. What a birth takes off is the person's own share after the level, by months of the period, before
//!     the cap. The person's share of the income levy is rounded as the levy is.
//! 12. Where rounding is per person and the cap binds, the household's capped sum is rounded once.
//! 13. A loss whose cause is unknown is refused only where the cause decides about a month.
//! 14. A person who turns 75 or moves to the late-elderly scheme within the year becomes a former member
//!     from that day; one of an earlier year counts only as recorded.
//! 15. The asset levy is rounded as the income levy.
//! 16. The half or quarter of a specific household is rounded as a reduction is (R2).
//! 17. Who leaves the household is charged by it to the month before the record of membership ends, even
//!     where the qualification is lost a day later: being registered elsewhere on that day decides.
//! 18. Where two levels exist (6/4, 5/3), they stand at the bounds of the first two of three.
//!
//! # Not covered
//!
//! Exemptions on application (art. 77), instalments, special rules on addresses (art. 116), detention
//! (art. 59), correction after time limits, cities' own deductions from income or own thresholds.

mod income;
mod labels;
mod months;
mod national;
mod ordinance;
pub mod outcome;
mod part;
mod reduction;

pub use income::IncomeWord;
pub use ordinance::{ChildRates, Model, OwnChildRelief, PremiumOrdinance, Proration, Rates, Reduced, Reductions, Roundings, Scope, Values};
pub use outcome::PremiumOutcome;

use crate::months::{Household, Person};
use crate::outcome::{PartRow, PersonRow};
use crate::part::{Levied, Levy, PartLaw};
use crate::reduction::{Levels, Test};
use jorei_sdk::*;

facts!(
    /// The facts that a premium rests on.
    pub struct HouseholdFacts {
        persons: Persons,
        membership: Membership,
        qualification: Qualification,
        former_membership: FormerMembership,
        incomes: Incomes,
        unemployment: Unemployment,
        maternity: Maternity,
        property: Property,
    }
);

/// The rule.
#[derive(Clone, Copy, Debug)]
pub struct Premium;

impl Rule for Premium {
    const ABOUT: About = About {
        id: "premium",
        title_ja: "国民健康保険料の賦課",
        title_en: "Annual premium of National Health Insurance",
        legal_basis: &[
            "Act arts. 7, 8, 76, 76-2, 81",
            "Order arts. 29-7, 29-7-2, suppl. art. 5",
            "Local Tax Act art. 314-2 para. 2",
            "Income Tax Act arts. 28, 35",
            "Special Taxation Measures Act art. 41-3-11",
        ],
        labels: labels::LABELS,
    };
    type Ordinance = PremiumOrdinance;
    type Facts = HouseholdFacts;
    type Outcome = PremiumOutcome;

    fn decide<'a, T: Trace<'a>>(case: &Case<'a, HouseholdFacts>, values: &'a Values, t: &mut T) -> Result<PremiumOutcome, Refusal> {
        let fiscal_year = FiscalYear::of(case.on);
        let root = t.open("premium");
        t.note("fiscal_year", i64::from(fiscal_year.year()));
        t.note("assessment_date", fiscal_year.first_day()).article("Act art. 76-2");
        // Before anything is computed: a year whose law was not seen is refused, whoever is asked about.
        national::thresholds(fiscal_year)?;
        let mut household = Household::read(case, fiscal_year, values, t)?;
        if household.liable.is_empty() {
            t.note("nobody_insured", Yen::ZERO).article("Act art. 76");
            t.close(root, Yen::ZERO).article("Act art. 76");
            return Ok(nobody_liable(&household));
        }
        levy_bases(case, &mut household, values, t)?;
        let levels = reduction::levels(&mut household, values.reduction.known()?, t)?;
        let parts = parts(&household, &levels, values, t)?;
        let mut sum = Yen::ZERO;
        for part in &parts {
            sum = sum.plus(part.row.premium_yen)?;
        }
        let total = t.get_as(&values.rounding.known()?.total_rounding, rounding_word).yen(sum)?;
        t.note("total", total).formula("sum_of_parts").article("Act art. 76");
        t.close(root, total).article("Act art. 76");
        outcome_of(&household, &levels.first, parts, total)
    }
}

/// Act art. 76 para. 1: without an insured member in any month nobody owes anything.
fn nobody_liable(household: &Household<'_>) -> PremiumOutcome {
    PremiumOutcome {
        premium: outcome::Premium {
            fiscal_year: i64::from(household.fiscal_year.year()),
            total_yen: Yen::ZERO,
            medical_yen: Yen::ZERO,
            support_yen: Yen::ZERO,
            care_yen: Yen::ZERO,
            child_yen: Yen::ZERO,
            reduction_level: 0,
            reduction_yen: Yen::ZERO,
            over_cap_yen: Yen::ZERO,
            insured_persons: 0,
            determination_income_yen: Yen::ZERO,
            earners: 0,
            test_persons: 0,
        },
        parts: Vec::new(),
        persons: household.persons.iter().map(person_row).collect(),
    }
}

/// Order art. 29-7 para. 2: the levy base of each insured person, and the property tax where the
/// ordinance levies on it. Yen.
///
/// # Errors
/// `income_missing`, `property_tax_missing`.
fn levy_bases<'a, T: Trace<'a>>(
    case: &Case<'a, HouseholdFacts>,
    household: &mut Household<'a>,
    values: &'a Values,
    t: &mut T,
) -> Result<(), Refusal> {
    let fiscal_year = household.fiscal_year;
    let group = t.open("incomes");
    t.note("income_year", i64::from(fiscal_year.year() - 1)).article("Order art. 29-7 para. 2");
    let has_asset_levy = has_asset_levy(values);
    for person in household.persons.iter_mut().filter(|person| !person.insured.is_empty()) {
        let open = t.open("person");
        let amounts = income::amounts(person.subject(fiscal_year), t)?;
        person.amounts = Some(amounts);
        let relief = person.relief.and(person.insured);
        if relief != person.insured {
            person.base = income::levy_base(fiscal_year, &amounts, false, t)?;
        }
        if !relief.is_empty() {
            person.base_in_relief = income::levy_base(fiscal_year, &amounts, true, t)?;
        }
        if has_asset_levy {
            person.property_tax = property_tax(case, person.ordinal, fiscal_year, t)?;
            t.note("property_tax", person.property_tax).article("Order art. 29-7 para. 2");
        }
        t.close(open, person.shown());
    }
    t.close(group, Val::Nothing);
    Ok(())
}

/// Does any part of the ordinance have an asset levy?
fn has_asset_levy(values: &Values) -> bool {
    let known = |rates: &Dated<Rates>| rates.peek().is_some_and(|rates| rates.asset_rate.peek().num() != 0);
    let child = values.child.peek().is_some_and(|rates| rates.asset_rate.peek().num() != 0);
    known(&values.medical) || known(&values.support) || known(&values.care) || child
}

/// Order art. 29-7 para. 2: property tax of the fiscal year, yen. No record is not the same as no tax.
///
/// # Errors
/// `property_tax_missing`.
fn property_tax<'a, T: Trace<'a>>(
    case: &Case<'a, HouseholdFacts>,
    person: usize,
    fiscal_year: FiscalYear,
    t: &mut T,
) -> Result<Yen, Refusal> {
    let year = i64::from(fiscal_year.year());
    let mut sum = None;
    for row in case.rows(|facts| &facts.property) {
        if row.person().peek() == person as i64
            && row.year().peek() == year
            && let Some(tax) = t.see(row.property_tax_yen())
        {
            sum = Some(sum.unwrap_or(Yen::ZERO).plus(tax)?);
        }
    }
    sum.ok_or_else(|| {
        Refusal::fact_missing("property_tax_missing").with("person", person + 1).with("year", year).article("Order art. 29-7 para. 2")
    })
}

/// Order art. 29-7 para. 1: the parts in their order; the child part from FY2026.
///
/// # Errors
/// A refusal naming the section whose values are missing, of the parts that somebody is liable for.
fn parts<'a, T: Trace<'a>>(household: &Household<'a>, levels: &Levels, values: &'a Values, t: &mut T) -> Result<Vec<Levied>, Refusal> {
    let levy = Levy { household, levels, roundings: values.rounding.known()?, proration: &values.proration };
    let relief = values.own_child_relief.optional()?;
    let mut parts = Vec::with_capacity(4);
    parts.extend(levy.part(&PartLaw::medical(values.medical.known()?, relief), t)?);
    parts.extend(levy.part(&PartLaw::support(values.support.known()?, relief), t)?);
    if household.persons.iter().any(|person| !person.care.is_empty()) {
        parts.extend(levy.part(&PartLaw::care(values.care.known()?), t)?);
    }
    if household.fiscal_year.year() >= national::CHILD_PART_FROM {
        parts.extend(levy.part(&PartLaw::child(values.child.known()?), t)?);
    }
    Ok(parts)
}

fn person_row(person: &Person<'_>) -> PersonRow {
    PersonRow {
        person: person.ordinal as i64,
        insured_months: person.insured,
        care_months: person.care,
        maternity_months: person.maternity,
        levy_base_yen: (!person.insured.is_empty()).then(|| person.last_base()),
        income: person.amounts.map(|amounts| amounts.state),
    }
}

fn outcome_of(household: &Household<'_>, first: &Test, parts: Vec<Levied>, total_yen: Yen) -> Result<PremiumOutcome, Refusal> {
    let (mut reduction, mut over_cap_yen, mut by_part) = (Exact::ZERO, Yen::ZERO, [Yen::ZERO; 4]);
    for levied in &parts {
        reduction = reduction.plus(levied.reduction)?;
        over_cap_yen = over_cap_yen.plus(levied.row.over_cap_yen)?;
        by_part[levied.row.part as usize] = levied.row.premium_yen;
    }
    let premium = outcome::Premium {
        fiscal_year: i64::from(household.fiscal_year.year()),
        total_yen,
        medical_yen: by_part[0],
        support_yen: by_part[1],
        care_yen: by_part[2],
        child_yen: by_part[3],
        reduction_level: first.level.tenths,
        reduction_yen: reduction.round(Rounding::DOWN_TO_YEN)?,
        over_cap_yen,
        insured_persons: household.persons.iter().filter(|person| !person.insured.is_empty()).count() as i64,
        determination_income_yen: first.income,
        earners: first.earners,
        test_persons: first.persons,
    };
    let parts: Vec<PartRow> = parts.into_iter().map(|levied| levied.row).collect();
    Ok(PremiumOutcome { premium, parts, persons: household.persons.iter().map(person_row).collect() })
}

component!(Premium);
