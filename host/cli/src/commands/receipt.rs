//! `jorei receipt` and `jorei reconcile`: what the channels tell, what clerks do about it, and whether the bank delivered it.

use crate::commands::Exit;
use crate::commands::listing::{Listing, PageArgs};
use crate::commands::officer::{DeskArgs, moment, program};
use crate::office::{OfficeArgs, parse_date, parse_year, run, today};
use anyhow::{Context as _, bail};
use indicatif::{ProgressBar, ProgressStyle};
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::id::HouseholdId;
use jorei_domain::ledger::Instalment;
use jorei_domain::money::grouped;
use jorei_domain::record::COLLECTIONS;
use jorei_service::receipts::forms::source_ja;
use jorei_service::receipts::matching::{Mistake, Order};
use jorei_service::receipts::{ReceiveError, Request, Taken, Way, receive, settle};
use jorei_service::reconciliation::{Terms, control, reconcile};
use jorei_store::receipts::Known;
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::PathBuf;

/// Take receipts from the channels, and settle those that fit nothing (収納・消込).
#[derive(clap::Subcommand)]
pub enum ReceiptCommand {
    Import(ImportArgs),
    List(ListArgs),
    Exceptions(ExceptionsArgs),
    Match(MatchArgs),
    Reverse(ReverseArgs),
}

/// Take files of the channels or statements of the bank, each whole or not at all.
///
/// Files of a channel come in the order of their serials: one that is missing keeps the later ones waiting. A file that was
/// taken before does nothing again. Where lines are wrong, each is listed with line and column, the file is not taken, and
/// the exit status is 1.
///
/// Example: jorei receipt import コンビニ-速報-0012.csv
#[derive(clap::Args)]
pub struct ImportArgs {
    /// The files, in the order in which they are taken.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The day they are booked (収納日) [default: today].
    #[arg(long, value_parser = parse_date)]
    on: Option<Date>,
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    office: OfficeArgs,
}

/// List receipts, or the files they came in.
#[derive(clap::Args)]
pub struct ListArgs {
    /// Only those whose slips name this household.
    #[arg(long)]
    household: Option<i64>,
    /// The files instead.
    #[arg(long, conflicts_with = "household")]
    files: bool,
    #[command(flatten)]
    page: PageArgs,
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    office: OfficeArgs,
}

/// List receipts that a clerk must look at, with why and what to do.
#[derive(clap::Args)]
pub struct ExceptionsArgs {
    #[command(flatten)]
    page: PageArgs,
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    office: OfficeArgs,
}

/// Say what a receipt pays, that it is nobody's debt, or that it stays as it is.
///
/// What it was used for before is undone first. With --overpaid it becomes an overpayment of the household; with --leave it
/// stays, and leaves the list of exceptions.
///
/// Example: jorei receipt match 17 --household 42 --year 2025 --number 3 --reason "納付書控えを確認" --key tanaka.key
#[derive(clap::Args)]
pub struct MatchArgs {
    /// The receipt's number.
    receipt: i64,
    /// The household that it pays for.
    #[arg(long, required_unless_present = "leave")]
    household: Option<i64>,
    /// The fiscal year of the instalment.
    #[arg(long, value_parser = parse_year, required_unless_present = "leave")]
    year: Option<FiscalYear>,
    /// The instalment's number.
    #[arg(long, required_unless_present = "leave")]
    number: Option<u16>,
    /// ordinary_collection or pension_deduction.
    #[arg(long, default_value = "ordinary_collection")]
    collection: String,
    /// Nothing is owed for it: paid_twice, paid_too_much or wrong_payer.
    #[arg(long, conflicts_with = "leave")]
    overpaid: Option<String>,
    /// Leave it as it is.
    #[arg(long, conflicts_with_all = ["household", "year", "number"])]
    leave: bool,
    /// Why, without personal data: it is kept for ever.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    desk: DeskArgs,
}

/// Take a confirmed receipt back that its channel does not deliver, without a file: a cheque that bounced.
///
/// What it had paid is owed again; what of it was refunded already is a claim.
#[derive(clap::Args)]
pub struct ReverseArgs {
    /// The receipt's number.
    receipt: i64,
    /// Why, without personal data: it is kept for ever.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    desk: DeskArgs,
}

/// Hold what each channel told of each day against what the bank delivered (収納照合).
///
/// Each day comes to zero, or its difference has a name. Then the receipts against the ledger, two ways to the same sums.
/// Exit status: 0 when nothing is open but what there is time for, 1 otherwise.
///
/// Example: jorei reconcile --on 2025-07-31
#[derive(clap::Args)]
pub struct ReconcileArgs {
    /// As it stands on this day [default: today].
    #[arg(long, value_parser = parse_date)]
    on: Option<Date>,
    /// From this day of payment [default: the first day of the fiscal year].
    #[arg(long, value_parser = parse_date)]
    from: Option<Date>,
    /// Bank days within which the money must have come.
    #[arg(long, default_value = "10", value_parser = clap::value_parser!(u32).range(0..=60))]
    deliver_within: u32,
    /// Bank days within which an announcement must have been confirmed.
    #[arg(long, default_value = "5", value_parser = clap::value_parser!(u32).range(0..=60))]
    confirm_within: u32,
    /// Every day, those that come to zero too.
    #[arg(long)]
    all: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    office: OfficeArgs,
}

pub fn run_receipt(command: &ReceiptCommand) -> anyhow::Result<Exit> {
    match command {
        ReceiptCommand::Import(args) => run(import(args)),
        ReceiptCommand::List(args) => run(list(args)),
        ReceiptCommand::Exceptions(args) => run(exceptions(args)),
        ReceiptCommand::Match(args) => run(match_receipt(args)),
        ReceiptCommand::Reverse(args) => run(reverse(args)),
    }
}

async fn import(args: &ImportArgs) -> anyhow::Result<Exit> {
    let booked_on = args.on.unwrap_or_else(today);
    if booked_on > today() {
        bail!("--on {booked_on} has not come yet; today is {}", today());
    }
    let (store, municipality) = args.office.open().await?;
    let request = Request { municipality, booked_on, order: Order::default() };
    let mut shown = Vec::new();
    for path in &args.files {
        let name = path.display();
        let bytes = std::fs::read(path).with_context(|| format!("reading {name}"))?;
        let bar = ProgressBar::new_spinner().with_style(ProgressStyle::with_template("{spinner} {msg} {pos}")?);
        bar.set_message(name.to_string());
        let taken = receive(&store, request, &bytes, &moment().stamp(&program("receipt import")), |lines| bar.set_position(lines)).await;
        bar.finish_and_clear();
        match taken {
            Ok(taken) if args.json => shown.push(of_file(&taken)),
            Ok(taken) => tell(&taken)?,
            Err(ReceiveError::Refused(report)) => {
                write!(std::io::stdout(), "{report}")?;
                eprintln!("{name}: not taken: {} line(s) are wrong", report.len());
                return Ok(Exit::Some);
            }
            Err(error) => return Err(error).with_context(|| format!("taking {name}")),
        }
    }
    if args.json {
        writeln!(std::io::stdout(), "{:#}", Value::from(shown))?;
    }
    Ok(Exit::Done)
}

fn of_file(taken: &Taken) -> Value {
    let told = taken.told.iter().map(|told| {
        json!({ "event": told.kind.word(), "exception": told.exception.map(|one| one.word()), "used": told.used, "count": told.count, "yen": told.yen })
    });
    json!({ "file": taken.file.number, "source": source_ja(taken.file.source), "kind": taken.file.kind.word(), "serial": taken.file.serial,
        "rows": taken.file.rows, "unpaid": taken.file.unpaid, "yen": taken.file.yen, "before": taken.before,
        "deliveries": taken.deliveries, "told": told.collect::<Vec<_>>() })
}

fn tell(taken: &Taken) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let file = &taken.file;
    let before = if taken.before { "（取込済みのファイルです。何も変更していません）" } else { "" };
    writeln!(out, "{} {} 第{}号 {}件 {}円{before}", source_ja(file.source), file.kind.ja(), file.serial, file.rows, grouped(file.yen))?;
    if file.unpaid > 0 {
        writeln!(out, "  不能 {}件", file.unpaid)?;
    }
    if taken.deliveries > 0 {
        writeln!(out, "  入金 {}件", taken.deliveries)?;
    }
    for told in &taken.told {
        let used = if told.used { "・消込済" } else { "" };
        let exception = told.exception.map(|exception| format!(" 要確認: {}", exception.ja())).unwrap_or_default();
        writeln!(out, "  {}{used} {}件 {}円{exception}", told.kind.ja(), told.count, grouped(told.yen))?;
    }
    Ok(())
}

async fn list(args: &ListArgs) -> anyhow::Result<Exit> {
    let (store, municipality) = args.office.open().await?;
    if args.files {
        let mut listing = Listing::new(&[
            ("number", "番号"),
            ("channel", "収納区分"),
            ("kind", "種別"),
            ("serial", "ファイル番号"),
            ("made_on", "作成日"),
            ("booked_on", "収納日"),
            ("lines", "件数"),
            ("unpaid", "不能"),
            ("yen", "金額"),
            ("at", "取込"),
            ("by", "取込者"),
        ]);
        for file in store.receipt_files(municipality, i64::MAX, args.page.limit).await? {
            listing.push(vec![
                file.number.into(),
                source_ja(file.source).into(),
                file.kind.ja().into(),
                file.serial.into(),
                file.made_on.to_string().into(),
                file.booked_on.to_string().into(),
                file.rows.into(),
                file.unpaid.into(),
                file.yen.into(),
                file.at.into(),
                file.by.into(),
            ]);
        }
        listing.print(args.json)?;
        return Ok(Exit::Done);
    }
    let found = match args.household {
        Some(household) => store.receipts_of(municipality, HouseholdId(household)).await?,
        None => store.receipts(municipality, args.page.after, args.page.limit).await?,
    };
    print(&found, args.json)?;
    Ok(Exit::Done)
}

async fn exceptions(args: &ExceptionsArgs) -> anyhow::Result<Exit> {
    let (store, municipality) = args.office.open().await?;
    print(&store.receipt_exceptions(municipality, args.page.after, args.page.limit).await?, args.json)?;
    Ok(Exit::Done)
}

fn print(receipts: &[Known], json: bool) -> anyhow::Result<()> {
    let mut listing = Listing::new(&[
        ("number", "番号"),
        ("channel", "収納区分"),
        ("reference", "取扱番号"),
        ("state", "状態"),
        ("paid_on", "納付日"),
        ("booked_on", "収納日"),
        ("yen", "金額"),
        ("household", "世帯"),
        ("instalment", "期別"),
        ("slip", "納付番号"),
        ("exception", "要確認"),
    ]);
    for known in receipts {
        let Some(told) = known.told().or(known.events.first()) else { continue };
        listing.push(vec![
            known.number.into(),
            source_ja(known.channel).into(),
            known.reference.as_str().into(),
            known.stage().map_or("通知なし", |stage| stage.ja()).into(),
            told.paid_on.to_string().into(),
            told.booked_on.to_string().into(),
            told.yen.get().into(),
            told.pays.map(|pays| pays.0.0).into(),
            told.pays.map(|pays| pays.1.to_string()).into(),
            told.slip.as_str().into(),
            known.exception().map(|exception| exception.ja()).into(),
        ]);
    }
    listing.print(json)
}

async fn match_receipt(args: &MatchArgs) -> anyhow::Result<Exit> {
    let way = match (args.household, args.year, args.number) {
        (Some(household), Some(year), Some(number)) => {
            let collection = COLLECTIONS.iter().position(|word| *word == args.collection);
            let collection = collection.and_then(|place| u8::try_from(place).ok());
            let collection = collection.with_context(|| format!("--collection {}: none of {}", args.collection, COLLECTIONS.join(", ")))?;
            if !(1..1_000).contains(&number) {
                bail!("--number {number}: an instalment has a number from 1 to 999");
            }
            let instalment = Instalment { year: year.year(), collection, number };
            match &args.overpaid {
                None => Way::Match(HouseholdId(household), instalment),
                Some(word) => {
                    let mistake = Mistake::ALL.into_iter().find(|mistake| mistake.word() == word);
                    let known = || Mistake::ALL.map(Mistake::word).join(", ");
                    Way::Overpaid(
                        HouseholdId(household),
                        instalment,
                        mistake.with_context(|| format!("--overpaid {word}: none of {}", known()))?,
                    )
                }
            }
        }
        _ => Way::Leave,
    };
    act(args.receipt, way, &args.reason, &args.desk).await
}

async fn reverse(args: &ReverseArgs) -> anyhow::Result<Exit> {
    act(args.receipt, Way::Reverse, &args.reason, &args.desk).await
}

async fn act(receipt: i64, way: Way, reason: &str, desk: &DeskArgs) -> anyhow::Result<Exit> {
    let (store, municipality, officer) = desk.open().await?;
    let request = Request { municipality, booked_on: today(), order: Order::default() };
    settle(&store, request, receipt, way, reason, &moment().stamp(&officer.account)).await?;
    let what = match way {
        Way::Match(..) => "消し込みました",
        Way::Overpaid(..) => "過誤納金としました",
        Way::Leave => "保留しました",
        Way::Reverse => "収納を取り消しました",
    };
    writeln!(std::io::stdout(), "収納 {receipt} を{what}")?;
    Ok(Exit::Done)
}

pub fn run_reconcile(args: &ReconcileArgs) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality) = args.office.open().await?;
        let on = args.on.unwrap_or_else(today);
        let stretch = (args.from.unwrap_or_else(|| FiscalYear::of(on).first_day()), on.tomorrow());
        let terms = Terms { delivered_within: args.deliver_within, confirmed_within: args.confirm_within };
        let mut listing = Listing::new(&[
            ("paid_on", "納付日"),
            ("channel", "収納区分"),
            ("announced_yen", "速報"),
            ("received_yen", "確報"),
            ("reversed_yen", "取消"),
            ("delivered_yen", "入金"),
            ("difference_yen", "差額"),
            ("findings", "内容"),
        ]);
        let sums = reconcile(&store, municipality, stretch, on, terms, |day| {
            if day.findings.is_empty() && !args.all {
                return;
            }
            let of = &day.collected;
            let findings: Vec<String> = day.findings.iter().map(|finding| finding.ja()).collect();
            listing.push(vec![
                day.day.to_string().into(),
                source_ja(day.channel).into(),
                of.announced_yen.into(),
                of.received_yen.into(),
                of.reversed_yen.into(),
                (of.delivered_yen - of.taken_back_yen).into(),
                day.difference_yen().into(),
                findings.join("、").into(),
            ]);
        })
        .await?;
        listing.print(args.json)?;
        let control = control(&store, municipality).await?;
        let done = sums.open == 0 && control.agrees();
        if !args.json {
            let mut out = std::io::stdout().lock();
            writeln!(
                out,
                "{}日・区分: 一致 {}、待ち {}、要確認 {}、差額計 {}円",
                sums.days,
                sums.even,
                sums.waiting,
                sums.open,
                grouped(sums.difference_yen())
            )?;
            let agrees = if control.agrees() { "一致" } else { "不一致。jorei ledger check を実行してください" };
            writeln!(
                out,
                "収納データ計 {}円、台帳計 {}円（消込 {}円、仮受 {}円）: {agrees}",
                grouped(control.told_yen()),
                grouped(control.booked_yen),
                grouped(control.used_yen()),
                grouped(control.unmatched_yen)
            )?;
        }
        Ok(if done { Exit::Done } else { Exit::Some })
    })
}
