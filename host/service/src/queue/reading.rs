//! Where the items of the queue come from: one function per source, each in the order of the households.

use super::{Catalogue, Filter, Item, Matter, NAMED, PAGE, Waiting, day_of, failure_ja, item_of, paused, refusal_ja};
use crate::language::Language;
use crate::words::Words;
use jorei_domain::basis::State;
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::decision::{Decision, Outcome};
use jorei_domain::id::{HouseholdId, Municipality};
use jorei_domain::record::{INCOME_STATES, Kind};
use jorei_domain::slot::Slot;
use jorei_domain::trace;
use jorei_store::decisions::StoredDecision;
use jorei_store::notices::{Notice, NoticeKind};
use jorei_store::people::KnownFact;
use jorei_store::settlements::WaitingCase;
use jorei_store::{Store, StoreError};
use std::collections::BTreeSet;

/// The word of `exemption.applications.result` for one whose certificate nobody has seen.
const NOT_CERTIFIED: &str = "not_certified";

/// What a source gave.
pub(super) struct Source {
    /// In the order of the households.
    pub items: Vec<Item>,
    /// The household up to which it said everything; none where there is nothing behind.
    pub known_to: Option<HouseholdId>,
}

/// A year's cases, and what was read of them once.
pub(super) struct Desk<'s> {
    store: &'s Store,
    municipality: Municipality,
    on: Date,
    catalogue: Catalogue,
}

impl<'s> Desk<'s> {
    pub fn open(store: &'s Store, municipality: Municipality, year: FiscalYear) -> Desk<'s> {
        Desk { store, municipality, on: year.first_day(), catalogue: Catalogue::default() }
    }

    /// Cases whose latest decision waits. Reads on until there are `limit`, for of the provisional ones only the
    /// content says why.
    pub async fn decided(&mut self, slot: Slot, filter: &Filter, after: Option<HouseholdId>, limit: u32) -> Result<Source, StoreError> {
        let statuses = statuses(slot, filter);
        let (mut items, mut after) = (Vec::new(), after);
        if statuses.is_empty() {
            return Ok(Source { items, known_to: None });
        }
        let rows = if filter.household.is_some() { 1 } else { limit.clamp(1, PAGE) };
        loop {
            let cases = self.store.waiting_cases(self.municipality, slot.word(), self.on, &statuses, after, rows).await?;
            for case in &cases {
                if let Some(item) = self.item(slot, case).await?.filter(|item| filter.takes(item)) {
                    items.push(item);
                }
            }
            let is_last = cases.len() < rows as usize || filter.household.is_some();
            after = cases.last().map(|case| case.household).or(after);
            if is_last {
                return Ok(Source { items, known_to: None });
            }
            if items.len() >= limit.max(1) as usize {
                return Ok(Source { items, known_to: after });
            }
        }
    }

    /// What officials call a value or fact that cases wait for, in the words of the revisions that were read.
    pub fn name_of(&self, key: &str) -> String {
        let asked = ASKED.into_iter().find(|(asked, ..)| *asked == key).map(|(_, what, _)| what.to_owned());
        asked.unwrap_or_else(|| self.catalogue.label(key))
    }

    async fn item(&mut self, slot: Slot, case: &WaitingCase) -> Result<Option<Item>, StoreError> {
        let Some(stored) = self.store.decision(self.municipality, case.id).await? else { return Ok(None) };
        let words = self.catalogue.of(self.store, self.municipality, stored.decision.revision).await?;
        Ok(item_of(slot, &stored, &case.since, words))
    }

    /// Cases that nobody has decided, where the revision in force is paused.
    pub async fn paused(&mut self, slot: Slot, filter: &Filter, after: Option<HouseholdId>, limit: u32) -> Result<Source, StoreError> {
        let Some((reason, since)) = paused(self.store, self.municipality, slot, self.on).await? else {
            return Ok(Source { items: Vec::new(), known_to: None });
        };
        let as_of = self.store.latest_knowledge(self.municipality).await?;
        let (mut items, mut after) = (Vec::new(), after);
        loop {
            let page = self.store.cases(self.municipality, slot, after, PAGE, self.on, as_of).await?;
            let (Some(first), Some(last)) = (page.first(), page.last()) else { return Ok(Source { items, known_to: None }) };
            let range = first.household..=last.household;
            let decided = self.store.current_decisions(self.municipality, slot.word(), self.on, range).await?;
            let is_decided = |household| decided.binary_search_by_key(&household, |decision| decision.household).is_ok();
            let item = |household| Item {
                household,
                slot,
                waiting: Waiting::Paused,
                reason: reason.clone(),
                decision: None,
                since: Some(since),
                matter: None,
                unconfirmed: Vec::new(),
            };
            // Of the slots behind the premium only who applied, or owes something, has a case; they follow the premium.
            if slot == Slot::Premium {
                items.extend(page.iter().map(|case| case.household).filter(|household| !is_decided(*household)).map(item));
            }
            after = Some(last.household);
            if items.len() >= limit.max(1) as usize || filter.household.is_some() {
                return Ok(Source { items, known_to: after.filter(|_| filter.household.is_none()) });
            }
        }
    }

    /// What runs could not settle. There are few of them, so all are read.
    pub async fn notices(&mut self, filter: &Filter, after: Option<HouseholdId>) -> Result<Source, StoreError> {
        let mut items = Vec::new();
        for notice in open_notices(self.store, self.municipality, self.on).await? {
            let Some(item) = item_of_notice(notice) else { continue };
            let is_open = !matches!(item.matter, Some(matter) if self.store.is_settled(self.municipality, matter).await?);
            if is_open && filter.takes(&item) && after.is_none_or(|after| item.household > after) {
                items.push(item);
            }
        }
        items.sort_by_key(|item| item.household);
        Ok(Source { items, known_to: None })
    }

    /// Applications that came in after the case was last decided, or before it ever was.
    pub async fn applied(&mut self, filter: &Filter, after: Option<HouseholdId>, limit: u32) -> Result<Source, StoreError> {
        let as_of = self.store.latest_knowledge(self.municipality).await?;
        let (mut items, mut after) = (Vec::<Item>::new(), after);
        let rows = limit.clamp(10, PAGE);
        loop {
            let mut applied = self.store.applied_since(self.municipality, self.on, after, rows).await?;
            let is_last = applied.len() < rows as usize;
            if let (false, Some(last)) = (is_last, applied.last().map(|one| one.household)) {
                // The rest of the last household may be on the next page; it is read whole there.
                let several = applied.first().is_some_and(|first| first.household < last);
                applied.retain(|one| !several || one.household < last);
            }
            for one in &applied {
                let facts = self.store.person_facts(self.municipality, one.person, as_of).await?;
                for fact in facts.iter().filter(|fact| fact.holds && fact.kind == Kind::Applications && is_of(fact, self.on)) {
                    let lives_in = self.store.households_of(self.municipality, one.person, fact.from, as_of).await?;
                    if !lives_in.contains(&one.household) || self.is_considered(one.household, fact).await? {
                        continue;
                    }
                    items.push(Item {
                        household: one.household,
                        slot: Slot::Exemption,
                        waiting: Waiting::Pending,
                        reason: format!("{}の減免申請が未決定です", fact.from),
                        decision: None,
                        since: Some(fact.learnt_on),
                        matter: None,
                        unconfirmed: Vec::new(),
                    });
                }
            }
            after = applied.last().map(|one| one.household).or(after);
            if is_last || filter.household.is_some() {
                return Ok(Source { items, known_to: None });
            }
            if items.len() >= limit.max(1) as usize {
                return Ok(Source { items, known_to: after });
            }
        }
    }

    /// Did the latest decision see the application as it stands?
    async fn is_considered(&self, household: HouseholdId, fact: &KnownFact) -> Result<bool, StoreError> {
        let range = household..=household;
        let current = self.store.current_decisions(self.municipality, Slot::Exemption.word(), self.on, range).await?;
        let Some(current) = current.first() else { return Ok(false) };
        let Some(stored) = self.store.decision(self.municipality, current.id).await? else { return Ok(false) };
        let wanted: Vec<i64> = std::iter::once(fact.from.packed()).chain(fact.values.iter().flatten().copied()).collect();
        let names = Kind::Applications.columns();
        let given = stored.decision.evidence.given.iter().find(|given| given.kind == Kind::Applications.name());
        let row_is = |row: usize| {
            // The first column is the person's ordinal in the case.
            names.iter().skip(1).zip(&wanted).all(|(name, value)| {
                given.and_then(|given| given.table.integers(name)).is_some_and(|column| column.get(row) == Some(value))
            })
        };
        Ok(given.is_some_and(|given| (0..given.table.rows()).any(row_is)))
    }
}

/// Is an application about the fiscal year that begins on a date?
fn is_of(fact: &KnownFact, on: Date) -> bool {
    fact.values.as_ref().is_some_and(|values| values.first() == Some(&i64::from(on.year())))
}

/// The statuses that what is asked for can have.
fn statuses(slot: Slot, filter: &Filter) -> Vec<&'static str> {
    let mut statuses = Vec::new();
    if filter.asks_for(Waiting::Refused) {
        statuses.push("refused");
    }
    if filter.asks_for(Waiting::Failed) {
        statuses.push("failed");
    }
    if filter.asks_for(Waiting::Provisional) || filter.asks_for(Waiting::Pending) {
        statuses.push("provisional");
    }
    // An application whose certificate nobody saw is decided: nothing is granted yet.
    if slot == Slot::Exemption && filter.asks_for(Waiting::Pending) {
        statuses.push("decided");
    }
    statuses
}

/// Why a decision waits.
pub(super) struct Why {
    pub waiting: Waiting,
    pub reason: String,
    /// See [`Item::unconfirmed`].
    pub unconfirmed: Vec<String>,
}

/// Facts that are asked for and not there: key, who or what it is, and how it is counted.
const ASKED: [(&str, &str, &str); 3] = [
    ("incomes.pending", "所得を照会中の人", "人"),
    ("incomes.undeclared", "所得が未申告の人", "人"),
    ("applications.not_certified", "証明書類を確認していない減免申請", "件"),
];

/// Why a decision waits; none where it waits for nobody.
pub(super) fn why(slot: Slot, stored: &StoredDecision, words: &Words) -> Option<Why> {
    let decision = &stored.decision;
    match &decision.outcome {
        Outcome::Failed(failure) => {
            Some(Why { waiting: Waiting::Failed, reason: failure_ja(*failure).to_owned(), unconfirmed: Vec::new() })
        }
        Outcome::Refused(refusal) => Some(Why { waiting: Waiting::Refused, reason: refusal_ja(refusal, words), unconfirmed: Vec::new() }),
        Outcome::Decided { provisional, .. } => {
            let incomes = |word: &str| if *provisional { incomes_in(decision, word) } else { 0 };
            let uncertified = if slot == Slot::Exemption { uncertified(decision, words) } else { 0 };
            let counts = [incomes("pending"), incomes("undeclared"), uncertified];
            let asked: Vec<_> = ASKED.into_iter().zip(counts).filter(|(_, count)| *count > 0).collect();
            if !asked.is_empty() {
                let said = asked.iter().map(|((_, what, unit), count)| format!("{what}が{count}{unit}"));
                let verb = if asked.iter().all(|((_, _, unit), _)| *unit == "人") { "います" } else { "あります" };
                let reason = format!("{}{verb}", said.collect::<Vec<_>>().join("、"));
                let unconfirmed = asked.iter().map(|((key, ..), _)| (*key).to_owned()).collect();
                return Some(Why { waiting: Waiting::Pending, reason, unconfirmed });
            }
            provisional.then(|| {
                let unconfirmed = unsourced(decision);
                Why { waiting: Waiting::Provisional, reason: unconfirmed_ja(&unconfirmed, words), unconfirmed }
            })
        }
    }
}

/// Applications whose certificate nobody has seen.
fn uncertified(decision: &Decision, words: &Words) -> usize {
    let Outcome::Decided { results, .. } = &decision.outcome else { return 0 };
    let table = results.iter().find(|result| result.name == "applications");
    let column = table.and_then(|result| result.table.integers("result")).unwrap_or_default();
    column.iter().filter(|code| words.cell("applications", "result", **code) == NOT_CERTIFIED).count()
}

/// Incomes in a state that the decision rests on.
fn incomes_in(decision: &Decision, word: &str) -> usize {
    let given = decision.evidence.given.iter().find(|given| given.kind == Kind::Incomes.name());
    let states = given.and_then(|given| given.table.integers("state")).unwrap_or_default();
    let code = INCOME_STATES.iter().position(|state| *state == word).and_then(|code| i64::try_from(code).ok());
    states.iter().filter(|state| Some(**state) == code).count()
}

/// The values of law that a decision rests on and nobody confirmed.
fn unsourced(decision: &Decision) -> Vec<String> {
    let steps = trace::decode(&decision.trace).unwrap_or_default();
    let reads = steps.iter().flat_map(|step| &step.law).filter(|read| read.state != State::Sourced);
    let keys: BTreeSet<&str> = reads.map(|read| &*read.key).collect();
    keys.into_iter().map(str::to_owned).collect()
}

fn unconfirmed_ja(keys: &[String], words: &Words) -> String {
    if keys.is_empty() {
        return "前提とした決定が仮決定です".to_owned();
    }
    let named: Vec<&str> = keys.iter().take(NAMED).map(|key| words.label(key, Language::Japanese)).collect();
    let rest = keys.len() - named.len();
    let more = if rest == 0 { String::new() } else { format!("ほか{rest}件") };
    format!("未確認の値に基づいています: {}{more}", named.join("、"))
}

/// The notices of a year's cases that are open.
async fn open_notices(store: &Store, municipality: Municipality, on: Date) -> Result<Vec<Notice>, StoreError> {
    let (mut notices, mut after) = (Vec::<Notice>::new(), 0);
    loop {
        let page = store.open_notices(municipality, on, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(notices) };
        after = last.sequence;
        notices.extend(page);
    }
}

/// The item that a notice is; none for one that nothing waits for (cleared) or of a slot that is none.
pub(super) fn item_of_notice(notice: Notice) -> Option<Item> {
    let waiting = match notice.kind {
        NoticeKind::Barred => Waiting::Barred,
        NoticeKind::LimitUnknown => Waiting::LimitUnknown,
        NoticeKind::Conflict => Waiting::Conflict,
        NoticeKind::Vanished => Waiting::Vanished,
        NoticeKind::Held => Waiting::Held,
        NoticeKind::Cleared => return None,
    };
    Some(Item {
        household: notice.household,
        slot: Slot::named(&notice.slot)?,
        waiting,
        reason: notice.detail,
        decision: None,
        since: day_of(&notice.at),
        matter: Some(Matter::Notice(notice.sequence)),
        unconfirmed: Vec::new(),
    })
}
