//! `jorei explain`, `jorei replay`, `jorei try`: one decision at a time.

use crate::commands::Exit;
use crate::office::{Lang, OfficeArgs, parse_year, run, runtime};
use anyhow::{Context as _, bail};
use jorei_domain::calendar::FiscalYear;
use jorei_domain::id::{HouseholdId, Municipality};
use jorei_domain::money::Yen;
use jorei_domain::slot::Slot;
use jorei_service::answer::{Answered, answer};
use jorei_service::decide_case::decide;
use jorei_service::explain::explain;
use jorei_service::replay::replay;
use jorei_service::revisions::in_force;
use jorei_service::summary::summarize;
use jorei_service::trial::change;
use jorei_service::words::Words;
use jorei_store::Store;
use jorei_store::decisions::StoredDecision;
use serde_json::{Map, Value};
use std::io::Write as _;

/// Which decision.
#[derive(clap::Args)]
pub struct Which {
    #[command(flatten)]
    office: OfficeArgs,
    /// The decision's id, or its first digits.
    #[arg(required_unless_present_any = ["household", "example"])]
    decision: Option<String>,
    /// In place of an id: the household whose current decision is meant.
    #[arg(long, requires = "year", conflicts_with = "decision")]
    household: Option<i64>,
    /// In place of an id: a decision of the year that shows much of the rule.
    #[arg(long, requires = "year", conflicts_with_all = ["decision", "household"])]
    example: bool,
    /// The fiscal year of that decision.
    #[arg(long, value_parser = parse_year)]
    year: Option<FiscalYear>,
}

impl Which {
    async fn find(&self, store: &Store, municipality: Municipality) -> anyhow::Result<StoredDecision> {
        if let Some(year) = self.year.filter(|_| self.decision.is_none()) {
            let household = match self.household {
                Some(household) => HouseholdId(household),
                None => {
                    let summary = summarize(store, municipality, year, &Words::from_json("")).await?;
                    summary.example.with_context(|| format!("nothing was decided for fiscal year {}", year.year()))?
                }
            };
            let history = store.decision_history(municipality, Slot::Premium.word(), year.first_day(), household).await?;
            let newest = history.into_iter().max_by_key(|stored| stored.version);
            return newest.with_context(|| format!("household {household} has no decision for fiscal year {}", year.year()));
        }
        let prefix = self.decision.as_deref().unwrap_or_default();
        let found = store.decision_by_prefix(municipality, prefix).await?;
        found.with_context(|| format!("municipality {municipality} has no decision {prefix}"))
    }
}

/// Explain a decision: what came out, and how, down to the article and the fact.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    which: Which,
    /// Language.
    #[arg(long, value_enum, default_value = "ja")]
    lang: Lang,
    /// The answer and the whole trace as JSON.
    #[arg(long)]
    json: bool,
}

pub fn run_explain(args: &Args) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality) = args.which.office.open().await?;
        let stored = args.which.find(&store, municipality).await?;
        let kept = store.revision(municipality, stored.decision.revision).await?;
        let words = Words::from_json(&kept.context("the revision of this decision is not in the store")?.about);
        let mut out = std::io::stdout();
        if args.json {
            let mut members = Map::new();
            members.insert("decision".into(), stored.id.to_string().into());
            members.insert("household".into(), stored.decision.household.0.into());
            members.insert("on".into(), stored.decision.on.to_string().into());
            members.insert("revision".into(), stored.decision.revision.to_string().into());
            members.insert("knowledge".into(), stored.knowledge.0.into());
            members.insert("recorded_at".into(), stored.recorded_at.clone().into());
            members.insert("fuel".into(), stored.fuel.into());
            let decision = &stored.decision;
            members.extend(answer(&Answered { outcome: &decision.outcome, trace: &decision.trace, words: &words, with_trace: true }));
            writeln!(out, "{:#}", Value::Object(members))?;
        } else {
            write!(out, "{}", explain(&stored.decision, &words, args.lang.into()))?;
        }
        Ok(Exit::Done)
    })
}

/// Decide an old decision again from its recorded evidence and compare byte for byte.
///
/// Exit status: 0 when every byte is the same, 1 when not.
#[derive(clap::Args)]
pub struct ReplayArgs {
    #[command(flatten)]
    which: Which,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub fn run_replay(args: &ReplayArgs) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality) = args.which.office.open().await?;
        let stored = args.which.find(&store, municipality).await?;
        let replayed = replay(&store, &runtime()?, municipality, &stored).await?;
        let mut out = std::io::stdout();
        if args.json {
            let members = serde_json::json!({
                "decision": stored.id.to_string(), "differs": replayed.differs, "bytes": replayed.bytes,
                "fuel_then": replayed.fuel_then, "fuel_now": replayed.fuel_now,
            });
            writeln!(out, "{members:#}")?;
            return Ok(if replayed.differs.is_none() { Exit::Done } else { Exit::Some });
        }
        match replayed.differs {
            None => {
                writeln!(
                    out,
                    "{}: the same {} bytes; fuel then {}, now {}",
                    stored.id, replayed.bytes, replayed.fuel_then, replayed.fuel_now
                )?;
                Ok(Exit::Done)
            }
            Some(part) => {
                writeln!(out, "{}: the {part} differs", stored.id)?;
                Ok(Exit::Some)
            }
        }
    })
}

/// Try a stored household with changed facts; stores nothing.
///
/// Example: what if person 1 leaves for an employees' scheme in October?
///   jorei try --household 7 --year 2025 --change
///     '{"person": 1, "qualification": {"until": "2025-10-15", "ended_by": "employees_insurance"}}'
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct TryArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// The household.
    #[arg(long)]
    household: i64,
    /// The fiscal year.
    #[arg(long, value_parser = parse_year)]
    year: FiscalYear,
    /// What changes: a JSON object or a list of them, as `jorei schema` describes the kinds of
    /// fact, with `person` as the number that an explanation shows.
    #[arg(long)]
    change: Option<String>,
    /// Language.
    #[arg(long, value_enum, default_value = "ja")]
    lang: Lang,
    /// The answer as JSON.
    #[arg(long)]
    json: bool,
}

pub fn run_try(args: &TryArgs) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality) = args.office.open().await?;
        let (household, on) = (HouseholdId(args.household), args.year.first_day());
        let as_of = store.latest_knowledge(municipality).await?;
        let Some(stored) = store.case(municipality, Slot::Premium, household, on, as_of).await? else {
            bail!("municipality {municipality} has no household {household} in fiscal year {}", args.year.year());
        };
        let changes = args.change.as_deref().unwrap_or("[]");
        let changes: Value = serde_json::from_str(changes).context("--change is not JSON")?;
        let changed = change(&stored.case, &changes).map_err(anyhow::Error::new)?;
        let live = in_force(&store, &runtime()?, municipality, Slot::Premium, on, as_of).await?;
        let before = decide(&live, municipality, household, stored.case, None)?.decision;
        let after = decide(&live, municipality, household, changed, None)?.decision;
        let mut out = std::io::stdout();
        if args.json {
            let members = |decision: &jorei_domain::decision::Decision| {
                Value::Object(answer(&Answered {
                    outcome: &decision.outcome,
                    trace: &decision.trace,
                    words: &live.words,
                    with_trace: false,
                }))
            };
            writeln!(out, "{:#}", serde_json::json!({ "before": members(&before), "after": members(&after) }))?;
        } else {
            write!(out, "{}", explain(&after, &live.words, args.lang.into()))?;
            let total = |decision: &jorei_domain::decision::Decision| decision.outcome.figure("premium", "total_yen");
            if let (Some(before), Some(after)) = (total(&before), total(&after)) {
                let (sign, change) = if after < before { ("-", before - after) } else { ("+", after - before) };
                let [before, after, change] = [before, after, change].map(|yen| Yen::checked(yen).unwrap_or_default());
                let text = match args.lang {
                    Lang::Ja => format!("試算: 年間保険料 {before}円 → {after}円（{sign}{change}円）。保存していません。"),
                    Lang::En => format!("trial: yearly premium {before} yen -> {after} yen ({sign}{change} yen); nothing was stored"),
                };
                writeln!(out, "\n{text}")?;
            }
        }
        Ok(Exit::Done)
    })
}
