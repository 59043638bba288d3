//! Claims of institutions (レセプト): the federation's sets of files, what each line says of a claim, and what stands.
//!
//! A set is taken whole in one transaction ([`TakingClaims`]), in the order of the federation's serials, none left out. Lines are
//! never edited: of several lines about one claim the last one holds, and a returned claim is none. Absent here: what a file looks
//! like, what is wrong with a claim, and what follows for a benefit.

use crate::audit::{Record, append_record};
use crate::rows::Insert;
use crate::{Result, Store, StoreError, audit, date, digest};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, Municipality, PersonId};
use jorei_domain::ledger::Posting;
use sqlx::any::AnyRow;
use sqlx::{Any, Row as _, Transaction};
use std::collections::HashMap;

/// Why a set of claims was not taken. Nothing of it was.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ClaimsError {
    /// Another one must come first.
    #[error("set {found}: set {next} is missing; apply it first")]
    Gap {
        /// Its serial.
        found: i64,
        /// The serial that is next.
        next: i64,
    },
    /// The serial was used for other content.
    #[error("set {0}: another set was taken under this serial; a correction has a serial of its own")]
    OtherContent(i64),
    /// There is no such line.
    #[error("claim line {0}: there is none of this number; look at `jorei claims list`")]
    NoLine(i64),
    /// It was settled, or another line has taken its place.
    #[error("claim line {line}: {wrong}")]
    Settled {
        /// The line.
        line: i64,
        /// What is wrong.
        wrong: &'static str,
    },
}

/// What a line says of its claim.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum ClaimStatus {
    /// It is there (原審).
    Original,
    /// It is taken back: amounts are those of the claim, below 0 (返戻・取下げ).
    Returned,
    /// It takes the place of what was said before (過誤・再審査).
    Replaced,
}

impl ClaimStatus {
    /// All of them, in the order of their numbers.
    pub const ALL: [ClaimStatus; 3] = [ClaimStatus::Original, ClaimStatus::Returned, ClaimStatus::Replaced];

    /// What officials call it.
    pub const fn ja(self) -> &'static str {
        match self {
            ClaimStatus::Original => "原審",
            ClaimStatus::Returned => "返戻・取下げ",
            ClaimStatus::Replaced => "過誤・再審査",
        }
    }
}

macro_rules! findings {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $ja:literal;)*) => {
        /// Why a clerk must look at a claim. None of these stops the claim from being taken; those that [`ClaimFinding::counts`] denies are
        /// left out of benefits until a clerk said otherwise.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum ClaimFinding { $($(#[$doc])* $name),* }

        impl ClaimFinding {
            /// All of them.
            pub const ALL: &'static [ClaimFinding] = &[$(ClaimFinding::$name),*];

            /// Its word: permanent, the store keeps it.
            pub const fn word(self) -> &'static str {
                match self { $(ClaimFinding::$name => $word),* }
            }

            /// For officials: what is the matter, and what to do.
            pub const fn ja(self) -> &'static str {
                match self { $(ClaimFinding::$name => $ja),* }
            }

            /// The one of a word.
            pub fn named(word: &str) -> Option<ClaimFinding> {
                ClaimFinding::ALL.iter().copied().find(|one| one.word() == word)
            }
        }
    };
}

findings! {
    /// Nobody of this number is known.
    UnknownPerson = "unknown_person", "宛名番号に該当する被保険者がいません。被保険者証の記号番号と資格を確認してください";
    /// Not insured by the city in the month of treatment.
    NotQualified = "not_qualified", "診療月に資格がありません（資格喪失後受診など）。返還請求（不当利得）又は保険者間調整を検討してください";
    /// The same person, institution, setting and service already has a claim for the month.
    Duplicate = "duplicate", "同じ診療月・医療機関・入外・診療種別の請求が既にあります。重複請求でないか国保連に確認してください";
    /// Caused by somebody else (第三者行為).
    ThirdParty = "third_party", "第三者行為の表示があります。求償の対象か確認してください";
}

impl ClaimFinding {
    /// Does the claim count for benefits although nobody has looked?
    pub const fn counts(self) -> bool {
        matches!(self, ClaimFinding::Duplicate)
    }
}

/// A stay in hospital, as a claim states it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Stay {
    /// The place of its word in [`BEDS`](jorei_domain::record::BEDS).
    pub bed: u8,
    /// Meals.
    pub meals: i64,
    /// What a meal was charged, whole yen.
    pub charged_meal_yen: i64,
    /// What a day of residence was charged; none where none was.
    pub charged_residence_yen: Option<i64>,
}

/// What a line says. Amounts are whole yen, below 0 in one that takes a claim back.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ClaimLine {
    /// Its place in the municipality, from 1. Given by the store on saving.
    pub ordinal: i64,
    /// The set.
    pub set: i64,
    /// The file within the set, from 1.
    pub part: i64,
    /// The line in the file.
    pub line: i64,
    /// The federation's number of the claim.
    pub claim: String,
    /// What it says of the claim.
    pub status: ClaimStatus,
    /// Whose treatment.
    pub person: PersonId,
    /// The first day of the month of treatment.
    pub month: Date,
    /// The place of its word in [`SETTINGS`](jorei_domain::record::SETTINGS).
    pub setting: u8,
    /// The place of its word in [`SERVICES`](jorei_domain::record::SERVICES).
    pub service: u8,
    /// The institution's code.
    pub institution: i64,
    /// Of a pharmacy: the institution that prescribed.
    pub prescriber: Option<i64>,
    /// Days of treatment.
    pub days: i64,
    /// Points of the tariff.
    pub points: i64,
    /// Insured cost (10割).
    pub cost_yen: i64,
    /// The share by which the institution charged.
    pub share_percent: i64,
    /// What the patient paid.
    pub own_yen: i64,
    /// High-cost benefit that was left off the bill.
    pub in_kind_yen: i64,
    /// Was that more than the outpatient cap's?
    pub in_kind_counts: bool,
    /// What was printed of the category (特記事項); may be empty.
    pub category: String,
    /// For a specified disease?
    pub specified_disease: bool,
    /// Caused by somebody else?
    pub third_party: bool,
    /// The law that pays beside (法別番号).
    pub aid_code: Option<i64>,
    /// The stay in hospital, if it states meals.
    pub stay: Option<Stay>,
    /// Why a clerk must look.
    pub finding: Option<ClaimFinding>,
}

/// A set to take.
#[derive(Clone, Debug)]
pub struct NewClaimSet {
    /// The federation's serial, from 1.
    pub serial: i64,
    /// The first day of the month in which it was processed.
    pub month: Date,
    /// Over the digests of its files in order.
    pub digest: Digest,
    /// Lines of all files.
    pub lines: u64,
    /// The signed sum of costs.
    pub cost_yen: i64,
    /// The signed sum of own payments.
    pub own_yen: i64,
    /// Its files: digest, lines, bytes.
    pub files: Vec<(Digest, u64, Vec<u8>)>,
}

/// A set that was taken.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredClaimSet {
    /// Its number in the municipality, from 1.
    pub number: i64,
    /// The federation's serial.
    pub serial: i64,
    /// The first day of the month in which it was processed.
    pub month: Date,
    /// Over the digests of its files.
    pub digest: Digest,
    /// Its lines.
    pub lines: u64,
    /// The signed sum of costs.
    pub cost_yen: i64,
    /// The signed sum of own payments.
    pub own_yen: i64,
    /// When: an instant.
    pub at: String,
    /// By whom.
    pub by: String,
}

/// What a set told, summed up.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ClaimsTold {
    /// What its lines say.
    pub status: ClaimStatus,
    /// Why a clerk must look.
    pub finding: Option<ClaimFinding>,
    /// How many.
    pub count: u64,
    /// The sum of costs.
    pub cost_yen: i64,
    /// The sum of own payments.
    pub own_yen: i64,
}

/// What a clerk said to a claim.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ClaimSettlement {
    /// The line.
    pub line: i64,
    /// `counts`: it counts as any other; `left_out`: it does not; `reclaimed`: the insurer's part is claimed back.
    pub way: String,
    /// The posting of the claim for money.
    pub posting: Option<Digest>,
    /// Why; no personal data.
    pub reason: String,
    /// When: an instant.
    pub at: String,
    /// By whom.
    pub by: String,
}

macro_rules! line_columns {
    () => {
        "c.ordinal, c.claim_set, c.part, c.line, c.claim, c.status, c.person, c.month, c.setting, c.service, c.institution, c.prescriber, \
         c.days, c.points, c.cost_yen, c.share_percent, c.own_yen, c.in_kind_yen, c.in_kind_counts, c.category, c.specified_disease, \
         c.third_party, c.aid_code, c.bed, c.meals, c.charged_meal_yen, c.charged_residence_yen, c.finding"
    };
}
/// That nothing was said of the claim later, and that it was not taken back.
macro_rules! stands {
    () => {
        "c.status <> 1 AND NOT EXISTS (SELECT 1 FROM claim_line l WHERE l.municipality = c.municipality AND l.claim = c.claim \
         AND l.ordinal > c.ordinal)"
    };
}

const NEXT_SET: &str = "SELECT COALESCE(MAX(number), 0) + 1 FROM claim_set WHERE municipality = $1";
const NEXT_SERIAL: &str = "SELECT COALESCE(MAX(serial), 0) + 1 FROM claim_set WHERE municipality = $1";
const NEXT_LINE: &str = "SELECT COALESCE(MAX(ordinal), 0) + 1 FROM claim_line WHERE municipality = $1";
const NEXT_SETTLEMENT: &str = "SELECT COALESCE(MAX(ordinal), 0) + 1 FROM claim_settlement WHERE municipality = $1";
const SAVE_SET: &str = "INSERT INTO claim_set (municipality, number, serial, month, digest, lines, cost_yen, own_yen, at, by_whom) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const SAVE_FILE: &str = "INSERT INTO claim_file (municipality, claim_set, part, digest, lines, content) VALUES ($1, $2, $3, $4, $5, $6)";
const SAVE_SETTLEMENT: &str = "INSERT INTO claim_settlement (municipality, ordinal, line, way, posting, reason, at, by_whom) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const INSERT_LINES: Insert = Insert {
    head: "INSERT INTO claim_line (municipality, ordinal, claim_set, part, line, claim, status, person, month, setting, service, institution, \
         prescriber, days, points, cost_yen, share_percent, own_yen, in_kind_yen, in_kind_counts, category, specified_disease, third_party, \
         aid_code, bed, meals, charged_meal_yen, charged_residence_yen, finding) VALUES",
    columns: 29,
    tail: "",
};
const SET_OF_DIGEST: &str = "SELECT number, serial, month, digest, lines, cost_yen, own_yen, at, by_whom FROM claim_set \
     WHERE municipality = $1 AND digest = $2";
const SETS: &str = "SELECT number, serial, month, digest, lines, cost_yen, own_yen, at, by_whom FROM claim_set \
     WHERE municipality = $1 AND number < $2 ORDER BY number DESC LIMIT $3";
const TOLD: &str = "SELECT status, finding, COUNT(*), CAST(SUM(cost_yen) AS bigint), CAST(SUM(own_yen) AS bigint) FROM claim_line \
     WHERE municipality = $1 AND claim_set = $2 GROUP BY status, finding ORDER BY status, finding";
const LATEST_OF: &str = concat!(
    "SELECT ",
    line_columns!(),
    " FROM claim_line c WHERE c.municipality = $1 AND c.claim IN ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) \
     AND NOT EXISTS (SELECT 1 FROM claim_line l WHERE l.municipality = c.municipality AND l.claim = c.claim AND l.ordinal > c.ordinal)"
);
const KNOWN_AT_ONCE: usize = 16;
const ONE: &str = concat!("SELECT ", line_columns!(), " FROM claim_line c WHERE c.municipality = $1 AND c.ordinal = $2");
const OF_CLAIM: &str =
    concat!("SELECT ", line_columns!(), " FROM claim_line c WHERE c.municipality = $1 AND c.claim = $2 ORDER BY c.ordinal");
const OF_MONTH: &str = concat!(
    "SELECT ",
    line_columns!(),
    " FROM claim_line c WHERE c.municipality = $1 AND c.month = $2 AND c.person >= $3 AND c.person <= $4 AND ",
    stands!(),
    " ORDER BY c.person, c.ordinal"
);
/// From month to month that has claims: an index by month first finds a person within a month only.
const OF_PERSON: &str = concat!(
    "WITH RECURSIVE months (month) AS (SELECT MIN(month) FROM claim_line WHERE municipality = $1 AND month >= $2 \
     UNION ALL SELECT (SELECT MIN(n.month) FROM claim_line n WHERE n.municipality = $1 AND n.month > m.month) FROM months m \
         WHERE m.month <= $3) SELECT ",
    line_columns!(),
    " FROM months m CROSS JOIN claim_line c WHERE m.month <= $3 AND c.municipality = $1 AND c.month = m.month AND c.person = $4 AND ",
    stands!(),
    " ORDER BY c.month, c.ordinal"
);
const FINDINGS: &str = concat!(
    "SELECT ",
    line_columns!(),
    " FROM claim_line c WHERE c.municipality = $1 AND c.finding IS NOT NULL AND c.ordinal > $2 AND ",
    stands!(),
    " AND NOT EXISTS (SELECT 1 FROM claim_settlement s WHERE s.municipality = c.municipality AND s.line = c.ordinal) \
     ORDER BY c.ordinal LIMIT $3"
);
const SETTLEMENTS: &str = "SELECT line, way, posting, reason, at, by_whom FROM claim_settlement WHERE municipality = $1 AND line = $2 \
     ORDER BY +ordinal";
/// What was settled of a month's lines; few there are.
const SETTLED_OF_MONTH: &str = "SELECT s.line, s.way FROM claim_settlement s JOIN claim_line c ON c.municipality = s.municipality \
     AND c.ordinal = s.line WHERE s.municipality = $1 AND c.month >= $2 AND c.month <= $3 ORDER BY s.ordinal";
const MONTHS: &str = "SELECT DISTINCT month FROM claim_line WHERE municipality = $1 AND ordinal > $2 ORDER BY month";
const IN_KIND: &str = concat!(
    "SELECT c.person, c.month, c.finding, (SELECT s.way FROM claim_settlement s WHERE s.municipality = c.municipality \
     AND s.line = c.ordinal ORDER BY +s.ordinal DESC LIMIT 1) FROM claim_line c WHERE c.municipality = $1 AND c.month >= $2 AND c.month <= $3 AND c.person >= $4 \
     AND c.person <= $5 AND c.in_kind_counts = 1 AND ",
    stands!(),
    " ORDER BY c.person, c.month"
);
/// The way of settling by which a claim counts for benefits (算入).
const COUNTS: &str = "counts";
/// After a large load, so that the planner knows what the table has become.
const ANALYZE: &str = "ANALYZE claim_line";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] = &[
    NEXT_SET,
    NEXT_SERIAL,
    NEXT_LINE,
    NEXT_SETTLEMENT,
    SAVE_SET,
    SAVE_FILE,
    SAVE_SETTLEMENT,
    SET_OF_DIGEST,
    SETS,
    TOLD,
    LATEST_OF,
    ONE,
    OF_CLAIM,
    OF_MONTH,
    OF_PERSON,
    FINDINGS,
    SETTLEMENTS,
    SETTLED_OF_MONTH,
    MONTHS,
    IN_KIND,
];
/// Every insert of several rows, for the same test.
#[cfg(any(test, feature = "checks"))]
pub(crate) const INSERTS: &[Insert] = &[INSERT_LINES];

/// From so many lines on a set is a load after which plans are made anew: PostgreSQL keeps those it made while the table was empty, and
/// a year of a small town would be read from end to end for every few claims.
const ANALYZED_FROM: u64 = 1_000;
const ROWS_PER_STATEMENT: usize = 60;
const LEVEL: i32 = 3;

/// One transaction that takes a set. It holds the municipality's chain from its first moment; dropped without
/// [`TakingClaims::commit`] it leaves nothing.
pub struct TakingClaims<'s> {
    store: &'s Store,
    municipality: Municipality,
    stamp: &'s Stamp,
    transaction: Transaction<'static, Any>,
    next: i64,
    taken: u64,
}

/// Where a set begins.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ClaimSetBegun {
    /// It is taken now, under this number.
    Now(i64),
    /// It was taken before.
    Before(StoredClaimSet),
}

impl Store {
    /// Begins to take a set of claims.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn taking_claims<'s>(&'s self, municipality: Municipality, stamp: &'s Stamp) -> Result<TakingClaims<'s>> {
        let mut transaction = self.writing().await?;
        audit::lock(&mut transaction, municipality).await?;
        let next = sqlx::query(NEXT_LINE).bind(municipality.number()).fetch_one(&mut *transaction).await?.try_get(0)?;
        Ok(TakingClaims { store: self, municipality, stamp, transaction, next, taken: 0 })
    }

    /// A set that was taken, by its digest.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn claim_set(&self, municipality: Municipality, of: Digest) -> Result<Option<StoredClaimSet>> {
        let query = sqlx::query(SET_OF_DIGEST).bind(municipality.number()).bind(&of.0[..]);
        query.fetch_optional(&self.pool).await?.as_ref().map(stored_set).transpose()
    }

    /// Sets that were taken, the newest first, before a number, at most `limit`.
    ///
    /// # Errors
    /// As [`Store::claim_set`].
    pub async fn claim_sets(&self, municipality: Municipality, before: i64, limit: u32) -> Result<Vec<StoredClaimSet>> {
        let query = sqlx::query(SETS).bind(municipality.number()).bind(before).bind(i64::from(limit));
        query.fetch_all(&self.pool).await?.iter().map(stored_set).collect()
    }

    /// What a set told, summed up.
    ///
    /// # Errors
    /// As [`Store::claim_set`].
    pub async fn told_by_claim_set(&self, municipality: Municipality, number: i64) -> Result<Vec<ClaimsTold>> {
        let rows = sqlx::query(TOLD).bind(municipality.number()).bind(number).fetch_all(&self.pool).await?;
        let told = |row: &AnyRow| {
            Ok(ClaimsTold {
                status: status(row.try_get(0)?)?,
                finding: row.try_get::<Option<&str>, _>(1)?.map(finding).transpose()?,
                count: row.try_get::<i64, _>(2)?.unsigned_abs(),
                cost_yen: row.try_get(3)?,
                own_yen: row.try_get(4)?,
            })
        };
        rows.iter().map(told).collect()
    }

    /// A line by its place.
    ///
    /// # Errors
    /// As [`Store::claim_set`].
    pub async fn claim_line(&self, municipality: Municipality, ordinal: i64) -> Result<Option<ClaimLine>> {
        let query = sqlx::query(ONE).bind(municipality.number()).bind(ordinal);
        query.fetch_optional(&self.pool).await?.as_ref().map(read).transpose()
    }

    /// Everything said of a claim, in order.
    ///
    /// # Errors
    /// As [`Store::claim_set`].
    pub async fn claim_history(&self, municipality: Municipality, claim: &str) -> Result<Vec<ClaimLine>> {
        let query = sqlx::query(OF_CLAIM).bind(municipality.number()).bind(claim);
        query.fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// Claims that stand for a month of treatment, of persons in a range of numbers, by person and place.
    ///
    /// # Errors
    /// As [`Store::claim_set`].
    pub async fn claims_of_month(
        &self,
        municipality: Municipality,
        month: Date,
        persons: std::ops::RangeInclusive<PersonId>,
    ) -> Result<Vec<ClaimLine>> {
        let query = sqlx::query(OF_MONTH).bind(municipality.number()).bind(month.to_string());
        let query = query.bind(persons.start().0).bind(persons.end().0);
        query.fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// Claims of a person that stand for months of treatment, both ends included, by month and place.
    ///
    /// # Errors
    /// As [`Store::claim_set`].
    pub async fn claims_of_person(
        &self,
        municipality: Municipality,
        person: PersonId,
        months: std::ops::RangeInclusive<Date>,
    ) -> Result<Vec<ClaimLine>> {
        let query = sqlx::query(OF_PERSON).bind(municipality.number());
        let query = query.bind(months.start().to_string()).bind(months.end().to_string()).bind(person.0);
        query.fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// Claims that somebody must look at and nobody has, after a place, at most `limit`.
    ///
    /// # Errors
    /// As [`Store::claim_set`].
    pub async fn claim_findings(&self, municipality: Municipality, after: i64, limit: u32) -> Result<Vec<ClaimLine>> {
        let query = sqlx::query(FINDINGS).bind(municipality.number()).bind(after).bind(i64::from(limit));
        query.fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// What clerks said to a line, in order.
    ///
    /// # Errors
    /// As [`Store::claim_set`].
    pub async fn claim_settlements(&self, municipality: Municipality, line: i64) -> Result<Vec<ClaimSettlement>> {
        let query = sqlx::query(SETTLEMENTS).bind(municipality.number()).bind(line);
        let read = |row: &AnyRow| {
            Ok(ClaimSettlement {
                line: row.try_get(0)?,
                way: row.try_get(1)?,
                posting: crate::digest_or_none(row, 2)?,
                reason: row.try_get(3)?,
                at: row.try_get(4)?,
                by: row.try_get(5)?,
            })
        };
        query.fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// The last way in which each line of some months, both ends included, was settled.
    ///
    /// # Errors
    /// As [`Store::claim_set`].
    pub async fn settled_claims(&self, municipality: Municipality, months: std::ops::RangeInclusive<Date>) -> Result<HashMap<i64, String>> {
        let query = sqlx::query(SETTLED_OF_MONTH).bind(municipality.number());
        let query = query.bind(months.start().to_string()).bind(months.end().to_string());
        query.fetch_all(&self.pool).await?.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
    }

    /// Months of treatment that lines behind a place are about, in order.
    ///
    /// # Errors
    /// As [`Store::claim_set`].
    pub async fn claim_months(&self, municipality: Municipality, after: i64) -> Result<Vec<Date>> {
        let query = sqlx::query(MONTHS).bind(municipality.number()).bind(after);
        query.fetch_all(&self.pool).await?.iter().map(|row| date(row.try_get(0)?)).collect()
    }

    /// Months, both ends included, in which a claim that stands had a high-cost benefit in kind that counts (多数回), of persons in a
    /// range of numbers. A claim that counts for no benefit, by its finding or by what a clerk said, makes no month count.
    ///
    /// # Errors
    /// As [`Store::claim_set`].
    pub async fn in_kind_months(
        &self,
        municipality: Municipality,
        months: std::ops::RangeInclusive<Date>,
        persons: std::ops::RangeInclusive<PersonId>,
    ) -> Result<Vec<(PersonId, Date)>> {
        let query = sqlx::query(IN_KIND).bind(municipality.number());
        let query = query.bind(months.start().to_string()).bind(months.end().to_string());
        let query = query.bind(persons.start().0).bind(persons.end().0);
        let mut months = Vec::new();
        for row in &query.fetch_all(&self.pool).await? {
            let counts = match (row.try_get::<Option<&str>, _>(3)?, row.try_get::<Option<&str>, _>(2)?) {
                (Some(way), _) => way == COUNTS,
                (None, Some(word)) => finding(word)?.counts(),
                (None, None) => true,
            };
            if counts {
                months.push((PersonId(row.try_get(0)?), date(row.try_get(1)?)?));
            }
        }
        Ok(months)
    }

    /// Keeps what a clerk said to a line that stands, with the posting of a claim for money.
    ///
    /// # Errors
    /// [`ClaimsError::NoLine`], [`ClaimsError::Settled`], [`StoreError::Ledger`], [`StoreError::Database`].
    pub async fn settle_claim(
        &self,
        municipality: Municipality,
        (line, way, reason): (i64, &str, &str),
        posting: Option<&Posting>,
        stamp: &Stamp,
    ) -> Result<()> {
        let mut transaction = self.writing().await?;
        audit::lock(&mut transaction, municipality).await?;
        let known = sqlx::query(ONE).bind(municipality.number()).bind(line).fetch_optional(&mut *transaction).await?;
        let known = known.as_ref().map(read).transpose()?.ok_or(ClaimsError::NoLine(line))?;
        let latest = sqlx::query(OF_CLAIM).bind(municipality.number()).bind(known.claim.as_str()).fetch_all(&mut *transaction).await?;
        let latest = latest.iter().map(read).collect::<Result<Vec<_>>>()?;
        if latest.last().is_some_and(|latest| latest.ordinal != line || latest.status == ClaimStatus::Returned) {
            return Err(ClaimsError::Settled { line, wrong: "another line has taken its place" }.into());
        }
        let before = sqlx::query(SETTLEMENTS).bind(municipality.number()).bind(line).fetch_all(&mut *transaction).await?;
        for row in &before {
            let way: &str = row.try_get(1)?;
            if way == "reclaimed" {
                return Err(ClaimsError::Settled { line, wrong: "it was claimed back before" }.into());
            }
        }
        if let Some(posting) = posting {
            self.post_in(&mut transaction, municipality, std::slice::from_ref(posting), stamp).await?;
        }
        let query = sqlx::query(NEXT_SETTLEMENT).bind(municipality.number());
        let ordinal: i64 = query.fetch_one(&mut *transaction).await?.try_get(0)?;
        sqlx::query(SAVE_SETTLEMENT)
            .bind(municipality.number())
            .bind(ordinal)
            .bind(line)
            .bind(way)
            .bind(posting.map(|posting| posting.id.0.to_vec()))
            .bind(reason)
            .bind(stamp.at.as_str())
            .bind(stamp.by.as_str())
            .execute(&mut *transaction)
            .await?;
        append_record(&mut transaction, municipality, stamp, Record::ClaimSettlement(ordinal)).await?;
        transaction.commit().await?;
        Ok(())
    }
}

impl TakingClaims<'_> {
    /// Begins a set: keeps its files and gives it its number, or says that it was taken before.
    ///
    /// # Errors
    /// [`ClaimsError::Gap`], [`ClaimsError::OtherContent`], [`StoreError::Database`].
    pub async fn begin(&mut self, new: &NewClaimSet) -> Result<ClaimSetBegun> {
        let municipality = self.municipality;
        let known = sqlx::query(SET_OF_DIGEST).bind(municipality.number()).bind(&new.digest.0[..]);
        if let Some(row) = known.fetch_optional(&mut *self.transaction).await? {
            return Ok(ClaimSetBegun::Before(stored_set(&row)?));
        }
        let next: i64 = sqlx::query(NEXT_SERIAL).bind(municipality.number()).fetch_one(&mut *self.transaction).await?.try_get(0)?;
        match new.serial.cmp(&next) {
            std::cmp::Ordering::Greater => return Err(ClaimsError::Gap { found: new.serial, next }.into()),
            std::cmp::Ordering::Less => return Err(ClaimsError::OtherContent(new.serial).into()),
            std::cmp::Ordering::Equal => {}
        }
        let number: i64 = sqlx::query(NEXT_SET).bind(municipality.number()).fetch_one(&mut *self.transaction).await?.try_get(0)?;
        sqlx::query(SAVE_SET)
            .bind(municipality.number())
            .bind(number)
            .bind(new.serial)
            .bind(new.month.to_string())
            .bind(&new.digest.0[..])
            .bind(i64::try_from(new.lines).unwrap_or(i64::MAX))
            .bind(new.cost_yen)
            .bind(new.own_yen)
            .bind(self.stamp.at.as_str())
            .bind(self.stamp.by.as_str())
            .execute(&mut *self.transaction)
            .await?;
        for (part, (digest, lines, bytes)) in (1_i64..).zip(&new.files) {
            let content = zstd::bulk::compress(bytes, LEVEL).map_err(|error| StoreError::Damaged(error.to_string()))?;
            sqlx::query(SAVE_FILE)
                .bind(municipality.number())
                .bind(number)
                .bind(part)
                .bind(&digest.0[..])
                .bind(i64::try_from(*lines).unwrap_or(i64::MAX))
                .bind(content)
                .execute(&mut *self.transaction)
                .await?;
        }
        append_record(&mut self.transaction, municipality, self.stamp, Record::ClaimSet(number)).await?;
        Ok(ClaimSetBegun::Now(number))
    }

    /// The last line about each of some claims, by the claim's number.
    ///
    /// # Errors
    /// As [`Store::claim_set`].
    pub async fn known(&mut self, claims: &[&str]) -> Result<HashMap<String, ClaimLine>> {
        let mut found = HashMap::new();
        for chunk in claims.chunks(KNOWN_AT_ONCE) {
            let mut query = sqlx::query(LATEST_OF).bind(self.municipality.number());
            for claim in chunk.iter().chain(std::iter::repeat_n(&chunk[chunk.len() - 1], KNOWN_AT_ONCE - chunk.len())) {
                query = query.bind(*claim);
            }
            for row in &query.fetch_all(&mut *self.transaction).await? {
                let line = read(row)?;
                found.insert(line.claim.clone(), line);
            }
        }
        Ok(found)
    }

    /// Claims that stand for a month, of persons in a range of numbers, as [`Store::claims_of_month`].
    ///
    /// # Errors
    /// As [`Store::claim_set`].
    pub async fn of_month(&mut self, month: Date, persons: std::ops::RangeInclusive<PersonId>) -> Result<Vec<ClaimLine>> {
        let query = sqlx::query(OF_MONTH).bind(self.municipality.number()).bind(month.to_string());
        let query = query.bind(persons.start().0).bind(persons.end().0);
        query.fetch_all(&mut *self.transaction).await?.iter().map(read).collect()
    }

    /// Saves lines in their order and gives them their places.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn save(&mut self, lines: &mut [ClaimLine]) -> Result<()> {
        let first = self.next;
        for line in &mut *lines {
            line.ordinal = self.next;
            self.next += 1;
        }
        for chunk in lines.chunks(ROWS_PER_STATEMENT) {
            let mut query = sqlx::query(INSERT_LINES.sql(chunk.len(), self.store.database));
            for line in chunk {
                query = query
                    .bind(self.municipality.number())
                    .bind(line.ordinal)
                    .bind(line.set)
                    .bind(line.part)
                    .bind(line.line)
                    .bind(line.claim.as_str())
                    .bind(line.status as i64)
                    .bind(line.person.0)
                    .bind(line.month.to_string())
                    .bind(i64::from(line.setting))
                    .bind(i64::from(line.service))
                    .bind(line.institution)
                    .bind(line.prescriber)
                    .bind(line.days)
                    .bind(line.points)
                    .bind(line.cost_yen)
                    .bind(line.share_percent)
                    .bind(line.own_yen)
                    .bind(line.in_kind_yen)
                    .bind(i64::from(line.in_kind_counts))
                    .bind(line.category.as_str())
                    .bind(i64::from(line.specified_disease))
                    .bind(i64::from(line.third_party))
                    .bind(line.aid_code)
                    .bind(line.stay.map(|stay| i64::from(stay.bed)))
                    .bind(line.stay.map_or(0, |stay| stay.meals))
                    .bind(line.stay.map(|stay| stay.charged_meal_yen))
                    .bind(line.stay.and_then(|stay| stay.charged_residence_yen))
                    .bind(line.finding.map(ClaimFinding::word));
            }
            query.execute(&mut *self.transaction).await?;
        }
        if self.next > first {
            let record = Record::ClaimLines(first, self.next - 1);
            append_record(&mut self.transaction, self.municipality, self.stamp, record).await?;
            self.taken += (self.next - first).unsigned_abs();
        }
        Ok(())
    }

    /// Makes all of it last.
    ///
    /// # Errors
    /// [`StoreError::Database`]; then nothing of it is there.
    pub async fn commit(mut self) -> Result<()> {
        if self.taken > ANALYZED_FROM {
            sqlx::query(ANALYZE).execute(&mut *self.transaction).await?;
        }
        Ok(self.transaction.commit().await?)
    }
}

fn status(number: i64) -> Result<ClaimStatus> {
    let found = usize::try_from(number).ok().and_then(|number| ClaimStatus::ALL.get(number)).copied();
    found.ok_or_else(|| StoreError::Damaged(format!("{number} is no status of a claim")))
}

fn finding(word: &str) -> Result<ClaimFinding> {
    ClaimFinding::named(word).ok_or_else(|| StoreError::Damaged(format!("{word:?} is no finding about a claim")))
}

fn small(number: i64, what: &str) -> Result<u8> {
    u8::try_from(number).map_err(|_| StoreError::Damaged(format!("{number} is no {what}")))
}

fn stored_set(row: &AnyRow) -> Result<StoredClaimSet> {
    Ok(StoredClaimSet {
        number: row.try_get(0)?,
        serial: row.try_get(1)?,
        month: date(row.try_get(2)?)?,
        digest: digest(row, 3)?,
        lines: row.try_get::<i64, _>(4)?.unsigned_abs(),
        cost_yen: row.try_get(5)?,
        own_yen: row.try_get(6)?,
        at: row.try_get(7)?,
        by: row.try_get(8)?,
    })
}

fn read(row: &AnyRow) -> Result<ClaimLine> {
    let bed: Option<i64> = row.try_get(23)?;
    let stay = match (bed, row.try_get::<Option<i64>, _>(25)?) {
        (Some(bed), Some(charged_meal_yen)) => Some(Stay {
            bed: small(bed, "kind of bed")?,
            meals: row.try_get(24)?,
            charged_meal_yen,
            charged_residence_yen: row.try_get(26)?,
        }),
        _ => None,
    };
    Ok(ClaimLine {
        ordinal: row.try_get(0)?,
        set: row.try_get(1)?,
        part: row.try_get(2)?,
        line: row.try_get(3)?,
        claim: row.try_get(4)?,
        status: status(row.try_get(5)?)?,
        person: PersonId(row.try_get(6)?),
        month: date(row.try_get(7)?)?,
        setting: small(row.try_get(8)?, "setting")?,
        service: small(row.try_get(9)?, "service")?,
        institution: row.try_get(10)?,
        prescriber: row.try_get(11)?,
        days: row.try_get(12)?,
        points: row.try_get(13)?,
        cost_yen: row.try_get(14)?,
        share_percent: row.try_get(15)?,
        own_yen: row.try_get(16)?,
        in_kind_yen: row.try_get(17)?,
        in_kind_counts: row.try_get::<i64, _>(18)? == 1,
        category: row.try_get(19)?,
        specified_disease: row.try_get::<i64, _>(20)? == 1,
        third_party: row.try_get::<i64, _>(21)? == 1,
        aid_code: row.try_get(22)?,
        stay,
        finding: row.try_get::<Option<&str>, _>(27)?.map(finding).transpose()?,
    })
}
