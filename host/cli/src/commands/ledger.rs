//! `jorei ledger`: what stands on the accounts, how it came about, and whether it adds up.

use crate::commands::Exit;
use crate::commands::listing::{ListArgs, Listing};
use crate::commands::officer::{moment, program};
use crate::office::{OfficeArgs, run, today};
use anyhow::bail;
use indicatif::{ProgressBar, ProgressStyle};
use jorei_domain::id::{Digest, HouseholdId};
use jorei_service::ledger::{account_ja, check as check_ledger, phase_ja, standing};
use jorei_service::levy;
use std::io::Write as _;

/// Look at the ledger (収納・還付の台帳).
#[derive(clap::Subcommand)]
pub enum LedgerCommand {
    Show(ShowArgs),
    /// The sums of every kind of account.
    Totals(ListArgs),
    Check(CheckArgs),
    Posting(PostingArgs),
    Levy(LevyArgs),
}

/// Show what stands on a household's accounts, and every transfer that touched them.
#[derive(clap::Args)]
pub struct ShowArgs {
    /// The household.
    household: i64,
    /// The balances only.
    #[arg(long)]
    balances: bool,
    #[command(flatten)]
    list: ListArgs,
}

/// Add every transfer up again, and hold what is assessed against the decisions.
///
/// Names each account whose balance says otherwise, and each instalment that is not assessed at what was decided. Exit
/// status: 0 when all agrees, 1 otherwise.
#[derive(clap::Args)]
pub struct CheckArgs {
    #[command(flatten)]
    office: OfficeArgs,
}

/// Show one posting with its transfers, and from which decision or file it follows.
#[derive(clap::Args)]
pub struct PostingArgs {
    /// The posting's id.
    id: String,
    #[command(flatten)]
    list: ListArgs,
}

/// Post what settled instalment decisions bill and the ledger does not say.
///
/// Decisions post as they are kept; this is for those from before the ledger was. A second run posts nothing.
#[derive(clap::Args)]
pub struct LevyArgs {
    #[command(flatten)]
    office: OfficeArgs,
}

pub fn run_ledger(command: &LedgerCommand) -> anyhow::Result<Exit> {
    match command {
        LedgerCommand::Show(args) => run(show(args)),
        LedgerCommand::Totals(args) => run(totals(args)),
        LedgerCommand::Check(args) => run(check(args)),
        LedgerCommand::Posting(args) => run(posting(args)),
        LedgerCommand::Levy(args) => run(levy_all(args)),
    }
}

async fn show(args: &ShowArgs) -> anyhow::Result<Exit> {
    let (store, municipality) = args.list.office.open().await?;
    let household = HouseholdId(args.household);
    let mut balances = Listing::new(&[("account", "科目"), ("balance_yen", "残高"), ("pending_yen", "仮計上")]);
    for (account, balance) in store.balances(municipality, household).await? {
        let (stands, pending) = standing(account.kind, &balance);
        balances.push(vec![account_ja(&account).into(), stands.into(), pending.into()]);
    }
    if args.balances || !args.list.json {
        balances.print(args.list.json)?;
    }
    if args.balances {
        return Ok(Exit::Done);
    }
    let mut entries = Listing::new(&[
        ("ordinal", "順"),
        ("booked_on", "記帳日"),
        ("effective_on", "効力日"),
        ("event", "事由"),
        ("debit", "借方"),
        ("credit", "貸方"),
        ("yen", "金額"),
        ("phase", "段階"),
        ("reference", "根拠"),
        ("posting", "仕訳"),
    ]);
    for entry in store.entries(municipality, household).await? {
        let transfer = &entry.transfer;
        entries.push(vec![
            entry.ordinal.into(),
            entry.booked_on.to_string().into(),
            transfer.effective.to_string().into(),
            entry.event.ja().into(),
            account_ja(&transfer.debit).into(),
            account_ja(&transfer.credit).into(),
            transfer.yen.get().into(),
            phase_ja(transfer).into(),
            entry.reference.into(),
            entry.id.posting.to_string().into(),
        ]);
    }
    entries.print(args.list.json)?;
    Ok(Exit::Done)
}

async fn totals(args: &ListArgs) -> anyhow::Result<Exit> {
    let (store, municipality) = args.office.open().await?;
    let mut listing = Listing::new(&[
        ("account", "科目"),
        ("debits_yen", "借方計"),
        ("credits_yen", "貸方計"),
        ("balance_yen", "残高"),
        ("pending_yen", "仮計上"),
    ]);
    for (kind, balance) in store.totals(municipality).await? {
        let (stands, pending) = standing(kind, &balance);
        listing.push(vec![kind.ja().into(), balance.debits.into(), balance.credits.into(), stands.into(), pending.into()]);
    }
    listing.print(args.json)?;
    Ok(Exit::Done)
}

async fn check(args: &CheckArgs) -> anyhow::Result<Exit> {
    let (store, municipality) = args.office.open().await?;
    let wrong = check_ledger(&store, municipality, today()).await?;
    let mut out = std::io::stdout().lock();
    for wrong in &wrong {
        writeln!(out, "{wrong}")?;
    }
    if wrong.is_empty() {
        writeln!(out, "台帳は一致しています")?;
        return Ok(Exit::Done);
    }
    eprintln!("the ledger differs in {} place(s)", wrong.len());
    Ok(Exit::Some)
}

async fn posting(args: &PostingArgs) -> anyhow::Result<Exit> {
    let (store, municipality) = args.list.office.open().await?;
    let Some(id) = Digest::parse(&args.id) else { bail!("`{}` is no id of a posting: 64 hexadecimal digits", args.id) };
    let Some(stored) = store.posting(municipality, id).await? else { bail!("there is no posting {id}") };
    if !args.list.json {
        let mut out = std::io::stdout().lock();
        let posting = &stored.posting;
        writeln!(out, "{}（第{}号）記帳日 {} {} {}", posting.event.ja(), stored.ordinal, posting.booked_on, stored.by, stored.at)?;
        writeln!(out, "根拠: {}", posting.reference)?;
        if let Some(decision) = posting.decision {
            writeln!(out, "決定: {decision}（jorei explain {}）", decision.short())?;
        }
    }
    let mut listing = Listing::new(&[
        ("line", "行"),
        ("effective_on", "効力日"),
        ("debit", "借方"),
        ("credit", "貸方"),
        ("yen", "金額"),
        ("phase", "段階"),
    ]);
    for (line, transfer) in (0_u32..).zip(&stored.posting.transfers) {
        listing.push(vec![
            line.into(),
            transfer.effective.to_string().into(),
            account_ja(&transfer.debit).into(),
            account_ja(&transfer.credit).into(),
            transfer.yen.get().into(),
            phase_ja(transfer).into(),
        ]);
    }
    listing.print(args.list.json)?;
    Ok(Exit::Done)
}

async fn levy_all(args: &LevyArgs) -> anyhow::Result<Exit> {
    let (store, municipality) = args.office.open().await?;
    let bar = ProgressBar::new_spinner().with_style(ProgressStyle::with_template("{spinner} {pos}")?);
    let made =
        levy::catch_up(&store, municipality, today(), &moment().stamp(&program("ledger levy")), |done| bar.set_position(done)).await?;
    bar.finish_and_clear();
    writeln!(std::io::stdout(), "調定 {made}件を記帳しました")?;
    Ok(Exit::Done)
}
