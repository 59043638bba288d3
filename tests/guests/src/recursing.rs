//! Calls itself without end.

use crate::*;

#[allow(unconditional_recursion, reason = "that is the misbehaviour")]
fn deeper(depth: i64) -> i64 {
    // Not a tail call: something is left to do after each return.
    core::hint::black_box(deeper(core::hint::black_box(depth) + 1)) + depth
}

pub fn misbehave(births: &[i64]) -> Decision {
    honest(&[births[0] + deeper(0)])
}
