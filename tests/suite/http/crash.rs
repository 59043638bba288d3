//! The service ends under load, told to or killed: what was answered is there, the rest is done or absent.

use jorei_domain::id::HouseholdId;
use jorei_domain::slot::Slot;
use jorei_tests::city_hall::{Answer, CityHall, Client, Database, Service, WHOLE, YEAR, unique};
use jorei_tests::length;
use reqwest::{Method, StatusCode};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Clients that decide at the same time.
const CLIENTS: i64 = 6;
/// Households of each.
const OWN: i64 = 40;
/// Longer than any end takes, even on a busy machine: the grace is half a minute.
const PATIENCE: Duration = Duration::from_secs(60);

/// A request for a decision, and what came of it before the service was gone.
struct Sent {
    household: i64,
    key: String,
    answer: Option<Answer>,
}

/// Decides households until all are through or the service is gone.
async fn decide(client: Client, number: i64, answered: watch::Sender<u64>) -> Vec<Sent> {
    let mut all = Vec::new();
    for household in (number * OWN + 1)..=((number + 1) * OWN) {
        let key = unique("crash");
        let request = client.request(Method::POST, &format!("/households/{household}/decisions"));
        let sent = request.header("Idempotency-Key", &key).json(&json!({ "year": YEAR })).send().await;
        let answer = match sent {
            Ok(response) => Whole::read(response).await,
            Err(_) => None,
        };
        let gone = answer.is_none();
        all.push(Sent { household, key, answer });
        if gone {
            break;
        }
        answered.send_modify(|count| *count += 1);
    }
    all
}

/// An answer with every byte that its head announced.
struct Whole;

impl Whole {
    async fn read(response: reqwest::Response) -> Option<Answer> {
        let (status, headers) = (response.status(), response.headers().clone());
        // Killed between head and body: no answer. Where the service is told to end that never happens, see below.
        let body = response.bytes().await.ok()?.to_vec();
        Some(Answer { status, headers, body })
    }
}

/// Clients that decide, and the count of what was answered.
async fn under_load(hall: &CityHall, service: &Service) -> (JoinSet<Vec<Sent>>, watch::Receiver<u64>) {
    let (answered, follow) = watch::channel(0);
    let mut deciders = JoinSet::new();
    for number in 0..CLIENTS {
        let client = hall.client(service, if number % 2 == 0 { "assessment" } else { "system" }).await;
        deciders.spawn(decide(client, number, answered.clone()));
    }
    (deciders, follow)
}

/// What was answered stands in the records as it was told; every request sent again gets the same answer, or is
/// carried out now; and no case has two decisions where one was asked for.
async fn nothing_is_half_done(hall: &CityHall, service: &Service, all: &[Sent], versions: i64) {
    assert_eq!(hall.findings().await, Vec::<String>::new());
    let (clerk, system) = (hall.client(service, "assessment").await, hall.client(service, "system").await);
    for Sent { household, key, answer } in all {
        let path = format!("/households/{household}/decisions");
        let owner = if (household - 1) / OWN % 2 == 0 { &clerk } else { &system };
        let again = owner.post_as(&path, &json!({ "year": YEAR }), key).await;
        assert!(matches!(again.status, StatusCode::OK | StatusCode::CREATED), "{}", again.text());
        if let Some(answer) = answer {
            assert_eq!((answer.status, &answer.body), (again.status, &again.body), "household {household}");
            assert_eq!(again.headers["idempotency-replayed"], "true");
        }
        let history = hall.store.decision_history(hall.municipality, Slot::Premium.word(), WHOLE.0, HouseholdId(*household)).await.unwrap();
        let told = again.json()["decision"].as_str().unwrap().to_owned();
        assert_eq!(history.last().unwrap().id.to_string(), told, "household {household}");
        let mut before = None;
        for (version, stored) in (1..).zip(&history) {
            assert_eq!((stored.version, stored.decision.supersedes), (version, before), "household {household}");
            before = Some(stored.id);
        }
        assert!(history.len() as i64 <= versions, "household {household} has {} versions of {versions} laws", history.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn told_to_end_the_service_says_so_finishes_what_is_under_way_and_ends_well_on_both_databases() {
    for database in [Database::Sqlite, Database::Postgres] {
        let hall = CityHall::new(database, u32::try_from(CLIENTS * OWN + 1).unwrap()).await;
        let service = hall.serve().await;
        let clerk = hall.client(&service, "assessment").await;
        // Work that would take longer, and somebody who follows it.
        let job = clerk.post("/assessments", &json!({ "year": YEAR })).await.json()["job"].as_str().unwrap().to_owned();
        let follower = clerk.clone();
        let events = format!("/jobs/{job}/events");
        let following = tokio::spawn(async move { follower.get(&events).await.text() });
        let (mut deciders, mut answered) = under_load(&hall, &service).await;
        // A request of which half has come when the service is told to end.
        let (last, body) = (CLIENTS * OWN + 1, json!({ "year": YEAR }).to_string());
        let head = format!(
            "POST /v1/offices/012041/households/{last}/decisions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\njorei-affair: assessment\r\n\
             jorei-case: R8-1\r\nidempotency-key: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n",
            clerk.token.as_deref().unwrap(),
            unique("held"),
            body.len()
        );
        let mut held = TcpStream::connect(service.address).await.unwrap();
        held.write_all(head.as_bytes()).await.unwrap();
        // The service asks for the rest: the request is under way.
        let mut asked = [0; 25];
        held.read_exact(&mut asked).await.unwrap();
        assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
        let enough = answered.wait_for(|count| *count >= 20);
        tokio::time::timeout(PATIENCE, enough).await.expect("the service answers").unwrap();
        assert_eq!(service.ready().await, 200);
        service.signal("TERM");
        let refuses = async { while service.ready().await == 200 {} };
        tokio::time::timeout(PATIENCE, refuses).await.expect("readiness says no while a request is under way");
        held.write_all(body.as_bytes()).await.unwrap();
        let mut answer = String::new();
        held.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 20") && answer.ends_with('}'), "what is under way is finished: {answer}");
        assert_eq!(tokio::time::timeout(PATIENCE, service.ended()).await.expect("it ends within the grace").code(), Some(0));
        let told = following.await.unwrap();
        assert!(told.contains("\"state\":\"done\""), "whoever follows work is told its end: {told}");
        let mut all = Vec::new();
        while let Some(sent) = deciders.join_next().await {
            all.extend(sent.unwrap());
        }
        let whole = all.iter().filter_map(|sent| sent.answer.as_ref());
        assert!(whole.clone().count() >= 20 && whole.clone().all(|answer| answer.status.is_success()));
        let service = hall.serve().await;
        nothing_is_half_done(&hall, &service, &all, 1).await;
        let job = hall.client(&service, "assessment").await.get(&format!("/jobs/{job}")).await.json();
        assert_eq!(job["state"], "done", "{job}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_again_and_again_the_service_loses_nothing_it_answered_and_keeps_no_half_on_sqlite() {
    killed_under_load(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_again_and_again_the_service_loses_nothing_it_answered_and_keeps_no_half_on_postgres() {
    killed_under_load(Database::Postgres).await;
}

async fn killed_under_load(database: Database) {
    let hall = CityHall::new(database, u32::try_from(CLIENTS * OWN).unwrap()).await;
    let mut service = hall.serve().await;
    let session = hall.client(&service, "assessment").await.token;
    // Three kills at the least, so that both laws and a return are among them.
    let (kills, mut unanswered) = (length::of(30).max(3), BTreeSet::new());
    for kill in 0..kills {
        let (mut deciders, mut answered) = under_load(&hall, &service).await;
        let enough = answered.wait_for(|count| *count >= 15 + kill);
        tokio::time::timeout(PATIENCE, enough).await.expect("the service answers").unwrap();
        service.signal("KILL");
        assert!(!service.ended().await.success());
        let mut all = Vec::new();
        while let Some(sent) = deciders.join_next().await {
            all.extend(sent.unwrap());
        }
        unanswered.extend(all.iter().filter(|sent| sent.answer.is_none()).map(|sent| (kill, sent.household)));
        service = hall.serve().await;
        nothing_is_half_done(&hall, &service, &all, i64::try_from(kill + 1).unwrap()).await;
        // The session is a record: whoever had one still has it.
        let mut clerk = Client::stranger(&service);
        (clerk.token, clerk.affair) = (session.clone(), "assessment");
        assert_eq!(clerk.get("/sessions/current").await.json()["account"], "assessment");
        // Another law, so that the same households are decided anew.
        hall.activate(hall.revisions[usize::from(kill % 2 == 0)], kill > 0).await;
    }
    assert!(!unanswered.is_empty(), "the service was killed in the middle of requests");
    // Killed during long work: what it stored stays, and started again it goes on to its end.
    let clerk = hall.client(&service, "assessment").await;
    let job = clerk.post("/assessments", &json!({ "year": YEAR })).await.json()["job"].as_str().unwrap().to_owned();
    service.signal("KILL");
    assert!(!service.ended().await.success());
    service = hall.serve().await;
    let clerk = hall.client(&service, "assessment").await;
    assert_eq!(clerk.get(&format!("/jobs/{job}")).await.json()["state"], "interrupted");
    let again = clerk.post("/assessments", &json!({ "year": YEAR })).await.json()["job"].as_str().unwrap().to_owned();
    let events = format!("/jobs/{again}/events");
    let told = tokio::time::timeout(PATIENCE, clerk.get(&events)).await.expect("the events end with the job").text();
    assert!(told.contains("\"state\":\"done\""), "{told}");
    let end = clerk.get(&format!("/jobs/{again}")).await.json();
    assert_eq!((&end["figures"]["faults"], &end["figures"]["stopped"]), (&json!(0), &json!(false)), "{end}");
    assert_eq!(hall.findings().await, Vec::<String>::new());
}
