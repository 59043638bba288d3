//! Steps about arrears: recorded once, in an order that can be, with their fees.

use super::{day, office, stamp};
use crate::arrears::{ArrearsEvent, Step, standing_demand};
use crate::{Store, StoreError};
use jorei_domain::id::{HouseholdId, Municipality};
use jorei_domain::ledger::{Account, AccountKind, Event, Instalment, Phase, Posting, Transfer};
use jorei_domain::money::Yen;

const HOME: HouseholdId = HouseholdId(7);

fn instalment(number: u16) -> Instalment {
    Instalment { year: 2025, collection: 0, number }
}

async fn levy(store: &Store, office: Municipality, numbers: &[u16]) {
    let account = |kind, number| Account::of_instalment(kind, HOME, instalment(number));
    let transfer = |number: &u16| Transfer {
        debit: account(AccountKind::Receivable, *number),
        credit: account(AccountKind::Levied, *number),
        yen: Yen::new(10_000),
        phase: Phase::Posted,
        effective: day("2025-06-15"),
    };
    let posting = Posting {
        id: jorei_domain::id::Digest::of(b"levy"),
        event: Event::Assessed,
        booked_on: day("2025-06-15"),
        decision: None,
        reference: "checks".into(),
        transfers: numbers.iter().map(transfer).collect(),
        overpayments: vec![],
    };
    store.post(office, &[posting], &stamp()).await.unwrap();
}

fn step(step: Step, on: &str, numbers: &[u16], of: Option<i64>) -> ArrearsEvent {
    let event = ArrearsEvent::of(HOME, step, day(on), numbers.iter().map(|number| instalment(*number)).collect(), "理由");
    ArrearsEvent { of, ..event }
}

fn promise(on: &str, payments: &[(&str, i64)]) -> ArrearsEvent {
    let payments = payments.iter().map(|(on, yen)| (day(on), Yen::new(*yen))).collect();
    ArrearsEvent { payments, ..step(Step::Promised, on, &[1], None) }
}

fn grace(from: &str, until: &str) -> ArrearsEvent {
    ArrearsEvent { from: Some(day(from)), until: Some(day(until)), grace: Some(0), ..step(Step::Granted, from, &[1], None) }
}

async fn record(store: &Store, office: Municipality, event: ArrearsEvent) -> Result<i64, String> {
    match store.record_arrears(office, &[event], day("2025-09-01"), &stamp()).await {
        Ok(numbers) => Ok(numbers[0]),
        Err(StoreError::Arrears { wrong, .. }) => Err(wrong.to_owned()),
        Err(other) => panic!("{other}"),
    }
}

/// Rows for the check of append-only tables.
pub(super) async fn fill(store: &Store, office: Municipality) {
    levy(store, office, &[1]).await;
    record(store, office, promise("2025-07-25", &[("2025-08-31", 5_000)])).await.unwrap();
}

pub(super) async fn check(store: &Store) {
    let office = office(220);
    levy(store, office, &[1, 2]).await;
    let demand = ArrearsEvent { fee: Yen::new(100), ..step(Step::Demanded, "2025-07-18", &[1, 2], None) };
    let number = record(store, office, demand.clone()).await.unwrap();
    assert_eq!(record(store, office, demand.clone()).await, Ok(number));
    // The fees are owed, once.
    for of in [1, 2] {
        let fee = Account::of_instalment(AccountKind::Fee, HOME, instalment(of));
        assert_eq!(store.balance(office, fee).await.unwrap().debit(), 100);
    }
    check_refusals(store, office, number).await;
    let returned = record(store, office, step(Step::Returned, "2025-07-25", &[1], Some(number))).await.unwrap();
    assert!(record(store, office, step(Step::Returned, "2025-07-26", &[1], Some(number))).await.unwrap_err().contains("taken back"));
    // What came back can be sent again; what did not cannot.
    assert!(record(store, office, step(Step::Demanded, "2025-08-01", &[1, 2], None)).await.unwrap_err().contains("demanded once"));
    let again = record(store, office, step(Step::Demanded, "2025-08-01", &[1], None)).await.unwrap();
    let promised = record(store, office, promise("2025-08-05", &[("2025-08-31", 5_000), ("2025-09-30", 5_000)])).await.unwrap();
    let granted = record(store, office, grace("2025-08-10", "2025-09-10")).await.unwrap();
    assert_eq!([number, returned, again, promised, granted], [1, 2, 3, 4, 5]);
    let events = store.arrears_events(office, HOME).await.unwrap();
    assert_eq!(events.iter().map(|event| event.number).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert_eq!(events[0].event, demand);
    assert_eq!(events[3].event.payments, [(day("2025-08-31"), Yen::new(5_000)), (day("2025-09-30"), Yen::new(5_000))]);
    assert_eq!([1, 2].map(|of| standing_demand(&events, instalment(of)).map(|event| event.number)), [Some(3), Some(1)]);
    let sent = store.arrears_events_on(office, Step::Demanded, day("2025-07-18"), 0, 10).await.unwrap();
    assert_eq!(sent.iter().map(|event| event.number).collect::<Vec<_>>(), [1]);
    assert_eq!(store.owing_households(office, None, 10).await.unwrap(), [HOME]);
    assert_eq!(store.households_in_arrears(office, None, 10).await.unwrap(), [HOME]);
    assert!(store.owing_households(office, Some(HOME), 10).await.unwrap().is_empty());
    assert!(store.check_ledger(office).await.unwrap().is_empty());
    assert_eq!(store.audit_verify(office, &[], |_| {}).await.unwrap(), []);
    check_race(store).await;
}

/// What cannot be is refused with what to do.
async fn check_refusals(store: &Store, office: Municipality, demand: i64) {
    let refused = [
        (step(Step::Seized, "2025-08-01", &[], None), "one or more instalments"),
        (step(Step::Seized, "2025-08-01", &[1, 1], None), "none twice"),
        (step(Step::Seized, "2025-08-01", &[3], None), "never levied"),
        (ArrearsEvent { reason: " ".into(), ..step(Step::Seized, "2025-08-01", &[1], None) }, "no reason"),
        (step(Step::Granted, "2025-08-01", &[1], None), "a later first day"),
        (grace("2025-08-01", "2025-08-01"), "a later first day"),
        (ArrearsEvent { grace: Some(3), ..grace("2025-08-01", "2025-08-02") }, "no such kind"),
        (step(Step::Promised, "2025-08-01", &[1], None), "a promise has days"),
        (promise("2025-08-01", &[("2025-09-30", 1), ("2025-09-30", 1)]), "a promise has days"),
        (promise("2025-08-01", &[("2025-07-31", 1)]), "a promise has days"),
        (promise("2025-08-01", &[("2025-08-31", 0)]), "more than 0 yen"),
        (step(Step::Released, "2025-08-01", &[1], Some(demand)), "not recorded"),
        (step(Step::Released, "2025-08-01", &[1], None), "not recorded"),
        (step(Step::Returned, "2025-07-17", &[1], Some(demand)), "before the step"),
        (ArrearsEvent { fee: Yen::new(1), ..step(Step::Seized, "2025-08-01", &[1], None) }, "only a demand notice"),
    ];
    for (event, expected) in refused {
        let wrong = record(store, office, event.clone()).await.unwrap_err();
        assert!(wrong.contains(expected), "{event:?}: {wrong}");
    }
}

/// Of two who send the notice of one instalment at once one does, and one fee is owed.
async fn check_race(store: &Store) {
    let office = office(221);
    levy(store, office, &[1]).await;
    let demand = |on| [ArrearsEvent { fee: Yen::new(100), ..step(Step::Demanded, on, &[1], None) }];
    let (one, other) = (demand("2025-07-18"), demand("2025-07-19"));
    let (by, booked) = (stamp(), day("2025-07-18"));
    let (first, second) = tokio::join!(store.record_arrears(office, &one, booked, &by), store.record_arrears(office, &other, booked, &by));
    assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
    let fee = Account::of_instalment(AccountKind::Fee, HOME, instalment(1));
    assert_eq!(store.balance(office, fee).await.unwrap().debit(), 100);
}
