//! A request that arrives twice has one effect, and the second arrival gets the first answer.
//!
//! The key is the client's, the hash is over everything that makes the request what it is. An answer is kept with the
//! records, so it is there after a restart. A request that died before its answer was kept is carried out again: every
//! use case either is the same when repeated or answers that it has happened.

use crate::guard::Asker;
use crate::problem::{Answer, Code, Problem};
use crate::state::Host;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Response as HttpResponse, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use jorei_domain::id::{Digest, Municipality};
use jorei_service::payees::AccountVault;
use jorei_store::requests::{Answer as Kept, Claim, Request as Claimed};
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// The header with the client's key.
pub const KEY: &str = "Idempotency-Key";
/// Says that an answer is the one of an earlier arrival.
const REPEATED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Longest answer that is kept, in bytes. Changing requests answer with ids and states.
const ANSWER_MAX: usize = 1024 * 1024;

/// Who sent it, and their key.
type Key = (Municipality, String, String);

/// Keys of requests that are being worked on in this process.
#[derive(Default)]
pub struct UnderWay(Mutex<HashSet<Key>>);

/// A key that is being worked on, until it is dropped.
struct Held<'h> {
    among: &'h UnderWay,
    key: Key,
}

impl UnderWay {
    fn hold(&self, key: Key) -> Option<Held<'_>> {
        let new = self.keys().insert(key.clone());
        // Made only where the key is new: one that is dropped at once would let go of the key of whoever holds it.
        new.then(|| Held { among: self, key })
    }

    fn keys(&self) -> std::sync::MutexGuard<'_, HashSet<Key>> {
        // Single calls write the set, so it is whole even after a panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.among.keys().remove(&self.key);
    }
}

/// Carries a request out once.
pub async fn once(host: &Host, asker: &Asker, request: Request, body: Bytes, next: Next) -> Response {
    match try_once(host, asker, request, body, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn try_once(host: &Host, asker: &Asker, request: Request, body: Bytes, next: Next) -> Answer<Response> {
    let key = key(&request)?;
    let (office, account) = (asker.office(), asker.caller.account.clone());
    let hash = hash(host.accounts.as_ref(), &request, &body);
    let under_way = || Problem::new(Code::UnderWay, "a request with this idempotency key is being worked on");
    let _held = host.under_way.hold((office, account.clone(), key.clone())).ok_or_else(under_way)?;
    let claimed = Claimed { account: &account, key: &key, hash };
    match host.store.claim_request(office, claimed, asker.moment.seconds).await? {
        Claim::New | Claim::SameUnanswered => {}
        Claim::SameAnswered(answer) => {
            asker.told_again(host).await?;
            return Ok(repeat(answer));
        }
        Claim::Different => {
            return Err(Problem::new(Code::KeyReused, "this idempotency key came before with another request; make a new key"));
        }
    }
    let (parts, body) = next.run(request).await.into_parts();
    let bytes = to_bytes(body, ANSWER_MAX).await.map_err(|_| Problem::new(Code::Fault, "the answer could not be kept"))?;
    // A fault may be tried again under the same key; so may what was only busy.
    if !parts.status.is_server_error() {
        let text = |name: HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let answer = Kept {
            status: parts.status.as_u16(),
            content_type: text(header::CONTENT_TYPE).unwrap_or_default(),
            headers: text(header::LOCATION).unwrap_or_default(),
            body: bytes.to_vec(),
        };
        host.store.answer_request(office, claimed, &answer, asker.moment.seconds).await?;
    }
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

fn key(request: &Request) -> Answer<String> {
    let key = crate::extract::only(request.headers(), KEY).unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !(8..=64).contains(&key.len()) || !key.bytes().all(plain) {
        return Err(Problem::invalid(format!(
            "{KEY}: send 8 to 64 letters, digits, `-` or `_`, new for each thing that is to happen once"
        )));
    }
    Ok(key.to_owned())
}

/// Method, address, purpose and body. Under the vault's key where there is one: a body may be an account or a personal number,
/// and its bare digest would give it away to whoever tries them all. Without the vault no request with one is carried out.
fn hash(vault: Option<&AccountVault>, request: &Request, body: &[u8]) -> Digest {
    let mut bytes = Vec::with_capacity(body.len() + 256);
    let header = |name: &str| request.headers().get(name).map_or(&b""[..], HeaderValue::as_bytes);
    let address = request.uri().path_and_query().map_or("", |address| address.as_str());
    let parts = [request.method().as_str().as_bytes(), address.as_bytes(), header(crate::guard::AFFAIR), header(crate::guard::CASE), body];
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    vault.map_or_else(|| Digest::of(&bytes), |vault| vault.mark(&bytes))
}

fn repeat(answer: Kept) -> Response {
    let mut response =
        HttpResponse::builder().status(answer.status).header(header::CONTENT_TYPE, answer.content_type).header(REPEATED, "true");
    // The one header that is kept: where what was made lies.
    if !answer.headers.is_empty() {
        response = response.header(header::LOCATION, answer.headers);
    }
    response.body(Body::from(answer.body)).unwrap_or_else(|_| Problem::new(Code::Fault, "the kept answer cannot be read").into_response())
}
