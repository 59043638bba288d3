//! Decisions: kept as their canonical content, found by case or by id.

use crate::rows::Insert;
use crate::{Database, Result, Store, StoreError, digest};
use jorei_domain::calendar::Date;
use jorei_domain::decision::Decision;
use jorei_domain::id::{DecisionId, Digest, HouseholdId, Knowledge, Municipality};
use sqlx::any::AnyRow;
use sqlx::{Any, Row as _, Transaction};
use std::ops::RangeInclusive;

/// A decision to keep, and what is kept beside it because it is no part of its id.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewDecision {
    /// The decision.
    pub decision: Decision,
    /// 1 for the first of a case; one more than the decision it supersedes.
    pub version: i64,
    /// As of which number its facts were read.
    pub knowledge: Knowledge,
    /// Instructions the run was charged.
    pub fuel: u64,
    /// Its total in whole yen, for summaries; none where it has no such figure.
    pub amount: Option<i64>,
    /// When it was made: an instant, as the caller's clock gives it.
    pub recorded_at: String,
}

/// A decision ready to be written: encoded, named and compressed. Made by
/// [`NewDecision::pack`], on whatever thread decided, so that the transaction only writes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PackedDecision {
    municipality: Municipality,
    slot: String,
    on: Date,
    household: HouseholdId,
    version: i64,
    id: DecisionId,
    revision: Digest,
    status: &'static str,
    knowledge: Knowledge,
    fuel: i64,
    amount: Option<i64>,
    recorded_at: String,
    supersedes: Option<DecisionId>,
    content: Vec<u8>,
}

/// A decision as it was kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredDecision {
    /// The decision; its id was checked against its content.
    pub decision: Decision,
    /// Its id.
    pub id: DecisionId,
    /// 1 for the first of its case, growing as it is superseded.
    pub version: i64,
    /// As of which number its facts were read.
    pub knowledge: Knowledge,
    /// Instructions the run was charged.
    pub fuel: u64,
    /// Its total in whole yen, if it has such a figure.
    pub amount: Option<i64>,
    /// When it was made.
    pub recorded_at: String,
    /// decided, provisional, refused or failed: the word of its outcome.
    pub status: String,
}

/// The latest decision of a case, without its content.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CurrentDecision {
    /// The household.
    pub household: HouseholdId,
    /// Its version; what supersedes it takes the next.
    pub version: i64,
    /// Its id.
    pub id: DecisionId,
    /// The revision that made it.
    pub revision: Digest,
    /// decided, provisional, refused or failed.
    pub status: String,
    /// As of which number its facts were read.
    pub knowledge: Knowledge,
    /// Its total in whole yen, if it has such a figure.
    pub amount: Option<i64>,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Saved {
    /// Written now.
    pub inserted: usize,
    /// There already, with the same id.
    pub existing: usize,
}

const INSERT_DECISIONS: Insert = Insert {
    head: "INSERT INTO decision \
         (municipality, slot, case_on, household, version, id, revision, status, knowledge, fuel, amount, recorded_at, content) VALUES",
    columns: 13,
    tail: "ON CONFLICT DO NOTHING",
};
const ID_OF_VERSION: &str = "SELECT id FROM decision \
     WHERE municipality = $1 AND slot = $2 AND case_on = $3 AND household = $4 AND version = $5";
/// The latest version by a look into the key per row. As an anti-join PostgreSQL, before it has
/// counted the table, compares every row with every other.
const CURRENT: &str = "SELECT d.household, d.version, d.id, d.revision, d.status, d.knowledge, d.amount FROM decision d \
     WHERE d.municipality = $1 AND d.slot = $2 AND d.case_on = $3 AND d.household >= $4 AND d.household <= $5 \
     AND d.version = (SELECT MAX(n.version) FROM decision n \
         WHERE n.municipality = $1 AND n.slot = $2 AND n.case_on = $3 AND n.household = d.household) \
     ORDER BY d.household";
const PAGE: &str = "SELECT d.id, d.version, d.knowledge, d.fuel, d.amount, d.recorded_at, d.status, d.content FROM decision d \
     WHERE d.municipality = $1 AND d.slot = $2 AND d.case_on = $3 AND d.household > $4 \
     AND d.version = (SELECT MAX(n.version) FROM decision n \
         WHERE n.municipality = $1 AND n.slot = $2 AND n.case_on = $3 AND n.household = d.household) \
     ORDER BY d.household LIMIT $5";
const BY_ID: &str = "SELECT id, version, knowledge, fuel, amount, recorded_at, status, content FROM decision \
     WHERE municipality = $1 AND id = $2";
const BY_PREFIX: &str = "SELECT id, version, knowledge, fuel, amount, recorded_at, status, content FROM decision \
     WHERE municipality = $1 AND id >= $2 AND id <= $3 ORDER BY id LIMIT 2";
const HISTORY: &str = "SELECT id, version, knowledge, fuel, amount, recorded_at, status, content FROM decision \
     WHERE municipality = $1 AND slot = $2 AND case_on = $3 AND household = $4 ORDER BY version";
const STORED_BYTES: &str = "SELECT COUNT(*), CAST(COALESCE(SUM(LENGTH(content)), 0) AS bigint) FROM decision \
     WHERE municipality = $1 AND slot = $2 AND case_on = $3";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] = &[ID_OF_VERSION, CURRENT, PAGE, BY_ID, BY_PREFIX, HISTORY, STORED_BYTES];
/// Every insert of several rows, for the same test.
#[cfg(any(test, feature = "checks"))]
pub(crate) const INSERTS: &[Insert] = &[INSERT_DECISIONS];

const DECISIONS_PER_STATEMENT: usize = 100;
/// A content beyond this is not ours: the engine's bounds on evidence and trace are far below.
const LARGEST_CONTENT: usize = 64 << 20;
const LEVEL: i32 = 3;

impl NewDecision {
    /// Encodes the decision, computes its id and compresses the content.
    ///
    /// # Errors
    /// [`StoreError::NotTheSuccessor`] for a first version that supersedes or a later one that
    /// does not; [`StoreError::Damaged`] if the compressor fails, which takes a lack of memory.
    pub fn pack(self) -> Result<PackedDecision> {
        let NewDecision { decision, version, knowledge, fuel, amount, recorded_at } = self;
        if version < 1 || (version == 1) != decision.supersedes.is_none() {
            return Err(StoreError::NotTheSuccessor { household: decision.household, on: decision.on, version });
        }
        let content = decision.content();
        let compressed = zstd::bulk::compress(&content, LEVEL).map_err(|error| StoreError::Damaged(error.to_string()))?;
        Ok(PackedDecision {
            municipality: decision.municipality,
            household: decision.household,
            on: decision.on,
            version,
            id: Digest::of(&content),
            revision: decision.revision,
            status: decision.outcome.word(),
            knowledge,
            fuel: i64::try_from(fuel).unwrap_or(i64::MAX),
            amount,
            recorded_at,
            supersedes: decision.supersedes,
            content: compressed,
            slot: decision.slot,
        })
    }
}

impl PackedDecision {
    /// The decision's id.
    pub fn id(&self) -> DecisionId {
        self.id
    }

    /// The household it is about.
    pub fn household(&self) -> HouseholdId {
        self.household
    }

    /// Its place in the order in which every batch writes, so that two batches never wait for
    /// each other in a circle.
    fn key(&self) -> (Municipality, &str, Date, HouseholdId, i64) {
        (self.municipality, &self.slot, self.on, self.household, self.version)
    }
}

impl Store {
    /// Writes a batch in one transaction. A decision that is there already, under the same key
    /// and id, is counted and left alone, so a batch may be sent again.
    ///
    /// # Errors
    /// [`StoreError::DecidedOtherwise`] if the case has another decision of that version, or the
    /// same decision another version; [`StoreError::NotTheSuccessor`] if a later version does not
    /// name the id of the one before it; [`StoreError::Database`], also when the revision is not
    /// stored: what could not be replayed is not kept.
    pub async fn save_decisions(&self, decisions: &[PackedDecision]) -> Result<Saved> {
        let mut ordered: Vec<&PackedDecision> = decisions.iter().collect();
        ordered.sort_by(|a, b| a.key().cmp(&b.key()));
        let mut saved = Saved::default();
        let mut transaction = self.writing().await?;
        for chunk in ordered.chunks(DECISIONS_PER_STATEMENT) {
            let inserted = insert(&mut transaction, chunk, self.database).await?;
            saved.inserted += inserted;
            saved.existing += chunk.len() - inserted;
            for packed in chunk {
                if inserted < chunk.len() && id_of_version(&mut transaction, packed, packed.version).await? != Some(packed.id) {
                    let PackedDecision { household, on, version, .. } = **packed;
                    return Err(StoreError::DecidedOtherwise { household, on, version });
                }
                if packed.version > 1 && id_of_version(&mut transaction, packed, packed.version - 1).await? != packed.supersedes {
                    let PackedDecision { household, on, version, .. } = **packed;
                    return Err(StoreError::NotTheSuccessor { household, on, version });
                }
            }
        }
        transaction.commit().await?;
        Ok(saved)
    }

    /// The latest decision of each case on a date, for a range of households, in their order.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn current_decisions(
        &self,
        municipality: Municipality,
        slot: &str,
        case_on: Date,
        households: RangeInclusive<HouseholdId>,
    ) -> Result<Vec<CurrentDecision>> {
        let rows = sqlx::query(CURRENT)
            .bind(municipality.number())
            .bind(slot)
            .bind(case_on.to_string())
            .bind(households.start().0)
            .bind(households.end().0)
            .fetch_all(&self.pool)
            .await?;
        let read = |row: &AnyRow| {
            Ok(CurrentDecision {
                household: HouseholdId(row.try_get(0)?),
                version: row.try_get(1)?,
                id: digest(row, 2)?,
                revision: digest(row, 3)?,
                status: row.try_get(4)?,
                knowledge: Knowledge(row.try_get(5)?),
                amount: row.try_get(6)?,
            })
        };
        rows.iter().map(read).collect()
    }

    /// The latest decisions of the cases on a date, of the households after one, at most `limit`;
    /// none means that there are no more.
    ///
    /// # Errors
    /// As [`Store::decision`].
    pub async fn decisions_page(
        &self,
        municipality: Municipality,
        slot: &str,
        case_on: Date,
        after: Option<HouseholdId>,
        limit: u32,
    ) -> Result<Vec<StoredDecision>> {
        let rows = sqlx::query(PAGE)
            .bind(municipality.number())
            .bind(slot)
            .bind(case_on.to_string())
            .bind(after.map_or(0, |household| household.0))
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(read).collect()
    }

    /// Every decision of one case, the first version first.
    ///
    /// # Errors
    /// As [`Store::decision`].
    pub async fn decision_history(
        &self,
        municipality: Municipality,
        slot: &str,
        case_on: Date,
        household: HouseholdId,
    ) -> Result<Vec<StoredDecision>> {
        let rows = sqlx::query(HISTORY)
            .bind(municipality.number())
            .bind(slot)
            .bind(case_on.to_string())
            .bind(household.0)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(read).collect()
    }

    /// A decision by its id.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if the content does not read or is not what the id names;
    /// [`StoreError::Database`].
    pub async fn decision(&self, municipality: Municipality, id: DecisionId) -> Result<Option<StoredDecision>> {
        let query = sqlx::query(BY_ID).bind(municipality.number()).bind(&id.0[..]);
        query.fetch_optional(&self.pool).await?.map(|row| read(&row)).transpose()
    }

    /// A decision by the first hexadecimal digits of its id, one at least.
    ///
    /// # Errors
    /// [`StoreError::Prefix`] if the text is no such digits or several ids begin with them; and as
    /// [`Store::decision`].
    pub async fn decision_by_prefix(&self, municipality: Municipality, prefix: &str) -> Result<Option<StoredDecision>> {
        let refuse = |wrong| Err(StoreError::Prefix { prefix: prefix.to_owned(), wrong });
        if prefix.is_empty() || prefix.len() > 64 {
            return refuse("an id has 1 to 64 hexadecimal digits");
        }
        let padded = |with: &str| Digest::parse(&(prefix.to_ascii_lowercase() + &with.repeat(64 - prefix.len())));
        let (Some(first), Some(last)) = (padded("0"), padded("f")) else {
            return refuse("an id has 1 to 64 hexadecimal digits");
        };
        let query = sqlx::query(BY_PREFIX).bind(municipality.number()).bind(&first.0[..]).bind(&last.0[..]);
        match query.fetch_all(&self.pool).await?.as_slice() {
            [] => Ok(None),
            [row] => read(row).map(Some),
            _ => refuse("several decisions begin with it; give more digits"),
        }
    }

    /// How many decisions the cases on a date have, all versions, and how many bytes their
    /// contents take as stored.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn stored_bytes(&self, municipality: Municipality, slot: &str, case_on: Date) -> Result<(u64, u64)> {
        let query = sqlx::query(STORED_BYTES).bind(municipality.number()).bind(slot).bind(case_on.to_string());
        let row = query.fetch_one(&self.pool).await?;
        Ok((row.try_get::<i64, _>(0)?.unsigned_abs(), row.try_get::<i64, _>(1)?.unsigned_abs()))
    }
}

/// Inserts those of a chunk that are not there; answers how many.
async fn insert(transaction: &mut Transaction<'static, Any>, chunk: &[&PackedDecision], database: Database) -> Result<usize> {
    let mut query = sqlx::query(INSERT_DECISIONS.sql(chunk.len(), database));
    for packed in chunk {
        query = query
            .bind(packed.municipality.number())
            .bind(packed.slot.as_str())
            .bind(packed.on.to_string())
            .bind(packed.household.0)
            .bind(packed.version)
            .bind(&packed.id.0[..])
            .bind(&packed.revision.0[..])
            .bind(packed.status)
            .bind(packed.knowledge.0)
            .bind(packed.fuel)
            .bind(packed.amount)
            .bind(packed.recorded_at.as_str())
            .bind(&packed.content[..]);
    }
    let inserted = query.execute(&mut **transaction).await?.rows_affected();
    Ok(usize::try_from(inserted).unwrap_or(usize::MAX))
}

/// The id that a version of the same case has, if it is there.
async fn id_of_version(transaction: &mut Transaction<'static, Any>, packed: &PackedDecision, version: i64) -> Result<Option<DecisionId>> {
    let query = sqlx::query(ID_OF_VERSION)
        .bind(packed.municipality.number())
        .bind(packed.slot.as_str())
        .bind(packed.on.to_string())
        .bind(packed.household.0)
        .bind(version);
    query.fetch_optional(&mut **transaction).await?.map(|row| digest(&row, 0)).transpose()
}

/// A row of id, version, knowledge, fuel, amount, recorded_at, status, content.
fn read(row: &AnyRow) -> Result<StoredDecision> {
    let id = digest(row, 0)?;
    let damaged = |what: &str| StoreError::Damaged(format!("decision {id}: {what}"));
    let compressed: &[u8] = row.try_get(7)?;
    let content = zstd::bulk::decompress(compressed, LARGEST_CONTENT).map_err(|_| damaged("cannot be decompressed"))?;
    if Digest::of(&content) != id {
        return Err(damaged("its content is not what its id names"));
    }
    let decision = Decision::decode(&content).map_err(|_| damaged("cannot be read"))?;
    let status: String = row.try_get(6)?;
    if status != decision.outcome.word() {
        return Err(damaged("its status is not that of its content"));
    }
    Ok(StoredDecision {
        decision,
        id,
        version: row.try_get(1)?,
        knowledge: Knowledge(row.try_get(2)?),
        fuel: row.try_get::<i64, _>(3)?.unsigned_abs(),
        amount: row.try_get(4)?,
        recorded_at: row.try_get(5)?,
        status,
    })
}
