//! `jorei evaluate` and `jorei schema`: a rule without a database.

use crate::commands::{Exit, load_rule};
use anyhow::Context as _;
use jorei_engine::Grant;
use jorei_service::case_file;
use jorei_service::evaluate::Evaluator;
use jorei_service::ordinance::Ordinance;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::PathBuf;

/// Answer cases with a rule and an ordinance; stores nothing.
///
/// Reads one JSON case per line and writes one JSON answer per line, in the same order. Exit
/// status: 0 when every case was decided (or provisional), 1 when some were refused, failed or
/// invalid, 2 when the command, the rule or the ordinance is wrong.
#[derive(clap::Args)]
pub struct Args {
    /// The rule's component.
    #[arg(long)]
    rule: PathBuf,
    /// The ordinance (TOML).
    #[arg(long)]
    ordinance: PathBuf,
    /// The cases, one JSON document per line; `-` reads standard input.
    #[arg(long)]
    cases: PathBuf,
    /// Put the whole trace into each answer.
    #[arg(long)]
    trace: bool,
}

pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let rule = load_rule(&args.rule, &Grant::world())?;
    let text = std::fs::read_to_string(&args.ordinance).with_context(|| format!("reading {}", args.ordinance.display()))?;
    let ordinance = Ordinance::check(&rule, &text).with_context(|| format!("in {}", args.ordinance.display()))?;
    let evaluator = Evaluator::new(&rule, ordinance.settings, args.trace);
    let cases: Box<dyn BufRead> = if args.cases.as_os_str() == "-" {
        Box::new(BufReader::new(std::io::stdin()))
    } else {
        let file = std::fs::File::open(&args.cases).with_context(|| format!("reading {}", args.cases.display()))?;
        Box::new(BufReader::new(file))
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut exit = Exit::Done;
    for line in cases.split(b'\n') {
        let line = line.context("reading the cases")?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        let answer = evaluator.line(&line);
        if !matches!(answer["status"].as_str(), Some("decided" | "provisional")) {
            exit = Exit::Some;
        }
        writeln!(out, "{answer}")?;
        // A program may wait for each answer before it sends the next case.
        out.flush()?;
    }
    Ok(exit)
}

/// Print the JSON Schemas of a rule: of a case, of its settings, of its outcome.
#[derive(clap::Args)]
pub struct SchemaArgs {
    /// The rule's component.
    #[arg(long)]
    rule: PathBuf,
}

pub fn schema(args: &SchemaArgs) -> anyhow::Result<Exit> {
    let rule = load_rule(&args.rule, &Grant::world())?;
    let about = rule.about();
    let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).context("the rule's schema is not JSON");
    let all = serde_json::json!({
        "rule": about.id,
        "records": rule.asked().kinds().iter().map(|kind| kind.name()).collect::<Vec<_>>(),
        "case": case_file::schema(),
        "settings": parse(&about.settings_schema)?,
        "outcome": parse(&about.outcome_schema)?,
    });
    writeln!(std::io::stdout(), "{all:#}")?;
    Ok(Exit::Done)
}
