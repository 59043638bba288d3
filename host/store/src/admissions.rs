//! What became of packages that were looked at, the refused ones too.
//!
//! Absent here: the look itself, and the package's file; of an admitted one the component is kept.

use crate::audit::{Record, append_record};
use crate::revisions::insert_rule;
use crate::{Result, Store, StoreError, digest, digest_or_none, flag};
use jorei_domain::audit::Stamp;
use jorei_domain::id::{Digest, Municipality};
use sqlx::Row as _;
use sqlx::any::AnyRow;

/// What became of a package.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Admission {
    /// The digest of the whole file.
    pub package: Digest,
    /// The digest of its component, where the look got so far.
    pub rule: Option<Digest>,
    /// The last step of the look.
    pub step: String,
    /// May its rule be used?
    pub admitted: bool,
    /// Why not; empty if it may.
    pub reason: String,
    /// The manifest as declared; empty where the look did not get so far.
    pub manifest: String,
    /// When (RFC 3339).
    pub recorded_at: String,
    /// Who had it looked at.
    pub by: String,
}

const LAST: &str = "SELECT COALESCE(MAX(sequence), 0) FROM admission WHERE municipality = $1";
const SAVE: &str = "INSERT INTO admission \
     (municipality, sequence, package, rule, step, admitted, reason, manifest, recorded_at, by_whom) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING";
const ADMISSIONS: &str = "SELECT package, rule, step, admitted, reason, manifest, recorded_at, by_whom FROM admission \
     WHERE municipality = $1 ORDER BY sequence DESC";
const ADMISSION_OF: &str = "SELECT package, rule, step, admitted, reason, manifest, recorded_at, by_whom FROM admission \
     WHERE municipality = $1 AND rule = $2 AND admitted = 1 ORDER BY sequence DESC LIMIT 1";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] = &[LAST, SAVE, ADMISSIONS, ADMISSION_OF];

impl Store {
    /// Keeps what became of a package, and the component of one that was admitted. Every look is
    /// kept, also a second one at the same package.
    ///
    /// # Errors
    /// [`StoreError::Admission`] if a component is there without an admission or the other way
    /// round, or is not what `rule` names; [`StoreError::Database`].
    pub async fn save_admission(
        &self,
        municipality: Municipality,
        admission: &Admission,
        component: Option<&[u8]>,
        stamp: &Stamp,
    ) -> Result<()> {
        let refuse = |wrong| Err(StoreError::Admission { package: admission.package, wrong });
        match component {
            None if admission.admitted => return refuse("admitted without its component"),
            Some(_) if !admission.admitted => return refuse("a component without admission is not kept"),
            Some(bytes) if admission.rule != Some(Digest::of(bytes)) => return refuse("its component is not what its rule's digest names"),
            _ => {}
        }
        let mut transaction = self.writing().await?;
        let sequence = loop {
            let last: i64 = sqlx::query(LAST).bind(municipality.number()).fetch_one(&mut *transaction).await?.try_get(0)?;
            let inserted = sqlx::query(SAVE)
                .bind(municipality.number())
                .bind(last + 1)
                .bind(&admission.package.0[..])
                .bind(admission.rule.as_ref().map(|rule| &rule.0[..]))
                .bind(admission.step.as_str())
                .bind(i64::from(admission.admitted))
                .bind(admission.reason.as_str())
                .bind(admission.manifest.as_str())
                .bind(admission.recorded_at.as_str())
                .bind(admission.by.as_str())
                .execute(&mut *transaction)
                .await?;
            // Nothing inserted: somebody else took the place, and has committed by now.
            if inserted.rows_affected() > 0 {
                break last + 1;
            }
        };
        let kept = match component {
            Some(bytes) => Some(insert_rule(&mut transaction, municipality, bytes).await?),
            None => None,
        };
        if let Some((rule, true)) = kept {
            append_record(&mut transaction, municipality, stamp, Record::Rule(rule)).await?;
        }
        append_record(&mut transaction, municipality, stamp, Record::Admission(sequence)).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// What became of every package, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn admissions(&self, municipality: Municipality) -> Result<Vec<Admission>> {
        let rows = sqlx::query(ADMISSIONS).bind(municipality.number()).fetch_all(&self.pool).await?;
        rows.iter().map(read).collect()
    }

    /// The latest admission of a rule; none if no package with it was ever admitted.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn admission_of(&self, municipality: Municipality, rule: Digest) -> Result<Option<Admission>> {
        let query = sqlx::query(ADMISSION_OF).bind(municipality.number()).bind(&rule.0[..]);
        query.fetch_optional(&self.pool).await?.as_ref().map(read).transpose()
    }
}

fn read(row: &AnyRow) -> Result<Admission> {
    Ok(Admission {
        package: digest(row, 0)?,
        rule: digest_or_none(row, 1)?,
        step: row.try_get(2)?,
        admitted: flag(row, 3)?,
        reason: row.try_get(4)?,
        manifest: row.try_get(5)?,
        recorded_at: row.try_get(6)?,
        by: row.try_get(7)?,
    })
}
