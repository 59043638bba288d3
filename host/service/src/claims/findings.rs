//! What a clerk must look at in a set of claims: persons nobody knows, treatment without qualification, accidents caused by
//! others, the same claim twice.
//!
//! Persons are read once for a set, in pages, and kept as three dates each: a set has a line for nearly everybody. Absent here:
//! what clerks do about it, and what a finding means for a benefit.

use super::forms::{PHARMACY, Said};
use jorei_domain::calendar::{Date, months_after};
use jorei_domain::id::{Knowledge, Municipality, PersonId};
use jorei_domain::qualification::day_of_loss;
use jorei_domain::record::Kind;
use jorei_store::masters::PersonRecord;
use jorei_store::medical_claims::{ClaimFinding, ClaimLine, ClaimStatus, TakingClaims};
use jorei_store::{Store, StoreError};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Persons that are read together.
const PERSONS_PER_PAGE: usize = 500;
/// Numbers between two persons across which it is cheaper to ask again than to read everybody between.
const GAP: i64 = 40;

/// What is known of a person that a claim is held against.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Insured {
    /// The earliest and the latest day of birth, where the office knows one.
    pub birth: Option<(Date, Date)>,
    /// Insured from a day until the day of loss, which is no longer insured.
    pub spans: Vec<(Date, Date)>,
}

impl Insured {
    /// As a record has it. Where the cause of a loss is not known, neither is the day that follows from it: the day of the event
    /// is taken, so that somebody looks at a claim of that very day.
    pub fn of(record: &PersonRecord) -> Insured {
        let mut insured = Insured::default();
        for fact in &record.facts {
            match (fact.kind, fact.values.as_slice()) {
                (Kind::Persons, [earliest, latest]) => {
                    insured.birth = Date::from_packed(*earliest).ok().zip(Date::from_packed(*latest).ok());
                }
                (Kind::Qualification, [ended_by, ..]) => {
                    let lost = if fact.until == Date::MAX { None } else { day_of_loss(fact.until, *ended_by) };
                    insured.spans.push((fact.from, lost.unwrap_or(fact.until)));
                }
                _ => {}
            }
        }
        insured
    }

    /// Insured on any day of the month that begins on a day?
    pub fn in_month(&self, month: Date) -> bool {
        self.spans.iter().any(|(from, until)| *from < months_after(month, 1) && *until > month)
    }

    /// Can somebody born on this day be the person? Yes where the office does not know.
    fn may_be_born(&self, birth: Date) -> bool {
        self.birth.is_none_or(|(earliest, latest)| (earliest..=latest).contains(&birth))
    }
}

/// Runs of sorted numbers that are read together: without a large gap, and not too many.
fn runs(persons: &BTreeSet<PersonId>) -> Vec<(PersonId, PersonId)> {
    let mut runs: Vec<(PersonId, PersonId, usize)> = Vec::new();
    for person in persons {
        match runs.last_mut() {
            Some((_, last, count)) if person.0 - last.0 <= GAP && *count < PERSONS_PER_PAGE => (*last, *count) = (*person, *count + 1),
            _ => runs.push((*person, *person, 1)),
        }
    }
    runs.into_iter().map(|(first, last, _)| (first, last)).collect()
}

/// Everybody whom a set names, as the office knows them. Who is not among them is not known.
///
/// # Errors
/// A [`StoreError`].
pub async fn insured(
    store: &Store,
    municipality: Municipality,
    said: &[Said],
    as_of: Knowledge,
) -> Result<HashMap<PersonId, Insured>, StoreError> {
    let persons: BTreeSet<PersonId> = said.iter().map(|said| said.claim.person).collect();
    let mut found = HashMap::with_capacity(persons.len());
    for (first, last) in runs(&persons) {
        let mut after = PersonId(first.0 - 1);
        loop {
            // In pages: between two persons of a run there may be others.
            let page = store.person_records(municipality, (after, last), PERSONS_PER_PAGE as u32, as_of).await?;
            let Some(end) = page.last() else { break };
            after = end.person;
            found.extend(page.iter().filter(|record| persons.contains(&record.person)).map(|record| (record.person, Insured::of(record))));
            if after >= last {
                break;
            }
        }
    }
    Ok(found)
}

/// What makes two claims look like one. A pharmacy claims once for each institution that prescribed.
type Likeness = (PersonId, Date, i64, u8, u8, Option<i64>);

fn likeness(claim: &ClaimLine) -> Likeness {
    let prescriber = claim.prescriber.filter(|_| claim.service == PHARMACY);
    (claim.person, claim.month, claim.institution, claim.setting, claim.service, prescriber)
}

/// Claims that stand, by what they look like: before a set, and as it is gone through.
#[derive(Debug, Default)]
pub struct Standing {
    claims: HashMap<Likeness, Vec<String>>,
    /// Claims of which the set says something: what stood of them before does not count.
    spoken_of: HashSet<String>,
}

impl Standing {
    /// What stands for the persons and months of a set. What the set itself says something of is left out: it is taken back or
    /// another line takes its place.
    ///
    /// # Errors
    /// A [`StoreError`].
    pub async fn before(taking: &mut TakingClaims<'_>, said: &[Said]) -> Result<Standing, StoreError> {
        let spoken_of = said.iter().map(|said| said.claim.claim.clone()).collect();
        let mut standing = Standing { claims: HashMap::new(), spoken_of };
        let mut months: BTreeMap<Date, BTreeSet<PersonId>> = BTreeMap::new();
        for Said { claim, .. } in said.iter().filter(|said| said.claim.status != ClaimStatus::Returned) {
            months.entry(claim.month).or_default().insert(claim.person);
        }
        let asked: HashSet<Likeness> = said.iter().map(|said| likeness(&said.claim)).collect();
        for (month, persons) in months {
            for (first, last) in runs(&persons) {
                for claim in taking.of_month(month, first..=last).await? {
                    if asked.contains(&likeness(&claim)) && !standing.spoken_of.contains(&claim.claim) {
                        standing.claims.entry(likeness(&claim)).or_default().push(claim.claim);
                    }
                }
            }
        }
        Ok(standing)
    }

    /// Does another claim that looks the same stand? This one stands from now on.
    fn stands_twice(&mut self, claim: &ClaimLine) -> bool {
        let alike = self.claims.entry(likeness(claim)).or_default();
        let twice = !alike.is_empty();
        alike.push(claim.claim.clone());
        twice
    }
}

/// Which line of a set is the last one about its claim: only it stands.
pub fn last_of_each(said: &[Said]) -> HashMap<&str, usize> {
    said.iter().enumerate().map(|(at, said)| (said.claim.claim.as_str(), at)).collect()
}

/// Why a clerk must look at a line, if at all: first a person nobody knows, then no qualification, then an accident, then the
/// same claim twice. A claim that is taken back needs no look.
pub fn finding(insured: &HashMap<PersonId, Insured>, standing: &mut Standing, said: &Said, stands: bool) -> Option<ClaimFinding> {
    let claim = &said.claim;
    if claim.status == ClaimStatus::Returned {
        return None;
    }
    // Asked first, so that a later line finds this one whatever else is the matter with it.
    let twice = stands && standing.stands_twice(claim);
    match insured.get(&claim.person) {
        None => Some(ClaimFinding::UnknownPerson),
        Some(known) if !known.may_be_born(said.birth) => Some(ClaimFinding::UnknownPerson),
        Some(known) if !known.in_month(claim.month) => Some(ClaimFinding::NotQualified),
        Some(_) if claim.third_party => Some(ClaimFinding::ThirdParty),
        Some(_) => twice.then_some(ClaimFinding::Duplicate),
    }
}
