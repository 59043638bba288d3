//! Generated code, fenced: one file per version of the contract.

pub(crate) mod v1;
