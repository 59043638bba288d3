//! Every case under `cases/`, run natively: what it comes out at, that its keys have texts and its citations the fixed form.
//! The same cases run as a component in `tests/suite/cases.rs`.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use jorei_domain::trace;
use jorei_premium::Premium;
use jorei_trial::Trial;

fn trial() -> Trial {
    Trial::of::<Premium>(env!("CARGO_MANIFEST_DIR"), 100)
}

#[test]
fn every_case_comes_out_as_published_or_computed_apart() {
    trial().comes_out_as_stated(|_, _| true);
}

#[test]
fn a_case_without_a_trace_has_the_same_status() {
    trial().is_the_same_without_a_trace();
}

#[test]
fn every_key_that_a_trace_or_a_refusal_names_has_its_texts() {
    trial().keys_have_their_texts(&[]);
}

#[test]
fn an_explanation_for_officials_is_in_japanese_throughout() {
    trial().is_explained_in_japanese();
}

#[test]
fn every_section_and_value_of_an_ordinance_has_its_texts() {
    trial().ordinances_have_their_texts();
}

/// The size of an ordinary trace, so that a change that bloats it is seen.
#[test]
fn an_ordinary_trace_fits_a_page() {
    let trial = trial();
    let trace = &trial.run("izumisano_three_persons_one_salary").trace;
    let steps = trace::decode(trace).unwrap();
    assert!((50..=90).contains(&steps.len()), "{} steps", steps.len());
    assert!(trace.len() < 16_000, "{} bytes", trace.len());
}
