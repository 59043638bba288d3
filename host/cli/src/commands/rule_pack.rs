//! `jorei rule pack`, `jorei rule sign`, `jorei rule inspect`: from a component to what a city takes.
//!
//! Absent: taking it. Whether a package is admitted is decided by the city's trust store.

use crate::commands::Exit;
use crate::commands::key::{read_public_keys, read_secret_key};
use anyhow::{Context as _, bail};
use jorei_domain::id::Digest;
use jorei_package::cases::{Case, Cases, cases_from};
use jorei_package::envelope::{self, PACKAGE_BYTES, open, seal};
use jorei_package::manifest::{self, Manifest, attach};
use jorei_package::signing::{PublicKey, Purpose, key_id_of, sign, verify};
use serde_json::{Value, json};
use std::collections::btree_map::{BTreeMap, Entry};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

/// Make an unsigned package of a component and its folder.
///
/// Reads DIR/rule.toml (what the rule is and asks for), DIR/cases/*.toml and the ordinances that
/// they name under DIR/ordinances. All of it becomes part of the component, so that the signatures
/// are over it too; a city runs the cases before it admits the package.
///
/// Example: jorei rule pack plugins/premium --component premium.wasm
#[derive(clap::Args)]
pub struct PackArgs {
    /// The rule's folder.
    dir: PathBuf,
    /// The component, as `jorei rule build` made it.
    #[arg(long, value_name = "WASM")]
    component: PathBuf,
    /// Where to write the package [default: ID.jorei in the current folder].
    #[arg(long, short)]
    out: Option<PathBuf>,
}

/// Sign a package, in place.
///
/// Adds a signature to those that are there; a city says how many keys of a vendor must sign.
/// Signing twice with one key changes nothing. Look at the package first (jorei rule inspect):
/// the signature is over the whole component, with manifest and cases.
///
/// Example: jorei rule sign premium.jorei --key vendor.key
#[derive(clap::Args)]
pub struct SignArgs {
    /// The package.
    package: PathBuf,
    /// The secret key's file; its password is taken from JOREI_KEY_PASSWORD, or asked for.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

/// Say what is in a package, and who signed it.
///
/// Nothing in it is run, and nothing it says is believed: a signature counts as good only with a
/// key that you give. Exit status: 0, or 1 when a signature of a given key does not fit or the
/// contents cannot be read.
///
/// Example: jorei rule inspect premium.jorei --key vendor.key.pub
#[derive(clap::Args)]
pub struct InspectArgs {
    /// The package.
    package: PathBuf,
    /// A public key to check signatures with: its line, or a .pub file; may be given several times.
    #[arg(long = "key", value_name = "PUBLIC_KEY_OR_FILE")]
    keys: Vec<String>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub fn run_pack(args: &PackArgs) -> anyhow::Result<Exit> {
    let rule = args.dir.join("rule.toml");
    let manifest = Manifest::from_toml(&read_text(&rule)?).with_context(|| format!("in {}", rule.display()))?;
    let component = read_bounded(&args.component)?;
    let cases = read_cases(&args.dir)?;
    let component = attach(&component, &manifest, cases.as_ref()).with_context(|| format!("packing {}", args.component.display()))?;
    let package = seal::<&str>(&component, &[])?;
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from(format!("{}.jorei", manifest.id)));
    replace(&out, &package)?;
    let count = cases.map_or(0, |cases| cases.cases.len());
    eprintln!("{}: {} {}, {count} cases, unsigned, component {}", out.display(), manifest.id, manifest.version, Digest::of(&component));
    Ok(Exit::Done)
}

/// The cases of a rule's folder; none where it has no such folder or nothing in it.
fn read_cases(dir: &Path) -> anyhow::Result<Option<Cases>> {
    let folder = dir.join("cases");
    if !folder.is_dir() {
        return Ok(None);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry.with_context(|| format!("reading {}", folder.display()))?.path();
        if path.extension().is_some_and(|end| end == "toml") {
            let name = path.file_stem().and_then(|stem| stem.to_str());
            let name = name.with_context(|| format!("the name of {} is not text (UTF-8)", path.display()))?.to_owned();
            files.push((name, read_text(&path)?));
        }
    }
    // The order of a folder is not the same everywhere; the package is.
    files.sort();
    let mut ordinances = BTreeMap::new();
    for (name, text) in &files {
        // Only a name that was checked becomes part of a path.
        let ordinance = Case::from_toml(name, text).with_context(|| format!("in {}", folder.display()))?.ordinance;
        if let Entry::Vacant(place) = ordinances.entry(ordinance) {
            let path = dir.join("ordinances").join(place.key());
            let text = read_text(&path).with_context(|| format!("case {name} names the ordinance {}", place.key()))?;
            place.insert(text);
        }
    }
    let cases = cases_from(files.iter().map(|(name, text)| (name.as_str(), text.as_str())), &ordinances)?;
    Ok(Some(cases).filter(|cases| !cases.cases.is_empty()))
}

pub fn run_sign(args: &SignArgs) -> anyhow::Result<Exit> {
    let within = || format!("in {}", args.package.display());
    let bytes = read_bounded(&args.package)?;
    let envelope = open(&bytes).with_context(within)?;
    let manifest = manifest::read(envelope.component).with_context(within)?.manifest;
    let key = read_secret_key(&args.key)?;
    let public = key.public_key()?;
    for signature in &envelope.signatures {
        match verify(&public, Purpose::Package, envelope.component, signature) {
            Ok(()) => {
                eprintln!("{}: signed by {} already, nothing changed", args.package.display(), public.id());
                return Ok(Exit::Done);
            }
            // Another signature beside it would not help: a city refuses the package for this one.
            Err(error) if key_id_of(signature) == Ok(public.id()) => {
                bail!("{}: {error}; pack the component again", args.package.display())
            }
            Err(_) => {}
        }
    }
    let signature = sign(&key, Purpose::Package, envelope.component)?;
    replace(&args.package, &envelope::add_signature(&bytes, &signature)?)?;
    eprintln!(
        "{}: {} {} of {}, signed by {}, component {}",
        args.package.display(),
        manifest.id,
        manifest.version,
        manifest.vendor,
        public.id(),
        Digest::of(envelope.component)
    );
    Ok(Exit::Done)
}

/// What is known of a signature.
#[derive(Clone, Copy, Eq, PartialEq)]
enum State {
    Good,
    NotChecked,
    Wrong,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            State::Good => "good",
            State::NotChecked => "not checked",
            State::Wrong => "wrong",
        }
    }
}

/// The key that a signature names, and what the given keys say of it.
fn state(signature: &str, component: &[u8], keys: &[PublicKey]) -> (String, State) {
    let Ok(id) = key_id_of(signature) else { return ("no signature".into(), State::Wrong) };
    let mut named = keys.iter().filter(|key| key.id() == id).peekable();
    let state = if named.peek().is_none() {
        State::NotChecked
    } else if named.any(|key| verify(key, Purpose::Package, component, signature).is_ok()) {
        State::Good
    } else {
        State::Wrong
    };
    (id.to_string(), state)
}

pub fn run_inspect(args: &InspectArgs) -> anyhow::Result<Exit> {
    let keys = read_public_keys(&args.keys)?;
    let bytes = read_bounded(&args.package)?;
    let envelope = open(&bytes).with_context(|| format!("in {}", args.package.display()))?;
    let component = envelope.component;
    let signatures: Vec<(String, State)> = envelope.signatures.iter().map(|signature| state(signature, component, &keys)).collect();
    let contents = manifest::read(component);
    let imports = manifest::imports(component);
    let good = contents.is_ok() && imports.is_ok() && signatures.iter().all(|(_, state)| *state != State::Wrong);
    let cases = contents.as_ref().map_or(0, |contents| contents.cases.as_ref().map_or(0, |cases| cases.cases.len()));
    let digest = Digest::of(component).to_string();
    let mut out = std::io::stdout().lock();
    if args.json {
        let signatures: Vec<Value> = signatures.iter().map(|(key, state)| json!({ "key": key, "state": state.word() })).collect();
        let manifest = contents.as_ref().ok().map(|contents| serde_json::from_str::<Value>(&contents.manifest.to_json())).transpose()?;
        let error = contents.as_ref().err().map(ToString::to_string).or_else(|| imports.as_ref().err().map(ToString::to_string));
        let document = json!({
            "package_bytes": bytes.len(),
            "component": { "digest": digest, "bytes": component.len() },
            "signatures": signatures,
            "manifest": manifest,
            "cases": cases,
            "imports": imports.unwrap_or_default(),
            "error": error,
        });
        writeln!(out, "{document:#}")?;
    } else {
        writeln!(out, "package       {} bytes", bytes.len())?;
        writeln!(out, "component     {digest} ({} bytes)", component.len())?;
        if signatures.is_empty() {
            writeln!(out, "signatures    none; sign it with `jorei rule sign`")?;
        }
        for (key, state) in &signatures {
            let why = if *state == State::NotChecked { " (give its key with --key)" } else { "" };
            writeln!(out, "signed by     {key}: {}{why}", state.word())?;
        }
        match &contents {
            Ok(contents) => {
                let Manifest { id, version, vendor, slot, wit, records, capabilities } = &contents.manifest;
                writeln!(out, "rule          {id} {version} of {vendor}")?;
                writeln!(out, "slot          {slot}")?;
                writeln!(out, "wit           {wit}")?;
                writeln!(out, "records       {}", records.join(", "))?;
                writeln!(out, "capabilities  {}", capabilities.join(", "))?;
                writeln!(out, "cases         {cases}")?;
            }
            Err(error) => writeln!(out, "contents      {}", plain(&error.to_string()))?,
        }
        match &imports {
            Ok(imports) => writeln!(out, "imports       {}", plain(&imports.join(", ")))?,
            Err(error) => writeln!(out, "imports       {}", plain(&error.to_string()))?,
        }
    }
    Ok(if good { Exit::Done } else { Exit::Some })
}

/// A file that nobody vouches for must not write to the terminal what a terminal obeys.
fn plain(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { '\u{fffd}' } else { char }).collect()
}

fn read_text(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
}

/// Reads no more than a package may have, and one byte that shows that it is too large.
fn read_bounded(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    file.take(PACKAGE_BYTES as u64 + 1).read_to_end(&mut bytes).with_context(|| format!("reading {}", path.display()))?;
    Ok(bytes)
}

/// Writes a file whole or not at all.
fn replace(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    std::fs::write(&part, bytes).with_context(|| format!("writing {}", part.display()))?;
    std::fs::rename(&part, path).with_context(|| format!("writing {}", path.display()))
}
