//! `jorei person`: persons whose whereabouts are kept from others.
//!
//! Absent here: looking anybody up. That is for the service, which knows who asks and what for.

use crate::commands::Exit;
use crate::commands::approve::tell_made;
use crate::commands::officer::{DeskArgs, moment};
use crate::office::{parse_date, run};
use jorei_domain::calendar::Date;
use jorei_domain::id::PersonId;
use jorei_service::acts::{Proposal, propose};
use jorei_service::protections::{lift, protect};

/// Protect a person's whereabouts (支援措置), or end that.
#[derive(clap::Subcommand)]
pub enum PersonCommand {
    Protect(ProtectArgs),
    Unprotect(UnprotectArgs),
}

/// Keep a person's address from others, at once.
///
/// Takes effect when it is made and stays open, and flagged, until a second person has signed (jorei
/// approve). Days that are protected already stay so.
///
/// Example: jorei person protect 17 --from 2026-06-01 --until 2027-06-01 --reason "支援措置の申出" --key tanaka.key
#[derive(clap::Args)]
pub struct ProtectArgs {
    /// The person's number.
    number: i64,
    /// First day.
    #[arg(long, value_parser = parse_date)]
    from: Date,
    /// First day after it.
    #[arg(long, value_parser = parse_date)]
    until: Date,
    #[command(flatten)]
    act: ActArgs,
}

/// End a protection. Takes effect once another person has signed (jorei approve).
///
/// Example: jorei person unprotect 17 --on 2026-12-01 --reason "本人の申出" --key tanaka.key
#[derive(clap::Args)]
pub struct UnprotectArgs {
    /// The person's number.
    number: i64,
    /// The first day on which the person is protected no more.
    #[arg(long, value_parser = parse_date)]
    on: Date,
    #[command(flatten)]
    act: ActArgs,
}

/// What both acts have.
#[derive(clap::Args)]
struct ActArgs {
    #[command(flatten)]
    desk: DeskArgs,
    /// Why, without names or addresses: it is kept for ever.
    #[arg(long)]
    reason: String,
    /// The act as JSON.
    #[arg(long)]
    json: bool,
}

pub fn run_person(command: &PersonCommand) -> anyhow::Result<Exit> {
    run(async {
        let args = match command {
            PersonCommand::Protect(args) => &args.act,
            PersonCommand::Unprotect(args) => &args.act,
        };
        let (store, municipality, officer) = args.desk.open().await?;
        let proposal: Proposal = match command {
            PersonCommand::Protect(ProtectArgs { number, from, until, act }) => {
                protect(&store, municipality, PersonId(*number), (*from, *until), &act.reason).await?
            }
            PersonCommand::Unprotect(UnprotectArgs { number, on, act }) => {
                lift(&store, municipality, PersonId(*number), *on, &act.reason).await?
            }
        };
        let act = propose(&store, municipality, &officer, proposal, &moment()).await?;
        tell_made(&store, municipality, act, args.json).await?;
        Ok(Exit::Done)
    })
}
