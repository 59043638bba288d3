//! Passwords: set by whoever has the account's key, looked at when somebody logs in.
//!
//! The hash is made where the password is typed and signed there by the account's key, over the
//! municipality, the account, a number that only grows, and the hash. So nobody who can write the
//! database can plant a password, move one to another account, or put an old one back as the newest.
//!
//! Absent here: how often one may be tried, and sessions ([`crate::sessions`]).

use crate::officer::{Now, Officer, good_account};
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use jorei_domain::act::Account;
use jorei_domain::id::Municipality;
use jorei_package::signing::{KeyError, PublicKey, Purpose, SignatureError, sign, verify};
use jorei_store::credentials::Credential;
use jorei_store::{Store, StoreError};
use tokio::sync::Semaphore;

/// Memory of one hash in KiB. With [`PASSES`] and [`LANES`] the first choice of OWASP's Password
/// Storage Cheat Sheet for argon2id (19 MiB, two passes, one lane): dear to guess on graphics cards,
/// and below a tenth of a second here.
pub const MEMORY_KIB: u32 = 19 * 1024;
/// Passes over the memory.
pub const PASSES: u32 = 2;
/// Lanes.
pub const LANES: u32 = 1;
/// How every hash of these costs begins.
const COSTS: &str = "$argon2id$v=19$m=19456,t=2,p=1$";

/// Fewest characters: with no rule on their kinds, length is what counts (NIST SP 800-63B).
pub const CHARACTERS_MIN: usize = 12;
/// Most characters.
pub const CHARACTERS_MAX: usize = 128;
/// The longest hash that is kept.
const HASH_BYTES_MAX: usize = 200;

/// Hashes made at once: whoever sends many passwords must not fill the memory with them.
const HASHES_AT_ONCE: usize = 4;
static HASHING: Semaphore = Semaphore::const_new(HASHES_AT_ONCE);

/// What is looked at where there is no password, so that it takes as long: the hash of 32 random bytes
/// that nobody kept.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IGhhcyB0aGlz$3b1HqSkMqk0ZbnnkXkcKbA0tM2Yw8QJx1bTqG8bW0aQ";

/// Why a password is not set.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too short or too long.
    #[error("a password has {CHARACTERS_MIN} to {CHARACTERS_MAX} characters; a few words that do not belong together are good")]
    Length,
    /// The account's own name.
    #[error("the password is the name of the account; choose another")]
    OwnName,
    /// Not a hash of ours.
    #[error("the hash is not one that this program makes; it must begin with {COSTS}")]
    Hash,
    /// Hashing failed.
    #[error("the system cannot make a hash (no randomness, or no memory); try again")]
    CannotHash,
    /// No such account today.
    #[error("account {account} of municipality {municipality} is not there, or not good today")]
    NotGood {
        /// The account.
        account: String,
        /// Whose office.
        municipality: Municipality,
    },
    /// The account's key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Not the signature of the account over this hash, or none could be made.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The store refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The bytes that an account's key signs for [`Purpose::Credential`]. `ordinal` is one more than that of
/// the password that holds, 1 for the first.
pub fn statement(municipality: Municipality, account: &str, ordinal: i64, hash: &str) -> Vec<u8> {
    format!("jorei credential 1\nmunicipality {municipality}\naccount {account}\nnumber {ordinal}\nhash {hash}\n").into_bytes()
}

/// The hash of a password of an account, salted, as a PHC string. Takes its time; not for the thread of
/// a server.
///
/// # Errors
/// [`PasswordError::Length`], [`PasswordError::OwnName`], [`PasswordError::CannotHash`].
pub fn hash(account: &str, password: &str) -> Result<String, PasswordError> {
    let characters = password.chars().count();
    if !(CHARACTERS_MIN..=CHARACTERS_MAX).contains(&characters) {
        return Err(PasswordError::Length);
    }
    if password.trim().to_lowercase() == account.to_lowercase() {
        return Err(PasswordError::OwnName);
    }
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| PasswordError::CannotHash)?;
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash: PasswordHash = hasher.hash_password(password.as_bytes()).map_err(|_| PasswordError::CannotHash)?;
    Ok(hash.to_string())
}

/// Sets the password of an account by its hash and the signature of the account's key over
/// [`statement`]. The same again changes nothing.
///
/// # Errors
/// A [`PasswordError`]; [`StoreError::CredentialMoved`] if another one was set in between. Nothing was
/// written then.
pub async fn set_password(
    store: &Store,
    municipality: Municipality,
    account: &str,
    (ordinal, hash): (i64, &str),
    signature: &str,
    now: &Now,
) -> Result<(), PasswordError> {
    if !hash.starts_with(COSTS) || hash.len() > HASH_BYTES_MAX || PasswordHash::new(hash).is_err() {
        return Err(PasswordError::Hash);
    }
    let Some(known) = good_account(store, municipality, account, now.today).await? else {
        return Err(PasswordError::NotGood { account: account.to_owned(), municipality });
    };
    let credential = Credential { account: account.to_owned(), ordinal, hash: hash.to_owned(), signature: signature.to_owned() };
    check(&known, municipality, &credential)?;
    Ok(store.save_credential(municipality, &credential, &now.stamp(account)).await?)
}

/// Sets the password of an account whose key is at hand; see [`hash`] and [`set_password`].
///
/// # Errors
/// A [`PasswordError`].
pub async fn change(
    store: &Store,
    municipality: Municipality,
    officer: &Officer,
    password: String,
    now: &Now,
) -> Result<(), PasswordError> {
    let account = officer.account.clone();
    let hashed = tokio::task::spawn_blocking(move || hash(&account, &password)).await;
    let hash = hashed.unwrap_or(Err(PasswordError::CannotHash))?;
    let ordinal = store.credential(municipality, &officer.account).await?.map_or(1, |credential| credential.ordinal + 1);
    let signature = sign(officer.key(), Purpose::Credential, &statement(municipality, &officer.account, ordinal, &hash))?;
    set_password(store, municipality, &officer.account, (ordinal, &hash), &signature, now).await
}

/// Is a password signed by the key of its account?
pub(crate) fn check(account: &Account, municipality: Municipality, credential: &Credential) -> Result<(), PasswordError> {
    let Credential { ordinal, hash, signature, .. } = credential;
    let key = PublicKey::parse(&account.key)?;
    Ok(verify(&key, Purpose::Credential, &statement(municipality, &account.name, *ordinal, hash), signature)?)
}

/// Does a password hash to this? Without a hash: no, after as much work.
pub(crate) async fn is_right(hash: Option<String>, password: &str) -> Result<bool, PasswordError> {
    let password = password.as_bytes().to_vec();
    let permit = HASHING.acquire().await.map_err(|_| PasswordError::CannotHash)?;
    let looked_at = tokio::task::spawn_blocking(move || {
        // Kept until the hash is made, even if whoever asked has hung up.
        let _permit = permit;
        let hash = hash.as_deref();
        let parsed = PasswordHash::new(hash.unwrap_or(NOBODY)).map_err(|_| PasswordError::Hash)?;
        Ok(Argon2::default().verify_password(&password, &parsed).is_ok() && hash.is_some())
    });
    looked_at.await.unwrap_or(Err(PasswordError::CannotHash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_of_its_password_only_and_of_the_costs_that_are_written_down() {
        let good = "correct horse battery";
        let made = hash("tanaka", good).unwrap();
        assert!(made.starts_with(COSTS) && made.len() <= HASH_BYTES_MAX, "{made}");
        assert_eq!(COSTS, format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}$"));
        assert_ne!(hash("tanaka", good).unwrap(), made, "a salt of its own");
        let parsed = PasswordHash::new(&made).unwrap();
        assert!(Argon2::default().verify_password(good.as_bytes(), &parsed).is_ok());
        assert!(Argon2::default().verify_password(b"correct horse batterz", &parsed).is_err());
        let (nobody, ours) = (PasswordHash::new(NOBODY).unwrap(), parsed);
        assert_eq!((nobody.algorithm, nobody.params.as_str()), (ours.algorithm, ours.params.as_str()), "the same work");
    }

    #[test]
    fn short_and_endless_passwords_and_the_own_name_are_refused() {
        for bad in ["", "elevenchars", &"a".repeat(129), "長い合い言葉ですか"] {
            assert!(matches!(hash("tanaka", bad), Err(PasswordError::Length)), "{}", bad.len());
        }
        assert!(matches!(hash("tanaka.ichiro", "Tanaka.Ichiro"), Err(PasswordError::OwnName)));
        assert!(hash("tanaka", "十二文字の長い合い言葉です").is_ok());
    }
}
