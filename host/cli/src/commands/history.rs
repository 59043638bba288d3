//! `jorei history`: every decision of a household's year, over all slots, and what could not be settled.

use crate::commands::Exit;
use crate::commands::listing::Listing;
use crate::office::{OfficeArgs, parse_year, run};
use jorei_domain::calendar::FiscalYear;
use jorei_domain::id::HouseholdId;
use jorei_domain::slot::Slot;
use jorei_service::reassessment::household_year;
use serde_json::Value;

/// List every decision of a household's year, superseded ones too: premium, exemption, instalments.
///
/// In the order of the days they count from. `jorei explain` shows one of them with its steps.
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
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub fn run_history(args: &Args) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality) = args.office.open().await?;
        let known = household_year(&store, municipality, HouseholdId(args.household), args.year).await?;
        let of_slots = [(Slot::Premium, &known.premiums), (Slot::Exemption, &known.exemptions), (Slot::Instalment, &known.instalments)];
        let mut rows = Vec::new();
        for (slot, decisions) in of_slots {
            let mut before = None;
            for stored in decisions {
                let difference = stored.amount.zip(before).map(|(now, before): (i64, i64)| now - before);
                rows.push((stored.decided_on, stored.knowledge, slot, stored, difference));
                before = stored.amount.or(before);
            }
        }
        rows.sort_by_key(|(on, knowledge, slot, stored, _)| (*on, *knowledge, *slot, stored.version));
        let mut listing = Listing::new(&[
            ("decided_on", "決定日"),
            ("slot", ""),
            ("what", "業務区分"),
            ("version", "回"),
            ("status", "状態"),
            ("yen", "金額"),
            ("difference_yen", "増減"),
            ("knowledge", "把握番号"),
            ("decision", "決定番号"),
        ]);
        for (on, knowledge, slot, stored, difference) in rows {
            listing.push(vec![
                on.to_string().into(),
                slot.word().into(),
                slot.ja().into(),
                stored.version.into(),
                stored.status.clone().into(),
                stored.amount.map_or(Value::Null, Value::from),
                difference.map_or(Value::Null, Value::from),
                knowledge.0.into(),
                stored.id.short().to_string().into(),
            ]);
        }
        listing.print(args.json)?;
        Ok(Exit::Done)
    })
}
