//! The service over HTTP: the binary, its records on either database, clients with sessions of their own.

mod bad_input;
mod crash;
mod demo;
mod drafts_and_jobs;
mod fuzz;
mod leaks;
mod load;
mod log_in;
mod people;
mod policy;
mod story;
mod year;
