//! Use cases, one file each, and the forms in which people hand cases in and get answers back.
//!
//! The only crate that knows both the engine and the store, and the one that decides what belongs
//! into one transaction. Absent here: the clock, the environment, the file system, the terminal;
//! all of them come in as arguments from `cli`.

pub mod access;
pub mod activation;
pub mod acts;
pub mod addressee;
pub mod admission;
pub mod answer;
pub mod arrears;
pub mod assess;
pub mod audit;
pub mod benefits;
pub mod billing;
pub mod case_file;
pub mod citation;
pub mod claims;
pub mod confirmation;
pub mod decide_case;
pub mod demo_city;
pub mod evaluate;
pub mod exemptions;
pub mod explain;
pub mod fact_entry;
pub mod imports;
pub mod inquiries;
pub mod language;
pub mod ledger;
pub mod levy;
pub mod lookups;
pub mod masters;
pub mod office;
#[cfg(test)]
mod office_of_two;
pub mod officer;
pub mod ordinance;
pub mod passwords;
pub mod payees;
pub mod payments;
pub mod people;
pub mod personal_numbers;
pub mod protections;
pub mod queue;
pub mod randomness;
pub mod reassessment;
pub mod receipts;
pub mod reconciliation;
pub mod refunds;
pub mod replay;
pub mod revisions;
pub mod sessions;
pub mod shadow;
pub mod sheets;
pub mod summary;
pub mod trial;
pub mod value_states;
pub mod words;
