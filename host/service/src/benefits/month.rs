//! A month's run (月次処理): every household with claims is asked in bulk, and who has something due is decided for the record.
//!
//! Asking in bulk costs little and is never recorded; what is recorded is decided singly from the same case. A run may end at any
//! moment and be started again: what is decided and still true is not decided again, and nothing is posted twice. Memory holds one
//! month's claims and one page of households. Absent here: the law, and whoever applies.

use super::case::{Assembled, Desk, Present, claim_fact, classified_of, counts, high_cost_months};
use super::deciding::{Asked, Decided, Held, books_of, decide, notices, prepare};
use super::{BenefitError, case};
use crate::billing::table;
use crate::revisions::{LiveRevision, Shelf};
use jorei_domain::audit::Stamp;
use jorei_domain::benefit::{BENEFIT, BENEFITS_TABLE, SUM};
use jorei_domain::calendar::{Date, month_of, months_after};
use jorei_domain::id::{HouseholdId, Knowledge, Municipality, PersonId};
use jorei_domain::record::{Case, Fact};
use jorei_domain::slot::Slot;
use jorei_engine::{Answers, Status};
use jorei_store::decisions::StoredDecision;
use jorei_store::medical_claims::ClaimLine;
use jorei_store::{Store, unless_overtaken};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Households per page.
const PAGE: u32 = 1_000;
/// Cases that are written in one transaction.
const WRITTEN_AT_ONCE: usize = 100;

/// What is run.
#[derive(Clone, Debug)]
pub struct Request {
    /// Whose office.
    pub municipality: Municipality,
    /// The first day of the month of treatment.
    pub month: Date,
    /// The day that decisions count from (支給決定日).
    pub decided_on: Date,
    /// Only these households; all where there are none.
    pub only: Vec<HouseholdId>,
}

/// How far a run is, and what it came to. Amounts are whole yen.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Tally {
    /// Households looked at.
    pub households: u64,
    /// Claims that count.
    pub claims: u64,
    /// Households with claims.
    pub with_claims: u64,
    /// Households to which something is due, or was.
    pub candidates: u64,
    /// Decided now.
    pub decided: u64,
    /// Decided before, and still true.
    pub unchanged: u64,
    /// What is due in all by decisions that are no longer provisional.
    pub due_yen: i64,
    /// Payment orders made now.
    pub orders: u64,
    /// What they pay.
    pub ordered_yen: i64,
    /// What pays arrears now.
    pub set_off_yen: i64,
    /// What must be given back now.
    pub reclaimed_yen: i64,
    /// Decided provisionally.
    pub provisional: u64,
    /// Refused by a rule: a clerk's work.
    pub refused: u64,
    /// Failed, or out of bounds: a vendor's work.
    pub failed: u64,
    /// Candidates nobody has applied for.
    pub without_application: u64,
    /// Held for another reason.
    pub held: u64,
    /// Something is due to the household by an earlier decision, and nobody belongs to it for the month any more: a clerk's work.
    pub vanished: u64,
    /// Stopped before the end on request.
    pub stopped: bool,
}

impl Tally {
    fn add(&mut self, decided: &Decided) {
        if decided.new {
            self.decided += 1;
        } else {
            self.unchanged += 1;
        }
        for posted in &decided.posted {
            self.set_off_yen += posted.set_off_yen;
            self.reclaimed_yen += posted.reclaimed_yen;
            if let Some((_, yen)) = posted.order {
                self.orders += 1;
                self.ordered_yen += yen;
            }
        }
        for held in &decided.held {
            match held {
                Held::Provisional => self.provisional += 1,
                Held::Refused(_) => self.refused += 1,
                Held::Failed(_) | Held::OutOfBounds(_) => self.failed += 1,
                Held::NoApplication => self.without_application += 1,
                _ => self.held += 1,
            }
        }
        if !matches!(decided.held[..], [Held::Provisional | Held::Failed(_) | Held::OutOfBounds(_)]) {
            self.due_yen += decided.benefit_yen.unwrap_or(0);
        }
    }
}

/// One household's claims and what the months before say.
pub(super) struct Known {
    present: Present,
    claims: BTreeMap<PersonId, Vec<Fact>>,
    before: Vec<Fact>,
    classification: Case,
    classified: Vec<PersonId>,
    head: Option<PersonId>,
    /// Was it decided before?
    decided: bool,
}

/// Runs a month. `progress` is told after every page.
///
/// # Errors
/// A [`BenefitError`]; what was written until then stays.
pub async fn run(
    store: &Store,
    shelf: &Shelf,
    request: &Request,
    stamp: &Stamp,
    stop: &AtomicBool,
    mut progress: impl FnMut(&Tally),
) -> Result<Tally, BenefitError> {
    let Request { municipality, month, decided_on, .. } = *request;
    if month != month_of(month) {
        return Err(BenefitError::Date { slot: Slot::HighCost, on: month, what: "it is the first day of a month" });
    }
    let month = Month::open(store, shelf, municipality, month).await?;
    let (mut tally, mut looked_at) = (Tally::default(), HashSet::new());
    let mut after = None;
    loop {
        if stop.load(Ordering::Relaxed) {
            tally.stopped = true;
            return Ok(tally);
        }
        let Some(known) = month.page(&mut after, &request.only, &mut tally).await? else { break };
        looked_at.extend(known.iter().map(|known| known.present.household));
        let candidates = month.candidates(known).await?;
        tally.candidates += candidates.len() as u64;
        for chunk in candidates.chunks(WRITTEN_AT_ONCE) {
            for decided in month.settle(chunk, decided_on, stamp).await? {
                tally.add(&decided);
            }
            progress(&tally);
            if stop.load(Ordering::Relaxed) {
                tally.stopped = true;
                return Ok(tally);
            }
        }
        progress(&tally);
    }
    tally.vanished = month.vanished(&looked_at, &request.only, stamp).await?;
    Ok(tally)
}

/// A household to which a month's benefit is due and has not been decided for good.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Candidate {
    /// The household.
    pub household: HouseholdId,
    /// What is due, in whole yen.
    pub yen: i64,
    /// Does it rest on something unconfirmed?
    pub provisional: bool,
    /// From this day on it can no longer be claimed.
    pub bar_on: Option<Date>,
}

/// Households to which more is due for a month than was posted: they may be told that they can apply (勧奨).
///
/// # Errors
/// A [`BenefitError`] of the store.
pub async fn candidates(store: &Store, municipality: Municipality, month: Date) -> Result<Vec<Candidate>, BenefitError> {
    let everybody = HouseholdId(i64::MIN)..=HouseholdId(i64::MAX);
    let mut found = Vec::new();
    for stored in store.high_cost_decisions(municipality, everybody, month..=month).await? {
        let household = stored.decision.household;
        let yen = stored.decision.outcome.figure(BENEFIT, SUM).unwrap_or(0);
        let posted = store.benefit_dues(municipality, household, Slot::HighCost, month).await?;
        if yen <= posted.last().map_or(0, |due| due.due_yen) {
            continue;
        }
        let bars = table(&stored.decision, BENEFITS_TABLE).and_then(|rows| rows.integers("bar_on"));
        let bar_on = bars.and_then(|bars| bars.first()).and_then(|packed| Date::from_packed(*packed).ok());
        found.push(Candidate { household, yen, provisional: stored.status == "provisional", bar_on });
    }
    Ok(found)
}

pub(super) struct Month<'m> {
    store: &'m Store,
    shelf: &'m Shelf,
    municipality: Municipality,
    pub(super) month: Date,
    as_of: Knowledge,
    classification: Arc<LiveRevision>,
    pub(super) high_cost: Arc<LiveRevision>,
    of_person: HashMap<PersonId, Vec<ClaimLine>>,
    in_kind: HashMap<PersonId, BTreeSet<Date>>,
}

impl<'m> Month<'m> {
    /// A month with its claims and the revisions in force.
    pub(super) async fn open(
        store: &'m Store,
        shelf: &'m Shelf,
        municipality: Municipality,
        month: Date,
    ) -> Result<Month<'m>, BenefitError> {
        let as_of = store.latest_knowledge(municipality).await?;
        let classification = shelf.in_force(municipality, Slot::Classification, month, as_of).await?;
        let high_cost = shelf.in_force(municipality, Slot::HighCost, month, as_of).await?;
        let settled = store.settled_claims(municipality, month..=month).await?;
        let everybody = PersonId(i64::MIN)..=PersonId(i64::MAX);
        let mut of_person: HashMap<PersonId, Vec<ClaimLine>> = HashMap::new();
        for claim in store.claims_of_month(municipality, month, everybody.clone()).await? {
            if counts(&claim, &settled) {
                of_person.entry(claim.person).or_default().push(claim);
            }
        }
        let before = months_after(month, -11)..=months_after(month, -1);
        let mut in_kind: HashMap<PersonId, BTreeSet<Date>> = HashMap::new();
        for (person, of) in store.in_kind_months(municipality, before, everybody).await? {
            in_kind.entry(person).or_default().insert(of);
        }
        Ok(Month { store, shelf, municipality, month, as_of, classification, high_cost, of_person, in_kind })
    }

    /// The next page of households that have claims, or were decided before; none where there are no more.
    pub(super) async fn page(
        &self,
        after: &mut Option<HouseholdId>,
        only: &[HouseholdId],
        tally: &mut Tally,
    ) -> Result<Option<Vec<Known>>, BenefitError> {
        let page = self.store.cases(self.municipality, Slot::Classification, *after, PAGE, self.month, self.as_of).await?;
        let Some(last) = page.last().map(|case| case.household) else { return Ok(None) };
        let first = page.first().map_or(last, |case| case.household);
        *after = Some(last);
        tally.households += page.len() as u64;
        let members: Vec<Present> = page.into_iter().filter_map(Present::of).collect();
        self.known(members, first..=last, only, tally).await.map(Some)
    }

    /// What is known of the households of a page that have claims, or were decided before.
    async fn known(
        &self,
        members: Vec<Present>,
        households: std::ops::RangeInclusive<HouseholdId>,
        only: &[HouseholdId],
        tally: &mut Tally,
    ) -> Result<Vec<Known>, BenefitError> {
        let (store, municipality, month) = (self.store, self.municipality, self.month);
        let before = months_after(month, -11)..=months_after(month, -1);
        let decisions = store.high_cost_decisions(municipality, households.clone(), *before.start()..=month).await?;
        let handed_over = store.handovers(municipality, households.clone(), before).await?;
        let mut cases: HashMap<HouseholdId, Present> = HashMap::new();
        for stored in store.cases_of(municipality, Slot::HighCost, households, month, self.as_of).await? {
            let people = stored.case.persons().iter().cloned().zip(stored.people.clone()).collect();
            cases.insert(stored.household, Present { household: stored.household, on: month, people });
        }
        let mut known = Vec::new();
        for member in members {
            let household = member.household;
            if !(only.is_empty() || only.contains(&household)) {
                continue;
            }
            let ids = member.ids();
            let mut claims: BTreeMap<PersonId, Vec<Fact>> = BTreeMap::new();
            for id in &ids {
                if let Some(of) = self.of_person.get(id) {
                    tally.claims += of.len() as u64;
                    claims.insert(*id, of.iter().map(claim_fact).collect());
                }
            }
            let of_household = |stored: &&StoredDecision| stored.decision.household == household;
            let decided = decisions.iter().filter(of_household).any(|stored| stored.decision.on == month);
            if claims.is_empty() && !decided {
                continue;
            }
            tally.with_claims += u64::from(!claims.is_empty());
            let earlier: Vec<_> = decisions.iter().filter(of_household).filter(|stored| stored.decision.on < month).collect();
            let handed: Vec<_> = handed_over.iter().filter(|handover| handover.household == household).collect();
            let in_kind: BTreeSet<Date> = ids.iter().filter_map(|id| self.in_kind.get(id)).flatten().copied().collect();
            let Some(present) = cases.remove(&household).map(|present| present.among(&ids)) else { continue };
            let head = member.head();
            let (classification, classified) = member.case(BTreeMap::new(), Vec::new());
            let before = high_cost_months(&earlier, &in_kind, &handed);
            known.push(Known { present, claims, before, classification, classified, head, decided });
        }
        Ok(known)
    }

    /// The cases of households with the categories of the classification in force.
    pub(super) async fn cases(&self, known: &[Known]) -> Result<Vec<Case>, BenefitError> {
        let cases: Vec<Case> = known.iter().map(|known| known.classification.clone()).collect();
        let classified = ask(&self.classification, self.month, cases).await?;
        let mut cases = Vec::with_capacity(known.len());
        for (place, known) in known.iter().enumerate() {
            let provisional = classified.statuses[place] == Status::Provisional;
            let results = classified.results.iter().map(|result| (result.name.as_str(), &result.table));
            let categories = match classified.statuses[place] {
                Status::Decided | Status::Provisional => {
                    classified_of(results, place, provisional, self.month, &self.classification.words, "")
                }
                _ => None,
            };
            let household = known.before.iter().cloned().chain(categories.map(|(categories, _)| categories)).collect();
            cases.push(known.present.clone().case(known.claims.clone(), household).0);
        }
        Ok(cases)
    }

    /// Those to whom something is due, or whose case the rules cannot do; and those decided before.
    async fn candidates(&self, known: Vec<Known>) -> Result<Vec<Known>, BenefitError> {
        if known.is_empty() {
            return Ok(known);
        }
        let answers = ask(&self.high_cost, self.month, self.cases(&known).await?).await?;
        let due = sums(&answers);
        let wanted = |place: usize, known: &Known| known.decided || due[place].is_none_or(|yen| yen > 0);
        Ok(known.into_iter().enumerate().filter(|(place, known)| wanted(*place, known)).map(|(_, known)| known).collect())
    }

    /// Tells clerks of households to which something is due and to which nobody belongs for the month as the office knows it now; answers
    /// how many. Their case cannot be made, so that nothing is posted by itself.
    async fn vanished(&self, present: &HashSet<HouseholdId>, only: &[HouseholdId], stamp: &Stamp) -> Result<u64, BenefitError> {
        let (store, municipality, month) = (self.store, self.municipality, self.month);
        let (everybody, mut count, mut told) = (HouseholdId(i64::MIN)..=HouseholdId(i64::MAX), 0, Vec::new());
        for stored in store.high_cost_decisions(municipality, everybody, month..=month).await? {
            let household = stored.decision.household;
            if present.contains(&household) || !(only.is_empty() || only.contains(&household)) {
                continue;
            }
            let dues = store.benefit_dues(municipality, household, Slot::HighCost, month).await?;
            if dues.last().is_some_and(|due| due.due_yen > 0) {
                count += 1;
                let of = (municipality, household, Slot::HighCost);
                told.extend(notices(store, of, (month, stored.version, self.as_of), &[Held::Vanished]).await?);
            }
        }
        if !told.is_empty() {
            store.save_run(&[], &told, &[], stamp).await?;
        }
        Ok(count)
    }

    /// Decides candidates for the record, in one transaction; one by one where others write about them.
    async fn settle(&self, candidates: &[Known], decided_on: Date, stamp: &Stamp) -> Result<Vec<Decided>, BenefitError> {
        let (store, shelf, municipality) = (self.store, self.shelf, self.municipality);
        let mut next_order = store.next_order(municipality).await?;
        let (mut packed, mut notices, mut books, mut all) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for known in candidates {
            let household = known.present.household;
            let desk = Desk { store, shelf, municipality, household, as_of: self.as_of };
            let asked = Asked { live: &self.classification, decided_on, stamp };
            let assembled = Assembled { case: known.classification.clone(), people: known.classified.clone(), head: known.head };
            let classified = prepare(&desk, &asked, assembled, &mut next_order).await?;
            let source = format!("{} {}", Slot::Classification.ja(), classified.decided.decision.short());
            let categories = case::classified(&classified.outcome, self.month, &self.classification.words, &source);
            let categories = categories.map(|(categories, _)| categories);
            packed.extend(classified.packed);
            notices.extend(classified.notices);
            let household = known.before.iter().cloned().chain(categories).collect();
            let (case, people) = known.present.clone().case(known.claims.clone(), household);
            let asked = Asked { live: &self.high_cost, decided_on, stamp };
            let prepared = prepare(&desk, &asked, Assembled { case, people, head: known.head }, &mut next_order).await?;
            let new = prepared.packed.is_some();
            packed.extend(prepared.packed);
            notices.extend(prepared.notices);
            books.push(prepared.book);
            all.push(Decided { new, ..prepared.decided });
        }
        let books = books_of(books);
        if packed.is_empty() && notices.is_empty() && books.is_empty() {
            return Ok(all);
        }
        if unless_overtaken(store.save_run(&packed, &notices, &books, stamp).await)?.is_some() {
            return Ok(all);
        }
        let mut all = Vec::with_capacity(candidates.len());
        for known in candidates {
            let household = known.present.household;
            for slot in [Slot::Classification, Slot::HighCost] {
                let decided = decide(store, shelf, municipality, slot, household, self.month, decided_on, stamp).await?;
                if slot == Slot::HighCost {
                    all.push(decided);
                }
            }
        }
        Ok(all)
    }
}

/// What is due in each case; none where it was refused or failed.
pub(super) fn sums(answers: &Answers) -> Vec<Option<i64>> {
    let table = answers.results.iter().find(|result| result.name == BENEFIT).map(|result| &result.table);
    let sum = |(place, status): (usize, &Status)| {
        let table = table.filter(|_| matches!(status, Status::Decided | Status::Provisional))?;
        let row = table.rows_of(place).next()?;
        table.integers(SUM).map(|values| values[row])
    };
    answers.statuses.iter().enumerate().map(sum).collect()
}

/// Asks a rule about many cases of a date, on a thread that answers nobody else.
pub(super) async fn ask(live: &Arc<LiveRevision>, on: Date, cases: Vec<Case>) -> Result<Answers, BenefitError> {
    let live = Arc::clone(live);
    let asked = move || live.rule.bulk().answer(&live.question(on), &cases[..]);
    Ok(tokio::task::spawn_blocking(asked).await.map_err(|_| BenefitError::Thread)??)
}
