//! A case as a person writes it: JSON with sensible defaults, unknown fields refused.
//!
//! ```json
//! { "id": "couple", "fiscal_year": 2025,
//!   "members": [
//!     { "birth": "1981-06-15", "income": { "salary_revenue_yen": 4500000 } },
//!     { "birth": "1984-02-01" },
//!     { "birth": "2020-10-03" } ] }
//! ```
//!
//! Defaults, all of them: the first member is the head if none says so; everybody is a member and
//! insured since birth; who has no `income` need not declare one (`not_required`), which the law
//! treats as nil. Every fact of [`Kind`] may be given under the kind's name, one object or a list, those of the household
//! beside `members`; of what benefits rest on, `on` is the date of the
//! case unless it is stated; a case that states what is owed, paid or overpaid may leave `members` out.
//! In the office's own records there are no defaults: what is not there is unknown.

use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::money::Yen;
use jorei_domain::record::{Case, Fact, INCOME_STATES, Kind, Period, Person, Subject, Unit};
use jorei_domain::slot::Slot;
use jorei_domain::table::ABSENT;
use serde_json::{Map, Value, json};

/// A case read from a file.
#[derive(Clone, Debug)]
pub struct CaseFile {
    /// The writer's own name for it, given back in the answer.
    pub id: Option<String>,
    /// The case.
    pub case: Case,
}

/// What is wrong with a case, and where: `members[1].birth: ...`.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{path}: {message}")]
pub struct CaseError {
    /// The place in the document.
    pub path: String,
    /// What is wrong and what to write.
    pub message: String,
}

impl CaseError {
    /// An error at a place.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> CaseError {
        CaseError { path: path.into(), message: message.into() }
    }
}

fn wrong<T>(path: impl Into<String>, message: impl Into<String>) -> Result<T, CaseError> {
    Err(CaseError::new(path, message))
}

const SOURCE: &str = "case file";
const SUGAR: [&str; 5] = ["name", "birth", "head", "insured", "income"];

/// The kinds that a member may state under their own names.
fn stated_kinds() -> impl Iterator<Item = Kind> {
    let of_persons = |kind: &Kind| kind.has_person() && *kind != Kind::Incomes;
    Kind::ALL.into_iter().filter(of_persons).chain([Kind::Incomes])
}

/// The kinds that a case may state beside its members.
fn household_kinds() -> impl Iterator<Item = Kind> {
    Kind::ALL.into_iter().filter(|kind| kind.subject() == Subject::Household)
}

/// Those of them that charges and refunds rest on: there a case need not have members, for they may rest on nobody's facts.
fn kinds_of_money() -> impl Iterator<Item = Kind> {
    let slots = [Slot::Delinquency, Slot::Refund];
    household_kinds().filter(move |kind| slots.iter().any(|slot| slot.kinds().contains(kind)))
}

/// The facts of one kind that an object states: one, or a list of them.
fn stated_facts(
    path: &str,
    kind: Kind,
    object: &Map<String, Value>,
    on: Date,
    earliest: Date,
    facts: &mut Vec<Fact>,
) -> Result<(), CaseError> {
    let place = format!("{path}{}", kind.name());
    match object.get(kind.name()) {
        None => {}
        Some(Value::Array(list)) => {
            for (i, stated) in list.iter().enumerate() {
                facts.push(stated_fact(&format!("{place}[{i}]"), kind, stated, on, earliest)?);
            }
        }
        Some(stated) => facts.push(stated_fact(&place, kind, stated, on, earliest)?),
    }
    Ok(())
}

/// Reads a case.
///
/// # Errors
/// The first [`CaseError`] found: a wrong type, an unknown field, a date that does not exist, an
/// amount beyond ±[`Yen::MAX`].
pub fn read(document: &Value) -> Result<CaseFile, CaseError> {
    let Value::Object(top) = document else { return wrong("case", "not an object") };
    let known: Vec<&str> = ["id", "fiscal_year", "on", "members", "note"].into_iter().chain(household_kinds().map(Kind::name)).collect();
    known_keys("case", top, &known)?;
    let id = match top.get("id") {
        None => None,
        Some(Value::String(id)) => Some(id.clone()),
        Some(_) => return wrong("id", "not a text"),
    };
    let on = match (top.get("fiscal_year"), top.get("on")) {
        (Some(year), None) => {
            let year = year.as_i64().and_then(|year| i32::try_from(year).ok()).and_then(|year| FiscalYear::new(year).ok());
            let Some(year) = year else { return wrong("fiscal_year", "not a year between 1900 and 2999") };
            year.first_day()
        }
        (None, Some(on)) => date("on", on)?,
        _ => return wrong("case", "give either `fiscal_year` (2025) or `on` (\"2025-04-01\")"),
    };
    let members = match top.get("members") {
        None if kinds_of_money().any(|kind| top.contains_key(kind.name())) => &[][..],
        Some(Value::Array(members)) if !members.is_empty() => members,
        _ => return wrong("members", "give a list of one member or more"),
    };
    let somebody_heads = members.iter().any(|member| member.get("head").is_some() || member.get("membership").is_some());
    let mut persons = Vec::with_capacity(members.len());
    for (i, member) in members.iter().enumerate() {
        persons.push(person(&format!("members[{i}]"), member, on, i == 0 && !somebody_heads)?);
    }
    let mut household = Vec::new();
    for kind in household_kinds() {
        stated_facts("", kind, top, on, Date::MIN, &mut household)?;
    }
    Ok(CaseFile { id, case: Case::new(on, persons).with_household(household) })
}

fn person(path: &str, member: &Value, on: Date, heads_by_default: bool) -> Result<Person, CaseError> {
    let Value::Object(member) = member else { return wrong(path, "not an object") };
    let names: Vec<&str> = SUGAR.into_iter().chain(stated_kinds().map(Kind::name)).collect();
    known_keys(path, member, &names)?;
    let birth_path = format!("{path}.birth");
    let Some(birth) = member.get("birth") else {
        return wrong(birth_path, "give the birth date: \"1981-06-15\", or \"1981-06\" or \"1981\" where the rest is unknown");
    };
    let (earliest, latest) = birth_range(&birth_path, birth)?;
    let mut facts = vec![fact(Kind::Persons, vec![earliest.packed(), latest.packed()])];

    let flag = |key: &str| match member.get(key) {
        None => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(_) => wrong(format!("{path}.{key}"), "not true or false"),
    };
    let (head, insured) = (flag("head")?, flag("insured")?);
    if !member.contains_key("membership") {
        let head = head.unwrap_or(heads_by_default);
        facts.push(fact(Kind::Membership, vec![earliest.packed(), ABSENT, i64::from(head)]));
    } else if head.is_some() {
        return wrong(format!("{path}.head"), "say it in `membership`, which is given too");
    }
    if !member.contains_key("qualification") {
        if insured.unwrap_or(true) {
            facts.push(fact(Kind::Qualification, vec![earliest.packed(), ABSENT, ABSENT]));
        }
    } else if insured == Some(true) {
        return wrong(format!("{path}.insured"), "leave it out where `qualification` is given");
    }
    match (member.get("income"), member.get("incomes")) {
        (Some(_), Some(_)) => return wrong(format!("{path}.income"), "give either `income` or `incomes`"),
        (Some(income), None) => facts.push(income_fact(&format!("{path}.income"), income, on)?),
        (None, Some(_)) => {}
        (None, None) => facts.push(income_state("not_required", on)),
    }
    for kind in stated_kinds() {
        stated_facts(&format!("{path}."), kind, member, on, earliest, &mut facts)?;
    }
    Ok(Person { facts })
}

fn fact(kind: Kind, values: Vec<i64>) -> Fact {
    Fact { kind, values, source: SOURCE.into() }
}

/// The calendar year whose incomes a premium of the date's fiscal year rests on.
fn income_year(on: Date) -> i64 {
    i64::from(FiscalYear::of(on).year() - 1)
}

/// The calendar year of the residents' tax by which a month is classified: it changes every August.
fn taxed_year(on: Date) -> i64 {
    i64::from(on.year() - if on.month() < 8 { 2 } else { 1 })
}

/// Is it made for a classification or a benefit of one month or day?
fn is_of_benefits(kind: Kind) -> bool {
    kind.is_derived() && Slot::BENEFITS.iter().any(|slot| slot.kinds().contains(&kind))
}

fn income_state(word: &str, on: Date) -> Fact {
    let state = INCOME_STATES.iter().position(|state| *state == word).unwrap_or(0);
    let mut values = vec![income_year(on), state as i64];
    values.resize(1 + Kind::Incomes.fields().len(), ABSENT);
    fact(Kind::Incomes, values)
}

fn income_fact(path: &str, income: &Value, on: Date) -> Result<Fact, CaseError> {
    match income {
        Value::String(word) if word == "nil" => Ok(income_state("known", on)),
        Value::String(word) if INCOME_STATES[1..].contains(&word.as_str()) => Ok(income_state(word, on)),
        Value::String(word) => wrong(
            path,
            format!("`{word}` is none of nil, {}; amounts go into an object as {{\"salary_yen\": 1000000}}", INCOME_STATES[1..].join(", ")),
        ),
        Value::Object(_) => stated_fact(path, Kind::Incomes, income, on, on),
        _ => wrong(path, "not an object of amounts, nor nil, not_required, undeclared or pending"),
    }
}

/// A fact whose stated columns take the place of those of a fact there is.
pub(crate) fn merged_fact(path: &str, kind: Kind, there: Option<&Fact>, stated: &Value, on: Date) -> Result<Fact, CaseError> {
    let (Some(there), Value::Object(object)) = (there, stated) else { return changed(stated_fact(path, kind, stated, on, on)) };
    let names: Vec<&str> = kind.period_columns().iter().copied().chain(kind.fields().iter().map(|field| field.name)).collect();
    known_keys(path, object, &names)?;
    // Columns that are not stated keep their numbers; they are filled in for the check alone.
    let mut whole = object.clone();
    for (name, number) in names.iter().zip(&there.values).filter(|(_, number)| **number != ABSENT) {
        if !whole.contains_key(*name) {
            whole.insert((*name).into(), column_text(kind, name, *number));
        }
    }
    changed(stated_fact(path, kind, &Value::Object(whole), on, on))
}

fn changed(fact: Result<Fact, CaseError>) -> Result<Fact, CaseError> {
    fact.map(|fact| Fact { source: "trial".into(), ..fact })
}

/// A column's number as a person would write it.
fn column_text(kind: Kind, name: &str, number: i64) -> Value {
    let unit = kind.field(name).map_or(if name == "year" { Unit::Number } else { Unit::Date }, |field| field.unit);
    match unit {
        Unit::Yen | Unit::Number => number.into(),
        Unit::Date => crate::words::date_text(number),
        Unit::Flag => (number == 1).into(),
        Unit::Code(words) => usize::try_from(number).ok().and_then(|code| words.get(code)).map_or(Value::Null, |word| (*word).into()),
    }
}

/// A fact given under its kind's columns.
pub(crate) fn stated_fact(path: &str, kind: Kind, stated: &Value, on: Date, birth: Date) -> Result<Fact, CaseError> {
    let Value::Object(stated) = stated else { return wrong(path, "not an object") };
    let names: Vec<&str> = kind.period_columns().iter().copied().chain(kind.fields().iter().map(|field| field.name)).collect();
    known_keys(path, stated, &names)?;
    let get_date = |key: &str| stated.get(key).map(|value| date(&format!("{path}.{key}"), value)).transpose();
    let mut values = Vec::with_capacity(names.len());
    match kind.period() {
        Period::Always => {}
        Period::Span => {
            let (from, until) = match (get_date("from")?, get_date("until")?) {
                (None, _) if kind == Kind::FormerMembership => {
                    return wrong(format!("{path}.from"), "give the day of loss of the qualification");
                }
                (from, until) => (from.unwrap_or(birth), until),
            };
            if until.is_some_and(|until| until < from) {
                return wrong(path, format!("ends before it begins ({from})"));
            }
            values.extend([from.packed(), until.map_or(ABSENT, Date::packed)]);
        }
        Period::Year => values.push(match stated.get("year") {
            Some(year) => match year.as_i64().filter(|year| (1900..=2999).contains(year)) {
                Some(year) => year,
                None => return wrong(format!("{path}.year"), "not a year between 1900 and 2999"),
            },
            None if kind == Kind::Incomes => income_year(on),
            None if kind == Kind::ResidentTaxes => taxed_year(on),
            None => i64::from(FiscalYear::of(on).year()),
        }),
        Period::Event => match get_date("on")? {
            Some(day) => values.push(day.packed()),
            None if is_of_benefits(kind) => values.push(on.packed()),
            None => return wrong(format!("{path}.on"), "give the day: \"2025-07-10\""),
        },
    }
    for field in kind.fields() {
        let place = || format!("{path}.{}", field.name);
        values.push(match (stated.get(field.name).filter(|value| !value.is_null()), field.unit) {
            (None, Unit::Flag) if field.required => 0,
            // The first word of a list is the ordinary one; a reason for ending has none.
            (None, Unit::Code(_)) if field.required => 0,
            (None, _) if field.required => return wrong(place(), format!("missing: {}", field.en)),
            (None, _) => ABSENT,
            (Some(value), Unit::Yen) => match value.as_i64().filter(|yen| Yen::checked(*yen).is_ok()) {
                Some(yen) => yen,
                None => return wrong(place(), format!("`{value}` is not a whole number of yen")),
            },
            (Some(value), Unit::Number) => match value.as_i64().filter(|number| number.unsigned_abs() <= Yen::MAX.unsigned_abs()) {
                Some(number) => number,
                None => return wrong(place(), format!("`{value}` is not a whole number")),
            },
            (Some(value), Unit::Date) => date(&place(), value)?.packed(),
            (Some(Value::Bool(flag)), Unit::Flag) => i64::from(*flag),
            (Some(_), Unit::Flag) => return wrong(place(), "not true or false"),
            (Some(value), Unit::Code(words)) => match value.as_str().and_then(|word| words.iter().position(|known| *known == word)) {
                Some(code) => code as i64,
                None => return wrong(place(), format!("`{value}` is none of {}", words.join(", "))),
            },
        });
    }
    Ok(fact(kind, values))
}

fn known_keys(path: &str, object: &Map<String, Value>, known: &[&str]) -> Result<(), CaseError> {
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        Some(unknown) => wrong(path, format!("unknown field `{unknown}`; known are {}", known.join(", "))),
        None => Ok(()),
    }
}

fn date(path: &str, value: &Value) -> Result<Date, CaseError> {
    match value.as_str().and_then(|text| Date::parse(text).ok()) {
        Some(date) => Ok(date),
        None => wrong(path, format!("`{}` is not a date (write \"YYYY-MM-DD\")", value.as_str().unwrap_or("?"))),
    }
}

/// A birth date, known to the day, the month or the year.
fn birth_range(path: &str, value: &Value) -> Result<(Date, Date), CaseError> {
    let text = value.as_str().unwrap_or("?");
    let range = match text.len() {
        4 => Some((format!("{text}-01-01"), format!("{text}-12-31"))),
        7 => (28..=31)
            .rev()
            .map(|day| format!("{text}-{day}"))
            .find(|last| Date::parse(last).is_ok())
            .map(|last| (format!("{text}-01"), last)),
        _ => Some((text.to_owned(), text.to_owned())),
    };
    let parsed = range.and_then(|(first, last)| Some((Date::parse(&first).ok()?, Date::parse(&last).ok()?)));
    match parsed {
        Some(range) => Ok(range),
        None => wrong(
            path,
            format!("`{text}` is not a birth date (write \"1981-06-15\", or \"1981-06\" or \"1981\" where the rest is unknown)"),
        ),
    }
}

/// The JSON Schema of a case.
pub fn schema() -> Value {
    let mut member = json!({
        "name": { "type": "string", "description": "The writer's own note; not read." },
        "birth": { "type": "string", "pattern": "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$", "description": "Birth date; year and month, or the year alone, where the rest is unknown." },
        "head": { "type": "boolean", "description": "Head of the household; by default the first member." },
        "insured": { "type": "boolean", "default": true, "description": "Insured by the city, since birth, without end. Use `qualification` for dates." },
        "income": {
            "description": "Incomes of the calendar year before. By default not_required: nobody asks this person to declare, treated as nil.",
            "anyOf": [{ "enum": ["nil", "not_required", "undeclared", "pending"] }, kind_schema(Kind::Incomes)]
        }
    });
    if let Value::Object(properties) = &mut member {
        for kind in stated_kinds() {
            let one = kind_schema(kind);
            properties.insert(kind.name().into(), json!({ "anyOf": [one, { "type": "array", "items": one }] }));
        }
    }
    let mut properties = json!({
        "id": { "type": "string", "description": "Given back in the answer." },
        "note": { "type": "string", "description": "The writer's own note; not read." },
        "fiscal_year": { "type": "integer", "description": "The year of assessment; the case date is its 1 April." },
        "on": { "type": "string", "format": "date", "description": "The case date, in place of `fiscal_year`." },
        "members": { "type": "array", "minItems": 1, "description": "May be left out where what is owed, paid or overpaid is stated.",
            "items": { "type": "object", "properties": member, "required": ["birth"], "additionalProperties": false } }
    });
    if let Value::Object(properties) = &mut properties {
        for kind in household_kinds() {
            let one = kind_schema(kind);
            properties.insert(kind.name().into(), json!({ "anyOf": [one, { "type": "array", "items": one }] }));
        }
    }
    let stated = |name: &str| json!({ "required": [name] });
    let with_members: Vec<Value> = ["members"].into_iter().chain(kinds_of_money().map(Kind::name)).map(stated).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A case: one household on one date",
        "type": "object",
        "properties": properties,
        "anyOf": with_members,
        "oneOf": [{ "required": ["fiscal_year"] }, { "required": ["on"] }],
        "additionalProperties": false
    })
}

fn kind_schema(kind: Kind) -> Value {
    let mut properties = Map::new();
    for column in kind.period_columns() {
        let (schema, text) = match *column {
            "year" => (json!({ "type": "integer" }), "The year; by default the one the case needs."),
            "from" if kind == Kind::FormerMembership => {
                (json!({ "type": "string", "format": "date" }), "Day of loss of the qualification; must be given.")
            }
            "from" => (json!({ "type": "string", "format": "date" }), "First day; by default the birth."),
            "until" => (json!({ "type": "string", "format": "date" }), "First day on which it no longer holds; left out while it lasts."),
            _ => (json!({ "type": "string", "format": "date" }), "The day."),
        };
        properties.insert((*column).into(), with_description(schema, text));
    }
    for field in kind.fields() {
        let schema = match field.unit {
            Unit::Yen => json!({ "type": "integer", "minimum": -Yen::MAX, "maximum": Yen::MAX }),
            Unit::Number => json!({ "type": "integer" }),
            Unit::Date => json!({ "type": "string", "format": "date" }),
            Unit::Flag if field.required => json!({ "type": "boolean", "default": false }),
            // Left out is not known, which is not no.
            Unit::Flag => json!({ "type": "boolean" }),
            Unit::Code(words) => json!({ "enum": words }),
        };
        properties.insert(field.name.into(), with_description(schema, &format!("{} ({})", field.en, field.ja)));
    }
    json!({ "type": "object", "title": kind.ja(), "properties": properties, "additionalProperties": false })
}

fn with_description(mut schema: Value, text: &str) -> Value {
    if let Value::Object(schema) = &mut schema {
        schema.insert("description".into(), text.into());
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(document: Value) -> String {
        read(&document).unwrap_err().to_string()
    }

    #[test]
    fn a_short_case_is_enough() {
        let file = read(&json!({ "fiscal_year": 2025, "members": [{ "birth": "1981-06-15", "income": { "salary_yen": 1 } }] })).unwrap();
        assert_eq!(file.case.on, Date::new(2025, 4, 1));
        assert_eq!(file.case.persons().len(), 1);
    }

    #[test]
    fn what_is_owed_needs_no_members() {
        let owed = json!({ "on": "2026-02-02", "fiscal_year": 2025, "number": 8, "billed_yen": 56_400 });
        let file = read(&json!({ "on": "2026-05-29", "arrears": owed })).unwrap();
        assert_eq!((file.case.persons().len(), file.case.household().len()), (0, 1));
    }

    #[test]
    fn the_order_of_members_does_not_matter() {
        let (a, b) =
            (json!({ "birth": "1981-06-15", "head": true }), json!({ "birth": "1990-01-01", "head": false, "income": "undeclared" }));
        let first = read(&json!({ "fiscal_year": 2025, "members": [a, b] })).unwrap();
        let second = read(&json!({ "fiscal_year": 2025, "members": [b, a] })).unwrap();
        assert_eq!(first.case, second.case);
    }

    #[test]
    fn every_mistake_names_its_place() {
        let with = |member: Value| json!({ "fiscal_year": 2025, "members": [member] });
        assert!(error(with(json!({ "birth": "1981-02-30" }))).starts_with("members[0].birth: `1981-02-30`"));
        assert!(error(with(json!({ "birth": "1981", "age": 3 }))).starts_with("members[0]: unknown field `age`"));
        assert!(error(with(json!({ "birth": "1981", "income": { "salary": 3 } }))).contains("unknown field `salary`"));
        assert!(error(with(json!({ "birth": "1981", "income": { "salary_yen": 3.5 } }))).contains("`3.5` is not a whole number of yen"));
        assert!(error(with(json!({ "birth": "1981", "income": "zero" }))).contains("`zero` is none of nil"));
        assert!(error(with(json!({ "birth": "1981", "maternity": {} }))).starts_with("members[0].maternity.on"));
        assert!(error(json!({ "fiscal_year": 2025, "on": "2025-04-01", "members": [{}] })).contains("either"));
        assert!(error(json!({ "fiscal_year": 2025, "members": [] })).starts_with("members"));
        assert!(error(json!({ "fiscal_year": 2025 })).starts_with("members"));
        let assessed = json!({ "on": "2025-07-10", "number": 1, "open_from": "2025-07-10" });
        assert!(error(json!({ "fiscal_year": 2025, "assessments": assessed })).starts_with("members"), "a premium rests on persons");
        assert!(error(json!({ "on": "2026-05-29", "members": [], "arrears": [] })).starts_with("members"));
        assert!(error(json!([])).starts_with("case"));
    }
}
