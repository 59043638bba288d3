//! One household decided as of some knowledge: a question answered, or the next decision of its record.

use crate::levy;
use crate::reassessment::{Asked, InForce, Scope, chain, in_force, load};
use crate::revisions::{LiveRevision, RevisionError, Shelf};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::decision::{Decision, Outcome};
use jorei_domain::id::{DecisionId, Digest, HouseholdId, Knowledge, Municipality};
use jorei_domain::record::Case;
use jorei_domain::slot::Slot;
use jorei_engine::{Cases, Fault};
use jorei_store::decisions::{CurrentDecision, NewDecision, PackedDecision};
use jorei_store::facts::StoredCase;
use jorei_store::{Store, StoreError, unless_overtaken};
use std::sync::Arc;

/// A decision and what it took. What it took is no part of its content.
pub struct Made {
    /// The decision.
    pub decision: Decision,
    /// Fuel used.
    pub fuel: u64,
    /// Linear memory at its highest, in bytes.
    pub memory_bytes: u64,
}

/// What a run cost.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Cost {
    /// Fuel used.
    pub fuel: u64,
    /// Linear memory at its highest, in bytes.
    pub memory_bytes: u64,
}

/// Decides a case for the record under a revision.
///
/// # Errors
/// A [`Fault`] of the machine; nothing was decided then.
pub fn decide(
    live: &LiveRevision,
    municipality: Municipality,
    household: HouseholdId,
    case: Case,
    supersedes: Option<DecisionId>,
) -> Result<Made, Fault> {
    let on: Date = case.on;
    let run = live.rule.decide(&live.question(on), Cases(vec![case]))?;
    let decision = Decision {
        municipality,
        slot: live.slot.word().into(),
        household,
        on,
        revision: live.digest,
        evidence: run.evidence,
        outcome: run.outcome,
        trace: run.trace,
        supersedes,
    };
    Ok(Made { decision, fuel: run.fuel, memory_bytes: run.memory_bytes })
}

/// What is recorded of a case before it is decided again.
pub struct Before {
    /// Its latest decision.
    pub decision: CurrentDecision,
    /// The whole of it, where new facts came in and the answers must be compared.
    pub whole: Option<Decision>,
}

/// The next decision of a case.
pub enum Next {
    /// The latest one is still true.
    Unchanged,
    /// A new one, to be kept, what came out, and what it cost.
    Decided(Box<(PackedDecision, Outcome, Cost)>),
}

/// When a decision is made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Day {
    /// The civil day that it counts from (決定日); never after today.
    pub decided_on: Date,
    /// The instant, for the record.
    pub recorded_at: String,
}

/// Why a next decision cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum NextError {
    /// The machine.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// It cannot be encoded.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Decides a case again, if anything that could change its decision is new.
///
/// # Errors
/// A [`NextError`]; nothing was decided then.
pub fn next(
    live: &LiveRevision,
    municipality: Municipality,
    as_of: Knowledge,
    stored: &StoredCase,
    before: Option<&Before>,
    day: &Day,
) -> Result<Next, NextError> {
    // What was decided knowing more is not superseded by what was known before.
    if let Some(Before { decision, whole }) = before
        && (decision.knowledge > as_of || whole.is_none() && decision.revision == live.digest)
    {
        return Ok(Next::Unchanged);
    }
    let supersedes = before.map(|before| before.decision.id);
    let Made { decision, fuel, memory_bytes } = decide(live, municipality, stored.household, stored.case.clone(), supersedes)?;
    if let Some(Before { whole: Some(whole), .. }) = before {
        // New facts that change nothing the rule looked at make no new decision.
        let same = Decision { supersedes: whole.supersedes, ..decision.clone() };
        if same == *whole {
            return Ok(Next::Unchanged);
        }
    }
    if let Some(Before { decision: CurrentDecision { decided_on, .. }, .. }) = before
        && *decided_on > day.decided_on
    {
        return Err(StoreError::DecidedLater { household: stored.household, on: decision.on, decided_on: *decided_on }.into());
    }
    let outcome = decision.outcome.clone();
    let (table, column) = live.slot.figure();
    let amount = outcome.figure(table, column);
    let version = before.map_or(1, |before| before.decision.version + 1);
    let Day { decided_on, recorded_at } = day.clone();
    let new = NewDecision { decision, version, knowledge: as_of, decided_on, fuel, amount, recorded_at };
    Ok(Next::Decided(Box::new((new.pack()?, outcome, Cost { fuel, memory_bytes }))))
}

/// What became of one household that was decided for the record.
pub struct Recorded {
    /// Its decision now.
    pub decision: DecisionId,
    /// Was it made now? Otherwise it was there and is still true.
    pub new: bool,
    /// The revision that answers the date now.
    pub live: Arc<LiveRevision>,
    /// What came out, where it was made now, and what it cost.
    pub made: Option<(Outcome, Cost)>,
}

/// Why a household was not decided for the record.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Nobody lives there in that year, as the office knows it.
    #[error("municipality {municipality} has no household {household} in fiscal year {year}")]
    NoHousehold {
        /// Whose city.
        municipality: Municipality,
        /// The household.
        household: HouseholdId,
        /// The year.
        year: i32,
    },
    /// Others kept deciding the same household in between.
    #[error("household {0} is being decided by others; try again")]
    Raced(HouseholdId),
    /// The revision.
    #[error(transparent)]
    Revision(#[from] RevisionError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The machine broke the run of a revision.
    #[error("revision {revision}: {fault}")]
    Fault {
        /// The revision.
        revision: Digest,
        /// What broke.
        #[source]
        fault: Fault,
    },
    /// A thread of ours died.
    #[error("a deciding thread died")]
    Thread,
}

/// Tries when somebody else decides the same household at the same time.
const TRIES: usize = 8;

/// Decides one household of a fiscal year for the record, under the revision in force and with all
/// that the office knows, and with it what rests on its premium. It counts from the day given. The decision under way
/// keeps the revision it began with. A premium that may not be changed any more stays, and a notice says so.
///
/// # Errors
/// A [`RecordError`]; then nothing was written.
pub async fn record(
    store: &Store,
    shelf: &Shelf,
    municipality: Municipality,
    household: HouseholdId,
    year: FiscalYear,
    decided_on: Date,
    stamp: &Stamp,
) -> Result<Recorded, RecordError> {
    let on = year.first_day();
    for _ in 0..TRIES {
        let as_of = store.latest_knowledge(municipality).await?;
        let live = shelf.in_force(municipality, Slot::Premium, on, as_of).await?;
        let (others, _) = in_force(shelf, municipality, on, as_of).await?;
        // The one that was found in force is the one that is used, whatever was put in force in between.
        let in_force = InForce { premium: Some(Arc::clone(&live)), ..others };
        let day = Day { decided_on, recorded_at: stamp.at.clone() };
        let asked = Asked { municipality, year, as_of, day, scope: Scope::Chain };
        let known = load(store, &in_force, &asked, &[household]).await?.pop().map(|(_, known)| known).unwrap_or_default();
        let before = known.latest(Slot::Premium).map(|latest| latest.id);
        if known.premium_case.is_none() && before.is_none() {
            return Err(RecordError::NoHousehold { municipality, household, year: year.year() });
        }
        // A rule may take its whole time: not on a thread that answers others.
        let decided = tokio::task::spawn_blocking(move || chain(&in_force, &asked, household, known)).await;
        let chained = match decided.map_err(|_| RecordError::Thread)? {
            Ok(chained) => chained,
            Err(NextError::Fault(fault)) => return Err(RecordError::Fault { revision: live.digest, fault }),
            Err(NextError::Store(error)) => return Err(error.into()),
        };
        if !(chained.decisions.is_empty() && chained.notices.is_empty()) {
            let kept = (&chained.decisions[..], &chained.notices[..], &chained.bills[..]);
            if unless_overtaken(levy::keep(store, municipality, kept, decided_on, stamp).await)?.is_none() {
                continue;
            }
        }
        let cost = chained.cost;
        return match chained.premium {
            Some((decision, outcome)) => Ok(Recorded { decision, new: true, live, made: Some((outcome, cost)) }),
            None => Ok(Recorded { decision: before.ok_or(RecordError::Raced(household))?, new: false, live, made: None }),
        };
    }
    Err(RecordError::Raced(household))
}
