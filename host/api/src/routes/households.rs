//! Households with their members.

use crate::extract::Last;
use crate::guard::Asker;
use crate::problem::{Answer, Problem};
use crate::routes::people::{PersonRow, row};
use crate::state::Shared;
use axum::extract::State;
use jorei_domain::id::HouseholdId;
use jorei_service::people::{self as service, Viewer};
use serde::Serialize;
use utoipa::ToSchema;

/// A household as it is today.
#[derive(Serialize, ToSchema)]
pub struct Household {
    /// Its number.
    household: i64,
    /// Who lives there.
    members: Vec<PersonRow>,
}

/// See a household.
#[utoipa::path(get, path = "/v1/offices/{municipality}/households/{household}", tag = "people",
    responses((status = 200, description = "The household", body = Household)))]
pub async fn show(State(host): State<Shared>, asker: Asker, Last(household): Last<i64>) -> Answer<axum::Json<Household>> {
    let viewer = Viewer { may_see_protected: false };
    let members = service::household(&host.store, asker.office(), HouseholdId(household), &viewer, false, asker.moment.now.today).await?;
    let members = members.map(|view| view.members).unwrap_or_default();
    let persons: Vec<_> = members.iter().map(|member| member.found.person).collect();
    asker.looked_up(&host, &persons, &[HouseholdId(household)]).await?;
    if members.is_empty() {
        return Err(Problem::not_found("nobody lives in a household of this number today"));
    }
    Ok(axum::Json(Household { household, members: members.into_iter().map(|member| row(member.found)).collect() }))
}
