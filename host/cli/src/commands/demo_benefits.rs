//! `jorei demo-benefits`: what benefits rest on in the synthetic city.

use crate::commands::Exit;
use crate::commands::officer::{moment, program};
use crate::office::{OfficeArgs, run, today};
use anyhow::bail;
use jorei_service::demo_city::benefits::learn;
use std::io::Write as _;

/// Let the office of the synthetic city learn what benefits rest on: residents' taxes, certificates of specified diseases.
///
/// Taxes are worked out roughly from the incomes; certificates are of those whose claims (demo-claims of the same seed) say that they
/// are on dialysis, but for a few. What is known already is left alone. A month up to July rests on the income of two
/// years before, one from August on that of the year before.
#[derive(clap::Args)]
pub struct Args {
    /// The calendar years of income.
    #[arg(long, value_delimiter = ',', required = true)]
    years: Vec<i32>,
    /// The seed of the claims.
    #[arg(long, default_value = "1")]
    seed: u64,
    #[command(flatten)]
    office: OfficeArgs,
}

pub fn run_demo_benefits(args: &Args) -> anyhow::Result<Exit> {
    run(async {
        if let Some(year) = args.years.iter().find(|year| !(1_990..=2_100).contains(*year)) {
            bail!("{year} is no year of income");
        }
        let (store, municipality) = args.office.open().await?;
        let stamp = moment().stamp(&program("demo-benefits"));
        let bar = indicatif::ProgressBar::new_spinner();
        let learnt =
            learn(&store, municipality, (&args.years, args.seed), today(), &stamp, |learnt| bar.set_message(format!("{learnt}"))).await;
        bar.finish_and_clear();
        let (taxes, certificates) = learnt?;
        writeln!(std::io::stdout(), "住民税の課税情報{taxes}件、特定疾病の認定{certificates}件を記録しました（模擬）。")?;
        Ok(Exit::Done)
    })
}
