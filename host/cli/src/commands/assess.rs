//! `jorei assess` and `jorei summary`.

use crate::commands::Exit;
use crate::commands::officer::{clock, program};
use crate::office::{Lang, OfficeArgs, decided_on, parse_date, parse_year, run, runtime, today};
use indicatif::{ProgressBar, ProgressStyle};
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::id::{Knowledge, Municipality};
use jorei_domain::slot::Slot;
use jorei_service::assess::{AssessError, Request, Tally, assess};
use jorei_service::reassessment::in_force;
use jorei_service::revisions::Shelf;
use jorei_service::summary::summarize;
use jorei_service::words::Words;
use jorei_store::Store;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// No more threads than instances may live at once.
const THREADS: usize = jorei_engine::limits::INSTANCES as usize;

/// Assess the premiums of a whole city for a fiscal year.
///
/// Decides every household under the revision in force on 1 April of the year and stores each
/// decision with its evidence and its trace. May be stopped (Ctrl-C, or harder) and run again: it
/// continues, and what is decided and still true is left alone. Exit status: 0 when everybody was
/// decided, 1 when some were refused or failed or the run was stopped, 2 when the year cannot be
/// assessed.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    office: OfficeArgs,
    /// The fiscal year.
    #[arg(long, value_parser = parse_year)]
    year: FiscalYear,
    /// Threads that decide [default: all cores].
    #[arg(long)]
    threads: Option<usize>,
    /// Households per transaction: what a run that dies has to do again.
    #[arg(long, default_value = "1000", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    page: u32,
    /// The day that the decisions count from (決定日) [default: today].
    #[arg(long, value_parser = parse_date)]
    on: Option<Date>,
    /// See only what the office knew at this knowledge number.
    #[arg(long)]
    as_of: Option<i64>,
    /// Language of the summary.
    #[arg(long, value_enum, default_value = "ja")]
    lang: Lang,
}

pub fn run_assess(args: &Args) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality) = args.office.open().await?;
        let as_of = match args.as_of {
            Some(number) => Knowledge(number),
            None => store.latest_knowledge(municipality).await?,
        };
        let (shelf, on) = (Shelf::new(store.clone(), runtime()?), args.year.first_day());
        let live = shelf.in_force(municipality, Slot::Premium, on, as_of).await?;
        let (in_force, _) = in_force(&shelf, municipality, on, as_of).await?;
        let stop = stop_on_interrupt();
        let households = store.count_households(municipality, as_of).await?;
        let bar = bar(households)?;
        let threads = threads(args.threads);
        let request = Request {
            municipality,
            year: args.year,
            limits: in_force.instalment,
            as_of,
            threads,
            page: args.page,
            clock,
            today: today(),
            decided_on: decided_on(args.on)?,
            by: program("assess"),
        };
        let outcome = assess(&store, &live, &request, &stop, |tally| {
            bar.set_position(tally.households);
        })
        .await;
        bar.finish_and_clear();
        let tally = outcome.map_err(|error| match error {
            AssessError::LawUnknown { .. } => anyhow::anyhow!("{error}"),
            other => anyhow::Error::new(other),
        })?;
        report(&tally);
        let text = summarize(&store, municipality, args.year, &live.words).await?.text(args.year, &live.words, args.lang.into());
        write!(std::io::stdout(), "{text}")?;
        Ok(if tally.is_whole() { Exit::Done } else { Exit::Some })
    })
}

/// A flag that the first Ctrl-C sets.
pub fn stop_on_interrupt() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let stopping = Arc::clone(&stop);
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            eprintln!("stopping after the page under way; run the same command again to continue");
            stopping.store(true, Ordering::Relaxed);
        }
    });
    stop
}

/// A bar over so many households.
pub fn bar(households: u64) -> anyhow::Result<ProgressBar> {
    Ok(ProgressBar::new(households).with_style(ProgressStyle::with_template("{bar:40} {pos}/{len} {msg} {per_sec} ETA {eta}")?))
}

/// The threads asked for, or all cores; no more than instances may live at once.
pub fn threads(asked: Option<usize>) -> usize {
    asked.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from)).min(THREADS)
}

fn report(tally: &Tally) {
    let new = tally.decided + tally.provisional + tally.refused + tally.failed;
    eprintln!("households: {}, decided now: {new}, unchanged: {}", tally.households, tally.unchanged);
    if tally.vanished > 0 {
        eprintln!(
            "in {} households nobody lives any more, and the rule does not say that nothing is owed; a clerk must look",
            tally.vanished
        );
    }
    if tally.barred > 0 {
        eprintln!("{} households have changed, but too late to be assessed; a clerk must look (jorei queue)", tally.barred);
    }
    if tally.faults > 0 {
        eprintln!("{} households were not decided for a fault of the machine; run the same command again", tally.faults);
    }
}

/// Sum up what was assessed: states, totals, reductions, the distribution of premiums.
#[derive(clap::Args)]
pub struct SummaryArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// The fiscal year.
    #[arg(long, value_parser = parse_year)]
    year: FiscalYear,
    /// Language.
    #[arg(long, value_enum, default_value = "ja")]
    lang: Lang,
}

pub fn run_summary(args: &SummaryArgs) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality) = args.office.open().await?;
        let words = words_in_force(&store, municipality, args.year).await?;
        let summary = summarize(&store, municipality, args.year, &words).await?;
        write!(std::io::stdout(), "{}", summary.text(args.year, &words, args.lang.into()))?;
        Ok(Exit::Done)
    })
}

async fn words_in_force(store: &Store, municipality: Municipality, year: FiscalYear) -> anyhow::Result<Words> {
    let as_of = store.latest_knowledge(municipality).await?;
    let digest = store.active_revision(municipality, Slot::Premium.word(), year.first_day(), as_of).await?;
    match digest {
        Some(digest) => {
            Ok(store.revision(municipality, digest).await?.map_or_else(|| Words::from_json(""), |kept| Words::from_json(&kept.about)))
        }
        None => Ok(Words::from_json("")),
    }
}
