//! Batches of payments, the bank files cut from them, and what became of each line. One line is one number in the bank's file and
//! one entry of the ledger.
//!
//! A batch, its lines and a file are written once. What is to be paid stands in the ledger, so an order cannot leave twice
//! whatever stands here. Absent here: accounts (lines name sealed entries), the layout of a file, and who may release.

use crate::audit::{Record, append_record};
use crate::payees::{Sealed, seal, words};
use crate::{Result, Store, StoreError, acts, audit, date, digest};
use jorei_domain::act::{Change, Release};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, HouseholdId, Municipality};
use jorei_domain::ledger::Posting;
use jorei_domain::money::Yen;
use sqlx::any::AnyRow;
use sqlx::{Any, Row as _, Transaction};

/// Lines of a batch: their numbers are the batch's times this and the place.
pub const LINES_PER_BATCH: i64 = 1_000_000;

words! {
    /// What became of a line.
    Outcome {
        /// The bank paid it.
        Paid = "paid", "振込済";
        /// The bank could not pay it, or it was recalled in time.
        Failed = "failed", "振込不能";
        /// It came back after it was paid.
        Returned = "returned", "資金返却";
    }
}

/// A batch.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Batch {
    /// Its number, from 1.
    pub number: i64,
    /// The day whose orders it holds and on which it must be released.
    pub decided_on: Date,
    /// The day on which the money moves.
    pub bank_day: Date,
    /// The office's own account and name, as text.
    pub sender: String,
    /// Why lines that look alike are right; empty where none do.
    pub remark: String,
    /// How many lines.
    pub lines: u32,
    /// Their sum.
    pub yen: Yen,
    /// The hash of all that is released.
    pub digest: Digest,
    /// When it was prepared.
    pub at: String,
    /// By whom.
    pub by: String,
    /// Why it was taken back, if it was.
    pub withdrawn: Option<String>,
    /// The act that released it, and when.
    pub released: Option<(Digest, String)>,
    /// The serial of its file.
    pub file: Option<i64>,
}

/// A line as it is to be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewLine {
    /// The order that it pays, whole.
    pub order: i64,
    /// The account, by its entry.
    pub entry: Digest,
    /// How much.
    pub yen: Yen,
    /// The line of the same order that failed or came back before.
    pub replaces: Option<i64>,
}

/// A line, with what became of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Line {
    /// Its number, in bank files too.
    pub id: i64,
    /// The batch.
    pub batch: i64,
    /// The order.
    pub order: i64,
    /// Whose order.
    pub household: HouseholdId,
    /// The account, by its entry.
    pub entry: Digest,
    /// How much.
    pub yen: Yen,
    /// The line of the same order that failed or came back before.
    pub replaces: Option<i64>,
    /// The day on which its batch must be, or was, released.
    pub decided_on: Date,
    /// Was the batch taken back?
    pub withdrawn: bool,
    /// Was the batch released?
    pub released: bool,
    /// The serial of the file it went out in.
    pub file: Option<i64>,
    /// Why it was held back when the file was cut, in the word of the stop.
    pub held: Option<String>,
    /// Was the bank asked to bring it back?
    pub recalled: bool,
    /// What became of it, in order: outcome, reason, day.
    pub outcomes: Vec<(Outcome, String, Date)>,
}

impl Line {
    /// Did it leave the office in a file?
    pub fn is_sent(&self) -> bool {
        self.file.is_some() && self.held.is_none()
    }

    /// Its last outcome.
    pub fn outcome(&self) -> Option<Outcome> {
        self.outcomes.iter().map(|(outcome, ..)| *outcome).max()
    }

    /// Does it keep another line of its order from being prepared on a day? One that is sent, until it failed or came back; one
    /// that is released, until it is cut; one that may still be released that day.
    pub fn is_live(&self, today: Date) -> bool {
        if self.withdrawn || self.held.is_some() {
            return false;
        }
        match self.outcome() {
            Some(Outcome::Failed | Outcome::Returned) => false,
            Some(Outcome::Paid) => true,
            None => self.file.is_some() || self.released || self.decided_on >= today,
        }
    }
}

/// A bank file as it is to be kept.
#[derive(Clone, Debug)]
pub struct NewFile {
    /// The batch.
    pub batch: i64,
    /// The act that released it.
    pub act: Digest,
    /// The bytes, sealed.
    pub sealed: Sealed,
    /// The hash of the bytes.
    pub sha256: Digest,
    /// How many lines it has.
    pub lines: u32,
    /// Their sum.
    pub yen: Yen,
    /// Lines of the batch that are not in it, and the word of the stop.
    pub held: Vec<(i64, String)>,
}

/// A bank file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct File {
    /// Its serial, from 1 without a gap.
    pub serial: i64,
    /// The batch.
    pub batch: i64,
    /// The act that released it.
    pub act: Digest,
    /// The entry of the sealed bytes.
    pub entry: Digest,
    /// The hash of the bytes.
    pub sha256: Digest,
    /// How many lines it has.
    pub lines: u32,
    /// Their sum.
    pub yen: Yen,
    /// When it was cut.
    pub at: String,
    /// By whom.
    pub by: String,
}

/// What became of one line, as it is to be kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewOutcome {
    /// The line.
    pub line: i64,
    /// What became of it.
    pub outcome: Outcome,
    /// The word of why; empty for paid.
    pub reason: String,
    /// The day that the bank states.
    pub on: Date,
}

/// A result that fits no line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Exception {
    /// Its place in its set, from 1.
    pub place: i64,
    /// The number that the bank states.
    pub line: String,
    /// Why it does not fit, for a clerk; no personal data.
    pub what: String,
}

/// A set of results as it was taken in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Results {
    /// Its number, from 1.
    pub call: i64,
    /// Lines paid by it.
    pub paid: i64,
    /// Lines failed by it.
    pub failed: i64,
    /// Lines that came back by it.
    pub returned: i64,
    /// Results that fit no line.
    pub exceptions: i64,
    /// When it was taken in.
    pub at: String,
    /// By whom.
    pub by: String,
}

const NEXT_BATCH: &str = "SELECT COALESCE(MAX(number), 0) + 1 FROM payment_batch WHERE municipality = $1";
const SAVE_BATCH: &str = "INSERT INTO payment_batch (municipality, number, decided_on, bank_day, sender, remark, lines, yen, digest, at, by_whom) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
const INSERT_LINES: crate::rows::Insert = crate::rows::Insert {
    head: "INSERT INTO payment_line (municipality, id, batch, place, payment_order, entry, yen, replaces) VALUES",
    columns: 8,
    tail: "",
};
macro_rules! batches_where {
    ($condition:literal) => {
        concat!(
            "SELECT b.number, b.decided_on, b.bank_day, b.sender, b.remark, b.lines, b.yen, b.digest, b.at, b.by_whom, w.reason, f.serial, \
                 e.act, e.at \
             FROM payment_batch b LEFT JOIN payment_withdrawal w ON w.municipality = b.municipality AND w.batch = b.number \
             LEFT JOIN payment_file f ON f.municipality = b.municipality AND f.batch = b.number \
             LEFT JOIN effect e ON e.municipality = b.municipality AND e.kind = 'release' AND e.key = CAST(b.number AS text) \
             WHERE b.municipality = $1 AND ",
            $condition
        )
    };
}
const BATCH: &str = batches_where!("b.number = $2");
const BATCHES: &str = batches_where!("b.number > $2 ORDER BY b.number LIMIT $3");
macro_rules! lines_where {
    ($condition:literal) => {
        concat!(
            "SELECT l.id, l.batch, l.payment_order, o.household, l.entry, l.yen, l.replaces, b.decided_on, w.batch, f.serial, h.reason, r.line, \
                 e.act, x.outcome, x.reason, x.on_day \
             FROM payment_line l \
             JOIN payment_order o ON o.municipality = l.municipality AND o.number = l.payment_order \
             JOIN payment_batch b ON b.municipality = l.municipality AND b.number = l.batch \
             LEFT JOIN payment_withdrawal w ON w.municipality = l.municipality AND w.batch = l.batch \
             LEFT JOIN payment_file f ON f.municipality = l.municipality AND f.batch = l.batch \
             LEFT JOIN payment_held h ON h.municipality = l.municipality AND h.line = l.id \
             LEFT JOIN payment_recall r ON r.municipality = l.municipality AND r.line = l.id \
             LEFT JOIN effect e ON e.municipality = l.municipality AND e.kind = 'release' AND e.key = CAST(l.batch AS text) \
             LEFT JOIN payment_outcome x ON x.municipality = l.municipality AND x.line = l.id \
             WHERE l.municipality = $1 AND ",
            $condition,
            " ORDER BY +l.id, x.call"
        )
    };
}
const LINE: &str = lines_where!("l.id = $2");
const LINES_OF_BATCH: &str = lines_where!("l.batch = $2");
const LINES_OF_ORDER: &str = lines_where!("l.payment_order = $2");
const SAVE_WITHDRAWAL: &str = "INSERT INTO payment_withdrawal (municipality, batch, reason, at, by_whom) VALUES ($1, $2, $3, $4, $5)";
const FILE_OF: &str =
    "SELECT serial, batch, act, entry, sha256, lines, yen, at, by_whom FROM payment_file WHERE municipality = $1 AND batch = $2";
const FILES: &str = "SELECT serial, batch, act, entry, sha256, lines, yen, at, by_whom FROM payment_file \
     WHERE municipality = $1 AND serial > $2 ORDER BY serial LIMIT $3";
const NEXT_SERIAL: &str = "SELECT COALESCE(MAX(serial), 0) + 1 FROM payment_file WHERE municipality = $1";
const SAVE_FILE: &str = "INSERT INTO payment_file (municipality, serial, batch, act, entry, sha256, lines, yen, at, by_whom) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const SAVE_HELD: &str = "INSERT INTO payment_held (municipality, line, reason) VALUES ($1, $2, $3)";
const RECALLED: &str = "SELECT 1 FROM payment_recall WHERE municipality = $1 AND line = $2";
const SAVE_RECALL: &str = "INSERT INTO payment_recall (municipality, line, reason, at, by_whom) VALUES ($1, $2, $3, $4, $5)";
const RESULTS: &str =
    "SELECT call, paid, failed, returned, exceptions, at, by_whom FROM payment_results WHERE municipality = $1 AND source = $2";
const NEXT_RESULTS: &str = "SELECT COALESCE(MAX(call), 0) + 1 FROM payment_results WHERE municipality = $1";
const SAVE_RESULTS: &str = "INSERT INTO payment_results (municipality, call, source, paid, failed, returned, exceptions, at, by_whom) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const SAVE_OUTCOME: &str =
    "INSERT INTO payment_outcome (municipality, line, outcome, reason, on_day, call) VALUES ($1, $2, $3, $4, $5, $6)";
const SAVE_EXCEPTION: &str = "INSERT INTO payment_exception (municipality, call, place, line, what) VALUES ($1, $2, $3, $4, $5)";
const EXCEPTIONS: &str = "SELECT call, place, line, what FROM payment_exception WHERE municipality = $1 ORDER BY call, place";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] = &[
    NEXT_BATCH,
    SAVE_BATCH,
    BATCH,
    BATCHES,
    LINE,
    LINES_OF_BATCH,
    LINES_OF_ORDER,
    SAVE_WITHDRAWAL,
    FILE_OF,
    FILES,
    NEXT_SERIAL,
    SAVE_FILE,
    SAVE_HELD,
    RECALLED,
    SAVE_RECALL,
    RESULTS,
    NEXT_RESULTS,
    SAVE_RESULTS,
    SAVE_OUTCOME,
    SAVE_EXCEPTION,
    EXCEPTIONS,
];
/// Every insert of several rows, for the same test.
#[cfg(any(test, feature = "checks"))]
pub(crate) const INSERTS: &[crate::rows::Insert] = &[INSERT_LINES];

const LINES_PER_STATEMENT: usize = 100;

fn refused(what: &'static str, number: i64, wrong: &'static str) -> StoreError {
    StoreError::Payment { what, which: number.to_string(), wrong }
}

/// What two people release: the batch's days, sender and remark, and every line in order. Numbers are big-endian, texts behind
/// their length.
pub fn digest_of(municipality: Municipality, batch: i64, days: (Date, Date), sender: &str, remark: &str, lines: &[NewLine]) -> Digest {
    let mut bytes = b"jorei payment batch 1\n".to_vec();
    let mut number = |number: i64| bytes.extend(number.to_be_bytes());
    number(municipality.number());
    number(batch);
    number(days.0.packed());
    number(days.1.packed());
    for text in [sender, remark] {
        bytes.extend((text.len() as u64).to_be_bytes());
        bytes.extend(text.as_bytes());
    }
    for line in lines {
        bytes.extend(line.order.to_be_bytes());
        bytes.extend(line.entry.0);
        bytes.extend(line.yen.get().to_be_bytes());
        bytes.extend(line.replaces.unwrap_or(0).to_be_bytes());
    }
    Digest::of(&bytes)
}

impl Store {
    /// Keeps a batch; answers its number. None of its orders may have a live line, on the day that the batch is for.
    ///
    /// # Errors
    /// [`StoreError::Payment`] for no lines, too many, or an order with a live line; [`StoreError::Database`].
    pub async fn save_batch(
        &self,
        municipality: Municipality,
        (decided_on, bank_day): (Date, Date),
        sender: &str,
        remark: &str,
        lines: &[NewLine],
        stamp: &Stamp,
    ) -> Result<i64> {
        let mut transaction = self.writing().await?;
        audit::lock(&mut transaction, municipality).await?;
        let number: i64 = sqlx::query(NEXT_BATCH).bind(municipality.number()).fetch_one(&mut *transaction).await?.try_get(0)?;
        if lines.is_empty() || i64::try_from(lines.len()).is_ok_and(|count| count >= LINES_PER_BATCH) {
            return Err(refused("batch", number, "a batch has 1 to 999,999 lines; prepare several"));
        }
        let mut sum = Yen::new(0);
        for line in lines {
            sum = sum.plus(line.yen).map_err(|_| refused("batch", number, "its sum is out of range; prepare several"))?;
            let query = sqlx::query(LINES_OF_ORDER).bind(municipality.number()).bind(line.order);
            if read_lines(&query.fetch_all(&mut *transaction).await?)?.iter().any(|line| line.is_live(decided_on)) {
                return Err(refused("order", line.order, "it is in a batch already; look at the batches"));
            }
        }
        let digest = digest_of(municipality, number, (decided_on, bank_day), sender, remark, lines);
        sqlx::query(SAVE_BATCH)
            .bind(municipality.number())
            .bind(number)
            .bind(decided_on.to_string())
            .bind(bank_day.to_string())
            .bind(sender)
            .bind(remark)
            .bind(i64::try_from(lines.len()).unwrap_or(i64::MAX))
            .bind(sum.get())
            .bind(&digest.0[..])
            .bind(stamp.at.as_str())
            .bind(stamp.by.as_str())
            .execute(&mut *transaction)
            .await?;
        let placed: Vec<(i64, &NewLine)> = (1_i64..).zip(lines).collect();
        for chunk in placed.chunks(LINES_PER_STATEMENT) {
            let mut query = sqlx::query(INSERT_LINES.sql(chunk.len(), self.database));
            for (place, line) in chunk {
                query = query
                    .bind(municipality.number())
                    .bind(number * LINES_PER_BATCH + place)
                    .bind(number)
                    .bind(*place)
                    .bind(line.order)
                    .bind(line.entry.0.to_vec())
                    .bind(line.yen.get())
                    .bind(line.replaces);
            }
            query.execute(&mut *transaction).await?;
        }
        append_record(&mut transaction, municipality, stamp, Record::PaymentBatch(number)).await?;
        transaction.commit().await?;
        Ok(number)
    }

    /// A batch by its number.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn batch(&self, municipality: Municipality, number: i64) -> Result<Option<Batch>> {
        sqlx::query(BATCH).bind(municipality.number()).bind(number).fetch_optional(&self.pool).await?.as_ref().map(read_batch).transpose()
    }

    /// Batches after a number, at most `limit`; none means that there are no more.
    ///
    /// # Errors
    /// As [`Store::batch`].
    pub async fn batches(&self, municipality: Municipality, after: i64, limit: u32) -> Result<Vec<Batch>> {
        let query = sqlx::query(BATCHES).bind(municipality.number()).bind(after).bind(i64::from(limit));
        query.fetch_all(&self.pool).await?.iter().map(read_batch).collect()
    }

    /// The lines of a batch, in their order.
    ///
    /// # Errors
    /// As [`Store::batch`].
    pub async fn lines_of_batch(&self, municipality: Municipality, batch: i64) -> Result<Vec<Line>> {
        read_lines(&sqlx::query(LINES_OF_BATCH).bind(municipality.number()).bind(batch).fetch_all(&self.pool).await?)
    }

    /// Every line of an order, the oldest first.
    ///
    /// # Errors
    /// As [`Store::batch`].
    pub async fn lines_of_order(&self, municipality: Municipality, order: i64) -> Result<Vec<Line>> {
        read_lines(&sqlx::query(LINES_OF_ORDER).bind(municipality.number()).bind(order).fetch_all(&self.pool).await?)
    }

    /// A line by its number.
    ///
    /// # Errors
    /// As [`Store::batch`].
    pub async fn payment_line(&self, municipality: Municipality, id: i64) -> Result<Option<Line>> {
        Ok(read_lines(&sqlx::query(LINE).bind(municipality.number()).bind(id).fetch_all(&self.pool).await?)?.pop())
    }

    /// Takes a batch back before it is cut; its orders are free again. Again: nothing happens.
    ///
    /// # Errors
    /// [`StoreError::Payment`] if there is none, or its file is cut; [`StoreError::Database`].
    pub async fn withdraw_batch(&self, municipality: Municipality, batch: i64, reason: &str, stamp: &Stamp) -> Result<()> {
        let mut transaction = self.writing().await?;
        audit::lock(&mut transaction, municipality).await?;
        let found = locked_batch(&mut transaction, municipality, batch).await?;
        if found.withdrawn.is_some() {
            return Ok(());
        }
        if found.file.is_some() {
            return Err(refused("batch", batch, "its file is cut; recall its lines with the bank instead"));
        }
        let query = sqlx::query(SAVE_WITHDRAWAL).bind(municipality.number()).bind(batch).bind(reason);
        query.bind(stamp.at.as_str()).bind(stamp.by.as_str()).execute(&mut *transaction).await?;
        append_record(&mut transaction, municipality, stamp, Record::PaymentWithdrawal(batch)).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Keeps the file of a released batch, with the lines held back and the postings of those that leave. A batch has one file:
    /// where it is cut already, that one is the answer, and nothing is written.
    ///
    /// # Errors
    /// [`StoreError::Payment`] if the batch is not released by that act, or was taken back; [`StoreError::Ledger`] if an order is
    /// no longer payable; [`StoreError::Database`].
    pub async fn save_file(&self, municipality: Municipality, file: &NewFile, postings: &[Posting], stamp: &Stamp) -> Result<File> {
        let mut transaction = self.writing().await?;
        audit::lock(&mut transaction, municipality).await?;
        let query = sqlx::query(FILE_OF).bind(municipality.number()).bind(file.batch);
        if let Some(row) = query.fetch_optional(&mut *transaction).await? {
            return read_file(&row);
        }
        let batch = locked_batch(&mut transaction, municipality, file.batch).await?;
        if batch.withdrawn.is_some() {
            return Err(refused("batch", file.batch, "it was taken back; prepare another one"));
        }
        match acts::state(&mut transaction, municipality, "release", &file.batch.to_string()).await? {
            Some((act, Change::Release(Release { digest, .. }))) if act == file.act && digest == batch.digest => {}
            _ => return Err(refused("batch", file.batch, "it is not released; two people must approve it first")),
        }
        let serial: i64 = sqlx::query(NEXT_SERIAL).bind(municipality.number()).fetch_one(&mut *transaction).await?.try_get(0)?;
        seal(&mut transaction, municipality, &file.sealed).await?;
        let entry = file.sealed.id();
        sqlx::query(SAVE_FILE)
            .bind(municipality.number())
            .bind(serial)
            .bind(file.batch)
            .bind(&file.act.0[..])
            .bind(&entry.0[..])
            .bind(&file.sha256.0[..])
            .bind(i64::from(file.lines))
            .bind(file.yen.get())
            .bind(stamp.at.as_str())
            .bind(stamp.by.as_str())
            .execute(&mut *transaction)
            .await?;
        for (line, reason) in &file.held {
            let query = sqlx::query(SAVE_HELD).bind(municipality.number()).bind(*line).bind(reason.as_str());
            query.execute(&mut *transaction).await?;
        }
        self.post_in(&mut transaction, municipality, postings, stamp).await?;
        append_record(&mut transaction, municipality, stamp, Record::PaymentFile(serial)).await?;
        let kept = File {
            serial,
            batch: file.batch,
            act: file.act,
            entry,
            sha256: file.sha256,
            lines: file.lines,
            yen: file.yen,
            at: stamp.at.clone(),
            by: stamp.by.clone(),
        };
        transaction.commit().await?;
        Ok(kept)
    }

    /// The file of a batch.
    ///
    /// # Errors
    /// As [`Store::batch`].
    pub async fn file_of_batch(&self, municipality: Municipality, batch: i64) -> Result<Option<File>> {
        sqlx::query(FILE_OF).bind(municipality.number()).bind(batch).fetch_optional(&self.pool).await?.as_ref().map(read_file).transpose()
    }

    /// Files after a serial, at most `limit`.
    ///
    /// # Errors
    /// As [`Store::batch`].
    pub async fn files(&self, municipality: Municipality, after: i64, limit: u32) -> Result<Vec<File>> {
        let query = sqlx::query(FILES).bind(municipality.number()).bind(after).bind(i64::from(limit));
        query.fetch_all(&self.pool).await?.iter().map(read_file).collect()
    }

    /// Keeps that the bank was asked to bring a line back. What becomes of that is told as a result. Again: nothing happens.
    ///
    /// # Errors
    /// [`StoreError::Payment`] for a line that is not sent, or failed or came back already; [`StoreError::Database`].
    pub async fn recall(&self, municipality: Municipality, line: i64, reason: &str, stamp: &Stamp) -> Result<()> {
        let mut transaction = self.writing().await?;
        audit::lock(&mut transaction, municipality).await?;
        let rows = sqlx::query(LINE).bind(municipality.number()).bind(line).fetch_all(&mut *transaction).await?;
        let found = read_lines(&rows)?.pop().ok_or_else(|| refused("payment", line, "there is no such payment"))?;
        let query = sqlx::query(RECALLED).bind(municipality.number()).bind(line);
        if query.fetch_optional(&mut *transaction).await?.is_some() {
            return Ok(());
        }
        match found.outcome() {
            _ if !found.is_sent() => return Err(refused("payment", line, "it did not leave the office; take its batch back instead")),
            Some(Outcome::Failed | Outcome::Returned) => return Err(refused("payment", line, "its money is back already")),
            Some(Outcome::Paid) | None => {}
        }
        let query = sqlx::query(SAVE_RECALL).bind(municipality.number()).bind(line).bind(reason);
        query.bind(stamp.at.as_str()).bind(stamp.by.as_str()).execute(&mut *transaction).await?;
        append_record(&mut transaction, municipality, stamp, Record::PaymentRecall(line)).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// A set of results by the hash of where it came from.
    ///
    /// # Errors
    /// As [`Store::batch`].
    pub async fn results(&self, municipality: Municipality, source: Digest) -> Result<Option<Results>> {
        let query = sqlx::query(RESULTS).bind(municipality.number()).bind(&source.0[..]);
        query.fetch_optional(&self.pool).await?.as_ref().map(read_results).transpose()
    }

    /// Takes results in, with what they post: all or none. The same source again is the same set, and nothing is written.
    ///
    /// # Errors
    /// [`StoreError::Ledger`] if a posting cannot be; [`StoreError::Database`], also where a line got that outcome meanwhile: then
    /// look again and try again.
    pub async fn save_results(
        &self,
        municipality: Municipality,
        source: Digest,
        outcomes: &[NewOutcome],
        exceptions: &[Exception],
        postings: &[Posting],
        stamp: &Stamp,
    ) -> Result<Results> {
        let mut transaction = self.writing().await?;
        audit::lock(&mut transaction, municipality).await?;
        let query = sqlx::query(RESULTS).bind(municipality.number()).bind(&source.0[..]);
        if let Some(row) = query.fetch_optional(&mut *transaction).await? {
            return read_results(&row);
        }
        let call: i64 = sqlx::query(NEXT_RESULTS).bind(municipality.number()).fetch_one(&mut *transaction).await?.try_get(0)?;
        let count = |of: Outcome| i64::try_from(outcomes.iter().filter(|one| one.outcome == of).count()).unwrap_or(i64::MAX);
        let results = Results {
            call,
            paid: count(Outcome::Paid),
            failed: count(Outcome::Failed),
            returned: count(Outcome::Returned),
            exceptions: i64::try_from(exceptions.len()).unwrap_or(i64::MAX),
            at: stamp.at.clone(),
            by: stamp.by.clone(),
        };
        sqlx::query(SAVE_RESULTS)
            .bind(municipality.number())
            .bind(call)
            .bind(&source.0[..])
            .bind(results.paid)
            .bind(results.failed)
            .bind(results.returned)
            .bind(results.exceptions)
            .bind(stamp.at.as_str())
            .bind(stamp.by.as_str())
            .execute(&mut *transaction)
            .await?;
        for NewOutcome { line, outcome, reason, on } in outcomes {
            let query = sqlx::query(SAVE_OUTCOME).bind(municipality.number()).bind(*line).bind(outcome.word()).bind(reason.as_str());
            query.bind(on.to_string()).bind(call).execute(&mut *transaction).await?;
        }
        for Exception { place, line, what } in exceptions {
            let query = sqlx::query(SAVE_EXCEPTION).bind(municipality.number()).bind(call).bind(*place);
            query.bind(line.as_str()).bind(what.as_str()).execute(&mut *transaction).await?;
        }
        self.post_in(&mut transaction, municipality, postings, stamp).await?;
        append_record(&mut transaction, municipality, stamp, Record::PaymentResults(call)).await?;
        transaction.commit().await?;
        Ok(results)
    }

    /// Every result that fitted no line: the set, and the result.
    ///
    /// # Errors
    /// As [`Store::batch`].
    pub async fn payment_exceptions(&self, municipality: Municipality) -> Result<Vec<(i64, Exception)>> {
        let rows = sqlx::query(EXCEPTIONS).bind(municipality.number()).fetch_all(&self.pool).await?;
        let read = |row: &AnyRow| {
            let exception = Exception { place: row.try_get(1)?, line: row.try_get(2)?, what: row.try_get(3)? };
            Ok((row.try_get(0)?, exception))
        };
        rows.iter().map(read).collect()
    }
}

/// May this batch be released on a day? Asked when an act is proposed and again when it takes effect.
pub(crate) async fn check_release(
    transaction: &mut Transaction<'static, Any>,
    municipality: Municipality,
    release: &Release,
    today: Date,
) -> Result<()> {
    let batch = locked_batch(transaction, municipality, release.batch).await?;
    let wrong = if batch.digest != release.digest || batch.lines != release.lines || batch.yen.get() != release.yen {
        "it is not what the act says; prepare the act anew"
    } else if batch.withdrawn.is_some() {
        "it was taken back; prepare another one"
    } else if batch.released.is_some() {
        "it is released already"
    } else if batch.decided_on != today {
        "it is for another day: interest ends on the day of approval; take it back, have its orders decided anew, and prepare another one"
    } else {
        return Ok(());
    };
    Err(refused("batch", release.batch, wrong))
}

async fn locked_batch(transaction: &mut Transaction<'static, Any>, municipality: Municipality, batch: i64) -> Result<Batch> {
    let row = sqlx::query(BATCH).bind(municipality.number()).bind(batch).fetch_optional(&mut **transaction).await?;
    row.as_ref().map(read_batch).transpose()?.ok_or_else(|| refused("batch", batch, "there is no such batch"))
}

fn yen(row: &AnyRow, column: usize) -> Result<Yen> {
    Yen::checked(row.try_get(column)?).map_err(|error| StoreError::Damaged(error.to_string()))
}

fn count(row: &AnyRow, column: usize) -> Result<u32> {
    let count: i64 = row.try_get(column)?;
    u32::try_from(count).map_err(|_| StoreError::Damaged(format!("{count} is no count of lines")))
}

fn read_batch(row: &AnyRow) -> Result<Batch> {
    let act = crate::digest_or_none(row, 12)?;
    Ok(Batch {
        number: row.try_get(0)?,
        decided_on: date(row.try_get(1)?)?,
        bank_day: date(row.try_get(2)?)?,
        sender: row.try_get(3)?,
        remark: row.try_get(4)?,
        lines: count(row, 5)?,
        yen: yen(row, 6)?,
        digest: digest(row, 7)?,
        at: row.try_get(8)?,
        by: row.try_get(9)?,
        withdrawn: row.try_get(10)?,
        file: row.try_get(11)?,
        released: act.zip(row.try_get::<Option<String>, _>(13)?),
    })
}

/// Rows of one line follow each other: one for each outcome.
fn read_lines(rows: &[AnyRow]) -> Result<Vec<Line>> {
    let mut lines: Vec<Line> = Vec::new();
    for row in rows {
        let id: i64 = row.try_get(0)?;
        if lines.last().is_none_or(|last| last.id != id) {
            let held: Option<String> = row.try_get(10)?;
            lines.push(Line {
                id,
                batch: row.try_get(1)?,
                order: row.try_get(2)?,
                household: HouseholdId(row.try_get(3)?),
                entry: digest(row, 4)?,
                yen: yen(row, 5)?,
                replaces: row.try_get(6)?,
                decided_on: date(row.try_get(7)?)?,
                withdrawn: row.try_get::<Option<i64>, _>(8)?.is_some(),
                file: row.try_get::<Option<i64>, _>(9)?.filter(|_| held.is_none()),
                held,
                recalled: row.try_get::<Option<i64>, _>(11)?.is_some(),
                released: crate::digest_or_none(row, 12)?.is_some(),
                outcomes: Vec::new(),
            });
        }
        if let (Some(word), Some(line)) = (row.try_get::<Option<&str>, _>(13)?, lines.last_mut()) {
            line.outcomes.push((Outcome::read(word)?, row.try_get(14)?, date(row.try_get(15)?)?));
        }
    }
    Ok(lines)
}

fn read_file(row: &AnyRow) -> Result<File> {
    Ok(File {
        serial: row.try_get(0)?,
        batch: row.try_get(1)?,
        act: digest(row, 2)?,
        entry: digest(row, 3)?,
        sha256: digest(row, 4)?,
        lines: count(row, 5)?,
        yen: yen(row, 6)?,
        at: row.try_get(7)?,
        by: row.try_get(8)?,
    })
}

fn read_results(row: &AnyRow) -> Result<Results> {
    Ok(Results {
        call: row.try_get(0)?,
        paid: row.try_get(1)?,
        failed: row.try_get(2)?,
        returned: row.try_get(3)?,
        exceptions: row.try_get(4)?,
        at: row.try_get(5)?,
        by: row.try_get(6)?,
    })
}
