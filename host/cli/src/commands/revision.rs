//! `jorei revision`: rule and ordinance together.

use crate::commands::Exit;
use crate::commands::activate::find;
use crate::commands::listing::{ListArgs, Listing};
use crate::commands::officer::{DeskArgs, moment};
use crate::commands::ordinance::{find_rule, written};
use crate::office::{OfficeArgs, parse_date, run, runtime};
use jorei_domain::calendar::Date;
use jorei_domain::id::Digest;
use jorei_domain::slot::Slot;
use jorei_service::activation::stretches;
use jorei_service::revisions::{make, manifest};
use serde_json::Value;
use std::io::Write as _;

/// Decisions of one page.
const PAGE: u32 = 1_000;

/// Put rules and ordinances together, see which are in force, list what a revision decided.
#[derive(clap::Subcommand)]
pub enum RevisionCommand {
    Make(MakeArgs),
    /// List the revisions, the newest last.
    List(ListArgs),
    InForce(InForceArgs),
    Decisions(DecisionsArgs),
}

/// Put an admitted rule and an ordinance together.
///
/// The ordinance is checked against the rule's schema and by the rule itself. A value that was
/// assumed or second-hand before and is called sourced now must have been confirmed (jorei
/// ordinance confirm). The revision is not in force: see `jorei shadow run`, `jorei activate`.
#[derive(clap::Args)]
pub struct MakeArgs {
    #[command(flatten)]
    desk: DeskArgs,
    /// The rule, or its first digits (jorei rule list).
    #[arg(long)]
    rule: String,
    /// A draft's name, or an ordinance's digest or its first digits.
    #[arg(long)]
    ordinance: String,
}

/// Which revision answers which case dates.
#[derive(clap::Args)]
pub struct InForceArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// First case date.
    #[arg(long, value_parser = parse_date, default_value = "2008-04-01")]
    from: Date,
    /// First case date after those.
    #[arg(long, value_parser = parse_date, default_value = "2099-04-01")]
    until: Date,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// List every decision that a revision made.
#[derive(clap::Args)]
pub struct DecisionsArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// The revision, or its first digits; with --everywhere the whole digest.
    revision: String,
    /// In every municipality of the database: a fault in a revision has them all.
    #[arg(long)]
    everywhere: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub fn run_revision(command: &RevisionCommand) -> anyhow::Result<Exit> {
    run(async {
        match command {
            RevisionCommand::Make(args) => {
                let (store, municipality, officer) = args.desk.open().await?;
                let rule = find_rule(&store, municipality, &args.rule).await?;
                let text = written(&store, municipality, &args.ordinance, None).await?;
                let revision = make(&store, &runtime()?, municipality, rule, &text, &moment(), &officer.account).await?;
                writeln!(std::io::stdout(), "revision {revision}")?;
            }
            RevisionCommand::List(args) => {
                let (store, municipality) = args.office.open().await?;
                let mut listing = Listing::new(&[
                    ("revision", "改版"),
                    ("slot", ""),
                    ("slot_ja", "業務区分"),
                    ("rule", "ルール"),
                    ("id", "名称"),
                    ("version", "版"),
                    ("ordinance", "条例設定"),
                    ("paused", "停止の理由"),
                ]);
                for kept in store.revisions(municipality).await? {
                    let manifest = manifest(&store, municipality, kept.rule).await?;
                    let (id, version) = manifest.map(|manifest| (manifest.id, manifest.version)).unwrap_or_default();
                    let paused = store.pause_of(municipality, &kept.slot, kept.digest).await?;
                    listing.push(vec![
                        kept.digest.to_string().into(),
                        kept.slot.clone().into(),
                        Slot::named(&kept.slot).map(Slot::ja).into(),
                        kept.rule.to_string().into(),
                        id.into(),
                        version.into(),
                        kept.ordinance.to_string().into(),
                        paused.map_or(Value::Null, |pause| pause.reason.into()),
                    ]);
                }
                listing.print(args.json)?;
            }
            RevisionCommand::InForce(args) => {
                let (store, municipality) = args.office.open().await?;
                let as_of = store.latest_knowledge(municipality).await?;
                let mut listing = Listing::new(&[
                    ("slot", ""),
                    ("slot_ja", "業務区分"),
                    ("from", "適用開始日"),
                    ("until", "終了日（当日を含まない）"),
                    ("revision", "改版"),
                ]);
                for slot in Slot::ALL {
                    for (from, until, revision) in stretches(&store, municipality, slot, args.from, args.until, as_of).await? {
                        let revision = revision.map_or(Value::Null, |revision| revision.to_string().into());
                        listing.push(vec![
                            slot.word().into(),
                            slot.ja().into(),
                            from.to_string().into(),
                            until.to_string().into(),
                            revision,
                        ]);
                    }
                }
                listing.print(args.json)?;
            }
            RevisionCommand::Decisions(args) => {
                let (store, municipality) = args.office.open().await?;
                let revision = match Digest::parse(&args.revision) {
                    Some(whole) => whole,
                    None => find(&store, municipality, &args.revision).await?,
                };
                let whose = (!args.everywhere).then_some(municipality);
                let mut listing = Listing::new(&[
                    ("municipality", "団体コード"),
                    ("household", "世帯"),
                    ("on", "基準日"),
                    ("decision", "決定番号"),
                    ("version", "回"),
                    ("status", "状態"),
                    ("amount_yen", "金額"),
                    ("at", "記録日時"),
                ]);
                let mut after = None;
                loop {
                    let page = store.decisions_of_revision(revision, whose, after, PAGE).await?;
                    let Some(last) = page.last() else { break };
                    after = Some((last.municipality, last.id));
                    for made in page {
                        listing.push(vec![
                            made.municipality.to_string().into(),
                            made.household.0.into(),
                            made.on.to_string().into(),
                            made.id.to_string().into(),
                            made.version.into(),
                            made.status.into(),
                            made.amount.map_or(Value::Null, Value::from),
                            made.recorded_at.into(),
                        ]);
                    }
                }
                listing.print(args.json)?;
            }
        }
        Ok(Exit::Done)
    })
}
