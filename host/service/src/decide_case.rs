//! One household decided as of some knowledge: a question answered, or the next decision of its record.

use crate::revisions::{LiveRevision, PREMIUM, RevisionError, Shelf};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::decision::{Decision, Outcome};
use jorei_domain::id::{DecisionId, Digest, HouseholdId, Knowledge, Municipality};
use jorei_domain::record::Case;
use jorei_engine::{Cases, Fault};
use jorei_store::decisions::{CurrentDecision, NewDecision, PackedDecision};
use jorei_store::facts::StoredCase;
use jorei_store::{Store, StoreError};
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
        slot: PREMIUM.into(),
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
    recorded_at: impl FnOnce() -> String,
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
    let outcome = decision.outcome.clone();
    let amount = outcome.figure("premium", "total_yen");
    let version = before.map_or(1, |before| before.decision.version + 1);
    let new = NewDecision { decision, version, knowledge: as_of, fuel, amount, recorded_at: recorded_at() };
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
/// that the office knows. The decision under way keeps the revision it began with.
///
/// # Errors
/// A [`RecordError`]; then nothing was written.
pub async fn record(
    store: &Store,
    shelf: &Shelf,
    municipality: Municipality,
    household: HouseholdId,
    year: FiscalYear,
    stamp: &Stamp,
) -> Result<Recorded, RecordError> {
    let on = year.first_day();
    for _ in 0..TRIES {
        let as_of = store.latest_knowledge(municipality).await?;
        let case = store.case(municipality, household, on, as_of).await?;
        let case = case.ok_or(RecordError::NoHousehold { municipality, household, year: year.year() })?;
        let live = shelf.in_force(municipality, on, as_of).await?;
        let current = store.current_decisions(municipality, PREMIUM, on, household..=household).await?.pop();
        let newer_facts = current.as_ref().is_some_and(|current| case.newest > current.knowledge);
        let whole = match &current {
            Some(current) if newer_facts => store.decision(municipality, current.id).await?.map(|stored| stored.decision),
            _ => None,
        };
        let before = current.map(|decision| Before { decision, whole });
        let (deciding, at) = (Arc::clone(&live), stamp.at.clone());
        // A rule may take its whole time: not on a thread that answers others.
        let decided = tokio::task::spawn_blocking(move || {
            let next = next(&deciding, municipality, as_of, &case, before.as_ref(), || at);
            (next, before.map(|before| before.decision.id))
        });
        let (next, before) = decided.await.map_err(|_| RecordError::Thread)?;
        match next {
            Ok(Next::Unchanged) => {
                let decision = before.ok_or(RecordError::Raced(household))?;
                return Ok(Recorded { decision, new: false, live, made: None });
            }
            Ok(Next::Decided(decided)) => {
                let (packed, outcome, cost) = *decided;
                let decision = packed.id();
                match store.save_decisions(&[packed], stamp).await {
                    Ok(_) => return Ok(Recorded { decision, new: true, live, made: Some((outcome, cost)) }),
                    Err(StoreError::DecidedOtherwise { .. } | StoreError::NotTheSuccessor { .. }) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            Err(NextError::Fault(fault)) => return Err(RecordError::Fault { revision: live.digest, fault }),
            Err(NextError::Store(error)) => return Err(error.into()),
        }
    }
    Err(RecordError::Raced(household))
}
