//! A rule's words: the texts of its labels, and what the numbers of its outcome mean.

use crate::citation::citation;
use crate::language::Language;
use jorei_domain::calendar::{Date, Months};
use jorei_domain::decision::Refusal;
use jorei_domain::table::ABSENT;
use jorei_engine::{About, Label};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// The words of one revision of a rule; kept with the revision, so that an old decision is
/// explained in the words of the rule that made it.
#[derive(Clone, Debug)]
pub struct Words {
    labels: HashMap<String, (String, String)>,
    outcome: Value,
}

impl Words {
    /// The words of a loaded rule.
    pub fn of(about: &About) -> Words {
        let label = |label: &Label| (label.key.clone(), (plain(&label.ja), plain(&label.en)));
        Words {
            labels: about.labels.iter().map(label).collect(),
            outcome: serde_json::from_str(&about.outcome_schema).unwrap_or(Value::Null),
        }
    }

    /// As kept with a revision.
    pub fn to_json(&self) -> String {
        let mut sorted: Vec<_> = self.labels.iter().collect();
        sorted.sort();
        let labels: Map<String, Value> = sorted.into_iter().map(|(key, (ja, en))| (key.clone(), json!([ja, en]))).collect();
        json!({ "labels": labels, "outcome": self.outcome }).to_string()
    }

    /// Reads what [`Words::to_json`] wrote; what is not there stays without a text.
    pub fn from_json(text: &str) -> Words {
        let document: Value = serde_json::from_str(text).unwrap_or(Value::Null);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let labels = document["labels"].as_object().into_iter().flatten();
        Words {
            labels: labels.map(|(key, texts)| (key.clone(), (text(&texts[0]), text(&texts[1])))).collect(),
            outcome: document["outcome"].clone(),
        }
    }

    /// The text of a label; the key itself where the rule gave none.
    pub fn label<'a>(&'a self, key: &'a str, language: Language) -> &'a str {
        match (self.labels.get(key), language) {
            (Some((ja, _)), Language::Japanese) => ja,
            (Some((_, en)), Language::English) => en,
            (None, _) => key,
        }
    }

    /// A refusal's sentence with its arguments, and the article.
    pub fn sentence(&self, refusal: &Refusal, language: Language) -> String {
        // One pass: what an argument says is never read as a template itself.
        let mut sentence = String::new();
        let mut rest = self.label(&refusal.label, language);
        while let Some((before, after)) = rest.split_once('{') {
            sentence.push_str(before);
            let named = after.split_once('}').and_then(|(name, after)| {
                let (_, value) = refusal.arguments.iter().find(|(argument, _)| argument == name)?;
                let written = match (Date::parse(value), name) {
                    (Ok(month), "month") => language.month(month),
                    (Ok(day), _) => language.day(day),
                    (Err(_), _) => self.label(value, language).to_owned(),
                };
                Some((written, after))
            });
            match named {
                Some((value, after)) => {
                    sentence.push_str(&value);
                    rest = after;
                }
                None => {
                    sentence.push('{');
                    rest = after;
                }
            }
        }
        sentence.push_str(rest);
        let sentence = plain(&sentence);
        match (refusal.article.is_empty(), language) {
            (true, _) => sentence,
            (false, Language::Japanese) => format!("{sentence}〔{}〕", citation(&refusal.article, language)),
            (false, Language::English) => format!("{sentence} [{}]", refusal.article),
        }
    }

    /// A refusal's sentence in both languages.
    pub fn both(&self, refusal: &Refusal) -> String {
        format!("{} / {}", self.sentence(refusal, Language::English), self.sentence(refusal, Language::Japanese))
    }

    /// What a number in a result means, by the outcome's schema.
    pub fn cell(&self, table: &str, column: &str, number: i64) -> Value {
        let Some(number) = known(number) else { return Value::Null };
        let schema = &self.outcome["properties"][table]["items"]["properties"][column];
        if let Some(words) = schema["enum"].as_array() {
            let word = usize::try_from(number).ok().and_then(|code| words.get(code));
            return word.cloned().unwrap_or_else(|| number.into());
        }
        match (schema["type"].as_str(), schema["format"].as_str(), schema["x-unit"].as_str()) {
            (_, Some("date"), _) => date_text(number),
            (_, _, Some("months")) => calendar_months(Months::from_bits(u16::try_from(number).unwrap_or(0))),
            (Some("boolean"), _, _) => (number != 0).into(),
            _ => number.into(),
        }
    }
}

/// Months as calendar numbers in the order of the fiscal year: April is 4, next March 3.
pub fn calendar_months(months: Months) -> Value {
    months.iter().map(|month| (month + 3) % 12 + 1).collect()
}

/// A packed date as text; an impossible one as its number.
pub(crate) fn date_text(packed: i64) -> Value {
    Date::from_packed(packed).map_or_else(|_| packed.into(), |date| date.to_string().into())
}

/// [`ABSENT`] is null, never a number.
pub(crate) fn known(number: i64) -> Option<i64> {
    (number != ABSENT).then_some(number)
}

/// A text on one line: control characters could forge lines of what an official reads, and marks
/// of direction turn them round.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if steers(c) { ' ' } else { c }).collect()
}

/// A text of several lines, otherwise as [`plain`].
pub(crate) fn plain_lines(text: &str) -> String {
    text.chars().map(|c| if c != '\n' && steers(c) { ' ' } else { c }).collect()
}

/// Does a character steer a terminal, or the direction of writing?
fn steers(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use jorei_domain::decision::Reason;

    #[test]
    fn an_argument_is_never_read_as_a_template() {
        let words = Words::from_json(r#"{"labels":{"k":["{a}と{b}","{a} and {b}"],"w":["言葉","word"]}}"#);
        let argument = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let refusal = Refusal {
            reason: Reason::LawUnknown,
            label: "k".into(),
            article: "Act art. 76-2".into(),
            arguments: vec![argument("a", "{b}{b}\n"), argument("b", "w")],
        };
        assert_eq!(words.sentence(&refusal, Language::English), "{b}{b}  and word [Act art. 76-2]");
        assert_eq!(words.sentence(&refusal, Language::Japanese), "{b}{b} と言葉〔国民健康保険法第76条の2〕");
    }
    #[test]
    fn days_and_months_stand_as_officials_write_them() {
        let words = Words::from_json(r#"{"labels":{"k":["{on}、{month}分","on {on}, of {month}"]}}"#);
        let day = |name: &str| (name.to_owned(), "2026-06-01".to_owned());
        let arguments = vec![day("on"), day("month")];
        let refusal = Refusal { reason: Reason::LawUnknown, label: "k".into(), article: "".into(), arguments };
        assert_eq!(words.sentence(&refusal, Language::Japanese), "2026年6月1日、2026年6月分");
        assert_eq!(words.sentence(&refusal, Language::English), "on 2026-06-01, of 2026-06");
    }
}
