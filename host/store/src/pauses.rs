//! Revisions that are held back: one that keeps failing, or whose two ways to decide differ.

use crate::audit::{Record, append_record};
use crate::{Result, Store, date, digest, digest_or_none, flag, learn};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, Knowledge, Municipality};
use sqlx::any::AnyRow;
use sqlx::{Any, Row as _, Transaction};

/// A revision answers its slot no more.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pause {
    /// Its place in the order of what the office learnt. Given by the store; not read on saving.
    pub knowledge: Knowledge,
    /// The slot.
    pub slot: String,
    /// The revision; it must be stored.
    pub revision: Digest,
    /// Why; no personal text.
    pub reason: String,
    /// The revision that answered before, to go back to.
    pub last_good: Option<Digest>,
    /// Held back for good: putting it in force again does not lift it.
    pub quarantine: bool,
    /// When it was held back.
    pub recorded_on: Date,
}

const SAVE: &str = "INSERT INTO pause (municipality, knowledge, slot, revision, reason, last_good, quarantine, recorded_on) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const PAUSE: &str = "SELECT knowledge, slot, revision, reason, last_good, quarantine, recorded_on FROM pause \
     WHERE municipality = $1 AND slot = $2 AND revision = $3 \
     AND (quarantine = 1 OR knowledge > (SELECT COALESCE(MAX(a.knowledge), 0) FROM activation a \
         WHERE a.municipality = $1 AND a.slot = $2 AND a.revision = $3)) \
     ORDER BY quarantine DESC, knowledge DESC LIMIT 1";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] = &[SAVE, PAUSE];

impl Store {
    /// Holds a revision back, from the number that is answered on. The pause that is in force
    /// already, the day apart, changes nothing and answers its number.
    ///
    /// # Errors
    /// [`crate::StoreError::Database`], also when the revision is not stored.
    pub async fn save_pause(&self, municipality: Municipality, pause: &Pause, stamp: &Stamp) -> Result<Knowledge> {
        let mut transaction = self.writing().await?;
        let knowledge = learn(&mut transaction, municipality, pause.recorded_on).await?;
        if let Some(held) = held(&mut transaction, municipality, &pause.slot, pause.revision).await? {
            let Pause { knowledge, recorded_on, .. } = held;
            if held == (Pause { knowledge, recorded_on, ..pause.clone() }) {
                // Dropping the transaction gives the number back.
                return Ok(knowledge);
            }
        }
        sqlx::query(SAVE)
            .bind(municipality.number())
            .bind(knowledge.0)
            .bind(pause.slot.as_str())
            .bind(&pause.revision.0[..])
            .bind(pause.reason.as_str())
            .bind(pause.last_good.as_ref().map(|last| &last.0[..]))
            .bind(i64::from(pause.quarantine))
            .bind(pause.recorded_on.to_string())
            .execute(&mut *transaction)
            .await?;
        append_record(&mut transaction, municipality, stamp, Record::Pause(knowledge)).await?;
        transaction.commit().await?;
        Ok(knowledge)
    }

    /// What holds a revision back: its latest quarantine or pause, the pause only if the revision
    /// was not put in force since.
    ///
    /// # Errors
    /// [`crate::StoreError::Database`], [`crate::StoreError::Damaged`].
    pub async fn pause_of(&self, municipality: Municipality, slot: &str, revision: Digest) -> Result<Option<Pause>> {
        let mut transaction = self.reading().await?;
        let pause = held(&mut transaction, municipality, slot, revision).await?;
        transaction.rollback().await?;
        Ok(pause)
    }
}

/// What holds a revision back, within a transaction.
pub(crate) async fn held(
    transaction: &mut Transaction<'static, Any>,
    municipality: Municipality,
    slot: &str,
    revision: Digest,
) -> Result<Option<Pause>> {
    let query = sqlx::query(PAUSE).bind(municipality.number()).bind(slot).bind(&revision.0[..]);
    query.fetch_optional(&mut **transaction).await?.as_ref().map(read).transpose()
}

fn read(row: &AnyRow) -> Result<Pause> {
    Ok(Pause {
        knowledge: Knowledge(row.try_get(0)?),
        slot: row.try_get(1)?,
        revision: digest(row, 2)?,
        reason: row.try_get(3)?,
        last_good: digest_or_none(row, 4)?,
        quarantine: flag(row, 5)?,
        recorded_on: date(row.try_get(6)?)?,
    })
}
