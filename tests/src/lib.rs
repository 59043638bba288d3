//! What the suite and the bench share: built rules and guests, a PostgreSQL of our own, scratch
//! databases, the length of long tests, runtimes.

pub mod built;
pub mod city_hall;
pub mod length;
pub mod office;
pub mod openid;
pub mod postgres;
mod runtime;
mod scratch;

pub use runtime::{compilation, forgetful_runtime, runtime};
pub use scratch::{postgresql, sqlite};

/// The clock of tests that record something and do not look at the time.
pub fn clock() -> jorei_service::officer::Moment {
    let now = jorei_service::officer::Now { today: jorei_domain::calendar::Date::new(2026, 6, 1), at: "2026-06-01T00:00:00Z".into() };
    jorei_service::officer::Moment { now, seconds: 1_780_272_000 }
}
