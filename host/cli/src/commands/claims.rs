//! `jorei claims`: sets of claims of institutions, what a clerk must look at, and what clerks say to it.

use crate::commands::Exit;
use crate::commands::listing::{Listing, PageArgs, shown};
use crate::commands::officer::{DeskArgs, moment, program};
use crate::office::{OfficeArgs, parse_month, run, today};
use anyhow::{Context as _, bail};
use indicatif::{ProgressBar, ProgressStyle};
use jorei_domain::calendar::Date;
use jorei_domain::id::{Municipality, PersonId};
use jorei_domain::money::grouped;
use jorei_service::claims::forms::{Report, bed_ja, serial, service_ja, setting_ja};
use jorei_service::claims::{Applied, ClaimsIntakeError, Way, apply, settle};
use jorei_store::Store;
use jorei_store::medical_claims::{ClaimLine, ClaimSettlement, ClaimStatus};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;

/// Take claims of institutions from the federation, and settle those that somebody must look at (レセプト).
#[derive(clap::Subcommand)]
pub enum ClaimsCommand {
    Apply(ApplyArgs),
    List(ListArgs),
    Show(ShowArgs),
    Findings(FindingsArgs),
    Settle(SettleArgs),
}

/// Take sets of claims, each whole or not at all.
///
/// A set is every file of one serial (通番); files of several sets are taken in the order of their serials, and a serial that is
/// missing keeps the later ones waiting. A set that was taken before does nothing again. Where files or lines are wrong, each
/// place is listed with file, line and column, nothing of that set is taken, and the exit status is 1.
///
/// Example: jorei claims apply 2026-07/*.csv
#[derive(clap::Args)]
pub struct ApplyArgs {
    /// All files of one or more sets, in any order.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    office: OfficeArgs,
}

/// List the sets that were taken, the newest first; or the claims of a person that stand; or all that was said of one claim.
///
/// Example: jorei claims list --person 42 --from 2026-04 --until 2026-07
#[derive(clap::Args)]
pub struct ListArgs {
    /// The claims of this person that stand, instead.
    #[arg(long, conflicts_with = "claim")]
    person: Option<i64>,
    /// From this month of treatment.
    #[arg(long, value_parser = parse_month, requires = "person", default_value = "1990-01")]
    from: Date,
    /// Up to and with this month of treatment [default: this one].
    #[arg(long, value_parser = parse_month, requires = "person")]
    until: Option<Date>,
    /// Everything said of the claim with this number of the federation, in order, instead.
    #[arg(long)]
    claim: Option<String>,
    /// Sets before this number.
    #[arg(long)]
    before: Option<i64>,
    /// At most so many sets.
    #[arg(long, default_value = "100")]
    limit: u32,
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    office: OfficeArgs,
}

/// Show a line with all it says, what else was said of its claim, and what clerks said to it.
#[derive(clap::Args)]
pub struct ShowArgs {
    /// The line's number.
    line: i64,
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    office: OfficeArgs,
}

/// List claims that somebody must look at and nobody has, with why and what to do.
#[derive(clap::Args)]
pub struct FindingsArgs {
    #[command(flatten)]
    page: PageArgs,
    /// As JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    office: OfficeArgs,
}

/// Say what becomes of a claim that stands: it counts, it is left out, or the insurer's part is claimed back.
///
/// `counts` makes it count for benefits as any other, `left_out` keeps it out. `reclaimed` keeps it out and books the insurer's
/// part (cost less own payment) as a debt of the person's household (不当利得の返還請求); that is done once.
///
/// Example: jorei claims settle 17 --way reclaimed --reason "資格喪失後受診" --key tanaka.key
#[derive(clap::Args)]
pub struct SettleArgs {
    /// The line's number.
    line: i64,
    /// counts, left_out or reclaimed.
    #[arg(long)]
    way: String,
    /// Why, without personal data: it is kept for ever.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    desk: DeskArgs,
}

pub fn run_claims(command: &ClaimsCommand) -> anyhow::Result<Exit> {
    match command {
        ClaimsCommand::Apply(args) => run(take(args)),
        ClaimsCommand::List(args) => run(list(args)),
        ClaimsCommand::Show(args) => run(show(args)),
        ClaimsCommand::Findings(args) => run(findings(args)),
        ClaimsCommand::Settle(args) => run(say(args)),
    }
}

fn read(path: &PathBuf) -> anyhow::Result<(String, Vec<u8>)> {
    let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    Ok((path.display().to_string(), bytes))
}

fn refused(report: &Report) -> anyhow::Result<Exit> {
    write!(std::io::stdout(), "{report}")?;
    eprintln!("not taken: {} place(s) are wrong", report.len());
    Ok(Exit::Some)
}

async fn take(args: &ApplyArgs) -> anyhow::Result<Exit> {
    let (store, municipality) = args.office.open().await?;
    let mut sets: BTreeMap<i64, Vec<&PathBuf>> = BTreeMap::new();
    for path in &args.files {
        let (name, bytes) = read(path)?;
        match serial(municipality, (&name, &bytes)) {
            Ok(serial) => sets.entry(serial).or_default().push(path),
            Err(report) => return refused(&report),
        }
    }
    let mut shown = Vec::new();
    for (serial, paths) in sets {
        let files = paths.into_iter().map(read).collect::<anyhow::Result<Vec<_>>>()?;
        let bar = ProgressBar::new_spinner().with_style(ProgressStyle::with_template("{spinner} {msg} {pos} {per_sec}")?);
        bar.set_message(format!("通番{serial}"));
        bar.enable_steady_tick(std::time::Duration::from_millis(200));
        let stamp = moment().stamp(&program("claims apply"));
        let taken = apply(&store, municipality, &files, today(), &stamp, |lines| bar.set_position(lines)).await;
        bar.finish_and_clear();
        match taken {
            Ok(taken) if args.json => shown.push(of_set(&taken)),
            Ok(taken) => tell(&taken)?,
            Err(ClaimsIntakeError::Refused(report)) => return refused(&report),
            Err(error) => return Err(error).with_context(|| format!("taking set {serial}")),
        }
    }
    if args.json {
        writeln!(std::io::stdout(), "{:#}", Value::from(shown))?;
    }
    Ok(Exit::Done)
}

fn month(day: Date) -> String {
    format!("{:04}-{:02}", day.year(), day.month())
}

fn of_set(taken: &Applied) -> Value {
    let set = &taken.set;
    let told = taken.told.iter().map(|told| {
        json!({ "status": told.status.ja(), "finding": told.finding.map(|finding| finding.word()), "count": told.count,
            "cost_yen": told.cost_yen, "own_yen": told.own_yen })
    });
    json!({ "set": set.number, "serial": set.serial, "month": month(set.month), "lines": set.lines, "cost_yen": set.cost_yen,
        "own_yen": set.own_yen, "before": taken.before, "told": told.collect::<Vec<_>>() })
}

fn tell(taken: &Applied) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let set = &taken.set;
    let before = if taken.before { "（取込済みの一式です。何も変更していません）" } else { "" };
    let (serial, processed) = (set.serial, month(set.month));
    writeln!(
        out,
        "国保連レセプト 第{serial}号 {processed}処理 {}件 費用額{}円 一部負担金{}円{before}",
        set.lines,
        grouped(set.cost_yen),
        grouped(set.own_yen)
    )?;
    for told in &taken.told {
        let finding = told.finding.map(|finding| format!(" 要確認: {}", finding.ja())).unwrap_or_default();
        writeln!(
            out,
            "  {} {}件 費用額{}円 一部負担金{}円{finding}",
            told.status.ja(),
            told.count,
            grouped(told.cost_yen),
            grouped(told.own_yen)
        )?;
    }
    Ok(())
}

async fn list(args: &ListArgs) -> anyhow::Result<Exit> {
    let (store, municipality) = args.office.open().await?;
    if let Some(person) = args.person {
        let this = parse_month(&month(today())).map_err(anyhow::Error::msg)?;
        let months = args.from..=args.until.unwrap_or(this);
        print(&store.claims_of_person(municipality, PersonId(person), months).await?, args.json)?;
        return Ok(Exit::Done);
    }
    if let Some(claim) = &args.claim {
        print(&store.claim_history(municipality, claim).await?, args.json)?;
        return Ok(Exit::Done);
    }
    let mut listing = Listing::new(&[
        ("number", "番号"),
        ("serial", "通番"),
        ("month", "処理年月"),
        ("lines", "件数"),
        ("cost_yen", "費用額"),
        ("own_yen", "一部負担金"),
        ("at", "取込"),
        ("by", "取込者"),
    ]);
    for set in store.claim_sets(municipality, args.before.unwrap_or(i64::MAX), args.limit).await? {
        listing.push(vec![
            set.number.into(),
            set.serial.into(),
            month(set.month).into(),
            set.lines.into(),
            set.cost_yen.into(),
            set.own_yen.into(),
            set.at.into(),
            set.by.into(),
        ]);
    }
    listing.print(args.json)?;
    Ok(Exit::Done)
}

fn print(lines: &[ClaimLine], json: bool) -> anyhow::Result<()> {
    let mut listing = Listing::new(&[
        ("number", "番号"),
        ("claim", "レセプト番号"),
        ("status", "状態"),
        ("person", "宛名番号"),
        ("month", "診療年月"),
        ("setting", "入外"),
        ("service", "診療種別"),
        ("institution", "医療機関"),
        ("days", "日数"),
        ("cost_yen", "費用額"),
        ("own_yen", "一部負担金"),
        ("in_kind_yen", "高額現物額"),
        ("finding", "要確認"),
    ]);
    for line in lines {
        listing.push(vec![
            line.ordinal.into(),
            line.claim.as_str().into(),
            line.status.ja().into(),
            line.person.0.into(),
            month(line.month).into(),
            setting_ja(line.setting).into(),
            service_ja(line.service).into(),
            format!("{:010}", line.institution).into(),
            line.days.into(),
            line.cost_yen.into(),
            line.own_yen.into(),
            line.in_kind_yen.into(),
            line.finding.map(|finding| finding.ja()).into(),
        ]);
    }
    listing.print(json)
}

/// What clerks said to a line.
async fn settlements(store: &Store, municipality: Municipality, line: i64) -> anyhow::Result<Vec<(String, ClaimSettlement)>> {
    let named = |one: ClaimSettlement| (Way::named(&one.way).map_or_else(|| one.way.clone(), |way| way.ja().to_owned()), one);
    Ok(store.claim_settlements(municipality, line).await?.into_iter().map(named).collect())
}

async fn show(args: &ShowArgs) -> anyhow::Result<Exit> {
    let (store, municipality) = args.office.open().await?;
    let line = store.claim_line(municipality, args.line).await?;
    let line = line.with_context(|| format!("claim line {}: there is none of this number; look at `jorei claims list`", args.line))?;
    let history = store.claim_history(municipality, &line.claim).await?;
    let stands = history.last().is_some_and(|last| last.ordinal == line.ordinal && last.status != ClaimStatus::Returned);
    let code = |code: Option<i64>, digits: usize| code.map(|code| format!("{code:0digits$}"));
    let facts: Vec<(&str, &str, Value)> = vec![
        ("number", "番号", line.ordinal.into()),
        ("source", "取込", format!("一式{} ファイル{} {}行", line.set, line.part, line.line).into()),
        ("claim", "レセプト番号", line.claim.as_str().into()),
        ("status", "状態", line.status.ja().into()),
        ("stands", "有効", if stands { "有効" } else { "返戻又は後の明細により無効" }.into()),
        ("person", "宛名番号", line.person.0.into()),
        ("month", "診療年月", month(line.month).into()),
        ("setting", "入外", setting_ja(line.setting).into()),
        ("service", "診療種別", service_ja(line.service).into()),
        ("institution", "医療機関コード", format!("{:010}", line.institution).into()),
        ("prescriber", "処方元", code(line.prescriber, 10).into()),
        ("days", "日数", line.days.into()),
        ("points", "点数", line.points.into()),
        ("cost_yen", "費用額", line.cost_yen.into()),
        ("share_percent", "負担割合（%）", line.share_percent.into()),
        ("own_yen", "一部負担金", line.own_yen.into()),
        ("in_kind_yen", "高額現物額", line.in_kind_yen.into()),
        ("in_kind_counts", "多数回算入", line.in_kind_counts.into()),
        ("category", "特記事項", line.category.as_str().into()),
        ("specified_disease", "特定疾病", line.specified_disease.into()),
        ("third_party", "第三者行為", line.third_party.into()),
        ("aid_code", "法別番号", code(line.aid_code, 2).into()),
        ("bed", "病床", line.stay.map(|stay| bed_ja(stay.bed)).into()),
        ("meals", "食数", line.stay.map(|stay| stay.meals).into()),
        ("charged_meal_yen", "1食徴収額", line.stay.map(|stay| stay.charged_meal_yen).into()),
        ("charged_residence_yen", "1日居住費", line.stay.and_then(|stay| stay.charged_residence_yen).into()),
        ("finding", "要確認", line.finding.map(|finding| finding.ja()).into()),
    ];
    let said = settlements(&store, municipality, args.line).await?;
    let mut out = std::io::stdout();
    if args.json {
        let mut object: serde_json::Map<String, Value> = facts.into_iter().map(|(name, _, value)| (name.to_owned(), value)).collect();
        object.insert("history".into(), history.iter().map(|line| line.ordinal).collect());
        let settled = said.iter().map(|(way, one)| {
            json!({ "way": way, "reason": one.reason, "posting": one.posting.map(|posting| posting.to_string()), "at": one.at, "by": one.by })
        });
        object.insert("settlements".into(), settled.collect());
        writeln!(out, "{:#}", Value::Object(object))?;
        return Ok(Exit::Done);
    }
    for (name, heading, value) in &facts {
        match value {
            Value::Bool(is) => writeln!(out, "{heading}: {}", if *is { "該当" } else { "非該当" })?,
            value => match shown(name, value) {
                text if text.is_empty() => {}
                text => writeln!(out, "{heading}: {text}")?,
            },
        }
    }
    for (way, one) in &said {
        writeln!(out, "処理: {way}（{}） {} {}", one.reason, one.at, one.by)?;
    }
    if history.len() > 1 {
        writeln!(out, "経過:")?;
        print(&history, false)?;
    }
    Ok(Exit::Done)
}

async fn findings(args: &FindingsArgs) -> anyhow::Result<Exit> {
    let (store, municipality) = args.office.open().await?;
    print(&store.claim_findings(municipality, args.page.after, args.page.limit).await?, args.json)?;
    Ok(Exit::Done)
}

async fn say(args: &SettleArgs) -> anyhow::Result<Exit> {
    let known = || Way::ALL.map(Way::word).join(", ");
    let Some(way) = Way::named(&args.way) else { bail!("--way {}: none of {}", args.way, known()) };
    let (store, municipality, officer) = args.desk.open().await?;
    let stamp = moment().stamp(&officer.account);
    let settled = settle(&store, municipality, args.line, way, &args.reason, today(), &stamp).await?;
    let mut out = std::io::stdout();
    match settled.reclaimed {
        Some((household, yen)) => writeln!(out, "レセプト {} の保険者負担 {}円を世帯 {household} の返納金債権としました", args.line, yen)?,
        None => writeln!(out, "レセプト {} を{}としました", args.line, way.ja())?,
    }
    Ok(Exit::Done)
}
