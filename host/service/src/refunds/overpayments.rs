//! What stands as overpaid, and which payments make it: the last paid are the overpaid ones.
//!
//! Read off the ledger's entries in their order, so that the same ledger gives the same answer whoever asks. What of an
//! overpayment was used already left it with the last paid first. Absent here: what becomes of it.

use super::RefundError;
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, HouseholdId, Municipality};
use jorei_domain::ledger::{Account, AccountKind, Event, Instalment, Overpayment, Phase, Transfer};
use jorei_domain::money::Yen;
use jorei_domain::record::CHANNELS;
use jorei_store::ledger::Entry;
use jorei_store::{Store, StoreError};
use std::collections::{BTreeMap, BTreeSet};

/// A payment, as far as it is overpaid.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct OverpaidPayment {
    /// The day of payment (納付日); of money that was appropriated before, the day that counted.
    pub paid_on: Date,
    /// How much of it is overpaid.
    pub yen: i64,
    /// The receipt.
    pub receipt: i64,
    /// How it was paid: the place in [`CHANNELS`].
    pub channel: u8,
}

/// An overpayment of which something is undecided.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Standing {
    /// What arose, and why.
    pub overpayment: Overpayment,
    /// What is undecided of it; more than 0.
    pub yen: Yen,
    /// The payments that make this up, in the order of their days.
    pub payments: Vec<OverpaidPayment>,
}

/// What stands on a household's overpayment accounts, with cause and payments, in the order of their numbers.
///
/// # Errors
/// [`RefundError::Unpaid`] for one that no payments make up; a [`StoreError`].
pub async fn overpayments(store: &Store, municipality: Municipality, household: HouseholdId) -> Result<Vec<Standing>, RefundError> {
    standing(store, municipality, household, &BTreeSet::new()).await
}

/// As [`overpayments`], as if what some postings of the event [`Event::Appropriated`] and [`Event::RefundDecided`] took had
/// not been taken.
pub(super) async fn standing(
    store: &Store,
    municipality: Municipality,
    household: HouseholdId,
    without: &BTreeSet<Digest>,
) -> Result<Vec<Standing>, RefundError> {
    let entries = store.entries(municipality, household).await?;
    let trail = Trail::of(&entries, without);
    let mut channels = BTreeMap::new();
    let mut found = Vec::new();
    for overpayment in store.overpayments(municipality, household).await? {
        let yen = trail.left.get(&overpayment.number).copied().unwrap_or(0);
        if yen <= 0 {
            continue;
        }
        let number = overpayment.number;
        let mut payments = Vec::new();
        for Paid { paid_on, yen, receipt } in trail.of.get(&number).into_iter().flatten() {
            let receipt = receipt.ok_or(RefundError::Unpaid { household, number })?;
            let channel = match channels.get(&receipt) {
                Some(channel) => *channel,
                None => {
                    let channel = channel(store, municipality, receipt).await?;
                    channels.insert(receipt, channel);
                    channel
                }
            };
            payments.push(OverpaidPayment { paid_on: *paid_on, yen: *yen, receipt, channel });
        }
        payments.sort_unstable();
        if payments.iter().map(|payment| payment.yen).sum::<i64>() != yen {
            return Err(RefundError::Unpaid { household, number });
        }
        let yen = Yen::checked(yen).map_err(|error| StoreError::Damaged(error.to_string()))?;
        found.push(Standing { overpayment, yen, payments });
    }
    Ok(found)
}

/// The channel that told of a receipt, as its entry in the ledger says.
async fn channel(store: &Store, municipality: Municipality, receipt: i64) -> Result<u8, StoreError> {
    let entries = store.entries_of_account(municipality, Account::unmatched(receipt)).await?;
    let told = entries.iter().find(|entry| entry.transfer.debit.kind == AccountKind::Collected).map(|entry| entry.transfer.debit.year);
    let channel = told.and_then(|place| u8::try_from(place).ok()).filter(|channel| usize::from(*channel) < CHANNELS.len());
    channel.ok_or_else(|| StoreError::Damaged(format!("no channel told of receipt {receipt}")))
}

/// Money that came in. No receipt where it is interest that was used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Paid {
    paid_on: Date,
    yen: i64,
    receipt: Option<i64>,
}

/// Money followed through a household's accounts.
#[derive(Default)]
struct Trail {
    /// What paid each instalment and is not overpaid.
    credits: BTreeMap<Account, Vec<Paid>>,
    /// What makes each overpayment.
    of: BTreeMap<i64, Vec<Paid>>,
    /// What is left of each overpayment.
    left: BTreeMap<i64, i64>,
    /// What of an overpayment an order pays out, for when that is taken back.
    ordered: BTreeMap<(i64, i64), Vec<Paid>>,
}

impl Trail {
    fn of(entries: &[Entry], without: &BTreeSet<Digest>) -> Trail {
        let mut trail = Trail::default();
        let mut kept = Vec::new();
        for Entry { id, event, transfer, .. } in entries {
            if !matches!(transfer.phase, Phase::Posted | Phase::Post(_)) {
                continue;
            }
            let taken = trail.follow(*event, transfer);
            if without.contains(&id.posting) && transfer.debit.kind == AccountKind::Overpaid {
                kept.push((transfer.debit.item, taken));
            }
        }
        for (number, taken) in kept {
            trail.give_back(number, taken);
        }
        trail
    }

    /// Follows a transfer; answers what it took from an overpayment.
    fn follow(&mut self, event: Event, transfer: &Transfer) -> Vec<Paid> {
        let Transfer { debit, credit, effective, .. } = *transfer;
        let yen = transfer.yen.get();
        let paid = |receipt| Paid { paid_on: effective, yen, receipt };
        let mut taken = Vec::new();
        match (debit.kind, credit.kind) {
            (AccountKind::Unmatched, AccountKind::Receivable) => self.credits.entry(credit).or_default().push(paid(Some(debit.item))),
            (AccountKind::Unmatched, AccountKind::Overpaid) => self.add(credit.item, vec![paid(Some(debit.item))]),
            // Interest that was used pays like money, of no receipt.
            (AccountKind::Interest, AccountKind::Receivable) => self.credits.entry(credit).or_default().push(paid(None)),
            (AccountKind::Receivable, AccountKind::Unmatched) => {
                let from = self.credits.entry(debit).or_default();
                let mut short = yen - take_receipt(from, yen, credit.item);
                let of_this = |number: i64| {
                    let overpaid = Instalment::of_overpayment(number);
                    overpaid.is_some() && overpaid == debit.instalment()
                };
                for (_, other) in self.of.iter_mut().filter(|(number, _)| of_this(**number)) {
                    short -= exchange(from, other, short, credit.item);
                }
            }
            (AccountKind::Overpaid, AccountKind::Unmatched) => {
                *self.left.entry(debit.item).or_default() -= yen;
                let from = self.of.entry(debit.item).or_default();
                let short = yen - take_receipt(from, yen, credit.item);
                if let Some(instalment) = debit.instalment() {
                    let receivable = Account::of_instalment(AccountKind::Receivable, HouseholdId(debit.household), instalment);
                    exchange(from, self.credits.entry(receivable).or_default(), short, credit.item);
                }
            }
            (AccountKind::Levied, AccountKind::Overpaid) if event == Event::Reduced => {
                let instalment = Account { kind: AccountKind::Receivable, ..debit };
                let last = take(self.credits.entry(instalment).or_default(), yen, None);
                *self.left.entry(credit.item).or_default() += yen;
                self.of.entry(credit.item).or_default().extend(last);
            }
            (AccountKind::Overpaid, to) => {
                *self.left.entry(debit.item).or_default() -= yen;
                taken = take(self.of.entry(debit.item).or_default(), yen, None);
                match to {
                    AccountKind::Receivable => {
                        let used = taken.iter().map(|piece| Paid { paid_on: effective, ..*piece });
                        self.credits.entry(credit).or_default().extend(used);
                    }
                    AccountKind::Payable => self.ordered.entry((credit.item, debit.item)).or_default().extend(taken.iter().copied()),
                    _ => {}
                }
            }
            (AccountKind::Payable, AccountKind::Overpaid) => {
                let mut back = self.ordered.remove(&(debit.item, credit.item)).unwrap_or_default();
                let back = take(&mut back, yen, None);
                self.give_back(credit.item, back);
            }
            _ => {}
        }
        taken
    }

    fn add(&mut self, number: i64, pieces: Vec<Paid>) {
        *self.left.entry(number).or_default() += pieces.iter().map(|piece| piece.yen).sum::<i64>();
        self.of.entry(number).or_default().extend(pieces);
    }

    /// Adds pieces that had left, each to what is left of its payment.
    fn give_back(&mut self, number: i64, pieces: Vec<Paid>) {
        *self.left.entry(number).or_default() += pieces.iter().map(|piece| piece.yen).sum::<i64>();
        let of = self.of.entry(number).or_default();
        for piece in pieces {
            match of.iter_mut().find(|known| (known.paid_on, known.receipt) == (piece.paid_on, piece.receipt)) {
                Some(known) => known.yen += piece.yen,
                None => of.push(piece),
            }
        }
    }
}

/// Takes what is there of a receipt, at most so many yen; answers how many.
fn take_receipt(from: &mut Vec<Paid>, yen: i64, receipt: i64) -> i64 {
    take(from, yen, Some(receipt)).iter().map(|paid| paid.yen).sum()
}

/// A receipt was reversed on one side while its money had been counted on the other: it leaves there, and as much moves
/// over in its place. Answers how many yen.
fn exchange(from: &mut Vec<Paid>, other: &mut Vec<Paid>, yen: i64, receipt: i64) -> i64 {
    let gone = take_receipt(other, yen, receipt);
    let moved = take(from, gone, None);
    other.extend(moved);
    gone
}

/// Takes yen off payments, the last paid first, of one receipt alone where one is given; answers what was taken.
fn take(from: &mut Vec<Paid>, yen: i64, receipt: Option<i64>) -> Vec<Paid> {
    // Of one day the one that was booked last counts as paid last: the sort is stable.
    from.sort_by_key(|paid| paid.paid_on);
    let (mut left, mut taken) = (yen, Vec::new());
    for paid in from.iter_mut().rev().filter(|paid| receipt.is_none() || paid.receipt == receipt) {
        let part = left.min(paid.yen);
        if part > 0 {
            paid.yen -= part;
            left -= part;
            taken.push(Paid { yen: part, ..*paid });
        }
    }
    from.retain(|paid| paid.yen > 0);
    taken
}

#[cfg(test)]
mod tests {
    use super::*;
    use jorei_domain::ledger::TransferId;

    const HOME: HouseholdId = HouseholdId(7);
    const FIRST: Instalment = Instalment { year: 2025, collection: 0, number: 1 };
    const NUMBER: i64 = FIRST.overpayment(1);

    fn day(month: i32, day: i32) -> Date {
        Date::new(2025, month, day)
    }

    fn receivable() -> Account {
        Account::of_instalment(AccountKind::Receivable, HOME, FIRST)
    }

    fn levied() -> Account {
        Account::of_instalment(AccountKind::Levied, HOME, FIRST)
    }

    fn over() -> Account {
        Account::overpaid(HOME, NUMBER)
    }

    /// Entries of (event, debit, credit, yen, day), each a posting of its own.
    fn entries(rows: &[(Event, Account, Account, i64, Date)]) -> Vec<Entry> {
        let entry = |(at, (event, debit, credit, yen, on)): (usize, &(Event, Account, Account, i64, Date))| Entry {
            ordinal: at as i64 + 1,
            id: TransferId { posting: Digest::of(&[at as u8]), line: 0 },
            event: *event,
            booked_on: *on,
            decision: None,
            reference: String::new(),
            transfer: Transfer { debit: *debit, credit: *credit, yen: Yen::new(*yen), phase: Phase::Posted, effective: *on },
        };
        rows.iter().enumerate().map(entry).collect()
    }

    /// What makes the overpayment: (month, day, yen, receipt), in the order of days; and what is left of it.
    fn made(rows: &[(Event, Account, Account, i64, Date)], without: &[usize]) -> (Vec<(i32, i32, i64, i64)>, i64) {
        let without = without.iter().map(|at| Digest::of(&[*at as u8])).collect();
        let trail = Trail::of(&entries(rows), &without);
        let mut of = trail.of.get(&NUMBER).cloned().unwrap_or_default();
        of.sort_by_key(|paid| (paid.paid_on, paid.receipt));
        let shown = of.iter().map(|paid| (paid.paid_on.month(), paid.paid_on.day(), paid.yen, paid.receipt.unwrap_or(0)));
        (shown.collect(), trail.left.get(&NUMBER).copied().unwrap_or(0))
    }

    fn paid(receipt: i64, yen: i64, on: Date) -> (Event, Account, Account, i64, Date) {
        (Event::Matched, Account::unmatched(receipt), receivable(), yen, on)
    }

    fn lowered(yen: i64) -> (Event, Account, Account, i64, Date) {
        (Event::Reduced, levied(), over(), yen, day(9, 1))
    }

    #[test]
    fn of_several_payments_the_last_paid_are_overpaid_in_whatever_order_they_were_booked() {
        let three = [paid(1, 4_000, day(7, 20)), paid(2, 3_000, day(6, 30)), paid(3, 5_000, day(8, 5))];
        let lower = |yen| made(&[three[0], three[1], three[2], lowered(yen)], &[]);
        assert_eq!(lower(2_000), (vec![(8, 5, 2_000, 3)], 2_000));
        assert_eq!(lower(6_000), (vec![(7, 20, 1_000, 1), (8, 5, 5_000, 3)], 6_000));
        assert_eq!(lower(12_000), (vec![(6, 30, 3_000, 2), (7, 20, 4_000, 1), (8, 5, 5_000, 3)], 12_000));
    }

    #[test]
    fn a_second_overpayment_of_an_instalment_is_made_of_what_the_first_one_left() {
        let second = Account::overpaid(HOME, FIRST.overpayment(2));
        let rows =
            [paid(1, 4_000, day(6, 20)), paid(2, 4_000, day(7, 20)), lowered(3_000), (Event::Reduced, levied(), second, 2_000, day(9, 2))];
        let trail = Trail::of(&entries(&rows), &BTreeSet::new());
        let of = |number| trail.of[&number].iter().map(|paid| (paid.yen, paid.receipt)).collect::<Vec<_>>();
        assert_eq!(of(FIRST.overpayment(1)), [(3_000, Some(2))]);
        assert_eq!(of(FIRST.overpayment(2)), [(1_000, Some(2)), (1_000, Some(1))]);
    }

    #[test]
    fn what_was_paid_too_much_is_that_payment_and_no_other() {
        let rows = [paid(1, 4_000, day(6, 20)), (Event::Matched, Account::unmatched(2), over(), 4_000, day(6, 10))];
        assert_eq!(made(&rows, &[]), (vec![(6, 10, 4_000, 2)], 4_000));
    }

    #[test]
    fn a_reversed_receipt_makes_no_overpayment() {
        let rows = [
            paid(1, 4_000, day(6, 20)),
            paid(2, 3_000, day(7, 20)),
            (Event::Reversed, receivable(), Account::unmatched(2), 3_000, day(7, 20)),
            lowered(1_000),
        ];
        assert_eq!(made(&rows, &[]), (vec![(6, 20, 1_000, 1)], 1_000));
        // The reversed one had been counted as the overpaid one: the other takes its place.
        let swapped = [
            paid(1, 4_000, day(6, 20)),
            paid(2, 3_000, day(7, 20)),
            lowered(3_000),
            (Event::Reversed, receivable(), Account::unmatched(2), 3_000, day(7, 20)),
        ];
        assert_eq!(made(&swapped, &[]), (vec![(6, 20, 3_000, 1)], 3_000));
        let double = [
            (Event::Matched, Account::unmatched(2), over(), 4_000, day(6, 10)),
            (Event::Reversed, over(), Account::unmatched(2), 4_000, day(6, 12)),
        ];
        assert_eq!(made(&double, &[]), (vec![], 0));
    }

    #[test]
    fn what_an_order_took_comes_back_with_the_order() {
        let order = Account::payable(HOME, 1);
        let rows = [
            paid(1, 2_000, day(6, 20)),
            paid(2, 3_000, day(7, 20)),
            lowered(5_000),
            (Event::Appropriated, over(), Account::of_instalment(AccountKind::Charge, HOME, FIRST), 500, day(9, 5)),
            (Event::RefundDecided, over(), order, 4_500, day(9, 5)),
        ];
        assert_eq!(made(&rows, &[]), (vec![], 0));
        let mut back = rows.to_vec();
        back.push((Event::RefundWithdrawn, order, over(), 4_500, day(9, 9)));
        assert_eq!(made(&back, &[]), (vec![(6, 20, 2_000, 1), (7, 20, 2_500, 2)], 4_500));
        // As if the appropriation had not been.
        assert_eq!(made(&back, &[3]), (vec![(6, 20, 2_000, 1), (7, 20, 3_000, 2)], 5_000));
    }

    #[test]
    fn money_appropriated_to_another_instalment_counts_there_from_the_day_it_counted() {
        let second = Instalment { number: 2, ..FIRST };
        let of_second = |kind| Account::of_instalment(kind, HOME, second);
        let again = Account::overpaid(HOME, second.overpayment(1));
        let rows = [
            paid(1, 5_000, day(6, 20)),
            lowered(5_000),
            (Event::Appropriated, over(), of_second(AccountKind::Receivable), 5_000, day(9, 1)),
            (Event::Reduced, of_second(AccountKind::Levied), again, 4_000, day(10, 1)),
        ];
        let trail = Trail::of(&entries(&rows), &BTreeSet::new());
        assert_eq!(trail.of[&second.overpayment(1)], [Paid { paid_on: day(9, 1), yen: 4_000, receipt: Some(1) }]);
    }
}
