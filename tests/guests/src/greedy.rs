//! Allocates without end.

use crate::*;

pub fn misbehave(births: &[i64]) -> Decision {
    let mut hoard: Vec<Vec<u8>> = Vec::new();
    loop {
        hoard.push(core::hint::black_box(vec![1; 1 << 20]));
        if hoard.len() == usize::MAX {
            return honest(births);
        }
    }
}
