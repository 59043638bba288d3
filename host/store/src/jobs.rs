//! Work that takes long: when it began, for whom, and how it ended.
//!
//! Absent here: the work, and its progress while it runs.

use crate::audit::{self, Record, append_record};
use crate::{Result, Store, StoreError};
use jorei_domain::audit::Stamp;
use jorei_domain::id::Municipality;
use sqlx::Row as _;
use sqlx::any::AnyRow;

/// A job.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Job {
    /// 32 hexadecimal digits, drawn at random by whoever starts it.
    pub id: String,
    /// Its place: 1, then one more for each.
    pub ordinal: i64,
    /// What kind of work: a word of the caller.
    pub kind: String,
    /// What was asked, as JSON; no personal text.
    pub request: String,
    /// Who asked.
    pub by: String,
    /// When (RFC 3339).
    pub at: String,
    /// How it ended; none while it runs.
    pub end: Option<JobEnd>,
}

/// How a job ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JobEnd {
    /// How.
    pub state: JobState,
    /// What came out, as JSON; no personal text.
    pub result: String,
    /// When (RFC 3339).
    pub at: String,
}

/// How a job may end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum JobState {
    /// All of it was done.
    Done,
    /// It could not be.
    Failed,
    /// The program stopped while it ran.
    Interrupted,
}

impl JobState {
    /// done, failed or interrupted; permanent.
    pub const fn word(self) -> &'static str {
        match self {
            JobState::Done => "done",
            JobState::Failed => "failed",
            JobState::Interrupted => "interrupted",
        }
    }
}

const START: &str = "INSERT INTO job (municipality, ordinal, id, kind, request, by_whom, at) \
     SELECT $1, COALESCE(MAX(ordinal), 0) + 1, $2, $3, $4, $5, $6 FROM job WHERE municipality = $1";
const END: &str = "INSERT INTO job_end (municipality, id, state, result, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
const JOB: &str = "SELECT j.id, j.ordinal, j.kind, j.request, j.by_whom, j.at, e.state, e.result, e.at FROM job j \
     LEFT JOIN job_end e ON e.municipality = j.municipality AND e.id = j.id WHERE j.municipality = $1 AND j.id = $2";
const JOBS: &str = "SELECT j.id, j.ordinal, j.kind, j.request, j.by_whom, j.at, e.state, e.result, e.at FROM job j \
     LEFT JOIN job_end e ON e.municipality = j.municipality AND e.id = j.id \
     WHERE j.municipality = $1 AND j.ordinal < $2 ORDER BY j.ordinal DESC LIMIT $3";
const RUNNING: &str = "SELECT j.id, j.ordinal, j.kind, j.request, j.by_whom, j.at, e.state, e.result, e.at FROM job j \
     LEFT JOIN job_end e ON e.municipality = j.municipality AND e.id = j.id \
     WHERE j.municipality = $1 AND e.id IS NULL ORDER BY j.ordinal";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] = &[START, END, JOB, JOBS, RUNNING];

impl Store {
    /// Notes that a job begins, for whom the stamp names.
    ///
    /// # Errors
    /// [`StoreError::Job`] for an id that is none, or is taken; [`StoreError::Database`].
    pub async fn start_job(&self, municipality: Municipality, id: &str, kind: &str, request: &str, stamp: &Stamp) -> Result<()> {
        let refuse = |wrong| Err(StoreError::Job { id: id.escape_debug().to_string(), wrong });
        if id.len() != 32 || !id.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)) {
            return refuse("its id is not 32 hexadecimal digits; draw one at random");
        }
        let mut transaction = self.writing().await?;
        audit::lock(&mut transaction, municipality).await?;
        if sqlx::query(JOB).bind(municipality.number()).bind(id).fetch_optional(&mut *transaction).await?.is_some() {
            return refuse("there is one of this id already; draw another");
        }
        sqlx::query(START)
            .bind(municipality.number())
            .bind(id)
            .bind(kind)
            .bind(request)
            .bind(stamp.by.as_str())
            .bind(stamp.at.as_str())
            .execute(&mut *transaction)
            .await?;
        append_record(&mut transaction, municipality, stamp, Record::Job(id)).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Notes how a job ended. The same end again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Job`] if there is no such job, or it has ended otherwise; [`StoreError::Database`].
    pub async fn end_job(&self, municipality: Municipality, id: &str, state: JobState, result: &str, stamp: &Stamp) -> Result<()> {
        let refuse = |wrong| Err(StoreError::Job { id: id.escape_debug().to_string(), wrong });
        let mut transaction = self.writing().await?;
        if sqlx::query(JOB).bind(municipality.number()).bind(id).fetch_optional(&mut *transaction).await?.is_none() {
            return refuse("there is none of this id; look it up among the jobs");
        }
        let query = sqlx::query(END).bind(municipality.number()).bind(id).bind(state.word()).bind(result).bind(stamp.at.as_str());
        if query.execute(&mut *transaction).await?.rows_affected() > 0 {
            append_record(&mut transaction, municipality, stamp, Record::JobEnd(id)).await?;
            transaction.commit().await?;
            return Ok(());
        }
        let row = sqlx::query(JOB).bind(municipality.number()).bind(id).fetch_one(&mut *transaction).await?;
        match read(&row)?.end {
            Some(end) if end.state == state && end.result == result => Ok(()),
            _ => refuse("it has ended otherwise; an end stays"),
        }
    }

    /// A job.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn job(&self, municipality: Municipality, id: &str) -> Result<Option<Job>> {
        let query = sqlx::query(JOB).bind(municipality.number()).bind(id);
        query.fetch_optional(&self.pool).await?.as_ref().map(read).transpose()
    }

    /// Jobs, the newest first, at most `limit`: those before a place, or from the newest on.
    ///
    /// # Errors
    /// As [`Store::job`].
    pub async fn jobs(&self, municipality: Municipality, before: Option<i64>, limit: u32) -> Result<Vec<Job>> {
        let query = sqlx::query(JOBS).bind(municipality.number()).bind(before.unwrap_or(i64::MAX)).bind(i64::from(limit));
        query.fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// Jobs that have not ended, the oldest first. A program that starts, and runs alone, ends them
    /// as interrupted.
    ///
    /// # Errors
    /// As [`Store::job`].
    pub async fn running_jobs(&self, municipality: Municipality) -> Result<Vec<Job>> {
        let rows = sqlx::query(RUNNING).bind(municipality.number()).fetch_all(&self.pool).await?;
        rows.iter().map(read).collect()
    }
}

fn read(row: &AnyRow) -> Result<Job> {
    let id: String = row.try_get(0)?;
    let end = match row.try_get::<Option<&str>, _>(6)? {
        None => None,
        Some(word) => {
            let state = [JobState::Done, JobState::Failed, JobState::Interrupted].into_iter().find(|state| state.word() == word);
            let state = state.ok_or_else(|| StoreError::Damaged(format!("job {id}: {word:?} is no end")))?;
            Some(JobEnd { state, result: row.try_get(7)?, at: row.try_get(8)? })
        }
    };
    Ok(Job { id, ordinal: row.try_get(1)?, kind: row.try_get(2)?, request: row.try_get(3)?, by: row.try_get(4)?, at: row.try_get(5)?, end })
}
