//! What must not be guessed: bytes that the system draws.

use ct_codecs::{Base64UrlSafeNoPadding, Encoder as _};

/// The system has no random numbers.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the system gives no randomness; try again")]
pub struct NoRandomness;

/// Bytes that nobody can guess.
///
/// # Errors
/// [`NoRandomness`].
pub fn bytes<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

/// An id of 32 hexadecimal digits that no two draws share.
///
/// # Errors
/// [`NoRandomness`].
pub fn id() -> Result<String, NoRandomness> {
    Ok(bytes::<16>()?.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A word that is used once: 22 characters of base64url.
///
/// # Errors
/// [`NoRandomness`].
pub fn nonce() -> Result<String, NoRandomness> {
    base64url(&bytes::<16>()?)
}

/// Bytes in the letters of base64url, without padding.
pub(crate) fn base64url(bytes: &[u8]) -> Result<String, NoRandomness> {
    // It fails only where the length overflows.
    Base64UrlSafeNoPadding::encode_to_string(bytes).map_err(|_| NoRandomness)
}
