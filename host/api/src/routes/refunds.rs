//! Refunds (還付・充当): what is overpaid, what was decided of it, what people said, and what can no longer be claimed.
//!
//! Every answer about a household is a look-up. Absent: accounts of payees and bank files, and anything by which money leaves:
//! an order is released by two people elsewhere.

use crate::cursor::{Page, PageQuery};
use crate::extract::{Json, Last, Params, date, day_until, fiscal_year, line};
use crate::guard::Asker;
use crate::problem::{Answer, Code, Problem};
use crate::state::{Host, Shared};
use axum::extract::State;
use axum::http::StatusCode;
use jorei_domain::id::{HouseholdId, Municipality, PersonId};
use jorei_service::addressee::{Addressee, Recipient};
use jorei_service::ledger::account_ja;
use jorei_service::people::{Shown, Viewer, person};
use jorei_service::refunds::{self as service, HouseholdMatters, Lapsing, Matter, lapse, letter, matters, open_matters, warnings};
use jorei_store::decisions::StoredDecision;
use jorei_store::orders::PaymentOrder;
use jorei_store::refunds::{Consent, ConsentChannel, ConsentKind, Heir, RefundNotice};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::{IntoParams, ToSchema};

/// Longest text that says where a paper is, in characters.
const DOCUMENT: usize = 200;
/// Longest reason of a lapse, in characters.
const REASON: usize = 400;
/// Most months that warnings look ahead.
const MONTHS_MAX: u32 = 120;

/// Which lapses.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LapsedQuery {
    /// The fiscal year in which it was recorded, as 2025.
    year: i32,
}

/// How far ahead.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct WarningsQuery {
    /// As of this day; none for today.
    on: Option<String>,
    /// Within so many months; none: as the rule in force warns.
    #[param(maximum = 120)]
    months: Option<u32>,
}

/// An overpayment with what became of it. Whole yen.
#[derive(Serialize, ToSchema)]
pub struct RefundMatter {
    /// The household.
    household: i64,
    /// The overpayment's number (過誤納番号).
    overpayment: i64,
    /// What officials call the instalment.
    instalment_ja: String,
    /// The day it arose.
    arose_on: String,
    /// What arose in all, less what was reversed.
    arisen_yen: i64,
    /// What is undecided.
    undecided_yen: i64,
    /// What paid something owed.
    appropriated_yen: i64,
    /// What orders pay out.
    ordered_yen: i64,
    /// What lapsed undecided.
    lapsed_yen: i64,
    /// The latest decision that looked at it.
    decision: Option<String>,
    /// detected, reason_fixed, held, decided, notified, awaiting_account, sent, failed, paid, appropriated, lapsed or reversed.
    state: &'static str,
    /// What officials call the state.
    state_ja: &'static str,
    /// Is nothing left to be done?
    closed: bool,
}

/// A payment order (支出命令). Whole yen.
#[derive(Serialize, ToSchema)]
pub struct RefundOrder {
    /// Its number.
    order: i64,
    /// The decision that proposed it.
    decision: String,
    /// head, heirs or pension_body.
    payee_kind: &'static str,
    /// The person's number here; none for a pension body, and for heirs who have named nobody.
    payee: Option<i64>,
    /// What was overpaid.
    principal_yen: i64,
    /// Interest on it (還付加算金).
    interest_yen: i64,
    /// The day of the decision, which ends the interest (支出決定日).
    decided_on: String,
    /// The order that was taken back for this one.
    replaces: Option<i64>,
    /// What became of it, for officials; none where it was only just decided.
    state_ja: Option<&'static str>,
}

/// What must be given back (返納金): a receipt was reversed after it had been refunded.
#[derive(Serialize, ToSchema)]
pub struct RefundReclaim {
    /// The receipt.
    receipt: i64,
    /// Whole yen; never set off against anything.
    yen: i64,
}

/// A consent.
#[derive(Serialize, ToSchema)]
pub struct RefundConsent {
    /// Its number.
    consent: i64,
    /// public_account, appropriate_before_due or direct_debit_account.
    kind: &'static str,
    /// What officials call it.
    kind_ja: &'static str,
    /// The day it was given.
    given_on: String,
    /// Who gave it: the person's number here.
    given_by: i64,
    /// What officials call the way it was given.
    channel_ja: &'static str,
    /// Where the paper or message is.
    document: String,
    /// The first day on which it holds no more; none while it holds.
    withdrawn_on: Option<String>,
}

/// A notice that was sent (還付充当通知書).
#[derive(Serialize, ToSchema)]
pub struct SentNotice {
    /// Its number.
    notice: i64,
    /// The decision that it tells.
    decision: String,
    /// The overpayments that it tells of.
    overpayments: Vec<i64>,
    /// The day it was sent.
    sent_on: String,
    /// The day a claim arrived; none while there is none.
    claimed_on: Option<String>,
}

/// Who represents the heirs of a head who died.
#[derive(Serialize, ToSchema)]
pub struct HeirRow {
    /// The declaration's number.
    declaration: i64,
    /// The head who died: the person's number here.
    deceased: i64,
    /// Who represents the heirs.
    person: i64,
    /// Where the declaration is.
    document: String,
    /// Its day.
    declared_on: String,
}

/// Everything of a household's refunds.
#[derive(Serialize, ToSchema)]
pub struct HouseholdRefunds {
    /// The household.
    household: i64,
    /// Its overpayments in the order of their numbers.
    matters: Vec<RefundMatter>,
    /// Its orders in the order of their numbers.
    orders: Vec<RefundOrder>,
    /// What must be given back.
    reclaims: Vec<RefundReclaim>,
    /// Consents, those that were withdrawn included.
    consents: Vec<RefundConsent>,
    /// Notices that were sent.
    notices: Vec<SentNotice>,
    /// Who represents heirs.
    heirs: Vec<HeirRow>,
    /// Why nothing can be decided, in Japanese.
    blocked_ja: Vec<String>,
}

/// The households of a page with what is open of each.
#[derive(Serialize, ToSchema)]
pub struct OpenRefunds {
    /// The household.
    household: i64,
    /// Overpayments that are not closed.
    matters: Vec<RefundMatter>,
    /// What must be given back.
    reclaims: Vec<RefundReclaim>,
}

/// A refund that lapsed, or that lapses soon.
#[derive(Serialize, ToSchema)]
pub struct RefundLapse {
    /// The household.
    household: i64,
    /// The overpayment; none where it is an order.
    overpayment: Option<i64>,
    /// The order; none where it is an overpayment.
    order: Option<i64>,
    /// What officials call it.
    what_ja: String,
    /// How much, in whole yen.
    yen: i64,
    /// From this day on it can no longer be claimed; none where nobody has computed it.
    bar_on: Option<String>,
    /// The day the lapse was recorded; none where it was not.
    recorded_on: Option<String>,
    /// Why, as whoever recorded it said.
    reason: Option<String>,
}

/// The story of a household's overpayments.
#[derive(Serialize, ToSchema)]
pub struct RefundStory {
    /// The household.
    household: i64,
    /// From how each arose to the order that pays it out, in Japanese; empty where there is none.
    text_ja: String,
}

/// On which day to decide.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideRefund {
    /// The day of the decision, which ends the interest (支出決定日), not after today; none for today.
    #[schema(example = "2025-10-01")]
    on: Option<String>,
}

/// What came of a household's overpayments.
#[derive(Serialize, ToSchema)]
pub struct DecidedRefund {
    /// The household.
    household: i64,
    /// The decision.
    decision: String,
    /// Was it made now? Otherwise it was there and is still true.
    new: bool,
    /// Why nothing was posted, and what to do, in Japanese; none where it was.
    held_ja: Option<String>,
    /// What pays what is owed, as it was posted now.
    appropriations: Vec<AppropriatedYen>,
    /// What can no longer be claimed, by overpayment.
    lapsed: Vec<LapsedYen>,
    /// The payment orders that stand for it.
    orders: Vec<RefundOrder>,
    /// Overpayments of other payers, which wait for a decision of their own.
    others: Vec<i64>,
}

/// What of an overpayment pays what is owed.
#[derive(Serialize, ToSchema)]
pub struct AppropriatedYen {
    /// The overpayment.
    overpayment: i64,
    /// What officials call what it pays.
    to_ja: String,
    /// Whole yen.
    yen: i64,
    /// The day both sides existed (充当適状日).
    effective: String,
}

/// What of an overpayment can no longer be claimed.
#[derive(Serialize, ToSchema)]
pub struct LapsedYen {
    /// The overpayment.
    overpayment: i64,
    /// Whole yen.
    yen: i64,
}

/// A consent to record.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordConsent {
    /// public_account, appropriate_before_due or direct_debit_account.
    #[schema(max_length = 40)]
    kind: String,
    /// The person who gave it, by number (宛名番号).
    #[schema(minimum = 1)]
    given_by: i64,
    /// paper, online or not_objected.
    #[schema(max_length = 20)]
    channel: String,
    /// Where the paper or message is, without personal data.
    #[schema(min_length = 1, max_length = 200)]
    document: String,
    /// The day it was given, not after today; none for today.
    on: Option<String>,
}

/// A consent that ends.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawConsent {
    /// The consent's number.
    #[schema(minimum = 1)]
    consent: i64,
    /// The first day on which it holds no more, not after today; none for today.
    on: Option<String>,
}

/// A notice to send.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendNotice {
    /// The decision; none for the latest that was posted.
    #[schema(min_length = 64, max_length = 64)]
    decision: Option<String>,
    /// The day it is sent, not after today; none for today.
    on: Option<String>,
    /// Only show it.
    #[serde(default)]
    draft: bool,
}

/// A notice as it is printed.
#[derive(Serialize, ToSchema)]
pub struct PrintedNotice {
    /// Its number; none for a draft.
    notice: Option<i64>,
    /// The decision that it tells.
    decision: String,
    /// living, heirs, or clerk: somebody must find out first, and it cannot be sent.
    to: &'static str,
    /// Is the address masked, and whoever receives for the person? It is printed where the address may be seen.
    masked: bool,
    /// The notice in Japanese.
    text_ja: String,
}

/// A claim that came in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordClaim {
    /// The notice that it answers.
    #[schema(minimum = 1)]
    notice: i64,
    /// Where the form is, without personal data.
    #[schema(min_length = 1, max_length = 200)]
    form: String,
    /// The day it arrived, not after today; none for today.
    on: Option<String>,
}

/// A declaration of heirs.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordHeir {
    /// The head who died, by number (宛名番号).
    #[schema(minimum = 1)]
    deceased: i64,
    /// Who represents the heirs, by number.
    #[schema(minimum = 1)]
    person: i64,
    /// Where the declaration is, without personal data.
    #[schema(min_length = 1, max_length = 200)]
    document: String,
    /// The day of the declaration, not after today; none for today.
    on: Option<String>,
}

/// What has lapsed: an overpayment or an order.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordLapse {
    /// The overpayment that is undecided.
    overpayment: Option<i64>,
    /// The order that was not paid.
    order: Option<i64>,
    /// Why, in one line without personal data.
    #[schema(min_length = 1, max_length = 400)]
    reason: String,
    /// The day of the record, not after today; none for today.
    on: Option<String>,
}

/// What was recorded.
#[derive(Serialize, ToSchema)]
pub struct RecordedRefund {
    /// The household.
    household: i64,
    /// Its number: that of the consent, the notice or the declaration.
    number: i64,
}

/// A lapse that was recorded.
#[derive(Serialize, ToSchema)]
pub struct RecordedLapse {
    /// The household.
    household: i64,
    /// How much lapsed, in whole yen.
    yen: i64,
}

/// List the households of which something is overpaid and not closed.
///
/// A page has so many households.
#[utoipa::path(get, path = "/v1/offices/{municipality}/refunds", tag = "refunds", params(PageQuery),
    responses((status = 200, description = "In the order of households", body = Page<OpenRefunds>)))]
pub async fn open(State(host): State<Shared>, asker: Asker, Params(page): Params<PageQuery>) -> Answer<axum::Json<Page<OpenRefunds>>> {
    let (office, today) = (asker.office(), asker.moment.now.today);
    let (after, limit) = (page.number()?.unwrap_or(0), page.limit()?);
    let households: Vec<HouseholdId> = open_matters(&host.store, office).await?.into_iter().filter(|of| of.0 > after).collect();
    let part = Page::of(households.into_iter().take(limit as usize + 1).collect(), limit, |of: &HouseholdId| of.0.to_string());
    asker.looked_up(&host, &[], &part.items).await?;
    let mut items = Vec::with_capacity(part.items.len());
    for household in part.items {
        let known = matters(&host.store, office, household, today).await?;
        let open = known.matters.iter().filter(|matter| !matter.state.is_closed());
        let open = open.map(|matter| matter_body(household, matter)).collect();
        items.push(OpenRefunds { household: household.0, matters: open, reclaims: reclaims(&known) });
    }
    Ok(axum::Json(Page { items, next: part.next }))
}

/// List refunds whose lapse was recorded in a fiscal year.
#[utoipa::path(get, path = "/v1/offices/{municipality}/refunds/lapsed", tag = "refunds", params(LapsedQuery),
    responses((status = 200, description = "In the order of the records", body = Page<RefundLapse>)))]
pub async fn lapsed(State(host): State<Shared>, asker: Asker, Params(query): Params<LapsedQuery>) -> Answer<axum::Json<Page<RefundLapse>>> {
    let year = fiscal_year("year", query.year)?;
    let found = service::lapsed(&host.store, asker.office(), year.year()).await?;
    asker.looked_up(&host, &[], &distinct(found.iter().map(|one| one.household))).await?;
    let body = |one: service::LapsedRefund| RefundLapse {
        recorded_on: Some(one.recorded_on.to_string()),
        reason: Some(one.reference),
        ..lapse_body(one.household, one.lapsing, one.yen, Some(one.bar_on.to_string()))
    };
    Ok(axum::Json(Page::whole(found.into_iter().map(body).collect())))
}

/// List refunds that lapse soon, that have lapsed without a record, and overpayments that nobody decided.
#[utoipa::path(get, path = "/v1/offices/{municipality}/refunds/warnings", tag = "refunds", params(WarningsQuery),
    responses((status = 200, description = "The earliest day first, unknown ones before", body = Page<RefundLapse>)))]
pub async fn warned(
    State(host): State<Shared>,
    asker: Asker,
    Params(query): Params<WarningsQuery>,
) -> Answer<axum::Json<Page<RefundLapse>>> {
    let on = query.on.as_deref().map(|on| date("on", on)).transpose()?.unwrap_or(asker.moment.now.today);
    if query.months.is_some_and(|months| months > MONTHS_MAX) {
        return Err(Problem::invalid(format!("months: at most {MONTHS_MAX}")));
    }
    let found = warnings(&host.store, asker.office(), on, query.months).await?;
    asker.looked_up(&host, &[], &distinct(found.iter().map(|one| one.household))).await?;
    let body = |one: service::Warning| lapse_body(one.household, one.lapsing, one.yen, one.bar_on.map(|day| day.to_string()));
    Ok(axum::Json(Page::whole(found.into_iter().map(body).collect())))
}

/// See everything of a household's overpayments: amounts, orders, notices, consents, what stands in the way.
#[utoipa::path(get, path = "/v1/offices/{municipality}/households/{household}/refunds", tag = "refunds",
    responses((status = 200, description = "The refunds", body = HouseholdRefunds)))]
pub async fn household(State(host): State<Shared>, asker: Asker, Last(household): Last<i64>) -> Answer<axum::Json<HouseholdRefunds>> {
    let (office, of) = (asker.office(), HouseholdId(household));
    let consents = host.store.consents(office, of).await?;
    let heirs = host.store.heirs(office, of).await?;
    let known = matters(&host.store, office, of, asker.moment.now.today).await?;
    let mut persons: BTreeSet<PersonId> = consents.iter().map(|consent| consent.given_by).collect();
    persons.extend(heirs.iter().flat_map(|heir| [heir.deceased, heir.heir]));
    persons.extend(known.orders.iter().filter_map(|(order, _)| order.payee));
    asker.looked_up(&host, &Vec::from_iter(persons), &[of]).await?;
    known_household(&host, office, of).await?;
    Ok(axum::Json(HouseholdRefunds {
        household,
        matters: known.matters.iter().map(|matter| matter_body(of, matter)).collect(),
        orders: known.orders.iter().map(|(order, state)| order_body(order, Some(state.ja()))).collect(),
        reclaims: reclaims(&known),
        consents: consents.into_iter().map(consent_body).collect(),
        notices: known.notices.iter().map(notice_body).collect(),
        heirs: heirs.into_iter().map(heir_body).collect(),
        blocked_ja: known.blocked,
    }))
}

/// Follow each amount of a household from where it arose to the order that pays it out.
#[utoipa::path(get, path = "/v1/offices/{municipality}/households/{household}/refunds/story", tag = "refunds",
    responses((status = 200, description = "In words", body = RefundStory)))]
pub async fn story(State(host): State<Shared>, asker: Asker, Last(household): Last<i64>) -> Answer<axum::Json<RefundStory>> {
    let (office, of) = (asker.office(), HouseholdId(household));
    asker.looked_up(&host, &[], &[of]).await?;
    known_household(&host, office, of).await?;
    let text_ja = service::story(&host.store, office, of, asker.moment.now.today).await?;
    Ok(axum::Json(RefundStory { household, text_ja }))
}

/// Decide what becomes of a household's overpayments, under the rule in force, and post it.
///
/// Deciding again on the same day answers what was decided. What is held is not posted, and the answer says why.
#[utoipa::path(post, path = "/v1/offices/{municipality}/households/{household}/refunds/decisions", tag = "refunds",
    request_body = DecideRefund, responses((status = 201, description = "It is decided, or held", body = DecidedRefund)))]
pub async fn decide(
    State(host): State<Shared>,
    asker: Asker,
    Last(household): Last<i64>,
    Json(body): Json<DecideRefund>,
) -> Answer<(StatusCode, axum::Json<DecidedRefund>)> {
    let (office, of) = (asker.office(), HouseholdId(household));
    let on = day_until("on", body.on.as_deref(), asker.moment.now.today)?;
    asker.looked_up(&host, &[], &[of]).await?;
    known_household(&host, office, of).await?;
    let decided = service::decide(&host.store, &host.shelf, office, of, on, &asker.stamp()).await?;
    Ok((StatusCode::CREATED, axum::Json(decided_body(decided))))
}

/// Take a payment order back that was not approved on its day, and decide anew for this one.
#[utoipa::path(post, path = "/v1/offices/{municipality}/payment-orders/{order}/renewal", tag = "refunds",
    request_body = DecideRefund, responses((status = 201, description = "It is decided anew, or held", body = DecidedRefund)))]
pub async fn renew(
    State(host): State<Shared>,
    asker: Asker,
    Last(order): Last<i64>,
    Json(body): Json<DecideRefund>,
) -> Answer<(StatusCode, axum::Json<DecidedRefund>)> {
    let on = day_until("on", body.on.as_deref(), asker.moment.now.today)?;
    let known = host.store.order(asker.office(), order).await?;
    let household: Vec<HouseholdId> = known.iter().map(|order| order.household).collect();
    asker.looked_up(&host, &[], &household).await?;
    known.ok_or_else(|| Problem::from(service::RefundError::NoOrder(order)))?;
    let decided = service::renew(&host.store, &host.shelf, asker.office(), order, on, &asker.stamp()).await?;
    Ok((StatusCode::CREATED, axum::Json(decided_body(decided))))
}

/// Record a consent: to an account, or to pay instalments not yet due.
#[utoipa::path(post, path = "/v1/offices/{municipality}/households/{household}/refunds/consents", tag = "refunds",
    request_body = RecordConsent, responses((status = 201, description = "It is recorded", body = RecordedRefund)))]
pub async fn consent(
    State(host): State<Shared>,
    asker: Asker,
    Last(household): Last<i64>,
    Json(body): Json<RecordConsent>,
) -> Answer<(StatusCode, axum::Json<RecordedRefund>)> {
    let (of, given_by) = (HouseholdId(household), PersonId(body.given_by));
    let kind = ConsentKind::named(&body.kind);
    let kind = kind.ok_or_else(|| Problem::invalid(format!("kind: one of {}", ConsentKind::ALL.map(ConsentKind::word).join(", "))))?;
    let channel = ConsentChannel::named(&body.channel);
    let words = || ConsentChannel::ALL.map(ConsentChannel::word).join(", ");
    let channel = channel.ok_or_else(|| Problem::invalid(format!("channel: one of {}", words())))?;
    let document = line("document", &body.document, DOCUMENT)?;
    let given_on = day_until("on", body.on.as_deref(), asker.moment.now.today)?;
    known_to(&host, &asker, of, &[("given_by", given_by)]).await?;
    let consent = Consent { number: 0, household: of, kind, given_on, given_by, channel, document, withdrawn_on: None };
    let number = host.store.save_consent(asker.office(), &consent, &asker.stamp()).await?;
    Ok((StatusCode::CREATED, axum::Json(RecordedRefund { household, number })))
}

/// Record that a consent was withdrawn. What was paid under it stays paid.
#[utoipa::path(post, path = "/v1/offices/{municipality}/households/{household}/refunds/withdrawals", tag = "refunds",
    request_body = WithdrawConsent, responses((status = 201, description = "It is recorded", body = RecordedRefund)))]
pub async fn withdraw(
    State(host): State<Shared>,
    asker: Asker,
    Last(household): Last<i64>,
    Json(body): Json<WithdrawConsent>,
) -> Answer<(StatusCode, axum::Json<RecordedRefund>)> {
    let (office, of, number) = (asker.office(), HouseholdId(household), body.consent);
    let on = day_until("on", body.on.as_deref(), asker.moment.now.today)?;
    known_to(&host, &asker, of, &[]).await?;
    if !host.store.consents(office, of).await?.iter().any(|consent| consent.number == number) {
        return Err(Problem::not_found("consent: the household has none of this number; GET …/refunds lists them"));
    }
    host.store.withdraw_consent(office, number, on, &asker.stamp()).await?;
    Ok((StatusCode::CREATED, axum::Json(RecordedRefund { household, number })))
}

/// Print the notice of a household's decision (還付充当通知書), and record that it was sent.
///
/// The address of a protected person is masked here whoever asks.
#[utoipa::path(post, path = "/v1/offices/{municipality}/households/{household}/refunds/notices", tag = "refunds",
    request_body = SendNotice, responses((status = 200, description = "A draft", body = PrintedNotice), (status = 201, description = "It is recorded as sent", body = PrintedNotice)))]
pub async fn notice(
    State(host): State<Shared>,
    asker: Asker,
    Last(household): Last<i64>,
    Json(body): Json<SendNotice>,
) -> Answer<(StatusCode, axum::Json<PrintedNotice>)> {
    let (office, of, today) = (asker.office(), HouseholdId(household), asker.moment.now.today);
    let on = day_until("on", body.on.as_deref(), today)?;
    let wanted = body.decision.as_deref().map(|id| crate::extract::digest("decision", id)).transpose()?;
    let decided = host.store.refund_decisions(office, of).await?;
    let stored = match wanted {
        Some(id) => decided.into_iter().find(|stored| stored.id == id),
        None => latest_posted(&host, office, decided).await?,
    };
    let printed = match &stored {
        Some(stored) => letter(&host.store, office, stored, on).await?,
        None => None,
    };
    let about = printed.as_ref().and_then(|letter| match &letter.addressee {
        Addressee::Living(recipient) | Addressee::Heirs(recipient) => Some(recipient.about),
        Addressee::Clerk(_) => None,
    });
    asker.looked_up(&host, &Vec::from_iter(about), &[of]).await?;
    known_household(&host, office, of).await?;
    let Some(mut letter) = printed else {
        return Err(Problem::new(Code::NotAllowedNow, "nothing that can be told was decided and posted; POST …/refunds/decisions decides"));
    };
    let mut masked = false;
    let to = match &mut letter.addressee {
        Addressee::Living(recipient) => {
            masked = mask(&host, office, recipient, today).await?;
            "living"
        }
        Addressee::Heirs(recipient) => {
            masked = mask(&host, office, recipient, today).await?;
            "heirs"
        }
        Addressee::Clerk(_) if !body.draft => {
            return Err(Problem::new(Code::NotAllowedNow, "the notice has nobody to go to; it was not recorded as sent"));
        }
        Addressee::Clerk(_) => "clerk",
    };
    let notice = match body.draft {
        true => None,
        false => {
            let overpayments = letter.items.iter().map(|item| item.overpayment).collect();
            let notice = RefundNotice { number: 0, household: of, decision: letter.decision, overpayments, sent_on: on, claim: None };
            Some(host.store.save_refund_notice(office, &notice, &asker.stamp()).await?)
        }
    };
    let body = PrintedNotice { notice, decision: letter.decision.to_string(), to, masked, text_ja: letter.text() };
    Ok((if notice.is_none() { StatusCode::OK } else { StatusCode::CREATED }, axum::Json(body)))
}

/// Record that a claim came in after a notice (還付請求).
#[utoipa::path(post, path = "/v1/offices/{municipality}/households/{household}/refunds/claims", tag = "refunds",
    request_body = RecordClaim, responses((status = 201, description = "It is recorded", body = RecordedRefund)))]
pub async fn claim(
    State(host): State<Shared>,
    asker: Asker,
    Last(household): Last<i64>,
    Json(body): Json<RecordClaim>,
) -> Answer<(StatusCode, axum::Json<RecordedRefund>)> {
    let (office, of, number) = (asker.office(), HouseholdId(household), body.notice);
    let on = day_until("on", body.on.as_deref(), asker.moment.now.today)?;
    let form = line("form", &body.form, DOCUMENT)?;
    known_to(&host, &asker, of, &[]).await?;
    if !host.store.refund_notices(office, of).await?.iter().any(|notice| notice.number == number) {
        return Err(Problem::not_found("notice: the household was sent none of this number; GET …/refunds lists them"));
    }
    host.store.save_refund_claim(office, number, on, &form, &asker.stamp()).await?;
    Ok((StatusCode::CREATED, axum::Json(RecordedRefund { household, number })))
}

/// Record who represents the heirs of a head who died (相続人代表者).
#[utoipa::path(post, path = "/v1/offices/{municipality}/households/{household}/refunds/heirs", tag = "refunds",
    request_body = RecordHeir, responses((status = 201, description = "It is recorded", body = RecordedRefund)))]
pub async fn heir(
    State(host): State<Shared>,
    asker: Asker,
    Last(household): Last<i64>,
    Json(body): Json<RecordHeir>,
) -> Answer<(StatusCode, axum::Json<RecordedRefund>)> {
    let (of, deceased, heir) = (HouseholdId(household), PersonId(body.deceased), PersonId(body.person));
    let document = line("document", &body.document, DOCUMENT)?;
    let declared_on = day_until("on", body.on.as_deref(), asker.moment.now.today)?;
    known_to(&host, &asker, of, &[("deceased", deceased), ("person", heir)]).await?;
    let heir = Heir { number: 0, household: of, deceased, heir, document, declared_on };
    let number = host.store.save_heir(asker.office(), &heir, &asker.stamp()).await?;
    Ok((StatusCode::CREATED, axum::Json(RecordedRefund { household, number })))
}

/// Record that an overpayment or a decided refund can no longer be claimed (時効).
#[utoipa::path(post, path = "/v1/offices/{municipality}/households/{household}/refunds/lapses", tag = "refunds",
    request_body = RecordLapse, responses((status = 201, description = "It is recorded", body = RecordedLapse)))]
pub async fn record_lapse(
    State(host): State<Shared>,
    asker: Asker,
    Last(household): Last<i64>,
    Json(body): Json<RecordLapse>,
) -> Answer<(StatusCode, axum::Json<RecordedLapse>)> {
    let of = HouseholdId(household);
    let lapsing = match (body.overpayment, body.order) {
        (Some(number), None) => Lapsing::Overpayment(number),
        (None, Some(number)) => Lapsing::Order(number),
        _ => return Err(Problem::invalid("overpayment, order: give one of them")),
    };
    let reason = line("reason", &body.reason, REASON)?;
    let on = day_until("on", body.on.as_deref(), asker.moment.now.today)?;
    known_to(&host, &asker, of, &[]).await?;
    let yen = lapse(&host.store, asker.office(), of, lapsing, on, &reason, &asker.stamp()).await?;
    Ok((StatusCode::CREATED, axum::Json(RecordedLapse { household, yen: yen.get() })))
}

async fn latest_posted(host: &Host, office: Municipality, decided: Vec<StoredDecision>) -> Answer<Option<StoredDecision>> {
    for stored in decided.into_iter().rev() {
        if !host.store.postings_of_decision(office, stored.id).await?.is_empty() {
            return Ok(Some(stored));
        }
    }
    Ok(None)
}

/// Takes name and address of whoever receives for a protected person out of a notice.
async fn mask(host: &Host, office: Municipality, recipient: &mut Recipient, today: jorei_domain::calendar::Date) -> Answer<bool> {
    let viewer = Viewer { may_see_protected: false };
    let view = person(&host.store, office, recipient.about, &viewer, false, today).await?;
    let masked = view.is_none_or(|view| matches!(view.address, Shown::Masked));
    if masked {
        recipient.address = "（保護対象。住所は表示されません）".to_owned();
        recipient.postcode = None;
        if recipient.role.is_some() {
            recipient.name = "（保護対象）".to_owned();
        }
    }
    Ok(masked)
}

async fn known_household(host: &Host, office: Municipality, household: HouseholdId) -> Answer<()> {
    match host.store.knows_household(office, household).await? {
        true => Ok(()),
        false => Err(Problem::not_found("no household has this number here")),
    }
}

/// Records the look-up of a household and of persons that are named with it, and holds that they are there.
async fn known_to(host: &Host, asker: &Asker, household: HouseholdId, persons: &[(&str, PersonId)]) -> Answer<()> {
    let (mut known, mut nobody) = (Vec::new(), None);
    for (member, person) in persons {
        match host.store.knows_person(asker.office(), *person).await? {
            true => known.push(*person),
            // The number is not repeated, nor kept: it may be a personal number in the wrong field.
            false => nobody = Some(Problem::invalid(format!("{member}: no person has this number here"))),
        }
    }
    asker.looked_up(host, &known, &[household]).await?;
    known_household(host, asker.office(), household).await?;
    nobody.map_or(Ok(()), Err)
}

fn distinct(households: impl Iterator<Item = HouseholdId>) -> Vec<HouseholdId> {
    Vec::from_iter(households.collect::<BTreeSet<_>>())
}

fn matter_body(household: HouseholdId, matter: &Matter) -> RefundMatter {
    let sum = |all: &[(i64, i64)]| all.iter().map(|(_, yen)| yen).sum();
    RefundMatter {
        household: household.0,
        overpayment: matter.overpayment.number,
        instalment_ja: matter.instalment.to_string(),
        arose_on: matter.overpayment.arose_on.to_string(),
        arisen_yen: matter.arisen,
        undecided_yen: matter.undecided,
        appropriated_yen: sum(&matter.appropriated),
        ordered_yen: sum(&matter.ordered),
        lapsed_yen: matter.lapsed,
        decision: matter.decision.map(|decision| decision.to_string()),
        state: matter.state.word(),
        state_ja: matter.state.ja(),
        closed: matter.state.is_closed(),
    }
}

fn order_body(order: &PaymentOrder, state_ja: Option<&'static str>) -> RefundOrder {
    RefundOrder {
        order: order.number,
        decision: order.decision.to_string(),
        payee_kind: order.payee_kind.word(),
        payee: order.payee.map(|payee| payee.0),
        principal_yen: order.principal.get(),
        interest_yen: order.interest.get(),
        decided_on: order.decided_on.to_string(),
        replaces: order.replaces,
        state_ja,
    }
}

fn reclaims(known: &HouseholdMatters) -> Vec<RefundReclaim> {
    known.reclaims.iter().map(|(receipt, yen)| RefundReclaim { receipt: *receipt, yen: *yen }).collect()
}

fn consent_body(consent: Consent) -> RefundConsent {
    RefundConsent {
        consent: consent.number,
        kind: consent.kind.word(),
        kind_ja: consent.kind.ja(),
        given_on: consent.given_on.to_string(),
        given_by: consent.given_by.0,
        channel_ja: consent.channel.ja(),
        document: consent.document,
        withdrawn_on: consent.withdrawn_on.map(|day| day.to_string()),
    }
}

fn notice_body(notice: &RefundNotice) -> SentNotice {
    SentNotice {
        notice: notice.number,
        decision: notice.decision.to_string(),
        overpayments: notice.overpayments.clone(),
        sent_on: notice.sent_on.to_string(),
        claimed_on: notice.claim.as_ref().map(|(day, _)| day.to_string()),
    }
}

fn heir_body(heir: Heir) -> HeirRow {
    HeirRow {
        declaration: heir.number,
        deceased: heir.deceased.0,
        person: heir.heir.0,
        document: heir.document,
        declared_on: heir.declared_on.to_string(),
    }
}

fn lapse_body(household: HouseholdId, lapsing: Lapsing, yen: i64, bar_on: Option<String>) -> RefundLapse {
    let (overpayment, order) = match lapsing {
        Lapsing::Overpayment(number) => (Some(number), None),
        Lapsing::Order(number) => (None, Some(number)),
    };
    RefundLapse { household: household.0, overpayment, order, what_ja: lapsing.ja(), yen, bar_on, recorded_on: None, reason: None }
}

fn decided_body(decided: service::Decided) -> DecidedRefund {
    let plan = decided.plan.unwrap_or_default();
    let appropriated = |one: service::Appropriation| AppropriatedYen {
        overpayment: one.overpayment,
        to_ja: account_ja(&one.account),
        yen: one.yen.get(),
        effective: one.effective.to_string(),
    };
    DecidedRefund {
        household: decided.household.0,
        decision: decided.decision.to_string(),
        new: decided.new,
        held_ja: decided.held.map(|held| held.ja()),
        appropriations: plan.appropriations.into_iter().map(appropriated).collect(),
        lapsed: plan.lapsed.into_iter().map(|(overpayment, yen)| LapsedYen { overpayment, yen: yen.get() }).collect(),
        orders: decided.orders.iter().map(|order| order_body(order, None)).collect(),
        others: decided.others,
    }
}
