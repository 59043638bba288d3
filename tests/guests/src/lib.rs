//! Rules that do what no rule may. Each file is one of them; a feature chooses which becomes the
//! component. What they misbehave on is a household whose first person was born in 1900, so that
//! the other cases of the same run show that nobody else pays for it.
#![cfg(target_family = "wasm")]

#[allow(missing_docs, clippy::all, unsafe_op_in_unsafe_fn, unused_qualifications, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({ path: "../../wit/v1", world: "refund", pub_export_macro: true });
}

use bindings::exports::jorei::rules::about::{self, Description, SettingsProblem, SettingsSegment};
use bindings::exports::jorei::rules::rule::{self, Answers, Decision, Question, Refusal, Status};
#[allow(unused_imports, reason = "not every misbehaviour proposes")]
use bindings::jorei::rules::payments::{self, Entry, Problem, Proposal};
use bindings::jorei::rules::records;
use bindings::jorei::rules::types::{Column, ColumnValues, NamedTable, Table};

#[cfg_attr(feature = "aliasing", path = "aliasing.rs")]
#[cfg_attr(feature = "clock", path = "clock.rs")]
#[cfg_attr(feature = "crooked_trace", path = "crooked_trace.rs")]
#[cfg_attr(feature = "endless", path = "endless.rs")]
#[cfg_attr(feature = "endless_trace", path = "endless_trace.rs")]
#[cfg_attr(feature = "failing", path = "failing.rs")]
#[cfg_attr(feature = "false_settled", path = "false_settled.rs")]
#[cfg_attr(feature = "greedy", path = "greedy.rs")]
#[cfg_attr(feature = "handles", path = "handles.rs")]
#[cfg_attr(feature = "memorious", path = "memorious.rs")]
#[cfg_attr(feature = "misquoting", path = "misquoting.rs")]
#[cfg_attr(feature = "negative", path = "negative.rs")]
#[cfg_attr(feature = "neighbour", path = "neighbour.rs")]
#[cfg_attr(feature = "overflowing", path = "overflowing.rs")]
#[cfg_attr(feature = "recursing", path = "recursing.rs")]
#[cfg_attr(feature = "spendthrift", path = "spendthrift.rs")]
#[cfg_attr(feature = "stranger", path = "stranger.rs")]
#[cfg_attr(feature = "trapping", path = "trapping.rs")]
#[cfg_attr(feature = "untimely", path = "untimely.rs")]
mod misbehaviour;

/// An empty trace.
const NO_STEPS: [u8; 1] = [0x80];

struct Guest;

impl about::Guest for Guest {
    fn describe() -> Description {
        Description {
            id: "guest".into(),
            title_ja: "試験".into(),
            title_en: "Test".into(),
            legal_basis: Vec::new(),
            labels: Vec::new(),
            settings_schema: "{}".into(),
            outcome_schema: "{}".into(),
        }
    }

    fn check_settings(_: String) -> Result<Vec<SettingsSegment>, Vec<SettingsProblem>> {
        Ok(vec![SettingsSegment { from: 2000_01_01, until: 2100_01_01, compact: Vec::new() }])
    }
}

/// The birth date of the first person of each case.
fn births() -> Vec<i64> {
    let table = records::persons();
    let births = table.columns.into_iter().find(|column| column.name == "birth_earliest");
    match births.map(|column| column.values) {
        Some(ColumnValues::Integers(values)) => {
            table.offsets[..table.offsets.len() - 1].iter().map(|offset| values.get(*offset as usize).copied().unwrap_or(0)).collect()
        }
        _ => Vec::new(),
    }
}

fn is_bait(birth: i64) -> bool {
    cfg!(feature = "failing") || birth / 10_000 == 1900
}

/// An honest answer: the birth year.
fn result(births: &[i64]) -> Vec<NamedTable> {
    let years = births.iter().map(|birth| birth / 10_000).collect();
    vec![NamedTable {
        name: "guest".into(),
        table: Table {
            offsets: (0..=births.len() as u32).collect(),
            columns: vec![Column { name: "year".into(), values: ColumnValues::Integers(years) }],
        },
    }]
}

fn honest(births: &[i64]) -> Decision {
    Decision { provisional: false, results: result(births), trace: NO_STEPS.to_vec() }
}

/// An answer in yen.
#[allow(dead_code, reason = "not every misbehaviour is about money")]
fn amounts(births: &[i64], yen: i64) -> Decision {
    let mut decision = honest(births);
    let amounts = births.iter().map(|_| yen).collect();
    decision.results[0].table.columns[0] = Column { name: "premium_yen".into(), values: ColumnValues::Integers(amounts) };
    decision
}

/// A refund of an amount, to be proposed.
#[allow(dead_code, reason = "not every misbehaviour proposes")]
fn refund(yen: i64) -> Proposal {
    Proposal { entry: Entry::Refund, overpayment: 1, claim: 0, yen }
}

/// The table that says what was proposed, in the first case of the call.
#[allow(dead_code, reason = "not every misbehaviour proposes")]
fn says(births: &[i64], proposals: &[Proposal]) -> NamedTable {
    let rows = |value: fn(&Proposal) -> i64| ColumnValues::Integers(proposals.iter().map(value).collect());
    let column = |name: &str, values| Column { name: name.into(), values };
    let offsets = (0..=births.len()).map(|case| if case == 0 { 0 } else { proposals.len() as u32 }).collect();
    let columns = vec![
        column("entry", rows(|proposal| proposal.entry as i64)),
        column("overpayment", rows(|proposal| proposal.overpayment)),
        column("claim", rows(|_| i64::MIN)),
        column("yen", rows(|proposal| proposal.yen)),
    ];
    NamedTable { name: "proposals".into(), table: Table { offsets, columns } }
}

impl rule::Guest for Guest {
    fn decide(_: Question) -> Result<Decision, Refusal> {
        let births = births();
        if births.iter().any(|birth| is_bait(*birth)) {
            return Ok(misbehaviour::misbehave(&births));
        }
        Ok(honest(&births))
    }

    fn decide_many(_: Question) -> Answers {
        let births = births();
        if births.iter().any(|birth| is_bait(*birth)) {
            let decision = misbehaviour::misbehave(&births);
            return Answers { statuses: births.iter().map(|_| Status::Decided).collect(), results: decision.results };
        }
        Answers { statuses: births.iter().map(|_| Status::Decided).collect(), results: result(&births) }
    }
}

bindings::export!(Guest with_types_in bindings);
