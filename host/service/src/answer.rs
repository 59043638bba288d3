//! An answer as JSON: what a program, a vendor's test or a curious clerk reads.

use crate::language::Language;
use crate::words::{Words, calendar_months};
use jorei_domain::basis::State;
use jorei_domain::calendar::Date;
use jorei_domain::decision::{Evidence, Failure, Given, Outcome, Refusal, Result as NamedTable};
use jorei_domain::record::{Kind, Unit};
use jorei_domain::table::{ABSENT, Values};
use jorei_domain::trace::{self, Step, Val};
use serde_json::{Map, Value, json};

/// The parts of an answer.
pub struct Answered<'a> {
    /// What came out.
    pub outcome: &'a Outcome,
    /// How; may be empty.
    pub trace: &'a [u8],
    /// The rule's words.
    pub words: &'a Words,
    /// Put the whole trace into the answer?
    pub with_trace: bool,
}

/// The answer's members: `status`, then `outcome`, `refusal` or `failure`, `unsourced` and, where
/// asked for, `trace`.
pub fn answer(answered: &Answered<'_>) -> Map<String, Value> {
    let mut members = Map::new();
    members.insert("status".into(), answered.outcome.word().into());
    match answered.outcome {
        Outcome::Decided { results, .. } => {
            members.insert("outcome".into(), outcome(results, answered.words));
        }
        Outcome::Refused(refusal) => {
            members.insert("refusal".into(), refused(refusal, answered.words));
        }
        Outcome::Failed(failure) => {
            members.insert("failure".into(), json!({ "reason": failure.word(), "message": failure_text(*failure) }));
        }
    }
    // A trace that was stored has been found canonical before.
    let steps = trace::decode(answered.trace).unwrap_or_default();
    let unsourced = unsourced(&steps);
    if !unsourced.is_empty() {
        members.insert("unsourced".into(), unsourced.into());
    }
    if answered.with_trace {
        members.insert("trace".into(), steps.iter().map(step).collect());
    }
    members
}

/// A number of a fact as its unit means it; null where there is none.
pub fn cell(unit: Unit, value: i64) -> Value {
    match unit {
        _ if value == ABSENT => Value::Null,
        Unit::Date => Date::from_packed(value).map_or(Value::Null, |date| date.to_string().into()),
        Unit::Code(words) => usize::try_from(value).ok().and_then(|at| words.get(at)).map_or(Value::Null, |word| (*word).into()),
        Unit::Flag => (value == 1).into(),
        Unit::Yen | Unit::Number => value.into(),
    }
}

/// The tables that a run was given, by kind: a row for each fact, with the number of its person (from 1, as an
/// explanation shows it) and its source.
pub fn evidence(evidence: &Evidence) -> Value {
    let rows = |given: &Given| {
        let row = |row: usize, source: &String| {
            let mut members = Map::new();
            for column in &given.table.columns {
                let Values::Integers(values) = &column.values else { continue };
                let value = values.get(row).copied().unwrap_or(ABSENT);
                let told = match (&*column.name, Kind::named(&given.kind).and_then(|kind| kind.field(&column.name))) {
                    ("person", None) => value.saturating_add(1).into(),
                    ("year", None) => value.into(),
                    (_, None) => cell(Unit::Date, value),
                    (_, Some(field)) => cell(field.unit, value),
                };
                members.insert(column.name.to_string(), told);
            }
            members.insert("source".into(), source.as_str().into());
            Value::Object(members)
        };
        given.sources.iter().enumerate().map(|(at, source)| row(at, source)).collect::<Vec<_>>()
    };
    evidence.given.iter().map(|given| (given.kind.clone(), Value::from(rows(given)))).collect::<Map<_, _>>().into()
}

/// The results by table and column.
pub fn outcome(results: &[NamedTable], words: &Words) -> Value {
    let table = |result: &NamedTable| {
        let row = |row: usize| {
            let cell = |column: &jorei_domain::table::Column| {
                let value = match &column.values {
                    Values::Integers(values) => words.cell(&result.name, &column.name, values[row]),
                    Values::Texts(values) => values[row].as_str().into(),
                };
                (column.name.to_string(), value)
            };
            Value::Object(result.table.columns.iter().map(cell).collect())
        };
        (result.name.clone(), (0..result.table.rows()).map(row).collect::<Value>())
    };
    Value::Object(results.iter().map(table).collect())
}

fn refused(refusal: &Refusal, words: &Words) -> Value {
    let arguments: Map<String, Value> = refusal.arguments.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    json!({
        "reason": refusal.reason.word(),
        "label": refusal.label,
        "article": refusal.article,
        "arguments": arguments,
        "message": words.sentence(refusal, Language::English),
        "message_ja": words.sentence(refusal, Language::Japanese),
    })
}

/// What a failure means, and what to do.
pub fn failure_text(failure: Failure) -> &'static str {
    match failure {
        Failure::Fuel => "the rule used up its budget of instructions; it may loop; tell its vendor",
        Failure::Memory => "the rule asked for more memory than a run may have; tell its vendor",
        Failure::Stack => "the rule ran out of stack; it may recurse without end; tell its vendor",
        Failure::Trap => "the rule stopped itself or broke one of its own assumptions; tell its vendor",
        Failure::Output => "the rule handed over more data, or called the host more often, than a run may; tell its vendor",
        Failure::Trace => "the rule's trace is too long or not canonical; tell its vendor",
        Failure::Answer => "the rule's answer does not fit its contract; tell its vendor",
    }
}

/// Every unsourced value of law that a trace names, once.
fn unsourced(steps: &[Step<'_>]) -> Vec<Value> {
    let mut keys: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    for read in steps.iter().flat_map(|step| &step.law) {
        if read.state != State::Sourced && !keys.contains(&&*read.key) {
            keys.push(&read.key);
            found.push(json!({ "key": read.key, "value": value(&read.value), "state": read.state.word(), "article": read.article }));
        }
    }
    found
}

/// A value of a trace: numbers as numbers, exact amounts and rates as texts.
pub fn value(val: &Val<'_>) -> Value {
    match val {
        Val::Nothing => Value::Null,
        Val::Yen(yen) => yen.get().into(),
        Val::Count(count) => (*count).into(),
        Val::Rate(rate) => rate.to_string().into(),
        Val::Date(date) => date.to_string().into(),
        Val::Word(word) => (*word).into(),
        Val::Flag(flag) => (*flag).into(),
        Val::Months(months) => calendar_months(*months),
        Val::Exact(num, den) => format!("{num}/{den}").into(),
        Val::Person(ordinal) => json!({ "person": ordinal }),
    }
}

fn step(step: &Step<'_>) -> Value {
    let mut members = Map::new();
    members.insert("depth".into(), step.depth.into());
    members.insert("label".into(), step.label.as_ref().into());
    members.insert("value".into(), value(&step.value));
    for (name, text) in [("article", &step.article), ("formula", &step.formula)] {
        if !text.is_empty() {
            members.insert(name.into(), text.as_ref().into());
        }
    }
    if !step.law.is_empty() {
        let read = |read: &trace::LawRead<'_>| json!({ "key": read.key, "value": value(&read.value), "state": read.state.word(), "article": read.article });
        members.insert("law".into(), step.law.iter().map(read).collect());
    }
    if !step.facts.is_empty() {
        let read = |read: &trace::FactRead<'_>| json!({ "records": read.kind, "column": read.column, "row": read.row });
        members.insert("facts".into(), step.facts.iter().map(read).collect());
    }
    if !step.lost.is_empty() {
        let lost = |lost: &trace::Lost<'_>| json!({ "label": lost.label, "value": value(&lost.value), "reason": lost.reason });
        members.insert("lost".into(), step.lost.iter().map(lost).collect());
    }
    Value::Object(members)
}
