//! Proposes more than a decision may, and when that is not taken, says all the same that it was.

use crate::*;

pub fn misbehave(births: &[i64]) -> Decision {
    let proposals: Vec<Proposal> = (1..=1_001).map(refund).collect();
    let mut decision = honest(births);
    if payments::propose(&proposals) != Err(Problem::TooMany) {
        return decision;
    }
    decision.results.push(says(births, &proposals));
    decision
}
