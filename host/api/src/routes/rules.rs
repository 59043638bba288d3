//! Packages that were tried and rules that were admitted. A vendor sees its own.

use crate::cursor::Page;
use crate::extract::Last;
use crate::guard::Asker;
use crate::problem::{Answer, Code, Problem};
use crate::state::{Host, Shared};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use jorei_package::manifest::Manifest;
use jorei_service::admission::admit_from;
use jorei_store::admissions::Admission;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// What became of a package.
#[derive(Serialize, ToSchema)]
pub struct PackageResult {
    /// Digest of the whole package.
    package: String,
    /// Digest of the rule, where the look got so far.
    rule: Option<String>,
    /// May the rule be used?
    admitted: bool,
    /// The last step of the look.
    step: String,
    /// Why not.
    reason: String,
    /// What the package said of itself: id, version, vendor, slot, records asked for.
    #[schema(value_type = Option<Object>)]
    manifest: Option<Value>,
    /// When.
    at: String,
    /// Who handed it in.
    by: String,
}

/// List the packages that were tried, the newest first.
#[utoipa::path(get, path = "/v1/offices/{municipality}/rules", tag = "rules",
    responses((status = 200, description = "The packages", body = Page<PackageResult>)))]
pub async fn list(State(host): State<Shared>, asker: Asker) -> Answer<axum::Json<Page<PackageResult>>> {
    let admissions = host.store.admissions(asker.office()).await?;
    let seen = admissions.into_iter().filter(|admission| sees(&host, &asker, admission));
    Ok(axum::Json(Page::whole(seen.map(tried).collect())))
}

/// See what became of a package or a rule, by its digest.
#[utoipa::path(get, path = "/v1/offices/{municipality}/rules/{digest}", tag = "rules",
    responses((status = 200, description = "The package", body = PackageResult)))]
pub async fn show(State(host): State<Shared>, asker: Asker, Last(digest): Last<String>) -> Answer<axum::Json<PackageResult>> {
    let named =
        |admission: &Admission| admission.package.to_string() == digest || admission.rule.is_some_and(|rule| rule.to_string() == digest);
    let found =
        host.store.admissions(asker.office()).await?.into_iter().find(|admission| named(admission) && sees(&host, &asker, admission));
    // Another vendor's rule is told like one that is not there.
    found.map(tried).map(axum::Json).ok_or_else(|| Problem::not_found("no package or rule of this digest was tried here"))
}

/// Hand a package in.
///
/// It is held against keys, bounds, grant and its own cases. Admitted or refused, the result is kept; an admitted rule
/// is not in force by that.
#[utoipa::path(post, path = "/v1/offices/{municipality}/rules", tag = "rules",
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The signed package"),
    responses((status = 201, description = "Admitted", body = PackageResult)))]
pub async fn add(
    State(host): State<Shared>,
    asker: Asker,
    headers: HeaderMap,
    body: Bytes,
) -> Answer<(StatusCode, axum::Json<PackageResult>)> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind != "application/octet-stream" {
        return Err(Problem::new(Code::NotJson, "send the package as Content-Type: application/octet-stream"));
    }
    // Of a vendor's account only the vendor's own keys count.
    let own = asker.caller.vendor.as_deref();
    let admission = admit_from(&host.store, &host.runtime, asker.office(), &body, own, &asker.stamp()).await?;
    if admission.admitted {
        return Ok((StatusCode::CREATED, axum::Json(tried(admission))));
    }
    Err(Problem::new(Code::PackageRefused, format!("refused at {}: {}", admission.step, admission.reason)))
}

fn sees(host: &Host, asker: &Asker, admission: &Admission) -> bool {
    // Where the look did not get as far as the manifest, nobody knows whose it is; whoever handed it in does.
    match Manifest::from_json(&admission.manifest) {
        Ok(manifest) => asker.sees_vendor(host, &manifest.vendor),
        Err(_) => asker.caller.vendor.is_none() || admission.by == asker.caller.account,
    }
}

fn tried(admission: Admission) -> PackageResult {
    PackageResult {
        package: admission.package.to_string(),
        rule: admission.rule.map(|rule| rule.to_string()),
        admitted: admission.admitted,
        step: admission.step,
        reason: admission.reason,
        manifest: serde_json::from_str(&admission.manifest).ok(),
        at: admission.recorded_at,
        by: admission.by,
    }
}
