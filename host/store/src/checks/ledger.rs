//! Postings: written once, in balance, within the bounds of each account, whoever writes.

use super::{day, office, packed, some_revision, stamp};
use crate::ledger::{LedgerError, Posted};
use crate::{Store, StoreError};
use jorei_domain::decision::Failure;
use jorei_domain::id::{Digest, HouseholdId, Municipality};
use jorei_domain::ledger::{Account, AccountKind, Balance, Event, Instalment, Overpayment, Phase, Posting, Transfer, TransferId};
use jorei_domain::money::Yen;
use sqlx::{AssertSqlSafe, Executor as _, SqlSafeStr as _};

const FIRST: Instalment = Instalment { year: 2025, collection: 0, number: 1 };

fn of(kind: AccountKind, household: i64) -> Account {
    Account::of_instalment(kind, HouseholdId(household), FIRST)
}

fn transfer(debit: Account, credit: Account, yen: i64, phase: Phase) -> Transfer {
    Transfer { debit, credit, yen: Yen::new(yen), phase, effective: day("2025-06-30") }
}

fn posting(name: &str, event: Event, transfers: Vec<Transfer>) -> Posting {
    Posting {
        id: Digest::of(name.as_bytes()),
        event,
        booked_on: day("2025-07-01"),
        decision: None,
        reference: "checks".into(),
        transfers,
        overpayments: vec![],
    }
}

fn assessed(name: &str, household: i64, yen: i64) -> Posting {
    let (debit, credit) = (of(AccountKind::Receivable, household), of(AccountKind::Levied, household));
    posting(name, Event::Assessed, vec![transfer(debit, credit, yen, Phase::Posted)])
}

fn arisen(household: i64) -> Overpayment {
    let number = FIRST.overpayment(1);
    Overpayment {
        household: HouseholdId(household),
        number,
        cause: 4,
        arose_on: day("2025-06-30"),
        requested_on: None,
        tax_notified_on: None,
    }
}

fn collected() -> Account {
    Account::collected(1, day("2025-06-30"))
}

async fn refused(store: &Store, office: Municipality, postings: &[Posting]) -> LedgerError {
    match store.post(office, postings, &stamp()).await {
        Err(StoreError::Ledger(error)) => error,
        other => panic!("expected a refusal of the ledger, got {other:?}"),
    }
}

/// Rows for the check of append-only tables.
pub(super) async fn fill(store: &Store, office: Municipality) {
    store.post(office, &[assessed("fill", 1, 100)], &stamp()).await.unwrap();
}

pub(super) async fn check(store: &Store) {
    check_idempotence(store).await;
    check_bounds(store).await;
    check_phases(store).await;
    check_decisions(store).await;
    check_past_the_code(store).await;
    check_race(store).await;
}

/// The same id is the same posting, or an error; a call writes all of its postings or none.
async fn check_idempotence(store: &Store) {
    let office = office(210);
    let one = assessed("one", 1, 10_000);
    assert_eq!(store.post(office, std::slice::from_ref(&one), &stamp()).await.unwrap(), [Posted::New]);
    assert_eq!(store.post(office, std::slice::from_ref(&one), &stamp()).await.unwrap(), [Posted::Already]);
    // The other municipality does not know it.
    assert_eq!(store.post(super::office(211), std::slice::from_ref(&one), &stamp()).await.unwrap(), [Posted::New]);
    let other = Posting { transfers: assessed("", 1, 10_001).transfers, ..one.clone() };
    assert_eq!(refused(store, office, &[assessed("two", 2, 1), other]).await, LedgerError::OtherContent(one.id));
    assert_eq!(store.posting(office, Digest::of(b"two")).await.unwrap(), None);
    assert_eq!(store.posting(office, one.id).await.unwrap().unwrap().posting, one);
    let empty = posting("empty", Event::Assessed, vec![]);
    assert!(matches!(refused(store, office, &[empty]).await, LedgerError::Malformed { .. }));
    let stands = store.balance(office, of(AccountKind::Receivable, 1)).await.unwrap();
    assert_eq!(stands, Balance { debits: 10_000, ..Balance::default() });
    assert_eq!(store.entries(office, HouseholdId(1)).await.unwrap().len(), 1);
    assert_eq!(store.entries_of_account(office, of(AccountKind::Levied, 1)).await.unwrap().len(), 1);
    assert!(store.check_ledger(office).await.unwrap().is_empty());
    assert_eq!(store.audit_verify(office, &[], |_| {}).await.unwrap(), []);
}

/// Nothing is taken off that is not there.
async fn check_bounds(store: &Store) {
    let office = office(212);
    let receivable = of(AccountKind::Receivable, 5);
    let receipt = |name: &str, number, yen| {
        let unmatched = Account::unmatched(number);
        [
            posting(&format!("{name} in"), Event::Received, vec![transfer(collected(), unmatched, yen, Phase::Posted)]),
            posting(&format!("{name} used"), Event::Matched, vec![transfer(unmatched, receivable, yen, Phase::Posted)]),
        ]
    };
    store.post(office, &[assessed("a", 5, 10_000)], &stamp()).await.unwrap();
    let paid = receipt("r1", 1, 10_001);
    assert_eq!(refused(store, office, &paid).await, LedgerError::Short(paid[1].id));
    // The receipt of the refused call is not there either.
    assert_eq!(store.balance(office, Account::unmatched(1)).await.unwrap(), Balance::default());
    store.post(office, &receipt("r2", 2, 10_000), &stamp()).await.unwrap();
    assert_eq!(refused(store, office, &receipt("r3", 3, 1)).await, LedgerError::Short(Digest::of(b"r3 used")));
    // What is paid cannot be taken off, but becomes an overpayment.
    let levied = of(AccountKind::Levied, 5);
    let lowered = posting("lowered", Event::Reduced, vec![transfer(levied, receivable, 3_000, Phase::Posted)]);
    assert_eq!(refused(store, office, &[lowered]).await, LedgerError::Short(Digest::of(b"lowered")));
    let overpaid = Account::overpaid(HouseholdId(5), FIRST.overpayment(1));
    let lowered = posting("lowered", Event::Reduced, vec![transfer(levied, overpaid, 3_000, Phase::Posted)]);
    assert_eq!(refused(store, office, std::slice::from_ref(&lowered)).await, LedgerError::NoOverpayment(lowered.id, 5, overpaid.item));
    store.post(office, &[Posting { overpayments: vec![arisen(5)], ..lowered }], &stamp()).await.unwrap();
    assert_eq!(store.overpayments(office, HouseholdId(5)).await.unwrap(), [arisen(5)]);
    let order = Account::payable(HouseholdId(5), 1);
    let refund = |name, yen| posting(name, Event::RefundDecided, vec![transfer(overpaid, order, yen, Phase::Posted)]);
    assert_eq!(refused(store, office, &[refund("too much", 3_001)]).await, LedgerError::Short(Digest::of(b"too much")));
    store.post(office, &[refund("refund", 3_000)], &stamp()).await.unwrap();
    let open = store.open_accounts(office, AccountKind::Payable, None, 10).await.unwrap();
    assert_eq!(open.iter().map(|(account, balance)| (*account, balance.credit())).collect::<Vec<_>>(), [(order, 3_000)]);
    assert!(store.open_accounts(office, AccountKind::Overpaid, None, 10).await.unwrap().is_empty());
    assert!(store.check_ledger(office).await.unwrap().is_empty());
}

/// A pending transfer reserves, and ends once.
async fn check_phases(store: &Store) {
    let office = office(213);
    let receipt = Account::unmatched(9);
    let announced = posting("announced", Event::Announced, vec![transfer(collected(), receipt, 500, Phase::Pending)]);
    store.post(office, &[announced.clone(), assessed("a", 1, 500)], &stamp()).await.unwrap();
    // Nothing of an announcement can be used.
    let used = |name| posting(name, Event::Matched, vec![transfer(receipt, of(AccountKind::Receivable, 1), 500, Phase::Posted)]);
    assert_eq!(refused(store, office, &[used("early")]).await, LedgerError::Short(Digest::of(b"early")));
    let ending = TransferId { posting: announced.id, line: 0 };
    let end = |name, event, yen, phase| posting(name, event, vec![transfer(collected(), receipt, yen, phase)]);
    let other = end("other", Event::Received, 499, Phase::Post(ending));
    assert_eq!(refused(store, office, &[other]).await, LedgerError::Ended(Digest::of(b"other")));
    store.post(office, &[end("final", Event::Received, 500, Phase::Post(ending)), used("used")], &stamp()).await.unwrap();
    for (name, event, phase) in [("twice", Event::Received, Phase::Post(ending)), ("late", Event::Revoked, Phase::Void(ending))] {
        assert_eq!(refused(store, office, &[end(name, event, 500, phase)]).await, LedgerError::Ended(Digest::of(name.as_bytes())));
    }
    // An order in a bank file cannot be used for anything else, until it failed.
    let (overpaid, order) = (Account::overpaid(HouseholdId(1), FIRST.overpayment(1)), Account::payable(HouseholdId(1), 1));
    let more = posting("more", Event::Received, vec![transfer(collected(), Account::unmatched(10), 700, Phase::Posted)]);
    let over = posting("over", Event::Matched, vec![transfer(Account::unmatched(10), overpaid, 700, Phase::Posted)]);
    let over = Posting { overpayments: vec![arisen(1)], ..over };
    let decided = posting("decided", Event::RefundDecided, vec![transfer(overpaid, order, 700, Phase::Posted)]);
    let sent = |name| posting(name, Event::Sent, vec![transfer(order, Account::bank(), 700, Phase::Pending)]);
    store.post(office, &[more, over, decided, sent("sent")], &stamp()).await.unwrap();
    assert_eq!(refused(store, office, &[sent("again")]).await, LedgerError::Short(Digest::of(b"again")));
    let back = posting("back", Event::RefundWithdrawn, vec![transfer(order, overpaid, 700, Phase::Posted)]);
    assert_eq!(refused(store, office, std::slice::from_ref(&back)).await, LedgerError::Short(back.id));
    let failed = Phase::Void(TransferId { posting: Digest::of(b"sent"), line: 0 });
    store
        .post(office, &[posting("failed", Event::Failed, vec![transfer(order, Account::bank(), 700, failed)]), sent("again")], &stamp())
        .await
        .unwrap();
    assert!(store.check_ledger(office).await.unwrap().is_empty());
    assert_eq!(store.audit_verify(office, &[], |_| {}).await.unwrap(), []);
}

/// What is not decided for good moves nothing.
async fn check_decisions(store: &Store) {
    let office = office(214);
    let revision = some_revision(store, office).await;
    let failed = packed(office, revision, 1, 1, Failure::Trap, None);
    store.save_decisions(std::slice::from_ref(&failed), &stamp()).await.unwrap();
    for (name, decision) in [("failed", failed.id()), ("unknown", Digest::of(b"nothing"))] {
        let posting = Posting { decision: Some(decision), ..assessed(name, 1, 1) };
        assert_eq!(refused(store, office, &[posting]).await, LedgerError::Unsettled(Digest::of(name.as_bytes())));
    }
}

/// Whoever writes past the code meets the same bounds; whoever edits a balance is found.
async fn check_past_the_code(store: &Store) {
    let office = office(215);
    store.post(office, &[assessed("a", 1, 100)], &stamp()).await.unwrap();
    let mut connection = store.pool.acquire().await.unwrap();
    let number = office.number();
    let copy = "INSERT INTO transfer (municipality, posting, line, debit_kind, debit_household, debit_year, debit_item, credit_kind, \
        credit_household, credit_year, credit_item, yen, phase, of_posting, of_line, effective) SELECT municipality, posting, ";
    let rest = format!("FROM transfer WHERE municipality = {number}");
    let turned = format!(
        "{copy} 1, credit_kind, credit_household, credit_year, credit_item, debit_kind, debit_household, debit_year, debit_item, 101, 0, \
         of_posting, of_line, effective {rest}"
    );
    let negative = format!(
        "{copy} 1, debit_kind, debit_household, debit_year, debit_item, credit_kind, credit_household, credit_year, credit_item, -1, 0, \
         of_posting, of_line, effective {rest}"
    );
    let same = format!(
        "{copy} 1, debit_kind, debit_household, debit_year, debit_item, debit_kind, debit_household, debit_year, debit_item, 1, 0, \
         of_posting, of_line, effective {rest}"
    );
    for sql in [turned, negative, same, format!("DELETE FROM balance WHERE municipality = {number}")] {
        let done = (*connection).execute(AssertSqlSafe(sql.clone()).into_sql_str()).await;
        assert!(done.is_err(), "{sql} was taken");
    }
    assert!(store.check_ledger(office).await.unwrap().is_empty());
    let edit = format!("UPDATE balance SET debits = debits + 1 WHERE municipality = {number} AND kind = 1");
    (*connection).execute(AssertSqlSafe(edit).into_sql_str()).await.unwrap();
    let wrong = store.check_ledger(office).await.unwrap();
    assert!(wrong.iter().any(|text| text.starts_with("account receivable 1/2025/1")), "{wrong:?}");
    assert!(wrong.iter().any(|text| text.starts_with("the sum over all accounts is 1")), "{wrong:?}");
}

/// Of two who take the same yen at once one gets it.
async fn check_race(store: &Store) {
    let office = office(216);
    let unmatched = Account::unmatched(1);
    let receipt = posting("in", Event::Received, vec![transfer(collected(), unmatched, 100, Phase::Posted)]);
    store.post(office, &[assessed("a", 1, 100), assessed("b", 2, 100), receipt], &stamp()).await.unwrap();
    let use_for = |name, household| {
        posting(name, Event::Matched, vec![transfer(unmatched, of(AccountKind::Receivable, household), 100, Phase::Posted)])
    };
    let (one, other) = ([use_for("one", 1)], [use_for("other", 2)]);
    let by = stamp();
    let (first, second) = tokio::join!(store.post(office, &one, &by), store.post(office, &other, &by));
    assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
    assert!(store.check_ledger(office).await.unwrap().is_empty());
}
