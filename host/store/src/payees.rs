//! Accounts of payees as sealed bytes, each obtained for one matter, and their destruction by rule.
//!
//! A *matter* is the first of the payment orders that took each other's place: a refund that is decided again on a later day
//! stays the same matter, and an account of one matter is never found from another. Sealed bytes and the tag by which equal
//! accounts are known stand in a table of their own, outside what the audit chain reads: an entry of the chain names them by
//! their hash, so they can be destroyed and the chain still holds.
//!
//! Absent here: the key, and with it every way to read an account; whether an account may be used.

use crate::audit::{Record, append_record};
use crate::{Result, Store, StoreError, audit, date, digest};
use jorei_domain::act;
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, HouseholdId, Municipality};
use sqlx::any::AnyRow;
use sqlx::{Any, Row as _, Transaction};

/// Enciphered bytes. `Debug` shows their entry only.
#[derive(Clone, Eq, PartialEq)]
pub struct Sealed {
    /// The bytes.
    pub sealed: Vec<u8>,
    /// A keyed hash of an account, equal for equal accounts; empty for anything else.
    pub tag: Vec<u8>,
}

impl Sealed {
    /// The entry's id: a hash over the length of the tag, the tag and the bytes.
    pub fn id(&self) -> Digest {
        Digest::of(&[&(self.tag.len() as u64).to_be_bytes()[..], &self.tag, &self.sealed].concat())
    }
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed({})", self.id())
    }
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal, $ja:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum $name {
            $($(#[$variant_doc])* $variant),*
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// Its word: permanent, the store keeps it.
            pub const fn word(self) -> &'static str {
                match self { $($name::$variant => $word),* }
            }

            /// What officials call it.
            pub const fn ja(self) -> &'static str {
                match self { $($name::$variant => $ja),* }
            }

            pub(crate) fn read(word: &str) -> $crate::Result<$name> {
                let found = $name::ALL.iter().find(|one| one.word() == word).copied();
                found.ok_or_else(|| $crate::StoreError::Damaged(format!("{word:?} is none of {}", stringify!($name))))
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Where an account comes from.
    Source {
        /// The register of public-money receiving accounts.
        PublicAccount = "public_account", "公金受取口座";
        /// A claim form, entered by a clerk.
        ClaimForm = "claim_form", "還付請求書";
        /// The account from which premiums are debited.
        DirectDebit = "direct_debit", "口座振替の口座";
    }
}

words! {
    /// How far an account's holder agrees with the payee's kana, when the account was obtained.
    Holder {
        /// Character by character.
        Exact = "exact", "一致";
        /// But for spaces and hyphens.
        SpacesAndHyphens = "spaces_and_hyphens", "空白・ハイフンを除いて一致";
        /// In the first thirty characters; one is longer.
        FirstThirty = "first_thirty", "先頭30文字のみ一致";
        /// In none of these ways.
        Different = "different", "不一致";
        /// The office has no kana of the payee.
        Unknown = "unknown", "受取人のカナ氏名なし";
    }
}

impl Holder {
    /// May money go out without a person's look?
    pub const fn passes(self) -> bool {
        matches!(self, Holder::Exact | Holder::SpacesAndHyphens)
    }
}

/// An account as it is to be kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewPayeeAccount {
    /// The matter.
    pub matter: i64,
    /// Whose.
    pub household: HouseholdId,
    /// Where from.
    pub source: Source,
    /// By which inquiry; with [`Source::PublicAccount`] and no other.
    pub inquiry: Option<String>,
    /// The day of the consent or the claim.
    pub applied_on: Date,
    /// The day the office had it.
    pub obtained_on: Date,
    /// How far its holder agrees with the payee.
    pub holder: Holder,
    /// When it was last changed in the register, if told.
    pub changed_on: Option<Date>,
    /// The account.
    pub sealed: Sealed,
}

/// An account as it was kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PayeeAccount {
    /// Its number, from 1. Of two of a matter the later one is the newer.
    pub number: i64,
    /// The matter.
    pub matter: i64,
    /// Whose.
    pub household: HouseholdId,
    /// Where from.
    pub source: Source,
    /// By which inquiry.
    pub inquiry: Option<String>,
    /// The day of the consent or the claim.
    pub applied_on: Date,
    /// The day the office had it.
    pub obtained_on: Date,
    /// How far its holder agrees with the payee.
    pub holder: Holder,
    /// When it was last changed in the register, if told.
    pub changed_on: Option<Date>,
    /// The entry of the sealed bytes.
    pub entry: Digest,
    /// Their tag; none once they are destroyed.
    pub tag: Option<Vec<u8>>,
    /// When it was kept.
    pub at: String,
    /// By whom.
    pub by: String,
}

const SEAL: &str = "INSERT INTO sealed_content (municipality, entry, sealed, tag) VALUES ($1, $2, $3, $4)";
const SEALED: &str = "SELECT sealed, tag FROM sealed_content WHERE municipality = $1 AND entry = $2";
const NEXT: &str = "SELECT COALESCE(MAX(number), 0) + 1 FROM payee_account WHERE municipality = $1";
const SAVE: &str = "INSERT INTO payee_account (municipality, number, matter, household, source, inquiry, applied_on, obtained_on, holder, \
         changed_on, entry, at, by_whom) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
const SAME: &str = "SELECT a.number FROM payee_account a JOIN sealed_content s ON s.municipality = a.municipality AND s.entry = a.entry \
     WHERE a.municipality = $1 AND a.matter = $2 AND a.source = $3 AND a.applied_on = $4 AND s.tag = $5 ORDER BY a.number LIMIT 1";
const OF_MATTER: &str = "SELECT a.number, a.matter, a.household, a.source, a.inquiry, a.applied_on, a.obtained_on, a.holder, a.changed_on, \
         a.entry, s.tag, a.at, a.by_whom FROM payee_account a \
     LEFT JOIN sealed_content s ON s.municipality = a.municipality AND s.entry = a.entry \
     WHERE a.municipality = $1 AND a.matter = $2 ORDER BY a.number";
const BY_ENTRY: &str = "SELECT a.number, a.matter, a.household, a.source, a.inquiry, a.applied_on, a.obtained_on, a.holder, a.changed_on, \
         a.entry, s.tag, a.at, a.by_whom FROM payee_account a \
     LEFT JOIN sealed_content s ON s.municipality = a.municipality AND s.entry = a.entry \
     WHERE a.municipality = $1 AND a.entry = $2";
const SHARED: &str = "SELECT DISTINCT a.household FROM payee_account a \
     JOIN sealed_content s ON s.municipality = a.municipality AND s.entry = a.entry \
     WHERE a.municipality = $1 AND s.tag = $2 AND a.household <> $3 ORDER BY a.household";
const REPLACES: &str = "SELECT replaces FROM payment_order WHERE municipality = $1 AND number = $2";
const REPLACED_BY: &str = "SELECT number FROM payment_order WHERE municipality = $1 AND replaces = $2";
const NEXT_PURGE: &str = "SELECT COALESCE(MAX(number), 0) + 1 FROM purge WHERE municipality = $1";
const SAVE_PURGE: &str =
    "INSERT INTO purge (municipality, number, entry, rule, purged_on, at, by_whom) VALUES ($1, $2, $3, $4, $5, $6, $7)";
const DESTROY: &str = "DELETE FROM sealed_content WHERE municipality = $1 AND entry = $2";
const PURGED: &str = "SELECT number, entry, rule, purged_on, at, by_whom FROM purge WHERE municipality = $1 ORDER BY number";
/// What stands sealed for a matter: accounts, and those that answers brought.
const ENTRIES_OF_MATTER: &str = "SELECT s.entry FROM ( \
         SELECT entry FROM payee_account WHERE municipality = $1 AND matter = $2 \
         UNION SELECT w.entry FROM inquiry i CROSS JOIN inquiry_answer w \
             WHERE i.municipality = $1 AND i.payment_matter = $2 AND w.municipality = i.municipality AND w.inquiry = i.id) AS n \
     CROSS JOIN sealed_content s WHERE s.municipality = $1 AND s.entry = n.entry ORDER BY s.entry";
const MATTERS: &str = "SELECT DISTINCT a.matter FROM payee_account a \
     JOIN sealed_content s ON s.municipality = a.municipality AND s.entry = a.entry WHERE a.municipality = $1 \
     UNION SELECT i.payment_matter FROM inquiry i JOIN inquiry_answer w ON w.municipality = i.municipality AND w.inquiry = i.id \
     JOIN sealed_content s ON s.municipality = w.municipality AND s.entry = w.entry WHERE i.municipality = $1 ORDER BY 1";
/// Entries that some row names, with what is there of them.
const NAMED: &str = "SELECT n.entry, s.sealed, s.tag, p.number FROM ( \
         SELECT entry FROM payee_account WHERE municipality = $1 \
         UNION SELECT entry FROM payment_file WHERE municipality = $1 \
         UNION SELECT entry FROM inquiry_answer WHERE municipality = $1 AND entry IS NOT NULL) AS n \
     LEFT JOIN sealed_content s ON s.municipality = $1 AND s.entry = n.entry \
     LEFT JOIN purge p ON p.municipality = $1 AND p.entry = n.entry ORDER BY n.entry";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] = &[
    SEAL,
    SEALED,
    NEXT,
    SAVE,
    SAME,
    OF_MATTER,
    BY_ENTRY,
    SHARED,
    REPLACES,
    REPLACED_BY,
    NEXT_PURGE,
    SAVE_PURGE,
    DESTROY,
    PURGED,
    ENTRIES_OF_MATTER,
    MATTERS,
    NAMED,
];

/// That an entry was destroyed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Purge {
    /// Its number, from 1.
    pub number: i64,
    /// The entry.
    pub entry: Digest,
    /// By which rule.
    pub rule: String,
    /// The day.
    pub on: Date,
    /// When.
    pub at: String,
    /// By whom.
    pub by: String,
}

impl Store {
    /// Keeps an account for a matter; answers its number. The same account of the same source and day is kept once.
    ///
    /// # Errors
    /// [`StoreError::Payment`] where there is no such order, or it took another one's place and is no matter;
    /// [`StoreError::Database`].
    pub async fn save_payee_account(&self, municipality: Municipality, account: &NewPayeeAccount, stamp: &Stamp) -> Result<i64> {
        let mut transaction = self.writing().await?;
        audit::lock(&mut transaction, municipality).await?;
        let query = sqlx::query(SAME).bind(municipality.number()).bind(account.matter).bind(account.source.word());
        let query = query.bind(account.applied_on.to_string()).bind(account.sealed.tag.as_slice());
        if let Some(row) = query.fetch_optional(&mut *transaction).await? {
            return Ok(row.try_get(0)?);
        }
        seal(&mut transaction, municipality, &account.sealed).await?;
        let number = insert(&mut transaction, municipality, account, stamp).await?;
        append_record(&mut transaction, municipality, stamp, Record::PayeeAccount(number)).await?;
        transaction.commit().await?;
        Ok(number)
    }

    /// The accounts of a matter, the oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn payee_accounts(&self, municipality: Municipality, matter: i64) -> Result<Vec<PayeeAccount>> {
        let query = sqlx::query(OF_MATTER).bind(municipality.number()).bind(matter);
        query.fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// An account by its entry.
    ///
    /// # Errors
    /// As [`Store::payee_accounts`].
    pub async fn payee_account(&self, municipality: Municipality, entry: Digest) -> Result<Option<PayeeAccount>> {
        let query = sqlx::query(BY_ENTRY).bind(municipality.number()).bind(&entry.0[..]);
        query.fetch_optional(&self.pool).await?.as_ref().map(read).transpose()
    }

    /// Other households that the same account was obtained for, as far as it is not destroyed.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn account_shared_with(&self, municipality: Municipality, tag: &[u8], household: HouseholdId) -> Result<Vec<HouseholdId>> {
        let query = sqlx::query(SHARED).bind(municipality.number()).bind(tag).bind(household.0);
        query.fetch_all(&self.pool).await?.iter().map(|row| Ok(HouseholdId(row.try_get(0)?))).collect()
    }

    /// Sealed bytes by their entry; none where there are none or they were destroyed.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if they were edited, [`StoreError::Database`].
    pub async fn sealed(&self, municipality: Municipality, entry: Digest) -> Result<Option<Sealed>> {
        let query = sqlx::query(SEALED).bind(municipality.number()).bind(&entry.0[..]);
        let Some(row) = query.fetch_optional(&self.pool).await? else { return Ok(None) };
        let sealed = Sealed { sealed: row.try_get(0)?, tag: row.try_get(1)? };
        if sealed.id() == entry {
            Ok(Some(sealed))
        } else {
            Err(StoreError::Damaged(format!("sealed entry {entry} does not hash to its id")))
        }
    }

    /// The matter of an order: itself, or the first of those that took each other's place down to it.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn payment_matter(&self, municipality: Municipality, order: i64) -> Result<i64> {
        let mut first = order;
        loop {
            let query = sqlx::query(REPLACES).bind(municipality.number()).bind(first);
            let before: Option<i64> = query.fetch_optional(&self.pool).await?.map_or(Ok(None), |row| row.try_get(0))?;
            match before {
                Some(before) if before < first => first = before,
                _ => return Ok(first),
            }
        }
    }

    /// The orders of a matter, the oldest first; the last one is the one that counts.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn orders_of_matter(&self, municipality: Municipality, matter: i64) -> Result<Vec<i64>> {
        let mut orders = vec![matter];
        let mut last = matter;
        loop {
            let query = sqlx::query(REPLACED_BY).bind(municipality.number()).bind(last);
            match query.fetch_optional(&self.pool).await? {
                Some(row) => last = row.try_get(0)?,
                None => return Ok(orders),
            }
            orders.push(last);
        }
    }

    /// Matters of which something stands sealed, in the order of their numbers.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn sealed_matters(&self, municipality: Municipality) -> Result<Vec<i64>> {
        let rows = sqlx::query(MATTERS).bind(municipality.number()).fetch_all(&self.pool).await?;
        let matters = rows.iter().map(|row| row.try_get::<Option<i64>, _>(0)).collect::<std::result::Result<Vec<_>, _>>()?;
        Ok(matters.into_iter().flatten().collect())
    }

    /// What stands sealed for a matter.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn sealed_of_matter(&self, municipality: Municipality, matter: i64) -> Result<Vec<Digest>> {
        let query = sqlx::query(ENTRIES_OF_MATTER).bind(municipality.number()).bind(matter);
        query.fetch_all(&self.pool).await?.iter().map(|row| digest(row, 0)).collect()
    }

    /// Destroys sealed bytes and their tags by a rule, and keeps that it did. Entries that are gone are passed over; answers how
    /// many were destroyed now. What a database file or its backups still hold is for whoever keeps them.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn purge(&self, municipality: Municipality, entries: &[Digest], rule: &str, on: Date, stamp: &Stamp) -> Result<usize> {
        let mut transaction = self.writing().await?;
        audit::lock(&mut transaction, municipality).await?;
        let mut destroyed = 0;
        for entry in entries {
            let query = sqlx::query(SEALED).bind(municipality.number()).bind(&entry.0[..]);
            if query.fetch_optional(&mut *transaction).await?.is_none() {
                continue;
            }
            let number: i64 = sqlx::query(NEXT_PURGE).bind(municipality.number()).fetch_one(&mut *transaction).await?.try_get(0)?;
            sqlx::query(SAVE_PURGE)
                .bind(municipality.number())
                .bind(number)
                .bind(&entry.0[..])
                .bind(rule)
                .bind(on.to_string())
                .bind(stamp.at.as_str())
                .bind(stamp.by.as_str())
                .execute(&mut *transaction)
                .await?;
            sqlx::query(DESTROY).bind(municipality.number()).bind(&entry.0[..]).execute(&mut *transaction).await?;
            append_record(&mut transaction, municipality, stamp, Record::Purge(number)).await?;
            destroyed += 1;
        }
        transaction.commit().await?;
        Ok(destroyed)
    }

    /// What was destroyed, the oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn purges(&self, municipality: Municipality) -> Result<Vec<Purge>> {
        let rows = sqlx::query(PURGED).bind(municipality.number()).fetch_all(&self.pool).await?;
        let read = |row: &AnyRow| {
            let on = date(row.try_get(3)?)?;
            Ok(Purge {
                number: row.try_get(0)?,
                entry: digest(row, 1)?,
                rule: row.try_get(2)?,
                on,
                at: row.try_get(4)?,
                by: row.try_get(5)?,
            })
        };
        rows.iter().map(read).collect()
    }

    /// Names each entry that a record names and that is neither there as it was nor destroyed by rule. Empty when all is sound.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn check_sealed(&self, municipality: Municipality) -> Result<Vec<String>> {
        let mut wrong = Vec::new();
        for row in sqlx::query(NAMED).bind(municipality.number()).fetch_all(&self.pool).await? {
            let entry = digest(&row, 0)?;
            let (sealed, tag): (Option<Vec<u8>>, Option<Vec<u8>>) = (row.try_get(1)?, row.try_get(2)?);
            let purged = row.try_get::<Option<i64>, _>(3)?.is_some();
            match sealed.zip(tag).map(|(sealed, tag)| Sealed { sealed, tag }) {
                Some(sealed) if sealed.id() != entry => wrong.push(format!("sealed entry {entry} was altered")),
                Some(_) if purged => wrong.push(format!("sealed entry {entry} is there, though it was destroyed")),
                None if !purged => wrong.push(format!("sealed entry {entry} is gone, and no rule destroyed it")),
                _ => {}
            }
        }
        Ok(wrong)
    }
}

/// May this account be one of its matter's? Asked when an act is proposed and again when it takes effect.
pub(crate) async fn check_entry(
    transaction: &mut Transaction<'static, Any>,
    municipality: Municipality,
    account: &act::PayeeAccount,
) -> Result<()> {
    let query = sqlx::query(BY_ENTRY).bind(municipality.number()).bind(&account.entry.0[..]);
    let kept = query.fetch_optional(&mut **transaction).await?.as_ref().map(read).transpose()?;
    let wrong = match kept {
        Some(kept) if kept.matter != account.order => "this account was obtained for another matter; obtain one for this matter",
        Some(kept) if kept.tag.is_none() => "this account was destroyed by rule; obtain it again",
        Some(_) => return Ok(()),
        None => "there is no such account; enter it first",
    };
    Err(StoreError::Payment { what: "account of order", which: account.order.to_string(), wrong })
}

/// Writes sealed bytes; the caller names their entry in a row that the chain vouches for.
pub(crate) async fn seal(transaction: &mut Transaction<'static, Any>, municipality: Municipality, sealed: &Sealed) -> Result<()> {
    sqlx::query(SEAL)
        .bind(municipality.number())
        .bind(&sealed.id().0[..])
        .bind(sealed.sealed.as_slice())
        .bind(sealed.tag.as_slice())
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// Writes an account whose bytes are sealed; the caller holds the chain and appends the record.
pub(crate) async fn insert(
    transaction: &mut Transaction<'static, Any>,
    municipality: Municipality,
    account: &NewPayeeAccount,
    stamp: &Stamp,
) -> Result<i64> {
    let refused = |wrong| StoreError::Payment { what: "order", which: account.matter.to_string(), wrong };
    let query = sqlx::query(REPLACES).bind(municipality.number()).bind(account.matter);
    match query.fetch_optional(&mut **transaction).await? {
        None => return Err(refused("there is no such payment order")),
        Some(row) if row.try_get::<Option<i64>, _>(0)?.is_some() => {
            return Err(refused("it took the place of an earlier order; the account belongs to the first one"));
        }
        Some(_) => {}
    }
    let number: i64 = sqlx::query(NEXT).bind(municipality.number()).fetch_one(&mut **transaction).await?.try_get(0)?;
    sqlx::query(SAVE)
        .bind(municipality.number())
        .bind(number)
        .bind(account.matter)
        .bind(account.household.0)
        .bind(account.source.word())
        .bind(account.inquiry.as_deref())
        .bind(account.applied_on.to_string())
        .bind(account.obtained_on.to_string())
        .bind(account.holder.word())
        .bind(account.changed_on.map(|day| day.to_string()))
        .bind(&account.sealed.id().0[..])
        .bind(stamp.at.as_str())
        .bind(stamp.by.as_str())
        .execute(&mut **transaction)
        .await?;
    Ok(number)
}

fn read(row: &AnyRow) -> Result<PayeeAccount> {
    let changed_on: Option<&str> = row.try_get(8)?;
    Ok(PayeeAccount {
        number: row.try_get(0)?,
        matter: row.try_get(1)?,
        household: HouseholdId(row.try_get(2)?),
        source: Source::read(row.try_get(3)?)?,
        inquiry: row.try_get(4)?,
        applied_on: date(row.try_get(5)?)?,
        obtained_on: date(row.try_get(6)?)?,
        holder: Holder::read(row.try_get(7)?)?,
        changed_on: changed_on.map(date).transpose()?,
        entry: digest(row, 9)?,
        tag: row.try_get(10)?,
        at: row.try_get(11)?,
        by: row.try_get(12)?,
    })
}
