//! Never returns.

use crate::*;

pub fn misbehave(births: &[i64]) -> Decision {
    let mut turns = 0_u64;
    while core::hint::black_box(births.len()) > 0 {
        turns = core::hint::black_box(turns.wrapping_add(1));
    }
    honest(births)
}
