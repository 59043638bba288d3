//! A query: who is asked about, what, for which matter, on which legal ground.
//!
//! Absent here: the person's name, address and personal number. The intermediate server knows a person by the number the
//! city gave it for that purpose.

use jorei_domain::calendar::Date;
use jorei_domain::purpose::{Affair, CaseReference};
use std::fmt;

/// A text or number that is not what it should be. What was written is not repeated.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Malformed {
    /// Of a [`QueryId`].
    #[error("a query's id is 32 lower-case hexadecimal digits")]
    QueryId,
    /// Of a [`Matter`].
    #[error("a matter is 1 to 40 of a-z, 0-9 and -, and begins with a letter, as `refund`")]
    Matter,
    /// Of a [`LegalRow`].
    #[error("a legal row is 69, 70, 71 or account_register")]
    LegalRow,
    /// Of an [`AddresseeNumber`].
    #[error("an addressee number is a whole number above 0 and below 10^15")]
    Addressee,
    /// Of an affair.
    #[error("an affair is one of the office's five (jorei_domain::purpose::Affair)")]
    Affair,
    /// Of a case reference.
    #[error("a case reference is 1 to 40 of A-Z, a-z, 0-9 and -, with no run of more than nine digits")]
    Case,
    /// Of a year of income.
    #[error("a year of income is between 1990 and 2199")]
    Year,
}

/// The id of a query, made by the caller before it asks: asking twice under one id is asking once.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct QueryId([u8; 16]);

impl QueryId {
    /// An id of sixteen bytes, drawn at random or derived from what is asked.
    pub const fn new(bytes: [u8; 16]) -> QueryId {
        QueryId(bytes)
    }

    /// The sixteen bytes.
    pub const fn bytes(self) -> [u8; 16] {
        self.0
    }

    /// Reads 32 lower-case hexadecimal digits: one id has one writing.
    ///
    /// # Errors
    /// [`Malformed::QueryId`].
    pub fn parse(text: &str) -> Result<QueryId, Malformed> {
        let digits = text.as_bytes();
        if digits.len() != 32 {
            return Err(Malformed::QueryId);
        }
        let value = |digit: u8| match digit {
            b'0'..=b'9' => Ok(digit - b'0'),
            b'a'..=b'f' => Ok(digit - b'a' + 10),
            _ => Err(Malformed::QueryId),
        };
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = value(pair[0])? * 16 + value(pair[1])?;
        }
        Ok(QueryId(bytes))
    }
}

impl fmt::Display for QueryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for QueryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// For what the answer will be used (事務手続), as `refund`. An answer obtained for one matter serves no other.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Matter(String);

impl Matter {
    /// Reads a matter.
    ///
    /// # Errors
    /// [`Malformed::Matter`].
    pub fn parse(text: &str) -> Result<Matter, Malformed> {
        let letters = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if text.len() <= 40 && letters && text.starts_with(|first: char| first.is_ascii_lowercase()) {
            Ok(Matter(text.to_owned()))
        } else {
            Err(Malformed::Matter)
        }
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Matter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// On which ground the city may ask (Act on the Use of Numbers art. 19 no. 8 with the table of the ministerial order).
///
/// Which row covers which matter is not known to us (tbc): the caller states it, nothing here pairs them.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum LegalRow {
    /// Row 69 of the order's table.
    Row69,
    /// Row 70.
    Row70,
    /// Row 71.
    Row71,
    /// The register of public-money receiving accounts (公的給付支給等口座登録簿).
    AccountRegister,
}

impl LegalRow {
    /// Every row.
    pub const ALL: [LegalRow; 4] = [LegalRow::Row69, LegalRow::Row70, LegalRow::Row71, LegalRow::AccountRegister];

    /// Its word: `69`, `70`, `71` or `account_register`.
    pub const fn word(self) -> &'static str {
        match self {
            LegalRow::Row69 => "69",
            LegalRow::Row70 => "70",
            LegalRow::Row71 => "71",
            LegalRow::AccountRegister => "account_register",
        }
    }

    /// The row of a word.
    ///
    /// # Errors
    /// [`Malformed::LegalRow`].
    pub fn parse(word: &str) -> Result<LegalRow, Malformed> {
        LegalRow::ALL.into_iter().find(|row| row.word() == word).ok_or(Malformed::LegalRow)
    }
}

/// The number under which the city's bodies know a person towards the intermediate server (団体内統合宛名番号): opaque, never
/// the personal number.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct AddresseeNumber(i64);

impl AddresseeNumber {
    /// A number from outside.
    ///
    /// # Errors
    /// [`Malformed::Addressee`] at 0 and below, and from 10^15 on (15 digits are what such numbers have at most).
    pub const fn new(number: i64) -> Result<AddresseeNumber, Malformed> {
        if number > 0 && number < 1_000_000_000_000_000 { Ok(AddresseeNumber(number)) } else { Err(Malformed::Addressee) }
    }

    /// The bare number.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl fmt::Display for AddresseeNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What is asked.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum What {
    /// The public-money receiving account (公金受取口座).
    Account,
    /// The income of a calendar year, of somebody who lived elsewhere on 1 January of the next.
    Income {
        /// The calendar year, 1990 to 2199.
        year: i32,
    },
    /// Health insurance elsewhere: gained, lost.
    Qualification,
    /// The day on which somebody ceased to be a dependant under employees' insurance.
    DependantLoss,
    /// Leaving work, from employment insurance.
    EmploymentInsurance,
}

impl What {
    /// Its word, without the year.
    pub const fn word(self) -> &'static str {
        match self {
            What::Account => "account",
            What::Income { .. } => "income",
            What::Qualification => "qualification",
            What::DependantLoss => "dependant_loss",
            What::EmploymentInsurance => "employment_insurance",
        }
    }
}

/// One question about one person.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Query {
    /// The idempotency key.
    pub id: QueryId,
    /// For what.
    pub matter: Matter,
    /// On which ground.
    pub legal_row: LegalRow,
    /// The affair of the office that asks.
    pub affair: Affair,
    /// The piece of work it is asked for.
    pub case: CaseReference,
    /// About whom.
    pub subject: AddresseeNumber,
    /// What.
    pub what: What,
    /// As of which day.
    pub on: Date,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_writing() {
        let text = "00112233445566778899aabbccddeeff";
        assert_eq!(QueryId::parse(text).unwrap().to_string(), text);
        for wrong in
            ["", "0011", "00112233445566778899AABBCCDDEEFF", "00112233445566778899aabbccddeefg", "00112233445566778899aabbccddeeff0"]
        {
            assert_eq!(QueryId::parse(wrong), Err(Malformed::QueryId), "{wrong}");
        }
    }

    #[test]
    fn a_matter_is_a_word_and_an_addressee_a_number_above_nothing() {
        assert_eq!(Matter::parse("high-cost").unwrap().as_str(), "high-cost");
        for wrong in ["", "Refund", "還付", "refund 2", "1", &"a".repeat(41)] {
            assert!(Matter::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(AddresseeNumber::new(1).unwrap().get(), 1);
        for wrong in [0, -1, i64::MIN, 1_000_000_000_000_000] {
            assert!(AddresseeNumber::new(wrong).is_err(), "{wrong}");
        }
    }
}
