//! Pure values of the host and of its rules: whole yen and exact rates, civil dates, tables of
//! facts, traces, decisions.
//!
//! Absent here: I/O, async, a clock, a float, and any wire format but canonical bytes. Those of a
//! decision, of its trace and of an act belong to what they *are* (an id is their hash); everything
//! else is encoded at the edge that speaks it. Money, rates and dates carry serde and JSON Schema
//! behind the feature `wire`, because the orphan rule lets nobody else add them.

pub mod act;
pub mod audit;
pub mod basis;
pub mod benefit;
pub mod business_days;
pub mod calendar;
pub mod decision;
pub mod id;
pub mod ledger;
pub mod lookup;
pub mod money;
pub mod payment;
pub mod purpose;
pub mod qualification;
pub mod record;
pub mod role;
pub mod slip;
pub mod slot;
pub mod table;
pub mod trace;
#[cfg(feature = "wire")]
mod wire;
