//! Answers with an amount for a person who is not of the household.

use crate::*;

pub fn misbehave(births: &[i64]) -> Decision {
    let mut decision = amounts(births, 1);
    let nobody = births.iter().map(|_| 7).collect();
    decision.results[0].table.columns.push(Column { name: "person".into(), values: ColumnValues::Integers(nobody) });
    decision
}
