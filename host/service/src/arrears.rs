//! Arrears (滞納): what is owed of each instalment, what it costs to pay late, and what was done about it.
//!
//! What is owed stands in the ledger, when it was due in the decisions on instalments, and what was done among the steps of
//! [`jorei_store::arrears`]. From these three a case of the slot `delinquency` is built; its rule says the rest. Absent here:
//! law and rates, receipts, and a claim that is given up without two people ([`write_off`]).

mod charges;
mod demands;
mod shown;
mod time_bars;
pub mod write_off;

#[cfg(test)]
mod tests;

pub use charges::{Answers, Charge, Decided, ask, charges, decide};
pub use demands::{Demand, DemandPage, demand_columns, demands, record_demands, sent_on};
pub use shown::{master_lines, shown, steps_shown};
pub use time_bars::{Began, Lapsing, PromiseState, TimeBar, VALUES, extinct_on, lapsing, promise_state, time_bar};

use crate::billing::instalment_facts;
use crate::decide_case::RecordError;
use crate::revisions::RevisionError;
use crate::words::Words;
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::decision::Outcome;
use jorei_domain::id::{DecisionId, HouseholdId, Municipality};
use jorei_domain::ledger::{AccountKind, Instalment, Phase};
use jorei_domain::record::{Case, Fact, Kind};
use jorei_domain::slot::Slot;
use jorei_domain::table::ABSENT;
use jorei_engine::Fault;
use jorei_store::arrears::{Step, StoredArrearsEvent, standing_demand};
use jorei_store::ledger;
use jorei_store::{Store, StoreError};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Why nothing is said of somebody's arrears.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArrearsError {
    /// An instalment in the ledger that no decision has.
    #[error(
        "household {household}: {instalment} is in the ledger, and no settled decision on instalments says when it was due; decide the instalments of the year"
    )]
    NoDueDate {
        /// The household.
        household: HouseholdId,
        /// The instalment.
        instalment: Instalment,
    },
    /// Nothing of the household is or was due.
    #[error("household {household}: nothing was due on or before {on}")]
    NothingDue {
        /// The household.
        household: HouseholdId,
        /// The day.
        on: Date,
    },
    /// Something happened after the day that is asked for.
    #[error("household {household}: the ledger has something that counts from {later}, after {on}; decide as of {later} or a later day")]
    Earlier {
        /// The household.
        household: HouseholdId,
        /// The day that was asked for.
        on: Date,
        /// The latest day in the ledger.
        later: Date,
    },
    /// The rule's outcome does not have what the slot's outcome has.
    #[error("household {household}: the outcome of the delinquency rule has no {what}; tell its vendor")]
    Outcome {
        /// The household.
        household: HouseholdId,
        /// A table or a row.
        what: &'static str,
    },
    /// Others keep deciding the same household.
    #[error("household {0} is being decided by others; try again")]
    Raced(HouseholdId),
    /// A thread of ours died.
    #[error("a deciding thread died")]
    Thread,
    /// The revision.
    #[error(transparent)]
    Revision(#[from] RevisionError),
    /// The machine.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// Deciding for the record.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How a credit came about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CreditKind {
    /// A receipt (収納), by its number.
    Paid(i64),
    /// An appropriation (充当).
    Appropriated,
    /// Given up (不納欠損): no payment.
    WrittenOff,
}

/// What takes something off an instalment's principal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Credit {
    /// The day it counts from in law.
    pub on: Date,
    /// Whole yen, more than 0.
    pub yen: i64,
    /// How it came about.
    pub kind: CreditKind,
}

/// How an instalment stands, in whole yen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Standing {
    /// Which.
    pub instalment: Instalment,
    /// When it is or was due (納期限).
    pub due: Date,
    /// The decision that says so.
    pub decision: DecisionId,
    /// What it is assessed at now (調定額).
    pub billed_yen: i64,
    /// What takes something off it, in the order of the days. A receipt that was taken back is not here.
    pub credits: Vec<Credit>,
    /// What is open of it by the ledger (未納額).
    pub open_yen: i64,
    /// The delinquency charge that was fixed, and what is open of it.
    pub charge_levied_yen: i64,
    /// What is open of the charge.
    pub charge_open_yen: i64,
    /// How many transfers have fixed or waived its charge: the place of the next one.
    pub charge_changes: u32,
    /// What is open of its demand fee.
    pub fee_open_yen: i64,
}

impl Standing {
    /// What is open of it on a day, from the credits that count by then; never less than 0.
    pub fn open_on(&self, on: Date) -> i64 {
        let credited: i64 = self.credits.iter().filter(|credit| credit.on <= on).map(|credit| credit.yen).sum();
        (self.billed_yen - credited).max(0)
    }

    /// The day on which payments and appropriations came to all of it; none before, and none for an instalment of 0 yen.
    pub fn paid_on(&self, on: Date) -> Option<Date> {
        let mut left = self.billed_yen;
        let paid = self.credits.iter().filter(|credit| credit.on <= on && credit.kind != CreditKind::WrittenOff);
        for credit in paid {
            left -= credit.yen;
            if left <= 0 {
                return (self.billed_yen > 0).then_some(credit.on);
            }
        }
        None
    }

    /// What was given up of it.
    pub fn written_off_yen(&self) -> i64 {
        self.credits.iter().filter(|credit| credit.kind == CreditKind::WrittenOff).map(|credit| credit.yen).sum()
    }
}

/// Everything about one household's arrears.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Arrears {
    /// Whose.
    pub household: HouseholdId,
    /// Every instalment that was ever levied, the longest due first.
    pub standings: Vec<Standing>,
    /// What was done, in the order of the numbers.
    pub events: Vec<StoredArrearsEvent>,
}

/// Reads everything about a household's arrears.
///
/// # Errors
/// An [`ArrearsError`].
pub async fn household(store: &Store, municipality: Municipality, household: HouseholdId) -> Result<Arrears, ArrearsError> {
    let entries = store.entries(municipality, household).await?;
    let mut sums: BTreeMap<Instalment, Sums> = BTreeMap::new();
    for entry in &entries {
        add(&mut sums, entry);
    }
    let events = store.arrears_events(municipality, household).await?;
    let mut dues: BTreeMap<i32, BTreeMap<Instalment, (Date, DecisionId)>> = BTreeMap::new();
    let mut standings = Vec::with_capacity(sums.len());
    for (instalment, mut of) in sums.into_iter().filter(|(_, of)| of.levied_ever) {
        if let Entry::Vacant(year) = dues.entry(instalment.year) {
            year.insert(due_dates(store, municipality, household, instalment.year).await?);
        }
        let due = dues.get(&instalment.year).and_then(|year| year.get(&instalment)).copied();
        let (due, decision) = due.ok_or(ArrearsError::NoDueDate { household, instalment })?;
        of.credits.sort_by_key(|credit| credit.on);
        standings.push(Standing {
            instalment,
            due,
            decision,
            billed_yen: of.billed,
            credits: of.credits,
            open_yen: of.open,
            charge_levied_yen: of.charge_levied,
            charge_open_yen: of.charge_open,
            charge_changes: of.charge_changes,
            fee_open_yen: of.fee_open,
        });
    }
    standings.sort_by_key(|standing| (standing.due, standing.instalment));
    Ok(Arrears { household, standings, events })
}

/// What the transfers of an instalment add up to.
#[derive(Default)]
struct Sums {
    levied_ever: bool,
    billed: i64,
    open: i64,
    credits: Vec<Credit>,
    charge_levied: i64,
    charge_open: i64,
    charge_changes: u32,
    fee_open: i64,
}

/// Adds one transfer.
fn add(sums: &mut BTreeMap<Instalment, Sums>, entry: &ledger::Entry) {
    let transfer = &entry.transfer;
    if transfer.phase != Phase::Posted {
        // Nothing pending ever touches an instalment.
        return;
    }
    let (yen, debit, credit) = (transfer.yen.get(), transfer.debit, transfer.credit);
    for (account, sign) in [(debit, 1), (credit, -1)] {
        let Some(instalment) = account.instalment().filter(|_| account.kind != AccountKind::Overpaid) else { continue };
        let of = sums.entry(instalment).or_default();
        match account.kind {
            AccountKind::Receivable => of.open += sign * yen,
            AccountKind::Levied => {
                of.levied_ever = true;
                of.billed -= sign * yen;
            }
            AccountKind::Charge => of.charge_open += sign * yen,
            AccountKind::ChargeLevied => {
                of.charge_levied -= sign * yen;
                of.charge_changes += 1;
            }
            AccountKind::Fee => of.fee_open += sign * yen,
            _ => {}
        }
    }
    let of_instalment = |account: jorei_domain::ledger::Account| account.instalment().filter(|_| account.kind == AccountKind::Receivable);
    if let Some(instalment) = of_instalment(credit) {
        let kind = match debit.kind {
            AccountKind::Unmatched => CreditKind::Paid(debit.item),
            AccountKind::Overpaid | AccountKind::Interest => CreditKind::Appropriated,
            AccountKind::WrittenOff => CreditKind::WrittenOff,
            // A reduction: the instalment is less.
            _ => return,
        };
        sums.entry(instalment).or_default().credits.push(Credit { on: transfer.effective, yen, kind });
    } else if let Some(instalment) = of_instalment(debit).filter(|_| credit.kind == AccountKind::Unmatched) {
        // A payment that was taken back was none.
        let credits = &mut sums.entry(instalment).or_default().credits;
        let mut left = yen;
        for credit in credits.iter_mut().rev().filter(|of| of.kind == CreditKind::Paid(credit.item)) {
            let taken = left.min(credit.yen);
            credit.yen -= taken;
            left -= taken;
        }
        credits.retain(|credit| credit.yen > 0);
    }
}

/// When the instalments of a year were due: by the latest settled decision that has each.
async fn due_dates(
    store: &Store,
    municipality: Municipality,
    household: HouseholdId,
    year: i32,
) -> Result<BTreeMap<Instalment, (Date, DecisionId)>, ArrearsError> {
    let mut dues = BTreeMap::new();
    let Ok(fiscal_year) = FiscalYear::new(year) else { return Ok(dues) };
    let history = store.decision_history(municipality, Slot::Instalment.word(), fiscal_year.first_day(), household).await?;
    let mut words: BTreeMap<[u8; 32], Words> = BTreeMap::new();
    for stored in history.iter().filter(|stored| matches!(stored.decision.outcome, Outcome::Decided { provisional: false, .. })) {
        let revision = stored.decision.revision;
        if let Entry::Vacant(unread) = words.entry(revision.0) {
            let kept = store.revision(municipality, revision).await?;
            unread.insert(Words::from_json(kept.as_ref().map_or("", |kept| &kept.about)));
        }
        let Some(words) = words.get(&revision.0) else { continue };
        for fact in instalment_facts(&stored.decision.outcome, words, "") {
            let [due, number, collection, _] = fact.values[..] else { continue };
            let parts = (Date::from_packed(due), u8::try_from(collection), u16::try_from(number));
            if let (Ok(due), Ok(collection), Ok(number)) = parts {
                dues.insert(Instalment { year, collection, number }, (due, stored.id));
            }
        }
    }
    Ok(dues)
}

/// The case of the slot `delinquency` for a household on a day, with every instalment that is or was due by then; none where
/// nothing was. Payments that count from a later day are not in it.
///
/// # Errors
/// An [`ArrearsError`].
pub async fn case(store: &Store, municipality: Municipality, household_id: HouseholdId, on: Date) -> Result<Option<Case>, ArrearsError> {
    Ok(case_of(&household(store, municipality, household_id).await?, on))
}

/// The same from what was read.
pub fn case_of(arrears: &Arrears, on: Date) -> Option<Case> {
    let mut facts = Vec::new();
    for standing in arrears.standings.iter().filter(|standing| standing.due <= on) {
        let of = standing.instalment;
        let key = [i64::from(of.year), i64::from(of.collection), i64::from(of.number)];
        let demanded = standing_demand(&arrears.events, of).map(|known| known.event.on).filter(|sent| *sent <= on);
        let values = [&[standing.due.packed()][..], &key, &[standing.billed_yen, demanded.map_or(ABSENT, Date::packed)]].concat();
        facts.push(Fact { kind: Kind::Arrears, values, source: format!("期割決定 {}", standing.decision) });
        for credit in standing.credits.iter().filter(|credit| credit.on <= on) {
            let source = match credit.kind {
                CreditKind::Paid(receipt) => format!("収納 {receipt}"),
                CreditKind::Appropriated => "充当".to_owned(),
                CreditKind::WrittenOff => "不納欠損".to_owned(),
            };
            let values = [&[credit.on.packed()][..], &key, &[credit.yen]].concat();
            facts.push(Fact { kind: Kind::Credits, values, source });
        }
        for (number, from, until, grace) in graces(&arrears.events, of) {
            let values = [&[from.packed(), until.packed()][..], &key, &[i64::from(grace)]].concat();
            facts.push(Fact { kind: Kind::Graces, values, source: format!("滞納整理の記録 {number}") });
        }
    }
    (!facts.is_empty()).then(|| Case::new(on, Vec::new()).with_household(facts))
}

/// The graces and waivers of an instalment as they run: number of the step, first day, first day after, kind.
fn graces(events: &[StoredArrearsEvent], instalment: Instalment) -> Vec<(i64, Date, Date, u8)> {
    let about = |known: &&StoredArrearsEvent| known.event.instalments.contains(&instalment);
    let mut found = Vec::new();
    for known in events.iter().filter(about).filter(|known| known.event.step == Step::Granted) {
        let (Some(from), Some(until), Some(grace)) = (known.event.from, known.event.until, known.event.grace) else { continue };
        let revoked = events.iter().filter(about).filter(|later| later.event.of == Some(known.number));
        let until = revoked.filter_map(|later| later.event.from).fold(until, Date::min);
        if from < until {
            found.push((known.number, from, until, grace));
        }
    }
    found
}
