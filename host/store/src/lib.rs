//! What the office knows and what it decided, in SQLite (a file, the default) or PostgreSQL (by
//! URL).
//!
//! Every row belongs to one municipality and only gains siblings: triggers refuse a change. Facts
//! carry two times, when they hold and when the office learnt them; a reader says as of which
//! knowledge it asks, and gets the same answer for ever.
//!
//! Nothing but an act that enough people signed puts a revision in force ([`acts`]), and every
//! writing call leaves an entry in the municipality's chain ([`audit`]) in its own transaction.
//!
//! Absent here: Wasm, the meaning of a fact, a clock (dates and instants are arguments), the
//! verification of signatures (their texts are kept as they came), personal text outside
//! [`names`], [`addresses`] and [`contacts`], and the key of the [`vault`].

pub mod acts;
pub mod addresses;
pub mod admissions;
pub mod arrears;
pub mod audit;

pub mod benefits;
#[cfg(any(test, feature = "checks"))]
#[doc(hidden)]
pub mod checks;
pub mod contacts;
pub mod coverage;
pub mod credentials;
pub mod decisions;
pub mod drafts;
pub mod facts;
pub mod imports;
pub mod inquiries;
pub mod jobs;
pub mod learning;
pub mod ledger;
pub mod lookups;
pub mod masters;
pub mod medical_claims;
pub mod names;
pub mod notices;
pub mod orders;
pub mod pauses;
pub mod payees;
pub mod payments;
pub mod people;
mod prefix;
pub mod prepared;
pub mod readings;
pub mod receipts;
pub mod refunds;
pub mod requests;
pub mod revisions;
mod rows;
pub mod sessions;
pub mod settlements;
pub mod shadow_reports;
pub mod vault;

use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, HouseholdId, Knowledge, Municipality, PersonId};
use jorei_domain::record::Kind;
use sqlx::any::{AnyPoolOptions, AnyRow};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{Any, AnyPool, Executor as _, Row as _, SqlSafeStr as _, Transaction};
use std::time::Duration;

/// Connections to one database, shared by whoever clones it.
///
/// Readers never wait for writers. On SQLite writers wait for each other (half a minute at most,
/// then [`StoreError::Database`]); on PostgreSQL only those of the same municipality do, for as long
/// as one numbers knowledge, and every one while it enters itself in the chain and commits. A commit
/// that was answered is on the disk.
#[derive(Clone, Debug)]
pub struct Store {
    pool: AnyPool,
    database: Database,
}

/// What differs between the two: how a transaction opens, and the migrations.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Database {
    Sqlite,
    Postgres,
}

/// Why the store did not do as asked. Whatever it was, nothing of the call was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The database refused, or cannot be reached.
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    /// A migration failed, or one that ran before was edited since.
    #[error("migrating the database: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// An assertion that cannot be a fact; the whole set was refused.
    #[error("assertion {index} ({}), {field}: {wrong}", kind.name())]
    Assertion {
        /// Its place in the set, from 0.
        index: usize,
        /// Its kind.
        kind: Kind,
        /// The field, or the part of the assertion, that is wrong.
        field: &'static str,
        /// What is wrong with it.
        wrong: &'static str,
    },
    /// Another decision holds this version of the case.
    #[error("household {household} on {on}: version {version} of its decision is another one already")]
    DecidedOtherwise {
        /// The household.
        household: HouseholdId,
        /// The date of the case.
        on: Date,
        /// The version that is taken.
        version: i64,
    },
    /// A first version that supersedes, or a later one that does not name its predecessor.
    #[error("household {household} on {on}: version {version} must supersede the one before, and the first none")]
    NotTheSuccessor {
        /// The household.
        household: HouseholdId,
        /// The date of the case.
        on: Date,
        /// The version that does not follow.
        version: i64,
    },
    /// A decision that would count from a day before that of the one it supersedes.
    #[error(
        "household {household} on {on}: its latest decision counts from {decided_on}; what supersedes it cannot count from an earlier day"
    )]
    DecidedLater {
        /// The household.
        household: HouseholdId,
        /// The date of the case.
        on: Date,
        /// The day from which the latest decision counts.
        decided_on: Date,
    },
    /// A revision under a digest that names other content.
    #[error("revision {0} is stored with other content")]
    RevisionDiffers(Digest),
    /// An activation of a revision that does not exist or answers another slot, or for no date.
    #[error("cannot activate revision {revision}: {wrong}")]
    Activation {
        /// The revision.
        revision: Digest,
        /// What is wrong.
        wrong: &'static str,
    },
    /// A shortened id that is none, or that several ids begin with.
    #[error("{what} {prefix}: {wrong}")]
    Prefix {
        /// The id of what.
        what: &'static str,
        /// The text given.
        prefix: String,
        /// What is wrong with it.
        wrong: &'static str,
    },
    /// An act that may not be proposed or signed so.
    #[error(transparent)]
    Act(#[from] acts::ActError),
    /// An admission whose parts contradict each other.
    #[error("admission of package {package}: {wrong}")]
    Admission {
        /// The digest of the package's file.
        package: Digest,
        /// What is wrong.
        wrong: &'static str,
    },
    /// Somebody else saved the draft in between.
    #[error("draft {name} is at version {found}, not {expected}: somebody saved in between; read it and edit that")]
    DraftMoved {
        /// The draft.
        name: String,
        /// The version that was edited; 0 for a new draft.
        expected: i64,
        /// The latest version there is; 0 for none.
        found: i64,
    },
    /// A password that does not follow the one that holds.
    #[error("account {account}: its next password is number {next}, not {given}; another one was set in between, sign again")]
    CredentialMoved {
        /// The account.
        account: String,
        /// The number given.
        given: i64,
        /// The number that is next.
        next: i64,
    },
    /// A job that cannot begin or end so.
    #[error("job {id}: {wrong}")]
    Job {
        /// The job.
        id: String,
        /// What is wrong.
        wrong: &'static str,
    },
    /// A case that cannot be settled so.
    #[error("household {household}: {wrong}")]
    Settlement {
        /// The household.
        household: HouseholdId,
        /// What is wrong.
        wrong: &'static str,
    },
    /// A consent, notice, claim or heir that cannot be kept so.
    #[error("household {household}: {wrong}")]
    Refund {
        /// The household.
        household: HouseholdId,
        /// What is wrong, and what to do.
        wrong: &'static str,
    },
    /// A posting that was not written.
    #[error(transparent)]
    Ledger(#[from] ledger::LedgerError),
    /// A file of receipts that was not taken.
    #[error(transparent)]
    Receipts(#[from] receipts::ReceiptsError),
    /// A set of claims, or what is done with a claim.
    #[error(transparent)]
    Claims(#[from] medical_claims::ClaimsError),
    /// A step about arrears that was not recorded.
    #[error("household {household}: {wrong}")]
    Arrears {
        /// The household.
        household: HouseholdId,
        /// What is wrong, and what to do.
        wrong: &'static str,
    },
    /// A payment, an account or an inquiry that cannot be so.
    #[error("{what} {which}: {wrong}")]
    Payment {
        /// An order, batch, line, file, account or inquiry.
        what: &'static str,
        /// Its number or id.
        which: String,
        /// What is wrong, and what to do.
        wrong: &'static str,
    },
    /// An import that cannot be kept or withdrawn so.
    #[error("import {knowledge}: {wrong}")]
    Import {
        /// Its knowledge number.
        knowledge: Knowledge,
        /// What is wrong, and what to do.
        wrong: &'static str,
    },
    /// A contact that cannot be one.
    #[error("contact of person {person}: {wrong}")]
    Contact {
        /// Whose.
        person: PersonId,
        /// What is wrong.
        wrong: &'static str,
    },
    /// A personal number that is in use for another person, or an entry of the vault that is not the
    /// person's. Neither the number nor the other person is named.
    #[error("the personal number of person {person}: {wrong}")]
    Vault {
        /// The person it was entered for.
        person: PersonId,
        /// What is wrong.
        wrong: &'static str,
    },
    /// Something stored does not read back as what was written.
    #[error("damaged record: {0}")]
    Damaged(String),
}

impl StoreError {
    /// Did somebody else take a key in between, a number that was the next one? Whoever asks for the next number again may
    /// try again.
    pub fn is_taken(&self) -> bool {
        matches!(self, StoreError::Database(error) if error.as_database_error().is_some_and(|error| error.is_unique_violation()))
    }

    /// Did somebody else decide the same case, move the same balances or take the same number in between? Whoever looks at
    /// everything again may try again; nothing was written.
    pub fn is_overtaken(&self) -> bool {
        match self {
            StoreError::DecidedOtherwise { .. } | StoreError::NotTheSuccessor { .. } => true,
            StoreError::Ledger(ledger::LedgerError::Short(_) | ledger::LedgerError::OtherContent(_)) => true,
            error => error.is_taken(),
        }
    }
}

/// The result of every method of the store.
pub type Result<T> = std::result::Result<T, StoreError>;

/// What was written; none where somebody [overtook](StoreError::is_overtaken) it.
///
/// # Errors
/// Every other [`StoreError`].
pub fn unless_overtaken<T>(written: Result<T>) -> Result<Option<T>> {
    match written {
        Ok(written) => Ok(Some(written)),
        Err(error) if error.is_overtaken() => Ok(None),
        Err(error) => Err(error),
    }
}

/// What every SQLite connection sets. A writer waits half a minute for another one, long enough for
/// the load of a whole city. `FULL`: with `NORMAL` a power cut may undo commits that were answered.
/// `recursive_triggers`: without it, `INSERT OR REPLACE` deletes a row past the triggers. The cache
/// is 64 MiB.
const SQLITE_SETTINGS: &str = "PRAGMA busy_timeout = 30000; \
     PRAGMA journal_mode = WAL; \
     PRAGMA synchronous = FULL; \
     PRAGMA foreign_keys = ON; \
     PRAGMA recursive_triggers = ON; \
     PRAGMA cache_size = -65536; \
     PRAGMA temp_store = MEMORY;";

const SQLITE_MIGRATIONS: [&str; 20] = [
    include_str!("../migrations/sqlite/0001_records.sql"),
    include_str!("../migrations/sqlite/0002_revisions.sql"),
    include_str!("../migrations/sqlite/0003_decisions.sql"),
    include_str!("../migrations/sqlite/0004_acts.sql"),
    include_str!("../migrations/sqlite/0005_admissions.sql"),
    include_str!("../migrations/sqlite/0006_pauses.sql"),
    include_str!("../migrations/sqlite/0007_accounts.sql"),
    include_str!("../migrations/sqlite/0008_people.sql"),
    include_str!("../migrations/sqlite/0009_masters.sql"),
    include_str!("../migrations/sqlite/0010_reassessment.sql"),
    include_str!("../migrations/sqlite/0011_settlements.sql"),
    include_str!("../migrations/sqlite/0012_ledger.sql"),
    include_str!("../migrations/sqlite/0013_orders.sql"),
    include_str!("../migrations/sqlite/0014_receipts.sql"),
    include_str!("../migrations/sqlite/0015_arrears.sql"),
    include_str!("../migrations/sqlite/0016_refunds.sql"),
    include_str!("../migrations/sqlite/0017_payees.sql"),
    include_str!("../migrations/sqlite/0018_payments.sql"),
    include_str!("../migrations/sqlite/0019_histories.sql"),
    include_str!("../migrations/sqlite/0020_benefits.sql"),
];
const POSTGRES_MIGRATIONS: [&str; 20] = [
    include_str!("../migrations/postgres/0001_records.sql"),
    include_str!("../migrations/postgres/0002_revisions.sql"),
    include_str!("../migrations/postgres/0003_decisions.sql"),
    include_str!("../migrations/postgres/0004_acts.sql"),
    include_str!("../migrations/postgres/0005_admissions.sql"),
    include_str!("../migrations/postgres/0006_pauses.sql"),
    include_str!("../migrations/postgres/0007_accounts.sql"),
    include_str!("../migrations/postgres/0008_people.sql"),
    include_str!("../migrations/postgres/0009_masters.sql"),
    include_str!("../migrations/postgres/0010_reassessment.sql"),
    include_str!("../migrations/postgres/0011_settlements.sql"),
    include_str!("../migrations/postgres/0012_ledger.sql"),
    include_str!("../migrations/postgres/0013_orders.sql"),
    include_str!("../migrations/postgres/0014_receipts.sql"),
    include_str!("../migrations/postgres/0015_arrears.sql"),
    include_str!("../migrations/postgres/0016_refunds.sql"),
    include_str!("../migrations/postgres/0017_payees.sql"),
    include_str!("../migrations/postgres/0018_payments.sql"),
    include_str!("../migrations/postgres/0019_histories.sql"),
    include_str!("../migrations/postgres/0020_benefits.sql"),
];
const MIGRATION_NAMES: [&str; 20] = [
    "records",
    "revisions",
    "decisions",
    "acts",
    "admissions",
    "pauses",
    "accounts",
    "people",
    "masters",
    "reassessment",
    "settlements",
    "ledger",
    "orders",
    "receipts",
    "arrears",
    "refunds",
    "payees",
    "payments",
    "histories",
    "benefits",
];

/// Takes the next number: the first is 1. The row stays locked until the commit.
const TAKE_KNOWLEDGE: &str = "INSERT INTO knowledge (municipality, next) VALUES ($1, 2) \
     ON CONFLICT (municipality) DO UPDATE SET next = knowledge.next + 1 RETURNING next - 1";
const LOCK_KNOWLEDGE: &str = "UPDATE knowledge SET next = next WHERE municipality = $1";
const RECORD_LEARNING: &str = "INSERT INTO learning (municipality, knowledge, learnt_on) VALUES ($1, $2, $3)";
const MUNICIPALITIES: &str = "SELECT municipality FROM knowledge ORDER BY municipality";
const LATEST_KNOWLEDGE: &str = "SELECT next - 1 FROM knowledge WHERE municipality = $1";
const KNOWLEDGE_ON: &str = "SELECT COALESCE(MAX(knowledge), 0) FROM learning WHERE municipality = $1 AND learnt_on <= $2";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] = &[TAKE_KNOWLEDGE, LOCK_KNOWLEDGE, RECORD_LEARNING, MUNICIPALITIES, LATEST_KNOWLEDGE, KNOWLEDGE_ON];

impl Store {
    /// Connects to a `postgres://` URL, or to a SQLite file by its path or `sqlite:` URL; a file
    /// that does not exist is made. The tables are not: see [`Store::migrate`].
    ///
    /// # Errors
    /// [`StoreError::Database`] when there is no such database or it lets nobody in.
    pub async fn open(address: &str) -> Result<Store> {
        sqlx::any::install_default_drivers();
        let postgres = address.starts_with("postgres://") || address.starts_with("postgresql://");
        let (database, url) = if postgres { (Database::Postgres, address.to_owned()) } else { (Database::Sqlite, sqlite_url(address)) };
        // A SQLite database in memory belongs to its connection, so there must be one only.
        let in_memory = database == Database::Sqlite && (url.contains(":memory:") || url.contains("mode=memory"));
        let mut options = AnyPoolOptions::new().max_connections(if in_memory { 1 } else { 8 });
        if in_memory {
            options = options.idle_timeout(None).max_lifetime(None);
        }
        let pool = options
            .acquire_timeout(Duration::from_secs(60))
            .after_connect(move |connection, _| {
                Box::pin(async move {
                    if database == Database::Sqlite {
                        connection.execute(SQLITE_SETTINGS).await?;
                    }
                    Ok(())
                })
            })
            .connect(&url)
            .await?;
        Ok(Store { pool, database })
    }

    /// Brings the tables up to date. Does nothing where they are.
    ///
    /// # Errors
    /// [`StoreError::Migration`]; a migration runs whole or not at all.
    pub async fn migrate(&self) -> Result<()> {
        let files = match self.database {
            Database::Sqlite => SQLITE_MIGRATIONS,
            Database::Postgres => POSTGRES_MIGRATIONS,
        };
        let migrations = (1_i64..)
            .zip(MIGRATION_NAMES)
            .zip(files)
            .map(|((version, name), sql)| Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false))
            .collect();
        Ok(Migrator::with_migrations(migrations).run(&self.pool).await?)
    }

    /// Closes every connection once its work is done. On SQLite this also folds the write-ahead
    /// log into the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// The municipalities whose records are kept here.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn municipalities(&self) -> Result<Vec<Municipality>> {
        let rows = sqlx::query(MUNICIPALITIES).fetch_all(&self.pool).await?;
        rows.iter().map(|row| municipality(row.try_get(0)?)).collect()
    }

    /// The largest number taken so far; 0 when the office knows nothing yet.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn latest_knowledge(&self, municipality: Municipality) -> Result<Knowledge> {
        let row = sqlx::query(LATEST_KNOWLEDGE).bind(municipality.number()).fetch_optional(&self.pool).await?;
        row.map_or(Ok(Knowledge(0)), |row| Ok(Knowledge(row.try_get(0)?)))
    }

    /// The largest number that bears something learnt on or before a day; 0 when there is none.
    ///
    /// Exact where the office enters what it learns in the order of the days; a number below it
    /// that was entered with a later day is included.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn knowledge_on(&self, municipality: Municipality, learnt_on: Date) -> Result<Knowledge> {
        let query = sqlx::query(KNOWLEDGE_ON).bind(municipality.number()).bind(learnt_on.to_string());
        Ok(Knowledge(query.fetch_one(&self.pool).await?.try_get(0)?))
    }

    /// A transaction that will write. On SQLite it takes the write lock at once: one that reads
    /// first and writes later could not be retried.
    async fn writing(&self) -> Result<Transaction<'static, Any>> {
        let begin = match self.database {
            Database::Sqlite => "BEGIN IMMEDIATE",
            Database::Postgres => "BEGIN",
        };
        Ok(self.pool.begin_with(begin).await?)
    }

    /// A transaction that sees one state of the database throughout.
    async fn reading(&self) -> Result<Transaction<'static, Any>> {
        let begin = match self.database {
            Database::Sqlite => "BEGIN",
            Database::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        Ok(self.pool.begin_with(begin).await?)
    }
}

/// Takes the next knowledge number within a writing transaction and notes the day.
async fn learn(transaction: &mut Transaction<'static, Any>, municipality: Municipality, on: Date) -> Result<Knowledge> {
    let taken: i64 = sqlx::query(TAKE_KNOWLEDGE).bind(municipality.number()).fetch_one(&mut **transaction).await?.try_get(0)?;
    sqlx::query(RECORD_LEARNING).bind(municipality.number()).bind(taken).bind(on.to_string()).execute(&mut **transaction).await?;
    Ok(Knowledge(taken))
}

/// Lets one writer of the municipality at a time go on: what it reads from here to its commit
/// cannot change. Takes a number only where none was ever taken, for then there is no row to lock.
async fn lock_knowledge(transaction: &mut Transaction<'static, Any>, municipality: Municipality, today: Date) -> Result<()> {
    let locked = sqlx::query(LOCK_KNOWLEDGE).bind(municipality.number()).execute(&mut **transaction).await?.rows_affected();
    if locked == 0 {
        learn(transaction, municipality, today).await?;
    }
    Ok(())
}

/// The URL of a SQLite file, which may be a URL already.
fn sqlite_url(address: &str) -> String {
    if address.starts_with("sqlite:") {
        // Unless the caller says how to open the file, one that is not there is made.
        let mode = if address.contains("mode=") || address.contains(":memory:") {
            ""
        } else if address.contains('?') {
            "&mode=rwc"
        } else {
            "?mode=rwc"
        };
        return address.to_owned() + mode;
    }
    // The driver decodes percent signs, and ends the path at a question mark.
    let mut path = String::with_capacity(address.len());
    for c in address.chars() {
        match c {
            '%' => path.push_str("%25"),
            '?' => path.push_str("%3F"),
            '#' => path.push_str("%23"),
            c => path.push(c),
        }
    }
    format!("sqlite:{path}?mode=rwc")
}

/// A stored date.
fn date(text: &str) -> Result<Date> {
    Date::parse(text).map_err(|_| StoreError::Damaged(format!("{text:?} is no date")))
}

/// A stored municipality.
fn municipality(number: i64) -> Result<Municipality> {
    Municipality::parse(&format!("{number:06}")).map_err(|_| StoreError::Damaged(format!("{number} is no municipality")))
}

/// A stored yes or no.
fn flag(row: &AnyRow, column: usize) -> Result<bool> {
    match row.try_get(column)? {
        0 => Ok(false),
        1 => Ok(true),
        other => Err(StoreError::Damaged(format!("{other} is neither 0 nor 1"))),
    }
}

/// A stored digest that may be absent.
fn digest_or_none(row: &AnyRow, column: usize) -> Result<Option<Digest>> {
    let bytes: Option<&[u8]> = row.try_get(column)?;
    bytes.map(|_| digest(row, column)).transpose()
}

/// A stored digest.
fn digest(row: &AnyRow, column: usize) -> Result<Digest> {
    let bytes: &[u8] = row.try_get(column)?;
    bytes.try_into().map(Digest).map_err(|_| StoreError::Damaged(format!("a digest of {} bytes", bytes.len())))
}
