//! The city's side of the wire to the municipal intermediate server (中間サーバー): what is asked of other bodies about a
//! person, what they answer, and a client that carries both.
//!
//! The real interface is not public. What travels here is version 1 of an adapter of our own ([`wire`]); another version
//! is another module beside it, and nothing else of the host knows either. A query states its matter, its legal row, its
//! affair and its case: there is no free search.
//!
//! Answers come later, in the server's own time, under growing numbers. So a caller keeps in *its* database which
//! queries are open and which number it has read up to; this crate keeps neither. Asking again with the same ids and
//! reading again from the same number are harmless, which is what makes a lost connection harmless.
//!
//! Absent here: a loop that tries again, a clock, files, SQL, a personal number, the meaning of an answer for a case, and
//! whether an account is usable (`jorei-bank`).

mod answer;
mod client;
mod query;
pub mod wire;

pub use answer::{
    AccountItems, Answer, Class, DependantLoss, EmploymentInsurance, Found, Income, IncomeState, Instant, InsurerKind, LeavingReason,
    Misfit, NotAnInstant, Qualification, Standing,
};
pub use client::{ANSWER_BYTES, Accepted, Again, Connector, ConnectorError, Problem, Settings, SettingsError, Token};
pub use query::{AddresseeNumber, LegalRow, Malformed, Matter, Query, QueryId, What};
