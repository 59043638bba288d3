//! The annual assessment of a whole city (当初賦課).
//!
//! Pages of households are loaded, decided on all cores and stored, the three at the same time. A
//! page is one transaction, so a run may end at any moment and be continued: what is decided and
//! still true is not decided again, and nothing is decided twice.

use crate::decide_case::{Before, Next, NextError, decide, next};
use crate::officer::Moment;
use crate::revisions::{LiveRevision, PREMIUM, last_good};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::decision::{Outcome, Reason};
use jorei_domain::id::{Digest, HouseholdId, Knowledge, Municipality};
use jorei_engine::Fault;
use jorei_store::decisions::{CurrentDecision, PackedDecision};
use jorei_store::facts::StoredCase;
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
    /// Decided before, but nobody lives there any more as the office knows it: a clerk's work.
    pub vanished: u64,
    /// The rule failed now.
    pub failed: u64,
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
    tally.vanished += page.vanished;
    let mut packed: Vec<PackedDecision> = Vec::new();
    loop {
        let last = page.cases.last().map(|case| case.household);
        let more = last.is_some() && !stop.load(Ordering::Relaxed);
        tally.stopped |= last.is_some() && !more;
        // The three ways at once: store the page before, decide this one, load the next.
        let (saved, decided, next) = tokio::join!(save(store, request, &packed), decide_page(live, request, page), async {
            if more { load(store, request, on, last).await } else { Ok(Page::default()) }
        },);
        saved?;
        let (mine, counted) = decided?;
        tally.add(&counted);
        progress(&tally);
        if let Some(held) = store.pause_of(request.municipality, PREMIUM, live.digest).await? {
            // Somebody else, or a shadow run, held the revision back meanwhile.
            return Err(AssessError::Paused { revision: live.digest, reason: held.reason, last_good: held.last_good });
        }
        if tally.keeps_failing() {
            // What failed is a clerk's work, so it is kept like everything else; but a good decision
            // is not superseded by the failure of a revision that is broken for many.
            let kept: Vec<PackedDecision> = mine.into_iter().filter(|packed| !(packed.failed() && packed.is_successor())).collect();
            save(store, request, &kept).await?;
            return Err(pause(store, live, request, &tally).await?);
        }
        packed = mine;
        page = next?;
        tally.vanished += page.vanished;
        if packed.is_empty() && page.cases.is_empty() {
            return Ok(tally);
        }
    }
}

/// Households with what was decided of them before.
#[derive(Default)]
struct Page {
    cases: Vec<StoredCase>,
    current: HashMap<HouseholdId, Before>,
    /// Households of the page's stretch of numbers that are decided and no longer there.
    vanished: u64,
}

async fn load(store: &Store, request: &Request, on: Date, after: Option<HouseholdId>) -> Result<Page, StoreError> {
    let cases = store.cases(request.municipality, after, request.page.max(1), on, request.as_of).await?;
    // Up to the next page, or beyond the last: a decided household without a case must be noticed.
    let start = HouseholdId(after.map_or(i64::MIN, |household| household.0.saturating_add(1)));
    let range = start..=cases.last().map_or(HouseholdId(i64::MAX), |case| case.household);
    let (mut current, mut vanished) = (HashMap::new(), 0);
    let newest: HashMap<HouseholdId, Knowledge> = cases.iter().map(|case| (case.household, case.newest)).collect();
    for decision in store.current_decisions(request.municipality, PREMIUM, on, range).await? {
        let Some(newest) = newest.get(&decision.household) else {
            vanished += 1;
            continue;
        };
        let newer_facts = *newest > decision.knowledge;
        let whole = if newer_facts { store.decision(request.municipality, decision.id).await?.map(|stored| stored.decision) } else { None };
        current.insert(decision.household, Before { decision, whole });
    }
    Ok(Page { cases, current, vanished })
}

async fn save(store: &Store, request: &Request, packed: &[PackedDecision]) -> Result<(), StoreError> {
    if !packed.is_empty() {
        store.save_decisions(packed, &request.stamp()).await?;
    }
    Ok(())
}

/// Decides a page on all threads, in the order of the page.
async fn decide_page(live: &Arc<LiveRevision>, request: &Request, page: Page) -> Result<(Vec<PackedDecision>, Tally), AssessError> {
    if page.cases.is_empty() {
        return Ok((Vec::new(), Tally::default()));
    }
    let (live, municipality, as_of) = (Arc::clone(live), request.municipality, request.as_of);
    let (threads, clock) = (request.threads.max(1), request.clock);
    let work = move || {
        let share = page.cases.len().div_ceil(threads);
        let decide_share = |cases: &[StoredCase]| -> Result<(Vec<PackedDecision>, Tally), AssessError> {
            let mut made = (Vec::with_capacity(cases.len()), Tally::default());
            for case in cases {
                decide_household(&live, municipality, as_of, clock, case, page.current.get(&case.household), &mut made)?;
            }
            Ok(made)
        };
        let shares: Vec<_> = std::thread::scope(|scope| {
            let handles: Vec<_> = page.cases.chunks(share).map(|cases| scope.spawn(|| decide_share(cases))).collect();
            handles.into_iter().map(|handle| handle.join().unwrap_or(Err(AssessError::Thread))).collect()
        });
        let mut all = (Vec::new(), Tally::default());
        for share in shares {
            let (packed, tally) = share?;
            all.0.extend(packed);
            all.1.add(&tally);
        }
        Ok(all)
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| AssessError::Thread)?
}

fn decide_household(
    live: &LiveRevision,
    municipality: Municipality,
    as_of: Knowledge,
    clock: fn() -> Moment,
    stored: &StoredCase,
    before: Option<&Before>,
    (packed, tally): &mut (Vec<PackedDecision>, Tally),
) -> Result<(), AssessError> {
    tally.households += 1;
    let (made, outcome, cost) = match next(live, municipality, as_of, stored, before, || clock().now.at) {
        Ok(Next::Decided(made)) => *made,
        Ok(Next::Unchanged) => {
            before.inspect(|before| tally.keep(&before.decision));
            return Ok(());
        }
        Err(NextError::Fault(Fault::Clock | Fault::Runtime(_) | Fault::Compiler(_))) => {
            tally.faults += 1;
            return Ok(());
        }
        Err(NextError::Store(error)) => return Err(error.into()),
    };
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
async fn pause(store: &Store, live: &LiveRevision, request: &Request, tally: &Tally) -> Result<AssessError, StoreError> {
    let &Request { municipality, year, .. } = request;
    let made = tally.decided + tally.provisional + tally.refused + tally.failed;
    let reason = format!("{}年度の賦課計算 {made} 件のうち {} 件がルールの障害になりました", year.year(), tally.failed);
    let last_good = last_good(store, municipality, year.first_day(), live.digest).await?;
    let pause = Pause {
        knowledge: store.latest_knowledge(municipality).await?,
        slot: PREMIUM.into(),
        revision: live.digest,
        reason: reason.clone(),
        last_good,
        quarantine: false,
        recorded_on: request.today,
    };
    store.save_pause(municipality, &pause, &request.stamp()).await?;
    Ok(AssessError::Paused { revision: live.digest, reason, last_good })
}

impl Request {
    fn stamp(&self) -> Stamp {
        Stamp { by: self.by.clone(), at: (self.clock)().now.at }
    }
}

impl Tally {
    /// Is this more than single cases that a rule cannot do?
    fn keeps_failing(&self) -> bool {
        let made = self.decided + self.provisional + self.refused + self.failed;
        self.failed >= BREAKER_FAILURES && self.failed * BREAKER_SHARE >= made
    }

    fn keep(&mut self, decision: &CurrentDecision) {
        self.unchanged += 1;
        self.open += u64::from(matches!(decision.status.as_str(), "refused" | "failed"));
    }

    /// Is there nothing left for a clerk, a vendor or another run?
    pub fn is_whole(&self) -> bool {
        self.refused + self.failed + self.faults + self.open + self.vanished == 0 && !self.stopped
    }

    fn add(&mut self, other: &Tally) {
        self.households += other.households;
        self.unchanged += other.unchanged;
        self.decided += other.decided;
        self.provisional += other.provisional;
        self.refused += other.refused;
        self.open += other.open;
        self.failed += other.failed;
        self.faults += other.faults;
        self.fuel += other.fuel;
        self.memory_bytes = self.memory_bytes.max(other.memory_bytes);
    }
}
