//! Identifiers: one type per kind, so that no text can stand for the wrong thing.

use alloc::string::String;
use core::fmt;
use sha2::{Digest as _, Sha256};

extern crate alloc;

/// A local government's code (全国地方公共団体コード): six digits, the last one a check digit.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Municipality(u32);

/// A text that is no municipality's code.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NotAMunicipality;

impl fmt::Display for NotAMunicipality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a municipality code (six digits, the last one a check digit, as 012041)")
    }
}

impl core::error::Error for NotAMunicipality {}

impl Municipality {
    /// Reads `012041`, and checks the last digit: 11 minus the weighted sum (6, 5, 4, 3, 2) of
    /// the first five modulo 11, its last digit.
    ///
    /// # Errors
    /// [`NotAMunicipality`].
    pub fn parse(text: &str) -> Result<Municipality, NotAMunicipality> {
        let bytes = text.as_bytes();
        if bytes.len() != 6 || !bytes.iter().all(u8::is_ascii_digit) {
            return Err(NotAMunicipality);
        }
        let digit = |i: usize| u32::from(bytes[i] - b'0');
        let sum: u32 = (0..5).map(|i| digit(i) * (6 - i as u32)).sum();
        let check = if sum < 11 { 11 - sum } else { 11 - sum % 11 } % 10;
        if check != digit(5) {
            return Err(NotAMunicipality);
        }
        Ok(Municipality((0..6).fold(0, |n, i| n * 10 + digit(i))))
    }

    /// As a number, for keys.
    pub fn number(self) -> i64 {
        i64::from(self.0)
    }
}

impl fmt::Display for Municipality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}", self.0)
    }
}

macro_rules! numbered {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

numbered!(
    /// A person of one municipality's records. Never leaves the host: a rule sees ordinals.
    PersonId
);
numbered!(
    /// A household (世帯) of one municipality's records.
    HouseholdId
);
numbered!(
    /// The place of a fact in the order in which the office learnt its facts: the number of the
    /// writing transaction, from a counter row of the municipality.
    Knowledge
);

/// A SHA-256 digest.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of some bytes.
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(Sha256::digest(bytes).into())
    }

    /// Reads 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Digest> {
        let bytes = text.as_bytes();
        if bytes.len() != 64 {
            return None;
        }
        let mut out = [0; 32];
        for (i, pair) in bytes.chunks_exact(2).enumerate() {
            let high = (pair[0] as char).to_digit(16)?;
            let low = (pair[1] as char).to_digit(16)?;
            out[i] = u8::try_from(high * 16 + low).ok()?;
        }
        Some(Digest(out))
    }

    /// The first eight hexadecimal digits, for people.
    pub fn short(self) -> String {
        let mut text = alloc::format!("{self}");
        text.truncate(8);
        text
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0 {
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The id of a decision: the digest of its canonical content.
pub type DecisionId = Digest;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn municipality_codes_carry_a_check_digit() {
        for good in ["012041", "131211", "011002", "271004"] {
            assert_eq!(Municipality::parse(good).unwrap().to_string(), good);
        }
        for bad in ["012042", "12041", "01204a", "0120411", ""] {
            assert!(Municipality::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn digests_read_what_they_print() {
        let digest = Digest::of(b"");
        assert!(digest.to_string().starts_with("e3b0c44298fc1c14"));
        assert_eq!(Digest::parse(&digest.to_string()), Some(digest));
        assert_eq!(Digest::parse("e3"), None);
    }
}
