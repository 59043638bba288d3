//! What must hold whatever acts a year has: nothing is lost or made up, an increase lowers no instalment, what is
//! due is left alone, and each due date is a day on which one can pay. And the edges of deduction.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use jorei_domain::business_days::Calendar;
use jorei_domain::calendar::Date;
use jorei_domain::table::Table;
use jorei_instalment::Instalment;
use jorei_sdk::native::{Settings, decide};
use jorei_service::case_file;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;

const ORDINARY: i64 = 0;

fn settings(file: &str) -> Settings {
    jorei_trial::settings::<Instalment>(env!("CARGO_MANIFEST_DIR"), &format!("examples/{file}"))
}

static TEN: LazyLock<Settings> = LazyLock::new(|| settings("settled.toml"));
static EIGHT: LazyLock<Settings> = LazyLock::new(|| settings("eight-instalments.toml"));

/// An instalment as it came out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Row {
    collection: i64,
    number: i64,
    due: i64,
    amount: i64,
}

#[derive(Debug)]
struct Year {
    rows: Vec<Row>,
    premium: i64,
    billed: i64,
    over: i64,
    obligors: i64,
}

fn column(results: &[(&'static str, Table)], table: &str, column: &str) -> Vec<i64> {
    let (_, table) = results.iter().find(|(name, _)| *name == table).unwrap();
    table.integers(column).unwrap().to_vec()
}

fn year(settings: &Settings, members: &Value, acts: &[Value]) -> Year {
    let case = case_file::read(&json!({ "fiscal_year": 2025, "members": members, "assessments": acts })).unwrap().case;
    let values = settings.on::<Instalment>(Date::new(2025, 4, 1)).unwrap();
    let decided = decide::<Instalment>(&case, &values).unwrap_or_else(|(refusal, _)| panic!("{refusal:?}"));
    let of = |name| column(&decided.results, "instalments", name);
    let rows = of("number").into_iter().zip(of("collection")).zip(of("due")).zip(of("amount_yen"));
    let rows = rows.map(|(((number, collection), due), amount)| Row { collection, number, due, amount }).collect();
    let sum = |name| column(&decided.results, "schedule", name)[0];
    let obligors = column(&decided.results, "obligors", "amount_yen").iter().sum();
    Year { rows, premium: sum("premium_yen"), billed: sum("billed_yen"), over: sum("over_yen"), obligors }
}

fn single() -> Value {
    json!([{ "birth": "1980-06-15", "premium_persons": { "insured_months": 4095, "care_months": 0 } }])
}

fn pensioner(pension: Value) -> Value {
    json!([{ "birth": "1955-06-15", "pensions": pension, "premium_persons": { "insured_months": 4095, "care_months": 0 } }])
}

#[derive(Clone, Debug)]
struct Act {
    on: Date,
    total: i64,
    exempted: i64,
    exemption: bool,
    open_from: Date,
}

impl Act {
    fn target(&self) -> i64 {
        self.total - self.exempted
    }
}

fn stated(acts: &[Act]) -> Vec<Value> {
    let act = |(at, act): (usize, &Act)| {
        let word = if act.exemption { "exemption" } else { "correction" };
        json!({ "number": at + 1, "on": act.on.to_string(), "act": word, "total_yen": act.total, "exempted_yen": act.exempted,
                "open_from": act.open_from.to_string() })
    };
    acts.iter().enumerate().map(act).collect()
}

fn day(after: u32) -> Date {
    (0..after).fold(Date::new(2025, 6, 1), |day, _| day.tomorrow())
}

/// Up to six acts between 1 June of the year and the August after it.
fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = (0_u32..430, 0_i64..900_000, 0_i64..=100, any::<bool>(), 0_u32..60);
    proptest::collection::vec(act, 1..7).prop_map(|mut acts| {
        acts.sort_by_key(|act| act.0);
        let make = |(on, total, percent, exemption, before): (u32, i64, i64, bool, u32)| Act {
            on: day(on),
            total,
            exempted: if exemption { total * percent / 100 } else { 0 },
            exemption,
            open_from: day(on.saturating_sub(before)),
        };
        acts.into_iter().map(make).collect()
    })
}

fn households() -> impl Strategy<Value = Value> {
    let pension = |february: Option<i64>, stop: Option<u32>| {
        let mut pension = json!({ "pension_yen": 3_000_000, "care_premium_yen": 60_000 });
        if let Some(february) = february {
            pension["february_yen"] = february.into();
        }
        if let Some(stop) = stop {
            pension["stopped_on"] = day(stop).to_string().into();
        }
        pensioner(pension)
    };
    let pensioners = (proptest::option::of(0_i64..60_000), proptest::option::of(0_u32..300)).prop_map(move |(f, stop)| pension(f, stop));
    prop_oneof![Just(single()), pensioners]
}

/// The instalment of the same number and collection, nil where there is none.
fn amount(rows: &[Row], like: &Row) -> i64 {
    rows.iter().find(|row| row.number == like.number && row.collection == like.collection).map_or(0, |row| row.amount)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nothing_is_lost_or_made_up(acts in acts(), members in households(), ten in any::<bool>()) {
        let year = year(if ten { &TEN } else { &EIGHT }, &members, &stated(&acts));
        prop_assert_eq!(year.billed - year.over, year.premium);
        prop_assert_eq!(year.premium, acts.last().unwrap().target());
        prop_assert_eq!(year.rows.iter().map(|row| row.amount).sum::<i64>(), year.billed);
        prop_assert_eq!(year.obligors, year.premium);
        prop_assert!(year.over >= 0 && year.rows.iter().all(|row| row.amount >= 0));
    }

    #[test]
    fn every_due_date_is_a_day_on_which_one_can_pay(acts in acts(), members in households()) {
        for row in year(&TEN, &members, &stated(&acts)).rows {
            let calendar = if row.collection == ORDINARY { Calendar::Office } else { Calendar::Bank };
            prop_assert!(calendar.is_open(Date::from_packed(row.due).unwrap()).unwrap(), "{:?}", row);
        }
    }

    /// Ordinary collection: an act moves instalments in its own direction, and none that is due, an exemption aside.
    #[test]
    fn a_further_act_moves_what_is_open_in_its_own_direction(acts in acts()) {
        let before = year(&TEN, &single(), &stated(&acts[..acts.len() - 1]));
        let after = year(&TEN, &single(), &stated(&acts));
        let act = acts.last().unwrap();
        let previous = acts.len().checked_sub(2).map_or(0, |at| acts[at].target());
        for row in &after.rows {
            let change = row.amount - amount(&before.rows, row);
            prop_assert!(if act.target() >= previous { change >= 0 } else { change <= 0 }, "{:?} changes by {}", row, change);
            let lowered_by_exemption = act.exemption && act.target() < previous && row.due >= act.open_from.packed();
            prop_assert!(change == 0 || row.due >= act.on.packed() || lowered_by_exemption, "{:?} changes by {}", row, change);
        }
    }

    /// With an arranged end of deduction too: what was due when an act was made is as it was without that act.
    #[test]
    fn what_is_due_is_left_alone_during_deduction(acts in acts(), members in households()) {
        let act = acts.last().unwrap();
        prop_assume!(acts.len() > 1 && !act.exemption);
        let before = year(&TEN, &members, &stated(&acts[..acts.len() - 1]));
        let after = year(&TEN, &members, &stated(&acts));
        let stop = members[0]["pensions"]["stopped_on"].as_str().map(|text| Date::parse(text).unwrap());
        prop_assume!(stop.is_none_or(|stop| stop <= acts[acts.len() - 2].on || stop > act.on));
        for row in after.rows.iter().filter(|row| row.due < act.on.packed()) {
            prop_assert_eq!(row.amount, amount(&before.rows, row));
        }
    }

    #[test]
    fn the_order_of_the_rows_does_not_matter(acts in acts()) {
        let mut rows = stated(&acts);
        let forwards = year(&TEN, &single(), &rows);
        rows.reverse();
        let backwards = year(&TEN, &single(), &rows);
        prop_assert_eq!(forwards.rows, backwards.rows);
    }
}

fn is_deducted(members: &Value) -> bool {
    let acts =
        [json!({ "number": 1, "on": "2025-06-13", "act": "initial", "total_yen": 120_000, "exempted_yen": 0, "open_from": "2025-06-13" })];
    year(&TEN, members, &acts).rows.iter().any(|row| row.collection != ORDINARY)
}

/// An age is reached the day before the birthday; 75 is the birthday itself. On 1 April 2025.
#[test]
fn deduction_asks_for_65_to_74_on_the_first_of_april() {
    for (birth, deducted) in [
        ("1960-04-01", true),
        ("1960-04-02", true),
        ("1960-04-03", false),
        ("1950-04-01", false),
        ("1950-04-02", true),
        ("1955-06-15", true),
    ] {
        let members = json!([
            { "birth": "1955-06-15", "pensions": { "pension_yen": 3_000_000, "care_premium_yen": 0, "february_yen": 20_000 },
              "premium_persons": { "insured_months": 4095, "care_months": 0 } },
            { "birth": birth }
        ]);
        assert_eq!(is_deducted(&members), deducted, "{birth}");
    }
}

#[test]
fn deduction_asks_for_180000_yen_and_half_of_the_pension() {
    // Each with (pension, care premium, February): the smallest pension, one yen less, then half of the pension
    // to the yen: 6 x 20,000 + 60,000 = 180,000 is half of 360,000.
    for (pension, care, february, deducted) in [
        (180_000, 0, 15_000, true),
        (179_999, 0, 14_000, false),
        (360_000, 60_000, 20_000, true),
        (359_999, 60_000, 20_000, false),
        (360_000, 60_001, 20_000, false),
        (360_000, 60_000, 20_001, false),
    ] {
        let pension = json!({ "pension_yen": pension, "care_premium_yen": care, "february_yen": february });
        assert_eq!(is_deducted(&pensioner(pension.clone())), deducted, "{pension}");
    }
    // At the mass decision what is left is asked for again: 120,000 - 3 x 15,000 = 75,000, 25,000 a time is
    // more than half of a pension of 180,000, so that it goes to ordinary collection.
    let pension = json!({ "pension_yen": 180_000, "care_premium_yen": 0, "february_yen": 15_000 });
    let acts =
        [json!({ "number": 1, "on": "2025-06-13", "act": "initial", "total_yen": 120_000, "exempted_yen": 0, "open_from": "2025-06-13" })];
    let rows = year(&TEN, &pensioner(pension), &acts).rows;
    let sum = |collection| rows.iter().filter(|row| row.collection == collection).map(|row| row.amount).sum::<i64>();
    assert_eq!((sum(ORDINARY), sum(1)), (75_000, 45_000));
}

#[test]
fn an_uninsured_head_or_one_without_a_pension_pays_ordinarily() {
    let months = json!({ "insured_months": 4095, "care_months": 0 });
    let pension = json!({ "pension_yen": 3_000_000, "care_premium_yen": 0, "february_yen": 20_000 });
    let uninsured =
        json!([{ "birth": "1955-06-15", "insured": false, "pensions": pension }, { "birth": "1957-06-15", "premium_persons": months }]);
    assert!(!is_deducted(&uninsured));
    let others_pension = json!([{ "birth": "1955-06-15" }, { "birth": "1957-06-15", "pensions": pension, "premium_persons": months }]);
    assert!(!is_deducted(&others_pension));
    assert!(!is_deducted(&single()));
}
