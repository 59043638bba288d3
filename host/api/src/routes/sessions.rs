//! Sessions: who asks, proven once, for some hours.

use crate::extract::{Json, Last, Params};
use crate::guard::Asker;
use crate::problem::{Answer, Code, Problem};
use crate::state::Shared;
use crate::telemetry::SessionEvent;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::Redirect;
use jorei_domain::id::Municipality;
use jorei_service::sessions::{self as service, Method, Opened};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The cookie that ties a log-in to its browser.
const COOKIE: &str = "jorei-login";
/// Where the single sign-on sends people back.
const RETURN: &str = "/v1/sessions/openid";

/// Proof of an account: a password, or a signature by the account's key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogIn {
    /// The account.
    #[schema(max_length = 64, example = "tanaka")]
    account: String,
    /// Its password, for people.
    #[schema(max_length = 128)]
    password: Option<String>,
    /// The text that was signed, for services (`jorei key session` makes both).
    #[schema(max_length = 1000)]
    challenge: Option<String>,
    /// The signature over it, by the account's key.
    #[schema(max_length = 1000)]
    signature: Option<String>,
}

/// A session that was opened.
#[derive(Serialize, ToSchema)]
pub struct Session {
    /// Send it as `Authorization: Bearer …`. It is told once.
    token: String,
    /// The account.
    account: String,
    /// What it may do.
    roles: Vec<&'static str>,
    /// Whose rules it sees.
    vendor: Option<String>,
    /// When it ends, in seconds since 1970-01-01T00:00:00Z.
    expires: i64,
}

/// Who asks.
#[derive(Serialize, ToSchema)]
pub struct Own {
    /// The office.
    municipality: String,
    /// The account.
    account: String,
    /// What it may do.
    roles: Vec<&'static str>,
    /// Its roles as officials call them, with the department.
    roles_ja: Vec<String>,
    /// Whose rules it sees.
    vendor: Option<String>,
}

/// What the provider sends back.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Returned {
    /// The code to be exchanged.
    #[param(max_length = 2000)]
    code: Option<String>,
    /// What ties it to the start.
    #[param(max_length = 500)]
    state: Option<String>,
    /// Why not.
    #[param(max_length = 200)]
    error: Option<String>,
}

/// Open a session.
///
/// With a password, for people; or with a signature over a fresh challenge, for services.
#[utoipa::path(post, path = "/v1/offices/{municipality}/sessions", tag = "sessions", request_body = LogIn,
    params(("municipality" = String, Path, description = "Code of the office, as 012041")),
    responses((status = 201, description = "The session", body = Session)))]
pub async fn open(
    State(host): State<Shared>,
    Last(code): Last<String>,
    Json(proof): Json<LogIn>,
) -> Answer<(StatusCode, axum::Json<Session>)> {
    let office = office(&code)?;
    let moment = (host.clock)();
    let opened = match (proof.password, proof.challenge, proof.signature) {
        (Some(password), None, None) => service::log_in(&host.store, office, &proof.account, &password, &moment).await,
        (None, Some(challenge), Some(signature)) => {
            service::log_in_with_key(&host.store, office, &proof.account, &challenge, &signature, &moment).await
        }
        _ => return Err(Problem::invalid("give either password, or challenge and signature")),
    };
    tell(&host, opened, moment.seconds)
}

/// Log in through the city's single sign-on.
///
/// Sends the browser to the provider, which sends it back to `/v1/sessions/openid`.
#[utoipa::path(get, path = "/v1/offices/{municipality}/sessions/openid", tag = "sessions",
    params(("municipality" = String, Path, description = "Code of the office, as 012041")),
    responses((status = 303, description = "To the provider")))]
pub async fn openid(State(host): State<Shared>, Last(code): Last<String>) -> Answer<([(HeaderName, String); 1], Redirect)> {
    let office = office(&code)?;
    let openid = host.openid.as_ref().ok_or_else(|| Problem::not_found("no single sign-on is configured here"))?;
    let start = openid.start(office).await?;
    // The browser that comes back must be the one that went, and not one that follows somebody else's link.
    let cookie = format!(
        "{COOKIE}={}; HttpOnly; SameSite=Lax; Path={RETURN}; Max-Age=600{}",
        start.state,
        if openid.returns_over_tls() { "; Secure" } else { "" }
    );
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(start.url.as_str())))
}

/// Come back from the single sign-on.
#[utoipa::path(get, path = "/v1/sessions/openid", tag = "sessions", params(Returned),
    responses((status = 201, description = "The session", body = Session)))]
pub async fn openid_returned(
    State(host): State<Shared>,
    headers: HeaderMap,
    Params(returned): Params<Returned>,
) -> Answer<(StatusCode, axum::Json<Session>)> {
    let openid = host.openid.as_ref().ok_or_else(|| Problem::not_found("no single sign-on is configured here"))?;
    let (Some(code), Some(state), None) = (returned.code, returned.state, returned.error) else {
        return Err(Problem::new(Code::LogInRefused, "the single sign-on did not log anybody in"));
    };
    if !carries(&headers, &state) {
        return Err(Problem::new(Code::LogInRefused, "this browser began no log-in; begin again"));
    }
    let moment = (host.clock)();
    let (office, subject) = openid.finish(&code, &state).await?;
    let account = jorei_service::access::account_of_subject(&host.store, office, &subject.subject).await?;
    let account = account.ok_or_else(|| Problem::new(Code::LogInRefused, "no account of this office has that subject"))?;
    tell(&host, service::begin(&host.store, office, &account, Method::OpenId, &moment).await, moment.seconds)
}

/// See who asks.
#[utoipa::path(get, path = "/v1/offices/{municipality}/sessions/current", tag = "sessions",
    responses((status = 200, description = "The account", body = Own)))]
pub async fn show(asker: Asker) -> axum::Json<Own> {
    let service::Caller { municipality, account, roles, vendor, .. } = asker.caller;
    let ja = |role: &jorei_domain::role::Role| format!("{} {}", role.department().ja(), role.ja());
    let roles_ja = roles.iter().map(ja).collect();
    axum::Json(Own {
        municipality: municipality.to_string(),
        account,
        roles: roles.iter().map(|role| role.word()).collect(),
        roles_ja,
        vendor,
    })
}

/// End the session.
#[utoipa::path(delete, path = "/v1/offices/{municipality}/sessions/current", tag = "sessions",
    responses((status = 204, description = "It has ended")))]
pub async fn end(State(host): State<Shared>, asker: Asker, headers: HeaderMap) -> Answer<StatusCode> {
    let token = crate::guard::bearer(&headers)?;
    service::end(&host.store, asker.office(), token, &asker.moment).await?;
    host.telemetry.session(SessionEvent::Ended);
    Ok(StatusCode::NO_CONTENT)
}

/// Does the browser carry the state that it began with?
fn carries(headers: &HeaderMap, state: &str) -> bool {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
    cookies.flat_map(|cookies| cookies.split(';')).any(|cookie| cookie.trim().split_once('=') == Some((COOKIE, state)))
}

fn office(code: &str) -> Answer<Municipality> {
    Municipality::parse(code).map_err(|_| Problem::not_found("no office has this code"))
}

fn tell(host: &Shared, opened: Result<Opened, service::SessionError>, now_seconds: i64) -> Answer<(StatusCode, axum::Json<Session>)> {
    match opened {
        Ok(opened) => {
            host.telemetry.session(SessionEvent::Opened);
            let Opened { token, account, roles, vendor, expires_seconds } = opened;
            let roles = roles.iter().map(|role| role.word()).collect();
            Ok((
                StatusCode::CREATED,
                axum::Json(Session { token: token.as_str().to_owned(), account, roles, vendor, expires: expires_seconds }),
            ))
        }
        Err(service::SessionError::Locked { until_seconds }) => {
            host.telemetry.session(SessionEvent::Locked);
            // The header counts from now; a clock of the client's own would be a second truth.
            let wait = until_seconds.saturating_sub(now_seconds);
            Err(Problem { retry_after: Some(wait), ..service::SessionError::Locked { until_seconds }.into() })
        }
        Err(error) => {
            host.telemetry.session(SessionEvent::Refused);
            Err(error.into())
        }
    }
}
