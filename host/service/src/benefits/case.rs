//! The case of a benefit: who belongs to the household for the month, and what is derived for its rule.
//!
//! Whoever belongs to a household on the last day of a month belongs to it for the month; so does whoever left it and the scheme
//! within the month. Claims follow persons, so that a move needs no correction of any claim. Absent here: the law.

use super::BenefitError;
use crate::billing::table;
use crate::decide_case::decide as decide_live;
use crate::revisions::{LiveRevision, Shelf};
use crate::words::Words;
use jorei_domain::benefit::Benefit;
use jorei_domain::calendar::{Date, month_of, months_after};
use jorei_domain::decision::{Decision, Outcome};
use jorei_domain::id::{HouseholdId, Knowledge, Municipality, PersonId};
use jorei_domain::record::{CATEGORIES_OVER_70, CATEGORIES_UNDER_70, Case, Fact, Kind, Person, WAYS};
use jorei_domain::slot::Slot;
use jorei_domain::table::{ABSENT, Table};
use jorei_store::Store;
use jorei_store::benefits::Handover;
use jorei_store::decisions::StoredDecision;
use jorei_store::facts::StoredCase;
use jorei_store::medical_claims::ClaimLine;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The persons who belong to a household for the month of a date, with their facts.
#[derive(Clone, Debug)]
pub struct Present {
    /// The household.
    pub household: HouseholdId,
    /// The date of the case.
    pub on: Date,
    /// The persons.
    pub people: Vec<(Person, PersonId)>,
}

/// Facts of a kind that a person of a case has: the values behind the period.
fn facts_of(person: &Person, kind: Kind) -> impl Iterator<Item = &Fact> {
    person.facts.iter().filter(move |fact| fact.kind == kind)
}

fn until(fact: &Fact) -> i64 {
    if fact.values[1] == ABSENT { i64::MAX } else { fact.values[1] }
}

/// Does a person belong to the household of the case for a month?
fn belongs(person: &Person, month: Date) -> bool {
    let (first, last) = (month.packed(), months_after(month, 1).yesterday().packed());
    let memberships = || facts_of(person, Kind::Membership);
    let left_the_scheme = || facts_of(person, Kind::Qualification).all(|fact| until(fact) <= last);
    // A slot whose rules do not read memberships has them not: whoever is in its case lived there.
    memberships().next().is_none()
        || memberships().any(|fact| fact.values[0] <= last && (until(fact) > last || until(fact) > first && left_the_scheme()))
}

impl Present {
    /// Those of a stored case who belong to its household for the month of its date; none where nobody does.
    pub fn of(stored: StoredCase) -> Option<Present> {
        let (household, on) = (stored.household, stored.case.on);
        let month = month_of(on);
        let people = stored.case.persons().iter().cloned().zip(stored.people);
        let people: Vec<_> = people.filter(|(person, _)| belongs(person, month)).collect();
        (!people.is_empty()).then_some(Present { household, on, people })
    }

    /// Only those who are in a list: the members by a case whose rules read memberships.
    #[must_use]
    pub fn among(mut self, members: &[PersonId]) -> Present {
        self.people.retain(|(_, id)| members.contains(id));
        self
    }

    /// Who they are.
    pub fn ids(&self) -> Vec<PersonId> {
        self.people.iter().map(|(_, id)| *id).collect()
    }

    /// Who heads the household on the last day of the month, or headed it last within it.
    pub fn head(&self) -> Option<PersonId> {
        let last = months_after(month_of(self.on), 1).yesterday().packed();
        let heads = self.people.iter().flat_map(|(person, id)| {
            facts_of(person, Kind::Membership).filter(|fact| fact.values.last() == Some(&1)).map(move |fact| (fact, *id))
        });
        heads.filter(|(fact, _)| fact.values[0] <= last).max_by_key(|(fact, _)| (until(fact), fact.values[0])).map(|(_, id)| id)
    }

    /// The case with what is derived for its persons and the household, and who its persons are in their order. Of persons who
    /// are not there nothing is added.
    pub fn case(self, mut derived: BTreeMap<PersonId, Vec<Fact>>, household: Vec<Fact>) -> (Case, Vec<PersonId>) {
        let with = |(mut person, id): (Person, PersonId)| {
            person.facts.extend(derived.remove(&id).unwrap_or_default());
            (person, id)
        };
        let (case, people) = Case::of_people(self.on, self.people.into_iter().map(with).collect());
        (case.with_household(household), people)
    }
}

/// Does a claim count for benefits? `settled` is the last way in which clerks settled lines.
pub fn counts(claim: &ClaimLine, settled: &HashMap<i64, String>) -> bool {
    match settled.get(&claim.ordinal).map(String::as_str) {
        Some(way) => way == "counts",
        None => claim.finding.is_none_or(|finding| finding.counts()),
    }
}

/// A claim as a fact.
pub fn claim_fact(claim: &ClaimLine) -> Fact {
    let values = vec![
        claim.month.packed(),
        claim.ordinal,
        i64::from(claim.setting),
        i64::from(claim.service),
        claim.institution,
        claim.prescriber.unwrap_or(ABSENT),
        claim.cost_yen,
        claim.own_yen,
        claim.in_kind_yen,
        i64::from(claim.in_kind_counts),
        i64::from(claim.specified_disease),
    ];
    Fact { kind: Kind::MedicalClaims, values, source: format!("レセプト {} {}", claim.claim, claim.status.ja()) }
}

/// The stay of a claim as a fact, if it states one.
pub fn stay_fact(claim: &ClaimLine) -> Option<Fact> {
    let stay = claim.stay?;
    let values = vec![
        claim.month.packed(),
        claim.ordinal,
        i64::from(stay.bed),
        claim.days,
        stay.meals,
        stay.charged_meal_yen,
        stay.charged_residence_yen.unwrap_or(ABSENT),
        ABSENT,
        ABSENT,
        ABSENT,
        ABSENT,
    ];
    Some(Fact { kind: Kind::HospitalStays, values, source: format!("レセプト {} {}", claim.claim, claim.status.ja()) })
}

/// A code of a rule's results as the code of a list of words.
fn code(words: &Words, table: &str, column: &str, number: i64, list: &[&str]) -> i64 {
    let word = words.cell(table, column, number);
    list.iter().position(|known| word == *known).and_then(|place| i64::try_from(place).ok()).unwrap_or(ABSENT)
}

/// What a classification says of a month: the household's categories, and the share of each person by ordinal.
pub fn classified(outcome: &Outcome, on: Date, words: &Words, source: &str) -> Option<(Fact, Vec<(i64, Fact)>)> {
    let Outcome::Decided { provisional, results } = outcome else { return None };
    classified_of(results.iter().map(|result| (result.name.as_str(), &result.table)), 0, *provisional, on, words, source)
}

/// As [`classified`], of one case of answers for many.
pub fn classified_of<'t>(
    results: impl Iterator<Item = (&'t str, &'t Table)>,
    case: usize,
    provisional: bool,
    on: Date,
    words: &Words,
    source: &str,
) -> Option<(Fact, Vec<(i64, Fact)>)> {
    let results: Vec<_> = results.collect();
    let named = |name: &str| results.iter().find(|(found, _)| *found == name).map(|(_, table)| *table);
    let (classification, shares) = (named("classification")?, named("shares")?);
    let row = classification.rows_of(case).next()?;
    let cell = |column: &str| classification.integers(column).map_or(ABSENT, |values| values[row]);
    let month = month_of(on).packed();
    let categories = vec![
        month,
        code(words, "classification", "under_70", cell("under_70"), CATEGORIES_UNDER_70),
        code(words, "classification", "over_70", cell("over_70"), CATEGORIES_OVER_70),
        cell("reduced_cap"),
        i64::from(provisional),
    ];
    let column = |name: &str| shares.integers(name);
    let (persons, percents, special) = (column("person")?, column("share_percent")?, column("special_care")?);
    let share = |row: usize| {
        let values = vec![month, percents[row], special[row], i64::from(provisional)];
        (persons[row], Fact { kind: Kind::Shares, values, source: source.to_owned() })
    };
    let shares = shares.rows_of(case).map(share).collect();
    Some((Fact { kind: Kind::Categories, values: categories, source: source.to_owned() }, shares))
}

/// How a fact names the decision that it was made of.
pub fn decided_source(slot: Slot, decision: &StoredDecision) -> String {
    format!("{} {}", slot.ja(), decision.id.short())
}

/// Does a decision make its month count for the lower limit (多数回)?
pub fn month_counts(decision: &Decision) -> bool {
    let Some(month) = table(decision, "month") else { return false };
    month.integers("counts").and_then(|counts| counts.first()).is_some_and(|counts| *counts == 1)
}

/// Months of a household with a high-cost benefit, as facts: of decisions, of claims in kind, and handed over. A month is there once.
pub fn high_cost_months(decisions: &[&StoredDecision], in_kind: &BTreeSet<Date>, handed_over: &[&Handover]) -> Vec<Fact> {
    let mut months: BTreeMap<Date, (usize, bool, String)> = BTreeMap::new();
    for handover in handed_over {
        months.insert(handover.month, (2, handover.revoked, handover.source.clone()));
    }
    for month in in_kind {
        months.insert(*month, (1, false, "レセプト（現物給付）".to_owned()));
    }
    for decision in decisions.iter().filter(|stored| month_counts(&stored.decision)) {
        months.insert(decision.decision.on, (0, false, decided_source(Slot::HighCost, decision)));
    }
    let fact = |(month, (way, revoked, source)): (Date, (usize, bool, String))| {
        debug_assert!(way < WAYS.len());
        Fact { kind: Kind::HighCostMonths, values: vec![month.packed(), way as i64, i64::from(revoked)], source }
    };
    months.into_iter().map(fact).collect()
}

/// One household's cases of one office, as they stand for some knowledge.
pub struct Desk<'d> {
    /// The records.
    pub store: &'d Store,
    /// Revisions that are loaded.
    pub shelf: &'d Shelf,
    /// Whose office.
    pub municipality: Municipality,
    /// The household.
    pub household: HouseholdId,
    /// With what was known.
    pub as_of: Knowledge,
}

/// A case to be decided, and who its persons are in their order.
#[derive(Clone, Debug)]
pub struct Assembled {
    /// The case.
    pub case: Case,
    /// Its persons.
    pub people: Vec<PersonId>,
    /// The head of the household for the month.
    pub head: Option<PersonId>,
}

impl Desk<'_> {
    /// Who belongs to the household for the month of a date, with the facts of a slot.
    ///
    /// # Errors
    /// [`BenefitError::Nobody`], the store's.
    pub async fn present(&self, slot: Slot, on: Date) -> Result<Present, BenefitError> {
        let nobody = || BenefitError::Nobody { household: self.household, on };
        let members = self.store.case(self.municipality, Slot::Classification, self.household, on, self.as_of).await?;
        let members = members.and_then(Present::of).ok_or_else(nobody)?;
        if slot == Slot::Classification {
            return Ok(members);
        }
        let stored = self.store.case(self.municipality, slot, self.household, on, self.as_of).await?.ok_or_else(nobody)?;
        let people = stored.case.persons().iter().cloned().zip(stored.people).collect();
        let present = Present { household: self.household, on, people }.among(&members.ids());
        if present.people.is_empty() { Err(nobody()) } else { Ok(present) }
    }

    /// Who heads the household for the month of a date.
    ///
    /// # Errors
    /// As [`Desk::present`].
    pub async fn head(&self, on: Date) -> Result<Option<PersonId>, BenefitError> {
        Ok(self.present(Slot::Classification, on).await?.head())
    }

    /// The case of a slot on a date.
    ///
    /// # Errors
    /// [`BenefitError::NoBenefit`], [`BenefitError::Date`], [`BenefitError::Nobody`], [`BenefitError::NoApplication`], and whatever
    /// making the cases it rests on says.
    pub async fn assemble(&self, slot: Slot, on: Date) -> Result<Assembled, BenefitError> {
        let present = self.present(slot, on).await?;
        let head = self.head(on).await?;
        let month = month_of(on);
        let date = |what| BenefitError::Date { slot, on, what };
        let (derived, household) = match slot {
            Slot::Classification if on == month => (BTreeMap::new(), Vec::new()),
            Slot::HighCost if on == month => (self.claim_facts(&present, month).await?, self.month_facts(&present, month).await?),
            Slot::Hospital if on == month => self.hospital_facts(&present, month).await?,
            Slot::Classification | Slot::HighCost | Slot::Hospital => return Err(date("it is the first day of a month")),
            Slot::HighCostYear | Slot::Combined if (on.month(), on.day()) == (7, 31) => self.year_facts(slot, &present, on).await?,
            Slot::HighCostYear | Slot::Combined => return Err(date("it is the base date, 31 July")),
            Slot::Expense if on == month => (self.expense_facts(&present, on).await?, Vec::new()),
            Slot::Expense => return Err(date("it is the first day of the month of treatment")),
            Slot::LumpSum => (self.application_facts(slot, on).await?, Vec::new()),
            _ => return Err(BenefitError::NoBenefit(slot)),
        };
        let (case, people) = present.case(derived, household);
        Ok(Assembled { case, people, head })
    }

    /// The claims of a month that count, by person.
    async fn claim_facts(&self, present: &Present, month: Date) -> Result<BTreeMap<PersonId, Vec<Fact>>, BenefitError> {
        let settled = self.store.settled_claims(self.municipality, month..=month).await?;
        let mut facts = BTreeMap::new();
        for person in present.ids() {
            let claims = self.store.claims_of_month(self.municipality, month, person..=person).await?;
            facts.insert(person, claims.iter().filter(|claim| counts(claim, &settled)).map(claim_fact).collect());
        }
        Ok(facts)
    }

    /// Categories of the month, and the months that count before it.
    async fn month_facts(&self, present: &Present, month: Date) -> Result<Vec<Fact>, BenefitError> {
        let mut household: Vec<Fact> = self.categories(month).await?.map(|(categories, _)| categories).into_iter().collect();
        let before = months_after(month, -11)..=months_after(month, -1);
        let mine = self.household..=self.household;
        let decisions = self.store.high_cost_decisions(self.municipality, mine.clone(), before.clone()).await?;
        let handed_over = self.store.handovers(self.municipality, mine, before.clone()).await?;
        let mut in_kind = BTreeSet::new();
        for person in present.ids() {
            let months = self.store.in_kind_months(self.municipality, before.clone(), person..=person).await?;
            in_kind.extend(months.into_iter().map(|(_, month)| month));
        }
        household.extend(high_cost_months(&Vec::from_iter(&decisions), &in_kind, &Vec::from_iter(&handed_over)));
        Ok(household)
    }

    /// The classification of a month as it was decided, with the shares by person; none where it was not, or was refused.
    async fn categories(&self, month: Date) -> Result<Option<(Fact, BTreeMap<PersonId, Fact>)>, BenefitError> {
        let slot = Slot::Classification;
        let history = self.store.decision_history(self.municipality, slot.word(), month, self.household).await?;
        let Some(stored) = history.last() else { return Ok(None) };
        let words = words_of(self.store, stored).await?;
        let source = decided_source(slot, stored);
        let Some((categories, shares)) = classified(&stored.decision.outcome, month, &words, &source) else { return Ok(None) };
        // The case was made of those who belong to the household alone: their order is that of its persons.
        let case = self.store.case(self.municipality, slot, self.household, month, stored.knowledge).await?;
        let people = case.and_then(Present::of).map(|present| present.case(BTreeMap::new(), Vec::new()).1).unwrap_or_default();
        let of = |(ordinal, fact): (i64, Fact)| Some((*people.get(usize::try_from(ordinal).ok()?)?, fact));
        Ok(Some((categories, shares.into_iter().filter_map(of).collect())))
    }

    /// Stays of the month that were applied for, those of the eleven months before, and the categories of all of them.
    async fn hospital_facts(&self, present: &Present, month: Date) -> Result<(BTreeMap<PersonId, Vec<Fact>>, Vec<Fact>), BenefitError> {
        let mut derived = self.application_facts(Slot::Hospital, month).await?;
        let before = months_after(month, -11)..=months_after(month, -1);
        let settled = self.store.settled_claims(self.municipality, before.clone()).await?;
        for person in present.ids() {
            let claims = self.store.claims_of_person(self.municipality, person, before.clone()).await?;
            let stays = claims.iter().filter(|claim| counts(claim, &settled)).filter_map(stay_fact);
            derived.entry(person).or_default().extend(stays);
        }
        let mut household = Vec::new();
        for back in -11..=0 {
            household.extend(self.categories(months_after(month, back)).await?.map(|(categories, _)| categories));
        }
        Ok((derived, household))
    }

    /// What was applied for, with the shares of the month.
    async fn expense_facts(&self, present: &Present, on: Date) -> Result<BTreeMap<PersonId, Vec<Fact>>, BenefitError> {
        let mut derived = self.application_facts(Slot::Expense, on).await?;
        if let Some((_, mut shares)) = self.categories(month_of(on)).await? {
            for person in present.ids() {
                derived.entry(person).or_default().extend(shares.remove(&person));
            }
        }
        Ok(derived)
    }

    /// What is left of the twelve months of a period, what was certified, and the categories of the base date's month.
    async fn year_facts(
        &self,
        slot: Slot,
        present: &Present,
        on: Date,
    ) -> Result<(BTreeMap<PersonId, Vec<Fact>>, Vec<Fact>), BenefitError> {
        let mut derived = match self.application_facts(slot, on).await {
            Ok(facts) => facts,
            Err(BenefitError::NoApplication { .. }) => BTreeMap::new(),
            Err(error) => return Err(error),
        };
        for back in (0..12).rev() {
            for (person, fact) in self.rests(months_after(month_of(on), -back)).await? {
                if present.ids().contains(&person) {
                    derived.entry(person).or_default().push(fact);
                }
            }
        }
        if slot == Slot::Combined {
            let mut given: BTreeMap<PersonId, i64> = BTreeMap::new();
            for due in self.store.benefit_dues(self.municipality, self.household, Slot::HighCostYear, on).await? {
                if let (Benefit::OutpatientYear, Some(person)) = (due.key.benefit, due.key.person) {
                    given.insert(person, due.due_yen);
                }
            }
            for (person, yen) in given {
                lower(derived.entry(person).or_default(), yen);
            }
        }
        let household = self.categories(month_of(on)).await?.map(|(categories, _)| categories);
        Ok((derived, household.into_iter().collect()))
    }

    /// What is left of a month by person, as the rule in force answers; where the month was decided, by that decision, which must still
    /// be true. A month without claims leaves nothing; one whose rest cannot be known is an error, never nothing.
    async fn rests(&self, month: Date) -> Result<Vec<(PersonId, Fact)>, BenefitError> {
        let assembled = match Box::pin(self.assemble(Slot::HighCost, month)).await {
            Ok(assembled) => assembled,
            Err(BenefitError::Nobody { .. }) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mine = self.household..=self.household;
        let decided = self.store.high_cost_decisions(self.municipality, mine, month..=month).await?.pop();
        let has_claims = assembled.case.persons().iter().any(|person| facts_of(person, Kind::MedicalClaims).next().is_some());
        if decided.is_none() && !has_claims {
            return Ok(Vec::new());
        }
        let open = |what: &'static str| BenefitError::Month { household: self.household, month, what };
        let live = self.shelf.in_force(self.municipality, Slot::HighCost, month, self.as_of).await?;
        let Assembled { case, people, .. } = assembled;
        let made = self.ask(&live, case)?;
        if matches!(made.outcome, Outcome::Decided { provisional: true, .. }) {
            return Err(open("rests on values or facts that nobody confirmed"));
        }
        let source = match &decided {
            None => "支給のない月".to_owned(),
            Some(stored) if (Decision { supersedes: stored.decision.supersedes, ..made.clone() }) == stored.decision => {
                decided_source(Slot::HighCost, stored)
            }
            Some(_) => return Err(open("is not as it was decided any more")),
        };
        let rests = table(&made, "rests").ok_or_else(|| open("cannot be decided"))?;
        let column = |name: &str| rests.integers(name).ok_or_else(|| open("cannot be decided"));
        let (persons, over_70) = (column("person")?, column("over_70")?);
        let (outpatient, counted, all) = (column("outpatient_yen")?, column("counted_yen")?, column("all_yen")?);
        let mut found = Vec::new();
        for row in 0..rests.rows() {
            let person = usize::try_from(persons[row]).ok().and_then(|ordinal| people.get(ordinal));
            let person = person.ok_or_else(|| open("cannot be decided"))?;
            let category = code(&live.words, "rests", "over_70", over_70[row], CATEGORIES_OVER_70);
            let values = vec![month.packed(), category, outpatient[row], counted[row], all[row]];
            found.push((*person, Fact { kind: Kind::MonthlyRests, values, source: source.clone() }));
        }
        Ok(found)
    }

    fn ask(&self, live: &LiveRevision, case: Case) -> Result<Decision, BenefitError> {
        let made = decide_live(live, self.municipality, self.household, case, None);
        Ok(made.map_err(|fault| BenefitError::Fault { revision: live.digest, fault })?.decision)
    }

    /// What was examined of the applications of a case that have all their documents, by person.
    ///
    /// # Errors
    /// [`BenefitError::NoApplication`] where there is none and nothing was decided of the case before.
    async fn application_facts(&self, slot: Slot, on: Date) -> Result<BTreeMap<PersonId, Vec<Fact>>, BenefitError> {
        let mut derived: BTreeMap<PersonId, Vec<Fact>> = BTreeMap::new();
        let mut any = false;
        for application in self.store.applications_of_case(self.municipality, self.household, slot, on).await? {
            let events = self.store.application_events(self.municipality, application.number).await?;
            if super::applications::is_complete(&events) {
                any = true;
                let facts = self.store.application_facts(self.municipality, application.number).await?;
                derived.entry(application.person).or_default().extend(facts);
            }
        }
        let before = || self.store.decision_history(self.municipality, slot.word(), on, self.household);
        if !any && before().await?.is_empty() {
            return Err(BenefitError::NoApplication { household: self.household, slot, on });
        }
        Ok(derived)
    }
}

/// Takes a benefit of the year off what is left of its months, from the last one backwards: what was given back is borne no more
/// (Order: own payments after the high-cost benefit).
fn lower(rests: &mut [Fact], mut yen: i64) {
    let names: Vec<&str> =
        Kind::MonthlyRests.period_columns().iter().copied().chain(Kind::MonthlyRests.fields().iter().map(|field| field.name)).collect();
    let places = ["outpatient_yen", "counted_yen", "all_yen"].map(|name| names.iter().position(|column| *column == name).unwrap_or(0));
    for fact in rests.iter_mut().rev().filter(|fact| fact.kind == Kind::MonthlyRests) {
        let part = yen.min(fact.values[places[0]]).max(0);
        for place in places {
            fact.values[place] -= part.min(fact.values[place]);
        }
        yen -= part;
    }
}

/// The words of the rule that made a decision.
async fn words_of(store: &Store, stored: &StoredDecision) -> Result<Words, BenefitError> {
    let kept = store.revision(stored.decision.municipality, stored.decision.revision).await?;
    Ok(Words::from_json(kept.as_ref().map_or("", |kept| &kept.about)))
}
