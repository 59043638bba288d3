//! What stands before every handler: who asks, in which office, for what purpose, and may they.
//!
//! A handler is mounted under an [`Action`] only ([`crate::router`]), and what it needs to know of its asker comes out
//! of here. A look-up that is refused is recorded like one that is answered.

use crate::action::Action;
use crate::extract::only;
use crate::idempotency;
use crate::policy::{Asked, Principal};
use crate::problem::{Answer, Code, Problem};
use crate::state::{Host, Shared};
use crate::telemetry::Told;
use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::{FromRequestParts, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use jorei_domain::id::{HouseholdId, Municipality, PersonId};
use jorei_domain::purpose::{Affair, CaseReference, Purpose};
use jorei_domain::role::Role;
use jorei_service::lookups::Lookup;
use jorei_service::officer::Moment;
use jorei_service::sessions::{self, Caller, SessionError};
use std::time::Duration;

/// The header that states the affair.
pub const AFFAIR: &str = "Jorei-Affair";
/// The header that states the case.
pub const CASE: &str = "Jorei-Case";

/// Longest ordinance, in bytes.
const DRAFT_MAX: usize = 1024 * 1024;
/// Longest package, in bytes: a component with an interpreter inside has up to 18 MB.
const PACKAGE_MAX: usize = 32 * 1024 * 1024;
/// Longest set of files, or file of receipts, in bytes of its document: about a month of a city of 300,000; a year's comes in on
/// the machine.
const IMPORT_MAX: usize = 12 * 1024 * 1024;
/// A package or a set of files may take so long to arrive, and again to be tried or compared.
const PACKAGE_WAIT: Duration = Duration::from_secs(300);

/// An asker who may: what a handler knows of them.
#[derive(Clone, Debug)]
pub struct Asker {
    /// The account with its roles.
    pub caller: Caller,
    /// The action.
    pub action: Action,
    /// When the request came.
    pub moment: Moment,
    /// The client's key for what is to happen once; none where none is asked for.
    pub key: Option<String>,
    /// The purpose, where one was stated.
    purpose: Option<Purpose>,
    /// Whom the address names.
    addressed: (Vec<PersonId>, Vec<HouseholdId>),
}

impl Asker {
    /// The office.
    pub fn office(&self) -> Municipality {
        self.caller.municipality
    }

    /// For what it is asked.
    ///
    /// # Errors
    /// [`Code::NoPurpose`], where the action is no look-up and none was stated.
    pub fn purpose(&self) -> Answer<&Purpose> {
        self.purpose.as_ref().ok_or_else(no_purpose)
    }

    /// A stamp in the asker's name.
    pub fn stamp(&self) -> jorei_domain::audit::Stamp {
        self.moment.now.stamp(&self.caller.account)
    }

    /// May the same asker, under the same purpose and in one role that allows what they asked for, do something else
    /// as well? Two roles do not add up.
    pub fn may(&self, host: &Host, action: Action, vendor: Option<&str>) -> bool {
        let affair = self.purpose.as_ref().map(|purpose| purpose.affair);
        let (office, vendor_of) = (self.office(), self.caller.vendor.as_deref());
        let allows = |role: Role, action, vendor| {
            let principal = Principal { office, roles: &[role], vendor: vendor_of };
            host.policy.allows(&principal, &Asked { action, office, affair, vendor }).is_some()
        };
        self.caller.roles.iter().any(|role| allows(*role, self.action, None) && allows(*role, action, vendor))
    }

    /// The rules that the asker may see: those of one vendor, or all.
    pub fn sees_vendor(&self, host: &Host, vendor: &str) -> bool {
        self.may(host, self.action, Some(vendor))
    }

    /// Records what was looked up, before it is answered.
    ///
    /// # Errors
    /// Where it cannot be recorded: then nothing is answered.
    pub async fn looked_up(&self, host: &Host, persons: &[PersonId], households: &[HouseholdId]) -> Answer<()> {
        self.looked_up_as(host, self.action, persons, households).await
    }

    /// Records a look-up that shows more than its route does by itself: a masked address, incomes, a personal number.
    ///
    /// # Errors
    /// As [`Asker::looked_up`].
    pub async fn looked_up_as(&self, host: &Host, action: Action, persons: &[PersonId], households: &[HouseholdId]) -> Answer<()> {
        self.record(host, action, persons, households, None).await
    }

    /// Records the part of a look-up that was refused.
    ///
    /// # Errors
    /// Where it cannot be recorded.
    pub async fn refused(&self, host: &Host, action: Action, persons: &[PersonId]) -> Answer<()> {
        self.record(host, action, persons, &[], Some(Code::Forbidden)).await
    }

    /// Records that a kept answer was given again, to whom it was about as far as its address says.
    ///
    /// # Errors
    /// Where it cannot be recorded.
    pub async fn told_again(&self, host: &Host) -> Answer<()> {
        if !self.action.is_lookup() {
            return Ok(());
        }
        let (persons, households) = &self.addressed;
        self.looked_up(host, persons, households).await
    }

    async fn record(
        &self,
        host: &Host,
        action: Action,
        persons: &[PersonId],
        households: &[HouseholdId],
        refused: Option<Code>,
    ) -> Answer<()> {
        record(host, action, (self.office(), &self.caller.account), Some(self.purpose()?), (persons, households), refused, &self.moment)
            .await
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Asker {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Asker, Problem> {
        // Only the guard puts one there; a route without it has none, and answers nobody.
        parts.extensions.get::<Asker>().cloned().ok_or_else(|| Problem::new(Code::NoSession, "no session"))
    }
}

/// Lets a request through to its handler, or answers why not.
pub async fn guard(State((host, action)): State<(Shared, Action)>, request: Request, next: Next) -> Response {
    let mut office = None;
    let mut response = match admit(&host, action, request, &mut office).await {
        Ok((asker, request)) => run(&host, asker, request, next).await,
        Err(problem) => problem.into_response(),
    };
    let told = response.extensions().get::<Told>().cloned().unwrap_or_default();
    response.extensions_mut().insert(Told { municipality: office, ..told });
    response
}

async fn admit(host: &Host, action: Action, request: Request, told: &mut Option<Municipality>) -> Answer<(Asker, Request)> {
    let moment = (host.clock)();
    let (mut parts, body) = request.into_parts();
    let (office, numbers) = path(&mut parts).await?;
    let token = bearer(&parts.headers)?;
    let caller = match sessions::resume(&host.store, office, token, &moment).await {
        Ok(caller) => caller,
        Err(SessionError::NoSession) => return Err(stranger(host, action, office, token, &moment).await?),
        Err(error) => return Err(error.into()),
    };
    *told = Some(office);
    let purpose = if action.is_lookup() { Some(purpose(&parts.headers)) } else { None };
    let refused = match &purpose {
        Some(Err(problem)) => Some(problem.clone()),
        stated => {
            let affair = stated.as_ref().and_then(|purpose| purpose.as_ref().ok()).map(|purpose| purpose.affair);
            let asked = Asked { action, office, affair, vendor: None };
            let allowed = host.policy.allows(&principal(&caller), &asked).is_some();
            (!allowed).then(|| {
                let under = affair.map_or(String::new(), |affair| format!(" under the affair {}", affair.word()));
                Problem::new(Code::Forbidden, format!("no role of this account allows {}{under}", action.word()))
            })
        }
    };
    let purpose = purpose.and_then(Result::ok);
    if let Some(problem) = refused {
        if action.is_lookup() {
            let found = (numbers.0.as_slice(), numbers.1.as_slice());
            record(host, action, (office, &caller.account), purpose.as_ref(), found, Some(problem.code), &moment).await?;
        }
        return Err(problem);
    }
    let key = only(&parts.headers, idempotency::KEY).map(str::to_owned);
    Ok((Asker { caller, action, moment, key, purpose, addressed: numbers }, Request::from_parts(parts, body)))
}

/// Whose session it is, if not this office's: asking for another office's records is refused and stands in the chain
/// of the office that the account is of.
async fn stranger(host: &Host, action: Action, asked: Municipality, token: &str, moment: &Moment) -> Answer<Problem> {
    for office in host.store.municipalities().await? {
        let Ok(caller) = sessions::resume(&host.store, office, token, moment).await else { continue };
        if action.is_lookup() && office != asked {
            record(host, action, (office, &caller.account), None, (&[], &[]), Some(Code::AnotherOffice), moment).await?;
        }
        return Ok(Problem::new(Code::AnotherOffice, "the session belongs to another municipality"));
    }
    Ok(SessionError::NoSession.into())
}

async fn run(host: &Host, asker: Asker, request: Request, next: Next) -> Response {
    let action = asker.action;
    let (mut parts, body) = request.into_parts();
    let body = match arrived(host, &parts.method, action, body).await {
        Ok(body) => body,
        Err(problem) => return problem.into_response(),
    };
    parts.extensions.insert(asker.clone());
    let answer = async {
        let once = action.mutates() && parts.method == Method::POST;
        let request = Request::from_parts(parts, Body::from(body.clone()));
        if once { idempotency::once(host, &asker, request, body, next).await } else { next.run(request).await }
    };
    let wait = if is_large(action) { PACKAGE_WAIT } else { host.limits.request };
    match tokio::time::timeout(wait, answer).await {
        Ok(response) => response,
        Err(_) => Problem::new(Code::Slow, "the answer took too long; nothing of it is half done").into_response(),
    }
}

/// Writes a look-up into the chain, with its alarms.
async fn record(
    host: &Host,
    action: Action,
    (office, account): (Municipality, &str),
    purpose: Option<&Purpose>,
    (persons, households): (&[PersonId], &[HouseholdId]),
    refused: Option<Code>,
    moment: &Moment,
) -> Answer<()> {
    let lookup = Lookup { what: action.word(), purpose, persons, households, files: action.files(), refused: refused.map(Code::word) };
    let alarm = jorei_service::lookups::record(&host.store, office, &lookup, &moment.now, account).await?;
    // One without a purpose counts, too: it is the crudest way to probe.
    let affair = purpose.map(|purpose| purpose.affair);
    host.telemetry.looked_up(office, affair);
    if alarm {
        host.telemetry.alarm(office, affair);
    }
    Ok(())
}

/// The whole body, within bounds of size and time.
async fn arrived(host: &Host, method: &Method, action: Action, body: Body) -> Answer<Bytes> {
    if matches!(*method, Method::GET | Method::HEAD | Method::DELETE) {
        return Ok(Bytes::new());
    }
    let longest = match action {
        Action::RulesAdd => PACKAGE_MAX,
        Action::DraftsSave => DRAFT_MAX,
        Action::ImportsApply | Action::ReceiptsTake | Action::PaymentsPrepare | Action::PaymentsResults => IMPORT_MAX,
        _ => host.limits.body_bytes,
    };
    let wait = if is_large(action) { PACKAGE_WAIT } else { host.limits.body };
    body_within(body, longest, wait).await
}

/// Is a body of megabytes part of the action?
fn is_large(action: Action) -> bool {
    matches!(action, Action::RulesAdd | Action::ImportsApply | Action::ReceiptsTake | Action::PaymentsPrepare | Action::PaymentsResults)
}

/// A body of at most so many bytes, which arrives in time.
///
/// # Errors
/// [`Code::TooLarge`], [`Code::Slow`], [`Code::Malformed`] for one that breaks off.
pub async fn body_within(body: Body, longest: usize, wait: Duration) -> Answer<Bytes> {
    let too_large = || Problem::new(Code::TooLarge, format!("the body is longer than {longest} bytes"));
    // One that says so in its head is not waited for.
    if HttpBody::size_hint(&body).lower() > longest as u64 {
        return Err(too_large());
    }
    let read = tokio::time::timeout(wait, to_bytes(body, longest)).await;
    let read = read.map_err(|_| Problem::new(Code::Slow, format!("the body did not arrive within {} seconds", wait.as_secs())))?;
    read.map_err(|error| {
        if std::error::Error::source(&error).is_some_and(|source| source.to_string().contains("length limit")) {
            return too_large();
        }
        Problem::new(Code::Malformed, "the body did not arrive whole")
    })
}

/// The office in a path, and the persons and households.
async fn path(parts: &mut Parts) -> Answer<(Municipality, (Vec<PersonId>, Vec<HouseholdId>))> {
    let nothing = || Problem::not_found("no office has this code");
    let params = RawPathParams::from_request_parts(parts, &()).await.map_err(|_| nothing())?;
    let (mut office, mut persons, mut households) = (None, Vec::new(), Vec::new());
    for (name, value) in &params {
        match name {
            "municipality" => office = Municipality::parse(value).ok(),
            "person" => persons.extend(value.parse().ok().map(PersonId)),
            "household" => households.extend(value.parse().ok().map(HouseholdId)),
            _ => {}
        }
    }
    Ok((office.ok_or_else(nothing)?, (persons, households)))
}

/// The token that a request carries.
///
/// # Errors
/// [`Code::NoSession`].
pub fn bearer(headers: &HeaderMap) -> Answer<&str> {
    let missing = || Problem::new(Code::NoSession, "send the header Authorization: Bearer TOKEN (POST …/sessions gives a token)");
    let value = only(headers, header::AUTHORIZATION.as_str()).ok_or_else(missing)?;
    let (scheme, token) = value.split_once(' ').ok_or_else(missing)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token.trim()) } else { Err(missing()) }
}

fn purpose(headers: &HeaderMap) -> Answer<Purpose> {
    let affair = only(headers, AFFAIR).and_then(Affair::named).ok_or_else(no_purpose)?;
    let case = only(headers, CASE).and_then(|case| CaseReference::parse(case).ok()).ok_or_else(no_purpose)?;
    Ok(Purpose { affair, case })
}

fn no_purpose() -> Problem {
    let affairs: Vec<&str> = Affair::ALL.into_iter().map(Affair::word).collect();
    Problem::new(
        Code::NoPurpose,
        format!(
            "a look-up of a person states its affair ({AFFAIR}: one of {}) and its case ({CASE}: 1 to 40 letters, digits or `-`, never ten digits in a row)",
            affairs.join(", ")
        ),
    )
}

fn principal(caller: &Caller) -> Principal<'_> {
    Principal { office: caller.municipality, roles: &caller.roles, vendor: caller.vendor.as_deref() }
}
