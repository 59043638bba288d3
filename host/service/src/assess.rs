//! The annual assessment of a whole city (当初賦課).
//!
//! Pages of households are loaded, decided on all cores and stored, the three at the same time. A
//! page is one transaction, so a run may end at any moment and be continued: what is decided and
//! still true is not decided again, and nothing is decided twice.

use crate::billing::{lives, withdrawn};
use crate::decide_case::{Before, Day, Next, NextError, decide, next};
use crate::levy::{self, Bill};
use crate::officer::Moment;
use crate::reassessment::{self, Asked, InForce, Scope};
use crate::revisions::{LiveRevision, last_good, was_in_force};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::decision::{Outcome, Reason};
use jorei_domain::id::{Digest, HouseholdId, Knowledge, Municipality};
use jorei_domain::slot::Slot;
use jorei_engine::Fault;

use jorei_store::coverage::Coverage;
use jorei_store::decisions::{CurrentDecision, PackedDecision};
use jorei_store::facts::StoredCase;
use jorei_store::notices::NewNotice;
use jorei_store::pauses::Pause;
use jorei_store::{Store, StoreError};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Households on which a year's law is tried before the first is stored.
const LAW_TRIALS: usize = 64;

/// Failures of one run from which on the breaker looks at their share: fewer are single cases.
const BREAKER_FAILURES: u64 = 10;

/// One failure in so many decisions of a run pauses the revision.
const BREAKER_SHARE: u64 = 20;

/// What to assess.
pub struct Request {
    /// Whose city.
    pub municipality: Municipality,
    /// Which year.
    pub year: FiscalYear,
    /// The revision that says what may still be assessed once the year is over; none where the slot has none.
    pub limits: Option<Arc<LiveRevision>>,
    /// What the office knew: facts learnt later are not seen.
    pub as_of: Knowledge,
    /// Threads that decide.
    pub threads: usize,
    /// Households per page: one transaction, and what is lost when a run dies. A thousand take some
    /// tens of megabytes at most.
    pub page: u32,
    /// The caller's clock.
    pub clock: fn() -> Moment,
    /// The caller's day.
    pub today: Date,
    /// The civil day that the decisions count from (決定日); never after today.
    pub decided_on: Date,
    /// Who runs it: an account, or the program that does.
    pub by: String,
}

/// How far a run is, and what it came to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Tally {
    /// Households looked at.
    pub households: u64,
    /// Decided before, and still true.
    pub unchanged: u64,
    /// Decided now.
    pub decided: u64,
    /// Decided now, provisional.
    pub provisional: u64,
    /// Refused by the rule now.
    pub refused: u64,
    /// Unchanged, and still refused or failed: a clerk's work.
    pub open: u64,
    /// Nobody lives there any more as the office knows it, and the rule did not decide that nothing is owed: a clerk's work.
    pub vanished: u64,
    /// The rule failed now.
    pub failed: u64,
    /// Changed, but too late for the law to let it be assessed (期間制限): a clerk's work.
    pub barred: u64,
    /// Not decided for a fault of the machine; the next run tries again.
    pub faults: u64,
    /// Stopped before the end on request.
    pub stopped: bool,
    /// Fuel of all runs.
    pub fuel: u64,
    /// Linear memory of the run that took most, in bytes.
    pub memory_bytes: u64,
}

/// Why an assessment ended without having looked at everybody.
#[derive(Debug, thiserror::Error)]
pub enum AssessError {
    /// The law or the ordinance lacks values for this year; nothing was stored.
    #[error("fiscal year {year} cannot be assessed: {message}")]
    LawUnknown {
        /// The year.
        year: i32,
        /// What is missing, in both languages, with its article.
        message: String,
    },
    /// The breaker stopped the revision: its cases wait for a clerk.
    #[error("revision {revision} was paused: {reason}; {}. What it decided so far is kept; `jorei queue` lists the cases that wait", match last_good {
        Some(good) => format!("the last good revision is {good} (jorei rollback --to {})", good.short()),
        None => "no earlier revision answered this date".to_owned(),
    })]
    Paused {
        /// The revision.
        revision: Digest,
        /// Why.
        reason: String,
        /// The revision to go back to, if there is one.
        last_good: Option<Digest>,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A thread of ours died.
    #[error("a deciding thread died")]
    Thread,
}

/// Assesses a city. `progress` is told after every page; setting `stop` ends the run after the
/// page under way.
///
/// # Errors
/// An [`AssessError`]; what was stored before stays, and the next run continues.
pub async fn assess(
    store: &Store,
    live: &Arc<LiveRevision>,
    request: &Request,
    stop: &AtomicBool,
    mut progress: impl FnMut(&Tally),
) -> Result<Tally, AssessError> {
    let on = request.year.first_day();
    let mut tally = Tally::default();
    let mut page = load(store, request, on, None).await?;
    refuse_unknown_law(live, request, &page)?;
    let (mut packed, mut notices, mut bills): (Vec<PackedDecision>, Vec<NewNotice>, Vec<Bill>) = (Vec::new(), Vec::new(), Vec::new());
    loop {
        let last = page.last;
        let more = last.is_some() && !stop.load(Ordering::Relaxed);
        tally.stopped |= last.is_some() && !more;
        // The three ways at once: store the page before, decide this one, load the next.
        let (saved, decided, next) =
            tokio::join!(save(store, request, &packed, &notices, &bills), decide_page(live, request, page), async {
                if more { load(store, request, on, last).await } else { Ok(Page::default()) }
            },);
        saved?;
        let (mine, counted) = decided?;
        let Limited { decisions: mine, notices: mut noted, bills: mut billed, barred, faults } =
            within_limits(store, live, request, mine).await?;
        tally.add(&counted);
        tally.barred += barred;
        tally.faults += faults;
        progress(&tally);
        if let Some(held) = store.pause_of(request.municipality, live.slot.word(), live.digest).await? {
            // Somebody else, or a shadow run, held the revision back meanwhile.
            return Err(AssessError::Paused { revision: live.digest, reason: held.reason, last_good: held.last_good });
        }
        if tally.keeps_failing() {
            // What failed is a clerk's work, so it is kept like everything else; but a good decision
            // is not superseded by the failure of a revision that is broken for many.
            let kept: Vec<PackedDecision> = mine.into_iter().filter(|packed| !(packed.failed() && packed.is_successor())).collect();
            billed.retain(|bill| kept.iter().any(|packed| packed.id() == bill.decision));
            save(store, request, &kept, &[], &billed).await?;
            return Err(pause(store, live, request.year, &tally, request.today, &request.stamp(), request.municipality).await?);
        }
        packed = mine;
        notices = std::mem::take(&mut noted);
        bills = billed;
        page = next?;
        if packed.is_empty() && page.cases.is_empty() {
            note_coverage(store, live, request, &tally).await?;
            return Ok(tally);
        }
    }
}

/// Notes that every household was looked at, so that whoever decides again begins where this run has ended.
async fn note_coverage(store: &Store, live: &Arc<LiveRevision>, request: &Request, tally: &Tally) -> Result<(), StoreError> {
    let on = request.year.first_day();
    let covered = store.coverage(request.municipality, on).await?;
    // A run that deciding again went beyond since, or that knew less, has nothing to add.
    let in_force = InForce { premium: Some(Arc::clone(live)), ..InForce::default() };
    let behind = covered.is_some_and(|covered| covered.knowledge >= request.as_of && covered.revisions == in_force.digest());
    let nothing_new = covered.is_some() && tally.unchanged == tally.households;
    if tally.stopped || tally.faults > 0 || behind || nothing_new {
        return Ok(());
    }
    let coverage = Coverage { on, knowledge: request.as_of, revisions: in_force.digest(), decided_on: request.decided_on };
    store.save_coverage(request.municipality, &coverage, &request.stamp()).await
}

/// Households with what was decided of them before.
#[derive(Default)]
struct Page {
    cases: Vec<StoredCase>,
    current: HashMap<HouseholdId, Before>,
    /// The last household that lives there: the next page begins after it.
    last: Option<HouseholdId>,
}

async fn load(store: &Store, request: &Request, on: Date, after: Option<HouseholdId>) -> Result<Page, StoreError> {
    let mut cases = store.cases(request.municipality, Slot::Premium, after, request.page.max(1), on, request.as_of).await?;
    // Up to the next page, or beyond the last: a decided household without a case must be noticed.
    let start = HouseholdId(after.map_or(i64::MIN, |household| household.0.saturating_add(1)));
    let last = cases.last().map(|case| case.household);
    let range = start..=last.unwrap_or(HouseholdId(i64::MAX));
    let mut current = HashMap::new();
    let newest: HashMap<HouseholdId, Knowledge> = cases.iter().map(|case| (case.household, case.newest)).collect();
    for decision in store.current_decisions(request.municipality, Slot::Premium.word(), on, range).await? {
        let Some(newest) = newest.get(&decision.household) else {
            // Nobody lives there any more: what is owed is decided again from nobody.
            let stored = store.decision(request.municipality, decision.id).await?;
            if let Some((case, stored)) = stored.and_then(|stored| Some((withdrawn(&stored, &[])?, stored))) {
                cases.push(case);
                current.insert(decision.household, Before { decision, whole: Some(stored.decision) });
            }
            continue;
        };
        let newer_facts = *newest > decision.knowledge;
        let whole = if newer_facts { store.decision(request.municipality, decision.id).await?.map(|stored| stored.decision) } else { None };
        current.insert(decision.household, Before { decision, whole });
    }
    Ok(Page { cases, current, last })
}

/// What the limits leave of a page.
#[derive(Default)]
struct Limited {
    /// What is kept.
    decisions: Vec<PackedDecision>,
    /// What waits for a clerk.
    notices: Vec<NewNotice>,
    /// What settled instalments bill.
    bills: Vec<Bill>,
    /// Households that may not be assessed any more.
    barred: u64,
    /// Households for which a fault of the machine kept the limit from being asked: nothing of them is kept.
    faults: u64,
}

/// Once the year is over, asks for every premium decided now whether it may still be assessed. What may not is left as it
/// was, and so is everything where the revision that says it is paused or not in force any more; the others are kept with
/// their instalments. An office whose slot of instalments was never in force has nobody to ask: there all are kept.
async fn within_limits(
    store: &Store,
    live: &Arc<LiveRevision>,
    request: &Request,
    mine: Vec<PackedDecision>,
) -> Result<Limited, AssessError> {
    if request.decided_on < request.year.end() || mine.is_empty() {
        return Ok(Limited { decisions: mine, ..Limited::default() });
    }
    let on = request.year.first_day();
    let limits_withheld = request.limits.is_none() && was_in_force(store, request.municipality, Slot::Instalment, on).await?;
    if request.limits.is_none() && !limits_withheld {
        return Ok(Limited { decisions: mine, ..Limited::default() });
    }
    let in_force = InForce { premium: Some(Arc::clone(live)), exemption: None, instalment: request.limits.clone(), limits_withheld };
    let asked = Arc::new(Asked {
        municipality: request.municipality,
        year: request.year,
        as_of: request.as_of,
        day: Day { decided_on: request.decided_on, recorded_at: (request.clock)().now.at },
        scope: Scope::Chain,
    });
    let mut households: Vec<HouseholdId> = mine.iter().map(PackedDecision::household).collect();
    households.sort_unstable();
    let known = reassessment::load(store, &in_force, &asked, &households).await?;
    let (made, faults) = reassessment::decide_page(&in_force, &asked, known, request.threads).await?;
    let barred = made.iter().filter(|chained| !chained.unsettled.is_empty()).count() as u64;
    let mut limited = Limited { barred, faults, ..Limited::default() };
    for chained in made {
        if let Some(decided_on) = chained.decided_later {
            let (household, on) = (chained.household, request.year.first_day());
            return Err(StoreError::DecidedLater { household, on, decided_on }.into());
        }
        limited.decisions.extend(chained.decisions);
        limited.notices.extend(chained.notices);
        limited.bills.extend(chained.bills);
    }
    Ok(limited)
}

async fn save(
    store: &Store,
    request: &Request,
    packed: &[PackedDecision],
    notices: &[NewNotice],
    bills: &[Bill],
) -> Result<(), StoreError> {
    if !(packed.is_empty() && notices.is_empty()) {
        levy::keep(store, request.municipality, (packed, notices, bills), request.today, &request.stamp()).await?;
    }
    Ok(())
}

/// Decides a page on all threads, in the order of the page.
async fn decide_page(live: &Arc<LiveRevision>, request: &Request, page: Page) -> Result<(Vec<PackedDecision>, Tally), AssessError> {
    if page.cases.is_empty() {
        return Ok((Vec::new(), Tally::default()));
    }
    let (live, municipality, as_of) = (Arc::clone(live), request.municipality, request.as_of);
    let (threads, day) = (request.threads.max(1), Day { decided_on: request.decided_on, recorded_at: (request.clock)().now.at });
    let Page { cases, current, .. } = page;
    let decide_share = move |cases: &[StoredCase]| -> Result<(Vec<PackedDecision>, Tally), AssessError> {
        let mut made = (Vec::with_capacity(cases.len()), Tally::default());
        for case in cases {
            decide_household(&live, municipality, as_of, &day, case, current.get(&case.household), &mut made)?;
        }
        Ok(made)
    };
    let mut all = (Vec::new(), Tally::default());
    for (packed, tally) in in_shares(cases, threads, decide_share).await? {
        all.0.extend(packed);
        all.1.add(&tally);
    }
    Ok(all)
}

/// Work on a page, a share of it on each thread; the answers in the order of the page.
pub(crate) async fn in_shares<T, R>(
    page: Vec<T>,
    threads: usize,
    work: impl Fn(&[T]) -> Result<R, AssessError> + Send + Sync + 'static,
) -> Result<Vec<R>, AssessError>
where
    T: Send + Sync + 'static,
    R: Send + 'static,
{
    let all = move || {
        let share = page.len().div_ceil(threads.max(1)).max(1);
        std::thread::scope(|scope| {
            let handles: Vec<_> = page.chunks(share).map(|share| scope.spawn(|| work(share))).collect();
            handles.into_iter().map(|handle| handle.join().unwrap_or(Err(AssessError::Thread))).collect()
        })
    };
    tokio::task::spawn_blocking(all).await.map_err(|_| AssessError::Thread)?
}

fn decide_household(
    live: &LiveRevision,
    municipality: Municipality,
    as_of: Knowledge,
    day: &Day,
    stored: &StoredCase,
    before: Option<&Before>,
    (packed, tally): &mut (Vec<PackedDecision>, Tally),
) -> Result<(), AssessError> {
    tally.households += 1;
    let (made, outcome, cost) = match next(live, municipality, as_of, stored, before, day) {
        Ok(Next::Decided(made)) => *made,
        Ok(Next::Unchanged) => {
            before.inspect(|before| tally.keep(&before.decision));
            let owed = before.and_then(|before| before.decision.amount);
            tally.vanished += u64::from(!lives(&stored.case) && owed != Some(0));
            return Ok(());
        }
        Err(NextError::Fault(Fault::Clock | Fault::Runtime(_) | Fault::Compiler(_))) => {
            tally.faults += 1;
            return Ok(());
        }
        Err(NextError::Store(error)) => return Err(error.into()),
    };
    tally.vanished += u64::from(!lives(&stored.case) && outcome.figure("premium", "total_yen") != Some(0));
    tally.fuel += cost.fuel;
    tally.memory_bytes = tally.memory_bytes.max(cost.memory_bytes);
    match outcome {
        Outcome::Decided { provisional: false, .. } => tally.decided += 1,
        Outcome::Decided { provisional: true, .. } => tally.provisional += 1,
        Outcome::Refused(_) => tally.refused += 1,
        Outcome::Failed(_) => tally.failed += 1,
    }
    packed.push(made);
    Ok(())
}

/// Where the law of the year is not known, nobody can be assessed: say so once and store nothing.
///
/// Tried on the first households. Those that owe nothing whatever the rates are (nobody insured)
/// say nothing about the law.
fn refuse_unknown_law(live: &LiveRevision, request: &Request, page: &Page) -> Result<(), AssessError> {
    let mut message = None;
    for stored in page.cases.iter().take(LAW_TRIALS) {
        let Ok(made) = decide(live, request.municipality, stored.household, stored.case.clone(), None) else { continue };
        match made.decision.outcome {
            Outcome::Refused(refusal) if refusal.reason == Reason::LawUnknown => message = Some(live.words.both(&refusal)),
            // Only an amount proves that the law is there; other refusals and failures say nothing.
            outcome if outcome.figure("premium", "total_yen").is_some_and(|yen| yen > 0) => return Ok(()),
            _ => {}
        }
    }
    match message {
        Some(message) => Err(AssessError::LawUnknown { year: request.year.year(), message }),
        None => Ok(()),
    }
}

/// Pauses the revision: nothing switches by itself, and nothing more is decided with it until two
/// people put a revision in force.
pub(crate) async fn pause(
    store: &Store,
    live: &LiveRevision,
    year: FiscalYear,
    tally: &Tally,
    today: Date,
    stamp: &Stamp,
    municipality: Municipality,
) -> Result<AssessError, StoreError> {
    let made = tally.decided + tally.provisional + tally.refused + tally.failed;
    let reason = format!("{}年度の{}計算 {made} 件のうち {} 件がルールの障害になりました", year.year(), live.slot.ja(), tally.failed);
    let last_good = last_good(store, municipality, live.slot, year.first_day(), live.digest).await?;
    let pause = Pause {
        knowledge: store.latest_knowledge(municipality).await?,
        slot: live.slot.word().into(),
        revision: live.digest,
        reason: reason.clone(),
        last_good,
        quarantine: false,
        recorded_on: today,
    };
    store.save_pause(municipality, &pause, stamp).await?;
    Ok(AssessError::Paused { revision: live.digest, reason, last_good })
}

impl Request {
    fn stamp(&self) -> Stamp {
        Stamp { by: self.by.clone(), at: (self.clock)().now.at }
    }
}

impl Tally {
    /// Is this more than single cases that a rule cannot do?
    pub(crate) fn keeps_failing(&self) -> bool {
        let made = self.decided + self.provisional + self.refused + self.failed;
        self.failed >= BREAKER_FAILURES && self.failed * BREAKER_SHARE >= made
    }

    fn keep(&mut self, decision: &CurrentDecision) {
        self.unchanged += 1;
        self.open += u64::from(matches!(decision.status.as_str(), "refused" | "failed"));
    }

    /// Is there nothing left for a clerk, a vendor or another run?
    pub fn is_whole(&self) -> bool {
        self.refused + self.failed + self.faults + self.open + self.vanished + self.barred == 0 && !self.stopped
    }

    fn add(&mut self, other: &Tally) {
        self.households += other.households;
        self.unchanged += other.unchanged;
        self.decided += other.decided;
        self.provisional += other.provisional;
        self.refused += other.refused;
        self.open += other.open;
        self.vanished += other.vanished;
        self.barred += other.barred;
        self.failed += other.failed;
        self.faults += other.faults;
        self.fuel += other.fuel;
        self.memory_bytes = self.memory_bytes.max(other.memory_bytes);
    }
}
