//! What an office does in a day, over HTTP: look somebody up, decide, explain, replay; change the law with two people.

use jorei_tests::city_hall::{CityHall, Database, YEAR};
use reqwest::{Method, StatusCode};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_household_is_decided_explained_and_replayed_on_both_databases() {
    for database in [Database::Sqlite, Database::Postgres] {
        let hall = CityHall::new(database, 20).await;
        let service = hall.serve().await;
        let clerk = hall.client(&service, "assessment").await;
        let first = clerk.post("/households/3/decisions", &json!({ "year": YEAR })).await;
        assert_eq!(first.status, StatusCode::CREATED, "{}", first.text());
        let id = first.json()["decision"].as_str().unwrap().to_owned();
        assert_eq!(first.json()["revision"], hall.revisions[0].to_string());
        assert_eq!(first.headers["location"], format!("/v1/offices/012041/decisions/{id}"));
        let again = clerk.post("/households/3/decisions", &json!({ "year": YEAR })).await;
        assert_eq!((again.status, &again.json()["decision"], &again.json()["new"]), (StatusCode::OK, &json!(id), &json!(false)));
        let shown = clerk.get(&format!("/decisions/{id}")).await.json();
        assert!(shown["explanation_ja"].as_str().unwrap().contains("世帯員") && shown["evidence"]["persons"].is_array(), "{shown:#}");
        let replayed = clerk.get(&format!("/decisions/{id}/replay")).await.json();
        assert_eq!((&replayed["same"], &replayed["differs"]), (&json!(true), &json!(null)));
        let tried = clerk
            .post("/households/3/trials", &json!({ "year": YEAR, "changes": [{ "person": 1, "incomes": { "year": 2024, "state": "known", "salary_yen": 9_000_000, "salary_revenue_yen": 11_000_000 } }] }))
            .await;
        assert_eq!(tried.status, StatusCode::OK, "{}", tried.text());
        let listed = clerk.get(&format!("/households/3/decisions?year={YEAR}")).await.json();
        assert_eq!(listed["items"].as_array().unwrap().len(), 1, "a trial stores no decision");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revision_is_put_in_force_by_two_people_who_sign_elsewhere() {
    let hall = CityHall::new(Database::Sqlite, 5).await;
    let service = hall.serve().await;
    let (maker, signer) = (hall.client(&service, "rules").await, hall.client(&service, "rules-2").await);
    let asked = json!({ "kind": "activation", "revision": hall.revisions[1].to_string(), "from": "2025-04-01", "until": "2026-04-01", "reason": "改正" });
    let prepared = maker.post("/acts/prepared", &asked).await;
    assert_eq!(prepared.status, StatusCode::CREATED, "{}", prepared.text());
    let act = prepared.json()["act"].as_str().unwrap().to_owned();
    // The other person has prepared nothing, and a signature by the wrong key is none.
    let signature = hall.signature("rules", "make", &act);
    assert_eq!(signer.post("/acts", &json!({ "act": act, "signature": signature })).await.code(), "not-found");
    let wrong = hall.signature("rules-2", "make", &act);
    assert_eq!(maker.post("/acts", &json!({ "act": act, "signature": wrong })).await.code(), "signature-wrong");
    let made = maker.post("/acts", &json!({ "act": act, "signature": signature })).await;
    assert_eq!((made.status, &made.json()["in_effect"]), (StatusCode::CREATED, &json!(false)), "{}", made.text());
    let own = json!({ "verdict": "approve", "signature": hall.signature("rules", "approve", &act) });
    assert_eq!(maker.post(&format!("/acts/{act}/signatures"), &own).await.code(), "own-act");
    let other = json!({ "verdict": "approve", "signature": hall.signature("rules-2", "approve", &act) });
    let signed = signer.post(&format!("/acts/{act}/signatures"), &other).await;
    assert_eq!(signed.json()["in_effect"], true, "{}", signed.text());
    let clerk = hall.client(&service, "assessment").await;
    let decided = clerk.post("/households/1/decisions", &json!({ "year": YEAR })).await;
    assert_eq!(decided.json()["revision"], hall.revisions[1].to_string());
    // The session ends when its holder says so.
    let ended = jorei_tests::city_hall::Answer::of(clerk.request(Method::DELETE, "/sessions/current")).await;
    assert_eq!(ended.status, StatusCode::NO_CONTENT);
    assert_eq!(clerk.get("/sessions/current").await.code(), "no-session");
}
