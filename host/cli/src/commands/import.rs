//! `jorei import`: sets of files into the records, whole or not at all, and out again by two people.

use crate::commands::Exit;
use crate::commands::approve::tell_made;
use crate::commands::officer::{DeskArgs, moment, program};
use crate::office::{OfficeArgs, parse_date, run, today};
use anyhow::{Context as _, bail};
use indicatif::{ProgressBar, ProgressStyle};
use jorei_domain::calendar::Date;
use jorei_domain::id::Knowledge;
use jorei_service::acts::{find, propose};
use jorei_service::imports::forms::Form;
use jorei_service::imports::{Preview, Refused, Report, Set, Source, apply, complete, listed, preview, propose_withdrawal, read};
use jorei_service::sheets::FILE_BYTES;
use jorei_store::imports::{Done, StoredImport};
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Import a set of files into the records, whole or not at all.
///
/// The set is a folder with a control file (一覧.csv: ファイル, 様式, 件数), or single files of one --form; CSV in UTF-8 or
/// Shift_JIS, or XLSX. Every line is read before any is written. Where lines are wrong, each is listed with file, line,
/// column and what to write instead, nothing is imported, and the exit status is 1.
///
/// Example: jorei import 令和7年5月分 --dry-run
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    command: Option<ImportCommand>,
    #[command(flatten)]
    set: SetArgs,
}

#[derive(clap::Args)]
struct SetArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// The folder of the set, or with --form its files.
    paths: Vec<PathBuf>,
    /// The form of single files: 世帯 or membership, and so on.
    #[arg(long)]
    form: Option<String>,
    /// Show what would be imported, and import nothing.
    #[arg(long)]
    dry_run: bool,
    /// The day on which the office learnt it [default: today].
    #[arg(long, value_parser = parse_date)]
    learnt_on: Option<Date>,
    /// The report as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(clap::Subcommand)]
enum ImportCommand {
    List(ListArgs),
    Forms,
    Withdraw(WithdrawArgs),
    Finish(FinishArgs),
}

/// List what was imported, the newest first.
#[derive(clap::Args)]
struct ListArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// At most so many.
    #[arg(long, default_value = "100")]
    limit: u32,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Withdraw an import. Takes effect once another person has signed (jorei approve).
///
/// Shows first what would hold again. New facts then restore what the office would know without the import; what it knew
/// before stays as it was known.
///
/// Example: jorei import withdraw 12 --reason "別の年の所得だった" --key tanaka.key
#[derive(clap::Args)]
struct WithdrawArgs {
    /// The knowledge number of the import (jorei import list).
    number: i64,
    /// Why, without names or addresses: it is kept for ever.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    desk: DeskArgs,
    /// The act as JSON.
    #[arg(long)]
    json: bool,
}

/// Finish a withdrawal whose act is in effect. `jorei approve` does it; this is for one that was stopped.
#[derive(clap::Args)]
struct FinishArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// The act's id, or its first digits.
    act: String,
}

pub fn run_import(args: &Args) -> anyhow::Result<Exit> {
    match &args.command {
        None => run(import(&args.set)),
        Some(ImportCommand::Forms) => forms(),
        Some(ImportCommand::List(args)) => run(list(args)),
        Some(ImportCommand::Withdraw(args)) => run(withdraw(args)),
        Some(ImportCommand::Finish(args)) => run(finish(args)),
    }
}

async fn import(args: &SetArgs) -> anyhow::Result<Exit> {
    let bar = ProgressBar::new_spinner().with_style(ProgressStyle::with_template("{spinner} {msg} {pos}")?);
    let sources = match sources(args)? {
        Ok(sources) => sources,
        Err(report) => return refuse(&report, args.json),
    };
    let set = match read(&sources, |name| bar.set_message(format!("reading {name}"))) {
        Ok(set) => set,
        Err(report) => {
            bar.finish_and_clear();
            return refuse(&report, args.json);
        }
    };
    drop(sources);
    let (store, municipality) = args.office.found().await?;
    if let Some(knowledge) = store.import_of(municipality, set.digest).await? {
        bail!("this set was imported under knowledge number {knowledge} already; withdraw that import first, or import another set");
    }
    bar.set_message("comparing persons");
    let preview = preview(&store, municipality, &set, |persons| bar.set_position(persons)).await?;
    let mut knowledge = None;
    if !args.dry_run {
        bar.set_message("writing");
        let learnt_on = args.learnt_on.unwrap_or_else(today);
        knowledge = Some(apply(&store, municipality, learnt_on, &set, &moment().stamp(&program("import"))).await?);
    }
    bar.finish_and_clear();
    tell(&set, &preview, knowledge, args.json)?;
    Ok(Exit::Done)
}

/// The files of a set, or why they are none.
fn sources(args: &SetArgs) -> anyhow::Result<Result<Vec<Source>, Report>> {
    if let Some(form) = &args.form {
        let form = Form::named(form).with_context(|| format!("there is no form of this name; known are {}", form_names().join(", ")))?;
        let source = |path: &PathBuf| Ok(Source { name: name_of(path), form, stated: None, bytes: bounded(path)? });
        let sources: anyhow::Result<Vec<Source>> = args.paths.iter().map(source).collect();
        return Ok(Ok(sources?));
    }
    let [folder] = args.paths.as_slice() else {
        bail!("name one folder with a control file (一覧.csv), or files with --form");
    };
    if !folder.is_dir() {
        bail!("{} is no folder; name the form of a single file with --form", folder.display());
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("reading the folder {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            bail!("{}: a set has no folders in it", path.display());
        }
        files.push((name_of(&path), bounded(&path)?));
    }
    files.sort();
    Ok(listed(files))
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A file that is not larger than one may be.
fn bounded(path: &Path) -> anyhow::Result<Vec<u8>> {
    let length = std::fs::metadata(path).with_context(|| format!("reading {}", path.display()))?.len();
    if length > FILE_BYTES as u64 {
        bail!("{}: {length} bytes, more than {FILE_BYTES}; split it", path.display());
    }
    std::fs::read(path).with_context(|| format!("reading {}", path.display()))
}

fn form_names() -> Vec<String> {
    Form::all().into_iter().map(|form| format!("{}（{}）", form.ja(), form.word())).collect()
}

fn refuse(report: &Report, json: bool) -> anyhow::Result<Exit> {
    let mut out = std::io::stdout().lock();
    if json {
        let line = |refused: &Refused| {
            json!({ "file": refused.file, "line": refused.line, "place": refused.place, "column": refused.column,
                "wrong": refused.wrong.to_string() })
        };
        let lines: Vec<Value> = report.refused.iter().map(line).collect();
        writeln!(out, "{:#}", json!({ "refused": lines, "more": report.more }))?;
    } else {
        write!(out, "{report}")?;
    }
    eprintln!("nothing was imported: {} line(s) are wrong", report.len());
    Ok(Exit::Some)
}

fn tell(set: &Set, preview: &Preview, knowledge: Option<Knowledge>, json: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if json {
        let forms: Vec<Value> = preview
            .changes
            .iter()
            .map(|(form, change)| {
                json!({ "form": form.word(), "rows": set.rows.get(form), "new": change.new, "changed": change.changed, "same": change.same })
            })
            .collect();
        let warning = |warning: &jorei_service::imports::HeadWarning| json!({ "household": warning.household.0, "from": warning.from.to_string(), "heads": warning.heads });
        let warnings: Vec<Value> = set.warnings.iter().map(warning).collect();
        let document = json!({ "knowledge": knowledge.map(|number| number.0), "set": set.digest.to_string(), "forms": forms,
            "persons": preview.persons, "households": preview.households, "warnings": warnings });
        writeln!(out, "{document:#}")?;
        return Ok(());
    }
    for (form, change) in &preview.changes {
        let rows = set.rows.get(form).copied().unwrap_or(0);
        writeln!(out, "{} {rows}件: 新規 {}、変更 {}、同じ {}", form.ja(), change.new, change.changed, change.same)?;
    }
    writeln!(out, "対象者 {}人、世帯 {}世帯", preview.persons, preview.households)?;
    for warning in &set.warnings {
        writeln!(out, "注意: 世帯{}は{}に世帯主が{}人です", warning.household, warning.from, warning.heads)?;
    }
    match knowledge {
        Some(knowledge) => writeln!(out, "取り込みました。把握番号 {knowledge}")?,
        None => writeln!(out, "試行のため、取り込んでいません")?,
    }
    Ok(())
}

fn forms() -> anyhow::Result<Exit> {
    let mut out = std::io::stdout().lock();
    for form in Form::all() {
        writeln!(out, "{}（{}）", form.ja(), form.word())?;
        for column in form.columns() {
            writeln!(out, "  {}{}", form.heading(column), if form.needs(column) { "" } else { "（任意）" })?;
        }
    }
    Ok(Exit::Done)
}

async fn list(args: &ListArgs) -> anyhow::Result<Exit> {
    let (store, municipality) = args.office.open().await?;
    let imports = store.imports(municipality, args.limit).await?;
    let mut out = std::io::stdout().lock();
    if args.json {
        let row = |import: &StoredImport| {
            let forms: Value = serde_json::from_str(&import.forms).unwrap_or(Value::Null);
            json!({ "knowledge": import.knowledge.0, "set": import.digest.to_string(), "forms": forms, "at": import.at, "by": import.by,
                "withdrawn_by": import.withdrawn.map(|number| number.0) })
        };
        writeln!(out, "{:#}", Value::from(imports.iter().map(row).collect::<Vec<_>>()))?;
        return Ok(Exit::Done);
    }
    for import in imports {
        let withdrawn = import.withdrawn.map(|by| format!("  取消済（把握番号 {by}）")).unwrap_or_default();
        writeln!(out, "把握番号 {}  {}  {}  {}{withdrawn}", import.knowledge, import.at, import.by, import.forms)?;
    }
    Ok(Exit::Done)
}

async fn withdraw(args: &WithdrawArgs) -> anyhow::Result<Exit> {
    let (store, municipality, officer) = args.desk.open().await?;
    let proposal = propose_withdrawal(&store, municipality, Knowledge(args.number), &args.reason).await?;
    let act = propose(&store, municipality, &officer, proposal, &moment()).await?;
    tell_made(&store, municipality, act, args.json).await?;
    Ok(Exit::Done)
}

async fn finish(args: &FinishArgs) -> anyhow::Result<Exit> {
    let (store, municipality) = args.office.open().await?;
    let stored = find(&store, municipality, &args.act).await?;
    let done = complete(&store, &stored.act, &moment(), &program("import finish")).await?;
    if done.is_empty() {
        bail!("act {} withdraws no import", stored.id);
    }
    for (import, done) in done {
        let what = if matches!(done, Done::Now(_)) { "取り消しました" } else { "取消済です" };
        writeln!(std::io::stdout(), "取込 {import} を{what}。把握番号 {}", done.knowledge())?;
    }
    Ok(Exit::Done)
}
