//! From an instalment decision to the ledger (調定): what each instalment is assessed at follows the latest settled decision,
//! by difference.
//!
//! A decision that rests on unconfirmed values posts nothing; once they are confirmed it is decided again, and that one posts.
//! What due instalments exceed the premium by (`over_yen` of the schedule) is taken off here, from the last instalment
//! backwards: so what stands as assessed is the premium, and what was paid beyond it becomes an overpayment, see
//! `docs/decisions/0022-ledger.md`. Absent here: what becomes of an overpayment.

use crate::billing::table;
use crate::words::Words;
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::decision::Outcome;
use jorei_domain::id::{DecisionId, Digest, HouseholdId, Municipality};
use jorei_domain::ledger::{Account, AccountKind, Balance, Event, Instalment, Overpayment, Phase, Posting, Transfer};
use jorei_domain::money::Yen;
use jorei_domain::record::COLLECTIONS;
use jorei_domain::slot::Slot;
use jorei_store::decisions::{PackedDecision, Saved, StoredDecision};
use jorei_store::ledger::LedgerError;
use jorei_store::notices::NewNotice;
use jorei_store::orders::Book;
use jorei_store::{Store, StoreError};
use std::collections::{BTreeMap, HashMap};

/// Households whose numbers lie closer together than this are read with one query.
const NEIGHBOURS: i64 = 8;
/// Tries when balances move between the look and the posting.
const TRIES: usize = 6;
/// Households per page of a walk over the city.
const PAGE: u32 = 500;
/// The place of `assessment_reduced` in the list of causes.
const REDUCTION: u8 = 0;

/// What a settled instalment decision bills: each instalment after what is beyond the premium was taken off.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Bill {
    /// Whose.
    pub household: HouseholdId,
    /// Fiscal year.
    pub year: i32,
    /// The decision.
    pub decision: DecisionId,
    /// The day it counts from.
    pub decided_on: Date,
    /// Whole yen by instalment, 0 or more.
    pub instalments: BTreeMap<Instalment, i64>,
    /// When each is due.
    pub due: BTreeMap<Instalment, Date>,
}

impl Bill {
    /// What a decision bills; none of one that is not settled, of another slot, or whose outcome says no instalments.
    pub fn of(stored: &StoredDecision, words: &Words) -> Option<Bill> {
        let decision = &stored.decision;
        let settled = matches!(decision.outcome, Outcome::Decided { provisional: false, .. });
        if decision.slot != Slot::Instalment.word() || !settled {
            return None;
        }
        let rows = table(decision, "instalments")?;
        let year = FiscalYear::of(decision.on).year();
        let column = |name: &str| rows.integers(name);
        let (due, number, collection, amount) = (column("due")?, column("number")?, column("collection")?, column("amount_yen")?);
        let mut found = Vec::with_capacity(due.len());
        for row in 0..due.len() {
            let word = words.cell("instalments", "collection", collection[row]);
            let collection = u8::try_from(COLLECTIONS.iter().position(|collection| word == *collection)?).ok()?;
            let number = u16::try_from(number[row]).ok().filter(|number| (1..1_000).contains(number))?;
            found.push((Date::from_packed(due[row]).ok()?, Instalment { year, collection, number }, amount[row].max(0)));
        }
        // The last one first, as the last payments are the overpaid ones.
        found.sort_by_key(|(due, instalment, _)| std::cmp::Reverse((*due, *instalment)));
        let mut over = decision.outcome.figure("schedule", "over_yen").unwrap_or(0).max(0);
        let (mut instalments, mut dues) = (BTreeMap::new(), BTreeMap::new());
        for (due, instalment, amount) in found {
            dues.insert(instalment, due);
            let taken = over.min(amount);
            over -= taken;
            *instalments.entry(instalment).or_default() += amount - taken;
        }
        let (household, decided_on) = (decision.household, stored.decided_on);
        Some(Bill { household, year, decision: stored.id, decided_on, instalments, due: dues })
    }

    /// The postings that bring what stands to what is billed: what is raised, then what is lowered. Empty where nothing
    /// differs. `stands` are the household's accounts; `given_up` says what of an instalment's principal was written off.
    pub fn postings(&self, stands: &[(Account, Balance)], given_up: impl Fn(Instalment) -> i64, booked_on: Date) -> Vec<Posting> {
        let of =
            |account: Account| stands.iter().find(|(found, _)| *found == account).map_or_else(Balance::default, |(_, balance)| *balance);
        let mut targets: BTreeMap<Instalment, i64> = self.instalments.clone();
        for (account, _) in stands.iter().filter(|(account, _)| account.kind == AccountKind::Levied && account.year == self.year) {
            // One that vanished from the schedule is billed no more.
            targets.extend(account.instalment().filter(|instalment| !self.instalments.contains_key(instalment)).map(|gone| (gone, 0)));
        }
        let (mut raised, mut lowered, mut overpayments) = (Vec::new(), Vec::new(), Vec::new());
        for (instalment, target) in targets {
            let account = |kind| Account::of_instalment(kind, self.household, instalment);
            let (receivable, levied) = (account(AccountKind::Receivable), account(AccountKind::Levied));
            let difference = target - of(levied).credit();
            if difference > 0 {
                raised.extend(self.transfer(receivable, levied, difference));
                continue;
            }
            let mut left = -difference;
            let open = left.min(of(receivable).open_debit().max(0));
            lowered.extend(self.transfer(levied, receivable, open));
            left -= open;
            let never_owed = if left == 0 { 0 } else { left.min(given_up(instalment).max(0)) };
            lowered.extend(self.transfer(levied, account(AccountKind::WrittenOff), never_owed));
            left -= never_owed;
            if left > 0 {
                let number = next_overpayment(instalment, stands);
                lowered.extend(self.transfer(levied, Account::overpaid(self.household, number), left));
                overpayments.push(Overpayment {
                    household: self.household,
                    number,
                    cause: REDUCTION,
                    arose_on: self.decided_on,
                    requested_on: None,
                    tax_notified_on: None,
                });
            }
        }
        let posting = |event: Event, transfers: Vec<Transfer>, overpayments| Posting {
            id: Digest::of(&[b"levy ", event.word().as_bytes(), b" ", &self.decision.0[..]].concat()),
            event,
            booked_on,
            decision: Some(self.decision),
            reference: format!("{}年度 期割の決定 {}", self.year, self.decision.short()),
            transfers,
            overpayments,
        };
        let all = [posting(Event::Assessed, raised, Vec::new()), posting(Event::Reduced, lowered, overpayments)];
        all.into_iter().filter(|posting| !posting.transfers.is_empty()).collect()
    }

    fn transfer(&self, debit: Account, credit: Account, yen: i64) -> Option<Transfer> {
        let yen = Yen::checked(yen).ok().filter(|yen| yen.get() > 0)?;
        Some(Transfer { debit, credit, yen, phase: Phase::Posted, effective: self.decided_on })
    }
}

/// The number that the next overpayment of an instalment takes, by the household's accounts.
pub(crate) fn next_overpayment(instalment: Instalment, stands: &[(Account, Balance)]) -> i64 {
    let of_instalment =
        stands.iter().filter(|(account, _)| account.kind == AccountKind::Overpaid && account.instalment() == Some(instalment));
    let last = of_instalment.map(|(account, _)| account.item % 1_000).max().unwrap_or(0);
    instalment.overpayment(u16::try_from(last + 1).unwrap_or(u16::MAX))
}

/// The postings of some bills, in the order of households. Read before they are written: see [`keep`].
///
/// # Errors
/// A [`StoreError`].
pub async fn book(store: &Store, municipality: Municipality, bills: &[Bill], booked_on: Date) -> Result<Vec<Posting>, StoreError> {
    let mut ordered: Vec<&Bill> = bills.iter().collect();
    ordered.sort_by_key(|bill| (bill.household, bill.year));
    let mut postings = Vec::with_capacity(ordered.len());
    for stretch in ordered.chunk_by(|one, next| next.household.0 - one.household.0 <= NEIGHBOURS) {
        let (first, last) = (stretch[0].household, stretch[stretch.len() - 1].household);
        let stands = by_household(store.balances_between(municipality, first..=last).await?);
        for bill in stretch {
            let stands = stands.get(&bill.household.0).map(Vec::as_slice).unwrap_or_default();
            let given_up = given_up(store, municipality, stands).await?;
            postings.extend(bill.postings(stands, |instalment| given_up.get(&instalment).copied().unwrap_or(0), booked_on));
        }
    }
    Ok(postings)
}

fn by_household(accounts: Vec<(Account, Balance)>) -> HashMap<i64, Vec<(Account, Balance)>> {
    let mut found: HashMap<i64, Vec<(Account, Balance)>> = HashMap::new();
    for (account, balance) in accounts {
        found.entry(account.household).or_default().push((account, balance));
    }
    found
}

/// What was written off of each instalment's principal: the account holds charges and fees too.
async fn given_up(
    store: &Store,
    municipality: Municipality,
    stands: &[(Account, Balance)],
) -> Result<HashMap<Instalment, i64>, StoreError> {
    let mut found = HashMap::new();
    for (account, balance) in stands.iter().filter(|(account, _)| account.kind == AccountKind::WrittenOff) {
        let Some(instalment) = account.instalment().filter(|_| balance.debit() > 0) else { continue };
        let mut yen = 0;
        for entry in store.entries_of_account(municipality, *account).await? {
            match (entry.transfer.debit.kind, entry.transfer.credit.kind) {
                (AccountKind::WrittenOff, AccountKind::Receivable) => yen += entry.transfer.yen.get(),
                (AccountKind::Levied, AccountKind::WrittenOff) => yen -= entry.transfer.yen.get(),
                _ => {}
            }
        }
        found.insert(instalment, yen);
    }
    Ok(found)
}

/// Did somebody else move the balances between the look and the posting?
fn moved(error: &StoreError) -> bool {
    match error {
        StoreError::Ledger(LedgerError::Short(_)) => true,
        StoreError::Database(error) => error.as_database_error().is_some_and(|error| error.is_unique_violation()),
        _ => false,
    }
}

/// Writes decisions and notices, and what the settled ones bill, in one transaction. Where balances move meanwhile, they are
/// read again.
///
/// # Errors
/// As [`Store::save_run`].
pub async fn keep(
    store: &Store,
    municipality: Municipality,
    (decisions, notices, bills): (&[PackedDecision], &[NewNotice], &[Bill]),
    booked_on: Date,
    stamp: &Stamp,
) -> Result<Saved, StoreError> {
    if bills.is_empty() {
        return store.save_run(decisions, notices, &[], stamp).await;
    }
    for left in (0..TRIES).rev() {
        let postings = book(store, municipality, bills, booked_on).await?;
        let books = [Book { municipality, postings, orders: Vec::new(), dues: Vec::new() }];
        match store.save_run(decisions, notices, &books, stamp).await {
            Err(error) if left > 0 && moved(&error) => {}
            done => return done,
        }
    }
    unreachable!("the last try answers")
}

/// The latest settled decision of each household of a page, as a bill; and those that cannot be read as one.
struct Walk<'s> {
    store: &'s Store,
    municipality: Municipality,
    on: Date,
    words: HashMap<Digest, Words>,
    after: Option<HouseholdId>,
}

/// Households of a page with what they are billed.
struct Page {
    bills: Vec<Bill>,
    unreadable: Vec<DecisionId>,
    /// The last household of the page; none at the end.
    last: Option<HouseholdId>,
}

impl<'s> Walk<'s> {
    fn new(store: &'s Store, municipality: Municipality, year: FiscalYear) -> Walk<'s> {
        Walk { store, municipality, on: year.first_day(), words: HashMap::new(), after: None }
    }

    async fn page(&mut self) -> Result<Page, StoreError> {
        let slot = Slot::Instalment.word();
        let latest = self.store.decisions_page(self.municipality, slot, self.on, self.after, PAGE).await?;
        let mut page = Page { bills: Vec::new(), unreadable: Vec::new(), last: latest.last().map(|last| last.decision.household) };
        for stored in latest {
            let household = stored.decision.household;
            let settled = |stored: &StoredDecision| matches!(stored.decision.outcome, Outcome::Decided { provisional: false, .. });
            let stored = if settled(&stored) {
                Some(stored)
            } else {
                // What was settled before stands until something else is.
                let history = self.store.decision_history(self.municipality, slot, self.on, household).await?;
                history.into_iter().rfind(settled)
            };
            let Some(stored) = stored else { continue };
            match self.bill(&stored).await? {
                Some(bill) => page.bills.push(bill),
                None => page.unreadable.push(stored.id),
            }
        }
        self.after = page.last.or(self.after);
        Ok(page)
    }

    async fn bill(&mut self, stored: &StoredDecision) -> Result<Option<Bill>, StoreError> {
        let revision = stored.decision.revision;
        if !self.words.contains_key(&revision) {
            let kept = self.store.revision(self.municipality, revision).await?;
            self.words.insert(revision, Words::from_json(kept.as_ref().map_or("", |kept| &kept.about)));
        }
        Ok(Bill::of(stored, &self.words[&revision]))
    }
}

/// What the settled decisions of a year billed, superseded ones too: by household, each one's in the order in which they
/// were decided. Of the households after one; with the household to go on after, none at the end.
///
/// # Errors
/// A [`StoreError`].
pub async fn bills(
    store: &Store,
    municipality: Municipality,
    year: FiscalYear,
    after: Option<HouseholdId>,
) -> Result<(Vec<Bill>, Option<HouseholdId>), StoreError> {
    let slot = Slot::Instalment.word();
    let latest = store.decisions_page(municipality, slot, year.first_day(), after, PAGE).await?;
    let (Some(first), Some(last)) = (latest.first(), latest.last()) else { return Ok((Vec::new(), None)) };
    let (first, last) = (first.decision.household, last.decision.household);
    let mut walk = Walk::new(store, municipality, year);
    let mut bills = Vec::new();
    for stored in store.decision_histories(municipality, slot, year.first_day(), first..=last).await? {
        bills.extend(walk.bill(&stored).await?);
    }
    Ok((bills, Some(last)))
}

/// The years with instalments up to a day.
async fn years(store: &Store, municipality: Municipality, until: Date) -> Result<Vec<FiscalYear>, StoreError> {
    let Some(first) = store.first_case_date(municipality, Slot::Instalment.word()).await? else { return Ok(Vec::new()) };
    let years = FiscalYear::of(first).year()..=FiscalYear::of(until).year().saturating_add(1);
    Ok(years.filter_map(|year| FiscalYear::new(year).ok()).collect())
}

/// Posts what settled decisions bill and the ledger does not say: those from before the ledger was kept. Answers how many
/// postings were made. A second call makes none.
///
/// # Errors
/// A [`StoreError`].
pub async fn catch_up(
    store: &Store,
    municipality: Municipality,
    until: Date,
    stamp: &Stamp,
    mut progress: impl FnMut(u64),
) -> Result<u64, StoreError> {
    let (mut made, mut looked_at) = (0, 0);
    for year in years(store, municipality, until).await? {
        let mut walk = Walk::new(store, municipality, year);
        loop {
            let page = walk.page().await?;
            for left in (0..TRIES).rev() {
                let postings = book(store, municipality, &page.bills, until).await?;
                if postings.is_empty() {
                    break;
                }
                match store.post(municipality, &postings, stamp).await {
                    Ok(_) => {
                        made += postings.len() as u64;
                        break;
                    }
                    Err(error) if left > 0 && moved(&error) => {}
                    Err(error) => return Err(error),
                }
            }
            looked_at += page.bills.len() as u64;
            progress(looked_at);
            if page.last.is_none() {
                break;
            }
        }
    }
    Ok(made)
}

/// Holds what stands as assessed against the latest settled decision of every household and year, and names each instalment
/// that differs. Empty where all agree.
///
/// # Errors
/// A [`StoreError`].
pub async fn check(store: &Store, municipality: Municipality, until: Date) -> Result<Vec<String>, StoreError> {
    let mut wrong = Vec::new();
    for year in years(store, municipality, until).await? {
        let mut walk = Walk::new(store, municipality, year);
        let mut first = HouseholdId(1);
        loop {
            let page = walk.page().await?;
            let last = page.last.unwrap_or(HouseholdId(i64::MAX));
            let mut wanted: BTreeMap<(HouseholdId, Instalment), i64> = BTreeMap::new();
            for bill in page.bills {
                wanted.extend(bill.instalments.iter().map(|(instalment, yen)| ((bill.household, *instalment), *yen)));
            }
            wrong.extend(
                page.unreadable.iter().map(|id| format!("decision {id}: its instalments cannot be read, so nothing of it is posted")),
            );
            for (account, balance) in store.balances_between(municipality, first..=last).await? {
                if account.kind != AccountKind::Levied || account.year != year.year() {
                    continue;
                }
                let Some(instalment) = account.instalment() else { continue };
                let household = HouseholdId(account.household);
                let billed = wanted.remove(&(household, instalment)).unwrap_or(0);
                if billed != balance.credit() {
                    wrong
                        .push(format!("household {household}, {instalment}: billed {billed}, assessed in the ledger {}", balance.credit()));
                }
            }
            wanted.retain(|_, yen| *yen != 0);
            wrong.extend(wanted.iter().map(|((household, instalment), yen)| {
                format!("household {household}, {instalment}: billed {yen}, assessed in the ledger 0; `jorei ledger levy` posts it")
            }));
            if page.last.is_none() {
                break;
            }
            first = HouseholdId(last.0.saturating_add(1));
        }
    }
    Ok(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ON: Date = Date::new(2025, 10, 1);

    fn instalment(number: u16) -> Instalment {
        Instalment { year: 2025, collection: 0, number }
    }

    fn bill(name: &[u8], amounts: &[(u16, i64)]) -> Bill {
        let instalments = amounts.iter().map(|(number, yen)| (instalment(*number), *yen)).collect();
        Bill { household: HouseholdId(7), year: 2025, decision: Digest::of(name), decided_on: ON, instalments, due: BTreeMap::new() }
    }

    fn of(kind: AccountKind, number: u16) -> Account {
        Account::of_instalment(kind, HouseholdId(7), instalment(number))
    }

    /// Accounts as they stand after some transfers.
    fn stands(transfers: &[(Account, Account, i64)]) -> Vec<(Account, Balance)> {
        let mut found: BTreeMap<Account, Balance> = BTreeMap::new();
        for (debit, credit, yen) in transfers {
            found.entry(*debit).or_default().debits += yen;
            found.entry(*credit).or_default().credits += yen;
        }
        found.into_iter().collect()
    }

    /// Each transfer as kinds, instalment and yen.
    fn told(postings: &[Posting]) -> Vec<String> {
        let transfers = postings.iter().flat_map(|posting| &posting.transfers);
        transfers
            .map(|transfer| {
                let number = transfer.debit.instalment().or(transfer.credit.instalment()).map_or(0, |instalment| instalment.number);
                format!("{number}: {} -> {} {}", transfer.debit.kind.word(), transfer.credit.kind.word(), transfer.yen.get())
            })
            .collect()
    }

    fn assessed(number: u16, yen: i64) -> (Account, Account, i64) {
        (of(AccountKind::Receivable, number), of(AccountKind::Levied, number), yen)
    }

    fn paid(number: u16, yen: i64) -> (Account, Account, i64) {
        (Account::unmatched(1), of(AccountKind::Receivable, number), yen)
    }

    #[test]
    fn what_is_billed_is_posted_by_difference() {
        /// What happened, transfers before, what is billed, what is posted.
        type Row = (&'static str, Vec<(Account, Account, i64)>, Vec<(u16, i64)>, Vec<&'static str>);
        let given_up = (of(AccountKind::WrittenOff, 1), of(AccountKind::Receivable, 1), 4_000);
        let table: Vec<Row> = vec![
            ("the first time", vec![], vec![(1, 100), (2, 90)], vec!["1: receivable -> levied 100", "2: receivable -> levied 90"]),
            ("the same again", vec![assessed(1, 100)], vec![(1, 100)], vec![]),
            ("raised", vec![assessed(1, 100)], vec![(1, 130)], vec!["1: receivable -> levied 30"]),
            ("lowered while open", vec![assessed(1, 100)], vec![(1, 70)], vec!["1: levied -> receivable 30"]),
            ("lowered when paid", vec![assessed(1, 100), paid(1, 100)], vec![(1, 70)], vec!["1: levied -> overpaid 30"]),
            (
                "lowered when paid in part",
                vec![assessed(1, 100), paid(1, 80)],
                vec![(1, 70)],
                vec!["1: levied -> receivable 20", "1: levied -> overpaid 10"],
            ),
            ("vanished", vec![assessed(1, 100), assessed(2, 50)], vec![(1, 100)], vec!["2: levied -> receivable 50"]),
            (
                "what was given up was never owed",
                vec![assessed(1, 10_000), paid(1, 6_000), given_up],
                vec![(1, 5_000)],
                vec!["1: levied -> written off 4000", "1: levied -> overpaid 1000"],
            ),
            (
                "one up, one down",
                vec![assessed(1, 100), assessed(2, 100), paid(2, 100)],
                vec![(1, 150), (2, 50)],
                vec!["1: receivable -> levied 50", "2: levied -> overpaid 50"],
            ),
        ];
        for (what, before, billed, wanted) in table {
            let written_off = |instalment: Instalment| if instalment.number == 1 && before.contains(&given_up) { 4_000 } else { 0 };
            let postings = bill(b"d", &billed).postings(&stands(&before), written_off, ON);
            assert_eq!(told(&postings), wanted, "{what}");
            for posting in &postings {
                posting.check().unwrap();
            }
        }
    }

    #[test]
    fn each_overpayment_of_an_instalment_has_a_number_of_its_own() {
        let before = [
            assessed(1, 100),
            paid(1, 100),
            (of(AccountKind::Levied, 1), Account::overpaid(HouseholdId(7), instalment(1).overpayment(1)), 30),
        ];
        let postings = bill(b"e", &[(1, 60)]).postings(&stands(&before), |_| 0, ON);
        assert_eq!(postings[0].overpayments.iter().map(|one| one.number).collect::<Vec<_>>(), [instalment(1).overpayment(2)]);
        assert_eq!(postings[0].transfers[0].yen.get(), 10);
        assert_ne!(postings[0].id, bill(b"f", &[(1, 60)]).postings(&stands(&before), |_| 0, ON)[0].id, "of another decision");
    }
}
