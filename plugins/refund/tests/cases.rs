//! Every case under `cases/`, run natively: what it comes out at, that its keys have texts and its citations the
//! fixed form. The same cases run as a component in `tests/suite/cases.rs`.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use jorei_domain::decision::{Evidence, Outcome, Result as NamedTable};
use jorei_refund::{Refund, RefundOutcome};
use jorei_sdk::native::{Settings, decide};
use jorei_sdk::rule::LABELS;
use jorei_sdk::{Label, Rule};
use jorei_service::answer::{Answered, answer};
use jorei_service::case_file;
use jorei_service::explain::explain_trace;
use jorei_service::language::Language;
use jorei_service::words::Words;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

struct Tried {
    name: String,
    document: Value,
    outcome: Outcome,
    trace: Vec<u8>,
}

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn toml_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "toml"));
    files.sort();
    files
}

fn read_toml(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn tried() -> Vec<Tried> {
    let mut cache: BTreeMap<String, Settings> = BTreeMap::new();
    let try_one = |path: PathBuf| {
        let document = read_toml(&path);
        let file = document["ordinance"].as_str().unwrap().to_owned();
        let settings = cache.entry(file).or_insert_with_key(|file| {
            let text = read_toml(&folder().join("ordinances").join(file)).to_string();
            Settings::check::<Refund>(&text).unwrap_or_else(|problems| panic!("{file}: {problems:#?}"))
        });
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let question = case_file::read(&document["case"]).unwrap_or_else(|error| panic!("{name}: {error}")).case;
        let (outcome, trace) = match settings.on::<Refund>(question.on) {
            Err(refusal) => (Outcome::Refused(refusal), Vec::new()),
            Ok(values) => match decide::<Refund>(&question, &values) {
                Err((refusal, trace)) => (Outcome::Refused(refusal), trace),
                Ok(decided) => {
                    let results = decided.results.into_iter().map(|(name, table)| NamedTable { name: name.into(), table }).collect();
                    (Outcome::Decided { provisional: decided.provisional, results }, decided.trace)
                }
            },
        };
        Tried { name, document, outcome, trace }
    };
    let tried: Vec<Tried> = toml_files(&folder().join("cases")).into_iter().map(try_one).collect();
    assert!(tried.len() >= 60, "only {} cases found", tried.len());
    tried
}

fn labels() -> impl Iterator<Item = &'static Label> {
    Refund::ABOUT.labels.iter().chain(LABELS)
}

fn words() -> Words {
    let texts: Map<String, Value> = labels().map(|label| (label.key.to_owned(), json!([label.ja, label.en]))).collect();
    let outcome = jorei_sdk::outcome::schema::<RefundOutcome>();
    Words::from_json(&json!({ "labels": texts, "outcome": outcome }).to_string())
}

/// Of every table that a case states as a list there are these rows and no other.
#[test]
fn every_case_comes_out_as_published_or_computed_apart() {
    let words = words();
    let mut wrong = Vec::new();
    for Tried { name, document, outcome, trace } in tried() {
        let found = answer(&Answered { outcome: &outcome, trace: &trace, words: &words, with_trace: false });
        for (key, expected) in document["expect"].as_object().unwrap() {
            let found = match key.as_str() {
                "status" => &found["status"],
                "refusal" => &found["refusal"]["label"],
                table => &found["outcome"][table],
            };
            let as_stated = match (found, expected) {
                (Value::Array(rows), Value::Object(expected)) => rows.len() == 1 && has(&rows[0], expected),
                (Value::Array(rows), Value::Array(expected)) => {
                    let there = |row: &Value| rows.iter().any(|found| has(found, row.as_object().unwrap()));
                    expected.iter().all(there) && rows.len() == expected.len()
                }
                (found, expected) => found == expected,
            };
            if !as_stated {
                wrong.push(format!("{name}: {key} should be {expected}, is {found}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

fn has(row: &Value, expected: &Map<String, Value>) -> bool {
    expected.iter().all(|(column, value)| row[column] == *value)
}

#[test]
fn an_explanation_for_officials_is_in_japanese_throughout() {
    let words = words();
    let mut latin = BTreeSet::new();
    for Tried { name, outcome, trace, .. } in tried() {
        let mut text = explain_trace(&trace, &Evidence::default(), &words, Language::Japanese);
        if let Outcome::Refused(refusal) = &outcome {
            text.push_str(&words.sentence(refusal, Language::Japanese));
        } else {
            assert!(text.len() > 50, "{name}: {text}");
        }
        latin.extend(text.lines().filter(|line| line.contains(|c: char| c.is_ascii_alphabetic())).map(str::to_owned));
    }
    assert!(latin.is_empty(), "{latin:#?}");
    let own: BTreeSet<&str> = LABELS.iter().map(|label| label.key).collect();
    let twice: Vec<&str> = Refund::ABOUT.labels.iter().map(|label| label.key).filter(|key| own.contains(key)).collect();
    assert!(twice.is_empty(), "the SDK has texts for these already: {twice:?}");
}

/// Also of a value that no case happens to read.
#[test]
fn every_section_and_value_of_an_ordinance_has_its_texts() {
    let known: BTreeSet<&str> = labels().map(|label| label.key).collect();
    let ordinances = folder().join("ordinances");
    for file in toml_files(&ordinances).into_iter().chain(toml_files(&ordinances.join("examples"))) {
        let document = read_toml(&file);
        for (section, blocks) in document.as_object().unwrap().iter().filter(|(name, _)| *name != "ordinance") {
            assert!(known.contains(section.as_str()), "{section}");
            for name in blocks.as_array().unwrap().iter().filter_map(|block| block["values"].as_object()).flat_map(Map::keys) {
                assert!(known.contains(format!("{section}.{name}").as_str()), "{section}.{name}");
            }
        }
    }
}
