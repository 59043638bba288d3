//! What a rule may call, one file per imported interface. Each file answers the same questions in
//! the same order: what it holds, what it may do, its limits, how it is linked.

pub(crate) mod ordinance;
pub(crate) mod payments;
pub(crate) mod records;
