//! What several people edit, and what takes long: drafts that nobody overwrites unseen, work that outlives its client.

use jorei_tests::city_hall::{Answer, CityHall, Client, Database, Service, YEAR};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use sqlx::{AnyConnection, Connection as _};
use std::collections::BTreeSet;

async fn put(client: &Client, name: &str, condition: &[(&str, &str)], written: &str) -> Answer {
    let mut request = client.request(Method::PUT, &format!("/drafts/{name}")).json(&json!({ "written": written }));
    for (header, value) in condition {
        request = request.header(*header, *value);
    }
    Answer::of(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_saved_over_the_version_that_was_edited_and_no_other() {
    let hall = CityHall::new(Database::Sqlite, 1).await;
    let service = hall.serve().await;
    let rules = hall.client(&service, "rules").await;
    let new = [("If-None-Match", "*")];
    let first = put(&rules, "kaisei", &new, "# 1").await;
    assert_eq!((first.status, first.headers["etag"].to_str().unwrap()), (StatusCode::CREATED, "\"1\""));
    let second = put(&rules, "kaisei", &[("If-Match", "\"1\"")], "# 2").await;
    assert_eq!((second.status, second.headers["etag"].to_str().unwrap()), (StatusCode::OK, "\"2\""));
    let shown = rules.get("/drafts/kaisei").await;
    assert_eq!((shown.headers["etag"].to_str().unwrap(), &shown.json()["written"]), ("\"2\"", &json!("# 2")));
    // The same text again is no new version.
    assert_eq!(put(&rules, "kaisei", &[("If-Match", "\"2\"")], "# 2").await.headers["etag"], "\"2\"");
    for (condition, code) in [
        (&[][..], "precondition-missing"),
        (&[("If-Match", "\"2\""), ("If-None-Match", "*")], "precondition-missing"),
        (&[("If-None-Match", "\"2\"")], "precondition-missing"),
        (&new, "edited-meanwhile"),
        (&[("If-Match", "\"1\"")], "edited-meanwhile"),
        (&[("If-Match", "\"3\"")], "edited-meanwhile"),
        (&[("If-Match", "W/\"2\"")], "edited-meanwhile"),
        (&[("If-Match", "*")], "edited-meanwhile"),
        (&[("If-Match", "\"0\"")], "edited-meanwhile"),
    ] {
        let refused = put(&rules, "kaisei", condition, "# 3").await;
        assert_eq!(refused.code(), code, "{condition:?}: {}", refused.text());
    }
    assert_eq!(put(&rules, "another", &[("If-Match", "\"1\"")], "# 1").await.code(), "edited-meanwhile");
    assert_eq!(put(&rules, "Kaisei!", &new, "# 1").await.code(), "invalid");
    assert_eq!(put(&rules, &"a".repeat(64), &new, "# 1").await.code(), "invalid", "like a digest");
    assert_eq!(rules.get("/drafts/another").await.code(), "not-found");
    let listed = rules.get("/drafts").await.json();
    assert_eq!((&listed["items"].as_array().unwrap().len(), &listed["items"][0]["version"]), (&1, &json!(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_those_who_save_at_once_one_is_first_and_each_is_told_its_own_version() {
    for database in [Database::Sqlite, Database::Postgres] {
        let hall = CityHall::new(database, 1).await;
        let service = hall.serve().await;
        let rules = hall.client(&service, "rules").await;
        assert_eq!(put(&rules, "kaisei", &[("If-None-Match", "*")], "# 0").await.status, StatusCode::CREATED);
        let editors = (0..6).map(|editor| {
            let rules = rules.clone();
            tokio::spawn(async move {
                let (mut saved, mut tag) = (Vec::new(), "\"1\"".to_owned());
                for round in 0..8 {
                    let text = format!("# {editor} {round}");
                    let answer = put(&rules, "kaisei", &[("If-Match", &tag)], &text).await;
                    if answer.status == StatusCode::OK {
                        assert_eq!(answer.json()["written"], text, "whoever saves is told what they saved");
                        saved.push(answer.json()["version"].as_i64().unwrap());
                        tag = answer.headers["etag"].to_str().unwrap().to_owned();
                    } else {
                        assert_eq!(answer.code(), "edited-meanwhile", "{}", answer.text());
                        tag = rules.get("/drafts/kaisei").await.headers["etag"].to_str().unwrap().to_owned();
                    }
                }
                saved
            })
        });
        let mut versions = Vec::new();
        for editor in editors.collect::<Vec<_>>() {
            versions.extend(editor.await.unwrap());
        }
        // Every version was somebody's, and nobody's was lost.
        versions.sort_unstable();
        assert_eq!(versions, (2..=versions.len() as i64 + 1).collect::<Vec<_>>());
        assert_eq!(rules.get("/drafts/kaisei").await.json()["version"], json!(versions.len() + 1));
    }
}

/// Events of a job as they come.
struct Events {
    response: Response,
    text: String,
}

impl Events {
    async fn of(client: &Client, job: &str, seen: Option<&str>) -> Events {
        let mut request = client.request(Method::GET, &format!("/jobs/{job}/events"));
        if let Some(seen) = seen {
            request = request.header("Last-Event-ID", seen);
        }
        let response = request.send().await.unwrap();
        assert_eq!((response.status(), &response.headers()["content-type"]), (StatusCode::OK, &"text/event-stream".parse().unwrap()));
        Events { response, text: String::new() }
    }

    /// The next event: its id and what it says; none at the end.
    async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                let line = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned());
                // A comment keeps the connection open and says nothing.
                let Some(data) = line("data:") else { continue };
                return Some((line("id:").unwrap(), serde_json::from_str(&data).unwrap()));
            }
            let chunk = self.response.chunk().await.unwrap()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// All that are left.
    async fn rest(mut self) -> Vec<(String, Value)> {
        let mut all = Vec::new();
        while let Some(event) = self.next().await {
            all.push(event);
        }
        all
    }
}

/// Keeps decisions from being read and written, so that work which needs them stays under way.
async fn hold(hall: &CityHall) -> AnyConnection {
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(&hall.database).await.unwrap();
    for statement in ["BEGIN", "LOCK TABLE decision IN ACCESS EXCLUSIVE MODE"] {
        sqlx::query(statement).execute(&mut connection).await.unwrap();
    }
    connection
}

async fn started(client: &Client, path: &str, body: &Value) -> String {
    let answer = client.post(path, body).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
    let job = answer.json()["job"].as_str().unwrap().to_owned();
    assert_eq!(answer.headers["location"], format!("/v1/offices/012041/jobs/{job}"));
    job
}

/// Waits for the end of a job: its state and figures.
async fn ended(client: &Client, job: &str) -> Value {
    Events::of(client, job, None).await.rest().await.pop().unwrap().1
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assessment_goes_on_when_its_client_is_gone_and_tells_whoever_comes_back() {
    let hall = CityHall::new(Database::Postgres, 12).await;
    let service = hall.serve().await;
    let clerk = hall.client(&service, "assessment").await;
    let held = hold(&hall).await;
    let job = started(&clerk, "/assessments", &json!({ "year": YEAR })).await;
    let mut events = Events::of(&clerk, &job, None).await;
    let (seen, first) = events.next().await.unwrap();
    assert_eq!((seen.as_str(), &first["state"]), ("0", &json!("running")));
    drop(events);
    assert_eq!(clerk.get(&format!("/jobs/{job}")).await.json()["state"], "running");
    let back = Events::of(&clerk, &job, Some(&seen)).await;
    held.close().await.unwrap();
    let told = back.rest().await;
    assert!(told.iter().all(|(id, _)| *id != seen), "{told:#?}");
    let (last, end) = told.last().unwrap();
    assert_eq!((&end["state"], &end["figures"]["households"], &end["figures"]["stopped"]), (&json!("done"), &json!(12), &json!(false)));
    assert!(told[..told.len() - 1].iter().all(|(_, progress)| progress["state"] == "running"));
    // Whoever saw the end as well is told it again: it is the end.
    let again = Events::of(&clerk, &job, Some(last)).await.rest().await;
    assert_eq!(again.iter().map(|(_, told)| told).collect::<Vec<_>>(), [end]);
    let kept = clerk.get(&format!("/jobs/{job}")).await.json();
    assert_eq!((&kept["state"], &kept["figures"], &kept["by"]), (&json!("done"), &end["figures"], &json!("assessment")));
    // What is decided and still true is not decided again.
    let again = started(&clerk, "/assessments", &json!({ "year": YEAR })).await;
    assert_eq!(ended(&clerk, &again).await["figures"]["unchanged"], json!(12));
    let page = clerk.get("/jobs?limit=1").await.json();
    assert_eq!(page["items"][0]["job"], again);
    let next = clerk.get(&format!("/jobs?limit=1&after={}", page["next"].as_str().unwrap())).await.json();
    assert_eq!((&next["items"][0]["job"], &next["next"]), (&json!(job), &json!(null)));
    assert_eq!(clerk.post("/assessments", &json!({ "year": 1990 })).await.code(), "law-missing");
    assert_eq!(clerk.post("/assessments", &json!({ "year": 0 })).await.code(), "invalid");
    assert_eq!(clerk.get(&format!("/jobs/{}", "0".repeat(32))).await.code(), "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_stopped_after_the_page_under_way() {
    let hall = CityHall::new(Database::Postgres, 8).await;
    let service = hall.serve().await;
    let clerk = hall.client(&service, "assessment").await;
    let held = hold(&hall).await;
    let job = started(&clerk, "/assessments", &json!({ "year": YEAR })).await;
    // Nothing else that decides runs beside it.
    for path in ["/assessments", "/reassessments", "/instalments"] {
        assert_eq!(clerk.post(path, &json!({ "year": YEAR })).await.code(), "not-allowed-now", "{path}");
    }
    let stop = async || Answer::of(clerk.request(Method::DELETE, &format!("/jobs/{job}"))).await;
    assert_eq!(stop().await.status, StatusCode::ACCEPTED);
    held.close().await.unwrap();
    let end = ended(&clerk, &job).await;
    assert_eq!((&end["state"], &end["figures"]["stopped"], &end["figures"]["households"]), (&json!("done"), &json!(true), &json!(8)));
    assert_eq!(stop().await.code(), "not-allowed-now");
    // The page that was under way was stored whole.
    let again = started(&clerk, "/assessments", &json!({ "year": YEAR })).await;
    assert_eq!(ended(&clerk, &again).await["figures"]["unchanged"], json!(8));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_service_was_killed_is_interrupted_and_can_be_started_again() {
    let hall = CityHall::new(Database::Postgres, 8).await;
    let service = hall.serve().await;
    let clerk = hall.client(&service, "assessment").await;
    let held = hold(&hall).await;
    let job = started(&clerk, "/assessments", &json!({ "year": YEAR })).await;
    assert_eq!(Events::of(&clerk, &job, None).await.next().await.unwrap().1["state"], "running");
    service.end("KILL").await;
    held.close().await.unwrap();
    let service: Service = hall.serve().await;
    let clerk = hall.client(&service, "assessment").await;
    assert_eq!(clerk.get(&format!("/jobs/{job}")).await.json()["state"], "interrupted");
    let told = Events::of(&clerk, &job, Some("0")).await.rest().await;
    assert_eq!(told.iter().map(|(_, told)| &told["state"]).collect::<Vec<_>>(), ["interrupted"]);
    let stop = Answer::of(clerk.request(Method::DELETE, &format!("/jobs/{job}"))).await;
    assert_eq!(stop.code(), "not-allowed-now");
    let again = started(&clerk, "/assessments", &json!({ "year": YEAR })).await;
    let end = ended(&clerk, &again).await;
    assert_eq!((&end["state"], &end["figures"]["households"]), (&json!("done"), &json!(8)));
    assert_eq!(clerk.get("/households/8/decisions?year=2025").await.json()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_candidate_runs_in_the_shadow_and_its_report_is_told_in_sums() {
    let hall = CityHall::new(Database::Sqlite, 10).await;
    let service = hall.serve().await;
    let (clerk, rules) = (hall.client(&service, "assessment").await, hall.client(&service, "rules").await);
    let assessed = started(&clerk, "/assessments", &json!({ "year": YEAR })).await;
    assert_eq!(ended(&clerk, &assessed).await["state"], "done");
    let candidate = hall.revisions[1].to_string();
    let run = started(&rules, "/shadow-reports", &json!({ "revision": candidate, "year": YEAR })).await;
    let end = ended(&rules, &run).await;
    assert_eq!(end["state"], "done", "{end}");
    let report = end["figures"]["report"].as_str().unwrap();
    let shown = rules.get(&format!("/shadow-reports/{report}")).await.json();
    assert_eq!((&shown["candidate"], &shown["on"]), (&json!(candidate), &json!("2025-04-01")));
    assert!(!shown["summary_ja"].as_str().unwrap().is_empty());
    assert_eq!(rules.get("/shadow-reports").await.json()["items"][0]["report"], report);
    // Its households are persons' data: not for who makes the rules.
    assert_eq!(rules.get(&format!("/shadow-reports/{report}/households")).await.code(), "forbidden");
    assert_eq!(clerk.get(&format!("/shadow-reports/{report}/households")).await.status, StatusCode::OK);
    let unknown = json!({ "revision": "0".repeat(64), "year": YEAR });
    assert_eq!(rules.post("/shadow-reports", &unknown).await.code(), "not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verification_of_the_chain_finds_an_edit() {
    let hall = CityHall::new(Database::Sqlite, 2).await;
    let service = hall.serve().await;
    let (auditor, clerk) = (hall.client(&service, "auditor").await, hall.client(&service, "qualification").await);
    for household in 1..=2 {
        assert_eq!(clerk.get(&format!("/households/{household}")).await.status, StatusCode::OK);
    }
    let head = auditor.get("/audit/head").await.json()["sequence"].as_i64().unwrap();
    let verified = async || {
        let job = started(&auditor, "/audit/verifications", &json!({})).await;
        ended(&auditor, &job).await
    };
    let whole = verified().await;
    assert_eq!((&whole["state"], &whole["figures"]["holds"]), (&json!("done"), &json!(true)), "{whole}");
    assert!(whole["figures"]["entries"].as_i64().unwrap() > head);
    let (mut after, mut sequences) = (String::from("0"), Vec::new());
    loop {
        let page = auditor.get(&format!("/audit?limit=7&after={after}")).await.json();
        sequences.extend(page["items"].as_array().unwrap().iter().map(|entry| entry["sequence"].as_i64().unwrap()));
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut after),
            None => break,
        }
    }
    assert_eq!(sequences, (1..=sequences.len() as i64).collect::<Vec<_>>());
    // Whoever runs the database edits who looked a household up.
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(&hall.database).await.unwrap();
    for statement in ["DROP TRIGGER audit_no_update", "UPDATE audit SET by_whom = 'nobody' WHERE kind = 'lookup'"] {
        sqlx::query(statement).execute(&mut connection).await.unwrap();
    }
    let edited = verified().await;
    assert_eq!(edited["figures"]["holds"], false, "{edited}");
    let findings: BTreeSet<&str> = edited["figures"]["findings"].as_array().unwrap().iter().map(|found| found.as_str().unwrap()).collect();
    assert!(!findings.is_empty());
}
