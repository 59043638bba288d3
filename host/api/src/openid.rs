//! Logging in with the provider of the city hall: OpenID Connect, authorization code flow with PKCE, state and nonce.
//!
//! What comes out is a subject of an issuer; which account that is, the office says. Absent here: the clock (it comes in as
//! a function), the file with the secret (it comes in as text), sessions and cookies.

use crate::configuration::OpenIdSettings;
use jorei_domain::id::Municipality;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreIdTokenVerifier, CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreTokenResponse,
};
use openidconnect::url::Url;
use openidconnect::{
    AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    HttpRequest, HttpResponse, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError,
    SignatureVerificationError, TokenResponse as _,
};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

/// How long somebody may take to log in at the provider, in seconds.
pub const LOGIN_SECONDS: i64 = 600;

/// Log-ins under way at a time. When there are more, the oldest is forgotten: whoever floods the door must go on flooding.
pub const LOGINS: usize = 10_000;

/// How long what the provider says of itself is believed, in seconds. Its keys are asked for anew before that when it signs
/// with one that is not known.
pub const METADATA_SECONDS: i64 = 3_600;

/// How soon the provider may be asked for its keys again, in seconds: a forged token must not make us knock all day.
pub const METADATA_LEAST_SECONDS: i64 = 60;

/// How far the clocks of the provider and of this machine may be apart, in seconds.
pub const SKEW_SECONDS: i64 = 120;

/// Bytes of an answer of the provider.
const ANSWER_BYTES: usize = 1 << 20;

/// Time for an answer of the provider, in seconds.
const ANSWER_SECONDS: u64 = 10;

/// Signatures that a provider's token may have: none with a shared secret, and never none at all.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 4] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EdDsa,
];

type ProviderClient = CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// Who logged in, as the provider calls them.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Subject {
    /// The provider.
    pub issuer: String,
    /// The person's name at the provider: an opaque text, never reused.
    pub subject: String,
}

/// A log-in that began.
#[derive(Clone, Debug)]
pub struct Start {
    /// Where the browser is sent.
    pub url: Url,
    /// The state, which comes back with the browser. To be kept in a cookie of this browser and compared when it comes
    /// back, so that nobody is logged in by a link of somebody else.
    pub state: String,
}

/// Why nobody is logged in. No text of the provider is repeated: it may name a person.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum OpenIdError {
    /// What is configured cannot be used.
    #[error("`{0}` cannot be used for OpenID Connect; see docs/reference/configuration.md")]
    Settings(&'static str),
    /// The provider does not answer, or answers what no provider may. May be tried again.
    #[error("the provider of `openid.issuer` does not answer as it should ({0}); try again, or look at the provider")]
    Provider(&'static str),
    /// No log-in with this state began here within [`LOGIN_SECONDS`], or it has been used.
    #[error("no log-in under way has this state (ten minutes at most, and once only); begin again")]
    State,
    /// The provider does not take the code.
    #[error("the provider refused the code; begin again")]
    Refused,
    /// The token does not hold.
    #[error("the provider's token does not hold: {0}")]
    Token(&'static str),
}

/// A log-in under way.
struct UnderWay {
    office: Municipality,
    began: i64,
    nonce: Nonce,
    verifier: PkceCodeVerifier,
}

/// What is known of the provider.
struct Known {
    client: Arc<ProviderClient>,
    asked: i64,
}

/// The provider, as this service knows it. One for a process.
pub struct OpenId {
    issuer: IssuerUrl,
    client_id: ClientId,
    client_secret: ClientSecret,
    redirect_url: RedirectUrl,
    http: reqwest::Client,
    /// Seconds since 1970.
    clock: fn() -> i64,
    known: tokio::sync::Mutex<Option<Known>>,
    under_way: Mutex<HashMap<String, UnderWay>>,
}

impl OpenId {
    /// A provider that is not asked anything yet. `client_secret` is what the file holds; `clock` tells the seconds since
    /// 1970.
    ///
    /// The process needs a provider of cryptography for TLS first ([`crate::server::install_cryptography`]).
    ///
    /// # Errors
    /// [`OpenIdError::Settings`].
    pub fn new(settings: &OpenIdSettings, client_secret: &str, clock: fn() -> i64) -> Result<OpenId, OpenIdError> {
        let client_secret = client_secret.trim();
        if client_secret.is_empty() {
            return Err(OpenIdError::Settings("openid.client_secret_file"));
        }
        let http = reqwest::Client::builder()
            // A redirect would take the secret elsewhere, and a proxy of the environment as well.
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(Duration::from_secs(ANSWER_SECONDS))
            .build()
            .map_err(|_| OpenIdError::Provider("no client for it can be made on this machine"))?;
        Ok(OpenId {
            issuer: IssuerUrl::new(settings.issuer.clone()).map_err(|_| OpenIdError::Settings("openid.issuer"))?,
            client_id: ClientId::new(settings.client_id.clone()),
            client_secret: ClientSecret::new(client_secret.to_owned()),
            redirect_url: RedirectUrl::new(settings.redirect_url.clone()).map_err(|_| OpenIdError::Settings("openid.redirect_url"))?,
            http,
            clock,
            known: tokio::sync::Mutex::new(None),
            under_way: Mutex::default(),
        })
    }

    /// Begins a log-in.
    ///
    /// # Errors
    /// [`OpenIdError::Provider`].
    pub async fn start(&self, office: Municipality) -> Result<Start, OpenIdError> {
        let client = self.client(METADATA_SECONDS).await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let request = client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random);
        let (url, state, nonce) = request.set_pkce_challenge(challenge).url();
        let state = state.into_secret();
        self.remember(state.clone(), UnderWay { office, began: (self.clock)(), nonce, verifier });
        Ok(Start { url, state })
    }

    /// Do people come back over TLS? Then their cookie goes no other way.
    pub fn returns_over_tls(&self) -> bool {
        self.redirect_url.url().scheme() == "https"
    }

    /// Ends a log-in with what the browser brought back. A state is good once, whatever comes of it.
    ///
    /// # Errors
    /// [`OpenIdError`].
    pub async fn finish(&self, code: &str, state: &str) -> Result<(Municipality, Subject), OpenIdError> {
        let UnderWay { office, nonce, verifier, .. } = self.take(state).ok_or(OpenIdError::State)?;
        let client = self.client(METADATA_SECONDS).await?;
        let http = |request: HttpRequest| send(self.http.clone(), request);
        let request =
            client.exchange_code(AuthorizationCode::new(code.to_owned())).map_err(|_| OpenIdError::Provider("it has no token endpoint"))?;
        let token = request.set_pkce_verifier(verifier).request_async(&http).await.map_err(|error| match error {
            RequestTokenError::ServerResponse(_) => OpenIdError::Refused,
            RequestTokenError::Request(_) => OpenIdError::Provider("its token endpoint cannot be reached"),
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                OpenIdError::Provider("the answer of its token endpoint cannot be read")
            }
        })?;
        let subject = match self.check(&client, &token, &nonce) {
            // It may have a new key since we asked.
            Err(OpenIdError::Token(UNKNOWN_KEY)) => self.check(&*self.client(METADATA_LEAST_SECONDS).await?, &token, &nonce),
            checked => checked,
        };
        Ok((office, subject?))
    }

    fn check(&self, client: &ProviderClient, token: &CoreTokenResponse, nonce: &Nonce) -> Result<Subject, OpenIdError> {
        let now = (self.clock)();
        let latest_expiry = UNIX_EPOCH + Duration::from_secs(now.saturating_sub(SKEW_SECONDS).try_into().unwrap_or(0));
        let verifier: CoreIdTokenVerifier<'_> =
            client.id_token_verifier().set_allowed_algs(ALGORITHMS).set_time_fn(move || latest_expiry.into()).set_issue_time_verifier_fn(
                move |issued| {
                    if issued.timestamp() <= now.saturating_add(SKEW_SECONDS) { Ok(()) } else { Err("issued in the future".to_owned()) }
                },
            );
        let id_token = token.id_token().ok_or(OpenIdError::Token("there is none"))?;
        let claims = id_token.claims(&verifier, nonce).map_err(|error| OpenIdError::Token(reason(&error)))?;
        Ok(Subject { issuer: claims.issuer().to_string(), subject: claims.subject().to_string() })
    }

    /// The provider as it was asked at most `age` seconds ago, or asked now.
    async fn client(&self, age: i64) -> Result<Arc<ProviderClient>, OpenIdError> {
        let mut known = self.known.lock().await;
        let now = (self.clock)();
        if let Some(known) = &*known
            && (0..age).contains(&now.saturating_sub(known.asked))
        {
            return Ok(Arc::clone(&known.client));
        }
        let http = |request: HttpRequest| send(self.http.clone(), request);
        let metadata = CoreProviderMetadata::discover_async(self.issuer.clone(), &http)
            .await
            .map_err(|_| OpenIdError::Provider("what it says of itself cannot be had"))?;
        let client = CoreClient::from_provider_metadata(metadata, self.client_id.clone(), Some(self.client_secret.clone()))
            .set_redirect_uri(self.redirect_url.clone());
        let client = Arc::new(client);
        *known = Some(Known { client: Arc::clone(&client), asked: now });
        Ok(client)
    }

    fn remember(&self, state: String, under_way: UnderWay) {
        let mut all = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= LOGINS {
            let now = under_way.began;
            all.retain(|_, one| is_fresh(one, now));
            if all.len() >= LOGINS
                && let Some(oldest) = all.iter().min_by_key(|(_, one)| one.began).map(|(state, _)| state.clone())
            {
                all.remove(&oldest);
            }
        }
        all.insert(state, under_way);
    }

    fn take(&self, state: &str) -> Option<UnderWay> {
        let mut all = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(state).filter(|one| is_fresh(one, (self.clock)()))
    }
}

fn is_fresh(one: &UnderWay, now: i64) -> bool {
    now.saturating_sub(one.began) < LOGIN_SECONDS
}

const UNKNOWN_KEY: &str = "it is signed with a key that the provider does not name";

fn reason(error: &ClaimsVerificationError) -> &'static str {
    match error {
        ClaimsVerificationError::Expired(_) => "it has expired, or the clocks are apart",
        ClaimsVerificationError::InvalidAudience(_) => "it is for somebody else",
        ClaimsVerificationError::InvalidIssuer(_) => "it is of somebody else",
        ClaimsVerificationError::InvalidNonce(_) => "it answers another log-in",
        ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey) => UNKNOWN_KEY,
        ClaimsVerificationError::SignatureVerification(_) => "its signature is not good",
        _ => "it is not as the protocol says",
    }
}

/// Why an answer cannot be had.
#[derive(Debug, thiserror::Error)]
enum HttpError {
    #[error(transparent)]
    Client(#[from] reqwest::Error),
    #[error(transparent)]
    Http(#[from] openidconnect::http::Error),
    #[error("an answer of more than {ANSWER_BYTES} bytes")]
    TooLong,
}

async fn send(client: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, HttpError> {
    let mut response = client.execute(request.try_into()?).await?;
    let mut answer = openidconnect::http::Response::builder().status(response.status());
    for (name, value) in response.headers() {
        answer = answer.header(name, value);
    }
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await? {
        if body.len() + piece.len() > ANSWER_BYTES {
            return Err(HttpError::TooLong);
        }
        body.extend_from_slice(&piece);
    }
    Ok(answer.body(body)?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic in a test is the report")]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicI64, Ordering};

    static NOW: AtomicI64 = AtomicI64::new(1_000_000);

    fn openid() -> OpenId {
        crate::server::install_cryptography();
        let settings = OpenIdSettings {
            issuer: "https://login.example".into(),
            client_id: "jorei".into(),
            client_secret_file: "secret".into(),
            redirect_url: "https://jorei.example/session/openid".into(),
        };
        OpenId::new(&settings, "secret\n", || NOW.load(Ordering::Relaxed)).unwrap()
    }

    fn under_way(began: i64) -> UnderWay {
        UnderWay {
            office: Municipality::parse("012041").unwrap(),
            began,
            nonce: Nonce::new_random(),
            verifier: PkceCodeChallenge::new_random_sha256().1,
        }
    }

    #[test]
    fn a_state_is_good_once_and_for_ten_minutes() {
        let openid = openid();
        let now = NOW.load(Ordering::Relaxed);
        openid.remember("fresh".into(), under_way(now - LOGIN_SECONDS + 1));
        openid.remember("old".into(), under_way(now - LOGIN_SECONDS));
        assert!(openid.take("fresh").is_some());
        assert!(openid.take("fresh").is_none(), "once");
        assert!(openid.take("old").is_none());
        assert!(openid.take("never").is_none());
    }

    #[test]
    fn log_ins_under_way_are_bounded_and_the_oldest_goes_first() {
        let openid = openid();
        let now = NOW.load(Ordering::Relaxed);
        openid.remember("oldest".into(), under_way(now - 5));
        for one in 1..LOGINS {
            openid.remember(one.to_string(), under_way(now - 4));
        }
        openid.remember("one more".into(), under_way(now));
        assert_eq!(openid.under_way.lock().unwrap().len(), LOGINS);
        assert!(openid.take("oldest").is_none());
        assert!(openid.take("1").is_some() && openid.take("one more").is_some());
    }

    #[test]
    fn an_empty_secret_is_none() {
        let settings = OpenIdSettings {
            issuer: "https://login.example".into(),
            client_id: "jorei".into(),
            client_secret_file: "secret".into(),
            redirect_url: "https://jorei.example/".into(),
        };
        let empty = OpenId::new(&settings, " \n", || 0);
        assert_eq!(empty.err(), Some(OpenIdError::Settings("openid.client_secret_file")));
    }
}
