//! `jorei vault`: the key under which personal numbers are sealed.
//!
//! Absent here: the numbers. No command line takes or prints one.

use crate::commands::Exit;
use anyhow::Context as _;
use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt as _};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Work on the vault of personal numbers.
#[derive(clap::Subcommand)]
pub enum VaultCommand {
    /// Work on its key.
    #[command(subcommand)]
    Key(VaultKeyCommand),
}

/// Work on the vault's key.
#[derive(clap::Subcommand)]
pub enum VaultKeyCommand {
    New(NewArgs),
}

/// Make the key of a vault: 32 random bytes in a file that only you can read.
///
/// Never over a file that is there. Keep the file apart from the database and from its backups, and
/// keep a second copy under lock: without it no personal number in the vault can be read again.
///
/// Example: jorei vault key new vault.key
#[derive(clap::Args)]
pub struct NewArgs {
    /// The file to write.
    file: PathBuf,
}

pub fn run_vault(command: &VaultCommand) -> anyhow::Result<Exit> {
    let VaultCommand::Key(VaultKeyCommand::New(NewArgs { file })) = command;
    write_new(file).with_context(|| format!("writing {} (a key is never overwritten)", file.display()))?;
    eprintln!("{} (secret); keep it apart from the database, and a copy under lock", file.display());
    Ok(Exit::Done)
}

/// Random bytes into a file that is not there yet, for its owner alone from its first moment on.
pub fn write_new(path: &Path) -> anyhow::Result<()> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).context("the machine gives no randomness")?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().context("no file's name")?;
    let folder = Dir::open_ambient_dir(folder, ambient_authority())?;
    let mut file = folder.open_with(name, OpenOptions::new().write(true).create_new(true).mode(0o600))?;
    file.write_all(&key)?;
    Ok(file.sync_all()?)
}

/// The key in a file that `jorei vault key new` made.
pub fn read_key(path: &Path) -> anyhow::Result<[u8; 32]> {
    let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    let length = bytes.len();
    bytes
        .try_into()
        .map_err(|_| anyhow::anyhow!("{} has {length} bytes; a key of the vault has 32 (jorei vault key new makes one)", path.display()))
}
