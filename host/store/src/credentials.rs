//! Passwords of accounts, as salted hashes that the account's key has signed.
//!
//! Absent here: what a good password is, how it is hashed, whether the signature is good.

use crate::audit::{self, Record, append_record};
use crate::{Result, Store, StoreError};
use jorei_domain::audit::Stamp;
use jorei_domain::id::Municipality;
use sqlx::any::AnyRow;
use sqlx::{Any, Row as _, Transaction};

/// A password of an account.
#[derive(Clone, Eq, PartialEq)]
pub struct Credential {
    /// The account.
    pub account: String,
    /// 1, then one more for each that was set.
    pub ordinal: i64,
    /// The hash as a PHC string.
    pub hash: String,
    /// The signature as it came; whoever uses the password verifies it.
    pub signature: String,
}

impl std::fmt::Debug for Credential {
    /// Without the hash: it may be guessed against.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credential({} {})", self.account, self.ordinal)
    }
}

const SAVE: &str = "INSERT INTO credential (municipality, account, ordinal, hash, signature, at) VALUES ($1, $2, $3, $4, $5, $6)";
const LATEST: &str = "SELECT account, ordinal, hash, signature FROM credential WHERE municipality = $1 AND account = $2 \
     ORDER BY ordinal DESC LIMIT 1";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] = &[SAVE, LATEST];

impl Store {
    /// Keeps a password behind the one that holds. The one that holds already changes nothing.
    ///
    /// # Errors
    /// [`StoreError::CredentialMoved`] if another number is next; [`StoreError::Database`].
    pub async fn save_credential(&self, municipality: Municipality, credential: &Credential, stamp: &Stamp) -> Result<()> {
        let Credential { account, ordinal, hash, signature } = credential;
        let mut transaction = self.writing().await?;
        audit::lock(&mut transaction, municipality).await?;
        let latest = latest(&mut transaction, municipality, account).await?;
        if latest.as_ref() == Some(credential) {
            return Ok(());
        }
        let next = latest.map_or(1, |latest| latest.ordinal + 1);
        if *ordinal != next {
            return Err(StoreError::CredentialMoved { account: account.clone(), given: *ordinal, next });
        }
        sqlx::query(SAVE)
            .bind(municipality.number())
            .bind(account.as_str())
            .bind(*ordinal)
            .bind(hash.as_str())
            .bind(signature.as_str())
            .bind(stamp.at.as_str())
            .execute(&mut *transaction)
            .await?;
        append_record(&mut transaction, municipality, stamp, Record::Credential(*ordinal, account)).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The password that holds; none if none was ever set.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn credential(&self, municipality: Municipality, account: &str) -> Result<Option<Credential>> {
        let query = sqlx::query(LATEST).bind(municipality.number()).bind(account);
        query.fetch_optional(&self.pool).await?.as_ref().map(read).transpose()
    }
}

async fn latest(transaction: &mut Transaction<'static, Any>, municipality: Municipality, account: &str) -> Result<Option<Credential>> {
    let query = sqlx::query(LATEST).bind(municipality.number()).bind(account);
    query.fetch_optional(&mut **transaction).await?.as_ref().map(read).transpose()
}

fn read(row: &AnyRow) -> Result<Credential> {
    Ok(Credential { account: row.try_get(0)?, ordinal: row.try_get(1)?, hash: row.try_get(2)?, signature: row.try_get(3)? })
}
