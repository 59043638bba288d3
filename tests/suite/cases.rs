//! Every case file of every rule, through its component: worked examples with their published
//! figures, and the traps of the law.

use jorei_engine::{Grant, Limits, Rule, Runtime};
use jorei_service::evaluate::Evaluator;
use jorei_service::ordinance::Ordinance;
use jorei_tests::built;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn toml_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "toml"));
    files.sort();
    files
}

fn json(value: &toml::Value) -> Value {
    match value {
        toml::Value::String(text) => text.as_str().into(),
        toml::Value::Integer(number) => (*number).into(),
        toml::Value::Boolean(flag) => (*flag).into(),
        toml::Value::Float(_) => panic!("a float in a case"),
        toml::Value::Datetime(date) => date.to_string().into(),
        toml::Value::Array(list) => list.iter().map(json).collect(),
        toml::Value::Table(table) => Value::Object(table.iter().map(|(key, value)| (key.clone(), json(value))).collect()),
    }
}

/// Does the answer have everything that is expected? Objects may have more; a row of an expected
/// list must be found among the rows of the answer.
fn has(answer: &Value, expected: &Value) -> bool {
    match (answer, expected) {
        (Value::Object(answer), Value::Object(expected)) => {
            expected.iter().all(|(key, expected)| answer.get(key).is_some_and(|answer| has(answer, expected)))
        }
        (Value::Array(rows), Value::Array(expected)) if expected.first().is_some_and(Value::is_object) => {
            expected.iter().all(|expected| rows.iter().any(|row| has(row, expected)))
        }
        (Value::Array(rows), Value::Object(_)) => rows.len() == 1 && has(&rows[0], expected),
        _ => answer == expected,
    }
}

#[test]
fn every_case_file_of_the_premium_comes_out_as_published() {
    let runtime = Arc::new(Runtime::start(Limits::default()).unwrap());
    let rule = Rule::load(&runtime, &std::fs::read(built::rule("premium")).unwrap(), &Grant::world()).unwrap();
    let folder = built::repository().join("plugins/premium");
    let (mut tried, mut annual, mut wrong) = (0, 0, Vec::new());
    for file in toml_files(&folder.join("cases")) {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let document = json(&toml::Value::Table(toml::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap()));
        assert!(document["says"].is_string() && document["source"].is_string(), "{name}: says nothing, or has no source");
        let path = folder.join("ordinances").join(document["ordinance"].as_str().unwrap());
        let ordinance =
            Ordinance::check(&rule, &std::fs::read_to_string(&path).unwrap()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let answer = Evaluator::new(&rule, ordinance.settings, false).document(&document["case"]);
        let expect = document["expect"].as_object().unwrap();
        assert!(expect.len() > 1 || expect.contains_key("refusal") || expect.contains_key("status"), "{name}: expects nothing");
        for (key, expected) in expect {
            let found = match key.as_str() {
                "status" => &answer["status"],
                "refusal" => &answer["refusal"]["label"],
                table => &answer["outcome"][table],
            };
            if !has(found, expected) {
                wrong.push(format!("{name}: {key} should be {expected}, is {found} {}", answer["refusal"]));
            }
        }
        tried += 1;
        // The published annual premiums are those that were seen in a publication with a total.
        let published = document["seen_via"].is_string() && !document["expect"]["premium"]["total_yen"].is_null();
        annual += usize::from(published);
    }
    assert!(wrong.is_empty(), "{} of {tried} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(annual, 19, "the published annual premiums");
}
