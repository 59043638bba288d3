//! What is refused, held or handed to a clerk, each with its message and nothing posted; what changes when somebody mends it; and the
//! incidents that offices know.

use super::super::reassessment::{asahikawa, fact, insured};
use super::hall::{APPLIED_ON, DECIDED_ON, Database, Hall, INCOME_YEARS, WHOLE, claim, confirmed, exempt, months, stamp, taxed, untaxed};
use jorei_domain::benefit::Benefit;
use jorei_domain::calendar::Date;
use jorei_domain::id::{HouseholdId, PersonId};
use jorei_domain::record::{Kind, RESTRICTIONS};
use jorei_domain::slot::Slot;
use jorei_service::activation::{Plan, difference};
use jorei_service::benefits::{BenefitError, Decided, Held};
use jorei_service::claims::{Way, settle};
use jorei_service::revisions::RevisionError;
use jorei_store::benefits::Handover;
use jorei_store::medical_claims::{ClaimFinding, ClaimLine};
use jorei_store::notices::NoticeKind;
use jorei_store::payments::Outcome;
use jorei_tests::office::ordinance;

use super::super::reassessment::RUNTIME;

const MARCH: Date = Date::new(2026, 3, 1);
/// A bill of 1,000,000 yen of an ordinary household (ウ): 80,100 + 733,000 × 1 % = 87,430 yen are theirs.
const BACK: i64 = 212_570;

fn bill(number: &str, person: i64, month: Date) -> ClaimLine {
    claim(number, person, month, 1_000_000, 300_000)
}

/// Nothing moved in the ledger and nothing is said to be due.
async fn nothing_is_paid(hall: &Hall, household: i64) {
    assert_eq!(hall.store.balances(asahikawa(), HouseholdId(household)).await.unwrap(), []);
    assert_eq!(hall.store.benefit_dues_of(asahikawa(), HouseholdId(household)).await.unwrap(), []);
}

/// What stands in the clerks' queue about a household.
async fn told(hall: &Hall, household: i64) -> Vec<(String, String)> {
    let household = HouseholdId(household);
    let latest = hall.store.latest_notices(asahikawa(), Date::new(2025, 4, 1), household..=household).await.unwrap();
    latest.into_iter().filter(|notice| notice.kind == NoticeKind::Held).map(|notice| (notice.slot, notice.detail)).collect()
}

/// One household with one bill and an application.
async fn one(taxes: impl Fn(i32) -> jorei_store::facts::Assertion) -> Hall {
    let mut hall = Hall::open(Database::Sqlite).await;
    hall.resident_with(10, 1, "1975-05-05", INCOME_YEARS.map(taxes).to_vec()).await;
    hall.apply(Benefit::HighCost, 1, 10, MARCH).await;
    hall.take(Date::new(2026, 5, 1), &[bill("C-1", 10, MARCH)]).await;
    hall
}

fn sentence(decided: &Decided) -> String {
    decided.held.first().map(Held::ja).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn taxes_that_nobody_knows_and_incomes_that_are_pending_are_refused_and_told() {
    let mut hall = Hall::open(Database::Sqlite).await;
    hall.resident_with(10, 1, "1975-05-05", Vec::new()).await;
    hall.resident_with(20, 2, "1975-05-05", INCOME_YEARS.map(|year| untaxed(20, year, "pending")).to_vec()).await;
    for household in [1, 2] {
        hall.apply(Benefit::HighCost, household, household * 10, MARCH).await;
    }
    hall.take(Date::new(2026, 5, 1), &[bill("C-1", 10, MARCH), bill("C-2", 20, MARCH)]).await;
    let tally = hall.month(MARCH).await;
    assert_eq!((tally.candidates, tally.refused, tally.orders, tally.due_yen), (2, 2, 0, 0), "{tally:?}");
    for household in [1, 2] {
        nothing_is_paid(&hall, household).await;
        let decided = hall.decide(Slot::HighCost, household, MARCH).await;
        assert!(matches!(decided.held[..], [Held::Refused(_)]), "{decided:?}");
        let told = told(&hall, household).await;
        let slots: Vec<&str> = told.iter().map(|(slot, _)| slot.as_str()).collect();
        assert!(slots.contains(&"classification") && slots.contains(&"high_cost"), "{told:?}");
        assert!(told.iter().all(|(_, detail)| detail.starts_with("2026-03-01の") && detail.contains("計算不能: ")), "{told:?}");
    }
    // The tax office answers: decided, paid, and nobody needs to look any more.
    for (person, household) in [(10, 1), (20, 2)] {
        hall.learn(&INCOME_YEARS.map(|year| taxed(person, year, 3_000_000))).await;
        let decided = hall.decide(Slot::HighCost, household, MARCH).await;
        assert_eq!((decided.held, decided.posted[0].due_yen), (Vec::new(), BACK));
        assert_eq!(told(&hall, household).await, []);
    }
    hall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undeclared_income_is_the_highest_category_until_it_is_declared_and_the_difference_is_paid() {
    let mut hall = one(|year| untaxed(10, year, "undeclared")).await;
    // ア: 252,600 + (1,000,000 - 842,000) × 1 % = 254,180 yen are theirs.
    let first = hall.decide(Slot::HighCost, 1, MARCH).await;
    assert_eq!((first.benefit_yen, first.posted.len()), (Some(300_000 - 254_180), 1));
    assert_eq!(hall.pay().await.values().sum::<i64>(), 45_820);
    hall.learn(&INCOME_YEARS.map(|year| taxed(10, year, 3_000_000))).await;
    let second = hall.month(MARCH).await;
    assert_eq!((second.decided, second.orders, second.ordered_yen), (1, 1, BACK - 45_820), "{second:?}");
    assert_eq!(hall.pay().await.values().sum::<i64>(), BACK - 45_820);
    let classified = hall.store.decision_history(asahikawa(), "classification", MARCH, HouseholdId(1)).await.unwrap();
    assert_eq!(classified.len(), 2);
    // Exempt after all: オ, 35,400 yen.
    hall.learn(&INCOME_YEARS.map(|year| exempt(10, year))).await;
    assert_eq!(hall.month(MARCH).await.ordered_yen, 300_000 - 35_400 - BACK);
    // And the highest income: what was paid beyond must be given back, what had not left is not paid.
    hall.learn(&INCOME_YEARS.map(|year| taxed(10, year, 12_000_000))).await;
    let last = hall.month(MARCH).await;
    assert_eq!((last.orders, last.reclaimed_yen), (0, BACK - 45_820), "{last:?}");
    let stand = super::conservation::adds_up(&hall, [1]).await[&1];
    assert_eq!((stand.due, stand.paid, stand.payable, stand.reclaim), (45_820, BACK, 0, BACK - 45_820));
    hall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_whose_law_nobody_knows_is_refused_with_its_reason_and_one_without_a_revision_not_asked() {
    let hall = one(|year| taxed(10, year, 3_000_000)).await;
    let before = hall.written().await;
    for month in [Date::new(2027, 8, 1), Date::new(2024, 7, 1)] {
        let error = hall.try_month(month).await.unwrap_err();
        assert!(matches!(&error, BenefitError::Revision(RevisionError::NotInForce { .. })), "{error}");
        assert!(error.to_string().contains(&month.to_string()), "{error}");
        assert!(hall.try_decide(Slot::HighCost, 1, month).await.is_err());
    }
    assert_eq!(hall.written().await, before);
    assert!(matches!(hall.try_month(Date::new(2026, 3, 2)).await, Err(BenefitError::Date { .. })));
    assert!(matches!(hall.try_decide(Slot::Premium, 1, MARCH).await, Err(BenefitError::NoBenefit(Slot::Premium))));
    assert!(matches!(hall.try_decide(Slot::HighCost, 77, MARCH).await, Err(BenefitError::Nobody { .. })));
    nothing_is_paid(&hall, 1).await;
    hall.close().await;

    // The same tables in force beyond July 2027: they have a block without values there, which says why.
    let rules = ["classification", "high_cost"].map(|rule| (rule, confirmed(rule)));
    let reach = (WHOLE.0, Date::new(2027, 7, 1));
    let mut hall = Hall::with(&rules, reach).await;
    hall.resident(10, 1, "1975-05-05", 3_000_000).await;
    let revision = hall.store.activations(asahikawa(), "high_cost").await.unwrap()[0].revision;
    let (from, until) = (Date::new(2027, 8, 1), Date::new(2027, 9, 1));
    let plan =
        Plan { revision, from, until, reason: "試行".into(), rollback: false, emergency: false, checkers: 1, eligible: Vec::new() };
    // It may be put in force: what is refused are the cases, each with the reason of the block.
    difference(&hall.store, &RUNTIME, asahikawa(), &plan).await.unwrap();
    let classification = hall.store.activations(asahikawa(), "classification").await.unwrap()[0].revision;
    for revision in [revision, classification] {
        hall.office.activate(&hall.store, &RUNTIME, revision, (from, until)).await;
    }
    hall.learn(&[taxed(10, 2026, 3_000_000)]).await;
    hall.apply_with(Benefit::HighCost, 1, (10, 10), from, Date::new(2027, 10, 1), Vec::new()).await;
    hall.take(Date::new(2027, 10, 1), &[bill("C-1", 10, from)]).await;
    let tally = hall.month(from).await;
    assert_eq!((tally.candidates, tally.refused, tally.orders), (1, 1, 0), "{tally:?}");
    let decided = hall.decide(Slot::HighCost, 1, from).await;
    assert!(matches!(decided.held[..], [Held::Refused(_)]) && sentence(&decided).contains("政令"), "{decided:?}");
    nothing_is_paid(&hall, 1).await;
    hall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unconfirmed_table_makes_a_provisional_decision_that_pays_nothing() {
    let rules = ["classification", "high_cost"].map(|rule| (rule, ordinance(rule)));
    let mut hall = Hall::with(&rules, (Date::new(2025, 4, 1), Date::new(2027, 4, 1))).await;
    hall.resident(10, 1, "1975-05-05", 3_000_000).await;
    let august = Date::new(2026, 8, 1);
    hall.apply(Benefit::HighCost, 1, 10, august).await;
    hall.take(Date::new(2026, 10, 1), &[bill("C-1", 10, august)]).await;
    let tally = hall.month(august).await;
    assert_eq!((tally.decided, tally.provisional, tally.orders, tally.due_yen), (1, 1, 0, 0), "{tally:?}");
    let decided = hall.decide(Slot::HighCost, 1, august).await;
    // 85,800 + (1,000,000 - 286,000) × 1 % = 92,940 yen would be theirs.
    assert_eq!((decided.held.clone(), decided.benefit_yen), (vec![Held::Provisional], Some(300_000 - 92_940)));
    assert!(sentence(&decided).contains("二人で確認"));
    nothing_is_paid(&hall, 1).await;
    let household = HouseholdId(1);
    let notices = hall.store.latest_notices(asahikawa(), Date::new(2026, 4, 1), household..=household).await.unwrap();
    assert!(notices.iter().any(|notice| notice.slot == "high_cost" && notice.detail.contains("2026-08-01の高額療養費: 仮決定です")));
    hall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_candidate_waits_for_its_application_and_one_that_comes_too_late_is_a_clerks_matter() {
    let mut hall = Hall::open(Database::Sqlite).await;
    for household in [1, 2, 3] {
        hall.resident(household * 10, household, "1975-05-05", 3_000_000).await;
    }
    let lines: Vec<ClaimLine> = [1, 2, 3].map(|household| bill(&format!("C-{household}"), household * 10, MARCH)).into();
    hall.take(Date::new(2026, 5, 1), &lines).await;
    // Treated in March 2026: from 1 April 2028 on it can no longer be claimed (two years, Act art. 110).
    hall.apply_with(Benefit::HighCost, 2, (20, 20), MARCH, Date::new(2028, 3, 31), Vec::new()).await;
    hall.apply_with(Benefit::HighCost, 3, (30, 30), MARCH, Date::new(2028, 4, 1), Vec::new()).await;
    let tally = hall.month(MARCH).await;
    assert_eq!((tally.candidates, tally.without_application, tally.orders, tally.held), (3, 1, 1, 1), "{tally:?}");
    let decided = hall.decide(Slot::HighCost, 1, MARCH).await;
    assert_eq!(decided.held, [Held::NoApplication]);
    assert!(sentence(&decided).contains("勧奨"));
    // Whoever has not applied is no clerk's work; whoever is late is.
    assert_eq!(told(&hall, 1).await, []);
    assert_eq!(hall.decide(Slot::HighCost, 3, MARCH).await.held, [Held::Lapsed]);
    assert!(told(&hall, 3).await[0].1.contains("時効"));
    for household in [1, 3] {
        nothing_is_paid(&hall, household).await;
    }
    let found = jorei_service::benefits::month::candidates(&hall.store, asahikawa(), MARCH).await.unwrap();
    let candidates: Vec<(i64, i64, Option<Date>)> = found.iter().map(|one| (one.household.0, one.yen, one.bar_on)).collect();
    let bar = Some(Date::new(2028, 4, 1));
    assert_eq!(candidates, [(1, BACK, bar), (3, BACK, bar)]);
    hall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_payment_is_suspended_nothing_is_paid_and_afterwards_it_is() {
    let hall = one(|year| taxed(10, year, 3_000_000)).await;
    let suspended = i64::try_from(RESTRICTIONS.iter().position(|word| *word == "payment_suspended").unwrap()).unwrap();
    let span = |until: Date| fact(10, Kind::BenefitRestrictions, (Date::new(2026, 10, 1), until), Some(vec![suspended]));
    hall.learn(&[span(Date::MAX)]).await;
    let tally = hall.month(MARCH).await;
    assert_eq!((tally.held, tally.orders), (1, 0), "{tally:?}");
    let decided = hall.decide(Slot::HighCost, 1, MARCH).await;
    assert_eq!((decided.held.clone(), decided.benefit_yen), (vec![Held::Suspended], Some(BACK)));
    assert!(sentence(&decided).contains("一時差止"));
    assert!(told(&hall, 1).await.iter().any(|(slot, _)| slot == "high_cost"));
    nothing_is_paid(&hall, 1).await;
    // It ended on the day before the decision.
    hall.learn(&[fact(10, Kind::BenefitRestrictions, (DECIDED_ON, Date::MAX), None)]).await;
    assert_eq!(hall.month(MARCH).await.ordered_yen, BACK);
    assert_eq!(told(&hall, 1).await, []);
    hall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_an_order_is_at_the_bank_its_correction_waits_for_the_answer() {
    let mut hall = one(|year| taxed(10, year, 3_000_000)).await;
    assert_eq!(hall.month(MARCH).await.orders, 1);
    let (lines, by_line) = hall.send().await;
    let order = by_line[&lines[0].payment.get()];
    assert_eq!((lines.len(), lines[0].amount.get()), (1, u64::try_from(BACK).unwrap().try_into().unwrap()));
    // The cost falls to 500,000 yen: 80,100 + 2,330 are theirs of 150,000.
    hall.take(Date::new(2026, 7, 1), &[super::hall::replaced(&bill("C-1", 10, MARCH), 500_000, 150_000)]).await;
    let waits = hall.month(MARCH).await;
    assert_eq!((waits.decided, waits.held, waits.orders, waits.reclaimed_yen), (1, 1, 0, 0), "{waits:?}");
    assert_eq!(hall.decide(Slot::HighCost, 1, MARCH).await.held, [Held::Underway(order)]);
    assert_eq!(hall.dues(1, Slot::HighCost, MARCH).await.len(), 1);
    hall.told(&lines, Outcome::Paid).await;
    let after = hall.month(MARCH).await;
    assert_eq!((after.held, after.reclaimed_yen), (0, BACK - 67_570), "{after:?}");
    let stand = super::conservation::adds_up(&hall, [1]).await[&1];
    assert_eq!((stand.due, stand.paid, stand.reclaim), (67_570, BACK, BACK - 67_570));
    hall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_the_bank_refused_is_taken_up_by_the_correction() {
    let mut hall = one(|year| taxed(10, year, 3_000_000)).await;
    assert_eq!(hall.month(MARCH).await.orders, 1);
    let (lines, _) = hall.send().await;
    hall.told(&lines, Outcome::Failed).await;
    hall.take(Date::new(2026, 7, 1), &[super::hall::replaced(&bill("C-1", 10, MARCH), 500_000, 150_000)]).await;
    let after = hall.month(MARCH).await;
    assert_eq!((after.orders, after.ordered_yen, after.reclaimed_yen), (1, 67_570, 0), "{after:?}");
    let stand = super::conservation::adds_up(&hall, [1]).await[&1];
    assert_eq!((stand.due, stand.payable, stand.paid, stand.reclaim), (67_570, 67_570, 0, 0));
    hall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_public_aid_pays_in_part_still_makes_its_month_count() {
    let mut hall = Hall::open(Database::Sqlite).await;
    hall.resident(10, 1, "1975-05-05", 3_000_000).await;
    let mut lines = Vec::new();
    for (at, month) in months(Date::new(2025, 12, 1), 4).into_iter().enumerate() {
        let aided = ClaimLine { aid_code: Some(54), ..bill(&format!("C-{at}"), 10, month) };
        lines.push(if at == 1 { aided } else { bill(&format!("C-{at}"), 10, month) });
        hall.apply(Benefit::HighCost, 1, 10, month).await;
    }
    hall.take(Date::new(2026, 5, 1), &lines).await;
    let ordered: Vec<i64> = {
        let mut ordered = Vec::new();
        for month in months(Date::new(2025, 12, 1), 4) {
            ordered.push(hall.month(month).await.ordered_yen);
        }
        ordered
    };
    // In the fourth month 44,400 yen are theirs.
    assert_eq!(ordered, [BACK, BACK, BACK, 255_600]);
    hall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_household_that_moved_in_keeps_the_months_that_were_handed_over_until_they_are_revoked() {
    let mut hall = Hall::open(Database::Sqlite).await;
    hall.resident(10, 1, "1975-05-05", 3_000_000).await;
    hall.apply(Benefit::HighCost, 1, 10, MARCH).await;
    hall.take(Date::new(2026, 5, 1), &[bill("C-1", 10, MARCH)]).await;
    let hand = async |month: Date, revoked: bool| {
        let handover = Handover { household: HouseholdId(1), month, source: "転出元からの通知".into(), revoked };
        hall.store.save_handover(asahikawa(), &handover, &stamp()).await.unwrap();
    };
    // The window reaches back eleven months: March 2025 is out of it.
    for month in [Date::new(2025, 3, 1), Date::new(2025, 4, 1), Date::new(2025, 12, 1)] {
        hand(month, false).await;
    }
    assert_eq!(hall.month(MARCH).await.ordered_yen, BACK);
    hand(Date::new(2026, 1, 1), false).await;
    // The fourth month: 44,400 instead of 87,430 yen; the order that had not left is taken up.
    assert_eq!(hall.month(MARCH).await.ordered_yen, 255_600);
    hand(Date::new(2025, 4, 1), true).await;
    let revoked = hall.month(MARCH).await;
    assert_eq!((revoked.orders, revoked.ordered_yen, revoked.reclaimed_yen), (1, BACK, 0), "{revoked:?}");
    let stand = super::conservation::adds_up(&hall, [1]).await[&1];
    assert_eq!((stand.due, stand.payable), (BACK, BACK));
    hall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_after_the_loss_of_the_qualification_counts_only_when_a_clerk_says_so() {
    let mut hall = Hall::open(Database::Sqlite).await;
    hall.resident(10, 1, "1975-05-05", 3_000_000).await;
    hall.resident(11, 1, "1975-05-05", 0).await;
    // Lost on the last of February; the other one stays.
    hall.learn(&[insured(11, "2015-04-01", Some("2026-02-28"))]).await;
    hall.learn(&[fact(11, Kind::Qualification, (Date::new(2026, 2, 28), Date::MAX), None)]).await;
    hall.apply(Benefit::HighCost, 1, 10, MARCH).await;
    let lost = ClaimLine { institution: 9_920_000_002, ..bill("C-2", 11, MARCH) };
    hall.take(Date::new(2026, 5, 1), &[bill("C-1", 10, MARCH), lost]).await;
    let found = hall.store.claim_findings(asahikawa(), 0, 10).await.unwrap();
    let findings: Vec<_> = found.iter().map(|line| (line.person, line.finding)).collect();
    assert_eq!(findings, [(PersonId(11), Some(ClaimFinding::NotQualified))]);
    assert_eq!(hall.month(MARCH).await.ordered_yen, BACK);
    settle(&hall.store, asahikawa(), found[0].ordinal, Way::Counts, "資格の確認済", APPLIED_ON, &stamp()).await.unwrap();
    // Two bills of a household: 600,000 less 80,100 + (2,000,000 - 267,000) × 1 % = 97,430.
    let both = hall.month(MARCH).await;
    assert_eq!((both.refused, both.orders, both.reclaimed_yen), (1, 0, 0), "the register says otherwise: {both:?}");
    assert!(sentence(&hall.decide(Slot::HighCost, 1, MARCH).await).contains("資格"));
    let stand = super::conservation::adds_up(&hall, [1]).await[&1];
    assert_eq!((stand.due, stand.payable), (BACK, BACK), "what was ordered before stands");
    hall.learn(&[insured(11, "2015-04-01", Some("2026-03-31"))]).await;
    let corrected = hall.month(MARCH).await;
    assert_eq!((corrected.refused, corrected.ordered_yen), (0, 600_000 - 97_430), "{corrected:?}");
    super::conservation::adds_up(&hall, [1]).await;
    hall.close().await;
}
