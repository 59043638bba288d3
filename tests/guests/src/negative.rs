//! Answers with a premium below zero.

use crate::*;

pub fn misbehave(births: &[i64]) -> Decision {
    amounts(births, -1)
}
