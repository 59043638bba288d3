//! What clerks said to cases that waited (処理), and which cases of a date wait still.
//!
//! A settlement stands for one decision or one notice and for no other: when the case is decided again and
//! waits again, it waits anew. Absent here: which decisions wait but for their status (the content says the
//! rest), and what a way of settling means.

use crate::audit::{Record, append_record};
use crate::{Result, Store, StoreError, audit, date, digest};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::id::{DecisionId, Digest, HouseholdId, Knowledge, Municipality, PersonId};
use sqlx::Row as _;
use sqlx::any::AnyRow;
use std::fmt;

/// What waits and is settled: this very decision, or this very notice.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Matter {
    /// A decision.
    Decision(DecisionId),
    /// A notice, by its number.
    Notice(i64),
}

impl Matter {
    /// Reads what its text says; none for any other text.
    pub fn parse(text: &str) -> Option<Matter> {
        let matter = match text.split_once(':')? {
            ("decision", id) => Matter::Decision(Digest::parse(id)?),
            ("notice", number) => Matter::Notice(number.parse().ok().filter(|number| *number > 0)?),
            _ => return None,
        };
        (matter.to_string() == text).then_some(matter)
    }
}

impl fmt::Display for Matter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Matter::Decision(id) => write!(f, "decision:{id}"),
            Matter::Notice(number) => write!(f, "notice:{number}"),
        }
    }
}

/// What a clerk said to a case that waited.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Settlement {
    /// Its number in the municipality, from 1. Given by the store; not read on saving.
    pub ordinal: i64,
    /// The slot's word.
    pub slot: String,
    /// The date of the case.
    pub on: Date,
    /// The household.
    pub household: HouseholdId,
    /// What it settles.
    pub matter: Matter,
    /// The word for what was done.
    pub way: String,
    /// Why; no personal data.
    pub reason: String,
    /// The account. That of the stamp on saving.
    pub by: String,
    /// When: an instant. That of the stamp on saving.
    pub at: String,
}

/// A case whose latest decision may wait.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WaitingCase {
    /// The household.
    pub household: HouseholdId,
    /// The decision.
    pub id: DecisionId,
    /// Its status.
    pub status: String,
    /// When the first decision was made since which the case was neither decided for good nor settled.
    pub since: String,
}

/// Somebody who applied for an exemption after the case of a household was last decided, or before it ever was. The
/// household is one that they were said to live in at some time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Applied {
    /// The household.
    pub household: HouseholdId,
    /// Who.
    pub person: PersonId,
    /// The newest of the applications.
    pub newest: Knowledge,
}

const LATEST: &str = "SELECT id, version FROM decision WHERE municipality = $1 AND slot = $2 AND case_on = $3 AND household = $4 \
     ORDER BY version DESC LIMIT 1";
const SETTLED: &str = "SELECT 1 FROM settlement WHERE municipality = $1 AND matter = $2";
const NEXT: &str = "SELECT COALESCE(MAX(ordinal), 0) + 1 FROM settlement WHERE municipality = $1";
const SAVE: &str = "INSERT INTO settlement (municipality, ordinal, slot, case_on, household, matter, version, way, reason, by_whom, at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
const OF_CASES: &str = "SELECT ordinal, slot, case_on, household, matter, way, reason, by_whom, at FROM settlement \
     WHERE municipality = $1 AND case_on = $2 AND ordinal > $3 ORDER BY ordinal LIMIT $4";
const OF_HOUSEHOLD: &str = "SELECT ordinal, slot, case_on, household, matter, way, reason, by_whom, at FROM settlement \
     WHERE municipality = $1 AND case_on = $2 AND household = $3 ORDER BY +ordinal";
/// Latest versions by status, but for those that are settled. The inner version is that of the last decision before
/// which nothing waits.
const WAITING: &str = "SELECT d.household, d.id, d.status, (SELECT MIN(w.recorded_at) FROM decision w \
         WHERE w.municipality = $1 AND w.slot = $2 AND w.case_on = $3 AND w.household = d.household AND w.version > COALESCE( \
             (SELECT MAX(x.version) FROM decision x WHERE x.municipality = $1 AND x.slot = $2 AND x.case_on = $3 \
                 AND x.household = d.household AND x.version < d.version AND (x.status = 'decided' OR EXISTS ( \
                     SELECT 1 FROM settlement s WHERE s.municipality = $1 AND s.case_on = $3 AND s.household = d.household \
                         AND s.slot = $2 AND s.version = x.version))), 0)) \
     FROM decision d WHERE d.municipality = $1 AND d.slot = $2 AND d.case_on = $3 AND d.household > $4 \
     AND d.status IN ($5, $6, $7, $8) \
     AND d.version = (SELECT MAX(n.version) FROM decision n \
         WHERE n.municipality = $1 AND n.slot = $2 AND n.case_on = $3 AND n.household = d.household) \
     AND NOT EXISTS (SELECT 1 FROM settlement s WHERE s.municipality = $1 AND s.case_on = $3 AND s.household = d.household \
         AND s.slot = $2 AND s.version = d.version) \
     ORDER BY d.household LIMIT $9";
const COUNTS: &str = "SELECT d.status, COUNT(*) FROM decision d WHERE d.municipality = $1 AND d.slot = $2 AND d.case_on = $3 \
     AND d.version = (SELECT MAX(n.version) FROM decision n \
         WHERE n.municipality = $1 AND n.slot = $2 AND n.case_on = $3 AND n.household = d.household) \
     AND NOT EXISTS (SELECT 1 FROM settlement s WHERE s.municipality = $1 AND s.case_on = $3 AND s.household = d.household \
         AND s.slot = $2 AND s.version = d.version) \
     GROUP BY d.status ORDER BY d.status";
/// The first value of an application is its fiscal year.
const APPLIED: &str = "SELECT m.household, a.person, MAX(a.knowledge) FROM fact a \
     JOIN fact m ON m.municipality = a.municipality AND m.person = a.person AND m.kind = 'membership' \
     WHERE a.municipality = $1 AND a.kind = 'applications' AND substr(a.vals, 2, 5) = $2 AND m.household > $3 \
     AND a.knowledge > COALESCE((SELECT d.knowledge FROM decision d WHERE d.municipality = $1 AND d.slot = 'exemption' \
         AND d.case_on = $4 AND d.household = m.household ORDER BY d.version DESC LIMIT 1), 0) \
     GROUP BY m.household, a.person ORDER BY m.household, a.person LIMIT $5";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] = &[LATEST, SETTLED, NEXT, SAVE, OF_CASES, OF_HOUSEHOLD, WAITING, COUNTS, APPLIED];

impl Store {
    /// Keeps what a clerk said to a case that waits; answers its number. Of a decision that is the latest of its case and
    /// not settled yet, or of a notice that is not settled yet; that the decision waits, or the notice is open, is for the
    /// caller to know.
    ///
    /// # Errors
    /// [`StoreError::Settlement`] for a decision that is not the latest of its case or a matter that is settled;
    /// [`StoreError::Database`].
    pub async fn save_settlement(&self, municipality: Municipality, settlement: &Settlement, stamp: &Stamp) -> Result<i64> {
        let Settlement { slot, on, household, matter, way, reason, .. } = settlement;
        let refused = |wrong| StoreError::Settlement { household: *household, wrong };
        let mut transaction = self.writing().await?;
        // Whoever decides the case anew meanwhile waits for the chain until this is written.
        audit::lock(&mut transaction, municipality).await?;
        let mut version = 0_i64;
        if let Matter::Decision(id) = matter {
            let query = sqlx::query(LATEST).bind(municipality.number()).bind(slot.as_str()).bind(on.to_string()).bind(household.0);
            let latest = query.fetch_optional(&mut *transaction).await?;
            version = match latest {
                Some(row) if digest(&row, 0)? == *id => row.try_get(1)?,
                _ => return Err(refused("this decision is not the latest of its case; look at the queue again")),
            };
        }
        let query = sqlx::query(SETTLED).bind(municipality.number()).bind(matter.to_string());
        if query.fetch_optional(&mut *transaction).await?.is_some() {
            return Err(refused("this was settled already; look at the queue again"));
        }
        let ordinal: i64 = sqlx::query(NEXT).bind(municipality.number()).fetch_one(&mut *transaction).await?.try_get(0)?;
        sqlx::query(SAVE)
            .bind(municipality.number())
            .bind(ordinal)
            .bind(slot.as_str())
            .bind(on.to_string())
            .bind(household.0)
            .bind(matter.to_string())
            .bind(version)
            .bind(way.as_str())
            .bind(reason.as_str())
            .bind(stamp.by.as_str())
            .bind(stamp.at.as_str())
            .execute(&mut *transaction)
            .await?;
        append_record(&mut transaction, municipality, stamp, Record::Settlement(ordinal)).await?;
        transaction.commit().await?;
        Ok(ordinal)
    }

    /// Was this settled?
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn is_settled(&self, municipality: Municipality, matter: Matter) -> Result<bool> {
        let query = sqlx::query(SETTLED).bind(municipality.number()).bind(matter.to_string());
        Ok(query.fetch_optional(&self.pool).await?.is_some())
    }

    /// What was settled of the cases on a date, in the order of the numbers after one, at most `limit`; none means that
    /// there are no more.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn settlements(&self, municipality: Municipality, case_on: Date, after: i64, limit: u32) -> Result<Vec<Settlement>> {
        let query = sqlx::query(OF_CASES).bind(municipality.number()).bind(case_on.to_string()).bind(after).bind(i64::from(limit));
        query.fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// What was settled of one household's cases on a date, the first first.
    ///
    /// # Errors
    /// As [`Store::settlements`].
    pub async fn settlements_of(&self, municipality: Municipality, case_on: Date, household: HouseholdId) -> Result<Vec<Settlement>> {
        let query = sqlx::query(OF_HOUSEHOLD).bind(municipality.number()).bind(case_on.to_string()).bind(household.0);
        query.fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// The cases of a slot on a date whose latest decision has one of some statuses (four at most) and is not settled, of
    /// the households after one, at most `limit`; none means that there are no more.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn waiting_cases(
        &self,
        municipality: Municipality,
        slot: &str,
        case_on: Date,
        statuses: &[&str],
        after: Option<HouseholdId>,
        limit: u32,
    ) -> Result<Vec<WaitingCase>> {
        let mut query = sqlx::query(WAITING).bind(municipality.number()).bind(slot).bind(case_on.to_string());
        query = query.bind(after.map_or(0, |household| household.0));
        for place in 0..4 {
            query = query.bind(statuses.get(place).copied().unwrap_or_default());
        }
        let read = |row: &AnyRow| {
            Ok(WaitingCase {
                household: HouseholdId(row.try_get(0)?),
                id: digest(row, 1)?,
                status: row.try_get(2)?,
                since: row.try_get(3)?,
            })
        };
        query.bind(i64::from(limit)).fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// How many cases of a slot on a date have which status, those that are settled apart.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn unsettled_by_status(&self, municipality: Municipality, slot: &str, case_on: Date) -> Result<Vec<(String, u64)>> {
        let query = sqlx::query(COUNTS).bind(municipality.number()).bind(slot).bind(case_on.to_string());
        let rows = query.fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get::<i64, _>(1)?.unsigned_abs()))).collect()
    }

    /// Who applied for an exemption of the fiscal year that begins on a date and may have been decided about without it:
    /// of households after one, in their order, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn applied_since(
        &self,
        municipality: Municipality,
        case_on: Date,
        after: Option<HouseholdId>,
        limit: u32,
    ) -> Result<Vec<Applied>> {
        let rows = sqlx::query(APPLIED)
            .bind(municipality.number())
            .bind(format!("{},", case_on.year()))
            .bind(after.map_or(0, |household| household.0))
            .bind(case_on.to_string())
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
        let read = |row: &AnyRow| {
            Ok(Applied { household: HouseholdId(row.try_get(0)?), person: PersonId(row.try_get(1)?), newest: Knowledge(row.try_get(2)?) })
        };
        rows.iter().map(read).collect()
    }
}

/// A row of ordinal, slot, case_on, household, matter, way, reason, by_whom, at.
fn read(row: &AnyRow) -> Result<Settlement> {
    let text: &str = row.try_get(4)?;
    Ok(Settlement {
        ordinal: row.try_get(0)?,
        slot: row.try_get(1)?,
        on: date(row.try_get(2)?)?,
        household: HouseholdId(row.try_get(3)?),
        matter: Matter::parse(text).ok_or_else(|| StoreError::Damaged(format!("{text:?} is nothing that is settled")))?,
        way: row.try_get(5)?,
        reason: row.try_get(6)?,
        by: row.try_get(7)?,
        at: row.try_get(8)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_settled_reads_as_it_was_written_and_nothing_else_does() {
        for matter in [Matter::Decision(Digest::of(b"x")), Matter::Notice(7)] {
            assert_eq!(Matter::parse(&matter.to_string()), Some(matter));
        }
        for bad in ["", "notice:0", "notice:07", "notice:-1", "decision:12", "act:7", "7"] {
            assert_eq!(Matter::parse(bad), None, "{bad}");
        }
    }
}
