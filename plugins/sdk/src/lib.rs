//! What a rule author writes against.
//!
//! A rule is one type that implements [`Rule`]: which facts it reads ([`facts!`]), which ordinance
//! it takes ([`settings`]), what comes out ([`row!`]), and one body that computes it and writes
//! its trace on the way ([`trace`]). The same body answers one case with its trace and a million
//! without; [`component!`] makes a component of it; [`native`] runs it without one. What accrues day by day at rates by calendar
//! year is counted by [`stretches`]; what moves money is proposed with [`payments`].
//! Rules of benefits count ages by the month with [`age`], ask who is insured with [`insured`], and answer with [`benefits`].
//!
//! `docs/adding-a-rule.md` builds a small rule step by step.

pub mod age;
pub mod apportionment;
pub mod appropriation;
pub mod base_date;
pub mod benefits;
#[doc(hidden)]
pub mod component;
pub mod facts;
pub mod insured;
pub mod native;
pub mod outcome;
pub mod payments;
pub mod refusal;
pub mod rows;
pub mod rule;
pub mod settings;
pub mod stretches;
mod texts;
pub mod trace;

pub use facts::{Case, Cell, Facts};
pub use outcome::{Outcome, Results};
pub use refusal::Refusal;
pub use rule::{About, Label, Rule, rounding_word};
pub use settings::{Dated, Header, Ordinance, Problems, Section, Value};
pub use trace::Trace;

pub use jorei_domain::basis::State;
pub use jorei_domain::business_days::{Calendar, NotPublished};
pub use jorei_domain::calendar::{Date, FiscalYear, Months};
pub use jorei_domain::money::{Direction, Exact, MoneyError, Rate, Rounding, Yen};
pub use jorei_domain::qualification::day_of_loss;
pub use jorei_domain::trace::Val;

/// Facts as the host hands them over: what a rule's unit tests build cases of for [`native`].
///
/// ```
/// use jorei_sdk::Date;
/// use jorei_sdk::records::{ABSENT, Fact, Kind, Person, RecordedCase};
///
/// let born = Date::new(1981, 6, 15).packed();
/// // The columns of the period, then the fields, both in the order of `Kind::columns`.
/// let person = Person {
///     facts: vec![
///         Fact { kind: Kind::Persons, values: vec![born, born], source: "test".into() },
///         Fact { kind: Kind::Qualification, values: vec![born, ABSENT, ABSENT, ABSENT], source: "test".into() },
///     ],
/// };
/// assert_eq!(Kind::Qualification.columns(), ["person", "from", "until", "ended_by", "acquired_by"]);
/// let case = RecordedCase::new(Date::new(2025, 4, 1), vec![person]);
/// assert_eq!(case.persons().len(), 1);
/// ```
///
/// `native::decide::<MyRule>(&case, &values)` answers it. The number of a code is its place in the
/// list of words ([`INCOME_STATES`](records::INCOME_STATES) and its like).
pub mod records {
    pub use jorei_domain::record::{Case as RecordedCase, END_CAUSES, Fact, HOLDERS, INCOME_STATES, Kind, Period, Person, Unit};
    pub use jorei_domain::table::{ABSENT, Table};
}

// Derive macros need the crates behind them: a rule depends on the SDK alone.
pub use schemars;
pub use serde;
