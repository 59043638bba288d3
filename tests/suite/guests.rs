//! Promises 1 and 8: a rule reaches nothing but its world, and a bad rule costs its own case only.

use jorei_domain::decision::{Failure, Outcome};
use jorei_domain::payment::{Entry, Proposal};
use jorei_domain::record::Kind;
use jorei_engine::{BulkError, Capability, Cases, Grant, LoadError, NotGranted, Question, Rule, Runtime, Settings, Status};
use jorei_tests::built;
use jorei_tests::office::BENEFIT_RULES;
use std::sync::{Arc, OnceLock};

fn runtime() -> &'static Arc<Runtime> {
    static RUNTIME: OnceLock<Arc<Runtime>> = OnceLock::new();
    RUNTIME.get_or_init(jorei_tests::runtime)
}

fn load(name: &str) -> Result<Rule, LoadError> {
    Rule::load(runtime(), &std::fs::read(built::guest(name)).unwrap(), &Grant::world())
}

fn case(birth: &str) -> jorei_domain::record::Case {
    let document = serde_json::json!({ "fiscal_year": 2025, "members": [{ "birth": birth }] });
    jorei_service::case_file::read(&document).unwrap().case
}

fn question() -> Question {
    Question { on: jorei_domain::calendar::Date::new(2025, 4, 1), settings: Arc::new(Settings::default()) }
}

/// What each guest's bait is worth. A guest without a line here fails the test below.
fn expected(name: &str) -> Option<Failure> {
    Some(match name {
        "aliasing" => Failure::Output,
        "crooked_trace" => Failure::Trace,
        "endless" => Failure::Fuel,
        "endless_trace" => Failure::Trace,
        "false_settled" => Failure::Answer,
        "greedy" | "handles" => Failure::Memory,
        "misquoting" | "negative" | "neighbour" | "overflowing" | "spendthrift" | "stranger" => Failure::Answer,
        "recursing" => Failure::Stack,
        "trapping" => Failure::Trap,
        _ => return None,
    })
}

#[test]
fn each_misbehaviour_costs_its_own_case_with_its_reason() {
    for name in built::guests().iter().filter(|name| !["clock", "failing", "memorious", "untimely"].contains(&name.as_str())) {
        let failure = expected(name).unwrap_or_else(|| panic!("what is the guest {name} worth?"));
        let rule = load(name).unwrap();
        for (birth, bait) in [("1980-01-01", false), ("1900-01-01", true), ("1990-05-05", false)] {
            let run = rule.decide(&question(), Cases(vec![case(birth)])).unwrap();
            if bait {
                assert_eq!(run.outcome, Outcome::Failed(failure), "{name}");
                assert!(run.proposals.is_empty(), "{name}: a failed run proposes nothing");
            } else {
                let year: i64 = birth[..4].parse().unwrap();
                assert_eq!(run.outcome.figure("guest", "year"), Some(year), "{name}");
            }
            assert_eq!(run.evidence.given.len(), 1, "{name}: a failed run keeps its evidence too");
        }
    }
}

#[test]
fn a_run_says_how_much_memory_it_took_at_its_highest() {
    let rule = load("greedy").unwrap();
    let bound = runtime().limits().memory_bytes as u64;
    let modest = rule.decide(&question(), Cases(vec![case("1980-01-01")])).unwrap().memory_bytes;
    let greedy = rule.decide(&question(), Cases(vec![case("1900-01-01")])).unwrap().memory_bytes;
    let again = rule.decide(&question(), Cases(vec![case("1980-01-01")])).unwrap().memory_bytes;
    assert!(modest >= 1 << 16 && modest.is_multiple_of(1 << 16), "whole pages: {modest}");
    // It hoards a mebibyte at a time until it is denied.
    assert!(greedy <= bound && greedy > bound / 2, "{greedy} of {bound}");
    assert_eq!(again, modest, "what another run took does not count");
    let mut bulk = rule.bulk();
    assert_eq!(bulk.memory_bytes(), 0);
    bulk.answer(&question(), &[case("1980-01-01")][..]).unwrap();
    assert!(bulk.memory_bytes() >= 1 << 16);
}

#[test]
fn in_bulk_too_a_misbehaviour_costs_its_own_case() {
    let births: Vec<String> =
        (0..600).map(|i| if i == 77 { "1900-01-01".to_owned() } else { format!("{}-01-01", 1950 + i % 60) }).collect();
    let cases: Vec<_> = births.iter().map(|birth| case(birth)).collect();
    for name in ["endless", "trapping"] {
        let rule = load(name).unwrap();
        let answers = rule.bulk().answer(&question(), &cases[..]).unwrap();
        for (i, status) in answers.statuses.iter().enumerate() {
            let wanted = if i == 77 { Status::Failed(expected(name).unwrap()) } else { Status::Decided };
            assert_eq!(*status, wanted, "{name}, case {i}");
        }
        assert_eq!(answers.results[0].table.rows(), 599);
    }
}

#[test]
fn a_rule_that_remembers_earlier_cases_is_found_out_by_the_sample() {
    let rule = load("memorious").unwrap();
    let mut bulk = rule.bulk();
    let cases: Vec<_> = (0..20).map(|_| case("1900-01-01")).collect();
    // Fresh stores forget: singly the answer is always the first one.
    for case in &cases {
        let run = rule.decide(&question(), Cases(vec![case.clone()])).unwrap();
        assert_eq!(run.outcome.figure("guest", "year"), Some(0));
    }
    assert!(matches!(bulk.answer(&question(), &cases[..]), Err(BulkError::Differs { .. })));
}

#[test]
fn in_bulk_nothing_can_be_proposed() {
    let rule = load("untimely").unwrap();
    let run = rule.decide(&question(), Cases(vec![case("1900-01-01")])).unwrap();
    let refund = Proposal::of(Entry::Refund, 1, 0, 100).unwrap();
    assert_eq!((run.outcome.figure("proposals", "yen"), run.proposals), (Some(100), vec![refund]));
    // The year in which nobody was born is its word for having been told "not now".
    let cases = [case("1900-01-01")];
    let called = rule.bulk().call(&question(), Box::new(Cases(cases.to_vec())), 1).unwrap().unwrap();
    assert_eq!(called.results.iter().map(|result| result.name.as_str()).collect::<Vec<_>>(), ["guest"]);
    assert_eq!(called.results[0].table.integers("year"), Some(&[9_999][..]));
    // And answering otherwise in bulk is found out.
    assert!(matches!(rule.bulk().answer(&question(), &cases[..]), Err(BulkError::Differs { case: 0 })));
}

#[test]
fn a_rule_that_cannot_propose_does_not_import_the_interface() {
    let asked = |rule: &Rule| rule.asked().capabilities().contains(&Capability::Payments);
    for name in built::guests().iter().filter(|name| *name != "clock") {
        let proposes = ["misquoting", "spendthrift", "untimely"].contains(&name.as_str());
        assert_eq!(asked(&load(name).unwrap()), proposes, "{name}");
    }
    let yearly = ["premium", "exemption", "instalment", "delinquency", "refund", "toy"];
    for name in yearly.into_iter().chain(BENEFIT_RULES) {
        let rule = Rule::load(runtime(), &std::fs::read(built::rule(name)).unwrap(), &Grant::world()).unwrap();
        assert_eq!(asked(&rule), name == "refund", "{name}");
    }
}

#[test]
fn an_import_outside_the_world_is_refused_before_anything_is_compiled() {
    let error = load("clock").map(|_| ()).unwrap_err();
    let wanted = "the component imports `wasi:clocks/wall-clock@0.2.0`, which is not of its world; a rule reaches nothing but the interfaces of wit/v1";
    assert_eq!(error.to_string(), wanted);
}

#[test]
fn a_record_that_is_not_granted_is_refused_by_name() {
    let bytes = std::fs::read(built::guest("trapping")).unwrap();
    let error = Rule::load(runtime(), &bytes, &Grant::none()).map(|_| ()).unwrap_err();
    assert!(matches!(error, LoadError::NotGranted(NotGranted::Record(Kind::Persons, _))), "{error}");
}

#[test]
fn bytes_that_are_no_component_are_refused() {
    for bytes in [&b""[..], b"\0asm", b"\0asm\x01\0\0\0", b"\0asm\x0d\0\x01\0", b"garbage", &[0; 4096]] {
        assert!(Rule::load(runtime(), bytes, &Grant::world()).is_err());
    }
    let good = std::fs::read(built::guest("trapping")).unwrap();
    for cut in (8..good.len()).step_by(997) {
        assert!(Rule::load(runtime(), &good[..cut], &Grant::world()).is_err(), "cut at {cut}");
    }
}
