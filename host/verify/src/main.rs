//! `jorei-verify`: what an auditor or a buyer can check alone, with a file and public keys.
//!
//! Absent: a database, the network, a Wasm runtime, and any secret. Whoever distrusts the office
//! or the vendor need not run their software for it.

mod japanese;

use anyhow::{Context as _, bail};
use clap::{Parser, Subcommand};
use jorei_domain::act::{Vendor, VendorKey};
use jorei_domain::id::Digest;
use jorei_package::audit_export::{LINE_BYTES, Verifier, read_head};
use jorei_package::envelope::{PACKAGE_BYTES, open};
use jorei_package::manifest;
use jorei_package::signing::{PublicKey, key_id_of};
use jorei_package::trust::accept;
use std::fs::File;
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Check what Jorei signed, with nothing but a file and public keys.
///
/// Needs no database and no network, and runs no rule. Where the keys come from is yours to
/// decide: take them from whoever you trust, never from the file that you check.
///
/// Exit status: 0 when all is good, 1 when something is wrong with the file, 2 when the command
/// itself could not be carried out.
#[derive(Parser)]
#[command(name = "jorei-verify", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Audit(AuditArgs),
    Package(PackageArgs),
}

/// Check an export of the audit chain: nothing edited, missing, in another order or cut off.
///
/// Every entry's payload is hashed again and every link computed again, up to the signed head.
/// A head that was kept elsewhere at an earlier time (--head) also shows whether the holder of the
/// key cut the chain or wrote it anew since.
///
/// Example: jorei-verify audit audit.jsonl --key city.pub --head head-2026-03.json
#[derive(clap::Args)]
struct AuditArgs {
    /// The export, one JSON document per line.
    file: PathBuf,
    /// A public key that may sign the head: its line, or a .pub file; may be given several times.
    #[arg(long = "key", required = true, value_name = "PUBLIC_KEY_OR_FILE")]
    keys: Vec<String>,
    /// A head kept elsewhere (the last line of an earlier export, in a file of its own), signed by
    /// one of the keys; may be given several times.
    #[arg(long = "head", value_name = "FILE")]
    heads: Vec<PathBuf>,
}

/// Check the signatures of a package and print what is in it.
///
/// Prints the digest that decisions name, the manifest, and the number of the vendor's own cases.
///
/// Example: jorei-verify package premium.jorei --key vendor-1.pub --key vendor-2.pub --needed 2
#[derive(clap::Args)]
struct PackageArgs {
    /// The package.
    file: PathBuf,
    /// A public key of the vendor: its line, or a .pub file; may be given several times.
    #[arg(long = "key", required = true, value_name = "PUBLIC_KEY_OR_FILE")]
    keys: Vec<String>,
    /// How many of these keys must have signed.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    needed: u32,
}

/// What came out: lines for the reader, in both languages.
struct Answer {
    good: bool,
    lines: Vec<String>,
}

fn main() -> ExitCode {
    let answer = match Cli::parse().command {
        Command::Audit(args) => audit(&args),
        Command::Package(args) => package(&args),
    };
    let written = answer.and_then(|answer| {
        let mut out = std::io::stdout().lock();
        for line in &answer.lines {
            writeln!(out, "{}", plain(line)).context("writing the result")?;
        }
        Ok(answer.good)
    });
    match written {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {}", plain(&format!("{error:#}")));
            ExitCode::from(2)
        }
    }
}

/// A file under suspicion must not write to the terminal what a terminal obeys.
fn plain(text: &str) -> String {
    text.chars().map(|char| if char.is_control() && char != '\n' { '\u{fffd}' } else { char }).collect()
}

fn audit(args: &AuditArgs) -> anyhow::Result<Answer> {
    let keys = keys(&args.keys)?;
    let mut verifier = Verifier::new(&keys);
    for path in &args.heads {
        let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
        let kept = read_head(text.trim_end(), &keys).with_context(|| format!("the kept head in {}", path.display()))?;
        verifier = verifier.against(kept.head);
    }
    let mut lines = BufReader::new(file(&args.file)?);
    let mut line = Vec::new();
    loop {
        line.clear();
        let bound = LINE_BYTES as u64 + 2;
        lines.by_ref().take(bound).read_until(b'\n', &mut line).with_context(|| format!("reading {}", args.file.display()))?;
        if line.is_empty() {
            break;
        }
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        if line.len() > LINE_BYTES {
            verifier.line_too_long();
            break;
        }
        verifier.line(&line);
    }
    Ok(match verifier.finish() {
        Ok(verified) => {
            let (head, key, entries) = (&verified.signed.head, verified.signed.key, verified.entries);
            let range = if entries == 0 { "none".to_owned() } else { format!("1..{entries}") };
            let kept = match args.heads.len() {
                0 => String::new(),
                count => format!(", through {count} kept head(s)"),
            };
            Answer {
                good: true,
                lines: vec![
                    format!(
                        "good: municipality {}, entries {range}, head signed by {key} at {} ({}){kept}",
                        verified.municipality, head.stamp.at, head.stamp.by
                    ),
                    japanese::good_audit(&verified, args.heads.len()),
                    format!("link {}", head.link),
                ],
            }
        }
        Err(found) => Answer { good: false, lines: vec![format!("wrong: {found}"), japanese::audit(&found)] },
    })
}

fn package(args: &PackageArgs) -> anyhow::Result<Answer> {
    let keys = keys(&args.keys)?;
    let distinct = keys.iter().collect::<std::collections::HashSet<_>>().len();
    if usize::try_from(args.needed).is_ok_and(|needed| needed > distinct) {
        bail!("{} keys are needed and {distinct} given; give more with --key", args.needed);
    }
    let mut bytes = Vec::new();
    file(&args.file)?.take(PACKAGE_BYTES as u64 + 1).read_to_end(&mut bytes).with_context(|| format!("reading {}", args.file.display()))?;
    let wrong = |reason: String, japanese: String| Ok(Answer { good: false, lines: vec![format!("wrong: {reason}"), japanese] });
    let envelope = match open(&bytes) {
        Ok(envelope) => envelope,
        Err(error) => return wrong(error.to_string(), japanese::envelope(&error)),
    };
    let vendors = [Vendor {
        name: "this check".into(),
        keys: keys.iter().map(|key| VendorKey { key: key.to_string(), revoked: false }).collect(),
        needed: args.needed,
    }];
    if let Err(error) = accept(&envelope, &vendors) {
        return wrong(error.to_string(), japanese::trust(&error));
    }
    // Only now is anything of the component parsed.
    let contents = match manifest::read(envelope.component) {
        Ok(contents) => contents,
        Err(error) => return wrong(format!("well signed, but {error}"), japanese::manifest(&error)),
    };
    // What was accepted is among the keys; foreign signatures are named beside.
    let mut signers: Vec<String> = Vec::new();
    for signature in &envelope.signatures {
        let Ok(id) = key_id_of(signature) else { continue };
        let name = if keys.iter().any(|key| key.id() == id) { id.to_string() } else { format!("{id} (not among the keys given)") };
        if !signers.contains(&name) {
            signers.push(name);
        }
    }
    let manifest = &contents.manifest;
    let cases = contents.cases.as_ref().map_or(0, |cases| cases.cases.len());
    Ok(Answer {
        good: true,
        lines: vec![
            format!("good: {} {} of {}, signed by {}", manifest.id, manifest.version, manifest.vendor, signers.join(", ")),
            japanese::good_package(&manifest.vendor, &manifest.id, &manifest.version, args.needed),
            format!("component     {} ({} bytes)", Digest::of(envelope.component), envelope.component.len()),
            format!("slot          {}", manifest.slot),
            format!("wit           {}", manifest.wit),
            format!("records       {}", manifest.records.join(", ")),
            format!("capabilities  {}", manifest.capabilities.join(", ")),
            format!("cases         {cases}"),
        ],
    })
}

fn file(path: &Path) -> anyhow::Result<File> {
    File::open(path).with_context(|| format!("opening {}", path.display()))
}

/// Public keys as they were given: lines, or files with one.
fn keys(given: &[String]) -> anyhow::Result<Vec<PublicKey>> {
    let key = |given: &String| {
        if let Ok(key) = PublicKey::parse(given) {
            return Ok(key);
        }
        let text = std::fs::read_to_string(given).with_context(|| format!("{given} is neither a public key nor a file with one"))?;
        PublicKey::parse(&text).with_context(|| format!("in {given}"))
    };
    given.iter().map(key).collect()
}
