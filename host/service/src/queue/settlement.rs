//! A clerk settles what waits (処理): with a way, a reason and an account, bound to the very decision or notice.
//!
//! The reason is for the next clerk and the auditor, and carries no personal data: what can be recognised as such
//! is refused. Absent here: whether the account may; and the decision itself, which a settlement never changes. A
//! provisional decision that is settled is still provisional.

use super::{Filter, Item, Matter, Waiting, page};
use crate::officer::{Now, good_account};
use jorei_domain::calendar::FiscalYear;
use jorei_domain::id::{HouseholdId, Municipality};
use jorei_domain::slot::Slot;
use jorei_store::readings::kana_key;
use jorei_store::settlements::Settlement;
use jorei_store::{Store, StoreError};

/// Characters of a reason: a sentence or three, so that it stays one.
pub const LONGEST_REASON: usize = 300;
/// So many digits in a row are a number of somebody or something, not an amount or a date.
const DIGITS: usize = 9;

/// What was done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Way {
    /// The record or the ordinance was put right; the case will be decided again.
    Corrected,
    /// The vendor was told.
    HandedToVendor,
    /// Somebody was asked, or reminded.
    Asked,
    /// Nothing is assessed.
    NotAssessed,
    /// The decision stands as it is.
    KeptAsIs,
}

impl Way {
    /// Every way.
    pub const ALL: [Way; 5] = [Way::Corrected, Way::HandedToVendor, Way::Asked, Way::NotAssessed, Way::KeptAsIs];

    /// The word in the record.
    pub fn word(self) -> &'static str {
        match self {
            Way::Corrected => "corrected",
            Way::HandedToVendor => "handed_to_vendor",
            Way::Asked => "asked",
            Way::NotAssessed => "not_assessed",
            Way::KeptAsIs => "kept_as_is",
        }
    }

    /// The way of a word.
    pub fn named(word: &str) -> Option<Way> {
        Way::ALL.into_iter().find(|way| way.word() == word)
    }

    /// What officials call it.
    pub fn ja(self) -> &'static str {
        match self {
            Way::Corrected => "記録又は条例の値を補正した",
            Way::HandedToVendor => "ベンダーへ連絡した",
            Way::Asked => "照会・催告をした",
            Way::NotAssessed => "賦課しない",
            Way::KeptAsIs => "現在の決定のままとする",
        }
    }

    /// The reasons to wait that it answers. Only what a rule broke over, or proposed beyond its bounds, is a vendor's; a case
    /// without an answer cannot be kept as it is.
    pub fn answers(self) -> &'static [Waiting] {
        match self {
            Way::Corrected => &[
                Waiting::Refused,
                Waiting::Failed,
                Waiting::Provisional,
                Waiting::Pending,
                Waiting::Barred,
                Waiting::LimitUnknown,
                Waiting::Conflict,
                Waiting::Vanished,
                Waiting::Held,
            ],
            Way::HandedToVendor => &[Waiting::Failed, Waiting::LimitUnknown, Waiting::Held],
            Way::Asked => &[Waiting::Refused, Waiting::Provisional, Waiting::Pending, Waiting::Conflict, Waiting::Vanished, Waiting::Held],
            Way::NotAssessed => &[Waiting::Refused, Waiting::Barred, Waiting::Vanished],
            Way::KeptAsIs => &[Waiting::Provisional, Waiting::Pending, Waiting::Barred, Waiting::Conflict, Waiting::Vanished],
        }
    }
}

/// Why nothing was settled.
#[derive(Debug, thiserror::Error)]
pub enum SettleError {
    /// Nothing of the case waits.
    #[error("nothing of household {household} waits in the slot `{slot}` of fiscal year {year}; `jorei queue` shows what does")]
    NothingWaits {
        /// The household.
        household: HouseholdId,
        /// The slot.
        slot: &'static str,
        /// The year.
        year: i32,
    },
    /// Several things of the case wait, and it was not said which.
    #[error("{} things of household {household} wait ({}); say which reason", .waiting.len(), .waiting.join(", "))]
    Several {
        /// The household.
        household: HouseholdId,
        /// Their reasons.
        waiting: Vec<&'static str>,
    },
    /// It leaves the queue only by a decision.
    #[error("{} of household {household} cannot be settled: it leaves the queue when the case is decided", .waiting.word())]
    OnlyDecided {
        /// The household.
        household: HouseholdId,
        /// Why it waits.
        waiting: Waiting,
    },
    /// The way does not answer the reason.
    #[error("`{}` is no answer to a case that is {}; use one of {}", .way.word(), .waiting.word(), ways(*.waiting))]
    NoAnswer {
        /// The way.
        way: Way,
        /// Why the case waits.
        waiting: Waiting,
    },
    /// The reason is empty, too long or not one line.
    #[error("the reason must be one line of 1 to {LONGEST_REASON} characters")]
    Reason,
    /// The reason names somebody.
    #[error("the reason holds {0}; write it without personal data")]
    Personal(&'static str),
    /// No account of this name is good today.
    #[error("account {0} is not good today; `jorei office show` lists the accounts")]
    Account(String),
    /// The store, or somebody was faster.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The ways that answer a reason, for an error.
fn ways(waiting: Waiting) -> String {
    let ways = Way::ALL.into_iter().filter(|way| way.answers().contains(&waiting)).map(Way::word);
    ways.collect::<Vec<_>>().join(", ")
}

/// What a clerk settles.
#[derive(Clone, Copy, Debug)]
pub struct Which {
    /// The fiscal year.
    pub year: FiscalYear,
    /// The slot.
    pub slot: Slot,
    /// The household.
    pub household: HouseholdId,
    /// For a case of which several things wait: the one.
    pub waiting: Option<Waiting>,
    /// The decision or notice the clerk saw, if the caller knows: another one in its place is not settled.
    pub matter: Option<Matter>,
}

/// Settles one thing that waits; answers it, with the number of the settlement.
///
/// # Errors
/// A [`SettleError`]; then nothing is settled.
pub async fn settle(
    store: &Store,
    municipality: Municipality,
    which: Which,
    way: Way,
    reason: &str,
    account: &str,
    now: &Now,
) -> Result<(Item, i64), SettleError> {
    let reason = reason.trim();
    if good_account(store, municipality, account, now.today).await?.is_none() {
        return Err(SettleError::Account(account.to_owned()));
    }
    let Which { year, slot, household, waiting, matter } = which;
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON || reason.chars().any(char::is_control) {
        return Err(SettleError::Reason);
    }
    names_nobody(store, municipality, year, household, reason).await?;
    let filter = Filter { slot: Some(slot), household: Some(household), waiting: waiting.into_iter().collect(), ..Filter::default() };
    let mut items = page(store, municipality, year, &filter, None, 1).await?.items;
    items.retain(|item| matter.is_none() || item.matter == matter);
    if items.len() > 1 && items.iter().any(|item| item.matter.is_some()) {
        items.retain(|item| item.matter.is_some());
    }
    let item = match (items.pop(), items.is_empty()) {
        (None, _) => return Err(SettleError::NothingWaits { household, slot: slot.word(), year: year.year() }),
        (Some(item), true) => item,
        (Some(last), false) => {
            let waiting = items.iter().chain([&last]).map(|item| item.waiting.word()).collect();
            return Err(SettleError::Several { household, waiting });
        }
    };
    let Some(matter) = item.matter else { return Err(SettleError::OnlyDecided { household, waiting: item.waiting }) };
    if !way.answers().contains(&item.waiting) {
        return Err(SettleError::NoAnswer { way, waiting: item.waiting });
    }
    let settlement = Settlement {
        ordinal: 0,
        slot: slot.word().to_owned(),
        on: year.first_day(),
        household,
        matter,
        way: way.word().to_owned(),
        reason: reason.to_owned(),
        by: account.to_owned(),
        at: now.at.clone(),
    };
    let ordinal = store.save_settlement(municipality, &settlement, &now.stamp(account)).await?;
    Ok((item, ordinal))
}

/// Looks for what can be recognised: a long number, a name, reading or address of anybody who lives in the household or
/// did when the year began.
async fn names_nobody(
    store: &Store,
    municipality: Municipality,
    year: FiscalYear,
    household: HouseholdId,
    reason: &str,
) -> Result<(), SettleError> {
    let digits = |text: &str| {
        text.split(|c: char| !(c.is_numeric() || matches!(c, '-' | '－' | 'ー' | ' ')))
            .any(|run| run.chars().filter(|c| c.is_numeric()).count() >= DIGITS)
    };
    if digits(reason) {
        return Err(SettleError::Personal("a long number"));
    }
    let (key, written) = (kana_key(reason), without_spaces(reason));
    let as_of = store.latest_knowledge(municipality).await?;
    let mut members = store.household_members(municipality, household, year.first_day(), as_of).await?;
    members.extend(store.household_members(municipality, household, year.last_day(), as_of).await?);
    for member in members {
        if let Some(name) = store.name(municipality, member.person, as_of).await? {
            let is_in = |text: &str| !text.is_empty() && written.contains(&without_spaces(text));
            let reading = kana_key(&name.kana);
            if is_in(&name.name)
                || [&name.latin, &name.alias].into_iter().flatten().any(|text| is_in(text))
                || (!reading.is_empty() && key.contains(&reading))
            {
                return Err(SettleError::Personal("a name"));
            }
        }
        if let Some(address) = store.address(municipality, member.person, as_of).await?
            && written.contains(&without_spaces(&address.address))
        {
            return Err(SettleError::Personal("an address"));
        }
    }
    Ok(())
}

fn without_spaces(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}
