//! What a receipt is used for (消込), and how a use is undone: plans over what stands, written by nobody here.
//!
//! A receipt pays its instalment: principal, delinquency charge and demand fee in the order that the ordinance asks for; what
//! is more becomes an overpayment. Where the instalment was lowered after it had been paid, part of what a receipt had paid is
//! an overpayment already; taking the receipt back takes that back first. Absent here: who owes what, and why.

use crate::levy::next_overpayment;
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, HouseholdId};
use jorei_domain::ledger::{Account, AccountKind, Balance, Event, Instalment, Overpayment, Phase, Transfer};
use jorei_domain::money::Yen;
use jorei_store::ledger::Entry;
use std::collections::BTreeMap;

/// A part of what is owed for an instalment, in the order of `claims.part`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Part {
    /// 本料.
    Principal,
    /// 延滞金.
    Charge,
    /// 督促手数料.
    Fee,
}

impl Part {
    /// The account that it stands on.
    pub const fn kind(self) -> AccountKind {
        match self {
            Part::Principal => AccountKind::Receivable,
            Part::Charge => AccountKind::Charge,
            Part::Fee => AccountKind::Fee,
        }
    }
}

/// In which order a payment covers what is owed. The principal first, unless the ordinance's delinquency rule says otherwise
/// (Local Tax Act art. 20-9-4).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Order(pub [Part; 3]);

impl Default for Order {
    fn default() -> Order {
        Order([Part::Principal, Part::Charge, Part::Fee])
    }
}

/// Causes of an overpayment that a receipt can have, by their place in the list of causes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum Mistake {
    /// 二重納付.
    PaidTwice = 3,
    /// 過納付.
    PaidTooMuch = 4,
    /// 納付者の誤り.
    WrongPayer = 5,
}

impl Mistake {
    /// All.
    pub const ALL: [Mistake; 3] = [Mistake::PaidTwice, Mistake::PaidTooMuch, Mistake::WrongPayer];

    /// What officials call it.
    pub const fn ja(self) -> &'static str {
        match self {
            Mistake::PaidTwice => "二重納付",
            Mistake::PaidTooMuch => "過大納付",
            Mistake::WrongPayer => "納付者の誤り",
        }
    }

    /// Its word in the list of causes.
    pub fn word(self) -> &'static str {
        jorei_domain::record::OVERPAYMENT_CAUSES[self as usize]
    }
}

/// What stands on the accounts of a household, as far as it was read, moved on by what is planned.
pub(super) type Stands = Vec<(Account, Balance)>;

/// A use that is planned.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Use {
    pub transfers: Vec<Transfer>,
    pub overpayments: Vec<Overpayment>,
}

fn moved(debit: Account, credit: Account, yen: i64, effective: Date) -> Option<Transfer> {
    let yen = Yen::checked(yen).ok().filter(|yen| yen.get() > 0)?;
    Some(Transfer { debit, credit, yen, phase: Phase::Posted, effective })
}

/// Was the instalment ever assessed?
pub(super) fn is_levied(stands: &Stands, household: HouseholdId, instalment: Instalment) -> bool {
    let levied = Account::of_instalment(AccountKind::Levied, household, instalment);
    stands.iter().any(|(account, _)| *account == levied)
}

/// Uses what is unmatched of a receipt for an instalment. `paid_before`: did another receipt pay it before?
pub(super) fn use_for(
    stands: &mut Stands,
    receipt: i64,
    (household, instalment): (HouseholdId, Instalment),
    yen: i64,
    paid_on: Date,
    order: Order,
    paid_before: bool,
) -> Use {
    let unmatched = Account::unmatched(receipt);
    let (mut left, mut planned) = (yen, Use::default());
    let mut owed = 0;
    for part in order.0 {
        let account = Account::of_instalment(part.kind(), household, instalment);
        let Some((_, balance)) = stands.iter_mut().find(|(found, _)| *found == account) else { continue };
        let open = balance.open_debit().max(0);
        owed += open;
        let paid = left.min(open);
        balance.credits += paid;
        left -= paid;
        planned.transfers.extend(moved(unmatched, account, paid, paid_on));
    }
    if left > 0 {
        let mistake = if paid_before && owed == 0 { Mistake::PaidTwice } else { Mistake::PaidTooMuch };
        let more = overpay(stands, receipt, (household, instalment), left, paid_on, mistake);
        planned.transfers.extend(more.transfers);
        planned.overpayments.extend(more.overpayments);
    }
    planned
}

/// Makes what is unmatched of a receipt an overpayment.
pub(super) fn overpay(
    stands: &mut Stands,
    receipt: i64,
    (household, instalment): (HouseholdId, Instalment),
    yen: i64,
    paid_on: Date,
    mistake: Mistake,
) -> Use {
    let number = next_overpayment(instalment, stands);
    let account = Account::overpaid(household, number);
    stands.push((account, Balance { credits: yen, ..Balance::default() }));
    let overpayment = Overpayment { household, number, cause: mistake as u8, arose_on: paid_on, requested_on: None, tax_notified_on: None };
    Use { transfers: moved(Account::unmatched(receipt), account, yen, paid_on).into_iter().collect(), overpayments: vec![overpayment] }
}

/// What a receipt is used for now, by the transfers of its own account in their order.
pub(super) fn uses(receipt: i64, of_account: &[Entry]) -> BTreeMap<Account, i64> {
    let unmatched = Account::unmatched(receipt);
    let mut found = BTreeMap::new();
    for Entry { event, transfer, .. } in of_account {
        match event {
            Event::Matched if transfer.debit == unmatched => *found.entry(transfer.credit).or_default() += transfer.yen.get(),
            // A use is undone whole.
            Event::Reversed => found.clear(),
            _ => {}
        }
    }
    found
}

/// Undoes every use of a receipt in one household. `entries` are all of the household's, in their order; `stands` what is
/// on its accounts.
pub(super) fn undo(
    receipt: i64,
    household: HouseholdId,
    uses: &BTreeMap<Account, i64>,
    entries: &[Entry],
    stands: &mut Stands,
    paid_on: Date,
) -> Vec<Transfer> {
    let (unmatched, reclaim) = (Account::unmatched(receipt), Account::reclaim(household, receipt));
    let mut transfers = Vec::new();
    // What of an overpayment is still there goes back; what was refunded or appropriated is a claim.
    let mut back = |transfers: &mut Vec<Transfer>, overpaid: Option<Account>, yen: i64| -> i64 {
        let found = overpaid.and_then(|overpaid| stands.iter_mut().find(|(account, _)| *account == overpaid));
        let taken = found.map_or(0, |(_, balance)| {
            let taken = yen.min(balance.open_credit().max(0));
            balance.debits += taken;
            taken
        });
        transfers.extend(overpaid.and_then(|overpaid| moved(overpaid, unmatched, taken, paid_on)));
        yen - taken
    };
    let mut claimed = 0;
    for (account, yen) in uses.iter().filter(|(account, _)| account.household == household.0) {
        match account.kind {
            AccountKind::Receivable => {
                let Some(instalment) = account.instalment() else { continue };
                let mut left = (*yen).min(lowered_after_payment(household, instalment, entries));
                transfers.extend(moved(*account, unmatched, *yen - left, paid_on));
                for overpaid in overpaid_by_reduction(household, instalment, entries).into_iter().rev() {
                    left = back(&mut transfers, Some(overpaid), left);
                }
                claimed += left;
            }
            AccountKind::Overpaid => claimed += back(&mut transfers, Some(*account), *yen),
            _ => transfers.extend(moved(*account, unmatched, *yen, paid_on)),
        }
    }
    transfers.extend(moved(reclaim, unmatched, claimed, paid_on));
    transfers
}

/// The overpayments of an instalment that arose by lowering it, in the order in which they arose.
fn overpaid_by_reduction(household: HouseholdId, instalment: Instalment, entries: &[Entry]) -> Vec<Account> {
    let levied = Account::of_instalment(AccountKind::Levied, household, instalment);
    let lowered = entries.iter().filter(|entry| entry.transfer.debit == levied && entry.transfer.credit.kind == AccountKind::Overpaid);
    let mut found: Vec<Account> = lowered.map(|entry| entry.transfer.credit).collect();
    found.dedup();
    found
}

/// What of an instalment's payments became overpayments because it was lowered, and was not taken back with a receipt since.
fn lowered_after_payment(household: HouseholdId, instalment: Instalment, entries: &[Entry]) -> i64 {
    let levied = Account::of_instalment(AccountKind::Levied, household, instalment);
    let receivable = Account::of_instalment(AccountKind::Receivable, household, instalment);
    // What each receipt paid of the instalment's principal, while it is so used.
    let (mut paid, mut undone): (BTreeMap<i64, i64>, Option<(Digest, i64)>) = (BTreeMap::new(), None);
    let mut lowered = 0;
    for Entry { id, event, transfer, .. } in entries {
        let yen = transfer.yen.get();
        match event {
            Event::Reduced if transfer.debit == levied && transfer.credit.kind == AccountKind::Overpaid => lowered += yen,
            Event::Matched if transfer.credit == receivable => *paid.entry(transfer.debit.item).or_default() += yen,
            Event::Reversed if transfer.credit.kind == AccountKind::Unmatched => {
                if undone.is_none_or(|undone| undone != (id.posting, transfer.credit.item)) {
                    undone = Some((id.posting, transfer.credit.item));
                    // Whatever of it does not come back to the instalment came back from an overpayment.
                    lowered -= paid.remove(&transfer.credit.item).unwrap_or(0);
                }
                if transfer.debit == receivable {
                    lowered += yen;
                }
            }
            _ => {}
        }
    }
    lowered.max(0)
}
