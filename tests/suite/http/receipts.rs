//! Receipts over HTTP: a file comes in whole or not at all, a clerk says what a payment pays and takes one back, and the days
//! are held against what the bank delivered.

use super::{COUNTER, HOUSEHOLD, balances, billed, hand_in, made, nth_instalment, payment, shown, slip};
use jorei_domain::calendar::Date;
use jorei_service::receipts::forms::{Delivery, Said, write};
use jorei_store::receipts::{FileKind, STATEMENT};
use jorei_tests::city_hall::{Database, YEAR, base64};
use reqwest::StatusCode;
use serde_json::json;

const PAID: Date = Date::new(2025, 7, 7);
const TOLD: Date = Date::new(2025, 7, 10);

async fn a_payment_without_a_slip_is_used_by_a_clerk_and_taken_back(database: Database) {
    let (hall, service) = billed(database).await;
    let (first, first_yen) = nth_instalment(&hall, &service, 0).await;
    let (second, second_yen) = nth_instalment(&hall, &service, 1).await;
    assert!(first_yen > 100 && second_yen > 100);
    let clerk = hall.client(&service, "receipts").await;
    let owed = balances(&clerk, "receivable").await;
    assert_eq!(&owed[..2], [first_yen, second_yen]);

    // Of a file with a wrong line nothing is taken, and nothing of the line is repeated.
    let good = write(COUNTER, FileKind::Final, 1, TOLD, &[payment("M-1", &slip(first), PAID, first_yen)]);
    let wrong = good.replace("2025-07-07", "山田花子").replace("20250707", "山田花子");
    assert_ne!(good, wrong);
    let refused = clerk.post("/receipts/files", &json!({ "content_base64": base64(&wrong), "on": "2025-07-10" })).await;
    assert_eq!(refused.code(), "invalid", "{}", refused.text());
    assert!(refused.text().contains("取り込みませんでした") && refused.text().contains("行"), "{}", refused.text());
    assert!(!refused.text().contains("山田"), "{}", refused.text());

    let lines = [payment("M-1", &slip(first), PAID, first_yen), payment("M-2", "1234567890123456789?", PAID, 100)];
    let late = hand_in(&clerk, 2, TOLD, &lines).await;
    assert_eq!(late.code(), "not-allowed-now", "the first file is missing: {}", late.text());
    let taken = hand_in(&clerk, 1, TOLD, &lines).await;
    assert_eq!((taken.status, &taken.json()["rows"]), (StatusCode::CREATED, &json!(2)), "{}", taken.text());
    let again = hand_in(&clerk, 1, TOLD, &lines).await;
    assert_eq!((again.status, &again.json()["before"]), (StatusCode::OK, &json!(true)), "{}", again.text());
    assert_eq!(shown(&clerk, "/receipts/files").await["items"].as_array().unwrap().len(), 1);
    assert_eq!(balances(&clerk, "receivable").await[..2], [0, second_yen]);

    let waiting = shown(&clerk, "/receipts/exceptions").await;
    assert_eq!((&waiting["items"][0]["exception"], &waiting["items"][1]), (&json!("unknown_slip"), &json!(null)), "{waiting:#}");
    let receipt = waiting["items"][0]["receipt"].as_i64().unwrap();
    let instalment = json!({ "household": HOUSEHOLD, "year": YEAR, "number": second });
    let named = |reason: &str| json!({ "instalment": instalment, "reason": reason });
    let personal = clerk.post(&format!("/receipts/{receipt}/uses"), &named("個人番号 123456789018")).await;
    assert_eq!(personal.code(), "invalid");
    made(&clerk, &format!("/receipts/{receipt}/uses"), &named("納付書の控えを確認")).await;
    assert_eq!(balances(&clerk, "receivable").await[..2], [0, second_yen - 100]);
    assert_eq!(shown(&clerk, "/receipts/exceptions").await["items"], json!([]));
    let story = shown(&clerk, &format!("/receipts/{receipt}")).await;
    assert_eq!((&story["pays"]["household"], &story["events"][1]["event"]), (&json!(HOUSEHOLD), &json!("matched")), "{story:#}");

    // Nothing was delivered; then all of it; then the clerk takes a hundred yen back.
    let reconciled = async || {
        let days = shown(&clerk, "/reconciliation/2025-07-07").await["items"].clone();
        assert_eq!(days.as_array().unwrap().len(), 1, "{days:#}");
        days[0].clone()
    };
    let missing = reconciled().await;
    assert_eq!((&missing["state"], &missing["difference_yen"]), (&json!("open"), &json!(-(first_yen + 100))), "{missing:#}");
    let delivered = Delivery { delivered_on: Date::new(2025, 7, 14), channel: COUNTER, collected_on: PAID, yen: first_yen + 100 };
    let statement = write(STATEMENT, FileKind::Statement, 1, Date::new(2025, 7, 14), &[Said::Delivered(delivered)]);
    made(&clerk, "/receipts/files", &json!({ "content_base64": base64(&statement), "on": "2025-07-14" })).await;
    assert_eq!(reconciled().await["state"], "even");
    made(&clerk, &format!("/receipts/{receipt}/reversal"), &json!({ "reason": "小切手の不渡り" })).await;
    assert_eq!(balances(&clerk, "receivable").await[..2], [0, second_yen]);
    let stretch = shown(&clerk, "/reconciliation?from=2025-07-01&until=2025-08-01&on=2025-07-31").await;
    assert_eq!((&stretch["open"], &stretch["sums"]["difference_yen"]), (&json!(1), &json!(100)), "{stretch:#}");
    let beyond = clerk.get("/reconciliation?on=2999-04-01").await;
    assert_eq!(beyond.code(), "law-missing", "nobody knows the holidays of that year: {}", beyond.text());

    // Receipts are another department's for all others.
    for role in ["assessment", "qualification", "collection", "auditor"] {
        let other = hall.client(&service, role).await;
        assert_eq!(other.get("/receipts").await.status, StatusCode::FORBIDDEN, "{role}");
    }
    assert_eq!(hall.findings().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_without_a_slip_is_used_by_a_clerk_and_taken_back_on_sqlite() {
    a_payment_without_a_slip_is_used_by_a_clerk_and_taken_back(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_without_a_slip_is_used_by_a_clerk_and_taken_back_on_postgresql() {
    a_payment_without_a_slip_is_used_by_a_clerk_and_taken_back(Database::Postgres).await;
}
