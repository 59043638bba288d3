//! Ordinances while they are written: every version that was saved.
//!
//! Absent here: whether a draft is a good ordinance. It becomes one by
//! [`Store::save_ordinance`](crate::Store::save_ordinance).

use crate::audit::{Record, append_record};
use crate::{Result, Store, StoreError};
use jorei_domain::audit::Stamp;
use jorei_domain::id::Municipality;
use sqlx::any::AnyRow;
use sqlx::{Any, Row as _, Transaction};

/// One version of a draft.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Draft {
    /// Its name; whoever edits chose it.
    pub name: String,
    /// 1, then one more for each that was saved.
    pub version: i64,
    /// The text as it was written.
    pub written: String,
    /// Who saved it.
    pub by: String,
    /// When (RFC 3339).
    pub at: String,
}

const SAVE: &str = "INSERT INTO draft (municipality, name, version, written, by_whom, at) VALUES ($1, $2, $3, $4, $5, $6) \
     ON CONFLICT DO NOTHING";
const LATEST: &str = "SELECT name, version, written, by_whom, at FROM draft WHERE municipality = $1 AND name = $2 \
     ORDER BY version DESC LIMIT 1";
const VERSION: &str = "SELECT name, version, written, by_whom, at FROM draft WHERE municipality = $1 AND name = $2 AND version = $3";
const DRAFTS: &str = "SELECT d.name, d.version, d.written, d.by_whom, d.at FROM draft d WHERE d.municipality = $1 \
     AND d.version = (SELECT MAX(n.version) FROM draft n WHERE n.municipality = $1 AND n.name = d.name) ORDER BY d.name";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] = &[SAVE, LATEST, VERSION, DRAFTS];

impl Store {
    /// Saves the version after the one that was edited, 0 for a new draft; answers its number. The
    /// text that the edited version has already changes nothing and answers that version.
    ///
    /// # Errors
    /// [`StoreError::DraftMoved`] if the latest version is another one; [`StoreError::Database`].
    pub async fn save_draft(&self, municipality: Municipality, name: &str, expected: i64, text: &str, stamp: &Stamp) -> Result<i64> {
        let mut transaction = self.writing().await?;
        let current = latest(&mut transaction, municipality, name).await?;
        let found = current.as_ref().map_or(0, |draft| draft.version);
        if found == expected {
            if current.is_some_and(|draft| draft.written == text) {
                return Ok(expected);
            }
            let query = sqlx::query(SAVE)
                .bind(municipality.number())
                .bind(name)
                .bind(expected + 1)
                .bind(text)
                .bind(stamp.by.as_str())
                .bind(stamp.at.as_str());
            if query.execute(&mut *transaction).await?.rows_affected() > 0 {
                append_record(&mut transaction, municipality, stamp, Record::Draft(expected + 1, name)).await?;
                transaction.commit().await?;
                return Ok(expected + 1);
            }
        }
        // Whoever was faster has committed by now.
        let found = latest(&mut transaction, municipality, name).await?.map_or(0, |draft| draft.version);
        Err(StoreError::DraftMoved { name: name.to_owned(), expected, found })
    }

    /// A draft in one version, or the latest.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn draft(&self, municipality: Municipality, name: &str, version: Option<i64>) -> Result<Option<Draft>> {
        let query = match version {
            Some(version) => sqlx::query(VERSION).bind(municipality.number()).bind(name).bind(version),
            None => sqlx::query(LATEST).bind(municipality.number()).bind(name),
        };
        query.fetch_optional(&self.pool).await?.as_ref().map(read).transpose()
    }

    /// The latest version of every draft, in the order of their names.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn drafts(&self, municipality: Municipality) -> Result<Vec<Draft>> {
        let rows = sqlx::query(DRAFTS).bind(municipality.number()).fetch_all(&self.pool).await?;
        rows.iter().map(read).collect()
    }
}

async fn latest(transaction: &mut Transaction<'static, Any>, municipality: Municipality, name: &str) -> Result<Option<Draft>> {
    let query = sqlx::query(LATEST).bind(municipality.number()).bind(name);
    query.fetch_optional(&mut **transaction).await?.as_ref().map(read).transpose()
}

fn read(row: &AnyRow) -> Result<Draft> {
    Ok(Draft { name: row.try_get(0)?, version: row.try_get(1)?, written: row.try_get(2)?, by: row.try_get(3)?, at: row.try_get(4)? })
}
