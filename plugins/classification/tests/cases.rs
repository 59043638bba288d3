//! Every case under `cases/`, run natively: what it comes out at, that its keys have texts and its citations the fixed form.
//! The same cases run as a component in `tests/suite/cases.rs`.

use jorei_classification::Classification;
use jorei_domain::decision::Outcome;
use jorei_trial::Trial;

jorei_trial::cases!(Trial::of::<Classification>(env!("CARGO_MANIFEST_DIR"), 120));

/// A month for which there is no law says which law: nobody is sent to look for another value.
#[test]
fn a_month_without_bands_is_refused_for_want_of_bands() {
    let trial = trial();
    for name in ["bands_of_2027_are_refused", "asahikawa_2027_is_refused", "income_in_2027_is_refused"] {
        let Outcome::Refused(refusal) = &trial.run(name).outcome else { panic!("{name} is not refused") };
        assert!(refusal.arguments.contains(&("section".into(), "limits".into())), "{name}: {refusal:?}");
    }
}
