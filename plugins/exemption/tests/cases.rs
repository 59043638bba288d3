//! Every case under `cases/`, run natively: what it comes out at, that its keys have texts and its citations the fixed form.
//! The same cases run as a component in `tests/suite/cases.rs`.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use jorei_domain::trace::{self, Val};
use jorei_exemption::Exemption;
use jorei_trial::Trial;

jorei_trial::cases!(Trial::of::<Exemption>(env!("CARGO_MANIFEST_DIR"), 80).with_more_rows(|_, _| true).with_names(&["relief", "names"]));

#[test]
fn rows_that_lost_stay_in_the_trace_with_the_condition_that_failed() {
    let trial = trial();
    let steps = trace::decode(&trial.run("asahikawa_income_fall_of_forty_per_cent").trace).unwrap();
    let rows: Vec<(Val<'_>, &str)> = steps.iter().filter(|step| step.label == "row").map(|step| (step.value, &*step.formula)).collect();
    assert_eq!(rows, [(Val::Count(1), "row_not_matched"), (Val::Count(2), "row_not_matched"), (Val::Count(3), "row_matched")]);
    let failed: Vec<Val<'_>> = steps.iter().flat_map(|step| &step.lost).map(|lost| lost.value).collect();
    assert_eq!(failed, [Val::Rate(jorei_sdk::Rate::new(80, 100)), Val::Rate(jorei_sdk::Rate::new(60, 100))]);
}

/// The rows of each month are found without a trace first; what they rest on must stand in the trace all the same.
#[test]
fn a_share_by_months_names_the_facts_that_its_rows_asked_for() {
    let trial = trial();
    let steps = trace::decode(&trial.run("former_dependant_with_two_tenths").trace).unwrap();
    let read = |kind: &str, column: &str| {
        let named = |fact: &trace::FactRead<'_>| fact.kind == kind && fact.column == column;
        assert!(steps.iter().flat_map(|step| &step.facts).any(named), "{kind}.{column}");
    };
    read("premiums", "reduction_level");
    read("former_dependants", "from");
    read("premium_persons", "levy_base_yen");
}
