//! Receipts: files in their order, whole, once; what is told of each payment; what the chain vouches for.

use super::{day, office, stamp};
use crate::receipts::{Begun, EventKind, Exception, FileKind, NewDelivery, NewFile, ReceiptEvent, ReceiptsError, STATEMENT, Stage};
use crate::{Store, StoreError};
use jorei_domain::id::{Digest, HouseholdId, Municipality};
use jorei_domain::ledger::{Account, AccountKind, Event, Instalment, Phase, Posting, Transfer};
use jorei_domain::money::Yen;
use sqlx::{AssertSqlSafe, Executor as _, SqlSafeStr as _};

const PAYS: (HouseholdId, Instalment) = (HouseholdId(5), Instalment { year: 2025, collection: 0, number: 1 });

fn file(source: u8, kind: FileKind, serial: i64, bytes: &[u8]) -> NewFile {
    NewFile {
        source,
        kind,
        serial,
        made_on: day("2025-07-01"),
        digest: Digest::of(bytes),
        rows: 1,
        unpaid: 0,
        yen: 100,
        bytes: bytes.to_vec(),
        booked_on: day("2025-07-01"),
    }
}

fn posting(name: &str, event: Event, debit: Account, credit: Account) -> Posting {
    Posting {
        id: Digest::of(name.as_bytes()),
        event,
        booked_on: day("2025-07-01"),
        decision: None,
        reference: "checks".into(),
        transfers: vec![Transfer { debit, credit, yen: Yen::new(100), phase: Phase::Posted, effective: day("2025-06-30") }],
        overpayments: vec![],
    }
}

fn told(ordinal: i64, receipt: i64, kind: EventKind, origin: Option<(i64, i64)>) -> ReceiptEvent {
    ReceiptEvent {
        ordinal,
        receipt,
        kind,
        origin,
        slip: "00000000005202500014".into(),
        pays: Some(PAYS),
        paid_on: day("2025-06-30"),
        booked_on: day("2025-07-01"),
        yen: Yen::new(100),
        booking: None,
        used: None,
        exception: None,
        reason: origin.is_none().then(|| "確認".to_owned()),
        at: stamp().at,
        by: stamp().by,
    }
}

/// Takes a file with one confirmed payment of 100 yen; answers the receipt.
async fn take(store: &Store, office: Municipality, serial: i64) -> i64 {
    let by = stamp();
    let mut receiving = store.receiving(office, &by).await.unwrap();
    let bytes = format!("file {serial}");
    let Begun::Now(number) = receiving.begin(&file(1, FileKind::Final, serial, bytes.as_bytes())).await.unwrap() else { panic!("new") };
    let (receipt, ordinal) = (receiving.number_receipt(), receiving.number_event());
    let collected = Account::collected(1, day("2025-06-30"));
    let received = posting(&bytes, Event::Received, collected, Account::unmatched(receipt));
    let event = ReceiptEvent {
        booking: Some(received.id),
        exception: Some(Exception::NotLevied),
        ..told(ordinal, receipt, EventKind::Final, Some((number, 1)))
    };
    receiving.save(&[received], &[(receipt, 1, format!("C{serial}"))], &[event]).await.unwrap();
    receiving.commit().await.unwrap();
    receipt
}

async fn deliver(store: &Store, office: Municipality, serial: i64) {
    let by = stamp();
    let mut receiving = store.receiving(office, &by).await.unwrap();
    let bytes = format!("statement {serial}");
    let begun = receiving.begin(&file(STATEMENT, FileKind::Statement, serial, bytes.as_bytes())).await.unwrap();
    let Begun::Now(number) = begun else { panic!("new") };
    let collected_on = day("2025-06-30");
    let delivered = posting(&bytes, Event::Delivered, Account::bank(), Account::collected(1, collected_on));
    let line = NewDelivery { line: 1, delivered_on: day("2025-07-04"), channel: 1, collected_on, yen: 100, posting: delivered.id };
    receiving.save_deliveries(number, &[delivered], &[line]).await.unwrap();
    receiving.commit().await.unwrap();
}

/// Rows for the check of append-only tables.
pub(super) async fn fill(store: &Store, office: Municipality) {
    take(store, office, 1).await;
    deliver(store, office, 1).await;
}

pub(super) async fn check(store: &Store) {
    check_files(store).await;
    check_exceptions(store).await;
    check_chain(store).await;
}

/// Files of a source come one after the other, each once; a file that is dropped leaves nothing.
async fn check_files(store: &Store) {
    let (office, by) = (office(220), stamp());
    let refused = async |new: NewFile| {
        let mut receiving = store.receiving(office, &by).await.unwrap();
        match receiving.begin(&new).await {
            Err(StoreError::Receipts(error)) => error,
            other => panic!("expected a refusal, got {other:?}"),
        }
    };
    assert_eq!(refused(file(1, FileKind::Final, 2, b"x")).await, ReceiptsError::Gap { source_of: 1, found: 2, next: 1 });
    let mut dropped = store.receiving(office, &by).await.unwrap();
    assert_eq!(dropped.begin(&file(1, FileKind::Final, 1, b"file 1")).await.unwrap(), Begun::Now(1));
    drop(dropped);
    assert_eq!(store.receipt_files(office, i64::MAX, 10).await.unwrap(), []);
    assert_eq!(take(store, office, 1).await, 1);
    assert_eq!(refused(file(1, FileKind::Final, 1, b"other")).await, ReceiptsError::OtherContent { source_of: 1, serial: 1 });
    assert_eq!(refused(file(1, FileKind::Final, 3, b"other")).await, ReceiptsError::Gap { source_of: 1, found: 3, next: 2 });
    let mut again = store.receiving(office, &by).await.unwrap();
    let Begun::Before(stored) = again.begin(&file(1, FileKind::Final, 1, b"file 1")).await.unwrap() else { panic!("taken before") };
    drop(again);
    assert_eq!((stored.number, stored.serial, stored.rows, stored.yen), (1, 1, 1, 100));
    assert_eq!(store.receipt_file(office, Digest::of(b"file 1")).await.unwrap(), Some(stored));
    // Another source has serials of its own.
    deliver(store, office, 1).await;
    let receipt = store.receipt(office, 1).await.unwrap().unwrap();
    assert_eq!((receipt.stage, receipt.yen, receipt.slip, receipt.source.as_str()), (Stage::Final, Yen::new(100), Some(PAYS), "C1"));
    assert_eq!(store.receipt(office, 2).await.unwrap(), None);
    let days = store.collected_days(office, 1, day("2025-06-01"), day("2025-07-01")).await.unwrap();
    let shown: Vec<_> = days.iter().map(|(day, of)| (day.to_string(), of.received_yen, of.delivered_yen, of.announced_yen)).collect();
    assert_eq!(shown, [("2025-06-30".to_owned(), 100, 100, 0)]);
    assert!(store.collected_days(office, 1, day("2025-06-01"), day("2025-06-30")).await.unwrap().is_empty());
    assert_eq!(store.confirmed_receipts(office).await.unwrap(), [(1, 1, 100)]);
    assert_eq!(store.uses_of_receipts(office).await.unwrap(), [(AccountKind::Collected, -100)]);
    assert!(store.check_ledger(office).await.unwrap().is_empty());
}

/// A receipt waits until a clerk said something, and waits again for what is told afterwards.
async fn check_exceptions(store: &Store) {
    let (office, by) = (office(221), stamp());
    let receipt = take(store, office, 1).await;
    let waiting = async || store.receipt_exceptions(office, 0, 10).await.unwrap().iter().map(|known| known.number).collect::<Vec<_>>();
    assert_eq!(waiting().await, [receipt]);
    assert_eq!(store.receipt_exceptions(office, receipt, 10).await.unwrap(), []);
    let add = async |kind, exception| {
        let mut receiving = store.receiving(office, &by).await.unwrap();
        let ordinal = receiving.number_event();
        receiving.save(&[], &[], &[ReceiptEvent { exception, ..told(ordinal, receipt, kind, None) }]).await.unwrap();
        receiving.commit().await.unwrap();
    };
    add(EventKind::Left, None).await;
    assert_eq!(waiting().await, [0_i64; 0]);
    add(EventKind::Repeated, Some(Exception::Repeated)).await;
    assert_eq!(waiting().await, [receipt]);
    let known = store.known_receipt(office, receipt).await.unwrap().unwrap();
    assert_eq!(known.exception(), Some(Exception::Repeated));
    assert_eq!(known.events.len(), 3);
    assert_eq!(store.receipts_of(office, PAYS.0).await.unwrap(), std::slice::from_ref(&known));
    assert_eq!(store.receipts(office, 0, 10).await.unwrap(), [known]);
}

/// Whoever edits what was told, past the triggers, is found.
async fn check_chain(store: &Store) {
    let office = office(222);
    take(store, office, 1).await;
    take(store, office, 2).await;
    deliver(store, office, 1).await;
    assert_eq!(store.audit_verify(office, &[], |_| {}).await.unwrap(), []);
    // A receipt event that no entry vouches for.
    let mut connection = store.pool.acquire().await.unwrap();
    let copy = format!(
        "INSERT INTO receipt_event (municipality, ordinal, receipt, kind, slip, paid_on, booked_on, yen, reason, at, by_whom) \
         SELECT municipality, 99, receipt, 'left', slip, paid_on, booked_on, yen, 'x', at, by_whom FROM receipt_event \
         WHERE municipality = {} AND ordinal = 1",
        office.number()
    );
    (*connection).execute(AssertSqlSafe(copy).into_sql_str()).await.unwrap();
    let broken = store.audit_verify(office, &[], |_| {}).await.unwrap();
    assert!(broken.iter().any(|broken| broken.to_string().contains("1 of 3 rows of kind receipt events")), "{broken:?}");
}
