//! Every case under `cases/`, run natively: what it comes out at, that its keys have texts and its citations the fixed form.
//! The same cases run as a component in `tests/suite/cases.rs`.

use jorei_instalment::Instalment;
use jorei_trial::Trial;

jorei_trial::cases!(
    Trial::of::<Instalment>(env!("CARGO_MANIFEST_DIR"), 40).with_more_rows(|case, table| table == "acts" || case.starts_with("limit"))
);
