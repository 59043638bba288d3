//! Finding people, who lives with whom, and everything that was ever asserted about somebody.
//!
//! Absent here: who may know. Whoever asks the store is told.

use crate::facts::overlay::{Piece, Timelines};
use crate::facts::read_values;
use crate::readings::is_latin;
use crate::{Result, Store, StoreError, date};
use jorei_domain::calendar::Date;
use jorei_domain::id::{HouseholdId, Knowledge, Municipality, PersonId};
use jorei_domain::record::{Kind, Period};
use sqlx::Row as _;
use sqlx::any::AnyRow;

/// Somebody who lives in a household on a day.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Member {
    /// Who.
    pub person: PersonId,
    /// Its head?
    pub head: bool,
    /// The first day of the stay.
    pub from: Date,
    /// The first day after it; [`Date::MAX`] for an open end.
    pub until: Date,
}

/// An assertion about a person on both axes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KnownFact {
    /// The number with which the office learnt it.
    pub knowledge: Knowledge,
    /// The day on which it did.
    pub learnt_on: Date,
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
    /// The kind's fields; none: nothing of the kind holds in the period.
    pub values: Option<Vec<i64>>,
    /// The register or document.
    pub source: String,
    /// Does it hold still for a day at least, or was all of it said otherwise later?
    pub holds: bool,
}

/// Readings of names that nobody took the place of.
const BY_KANA: &str = "SELECT DISTINCT p.person FROM person_name p WHERE p.municipality = $1 AND p.kana_key >= $2 AND p.kana_key < $3 \
     AND p.person > $4 AND NOT EXISTS (SELECT 1 FROM person_name n \
         WHERE n.municipality = $1 AND n.person = p.person AND n.knowledge > p.knowledge) ORDER BY p.person LIMIT $5";
const BY_LATIN: &str = "SELECT DISTINCT p.person FROM person_name p WHERE p.municipality = $1 AND p.latin_key >= $2 AND p.latin_key < $3 \
     AND p.latin_key <> '' AND p.person > $4 AND NOT EXISTS (SELECT 1 FROM person_name n \
         WHERE n.municipality = $1 AND n.person = p.person AND n.knowledge > p.knowledge) ORDER BY p.person LIMIT $5";
/// The values are `[earliest,latest]`, packed dates of eight digits each.
const BY_BIRTH: &str = "SELECT DISTINCT f.person FROM fact f WHERE f.municipality = $1 AND f.kind = 'persons' \
     AND substr(f.vals, 2, 8) IN ($2, $3, $4) AND substr(f.vals, 11, 8) >= $2 AND f.person > $5 \
     AND NOT EXISTS (SELECT 1 FROM fact n WHERE n.municipality = $1 AND n.person = f.person AND n.kind = 'persons' \
         AND (n.knowledge > f.knowledge OR (n.knowledge = f.knowledge AND n.ordinal > f.ordinal))) ORDER BY f.person LIMIT $6";
const STAYS_OF_HOUSEHOLD: &str = "SELECT person, valid_from, valid_until, household, vals, source FROM fact \
     WHERE municipality = $1 AND kind = 'membership' AND knowledge <= $3 AND person IN (SELECT person FROM fact \
         WHERE municipality = $1 AND kind = 'membership' AND household = $2 AND knowledge <= $3) ORDER BY person, knowledge, ordinal";
const STAYS_OF_PERSON: &str = "SELECT person, valid_from, valid_until, household, vals, source FROM fact \
     WHERE municipality = $1 AND kind = 'membership' AND person = $2 AND knowledge <= $3 ORDER BY knowledge, ordinal";
const BIRTH: &str = "SELECT vals FROM fact WHERE municipality = $1 AND person = $2 AND kind = 'persons' AND knowledge <= $3 \
     ORDER BY knowledge DESC, ordinal DESC LIMIT 1";
const KNOWN: &str = "SELECT f.knowledge, l.learnt_on, f.kind, f.item, f.valid_from, f.valid_until, f.household, f.vals, f.source \
     FROM fact f CROSS JOIN learning l \
     WHERE f.municipality = $1 AND f.person = $2 AND +f.knowledge <= $3 AND l.municipality = f.municipality AND l.knowledge = f.knowledge \
     ORDER BY +f.knowledge, f.ordinal";
const KNOWS_PERSON: &str = "SELECT 1 FROM person_name WHERE municipality = $1 AND person = $2 \
     UNION ALL SELECT 1 FROM fact WHERE municipality = $1 AND person = $2 LIMIT 1";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] = &[BY_KANA, BY_LATIN, BY_BIRTH, STAYS_OF_HOUSEHOLD, STAYS_OF_PERSON, BIRTH, KNOWN, KNOWS_PERSON];

impl Store {
    /// Persons whose present name begins with a key of [`crate::readings::kana_key`], kana or Latin,
    /// in the order of their numbers, behind one. No key finds nobody.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn persons_by_kana(
        &self,
        municipality: Municipality,
        prefix_key: &str,
        after: Option<PersonId>,
        limit: u32,
    ) -> Result<Vec<PersonId>> {
        if prefix_key.is_empty() {
            return Ok(Vec::new());
        }
        let sql = if is_latin(prefix_key) { BY_LATIN } else { BY_KANA };
        // No text follows the last character there is.
        let beyond = format!("{prefix_key}{}", char::MAX);
        let query = sqlx::query(sql).bind(municipality.number()).bind(prefix_key).bind(beyond).bind(after.map_or(0, |person| person.0));
        persons(&query.bind(i64::from(limit)).fetch_all(&self.pool).await?)
    }

    /// Persons who were or may have been born on a day, in the order of their numbers, behind one.
    /// Of a birth date without day or month, the register's span begins on the first of the month
    /// or of the year; one that begins on any other day is found by that day only.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn persons_by_birth(
        &self,
        municipality: Municipality,
        date: Date,
        after: Option<PersonId>,
        limit: u32,
    ) -> Result<Vec<PersonId>> {
        let month = Date::new(date.year(), date.month(), 1);
        let year = Date::new(date.year(), 1, 1);
        let mut query = sqlx::query(BY_BIRTH).bind(municipality.number());
        for day in [date, month, year] {
            query = query.bind(day.packed().to_string());
        }
        persons(&query.bind(after.map_or(0, |person| person.0)).bind(i64::from(limit)).fetch_all(&self.pool).await?)
    }

    /// Who lives in a household on a day, in the order of their numbers.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn household_members(
        &self,
        municipality: Municipality,
        household: HouseholdId,
        on: Date,
        as_of: Knowledge,
    ) -> Result<Vec<Member>> {
        let query = sqlx::query(STAYS_OF_HOUSEHOLD).bind(municipality.number()).bind(household.0).bind(as_of.0);
        let stays = stays(&query.fetch_all(&self.pool).await?, on)?;
        Ok(stays.into_iter().filter(|(stay, _)| *stay == household).map(|(_, member)| member).collect())
    }

    /// The households a person lives in on a day: one, or none.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn households_of(
        &self,
        municipality: Municipality,
        person: PersonId,
        on: Date,
        as_of: Knowledge,
    ) -> Result<Vec<HouseholdId>> {
        let query = sqlx::query(STAYS_OF_PERSON).bind(municipality.number()).bind(person.0).bind(as_of.0);
        Ok(stays(&query.fetch_all(&self.pool).await?, on)?.into_iter().map(|(household, _)| household).collect())
    }

    /// Every household that a person was ever said to live in.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn households_ever_of(&self, municipality: Municipality, person: PersonId, as_of: Knowledge) -> Result<Vec<HouseholdId>> {
        let query = sqlx::query(STAYS_OF_PERSON).bind(municipality.number()).bind(person.0).bind(as_of.0);
        let rows = query.fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok(HouseholdId(row.try_get(3)?))).collect()
    }

    /// The earliest and the latest day on which a person may have been born, as the office knew it
    /// then; none where it did not.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn birth(&self, municipality: Municipality, person: PersonId, as_of: Knowledge) -> Result<Option<(Date, Date)>> {
        let query = sqlx::query(BIRTH).bind(municipality.number()).bind(person.0).bind(as_of.0);
        let Some(row) = query.fetch_optional(&self.pool).await? else {
            return Ok(None);
        };
        let day = |packed: i64| Date::from_packed(packed).map_err(|_| StoreError::Damaged(format!("the birth date of person {person}")));
        match read_values(row.try_get(0)?, 2)?.as_deref() {
            Some([earliest, latest]) => Ok(Some((day(*earliest)?, day(*latest)?))),
            _ => Ok(None),
        }
    }

    /// Is anything known of this person, a name or a fact?
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn knows_person(&self, municipality: Municipality, person: PersonId) -> Result<bool> {
        let query = sqlx::query(KNOWS_PERSON).bind(municipality.number()).bind(person.0);
        Ok(query.fetch_optional(&self.pool).await?.is_some())
    }

    /// Everything that was asserted about a person up to a knowledge number, the newest last; what was
    /// said otherwise later is there too, and marked.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn person_facts(&self, municipality: Municipality, person: PersonId, as_of: Knowledge) -> Result<Vec<KnownFact>> {
        let query = sqlx::query(KNOWN).bind(municipality.number()).bind(person.0).bind(as_of.0);
        let mut facts = query.fetch_all(&self.pool).await?.iter().map(known).collect::<Result<Vec<_>>>()?;
        for i in 0..facts.len() {
            let holds = holds(&facts[i], &facts[i + 1..]);
            facts[i].holds = holds;
        }
        Ok(facts)
    }
}

fn persons(rows: &[AnyRow]) -> Result<Vec<PersonId>> {
    rows.iter().map(|row| Ok(PersonId(row.try_get(0)?))).collect()
}

/// Where each person of some rows lives on a day. The rows come person by person, in the order of
/// knowledge.
fn stays(rows: &[AnyRow], on: Date) -> Result<Vec<(HouseholdId, Member)>> {
    let mut found = Vec::new();
    let mut rows = rows.iter().peekable();
    while let Some(row) = rows.next() {
        let person: i64 = row.try_get(0)?;
        let mut timelines = Timelines::default();
        lay(&mut timelines, row)?;
        while let Some(row) = rows.next_if(|row| matches!(row.try_get::<i64, _>(0), Ok(next) if next == person)) {
            lay(&mut timelines, row)?;
        }
        let here = timelines.pieces(Kind::Membership).filter(|piece| piece.from <= on && on < piece.until);
        found.extend(here.map(|piece| {
            let member = Member { person: PersonId(person), head: piece.values.first() == Some(&1), from: piece.from, until: piece.until };
            (HouseholdId(piece.household), member)
        }));
    }
    Ok(found)
}

fn lay(timelines: &mut Timelines, row: &AnyRow) -> Result<()> {
    let piece = Piece {
        from: date(row.try_get(1)?)?,
        until: date(row.try_get(2)?)?,
        household: row.try_get(3)?,
        values: Vec::new(),
        source: row.try_get(5)?,
    };
    let values = read_values(row.try_get(4)?, Kind::Membership.fields().len())?;
    timelines.lay(Kind::Membership, 0, piece, values);
    Ok(())
}

fn known(row: &AnyRow) -> Result<KnownFact> {
    let name: &str = row.try_get(2)?;
    let kind = Kind::named(name).ok_or_else(|| StoreError::Damaged(format!("{name:?} is no kind of fact")))?;
    let household: i64 = row.try_get(6)?;
    Ok(KnownFact {
        knowledge: Knowledge(row.try_get(0)?),
        learnt_on: date(row.try_get(1)?)?,
        kind,
        item: row.try_get(3)?,
        from: date(row.try_get(4)?)?,
        until: date(row.try_get(5)?)?,
        household: (household > 0).then_some(HouseholdId(household)),
        values: read_values(row.try_get(7)?, kind.fields().len())?,
        source: row.try_get(8)?,
        holds: true,
    })
}

/// Is anything left of an assertion under the later ones? Of an event the last one alone holds.
fn holds(fact: &KnownFact, later: &[KnownFact]) -> bool {
    let mut same = later.iter().filter(|other| (other.kind, other.item) == (fact.kind, fact.item));
    if fact.kind.period() == Period::Event {
        return same.next().is_none();
    }
    let mut left = vec![(fact.from, fact.until)];
    for other in same {
        let cut = |(from, until): (Date, Date)| [(from, until.min(other.from)), (from.max(other.until), until)];
        left = left.into_iter().flat_map(cut).filter(|(from, until)| from < until).collect();
    }
    !left.is_empty()
}
