//! Arrears (滞納): what is owed and what it costs to pay late, what was done about it, and what can no longer be collected.
//!
//! Every answer about a household is a look-up. Absent: the file for the printer of demand notices, which has names and
//! addresses in it and is made on the machine (`jorei arrears demand`).

use crate::cursor::{Page, PageQuery};
use crate::extract::{Json, Last, Params, date, day_until, instalment, line};
use crate::guard::Asker;
use crate::problem::{Answer, Code, Problem};
use crate::routes::acts::{Prepared, keep};
use crate::state::{Host, Shared};
use axum::extract::State;
use axum::http::StatusCode;
use jorei_domain::act::WRITE_OFF_GROUNDS;
use jorei_domain::calendar::Date;
use jorei_domain::id::{HouseholdId, Municipality, PersonId};
use jorei_domain::ledger::Instalment;
use jorei_domain::money::Yen;
use jorei_domain::record::{COLLECTIONS, GRACES};
use jorei_service::addressee::Addressee;
use jorei_service::arrears::write_off::{ground, propose_write_off};
use jorei_service::arrears::{self as service, Arrears, ArrearsError, Charge, Demand, Lapsing, Standing, steps_shown};
use jorei_store::arrears::{ArrearsEvent, Step};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::{IntoParams, ToSchema};

/// Longest reason of a step, in characters.
const REASON: usize = 400;
/// Largest demand fee for an instalment, in yen.
const FEE_MAX: i64 = 10_000;
/// Most instalments or promised payments of a step.
const ITEMS_MAX: usize = 200;
/// Most months that the list of what lapses looks ahead.
const MONTHS_MAX: u32 = 120;
/// Months where nothing is said.
const MONTHS: u32 = 6;

/// Which part of the list, as of which day.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ArrearsQuery {
    /// As of this day, not after today; none for today.
    on: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Looks at so many households, 1 to 500; none: 50.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// As of which day.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AsOfQuery {
    /// As of this day (計算日), not after today; none for today.
    on: Option<String>,
}

/// How far ahead.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LapsingQuery {
    /// From this day, not after today; none for today.
    on: Option<String>,
    /// Within so many months; none for 6.
    #[param(maximum = 120)]
    months: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Looks at so many households, 1 to 500; none: 50.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// Which demand notices.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DemandsQuery {
    /// The day they are sent (発付日), not after today; none for today.
    on: Option<String>,
    /// The demand fee for each instalment in yen, as the ordinance has it; none for 0.
    #[param(minimum = 0, maximum = 10000)]
    fee_yen: Option<i64>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Looks at so many households, 1 to 500; none: 50.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// A household with something past due, a charge or a fee. Whole yen.
#[derive(Serialize, ToSchema)]
pub struct ArrearsRow {
    /// The household.
    household: i64,
    /// Instalments that are past due and open.
    overdue: usize,
    /// What is open of them.
    open_yen: i64,
    /// What is open of charges (延滞金).
    charge_open_yen: i64,
    /// What is open of demand fees (督促手数料).
    fee_open_yen: i64,
    /// The oldest due date of those that are open.
    oldest_due: Option<String>,
}

/// An instalment, by what tells it apart and what officials call it.
#[derive(Serialize, ToSchema)]
pub struct InstalmentBody {
    /// Fiscal year.
    year: i32,
    /// ordinary_collection or pension_deduction.
    collection: &'static str,
    /// Its number.
    number: u16,
    /// What officials call it.
    instalment_ja: String,
}

/// How an instalment stands. Whole yen.
#[derive(Serialize, ToSchema)]
pub struct ArrearsInstalment {
    /// Which.
    #[serde(flatten)]
    instalment: InstalmentBody,
    /// When it is or was due (納期限).
    due: String,
    /// What it is assessed at.
    billed_yen: i64,
    /// What is open of it on the day.
    open_yen: i64,
    /// The charge that was fixed.
    charge_levied_yen: i64,
    /// What is open of it.
    charge_open_yen: i64,
    /// What is open of its demand fee.
    fee_open_yen: i64,
    /// What was given up of it.
    written_off_yen: i64,
    /// The charge on the day as the rule in force says; none where it says nothing of it.
    charge_yen: Option<i64>,
    /// The last day for its demand notice.
    demand_by: Option<String>,
    /// Is a demand notice due?
    demand_due: bool,
    /// The first day on which it must be seized for.
    seizable_from: Option<String>,
}

/// A household's arrears.
#[derive(Serialize, ToSchema)]
pub struct HouseholdArrears {
    /// The household.
    household: i64,
    /// As of this day.
    on: String,
    /// Every instalment that was ever levied, the longest due first.
    instalments: Vec<ArrearsInstalment>,
    /// What was done, a line for each step, in Japanese; each begins with its number.
    steps_ja: Vec<String>,
    /// Why no charge can be told; none where it can.
    charges_missing: Option<String>,
}

/// On which day to decide.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideCharges {
    /// The day of the case (計算日), not after today; none for today.
    #[schema(example = "2025-10-01")]
    on: Option<String>,
}

/// What came of deciding a household's charges.
#[derive(Serialize, ToSchema)]
pub struct DecidedCharges {
    /// The household.
    household: i64,
    /// The decision.
    decision: String,
    /// Was it made now? Otherwise it was there and is still true.
    new: bool,
    /// decided, provisional, refused or failed.
    status: &'static str,
    /// The postings that were written.
    posted: Vec<String>,
    /// What was not posted although it was decided, in Japanese.
    withheld_ja: Vec<String>,
}

/// A demand notice (督促状) to send. Names and addresses are not in it.
#[derive(Serialize, ToSchema)]
pub struct DemandRow {
    /// The household.
    household: i64,
    /// living, heirs, or clerk: somebody must find out first, and it cannot be sent.
    to: &'static str,
    /// Whose notice it is.
    person: Option<i64>,
    /// Has the head at the due date died? Then whoever is addressed is the next one.
    new_head: bool,
    /// The instalments, the longest due first.
    instalments: Vec<DemandedInstalment>,
    /// Does the charge rest on something that is not confirmed? Then it is not printed.
    provisional: bool,
}

/// An instalment that is demanded. Whole yen.
#[derive(Serialize, ToSchema)]
pub struct DemandedInstalment {
    /// Which.
    #[serde(flatten)]
    instalment: InstalmentBody,
    /// When it was due.
    due: String,
    /// What is open of it.
    open_yen: i64,
    /// The charge until the day.
    charge_yen: i64,
}

/// Demand notices of some households.
#[derive(Serialize, ToSchema)]
pub struct DemandsPage {
    /// To send.
    items: Vec<DemandRow>,
    /// Households that owe something and of which the rule said nothing.
    unanswered: Vec<i64>,
    /// Give this as `after` for the next part; none: there is no more.
    next: Option<String>,
}

/// A demand notice that was sent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordDemand {
    /// The day it was sent (発付日), not after today; none for today.
    on: Option<String>,
    /// The demand fee for each instalment in yen, as the ordinance has it.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 10000)]
    fee_yen: i64,
}

/// A step about arrears.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordStep {
    /// granted, promised, returned, revoked, broken, seized, released, suspended, resumed or restarted.
    #[schema(max_length = 20)]
    step: String,
    /// The day it counts from, not after today; none for today.
    on: Option<String>,
    /// The instalments it is about; none: all that are past due and open.
    #[serde(default)]
    #[schema(max_items = 200)]
    instalments: Vec<InstalmentOf>,
    /// Of a grace: waiver, collection_grace or conversion_grace.
    #[schema(max_length = 20)]
    grace: Option<String>,
    /// First day of a grace, or the day from which one runs no more.
    from: Option<String>,
    /// First day after a grace.
    until: Option<String>,
    /// The number of the step that it follows or takes back.
    of: Option<i64>,
    /// Of a promise: how much by which day, in the order of the days.
    #[serde(default)]
    #[schema(max_items = 200)]
    payments: Vec<PromisedPayment>,
    /// Why, in one line without personal data: it is kept for ever.
    #[schema(min_length = 1, max_length = 400)]
    reason: String,
}

/// An instalment of the household.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InstalmentOf {
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

/// A payment that was promised.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PromisedPayment {
    /// By this day.
    by: String,
    /// How much, in whole yen.
    #[schema(minimum = 1)]
    yen: i64,
}

/// What was recorded.
#[derive(Serialize, ToSchema)]
pub struct RecordedSteps {
    /// The household.
    household: i64,
    /// How many steps.
    recorded: usize,
}

/// What is given up (不納欠損).
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GiveUp {
    /// time_bar, suspended_three_years or extinguished_at_once.
    #[schema(max_length = 40)]
    ground: String,
    /// The instalments; none: all for which the ground holds.
    #[serde(default)]
    #[schema(max_items = 200)]
    instalments: Vec<InstalmentOf>,
    /// The day, not after today; none for today.
    on: Option<String>,
    /// Why, in one line without personal data: it is kept for ever.
    #[schema(min_length = 1, max_length = 400)]
    reason: String,
}

/// What can soon be collected no more, or no longer can. Whole yen.
#[derive(Serialize, ToSchema)]
pub struct LapsingRow {
    /// The household.
    household: i64,
    /// Which.
    #[serde(flatten)]
    instalment: InstalmentBody,
    /// When it was due.
    due: String,
    /// What is open of it.
    open_yen: i64,
    /// What is open of its charge and its fee.
    beside_yen: i64,
    /// Since what its time bar runs, for officials.
    began_ja: &'static str,
    /// The day of that.
    began_on: String,
    /// The first day on which it cannot be collected; none while a seizure holds it.
    lapses_on: Option<String>,
    /// The ground on which it can be given up on the day; none where there is none yet.
    ground: Option<&'static str>,
}

/// List the households with something past due and open, a charge or a fee.
#[utoipa::path(get, path = "/v1/offices/{municipality}/arrears", tag = "arrears", params(ArrearsQuery),
    responses((status = 200, description = "In the order of households", body = Page<ArrearsRow>)))]
pub async fn list(State(host): State<Shared>, asker: Asker, Params(query): Params<ArrearsQuery>) -> Answer<axum::Json<Page<ArrearsRow>>> {
    let (office, on) = (asker.office(), day_until("on", query.on.as_deref(), asker.moment.now.today)?);
    let part = PageQuery { after: query.after, limit: query.limit };
    let (after, limit) = (part.number()?.map(HouseholdId), part.limit()?);
    let households = host.store.households_in_arrears(office, after, limit + 1).await?;
    let page = Page::of(households, limit, |of: &HouseholdId| of.0.to_string());
    let mut items = Vec::new();
    for id in page.items {
        let row = row(&service::household(&host.store, office, id).await?, on);
        items.extend((row.open_yen + row.charge_open_yen + row.fee_open_yen > 0).then_some(row));
    }
    let shown: Vec<HouseholdId> = items.iter().map(|row| HouseholdId(row.household)).collect();
    asker.looked_up(&host, &[], &shown).await?;
    Ok(axum::Json(Page { items, next: page.next }))
}

/// List what lapses within some months, and what has lapsed and still stands in the ledger.
#[utoipa::path(get, path = "/v1/offices/{municipality}/arrears/lapsing", tag = "arrears", params(LapsingQuery),
    responses((status = 200, description = "In the order of households", body = Page<LapsingRow>)))]
pub async fn lapsing(
    State(host): State<Shared>,
    asker: Asker,
    Params(query): Params<LapsingQuery>,
) -> Answer<axum::Json<Page<LapsingRow>>> {
    let (office, on) = (asker.office(), day_until("on", query.on.as_deref(), asker.moment.now.today)?);
    let months = query.months.unwrap_or(MONTHS);
    if months > MONTHS_MAX {
        return Err(Problem::invalid(format!("months: at most {MONTHS_MAX}")));
    }
    let part = PageQuery { after: query.after, limit: query.limit };
    let (after, limit) = (part.number()?.map(HouseholdId), part.limit()?);
    let (found, next) = service::lapsing(&host.store, office, on, months, after, limit).await?;
    let households: BTreeSet<HouseholdId> = found.iter().map(|item| item.household).collect();
    asker.looked_up(&host, &[], &Vec::from_iter(households)).await?;
    let items = found.iter().map(|item| lapsing_body(item, on)).collect();
    Ok(axum::Json(Page { items, next: next.map(|next| next.0.to_string()) }))
}

/// See how a household's instalments stand, with charges as of a day and what was done.
#[utoipa::path(get, path = "/v1/offices/{municipality}/households/{household}/arrears", tag = "arrears", params(AsOfQuery),
    responses((status = 200, description = "The arrears", body = HouseholdArrears)))]
pub async fn household(
    State(host): State<Shared>,
    asker: Asker,
    Last(household): Last<i64>,
    Params(query): Params<AsOfQuery>,
) -> Answer<axum::Json<HouseholdArrears>> {
    let (office, of) = (asker.office(), HouseholdId(household));
    let on = day_until("on", query.on.as_deref(), asker.moment.now.today)?;
    asker.looked_up(&host, &[], &[of]).await?;
    known_household(&host, office, of).await?;
    let arrears = service::household(&host.store, office, of).await?;
    let (charges, charges_missing) = match service::ask(&host.store, &host.shelf, office, &arrears, on).await {
        Ok(told) => (told.map(|(_, charges)| charges).unwrap_or_default(), None),
        Err(ArrearsError::Revision(error)) => (Vec::new(), Some(Problem::from(error).detail)),
        Err(error) => return Err(error.into()),
    };
    Ok(axum::Json(HouseholdArrears {
        household,
        on: on.to_string(),
        instalments: arrears.standings.iter().map(|standing| standing_body(standing, &charges, on)).collect(),
        steps_ja: steps_shown(&arrears, on),
        charges_missing,
    }))
}

/// Decide the charges of a household under the rule in force, and post those that are fixed because the principal is paid.
#[utoipa::path(post, path = "/v1/offices/{municipality}/households/{household}/arrears/decisions", tag = "arrears",
    request_body = DecideCharges, responses((status = 201, description = "It is decided", body = DecidedCharges)))]
pub async fn decide(
    State(host): State<Shared>,
    asker: Asker,
    Last(household): Last<i64>,
    Json(body): Json<DecideCharges>,
) -> Answer<(StatusCode, axum::Json<DecidedCharges>)> {
    let (office, of, now) = (asker.office(), HouseholdId(household), &asker.moment.now);
    let on = day_until("on", body.on.as_deref(), now.today)?;
    asker.looked_up(&host, &[], &[of]).await?;
    known_household(&host, office, of).await?;
    let decided = service::decide(&host.store, &host.shelf, office, of, on, now, &asker.caller.account).await?;
    let body = DecidedCharges {
        household,
        decision: decided.decision.to_string(),
        new: decided.new,
        status: decided.outcome.word(),
        posted: decided.posted.iter().map(ToString::to_string).collect(),
        withheld_ja: decided.withheld,
    };
    Ok((StatusCode::CREATED, axum::Json(body)))
}

/// List the demand notices that are due, by the rule in force.
///
/// Names and addresses are not in it; `jorei arrears demand` makes the printer's file on the machine.
#[utoipa::path(get, path = "/v1/offices/{municipality}/arrears/demands", tag = "arrears", params(DemandsQuery),
    responses((status = 200, description = "In the order of households", body = DemandsPage)))]
pub async fn demands(State(host): State<Shared>, asker: Asker, Params(query): Params<DemandsQuery>) -> Answer<axum::Json<DemandsPage>> {
    let on = day_until("on", query.on.as_deref(), asker.moment.now.today)?;
    let part = PageQuery { after: query.after, limit: query.limit };
    let (after, limit, fee) = (part.number()?.map(HouseholdId), part.limit()?, fee(query.fee_yen.unwrap_or(0))?);
    let page = service::demands(&host.store, &host.shelf, asker.office(), on, fee, after, limit).await?;
    let items: Vec<DemandRow> = page.demands.iter().map(demand_body).collect();
    let persons: BTreeSet<PersonId> = items.iter().filter_map(|row| row.person).map(PersonId).collect();
    let mut households: BTreeSet<HouseholdId> = page.demands.iter().map(|demand| demand.household).collect();
    households.extend(page.unanswered.iter().map(|(household, _)| *household));
    asker.looked_up(&host, &Vec::from_iter(persons), &Vec::from_iter(households)).await?;
    let unanswered = page.unanswered.iter().map(|(household, _)| household.0).collect();
    Ok(axum::Json(DemandsPage { items, unanswered, next: page.next.map(|next| next.0.to_string()) }))
}

/// Record that a household's demand notice was sent, with its fees.
#[utoipa::path(post, path = "/v1/offices/{municipality}/households/{household}/arrears/demands", tag = "arrears",
    request_body = RecordDemand, responses((status = 201, description = "It is recorded", body = RecordedSteps)))]
pub async fn record_demand(
    State(host): State<Shared>,
    asker: Asker,
    Last(household): Last<i64>,
    Json(body): Json<RecordDemand>,
) -> Answer<(StatusCode, axum::Json<RecordedSteps>)> {
    let (office, of, now) = (asker.office(), HouseholdId(household), &asker.moment.now);
    let (on, fee) = (day_until("on", body.on.as_deref(), now.today)?, fee(body.fee_yen)?);
    asker.looked_up(&host, &[], &[of]).await?;
    known_household(&host, office, of).await?;
    let before = Some(HouseholdId(household.saturating_sub(1)));
    let page = service::demands(&host.store, &host.shelf, office, on, fee, before, 1).await?;
    let due: Vec<Demand> = page.demands.into_iter().filter(|demand| demand.household == of).collect();
    let recorded = service::record_demands(&host.store, office, &due, on, now, &asker.caller.account).await?;
    if recorded == 0 {
        let text = "no demand notice of this household is due that can be addressed; GET …/arrears tells how its instalments stand";
        return Err(Problem::new(Code::NotAllowedNow, text));
    }
    Ok((StatusCode::CREATED, axum::Json(RecordedSteps { household, recorded })))
}

/// Record a grace, a promise, a seizure or another step, or take one back.
#[utoipa::path(post, path = "/v1/offices/{municipality}/households/{household}/arrears/steps", tag = "arrears",
    request_body = RecordStep, responses((status = 201, description = "It is recorded", body = RecordedSteps)))]
pub async fn record_step(
    State(host): State<Shared>,
    asker: Asker,
    Last(household): Last<i64>,
    Json(body): Json<RecordStep>,
) -> Answer<(StatusCode, axum::Json<RecordedSteps>)> {
    let (office, of, now) = (asker.office(), HouseholdId(household), &asker.moment.now);
    let known = Step::ALL.into_iter().filter(|step| *step != Step::Demanded);
    let step = known.clone().find(|step| step.word() == body.step);
    let words = || known.map(Step::word).collect::<Vec<_>>().join(", ");
    let step = step.ok_or_else(|| Problem::invalid(format!("step: one of {}", words())))?;
    let on = day_until("on", body.on.as_deref(), now.today)?;
    let grace = body.grace.as_deref().map(grace).transpose()?;
    let day = |member: &str, text: &Option<String>| text.as_deref().map(|text| date(member, text)).transpose();
    let (from, until) = (day("from", &body.from)?, day("until", &body.until)?);
    let reason = line("reason", &body.reason, REASON)?;
    let named = instalments(&body.instalments)?;
    let payments = payments(&body.payments)?;
    asker.looked_up(&host, &[], &[of]).await?;
    known_household(&host, office, of).await?;
    let named = match named.is_empty() {
        true => overdue(&service::household(&host.store, office, of).await?, now.today).map(|standing| standing.instalment).collect(),
        false => named,
    };
    let event = ArrearsEvent { from, until, grace, of: body.of, payments, ..ArrearsEvent::of(of, step, on, named, &reason) };
    let numbers = host.store.record_arrears(office, &[event], now.today, &asker.stamp()).await?;
    Ok((StatusCode::CREATED, axum::Json(RecordedSteps { household, recorded: numbers.len() })))
}

/// Prepare that what can no longer be collected is given up (不納欠損).
///
/// It is posted once another person has signed, as far as it is still open then.
#[utoipa::path(post, path = "/v1/offices/{municipality}/households/{household}/arrears/write-off", tag = "arrears",
    request_body = GiveUp, responses((status = 201, description = "The act as it will be signed", body = Prepared)))]
pub async fn write_off(
    State(host): State<Shared>,
    asker: Asker,
    Last(household): Last<i64>,
    Json(body): Json<GiveUp>,
) -> Answer<(StatusCode, axum::Json<Prepared>)> {
    let (office, of) = (asker.office(), HouseholdId(household));
    let on = day_until("on", body.on.as_deref(), asker.moment.now.today)?;
    let reason = line("reason", &body.reason, REASON)?;
    let named = instalments(&body.instalments)?;
    if !WRITE_OFF_GROUNDS.contains(&body.ground.as_str()) {
        return Err(Problem::invalid(format!("ground: one of {}", WRITE_OFF_GROUNDS.join(", "))));
    }
    asker.looked_up(&host, &[], &[of]).await?;
    known_household(&host, office, of).await?;
    let proposal = propose_write_off(&host.store, office, of, &named, &body.ground, on, &reason).await?;
    keep(&host, &asker, proposal, None).await
}

async fn known_household(host: &Host, office: Municipality, household: HouseholdId) -> Answer<()> {
    match host.store.knows_household(office, household).await? {
        true => Ok(()),
        false => Err(Problem::not_found("no household has this number here")),
    }
}

fn overdue(arrears: &Arrears, on: Date) -> impl Iterator<Item = &Standing> {
    arrears.standings.iter().filter(move |standing| standing.due < on && standing.open_on(on) > 0)
}

fn fee(yen: i64) -> Answer<Yen> {
    let fee = Yen::checked(yen).ok().filter(|fee| (0..=FEE_MAX).contains(&fee.get()));
    fee.ok_or_else(|| Problem::invalid(format!("fee_yen: 0 to {FEE_MAX}")))
}

fn grace(word: &str) -> Answer<u8> {
    let place = GRACES.iter().position(|known| *known == word).and_then(|place| u8::try_from(place).ok());
    place.ok_or_else(|| Problem::invalid(format!("grace: one of {}", GRACES.join(", "))))
}

fn instalments(named: &[InstalmentOf]) -> Answer<Vec<Instalment>> {
    if named.len() > ITEMS_MAX {
        return Err(Problem::invalid(format!("instalments: at most {ITEMS_MAX}")));
    }
    named.iter().map(|of| instalment(of.year, of.collection.as_deref(), of.number)).collect()
}

fn payments(promised: &[PromisedPayment]) -> Answer<Vec<(Date, Yen)>> {
    if promised.len() > ITEMS_MAX {
        return Err(Problem::invalid(format!("payments: at most {ITEMS_MAX}")));
    }
    let payment = |one: &PromisedPayment| {
        let yen = Yen::checked(one.yen).map_err(|_| Problem::invalid("payments.yen: more than any amount here"))?;
        Ok((date("payments.by", &one.by)?, yen))
    };
    promised.iter().map(payment).collect()
}

fn row(arrears: &Arrears, on: Date) -> ArrearsRow {
    ArrearsRow {
        household: arrears.household.0,
        overdue: overdue(arrears, on).count(),
        open_yen: overdue(arrears, on).map(|standing| standing.open_on(on)).sum(),
        charge_open_yen: arrears.standings.iter().map(|standing| standing.charge_open_yen).sum(),
        fee_open_yen: arrears.standings.iter().map(|standing| standing.fee_open_yen).sum(),
        oldest_due: overdue(arrears, on).map(|standing| standing.due.to_string()).next(),
    }
}

fn instalment_body(instalment: Instalment) -> InstalmentBody {
    InstalmentBody {
        year: instalment.year,
        collection: COLLECTIONS.get(usize::from(instalment.collection)).copied().unwrap_or_default(),
        number: instalment.number,
        instalment_ja: instalment.to_string(),
    }
}

fn standing_body(standing: &Standing, charges: &[Charge], on: Date) -> ArrearsInstalment {
    let charge = charges.iter().find(|charge| charge.instalment == standing.instalment);
    ArrearsInstalment {
        instalment: instalment_body(standing.instalment),
        due: standing.due.to_string(),
        billed_yen: standing.billed_yen,
        open_yen: standing.open_on(on),
        charge_levied_yen: standing.charge_levied_yen,
        charge_open_yen: standing.charge_open_yen,
        fee_open_yen: standing.fee_open_yen,
        written_off_yen: standing.written_off_yen(),
        charge_yen: charge.map(|charge| charge.charge_yen),
        demand_by: charge.and_then(|charge| charge.demand_by).map(|day| day.to_string()),
        demand_due: charge.is_some_and(|charge| charge.demand_due),
        seizable_from: charge.and_then(|charge| charge.seizable_from).map(|day| day.to_string()),
    }
}

fn demand_body(demand: &Demand) -> DemandRow {
    let (to, person) = match &demand.addressee {
        Addressee::Living(recipient) => ("living", Some(recipient.about.0)),
        Addressee::Heirs(recipient) => ("heirs", Some(recipient.about.0)),
        Addressee::Clerk(_) => ("clerk", None),
    };
    let demanded = |charge: &Charge| DemandedInstalment {
        instalment: instalment_body(charge.instalment),
        due: charge.due.to_string(),
        open_yen: charge.open_yen,
        charge_yen: charge.charge_yen,
    };
    DemandRow {
        household: demand.household.0,
        to,
        person,
        new_head: demand.new_head,
        instalments: demand.instalments.iter().map(demanded).collect(),
        provisional: demand.provisional,
    }
}

fn lapsing_body(item: &Lapsing, on: Date) -> LapsingRow {
    LapsingRow {
        household: item.household.0,
        instalment: instalment_body(item.instalment),
        due: item.due.to_string(),
        open_yen: item.open_yen,
        beside_yen: item.beside_yen,
        began_ja: item.bar.began.ja(),
        began_on: item.bar.began_on.to_string(),
        lapses_on: item.lapses_on().map(|day| day.to_string()),
        ground: ground(item, on),
    }
}
