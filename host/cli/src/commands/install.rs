//! `jorei install`: a rule and an ordinance become the revision in force.

use crate::commands::Exit;
use crate::office::{OfficeArgs, parse_date, run, runtime, today};
use anyhow::Context as _;
use jorei_domain::calendar::Date;
use jorei_service::revisions::install;
use std::path::PathBuf;

/// Put a rule and an ordinance in force for some case dates.
///
/// The rule is checked and compiled, the ordinance checked by the rule; both are kept. Doing it
/// twice changes nothing.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    office: OfficeArgs,
    /// The rule's component.
    #[arg(long)]
    rule: PathBuf,
    /// The ordinance (TOML).
    #[arg(long)]
    ordinance: PathBuf,
    /// First case date it answers.
    #[arg(long, value_parser = parse_date)]
    from: Date,
    /// First case date it no longer answers.
    #[arg(long, value_parser = parse_date)]
    until: Date,
}

pub fn run_install(args: &Args) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality) = args.office.found().await?;
        let component = std::fs::read(&args.rule).with_context(|| format!("reading {}", args.rule.display()))?;
        let ordinance = std::fs::read_to_string(&args.ordinance).with_context(|| format!("reading {}", args.ordinance.display()))?;
        let dates = (args.from, args.until);
        let digest = install(&store, &runtime()?, municipality, &component, &ordinance, dates, today()).await?;
        eprintln!("revision {digest} is in force for case dates from {} until {}", args.from, args.until);
        Ok(Exit::Done)
    })
}
