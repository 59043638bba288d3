//! `jorei activate` and `jorei rollback`: which revision answers which case dates.

use crate::commands::Exit;
use crate::commands::approve::tell_made;
use crate::commands::officer::{OfficerArgs, SignersArgs, moment};
use crate::office::{OfficeArgs, parse_date, run, runtime};
use anyhow::Context as _;
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, Municipality};
use jorei_service::activation::{Plan, activate, difference};
use jorei_service::revisions::slot_of;
use jorei_store::Store;
use std::io::Write as _;

/// Make the act that puts a revision in force for some case dates.
///
/// Shows the difference to what is in force: rule, records asked for, ordinance, the newest shadow
/// run. It takes effect once another person has signed (jorei approve). Cases of other dates keep
/// their revision; decisions under way end under the one they began with.
///
/// Example: jorei activate 3fa4 --from 2026-04-01 --until 2027-04-01 --reason "令和8年度の料率"
#[derive(clap::Args)]
pub struct ActivateArgs {
    #[command(flatten)]
    office: OfficeArgs,
    #[command(flatten)]
    act: ActArgs,
    /// The revision, or its first digits (jorei revision list).
    revision: String,
    /// First case date it answers.
    #[arg(long, value_parser = parse_date)]
    from: Date,
    /// First case date it no longer answers.
    #[arg(long, value_parser = parse_date)]
    until: Date,
}

/// Go back to an earlier revision.
///
/// Shows the difference first. Needs no build: the earlier revision is still there. Without dates:
/// for those that the latest activation holds. With --emergency it takes effect at once and stays
/// open, and flagged, until a second person has signed.
///
/// Example: jorei rollback --to 3fa4 --reason "軽減判定の誤り" --emergency
#[derive(clap::Args)]
pub struct RollbackArgs {
    #[command(flatten)]
    office: OfficeArgs,
    #[command(flatten)]
    act: ActArgs,
    /// The earlier revision, or its first digits.
    #[arg(long)]
    to: String,
    /// First case date it answers again.
    #[arg(long, value_parser = parse_date)]
    from: Option<Date>,
    /// First case date after those.
    #[arg(long, value_parser = parse_date)]
    until: Option<Date>,
    /// At once.
    #[arg(long)]
    emergency: bool,
}

/// What every such act has.
#[derive(clap::Args)]
pub struct ActArgs {
    #[command(flatten)]
    officer: OfficerArgs,
    #[command(flatten)]
    signers: SignersArgs,
    /// Why.
    #[arg(long)]
    reason: String,
    /// Only show the difference; make no act.
    #[arg(long)]
    dry_run: bool,
    /// The act as JSON.
    #[arg(long)]
    json: bool,
}

pub fn run_activate(args: &ActivateArgs) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality) = args.office.open().await?;
        let revision = find(&store, municipality, &args.revision).await?;
        let dates = (args.from, args.until);
        act(&store, municipality, &args.act, (revision, dates), (false, false)).await
    })
}

pub fn run_rollback(args: &RollbackArgs) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality) = args.office.open().await?;
        let revision = find(&store, municipality, &args.to).await?;
        let kept = store.revision(municipality, revision).await?.context("the revision is gone")?;
        let slot = slot_of(&kept)?;
        let latest = store.activations(municipality, slot.word()).await?.pop().context("nothing was ever in force here")?;
        let dates = (args.from.unwrap_or(latest.from), args.until.unwrap_or(latest.until));
        act(&store, municipality, &args.act, (revision, dates), (true, args.emergency)).await
    })
}

async fn act(
    store: &Store,
    municipality: Municipality,
    args: &ActArgs,
    (revision, (from, until)): (Digest, (Date, Date)),
    (rollback, emergency): (bool, bool),
) -> anyhow::Result<Exit> {
    let SignersArgs { checkers, only } = &args.signers;
    let reason = args.reason.clone();
    let plan = Plan { revision, from, until, reason, rollback, emergency, checkers: *checkers, eligible: only.clone() };
    let runtime = runtime()?;
    if args.dry_run {
        write!(std::io::stdout(), "{}", difference(store, &runtime, municipality, &plan).await?)?;
        return Ok(Exit::Done);
    }
    let officer = args.officer.officer(store, municipality).await?;
    let act = activate(store, &runtime, municipality, &officer, plan, &moment()).await?;
    tell_made(store, municipality, act, args.json).await?;
    Ok(Exit::Done)
}

/// A revision by its first digits.
pub async fn find(store: &Store, municipality: Municipality, prefix: &str) -> anyhow::Result<Digest> {
    let found = store.revision_by_prefix(municipality, prefix).await?;
    Ok(found.with_context(|| format!("municipality {municipality} has no revision {prefix} (jorei revision list)"))?.digest)
}
