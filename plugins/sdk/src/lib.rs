//! What a rule author writes against.
//!
//! A rule is one type that implements [`Rule`]: which facts it reads ([`facts!`]), which ordinance
//! it takes ([`settings`]), what comes out ([`row!`]), and one body that computes it and writes
//! its trace on the way ([`trace`]). The same body answers one case with its trace and a million
//! without; [`component!`] makes a component of it; [`native`] runs it without one.
//!
//! `docs/adding-a-rule.md` builds a small rule step by step.

#[doc(hidden)]
pub mod component;
pub mod facts;
pub mod native;
pub mod outcome;
pub mod refusal;
pub mod rule;
pub mod settings;
pub mod trace;

pub use facts::{Case, Cell, Facts};
pub use outcome::{Outcome, Results};
pub use refusal::Refusal;
pub use rule::{About, Label, Rule};
pub use settings::{Dated, Header, Ordinance, Problems, Section, Value};
pub use trace::Trace;

pub use jorei_domain::basis::State;
pub use jorei_domain::calendar::{Date, FiscalYear, Months};
pub use jorei_domain::money::{Direction, Exact, MoneyError, Rate, Rounding, Yen};
pub use jorei_domain::trace::Val;

// Derive macros need the crates behind them: a rule depends on the SDK alone.
pub use schemars;
pub use serde;
