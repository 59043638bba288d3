//! `jorei arrears`: what is owed, demand notices, graces, promises, time bars, what is given up.

use crate::commands::Exit;
use crate::commands::approve::tell_made;
use crate::commands::listing::Listing;
use crate::commands::officer::{DeskArgs, OfficerArgs, moment, program};
use crate::office::{OfficeArgs, decided_on, parse_date, run, runtime, today};
use anyhow::{Context as _, bail};
use jorei_domain::calendar::Date;
use jorei_domain::id::{HouseholdId, Municipality};
use jorei_domain::ledger::Instalment;
use jorei_domain::money::Yen;
use jorei_domain::purpose::{Affair, CaseReference, File, Purpose};
use jorei_domain::record::GRACES;
use jorei_service::acts::propose;
use jorei_service::arrears::write_off::{ground, propose_write_off};
use jorei_service::arrears::{
    Arrears, ArrearsError, Demand, VALUES, ask, decide, demand_columns, demands, household, lapsing, record_demands, shown,
};
use jorei_service::lookups::{Lookup, record};
use jorei_service::revisions::Shelf;
use jorei_service::sheets::{Format, SheetWriter};
use jorei_store::Store;
use jorei_store::arrears::{ArrearsEvent, Step};
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

/// Households per page.
const PAGE: u32 = 200;

/// What is owed (滞納), and what is done about it.
#[derive(clap::Subcommand)]
pub enum ArrearsCommand {
    List(ListArgs),
    /// Show how one household's instalments stand, with charges as of a day, what was done, and when it lapses.
    Show(ShowArgs),
    /// Keep a household's charges as a decision, and post those that are fixed because the principal is paid.
    Decide(ShowArgs),
    Demand(DemandArgs),
    Grant(GrantArgs),
    Promise(PromiseArgs),
    Record(RecordArgs),
    Lapsing(LapsingArgs),
    WriteOff(WriteOffArgs),
}

/// List the households with something past due and open, a charge or a fee.
#[derive(clap::Args)]
pub struct ListArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// As of this day [default: today].
    #[arg(long, value_parser = parse_date)]
    on: Option<Date>,
    /// Only households behind this one.
    #[arg(long)]
    after: Option<i64>,
    /// At most so many.
    #[arg(long, default_value = "200")]
    limit: usize,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// One household on a day.
#[derive(clap::Args)]
pub struct ShowArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// The household.
    household: i64,
    /// As of this day (計算日) [default: today].
    #[arg(long, value_parser = parse_date)]
    on: Option<Date>,
}

/// Make the file for the printer of demand notices (督促状), for every instalment that the rule in force calls due for one.
///
/// A look-up of everybody in it, noted before they are in the file. With --record the notices count as sent on the day, with
/// their fees, and are not listed again; what nobody living can be addressed for waits for a clerk.
///
/// Example: jorei arrears demand --on 2025-07-18 --case R7-000123 --out demand.csv --record --key tanaka.key
#[derive(clap::Args)]
pub struct DemandArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// The day they are sent (発付日) [default: today].
    #[arg(long, value_parser = parse_date)]
    on: Option<Date>,
    /// The demand fee for each instalment, in yen, as the ordinance has it.
    #[arg(long, default_value = "0", value_parser = clap::value_parser!(i64).range(0..=10_000))]
    fee: i64,
    /// The case it serves, as R7-000123.
    #[arg(long, value_parser = parse_case)]
    case: CaseReference,
    /// The file to make; it must not be there.
    #[arg(long)]
    out: PathBuf,
    /// Record them as sent.
    #[arg(long, requires = "key")]
    record: bool,
    /// The file with the secret key of whoever records.
    #[arg(long, env = "JOREI_KEY")]
    key: Option<PathBuf>,
}

/// What a recorded step has.
#[derive(clap::Args)]
pub struct StepArgs {
    #[command(flatten)]
    desk: DeskArgs,
    /// The household.
    household: i64,
    /// The day it counts from [default: today].
    #[arg(long, value_parser = parse_date)]
    on: Option<Date>,
    /// An instalment, as 2025/3, or 2025/p3 for pension deduction; may be given several times [default: all that are past due
    /// and open].
    #[arg(long = "instalment", value_parser = parse_instalment)]
    instalments: Vec<Instalment>,
    /// Why, without names or addresses: it is kept for ever.
    #[arg(long)]
    reason: String,
}

/// Grant a grace, or a waiver of the charge, for some days.
///
/// Example: jorei arrears grant 17 --kind waiver --from 2025-08-01 --until 2025-10-01 --instalment 2025/1 --reason "災害" --key tanaka.key
#[derive(clap::Args)]
pub struct GrantArgs {
    #[command(flatten)]
    step: StepArgs,
    /// waiver (延滞金減免), collection_grace (徴収猶予) or conversion_grace (換価の猶予).
    #[arg(long, value_parser = parse_grace)]
    kind: u8,
    /// First day.
    #[arg(long, value_parser = parse_date)]
    from: Date,
    /// First day after it.
    #[arg(long, value_parser = parse_date)]
    until: Date,
}

/// Record a promise to pay by instalments (分納誓約). It acknowledges the debt.
///
/// Example: jorei arrears promise 17 --pay 2025-08-31=5000 --pay 2025-09-30=5000 --reason "窓口で誓約" --key tanaka.key
#[derive(clap::Args)]
pub struct PromiseArgs {
    #[command(flatten)]
    step: StepArgs,
    /// A day and how much by then, as 2025-08-31=5000.
    #[arg(long = "pay", value_parser = parse_payment, required = true)]
    payments: Vec<(Date, Yen)>,
}

/// Record another step: returned, revoked, broken, seized, released, suspended, resumed or restarted.
///
/// A step that takes one back names its number (jorei arrears show).
#[derive(clap::Args)]
pub struct RecordArgs {
    #[command(flatten)]
    step: StepArgs,
    /// Which.
    #[arg(long = "step", value_parser = parse_step)]
    kind: Step,
    /// The number of the step that it follows or takes back.
    #[arg(long)]
    of: Option<i64>,
    /// The day from which a grace runs no more.
    #[arg(long, value_parser = parse_date)]
    from: Option<Date>,
}

/// List what lapses within some months, and what has lapsed and still stands in the ledger.
#[derive(clap::Args)]
pub struct LapsingArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// From this day [default: today].
    #[arg(long, value_parser = parse_date)]
    on: Option<Date>,
    /// Within so many months.
    #[arg(long, default_value = "6", value_parser = clap::value_parser!(u32).range(0..=120))]
    months: u32,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Make the act of two people that gives up what can no longer be collected (不納欠損).
///
/// It is posted once another person has signed (jorei approve), as far as it is still open then.
///
/// Example: jorei arrears write-off 17 --ground time_bar --reason "消滅時効の完成" --key tanaka.key
#[derive(clap::Args)]
pub struct WriteOffArgs {
    #[command(flatten)]
    step: StepArgs,
    /// time_bar, suspended_three_years or extinguished_at_once.
    #[arg(long)]
    ground: String,
    /// The act as JSON.
    #[arg(long)]
    json: bool,
}

fn parse_case(text: &str) -> Result<CaseReference, String> {
    CaseReference::parse(text).map_err(|error| error.to_string())
}

fn parse_instalment(text: &str) -> Result<Instalment, String> {
    let wrong = || format!("`{text}` is no instalment (write 2025/3, or 2025/p3 for pension deduction)");
    let (year, number) = text.split_once('/').ok_or_else(wrong)?;
    let (collection, number) = number.strip_prefix('p').map_or((0, number), |number| (1, number));
    let (year, number): (i32, i64) = (year.parse().map_err(|_| wrong())?, number.parse().map_err(|_| wrong())?);
    let item = (1..1_000).contains(&number).then_some(collection * 1_000 + number);
    item.and_then(|item| Instalment::of_item(year, item)).ok_or_else(wrong)
}

fn parse_grace(text: &str) -> Result<u8, String> {
    let place = GRACES.iter().position(|word| *word == text).and_then(|place| u8::try_from(place).ok());
    place.ok_or_else(|| format!("no kind of grace; known are {}", GRACES.join(", ")))
}

fn parse_payment(text: &str) -> Result<(Date, Yen), String> {
    let wrong = || format!("`{text}` is no promised payment (write 2025-08-31=5000)");
    let (day, yen) = text.split_once('=').ok_or_else(wrong)?;
    let yen = yen.parse().ok().and_then(|yen| Yen::checked(yen).ok()).ok_or_else(wrong)?;
    Ok((Date::parse(day).map_err(|_| wrong())?, yen))
}

fn parse_step(text: &str) -> Result<Step, String> {
    let own = |step: &Step| !matches!(step, Step::Demanded | Step::Granted | Step::Promised);
    let known: Vec<&str> = Step::ALL.iter().filter(|step| own(step)).map(|step| step.word()).collect();
    Step::named(text).filter(own).ok_or_else(|| format!("no step of this command; known are {}", known.join(", ")))
}

pub fn run_arrears(command: &ArrearsCommand) -> anyhow::Result<Exit> {
    run(async {
        match command {
            ArrearsCommand::List(args) => list(args).await,
            ArrearsCommand::Show(args) => show(args, false).await,
            ArrearsCommand::Decide(args) => show(args, true).await,
            ArrearsCommand::Demand(args) => demand(args).await,
            ArrearsCommand::Grant(GrantArgs { step, kind, from, until }) => {
                let add = |event| ArrearsEvent { grace: Some(*kind), from: Some(*from), until: Some(*until), ..event };
                record_step(step, Step::Granted, add).await
            }
            ArrearsCommand::Promise(PromiseArgs { step, payments }) => {
                record_step(step, Step::Promised, |event| ArrearsEvent { payments: payments.clone(), ..event }).await
            }
            ArrearsCommand::Record(RecordArgs { step, kind, of, from }) => {
                record_step(step, *kind, |event| ArrearsEvent { of: *of, from: *from, ..event }).await
            }
            ArrearsCommand::Lapsing(args) => list_lapsing(args).await,
            ArrearsCommand::WriteOff(args) => write_off(args).await,
        }
    })
}

async fn list(args: &ListArgs) -> anyhow::Result<Exit> {
    let (store, municipality) = args.office.open().await?;
    let on = args.on.unwrap_or_else(today);
    let mut listing = Listing::new(&[
        ("household", "世帯番号"),
        ("instalments", "滞納期数"),
        ("open_yen", "未納額"),
        ("charge_open_yen", "延滞金未納額"),
        ("fee_open_yen", "督促手数料未納額"),
        ("oldest_due", "最も古い納期限"),
    ]);
    let (mut after, mut left) = (args.after.map(HouseholdId), args.limit);
    while left > 0 {
        let households = store.households_in_arrears(municipality, after, PAGE).await?;
        let Some(last) = households.last().copied() else { break };
        for id in households {
            let arrears = household(&store, municipality, id).await?;
            let overdue = || arrears.standings.iter().filter(|standing| standing.due < on && standing.open_on(on) > 0);
            let open: i64 = overdue().map(|standing| standing.open_on(on)).sum();
            let charge: i64 = arrears.standings.iter().map(|standing| standing.charge_open_yen).sum();
            let fee: i64 = arrears.standings.iter().map(|standing| standing.fee_open_yen).sum();
            if open + charge + fee > 0 && left > 0 {
                let oldest = overdue().map(|standing| standing.due.to_string()).next();
                listing.push(vec![id.0.into(), overdue().count().into(), open.into(), charge.into(), fee.into(), oldest.into()]);
                left -= 1;
            }
        }
        after = Some(last);
    }
    listing.print(args.json)?;
    Ok(Exit::Done)
}

async fn show(args: &ShowArgs, keep: bool) -> anyhow::Result<Exit> {
    let (store, municipality) = args.office.open().await?;
    let on = decided_on(args.on)?;
    let id = HouseholdId(args.household);
    let shelf = Shelf::new(store.clone(), runtime()?);
    let mut exit = Exit::Done;
    let charges = if keep {
        let decided = decide(&store, &shelf, municipality, id, on, &moment(), &program("arrears decide")).await?;
        let state = if decided.new { "made" } else { "unchanged" };
        eprintln!("decision {} ({}) {state}, {} posting(s)", decided.decision, decided.outcome.word(), decided.posted.len());
        for text in &decided.withheld {
            eprintln!("要確認: {text}");
        }
        if decided.outcome.word() != "decided" || !decided.withheld.is_empty() {
            exit = Exit::Some;
        }
        decided.charges
    } else {
        let arrears = household(&store, municipality, id).await?;
        match ask(&store, &shelf, municipality, &arrears, on).await {
            Ok(told) => told.map(|(_, charges)| charges).unwrap_or_default(),
            Err(ArrearsError::Revision(error)) => {
                eprintln!("延滞金は表示できません: {error}");
                Vec::new()
            }
            Err(error) => return Err(error.into()),
        }
    };
    write!(std::io::stdout(), "{}", shown(&household(&store, municipality, id).await?, &charges, on))?;
    Ok(exit)
}

async fn demand(args: &DemandArgs) -> anyhow::Result<Exit> {
    let (store, municipality) = args.office.open().await?;
    let on = decided_on(args.on)?;
    let by = match (&args.key, args.record) {
        (Some(key), true) => OfficerArgs::with(key.clone()).officer(&store, municipality).await?.account,
        _ => program("arrears demand"),
    };
    let shelf = Shelf::new(store.clone(), runtime()?);
    let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&args.out);
    let file = made.with_context(|| format!("making the file {}", args.out.display()))?;
    let mut sheet = SheetWriter::new(Format::Csv, demand_columns(), BufWriter::new(file))?;
    let purpose = Purpose { affair: Affair::Collection, case: args.case.clone() };
    let fee = Yen::checked(args.fee)?;
    let (mut after, mut sent, mut waiting) = (None, 0, 0);
    loop {
        let page = demands(&store, &shelf, municipality, on, fee, after, PAGE).await?;
        let households: Vec<HouseholdId> = page.demands.iter().map(|demand| demand.household).collect();
        if !households.is_empty() {
            let files = &[File::Arrears, File::Insured];
            let what = "arrears.demand";
            let lookup = Lookup { what, purpose: Some(&purpose), persons: &[], households: &households, files, refused: None };
            record(&store, municipality, &lookup, &moment(), &by).await?;
        }
        if args.record {
            sent += record_demands(&store, municipality, &page.demands, on, &moment(), &by).await?;
        }
        for line in page.demands.iter().flat_map(|demand| demand.lines(on)) {
            sheet.line(&line)?;
        }
        for (household, state) in &page.unanswered {
            eprintln!("世帯{household}: 督促のルールの答えがありません（{state}）");
        }
        waiting += page.unanswered.len() + page.demands.iter().filter(|demand| !Demand::is_addressed(demand)).count();
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    let lines = sheet.finish()?.1;
    eprintln!("{lines} lines in {}, {sent} notices recorded as sent, {waiting} households wait for a clerk", args.out.display());
    Ok(if waiting == 0 { Exit::Done } else { Exit::Some })
}

/// The instalments that were named, or all that are past due and open.
fn named(args: &StepArgs, arrears: &Arrears, on: Date) -> anyhow::Result<Vec<Instalment>> {
    if !args.instalments.is_empty() {
        return Ok(args.instalments.clone());
    }
    let overdue = arrears.standings.iter().filter(|standing| standing.due < on && standing.open_yen > 0);
    let found: Vec<Instalment> = overdue.map(|standing| standing.instalment).collect();
    if found.is_empty() {
        bail!("household {} has nothing past due and open on {on}; name an instalment with --instalment 2025/3", args.household);
    }
    Ok(found)
}

async fn record_step(args: &StepArgs, kind: Step, add: impl FnOnce(ArrearsEvent) -> ArrearsEvent) -> anyhow::Result<Exit> {
    let (store, municipality, officer) = args.desk.open().await?;
    let on = decided_on(args.on)?;
    let arrears = household(&store, municipality, HouseholdId(args.household)).await?;
    let instalments = named(args, &arrears, on)?;
    let event = add(ArrearsEvent::of(HouseholdId(args.household), kind, on, instalments, &args.reason));
    let now = moment();
    let numbers = store.record_arrears(municipality, &[event], now.today, &now.stamp(&officer.account)).await?;
    tell_numbers(&numbers, kind)?;
    Ok(Exit::Done)
}

fn tell_numbers(numbers: &[i64], kind: Step) -> anyhow::Result<()> {
    for number in numbers {
        writeln!(std::io::stdout(), "記録番号 {number} {}", kind.ja())?;
    }
    Ok(())
}

async fn list_lapsing(args: &LapsingArgs) -> anyhow::Result<Exit> {
    let (store, municipality) = args.office.open().await?;
    let on = args.on.unwrap_or_else(today);
    let found = all_lapsing(&store, municipality, on, args.months).await?;
    found.print(args.json)?;
    for (what, value, article, state) in VALUES {
        eprintln!("{what}: {value}（{article}、{state}）");
    }
    Ok(Exit::Done)
}

async fn all_lapsing(store: &Store, municipality: Municipality, on: Date, months: u32) -> anyhow::Result<Listing> {
    let mut listing = Listing::new(&[
        ("household", "世帯番号"),
        ("instalment", "期別"),
        ("due", "納期限"),
        ("open_yen", "未納額"),
        ("beside_yen", "延滞金・手数料"),
        ("began", "起算"),
        ("lapses_on", "消滅日"),
        ("ground", "不納欠損の事由"),
    ]);
    let mut after = None;
    loop {
        let (found, next) = lapsing(store, municipality, on, months, after, PAGE).await?;
        for item in &found {
            let began = format!("{} {}", item.bar.began.ja(), item.bar.began_on);
            let lapses_on = item.lapses_on().map(|day| day.to_string());
            listing.push(vec![
                item.household.0.into(),
                item.instalment.to_string().into(),
                item.due.to_string().into(),
                item.open_yen.into(),
                item.beside_yen.into(),
                began.into(),
                lapses_on.into(),
                ground(item, on).into(),
            ]);
        }
        match next {
            Some(next) => after = Some(next),
            None => return Ok(listing),
        }
    }
}

async fn write_off(args: &WriteOffArgs) -> anyhow::Result<Exit> {
    let StepArgs { desk, household, on, instalments, reason } = &args.step;
    let (store, municipality, officer) = desk.open().await?;
    let on = decided_on(*on)?;
    let proposal = propose_write_off(&store, municipality, HouseholdId(*household), instalments, &args.ground, on, reason).await?;
    let act = propose(&store, municipality, &officer, proposal, &moment()).await?;
    tell_made(&store, municipality, act, args.json).await?;
    Ok(Exit::Done)
}
