//! Use cases, one file each, and the forms in which people hand cases in and get answers back.

pub mod case_file;
