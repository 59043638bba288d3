//! Refunds over HTTP: what was paid twice is decided, told, claimed and renewed, each step once.

use super::{HOUSEHOLD, balances, billed, hand_in, made, nth_instalment, payment, shown, slip};
use jorei_domain::calendar::Date;
use jorei_tests::city_hall::Database;
use reqwest::StatusCode;
use serde_json::json;

async fn what_was_paid_twice_is_decided_told_claimed_and_renewed(database: Database) {
    let (hall, service) = billed(database).await;
    let (number, yen) = nth_instalment(&hall, &service, 0).await;
    let clerk = hall.client(&service, "receipts").await;
    let path = |rest: &str| format!("/households/{HOUSEHOLD}/refunds{rest}");
    assert_eq!(clerk.post(&path("/decisions"), &json!({ "on": "2025-07-01" })).await.code(), "not-allowed-now", "nothing is overpaid");
    let paid_on = Date::new(2025, 6, 27);
    let lines = [payment("M-1", &slip(number), paid_on, yen), payment("M-2", &slip(number), paid_on, yen)];
    let taken = hand_in(&clerk, 1, Date::new(2025, 7, 1), &lines).await;
    assert_eq!(taken.status, StatusCode::CREATED, "{}", taken.text());

    let open = shown(&clerk, "/refunds").await;
    let matter = &open["items"][0]["matters"][0];
    assert_eq!((&open["items"][0]["household"], &matter["undecided_yen"]), (&json!(HOUSEHOLD), &json!(yen)), "{open:#}");
    let overpayment = matter["overpayment"].as_i64().unwrap();
    let warned = shown(&clerk, "/refunds/warnings").await;
    assert_eq!((&warned["items"][0]["overpayment"], &warned["items"][0]["bar_on"]), (&json!(overpayment), &json!(null)), "{warned:#}");

    // Decided before anything else is due: all of it goes back, on an order of its own; asked again, the same.
    let decided = made(&clerk, &path("/decisions"), &json!({ "on": "2025-07-02" })).await;
    assert_eq!(decided["held_ja"], json!(null), "{decided:#}");
    let order = &decided["orders"][0];
    assert_eq!((&order["principal_yen"], &order["payee_kind"]), (&json!(yen), &json!("head")), "{decided:#}");
    let again = made(&clerk, &path("/decisions"), &json!({ "on": "2025-07-02" })).await;
    assert_eq!((&again["decision"], &again["new"]), (&decided["decision"], &json!(false)), "{again:#}");
    assert_eq!(balances(&clerk, "payable").await, [yen + order["interest_yen"].as_i64().unwrap()]);
    let story = shown(&clerk, &path("/story")).await;
    assert!(story["text_ja"].as_str().unwrap().contains("支出命令"), "{story:#}");

    // A draft is not a notice; what was sent can be claimed on once.
    let draft = clerk.post(&path("/notices"), &json!({ "on": "2025-07-02", "draft": true })).await;
    assert_eq!((draft.status, &draft.json()["notice"]), (StatusCode::OK, &json!(null)), "{}", draft.text());
    assert_eq!(shown(&clerk, &path("")).await["notices"], json!([]));
    let sent = made(&clerk, &path("/notices"), &json!({ "on": "2025-07-02" })).await;
    assert!(sent["text_ja"].as_str().unwrap().contains("還付充当通知書"), "{sent:#}");
    let notice = sent["notice"].as_i64().unwrap();
    let claim = |notice: i64| json!({ "notice": notice, "form": "受付簿 R7-12", "on": "2025-07-05" });
    assert_eq!(clerk.post(&path("/claims"), &claim(notice + 1)).await.code(), "not-found");
    made(&clerk, &path("/claims"), &claim(notice)).await;
    assert_eq!(shown(&clerk, &path("")).await["notices"][0]["claimed_on"], "2025-07-05");

    // A consent of somebody who lives there, and its end.
    let head = order["payee"].as_i64().unwrap();
    let consent = |kind: &str, person: i64| json!({ "kind": kind, "given_by": person, "channel": "paper", "document": "同意書 R7-3", "on": "2025-07-05" });
    assert_eq!(clerk.post(&path("/consents"), &consent("anything", head)).await.code(), "invalid");
    let nobody = clerk.post(&path("/consents"), &consent("public_account", 918_273_645_546)).await;
    assert!(nobody.code() == "invalid" && !nobody.text().contains("918273645546"), "{}", nobody.text());
    let given = made(&clerk, &path("/consents"), &consent("public_account", head)).await;
    made(&clerk, &path("/withdrawals"), &json!({ "consent": given["number"], "on": "2025-07-06" })).await;
    assert_eq!(shown(&clerk, &path("")).await["consents"][0]["withdrawn_on"], "2025-07-06");

    // Not approved on its day, so decided anew; the old order stays in the list as taken back.
    let renewal = format!("/payment-orders/{}/renewal", order["order"]);
    assert_eq!(clerk.post(&renewal, &json!({ "on": "2025-07-02" })).await.code(), "not-allowed-now", "on a later day only");
    let renewed = made(&clerk, &renewal, &json!({ "on": "2025-07-08" })).await;
    assert_eq!((&renewed["orders"][0]["replaces"], &renewed["orders"][0]["principal_yen"]), (&order["order"], &json!(yen)), "{renewed:#}");
    let orders = shown(&clerk, &path("")).await["orders"].clone();
    assert_eq!((&orders[0]["state_ja"], &orders[1]["state_ja"]), (&json!("取消"), &json!("未払")), "{orders:#}");
    let lapse =
        clerk.post(&path("/lapses"), &json!({ "order": renewed["orders"][0]["order"], "reason": "時効", "on": "2025-07-09" })).await;
    assert_eq!(lapse.code(), "not-allowed-now", "it can be claimed for years: {}", lapse.text());
    assert_eq!(shown(&clerk, "/refunds/lapsed?year=2025").await["items"], json!([]));
    assert_eq!(clerk.post("/payment-orders/99/renewal", &json!({})).await.code(), "not-found");

    let collector = hall.client(&service, "collection").await;
    assert_eq!(collector.get(&path("")).await.code(), "forbidden");
    assert_eq!(hall.findings().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_paid_twice_is_decided_told_claimed_and_renewed_on_sqlite() {
    what_was_paid_twice_is_decided_told_claimed_and_renewed(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_paid_twice_is_decided_told_claimed_and_renewed_on_postgresql() {
    what_was_paid_twice_is_decided_told_claimed_and_renewed(Database::Postgres).await;
}
