//! Plays the systems around an office over real connections, so that it can be tried without the closed network of
//! governments and without a bank: the municipal intermediate server (中間サーバー) with the bodies behind it, and the
//! designated bank ([`bank`]). What they answer, and what goes wrong, is told them on ports of their own.
//!
//! The binary `jorei-neighbour` runs one of them; [`Neighbour`] and [`Bank`] start that binary from a test and speak to its
//! control port. They know synthetic people only.
//!
//! Absent here: anything an office rests on. No part of the host names this crate; it names the connector's wire forms and
//! the banks' files, and nothing of how their caller works.

pub mod bank;
pub mod control;
pub mod desk;
mod doors;
mod process;
pub mod register;
pub mod server;

pub use bank::process::Bank;
pub use process::Neighbour;
