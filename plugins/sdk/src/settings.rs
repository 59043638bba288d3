//! The ordinance: a municipality's values, dated, each with its article and its state.
//!
//! The file has a table `[ordinance]` that says whose it is and for which rule, and *sections*:
//! lists of dated blocks of values that change together.
//!
//! ```toml
//! [[rates]]
//! from = "2025-04-01"
//! until = "2026-04-01"
//! article = "Ordinance art. 12"
//! source = "https://city.example/rates"
//! state = "sourced"
//! values = { income_rate = "8.47%", cap_yen = { value = 660_000, state = "assumed", article = "Ordinance art. 13" } }
//! ```
//!
//! A block with `missing = "why"` in place of `values` admits that the values are not known:
//! deciding on such a date is refused with that reason. Blocks of a section leave no gap and do
//! not overlap. A rule's sections are fields of type [`Section`] of its [`Ordinance`]; on one
//! date they become [`Dated`] groups of [`Value`]s.

use crate::refusal::Refusal;
use crate::texts::{self, Text};
use jorei_domain::basis::State;
use jorei_domain::calendar::Date;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use std::borrow::Cow;

/// A value with its article and its state. Only [`crate::Trace::get`] hands out the value, so
/// using it always leaves a mark in the trace.
#[derive(Clone, Debug)]
pub struct Value<T> {
    value: T,
    state: State,
    key: Text,
    article: Text,
}

impl<T> Value<T> {
    /// Section and key: `medical.cap_yen`.
    pub fn key(&self) -> &str {
        self.key.get()
    }

    /// How well it is known.
    pub fn state(&self) -> State {
        self.state
    }

    /// Where it stands.
    pub fn article(&self) -> &str {
        self.article.get()
    }

    /// The value, for checks at load. While deciding, read it with [`crate::Trace::get`].
    pub fn peek(&self) -> &T {
        &self.value
    }
}

impl<T: Serialize> Serialize for Value<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (&self.value, self.state, &self.key, &self.article).serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Value<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Value<T>, D::Error> {
        /// As [`spread`] leaves it in the document.
        #[derive(Deserialize)]
        struct Written<T> {
            key: String,
            value: T,
            state: State,
            article: String,
        }
        if deserializer.is_human_readable() {
            let written = Written::deserialize(deserializer)?;
            let (key, article) = (Text::of(&written.key), Text::of(&written.article));
            return Ok(Value { value: written.value, state: written.state, key, article });
        }
        let (value, state, key, article) = Deserialize::deserialize(deserializer)?;
        Ok(Value { value, state, key, article })
    }
}

impl<T: JsonSchema> JsonSchema for Value<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        format!("ValueOf{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let plain = generator.subschema_for::<T>();
        let state = generator.subschema_for::<State>();
        json_schema!({
            "anyOf": [plain, {
                "type": "object",
                "description": "The value with an article, source or state other than those of its block.",
                "properties": { "value": plain, "article": { "type": "string" }, "source": { "type": "string" }, "state": state },
                "required": ["value"],
                "additionalProperties": false
            }]
        })
    }
}

/// Whose ordinance this is, and for which rule.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The municipality's code, six digits.
    pub municipality: String,
    /// Its name, for people.
    pub name: String,
    /// The rule's id.
    pub rule: String,
    /// What a reader should know about this file.
    #[serde(default)]
    pub note: String,
}

/// A dated block of a section.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Block<T> {
    /// First date for which the values hold.
    pub from: Date,
    /// First date for which they no longer hold. There is no "until further notice": an unknown
    /// law is never the last known one.
    pub until: Date,
    /// The article that fixes the values; of the ordinance unless it says otherwise.
    pub article: String,
    /// Where the values were read.
    #[serde(default)]
    pub source: String,
    /// How well they are known.
    #[serde(default)]
    pub state: Option<State>,
    /// The values.
    pub values: Option<T>,
    /// In place of values: why they are not known.
    #[serde(default)]
    pub missing: Option<String>,
}

/// Values that change together, in dated blocks.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Section<T> {
    blocks: Vec<Block<T>>,
}

impl<T> Default for Section<T> {
    fn default() -> Self {
        Section { blocks: Vec::new() }
    }
}

impl<T: Clone> Section<T> {
    /// The values on a date. `name` is the section's name in the file.
    pub fn at(&self, name: &str, on: Date) -> Dated<T> {
        let Some(block) = self.blocks.iter().find(|block| block.from <= on && on < block.until) else {
            if self.blocks.is_empty() {
                return Dated::Unused;
            }
            let article = self.blocks.last().map(|block| block.article.clone()).unwrap_or_default();
            return Dated::Missing(Gap { section: name.into(), why: "settings_not_reached".into(), article: article.into(), on });
        };
        match (&block.values, &block.missing) {
            (Some(values), None) => Dated::Known(values.clone()),
            (_, why) => Dated::Missing(Gap {
                section: name.into(),
                why: why.clone().unwrap_or_default().into(),
                article: block.article.clone().into(),
                on,
            }),
        }
    }

    /// The known blocks with their numbers, for a rule's own checks.
    pub fn known(&self) -> impl Iterator<Item = (usize, &Block<T>, &T)> {
        self.blocks.iter().enumerate().filter_map(|(i, block)| block.values.as_ref().map(|values| (i, block, values)))
    }
}

/// What every section can tell about its dates.
pub trait Dates {
    /// The dates of its blocks in the order of the file.
    fn blocks(&self) -> Vec<(Date, Date)>;
}

impl<T> Dates for Section<T> {
    fn blocks(&self) -> Vec<(Date, Date)> {
        self.blocks.iter().map(|block| (block.from, block.until)).collect()
    }
}

/// Why a section has no values on a date.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Gap {
    section: Box<str>,
    why: Box<str>,
    article: Box<str>,
    on: Date,
}

/// A section's values on one date.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Dated<T> {
    /// They are known.
    Known(T),
    /// They are not, and deciding with them is refused.
    Missing(Gap),
    /// The ordinance does not have this section at all.
    Unused,
}

impl<T> Dated<T> {
    /// The values.
    ///
    /// # Errors
    /// A refusal that names the section, the date, the article, and what the file says is missing.
    #[inline]
    pub fn known(&self) -> Result<&T, Refusal> {
        match self {
            Dated::Known(values) => Ok(values),
            Dated::Missing(gap) => Err(gap.refusal()),
            Dated::Unused => Err(Refusal::law_unknown("settings_section_unused").article("Ordinance")),
        }
    }

    /// The values where they are known: for looking ahead. Deciding without them needs a refusal,
    /// which [`Dated::known`] writes.
    #[inline]
    pub fn peek(&self) -> Option<&T> {
        match self {
            Dated::Known(values) => Some(values),
            _ => None,
        }
    }

    /// The values of a section that an ordinance need not have.
    ///
    /// # Errors
    /// As [`Dated::known`], when the ordinance has the section but not for this date.
    pub fn optional(&self) -> Result<Option<&T>, Refusal> {
        match self {
            Dated::Known(values) => Ok(Some(values)),
            Dated::Missing(gap) => Err(gap.refusal()),
            Dated::Unused => Ok(None),
        }
    }
}

impl Gap {
    #[cold]
    fn refusal(&self) -> Refusal {
        Refusal::law_unknown("settings_missing")
            .article(self.article.to_string())
            .with("section", &self.section)
            .with("on", self.on)
            .with("why", &self.why)
    }
}

/// What is wrong with an ordinance.
#[derive(Debug, Default)]
pub struct Problems(pub(crate) Vec<(String, String)>);

impl Problems {
    /// Adds a problem: where, and what is wrong, why, and what to do.
    pub fn add(&mut self, path: impl Into<String>, message: impl Into<String>) {
        self.0.push((path.into(), message.into()));
    }
}

/// A rule's ordinance: a struct with a [`Header`] named `ordinance` and a [`Section`] per group of
/// values, derived with serde (`deny_unknown_fields`) and schemars.
pub trait Ordinance: DeserializeOwned + JsonSchema {
    /// Its values on one date: a struct of [`Dated`] groups, derived with serde.
    type OnDate: Serialize + DeserializeOwned;

    /// Its sections by their names in the file.
    fn sections(&self) -> Vec<(&'static str, &dyn Dates)>;

    /// Sections that the file itself names, within a group: `[[relief.10]]` is `relief.10`. The keys of their
    /// values are those of the group (`relief.rows`), so that one text serves all of them.
    fn named_sections(&self) -> Vec<(String, &dyn Dates)> {
        Vec::new()
    }

    /// The values on a date.
    fn on(&self, date: Date) -> Self::OnDate;

    /// The rule's own checks, after the dates were found in order.
    fn check(&self, _problems: &mut Problems) {}
}

/// The settings of a stretch of dates.
pub(crate) struct Segment {
    pub(crate) from: Date,
    pub(crate) until: Date,
    pub(crate) compact: Vec<u8>,
}

/// Checks an ordinance and cuts it into segments.
pub(crate) fn check<O: Ordinance>(rule: &str, text: &str) -> Result<Vec<Segment>, Problems> {
    let mut problems = Problems::default();
    let mut document: Map<String, Json> = match serde_json::from_str(text) {
        Ok(Json::Object(document)) => document,
        Ok(_) => {
            problems.add("", "not an object");
            return Err(problems);
        }
        Err(error) => {
            problems.add("", format!("not JSON: {error}"));
            return Err(problems);
        }
    };
    for (section, blocks) in &mut document {
        match blocks {
            Json::Array(blocks) => {
                for (i, block) in blocks.iter_mut().enumerate() {
                    spread(section, &format!("{section}[{i}]"), block, &mut problems);
                }
            }
            Json::Object(group) => {
                for (name, blocks) in group {
                    for (i, block) in blocks.as_array_mut().into_iter().flatten().enumerate() {
                        spread(section, &format!("{section}.{name}[{i}]"), block, &mut problems);
                    }
                }
            }
            _ => {}
        }
    }
    if let Some(given) = document.get("ordinance").and_then(|header| header.get("rule")).and_then(Json::as_str)
        && given != rule
    {
        problems.add("ordinance.rule", format!("the ordinance is for the rule `{given}`, this rule is `{rule}`"));
    }
    if !problems.0.is_empty() {
        return Err(problems);
    }
    let ordinance: O = serde_path_to_error::deserialize(Json::Object(document)).map_err(|error| {
        // The place as the file has it: there, a value stands without its envelope.
        let path = error.path().to_string().replace(".value[", "[");
        let mut problems = Problems::default();
        problems.add(path.strip_suffix(".value").unwrap_or(&path), error.into_inner().to_string());
        problems
    })?;
    let sections: Vec<(String, &dyn Dates)> =
        ordinance.sections().into_iter().map(|(name, section)| (name.to_owned(), section)).chain(ordinance.named_sections()).collect();
    for (name, section) in &sections {
        dates(name, &section.blocks(), &mut problems);
    }
    if problems.0.is_empty() {
        ordinance.check(&mut problems);
    }
    let mut bounds: Vec<Date> = sections.iter().flat_map(|(_, section)| section.blocks()).flat_map(|(from, until)| [from, until]).collect();
    bounds.sort_unstable();
    bounds.dedup();
    if bounds.len() < 2 {
        problems.add("", "the ordinance has no dated block");
    }
    if !problems.0.is_empty() {
        return Err(problems);
    }
    let segment = |pair: &[Date]| Segment {
        from: pair[0],
        until: pair[1],
        // Settings are plain data; postcard refuses none of it.
        compact: texts::compact(&ordinance.on(pair[0])).expect("plain settings"),
    };
    Ok(bounds.windows(2).map(segment).collect())
}

/// Gives every value of a block its key, article and state: its own or those of the block.
fn spread(section: &str, path: &str, block: &mut Json, problems: &mut Problems) {
    let Json::Object(block) = block else {
        problems.add(path, "not a block (a table with from, until, article and values)");
        return;
    };
    let inherited = |key: &str| block.get(key).cloned();
    let (article, state, from) = (inherited("article"), inherited("state"), inherited("from"));
    let from = from.as_ref().and_then(Json::as_str).unwrap_or("?").to_owned();
    match (block.contains_key("values"), block.contains_key("missing")) {
        (true, false) | (false, true) => {}
        (true, true) => problems.add(path, format!("the block from {from} has both `values` and `missing`; keep one")),
        (false, false) => {
            problems.add(path, format!("the block from {from} has no `values`; where they are not known write missing = \"why\""));
        }
    }
    let Some(Json::Object(values)) = block.get_mut("values") else { return };
    for (key, value) in values.iter_mut() {
        let path = format!("{path}.values.{key}");
        let mut own = match value.take() {
            Json::Object(own) if own.contains_key("value") => own,
            plain => Map::from_iter([("value".to_owned(), plain)]),
        };
        own.remove("source");
        for (name, inherited) in [("article", &article), ("state", &state)] {
            match (own.contains_key(name), inherited) {
                (true, _) => {}
                (false, Some(inherited)) => {
                    own.insert(name.into(), inherited.clone());
                }
                (false, None) => {
                    problems.add(&path, format!("the value of the block from {from} has no {name}; give it one, or the block"))
                }
            }
        }
        if own.get("article").and_then(Json::as_str).is_some_and(|article| article.trim().is_empty()) {
            problems.add(&path, format!("the value of the block from {from} has an empty article"));
        }
        own.insert("key".into(), format!("{section}.{key}").into());
        if let Some(extra) = own.keys().find(|name| !["value", "article", "state", "key"].contains(&name.as_str())) {
            problems.add(&path, format!("unknown key `{extra}` beside `value`; known are article, source, state"));
        }
        *value = Json::Object(own);
    }
}

/// Blocks follow each other without gap or overlap.
fn dates(section: &str, blocks: &[(Date, Date)], problems: &mut Problems) {
    for (i, (from, until)) in blocks.iter().enumerate() {
        if until <= from {
            problems.add(format!("{section}[{i}]"), format!("ends on {until}, before it begins on {from}"));
        }
    }
    for (i, pair) in blocks.windows(2).enumerate() {
        let ((_, end), (start, _)) = (pair[0], pair[1]);
        let path = format!("{section}[{}]", i + 1);
        if start > end {
            problems
                .add(path, format!("no block for {end} to {start}; where the values are not known, write a block with missing = \"why\""));
        } else if start < end {
            problems.add(path, format!("begins on {start}, but the block before it holds until {end}; blocks stand in order of date"));
        }
    }
}
