//! Ids shortened to their first digits, as people type them.

use crate::{Result, StoreError};
use jorei_domain::id::Digest;
use sqlx::any::AnyRow;

/// The ids that begin with some hexadecimal digits. A statement that uses them asks for two rows:
/// the second one tells that the digits are too few.
pub(crate) struct Prefix<'p> {
    what: &'static str,
    text: &'p str,
    /// The smallest such id.
    pub first: Digest,
    /// The largest such id.
    pub last: Digest,
}

impl<'p> Prefix<'p> {
    /// Reads 1 to 64 digits of the id of a `what`.
    ///
    /// # Errors
    /// [`StoreError::Prefix`] for any other text.
    pub fn parse(what: &'static str, text: &'p str) -> Result<Prefix<'p>> {
        let padded = |with: &str| Digest::parse(&(text.to_ascii_lowercase() + &with.repeat(64_usize.saturating_sub(text.len()))));
        match (text.len(), padded("0"), padded("f")) {
            (1..=64, Some(first), Some(last)) => Ok(Prefix { what, text, first, last }),
            _ => Err(StoreError::Prefix { what, prefix: text.to_owned(), wrong: "an id has 1 to 64 hexadecimal digits" }),
        }
    }

    /// The one row that was found, if any.
    ///
    /// # Errors
    /// [`StoreError::Prefix`] if there are several.
    pub fn only<'r>(&self, rows: &'r [AnyRow]) -> Result<Option<&'r AnyRow>> {
        let Prefix { what, text, .. } = *self;
        match rows {
            [] => Ok(None),
            [row] => Ok(Some(row)),
            _ => Err(StoreError::Prefix { what, prefix: text.to_owned(), wrong: "several ids begin with it; give more digits" }),
        }
    }
}
