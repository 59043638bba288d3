//! Answers for a household more than was asked about.

use crate::*;

pub fn misbehave(births: &[i64]) -> Decision {
    honest(&[births, &births[..1]].concat())
}
