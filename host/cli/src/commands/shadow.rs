//! `jorei shadow`: a candidate revision over what was really decided.

use crate::commands::Exit;
use crate::commands::activate::find;
use crate::commands::listing::{ListArgs, Listing};
use crate::commands::officer::{DeskArgs, moment};
use crate::office::{OfficeArgs, parse_year, run, runtime};
use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use jorei_domain::calendar::FiscalYear;
use jorei_domain::slot::Slot;
use jorei_service::shadow::{self, Request};
use std::io::Write as _;

/// Try a revision over recorded decisions (並行検証) and read what would change.
#[derive(clap::Subcommand)]
pub enum Shadow {
    Run(RunArgs),
    /// List the reports.
    List(ListArgs),
    Show(ShowArgs),
}

/// Run a revision over the decisions of a fiscal year.
///
/// Decides again, in bulk, from the evidence of each decision; where the revision asks for facts
/// that the evidence lacks, from the records as they were known then, and says of how many cases.
/// The report is kept with the digests it compares, and is shown to whoever approves the revision.
/// Nothing is decided by it.
#[derive(clap::Args)]
pub struct RunArgs {
    #[command(flatten)]
    desk: DeskArgs,
    /// The candidate, or its first digits (jorei revision list).
    candidate: String,
    /// The fiscal year.
    #[arg(long, value_parser = parse_year)]
    year: FiscalYear,
    /// At most so many decisions, spread evenly [default: all].
    #[arg(long)]
    sample: Option<u64>,
    /// Threads that decide [default: all cores].
    #[arg(long)]
    threads: Option<usize>,
    /// The report as JSON.
    #[arg(long)]
    json: bool,
}

/// Show a report.
#[derive(clap::Args)]
pub struct ShowArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// The report's id, or its first digits.
    report: String,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub fn run_shadow(command: &Shadow) -> anyhow::Result<Exit> {
    run(async {
        let mut out = std::io::stdout();
        match command {
            Shadow::Run(args) => {
                let (store, municipality, officer) = args.desk.open().await?;
                let candidate = find(&store, municipality, &args.candidate).await?;
                let threads = args.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
                let request = Request { municipality, candidate, on: args.year.first_day(), sample: args.sample, threads };
                let bar =
                    ProgressBar::new(0).with_style(ProgressStyle::with_template("{bar:40} {pos}/{len} decisions {per_sec} ETA {eta}")?);
                let now = moment();
                let stamp = now.stamp(&officer.account);
                let report = shadow::run(&store, &runtime()?, &request, &stamp, now.today, |done, all| {
                    bar.set_length(all);
                    bar.set_position(done);
                })
                .await;
                bar.finish_and_clear();
                let report = report?;
                if args.json {
                    writeln!(out, "{}", report.content)?;
                } else {
                    write!(out, "並行検証 {}\n{}", report.id, shadow::read(&report)?.text())?;
                }
            }
            Shadow::List(args) => {
                let (store, municipality) = args.office.open().await?;
                let mut listing = Listing::new(&[
                    ("report", "報告番号"),
                    ("candidate", "候補の改版"),
                    ("slot", ""),
                    ("slot_ja", "業務区分"),
                    ("on", "基準日"),
                    ("at", "実行日時"),
                ]);
                for report in store.shadow_reports(municipality).await? {
                    listing.push(vec![
                        report.id.to_string().into(),
                        report.candidate.to_string().into(),
                        report.slot.clone().into(),
                        Slot::named(&report.slot).map(Slot::ja).into(),
                        report.on.to_string().into(),
                        report.recorded_at.into(),
                    ]);
                }
                listing.print(args.json)?;
            }
            Shadow::Show(args) => {
                let (store, municipality) = args.office.open().await?;
                let report = store.shadow_report_by_prefix(municipality, &args.report).await?;
                let report = report.with_context(|| format!("there is no report {} (jorei shadow list)", args.report))?;
                if args.json {
                    writeln!(out, "{}", report.content)?;
                } else {
                    write!(out, "並行検証 {} {}\n{}", report.id, report.recorded_at, shadow::read(&report)?.text())?;
                }
            }
        }
        Ok(Exit::Done)
    })
}
