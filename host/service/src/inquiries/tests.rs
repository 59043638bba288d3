use super::*;
use crate::office_of_two::{TODAY, stamp};
use crate::payees::trial_desk::{Desk, WATCH, present};
use jorei_connector::{DependantLoss, EmploymentInsurance, Instant, LeavingReason};

const KANA: &str = "ヤマダ ハナコ";

fn question(person: i64, what: What) -> Question {
    Question {
        person: PersonId(person),
        household: Some(HouseholdId(1)),
        what,
        legal_row: LegalRow::Row69,
        matter: Matter::parse("premium").unwrap(),
        affair: Affair::Assessment,
        case: CaseReference::parse("R8-15").unwrap(),
        on: TODAY,
    }
}

#[tokio::test]
async fn a_lost_connection_loses_and_doubles_nothing() {
    let desk = Desk::open().await;
    let (store, here) = (&desk.office.store, desk.office.here);
    let order = desk.order(1, KANA, 5_000).await;
    desk.consent(1, 11, TODAY).await;
    desk.register.says(11, present("0000019", KANA));
    // The server has it, and we do not know: the connection broke.
    *desk.register.lose_next.lock().unwrap() = true;
    *desk.register.silent.lock().unwrap() = true;
    let ran = desk.exchange().await;
    assert!(ran.trouble.is_some() && ran.sent == 0, "{ran:?}");
    assert_eq!(store.unsent_inquiries(here, 9).await.unwrap().len(), 1);
    let ran = desk.exchange().await;
    assert_eq!((ran.sent, ran.trouble), (1, None));
    assert_eq!(desk.register.asked.lock().unwrap().len(), 1);
    // It was read, and we stopped before it was written: it is read again.
    *desk.register.silent.lock().unwrap() = false;
    {
        let by = stamp();
        drop(run(store, &desk.register, &desk.vault, here, TODAY, &by));
    }
    assert_eq!(store.last_answer(here).await.unwrap(), 0);
    assert_eq!(desk.exchange().await.applied, 1);
    assert_eq!(desk.exchange().await, Ran::default());
    assert!(desk.state(order).await.standing.is_ready());
    assert_eq!(store.payee_accounts(here, order).await.unwrap().len(), 1);
    desk.is_sound().await;
}

#[tokio::test]
async fn repeated_foreign_and_contradicting_answers_change_nothing_and_are_listed() {
    let desk = Desk::open().await;
    let (store, here) = (&desk.office.store, desk.office.here);
    let order = desk.fixed(1, KANA, "0000019", 5_000).await;
    let first = desk.register.answers.lock().unwrap()[0].clone();
    desk.register.tell(Answer { sequence: 2, ..first.clone() });
    desk.register.tell(Answer { sequence: 3, query: QueryId::new([9; 16]), ..first.clone() });
    let ran = desk.exchange().await;
    assert_eq!((ran.applied, ran.repeated, ran.exceptions), (0, 1, 1));
    assert!(desk.state(order).await.standing.is_ready());
    desk.register.tell(Answer { sequence: 4, standing: present("0000027", KANA), ..first });
    assert_eq!(desk.exchange().await.exceptions, 1);
    assert_eq!(desk.state(order).await.word(), "contradicted");
    let listed: Vec<_> = store.answer_exceptions(here, 0, 9).await.unwrap().iter().map(|one| (one.sequence, one.usage)).collect();
    assert_eq!(listed, [(3, Use::Unknown), (4, Use::Contradicted)]);
    desk.is_sound().await;
}

#[tokio::test]
async fn answers_become_facts_with_the_inquiry_as_their_source() {
    let desk = Desk::open().await;
    let (store, here) = (&desk.office.store, desk.office.here);
    desk.office.resident(11, KANA, 1, "旭川市9条通9丁目1-2").await;
    let income = Income { salary_revenue_yen: Some(jorei_domain::money::Yen::new(3_000_000)), ..Income::bare(2025, IncomeState::Known) };
    let left =
        EmploymentInsurance { left: Date::new(2026, 3, 31), reason: LeavingReason::parse("11").unwrap(), class: Some(Class::Ordinary) };
    let lost = DependantLoss { lost: Date::new(2026, 4, 1) };
    for (what, found) in [
        (What::Income { year: 2025 }, Found::Income(income)),
        (What::EmploymentInsurance, Found::EmploymentInsurance(left)),
        (What::DependantLoss, Found::DependantLoss(lost)),
    ] {
        desk.register.says(11, Told::Present(found));
        let id = ask(store, here, &question(11, what), TODAY, &stamp()).await.unwrap();
        // The same question on the same day is the same inquiry.
        assert_eq!(ask(store, here, &question(11, what), TODAY, &stamp()).await.unwrap(), id);
        assert_eq!(desk.exchange().await.applied, 1);
    }
    let facts = store.person_facts(here, PersonId(11), store.latest_knowledge(here).await.unwrap()).await.unwrap();
    let of = |kind| facts.iter().find(|fact| fact.kind == kind).unwrap();
    assert_eq!((of(Kind::Incomes).from, of(Kind::Incomes).values.as_ref().unwrap()[1]), (Date::new(2025, 1, 1), 3_000_000));
    assert_eq!(of(Kind::Unemployment).from, Date::new(2026, 3, 31));
    assert!(facts.iter().filter(|fact| fact.source.starts_with("情報連携 照会番号")).count() == 2);
    let progress: Vec<_> =
        store.inquiries(here, false, 0, 9).await.unwrap().into_iter().map(|one| Progress::of(one, TODAY, &WATCH)).collect();
    assert_eq!(progress.iter().map(|one| one.state.as_str()).collect::<Vec<_>>(), ["present"; 3]);
    assert_eq!(progress[2].says(), "被扶養者でなくなった日 2026-04-01");
    desk.is_sound().await;
}

#[tokio::test]
async fn what_is_open_shows_its_age_and_protected_persons_are_not_asked_about() {
    let desk = Desk::open().await;
    let (store, here) = (&desk.office.store, desk.office.here);
    desk.office.resident(11, KANA, 1, "旭川市9条通9丁目1-2").await;
    desk.office.resident(12, KANA, 1, "旭川市9条通9丁目1-2").await;
    desk.office.protect(12, TODAY, Date::new(2027, 6, 1)).await;
    let refused = ask(store, here, &question(12, What::Qualification), TODAY, &stamp()).await;
    assert!(matches!(refused, Err(InquiryError::Protected(PersonId(12)))), "{refused:?}");
    assert!(matches!(ask(store, here, &question(99, What::Qualification), TODAY, &stamp()).await, Err(InquiryError::NoSuchPerson(_))));
    ask(store, here, &question(11, What::Qualification), TODAY, &stamp()).await.unwrap();
    let state = |today| async move {
        let open = store.inquiries(here, true, 0, 9).await.unwrap().remove(0);
        let progress = Progress::of(open, today, &WATCH);
        (progress.state.clone(), progress.days)
    };
    assert_eq!(state(TODAY).await, ("unsent".into(), 0));
    *desk.register.silent.lock().unwrap() = true;
    desk.exchange().await;
    assert_eq!(state(TODAY).await, ("asked".into(), 0));
    assert_eq!(state(Date::new(2026, 6, 4)).await, ("asked".into(), 3));
    assert_eq!(state(Date::new(2026, 6, 5)).await, ("timed_out".into(), 4));
    assert_eq!(Instant::parse("2026-06-01T00:00:00Z").unwrap().as_str(), "2026-06-01T00:00:00Z");
}
