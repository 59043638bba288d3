//! What the suite and the bench share: built rules and guests, a PostgreSQL of our own, scratch
//! databases, the length of long tests, runtimes.

pub mod built;
pub mod length;
pub mod office;
pub mod postgres;
mod runtime;
mod scratch;

pub use runtime::{compilation, forgetful_runtime, runtime};
pub use scratch::{postgresql, sqlite};
