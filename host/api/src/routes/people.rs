//! People and what is known of them. Every answer here is a look-up: it states its purpose and stands in the chain.

use crate::action::Action;
use crate::cursor::limit;
use crate::extract::{Json, Last, Params, date};
use crate::guard::Asker;
use crate::problem::{Answer, Code, Problem};
use crate::state::Shared;
use axum::extract::State;
use axum::http::StatusCode;
use jorei_domain::calendar::Date;
use jorei_domain::id::{HouseholdId, Knowledge, PersonId};
use jorei_domain::record::Kind;
use jorei_service::answer::cell;
use jorei_service::fact_entry::{Entry, enter};
use jorei_service::people::{self as service, Birth, Criteria, Found, PersonView, Shown, Viewer};
use jorei_service::personal_numbers::PersonalNumber;
use jorei_store::addresses::Address;
use jorei_store::people::KnownFact;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use utoipa::{IntoParams, ToSchema};

/// Whom to look for: exactly one of the criteria.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// The beginning of the reading, full or half width, or of the name in Latin letters.
    #[schema(max_length = 100)]
    kana: Option<String>,
    /// The birth date; people whose birth date is partly unknown are found if it may be that day.
    #[schema(example = "1981-06-15")]
    birth: Option<String>,
    /// The person's number here (宛名番号).
    person: Option<i64>,
    /// The household's number here.
    household: Option<i64>,
    /// The personal number (個人番号).
    #[schema(max_length = 40)]
    number: Option<String>,
    /// The `next` of the page before.
    after: Option<i64>,
    /// At most so many, 1 to 500.
    #[schema(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

/// A person in a list. A protected person's address is masked.
#[derive(Serialize, ToSchema)]
pub struct PersonRow {
    /// The person's number here.
    person: i64,
    /// The household's.
    household: Option<i64>,
    /// The name.
    name: Option<String>,
    /// Its reading.
    kana: Option<String>,
    /// Birth date, or the earliest and the latest that it may be.
    birth: Option<String>,
    /// The address; none where it is masked or unknown.
    address: Option<String>,
    /// Is the address masked?
    masked: bool,
    /// Protected (支援措置): tell nobody where this person lives.
    protected: bool,
}

/// What was found.
#[derive(Serialize, ToSchema)]
pub struct People {
    /// In order of their numbers.
    items: Vec<PersonRow>,
    /// Give this as `after` for the next part.
    next: Option<i64>,
}

/// One person with the household.
#[derive(Serialize, ToSchema)]
pub struct Person {
    /// The person.
    #[serde(flatten)]
    row: PersonRow,
    /// The name in Latin letters.
    latin: Option<String>,
    /// Since when and until when (exclusive) the person is protected.
    protected_days: Option<[String; 2]>,
    /// The members of the household, this person among them.
    members: Vec<PersonRow>,
}

/// How to see a person.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PersonQuery {
    /// Show a protected address. Needs the right to, and raises an alarm.
    unmask: Option<bool>,
}

/// Which facts.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct FactsQuery {
    /// Only this kind; none: all that the asker may see.
    #[param(max_length = 40)]
    kind: Option<String>,
    /// As the office knew it on this day (2025-04-01).
    known_on: Option<String>,
    /// As the office knew it at this number. Not together with known_on.
    knowledge: Option<i64>,
}

/// A fact on its two axes.
#[derive(Serialize, ToSchema)]
pub struct Fact {
    /// Its kind.
    kind: &'static str,
    /// What officials call the kind.
    kind_ja: &'static str,
    /// First day on which it holds; none: always.
    from: Option<String>,
    /// First day after it; none: open.
    until: Option<String>,
    /// Where the office learnt it: the number.
    knowledge: i64,
    /// When the office learnt it.
    learnt_on: String,
    /// Its values by name, none: nothing of the kind holds.
    values: Option<Map<String, Value>>,
    /// Tells parallel facts of a kind apart; state it to correct or take back this one.
    item: i64,
    /// Register or document.
    source: String,
    /// The household, for a membership.
    household: Option<i64>,
    /// Does it hold as far as it goes, or did a later one take its place?
    holds: bool,
}

/// Facts of a person.
#[derive(Serialize, ToSchema)]
pub struct Facts {
    /// The person.
    person: i64,
    /// As of which knowledge.
    knowledge: i64,
    /// In the order in which they were learnt.
    items: Vec<Fact>,
    /// Kinds that this asker's tasks do not see.
    withheld: Vec<&'static str>,
}

/// Search people.
///
/// A search is sent in a body, because addresses end up in logs.
#[utoipa::path(post, path = "/v1/offices/{municipality}/people/search", tag = "people", request_body = Search,
    responses((status = 200, description = "Who was found", body = People)))]
pub async fn search(State(host): State<Shared>, asker: Asker, Json(search): Json<Search>) -> Answer<axum::Json<People>> {
    let criteria = criteria(&search)?;
    if matches!(criteria, Criteria::Number(_)) && !asker.may(&host, Action::NumberRead, None) {
        asker.refused(&host, Action::NumberRead, &[]).await?;
        return Err(Problem::new(Code::Forbidden, "this account's tasks do not include personal numbers"));
    }
    let by_number = matches!(criteria, Criteria::Number(_));
    let (limit, today) = (limit(search.limit)?, asker.moment.now.today);
    let viewer = Viewer { may_see_protected: false };
    let after = search.after.map(PersonId);
    let page = service::search(&host.store, host.vault.as_ref(), asker.office(), &criteria, after, limit, &viewer, today).await?;
    let persons: Vec<PersonId> = page.found.iter().map(|found| found.person).collect();
    let households: BTreeSet<HouseholdId> = page.found.iter().filter_map(|found| found.household).collect();
    let households: Vec<HouseholdId> = households.into_iter().collect();
    let action = if by_number { Action::NumberRead } else { Action::PeopleSearch };
    asker.looked_up_as(&host, action, &persons, &households).await?;
    Ok(axum::Json(People { items: page.found.into_iter().map(row).collect(), next: page.next.map(|next| next.0) }))
}

/// See a person.
#[utoipa::path(get, path = "/v1/offices/{municipality}/people/{person}", tag = "people", params(PersonQuery),
    responses((status = 200, description = "The person", body = Person)))]
pub async fn show(
    State(host): State<Shared>,
    asker: Asker,
    Last(person): Last<i64>,
    Params(query): Params<PersonQuery>,
) -> Answer<axum::Json<Person>> {
    let unmask = query.unmask.unwrap_or(false);
    if unmask && !asker.may(&host, Action::PeopleUnmask, None) {
        asker.refused(&host, Action::PeopleUnmask, &[PersonId(person)]).await?;
        return Err(Problem::new(Code::Forbidden, "this account's tasks do not include addresses of protected people"));
    }
    let viewer = Viewer { may_see_protected: unmask };
    let view = service::person(&host.store, asker.office(), PersonId(person), &viewer, unmask, asker.moment.now.today).await?;
    let households: Vec<HouseholdId> = view.iter().filter_map(|view| view.household).collect();
    let action = if unmask { Action::PeopleUnmask } else { Action::PeopleShow };
    asker.looked_up_as(&host, action, &[PersonId(person)], &households).await?;
    view.map(person_body).map(axum::Json).ok_or_else(|| Problem::not_found("no person has this number here"))
}

/// See what is known of a person.
///
/// Every assertion, the superseded ones too: when it holds, when the office learnt it, from where.
#[utoipa::path(get, path = "/v1/offices/{municipality}/people/{person}/facts", tag = "people", params(FactsQuery),
    responses((status = 200, description = "The facts", body = Facts)))]
pub async fn facts(
    State(host): State<Shared>,
    asker: Asker,
    Last(person): Last<i64>,
    Params(query): Params<FactsQuery>,
) -> Answer<axum::Json<Facts>> {
    let office = asker.office();
    let only = query.kind.as_deref().map(kind).transpose()?;
    let as_of = match (&query.known_on, query.knowledge) {
        (Some(_), Some(_)) => return Err(Problem::invalid("give known_on or knowledge, not both")),
        (Some(day), None) => host.store.knowledge_on(office, date("known_on", day)?).await?,
        (None, Some(knowledge)) => Knowledge(knowledge),
        (None, None) => host.store.latest_knowledge(office).await?,
    };
    let needed = |kind: Kind| {
        if is_income(kind) { Some(Action::PeopleIncomes) } else { is_of_health(kind).then_some(Action::BenefitsShow) }
    };
    let sees = |kind: Kind| needed(kind).is_none_or(|action| asker.may(&host, action, None));
    if let Some(kind) = only.filter(|kind| !sees(*kind)) {
        asker.refused(&host, needed(kind).unwrap_or(Action::PeopleIncomes), &[PersonId(person)]).await?;
        return Err(Problem::new(Code::Forbidden, format!("this account's tasks do not include {}", kind.name())));
    }
    let known = host.store.person_facts(office, PersonId(person), as_of).await?;
    let asked = |kind: Kind| only.is_none_or(|only| only == kind);
    let shown = |fact: &KnownFact| asked(fact.kind) && sees(fact.kind);
    let households: BTreeSet<HouseholdId> = known.iter().filter(|fact| shown(fact)).filter_map(|fact| fact.household).collect();
    let households: Vec<HouseholdId> = households.into_iter().collect();
    let incomes = known.iter().any(|fact| shown(fact) && is_income(fact.kind));
    let others = known.iter().any(|fact| shown(fact) && !is_income(fact.kind));
    if incomes {
        asker.looked_up_as(&host, Action::PeopleIncomes, &[PersonId(person)], &[]).await?;
    }
    if others || !incomes {
        asker.looked_up(&host, &[PersonId(person)], &households).await?;
    }
    if known.is_empty() {
        return Err(Problem::not_found("nothing was known of a person of this number then"));
    }
    let items = known.into_iter().filter(shown).map(fact_body).collect();
    let withheld = Kind::ALL.into_iter().filter(|kind| asked(*kind) && !sees(*kind)).map(Kind::name).collect();
    Ok(axum::Json(Facts { person, knowledge: as_of.0, items, withheld }))
}

/// A fact to be entered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnterFact {
    /// Its kind (docs/reference/records.md).
    #[schema(example = "applications", max_length = 40)]
    kind: String,
    /// Its columns, those of the period included.
    #[schema(value_type = Object)]
    columns: Value,
    /// Which of several facts of the kind to correct or take back; none adds another one.
    #[schema(minimum = 0, maximum = 1_000_000)]
    item: Option<i64>,
    /// The household, for a membership.
    #[schema(minimum = 1)]
    household: Option<i64>,
    /// Nothing of the kind holds in the period that the columns state.
    #[serde(default)]
    withdrawn: bool,
    /// The register or document; no personal data.
    #[schema(max_length = 100)]
    source: String,
}

/// A fact that was entered.
#[derive(Serialize, ToSchema)]
pub struct FactEntered {
    /// The number under which it is known.
    knowledge: i64,
}

/// Enter one fact about a person.
///
/// It is laid over what was known, and both stay. What was decided is decided again by a reassessment.
#[utoipa::path(post, path = "/v1/offices/{municipality}/people/{person}/facts", tag = "people", request_body = EnterFact,
    responses((status = 201, description = "It is known", body = FactEntered)))]
pub async fn enter_fact(
    State(host): State<Shared>,
    asker: Asker,
    Last(person): Last<i64>,
    Json(body): Json<EnterFact>,
) -> Answer<(StatusCode, axum::Json<FactEntered>)> {
    let kind = kind(&body.kind)?;
    let person = PersonId(person);
    let action = if is_income(kind) { Action::IncomesEnter } else { Action::FactsEnter };
    if !asker.may(&host, action, None) {
        asker.refused(&host, action, &[person]).await?;
        return Err(Problem::new(Code::Forbidden, format!("this account's tasks do not include {}", kind.name())));
    }
    asker.looked_up_as(&host, action, &[person], &[]).await?;
    let household = body.household.map(HouseholdId);
    let EnterFact { columns: stated, item, withdrawn, source, .. } = body;
    let entry = Entry { person, kind, item, household, stated, withdrawn, source };
    let knowledge = enter(&host.store, asker.office(), asker.moment.now.today, &entry, &asker.stamp()).await?;
    Ok((StatusCode::CREATED, axum::Json(FactEntered { knowledge: knowledge.0 })))
}

/// Incomes, property, pensions and what an application states of them belong to another file than the rest.
fn is_income(kind: Kind) -> bool {
    matches!(kind, Kind::Incomes | Kind::Property | Kind::Pensions | Kind::Applications | Kind::ResidentTaxes)
}

/// What says something of somebody's health is for those who decide benefits alone.
fn is_of_health(kind: Kind) -> bool {
    matches!(kind, Kind::SpecifiedDiseases | Kind::PublicAid)
}

fn kind(word: &str) -> Answer<Kind> {
    let known: Vec<&str> = Kind::ALL.into_iter().map(Kind::name).collect();
    Kind::named(word).ok_or_else(|| Problem::invalid(format!("kind: one of {}", known.join(", "))))
}

fn criteria(search: &Search) -> Answer<Criteria> {
    let given =
        [search.kana.is_some(), search.birth.is_some(), search.person.is_some(), search.household.is_some(), search.number.is_some()];
    if given.into_iter().filter(|given| *given).count() != 1 {
        return Err(Problem::invalid("give exactly one of kana, birth, person, household, number"));
    }
    if let Some(kana) = &search.kana {
        return Ok(Criteria::Kana(kana.clone()));
    }
    if let Some(birth) = &search.birth {
        return Ok(Criteria::Birth(date("birth", birth)?));
    }
    if let Some(person) = search.person {
        return Ok(Criteria::Person(PersonId(person)));
    }
    if let Some(household) = search.household {
        return Ok(Criteria::Household(HouseholdId(household)));
    }
    let number = PersonalNumber::parse(search.number.as_deref().unwrap_or_default());
    number.map(Criteria::Number).map_err(|_| Problem::invalid("number: not a personal number (12 digits, the last one a check digit)"))
}

/// A person as a row of a list.
pub fn row(found: Found) -> PersonRow {
    let Found { person, household, name, kana, birth, address, protected } = found;
    let (address, masked) = shown(address, |address| address);
    PersonRow {
        person: person.0,
        household: household.map(|household| household.0),
        name,
        kana,
        birth: birth.map(born),
        address,
        masked,
        protected,
    }
}

fn shown<T>(address: Shown<T>, text: impl Fn(T) -> String) -> (Option<String>, bool) {
    match address {
        Shown::Plain(address) => (Some(text(address)), false),
        Shown::Masked => (None, true),
        Shown::Unknown => (None, false),
    }
}

fn address_text(address: Address) -> String {
    match address.postcode {
        Some(postcode) => format!("〒{postcode} {}", address.address),
        None => address.address,
    }
}

fn born(birth: Birth) -> String {
    let Birth { earliest, latest } = birth;
    if earliest == latest { earliest.to_string() } else { format!("{earliest}/{latest}") }
}

fn person_body(view: PersonView) -> Person {
    let PersonView { person, name, kana, latin, birth, address, household, members, protected } = view;
    let is_protected = protected.is_some();
    let (address, masked) = shown(address, address_text);
    let household = household.map(|household| household.0);
    Person {
        row: PersonRow { person: person.0, household, name, kana, birth: birth.map(born), address, masked, protected: is_protected },
        latin,
        protected_days: protected.map(|days| [days.from.to_string(), days.until.to_string()]),
        members: members.into_iter().map(|member| row(member.found)).collect(),
    }
}

fn fact_body(fact: KnownFact) -> Fact {
    let kind = fact.kind;
    let values = fact.values.map(|values| {
        let told = |(field, value): (&jorei_domain::record::Field, i64)| (field.name.to_owned(), cell(field.unit, value));
        kind.fields().iter().zip(values).map(told).collect()
    });
    Fact {
        kind: kind.name(),
        kind_ja: kind.ja(),
        from: (fact.from > Date::MIN).then(|| fact.from.to_string()),
        until: (fact.until < Date::MAX).then(|| fact.until.to_string()),
        knowledge: fact.knowledge.0,
        learnt_on: fact.learnt_on.to_string(),
        values,
        item: fact.item,
        source: fact.source,
        household: fact.household.map(|household| household.0),
        holds: fact.holds,
    }
}
