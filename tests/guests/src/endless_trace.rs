//! Returns a trace longer than any decision needs: ten million steps.

use crate::*;

pub fn misbehave(births: &[i64]) -> Decision {
    let mut decision = honest(births);
    decision.trace = vec![0xa3; 10_000_000];
    decision
}
