//! Pure values of the host and of its rules: whole yen and exact rates, civil dates, tables of
//! facts, traces, decisions.
//!
//! Absent here: I/O, async, a clock, a float, and any wire format but two. The canonical bytes of
//! a decision and of its trace belong to what a decision *is* (its id is their hash); everything
//! else is encoded at the edge that speaks it. Money, rates and dates carry serde and JSON Schema
//! behind the feature `wire`, because the orphan rule lets nobody else add them.

pub mod basis;
pub mod calendar;
pub mod decision;
pub mod id;
pub mod money;
pub mod record;
pub mod table;
pub mod trace;
#[cfg(feature = "wire")]
mod wire;
