//! One file per command.

pub mod account;
pub mod activate;
pub mod approve;
pub mod arrears;
pub mod assess;
pub mod audit;
pub mod benefit;
pub mod claims;
pub mod compile_component;
pub mod demo_benefits;
pub mod demo_city;
pub mod demo_claims;
pub mod demo_receipts;
pub mod demo_year;
pub mod evaluate;
pub mod exemption;
pub mod explain;
pub mod export;
pub mod fact;
pub mod history;
pub mod import;
pub mod inquiry;
pub mod instalments;
pub mod key;
pub mod ledger;
pub mod listing;
pub mod office;
pub mod officer;
pub mod ordinance;
pub mod payee;
pub mod payment;
pub mod person;
pub mod queue;
pub mod reassess;
pub mod receipt;
pub mod refund;
pub mod revision;
pub mod rule;
pub mod rule_build;
pub mod rule_pack;
pub mod serve;
mod serve_demo;
pub mod shadow;
pub mod vault;

use anyhow::Context as _;
use jorei_engine::{Grant, Rule};
use jorei_package::envelope;
use std::path::Path;

/// How a command ends when nothing went wrong with the command itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Exit {
    /// All done: 0.
    Done,
    /// Done, but some cases were refused or failed: 1.
    Some,
}

/// Loads a component, bare or in a package, with a runtime of its own. Nothing is decided for the
/// record with it, so nobody asks who signed the package.
pub fn load_rule(path: &Path, grant: &Grant) -> anyhow::Result<Rule> {
    let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let component = if envelope::is_package(&bytes) { envelope::open(&bytes)?.component } else { &bytes };
    Rule::load(&crate::office::runtime()?, component, grant).with_context(|| format!("loading the rule {}", path.display()))
}
