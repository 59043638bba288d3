//! Giving up what can no longer be collected (不納欠損): shown first, signed by two people, then posted.
//!
//! The act says how much at most. What was paid before it took effect is not given up. Absent here: deciding that enforcement
//! is suspended; a step of the arrears says so.

use super::{Arrears, ArrearsError, Lapsing, extinct_on, household, time_bar};
use crate::acts::{ActsError, Proposal, based};
use crate::office::show;
use crate::officer::Now;
use jorei_domain::act::{Act, Change, GivenUp, WriteOff};
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, HouseholdId, Municipality};
use jorei_domain::ledger::{Account, AccountKind, Event, Instalment, Phase, Posting, Transfer};
use jorei_domain::money::Yen;
use jorei_store::{Store, StoreError};
use std::fmt::Write as _;

/// Why something is not given up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteOffError {
    /// Nothing is open of what was named.
    #[error("household {0}: nothing of these instalments is open; `jorei arrears show` has what is")]
    NothingOpen(HouseholdId),
    /// The ground does not hold on the day.
    #[error("household {household}: {instalment} can still be collected on {on}; the ground {ground} holds from {from} on", from = .from.map_or_else(|| "no day".to_owned(), |day| day.to_string()))]
    NotYet {
        /// The household.
        household: HouseholdId,
        /// The instalment.
        instalment: Instalment,
        /// The ground that was named.
        ground: String,
        /// The day.
        on: Date,
        /// From when it holds; none if never so far.
        from: Option<Date>,
    },
    /// What is owed.
    #[error(transparent)]
    Arrears(#[from] ArrearsError),
    /// The state it rests on.
    #[error(transparent)]
    Acts(#[from] ActsError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An act of two people that gives up what is open of some instalments of a household, with their charges and fees, on a ground
/// of [`jorei_domain::act::WRITE_OFF_GROUNDS`] that holds on a day. Without instalments: all for which it holds.
///
/// # Errors
/// A [`WriteOffError`].
#[allow(clippy::too_many_arguments, reason = "whose, what, on which ground, when, and why")]
pub async fn propose_write_off(
    store: &Store,
    municipality: Municipality,
    household_id: HouseholdId,
    instalments: &[Instalment],
    ground: &str,
    on: Date,
    reason: &str,
) -> Result<Proposal, WriteOffError> {
    let arrears = household(store, municipality, household_id).await?;
    let mut claims = Vec::new();
    let mut counts_from = None;
    for standing in &arrears.standings {
        let of = standing.instalment;
        let open = [
            (AccountKind::Receivable, standing.open_yen),
            (AccountKind::Charge, standing.charge_open_yen),
            (AccountKind::Fee, standing.fee_open_yen),
        ];
        let owes = open.iter().any(|(_, yen)| *yen > 0);
        let named = instalments.contains(&of);
        if !owes || !(named || instalments.is_empty()) {
            continue;
        }
        let from = holds_from(&arrears, of, ground);
        if from.is_none_or(|from| on < from) {
            if named {
                return Err(WriteOffError::NotYet { household: household_id, instalment: of, ground: ground.to_owned(), on, from });
            }
            continue;
        }
        counts_from = counts_from.max(from);
        for (kind, yen) in open.into_iter().filter(|(_, yen)| *yen > 0) {
            claims.push(GivenUp { kind: kind.number(), year: of.year, item: of.item(), yen });
        }
    }
    let Some(from) = counts_from else { return Err(WriteOffError::NothingOpen(household_id)) };
    let written_off = WriteOff { household: household_id, claims, ground: ground.to_owned(), on: from };
    let changes = based(store, municipality, vec![Change::WriteOff(written_off)]).await?;
    let mut shown = show(store, municipality, &changes).await?;
    // Writing to a string cannot fail.
    let _ = writeln!(shown, "時効・執行停止の日数は未確認の値による（滞納整理の値の一覧を参照）");
    Ok(Proposal { changes, reason: reason.to_owned(), shown, checkers: 1, eligible: Vec::new(), emergency: false })
}

/// From when a ground holds of an instalment.
fn holds_from(arrears: &Arrears, of: Instalment, ground: &str) -> Option<Date> {
    let standing = arrears.standings.iter().find(|standing| standing.instalment == of)?;
    let suspended = extinct_on(of, &arrears.events);
    match ground {
        "time_bar" => {
            let bar = time_bar(standing, &arrears.events);
            (!bar.held).then_some(bar.bar_on)
        }
        "suspended_three_years" => suspended,
        // It needs a suspension that stands, of whatever length; the clerk's reason says why at once.
        "extinguished_at_once" => suspended.and(arrears.events.iter().rev().find_map(|known| {
            let event = &known.event;
            (event.step == jorei_store::arrears::Step::Suspended && event.instalments.contains(&of)).then_some(event.on)
        })),
        _ => None,
    }
}

/// What the text of an act says of it.
pub(crate) fn lines(written_off: &WriteOff) -> Vec<String> {
    let ground = match written_off.ground.as_str() {
        "time_bar" => "消滅時効の完成",
        "suspended_three_years" => "執行停止が3年間継続",
        "extinguished_at_once" => "執行停止と同時に消滅",
        other => other,
    };
    let mut lines = vec![format!("事由 {ground} 効力の日 {}", written_off.on)];
    for claim in &written_off.claims {
        let kind = AccountKind::numbered(claim.kind);
        let name = kind.map_or("不明な債権", AccountKind::ja);
        let of = match kind {
            Some(AccountKind::Reclaim) => format!("収納 {}", claim.item),
            _ => Instalment::of_item(claim.year, claim.item).map_or_else(|| claim.item.to_string(), |of| of.to_string()),
        };
        lines.push(format!("{of} {name} {}円まで", claim.yen));
    }
    lines
}

/// What an act in effect gave up.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Done {
    /// Posted, now or before.
    Posted(Digest),
    /// All of it had been paid or given up otherwise.
    Nothing,
}

/// Does what an act in effect says of claims: posts that they are given up, as far as they are still open. To be called whenever
/// such an act is in effect; a second call finds it done.
///
/// # Errors
/// A [`StoreError`]; then call again.
pub async fn complete(store: &Store, act: &Act, now: &Now, by: &str) -> Result<Vec<(HouseholdId, Done)>, StoreError> {
    let mut done = Vec::new();
    for based in &act.changes {
        if let Change::WriteOff(written_off) = &based.change {
            done.push((written_off.household, post(store, act, written_off, now, by).await?));
        }
    }
    Ok(done)
}

/// Tries when something is paid at the same time.
const TRIES: usize = 8;

async fn post(store: &Store, act: &Act, written_off: &WriteOff, now: &Now, by: &str) -> Result<Done, StoreError> {
    let (municipality, household) = (act.municipality, written_off.household);
    let id = Digest::of(format!("jorei write-off 1\n{}\n{household}", act.id()).as_bytes());
    let mut tried = 0;
    loop {
        tried += 1;
        if store.posting(municipality, id).await?.is_some() {
            return Ok(Done::Posted(id));
        }
        let mut transfers = Vec::new();
        for claim in &written_off.claims {
            let Some(kind) = AccountKind::numbered(claim.kind) else { continue };
            let credit = Account { kind, household: household.0, year: claim.year, item: claim.item };
            let open = store.balance(municipality, credit).await?.open_debit().min(claim.yen);
            if open > 0 {
                let yen = Yen::checked(open).map_err(|error| StoreError::Damaged(error.to_string()))?;
                let debit = Account { kind: AccountKind::WrittenOff, ..credit };
                transfers.push(Transfer { debit, credit, yen, phase: Phase::Posted, effective: written_off.on });
            }
        }
        if transfers.is_empty() {
            return Ok(Done::Nothing);
        }
        let reference = format!("決裁 {}", act.id());
        let posting =
            Posting { id, event: Event::WrittenOff, booked_on: now.today, decision: None, reference, transfers, overpayments: Vec::new() };
        match store.post(municipality, &[posting], &now.stamp(by)).await {
            Ok(_) => return Ok(Done::Posted(id)),
            Err(error) if error.is_overtaken() && tried < TRIES => {}
            Err(error) => return Err(error),
        }
    }
}

/// Can an item of the list of what lapses be given up on a day, and on which ground?
pub fn ground(item: &Lapsing, on: Date) -> Option<&'static str> {
    if item.extinct_on.is_some_and(|day| day <= on) {
        Some("suspended_three_years")
    } else if !item.bar.held && item.bar.bar_on <= on {
        Some("time_bar")
    } else {
        None
    }
}
