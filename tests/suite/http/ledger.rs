//! The ledger over HTTP: what stands, from which posting it came, and whether all of it adds up.

use super::{HOUSEHOLD, billed, done, hand_in, nth_instalment, payment, shown, slip};
use jorei_domain::calendar::Date;
use jorei_tests::city_hall::Database;
use reqwest::StatusCode;
use serde_json::{Value, json};

async fn every_yen_leads_to_its_posting_and_the_check_finds_them_even(database: Database) {
    let (hall, service) = billed(database).await;
    let (number, yen) = nth_instalment(&hall, &service, 0).await;
    let clerk = hall.client(&service, "receipts").await;
    let paid_on = Date::new(2025, 6, 27);
    let taken = hand_in(&clerk, 1, Date::new(2025, 7, 1), &[payment("M-1", &slip(number), paid_on, yen)]).await;
    assert_eq!(taken.status, StatusCode::CREATED, "{}", taken.text());

    let ledger = shown(&clerk, &format!("/households/{HOUSEHOLD}/ledger")).await;
    let entries = ledger["entries"].as_array().unwrap();
    let matched = entries.iter().find(|entry| entry["event"] == "matched").unwrap();
    assert_eq!((&matched["yen"], &matched["effective"]), (&json!(yen), &json!("2025-06-27")), "{matched:#}");
    let posting = shown(&clerk, &format!("/ledger/postings/{}", matched["posting"].as_str().unwrap())).await;
    assert_eq!((&posting["by"], &posting["transfers"][0]["yen"]), (&json!("receipts"), &json!(yen)), "{posting:#}");
    // What is levied follows from the decision on instalments.
    let levied = entries.iter().find(|entry| entry["event"] == "assessed").unwrap();
    let schedule = shown(&hall.client(&service, "assessment").await, &format!("/households/{HOUSEHOLD}/instalments?year=2025")).await;
    assert_eq!(levied["decision"], schedule["decision"]);

    // Debits and credits are the same, and the bank's day owes what was paid.
    let totals = shown(&clerk, "/ledger/totals").await["items"].clone();
    let sum = |side: &str| -> i64 { totals.as_array().unwrap().iter().map(|total| total[side].as_i64().unwrap()).sum() };
    assert_eq!(sum("debits_yen"), sum("credits_yen"));
    let of = |kind: &str| -> Value { totals.as_array().unwrap().iter().find(|total| total["kind"] == kind).unwrap()["yen"].clone() };
    assert_eq!(of("collected"), yen);
    assert_eq!(done(&clerk, "/ledger/checks", &json!({})).await, json!({ "agrees": true, "differences": 0 }));

    // Whoever collects sees what a household owes, and not the sums of the office.
    let collector = hall.client(&service, "collection").await;
    assert_eq!(collector.get(&format!("/households/{HOUSEHOLD}/ledger")).await.status, StatusCode::OK);
    assert_eq!(collector.get("/ledger/totals").await.code(), "forbidden");
    assert_eq!(clerk.get("/ledger/postings/0").await.code(), "not-found");
    assert_eq!(clerk.get("/households/9182736455/ledger").await.code(), "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_yen_leads_to_its_posting_and_the_check_finds_them_even_on_sqlite() {
    every_yen_leads_to_its_posting_and_the_check_finds_them_even(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_yen_leads_to_its_posting_and_the_check_finds_them_even_on_postgresql() {
    every_yen_leads_to_its_posting_and_the_check_finds_them_even(Database::Postgres).await;
}
