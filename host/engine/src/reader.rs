//! Where a run reads its facts: one small trait, so that a live case, a case file and recorded
//! evidence are decided by the same code.

use jorei_domain::decision::Evidence;
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
