//! Writes its trace in another form than the one: the number of its steps in two bytes.

use crate::*;

pub fn misbehave(births: &[i64]) -> Decision {
    let mut decision = honest(births);
    decision.trace = vec![0x98, 0x00];
    decision
}
