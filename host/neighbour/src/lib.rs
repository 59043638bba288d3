//! Plays the municipal intermediate server (中間サーバー) and the bodies behind it, over real connections, so that an office can be
//! tried without the closed network of governments: what it answers, and what goes wrong, is told it on a port of its own.
//!
//! The binary `jorei-neighbour` runs it; [`Neighbour`] starts that binary from a test and speaks to its control port.
//! It knows synthetic people only.
//!
//! Absent here: anything an office rests on. No part of the host names this crate; it names the connector's wire forms, and
//! nothing of how the connector's caller works.

pub mod control;
pub mod desk;
mod process;
pub mod register;
pub mod server;

pub use process::Neighbour;
