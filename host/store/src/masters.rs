//! Persons one after the other with all that holds of them, as of some knowledge: what masters and exports are made of.
//!
//! Absent here: what a master shows, and the note in the chain that somebody's record was read.

use crate::addresses::Address;
use crate::contacts::{Contact, between, laid};
use crate::facts::overlay::{Piece, Timelines};
use crate::facts::read_values;
use crate::names::Name;
use crate::{Result, Store, StoreError, date};
use jorei_domain::calendar::Date;
use jorei_domain::id::{HouseholdId, Knowledge, Municipality, PersonId};
use jorei_domain::record::{Kind, Period};
use sqlx::Row as _;
use std::collections::BTreeMap;

/// A fact that holds, with what was said otherwise later cut away.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Held {
    /// Its kind.
    pub kind: Kind,
    /// Which of parallel facts.
    pub item: i64,
    /// The first day it holds.
    pub from: Date,
    /// The first day it no longer holds.
    pub until: Date,
    /// The household of a membership.
    pub household: Option<HouseholdId>,
    /// The kind's fields.
    pub values: Vec<i64>,
    /// The register or document.
    pub source: String,
}

/// A person with all that holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PersonRecord {
    /// Who.
    pub person: PersonId,
    /// What holds, in the order of kind, item and day. A fact of a year is one for each year.
    pub facts: Vec<Held>,
    /// The name; none where the office has none.
    pub name: Option<Name>,
    /// The address.
    pub address: Option<Address>,
    /// Contacts of all days, in order; no two of one role overlap.
    pub contacts: Vec<Contact>,
}

/// Persons of whom anything was learnt. Each part stops after the limit: all of them together would be sorted for each page.
const PERSONS: &str = "SELECT person FROM (SELECT DISTINCT person FROM fact \
         WHERE municipality = $1 AND person > $2 AND person <= $3 AND knowledge <= $4 ORDER BY person LIMIT $5) AS facts \
     UNION SELECT person FROM (SELECT DISTINCT person FROM person_name \
         WHERE municipality = $1 AND person > $2 AND person <= $3 AND knowledge <= $4 ORDER BY person LIMIT $5) AS names \
     UNION SELECT person FROM (SELECT DISTINCT person FROM person_address \
         WHERE municipality = $1 AND person > $2 AND person <= $3 AND knowledge <= $4 ORDER BY person LIMIT $5) AS addresses \
     UNION SELECT person FROM (SELECT DISTINCT person FROM person_contact \
         WHERE municipality = $1 AND person > $2 AND person <= $3 AND knowledge <= $4 ORDER BY person LIMIT $5) AS contacts \
     ORDER BY person LIMIT $5";
const FACTS: &str = "SELECT person, kind, item, valid_from, valid_until, household, vals, source FROM fact \
     WHERE municipality = $1 AND person >= $2 AND person <= $3 AND knowledge <= $4 ORDER BY person, knowledge, ordinal";
const NAMES: &str = "SELECT person, name, kana, latin, alias FROM person_name \
     WHERE municipality = $1 AND person >= $2 AND person <= $3 AND knowledge <= $4 ORDER BY person, knowledge";
const ADDRESSES: &str = "SELECT person, address, postcode FROM person_address \
     WHERE municipality = $1 AND person >= $2 AND person <= $3 AND knowledge <= $4 ORDER BY person, knowledge";
const COUNT_PERSONS: &str = "SELECT COUNT(DISTINCT person) FROM fact WHERE municipality = $1 AND knowledge <= $2";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] = &[PERSONS, FACTS, NAMES, ADDRESSES, COUNT_PERSONS];

impl Store {
    /// The persons behind a number and up to another one with all that holds of them, in the order of their numbers, at
    /// most `limit`; nobody means that there are no more. One call reads one state of the database.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn person_records(
        &self,
        municipality: Municipality,
        (after, last): (PersonId, PersonId),
        limit: u32,
        as_of: Knowledge,
    ) -> Result<Vec<PersonRecord>> {
        let mut transaction = self.reading().await?;
        let query = sqlx::query(PERSONS).bind(municipality.number()).bind(after.0).bind(last.0).bind(as_of.0).bind(i64::from(limit));
        let mut found: BTreeMap<i64, (Timelines, PersonRecord)> = BTreeMap::new();
        for row in query.fetch_all(&mut *transaction).await? {
            let person = PersonId(row.try_get(0)?);
            let record = PersonRecord { person, facts: Vec::new(), name: None, address: None, contacts: Vec::new() };
            found.insert(person.0, (Timelines::default(), record));
        }
        let (Some(first), Some(last)) = (found.keys().next().copied(), found.keys().next_back().copied()) else {
            return Ok(Vec::new());
        };
        let page = |sql: &'static str| sqlx::query(sql).bind(municipality.number()).bind(first).bind(last).bind(as_of.0);
        for row in page(FACTS).fetch_all(&mut *transaction).await? {
            let Some((timelines, _)) = found.get_mut(&row.try_get(0)?) else { continue };
            let name: &str = row.try_get(1)?;
            let kind = Kind::named(name).ok_or_else(|| StoreError::Damaged(format!("{name:?} is no kind of fact")))?;
            let piece = Piece {
                from: date(row.try_get(3)?)?,
                until: date(row.try_get(4)?)?,
                household: row.try_get(5)?,
                values: Vec::new(),
                source: row.try_get(7)?,
            };
            let values = read_values(row.try_get(6)?, kind.fields().len())?;
            timelines.lay(kind, row.try_get(2)?, piece, values);
        }
        for row in page(NAMES).fetch_all(&mut *transaction).await? {
            let person: i64 = row.try_get(0)?;
            let Some((_, record)) = found.get_mut(&person) else { continue };
            let person = PersonId(person);
            let name = Name { person, name: row.try_get(1)?, kana: row.try_get(2)?, latin: row.try_get(3)?, alias: row.try_get(4)? };
            record.name = (!name.name.is_empty()).then_some(name);
        }
        for row in page(ADDRESSES).fetch_all(&mut *transaction).await? {
            let person: i64 = row.try_get(0)?;
            let Some((_, record)) = found.get_mut(&person) else { continue };
            let address = Address { person: PersonId(person), address: row.try_get(1)?, postcode: row.try_get(2)? };
            record.address = (!address.address.is_empty()).then_some(address);
        }
        let mut contacts: BTreeMap<i64, Vec<Contact>> = BTreeMap::new();
        for contact in between(&mut transaction, municipality, (PersonId(first), PersonId(last)), as_of).await? {
            contacts.entry(contact.person.0).or_default().push(contact);
        }
        transaction.rollback().await?;
        for (person, learnt) in contacts {
            if let Some((_, record)) = found.get_mut(&person) {
                record.contacts = laid(&learnt);
            }
        }
        Ok(found
            .into_values()
            .map(|(timelines, mut record)| {
                record.facts = timelines.lines().flat_map(|(kind, item, piece)| held(kind, item, piece)).collect();
                record.facts.sort();
                record
            })
            .collect())
    }

    /// How many persons there are facts of, for progress.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn count_persons(&self, municipality: Municipality, as_of: Knowledge) -> Result<u64> {
        let row = sqlx::query(COUNT_PERSONS).bind(municipality.number()).bind(as_of.0).fetch_one(&self.pool).await?;
        Ok(row.try_get::<i64, _>(0)?.unsigned_abs())
    }
}

/// A piece as facts: of a kind of years one for each, since equal years that touch are one piece.
fn held(kind: Kind, item: i64, piece: Piece) -> Vec<Held> {
    let Piece { from, until, household, values, source } = piece;
    let household = (household > 0).then_some(HouseholdId(household));
    let fact = |from, until| Held { kind, item, from, until, household, values: values.clone(), source: source.clone() };
    match kind.period() {
        Period::Year => {
            let year = |year| Date::new(year, from.month(), from.day());
            (from.year()..until.year()).map(|first| fact(year(first), year(first + 1))).collect()
        }
        // An event has its day, and its end is open.
        _ => vec![fact(from, until)],
    }
}
