//! What the store promises, as functions over any store, so that the same checks run on SQLite and
//! on PostgreSQL, here and in the workspace's suite. Each uses a municipality of its own; a store
//! is checked once, for nothing can be cleaned away.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, missing_docs)]

mod accounts;
mod acts;
mod arrears;
mod benefits;
mod chain;
mod desk;
mod imports;
mod ledger;
mod masters;
mod medical_claims;
mod payments;
mod people;
mod reassessment;
mod receipts;
mod refunds;
mod settlements;

use crate::decisions::{NewDecision, PackedDecision, Saved};
use crate::facts::{Assertion, StoredCase};
use crate::names::Name;
use crate::revisions::Revision;
use crate::{
    Store, StoreError, addresses, admissions, audit, coverage, decisions, drafts, facts, lookups, names, notices, pauses, revisions,
    shadow_reports, vault,
};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::decision::{Decision, Evidence, Failure, Outcome};
use jorei_domain::id::{Digest, HouseholdId, Knowledge, Municipality, PersonId};
use jorei_domain::record::{Fact, Kind, Period};
use jorei_domain::slot::Slot;
use jorei_domain::table::ABSENT;
use sqlx::{AssertSqlSafe, Executor as _, Row as _, SqlSafeStr as _};

/// Every check, one after the other, on a store that is migrated and empty.
pub async fn check_all(store: &Store) {
    check_statements(store).await;
    check_append_only(store).await;
    check_knowledge(store).await;
    check_late_knowledge(store).await;
    check_window(store).await;
    check_years_and_events(store).await;
    check_moves(store).await;
    check_pages(store).await;
    check_refused_assertions(store).await;
    check_names(store).await;
    check_revisions(store).await;
    check_decisions(store).await;
    check_supersession(store).await;
    check_race(store).await;
    check_decisions_of_a_revision(store).await;
    acts::check(store).await;
    desk::check(store).await;
    accounts::check(store).await;
    chain::check(store).await;
    people::check(store).await;
    settlements::check(store).await;
    reassessment::check(store).await;
    imports::check(store).await;
    masters::check(store).await;
    ledger::check(store).await;
    receipts::check(store).await;
    medical_claims::check(store).await;
    refunds::check(store).await;
    arrears::check(store).await;
    payments::check(store).await;
    benefits::check(store).await;
}

/// Who writes in these checks, and when.
fn stamp() -> Stamp {
    Stamp { by: "checks".into(), at: "2025-06-01T09:00:00+09:00".into() }
}

/// The municipality of a check: its number with the check digit that fits.
fn office(number: u32) -> Municipality {
    (0..10).find_map(|digit| Municipality::parse(&format!("{number:05}{digit}")).ok()).unwrap()
}

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

const LEARNT: Date = Date::new(2025, 6, 1);

fn assertion(person: i64, kind: Kind, from: &str, until: &str, values: Option<Vec<i64>>) -> Assertion {
    let until = if until.is_empty() { Date::MAX } else { day(until) };
    let from = if from.is_empty() { Date::MIN } else { day(from) };
    Assertion { person: PersonId(person), kind, item: 0, from, until, household: None, values, source: "register".into() }
}

fn born(person: i64, on: &str) -> Assertion {
    let birth = day(on).packed();
    assertion(person, Kind::Persons, "", "", Some(vec![birth, birth]))
}

fn member(person: i64, household: i64, from: &str, until: &str) -> Assertion {
    Assertion { household: Some(HouseholdId(household)), ..assertion(person, Kind::Membership, from, until, Some(vec![1])) }
}

fn insured(person: i64, from: &str, until: &str, ended_by: i64) -> Assertion {
    assertion(person, Kind::Qualification, from, until, Some(vec![ended_by, ABSENT]))
}

/// An income of a year with one known figure, the salary revenue.
fn income(person: i64, year: i32, revenue: i64) -> Assertion {
    let mut values = vec![ABSENT; Kind::Incomes.fields().len()];
    values[0] = 0;
    values[1] = revenue;
    assertion(person, Kind::Incomes, &format!("{year}-01-01"), &format!("{}-01-01", year + 1), Some(values))
}

async fn case(store: &Store, office: Municipality, household: i64, on: &str, as_of: Knowledge) -> Option<StoredCase> {
    store.case(office, Slot::Premium, HouseholdId(household), day(on), as_of).await.unwrap()
}

/// The facts of one kind in a case, written as their period and fields, absent ones as `-`.
fn rows(case: &StoredCase, kind: Kind) -> Vec<String> {
    let number = |value: &i64| if *value == ABSENT { "-".to_owned() } else { value.to_string() };
    let shown = if kind.period() == Period::Year || kind == Kind::Qualification { 3 } else { usize::MAX };
    let row = |fact: &Fact| fact.values.iter().take(shown).map(number).collect::<Vec<_>>().join(" ");
    let facts = case.case.persons().iter().flat_map(|person| &person.facts);
    facts.filter(|fact| fact.kind == kind).map(row).collect()
}

/// Every statement of the crate that stands as it is.
fn statements() -> impl Iterator<Item = &'static str> {
    let single = [
        crate::STATEMENTS,
        facts::STATEMENTS,
        names::STATEMENTS,
        revisions::STATEMENTS,
        decisions::STATEMENTS,
        crate::acts::STATEMENTS,
        admissions::STATEMENTS,
        drafts::STATEMENTS,
        pauses::STATEMENTS,
        notices::STATEMENTS,
        coverage::STATEMENTS,
        shadow_reports::STATEMENTS,
        crate::prepared::STATEMENTS,
        crate::credentials::STATEMENTS,
        crate::sessions::STATEMENTS,
        crate::requests::STATEMENTS,
        crate::jobs::STATEMENTS,
        addresses::STATEMENTS,
        lookups::STATEMENTS,
        crate::people::STATEMENTS,
        vault::STATEMENTS,
        crate::settlements::STATEMENTS,
        crate::contacts::STATEMENTS,
        crate::imports::STATEMENTS,
        crate::masters::STATEMENTS,
        crate::ledger::STATEMENTS,
        crate::orders::STATEMENTS,
        crate::receipts::STATEMENTS,
        crate::medical_claims::STATEMENTS,
        crate::benefits::STATEMENTS,
        crate::refunds::STATEMENTS,
        crate::arrears::STATEMENTS,
        crate::payees::STATEMENTS,
        crate::inquiries::STATEMENTS,
        crate::payments::STATEMENTS,
    ];
    single.into_iter().chain(audit::STATEMENTS.iter().copied()).flatten().copied()
}

/// Both databases accept every statement of the crate.
pub async fn check_statements(store: &Store) {
    let mut connection = store.pool.acquire().await.unwrap();
    for sql in statements() {
        let prepared = (*connection).prepare(sql.into_sql_str()).await;
        assert!(prepared.is_ok(), "{sql}: {:?}", prepared.err());
    }
    let several = [
        facts::INSERTS,
        names::INSERTS,
        addresses::INSERTS,
        crate::contacts::INSERTS,
        decisions::INSERTS,
        crate::ledger::INSERTS,
        crate::receipts::INSERTS,
        crate::medical_claims::INSERTS,
        crate::benefits::INSERTS,
        crate::payments::INSERTS,
    ];
    for insert in several.into_iter().flatten() {
        for count in [1, 2] {
            let prepared = (*connection).prepare(insert.sql(count, store.database).into_sql_str()).await;
            assert!(prepared.is_ok(), "{}: {:?}", insert.head, prepared.err());
        }
    }
}

/// Every table but the counters refuses update and delete, whole tables included.
pub async fn check_append_only(store: &Store) {
    let office = office(1);
    store.assert_facts(office, LEARNT, &[born(1, "1980-01-01")], &stamp()).await.unwrap();
    store
        .save_names(
            office,
            LEARNT,
            &[Name { person: PersonId(1), name: "a".into(), kana: "ア".into(), latin: None, alias: None }],
            &stamp(),
        )
        .await
        .unwrap();
    let revision = some_revision(store, office).await;
    acts::put_in_force(store, office, revision, Date::MIN, Date::MAX).await;
    desk::fill(store, office, revision).await;
    accounts::fill(store, office).await;
    people::fill(store, office).await;
    reassessment::fill(store, office).await;
    imports::fill(store, office).await;
    store.save_decisions(&[packed(office, revision, 1, 1, Failure::Trap, None)], &stamp()).await.unwrap();
    settlements::fill(store, office).await;
    ledger::fill(store, office).await;
    receipts::fill(store, office).await;
    medical_claims::fill(store, office).await;
    refunds::fill(store, office, revision).await;
    arrears::fill(store, office).await;
    payments::fill(store, office).await;
    benefits::fill(store, office).await;
    let tables = [
        ("learning", "learnt_on"),
        ("fact", "source"),
        ("person_name", "name"),
        ("rule", "digest"),
        ("ordinance", "digest"),
        ("revision", "slot"),
        ("activation", "slot"),
        ("decision", "status"),
        ("audit", "subject"),
        ("act", "maker"),
        ("act_signature", "verdict"),
        ("effect", "kind"),
        ("admission", "step"),
        ("draft", "written"),
        ("pause", "reason"),
        ("shadow_report", "content"),
        ("posting", "event"),
        ("transfer", "effective"),
        ("receipt_file", "kind"),
        ("receipt", "reference"),
        ("receipt_event", "slip"),
        ("delivery", "yen"),
        ("claim_set", "serial"),
        ("claim_file", "lines"),
        ("claim_line", "claim"),
        ("claim_settlement", "way"),
        ("arrears_event", "reason"),
        ("arrears_instalment", "line"),
        ("arrears_promise", "due_on"),
        ("prepared_act", "maker"),
        ("credential", "hash"),
        ("session", "account"),
        ("session_end", "at"),
        ("login_attempt", "outcome"),
        ("request", "hash"),
        ("request_answer", "body"),
        ("job", "kind"),
        ("job_end", "state"),
        ("person_address", "address"),
        ("vault", "at"),
        ("settlement", "way"),
        ("case_notice", "detail"),
        ("coverage", "revisions"),
        ("person_contact", "role"),
        ("import_set", "forms"),
        ("import_withdrawal", "at"),
        ("benefit_application", "document"),
        ("benefit_application_fact", "source"),
        ("benefit_application_event", "reason"),
        ("simplified_procedure", "document"),
        ("simplified_procedure_end", "reason"),
        ("high_cost_handover", "source"),
        ("benefit_due", "due_yen"),
        ("consent", "document"),
        ("consent_withdrawal", "at"),
        ("refund_notice", "at"),
        ("refund_notice_overpayment", "notice"),
        ("refund_claim", "form"),
        ("heir", "document"),
        ("payment_order", "at"),
        ("sealed_content", "tag"),
        ("purge", "rule"),
        ("inquiry", "what"),
        ("inquiry_sent", "refused"),
        ("inquiry_answer", "standing"),
        ("payee_account", "holder"),
        ("payment_batch", "remark"),
        ("payment_line", "yen"),
        ("payment_withdrawal", "reason"),
        ("payment_file", "lines"),
        ("payment_held", "reason"),
        ("payment_recall", "reason"),
        ("payment_results", "paid"),
        ("payment_outcome", "reason"),
        ("payment_exception", "what"),
    ];
    for (table, column) in tables {
        for sql in [format!("UPDATE {table} SET {column} = {column}"), format!("DELETE FROM {table}")] {
            let error = store.pool.execute(AssertSqlSafe(sql.clone())).await.unwrap_err();
            assert!(error.to_string().contains("append-only"), "{sql}: {error}");
        }
    }
}

/// Numbers start at 1, leave no gap when a write fails, follow each other under concurrency, and
/// say what the office knew on a day.
pub async fn check_knowledge(store: &Store) {
    let office = office(2);
    assert_eq!(store.latest_knowledge(office).await.unwrap(), Knowledge(0));
    assert_eq!(store.assert_facts(office, day("2025-01-10"), &[born(1, "1980-01-01")], &stamp()).await.unwrap(), Knowledge(1));
    let twice = Name { person: PersonId(1), name: "a".into(), kana: "ア".into(), latin: None, alias: None };
    assert!(store.save_names(office, day("2025-01-10"), &[twice.clone(), twice], &stamp()).await.is_err());
    assert_eq!(store.assert_facts(office, day("2025-02-10"), &[born(2, "1980-01-01")], &stamp()).await.unwrap(), Knowledge(2));
    assert_eq!(store.knowledge_on(office, day("2025-01-09")).await.unwrap(), Knowledge(0));
    assert_eq!(store.knowledge_on(office, day("2025-02-09")).await.unwrap(), Knowledge(1));
    assert_eq!(store.knowledge_on(office, day("2025-02-10")).await.unwrap(), Knowledge(2));
    let writers: Vec<_> = (0..8)
        .map(|person| {
            let store = store.clone();
            tokio::spawn(async move { store.assert_facts(office, LEARNT, &[born(100 + person, "1980-01-01")], &stamp()).await.unwrap().0 })
        })
        .collect();
    let mut taken = Vec::new();
    for writer in writers {
        taken.push(writer.await.unwrap());
    }
    taken.sort_unstable();
    assert_eq!(taken, (3..11).collect::<Vec<_>>());
    let counted = sqlx::query("SELECT COUNT(*), MIN(knowledge), MAX(knowledge) FROM learning WHERE municipality = $1");
    let row = counted.bind(office.number()).fetch_one(&store.pool).await.unwrap();
    assert_eq!((row.get::<i64, _>(0), row.get::<i64, _>(1), row.get::<i64, _>(2)), (10, 1, 10));
}

/// Late knowledge wins from its number on; asked as of an earlier number, the earlier answer comes.
pub async fn check_late_knowledge(store: &Store) {
    let office = office(3);
    let first = store
        .assert_facts(
            office,
            LEARNT,
            &[born(1, "1980-01-01"), member(1, 1, "2020-04-01", ""), insured(1, "2020-04-01", "", ABSENT)],
            &stamp(),
        )
        .await
        .unwrap();
    // The office hears that the insurance ended on 1 September, then that it did so a month later.
    let end = [assertion(1, Kind::Qualification, "2025-09-01", "", None), insured(1, "2020-04-01", "2025-09-01", 1)];
    let second = store.assert_facts(office, LEARNT, &end, &stamp()).await.unwrap();
    let third = store.assert_facts(office, LEARNT, &[insured(1, "2020-04-01", "2025-10-01", 1)], &stamp()).await.unwrap();
    let fourth = store.assert_facts(office, LEARNT, &[assertion(1, Kind::Membership, "", "", None)], &stamp()).await;
    assert!(matches!(fourth, Err(StoreError::Assertion { field: "household", .. })));

    let seen = |known: Knowledge| async move { case(store, office, 1, "2025-04-01", known).await };
    assert_eq!(seen(Knowledge(0)).await, None);
    assert_eq!(rows(&seen(first).await.unwrap(), Kind::Qualification), ["20200401 - -"]);
    assert_eq!(rows(&seen(second).await.unwrap(), Kind::Qualification), ["20200401 20250901 1"]);
    assert_eq!(rows(&seen(third).await.unwrap(), Kind::Qualification), ["20200401 20251001 1"]);
    assert_eq!(seen(first).await, seen(first).await);
    assert_eq!(seen(third).await.unwrap().newest, third);
    assert_eq!(seen(second).await.unwrap().newest, second);

    // Taken back altogether: the household has nobody any more, but had as of before.
    let gone = Assertion { values: None, ..member(1, 1, "0001-01-01", "") };
    let fifth = store.assert_facts(office, LEARNT, &[gone], &stamp()).await.unwrap();
    assert_eq!(seen(fifth).await, None);
    assert!(seen(third).await.is_some());
}

/// Spans are shown whole if they touch the window, and not at all otherwise; an unknown birth date
/// is as wide as can be.
pub async fn check_window(store: &Store) {
    let office = office(4);
    let parallel = |item, from, until| Assertion { item, ..insured(1, from, until, 0) };
    store
        .assert_facts(
            office,
            LEARNT,
            &[
                member(1, 1, "2001-01-01", ""),
                parallel(0, "2020-01-01", "2024-01-01"),
                parallel(1, "2020-01-01", "2024-01-02"),
                parallel(2, "2026-03-31", "2030-01-01"),
                parallel(3, "2026-04-01", "2030-01-01"),
                born(2, "1990-01-01"),
                member(2, 1, "2010-01-01", "2024-01-01"),
            ],
            &stamp(),
        )
        .await
        .unwrap();
    let seen = case(store, office, 1, "2025-04-01", Knowledge(1)).await.unwrap();
    assert_eq!(rows(&seen, Kind::Qualification), ["20200101 20240102 0", "20260331 20300101 0"]);
    assert_eq!(rows(&seen, Kind::Membership), ["20010101 - 1"]);
    assert_eq!(rows(&seen, Kind::Persons), ["10101 99991231"]);
    assert_eq!(case(store, office, 1, "2026-03-31", Knowledge(1)).await.unwrap().case.persons(), seen.case.persons());
    let earlier = case(store, office, 1, "2024-04-01", Knowledge(1)).await.unwrap();
    assert_eq!(earlier.case.persons().len(), 2);
}

/// Incomes are those of the year before, property that of the year, events those that can bear.
pub async fn check_years_and_events(store: &Store) {
    let office = office(5);
    let property = |year: i32, yen| assertion(1, Kind::Property, &format!("{year}-04-01"), &format!("{}-04-01", year + 1), Some(vec![yen]));
    let birth = |item, on| Assertion { item, ..assertion(1, Kind::Maternity, on, "", Some(vec![0, 0])) };
    let known = [
        born(1, "1990-01-01"),
        member(1, 1, "2001-01-01", ""),
        income(1, 2023, 100),
        income(1, 2024, 200),
        income(1, 2025, 300),
        property(2024, 10),
        property(2025, 20),
        birth(0, "2022-12-31"),
        birth(1, "2023-01-01"),
        birth(2, "2026-10-31"),
        birth(3, "2026-11-01"),
    ];
    let first = store.assert_facts(office, LEARNT, &known, &stamp()).await.unwrap();
    let seen = case(store, office, 1, "2025-04-01", first).await.unwrap();
    assert_eq!(rows(&seen, Kind::Incomes), ["2024 0 200"]);
    assert_eq!(rows(&seen, Kind::Property), ["2025 20"]);
    assert_eq!(rows(&seen, Kind::Maternity), ["20230101 0 0", "20261031 0 0"]);
    // The due date moves, the other birth did not happen, the income is corrected.
    let corrected = [birth(1, "2023-02-01"), Assertion { values: None, ..birth(2, "2025-01-01") }, income(1, 2024, 250)];
    let second = store.assert_facts(office, LEARNT, &corrected, &stamp()).await.unwrap();
    let seen = case(store, office, 1, "2025-04-01", second).await.unwrap();
    assert_eq!(rows(&seen, Kind::Maternity), ["20230201 0 0"]);
    assert_eq!(rows(&seen, Kind::Incomes), ["2024 0 250"]);
    // Neighbouring years that say the same are still years of their own.
    let taxed = |year: i32| {
        let values = vec![0, 1, ABSENT, ABSENT, ABSENT, ABSENT, ABSENT];
        assertion(1, Kind::ResidentTaxes, &format!("{year}-01-01"), &format!("{}-01-01", year + 1), Some(values))
    };
    let alike: Vec<_> = (2022..=2026).flat_map(|year| [income(1, year, 250), taxed(year)]).collect();
    let third = store.assert_facts(office, LEARNT, &alike, &stamp()).await.unwrap();
    assert_eq!(rows(&case(store, office, 1, "2025-04-01", third).await.unwrap(), Kind::Incomes), ["2024 0 250"]);
    for (on, year) in [("2026-07-01", 2024), ("2026-08-01", 2025), ("2026-12-01", 2025), ("2027-01-01", 2025)] {
        let found = store.case(office, Slot::Classification, HouseholdId(1), day(on), third).await.unwrap().unwrap();
        assert_eq!(rows(&found, Kind::ResidentTaxes), [format!("{year} 0 1")], "{on}");
    }
    let wide: Vec<_> = case(store, office, 1, "2025-04-01", first).await.unwrap().case.persons().to_vec();
    let (table, sources) = jorei_domain::record::table(Kind::Incomes, &[jorei_domain::record::Case::new(day("2025-04-01"), wide)]);
    assert_eq!((table.rows(), sources.as_slice()), (1, &["register".to_owned()][..]));
}

/// Who moves is in both households of the window, each with its own membership only.
pub async fn check_moves(store: &Store) {
    let office = office(6);
    let former = assertion(1, Kind::FormerMembership, "2024-05-01", "2024-09-01", Some(vec![]));
    let known = [
        born(1, "1948-05-01"),
        member(1, 1, "2000-01-01", ""),
        insured(1, "2000-01-01", "2024-05-01", 3),
        former,
        born(2, "1950-01-01"),
        member(2, 1, "2000-01-01", ""),
        // Learnt later in the same set: the move ends the membership before it.
        member(1, 2, "2024-09-01", ""),
    ];
    let first = store.assert_facts(office, LEARNT, &known, &stamp()).await.unwrap();
    let cases = store.cases(office, Slot::Premium, None, 10, day("2025-04-01"), first).await.unwrap();
    let shown: Vec<_> = cases.iter().map(|case| (case.household.0, case.case.persons().len())).collect();
    assert_eq!(shown, [(1, 2), (2, 1)]);
    assert_eq!(rows(&cases[0], Kind::Membership), ["20000101 20240901 1", "20000101 - 1"]);
    assert_eq!(rows(&cases[1], Kind::Membership), ["20240901 - 1"]);
    assert_eq!(rows(&cases[0], Kind::FormerMembership), ["20240501 20240901"]);
    assert_eq!(rows(&cases[1], Kind::FormerMembership), [""; 0]);
    let later = store.cases(office, Slot::Premium, None, 10, day("2026-04-01"), first).await.unwrap();
    assert_eq!(later.iter().map(|case| case.case.persons().len()).collect::<Vec<_>>(), [1, 1]);
    // The move was entered by mistake: taking it back does not bring the old membership back by
    // itself, for the office has said nothing about where the person lives.
    let back = [Assertion { values: None, ..member(1, 2, "2024-09-01", "") }, member(1, 1, "2000-01-01", "")];
    let second = store.assert_facts(office, LEARNT, &back, &stamp()).await.unwrap();
    assert_eq!(case(store, office, 2, "2025-04-01", second).await, None);
    let home = case(store, office, 1, "2025-04-01", second).await.unwrap();
    assert_eq!(rows(&home, Kind::Membership), ["20000101 - 1", "20000101 - 1"]);
}

/// Pages meet without gap or overlap, pass over households that are gone, and equal the cases one
/// by one.
pub async fn check_pages(store: &Store) {
    let office = office(7);
    let mut known = Vec::new();
    for household in 1..=30 {
        // Households 5 to 24 were dissolved long before.
        let until = if (5..25).contains(&household) { "2010-01-01" } else { "" };
        known.extend([born(household, "1980-01-01"), member(household, household, "2000-01-01", until)]);
    }
    let first = store.assert_facts(office, LEARNT, &known, &stamp()).await.unwrap();
    store.assert_facts(office, LEARNT, &[born(31, "1980-01-01"), member(31, 31, "2000-01-01", "")], &stamp()).await.unwrap();
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = store.cases(office, Slot::Premium, after, 3, day("2025-04-01"), first).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.household);
        for stored in page {
            assert_eq!(
                store.case(office, Slot::Premium, stored.household, day("2025-04-01"), first).await.unwrap().as_ref(),
                Some(&stored)
            );
            seen.push(stored.household.0);
        }
    }
    assert_eq!(seen, (1..5).chain(25..31).collect::<Vec<_>>());
}

/// One wrong assertion refuses the set, named by its place, kind and field.
pub async fn check_refused_assertions(store: &Store) {
    let office = office(8);
    let mut negative = income(1, 2024, 1);
    negative.values.as_mut().unwrap()[6] = -1;
    store.assert_facts(office, LEARNT, &[negative], &stamp()).await.unwrap();
    let mut unknown_state = income(1, 2024, 1);
    unknown_state.values.as_mut().unwrap()[0] = 4;
    let mut no_state = income(1, 2024, 1);
    no_state.values.as_mut().unwrap()[0] = ABSENT;
    let wrong = [
        (Assertion { person: PersonId(0), ..born(1, "1980-01-01") }, "person"),
        (income(1, 2024, 1_000_000_000_000_001), "salary_revenue_yen"),
        (unknown_state, "state"),
        (no_state, "state"),
        (Assertion { until: Date::MAX, ..income(1, 2024, 1) }, "from"),
        (Assertion { item: 1, ..income(1, 2024, 1) }, "item"),
        (member(1, 0, "2000-01-01", ""), "household"),
        (Assertion { household: Some(HouseholdId(1)), ..born(1, "1980-01-01") }, "household"),
        (insured(1, "2000-01-01", "2000-01-01", ABSENT), "until"),
        (insured(1, "2000-01-01", "", 7), "ended_by"),
        (assertion(1, Kind::Maternity, "2025-01-01", "2025-02-01", Some(vec![0, 0])), "until"),
        (assertion(1, Kind::Maternity, "2025-01-01", "", Some(vec![2, 0])), "multiple"),
        (assertion(1, Kind::Maternity, "2025-01-01", "", Some(vec![0])), "values"),
        (assertion(1, Kind::Persons, "", "", Some(vec![19_800_101, 19_791_231])), "birth_latest"),
        (assertion(1, Kind::Persons, "", "", Some(vec![19_800_230, 19_800_301])), "birth_earliest"),
        (assertion(1, Kind::Persons, "2000-01-01", "", Some(vec![19_800_101, 19_800_101])), "from"),
    ];
    for (assertion, expected) in wrong {
        let set = [born(9, "1980-01-01"), assertion.clone()];
        match store.assert_facts(office, LEARNT, &set, &stamp()).await {
            Err(StoreError::Assertion { index: 1, kind, field, .. }) => assert_eq!((kind, field), (assertion.kind, expected)),
            other => panic!("{assertion:?}: {other:?}"),
        }
    }
    assert_eq!(store.latest_knowledge(office).await.unwrap(), Knowledge(1));
}

/// Names are found by person and as of a knowledge.
pub async fn check_names(store: &Store) {
    let office = office(9);
    let name = |person, name: &str, latin: Option<&str>| Name {
        person: PersonId(person),
        name: name.into(),
        kana: "カナ".into(),
        latin: latin.map(str::to_owned),
        alias: None,
    };
    let first = store.save_names(office, LEARNT, &[name(1, "甲", None), name(2, "乙", Some("OTSU"))], &stamp()).await.unwrap();
    let second = store.save_names(office, LEARNT, &[name(1, "丙", None)], &stamp()).await.unwrap();
    assert_eq!(store.name(office, PersonId(1), first).await.unwrap(), Some(name(1, "甲", None)));
    assert_eq!(store.name(office, PersonId(1), second).await.unwrap(), Some(name(1, "丙", None)));
    assert_eq!(store.name(office, PersonId(2), second).await.unwrap(), Some(name(2, "乙", Some("OTSU"))));
    assert_eq!(store.name(office, PersonId(3), second).await.unwrap(), None);
}

async fn some_revision(store: &Store, office: Municipality) -> Digest {
    revision_named(store, office, b"revision").await
}

async fn revision_named(store: &Store, office: Municipality, name: &[u8]) -> Digest {
    let rule = store.save_rule(office, b"component", &stamp()).await.unwrap();
    let ordinance = store.save_ordinance(office, "rate = 1", &stamp()).await.unwrap();
    let digest = Digest::of(name);
    let revision = Revision { digest, slot: "premium".into(), rule, ordinance, segments: vec![1, 2], about: "{}".into() };
    store.save_revision(office, &revision, LEARNT, &stamp()).await.unwrap();
    digest
}

/// Saving twice is saving once; the latest activation that holds a date answers it, as of then.
pub async fn check_revisions(store: &Store) {
    let office = office(10);
    let first = revision_named(store, office, b"first").await;
    let second = revision_named(store, office, b"second").await;
    let before = store.latest_knowledge(office).await.unwrap();
    assert_eq!(revision_named(store, office, b"first").await, first);
    assert_eq!(store.latest_knowledge(office).await.unwrap(), before);
    let stored = store.revision(office, first).await.unwrap().unwrap();
    assert_eq!(store.rule_component(office, stored.rule).await.unwrap().as_deref(), Some(&b"component"[..]));
    assert_eq!(store.ordinance(office, stored.ordinance).await.unwrap().as_deref(), Some("rate = 1"));
    let other = Revision { about: "[]".into(), ..stored.clone() };
    assert!(
        matches!(store.save_revision(office, &other, LEARNT, &stamp()).await, Err(StoreError::RevisionDiffers(digest)) if digest == first)
    );
    let orphan = Revision { digest: Digest::of(b"orphan"), rule: Digest::of(b"nothing"), ..stored };
    assert!(matches!(store.save_revision(office, &orphan, LEARNT, &stamp()).await, Err(StoreError::Database(_))));
    assert_eq!(store.revision(office, orphan.digest).await.unwrap(), None);

    let (from, until) = (day("2025-04-01"), day("2026-04-01"));
    let one = acts::put_in_force(store, office, first, from, Date::MAX).await;
    let two = acts::put_in_force(store, office, second, from, until).await;
    let back = acts::put_in_force(store, office, first, from, until).await;
    let active = |on: &'static str, as_of| async move { store.active_revision(office, "premium", day(on), as_of).await.unwrap() };
    assert_eq!(active("2025-03-31", back).await, None);
    assert_eq!(active("2025-04-01", one).await, Some(first));
    assert_eq!(active("2025-04-01", two).await, Some(second));
    assert_eq!(active("2026-04-01", two).await, Some(first));
    assert_eq!(active("2026-03-31", back).await, Some(first));
    assert_eq!(store.active_revision(office, "refund", from, back).await.unwrap(), None);
    assert_eq!(store.activations(office, "premium").await.unwrap().iter().map(|a| a.knowledge).collect::<Vec<_>>(), [one, two, back]);
    let listed = store.revisions(office).await.unwrap();
    assert_eq!(listed.iter().map(|revision| revision.digest).collect::<Vec<_>>(), [first, second]);
    assert_eq!(store.revision_by_prefix(office, &first.to_string()[..12]).await.unwrap(), store.revision(office, first).await.unwrap());
    assert!(matches!(store.revision_by_prefix(office, "x").await, Err(StoreError::Prefix { what: "revision", .. })));
    assert_eq!(store.rules(office).await.unwrap(), [Digest::of(b"component")]);
    assert_eq!(store.ordinances(office).await.unwrap(), [Digest::of(b"rate = 1")]);
}

const CASE_ON: Date = Date::new(2025, 4, 1);

/// A decision of a household; which failure it is tells one content from another.
fn packed(
    office: Municipality,
    revision: Digest,
    household: i64,
    version: i64,
    failure: Failure,
    supersedes: Option<Digest>,
) -> PackedDecision {
    let decision = Decision {
        municipality: office,
        slot: "premium".into(),
        household: HouseholdId(household),
        on: CASE_ON,
        revision,
        evidence: Evidence::default(),
        outcome: Outcome::Failed(failure),
        trace: Vec::new(),
        supersedes,
    };
    let recorded_at = "2025-06-10T09:00:00+09:00".to_owned();
    let (knowledge, decided_on) = (Knowledge(1), LEARNT);
    NewDecision { decision, version, knowledge, decided_on, fuel: 42, amount: Some(household * 100), recorded_at }.pack().unwrap()
}

/// A batch may be sent again; another decision of the same version is refused and nothing of its
/// batch is kept; what is stored decodes to what was decided.
pub async fn check_decisions(store: &Store) {
    let office = office(11);
    let revision = some_revision(store, office).await;
    let batch: Vec<_> = (1..=250).map(|household| packed(office, revision, household, 1, Failure::Trap, None)).collect();
    assert_eq!(store.save_decisions(&batch, &stamp()).await.unwrap(), Saved { inserted: 250, existing: 0 });
    assert_eq!(store.save_decisions(&batch, &stamp()).await.unwrap(), Saved { inserted: 0, existing: 250 });
    let mut more = batch[200..].to_vec();
    more.push(packed(office, revision, 300, 1, Failure::Trap, None));
    assert_eq!(store.save_decisions(&more, &stamp()).await.unwrap(), Saved { inserted: 1, existing: 50 });

    let other = [packed(office, revision, 301, 1, Failure::Trap, None), packed(office, revision, 7, 1, Failure::Fuel, None)];
    match store.save_decisions(&other, &stamp()).await {
        Err(StoreError::DecidedOtherwise { household: HouseholdId(7), on: CASE_ON, version: 1 }) => {}
        result => panic!("{result:?}"),
    }
    assert_eq!(store.stored_bytes(office, "premium", CASE_ON).await.unwrap().0, 251);
    let unknown = packed(office, Digest::of(b"no revision"), 302, 1, Failure::Trap, None);
    assert!(matches!(store.save_decisions(&[unknown], &stamp()).await, Err(StoreError::Database(_))));

    let stored = store.decision(office, batch[6].id()).await.unwrap().unwrap();
    assert_eq!((stored.decision.id(), stored.decision.household), (batch[6].id(), HouseholdId(7)));
    assert_eq!((stored.fuel, stored.amount, stored.version, stored.status.as_str()), (42, Some(700), 1, "failed"));
    let short = batch[6].id().to_string()[..16].to_uppercase();
    assert_eq!(store.decision_by_prefix(office, &short).await.unwrap(), Some(stored));
    for bad in ["", "xyz", "あ"] {
        assert!(matches!(store.decision_by_prefix(office, bad).await, Err(StoreError::Prefix { .. })), "{bad}");
    }
    // 251 ids begin with 16 different digits at most.
    let crowded = batch[0].id().to_string()[..1].to_owned();
    assert!(matches!(store.decision_by_prefix(office, &crowded).await, Err(StoreError::Prefix { .. })));
    assert_eq!(store.decision(office, Digest::of(b"none")).await.unwrap(), None);

    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = store.decisions_page(office, "premium", CASE_ON, after, 100).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.decision.household);
        seen.extend(page.iter().map(|stored| stored.decision.household.0));
    }
    assert_eq!(seen, (1..=250).chain([300]).collect::<Vec<_>>());
}

/// The highest version of a case is the current one, names the one before, and follows it at once.
pub async fn check_supersession(store: &Store) {
    let office = office(12);
    let revision = some_revision(store, office).await;
    let first = packed(office, revision, 1, 1, Failure::Trap, None);
    let second = packed(office, revision, 1, 2, Failure::Fuel, Some(first.id()));
    let stray = packed(office, revision, 1, 2, Failure::Memory, Some(Digest::of(b"another")));
    let gap = packed(office, revision, 1, 3, Failure::Memory, Some(first.id()));
    store.save_decisions(&[first.clone(), packed(office, revision, 2, 1, Failure::Trap, None)], &stamp()).await.unwrap();
    for wrong in [stray, gap] {
        assert!(matches!(store.save_decisions(&[wrong], &stamp()).await, Err(StoreError::NotTheSuccessor { .. })));
    }
    store.save_decisions(std::slice::from_ref(&second), &stamp()).await.unwrap();
    let current = store.current_decisions(office, "premium", CASE_ON, HouseholdId(1)..=HouseholdId(2)).await.unwrap();
    let shown: Vec<_> = current.iter().map(|current| (current.household.0, current.version)).collect();
    assert_eq!(shown, [(1, 2), (2, 1)]);
    assert_eq!((current[0].id, current[0].revision, current[0].amount), (second.id(), revision, Some(100)));
    assert_eq!(store.decision_history(office, "premium", CASE_ON, HouseholdId(1)).await.unwrap().len(), 2);
    let page = store.decisions_page(office, "premium", CASE_ON, None, 10).await.unwrap();
    assert_eq!(page.iter().map(|stored| stored.version).collect::<Vec<_>>(), [2, 1]);
    let unnamed = Decision { supersedes: Some(first.id()), ..store.decision(office, first.id()).await.unwrap().unwrap().decision };
    let (knowledge, decided_on) = (Knowledge(1), LEARNT);
    let unnamed = NewDecision { decision: unnamed, version: 1, knowledge, decided_on, fuel: 0, amount: None, recorded_at: String::new() };
    assert!(matches!(unnamed.pack(), Err(StoreError::NotTheSuccessor { .. })));
}

/// Of writers that decide the same case otherwise at the same time, one wins.
pub async fn check_race(store: &Store) {
    let office = office(13);
    let revision = some_revision(store, office).await;
    let failures = [Failure::Fuel, Failure::Memory, Failure::Stack, Failure::Trap];
    let writers: Vec<_> = failures
        .into_iter()
        .map(|failure| {
            let store = store.clone();
            let mut batch: Vec<_> = (1..=20).map(|household| packed(office, revision, household, 1, failure, None)).collect();
            if failure == Failure::Stack {
                batch.reverse();
            }
            tokio::spawn(async move { store.save_decisions(&batch, &stamp()).await })
        })
        .collect();
    let mut won = 0;
    for writer in writers {
        match writer.await.unwrap() {
            Ok(saved) => {
                assert_eq!(saved, Saved { inserted: 20, existing: 0 });
                won += 1;
            }
            Err(StoreError::DecidedOtherwise { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(won, 1);
    assert_eq!(store.stored_bytes(office, "premium", CASE_ON).await.unwrap().0, 20);
}

/// Whom a revision touched: in every office, page by page, or in one.
pub async fn check_decisions_of_a_revision(store: &Store) {
    let (one, two) = (office(14), office(15));
    let mut expected = Vec::new();
    for office in [one, two] {
        let revision = revision_named(store, office, b"of two offices").await;
        let other = revision_named(store, office, b"of nobody").await;
        let mut batch: Vec<_> = (1..=5).map(|household| packed(office, revision, household, 1, Failure::Trap, None)).collect();
        // By household: 1 to 5, whatever their ids are.
        expected.extend(batch.iter().map(|packed| (office, packed.id())));
        batch.push(packed(office, other, 6, 1, Failure::Trap, None));
        store.save_decisions(&batch, &stamp()).await.unwrap();
    }
    let revision = Digest::of(b"of two offices");
    for only in [None, Some(one), Some(two)] {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = store.decisions_of_revision(revision, only, after, 3).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some((last.municipality, last.id));
            assert!(page.iter().all(|found| found.on == CASE_ON && found.amount == Some(found.household.0 * 100)));
            seen.extend(page.iter().map(|found| (found.municipality, found.id)));
        }
        let of: Vec<_> = expected.iter().copied().filter(|(office, _)| only.is_none_or(|only| only == *office)).collect();
        assert_eq!(seen, of);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Statements with a condition that walk through a table of a municipality all the same: short tables, and tables of which much is
    /// asked for at once.
    const WALKS: &[&str] = &[
        "SELECT COUNT(DISTINCT",
        // Asked for as a whole: what an import or a set brought, what a call told, when anything was learnt.
        "FROM learning WHERE",
        "FROM person_name WHERE municipality = $1 AND person IN",
        "FROM person_address WHERE municipality = $1 AND person IN",
        "FROM person_contact WHERE municipality = $1 AND person IN",
        "FROM claim_line WHERE municipality = $1 AND claim_set = $2",
        "SELECT DISTINCT month FROM claim_line",
        "FROM inquiry WHERE municipality = $1 AND call = $2",
        "FROM inquiry_sent WHERE municipality = $1 AND call = $2",
        "FROM inquiry_answer WHERE municipality = $1 AND call = $2",
        "FROM payment_outcome WHERE municipality = $1 AND call = $2",
        // Short.
        "FROM audit p JOIN audit a",
        "FROM delivery WHERE",
        "FROM claim_settlement s JOIN claim_line c",
        "FROM payment_held h JOIN payment_line l",
    ];

    /// What `ANALYZE` found in a city of 42,000 households, of the tables that the store counts when much was written to them: table,
    /// index, rows and rows by each column more of the index.
    const COUNTED: &[(&str, &str, &str)] = &[
        ("fact", "fact_yearly", "520422 520422 32527 1"),
        ("fact", "fact_lasting", "222674 222674 4"),
        ("fact", "fact_birth", "72412 72412 4 1"),
        ("fact", "fact_household", "73617 73617 2 1"),
        ("fact", "fact_person", "743096 743096 11 3 1"),
        ("fact", "fact", "743096 743096 743096 1"),
        ("transfer", "transfer_credit", "5190 5190 3 3 3 2"),
        ("transfer", "transfer_debit", "5190 5190 3 3 3 2"),
        ("transfer", "sqlite_autoindex_transfer_1", "5190 5190 1 1"),
    ];

    /// Names that were kept before readings were searchable are found after the migration.
    #[tokio::test(flavor = "multi_thread")]
    async fn names_from_before_are_found_by_their_reading() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("old.db").to_str().unwrap()).await.unwrap();
        let before = crate::SQLITE_MIGRATIONS.iter().take_while(|sql| !sql.contains("kana_key"));
        let before: Vec<_> = (1_i64..)
            .zip(crate::MIGRATION_NAMES)
            .zip(before)
            .map(|((version, name), sql)| {
                sqlx::migrate::Migration::new(version, name.into(), sqlx::migrate::MigrationType::Simple, (*sql).into_sql_str(), false)
            })
            .collect();
        sqlx::migrate::Migrator::with_migrations(before).run(&store.pool).await.unwrap();
        let office = office(97);
        store.assert_facts(office, LEARNT, &[born(1, "1980-05-17")], &stamp()).await.unwrap();
        let old = "INSERT INTO person_name (municipality, person, knowledge, name, kana, latin) \
             VALUES ($1, 1, 1, 'MINH NGUYEN', 'ミン　グエン・ア イ', 'Minh Nguyen')";
        sqlx::query(old).bind(office.number()).execute(&store.pool).await.unwrap();
        store.migrate().await.unwrap();
        for key in ["ミングエンアイ", "MINHNGUYEN"] {
            assert_eq!(store.persons_by_kana(office, key, None, 9).await.unwrap(), [PersonId(1)], "{key}");
        }
        let changed = store.pool.execute("UPDATE person_name SET name = 'x'").await;
        assert!(changed.unwrap_err().to_string().contains("append-only"));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn every_promise_holds_on_sqlite() {
        let folder = tempfile::tempdir().unwrap();
        // A name that a URL would have to escape.
        let store = Store::open(folder.path().join("city 100%?.db").to_str().unwrap()).await.unwrap();
        store.migrate().await.unwrap();
        store.migrate().await.unwrap();
        check_all(&store).await;
        store.close().await;
        assert!(folder.path().join("city 100%?.db").exists());
    }

    /// What concerns one thing is found by it. SQLite takes an order by a key for cheap and would walk through all that a
    /// municipality has, with every payee, household and case.
    #[tokio::test(flavor = "multi_thread")]
    async fn no_statement_about_one_thing_walks_through_a_table() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("city.db").to_str().unwrap()).await.unwrap();
        store.migrate().await.unwrap();
        let mut connection = store.pool.acquire().await.unwrap();
        sqlx::query("ANALYZE fact").execute(&mut *connection).await.unwrap();
        for (table, index, counted) in COUNTED {
            let known = sqlx::query("INSERT INTO sqlite_stat1 VALUES ($1, $2, $3)").bind(table).bind(index).bind(counted);
            known.execute(&mut *connection).await.unwrap();
        }
        sqlx::query("ANALYZE sqlite_schema").execute(&mut *connection).await.unwrap();
        let mut walks = Vec::new();
        let reads = |sql: &str| sql.starts_with("SELECT") || sql.starts_with("WITH");
        for sql in statements().filter(|sql| reads(sql) && sql.contains("$2") && !sql.contains("LIMIT $")) {
            let plan = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"))).fetch_all(&mut *connection).await.unwrap();
            let steps: Vec<String> = plan.iter().map(|row| row.try_get(3).unwrap()).collect();
            // Everything up to some knowledge is everything.
            let walks_through = |step: &String| step.ends_with("(municipality=?)") || step.ends_with("(municipality=? AND knowledge<?)");
            if steps.iter().any(walks_through) && !WALKS.iter().any(|walk| sql.contains(walk)) {
                walks.push(format!("{sql}\n    {}", steps.join("\n    ")));
            }
        }
        assert!(walks.is_empty(), "{} statements walk through a table:\n{}", walks.len(), walks.join("\n"));
    }
}
