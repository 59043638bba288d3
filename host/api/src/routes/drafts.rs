//! Drafts of ordinances. Whoever saves names the version they edited (If-Match), so nobody overwrites unseen.

use crate::cursor::Page;
use crate::extract::{Json, Last, digest};
use crate::guard::Asker;
use crate::problem::{Answer, Code, Problem};
use crate::state::Shared;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use jorei_service::ordinance::{Ordinance, is_draft_name};
use jorei_service::revisions::load_rule;
use jorei_store::drafts::Draft as Kept;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A draft in its latest version.
#[derive(Serialize, ToSchema)]
pub struct Draft {
    /// Its name.
    name: String,
    /// 1, then one more for each that was saved.
    version: i64,
    /// As it was written (TOML).
    written: String,
    /// Who saved it.
    by: String,
    /// When.
    at: String,
}

/// A draft to be saved.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Save {
    /// The text (TOML).
    written: String,
}

/// What to hold it against.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Digest of an admitted rule.
    #[schema(min_length = 64, max_length = 64)]
    rule: String,
}

/// What was found.
#[derive(Serialize, ToSchema)]
pub struct Checked {
    /// The municipality that it names.
    municipality: String,
    /// What it calls itself.
    name: String,
    /// Stretches of dates with settings of their own.
    segments: usize,
}

/// List the drafts in their latest versions.
#[utoipa::path(get, path = "/v1/offices/{municipality}/drafts", tag = "rules",
    responses((status = 200, description = "The drafts", body = Page<Draft>)))]
pub async fn list(State(host): State<Shared>, asker: Asker) -> Answer<axum::Json<Page<Draft>>> {
    Ok(axum::Json(Page::whole(host.store.drafts(asker.office()).await?.into_iter().map(body).collect())))
}

/// Read a draft. Its ETag is what a change must name.
#[utoipa::path(get, path = "/v1/offices/{municipality}/drafts/{name}", tag = "rules",
    responses((status = 200, description = "The draft", body = Draft)))]
pub async fn show(
    State(host): State<Shared>,
    asker: Asker,
    Last(name): Last<String>,
) -> Answer<([(HeaderName, String); 1], axum::Json<Draft>)> {
    let found = host.store.draft(asker.office(), &name, None).await?.ok_or_else(none)?;
    Ok(([(header::ETAG, etag(found.version))], axum::Json(body(found))))
}

/// Save a draft over the version that was edited.
///
/// `If-Match` names it; a new draft has `If-None-Match: *`.
#[utoipa::path(put, path = "/v1/offices/{municipality}/drafts/{name}", tag = "rules", request_body = Save,
    params(("If-Match" = Option<String>, Header, description = "ETag of the version that was edited"),
        ("If-None-Match" = Option<String>, Header, description = "`*` for a new draft")),
    responses((status = 200, description = "Saved, or the same as before", body = Draft), (status = 201, description = "A new draft", body = Draft)))]
pub async fn save(
    State(host): State<Shared>,
    asker: Asker,
    Last(name): Last<String>,
    headers: HeaderMap,
    Json(save): Json<Save>,
) -> Answer<(StatusCode, [(HeaderName, String); 1], axum::Json<Draft>)> {
    if !is_draft_name(&name) {
        return Err(Problem::invalid("a draft's name has 1 to 64 of a-z, 0-9, `-` and `_`, and is not like the digits of a digest"));
    }
    let expected = expected(&headers)?;
    let version = host.store.save_draft(asker.office(), &name, expected, &save.written, &asker.stamp()).await?;
    // This version, not the latest: whoever saved since then must not be overwritten under this answer's ETag.
    let saved = host.store.draft(asker.office(), &name, Some(version)).await?.ok_or_else(none)?;
    let status = if expected == 0 { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, [(header::ETAG, etag(saved.version))], axum::Json(body(saved))))
}

/// Hold a draft against a rule: its schema, and the rule itself.
#[utoipa::path(post, path = "/v1/offices/{municipality}/drafts/{name}/checks", tag = "rules", request_body = Check,
    responses((status = 200, description = "No problem was found", body = Checked)))]
pub async fn check(
    State(host): State<Shared>,
    asker: Asker,
    Last(name): Last<String>,
    Json(check): Json<Check>,
) -> Answer<axum::Json<Checked>> {
    let office = asker.office();
    let draft = host.store.draft(office, &name, None).await?.ok_or_else(none)?;
    let rule = load_rule(&host.store, &host.runtime, office, digest("rule", &check.rule)?, None).await?;
    let checked =
        tokio::task::spawn_blocking(move || Ordinance::check(&rule, &draft.written)).await.map_err(|error| Problem::fault(&error))?;
    let ordinance = checked.map_err(Problem::invalid)?;
    let segments = ordinance.settings.segments().len();
    Ok(axum::Json(Checked { municipality: ordinance.municipality, name: ordinance.name, segments }))
}

fn none() -> Problem {
    Problem::not_found("no draft has this name")
}

fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

fn expected(headers: &HeaderMap) -> Answer<i64> {
    let stated = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    match (stated(header::IF_MATCH), stated(header::IF_NONE_MATCH)) {
        (None, Some("*")) => Ok(0),
        (Some(tag), None) => {
            let version = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).and_then(|tag| tag.parse().ok());
            version
                .filter(|version| *version > 0)
                .ok_or_else(|| Problem::new(Code::EditedMeanwhile, "If-Match names no version of this draft"))
        }
        _ => Err(Problem::new(Code::PreconditionMissing, "send If-Match with the draft's ETag, or If-None-Match: * for a new draft")),
    }
}

fn body(draft: Kept) -> Draft {
    Draft { name: draft.name, version: draft.version, written: draft.written, by: draft.by, at: draft.at }
}
