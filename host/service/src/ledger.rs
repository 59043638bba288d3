//! The ledger for people: what officials call an account and a transfer, what stands on which side, and whether it adds up.
//!
//! Absent here: the postings themselves, which each affair makes, and how a list is shown.

use crate::levy;
use crate::receipts::forms::source_ja;
use crate::reconciliation::control;
use jorei_domain::benefit::Benefit;
use jorei_domain::calendar::Date;
use jorei_domain::id::Municipality;
use jorei_domain::ledger::{Account, AccountKind, Balance, Bound, Phase, Transfer};
use jorei_store::{Store, StoreError};

/// What officials call an account: whose it is, what it holds, of what.
pub fn account_ja(account: &Account) -> String {
    let of = match account.instalment() {
        Some(instalment) if account.kind == AccountKind::Overpaid => format!(" {instalment}（{}）", account.item % 1_000),
        Some(instalment) => format!(" {instalment}"),
        None => match account.kind {
            AccountKind::Reclaim if account.year != 0 => format!(" 給付{}（{}年度）", account.item, account.year),
            AccountKind::Unmatched | AccountKind::Reclaim => format!(" 収納{}", account.item),
            AccountKind::Benefits => {
                let benefit = usize::try_from(account.item).ok().and_then(|code| Benefit::ALL.get(code));
                format!(" {} {}年度", benefit.map_or("不明", |benefit| benefit.ja()), account.year)
            }
            AccountKind::Payable => format!(" 支出命令{}", account.item),
            AccountKind::Collected => {
                let channel = u8::try_from(account.year).map_or("不明", source_ja);
                let day = Date::from_packed(account.item).map_or_else(|_| String::new(), |day| day.to_string());
                format!(" {channel} {day}")
            }
            AccountKind::Interest | AccountKind::Lapsed => format!(" {}年度", account.year),
            _ => String::new(),
        },
    };
    let household = if account.household == 0 { String::new() } else { format!("世帯{} ", account.household) };
    format!("{household}{}{of}", account.kind.ja())
}

/// What stands on the side on which it may stand, and what is pending there; whole yen.
pub fn standing(kind: AccountKind, balance: &Balance) -> (i64, i64) {
    match kind.bound() {
        Bound::Credit => (balance.credit(), balance.credits_pending - balance.debits_pending),
        Bound::Debit | Bound::None => (balance.debit(), balance.debits_pending - balance.credits_pending),
    }
}

/// What officials call the phase of a transfer; nothing for one that simply counts.
pub const fn phase_ja(transfer: &Transfer) -> &'static str {
    match transfer.phase {
        Phase::Posted => "",
        Phase::Pending => "仮",
        Phase::Post(_) => "確定",
        Phase::Void(_) => "取消",
    }
}

/// Adds every transfer up again, holds what is assessed against the decisions, and the receipts against the ledger. Names each
/// place that differs, for engineers; empty when all agrees.
///
/// # Errors
/// A [`StoreError`].
pub async fn check(store: &Store, municipality: Municipality, today: Date) -> Result<Vec<String>, StoreError> {
    let mut wrong = store.check_ledger(municipality).await?;
    wrong.extend(levy::check(store, municipality, today).await?);
    let control = control(store, municipality).await?;
    if !control.agrees() {
        wrong.push(format!(
            "receipts: the channels told {} yen for good, the ledger has {}, of which {} used and {} unmatched",
            control.told_yen(),
            control.booked_yen,
            control.used_yen(),
            control.unmatched_yen
        ));
    }
    Ok(wrong)
}
