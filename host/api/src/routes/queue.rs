//! What waits for a clerk, how a clerk settles it, and what a year came to.

use crate::cursor::{Page, PageQuery};
use crate::extract::{Json, Params, date, fiscal_year};
use crate::guard::Asker;
use crate::problem::{Answer, Problem};
use crate::routes::decisions::YearQuery;
use crate::state::Shared;
use axum::extract::State;
use axum::http::StatusCode;
use jorei_domain::id::HouseholdId;
use jorei_domain::slot::Slot;
use jorei_service::language::Language;
use jorei_service::queue::settlement::{Way, Which, settle};
use jorei_service::queue::{self as service, Filter, Matter};
use jorei_service::summary::summarize;
use jorei_service::words::Words;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which part of which year's list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct QueueQuery {
    /// Fiscal year, as 2025.
    year: i32,
    /// Only this slot: premium, exemption or instalment.
    #[param(max_length = 20)]
    slot: Option<String>,
    /// Only these reasons, with commas between them: refused, failed, paused, barred, limit_unknown, conflict, vanished, held,
    /// pending, provisional.
    #[param(max_length = 200)]
    waiting: Option<String>,
    /// Only what has waited since before this day (2026-06-01).
    since_before: Option<String>,
    /// Only this household.
    #[param(minimum = 1)]
    household: Option<i64>,
    /// Only what waits for this value of law or fact, by its key.
    #[param(max_length = 200)]
    unconfirmed: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// About so many, 1 to 500: the cases of one household stay together.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// What the provisional cases of which year wait for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct GroupsQuery {
    /// Fiscal year, as 2025.
    year: i32,
    /// Only this slot: premium, exemption or instalment.
    #[param(max_length = 20)]
    slot: Option<String>,
}

/// A case that waits.
#[derive(Serialize, ToSchema)]
pub struct Waiting {
    /// The household.
    household: i64,
    /// premium, exemption or instalment.
    slot: &'static str,
    /// What officials call the slot.
    slot_ja: &'static str,
    /// Why, as a word.
    waiting: &'static str,
    /// What officials call that.
    waiting_ja: &'static str,
    /// Why, in words.
    reason: String,
    /// What a clerk does.
    to_do: &'static str,
    /// The decision that says so.
    decision: Option<String>,
    /// Since which day in Japan.
    since: Option<String>,
    /// What is settled, to be sent back; none for what leaves the queue only when it is decided.
    matter: Option<String>,
    /// The ways of settling that answer it.
    ways: Vec<SettlingWay>,
    /// Values of law or facts that it waits for.
    unconfirmed: Vec<String>,
}

/// A way of settling.
#[derive(Serialize, ToSchema)]
pub struct SettlingWay {
    /// Its word.
    way: &'static str,
    /// What officials call it.
    way_ja: &'static str,
}

/// How many cases wait for one value or fact.
#[derive(Serialize, ToSchema)]
pub struct WaitingGroup {
    /// premium, exemption or instalment.
    slot: &'static str,
    /// The key of the value or fact.
    unconfirmed: String,
    /// What officials call it.
    unconfirmed_ja: String,
    /// Cases that wait for it.
    cases: u64,
    /// Those of them that wait for nothing else.
    alone: u64,
}

/// What a clerk settles.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettleItem {
    /// The household.
    #[schema(minimum = 1)]
    household: i64,
    /// Fiscal year, as 2025.
    #[schema(example = 2025)]
    year: i32,
    /// premium, exemption or instalment.
    #[schema(max_length = 20)]
    slot: String,
    /// Which, where several things of the household wait.
    #[schema(max_length = 20)]
    waiting: Option<String>,
    /// The `matter` that was seen: another one in its place is not settled.
    #[schema(max_length = 100)]
    matter: Option<String>,
    /// What was done: corrected, handed_to_vendor, asked, not_assessed or kept_as_is.
    #[schema(max_length = 20)]
    way: String,
    /// Why, in one line without personal data: the next clerk and the auditor read it.
    #[schema(min_length = 1, max_length = 300)]
    reason: String,
}

/// What was settled.
#[derive(Serialize, ToSchema)]
pub struct SettledItem {
    /// The number of the settlement.
    settlement: i64,
    /// The household.
    household: i64,
    /// The slot.
    slot: &'static str,
    /// Why it waited.
    waiting: &'static str,
    /// What was settled.
    matter: Option<String>,
}

/// What a year came to.
#[derive(Serialize, ToSchema)]
pub struct Summary {
    /// In words, for officials.
    text_ja: String,
    /// And for engineers.
    text_en: String,
}

/// List the cases of a year that wait for a clerk.
#[utoipa::path(get, path = "/v1/offices/{municipality}/queue", tag = "decisions", params(QueueQuery),
    responses((status = 200, description = "In order of household", body = Page<Waiting>)))]
pub async fn list(State(host): State<Shared>, asker: Asker, Params(query): Params<QueueQuery>) -> Answer<axum::Json<Page<Waiting>>> {
    let year = fiscal_year("year", query.year)?;
    let filter = Filter {
        slot: query.slot.as_deref().map(slot).transpose()?,
        waiting: query.waiting.iter().flat_map(|words| words.split(',')).map(waiting).collect::<Answer<_>>()?,
        since_before: query.since_before.as_deref().map(|day| date("since_before", day)).transpose()?,
        household: query.household.map(household).transpose()?,
        unconfirmed: query.unconfirmed,
    };
    let part = PageQuery { after: query.after, limit: query.limit };
    let (after, limit) = (part.number()?.map(HouseholdId), part.limit()?);
    let page = service::page(&host.store, asker.office(), year, &filter, after, limit).await?;
    let next = page.next.map(|next| next.0.to_string());
    Ok(axum::Json(Page { items: page.items.into_iter().map(item).collect(), next }))
}

/// List what the provisional cases of a year wait for, and how many for each.
#[utoipa::path(get, path = "/v1/offices/{municipality}/queue/groups", tag = "decisions", params(GroupsQuery),
    responses((status = 200, description = "The largest first", body = Page<WaitingGroup>)))]
pub async fn groups(
    State(host): State<Shared>,
    asker: Asker,
    Params(query): Params<GroupsQuery>,
) -> Answer<axum::Json<Page<WaitingGroup>>> {
    let (year, slot) = (fiscal_year("year", query.year)?, query.slot.as_deref().map(slot).transpose()?);
    let groups = service::groups(&host.store, asker.office(), year, slot).await?;
    let body = |group: service::Group| WaitingGroup {
        slot: group.slot.word(),
        unconfirmed: group.key,
        unconfirmed_ja: group.ja,
        cases: group.cases,
        alone: group.alone,
    };
    Ok(axum::Json(Page::whole(groups.into_iter().map(body).collect())))
}

/// Settle a case that waits.
///
/// It leaves the queue until it is decided again and waits again. The decision stays as it is.
#[utoipa::path(post, path = "/v1/offices/{municipality}/queue/settlements", tag = "decisions", request_body = SettleItem,
    responses((status = 201, description = "It is settled", body = SettledItem)))]
pub async fn settle_item(
    State(host): State<Shared>,
    asker: Asker,
    Json(body): Json<SettleItem>,
) -> Answer<(StatusCode, axum::Json<SettledItem>)> {
    let household = household(body.household)?;
    let which = Which {
        year: fiscal_year("year", body.year)?,
        slot: slot(&body.slot)?,
        household,
        waiting: body.waiting.as_deref().map(waiting).transpose()?,
        matter: body.matter.as_deref().map(matter).transpose()?,
    };
    let way = Way::named(&body.way);
    let way = way.ok_or_else(|| Problem::invalid(format!("way: one of {}", Way::ALL.map(Way::word).join(", "))))?;
    asker.looked_up(&host, &[], &[household]).await?;
    let (now, account) = (&asker.moment.now, &asker.caller.account);
    let (item, settlement) = settle(&host.store, asker.office(), which, way, &body.reason, account, now).await?;
    let body = SettledItem {
        settlement,
        household: item.household.0,
        slot: item.slot.word(),
        waiting: item.waiting.word(),
        matter: item.matter.map(|matter| matter.to_string()),
    };
    Ok((StatusCode::CREATED, axum::Json(body)))
}

fn item(item: service::Item) -> Waiting {
    let ways = Way::ALL.into_iter().filter(|way| item.matter.is_some() && way.answers().contains(&item.waiting));
    Waiting {
        household: item.household.0,
        slot: item.slot.word(),
        slot_ja: item.slot.ja(),
        waiting: item.waiting.word(),
        waiting_ja: item.waiting.ja(),
        reason: item.reason,
        to_do: item.waiting.to_do(),
        decision: item.decision.map(|(id, _)| id.to_string()),
        since: item.since.map(|since| since.to_string()),
        matter: item.matter.map(|matter| matter.to_string()),
        ways: ways.map(|way| SettlingWay { way: way.word(), way_ja: way.ja() }).collect(),
        unconfirmed: item.unconfirmed,
    }
}

fn household(number: i64) -> Answer<HouseholdId> {
    if number > 0 { Ok(HouseholdId(number)) } else { Err(Problem::invalid("household: a number from 1")) }
}

fn slot(word: &str) -> Answer<Slot> {
    Slot::named(word).ok_or_else(|| Problem::invalid(format!("slot: one of {}", Slot::ALL.map(Slot::word).join(", "))))
}

fn waiting(word: &str) -> Answer<service::Waiting> {
    let known = || service::Waiting::ALL.map(service::Waiting::word).join(", ");
    service::Waiting::named(word).ok_or_else(|| Problem::invalid(format!("waiting: of {}", known())))
}

fn matter(text: &str) -> Answer<Matter> {
    Matter::parse(text).ok_or_else(|| Problem::invalid("matter: not a `matter` that the queue gave"))
}

/// Sum a year up.
#[utoipa::path(get, path = "/v1/offices/{municipality}/summary", tag = "decisions", params(YearQuery),
    responses((status = 200, description = "The sums", body = Summary)))]
pub async fn summary(State(host): State<Shared>, asker: Asker, Params(query): Params<YearQuery>) -> Answer<axum::Json<Summary>> {
    let (office, year) = (asker.office(), fiscal_year("year", query.year)?);
    let as_of = host.store.latest_knowledge(office).await?;
    let kept = match host.store.active_revision(office, Slot::Premium.word(), year.first_day(), as_of).await? {
        Some(digest) => host.store.revision(office, digest).await?,
        None => None,
    };
    let words = kept.map_or_else(|| Words::from_json(""), |kept| Words::from_json(&kept.about));
    let summary = summarize(&host.store, office, year, &words).await?;
    Ok(axum::Json(Summary {
        text_ja: summary.text(year, &words, Language::Japanese),
        text_en: summary.text(year, &words, Language::English),
    }))
}
