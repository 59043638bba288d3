//! `jorei ordinance`: drafts, checks, confirmed values.

use crate::commands::Exit;
use crate::commands::approve::tell_made;
use crate::commands::listing::{ListArgs, Listing};
use crate::commands::officer::{DeskArgs, moment, read_text};
use crate::office::{OfficeArgs, run, runtime};
use anyhow::{Context as _, bail};
use jorei_domain::id::{Digest, Municipality};
use jorei_service::confirmation::confirm;
use jorei_service::ordinance::{Ordinance, is_draft_name};
use jorei_service::revisions::load_rule;
use jorei_service::value_states::unconfirmed;
use jorei_store::Store;
use std::io::Write as _;
use std::path::PathBuf;

/// Edit ordinances as drafts, check them, confirm their values.
#[derive(clap::Subcommand)]
pub enum OrdinanceCommand {
    Draft(DraftArgs),
    /// List the drafts.
    Drafts(ListArgs),
    Show(ShowArgs),
    Check(CheckArgs),
    Confirm(ConfirmArgs),
}

/// Keep a file as the next version of a draft.
///
/// A draft decides nothing. If somebody else saved it since you took it, nothing is overwritten:
/// say with --over which version you started from.
#[derive(clap::Args)]
pub struct DraftArgs {
    #[command(flatten)]
    desk: DeskArgs,
    /// The draft's name.
    name: String,
    /// The file (TOML).
    file: PathBuf,
    /// The version you started from; 0 for a new draft.
    #[arg(long, default_value = "0")]
    over: i64,
}

/// Print an ordinance or a draft as it was written.
#[derive(clap::Args)]
pub struct ShowArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// A draft's name, or an ordinance's digest or its first digits (jorei revision list).
    name: String,
    /// A version of the draft other than the latest.
    #[arg(long)]
    draft_version: Option<i64>,
}

/// Check an ordinance or a draft against a rule: its schema, and the rule itself.
///
/// Prints every problem with its place. Exit status: 0 when there is none, 2 otherwise.
#[derive(clap::Args)]
pub struct CheckArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// A draft's name, or an ordinance's digest or its first digits.
    name: String,
    /// The rule, or its first digits (jorei rule list).
    #[arg(long)]
    rule: String,
}

/// Make the act that confirms values: assumed or second-hand become sourced.
///
/// The act shows each value before and after, and holds once another person has signed. The new
/// ordinance is made into a revision like any other (jorei revision make).
///
/// Example: jorei ordinance confirm 7c1e --value 'rounding[0]' --source "条例第12条"
#[derive(clap::Args)]
pub struct ConfirmArgs {
    #[command(flatten)]
    desk: DeskArgs,
    /// The ordinance's digest, or its first digits.
    ordinance: String,
    /// The value: a block (`rounding[0]`) or a value with a state of its own
    /// (`rounding[0].unit_yen`). Several are confirmed together. Without one: those that are to be
    /// confirmed are listed.
    #[arg(long = "value")]
    values: Vec<String>,
    /// Where it was read.
    #[arg(long, default_value = "")]
    source: String,
    /// The act as JSON.
    #[arg(long)]
    json: bool,
}

pub fn run_ordinance(command: &OrdinanceCommand) -> anyhow::Result<Exit> {
    run(async {
        match command {
            OrdinanceCommand::Draft(args) => {
                let (store, municipality, officer) = args.desk.open().await?;
                let text = read_text(&args.file)?;
                if !is_draft_name(&args.name) {
                    bail!(
                        "a draft's name has 1 to 64 of a-z, 0-9, - and _, and is not like the digits of a digest: `{}`",
                        args.name.escape_debug()
                    );
                }
                let stamp = moment().stamp(&officer.account);
                let version = store.save_draft(municipality, &args.name, args.over, &text, &stamp).await?;
                eprintln!("draft {} version {version}", args.name);
            }
            OrdinanceCommand::Drafts(args) => {
                let (store, municipality) = args.office.open().await?;
                let mut listing =
                    Listing::new(&[("name", "名称"), ("version", "版"), ("by", "登録者"), ("at", "登録日時"), ("digest", "照合値")]);
                for draft in store.drafts(municipality).await? {
                    let digest = Digest::of(draft.written.as_bytes()).to_string();
                    listing.push(vec![draft.name.into(), draft.version.into(), draft.by.into(), draft.at.into(), digest.into()]);
                }
                listing.print(args.json)?;
            }
            OrdinanceCommand::Show(args) => {
                let (store, municipality) = args.office.open().await?;
                write!(std::io::stdout(), "{}", written(&store, municipality, &args.name, args.draft_version).await?)?;
            }
            OrdinanceCommand::Check(args) => {
                let (store, municipality) = args.office.open().await?;
                let text = written(&store, municipality, &args.name, None).await?;
                let rule = find_rule(&store, municipality, &args.rule).await?;
                let rule = load_rule(&store, &runtime()?, municipality, rule, None).await?;
                let ordinance = Ordinance::check(&rule, &text)?;
                eprintln!("{} {}: {} segment(s), no problem", ordinance.municipality, ordinance.name, ordinance.settings.segments().len());
            }
            OrdinanceCommand::Confirm(args) => {
                let (store, municipality) = args.desk.office.open().await?;
                let ordinance = find_ordinance(&store, municipality, &args.ordinance).await?;
                if args.values.is_empty() {
                    let text = store.ordinance(municipality, ordinance).await?.unwrap_or_default();
                    for path in unconfirmed(&text) {
                        writeln!(std::io::stdout(), "{path}")?;
                    }
                    return Ok(Exit::Done);
                }
                let officer = args.desk.officer.officer(&store, municipality).await?;
                let what = (args.values.as_slice(), args.source.as_str());
                let (act, result) = confirm(&store, municipality, &officer, ordinance, what, &moment()).await?;
                tell_made(&store, municipality, act, args.json).await?;
                eprintln!("the ordinance with the values confirmed is {result}");
            }
        }
        Ok(Exit::Done)
    })
}

/// A draft by its name, or an ordinance by its digits.
pub async fn written(store: &Store, municipality: Municipality, name: &str, version: Option<i64>) -> anyhow::Result<String> {
    if let Some(draft) = store.draft(municipality, name, version).await? {
        return Ok(draft.written);
    }
    let ordinance =
        find_ordinance(store, municipality, name).await.with_context(|| format!("`{name}` is no draft (jorei ordinance drafts)"))?;
    store.ordinance(municipality, ordinance).await?.context("the ordinance's text is not there")
}

/// An ordinance by its first digits.
async fn find_ordinance(store: &Store, municipality: Municipality, prefix: &str) -> anyhow::Result<Digest> {
    one("ordinance", prefix, store.ordinances(municipality).await?)
}

/// An admitted rule by its first digits.
pub async fn find_rule(store: &Store, municipality: Municipality, prefix: &str) -> anyhow::Result<Digest> {
    let admitted = store.admissions(municipality).await?.into_iter().filter(|admission| admission.admitted);
    one("admitted rule", prefix, admitted.filter_map(|admission| admission.rule).collect())
}

fn one(what: &str, prefix: &str, mut digests: Vec<Digest>) -> anyhow::Result<Digest> {
    digests.sort_unstable();
    digests.dedup();
    digests.retain(|digest| digest.to_string().starts_with(prefix));
    match digests.as_slice() {
        [one] => Ok(*one),
        [] => bail!("there is no {what} {prefix}"),
        _ => bail!("several digests of a kind ({what}) begin with {prefix}; give more digits"),
    }
}
