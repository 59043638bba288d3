//! What must hold whatever was claimed: no limit is exceeded, nothing beyond what was paid is given back, a plain second computation
//! comes to the same, and neither the order of claims nor deciding again changes anything.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use jorei_high_cost::HighCost;
use jorei_sdk::native::{Settings, decide};
use jorei_sdk::records::{ABSENT, Table};
use jorei_service::case_file;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

static CONFIRMED: LazyLock<Settings> =
    LazyLock::new(|| jorei_trial::settings::<HighCost>(env!("CARGO_MANIFEST_DIR"), "examples/confirmed.toml"));

const UNDER_70: [&str; 5] = ["category_a", "category_i", "category_u", "category_e", "category_o"];
const OVER_70: [&str; 6] = ["active_3", "active_2", "active_1", "general", "low_income_2", "low_income_1"];

const SERVICES: [&str; 4] = ["medical_care", "dental_care", "pharmacy", "home_nursing"];

/// A claim: institution, inpatient, service (medical, dental, pharmacy, home nursing), prescriber, cost, own payment.
#[derive(Clone, Debug)]
struct Claim {
    institution: i64,
    inpatient: bool,
    service: usize,
    prescriber: Option<i64>,
    cost: i64,
    own: i64,
}

/// Birth dates: two under 70, two from 70 to 74, one who turns 75 in July 2026 and one in August 2026.
const BIRTHS: [&str; 6] = ["1951-07-20", "1951-08-20", "1953-03-03", "1954-04-04", "1980-05-05", "1990-06-06"];

#[derive(Clone, Debug)]
struct Household {
    new: bool,
    under_70: usize,
    over_70: usize,
    /// Claims of each of [`BIRTHS`].
    claims: [Vec<Claim>; 6],
    /// Months before the month of the case (0 itself), and whether they were revoked.
    counted: Vec<(u32, bool)>,
}

fn month(before: u32, new: bool) -> String {
    let number = 2026 * 12 + 6 + u32::from(new) - before;
    format!("{}-{:02}-01", number / 12, number % 12 + 1)
}

impl Household {
    fn document(&self, backwards: bool) -> Value {
        let mut number = 0;
        let mut members: Vec<Value> = Vec::new();
        for (born, claims) in BIRTHS.iter().zip(&self.claims) {
            // Who has turned 75 by the month is gone.
            if *born == BIRTHS[0] && self.new {
                continue;
            }
            let mut list: Vec<Value> = Vec::new();
            for claim in claims {
                number += 1;
                list.push(json!({ "number": number, "institution": claim.institution, "setting": if claim.inpatient { "inpatient" } else { "outpatient" },
                    "service": SERVICES[claim.service], "prescriber": claim.prescriber,
                    "cost_yen": claim.cost, "own_yen": claim.own }));
            }
            if backwards {
                list.reverse();
            }
            members.push(json!({ "birth": born, "medical_claims": list }));
        }
        if backwards {
            members.reverse();
        }
        let counted: Vec<Value> =
            self.counted.iter().map(|(before, revoked)| json!({ "on": month(*before, self.new), "revoked": revoked })).collect();
        json!({ "on": month(0, self.new), "members": members, "high_cost_months": counted,
            "categories": { "under_70": UNDER_70[self.under_70], "over_70": OVER_70[self.over_70] } })
    }

    fn tables(&self, backwards: bool) -> Vec<(&'static str, Table)> {
        let case = case_file::read(&self.document(backwards)).unwrap().case;
        let values = CONFIRMED.on::<HighCost>(case.on).unwrap();
        decide::<HighCost>(&case, &values).unwrap_or_else(|(refusal, _)| panic!("{refusal:?}")).results
    }

    fn decided(&self) -> Decided {
        let tables = self.tables(false);
        let table = |name: &str| tables.iter().find(|(table, _)| *table == name).map(|(_, table)| table).unwrap();
        let of = |name: &str| table("month").integers(name).unwrap()[0];
        Decided {
            benefit: table("benefit").integers("benefit_yen").unwrap()[0],
            counted_own: of("counted_own_yen"),
            steps: ["step_a_yen", "step_person_yen", "step_b_yen", "step_c_yen"].map(of),
            limit: of("limit_yen"),
            months_before: of("months_before"),
            rest: of("rest_yen"),
            rests: ["outpatient_yen", "counted_yen", "all_yen"].map(|name| table("rests").integers(name).unwrap().to_vec()),
        }
    }

    /// The persons whom the case has, with their age: 0 under 70, 1 from 70 on, 2 turning 75.
    fn people(&self) -> impl Iterator<Item = (u8, &Vec<Claim>)> {
        let ages: [Option<u8>; 6] = if self.new {
            [None, Some(2), Some(1), Some(1), Some(0), Some(0)]
        } else {
            [Some(2), Some(1), Some(1), Some(1), Some(0), Some(0)]
        };
        ages.into_iter().zip(&self.claims).filter_map(|(age, claims)| age.map(|age| (age, claims)))
    }

    /// The same by hand: in order of the law's text, in bare integers.
    fn computed_apart(&self) -> Apart {
        let table: Tables = if self.new {
            (
                [
                    (270_300, 901_000, 140_100),
                    (179_100, 597_000, 93_000),
                    (85_800, 286_000, 44_400),
                    (61_500, 0, 44_400),
                    (36_900, 0, 24_600),
                ],
                [
                    (270_300, 901_000, 140_100, 0),
                    (179_100, 597_000, 93_000, 0),
                    (85_800, 286_000, 44_400, 0),
                    (61_500, 0, 44_400, 22_000),
                    (25_700, 0, 24_600, 11_000),
                    (15_700, 0, 0, 8_000),
                ],
            )
        } else {
            (
                [
                    (252_600, 842_000, 140_100),
                    (167_400, 558_000, 93_000),
                    (80_100, 267_000, 44_400),
                    (57_600, 0, 44_400),
                    (35_400, 0, 24_600),
                ],
                [
                    (252_600, 842_000, 140_100, 0),
                    (167_400, 558_000, 93_000, 0),
                    (80_100, 267_000, 44_400, 0),
                    (57_600, 0, 44_400, 18_000),
                    (24_600, 0, 0, 8_000),
                    (15_000, 0, 0, 8_000),
                ],
            )
        };
        let months: BTreeSet<u32> =
            self.counted.iter().filter(|(before, revoked)| !revoked && (1..=11).contains(before)).map(|(before, _)| *before).collect();
        let fourth = months.len() >= 3;
        let limit = |(base, floor, multiple): (i64, i64, i64), cost: i64| {
            if fourth && multiple > 0 {
                multiple
            } else if floor > 0 && cost > floor {
                base + (cost - floor + 50) / 100
            } else {
                base
            }
        };
        let (base, floor, multiple, cap) = table.1[self.over_70];
        let (mut a, mut p, mut elderly, mut elderly_cost, mut young, mut young_cost, mut some) = (0, 0, 0, 0, 0, 0, false);
        for (age, claims) in self.people() {
            if age == 0 {
                let mut groups: BTreeMap<(i64, i64, i64), (i64, i64)> = BTreeMap::new();
                for claim in claims {
                    let key = match (claim.service, claim.prescriber) {
                        (2, Some(of)) => {
                            let there = |service| claims.iter().any(|c| c.institution == of && !c.inpatient && c.service == service);
                            (of, 0, i64::from(there(1) && !there(0)))
                        }
                        (2, None) => (claim.institution, 2, 0),
                        (3, _) => (claim.institution, 3, 0),
                        (service, _) => (claim.institution, i64::from(claim.inpatient), i64::from(service == 1)),
                    };
                    let group = groups.entry(key).or_default();
                    *group = (group.0 + claim.own, group.1 + claim.cost);
                }
                for (own, cost) in groups.into_values().filter(|(own, _)| *own >= 21_000) {
                    (young, young_cost) = (young + own, young_cost + cost);
                }
                continue;
            }
            some |= !claims.is_empty();
            let half = if age == 2 { 2 } else { 1 };
            let mut outpatient: i64 = claims.iter().filter(|claim| !claim.inpatient).map(|claim| claim.own).sum();
            let inpatient: i64 = claims.iter().filter(|claim| claim.inpatient).map(|claim| claim.own).sum();
            let cost: i64 = claims.iter().map(|claim| claim.cost).sum();
            if cap > 0 && outpatient > cap / half {
                a += outpatient - cap / half;
                outpatient = cap / half;
            }
            let mut held = outpatient + inpatient;
            if age == 2 {
                let own = limit((base / 2, floor / 2, multiple / 2), cost);
                p += (held - own).max(0);
                held = held.min(own);
            }
            (elderly, elderly_cost) = (elderly + held, elderly_cost + cost);
        }
        let counted_rest = if some { elderly.min(limit((base, floor, multiple), elderly_cost)) } else { 0 };
        let b = elderly - counted_rest;
        let c = if young > 0 { (counted_rest + young - limit(table.0[self.under_70], elderly_cost + young_cost)).max(0) } else { 0 };
        Apart { steps: [a, p, b, c], months: months.len() as i64 }
    }

    fn paid(&self) -> i64 {
        self.people().flat_map(|(_, claims)| claims).map(|claim| claim.own).sum()
    }
}

/// Base, floor (0 of a flat row), limit from the fourth month (0 for none); then the outpatient cap.
type Tables = ([(i64, i64, i64); 5], [(i64, i64, i64, i64); 6]);

struct Apart {
    steps: [i64; 4],
    months: i64,
}

#[derive(Debug)]
struct Decided {
    benefit: i64,
    counted_own: i64,
    steps: [i64; 4],
    limit: i64,
    months_before: i64,
    rest: i64,
    /// Outpatient, counted, all.
    rests: [Vec<i64>; 3],
}

/// Own payments mostly of two or three tenths, some little or nothing, as public aid leaves them; many around the threshold.
fn claim() -> impl Strategy<Value = Claim> {
    let cost = prop_oneof![1_i64..150_000, 60_000_i64..120_000, 100_000_i64..3_000_000];
    (cost, 0_i64..=10, 100_i64..104, any::<bool>(), 0_usize..6, proptest::option::of(100_i64..104)).prop_map(
        |(cost, tenths, institution, inpatient, service, prescriber)| {
            let service = if service > 3 { 0 } else { service };
            let own = cost * if tenths > 5 { 3 } else { tenths } / 10;
            Claim { institution, inpatient: inpatient && service < 2, service, prescriber: prescriber.filter(|_| service == 2), cost, own }
        },
    )
}

fn household() -> impl Strategy<Value = Household> {
    let claims = || proptest::collection::vec(claim(), 0..4);
    let people = (claims(), claims(), claims(), claims(), claims(), claims());
    let counted = proptest::collection::vec((0_u32..14, proptest::bool::weighted(0.3)), 0..7);
    (any::<bool>(), 0_usize..5, 0_usize..6, people, proptest::collection::vec(proptest::bool::weighted(0.5), 6), counted).prop_map(
        |(new, under_70, over_70, (a, b, c, d, e, f), there, counted)| {
            let mut claims = [a, b, c, d, e, f];
            for (list, there) in claims.iter_mut().zip(there) {
                if !there {
                    list.clear();
                }
            }
            Household { new, under_70, over_70, claims, counted }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn the_steps_are_those_of_a_second_plain_computation(household in household()) {
        let (decided, apart) = (household.decided(), household.computed_apart());
        prop_assert_eq!(decided.steps, apart.steps);
        prop_assert_eq!(decided.benefit, apart.steps.iter().sum::<i64>());
        // Without a claim nobody counts months.
        if household.people().any(|(_, claims)| !claims.is_empty()) {
            prop_assert_eq!(decided.months_before, apart.months);
        }
    }

    #[test]
    fn what_is_left_of_counted_payments_never_exceeds_the_limit_and_the_benefit_never_what_was_counted(household in household()) {
        let decided = household.decided();
        let left = decided.counted_own - decided.benefit;
        prop_assert!(0 <= left && decided.benefit >= 0);
        prop_assert!(left == 0 || decided.limit != ABSENT && left <= decided.limit, "{:?}", decided);
    }

    #[test]
    fn what_is_left_with_each_person_adds_up_to_what_was_paid_less_the_benefit(household in household()) {
        let decided = household.decided();
        let [outpatient, counted, all] = &decided.rests;
        prop_assert_eq!(all.iter().sum::<i64>(), household.paid() - decided.benefit);
        prop_assert_eq!(all.iter().sum::<i64>(), decided.rest);
        prop_assert_eq!(counted.iter().sum::<i64>(), decided.counted_own - decided.benefit);
        for place in 0..all.len() {
            prop_assert!(0 <= outpatient[place] && outpatient[place] <= counted[place] && counted[place] <= all[place], "{:?}", decided);
        }
    }

    #[test]
    fn one_more_claim_that_counts_never_lowers_the_benefit(household in household(), who in 1_usize..6, cost in 1_i64..2_000_000, more in 0_i64..300_000) {
        let before = household.decided().benefit;
        // Of an institution of its own; 21,000 or more counts at every age.
        let own = ((cost + 99) / 100 + 1 + more).max(21_000);
        let mut with = household.clone();
        with.claims[who].push(Claim { institution: 900, inpatient: true, service: 0, prescriber: None, cost: cost.max(own), own });
        prop_assume!(100 * (own - 1) >= cost.max(own));
        prop_assert!(with.decided().benefit >= before);
    }

    #[test]
    fn neither_the_order_of_claims_nor_deciding_again_changes_anything(household in household()) {
        let once = household.tables(false);
        prop_assert_eq!(&once, &household.tables(true));
        prop_assert_eq!(&once, &household.tables(false));
        // The month's own entry in the counter, made by the first decision, is no month before.
        let mut again = household.clone();
        again.counted.push((0, false));
        prop_assert_eq!(once, again.tables(false));
    }
}
