//! The instalments of a year's premium (期割) as a rule: what is due when, how it is collected, what may still
//! be assessed, and who owes it.
//!
//! # What it decides
//!
//! The acts of the year (assessments, corrections, exemptions) are laid over each other in their order. Each is
//! held against the limit of Act art. 110-2; one that comes too late changes nothing. What is accepted is spread
//! over instalments of ordinary collection or over pension deductions. Later acts move the difference only, and
//! only in what is still open. The premium is owed by the head of each month.
//!
//! # Legal basis
//!
//! National Health Insurance Act (国民健康保険法) arts. 76, 76-3, 110-2; Local Autonomy Act art. 4-2; Civil Code
//! arts. 142, 143; the municipality's ordinance.
//!
//! # Inputs
//!
//! Birth dates, membership and heads, qualification, deaths, the head's pension of the fiscal year, and what the
//! host made of its decisions: the acts of the year and the months insured. The case's date picks the year.
//!
//! # Output
//!
//! Tables `schedule` (one row), `instalments`, `acts`, `obligors`; see [`outcome`]. Where anything was assessed,
//! `billed_yen` less `over_yen` is `premium_yen`.
//!
//! # Rounding
//!
//! A part of an instalment is cut to the ordinance's unit, and one instalment takes what is left over. An
//! obligor's share by months is rounded down to the yen, and the last one bears what is left.
//!
//! # Assumptions
//!
//! 1. A later act moves its difference, in equal parts over what is open. So an increase never lowers an
//!    instalment, a decrease never raises one, and a correction of a correction leaves no trace in what was
//!    open throughout.
//! 2. An increase during deduction is billed by ordinary collection; a decrease lowers open instalments of
//!    ordinary collection first, then open deductions.
//! 3. In the first year of deduction the ordinary instalments before October bear half of the premium; where a
//!    deduction can no longer be begun, all of it is collected ordinarily.
//! 4. The conditions of deduction are those of 1 April. Within the year it ends by the day on which it was
//!    stopped, the head died, ceased to be head or to be insured, or somebody joined who is not of the age.
//! 5. An end that was arranged moves what remains on its day; one learnt afterwards moves it with the first act
//!    after it, which the host makes when it learns of it.
//! 6. The year's first due date is that of ordinary collection, for households with deduction too.
//! 7. A deduction is due on the day the pension is paid: the bank day before, where that day is closed.
//! 8. A share of the premium is owed by who heads the household on the last day of the month.
//!
//! # Not covered
//!
//! Payments, refunds and delinquency; the choice of direct debit in place of deduction; heads who turn 75
//! within the year before they lose the qualification; the limits before FY2019.

mod acts;
mod labels;
mod national;
mod obligors;
mod ordinance;
pub mod outcome;
mod pension;
mod schedule;

pub use ordinance::{InstalmentOrdinance, Ordinary, PensionDeduction, Remainder, Values};
pub use outcome::InstalmentOutcome;

use crate::acts::Year;
use crate::outcome::ScheduleRow;
use crate::schedule::Schedule;
use jorei_sdk::*;

facts!(
    /// The facts that instalments rest on.
    pub struct InstalmentFacts {
        persons: Persons,
        membership: Membership,
        qualification: Qualification,
        deaths: Deaths,
        pensions: Pensions,
        assessments: Assessments,
        premium_persons: PremiumPersons,
    }
);

/// The rule.
#[derive(Clone, Copy, Debug)]
pub struct Instalment;

impl Rule for Instalment {
    const ABOUT: About = About {
        id: "instalment",
        title_ja: "国民健康保険料の期割",
        title_en: "Instalments of the premium of National Health Insurance",
        legal_basis: &["Act arts. 76, 76-3, 110-2"],
        labels: labels::LABELS,
    };
    type Ordinance = InstalmentOrdinance;
    type Facts = InstalmentFacts;
    type Outcome = InstalmentOutcome;

    fn decide<'a, T: Trace<'a>>(case: &Case<'a, InstalmentFacts>, values: &'a Values, t: &mut T) -> Result<InstalmentOutcome, Refusal> {
        let fiscal_year = FiscalYear::of(case.on);
        let root = t.open("instalment");
        t.note("fiscal_year", i64::from(fiscal_year.year()));
        let limit_years = national::limit_years(fiscal_year, t)?;
        let mut schedule = Schedule::new(fiscal_year, values.ordinary_collection.known()?, t)?;
        let first_due = schedule.first_due();
        t.note("first_due", first_due);
        let limit_on = national::limit_on(first_due, limit_years);
        let pension = match values.pension.optional()? {
            Some(values) => pension::deduction(case, values, t)?.map(|pension| (pension, values)),
            None => None,
        };
        if let Some((_, values)) = pension {
            schedule.with_deductions(fiscal_year, values, t)?;
        }
        let mut year = Year::opening(schedule, pension.map(|(pension, _)| pension), limit_years, t)?;
        let acts = year.acts(case, t)?;
        let premium_yen = year.premium.unwrap_or(Yen::ZERO);
        let schedule = &year.schedule;
        let instalments = schedule.shown();
        let group = t.open("instalments");
        for row in &instalments {
            let open = t.open(row.collection.word());
            t.note("number", row.number);
            t.note("due", row.due);
            t.close(open, row.amount_yen);
        }
        let billed_yen = schedule.sum(|_| true)?;
        t.close(group, billed_yen);
        let obligors = obligors::obligors(case, premium_yen, t)?;
        t.close(root, billed_yen);
        let schedule = ScheduleRow {
            fiscal_year: i64::from(fiscal_year.year()),
            premium_yen,
            billed_yen,
            over_yen: schedule.over,
            provisional_yen: schedule.sum(acts::is_provisional)?,
            first_due,
            limit_on,
        };
        Ok(InstalmentOutcome { schedule, instalments, acts, obligors })
    }
}

component!(Instalment);
