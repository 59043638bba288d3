//! How people log in, end to end: by the city's single sign-on, by a password, by a key.

use jorei_tests::built;
use jorei_tests::city_hall::{Answer, CityHall, Client, Database, PASSWORD, Service};
use jorei_tests::openid::{CLIENT_ID, CLIENT_SECRET, Provider, REDIRECT_URL, SUBJECT, log_in};
use reqwest::{Method, StatusCode};
use serde_json::json;

/// A browser that was sent to the provider: its cookie, and what it brings back.
struct Returned {
    cookie: String,
    code: String,
    state: String,
}

async fn at_the_provider(browser: &Client) -> Returned {
    let sent = browser.get("/sessions/openid").await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
    let set = sent.headers["set-cookie"].to_str().unwrap().to_owned();
    assert!(["HttpOnly", "SameSite=Lax", "Path=/v1/sessions/openid"].iter().all(|part| set.contains(part)), "{set}");
    let (code, state) = log_in(sent.headers["location"].to_str().unwrap()).await;
    Returned { cookie: set.split(';').next().unwrap().to_owned(), code, state }
}

async fn back(browser: &Client, returned: &Returned, cookie: Option<&str>) -> Answer {
    let Returned { code, state, .. } = returned;
    let request = browser.request(Method::GET, &format!("/v1/sessions/openid?code={code}&state={state}"));
    Answer::of(match cookie {
        Some(cookie) => request.header("cookie", cookie),
        None => request,
    })
    .await
}

fn with_token(client: &Client, opened: &Answer) -> Client {
    let mut client = client.clone();
    client.token = opened.json()["token"].as_str().map(str::to_owned);
    client
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_comes_back_from_the_single_sign_on_as_the_account_of_its_subject() {
    let provider = Provider::start();
    let hall = CityHall::new(Database::Sqlite, 1).await;
    let secret = hall.folder().join("openid.secret");
    std::fs::write(&secret, CLIENT_SECRET).unwrap();
    let openid = format!(
        "[openid]\nissuer = \"{}\"\nclient_id = \"{CLIENT_ID}\"\nclient_secret_file = \"{}\"\nredirect_url = \"{REDIRECT_URL}\"",
        provider.issuer(),
        secret.display()
    );
    let service = hall.serve_with(&openid).await;
    let browser = Client::stranger(&service);
    // The provider knows the person, and no act has said yet whose account that is.
    let returned = at_the_provider(&browser).await;
    let unknown = back(&browser, &returned, Some(&returned.cookie)).await;
    assert_eq!(unknown.code(), "log-in-refused", "{}", unknown.text());
    hall.link("assessment", SUBJECT).await;
    // Somebody else's link, followed by a browser that began nothing.
    let returned = at_the_provider(&browser).await;
    for cookie in [None, Some("jorei-login=made-up"), Some(format!("other={}", returned.state).as_str())] {
        assert_eq!(back(&browser, &returned, cookie).await.code(), "log-in-refused");
    }
    let opened = back(&browser, &returned, Some(&format!("theme=dark; {}", returned.cookie))).await;
    assert_eq!((opened.status, &opened.json()["account"]), (StatusCode::CREATED, &json!("assessment")), "{}", opened.text());
    assert_eq!(back(&browser, &returned, Some(&returned.cookie)).await.code(), "log-in-refused", "a return is good once");
    let clerk = with_token(&browser, &opened);
    assert_eq!(clerk.get("/sessions/current").await.json()["roles"], json!(["assessment"]));
}

fn set_password(hall: &CityHall, account: &str, password: &str) -> std::process::Output {
    let key = hall.key_file(account);
    let mut jorei = built::jorei();
    jorei.args(["account", "password", "--database", &hall.database, "--municipality", "012041", "--key"]).arg(key);
    jorei.env("JOREI_NEW_PASSWORD", password).output().unwrap()
}

async fn by_password(service: &Service, account: &str, password: &str) -> Answer {
    Client::stranger(service).post("/sessions", &json!({ "account": account, "password": password })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_opens_a_session_and_five_wrong_ones_lock_for_a_while_but_not_the_key() {
    let hall = CityHall::new(Database::Sqlite, 1).await;
    let service = hall.serve().await;
    assert_eq!(by_password(&service, "assessment", PASSWORD).await.code(), "log-in-refused", "it has none yet");
    let short = set_password(&hall, "assessment", "short");
    assert!(!short.status.success());
    let set = set_password(&hall, "assessment", PASSWORD);
    assert!(set.status.success(), "{}", String::from_utf8_lossy(&set.stderr));
    let opened = by_password(&service, "assessment", PASSWORD).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.text());
    let clerk = with_token(&Client::stranger(&service), &opened);
    assert_eq!(clerk.get("/sessions/current").await.json()["account"], "assessment");
    for _ in 0..5 {
        assert_eq!(by_password(&service, "assessment", "a wrong long sentence").await.code(), "log-in-refused");
    }
    // The right one does not help now; the time is what is left of a quarter of an hour, and not an instant.
    let locked = by_password(&service, "assessment", PASSWORD).await;
    assert_eq!((locked.status, locked.code().as_str()), (StatusCode::TOO_MANY_REQUESTS, "locked"));
    let wait: i64 = locked.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=15 * 60).contains(&wait), "{wait}");
    // Another account's password is another's matter, the session that is open stays, and the key opens another.
    assert!(set_password(&hall, "qualification", PASSWORD).status.success());
    assert_eq!(by_password(&service, "qualification", PASSWORD).await.status, StatusCode::CREATED);
    assert_eq!(clerk.get("/sessions/current").await.status, StatusCode::OK);
    assert_eq!(hall.client(&service, "assessment").await.account, "assessment");
    assert!(service.metrics().await.contains("event=\"locked\""));
}
