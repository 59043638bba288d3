//! `jorei payee`: to which account a refund goes, what stops it, and what two people say to that.
//!
//! Absent here: whole account numbers on a screen. They are read from standard input and shown with their last two digits.

use crate::commands::Exit;
use crate::commands::approve::tell_made;
use crate::commands::listing::Listing;
use crate::commands::officer::{DeskArgs, moment};
use crate::commands::vault::read_key;
use crate::office::{OfficeArgs, parse_date, run, today};
use anyhow::Context as _;
use jorei_bank::account::{AccountNumber, BankAccount, BankCode, BranchCode, DepositKind};
use jorei_bank::names::HolderName;
use jorei_domain::calendar::Date;
use jorei_service::acts::propose;
use jorei_service::payees::{AccountVault, Entered, PayeeState, Watch, confirm, enter, finding_ja, matches, opened, purge, state, waiting};
use jorei_store::payees::Source;
use serde_json::Value;
use std::io::Read as _;
use std::path::PathBuf;

/// The key under which accounts are sealed.
#[derive(clap::Args)]
pub struct SealArgs {
    /// The file with the vault's key (`jorei vault key new` makes one).
    #[arg(long, env = "JOREI_VAULT_KEY", value_name = "FILE")]
    vault_key: PathBuf,
}

impl SealArgs {
    /// The keys of accounts.
    pub fn vault(&self) -> anyhow::Result<AccountVault> {
        Ok(AccountVault::new(read_key(&self.vault_key)?))
    }
}

/// Work on the accounts that refunds go to (還付先口座).
#[derive(clap::Subcommand)]
pub enum PayeeCommand {
    List(ListArgs),
    Show(ShowArgs),
    Enter(EnterArgs),
    Compare(CompareArgs),
    Confirm(ConfirmArgs),
    Purge(PurgeArgs),
}

/// List the orders whose payee is not ready, each with why and what to do.
#[derive(clap::Args)]
pub struct ListArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Show how far the payee of an order is. The account is masked.
#[derive(clap::Args)]
pub struct ShowArgs {
    #[command(flatten)]
    office: OfficeArgs,
    #[command(flatten)]
    seal: SealArgs,
    /// The payment order.
    order: i64,
}

/// Enter the account of a claim form (請求書), for two people to put in use.
///
/// The account is read from standard input, one line: bank (4 digits), branch (3), kind of deposit (1, 2, 4, 9), number, holder in
/// kana, with commas between. Entered again it is the same account.
#[derive(clap::Args)]
pub struct EnterArgs {
    #[command(flatten)]
    desk: DeskArgs,
    #[command(flatten)]
    seal: SealArgs,
    /// The payment order.
    order: i64,
    /// The day of the claim.
    #[arg(long, value_parser = parse_date)]
    applied_on: Date,
    /// The account of the direct debit, which the payee agreed to.
    #[arg(long)]
    direct_debit: bool,
    /// Why; without the account.
    #[arg(long)]
    reason: String,
}

/// Compare an account typed again from the document with the one entered, before signing. Exit status: 0 when they are the same.
#[derive(clap::Args)]
pub struct CompareArgs {
    #[command(flatten)]
    office: OfficeArgs,
    #[command(flatten)]
    seal: SealArgs,
    /// The payment order. The account is read from standard input, as for `enter`.
    order: i64,
}

/// Confirm that the account in use is right against what is found now, for a second person to sign.
///
/// What is found later stops the payment again. The account never changes by this.
#[derive(clap::Args)]
pub struct ConfirmArgs {
    #[command(flatten)]
    desk: DeskArgs,
    #[command(flatten)]
    seal: SealArgs,
    /// The payment order.
    order: i64,
    /// How it was found to be right; without the account.
    #[arg(long)]
    reason: String,
}

/// Destroy the accounts of matters that are closed (保存期間の満了). A record of each stays.
#[derive(clap::Args)]
pub struct PurgeArgs {
    #[command(flatten)]
    desk: DeskArgs,
    /// Closed so many days ago, or more.
    #[arg(long)]
    days: u32,
}

pub fn run_payee(command: &PayeeCommand) -> anyhow::Result<Exit> {
    let watch = Watch::default();
    match command {
        PayeeCommand::List(args) => run(async {
            let (store, here) = args.office.open().await?;
            let mut listing = Listing::new(&[("order", "支払命令"), ("household", "世帯"), ("state", ""), ("why", "状態")]);
            let states = waiting(&store, here, today(), &watch).await?;
            for state in &states {
                let PayeeState { order, .. } = state;
                listing.push(vec![order.number.into(), order.household.0.into(), state.word().into(), state.ja().into()]);
            }
            listing.print(args.json)?;
            Ok(if states.is_empty() { Exit::Done } else { Exit::Some })
        }),
        PayeeCommand::Show(args) => run(async {
            let (store, here) = args.office.open().await?;
            let vault = args.seal.vault()?;
            let state = state(&store, here, args.order, today(), &watch).await?;
            let mut listing = Listing::new(&[("item", "項目"), ("value", "内容")]);
            let mut row = |item: &str, value: Value| listing.push(vec![item.into(), value]);
            row("支払命令", args.order.into());
            row("状態", state.ja().into());
            if let Some(account) = &state.account {
                let shown =
                    if account.tag.is_some() { opened(&store, &vault, here, account).await?.masked() } else { "廃棄済".to_owned() };
                row("口座", shown.into());
                row("出所", account.source.ja().into());
                row("申請日", account.applied_on.to_string().into());
                row("取得日", account.obtained_on.to_string().into());
                row("名義", account.holder.ja().into());
            }
            for finding in &state.all_findings {
                let open = state.findings.contains(finding);
                row(if open { "要確認" } else { "確認済" }, finding_ja(&finding.word()).into());
            }
            listing.print(false)?;
            Ok(if state.standing.is_ready() { Exit::Done } else { Exit::Some })
        }),
        PayeeCommand::Enter(args) => run(async {
            let (store, here, officer) = args.desk.open().await?;
            let source = if args.direct_debit { Source::DirectDebit } else { Source::ClaimForm };
            let entered = Entered { source, applied_on: args.applied_on, account: typed()? };
            let (now, vault) = (moment(), args.seal.vault()?);
            let stamp = now.stamp(&officer.account);
            let proposal = enter(&store, &vault, here, args.order, &entered, &args.reason, now.today, &watch, &stamp).await?;
            let act = propose(&store, here, &officer, proposal, &now).await?;
            tell_made(&store, here, act, false).await?;
            Ok(Exit::Done)
        }),
        PayeeCommand::Compare(args) => run(async {
            let (store, here) = args.office.open().await?;
            let state = state(&store, here, args.order, today(), &watch).await?;
            let account = state.account.context("the order has no account yet")?;
            let same = matches(&store, &args.seal.vault()?, here, account.entry, &typed()?).await?;
            eprintln!("{}", if same { "口座は一致しています" } else { "口座が一致しません。書類を確認してください" });
            Ok(if same { Exit::Done } else { Exit::Some })
        }),
        PayeeCommand::Confirm(args) => run(async {
            let (store, here, officer) = args.desk.open().await?;
            let now = moment();
            let proposal = confirm(&store, &args.seal.vault()?, here, args.order, &args.reason, now.today, &watch).await?;
            let act = propose(&store, here, &officer, proposal, &now).await?;
            tell_made(&store, here, act, false).await?;
            Ok(Exit::Done)
        }),
        PayeeCommand::Purge(args) => run(async {
            let (store, here, officer) = args.desk.open().await?;
            let now = moment();
            let destroyed = purge(&store, here, now.today, i64::from(args.days), &now.stamp(&officer.account)).await?;
            eprintln!("{destroyed} entries destroyed");
            Ok(Exit::Done)
        }),
    }
}

/// An account from standard input. Nothing of it is repeated where it is wrong.
fn typed() -> anyhow::Result<BankAccount> {
    let mut text = String::new();
    std::io::stdin().take(4_096).read_to_string(&mut text).context("reading the account from standard input")?;
    let parts: Vec<&str> = text.trim().splitn(5, ',').map(str::trim).collect();
    let [bank, branch, kind, number, holder] = parts.as_slice() else {
        anyhow::bail!("the account on standard input needs five parts with commas: bank,branch,kind,number,holder")
    };
    Ok(BankAccount {
        bank: BankCode::parse(bank)?,
        branch: BranchCode::parse(branch)?,
        kind: DepositKind::of(kind.parse().unwrap_or(0))?,
        number: AccountNumber::parse(number)?,
        holder: HolderName::normalise(holder)?,
    })
}
