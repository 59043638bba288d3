//! Proposes in bulk too, where nothing can be proposed, and answers by whether it was taken.

use crate::*;

pub fn misbehave(births: &[i64]) -> Decision {
    let mut decision = honest(births);
    match payments::propose(&[refund(100)]) {
        Ok(()) => decision.results.push(says(births, &[refund(100)])),
        // The answers of bulk calls are one row a case: a year that nobody was born in.
        Err(Problem::NotNow) => decision.results = result(&births.iter().map(|_| 9_999_01_01).collect::<Vec<i64>>()),
        Err(_) => {}
    }
    decision
}
