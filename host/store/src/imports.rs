//! Sets of files that were taken in whole, and their withdrawal.
//!
//! A withdrawal writes new facts: what the office would know had the import never been, with everything that it learnt
//! before and after. So earlier knowledge still shows the import, and later knowledge does not.
//!
//! Absent here: the files, their forms, and whose act a withdrawal is; that such an act took effect is looked at.

use crate::addresses::Address;
use crate::audit::{Record, append_record};
use crate::contacts::{self, Contact, ContactRole};
use crate::facts::{Assertion, read_values};
use crate::learning::{self, Learnt};
use crate::names::Name;
use crate::{Result, Store, StoreError, acts, date, digest, learn, lock_knowledge};
use jorei_domain::act::{Change, Withdrawal};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, HouseholdId, Knowledge, Municipality, PersonId};
use jorei_domain::record::{Kind, Period};
use sqlx::any::AnyRow;
use sqlx::{Any, Row as _, Transaction};
use std::collections::{BTreeMap, BTreeSet};

/// A set as it was imported.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredImport {
    /// The number under which it was learnt.
    pub knowledge: Knowledge,
    /// The digest of its forms and contents.
    pub digest: Digest,
    /// JSON: the rows of each form.
    pub forms: String,
    /// When (RFC 3339).
    pub at: String,
    /// By whom.
    pub by: String,
    /// The number that restored what would hold without it, once it was withdrawn.
    pub withdrawn: Option<Knowledge>,
}

/// What became of a call that may have been made before.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Done {
    /// It was done now, under this number.
    Now(Knowledge),
    /// It had been done, under this number; nothing was written.
    Before(Knowledge),
}

impl Done {
    /// The number, whenever it was done.
    pub fn knowledge(self) -> Knowledge {
        match self {
            Done::Now(knowledge) | Done::Before(knowledge) => knowledge,
        }
    }
}

const SAVE: &str = "INSERT INTO import_set (municipality, knowledge, digest, forms, at, by_whom) VALUES ($1, $2, $3, $4, $5, $6)";
const SAVE_WITHDRAWAL: &str =
    "INSERT INTO import_withdrawal (municipality, withdrawn, knowledge, act, at, by_whom) VALUES ($1, $2, $3, $4, $5, $6)";
const IMPORT: &str = "SELECT i.knowledge, i.digest, i.forms, i.at, i.by_whom, w.knowledge FROM import_set i \
     LEFT JOIN import_withdrawal w ON w.municipality = i.municipality AND w.withdrawn = i.knowledge \
     WHERE i.municipality = $1 AND i.knowledge = $2";
const IMPORTS: &str = "SELECT i.knowledge, i.digest, i.forms, i.at, i.by_whom, w.knowledge FROM import_set i \
     LEFT JOIN import_withdrawal w ON w.municipality = i.municipality AND w.withdrawn = i.knowledge \
     WHERE i.municipality = $1 ORDER BY i.knowledge DESC LIMIT $2";
const HOLDING: &str = "SELECT i.knowledge FROM import_set i WHERE i.municipality = $1 AND i.digest = $2 \
     AND NOT EXISTS (SELECT 1 FROM import_withdrawal w WHERE w.municipality = $1 AND w.withdrawn = i.knowledge)";
/// What counts no more: withdrawn imports, and what restored the records without them, which the next withdrawal works
/// out anew.
const SET_ASIDE: &str = "SELECT withdrawn FROM import_withdrawal WHERE municipality = $1 \
     UNION SELECT knowledge FROM import_withdrawal WHERE municipality = $1";
const PERSONS: &str =
    "SELECT DISTINCT person FROM fact WHERE municipality = $1 AND knowledge = $2 AND person > $3 ORDER BY person LIMIT $4";
const FACTS: &str = "SELECT person, kind, item, knowledge, valid_from, valid_until, household, vals, source FROM fact \
     WHERE municipality = $1 AND person >= $2 AND person <= $3 \
     AND person IN (SELECT person FROM fact WHERE municipality = $1 AND knowledge = $4) ORDER BY person, knowledge, ordinal";
const NAMES: &str = "SELECT person, knowledge, name, kana, latin, alias FROM person_name WHERE municipality = $1 \
     AND person IN (SELECT person FROM person_name WHERE municipality = $1 AND knowledge = $2) ORDER BY person, knowledge";
const ADDRESSES: &str = "SELECT person, knowledge, address, postcode FROM person_address WHERE municipality = $1 \
     AND person IN (SELECT person FROM person_address WHERE municipality = $1 AND knowledge = $2) ORDER BY person, knowledge";
const CONTACTS: &str = "SELECT knowledge, person, role, name, address, postcode, valid_from, valid_until FROM person_contact \
     WHERE municipality = $1 \
     AND person IN (SELECT person FROM person_contact WHERE municipality = $1 AND knowledge = $2) ORDER BY person, knowledge, ordinal";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] =
    &[SAVE, SAVE_WITHDRAWAL, IMPORT, IMPORTS, HOLDING, SET_ASIDE, PERSONS, FACTS, NAMES, ADDRESSES, CONTACTS];

/// Persons whose facts are read at once.
const PERSONS_PER_PAGE: i64 = 500;

impl Store {
    /// Learns a set of files whole. The same set is not learnt twice, unless it was withdrawn in between.
    ///
    /// # Errors
    /// As [`Store::learn`]; then nothing is added.
    pub async fn import(
        &self,
        municipality: Municipality,
        learnt_on: Date,
        (set, forms): (Digest, &str),
        learnt: &Learnt,
        stamp: &Stamp,
    ) -> Result<Done> {
        learning::check(learnt)?;
        let mut transaction = self.writing().await?;
        // First, for it locks the counter: of two calls that race the second sees what the first imported.
        let knowledge = learn(&mut transaction, municipality, learnt_on).await?;
        let query = sqlx::query(HOLDING).bind(municipality.number()).bind(&set.0[..]);
        if let Some(row) = query.fetch_optional(&mut *transaction).await? {
            let before = Knowledge(row.try_get(0)?);
            // The number goes back too.
            transaction.rollback().await?;
            return Ok(Done::Before(before));
        }
        let facts = learning::write(&mut transaction, self.database, municipality, knowledge, learnt).await?;
        sqlx::query(SAVE)
            .bind(municipality.number())
            .bind(knowledge.0)
            .bind(&set.0[..])
            .bind(forms)
            .bind(stamp.at.as_str())
            .bind(stamp.by.as_str())
            .execute(&mut *transaction)
            .await?;
        learning::append(&mut transaction, municipality, stamp, knowledge, learnt, facts).await?;
        append_record(&mut transaction, municipality, stamp, Record::Import(knowledge)).await?;
        transaction.commit().await?;
        self.after_load(learnt.assertions.len()).await?;
        Ok(Done::Now(knowledge))
    }

    /// An import by its number.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn import_set(&self, municipality: Municipality, import: Knowledge) -> Result<Option<StoredImport>> {
        let query = sqlx::query(IMPORT).bind(municipality.number()).bind(import.0);
        query.fetch_optional(&self.pool).await?.as_ref().map(read).transpose()
    }

    /// The import of a set that was not withdrawn.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn import_of(&self, municipality: Municipality, set: Digest) -> Result<Option<Knowledge>> {
        let row = sqlx::query(HOLDING).bind(municipality.number()).bind(&set.0[..]).fetch_optional(&self.pool).await?;
        row.map(|row| Ok(Knowledge(row.try_get(0)?))).transpose()
    }

    /// Imports, the newest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn imports(&self, municipality: Municipality, limit: u32) -> Result<Vec<StoredImport>> {
        let query = sqlx::query(IMPORTS).bind(municipality.number()).bind(i64::from(limit));
        query.fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// What a withdrawal of an import would write now.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn without_import(&self, municipality: Municipality, import: Knowledge) -> Result<Learnt> {
        let mut transaction = self.reading().await?;
        let learnt = without(&mut transaction, municipality, import).await?;
        transaction.rollback().await?;
        Ok(learnt)
    }

    /// Withdraws an import by an act that is in effect. A second call finds it done.
    ///
    /// # Errors
    /// [`StoreError::Import`] if there is no such import, or no act in effect withdraws it; [`StoreError::Database`],
    /// [`StoreError::Damaged`]. Then nothing is written.
    pub async fn withdraw(&self, municipality: Municipality, import: Knowledge, learnt_on: Date, stamp: &Stamp) -> Result<Done> {
        let mut transaction = self.writing().await?;
        lock_knowledge(&mut transaction, municipality, learnt_on).await?;
        let query = sqlx::query(IMPORT).bind(municipality.number()).bind(import.0);
        let row = query.fetch_optional(&mut *transaction).await?;
        let wrong = |wrong| StoreError::Import { knowledge: import, wrong };
        let stored = read(&row.ok_or_else(|| wrong("there is none; `jorei import list` shows the imports"))?)?;
        if let Some(done) = stored.withdrawn {
            return Ok(Done::Before(done));
        }
        let act = match acts::state(&mut transaction, municipality, "withdrawal", &import.to_string()).await? {
            Some((act, Change::Withdrawal(Withdrawal { set, .. }))) if set == stored.digest => act,
            _ => return Err(wrong("no act in effect withdraws it; prepare one and let a second person sign it")),
        };
        let learnt = without(&mut transaction, municipality, import).await?;
        learning::check(&learnt)?;
        let knowledge = learn(&mut transaction, municipality, learnt_on).await?;
        let facts = learning::write(&mut transaction, self.database, municipality, knowledge, &learnt).await?;
        sqlx::query(SAVE_WITHDRAWAL)
            .bind(municipality.number())
            .bind(import.0)
            .bind(knowledge.0)
            .bind(&act.0[..])
            .bind(stamp.at.as_str())
            .bind(stamp.by.as_str())
            .execute(&mut *transaction)
            .await?;
        learning::append(&mut transaction, municipality, stamp, knowledge, &learnt, facts).await?;
        append_record(&mut transaction, municipality, stamp, Record::Withdrawal(import)).await?;
        transaction.commit().await?;
        self.after_load(learnt.assertions.len()).await?;
        Ok(Done::Now(knowledge))
    }
}

fn read(row: &AnyRow) -> Result<StoredImport> {
    Ok(StoredImport {
        knowledge: Knowledge(row.try_get(0)?),
        digest: digest(row, 1)?,
        forms: row.try_get(2)?,
        at: row.try_get(3)?,
        by: row.try_get(4)?,
        withdrawn: row.try_get::<Option<i64>, _>(5)?.map(Knowledge),
    })
}

/// What was said of some days, in the order in which it was learnt.
struct Said<C> {
    from: Date,
    until: Date,
    /// Does it count without the import?
    kept: bool,
    /// None: nothing holds in these days.
    content: Option<C>,
}

/// Where the records would say something else without what is not kept, and what. Neighbours with the same content stay
/// one, unless `apart`.
fn differences<C: Clone + PartialEq>(said: &[Said<C>], apart: bool) -> Vec<(Date, Date, Option<C>)> {
    let mut bounds: Vec<Date> = said.iter().flat_map(|one| [one.from, one.until]).collect();
    bounds.sort_unstable();
    bounds.dedup();
    let mut all: Vec<(Date, Date, Option<C>)> = Vec::new();
    for pair in bounds.windows(2) {
        let holds = |all: bool| {
            let covers = |one: &&Said<C>| (all || one.kept) && one.from <= pair[0] && pair[0] < one.until;
            said.iter().rev().find(covers).and_then(|one| one.content.as_ref())
        };
        let without = holds(false);
        if holds(true) == without {
            continue;
        }
        match all.last_mut() {
            Some((_, until, content)) if !apart && *until == pair[0] && content.as_ref() == without => *until = pair[1],
            _ => all.push((pair[0], pair[1], without.cloned())),
        }
    }
    all
}

/// The same for an event, which has one day: the last thing said of it counts.
fn difference_of_event<C: Clone + PartialEq>(said: &[Said<C>]) -> Option<(Date, Date, Option<C>)> {
    let (last, kept) = (said.last()?, said.iter().rev().find(|one| one.kept));
    let day = |one: &Said<C>| (one.from, one.content.clone());
    match kept.filter(|one| one.content.is_some()) {
        Some(one) if last.content.is_none() || day(one) != day(last) => Some((one.from, Date::MAX, one.content.clone())),
        None if last.content.is_some() => Some((last.from, Date::MAX, None)),
        _ => None,
    }
}

/// A membership's household or 0, the values, the source.
type FactContent = (i64, Vec<i64>, String);
/// Did the import say something of a person, kind and item, and what everybody said of it.
type FactLine = (bool, Vec<Said<FactContent>>);

/// What must be learnt so that the office knows what it would without an import.
async fn without(transaction: &mut Transaction<'static, Any>, municipality: Municipality, import: Knowledge) -> Result<Learnt> {
    let mut aside: BTreeSet<i64> = BTreeSet::from([import.0]);
    for row in sqlx::query(SET_ASIDE).bind(municipality.number()).fetch_all(&mut **transaction).await? {
        aside.insert(row.try_get(0)?);
    }
    let mut learnt = Learnt::default();
    let mut after = 0;
    loop {
        let query = sqlx::query(PERSONS).bind(municipality.number()).bind(import.0).bind(after).bind(PERSONS_PER_PAGE);
        let rows = query.fetch_all(&mut **transaction).await?;
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { break };
        let (first, last): (i64, i64) = (first.try_get(0)?, last.try_get(0)?);
        let query = sqlx::query(FACTS).bind(municipality.number()).bind(first).bind(last).bind(import.0);
        facts_without(&query.fetch_all(&mut **transaction).await?, import, &aside, &mut learnt.assertions)?;
        after = last;
    }
    let rows = sqlx::query(NAMES).bind(municipality.number()).bind(import.0).fetch_all(&mut **transaction).await?;
    learnt.names = last_without(&rows, &aside, Name::none, |row, person| {
        Ok(Name { person, name: row.try_get(2)?, kana: row.try_get(3)?, latin: row.try_get(4)?, alias: row.try_get(5)? })
    })?;
    let rows = sqlx::query(ADDRESSES).bind(municipality.number()).bind(import.0).fetch_all(&mut **transaction).await?;
    learnt.addresses = last_without(&rows, &aside, Address::none, |row, person| {
        Ok(Address { person, address: row.try_get(2)?, postcode: row.try_get(3)? })
    })?;
    let rows = sqlx::query(CONTACTS).bind(municipality.number()).bind(import.0).fetch_all(&mut **transaction).await?;
    contacts_without(&rows, &aside, &mut learnt.contacts)?;
    Ok(learnt)
}

fn facts_without(rows: &[AnyRow], import: Knowledge, aside: &BTreeSet<i64>, assertions: &mut Vec<Assertion>) -> Result<()> {
    let mut lines: BTreeMap<(i64, Kind, i64), FactLine> = BTreeMap::new();
    for row in rows {
        let name: &str = row.try_get(1)?;
        let kind = Kind::named(name).ok_or_else(|| StoreError::Damaged(format!("{name:?} is no kind of fact")))?;
        let knowledge: i64 = row.try_get(3)?;
        let values = read_values(row.try_get(7)?, kind.fields().len())?;
        let (household, source): (i64, String) = (row.try_get(6)?, row.try_get(8)?);
        let line = lines.entry((row.try_get(0)?, kind, row.try_get(2)?)).or_default();
        line.0 |= knowledge == import.0;
        line.1.push(Said {
            from: date(row.try_get(4)?)?,
            until: date(row.try_get(5)?)?,
            kept: !aside.contains(&knowledge),
            content: values.map(|values| (household, values, source)),
        });
    }
    for ((person, kind, item), (touched, said)) in lines {
        if !touched {
            continue;
        }
        let differences = match kind.period() {
            Period::Event => difference_of_event(&said).into_iter().collect(),
            period => differences(&said, period == Period::Year),
        };
        // A membership that holds nowhere still names a household; any of the person's will do.
        let some_household = said.iter().find_map(|one| one.content.as_ref().map(|content| content.0)).unwrap_or(1);
        for (from, until, content) in differences {
            let household = content.as_ref().map_or(some_household, |content| content.0);
            let (values, source) = match content {
                Some((_, values, source)) => (Some(values), source),
                None => (None, format!("取込{import}の取消し")),
            };
            let household = (kind == Kind::Membership).then_some(HouseholdId(household));
            assertions.push(Assertion { person: PersonId(person), kind, item, from, until, household, values, source });
        }
    }
    Ok(())
}

/// Of rows person by person in the order of knowledge: what was said last, where that is another thing without what is
/// set aside. The first two columns are the person and the knowledge number.
fn last_without<T: PartialEq>(
    rows: &[AnyRow],
    aside: &BTreeSet<i64>,
    none: impl Fn(PersonId) -> T,
    read: impl Fn(&AnyRow, PersonId) -> Result<T>,
) -> Result<Vec<T>> {
    let mut all = Vec::new();
    let mut rows = rows.iter().peekable();
    while let Some(mut row) = rows.next() {
        let person: i64 = row.try_get(0)?;
        let mut kept = None;
        loop {
            if !aside.contains(&row.try_get(1)?) {
                kept = Some(row);
            }
            match rows.next_if(|row| matches!(row.try_get::<i64, _>(0), Ok(next) if next == person)) {
                Some(next) => row = next,
                None => break,
            }
        }
        let person = PersonId(person);
        let kept = kept.map_or_else(|| Ok(none(person)), |row| read(row, person))?;
        if read(row, person)? != kept {
            all.push(kept);
        }
    }
    Ok(all)
}

/// Name, address, postcode.
type ContactContent = (String, String, Option<String>);

fn contacts_without(rows: &[AnyRow], aside: &BTreeSet<i64>, learnt: &mut Vec<Contact>) -> Result<()> {
    let mut lines: BTreeMap<(i64, ContactRole), Vec<Said<ContactContent>>> = BTreeMap::new();
    for row in rows {
        let contact = contacts::read(row, 1)?;
        let kept = !aside.contains(&row.try_get(0)?);
        let content = (!contact.is_none()).then_some((contact.name, contact.address, contact.postcode));
        let said = Said { from: contact.from, until: contact.until, kept, content };
        lines.entry((contact.person.0, contact.role)).or_default().push(said);
    }
    for ((person, role), said) in lines {
        for (from, until, content) in differences(&said, false) {
            let (name, address, postcode) = content.unwrap_or_default();
            learnt.push(Contact { person: PersonId(person), role, name, address, postcode, from, until });
        }
    }
    Ok(())
}
