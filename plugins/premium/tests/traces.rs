//! The traces of every case under `cases/`: each key has its texts, each citation its fixed form, an
//! ordinary trace its size. What the cases come out at is tried by `tests/suite/cases.rs`.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use jorei_domain::decision::{Evidence, Refusal};
use jorei_domain::trace::{self, Step, Val};
use jorei_premium::Premium;
use jorei_sdk::native::{Settings, decide};
use jorei_sdk::rule::LABELS;
use jorei_sdk::{Label, Rule};
use jorei_service::case_file;
use jorei_service::explain::explain_trace;
use jorei_service::language::Language;
use jorei_service::words::Words;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

struct Traced {
    name: String,
    trace: Vec<u8>,
    refusal: Option<Refusal>,
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

fn traces() -> Vec<Traced> {
    let mut cache: BTreeMap<String, Settings> = BTreeMap::new();
    let traced = |path: PathBuf| {
        let document = read_toml(&path);
        let file = document["ordinance"].as_str().unwrap().to_owned();
        let settings = cache.entry(file).or_insert_with_key(|file| {
            let text = read_toml(&folder().join("ordinances").join(file)).to_string();
            Settings::check::<Premium>(&text).unwrap_or_else(|problems| panic!("{file}: {problems:#?}"))
        });
        let question = case_file::read(&document["case"]).unwrap().case;
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        match decide::<Premium>(&question, &settings.on::<Premium>(question.on).unwrap()) {
            Ok(decided) => Traced { name, trace: decided.trace, refusal: None },
            Err((refusal, trace)) => Traced { name, trace, refusal: Some(refusal) },
        }
    };
    let traces: Vec<Traced> = toml_files(&folder().join("cases")).into_iter().map(traced).collect();
    assert!(traces.len() >= 100, "only {} cases found", traces.len());
    traces
}

fn labels() -> impl Iterator<Item = &'static Label> {
    Premium::ABOUT.labels.iter().chain(LABELS)
}

fn keys() -> BTreeSet<&'static str> {
    labels().map(|label| label.key).collect()
}

/// Every key that a step names: its own, formula, words, candidates that lost, values of law.
fn named<'s>(step: &'s Step<'_>) -> Vec<&'s str> {
    let mut named = vec![&*step.label];
    if !step.formula.is_empty() {
        named.push(&step.formula);
    }
    named.extend(step.law.iter().map(|law| &*law.key));
    named.extend(step.lost.iter().flat_map(|lost| [&*lost.label, &*lost.reason]));
    let values = [step.value].into_iter().chain(step.law.iter().map(|law| law.value)).chain(step.lost.iter().map(|lost| lost.value));
    named.extend(values.filter_map(|value| match value {
        Val::Word(word) => Some(word),
        _ => None,
    }));
    named
}

#[test]
fn every_key_that_a_trace_or_a_refusal_names_has_its_texts() {
    let known = keys();
    let mut unknown = BTreeSet::new();
    for Traced { trace, refusal, .. } in traces() {
        for step in trace::decode(&trace).unwrap() {
            unknown.extend(named(&step).into_iter().filter(|key| !known.contains(key)).map(str::to_owned));
        }
        unknown.extend(refusal.map(|refusal| refusal.label).filter(|label| !known.contains(label.as_str())));
    }
    assert!(unknown.is_empty(), "without texts: {unknown:?}");
    let own: BTreeSet<&str> = LABELS.iter().map(|label| label.key).collect();
    let twice: Vec<&str> = Premium::ABOUT.labels.iter().map(|label| label.key).filter(|key| own.contains(key)).collect();
    assert!(twice.is_empty(), "the SDK has texts for these already: {twice:?}");
}

/// Also of a value that no case happens to read.
#[test]
fn every_section_and_value_of_an_ordinance_has_its_texts() {
    let known = keys();
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

/// A key without a text, or a citation that is not in the form which the host turns into Japanese,
/// would stand there in Latin letters.
#[test]
fn an_explanation_for_officials_is_in_japanese_throughout() {
    let texts: Map<String, Value> = labels().map(|label| (label.key.to_owned(), json!([label.ja, label.en]))).collect();
    let words = Words::from_json(&json!({ "labels": texts, "outcome": null }).to_string());
    let mut latin = BTreeSet::new();
    for Traced { name, trace, refusal } in traces() {
        let mut text = explain_trace(&trace, &Evidence::default(), &words, Language::Japanese);
        assert!(text.len() > 100 || refusal.is_some(), "{name}: {text}");
        text.extend(refusal.map(|refusal| words.sentence(&refusal, Language::Japanese)));
        latin.extend(text.lines().filter(|line| line.contains(|c: char| c.is_ascii_alphabetic())).map(str::to_owned));
    }
    assert!(latin.is_empty(), "{latin:#?}");
}

/// The size of an ordinary trace, so that a change that bloats it is seen.
#[test]
fn an_ordinary_trace_fits_a_page() {
    let trace = traces().into_iter().find(|traced| traced.name == "izumisano_three_persons_one_salary").unwrap().trace;
    let steps = trace::decode(&trace).unwrap();
    assert!((50..=90).contains(&steps.len()), "{} steps", steps.len());
    assert!(trace.len() < 16_000, "{} bytes", trace.len());
}
