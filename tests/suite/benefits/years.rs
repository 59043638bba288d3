//! What a year comes to: outpatient care of a year (外来年間合算) and medical with long-term care (高額介護合算), through the office, by plain
//! arithmetic.

use super::super::reassessment::asahikawa;
use super::conservation::adds_up;
use super::hall::{APPLIED_ON, Database, Hall, claim, confirmed, months, taxed};
use jorei_domain::benefit::Benefit;
use jorei_domain::calendar::Date;
use jorei_domain::id::HouseholdId;
use jorei_domain::record::Kind;
use jorei_domain::slot::Slot;
use jorei_service::benefits::BenefitError;
use jorei_service::claims::opposite;
use jorei_store::medical_claims::ClaimLine;
use jorei_tests::office::ordinance;
use serde_json::json;

const FROM: Date = Date::new(2025, 8, 1);
const BASE: Date = Date::new(2026, 7, 31);
/// Every month 85,000 yen of outpatient care, of which 20 % are the patient's: below the 18,000 yen of a month.
const COST: i64 = 85_000;
const OWN: i64 = 17_000;
/// The cap of outpatient care of a year (一般), and the limit of medical and long-term care of a year from 70 on (一般).
const OUTPATIENT_CAP: i64 = 144_000;
const COMBINED_LIMIT: i64 = 560_000;

/// A person of 73 with an ordinary income, at the doctor's every month of the year.
async fn patient(database: Database) -> (Hall, Vec<ClaimLine>) {
    patient_of(Hall::open(database).await).await
}

async fn patient_of(mut hall: Hall) -> (Hall, Vec<ClaimLine>) {
    hall.resident(10, 1, "1952-05-05", 1_000_000).await;
    let line = |(at, month): (usize, Date)| ClaimLine { setting: 0, share_percent: 20, ..claim(&format!("C-{at}"), 10, month, COST, OWN) };
    let lines: Vec<ClaimLine> = months(FROM, 12).into_iter().enumerate().map(line).collect();
    hall.take(Date::new(2026, 9, 1), &lines).await;
    (hall, lines)
}

async fn a_year(database: Database, run_before: bool) {
    let (mut hall, lines) = patient(database).await;
    if run_before {
        for month in months(FROM, 12) {
            assert_eq!(hall.month(month).await.candidates, 0, "{month}");
        }
    }
    hall.apply_with(Benefit::OutpatientYear, 1, (10, 10), BASE, APPLIED_ON, Vec::new()).await;
    let decided = hall.decide(Slot::HighCostYear, 1, BASE).await;
    assert_eq!((decided.held, decided.benefit_yen), (Vec::new(), Some(12 * OWN - OUTPATIENT_CAP)));
    assert_eq!(hall.pay().await.into_values().sum::<i64>(), 12 * OWN - OUTPATIENT_CAP);

    // What is left of the outpatient care, 144,000 yen, and 576,000 yen of long-term care: a fifth of what exceeds is ours.
    let care = vec![(Kind::CarePayments, json!({ "own_yen": 4 * OUTPATIENT_CAP }))];
    hall.apply_with(Benefit::Combined, 1, (10, 10), BASE, APPLIED_ON, care).await;
    let combined = hall.decide(Slot::Combined, 1, BASE).await;
    assert_eq!((combined.held, combined.benefit_yen), (Vec::new(), Some((5 * OUTPATIENT_CAP - COMBINED_LIMIT) / 5)));
    let before = hall.written().await;
    assert!(!hall.decide(Slot::HighCostYear, 1, BASE).await.new && !hall.decide(Slot::Combined, 1, BASE).await.new);
    assert_eq!(hall.written().await, before);

    // A claim comes back: the year is less by what it cost the patient, and that must be given back.
    hall.take(Date::new(2026, 10, 1), &[opposite(&lines[7])]).await;
    let less = hall.decide(Slot::HighCostYear, 1, BASE).await;
    assert_eq!((less.benefit_yen, less.posted[0].reclaimed_yen), (Some(11 * OWN - OUTPATIENT_CAP), OWN));
    let stand = adds_up(&hall, [1]).await[&1];
    assert_eq!((stand.paid, stand.reclaim), (12 * OWN - OUTPATIENT_CAP, OWN));
    let combined = hall.store.benefit_dues(asahikawa(), HouseholdId(1), Slot::Combined, BASE).await.unwrap();
    assert_eq!(combined.last().unwrap().due_yen, (5 * OUTPATIENT_CAP - COMBINED_LIMIT) / 5);
    hall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_of_months_each_below_its_limit_is_paid_beyond_the_cap_and_with_care_beyond_the_limit_on_sqlite() {
    a_year(Database::Sqlite, false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_of_months_each_below_its_limit_is_paid_beyond_the_cap_and_with_care_beyond_the_limit_on_postgresql() {
    a_year(Database::Postgres, true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_waits_for_a_month_that_is_not_as_it_was_decided_or_cannot_be_decided() {
    let (mut hall, lines) = patient(Database::Sqlite).await;
    hall.apply_with(Benefit::OutpatientYear, 1, (10, 10), BASE, APPLIED_ON, Vec::new()).await;
    let march = Date::new(2026, 3, 1);
    let decided = hall.decide(Slot::HighCost, 1, march).await;
    assert_eq!((decided.held, decided.benefit_yen), (Vec::new(), Some(0)));
    hall.take(Date::new(2026, 10, 1), &[opposite(&lines[7])]).await;
    let error = hall.try_decide(Slot::HighCostYear, 1, BASE).await.unwrap_err();
    assert!(matches!(error, BenefitError::Month { month, .. } if month == march), "{error}");
    assert!(error.to_string().contains("--slot high_cost --case 2026-03-01"), "{error}");
    hall.decide(Slot::HighCost, 1, march).await;
    assert_eq!(hall.decide(Slot::HighCostYear, 1, BASE).await.benefit_yen, Some(11 * OWN - OUTPATIENT_CAP));

    // Nobody knows the taxes of the year on which months up to July 2026 rest: no month of a year is nothing.
    hall.resident_with(20, 2, "1952-05-05", vec![taxed(20, 2025, 1_000_000)]).await;
    hall.apply_with(Benefit::OutpatientYear, 2, (20, 20), BASE, APPLIED_ON, Vec::new()).await;
    let line = ClaimLine { setting: 0, share_percent: 20, ..claim("D-1", 20, march, COST, OWN) };
    hall.take(Date::new(2026, 11, 1), &[line]).await;
    let error = hall.try_decide(Slot::HighCostYear, 2, BASE).await.unwrap_err();
    assert!(error.to_string().contains("of 2026-03-01 cannot be decided"), "{error}");
    assert_eq!(hall.store.benefit_dues_of(asahikawa(), HouseholdId(2)).await.unwrap(), []);
    hall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_year_that_another_insurer_certifies_in_part_only_our_part_is_due() {
    let (mut hall, lines) = patient(Database::Sqlite).await;
    // Seven of the twelve claims were another insurer's.
    hall.take(Date::new(2026, 10, 1), &lines[..7].iter().map(opposite).collect::<Vec<_>>()).await;
    let certified = json!({ "outpatient_yen": 7 * OWN, "counted_yen": 7 * OWN, "over_70": true });
    hall.apply_with(Benefit::OutpatientYear, 1, (10, 10), BASE, APPLIED_ON, vec![(Kind::CertifiedPayments, certified)]).await;
    // 60,000 yen beyond the cap, 85,000 of 204,000 paid here.
    let decided = hall.decide(Slot::HighCostYear, 1, BASE).await;
    assert_eq!((decided.held, decided.benefit_yen), (Vec::new(), Some(25_000)));
    hall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_does_not_rest_on_a_month_whose_table_nobody_confirmed() {
    let assumed = ordinance("high_cost").replace("state = \"sourced\"", "state = \"assumed\"");
    let rules = [("classification", confirmed("classification")), ("high_cost", assumed), ("high_cost_year", confirmed("high_cost_year"))];
    let (hall, _) = patient_of(Hall::with(&rules, (Date::new(2025, 4, 1), Date::new(2026, 9, 1))).await).await;
    hall.apply_with(Benefit::OutpatientYear, 1, (10, 10), BASE, APPLIED_ON, Vec::new()).await;
    let error = hall.try_decide(Slot::HighCostYear, 1, BASE).await.unwrap_err();
    assert!(matches!(error, BenefitError::Month { month, what, .. } if month == FROM && what.contains("nobody confirmed")), "{error}");
    assert_eq!(hall.store.benefit_dues_of(asahikawa(), HouseholdId(1)).await.unwrap(), []);
    hall.close().await;
}
