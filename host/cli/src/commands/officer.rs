//! Who acts on the command line: the person whose key it is.

use crate::commands::key::read_secret_key;
use crate::office::{OfficeArgs, now, today};
use anyhow::Context as _;
use jorei_domain::id::Municipality;
use jorei_service::officer::{Moment, Now, Officer};
use jorei_store::Store;
use std::path::PathBuf;

/// Whose act it is.
#[derive(clap::Args)]
pub struct OfficerArgs {
    /// The file with the secret key of whoever acts (`jorei key new` makes one). Its password is
    /// asked for, or taken from JOREI_KEY_PASSWORD.
    #[arg(long, env = "JOREI_KEY")]
    key: PathBuf,
}

impl OfficerArgs {
    /// Whoever's key is in a file.
    pub fn with(key: PathBuf) -> OfficerArgs {
        OfficerArgs { key }
    }

    /// The account that this key belongs to.
    pub async fn officer(&self, store: &Store, municipality: Municipality) -> anyhow::Result<Officer> {
        Ok(Officer::of(store, municipality, read_secret_key(&self.key)?, today()).await?)
    }

    /// The key's file.
    pub fn key(&self) -> &PathBuf {
        &self.key
    }
}

/// Whose office, and whose act it is: what every act needs.
#[derive(clap::Args)]
pub struct DeskArgs {
    #[command(flatten)]
    pub office: OfficeArgs,
    #[command(flatten)]
    pub officer: OfficerArgs,
}

impl DeskArgs {
    /// Opens the records of the office for the account that the key belongs to.
    pub async fn open(&self) -> anyhow::Result<(Store, Municipality, Officer)> {
        let (store, municipality) = self.office.open().await?;
        let officer = self.officer.officer(&store, municipality).await?;
        Ok((store, municipality, officer))
    }
}

/// How many people, and who, must sign an act besides its maker.
#[derive(clap::Args)]
pub struct SignersArgs {
    /// More people than the office asks for.
    #[arg(long, default_value = "1")]
    pub checkers: u32,
    /// Only these accounts may sign.
    #[arg(long, value_delimiter = ',')]
    pub only: Vec<String>,
}

/// This moment.
pub fn moment() -> Now {
    Now { today: today(), at: now() }
}

/// This moment, with the seconds that sessions end by.
pub fn clock() -> Moment {
    Moment { now: moment(), seconds: jiff::Timestamp::now().as_second() }
}

/// The name under which the host itself acts, where no account is asked for.
pub fn program(command: &str) -> String {
    format!("jorei {command}")
}

/// A text file.
pub fn read_text(path: &std::path::Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
}
