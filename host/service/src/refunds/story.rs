//! One amount followed from the article of law to the bank's line: decision, headline of its trace, entries of the ledger,
//! order, the lines of the files that it went out in, and what the bank said of each.
//!
//! Absent here: the account, which a story names by its entry in the vault only, and whoever holds it.

use super::RefundError;
use super::matters::{HouseholdMatters, OrderState, matters};
use crate::citation::citation;
use crate::exemptions::state;
use crate::language::Language;
use crate::payees::finding_ja;
use crate::words::Words;
use jorei_domain::calendar::Date;
use jorei_domain::id::{HouseholdId, Municipality};
use jorei_domain::ledger::{Account, AccountKind};
use jorei_domain::money::grouped;
use jorei_domain::record::OVERPAYMENT_CAUSES;
use jorei_domain::trace::{self, Val};
use jorei_store::Store;
use jorei_store::decisions::StoredDecision;
use jorei_store::ledger::Entry;
use jorei_store::orders::PaymentOrder;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Steps of a trace that a headline shows: those that name an article, no deeper than this.
const DEEPEST: u16 = 2;

/// The story of a household's overpayments, for officials: each from how it arose to the order that pays it out.
///
/// # Errors
/// A [`RefundError`] of the store or a revision.
pub async fn story(store: &Store, municipality: Municipality, household: HouseholdId, on: Date) -> Result<String, RefundError> {
    let known = matters(store, municipality, household, on).await?;
    let entries = store.entries(municipality, household).await?;
    let mut text = String::new();
    let (mut shown, mut told) = (BTreeSet::new(), BTreeSet::new());
    for matter in &known.matters {
        let cause = OVERPAYMENT_CAUSES.get(usize::from(matter.overpayment.cause)).copied().unwrap_or_default();
        let _ = writeln!(text, "過誤納 {}  {}  {}", matter.overpayment.number, matter.instalment, matter.state.ja());
        let _ = writeln!(text, "  発生 {}  {} 円  原因 {}", matter.overpayment.arose_on, grouped(matter.arisen), cause_ja(cause));
        let account = Account::overpaid(household, matter.overpayment.number);
        for entry in entries.iter().filter(|entry| [entry.transfer.debit, entry.transfer.credit].contains(&account)) {
            let (debit, credit) = (entry.transfer.debit, entry.transfer.credit);
            let of = |account: Account| {
                account.instalment().map_or_else(|| account.kind.ja().to_owned(), |of| format!("{} {of}", account.kind.ja()))
            };
            let _ = writeln!(
                text,
                "  台帳 第{}号 {}  {} → {}  {} 円  効力 {}{}",
                entry.ordinal,
                entry.event.ja(),
                of(debit),
                of(credit),
                grouped(entry.transfer.yen.get()),
                entry.transfer.effective,
                entry.decision.map_or_else(String::new, |decision| format!("  決定 {}", decision.short()))
            );
            if let Some(decision) = entry.decision
                && shown.insert(decision)
                && let Some(stored) = store.decision(municipality, decision).await?
            {
                let kept = store.revision(municipality, stored.decision.revision).await?;
                headline(&mut text, &stored, &Words::from_json(kept.as_ref().map_or("", |kept| &kept.about)));
            }
        }
        for (order, state) in orders(&known, matter.overpayment.number, &entries) {
            let _ = writeln!(
                text,
                "  支出命令 {}  還付 {} 円、還付加算金 {} 円  支出決定日 {}  {}",
                order.number,
                order.principal,
                order.interest,
                order.decided_on,
                state.ja()
            );
            if told.insert(order.number) {
                bank_lines(&mut text, store, municipality, order.number).await?;
            }
        }
    }
    for (receipt, yen) in &known.reclaims {
        let _ =
            writeln!(text, "返納金債権  収納番号 {receipt}  {} 円  還付の後に収納が取り消されました。相殺はしていません", grouped(*yen));
    }
    Ok(text)
}

/// The orders that pay an overpayment out, or interest that follows from the same decision.
fn orders<'m>(known: &'m HouseholdMatters, overpayment: i64, entries: &'m [Entry]) -> impl Iterator<Item = &'m (PaymentOrder, OrderState)> {
    known.orders.iter().filter(move |(order, _)| {
        let pays = entries.iter().any(|entry| {
            let (debit, credit) = (entry.transfer.debit, entry.transfer.credit);
            debit.kind == AccountKind::Overpaid
                && debit.item == overpayment
                && credit.kind == AccountKind::Payable
                && credit.item == order.number
        });
        let interest_only = order.principal.get() == 0
            && known.matters.iter().any(|matter| matter.overpayment.number == overpayment && matter.decision == Some(order.decision));
        pays || interest_only
    })
}

/// The lines of an order: batch, file, and what the bank said of each.
async fn bank_lines(text: &mut String, store: &Store, municipality: Municipality, order: i64) -> Result<(), RefundError> {
    for line in store.lines_of_order(municipality, order).await? {
        let Some(batch) = store.batch(municipality, line.batch).await? else { continue };
        let _ = writeln!(
            text,
            "    振込明細 {}  {} 円  支払束 {}  振込指定日 {}  口座 {}",
            line.id,
            line.yen,
            line.batch,
            batch.bank_day,
            line.entry.short()
        );
        if let Some((act, at)) = &batch.released {
            let _ = writeln!(text, "      送付承認 決裁番号 {}  {at}", act.short());
        }
        let file = store.file_of_batch(municipality, line.batch).await?;
        match (&line.held, file) {
            (Some(held), _) => {
                let _ = writeln!(text, "      ファイルから除外  {}", finding_ja(held));
            }
            (None, Some(file)) => {
                let _ = writeln!(text, "      振込データ 第{}号  照合値 {}", file.serial, file.sha256);
            }
            (None, None) => {}
        }
        for (outcome, reason, on) in &line.outcomes {
            let reason = if reason.is_empty() { String::new() } else { format!("  {reason}") };
            let _ = writeln!(text, "      銀行の結果 {}  {on}{reason}", outcome.ja());
        }
    }
    Ok(())
}

/// A decision in a few lines: its number, state, and the steps that name an article.
fn headline(text: &mut String, stored: &StoredDecision, words: &Words) {
    let _ = writeln!(text, "    決定 {}  決定日 {}  {}", stored.id.short(), stored.decided_on, state(&stored.status));
    for step in trace::decode(&stored.decision.trace).unwrap_or_default() {
        if step.depth > DEEPEST || step.article.is_empty() {
            continue;
        }
        let value = match step.value {
            Val::Yen(yen) => format!(": {yen} 円"),
            _ => String::new(),
        };
        let article = citation(&step.article, Language::Japanese);
        let _ = writeln!(text, "      {}{value} 〔{article}〕", words.label(&step.label, Language::Japanese));
    }
}

/// The causes as officials call them, in their order.
pub(super) fn cause_ja(word: &str) -> &'static str {
    match word {
        "assessment_reduced" => "減額による過納",
        "correction_requested" => "更正の請求による過納",
        "income_tax" => "所得税の更正等による過納",
        "paid_twice" => "二重納付",
        "paid_too_much" => "過大納付",
        "wrong_payer" => "納付義務者以外の納付",
        _ => "不明",
    }
}
