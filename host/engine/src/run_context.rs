//! Everything one run can touch. An auditor who reads this struct knows the attack surface.

use crate::bindings::v1::types;
use crate::limits::Limits;
use crate::reader::ReadRecords;
use crate::settings::Settings;
use jorei_domain::decision::Evidence;
use jorei_domain::payment::Proposal;
use std::sync::Arc;
use wasmtime::ResourceLimiter;

/// The state of one run.
pub(crate) struct RunContext {
    /// Where facts come from.
    pub(crate) reader: Box<dyn ReadRecords>,
    /// The settings of the revision.
    pub(crate) settings: Arc<Settings>,
    /// What was read so far, in order.
    pub(crate) evidence: Evidence,
    /// Only a decision of record needs evidence; bulk does not.
    pub(crate) keeps_evidence: bool,
    /// What was proposed of money so far, in order.
    pub(crate) proposals: Vec<Proposal>,
    /// How many proposals a run may make.
    pub(crate) proposals_max: usize,
    /// Calls left.
    calls_left: u32,
    /// Bytes of memory left for all instances of the run.
    memory_left: usize,
    table_elements: usize,
    /// A growth was denied: what follows is a failure for want of memory.
    pub(crate) memory_denied: bool,
    /// Too many calls: what follows is a failure of output.
    pub(crate) calls_denied: bool,
    /// The machine refused what the bounds allow: what follows is a fault, not a failure.
    pub(crate) machine_failed: bool,
}

impl RunContext {
    pub(crate) fn new(reader: Box<dyn ReadRecords>, settings: Arc<Settings>, keeps_evidence: bool, limits: &Limits) -> RunContext {
        RunContext {
            reader,
            settings,
            evidence: Evidence::default(),
            keeps_evidence,
            proposals: Vec::new(),
            proposals_max: limits.proposals,
            calls_left: limits.host_calls,
            memory_left: limits.memory_bytes,
            table_elements: limits.table_elements,
            memory_denied: false,
            calls_denied: false,
            machine_failed: false,
        }
    }

    /// Bytes of memory that the instances of the run took. Whoever asks hands in the bounds it was made with.
    pub(crate) fn memory_used(&self, limits: &Limits) -> u64 {
        limits.memory_bytes.saturating_sub(self.memory_left) as u64
    }

    /// Gives a warm instance new cases.
    pub(crate) fn renew(&mut self, reader: Box<dyn ReadRecords>, limits: &Limits) {
        self.reader = reader;
        self.calls_left = limits.host_calls;
    }

    pub(crate) fn count_call(&mut self) -> wasmtime::Result<()> {
        match self.calls_left.checked_sub(1) {
            Some(left) => {
                self.calls_left = left;
                Ok(())
            }
            None => {
                self.calls_denied = true;
                wasmtime::bail!("too many calls of host functions");
            }
        }
    }
}

impl types::Host for RunContext {}

impl ResourceLimiter for RunContext {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        match self.memory_left.checked_sub(desired.saturating_sub(current)) {
            Some(left) => {
                self.memory_left = left;
                Ok(true)
            }
            None => {
                self.memory_denied = true;
                Ok(false)
            }
        }
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        // Growth beyond the component's own maximum is its own affair, the same at every run; an
        // error of the operating system is not.
        self.machine_failed |= error.is::<std::io::Error>();
        Ok(())
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        if desired > self.table_elements {
            self.memory_denied = true;
            return Ok(false);
        }
        Ok(true)
    }
}
