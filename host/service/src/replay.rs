//! An old decision decided again from its recorded evidence, and compared byte for byte.

use crate::revisions::{LiveRevision, RevisionError, load_for_replay};
use jorei_domain::decision::Decision;
use jorei_domain::id::Municipality;
use jorei_engine::{Recorded, Runtime};
use jorei_store::Store;
use jorei_store::decisions::StoredDecision;
use std::sync::Arc;

/// What a replay found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Replayed {
    /// The first part that differs; none when every byte is the same.
    pub differs: Option<&'static str>,
    /// Fuel then.
    pub fuel_then: u64,
    /// Fuel now; another version of the runtime may count differently.
    pub fuel_now: u64,
    /// Bytes compared.
    pub bytes: usize,
}

/// Replays a stored decision under the revision that made it.
///
/// # Errors
/// A [`RevisionError`] when the revision cannot be loaded or the machine fails.
pub async fn replay(
    store: &Store,
    runtime: &Arc<Runtime>,
    municipality: Municipality,
    stored: &StoredDecision,
) -> Result<Replayed, RevisionError> {
    let live = load_for_replay(store, runtime, municipality, stored.decision.revision).await?;
    replay_under(&live, stored)
}

/// Replays a stored decision under a revision that is loaded already.
///
/// # Errors
/// A fault of the machine.
pub fn replay_under(live: &LiveRevision, stored: &StoredDecision) -> Result<Replayed, RevisionError> {
    let then = &stored.decision;
    let run = live.rule.decide(&live.question(then.on), Recorded(then.evidence.clone()))?;
    let now = Decision { revision: live.digest, evidence: run.evidence, outcome: run.outcome, trace: run.trace, ..then.clone() };
    let (bytes_then, bytes_now) = (then.content(), now.content());
    let differs = if bytes_then == bytes_now {
        None
    } else if then.outcome != now.outcome {
        Some("outcome")
    } else if then.trace != now.trace {
        Some("trace")
    } else if then.evidence != now.evidence {
        Some("evidence")
    } else {
        Some("revision")
    };
    Ok(Replayed { differs, fuel_then: stored.fuel, fuel_now: run.fuel, bytes: bytes_then.len() })
}
