//! Runs rules: checks a component's imports from its bytes, compiles it, and calls it within
//! bounds.
//!
//! A run reads facts through one small trait, [`ReadRecords`], so that a live case, recorded
//! evidence and a case file are decided by the same code. What comes back is a value: decided,
//! refused, or failed by a fault of the rule. Only a fault of the machine is an error.
//!
//! Absent here: SQL, the clock, files, and any way for a rule to reach them.

mod bindings;
mod capabilities;
pub mod component;
pub mod imports;
pub mod limits;
mod reader;
mod rule;
mod run_context;
mod runtime;
mod settings;

pub use imports::{Grant, NotGranted};
pub use limits::Limits;
pub use reader::{Cases, ReadRecords, Recorded};
pub use rule::{About, Answers, Bulk, BulkError, Label, LoadError, Problem, Question, Rule, Run, Status};
pub use runtime::{Fault, Runtime};
pub use settings::{Segment, Settings};
