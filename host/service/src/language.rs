//! The language of a text.

use jorei_domain::calendar::Date;

/// Officials read Japanese, engineers English.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Language {
    /// For officials.
    Japanese,
    /// For engineers.
    English,
}

impl Language {
    /// A day as it is written: 2026年6月1日, 2026-06-01.
    pub fn day(self, day: Date) -> String {
        match self {
            Language::Japanese => format!("{}年{}月{}日", day.year(), day.month(), day.day()),
            Language::English => day.to_string(),
        }
    }

    /// The month of a day as it is written: 2026年6月, 2026-06.
    pub fn month(self, day: Date) -> String {
        match self {
            Language::Japanese => format!("{}年{}月", day.year(), day.month()),
            Language::English => format!("{}-{:02}", day.year(), day.month()),
        }
    }
}
