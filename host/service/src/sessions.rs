//! Sessions: who is behind a token, by what they logged in, and what they may do at this moment.
//!
//! A token is drawn at random and told once; the store has its digest. Everything else is read anew
//! each time, so that an account that ended and a role that was taken away count at once. A session
//! signs nothing: acts need a signature of their own.
//!
//! Failed log-ins by key are not entered in the chain: nobody guesses a signature, and whoever sends
//! nonsense must not fill it. Absent here: cookies and headers, what a role allows.

use crate::access::roles;
use crate::officer::{Moment, good_account};
use crate::passwords::{self, PasswordError};
use crate::randomness::{NoRandomness, base64url, bytes};
use ct_codecs::{Base64UrlSafeNoPadding, Decoder as _};
use jiff::Timestamp;
use jorei_domain::act::Change;
use jorei_domain::audit::Stamp;
use jorei_domain::id::{Digest, Municipality};
use jorei_domain::role::Role;
use jorei_package::signing::{PublicKey, Purpose, SecretKey, SignatureError, sign, verify};
pub use jorei_store::sessions::Method;
use jorei_store::sessions::{Lockout, Session, Try};
use jorei_store::{Store, StoreError};
use std::fmt;

/// How long a session is good, whatever is done in it: a day at work.
pub const SESSION_SECONDS: i64 = 8 * 60 * 60;

/// Five wrong passwords within a quarter of an hour lock for a quarter of an hour.
pub const LOCKOUT: Lockout = Lockout { tries: 5, seconds: 15 * 60 };

/// How far a challenge may lie from the moment at which it comes, either way.
pub const CHALLENGE_SECONDS: i64 = 120;

/// Characters of a nonce: 128 bits at least.
const NONCE_CHARACTERS: std::ops::RangeInclusive<usize> = 22..=64;

/// Bytes of a token.
const TOKEN_BYTES: usize = 32;

/// In whose name log-ins are entered that nobody has proven yet.
const LOG_IN: &str = "jorei log-in";

/// The secret that proves a session: 43 characters of base64url. Printing it for engineers shows
/// nothing.
#[derive(Clone, Eq, PartialEq)]
pub struct Token(String);

impl Token {
    /// The text, for whoever logged in and for nobody else.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn draw() -> Result<Token, NoRandomness> {
        Ok(Token(base64url(&bytes::<TOKEN_BYTES>()?)?))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// A session that was just opened.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Opened {
    /// What proves it; told here and never again.
    pub token: Token,
    /// Whose.
    pub account: String,
    /// What the account may do now.
    pub roles: Vec<Role>,
    /// Whose rules it sees, for the role of a vendor.
    pub vendor: Option<String>,
    /// The first second at which the session is good no more (Unix time).
    pub expires_seconds: i64,
}

/// Who calls.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Caller {
    /// Whose office.
    pub municipality: Municipality,
    /// The account.
    pub account: String,
    /// What it may do at this moment.
    pub roles: Vec<Role>,
    /// Whose rules it sees, for the role of a vendor.
    pub vendor: Option<String>,
    /// By what the session was opened.
    pub method: Method,
}

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The same for an unknown account, one that is not good today, one without a password, and a wrong
    /// password or signature: who is an account is nobody's to find out.
    #[error("the log-in is refused; check the name of the account, and what proves it")]
    Refused,
    /// Too many wrong passwords.
    #[error("too many wrong passwords; try again at {until_seconds} (Unix time), or log in by key")]
    Locked {
        /// The first second at which a password is looked at again.
        until_seconds: i64,
    },
    /// A challenge that its signer signed and that opens nothing.
    #[error("the challenge {wrong}; make a new one")]
    Challenge {
        /// What is wrong.
        wrong: &'static str,
    },
    /// No session is open by this token.
    #[error("no session is open by this token: it ended, expired or never was; log in again")]
    NoSession,
    /// A password that the account's key has not signed.
    #[error("the password of account {account} is not signed by its key; the records were edited, call the auditor")]
    Forged {
        /// The account.
        account: String,
    },
    /// The system cannot hash a password.
    #[error("the system cannot look at passwords now; try again")]
    CannotHash,
    /// No randomness.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Opens a session by a password. It is counted before it is looked at, so that guesses that race do
/// not slip past the limit.
///
/// # Errors
/// [`SessionError::Refused`], [`SessionError::Locked`], [`SessionError::Forged`]; or a fault.
pub async fn log_in(
    store: &Store,
    municipality: Municipality,
    account: &str,
    password: &str,
    moment: &Moment,
) -> Result<Opened, SessionError> {
    let stamp = moment.now.stamp(LOG_IN);
    // PostgreSQL takes no text with it, and would say so with a fault.
    let account = if account.contains('\0') { "" } else { account };
    // A name that is no account's is looked up and never kept: it may be a password in the wrong field.
    if let Some((_, Change::Account(_))) = store.state(municipality, "account", account).await? {
        match store.count_try(municipality, account, moment.seconds, LOCKOUT, &stamp).await? {
            Try::Locked { until_seconds } => return Err(SessionError::Locked { until_seconds }),
            Try::Counted => {}
        }
    }
    let known = good_account(store, municipality, account, moment.now.today).await?;
    let credential = store.credential(municipality, account).await?;
    let (hash, forged) = match (&known, credential) {
        (Some(known), Some(credential)) => {
            let forged = passwords::check(known, municipality, &credential).is_err();
            ((!forged).then_some(credential.hash), forged)
        }
        _ => (None, false),
    };
    let right = passwords::is_right(hash, password).await.map_err(|error| match error {
        PasswordError::Hash => StoreError::Damaged(format!("the password of account {account} is no hash")).into(),
        _ => SessionError::CannotHash,
    })?;
    if forged {
        return Err(SessionError::Forged { account: account.to_owned() });
    }
    if !right {
        return Err(SessionError::Refused);
    }
    store.note_good_try(municipality, account, moment.seconds, &stamp).await?;
    begin(store, municipality, account, Method::Password, moment).await
}

/// The text that is signed to log in by key: when, in RFC 3339, whole seconds, `Z`; and a word that is
/// used once, 22 to 64 characters of base64url ([`crate::randomness::nonce`]).
pub fn challenge(municipality: Municipality, account: &str, at: &str, nonce: &str) -> String {
    format!("jorei session 1\nmunicipality {municipality}\naccount {account}\nat {at}\nnonce {nonce}\n")
}

/// A signature over a [`challenge`].
///
/// # Errors
/// [`SignatureError::CannotSign`].
pub fn sign_challenge(key: &SecretKey, challenge: &str) -> Result<String, SignatureError> {
    sign(key, Purpose::Session, challenge.as_bytes())
}

/// Opens a session by a signature of the account's key over a [`challenge`], for programs that have a
/// key and no password. Good once, and within [`CHALLENGE_SECONDS`] of the moment.
///
/// # Errors
/// [`SessionError::Refused`] unless the account's key signed it; [`SessionError::Challenge`] if it did
/// and the challenge opens nothing; or a fault.
pub async fn log_in_with_key(
    store: &Store,
    municipality: Municipality,
    account: &str,
    challenge: &str,
    signature: &str,
    moment: &Moment,
) -> Result<Opened, SessionError> {
    let known = good_account(store, municipality, account, moment.now.today).await?.ok_or(SessionError::Refused)?;
    let key = PublicKey::parse(&known.key).map_err(|_| SessionError::Refused)?;
    verify(&key, Purpose::Session, challenge.as_bytes(), signature).map_err(|_| SessionError::Refused)?;
    let wrong = |wrong| SessionError::Challenge { wrong };
    let (at, nonce) = read_challenge(municipality, account, challenge).ok_or_else(|| wrong("is not the text that is asked for"))?;
    if at.abs_diff(moment.seconds) > CHALLENGE_SECONDS.unsigned_abs() {
        return Err(wrong("is not of this moment (two minutes either way; is the clock right?)"));
    }
    let opened = open(store, municipality, account, (Method::Key, Some(nonce)), moment).await?;
    opened.ok_or_else(|| wrong("was used before"))
}

/// Second and nonce of a challenge; none unless it is exactly what [`challenge`] writes.
fn read_challenge<'c>(municipality: Municipality, account: &str, text: &'c str) -> Option<(i64, &'c str)> {
    let mut lines = text.lines().skip(3);
    let (at, nonce) = (lines.next()?.strip_prefix("at ")?, lines.next()?.strip_prefix("nonce ")?);
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let instant: Timestamp = at.parse().ok()?;
    let good = challenge(municipality, account, at, nonce) == text
        && instant.subsec_nanosecond() == 0
        && instant.to_string() == at
        && NONCE_CHARACTERS.contains(&nonce.len())
        && nonce.bytes().all(letter);
    good.then_some((instant.as_second(), nonce))
}

/// Opens a session for an account that was proven by some method.
///
/// # Errors
/// [`SessionError::Refused`] unless the account is good today; or a fault.
pub async fn begin(
    store: &Store,
    municipality: Municipality,
    account: &str,
    method: Method,
    moment: &Moment,
) -> Result<Opened, SessionError> {
    open(store, municipality, account, (method, None), moment).await?.ok_or(SessionError::Refused)
}

/// Opens a session; none if its nonce was used before.
async fn open(
    store: &Store,
    municipality: Municipality,
    account: &str,
    (method, nonce): (Method, Option<&str>),
    moment: &Moment,
) -> Result<Option<Opened>, SessionError> {
    good_account(store, municipality, account, moment.now.today).await?.ok_or(SessionError::Refused)?;
    let (roles, vendor) = roles(store, municipality, account).await?;
    let token = Token::draw()?;
    let expires_seconds = moment.seconds.saturating_add(SESSION_SECONDS);
    let session = Session {
        token: digest(token.as_str()).ok_or(NoRandomness)?,
        account: account.to_owned(),
        method,
        nonce: nonce.map(str::to_owned),
        at_seconds: moment.seconds,
        expires_seconds,
    };
    let is_new = store.save_session(municipality, &session, &moment.now.stamp(account)).await?;
    Ok(is_new.then(|| Opened { token, account: account.to_owned(), roles, vendor, expires_seconds }))
}

/// Who is behind a token, with the roles of this moment.
///
/// # Errors
/// [`SessionError::NoSession`] if there is none, it ended or expired, or the account is not good today;
/// or a fault.
pub async fn resume(store: &Store, municipality: Municipality, token: &str, moment: &Moment) -> Result<Caller, SessionError> {
    let token = digest(token).ok_or(SessionError::NoSession)?;
    let session = store.session(municipality, token).await?.ok_or(SessionError::NoSession)?;
    if moment.seconds >= session.expires_seconds {
        return Err(SessionError::NoSession);
    }
    let account = session.account;
    good_account(store, municipality, &account, moment.now.today).await?.ok_or(SessionError::NoSession)?;
    let (roles, vendor) = roles(store, municipality, &account).await?;
    Ok(Caller { municipality, account, roles, vendor, method: session.method })
}

/// Ends a session, also an expired one.
///
/// # Errors
/// [`SessionError::NoSession`] if there is none, or it was ended before; or a fault.
pub async fn end(store: &Store, municipality: Municipality, token: &str, moment: &Moment) -> Result<(), SessionError> {
    let token = digest(token).ok_or(SessionError::NoSession)?;
    let session = store.session(municipality, token).await?.ok_or(SessionError::NoSession)?;
    let stamp = Stamp { by: session.account, at: moment.now.at.clone() };
    Ok(store.end_session(municipality, token, &stamp).await?)
}

/// The digest of a token's bytes; none for a text that is no token.
fn digest(token: &str) -> Option<Digest> {
    let mut bytes = [0; TOKEN_BYTES];
    let decoded = Base64UrlSafeNoPadding::decode(&mut bytes, token, None).ok()?;
    (decoded.len() == TOKEN_BYTES).then(|| Digest::of(decoded))
}
