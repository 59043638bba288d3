//! `payments`: what a rule proposes of money.
//!
//! Holds the proposals of the run so far. May add to them in `decide` and never in `decide-many`, `describe` or
//! `check-settings`; nothing is posted here, and what is proposed must be what the decision's results say (`rule.rs`). Each
//! call counts against [`crate::Limits::host_calls`], all proposals of a run against [`crate::Limits::proposals`]. Linked
//! with the other imports in `rule.rs`.

use crate::bindings::v1::{lift_proposal, payments};
use crate::run_context::RunContext;
use jorei_domain::payment::Proposal;
use payments::Problem;

impl payments::Host for RunContext {
    fn propose(&mut self, proposals: Vec<payments::Proposal>) -> wasmtime::Result<Result<(), Problem>> {
        self.count_call()?;
        Ok(self.take(&proposals))
    }
}

impl RunContext {
    /// All of a call or nothing of it.
    fn take(&mut self, proposals: &[payments::Proposal]) -> Result<(), Problem> {
        // Only a decision of record keeps evidence, and only there can anything be proposed.
        if !self.keeps_evidence {
            return Err(Problem::NotNow);
        }
        if self.proposals.len() + proposals.len() > self.proposals_max {
            return Err(Problem::TooMany);
        }
        let lifted: Option<Vec<Proposal>> = proposals.iter().map(lift_proposal).collect();
        self.proposals.extend(lifted.ok_or(Problem::Malformed)?);
        Ok(())
    }
}
