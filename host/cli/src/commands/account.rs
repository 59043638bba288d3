//! `jorei account`: how people log in to the HTTP service.
//!
//! Absent: who is an account and what it may do; acts say that (`jorei office change`).

use crate::commands::Exit;
use crate::commands::key::{ask, from_environment};
use crate::commands::officer::{DeskArgs, moment};
use crate::office::run;
use anyhow::bail;
use jorei_service::passwords;

/// Where a new password may stand in place of being typed.
const NEW_PASSWORD: &str = "JOREI_NEW_PASSWORD";

/// Set how an account logs in to the HTTP service.
#[derive(clap::Subcommand)]
pub enum Account {
    Password(PasswordArgs),
}

/// Set the password of your account.
///
/// The password is asked for twice, or taken from JOREI_NEW_PASSWORD. It has 12 to 128 characters and
/// is not the account's name. It opens sessions of the HTTP service and signs nothing: acts need the
/// key, and so does setting a password, which is why nobody else can set yours. Only its hash is kept.
///
/// Example: jorei account password --key tanaka.key
#[derive(clap::Args)]
pub struct PasswordArgs {
    #[command(flatten)]
    desk: DeskArgs,
}

pub fn run_account(command: &Account) -> anyhow::Result<Exit> {
    match command {
        Account::Password(args) => run(async {
            let (store, municipality, officer) = args.desk.open().await?;
            let password = new_password(&officer.account)?;
            passwords::change(&store, municipality, &officer, password, &moment()).await?;
            eprintln!("the password of {} is set", officer.account);
            Ok(Exit::Done)
        }),
    }
}

fn new_password(account: &str) -> anyhow::Result<String> {
    if let Some(password) = from_environment(NEW_PASSWORD)? {
        return Ok(password);
    }
    let password = ask(&format!("New password of {account}: "), NEW_PASSWORD)?;
    if password != ask("The same again: ", NEW_PASSWORD)? {
        bail!("the two passwords differ; nothing was changed");
    }
    Ok(password)
}
