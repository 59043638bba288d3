//! The claims of the month, and how they add up by person and institution. Absent: limits of a household.

use crate::HighCostFacts;
use crate::category::Categories;
use crate::ordinance::Values;
use jorei_sdk::age::{self, Age, months_after};
use jorei_sdk::facts::{CategoryUnder70, Disease, Service, Setting};
use jorei_sdk::*;

/// A claim as it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim {
    pub(crate) person: i64,
    pub(crate) inpatient: bool,
    service: Service,
    institution: i64,
    prescriber: Option<i64>,
    group: Group,
    cost: Yen,
    own: Yen,
    pub(crate) in_kind: Yen,
    pub(crate) in_kind_counts: Option<bool>,
    pub(crate) specified_disease: bool,
    pub(crate) number: i64,
}

/// What belongs together: one institution, in or out of hospital, medical or dental; a pharmacy without a prescriber and home nursing
/// stand by themselves.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Group {
    Care { institution: i64, inpatient: bool, dental: bool },
    Pharmacy { institution: i64 },
    HomeNursing { institution: i64 },
}

impl Group {
    const fn is_inpatient(self) -> bool {
        matches!(self, Group::Care { inpatient: true, .. })
    }

    const fn institution(self) -> i64 {
        match self {
            Group::Care { institution, .. } | Group::Pharmacy { institution } | Group::HomeNursing { institution } => institution,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Group::Pharmacy { .. } => "pharmacy",
            Group::HomeNursing { .. } => "home_nursing",
            Group::Care { dental: true, .. } => "dental_care",
            Group::Care { .. } => "medical_care",
        }
    }
}

/// A person who was treated, and what is still left with them, by what the steps ask for.
#[derive(Clone, Debug)]
pub(crate) struct Patient {
    pub(crate) person: i64,
    pub(crate) age: Age,
    /// 70 to 74: outpatient care.
    pub(crate) outpatient: Yen,
    /// 70 to 74: in hospital.
    pub(crate) inpatient: Yen,
    /// Under 70: institutions from the threshold on.
    pub(crate) counted: Yen,
    /// Under 70: the others.
    pub(crate) dropped: Yen,
    /// Cost of what counts together.
    pub(crate) cost: Yen,
}

impl Patient {
    /// What is left of what counts together.
    ///
    /// # Errors
    /// [`MoneyError`].
    pub(crate) fn held(&self) -> Result<Yen, MoneyError> {
        self.outpatient.plus(self.inpatient)?.plus(self.counted)
    }

    /// What is left in all.
    ///
    /// # Errors
    /// [`MoneyError`].
    pub(crate) fn all(&self) -> Result<Yen, MoneyError> {
        self.held()?.plus(self.dropped)
    }
}

/// The claims of the case, by person and group.
///
/// # Errors
/// `claim_month`, `claim_twice`, `claim_kind_unknown`, `claim_not_inpatient`, `claim_amount_unknown`, `claim_negative`,
/// `claim_own_above_cost`.
pub(crate) fn read<'a, T: Trace<'a>>(case: &Case<'a, HighCostFacts>, t: &mut T) -> Result<Vec<Claim>, Refusal> {
    let rows = case.rows(|facts| &facts.medical_claims);
    let mut claims: Vec<Claim> = Vec::with_capacity(rows.len());
    for row in rows {
        let (number, on) = (t.see(row.number()), t.see(row.on()));
        let impossible = |label| Refusal::fact_impossible(label).with("number", number).article("Order art. 29-2");
        if on != case.on {
            return Err(impossible("claim_month").with("on", on).with("month", case.on));
        }
        if claims.iter().any(|claim| claim.number == number) {
            return Err(impossible("claim_twice"));
        }
        let missing = |label| Refusal::fact_missing(label).with("number", number).article("Order art. 29-2");
        let (setting, service) = (t.see(row.setting()), t.see(row.service()));
        if setting == Setting::Unknown || service == Service::Unknown {
            return Err(missing("claim_kind_unknown"));
        }
        let inpatient = setting == Setting::Inpatient;
        if inpatient && matches!(service, Service::Pharmacy | Service::HomeNursing) {
            return Err(impossible("claim_not_inpatient"));
        }
        let (Some(cost), Some(own)) = (t.see(row.cost_yen()), t.see(row.own_yen())) else {
            return Err(missing("claim_amount_unknown"));
        };
        let in_kind = t.see(row.in_kind_yen()).unwrap_or(Yen::ZERO);
        if cost < Yen::ZERO || own < Yen::ZERO || in_kind < Yen::ZERO {
            return Err(impossible("claim_negative"));
        }
        if own > cost {
            return Err(impossible("claim_own_above_cost").with("own", own).with("cost", cost));
        }
        let institution = t.see(row.institution());
        claims.push(Claim {
            person: row.person().peek(),
            inpatient,
            service,
            institution,
            prescriber: t.see(row.prescriber()),
            // By itself until all are read: a prescriber's claim may come later.
            group: Group::Pharmacy { institution },
            cost,
            own,
            in_kind,
            in_kind_counts: t.see(row.in_kind_counts()),
            specified_disease: t.see(row.specified_disease()).unwrap_or(false),
            number,
        });
    }
    for at in 0..claims.len() {
        claims[at].group = group(&claims[at], &claims);
    }
    claims.sort_unstable_by_key(|claim| (claim.person, claim.group, claim.number));
    Ok(claims)
}

/// The group of a claim among all of the case.
fn group(claim: &Claim, all: &[Claim]) -> Group {
    match (claim.service, claim.prescriber) {
        (Service::Pharmacy, Some(institution)) => {
            let there = |other: &&Claim| other.person == claim.person && other.institution == institution && !other.inpatient;
            let of_it = |service: Service| all.iter().filter(there).any(|other| other.service == service);
            let dental = of_it(Service::Dental) && !of_it(Service::Medical);
            Group::Care { institution, inpatient: false, dental }
        }
        (Service::Pharmacy, None) => Group::Pharmacy { institution: claim.institution },
        (Service::HomeNursing, _) => Group::HomeNursing { institution: claim.institution },
        (service, _) => Group::Care { institution: claim.institution, inpatient: claim.inpatient, dental: service == Service::Dental },
    }
}

/// The persons who were treated, in the order of the case, and the benefit beyond the limits of specified diseases.
///
/// # Errors
/// `claim_at_age`, `claim_not_insured`, `age_unclear`, and those of the specified diseases.
pub(crate) fn patients<'a, T: Trace<'a>>(
    case: &Case<'a, HighCostFacts>,
    values: &'a Values,
    categories: &Categories,
    claims: &[Claim],
    t: &mut T,
) -> Result<(Vec<Patient>, Yen), Refusal> {
    let persons = case.rows(|facts| &facts.persons);
    let mut patients = Vec::with_capacity(persons.len());
    let mut disease_yen = Yen::ZERO;
    for person in persons.clone() {
        let ordinal = i64::try_from(person.place()).unwrap_or(i64::MAX);
        let first = claims.partition_point(|claim| claim.person < ordinal);
        let behind = claims.partition_point(|claim| claim.person <= ordinal);
        if first == behind {
            continue;
        }
        let step = t.open("patient");
        t.note("person", Val::Person(u32::try_from(ordinal).unwrap_or(u32::MAX)));
        t.see(person.birth_earliest());
        t.see(person.birth_latest());
        let age = age::of_person(&person, case.on)?;
        t.note("age_in_month", Val::Word(age_word(age))).article("Act art. 42");
        let refused = |label| Refusal::fact_impossible(label).with("person", ordinal + 1).with("month", case.on);
        if matches!(age, Age::Unborn | Age::Over75) {
            return Err(refused("claim_at_age").article("Act art. 6"));
        }
        if !insured::in_month(persons.clone(), case.rows(|facts| &facts.qualification), ordinal, case.on, t)? {
            return Err(refused("claim_not_insured").article("Act art. 36"));
        }
        let mut patient = Patient {
            person: ordinal,
            age,
            outpatient: Yen::ZERO,
            inpatient: Yen::ZERO,
            counted: Yen::ZERO,
            dropped: Yen::ZERO,
            cost: Yen::ZERO,
        };
        for members in claims[first..behind].chunk_by(|one, other| one.group == other.group) {
            let of = members[0].group;
            let sum = |each: fn(&Claim) -> Yen| members.iter().try_fold(Yen::ZERO, |sum, claim| sum.plus(each(claim)));
            let step = t.open("institution_group");
            t.note("institution_code", of.institution());
            t.note("group_kind", Val::Word(of.word()));
            t.note("group_setting", Val::Word(if of.is_inpatient() { "inpatient" } else { "outpatient" }));
            let (cost, mut left) = (sum(|claim| claim.cost)?, sum(|claim| claim.own)?);
            t.note("group_cost", cost);
            t.note("group_own", left);
            let long: Vec<&Claim> = members.iter().filter(|claim| claim.specified_disease).collect();
            if !long.is_empty() {
                let over = over_disease_limit(case, values, categories, &patient, &long, t)?;
                left = left.minus(over)?;
                disease_yen = disease_yen.plus(over)?;
            }
            let counts = if age.is_elderly() {
                let part = if of.is_inpatient() { &mut patient.inpatient } else { &mut patient.outpatient };
                *part = part.plus(left)?;
                true
            } else {
                let threshold = t.get(&values.counting.known()?.threshold_yen);
                let counts = left >= threshold;
                let part = if counts { &mut patient.counted } else { &mut patient.dropped };
                *part = part.plus(left)?;
                counts
            };
            if counts {
                patient.cost = patient.cost.plus(cost)?;
            }
            let formula = match (age.is_elderly(), counts) {
                (true, _) => "everything_counts",
                (false, true) => "group_counts",
                (false, false) => "group_below_threshold",
            };
            t.close(step, if counts { left } else { Yen::ZERO }).article("Order art. 29-2").formula(formula);
        }
        t.close(step, patient.held()?);
        patients.push(patient);
    }
    Ok((patients, disease_yen))
}

/// What the marked claims of one group come to beyond the limit of the specified disease.
///
/// # Errors
/// `disease_missing`, `disease_turning_75`, `disease_two`, `category_under_70_missing`.
fn over_disease_limit<'a, T: Trace<'a>>(
    case: &Case<'a, HighCostFacts>,
    values: &'a Values,
    categories: &Categories,
    patient: &Patient,
    claims: &[&Claim],
    t: &mut T,
) -> Result<Yen, Refusal> {
    let own = claims.iter().try_fold(Yen::ZERO, |sum, claim| sum.plus(claim.own))?;
    let number = claims.first().map_or(0, |claim| claim.number);
    let (mut dialysis, mut other) = (false, false);
    for row in case.rows(|facts| &facts.specified_diseases).filter(|row| row.person().peek() == patient.person) {
        let (from, until) = (t.see(row.from()), t.see(row.until()));
        if from < months_after(case.on, 1) && until.is_none_or(|until| until > case.on) {
            match t.see(row.disease()) {
                Disease::Dialysis => dialysis = true,
                Disease::Unknown => {}
                _ => other = true,
            }
        }
    }
    if !dialysis && !other {
        return Err(Refusal::fact_missing("disease_missing").with("number", number).with("month", case.on).article("Order art. 29-2"));
    }
    if patient.age == Age::Turning75 {
        return Err(Refusal::out_of_scope("disease_turning_75").with("number", number).article("Order art. 29-3"));
    }
    let limits = values.specified_disease.known()?;
    let high = dialysis && !patient.age.is_elderly() && matches!(categories.under_70()?, CategoryUnder70::A | CategoryUnder70::I);
    if high && other {
        return Err(Refusal::out_of_scope("disease_two").with("number", number).article("Order art. 29-3"));
    }
    let limit = t.get(if high { &limits.high_income_dialysis_yen } else { &limits.limit_yen });
    let over = own.less(limit);
    t.note("disease_limit", limit).article("Order art. 29-3");
    t.note("disease_benefit", over).formula("own_beyond_limit");
    Ok(over)
}

const fn age_word(age: Age) -> &'static str {
    match age {
        Age::Unborn => "age_unborn",
        Age::Preschool | Age::Under70 => "age_under_70",
        Age::Elderly => "age_70_to_74",
        Age::Turning75 => "age_turning_75",
        Age::Over75 => "age_over_75",
    }
}
