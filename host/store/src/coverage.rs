//! How far runs have looked: up to which knowledge every case of a date was decided, and under which revisions. What
//! came after that is all that the next run has to look at.

use crate::audit::{Record, append_record};
use crate::{Result, Store, audit, date, digest};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, Knowledge, Municipality};
use sqlx::Row as _;

/// A run that has looked at every case of a date that could have changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Coverage {
    /// The date of the cases.
    pub on: Date,
    /// With all that was known up to this number.
    pub knowledge: Knowledge,
    /// Digest over the revisions it decided under.
    pub revisions: Digest,
    /// The day its decisions count from.
    pub decided_on: Date,
}

const NEXT: &str = "SELECT COALESCE(MAX(sequence), 0) + 1 FROM coverage WHERE municipality = $1";
const INSERT: &str = "INSERT INTO coverage (municipality, sequence, case_on, knowledge, revisions, decided_on, at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)";
const LATEST: &str = "SELECT knowledge, revisions, decided_on FROM coverage \
     WHERE municipality = $1 AND case_on = $2 ORDER BY sequence DESC LIMIT 1";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] = &[NEXT, INSERT, LATEST];

impl Store {
    /// Notes that a run has come to its end. What the latest one says already is not noted again.
    ///
    /// # Errors
    /// [`crate::StoreError::Database`].
    pub async fn save_coverage(&self, municipality: Municipality, coverage: &Coverage, stamp: &Stamp) -> Result<()> {
        if self.coverage(municipality, coverage.on).await?.is_some_and(|latest| latest == *coverage) {
            return Ok(());
        }
        let mut transaction = self.writing().await?;
        audit::lock(&mut transaction, municipality).await?;
        let sequence: i64 = sqlx::query(NEXT).bind(municipality.number()).fetch_one(&mut *transaction).await?.try_get(0)?;
        sqlx::query(INSERT)
            .bind(municipality.number())
            .bind(sequence)
            .bind(coverage.on.to_string())
            .bind(coverage.knowledge.0)
            .bind(&coverage.revisions.0[..])
            .bind(coverage.decided_on.to_string())
            .bind(stamp.at.as_str())
            .execute(&mut *transaction)
            .await?;
        append_record(&mut transaction, municipality, stamp, Record::Coverage(sequence)).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// How far the latest run over the cases of a date has looked.
    ///
    /// # Errors
    /// [`crate::StoreError::Database`], [`crate::StoreError::Damaged`].
    pub async fn coverage(&self, municipality: Municipality, on: Date) -> Result<Option<Coverage>> {
        let query = sqlx::query(LATEST).bind(municipality.number()).bind(on.to_string());
        let Some(row) = query.fetch_optional(&self.pool).await? else { return Ok(None) };
        let (knowledge, decided_on) = (Knowledge(row.try_get(0)?), date(row.try_get(2)?)?);
        Ok(Some(Coverage { on, knowledge, revisions: digest(&row, 1)?, decided_on }))
    }
}
