//! Refunds that can no longer be claimed (還付請求権の時効): warnings before, and the record of a lapse.
//!
//! When something lapses is what the rule said when it decided last; an overpayment that nobody decided has no such day and is
//! told without one. Nothing lapses by itself: a clerk records it, with a reason. Absent here: how long the time is.

use super::RefundError;
use super::deciding::named;
use crate::billing::table;
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::id::{DecisionId, HouseholdId, Municipality};
use jorei_domain::ledger::{Account, AccountKind, Balance, Event, Phase, Posting, Transfer};
use jorei_domain::money::Yen;
use jorei_store::decisions::StoredDecision;
use jorei_store::orders::PaymentOrder;
use jorei_store::{Store, StoreError};
use std::collections::BTreeMap;

/// Accounts of one query.
const PAGE: u32 = 500;
/// A reason is a line.
const LONGEST_REASON: usize = 400;

/// What lapses.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Lapsing {
    /// An overpayment that is undecided, by its number.
    Overpayment(i64),
    /// A refund that was decided and not paid, by its order.
    Order(i64),
}

impl Lapsing {
    /// What officials call it.
    pub fn ja(self) -> String {
        match self {
            Lapsing::Overpayment(number) => format!("過誤納 {number}"),
            Lapsing::Order(number) => format!("支出命令 {number}"),
        }
    }

    fn word(self) -> String {
        match self {
            Lapsing::Overpayment(number) => format!("overpayment {number}"),
            Lapsing::Order(number) => format!("payment order {number}"),
        }
    }
}

/// Something that lapses soon, has lapsed without a record of it, or of which nobody knows when.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Warning {
    /// From this day on it can no longer be claimed; none where it was never decided.
    pub bar_on: Option<Date>,
    /// The household.
    pub household: HouseholdId,
    /// What lapses.
    pub lapsing: Lapsing,
    /// What is open of it; more than 0.
    pub yen: i64,
}

/// The days of an overpayment, as its latest decision says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Bars {
    pub bar_on: Date,
    pub warn_on: Date,
    pub interest_bar_on: Date,
    pub decision: DecisionId,
}

/// The days of every overpayment of which some decisions speak, the latest one last in order.
pub(super) fn bars(decisions: &[StoredDecision]) -> BTreeMap<i64, Bars> {
    let mut found = BTreeMap::new();
    for stored in decisions {
        let Some(rows) = table(&stored.decision, "overpayments") else { continue };
        let column = |name: &str| rows.integers(name).unwrap_or_default();
        let days = column("bar_on").iter().zip(column("warn_on")).zip(column("interest_bar_on"));
        for (number, ((bar, warn), interest_bar)) in column("number").iter().zip(days) {
            let [bar, warn, interest_bar] = [bar, warn, interest_bar].map(|day| Date::from_packed(*day).ok());
            if let (Some(bar_on), Some(warn_on), Some(interest_bar_on)) = (bar, warn, interest_bar) {
                found.insert(*number, Bars { bar_on, warn_on, interest_bar_on, decision: stored.id });
            }
        }
    }
    found
}

/// What lapses within so many months of a day, or, without a number, whose warning day by the rule has come; what has lapsed
/// already and is not recorded so; and what nobody has decided yet. The earliest day first, unknown ones before.
///
/// # Errors
/// A [`StoreError`].
pub async fn warnings(store: &Store, municipality: Municipality, on: Date, months: Option<u32>) -> Result<Vec<Warning>, StoreError> {
    let mut known: BTreeMap<HouseholdId, Vec<StoredDecision>> = BTreeMap::new();
    let mut warnings = Vec::new();
    for kind in [AccountKind::Overpaid, AccountKind::Payable] {
        let mut after = None;
        loop {
            let page = store.open_accounts(municipality, kind, after, PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            after = Some(*last);
            for (account, balance) in page {
                let household = HouseholdId(account.household);
                let yen = balance.open_credit();
                if yen <= 0 {
                    continue;
                }
                if let std::collections::btree_map::Entry::Vacant(place) = known.entry(household) {
                    place.insert(store.refund_decisions(municipality, household).await?);
                }
                let decisions = known.get(&household).map(Vec::as_slice).unwrap_or_default();
                let (lapsing, days) = match kind {
                    AccountKind::Overpaid => {
                        let of = bars(decisions).get(&account.item).map(|bars| (bars.bar_on, bars.warn_on));
                        (Lapsing::Overpayment(account.item), of)
                    }
                    _ => {
                        let order = store.order(municipality, account.item).await?;
                        let order = order.ok_or_else(|| StoreError::Damaged(format!("no payment order {}", account.item)))?;
                        (Lapsing::Order(order.number), order_days(store, municipality, &order, balance, decisions).await?)
                    }
                };
                let is_near = days.is_none_or(|(bar_on, warn_on)| months.map_or(warn_on <= on, |months| within(on, bar_on, months)));
                if is_near {
                    warnings.push(Warning { bar_on: days.map(|(bar_on, _)| bar_on), household, lapsing, yen });
                }
            }
        }
    }
    warnings.sort_unstable();
    Ok(warnings)
}

/// Does a day lie at most so many months after another, or before it?
fn within(on: Date, day: Date, months: u32) -> bool {
    let months_between = i64::from(day.year() - on.year()) * 12 + i64::from(day.month() - on.month());
    (months_between, day.day()) <= (i64::from(months), on.day())
}

/// The next day on which something of an order lapses, and when to warn of it.
async fn order_days(
    store: &Store,
    municipality: Municipality,
    order: &PaymentOrder,
    balance: Balance,
    decisions: &[StoredDecision],
) -> Result<Option<(Date, Date)>, StoreError> {
    let Some((principal, interest)) = order_bars(store, municipality, order, decisions).await? else { return Ok(None) };
    let only_interest = balance.open_credit() <= order.interest.get();
    Ok(Some(if only_interest { (interest.interest_bar_on, interest.interest_bar_on) } else { (principal.bar_on, principal.warn_on) }))
}

/// What bars an order: of its overpayments the one that lapses last, and of its decision the one whose interest does.
async fn order_bars(
    store: &Store,
    municipality: Municipality,
    order: &PaymentOrder,
    decisions: &[StoredDecision],
) -> Result<Option<(Bars, Bars)>, StoreError> {
    let of: Vec<StoredDecision> = decisions.iter().filter(|stored| stored.id == order.decision).cloned().collect();
    let bars = bars(&of);
    let posting = store.posting(municipality, order.posting).await?;
    let transfers = posting.map(|stored| stored.posting.transfers).unwrap_or_default();
    let mine = transfers.iter().filter(|transfer| transfer.debit.kind == AccountKind::Overpaid).map(|transfer| transfer.debit.item);
    let principal = mine.filter_map(|number| bars.get(&number)).max_by_key(|bars| bars.bar_on);
    let interest = bars.values().max_by_key(|bars| bars.interest_bar_on);
    Ok(principal.or(interest).copied().zip(interest.copied()))
}

/// Records that something has lapsed (時効の処理): what can no longer be claimed leaves the household's accounts and stays in
/// the list of what lapsed. Of an order the principal and, once that lapses too, its interest. Once more it changes nothing.
/// Answers the amount.
///
/// # Errors
/// [`RefundError::NotBarred`] before its day; [`RefundError::NotOpen`] where nothing is open or it is in a bank file;
/// [`RefundError::NoReason`]; [`RefundError::NoOrder`].
pub async fn lapse(
    store: &Store,
    municipality: Municipality,
    household: HouseholdId,
    lapsing: Lapsing,
    on: Date,
    reason: &str,
    stamp: &Stamp,
) -> Result<Yen, RefundError> {
    if reason.trim().is_empty() || reason.contains('\n') || reason.chars().count() > LONGEST_REASON {
        return Err(RefundError::NoReason);
    }
    let decisions = store.refund_decisions(municipality, household).await?;
    let not_barred = |bar_on| RefundError::NotBarred { what: lapsing.word(), bar_on };
    let (account, bar_on, keeps, decision) = match lapsing {
        Lapsing::Overpayment(number) => {
            let bars = bars(&decisions).get(&number).copied().ok_or_else(|| not_barred(None))?;
            (Account::overpaid(household, number), bars.bar_on, 0, bars.decision)
        }
        Lapsing::Order(number) => {
            let order = store.order(municipality, number).await?.filter(|order| order.household == household);
            let order = order.ok_or(RefundError::NoOrder(number))?;
            let bars = order_bars(store, municipality, &order, &decisions).await?;
            let (principal, interest) = bars.ok_or_else(|| not_barred(None))?;
            // Interest can be claimed longer than what it is on.
            let interest_stays = on < interest.interest_bar_on;
            let bar_on = if interest_stays && order.principal > Yen::ZERO { principal.bar_on } else { interest.interest_bar_on };
            let keeps = if interest_stays { order.interest.get() } else { 0 };
            (Account::payable(household, number), bar_on, keeps, order.decision)
        }
    };
    if on < bar_on {
        return Err(not_barred(Some(bar_on)));
    }
    let number = account.item.to_be_bytes();
    let kind = account.kind.number().to_be_bytes();
    let id = named("lapse", &[&household.0.to_be_bytes(), &kind, &number, &bar_on.packed().to_be_bytes(), &decision.0]);
    // The balance first: where no posting is found after it, none was in it.
    let balance = store.balance(municipality, account).await?;
    if let Some(stored) = store.posting(municipality, id).await? {
        return Ok(stored.posting.transfers.first().map_or(Yen::ZERO, |transfer| transfer.yen));
    }
    let not_open = |why| RefundError::NotOpen { what: lapsing.word(), why };
    if balance.debits_pending > 0 {
        return Err(not_open("it is in a bank file"));
    }
    let open = Yen::checked(balance.open_credit() - keeps).ok().filter(|open| *open > Yen::ZERO);
    let yen = open.ok_or_else(|| not_open("nothing of it is open"))?;
    let credit = Account::lapsed(FiscalYear::of(on).year());
    let transfer = Transfer { debit: account, credit, yen, phase: Phase::Posted, effective: bar_on };
    let posting = Posting {
        id,
        event: Event::Lapsed,
        booked_on: on,
        decision: None,
        reference: format!("時効の処理: {}", reason.trim()),
        transfers: vec![transfer],
        overpayments: Vec::new(),
    };
    store.post(municipality, &[posting], stamp).await?;
    Ok(yen)
}

/// Is all of an order open: not in a bank file, not paid, not lapsed, not taken back?
pub(super) async fn is_open(store: &Store, municipality: Municipality, order: &PaymentOrder) -> Result<(), RefundError> {
    let balance = store.balance(municipality, Account::payable(order.household, order.number)).await?;
    let not_open = |why| Err(RefundError::NotOpen { what: format!("payment order {}", order.number), why });
    if balance.debits_pending > 0 {
        return not_open("it is in a bank file; wait for the bank's answer or have it recalled");
    }
    if balance.open_credit() != order.principal.get() + order.interest.get() {
        return not_open("it was paid, taken back or has lapsed");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_counted_to_the_same_day_number() {
        let on = Date::new(2025, 11, 30);
        assert!(within(on, Date::new(2026, 5, 30), 6));
        assert!(!within(on, Date::new(2026, 5, 31), 6));
        assert!(within(on, Date::new(2026, 2, 28), 3));
        assert!(!within(on, Date::new(2026, 3, 1), 3));
        assert!(within(on, Date::new(2024, 1, 1), 0), "what has lapsed is near");
        assert!(!within(on, Date::new(2025, 12, 1), 0));
    }
}
