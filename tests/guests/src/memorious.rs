//! Remembers how many cases came before, and answers with that.

use crate::*;

use core::sync::atomic::{AtomicI64, Ordering};

static SEEN: AtomicI64 = AtomicI64::new(0);

pub fn misbehave(births: &[i64]) -> Decision {
    let counted: Vec<i64> = births.iter().map(|_| SEEN.fetch_add(1, Ordering::Relaxed) * 10_000).collect();
    honest(&counted)
}
