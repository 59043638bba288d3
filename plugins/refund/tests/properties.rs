//! What must hold whatever was overpaid and owed: nothing is lost or made up, no claim gets more than is open, the order is
//! kept, and interest is what counting day by day gives.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use jorei_domain::calendar::Date;
use jorei_domain::payment::Entry;
use jorei_domain::table::ABSENT;
use jorei_refund::Refund;
use jorei_sdk::native::{Settings, decide};
use jorei_service::case_file;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;

static PREMIUM: LazyLock<Settings> = LazyLock::new(|| jorei_trial::settings::<Refund>(env!("CARGO_MANIFEST_DIR"), "examples/premium.toml"));

/// Day 0 of every case; the decision is day [`ON`].
const FIRST: Date = Date::new(2023, 1, 1);
const ON: u32 = 1_200;

static DAYS: LazyLock<Vec<Date>> = LazyLock::new(|| std::iter::successors(Some(FIRST), |day| Some(day.tomorrow())).take(2_000).collect());

fn day(after: u32) -> Date {
    DAYS[after as usize]
}

#[derive(Clone, Debug)]
struct Overpaid {
    arose: u32,
    /// Days before that on which it was paid, and how much.
    payments: Vec<(u32, i64)>,
    /// Day of a notice, and how many days later it was claimed.
    notice: Option<(u32, Option<u32>)>,
}

#[derive(Clone, Debug)]
struct Owed {
    due: u32,
    instalment: i64,
    part: usize,
    open: i64,
    same_payer: bool,
}

#[derive(Clone, Debug)]
struct Household {
    overpaid: Vec<Overpaid>,
    owed: Vec<Owed>,
    consent: bool,
}

const PARTS: [&str; 3] = ["principal", "delinquency_charge", "demand_fee"];

impl Household {
    fn case(&self, on: u32) -> Value {
        let (mut overpayments, mut payments, mut notices) = (Vec::new(), Vec::new(), Vec::new());
        for (number, overpaid) in (1..).zip(&self.overpaid) {
            let yen: i64 = overpaid.payments.iter().map(|(_, yen)| yen).sum();
            overpayments.push(json!({ "on": day(overpaid.arose).to_string(), "number": number, "fiscal_year": 2023, "instalment": 1, "yen": yen, "cause": "assessment_reduced" }));
            for (before, yen) in &overpaid.payments {
                payments.push(json!({ "on": day(overpaid.arose.saturating_sub(*before)).to_string(), "number": number, "yen": yen }));
            }
            if let Some((sent, claimed)) = overpaid.notice {
                let claimed = claimed.map(|days| day(sent + days).to_string());
                notices.push(json!({ "on": day(sent).to_string(), "number": number, "claimed_on": claimed }));
            }
        }
        let claim = |(number, owed): (usize, &Owed)| {
            json!({ "on": day(owed.due).to_string(), "number": number + 1, "fiscal_year": 2023, "instalment": owed.instalment,
                    "part": PARTS[owed.part], "open_yen": owed.open, "same_payer": owed.same_payer })
        };
        let claims: Vec<Value> = self.owed.iter().enumerate().map(claim).collect();
        let consents = if self.consent { json!([{ "on": day(0).to_string() }]) } else { json!([]) };
        json!({ "on": day(on).to_string(), "overpayments": overpayments, "overpaid_payments": payments, "claims": claims,
                "consents": consents, "claim_notices": notices })
    }

    fn decided(&self, on: u32) -> Decided {
        let case = case_file::read(&self.case(on)).unwrap().case;
        let decided = decide::<Refund>(&case, &PREMIUM.on::<Refund>(case.on).unwrap()).unwrap_or_else(|(r, _)| panic!("{r:?}"));
        let rows = |name: &str, columns: &[&str]| -> Vec<Vec<i64>> {
            let (_, table) = decided.results.iter().find(|(table, _)| *table == name).unwrap();
            (0..table.rows()).map(|row| columns.iter().map(|column| table.integers(column).unwrap()[row]).collect()).collect()
        };
        let sums = ["overpaid_yen", "appropriated_yen", "refund_yen", "interest_yen", "lapsed_yen"];
        let row = ["number", "yen", "appropriated_yen", "refund_yen", "interest_yen", "lapsed_yen"];
        Decided {
            sums: rows("refund", &sums).remove(0),
            rows: rows("overpayments", &row),
            proposals: rows("proposals", &["entry", "overpayment", "claim", "yen"]),
        }
    }
}

#[derive(Debug)]
struct Decided {
    /// Overpaid, appropriated, refunded, interest, lapsed.
    sums: Vec<i64>,
    /// Number, then the same.
    rows: Vec<Vec<i64>>,
    proposals: Vec<Vec<i64>>,
}

impl Decided {
    fn proposed(&self, entry: Entry, overpayment: i64) -> i64 {
        self.proposals.iter().filter(|row| row[0] == entry as i64 && row[1] == overpayment).map(|row| row[3]).sum()
    }

    /// What each claim gets.
    fn paid(&self) -> BTreeMap<i64, i64> {
        let mut paid = BTreeMap::new();
        for row in self.proposals.iter().filter(|row| row[0] == Entry::Appropriation as i64) {
            *paid.entry(row[2]).or_default() += row[3];
        }
        paid
    }
}

fn overpaid() -> impl Strategy<Value = Overpaid> {
    let payments = proptest::collection::vec((0_u32..500, 1_i64..200_000), 1..4);
    let notice = proptest::option::of((600_u32..ON, proptest::option::of(0_u32..200)));
    (400_u32..=ON, payments, notice).prop_map(|(arose, payments, notice)| Overpaid { arose, payments, notice })
}

fn household() -> impl Strategy<Value = Household> {
    let owed = (300_u32..1_400, 1_i64..5, 0_usize..3, 0_i64..90_000, proptest::bool::weighted(0.8))
        .prop_map(|(due, instalment, part, open, same_payer)| Owed { due, instalment, part, open, same_payer });
    (proptest::collection::vec(overpaid(), 0..4), proptest::collection::vec(owed, 0..8), any::<bool>())
        .prop_map(|(overpaid, owed, consent)| Household { overpaid, owed, consent })
}

/// The first day of a lapse: two years counted from the day after.
fn bar(arose: u32) -> Date {
    let after = day(arose + 1);
    let packed = after.packed() + 20_000;
    Date::from_packed(packed).unwrap_or_else(|_| Date::new(after.year() + 2, 3, 1))
}

/// What runs each day, added up: the sums of money by first and last day, as the rule's own documentation says.
fn interest(overpaid: &Overpaid, on: u32, uses: &[(i64, u32)]) -> i64 {
    let mut payments = overpaid.payments.iter().map(|(before, yen)| (overpaid.arose.saturating_sub(*before), *yen)).collect::<Vec<_>>();
    payments.sort_unstable();
    let mut uses = uses.to_vec();
    let mut flows = Vec::new();
    for (paid, mut yen) in payments {
        while yen > 0 && !uses.is_empty() {
            let part = yen.min(uses[0].0);
            flows.push((paid + 1, uses[0].1, part));
            yen -= part;
            uses[0].0 -= part;
            uses.retain(|(left, _)| *left > 0);
        }
    }
    let excluded = |d: u32| {
        overpaid.notice.filter(|(sent, _)| *sent <= on).is_some_and(|(sent, claimed)| {
            let until = claimed.map(|days| sent + days).filter(|claimed| *claimed <= on).unwrap_or(on);
            (sent + 31..=until).contains(&d)
        })
    };
    let mut parts: Vec<((i64, i32), u32, i64)> = Vec::new();
    for d in 0..=on {
        let open: i64 = flows.iter().filter(|(first, last, _)| (*first..=*last).contains(&d)).map(|flow| flow.2).sum();
        if open < 2_000 || excluded(d) {
            continue;
        }
        let key = (open, day(d).year());
        match parts.last_mut() {
            Some((last, until, days)) if *last == key && *until == d => (*until, *days) = (d + 1, *days + 1),
            _ => parts.push((key, d + 1, 1)),
        }
    }
    let rate = |year: i32| if year == 2026 { 13 } else { 9 };
    let sum: i64 = parts.iter().map(|((open, year), _, days)| open / 1_000 * rate(*year) * days / 365).sum();
    if sum < 1_000 { 0 } else { sum / 100 * 100 }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nothing_is_lost_or_made_up(household in household()) {
        let decided = household.decided(ON);
        let [overpaid, appropriated, refunded, interest, lapsed] = decided.sums[..] else { panic!() };
        prop_assert_eq!(overpaid, appropriated + refunded + lapsed);
        prop_assert_eq!(overpaid, household.overpaid.iter().flat_map(|o| &o.payments).map(|p| p.1).sum::<i64>());
        prop_assert_eq!(interest, decided.rows.iter().map(|row| row[4]).sum::<i64>());
        prop_assert_eq!(decided.rows.len(), household.overpaid.len());
        for row in &decided.rows {
            prop_assert_eq!(row[1], row[2] + row[3] + row[5]);
            prop_assert_eq!(decided.proposed(Entry::Appropriation, row[0]), row[2]);
            prop_assert_eq!(decided.proposed(Entry::Refund, row[0]), row[3]);
            prop_assert_eq!(decided.proposed(Entry::Interest, row[0]), row[4]);
        }
        prop_assert!(decided.proposals.iter().all(|row| row[3] > 0 && (row[2] == ABSENT) == (row[0] != Entry::Appropriation as i64)));
    }

    #[test]
    fn what_has_lapsed_is_kept_visible_and_never_proposed(household in household()) {
        let decided = household.decided(ON);
        for row in &decided.rows {
            let overpaid = &household.overpaid[row[0] as usize - 1];
            let claimed = overpaid.notice.is_some_and(|(sent, claimed)| claimed.is_some_and(|days| sent + days <= ON && day(sent + days) < bar(overpaid.arose)));
            let lapsed = day(ON) >= bar(overpaid.arose) && !claimed;
            prop_assert_eq!(row[5], if lapsed { row[1] } else { 0 });
            prop_assert!(!lapsed || decided.proposals.iter().all(|proposal| proposal[1] != row[0]));
        }
    }

    #[test]
    fn no_claim_gets_more_than_is_open_or_before_an_older_one(household in household()) {
        let decided = household.decided(ON);
        let paid = decided.paid();
        let got = |number: usize| paid.get(&(number as i64 + 1)).copied().unwrap_or(0);
        let may = |owed: &Owed| owed.same_payer && (owed.due <= ON || household.consent);
        // An instalment is as old as its oldest claim, among those that are due and among those that are not.
        let oldest = |of: &Owed| {
            let like = |owed: &&Owed| owed.same_payer && owed.instalment == of.instalment && (owed.due <= ON) == (of.due <= ON);
            household.owed.iter().filter(like).map(|owed| owed.due).min()
        };
        let place = |owed: &Owed| (owed.due > ON, oldest(owed), owed.instalment, owed.part);
        for (n, owed) in household.owed.iter().enumerate() {
            prop_assert!(got(n) <= if may(owed) { owed.open } else { 0 }, "claim {n} gets {}", got(n));
            for (earlier, older) in household.owed.iter().enumerate().filter(|(_, older)| may(older) && place(older) < place(owed)) {
                prop_assert!(got(n) == 0 || got(earlier) == older.open, "claim {n} before {earlier}");
            }
        }
        // Nothing goes back while something is owed.
        let open = household.owed.iter().enumerate().any(|(n, owed)| may(owed) && got(n) < owed.open);
        prop_assert!(!open || decided.sums[2] == 0, "refunded {} while something is owed", decided.sums[2]);
    }

    #[test]
    fn interest_is_what_counting_day_by_day_gives(household in household()) {
        let decided = household.decided(ON);
        for row in decided.rows.iter().filter(|row| row[5] == 0) {
            let overpaid = &household.overpaid[row[0] as usize - 1];
            let mut uses: Vec<(i64, u32)> = Vec::new();
            for proposal in decided.proposals.iter().filter(|proposal| proposal[1] == row[0]) {
                if proposal[0] == Entry::Appropriation as i64 {
                    uses.push((proposal[3], overpaid.arose.max(household.owed[proposal[2] as usize - 1].due).min(ON)));
                } else if proposal[0] == Entry::Refund as i64 {
                    uses.push((proposal[3], ON));
                }
            }
            prop_assert_eq!(row[4], interest(overpaid, ON, &uses), "overpayment {}", row[0]);
        }
    }

    #[test]
    fn a_later_decision_never_means_less_interest(overpaid in overpaid(), later in 1_u32..60) {
        let alone = Household { overpaid: vec![Overpaid { arose: overpaid.arose.max(700), notice: None, ..overpaid }], owed: Vec::new(), consent: false };
        let (before, after) = (alone.decided(ON), alone.decided(ON + later));
        prop_assert!(before.sums[3] <= after.sums[3], "{before:?} then {after:?}");
    }

    #[test]
    fn more_money_never_means_less_interest(overpaid in overpaid(), more in 1_i64..100_000) {
        let with = |extra: i64| {
            let mut overpaid = Overpaid { arose: overpaid.arose.max(700), ..overpaid.clone() };
            overpaid.payments[0].1 += extra;
            Household { overpaid: vec![overpaid], owed: Vec::new(), consent: false }.decided(ON)
        };
        let (before, after) = (with(0), with(more));
        prop_assert!(before.sums[3] <= after.sums[3], "{before:?} then {after:?}");
    }
}
