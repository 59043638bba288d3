//! `jorei fact`: one fact as a clerk enters it.
//!
//! Absent here: looking anybody up. That is for the service, which knows who asks and what for.

use crate::commands::Exit;
use crate::commands::officer::{DeskArgs, moment};
use crate::office::{parse_date, run, today};
use anyhow::{Context as _, ensure};
use jorei_domain::calendar::Date;
use jorei_domain::id::{HouseholdId, PersonId};
use jorei_domain::record::Kind;
use jorei_service::fact_entry::{Entry, enter};
use std::io::Write as _;

/// Enter single facts: an application, a correction, a fact taken back.
#[derive(clap::Subcommand)]
pub enum FactCommand {
    Enter(EnterArgs),
}

/// Enter one fact about a person, over what was known before.
///
/// Nothing is changed by it that was decided already: `jorei reassess` decides again what it touches.
///
/// Example: jorei fact enter 17 applications --columns '{"on": "2025-07-01", "fiscal_year": 2025, "relief_code": 1,
/// "certified": true, "cause_code": 1, "current_income_yen": 1200000}' --source 減免申請書 --key tanaka.key
#[derive(clap::Args)]
pub struct EnterArgs {
    /// The person's number.
    person: i64,
    /// The kind of fact (docs/reference/records.md).
    #[arg(value_parser = parse_kind)]
    kind: Kind,
    /// Its columns as JSON, those of the period included.
    #[arg(long, default_value = "{}")]
    columns: String,
    /// Which of several facts of the kind to correct or take back; none adds another one.
    #[arg(long)]
    item: Option<i64>,
    /// The household, for a membership.
    #[arg(long)]
    household: Option<i64>,
    /// Nothing of the kind holds in the period that the columns state.
    #[arg(long)]
    withdraw: bool,
    /// The register or document; no personal data.
    #[arg(long)]
    source: String,
    /// The day on which the office learnt it [default: today].
    #[arg(long, value_parser = parse_date)]
    learnt_on: Option<Date>,
    #[command(flatten)]
    desk: DeskArgs,
}

fn parse_kind(word: &str) -> Result<Kind, String> {
    let known = || Kind::ALL.into_iter().filter(|kind| !kind.is_derived()).map(Kind::name).collect::<Vec<_>>().join(", ");
    Kind::named(word).ok_or_else(|| format!("none of {}", known()))
}

pub fn run_fact(command: &FactCommand) -> anyhow::Result<Exit> {
    let FactCommand::Enter(args) = command;
    let stated = serde_json::from_str(&args.columns).context("--columns is not JSON")?;
    let learnt_on = args.learnt_on.unwrap_or_else(today);
    ensure!(learnt_on <= today(), "--learnt-on {learnt_on} is still to come");
    run(async {
        let (store, municipality, officer) = args.desk.open().await?;
        let entry = Entry {
            person: PersonId(args.person),
            kind: args.kind,
            item: args.item,
            household: args.household.map(HouseholdId),
            stated,
            withdrawn: args.withdraw,
            source: args.source.clone(),
        };
        let knowledge = enter(&store, municipality, learnt_on, &entry, &moment().stamp(&officer.account)).await?;
        writeln!(std::io::stdout(), "把握番号 {knowledge}")?;
        Ok(Exit::Done)
    })
}
