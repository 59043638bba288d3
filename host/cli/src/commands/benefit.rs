//! `jorei benefit`: months that are run, applications, what is due to a household, and what people said about it.

use crate::commands::Exit;
use crate::commands::assess::{bar, stop_on_interrupt};
use crate::commands::listing::Listing;
use crate::commands::officer::{DeskArgs, moment, program};
use crate::office::{OfficeArgs, decided_on, parse_date, parse_month, run, runtime};
use anyhow::{Context as _, bail};
use jorei_domain::benefit::Benefit;
use jorei_domain::calendar::{Date, months_after};
use jorei_domain::id::{HouseholdId, PersonId};
use jorei_domain::money::grouped;
use jorei_domain::record::Kind;
use jorei_domain::slot::Slot;
use jorei_service::benefits::applications::{Incoming, examine, note, receive, standing};
use jorei_service::benefits::letter::letter;
use jorei_service::benefits::month::{self, Request};
use jorei_service::benefits::what_if::compare;
use jorei_service::benefits::{Decided, decide};
use jorei_service::revisions::{Shelf, load};
use jorei_store::benefits::{ApplicationEvent, ApplicationEventKind, Handover, Simplified};
use serde_json::Value;
use std::io::Write as _;
use std::sync::Arc;

/// Decide benefits and follow them to their payment (給付). What is paid goes the way of `jorei payee`, `inquiry` and `payment`.
#[derive(clap::Subcommand)]
pub enum BenefitCommand {
    Run(RunArgs),
    Decide(DecideArgs),
    Candidates(CandidatesArgs),
    WhatIf(WhatIfArgs),
    Show(ShowArgs),
    Receive(ReceiveArgs),
    Examine(ExamineArgs),
    Note(NoteArgs),
    Applications(ApplicationsArgs),
    Notice(NoticeArgs),
    Simplify(SimplifyArgs),
    EndSimplified(EndSimplifiedArgs),
    Handover(HandoverArgs),
}

/// Run a month of treatment: classify every household with claims, and decide the high-cost benefit of all to whom something is due
/// or was.
///
/// May be stopped (Ctrl-C, or harder) and run again: it continues, and what is decided and still true is left alone. After claims
/// were corrected, run the month again and those that follow it; differences are posted. Exit status: 0 when nothing waits for
/// anybody, 1 when something does or the run was stopped.
#[derive(clap::Args)]
pub struct RunArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// The month of treatment, as 2026-05.
    #[arg(long, value_parser = parse_month)]
    month: Date,
    /// The last month, where several are run in order [default: the month alone].
    #[arg(long, value_parser = parse_month, value_name = "MONTH")]
    until: Option<Date>,
    /// Only these households.
    #[arg(long, value_delimiter = ',')]
    household: Vec<i64>,
    /// The day that decisions count from (支給決定日) [default: today].
    #[arg(long, value_parser = parse_date)]
    on: Option<Date>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Decide one household's case, under the rule in force on its date, and post what follows.
///
/// The date of the case: of a month its first day, of a year its base date (31 July), of a birth or death its day. Exit status: 0
/// when nothing waits, 1 when it was held.
#[derive(clap::Args)]
pub struct DecideArgs {
    #[command(flatten)]
    desk: DeskArgs,
    /// The household.
    household: i64,
    /// Which slot: classification, high_cost, high_cost_year, combined, hospital, expense or lump_sum.
    #[arg(long, value_parser = parse_slot)]
    slot: Slot,
    /// The date of the case.
    #[arg(long, value_parser = parse_date, value_name = "DATE")]
    case: Date,
    /// The day of the decision (支給決定日) [default: today].
    #[arg(long, value_parser = parse_date)]
    on: Option<Date>,
}

/// List households to which a month's high-cost benefit is due and nobody has applied for it, with the day from which it can no
/// longer be claimed.
///
/// Exit status: 0 when there are none, 1 otherwise.
#[derive(clap::Args)]
pub struct CandidatesArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// The month of treatment.
    #[arg(long, value_parser = parse_month)]
    month: Date,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Ask a candidate revision of the high-cost benefit about months of claims, and tell by category who would get more or less than
/// under the revision in force.
///
/// Nothing is recorded. A candidate whose law begins later is asked about the same claims some years later (--years).
#[derive(clap::Args)]
pub struct WhatIfArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// The candidate, or its first digits.
    revision: String,
    /// The first month of treatment.
    #[arg(long, value_parser = parse_month)]
    month: Date,
    /// The last month [default: the first].
    #[arg(long, value_parser = parse_month, value_name = "MONTH")]
    until: Option<Date>,
    /// As if the claims had come so many years later.
    #[arg(long, default_value = "0", value_parser = clap::value_parser!(i32).range(0..=10))]
    years: i32,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Show everything of a household's benefits: what is due, orders, applications, the simplified procedure.
#[derive(clap::Args)]
pub struct ShowArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// The household.
    household: i64,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Record an application that came in.
#[derive(clap::Args)]
pub struct ReceiveArgs {
    #[command(flatten)]
    desk: DeskArgs,
    /// The household.
    household: i64,
    /// Which benefit: high_cost, outpatient_year, combined, meal_difference, living_cost_difference, medical_expense, transport,
    /// special_medical_expense, childbirth or funeral.
    #[arg(long, value_parser = parse_benefit)]
    benefit: Benefit,
    /// The day it is about: of treatment, birth or death; any day of the month, or of the period.
    #[arg(long, value_parser = parse_date)]
    day: Date,
    /// Whom it is about, by number (宛名番号).
    #[arg(long)]
    person: i64,
    /// Who applies and is paid, by number [default: whom it is about].
    #[arg(long)]
    applicant: Option<i64>,
    /// Where the paper or message is; no personal data.
    #[arg(long)]
    document: String,
    /// What was examined, as JSON by kind: {"childbirths": {"children": 1, ...}}; `docs/reference/records.md` lists the columns.
    #[arg(long, value_name = "JSON")]
    facts: Option<String>,
    /// Are all documents there?
    #[arg(long)]
    complete: bool,
    /// The day it came in [default: today].
    #[arg(long, value_parser = parse_date)]
    on: Option<Date>,
}

/// Record what was examined of an application; it takes the place of what was known.
#[derive(clap::Args)]
pub struct ExamineArgs {
    #[command(flatten)]
    desk: DeskArgs,
    /// The application.
    application: i64,
    /// As with `receive`.
    #[arg(long, value_name = "JSON")]
    facts: String,
}

/// Record what happened to an application: completed, returned, withdrawn, notified or set_off_agreed.
#[derive(clap::Args)]
pub struct NoteArgs {
    #[command(flatten)]
    desk: DeskArgs,
    /// The application.
    application: i64,
    /// What happened.
    #[arg(long, value_parser = parse_event)]
    event: ApplicationEventKind,
    /// Why; no personal data. Needed where it was returned or withdrawn.
    #[arg(long, default_value = "")]
    reason: String,
    /// The day [default: today].
    #[arg(long, value_parser = parse_date)]
    on: Option<Date>,
}

/// List applications with where each is.
///
/// Exit status: 0 when none is open, 1 otherwise.
#[derive(clap::Args)]
pub struct ApplicationsArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// Closed ones too.
    #[arg(long)]
    all: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Print the notice of what was decided of a case (支給決定通知書), and record that it was sent for its applications.
#[derive(clap::Args)]
pub struct NoticeArgs {
    #[command(flatten)]
    desk: DeskArgs,
    /// The household.
    household: i64,
    /// Which slot.
    #[arg(long, value_parser = parse_slot)]
    slot: Slot,
    /// The date of the case.
    #[arg(long, value_parser = parse_date, value_name = "DATE")]
    case: Date,
    /// The day it is sent [default: today].
    #[arg(long, value_parser = parse_date)]
    on: Option<Date>,
    /// Only print it.
    #[arg(long)]
    draft: bool,
}

/// Register a head for the simplified procedure (支給申請手続の簡素化): later months are paid without another application.
#[derive(clap::Args)]
pub struct SimplifyArgs {
    #[command(flatten)]
    desk: DeskArgs,
    /// The household.
    household: i64,
    /// Its head, by number (宛名番号).
    #[arg(long)]
    head: i64,
    /// May arrears be paid from it first?
    #[arg(long)]
    set_off: bool,
    /// Where the paper or message is; no personal data.
    #[arg(long)]
    document: String,
    /// The first day on which it holds [default: today].
    #[arg(long, value_parser = parse_date)]
    on: Option<Date>,
}

/// End a registration for the simplified procedure.
#[derive(clap::Args)]
pub struct EndSimplifiedArgs {
    #[command(flatten)]
    desk: DeskArgs,
    /// The registration.
    registration: i64,
    /// Why; no personal data.
    #[arg(long)]
    reason: String,
    /// The first day on which it holds no more [default: today].
    #[arg(long, value_parser = parse_date)]
    on: Option<Date>,
}

/// Record a month with a high-cost benefit that another municipality handed over (高額該当回数の引継ぎ), or that it counts no longer.
#[derive(clap::Args)]
pub struct HandoverArgs {
    #[command(flatten)]
    desk: DeskArgs,
    /// The household.
    household: i64,
    /// The month.
    #[arg(long, value_parser = parse_month)]
    month: Date,
    /// Who told it; no personal data.
    #[arg(long)]
    source: String,
    /// It counts no longer.
    #[arg(long)]
    revoke: bool,
}

pub fn run_benefit(command: &BenefitCommand) -> anyhow::Result<Exit> {
    match command {
        BenefitCommand::Run(args) => run_months(args),
        BenefitCommand::Decide(args) => run_decide(args),
        BenefitCommand::Candidates(args) => run_candidates(args),
        BenefitCommand::WhatIf(args) => run_what_if(args),
        BenefitCommand::Show(args) => run_show(args),
        BenefitCommand::Receive(args) => run_receive(args),
        BenefitCommand::Examine(args) => run_examine(args),
        BenefitCommand::Note(args) => run_note(args),
        BenefitCommand::Applications(args) => run_applications(args),
        BenefitCommand::Notice(args) => run_notice(args),
        BenefitCommand::Simplify(args) => run_simplify(args),
        BenefitCommand::EndSimplified(args) => run_end_simplified(args),
        BenefitCommand::Handover(args) => run_handover(args),
    }
}

fn run_months(args: &RunArgs) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality) = args.office.open().await?;
        let last = args.until.unwrap_or(args.month);
        if last < args.month {
            bail!("{last} is before {}", args.month);
        }
        let shelf = Shelf::new(store.clone(), runtime()?);
        let stamp = moment().stamp(&program("benefit run"));
        let decided_on = decided_on(args.on)?;
        let stop = stop_on_interrupt();
        let only: Vec<HouseholdId> = args.household.iter().copied().map(HouseholdId).collect();
        let as_of = store.latest_knowledge(municipality).await?;
        let households = store.count_households(municipality, as_of).await?;
        let (mut month, mut waits, mut listing) = (args.month, false, months_listing());
        while month <= last {
            let bar = bar(households)?;
            let request = Request { municipality, month, decided_on, only: only.clone() };
            let done = month::run(&store, &shelf, &request, &stamp, &stop, |tally| {
                bar.set_position(tally.households);
                bar.set_message(format!("{}月 該当{}世帯", month.month(), tally.candidates));
            })
            .await;
            bar.finish_and_clear();
            let tally = done?;
            waits |= tally.stopped
                || tally.provisional + tally.refused + tally.failed + tally.without_application + tally.held + tally.vanished > 0;
            listing.push(vec![
                month_ja(month).into(),
                tally.claims.into(),
                tally.with_claims.into(),
                tally.candidates.into(),
                tally.decided.into(),
                tally.due_yen.into(),
                tally.orders.into(),
                tally.ordered_yen.into(),
                tally.set_off_yen.into(),
                tally.reclaimed_yen.into(),
                tally.provisional.into(),
                tally.refused.into(),
                tally.failed.into(),
                tally.without_application.into(),
                tally.held.into(),
                tally.vanished.into(),
            ]);
            if tally.stopped {
                break;
            }
            month = months_after(month, 1);
        }
        listing.print(args.json)?;
        Ok(if waits { Exit::Some } else { Exit::Done })
    })
}

fn months_listing() -> Listing {
    Listing::new(&[
        ("month", "診療月"),
        ("claims", "レセプト"),
        ("with_claims", "受診世帯"),
        ("candidates", "該当世帯"),
        ("decided", "新規決定"),
        ("due_yen", "支給額"),
        ("orders", "支出命令"),
        ("ordered_yen", "命令額"),
        ("set_off_yen", "充当額"),
        ("reclaimed_yen", "返納額"),
        ("provisional", "仮決定"),
        ("refused", "計算不能"),
        ("failed", "障害"),
        ("without_application", "未申請"),
        ("held", "保留"),
        ("vanished", "世帯員なし"),
    ])
}

fn run_decide(args: &DecideArgs) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality, officer) = args.desk.open().await?;
        let shelf = Shelf::new(store.clone(), runtime()?);
        let stamp = moment().stamp(&officer.account);
        let (household, on) = (HouseholdId(args.household), decided_on(args.on)?);
        write_decided(&decide(&store, &shelf, municipality, args.slot, household, args.case, on, &stamp).await?)
    })
}

fn write_decided(decided: &Decided) -> anyhow::Result<Exit> {
    let mut out = std::io::stdout();
    let new = if decided.new { "" } else { "（決定済み）" };
    writeln!(out, "世帯{} {} {} 決定番号 {}{new}", decided.household, decided.on, decided.slot.ja(), decided.decision)?;
    if let Some(yen) = decided.benefit_yen {
        writeln!(out, "支給額（累計） {} 円", grouped(yen))?;
    }
    for posted in &decided.posted {
        let (name, before, due) = (posted.key.benefit.ja(), grouped(posted.before_yen), grouped(posted.due_yen));
        writeln!(out, "{name} {before} 円 → {due} 円")?;
        if posted.set_off_yen > 0 {
            writeln!(out, "  滞納保険料へ充当 {} 円", grouped(posted.set_off_yen))?;
        }
        if posted.reclaimed_yen > 0 {
            writeln!(out, "  返納 {} 円", grouped(posted.reclaimed_yen))?;
        }
        if let Some((order, yen)) = posted.order {
            writeln!(out, "  支出命令 {order} {} 円", grouped(yen))?;
        }
    }
    for held in &decided.held {
        writeln!(out, "保留: {}", held.ja())?;
    }
    Ok(if decided.held.is_empty() { Exit::Done } else { Exit::Some })
}

fn run_candidates(args: &CandidatesArgs) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality) = args.office.open().await?;
        let found = month::candidates(&store, municipality, args.month).await?;
        let mut listing =
            Listing::new(&[("household", "世帯"), ("month", "診療月"), ("yen", "支給額"), ("state", "状態"), ("bar_on", "時効日")]);
        for one in &found {
            let bar_on = one.bar_on.map_or(Value::Null, |day| day.to_string().into());
            let state = if one.provisional { "仮決定" } else { "未申請" };
            listing.push(vec![one.household.0.into(), month_ja(args.month).into(), one.yen.into(), state.into(), bar_on]);
        }
        listing.print(args.json)?;
        Ok(if found.is_empty() { Exit::Done } else { Exit::Some })
    })
}

fn run_what_if(args: &WhatIfArgs) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality) = args.office.open().await?;
        let shelf = Shelf::new(store.clone(), runtime()?);
        let digest = store.revision_by_prefix(municipality, &args.revision).await?;
        let digest = digest.with_context(|| format!("there is no revision {}", args.revision))?.digest;
        let candidate = Arc::new(load(&store, &runtime()?, municipality, digest).await?);
        if candidate.slot != Slot::HighCost {
            bail!("revision {} answers the slot `{}`, not high_cost", args.revision, candidate.slot.word());
        }
        let households = store.count_households(municipality, store.latest_knowledge(municipality).await?).await?;
        let bar = bar(households)?;
        let months = (args.month, args.until.unwrap_or(args.month));
        let told = |month: Date, done| {
            bar.set_position(done);
            bar.set_message(month_ja(month));
        };
        let found = compare(&store, &shelf, municipality, &candidate, months, args.years, told).await;
        bar.finish_and_clear();
        let mut listing = Listing::new(&[
            ("category", "所得区分"),
            ("cases", "世帯・月"),
            ("with_benefit", "支給あり"),
            ("before_yen", "現行"),
            ("after_yen", "候補"),
            ("more", "増える件数"),
            ("more_yen", "増える額"),
            ("less", "減る件数"),
            ("less_yen", "減る額"),
            ("undecided", "計算不能"),
        ]);
        for (category, one) in found? {
            let words = category.split(' ').map(|word| label_ja(word).unwrap_or(word)).collect::<Vec<_>>().join("・");
            listing.push(vec![
                if args.json { category.into() } else { words.into() },
                one.cases.into(),
                one.with_benefit.into(),
                one.before_yen.into(),
                one.after_yen.into(),
                one.more.into(),
                one.more_yen.into(),
                one.less.into(),
                one.less_yen.into(),
                one.undecided.into(),
            ]);
        }
        listing.print(args.json)?;
        Ok(Exit::Done)
    })
}

/// What officials call a category.
fn label_ja(word: &str) -> Option<&'static str> {
    Some(match word {
        "category_a" => "ア",
        "category_i" => "イ",
        "category_u" => "ウ",
        "category_e" => "エ",
        "category_o" => "オ",
        "active_3" => "現役並みⅢ",
        "active_2" => "現役並みⅡ",
        "active_1" => "現役並みⅠ",
        "general" => "一般",
        "low_income_2" => "低所得Ⅱ",
        "low_income_1" => "低所得Ⅰ",
        _ => return None,
    })
}

fn run_show(args: &ShowArgs) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality) = args.office.open().await?;
        let household = HouseholdId(args.household);
        let mut listing = Listing::new(&[
            ("benefit", "給付"),
            ("on", "対象"),
            ("application", "申請"),
            ("due_yen", "支給額"),
            ("before_yen", "変更前"),
            ("order", "支出命令"),
            ("decision", "決定"),
        ]);
        for due in store.benefit_dues_of(municipality, household).await? {
            listing.push(vec![
                due.key.benefit.ja().into(),
                due.on.to_string().into(),
                due.key.number.map_or(Value::Null, Value::from),
                due.due_yen.into(),
                due.before_yen.into(),
                due.order.map_or(Value::Null, Value::from),
                due.decision.short().to_string().into(),
            ]);
        }
        listing.print(args.json)?;
        if args.json {
            return Ok(Exit::Done);
        }
        let mut out = std::io::stdout();
        for registration in store.simplified_of(municipality, household).await? {
            let ended = registration.ended_on.map_or_else(String::new, |day| format!("  {day} 終了"));
            let set_off = if registration.set_off { "充当の同意あり" } else { "充当の同意なし" };
            writeln!(out, "簡素化 {}  {} から  {set_off}{ended}", registration.number, registration.from)?;
        }
        Ok(Exit::Done)
    })
}

fn facts_of(text: &str) -> anyhow::Result<Vec<(Kind, Value)>> {
    let stated: serde_json::Map<String, Value> = serde_json::from_str(text).context("--facts: an object by kind of fact")?;
    let kind = |(name, value): (String, Value)| {
        let kind = Kind::named(&name).with_context(|| format!("--facts: `{name}` is no kind of fact"))?;
        Ok((kind, value))
    };
    stated.into_iter().map(kind).collect()
}

fn run_receive(args: &ReceiveArgs) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality, officer) = args.desk.open().await?;
        let household = HouseholdId(args.household);
        if !store.knows_household(municipality, household).await? {
            bail!("municipality {municipality} has no household {household}");
        }
        let received_on = decided_on(args.on)?;
        let incoming = Incoming {
            benefit: args.benefit,
            day: args.day,
            household,
            person: PersonId(args.person),
            applicant: PersonId(args.applicant.unwrap_or(args.person)),
            received_on,
            document: args.document.clone(),
            facts: args.facts.as_deref().map(facts_of).transpose()?.unwrap_or_default(),
        };
        let stamp = moment().stamp(&officer.account);
        let number = receive(&store, municipality, &incoming, &stamp).await?;
        if args.complete {
            let event = ApplicationEvent { event: ApplicationEventKind::Completed, on: received_on, reason: String::new() };
            note(&store, municipality, number, &event, &stamp).await?;
        }
        writeln!(std::io::stdout(), "申請{number}（{}）を受け付けました。", args.benefit.ja())?;
        Ok(Exit::Done)
    })
}

fn run_examine(args: &ExamineArgs) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality, officer) = args.desk.open().await?;
        let stamp = moment().stamp(&officer.account);
        for (kind, stated) in facts_of(&args.facts)? {
            examine(&store, municipality, args.application, (kind, &stated), &stamp).await?;
        }
        writeln!(std::io::stdout(), "申請{}の審査内容を記録しました。", args.application)?;
        Ok(Exit::Done)
    })
}

fn run_note(args: &NoteArgs) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality, officer) = args.desk.open().await?;
        let event = ApplicationEvent { event: args.event, on: decided_on(args.on)?, reason: args.reason.clone() };
        note(&store, municipality, args.application, &event, &moment().stamp(&officer.account)).await?;
        writeln!(std::io::stdout(), "申請{}: {}を記録しました。", args.application, args.event.ja())?;
        Ok(Exit::Done)
    })
}

fn run_applications(args: &ApplicationsArgs) -> anyhow::Result<Exit> {
    use jorei_service::benefits::applications::State;
    const PAGE: u32 = 500;
    run(async {
        let (store, municipality) = args.office.open().await?;
        let mut listing = Listing::new(&[
            ("application", "申請"),
            ("benefit", "給付"),
            ("household", "世帯"),
            ("on", "対象日"),
            ("received_on", "受付日"),
            ("state", "状態"),
            ("due_yen", "支給額"),
        ]);
        let (mut after, mut is_open) = (0, false);
        loop {
            let page = store.applications(municipality, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.number;
            for application in page {
                let known = standing(&store, municipality, application.number).await?;
                let closed = matches!(known.state, State::Paid | State::Withdrawn);
                is_open |= !closed;
                if closed && !args.all {
                    continue;
                }
                listing.push(vec![
                    application.number.into(),
                    application.benefit.ja().into(),
                    application.household.0.into(),
                    application.on.to_string().into(),
                    application.received_on.to_string().into(),
                    known.state.ja().into(),
                    known.due.map_or(Value::Null, |due| due.due_yen.into()),
                ]);
            }
        }
        listing.print(args.json)?;
        Ok(if is_open { Exit::Some } else { Exit::Done })
    })
}

fn run_notice(args: &NoticeArgs) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality, officer) = args.desk.open().await?;
        let (household, on) = (HouseholdId(args.household), decided_on(args.on)?);
        let letter = letter(&store, municipality, household, args.slot, args.case, on).await?;
        let letter = letter.context("nothing was posted of this case; nobody is told of what is not decided for good")?;
        write!(std::io::stdout(), "{}", letter.text())?;
        if args.draft {
            return Ok(Exit::Done);
        }
        if let jorei_service::addressee::Addressee::Clerk(_) = letter.addressee {
            bail!("the notice has nobody to go to; it was not recorded as sent");
        }
        let stamp = moment().stamp(&officer.account);
        let event = ApplicationEvent { event: ApplicationEventKind::Notified, on, reason: String::new() };
        for application in store.applications_of_case(municipality, household, args.slot, args.case).await? {
            note(&store, municipality, application.number, &event, &stamp).await?;
            writeln!(std::io::stdout(), "申請{}の通知を{on}発送として記録しました。", application.number)?;
        }
        Ok(Exit::Done)
    })
}

fn run_simplify(args: &SimplifyArgs) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality, officer) = args.desk.open().await?;
        let registration = Simplified {
            number: 0,
            household: HouseholdId(args.household),
            head: PersonId(args.head),
            from: decided_on(args.on)?,
            set_off: args.set_off,
            document: args.document.clone(),
            ended_on: None,
        };
        let number = store.save_simplified(municipality, &registration, &moment().stamp(&officer.account)).await?;
        writeln!(std::io::stdout(), "簡素化の登録{number}を記録しました。")?;
        Ok(Exit::Done)
    })
}

fn run_end_simplified(args: &EndSimplifiedArgs) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality, officer) = args.desk.open().await?;
        let on = decided_on(args.on)?;
        store.end_simplified(municipality, args.registration, on, &args.reason, &moment().stamp(&officer.account)).await?;
        writeln!(std::io::stdout(), "簡素化の登録{}の終了を記録しました。", args.registration)?;
        Ok(Exit::Done)
    })
}

fn run_handover(args: &HandoverArgs) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality, officer) = args.desk.open().await?;
        let handover =
            Handover { household: HouseholdId(args.household), month: args.month, source: args.source.clone(), revoked: args.revoke };
        store.save_handover(municipality, &handover, &moment().stamp(&officer.account)).await?;
        let what = if args.revoke { "取り消しました" } else { "記録しました" };
        writeln!(std::io::stdout(), "世帯{} {}の高額該当を{what}。", args.household, month_ja(args.month))?;
        Ok(Exit::Done)
    })
}

fn month_ja(month: Date) -> String {
    format!("{}年{}月", month.year(), month.month())
}

fn parse_slot(text: &str) -> Result<Slot, String> {
    let known = || std::iter::once(Slot::Classification).chain(Slot::BENEFITS);
    let words = || known().map(Slot::word).collect::<Vec<_>>().join(", ");
    known().find(|slot| slot.word() == text).ok_or_else(|| format!("`{text}` is no benefit; use one of {}", words()))
}

fn parse_benefit(text: &str) -> Result<Benefit, String> {
    let applied = || Benefit::ALL.iter().filter(|benefit| jorei_service::benefits::applications::slot_of(**benefit).is_some());
    let words = || applied().map(|benefit| benefit.word()).collect::<Vec<_>>().join(", ");
    applied().find(|benefit| benefit.word() == text).copied().ok_or_else(|| format!("`{text}` is not applied for; use one of {}", words()))
}

fn parse_event(text: &str) -> Result<ApplicationEventKind, String> {
    let words = || ApplicationEventKind::ALL.iter().map(|event| event.word()).collect::<Vec<_>>().join(", ");
    ApplicationEventKind::named(text).ok_or_else(|| format!("`{text}` does not happen to an application; use one of {}", words()))
}
