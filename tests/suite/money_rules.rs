//! The rules of charges and refunds as components: what a household of long standing costs, and that what is proposed is what
//! is told. Their figures are in the cases of each rule.

use jorei_domain::calendar::Date;
use jorei_domain::decision::{Outcome, Result as NamedTable};
use jorei_domain::id::Municipality;
use jorei_domain::payment::{Entry, PROPOSALS, Proposal};
use jorei_engine::{Cases, Grant, Question, Rule, Run, Runtime};
use jorei_package::cases::cases_from;
use jorei_package::manifest::{Manifest, attach};
use jorei_service::admission::admit;
use jorei_service::case_file;
use jorei_service::ordinance::Ordinance;
use jorei_tests::office::{Office, now, seal};
use jorei_tests::{built, sqlite};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

static RUNTIME: LazyLock<Arc<Runtime>> = LazyLock::new(jorei_tests::runtime);

fn run(name: &str, ordinance: &str, case: &Value) -> Run {
    let rule = Rule::load(&RUNTIME, &std::fs::read(built::rule(name)).unwrap(), &Grant::world()).unwrap();
    let path = built::repository().join("plugins").join(name).join("ordinances").join(ordinance);
    let settings = Ordinance::check(&rule, &std::fs::read_to_string(path).unwrap()).unwrap().settings;
    let case = case_file::read(case).unwrap().case;
    rule.decide(&Question { on: case.on, settings: Arc::new(settings) }, Cases(vec![case])).unwrap()
}

fn later(day: Date, days: u32) -> Date {
    (0..days).fold(day, |day, _| day.tomorrow())
}

fn results(run: &Run) -> &[NamedTable] {
    match &run.outcome {
        Outcome::Decided { results, .. } => results,
        other => panic!("{other:?}"),
    }
}

/// The package of a rule as its vendor sends it, with its cases.
fn package(office: &Office, name: &str, slot: &str) -> Vec<u8> {
    let folder = built::repository().join("plugins").join(name);
    let read = |path: PathBuf| std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (mut cases, mut ordinances) = (Vec::new(), BTreeMap::new());
    for entry in std::fs::read_dir(folder.join("cases")).unwrap() {
        let path = entry.unwrap().path();
        let text = read(path.clone());
        let document: toml::Table = toml::from_str(&text).unwrap();
        let ordinance = document["ordinance"].as_str().unwrap().to_owned();
        ordinances.entry(ordinance.clone()).or_insert_with(|| read(folder.join("ordinances").join(ordinance)));
        cases.push((path.file_stem().unwrap().to_string_lossy().into_owned(), text));
    }
    let cases = cases_from(cases.iter().map(|(name, text)| (name.as_str(), text.as_str())), &ordinances).unwrap();
    let manifest = read(folder.join("rule.toml")).replace(&format!("slot = \"{name}\""), &format!("slot = \"{slot}\""));
    let manifest = Manifest::from_toml(&manifest).unwrap();
    seal(&attach(&std::fs::read(built::rule(name)).unwrap(), &manifest, Some(&cases)).unwrap(), &office.vendor)
}

#[tokio::test(flavor = "multi_thread")]
async fn charges_and_refunds_are_admitted_with_their_cases_and_a_refund_to_no_slot_that_pays_nothing() {
    let (store, _folder) = sqlite().await;
    let office = Office::found(&store, Municipality::parse("012041").unwrap()).await;
    for name in ["delinquency", "refund"] {
        office.add(&store, &RUNTIME, &package(&office, name, name)).await;
    }
    let elsewhere = package(&office, "refund", "delinquency");
    let refused = admit(&store, &RUNTIME, office.municipality, &elsewhere, &now().stamp("tanaka")).await.unwrap();
    // Its records are not those of the slot either; they are named first.
    assert_eq!((refused.admitted, refused.step.as_str()), (false, "manifest"), "{}", refused.reason);
}

/// Without a person in the case: the base of the budget must carry it.
#[test]
fn a_hundred_instalments_with_three_hundred_payments_take_a_tenth_of_the_fuel_of_a_decision() {
    let (mut arrears, mut credits) = (Vec::new(), Vec::new());
    for n in 0..100_u32 {
        let (year, number) = (2015 + n / 10, n % 10 + 1);
        let due = later(Date::new(2015 + (n / 10) as i32, 6, 30), 30 * (n % 10));
        let demanded = later(due, 20).to_string();
        arrears
            .push(json!({ "on": due.to_string(), "fiscal_year": year, "number": number, "billed_yen": 48_200, "demanded_on": demanded }));
        for paid in 1..=3 {
            credits.push(json!({ "on": later(due, 40 * paid).to_string(), "fiscal_year": year, "number": number, "yen": 5_000 }));
        }
    }
    let case = json!({ "on": "2026-06-30", "arrears": arrears, "credits": credits });
    let run = run("delinquency", "012041.toml", &case);
    assert_eq!(run.outcome.figure("delinquency", "instalments"), Some(100), "{:?}", run.outcome);
    assert_eq!(run.outcome.figure("delinquency", "open_yen"), Some(100 * (48_200 - 15_000)));
    let base = RUNTIME.limits().fuel_base;
    assert!(run.fuel < base / 10, "{} of {base}", run.fuel);
    assert!(run.proposals.is_empty() && results(&run).iter().all(|result| result.name != PROPOSALS));
}

#[test]
fn what_a_refund_proposes_is_what_its_results_say() {
    let (mut overpayments, mut payments, mut claims) = (Vec::new(), Vec::new(), Vec::new());
    for n in 1..=100 {
        overpayments.push(
            json!({ "on": "2026-04-10", "number": n, "fiscal_year": 2025, "instalment": n, "yen": 30_000, "cause": "assessment_reduced" }),
        );
        payments.push(json!({ "on": "2025-06-30", "number": n, "yen": 10_000 }));
        payments.push(json!({ "on": "2025-07-31", "number": n, "yen": 20_000 }));
        claims
            .push(json!({ "on": "2026-01-31", "number": n, "fiscal_year": 2025, "instalment": n, "open_yen": 7_000, "same_payer": true }));
    }
    let case = json!({ "on": "2026-06-30", "overpayments": overpayments, "overpaid_payments": payments, "claims": claims });
    let run = run("refund", "012041.toml", &case);
    let figure = |name: &str| run.outcome.figure("refund", name);
    assert_eq!(
        (figure("overpaid_yen"), figure("appropriated_yen"), figure("refund_yen")),
        (Some(3_000_000), Some(700_000), Some(2_300_000))
    );
    let table = results(&run).iter().find(|result| result.name == PROPOSALS).unwrap();
    assert_eq!(table.table, Proposal::table(&run.proposals));
    let sum = |entry| (1..=100).map(|n| Proposal::sum(&run.proposals, entry, n).unwrap().get()).sum::<i64>();
    assert_eq!((sum(Entry::Appropriation), sum(Entry::Refund)), (700_000, 2_300_000));
    let base = RUNTIME.limits().fuel_base;
    assert!(run.fuel < base / 10, "{} of {base}", run.fuel);
}

#[test]
fn a_refused_refund_proposes_nothing() {
    let case = json!({
        "on": "2027-01-04",
        "overpayments": [
            { "on": "2026-11-10", "number": 1, "fiscal_year": 2026, "instalment": 1, "yen": 500, "cause": "assessment_reduced" },
            { "on": "2026-12-10", "number": 2, "fiscal_year": 2026, "instalment": 1, "yen": 50_000, "cause": "assessment_reduced" },
        ],
        "overpaid_payments": [{ "on": "2026-06-30", "number": 1, "yen": 500 }, { "on": "2026-06-30", "number": 2, "yen": 50_000 }],
    });
    let run = run("refund", "012041.toml", &case);
    assert!(matches!(&run.outcome, Outcome::Refused(refusal) if refusal.label == "settings_missing"), "{:?}", run.outcome);
    assert!(run.proposals.is_empty());
}
