//! Arrears over HTTP: what is owed late is shown with its charge, demanded once, promised, and not given up before its time.

use super::{HOUSEHOLD, balances, billed, hand_in, made, nth_instalment, payment, shown, slip};
use jorei_domain::calendar::Date;
use jorei_tests::city_hall::Database;
use reqwest::StatusCode;
use serde_json::json;

async fn what_is_owed_late_is_demanded_once_promised_and_charged_when_it_is_paid(database: Database) {
    let (hall, service) = billed(database).await;
    let (number, yen) = nth_instalment(&hall, &service, 0).await;
    let clerk = hall.client(&service, "collection").await;
    let path = |rest: &str| format!("/households/{HOUSEHOLD}/arrears{rest}");
    let before = shown(&clerk, &path("?on=2025-06-20")).await;
    assert_eq!(
        (&before["instalments"][0]["open_yen"], &before["instalments"][0]["demand_due"]),
        (&json!(yen), &json!(false)),
        "{before:#}"
    );

    // Eighteen days late: it is listed, and its notice is due once.
    let on = "2025-07-18";
    let listed = shown(&clerk, &format!("/arrears?on={on}")).await;
    let row = listed["items"].as_array().unwrap().iter().find(|row| row["household"] == HOUSEHOLD).unwrap();
    assert_eq!((&row["overdue"], &row["open_yen"]), (&json!(1), &json!(yen)), "{listed:#}");
    let due = shown(&clerk, &format!("/arrears/demands?on={on}&fee_yen=100")).await;
    let demand = due["items"].as_array().unwrap().iter().find(|row| row["household"] == HOUSEHOLD).unwrap();
    assert_eq!((&demand["to"], &demand["instalments"][0]["open_yen"]), (&json!("living"), &json!(yen)), "{due:#}");
    let sent = json!({ "on": on, "fee_yen": 100 });
    assert_eq!(made(&clerk, &path("/demands"), &sent).await["recorded"], 1);
    assert_eq!(clerk.post(&path("/demands"), &sent).await.code(), "not-allowed-now", "once");
    assert_eq!(balances(&clerk, "fee").await, [100]);

    let promise = |step: &str| {
        json!({ "step": step, "on": "2025-07-20", "payments": [{ "by": "2025-08-31", "yen": yen }],
        "instalments": [{ "year": 2025, "number": number }], "reason": "窓口で誓約" })
    };
    assert_eq!(clerk.post(&path("/steps"), &promise("demanded")).await.code(), "invalid", "a demand is no step of this route");
    assert_eq!(clerk.post(&path("/steps"), &promise("seized")).await.code(), "not-allowed-now", "a seizure has no days of payment");
    made(&clerk, &path("/steps"), &promise("promised")).await;
    let shown_now = shown(&clerk, &path(&format!("?on={on}"))).await;
    let steps = shown_now["steps_ja"].as_array().unwrap();
    assert!(steps.len() == 2 && steps[1].as_str().unwrap().contains("分納誓約"), "{shown_now:#}");

    // Nothing of it lapses for years, and nobody gives it up before.
    assert_eq!(shown(&clerk, &format!("/arrears/lapsing?on={on}")).await["items"], json!([]));
    let give_up =
        |ground: &str| json!({ "ground": ground, "on": on, "instalments": [{ "year": 2025, "number": number }], "reason": "時効の完成" });
    assert_eq!(clerk.post(&path("/write-off"), &give_up("generosity")).await.code(), "invalid");
    assert_eq!(clerk.post(&path("/write-off"), &give_up("time_bar")).await.code(), "not-allowed-now");

    // Paid: the charge is what the rule says, decided and posted once.
    let desk = hall.client(&service, "receipts").await;
    let taken = hand_in(&desk, 1, Date::new(2025, 8, 29), &[payment("M-1", &slip(number), Date::new(2025, 8, 28), yen)]).await;
    assert_eq!(taken.status, StatusCode::CREATED, "{}", taken.text());
    let told = shown(&clerk, &path("?on=2025-08-29")).await["instalments"][0].clone();
    let decided = made(&clerk, &path("/decisions"), &json!({ "on": "2025-08-29" })).await;
    assert_eq!((&decided["status"], &decided["withheld_ja"]), (&json!("decided"), &json!([])), "{decided:#}");
    let again = made(&clerk, &path("/decisions"), &json!({ "on": "2025-08-29" })).await;
    assert_eq!((&again["new"], &again["posted"]), (&json!(false), &json!([])), "{again:#}");
    let fixed = shown(&clerk, &path("?on=2025-08-29")).await["instalments"][0].clone();
    assert_eq!((&fixed["open_yen"], &fixed["charge_levied_yen"]), (&json!(0), &told["charge_yen"]), "{fixed:#}");

    assert_eq!(desk.get(&path("")).await.code(), "forbidden", "another department's");
    assert_eq!(clerk.get("/households/9182736455/arrears").await.code(), "not-found");
    assert_eq!(hall.findings().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_owed_late_is_demanded_once_promised_and_charged_when_it_is_paid_on_sqlite() {
    what_is_owed_late_is_demanded_once_promised_and_charged_when_it_is_paid(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_owed_late_is_demanded_once_promised_and_charged_when_it_is_paid_on_postgresql() {
    what_is_owed_late_is_demanded_once_promised_and_charged_when_it_is_paid(Database::Postgres).await;
}
