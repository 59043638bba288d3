//! What an application takes off a year's premium (国民健康保険料の減免) as a rule.
//!
//! # What it decides
//!
//! For each application of the fiscal year: whether its relief applies, and what it then takes off. Reliefs
//! that exclude each other come out side by side, with group and rank; the host resolves them and caps the
//! sum. No relief is in this code: all of them are rows of the ordinance ([`ordinance`]), over the facts that
//! `axes.rs` offers, so that a city adds its own without a new rule (`docs/adding-a-relief.md`).
//!
//! # Legal basis
//!
//! National Health Insurance Act (国民健康保険法) arts. 77 and 59; the municipality's ordinance.
//!
//! # Inputs
//!
//! Applications with what was examined; the premium, its parts and persons and its instalments as they stand before
//! exemptions; incomes of the calendar year before, involuntary unemployment, detention, former dependants.
//!
//! # Output
//!
//! Tables `exemption` (one row), `applications` (one row each), `provisions` (one row per relief granted); see
//! [`outcome`].
//!
//! # Rounding
//!
//! One, of the ordinance, on the amount of a relief. Before it amounts are exact fractions.
//!
//! # Assumptions
//!
//! 1. An instalment can be reduced on its due date, not on the day after.
//! 2. The total income of a household is that of its head and of those insured on the day of the application.
//! 3. Who had no income before, and whose income did not fall, has a fall of nil.
//! 4. A cancelled exemption takes nothing off. What instalments due before the cancellation keep is for the instalment rule.
//! 5. The elements of a part are whole yen here; the person's share of them may differ by a yen from that of the exact ones.
//! 6. A person's rows of an element are shares of what is left of it after the statutory reduction.
//! 7. Of several applications for one relief (and person, where it is a person's share) the earliest that is granted counts.
//! 8. An income that is not required to be declared is nil; one that is undeclared or asked for elsewhere is not known.
//!
//! # Not covered
//!
//! Deferral of payment (徴収猶予); specific households (特定世帯) in the relief of former dependants; incomes of which
//! only a revenue is recorded; shares of a person where a cap binds, the composition or the head changed within the year, or
//! per-capita levies differ from person to person (refused, a clerk decides).

mod axes;
mod examination;
mod labels;
pub mod ordinance;
pub mod outcome;
mod shares;

pub use axes::AXES;
pub use ordinance::ExemptionOrdinance;
pub use outcome::ExemptionOutcome;

use crate::axes::FACTS;
use crate::examination::{Examination, Stop};
use crate::ordinance::{Base, Otherwise, Relief, Unknown, Values};
use crate::outcome::{Answer, ApplicationRow, Provision};
use jorei_sdk::*;

facts!(
    /// The facts that an exemption rests on.
    pub struct ExemptionFacts {
        persons: Persons,
        membership: Membership,
        qualification: Qualification,
        incomes: Incomes,
        unemployment: Unemployment,
        detention: Detention,
        former_dependants: FormerDependants,
        applications: Applications,
        premiums: Premiums,
        premium_parts: PremiumParts,
        premium_persons: PremiumPersons,
        instalments: Instalments,
    }
);

/// The rule.
#[derive(Clone, Copy, Debug)]
pub struct Exemption;

impl Rule for Exemption {
    const ABOUT: About = About {
        id: "exemption",
        title_ja: "国民健康保険料の減免",
        title_en: "Exemptions from the premium of National Health Insurance",
        legal_basis: &["Act arts. 59, 77"],
        labels: labels::LABELS,
    };
    type Ordinance = ExemptionOrdinance;
    type Facts = ExemptionFacts;
    type Outcome = ExemptionOutcome;

    fn decide<'a, T: Trace<'a>>(case: &Case<'a, ExemptionFacts>, values: &'a Values, t: &mut T) -> Result<ExemptionOutcome, Refusal> {
        let year = FiscalYear::of(case.on);
        let root = t.open("exemptions");
        t.note("fiscal_year", i64::from(year.year()));
        let premium = premium(case, year, t)?;
        let mut outcome = ExemptionOutcome {
            exemption: outcome::Exemption { fiscal_year: i64::from(year.year()), premium_yen: premium, open_yen: None },
            applications: Vec::new(),
            provisions: Vec::new(),
        };
        let mut earliest: Option<Date> = None;
        let mut granted: Vec<(usize, Provision)> = Vec::new();
        for application in case.rows(|facts| &facts.applications) {
            if application.fiscal_year().peek() != i64::from(year.year()) {
                continue;
            }
            let Some(premium) = premium else {
                return Err(Refusal::fact_missing("premium_missing").with("year", year.year()).article("Act art. 77"));
            };
            let open = t.open("application");
            let mut examination = Examination::of(case, year, application, t);
            let code = t.see(application.relief_code());
            let (result, limit_yen, provision) = answer(&mut examination, code, premium, values, t)?;
            t.close(open, Val::Word(result.word())).article("Act art. 77");
            earliest = Some(earliest.map_or(examination.on, |earliest| earliest.min(examination.on)));
            let person = application.person().peek();
            outcome.applications.push(ApplicationRow { person, relief_code: code, applied_on: examination.on, result, limit_yen });
            granted.extend(provision.map(|provision| (outcome.applications.len() - 1, provision)));
        }
        answer_once(&mut outcome, granted, t);
        if let Some(earliest) = earliest {
            let open_yen = due(case, earliest, None, t)?;
            t.note("open_yen", open_yen).formula("due_from_earliest_application");
            outcome.exemption.open_yen = Some(open_yen);
        }
        t.close(root, outcome.provisions.len() as i64).article("Act art. 77");
        Ok(outcome)
    }
}

/// A relief is granted once, to the household or to the person whose share it is: of several applications the earliest
/// counts, and the others are answered as repeated.
fn answer_once<'a, T: Trace<'a>>(outcome: &mut ExemptionOutcome, mut granted: Vec<(usize, Provision)>, t: &mut T) {
    granted.sort_by_key(|(_, provision)| (provision.relief_code, provision.person, provision.applied_on));
    for (application, provision) in granted {
        let last = outcome.provisions.last();
        if last.is_some_and(|last| (last.relief_code, last.person) == (provision.relief_code, provision.person)) {
            outcome.applications[application].result = Answer::Repeated;
            t.note("repeated_application", provision.applied_on);
        } else {
            outcome.provisions.push(provision);
        }
    }
}

/// The annual premium as it stands; none where none was assessed.
fn premium<'a, T: Trace<'a>>(case: &Case<'a, ExemptionFacts>, year: FiscalYear, t: &mut T) -> Result<Option<Yen>, Refusal> {
    let Some(row) = case.rows(|facts| &facts.premiums).find(|row| row.year().peek() == i64::from(year.year())) else { return Ok(None) };
    let total = t.see(row.total_yen()).ok_or_else(|| Refusal::fact_missing("premium_missing").with("year", year.year()))?;
    if t.see(row.provisional()) {
        t.unsettled();
    }
    t.note("annual_premium", total);
    Ok(Some(total))
}

/// What is due on a day or later and, where asked, after the day of the cause.
fn due<'a, T: Trace<'a>>(case: &Case<'a, ExemptionFacts>, from: Date, after: Option<Date>, t: &mut T) -> Result<Yen, MoneyError> {
    let mut sum = Yen::ZERO;
    for row in case.rows(|facts| &facts.instalments) {
        let on = row.on().peek();
        if on >= from && after.is_none_or(|after| on > after) {
            t.see(row.on());
            sum = sum.plus(t.see(row.amount_yen()).unwrap_or(Yen::ZERO))?;
        }
    }
    Ok(sum)
}

type Answered = (Answer, Yen, Option<Provision>);

/// One application.
///
/// # Errors
/// A refusal where the ordinance has no such relief, or where it says so for what is not known.
fn answer<'a, T: Trace<'a>>(
    examination: &mut Examination<'_, 'a>,
    code: i64,
    premium: Yen,
    values: &'a Values,
    t: &mut T,
) -> Result<Answered, Refusal> {
    if !examination.lives_here(t) {
        return Ok((Answer::OfAnotherHousehold, Yen::ZERO, None));
    }
    if examination.application.cancelled_on().peek().is_some() {
        t.see(examination.application.cancelled_on());
        return Ok((Answer::Cancelled, Yen::ZERO, None));
    }
    let Some(numbered) = values.reliefs.iter().find(|relief| relief.code == code) else {
        return Err(Refusal::law_unknown("relief_unknown").with("relief", code).with("year", examination.year.year()).article("Ordinance"));
    };
    t.note("relief", Val::Word(&numbered.name));
    let relief = numbered.relief.known()?;
    let early = too_early(examination, relief, t);
    let limit = match limit(examination, relief, premium, t) {
        Ok(limit) => limit,
        Err(stop) => return not_known(stop, relief, Yen::ZERO, t),
    };
    if t.get(&relief.certificate_required) && !t.see(examination.application.certified()) {
        return Ok((Answer::NotCertified, limit, None));
    }
    if early {
        return Ok((Answer::TooEarly, limit, None));
    }
    if too_late(examination, relief, t) {
        return Ok((Answer::TooLate, limit, None));
    }
    if limit == Yen::ZERO {
        return Ok((Answer::NoOpenInstalment, limit, None));
    }
    match examination.has_unemployment_reduction(t) {
        Ok(reduced) if reduced && t.get(&relief.excluded_by_unemployment) => return Ok((Answer::ExcludedByReduction, limit, None)),
        Ok(_) => {}
        Err(stop) => return not_known(stop, relief, limit, t),
    }
    let taken = match taken_off(examination, relief, premium, limit, t) {
        Ok(taken) => taken,
        Err(stop) => return not_known(stop, relief, limit, t),
    };
    let Some((amount, row)) = taken else { return Ok((Answer::ConditionsNotMet, limit, None)) };
    let rounded = t.get_as(&relief.rounding, rounding_word);
    let rounded = amount.round(rounded)?;
    t.note("rounded", rounded);
    if rounded <= Yen::ZERO {
        return Ok((Answer::NothingToReduce, limit, None));
    }
    let amount_yen = rounded.min(limit);
    t.note("amount", amount_yen).formula("at_most_limit").article("Act art. 77");
    let by_person = *relief.base.peek() == Base::PersonElements;
    let exclusion_group = t.get(&relief.exclusion_group);
    let rank = t.get(&relief.rank);
    t.note("exclusion", exclusion_group).formula("host_resolves");
    let provision = Provision {
        relief_code: code,
        row,
        person: by_person.then(|| examination.application.person().peek()),
        exclusion_group,
        rank,
        amount_yen,
        applied_on: examination.on,
    };
    Ok((Answer::Granted, limit, Some(provision)))
}

/// A fact is not known: refused, or the conditions are not met, as the ordinance says. Never nil.
fn not_known<'a, T: Trace<'a>>(stop: Stop, relief: &'a Relief, limit: Yen, t: &mut T) -> Result<Answered, Refusal> {
    let unknown = match stop {
        Stop::Refused(refusal) => return Err(refusal),
        Stop::Unknown(unknown) => unknown,
    };
    let policy = t.get_as(&relief.unknown, |policy| {
        Val::Word(match policy {
            Unknown::Refuse => "unknown_refuse",
            Unknown::ConditionsNotMet => "unknown_not_met",
        })
    });
    if policy == Unknown::ConditionsNotMet {
        // It may become known.
        t.unsettled();
        t.note("fact_unknown", unknown.person.and_then(|person| u32::try_from(person).ok()).map_or(Val::Nothing, Val::Person));
        return Ok((Answer::ConditionsNotMet, limit, None));
    }
    let mut refusal = Refusal::fact_missing(unknown.label).article(relief.unknown.article().to_owned());
    if let Some(person) = unknown.person {
        refusal = refusal.with("person", person + 1);
    }
    if let Some(year) = unknown.year {
        refusal = refusal.with("year", year);
    }
    Err(refusal)
}

/// Before the first day of applications?
fn too_early<'a, T: Trace<'a>>(examination: &Examination<'_, 'a>, relief: &'a Relief, t: &mut T) -> bool {
    relief.apply_from.as_ref().is_some_and(|from| examination.on < t.get(from))
}

/// After the last day of applications, or after the last instalment fell due where only open ones are reduced?
fn too_late<'a, T: Trace<'a>>(examination: &Examination<'_, 'a>, relief: &'a Relief, t: &mut T) -> bool {
    if relief.apply_until.as_ref().is_some_and(|until| examination.on >= t.get(until)) {
        return true;
    }
    let last = examination.case.rows(|facts| &facts.instalments).map(|row| row.on().peek()).max();
    last.is_some_and(|last| last < examination.on) && t.get(&relief.open_instalments_only)
}

/// The most that can be taken off, yen: what is not yet due, or the premium where the ordinance reaches back.
fn limit<'a, T: Trace<'a>>(examination: &Examination<'_, 'a>, relief: &'a Relief, premium: Yen, t: &mut T) -> Result<Yen, Stop> {
    let after = match t.get(&relief.due_after_cause) {
        true => Some(t.see(examination.application.cause_on()).ok_or(Stop::Unknown(examination::Unknown {
            label: "cause_on_unknown",
            person: None,
            year: None,
        }))?),
        false => None,
    };
    let limit = match t.get(&relief.open_instalments_only) {
        true => due(examination.case, examination.on, after, t)?,
        false => premium,
    };
    t.note("limit", limit).formula("due_from_application");
    Ok(limit)
}

/// What the relief takes off before rounding and limit, and the row that says so.
fn taken_off<'a, T: Trace<'a>>(
    examination: &mut Examination<'_, 'a>,
    relief: &'a Relief,
    premium: Yen,
    limit: Yen,
    t: &mut T,
) -> Result<Option<(Exact, i64)>, Stop> {
    let base = t.get_as(&relief.base, |base| {
        Val::Word(match base {
            Base::Annual => "base_annual",
            Base::OpenInstalments => "base_open_instalments",
            Base::PersonElements => "base_person_elements",
        })
    });
    let amount = match base {
        Base::Annual => premium,
        Base::OpenInstalments => limit,
        Base::PersonElements => return shares::taken_off(examination, relief, t),
    };
    if !relief.requires.tried(AXES, "requires", t, |axis, t| examination.number(FACTS[axis], 0, t))? {
        return Ok(None);
    }
    let group = t.open("rows");
    for row in &relief.rows {
        if row.tried(AXES, "row", t, |axis, t| examination.number(FACTS[axis], 0, t))? {
            let rate = row.gives.rate;
            t.read_law("relief.rate", rate.into(), row.state(), row.article());
            t.close(group, rate).article(row.article());
            let taken = rate.of(amount)?;
            t.note("taken_off", taken).formula("rate_of_base");
            return Ok(Some((taken, row.number)));
        }
    }
    read_otherwise(relief, t);
    t.close(group, Val::Word("no_row"));
    Ok(None)
}

/// That no row applies rests on what the ordinance says of such a case.
pub(crate) fn read_otherwise<'a, T: Trace<'a>>(relief: &'a Relief, t: &mut T) {
    if let Some(otherwise) = &relief.otherwise {
        t.get_as(otherwise, |Otherwise::None| Val::Word("otherwise_none"));
    }
}

component!(Exemption);
