//! Who acts: an account proven by its key, and the moment that the caller's clock gives.

use jorei_domain::act::{Account, Change};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::id::Municipality;
use jorei_package::signing::{KeyError, PublicKey, SecretKey};
use jorei_store::{Store, StoreError};

/// The moment of an act.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Now {
    /// The civil day in Japan: accounts begin and end by it.
    pub today: Date,
    /// The instant, for the record (RFC 3339).
    pub at: String,
}

impl Now {
    /// A stamp in somebody's name.
    pub fn stamp(&self, by: &str) -> Stamp {
        Stamp { by: by.to_owned(), at: self.at.clone() }
    }
}

/// The moment of a session: the same instant, also to be counted with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Moment {
    /// Day and instant, for the record.
    pub now: Now,
    /// Unix time in seconds.
    pub seconds: i64,
}

/// A person of the office with the key that proves it.
pub struct Officer {
    /// The account's name.
    pub account: String,
    key: SecretKey,
}

/// Why nobody can be told from a key.
#[derive(Debug, thiserror::Error)]
pub enum OfficerError {
    /// No account has this key.
    #[error("no account of municipality {municipality} has the key {key}; `jorei office show` lists the accounts")]
    Unknown {
        /// Whose office.
        municipality: Municipality,
        /// The key's id.
        key: String,
    },
    /// The account has not begun, or has ended.
    #[error("account {name} is good from {from} until {until} only")]
    NotGood {
        /// The account.
        name: String,
        /// Its first day.
        from: Date,
        /// The first day after it.
        until: Date,
    },
    /// The key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Officer {
    /// The officer of a municipality whose account has this key.
    ///
    /// # Errors
    /// An [`OfficerError`]; [`OfficerError::NotGood`] outside the account's days.
    pub async fn of(store: &Store, municipality: Municipality, key: SecretKey, today: Date) -> Result<Officer, OfficerError> {
        let accounts = accounts(store, municipality).await?;
        let officer = Officer::among(&accounts, municipality, key)?;
        match accounts.into_iter().find(|account| account.name == officer.account) {
            Some(Account { name, from, until, .. }) if today < from || until <= today => Err(OfficerError::NotGood { name, from, until }),
            _ => Ok(officer),
        }
    }

    /// The officer among some accounts: those that an office is being founded with.
    ///
    /// # Errors
    /// [`OfficerError::Unknown`], [`OfficerError::Key`].
    pub fn among(accounts: &[Account], municipality: Municipality, key: SecretKey) -> Result<Officer, OfficerError> {
        let public = key.public_key()?;
        // Two texts may be one key.
        match accounts.iter().find(|account| PublicKey::parse(&account.key).is_ok_and(|key| key == public)) {
            Some(account) => Ok(Officer { account: account.name.clone(), key }),
            None => Err(OfficerError::Unknown { municipality, key: public.id().to_string() }),
        }
    }

    pub(crate) fn key(&self) -> &SecretKey {
        &self.key
    }
}

/// The account of a name, if it is good on a day.
///
/// # Errors
/// A [`StoreError`].
pub async fn good_account(store: &Store, municipality: Municipality, name: &str, today: Date) -> Result<Option<Account>, StoreError> {
    // No account is called so, and PostgreSQL takes no such text.
    if name.contains('\0') {
        return Ok(None);
    }
    Ok(match store.state(municipality, "account", name).await? {
        Some((_, Change::Account(account))) if account.from <= today && today < account.until => Some(account),
        _ => None,
    })
}

/// The accounts of an office, ended ones included.
///
/// # Errors
/// A [`StoreError`].
pub async fn accounts(store: &Store, municipality: Municipality) -> Result<Vec<Account>, StoreError> {
    let states = store.states(municipality, "account").await?;
    let account = |(_, change)| match change {
        Change::Account(account) => Some(account),
        _ => None,
    };
    Ok(states.into_iter().filter_map(account).collect())
}
