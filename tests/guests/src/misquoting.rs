//! Proposes one amount and says another in its results.

use crate::*;

pub fn misbehave(births: &[i64]) -> Decision {
    let mut decision = honest(births);
    if payments::propose(&[refund(100_000)]) == Err(Problem::NotNow) {
        return decision;
    }
    decision.results.push(says(births, &[refund(100)]));
    decision
}
