//! `wit/v1`, and the conversions between its types and ours. The only file with generated code.

use jorei_domain::decision::{Reason, Refusal, Result as NamedTable};
use jorei_domain::payment::{Entry, Proposal};
use jorei_domain::table::{Column, Table, Values};
use std::borrow::Cow;

#[allow(missing_docs, clippy::all, unsafe_code, unused_qualifications, reason = "generated")]
mod generated {
    wasmtime::component::bindgen!({
        path: "../../wit/v1",
        // The world that has every interface, so that one linker serves the rules of all slots. What a rule may import is
        // held against its grant and its slot before anything is linked.
        world: "refund",
        imports: { default: trappable },
    });
}

pub(crate) use generated::exports::jorei::rules::about::{Description, SettingsProblem, SettingsSegment};
pub(crate) use generated::exports::jorei::rules::rule::{Answers, Decision, Question, Refusal as WireRefusal, Status};
pub(crate) use generated::jorei::rules::types as wire;
pub(crate) use generated::jorei::rules::{ordinance, payments, records, types};
pub(crate) use generated::{Refund as World, RefundPre as WorldPre};

use generated::exports::jorei::rules::rule::RefusalReason;

pub(crate) fn lower_table(table: Table) -> wire::Table {
    let column = |column: Column| wire::Column {
        name: column.name.into_owned(),
        values: match column.values {
            Values::Integers(values) => wire::ColumnValues::Integers(values),
            Values::Texts(values) => wire::ColumnValues::Texts(values),
        },
    };
    wire::Table { offsets: table.offsets, columns: table.columns.into_iter().map(column).collect() }
}

pub(crate) fn lift_table(named: wire::NamedTable) -> NamedTable {
    let column = |column: wire::Column| Column {
        name: Cow::Owned(column.name),
        values: match column.values {
            wire::ColumnValues::Integers(values) => Values::Integers(values),
            wire::ColumnValues::Texts(values) => Values::Texts(values),
        },
    };
    let columns = named.table.columns.into_iter().map(column).collect();
    NamedTable { name: named.name, table: Table { offsets: named.table.offsets, columns } }
}

/// A proposal; none where it is malformed.
pub(crate) fn lift_proposal(proposal: &payments::Proposal) -> Option<Proposal> {
    let entry = match proposal.entry {
        payments::Entry::Appropriation => Entry::Appropriation,
        payments::Entry::Refund => Entry::Refund,
        payments::Entry::Interest => Entry::Interest,
    };
    Proposal::of(entry, proposal.overpayment, proposal.claim, proposal.yen)
}

/// The refusal and its trace.
pub(crate) fn lift_refusal(refusal: WireRefusal) -> (Refusal, Vec<u8>) {
    let reason = match refusal.reason {
        RefusalReason::LawUnknown => Reason::LawUnknown,
        RefusalReason::FactMissing => Reason::FactMissing,
        RefusalReason::FactImpossible => Reason::FactImpossible,
        RefusalReason::OutOfScope => Reason::OutOfScope,
    };
    let arguments = refusal.arguments.into_iter().map(|argument| (argument.name, argument.value)).collect();
    (Refusal { reason, label: refusal.label, article: refusal.article, arguments }, refusal.trace)
}
