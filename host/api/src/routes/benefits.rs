//! Benefits (給付): what was decided and posted of a household, applications with where each is, whom a month's benefit waits for;
//! and the writing of them.
//!
//! Absent: a month's run and the claims of institutions it rests on (see the claims' own routes); accounts of payees and bank files:
//! an order is released by two people elsewhere. And what somebody was treated for, which nobody here knows.

use crate::cursor::{Page, PageQuery, limit};
use crate::extract::{Json, Last, Params, date, day_until, line};
use crate::guard::Asker;
use crate::problem::{Answer, Problem};
use crate::routes::claims::month;
use crate::state::{Host, Shared};
use axum::extract::State;
use axum::http::StatusCode;
use jorei_domain::benefit::Benefit;
use jorei_domain::id::{HouseholdId, PersonId};
use jorei_domain::record::Kind;
use jorei_domain::slot::Slot;
use jorei_service::benefits::applications::{self as service, Incoming, Standing, slot_of};
use jorei_service::benefits::month::candidates as found_candidates;
use jorei_service::benefits::{self, Held, Posted};
use jorei_store::benefits::{ApplicationEvent, ApplicationEventKind, BenefitDue, Simplified};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use utoipa::{IntoParams, ToSchema};

/// Longest text that says where a paper is, in characters.
const DOCUMENT: usize = 200;
/// Longest reason, in characters.
const REASON: usize = 400;

/// Whom a month's benefit waits for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CandidatesQuery {
    /// The month of treatment, as 2026-05.
    #[param(min_length = 7, max_length = 7)]
    month: String,
    /// The `next` of the page before.
    after: Option<String>,
    /// At most so many, 1 to 500; none: 50.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// What is due for one thing by a posted decision. Whole yen.
#[derive(Serialize, ToSchema)]
pub struct BenefitDueRow {
    /// The word of the benefit.
    benefit: &'static str,
    /// What officials call it.
    benefit_ja: &'static str,
    /// The slot that decided it.
    slot: &'static str,
    /// The date of its case: a month of treatment by its first day, a base date, a day of birth or death.
    on: String,
    /// The application it is due for; none where it is due by the month.
    application: Option<i64>,
    /// The person it is about; none where it is the household's.
    person: Option<i64>,
    /// Due in all.
    due_yen: i64,
    /// Due before, by the decision before.
    before_yen: i64,
    /// The order that pays it (支出命令); none where nothing is paid.
    order: Option<i64>,
    /// The decision.
    decision: String,
}

/// Something that happened to an application.
#[derive(Serialize, ToSchema)]
pub struct BenefitEvent {
    /// completed, returned, withdrawn, notified or set_off_agreed.
    event: &'static str,
    /// What officials call it.
    event_ja: &'static str,
    /// The day.
    on: String,
    /// Why; may be empty.
    reason: String,
}

/// An application with where it is.
#[derive(Serialize, ToSchema)]
pub struct BenefitApplication {
    /// Its number.
    application: i64,
    /// The household.
    household: i64,
    /// The word of the benefit.
    benefit: &'static str,
    /// What officials call it.
    benefit_ja: &'static str,
    /// The slot that decides it.
    slot: &'static str,
    /// The date of its case.
    on: String,
    /// Whom it is about: the person's number here.
    person: i64,
    /// Who applies, and is paid: the person's number here.
    applicant: i64,
    /// The day it came in.
    received_on: String,
    /// Where the paper or message is.
    document: String,
    /// What happened to it, in order.
    events: Vec<BenefitEvent>,
    /// What officials call where it is: 受付, 補正依頼中, 審査中, 決定, 通知済, 支給済, 取下げ.
    state_ja: &'static str,
    /// What is due for it by the last posted decision, in whole yen; none where none was posted.
    due_yen: Option<i64>,
}

/// A registration for the simplified procedure of the high-cost benefit.
#[derive(Serialize, ToSchema)]
pub struct SimplifiedRegistration {
    /// Its number.
    registration: i64,
    /// The head who registered: the person's number here.
    head: i64,
    /// The first day on which it holds.
    from: String,
    /// May arrears be paid first?
    set_off: bool,
    /// Where the paper or message is.
    document: String,
    /// The first day on which it holds no more; none while it holds.
    ended_on: Option<String>,
}

/// Everything of a household's benefits.
#[derive(Serialize, ToSchema)]
pub struct HouseholdBenefits {
    /// The household.
    household: i64,
    /// What is and was due, in the order in which it was posted.
    dues: Vec<BenefitDueRow>,
    /// Its applications, in the order in which they came in.
    applications: Vec<BenefitApplication>,
    /// Registrations for the simplified procedure, those that ended included.
    simplified: Vec<SimplifiedRegistration>,
}

/// A household to which more is due for a month than was posted.
#[derive(Serialize, ToSchema)]
pub struct BenefitCandidate {
    /// The household.
    household: i64,
    /// What is due in all, in whole yen.
    yen: i64,
    /// Does it rest on something unconfirmed? Then nobody is told yet.
    provisional: bool,
    /// From this day on it can no longer be claimed; none where nobody has computed it.
    bar_on: Option<String>,
}

/// An application that came in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiveApplication {
    /// The word of the benefit, as high_cost.
    #[schema(max_length = 40)]
    benefit: String,
    /// The day it is about: of treatment, birth or death, or any day of the period.
    #[schema(example = "2026-05-12")]
    day: String,
    /// Whom it is about, by number (宛名番号).
    #[schema(minimum = 1)]
    person: i64,
    /// Who applies and is paid, by number; none: the person it is about.
    #[schema(minimum = 1)]
    applicant: Option<i64>,
    /// Where the paper or message is, without personal data.
    #[schema(min_length = 1, max_length = 200)]
    document: String,
    /// The day it came in, not after today; none for today.
    on: Option<String>,
    /// What was examined, by kind of fact, as in a case file: {"expenses": {…}}.
    #[serde(default)]
    #[schema(value_type = Object)]
    facts: Map<String, Value>,
}

/// Something that happened to an application.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteEvent {
    /// completed, returned, withdrawn, notified or set_off_agreed.
    #[schema(max_length = 40)]
    event: String,
    /// The day, not after today and not before it came in; none for today.
    on: Option<String>,
    /// Why, in one line without personal data; what is returned or withdrawn needs one.
    #[schema(max_length = 400)]
    reason: Option<String>,
}

/// What to decide.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideBenefit {
    /// classification, high_cost, high_cost_year, combined, hospital, expense or lump_sum.
    #[schema(max_length = 40)]
    slot: String,
    /// The date of the case: the first of a month of treatment, 31 July, or a day of birth or death.
    #[schema(example = "2026-05-01")]
    case: String,
    /// The day the decision counts from (支給決定日), not after today; none for today.
    decided_on: Option<String>,
}

/// What was recorded.
#[derive(Serialize, ToSchema)]
pub struct RecordedApplication {
    /// The household.
    household: i64,
    /// The application's number.
    application: i64,
    /// What officials call where it is now.
    state_ja: &'static str,
}

/// What was posted for one thing. Whole yen.
#[derive(Serialize, ToSchema)]
pub struct PostedBenefit {
    /// The word of the benefit.
    benefit: &'static str,
    /// What officials call it.
    benefit_ja: &'static str,
    /// The application it is due for; none where it is due by the month.
    application: Option<i64>,
    /// Due in all.
    due_yen: i64,
    /// Due before.
    before_yen: i64,
    /// What pays arrears.
    set_off_yen: i64,
    /// What must be given back (返納金).
    reclaimed_yen: i64,
    /// The order that pays out what was not paid.
    order: Option<i64>,
    /// What that order pays.
    order_yen: Option<i64>,
}

/// What came of a case.
#[derive(Serialize, ToSchema)]
pub struct DecidedBenefit {
    /// The household.
    household: i64,
    /// The slot.
    slot: &'static str,
    /// The date of the case.
    on: String,
    /// The decision.
    decision: String,
    /// Was it made now? Otherwise it was there and is still true.
    new: bool,
    /// What is due in cash in all, in whole yen; none where it was refused or failed.
    benefit_yen: Option<i64>,
    /// What was posted now.
    posted: Vec<PostedBenefit>,
    /// Why not all of it was posted, and what to do, in Japanese: each reason once; none where all was.
    held_ja: Vec<String>,
}

/// See everything of a household's benefits: what is due, applications with where each is, the simplified procedure.
#[utoipa::path(get, path = "/v1/offices/{municipality}/households/{household}/benefits", tag = "benefits",
    responses((status = 200, description = "The benefits", body = HouseholdBenefits)))]
pub async fn household(State(host): State<Shared>, asker: Asker, Last(household): Last<i64>) -> Answer<axum::Json<HouseholdBenefits>> {
    let (office, of) = (asker.office(), HouseholdId(household));
    let dues = host.store.benefit_dues_of(office, of).await?;
    let simplified = host.store.simplified_of(office, of).await?;
    let applications = host.store.applications_of(office, of).await?;
    let mut persons: BTreeSet<PersonId> = dues.iter().filter_map(|due| due.key.person).collect();
    persons.extend(simplified.iter().map(|registration| registration.head));
    persons.extend(applications.iter().flat_map(|application| [application.person, application.applicant]));
    asker.looked_up(&host, &Vec::from_iter(persons), &[of]).await?;
    known_household(&host, &asker, of).await?;
    let mut standing = Vec::with_capacity(applications.len());
    for application in applications {
        standing.push(application_body(service::standing(&host.store, office, application.number).await?));
    }
    Ok(axum::Json(HouseholdBenefits {
        household,
        dues: dues.iter().map(due_body).collect(),
        applications: standing,
        simplified: simplified.into_iter().map(simplified_body).collect(),
    }))
}

/// List the applications with where each is.
#[utoipa::path(get, path = "/v1/offices/{municipality}/benefits/applications", tag = "benefits", params(PageQuery),
    responses((status = 200, description = "In the order in which they came in", body = Page<BenefitApplication>)))]
pub async fn applications(
    State(host): State<Shared>,
    asker: Asker,
    Params(page): Params<PageQuery>,
) -> Answer<axum::Json<Page<BenefitApplication>>> {
    let (office, limit) = (asker.office(), page.limit()?);
    let found = host.store.applications(office, page.number()?.unwrap_or(0), limit + 1).await?;
    let part = Page::of(found, limit, |application| application.number.to_string());
    let persons: BTreeSet<PersonId> = part.items.iter().flat_map(|application| [application.person, application.applicant]).collect();
    let households: BTreeSet<HouseholdId> = part.items.iter().map(|application| application.household).collect();
    asker.looked_up(&host, &Vec::from_iter(persons), &Vec::from_iter(households)).await?;
    let mut items = Vec::with_capacity(part.items.len());
    for application in part.items {
        items.push(application_body(service::standing(&host.store, office, application.number).await?));
    }
    Ok(axum::Json(Page { items, next: part.next }))
}

/// List the households to which more is due for a month of treatment than was posted (勧奨の対象).
#[utoipa::path(get, path = "/v1/offices/{municipality}/benefits/candidates", tag = "benefits", params(CandidatesQuery),
    responses((status = 200, description = "In the order of households", body = Page<BenefitCandidate>)))]
pub async fn candidates(
    State(host): State<Shared>,
    asker: Asker,
    Params(query): Params<CandidatesQuery>,
) -> Answer<axum::Json<Page<BenefitCandidate>>> {
    let part = PageQuery { after: query.after, limit: query.limit };
    let (after, limit, month) = (part.number()?.unwrap_or(0), limit(query.limit)?, month("month", &query.month)?);
    let mut found = found_candidates(&host.store, asker.office(), month).await?;
    found.retain(|one| one.household.0 > after);
    found.sort_by_key(|one| one.household);
    let page = Page::of(found, limit, |one| one.household.0.to_string());
    asker.looked_up(&host, &[], &page.items.iter().map(|one| one.household).collect::<Vec<_>>()).await?;
    let body = |one: jorei_service::benefits::month::Candidate| BenefitCandidate {
        household: one.household.0,
        yen: one.yen,
        provisional: one.provisional,
        bar_on: one.bar_on.map(|day| day.to_string()),
    };
    Ok(axum::Json(Page { items: page.items.into_iter().map(body).collect(), next: page.next }))
}

/// Record an application that came in (受付). The same one again is the same.
#[utoipa::path(post, path = "/v1/offices/{municipality}/households/{household}/benefits/applications", tag = "benefits",
    request_body = ReceiveApplication, responses((status = 201, description = "It is recorded", body = RecordedApplication)))]
pub async fn receive(
    State(host): State<Shared>,
    asker: Asker,
    Last(household): Last<i64>,
    Json(body): Json<ReceiveApplication>,
) -> Answer<(StatusCode, axum::Json<RecordedApplication>)> {
    let applied_for = || Benefit::ALL.iter().copied().filter(|benefit| slot_of(*benefit).is_some());
    let benefit = applied_for().find(|benefit| benefit.word() == body.benefit);
    let words = || applied_for().map(Benefit::word).collect::<Vec<_>>().join(", ");
    let benefit = benefit.ok_or_else(|| Problem::invalid(format!("benefit: one of {}", words())))?;
    let mut facts = Vec::new();
    for (name, stated) in body.facts {
        // The name is not repeated: it may be anything.
        let kind = Kind::named(&name).ok_or_else(|| Problem::invalid("facts: a member is no kind of fact that an application states"))?;
        facts.push((kind, stated));
    }
    let (person, applicant) = (PersonId(body.person), PersonId(body.applicant.unwrap_or(body.person)));
    let incoming = Incoming {
        benefit,
        day: date("day", &body.day)?,
        household: HouseholdId(household),
        person,
        applicant,
        received_on: day_until("on", body.on.as_deref(), asker.moment.now.today)?,
        document: line("document", &body.document, DOCUMENT)?,
        facts,
    };
    known_to(&host, &asker, incoming.household, &[("person", person), ("applicant", applicant)]).await?;
    let number = service::receive(&host.store, asker.office(), &incoming, &asker.stamp()).await?;
    recorded(&host, &asker, number).await
}

/// Record that something happened to an application.
#[utoipa::path(post, path = "/v1/offices/{municipality}/benefits/applications/{application}/events", tag = "benefits",
    request_body = NoteEvent, responses((status = 201, description = "It is recorded", body = RecordedApplication)))]
pub async fn note(
    State(host): State<Shared>,
    asker: Asker,
    Last(number): Last<i64>,
    Json(body): Json<NoteEvent>,
) -> Answer<(StatusCode, axum::Json<RecordedApplication>)> {
    let event = ApplicationEventKind::named(&body.event);
    let words = || ApplicationEventKind::ALL.iter().map(|event| event.word()).collect::<Vec<_>>().join(", ");
    let event = event.ok_or_else(|| Problem::invalid(format!("event: one of {}", words())))?;
    let on = day_until("on", body.on.as_deref(), asker.moment.now.today)?;
    let reason = body.reason.as_deref().filter(|reason| !reason.trim().is_empty());
    let reason = reason.map(|reason| line("reason", reason, REASON)).transpose()?.unwrap_or_default();
    let Some(application) = host.store.application(asker.office(), number).await? else {
        asker.looked_up(&host, &[], &[]).await?;
        return Err(Problem::not_found("no application of this office has this number"));
    };
    asker.looked_up(&host, &distinct([application.person, application.applicant]), &[application.household]).await?;
    service::note(&host.store, asker.office(), number, &ApplicationEvent { event, on, reason }, &asker.stamp()).await?;
    recorded(&host, &asker, number).await
}

/// Decide a case of a household under the rule in force, and post the difference.
///
/// A case decided twice is decided the same. What is held is not posted, and the answer says why.
#[utoipa::path(post, path = "/v1/offices/{municipality}/households/{household}/benefits/decisions", tag = "benefits",
    request_body = DecideBenefit, responses((status = 201, description = "It is decided, or held", body = DecidedBenefit)))]
pub async fn decide(
    State(host): State<Shared>,
    asker: Asker,
    Last(household): Last<i64>,
    Json(body): Json<DecideBenefit>,
) -> Answer<(StatusCode, axum::Json<DecidedBenefit>)> {
    let known = || std::iter::once(Slot::Classification).chain(Slot::BENEFITS);
    let slot = known().find(|slot| slot.word() == body.slot);
    let words = || known().map(Slot::word).collect::<Vec<_>>().join(", ");
    let slot = slot.ok_or_else(|| Problem::invalid(format!("slot: one of {}", words())))?;
    let (of, on) = (HouseholdId(household), date("case", &body.case)?);
    let decided_on = day_until("decided_on", body.decided_on.as_deref(), asker.moment.now.today)?;
    asker.looked_up(&host, &[], &[of]).await?;
    known_household(&host, &asker, of).await?;
    let decided = benefits::decide(&host.store, &host.shelf, asker.office(), slot, of, on, decided_on, &asker.stamp()).await?;
    let body = DecidedBenefit {
        household,
        slot: slot.word(),
        on: on.to_string(),
        decision: decided.decision.to_string(),
        new: decided.new,
        benefit_yen: decided.benefit_yen,
        posted: decided.posted.iter().map(posted_body).collect(),
        held_ja: decided.held.iter().map(Held::ja).collect(),
    };
    Ok((StatusCode::CREATED, axum::Json(body)))
}

fn distinct(persons: impl IntoIterator<Item = PersonId>) -> Vec<PersonId> {
    Vec::from_iter(persons.into_iter().collect::<BTreeSet<_>>())
}

async fn recorded(host: &Host, asker: &Asker, number: i64) -> Answer<(StatusCode, axum::Json<RecordedApplication>)> {
    let known = service::standing(&host.store, asker.office(), number).await?;
    let household = known.application.household.0;
    Ok((StatusCode::CREATED, axum::Json(RecordedApplication { household, application: number, state_ja: known.state.ja() })))
}

async fn known_household(host: &Host, asker: &Asker, household: HouseholdId) -> Answer<()> {
    match host.store.knows_household(asker.office(), household).await? {
        true => Ok(()),
        false => Err(Problem::not_found("no household has this number here")),
    }
}

/// Records the look-up of a household and of persons that are named with it, and holds that they are there.
async fn known_to(host: &Host, asker: &Asker, household: HouseholdId, persons: &[(&str, PersonId)]) -> Answer<()> {
    let (mut known, mut nobody) = (BTreeSet::new(), None);
    for (member, person) in persons {
        match host.store.knows_person(asker.office(), *person).await? {
            true => _ = known.insert(*person),
            // The number is not repeated, nor kept: it may be a personal number in the wrong field.
            false => nobody = Some(Problem::invalid(format!("{member}: no person has this number here"))),
        }
    }
    asker.looked_up(host, &Vec::from_iter(known), &[household]).await?;
    known_household(host, asker, household).await?;
    nobody.map_or(Ok(()), Err)
}

fn due_body(due: &BenefitDue) -> BenefitDueRow {
    BenefitDueRow {
        benefit: due.key.benefit.word(),
        benefit_ja: due.key.benefit.ja(),
        slot: due.slot.word(),
        on: due.on.to_string(),
        application: due.key.number,
        person: due.key.person.map(|person| person.0),
        due_yen: due.due_yen,
        before_yen: due.before_yen,
        order: due.order,
        decision: due.decision.to_string(),
    }
}

fn application_body(known: Standing) -> BenefitApplication {
    let event = |event: &ApplicationEvent| BenefitEvent {
        event: event.event.word(),
        event_ja: event.event.ja(),
        on: event.on.to_string(),
        reason: event.reason.clone(),
    };
    let application = known.application;
    BenefitApplication {
        application: application.number,
        household: application.household.0,
        benefit: application.benefit.word(),
        benefit_ja: application.benefit.ja(),
        slot: application.slot.word(),
        on: application.on.to_string(),
        person: application.person.0,
        applicant: application.applicant.0,
        received_on: application.received_on.to_string(),
        document: application.document,
        events: known.events.iter().map(event).collect(),
        state_ja: known.state.ja(),
        due_yen: known.due.map(|due| due.due_yen),
    }
}

fn simplified_body(registration: Simplified) -> SimplifiedRegistration {
    SimplifiedRegistration {
        registration: registration.number,
        head: registration.head.0,
        from: registration.from.to_string(),
        set_off: registration.set_off,
        document: registration.document,
        ended_on: registration.ended_on.map(|day| day.to_string()),
    }
}

fn posted_body(posted: &Posted) -> PostedBenefit {
    PostedBenefit {
        benefit: posted.key.benefit.word(),
        benefit_ja: posted.key.benefit.ja(),
        application: posted.key.number,
        due_yen: posted.due_yen,
        before_yen: posted.before_yen,
        set_off_yen: posted.set_off_yen,
        reclaimed_yen: posted.reclaimed_yen,
        order: posted.order.map(|(order, _)| order),
        order_yen: posted.order.map(|(_, yen)| yen),
    }
}
