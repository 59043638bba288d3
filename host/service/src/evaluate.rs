//! Cases from a file through a rule, with no database: what vendors and testers use.

use crate::answer::{Answered, answer};
use crate::case_file;
use crate::words::Words;
use jorei_engine::{Cases, Question, Rule, Settings};
use serde_json::{Map, Value};
use std::sync::Arc;

/// A rule with an ordinance, ready to answer cases.
pub struct Evaluator<'r> {
    rule: &'r Rule,
    settings: Arc<Settings>,
    words: Words,
    with_trace: bool,
}

impl<'r> Evaluator<'r> {
    /// An evaluator; `with_trace` puts the whole trace into each answer.
    pub fn new(rule: &'r Rule, settings: Settings, with_trace: bool) -> Evaluator<'r> {
        Evaluator { rule, settings: Arc::new(settings), words: Words::of(rule.about()), with_trace }
    }

    /// Answers one case given as a line of JSON. The answer's `status` is `decided`,
    /// `provisional`, `refused`, `failed`, `invalid` with an `error` when the line is no case, or
    /// `fault` with an `error` when the machine failed and the case may be tried again.
    pub fn line(&self, line: &[u8]) -> Value {
        match serde_json::from_slice(line) {
            Ok(document) => self.document(&document),
            Err(error) => without_answer("invalid", None, format!("not JSON in UTF-8: {error}")),
        }
    }

    /// Answers one case given as JSON, as [`Evaluator::line`].
    pub fn document(&self, document: &Value) -> Value {
        let file = match case_file::read(document) {
            Ok(file) => file,
            Err(error) => return without_answer("invalid", document["id"].as_str(), error.to_string()),
        };
        let question = Question { on: file.case.on, settings: Arc::clone(&self.settings) };
        let run = match self.rule.decide(&question, Cases(vec![file.case])) {
            Ok(run) => run,
            Err(fault) => return without_answer("fault", file.id.as_deref(), fault.to_string()),
        };
        let mut members = Map::new();
        if let Some(id) = file.id {
            members.insert("id".into(), id.into());
        }
        members.extend(answer(&Answered { outcome: &run.outcome, trace: &run.trace, words: &self.words, with_trace: self.with_trace }));
        members.insert("fuel".into(), run.fuel.into());
        Value::Object(members)
    }
}

fn without_answer(status: &str, id: Option<&str>, error: String) -> Value {
    let mut members = Map::new();
    if let Some(id) = id {
        members.insert("id".into(), id.into());
    }
    members.insert("status".into(), status.into());
    members.insert("error".into(), error.into());
    Value::Object(members)
}
