//! The service over HTTP: the binary, its records on either database, clients with sessions of their own.

mod arrears;
mod bad_input;
mod benefits;
mod crash;
mod demo;
mod drafts_and_jobs;
mod fuzz;
pub(crate) mod leaks;
mod ledger;
mod load;
mod log_in;
mod payments;
mod people;
mod policy;
mod receipts;
mod refunds;
mod story;
mod year;

use jorei_domain::calendar::Date;
use jorei_domain::id::HouseholdId;
use jorei_domain::ledger::Instalment;
use jorei_domain::money::Yen;
use jorei_domain::slip::Slip;
use jorei_service::receipts::forms::{Payment, Said, write};
use jorei_store::receipts::FileKind;
use jorei_tests::city_hall::{Answer, CityHall, Client, Database, Service, YEAR, base64};
use reqwest::StatusCode;
use serde_json::{Value, json};

/// The household that pays in these tests.
const HOUSEHOLD: i64 = 1;
/// The channel that it pays by: the counter.
const COUNTER: u8 = 0;

/// A city hall of settled law whose households are assessed and billed, so that their ledger says what they owe.
async fn billed(database: Database) -> (CityHall, Service) {
    let hall = CityHall::new(database, 3).await;
    hall.settle_the_law().await;
    let service = hall.serve().await;
    let clerk = hall.client(&service, "assessment").await;
    let members = shown(&clerk, &format!("/households/{HOUSEHOLD}")).await["members"].clone();
    for (at, member) in members.as_array().unwrap().iter().enumerate() {
        let columns = json!({ "year": YEAR - 1, "state": "known", "other_yen": if at == 0 { 3_000_000 } else { 0 } });
        let body = json!({ "kind": "incomes", "columns": columns, "source": "確定申告" });
        made(&clerk, &format!("/people/{}/facts", member["person"]), &body).await;
    }
    done(&clerk, "/assessments", &json!({ "year": YEAR, "on": "2025-06-13" })).await;
    done(&clerk, "/reassessments", &json!({ "year": YEAR, "on": "2025-06-13" })).await;
    (hall, service)
}

/// Runs work to its end: its figures.
async fn done(client: &Client, path: &str, body: &Value) -> Value {
    let started = client.post(path, body).await;
    assert_eq!(started.status, StatusCode::ACCEPTED, "{}", started.text());
    let job = started.json()["job"].as_str().unwrap().to_owned();
    // Ends when the job does.
    client.get(&format!("/jobs/{job}/events")).await;
    let job = client.get(&format!("/jobs/{job}")).await.json();
    assert_eq!(job["state"], "done", "{job:#}");
    job["figures"].clone()
}

async fn shown(client: &Client, path: &str) -> Value {
    let answer = client.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    answer.json()
}

async fn made(client: &Client, path: &str, body: &Value) -> Value {
    let answer = client.post(path, body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{path}: {}", answer.text());
    answer.json()
}

/// The number and yen of an instalment by its place among those of the household that are billed by slip.
async fn nth_instalment(hall: &CityHall, service: &Service, place: usize) -> (u16, i64) {
    let clerk = hall.client(service, "assessment").await;
    let schedule = shown(&clerk, &format!("/households/{HOUSEHOLD}/instalments?year={YEAR}")).await;
    let row = schedule["instalments"][place].clone();
    (u16::try_from(row["number"].as_i64().unwrap()).unwrap(), row["amount_yen"].as_i64().unwrap())
}

/// The number of the household's slip for an instalment.
fn slip(number: u16) -> String {
    let instalment = Instalment { year: YEAR, collection: 0, number };
    Slip { household: HouseholdId(HOUSEHOLD), instalment }.to_string()
}

fn payment(reference: &str, slip: &str, paid_on: Date, yen: i64) -> Said {
    Said::Payment(Payment { reference: reference.into(), slip: slip.into(), paid_on, yen: Yen::new(yen) })
}

/// Hands a final file of the counter in.
async fn hand_in(client: &Client, serial: i64, on: Date, lines: &[Said]) -> Answer {
    let content = write(COUNTER, FileKind::Final, serial, on, lines);
    client.post("/receipts/files", &json!({ "content_base64": base64(&content), "on": on.to_string() })).await
}

/// What stands on a household's accounts of a kind, in the order in which they are told.
async fn balances(client: &Client, kind: &str) -> Vec<i64> {
    let ledger = shown(client, &format!("/households/{HOUSEHOLD}/ledger")).await;
    let accounts = ledger["accounts"].as_array().unwrap().iter();
    accounts.filter(|account| account["kind"] == kind).map(|account| account["yen"].as_i64().unwrap()).collect()
}
