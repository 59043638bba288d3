//! What waits for a clerk (要確認), over every slot of a year: cases that were refused, failed or rest on
//! something unconfirmed, facts that were asked for and not answered, applications that nobody decided, notices
//! of a run that could not settle a case, and cases that nobody decides because their revision is paused.
//!
//! A case leaves the queue in two ways, both recorded: it is decided again and waits no more, or a clerk
//! settles the very decision or notice ([`settlement`]). Pages follow the households, so that nobody
//! holds a year in memory.
//!
//! Absent here: who may look or settle, and anything that would change a decision.

mod reading;
pub mod settlement;

use crate::language::Language;
use crate::revisions::{RevisionError, digest_in_force};
use crate::words::Words;
use jiff::Timestamp;
use jiff::tz::Offset;
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::decision::Failure;
use jorei_domain::id::{DecisionId, Digest, HouseholdId, Municipality};
use jorei_domain::slot::Slot;
use jorei_store::decisions::StoredDecision;
pub use jorei_store::settlements::Matter;
use jorei_store::{Store, StoreError};
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

/// Households of one query.
const PAGE: u32 = 1_000;
/// Values of law that a reason names; of more it says how many.
const NAMED: usize = 3;

/// Why a case waits.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Waiting {
    /// The rule declined.
    Refused,
    /// The rule broke.
    Failed,
    /// Decided on values of law that nobody confirmed (仮決定).
    Provisional,
    /// Decided without a fact that was asked for: an income, a certificate, an application.
    Pending,
    /// The revision in force is paused, and nothing was decided.
    Paused,
    /// The law allows no change any more (期間制限).
    Barred,
    /// Nobody can say whether it does.
    LimitUnknown,
    /// Two reliefs of one rank exclude each other.
    Conflict,
    /// Nobody lives there any more, and something was decided.
    Vanished,
    /// A refund was proposed that the host does not post, or cannot be decided.
    Held,
}

impl Waiting {
    /// Every reason, the one a clerk looks at first coming first.
    pub const ALL: [Waiting; 10] = [
        Waiting::Refused,
        Waiting::Failed,
        Waiting::Paused,
        Waiting::Barred,
        Waiting::LimitUnknown,
        Waiting::Conflict,
        Waiting::Vanished,
        Waiting::Held,
        Waiting::Pending,
        Waiting::Provisional,
    ];

    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Waiting::Refused => "refused",
            Waiting::Failed => "failed",
            Waiting::Provisional => "provisional",
            Waiting::Pending => "pending",
            Waiting::Paused => "paused",
            Waiting::Barred => "barred",
            Waiting::LimitUnknown => "limit_unknown",
            Waiting::Conflict => "conflict",
            Waiting::Vanished => "vanished",
            Waiting::Held => "held",
        }
    }

    /// The reason of a word.
    pub fn named(word: &str) -> Option<Waiting> {
        Waiting::ALL.into_iter().find(|waiting| waiting.word() == word)
    }

    /// What officials call it.
    pub fn ja(self) -> &'static str {
        match self {
            Waiting::Refused => "計算不能",
            Waiting::Failed => "ルールの障害",
            Waiting::Provisional => "仮決定",
            Waiting::Pending => "照会中・未確認",
            Waiting::Paused => "一時停止",
            Waiting::Barred => "期間制限",
            Waiting::LimitUnknown => "期間制限の確認不能",
            Waiting::Conflict => "減免の競合",
            Waiting::Vanished => "世帯消滅",
            Waiting::Held => "支出・充当の保留",
        }
    }

    /// What a clerk does.
    pub fn to_do(self) -> &'static str {
        match self {
            Waiting::Refused => "理由にある記録又は条例の値を補い、再度賦課計算をしてください",
            Waiting::Failed => "ルールのベンダーへ決定番号を知らせてください",
            Waiting::Provisional => "理由にある値を条例等で確認し、値の確認の決裁を受けてください",
            Waiting::Pending => "照会の回答、申告又は証明書類を記録し、再度決定をしてください",
            Waiting::Paused => "改版の切戻し又は再適用の承認を待って、賦課計算をしてください",
            Waiting::Barred => "国民健康保険法第110条の2の期間制限を確認し、賦課しないことを処理として記録してください",
            Waiting::LimitUnknown => "期割の改版が適用されているか確認し、再度決定をしてください",
            Waiting::Conflict => "適用する減免を条例で確認し、他の申請を取り消すか、条例の優先順位を改めてください",
            Waiting::Vanished => "世帯の異動の記録を確認し、賦課の取消し又は納付義務者の変更を処理してください",
            Waiting::Held => "理由を確認し、原因を解消してから、還付・充当を再度決定してください",
        }
    }
}

/// One case that waits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Item {
    /// The household.
    pub household: HouseholdId,
    /// The slot.
    pub slot: Slot,
    /// Why.
    pub waiting: Waiting,
    /// The reason in words, in Japanese.
    pub reason: String,
    /// The decision that says so, and when it was made.
    pub decision: Option<(DecisionId, String)>,
    /// Since which day in Japan the case has waited without a break.
    pub since: Option<Date>,
    /// What a clerk settles; none for what leaves the queue only when it is decided.
    pub matter: Option<Matter>,
    /// What a provisional or pending case waits for: keys of values of law, or of facts (`incomes.pending`,
    /// `incomes.undeclared`, `applications.not_certified`). Each once, in order.
    pub unconfirmed: Vec<String>,
}

/// Which part of the queue.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only this slot.
    pub slot: Option<Slot>,
    /// Only these reasons; none stands for all.
    pub waiting: Vec<Waiting>,
    /// Only what has waited since before this day.
    pub since_before: Option<Date>,
    /// Only this household.
    pub household: Option<HouseholdId>,
    /// Only what waits for this value or fact, by its key.
    pub unconfirmed: Option<String>,
}

impl Filter {
    fn asks_for(&self, waiting: Waiting) -> bool {
        self.waiting.is_empty() || self.waiting.contains(&waiting)
    }

    fn asks_for_slot(&self, slot: Slot) -> bool {
        self.slot.is_none_or(|wanted| wanted == slot)
    }

    fn takes(&self, item: &Item) -> bool {
        self.asks_for(item.waiting)
            && self.asks_for_slot(item.slot)
            && self.since_before.is_none_or(|day| item.since.is_none_or(|since| since < day))
            && self.household.is_none_or(|household| household == item.household)
            && self.unconfirmed.as_ref().is_none_or(|key| item.unconfirmed.contains(key))
    }
}

/// A part of the queue.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Page {
    /// In order of household and slot.
    pub items: Vec<Item>,
    /// The household behind which the next page begins; none on the last one.
    pub next: Option<HouseholdId>,
}

/// How many cases wait for one value or fact.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Group {
    /// The slot.
    pub slot: Slot,
    /// Its key, as in [`Item::unconfirmed`].
    pub key: String,
    /// What officials call it.
    pub ja: String,
    /// Cases that wait for it.
    pub cases: u64,
    /// Those of them that wait for nothing else.
    pub alone: u64,
    /// The first household of them.
    pub first: HouseholdId,
}

/// A page of what waits in a year, of the households after one: at least `limit` items (one or more) where there
/// are as many, and all of the last household's.
///
/// # Errors
/// A [`StoreError`].
pub async fn page(
    store: &Store,
    municipality: Municipality,
    year: FiscalYear,
    filter: &Filter,
    after: Option<HouseholdId>,
    limit: u32,
) -> Result<Page, StoreError> {
    // One household is one small page.
    let after = filter.household.map_or(after, |household| Some(HouseholdId(household.0 - 1)));
    let mut desk = reading::Desk::open(store, municipality, year);
    let mut sources = Vec::new();
    for slot in Slot::YEARLY.into_iter().filter(|slot| filter.asks_for_slot(*slot)) {
        sources.push(desk.decided(slot, filter, after, limit).await?);
        if filter.asks_for(Waiting::Paused) {
            sources.push(desk.paused(slot, filter, after, limit).await?);
        }
    }
    sources.push(desk.notices(filter, after).await?);
    if filter.asks_for_slot(Slot::Exemption) && filter.asks_for(Waiting::Pending) {
        sources.push(desk.applied(filter, after, limit).await?);
    }
    // A source that stopped early knows nothing of the households behind where it did.
    let known_to = sources.iter().filter_map(|source| source.known_to).min();
    let mut items: Vec<Item> = sources.into_iter().flat_map(|source| source.items).filter(|item| filter.takes(item)).collect();
    items.retain(|item| known_to.is_none_or(|known_to| item.household <= known_to));
    items.sort_by_key(|item| (item.household, item.slot.word(), item.waiting));
    let full = usize::try_from(limit.max(1)).unwrap_or(usize::MAX);
    let Some(last) = items.get(full - 1).map(|item| item.household).filter(|_| filter.household.is_none()) else {
        return Ok(Page { items, next: known_to.filter(|_| filter.household.is_none()) });
    };
    let there_is_more = known_to.is_some() || items.last().is_some_and(|item| item.household > last);
    items.retain(|item| item.household <= last);
    Ok(Page { items, next: there_is_more.then_some(last) })
}

/// Everything of the premium of a year that stands still: refused, failed, paused; in order of household.
///
/// # Errors
/// A [`StoreError`].
pub async fn queue(store: &Store, municipality: Municipality, year: FiscalYear) -> Result<Vec<Item>, StoreError> {
    let waiting = vec![Waiting::Refused, Waiting::Failed, Waiting::Paused];
    let filter = Filter { slot: Some(Slot::Premium), waiting, ..Filter::default() };
    let (mut items, mut after) = (Vec::new(), None);
    loop {
        let page = page(store, municipality, year, &filter, after, PAGE).await?;
        items.extend(page.items);
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(items),
        }
    }
}

/// What the provisional and pending cases of a year wait for, and how many for each: a whole city can be provisional for
/// one value that nobody confirmed. A case counts for everything it waits for. The largest first. Reads every
/// provisional decision, a page at a time.
///
/// # Errors
/// A [`StoreError`].
pub async fn groups(store: &Store, municipality: Municipality, year: FiscalYear, slot: Option<Slot>) -> Result<Vec<Group>, StoreError> {
    let mut desk = reading::Desk::open(store, municipality, year);
    let mut groups: BTreeMap<(&'static str, String), Group> = BTreeMap::new();
    for slot in Slot::YEARLY.into_iter().filter(|of| slot.is_none_or(|wanted| wanted == *of)) {
        let filter = Filter { slot: Some(slot), waiting: vec![Waiting::Provisional, Waiting::Pending], ..Filter::default() };
        let mut after = None;
        loop {
            let source = desk.decided(slot, &filter, after, PAGE).await?;
            for item in source.items {
                let alone = u64::from(item.unconfirmed.len() == 1);
                for key in item.unconfirmed {
                    let group = groups.entry((slot.word(), key.clone())).or_insert_with(|| {
                        let ja = desk.name_of(&key);
                        Group { slot, key, ja, cases: 0, alone: 0, first: item.household }
                    });
                    group.cases += 1;
                    group.alone += alone;
                }
            }
            match source.known_to {
                Some(known_to) => after = Some(known_to),
                None => break,
            }
        }
    }
    let mut groups: Vec<Group> = groups.into_values().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.cases));
    Ok(groups)
}

/// How many cases of a year wait in each slot, by the status of their latest decision: refused, failed, provisional.
/// Counted in the database; pending cases are provisional here, and notices are not counted.
///
/// # Errors
/// A [`StoreError`].
pub async fn counts(store: &Store, municipality: Municipality, year: FiscalYear) -> Result<Vec<(Slot, String, u64)>, StoreError> {
    let mut counts = Vec::new();
    for slot in Slot::YEARLY {
        let of_slot = store.unsettled_by_status(municipality, slot.word(), year.first_day()).await?;
        counts.extend(of_slot.into_iter().filter(|(status, _)| status != "decided").map(|(status, count)| (slot, status, count)));
    }
    Ok(counts)
}

/// The civil day in Japan of an instant; none for a text that is no instant.
fn day_of(at: &str) -> Option<Date> {
    let day = Offset::constant(9).to_datetime(at.parse::<Timestamp>().ok()?).date();
    Some(Date::new(i32::from(day.year()), i32::from(day.month()), i32::from(day.day())))
}

/// Why a rule came to no answer, for a clerk.
fn failure_ja(failure: Failure) -> &'static str {
    match failure {
        Failure::Fuel => "ルールの計算量が上限を超えました（fuel）",
        Failure::Memory => "ルールのメモリ使用量が上限を超えました（memory）",
        Failure::Stack => "ルールの呼出しの深さが上限を超えました（stack）",
        Failure::Trap => "ルールが計算の途中で停止しました（trap）",
        Failure::Output => "ルールの出力が上限を超えました（output）",
        Failure::Trace => "ルールの計算過程が長すぎるか、正しい形ではありません（trace）",
        Failure::Answer => "ルールの答えが契約に合いません（answer）",
    }
}

/// The words of revisions, read once each.
#[derive(Default)]
struct Catalogue(HashMap<Digest, Words>);

impl Catalogue {
    async fn of(&mut self, store: &Store, municipality: Municipality, revision: Digest) -> Result<&Words, StoreError> {
        match self.0.entry(revision) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(place) => {
                let kept = store.revision(municipality, revision).await?;
                Ok(place.insert(kept.map_or_else(|| Words::from_json(""), |kept| Words::from_json(&kept.about))))
            }
        }
    }
}

impl Catalogue {
    /// The text of a label in the words of any revision that has it; the key itself where none has.
    fn label(&self, key: &str) -> String {
        let texts = self.0.values().map(|words| words.label(key, Language::Japanese));
        texts.filter(|text| *text != key).min().unwrap_or(key).to_owned()
    }
}

/// Is the revision of a slot paused on a date? The reason.
async fn paused(store: &Store, municipality: Municipality, slot: Slot, on: Date) -> Result<Option<(String, Date)>, StoreError> {
    let as_of = store.latest_knowledge(municipality).await?;
    match digest_in_force(store, municipality, slot, on, as_of).await {
        Err(RevisionError::Paused { since, reason, last_good, .. }) => {
            let back = last_good.map_or_else(String::new, |good| format!("。直前の改版は{}です", good.short()));
            Ok(Some((format!("改版が{since}から一時停止中です: {reason}{back}"), since)))
        }
        Err(RevisionError::Store(error)) => Err(error),
        _ => Ok(None),
    }
}

/// The item that a decision is; none where it waits for nobody.
fn item_of(slot: Slot, stored: &StoredDecision, since: &str, words: &Words) -> Option<Item> {
    let reading::Why { waiting, reason, unconfirmed } = reading::why(slot, stored, words)?;
    Some(Item {
        household: stored.decision.household,
        slot,
        waiting,
        reason,
        decision: Some((stored.id, stored.recorded_at.clone())),
        since: day_of(since),
        matter: Some(Matter::Decision(stored.id)),
        unconfirmed,
    })
}

/// A refusal, for a clerk.
fn refusal_ja(refusal: &jorei_domain::decision::Refusal, words: &Words) -> String {
    words.sentence(refusal, Language::Japanese)
}

#[cfg(test)]
mod tests;
