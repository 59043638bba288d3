//! Personal numbers (個人番号) and protected people: what two people enter, and few may see.

use crate::extract::{Json, Last, date};
use crate::guard::Asker;
use crate::problem::{Answer, Code, Problem};
use crate::routes::acts::{Prepared, Signed, keep, signed, visible};
use crate::state::{Host, Shared};
use axum::extract::State;
use axum::http::StatusCode;
use jorei_domain::act::Change;
use jorei_domain::id::PersonId;
use jorei_service::personal_numbers::{self as service, PersonalNumber, Vault};
use jorei_service::protections;
use jorei_store::acts::Verdict;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A number to be entered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Enter {
    /// The personal number: 12 digits, full or half width, with or without hyphens.
    #[schema(max_length = 40)]
    number: String,
    /// Why: the document it was read from.
    #[schema(max_length = 500)]
    reason: String,
}

/// A number typed again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    /// The act that enters it.
    #[schema(min_length = 64, max_length = 64)]
    act: String,
    /// The personal number, read from the document again.
    #[schema(max_length = 40)]
    number: String,
    /// The signature over the statement of approval, by one's own key.
    #[schema(max_length = 2000)]
    signature: String,
}

/// A personal number.
#[derive(Serialize, ToSchema)]
pub struct Number {
    /// The person.
    person: i64,
    /// The number.
    number: String,
}

/// Days of a protection.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Protect {
    /// First day (2026-04-01).
    from: String,
    /// First day after it.
    until: String,
    /// Why; not what happened to the person: this text is part of an act.
    #[schema(max_length = 500)]
    reason: String,
}

/// The end of a protection.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Lift {
    /// First day without it (2026-10-01).
    on: String,
    /// Why; this text is part of an act.
    #[schema(max_length = 500)]
    reason: String,
}

/// Enter a personal number.
///
/// It is sealed at once and not in use: sign and make the act; a second person types the number again.
#[utoipa::path(post, path = "/v1/offices/{municipality}/people/{person}/number", tag = "people", request_body = Enter,
    responses((status = 201, description = "The act as it will be signed", body = Prepared)))]
pub async fn enter(
    State(host): State<Shared>,
    asker: Asker,
    Last(person): Last<i64>,
    Json(enter): Json<Enter>,
) -> Answer<(StatusCode, axum::Json<Prepared>)> {
    let number = parse(&enter.number)?;
    asker.looked_up(&host, &[PersonId(person)], &[]).await?;
    let proposal = service::enter(
        &host.store,
        vault(&host)?,
        asker.office(),
        PersonId(person),
        &number,
        &enter.reason,
        &asker.moment.now,
        &asker.stamp(),
    )
    .await?;
    keep(&host, &asker, proposal, None).await
}

/// Confirm a personal number by typing it again.
#[utoipa::path(post, path = "/v1/offices/{municipality}/people/{person}/number/confirmations", tag = "people", request_body = Confirm,
    responses((status = 201, description = "The number is in use", body = Signed)))]
pub async fn confirm(
    State(host): State<Shared>,
    asker: Asker,
    Last(person): Last<i64>,
    Json(confirm): Json<Confirm>,
) -> Answer<(StatusCode, axum::Json<Signed>)> {
    let number = parse(&confirm.number)?;
    asker.looked_up(&host, &[PersonId(person)], &[]).await?;
    let stored = visible(&host, &asker, &confirm.act).await?;
    let [jorei_domain::act::Based { change: Change::Number(entered), .. }] = stored.act.changes.as_slice() else {
        return Err(Problem::not_found("act: it enters no personal number"));
    };
    if entered.person != PersonId(person) {
        return Err(Problem::not_found("act: it is about another person"));
    }
    if !service::matches(&host.store, vault(&host)?, asker.office(), entered.entry, &number).await? {
        asker.refused(&host, asker.action, &[PersonId(person)]).await?;
        return Err(Problem::new(Code::NumberDiffers, "the number is not the one that the first person entered"));
    }
    signed(&host, &asker, stored.id, Verdict::Approve, &confirm.signature).await
}

/// Read a personal number. Raises no alarm, and stands in the chain like every look-up.
#[utoipa::path(get, path = "/v1/offices/{municipality}/people/{person}/number", tag = "people",
    responses((status = 200, description = "The number", body = Number)))]
pub async fn read(State(host): State<Shared>, asker: Asker, Last(person): Last<i64>) -> Answer<axum::Json<Number>> {
    asker.looked_up(&host, &[PersonId(person)], &[]).await?;
    let number = service::number_of(&host.store, vault(&host)?, asker.office(), PersonId(person)).await?;
    let number = number.ok_or_else(|| Problem::not_found("no personal number of this person is in use"))?;
    Ok(axum::Json(Number { person, number: number.reveal() }))
}

/// Protect a person.
///
/// It takes effect as soon as its maker has signed, and stays open until a second person has. Days that are protected
/// already stay so.
#[utoipa::path(post, path = "/v1/offices/{municipality}/people/{person}/protection", tag = "people", request_body = Protect,
    responses((status = 201, description = "The act as it will be signed", body = Prepared)))]
pub async fn protect(
    State(host): State<Shared>,
    asker: Asker,
    Last(person): Last<i64>,
    Json(protect): Json<Protect>,
) -> Answer<(StatusCode, axum::Json<Prepared>)> {
    let person = PersonId(person);
    let (from, until) = (date("from", &protect.from)?, date("until", &protect.until)?);
    asker.looked_up(&host, &[person], &[]).await?;
    let proposal = protections::protect(&host.store, asker.office(), person, (from, until), &protect.reason).await?;
    keep(&host, &asker, proposal, None).await
}

/// End the protection of a person. Two people sign.
#[utoipa::path(post, path = "/v1/offices/{municipality}/people/{person}/protection/end", tag = "people", request_body = Lift,
    responses((status = 201, description = "The act as it will be signed", body = Prepared)))]
pub async fn lift(
    State(host): State<Shared>,
    asker: Asker,
    Last(person): Last<i64>,
    Json(lift): Json<Lift>,
) -> Answer<(StatusCode, axum::Json<Prepared>)> {
    let (person, on) = (PersonId(person), date("on", &lift.on)?);
    asker.looked_up(&host, &[person], &[]).await?;
    let proposal = protections::lift(&host.store, asker.office(), person, on, &lift.reason).await?;
    keep(&host, &asker, proposal, None).await
}

fn vault(host: &Host) -> Answer<&Vault> {
    host.vault.as_ref().ok_or_else(|| {
        Problem::new(Code::NotAllowedNow, "no key of the vault is configured here, so no personal number can be entered or read")
    })
}

fn parse(text: &str) -> Answer<PersonalNumber> {
    PersonalNumber::parse(text).map_err(|_| Problem::invalid("number: not a personal number (12 digits, the last one a check digit)"))
}
