//! What must hold whatever was paid, waived or deferred: a charge is what counting day by day gives, it never shrinks with days
//! or with the amount, and the turn of a year changes nothing but the roundings that the ordinance names.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use jorei_delinquency::Delinquency;
use jorei_domain::calendar::Date;
use jorei_domain::table::Table;
use jorei_sdk::native::{Settings, decide};
use jorei_service::case_file;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;

fn settings(file: &str) -> Settings {
    jorei_trial::settings::<Delinquency>(env!("CARGO_MANIFEST_DIR"), &format!("examples/{file}"))
}

static ONE_MONTH: LazyLock<Settings> = LazyLock::new(|| settings("one-month.toml"));
static EACH_STEP: LazyLock<Settings> = LazyLock::new(|| settings("whole-instalment.toml"));

/// Thousandths of low, high and grace in each year with a grace: written down once more, from the published table.
fn rates(year: i32) -> [i64; 3] {
    match year {
        2022..=2025 => [24, 87, 9],
        2026 => [28, 91, 13],
        _ => panic!("{year}"),
    }
}

/// The days from 1 January 2022.
static DAYS: LazyLock<Vec<Date>> =
    LazyLock::new(|| std::iter::successors(Some(Date::new(2022, 1, 1)), |day| Some(day.tomorrow())).take(2_500).collect());

fn day(after: u32) -> Date {
    DAYS[after as usize]
}

#[derive(Clone, Debug)]
struct Late {
    billed: i64,
    due: u32,
    on: u32,
    credits: Vec<(u32, i64)>,
    graces: Vec<(u32, u32, bool)>,
}

impl Late {
    fn case(&self) -> Value {
        let instalment = |on: u32, mut rest: Value| {
            rest["on"] = day(on).to_string().into();
            rest["fiscal_year"] = 2022.into();
            rest["number"] = 1.into();
            rest
        };
        let credits: Vec<Value> = self.credits.iter().map(|(on, yen)| instalment(*on, json!({ "yen": yen }))).collect();
        let grace = |(from, days, waived): &(u32, u32, bool)| {
            let word = if *waived { "waiver" } else { "collection_grace" };
            json!({ "from": day(*from).to_string(), "until": day(from + days).to_string(), "fiscal_year": 2022, "number": 1, "grace": word })
        };
        json!({
            "on": day(self.on).to_string(),
            "arrears": instalment(self.due, json!({ "billed_yen": self.billed })),
            "credits": credits,
            "graces": self.graces.iter().map(grace).collect::<Vec<Value>>(),
        })
    }

    /// Sum of the parts and charge, as the rule has them.
    fn charged(&self, settings: &Settings) -> (i64, i64) {
        let case = case_file::read(&self.case()).unwrap().case;
        let decided = decide::<Delinquency>(&case, &settings.on::<Delinquency>(case.on).unwrap()).unwrap_or_else(|(r, _)| panic!("{r:?}"));
        let column = |name: &str, column: &str| -> Vec<i64> {
            let (_, table): &(_, Table) = decided.results.iter().find(|(table, _)| *table == name).unwrap();
            table.integers(column).unwrap().to_vec()
        };
        assert_eq!(column("delinquency", "charge_yen"), column("charges", "charge_yen"), "one instalment");
        (column("stretches", "yen").iter().sum(), column("delinquency", "charge_yen")[0])
    }

    /// The same, a day at a time: days alike in amount, step and year make a part while they follow each other.
    fn counted(&self) -> (i64, i64) {
        let mut parts: Vec<((i64, usize, i32), u32, i64)> = Vec::new();
        let first_after = {
            // The month that begins the day after the due date, by looking at the calendar day by day.
            let begins = day(self.due + 1);
            let ends =
                |d: Date| d.month() != begins.month() && (d.day() == begins.day() || (d.month() - begins.month()).rem_euclid(12) == 2);
            (self.due + 2..).find(|d| ends(day(*d))).unwrap()
        };
        for d in self.due + 1..=self.on {
            let open = self.billed - self.credits.iter().filter(|(paid, _)| *paid < d).map(|(_, yen)| yen).sum::<i64>();
            let held: Vec<bool> = self.graces.iter().filter(|(from, days, _)| (*from..from + days).contains(&d)).map(|g| g.2).collect();
            if open < 2_000 || held.contains(&true) {
                continue;
            }
            let step = if held.is_empty() { usize::from(d >= first_after) } else { 2 };
            let key = (open, step, day(d).year());
            match parts.last_mut() {
                Some((last, until, days)) if *last == key && *until == d => (*until, *days) = (d + 1, *days + 1),
                _ => parts.push((key, d + 1, 1)),
            }
        }
        let part = |((open, step, year), _, days): &((i64, usize, i32), u32, i64)| open / 1_000 * rates(*year)[*step] * days / 365;
        let sum: i64 = parts.iter().map(part).sum();
        (sum, if sum < 1_000 { 0 } else { sum / 100 * 100 })
    }
}

fn late() -> impl Strategy<Value = Late> {
    let credits = proptest::collection::vec((0_u32..1_800, 0_i64..150_000), 0..5);
    let graces = proptest::collection::vec((0_u32..1_800, 0_u32..400, any::<bool>()), 0..3);
    (0_i64..600_000, 0_u32..1_000, 0_u32..800, credits, graces).prop_map(|(billed, due, days, credits, graces)| Late {
        billed,
        due,
        on: due + days,
        credits,
        graces,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_charge_is_what_counting_day_by_day_gives(late in late()) {
        prop_assert_eq!(late.charged(&ONE_MONTH), late.counted());
    }

    #[test]
    fn another_day_never_makes_a_charge_smaller(late in late()) {
        let next = Late { on: late.on + 1, ..late.clone() };
        let (before, after) = (late.charged(&ONE_MONTH), next.charged(&ONE_MONTH));
        prop_assert!(before.0 <= after.0 && before.1 <= after.1, "{before:?} then {after:?}");
    }

    #[test]
    fn another_thousand_yen_never_make_a_charge_smaller(late in late(), more in 1_i64..200_000) {
        let larger = Late { billed: late.billed + more, ..late.clone() };
        let (before, after) = (late.charged(&ONE_MONTH), larger.charged(&ONE_MONTH));
        prop_assert!(before.0 <= after.0 && before.1 <= after.1, "{before:?} then {after:?}");
    }

    #[test]
    fn the_turn_of_a_year_changes_nothing_but_a_yen_each(billed in 2_000_i64..600_000, due in 0_u32..1_000, days in 0_u32..800) {
        let late = Late { billed, due, on: due + days, credits: Vec::new(), graces: Vec::new() };
        let turns = i64::from(day(late.on).year() - day(due + 1).year());
        let lost = late.charged(&EACH_STEP).0 - late.charged(&ONE_MONTH).0;
        prop_assert!((0..=turns.max(0)).contains(&lost), "{lost} yen in {turns} turns");
    }
}

/// A household of long standing: the answer must fit the host's bounds of trace and results.
#[test]
fn a_hundred_instalments_with_three_hundred_payments_fit_a_decision() {
    let (mut arrears, mut credits) = (Vec::new(), Vec::new());
    for n in 0..100_u32 {
        let (year, number, due) = (2016 + n / 10, n % 10 + 1, Date::new(2016 + (n / 10) as i32, 6, 30));
        let due = (0..30 * (n % 10)).fold(due, |day, _| day.tomorrow());
        arrears.push(json!({ "on": due.to_string(), "fiscal_year": year, "number": number, "billed_yen": 48_200, "demanded_on": (0..20).fold(due, |day, _| day.tomorrow()).to_string() }));
        for paid in 1..=3 {
            let on = (0..40 * paid).fold(due, |day, _| day.tomorrow());
            credits.push(json!({ "on": on.to_string(), "fiscal_year": year, "number": number, "yen": 5_000 }));
        }
    }
    let case = case_file::read(&json!({ "on": "2026-06-30", "arrears": arrears, "credits": credits })).unwrap().case;
    let decided = decide::<Delinquency>(&case, &ONE_MONTH.on::<Delinquency>(case.on).unwrap()).unwrap_or_else(|(r, _)| panic!("{r:?}"));
    let limit = 256 << 10;
    assert!(decided.trace.len() < limit, "{} bytes of trace", decided.trace.len());
    let cells: usize = decided.results.iter().map(|(_, table)| table.columns.len() * table.rows() * 9).sum();
    assert!(cells < limit, "{cells} bytes of results");
}
