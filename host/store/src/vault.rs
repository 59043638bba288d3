//! The vault: personal numbers (個人番号) as sealed bytes, each with a tag that is equal for equal
//! numbers. Which entry is in use is the state of an act ([`jorei_domain::act::NumberEntry`]).
//!
//! Absent here: the key, and with it every way to read a number.

use crate::audit::{Record, append_record};
use crate::{Result, Store, StoreError, acts, digest, lock_knowledge};
use jorei_domain::act::{Change, NumberEntry};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, Municipality, PersonId};
use sqlx::any::AnyRow;
use sqlx::{Any, Row as _, Transaction};

/// A sealed number.
#[derive(Clone, Eq, PartialEq)]
pub struct VaultEntry {
    /// Whose number.
    pub person: PersonId,
    /// The sealed bytes.
    pub sealed: Vec<u8>,
    /// The tag.
    pub tag: Vec<u8>,
}

impl std::fmt::Debug for VaultEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VaultEntry({})", self.id())
    }
}

impl VaultEntry {
    /// The entry's id: the hash of its sealed bytes.
    pub fn id(&self) -> Digest {
        Digest::of(&self.sealed)
    }
}

const SAVE: &str = "INSERT INTO vault (municipality, entry, person, sealed, tag, at, by_whom) VALUES ($1, $2, $3, $4, $5, $6, $7)";
const ENTRY: &str = "SELECT entry, person, sealed, tag FROM vault WHERE municipality = $1 AND entry = $2";
const BY_TAG: &str = "SELECT entry, person FROM vault WHERE municipality = $1 AND tag = $2";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] = &[SAVE, ENTRY, BY_TAG];

const ELSEWHERE: &str = "this number is in use for somebody else; compare the document, and ask the qualification desk who is right";

impl Store {
    /// Puts a sealed number into the vault; it is not in use by that. Answers its entry.
    ///
    /// # Errors
    /// [`StoreError::Vault`] if the number is in use for another person; [`StoreError::Database`].
    pub async fn save_vault_entry(&self, municipality: Municipality, entry: &VaultEntry, today: Date, stamp: &Stamp) -> Result<Digest> {
        let mut transaction = self.writing().await?;
        lock_knowledge(&mut transaction, municipality, today).await?;
        if in_use_elsewhere(&mut transaction, municipality, entry.person, &entry.tag).await? {
            return Err(StoreError::Vault { person: entry.person, wrong: ELSEWHERE });
        }
        let id = entry.id();
        sqlx::query(SAVE)
            .bind(municipality.number())
            .bind(&id.0[..])
            .bind(entry.person.0)
            .bind(entry.sealed.as_slice())
            .bind(entry.tag.as_slice())
            .bind(stamp.at.as_str())
            .bind(stamp.by.as_str())
            .execute(&mut *transaction)
            .await?;
        append_record(&mut transaction, municipality, stamp, Record::Vault(id)).await?;
        transaction.commit().await?;
        Ok(id)
    }

    /// An entry, in use or not.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if its bytes were edited, [`StoreError::Database`].
    pub async fn vault_entry(&self, municipality: Municipality, entry: Digest) -> Result<Option<VaultEntry>> {
        let query = sqlx::query(ENTRY).bind(municipality.number()).bind(&entry.0[..]);
        query.fetch_optional(&self.pool).await?.as_ref().map(read).transpose()
    }

    /// Whose number in use has this tag.
    ///
    /// # Errors
    /// [`StoreError::Damaged`], [`StoreError::Database`].
    pub async fn person_by_tag(&self, municipality: Municipality, tag: &[u8]) -> Result<Option<PersonId>> {
        let mut transaction = self.reading().await?;
        let person = holder(&mut transaction, municipality, tag, None).await?;
        transaction.rollback().await?;
        Ok(person)
    }
}

/// Is an entry there, that of the person, and its number nobody else's? Asked when an act is proposed
/// and again when it takes effect: of two people who were given one number at once, one is refused.
pub(crate) async fn check_entry(
    transaction: &mut Transaction<'static, Any>,
    municipality: Municipality,
    entered: &NumberEntry,
) -> Result<()> {
    let query = sqlx::query(ENTRY).bind(municipality.number()).bind(&entered.entry.0[..]);
    let kept = query.fetch_optional(&mut **transaction).await?.as_ref().map(read).transpose()?;
    let person = entered.person;
    match kept {
        Some(kept) if kept.person == person => {
            if in_use_elsewhere(transaction, municipality, person, &kept.tag).await? {
                return Err(StoreError::Vault { person, wrong: ELSEWHERE });
            }
            Ok(())
        }
        _ => Err(StoreError::Vault { person, wrong: "the vault has no such entry of this person; enter the number again" }),
    }
}

async fn in_use_elsewhere(
    transaction: &mut Transaction<'static, Any>,
    municipality: Municipality,
    person: PersonId,
    tag: &[u8],
) -> Result<bool> {
    Ok(holder(transaction, municipality, tag, Some(person)).await?.is_some())
}

/// The person, other than one, whose number in use has a tag.
async fn holder(
    transaction: &mut Transaction<'static, Any>,
    municipality: Municipality,
    tag: &[u8],
    except: Option<PersonId>,
) -> Result<Option<PersonId>> {
    for row in sqlx::query(BY_TAG).bind(municipality.number()).bind(tag).fetch_all(&mut **transaction).await? {
        let (entry, person) = (digest(&row, 0)?, PersonId(row.try_get(1)?));
        if except == Some(person) {
            continue;
        }
        let state = acts::state(transaction, municipality, "number", &person.to_string()).await?;
        if matches!(state, Some((_, Change::Number(used))) if used.entry == entry && used.person == person) {
            return Ok(Some(person));
        }
    }
    Ok(None)
}

fn read(row: &AnyRow) -> Result<VaultEntry> {
    let entry = VaultEntry { person: PersonId(row.try_get(1)?), sealed: row.try_get(2)?, tag: row.try_get(3)? };
    let id = digest(row, 0)?;
    if entry.id() == id { Ok(entry) } else { Err(StoreError::Damaged(format!("vault entry {id} does not hash to its id"))) }
}
