//! Benefits: applications and what was examined of them, the simplified procedure, handed-over months, and what is due.

use super::{LEARNT, day, office, some_revision, stamp};
use crate::benefits::{
    Application, ApplicationEvent, ApplicationEventKind, ApplicationSaved, BenefitDue, BenefitKey, Handover, Simplified,
};
use crate::decisions::NewDecision;
use crate::orders::{Book, PayeeKind, PaymentOrder};
use crate::{Store, StoreError};
use jorei_domain::benefit::Benefit;
use jorei_domain::decision::{Decision, Evidence, Outcome};
use jorei_domain::id::{Digest, HouseholdId, Knowledge, Municipality, PersonId};
use jorei_domain::ledger::{Account, Event, Phase, Posting, Transfer};
use jorei_domain::money::Yen;
use jorei_domain::record::{Fact, Kind};
use jorei_domain::slot::Slot;
use jorei_domain::table::ABSENT;

const HOME: HouseholdId = HouseholdId(4);

fn application() -> Application {
    Application {
        number: 0,
        slot: Slot::LumpSum,
        benefit: Benefit::Funeral,
        on: day("2026-05-20"),
        household: HOME,
        person: PersonId(9),
        applicant: PersonId(8),
        received_on: day("2026-06-01"),
        document: "窓口".into(),
    }
}

fn funeral(number: i64, applied_on: &str) -> Fact {
    let values = vec![20_260_520, number, 20_260_522, 0, day(applied_on).packed()];
    Fact { kind: Kind::Funerals, values, source: format!("給付申請 {number}") }
}

fn registration() -> Simplified {
    let (from, document) = (day("2026-04-01"), "窓口".into());
    Simplified { number: 0, household: HOME, head: PersonId(8), from, set_off: true, document, ended_on: None }
}

fn handover(month: &str, revoked: bool) -> Handover {
    Handover { household: HOME, month: day(month), source: "国保情報集約システム".into(), revoked }
}

/// A decision by which so much more is due, with its order.
async fn due(store: &Store, office: Municipality, version: i64, before: i64, due: i64) -> Result<(), StoreError> {
    let revision = some_revision(store, office).await;
    let history = store.decision_history(office, "high_cost", day("2026-05-01"), HOME).await?;
    let decision = Decision {
        municipality: office,
        slot: "high_cost".into(),
        household: HOME,
        on: day("2026-05-01"),
        revision,
        evidence: Evidence::default(),
        outcome: Outcome::Decided { provisional: false, results: vec![] },
        trace: vec![u8::try_from(version).unwrap()],
        supersedes: history.last().map(|last| last.id),
    };
    let (knowledge, decided_on, recorded_at) = (Knowledge(1), LEARNT, stamp().at);
    let packed = NewDecision { decision, version, knowledge, decided_on, fuel: 1, amount: Some(due), recorded_at }.pack()?;
    let number = store.next_order(office).await?;
    let (debit, credit) = (Account::benefits(2026, Benefit::HighCost), Account::payable(HOME, number));
    let yen = Yen::new(due - before);
    let posting = Posting {
        id: Digest::of(&version.to_be_bytes()),
        event: Event::BenefitDecided,
        booked_on: LEARNT,
        decision: Some(packed.id()),
        reference: "checks".into(),
        transfers: vec![Transfer { debit, credit, yen, phase: Phase::Posted, effective: LEARNT }],
        overpayments: vec![],
    };
    let order = PaymentOrder {
        number,
        household: HOME,
        posting: posting.id,
        decision: packed.id(),
        payee_kind: PayeeKind::Head,
        payee: Some(PersonId(8)),
        principal: yen,
        interest: Yen::new(0),
        decided_on: LEARNT,
        replaces: None,
    };
    let key = BenefitKey { benefit: Benefit::HighCost, number: None, person: None };
    let new = BenefitDue {
        ordinal: 0,
        household: HOME,
        slot: Slot::HighCost,
        on: day("2026-05-01"),
        key,
        decision: packed.id(),
        due_yen: due,
        before_yen: before,
        order: Some(number),
        posting: Some(posting.id),
    };
    let book = Book { municipality: office, postings: vec![posting], orders: vec![order], dues: vec![new] };
    store.save_run(&[packed], &[], &[book], &stamp()).await.map(|_| ())
}

/// A row in every table, for the check that none is ever changed.
pub(super) async fn fill(store: &Store, office: Municipality) {
    let saved = store.save_application(office, &application(), |number| vec![funeral(number, "2026-06-01")], &stamp()).await.unwrap();
    let ApplicationSaved::Here(number) = saved else { panic!("{saved:?}") };
    let event = ApplicationEvent { event: ApplicationEventKind::Completed, on: day("2026-06-02"), reason: String::new() };
    store.save_application_event(office, number, &event, &stamp()).await.unwrap();
    let number = store.save_simplified(office, &registration(), &stamp()).await.unwrap();
    store.end_simplified(office, number, day("2026-07-01"), "世帯主の変更", &stamp()).await.unwrap();
    store.save_handover(office, &handover("2026-03-01", false), &stamp()).await.unwrap();
    due(store, office, 1, 0, 5_000).await.unwrap();
}

pub(super) async fn check(store: &Store) {
    check_applications(store).await;
    check_what_people_said(store).await;
    check_dues(store).await;
}

/// An application that comes twice is one; what was examined last of a kind holds; events stand in order.
async fn check_applications(store: &Store) {
    let office = office(250);
    for _ in 0..2 {
        let saved = store.save_application(office, &application(), |number| vec![funeral(number, "2026-06-01")], &stamp()).await;
        assert_eq!(saved.unwrap(), ApplicationSaved::Here(1));
    }
    // The same again that says something else is not kept, and what is here stays.
    let saved = store.save_application(office, &application(), |number| vec![funeral(number, "2026-06-02")], &stamp()).await;
    assert_eq!(saved.unwrap(), ApplicationSaved::Otherwise(1));
    let other = Application { received_on: day("2026-06-02"), ..application() };
    assert_eq!(store.save_application(office, &other, |_| Vec::new(), &stamp()).await.unwrap(), ApplicationSaved::Here(2));
    assert_eq!(store.application_facts(office, 1).await.unwrap(), [funeral(1, "2026-06-01")]);
    store.save_application_fact(office, 1, &funeral(1, "2026-06-03"), &stamp()).await.unwrap();
    assert_eq!(store.application_facts(office, 1).await.unwrap(), [funeral(1, "2026-06-03")]);
    assert_eq!(store.application_facts(office, 2).await.unwrap(), []);
    let happened = [(ApplicationEventKind::Returned, "写しがない"), (ApplicationEventKind::Completed, "")];
    for (event, reason) in happened {
        let event = ApplicationEvent { event, on: day("2026-06-05"), reason: reason.into() };
        store.save_application_event(office, 1, &event, &stamp()).await.unwrap();
    }
    let kept: Vec<_> = store.application_events(office, 1).await.unwrap().into_iter().map(|event| event.event).collect();
    assert_eq!(kept, happened.map(|(event, _)| event));
    let of_case = store.applications_of_case(office, HOME, Slot::LumpSum, day("2026-05-20")).await.unwrap();
    assert_eq!(of_case, [Application { number: 1, ..application() }, Application { number: 2, ..other }]);
    assert_eq!(store.applications_of(office, HOME).await.unwrap(), of_case);
    assert_eq!(store.applications_of(office, HouseholdId(HOME.0 + 1)).await.unwrap(), []);
    assert_eq!(store.applications(office, 1, 9).await.unwrap().len(), 1);
    assert_eq!(store.application(office, 3).await.unwrap(), None);
    let unknown = store.save_application_fact(office, 3, &funeral(3, "2026-06-01"), &stamp()).await;
    assert!(matches!(unknown, Err(StoreError::Database(_))), "{unknown:?}");
    assert_eq!(store.audit_verify(office, &[], |_| {}).await.unwrap(), []);
}

/// A registration that ended holds no more; of a month that was handed over twice the last word holds.
async fn check_what_people_said(store: &Store) {
    let office = office(251);
    for _ in 0..2 {
        assert_eq!(store.save_simplified(office, &registration(), &stamp()).await.unwrap(), 1);
    }
    assert!(store.simplified_of(office, HOME).await.unwrap()[0].holds(day("2026-07-01")));
    store.end_simplified(office, 1, day("2026-07-01"), "世帯主の変更", &stamp()).await.unwrap();
    let known = store.simplified_of(office, HOME).await.unwrap();
    assert!(known[0].holds(day("2026-06-30")) && !known[0].holds(day("2026-07-01")) && !known[0].holds(day("2026-03-31")));
    assert!(store.end_simplified(office, 1, day("2026-08-01"), "again", &stamp()).await.is_err(), "it ended before");
    // Registered again it is another one.
    assert_eq!(store.save_simplified(office, &registration(), &stamp()).await.unwrap(), 2);
    for (month, revoked) in [("2026-03-01", false), ("2026-04-01", false), ("2026-03-01", true)] {
        store.save_handover(office, &handover(month, revoked), &stamp()).await.unwrap();
    }
    let months = |from: &str, until: &str| day(from)..=day(until);
    let all = store.handovers(office, HOME..=HOME, months("2025-08-01", "2026-07-01")).await.unwrap();
    assert_eq!(all, [handover("2026-03-01", true), handover("2026-04-01", false)]);
    assert_eq!(store.handovers(office, HOME..=HOME, months("2026-04-01", "2026-04-01")).await.unwrap().len(), 1);
    let others = HouseholdId(5)..=HouseholdId(9);
    assert_eq!(store.handovers(office, others, months("2025-08-01", "2026-07-01")).await.unwrap(), []);
    assert_eq!(store.audit_verify(office, &[], |_| {}).await.unwrap(), []);
}

/// What is due stands with the decision and its order, in their transaction: all of it or nothing.
async fn check_dues(store: &Store) {
    let office = office(252);
    due(store, office, 1, 0, 5_000).await.unwrap();
    due(store, office, 2, 5_000, 8_000).await.unwrap();
    let dues = store.benefit_dues(office, HOME, Slot::HighCost, day("2026-05-01")).await.unwrap();
    let said: Vec<_> = dues.iter().map(|due| (due.ordinal, due.before_yen, due.due_yen, due.order)).collect();
    assert_eq!(said, [(1, 0, 5_000, Some(1)), (2, 5_000, 8_000, Some(2))]);
    assert_eq!(store.benefit_dues_of(office, HOME).await.unwrap(), dues);
    assert_eq!(store.benefit_dues_of_order(office, 2).await.unwrap(), dues[1..]);
    assert_eq!(store.balance(office, Account::benefits(2026, Benefit::HighCost)).await.unwrap().debit(), 8_000);
    assert!(store.pays_benefit(office, 1).await.unwrap() && !store.pays_benefit(office, 3).await.unwrap());
    let months = day("2026-04-01")..=day("2026-05-01");
    let latest = store.high_cost_decisions(office, HOME..=HOME, months).await.unwrap();
    assert_eq!(latest.iter().map(|stored| stored.version).collect::<Vec<_>>(), [2]);
    // A version that is taken writes nothing, the order and what is due included.
    assert!(due(store, office, 2, 8_000, 9_000).await.is_err());
    assert_eq!(store.benefit_dues_of(office, HOME).await.unwrap(), dues);
    assert_eq!(store.next_order(office).await.unwrap(), 3);
    assert_eq!(dues[0].key.person.map_or(ABSENT, |person| person.0), ABSENT);
    assert_eq!(store.audit_verify(office, &[], |_| {}).await.unwrap(), []);
}
