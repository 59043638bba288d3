//! Where each overpayment of a household is, from the day it arose to the bank: read off the ledger, decisions, notices and
//! orders, and stored nowhere.
//!
//! Absent here: what of a payee's account is known.

use super::RefundError;
use super::case::claim_number;
use super::pending::blocked;
use jorei_domain::calendar::Date;
use jorei_domain::id::{DecisionId, HouseholdId, Municipality};
use jorei_domain::ledger::{Account, AccountKind, Event, Instalment, Overpayment};
use jorei_domain::record::Kind;
use jorei_store::decisions::StoredDecision;
use jorei_store::ledger::Entry;
use jorei_store::orders::PaymentOrder;
use jorei_store::refunds::{ConsentKind, RefundNotice};
use jorei_store::{Store, StoreError};
use std::collections::{BTreeMap, BTreeSet};

/// Where a matter is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum State {
    /// It arose, and something must happen before it can be decided.
    Detected,
    /// It can be decided.
    ReasonFixed,
    /// It was decided, and nothing was posted: provisional, out of bounds, refused or failed.
    Held,
    /// An order stands; nobody was told.
    Decided,
    /// The notice was sent.
    Notified,
    /// A claim or a consent came in; the account has to be found.
    AwaitingAccount,
    /// It is in a bank file.
    Sent,
    /// The bank could not pay it or gave it back.
    Failed,
    /// It was paid.
    Paid,
    /// All of it paid what was owed.
    Appropriated,
    /// It can no longer be claimed.
    Lapsed,
    /// The payment was reversed: it was none.
    Reversed,
}

impl State {
    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            State::Detected => "detected",
            State::ReasonFixed => "reason_fixed",
            State::Held => "held",
            State::Decided => "decided",
            State::Notified => "notified",
            State::AwaitingAccount => "awaiting_account",
            State::Sent => "sent",
            State::Failed => "failed",
            State::Paid => "paid",
            State::Appropriated => "appropriated",
            State::Lapsed => "lapsed",
            State::Reversed => "reversed",
        }
    }

    /// What officials call it.
    pub const fn ja(self) -> &'static str {
        match self {
            State::Detected => "検知",
            State::ReasonFixed => "理由確定",
            State::Held => "保留",
            State::Decided => "決定",
            State::Notified => "通知済",
            State::AwaitingAccount => "口座確認待ち",
            State::Sent => "振込依頼中",
            State::Failed => "振込不能",
            State::Paid => "支払済",
            State::Appropriated => "充当済",
            State::Lapsed => "時効",
            State::Reversed => "収納取消",
        }
    }

    /// Is nothing left to be done?
    pub const fn is_closed(self) -> bool {
        matches!(self, State::Paid | State::Appropriated | State::Lapsed | State::Reversed)
    }
}

/// What became of an order.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OrderState {
    /// Open: not in a bank file.
    Open,
    /// In a bank file.
    Sent,
    /// The bank could not pay it or gave it back; open again.
    Failed,
    /// Paid.
    Paid,
    /// Taken back.
    Withdrawn,
    /// Lapsed.
    Lapsed,
}

impl OrderState {
    /// What officials call it.
    pub const fn ja(self) -> &'static str {
        match self {
            OrderState::Open => "未払",
            OrderState::Sent => "振込依頼中",
            OrderState::Failed => "振込不能",
            OrderState::Paid => "支払済",
            OrderState::Withdrawn => "取消",
            OrderState::Lapsed => "時効",
        }
    }
}

/// One overpayment with what became of it. Amounts are whole yen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Matter {
    /// What arose.
    pub overpayment: Overpayment,
    /// Its instalment.
    pub instalment: Instalment,
    /// What arose in all, less what was reversed.
    pub arisen: i64,
    /// What is undecided.
    pub undecided: i64,
    /// What paid something owed: claim number and yen.
    pub appropriated: Vec<(i64, i64)>,
    /// What orders pay out: order and yen; those taken back are not there.
    pub ordered: Vec<(i64, i64)>,
    /// What lapsed undecided.
    pub lapsed: i64,
    /// The latest decision that looked at it.
    pub decision: Option<DecisionId>,
    /// Where it is.
    pub state: State,
}

/// Everything of a household's refunds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HouseholdMatters {
    /// Its overpayments in the order of their numbers.
    pub matters: Vec<Matter>,
    /// Its orders in the order of their numbers.
    pub orders: Vec<(PaymentOrder, OrderState)>,
    /// What must be given back because a receipt was reversed after it had been refunded: receipt and whole yen. Never set off
    /// against anything.
    pub reclaims: Vec<(i64, i64)>,
    /// Notices that were sent.
    pub notices: Vec<RefundNotice>,
    /// Why nothing can be decided, for officials.
    pub blocked: Vec<String>,
}

/// The matters of a household on a day.
///
/// # Errors
/// A [`RefundError`] of the store or a revision.
pub async fn matters(store: &Store, municipality: Municipality, household: HouseholdId, on: Date) -> Result<HouseholdMatters, RefundError> {
    let entries = store.entries(municipality, household).await?;
    let decisions = store.refund_decisions(municipality, household).await?;
    let notices = store.refund_notices(municipality, household).await?;
    let consents = store.consents(municipality, household).await?;
    let balances = store.balances(municipality, household).await?;
    let mut orders = Vec::new();
    for order in store.orders_of(municipality, household).await? {
        if store.pays_benefit(municipality, order.number).await? {
            continue;
        }
        let state = order_state(&entries, &order);
        orders.push((order, state));
    }
    let standing: Vec<(i64, i64)> = balances
        .iter()
        .filter(|(account, balance)| account.kind == AccountKind::Overpaid && balance.open_credit() > 0)
        .map(|(account, balance)| (account.item, balance.open_credit()))
        .collect();
    let mut reasons = Vec::new();
    if !standing.is_empty() {
        let as_of = store.latest_knowledge(municipality).await?;
        let owing = |account: &Account| claim_number(account).is_some();
        let open = balances.iter().filter(|(account, balance)| owing(account) && balance.open_debit() > 0);
        let mut years: BTreeSet<i32> = open.map(|(account, _)| account.year).collect();
        years.extend(standing.iter().map(|(number, _)| Account::overpaid(household, *number).year));
        reasons = blocked(store, municipality, household, &years, as_of).await?;
    }
    let account_asked =
        |arose_on| consents.iter().any(|consent| consent.kind != ConsentKind::AppropriateBeforeDue && consent.is_for(arose_on, on));
    let mut found = Vec::new();
    for overpayment in store.overpayments(municipality, household).await? {
        let number = overpayment.number;
        let Some(instalment) = Instalment::of_overpayment(number) else { continue };
        let moved = Moved::of(&entries, number);
        let undecided = standing.iter().find(|(of, _)| *of == number).map_or(0, |(_, yen)| *yen);
        let decision = decisions.iter().rfind(|stored| looked_at(stored, number)).map(|stored| stored.id);
        let standing_orders: Vec<&(PaymentOrder, OrderState)> =
            orders.iter().filter(|(order, state)| *state != OrderState::Withdrawn && moved.ordered.contains_key(&order.number)).collect();
        let told = notices.iter().rfind(|notice| notice.overpayments.contains(&number));
        let state = if undecided > 0 {
            match decision {
                Some(id) if store.postings_of_decision(municipality, id).await?.is_empty() => State::Held,
                _ if reasons.is_empty() => State::ReasonFixed,
                _ => State::Detected,
            }
        } else if let Some((_, state)) = standing_orders.last() {
            match state {
                OrderState::Sent => State::Sent,
                OrderState::Failed => State::Failed,
                OrderState::Paid => State::Paid,
                OrderState::Lapsed => State::Lapsed,
                OrderState::Open | OrderState::Withdrawn => match told {
                    Some(notice) if notice.claim.is_some() || account_asked(overpayment.arose_on) => State::AwaitingAccount,
                    Some(_) => State::Notified,
                    None => State::Decided,
                },
            }
        } else if moved.lapsed > 0 {
            State::Lapsed
        } else if moved.appropriated.is_empty() {
            State::Reversed
        } else {
            State::Appropriated
        };
        found.push(Matter {
            overpayment,
            instalment,
            arisen: moved.arisen,
            undecided,
            appropriated: moved.appropriated.into_iter().collect(),
            ordered: moved.ordered.into_iter().collect(),
            lapsed: moved.lapsed,
            decision,
            state,
        });
    }
    let reclaims =
        balances.iter().filter(|(account, balance)| account.kind == AccountKind::Reclaim && account.year == 0 && balance.debit() > 0);
    let reclaims = reclaims.map(|(account, balance)| (account.item, balance.debit())).collect();
    let blocked = reasons.iter().map(super::Blocked::ja).collect();
    Ok(HouseholdMatters { matters: found, orders, reclaims, notices, blocked })
}

/// What moved from an overpayment.
#[derive(Default)]
struct Moved {
    arisen: i64,
    appropriated: BTreeMap<i64, i64>,
    ordered: BTreeMap<i64, i64>,
    lapsed: i64,
}

impl Moved {
    fn of(entries: &[Entry], number: i64) -> Moved {
        let mut moved = Moved::default();
        for Entry { transfer, .. } in entries {
            let (debit, credit, yen) = (transfer.debit, transfer.credit, transfer.yen.get());
            let is_mine = |account: Account| account.kind == AccountKind::Overpaid && account.item == number;
            if is_mine(credit) {
                if debit.kind == AccountKind::Payable {
                    *moved.ordered.entry(debit.item).or_default() -= yen;
                } else {
                    moved.arisen += yen;
                }
            }
            if !is_mine(debit) {
                continue;
            }
            match credit.kind {
                AccountKind::Payable => *moved.ordered.entry(credit.item).or_default() += yen,
                AccountKind::Lapsed => moved.lapsed += yen,
                AccountKind::Unmatched => moved.arisen -= yen,
                _ => {
                    if let Some(claim) = claim_number(&credit) {
                        *moved.appropriated.entry(claim).or_default() += yen;
                    }
                }
            }
        }
        moved.ordered.retain(|_, yen| *yen != 0);
        moved
    }
}

/// Did a decision look at an overpayment?
fn looked_at(stored: &StoredDecision, number: i64) -> bool {
    let given = stored.decision.evidence.given.iter().find(|given| given.kind == Kind::Overpayments.name());
    given.and_then(|given| given.table.integers("number")).is_some_and(|numbers| numbers.contains(&number))
}

fn order_state(entries: &[Entry], order: &PaymentOrder) -> OrderState {
    let account = Account::payable(order.household, order.number);
    let mut state = OrderState::Open;
    for Entry { event, transfer, .. } in entries {
        if transfer.debit != account && transfer.credit != account {
            continue;
        }
        state = match event {
            Event::Sent => OrderState::Sent,
            Event::Paid => OrderState::Paid,
            Event::Failed | Event::Returned => OrderState::Failed,
            Event::RefundWithdrawn => OrderState::Withdrawn,
            Event::Lapsed => OrderState::Lapsed,
            _ => state,
        };
    }
    state
}

/// Accounts of one query.
const PAGE: u32 = 500;

/// Households of which something is undecided or not paid out, in the order of their numbers.
///
/// # Errors
/// A [`StoreError`].
pub async fn open_matters(store: &Store, municipality: Municipality) -> Result<BTreeSet<HouseholdId>, StoreError> {
    let mut found = BTreeSet::new();
    for kind in [AccountKind::Overpaid, AccountKind::Payable, AccountKind::Reclaim] {
        let mut after = None;
        loop {
            let page = store.open_accounts(municipality, kind, after, PAGE).await?;
            let Some((last, _)) = page.last() else { break };
            after = Some(*last);
            found.extend(page.iter().map(|(account, _)| HouseholdId(account.household)));
        }
    }
    Ok(found)
}

/// A refund that lapsed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LapsedRefund {
    /// The household.
    pub household: HouseholdId,
    /// The overpayment or order.
    pub lapsing: super::Lapsing,
    /// How much.
    pub yen: i64,
    /// The day from which it could no longer be claimed.
    pub bar_on: Date,
    /// The day it was recorded.
    pub recorded_on: Date,
    /// Why, as whoever recorded it said.
    pub reference: String,
}

/// Every refund whose lapse was recorded in a fiscal year, in the order of the records. They stay here for good.
///
/// # Errors
/// A [`StoreError`].
pub async fn lapsed(store: &Store, municipality: Municipality, year: i32) -> Result<Vec<LapsedRefund>, StoreError> {
    let entries = store.entries_of_account(municipality, Account::lapsed(year)).await?;
    let lapsed = |entry: &Entry| {
        let debit = entry.transfer.debit;
        let lapsing = match debit.kind {
            AccountKind::Overpaid => super::Lapsing::Overpayment(debit.item),
            _ => super::Lapsing::Order(debit.item),
        };
        LapsedRefund {
            household: HouseholdId(debit.household),
            lapsing,
            yen: entry.transfer.yen.get(),
            bar_on: entry.transfer.effective,
            recorded_on: entry.booked_on,
            reference: entry.reference.clone(),
        }
    };
    Ok(entries.iter().map(lapsed).collect())
}
