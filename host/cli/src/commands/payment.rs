//! `jorei payment`: batches of payment orders, bank files, and what the bank says of them.
//!
//! Only here a bank file is written to a disk. Absent here: sending it to the bank.

use crate::commands::Exit;
use crate::commands::approve::tell_made;
use crate::commands::listing::Listing;
use crate::commands::officer::{DeskArgs, moment, read_text};
use crate::commands::payee::SealArgs;
use crate::office::{OfficeArgs, parse_date, run, today};
use anyhow::Context as _;
use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt as _};
use jorei_bank::branches::BranchList;
use jorei_bank::results::{Adapter, Encoding, OwnForm, ReturnedTransfers};
use jorei_domain::calendar::Date;
use jorei_domain::id::Digest;
use jorei_service::acts::propose;
use jorei_service::inquiries::check_batch;
use jorei_service::payees::Watch;
use jorei_service::payments::{self, Cut, PaymentError, Sender, Told};
use jorei_store::payments::Outcome;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Pay what was decided (支払).
#[derive(clap::Subcommand)]
pub enum PaymentCommand {
    Prepare(PrepareArgs),
    Show(ShowArgs),
    Release(BatchActArgs),
    Check(CheckArgs),
    Cut(CutArgs),
    /// Take a batch back before it is cut (取下げ); its orders are free again.
    Withdraw(ReasonArgs),
    /// Note that the bank was asked to bring a line back (組戻し). What comes of it is taken in as a result.
    Recall(ReasonArgs),
    Result(ResultArgs),
    Returned(ReturnedArgs),
    List(ListArgs),
}

/// Put the orders of today that can be paid into a batch (支払束) for a bank day.
///
/// What stays behind is listed with why. An order that was decided on another day is decided anew first.
#[derive(clap::Args)]
pub struct PrepareArgs {
    #[command(flatten)]
    desk: DeskArgs,
    #[command(flatten)]
    seal: SealArgs,
    /// The day on which the money moves; banks are open on it.
    #[arg(long, value_parser = parse_date)]
    bank_day: Date,
    /// The office's own account, as JSON: client, name, bank, bank_name, branch, branch_name, kind, number, line_ends.
    #[arg(long)]
    sender: PathBuf,
    /// The list of banks and branches, as CSV.
    #[arg(long)]
    branches: Option<PathBuf>,
    /// Why lines with one account and one amount are right. Without it, of two such lines the second stays behind.
    #[arg(long, default_value = "")]
    remark: String,
}

/// Show a batch and its lines. Accounts are named by their entries.
#[derive(clap::Args)]
pub struct ShowArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// The batch.
    batch: i64,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Ask for the release of a batch (送付承認): another person signs with `jorei approve`, on the same day.
#[derive(clap::Args)]
pub struct BatchActArgs {
    #[command(flatten)]
    desk: DeskArgs,
    /// The batch.
    batch: i64,
    /// Why.
    #[arg(long)]
    reason: String,
}

/// Write the inquiries before payment for a batch; `jorei inquiry run` sends them. Once an hour at most.
#[derive(clap::Args)]
pub struct CheckArgs {
    #[command(flatten)]
    desk: DeskArgs,
    /// The batch.
    batch: i64,
}

/// Cut a released batch into a bank file (振込データ) and write it. Cut again, the same bytes are written.
///
/// Lines that something speaks against stop the whole batch, unless they are to stay behind.
#[derive(clap::Args)]
pub struct CutArgs {
    #[command(flatten)]
    desk: DeskArgs,
    #[command(flatten)]
    seal: SealArgs,
    /// The batch.
    batch: i64,
    /// The file to write; never over one that is there.
    #[arg(long)]
    out: PathBuf,
    /// Stopped lines stay behind.
    #[arg(long)]
    leave_out: bool,
    /// How old, in hours, an inquiry from before the release may be.
    #[arg(long, default_value = "24")]
    fresh_hours: u32,
}

/// A batch or a line, and why.
#[derive(clap::Args)]
pub struct ReasonArgs {
    #[command(flatten)]
    desk: DeskArgs,
    /// The batch, or the line.
    number: i64,
    /// Why; no personal data.
    #[arg(long)]
    reason: String,
}

/// Take in what the bank says (振込結果). The same file again gives the same answer.
#[derive(clap::Args)]
pub struct ResultArgs {
    #[command(flatten)]
    desk: DeskArgs,
    #[command(flatten)]
    seal: SealArgs,
    /// The bank's file.
    file: PathBuf,
    /// Its form: own (CSV in UTF-8), own-sjis, or returned (the list of returned transfers, in the layout of transfers).
    #[arg(long, default_value = "own", value_parser = ["own", "own-sjis", "returned"])]
    form: String,
    /// The day in the header of a list of returned transfers.
    #[arg(long, value_parser = parse_date, required_if_eq("form", "returned"))]
    day: Option<Date>,
}

/// Take in that the money of a paid line came back (資金返却), from paper.
#[derive(clap::Args)]
pub struct ReturnedArgs {
    #[command(flatten)]
    desk: DeskArgs,
    #[command(flatten)]
    seal: SealArgs,
    /// The line.
    line: i64,
    /// The day it came back.
    #[arg(long, value_parser = parse_date)]
    on: Date,
    /// Why, as the bank's form has it: 口座なし, 解約済, 組戻し …
    #[arg(long)]
    reason: String,
}

/// List batches; with --exceptions, results that fit no line.
#[derive(clap::Args)]
pub struct ListArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// Results that fit no line.
    #[arg(long)]
    exceptions: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub fn run_payment(command: &PaymentCommand) -> anyhow::Result<Exit> {
    let watch = Watch::default();
    match command {
        PaymentCommand::Prepare(args) => run(async {
            let (store, here, officer) = args.desk.open().await?;
            let sender: Sender = serde_json::from_str(&read_text(&args.sender)?).with_context(|| args.sender.display().to_string())?;
            let branches = args.branches.as_ref().map(|path| anyhow::Ok(BranchList::read(read_text(path)?.as_bytes())?)).transpose()?;
            let (now, vault) = (moment(), args.seal.vault()?);
            let stamp = now.stamp(&officer.account);
            let (day, remark) = (args.bank_day, args.remark.as_str());
            let prepared =
                payments::prepare(&store, &vault, here, day, &sender, branches.as_ref(), remark, now.today, &watch, &stamp).await?;
            let mut listing = Listing::new(&[("order", "支払命令"), ("why", "除外の理由")]);
            for (order, why) in &prepared.left_out {
                listing.push(vec![(*order).into(), why.ja().into()]);
            }
            listing.print(false)?;
            let batch = &prepared.batch;
            eprintln!(
                "batch {}: {} lines, {} yen; release it today: jorei payment release {0}",
                batch.number,
                batch.lines,
                batch.yen.get()
            );
            Ok(if prepared.left_out.is_empty() { Exit::Done } else { Exit::Some })
        }),
        PaymentCommand::Show(args) => run(async {
            let (store, here) = args.office.open().await?;
            store.batch(here, args.batch).await?.ok_or(PaymentError::NoSuchBatch(args.batch))?;
            let mut listing = Listing::new(&[
                ("line", "明細"),
                ("order", "支払命令"),
                ("household", "世帯"),
                ("yen", "金額"),
                ("account", "口座"),
                ("file", "ファイル"),
                ("held", "保留"),
                ("outcome", "結果"),
                ("reason", "理由"),
            ]);
            for line in store.lines_of_batch(here, args.batch).await? {
                let last = line.outcomes.last();
                listing.push(vec![
                    line.id.into(),
                    line.order.into(),
                    line.household.0.into(),
                    line.yen.get().into(),
                    line.entry.to_string().into(),
                    line.file.into(),
                    line.held.clone().into(),
                    last.map(|(outcome, ..)| outcome.ja()).into(),
                    last.map(|(_, reason, _)| reason.clone()).into(),
                ]);
            }
            listing.print(args.json)?;
            Ok(Exit::Done)
        }),
        PaymentCommand::Release(args) => run(async {
            let (store, here, officer) = args.desk.open().await?;
            let proposal = payments::release(&store, here, args.batch, &args.reason).await?;
            let act = propose(&store, here, &officer, proposal, &moment()).await?;
            tell_made(&store, here, act, false).await?;
            Ok(Exit::Done)
        }),
        PaymentCommand::Check(args) => run(async {
            let (store, here, officer) = args.desk.open().await?;
            let now = moment();
            // Day and hour: the same hour is one round.
            let round: String = now.at.chars().take(13).collect();
            let new = check_batch(&store, here, args.batch, &round, now.today, &watch, &now.stamp(&officer.account)).await?;
            eprintln!("{new} inquiries written; `jorei inquiry run` sends them");
            Ok(Exit::Done)
        }),
        PaymentCommand::Cut(args) => run(async {
            let (store, here, officer) = args.desk.open().await?;
            let (now, vault) = (moment(), args.seal.vault()?);
            let stamp = now.stamp(&officer.account);
            let cut = payments::cut(&store, &vault, here, args.batch, args.leave_out, args.fresh_hours, now.today, &watch, &stamp).await?;
            write_new(&args.out, &cut).with_context(|| format!("writing {} (never over a file that is there)", args.out.display()))?;
            let file = &cut.file;
            eprintln!("file {}: {} lines, {} yen, sha256 {}", file.serial, file.lines, file.yen.get(), file.sha256);
            Ok(Exit::Done)
        }),
        PaymentCommand::Withdraw(args) => run(async {
            let (store, here, officer) = args.desk.open().await?;
            store.withdraw_batch(here, args.number, &args.reason, &moment().stamp(&officer.account)).await?;
            Ok(Exit::Done)
        }),
        PaymentCommand::Recall(args) => run(async {
            let (store, here, officer) = args.desk.open().await?;
            store.recall(here, args.number, &args.reason, &moment().stamp(&officer.account)).await?;
            eprintln!("payment {}: the recall is noted; the bank's answer comes as a result", args.number);
            Ok(Exit::Done)
        }),
        PaymentCommand::Result(args) => run(async {
            let (store, here, officer) = args.desk.open().await?;
            let bytes = std::fs::read(&args.file).with_context(|| format!("reading {}", args.file.display()))?;
            let adapter: Box<dyn Adapter> = match (args.form.as_str(), args.day) {
                ("own-sjis", _) => Box::new(OwnForm { encoding: Encoding::ShiftJis }),
                ("returned", Some(day)) => Box::new(ReturnedTransfers { day }),
                _ => Box::new(OwnForm { encoding: Encoding::Utf8 }),
            };
            let told: Vec<Told> = adapter.read(&mut &bytes[..])?.iter().map(Told::from).collect();
            take(&store, here, &officer.account, args.seal.vault()?, Digest::of(&bytes), &told).await
        }),
        PaymentCommand::Returned(args) => run(async {
            let (store, here, officer) = args.desk.open().await?;
            let payment = u64::try_from(args.line).context("a line's number is above 0")?;
            let told = Told { payment, account: None, yen: None, outcome: Outcome::Returned, reason: args.reason.clone(), on: args.on };
            let source = Digest::of(format!("returned {} {} {}", args.line, args.on, args.reason).as_bytes());
            take(&store, here, &officer.account, args.seal.vault()?, source, &[told]).await
        }),
        PaymentCommand::List(args) => run(async {
            let (store, here) = args.office.open().await?;
            if args.exceptions {
                let mut listing = Listing::new(&[("set", "取込"), ("place", "行"), ("line", "明細"), ("what", "内容")]);
                for (call, one) in store.payment_exceptions(here).await? {
                    listing.push(vec![call.into(), one.place.into(), one.line.into(), one.what.into()]);
                }
                listing.print(args.json)?;
                return Ok(Exit::Done);
            }
            let mut listing = Listing::new(&[
                ("batch", "振込データ"),
                ("decided_on", "決定日"),
                ("bank_day", "振込指定日"),
                ("lines", "件数"),
                ("yen", "金額"),
                ("state", "状態"),
                ("file", "ファイル"),
            ]);
            let mut after = 0;
            loop {
                let page = store.batches(here, after, 1_000).await?;
                let Some(last) = page.last() else { break };
                after = last.number;
                for batch in page {
                    let state = match (&batch.withdrawn, &batch.released, batch.file) {
                        (Some(_), ..) => "取下げ",
                        (_, _, Some(_)) => "作成済",
                        (_, Some(_), None) => "承認済",
                        (None, None, None) if batch.decided_on < today() => "失効（当日中に承認されず）",
                        (None, None, None) => "承認待ち",
                    };
                    listing.push(vec![
                        batch.number.into(),
                        batch.decided_on.to_string().into(),
                        batch.bank_day.to_string().into(),
                        batch.lines.into(),
                        batch.yen.get().into(),
                        state.into(),
                        batch.file.into(),
                    ]);
                }
            }
            listing.print(args.json)?;
            Ok(Exit::Done)
        }),
    }
}

async fn take(
    store: &jorei_store::Store,
    here: jorei_domain::id::Municipality,
    account: &str,
    vault: jorei_service::payees::AccountVault,
    source: Digest,
    told: &[Told],
) -> anyhow::Result<Exit> {
    let now = moment();
    let results = payments::take_results(store, &vault, here, source, told, now.today, &now.stamp(account)).await?;
    eprintln!("{} paid, {} failed, {} returned, {} for a clerk", results.paid, results.failed, results.returned, results.exceptions);
    Ok(if results.exceptions == 0 { Exit::Done } else { Exit::Some })
}

/// A bank file that is not there yet, for its owner alone from its first moment on.
fn write_new(path: &Path, cut: &Cut) -> anyhow::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().context("no file's name")?;
    let folder = Dir::open_ambient_dir(folder, ambient_authority())?;
    let mut file = folder.open_with(name, OpenOptions::new().write(true).create_new(true).mode(0o600))?;
    file.write_all(&cut.bytes)?;
    Ok(file.sync_all()?)
}
