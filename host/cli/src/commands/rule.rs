//! `jorei rule add`, `list` and `show`: packages in a municipality.

use crate::commands::Exit;
use crate::commands::listing::{ListArgs, Listing};
use crate::commands::officer::{DeskArgs, moment};
use crate::office::{OfficeArgs, run, runtime};
use anyhow::{Context as _, bail};
use jorei_service::admission::admit;
use jorei_store::admissions::Admission;
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::PathBuf;

/// Try a signed package: admit its rule, or refuse it with the step and the reason.
///
/// In this order: size and form, signatures, bounds read from the bytes, the manifest, imports and
/// grant, compilation in a limited process, its description, its check of settings, its own cases.
/// Either way the result is kept (jorei rule list). An admitted rule is not in force: put it
/// together with an ordinance (jorei revision make), then activate it. Exit status: 0 admitted, 1
/// refused.
#[derive(clap::Args)]
pub struct AddArgs {
    #[command(flatten)]
    desk: DeskArgs,
    /// The package.
    package: PathBuf,
    /// What became of it, as JSON.
    #[arg(long)]
    json: bool,
}

pub fn run_add(args: &AddArgs) -> anyhow::Result<Exit> {
    let package = std::fs::read(&args.package).with_context(|| format!("reading {}", args.package.display()))?;
    run(async {
        let (store, municipality, officer) = args.desk.open().await?;
        let now = moment();
        let admission = admit(&store, &runtime()?, municipality, &package, &now.stamp(&officer.account)).await?;
        if args.json {
            writeln!(std::io::stdout(), "{:#}", document(&admission))?;
            return Ok(if admission.admitted { Exit::Done } else { Exit::Some });
        }
        if admission.admitted {
            let rule = admission.rule.context("an admitted package has a rule")?;
            eprintln!("admitted: rule {rule}");
            return Ok(Exit::Done);
        }
        eprintln!("refused at {}: {}", admission.step, admission.reason);
        Ok(Exit::Some)
    })
}

pub fn run_list(args: &ListArgs) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality) = args.office.open().await?;
        let mut listing = Listing::new(&[
            ("rule", "ルール"),
            ("id", "名称"),
            ("version", "版"),
            ("vendor", "ベンダー"),
            ("state", ""),
            ("state_ja", "状態"),
            ("step", "段階"),
            ("at", "受入日時"),
            ("by", "受入者"),
            ("reason", "理由"),
        ]);
        for admission in store.admissions(municipality).await? {
            let manifest = manifest(&admission);
            listing.push(vec![
                admission.rule.map_or(Value::Null, |rule| rule.to_string().into()),
                manifest["id"].clone(),
                manifest["version"].clone(),
                manifest["vendor"].clone(),
                if admission.admitted { "admitted" } else { "refused" }.into(),
                if admission.admitted { "受入済" } else { "拒否" }.into(),
                admission.step.into(),
                admission.recorded_at.into(),
                admission.by.into(),
                admission.reason.into(),
            ]);
        }
        listing.print(args.json)?;
        Ok(Exit::Done)
    })
}

/// Show what became of a package, as JSON.
#[derive(clap::Args)]
pub struct ShowArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// The rule's or the package's digest, or its first digits.
    digest: String,
}

pub fn run_show(args: &ShowArgs) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality) = args.office.open().await?;
        let named = |admission: &Admission| {
            let rule = admission.rule.is_some_and(|rule| rule.to_string().starts_with(&args.digest));
            rule || admission.package.to_string().starts_with(&args.digest)
        };
        let Some(admission) = store.admissions(municipality).await?.into_iter().find(named) else {
            bail!("no package {} was tried in municipality {municipality} (jorei rule list)", args.digest);
        };
        writeln!(std::io::stdout(), "{:#}", document(&admission))?;
        Ok(Exit::Done)
    })
}

fn document(admission: &Admission) -> Value {
    json!({
        "rule": admission.rule.map(|rule| rule.to_string()), "package": admission.package.to_string(),
        "admitted": admission.admitted, "step": admission.step, "reason": admission.reason,
        "manifest": manifest(admission), "at": admission.recorded_at, "by": admission.by,
    })
}

/// What the package said of itself, as far as it was read.
fn manifest(admission: &Admission) -> Value {
    serde_json::from_str(&admission.manifest).unwrap_or(Value::Null)
}
