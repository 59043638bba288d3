//! Cases from a file through a rule, with no database: what vendors and testers use.

use crate::answer::{Answered, answer};
use crate::case_file;
use crate::words::Words;
use jorei_engine::{Cases, Fault, Question, Rule, Settings};
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
    /// `provisional`, `refused`, `failed`, or `invalid` with an `error` when the line is no case.
    ///
    /// # Errors
    /// A [`Fault`] of the machine.
    pub fn line(&self, line: &str) -> Result<Value, Fault> {
        match serde_json::from_str(line) {
            Ok(document) => self.document(&document),
            Err(error) => Ok(invalid(None, format!("not JSON: {error}"))),
        }
    }

    /// Answers one case given as JSON.
    ///
    /// # Errors
    /// A [`Fault`] of the machine.
    pub fn document(&self, document: &Value) -> Result<Value, Fault> {
        let file = match case_file::read(document) {
            Ok(file) => file,
            Err(error) => return Ok(invalid(document["id"].as_str(), error.to_string())),
        };
        let question = Question { on: file.case.on, settings: Arc::clone(&self.settings) };
        let run = self.rule.decide(&question, Cases(vec![file.case]))?;
        let mut members = Map::new();
        if let Some(id) = file.id {
            members.insert("id".into(), id.into());
        }
        members.extend(answer(&Answered { outcome: &run.outcome, trace: &run.trace, words: &self.words, with_trace: self.with_trace }));
        members.insert("fuel".into(), run.fuel.into());
        Ok(Value::Object(members))
    }
}

fn invalid(id: Option<&str>, error: String) -> Value {
    let mut members = Map::new();
    if let Some(id) = id {
        members.insert("id".into(), id.into());
    }
    members.insert("status".into(), "invalid".into());
    members.insert("error".into(), error.into());
    Value::Object(members)
}
