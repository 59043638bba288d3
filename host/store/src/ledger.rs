//! The ledger: postings and their transfers, written once, and what stands on each account.
//!
//! Whoever posts holds the municipality's chain from before the first look until the commit, so balances cannot move between
//! a look and a posting. The bounds of accounts, the immutability of transfers, that a pending transfer ends once, and that
//! only a settled decision posts, are held by the database itself. Absent here: which event moves what (the domain's table),
//! and why anything is posted.

use crate::{Result, Store, StoreError, audit, date, digest, digest_or_none};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, HouseholdId, Municipality};
use jorei_domain::ledger::{Account, AccountKind, Balance, Event, Malformed, Overpayment, Phase, Posting, Transfer, TransferId};
use jorei_domain::money::Yen;
use sqlx::any::AnyRow;
use sqlx::{Any, Row as _, Transaction};
use std::collections::{BTreeMap, BTreeSet};

/// Why a posting was not written. Nothing of its call was.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum LedgerError {
    /// It cannot be one.
    #[error("posting {posting}: {wrong}")]
    Malformed {
        /// The posting.
        posting: Digest,
        /// What is wrong.
        wrong: Malformed,
    },
    /// The id stands for another posting already.
    #[error("posting {0}: the id was used before with other content; a correction is a posting of its own")]
    OtherContent(Digest),
    /// An account would be short.
    #[error("posting {0}: an account would be short, pending transfers included; look at its balances and post again")]
    Short(Digest),
    /// The decision it follows from is provisional, refused, failed or not there.
    #[error("posting {0}: it follows from a decision that is not settled; confirm the values it rests on and decide again")]
    Unsettled(Digest),
    /// It credits an overpayment of which nobody said why it arose.
    #[error("posting {0}: overpayment {2} of household {1} has no cause; say with the posting how it arose")]
    NoOverpayment(Digest, i64, i64),
    /// The pending transfer it names was ended before, or is not what it says.
    #[error("posting {0}: the pending transfer it names has ended, or has other accounts or another amount")]
    Ended(Digest),
}

/// What became of a posting.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Posted {
    /// Written now.
    New,
    /// There already, with the same content.
    Already,
}

/// A transfer as it was written, with what it belongs to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// The posting's place in the municipality.
    pub ordinal: i64,
    /// The transfer.
    pub id: TransferId,
    /// What happened.
    pub event: Event,
    /// The day of booking.
    pub booked_on: Date,
    /// The decision it follows from.
    pub decision: Option<Digest>,
    /// What it is about.
    pub reference: String,
    /// Whole yen from one account to another.
    pub transfer: Transfer,
}

/// A posting as it was written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredPosting {
    /// The posting.
    pub posting: Posting,
    /// Its place in the municipality, from 1.
    pub ordinal: i64,
    /// When it was written: an instant.
    pub at: String,
    /// By whom.
    pub by: String,
}

const KNOWN: &str = "SELECT digest FROM posting WHERE municipality = $1 AND id = $2";
const NEXT: &str = "SELECT COALESCE(MAX(ordinal), 0) + 1 FROM posting WHERE municipality = $1";
const SAVE_POINT: &str = "SAVEPOINT postings";
const RELEASE: &str = "RELEASE SAVEPOINT postings";
const BACK: &str = "ROLLBACK TO SAVEPOINT postings";
const INSERT_POSTINGS: crate::rows::Insert = crate::rows::Insert {
    head: "INSERT INTO posting (municipality, id, ordinal, event, booked_on, decision, reference, digest, at, by_whom) VALUES",
    columns: 10,
    tail: "",
};
const INSERT_TRANSFERS: crate::rows::Insert = crate::rows::Insert {
    head: "INSERT INTO transfer (municipality, posting, line, debit_kind, debit_household, debit_year, debit_item, \
         credit_kind, credit_household, credit_year, credit_item, yen, phase, of_posting, of_line, effective) VALUES",
    columns: 16,
    tail: "",
};
const ARISE: &str = "INSERT INTO overpayment (municipality, household, number, cause, arose_on, requested_on, tax_notified_on, posting) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const HAS_ARISEN: &str = "SELECT 1 FROM overpayment WHERE municipality = $1 AND household = $2 AND number = $3";
const OVERPAYMENTS: &str = "SELECT household, number, cause, arose_on, requested_on, tax_notified_on FROM overpayment \
     WHERE municipality = $1 AND household = $2 ORDER BY number";
const ARISEN_BY: &str = "SELECT household, number, cause, arose_on, requested_on, tax_notified_on FROM overpayment \
     WHERE municipality = $1 AND posting = $2 ORDER BY number";
const BALANCE: &str = "SELECT debits, credits, debits_pending, credits_pending FROM balance \
     WHERE municipality = $1 AND household = $2 AND kind = $3 AND year = $4 AND item = $5";
const OF_HOUSEHOLD: &str = "SELECT kind, household, year, item, debits, credits, debits_pending, credits_pending FROM balance \
     WHERE municipality = $1 AND household = $2 ORDER BY kind, year, item";
const OF_HOUSEHOLDS: &str = "SELECT kind, household, year, item, debits, credits, debits_pending, credits_pending FROM balance \
     WHERE municipality = $1 AND household >= $2 AND household <= $3 ORDER BY household, kind, year, item";
/// Those that a receipt may be used for, of sixteen households at once.
const OF_SOME_HOUSEHOLDS: &str = "SELECT kind, household, year, item, debits, credits, debits_pending, credits_pending FROM balance \
     WHERE municipality = $1 AND household IN ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";
const HOUSEHOLDS_AT_ONCE: usize = 16;
/// Accounts of a kind on which something stands, page by page.
const OF_KIND: &str = "SELECT kind, household, year, item, debits, credits, debits_pending, credits_pending FROM balance \
     WHERE municipality = $1 AND kind = $2 AND (year, item, household) > ($3, $4, $5) \
     AND (debits <> credits OR debits_pending <> 0 OR credits_pending <> 0) ORDER BY year, item, household LIMIT $6";
const TOTALS: &str = "SELECT kind, CAST(SUM(debits) AS bigint), CAST(SUM(credits) AS bigint), CAST(SUM(debits_pending) AS bigint), \
         CAST(SUM(credits_pending) AS bigint) FROM balance WHERE municipality = $1 GROUP BY kind ORDER BY kind";
macro_rules! entries_where {
    ($condition:literal) => {
        concat!(
            "SELECT p.ordinal, t.posting, t.line, p.event, p.booked_on, p.decision, p.reference, \
                 t.debit_kind, t.debit_household, t.debit_year, t.debit_item, t.credit_kind, t.credit_household, t.credit_year, \
                 t.credit_item, t.yen, t.phase, t.of_posting, t.of_line, t.effective \
             FROM transfer t JOIN posting p ON p.municipality = t.municipality AND p.id = t.posting WHERE t.municipality = $1 AND ",
            $condition,
            " ORDER BY 1, 3"
        )
    };
}
const ENTRIES_OF_POSTING: &str = entries_where!("t.posting = $2");
/// Each side by its own index; a transfer within the household comes once.
const ENTRIES_OF_HOUSEHOLD: &str = "SELECT * FROM (SELECT p.ordinal, t.posting, t.line, p.event, p.booked_on, p.decision, p.reference, \
         t.debit_kind, t.debit_household, t.debit_year, t.debit_item, t.credit_kind, t.credit_household, t.credit_year, \
         t.credit_item, t.yen, t.phase, t.of_posting, t.of_line, t.effective \
     FROM transfer t JOIN posting p ON p.municipality = t.municipality AND p.id = t.posting \
     WHERE t.municipality = $1 AND t.debit_household = $2 \
     UNION ALL SELECT p.ordinal, t.posting, t.line, p.event, p.booked_on, p.decision, p.reference, \
         t.debit_kind, t.debit_household, t.debit_year, t.debit_item, t.credit_kind, t.credit_household, t.credit_year, \
         t.credit_item, t.yen, t.phase, t.of_posting, t.of_line, t.effective \
     FROM transfer t JOIN posting p ON p.municipality = t.municipality AND p.id = t.posting \
     WHERE t.municipality = $1 AND t.credit_household = $2 AND t.debit_household <> $2) AS both_sides ORDER BY 1, 3";
const ENTRIES_OF_ACCOUNT: &str = entries_where!(
    "((t.debit_household = $2 AND t.debit_kind = $3 AND t.debit_year = $4 AND t.debit_item = $5) \
      OR (t.credit_household = $2 AND t.credit_kind = $3 AND t.credit_year = $4 AND t.credit_item = $5))"
);
const STORED: &str = "SELECT ordinal, at, by_whom FROM posting WHERE municipality = $1 AND id = $2";
const PAGE: &str = "SELECT id, ordinal, at, by_whom FROM posting WHERE municipality = $1 AND ordinal > $2 ORDER BY ordinal LIMIT $3";
const OF_DECISION: &str = "SELECT id FROM posting WHERE municipality = $1 AND decision = $2 ORDER BY +ordinal";
/// What the transfers add up to, beside what the balances say.
const RECOUNT: &str = "SELECT kind, household, year, item, CAST(SUM(d) AS bigint), CAST(SUM(c) AS bigint), CAST(SUM(dp) AS bigint), \
         CAST(SUM(cp) AS bigint) FROM ( \
     SELECT debit_kind AS kind, debit_household AS household, debit_year AS year, debit_item AS item, \
         CASE WHEN phase IN (0, 2) THEN yen ELSE 0 END AS d, 0 AS c, \
         CASE phase WHEN 1 THEN yen WHEN 0 THEN 0 ELSE -yen END AS dp, 0 AS cp FROM transfer WHERE municipality = $1 \
     UNION ALL SELECT credit_kind, credit_household, credit_year, credit_item, 0, \
         CASE WHEN phase IN (0, 2) THEN yen ELSE 0 END, 0, \
         CASE phase WHEN 1 THEN yen WHEN 0 THEN 0 ELSE -yen END FROM transfer WHERE municipality = $1) AS sides \
     GROUP BY kind, household, year, item";
const EVERY: &str =
    "SELECT kind, household, year, item, debits, credits, debits_pending, credits_pending FROM balance WHERE municipality = $1";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] = &[
    KNOWN,
    NEXT,
    ARISE,
    HAS_ARISEN,
    OVERPAYMENTS,
    ARISEN_BY,
    BALANCE,
    OF_HOUSEHOLD,
    OF_HOUSEHOLDS,
    OF_SOME_HOUSEHOLDS,
    OF_KIND,
    TOTALS,
    ENTRIES_OF_POSTING,
    ENTRIES_OF_HOUSEHOLD,
    ENTRIES_OF_ACCOUNT,
    STORED,
    PAGE,
    OF_DECISION,
    RECOUNT,
    EVERY,
];
/// Every insert of several rows, for the same test.
#[cfg(any(test, feature = "checks"))]
pub(crate) const INSERTS: &[crate::rows::Insert] = &[INSERT_POSTINGS, INSERT_TRANSFERS];

/// A posting to be written, its place and the digest of its content.
type Fresh<'p> = (&'p Posting, i64, Digest);

const POSTINGS_AT_ONCE: usize = 64;

const TRANSFERS_PER_STATEMENT: usize = 120;

/// Whenever the ledger has grown tenfold, so that the planner knows what its tables have become: PostgreSQL goes on looking
/// through tables that were small when it planned.
const ANALYZE: [&str; 3] = ["ANALYZE posting", "ANALYZE transfer", "ANALYZE balance"];
const GROWN: [i64; 5] = [300, 3_000, 30_000, 300_000, 3_000_000];

impl Store {
    /// Writes postings, all or none, in their order, with one entry in the chain. A posting that is there already with the
    /// same content is left alone.
    ///
    /// # Errors
    /// [`StoreError::Ledger`] with a [`LedgerError`]; [`StoreError::Database`].
    pub async fn post(&self, municipality: Municipality, postings: &[Posting], stamp: &Stamp) -> Result<Vec<Posted>> {
        let mut transaction = self.writing().await?;
        audit::lock(&mut transaction, municipality).await?;
        let posted = self.post_in(&mut transaction, municipality, postings, stamp).await?;
        transaction.commit().await?;
        Ok(posted)
    }

    /// As [`Store::post`], within a transaction that holds the chain (`audit::lock`, or an entry appended).
    pub(crate) async fn post_in(
        &self,
        transaction: &mut Transaction<'static, Any>,
        municipality: Municipality,
        postings: &[Posting],
        stamp: &Stamp,
    ) -> Result<Vec<Posted>> {
        let mut posted = Vec::with_capacity(postings.len());
        let (mut payload, mut events) = (Vec::new(), BTreeMap::<&str, u64>::new());
        let mut ordinal: i64 = sqlx::query(NEXT).bind(municipality.number()).fetch_one(&mut **transaction).await?.try_get(0)?;
        let first = ordinal;
        for chunk in postings.chunks(POSTINGS_AT_ONCE) {
            let mut known = known(transaction, municipality, chunk).await?;
            let mut fresh: Vec<Fresh<'_>> = Vec::with_capacity(chunk.len());
            for posting in chunk {
                posting.check().map_err(|wrong| LedgerError::Malformed { posting: posting.id, wrong })?;
                let content = posting.digest();
                match known.insert(posting.id, content) {
                    Some(before) if before != content => return Err(LedgerError::OtherContent(posting.id).into()),
                    Some(_) => posted.push(Posted::Already),
                    None => {
                        fresh.push((posting, ordinal, content));
                        ordinal += 1;
                        payload.extend_from_slice(&posting.id.0);
                        payload.extend_from_slice(&content.0);
                        *events.entry(posting.event.word()).or_default() += 1;
                        posted.push(Posted::New);
                    }
                }
            }
            self.write_chunk(transaction, municipality, &fresh, stamp).await?;
        }
        if GROWN.iter().any(|size| first < *size && *size <= ordinal) {
            for statement in ANALYZE {
                sqlx::query(statement).execute(&mut **transaction).await?;
            }
        }
        if !payload.is_empty() {
            let subject = events.iter().map(|(event, count)| format!("{count} {event}")).collect::<Vec<_>>().join(", ");
            audit::append(transaction, municipality, stamp, "postings", &subject, &payload).await?;
        }
        Ok(posted)
    }

    /// Writes some postings at once. If the database refuses, they are written one by one, so that the one to blame is named.
    async fn write_chunk(
        &self,
        transaction: &mut Transaction<'static, Any>,
        municipality: Municipality,
        fresh: &[Fresh<'_>],
        stamp: &Stamp,
    ) -> Result<()> {
        let mut arisen: BTreeSet<(i64, i64)> = BTreeSet::new();
        for (posting, _, _) in fresh {
            arisen.extend(posting.overpayments.iter().map(|overpayment| (overpayment.household.0, overpayment.number)));
            for transfer in posting.transfers.iter().filter(|transfer| transfer.credit.kind == AccountKind::Overpaid) {
                let Account { household, item, .. } = transfer.credit;
                if arisen.contains(&(household, item)) {
                    continue;
                }
                let query = sqlx::query(HAS_ARISEN).bind(municipality.number()).bind(household).bind(item);
                if query.fetch_optional(&mut **transaction).await?.is_none() {
                    // What stands before it is looked at first: an account that would be short comes before what has no cause.
                    return match self.write_each(transaction, municipality, fresh, posting.id, stamp).await {
                        Ok(()) => Err(LedgerError::NoOverpayment(posting.id, household, item).into()),
                        Err(error) => Err(error),
                    };
                }
            }
        }
        if let [(posting, ..)] = fresh {
            return self.write(transaction, municipality, fresh, stamp).await.map_err(|error| told(error, posting.id));
        }
        sqlx::query(SAVE_POINT).execute(&mut **transaction).await?;
        if self.write(transaction, municipality, fresh, stamp).await.is_ok() {
            sqlx::query(RELEASE).execute(&mut **transaction).await?;
            return Ok(());
        }
        sqlx::query(BACK).execute(&mut **transaction).await?;
        self.write_each(transaction, municipality, fresh, Digest([0; 32]), stamp).await
    }

    /// Writes postings one by one, up to one.
    async fn write_each(
        &self,
        transaction: &mut Transaction<'static, Any>,
        municipality: Municipality,
        fresh: &[Fresh<'_>],
        until: Digest,
        stamp: &Stamp,
    ) -> Result<()> {
        for one in fresh.chunks(1) {
            self.write(transaction, municipality, one, stamp).await.map_err(|error| told(error, one[0].0.id))?;
            if one[0].0.id == until {
                break;
            }
        }
        Ok(())
    }

    async fn write(
        &self,
        transaction: &mut Transaction<'static, Any>,
        municipality: Municipality,
        fresh: &[Fresh<'_>],
        stamp: &Stamp,
    ) -> std::result::Result<(), sqlx::Error> {
        if fresh.is_empty() {
            return Ok(());
        }
        let mut query = sqlx::query(INSERT_POSTINGS.sql(fresh.len(), self.database));
        for (posting, ordinal, content) in fresh {
            query = query
                .bind(municipality.number())
                .bind(&posting.id.0[..])
                .bind(*ordinal)
                .bind(posting.event.word())
                .bind(posting.booked_on.to_string())
                .bind(posting.decision.as_ref().map(|decision| &decision.0[..]))
                .bind(posting.reference.as_str())
                .bind(&content.0[..])
                .bind(stamp.at.as_str())
                .bind(stamp.by.as_str());
        }
        query.execute(&mut **transaction).await?;
        let lines: Vec<(&Posting, u32, &Transfer)> = fresh
            .iter()
            .flat_map(|(posting, ..)| (0_u32..).zip(&posting.transfers).map(|(line, transfer)| (*posting, line, transfer)))
            .collect();
        for chunk in lines.chunks(TRANSFERS_PER_STATEMENT) {
            let mut query = sqlx::query(INSERT_TRANSFERS.sql(chunk.len(), self.database));
            for (posting, line, transfer) in chunk {
                query = query.bind(municipality.number()).bind(&posting.id.0[..]).bind(i64::from(*line));
                for account in [&transfer.debit, &transfer.credit] {
                    query = query.bind(account.kind.number()).bind(account.household).bind(i64::from(account.year)).bind(account.item);
                }
                let of = transfer.phase.of();
                query = query
                    .bind(transfer.yen.get())
                    .bind(transfer.phase.number())
                    .bind(of.map(|of| of.posting.0.to_vec()))
                    .bind(of.map(|of| i64::from(of.line)))
                    .bind(transfer.effective.to_string());
            }
            query.execute(&mut **transaction).await?;
        }
        for (posting, ..) in fresh {
            for overpayment in &posting.overpayments {
                sqlx::query(ARISE)
                    .bind(municipality.number())
                    .bind(overpayment.household.0)
                    .bind(overpayment.number)
                    .bind(i64::from(overpayment.cause))
                    .bind(overpayment.arose_on.to_string())
                    .bind(overpayment.requested_on.map(|day| day.to_string()))
                    .bind(overpayment.tax_notified_on.map(|day| day.to_string()))
                    .bind(&posting.id.0[..])
                    .execute(&mut **transaction)
                    .await?;
            }
        }
        Ok(())
    }

    /// Every overpayment of a household that ever arose, in the order of their numbers.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn overpayments(&self, municipality: Municipality, household: HouseholdId) -> Result<Vec<Overpayment>> {
        let query = sqlx::query(OVERPAYMENTS).bind(municipality.number()).bind(household.0);
        query.fetch_all(&self.pool).await?.iter().map(overpayment).collect()
    }

    /// What stands on an account; nothing on one that was never used.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn balance(&self, municipality: Municipality, account: Account) -> Result<Balance> {
        let query = sqlx::query(BALANCE).bind(municipality.number()).bind(account.household).bind(account.kind.number());
        let query = query.bind(i64::from(account.year)).bind(account.item);
        query.fetch_optional(&self.pool).await?.map_or(Ok(Balance::default()), |row| balance(&row, 0))
    }

    /// Every account of a household, those at zero included, in the order of kind, year and item.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn balances(&self, municipality: Municipality, household: HouseholdId) -> Result<Vec<(Account, Balance)>> {
        let query = sqlx::query(OF_HOUSEHOLD).bind(municipality.number()).bind(household.0);
        query.fetch_all(&self.pool).await?.iter().map(account_and_balance).collect()
    }

    /// Every account of a range of households, in the order of household, kind, year and item.
    ///
    /// # Errors
    /// As [`Store::balances`].
    pub async fn balances_between(
        &self,
        municipality: Municipality,
        households: std::ops::RangeInclusive<HouseholdId>,
    ) -> Result<Vec<(Account, Balance)>> {
        let query = sqlx::query(OF_HOUSEHOLDS).bind(municipality.number()).bind(households.start().0).bind(households.end().0);
        query.fetch_all(&self.pool).await?.iter().map(account_and_balance).collect()
    }

    /// Accounts of a kind on which something stands or is pending, after one in the order of year, item and household, at most
    /// `limit`; none means that there are no more.
    ///
    /// # Errors
    /// As [`Store::balances`].
    pub async fn open_accounts(
        &self,
        municipality: Municipality,
        kind: AccountKind,
        after: Option<Account>,
        limit: u32,
    ) -> Result<Vec<(Account, Balance)>> {
        let (year, item, household) = after.map_or((-1, 0, 0), |after| (i64::from(after.year), after.item, after.household));
        let query = sqlx::query(OF_KIND).bind(municipality.number()).bind(kind.number()).bind(year).bind(item).bind(household);
        query.bind(i64::from(limit)).fetch_all(&self.pool).await?.iter().map(account_and_balance).collect()
    }

    /// The sums of every kind of account.
    ///
    /// # Errors
    /// As [`Store::balances`].
    pub async fn totals(&self, municipality: Municipality) -> Result<Vec<(AccountKind, Balance)>> {
        let rows = sqlx::query(TOTALS).bind(municipality.number()).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok((account_kind(row.try_get(0)?)?, balance(row, 1)?))).collect()
    }

    /// Every transfer that touches a household's accounts, in the order in which they were written.
    ///
    /// # Errors
    /// As [`Store::balances`].
    pub async fn entries(&self, municipality: Municipality, household: HouseholdId) -> Result<Vec<Entry>> {
        let query = sqlx::query(ENTRIES_OF_HOUSEHOLD).bind(municipality.number()).bind(household.0);
        query.fetch_all(&self.pool).await?.iter().map(entry).collect()
    }

    /// Every transfer that touches an account, in the order in which they were written.
    ///
    /// # Errors
    /// As [`Store::balances`].
    pub async fn entries_of_account(&self, municipality: Municipality, account: Account) -> Result<Vec<Entry>> {
        let query = sqlx::query(ENTRIES_OF_ACCOUNT).bind(municipality.number()).bind(account.household).bind(account.kind.number());
        let query = query.bind(i64::from(account.year)).bind(account.item);
        query.fetch_all(&self.pool).await?.iter().map(entry).collect()
    }

    /// A posting by its id.
    ///
    /// # Errors
    /// As [`Store::balances`].
    pub async fn posting(&self, municipality: Municipality, id: Digest) -> Result<Option<StoredPosting>> {
        let mut transaction = self.reading().await?;
        let query = sqlx::query(STORED).bind(municipality.number()).bind(&id.0[..]);
        let Some(row) = query.fetch_optional(&mut *transaction).await? else { return Ok(None) };
        let posting = read(&mut transaction, municipality, id).await?;
        Ok(Some(StoredPosting { posting, ordinal: row.try_get(0)?, at: row.try_get(1)?, by: row.try_get(2)? }))
    }

    /// The postings of a decision, in the order in which they were written.
    ///
    /// # Errors
    /// As [`Store::balances`].
    pub async fn postings_of_decision(&self, municipality: Municipality, decision: Digest) -> Result<Vec<Digest>> {
        let query = sqlx::query(OF_DECISION).bind(municipality.number()).bind(&decision.0[..]);
        query.fetch_all(&self.pool).await?.iter().map(|row| digest(row, 0)).collect()
    }

    /// Postings after a place, in their order, at most `limit`; none means that there are no more.
    ///
    /// # Errors
    /// As [`Store::balances`].
    pub async fn postings(&self, municipality: Municipality, after: i64, limit: u32) -> Result<Vec<StoredPosting>> {
        let mut transaction = self.reading().await?;
        let query = sqlx::query(PAGE).bind(municipality.number()).bind(after).bind(i64::from(limit));
        let mut postings = Vec::new();
        for row in query.fetch_all(&mut *transaction).await? {
            let posting = read(&mut transaction, municipality, digest(&row, 0)?).await?;
            postings.push(StoredPosting { posting, ordinal: row.try_get(1)?, at: row.try_get(2)?, by: row.try_get(3)? });
        }
        Ok(postings)
    }

    /// Adds every transfer up again and names each account whose balance says otherwise; and the sum over all accounts,
    /// where it is not zero. Empty when the ledger is sound.
    ///
    /// # Errors
    /// As [`Store::balances`].
    pub async fn check_ledger(&self, municipality: Municipality) -> Result<Vec<String>> {
        let mut transaction = self.reading().await?;
        let mut counted = BTreeMap::new();
        for row in sqlx::query(RECOUNT).bind(municipality.number()).fetch_all(&mut *transaction).await? {
            let (account, sums) = account_and_balance(&row)?;
            counted.insert(account, sums);
        }
        let mut wrong = Vec::new();
        let mut sum = 0_i128;
        for row in sqlx::query(EVERY).bind(municipality.number()).fetch_all(&mut *transaction).await? {
            let (account, stands) = account_and_balance(&row)?;
            sum += i128::from(stands.debits) - i128::from(stands.credits);
            let added = counted.remove(&account).unwrap_or_default();
            if added != stands {
                wrong.push(format!("account {account}: its transfers add up to {added:?}, its balance says {stands:?}"));
            }
            if !stands.keeps(account.kind.bound()) {
                wrong.push(format!("account {account}: it is short: {stands:?}"));
            }
        }
        wrong.extend(counted.iter().map(|(account, added)| format!("account {account}: no balance, its transfers add up to {added:?}")));
        if sum != 0 {
            wrong.push(format!("the sum over all accounts is {sum}, not 0"));
        }
        Ok(wrong)
    }
}

/// Those of some postings whose ids are there, with the digests of what they stand for. One by one: asked for several at
/// once, PostgreSQL, before it has counted the table, reads all of it.
async fn known(
    transaction: &mut Transaction<'static, Any>,
    municipality: Municipality,
    postings: &[Posting],
) -> Result<BTreeMap<Digest, Digest>> {
    let mut found = BTreeMap::new();
    for posting in postings {
        let query = sqlx::query(KNOWN).bind(municipality.number()).bind(&posting.id.0[..]);
        if let Some(row) = query.fetch_optional(&mut **transaction).await? {
            found.insert(posting.id, digest(&row, 0)?);
        }
    }
    Ok(found)
}

/// Balances of the accounts of some households, within a transaction.
pub(crate) async fn balances_in(
    transaction: &mut Transaction<'static, Any>,
    municipality: Municipality,
    households: &[HouseholdId],
) -> Result<Vec<(Account, Balance)>> {
    let mut found = Vec::new();
    for chunk in households.chunks(HOUSEHOLDS_AT_ONCE) {
        let mut query = sqlx::query(OF_SOME_HOUSEHOLDS).bind(municipality.number());
        for household in chunk.iter().chain(std::iter::repeat_n(&chunk[chunk.len() - 1], HOUSEHOLDS_AT_ONCE - chunk.len())) {
            query = query.bind(household.0);
        }
        for row in query.fetch_all(&mut **transaction).await? {
            found.push(account_and_balance(&row)?);
        }
    }
    Ok(found)
}

/// As [`Store::balance`], within a transaction.
pub(crate) async fn balance_in(
    transaction: &mut Transaction<'static, Any>,
    municipality: Municipality,
    account: Account,
) -> Result<Balance> {
    let query = sqlx::query(BALANCE).bind(municipality.number()).bind(account.household).bind(account.kind.number());
    let query = query.bind(i64::from(account.year)).bind(account.item);
    query.fetch_optional(&mut **transaction).await?.map_or(Ok(Balance::default()), |row| balance(&row, 0))
}

/// As [`Store::entries`], within a transaction.
pub(crate) async fn entries_in(
    transaction: &mut Transaction<'static, Any>,
    municipality: Municipality,
    household: HouseholdId,
) -> Result<Vec<Entry>> {
    let query = sqlx::query(ENTRIES_OF_HOUSEHOLD).bind(municipality.number()).bind(household.0);
    query.fetch_all(&mut **transaction).await?.iter().map(entry).collect()
}

/// As [`Store::entries_of_account`], within a transaction.
pub(crate) async fn entries_of_account_in(
    transaction: &mut Transaction<'static, Any>,
    municipality: Municipality,
    account: Account,
) -> Result<Vec<Entry>> {
    let query = sqlx::query(ENTRIES_OF_ACCOUNT).bind(municipality.number()).bind(account.household).bind(account.kind.number());
    let query = query.bind(i64::from(account.year)).bind(account.item);
    query.fetch_all(&mut **transaction).await?.iter().map(entry).collect()
}

/// What the database said of a posting.
fn told(error: sqlx::Error, posting: Digest) -> StoreError {
    let text = error.as_database_error().map(|error| error.message().to_owned()).unwrap_or_default();
    if text.contains("balance_bound") {
        LedgerError::Short(posting).into()
    } else if text.contains("only a decision that is settled") {
        LedgerError::Unsettled(posting).into()
    } else if text.contains("_pending_check")
        || text.contains("end a pending one")
        || text.contains("transfer_ends")
        || text.contains("transfer.of_posting")
    {
        LedgerError::Ended(posting).into()
    } else {
        error.into()
    }
}

/// Is a posting of the chain still what its entry vouches for? None where it is gone.
pub(crate) async fn intact(
    transaction: &mut Transaction<'static, Any>,
    municipality: Municipality,
    id: Digest,
    content: Digest,
) -> Result<Option<bool>> {
    let query = sqlx::query(KNOWN).bind(municipality.number()).bind(&id.0[..]);
    let Some(row) = query.fetch_optional(&mut **transaction).await? else { return Ok(None) };
    let kept = digest(&row, 0)? == content;
    Ok(Some(kept && matches!(read(transaction, municipality, id).await, Ok(posting) if posting.digest() == content)))
}

/// Reads a posting that is there.
async fn read(transaction: &mut Transaction<'static, Any>, municipality: Municipality, id: Digest) -> Result<Posting> {
    let query = sqlx::query(ENTRIES_OF_POSTING).bind(municipality.number()).bind(&id.0[..]);
    let entries: Vec<Entry> = query.fetch_all(&mut **transaction).await?.iter().map(entry).collect::<Result<_>>()?;
    let Some(first) = entries.first().cloned() else { return Err(StoreError::Damaged(format!("posting {id} has no transfer"))) };
    let Entry { event, booked_on, decision, reference, .. } = first;
    let transfers = entries.into_iter().map(|entry| entry.transfer).collect();
    let query = sqlx::query(ARISEN_BY).bind(municipality.number()).bind(&id.0[..]);
    let overpayments = query.fetch_all(&mut **transaction).await?.iter().map(overpayment).collect::<Result<_>>()?;
    Ok(Posting { id, event, booked_on, decision, reference, transfers, overpayments })
}

fn overpayment(row: &AnyRow) -> Result<Overpayment> {
    let cause: i64 = row.try_get(2)?;
    let day = |column| row.try_get::<Option<&str>, _>(column).map_err(StoreError::from)?.map(date).transpose();
    Ok(Overpayment {
        household: HouseholdId(row.try_get(0)?),
        number: row.try_get(1)?,
        cause: u8::try_from(cause).map_err(|_| StoreError::Damaged(format!("{cause} is no cause of an overpayment")))?,
        arose_on: date(row.try_get(3)?)?,
        requested_on: day(4)?,
        tax_notified_on: day(5)?,
    })
}

fn account_kind(number: i64) -> Result<AccountKind> {
    AccountKind::numbered(number).ok_or_else(|| StoreError::Damaged(format!("{number} is no kind of account")))
}

/// Four columns of an account.
fn account(row: &AnyRow, column: usize) -> Result<Account> {
    let year: i64 = row.try_get(column + 2)?;
    Ok(Account {
        kind: account_kind(row.try_get(column)?)?,
        household: row.try_get(column + 1)?,
        year: i32::try_from(year).map_err(|_| StoreError::Damaged(format!("{year} is no year")))?,
        item: row.try_get(column + 3)?,
    })
}

/// Four columns of a balance.
fn balance(row: &AnyRow, column: usize) -> Result<Balance> {
    Ok(Balance {
        debits: row.try_get(column)?,
        credits: row.try_get(column + 1)?,
        debits_pending: row.try_get(column + 2)?,
        credits_pending: row.try_get(column + 3)?,
    })
}

fn account_and_balance(row: &AnyRow) -> Result<(Account, Balance)> {
    Ok((account(row, 0)?, balance(row, 4)?))
}

/// A row of the columns of `entries_where`.
fn entry(row: &AnyRow) -> Result<Entry> {
    let word: &str = row.try_get(3)?;
    let line: i64 = row.try_get(2)?;
    let line_number = |line: i64| u32::try_from(line).map_err(|_| StoreError::Damaged(format!("{line} is no place of a transfer")));
    let of = match (digest_or_none(row, 17)?, row.try_get::<Option<i64>, _>(18)?) {
        (Some(posting), Some(line)) => Some(TransferId { posting, line: line_number(line)? }),
        _ => None,
    };
    let phase = match (row.try_get::<i64, _>(16)?, of) {
        (0, None) => Phase::Posted,
        (1, None) => Phase::Pending,
        (2, Some(of)) => Phase::Post(of),
        (3, Some(of)) => Phase::Void(of),
        (other, _) => return Err(StoreError::Damaged(format!("{other} is no phase of this transfer"))),
    };
    let yen: i64 = row.try_get(15)?;
    Ok(Entry {
        ordinal: row.try_get(0)?,
        id: TransferId { posting: digest(row, 1)?, line: line_number(line)? },
        event: Event::named(word).ok_or_else(|| StoreError::Damaged(format!("{word:?} is no event of the ledger")))?,
        booked_on: date(row.try_get(4)?)?,
        decision: digest_or_none(row, 5)?,
        reference: row.try_get(6)?,
        transfer: Transfer {
            debit: account(row, 7)?,
            credit: account(row, 11)?,
            yen: Yen::checked(yen).map_err(|_| StoreError::Damaged(format!("{yen} yen are out of range")))?,
            phase,
            effective: date(row.try_get(19)?)?,
        },
    })
}
