//! Runs rules: checks a component's structure and imports from its bytes, compiles it in a child
//! process, and calls it within bounds.
//!
//! A run reads facts through one small trait, [`ReadRecords`], so that a live case, recorded
//! evidence and a case file are decided by the same code. What comes back is a value: decided,
//! refused, or failed by a fault of the rule. Only a fault of the machine is an error.
//!
//! Absent here: SQL, the clock, the environment, any file but those of a folder that was handed in
//! open, and any way for a rule to reach them.
#![deny(unsafe_code)]

mod artefacts;
mod bindings;
mod capabilities;
mod compilation;
pub mod component;
mod configuration;
mod fault;
pub mod imports;
pub mod limits;
mod population;
mod reader;
mod rule;
mod run_context;
mod runtime;
mod settings;
pub mod structure;

pub use artefacts::ArtefactCache;
pub use compilation::{ChildBounds, Compilation, CompileError, check_document_in_child, compile_in_child, confine};
pub use fault::Fault;
pub use imports::{Asked, Capability, Grant, NotGranted, UnknownWord};
pub use limits::Limits;
pub use population::Population;
pub use reader::{Cases, ReadRecords, Recorded};
pub use rule::{About, Answers, Bulk, BulkError, Label, LoadError, NoSettings, Question, Rule, Run, Status};
pub use runtime::{Compiled, Runtime};
pub use settings::{Problem, Segment, Settings};
pub use structure::{NotSound, Structure};
