//! What must hold of the money of benefits, by plain arithmetic over the ledger's transfers.

use super::super::reassessment::asahikawa;
use super::hall::Hall;
use jorei_domain::calendar::Date;
use jorei_domain::id::HouseholdId;
use jorei_domain::ledger::{AccountKind, Event, Phase};
use jorei_domain::slot::Slot;
use jorei_store::benefits::BenefitKey;
use std::collections::BTreeMap;

/// What became of the benefits of a household, in whole yen.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Stand {
    /// Due in all, by the last word on each thing.
    pub(super) due: i64,
    /// What the office spent on it: debits of the accounts of benefits less their credits.
    pub(super) cost: i64,
    /// Open in payment orders.
    pub(super) payable: i64,
    /// Paid by the bank and not returned.
    pub(super) paid: i64,
    /// To be given back.
    pub(super) reclaim: i64,
    /// What paid arrears.
    pub(super) set_off: i64,
}

/// Where each household stands. Panics where the parts are not the whole.
pub(super) async fn adds_up(hall: &Hall, households: impl IntoIterator<Item = i64>) -> BTreeMap<i64, Stand> {
    let mut all = BTreeMap::new();
    for household in households {
        let mut stand = Stand::default();
        let mut last: BTreeMap<(Slot, Date, BenefitKey), i64> = BTreeMap::new();
        for due in hall.store.benefit_dues_of(asahikawa(), HouseholdId(household)).await.unwrap() {
            let before = last.insert((due.slot, due.on, due.key), due.due_yen).unwrap_or(0);
            assert_eq!(due.before_yen, before, "household {household}: each word goes on from the one before");
        }
        stand.due = last.values().sum();
        for entry in hall.store.entries(asahikawa(), HouseholdId(household)).await.unwrap() {
            let (debit, credit, yen) = (entry.transfer.debit.kind, entry.transfer.credit.kind, entry.transfer.yen.get());
            let posted = matches!(entry.transfer.phase, Phase::Posted);
            match (debit, credit) {
                (AccountKind::Benefits, other) if posted => {
                    stand.cost += yen;
                    match other {
                        AccountKind::Payable => stand.payable += yen,
                        AccountKind::Reclaim => stand.reclaim -= yen,
                        _ => stand.set_off += yen,
                    }
                }
                (other, AccountKind::Benefits) if posted => {
                    stand.cost -= yen;
                    match other {
                        AccountKind::Payable => stand.payable -= yen,
                        _ => stand.reclaim += yen,
                    }
                }
                _ if entry.event == Event::Paid => {
                    stand.payable -= yen;
                    stand.paid += yen;
                }
                _ if entry.event == Event::Returned => {
                    stand.payable += yen;
                    stand.paid -= yen;
                }
                _ => {}
            }
        }
        assert_eq!(stand.cost, stand.due, "household {household}: what was spent is what is due: {stand:?}");
        let parts = stand.payable + stand.paid + stand.set_off - stand.reclaim;
        assert_eq!(parts, stand.due, "household {household}: {stand:?}");
        // The balances say the same as the transfers one by one.
        let (mut payable, mut reclaim) = (0, 0);
        for (account, balance) in hall.store.balances(asahikawa(), HouseholdId(household)).await.unwrap() {
            match account.kind {
                AccountKind::Payable => payable += balance.credit(),
                AccountKind::Reclaim => reclaim += balance.debit(),
                _ => {}
            }
        }
        assert_eq!((payable, reclaim), (stand.payable, stand.reclaim), "household {household}");
        all.insert(household, stand);
    }
    all
}
