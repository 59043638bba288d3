//! What a rule is.

use crate::facts::{Case, Facts};
use crate::outcome::{Outcome, Results};
use crate::refusal::Refusal;
use crate::settings::Ordinance;
use crate::trace::{Off, On, Trace};
use jorei_domain::calendar::Date;
use jorei_domain::decision;
use jorei_domain::table::Table;

/// A key of traces and refusals with its texts.
#[derive(Clone, Copy, Debug)]
pub struct Label {
    /// The key.
    pub key: &'static str,
    /// For officials.
    pub ja: &'static str,
    /// For engineers.
    pub en: &'static str,
}

/// A label, in short.
pub const fn label(key: &'static str, ja: &'static str, en: &'static str) -> Label {
    Label { key, ja, en }
}

/// A rule's description of itself.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// Short name, the same in every version.
    pub id: &'static str,
    /// What it decides, for officials.
    pub title_ja: &'static str,
    /// What it decides, for engineers.
    pub title_en: &'static str,
    /// Articles it applies.
    pub legal_basis: &'static [&'static str],
    /// Every key its traces and refusals use.
    pub labels: &'static [Label],
}

/// A rule: one body for one case as for a million.
pub trait Rule {
    /// What it is.
    const ABOUT: About;
    /// The ordinance it takes.
    type Ordinance: Ordinance;
    /// The facts it reads.
    type Facts: Facts;
    /// What comes out.
    type Outcome: Outcome;

    /// Decides one case, writing its trace while it computes.
    ///
    /// The answer may depend on the arguments alone.
    ///
    /// # Errors
    /// A [`Refusal`] when law or facts are missing. Never guess.
    fn decide<'a, T: Trace<'a>>(
        case: &Case<'a, Self::Facts>,
        values: &'a <Self::Ordinance as Ordinance>::OnDate,
        trace: &mut T,
    ) -> Result<Self::Outcome, Refusal>;
}

/// The SDK's own labels.
pub(crate) const LABELS: &[Label] = &[
    label(
        "settings_missing",
        "{on}時点の「{section}」の値が条例設定にありません（{why}）。条例の該当条文の値を確認し、設定に追加してください。",
        "no value of section `{section}` on {on} ({why}); add the values of that article to the ordinance",
    ),
    label(
        "settings_section_unused",
        "この計算に必要な区分が条例設定にありません。条例設定に追加してください。",
        "the ordinance lacks a section that this case needs; add it",
    ),
    label("settings_out_of_reach", "{on}は条例設定の対象期間外です。", "the ordinance does not reach {on}"),
    label(
        "amount_out_of_range",
        "金額が扱える範囲を超えました（{error}）。入力の金額を確認してください。",
        "{error}; check the amounts given",
    ),
    label("read_last", "参照した値", "values read"),
];

/// The values of an ordinance on a date from their compact form.
pub(crate) fn on_date<R: Rule>(compact: Option<&[u8]>, on: Date) -> Result<<R::Ordinance as Ordinance>::OnDate, Refusal> {
    let compact = compact.ok_or_else(|| Refusal::law_unknown("settings_out_of_reach").with("on", on))?;
    // The host hands back what `check` made for this very rule: anything else is a broken host.
    Ok(postcard::from_bytes(compact).expect("settings of this rule"))
}

/// A decided case.
pub struct Decided {
    /// Rests on something unsettled?
    pub provisional: bool,
    /// Its tables.
    pub results: Vec<(&'static str, Table)>,
    /// Its trace.
    pub trace: Vec<u8>,
}

/// Decides one case with its trace.
///
/// # Errors
/// The refusal, and the trace up to it.
pub fn decide_one<R: Rule>(
    facts: &R::Facts,
    on: Date,
    values: &<R::Ordinance as Ordinance>::OnDate,
) -> Result<Decided, (decision::Refusal, Vec<u8>)> {
    let mut trace = On::new();
    match R::decide(&Case { facts, index: 0, on }, values, &mut trace) {
        Ok(outcome) => {
            let mut results = Results::new::<R::Outcome>(1);
            outcome.write(&mut results);
            results.end_case();
            Ok(Decided { provisional: trace.is_provisional(), results: results.finish(), trace: trace.finish() })
        }
        Err(refusal) => Err((refusal.into_inner(), trace.finish())),
    }
}

/// State of a case answered in bulk.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Status {
    /// Decided.
    Decided,
    /// Decided, but not settled.
    Provisional,
    /// Refused; [`decide_one`] says why.
    Refused,
}

/// Answers for many cases.
pub struct Answers {
    /// One per case.
    pub statuses: Vec<Status>,
    /// Tables over all cases.
    pub results: Vec<(&'static str, Table)>,
}

/// Answers every case of the call, without traces.
pub fn decide_all<R: Rule>(facts: &R::Facts, on: Date, cases: usize, values: &<R::Ordinance as Ordinance>::OnDate) -> Answers {
    let mut statuses = Vec::with_capacity(cases);
    let mut results = Results::new::<R::Outcome>(cases);
    for index in 0..cases {
        let mut trace = Off::default();
        statuses.push(match R::decide(&Case { facts, index, on }, values, &mut trace) {
            Ok(outcome) => {
                outcome.write(&mut results);
                if trace.is_provisional() { Status::Provisional } else { Status::Decided }
            }
            Err(_) => Status::Refused,
        });
        results.end_case();
    }
    Answers { statuses, results: results.finish() }
}
