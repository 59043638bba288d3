//! Arrears through a real ledger: levied, paid late, charged; figures by hand or as municipalities published them.

use super::charges::{Answers, decide_by};
use super::demands::demands_by;
use super::write_off::{Done, WriteOffError, complete, propose_write_off};
use super::*;
use crate::acts::{propose, sign};
use crate::addressee::{Addressee, Matter};
use crate::decide_case::Made;
use crate::masters::{Asked, View, columns, page};
use crate::office_of_two::{OfficeOfTwo, TODAY, now, stamp};
use jorei_domain::decision::{Decision, Evidence, Result as Named};
use jorei_domain::id::{Digest, PersonId};
use jorei_domain::ledger::{Account, Balance, Event, Posting, Transfer};
use jorei_domain::money::Yen;
use jorei_domain::purpose::File;
use jorei_domain::table::{Column, Table, Values};
use jorei_store::acts::Verdict;
use jorei_store::admissions::Admission;
use jorei_store::arrears::ArrearsEvent;
use jorei_store::decisions::NewDecision;
use jorei_store::facts::Assertion;
use jorei_store::revisions::Revision;
use std::sync::Arc;

const HOME: HouseholdId = HouseholdId(10);
const ABOUT: &str = r#"{"labels": {}, "outcome": {"properties": {
    "instalments": {"items": {"properties": {"collection": {"enum": ["ordinary_collection", "pension_deduction"]}}}},
    "charges": {"items": {"properties": {"collection": {"enum": ["ordinary_collection", "pension_deduction"]}}}}}}}"#;

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn of(year: i32, number: u16) -> Instalment {
    Instalment { year, collection: 0, number }
}

fn table(name: &str, columns: Vec<(&'static str, Vec<i64>)>) -> Named {
    let rows = u32::try_from(columns.first().map_or(0, |(_, values)| values.len())).unwrap();
    let column = |(name, values): (&'static str, Vec<i64>)| Column { name: name.into(), values: Values::Integers(values) };
    Named { name: name.into(), table: Table { offsets: vec![0, rows], columns: columns.into_iter().map(column).collect() } }
}

/// The published way to count, written for these tests: no rule of the workspace is asked.
#[derive(Clone, Default)]
struct Double {
    words: Option<Words>,
    provisional: bool,
    /// Added to every charge, and to what is open.
    lie: (i64, i64),
}

/// Rates in thousandths by calendar year: up to a month, after.
fn rates(year: i32) -> (i64, i64) {
    match year {
        2021 => (25, 88),
        2022..=2025 => (24, 87),
        2026 => (28, 91),
        other => panic!("no rate of {other} in these tests"),
    }
}

/// The charge of an instalment whose principal fell on the days of its credits.
fn count(due: Date, billed: i64, credits: &[(Date, i64)], waived: &[(Date, Date)], on: Date) -> i64 {
    let first = due.tomorrow();
    let (mut month, mut year) = (first.month() + 1, first.year());
    if month == 13 {
        (month, year) = (1, year + 1);
    }
    // The first day of the second stretch: the same day-number, or the first of the month behind where there is none.
    let second = Date::parse(&format!("{year:04}-{month:02}-{:02}", first.day()))
        .unwrap_or_else(|_| Date::parse(&format!("{year:04}-{:02}-01", month + 1)).unwrap());
    let (mut parts, mut at): (Vec<(i64, i64, i64)>, Date) = (Vec::new(), first);
    while at <= on {
        // What is paid on a day is owed until that day, which counts.
        let open = billed - credits.iter().filter(|(paid, _)| *paid < at).map(|(_, yen)| yen).sum::<i64>();
        let base = if open < 2_000 { 0 } else { open / 1_000 * 1_000 };
        let (low, high) = rates(at.year());
        let rate = if at < second { low } else { high };
        if base > 0 && !waived.iter().any(|(from, until)| *from <= at && at < *until) {
            let year = i64::from(at.year()) * 1_000 + rate;
            match parts.last_mut() {
                Some((key, of, days)) if (*key, *of) == (year, base) => *days += 1,
                _ => parts.push((year, base, 1)),
            }
        }
        at = at.tomorrow();
    }
    let sum: i64 = parts.iter().map(|(key, base, days)| base * (key % 1_000) * days / 365_000).sum();
    if sum < 1_000 { 0 } else { sum / 100 * 100 }
}

impl Answers for Double {
    fn answer(
        &self,
        municipality: Municipality,
        household: HouseholdId,
        case: Case,
        supersedes: Option<DecisionId>,
    ) -> Result<Made, Fault> {
        let on = case.on;
        let rows = |kind| case.household().iter().filter(move |fact| fact.kind == kind).map(|fact| fact.values.clone());
        let mut lines: Vec<[i64; 10]> = Vec::new();
        for arrears in rows(Kind::Arrears) {
            let [due, year, collection, number, billed, demanded] = arrears[..] else { panic!("{arrears:?}") };
            let mine = |values: &Vec<i64>, at: usize| values[at..at + 3] == [year, collection, number];
            let read = |packed| Date::from_packed(packed).unwrap();
            let credits: Vec<(Date, i64)> = rows(Kind::Credits).filter(|row| mine(row, 1)).map(|row| (read(row[0]), row[4])).collect();
            let waived = rows(Kind::Graces).filter(|row| mine(row, 2) && row[5] == 0).map(|row| (read(row[0]), read(row[1])));
            let waived: Vec<(Date, Date)> = waived.collect();
            let open = (billed - credits.iter().map(|(_, yen)| yen).sum::<i64>()).max(0);
            let charge = count(read(due), billed, &credits, &waived, on);
            let mut demand_by = read(due);
            (0..20).for_each(|_| demand_by = demand_by.tomorrow());
            let demand_due = i64::from(open > 0 && read(due) < on && demanded == ABSENT);
            let row = [year, collection, number, due, open + self.lie.1, open, charge + self.lie.0, demand_by.packed(), demand_due, ABSENT];
            lines.push(row);
        }
        let names = [
            "fiscal_year",
            "collection",
            "number",
            "due",
            "open_yen",
            "base_yen",
            "charge_yen",
            "demand_by",
            "demand_due",
            "seizable_from",
        ];
        let column = |(at, name): (usize, &&'static str)| (*name, lines.iter().map(|line| line[at]).collect());
        let sum = |at: usize| vec![lines.iter().map(|line| line[at]).sum()];
        let results = vec![
            table("delinquency", vec![("charge_yen", sum(6)), ("open_yen", sum(4))]),
            table("charges", names.iter().enumerate().map(column).collect()),
        ];
        let decision = Decision {
            municipality,
            slot: "delinquency".into(),
            household,
            on,
            revision: Digest::of(b"delinquency"),
            // What the case was, so that another case is another decision.
            evidence: Evidence::default(),
            outcome: Outcome::Decided { provisional: self.provisional, results },
            trace: Vec::new(),
            supersedes,
        };
        Ok(Made { decision, fuel: 1, memory_bytes: 1 })
    }

    fn words(&self) -> &Words {
        self.words.as_ref().unwrap()
    }
}

fn double() -> Double {
    Double { words: Some(Words::from_json(ABOUT)), ..Double::default() }
}

struct Town {
    office: OfficeOfTwo,
    receipts: std::cell::Cell<i64>,
}

impl Town {
    async fn found() -> Town {
        let office = OfficeOfTwo::found().await;
        let rule = Digest::of(b"component");
        let admission = Admission {
            package: Digest::of(b"package"),
            rule: Some(rule),
            step: "cases".into(),
            admitted: true,
            reason: String::new(),
            manifest: String::new(),
            recorded_at: "2026-06-01T00:00:00Z".into(),
            by: "tanaka".into(),
        };
        office.store.save_admission(office.here, &admission, Some(b"component"), &stamp()).await.unwrap();
        let ordinance = office.store.save_ordinance(office.here, "rate = 1", &stamp()).await.unwrap();
        for slot in ["instalment", "delinquency"] {
            let digest = Digest::of(slot.as_bytes());
            let kept = Revision { digest, slot: slot.into(), rule, ordinance, segments: vec![1], about: ABOUT.into() };
            office.store.save_revision(office.here, &kept, TODAY, &stamp()).await.unwrap();
        }
        Town { office, receipts: std::cell::Cell::new(0) }
    }

    /// A year's instalments: number, due date, yen.
    async fn levy(&self, home: HouseholdId, year: i32, rows: &[(u16, &str, i64)]) {
        let (store, here) = (&self.office.store, self.office.here);
        let column = |value: fn(&(u16, &str, i64)) -> i64| rows.iter().map(value).collect();
        let results = vec![table(
            "instalments",
            vec![
                ("due", column(|row| day(row.1).packed())),
                ("number", column(|row| i64::from(row.0))),
                ("collection", column(|_| 0)),
                ("amount_yen", column(|row| row.2)),
            ],
        )];
        let decision = Decision {
            municipality: here,
            slot: "instalment".into(),
            household: home,
            on: FiscalYear::new(year).unwrap().first_day(),
            revision: Digest::of(b"instalment"),
            evidence: Evidence::default(),
            outcome: Outcome::Decided { provisional: false, results },
            trace: Vec::new(),
            supersedes: None,
        };
        let new = NewDecision {
            decision,
            version: 1,
            knowledge: store.latest_knowledge(here).await.unwrap(),
            decided_on: day("2021-01-01"),
            fuel: 1,
            amount: None,
            recorded_at: "2021-01-01T00:00:00Z".into(),
        };
        store.save_decisions(&[new.pack().unwrap()], &stamp()).await.unwrap();
        let account = |kind, number| Account::of_instalment(kind, home, of(year, number));
        let levied = |(number, due, yen): &(u16, &str, i64)| {
            transfer(account(AccountKind::Receivable, *number), account(AccountKind::Levied, *number), *yen, due)
        };
        self.post(&format!("levy {home} {year}"), Event::Assessed, rows.iter().map(levied).collect()).await;
    }

    async fn post(&self, name: &str, event: Event, transfers: Vec<Transfer>) {
        let id = Digest::of(name.as_bytes());
        let posting = Posting { id, event, booked_on: TODAY, decision: None, reference: "test".into(), transfers, overpayments: vec![] };
        self.office.store.post(self.office.here, &[posting], &stamp()).await.unwrap();
    }

    /// A receipt that pays what it is said to; answers its number.
    async fn pay(&self, to: Account, on: &str, yen: i64) -> i64 {
        let number = self.receipts.get() + 1;
        self.receipts.set(number);
        let unmatched = Account::unmatched(number);
        self.post(&format!("in {number}"), Event::Received, vec![transfer(Account::collected(0, day(on)), unmatched, yen, on)]).await;
        self.post(&format!("use {number}"), Event::Matched, vec![transfer(unmatched, to, yen, on)]).await;
        number
    }

    async fn pays(&self, home: HouseholdId, instalment: Instalment, on: &str, yen: i64) -> i64 {
        self.pay(Account::of_instalment(AccountKind::Receivable, home, instalment), on, yen).await
    }

    async fn decide(&self, double: Double, home: HouseholdId, on: &str) -> Result<Decided, ArrearsError> {
        let (store, here) = (&self.office.store, self.office.here);
        decide_by(store, Arc::new(double), here, home, day(on), TODAY, &stamp()).await
    }

    /// What stands on a household's charge: owed, open.
    async fn charge(&self, home: HouseholdId, instalment: Instalment) -> (i64, i64) {
        let arrears = household(&self.office.store, self.office.here, home).await.unwrap();
        let standing = arrears.standings.iter().find(|standing| standing.instalment == instalment).unwrap();
        (standing.charge_levied_yen, standing.charge_open_yen)
    }

    async fn record(&self, event: ArrearsEvent) -> i64 {
        self.office.store.record_arrears(self.office.here, &[event], TODAY, &stamp()).await.unwrap()[0]
    }

    async fn arrears(&self, home: HouseholdId) -> Arrears {
        household(&self.office.store, self.office.here, home).await.unwrap()
    }

    async fn is_sound(&self) {
        assert!(self.office.store.check_ledger(self.office.here).await.unwrap().is_empty());
        assert_eq!(self.office.store.audit_verify(self.office.here, &[], |_| {}).await.unwrap(), []);
    }
}

fn transfer(debit: Account, credit: Account, yen: i64, effective: &str) -> Transfer {
    Transfer { debit, credit, yen: Yen::new(yen), phase: Phase::Posted, effective: day(effective) }
}

fn step(step: Step, on: &str, instalments: Vec<Instalment>) -> ArrearsEvent {
    ArrearsEvent::of(HOME, step, day(on), instalments, "理由")
}

/// Published charges: Chuo (Yamanashi), Toyohashi, Oamishirasato; below 2,000 yen none. Addresses in
/// `shared/domain/examples/benefits.json`, ENT-01, 02, 05 and 06.
#[tokio::test]
async fn a_charge_is_told_until_the_principal_is_paid_and_then_fixed_as_published() {
    let town = Town::found().await;
    let published = [
        (1, 2025, "2026-02-02", 56_400, "2026-05-29", 1_300),
        (2, 2021, "2021-05-31", 65_000, "2022-01-31", 3_400),
        (3, 2021, "2021-06-30", 60_300, "2021-12-10", 2_000),
        (4, 2025, "2025-06-30", 1_999, "2026-05-31", 0),
    ];
    for (home, year, due, yen, paid, charge) in published {
        let home = HouseholdId(home);
        town.levy(home, year, &[(8, due, yen)]).await;
        let told = town.decide(double(), home, paid).await.unwrap();
        assert_eq!((told.charges[0].charge_yen, told.charges[0].open_yen, told.posted.len()), (charge, yen, 0), "{home} before");
        assert_eq!(town.charge(home, of(year, 8)).await, (0, 0));
        town.pays(home, of(year, 8), paid, yen).await;
        // Whenever it is decided after the payment, the charge is the same, and once.
        for on in [paid, "2026-05-31", "2026-06-01", "2026-06-01"] {
            let decided = town.decide(double(), home, on).await.unwrap();
            assert_eq!((decided.charges[0].charge_yen, decided.charges[0].open_yen), (charge, 0), "{home} on {on}");
            assert_eq!(decided.withheld, Vec::<String>::new());
        }
        assert_eq!(town.charge(home, of(year, 8)).await, (charge, charge), "{home}");
    }
    let again = town.decide(double(), HouseholdId(1), "2026-06-01").await.unwrap();
    assert!(!again.new && again.posted.is_empty());
    town.is_sound().await;
}

#[tokio::test]
async fn a_correction_fixes_the_charge_again_by_the_difference() {
    let town = Town::found().await;
    town.levy(HOME, 2025, &[(8, "2026-02-02", 56_400)]).await;
    let instalment = of(2025, 8);
    town.pays(HOME, instalment, "2026-05-29", 56_400).await;
    town.decide(double(), HOME, "2026-05-29").await.unwrap();
    assert_eq!(town.charge(HOME, instalment).await, (1_300, 1_300));
    // The days from 3 March on are waived: 120 yen are left, which is none.
    let waiver = ArrearsEvent {
        from: Some(day("2026-03-03")),
        until: Some(day("2026-06-01")),
        grace: Some(0),
        ..step(Step::Granted, "2026-05-30", vec![instalment])
    };
    let number = town.record(waiver).await;
    let decided = town.decide(double(), HOME, "2026-05-30").await.unwrap();
    assert_eq!((decided.charges[0].charge_yen, decided.posted.len()), (0, 1));
    assert_eq!(town.charge(HOME, instalment).await, (0, 0));
    // The waiver is taken back from 1 April on: 120 + floor(56,000 × 9.1 % × 59 / 365) = 823 are less than 1,000.
    let revoked = ArrearsEvent { from: Some(day("2026-04-01")), of: Some(number), ..step(Step::Revoked, "2026-05-31", vec![instalment]) };
    let revoked = town.record(revoked).await;
    assert_eq!(revoked, number + 1);
    let decided = town.decide(double(), HOME, "2026-05-31").await.unwrap();
    assert_eq!((decided.charges[0].charge_yen, decided.posted.len()), (0, 0));
    assert_eq!(town.charge(HOME, instalment).await, (0, 0));
    // What was decided as of a later day is not decided again as of an earlier one.
    let earlier = town.decide(double(), HOME, "2026-05-29").await;
    assert!(matches!(earlier, Err(ArrearsError::Earlier { later, .. }) if later == day("2026-05-30")), "{earlier:?}");
    town.is_sound().await;
}

#[tokio::test]
async fn a_payment_that_was_taken_back_leaves_what_was_fixed_and_a_charge_that_was_paid_is_not_waived() {
    let town = Town::found().await;
    town.levy(HOME, 2025, &[(8, "2026-02-02", 56_400)]).await;
    let instalment = of(2025, 8);
    let receipt = town.pays(HOME, instalment, "2026-05-29", 56_400).await;
    town.decide(double(), HOME, "2026-05-29").await.unwrap();
    town.pay(Account::of_instalment(AccountKind::Charge, HOME, instalment), "2026-05-30", 1_300).await;
    let receivable = Account::of_instalment(AccountKind::Receivable, HOME, instalment);
    town.post("bounced", Event::Reversed, vec![transfer(receivable, Account::unmatched(receipt), 56_400, "2026-05-31")]).await;
    let arrears = town.arrears(HOME).await;
    assert_eq!((arrears.standings[0].open_yen, arrears.standings[0].credits.len()), (56_400, 0));
    let decided = town.decide(double(), HOME, "2026-05-31").await.unwrap();
    assert_eq!((decided.charges[0].open_yen, decided.posted.len(), decided.withheld.len()), (56_400, 0, 0));
    assert_eq!(town.charge(HOME, instalment).await, (1_300, 0));
    // Reduced to 20,400 and paid in time for less than 1,000 yen: 20,000 × (2.8 % × 28 + 9.1 % × 90) / 365 = 42 + 448.
    let levied = Account::of_instalment(AccountKind::Levied, HOME, instalment);
    town.post("reduced", Event::Reduced, vec![transfer(levied, receivable, 36_000, "2026-05-31")]).await;
    town.pays(HOME, instalment, "2026-05-31", 20_400).await;
    let decided = town.decide(double(), HOME, "2026-06-01").await.unwrap();
    assert_eq!((decided.charges[0].charge_yen, decided.posted.len()), (0, 0));
    assert!(decided.withheld[0].contains("1300円が過大"), "{:?}", decided.withheld);
    town.is_sound().await;
}

#[tokio::test]
async fn what_is_provisional_or_beyond_the_bounds_posts_nothing() {
    let town = Town::found().await;
    let instalment = of(2025, 8);
    let lies = [
        (1, Double { provisional: true, ..double() }, None),
        (2, Double { lie: (0, 1), ..double() }, Some("ルールの未納額1円が台帳の0円と異なります")),
        // 56,400 × 14.6 % × 116 / 365 = 2,616.96.
        (3, Double { lie: (1_317, 0), ..double() }, Some("上限2616円")),
        (4, Double { lie: (-1_301, 0), ..double() }, Some("負の額")),
    ];
    for (home, double, withheld) in lies {
        let home = HouseholdId(home);
        town.levy(home, 2025, &[(8, "2026-02-02", 56_400)]).await;
        town.pays(home, instalment, "2026-05-29", 56_400).await;
        let decided = town.decide(double, home, "2026-05-29").await.unwrap();
        assert!(decided.new && decided.posted.is_empty());
        match withheld {
            Some(text) => assert!(decided.withheld[0].contains(text), "{:?}", decided.withheld),
            None => assert!(decided.withheld.is_empty()),
        }
        assert_eq!(town.charge(home, instalment).await, (0, 0), "{home}");
    }
    // At the bound itself it is taken: 2,616.
    let home = HouseholdId(5);
    town.levy(home, 2025, &[(8, "2026-02-02", 56_400)]).await;
    town.pays(home, instalment, "2026-05-29", 56_400).await;
    town.decide(Double { lie: (1_316, 0), ..double() }, home, "2026-05-29").await.unwrap();
    assert_eq!(town.charge(home, instalment).await, (2_616, 2_616));
    town.is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_decide_at_once_one_fixes_the_charge() {
    let town = Town::found().await;
    town.levy(HOME, 2025, &[(8, "2026-02-02", 56_400)]).await;
    town.pays(HOME, of(2025, 8), "2026-05-29", 56_400).await;
    let (one, other, third) = tokio::join!(
        town.decide(double(), HOME, "2026-05-29"),
        town.decide(double(), HOME, "2026-05-29"),
        town.decide(double(), HOME, "2026-06-01")
    );
    assert!(third.is_ok() && [one, other].iter().all(|decided| matches!(decided, Ok(_) | Err(ArrearsError::Earlier { .. }))));
    assert_eq!(town.charge(HOME, of(2025, 8)).await, (1_300, 1_300));
    town.is_sound().await;
}

#[tokio::test]
async fn a_case_holds_what_was_due_by_the_day_and_what_counted_by_then() {
    let town = Town::found().await;
    town.levy(HOME, 2025, &[(1, "2025-06-30", 10_000), (2, "2025-07-31", 9_000), (3, "2025-09-01", 9_000)]).await;
    town.pays(HOME, of(2025, 1), "2025-07-10", 4_000).await;
    town.pays(HOME, of(2025, 1), "2025-08-20", 6_000).await;
    town.record(ArrearsEvent::of(HOME, Step::Demanded, day("2025-08-19"), vec![of(2025, 2)], "")).await;
    let (store, here) = (&town.office.store, town.office.here);
    let case_on = async |on| {
        let case = case(store, here, HOME, day(on)).await.unwrap()?;
        Some(case.household().iter().map(|fact| (fact.kind, fact.values.clone())).collect::<Vec<_>>())
    };
    assert_eq!(case_on("2025-06-29").await, None);
    let due = |text| day(text).packed();
    let first = (Kind::Arrears, vec![due("2025-06-30"), 2025, 0, 1, 10_000, ABSENT]);
    assert_eq!(case_on("2025-06-30").await.unwrap(), std::slice::from_ref(&first));
    assert_eq!(
        case_on("2025-08-19").await.unwrap(),
        [
            first.clone(),
            (Kind::Arrears, vec![due("2025-07-31"), 2025, 0, 2, 9_000, due("2025-08-19")]),
            (Kind::Credits, vec![due("2025-07-10"), 2025, 0, 1, 4_000]),
        ]
    );
    assert_eq!(case_on("2025-08-18").await.unwrap()[1].1[5], ABSENT);
    let town_without_decision = Town::found().await;
    let account = |kind| Account::of_instalment(kind, HOME, of(2025, 1));
    let levied = vec![transfer(account(AccountKind::Receivable), account(AccountKind::Levied), 1, "2025-06-30")];
    town_without_decision.post("levy", Event::Assessed, levied).await;
    let unknown = household(&town_without_decision.office.store, here, HOME).await;
    assert!(matches!(unknown, Err(ArrearsError::NoDueDate { .. })), "{unknown:?}");
}

#[tokio::test]
async fn a_notice_is_sent_once_to_somebody_alive() {
    let town = Town::found().await;
    let (office, store, here) = (&town.office, &town.office.store, town.office.here);
    let death = |person| Assertion {
        person: PersonId(person),
        kind: Kind::Deaths,
        item: 0,
        from: day("2026-04-10"),
        until: Date::MAX,
        household: None,
        values: Some(Vec::new()),
        source: "死亡届".into(),
    };
    // The head lives; the head died and another is head; the only one died.
    for (person, home) in [(1, 10), (11, 20), (2, 20), (21, 30)] {
        office.resident(person, "メイ", home, "旭川市9条通9丁目1-2").await;
    }
    let head = |person, head, from, until| Assertion {
        person: PersonId(person),
        kind: Kind::Membership,
        item: 0,
        from,
        until,
        household: Some(HouseholdId(20)),
        values: Some(vec![head]),
        source: "住民基本台帳".into(),
    };
    let facts = [death(11), death(21), head(2, 1, day("2026-04-11"), Date::MAX)];
    store.assert_facts(here, TODAY, &facts, &stamp()).await.unwrap();
    for home in [10, 20, 30] {
        town.levy(HouseholdId(home), 2025, &[(7, "2026-01-05", 5_000), (8, "2026-02-02", 3_000), (9, "2026-05-31", 100)]).await;
    }
    town.pays(HouseholdId(10), of(2025, 7), "2026-01-05", 5_000).await;
    let list = async |on| demands_by(store, Arc::new(double()), here, day(on), Yen::new(100), None, 2).await.unwrap();
    assert!(list("2026-01-05").await.demands.is_empty());
    let first = list("2026-05-31").await;
    assert_eq!(first.next, Some(HouseholdId(20)));
    let rest = demands_by(store, Arc::new(double()), here, day("2026-05-31"), Yen::new(100), first.next, 2).await.unwrap();
    let all = [first.demands, rest.demands].concat();
    let found: Vec<(i64, Vec<u16>, bool)> = all
        .iter()
        .map(|demand| (demand.household.0, demand.instalments.iter().map(|of| of.instalment.number).collect(), demand.new_head))
        .collect();
    assert_eq!(found, [(10, vec![8], false), (20, vec![7, 8], true), (30, vec![7, 8], false)]);
    assert!(matches!(&all[0].addressee, Addressee::Living(recipient) if recipient.about == PersonId(1)));
    assert!(matches!(&all[1].addressee, Addressee::Living(recipient) if recipient.about == PersonId(2)));
    assert_eq!(all[2].addressee, Addressee::Clerk(Matter::HeirsUnknown(PersonId(21))));
    let lines = all[1].lines(day("2026-05-31"));
    assert!(lines.iter().all(|line| line.len() == demand_columns().len()));
    assert_eq!(lines[1][..4], ["20", "新世帯主", "名2", "070-0000"].map(str::to_owned));
    assert_eq!(lines[1][5..10], ["2025", "普通徴収", "8", "2026-02-02", "3000"].map(str::to_owned));
    assert_eq!(lines[1][11..], ["100", "2026-05-31", "2026-02-22"].map(str::to_owned));
    // What waits for a clerk is not recorded as sent, and stays in the list.
    assert_eq!(record_demands(store, here, &all, day("2026-05-31"), &now(), "tanaka").await.unwrap(), 2);
    assert_eq!(record_demands(store, here, &all, day("2026-05-31"), &now(), "tanaka").await.unwrap(), 2);
    let left = demands_by(store, Arc::new(double()), here, day("2026-05-31"), Yen::ZERO, None, 9).await.unwrap();
    assert_eq!(left.demands.iter().map(|demand| demand.household.0).collect::<Vec<_>>(), [30]);
    assert_eq!(sent_on(store, here, day("2026-05-31"), 0, 9).await.unwrap().len(), 2);
    let fee = Account::of_instalment(AccountKind::Fee, HouseholdId(20), of(2025, 7));
    assert_eq!(store.balance(here, fee).await.unwrap(), Balance { debits: 100, ..Balance::default() });
    town.is_sound().await;
}

fn standing(due: &str, credits: &[(&str, i64)]) -> Standing {
    let credit = |(on, yen): &(&str, i64)| Credit { on: day(on), yen: *yen, kind: CreditKind::Paid(1) };
    Standing {
        instalment: of(2023, 1),
        due: day(due),
        decision: Digest::of(b"d"),
        billed_yen: 10_000,
        credits: credits.iter().map(credit).collect(),
        open_yen: 10_000 - credits.iter().map(|(_, yen)| yen).sum::<i64>(),
        charge_levied_yen: 0,
        charge_open_yen: 0,
        charge_changes: 0,
        fee_open_yen: 0,
    }
}

#[test]
fn a_time_bar_is_two_years_from_the_day_after_what_began_it() {
    let events = |steps: &[(Step, &str, Option<i64>)]| -> Vec<StoredArrearsEvent> {
        let stored = |(number, (kind, on, followed)): (i64, &(Step, &str, Option<i64>))| StoredArrearsEvent {
            number,
            event: ArrearsEvent { of: *followed, ..step(*kind, on, vec![of(2023, 1)]) },
            posting: None,
            at: String::new(),
            by: String::new(),
        };
        (1..).zip(steps).map(stored).collect()
    };
    use Step::{Demanded, Promised, Released, Restarted, Returned, Seized, Suspended};
    // Due, payments, steps; since what it runs and from when nothing can be collected.
    type Row<'r> = (&'r str, &'r [(&'r str, i64)], &'r [(Step, &'r str, Option<i64>)], Began, &'r str);
    let rows: [Row<'_>; 13] = [
        ("2023-06-30", &[], &[], Began::Due, "2025-07-01"),
        ("2024-02-28", &[], &[], Began::Due, "2026-03-01"),
        ("2024-02-29", &[], &[], Began::Due, "2026-03-01"),
        ("2023-06-30", &[], &[(Demanded, "2023-07-20", None)], Began::Demand, "2025-07-21"),
        // Only the first notice counts; one that came back does not.
        ("2023-06-30", &[], &[(Demanded, "2023-07-20", None), (Returned, "2023-07-25", Some(1))], Began::Due, "2025-07-01"),
        ("2023-06-30", &[("2023-06-20", 100)], &[], Began::Due, "2025-07-01"),
        ("2023-06-30", &[("2024-01-31", 100)], &[(Demanded, "2023-07-20", None)], Began::Payment, "2026-02-01"),
        ("2023-06-30", &[], &[(Promised, "2025-06-30", None)], Began::Promise, "2027-07-01"),
        // On the day on which it is complete nothing revives it.
        ("2023-06-30", &[], &[(Promised, "2025-07-01", None)], Began::Due, "2025-07-01"),
        ("2023-06-30", &[("2025-07-01", 100)], &[], Began::Due, "2025-07-01"),
        ("2023-06-30", &[], &[(Seized, "2024-01-10", None), (Released, "2026-01-31", Some(1))], Began::Release, "2028-02-01"),
        ("2023-06-30", &[], &[(Restarted, "2024-03-31", None)], Began::Other, "2026-04-01"),
        ("2023-06-30", &[], &[(Suspended, "2024-03-31", None)], Began::Due, "2025-07-01"),
    ];
    for (due, credits, steps, began, bar_on) in rows {
        let bar = time_bar(&standing(due, credits), &events(steps));
        assert_eq!((bar.began, bar.bar_on, bar.held), (began, day(bar_on), false), "{due} {credits:?} {steps:?}");
    }
    assert!(time_bar(&standing("2023-06-30", &[]), &events(&[(Seized, "2024-01-10", None)])).held);
    assert_eq!(extinct_on(of(2023, 1), &events(&[(Suspended, "2024-03-31", None)])), Some(day("2027-04-01")));
    let resumed = events(&[(Suspended, "2024-03-31", None), (Step::Resumed, "2024-05-01", Some(1))]);
    assert_eq!(extinct_on(of(2023, 1), &resumed), None);
    // A grace of 31 days puts it off by 31 days, a waiver of the charge by none.
    for (grace, bar_on) in [(1, "2025-08-01"), (2, "2025-08-01"), (0, "2025-07-01")] {
        let mut granted = events(&[(Step::Granted, "2024-01-01", None)]);
        granted[0].event.from = Some(day("2024-01-01"));
        granted[0].event.until = Some(day("2024-02-01"));
        granted[0].event.grace = Some(grace);
        assert_eq!(time_bar(&standing("2023-06-30", &[]), &granted).bar_on, day(bar_on), "{grace}");
    }
}

#[tokio::test]
async fn a_promise_is_void_after_two_missed_days() {
    let town = Town::found().await;
    town.levy(HOME, 2025, &[(8, "2026-02-02", 9_000)]).await;
    let payments = ["2026-03-31", "2026-04-30", "2026-05-29"].map(|on| (day(on), Yen::new(3_000))).to_vec();
    town.record(ArrearsEvent { payments, ..step(Step::Promised, "2026-03-01", vec![of(2025, 8)]) }).await;
    town.pays(HOME, of(2025, 8), "2026-03-31", 2_999).await;
    let state = async |on| {
        let arrears = town.arrears(HOME).await;
        let state = promise_state(&arrears.events[0], &arrears, day(on));
        (state.promised_yen, state.paid_yen, state.missed, state.is_void)
    };
    assert_eq!(state("2026-03-31").await, (3_000, 2_999, 0, false));
    assert_eq!(state("2026-04-01").await, (3_000, 2_999, 1, false));
    assert_eq!(state("2026-05-01").await, (6_000, 2_999, 2, true));
    let text = shown(&town.arrears(HOME).await, &[], day("2026-05-01"));
    assert!(text.contains("3回 9,000円（納付済 2,999円、不履行 2回、失効"), "{text}");
}

#[tokio::test]
async fn what_lapsed_is_given_up_by_two_people_as_far_as_it_is_open() {
    let town = Town::found().await;
    let (store, here) = (&town.office.store, town.office.here);
    town.levy(HOME, 2023, &[(1, "2023-06-30", 10_000), (2, "2024-06-30", 8_000)]).await;
    let receivable = Account::of_instalment(AccountKind::Receivable, HOME, of(2023, 1));
    let (soon, next) = lapsing(store, here, day("2026-05-31"), 1, None, 5).await.unwrap();
    assert_eq!((soon.len(), next), (1, None));
    assert_eq!(lapsing(store, here, day("2026-05-31"), 2, None, 5).await.unwrap().0.len(), 2);
    assert_eq!(lapsing(store, here, day("2025-05-31"), 1, None, 5).await.unwrap().0.len(), 0);
    assert_eq!(lapsing(store, here, day("2025-06-01"), 1, None, 5).await.unwrap().0[0].bar.bar_on, day("2025-07-01"));
    let refused = propose_write_off(store, here, HOME, &[of(2023, 2)], "time_bar", TODAY, "時効").await;
    assert!(matches!(refused, Err(WriteOffError::NotYet { from: Some(from), .. }) if from == day("2026-07-01")), "{refused:?}");
    let proposal = propose_write_off(store, here, HOME, &[], "time_bar", TODAY, "時効").await.unwrap();
    assert!(proposal.shown.contains("2023年度 普通徴収 第1期 収入未済（本料） 10000円まで"), "{}", proposal.shown);
    let act = propose(store, here, &town.office.tanaka, proposal, &now()).await.unwrap();
    assert!(sign(store, here, &town.office.tanaka, act, Verdict::Approve, &now()).await.is_err());
    // What is paid in between is not given up.
    town.pays(HOME, of(2023, 1), "2026-05-31", 4_000).await;
    assert_eq!(store.balance(here, receivable).await.unwrap().debit(), 6_000);
    assert!(sign(store, here, &town.office.suzuki, act, Verdict::Approve, &now()).await.unwrap().in_effect);
    assert_eq!(store.balance(here, receivable).await.unwrap().debit(), 0);
    let stored = store.act(here, act).await.unwrap().unwrap();
    let done = complete(store, &stored.act, &now(), "tanaka").await.unwrap();
    assert!(matches!(done[..], [(HOME, Done::Posted(_))]), "{done:?}");
    let arrears = town.arrears(HOME).await;
    assert_eq!((arrears.standings[0].written_off_yen(), arrears.standings[0].paid_on(TODAY)), (6_000, None));
    let again = propose_write_off(store, here, HOME, &[], "time_bar", TODAY, "時効").await;
    assert!(matches!(again, Err(WriteOffError::NothingOpen(_))), "{again:?}");
    town.is_sound().await;
}

#[tokio::test]
async fn the_master_of_arrears_shows_each_instalment_with_its_history() {
    let town = Town::found().await;
    let (store, here) = (&town.office.store, town.office.here);
    town.levy(HOME, 2025, &[(7, "2026-01-05", 5_000), (8, "2026-02-02", 3_000), (9, "2026-03-02", 2_000)]).await;
    town.pays(HOME, of(2025, 7), "2026-01-05", 5_000).await;
    town.pays(HOME, of(2025, 9), "2026-03-02", 2_000).await;
    let demanded = town.record(ArrearsEvent::of(HOME, Step::Demanded, day("2026-02-20"), vec![of(2025, 8)], "")).await;
    town.record(ArrearsEvent { of: Some(demanded), ..step(Step::Returned, "2026-02-27", vec![of(2025, 8)]) }).await;
    let as_of = store.latest_knowledge(here).await.unwrap();
    let asked = Asked { view: View::Master(File::Arrears), year: FiscalYear::new(2025).ok(), as_of, today: TODAY };
    let found = page(store, here, &asked, 0, 10).await.unwrap();
    let place = |heading: &str| columns(asked.view).unwrap().iter().position(|column| column.heading == heading).unwrap();
    let cells = |heading: &str| found.lines.iter().map(|line| line[place(heading)].clone()).collect::<Vec<_>>();
    assert_eq!(cells("期"), ["8", "8"]);
    assert_eq!(cells("経過"), ["督促状発付", "督促状返戻"]);
    assert_eq!(cells("未納額"), ["3000", "3000"]);
    assert_eq!(cells("時効完成日（未確認）"), ["2028-02-03", "2028-02-03"]);
    assert_eq!(cells("経過の状態"), ["取消・終了", ""]);
    assert_eq!(found.households, [HOME]);
    let other = Asked { year: FiscalYear::new(2024).ok(), ..asked };
    assert!(page(store, here, &other, 0, 10).await.unwrap().lines.is_empty());
}
