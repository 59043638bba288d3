//! The client: one request, one answer or one error that says whether trying again makes sense.
//!
//! Absent here: a second try, a memory of what was asked, a clock, a proxy, a redirect (it would carry the token elsewhere).

use crate::answer::{Answer, Instant};
use crate::query::{Query, QueryId};
use crate::wire;
use reqwest::{Certificate, Client, Response, StatusCode, Url};
use std::error::Error;
use std::fmt;
use std::time::Duration;

/// Bytes of one answer of the server that are read; a longer one is refused before it fills the memory.
pub const ANSWER_BYTES: usize = 8 << 20;

/// Bytes of a problem that are read.
const PROBLEM_BYTES: usize = 16 << 10;

/// The secret by which the server knows the city. No `Debug` shows it.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// Reads 16 to 512 visible ASCII characters; white space around them, as a file's last line end, is dropped.
    ///
    /// # Errors
    /// [`SettingsError::Token`].
    pub fn parse(text: &str) -> Result<Token, SettingsError> {
        let text = text.trim();
        if (16..=512).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Token(text.to_owned()))
        } else {
            Err(SettingsError::Token)
        }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// How the server is reached.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its address, as `https://intermediate.example/`; without TLS only on this machine.
    pub url: String,
    /// The secret.
    pub token: Token,
    /// Certificates in PEM that alone may vouch for the server; absent: whom the machine trusts.
    pub certificate: Option<Vec<u8>>,
    /// The longest time for one request, its answer read in full.
    pub timeout: Duration,
}

/// Why a connector cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The address.
    #[error("the intermediate server's address must be https://host[:port]/ (http only for localhost), without user, query or fragment")]
    Url,
    /// The token.
    #[error("the token for the intermediate server must be 16 to 512 visible ASCII characters")]
    Token,
    /// The certificates.
    #[error("the certificate of the intermediate server is no PEM; it begins with -----BEGIN CERTIFICATE-----")]
    Certificate,
    /// The time.
    #[error("the timeout for the intermediate server must be longer than nothing")]
    Timeout,
    /// The TLS of this machine.
    #[error("no client for the intermediate server can be made: {0}")]
    Client(String),
}

/// When trying again makes sense. The same ids, or reading from the same number, are harmless at any time.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Again {
    /// At the caller's own pace.
    Later,
    /// Not before this instant.
    NotBefore(Instant),
    /// Not unchanged: the same request will be refused again.
    NotUnchanged,
}

/// Why a request was refused.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// The server's word for it: `token`, `form`, `other-content`, `too-many`; `unknown` where it told none.
    pub code: String,
    /// The query it is about, if told.
    pub query: Option<QueryId>,
}

/// Why there is no answer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ConnectorError {
    /// No connection, or one that broke, or the server broke. Whether it got the queries is not known.
    #[error("the intermediate server cannot be reached ({why}); the queries stay open, try again later with the same ids")]
    Unreachable {
        /// What happened, in the words of the network.
        why: String,
    },
    /// Nothing came in time. Whether it got the queries is not known.
    #[error("the intermediate server did not answer within {} ms; the queries stay open, try again later with the same ids", after.as_millis())]
    Timeout {
        /// How long was waited.
        after: Duration,
    },
    /// It is closed for maintenance.
    #[error("the intermediate server is closed for maintenance {}; try again then", until.as_ref().map_or_else(|| "for an unknown time".to_owned(), |until| format!("until {until}")))]
    Maintenance {
        /// Until when, if told.
        until: Option<Instant>,
    },
    /// It does not take this request.
    #[error("the intermediate server refuses the request ({} {}{}); change what it is about before trying again", problem.status, problem.code, problem.query.map(|id| format!(", query {id}")).unwrap_or_default())]
    Refused {
        /// Why.
        problem: Problem,
    },
    /// What it answered is not version 1. Nothing of it was taken over.
    #[error(
        "the answer of the intermediate server {what}; nothing of it was taken over. Try again later; if it stays, its interface changed"
    )]
    Unreadable {
        /// Where it stops being readable; never what stands there.
        what: String,
    },
}

impl ConnectorError {
    /// When trying again makes sense.
    pub fn again(&self) -> Again {
        match self {
            ConnectorError::Maintenance { until: Some(until) } => Again::NotBefore(until.clone()),
            ConnectorError::Refused { .. } => Again::NotUnchanged,
            ConnectorError::Unreachable { .. }
            | ConnectorError::Timeout { .. }
            | ConnectorError::Maintenance { until: None }
            | ConnectorError::Unreadable { .. } => Again::Later,
        }
    }
}

/// Which queries the server has now. Together they are those that were asked.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Accepted {
    /// Since this request.
    pub new: Vec<QueryId>,
    /// From an earlier one, with the same content.
    pub known: Vec<QueryId>,
}

/// The client. Copies share its connections.
#[derive(Clone)]
pub struct Connector {
    client: Client,
    queries: Url,
    answers: Url,
    token: Token,
    timeout: Duration,
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").field("queries", &self.queries.as_str()).finish_non_exhaustive()
    }
}

impl Connector {
    /// A client. Nothing is sent yet.
    ///
    /// # Errors
    /// [`SettingsError`].
    pub fn new(settings: Settings) -> Result<Connector, SettingsError> {
        let base = base(&settings.url).ok_or(SettingsError::Url)?;
        if settings.timeout.is_zero() {
            return Err(SettingsError::Timeout);
        }
        // The clients have no cryptography of their own. Whoever was first has installed the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(settings.timeout)
            // A connection that a killed server left behind must not cost a request.
            .pool_max_idle_per_host(0);
        if let Some(pem) = &settings.certificate {
            let certificates = Certificate::from_pem_bundle(pem).map_err(|_| SettingsError::Certificate)?;
            if certificates.is_empty() {
                return Err(SettingsError::Certificate);
            }
            client = client.tls_certs_only(certificates);
        }
        let client = client.build().map_err(|error| SettingsError::Client(reasons(&error)))?;
        let path = |path: &str| base.join(path).map_err(|_| SettingsError::Url);
        Ok(Connector {
            client,
            queries: path(wire::QUERIES_PATH)?,
            answers: path(wire::ANSWERS_PATH)?,
            token: settings.token,
            timeout: settings.timeout,
        })
    }

    /// Asks. All are accepted, or none; ids that were accepted before with the same content are accepted again and asked
    /// once. At most [`wire::BATCH_QUERIES`], each id once. No queries: nothing is sent.
    ///
    /// # Errors
    /// [`ConnectorError`]; but for [`ConnectorError::Refused`] the server may have accepted them all the same.
    pub async fn ask(&self, queries: &[Query]) -> Result<Accepted, ConnectorError> {
        if queries.is_empty() {
            return Ok(Accepted::default());
        }
        let form = wire::QueriesForm { queries: queries.iter().map(wire::QueryForm::from).collect() };
        let request = self.client.post(self.queries.clone()).json(&form);
        let form: wire::AcceptedForm = self.served(request).await?;
        let (new, known) = wire::accepted(&form, queries).map_err(|what| ConnectorError::Unreadable { what })?;
        Ok(Accepted { new, known })
    }

    /// The answers with the lowest numbers after `after`, by number, at most `limit` (up to [`wire::PAGE_ANSWERS`]).
    ///
    /// None means that there is none yet. The caller keeps the last number in the transaction that takes the answers over;
    /// it looks with [`Answer::fits`] whether an answer is to a query of its own, and expects to see answers twice.
    ///
    /// # Errors
    /// [`ConnectorError`]. One answer that cannot be read holds up those behind it: nothing is skipped unseen.
    pub async fn answers(&self, after: u64, limit: u16) -> Result<Vec<Answer>, ConnectorError> {
        let mut url = self.answers.clone();
        url.query_pairs_mut().append_pair("after", &after.to_string()).append_pair("limit", &limit.to_string());
        let form: wire::AnswersForm = self.served(self.client.get(url)).await?;
        wire::answers(form, after, limit).map_err(|what| ConnectorError::Unreadable { what })
    }

    async fn served<T: serde::de::DeserializeOwned>(&self, request: reqwest::RequestBuilder) -> Result<T, ConnectorError> {
        let response = request.bearer_auth(&self.token.0).send().await.map_err(|error| self.network(&error))?;
        let status = response.status();
        if status != StatusCode::OK {
            return Err(self.problem(status, response).await);
        }
        let bytes = self.body(response, ANSWER_BYTES).await?;
        wire::read(&bytes).map_err(|what| ConnectorError::Unreadable { what })
    }

    async fn body(&self, mut response: Response, bound: usize) -> Result<Vec<u8>, ConnectorError> {
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.network(&error))? {
            if bytes.len() + chunk.len() > bound {
                return Err(ConnectorError::Unreadable { what: format!("is longer than {bound} bytes") });
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    async fn problem(&self, status: StatusCode, response: Response) -> ConnectorError {
        let form: wire::ProblemForm =
            self.body(response, PROBLEM_BYTES).await.ok().and_then(|bytes| wire::read(&bytes).ok()).unwrap_or_default();
        match status {
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                ConnectorError::Maintenance { until: form.until.and_then(|until| Instant::parse(&until).ok()) }
            }
            status if status.is_server_error() => ConnectorError::Unreachable { why: format!("it says {status}") },
            status => {
                let known = form.code.len() <= 40 && form.code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
                let code = if known && !form.code.is_empty() { form.code } else { "unknown".into() };
                let query = form.query.and_then(|id| QueryId::parse(&id).ok());
                ConnectorError::Refused { problem: Problem { status: status.as_u16(), code, query } }
            }
        }
    }

    fn network(&self, error: &reqwest::Error) -> ConnectorError {
        if error.is_timeout() {
            ConnectorError::Timeout { after: self.timeout }
        } else {
            ConnectorError::Unreachable { why: reasons(error) }
        }
    }
}

/// The address with a slash at its end, if it is one that a token may be sent to.
fn base(text: &str) -> Option<Url> {
    let mut url = Url::parse(text).ok()?;
    let host = url.host_str()?;
    let here = host == "localhost" || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    let sound = matches!((url.scheme(), here), ("https", _) | ("http", true));
    if !sound || !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return None;
    }
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Some(url)
}

/// The innermost reason of an error: the outer ones repeat the address.
fn reasons(error: &dyn Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_over_tls_or_stays_on_this_machine() {
        for good in
            ["https://chukan.example", "https://chukan.example:8443/city/", "http://127.0.0.1:9", "http://[::1]:9", "http://localhost:9"]
        {
            assert!(base(good).is_some_and(|url| url.path().ends_with('/')), "{good}");
        }
        for wrong in [
            "",
            "chukan.example",
            "http://chukan.example/",
            "http://192.0.2.1/",
            "ftp://localhost/",
            "https://u:p@x.example/",
            "https://x.example/?q",
            "https://x.example/#f",
        ] {
            assert!(base(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_token_is_bounded_and_shows_nowhere() {
        let token = Token::parse(" secret-secret-secret\n").unwrap();
        assert_eq!(token.0, "secret-secret-secret");
        for wrong in ["", "short", "with a space in the middle", "ひらがなひらがなひらがなひらがな", &"x".repeat(513)] {
            assert!(Token::parse(wrong).is_err(), "{wrong}");
        }
        let settings = Settings { url: "https://x.example".into(), token, certificate: None, timeout: Duration::from_secs(1) };
        assert!(!format!("{settings:?}").contains("secret"));
        assert!(!format!("{:?}", Connector::new(settings).unwrap()).contains("secret"));
    }

    #[test]
    fn settings_that_cannot_work_are_refused_before_anything_is_sent() {
        let settings = Settings {
            url: "https://x.example".into(),
            token: Token::parse("secret-secret-secret").unwrap(),
            certificate: None,
            timeout: Duration::from_secs(1),
        };
        let made = |change: &dyn Fn(&mut Settings)| {
            let mut settings = settings.clone();
            change(&mut settings);
            Connector::new(settings)
        };
        assert!(matches!(made(&|settings| settings.url = "http://x.example".into()), Err(SettingsError::Url)));
        assert!(matches!(made(&|settings| settings.timeout = Duration::ZERO), Err(SettingsError::Timeout)));
        assert!(matches!(made(&|settings| settings.certificate = Some(b"none".to_vec())), Err(SettingsError::Certificate)));
    }

    #[test]
    fn an_error_says_when_trying_again_makes_sense() {
        let until = Instant::parse("2026-12-31T21:00:00Z").unwrap();
        let told = ConnectorError::Maintenance { until: Some(until.clone()) };
        assert_eq!(told.again(), Again::NotBefore(until));
        assert!(told.to_string().contains("until 2026-12-31T21:00:00Z"));
        assert_eq!(ConnectorError::Maintenance { until: None }.again(), Again::Later);
        let problem = Problem { status: 409, code: "other-content".into(), query: Some(QueryId::new([1; 16])) };
        let refused = ConnectorError::Refused { problem };
        assert_eq!(refused.again(), Again::NotUnchanged);
        assert!(refused.to_string().contains("409 other-content, query 0101"));
    }
}
