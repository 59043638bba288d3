//! Receipts (収納): files of the channels come in whole, clerks look at what fits nothing and say what becomes of it.
//!
//! Absent: the bytes of a file in any answer, and the name of a file, which could be somebody's.

use crate::cursor::{Page, PageQuery, limit};
use crate::extract::{Json, Last, Params, day_until, instalment, line};
use crate::guard::Asker;
use crate::problem::{Answer, Code, Problem};
use crate::state::{Host, Shared};
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jorei_domain::id::HouseholdId;
use jorei_domain::ledger::Instalment;
use jorei_service::receipts::forms::source_ja;
use jorei_service::receipts::matching::{Mistake, Order};
use jorei_service::receipts::{LONGEST_REASON, Request, Taken, Way, receive, settle};
use jorei_store::receipts::{Known, ReceiptEvent, StoredFile, Told};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::runtime::Handle;
use utoipa::{IntoParams, ToSchema};

/// Which receipts.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ReceiptsQuery {
    /// All those whose slips name this household, instead of a page.
    #[param(minimum = 1)]
    household: Option<i64>,
    /// The `next` of the page before.
    after: Option<String>,
    /// At most so many, 1 to 500; none: 50.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// A file that was taken.
#[derive(Serialize, ToSchema)]
pub struct ReceiptFile {
    /// Its number here.
    file: i64,
    /// What officials call its source: a channel, or the bank's statement.
    source_ja: &'static str,
    /// announced, final, revoked or statement.
    kind: &'static str,
    /// What officials call the kind.
    kind_ja: &'static str,
    /// Its serial within the source.
    serial: i64,
    /// The day it was made.
    made_on: String,
    /// The day it was booked (収納日).
    booked_on: String,
    /// Its lines.
    rows: u64,
    /// Those that say that nothing was paid.
    unpaid: u64,
    /// The sum it states, in whole yen; below 0 where a statement takes back more than it delivers.
    yen: i64,
    /// The digest of its bytes.
    digest: String,
    /// When it was taken.
    at: String,
    /// By whom.
    by: String,
}

/// A file to take.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeReceipts {
    /// The CSV in UTF-8 or Shift_JIS, in base64.
    content_base64: String,
    /// The day it is booked (収納日), not after today and not before it was made; none for today.
    #[schema(example = "2025-07-10")]
    on: Option<String>,
}

/// What became of a file.
#[derive(Serialize, ToSchema)]
pub struct TakenReceipts {
    /// The file.
    #[serde(flatten)]
    file: ReceiptFile,
    /// Was it taken before? Then nothing was done now.
    before: bool,
    /// How many deliveries it told, for a statement of the bank.
    deliveries: u64,
    /// What it told, by kind.
    told: Vec<ToldReceipts>,
}

/// How many lines of a file came to the same.
#[derive(Serialize, ToSchema)]
pub struct ToldReceipts {
    /// announced, final, revoked, reversed or repeated.
    event: &'static str,
    /// What officials call it.
    event_ja: &'static str,
    /// Why a clerk must look; none where nobody must.
    exception: Option<&'static str>,
    /// The same for officials.
    exception_ja: Option<&'static str>,
    /// Was it used at once for what its slip names?
    used: bool,
    /// How many.
    count: u64,
    /// Their sum, in whole yen.
    yen: i64,
}

/// A receipt as it stands.
#[derive(Serialize, ToSchema)]
pub struct ReceiptRow {
    /// Its number here (収納番号).
    receipt: i64,
    /// What officials call its channel.
    channel_ja: &'static str,
    /// The channel's own number of it.
    reference: String,
    /// announced, final, revoked or reversed, for officials; none where it was taken back and never told.
    stage_ja: Option<&'static str>,
    /// The day it was paid (納付日).
    paid_on: String,
    /// The day it was booked (収納日).
    booked_on: String,
    /// Whole yen.
    yen: i64,
    /// The slip's number as it was read.
    slip: String,
    /// What it pays, or what its slip says it does; none for a slip that is none of ours.
    pays: Option<PaidInstalment>,
    /// Why a clerk must look; none where nobody must.
    exception: Option<&'static str>,
    /// The same for officials.
    exception_ja: Option<&'static str>,
}

/// An instalment that a receipt pays.
#[derive(Serialize, ToSchema)]
pub struct PaidInstalment {
    /// The household.
    household: i64,
    /// Fiscal year.
    year: i32,
    /// ordinary_collection or pension_deduction.
    collection: &'static str,
    /// The instalment's number.
    number: u16,
    /// What officials call it.
    instalment_ja: String,
}

/// A receipt with all that was told of it and done with it.
#[derive(Serialize, ToSchema)]
pub struct ReceiptStory {
    /// The receipt.
    #[serde(flatten)]
    row: ReceiptRow,
    /// In the order in which it happened.
    events: Vec<ReceiptStep>,
}

/// What was told of a receipt, or done with it.
#[derive(Serialize, ToSchema)]
pub struct ReceiptStep {
    /// announced, final, revoked, reversed, repeated, matched, released or left.
    event: &'static str,
    /// What officials call it.
    event_ja: &'static str,
    /// The file and the line that told it; none for what a clerk did.
    file: Option<i64>,
    /// The line.
    line: Option<i64>,
    /// Whole yen.
    yen: i64,
    /// The posting of the money.
    booking: Option<String>,
    /// The posting by which it was used.
    used: Option<String>,
    /// A clerk's reason.
    reason: Option<String>,
    /// When.
    at: String,
    /// By whom.
    by: String,
}

/// What a receipt pays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MatchReceipt {
    /// The instalment that it pays; none: it stays as it is, and leaves the list of exceptions.
    instalment: Option<NamedInstalment>,
    /// Nothing is owed for it: paid_twice, paid_too_much or wrong_payer. It becomes an overpayment of the household.
    #[schema(max_length = 20)]
    overpaid: Option<String>,
    /// Why, in one line without personal data: it is kept for ever.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

/// An instalment by what tells it apart.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedInstalment {
    /// The household.
    #[schema(minimum = 1)]
    household: i64,
    /// Fiscal year, as 2025.
    #[schema(example = 2025)]
    year: i32,
    /// ordinary_collection or pension_deduction; none for ordinary_collection.
    #[schema(max_length = 20)]
    collection: Option<String>,
    /// Its number.
    #[schema(minimum = 1, maximum = 999)]
    number: u16,
}

/// Why a receipt is taken back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReverseReceipt {
    /// Why, in one line without personal data: it is kept for ever.
    #[schema(min_length = 1, max_length = 500)]
    reason: String,
}

/// What was done about a receipt.
#[derive(Serialize, ToSchema)]
pub struct SettledReceipt {
    /// The receipt.
    receipt: i64,
    /// matched, overpaid, left or reversed.
    done: &'static str,
    /// The place of what was done among all that was told of receipts.
    event: i64,
}

/// List the files that were taken, the newest first.
#[utoipa::path(get, path = "/v1/offices/{municipality}/receipts/files", tag = "receipts", params(PageQuery),
    responses((status = 200, description = "The files", body = Page<ReceiptFile>)))]
pub async fn files(State(host): State<Shared>, asker: Asker, Params(page): Params<PageQuery>) -> Answer<axum::Json<Page<ReceiptFile>>> {
    let (before, limit) = (page.number()?.unwrap_or(i64::MAX), page.limit()?);
    let files = host.store.receipt_files(asker.office(), before, limit + 1).await?;
    let page = Page::of(files, limit, |file: &StoredFile| file.number.to_string());
    Ok(axum::Json(Page { items: page.items.iter().map(file_body).collect(), next: page.next }))
}

/// Take a file of a channel or a statement of the bank, whole or not at all.
///
/// Files of a channel come in the order of their serials. The same bytes again do nothing and answer the same. Where lines
/// are wrong, the problem names them by line and column, in Japanese, and nothing is taken.
#[utoipa::path(post, path = "/v1/offices/{municipality}/receipts/files", tag = "receipts", request_body = TakeReceipts,
    responses((status = 200, description = "It was taken before", body = TakenReceipts), (status = 201, description = "It is taken", body = TakenReceipts)))]
pub async fn take(
    State(host): State<Shared>,
    asker: Asker,
    Json(body): Json<TakeReceipts>,
) -> Answer<(StatusCode, axum::Json<TakenReceipts>)> {
    let booked_on = day_until("on", body.on.as_deref(), asker.moment.now.today)?;
    let bytes = STANDARD.decode(body.content_base64);
    let bytes = bytes.map_err(|_| Problem::invalid("content_base64: not base64 with its padding"))?;
    let request = Request { municipality: asker.office(), booked_on, order: Order::default() };
    let (stamp, taking) = (asker.stamp(), Arc::clone(&host));
    // Reading keeps one thread busy for as long as the file is large.
    let work = move || Handle::current().block_on(async { receive(&taking.store, request, &bytes, &stamp, |_| {}).await });
    let taken = tokio::task::spawn_blocking(work).await;
    let taken = taken.map_err(|_| Problem::new(Code::Fault, "the program failed; nothing was taken"))??;
    let Taken { file, before, told, deliveries } = taken;
    let told_body = |told: Told| ToldReceipts {
        event: told.kind.word(),
        event_ja: told.kind.ja(),
        exception: told.exception.map(|exception| exception.word()),
        exception_ja: told.exception.map(|exception| exception.ja()),
        used: told.used,
        count: told.count,
        yen: told.yen,
    };
    let body = TakenReceipts { file: file_body(&file), before, deliveries, told: told.into_iter().map(told_body).collect() };
    Ok((if before { StatusCode::OK } else { StatusCode::CREATED }, axum::Json(body)))
}

/// List receipts in the order of their numbers, or those of one household.
#[utoipa::path(get, path = "/v1/offices/{municipality}/receipts", tag = "receipts", params(ReceiptsQuery),
    responses((status = 200, description = "The receipts", body = Page<ReceiptRow>)))]
pub async fn list(State(host): State<Shared>, asker: Asker, Params(query): Params<ReceiptsQuery>) -> Answer<axum::Json<Page<ReceiptRow>>> {
    let page = PageQuery { after: query.after, limit: query.limit };
    let (after, limit) = (page.number()?.unwrap_or(0), limit(query.limit)?);
    let Some(household) = query.household.map(HouseholdId) else {
        let found = host.store.receipts(asker.office(), after, limit + 1).await?;
        return told(&host, &asker, Page::of(found, limit, |known| known.number.to_string()), None).await;
    };
    let found = host.store.receipts_of(asker.office(), household).await?;
    told(&host, &asker, Page::whole(found), Some(household)).await
}

/// List receipts that a clerk must look at, with why.
#[utoipa::path(get, path = "/v1/offices/{municipality}/receipts/exceptions", tag = "receipts", params(PageQuery),
    responses((status = 200, description = "In the order of their numbers", body = Page<ReceiptRow>)))]
pub async fn exceptions(State(host): State<Shared>, asker: Asker, Params(page): Params<PageQuery>) -> Answer<axum::Json<Page<ReceiptRow>>> {
    let (after, limit) = (page.number()?.unwrap_or(0), page.limit()?);
    let found = host.store.receipt_exceptions(asker.office(), after, limit + 1).await?;
    told(&host, &asker, Page::of(found, limit, |known| known.number.to_string()), None).await
}

/// See a receipt with all that was told of it and done with it.
#[utoipa::path(get, path = "/v1/offices/{municipality}/receipts/{receipt}", tag = "receipts",
    responses((status = 200, description = "The receipt", body = ReceiptStory)))]
pub async fn show(State(host): State<Shared>, asker: Asker, Last(receipt): Last<i64>) -> Answer<axum::Json<ReceiptStory>> {
    let known = known(&host, &asker, receipt).await?;
    let step = |event: &ReceiptEvent| ReceiptStep {
        event: event.kind.word(),
        event_ja: event.kind.ja(),
        file: event.origin.map(|(file, _)| file),
        line: event.origin.map(|(_, line)| line),
        yen: event.yen.get(),
        booking: event.booking.map(|posting| posting.to_string()),
        used: event.used.map(|posting| posting.to_string()),
        reason: event.reason.clone(),
        at: event.at.clone(),
        by: event.by.clone(),
    };
    let row = row(&known).ok_or_else(none)?;
    Ok(axum::Json(ReceiptStory { row, events: known.events.iter().map(step).collect() }))
}

/// Say what a receipt pays, that nothing is owed for it, or that it stays as it is.
///
/// What it was used for before is undone first.
#[utoipa::path(post, path = "/v1/offices/{municipality}/receipts/{receipt}/uses", tag = "receipts", request_body = MatchReceipt,
    responses((status = 201, description = "It is done", body = SettledReceipt)))]
pub async fn use_receipt(
    State(host): State<Shared>,
    asker: Asker,
    Last(receipt): Last<i64>,
    Json(body): Json<MatchReceipt>,
) -> Answer<(StatusCode, axum::Json<SettledReceipt>)> {
    let mistake = body.overpaid.as_deref().map(mistake).transpose()?;
    let named = body.instalment.map(|of| {
        let household = if of.household > 0 { Ok(HouseholdId(of.household)) } else { Err(Problem::invalid("household: a number from 1")) };
        Answer::Ok((household?, instalment(of.year, of.collection.as_deref(), of.number)?))
    });
    let (way, done) = match (named.transpose()?, mistake) {
        (Some((household, instalment)), None) => (Way::Match(household, instalment), "matched"),
        (Some((household, instalment)), Some(mistake)) => (Way::Overpaid(household, instalment, mistake), "overpaid"),
        (None, None) => (Way::Leave, "left"),
        (None, Some(_)) => return Err(Problem::invalid("overpaid: say with it whose it is and of which instalment")),
    };
    done_with(&host, &asker, receipt, (way, done), &body.reason).await
}

/// Take a confirmed receipt back that its channel does not deliver: a cheque that bounced.
///
/// What it had paid is owed again; what of it was refunded already is a claim.
#[utoipa::path(post, path = "/v1/offices/{municipality}/receipts/{receipt}/reversal", tag = "receipts", request_body = ReverseReceipt,
    responses((status = 201, description = "It is done", body = SettledReceipt)))]
pub async fn reverse(
    State(host): State<Shared>,
    asker: Asker,
    Last(receipt): Last<i64>,
    Json(body): Json<ReverseReceipt>,
) -> Answer<(StatusCode, axum::Json<SettledReceipt>)> {
    done_with(&host, &asker, receipt, (Way::Reverse, "reversed"), &body.reason).await
}

async fn done_with(
    host: &Host,
    asker: &Asker,
    receipt: i64,
    (way, done): (Way, &'static str),
    reason: &str,
) -> Answer<(StatusCode, axum::Json<SettledReceipt>)> {
    let reason = line("reason", reason, LONGEST_REASON)?;
    let known = host.store.known_receipt(asker.office(), receipt).await?;
    let mut households: BTreeSet<HouseholdId> = known.iter().flat_map(households).collect();
    if let Way::Match(household, _) | Way::Overpaid(household, _, _) = way {
        // What was typed may be another number in the wrong field; the chain keeps households only.
        if host.store.knows_household(asker.office(), household).await? {
            households.insert(household);
        }
    }
    asker.looked_up(host, &[], &Vec::from_iter(households)).await?;
    known.ok_or_else(none)?;
    let request = Request { municipality: asker.office(), booked_on: asker.moment.now.today, order: Order::default() };
    let event = settle(&host.store, request, receipt, way, &reason, &asker.stamp()).await?;
    Ok((StatusCode::CREATED, axum::Json(SettledReceipt { receipt, done, event })))
}

/// A page of receipts, once it stands in the chain whose they are.
async fn told(host: &Host, asker: &Asker, page: Page<Known>, asked: Option<HouseholdId>) -> Answer<axum::Json<Page<ReceiptRow>>> {
    let found: BTreeSet<HouseholdId> = page.items.iter().flat_map(households).chain(asked).collect();
    asker.looked_up(host, &[], &Vec::from_iter(found)).await?;
    Ok(axum::Json(Page { items: page.items.iter().filter_map(row).collect(), next: page.next }))
}

async fn known(host: &Host, asker: &Asker, receipt: i64) -> Answer<Known> {
    let known = host.store.known_receipt(asker.office(), receipt).await?;
    let found: BTreeSet<HouseholdId> = known.iter().flat_map(households).collect();
    asker.looked_up(host, &[], &Vec::from_iter(found)).await?;
    known.ok_or_else(none)
}

/// Every household that a receipt was ever said to be of.
fn households(known: &Known) -> impl Iterator<Item = HouseholdId> {
    known.events.iter().filter_map(|event| event.pays.map(|(household, _)| household))
}

fn none() -> Problem {
    Problem::not_found("no receipt of this office has this number; GET …/receipts lists them")
}

fn mistake(word: &str) -> Answer<Mistake> {
    let known = || Mistake::ALL.map(Mistake::word).join(", ");
    let mistake = Mistake::ALL.into_iter().find(|mistake| mistake.word() == word);
    mistake.ok_or_else(|| Problem::invalid(format!("overpaid: one of {}", known())))
}

fn file_body(file: &StoredFile) -> ReceiptFile {
    ReceiptFile {
        file: file.number,
        source_ja: source_ja(file.source),
        kind: file.kind.word(),
        kind_ja: file.kind.ja(),
        serial: file.serial,
        made_on: file.made_on.to_string(),
        booked_on: file.booked_on.to_string(),
        rows: file.rows,
        unpaid: file.unpaid,
        yen: file.yen,
        digest: file.digest.to_string(),
        at: file.at.clone(),
        by: file.by.clone(),
    }
}

fn row(known: &Known) -> Option<ReceiptRow> {
    let told = known.told().or(known.events.first())?;
    // What a clerk said last stands over what the slip says.
    let pays = known.events.iter().rev().find_map(|event| event.pays);
    Some(ReceiptRow {
        receipt: known.number,
        channel_ja: source_ja(known.channel),
        reference: known.reference.clone(),
        stage_ja: known.stage().map(|stage| stage.ja()),
        paid_on: told.paid_on.to_string(),
        booked_on: told.booked_on.to_string(),
        yen: told.yen.get(),
        slip: told.slip.clone(),
        pays: pays.map(|(household, instalment)| paid(household, instalment)),
        exception: known.exception().map(|exception| exception.word()),
        exception_ja: known.exception().map(|exception| exception.ja()),
    })
}

fn paid(household: HouseholdId, instalment: Instalment) -> PaidInstalment {
    let collection = jorei_domain::record::COLLECTIONS.get(usize::from(instalment.collection)).copied().unwrap_or_default();
    PaidInstalment {
        household: household.0,
        year: instalment.year,
        collection,
        number: instalment.number,
        instalment_ja: instalment.to_string(),
    }
}
