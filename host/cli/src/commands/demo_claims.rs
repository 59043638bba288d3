//! `jorei demo-claims`: what the federation delivers for the made-up city, as files.

use crate::commands::Exit;
use crate::office::{OfficeArgs, parse_month, run};
use anyhow::{Context as _, bail};
use indicatif::{ProgressBar, ProgressStyle};
use jorei_domain::calendar::Date;
use jorei_service::demo_city::claims::{DemoClaims, patients};
use std::io::Write as _;
use std::path::PathBuf;

/// Write what the federation delivers for the made-up city: a set of claims for each month of treatment, two months later.
///
/// Made from the people the office knows and a seed, the same on every machine: `jorei claims apply FOLDER/*` takes them. Some
/// claims are returned or replaced in later sets, a few come twice or after a qualification was lost. For demonstrations,
/// training and measurements; no claim is real.
///
/// Example: jorei demo-claims --from 2025-08 --months 12 --out claims
#[derive(clap::Args)]
pub struct Args {
    /// The first month of treatment, as 2025-08.
    #[arg(long, value_parser = parse_month)]
    from: Date,
    /// How many months of treatment.
    #[arg(long, default_value = "12", value_parser = clap::value_parser!(i32).range(1..=120))]
    months: i32,
    /// The folder, which must be empty or not there.
    #[arg(long)]
    out: PathBuf,
    /// Only one of so many persons.
    #[arg(long, default_value = "1", value_parser = clap::value_parser!(i64).range(1..=10_000))]
    sample: i64,
    /// Another seed is another year.
    #[arg(long, default_value = "1")]
    seed: u64,
    #[command(flatten)]
    office: OfficeArgs,
}

pub fn run_demo_claims(args: &Args) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality) = args.office.open().await?;
        std::fs::create_dir_all(&args.out).with_context(|| format!("making the folder {}", args.out.display()))?;
        if std::fs::read_dir(&args.out)?.next().is_some() {
            bail!("{} is not empty; name another folder", args.out.display());
        }
        let as_of = store.latest_knowledge(municipality).await?;
        let patients = patients(&store, municipality, args.sample, as_of).await?;
        if patients.is_empty() {
            bail!("the office knows nobody who is insured; `jorei demo-city` makes a city up");
        }
        // The federation goes on where it stopped.
        let serial = store.claim_sets(municipality, i64::MAX, 1).await?.first().map_or(1, |set| set.serial + 1);
        let claims = DemoClaims { seed: args.seed, from: args.from, months: args.months, sample: args.sample, serial };
        let bar = ProgressBar::new(u64::from(args.months.unsigned_abs()));
        let bar = bar.with_style(ProgressStyle::with_template("{bar:40} {pos}/{len} {msg}")?);
        let (mut files, mut lines) = (0_u64, 0_u64);
        for processed in claims.processed() {
            for file in claims.files(municipality, &patients, processed) {
                let path = args.out.join(&file.name);
                std::fs::write(&path, &file.text).with_context(|| format!("writing {}", path.display()))?;
                (files, lines) = (files + 1, lines + file.lines as u64);
            }
            bar.inc(1);
            bar.set_message(format!("{lines}件"));
        }
        bar.finish_and_clear();
        writeln!(std::io::stdout(), "{files}件のファイル（レセプト{lines}件）を作成しました: {}", args.out.display())?;
        Ok(Exit::Done)
    })
}
