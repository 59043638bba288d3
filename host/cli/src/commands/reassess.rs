//! `jorei reassess`.

use crate::commands::Exit;
use crate::commands::assess::{bar, stop_on_interrupt, threads};
use crate::commands::officer::{clock, program};
use crate::office::{OfficeArgs, decided_on, parse_date, parse_year, run, runtime, today};
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::id::Knowledge;
use jorei_service::reassessment::{Request, Scope, reassess};
use jorei_service::revisions::Shelf;
use std::io::Write as _;

/// Decide again what new facts touch (更正・遡及・随時賦課), and show what changes.
///
/// Looks at the facts learnt since the last run, finds the households and years they touch, and decides premium,
/// exemptions and instalments of each again under the revisions of their dates. Where another revision is in force it
/// looks at everybody. What the law does not let be changed any more stays, and waits for a clerk. Exit status: 0 when all
/// was settled, 1 when something waits or the run was stopped, 2 when nothing could be decided.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    office: OfficeArgs,
    /// The fiscal year [default: every year that was assessed].
    #[arg(long, value_parser = parse_year, conflicts_with = "all_years")]
    year: Option<FiscalYear>,
    /// Every year that was assessed; what happens without --year, said aloud.
    #[arg(long)]
    all_years: bool,
    /// Only what facts after this knowledge number touch [default: since the last run].
    #[arg(long)]
    since: Option<i64>,
    /// The day that the decisions count from (決定日) [default: today].
    #[arg(long, value_parser = parse_date)]
    on: Option<Date>,
    /// See only what the office knew at this knowledge number.
    #[arg(long)]
    as_of: Option<i64>,
    /// Show what would change; keep nothing.
    #[arg(long)]
    dry_run: bool,
    /// The report as JSON, with every household.
    #[arg(long)]
    json: bool,
    /// Households shown for each year.
    #[arg(long, default_value = "20")]
    show: usize,
    /// Threads that decide [default: all cores].
    #[arg(long)]
    threads: Option<usize>,
    /// Households per transaction.
    #[arg(long, default_value = "500", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    page: u32,
}

pub fn run_reassess(args: &Args) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality) = args.office.open().await?;
        let as_of = match args.as_of {
            Some(number) => Knowledge(number),
            None => store.latest_knowledge(municipality).await?,
        };
        let shelf = Shelf::new(store.clone(), runtime()?);
        let request = Request {
            municipality,
            year: args.year,
            since: args.since.map(Knowledge),
            as_of,
            decided_on: decided_on(args.on)?,
            scope: Scope::Chain,
            dry_run: args.dry_run,
            threads: threads(args.threads),
            page: args.page,
            clock,
            today: today(),
            by: program("reassess"),
        };
        let bar = bar(0)?;
        let report = reassess(&store, &shelf, &request, &stop_on_interrupt(), |year, done, all| {
            bar.set_length(all);
            bar.set_position(done);
            bar.set_message(year.year().to_string());
        })
        .await;
        bar.finish_and_clear();
        let report = report?;
        let text = if args.json { format!("{:#}\n", report.json()) } else { report.text(args.show) };
        write!(std::io::stdout(), "{text}")?;
        Ok(if report.is_whole() { Exit::Done } else { Exit::Some })
    })
}
