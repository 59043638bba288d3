//! Every case under `cases/`, run natively: what it comes out at, that its keys have texts and its citations the fixed form.
//! The same cases run as a component in `tests/suite/cases.rs`.

use jorei_lump_sum::LumpSum;
use jorei_trial::Trial;

fn trial() -> Trial {
    Trial::of::<LumpSum>(env!("CARGO_MANIFEST_DIR"), 40)
}

#[test]
fn every_case_comes_out_as_published_or_computed_apart() {
    trial().comes_out_as_stated(|_, _| false);
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
