//! One file per command.

pub mod assess;
pub mod demo_city;
pub mod evaluate;
pub mod explain;
pub mod install;
pub mod key;
pub mod rule_build;
pub mod rule_pack;

use anyhow::Context as _;
use jorei_engine::{Grant, Rule};
use std::path::Path;

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
    Rule::load(&crate::office::runtime()?, &bytes, grant).with_context(|| format!("loading the rule {}", path.display()))
}
