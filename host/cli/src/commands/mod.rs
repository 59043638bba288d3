//! One file per command.

pub mod evaluate;
pub mod rule_build;

use anyhow::Context as _;
use jorei_engine::{Grant, Limits, Rule, Runtime};
use std::path::Path;
use std::sync::Arc;

/// How a command ends when nothing went wrong with the command itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Exit {
    /// All done: 0.
    Done,
    /// Done, but some cases were refused or failed: 1.
    Some,
}

/// Loads a component with a runtime of its own.
pub fn load_rule(path: &Path, grant: &Grant) -> anyhow::Result<Rule> {
    let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let runtime = Arc::new(Runtime::start(Limits::default())?);
    Rule::load(&runtime, &bytes, grant).with_context(|| format!("loading the rule {}", path.display()))
}
