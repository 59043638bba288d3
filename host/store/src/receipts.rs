//! Receipts (収納): the files of each channel, what they told of each payment, what was done with it, and what the designated
//! bank delivered.
//!
//! A file is taken whole in one transaction ([`Receiving`]), with its postings and its entries in the chain. Serials of a
//! source have no gap: what comes after a missing file waits. Absent here: what a line means, and what a receipt is used for.

use crate::audit::{Record, append_record};
use crate::ledger::{Entry, balance_in, balances_in, entries_in, entries_of_account_in};
use crate::rows::Insert;
use crate::{Result, Store, StoreError, audit, date, digest, digest_or_none};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, HouseholdId, Municipality};
use jorei_domain::ledger::{Account, AccountKind, Balance, Instalment, Posting};
use jorei_domain::money::Yen;
use sqlx::any::AnyRow;
use sqlx::{Any, Row as _, Transaction};
use std::collections::{BTreeMap, HashMap};

/// The source of a bank's statement, where the others are places of [`CHANNELS`](jorei_domain::record::CHANNELS).
pub const STATEMENT: u8 = 9;

/// Why a file of receipts was not taken. Nothing of it was.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ReceiptsError {
    /// Another one must come first.
    #[error("file {found} of source {source_of}: file {next} is missing; apply it first")]
    Gap {
        /// The source.
        source_of: u8,
        /// Its serial.
        found: i64,
        /// The serial that is next.
        next: i64,
    },
    /// The serial was used for other content.
    #[error("file {serial} of source {source_of}: another file was taken under this serial; a correction has a serial of its own")]
    OtherContent {
        /// The source.
        source_of: u8,
        /// The serial.
        serial: i64,
    },
    /// There is no such receipt.
    #[error("receipt {0}: there is none of this number; look at `jorei receipt list`")]
    NoReceipt(i64),
    /// It moved between the look and the writing.
    #[error("receipt {0}: {1}")]
    Refused(i64, &'static str),
}

/// How far a receipt is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Stage {
    /// Told, not confirmed (速報).
    Announced,
    /// Confirmed (確報).
    Final,
    /// Taken back before it was confirmed (速報取消).
    Revoked,
    /// Taken back afterwards (収納取消).
    Reversed,
}

impl Stage {
    /// What officials call it.
    pub const fn ja(self) -> &'static str {
        match self {
            Stage::Announced => "速報",
            Stage::Final => "確報",
            Stage::Revoked => "速報取消",
            Stage::Reversed => "収納取消",
        }
    }
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$each:meta])* $variant:ident = $word:literal, $ja:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum $name { $($(#[$each])* $variant),* }

        impl $name {
            /// All, in their order.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// Its word: permanent, the store keeps it.
            pub const fn word(self) -> &'static str {
                match self { $($name::$variant => $word),* }
            }

            /// What officials are told.
            pub const fn ja(self) -> &'static str {
                match self { $($name::$variant => $ja),* }
            }

            /// That of a word.
            pub fn named(word: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|one| one.word() == word)
            }
        }
    };
}

words!(
    /// What was told of a receipt, or done with it.
    EventKind {
        /// Announced by its channel.
        Announced = "announced", "速報";
        /// Confirmed.
        Final = "final", "確報";
        /// Taken back before it was confirmed.
        Revoked = "revoked", "速報取消";
        /// Taken back afterwards.
        Reversed = "reversed", "収納取消";
        /// Told again; nothing counts.
        Repeated = "repeated", "再通知";
        /// Used by a clerk.
        Matched = "matched", "消込";
        /// A use was taken back by a clerk.
        Released = "released", "消込取消";
        /// A clerk looked and leaves it as it is.
        Left = "left", "保留";
    }
);

words!(
    /// Why a clerk must look at a receipt.
    Exception {
        /// The slip's number is none of ours.
        UnknownSlip = "unknown_slip", "納付番号が読み取れません。納付書の控えを確認し、消込先を指定してください";
        /// Nothing was assessed for the household and instalment that the slip names.
        NotLevied = "not_levied", "納付番号の世帯・期別に調定がありません。世帯番号と期別を確認してください";
        /// Confirmed or announced a second time.
        Repeated = "repeated", "同じ取扱番号が再び通知されました。二重に計上していません。収納機関に確認してください";
        /// Taken back, and never told.
        NothingToRevoke = "nothing_to_revoke", "通知されていない収納の取消です。収納機関に確認してください";
        /// Confirmed after it was taken back.
        RevokedBefore = "revoked_before", "取消済みの収納が確定しました。収納機関に確認し、消込先を指定してください";
        /// Taken back with another amount, day or slip than it was told with.
        Contradicted = "contradicted", "取消の内容が通知と一致しません。取り消していません。収納機関に確認してください";
    }
);

words!(
    /// What kind of file it was.
    FileKind {
        /// Payments announced.
        Announced = "announced", "速報";
        /// Payments confirmed.
        Final = "final", "確報";
        /// Payments taken back.
        Revoked = "revoked", "取消";
        /// What the bank delivered.
        Statement = "statement", "入金明細";
    }
);

/// A receipt as it stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Receipt {
    /// Its number, from 1.
    pub number: i64,
    /// The place of its channel in [`CHANNELS`](jorei_domain::record::CHANNELS).
    pub channel: u8,
    /// The day it was paid (納付日).
    pub paid_on: Date,
    /// The day it was booked (収納日).
    pub booked_on: Date,
    /// Whole yen, as told last.
    pub yen: Yen,
    /// How far it is.
    pub stage: Stage,
    /// What its slip says it pays; none for a slip that is none of ours.
    pub slip: Option<(HouseholdId, Instalment)>,
    /// The channel's own number of it.
    pub source: String,
}

/// What was told of a receipt, or done with it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReceiptEvent {
    /// Its place in the municipality, from 1.
    pub ordinal: i64,
    /// The receipt.
    pub receipt: i64,
    /// What.
    pub kind: EventKind,
    /// File and line; none for a clerk's.
    pub origin: Option<(i64, i64)>,
    /// The slip's number as told.
    pub slip: String,
    /// What the slip says it pays.
    pub pays: Option<(HouseholdId, Instalment)>,
    /// The day it was paid.
    pub paid_on: Date,
    /// The day it was booked.
    pub booked_on: Date,
    /// Whole yen.
    pub yen: Yen,
    /// The posting of the money.
    pub booking: Option<Digest>,
    /// The posting by which it was used.
    pub used: Option<Digest>,
    /// Why a clerk must look.
    pub exception: Option<Exception>,
    /// A clerk's reason; no personal data.
    pub reason: Option<String>,
    /// When: an instant. That of the stamp on saving.
    pub at: String,
    /// By whom. That of the stamp on saving.
    pub by: String,
}

/// Everything told of one receipt and done with it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Known {
    /// Its number.
    pub number: i64,
    /// Its channel.
    pub channel: u8,
    /// The channel's own number of it.
    pub reference: String,
    /// In their order; one at least.
    pub events: Vec<ReceiptEvent>,
}

impl Known {
    /// How far it is; none where it was taken back and never told.
    pub fn stage(&self) -> Option<Stage> {
        self.events.iter().rev().find_map(|event| match event.kind {
            EventKind::Announced => Some(Stage::Announced),
            EventKind::Final => Some(Stage::Final),
            EventKind::Revoked if event.booking.is_some() => Some(Stage::Revoked),
            EventKind::Reversed if event.booking.is_some() => Some(Stage::Reversed),
            _ => None,
        })
    }

    /// What was told last that counts.
    pub fn told(&self) -> Option<&ReceiptEvent> {
        self.events.iter().rev().find(|event| matches!(event.kind, EventKind::Announced | EventKind::Final))
    }

    /// Why a clerk must still look, if somebody must.
    pub fn exception(&self) -> Option<Exception> {
        let at = self.events.iter().rposition(|event| event.exception.is_some())?;
        let settled = self.events[at + 1..].iter().any(settles);
        self.events[at].exception.filter(|_| !settled)
    }

    /// The receipt as it stands; none where it was taken back and never told.
    pub fn receipt(&self) -> Option<Receipt> {
        let told = self.told()?;
        Some(Receipt {
            number: self.number,
            channel: self.channel,
            paid_on: told.paid_on,
            booked_on: told.booked_on,
            yen: told.yen,
            stage: self.stage()?,
            slip: told.pays,
            source: self.reference.clone(),
        })
    }
}

/// Does an event end an exception before it? A revocation that was not carried out does not.
fn settles(event: &ReceiptEvent) -> bool {
    match event.kind {
        EventKind::Matched | EventKind::Left => true,
        EventKind::Revoked | EventKind::Reversed => event.booking.is_some(),
        _ => false,
    }
}

/// A file to take.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewFile {
    /// A channel's place, or [`STATEMENT`].
    pub source: u8,
    /// What kind.
    pub kind: FileKind,
    /// Its serial within the source, from 1.
    pub serial: i64,
    /// The day it was made.
    pub made_on: Date,
    /// The digest of its bytes.
    pub digest: Digest,
    /// Its lines.
    pub rows: u64,
    /// Those that say that nothing was paid.
    pub unpaid: u64,
    /// The sum it states; below 0 where a statement takes back more than it delivers.
    pub yen: i64,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The day it is booked.
    pub booked_on: Date,
}

/// A file that was taken, without its bytes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredFile {
    /// Its number in the municipality, from 1.
    pub number: i64,
    /// A channel's place, or [`STATEMENT`].
    pub source: u8,
    /// What kind.
    pub kind: FileKind,
    /// Its serial within the source.
    pub serial: i64,
    /// The day it was made.
    pub made_on: Date,
    /// The digest of its bytes.
    pub digest: Digest,
    /// Its lines.
    pub rows: u64,
    /// Those that say that nothing was paid.
    pub unpaid: u64,
    /// The sum it states.
    pub yen: i64,
    /// The day it was booked.
    pub booked_on: Date,
    /// When: an instant.
    pub at: String,
    /// By whom.
    pub by: String,
}

/// How many events of a file are of a kind, and their sum.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Told {
    /// What.
    pub kind: EventKind,
    /// Why a clerk must look.
    pub exception: Option<Exception>,
    /// Was it used at once?
    pub used: bool,
    /// How many.
    pub count: u64,
    /// Their sum.
    pub yen: i64,
}

/// What the ledger has of a channel's day.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct CollectedDay {
    /// Confirmed by the channel.
    pub received_yen: i64,
    /// Taken back by the channel after it was confirmed.
    pub reversed_yen: i64,
    /// Announced, neither confirmed nor taken back.
    pub announced_yen: i64,
    /// Delivered by the bank.
    pub delivered_yen: i64,
    /// Taken back by the bank.
    pub taken_back_yen: i64,
}

/// A line of a statement to keep.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewDelivery {
    /// The line.
    pub line: i64,
    /// The day it was on the office's account.
    pub delivered_on: Date,
    /// The channel's place.
    pub channel: u8,
    /// The day of payment it is about.
    pub collected_on: Date,
    /// Whole yen, not 0; below 0 where the bank took it back.
    pub yen: i64,
    /// Its posting.
    pub posting: Digest,
}

const FILE_OF_DIGEST: &str = "SELECT number, source, kind, serial, made_on, digest, rows, unpaid, yen, booked_on, at, by_whom \
     FROM receipt_file WHERE municipality = $1 AND digest = $2";
const FILES: &str = "SELECT number, source, kind, serial, made_on, digest, rows, unpaid, yen, booked_on, at, by_whom \
     FROM receipt_file WHERE municipality = $1 AND number < $2 ORDER BY number DESC LIMIT $3";
const NEXT_SERIAL: &str = "SELECT COALESCE(MAX(serial), 0) + 1 FROM receipt_file WHERE municipality = $1 AND source = $2";
const NEXT_FILE: &str = "SELECT COALESCE(MAX(number), 0) + 1 FROM receipt_file WHERE municipality = $1";
const NEXT_RECEIPT: &str = "SELECT COALESCE(MAX(number), 0) + 1 FROM receipt WHERE municipality = $1";
const NEXT_EVENT: &str = "SELECT COALESCE(MAX(ordinal), 0) + 1 FROM receipt_event WHERE municipality = $1";
const NEXT_DELIVERY: &str = "SELECT COALESCE(MAX(ordinal), 0) + 1 FROM delivery WHERE municipality = $1";
const SAVE_FILE: &str = "INSERT INTO receipt_file (municipality, number, source, kind, serial, made_on, digest, rows, unpaid, yen, content, \
         booked_on, at, by_whom) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
const INSERT_RECEIPTS: Insert =
    Insert { head: "INSERT INTO receipt (municipality, number, channel, reference) VALUES", columns: 4, tail: "" };
const INSERT_EVENTS: Insert = Insert {
    head: "INSERT INTO receipt_event (municipality, ordinal, receipt, kind, file, line, slip, paid_on, booked_on, yen, household, year, \
         item, booking, used, exception, reason, at, by_whom) VALUES",
    columns: 19,
    tail: "",
};
const INSERT_DELIVERIES: Insert = Insert {
    head: "INSERT INTO delivery (municipality, ordinal, file, line, delivered_on, channel, collected_on, yen, posting, at, by_whom) VALUES",
    columns: 11,
    tail: "",
};
macro_rules! known_where {
    ($condition:literal) => {
        concat!(
            "SELECT r.channel, r.reference, e.ordinal, e.receipt, e.kind, e.file, e.line, e.slip, e.paid_on, e.booked_on, e.yen, \
                 e.household, e.year, e.item, e.booking, e.used, e.exception, e.reason, e.at, e.by_whom \
             FROM receipt r JOIN receipt_event e ON e.municipality = r.municipality AND e.receipt = r.number \
             WHERE r.municipality = $1 AND ",
            $condition,
            " ORDER BY e.receipt, e.ordinal"
        )
    };
}
const KNOWN: &str =
    known_where!("r.channel = $2 AND r.reference IN ($3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)");
const KNOWN_AT_ONCE: usize = 16;
const ONE: &str = known_where!("r.number = $2");
const PAGE: &str =
    known_where!("r.number IN (SELECT n.number FROM receipt n WHERE n.municipality = $1 AND n.number > $2 ORDER BY n.number LIMIT $3)");
const OF_HOUSEHOLD: &str =
    known_where!("r.number IN (SELECT n.receipt FROM receipt_event n WHERE n.municipality = $1 AND n.household = $2)");
const EXCEPTIONS: &str = known_where!(
    "r.number IN (SELECT x.receipt FROM receipt_event x WHERE x.municipality = $1 AND x.exception IS NOT NULL AND x.receipt > $2 \
         AND NOT EXISTS (SELECT 1 FROM receipt_event l WHERE l.municipality = x.municipality AND l.receipt = x.receipt AND l.ordinal > x.ordinal \
             AND (l.kind IN ('matched', 'left') OR (l.kind IN ('revoked', 'reversed') AND l.booking IS NOT NULL))) ORDER BY x.receipt LIMIT $3)"
);
const OF_FILE: &str = "SELECT kind, exception, CASE WHEN used IS NULL THEN 0 ELSE 1 END, COUNT(*), CAST(SUM(yen) AS bigint) \
     FROM receipt_event WHERE municipality = $1 AND file = $2 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3";
const DELIVERED_BY: &str = "SELECT COUNT(*) FROM delivery WHERE municipality = $1 AND file = $2";
/// Both sides of a channel's days; 40 is what was collected, 23 what is unmatched, 41 the bank.
const DAYS: &str = "SELECT day, CAST(SUM(received) AS bigint), CAST(SUM(reversed) AS bigint), CAST(SUM(announced) AS bigint), \
         CAST(SUM(delivered) AS bigint), CAST(SUM(taken) AS bigint) FROM ( \
     SELECT debit_item AS day, CASE WHEN credit_kind = 23 AND phase IN (0, 2) THEN yen ELSE 0 END AS received, 0 AS reversed, \
         CASE WHEN phase = 1 THEN yen WHEN phase IN (2, 3) THEN -yen ELSE 0 END AS announced, 0 AS delivered, \
         CASE WHEN credit_kind = 41 THEN yen ELSE 0 END AS taken FROM transfer \
         WHERE municipality = $1 AND debit_household = 0 AND debit_kind = 40 AND debit_year = $2 AND debit_item >= $3 AND debit_item < $4 \
     UNION ALL SELECT credit_item, 0, CASE WHEN debit_kind = 23 THEN yen ELSE 0 END, 0, CASE WHEN debit_kind = 41 THEN yen ELSE 0 END, 0 \
         FROM transfer WHERE municipality = $1 AND credit_household = 0 AND credit_kind = 40 AND credit_year = $2 AND credit_item >= $3 \
         AND credit_item < $4) AS sides GROUP BY day ORDER BY day";
/// What the channels told for good, by the last thing told of each receipt.
const CONFIRMED: &str = "SELECT r.channel, COUNT(*), CAST(SUM(e.yen) AS bigint) FROM receipt r \
     JOIN receipt_event e ON e.municipality = r.municipality AND e.receipt = r.number \
     WHERE r.municipality = $1 AND e.kind = 'final' AND e.ordinal = (SELECT MAX(l.ordinal) FROM receipt_event l \
         WHERE l.municipality = e.municipality AND l.receipt = e.receipt AND l.booking IS NOT NULL) \
     GROUP BY r.channel ORDER BY r.channel";
/// What became of receipts: both sides of what is unmatched, by the other side's kind.
const USES: &str = "SELECT kind, CAST(SUM(yen) AS bigint) FROM ( \
     SELECT credit_kind AS kind, yen FROM transfer WHERE municipality = $1 AND debit_household = 0 AND debit_kind = 23 AND phase IN (0, 2) \
     UNION ALL SELECT debit_kind, -yen FROM transfer WHERE municipality = $1 AND credit_household = 0 AND credit_kind = 23 AND phase IN (0, 2) \
     ) AS sides GROUP BY kind ORDER BY kind";

/// What receipts paid of an instalment's principal, and what came back of it, each by its own index. 1 is what is owed.
const PAID: &str = "SELECT debit_item, yen FROM transfer WHERE municipality = $1 AND credit_household = $2 AND credit_kind = 1 \
     AND credit_year = $3 AND credit_item = $4 AND debit_kind = 23";
const UNPAID: &str = "SELECT credit_item, yen FROM transfer WHERE municipality = $1 AND debit_household = $2 AND debit_kind = 1 \
     AND debit_year = $3 AND debit_item = $4 AND credit_kind = 23";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] = &[
    FILE_OF_DIGEST,
    FILES,
    NEXT_SERIAL,
    NEXT_FILE,
    NEXT_RECEIPT,
    NEXT_EVENT,
    NEXT_DELIVERY,
    SAVE_FILE,
    KNOWN,
    ONE,
    PAGE,
    OF_HOUSEHOLD,
    EXCEPTIONS,
    OF_FILE,
    DELIVERED_BY,
    DAYS,
    CONFIRMED,
    USES,
    PAID,
    UNPAID,
];
/// Every insert of several rows, for the same test.
#[cfg(any(test, feature = "checks"))]
pub(crate) const INSERTS: &[Insert] = &[INSERT_RECEIPTS, INSERT_EVENTS, INSERT_DELIVERIES];

const ROWS_PER_STATEMENT: usize = 60;
const LEVEL: i32 = 3;

/// One transaction that takes a file, or records what a clerk does. It holds the municipality's chain from its first moment,
/// so that nothing it looks at moves; dropped without [`Receiving::commit`] it leaves nothing.
pub struct Receiving<'s> {
    store: &'s Store,
    municipality: Municipality,
    stamp: &'s Stamp,
    transaction: Transaction<'static, Any>,
    next_receipt: i64,
    next_event: i64,
}

/// Where a file begins.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Begun {
    /// It is taken now, under this number.
    Now(i64),
    /// It was taken before.
    Before(StoredFile),
}

impl Store {
    /// Begins to take receipts.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn receiving<'s>(&'s self, municipality: Municipality, stamp: &'s Stamp) -> Result<Receiving<'s>> {
        let mut transaction = self.writing().await?;
        audit::lock(&mut transaction, municipality).await?;
        let mut next = async |sql: &'static str| -> Result<i64> {
            Ok(sqlx::query(sql).bind(municipality.number()).fetch_one(&mut *transaction).await?.try_get(0)?)
        };
        let (next_receipt, next_event) = (next(NEXT_RECEIPT).await?, next(NEXT_EVENT).await?);
        Ok(Receiving { store: self, municipality, stamp, transaction, next_receipt, next_event })
    }

    /// A receipt by its number, as it stands; none where there is none, or where it was taken back and never told.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn receipt(&self, municipality: Municipality, number: i64) -> Result<Option<Receipt>> {
        Ok(self.known_receipt(municipality, number).await?.as_ref().and_then(Known::receipt))
    }

    /// Everything told of a receipt and done with it.
    ///
    /// # Errors
    /// As [`Store::receipt`].
    pub async fn known_receipt(&self, municipality: Municipality, number: i64) -> Result<Option<Known>> {
        let query = sqlx::query(ONE).bind(municipality.number()).bind(number);
        Ok(gathered(&query.fetch_all(&self.pool).await?)?.pop())
    }

    /// Receipts after a number, in their order, at most `limit`; none means that there are no more.
    ///
    /// # Errors
    /// As [`Store::receipt`].
    pub async fn receipts(&self, municipality: Municipality, after: i64, limit: u32) -> Result<Vec<Known>> {
        let query = sqlx::query(PAGE).bind(municipality.number()).bind(after).bind(i64::from(limit));
        gathered(&query.fetch_all(&self.pool).await?)
    }

    /// Receipts whose slips ever named a household, in the order of their numbers.
    ///
    /// # Errors
    /// As [`Store::receipt`].
    pub async fn receipts_of(&self, municipality: Municipality, household: HouseholdId) -> Result<Vec<Known>> {
        let query = sqlx::query(OF_HOUSEHOLD).bind(municipality.number()).bind(household.0);
        gathered(&query.fetch_all(&self.pool).await?)
    }

    /// Receipts that a clerk must look at, after a number, in their order, about `limit`; none means that there are no more.
    ///
    /// # Errors
    /// As [`Store::receipt`].
    pub async fn receipt_exceptions(&self, municipality: Municipality, after: i64, limit: u32) -> Result<Vec<Known>> {
        let query = sqlx::query(EXCEPTIONS).bind(municipality.number()).bind(after).bind(i64::from(limit));
        gathered(&query.fetch_all(&self.pool).await?)
    }

    /// A file that was taken, by the digest of its bytes.
    ///
    /// # Errors
    /// As [`Store::receipt`].
    pub async fn receipt_file(&self, municipality: Municipality, digest: Digest) -> Result<Option<StoredFile>> {
        let query = sqlx::query(FILE_OF_DIGEST).bind(municipality.number()).bind(&digest.0[..]);
        query.fetch_optional(&self.pool).await?.as_ref().map(file).transpose()
    }

    /// Files that were taken, the newest first, before a number, at most `limit`.
    ///
    /// # Errors
    /// As [`Store::receipt`].
    pub async fn receipt_files(&self, municipality: Municipality, before: i64, limit: u32) -> Result<Vec<StoredFile>> {
        let query = sqlx::query(FILES).bind(municipality.number()).bind(before).bind(i64::from(limit));
        query.fetch_all(&self.pool).await?.iter().map(file).collect()
    }

    /// What a file told, summed up.
    ///
    /// # Errors
    /// As [`Store::receipt`].
    pub async fn told_by_file(&self, municipality: Municipality, number: i64) -> Result<Vec<Told>> {
        let rows = sqlx::query(OF_FILE).bind(municipality.number()).bind(number).fetch_all(&self.pool).await?;
        let told = |row: &AnyRow| {
            Ok(Told {
                kind: event_kind(row.try_get(0)?)?,
                exception: row.try_get::<Option<&str>, _>(1)?.map(exception).transpose()?,
                used: row.try_get::<i64, _>(2)? == 1,
                count: row.try_get::<i64, _>(3)?.unsigned_abs(),
                yen: row.try_get(4)?,
            })
        };
        rows.iter().map(told).collect()
    }

    /// How many lines of a statement were booked.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn deliveries_of_file(&self, municipality: Municipality, number: i64) -> Result<u64> {
        let query = sqlx::query(DELIVERED_BY).bind(municipality.number()).bind(number);
        Ok(query.fetch_one(&self.pool).await?.try_get::<i64, _>(0)?.unsigned_abs())
    }

    /// What the ledger has of a channel's days, from a day up to but without another, in their order. Days of which nothing
    /// was ever told are not there.
    ///
    /// # Errors
    /// As [`Store::receipt`].
    pub async fn collected_days(
        &self,
        municipality: Municipality,
        channel: u8,
        from: Date,
        until: Date,
    ) -> Result<BTreeMap<Date, CollectedDay>> {
        let query = sqlx::query(DAYS).bind(municipality.number()).bind(i64::from(channel)).bind(from.packed()).bind(until.packed());
        let read = |row: &AnyRow| {
            let packed: i64 = row.try_get(0)?;
            let day = Date::from_packed(packed).map_err(|_| StoreError::Damaged(format!("{packed} is no day")))?;
            let collected = CollectedDay {
                received_yen: row.try_get(1)?,
                reversed_yen: row.try_get(2)?,
                announced_yen: row.try_get(3)?,
                delivered_yen: row.try_get(4)?,
                taken_back_yen: row.try_get(5)?,
            };
            Ok((day, collected))
        };
        query.fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// What each channel told for good and did not take back, by the receipts alone: channel, count, sum.
    ///
    /// # Errors
    /// As [`Store::receipt`].
    pub async fn confirmed_receipts(&self, municipality: Municipality) -> Result<Vec<(u8, u64, i64)>> {
        let rows = sqlx::query(CONFIRMED).bind(municipality.number()).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok((channel(row.try_get(0)?)?, row.try_get::<i64, _>(1)?.unsigned_abs(), row.try_get(2)?))).collect()
    }

    /// What became of receipts by the ledger alone: by kind of account, what they were used for. The sum of what came in
    /// stands under [`AccountKind::Collected`], below 0.
    ///
    /// # Errors
    /// As [`Store::receipt`].
    pub async fn uses_of_receipts(&self, municipality: Municipality) -> Result<Vec<(AccountKind, i64)>> {
        let rows = sqlx::query(USES).bind(municipality.number()).fetch_all(&self.pool).await?;
        let kind =
            |number: i64| AccountKind::numbered(number).ok_or_else(|| StoreError::Damaged(format!("{number} is no kind of account")));
        rows.iter().map(|row| Ok((kind(row.try_get(0)?)?, row.try_get(1)?))).collect()
    }
}

impl Receiving<'_> {
    /// Begins a file: the next of its source, or one that was taken before.
    ///
    /// # Errors
    /// [`StoreError::Receipts`] for a gap or a serial that was used; [`StoreError::Database`].
    pub async fn begin(&mut self, new: &NewFile) -> Result<Begun> {
        let municipality = self.municipality;
        let query = sqlx::query(FILE_OF_DIGEST).bind(municipality.number()).bind(&new.digest.0[..]);
        if let Some(row) = query.fetch_optional(&mut *self.transaction).await? {
            return Ok(Begun::Before(file(&row)?));
        }
        let query = sqlx::query(NEXT_SERIAL).bind(municipality.number()).bind(i64::from(new.source));
        let next: i64 = query.fetch_one(&mut *self.transaction).await?.try_get(0)?;
        let (source_of, found) = (new.source, new.serial);
        match found.cmp(&next) {
            std::cmp::Ordering::Greater => return Err(ReceiptsError::Gap { source_of, found, next }.into()),
            std::cmp::Ordering::Less => return Err(ReceiptsError::OtherContent { source_of, serial: found }.into()),
            std::cmp::Ordering::Equal => {}
        }
        let number: i64 = sqlx::query(NEXT_FILE).bind(municipality.number()).fetch_one(&mut *self.transaction).await?.try_get(0)?;
        let content = zstd::bulk::compress(&new.bytes, LEVEL).map_err(|error| StoreError::Damaged(error.to_string()))?;
        sqlx::query(SAVE_FILE)
            .bind(municipality.number())
            .bind(number)
            .bind(i64::from(new.source))
            .bind(new.kind.word())
            .bind(new.serial)
            .bind(new.made_on.to_string())
            .bind(&new.digest.0[..])
            .bind(i64::try_from(new.rows).unwrap_or(i64::MAX))
            .bind(i64::try_from(new.unpaid).unwrap_or(i64::MAX))
            .bind(new.yen)
            .bind(content)
            .bind(new.booked_on.to_string())
            .bind(self.stamp.at.as_str())
            .bind(self.stamp.by.as_str())
            .execute(&mut *self.transaction)
            .await?;
        append_record(&mut self.transaction, municipality, self.stamp, Record::ReceiptFile(number)).await?;
        Ok(Begun::Now(number))
    }

    /// The number that a receipt made now takes.
    pub fn number_receipt(&mut self) -> i64 {
        self.next_receipt += 1;
        self.next_receipt - 1
    }

    /// The place that an event made now takes. Events are saved in this order, none left out.
    pub fn number_event(&mut self) -> i64 {
        self.next_event += 1;
        self.next_event - 1
    }

    /// What is known of some payments of a channel, by the channel's own numbers.
    ///
    /// # Errors
    /// As [`Store::receipt`].
    pub async fn known(&mut self, channel: u8, references: &[&str]) -> Result<HashMap<String, Known>> {
        let mut found = HashMap::new();
        for chunk in references.chunks(KNOWN_AT_ONCE) {
            let mut query = sqlx::query(KNOWN).bind(self.municipality.number()).bind(i64::from(channel));
            for reference in chunk.iter().chain(std::iter::repeat_n(&chunk[chunk.len() - 1], KNOWN_AT_ONCE - chunk.len())) {
                query = query.bind(*reference);
            }
            let rows = query.fetch_all(&mut *self.transaction).await?;
            found.extend(gathered(&rows)?.into_iter().map(|known| (known.reference.clone(), known)));
        }
        Ok(found)
    }

    /// What is known of a receipt.
    ///
    /// # Errors
    /// [`ReceiptsError::NoReceipt`], and as [`Store::receipt`].
    pub async fn receipt(&mut self, number: i64) -> Result<Known> {
        let query = sqlx::query(ONE).bind(self.municipality.number()).bind(number);
        let known = gathered(&query.fetch_all(&mut *self.transaction).await?)?.pop();
        known.ok_or_else(|| ReceiptsError::NoReceipt(number).into())
    }

    /// Every account of some households, in no order.
    ///
    /// # Errors
    /// As [`Store::balances`].
    pub async fn balances(&mut self, households: &[HouseholdId]) -> Result<Vec<(Account, Balance)>> {
        balances_in(&mut self.transaction, self.municipality, households).await
    }

    /// What stands on an account.
    ///
    /// # Errors
    /// As [`Store::balance`].
    pub async fn balance(&mut self, account: Account) -> Result<Balance> {
        balance_in(&mut self.transaction, self.municipality, account).await
    }

    /// Every transfer that touches a household's accounts.
    ///
    /// # Errors
    /// As [`Store::entries`].
    pub async fn entries(&mut self, household: HouseholdId) -> Result<Vec<Entry>> {
        entries_in(&mut self.transaction, self.municipality, household).await
    }

    /// Does an instalment's principal bear what a receipt paid of it?
    ///
    /// # Errors
    /// As [`Store::balance`].
    pub async fn is_paid_by_receipt(&mut self, household: HouseholdId, instalment: Instalment) -> Result<bool> {
        let mut paid: BTreeMap<i64, i64> = BTreeMap::new();
        for (sql, sign) in [(PAID, 1), (UNPAID, -1)] {
            let query = sqlx::query(sql).bind(self.municipality.number()).bind(household.0);
            let query = query.bind(i64::from(instalment.year)).bind(instalment.item());
            for row in query.fetch_all(&mut *self.transaction).await? {
                *paid.entry(row.try_get(0)?).or_default() += sign * row.try_get::<i64, _>(1)?;
            }
        }
        Ok(paid.values().any(|yen| *yen > 0))
    }

    /// Every transfer that touches an account.
    ///
    /// # Errors
    /// As [`Store::entries_of_account`].
    pub async fn entries_of_account(&mut self, account: Account) -> Result<Vec<Entry>> {
        entries_of_account_in(&mut self.transaction, self.municipality, account).await
    }

    /// Saves a page: postings, then receipts (number, channel, reference) that are new, then events.
    ///
    /// # Errors
    /// [`StoreError::Ledger`], [`StoreError::Database`].
    pub async fn save(&mut self, postings: &[Posting], receipts: &[(i64, u8, String)], events: &[ReceiptEvent]) -> Result<()> {
        let municipality = self.municipality;
        self.store.post_in(&mut self.transaction, municipality, postings, self.stamp).await?;
        for chunk in receipts.chunks(ROWS_PER_STATEMENT) {
            let mut query = sqlx::query(INSERT_RECEIPTS.sql(chunk.len(), self.store.database));
            for (number, channel, reference) in chunk {
                query = query.bind(municipality.number()).bind(*number).bind(i64::from(*channel)).bind(reference.as_str());
            }
            query.execute(&mut *self.transaction).await?;
        }
        for chunk in events.chunks(ROWS_PER_STATEMENT) {
            let mut query = sqlx::query(INSERT_EVENTS.sql(chunk.len(), self.store.database));
            for event in chunk {
                query = query
                    .bind(municipality.number())
                    .bind(event.ordinal)
                    .bind(event.receipt)
                    .bind(event.kind.word())
                    .bind(event.origin.map(|origin| origin.0))
                    .bind(event.origin.map(|origin| origin.1))
                    .bind(event.slip.as_str())
                    .bind(event.paid_on.to_string())
                    .bind(event.booked_on.to_string())
                    .bind(event.yen.get())
                    .bind(event.pays.map(|pays| pays.0.0))
                    .bind(event.pays.map(|pays| i64::from(pays.1.year)))
                    .bind(event.pays.map(|pays| pays.1.item()))
                    .bind(event.booking.map(|posting| posting.0.to_vec()))
                    .bind(event.used.map(|posting| posting.0.to_vec()))
                    .bind(event.exception.map(Exception::word))
                    .bind(event.reason.as_deref())
                    .bind(self.stamp.at.as_str())
                    .bind(self.stamp.by.as_str());
            }
            query.execute(&mut *self.transaction).await?;
        }
        if let (Some(first), Some(last)) = (events.first(), events.last()) {
            let record = Record::ReceiptEvents(first.ordinal, last.ordinal);
            append_record(&mut self.transaction, municipality, self.stamp, record).await?;
        }
        Ok(())
    }

    /// Saves lines of a statement with their postings.
    ///
    /// # Errors
    /// As [`Receiving::save`].
    pub async fn save_deliveries(&mut self, file: i64, postings: &[Posting], deliveries: &[NewDelivery]) -> Result<()> {
        let municipality = self.municipality;
        self.store.post_in(&mut self.transaction, municipality, postings, self.stamp).await?;
        let query = sqlx::query(NEXT_DELIVERY).bind(municipality.number());
        let first: i64 = query.fetch_one(&mut *self.transaction).await?.try_get(0)?;
        let mut next = first;
        for chunk in deliveries.chunks(ROWS_PER_STATEMENT) {
            let mut query = sqlx::query(INSERT_DELIVERIES.sql(chunk.len(), self.store.database));
            for delivery in chunk {
                query = query
                    .bind(municipality.number())
                    .bind(next)
                    .bind(file)
                    .bind(delivery.line)
                    .bind(delivery.delivered_on.to_string())
                    .bind(i64::from(delivery.channel))
                    .bind(delivery.collected_on.to_string())
                    .bind(delivery.yen)
                    .bind(delivery.posting.0.to_vec())
                    .bind(self.stamp.at.as_str())
                    .bind(self.stamp.by.as_str());
                next += 1;
            }
            query.execute(&mut *self.transaction).await?;
        }
        if next > first {
            append_record(&mut self.transaction, municipality, self.stamp, Record::Deliveries(first, next - 1)).await?;
        }
        Ok(())
    }

    /// Makes all of it last.
    ///
    /// # Errors
    /// [`StoreError::Database`]; then nothing of it is there.
    pub async fn commit(self) -> Result<()> {
        Ok(self.transaction.commit().await?)
    }
}

fn event_kind(word: &str) -> Result<EventKind> {
    EventKind::named(word).ok_or_else(|| StoreError::Damaged(format!("{word:?} is nothing that is told of a receipt")))
}

fn exception(word: &str) -> Result<Exception> {
    Exception::named(word).ok_or_else(|| StoreError::Damaged(format!("{word:?} is no exception of a receipt")))
}

fn channel(number: i64) -> Result<u8> {
    u8::try_from(number).map_err(|_| StoreError::Damaged(format!("{number} is no channel")))
}

/// Rows of `known_where`, receipt by receipt.
fn gathered(rows: &[AnyRow]) -> Result<Vec<Known>> {
    let mut found: Vec<Known> = Vec::new();
    for row in rows {
        let event = event(row)?;
        match found.last_mut().filter(|last| last.number == event.receipt) {
            Some(last) => last.events.push(event),
            None => found.push(Known {
                number: event.receipt,
                channel: channel(row.try_get(0)?)?,
                reference: row.try_get(1)?,
                events: vec![event],
            }),
        }
    }
    Ok(found)
}

fn event(row: &AnyRow) -> Result<ReceiptEvent> {
    let file: Option<i64> = row.try_get(5)?;
    let line: Option<i64> = row.try_get(6)?;
    let yen: i64 = row.try_get(10)?;
    let pays = match (row.try_get::<Option<i64>, _>(11)?, row.try_get::<Option<i64>, _>(12)?, row.try_get::<Option<i64>, _>(13)?) {
        (Some(household), Some(year), Some(item)) => {
            let instalment = i32::try_from(year).ok().and_then(|year| Instalment::of_item(year, item));
            let instalment = instalment.ok_or_else(|| StoreError::Damaged(format!("{year}/{item} is no instalment")))?;
            Some((HouseholdId(household), instalment))
        }
        _ => None,
    };
    Ok(ReceiptEvent {
        ordinal: row.try_get(2)?,
        receipt: row.try_get(3)?,
        kind: event_kind(row.try_get(4)?)?,
        origin: file.zip(line),
        slip: row.try_get(7)?,
        pays,
        paid_on: date(row.try_get(8)?)?,
        booked_on: date(row.try_get(9)?)?,
        yen: Yen::checked(yen).map_err(|_| StoreError::Damaged(format!("{yen} yen are out of range")))?,
        booking: digest_or_none(row, 14)?,
        used: digest_or_none(row, 15)?,
        exception: row.try_get::<Option<&str>, _>(16)?.map(exception).transpose()?,
        reason: row.try_get(17)?,
        at: row.try_get(18)?,
        by: row.try_get(19)?,
    })
}

fn file(row: &AnyRow) -> Result<StoredFile> {
    let word: &str = row.try_get(2)?;
    Ok(StoredFile {
        number: row.try_get(0)?,
        source: channel(row.try_get(1)?)?,
        kind: FileKind::named(word).ok_or_else(|| StoreError::Damaged(format!("{word:?} is no kind of file")))?,
        serial: row.try_get(3)?,
        made_on: date(row.try_get(4)?)?,
        digest: digest(row, 5)?,
        rows: row.try_get::<i64, _>(6)?.unsigned_abs(),
        unpaid: row.try_get::<i64, _>(7)?.unsigned_abs(),
        yen: row.try_get(8)?,
        booked_on: date(row.try_get(9)?)?,
        at: row.try_get(10)?,
        by: row.try_get(11)?,
    })
}
