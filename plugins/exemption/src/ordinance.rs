//! What a municipality fixes: its reliefs by number, each in dated blocks, each with its rows.
//!
//! Nothing here knows one relief from another: a city's own stands beside the usual ones.

use crate::axes::{AXES, FACTS, Fact};
use jorei_sdk::rows::{Condition, Row, examine};
use jorei_sdk::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a rate is a share of.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Base {
    /// The annual premium.
    Annual,
    /// The instalments that can still be reduced.
    OpenInstalments,
    /// The person's share of the elements of each part, by months; each row says of which element.
    PersonElements,
}

/// An element of the premium (所得割・均等割・平等割).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Element {
    /// Income levy (所得割).
    IncomeLevy,
    /// Per-capita levy (均等割).
    PerCapita,
    /// Per-household levy (平等割).
    PerHousehold,
}

impl Element {
    /// All of them.
    pub(crate) const ALL: [Element; 3] = [Element::IncomeLevy, Element::PerCapita, Element::PerHousehold];

    /// Its key in traces, and its word in the ordinance.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Element::IncomeLevy => "income_levy",
            Element::PerCapita => "per_capita",
            Element::PerHousehold => "per_household",
        }
    }

    const fn ja(self) -> &'static str {
        match self {
            Element::IncomeLevy => "所得割",
            Element::PerCapita => "均等割",
            Element::PerHousehold => "平等割",
        }
    }
}

/// What happens where a fact that a row asks for is not known: an income undeclared or asked for elsewhere, an amount left open.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unknown {
    /// The case is refused and waits for a clerk.
    Refuse,
    /// The conditions count as not met.
    ConditionsNotMet,
}

/// What holds where no row applies.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Otherwise {
    /// No relief.
    None,
}

/// One row of a relief as the ordinance writes it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RowText {
    /// Conditions, all of which must hold: "income_fall >= 40%".
    pub when: Vec<String>,
    /// The share that is taken off: "20%".
    pub rate: String,
    /// With the base person-elements: which element it is a share of.
    #[serde(default)]
    pub of: Option<Element>,
    /// The first day of applications to which it belongs; left out for all.
    #[serde(default)]
    pub from: Option<Date>,
    /// The first day of applications to which it no longer belongs.
    #[serde(default)]
    pub until: Option<Date>,
    /// Its article, where it is not that of the rows.
    #[serde(default)]
    pub article: Option<String>,
    /// How well it is known, where that is not the state of the rows.
    #[serde(default)]
    pub state: Option<State>,
}

/// One relief in a stretch of dates.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReliefText {
    /// Conditions without which the relief is not looked at. The rows need cover no more than what meets them.
    pub requires: Value<Vec<String>>,
    /// The rows, in order.
    pub rows: Value<Vec<RowText>>,
    /// "none" where a case that meets `requires` may still have no row. Without it the rows must cover all.
    #[serde(default)]
    pub otherwise: Option<Value<Otherwise>>,
    /// What a rate is a share of.
    pub base: Value<Base>,
    /// Does it reduce only instalments due on the day of the application or later?
    pub open_instalments_only: Value<bool>,
    /// Does it reduce only instalments due after the day of the cause?
    pub due_after_cause: Value<bool>,
    /// Must the documents be found in order?
    pub certificate_required: Value<bool>,
    /// First day of applications; left out where there is none.
    #[serde(default)]
    pub apply_from: Option<Value<Date>>,
    /// First day on which one can no longer apply; left out where the last due date alone decides.
    #[serde(default)]
    pub apply_until: Option<Value<Date>>,
    /// What happens where a fact is not known.
    pub unknown: Value<Unknown>,
    /// Is it withheld where a person has the statutory reduction for involuntary unemployment?
    pub excluded_by_unemployment: Value<bool>,
    /// Reliefs of one group exclude each other; 0 for none.
    pub exclusion_group: Value<i64>,
    /// Within the group the lowest rank holds.
    pub rank: Value<i64>,
    /// Rounding of the amount.
    pub rounding: Value<Rounding>,
}

/// The ordinance of one municipality.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExemptionOrdinance {
    /// Whose it is.
    pub ordinance: Header,
    /// What each relief is called, by its number. An application names the number.
    pub names: BTreeMap<String, String>,
    /// The reliefs by their number, each in dated blocks; the date is the 1 April of the premium's fiscal year.
    pub relief: BTreeMap<String, Section<ReliefText>>,
}

/// What a row gives.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub(crate) struct Gives {
    pub(crate) rate: Rate,
    pub(crate) of: Option<Element>,
}

/// A relief, its texts read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Relief {
    pub(crate) requires: Row<()>,
    pub(crate) rows: Vec<Row<Gives>>,
    pub(crate) otherwise: Option<Value<Otherwise>>,
    pub(crate) base: Value<Base>,
    pub(crate) open_instalments_only: Value<bool>,
    pub(crate) due_after_cause: Value<bool>,
    pub(crate) certificate_required: Value<bool>,
    pub(crate) apply_from: Option<Value<Date>>,
    pub(crate) apply_until: Option<Value<Date>>,
    pub(crate) unknown: Value<Unknown>,
    pub(crate) excluded_by_unemployment: Value<bool>,
    pub(crate) exclusion_group: Value<i64>,
    pub(crate) rank: Value<i64>,
    pub(crate) rounding: Value<Rounding>,
}

/// A relief on one date, under its number and name.
#[derive(Debug, Serialize, Deserialize)]
pub struct Numbered {
    pub(crate) code: i64,
    pub(crate) name: String,
    pub(crate) relief: Dated<Relief>,
}

/// The values of an ordinance on one date.
#[derive(Debug, Serialize, Deserialize)]
pub struct Values {
    pub(crate) reliefs: Vec<Numbered>,
}

/// What is wrong with a relief: where within its values, and why.
type Wrong = Vec<(String, String)>;

impl ReliefText {
    /// Reads its texts.
    fn read(&self) -> Result<Relief, Wrong> {
        let mut wrong = Wrong::new();
        let mut conditions = |path: &str, texts: &[String]| {
            let mut read = Vec::with_capacity(texts.len());
            for (i, text) in texts.iter().enumerate() {
                match Condition::parse(AXES, text) {
                    Ok(condition) => read.push(condition),
                    Err(message) => wrong.push((format!("{path}[{i}]"), message)),
                }
            }
            read
        };
        let requires = conditions("requires", self.requires.peek());
        let whens: Vec<Vec<Condition>> =
            self.rows.peek().iter().enumerate().map(|(i, row)| conditions(&format!("rows[{i}].when"), &row.when)).collect();
        let by_person = *self.base.peek() == Base::PersonElements;
        let mut rows = Vec::with_capacity(whens.len());
        for (i, (text, mut when)) in self.rows.peek().iter().zip(whens).enumerate() {
            let path = format!("rows[{i}]");
            if let (Some(from), Some(until)) = (text.from, text.until)
                && until <= from
            {
                wrong.push((
                    path.clone(),
                    format!("終期が始期以前です（{from} から {until} まで） / ends on {until}, before it begins on {from}"),
                ));
            }
            when.extend(text.from.map(|from| Condition::from_date(Fact::AppliedOn.axis(), from)));
            when.extend(text.until.map(|until| Condition::until_date(Fact::AppliedOn.axis(), until)));
            match (by_person, text.of) {
                (true, None) => {
                    wrong.push((path.clone(), "of which element? write of = \"income_levy\", \"per_capita\" or \"per_household\"".into()))
                }
                (false, Some(_)) => wrong.push((path.clone(), "`of` belongs to the base person-elements only; remove it".into())),
                _ => {}
            }
            match rate(&text.rate) {
                Ok(rate) => {
                    let article = text.article.as_deref().unwrap_or(self.rows.article());
                    let state = text.state.unwrap_or(self.rows.state());
                    rows.push(Row::new(i as i64 + 1, when, Gives { rate, of: text.of }, article, state));
                }
                Err(message) => wrong.push((format!("{path}.rate"), message)),
            }
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let requires = Row::new(0, requires, (), self.requires.article(), self.requires.state());
        Ok(Relief {
            requires,
            rows,
            otherwise: self.otherwise.clone(),
            base: self.base.clone(),
            open_instalments_only: self.open_instalments_only.clone(),
            due_after_cause: self.due_after_cause.clone(),
            certificate_required: self.certificate_required.clone(),
            apply_from: self.apply_from.clone(),
            apply_until: self.apply_until.clone(),
            unknown: self.unknown.clone(),
            excluded_by_unemployment: self.excluded_by_unemployment.clone(),
            exclusion_group: self.exclusion_group.clone(),
            rank: self.rank.clone(),
            rounding: self.rounding.clone(),
        })
    }
}

/// A rate of a row: at most one, and not below nil.
fn rate(text: &str) -> Result<Rate, String> {
    let negative = text.trim().strip_prefix('-').is_some_and(|rest| Rate::parse(rest).is_ok());
    if negative {
        return Err(format!("{text} は負の割合です（保険料が増えます） / {text} is below nil: the premium would grow; write 0% to 100%"));
    }
    let rate = Rate::parse(text).map_err(|_| format!("`{text}` is not a rate (write \"20%\" or \"1/5\")"))?;
    if rate > Rate::ONE {
        // 100,000 yen as the example: whole for every rate that people write.
        let off =
            rate.of(Yen::new(100_000)).and_then(|off| off.round(Rounding::DOWN_TO_YEN)).map_or_else(|_| "?".into(), |yen| yen.to_string());
        return Err(format!(
            "{text} は1を超えます（例: 保険料100,000円から{off}円を減免することになります） / {text} is over one, for example {off} yen off a premium of 100,000; write at most 100%"
        ));
    }
    Ok(rate)
}

impl Relief {
    /// Looks through its rows. Those of different elements do not meet.
    fn examine(&self) -> Wrong {
        let mut wrong = Wrong::new();
        let groups: Vec<Option<Element>> =
            if *self.base.peek() == Base::PersonElements { Element::ALL.into_iter().map(Some).collect() } else { vec![None] };
        for of in groups {
            let places: Vec<usize> = (0..self.rows.len()).filter(|i| self.rows[*i].gives.of == of).collect();
            if places.is_empty() && of.is_some() {
                // An element that no row names is not reduced.
                continue;
            }
            let rows: Vec<&Row<Gives>> = places.iter().map(|i| &self.rows[*i]).collect();
            for finding in examine(AXES, &self.requires.when, &rows, self.otherwise.is_none()) {
                let message = match of {
                    Some(of) => format!("{}: {} ({})", of.ja(), finding.message, of.key()),
                    None => finding.message,
                };
                let path = finding.row.map_or_else(|| "rows".to_owned(), |row| format!("rows[{}]", places[row]));
                wrong.push((path, message));
            }
        }
        if *self.base.peek() != Base::PersonElements {
            let named = self.requires.when.iter().chain(self.rows.iter().flat_map(|row| &row.when));
            if let Some(fact) = named.map(|condition| FACTS[condition.axis()]).find(|fact| fact.is_monthly()) {
                let axis = &AXES[fact.axis()];
                let message = format!("{} ({}) differs from month to month; it belongs to base = \"person-elements\"", axis.key, axis.ja);
                wrong.push(("base".into(), message));
            }
        }
        if let (Some(from), Some(until)) = (&self.apply_from, &self.apply_until)
            && until.peek() <= from.peek()
        {
            let (from, until) = (from.peek(), until.peek());
            wrong.push((
                "apply_until".into(),
                format!("申請期間が空です（{from} から {until} の前日まで） / nobody can apply: {until} is not after {from}"),
            ));
        }
        wrong
    }
}

impl ExemptionOrdinance {
    /// The number under which an application names a relief.
    fn code(key: &str) -> Option<i64> {
        key.parse().ok().filter(|code| (1..=9_999).contains(code))
    }
}

impl Ordinance for ExemptionOrdinance {
    type OnDate = Values;

    fn sections(&self) -> Vec<(&'static str, &dyn settings::Dates)> {
        Vec::new()
    }

    fn named_sections(&self) -> Vec<(String, &dyn settings::Dates)> {
        self.relief.iter().map(|(name, section)| (format!("relief.{name}"), section as &dyn settings::Dates)).collect()
    }

    fn on(&self, date: Date) -> Values {
        let numbered = |(key, section): (&String, &Section<ReliefText>)| {
            let name = self.names.get(key).cloned().unwrap_or_default();
            let relief = match section.at(&name, date) {
                // `check` has read every text before.
                Dated::Known(text) => text.read().map_or(Dated::Unused, Dated::Known),
                Dated::Missing(gap) => Dated::Missing(gap),
                Dated::Unused => Dated::Unused,
            };
            Some(Numbered { code: ExemptionOrdinance::code(key)?, name, relief })
        };
        Values { reliefs: self.relief.iter().filter_map(numbered).collect() }
    }

    fn check(&self, problems: &mut Problems) {
        for (key, section) in &self.relief {
            if ExemptionOrdinance::code(key).is_none() {
                problems
                    .add(format!("relief.{key}"), format!("`{key}` is no number of a relief; write 1 to 9999, as applications name it"));
            }
            if self.names.get(key).is_none_or(|name| name.trim().is_empty()) {
                problems.add(format!("names.{key}"), format!("relief {key} has no name; write {key} = \"…\" under [names]"));
            }
            for (i, _, text) in section.known() {
                let wrong = text.read().map_or_else(|wrong| wrong, |relief| relief.examine());
                for (path, message) in wrong {
                    problems.add(format!("relief.{key}[{i}].values.{path}"), message);
                }
            }
        }
        for key in self.names.keys().filter(|key| !self.relief.contains_key(*key)) {
            problems.add(format!("names.{key}"), format!("there is no relief {key}; add [[relief.{key}]], or remove the name"));
        }
    }
}
