//! Holds a rule to its own cases and ordinances, natively: what each case comes out at, that every key has its texts, that
//! officials read Japanese, that a wrong ordinance is told with its place. For the tests of rules; what fails panics.
//!
//! Absent here: the component. The same cases run through it in `tests/suite/cases.rs`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::missing_panics_doc, reason = "a panic in a test is the report")]

use jorei_domain::decision::{Evidence, Outcome, Result as NamedTable};
use jorei_domain::trace::{self, Step, Val};
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

/// A case as it came out.
#[derive(Clone, Debug)]
pub struct Run {
    /// The case, as the office reads it.
    pub case: Case,
    /// What came out.
    pub outcome: Outcome,
    /// How.
    pub trace: Vec<u8>,
    /// The status of the same case without a trace; none where the ordinance has no values of its date.
    pub bulk: Option<Status>,
}

/// A rule with every case under its `cases/`, each decided under the ordinance that it names.
#[derive(Clone, Debug)]
pub struct Trial {
    folder: PathBuf,
    /// Those of the rule; the SDK's own are not among them.
    own: BTreeSet<&'static str>,
    words: Words,
    /// May a table of a case have more rows than the case states? Asked of the names of both.
    more: fn(&str, &str) -> bool,
    /// Labels of steps whose values, and sections of ordinances whose keys, are the ordinance's own.
    named: &'static [&'static str],
    /// The cases in the order of their names.
    pub runs: Vec<Run>,
}

impl Trial {
    /// Decides every case of the rule whose crate lies in `folder`; there are at least so many.
    pub fn of<R: Rule>(folder: &str, at_least: usize) -> Trial {
        let folder = PathBuf::from(folder);
        let mut cache: BTreeMap<String, Settings> = BTreeMap::new();
        let run = |path: PathBuf| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let case = Case::from_toml(&name, &text(&path)).unwrap_or_else(|error| panic!("{name}: {error}"));
            let settings = cache.entry(case.ordinance.clone()).or_insert_with_key(|file| settings::<R>(&folder, file));
            let question = case_file::read(&case.case).unwrap_or_else(|error| panic!("{name}: {error}")).case;
            let values = match settings.on::<R>(question.on) {
                Err(refusal) => return Run { case, outcome: Outcome::Refused(refusal), trace: Vec::new(), bulk: None },
                Ok(values) => values,
            };
            let bulk = decide_many::<R>(std::slice::from_ref(&question), question.on, &values).statuses[0];
            let (outcome, trace) = match decide::<R>(&question, &values) {
                Err((refusal, trace)) => (Outcome::Refused(refusal), trace),
                Ok(decided) => {
                    let results = decided.results.into_iter().map(|(name, table)| NamedTable { name: name.into(), table }).collect();
                    (Outcome::Decided { provisional: decided.provisional, results }, decided.trace)
                }
            };
            Run { case, outcome, trace, bulk: Some(bulk) }
        };
        let runs: Vec<Run> = toml_files(&folder.join("cases")).into_iter().map(run).collect();
        assert!(runs.len() >= at_least, "only {} cases found", runs.len());
        let labels = R::ABOUT.labels.iter().chain(LABELS);
        let texts: Map<String, Value> = labels.map(|label| (label.key.to_owned(), json!([label.ja, label.en]))).collect();
        let schema = jorei_sdk::outcome::schema::<R::Outcome>();
        let words = Words::from_json(&json!({ "labels": texts, "outcome": schema }).to_string());
        let own = R::ABOUT.labels.iter().map(|label| label.key).collect();
        Trial { folder, own, words, more: |_, _| false, named: &[], runs }
    }

    /// Some tables of some cases have more rows than the case states, by the names of both.
    #[must_use]
    pub fn with_more_rows(self, more: fn(case: &str, table: &str) -> bool) -> Trial {
        Trial { more, ..self }
    }

    /// The value of a step with one of these labels is the ordinance's own, and so are the keys of a section of that name.
    #[must_use]
    pub fn with_names(self, named: &'static [&'static str]) -> Trial {
        Trial { named, ..self }
    }

    /// A case by its name.
    pub fn run(&self, name: &str) -> &Run {
        self.runs.iter().find(|run| run.case.name == name).unwrap_or_else(|| panic!("no case {name}"))
    }

    /// Every case comes out as it states, and a table that it states as a list has no other rows but by
    /// [`Trial::with_more_rows`].
    pub fn comes_out_as_stated(&self) {
        let mut wrong = Vec::new();
        for Run { case, outcome, trace, .. } in &self.runs {
            let found = Value::Object(answer(&Answered { outcome, trace, words: &self.words, with_trace: false }));
            wrong.extend(differences(&found, &case.expect).iter().map(|wrong| format!("{}: {wrong} {}", case.name, found["refusal"])));
            for (table, expected) in &case.expect {
                if let (Value::Array(rows), Value::Array(expected)) = (&found["outcome"][table], expected)
                    && rows.len() != expected.len()
                    && !(self.more)(&case.name, table)
                {
                    wrong.push(format!("{}: {table} should have {} rows, has {}", case.name, expected.len(), rows.len()));
                }
            }
        }
        assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
    }

    /// A case has the same status without a trace, and nothing unsourced is settled.
    pub fn is_the_same_without_a_trace(&self) {
        for Run { case, outcome, trace, bulk } in &self.runs {
            let with_trace = match outcome {
                Outcome::Decided { provisional: false, .. } => Status::Decided,
                Outcome::Decided { .. } => Status::Provisional,
                _ => Status::Refused,
            };
            assert!(bulk.is_none_or(|bulk| bulk == with_trace), "{}", case.name);
            let unsourced = bulk.is_some() && trace::names_unsourced(trace).unwrap();
            assert!(!unsourced || with_trace != Status::Decided, "{} rests on something unsourced", case.name);
        }
    }

    /// Every key that a trace or a refusal names has its texts, and none that the SDK has already.
    pub fn keys_have_their_texts(&self) {
        let known = self.known();
        let mut unknown = BTreeSet::new();
        for Run { outcome, trace, .. } in self.runs.iter().filter(|run| !run.trace.is_empty()) {
            for step in trace::decode(trace).unwrap() {
                unknown.extend(named(&step, self.named).into_iter().filter(|key| !known.contains(key)).map(str::to_owned));
            }
            if let Outcome::Refused(refusal) = outcome
                && !known.contains(refusal.label.as_str())
            {
                unknown.insert(refusal.label.clone());
            }
        }
        assert!(unknown.is_empty(), "without texts: {unknown:?}");
        let twice: Vec<&&str> = LABELS.iter().map(|label| &label.key).filter(|key| self.own.contains(**key)).collect();
        assert!(twice.is_empty(), "the SDK has texts for these already: {twice:?}");
    }

    /// A key without a text, or a citation that is not in the form which the host turns into Japanese, would stand there in
    /// Latin letters.
    pub fn is_explained_in_japanese(&self) {
        let mut latin = BTreeSet::new();
        for Run { case, outcome, trace, .. } in &self.runs {
            let mut text = explain_trace(trace, &Evidence::default(), &self.words, Language::Japanese);
            if let Outcome::Refused(refusal) = outcome {
                text.push_str(&self.words.sentence(refusal, Language::Japanese));
            } else {
                assert!(text.len() > 50, "{}: {text}", case.name);
            }
            latin.extend(text.lines().filter(|line| line.contains(|c: char| c.is_ascii_alphabetic())).map(str::to_owned));
        }
        assert!(latin.is_empty(), "{latin:#?}");
    }

    /// Every section and value of every ordinance has its texts, also one that no case happens to read.
    pub fn ordinances_have_their_texts(&self) {
        let known = self.known();
        for file in ordinances(&self.folder) {
            let theirs = |name: &str| name == "ordinance" || self.named.contains(&name);
            for (section, blocks) in document(&file).as_object().unwrap().iter().filter(|(name, _)| !theirs(name)) {
                assert!(known.contains(section.as_str()), "{section}");
                for name in blocks.as_array().unwrap().iter().filter_map(|block| block["values"].as_object()).flat_map(Map::keys) {
                    assert!(known.contains(format!("{section}.{name}").as_str()), "{section}.{name}");
                }
            }
        }
    }

    fn known(&self) -> BTreeSet<&'static str> {
        LABELS.iter().map(|label: &Label| label.key).chain(self.own.iter().copied()).collect()
    }
}

/// The tests that every rule has: `jorei_trial::cases!(Trial::of::<Premium>(env!("CARGO_MANIFEST_DIR"), 100));`. More tests
/// of the same cases ask `trial()`.
#[macro_export]
macro_rules! cases {
    ($trial:expr) => {
        fn trial() -> $crate::Trial {
            $trial
        }

        #[test]
        fn every_case_comes_out_as_published_or_computed_apart() {
            trial().comes_out_as_stated();
        }

        #[test]
        fn a_case_without_a_trace_has_the_same_status() {
            trial().is_the_same_without_a_trace();
        }

        #[test]
        fn every_key_that_a_trace_or_a_refusal_names_has_its_texts() {
            trial().keys_have_their_texts();
        }

        #[test]
        fn an_explanation_for_officials_is_in_japanese_throughout() {
            trial().is_explained_in_japanese();
        }

        #[test]
        fn every_section_and_value_of_an_ordinance_has_its_texts() {
            trial().ordinances_have_their_texts();
        }
    };
}

/// Every key that a step names: its own, formula, words, candidates that lost, values of law.
fn named<'s>(step: &'s Step<'_>, names: &[&str]) -> Vec<&'s str> {
    let mut named = vec![&*step.label];
    if !step.formula.is_empty() {
        named.push(&step.formula);
    }
    named.extend(step.law.iter().map(|law| &*law.key));
    named.extend(step.lost.iter().flat_map(|lost| [&*lost.label, &*lost.reason]));
    let values = [step.value].into_iter().chain(step.law.iter().map(|law| law.value)).chain(step.lost.iter().map(|lost| lost.value));
    named.extend(values.filter_map(|value| match value {
        Val::Word(word) if !names.contains(&&*step.label) => Some(word),
        _ => None,
    }));
    named
}

/// The ordinances of the rule in a folder, with the examples.
pub fn ordinances(folder: &Path) -> Vec<PathBuf> {
    let folder = folder.join("ordinances");
    [toml_files(&folder.join("examples")), toml_files(&folder)].concat()
}

/// A TOML file as a JSON value.
pub fn document(file: &Path) -> Value {
    toml::from_str(&text(file)).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// One of the rule's ordinances, which it takes without a problem.
pub fn settings<R: Rule>(folder: impl AsRef<Path>, file: &str) -> Settings {
    let text = document(&folder.as_ref().join("ordinances").join(file)).to_string();
    Settings::check::<R>(&text).unwrap_or_else(|problems| panic!("{file}: {problems:#?}"))
}

/// What the rule tells of one of its ordinances after a change of its text: place and problem.
pub fn problems<R: Rule>(folder: &str, file: &str, (old, new): (&str, &str)) -> Vec<(String, String)> {
    let text = text(&Path::new(folder).join("ordinances").join(file));
    assert!(text.contains(old), "{old}");
    let document: Value = toml::from_str(&text.replacen(old, new, 1)).unwrap();
    Settings::check::<R>(&document.to_string()).err().unwrap_or_default()
}

fn text(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn toml_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "toml"));
    files.sort();
    files
}
