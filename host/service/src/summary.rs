//! What an assessment came to: counts, sums, the distribution of premiums and reductions.

use crate::language::Language;
use crate::words::Words;
use jorei_domain::calendar::FiscalYear;
use jorei_domain::decision::Outcome;
use jorei_domain::id::{HouseholdId, Municipality};
use jorei_domain::money::Yen;
use jorei_domain::slot::Slot;
use jorei_domain::trace;
use jorei_store::{Store, StoreError};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Upper bounds of the classes of yearly premiums, in yen.
const CLASSES: [i64; 9] = [0, 25_000, 50_000, 100_000, 200_000, 400_000, 600_000, 800_000, 1_000_000];

/// Parts of the premium, as columns of the outcome's table `premium`.
pub(crate) const PARTS: [(&str, &str, &str); 4] = [
    ("medical_yen", "医療分", "medical"),
    ("support_yen", "後期高齢者支援金等分", "support"),
    ("care_yen", "介護納付金分", "care"),
    ("child_yen", "子ども・子育て支援納付金分", "child"),
];

/// The figures of one year.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Summary {
    /// Decisions by state.
    pub states: BTreeMap<&'static str, u64>,
    /// Sum of all premiums.
    pub total_yen: i64,
    /// Sum of each part.
    pub parts_yen: [i64; 4],
    /// Households by reduction: 7, 5, 2 or 0.
    pub reductions: BTreeMap<i64, u64>,
    /// Households in each class, the last one above all bounds.
    pub classes: [u64; CLASSES.len() + 1],
    /// Households where a cap took something off.
    pub capped: u64,
    /// Unsourced values that decisions rest on, and how many do.
    pub unsourced: BTreeMap<String, u64>,
    /// Refusals by their sentence.
    pub refusals: BTreeMap<String, u64>,
    /// A decision worth reading: provisional or decided, reduced, of several persons.
    pub example: Option<HouseholdId>,
    /// Bytes stored for all decisions.
    pub stored_bytes: u64,
    /// Decisions stored, superseded ones included.
    pub stored_count: u64,
}

/// Sums up the current decisions of a year.
///
/// # Errors
/// A [`StoreError`].
pub async fn summarize(store: &Store, municipality: Municipality, year: FiscalYear, words: &Words) -> Result<Summary, StoreError> {
    let on = year.first_day();
    let mut summary = Summary::default();
    let mut richest = 0;
    let mut after = None;
    loop {
        let page = store.decisions_page(municipality, Slot::Premium.word(), on, after, 1_000).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.decision.household);
        for stored in &page {
            summary.add(stored.decision.household, &stored.decision.outcome, &stored.decision.trace, words, &mut richest);
        }
    }
    (summary.stored_count, summary.stored_bytes) = store.stored_bytes(municipality, Slot::Premium.word(), on).await?;
    Ok(summary)
}

impl Summary {
    fn add(&mut self, household: HouseholdId, outcome: &Outcome, steps: &[u8], words: &Words, richest: &mut usize) {
        *self.states.entry(outcome.word()).or_default() += 1;
        if let Outcome::Refused(refusal) = outcome {
            *self.refusals.entry(words.sentence(refusal, Language::Japanese)).or_default() += 1;
        }
        let figure = |column: &str| outcome.figure("premium", column);
        let Some(total) = figure("total_yen") else { return };
        self.total_yen += total;
        for (sum, (column, _, _)) in self.parts_yen.iter_mut().zip(PARTS) {
            *sum += figure(column).unwrap_or(0);
        }
        let reduction = figure("reduction_level").unwrap_or(0);
        *self.reductions.entry(reduction).or_default() += 1;
        let class = CLASSES.iter().position(|bound| total <= *bound).unwrap_or(CLASSES.len());
        self.classes[class] += 1;
        if figure("over_cap_yen").unwrap_or(0) > 0 {
            self.capped += 1;
        }
        // A trace that was stored has been found canonical before.
        let steps = trace::decode(steps).unwrap_or_default();
        let mut seen: Vec<&str> = Vec::new();
        for read in steps.iter().flat_map(|step| &step.law).filter(|read| read.state.is_provisional()) {
            if !seen.contains(&&*read.key) {
                seen.push(&read.key);
                *self.unsourced.entry(read.key.to_string()).or_default() += 1;
            }
        }
        // A family with a reduction shows the most of the rule.
        let telling = steps.len() + if reduction > 0 { 40 } else { 0 };
        if total > 0 && telling > *richest && steps.len() < 140 {
            *richest = telling;
            self.example = Some(household);
        }
    }

    /// The summary as text.
    pub fn text(&self, year: FiscalYear, words: &Words, language: Language) -> String {
        let pick = |ja: &'static str, en: &'static str| if language == Language::Japanese { ja } else { en };
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut text, year, words, language, &pick);
        text
    }

    fn write(
        &self,
        text: &mut String,
        year: FiscalYear,
        words: &Words,
        language: Language,
        pick: &dyn Fn(&'static str, &'static str) -> &'static str,
    ) -> std::fmt::Result {
        let yen = |amount: i64| Yen::checked(amount).map_or_else(|_| amount.to_string(), |yen| yen.to_string());
        let households: u64 = self.states.values().sum();
        let billed: u64 = self.reductions.values().sum();
        writeln!(text, "{}{}", year.year(), pick("年度 賦課のまとめ", " assessment summary"))?;
        writeln!(text, "  {}: {households}", pick("世帯", "households"))?;
        for (state, count) in &self.states {
            let name = match *state {
                "decided" => pick("決定", "decided"),
                "provisional" => pick("仮決定（通知・徴収不可）", "provisional (not to be notified or collected)"),
                "refused" => pick("計算不能（担当者へ）", "refused (to a clerk)"),
                _ => pick("ルールの障害（担当者へ）", "failed (to a clerk)"),
            };
            writeln!(text, "    {name}: {count}")?;
        }
        writeln!(text, "  {}: {} {}", pick("年間保険料の合計", "total of yearly premiums"), yen(self.total_yen), pick("円", "yen"))?;
        for (sum, (_, ja, en)) in self.parts_yen.iter().zip(PARTS) {
            writeln!(text, "    {}: {} {}", pick(ja, en), yen(*sum), pick("円", "yen"))?;
        }
        if let Some(mean) = self.total_yen.checked_div(i64::try_from(billed).unwrap_or(0)) {
            writeln!(
                text,
                "    {}: {} {}",
                pick("1世帯あたり（円未満切捨て）", "per household (cut to the yen)"),
                yen(mean),
                pick("円", "yen")
            )?;
        }
        writeln!(text, "  {}", pick("軽減", "reductions"))?;
        for (level, count) in self.reductions.iter().rev() {
            let name =
                if *level == 0 { pick("軽減なし", "none").to_owned() } else { format!("{level}{}", pick("割軽減", "0% off")) };
            writeln!(text, "    {name}: {count} {}", bar(*count, billed))?;
        }
        writeln!(text, "  {}: {}", pick("賦課限度額を超えた世帯", "households above a cap"), self.capped)?;
        writeln!(text, "  {}", pick("年間保険料の分布（円）", "distribution of yearly premiums (yen)"))?;
        for (i, count) in self.classes.iter().enumerate() {
            let name = match (i.checked_sub(1).map(|below| CLASSES[below]), CLASSES.get(i)) {
                (None, _) => "0".to_owned(),
                (Some(below), Some(bound)) => format!("{}–{}", yen(below + 1), yen(*bound)),
                (Some(below), None) => format!("{}–", yen(below + 1)),
            };
            writeln!(text, "    {name:>19}: {count:>6} {}", bar(*count, billed))?;
        }
        if !self.unsourced.is_empty() {
            writeln!(
                text,
                "  {}",
                pick(
                    "確認が必要な値（これを使った決定はすべて仮決定）",
                    "values to be confirmed (every decision that used one is provisional)"
                )
            )?;
            for (key, count) in &self.unsourced {
                writeln!(text, "    {} ({key}): {count}", words.label(key, language))?;
            }
        }
        if !self.refusals.is_empty() {
            writeln!(text, "  {}", pick("計算不能の理由", "reasons for refusals"))?;
            for (sentence, count) in &self.refusals {
                writeln!(text, "    {count}: {sentence}")?;
            }
        }
        if let Some(mean) = self.stored_bytes.checked_div(self.stored_count) {
            writeln!(text, "  {}: {mean} {}", pick("決定1件の保存量", "stored per decision"), pick("バイト", "bytes"))?;
        }
        Ok(())
    }
}

/// A bar of at most forty characters.
fn bar(count: u64, of: u64) -> String {
    let length = (count * 40).checked_div(of).unwrap_or(0);
    "█".repeat(usize::try_from(length).unwrap_or(0))
}
