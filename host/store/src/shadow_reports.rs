//! Reports of shadow runs: what a candidate would have decided, kept as they were written.

use crate::audit::{Record, append_record};
use crate::prefix::Prefix;
use crate::{Result, Store, StoreError, date, digest};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, Municipality};
use sqlx::Row as _;
use sqlx::any::AnyRow;

/// What a candidate would have decided.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ShadowReport {
    /// The digest of the content.
    pub id: Digest,
    /// The revision that ran beside the live one.
    pub candidate: Digest,
    /// The slot.
    pub slot: String,
    /// The date of the cases.
    pub on: Date,
    /// The report; opaque here.
    pub content: String,
    /// When it was written (RFC 3339).
    pub recorded_at: String,
}

const SAVE: &str = "INSERT INTO shadow_report (municipality, id, candidate, slot, case_on, content, recorded_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
const REPORTS: &str = "SELECT id, candidate, slot, case_on, content, recorded_at FROM shadow_report \
     WHERE municipality = $1 ORDER BY recorded_at DESC, id";
const REPORTS_OF: &str = "SELECT id, candidate, slot, case_on, content, recorded_at FROM shadow_report \
     WHERE municipality = $1 AND candidate = $2 ORDER BY recorded_at DESC, id";
const BY_PREFIX: &str = "SELECT id, candidate, slot, case_on, content, recorded_at FROM shadow_report \
     WHERE municipality = $1 AND id >= $2 AND id <= $3 ORDER BY id LIMIT 2";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] = &[SAVE, REPORTS, REPORTS_OF, BY_PREFIX];

impl Store {
    /// Keeps a report. One that is there already, by its id, is left alone.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if the id is not the digest of the content; [`StoreError::Database`].
    pub async fn save_shadow_report(&self, municipality: Municipality, report: &ShadowReport, stamp: &Stamp) -> Result<()> {
        check(report)?;
        let mut transaction = self.writing().await?;
        let query = sqlx::query(SAVE)
            .bind(municipality.number())
            .bind(&report.id.0[..])
            .bind(&report.candidate.0[..])
            .bind(report.slot.as_str())
            .bind(report.on.to_string())
            .bind(report.content.as_str())
            .bind(report.recorded_at.as_str());
        if query.execute(&mut *transaction).await?.rows_affected() > 0 {
            append_record(&mut transaction, municipality, stamp, Record::ShadowReport(report.id)).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Every report, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if a content is not what its id names; [`StoreError::Database`].
    pub async fn shadow_reports(&self, municipality: Municipality) -> Result<Vec<ShadowReport>> {
        let rows = sqlx::query(REPORTS).bind(municipality.number()).fetch_all(&self.pool).await?;
        rows.iter().map(read).collect()
    }

    /// The reports about a candidate, the newest first.
    ///
    /// # Errors
    /// As [`Store::shadow_reports`].
    pub async fn shadow_reports_of(&self, municipality: Municipality, candidate: Digest) -> Result<Vec<ShadowReport>> {
        let rows = sqlx::query(REPORTS_OF).bind(municipality.number()).bind(&candidate.0[..]).fetch_all(&self.pool).await?;
        rows.iter().map(read).collect()
    }

    /// A report by the first hexadecimal digits of its id, one at least.
    ///
    /// # Errors
    /// [`StoreError::Prefix`] if the text is no such digits or several ids begin with them; and as
    /// [`Store::shadow_reports`].
    pub async fn shadow_report_by_prefix(&self, municipality: Municipality, prefix: &str) -> Result<Option<ShadowReport>> {
        let prefix = Prefix::parse("shadow report", prefix)?;
        let query = sqlx::query(BY_PREFIX).bind(municipality.number()).bind(&prefix.first.0[..]).bind(&prefix.last.0[..]);
        prefix.only(&query.fetch_all(&self.pool).await?)?.map(read).transpose()
    }
}

fn check(report: &ShadowReport) -> Result<()> {
    if Digest::of(report.content.as_bytes()) == report.id {
        return Ok(());
    }
    Err(StoreError::Damaged(format!("shadow report {}: its content is not what its id names", report.id)))
}

fn read(row: &AnyRow) -> Result<ShadowReport> {
    let report = ShadowReport {
        id: digest(row, 0)?,
        candidate: digest(row, 1)?,
        slot: row.try_get(2)?,
        on: date(row.try_get(3)?)?,
        content: row.try_get(4)?,
        recorded_at: row.try_get(5)?,
    };
    check(&report)?;
    Ok(report)
}
