//! What goes to banks and what comes back, as files: accounts, holders' names, the bulk transfer (総合振込), the
//! direct debit (預金口座振替), the list of banks and branches, and results of transfers.
//!
//! Everything is a function of its arguments or of a stream. What is written can be read, what can be read is written
//! again to the same bytes, and everything else is refused with its record and field. Accounts and names show in no error
//! and in no `Debug`.
//!
//! Absent here: files, the clock, SQL, the network; who may pay what to whom, whether a line was paid before, and what an
//! officer approved; enciphering (the store seals what [`account::BankAccount::to_bytes`] gives).

pub mod account;
pub mod branches;
pub mod bulk_transfer;
pub mod characters;
mod csv;
pub mod direct_debit;
pub mod duplicates;
pub mod fault;
pub mod file;
pub mod layout;
pub mod names;
pub mod results;
