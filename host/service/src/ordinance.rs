//! An ordinance file, and a revision: rule and ordinance together.

use jorei_domain::id::Digest;
use jorei_engine::{Fault, NoSettings, Problem, Rule, Settings};
use serde_json::Value;

/// Why an ordinance file is none for this rule.
#[derive(Debug, thiserror::Error)]
pub enum OrdinanceError {
    /// Not TOML.
    #[error("the ordinance is not TOML: {0}")]
    Toml(#[from] toml::de::Error),
    /// The rule refuses it; every problem with its place.
    #[error("the ordinance is refused:{}", list(.0))]
    Refused(Vec<Problem>),
    /// The rule broke on it: a fault of the rule.
    #[error("{0}")]
    Broken(String),
    /// The machine failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

fn list(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("\n  {}: {}", problem.path, problem.message)).collect()
}

/// An ordinance that a rule has accepted.
#[derive(Debug)]
pub struct Ordinance {
    /// The file as written; its digest is over these bytes.
    pub text: String,
    /// The municipality it says it belongs to.
    pub municipality: String,
    /// The municipality's name.
    pub name: String,
    /// The settings the rule made of it.
    pub settings: Settings,
}

impl Ordinance {
    /// Reads an ordinance and has the rule check it.
    ///
    /// # Errors
    /// An [`OrdinanceError`] that names value, article and date.
    pub fn check(rule: &Rule, text: &str) -> Result<Ordinance, OrdinanceError> {
        let document = json(toml::from_str::<toml::Table>(text)?.into());
        let header = |key: &str| document["ordinance"][key].as_str().unwrap_or_default().to_owned();
        let (municipality, name) = (header("municipality"), header("name"));
        let settings = rule.check_settings(&document.to_string())?.map_err(|error| match error {
            NoSettings::Problems(problems) => OrdinanceError::Refused(problems),
            NoSettings::Broken(what) => OrdinanceError::Broken(what),
        })?;
        Ok(Ordinance { text: text.to_owned(), municipality, name, settings })
    }

    /// The digest of the file.
    pub fn digest(&self) -> Digest {
        Digest::of(self.text.as_bytes())
    }

    /// The digest of the revision that this ordinance makes with a rule.
    pub fn revision(&self, rule: &Rule) -> Digest {
        revision(rule.digest(), self.digest())
    }
}

/// The digest of a revision: of rule and ordinance, which move together.
pub fn revision(rule: Digest, ordinance: Digest) -> Digest {
    let mut bytes = b"jorei revision 1\0".to_vec();
    bytes.extend(rule.0);
    bytes.extend(ordinance.0);
    Digest::of(&bytes)
}

/// TOML as JSON; a date becomes its text.
fn json(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Boolean(flag) => flag.into(),
        toml::Value::Datetime(date) => date.to_string().into(),
        // No value of law is a float; as a text it fails the schema with its own digits shown.
        toml::Value::Float(float) => format!("{float} (a float; write a text)").into(),
        toml::Value::Array(list) => list.into_iter().map(json).collect(),
        toml::Value::Table(table) => Value::Object(table.into_iter().map(|(key, value)| (key, json(value))).collect()),
    }
}

/// Can a draft be called so? 1 to 64 of a-z, 0-9, `-` and `_`, and not like the digits of a digest.
pub fn is_draft_name(name: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    (1..=64).contains(&name.len()) && name.bytes().all(word) && !name.bytes().all(|byte| byte.is_ascii_hexdigit())
}
