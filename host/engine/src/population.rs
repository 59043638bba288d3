//! Many cases for bulk questions: live ones, or what past decisions were given.

use crate::reader::{Cases, ReadRecords};
use jorei_domain::decision::{Evidence, Given};
use jorei_domain::record::{Case, Kind};
use jorei_domain::table::Table;
use std::ops::Range;

/// Cases of one date that can be read in stretches: many for a bulk call, one to decide it again.
pub trait Population {
    /// How many cases there are.
    fn len(&self) -> usize;

    /// Are there none?
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A reader of some of them; `cases` lies within [`Population::len`].
    fn reader(&self, cases: Range<usize>) -> Box<dyn ReadRecords>;
}

impl Population for [Case] {
    fn len(&self) -> usize {
        <[Case]>::len(self)
    }

    fn reader(&self, cases: Range<usize>) -> Box<dyn ReadRecords> {
        Box::new(Cases(self[cases].to_vec()))
    }
}

/// Each as it was recorded. A kind that one decision of a stretch was not given, or was given with
/// other columns, cannot be had for the stretch: a rule that asks for it fails there, and is asked
/// again case by case.
impl Population for [Evidence] {
    fn len(&self) -> usize {
        <[Evidence]>::len(self)
    }

    fn reader(&self, cases: Range<usize>) -> Box<dyn ReadRecords> {
        let stretch = &self[cases];
        Box::new(Joined(Kind::ALL.into_iter().filter_map(|kind| joined(stretch, kind)).collect()))
    }
}

/// The tables of a stretch of evidence, one behind the other.
struct Joined(Vec<(Kind, Table, Vec<String>)>);

impl ReadRecords for Joined {
    fn read(&self, kind: Kind) -> Option<(Table, Vec<String>)> {
        let (_, table, sources) = self.0.iter().find(|(known, ..)| *known == kind)?;
        Some((table.clone(), sources.clone()))
    }

    fn persons(&self) -> u64 {
        self.0.iter().find(|(known, ..)| *known == Kind::Persons).map_or(0, |(_, table, _)| table.rows() as u64)
    }
}

fn joined(stretch: &[Evidence], kind: Kind) -> Option<(Kind, Table, Vec<String>)> {
    let given = |evidence: &'_ Evidence| -> Option<usize> { evidence.given.iter().position(|given| given.kind == kind.name()) };
    let mut parts = stretch.iter().map(|evidence| given(evidence).map(|at| &evidence.given[at]));
    let Given { table, sources, .. } = parts.next()??;
    let shape = table.like(1);
    let (mut table, mut sources) = (table.clone(), sources.clone());
    for part in parts {
        let part = part?;
        if part.table.like(1) != shape {
            return None;
        }
        table.append(&part.table);
        sources.extend_from_slice(&part.sources);
    }
    table.check(stretch.len()).ok()?;
    Some((kind, table, sources))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic in a test is the report")]
mod tests {
    use super::*;
    use jorei_domain::calendar::Date;
    use jorei_domain::record::{Fact, Person};

    fn case(births: &[i64]) -> Case {
        let fact = |birth: &i64| Fact { kind: Kind::Persons, values: vec![*birth, *birth], source: format!("register {birth}") };
        Case::new(Date::new(2025, 4, 1), births.iter().map(|birth| Person { facts: vec![fact(birth)] }).collect())
    }

    fn evidence(case: &Case, kinds: &[Kind]) -> Evidence {
        let given = |kind: &Kind| {
            let (table, sources) = jorei_domain::record::table(*kind, std::slice::from_ref(case));
            Given { kind: kind.name().into(), table, sources }
        };
        Evidence { given: kinds.iter().map(given).collect() }
    }

    #[test]
    fn recorded_cases_read_as_live_ones_did() {
        let cases = [case(&[19500101, 19800101]), case(&[19900505]), case(&[20000101, 20010101, 20020101])];
        let recorded: Vec<Evidence> = cases.iter().map(|case| evidence(case, &Kind::ALL)).collect();
        for range in [0..3, 1..2, 1..3] {
            let (live, then) = (cases[..].reader(range.clone()), recorded[..].reader(range));
            for kind in Kind::ALL {
                assert_eq!(live.read(kind), then.read(kind));
            }
            assert_eq!((live.persons(), live.persons_by_case()), (then.persons(), then.persons_by_case()));
        }
    }

    #[test]
    fn a_kind_that_one_case_was_not_given_cannot_be_had_for_its_stretch() {
        let all = [Kind::Persons, Kind::Incomes];
        let recorded = [evidence(&case(&[19500101]), &all), evidence(&case(&[19600101]), &[Kind::Persons])];
        let both = recorded[..].reader(0..2);
        assert!(both.read(Kind::Incomes).is_none());
        assert_eq!(both.read(Kind::Persons).unwrap().0.rows(), 2);
        assert!(recorded[..].reader(0..1).read(Kind::Incomes).is_some());
    }

    #[test]
    fn evidence_of_other_columns_is_not_put_behind_each_other() {
        let mut recorded = [evidence(&case(&[19500101]), &[Kind::Persons]), evidence(&case(&[19600101]), &[Kind::Persons])];
        recorded[1].given[0].table.columns.pop();
        assert!(recorded[..].reader(0..2).read(Kind::Persons).is_none());
        assert!(recorded[..].reader(1..2).read(Kind::Persons).is_some());
    }
}
