//! `jorei office`: who may act, which vendors count, what rules may reach.

use crate::commands::Exit;
use crate::commands::approve::tell_made;
use crate::commands::key::read_secret_key;
use crate::commands::officer::{DeskArgs, SignersArgs, moment, read_text};
use crate::office::{OfficeArgs, run};
use jorei_domain::act::{Account, Change};
use jorei_service::acts::{Proposal, propose};
use jorei_service::office;
use jorei_service::officer::{Officer, accounts};
use std::io::Write as _;
use std::path::PathBuf;

/// Change who may act, which vendors' signatures count, and what each rule may reach.
#[derive(clap::Subcommand)]
pub enum Office {
    Change(ChangeArgs),
    Show(ShowArgs),
}

/// Make the act that changes the office's settings, or founds the office.
///
/// The file names accounts, vendors, grants, thresholds and roles; what it names takes the place of what
/// was, what it does not name stays. `jorei office show` prints such a file. The act holds once
/// another person has signed it (jorei approve). The first act of an office founds it: its file
/// names at least two accounts, one of them the maker's.
///
///   [[account]]
///   name = "tanaka"
///   key = "RWQ..."              # jorei key show tanaka.key
///   from = "2026-04-01"
///   until = "2027-04-01"        # the first day on which it is no longer good
///
///   [[vendor]]
///   name = "jorei"
///   needed = 1                  # distinct keys that must have signed a package
///   keys = ["RWQ..."]
///   revoked = []                # keys that count no more
///
///   [[grant]]                   # what is not named is denied
///   vendor = "jorei"
///   rule = "premium"
///   records = ["persons", "incomes"]
///   capabilities = ["ordinance"]
///
///   [[threshold]]               # people besides the maker, for a kind of change
///   of = "activation"
///   checkers = 2
///
///   [[access]]                  # what an account may do over HTTP; without one, nothing
///   account = "tanaka"
///   roles = ["assessment"]      # qualification, assessment, benefits, rules, receipts,
///                               # collection, operator, auditor, system; or vendor alone
///   subject = "8a1c..."         # the person in the city's single sign-on, if any
///   # vendor = "jorei"          # for the role vendor: whose rules it sees
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct ChangeArgs {
    #[command(flatten)]
    desk: DeskArgs,
    #[command(flatten)]
    signers: SignersArgs,
    /// The office file (TOML).
    file: PathBuf,
    /// Why.
    #[arg(long)]
    reason: String,
    /// Take effect at once, and stay open until a second person signs. For revoking keys only.
    #[arg(long)]
    emergency: bool,
    /// The act as JSON.
    #[arg(long)]
    json: bool,
}

/// Print the office's settings as an office file.
#[derive(clap::Args)]
pub struct ShowArgs {
    #[command(flatten)]
    office: OfficeArgs,
}

pub fn run_office(command: &Office) -> anyhow::Result<Exit> {
    match command {
        Office::Change(args) => run_change(args),
        Office::Show(args) => run(async {
            let (store, municipality) = args.office.open().await?;
            write!(std::io::stdout(), "{}", office::write(&store, municipality).await?)?;
            Ok(Exit::Done)
        }),
    }
}

fn run_change(args: &ChangeArgs) -> anyhow::Result<Exit> {
    let changes = office::read(&read_text(&args.file)?)?;
    run(async {
        let (store, municipality) = args.desk.office.found().await?;
        let known = accounts(&store, municipality).await?;
        let key = read_secret_key(args.desk.officer.key())?;
        let own: Vec<Account> = if known.is_empty() { changes.iter().filter_map(account).collect() } else { known };
        let officer = Officer::among(&own, municipality, key)?;
        let proposal = office::proposal(&store, municipality, changes, &args.reason).await?;
        let SignersArgs { checkers, only } = &args.signers;
        let proposal = Proposal { checkers: *checkers, eligible: only.clone(), emergency: args.emergency, ..proposal };
        let act = propose(&store, municipality, &officer, proposal, &moment()).await?;
        tell_made(&store, municipality, act, args.json).await?;
        Ok(Exit::Done)
    })
}

fn account(change: &Change) -> Option<Account> {
    match change {
        Change::Account(account) => Some(account.clone()),
        _ => None,
    }
}
