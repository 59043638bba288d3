//! Files as a whole: what is written is read, what is read is written again to the same bytes, and what was changed on the
//! way is refused by record and field.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod made_up;
mod mutations;
mod refusals;
mod round_trip;
