//! Answers with an amount that no sum could hold.

use crate::*;

pub fn misbehave(births: &[i64]) -> Decision {
    amounts(births, i64::MAX)
}
