//! The office's settings: accounts, roles, vendors, grants.

use crate::extract::Json;
use crate::guard::Asker;
use crate::problem::Answer;
use crate::routes::acts::{Prepared, keep};
use crate::state::Shared;
use axum::extract::State;
use axum::http::StatusCode;
use jorei_service::office::{proposal, read, write};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The settings.
#[derive(Serialize, ToSchema)]
pub struct Office {
    /// As an office file (TOML).
    written: String,
}

/// Settings that are to change.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// An office file (TOML): what it names takes the place of what was, what it does not name stays.
    #[schema(max_length = 200_000)]
    written: String,
    /// Why.
    #[schema(max_length = 2000)]
    reason: String,
}

/// Read the settings.
#[utoipa::path(get, path = "/v1/offices/{municipality}/settings", tag = "office",
    responses((status = 200, description = "The settings", body = Office)))]
pub async fn show(State(host): State<Shared>, asker: Asker) -> Answer<axum::Json<Office>> {
    Ok(axum::Json(Office { written: write(&host.store, asker.office()).await? }))
}

/// Prepare an act that changes settings.
#[utoipa::path(post, path = "/v1/offices/{municipality}/settings/prepared", tag = "office", request_body = Change,
    responses((status = 201, description = "The act as it will be signed", body = Prepared)))]
pub async fn change(State(host): State<Shared>, asker: Asker, Json(change): Json<Change>) -> Answer<(StatusCode, axum::Json<Prepared>)> {
    let changes = read(&change.written)?;
    let proposal = proposal(&host.store, asker.office(), changes, &change.reason).await?;
    keep(&host, &asker, proposal, None).await
}
