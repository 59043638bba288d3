//! Where a run reads its facts: one small trait, so that a live case, a case file and recorded
//! evidence are decided by the same code.

use jorei_domain::decision::Evidence;
use jorei_domain::record::{Case, Kind, Person, table};
use jorei_domain::table::Table;

/// Where a run reads its facts.
pub trait ReadRecords: Send + 'static {
    /// The rows of one kind over all cases of the call, with the source of each row; `None` when
    /// this kind cannot be had here (recorded evidence that lacks it).
    fn read(&self, kind: Kind) -> Option<(Table, Vec<String>)>;

    /// How many persons the cases have together, for the budget.
    fn persons(&self) -> u64;

    /// How many persons each case has: the rows of its `persons`, for ordinals are places in them.
    fn persons_by_case(&self) -> Vec<usize> {
        self.read(Kind::Persons).map_or_else(Vec::new, |(table, _)| (0..table.cases()).map(|case| table.rows_of(case).len()).collect())
    }
}

impl<R: ReadRecords + ?Sized> ReadRecords for Box<R> {
    fn read(&self, kind: Kind) -> Option<(Table, Vec<String>)> {
        (**self).read(kind)
    }

    fn persons(&self) -> u64 {
        (**self).persons()
    }

    fn persons_by_case(&self) -> Vec<usize> {
        (**self).persons_by_case()
    }
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

    fn persons_by_case(&self) -> Vec<usize> {
        // A person's facts are in order of kind, and `persons` is the first one.
        let rows = |person: &Person| person.facts.iter().take_while(|fact| fact.kind == Kind::Persons).count();
        self.0.iter().map(|case| case.persons().iter().map(rows).sum()).collect()
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
