//! Logging in with a provider of OpenID Connect that others wrote.

use jorei_api::configuration::OpenIdSettings;
use jorei_api::openid::{LOGIN_SECONDS, METADATA_LEAST_SECONDS, OpenId, OpenIdError, SKEW_SECONDS, Subject};
use jorei_api::server::install_cryptography;
use jorei_domain::id::Municipality;
use jorei_tests::openid::{CLIENT_ID, CLIENT_SECRET, Provider, REDIRECT_URL, SUBJECT, log_in};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// How long the provider's tokens hold, in seconds (its default).
const TOKEN_SECONDS: i64 = 3_600;

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

fn office() -> Municipality {
    Municipality::parse("012041").unwrap()
}

fn service(provider: &Provider, secret: &str, clock: fn() -> i64) -> OpenId {
    install_cryptography();
    let settings = OpenIdSettings {
        issuer: provider.issuer(),
        client_id: CLIENT_ID.into(),
        client_secret_file: "secret".into(),
        redirect_url: REDIRECT_URL.into(),
    };
    OpenId::new(&settings, secret, clock).unwrap()
}

#[tokio::test]
async fn who_logs_in_at_the_provider_is_known_here_once_per_log_in() {
    let provider = Provider::start();
    let service = service(&provider, CLIENT_SECRET, now);
    let start = service.start(office()).await.unwrap();
    assert!(start.url.as_str().starts_with(&provider.issuer()), "{}", start.url);
    let asked = |name: &str| start.url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    assert_eq!(asked("code_challenge_method").as_deref(), Some("S256"));
    assert!(asked("nonce").is_some_and(|nonce| nonce.len() >= 16));
    let (code, state) = log_in(start.url.as_str()).await;
    assert_eq!(state, start.state);
    let (of, subject) = service.finish(&code, &state).await.unwrap();
    assert_eq!(of, office());
    assert_eq!(subject, Subject { issuer: provider.issuer(), subject: SUBJECT.into() });
    assert_eq!(service.finish(&code, &state).await, Err(OpenIdError::State), "a state is good once");
    assert_eq!(service.finish(&code, "made-up").await, Err(OpenIdError::State));
}

#[tokio::test]
async fn a_code_is_good_for_its_own_log_in_only() {
    let provider = Provider::start();
    let service = service(&provider, CLIENT_SECRET, now);
    let (mine, other) = (service.start(office()).await.unwrap(), service.start(office()).await.unwrap());
    let (code, _) = log_in(other.url.as_str()).await;
    assert_eq!(service.finish(&code, &mine.state).await, Err(OpenIdError::Refused));
    assert_eq!(service.finish("made-up", &other.state).await, Err(OpenIdError::Refused));
}

#[tokio::test]
async fn a_service_with_another_secret_learns_nothing() {
    let provider = Provider::start();
    let service = service(&provider, "another secret", now);
    let start = service.start(office()).await.unwrap();
    let (code, state) = log_in(start.url.as_str()).await;
    assert_eq!(service.finish(&code, &state).await, Err(OpenIdError::Refused));
}

#[tokio::test]
async fn a_new_key_of_the_provider_is_asked_for() {
    static AHEAD: AtomicI64 = AtomicI64::new(0);
    let mut provider = Provider::start();
    let service = service(&provider, CLIENT_SECRET, || now() + AHEAD.load(Ordering::Relaxed));
    let start = service.start(office()).await.unwrap();
    provider.restart();
    let (code, state) = log_in(start.url.as_str()).await;
    let hasty = service.finish(&code, &state).await;
    assert!(matches!(hasty, Err(OpenIdError::Token(_))), "it was asked a moment ago: {hasty:?}");

    let start = service.start(office()).await.unwrap();
    AHEAD.store(METADATA_LEAST_SECONDS, Ordering::Relaxed);
    let (code, state) = log_in(start.url.as_str()).await;
    assert_eq!(service.finish(&code, &state).await.unwrap().1.subject, SUBJECT);
}

#[tokio::test]
async fn clocks_may_be_apart_by_two_minutes() {
    static AHEAD: AtomicI64 = AtomicI64::new(0);
    let provider = Provider::start();
    let service = service(&provider, CLIENT_SECRET, || now() + AHEAD.load(Ordering::Relaxed));
    // Half a minute of each for the test itself to take.
    for (ahead, holds) in [
        (TOKEN_SECONDS + SKEW_SECONDS - 30, true),
        (TOKEN_SECONDS + SKEW_SECONDS, false),
        (-SKEW_SECONDS, true),
        (-SKEW_SECONDS - 30, false),
    ] {
        AHEAD.store(ahead, Ordering::Relaxed);
        let start = service.start(office()).await.unwrap();
        let (code, state) = log_in(start.url.as_str()).await;
        let finished = service.finish(&code, &state).await;
        assert_eq!(finished.is_ok(), holds, "{ahead} seconds ahead: {finished:?}");
        assert!(holds || matches!(finished, Err(OpenIdError::Token(_))), "{finished:?}");
    }
}

#[tokio::test]
async fn a_log_in_that_takes_too_long_is_over() {
    static AHEAD: AtomicI64 = AtomicI64::new(0);
    let provider = Provider::start();
    let service = service(&provider, CLIENT_SECRET, || now() + AHEAD.load(Ordering::Relaxed));
    let start = service.start(office()).await.unwrap();
    let (code, state) = log_in(start.url.as_str()).await;
    AHEAD.store(LOGIN_SECONDS, Ordering::Relaxed);
    assert_eq!(service.finish(&code, &state).await, Err(OpenIdError::State));
}

#[tokio::test]
async fn a_provider_that_is_gone_is_a_fault_and_no_log_in() {
    let mut provider = Provider::start();
    let service = service(&provider, CLIENT_SECRET, now);
    let start = service.start(office()).await.unwrap();
    let (code, state) = log_in(start.url.as_str()).await;
    provider.end();
    assert!(matches!(service.finish(&code, &state).await, Err(OpenIdError::Provider(_))));
}
