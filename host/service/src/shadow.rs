//! The shadow run (並行検証): a candidate decides again what was really decided, and the difference
//! is told before anybody approves it.
//!
//! It reads the evidence of recorded decisions, so old and new answer the same question. A candidate
//! that asks for facts which the old evidence lacks is given the records as they were known then,
//! and the report says of how many cases that is true. Nothing that it answers is recorded as a
//! decision; the report is, with the digests of all that it compares.

use crate::explain::explain_trace;
use crate::language::Language;
use crate::revisions::{LiveRevision, RevisionError, load};
use crate::summary::PARTS;
use crate::words::{Words, plain};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::decision::{Evidence, Outcome, Result as NamedTable};
use jorei_domain::id::{Digest, HouseholdId, Municipality};
use jorei_domain::money::Yen;
use jorei_domain::record::{Case, Kind};
use jorei_domain::slot::Slot;
use jorei_domain::table::ABSENT;
use jorei_engine::{Answers, BulkError, Cases, Fault, Recorded, Runtime, Status};
use jorei_store::decisions::StoredDecision;
use jorei_store::pauses::Pause;
use jorei_store::shadow_reports::ShadowReport;
use jorei_store::{Store, StoreError};
use serde::{Deserialize, Serialize};
use similar::TextDiff;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

/// The slot whose revisions are compared.
const SLOT: Slot = Slot::Premium;

/// Decisions of one page: what is in memory at a time.
const PAGE: u32 = 2_000;

/// Each thread holds a warm instance, and needs another one for its samples.
const THREADS_MAX: usize = jorei_engine::limits::INSTANCES as usize / 2;

/// Most changed cases that a report tells in full.
const TOLD: usize = 10;

/// Lines of an explanation around a changed one.
const CONTEXT_LINES: usize = 1;

/// Bounds of the histogram's classes, in yen of difference.
const CLASSES: [i64; 12] = [-100_000, -50_000, -10_000, -5_000, -1_000, 0, 1, 1_001, 5_001, 10_001, 50_001, 100_001];

/// What to compare.
pub struct Request {
    /// Whose city.
    pub municipality: Municipality,
    /// The candidate.
    pub candidate: Digest,
    /// The date of the cases: every current decision of that date.
    pub on: Date,
    /// At most so many of them, spread evenly; none: all.
    pub sample: Option<u64>,
    /// Threads that decide.
    pub threads: usize,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ShadowError {
    /// Nothing to compare with.
    #[error("no decision of {on} is recorded in municipality {municipality}; assess the year first")]
    Nothing {
        /// Whose city.
        municipality: Municipality,
        /// The date.
        on: Date,
    },
    /// The candidate answers otherwise in bulk than singly; it was quarantined.
    #[error("revision {revision} is quarantined: {reason}")]
    Quarantined {
        /// The candidate.
        revision: Digest,
        /// Why.
        reason: String,
    },
    /// The candidate.
    #[error(transparent)]
    Revision(#[from] RevisionError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The machine; run it again.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// A thread of ours died.
    #[error("a deciding thread died")]
    Thread,
}

/// What a shadow run found. Amounts are whole yen; a difference is the candidate's amount less the
/// recorded one.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Report {
    /// The candidate revision, its rule and its ordinance.
    pub candidate: String,
    /// Its rule.
    pub rule: String,
    /// Its ordinance.
    pub ordinance: String,
    /// The slot.
    pub slot: String,
    /// The date of the cases.
    pub on: String,
    /// How many decisions of each revision were compared.
    pub compared: BTreeMap<String, u64>,
    /// Digest over the ids of all decisions compared, in order of household.
    pub decisions: String,
    /// Every how many decisions one was taken: 1 for all.
    pub every: u64,
    /// Decisions compared.
    pub cases: u64,
    /// Those where the evidence lacked what the candidate asks for, so that it was given the
    /// records as known then.
    pub from_records: u64,
    /// The same results and the same state.
    pub equal: u64,
    /// The same results, but provisional on one side only.
    pub state_only: u64,
    /// Other results.
    pub changed: u64,
    /// Decided then, refused now.
    pub refused: u64,
    /// Not decided then, decided now.
    pub newly_decided: u64,
    /// The candidate failed.
    pub failed: u64,
    /// By part (a column of the outcome in yen): sum then, sum now.
    pub parts: BTreeMap<String, (i64, i64)>,
    /// Cases by class of difference in the total, from below to above the bounds.
    pub histogram: Vec<u64>,
    /// The most changed cases.
    pub most_changed: Vec<Changed>,
}

/// One changed case.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Changed {
    /// The household.
    pub household: i64,
    /// The decision compared.
    pub decision: String,
    /// The total then; none where it was not decided.
    pub before_yen: Option<i64>,
    /// The total now.
    pub after_yen: Option<i64>,
    /// What differs in the explanation, as a unified difference.
    pub difference: String,
}

/// Runs a candidate over recorded decisions and keeps the report. `progress` is told how many cases
/// of how many are done.
///
/// # Errors
/// A [`ShadowError`]; then there is no report.
pub async fn run(
    store: &Store,
    runtime: &Arc<Runtime>,
    request: &Request,
    stamp: &Stamp,
    today: Date,
    mut progress: impl FnMut(u64, u64),
) -> Result<ShadowReport, ShadowError> {
    let &Request { municipality, candidate, on, .. } = request;
    let live = Arc::new(load(store, runtime, municipality, candidate).await?);
    let kept = store.revision(municipality, candidate).await?.ok_or(RevisionError::Unknown(candidate))?;
    let all = store.current_decisions(municipality, SLOT.word(), on, HouseholdId(i64::MIN)..=HouseholdId(i64::MAX)).await?.len() as u64;
    if all == 0 {
        return Err(ShadowError::Nothing { municipality, on });
    }
    let every = request.sample.map_or(1, |sample| all.div_ceil(sample.max(1)).max(1));
    let mut run = Run {
        report: Report {
            candidate: candidate.to_string(),
            rule: kept.rule.to_string(),
            ordinance: kept.ordinance.to_string(),
            slot: SLOT.word().into(),
            on: on.to_string(),
            every,
            histogram: vec![0; CLASSES.len() + 1],
            ..Report::default()
        },
        ids: Vec::new(),
        top: Vec::new(),
    };
    let (mut after, mut seen) = (None, 0_u64);
    loop {
        let page = store.decisions_page(municipality, SLOT.word(), on, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.decision.household);
        let first = seen;
        seen += page.len() as u64;
        let taken: Vec<StoredDecision> = page.into_iter().zip(first..).filter(|(_, i)| i % every == 0).map(|(stored, _)| stored).collect();
        let (recorded, lacking): (Vec<_>, Vec<_>) = taken.into_iter().partition(|stored| has_all(&live, &stored.decision.evidence));
        let mut known_then: Vec<(StoredDecision, Case)> = Vec::new();
        for stored in lacking {
            // A household that cannot be read as it was is one the candidate cannot be tried on.
            if let Some(case) = store.case(municipality, SLOT, stored.decision.household, on, stored.knowledge).await? {
                known_then.push((stored, case.case));
            }
        }
        let (threads, deciding) = (request.threads.clamp(1, THREADS_MAX), Arc::clone(&live));
        let work = move || decide_page(&deciding, on, recorded, known_then, threads);
        let decided = match tokio::task::spawn_blocking(work).await.map_err(|_| ShadowError::Thread)? {
            Ok(decided) => decided,
            Err(BulkError::Fault(fault)) => return Err(fault.into()),
            Err(BulkError::Differs { .. }) => return Err(quarantine(store, request, stamp, today).await?),
        };
        for compared in decided {
            run.add(compared);
        }
        progress(seen, all);
    }
    if !run.tell(store, municipality, &live).await? {
        return Err(quarantine(store, request, stamp, today).await?);
    }
    run.ids.sort_unstable();
    let ids: Vec<u8> = run.ids.iter().flat_map(|(_, id)| id.0).collect();
    run.report.decisions = Digest::of(&ids).to_string();
    let content = serde_json::to_string(&run.report).map_err(|error| StoreError::Damaged(error.to_string()))?;
    let id = Digest::of(content.as_bytes());
    let report = ShadowReport { id, candidate, slot: SLOT.word().into(), on, content, recorded_at: stamp.at.clone() };
    store.save_shadow_report(municipality, &report, stamp).await?;
    Ok(report)
}

/// Holds a candidate back for good: what it says of a population is not what it decides.
async fn quarantine(store: &Store, request: &Request, stamp: &Stamp, today: Date) -> Result<ShadowError, StoreError> {
    let reason = "同じ事案について、まとめて計算した結果と1件ずつ計算した結果が異なります".to_owned();
    let pause = Pause {
        knowledge: store.latest_knowledge(request.municipality).await?,
        slot: SLOT.word().into(),
        revision: request.candidate,
        reason: reason.clone(),
        last_good: None,
        quarantine: true,
        recorded_on: today,
    };
    store.save_pause(request.municipality, &pause, stamp).await?;
    Ok(ShadowError::Quarantined { revision: request.candidate, reason })
}

/// Has the evidence every kind that the candidate asks for?
fn has_all(live: &LiveRevision, evidence: &Evidence) -> bool {
    live.rule.asked().kinds().iter().all(|kind: &Kind| evidence.given.iter().any(|given| given.kind == kind.name()))
}

/// A decision with what the candidate answers.
struct Compared {
    stored: StoredDecision,
    /// The records as known then, where the evidence did not do.
    records: Option<Case>,
    status: Status,
    results: Vec<NamedTable>,
}

fn decide_page(
    live: &LiveRevision,
    on: Date,
    recorded: Vec<StoredDecision>,
    known_then: Vec<(StoredDecision, Case)>,
    threads: usize,
) -> Result<Vec<Compared>, BulkError> {
    let question = live.question(on);
    let share = recorded.len().div_ceil(threads).max(1);
    let answer = |stored: &[StoredDecision]| -> Result<Answers, BulkError> {
        let evidence: Vec<Evidence> = stored.iter().map(|stored| stored.decision.evidence.clone()).collect();
        live.rule.bulk().answer(&question, evidence.as_slice())
    };
    let answers: Vec<Answers> = std::thread::scope(|scope| {
        let handles: Vec<_> = recorded.chunks(share).map(|chunk| scope.spawn(move || answer(chunk))).collect();
        // A panic of ours there is a panic of ours here.
        handles.into_iter().map(|handle| handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect::<Result<_, _>>()
    })?;
    let mut all = Vec::with_capacity(recorded.len() + known_then.len());
    let mut recorded = recorded.into_iter();
    for answers in answers {
        let cases = answers.statuses.len();
        all.extend(recorded.by_ref().take(cases).enumerate().map(|(case, stored)| compared(stored, None, &answers, case)));
    }
    if !known_then.is_empty() {
        let (stored, cases): (Vec<_>, Vec<_>) = known_then.into_iter().unzip();
        let answers = live.rule.bulk().answer(&question, cases.as_slice())?;
        let pairs = stored.into_iter().zip(cases).enumerate();
        all.extend(pairs.map(|(case, (stored, records))| compared(stored, Some(records), &answers, case)));
    }
    Ok(all)
}

fn compared(stored: StoredDecision, records: Option<Case>, answers: &Answers, case: usize) -> Compared {
    let status = answers.statuses[case];
    let decided = matches!(status, Status::Decided | Status::Provisional);
    let cut = |result: &NamedTable| NamedTable { name: result.name.clone(), table: result.table.case(case) };
    Compared { stored, records, status, results: if decided { answers.results.iter().map(cut).collect() } else { Vec::new() } }
}

/// A run under way.
struct Run {
    report: Report,
    ids: Vec<(HouseholdId, Digest)>,
    /// The most changed cases, by how much, the largest first.
    top: Vec<(i64, Compared)>,
}

impl Run {
    fn add(&mut self, compared: Compared) {
        let report = &mut self.report;
        let then = &compared.stored.decision;
        self.ids.push((then.household, compared.stored.id));
        *report.compared.entry(then.revision.to_string()).or_default() += 1;
        report.cases += 1;
        report.from_records += u64::from(compared.records.is_some());
        let (was_decided, was_provisional, results): (bool, bool, &[NamedTable]) = match &then.outcome {
            Outcome::Decided { provisional, results } => (true, *provisional, results),
            Outcome::Refused(_) | Outcome::Failed(_) => (false, false, &[]),
        };
        let now_decided = matches!(compared.status, Status::Decided | Status::Provisional);
        match compared.status {
            Status::Failed(_) => report.failed += 1,
            Status::Refused if was_decided => report.refused += 1,
            Status::Refused => report.equal += 1,
            _ if !was_decided => report.newly_decided += 1,
            _ if *results != compared.results => report.changed += 1,
            status if was_provisional != (status == Status::Provisional) => report.state_only += 1,
            _ => report.equal += 1,
        }
        let (before, after) = (total(results), total(&compared.results));
        for (part, yen) in amounts(results) {
            let sums = report.parts.entry(part).or_default();
            sums.0 = sums.0.saturating_add(yen);
        }
        for (part, yen) in amounts(&compared.results) {
            let sums = report.parts.entry(part).or_default();
            sums.1 = sums.1.saturating_add(yen);
        }
        let difference = after.unwrap_or(0) - before.unwrap_or(0);
        if was_decided && now_decided {
            report.histogram[CLASSES.partition_point(|bound| *bound <= difference)] += 1;
        }
        let weight = difference.abs();
        let worth = *results != compared.results || was_decided != now_decided;
        if worth && (self.top.len() < TOLD || self.top.last().is_some_and(|(least, _)| *least < weight)) {
            let place = self.top.partition_point(|(other, _)| *other >= weight);
            self.top.insert(place, (weight, compared));
            self.top.truncate(TOLD);
        }
    }

    /// Decides the most changed cases singly and tells what differs in the explanation. False: one
    /// of them comes out otherwise than in bulk.
    async fn tell(&mut self, store: &Store, municipality: Municipality, live: &LiveRevision) -> Result<bool, ShadowError> {
        for (_, compared) in std::mem::take(&mut self.top) {
            let then = compared.stored.decision;
            let question = live.question(then.on);
            let run = match compared.records {
                Some(case) => live.rule.decide(&question, Cases(vec![case]))?,
                None => live.rule.decide(&question, Recorded(then.evidence.clone()))?,
            };
            let singly = match &run.outcome {
                Outcome::Decided { results, .. } => results.as_slice(),
                Outcome::Refused(_) | Outcome::Failed(_) => &[],
            };
            if singly != compared.results {
                return Ok(false);
            }
            let words = match store.revision(municipality, then.revision).await? {
                Some(kept) => Words::from_json(&kept.about),
                None => Words::from_json(""),
            };
            let explained = |outcome: &Outcome, trace: &[u8], evidence: &Evidence, words: &Words| match outcome {
                Outcome::Decided { .. } => explain_trace(trace, evidence, words, Language::Japanese),
                Outcome::Refused(refusal) => format!("計算不能: {}\n", words.sentence(refusal, Language::Japanese)),
                Outcome::Failed(failure) => format!("ルールの障害: {}\n", failure.word()),
            };
            let before = explained(&then.outcome, &then.trace, &then.evidence, &words);
            let after = explained(&run.outcome, &run.trace, &run.evidence, &live.words);
            let difference = TextDiff::from_lines(before.as_str(), after.as_str()).unified_diff().context_radius(CONTEXT_LINES).to_string();
            self.report.most_changed.push(Changed {
                household: then.household.0,
                decision: compared.stored.id.to_string(),
                before_yen: then.outcome.figure(SLOT.figure().0, SLOT.figure().1),
                after_yen: run.outcome.figure(SLOT.figure().0, SLOT.figure().1),
                difference,
            });
        }
        Ok(true)
    }
}

/// The amounts of the slot's own table by column.
fn amounts(results: &[NamedTable]) -> impl Iterator<Item = (String, i64)> {
    let own = results.iter().filter(|result| result.name == SLOT.figure().0);
    own.flat_map(|result| &result.table.columns).filter(|column| column.name.ends_with("_yen")).filter_map(|column| {
        let values = match &column.values {
            jorei_domain::table::Values::Integers(values) => values,
            jorei_domain::table::Values::Texts(_) => return None,
        };
        let sum = values.iter().filter(|value| **value != ABSENT).fold(0_i64, |sum, value| sum.saturating_add(*value));
        Some((column.name.to_string(), sum))
    })
}

fn total(results: &[NamedTable]) -> Option<i64> {
    amounts(results).find(|(column, _)| column == "total_yen").map(|(_, yen)| yen)
}

/// The newest report on a candidate.
///
/// # Errors
/// A [`StoreError`].
pub async fn newest(store: &Store, municipality: Municipality, candidate: Digest) -> Result<Option<ShadowReport>, StoreError> {
    let reports = store.shadow_reports_of(municipality, candidate).await?;
    Ok(reports.into_iter().max_by(|a, b| a.recorded_at.cmp(&b.recorded_at)))
}

/// A stored report as an official reads it.
///
/// # Errors
/// [`StoreError::Damaged`].
pub fn read(kept: &ShadowReport) -> Result<Report, StoreError> {
    serde_json::from_str(&kept.content).map_err(|_| StoreError::Damaged(format!("shadow report {}", kept.id)))
}

impl Report {
    /// The report as text for an official, with what differs in the most changed cases.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut text, true);
        text
    }

    /// The same without households, their amounts and explanations: for texts that stay for ever.
    pub fn summary(&self) -> String {
        let mut text = String::new();
        let _ = self.write(&mut text, false);
        text
    }

    fn write(&self, text: &mut String, explained: bool) -> std::fmt::Result {
        writeln!(text, "  候補 {} （ルール {}、条例 {}）", self.candidate, short(&self.rule), short(&self.ordinance))?;
        for (revision, count) in &self.compared {
            writeln!(text, "  比較した改版 {revision}: {count} 件")?;
        }
        let taken = if self.every == 1 { "全件".to_owned() } else { format!("{} 件に1件", self.every) };
        writeln!(text, "  基準日 {}  {taken} {} 件（決定番号の要約 {}）", self.on, self.cases, short(&self.decisions))?;
        if self.from_records > 0 {
            writeln!(text, "  当時の証拠に無い記録を求めるため、当時の台帳から計算したもの: {} 件", self.from_records)?;
        }
        writeln!(text, "  同じ {}  状態だけ違う {}  金額等が違う {}", self.equal, self.state_only, self.changed)?;
        writeln!(text, "  新たに計算不能 {}  新たに計算可能 {}  ルールの障害 {}", self.refused, self.newly_decided, self.failed)?;
        for (part, (before, after)) in self.parts.iter().filter(|(_, (before, after))| before != after) {
            let known = PARTS.iter().map(|(column, name, _)| (*column, *name)).chain([("total_yen", "年間保険料の合計")]);
            let name = known.into_iter().find(|(column, _)| column == part).map_or(part.as_str(), |(_, name)| name);
            let name = plain(name);
            writeln!(text, "  {name}: {} → {}（{}）", yen(*before), yen(*after), signed(after - before))?;
        }
        if self.changed > 0 {
            writeln!(text, "  年額の差の分布（円）")?;
            for (class, count) in self.histogram.iter().enumerate().filter(|(_, count)| **count > 0) {
                writeln!(text, "    {:>22}: {count:>6} {}", class_name(class), bar(*count, self.cases))?;
            }
        }
        if !explained {
            // Households and their amounts are for `jorei shadow show`, not for a text that stays for ever.
            return Ok(());
        }
        if !self.most_changed.is_empty() {
            writeln!(text, "  差の大きい世帯")?;
        }
        for changed in &self.most_changed {
            let amount = |amount: Option<i64>| amount.map_or_else(|| "—".to_owned(), yen);
            writeln!(
                text,
                "    世帯 {} （決定 {}）: {} → {}",
                changed.household,
                short(&changed.decision),
                amount(changed.before_yen),
                amount(changed.after_yen)
            )?;
            for line in changed.difference.lines() {
                let line = if line.starts_with("@@") { "…" } else { line };
                writeln!(text, "      {line}")?;
            }
        }
        Ok(())
    }
}

fn short(digest: &str) -> &str {
    digest.get(..8).unwrap_or(digest)
}

fn yen(amount: i64) -> String {
    Yen::checked(amount).map_or_else(|_| amount.to_string(), |yen| yen.to_string())
}

fn signed(amount: i64) -> String {
    if amount > 0 { format!("+{}", yen(amount)) } else { yen(amount) }
}

fn class_name(class: usize) -> String {
    let lower = class.checked_sub(1).map(|below| CLASSES[below]);
    match (lower, CLASSES.get(class)) {
        (None, Some(upper)) => format!("{} 以下", signed(upper - 1)),
        (Some(lower), None) => format!("{} 以上", signed(lower)),
        (Some(lower), Some(upper)) if upper - lower == 1 => signed(lower),
        (Some(lower), Some(upper)) => format!("{} 〜 {}", signed(lower), signed(upper - 1)),
        (None, None) => String::new(),
    }
}

/// A bar of at most thirty characters; something is never nothing.
fn bar(count: u64, of: u64) -> String {
    let length = (count * 30).div_ceil(of.max(1));
    "█".repeat(usize::try_from(length).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_difference_has_one_class_and_none_is_called_none() {
        assert!(CLASSES.is_sorted());
        let class = |difference: i64| class_name(CLASSES.partition_point(|bound| *bound <= difference));
        assert_eq!(class(0), "0");
        assert_eq!(class(1), "+1 〜 +1,000");
        assert_eq!(class(-1), "-1,000 〜 -1");
        assert_eq!(class(-1_000), "-1,000 〜 -1");
        assert_eq!(class(-1_001), "-5,000 〜 -1,001");
        assert_eq!(class(-100_001), "-100,001 以下");
        assert_eq!(class(200_000), "+100,001 以上");
    }
}
