//! Chance that repeats: the same seed and household give the same throws on every machine and with
//! every version of the libraries.

use jorei_domain::calendar::Date;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

/// The throws of one household. Whole numbers only.
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    /// The throws of a household: a stream of their own, so that a household does not change with
    /// those before it.
    pub fn of(seed: u64, household: u32) -> Dice {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        let mut generator = ChaCha8Rng::from_seed(key);
        generator.set_stream(u64::from(household));
        Dice(generator)
    }

    /// The throws of what changes in a household in a year: another stream, so that the city stays what it was.
    pub fn of_changes(seed: u64, household: u32, year: i32) -> Dice {
        let mut dice = Dice::of(seed, household);
        dice.0.set_stream(u64::from(year.unsigned_abs()) << 32 | u64::from(household));
        dice
    }

    /// The throws of how an instalment of a household is paid: another stream again.
    pub fn of_payments(seed: u64, household: u64, item: u64) -> Dice {
        let mut dice = Dice::of(seed ^ 0x0070_6179, 0);
        dice.0.set_stream(household << 16 ^ item);
        dice
    }

    /// The throws of a person's treatment in a month: another stream again.
    pub fn of_treatment(seed: u64, person: i64, month: Date) -> Dice {
        let mut dice = Dice::of(seed ^ 0x636c_6169, 0);
        let month = u64::from(month.year().unsigned_abs()) * 12 + u64::from(month.month().unsigned_abs());
        dice.0.set_stream(person.unsigned_abs() << 16 | month & 0xffff);
        dice
    }

    /// A number from `low` up to but without `high`; `low` where that is none.
    pub fn within(&mut self, low: i64, high: i64) -> i64 {
        let width = u128::from(high.saturating_sub(low).max(1).unsigned_abs());
        let scaled = (u128::from(self.0.next_u64()) * width) >> 64;
        low + i64::try_from(scaled).unwrap_or(0)
    }

    /// True this many times in ten thousand.
    pub fn chance(&mut self, per_10_000: i64) -> bool {
        self.within(0, 10_000) < per_10_000
    }

    /// One of a list that is not empty.
    pub fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        let at = self.within(0, i64::try_from(of.len()).unwrap_or(1));
        &of[usize::try_from(at).unwrap_or(0)]
    }

    /// One of a list that is not empty, each as often as its weight says.
    pub fn weighted<T: Copy>(&mut self, of: &[(T, i64)]) -> T {
        let mut throw = self.within(0, of.iter().map(|(_, weight)| weight).sum());
        for (value, weight) in of {
            if throw < *weight {
                return *value;
            }
            throw -= weight;
        }
        of[0].0
    }

    /// A day from `from` up to but without `until`; never the 29th or later of a month, so that
    /// every day exists.
    pub fn day(&mut self, from: Date, until: Date) -> Date {
        for _ in 0..64 {
            let year = self.within(i64::from(from.year()), i64::from(until.year()) + 1);
            let packed = year * 10_000 + self.within(1, 13) * 100 + self.within(1, 29);
            if let Ok(day) = Date::from_packed(packed)
                && day >= from
                && day < until
            {
                return day;
            }
        }
        from
    }

    /// A birth date that gives `age` on a day.
    pub fn birth(&mut self, age: i64, on: Date) -> Date {
        let (month, day) = (self.within(1, 13), self.within(1, 29));
        let before_birthday = month * 100 + day > i64::from(on.month() * 100 + on.day());
        let year = i64::from(on.year()) - age - i64::from(before_birthday);
        Date::from_packed(year * 10_000 + month * 100 + day).unwrap_or(on)
    }
}
