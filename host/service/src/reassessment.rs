//! Deciding again (更正・遡及・随時賦課): which households new facts touch, in which years, and what comes of it.
//!
//! A run looks at what came since the run before: facts by their knowledge, revisions by their digests. Its cost grows
//! with what is touched; only where another revision is in force it looks at everybody. It is repeatable at any moment:
//! what is decided and still true is left alone. Absent here: the law, limits included; the rules say it.

mod chain;
mod report;

pub use chain::{Asked, Cause, Chained, HouseholdYear, InForce, Scope, chain};
pub use report::{Difference, Open, Report, Unsettled, YearReport};

use crate::assess::{AssessError, in_shares, pause};
use crate::decide_case::{Day, NextError};
use crate::levy;
use crate::officer::Moment;
use crate::revisions::{RevisionError, Shelf};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::id::{HouseholdId, Knowledge, Municipality, PersonId};
use jorei_domain::slot::Slot;
use jorei_store::coverage::Coverage;
use jorei_store::decisions::StoredDecision;
use jorei_store::{Store, StoreError};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Touched households whose numbers lie closer together than this are read with one query, those between them in vain.
const NEIGHBOURS: i64 = 8;

/// What to decide again.
pub struct Request {
    /// Whose city.
    pub municipality: Municipality,
    /// Which year; none for every year that was ever assessed.
    pub year: Option<FiscalYear>,
    /// Only what facts after this number touch; none for what came since the last run.
    pub since: Option<Knowledge>,
    /// What the office knew: facts learnt later are not seen.
    pub as_of: Knowledge,
    /// The civil day that the decisions count from (決定日); never after today.
    pub decided_on: Date,
    /// Which slots.
    pub scope: Scope,
    /// Keep nothing.
    pub dry_run: bool,
    /// Threads that decide.
    pub threads: usize,
    /// Households per transaction.
    pub page: u32,
    /// The caller's clock.
    pub clock: fn() -> Moment,
    /// The caller's day.
    pub today: Date,
    /// Who runs it.
    pub by: String,
}

/// Why a run ended before its end. What was kept before stays, and the next run continues.
#[derive(Debug, thiserror::Error)]
pub enum ReassessError {
    /// There is nothing to decide again.
    #[error("fiscal year {0} was never assessed; `jorei assess --year {0}` does that first")]
    NotAssessed(i32),
    /// The breaker, the store, a thread.
    #[error(transparent)]
    Assess(#[from] AssessError),
    /// A revision cannot be loaded, or the slot asked for has none.
    #[error(transparent)]
    Revision(#[from] RevisionError),
}

impl From<StoreError> for ReassessError {
    fn from(error: StoreError) -> ReassessError {
        ReassessError::Assess(error.into())
    }
}

/// The revisions in force for a year, and the slots that have none, with the reason.
///
/// # Errors
/// A [`RevisionError`] other than that nothing is in force or that it is paused.
pub async fn in_force(
    shelf: &Shelf,
    municipality: Municipality,
    on: Date,
    as_of: Knowledge,
) -> Result<(InForce, Vec<(Slot, String)>), RevisionError> {
    let (mut in_force, mut skipped) = (InForce::default(), Vec::new());
    for slot in Slot::YEARLY {
        let live = match shelf.in_force(municipality, slot, on, as_of).await {
            Ok(live) => Some(live),
            Err(error @ (RevisionError::NotInForce { .. } | RevisionError::Paused { .. })) => {
                skipped.push((slot, error.to_string()));
                None
            }
            Err(error) => return Err(error),
        };
        match slot {
            Slot::Premium => in_force.premium = live,
            Slot::Exemption => in_force.exemption = live,
            Slot::Instalment => {
                in_force.limits_withheld = live.is_none() && shelf.was_in_force(municipality, slot, on).await?;
                in_force.instalment = live;
            }
            _ => {}
        }
    }
    Ok((in_force, skipped))
}

/// Decides again. `progress` is told after every page with the year, how many of its households were looked at and, where
/// it is known, how many there are; setting `stop` ends the run after the page under way.
///
/// # Errors
/// A [`ReassessError`].
pub async fn reassess(
    store: &Store,
    shelf: &Shelf,
    request: &Request,
    stop: &AtomicBool,
    mut progress: impl FnMut(FiscalYear, u64, u64),
) -> Result<Report, ReassessError> {
    let mut report = Report { dry_run: request.dry_run, ..Report::default() };
    for year in years(store, request).await? {
        let (in_force, skipped) = in_force(shelf, request.municipality, year.first_day(), request.as_of).await?;
        let needed = if request.scope == Scope::Instalments { Slot::Instalment } else { Slot::Premium };
        if in_force.of(needed).is_none() && request.year.is_some() {
            // Asked for by name, it is an error; among all years it is told.
            shelf.in_force(request.municipality, needed, year.first_day(), request.as_of).await?;
        }
        let mut of_year = YearReport::new(year, skipped);
        if in_force.of(needed).is_some() {
            reassess_year(store, &in_force, request, &mut of_year, stop, &mut progress).await?;
        }
        report.years.push(of_year);
        if stop.load(Ordering::Relaxed) {
            report.stopped = true;
            break;
        }
    }
    Ok(report)
}

/// The years to look at: the one that was asked for, or each that was ever assessed up to now.
async fn years(store: &Store, request: &Request) -> Result<Vec<FiscalYear>, ReassessError> {
    let premium = Slot::Premium.word();
    if let Some(year) = request.year {
        let decided = store.is_decided(request.municipality, premium, year.first_day()).await?;
        if !decided && request.scope == Scope::Chain {
            return Err(ReassessError::NotAssessed(year.year()));
        }
        return Ok(vec![year]);
    }
    let Some(first) = store.first_case_date(request.municipality, premium).await? else { return Ok(Vec::new()) };
    let mut years = Vec::new();
    for year in FiscalYear::of(first).year()..=FiscalYear::of(request.decided_on).year() {
        let Ok(year) = FiscalYear::new(year) else { continue };
        if store.is_decided(request.municipality, premium, year.first_day()).await? {
            years.push(year);
        }
    }
    Ok(years)
}

/// The households of a year that have to be looked at, page by page.
enum Households {
    /// Everybody, after the last one.
    Everybody(Option<HouseholdId>),
    /// Those touched.
    Touched(VecDeque<HouseholdId>),
}

impl Households {
    async fn page(&mut self, store: &Store, request: &Request) -> Result<Vec<HouseholdId>, StoreError> {
        let limit = request.page.max(1);
        match self {
            Households::Everybody(after) => {
                let page = store.households(request.municipality, *after, limit, request.as_of).await?;
                *after = page.last().copied().or(*after);
                Ok(page)
            }
            Households::Touched(left) => Ok(left.drain(..left.len().min(limit as usize)).collect()),
        }
    }
}

async fn reassess_year(
    store: &Store,
    in_force: &InForce,
    request: &Request,
    report: &mut YearReport,
    stop: &AtomicBool,
    progress: &mut impl FnMut(FiscalYear, u64, u64),
) -> Result<(), ReassessError> {
    let (municipality, on) = (request.municipality, report.year.first_day());
    let covered = store.coverage(municipality, on).await?;
    let known = covered.filter(|covered| covered.revisions == in_force.digest() && request.scope == Scope::Chain);
    let since = request.since.or(known.map(|covered| covered.knowledge));
    let (mut households, all) = match since {
        Some(since) => {
            let touched = store.touched(municipality, since, request.as_of).await?;
            let bears = |kind| Slot::YEARLY.iter().any(|slot| in_force.of(*slot).is_some() && slot.kinds().contains(&kind));
            let touched: BTreeSet<HouseholdId> = touched
                .into_iter()
                .filter(|touched| bears(touched.kind) && touched.bears_on(on))
                .map(|touched| touched.household)
                .collect();
            let all = touched.len() as u64;
            (Households::Touched(touched.into_iter().collect()), all)
        }
        None => (Households::Everybody(None), store.count_households(municipality, request.as_of).await?),
    };
    report.everybody = since.is_none();
    let asked = Arc::new(Asked {
        municipality,
        year: report.year,
        as_of: request.as_of,
        day: Day { decided_on: request.decided_on, recorded_at: (request.clock)().now.at },
        scope: request.scope,
    });
    let ids = households.page(store, request).await?;
    let mut page = load(store, in_force, &asked, &ids).await?;
    let mut made: Vec<Chained> = Vec::new();
    loop {
        let more = !page.is_empty() && !stop.load(Ordering::Relaxed);
        report.tally.stopped |= !page.is_empty() && !more;
        let next = async {
            let ids = if more { households.page(store, request).await? } else { Vec::new() };
            load(store, in_force, &asked, &ids).await
        };
        // The three ways at once, as in the annual assessment.
        let (saved, decided, next) = tokio::join!(save(store, request, &made), decide_page(in_force, &asked, page, request.threads), next);
        saved?;
        let (mine, faults) = decided?;
        report.tally.faults += faults;
        report.tally.households += faults;
        for chained in &mine {
            report.add(chained);
        }
        progress(report.year, report.tally.households, all);
        stop_what_fails(store, in_force, request, report, &mine).await?;
        made = mine;
        page = next?;
        if made.is_empty() && page.is_empty() {
            break;
        }
    }
    let decided_later = report.unsettled.iter().any(|item| item.kind == Open::DecidedLater);
    let looked_at_all = !report.tally.stopped && report.tally.faults == 0 && !decided_later;
    // A run that began later than the one before ended proves nothing of what lies between.
    let gapless = request.since.is_none_or(|since| known.is_some_and(|covered| since <= covered.knowledge));
    if !(looked_at_all && gapless) || request.dry_run {
        return Ok(());
    }
    let (revisions, decided_on) = (in_force.digest(), request.decided_on);
    let knowledge = match (request.scope, covered) {
        // The premiums were not looked at: they are as far as the annual assessment has come.
        // What was learnt after this run began reading was not billed.
        (Scope::Instalments, Some(covered)) if covered.revisions == in_force.premium_alone() => covered.knowledge.min(request.as_of),
        (Scope::Instalments, _) => return Ok(()),
        (Scope::Chain, Some(covered)) if covered.revisions == revisions && covered.knowledge >= request.as_of => return Ok(()),
        (Scope::Chain, _) => request.as_of,
    };
    store.save_coverage(municipality, &Coverage { on, knowledge, revisions, decided_on }, &request.stamp()).await?;
    Ok(())
}

async fn save(store: &Store, request: &Request, made: &[Chained]) -> Result<(), StoreError> {
    if request.dry_run {
        return Ok(());
    }
    let decisions: Vec<_> = made.iter().flat_map(|chained| &chained.decisions).cloned().collect();
    let notices: Vec<_> = made.iter().flat_map(|chained| &chained.notices).cloned().collect();
    if !(decisions.is_empty() && notices.is_empty()) {
        let bills: Vec<_> = made.iter().flat_map(|chained| &chained.bills).cloned().collect();
        levy::keep(store, request.municipality, (&decisions, &notices, &bills), request.today, &request.stamp()).await?;
    }
    Ok(())
}

/// Ends the run where a revision keeps failing or was held back meanwhile. What failed is kept; but a good decision is not
/// superseded by the failure of a revision that is broken for many.
async fn stop_what_fails(
    store: &Store,
    in_force: &InForce,
    request: &Request,
    report: &YearReport,
    made: &[Chained],
) -> Result<(), ReassessError> {
    for live in Slot::YEARLY.iter().filter_map(|slot| in_force.of(*slot)) {
        if let Some(held) = store.pause_of(request.municipality, live.slot.word(), live.digest).await? {
            return Err(AssessError::Paused { revision: live.digest, reason: held.reason, last_good: held.last_good }.into());
        }
    }
    let Some(live) = report.failing().and_then(|slot| in_force.of(slot)) else { return Ok(()) };
    if request.dry_run {
        return Ok(());
    }
    let whole = |chained: &&Chained| !chained.decisions.iter().any(|packed| packed.failed() && packed.is_successor());
    let decisions: Vec<_> = made.iter().filter(whole).flat_map(|chained| &chained.decisions).cloned().collect();
    let bills: Vec<_> = made.iter().filter(whole).flat_map(|chained| &chained.bills).cloned().collect();
    levy::keep(store, request.municipality, (&decisions, &[], &bills), request.today, &request.stamp()).await?;
    let tally = report.of_slot(live.slot);
    Err(pause(store, live, report.year, &tally, request.today, &request.stamp(), request.municipality).await?.into())
}

/// Decides a page on all threads; what a fault of the machine kept from being decided is counted.
pub(crate) async fn decide_page(
    in_force: &InForce,
    asked: &Arc<Asked>,
    page: Vec<(HouseholdId, HouseholdYear)>,
    threads: usize,
) -> Result<(Vec<Chained>, u64), AssessError> {
    let (in_force, asked) = (in_force.clone(), Arc::clone(asked));
    let work = move |share: &[(HouseholdId, HouseholdYear)]| {
        let (mut made, mut faults) = (Vec::with_capacity(share.len()), 0);
        for (household, known) in share {
            match chain(&in_force, &asked, *household, known.clone()) {
                Ok(chained) => made.push(chained),
                Err(NextError::Fault(_)) => faults += 1,
                Err(NextError::Store(StoreError::DecidedLater { decided_on, .. })) => {
                    made.push(Chained::decided_later(*household, decided_on));
                }
                Err(NextError::Store(error)) => return Err(AssessError::Store(error)),
            }
        }
        Ok((made, faults))
    };
    let mut all = (Vec::new(), 0);
    for (made, faults) in in_shares(page, threads, work).await? {
        all.0.extend(made);
        all.1 += faults;
    }
    Ok(all)
}

/// Reads everything recorded of some households, in their order: those whose numbers lie together with one query each.
///
/// # Errors
/// A [`StoreError`].
pub async fn load(
    store: &Store,
    in_force: &InForce,
    asked: &Asked,
    households: &[HouseholdId],
) -> Result<Vec<(HouseholdId, HouseholdYear)>, StoreError> {
    let mut found = Vec::with_capacity(households.len());
    for stretch in households.chunk_by(|one, next| next.0 - one.0 <= NEIGHBOURS) {
        found.extend(load_stretch(store, in_force, asked, stretch).await?);
    }
    Ok(found)
}

async fn load_stretch(
    store: &Store,
    in_force: &InForce,
    asked: &Asked,
    households: &[HouseholdId],
) -> Result<Vec<(HouseholdId, HouseholdYear)>, StoreError> {
    let (Some(first), Some(last)) = (households.first(), households.last()) else { return Ok(Vec::new()) };
    let (municipality, on, range) = (asked.municipality, asked.year.first_day(), *first..=*last);
    let mut known: BTreeMap<HouseholdId, HouseholdYear> =
        households.iter().map(|household| (*household, HouseholdYear::default())).collect();
    for slot in Slot::YEARLY {
        if slot == Slot::Premium || in_force.of(slot).is_some() {
            for case in store.cases_of(municipality, slot, range.clone(), on, asked.as_of).await? {
                let Some(known) = known.get_mut(&case.household) else { continue };
                *known.case_mut(slot) = Some(case);
            }
        }
        for stored in store.decision_histories(municipality, slot.word(), on, range.clone()).await? {
            if let Some(known) = known.get_mut(&stored.decision.household) {
                known.history_mut(slot).push(stored);
            }
        }
    }
    for notice in store.latest_notices(municipality, on, range).await? {
        if let Some(known) = known.get_mut(&notice.household) {
            known.notices.push(notice);
        }
    }
    for (household, known) in &mut known {
        let Some(latest) = known.premiums.last() else { continue };
        if known.premium_case.as_ref().is_none_or(|case| case.newest > latest.knowledge) {
            let then = store.case(municipality, Slot::Premium, *household, on, latest.knowledge).await?;
            known.people_then = then.map(|case| case.people);
        }
    }
    Ok(known.into_iter().collect())
}

/// The year of one household as it stands, for whoever wants to look at it.
///
/// # Errors
/// A [`StoreError`].
pub async fn household_year(
    store: &Store,
    municipality: Municipality,
    household: HouseholdId,
    year: FiscalYear,
) -> Result<HouseholdYear, StoreError> {
    let as_of = store.latest_knowledge(municipality).await?;
    let day = Day { decided_on: year.first_day(), recorded_at: String::new() };
    let asked = Asked { municipality, year, as_of, day, scope: Scope::Chain };
    let mut found = load(store, &InForce::default(), &asked, &[household]).await?;
    let mut known = found.pop().map(|(_, known)| known).unwrap_or_default();
    for slot in [Slot::Exemption, Slot::Instalment] {
        *known.case_mut(slot) = store.case(municipality, slot, household, year.first_day(), as_of).await?;
    }
    Ok(known)
}

/// Who the ordinals of a decision's case are: the persons of its slot's case with what was known then. Two persons whose
/// facts are the same may be exchanged, as they are for the rule.
///
/// # Errors
/// A [`StoreError`].
pub async fn people_of(store: &Store, stored: &StoredDecision) -> Result<Vec<PersonId>, StoreError> {
    let decision = &stored.decision;
    let Some(slot) = Slot::named(&decision.slot) else { return Ok(Vec::new()) };
    let case = store.case(decision.municipality, slot, decision.household, decision.on, stored.knowledge).await?;
    Ok(case.map(|case| case.people).unwrap_or_default())
}

impl Request {
    fn stamp(&self) -> Stamp {
        Stamp { by: self.by.clone(), at: (self.clock)().now.at }
    }
}
