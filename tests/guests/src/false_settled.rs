//! Names an assumed value in its trace and calls the decision settled.

use crate::*;

/// One step: depth 0, label "a", no value, and a value of law "k" = 1 yen, assumed, article "x".
const ASSUMED: [u8; 19] =
    [0x81, 0xa4, 0x00, 0x00, 0x01, 0x61, b'a', 0x02, 0xf6, 0x05, 0x81, 0x84, 0x61, b'k', 0x82, 0x00, 0x01, 0x00, 0x61];

pub fn misbehave(births: &[i64]) -> Decision {
    let mut decision = honest(births);
    decision.trace = ASSUMED.to_vec();
    decision.trace.push(b'x');
    decision
}
