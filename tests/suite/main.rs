//! The suite: every promise with a test that names it. One binary.
#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

mod benefits;
mod cases;
mod claims;
mod cli;
mod compilation;
mod contract;
mod dated_facts;
mod fuzz;
mod guests;
mod household_year;
mod http;
mod imports;
mod ledger;
mod money;
mod money_rules;
mod openid;
mod personal_numbers;
mod properties;
mod reassessment;
mod refunds;
mod refusals;
mod serve;
mod stores;
mod upgrades;
