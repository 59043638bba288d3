//! Every number that a rule could drive up, in one place.
//!
//! The bounds admit rules in languages that carry an interpreter (a component of some 15 MB, 73
//! MiB of memory under warm use, 108 core instances, a hundred times the fuel of Rust).

use jorei_domain::decision::Refusal;

/// Bounds of one run. The defaults are those of the host; tests tighten them.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Fuel (about one per instruction) for a single decision, whatever the case's size. It carries what is about the
    /// household as a whole: an instalment with its payments and charge takes some 50,000, so that a hundred instalments with
    /// three hundred payments leave most of it over (`tests/suite/money_rules.rs`).
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
    /// Proposals of money of one decision. A household has some hundred instalments in the years that are not barred yet; each
    /// may be overpaid (refund, interest) or owed (appropriation), mostly neither. What exceeds this is no household, and a
    /// decision of so many entries would fill the bound of results by itself.
    pub proposals: usize,
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
    /// Processor time for compiling one component, in seconds; one that carries an interpreter
    /// takes 14.
    pub compile_seconds: u64,
    /// Processor time for holding one document against a rule's schema, in seconds: an honest one
    /// takes a few milliseconds.
    pub schema_seconds: u64,
    /// Address space of the child that compiles, in MiB; one that carries an interpreter takes
    /// 440, and the child's own program and stack come on top.
    pub compile_mebibytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            fuel_base: 400_000_000,
            fuel_per_person: 20_000_000,
            fuel_per_bulk_case: 20_000_000,
            memory_bytes: (MEMORY_PAGES as usize) << 16,
            table_elements: TABLE_ELEMENTS,
            crossing_bytes: 64 << 20,
            trace_bytes: 256 << 10,
            result_bytes: 256 << 10,
            proposals: 1_000,
            refusal_arguments: 16,
            refusal_text_bytes: 1 << 10,
            host_calls: 1_000,
            handles: 1_000,
            epochs: 300,
            compile_seconds: 60,
            schema_seconds: 10,
            compile_mebibytes: 2_048,
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
pub const FUNCTIONS: u64 = 80_000;

/// Bytes of one function's body: the main loop of an interpreter has a few hundred thousand; what
/// the compiler needs grows faster than the function.
pub const FUNCTION_BYTES: usize = 1 << 20;

/// Locals of one function: two bytes could declare fifty thousand, and each costs the compiler.
pub const LOCALS: u64 = 10_000;

/// Types and declarations within types, of all modules and components. A component of ours has a
/// few hundred; the bound keeps what is made of them (types times instances) small.
pub const TYPES: u64 = 20_000;

/// Instances of components; toolchains make one per exported interface.
pub const COMPONENT_INSTANCES: u64 = 64;

/// Imports of all modules and components, and arguments that instances get for them: libraries
/// linked at run time import every symbol of each other.
pub const IMPORTS: u64 = 100_000;

/// Exports of all modules and components, with aliases and adapters; as [`IMPORTS`].
pub const EXPORTS: u64 = 100_000;

/// Data and element segments: rules have a handful, an interpreter a few thousand.
pub const SEGMENTS: u64 = 20_000;

/// Bytes of custom sections: names of 80,000 functions fit. They do not run; they are carried and
/// stored.
pub const CUSTOM_BYTES: usize = 8 << 20;

/// Pages of 64 KiB that all memories of a component may begin with, and of a run's memory:
/// 128 MiB, for interpreters use 73.
pub const MEMORY_PAGES: u64 = 2_048;

/// Elements that a table may begin with and have (7,700 in an interpreter).
pub const TABLE_ELEMENTS: usize = 20_000;

/// Deepest nesting of components and modules, and of types within types.
pub const NESTING: usize = 8;

/// Largest artefact: the machine code of the largest component takes 40 MB.
pub const ARTEFACT_BYTES: usize = 256 << 20;

/// Bytes of the reason for which a component does not compile, as it is shown.
pub const REASON_BYTES: usize = 2_000;

/// How much longer than its processor time a compilation may take by the clock, and how much
/// longer at least, in seconds: a machine that does five things at once is no reason to give up.
pub const COMPILE_CLOCK: (u64, u64) = (4, 30);

/// Labels of a rule's description.
pub const LABELS: usize = 4_096;

/// Articles of a rule's legal basis.
pub const ARTICLES: usize = 1_024;

/// Bytes of each text of a description.
pub const ABOUT_TEXT_BYTES: usize = 4 << 10;

/// Bytes of each JSON Schema of a description.
pub const SCHEMA_BYTES: usize = 1 << 20;

/// Problems of one ordinance that are shown: whoever has more mends these first.
pub const PROBLEMS: usize = 1_000;

/// Bytes of a problem's path and of its message.
pub const PROBLEM_BYTES: usize = 4 << 10;

/// Segments of an ordinance's settings: one per day on which a value changes.
pub const SEGMENTS_OF_SETTINGS: usize = 4_096;

/// Compact bytes of all segments of an ordinance's settings.
pub const COMPACT_BYTES: usize = 4 << 20;

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
pub const CORE_INSTANCES: u32 = 128;

/// Memories per component.
pub const MEMORIES: u32 = 4;

/// Tables per component.
pub const TABLES: u32 = 32;

const _: () = assert!(BULK_SAMPLE <= BULK_CASES, "each bulk call compares a case");
