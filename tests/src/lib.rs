//! What the suite and the bench share: built rules and guests, a PostgreSQL of our own, scratch
//! databases, the length of long tests.

pub mod built;
pub mod length;
pub mod postgres;
