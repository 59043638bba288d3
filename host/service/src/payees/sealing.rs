//! Accounts and bank files, sealed under keys of their own that come from the vault's master key.
//!
//! What is sealed opens for one municipality and one matter (or batch) only. Absent here: where the master key comes from, and
//! who may see an account.

use crate::personal_numbers::code;
use aes_gcm_siv::aead::{Aead as _, Payload};
use aes_gcm_siv::{Aes256GcmSiv, KeyInit as _, Nonce};
use jorei_bank::account::BankAccount;
use jorei_domain::id::{Digest, Municipality};
use jorei_store::payees::Sealed;
use std::fmt;

const NONCE_BYTES: usize = 12;

/// The keys of accounts. Nothing of them is printed.
pub struct AccountVault {
    cipher: Aes256GcmSiv,
    tag: [u8; 32],
    mark: [u8; 32],
}

impl fmt::Debug for AccountVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccountVault")
    }
}

/// Why something is not sealed or opened. No text holds an account.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SealError {
    /// Sealed with another key or for something else, or edited.
    #[error("sealed entry {0} does not open: the key or what it was sealed for is another one, or it was edited")]
    Locked(Digest),
    /// The machine gives no randomness.
    #[error("the machine gives no randomness to seal with; try again")]
    NoRandomness,
}

impl AccountVault {
    /// Derives its keys, one that seals, one that makes tags and one that marks requests, from the vault's master key.
    pub fn new(master: [u8; 32]) -> AccountVault {
        let key = |of: &[u8]| code(&master, &[of]);
        AccountVault {
            cipher: Aes256GcmSiv::new(&key(b"jorei vault 1 seal account").into()),
            tag: key(b"jorei vault 1 tag account"),
            mark: key(b"jorei vault 1 mark request"),
        }
    }

    /// A mark of a request by which it is known again: equal for equal bytes, and of no use without the key to whoever would
    /// try numbers until one fits.
    pub fn mark(&self, request: &[u8]) -> Digest {
        Digest(code(&self.mark, &[request]))
    }

    /// Seals an account for a matter. Its tag is equal for equal bank, branch and number in one municipality, whatever the kind
    /// and the holder: two households that name one account differently still name one.
    ///
    /// # Errors
    /// [`SealError::NoRandomness`].
    pub fn seal(&self, municipality: Municipality, matter: i64, account: &BankAccount) -> Result<Sealed, SealError> {
        let sealed = self.enclose(&purpose(b"account", municipality, matter), &account.to_bytes())?;
        Ok(Sealed { sealed, tag: self.tag_of(municipality, account).to_vec() })
    }

    /// Opens an account of a matter.
    ///
    /// # Errors
    /// [`SealError::Locked`].
    pub fn open(&self, municipality: Municipality, matter: i64, sealed: &Sealed) -> Result<BankAccount, SealError> {
        let bytes = self.disclose(&purpose(b"account", municipality, matter), sealed)?;
        BankAccount::from_bytes(&bytes).map_err(|_| SealError::Locked(sealed.id()))
    }

    /// Seals a bank file of a batch.
    ///
    /// # Errors
    /// [`SealError::NoRandomness`].
    pub fn seal_file(&self, municipality: Municipality, batch: i64, bytes: &[u8]) -> Result<Sealed, SealError> {
        Ok(Sealed { sealed: self.enclose(&purpose(b"file", municipality, batch), bytes)?, tag: Vec::new() })
    }

    /// Opens a bank file of a batch.
    ///
    /// # Errors
    /// [`SealError::Locked`].
    pub fn open_file(&self, municipality: Municipality, batch: i64, sealed: &Sealed) -> Result<Vec<u8>, SealError> {
        self.disclose(&purpose(b"file", municipality, batch), sealed)
    }

    fn tag_of(&self, municipality: Municipality, account: &BankAccount) -> [u8; 32] {
        let parts = [account.bank.get().to_be_bytes(), account.branch.get().to_be_bytes()].concat();
        code(&self.tag, &[&municipality.number().to_be_bytes(), &parts, &account.number.get().to_be_bytes()])
    }

    fn enclose(&self, purpose: &[u8], bytes: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| SealError::NoRandomness)?;
        let payload = Payload { msg: bytes, aad: purpose };
        let sealed = self.cipher.encrypt(&Nonce::from(nonce), payload).map_err(|_| SealError::NoRandomness)?;
        Ok([&nonce[..], &sealed].concat())
    }

    fn disclose(&self, purpose: &[u8], sealed: &Sealed) -> Result<Vec<u8>, SealError> {
        let locked = || SealError::Locked(sealed.id());
        let (nonce, bytes) = sealed.sealed.split_first_chunk::<NONCE_BYTES>().ok_or_else(locked)?;
        let payload = Payload { msg: bytes, aad: purpose };
        self.cipher.decrypt(&Nonce::from(*nonce), payload).map_err(|_| locked())
    }
}

/// What a sealed thing is bound to.
fn purpose(what: &[u8], municipality: Municipality, number: i64) -> Vec<u8> {
    [what, &municipality.number().to_be_bytes(), &number.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_knows_a_request_again_and_needs_the_key() {
        let (vault, other) = (AccountVault::new([1; 32]), AccountVault::new([2; 32]));
        assert_eq!(vault.mark(b"1234567"), vault.mark(b"1234567"));
        assert_ne!(vault.mark(b"1234567"), vault.mark(b"1234568"));
        assert_ne!(vault.mark(b"1234567"), other.mark(b"1234567"));
        assert_ne!(vault.mark(b"1234567"), Digest::of(b"1234567"));
    }

    use jorei_bank::account::{AccountNumber, BankCode, BranchCode, DepositKind};
    use jorei_bank::names::HolderName;

    fn account(number: &str, holder: &str) -> BankAccount {
        BankAccount {
            bank: BankCode::parse("9990").unwrap(),
            branch: BranchCode::parse("001").unwrap(),
            kind: DepositKind::Ordinary,
            number: AccountNumber::parse(number).unwrap(),
            holder: HolderName::normalise(holder).unwrap(),
        }
    }

    #[test]
    fn an_account_opens_for_its_matter_and_key_only() {
        let (here, there) = (Municipality::parse("012041").unwrap(), Municipality::parse("131016").unwrap());
        let vault = AccountVault::new([7; 32]);
        let account = account("0000019", "ヤマダ ハナコ");
        let sealed = vault.seal(here, 3, &account).unwrap();
        assert_eq!(vault.open(here, 3, &sealed), Ok(account.clone()));
        let locked = Err(SealError::Locked(sealed.id()));
        assert_eq!(vault.open(here, 4, &sealed), locked);
        assert_eq!(vault.open(there, 3, &sealed), locked);
        assert_eq!(AccountVault::new([8; 32]).open(here, 3, &sealed), locked);
        assert!(vault.open_file(here, 3, &sealed).is_err());
        // Sealed again the bytes are others, the tag is the same.
        let again = vault.seal(here, 9, &account).unwrap();
        assert!(again.sealed != sealed.sealed && again.tag == sealed.tag);
        assert_ne!(vault.seal(there, 3, &account).unwrap().tag, sealed.tag);
    }

    #[test]
    fn one_account_under_two_holders_is_one_account() {
        let here = Municipality::parse("012041").unwrap();
        let vault = AccountVault::new([7; 32]);
        let tag = |account: &BankAccount| vault.seal(here, 1, account).unwrap().tag;
        assert_eq!(tag(&account("0000019", "ヤマダ ハナコ")), tag(&account("19", "ヤマダ タロウ")));
        assert_ne!(tag(&account("0000019", "ヤマダ ハナコ")), tag(&account("0000018", "ヤマダ ハナコ")));
    }
}
