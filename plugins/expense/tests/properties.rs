//! What must hold whatever was paid: the insurer's part is what counting in hundredths gives, never more than was paid, and order
//! does not matter.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use jorei_domain::benefit::Payee;
use jorei_expense::Expense;
use jorei_sdk::native::{Settings, decide};
use jorei_service::case_file;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;

static CONFIRMED: LazyLock<Settings> =
    LazyLock::new(|| jorei_trial::settings::<Expense>(env!("CARGO_MANIFEST_DIR"), "examples/confirmed.toml"));

const KINDS: [&str; 6] = ["medical_expense", "transport", "special_medical_expense", "home_nursing_expense", "mixed_care", "care_in_kind"];

#[derive(Clone, Debug)]
struct Claim {
    kind: usize,
    paid: i64,
    assessed: i64,
    tests: [bool; 3],
    /// Days from the payment to the application.
    late: bool,
}

fn claim() -> impl Strategy<Value = Claim> {
    (0_usize..6, 0_i64..300_000, 0_i64..300_000, any::<[bool; 3]>(), proptest::bool::weighted(0.2))
        .prop_map(|(kind, paid, assessed, tests, late)| Claim { kind, paid, assessed, tests, late })
}

#[derive(Clone, Debug)]
struct Person {
    claims: Vec<Claim>,
    share: i64,
    restricted: bool,
}

/// A restricted person has special expenses and transports, another all but special ones.
fn person() -> impl Strategy<Value = Person> {
    (proptest::collection::vec(claim(), 1..6), prop_oneof![Just(20_i64), Just(30)], any::<bool>()).prop_map(
        |(mut claims, share, restricted)| {
            for claim in &mut claims {
                claim.kind = match (restricted, claim.kind) {
                    (_, 1) => 1,
                    (true, _) => 2,
                    (false, 2) => 0,
                    (false, kind) => kind,
                };
            }
            Person { claims, share, restricted }
        },
    )
}

impl Person {
    fn case(&self) -> Value {
        let claim = |(number, c): (usize, &Claim)| {
            json!({ "number": number, "on": "2026-06-10", "expense": KINDS[c.kind], "paid_yen": c.paid, "assessed_yen": c.assessed,
                    "paid_on": "2026-06-15", "applied_on": if c.late { "2028-06-16" } else { "2028-06-15" }, "documents": true,
                    "treatment_insured": c.tests[0], "hardly_movable": c.tests[1], "unavoidable": c.tests[2] })
        };
        json!({ "on": "2026-06-01", "members": [{ "birth": "1980-02-03",
                "shares": { "share_percent": self.share, "special_care": self.restricted },
                "expenses": self.claims.iter().enumerate().map(claim).collect::<Vec<_>>() }] })
    }

    /// The sum paid out, then of each claim payee and yen.
    fn decided(&self) -> (i64, Vec<(i64, i64)>) {
        let case = case_file::read(&self.case()).unwrap().case;
        let decided = decide::<Expense>(&case, &CONFIRMED.on::<Expense>(case.on).unwrap()).unwrap_or_else(|(r, _)| panic!("{r:?}"));
        let table = |name: &str| &decided.results.iter().find(|(table, _)| *table == name).unwrap().1;
        let rows = table("benefits");
        let cell = |column: &str, row: usize| rows.integers(column).unwrap()[row];
        let mut all: Vec<(i64, i64, i64)> =
            (0..rows.rows()).map(|row| (cell("number", row), cell("payee", row), cell("yen", row))).collect();
        all.sort_unstable();
        (table("benefit").integers("benefit_yen").unwrap()[0], all.into_iter().map(|(_, payee, yen)| (payee, yen)).collect())
    }

    fn expected(&self) -> (i64, Vec<(i64, i64)>) {
        let mut paid = 0;
        let rows = self.claims.iter().map(|c| {
            let base = if c.paid < c.assessed { c.paid } else { c.assessed };
            let yen = match c.kind {
                1 if c.tests != [true; 3] => return (Payee::Nobody as i64, 0),
                1 => base,
                // What is left of the cost after the share, cut to the yen.
                _ => (base * 100 - base * self.share) / 100,
            };
            let payee = match (c.kind, c.late) {
                (3.., _) => Payee::Institution,
                (_, true) => Payee::Nobody,
                _ => Payee::Head,
            };
            if payee == Payee::Head {
                paid += yen;
            }
            (payee as i64, yen)
        });
        let rows = rows.collect();
        (paid, rows)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(800))]

    #[test]
    fn the_insurers_part_is_what_counting_in_hundredths_gives(person in person()) {
        prop_assert_eq!(person.decided(), person.expected());
    }

    #[test]
    fn nobody_gets_more_than_was_paid(person in person()) {
        for ((_, yen), claim) in person.decided().1.iter().zip(&person.claims) {
            prop_assert!((0..=claim.paid).contains(yen), "{yen} of {}", claim.paid);
        }
    }
}
