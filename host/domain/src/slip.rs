//! Numbers of payment slips (納付番号): which instalment of which household a slip pays, in digits that no typing slip turns
//! into those of another one.
//!
//! Twenty digits: household (11), fiscal year (4), way of collection (1), instalment (3), check digit (1). The check digit is
//! Damm's: it finds every single wrong digit and every two neighbours exchanged. No personal data: a household's number says
//! nothing of who lives there. Absent here: amounts and due dates, which change while a slip is on its way.

use crate::id::HouseholdId;
use crate::ledger::Instalment;
use crate::record::COLLECTIONS;
use core::fmt;

/// Digits of a number, its check digit included.
pub const SLIP_DIGITS: usize = 20;
/// The largest household a slip can name.
const LARGEST_HOUSEHOLD: i64 = 99_999_999_999;

/// A table of a quasigroup of order 10 without a fixed exchange (Damm, Total anti-symmetrische Quasigruppen, 2004).
const DAMM: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
    [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
    [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
    [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
    [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
    [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];

/// What a slip pays.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Slip {
    /// Whose instalment.
    pub household: HouseholdId,
    /// Which.
    pub instalment: Instalment,
}

impl Slip {
    /// The slip of a number: twenty digits, hyphens and spaces between them passed over. None where a digit is wrong, or the
    /// number names no instalment.
    pub fn parse(text: &str) -> Option<Slip> {
        let mut digits = [0_u8; SLIP_DIGITS];
        let mut count = 0;
        for byte in text.bytes().filter(|byte| !matches!(byte, b'-' | b' ')) {
            *digits.get_mut(count)? = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
            count += 1;
        }
        if count != SLIP_DIGITS || check(&digits) != 0 {
            return None;
        }
        let number = |from: usize, until: usize| digits[from..until].iter().fold(0_i64, |sum, digit| sum * 10 + i64::from(*digit));
        let (household, year, item) = (number(0, 11), number(11, 15), number(15, 19));
        let instalment = Instalment::of_item(i32::try_from(year).ok()?, item)?;
        (household > 0).then_some(Slip { household: HouseholdId(household), instalment })
    }

    /// Can a number say it? Households beyond eleven digits, years beyond four and instalments beyond 999 have none.
    pub fn is_sayable(&self) -> bool {
        let Instalment { year, collection, number } = self.instalment;
        (1..=LARGEST_HOUSEHOLD).contains(&self.household.0)
            && (1..=9_999).contains(&year)
            && usize::from(collection) < COLLECTIONS.len()
            && (1..=999).contains(&number)
    }

    fn digits(&self) -> [u8; SLIP_DIGITS] {
        let mut digits = [0; SLIP_DIGITS];
        let mut write = |until: usize, width: usize, mut number: i64| {
            for place in (until - width..until).rev() {
                digits[place] = u8::try_from(number.rem_euclid(10)).unwrap_or(0);
                number /= 10;
            }
        };
        write(11, 11, self.household.0);
        write(15, 4, i64::from(self.instalment.year));
        write(19, 4, self.instalment.item());
        digits[SLIP_DIGITS - 1] = check(&digits[..SLIP_DIGITS - 1]);
        digits
    }
}

/// Damm's check digit of some digits; 0 for digits that end with their own.
fn check(digits: &[u8]) -> u8 {
    digits.iter().fold(0, |state, digit| DAMM[usize::from(state)][usize::from(*digit)])
}

/// Its twenty digits, without hyphens. Of a slip that is [sayable](Slip::is_sayable).
impl fmt::Display for Slip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.digits().iter().try_for_each(|digit| write!(f, "{digit}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};
    use alloc::vec::Vec;
    extern crate alloc;

    fn slip(household: i64, collection: u8, number: u16) -> Slip {
        Slip { household: HouseholdId(household), instalment: Instalment { year: 2025, collection, number } }
    }

    #[test]
    fn the_check_digit_is_that_of_the_published_example() {
        // 572 has the check digit 4 (Damm's example, Wikipedia: Damm algorithm).
        assert_eq!(check(&[5, 7, 2]), 4);
        assert_eq!(check(&[5, 7, 2, 4]), 0);
    }

    #[test]
    fn a_number_says_what_it_pays_and_nothing_else() {
        for slip in [slip(1, 0, 1), slip(42_000, 1, 6), slip(99_999_999_999, 0, 999)] {
            assert!(slip.is_sayable());
            assert_eq!(slip.to_string().len(), SLIP_DIGITS);
            assert_eq!(Slip::parse(&slip.to_string()), Some(slip));
        }
        assert_eq!(&slip(42, 1, 6).to_string()[..19], "0000000004220251006");
        assert!(!slip(100_000_000_000, 0, 1).is_sayable());
        let hyphened: String =
            slip(42, 1, 6).to_string().chars().enumerate().flat_map(|(at, c)| [if at == 11 { '-' } else { ' ' }, c]).collect();
        assert_eq!(Slip::parse(&hyphened), Some(slip(42, 1, 6)));
        for bad in ["", "1", "0000000004220251006", "000000000422025100600", "０"] {
            assert_eq!(Slip::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn every_wrong_digit_and_every_exchange_of_neighbours_is_found() {
        let number: Vec<u8> = slip(31_415, 0, 9).to_string().into_bytes();
        for place in 0..SLIP_DIGITS {
            for digit in (b'0'..=b'9').filter(|digit| *digit != number[place]) {
                let mut wrong = number.clone();
                wrong[place] = digit;
                assert_eq!(Slip::parse(core::str::from_utf8(&wrong).unwrap()), None);
            }
            if place > 0 && number[place] != number[place - 1] {
                let mut wrong = number.clone();
                wrong.swap(place, place - 1);
                assert_eq!(Slip::parse(core::str::from_utf8(&wrong).unwrap()), None);
            }
        }
    }
}
