//! What comes out of a rule: named tables with a row type each.

use jorei_domain::calendar::{Date, Months};
use jorei_domain::money::Yen;
use jorei_domain::table::{ABSENT, Column, Table, Values};
use std::borrow::Cow;

/// All results of one case.
pub trait Outcome {
    /// The shapes of its tables.
    fn shapes() -> Vec<Shape>;

    /// Appends the rows of one case, table by table in the order of [`Outcome::shapes`].
    fn write(&self, results: &mut Results);
}

/// The row type of a named table. Made by [`crate::row!`].
pub trait Row {
    /// Its shape.
    const SHAPE: Shape;

    /// Its cells in the order of the shape.
    fn cells(&self, push: impl FnMut(usize, i64));
}

/// A named table's shape.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Its name.
    pub name: &'static str,
    /// What a row is.
    pub doc: &'static str,
    /// Its columns.
    pub columns: &'static [ColumnShape],
}

/// A result column's shape.
#[derive(Clone, Copy, Debug)]
pub struct ColumnShape {
    /// Its name, the unit last.
    pub name: &'static str,
    /// What its numbers mean.
    pub unit: Unit,
    /// What it promises.
    pub doc: &'static str,
}

/// What the numbers of a result column mean.
#[derive(Clone, Copy, Debug)]
pub enum Unit {
    /// Whole yen.
    Yen,
    /// A count, or an ordinal.
    Count,
    /// A packed date.
    Date,
    /// Months of the fiscal year as bits, April first.
    Months,
    /// Yes or no.
    Flag,
    /// A word of a list.
    Word(&'static [&'static str]),
}

/// What a result column can hold.
pub trait CellValue {
    /// Its unit.
    const UNIT: Unit;
    /// Its number.
    fn number(&self) -> i64;
}

impl CellValue for Yen {
    const UNIT: Unit = Unit::Yen;
    fn number(&self) -> i64 {
        self.get()
    }
}
impl CellValue for i64 {
    const UNIT: Unit = Unit::Count;
    fn number(&self) -> i64 {
        *self
    }
}
impl CellValue for Date {
    const UNIT: Unit = Unit::Date;
    fn number(&self) -> i64 {
        self.packed()
    }
}
impl CellValue for Months {
    const UNIT: Unit = Unit::Months;
    fn number(&self) -> i64 {
        i64::from(self.bits())
    }
}
impl CellValue for bool {
    const UNIT: Unit = Unit::Flag;
    fn number(&self) -> i64 {
        i64::from(*self)
    }
}
impl<T: CellValue> CellValue for Option<T> {
    const UNIT: Unit = T::UNIT;
    fn number(&self) -> i64 {
        self.as_ref().map_or(ABSENT, CellValue::number)
    }
}

/// Tables of results while they fill.
pub struct Results {
    shapes: Vec<Shape>,
    offsets: Vec<Vec<u32>>,
    columns: Vec<Vec<Vec<i64>>>,
}

impl Results {
    /// Empty tables of an outcome with room for `cases`.
    pub fn new<O: Outcome>(cases: usize) -> Results {
        let shapes = O::shapes();
        let offsets = shapes
            .iter()
            .map(|_| {
                let mut offsets = Vec::with_capacity(cases + 1);
                offsets.push(0);
                offsets
            })
            .collect();
        let columns = shapes.iter().map(|shape| shape.columns.iter().map(|_| Vec::with_capacity(cases)).collect()).collect();
        Results { shapes, offsets, columns }
    }

    /// The tables of a call that answers nothing: no rows for any case.
    pub(crate) fn none<O: Outcome>(cases: usize) -> Vec<(&'static str, Table)> {
        let mut results = Results::new::<O>(cases);
        (0..cases).for_each(|_| results.end_case());
        results.finish()
    }

    /// Adds a row to table number `table` of the outcome.
    #[inline]
    pub fn push<R: Row>(&mut self, table: usize, row: &R) {
        let columns = &mut self.columns[table];
        row.cells(|at, number| columns[at].push(number));
    }

    /// Ends the case in every table.
    #[inline]
    pub(crate) fn end_case(&mut self) {
        for (offsets, columns) in self.offsets.iter_mut().zip(&self.columns) {
            offsets.push(columns.first().map_or(0, |column| column.len() as u32));
        }
    }

    /// The finished tables with their names.
    pub(crate) fn finish(self) -> Vec<(&'static str, Table)> {
        let mut tables = Vec::with_capacity(self.shapes.len());
        for ((shape, offsets), columns) in self.shapes.iter().zip(self.offsets).zip(self.columns) {
            let named =
                |(shape, values): (&ColumnShape, Vec<i64>)| Column { name: Cow::Borrowed(shape.name), values: Values::Integers(values) };
            tables.push((shape.name, Table { offsets, columns: shape.columns.iter().zip(columns).map(named).collect() }));
        }
        tables
    }
}

/// The JSON Schema of an outcome: per table an array of rows. Word columns list their words in
/// the order of their codes.
pub fn schema<O: Outcome>() -> serde_json::Value {
    use serde_json::{Map, Value, json};
    let mut tables = Map::new();
    for shape in O::shapes() {
        let mut columns = Map::new();
        for column in shape.columns {
            let kind = match column.unit {
                Unit::Yen => json!({ "type": "integer", "x-unit": "yen" }),
                Unit::Count => json!({ "type": "integer" }),
                Unit::Date => json!({ "type": "string", "format": "date" }),
                Unit::Months => json!({ "type": "array", "items": { "type": "integer", "minimum": 1, "maximum": 12 }, "x-unit": "months" }),
                Unit::Flag => json!({ "type": "boolean" }),
                Unit::Word(words) => json!({ "type": "string", "enum": words }),
            };
            let Value::Object(mut kind) = kind else { continue };
            kind.insert("description".into(), column.doc.trim().into());
            columns.insert(column.name.into(), Value::Object(kind));
        }
        tables.insert(
            shape.name.into(),
            json!({ "type": "array", "description": shape.doc.trim(), "items": { "type": "object", "properties": columns, "additionalProperties": false } }),
        );
    }
    json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": tables, "additionalProperties": false })
}

/// Declares a row type: `row!(/// What a row is. pub struct Parts = "parts" { /// The levy. levy_yen: Yen });`
#[macro_export]
macro_rules! row {
    ($(#[doc = $doc:literal])* $vis:vis struct $name:ident = $table:literal {
        $($(#[doc = $fdoc:literal])* $field:ident: $type:ty),* $(,)?
    }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug)]
        $vis struct $name {
            $($(#[doc = $fdoc])* $vis $field: $type,)*
        }
        impl $crate::outcome::Row for $name {
            const SHAPE: $crate::outcome::Shape = $crate::outcome::Shape {
                name: $table,
                doc: concat!($($doc, "\n"),*),
                columns: &[$($crate::outcome::ColumnShape {
                    name: stringify!($field),
                    unit: <$type as $crate::outcome::CellValue>::UNIT,
                    doc: concat!($($fdoc, "\n"),*),
                }),*],
            };
            #[inline]
            fn cells(&self, mut push: impl FnMut(usize, i64)) {
                let mut at = 0;
                $(push(at, $crate::outcome::CellValue::number(&self.$field)); at += 1;)*
                let _ = at;
            }
        }
    };
}

/// Declares a word type for a result column: `words!(pub enum Part { Medical = "medical" });`
#[macro_export]
macro_rules! words {
    ($(#[$doc:meta])* $vis:vis enum $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        $vis enum $name { $($(#[$vdoc])* $variant),* }
        impl $name {
            /// The words in the order of their codes.
            pub const WORDS: &'static [&'static str] = &[$($word),*];
            /// Its word.
            pub const fn word(self) -> &'static str {
                $name::WORDS[self as usize]
            }
        }
        impl $crate::outcome::CellValue for $name {
            const UNIT: $crate::outcome::Unit = $crate::outcome::Unit::Word($name::WORDS);
            fn number(&self) -> i64 {
                *self as i64
            }
        }
    };
}
