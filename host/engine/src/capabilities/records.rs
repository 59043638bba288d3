//! `records`: the facts of the cases of a call.
//!
//! Holds the reader of the call and the evidence so far. May read the kinds that the component
//! imports, which were compared with the grant before it was compiled. Each call counts against
//! [`crate::Limits::host_calls`]. Linked with the other imports in `rule.rs`.

use crate::bindings::v1::{lower_table, records, wire};
use crate::run_context::RunContext;
use jorei_domain::decision::{Evidence, Given};
use jorei_domain::record::{Case, Kind, table};
use jorei_domain::table::Table;

/// Where a run reads its facts.
pub trait ReadRecords: Send + 'static {
    /// The rows of one kind over all cases of the call, with the source of each row; `None` when
    /// this kind cannot be had here (recorded evidence that lacks it).
    fn read(&self, kind: Kind) -> Option<(Table, Vec<String>)>;

    /// How many persons the cases have together, for the budget.
    fn persons(&self) -> u64;
}

/// Facts of cases: live from the store, or from a file.
pub struct Cases(pub Vec<Case>);

impl ReadRecords for Cases {
    fn read(&self, kind: Kind) -> Option<(Table, Vec<String>)> {
        Some(table(kind, &self.0))
    }

    fn persons(&self) -> u64 {
        self.0.iter().map(|case| case.persons().len() as u64).sum()
    }
}

/// Facts as a past decision was given them.
pub struct Recorded(pub Evidence);

impl ReadRecords for Recorded {
    fn read(&self, kind: Kind) -> Option<(Table, Vec<String>)> {
        let given = self.0.given.iter().find(|given| given.kind == kind.name())?;
        Some((given.table.clone(), given.sources.clone()))
    }

    fn persons(&self) -> u64 {
        self.read(Kind::Persons).map_or(0, |(table, _)| table.rows() as u64)
    }
}

impl RunContext {
    fn give(&mut self, kind: Kind) -> wasmtime::Result<wire::Table> {
        self.count_call()?;
        let Some((table, sources)) = self.reader.read(kind) else {
            wasmtime::bail!("the evidence has no {}", kind.name());
        };
        if self.keeps_evidence && !self.evidence.given.iter().any(|given| given.kind == kind.name()) {
            self.evidence.given.push(Given { kind: kind.name().into(), table: table.clone(), sources });
        }
        Ok(lower_table(table))
    }
}

macro_rules! kinds {
    ($($function:ident = $kind:ident),*) => {
        impl records::Host for RunContext {
            $(fn $function(&mut self) -> wasmtime::Result<wire::Table> {
                self.give(Kind::$kind)
            })*
        }
    };
}
kinds!(
    persons = Persons,
    membership = Membership,
    qualification = Qualification,
    former_membership = FormerMembership,
    incomes = Incomes,
    unemployment = Unemployment,
    maternity = Maternity,
    property = Property
);
