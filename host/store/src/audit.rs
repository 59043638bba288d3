//! The audit chain: every writing call leaves one entry per thing it did, in its own transaction.
//!
//! The entry's payload names what was written so that it can be looked up and hashed again: the
//! digest of a row as it is stored, the ids of decisions, a digest over facts. Numbers come from a
//! counter row that the transaction takes as its last step; so no two writers wait for each other
//! in a circle (the knowledge counter first, this one last), and there is no gap.
//!
//! Absent here: signing heads, and where they are kept.

mod record;
mod verify;

use crate::{Result, Store, StoreError, digest};
use jorei_domain::audit::{Entry, START, Stamp};
use jorei_domain::id::{Digest, Municipality};
pub(crate) use record::{Record, append_record};
use sqlx::any::AnyRow;
use sqlx::{Any, Row as _, Transaction};
pub use verify::Broken;

/// An entry as it is kept. Nothing of it is checked here: see [`Store::audit_verify`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredEntry {
    /// The entry; its `payload` is the hash as stored.
    pub entry: Entry,
    /// The payload itself. Its layout is that of the entry's kind: for `decisions` their ids of 32
    /// bytes each; for `facts` the knowledge number in 8 bytes and a digest; for `names`, `addresses` and `contacts` the
    /// knowledge number and the count, 8 bytes each; for `lookup` and
    /// `alarm` see [`jorei_domain::lookup::Noted`]; for every other kind the digest of the row and
    /// its key. Numbers are big-endian.
    pub payload: Vec<u8>,
    /// The link as stored.
    pub link: Digest,
}

/// Takes the next place: the first is 1. The row stays locked until the commit.
const TAKE_SEQUENCE: &str = "INSERT INTO audit_counter (municipality, next) VALUES ($1, 2) \
     ON CONFLICT (municipality) DO UPDATE SET next = audit_counter.next + 1 RETURNING next - 1";
const LOCK: &str = "UPDATE audit_counter SET next = next WHERE municipality = $1";
const LINK: &str = "SELECT link FROM audit WHERE municipality = $1 AND sequence = $2";
const APPEND: &str = "INSERT INTO audit (municipality, sequence, at, by_whom, kind, subject, payload, payload_hash, link) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const ENTRIES: &str = "SELECT sequence, at, by_whom, kind, subject, payload, payload_hash, link FROM audit \
     WHERE municipality = $1 AND sequence > $2 ORDER BY sequence LIMIT $3";
const HEAD: &str = "SELECT sequence, link FROM audit WHERE municipality = $1 ORDER BY sequence DESC LIMIT 1";
const COUNTED: &str = "SELECT next - 1 FROM audit_counter WHERE municipality = $1";

/// Every statement of this file and those below it, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&[&str]] =
    &[&[TAKE_SEQUENCE, LOCK, LINK, APPEND, ENTRIES, HEAD, COUNTED], record::STATEMENTS, verify::STATEMENTS];

impl Store {
    /// The entries after a place (0 for all), in order, at most `limit`; none means that there are
    /// no more.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`] for a digest that is none.
    pub async fn audit_entries(&self, municipality: Municipality, after: i64, limit: u32) -> Result<Vec<StoredEntry>> {
        let query = sqlx::query(ENTRIES).bind(municipality.number()).bind(after).bind(i64::from(limit));
        query.fetch_all(&self.pool).await?.iter().map(|row| read(municipality, row)).collect()
    }

    /// The last entry's place and link; 0 and [`START`] for an empty chain.
    ///
    /// # Errors
    /// As [`Store::audit_entries`].
    pub async fn audit_head(&self, municipality: Municipality) -> Result<(i64, Digest)> {
        let row = sqlx::query(HEAD).bind(municipality.number()).fetch_optional(&self.pool).await?;
        row.map_or(Ok((0, START)), |row| Ok((row.try_get(0)?, digest(&row, 1)?)))
    }
}

/// Lets one writer of the municipality's chain at a time go on, for short transactions that count
/// rows before they write one and take no knowledge number. Where the chain is empty there is nothing
/// to lock, and of two that race the keys of their tables refuse one.
pub(crate) async fn lock(transaction: &mut Transaction<'static, Any>, municipality: Municipality) -> Result<()> {
    sqlx::query(LOCK).bind(municipality.number()).execute(&mut **transaction).await?;
    Ok(())
}

/// Appends an entry. The last thing a transaction does before it commits: the counter's lock makes
/// every other writer of the municipality wait.
///
/// # Errors
/// [`StoreError::Damaged`] if the entry before is gone: a chain is not carried on over a hole.
pub(crate) async fn append(
    transaction: &mut Transaction<'static, Any>,
    municipality: Municipality,
    stamp: &Stamp,
    kind: &str,
    subject: &str,
    payload: &[u8],
) -> Result<()> {
    let sequence: i64 = sqlx::query(TAKE_SEQUENCE).bind(municipality.number()).fetch_one(&mut **transaction).await?.try_get(0)?;
    let previous = match sequence {
        1 => START,
        _ => {
            let query = sqlx::query(LINK).bind(municipality.number()).bind(sequence - 1);
            let row = query.fetch_optional(&mut **transaction).await?;
            let gone = || StoreError::Damaged(format!("audit entry {} of {municipality} is gone; verify the chain", sequence - 1));
            digest(&row.ok_or_else(gone)?, 0)?
        }
    };
    let entry = Entry {
        municipality,
        sequence,
        stamp: stamp.clone(),
        kind: kind.to_owned(),
        subject: subject.to_owned(),
        payload: Digest::of(payload),
    };
    sqlx::query(APPEND)
        .bind(municipality.number())
        .bind(sequence)
        .bind(stamp.at.as_str())
        .bind(stamp.by.as_str())
        .bind(kind)
        .bind(subject)
        .bind(payload)
        .bind(&entry.payload.0[..])
        .bind(&entry.link(previous).0[..])
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

fn read(municipality: Municipality, row: &AnyRow) -> Result<StoredEntry> {
    let entry = Entry {
        municipality,
        sequence: row.try_get(0)?,
        stamp: Stamp { at: row.try_get(1)?, by: row.try_get(2)? },
        kind: row.try_get(3)?,
        subject: row.try_get(4)?,
        payload: digest(row, 6)?,
    };
    Ok(StoredEntry { entry, payload: row.try_get(5)?, link: digest(row, 7)? })
}
