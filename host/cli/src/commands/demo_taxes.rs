//! `jorei demo-taxes`: residents' taxes of the synthetic city.

use crate::commands::Exit;
use crate::commands::officer::{moment, program};
use crate::office::{OfficeArgs, run, today};
use anyhow::bail;
use jorei_service::demo_city::taxes::learn;
use std::io::Write as _;

/// Let the office of the synthetic city learn the residents' taxes of some years of income, by which benefits are classified.
///
/// They are worked out roughly from the incomes; what is known already is left alone. A month up to July rests on the income of two
/// years before, one from August on that of the year before.
#[derive(clap::Args)]
pub struct Args {
    /// The calendar years of income.
    #[arg(long, value_delimiter = ',', required = true)]
    years: Vec<i32>,
    #[command(flatten)]
    office: OfficeArgs,
}

pub fn run_demo_taxes(args: &Args) -> anyhow::Result<Exit> {
    run(async {
        if let Some(year) = args.years.iter().find(|year| !(1_990..=2_100).contains(*year)) {
            bail!("{year} is no year of income");
        }
        let (store, municipality) = args.office.open().await?;
        let stamp = moment().stamp(&program("demo-taxes"));
        let bar = indicatif::ProgressBar::new_spinner();
        let learnt = learn(&store, municipality, &args.years, today(), &stamp, |learnt| bar.set_message(format!("{learnt}"))).await;
        bar.finish_and_clear();
        writeln!(std::io::stdout(), "住民税の課税情報{}件を記録しました（模擬）。", learnt?)?;
        Ok(Exit::Done)
    })
}
