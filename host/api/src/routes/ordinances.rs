//! Ordinances: the settings of the city, as they were written.

use crate::cursor::Page;
use crate::extract::{Last, digest};
use crate::guard::Asker;
use crate::problem::{Answer, Problem};
use crate::state::Shared;
use axum::extract::State;
use jorei_service::value_states::{states, unconfirmed};
use serde::Serialize;
use utoipa::ToSchema;

/// An ordinance.
#[derive(Serialize, ToSchema)]
pub struct Ordinance {
    /// Its digest.
    ordinance: String,
    /// As it was written (TOML).
    written: String,
    /// Values that are sourced, second-hand and assumed.
    values: [usize; 3],
    /// Places of those that nobody has confirmed.
    unconfirmed: Vec<String>,
}

/// List the digests of all ordinances.
#[utoipa::path(get, path = "/v1/offices/{municipality}/ordinances", tag = "rules",
    responses((status = 200, description = "Their digests", body = Page<String>)))]
pub async fn list(State(host): State<Shared>, asker: Asker) -> Answer<axum::Json<Page<String>>> {
    let ordinances = host.store.ordinances(asker.office()).await?;
    Ok(axum::Json(Page::whole(ordinances.iter().map(ToString::to_string).collect())))
}

/// Read an ordinance.
#[utoipa::path(get, path = "/v1/offices/{municipality}/ordinances/{digest}", tag = "rules",
    responses((status = 200, description = "The ordinance", body = Ordinance)))]
pub async fn show(State(host): State<Shared>, asker: Asker, Last(text): Last<String>) -> Answer<axum::Json<Ordinance>> {
    let named = digest("digest", &text)?;
    let written = host.store.ordinance(asker.office(), named).await?;
    let written = written.ok_or_else(|| Problem::not_found("no ordinance of this office has such a digest"))?;
    Ok(axum::Json(Ordinance { ordinance: named.to_string(), values: states(&written), unconfirmed: unconfirmed(&written), written }))
}
