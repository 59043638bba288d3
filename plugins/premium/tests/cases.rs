//! Every case under `cases/`, run natively: what it comes out at, that its keys have texts and its citations the fixed form.
//! The same cases run as a component in `tests/suite/cases.rs`.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use jorei_domain::trace;
use jorei_premium::Premium;
use jorei_trial::Trial;

jorei_trial::cases!(Trial::of::<Premium>(env!("CARGO_MANIFEST_DIR"), 100).with_more_rows(|_, _| true));

/// The size of an ordinary trace, so that a change that bloats it is seen.
#[test]
fn an_ordinary_trace_fits_a_page() {
    let trial = trial();
    let trace = &trial.run("izumisano_three_persons_one_salary").trace;
    let steps = trace::decode(trace).unwrap();
    assert!((50..=90).contains(&steps.len()), "{} steps", steps.len());
    assert!(trace.len() < 16_000, "{} bytes", trace.len());
}
