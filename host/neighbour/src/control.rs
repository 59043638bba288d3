//! What the control port is told and tells: faults, and what was asked.
//!
//! Absent here: a fault of one addressee ([`crate::register`]).

use serde::{Deserialize, Serialize};

/// What goes wrong with the line, from now on. What is not told goes well.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// Answers come so many milliseconds after the question.
    pub delay_ms: u64,
    /// No answer comes until this is told no more. It comes before any delay.
    pub hold: bool,
    /// Queries are accepted and forgotten: the next so many. Asked again, such a query is a new one.
    pub lose: u32,
    /// Queries are accepted and forgotten: so many in a hundred. Which, depends on their ids.
    pub lose_per_100: u8,
    /// Every answer comes twice, under two numbers.
    pub repeat: bool,
    /// Answers that come together take their numbers in another order than their questions, and stand in a page in another
    /// order than their numbers.
    pub shuffle: bool,
    /// Nothing is served.
    pub maintenance: Option<Maintenance>,
    /// Answers of the server dribble: [`DRIBBLE_BYTES`] bytes each so many milliseconds.
    pub slow_ms: u64,
    /// The next so many requests take effect and are never answered.
    pub hang: u32,
    /// The next so many requests take effect, and the connection closes in the middle of the answer.
    pub cut: u32,
    /// What is answered cannot be read.
    pub garbage: Option<Garbage>,
}

/// Bytes at a time of an answer that dribbles.
pub const DRIBBLE_BYTES: usize = 16;

/// Closed for maintenance.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Maintenance {
    /// Until when, as it is told (it ends when the faults say so).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// Some pages of answers that are no pages of answers. Only `answers` is touched.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Garbage {
    /// Which.
    pub kind: GarbageKind,
    /// The next so many.
    pub times: u32,
}

/// What is wrong with a page.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GarbageKind {
    /// It is a page for people.
    NotJson,
    /// It has a field that version 1 does not know.
    WrongField,
    /// An answer names a query that nobody asked.
    OtherQuery,
    /// It is longer than anybody should read.
    Oversized,
}

/// What was asked, for tests.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Queries that were accepted and are remembered.
    pub accepted: usize,
    /// Queries that were asked again and known.
    pub known: u64,
    /// Queries that were accepted and forgotten.
    pub lost: u64,
    /// Queries without an answer yet.
    pub open: usize,
    /// Answers with a number: the last number, too.
    pub answers: u64,
    /// Accepted queries by what and addressee.
    pub by: Vec<Count>,
}

/// How often one thing was asked of one addressee, under ids of its own.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// `account` and so on.
    pub what: String,
    /// The addressee.
    pub subject: i64,
    /// How often.
    pub count: u32,
}

/// What a seed made.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Seeded {
    /// Entries by share, `present` for those without a fault.
    pub counts: std::collections::BTreeMap<String, usize>,
}

/// The two addresses, in one line when both listen.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Listening {
    /// The server's.
    pub listen: std::net::SocketAddr,
    /// The control port's.
    pub control: std::net::SocketAddr,
}
