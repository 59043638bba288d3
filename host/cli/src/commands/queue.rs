//! `jorei queue`: what waits for a clerk, and how a clerk settles it.

use crate::commands::Exit;
use crate::commands::listing::Listing;
use crate::commands::officer::{DeskArgs, moment};
use crate::office::{OfficeArgs, parse_date, parse_year, run, today};
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::id::{HouseholdId, Municipality};
use jorei_domain::slot::Slot;
use jorei_service::queue::settlement::{Way, Which, settle};
use jorei_service::queue::{Filter, Item, Waiting, counts, groups, page};
use jorei_store::Store;
use serde_json::Value;
use std::io::Write as _;

/// List the cases of a year that wait for a clerk (要確認): refused, failed, provisional, pending, paused, barred, in
/// conflict or vanished; each with its reason and what to do.
///
/// Provisional cases are counted by what is unconfirmed, for a whole city can wait for one value: `--waiting
/// provisional` lists them one by one. Exit status: 0 when nothing waits, 1 otherwise.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Args {
    #[command(subcommand)]
    settle: Option<QueueCommand>,
    #[command(flatten)]
    office: OfficeArgs,
    /// The fiscal year [default: this one].
    #[arg(long, value_parser = parse_year)]
    year: Option<FiscalYear>,
    /// Only this slot: premium, exemption or instalment.
    #[arg(long, value_parser = parse_slot)]
    slot: Option<Slot>,
    /// Only these reasons: refused, failed, provisional, pending, paused, barred, limit_unknown, conflict, vanished, held.
    #[arg(long, value_delimiter = ',', value_parser = parse_waiting)]
    waiting: Vec<Waiting>,
    /// Only what has waited since before this day.
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    since_before: Option<Date>,
    /// Only this household.
    #[arg(long)]
    household: Option<i64>,
    /// Only what waits for this value or fact, by its key as --grouped shows it.
    #[arg(long, value_name = "KEY")]
    unconfirmed: Option<String>,
    /// Only how many cases wait for each value or fact that is unconfirmed.
    #[arg(long, conflicts_with_all = ["waiting", "unconfirmed", "household", "after", "since_before"])]
    grouped: bool,
    /// Only households behind this one.
    #[arg(long)]
    after: Option<i64>,
    /// About so many items; 0 for all there are.
    #[arg(long, default_value = "200")]
    limit: usize,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

#[derive(clap::Subcommand)]
enum QueueCommand {
    Settle(SettleArgs),
}

/// Settle what waits (処理): record what was done about it and why.
///
/// The settlement is bound to the decision or notice that waits. When the case is decided again and waits again, it is in
/// the queue again. The decision itself is not changed: a provisional one stays provisional.
#[derive(clap::Args)]
pub struct SettleArgs {
    #[command(flatten)]
    desk: DeskArgs,
    /// The household.
    #[arg(long)]
    household: i64,
    /// The fiscal year.
    #[arg(long, value_parser = parse_year)]
    year: FiscalYear,
    /// The slot: premium, exemption or instalment.
    #[arg(long, value_parser = parse_slot)]
    slot: Slot,
    /// What was done: corrected, handed_to_vendor, asked, not_assessed or kept_as_is.
    #[arg(long, value_parser = parse_way)]
    way: Way,
    /// Why, in a line without personal data.
    #[arg(long)]
    reason: String,
    /// Where several things of the case wait: the one that waits for this reason.
    #[arg(long, value_parser = parse_waiting)]
    waiting: Option<Waiting>,
}

/// Items of one query.
const PAGE: u32 = 500;

pub fn run_queue(args: &Args) -> anyhow::Result<Exit> {
    if let Some(QueueCommand::Settle(settle)) = &args.settle {
        return run_settle(settle);
    }
    run(async {
        let (store, municipality) = args.office.open().await?;
        let year = args.year.unwrap_or_else(|| FiscalYear::of(today()));
        if args.grouped {
            return grouped(&store, municipality, year, args.slot, args.json).await;
        }
        // Unless asked for one by one, the provisional ones are counted.
        let counted = args.waiting.is_empty() && args.household.is_none() && args.unconfirmed.is_none();
        let everything = || Waiting::ALL.into_iter().filter(|waiting| *waiting != Waiting::Provisional).collect();
        let filter = Filter {
            slot: args.slot,
            waiting: if counted { everything() } else { args.waiting.clone() },
            since_before: args.since_before,
            household: args.household.map(HouseholdId),
            unconfirmed: args.unconfirmed.clone(),
        };
        let mut listing = Listing::new(&[
            ("household", "世帯"),
            ("slot", ""),
            ("slot_ja", "業務区分"),
            ("waiting", ""),
            ("waiting_ja", "区分"),
            ("reason", "理由"),
            ("to_do", "すること"),
            ("decision", "決定番号"),
            ("since", "待ち始め"),
        ]);
        let (mut after, mut listed) = (args.after.map(HouseholdId), 0);
        let wanted = if args.limit == 0 { usize::MAX } else { args.limit };
        loop {
            let rest = u32::try_from(wanted - listed).unwrap_or(PAGE).min(PAGE);
            let part = page(&store, municipality, year, &filter, after, rest).await?;
            listed += part.items.len();
            part.items.iter().for_each(|item| listing.push(row(item)));
            after = part.next;
            if after.is_none() || listed >= wanted {
                break;
            }
        }
        listing.print(args.json)?;
        if let Some(after) = after {
            eprintln!("there is more: --after {after}");
        }
        let mut waits = listed > 0;
        if counted {
            let counts = counts(&store, municipality, year).await?;
            let provisional = counts.iter().any(|(slot, status, _)| status == "provisional" && args.slot.is_none_or(|of| of == *slot));
            waits |= provisional;
            if provisional && !args.json {
                grouped(&store, municipality, year, args.slot, false).await?;
            }
        }
        Ok(if waits { Exit::Some } else { Exit::Done })
    })
}

/// How many cases wait for each value or fact.
async fn grouped(store: &Store, municipality: Municipality, year: FiscalYear, slot: Option<Slot>, json: bool) -> anyhow::Result<Exit> {
    let mut listing = Listing::new(&[
        ("slot", ""),
        ("slot_ja", "業務区分"),
        ("unconfirmed", "未確認の値"),
        ("key", "キー"),
        ("cases", "件数"),
        ("alone", "これだけの件数"),
        ("first", "最初の世帯"),
    ]);
    let groups = groups(store, municipality, year, slot).await?;
    for group in &groups {
        listing.push(vec![
            group.slot.word().into(),
            group.slot.ja().into(),
            group.ja.clone().into(),
            group.key.clone().into(),
            group.cases.into(),
            group.alone.into(),
            group.first.0.into(),
        ]);
    }
    listing.print(json)?;
    Ok(if groups.is_empty() { Exit::Done } else { Exit::Some })
}

fn row(item: &Item) -> Vec<Value> {
    vec![
        item.household.0.into(),
        item.slot.word().into(),
        item.slot.ja().into(),
        item.waiting.word().into(),
        item.waiting.ja().into(),
        item.reason.clone().into(),
        item.waiting.to_do().into(),
        item.decision.as_ref().map_or(Value::Null, |(id, _)| id.to_string().into()),
        item.since.map_or(Value::Null, |since| since.to_string().into()),
    ]
}

fn run_settle(args: &SettleArgs) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality, officer) = args.desk.open().await?;
        let SettleArgs { year, slot, waiting, way, .. } = *args;
        let which = Which { year, slot, household: HouseholdId(args.household), waiting, matter: None };
        let (item, ordinal) = settle(&store, municipality, which, way, &args.reason, &officer.account, &moment()).await?;
        let (household, what) = (item.household, item.waiting.ja());
        writeln!(std::io::stdout(), "処理{ordinal}: 世帯{household} {}「{what}」を「{}」として処理しました。", slot.ja(), way.ja())?;
        Ok(Exit::Done)
    })
}

fn parse_slot(text: &str) -> Result<Slot, String> {
    Slot::named(text).ok_or_else(|| format!("`{text}` is no slot; use premium, exemption or instalment"))
}

fn parse_waiting(text: &str) -> Result<Waiting, String> {
    let words = || Waiting::ALL.map(Waiting::word).join(", ");
    Waiting::named(text).ok_or_else(|| format!("`{text}` is no reason to wait; use one of {}", words()))
}

fn parse_way(text: &str) -> Result<Way, String> {
    let words = || Way::ALL.map(Way::word).join(", ");
    Way::named(text).ok_or_else(|| format!("`{text}` is no way to settle; use one of {}", words()))
}
