//! The HTTP service over the same use cases as the command line.
//!
//! `router` is the table of contents. What can be asked is an `action`; who may is a `policy`; a `guard` stands before
//! every handler. Absent here: SQL, Wasm, a key that signs, the clock, files, the environment; and any rule of the office
//! that the command line would have to repeat.

pub mod action;
pub mod configuration;
mod cursor;
mod extract;
mod faults;
pub mod guard;
pub mod idempotency;
pub mod jobs;
pub mod openid;
pub mod policy;
pub mod problem;
mod refusal;
pub mod router;
mod routes;
pub mod server;
pub mod state;
pub mod telemetry;
