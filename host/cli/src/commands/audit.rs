//! `jorei audit`: the chain verified, exported, its head signed.

use crate::commands::Exit;
use crate::commands::key::read_public_keys;
use crate::commands::officer::{DeskArgs, moment, read_text};
use crate::office::{OfficeArgs, run};
use anyhow::Context as _;
use indicatif::ProgressBar;
use jorei_service::audit;
use jorei_service::officer::accounts;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;

/// Verify the audit chain, export it, sign its head.
#[derive(clap::Subcommand)]
pub enum Audit {
    Verify(VerifyArgs),
    Head(HeadArgs),
    Export(ExportArgs),
}

/// Verify the chain, the records it speaks of, and the signatures under every act.
///
/// Finds an edited payload, entry or link, a deleted or swapped row, and, with heads that were kept
/// elsewhere, a cut tail or a chain that was written anew. Exit status: 0 when nothing is wrong, 1
/// otherwise.
#[derive(clap::Args)]
pub struct VerifyArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// A head that `jorei audit head` wrote and that was kept elsewhere. May be given several times.
    #[arg(long = "head")]
    heads: Vec<PathBuf>,
    /// A public key by which heads may be signed [default: those of the office's accounts, as this
    /// database has them].
    #[arg(long = "by")]
    keys: Vec<String>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Print the chain's head, signed. Keep it where whoever runs the database cannot reach.
#[derive(clap::Args)]
pub struct HeadArgs {
    #[command(flatten)]
    desk: DeskArgs,
}

/// Write the whole chain with its signed head to a file; `jorei-verify audit` checks it offline.
#[derive(clap::Args)]
pub struct ExportArgs {
    #[command(flatten)]
    desk: DeskArgs,
    /// Where to write it.
    #[arg(long, short)]
    out: PathBuf,
}

pub fn run_audit(command: &Audit) -> anyhow::Result<Exit> {
    run(async {
        let mut out = std::io::stdout();
        match command {
            Audit::Verify(args) => {
                let (store, municipality) = args.office.open().await?;
                let heads = args.heads.iter().map(|path| read_text(path)).collect::<anyhow::Result<Vec<_>>>()?;
                let given: Vec<String> = if args.keys.is_empty() {
                    accounts(&store, municipality).await?.into_iter().map(|account| account.key).collect()
                } else {
                    args.keys.clone()
                };
                let keys = read_public_keys(&given)?;
                let (last, _) = store.audit_head(municipality).await?;
                let bar = ProgressBar::new(last.unsigned_abs());
                let findings = audit::verify(&store, municipality, &heads, &keys, |done| bar.set_position(done.unsigned_abs())).await;
                bar.finish_and_clear();
                let findings = findings?;
                if args.json {
                    let findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
                    writeln!(out, "{:#}", serde_json::json!({ "entries": last, "heads": heads.len(), "findings": findings }))?;
                    return Ok(if findings.is_empty() { Exit::Done } else { Exit::Some });
                }
                for finding in &findings {
                    writeln!(out, "{finding}")?;
                }
                if findings.is_empty() {
                    writeln!(out, "{municipality}: {last} entries, {} head(s): nothing wrong", heads.len())?;
                    return Ok(Exit::Done);
                }
                Ok(Exit::Some)
            }
            Audit::Head(args) => {
                let (store, municipality, officer) = args.desk.open().await?;
                writeln!(out, "{}", audit::signed_head(&store, municipality, &officer, &moment()).await?)?;
                Ok(Exit::Done)
            }
            Audit::Export(args) => {
                let (store, municipality, officer) = args.desk.open().await?;
                let file = std::fs::File::create_new(&args.out).with_context(|| format!("making {}", args.out.display()))?;
                let mut file = BufWriter::new(file);
                let last = audit::export(&store, municipality, &officer, &moment(), |line| writeln!(file, "{}", line.trim_end())).await?;
                file.flush()?;
                eprintln!("{}: {last} entries and the signed head; jorei-verify audit checks it", args.out.display());
                Ok(Exit::Done)
            }
        }
    })
}
