//! `jorei key`: keys that sign packages, acts and heads of the audit chain.
//!
//! Absent: whom a municipality trusts. A key made here is nobody's until an act says whose it is.

use crate::commands::Exit;
use crate::commands::officer::OfficerArgs;
use crate::office::{parse_municipality, second};
use anyhow::{Context as _, bail};
use jorei_domain::id::{Digest, Municipality};
use jorei_package::signing::{PublicKey, SecretKey, generate, needs_password};
use jorei_service::{acts, randomness, sessions};
use serde_json::json;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Where a password may stand in place of being typed.
const PASSWORD: &str = "JOREI_KEY_PASSWORD";

/// Make a key pair: FILE, which is secret, and FILE.pub, which is for everybody.
///
/// The secret half is written so that only you can read it, protected by a password, and never
/// over a file that is there. The password is taken from JOREI_KEY_PASSWORD, or asked for. Both
/// files are minisign's, and the command of that name reads them too.
///
/// Keep FILE where only you reach it: whoever has it and its password signs as you. Nobody can
/// make a lost one again.
///
/// Example: jorei key new tanaka.key
#[derive(clap::Args)]
pub struct NewArgs {
    /// The file to write; the public half goes beside it, with .pub added to the name.
    file: PathBuf,
    /// Do not protect the key by a password; for keys that a machine holds.
    #[arg(long)]
    no_password: bool,
}

/// Print the public key of a file, and its id.
///
/// Takes either half of a pair; the secret one needs its password (from JOREI_KEY_PASSWORD, or
/// asked for). The first line is the public key, as an act that makes an account or a vendor
/// takes it; the second is the id that `jorei rule inspect` names signatures by.
///
/// Example: jorei key show tanaka.key.pub
#[derive(clap::Args)]
pub struct ShowArgs {
    /// A file that `jorei key new` made.
    file: PathBuf,
}

/// Sign an act for a client of the HTTP service.
///
/// Prints the signature; nothing is sent, and no database is needed. The service shows an act and its
/// id before anybody signs it: sign what you have read there, and nothing else. --as says what you say
/// of it: make, if you are its maker; approve or reject, if it is somebody else's.
///
/// Example: jorei key sign --act 5f0c...e1 --as approve --key suzuki.key
#[derive(clap::Args)]
pub struct SignArgs {
    /// The act's id, all 64 digits.
    #[arg(long, value_parser = parse_act)]
    act: Digest,
    /// What is said of it.
    #[arg(long = "as")]
    said: Said,
    #[command(flatten)]
    officer: OfficerArgs,
}

/// What a signature says of an act.
#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Said {
    /// This is my act.
    Make,
    /// It may take effect.
    Approve,
    /// It may not.
    Reject,
}

/// Sign a challenge by which a program logs in to the HTTP service.
///
/// Prints {account, challenge, signature} as JSON, which the service takes once and within two minutes.
///
/// Example: jorei key session --municipality 012041 --account kazei --key kazei.key
#[derive(clap::Args)]
pub struct SessionArgs {
    /// The municipality's code, as 012041.
    #[arg(long, env = "JOREI_MUNICIPALITY", value_parser = parse_municipality)]
    municipality: Municipality,
    /// The account that the key belongs to.
    #[arg(long)]
    account: String,
    #[command(flatten)]
    officer: OfficerArgs,
}

pub fn run_sign(args: &SignArgs) -> anyhow::Result<Exit> {
    let said = match args.said {
        Said::Make => "make",
        Said::Approve => "approve",
        Said::Reject => "reject",
    };
    let key = read_secret_key(args.officer.key())?;
    write!(std::io::stdout(), "{}", acts::signature(&key, said, args.act)?)?;
    Ok(Exit::Done)
}

pub fn run_session(args: &SessionArgs) -> anyhow::Result<Exit> {
    let challenge = sessions::challenge(args.municipality, &args.account, &second(), &randomness::nonce()?);
    let signature = sessions::sign_challenge(&read_secret_key(args.officer.key())?, &challenge)?;
    writeln!(std::io::stdout(), "{:#}", json!({ "account": args.account, "challenge": challenge, "signature": signature }))?;
    Ok(Exit::Done)
}

fn parse_act(text: &str) -> Result<Digest, String> {
    Digest::parse(text).ok_or_else(|| "an act's id has 64 hexadecimal digits".to_owned())
}

pub fn run_new(args: &NewArgs) -> anyhow::Result<Exit> {
    let public_file = beside(&args.file);
    // Before a password is asked for; `create` asks again in a way that nobody can get between.
    for path in [&args.file, &public_file] {
        if path.exists() {
            bail!("{} is there already, and a key is never overwritten; choose another name", path.display());
        }
    }
    let password = if args.no_password { None } else { Some(new_password()?) };
    let key = generate(password.as_deref())?;
    // The public half first: if the second cannot be written, nothing secret lies about.
    write(&public_file, key.public.file_text().as_bytes(), 0o644)?;
    if let Err(error) = write(&args.file, key.secret_file_text().as_bytes(), 0o600) {
        // Made a moment ago by this command, and of no use alone.
        let _ = std::fs::remove_file(&public_file);
        return Err(error);
    }
    eprintln!("{} (secret) and {} (public)", args.file.display(), public_file.display());
    show(&key.public)
}

pub fn run_show(args: &ShowArgs) -> anyhow::Result<Exit> {
    let text = read(&args.file)?;
    match PublicKey::parse(&text) {
        Ok(key) => show(&key),
        Err(_) => show(&read_secret_key(&args.file)?.public_key()?),
    }
}

/// Reads a secret key's file, with the password from the environment or the terminal where it needs one.
pub fn read_secret_key(path: &Path) -> anyhow::Result<SecretKey> {
    let text = read(path)?;
    let within = || format!("in {}", path.display());
    let password = if needs_password(&text).with_context(within)? {
        Some(match given_password()? {
            Some(password) => password,
            None => ask(&format!("Password of {}: ", path.display()), PASSWORD)?,
        })
    } else {
        None
    };
    SecretKey::parse(&text, password.as_deref()).with_context(within)
}

/// Public keys as they were given: lines, or files with one.
pub fn read_public_keys(given: &[String]) -> anyhow::Result<Vec<PublicKey>> {
    let key = |given: &String| {
        if let Ok(key) = PublicKey::parse(given) {
            return Ok(key);
        }
        let text = std::fs::read_to_string(given).with_context(|| format!("{given} is neither a public key nor a file with one"))?;
        PublicKey::parse(&text).with_context(|| format!("in {given}"))
    };
    given.iter().map(key).collect()
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
}

/// The public half's file.
fn beside(secret: &Path) -> PathBuf {
    let mut name = secret.as_os_str().to_owned();
    name.push(".pub");
    name.into()
}

fn show(key: &PublicKey) -> anyhow::Result<Exit> {
    let mut out = std::io::stdout();
    writeln!(out, "{key}")?;
    writeln!(out, "{}", key.id())?;
    Ok(Exit::Done)
}

/// Writes a file that is not there yet, readable for whom `mode` says from its first moment on.
pub fn write(path: &Path, bytes: &[u8], mode: u32) -> anyhow::Result<()> {
    let doing = || format!("writing {}", path.display());
    let mut file = create(path, mode).with_context(doing)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).with_context(doing)
}

#[cfg(unix)]
fn create(path: &Path, mode: u32) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    OpenOptions::new().write(true).create_new(true).mode(mode).open(path)
}

#[cfg(not(unix))]
fn create(path: &Path, _: u32) -> std::io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

fn new_password() -> anyhow::Result<String> {
    if let Some(password) = given_password()? {
        return Ok(password);
    }
    let password = ask("Password for the new key: ", PASSWORD)?;
    if password != ask("The same again: ", PASSWORD)? {
        bail!("the two passwords differ; nothing was written");
    }
    Ok(password)
}

fn given_password() -> anyhow::Result<Option<String>> {
    from_environment(PASSWORD)
}

/// A password that stands in the environment.
pub fn from_environment(variable: &str) -> anyhow::Result<Option<String>> {
    match std::env::var(variable) {
        Ok(password) => Ok(Some(password)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        // Its text must not be printed.
        Err(std::env::VarError::NotUnicode(_)) => bail!("{variable} is not text (UTF-8)"),
    }
}

/// Asks for a password on the terminal; `variable` is where it may stand instead.
pub fn ask(prompt: &str, variable: &str) -> anyhow::Result<String> {
    rpassword::prompt_password(prompt).with_context(|| format!("asking for a password (without a terminal, set {variable})"))
}
