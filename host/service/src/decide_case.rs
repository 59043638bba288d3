//! One household decided as of some knowledge, without storing it.

use crate::revisions::{LiveRevision, PREMIUM};
use jorei_domain::calendar::Date;
use jorei_domain::decision::Decision;
use jorei_domain::id::{DecisionId, HouseholdId, Municipality};
use jorei_domain::record::Case;
use jorei_engine::{Cases, Fault};

/// A decision and the fuel it took.
pub struct Made {
    /// The decision.
    pub decision: Decision,
    /// Fuel used.
    pub fuel: u64,
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
    Ok(Made { decision, fuel: run.fuel })
}
