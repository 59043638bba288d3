//! Personal numbers (個人番号): checked, sealed, entered by two people, found again.
//!
//! A number exists in the open only between whoever typed it and the vault's key. It stands in no
//! fact, act, entry of the chain, log, error, or input of a rule.
//!
//! Absent here: where the key comes from, and who may ask.

use crate::acts::{ActsError, Proposal, based};
use crate::office::show;
use crate::officer::Now;
use aes_gcm_siv::aead::{Aead as _, Payload};
use aes_gcm_siv::{Aes256GcmSiv, KeyInit as _, Nonce};
use hmac::{Hmac, Mac as _};
use jorei_domain::act::{Change, NumberEntry};
use jorei_domain::audit::Stamp;
use jorei_domain::id::{Digest, Municipality, PersonId};
use jorei_store::vault::VaultEntry;
use jorei_store::{Store, StoreError};
use sha2::Sha256;
use std::fmt;
use unicode_normalization::UnicodeNormalization as _;

const DIGITS: usize = 12;
const NONCE_BYTES: usize = 12;

/// A personal number whose check digit fits. Prints as stars.
#[derive(Clone, Eq, PartialEq)]
pub struct PersonalNumber([u8; DIGITS]);

/// A text that is no personal number. It is not repeated.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a personal number (12 digits of which the last one fits the others); compare it with the document")]
pub struct NotAPersonalNumber;

impl fmt::Debug for PersonalNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("************")
    }
}

impl fmt::Display for PersonalNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("************")
    }
}

impl PersonalNumber {
    /// Reads twelve digits, in any width, with hyphens and spaces between them.
    ///
    /// The last one is 11 less the remainder by 11 of the sum of the others, each times 2 to 7 and 2
    /// to 6 from the right, and 0 where the remainder is 0 or 1 (行政手続における特定の個人を識別する
    /// ための番号の利用等に関する法律施行令に基づく総務省令 art. 5).
    ///
    /// # Errors
    /// [`NotAPersonalNumber`].
    pub fn parse(text: &str) -> Result<PersonalNumber, NotAPersonalNumber> {
        let mut digits = [0; DIGITS];
        let mut count = 0;
        for c in text.nfkc().filter(|c| !between(*c)) {
            let digit = c.to_digit(10).and_then(|digit| u8::try_from(digit).ok()).ok_or(NotAPersonalNumber)?;
            *digits.get_mut(count).ok_or(NotAPersonalNumber)? = digit;
            count += 1;
        }
        let sum: u32 = digits[..DIGITS - 1].iter().rev().zip([2, 3, 4, 5, 6, 7, 2, 3, 4, 5, 6]).map(|(p, q)| u32::from(*p) * q).sum();
        let check = match sum % 11 {
            0 | 1 => 0,
            remainder => 11 - remainder,
        };
        let fits = count == DIGITS && u32::from(digits[DIGITS - 1]) == check;
        if fits { Ok(PersonalNumber(digits)) } else { Err(NotAPersonalNumber) }
    }

    /// The digits, for the one document or message that must carry them.
    pub fn reveal(&self) -> String {
        self.0.iter().map(|digit| char::from(b'0' + digit)).collect()
    }

    /// Do these digits stand in a text, however they are written there?
    fn is_in(&self, text: &str) -> bool {
        let digits: String = text.nfkc().filter(|c| !between(*c)).collect();
        digits.contains(&self.reveal())
    }
}

/// May a character stand between digits?
fn between(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '‐' | '‑' | '–' | '—' | '−' | 'ー')
}

/// The keys of the vault. Nothing of them is printed.
pub struct Vault {
    cipher: Aes256GcmSiv,
    tag: [u8; 32],
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault")
    }
}

impl Vault {
    /// Derives the two keys of a vault, one that seals and one that makes tags, from its master key.
    pub fn new(master: [u8; 32]) -> Vault {
        let sealing = code(&master, &[b"jorei vault 1 seal"]);
        Vault { cipher: Aes256GcmSiv::new(&sealing.into()), tag: code(&master, &[b"jorei vault 1 tag"]) }
    }

    /// Seals a number for one person of one municipality: 12 random bytes, then the sealed digits,
    /// which open for nobody else.
    fn seal(&self, municipality: Municipality, person: PersonId, number: &PersonalNumber) -> Result<Vec<u8>, NumberError> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| NumberError::NoRandomness)?;
        let payload = Payload { msg: &number.0, aad: &whose(municipality, person) };
        let sealed = self.cipher.encrypt(&Nonce::from(nonce), payload).map_err(|_| NumberError::NoRandomness)?;
        Ok([&nonce[..], &sealed].concat())
    }

    fn open(&self, municipality: Municipality, entry: &VaultEntry) -> Result<PersonalNumber, NumberError> {
        let locked = || NumberError::Locked(entry.id());
        let (nonce, sealed) = entry.sealed.split_first_chunk::<NONCE_BYTES>().ok_or_else(locked)?;
        let payload = Payload { msg: sealed, aad: &whose(municipality, entry.person) };
        let opened = self.cipher.decrypt(&Nonce::from(*nonce), payload).map_err(|_| locked())?;
        opened.try_into().map(PersonalNumber).map_err(|_| locked())
    }

    fn tagging(&self, municipality: Municipality, number: &PersonalNumber) -> Hmac<Sha256> {
        keyed(&self.tag, &[&municipality.number().to_be_bytes(), &number.0])
    }

    fn tag_of(&self, municipality: Municipality, number: &PersonalNumber) -> [u8; 32] {
        self.tagging(municipality, number).finalize().into_bytes().into()
    }
}

fn keyed(key: &[u8; 32], parts: &[&[u8]]) -> Hmac<Sha256> {
    // A key shorter than a block is filled with zeros, as HMAC itself would.
    let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
    block[..key.len()].copy_from_slice(key);
    let mut code = Hmac::<Sha256>::new(&block);
    parts.iter().for_each(|part| code.update(part));
    code
}

/// HMAC-SHA-256 of parts one after the other.
pub(crate) fn code(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    keyed(key, parts).finalize().into_bytes().into()
}

fn whose(municipality: Municipality, person: PersonId) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&municipality.number().to_be_bytes());
    bytes[8..].copy_from_slice(&person.0.to_be_bytes());
    bytes
}

/// Why a number is not entered or not told. No text holds one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NumberError {
    /// Nobody of this number.
    #[error("there is no person {0}")]
    NoSuchPerson(PersonId),
    /// The same number is in use for the same person.
    #[error("person {0} has this personal number already; nothing would change")]
    NoChange(PersonId),
    /// The reason holds the number, and a reason is kept for ever in the open.
    #[error("the reason holds the personal number; write the reason without it")]
    InReason,
    /// Not an entry of this office.
    #[error("the vault has no entry {0}")]
    NoSuchEntry(Digest),
    /// Sealed with another key, or edited.
    #[error("vault entry {0} does not open: the key is another one than that it was sealed with, or the entry was edited")]
    Locked(Digest),
    /// The machine gives no randomness.
    #[error("the machine gives no randomness to seal with; try again")]
    NoRandomness,
    /// The state it rests on.
    #[error(transparent)]
    Acts(Box<ActsError>),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Puts a sealed number into the vault and answers the act that would put it in use, to be proposed
/// by whoever entered it. The second person types the number again from the document; see
/// [`matches`]. Nothing of the number is in the proposal.
///
/// # Errors
/// A [`NumberError`]; [`StoreError::Vault`] if the number is in use for somebody else, who is not
/// named. Then nothing was written.
#[allow(clippy::too_many_arguments, reason = "whose number it is, why, by whom and when")]
pub async fn enter(
    store: &Store,
    vault: &Vault,
    municipality: Municipality,
    person: PersonId,
    number: &PersonalNumber,
    reason: &str,
    now: &Now,
    stamp: &Stamp,
) -> Result<Proposal, NumberError> {
    if number.is_in(reason) {
        return Err(NumberError::InReason);
    }
    if !store.knows_person(municipality, person).await? {
        return Err(NumberError::NoSuchPerson(person));
    }
    match number_of(store, vault, municipality, person).await {
        Ok(Some(current)) if current == *number => return Err(NumberError::NoChange(person)),
        // Sealed under a key that was lost: that is why it is entered again.
        Ok(_) | Err(NumberError::Locked(_)) => {}
        Err(error) => return Err(error),
    }
    let sealed = vault.seal(municipality, person, number)?;
    let tag = vault.tag_of(municipality, number).to_vec();
    let entry = VaultEntry { person, sealed, tag };
    let change = Change::Number(NumberEntry { person, entry: entry.id() });
    let changes = based(store, municipality, vec![change]).await.map_err(|error| NumberError::Acts(Box::new(error)))?;
    let told = show(store, municipality, &changes).await?;
    let shown = format!("宛名番号 {person} の個人番号を登録する。承認する人は、書類から個人番号を入力し直すこと。\n{told}");
    store.save_vault_entry(municipality, &entry, now.today, stamp).await?;
    Ok(Proposal { changes, reason: reason.to_owned(), shown, checkers: 1, eligible: Vec::new(), emergency: false })
}

/// Is this the number of an entry, as the second person typed it? To be asked before they sign.
///
/// # Errors
/// A [`NumberError`].
pub async fn matches(
    store: &Store,
    vault: &Vault,
    municipality: Municipality,
    entry: Digest,
    number: &PersonalNumber,
) -> Result<bool, NumberError> {
    let kept = store.vault_entry(municipality, entry).await?.ok_or(NumberError::NoSuchEntry(entry))?;
    // Opened as well: a tag that somebody copied from another row is none of this number.
    let opened = vault.open(municipality, &kept)?;
    let same = vault.tagging(municipality, number).verify_slice(&kept.tag).is_ok();
    let sealed = vault.tagging(municipality, number).verify_slice(&vault.tag_of(municipality, &opened)).is_ok();
    Ok(same && sealed)
}

/// The personal number in use for a person.
///
/// # Errors
/// A [`NumberError`].
pub async fn number_of(
    store: &Store,
    vault: &Vault,
    municipality: Municipality,
    person: PersonId,
) -> Result<Option<PersonalNumber>, NumberError> {
    let Some((_, Change::Number(used))) = store.state(municipality, "number", &person.to_string()).await? else {
        return Ok(None);
    };
    let kept = store.vault_entry(municipality, used.entry).await?.ok_or(NumberError::NoSuchEntry(used.entry))?;
    if kept.person != person {
        return Err(NumberError::Locked(used.entry));
    }
    vault.open(municipality, &kept).map(Some)
}

/// The person for whom a personal number is in use.
///
/// # Errors
/// A [`NumberError`].
pub async fn person_of(
    store: &Store,
    vault: &Vault,
    municipality: Municipality,
    number: &PersonalNumber,
) -> Result<Option<PersonId>, NumberError> {
    Ok(store.person_by_tag(municipality, &vault.tag_of(municipality, number)).await?)
}

#[cfg(test)]
mod tests;
