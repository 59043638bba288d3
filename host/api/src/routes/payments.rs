//! Payments (支払): batches of orders that two people release, and what the bank says of each line.
//!
//! Absent: cutting a batch into its file. That stays a command on the machine (`jorei payment cut`), because the bytes of the file
//! hold accounts in the open and would lie in the store of kept answers. Absent too: any account in an answer.

use crate::cursor::{Page, PageQuery};
use crate::extract::{Json, Last, Params, date, day_until, line};
use crate::guard::Asker;
use crate::problem::{Answer, Code, Problem};
use crate::routes::acts::{Prepared, keep};
use crate::routes::payees::vault;
use crate::state::{Host, Shared};
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jorei_bank::branches::BranchList;
use jorei_bank::results::{Adapter, Encoding, OwnForm, Reason, ReturnedTransfers};
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, HouseholdId};
use jorei_service::inquiries::check_batch;
use jorei_service::payees::{Watch, finding_ja};
use jorei_service::payments::{self as service, Sender, Told};
use jorei_store::payments::{Batch, Line, Outcome, Results};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// Longest reason, in characters.
const REASON: usize = 400;
/// So much of an instant is its day and hour: the same hour is one round of inquiries.
const HOUR: usize = 13;
/// Reasons of a return that have no line in the bank's form.
const OTHER_REASONS: [&str; 2] = ["組戻し", "その他"];

/// A batch of payments (支払束).
#[derive(Serialize, ToSchema)]
pub struct BatchBody {
    /// Its number.
    batch: i64,
    /// The day whose orders it holds and on which it must be released (支出決定日).
    decided_on: String,
    /// The day on which the money moves (振込指定日).
    bank_day: String,
    /// How many lines.
    lines: u32,
    /// Their sum, in whole yen.
    yen: i64,
    /// The hash of all that is released.
    digest: String,
    /// open, expired, released, cut or withdrawn.
    state: &'static str,
    /// What officials call the state.
    state_ja: &'static str,
    /// The act that released it; none before.
    act: Option<String>,
    /// The serial of its bank file; none before it is cut.
    file: Option<i64>,
    /// When it was prepared.
    at: String,
    /// By whom.
    by: String,
}

/// A batch with its lines.
#[derive(Serialize, ToSchema)]
pub struct BatchLines {
    /// The batch.
    #[serde(flatten)]
    batch: BatchBody,
    /// Its lines; no account is in them.
    payments: Vec<PaymentLine>,
}

/// A line of a batch.
#[derive(Serialize, ToSchema)]
pub struct PaymentLine {
    /// Its number, in bank files too.
    line: i64,
    /// The order that it pays, whole.
    order: i64,
    /// The household.
    household: i64,
    /// Whole yen.
    yen: i64,
    /// The line of the same order that failed or came back before.
    replaces: Option<i64>,
    /// Why it was held back when the file was cut, for officials; none where it was not.
    held_ja: Option<String>,
    /// Was the bank asked to bring it back?
    recalled: bool,
    /// paid, failed or returned; none where the bank said nothing yet.
    outcome: Option<&'static str>,
    /// The same for officials.
    outcome_ja: Option<&'static str>,
    /// Why, in the words of the bank's form; none for paid.
    reason_ja: Option<String>,
    /// The day that the bank states.
    outcome_on: Option<String>,
}

/// A batch to prepare.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PrepareBatch {
    /// The day on which the money moves: banks are open on it.
    #[schema(example = "2025-07-10")]
    bank_day: String,
    /// The office's own account.
    sender: BatchSender,
    /// The list of banks and branches, as CSV; none: no branch is looked up.
    branches_csv: Option<String>,
    /// Why lines with one account and one amount are right. Without it, of two such lines the second stays behind.
    #[schema(max_length = 400)]
    remark: Option<String>,
}

/// The office's own account at the designated bank, as a bank file names it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchSender {
    /// The number that the bank gave (委託者コード): up to ten digits.
    #[schema(minimum = 0, maximum = 9_999_999_999_i64)]
    client: u64,
    /// The office's name, in half-width kana.
    #[schema(max_length = 40)]
    name: String,
    /// The bank: four digits.
    #[schema(max_length = 4)]
    bank: String,
    /// Its name, in half-width kana; may be empty.
    #[schema(max_length = 40)]
    bank_name: String,
    /// The branch: three digits.
    #[schema(max_length = 3)]
    branch: String,
    /// Its name; may be empty.
    #[schema(max_length = 40)]
    branch_name: String,
    /// The kind of deposit: 1, 2 or 9.
    kind: u64,
    /// The number: seven digits.
    #[schema(max_length = 7)]
    number: String,
    /// Do records end with CR and LF?
    line_ends: bool,
}

/// A batch that was prepared.
#[derive(Serialize, ToSchema)]
pub struct PreparedBatch {
    /// The batch.
    #[serde(flatten)]
    batch: BatchBody,
    /// Orders that are not in it.
    left_out: Vec<LeftOutOrder>,
}

/// An order that is not in a batch.
#[derive(Serialize, ToSchema)]
pub struct LeftOutOrder {
    /// The order.
    order: i64,
    /// Why, and what to do, for officials.
    why_ja: String,
}

/// Why something is done about payments.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PaymentReason {
    /// Why, in one line without personal data: it is kept for ever.
    #[schema(min_length = 1, max_length = 400)]
    reason: String,
}

/// Inquiries before payment that were written.
#[derive(Serialize, ToSchema)]
pub struct CheckedBatch {
    /// The batch.
    batch: i64,
    /// How many are new; 0 where this hour's were written before, or no account is of the register.
    written: usize,
}

/// What the bank says.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeResults {
    /// The bank's file, in base64.
    content_base64: String,
    /// own (CSV in UTF-8), own-sjis, or returned (the list of returned transfers, in the layout of transfers); none for own.
    #[schema(max_length = 20)]
    form: Option<String>,
    /// The day in the header of a list of returned transfers.
    day: Option<String>,
}

/// That the money of a paid line came back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnedLine {
    /// The day it came back, not after today.
    #[schema(example = "2025-07-10")]
    on: String,
    /// Why, in a word of the bank's form: 口座なし, 名義相違, 解約済, 預金種目相違, 支店統廃合, 入金不可, 死亡による凍結, 組戻し or その他.
    #[schema(max_length = 20)]
    reason: String,
}

/// A set of results as it was taken in.
#[derive(Serialize, ToSchema)]
pub struct TakenResults {
    /// Its number.
    results: i64,
    /// Was it taken before? Then nothing was done now.
    before: bool,
    /// Lines paid by it.
    paid: i64,
    /// Lines failed by it.
    failed: i64,
    /// Lines that came back by it.
    returned: i64,
    /// Results that fit no line: a clerk looks at them.
    exceptions: i64,
    /// When it was taken.
    at: String,
}

/// A result that fits no line.
#[derive(Serialize, ToSchema)]
pub struct ResultException {
    /// The set.
    results: i64,
    /// Its place in the set, from 1.
    place: i64,
    /// The number of a line that the bank states.
    line: String,
    /// Why it does not fit, for officials.
    what_ja: String,
}

/// List the batches in the order of their numbers.
#[utoipa::path(get, path = "/v1/offices/{municipality}/payment-batches", tag = "payments", params(PageQuery),
    responses((status = 200, description = "The batches", body = Page<BatchBody>)))]
pub async fn list(State(host): State<Shared>, asker: Asker, Params(page): Params<PageQuery>) -> Answer<axum::Json<Page<BatchBody>>> {
    let (after, limit, today) = (page.number()?.unwrap_or(0), page.limit()?, asker.moment.now.today);
    let batches = host.store.batches(asker.office(), after, limit + 1).await?;
    let page = Page::of(batches, limit, |batch: &Batch| batch.number.to_string());
    Ok(axum::Json(Page { items: page.items.iter().map(|batch| batch_body(batch, today)).collect(), next: page.next }))
}

/// List results that fit no line, with why.
#[utoipa::path(get, path = "/v1/offices/{municipality}/payment-results/exceptions", tag = "payments",
    responses((status = 200, description = "In the order in which they were taken", body = Page<ResultException>)))]
pub async fn exceptions(State(host): State<Shared>, asker: Asker) -> Answer<axum::Json<Page<ResultException>>> {
    let found = host.store.payment_exceptions(asker.office()).await?;
    let body = |(results, one): (i64, jorei_store::payments::Exception)| ResultException {
        results,
        place: one.place,
        line: one.line,
        what_ja: one.what,
    };
    Ok(axum::Json(Page::whole(found.into_iter().map(body).collect())))
}

/// See a batch with its lines and what became of each.
#[utoipa::path(get, path = "/v1/offices/{municipality}/payment-batches/{batch}", tag = "payments",
    responses((status = 200, description = "The batch", body = BatchLines)))]
pub async fn show(State(host): State<Shared>, asker: Asker, Last(batch): Last<i64>) -> Answer<axum::Json<BatchLines>> {
    let (found, lines) = seen(&host, &asker, batch).await?;
    Ok(axum::Json(BatchLines { batch: batch_body(&found, asker.moment.now.today), payments: lines.iter().map(line_body).collect() }))
}

/// Put the orders of today that can be paid into a batch for a bank day.
///
/// What stays behind is listed with why. An order that was decided on another day is decided anew first.
#[utoipa::path(post, path = "/v1/offices/{municipality}/payment-batches", tag = "payments", request_body = PrepareBatch,
    responses((status = 201, description = "The batch, to be released today", body = PreparedBatch)))]
pub async fn prepare(
    State(host): State<Shared>,
    asker: Asker,
    Json(body): Json<PrepareBatch>,
) -> Answer<(StatusCode, axum::Json<PreparedBatch>)> {
    let (office, today) = (asker.office(), asker.moment.now.today);
    let bank_day = date("bank_day", &body.bank_day)?;
    let remark = body.remark.as_deref().filter(|remark| !remark.trim().is_empty());
    let remark = remark.map(|remark| line("remark", remark, REASON)).transpose()?.unwrap_or_default();
    let branches = body.branches_csv.as_deref().map(|csv| BranchList::read(csv.as_bytes())).transpose();
    let branches = branches.map_err(|error| Problem::invalid(format!("branches_csv: {}", error.japanese())));
    // Whose orders they are is known once they are in the batch; what is refused before that shows nobody.
    let prepared = async {
        let (sender, vault) = (sender(body.sender), vault(&host)?);
        let (branches, watch, stamp) = (branches?, Watch::default(), asker.stamp());
        let of_branches = branches.as_ref();
        let prepared = service::prepare(&host.store, vault, office, bank_day, &sender, of_branches, &remark, today, &watch, &stamp).await?;
        Answer::Ok(prepared)
    };
    let prepared = match prepared.await {
        Ok(prepared) => prepared,
        Err(problem) => {
            asker.looked_up(&host, &[], &[]).await?;
            return Err(problem);
        }
    };
    let lines = host.store.lines_of_batch(office, prepared.batch.number).await?;
    looked_up(&host, &asker, &lines).await?;
    let left_out = prepared.left_out.iter().map(|(order, why)| LeftOutOrder { order: *order, why_ja: why.ja() });
    let body = PreparedBatch { batch: batch_body(&prepared.batch, today), left_out: left_out.collect() };
    Ok((StatusCode::CREATED, axum::Json(body)))
}

/// Prepare the release of a batch (送付承認), to be signed by two people on the day it was prepared for.
///
/// It is bound to the hash of its lines, their accounts included. A released batch is cut into its file on the machine
/// (`jorei payment cut`): the file's bytes hold accounts and must not lie in the store of kept answers.
#[utoipa::path(post, path = "/v1/offices/{municipality}/payment-batches/{batch}/release", tag = "payments",
    request_body = PaymentReason, responses((status = 201, description = "The act as it will be signed", body = Prepared)))]
pub async fn release(
    State(host): State<Shared>,
    asker: Asker,
    Last(batch): Last<i64>,
    Json(body): Json<PaymentReason>,
) -> Answer<(StatusCode, axum::Json<Prepared>)> {
    let reason = line("reason", &body.reason, REASON)?;
    let proposal = service::release(&host.store, asker.office(), batch, &reason).await?;
    keep(&host, &asker, proposal, None).await
}

/// Write the inquiries before payment for a batch; `jorei inquiry run` sends them. Once an hour at most.
#[utoipa::path(post, path = "/v1/offices/{municipality}/payment-batches/{batch}/checks", tag = "payments",
    responses((status = 201, description = "They are written", body = CheckedBatch)))]
pub async fn check(State(host): State<Shared>, asker: Asker, Last(batch): Last<i64>) -> Answer<(StatusCode, axum::Json<CheckedBatch>)> {
    seen(&host, &asker, batch).await?;
    let now = &asker.moment.now;
    let round: String = now.at.chars().take(HOUR).collect();
    let written = check_batch(&host.store, asker.office(), batch, &round, now.today, &Watch::default(), &asker.stamp()).await?;
    Ok((StatusCode::CREATED, axum::Json(CheckedBatch { batch, written })))
}

/// Take a batch back before its file is cut (取下げ); its orders are free again.
#[utoipa::path(post, path = "/v1/offices/{municipality}/payment-batches/{batch}/withdrawal", tag = "payments",
    request_body = PaymentReason, responses((status = 201, description = "It is taken back", body = BatchBody)))]
pub async fn withdraw(
    State(host): State<Shared>,
    asker: Asker,
    Last(batch): Last<i64>,
    Json(body): Json<PaymentReason>,
) -> Answer<(StatusCode, axum::Json<BatchBody>)> {
    let reason = line("reason", &body.reason, REASON)?;
    host.store.batch(asker.office(), batch).await?.ok_or_else(no_batch)?;
    host.store.withdraw_batch(asker.office(), batch, &reason, &asker.stamp()).await?;
    let found = host.store.batch(asker.office(), batch).await?.ok_or_else(no_batch)?;
    Ok((StatusCode::CREATED, axum::Json(batch_body(&found, asker.moment.now.today))))
}

/// Note that the bank was asked to bring a line back (組戻し). What comes of it is taken in as a result.
#[utoipa::path(post, path = "/v1/offices/{municipality}/payment-lines/{line}/recall", tag = "payments",
    request_body = PaymentReason, responses((status = 201, description = "It is noted", body = PaymentLine)))]
pub async fn recall(
    State(host): State<Shared>,
    asker: Asker,
    Last(number): Last<i64>,
    Json(body): Json<PaymentReason>,
) -> Answer<(StatusCode, axum::Json<PaymentLine>)> {
    let reason = line("reason", &body.reason, REASON)?;
    seen_line(&host, &asker, number).await?;
    host.store.recall(asker.office(), number, &reason, &asker.stamp()).await?;
    let known = host.store.payment_line(asker.office(), number).await?.ok_or_else(no_line)?;
    Ok((StatusCode::CREATED, axum::Json(line_body(&known))))
}

/// Take in that the money of a paid line came back (資金返却), from paper.
#[utoipa::path(post, path = "/v1/offices/{municipality}/payment-lines/{line}/returns", tag = "payments", request_body = ReturnedLine,
    responses((status = 200, description = "It was taken before", body = TakenResults), (status = 201, description = "It is taken", body = TakenResults)))]
pub async fn returned(
    State(host): State<Shared>,
    asker: Asker,
    Last(number): Last<i64>,
    Json(body): Json<ReturnedLine>,
) -> Answer<(StatusCode, axum::Json<TakenResults>)> {
    let on = day_until("on", Some(&body.on), asker.moment.now.today)?;
    let reason = return_reason(&body.reason)?;
    seen_line(&host, &asker, number).await?;
    let payment = u64::try_from(number).map_err(|_| no_line())?;
    // As the command line names the same paper: it is taken once, wherever it is typed.
    let source = Digest::of(format!("returned {number} {on} {reason}").as_bytes());
    let told = Told { payment, account: None, yen: None, outcome: Outcome::Returned, reason, on };
    taken(&host, &asker, source, &[told]).await
}

/// Take in what the bank says (振込結果), whole or not at all.
///
/// The same file again does nothing and answers the same. Where a line is wrong, the problem names it by line and field, in
/// Japanese, and nothing is taken. A result that fits no line is kept for a clerk.
#[utoipa::path(post, path = "/v1/offices/{municipality}/payment-results", tag = "payments", request_body = TakeResults,
    responses((status = 200, description = "It was taken before", body = TakenResults), (status = 201, description = "It is taken", body = TakenResults)))]
pub async fn results(
    State(host): State<Shared>,
    asker: Asker,
    Json(body): Json<TakeResults>,
) -> Answer<(StatusCode, axum::Json<TakenResults>)> {
    let day = body.day.as_deref().map(|day| date("day", day)).transpose()?;
    let adapter: Box<dyn Adapter + Send> = match (body.form.as_deref().unwrap_or("own"), day) {
        ("own", None) => Box::new(OwnForm { encoding: Encoding::Utf8 }),
        ("own-sjis", None) => Box::new(OwnForm { encoding: Encoding::ShiftJis }),
        ("returned", Some(day)) => Box::new(ReturnedTransfers { day }),
        ("returned", None) => return Err(Problem::invalid("day: give the day in the header of the list of returned transfers")),
        ("own" | "own-sjis", Some(_)) => return Err(Problem::invalid("day: only a list of returned transfers has one")),
        _ => return Err(Problem::invalid("form: one of own, own-sjis, returned")),
    };
    let bytes = STANDARD.decode(body.content_base64);
    let bytes = bytes.map_err(|_| Problem::invalid("content_base64: not base64 with its padding"))?;
    let source = Digest::of(&bytes);
    // Reading keeps one thread busy for as long as the file is large.
    let read = tokio::task::spawn_blocking(move || adapter.read(&mut &bytes[..])).await;
    let read = read.map_err(|_| Problem::new(Code::Fault, "the program failed; nothing was taken"))?;
    let read = read.map_err(|error| Problem::invalid(format!("content_base64: {}", error.japanese())))?;
    let told: Vec<Told> = read.iter().map(Told::from).collect();
    taken(&host, &asker, source, &told).await
}

async fn taken(host: &Host, asker: &Asker, source: Digest, told: &[Told]) -> Answer<(StatusCode, axum::Json<TakenResults>)> {
    let (office, today) = (asker.office(), asker.moment.now.today);
    let vault = vault(host)?;
    let before = host.store.results(office, source).await?.is_some();
    let results = service::take_results(&host.store, vault, office, source, told, today, &asker.stamp()).await?;
    let Results { call, paid, failed, returned, exceptions, at, .. } = results;
    let body = TakenResults { results: call, before, paid, failed, returned, exceptions, at };
    Ok((if before { StatusCode::OK } else { StatusCode::CREATED }, axum::Json(body)))
}

/// A word of the bank's form. Words of somebody's own are not kept: they may hold names.
fn return_reason(text: &str) -> Answer<String> {
    let named = Reason::read(text).filter(|reason| !matches!(reason, Reason::Other(_))).map(|reason| reason.japanese());
    let other = || OTHER_REASONS.into_iter().find(|other| *other == text).map(str::to_owned);
    let wrong = "reason: one of 口座なし, 名義相違, 解約済, 預金種目相違, 支店統廃合, 入金不可, 死亡による凍結, 組戻し, その他";
    named.or_else(other).ok_or_else(|| Problem::invalid(wrong))
}

/// A batch with its lines, once the look-up of their households stands in the chain.
async fn seen(host: &Host, asker: &Asker, batch: i64) -> Answer<(Batch, Vec<Line>)> {
    let found = host.store.batch(asker.office(), batch).await?;
    let lines = host.store.lines_of_batch(asker.office(), batch).await?;
    looked_up(host, asker, &lines).await?;
    Ok((found.ok_or_else(no_batch)?, lines))
}

async fn seen_line(host: &Host, asker: &Asker, number: i64) -> Answer<()> {
    let known = host.store.payment_line(asker.office(), number).await?;
    looked_up(host, asker, known.as_slice()).await?;
    known.map(|_| ()).ok_or_else(no_line)
}

async fn looked_up(host: &Host, asker: &Asker, lines: &[Line]) -> Answer<()> {
    let households: BTreeSet<HouseholdId> = lines.iter().map(|line| line.household).collect();
    asker.looked_up(host, &[], &Vec::from_iter(households)).await
}

fn no_batch() -> Problem {
    Problem::not_found("no batch of this office has this number; GET …/payment-batches lists them")
}

fn no_line() -> Problem {
    Problem::not_found("no line of a batch has this number; GET …/payment-batches/{batch} lists them")
}

fn sender(body: BatchSender) -> Sender {
    let BatchSender { client, name, bank, bank_name, branch, branch_name, kind, number, line_ends } = body;
    Sender { client, name, bank, bank_name, branch, branch_name, kind, number, line_ends }
}

fn batch_body(batch: &Batch, today: Date) -> BatchBody {
    let (state, state_ja) = match (&batch.withdrawn, &batch.released, batch.file) {
        (Some(_), ..) => ("withdrawn", "取下げ"),
        (_, _, Some(_)) => ("cut", "作成済"),
        (_, Some(_), None) => ("released", "承認済"),
        (None, None, None) if batch.decided_on < today => ("expired", "失効（当日中に承認されず）"),
        (None, None, None) => ("open", "承認待ち"),
    };
    BatchBody {
        batch: batch.number,
        decided_on: batch.decided_on.to_string(),
        bank_day: batch.bank_day.to_string(),
        lines: batch.lines,
        yen: batch.yen.get(),
        digest: batch.digest.to_string(),
        state,
        state_ja,
        act: batch.released.as_ref().map(|(act, _)| act.to_string()),
        file: batch.file,
        at: batch.at.clone(),
        by: batch.by.clone(),
    }
}

fn line_body(line: &Line) -> PaymentLine {
    let last = line.outcomes.last();
    PaymentLine {
        line: line.id,
        order: line.order,
        household: line.household.0,
        yen: line.yen.get(),
        replaces: line.replaces,
        held_ja: line.held.as_deref().map(finding_ja),
        recalled: line.recalled,
        outcome: last.map(|(outcome, ..)| outcome.word()),
        outcome_ja: last.map(|(outcome, ..)| outcome.ja()),
        reason_ja: last.map(|(_, reason, _)| reason.clone()).filter(|reason| !reason.is_empty()),
        outcome_on: last.map(|(.., on)| on.to_string()),
    }
}
