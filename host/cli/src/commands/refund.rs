//! `jorei refund`: overpayments, what is decided of them, what people said, and what lapses.

use crate::commands::Exit;
use crate::commands::listing::Listing;
use crate::commands::officer::{DeskArgs, moment};
use crate::office::{OfficeArgs, decided_on, parse_date, run, runtime, today};
use anyhow::{Context as _, bail};
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::id::{HouseholdId, Municipality, PersonId};
use jorei_domain::money::grouped;
use jorei_service::refunds::{
    Decided, HouseholdMatters, Lapsing, decide, lapse, lapsed, letter, matters, open_matters, renew, story, warnings,
};
use jorei_service::revisions::Shelf;
use jorei_store::Store;
use jorei_store::refunds::{Consent, ConsentChannel, ConsentKind, Heir, RefundNotice};
use serde_json::Value;
use std::io::Write as _;

/// Refund what was paid beyond what is owed, or appropriate it (還付・充当).
#[derive(clap::Subcommand)]
pub enum Refund {
    List(ListArgs),
    /// Show everything of a household's overpayments: amounts, orders, notices, what stands in the way.
    Show(HouseholdArgs),
    /// Follow each overpayment of a household from the article of law and the decision it arose by to the bank's line.
    Story(HouseholdArgs),
    Decide(DecideArgs),
    Renew(RenewArgs),
    Consent(ConsentArgs),
    Withdraw(WithdrawArgs),
    Notice(NoticeArgs),
    Claim(ClaimArgs),
    Heir(HeirArgs),
    Lapse(LapseArgs),
    Warnings(WarningsArgs),
}

/// List overpayments that are not closed with where each is: found, decided, notified, paid; or what lapsed in a year.
///
/// Exit status: 0 when nothing is open, 1 otherwise.
#[derive(clap::Args)]
pub struct ListArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// What lapsed and was recorded so in this fiscal year, instead.
    #[arg(long, value_name = "YEAR")]
    lapsed: Option<i32>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// One household.
#[derive(clap::Args)]
pub struct HouseholdArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// The household.
    household: i64,
}

/// Decide what becomes of a household's overpayments, under the rule in force, and post it.
///
/// The day ends the interest (支出決定日). Deciding again on the same day answers what was decided. Exit status: 0 when it was
/// posted, 1 when it was held.
#[derive(clap::Args)]
pub struct DecideArgs {
    #[command(flatten)]
    desk: DeskArgs,
    /// The household.
    household: i64,
    /// The day of the decision [default: today].
    #[arg(long, value_parser = parse_date)]
    on: Option<Date>,
}

/// Take a payment order back that was not approved on its day, and decide anew for this one.
#[derive(clap::Args)]
pub struct RenewArgs {
    #[command(flatten)]
    desk: DeskArgs,
    /// The order's number.
    order: i64,
    /// The day of the decision [default: today].
    #[arg(long, value_parser = parse_date)]
    on: Option<Date>,
}

/// Record a consent: to the public-money receiving account, to the account of the direct debit, or to pay instalments not yet
/// due.
#[derive(clap::Args)]
pub struct ConsentArgs {
    #[command(flatten)]
    desk: DeskArgs,
    /// The household.
    household: i64,
    /// To what: public_account, appropriate_before_due or direct_debit_account.
    #[arg(long, value_parser = parse_kind)]
    kind: ConsentKind,
    /// The person who gave it, by number (宛名番号).
    #[arg(long)]
    by: i64,
    /// How: paper, online or not_objected.
    #[arg(long, value_parser = parse_channel)]
    channel: ConsentChannel,
    /// Where the paper or message is; no personal data.
    #[arg(long)]
    document: String,
    /// The day it was given [default: today].
    #[arg(long, value_parser = parse_date)]
    on: Option<Date>,
}

/// Record that a consent was withdrawn.
#[derive(clap::Args)]
pub struct WithdrawArgs {
    #[command(flatten)]
    desk: DeskArgs,
    /// The consent's number.
    consent: i64,
    /// The first day on which it holds no more [default: today].
    #[arg(long, value_parser = parse_date)]
    on: Option<Date>,
}

/// Print the notice of a household's latest decision (還付充当通知書) and record that it was sent.
#[derive(clap::Args)]
pub struct NoticeArgs {
    #[command(flatten)]
    desk: DeskArgs,
    /// The household.
    household: i64,
    /// The decision, or its first digits [default: the latest that was posted].
    #[arg(long)]
    decision: Option<String>,
    /// The day it is sent [default: today].
    #[arg(long, value_parser = parse_date)]
    on: Option<Date>,
    /// Only print it.
    #[arg(long)]
    draft: bool,
}

/// Record that a claim came in after a notice (還付請求).
#[derive(clap::Args)]
pub struct ClaimArgs {
    #[command(flatten)]
    desk: DeskArgs,
    /// The notice's number.
    notice: i64,
    /// Where the form is; no personal data.
    #[arg(long)]
    form: String,
    /// The day it arrived [default: today].
    #[arg(long, value_parser = parse_date)]
    on: Option<Date>,
}

/// Record who represents the heirs of a head who died (相続人代表者).
#[derive(clap::Args)]
pub struct HeirArgs {
    #[command(flatten)]
    desk: DeskArgs,
    /// The household.
    household: i64,
    /// The head who died, by number (宛名番号).
    #[arg(long)]
    deceased: i64,
    /// Who represents the heirs, by number.
    #[arg(long)]
    person: i64,
    /// Where the declaration is; no personal data.
    #[arg(long)]
    document: String,
    /// The day of the declaration [default: today].
    #[arg(long, value_parser = parse_date)]
    on: Option<Date>,
}

/// Record that an overpayment or a decided refund can no longer be claimed (時効).
#[derive(clap::Args)]
pub struct LapseArgs {
    #[command(flatten)]
    desk: DeskArgs,
    /// The household.
    household: i64,
    /// The overpayment that is undecided.
    #[arg(long, required_unless_present = "order", conflicts_with = "order")]
    overpayment: Option<i64>,
    /// The order that was not paid.
    #[arg(long)]
    order: Option<i64>,
    /// Why, in a line without personal data.
    #[arg(long)]
    reason: String,
    /// The day of the record [default: today].
    #[arg(long, value_parser = parse_date)]
    on: Option<Date>,
}

/// List refunds that lapse soon, that have lapsed without a record, and overpayments that nobody decided.
///
/// Exit status: 0 when there are none, 1 otherwise.
#[derive(clap::Args)]
pub struct WarningsArgs {
    #[command(flatten)]
    office: OfficeArgs,
    /// Within so many months [default: as the rule in force warns].
    #[arg(long)]
    months: Option<u32>,
    /// As of this day [default: today].
    #[arg(long, value_parser = parse_date)]
    on: Option<Date>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub fn run_refund(command: &Refund) -> anyhow::Result<Exit> {
    match command {
        Refund::List(args) => run_list(args),
        Refund::Show(args) => run_show(args),
        Refund::Story(args) => run_story(args),
        Refund::Decide(args) => run_decide(args),
        Refund::Renew(args) => run_renew(args),
        Refund::Consent(args) => run_consent(args),
        Refund::Withdraw(args) => run_withdraw(args),
        Refund::Notice(args) => run_notice(args),
        Refund::Claim(args) => run_claim(args),
        Refund::Heir(args) => run_heir(args),
        Refund::Lapse(args) => run_lapse(args),
        Refund::Warnings(args) => run_warnings(args),
    }
}

fn run_list(args: &ListArgs) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality) = args.office.open().await?;
        if let Some(year) = args.lapsed {
            let mut listing = Listing::new(&[
                ("household", "世帯"),
                ("what", "対象"),
                ("yen", "金額"),
                ("bar_on", "時効日"),
                ("recorded_on", "記録日"),
                ("reason", "理由"),
            ]);
            for one in lapsed(&store, municipality, year).await? {
                let (bar_on, recorded_on) = (one.bar_on.to_string(), one.recorded_on.to_string());
                let what = one.lapsing.ja();
                listing.push(vec![
                    one.household.0.into(),
                    what.into(),
                    one.yen.into(),
                    bar_on.into(),
                    recorded_on.into(),
                    one.reference.into(),
                ]);
            }
            listing.print(args.json)?;
            return Ok(Exit::Done);
        }
        let mut listing = Listing::new(&[
            ("household", "世帯"),
            ("overpayment", "過誤納"),
            ("instalment", "期別"),
            ("yen", "金額"),
            ("undecided_yen", "未決定額"),
            ("state", "状態"),
            ("arose_on", "発生日"),
        ]);
        let mut is_open = false;
        for household in open_matters(&store, municipality).await? {
            let known = matters(&store, municipality, household, today()).await?;
            for matter in known.matters.iter().filter(|matter| !matter.state.is_closed()) {
                is_open = true;
                listing.push(vec![
                    household.0.into(),
                    matter.overpayment.number.into(),
                    matter.instalment.to_string().into(),
                    matter.arisen.into(),
                    matter.undecided.into(),
                    matter.state.ja().into(),
                    matter.overpayment.arose_on.to_string().into(),
                ]);
            }
            for (receipt, yen) in &known.reclaims {
                is_open = true;
                let (what, state) = (format!("収納番号 {receipt}"), "返納金債権");
                listing.push(vec![household.0.into(), Value::Null, what.into(), (*yen).into(), 0.into(), state.into(), Value::Null]);
            }
        }
        listing.print(args.json)?;
        Ok(if is_open { Exit::Some } else { Exit::Done })
    })
}

fn run_show(args: &HouseholdArgs) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality) = args.office.open().await?;
        let household = HouseholdId(args.household);
        let known = matters(&store, municipality, household, today()).await?;
        write_matters(&known)?;
        let mut out = std::io::stdout();
        for consent in store.consents(municipality, household).await? {
            let ended = consent.withdrawn_on.map_or_else(String::new, |day| format!("  {day} 撤回"));
            let (kind, channel) = (consent.kind.ja(), consent.channel.ja());
            writeln!(out, "同意 {}  {kind}  {} {channel}{ended}", consent.number, consent.given_on)?;
        }
        for heir in store.heirs(municipality, household).await? {
            let (deceased, person) = (heir.deceased, heir.heir);
            writeln!(out, "相続人代表者 {}  死亡者 宛名番号{deceased}  代表者 宛名番号{person}  {}", heir.number, heir.declared_on)?;
        }
        Ok(Exit::Done)
    })
}

fn write_matters(known: &HouseholdMatters) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    for matter in &known.matters {
        let number = matter.overpayment.number;
        writeln!(out, "過誤納 {number}  {}  {}", matter.instalment, matter.state.ja())?;
        let used: i64 = matter.appropriated.iter().map(|(_, yen)| yen).sum();
        let ordered: i64 = matter.ordered.iter().map(|(_, yen)| yen).sum();
        writeln!(
            out,
            "  発生 {} 円、充当 {} 円、還付 {} 円、時効 {} 円、未決定 {} 円",
            grouped(matter.arisen),
            grouped(used),
            grouped(ordered),
            grouped(matter.lapsed),
            grouped(matter.undecided)
        )?;
    }
    for (order, state) in &known.orders {
        let (principal, interest) = (order.principal, order.interest);
        writeln!(out, "支出命令 {}  {principal} 円＋加算金 {interest} 円  {}  {}", order.number, order.decided_on, state.ja())?;
    }
    for notice in &known.notices {
        let claim = notice.claim.as_ref().map_or_else(|| "請求なし".to_owned(), |(day, _)| format!("請求 {day}"));
        writeln!(out, "通知 {}  発送 {}  {claim}", notice.number, notice.sent_on)?;
    }
    for (receipt, yen) in &known.reclaims {
        writeln!(out, "返納金債権  収納番号 {receipt}  {} 円（相殺していません）", grouped(*yen))?;
    }
    for reason in &known.blocked {
        writeln!(out, "決定できません: {reason}")?;
    }
    Ok(())
}

fn run_story(args: &HouseholdArgs) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality) = args.office.open().await?;
        let told = story(&store, municipality, HouseholdId(args.household), today()).await?;
        write!(std::io::stdout(), "{told}")?;
        Ok(Exit::Done)
    })
}

fn run_decide(args: &DecideArgs) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality, officer) = args.desk.open().await?;
        let on = decided_on(args.on)?;
        let shelf = Shelf::new(store.clone(), runtime()?);
        let stamp = moment().stamp(&officer.account);
        write_decided(&decide(&store, &shelf, municipality, HouseholdId(args.household), on, &stamp).await?)
    })
}

fn run_renew(args: &RenewArgs) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality, officer) = args.desk.open().await?;
        let on = decided_on(args.on)?;
        let shelf = Shelf::new(store.clone(), runtime()?);
        let stamp = moment().stamp(&officer.account);
        write_decided(&renew(&store, &shelf, municipality, args.order, on, &stamp).await?)
    })
}

fn write_decided(decided: &Decided) -> anyhow::Result<Exit> {
    let mut out = std::io::stdout();
    let new = if decided.new { "" } else { "（決定済み）" };
    writeln!(out, "世帯{} 決定番号 {}{new}", decided.household, decided.decision)?;
    if let Some(held) = &decided.held {
        writeln!(out, "計上していません。{}", held.ja())?;
        return Ok(Exit::Some);
    }
    if let Some(plan) = &decided.plan {
        for one in &plan.appropriations {
            let instalment = one.account.instalment().map_or_else(String::new, |instalment| instalment.to_string());
            writeln!(out, "充当 過誤納{} → {} {instalment} {} 円", one.overpayment, one.account.kind.ja(), one.yen)?;
        }
        for (overpayment, yen) in &plan.lapsed {
            writeln!(out, "時効 過誤納{overpayment} {yen} 円（時効の処理を記録してください）")?;
        }
    }
    for order in &decided.orders {
        writeln!(out, "支出命令 {} 還付 {} 円、還付加算金 {} 円", order.number, order.principal, order.interest)?;
    }
    for other in &decided.others {
        writeln!(out, "過誤納{other}は納付義務者が異なります。続けて決定してください")?;
    }
    Ok(Exit::Done)
}

fn run_consent(args: &ConsentArgs) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality, officer) = args.desk.open().await?;
        known_household(&store, municipality, args.household).await?;
        let consent = Consent {
            number: 0,
            household: HouseholdId(args.household),
            kind: args.kind,
            given_on: decided_on(args.on)?,
            given_by: PersonId(args.by),
            channel: args.channel,
            document: args.document.clone(),
            withdrawn_on: None,
        };
        let number = store.save_consent(municipality, &consent, &moment().stamp(&officer.account)).await?;
        writeln!(std::io::stdout(), "同意{number}（{}）を記録しました。", args.kind.ja())?;
        Ok(Exit::Done)
    })
}

fn run_withdraw(args: &WithdrawArgs) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality, officer) = args.desk.open().await?;
        let on = decided_on(args.on)?;
        store.withdraw_consent(municipality, args.consent, on, &moment().stamp(&officer.account)).await?;
        writeln!(std::io::stdout(), "同意{}の撤回を記録しました。", args.consent)?;
        Ok(Exit::Done)
    })
}

fn run_notice(args: &NoticeArgs) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality, officer) = args.desk.open().await?;
        let (household, on) = (HouseholdId(args.household), decided_on(args.on)?);
        let stored = match &args.decision {
            Some(prefix) => {
                store.decision_by_prefix(municipality, prefix).await?.with_context(|| format!("there is no decision {prefix}"))?
            }
            None => {
                let mut posted = None;
                for stored in store.refund_decisions(municipality, household).await?.into_iter().rev() {
                    if !store.postings_of_decision(municipality, stored.id).await?.is_empty() {
                        posted = Some(stored);
                        break;
                    }
                }
                posted.with_context(|| format!("nothing was decided and posted of household {household}"))?
            }
        };
        let letter = letter(&store, municipality, &stored, on).await?;
        let letter = letter.context("the decision posted nothing; nobody is told of what is not decided for good")?;
        write!(std::io::stdout(), "{}", letter.text())?;
        if args.draft {
            return Ok(Exit::Done);
        }
        if let jorei_service::addressee::Addressee::Clerk(_) = letter.addressee {
            bail!("the notice has nobody to go to; it was not recorded as sent");
        }
        let overpayments = letter.items.iter().map(|item| item.overpayment).collect();
        let notice =
            RefundNotice { number: 0, household: letter.household, decision: letter.decision, overpayments, sent_on: on, claim: None };
        let number = store.save_refund_notice(municipality, &notice, &moment().stamp(&officer.account)).await?;
        writeln!(std::io::stdout(), "通知{number}を{on}発送として記録しました。")?;
        Ok(Exit::Done)
    })
}

fn run_claim(args: &ClaimArgs) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality, officer) = args.desk.open().await?;
        let on = decided_on(args.on)?;
        store.save_refund_claim(municipality, args.notice, on, &args.form, &moment().stamp(&officer.account)).await?;
        writeln!(std::io::stdout(), "通知{}に対する請求（{on}）を記録しました。", args.notice)?;
        Ok(Exit::Done)
    })
}

fn run_heir(args: &HeirArgs) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality, officer) = args.desk.open().await?;
        known_household(&store, municipality, args.household).await?;
        let heir = Heir {
            number: 0,
            household: HouseholdId(args.household),
            deceased: PersonId(args.deceased),
            heir: PersonId(args.person),
            document: args.document.clone(),
            declared_on: decided_on(args.on)?,
        };
        let number = store.save_heir(municipality, &heir, &moment().stamp(&officer.account)).await?;
        writeln!(std::io::stdout(), "相続人代表者の届出{number}を記録しました。")?;
        Ok(Exit::Done)
    })
}

fn run_lapse(args: &LapseArgs) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality, officer) = args.desk.open().await?;
        let lapsing = match (args.overpayment, args.order) {
            (Some(number), _) => Lapsing::Overpayment(number),
            (None, Some(number)) => Lapsing::Order(number),
            (None, None) => bail!("say what has lapsed: --overpayment or --order"),
        };
        let (household, on) = (HouseholdId(args.household), decided_on(args.on)?);
        let stamp = moment().stamp(&officer.account);
        let yen = lapse(&store, municipality, household, lapsing, on, &args.reason, &stamp).await?;
        writeln!(std::io::stdout(), "{}の{}円を時効として記録しました（{}年度）。", lapsing.ja(), yen, FiscalYear::of(on).year())?;
        Ok(Exit::Done)
    })
}

fn run_warnings(args: &WarningsArgs) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality) = args.office.open().await?;
        let found = warnings(&store, municipality, args.on.unwrap_or_else(today), args.months).await?;
        let mut listing = Listing::new(&[("bar_on", "時効日"), ("household", "世帯"), ("what", "対象"), ("yen", "金額")]);
        for warning in &found {
            let bar_on = warning.bar_on.map_or_else(|| "未決定".to_owned(), |day| day.to_string());
            listing.push(vec![bar_on.into(), warning.household.0.into(), warning.lapsing.ja().into(), warning.yen.into()]);
        }
        listing.print(args.json)?;
        Ok(if found.is_empty() { Exit::Done } else { Exit::Some })
    })
}

async fn known_household(store: &Store, municipality: Municipality, household: i64) -> anyhow::Result<()> {
    if !store.knows_household(municipality, HouseholdId(household)).await? {
        bail!("municipality {municipality} has no household {household}");
    }
    Ok(())
}

fn parse_kind(text: &str) -> Result<ConsentKind, String> {
    let words = || ConsentKind::ALL.map(ConsentKind::word).join(", ");
    ConsentKind::named(text).ok_or_else(|| format!("`{text}` is nothing to consent to; use one of {}", words()))
}

fn parse_channel(text: &str) -> Result<ConsentChannel, String> {
    let words = || ConsentChannel::ALL.map(ConsentChannel::word).join(", ");
    ConsentChannel::named(text).ok_or_else(|| format!("`{text}` is no way to give a consent; use one of {}", words()))
}
