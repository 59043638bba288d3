//! The year of a household over all slots: its decisions, exemptions and instalments, and to whom its notices go.
//!
//! Every answer here is a look-up. Absent: deciding anything, and sending a notice.

use crate::extract::{Last, Params, date, fiscal_year};
use crate::guard::Asker;
use crate::problem::{Answer, Problem};
use crate::routes::decisions::YearQuery;
use crate::state::{Host, Shared};
use axum::extract::State;
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::id::{HouseholdId, Municipality, PersonId};
use jorei_domain::record::Kind;
use jorei_domain::slot::Slot;
use jorei_service::addressee::{Addressee as To, of_household};
use jorei_service::billing::{rows_shown, table};
use jorei_service::exemptions::{Provision, resolve};
use jorei_service::people::{Shown, Viewer, person};
use jorei_service::reassessment::{HouseholdYear, household_year, people_of};
use jorei_service::words::Words;
use jorei_store::decisions::StoredDecision;
use jorei_store::notices::{Notice, NoticeKind};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use utoipa::{IntoParams, ToSchema};

/// A decision of a year, of any slot.
#[derive(Serialize, ToSchema)]
pub struct YearDecision {
    /// The day it counts from (決定日).
    decided_on: String,
    /// premium, exemption or instalment.
    slot: &'static str,
    /// What officials call the slot.
    slot_ja: &'static str,
    /// 1 for the first of its slot.
    version: i64,
    /// decided, provisional, refused or failed.
    status: String,
    /// Whole yen; none where it has no such figure.
    amount_yen: Option<i64>,
    /// Its id.
    decision: String,
    /// As of which knowledge its facts were read.
    knowledge: i64,
}

/// What a run could not settle.
#[derive(Serialize, ToSchema)]
pub struct OpenNotice {
    /// premium, exemption or instalment.
    slot: String,
    /// barred, limit_unknown, conflict, vanished or held.
    kind: &'static str,
    /// What officials call it.
    kind_ja: &'static str,
    /// In words.
    detail: String,
}

/// A household's year.
#[derive(Serialize, ToSchema)]
pub struct YearHistory {
    /// The household.
    household: i64,
    /// The fiscal year.
    year: i32,
    /// In the order of the days they count from.
    decisions: Vec<YearDecision>,
    /// What waits for a clerk, of the latest run.
    notices: Vec<OpenNotice>,
}

/// Who owes which months.
#[derive(Serialize, ToSchema)]
pub struct Obligor {
    /// The person's number here; none where the persons of the decision are not known any more.
    person: Option<i64>,
    /// First month, 1 for April.
    first_month: Option<i64>,
    /// Last month, 12 for March.
    last_month: Option<i64>,
    /// Whole yen.
    amount_yen: Option<i64>,
    /// Has the person died? Then the heirs owe it.
    deceased: bool,
}

/// The instalments of a household's year.
#[derive(Serialize, ToSchema)]
pub struct Schedule {
    /// The household.
    household: i64,
    /// The fiscal year.
    year: i32,
    /// The decision that they stand in.
    decision: String,
    /// The day it counts from.
    decided_on: String,
    /// decided, provisional, refused or failed.
    status: String,
    /// The sums: premium, billed, what is to be refunded.
    #[schema(value_type = Option<Object>)]
    schedule: Option<Map<String, Value>>,
    /// Number, collection, due date, whole yen, late.
    #[schema(value_type = Vec<Object>)]
    instalments: Vec<Map<String, Value>>,
    /// Who owes them.
    obligors: Vec<Obligor>,
    /// Whether each assessment of the year counts.
    #[schema(value_type = Vec<Object>)]
    acts: Vec<Map<String, Value>>,
}

/// A relief among those that an ordinance provides.
#[derive(Serialize, ToSchema)]
pub struct Relief {
    /// Its number in the ordinance.
    relief_code: i64,
    /// Which row of it, from 1.
    row: i64,
    /// The day of its application.
    applied_on: String,
    /// The person's number here, where it is about one.
    person: Option<i64>,
    /// What it would take off alone, in whole yen.
    amount_yen: i64,
    /// What it takes off, in whole yen; none where it is not granted.
    granted_yen: Option<i64>,
    /// The relief that goes before it.
    gives_way_to: Option<i64>,
}

/// Reliefs that exclude each other and have one rank.
#[derive(Serialize, ToSchema)]
pub struct ReliefConflict {
    /// Their group.
    exclusion_group: i64,
    /// Their rank.
    rank: i64,
    /// Their numbers.
    reliefs: Vec<i64>,
}

/// The exemptions of a household's year.
#[derive(Serialize, ToSchema)]
pub struct Exemptions {
    /// The household.
    household: i64,
    /// The fiscal year.
    year: i32,
    /// Applications that are known, decided or not.
    known_applications: usize,
    /// The decision; none where nothing was decided.
    decision: Option<String>,
    /// The day it counts from.
    decided_on: Option<String>,
    /// decided, provisional, refused or failed.
    status: Option<String>,
    /// What became of each application.
    #[schema(value_type = Vec<Object>)]
    applications: Vec<Map<String, Value>>,
    /// The reliefs that apply, granted or not.
    reliefs: Vec<Relief>,
    /// What a clerk must choose between.
    conflicts: Vec<ReliefConflict>,
    /// What is taken off in all, in whole yen; none while a conflict is open or nothing is decided.
    exempted_yen: Option<i64>,
}

/// On which day.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DayQuery {
    /// The day of the notice (2026-06-01); none for today.
    on: Option<String>,
}

/// To whom a notice goes.
#[derive(Serialize, ToSchema)]
pub struct Addressee {
    /// The household.
    household: i64,
    /// living, heirs, or clerk: somebody must find out first.
    to: &'static str,
    /// Whose notice it is.
    person: Option<i64>,
    /// mailing, guardian or heirs; none: the person at their own address.
    role: Option<&'static str>,
    /// What officials call the role.
    role_ja: Option<&'static str>,
    /// To whom; none where it is masked.
    name: Option<String>,
    /// Where; none where it is masked.
    address: Option<String>,
    /// Its postcode.
    postcode: Option<String>,
    /// Is the address masked, and whoever receives for the person with it?
    masked: bool,
    /// What a clerk must find out, in Japanese.
    matter_ja: Option<String>,
}

/// See every decision of a household's year over all slots, with what waits for a clerk.
#[utoipa::path(get, path = "/v1/offices/{municipality}/households/{household}/year", tag = "decisions", params(YearQuery),
    responses((status = 200, description = "The year", body = YearHistory)))]
pub async fn history(
    State(host): State<Shared>,
    asker: Asker,
    Last(household): Last<i64>,
    Params(query): Params<YearQuery>,
) -> Answer<axum::Json<YearHistory>> {
    let (office, household, year) = (asker.office(), HouseholdId(household), fiscal_year("year", query.year)?);
    asker.looked_up(&host, &[], &[household]).await?;
    let known = household_year(&host.store, office, household, year).await?;
    let of_slot = |slot, decisions: Vec<StoredDecision>| decisions.into_iter().map(move |stored| (slot, stored));
    let open = |notice: &Notice| notice.kind != NoticeKind::Cleared && is_open(&known, notice);
    let notices = known.notices.iter().filter(|notice| open(notice)).map(notice_body).collect();
    let HouseholdYear { premiums, exemptions, instalments, .. } = known;
    let mut all: Vec<(Slot, StoredDecision)> = of_slot(Slot::Premium, premiums)
        .chain(of_slot(Slot::Exemption, exemptions))
        .chain(of_slot(Slot::Instalment, instalments))
        .collect();
    all.sort_by_key(|(slot, stored)| (stored.decided_on, stored.knowledge, *slot, stored.version));
    let decisions = all.into_iter().map(|(slot, stored)| decision_body(slot, stored)).collect();
    Ok(axum::Json(YearHistory { household: household.0, year: year.year(), decisions, notices }))
}

/// See the instalments of a household with who owes them.
#[utoipa::path(get, path = "/v1/offices/{municipality}/households/{household}/instalments", tag = "decisions", params(YearQuery),
    responses((status = 200, description = "The schedule that stands", body = Schedule)))]
pub async fn instalments(
    State(host): State<Shared>,
    asker: Asker,
    Last(household): Last<i64>,
    Params(query): Params<YearQuery>,
) -> Answer<axum::Json<Schedule>> {
    let (office, household, year) = (asker.office(), HouseholdId(household), fiscal_year("year", query.year)?);
    let latest = latest(&host, office, household, year, Slot::Instalment).await?;
    let Some(latest) = latest else {
        asker.looked_up(&host, &[], &[household]).await?;
        return Err(Problem::not_found(format!(
            "the household has no instalments in fiscal {}; POST …/instalments decides them",
            year.year()
        )));
    };
    let (people, words) = (people_of(&host.store, &latest).await?, words(&host, office, &latest).await?);
    let owing = rows(&latest, "obligors", &words);
    let obligors: Vec<Obligor> = owing.iter().map(|row| obligor(row, &people)).collect();
    let persons: BTreeSet<PersonId> = obligors.iter().filter_map(|obligor| obligor.person).map(PersonId).collect();
    asker.looked_up(&host, &Vec::from_iter(persons), &[household]).await?;
    Ok(axum::Json(Schedule {
        household: household.0,
        year: year.year(),
        decision: latest.id.to_string(),
        decided_on: latest.decided_on.to_string(),
        status: latest.status.clone(),
        schedule: rows(&latest, "schedule", &words).pop(),
        instalments: rows(&latest, "instalments", &words),
        obligors,
        acts: rows(&latest, "acts", &words),
    }))
}

/// See the applications for exemptions of a household and what became of them.
#[utoipa::path(get, path = "/v1/offices/{municipality}/households/{household}/exemption", tag = "decisions", params(YearQuery),
    responses((status = 200, description = "The exemptions as they stand", body = Exemptions)))]
pub async fn exemption(
    State(host): State<Shared>,
    asker: Asker,
    Last(household): Last<i64>,
    Params(query): Params<YearQuery>,
) -> Answer<axum::Json<Exemptions>> {
    let (office, household, year) = (asker.office(), HouseholdId(household), fiscal_year("year", query.year)?);
    let case = host.store.latest_knowledge(office).await?;
    let case = host.store.case(office, Slot::Exemption, household, year.first_day(), case).await?;
    let facts = case.iter().flat_map(|case| case.case.persons()).flat_map(|person| &person.facts);
    let known_applications = facts.filter(|fact| fact.kind == Kind::Applications).count();
    let mut body = Exemptions {
        household: household.0,
        year: year.year(),
        known_applications,
        decision: None,
        decided_on: None,
        status: None,
        applications: Vec::new(),
        reliefs: Vec::new(),
        conflicts: Vec::new(),
        exempted_yen: None,
    };
    let Some(latest) = latest(&host, office, household, year, Slot::Exemption).await? else {
        asker.looked_up(&host, &[], &[household]).await?;
        return Ok(axum::Json(body));
    };
    let (people, words) = (people_of(&host.store, &latest).await?, words(&host, office, &latest).await?);
    body.applications = rows(&latest, "applications", &words);
    for row in &mut body.applications {
        let number = row.get("person").and_then(Value::as_i64).and_then(|ordinal| of_ordinal(&people, ordinal));
        row.insert("person".to_owned(), number.map_or(Value::Null, Value::from));
    }
    if let Some(resolution) = resolve(&latest.decision.outcome) {
        let granted = resolution.granted.iter().map(|granted| (&granted.provision, Some(granted.granted_yen), None));
        let lost = resolution.lost.iter().map(|lost| (&lost.provision, None, Some(lost.to_relief)));
        body.reliefs = granted.chain(lost).map(|(provision, yen, to)| relief(provision, yen, to, &people)).collect();
        body.exempted_yen = resolution.exempted_yen();
        let conflict = |conflict: jorei_service::exemptions::Conflict| ReliefConflict {
            exclusion_group: conflict.exclusion_group,
            rank: conflict.rank,
            reliefs: conflict.reliefs,
        };
        body.conflicts = resolution.conflicts.into_iter().map(conflict).collect();
    }
    body.decision = Some(latest.id.to_string());
    body.decided_on = Some(latest.decided_on.to_string());
    body.status = Some(latest.status);
    let of_rows = body.applications.iter().filter_map(|row| row.get("person").and_then(Value::as_i64));
    let persons: BTreeSet<PersonId> = of_rows.chain(body.reliefs.iter().filter_map(|relief| relief.person)).map(PersonId).collect();
    asker.looked_up(&host, &Vec::from_iter(persons), &[household]).await?;
    Ok(axum::Json(body))
}

/// See to whom a notice about a household goes.
///
/// To nobody who has died. The address of a protected person is masked here whoever asks, and so is whoever receives for
/// them: a name may tell the place.
#[utoipa::path(get, path = "/v1/offices/{municipality}/households/{household}/addressee", tag = "people", params(DayQuery),
    responses((status = 200, description = "To whom", body = Addressee)))]
pub async fn addressee(
    State(host): State<Shared>,
    asker: Asker,
    Last(household): Last<i64>,
    Params(query): Params<DayQuery>,
) -> Answer<axum::Json<Addressee>> {
    let (office, household, today) = (asker.office(), HouseholdId(household), asker.moment.now.today);
    let on: Date = query.on.as_deref().map(|on| date("on", on)).transpose()?.unwrap_or(today);
    let as_of = host.store.latest_knowledge(office).await?;
    let (to, recipient) = match of_household(&host.store, office, household, on, as_of).await? {
        To::Living(recipient) => ("living", recipient),
        To::Heirs(recipient) => ("heirs", recipient),
        To::Clerk(matter) => {
            asker.looked_up(&host, &[], &[household]).await?;
            let (person, role, role_ja, name, address, postcode) = (None, None, None, None, None, None);
            let matter_ja = Some(matter.ja());
            let body =
                Addressee { household: household.0, to: "clerk", person, role, role_ja, name, address, postcode, masked: false, matter_ja };
            return Ok(axum::Json(body));
        }
    };
    asker.looked_up(&host, &[recipient.about], &[household]).await?;
    let viewer = Viewer { may_see_protected: false };
    let view = person(&host.store, office, recipient.about, &viewer, false, today).await?;
    let masked = view.is_none_or(|view| matches!(view.address, Shown::Masked));
    Ok(axum::Json(Addressee {
        household: household.0,
        to,
        person: Some(recipient.about.0),
        role: recipient.role.map(|role| role.word()),
        role_ja: recipient.role.map(|role| role.ja()),
        name: (!masked || recipient.role.is_none()).then_some(recipient.name),
        address: (!masked).then_some(recipient.address),
        postcode: recipient.postcode.filter(|_| !masked),
        masked,
        matter_ja: None,
    }))
}

async fn latest(host: &Host, office: Municipality, household: HouseholdId, year: FiscalYear, slot: Slot) -> Answer<Option<StoredDecision>> {
    Ok(host.store.decision_history(office, slot.word(), year.first_day(), household).await?.pop())
}

async fn words(host: &Host, office: Municipality, stored: &StoredDecision) -> Answer<Words> {
    let kept = host.store.revision(office, stored.decision.revision).await?;
    Ok(kept.map_or_else(|| Words::from_json(""), |kept| Words::from_json(&kept.about)))
}

fn rows(stored: &StoredDecision, name: &str, words: &Words) -> Vec<Map<String, Value>> {
    let rows = table(&stored.decision, name).map(|table| rows_shown(table, name, words)).unwrap_or_default();
    rows.into_iter().map(|row| row.into_iter().collect()).collect()
}

fn of_ordinal(people: &[PersonId], ordinal: i64) -> Option<i64> {
    usize::try_from(ordinal).ok().and_then(|ordinal| people.get(ordinal)).map(|person| person.0)
}

fn obligor(row: &Map<String, Value>, people: &[PersonId]) -> Obligor {
    let number = |name: &str| row.get(name).and_then(Value::as_i64);
    Obligor {
        person: number("person").and_then(|ordinal| of_ordinal(people, ordinal)),
        first_month: number("first_month"),
        last_month: number("last_month"),
        amount_yen: number("amount_yen"),
        deceased: number("deceased") == Some(1) || row.get("deceased") == Some(&Value::Bool(true)),
    }
}

fn relief(provision: &Provision, granted_yen: Option<i64>, gives_way_to: Option<i64>, people: &[PersonId]) -> Relief {
    Relief {
        relief_code: provision.relief_code,
        row: provision.row,
        applied_on: provision.applied_on.to_string(),
        person: provision.person.and_then(|ordinal| of_ordinal(people, ordinal)),
        amount_yen: provision.amount_yen,
        granted_yen,
        gives_way_to,
    }
}

/// A notice is open until the decision that it stands beside is superseded.
fn is_open(known: &HouseholdYear, notice: &Notice) -> bool {
    let latest = Slot::named(&notice.slot).and_then(|slot| known.latest(slot)).map_or(0, |stored| stored.version);
    notice.version >= latest
}

fn notice_body(notice: &Notice) -> OpenNotice {
    OpenNotice { slot: notice.slot.clone(), kind: notice.kind.word(), kind_ja: notice.kind.ja(), detail: notice.detail.clone() }
}

fn decision_body(slot: Slot, stored: StoredDecision) -> YearDecision {
    YearDecision {
        decided_on: stored.decided_on.to_string(),
        slot: slot.word(),
        slot_ja: slot.ja(),
        version: stored.version,
        status: stored.status,
        amount_yen: stored.amount,
        decision: stored.id.to_string(),
        knowledge: stored.knowledge.0,
    }
}
