//! What must hold of money at any moment, in one place: for every test that moves some.

use super::books::{Books, Stand};
use super::hall::here;
use jorei_domain::calendar::Date;
use jorei_domain::id::HouseholdId;
use jorei_domain::ledger::{Account, AccountKind, Event, Phase};
use jorei_service::{levy, reconciliation};
use jorei_store::Store;
use jorei_store::receipts::{EventKind, ReceiptEvent};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// Past every day of a test.
const LATER: Date = Date::new(2027, 3, 31);
const PAGE: u32 = 500;

/// After a commit: the sum over all accounts is zero, none is short, and each stands where the books say.
pub(super) async fn agrees(store: &Store, books: &Books) -> Result<(), String> {
    let everybody = HouseholdId(0)..=HouseholdId(i64::MAX);
    let mut wanted = books.stands();
    let mut sum = 0;
    for (account, balance) in store.balances_between(here(), everybody).await.map_err(|error| error.to_string())? {
        sum += balance.debit();
        if !balance.keeps(account.kind.bound()) {
            return Err(format!("{account:?} is short: {balance:?}"));
        }
        let (debits_pending, credits_pending) = (balance.debits_pending, balance.credits_pending);
        let stands = Stand { debit: balance.debit(), debits_pending, credits_pending };
        let wanted = wanted.remove(&account).unwrap_or_default();
        if stands != wanted {
            return Err(format!("{account:?} stands at {stands:?}, by the books at {wanted:?}"));
        }
    }
    if sum != 0 {
        return Err(format!("the sum over all accounts is {sum}"));
    }
    match wanted.first_key_value() {
        Some((account, wanted)) => Err(format!("{account:?} is not there, by the books it stands at {wanted:?}")),
        None => Ok(()),
    }
}

/// At an end, by the ledger alone: its transfers add up, each overpayment was appropriated, refunded, lapsed or stands, no order
/// was paid twice, nothing was decided while an announcement of the household was open, and the chain vouches for all of it.
/// Answers how many yen went out.
pub(super) async fn holds(store: &Store) -> Result<i64, String> {
    let told = |error: jorei_store::StoreError| error.to_string();
    let wrong = store.check_ledger(here()).await.map_err(told)?;
    let billed = levy::check(store, here(), LATER).await.map_err(told)?;
    let chain = store.audit_verify(here(), &[], |_| {}).await.map_err(told)?;
    if !(wrong.is_empty() && billed.is_empty() && chain.is_empty()) {
        return Err(format!("ledger {wrong:?}, levy {billed:?}, chain {chain:?}"));
    }
    let control = reconciliation::control(store, here()).await.map_err(told)?;
    if !control.agrees() {
        return Err(format!("receipts do not add up: {control:?}"));
    }
    let mut of_household: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
    let (mut announced, mut paid): (BTreeSet<i64>, BTreeMap<Account, i64>) = (BTreeSet::new(), BTreeMap::new());
    // Of each overpayment what arose, and what became of it.
    let (mut arose, mut became): (BTreeMap<Account, i64>, BTreeMap<Account, i64>) = (BTreeMap::new(), BTreeMap::new());
    let mut after = 0;
    loop {
        let page = store.postings(here(), after, PAGE).await.map_err(told)?;
        let Some(last) = page.last() else { break };
        after = last.ordinal;
        for stored in page {
            let event = stored.posting.event;
            for transfer in &stored.posting.transfers {
                let (debit, credit, yen) = (transfer.debit, transfer.credit, transfer.yen.get());
                match event {
                    Event::Announced => announced.extend([credit.item]),
                    Event::Received | Event::Revoked => announced.retain(|receipt| *receipt != credit.item),
                    Event::Appropriated | Event::RefundDecided => {
                        let household = debit.household.max(credit.household);
                        if let Entry::Vacant(place) = of_household.entry(household) {
                            let receipts = store.receipts_of(here(), HouseholdId(household)).await.map_err(told)?;
                            // Of those that were announced for it: a clerk may give it others later.
                            let its = |event: &ReceiptEvent| {
                                event.kind == EventKind::Announced && event.pays.is_some_and(|(of, _)| of.0 == household)
                            };
                            let its = receipts.iter().filter(|receipt| receipt.events.iter().any(its)).map(|receipt| receipt.number);
                            place.insert(its.collect());
                        }
                        if let Some(early) = of_household[&household].intersection(&announced).next() {
                            return Err(format!("posting {} rests on receipt {early}, which is announced only", stored.posting.id));
                        }
                    }
                    Event::Paid => *paid.entry(debit).or_default() += yen,
                    Event::Returned => *paid.entry(credit).or_default() -= yen,
                    _ => {}
                }
                if matches!(transfer.phase, Phase::Posted) {
                    match (event, debit.kind, credit.kind) {
                        (Event::RefundWithdrawn, _, AccountKind::Overpaid) => *became.entry(credit).or_default() -= yen,
                        (Event::Reversed, AccountKind::Overpaid, _) => *arose.entry(debit).or_default() -= yen,
                        (_, _, AccountKind::Overpaid) => *arose.entry(credit).or_default() += yen,
                        (_, AccountKind::Overpaid, _) => *became.entry(debit).or_default() += yen,
                        _ => {}
                    }
                }
            }
        }
    }
    for (account, arose) in arose {
        let rest = store.balance(here(), account).await.map_err(told)?.credit();
        let became = became.get(&account).copied().unwrap_or(0);
        if arose != became + rest {
            return Err(format!("{account:?}: {arose} yen arose, {became} were used, {rest} stand"));
        }
    }
    for (account, yen) in &paid {
        let order = store.order(here(), account.item).await.map_err(told)?.ok_or_else(|| format!("{account:?} is of no order"))?;
        if *yen > order.principal.get() + order.interest.get() {
            return Err(format!("order {} of {} and {} yen was paid {yen}", order.number, order.principal, order.interest));
        }
    }
    Ok(paid.values().sum())
}
