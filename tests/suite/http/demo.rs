//! `jorei serve --demo`: a city to try things in, whose people can log in, decide and sign.

use jorei_domain::id::Municipality;
use jorei_package::signing::{SecretKey, generate};
use jorei_tests::built;
use jorei_tests::city_hall::{Client, Service, YEAR, premium_package};
use reqwest::StatusCode;
use serde_json::json;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

fn demo(folder: &std::path::Path) -> Command {
    let mut jorei = built::jorei();
    jorei.args(["serve", "--demo", "--demo-households", "5", "--demo-folder"]).arg(folder.join("demo"));
    jorei.env("JOREI_SERVE__LISTEN__ADDRESS", "127.0.0.1:0").env("JOREI_SERVE__LISTEN__SIDE_ADDRESS", "127.0.0.1:0");
    jorei
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_with_a_package_decides_for_whoever_logs_in_with_its_passwords() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let vendor = generate(None).unwrap();
    let package = premium_package(&SecretKey::parse(vendor.secret_file_text(), None).unwrap());
    std::fs::write(path("premium.jorei"), package).unwrap();
    std::fs::write(path("vendor.key.pub"), vendor.public.file_text()).unwrap();
    let mut jorei = demo(folder.path());
    jorei.arg("--demo-package").arg(path("premium.jorei")).arg("--demo-vendor-key").arg(path("vendor.key.pub"));
    jorei.arg("--demo-ordinance").arg(built::repository().join("plugins/premium/ordinances/012041.toml"));
    let (log, municipality) = (path("log"), Municipality::parse("012041").unwrap());
    let service = tokio::task::spawn_blocking(move || Service::run(jorei, &log, municipality)).await.unwrap();
    for secret in ["passwords.txt", "vault.key", "rules-2.key"] {
        let mode = std::fs::metadata(path("demo").join(secret)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{secret}");
    }
    let passwords = std::fs::read_to_string(path("demo/passwords.txt")).unwrap();
    for account in ["rules-2", "qualification-2", "receipts-2", "auditor"] {
        assert!(passwords.lines().any(|line| line.split_once(' ').is_some_and(|(name, _)| name == account)), "{account}");
    }
    let (_, password) = passwords.lines().filter_map(|line| line.split_once(' ')).find(|(name, _)| *name == "assessment").unwrap();
    let mut clerk = Client::stranger(&service);
    clerk.affair = "assessment";
    let opened = clerk.post("/sessions", &json!({ "account": "assessment", "password": password })).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.text());
    clerk.token = opened.json()["token"].as_str().map(str::to_owned);
    let decided = clerk.post("/households/3/decisions", &json!({ "year": YEAR })).await;
    assert_eq!(decided.status, StatusCode::CREATED, "{}", decided.text());
    assert!(!service.log_text().contains(password));
    assert!(service.end("TERM").await.success());
}

#[test]
fn a_demo_lays_itself_over_nothing_and_wants_all_of_a_rule_or_none() {
    let folder = tempfile::tempdir().unwrap();
    let half = demo(folder.path()).args(["--demo-package", "premium.jorei"]).output().unwrap();
    let told = String::from_utf8_lossy(&half.stderr).into_owned();
    assert!(!half.status.success() && told.contains("--demo-vendor-key") && told.contains("--demo-ordinance"), "{told}");
    assert!(!folder.path().join("demo").exists());
    std::fs::create_dir(folder.path().join("demo")).unwrap();
    let over = demo(folder.path()).output().unwrap();
    assert!(!over.status.success() && String::from_utf8_lossy(&over.stderr).contains("is there already"));
}
