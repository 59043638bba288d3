//! `jorei instalments`.

use crate::commands::Exit;
use crate::commands::assess::{bar, stop_on_interrupt, threads};
use crate::commands::officer::{clock, program};
use crate::office::{OfficeArgs, decided_on, parse_date, parse_year, run, runtime, today};
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::id::HouseholdId;
use jorei_domain::slot::Slot;
use jorei_service::billing::instalment_plan;
use jorei_service::reassessment::{Request, Scope, household_year, people_of, reassess};
use jorei_service::revisions::Shelf;
use jorei_service::words::Words;
use std::io::Write as _;

/// Split the year's premiums into instalments (期割), or show those of one household.
///
/// Without --household: for the whole city, from the premiums and exemptions as they stand. Run it in April for the
/// provisional pension deduction (仮徴収), when nothing is assessed yet, and after the annual assessment. With --household:
/// show the instalments that stand, with who owes them. Exit status as `jorei assess`.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    office: OfficeArgs,
    /// The fiscal year.
    #[arg(long, value_parser = parse_year)]
    year: FiscalYear,
    /// Show this household's instalments; decide nothing.
    #[arg(long, conflicts_with_all = ["on", "threads", "page"])]
    household: Option<i64>,
    /// The day that the decisions count from (決定日) [default: today].
    #[arg(long, value_parser = parse_date)]
    on: Option<Date>,
    /// Threads that decide [default: all cores].
    #[arg(long)]
    threads: Option<usize>,
    /// Households per transaction.
    #[arg(long, default_value = "1000", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    page: u32,
}

pub fn run_instalments(args: &Args) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality) = args.office.open().await?;
        if let Some(household) = args.household {
            let known = household_year(&store, municipality, HouseholdId(household), args.year).await?;
            let Some(latest) = known.latest(Slot::Instalment) else {
                anyhow::bail!(
                    "household {household} has no instalments in fiscal year {0}; `jorei instalments --year {0}` decides them",
                    args.year.year()
                );
            };
            let kept = store.revision(municipality, latest.decision.revision).await?;
            let words = Words::from_json(kept.as_ref().map_or("", |kept| &kept.about));
            let people = people_of(&store, latest).await?;
            write!(std::io::stdout(), "{}", instalment_plan(latest, &people, &words, args.year))?;
            return Ok(Exit::Done);
        }
        let as_of = store.latest_knowledge(municipality).await?;
        let shelf = Shelf::new(store.clone(), runtime()?);
        let request = Request {
            municipality,
            year: Some(args.year),
            since: None,
            as_of,
            decided_on: decided_on(args.on)?,
            scope: Scope::Instalments,
            dry_run: false,
            threads: threads(args.threads),
            page: args.page,
            clock,
            today: today(),
            by: program("instalments"),
        };
        let bar = bar(0)?;
        let report = reassess(&store, &shelf, &request, &stop_on_interrupt(), |_, done, all| {
            bar.set_length(all);
            bar.set_position(done);
        })
        .await;
        bar.finish_and_clear();
        let report = report?;
        write!(std::io::stdout(), "{}", report.text(20))?;
        Ok(if report.is_whole() { Exit::Done } else { Exit::Some })
    })
}
