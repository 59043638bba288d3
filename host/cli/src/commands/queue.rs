//! `jorei queue`: what waits for a clerk.

use crate::commands::Exit;
use crate::commands::listing::Listing;
use crate::office::{OfficeArgs, parse_year, run};
use jorei_domain::calendar::FiscalYear;
use jorei_service::queue::queue;
use serde_json::Value;

/// List the cases of a year that wait for a clerk (要確認): refused, failed, or of a paused revision.
///
/// Exit status: 0 when nothing waits, 1 otherwise.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    office: OfficeArgs,
    /// The fiscal year.
    #[arg(long, value_parser = parse_year)]
    year: FiscalYear,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub fn run_queue(args: &Args) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality) = args.office.open().await?;
        let items = queue(&store, municipality, args.year).await?;
        let mut listing = Listing::new(&["household", "waiting", "reason", "to_do", "decision", "since"]);
        for item in &items {
            let (decision, since) = item.decision.clone().map(|(id, since)| (id.to_string(), since)).unzip();
            listing.push(vec![
                item.household.0.into(),
                item.waiting.word().into(),
                item.reason.clone().into(),
                item.waiting.to_do().into(),
                decision.map_or(Value::Null, Value::from),
                since.map_or(Value::Null, Value::from),
            ]);
        }
        listing.print(args.json)?;
        Ok(if items.is_empty() { Exit::Done } else { Exit::Some })
    })
}
