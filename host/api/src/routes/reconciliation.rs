//! Reconciliation (収納照合): what each channel told of each day against what the bank delivered. Sums of days, no persons.

use crate::cursor::Page;
use crate::extract::{Last, Params, date};
use crate::guard::Asker;
use crate::problem::{Answer, Problem};
use crate::state::Shared;
use axum::extract::State;
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_service::receipts::forms::source_ja;
use jorei_service::reconciliation::{ReconciledDay, Sums, Terms, reconcile};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Longest stretch that is reconciled at once, in days: two fiscal years.
const LONGEST: i64 = 732;
/// Most bank days that a channel is given.
const BANK_DAYS_MAX: u32 = 60;

/// Which stretch.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct StretchQuery {
    /// First day of payment (2025-04-01); none for the first day of the fiscal year of `on`.
    from: Option<String>,
    /// First day of payment after the stretch; none for the day after `on`.
    until: Option<String>,
    /// As it stands on this day; none for today.
    on: Option<String>,
    /// Bank days within which the money must have come; none for 10.
    #[param(maximum = 60)]
    deliver_within: Option<u32>,
    /// Bank days within which an announcement must have been confirmed; none for 5.
    #[param(maximum = 60)]
    confirm_within: Option<u32>,
    /// Every day, those that come to zero too.
    #[serde(default)]
    all: bool,
}

/// What the ledger has of some days. Whole yen.
#[derive(Serialize, ToSchema)]
pub struct CollectedSums {
    /// Confirmed by the channel.
    received_yen: i64,
    /// Taken back by the channel after it was confirmed.
    reversed_yen: i64,
    /// Announced, neither confirmed nor taken back.
    announced_yen: i64,
    /// Delivered by the bank.
    delivered_yen: i64,
    /// Taken back by the bank.
    taken_back_yen: i64,
    /// What was delivered less what was told for good; 0 where both agree.
    difference_yen: i64,
}

/// A channel's day.
#[derive(Serialize, ToSchema)]
pub struct ChannelDay {
    /// The day of payment.
    day: String,
    /// What officials call the channel.
    channel_ja: &'static str,
    /// What the ledger has of it.
    #[serde(flatten)]
    collected: CollectedSums,
    /// even, waits or open.
    state: &'static str,
    /// What is wrong or open, in Japanese; nothing where it comes to zero.
    findings_ja: Vec<String>,
}

/// A stretch, day by day.
#[derive(Serialize, ToSchema)]
pub struct Reconciled {
    /// First day of payment.
    from: String,
    /// First day after it.
    until: String,
    /// As it stands on this day.
    on: String,
    /// In the order of days and channels.
    days: Vec<ChannelDay>,
    /// Channels' days of which anything is known.
    known: u64,
    /// Those that come to zero.
    even: u64,
    /// Those that only wait.
    waiting: u64,
    /// Those that somebody must look at.
    open: u64,
    /// Everything of them.
    sums: CollectedSums,
}

/// Reconcile a stretch of days, channel by channel.
#[utoipa::path(get, path = "/v1/offices/{municipality}/reconciliation", tag = "receipts", params(StretchQuery),
    responses((status = 200, description = "The days that do not come to zero, and the sums", body = Reconciled)))]
pub async fn stretch(State(host): State<Shared>, asker: Asker, Params(query): Params<StretchQuery>) -> Answer<axum::Json<Reconciled>> {
    let day = |member: &str, text: &Option<String>| text.as_deref().map(|text| date(member, text)).transpose();
    let on = day("on", &query.on)?.unwrap_or(asker.moment.now.today);
    let from = day("from", &query.from)?.unwrap_or_else(|| FiscalYear::of(on).first_day());
    let until = day("until", &query.until)?.unwrap_or_else(|| on.tomorrow());
    if !(1..=LONGEST).contains(&from.days_until(until)) {
        return Err(Problem::invalid(format!("from, until: a stretch of 1 to {LONGEST} days, until the day after its last")));
    }
    let defaults = Terms::default();
    let terms = Terms {
        delivered_within: query.deliver_within.unwrap_or(defaults.delivered_within),
        confirmed_within: query.confirm_within.unwrap_or(defaults.confirmed_within),
    };
    if terms.delivered_within.max(terms.confirmed_within) > BANK_DAYS_MAX {
        return Err(Problem::invalid(format!("deliver_within, confirm_within: at most {BANK_DAYS_MAX} bank days")));
    }
    let mut days = Vec::new();
    let each = |day: &ReconciledDay| {
        if query.all || !day.findings.is_empty() {
            days.push(channel_day(day));
        }
    };
    let sums = reconcile(&host.store, asker.office(), (from, until), on, terms, each).await?;
    Ok(axum::Json(body((from, until), on, days, &sums)))
}

/// Reconcile one day of every channel, as it stands today.
#[utoipa::path(get, path = "/v1/offices/{municipality}/reconciliation/{day}", tag = "receipts",
    responses((status = 200, description = "Every channel of which anything is known", body = Page<ChannelDay>)))]
pub async fn day(State(host): State<Shared>, asker: Asker, Last(day): Last<String>) -> Answer<axum::Json<Page<ChannelDay>>> {
    let day = Date::parse(&day).map_err(|_| Problem::not_found("a day is written 2025-07-10"))?;
    let mut days = Vec::new();
    let (on, each) = (asker.moment.now.today, |day: &ReconciledDay| days.push(channel_day(day)));
    reconcile(&host.store, asker.office(), (day, day.tomorrow()), on, Terms::default(), each).await?;
    Ok(axum::Json(Page::whole(days)))
}

fn body((from, until): (Date, Date), on: Date, days: Vec<ChannelDay>, sums: &Sums) -> Reconciled {
    Reconciled {
        from: from.to_string(),
        until: until.to_string(),
        on: on.to_string(),
        days,
        known: sums.days,
        even: sums.even,
        waiting: sums.waiting,
        open: sums.open,
        sums: collected(&sums.collected, sums.difference_yen()),
    }
}

fn channel_day(day: &ReconciledDay) -> ChannelDay {
    let waits = day.findings.iter().all(|finding| finding.waits());
    ChannelDay {
        day: day.day.to_string(),
        channel_ja: source_ja(day.channel),
        collected: collected(&day.collected, day.difference_yen()),
        state: if day.findings.is_empty() {
            "even"
        } else if waits {
            "waits"
        } else {
            "open"
        },
        findings_ja: day.findings.iter().map(|finding| finding.ja()).collect(),
    }
}

fn collected(of: &jorei_store::receipts::CollectedDay, difference_yen: i64) -> CollectedSums {
    CollectedSums {
        received_yen: of.received_yen,
        reversed_yen: of.reversed_yen,
        announced_yen: of.announced_yen,
        delivered_yen: of.delivered_yen,
        taken_back_yen: of.taken_back_yen,
        difference_yen,
    }
}
