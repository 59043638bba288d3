//! Tables: the one shape in which facts reach a rule and results leave it.

extern crate alloc;

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// Stands in a column of whole numbers where there is no value.
///
/// Why a number: a column then crosses into a rule as one copied block, for one case as for a
/// million. It lies far outside every unit (yen end at ±10^15), so it cannot be a value.
pub const ABSENT: i64 = i64::MIN;

/// Rows of several cases in a row: the rows of case `i` are `offsets[i]..offsets[i + 1]`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Table {
    /// One more than there are cases; starts at 0, never falls, ends with the number of rows.
    pub offsets: Vec<u32>,
    /// Named columns of equal length.
    pub columns: Vec<Column>,
}

/// One named column.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Column {
    /// Lower-case words joined by `_`, the unit last.
    pub name: Cow<'static, str>,
    /// A value per row.
    pub values: Values,
}

/// The values of a column.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Values {
    /// Whole numbers: yen, packed dates, codes, counts, ordinals; [`ABSENT`] for none.
    Integers(Vec<i64>),
    /// Texts.
    Texts(Vec<String>),
}

/// Why a table is none.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TableError {
    /// The offsets do not start at 0, fall, or their number does not fit the cases.
    Offsets,
    /// A column has more or fewer values than there are rows.
    ColumnLength,
    /// Two columns of one name.
    ColumnTwice,
}

impl core::fmt::Display for TableError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            TableError::Offsets => "offsets do not describe the cases",
            TableError::ColumnLength => "a column is not as long as the table",
            TableError::ColumnTwice => "a column name appears twice",
        })
    }
}

impl core::error::Error for TableError {}

impl Table {
    /// A table without rows for `cases` cases, with columns of whole numbers.
    pub fn empty(cases: usize, columns: &[&'static str]) -> Table {
        let column = |name: &&'static str| Column { name: Cow::Borrowed(*name), values: Values::Integers(Vec::new()) };
        Table { offsets: alloc::vec![0; cases + 1], columns: columns.iter().map(column).collect() }
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.offsets.last().map_or(0, |end| *end as usize)
    }

    /// How many cases there are.
    pub fn cases(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// The rows of one case; empty beyond the cases.
    pub fn rows_of(&self, case: usize) -> core::ops::Range<usize> {
        match (self.offsets.get(case), self.offsets.get(case + 1)) {
            (Some(start), Some(end)) => *start as usize..*end as usize,
            _ => 0..0,
        }
    }

    /// The whole numbers of a column by its name.
    pub fn integers(&self, name: &str) -> Option<&[i64]> {
        self.columns.iter().find(|column| column.name == name).and_then(|column| match &column.values {
            Values::Integers(values) => Some(values.as_slice()),
            Values::Texts(_) => None,
        })
    }

    /// Checks the shape of a table that came from outside.
    ///
    /// # Errors
    /// The first [`TableError`] found.
    pub fn check(&self, cases: usize) -> Result<(), TableError> {
        if self.offsets.len() != cases + 1 || self.offsets[0] != 0 || self.offsets.windows(2).any(|pair| pair[1] < pair[0]) {
            return Err(TableError::Offsets);
        }
        for (i, column) in self.columns.iter().enumerate() {
            let length = match &column.values {
                Values::Integers(values) => values.len(),
                Values::Texts(values) => values.len(),
            };
            if length != self.rows() {
                return Err(TableError::ColumnLength);
            }
            if self.columns[..i].iter().any(|other| other.name == column.name) {
                return Err(TableError::ColumnTwice);
            }
        }
        Ok(())
    }

    /// Adds the cases of another table of the same columns behind this one's.
    pub fn append(&mut self, other: &Table) {
        let rows = self.offsets.last().copied().unwrap_or(0);
        self.offsets.extend(other.offsets.iter().skip(1).map(|offset| rows + offset));
        for column in &mut self.columns {
            let Some(more) = other.columns.iter().find(|more| more.name == column.name) else { continue };
            match (&mut column.values, &more.values) {
                (Values::Integers(values), Values::Integers(more)) => values.extend_from_slice(more),
                (Values::Texts(values), Values::Texts(more)) => values.extend_from_slice(more),
                _ => {}
            }
        }
    }

    /// Adds cases without rows.
    pub fn append_empty(&mut self, cases: usize) {
        let rows = self.offsets.last().copied().unwrap_or(0);
        self.offsets.extend(core::iter::repeat_n(rows, cases));
    }

    /// An empty table for `cases` cases with this one's columns.
    pub fn like(&self, cases: usize) -> Table {
        let column = |column: &Column| Column {
            name: column.name.clone(),
            values: match column.values {
                Values::Integers(_) => Values::Integers(Vec::new()),
                Values::Texts(_) => Values::Texts(Vec::new()),
            },
        };
        Table { offsets: alloc::vec![0; cases + 1], columns: self.columns.iter().map(column).collect() }
    }

    /// The rows of one case as a table of its own.
    pub fn case(&self, case: usize) -> Table {
        let range = self.rows_of(case);
        let cut = |column: &Column| Column {
            name: column.name.clone(),
            values: match &column.values {
                Values::Integers(values) => Values::Integers(values[range.clone()].to_vec()),
                Values::Texts(values) => Values::Texts(values[range.clone()].to_vec()),
            },
        };
        Table { offsets: alloc::vec![0, u32::try_from(range.len()).unwrap_or(u32::MAX)], columns: self.columns.iter().map(cut).collect() }
    }
}
