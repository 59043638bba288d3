//! What a run could not settle: cases that wait for a clerk although no rule refused them.
//!
//! A notice stands beside a version of its case's decision and is open until that is superseded or a later notice takes
//! its place. Absent here: how a clerk settles one.

use crate::audit::{Record, append_record};
use crate::{Result, Store, StoreError, audit, date};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::id::{HouseholdId, Knowledge, Municipality};
use sqlx::any::AnyRow;
use sqlx::{Any, Row as _, Transaction};
use std::ops::RangeInclusive;

/// Why a run could not settle a case.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum NoticeKind {
    /// A changed premium may not be assessed any more (期間制限, Act art. 110-2).
    Barred,
    /// Nobody can say whether a changed premium may still be assessed: the instalment rule gives no answer.
    LimitUnknown,
    /// Two reliefs of one rank exclude each other.
    Conflict,
    /// Nobody lives there any more, and the rule does not decide that nothing is owed.
    Vanished,
    /// A refund or benefit that the host does not post, or that cannot be decided.
    Held,
    /// The notice before holds no more.
    Cleared,
}

impl NoticeKind {
    /// Every kind.
    pub const ALL: [NoticeKind; 6] =
        [NoticeKind::Barred, NoticeKind::LimitUnknown, NoticeKind::Conflict, NoticeKind::Vanished, NoticeKind::Held, NoticeKind::Cleared];

    /// Its word: in the store and in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            NoticeKind::Barred => "barred",
            NoticeKind::LimitUnknown => "limit_unknown",
            NoticeKind::Conflict => "conflict",
            NoticeKind::Vanished => "vanished",
            NoticeKind::Held => "held",
            NoticeKind::Cleared => "cleared",
        }
    }

    /// What officials call it.
    pub const fn ja(self) -> &'static str {
        match self {
            NoticeKind::Barred => "期間制限",
            NoticeKind::LimitUnknown => "期間制限の確認不能",
            NoticeKind::Conflict => "減免の競合",
            NoticeKind::Vanished => "世帯消滅",
            NoticeKind::Held => "支出・充当の保留",
            NoticeKind::Cleared => "解消",
        }
    }
}

/// A notice to keep.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewNotice {
    /// Whose office.
    pub municipality: Municipality,
    /// The slot.
    pub slot: &'static str,
    /// The date of the case.
    pub on: Date,
    /// The household.
    pub household: HouseholdId,
    /// Why it waits.
    pub kind: NoticeKind,
    /// In words, without personal data; amounts in whole yen.
    pub detail: String,
    /// The version of the slot's latest decision, 0 for none.
    pub version: i64,
    /// As of which number the facts were read.
    pub knowledge: Knowledge,
}

/// A notice as it was kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Notice {
    /// Its number in the municipality, from 1.
    pub sequence: i64,
    /// The slot's word.
    pub slot: String,
    /// The date of the case.
    pub on: Date,
    /// The household.
    pub household: HouseholdId,
    /// Why it waits.
    pub kind: NoticeKind,
    /// In words.
    pub detail: String,
    /// The version of the slot's latest decision then, 0 for none.
    pub version: i64,
    /// As of which number the facts were read.
    pub knowledge: Knowledge,
    /// When: an instant, as the caller's clock gave it.
    pub at: String,
}

const NEXT: &str = "SELECT COALESCE(MAX(sequence), 0) + 1 FROM case_notice WHERE municipality = $1";
const INSERT: &str = "INSERT INTO case_notice (municipality, sequence, slot, case_on, household, kind, detail, version, knowledge, at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const LATEST: &str = "SELECT n.sequence, n.slot, n.case_on, n.household, n.kind, n.detail, n.version, n.knowledge, n.at FROM case_notice n \
     WHERE n.municipality = $1 AND n.case_on = $2 AND n.household >= $3 AND n.household <= $4 \
     AND n.sequence = (SELECT MAX(l.sequence) FROM case_notice l \
         WHERE l.municipality = $1 AND l.slot = n.slot AND l.case_on = $2 AND l.household = n.household) \
     ORDER BY n.household, n.slot";
const OPEN: &str = "SELECT n.sequence, n.slot, n.case_on, n.household, n.kind, n.detail, n.version, n.knowledge, n.at FROM case_notice n \
     WHERE n.municipality = $1 AND n.case_on = $2 AND n.sequence > $3 AND n.kind <> 'cleared' \
     AND n.sequence = (SELECT MAX(l.sequence) FROM case_notice l \
         WHERE l.municipality = $1 AND l.slot = n.slot AND l.case_on = $2 AND l.household = n.household) \
     AND n.version = (SELECT COALESCE(MAX(d.version), 0) FROM decision d \
         WHERE d.municipality = $1 AND d.slot = n.slot AND d.case_on = $2 AND d.household = n.household) \
     ORDER BY n.sequence LIMIT $4";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] = &[NEXT, INSERT, LATEST, OPEN];

impl Store {
    /// The latest notice of each slot and case on a date, for a range of households; cleared ones included.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn latest_notices(
        &self,
        municipality: Municipality,
        case_on: Date,
        households: RangeInclusive<HouseholdId>,
    ) -> Result<Vec<Notice>> {
        let rows = sqlx::query(LATEST)
            .bind(municipality.number())
            .bind(case_on.to_string())
            .bind(households.start().0)
            .bind(households.end().0)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(read).collect()
    }

    /// The notices that are open in the cases on a date, in the order of their numbers after one, at most `limit`; none
    /// means that there are no more. Whether a clerk has settled one is not looked at.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn open_notices(&self, municipality: Municipality, case_on: Date, after: i64, limit: u32) -> Result<Vec<Notice>> {
        let query = sqlx::query(OPEN).bind(municipality.number()).bind(case_on.to_string()).bind(after).bind(i64::from(limit));
        query.fetch_all(&self.pool).await?.iter().map(read).collect()
    }
}

/// Writes notices within a transaction, each with its entry in the chain.
pub(crate) async fn insert(transaction: &mut Transaction<'static, Any>, notices: &[NewNotice], stamp: &Stamp) -> Result<()> {
    for notice in notices {
        // So that nobody else takes the same number.
        audit::lock(transaction, notice.municipality).await?;
        let sequence: i64 = sqlx::query(NEXT).bind(notice.municipality.number()).fetch_one(&mut **transaction).await?.try_get(0)?;
        sqlx::query(INSERT)
            .bind(notice.municipality.number())
            .bind(sequence)
            .bind(notice.slot)
            .bind(notice.on.to_string())
            .bind(notice.household.0)
            .bind(notice.kind.word())
            .bind(notice.detail.as_str())
            .bind(notice.version)
            .bind(notice.knowledge.0)
            .bind(stamp.at.as_str())
            .execute(&mut **transaction)
            .await?;
        append_record(transaction, notice.municipality, stamp, Record::Notice(sequence)).await?;
    }
    Ok(())
}

/// A row of sequence, slot, case_on, household, kind, detail, version, knowledge, at.
fn read(row: &AnyRow) -> Result<Notice> {
    let word: &str = row.try_get(4)?;
    let kind = NoticeKind::ALL.into_iter().find(|kind| kind.word() == word);
    Ok(Notice {
        sequence: row.try_get(0)?,
        slot: row.try_get(1)?,
        on: date(row.try_get(2)?)?,
        household: HouseholdId(row.try_get(3)?),
        kind: kind.ok_or_else(|| StoreError::Damaged(format!("{word:?} is no kind of notice")))?,
        detail: row.try_get(5)?,
        version: row.try_get(6)?,
        knowledge: Knowledge(row.try_get(7)?),
        at: row.try_get(8)?,
    })
}
