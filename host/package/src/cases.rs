//! Cases that travel with a rule, so that a city can run the vendor's own examples before it
//! admits a package, and the comparison of an answer with what a case expects.
//!
//! Absent: running them, and the meaning of a case or of an answer.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Characters of a case's or an ordinance's name.
pub const NAME_CHARS: usize = 128;

/// The cases of a package and the ordinances that they name.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Cases {
    /// Ordinances (TOML) by name, as `examples/adachi-2025.toml`.
    pub ordinances: BTreeMap<String, String>,
    /// The cases.
    pub cases: Vec<Case>,
}

/// One case: a question, and what must come out.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Its name: that of its file, without the ending.
    pub name: String,
    /// The name of its ordinance.
    pub ordinance: String,
    /// The case, as `jorei evaluate` takes it.
    pub case: Value,
    /// What is expected: `status`, `refusal` (the label), or tables of the outcome; see [`differences`].
    pub expect: Map<String, Value>,
}

/// Cases of a package: a city runs them all.
pub const CASES_MAX: usize = 2_000;

/// Ordinances of a package: each is checked by the rule and by its schema.
pub const ORDINANCES_MAX: usize = 64;

/// Why cases are not taken.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CasesError {
    /// More than a city can be asked to run.
    #[error("the package has {found} {what}; at most {most} are admitted")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        found: usize,
        /// How many are admitted.
        most: usize,
    },
    /// Not TOML, or not with these members.
    #[error("case {name}: {reason}")]
    NotToml {
        /// Which case.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// A name that could lead elsewhere.
    #[error("{name:?} is no name of a case or an ordinance; write A-Z, a-z, 0-9, - _ and . (parts of an ordinance's name with / between)")]
    BadName {
        /// The name, cut to a name's length.
        name: String,
    },
    /// Two cases of one name.
    #[error("two cases have the name {name}; rename one")]
    Twice {
        /// The name.
        name: String,
    },
    /// The case is no table.
    #[error("case {name}: `case` must be a table")]
    NotATable {
        /// Which case.
        name: String,
    },
    /// A case that nothing can contradict.
    #[error("case {name}: expects nothing; write a status, a refusal or tables of the outcome")]
    ExpectsNothing {
        /// Which case.
        name: String,
    },
    /// A number that money and law do not know.
    #[error("case {name}: has a float; write a whole number or a text")]
    Float {
        /// Which case.
        name: String,
    },
    /// An ordinance that is not there.
    #[error("case {name}: there is no ordinance {ordinance}; put it into the folder ordinances")]
    NoOrdinance {
        /// Which case.
        name: String,
        /// What it names.
        ordinance: String,
    },
}

/// A case's file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "said for the reader of the file, and required of its author")]
struct File {
    says: String,
    source: String,
    seen_via: Option<String>,
    ordinance: String,
    case: toml::Value,
    expect: toml::Table,
}

impl Case {
    /// Reads a case's file (TOML: `says`, `source`, `ordinance`, `[case]`, `[expect]`).
    ///
    /// # Errors
    /// [`CasesError`].
    pub fn from_toml(name: &str, text: &str) -> Result<Case, CasesError> {
        let file: File = toml::from_str(text)
            .map_err(|error| CasesError::NotToml { name: name.to_owned(), reason: error.to_string().trim_end().to_owned() })?;
        let float = || CasesError::Float { name: name.to_owned() };
        let case = json(file.case).ok_or_else(float)?;
        let Some(Value::Object(expect)) = json(toml::Value::Table(file.expect)) else { return Err(float()) };
        let case = Case { name: name.to_owned(), ordinance: file.ordinance, case, expect };
        case.check()?;
        Ok(case)
    }

    fn check(&self) -> Result<(), CasesError> {
        let name = || self.name.clone();
        if !is_name(&self.name) || self.name.contains('/') {
            return Err(bad_name(&self.name));
        }
        if !is_name(&self.ordinance) {
            return Err(bad_name(&self.ordinance));
        }
        if !self.case.is_object() {
            return Err(CasesError::NotATable { name: name() });
        }
        if self.expect.len() < 2 && !self.expect.contains_key("refusal") && !self.expect.contains_key("status") {
            return Err(CasesError::ExpectsNothing { name: name() });
        }
        if has_float(&self.case) || self.expect.values().any(has_float) {
            return Err(CasesError::Float { name: name() });
        }
        Ok(())
    }
}

impl Cases {
    /// Are all names names, all cases cases, and all ordinances that they name there?
    ///
    /// # Errors
    /// The first [`CasesError`].
    pub fn check(&self) -> Result<(), CasesError> {
        if let Some(name) = self.ordinances.keys().find(|name| !is_name(name)) {
            return Err(bad_name(name));
        }
        for (what, found, most) in [("cases", self.cases.len(), CASES_MAX), ("ordinances", self.ordinances.len(), ORDINANCES_MAX)] {
            if found > most {
                return Err(CasesError::TooMany { what, found, most });
            }
        }
        let mut names = std::collections::HashSet::new();
        for case in &self.cases {
            case.check()?;
            if !names.insert(&case.name) {
                return Err(CasesError::Twice { name: case.name.clone() });
            }
            if !self.ordinances.contains_key(&case.ordinance) {
                return Err(CasesError::NoOrdinance { name: case.name.clone(), ordinance: case.ordinance.clone() });
            }
        }
        Ok(())
    }

    /// The JSON that travels.
    pub fn to_json(&self) -> String {
        // Texts as keys and JSON as values cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Builds the cases of a package from case files and ordinances, each with its name (a case's is
/// its file's without the ending, an ordinance's is its path below the folder of ordinances).
/// Ordinances that no case names stay behind.
///
/// # Errors
/// The first [`CasesError`].
pub fn cases_from<'t>(
    files: impl IntoIterator<Item = (&'t str, &'t str)>,
    ordinances: &BTreeMap<String, String>,
) -> Result<Cases, CasesError> {
    let cases = files.into_iter().map(|(name, text)| Case::from_toml(name, text)).collect::<Result<Vec<_>, _>>()?;
    let named = |name: &&String| cases.iter().any(|case| case.ordinance == **name);
    let ordinances = ordinances.keys().filter(named).map(|name| (name.clone(), ordinances[name].clone())).collect();
    let cases = Cases { ordinances, cases };
    cases.check()?;
    Ok(cases)
}

/// In what does an answer (as `jorei evaluate` gives it) differ from what is expected? `status` is
/// the answer's status, `refusal` the label of its refusal, anything else a table of its outcome.
/// Tables may have more than is expected; a row that is expected must be found among the answer's.
/// Empty: as expected.
pub fn differences(answer: &Value, expect: &Map<String, Value>) -> Vec<String> {
    let mut all = Vec::new();
    for (key, expected) in expect {
        let found = match key.as_str() {
            "status" => &answer["status"],
            "refusal" => &answer["refusal"]["label"],
            table => &answer["outcome"][table],
        };
        if !has(found, expected) {
            all.push(format!("{key} should be {expected}, is {found}"));
        }
    }
    all
}

/// Does the answer have everything that is expected?
fn has(answer: &Value, expected: &Value) -> bool {
    match (answer, expected) {
        (Value::Object(answer), Value::Object(expected)) => {
            expected.iter().all(|(key, expected)| answer.get(key).is_some_and(|answer| has(answer, expected)))
        }
        (Value::Array(rows), Value::Array(expected)) if expected.first().is_some_and(Value::is_object) => {
            expected.iter().all(|expected| rows.iter().any(|row| has(row, expected)))
        }
        (Value::Array(rows), Value::Object(_)) => rows.len() == 1 && has(&rows[0], expected),
        _ => answer == expected,
    }
}

/// None if there is a float.
fn json(value: toml::Value) -> Option<Value> {
    Some(match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Boolean(flag) => flag.into(),
        toml::Value::Float(_) => return None,
        toml::Value::Datetime(date) => date.to_string().into(),
        toml::Value::Array(list) => Value::Array(list.into_iter().map(json).collect::<Option<_>>()?),
        toml::Value::Table(table) => Value::Object(table.into_iter().map(|(key, value)| Some((key, json(value)?))).collect::<Option<_>>()?),
    })
}

/// The depth of what was parsed is bounded by the parser.
fn has_float(value: &Value) -> bool {
    match value {
        Value::Number(number) => !number.is_i64() && !number.is_u64(),
        Value::Array(list) => list.iter().any(has_float),
        Value::Object(members) => members.values().any(has_float),
        _ => false,
    }
}

/// Parts of letters, digits, `-`, `_` and `.` with `/` between, none beginning with a point: no
/// name leads out of its folder.
fn is_name(name: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    name.len() <= NAME_CHARS && name.split('/').all(|part| !part.is_empty() && !part.starts_with('.') && part.bytes().all(good))
}

fn bad_name(name: &str) -> CasesError {
    CasesError::BadName { name: name.chars().take(NAME_CHARS).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{CASES_BYTES, ManifestError, attach, read, tests::component, tests::manifest};
    use serde_json::json;

    const CASE: &str = include_str!("../../../plugins/premium/cases/adachi_2025_one_salary.toml");

    fn cases() -> Cases {
        let ordinances = [("examples/adachi-2025.toml".to_owned(), "[ordinance]".to_owned()), ("other.toml".into(), String::new())].into();
        cases_from([("adachi", CASE)], &ordinances).unwrap()
    }

    #[test]
    fn cases_travel_with_the_component_as_their_files_say() {
        let cases = cases();
        assert_eq!(cases.ordinances.keys().collect::<Vec<_>>(), ["examples/adachi-2025.toml"]);
        let case = &cases.cases[0];
        let members = json!([{"birth": "1980-04-02", "income": {"salary_revenue_yen": 3_000_000}}]);
        assert_eq!(case.case, json!({"fiscal_year": 2025, "members": members}));
        assert_eq!(case.expect["premium"]["total_yen"], 281_835);
        let packed = attach(&component(), &manifest(), Some(&cases)).unwrap();
        assert_eq!(read(&packed).unwrap().cases, Some(cases));
    }

    #[test]
    fn each_fault_of_a_case_is_named() {
        let good = cases();
        let none = BTreeMap::new();
        let ordinance = "examples/adachi-2025.toml".to_owned();
        assert_eq!(cases_from([("a", CASE)], &none), Err(CasesError::NoOrdinance { name: "a".into(), ordinance }));
        assert_eq!(cases_from([("a", CASE), ("a", CASE)], &good.ordinances), Err(CasesError::Twice { name: "a".into() }));
        for bad in ["", "../a", "a/b", ".a", "a b"] {
            assert_eq!(Case::from_toml(bad, CASE), Err(CasesError::BadName { name: bad.into() }));
        }
        for bad in ["../x.toml", "/etc/x.toml", "a//b", "a/../b", "a\\\\b"] {
            let text = CASE.replace("examples/adachi-2025.toml", bad);
            assert!(matches!(Case::from_toml("a", &text), Err(CasesError::BadName { .. })), "{bad}");
        }
        let float = CASE.replace("3_000_000", "3.5");
        assert_eq!(Case::from_toml("a", &float), Err(CasesError::Float { name: "a".into() }));
        for bad in [CASE.replace("says =", "said ="), CASE.replace("source =", "seen_via2 ="), "x".into()] {
            assert!(matches!(Case::from_toml("a", &bad), Err(CasesError::NotToml { .. })), "{bad}");
        }
        let nothing = "says = ''\nsource = ''\nordinance = 'a'\n[case]\n[expect]\n";
        assert_eq!(Case::from_toml("a", nothing), Err(CasesError::ExpectsNothing { name: "a".into() }));

        // The reader holds a foreign packer to the same.
        let mut bad = good.clone();
        bad.cases[0].expect["premium"]["total_yen"] = json!(1.5);
        assert_eq!(bad.check(), Err(CasesError::Float { name: "adachi".into() }));
        bad.cases[0].case = json!([]);
        assert_eq!(bad.check(), Err(CasesError::NotATable { name: "adachi".into() }));
        let mut large = good;
        large.ordinances.insert("large.toml".into(), "x".repeat(CASES_BYTES));
        assert!(matches!(attach(&component(), &manifest(), Some(&large)), Err(ManifestError::TooLarge { .. })));
    }

    #[test]
    fn an_answer_may_say_more_than_is_expected_and_nothing_else() {
        let answer = json!({
            "status": "decided",
            "refusal": null,
            "outcome": { "premium": [{ "total_yen": 100, "level": 7 }], "persons": [{ "person": 0, "yen": 1 }, { "person": 1, "yen": 2 }] },
        });
        let expect = |value: Value| value.as_object().unwrap().clone();
        for good in [
            json!({"status": "decided"}),
            json!({"premium": {"total_yen": 100}, "persons": [{"yen": 2}, {"person": 0}]}),
            json!({"premium": [{"level": 7}]}),
        ] {
            assert_eq!(differences(&answer, &expect(good)), [""; 0]);
        }
        for bad in [
            json!({"status": "refused"}),
            json!({"refusal": "two_heads"}),
            json!({"premium": {"total_yen": 101}}),
            json!({"premium": {"other": 1}}),
            json!({"persons": {"yen": 1}}),
            json!({"persons": [{"person": 0, "yen": 2}]}),
            json!({"other": {"yen": 1}}),
        ] {
            assert_eq!(differences(&answer, &expect(bad)).len(), 1);
        }
        let both = differences(&answer, &expect(json!({"status": "refused", "premium": {"total_yen": 1}})));
        assert_eq!(both[0], r#"status should be "refused", is "decided""#);
        assert_eq!(both.len(), 2);
    }
}
