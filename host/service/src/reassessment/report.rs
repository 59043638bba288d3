//! What a run of deciding again came to: per household before and after, why, and the sums by cause.

use crate::assess::Tally;
use crate::billing::Assessment;
use crate::reassessment::{Cause, Chained};
use jorei_domain::calendar::FiscalYear;
use jorei_domain::id::HouseholdId;
use jorei_domain::money::Yen;
use jorei_domain::slot::Slot;
use jorei_store::notices::NoticeKind;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// A household whose year has changed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Difference {
    /// The household.
    pub household: HouseholdId,
    /// Annual premium and what exemptions take off it, before, in whole yen; none if nothing was assessed.
    pub before: Option<(i64, i64)>,
    /// The same now.
    pub after: Option<(i64, i64)>,
    /// Why.
    pub causes: BTreeSet<Cause>,
}

impl Difference {
    /// What the household owes more, or less, in whole yen.
    pub fn yen(&self) -> i64 {
        let owed = |year: Option<(i64, i64)>| year.map_or(0, |(total, exempted)| total - exempted);
        owed(self.after) - owed(self.before)
    }
}

/// Why a household is not settled.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Open {
    /// What was noted of it, now or before.
    Noted(NoticeKind),
    /// It was decided from a later day on. Nothing is noted: a run from that day on decides it.
    DecidedLater,
}

impl Open {
    /// The word in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Open::Noted(kind) => kind.word(),
            Open::DecidedLater => "decided_later",
        }
    }

    /// What officials call it.
    pub const fn ja(self) -> &'static str {
        match self {
            Open::Noted(kind) => kind.ja(),
            Open::DecidedLater => "決定日の前後",
        }
    }
}

/// A household that the run could not settle.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unsettled {
    /// The household.
    pub household: HouseholdId,
    /// Why.
    pub kind: Open,
    /// In words.
    pub detail: String,
}

/// What came of one year.
#[derive(Clone, Debug)]
pub struct YearReport {
    /// The year.
    pub year: FiscalYear,
    /// Was everybody looked at, not only who was touched?
    pub everybody: bool,
    /// Slots that were not decided, and why.
    pub skipped: Vec<(Slot, String)>,
    /// Households looked at; decisions made, of all slots.
    pub tally: Tally,
    /// Who owes something else now.
    pub differences: Vec<Difference>,
    /// What waits for a clerk.
    pub unsettled: Vec<Unsettled>,
    slots: BTreeMap<Slot, Tally>,
}

impl YearReport {
    pub(super) fn new(year: FiscalYear, skipped: Vec<(Slot, String)>) -> YearReport {
        YearReport {
            year,
            everybody: false,
            skipped,
            tally: Tally::default(),
            differences: Vec::new(),
            unsettled: Vec::new(),
            slots: BTreeMap::new(),
        }
    }

    pub(super) fn add(&mut self, chained: &Chained) {
        self.tally.households += 1;
        self.tally.unchanged += u64::from(chained.states.is_empty() && chained.decided_later.is_none());
        self.tally.fuel += chained.cost.fuel;
        self.tally.memory_bytes = self.tally.memory_bytes.max(chained.cost.memory_bytes);
        for (slot, state) in &chained.states {
            for tally in [&mut self.tally, self.slots.entry(*slot).or_default()] {
                match *state {
                    "decided" => tally.decided += 1,
                    "provisional" => tally.provisional += 1,
                    "refused" => tally.refused += 1,
                    _ => tally.failed += 1,
                }
            }
        }
        let owed = |assessment: &Option<Assessment>| assessment.as_ref().map(|last| (last.total_yen, last.exempted_yen));
        let (before, after) = (owed(&chained.before), owed(&chained.after));
        if before != after {
            self.differences.push(Difference { household: chained.household, before, after, causes: chained.causes.clone() });
        }
        for (kind, detail) in &chained.unsettled {
            self.unsettled.push(Unsettled { household: chained.household, kind: Open::Noted(*kind), detail: detail.clone() });
        }
        if let Some(later) = chained.decided_later {
            let detail = format!("{later}を決定日とする決定が既にあります。{later}以後を決定日として再計算してください");
            self.unsettled.push(Unsettled { household: chained.household, kind: Open::DecidedLater, detail });
        }
        let vanished = chained.unsettled.iter().any(|(kind, _)| *kind == NoticeKind::Vanished);
        self.tally.vanished += u64::from(vanished);
    }

    /// The slot whose rule keeps failing.
    pub(super) fn failing(&self) -> Option<Slot> {
        self.slots.iter().find(|(_, tally)| tally.keeps_failing()).map(|(slot, _)| *slot)
    }

    /// What was decided of one slot.
    pub fn of_slot(&self, slot: Slot) -> Tally {
        self.slots.get(&slot).copied().unwrap_or_default()
    }

    /// Households and the sum of their differences in yen, by what they were decided anew for: all causes of a household
    /// together, so that none is counted twice.
    pub fn by_cause(&self) -> BTreeMap<Vec<Cause>, (u64, i64)> {
        let mut sums: BTreeMap<Vec<Cause>, (u64, i64)> = BTreeMap::new();
        for difference in &self.differences {
            let sum = sums.entry(difference.causes.iter().copied().collect()).or_default();
            sum.0 += 1;
            sum.1 += difference.yen();
        }
        sums
    }
}

/// What came of a run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Nothing of it was kept.
    pub dry_run: bool,
    /// Stopped before the end on request.
    pub stopped: bool,
    /// Per year, the earliest first.
    pub years: Vec<YearReport>,
}

impl Report {
    /// Is there nothing left for a clerk, a vendor or another run?
    pub fn is_whole(&self) -> bool {
        !self.stopped && self.years.iter().all(|year| year.unsettled.is_empty() && year.tally.is_whole())
    }

    /// As JSON.
    pub fn json(&self) -> Value {
        let owed = |year: Option<(i64, i64)>| year.map(|(total, exempted)| json!({ "premium_yen": total, "exempted_yen": exempted }));
        let words = |causes: &mut dyn Iterator<Item = &Cause>| causes.map(|cause| Value::from(cause.word())).collect::<Vec<_>>();
        let difference = |difference: &Difference| {
            json!({
                "household": difference.household.0,
                "before": owed(difference.before),
                "after": owed(difference.after),
                "difference_yen": difference.yen(),
                "causes": words(&mut difference.causes.iter()),
            })
        };
        let unsettled = |item: &Unsettled| json!({ "household": item.household.0, "kind": item.kind.word(), "detail": item.detail });
        let cause = |(causes, (households, yen)): (Vec<Cause>, (u64, i64))| json!({ "causes": words(&mut causes.iter()), "households": households, "difference_yen": yen });
        let year = |year: &YearReport| {
            let tally = &year.tally;
            json!({
                "year": year.year.year(),
                "everybody": year.everybody,
                "households": tally.households,
                "unchanged": tally.unchanged,
                "decided": tally.decided,
                "provisional": tally.provisional,
                "refused": tally.refused,
                "failed": tally.failed,
                "faults": tally.faults,
                "skipped": year.skipped.iter().map(|(slot, reason)| json!({ "slot": slot.word(), "reason": reason })).collect::<Vec<_>>(),
                "differences": year.differences.iter().map(difference).collect::<Vec<_>>(),
                "unsettled": year.unsettled.iter().map(unsettled).collect::<Vec<_>>(),
                "by_cause": year.by_cause().into_iter().map(cause).collect::<Vec<_>>(),
            })
        };
        json!({ "dry_run": self.dry_run, "stopped": self.stopped, "years": self.years.iter().map(year).collect::<Vec<_>>() })
    }

    /// For officials, with at most so many households of each year.
    pub fn text(&self, households: usize) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut text, households);
        text
    }

    fn write(&self, text: &mut String, households: usize) -> std::fmt::Result {
        if self.dry_run {
            writeln!(text, "試算（何も保存していません）")?;
        }
        for year in &self.years {
            year.write(text, households)?;
        }
        if self.years.is_empty() {
            writeln!(text, "賦課した年度がありません")?;
        }
        if self.stopped {
            writeln!(text, "途中で停止しました。同じコマンドで続きから再計算します")?;
        }
        Ok(())
    }
}

impl YearReport {
    fn write(&self, text: &mut String, households: usize) -> std::fmt::Result {
        let Tally { households: looked_at, decided, provisional, refused, failed, faults, .. } = self.tally;
        let whom = if self.everybody { "全世帯" } else { "異動のあった世帯" };
        writeln!(text, "{}年度 再計算（{whom}）: {looked_at} 世帯", self.year.year())?;
        for (slot, reason) in &self.skipped {
            writeln!(text, "  {}は決定していません: {reason}", slot.ja())?;
        }
        writeln!(text, "  決定 {decided} 件、仮決定 {provisional} 件、計算不能 {refused} 件、ルールの障害 {failed} 件")?;
        if faults > 0 {
            writeln!(text, "  機械の障害により決定できなかった世帯: {faults}。同じコマンドをもう一度実行してください")?;
        }
        let sum: i64 = self.differences.iter().map(Difference::yen).sum();
        writeln!(text, "  保険料が変わった世帯: {}、差引 {} 円", self.differences.len(), signed(sum))?;
        for (causes, (count, yen)) in self.by_cause() {
            writeln!(text, "    {}: {count} 世帯、{} 円", ja(causes.iter()), signed(yen))?;
        }
        for difference in self.differences.iter().take(households) {
            let owed = |year: Option<(i64, i64)>| match year {
                None => "賦課なし".to_owned(),
                Some((total, 0)) => format!("{} 円", plain(total)),
                Some((total, exempted)) => format!("{} 円（減免 {} 円）", plain(total), plain(exempted)),
            };
            let Difference { household, before, after, causes } = difference;
            let (before, after) = (owed(*before), owed(*after));
            writeln!(text, "    世帯 {household}: {before} → {after}（{} 円）{}", signed(difference.yen()), ja(causes.iter()))?;
        }
        if self.differences.len() > households {
            writeln!(text, "    ほか {} 世帯", self.differences.len() - households)?;
        }
        if !self.unsettled.is_empty() {
            writeln!(text, "  担当者の処理を待つ世帯: {}", self.unsettled.len())?;
        }
        for item in self.unsettled.iter().take(households) {
            writeln!(text, "    世帯 {}: {}。{}", item.household, item.kind.ja(), item.detail)?;
        }
        Ok(())
    }
}

fn ja<'c>(causes: impl Iterator<Item = &'c Cause>) -> String {
    let words: Vec<&str> = causes.map(|cause| cause.ja()).collect();
    if words.is_empty() { "期割・減免".to_owned() } else { words.join("・") }
}

fn plain(yen: i64) -> String {
    Yen::checked(yen).map_or_else(|_| yen.to_string(), |yen| yen.to_string())
}

fn signed(yen: i64) -> String {
    if yen > 0 { format!("+{}", plain(yen)) } else { plain(yen) }
}
