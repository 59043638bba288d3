//! What is applied for one by one: births, funerals, what was paid in full, meals that were charged too high. Each is one
//! application, one decision and one order to the right person, with figures of the publications that the rules' case files name.

use super::conservation::adds_up;
use super::hall::{APPLIED_ON, Database, Hall, INCOME_YEARS, exempt};
use jorei_domain::benefit::Benefit;
use jorei_domain::calendar::Date;
use jorei_domain::id::{HouseholdId, PersonId};
use jorei_domain::record::{Kind, RESTRICTIONS};
use jorei_domain::slot::Slot;
use jorei_service::benefits::applications::{Incoming, State, examine, note, receive, standing};
use jorei_service::benefits::{BenefitError, Held};
use jorei_store::benefits::{ApplicationEvent, ApplicationEventKind};
use jorei_store::facts::Assertion;
use jorei_store::notices::NoticeKind;
use serde_json::{Value, json};

use super::super::reassessment::{asahikawa, fact};
use super::hall::stamp;

/// What was examined of an application, as a case file states it.
type Examined = (Kind, Value);

/// A benefit is applied for, decided and ordered: so much, to this person; and paid by the bank's file.
async fn paid(slot: Slot, benefit: Benefit, day: Date, on: Date, (person, applicant): (i64, i64), examined: Examined, yen: i64) {
    let mut hall = Hall::open(Database::Sqlite).await;
    hall.resident(10, 1, "1975-05-05", 3_000_000).await;
    hall.resident(11, 1, "1994-09-12", 0).await;
    // Somebody of another household may hold a funeral.
    hall.resident(20, 2, "1970-01-01", 3_000_000).await;
    if slot == Slot::Hospital {
        hall.learn(&INCOME_YEARS.map(|year| exempt(10, year))).await;
        hall.learn(&INCOME_YEARS.map(|year| exempt(11, year))).await;
    }
    let number = hall.apply_with(benefit, 1, (person, applicant), day, APPLIED_ON, vec![examined]).await;
    assert_eq!(standing(&hall.store, asahikawa(), number).await.unwrap().state, State::Completed);
    let decided = hall.decide(slot, 1, on).await;
    assert_eq!((decided.held, decided.benefit_yen, decided.posted.len()), (Vec::new(), Some(yen), 1), "{}", benefit.word());
    let posted = &decided.posted[0];
    assert_eq!((posted.key.benefit, posted.key.number, posted.due_yen), (benefit, Some(number), yen));
    let order = posted.order.expect("an order").0;
    let order = hall.store.order(asahikawa(), order).await.unwrap().unwrap();
    assert_eq!((order.payee, order.principal.get(), order.interest.get()), (Some(PersonId(applicant)), yen, 0));
    assert_eq!(standing(&hall.store, asahikawa(), number).await.unwrap().state, State::Decided);
    // Decided once more it is the same decision.
    let before = hall.written().await;
    assert!(!hall.decide(slot, 1, on).await.new);
    assert_eq!(hall.written().await, before);
    hall.happens(number, ApplicationEventKind::Notified, super::hall::DECIDED_ON).await;
    assert_eq!(standing(&hall.store, asahikawa(), number).await.unwrap().state, State::Notified);
    assert_eq!(hall.pay().await.into_values().collect::<Vec<i64>>(), [yen]);
    assert_eq!(standing(&hall.store, asahikawa(), number).await.unwrap().state, State::Paid);
    // Taken back after it was paid: all of it must be given back.
    let event =
        ApplicationEvent { event: ApplicationEventKind::Withdrawn, on: super::hall::DECIDED_ON, reason: "申請者の申出".into() };
    note(&hall.store, asahikawa(), number, &event, &stamp()).await.unwrap();
    let taken_back = hall.decide(slot, 1, on).await;
    assert_eq!(taken_back.posted.iter().map(|posted| posted.reclaimed_yen).sum::<i64>(), yen, "{}", benefit.word());
    assert_eq!(adds_up(&hall, [1]).await[&1].reclaim, yen);
    hall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_birth_the_head_gets_what_the_direct_payment_left() {
    let day = Date::new(2026, 5, 20);
    let of = |direct_yen: i64| {
        (
            Kind::Childbirths,
            json!({ "children": 1, "gestation_days": 275, "compensated": true, "other_insurer": false, "direct_yen": direct_yen }),
        )
    };
    // 500,000 with compensation; the institution's bill was 462,000.
    paid(Slot::LumpSum, Benefit::Childbirth, day, day, (11, 10), of(462_000), 38_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_held_the_funeral_is_paid_even_of_another_household() {
    let day = Date::new(2026, 6, 3);
    let funeral = (Kind::Funerals, json!({ "funeral_on": "2026-06-06", "paid_by_other": false }));
    paid(Slot::LumpSum, Benefit::Funeral, day, day, (11, 20), funeral, 30_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_what_was_paid_in_full_the_insurers_part_goes_back() {
    let expense = json!({
        "expense": "medical_expense", "reason": "brace", "paid_yen": 40_000, "assessed_yen": 38_000, "paid_on": "2026-06-10", "documents": true
    });
    let (day, month) = (Date::new(2026, 6, 10), Date::new(2026, 6, 1));
    // Seven tenths of 38,000.
    paid(Slot::Expense, Benefit::MedicalExpense, day, month, (10, 10), (Kind::Expenses, expense), 26_600).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_could_not_be_moved_otherwise_gets_the_cheapest_usual_way_whole() {
    let transport = json!({
        "expense": "transport", "paid_yen": 30_000, "assessed_yen": 24_800, "paid_on": "2026-06-15", "documents": true,
        "treatment_insured": true, "hardly_movable": true, "unavoidable": true
    });
    let (day, month) = (Date::new(2026, 6, 10), Date::new(2026, 6, 1));
    paid(Slot::Expense, Benefit::Transport, day, month, (10, 10), (Kind::Expenses, transport), 24_800).await;
}

/// One application of a person of a household of their own; answers what is due, or why nothing is.
async fn decided_of(
    birth: &str,
    learnt: &[Assertion],
    benefit: Benefit,
    day: Date,
    on: Date,
    examined: Examined,
) -> (Option<i64>, Vec<Held>) {
    let mut hall = Hall::open(Database::Sqlite).await;
    hall.resident(10, 1, birth, 1_000_000).await;
    hall.learn(learnt).await;
    hall.apply_with(benefit, 1, (10, 10), day, APPLIED_ON, vec![examined]).await;
    let slot = jorei_service::benefits::applications::slot_of(benefit).unwrap();
    let decided = hall.decide(slot, 1, on).await;
    let ordered: i64 = decided.posted.iter().filter_map(|posted| posted.order).map(|(_, yen)| yen).sum();
    assert_eq!(ordered, if decided.held.is_empty() { decided.benefit_yen.unwrap() } else { 0 });
    hall.close().await;
    (decided.benefit_yen, decided.held)
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_pays_all_under_a_restriction_gets_the_insurers_part_back_and_nobody_else_does() {
    let (day, month) = (Date::new(2026, 6, 10), Date::new(2026, 6, 1));
    let expense = json!({
        "expense": "special_medical_expense", "paid_yen": 50_000, "assessed_yen": 50_000, "paid_on": "2026-06-15", "documents": true
    });
    let special = i64::try_from(RESTRICTIONS.iter().position(|word| *word == "special_care").unwrap()).unwrap();
    let restricted = [fact(10, Kind::BenefitRestrictions, (Date::new(2026, 4, 1), Date::MAX), Some(vec![special]))];
    let of = |learnt: &'static [Assertion], expense: Value| {
        decided_of("1980-02-03", learnt, Benefit::SpecialMedicalExpense, day, month, (Kind::Expenses, expense))
    };
    // Seven tenths of 50,000.
    let restricted: &'static [Assertion] = Vec::leak(restricted.into());
    assert_eq!(of(restricted, expense.clone()).await, (Some(35_000), Vec::new()));
    let (yen, held) = of(&[], expense).await;
    assert!(yen.unwrap_or(0) == 0, "{yen:?} {held:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_designated_disease_owes_less_for_living_in_hospital() {
    let month = Date::new(2025, 5, 1);
    let stay = json!({
        "bed": "long_term_care_bed", "days": 10, "meals": 10, "charged_meal_yen": 400, "charged_residence_yen": 50,
        "intractable": true, "high_need": false, "type_2": false
    });
    // 300 a meal and nothing for residence: 10 x 100 + 10 x 50.
    let found = decided_of("1954-03-10", &[], Benefit::LivingCostDifference, month, month, (Kind::HospitalStays, stay)).await;
    assert_eq!(found, (Some(1_500), Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_things_in_a_month_each_keeps_its_own_reason_to_wait() {
    let mut hall = Hall::open(Database::Sqlite).await;
    hall.resident(10, 1, "1975-05-05", 3_000_000).await;
    let (day, month) = (Date::new(2026, 6, 10), Date::new(2026, 6, 1));
    let brace = |assessed_yen: i64| {
        json!({ "expense": "medical_expense", "reason": "brace", "paid_yen": 40_000, "assessed_yen": assessed_yen,
            "paid_on": "2026-06-10", "documents": true })
    };
    let document = "郵送".to_owned();
    let (household, person) = (HouseholdId(1), PersonId(10));
    let (benefit, facts) = (Benefit::MedicalExpense, vec![(Kind::Expenses, brace(30_000))]);
    let incoming = Incoming { benefit, day, household, person, applicant: person, received_on: APPLIED_ON, document, facts };
    let first = receive(&hall.store, asahikawa(), &incoming, &stamp()).await.unwrap();
    // The same paper cannot say something else.
    let otherwise = Incoming { facts: vec![(Kind::Expenses, brace(38_000))], ..incoming.clone() };
    let refused = receive(&hall.store, asahikawa(), &otherwise, &stamp()).await.unwrap_err().to_string();
    assert!(refused.contains(&format!("number {first} has the same document")), "{refused}");
    assert_eq!(receive(&hall.store, asahikawa(), &incoming, &stamp()).await.unwrap(), first);
    let second = hall.apply_with(benefit, 1, (10, 10), day, APPLIED_ON, vec![(Kind::Expenses, brace(38_000))]).await;
    let decided = hall.decide(Slot::Expense, 1, month).await;
    assert_eq!((decided.held, decided.posted.len(), decided.posted[0].due_yen), (Vec::new(), 1, 26_600));
    let (lines, by_line) = hall.send().await;
    let order = by_line[&lines[0].payment.get()];
    // While the second is at the bank it turns out to be less; the first is complete now, and payment is suspended.
    examine(&hall.store, asahikawa(), second, (Kind::Expenses, &brace(36_000)), &stamp()).await.unwrap();
    hall.happens(first, ApplicationEventKind::Completed, APPLIED_ON).await;
    let suspended = i64::try_from(RESTRICTIONS.iter().position(|word| *word == "payment_suspended").unwrap()).unwrap();
    let since = Date::new(2026, 10, 1);
    hall.learn(&[fact(10, Kind::BenefitRestrictions, (since, Date::MAX), Some(vec![suspended]))]).await;
    assert_eq!(hall.decide(Slot::Expense, 1, month).await.held, [Held::Suspended, Held::Underway(order)]);
    // The one that waits for the bank is nobody's work; the suspended one is a clerk's.
    let told = hall.store.latest_notices(asahikawa(), Date::new(2026, 4, 1), HouseholdId(1)..=HouseholdId(1)).await.unwrap();
    let told: Vec<_> = told.iter().filter(|notice| notice.slot == "expense" && notice.kind == NoticeKind::Held).collect();
    assert!(told.len() == 1 && told[0].detail.contains("一時差止") && !told[0].detail.contains("支出命令"), "{told:?}");
    hall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn meals_of_an_exempt_household_that_were_charged_in_full_are_paid_back() {
    let stay = json!({ "bed": "general_bed", "days": 15, "meals": 45, "charged_meal_yen": 510 });
    let month = Date::new(2025, 5, 1);
    // 45 meals at 510 where 240 was due.
    paid(Slot::Hospital, Benefit::MealDifference, month, month, (10, 10), (Kind::HospitalStays, stay), 12_150).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_without_what_must_be_examined_is_not_complete_and_one_of_nothing_is_refused() {
    let mut hall = Hall::open(Database::Sqlite).await;
    hall.resident(10, 1, "1975-05-05", 3_000_000).await;
    let day = Date::new(2026, 6, 3);
    let incoming = |benefit: Benefit, facts: Vec<Examined>| Incoming {
        benefit,
        day,
        household: HouseholdId(1),
        person: PersonId(10),
        applicant: PersonId(10),
        received_on: APPLIED_ON,
        document: "窓口受付".into(),
        facts,
    };
    let number = receive(&hall.store, asahikawa(), &incoming(Benefit::Funeral, Vec::new()), &stamp()).await.unwrap();
    assert!(matches!(hall.try_decide(Slot::LumpSum, 1, day).await, Err(BenefitError::NoApplication { .. })));
    let completed = ApplicationEvent { event: ApplicationEventKind::Completed, on: APPLIED_ON, reason: String::new() };
    let error = note(&hall.store, asahikawa(), number, &completed, &stamp()).await.unwrap_err();
    assert!(error.to_string().contains("funerals"), "{error}");
    // What was examined of another benefit, a benefit that nobody applies for, and a case that is not there.
    let stay = json!({ "bed": "general_bed", "days": 15, "meals": 45, "charged_meal_yen": 510 });
    for (benefit, facts) in [(Benefit::Funeral, vec![(Kind::HospitalStays, stay)]), (Benefit::CareInKind, Vec::new())] {
        let wrong = receive(&hall.store, asahikawa(), &incoming(benefit, facts), &stamp()).await;
        assert!(matches!(wrong, Err(BenefitError::Application(_))), "{wrong:?}");
    }
    assert!(matches!(standing(&hall.store, asahikawa(), 77).await, Err(BenefitError::NoSuchApplication(77))));
    assert_eq!(hall.store.benefit_dues_of(asahikawa(), HouseholdId(1)).await.unwrap(), []);
    hall.close().await;
}
