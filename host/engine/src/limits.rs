//! Every number that a rule could drive up, in one place.
//!
//! The bounds admit rules in languages that carry an interpreter (a component of some 15 MB, 73
//! MiB of memory under warm use, 108 core instances, a hundred times the fuel of Rust).

use jorei_domain::decision::Refusal;

/// Bounds of one run. The defaults are those of the host; tests tighten them.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Fuel (about one per instruction) for a single decision, whatever the case's size.
    pub fuel_base: u64,
    /// Fuel added for each person of the case: the budget is a function of the case alone.
    pub fuel_per_person: u64,
    /// Fuel per case in bulk, where most of the work is shared.
    pub fuel_per_bulk_case: u64,
    /// Linear memory of all instances of a run, in bytes.
    pub memory_bytes: usize,
    /// Elements of one table.
    pub table_elements: usize,
    /// Bytes that may cross from the rule to the host in one call; a list counts its elements, so
    /// an answer that names one buffer a million times is stopped while it is read.
    pub crossing_bytes: usize,
    /// Bytes of a trace.
    pub trace_bytes: usize,
    /// Bytes of the results of a single decision.
    pub result_bytes: usize,
    /// Arguments of a refusal's sentence.
    pub refusal_arguments: usize,
    /// Bytes of each text of a refusal.
    pub refusal_text_bytes: usize,
    /// Calls of host functions in one run.
    pub host_calls: u32,
    /// Component handles a rule may hold.
    pub handles: usize,
    /// Wall clock of a single decision, in [`EPOCH_MILLISECONDS`]. Fuel trips long before; this
    /// stops what fuel does not see, and is a fault, never a decision.
    pub epochs: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            fuel_base: 400_000_000,
            fuel_per_person: 20_000_000,
            fuel_per_bulk_case: 20_000_000,
            memory_bytes: 128 << 20,
            table_elements: 20_000,
            crossing_bytes: 64 << 20,
            trace_bytes: 256 << 10,
            result_bytes: 256 << 10,
            refusal_arguments: 16,
            refusal_text_bytes: 1 << 10,
            host_calls: 1_000,
            handles: 1_000,
            epochs: 300,
        }
    }
}

impl Limits {
    /// Is a refusal within bounds?
    pub fn admits(&self, refusal: &Refusal) -> bool {
        let texts = refusal.arguments.iter().flat_map(|(name, value)| [name, value]).chain([&refusal.label, &refusal.article]);
        refusal.arguments.len() <= self.refusal_arguments && texts.into_iter().all(|text| text.len() <= self.refusal_text_bytes)
    }
}

/// Length of an epoch.
pub const EPOCH_MILLISECONDS: u64 = 100;

/// Largest component, in bytes: one that carries a language's interpreter has about 18 MB.
pub const COMPONENT_BYTES: usize = 48 << 20;

/// Most functions of all modules of a component.
pub const FUNCTIONS: u32 = 80_000;

/// Deepest nesting of components and modules.
pub const NESTING: usize = 8;

/// Stack of a rule, in bytes.
pub const STACK_BYTES: usize = 1 << 20;

/// Cases in one bulk call: enough to forget the cost of the call, small enough for the caches.
pub const BULK_CASES: usize = 2_048;

/// Tables of one answer.
pub const TABLES_MAX: usize = 32;

/// Columns of one table of an answer.
pub const COLUMNS_MAX: usize = 128;

/// Of how many bulk cases one is decided again singly and compared.
pub const BULK_SAMPLE: usize = 512;

/// Instances that may live at once, of all threads.
pub const INSTANCES: u32 = 16;

/// Core instances per component (Python's toolchain makes 108).
pub(crate) const CORE_INSTANCES: u32 = 128;

/// Memories per component.
pub(crate) const MEMORIES: u32 = 4;

/// Tables per component.
pub(crate) const TABLES: u32 = 32;

const _: () = assert!(BULK_SAMPLE <= BULK_CASES, "each bulk call compares a case");
