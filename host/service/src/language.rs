//! The language of a text.

/// Officials read Japanese, engineers English.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Language {
    /// For officials.
    Japanese,
    /// For engineers.
    English,
}
