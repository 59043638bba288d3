//! Every case under `cases/`, run natively: what is expected comes out, each key of its trace has its texts, and officials
//! read Japanese. Through the component: `tests/suite/cases.rs`.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use jorei_domain::decision::{Evidence, Outcome, Result as NamedTable};
use jorei_domain::trace::{self, Step, Val};
use jorei_exemption::Exemption;
use jorei_package::cases::{Case, differences};
use jorei_sdk::native::{Settings, decide, decide_many};
use jorei_sdk::rule::{LABELS, Status};
use jorei_sdk::{Label, Rule};
use jorei_service::answer::{Answered, answer};
use jorei_service::case_file;
use jorei_service::explain::explain_trace;
use jorei_service::language::Language;
use jorei_service::words::Words;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

struct Run {
    case: Case,
    outcome: Outcome,
    trace: Vec<u8>,
    /// Of the same case without a trace.
    bulk: Status,
}

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn toml_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "toml"));
    files.sort();
    files
}

fn runs() -> Vec<Run> {
    let mut cache: BTreeMap<String, Settings> = BTreeMap::new();
    let run = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let case = Case::from_toml(&name, &std::fs::read_to_string(&path).unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let settings = cache.entry(case.ordinance.clone()).or_insert_with_key(|file| {
            let text = std::fs::read_to_string(folder().join("ordinances").join(file)).unwrap();
            let document: Value = toml::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
            Settings::check::<Exemption>(&document.to_string()).unwrap_or_else(|problems| panic!("{file}: {problems:#?}"))
        });
        let question = case_file::read(&case.case).unwrap_or_else(|error| panic!("{name}: {error}")).case;
        let values = settings.on::<Exemption>(question.on).unwrap();
        let bulk = decide_many::<Exemption>(std::slice::from_ref(&question), question.on, &values).statuses[0];
        let (outcome, trace) = match decide::<Exemption>(&question, &values) {
            Ok(decided) => {
                let table = |(name, table): (&str, _)| NamedTable { name: name.to_owned(), table };
                let results = decided.results.into_iter().map(table).collect();
                (Outcome::Decided { provisional: decided.provisional, results }, decided.trace)
            }
            Err((refusal, trace)) => (Outcome::Refused(refusal), trace),
        };
        Run { case, outcome, trace, bulk }
    };
    let runs: Vec<Run> = toml_files(&folder().join("cases")).into_iter().map(run).collect();
    assert!(runs.len() >= 80, "only {} cases found", runs.len());
    runs
}

fn labels() -> impl Iterator<Item = &'static Label> {
    Exemption::ABOUT.labels.iter().chain(LABELS)
}

fn words() -> Words {
    let texts: Map<String, Value> = labels().map(|label| (label.key.to_owned(), json!([label.ja, label.en]))).collect();
    let schema = jorei_sdk::outcome::schema::<jorei_exemption::ExemptionOutcome>();
    Words::from_json(&json!({ "labels": texts, "outcome": schema }).to_string())
}

#[test]
fn every_case_comes_out_as_worked_out_by_hand() {
    let words = words();
    let mut wrong = Vec::new();
    for run in runs() {
        let answer = answer(&Answered { outcome: &run.outcome, trace: &run.trace, words: &words, with_trace: false });
        let found = Value::Object(answer);
        wrong.extend(
            differences(&found, &run.case.expect).iter().map(|difference| format!("{}: {difference} {}", run.case.name, found["refusal"])),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_case_without_a_trace_has_the_same_status() {
    for run in runs() {
        let with_trace = match &run.outcome {
            Outcome::Decided { provisional: false, .. } => Status::Decided,
            Outcome::Decided { .. } => Status::Provisional,
            _ => Status::Refused,
        };
        assert_eq!(run.bulk, with_trace, "{}", run.case.name);
        let unsourced = trace::names_unsourced(&run.trace).unwrap();
        assert!(!unsourced || with_trace != Status::Decided, "{} rests on something unsourced", run.case.name);
    }
}

/// Every key that a step names: its own, formula, words, candidates that lost, values of law. The name of a relief is the
/// ordinance's own.
fn named<'s>(step: &'s Step<'_>) -> Vec<&'s str> {
    let mut named = vec![&*step.label];
    if !step.formula.is_empty() {
        named.push(&step.formula);
    }
    named.extend(step.law.iter().map(|law| &*law.key));
    named.extend(step.lost.iter().flat_map(|lost| [&*lost.label, &*lost.reason]));
    let values = [step.value].into_iter().chain(step.law.iter().map(|law| law.value)).chain(step.lost.iter().map(|lost| lost.value));
    named.extend(values.filter_map(|value| match value {
        Val::Word(word) if step.label != "relief" => Some(word),
        _ => None,
    }));
    named
}

#[test]
fn every_key_that_a_trace_or_a_refusal_names_has_its_texts() {
    let known: BTreeSet<&str> = labels().map(|label| label.key).collect();
    let mut unknown = BTreeSet::new();
    for run in runs() {
        for step in trace::decode(&run.trace).unwrap() {
            unknown.extend(named(&step).into_iter().filter(|key| !known.contains(key)).map(str::to_owned));
        }
        if let Outcome::Refused(refusal) = &run.outcome
            && !known.contains(refusal.label.as_str())
        {
            unknown.insert(refusal.label.clone());
        }
    }
    assert!(unknown.is_empty(), "without texts: {unknown:?}");
    let own: BTreeSet<&str> = LABELS.iter().map(|label| label.key).collect();
    let twice: Vec<&str> = Exemption::ABOUT.labels.iter().map(|label| label.key).filter(|key| own.contains(key)).collect();
    assert!(twice.is_empty(), "the SDK has texts for these already: {twice:?}");
}

#[test]
fn an_explanation_for_officials_is_in_japanese_throughout() {
    let words = words();
    let mut latin = BTreeSet::new();
    for run in runs() {
        let mut text = explain_trace(&run.trace, &Evidence::default(), &words, Language::Japanese);
        if let Outcome::Refused(refusal) = &run.outcome {
            text.push_str(&words.sentence(refusal, Language::Japanese));
        }
        latin.extend(text.lines().filter(|line| line.contains(|c: char| c.is_ascii_alphabetic())).map(str::to_owned));
    }
    assert!(latin.is_empty(), "{latin:#?}");
}

#[test]
fn rows_that_lost_stay_in_the_trace_with_the_condition_that_failed() {
    let run = runs().into_iter().find(|run| run.case.name == "asahikawa_income_fall_of_forty_per_cent").unwrap();
    let steps = trace::decode(&run.trace).unwrap();
    let rows: Vec<(Val<'_>, &str)> = steps.iter().filter(|step| step.label == "row").map(|step| (step.value, &*step.formula)).collect();
    assert_eq!(rows, [(Val::Count(1), "row_not_matched"), (Val::Count(2), "row_not_matched"), (Val::Count(3), "row_matched")]);
    let failed: Vec<Val<'_>> = steps.iter().flat_map(|step| &step.lost).map(|lost| lost.value).collect();
    assert_eq!(failed, [Val::Rate(jorei_sdk::Rate::new(80, 100)), Val::Rate(jorei_sdk::Rate::new(60, 100))]);
}

/// The rows of each month are found without a trace first; what they rest on must stand in the trace all the same.
#[test]
fn a_share_by_months_names_the_facts_that_its_rows_asked_for() {
    let run = runs().into_iter().find(|run| run.case.name == "former_dependant_with_two_tenths").unwrap();
    let steps = trace::decode(&run.trace).unwrap();
    let read = |kind: &str, column: &str| {
        let named = |fact: &trace::FactRead<'_>| fact.kind == kind && fact.column == column;
        assert!(steps.iter().flat_map(|step| &step.facts).any(named), "{kind}.{column}");
    };
    read("premiums", "reduction_level");
    read("former_dependants", "from");
    read("premium_persons", "levy_base_yen");
}
