//! `jorei exemption`.

use crate::commands::Exit;
use crate::office::{OfficeArgs, parse_year, run};
use jorei_domain::calendar::FiscalYear;
use jorei_domain::id::HouseholdId;
use jorei_domain::slot::Slot;
use jorei_service::exemptions::shown;
use jorei_service::reassessment::household_year;
use jorei_service::words::Words;
use std::io::Write as _;

/// Show what applications take off a household's premium (減免): applications, candidates, what is granted and what gives way.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    office: OfficeArgs,
    /// The fiscal year.
    #[arg(long, value_parser = parse_year)]
    year: FiscalYear,
    /// The household.
    #[arg(long)]
    household: i64,
}

pub fn run_exemption(args: &Args) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality) = args.office.open().await?;
        let known = household_year(&store, municipality, HouseholdId(args.household), args.year).await?;
        let latest = known.latest(Slot::Exemption);
        let kept = match latest {
            Some(latest) => store.revision(municipality, latest.decision.revision).await?,
            None => None,
        };
        let words = Words::from_json(kept.as_ref().map_or("", |kept| &kept.about));
        write!(std::io::stdout(), "{}", shown(latest, known.exemption_case.as_ref(), &words, args.year))?;
        Ok(Exit::Done)
    })
}
