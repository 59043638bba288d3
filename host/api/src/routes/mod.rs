//! The routes, one file for each noun.

#![allow(unused_qualifications, reason = "the macro that describes a route names its parameters by their whole path")]

pub mod acts;
pub mod arrears;
pub mod audit;
pub mod benefits;
pub mod claims;
pub mod decisions;
pub mod drafts;
pub mod household_year;
pub mod households;
pub mod imports;
pub mod inquiries;
pub mod jobs;
pub mod ledger;
pub mod masters;
pub mod numbers;
pub mod office;
pub mod ordinances;
pub mod payees;
pub mod payments;
pub mod people;
pub mod problems;
pub mod queue;
pub mod receipts;
pub mod reconciliation;
pub mod refunds;
pub mod revisions;
pub mod rules;
pub mod sessions;
pub mod shadow;
pub mod trials;
