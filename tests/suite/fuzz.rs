//! What a stranger can hand to the host, made at random: generated components and mutated real ones,
//! packages, traces, decisions, acts, cases, office files. Nothing panics, nothing is taken for what
//! it is not. A bounded count in `test`, ten times as much in `soak`.

use arbitrary::Unstructured;
use jorei_domain::act::Act;
use jorei_domain::audit::Head;
use jorei_domain::decision::{Decision, Outcome};
use jorei_domain::id::{Digest, Municipality};
use jorei_domain::{act, trace};
use jorei_engine::{Cases, Grant, LoadError, Question, Rule, Runtime, Settings, imports, structure};
use jorei_package::manifest::Manifest;
use jorei_package::{envelope, manifest, trust};
use jorei_service::{case_file, office};
use jorei_tests::office::{key, premium_manifest, seal};
use jorei_tests::{built, forgetful_runtime, length};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::sync::{Arc, LazyLock};

static RUNTIME: LazyLock<Arc<Runtime>> = LazyLock::new(forgetful_runtime);

/// A source of chance whose seed a failing run has named.
struct Chance(ChaCha8Rng);

impl Chance {
    fn new(test: &str) -> Chance {
        let seed =
            std::env::var("JOREI_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| u64::from(std::process::id()));
        eprintln!("{test}: seed {seed} (JOREI_TEST_SEED)");
        Chance(ChaCha8Rng::seed_from_u64(seed))
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.0.next_u64() % bound.max(1) as u64).unwrap()
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    /// The bytes with one to four things wrong: a bit, a byte, a hole, a copy, an end.
    fn mutate(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            match self.below(6) {
                _ if bytes.is_empty() => bytes = self.bytes(16),
                0 => bytes[at] ^= 1 << self.below(8),
                1 => bytes[at] = self.bytes(1)[0],
                2 => {
                    let end = (at + 1 + self.below(16)).min(bytes.len());
                    bytes.drain(at..end);
                }
                3 => {
                    let from = self.below(bytes.len());
                    let copy = bytes[from..(from + 1 + self.below(64)).min(bytes.len())].to_vec();
                    bytes.splice(at..at, copy);
                }
                4 => bytes.truncate(at),
                // Lengths and counts are where decoders go wrong.
                _ => bytes[at] = [0x00, 0x7f, 0x80, 0xff][self.below(4)],
            }
        }
        bytes
    }
}

fn real_components() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = ["premium", "toy"].iter().map(|rule| std::fs::read(built::rule(rule)).unwrap()).collect();
    all.extend(["trapping", "aliasing", "memorious", "clock"].iter().map(|guest| std::fs::read(built::guest(guest)).unwrap()));
    all
}

#[test]
fn no_package_but_the_signed_one_is_accepted() {
    let mut chance = Chance::new("envelope");
    let secret = key();
    let vendors =
        [act::Vendor { name: "jorei".into(), keys: vec![act::VendorKey { key: secret.public.to_string(), revoked: false }], needed: 1 }];
    let toy = std::fs::read(built::rule("toy")).unwrap();
    let component = manifest::attach(&toy, &Manifest::from_toml(&premium_manifest()).unwrap(), None).unwrap();
    let signing = jorei_package::signing::SecretKey::parse(secret.secret_file_text(), None).unwrap();
    let good = seal(&component, &signing);
    assert!(trust::accept(&envelope::open(&good).unwrap(), &vendors).is_ok());
    for _ in 0..length::of(20_000) {
        let bad = chance.mutate(&good);
        if bad == good {
            continue;
        }
        let Ok(opened) = envelope::open(&bad) else { continue };
        // A change that accepts must have left component and signature as they were (the free text of
        // a signature is not signed).
        if trust::accept(&opened, &vendors).is_ok() {
            assert_eq!(opened.component, component);
        }
    }
    for _ in 0..length::of(20_000) {
        let length = chance.below(600);
        let _ = envelope::open(&chance.bytes(length));
    }
}

#[test]
fn no_component_that_was_made_up_reaches_anything() {
    let mut chance = Chance::new("components");
    let mut passed = 0;
    for _ in 0..length::of(5_000) {
        let bytes = chance.bytes(4_096);
        let config = wasm_smith::Config { max_components: 3, max_modules: 3, max_nesting_depth: 12, ..wasm_smith::Config::default() };
        let Ok(component) = wasm_smith::Component::new(config, &mut Unstructured::new(&bytes)) else { continue };
        let component = component.to_bytes();
        let Ok(structure) = structure::check(&component) else { continue };
        if let Ok(asked) = imports::check(&structure, &Grant::none()) {
            assert!(asked.words().is_empty());
            passed += 1;
        }
        let _ = manifest::read(&component);
    }
    assert!(passed > 0, "the generator makes nothing that passes: it tests nothing");
}

#[test]
fn no_mutation_of_a_real_component_asks_for_more_than_is_granted() {
    let mut chance = Chance::new("mutated components");
    let (mut refused, mut passed) = (0_u32, 0_u32);
    for component in real_components() {
        for _ in 0..length::of(3_000) {
            let bad = chance.mutate(&component);
            let _ = manifest::read(&bad);
            match structure::check(&bad).map(|structure| imports::check(&structure, &Grant::none())) {
                Ok(Ok(asked)) => {
                    assert!(asked.words().is_empty());
                    passed += 1;
                }
                _ => refused += 1,
            }
        }
    }
    assert!(refused > passed);
}

/// Does a rule that was damaged at random stay within its box?
#[test]
fn a_mutated_component_that_loads_answers_or_fails_and_harms_nobody() {
    let mut chance = Chance::new("loader");
    let toy = std::fs::read(built::rule("toy")).unwrap();
    let document = serde_json::json!({ "fiscal_year": 2025, "members": [{ "birth": "1980-01-01" }] });
    let case = case_file::read(&document).unwrap().case;
    let question = Question { on: case.on, settings: Arc::new(Settings::default()) };
    let (mut loaded, mut refused) = (0, 0);
    for _ in 0..length::of(500) {
        let mut bad = toy.clone();
        // Single bytes: most of what is cut or moved does not pass the validator.
        for _ in 0..=chance.below(3) {
            let at = chance.below(bad.len());
            bad[at] ^= 1 << chance.below(8);
        }
        match Rule::load(&RUNTIME, &bad, &Grant::world()) {
            Ok(rule) => {
                let run = rule.decide(&question, Cases(vec![case.clone()])).unwrap();
                assert!(matches!(run.outcome, Outcome::Decided { .. } | Outcome::Refused(_) | Outcome::Failed(_)));
                let _ = rule.check_settings("{}").unwrap();
                loaded += 1;
            }
            Err(LoadError::Fault(fault)) => panic!("a component made the host fail: {fault}"),
            Err(_) => refused += 1,
        }
    }
    eprintln!("loader: {loaded} loaded and ran, {refused} refused");
    assert!(loaded > 0, "nothing was loaded: the test looks at nothing");
}

/// A real decision, for its trace and content.
fn real_decision() -> Decision {
    let rule = Rule::load(&RUNTIME, &std::fs::read(built::rule("premium")).unwrap(), &Grant::world()).unwrap();
    let text = std::fs::read_to_string(built::repository().join("plugins/premium/ordinances/012041.toml")).unwrap();
    let settings = jorei_service::ordinance::Ordinance::check(&rule, &text).unwrap().settings;
    let document = serde_json::json!({ "fiscal_year": 2025, "members": [
        { "birth": "1980-01-01", "income": { "salary_yen": 2_000_000 } }, { "birth": "2015-01-01" }] });
    let case = case_file::read(&document).unwrap().case;
    let run = rule.decide(&Question { on: case.on, settings: Arc::new(settings) }, Cases(vec![case.clone()])).unwrap();
    Decision {
        municipality: Municipality::parse("012041").unwrap(),
        slot: "premium".into(),
        household: jorei_domain::id::HouseholdId(1),
        on: case.on,
        revision: Digest::of(b"revision"),
        evidence: run.evidence,
        outcome: run.outcome,
        trace: run.trace,
        supersedes: None,
    }
}

#[test]
fn what_decodes_is_canonical_and_nothing_else_decodes() {
    let mut chance = Chance::new("decoders");
    let decision = real_decision();
    let content = decision.content();
    let statement = Act {
        municipality: decision.municipality,
        changes: vec![act::Based {
            base: act::NO_STATE,
            change: act::Change::Threshold(act::Threshold { of: "grant".into(), checkers: 2 }),
        }],
        reason: "r".into(),
        shown: "s".into(),
        maker: "tanaka".into(),
        checkers: 1,
        eligible: vec!["suzuki".into()],
        emergency: false,
        made_at: "2026-06-01T00:00:00Z".into(),
    }
    .content();
    assert!(trace::decode(&decision.trace).is_ok() && Decision::decode(&content).is_ok() && Act::decode(&statement).is_ok());
    for round in 0..length::of(60_000) {
        let bad = if round % 8 == 0 {
            let length = chance.below(200);
            chance.bytes(length)
        } else {
            chance.mutate(&decision.trace)
        };
        match trace::decode(&bad) {
            Ok(steps) => assert_eq!(trace::encode(&steps), bad, "two encodings of one trace"),
            Err(_) => assert!(trace::names_unsourced(&bad).is_err(), "the two readers of traces disagree"),
        }
        if let Ok(decoded) = Decision::decode(&chance.mutate(&content)) {
            assert!(Decision::decode(&decoded.content()).is_ok());
        }
        if let Ok(decoded) = Act::decode(&chance.mutate(&statement)) {
            assert!(Act::decode(&decoded.content()).is_ok());
        }
    }
}

#[test]
fn no_case_file_and_no_office_file_breaks_its_reader() {
    let mut chance = Chance::new("texts");
    let folder = built::repository().join("plugins/premium/cases");
    let mut texts: Vec<String> = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let case = jorei_package::cases::Case::from_toml("case", &std::fs::read_to_string(file.unwrap().path()).unwrap()).unwrap();
        texts.push(case.case.to_string());
    }
    let settings = "[[account]]\nname = \"a\"\nkey = \"RW\"\nfrom = \"2026-04-01\"\nuntil = \"2027-04-01\"\n[[grant]]\nvendor = \"v\"\nrule = \"r\"\nrecords = []\ncapabilities = []\n";
    let head = "jorei audit head 1\nmunicipality 012041\nsequence 7\nlink 00\nby a\nat b\n";
    for _ in 0..length::of(50_000) {
        let text = texts[chance.below(texts.len())].clone();
        if let Ok(document) = serde_json::from_slice(&chance.mutate(text.as_bytes())) {
            let _ = case_file::read(&document);
        }
        let _ = office::read(&String::from_utf8_lossy(&chance.mutate(settings.as_bytes())));
        let _ = Head::parse(&String::from_utf8_lossy(&chance.mutate(head.as_bytes())));
    }
}
