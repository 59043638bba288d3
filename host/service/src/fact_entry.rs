//! One fact as a clerk enters it: an application that came in, a date that was corrected, a fact taken back.
//!
//! Nothing is edited: what is entered is laid over what was known, and both stay. Absent here: sets of facts from a file.

use crate::case_file::{CaseError, stated_fact};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::id::{Digest, HouseholdId, Knowledge, Municipality, PersonId};
use jorei_domain::record::{Fact, Kind, Period};
use jorei_domain::table::ABSENT;
use jorei_store::facts::Assertion;
use jorei_store::{Store, StoreError};
use serde_json::Value;

/// The longest source, in characters: it names a register or a document, and nobody.
pub const SOURCE_MAX: usize = 100;

/// What a clerk enters.
#[derive(Clone, Debug)]
pub struct Entry {
    /// About whom.
    pub person: PersonId,
    /// Which kind of fact.
    pub kind: Kind,
    /// Which of several facts of the kind, to correct or take back that one; none adds another one.
    pub item: Option<i64>,
    /// The household, for a membership.
    pub household: Option<HouseholdId>,
    /// The columns of the kind, as in a case file: `{"on": "2025-07-01", "relief_code": 1}`.
    pub stated: Value,
    /// Nothing of the kind holds in the period that is stated, whatever was said before.
    pub withdrawn: bool,
    /// The register or document it comes from; no personal data.
    pub source: String,
}

/// Why a fact is not taken.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// What is stated is no fact of the kind.
    #[error(transparent)]
    Stated(#[from] CaseError),
    /// Nobody may state it.
    #[error("{}: such facts are made from decisions and cannot be entered; correct what the decision rests on", .0.name())]
    Derived(Kind),
    /// Nobody of that number.
    #[error("person {0}: nothing is known of such a person; enter the birth date first (kind persons)")]
    Nobody(PersonId),
    /// Which one?
    #[error("item: say which {} of the person is taken back (the facts of the person show their numbers)", .0.name())]
    WhichOne(Kind),
    /// It lies over another one of its kind.
    #[error(
        "{}: item {item}, from {from}, holds in these days already; give its item to correct it, and take back what no longer holds", .kind.name()
    )]
    Overlaps {
        /// The kind.
        kind: Kind,
        /// The one that is there.
        item: i64,
        /// Its first day.
        from: Date,
    },
    /// A source nobody can follow, or too long a one.
    #[error("source: name the register or document in 1 to {SOURCE_MAX} characters, and no person")]
    Source,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Enters one fact that the office learnt on a day. A day on which it holds may lie years back; it is known from
/// today's knowledge number on.
///
/// # Errors
/// An [`EntryError`]; nothing was written then.
pub async fn enter(
    store: &Store,
    municipality: Municipality,
    learnt_on: Date,
    entry: &Entry,
    stamp: &Stamp,
) -> Result<Knowledge, EntryError> {
    let source = entry.source.trim();
    if source.is_empty() || source.chars().count() > SOURCE_MAX || source.chars().any(char::is_control) {
        return Err(EntryError::Source);
    }
    if entry.kind.is_derived() {
        return Err(EntryError::Derived(entry.kind));
    }
    if entry.kind != Kind::Persons && !store.knows_person(municipality, entry.person).await? {
        return Err(EntryError::Nobody(entry.person));
    }
    let fact = read(entry, learnt_on)?;
    let item = match (entry.item, entry.kind.is_single()) {
        (Some(item), _) => item,
        (None, true) => 0,
        (None, false) if entry.withdrawn => return Err(EntryError::WhichOne(entry.kind)),
        (None, false) => {
            overlaps(store, municipality, entry, &fact).await?;
            item_of(&fact)
        }
    };
    let assertion = assertion(entry, item, &fact, source);
    Ok(store.assert_facts(municipality, learnt_on, &[assertion], stamp).await?)
}

/// The number of another fact of a kind, from its content: two that are entered at once do not take each other's, and
/// the same one entered twice is one.
fn item_of(fact: &Fact) -> i64 {
    let mut bytes = fact.kind.name().as_bytes().to_vec();
    fact.values.iter().for_each(|value| bytes.extend_from_slice(&value.to_be_bytes()));
    let digest = Digest::of(&bytes);
    let first = digest.0.first_chunk::<8>().map_or(0, |first| i64::from_be_bytes(*first));
    // Positive, beyond the small numbers of registers, and exact in JSON.
    (first & ((1 << 52) - 1)) | (1 << 52)
}

/// A span beside one that it overlaps is nearly always meant to correct that one.
async fn overlaps(store: &Store, municipality: Municipality, entry: &Entry, fact: &Fact) -> Result<(), EntryError> {
    if entry.kind.period() != Period::Span {
        return Ok(());
    }
    let stated = assertion(entry, 0, fact, "");
    let as_of = store.latest_knowledge(municipality).await?;
    let known = store.person_facts(municipality, entry.person, as_of).await?;
    let beside = known.iter().find(|known| {
        known.kind == entry.kind && known.holds && known.values.is_some() && known.from < stated.until && stated.from < known.until
    });
    match beside {
        Some(known) if (known.from, known.until) != (stated.from, stated.until) || known.item < 1 << 52 => {
            Err(EntryError::Overlaps { kind: entry.kind, item: known.item, from: known.from })
        }
        _ => Ok(()),
    }
}

/// The fact as stated. Of one that is taken back only the period counts, so its required columns may be left out.
fn read(entry: &Entry, learnt_on: Date) -> Result<Fact, CaseError> {
    let mut stated = entry.stated.clone();
    if entry.withdrawn
        && let Value::Object(columns) = &mut stated
    {
        for field in entry.kind.fields().iter().filter(|field| field.required) {
            columns.entry(field.name).or_insert_with(|| filler(field.unit));
        }
    }
    if entry.kind.period() == Period::Year && stated.get("year").is_none() {
        return Err(CaseError::new("year", "give the year: the calendar year of an income, else the fiscal year"));
    }
    if entry.kind.period() == Period::Span && stated.get("from").is_none() {
        return Err(CaseError::new("from", "give the first day (\"2025-04-01\")"));
    }
    stated_fact(entry.kind.name(), entry.kind, &stated, learnt_on, Date::MIN)
}

/// Anything that a column of the unit takes; it is not kept.
fn filler(unit: jorei_domain::record::Unit) -> Value {
    use jorei_domain::record::Unit;
    match unit {
        Unit::Yen | Unit::Number => 0.into(),
        Unit::Date => "2000-01-01".into(),
        Unit::Code(words) => words.first().copied().unwrap_or_default().into(),
        Unit::Flag => false.into(),
    }
}

fn assertion(entry: &Entry, item: i64, fact: &Fact, source: &str) -> Assertion {
    // The columns were made of dates and years that exist.
    let day = |packed: i64| Date::from_packed(packed).unwrap_or(Date::MAX);
    let used = entry.kind.period_columns().len();
    let (from, until) = match entry.kind.period() {
        Period::Always => (Date::MIN, Date::MAX),
        Period::Event => (day(fact.values[0]), Date::MAX),
        Period::Span => (day(fact.values[0]), if fact.values[1] == ABSENT { Date::MAX } else { day(fact.values[1]) }),
        Period::Year => {
            let year = i32::try_from(fact.values[0]).unwrap_or(i32::MAX);
            let first = |year: i32| match entry.kind {
                kind if kind.is_of_calendar_year() => Date::new(year, 1, 1),
                _ => FiscalYear::new(year).map_or(Date::MAX, |year| year.first_day()),
            };
            (first(year), first(year + 1))
        }
    };
    let mut values = fact.values[used..].to_vec();
    values.resize(entry.kind.fields().len(), ABSENT);
    Assertion {
        person: entry.person,
        kind: entry.kind,
        item,
        from,
        until,
        household: entry.household,
        values: (!entry.withdrawn).then_some(values),
        source: source.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entry(kind: Kind, stated: Value) -> Entry {
        Entry { person: PersonId(7), kind, item: None, household: None, stated, withdrawn: false, source: "届出".into() }
    }

    fn asserted(entry: &Entry) -> (String, String, Option<Vec<i64>>) {
        let fact = read(entry, Date::new(2025, 7, 1)).unwrap();
        let Assertion { from, until, values, .. } = assertion(entry, 0, &fact, "届出");
        (from.to_string(), until.to_string(), values)
    }

    #[test]
    fn each_period_becomes_the_days_of_its_kind() {
        let property = asserted(&entry(Kind::Property, json!({ "year": 2025, "property_tax_yen": 12_000 })));
        assert_eq!(property, ("2025-04-01".into(), "2026-04-01".into(), Some(vec![12_000])));
        let income = asserted(&entry(Kind::Incomes, json!({ "year": 2024, "state": "undeclared" })));
        assert_eq!((income.0.as_str(), income.1.as_str()), ("2024-01-01", "2025-01-01"));
        let held = asserted(&entry(Kind::Detention, json!({ "from": "2025-05-10", "until": "2025-11-02", "certified": true })));
        assert_eq!(held, ("2025-05-10".into(), "2025-11-02".into(), Some(vec![1])));
        let died = asserted(&entry(Kind::Deaths, json!({ "on": "2025-08-31" })));
        assert_eq!(died, ("2025-08-31".into(), Date::MAX.to_string(), Some(vec![])));
    }

    #[test]
    fn what_is_taken_back_needs_its_period_only() {
        let taken = Entry { withdrawn: true, ..entry(Kind::Property, json!({ "year": 2025 })) };
        assert_eq!(asserted(&taken).2, None);
        let error = read(&Entry { withdrawn: true, ..entry(Kind::Property, json!({})) }, Date::new(2025, 7, 1)).unwrap_err();
        assert_eq!(error.path, "year");
    }
}
