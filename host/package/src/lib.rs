//! What travels between vendor, city and auditor: packages, signatures, audit exports.
//!
//! Absent: running Wasm (a component is looked at, never compiled), SQL, files, the environment
//! and the clock. Everything here is a function of the bytes it was given, but for new keys and
//! signatures, which take randomness from the system.

pub mod audit_export;
pub mod cases;
pub mod envelope;
pub mod manifest;
pub mod signing;
pub mod trust;
