//! Decisions: kept as their canonical content, found by case or by id.

use crate::notices::{self, NewNotice};
use crate::orders::{self, Book};
use crate::prefix::Prefix;
use crate::rows::Insert;
use crate::{Database, Result, Store, StoreError, audit, benefits, date, digest, municipality};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::decision::Decision;
use jorei_domain::id::{DecisionId, Digest, HouseholdId, Knowledge, Municipality};
use sqlx::any::AnyRow;
use sqlx::{Any, Row as _, Transaction};
use std::collections::{BTreeSet, HashMap};
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
    /// The civil day that it counts from (決定日), as whoever decided chose it.
    pub decided_on: Date,
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
    decided_on: Date,
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
    /// The civil day that it counts from (決定日).
    pub decided_on: Date,
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
    /// The civil day that it counts from (決定日).
    pub decided_on: Date,
    /// Its total in whole yen, if it has such a figure.
    pub amount: Option<i64>,
}

/// A decision that a revision made, in whichever office.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RevisionDecision {
    /// Whose.
    pub municipality: Municipality,
    /// The household.
    pub household: HouseholdId,
    /// The date of the case.
    pub on: Date,
    /// Its id.
    pub id: DecisionId,
    /// Its version; it may be superseded by now.
    pub version: i64,
    /// decided, provisional, refused or failed.
    pub status: String,
    /// Its total in whole yen, if it has such a figure.
    pub amount: Option<i64>,
    /// When it was made.
    pub recorded_at: String,
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
         (municipality, slot, case_on, household, version, id, revision, status, knowledge, fuel, amount, recorded_at, content, decided_on) VALUES",
    columns: 14,
    tail: "ON CONFLICT DO NOTHING RETURNING id",
};
const ID_OF_VERSION: &str = "SELECT id FROM decision \
     WHERE municipality = $1 AND slot = $2 AND case_on = $3 AND household = $4 AND version = $5";
/// The latest version by a look into the key per row. As an anti-join PostgreSQL, before it has
/// counted the table, compares every row with every other.
const CURRENT: &str = "SELECT d.household, d.version, d.id, d.revision, d.status, d.knowledge, d.amount, d.decided_on FROM decision d \
     WHERE d.municipality = $1 AND d.slot = $2 AND d.case_on = $3 AND d.household >= $4 AND d.household <= $5 \
     AND d.version = (SELECT MAX(n.version) FROM decision n \
         WHERE n.municipality = $1 AND n.slot = $2 AND n.case_on = $3 AND n.household = d.household) \
     ORDER BY d.household";
const PAGE: &str = "SELECT d.id, d.version, d.knowledge, d.fuel, d.amount, d.recorded_at, d.status, d.content, d.decided_on FROM decision d \
     WHERE d.municipality = $1 AND d.slot = $2 AND d.case_on = $3 AND d.household > $4 \
     AND d.version = (SELECT MAX(n.version) FROM decision n \
         WHERE n.municipality = $1 AND n.slot = $2 AND n.case_on = $3 AND n.household = d.household) \
     ORDER BY d.household LIMIT $5";
const BY_ID: &str = "SELECT id, version, knowledge, fuel, amount, recorded_at, status, content, decided_on FROM decision \
     WHERE municipality = $1 AND id = $2";
const BY_PREFIX: &str = "SELECT id, version, knowledge, fuel, amount, recorded_at, status, content, decided_on FROM decision \
     WHERE municipality = $1 AND id >= $2 AND id <= $3 ORDER BY id LIMIT 2";
const HISTORY: &str = "SELECT id, version, knowledge, fuel, amount, recorded_at, status, content, decided_on FROM decision \
     WHERE municipality = $1 AND slot = $2 AND case_on = $3 AND household = $4 ORDER BY version";
const HISTORIES: &str = "SELECT id, version, knowledge, fuel, amount, recorded_at, status, content, decided_on FROM decision \
     WHERE municipality = $1 AND slot = $2 AND case_on = $3 AND household >= $4 AND household <= $5 ORDER BY household, version";
const FIRST: &str = "SELECT MIN(case_on) FROM decision WHERE municipality = $1 AND slot = $2";
const ANY: &str = "SELECT household FROM decision WHERE municipality = $1 AND slot = $2 AND case_on = $3 LIMIT 1";
const STORED_BYTES: &str = "SELECT COUNT(*), CAST(COALESCE(SUM(LENGTH(content)), 0) AS bigint) FROM decision \
     WHERE municipality = $1 AND slot = $2 AND case_on = $3";
const KEY: &str = "SELECT slot, case_on, household, version FROM decision WHERE municipality = $1 AND id = $2";
const OF_REVISION: &str = "SELECT municipality, household, case_on, id, version, status, amount, recorded_at FROM decision \
     WHERE revision = $1 AND (municipality, slot, case_on, household, version) > ($2, $3, $4, $5, $6) \
     ORDER BY municipality, slot, case_on, household, version LIMIT $7";
const OF_REVISION_IN: &str = "SELECT municipality, household, case_on, id, version, status, amount, recorded_at FROM decision \
     WHERE revision = $1 AND (slot, case_on, household, version) > ($3, $4, $5, $6) AND municipality = $2 \
     ORDER BY slot, case_on, household, version LIMIT $7";
/// Sixteen at once, so that a city's decisions are not as many round trips.
const CONTENTS: &str = "SELECT id, slot, case_on, household, revision, status, content, decided_on FROM decision \
     WHERE municipality = $1 AND id IN ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";
const CONTENTS_AT_ONCE: usize = 16;

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] = &[
    ID_OF_VERSION,
    CURRENT,
    PAGE,
    BY_ID,
    BY_PREFIX,
    HISTORY,
    HISTORIES,
    FIRST,
    ANY,
    STORED_BYTES,
    KEY,
    OF_REVISION,
    OF_REVISION_IN,
    CONTENTS,
];
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
        let NewDecision { decision, version, knowledge, decided_on, fuel, amount, recorded_at } = self;
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
            decided_on,
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

    /// Did the rule fail on it?
    pub fn failed(&self) -> bool {
        self.status == "failed"
    }

    /// decided, provisional, refused or failed.
    pub fn state(&self) -> &'static str {
        self.status
    }

    /// Does it supersede another one?
    pub fn is_successor(&self) -> bool {
        self.supersedes.is_some()
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
    /// Writes a batch in one transaction, with one entry per municipality in the chain that names
    /// what was written. A decision that is there already, under the same key and id, is counted
    /// and left alone, so a batch may be sent again.
    ///
    /// # Errors
    /// [`StoreError::DecidedOtherwise`] if the case has another decision of that version, or the
    /// same decision another version; [`StoreError::NotTheSuccessor`] if a later version does not
    /// name the id of the one before it; [`StoreError::Database`], also when the revision is not
    /// stored: what could not be replayed is not kept.
    pub async fn save_decisions(&self, decisions: &[PackedDecision], stamp: &Stamp) -> Result<Saved> {
        self.save_run(decisions, &[], &[], stamp).await
    }

    /// As [`Store::save_decisions`], together with what the run could not settle and with what follows from the decisions in
    /// the books: all of it or nothing.
    ///
    /// # Errors
    /// As [`Store::save_decisions`]; [`StoreError::Ledger`] for a posting that cannot be written.
    pub async fn save_run(&self, decisions: &[PackedDecision], notices: &[NewNotice], books: &[Book], stamp: &Stamp) -> Result<Saved> {
        let mut ordered: Vec<&PackedDecision> = decisions.iter().collect();
        ordered.sort_by(|a, b| a.key().cmp(&b.key()));
        let mut written: BTreeSet<DecisionId> = BTreeSet::new();
        let mut transaction = self.writing().await?;
        for chunk in ordered.chunks(DECISIONS_PER_STATEMENT) {
            let inserted = insert(&mut transaction, chunk, self.database).await?;
            let all_new = inserted.len() == chunk.len();
            written.extend(inserted);
            for packed in chunk {
                if !all_new && id_of_version(&mut transaction, packed, packed.version).await? != Some(packed.id) {
                    let PackedDecision { household, on, version, .. } = **packed;
                    return Err(StoreError::DecidedOtherwise { household, on, version });
                }
                if packed.version > 1 && id_of_version(&mut transaction, packed, packed.version - 1).await? != packed.supersedes {
                    let PackedDecision { household, on, version, .. } = **packed;
                    return Err(StoreError::NotTheSuccessor { household, on, version });
                }
            }
        }
        let mut inserted = 0;
        // In the order of the key, as they were sorted: two batches take the counters in one order.
        for office in ordered.chunk_by(|a, b| a.municipality == b.municipality) {
            let mut questions = BTreeSet::new();
            let mut ids = Vec::new();
            // A decision that is in the batch twice is written once.
            for packed in office.iter().filter(|packed| written.remove(&packed.id)) {
                questions.insert(question(&packed.slot, packed.on, &packed.decided_on.to_string()));
                ids.extend_from_slice(&packed.id.0);
            }
            if !ids.is_empty() {
                let subject = Vec::from_iter(questions).join(", ");
                audit::append(&mut transaction, office[0].municipality, stamp, "decisions", &subject, &ids).await?;
                inserted += ids.len() / 32;
            }
        }
        notices::insert(&mut transaction, notices, stamp).await?;
        for Book { municipality, postings, orders, dues } in books {
            // Balances are touched behind the chain only: two writers never wait for each other in a circle.
            audit::lock(&mut transaction, *municipality).await?;
            self.post_in(&mut transaction, *municipality, postings, stamp).await?;
            orders::save(&mut transaction, *municipality, orders, stamp).await?;
            benefits::save_dues(&mut transaction, *municipality, dues, self.database, stamp).await?;
        }
        transaction.commit().await?;
        Ok(Saved { inserted, existing: decisions.len() - inserted })
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
                decided_on: date(row.try_get(7)?)?,
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

    /// Every decision of the cases on a date, for a range of households: in their order, the first version first.
    ///
    /// # Errors
    /// As [`Store::decision`].
    pub async fn decision_histories(
        &self,
        municipality: Municipality,
        slot: &str,
        case_on: Date,
        households: RangeInclusive<HouseholdId>,
    ) -> Result<Vec<StoredDecision>> {
        let rows = sqlx::query(HISTORIES)
            .bind(municipality.number())
            .bind(slot)
            .bind(case_on.to_string())
            .bind(households.start().0)
            .bind(households.end().0)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(read).collect()
    }

    /// The first date on which any case of a slot was decided.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn first_case_date(&self, municipality: Municipality, slot: &str) -> Result<Option<Date>> {
        let row = sqlx::query(FIRST).bind(municipality.number()).bind(slot).fetch_one(&self.pool).await?;
        row.try_get::<Option<&str>, _>(0)?.map(date).transpose()
    }

    /// Was any case of a slot and date ever decided?
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn is_decided(&self, municipality: Municipality, slot: &str, case_on: Date) -> Result<bool> {
        let query = sqlx::query(ANY).bind(municipality.number()).bind(slot).bind(case_on.to_string());
        Ok(query.fetch_optional(&self.pool).await?.is_some())
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
        let prefix = Prefix::parse("decision", prefix)?;
        let query = sqlx::query(BY_PREFIX).bind(municipality.number()).bind(&prefix.first.0[..]).bind(&prefix.last.0[..]);
        prefix.only(&query.fetch_all(&self.pool).await?)?.map(read).transpose()
    }

    /// The decisions that a revision made, of one municipality or of every one in the database, all
    /// versions, in the order of (municipality, slot, date of the case, household, version), after one of
    /// them, at most `limit`; none means that there are no more, or no such decision to go on after.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn decisions_of_revision(
        &self,
        revision: Digest,
        of: Option<Municipality>,
        after: Option<(Municipality, DecisionId)>,
        limit: u32,
    ) -> Result<Vec<RevisionDecision>> {
        let (mut from, mut slot, mut on, mut household, mut version) = (-1, String::new(), String::new(), 0, 0);
        if let Some((municipality, id)) = after {
            let query = sqlx::query(KEY).bind(municipality.number()).bind(&id.0[..]);
            let Some(row) = query.fetch_optional(&self.pool).await? else { return Ok(Vec::new()) };
            from = municipality.number();
            (slot, on, household, version) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
        }
        if let Some(municipality) = of {
            // Whoever asks of one office goes on after a decision of that office.
            from = municipality.number();
        }
        let query = sqlx::query(if of.is_some() { OF_REVISION_IN } else { OF_REVISION }).bind(&revision.0[..]).bind(from);
        let query = query.bind(slot).bind(on).bind(household).bind(version).bind(i64::from(limit));
        let rows = query.fetch_all(&self.pool).await?;
        let read = |row: &AnyRow| {
            Ok(RevisionDecision {
                municipality: municipality(row.try_get(0)?)?,
                household: HouseholdId(row.try_get(1)?),
                on: date(row.try_get(2)?)?,
                id: digest(row, 3)?,
                version: row.try_get(4)?,
                status: row.try_get(5)?,
                amount: row.try_get(6)?,
                recorded_at: row.try_get(7)?,
            })
        };
        rows.iter().map(read).collect()
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

/// Inserts those of a chunk that are not there; answers which, in no order.
async fn insert(transaction: &mut Transaction<'static, Any>, chunk: &[&PackedDecision], database: Database) -> Result<Vec<DecisionId>> {
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
            .bind(&packed.content[..])
            .bind(packed.decided_on.to_string());
    }
    query.fetch_all(&mut **transaction).await?.iter().map(|row| digest(row, 0)).collect()
}

/// Of each decision: none if it is not there, else whether its content is what its id names, its row what its content
/// says, and its day one that the entry's subject names.
pub(crate) async fn intact(
    transaction: &mut Transaction<'static, Any>,
    municipality: Municipality,
    subject: &str,
    ids: &[[u8; 32]],
) -> Result<Vec<(DecisionId, Option<bool>)>> {
    let mut answers = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CONTENTS_AT_ONCE) {
        let mut query = sqlx::query(CONTENTS).bind(municipality.number());
        // The last one fills the places that are left.
        for id in chunk.iter().chain(std::iter::repeat_n(&chunk[chunk.len() - 1], CONTENTS_AT_ONCE - chunk.len())) {
            query = query.bind(&id[..]);
        }
        let mut found = HashMap::with_capacity(chunk.len());
        for row in query.fetch_all(&mut **transaction).await? {
            let id = digest(&row, 0)?;
            found.insert(id, is_intact(municipality, subject, id, &row)?);
        }
        answers.extend(chunk.iter().map(|id| (Digest(*id), found.get(&Digest(*id)).copied())));
    }
    Ok(answers)
}

/// A row of id, slot, case_on, household, revision, status, content, decided_on.
fn is_intact(municipality: Municipality, subject: &str, id: DecisionId, row: &AnyRow) -> Result<bool> {
    let Ok(content) = zstd::bulk::decompress(row.try_get(6)?, LARGEST_CONTENT) else {
        return Ok(false);
    };
    let Ok(decision) = Decision::decode(&content) else {
        return Ok(false);
    };
    Ok(Digest::of(&content) == id
        && decision.municipality == municipality
        && row.try_get::<&str, _>(1)? == decision.slot
        && row.try_get::<&str, _>(2)? == decision.on.to_string()
        && row.try_get::<i64, _>(3)? == decision.household.0
        && row.try_get::<&[u8], _>(4)? == decision.revision.0
        && row.try_get::<&str, _>(5)? == decision.outcome.word()
        && is_subject(subject, &decision.slot, decision.on, row.try_get(7)?))
}

/// What a set of decisions answers: slot, date of the cases, and the day they count from.
fn question(slot: &str, on: Date, decided_on: &str) -> String {
    format!("{slot} {on} decided on {decided_on}")
}

/// Does an entry's subject name the question of a decision? Before decisions had a day of their own, it named none.
fn is_subject(subject: &str, slot: &str, on: Date, decided_on: &str) -> bool {
    let (now, before) = (question(slot, on, decided_on), format!("{slot} {on}"));
    subject.split(", ").any(|named| named == now || named == before)
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

/// A row of id, version, knowledge, fuel, amount, recorded_at, status, content, decided_on.
pub(crate) fn read(row: &AnyRow) -> Result<StoredDecision> {
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
        decided_on: date(row.try_get(8)?)?,
        fuel: row.try_get::<i64, _>(3)?.unsigned_abs(),
        amount: row.try_get(4)?,
        recorded_at: row.try_get(5)?,
        status,
    })
}
