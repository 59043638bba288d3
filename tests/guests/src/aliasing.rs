//! Answers with a million texts that are all the same megabyte of its memory.

use crate::*;

pub fn misbehave(births: &[i64]) -> Decision {
    let text = "x".repeat(1 << 20).leak();
    // Each element claims the same buffer; nothing of it is ever freed, the store is thrown away.
    let mut alias = || unsafe { String::from_raw_parts(text.as_mut_ptr(), text.len(), text.len()) };
    let mut decision = honest(births);
    let mut texts = Vec::with_capacity(1_000_000);
    for _ in 0..1_000_000 {
        texts.push(alias());
    }
    decision.results[0].table.columns[0].values = ColumnValues::Texts(texts);
    decision
}
