//! Every case under `cases/`, run natively: what it comes out at, that its keys have texts and its citations the fixed form.
//! The same cases run as a component in `tests/suite/cases.rs`.

use jorei_hospital::Hospital;
use jorei_trial::Trial;

jorei_trial::cases!(Trial::of::<Hospital>(env!("CARGO_MANIFEST_DIR"), 70));
