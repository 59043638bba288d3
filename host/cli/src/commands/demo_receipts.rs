//! `jorei demo-receipts`: what the channels of the made-up city deliver, as files.

use crate::commands::Exit;
use crate::office::{OfficeArgs, parse_date, parse_year, run, today};
use anyhow::{Context as _, bail};
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_service::demo_city::receipts::files;
use jorei_service::levy;
use std::io::Write as _;
use std::path::PathBuf;

/// Write what the channels and the bank of the made-up city deliver of a year's instalments, with faults of every kind.
///
/// The files are made from what was billed and a seed: `jorei receipt import FOLDER/*` takes them. For demonstrations and
/// training; no payment is real.
#[derive(clap::Args)]
pub struct Args {
    /// The folder, which must be empty or not there.
    folder: PathBuf,
    /// The fiscal year.
    #[arg(long, value_parser = parse_year)]
    year: FiscalYear,
    /// Up to and with this day [default: today].
    #[arg(long, value_parser = parse_date)]
    until: Option<Date>,
    /// Another seed is another conduct.
    #[arg(long, default_value = "1")]
    seed: u64,
    #[command(flatten)]
    office: OfficeArgs,
}

pub fn run_demo_receipts(args: &Args) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality) = args.office.open().await?;
        std::fs::create_dir_all(&args.folder).with_context(|| format!("making the folder {}", args.folder.display()))?;
        if std::fs::read_dir(&args.folder)?.next().is_some() {
            bail!("{} is not empty; name another folder", args.folder.display());
        }
        let (mut bills, mut after) = (Vec::new(), None);
        loop {
            let (page, last) = levy::bills(&store, municipality, args.year, after).await?;
            bills.extend(page);
            if last.is_none() {
                break;
            }
            after = last;
        }
        if bills.is_empty() {
            bail!("fiscal year {0} has no settled instalments; `jorei instalments --year {0}` decides them", args.year.year());
        }
        let files = files(args.seed, &bills, args.until.unwrap_or_else(today));
        for file in &files {
            let path = args.folder.join(&file.name);
            std::fs::write(&path, &file.text).with_context(|| format!("writing {}", path.display()))?;
        }
        writeln!(std::io::stdout(), "{}件のファイルを作成しました: {}", files.len(), args.folder.display())?;
        Ok(Exit::Done)
    })
}
