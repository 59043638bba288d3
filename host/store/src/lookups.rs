//! Look-ups of persons, as entries of the audit chain and nowhere else, and the alarms that those of
//! protected persons raise.
//!
//! Absent here: what was searched for. An entry names what was found.

use crate::{Result, Store, StoreError, audit};
use jorei_domain::audit::Stamp;
use jorei_domain::id::Municipality;
use jorei_domain::lookup::{ALARM, LOOKUP, Lookup, Noted};
use sqlx::Row as _;

/// A look-up of protected persons.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Alarm {
    /// The place of its entry in the chain.
    pub sequence: i64,
    /// Who looked, and when.
    pub stamp: Stamp,
    /// What it was; `persons` are the protected ones, `households` is empty.
    pub noted: Noted,
}

const ALARMS: &str = "SELECT sequence, at, by_whom, payload FROM audit \
     WHERE municipality = $1 AND kind = 'alarm' AND sequence > $2 ORDER BY sequence LIMIT $3";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] = &[ALARMS];

impl Store {
    /// Notes a look-up, refused or not: one entry, and a second one, the alarm, where a protected
    /// person is among those found.
    ///
    /// # Errors
    /// [`StoreError::Database`]; then nothing must be shown to whoever asked.
    pub async fn record_lookup(&self, municipality: Municipality, lookup: &Lookup<'_>, stamp: &Stamp) -> Result<()> {
        let noted = Noted::of(lookup);
        let mut transaction = self.writing().await?;
        audit::append(&mut transaction, municipality, stamp, LOOKUP, &noted.subject(), &noted.content(LOOKUP)).await?;
        if !noted.protected.is_empty() {
            let alarm = noted.alarm();
            audit::append(&mut transaction, municipality, stamp, ALARM, &alarm.subject(), &alarm.content(ALARM)).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Alarms behind a place in the chain (0 for all), the oldest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] for an entry that was edited, [`StoreError::Database`].
    pub async fn alarms(&self, municipality: Municipality, after: i64, limit: u32) -> Result<Vec<Alarm>> {
        let query = sqlx::query(ALARMS).bind(municipality.number()).bind(after).bind(i64::from(limit));
        let rows = query.fetch_all(&self.pool).await?;
        let mut alarms = Vec::with_capacity(rows.len());
        for row in &rows {
            let sequence = row.try_get(0)?;
            let noted = Noted::decode(ALARM, row.try_get(3)?);
            let noted = noted.map_err(|_| StoreError::Damaged(format!("audit entry {sequence} is no alarm; verify the chain")))?;
            alarms.push(Alarm { sequence, stamp: Stamp { at: row.try_get(1)?, by: row.try_get(2)? }, noted });
        }
        Ok(alarms)
    }
}
