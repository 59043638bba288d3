//! Who is logged in, until when, and how often a password was tried.
//!
//! Absent here: passwords, tokens (their digests only), who may do what, a clock.

use crate::audit::{self, Record, append_record};
use crate::{Result, Store, StoreError, digest};
use jorei_domain::audit::Stamp;
use jorei_domain::id::{Digest, Municipality};
use sqlx::Row as _;
use sqlx::any::AnyRow;

/// By what somebody logged in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Method {
    /// The account's password.
    Password,
    /// A signature of the account's key.
    Key,
    /// The city's single sign-on.
    OpenId,
}

impl Method {
    /// password, key or openid; permanent.
    pub const fn word(self) -> &'static str {
        match self {
            Method::Password => "password",
            Method::Key => "key",
            Method::OpenId => "openid",
        }
    }
}

/// A session as it was opened.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Session {
    /// The digest of the token that proves it.
    pub token: Digest,
    /// Whose.
    pub account: String,
    /// By what.
    pub method: Method,
    /// A word that opens one session of the account and no second one.
    pub nonce: Option<String>,
    /// When it was opened, in Unix seconds.
    pub at_seconds: i64,
    /// The first second at which it is good no more.
    pub expires_seconds: i64,
}

/// What became of a password that was given.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// Counted, before it was looked at.
    Tried,
    /// The one counted last was right; those before count no more.
    Good,
    /// Too many were tried.
    Locked,
}

impl Outcome {
    /// tried, good or locked; permanent.
    pub const fn word(self) -> &'static str {
        match self {
            Outcome::Tried => "tried",
            Outcome::Good => "good",
            Outcome::Locked => "locked",
        }
    }
}

/// How many passwords may be tried in which time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Lockout {
    /// So many tries that were not right lock; 1 or more.
    pub tries: i64,
    /// If they lie within so many seconds, for as long behind the last of them.
    pub seconds: i64,
}

/// May a password be looked at?
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Try {
    /// It may, and is counted.
    Counted,
    /// It may not before this second.
    Locked {
        /// Unix time.
        until_seconds: i64,
    },
}

const SAVE: &str = "INSERT INTO session (municipality, token, account, method, nonce, at_seconds, expires_seconds, at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (municipality, account, nonce) DO NOTHING";
/// The session, and 1 behind it once it has ended.
const SESSION: &str = "SELECT s.token, s.account, s.method, s.nonce, s.at_seconds, s.expires_seconds, \
     (SELECT COUNT(*) FROM session_end e WHERE e.municipality = s.municipality AND e.token = s.token) \
     FROM session s WHERE s.municipality = $1 AND s.token = $2";
const END: &str = "INSERT INTO session_end (municipality, token, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
const SAVE_ATTEMPT: &str =
    "INSERT INTO login_attempt (municipality, account, ordinal, outcome, at_seconds, at) VALUES ($1, $2, $3, $4, $5, $6)";
const LAST_ATTEMPT: &str = "SELECT ordinal, outcome FROM login_attempt WHERE municipality = $1 AND account = $2 \
     ORDER BY ordinal DESC LIMIT 1";
/// The tries since the last right one, the newest first.
const TRIES: &str = "SELECT at_seconds FROM login_attempt WHERE municipality = $1 AND account = $2 AND outcome = 'tried' \
     AND ordinal > (SELECT COALESCE(MAX(g.ordinal), 0) FROM login_attempt g \
         WHERE g.municipality = $1 AND g.account = $2 AND g.outcome = 'good') \
     ORDER BY ordinal DESC LIMIT $3";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] = &[SAVE, SESSION, END, SAVE_ATTEMPT, LAST_ATTEMPT, TRIES];

impl Store {
    /// Keeps a session. Answers false, and keeps nothing, if its nonce opened one of the account
    /// before.
    ///
    /// # Errors
    /// [`StoreError::Database`], also for a token that is there already.
    pub async fn save_session(&self, municipality: Municipality, session: &Session, stamp: &Stamp) -> Result<bool> {
        let mut transaction = self.writing().await?;
        let query = sqlx::query(SAVE)
            .bind(municipality.number())
            .bind(&session.token.0[..])
            .bind(session.account.as_str())
            .bind(session.method.word())
            .bind(session.nonce.as_deref())
            .bind(session.at_seconds)
            .bind(session.expires_seconds)
            .bind(stamp.at.as_str());
        if query.execute(&mut *transaction).await?.rows_affected() == 0 {
            return Ok(false);
        }
        append_record(&mut transaction, municipality, stamp, Record::Session(session.token)).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// A session by the digest of its token, expired or not; none if there is none or it was ended.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn session(&self, municipality: Municipality, token: Digest) -> Result<Option<Session>> {
        let row = sqlx::query(SESSION).bind(municipality.number()).bind(&token.0[..]).fetch_optional(&self.pool).await?;
        match row {
            Some(row) if row.try_get::<i64, _>(6)? == 0 => Ok(Some(read(&row)?)),
            _ => Ok(None),
        }
    }

    /// Ends a session. One that was ended already stays as it is.
    ///
    /// # Errors
    /// [`StoreError::Database`], also for a session that is not there.
    pub async fn end_session(&self, municipality: Municipality, token: Digest, stamp: &Stamp) -> Result<()> {
        let mut transaction = self.writing().await?;
        let query = sqlx::query(END).bind(municipality.number()).bind(&token.0[..]).bind(stamp.at.as_str());
        if query.execute(&mut *transaction).await?.rows_affected() > 0 {
            append_record(&mut transaction, municipality, stamp, Record::SessionEnd(token)).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Counts a password that is about to be looked at, or says that too many were. Of calls that
    /// race each counts, so no more than `lockout.tries` are ever looked at within its seconds. That
    /// the account is locked is entered once, not per call: whoever hammers must not fill the chain.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn count_try(&self, municipality: Municipality, account: &str, seconds: i64, lockout: Lockout, stamp: &Stamp) -> Result<Try> {
        let mut transaction = self.writing().await?;
        audit::lock(&mut transaction, municipality).await?;
        let query = sqlx::query(TRIES).bind(municipality.number()).bind(account).bind(lockout.tries);
        let rows = query.fetch_all(&mut *transaction).await?;
        let tries = rows.iter().map(|row| row.try_get(0)).collect::<std::result::Result<Vec<i64>, _>>()?;
        let (ordinal, last) =
            match sqlx::query(LAST_ATTEMPT).bind(municipality.number()).bind(account).fetch_optional(&mut *transaction).await? {
                Some(row) => (row.try_get::<i64, _>(0)?, row.try_get(1)?),
                None => (0, String::new()),
            };
        let locked = locked_until(&tries, lockout).filter(|until| seconds < *until);
        let outcome = if locked.is_some() { Outcome::Locked } else { Outcome::Tried };
        if locked.is_none() || last != Outcome::Locked.word() {
            let (number, at) = (municipality.number(), stamp.at.as_str());
            let query = sqlx::query(SAVE_ATTEMPT).bind(number).bind(account).bind(ordinal + 1);
            query.bind(outcome.word()).bind(seconds).bind(at).execute(&mut *transaction).await?;
            append_record(&mut transaction, municipality, stamp, Record::Attempt(outcome, ordinal + 1, account)).await?;
        }
        transaction.commit().await?;
        Ok(locked.map_or(Try::Counted, |until_seconds| Try::Locked { until_seconds }))
    }

    /// Notes that the password counted last was right: the tries up to here count no more.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn note_good_try(&self, municipality: Municipality, account: &str, seconds: i64, stamp: &Stamp) -> Result<()> {
        let mut transaction = self.writing().await?;
        audit::lock(&mut transaction, municipality).await?;
        let last = sqlx::query(LAST_ATTEMPT).bind(municipality.number()).bind(account).fetch_optional(&mut *transaction).await?;
        let ordinal: i64 = last.map_or(Ok(0), |row| row.try_get(0))? + 1;
        let query = sqlx::query(SAVE_ATTEMPT).bind(municipality.number()).bind(account).bind(ordinal);
        query.bind(Outcome::Good.word()).bind(seconds).bind(stamp.at.as_str()).execute(&mut *transaction).await?;
        append_record(&mut transaction, municipality, stamp, Record::Attempt(Outcome::Good, ordinal, account)).await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// Until when tries, the newest first, lock; none if they are too few or too far apart.
fn locked_until(tries: &[i64], Lockout { tries: many, seconds }: Lockout) -> Option<i64> {
    let many = usize::try_from(many).ok()?;
    let (newest, oldest) = (tries.first()?, tries.get(many.checked_sub(1)?)?);
    (newest - oldest < seconds).then_some(newest + seconds)
}

fn read(row: &AnyRow) -> Result<Session> {
    let method = match row.try_get(2)? {
        "password" => Method::Password,
        "key" => Method::Key,
        "openid" => Method::OpenId,
        other => return Err(StoreError::Damaged(format!("a session by {other:?}"))),
    };
    Ok(Session {
        token: digest(row, 0)?,
        account: row.try_get(1)?,
        method,
        nonce: row.try_get(3)?,
        at_seconds: row.try_get(4)?,
        expires_seconds: row.try_get(5)?,
    })
}
