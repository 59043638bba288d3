//! Requests that may come twice: what was asked under a key, and what was answered.
//!
//! They serve the running of the service and are no records of the office: the chain has no entry of
//! them. Absent here: what a request means, and how long it is worth remembering.

use crate::{Result, Store, StoreError, digest};
use jorei_domain::id::{Digest, Municipality};
use sqlx::Row as _;

/// A request: whose, under which key, and what it asks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Request<'r> {
    /// The account that sends it.
    pub account: &'r str,
    /// The key that its sender gave it; two accounts may give the same one.
    pub key: &'r str,
    /// Hash of everything that it asks.
    pub hash: Digest,
}

/// What a request was answered.
#[derive(Clone, Eq, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body's type.
    pub content_type: String,
    /// Further headers, in the writing of whoever keeps them.
    pub headers: String,
    /// The body.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Answer {
    /// Without the body: it may speak of people.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Answer({} {}, {} bytes)", self.status, self.content_type, self.body.len())
    }
}

/// What there is of a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Claim {
    /// Nothing: whoever asked is to do it now. Of several that race only one hears this.
    New,
    /// It came before and has no answer: it is under way, or what did it stopped.
    SameUnanswered,
    /// It came before and was answered so.
    SameAnswered(Answer),
    /// The key was given to another request.
    Different,
}

const CLAIM: &str = "INSERT INTO request (municipality, account, key, hash, at_seconds) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
const REQUEST: &str = "SELECT r.hash, a.status, a.content_type, a.headers, a.body FROM request r LEFT JOIN request_answer a \
     ON a.municipality = r.municipality AND a.account = r.account AND a.key = r.key \
     WHERE r.municipality = $1 AND r.account = $2 AND r.key = $3";
const ANSWER: &str = "INSERT INTO request_answer (municipality, account, key, status, content_type, headers, body, at_seconds) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] = &[CLAIM, REQUEST, ANSWER];

impl Store {
    /// Claims a request, at a moment in Unix seconds.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn claim_request(&self, municipality: Municipality, request: Request<'_>, at_seconds: i64) -> Result<Claim> {
        let Request { account, key, hash } = request;
        let query = sqlx::query(CLAIM).bind(municipality.number()).bind(account).bind(key).bind(&hash.0[..]).bind(at_seconds);
        if query.execute(&self.pool).await?.rows_affected() > 0 {
            return Ok(Claim::New);
        }
        let row = sqlx::query(REQUEST).bind(municipality.number()).bind(account).bind(key).fetch_one(&self.pool).await?;
        if digest(&row, 0)? != hash {
            return Ok(Claim::Different);
        }
        let Some(status) = row.try_get::<Option<i64>, _>(1)? else { return Ok(Claim::SameUnanswered) };
        let status = u16::try_from(status).map_err(|_| StoreError::Damaged(format!("{status} is no HTTP status")))?;
        Ok(Claim::SameAnswered(Answer { status, content_type: row.try_get(2)?, headers: row.try_get(3)?, body: row.try_get(4)? }))
    }

    /// Keeps the answer to a request that was claimed. The first answer stays.
    ///
    /// # Errors
    /// [`StoreError::Database`], also for a request that nobody claimed.
    pub async fn answer_request(&self, municipality: Municipality, request: Request<'_>, answer: &Answer, at_seconds: i64) -> Result<()> {
        sqlx::query(ANSWER)
            .bind(municipality.number())
            .bind(request.account)
            .bind(request.key)
            .bind(i64::from(answer.status))
            .bind(answer.content_type.as_str())
            .bind(answer.headers.as_str())
            .bind(answer.body.as_slice())
            .bind(at_seconds)
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}
