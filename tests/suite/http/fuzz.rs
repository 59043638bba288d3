//! The served description against the served answers: schemathesis sends what it allows and what it forbids, and nothing
//! may come back that it does not tell of.
//!
//! Absent: what an answer says; the other tests of the service hold that.

use jorei_tests::city_hall::{CityHall, Database, Service, YEAR};
use jorei_tests::{built, length};
use serde_json::json;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Another seed is another run; a failure is repeated with the same.
const SEED: &str = "4";

/// What an answer must be: no fault, and as it is described in status, media type, body and headers.
const CHECKS: &str =
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance";

/// The route that ends the session which everything else needs.
const END: [&str; 4] = ["--include-path-regex", "sessions/current$", "--include-method", "DELETE"];

/// Every route but that one.
const REST: [&str; 2] = ["--exclude-operation-id", "end"];

#[tokio::test(flavor = "multi_thread")]
async fn no_role_gets_an_answer_that_is_not_described_on_sqlite() {
    let roles = ["qualification", "assessment", "receipts", "collection", "rules", "operator", "auditor", "vendor"];
    tried(Database::Sqlite, &roles, length::of(50)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_role_gets_an_answer_that_is_not_described_on_postgresql() {
    tried(Database::Postgres, &["qualification", "rules"], length::of(20)).await;
}

/// Two of one name would be one in the description, and answers would be held against the wrong one.
#[test]
fn no_two_bodies_of_the_description_share_a_name() {
    let mut names: Vec<String> = Vec::new();
    for file in std::fs::read_dir(built::repository().join("host/api/src/routes")).expect("the routes") {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("a file of routes");
        for (derived, rest) in text.split("#[derive(").skip(1).filter_map(|part| part.split_once(")]")) {
            let item = rest.lines().find_map(|line| line.strip_prefix("pub struct ").or(line.strip_prefix("pub enum ")));
            let name = item.and_then(|item| item.split(|letter: char| !letter.is_alphanumeric()).next());
            names.extend(name.filter(|_| derived.contains("ToSchema")).map(str::to_owned));
        }
    }
    names.sort();
    assert!(names.len() > 30, "the search found too few: {names:?}");
    let twice: Vec<_> = names.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

async fn tried(database: Database, roles: &[&str], examples: u64) {
    let hall = CityHall::new(database, 5).await;
    let service = hall.serve().await;
    for role in roles {
        let known = known(&hall, &service).await;
        let file = configuration(&hall, role, &known);
        for chosen in [&REST[..], &END[..]] {
            let client = hall.client(&service, role).await;
            let token = client.token.expect("a session");
            let purpose = [format!("Jorei-Affair: {}", client.affair), format!("Jorei-Case: {}", client.case)];
            let mut schemathesis = Command::new(built::schemathesis());
            schemathesis.arg("--config-file").arg(&file).arg("run").arg(format!("http://{}/v1/openapi.json", service.address));
            schemathesis.args(["--checks", CHECKS, "--phases", "examples,coverage,fuzzing", "--seed", SEED]);
            schemathesis.args(["--max-examples", &examples.to_string(), "--continue-on-failure", "--no-color", "--warnings", "off"]);
            schemathesis.args(["--generation-database", "none", "--suppress-health-check", "all", "--request-timeout", "60"]);
            schemathesis.args(["-H", &format!("Authorization: Bearer {token}"), "-H", &purpose[0], "-H", &purpose[1]]).args(chosen);
            ran(schemathesis, hall.folder().to_owned(), role).await;
        }
    }
    let log = service.log_text();
    assert!(!log.contains("\"level\":\"ERROR\""), "{}", errors(&log));
}

/// Runs it to its end. It leaves what it writes in the hall's folder.
async fn ran(mut schemathesis: Command, folder: PathBuf, role: &str) {
    let ended = tokio::task::spawn_blocking(move || {
        let folder: &Path = &folder;
        schemathesis.current_dir(folder).stdin(Stdio::null()).output().expect("schemathesis (cargo xtask setup)")
    });
    let output = ended.await.expect("its end");
    let report = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "as {role}:\n{report}");
    // It did ask: a description without routes would pass as well.
    assert!(report.contains("generated") && report.contains("passed"), "{report}");
}

fn errors(log: &str) -> String {
    log.lines().filter(|line| line.contains("\"level\":\"ERROR\"")).take(5).collect::<Vec<_>>().join("\n")
}

/// Ids that are there, by the name of their placeholder or member.
async fn known(hall: &CityHall, service: &Service) -> Vec<(&'static str, String)> {
    let clerk = hall.client(service, "assessment").await;
    let decided = clerk.post("/households/3/decisions", &json!({ "year": YEAR })).await.json();
    let decision = decided["decision"].as_str().expect("a decision").to_owned();
    let rules = hall.client(service, "rules").await;
    let listed = rules.get("/rules").await.json();
    // Packages that were refused by now have none.
    let rule = listed["items"].as_array().and_then(|items| items.iter().find_map(|item| item["rule"].as_str())).expect("a rule").to_owned();
    let ordinances = rules.get("/ordinances").await.json();
    let ordinance = ordinances["items"][0].as_str().expect("an ordinance").to_owned();
    let asked = json!({ "kind": "activation", "revision": hall.revisions[1].to_string(), "from": "2025-04-01", "until": "2026-04-01", "reason": "改正" });
    let act = rules.post("/acts/prepared", &asked).await.json()["act"].as_str().expect("an act").to_owned();
    let body = json!({ "act": act, "signature": hall.signature("rules", "make", &act) });
    assert_eq!(rules.post("/acts", &body).await.status, 201);
    let auditor = hall.client(service, "auditor").await;
    let job = auditor.post("/audit/verifications", &json!({})).await.json()["job"].as_str().expect("a job").to_owned();
    vec![
        ("decision", decision),
        ("rule", rule.clone()),
        ("digest", rule),
        ("ordinance", ordinance),
        ("act", act),
        ("job", job),
        ("revision", hall.revisions[0].to_string()),
    ]
}

/// Most requests name what is there, so that they get beyond the first look.
fn configuration(hall: &CityHall, role: &str, known: &[(&str, String)]) -> PathBuf {
    let mut text = String::from("[dictionaries]\nnumbers = { values = [1, 2, 3, 4, 5] }\nyears = { values = [2024, 2025, 2026] }\n");
    let mut bound = String::from("[parameters]\n\"path.municipality\" = { dictionary = \"office\", probability = 0.95 }\n");
    // Writing to a string cannot fail.
    let _ = writeln!(text, "office = {{ values = [\"{}\"] }}", hall.municipality);
    for (name, id) in known {
        let _ = writeln!(text, "{name} = {{ values = [\"{id}\"] }}");
        let place = if ["decision", "digest", "act", "job"].contains(name) { "path" } else { "body" };
        let _ = writeln!(bound, "\"{place}.{name}\" = {{ dictionary = \"{name}\", probability = 0.8 }}");
    }
    for (place, values) in [("path.person", "numbers"), ("path.household", "numbers"), ("query.year", "years"), ("body.year", "years")] {
        let _ = writeln!(bound, "\"{place}\" = {{ dictionary = \"{values}\", probability = 0.8 }}");
    }
    let file = hall.folder().join(format!("{role}.toml"));
    std::fs::write(&file, text + &bound).expect("a file for schemathesis");
    file
}
