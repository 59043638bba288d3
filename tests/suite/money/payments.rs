//! Payments as their events are documented, until a service makes them: the one place to replace. And a write-off of more than
//! is open, which no service makes.

use super::hall::{here, stamp};
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, HouseholdId};
use jorei_domain::ledger::{Account, AccountKind, Event, Instalment, Phase, Posting, Transfer, TransferId};
use jorei_domain::money::Yen;
use jorei_store::ledger::Posted;
use jorei_store::{Store, StoreError};

fn posting(name: &str, event: Event, (debit, credit): (Account, Account), yen: i64, phase: Phase, on: Date) -> Posting {
    Posting {
        id: Digest::of(name.as_bytes()),
        event,
        booked_on: on,
        decision: None,
        reference: "試験".into(),
        transfers: vec![Transfer { debit, credit, yen: Yen::new(yen), phase, effective: on }],
        overpayments: Vec::new(),
    }
}

async fn post(store: &Store, posting: Posting) -> Result<Posted, StoreError> {
    store.post(here(), &[posting], &stamp()).await.map(|posted| posted[0])
}

/// The name of an order's line: what its postings are known by.
pub(super) fn line(order: i64, attempt: u32) -> String {
    format!("order {order} line {attempt}")
}

/// The pending transfer of a line.
fn pending(line: &str) -> TransferId {
    TransferId { posting: Digest::of(format!("{line} sent").as_bytes()), line: 0 }
}

fn sides(household: i64, order: i64) -> (Account, Account) {
    (Account::payable(HouseholdId(household), order), Account::bank())
}

/// A line goes out in a bank file.
pub(super) async fn send(store: &Store, (household, order): (i64, i64), line: &str, yen: i64, on: Date) -> Result<Posted, StoreError> {
    post(store, posting(&format!("{line} sent"), Event::Sent, sides(household, order), yen, Phase::Pending, on)).await
}

/// The bank paid a line.
pub(super) async fn paid(store: &Store, (household, order): (i64, i64), line: &str, yen: i64, on: Date) -> Result<Posted, StoreError> {
    post(store, posting(&format!("{line} paid"), Event::Paid, sides(household, order), yen, Phase::Post(pending(line)), on)).await
}

/// The bank could not pay a line, or it was recalled in time.
pub(super) async fn failed(store: &Store, (household, order): (i64, i64), line: &str, yen: i64, on: Date) -> Result<Posted, StoreError> {
    post(store, posting(&format!("{line} failed"), Event::Failed, sides(household, order), yen, Phase::Void(pending(line)), on)).await
}

/// The bank gave back what it had paid.
pub(super) async fn returned(store: &Store, (household, order): (i64, i64), line: &str, yen: i64, on: Date) -> Result<Posted, StoreError> {
    let (payable, bank) = sides(household, order);
    post(store, posting(&format!("{line} returned"), Event::Returned, (bank, payable), yen, Phase::Posted, on)).await
}

/// So much of an instalment, or of a charge of it, is given up.
pub(super) async fn written_off(
    store: &Store,
    name: &str,
    of: (i64, Instalment),
    kind: AccountKind,
    yen: i64,
    on: Date,
) -> Result<Posted, StoreError> {
    let account = |kind| Account::of_instalment(kind, HouseholdId(of.0), of.1);
    let sides = (account(AccountKind::WrittenOff), account(kind));
    post(store, posting(name, Event::WrittenOff, sides, yen, Phase::Posted, on)).await
}
