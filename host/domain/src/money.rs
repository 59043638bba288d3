//! Whole yen, exact rates, and roundings that have a name.
//!
//! Nothing here is a float, and nothing overflows in silence: an amount outside
//! ±[`Yen::MAX`] is a [`MoneyError`].

use core::cmp::Ordering;
use core::fmt;

/// Why an amount could not be computed. Rules turn it into a refusal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MoneyError {
    /// The result lies outside ±[`Yen::MAX`], or an intermediate outside 127 bits.
    OutOfRange,
    /// A fraction with a denominator of zero or less.
    NotAFraction,
}

impl fmt::Display for MoneyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            MoneyError::OutOfRange => "amount out of range",
            MoneyError::NotAFraction => "not a fraction",
        })
    }
}

impl core::error::Error for MoneyError {}

/// A whole number of yen. Negative where the field allows it (a loss, a correction).
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Yen(i64);

impl Yen {
    /// Nothing.
    pub const ZERO: Yen = Yen(0);
    /// The largest magnitude: 10^15 yen, more than Japan's yearly product, so that any product
    /// with a rate of up to nine digits still fits the arithmetic.
    pub const MAX: i64 = 1_000_000_000_000_000;

    /// A constant amount. Panics at compile time when out of range.
    pub const fn new(yen: i64) -> Yen {
        assert!(yen <= Yen::MAX && yen >= -Yen::MAX, "amount out of range");
        Yen(yen)
    }

    /// An amount from outside.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] beyond ±[`Yen::MAX`].
    pub const fn checked(yen: i64) -> Result<Yen, MoneyError> {
        if yen <= Yen::MAX && yen >= -Yen::MAX { Ok(Yen(yen)) } else { Err(MoneyError::OutOfRange) }
    }

    /// The bare number, for columns and encodings.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Sum.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`].
    pub const fn plus(self, other: Yen) -> Result<Yen, MoneyError> {
        // Two values within ±10^15 cannot overflow 64 bits.
        Yen::checked(self.0 + other.0)
    }

    /// Difference; may be negative.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`].
    pub const fn minus(self, other: Yen) -> Result<Yen, MoneyError> {
        Yen::checked(self.0 - other.0)
    }

    /// `self` taken `count` times.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`].
    pub fn times(self, count: i64) -> Result<Yen, MoneyError> {
        match multiply(self.0, count) {
            Some(yen) => Yen::checked(yen),
            None => Err(MoneyError::OutOfRange),
        }
    }

    /// The share of a part in `self`, by what it is of a whole: `self` x `part` / `whole`, down to the yen.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`]; [`MoneyError::NotAFraction`] for a whole of zero or less.
    pub fn share(self, part: Yen, whole: Yen) -> Result<Yen, MoneyError> {
        if whole.0 <= 0 {
            return Err(MoneyError::NotAFraction);
        }
        match multiply(self.0, part.0) {
            Some(product) => Yen::checked(product.div_euclid(whole.0)),
            // Two values within ±10^15 fit 127 bits.
            None => i64::try_from((i128::from(self.0) * i128::from(part.0)).div_euclid(i128::from(whole.0)))
                .map_err(|_| MoneyError::OutOfRange)
                .and_then(Yen::checked),
        }
    }

    /// `self` less `other`, never below zero: what the law writes as 控除した額, nil when negative.
    pub const fn less(self, other: Yen) -> Yen {
        let rest = self.0 - other.0;
        // Within ±2·10^15 before, so the positive part may exceed MAX only when `other` is
        // negative; saturate rather than wrap.
        if rest <= 0 {
            Yen(0)
        } else if rest > Yen::MAX {
            Yen(Yen::MAX)
        } else {
            Yen(rest)
        }
    }

    /// As an exact amount.
    pub const fn exact(self) -> Exact {
        Exact { num: self.0, den: 1 }
    }
}

impl fmt::Display for Yen {
    /// With thousands separators, no unit: `1,234,567`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        grouped(self.0).fmt(f)
    }
}

/// Whole yen as people read them, with thousands separators, also those of a sum beyond [`Yen::MAX`].
pub fn grouped(yen: i64) -> impl fmt::Display {
    fmt::from_fn(move |f| {
        if yen < 0 {
            f.write_str("-")?;
        }
        write_grouped(f, yen.unsigned_abs())
    })
}

fn write_grouped(f: &mut fmt::Formatter<'_>, number: u64) -> fmt::Result {
    let mut groups = [0_u64; 7];
    let mut rest = number;
    let mut last = 0;
    while rest >= 1000 {
        groups[last] = rest % 1000;
        rest /= 1000;
        last += 1;
    }
    write!(f, "{rest}")?;
    for group in groups[..last].iter().rev() {
        write!(f, ",{group:03}")?;
    }
    Ok(())
}

/// Writes millionths below one as decimals, without zeros behind them; nothing where there are none.
fn decimals(f: &mut fmt::Formatter<'_>, millionths: u64) -> fmt::Result {
    if millionths == 0 {
        return Ok(());
    }
    let mut width = 6;
    let mut rest = millionths;
    while rest.is_multiple_of(10) {
        rest /= 10;
        width -= 1;
    }
    write!(f, ".{rest:0width$}")
}

/// An exact rate: a fraction as the ordinance writes it (8.47 % is 847/10000).
///
/// Rates compare by value, so 1/2 equals 50/100.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    num: i64,
    den: i64,
}

impl Rate {
    /// Nil.
    pub const ZERO: Rate = Rate { num: 0, den: 1 };
    /// The whole.
    pub const ONE: Rate = Rate { num: 1, den: 1 };
    /// Largest numerator and denominator: nine digits, so that products with [`Yen::MAX`] stay
    /// within 127 bits.
    pub const MAX: i64 = 1_000_000_000;

    /// A constant rate. Panics at compile time when it is none.
    pub const fn new(num: i64, den: i64) -> Rate {
        assert!(num >= 0 && num <= Rate::MAX && den > 0 && den <= Rate::MAX, "not a rate");
        Rate { num, den }
    }

    /// A rate from outside; not negative.
    ///
    /// # Errors
    /// [`MoneyError::NotAFraction`] for a denominator below 1 or a negative numerator,
    /// [`MoneyError::OutOfRange`] for more than nine digits.
    pub const fn checked(num: i64, den: i64) -> Result<Rate, MoneyError> {
        if den <= 0 || num < 0 {
            return Err(MoneyError::NotAFraction);
        }
        if num > Rate::MAX || den > Rate::MAX {
            return Err(MoneyError::OutOfRange);
        }
        Ok(Rate { num, den })
    }

    /// Numerator as written.
    pub const fn num(self) -> i64 {
        self.num
    }

    /// Denominator as written.
    pub const fn den(self) -> i64 {
        self.den
    }

    /// What is left of the whole: 1 - rate, nil when the rate is above one.
    pub const fn complement(self) -> Rate {
        Rate { num: if self.num > self.den { 0 } else { self.den - self.num }, den: self.den }
    }

    /// `amount` times this rate, exact.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`].
    pub fn of(self, amount: Yen) -> Result<Exact, MoneyError> {
        amount.exact().times(self)
    }

    /// Reads `8.47%`, `847/10000` or `0.0847`: digits only, exact, at most nine of them.
    ///
    /// # Errors
    /// [`MoneyError::NotAFraction`] when the text is none of the three.
    pub fn parse(text: &str) -> Result<Rate, MoneyError> {
        if let Some((num, den)) = text.split_once('/') {
            let part = |t: &str| t.trim().parse::<i64>().map_err(|_| MoneyError::NotAFraction);
            return Rate::checked(part(num)?, part(den)?);
        }
        let (digits, mut den) = match text.trim().strip_suffix('%') {
            Some(percent) => (percent.trim_end(), 100_i64),
            None => (text.trim(), 1),
        };
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
        let plain = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !plain(whole) || !plain(decimals) || digits.ends_with('.') {
            return Err(MoneyError::NotAFraction);
        }
        let mut num: i64 = whole.parse().map_err(|_| MoneyError::OutOfRange)?;
        for digit in decimals.bytes() {
            num = num.checked_mul(10).and_then(|n| n.checked_add(i64::from(digit - b'0'))).ok_or(MoneyError::OutOfRange)?;
            den = den.checked_mul(10).ok_or(MoneyError::OutOfRange)?;
        }
        Rate::checked(num, den)
    }
}

impl PartialEq for Rate {
    fn eq(&self, other: &Rate) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Rate {}
impl PartialOrd for Rate {
    fn partial_cmp(&self, other: &Rate) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Rate {
    fn cmp(&self, other: &Rate) -> Ordering {
        // Nine digits each: the products fit 64 bits.
        (self.num * other.den).cmp(&(other.num * self.den))
    }
}

impl fmt::Display for Rate {
    /// As a percentage where that is finite in six decimals, else as the fraction.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Nine digits and eight zeros: 64 bits hold them.
        let scaled = self.num.unsigned_abs() * 100_000_000;
        let den = self.den.unsigned_abs();
        if !scaled.is_multiple_of(den) {
            return write!(f, "{}/{}", self.num, self.den);
        }
        let millionths = scaled / den;
        write!(f, "{}", millionths / 1_000_000)?;
        decimals(f, millionths % 1_000_000)?;
        f.write_str("%")
    }
}

/// An amount before its rounding: an exact fraction of a yen.
#[derive(Clone, Copy, Debug)]
pub struct Exact {
    num: i64,
    den: i64,
}

/// `a` times `b` where it fits 64 bits.
///
/// Two numbers of 63 bits together cannot overflow; asking that first spares a rule in the sandbox
/// the 128-bit product by which the checked multiplication finds out.
#[inline]
fn multiply(a: i64, b: i64) -> Option<i64> {
    if a.unsigned_abs().leading_zeros() + b.unsigned_abs().leading_zeros() > 64 { Some(a * b) } else { a.checked_mul(b) }
}

/// The greatest number that divides both; 1 where both are 0.
fn divisor(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

impl Exact {
    /// Nothing.
    pub const ZERO: Exact = Exact { num: 0, den: 1 };

    /// A fraction of a yen, as it was written down.
    ///
    /// # Errors
    /// [`MoneyError::NotAFraction`] when `den` is below 1.
    pub const fn checked(num: i64, den: i64) -> Result<Exact, MoneyError> {
        if den < 1 { Err(MoneyError::NotAFraction) } else { Ok(Exact { num, den }) }
    }

    /// Numerator over [`Exact::den`]; not necessarily reduced.
    pub const fn num(self) -> i64 {
        self.num
    }

    /// Denominator, 1 or more.
    pub const fn den(self) -> i64 {
        self.den
    }

    /// A sum of exact amounts.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] when even the reduced result needs more than 63 bits.
    #[inline(always)]
    pub fn plus(self, other: Exact) -> Result<Exact, MoneyError> {
        if self.den == other.den
            && let Some(num) = self.num.checked_add(other.num)
        {
            return Ok(Exact { num, den: self.den });
        }
        let (big, small) = if self.den >= other.den { (self, other) } else { (other, self) };
        // Denominators here are products of a few small numbers: one mostly divides the other.
        if big.den % small.den == 0
            && let Some(num) = multiply(small.num, big.den / small.den).and_then(|n| n.checked_add(big.num))
        {
            return Ok(Exact { num, den: big.den });
        }
        Exact::wide(
            i128::from(self.num) * i128::from(other.den) + i128::from(other.num) * i128::from(self.den),
            i128::from(self.den) * i128::from(other.den),
        )
    }

    /// A difference of exact amounts; may be negative.
    ///
    /// # Errors
    /// As [`Exact::plus`].
    #[inline(always)]
    pub fn minus(self, other: Exact) -> Result<Exact, MoneyError> {
        self.plus(Exact { num: -other.num, den: other.den })
    }

    /// `self` times a rate.
    ///
    /// # Errors
    /// As [`Exact::plus`].
    #[inline(always)]
    pub fn times(self, rate: Rate) -> Result<Exact, MoneyError> {
        if rate.num == rate.den {
            return Ok(self);
        }
        if let (Some(num), Some(den)) = (multiply(self.num, rate.num), multiply(self.den, rate.den)) {
            return Ok(Exact { num, den });
        }
        Exact::wide(i128::from(self.num) * i128::from(rate.num), i128::from(self.den) * i128::from(rate.den))
    }

    /// Below zero?
    pub const fn is_negative(self) -> bool {
        self.num < 0
    }

    /// The smaller of two.
    pub fn min(self, other: Exact) -> Exact {
        if self.cmp(&other) == Ordering::Greater { other } else { self }
    }

    /// Rounds to whole yen by a named rounding.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`].
    #[inline(always)]
    pub fn round(self, rounding: Rounding) -> Result<Yen, MoneyError> {
        let step = multiply(rounding.unit, self.den).ok_or(MoneyError::OutOfRange)?;
        if step == 1 {
            return Yen::checked(self.num);
        }
        let down = self.num.div_euclid(step);
        let rest = self.num - down * step;
        let up = match rounding.direction {
            Direction::Down => false,
            Direction::Up => rest > 0,
            Direction::HalfUp => rest >= step - rest,
        };
        let units = if up { down + 1 } else { down };
        Yen::checked(multiply(units, rounding.unit).ok_or(MoneyError::OutOfRange)?)
    }

    #[cold]
    fn wide(num: i128, den: i128) -> Result<Exact, MoneyError> {
        let divisor = i128::try_from(divisor(num.unsigned_abs(), den.unsigned_abs())).map_err(|_| MoneyError::OutOfRange)?;
        let fit = |n: i128| i64::try_from(n / divisor).map_err(|_| MoneyError::OutOfRange);
        Ok(Exact { num: fit(num)?, den: fit(den)? })
    }
}

impl fmt::Display for Exact {
    /// With thousands separators, no unit: in decimals where six are enough (`44,664.5`), else with the reduced fraction
    /// behind the whole (`1,234 2/3`). Nothing is rounded.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (num, den) = (self.num.unsigned_abs(), self.den.unsigned_abs());
        if self.num < 0 {
            f.write_str("-")?;
        }
        let (whole, rest) = (num / den, num % den);
        let scaled = u128::from(rest) * 1_000_000;
        if let Ok(millionths) = u64::try_from(scaled / u128::from(den))
            && scaled.is_multiple_of(u128::from(den))
        {
            write_grouped(f, whole)?;
            return decimals(f, millionths);
        }
        if whole > 0 {
            write_grouped(f, whole)?;
            f.write_str(" ")?;
        }
        let divisor = divisor(rest.into(), den.into());
        write!(f, "{}/{}", u128::from(rest) / divisor, u128::from(den) / divisor)
    }
}

impl PartialEq for Exact {
    fn eq(&self, other: &Exact) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Exact {}
impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Exact) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Exact {
    fn cmp(&self, other: &Exact) -> Ordering {
        if self.den == other.den {
            return self.num.cmp(&other.num);
        }
        if let (Some(left), Some(right)) = (multiply(self.num, other.den), multiply(other.num, self.den)) {
            return left.cmp(&right);
        }
        (i128::from(self.num) * i128::from(other.den)).cmp(&(i128::from(other.num) * i128::from(self.den)))
    }
}

/// Which way a fraction of a unit goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Direction {
    /// 切捨て: towards minus infinity.
    Down,
    /// 切上げ: towards plus infinity.
    Up,
    /// 四捨五入: half goes up.
    HalfUp,
}

/// A rounding to a multiple of `unit` yen (端数処理). Ordinances fix it; nothing rounds without one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rounding {
    unit: i64,
    direction: Direction,
}

impl Rounding {
    /// Fractions of a yen are dropped.
    pub const DOWN_TO_YEN: Rounding = Rounding { unit: 1, direction: Direction::Down };

    /// A rounding to 1, 10, 100 or 1,000 yen. Panics at compile time for another unit.
    pub const fn new(unit: i64, direction: Direction) -> Rounding {
        assert!(unit == 1 || unit == 10 || unit == 100 || unit == 1000, "unit is 1, 10, 100 or 1000 yen");
        Rounding { unit, direction }
    }

    /// A rounding from outside.
    ///
    /// # Errors
    /// [`MoneyError::NotAFraction`] for a unit other than 1, 10, 100 or 1,000 yen.
    pub const fn checked(unit: i64, direction: Direction) -> Result<Rounding, MoneyError> {
        match unit {
            1 | 10 | 100 | 1000 => Ok(Rounding { unit, direction }),
            _ => Err(MoneyError::NotAFraction),
        }
    }

    /// The unit in yen.
    pub const fn unit(self) -> i64 {
        self.unit
    }

    /// The direction.
    pub const fn direction(self) -> Direction {
        self.direction
    }

    /// Rounds a whole amount (to tens, hundreds, thousands).
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`].
    pub fn yen(self, amount: Yen) -> Result<Yen, MoneyError> {
        amount.exact().round(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn down(unit: i64) -> Rounding {
        Rounding::new(unit, Direction::Down)
    }

    /// The trap of premium.md 2.7: in double precision the product falls below the whole yen.
    #[test]
    fn a_rate_of_8_22_percent_loses_no_yen() {
        let rate = Rate::parse("8.22%").unwrap();
        assert_eq!(rate.of(Yen::new(195_000)).unwrap().round(down(1)).unwrap(), Yen::new(16_029));
    }

    #[test]
    fn the_three_spellings_of_a_rate_are_one_value() {
        let all = ["8.47%", "847/10000", "0.0847"].map(|text| Rate::parse(text).unwrap());
        assert!(all.iter().all(|rate| *rate == all[0]));
        assert_eq!(all[0].to_string(), "8.47%");
        for text in ["", ".5", "5.", "-1%", "1e3", "8,47%", "1/0", "12345678901", "８%"] {
            assert!(Rate::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_exact_amount_is_told_without_rounding() {
        let told = [
            ((25_830, 10), "2,583"),
            ((446_645, 10), "44,664.5"),
            ((-301, 2), "-150.5"),
            ((1, 1_000_000), "0.000001"),
            ((1_234_560_000_007, 1_000_000), "1,234,560.000007"),
            ((3_704, 3), "1,234 2/3"),
            ((-4, 6), "-2/3"),
            ((1, 10_000_000), "1/10000000"),
            ((0, 7), "0"),
            ((i64::MIN, 1), "-9,223,372,036,854,775,808"),
            ((i64::MAX, i64::MAX - 1), "1 1/9223372036854775806"),
        ];
        for ((num, den), text) in told {
            assert_eq!(Exact::checked(num, den).unwrap().to_string(), text);
        }
        assert_eq!(Exact::checked(1, 0), Err(MoneyError::NotAFraction));
    }

    #[test]
    fn roundings_at_their_boundaries() {
        let half = Exact { num: 301, den: 2 };
        assert_eq!(half.round(down(1)).unwrap(), Yen::new(150));
        assert_eq!(half.round(Rounding::new(1, Direction::Up)).unwrap(), Yen::new(151));
        assert_eq!(half.round(Rounding::new(1, Direction::HalfUp)).unwrap(), Yen::new(151));
        assert_eq!(half.round(Rounding::new(100, Direction::HalfUp)).unwrap(), Yen::new(200));
        assert_eq!(half.round(down(100)).unwrap(), Yen::new(100));
        assert_eq!(Yen::new(-1).exact().round(down(10)).unwrap(), Yen::new(-10));
        assert_eq!(Yen::new(200).exact().round(Rounding::new(100, Direction::Up)).unwrap(), Yen::new(200));
    }

    #[test]
    fn sums_of_unlike_denominators_are_exact() {
        let third = Exact { num: 1, den: 3 };
        let sum = third.plus(third).unwrap().plus(third).unwrap();
        assert_eq!(sum, Yen::new(1).exact());
        let eleven_twelfths = Yen::new(1000).exact().times(Rate::new(11, 12)).unwrap();
        let one_twelfth = Yen::new(1000).exact().times(Rate::new(1, 12)).unwrap();
        assert_eq!(eleven_twelfths.plus(one_twelfth).unwrap(), Yen::new(1000).exact());
    }

    #[test]
    fn a_share_is_exact_whatever_the_amounts_and_goes_down_to_the_yen() {
        let share = |yen, part, whole| Yen::new(yen).share(Yen::new(part), Yen::new(whole)).map(Yen::get);
        assert_eq!(share(100, 200, 300), Ok(66));
        assert_eq!(share(-100, 200, 300), Ok(-67));
        // The product needs more than 64 bits.
        assert_eq!(share(Yen::MAX, Yen::MAX - 1, Yen::MAX), Ok(Yen::MAX - 1));
        assert_eq!(share(Yen::MAX, 333_333_333_333_333, Yen::MAX), Ok(333_333_333_333_333));
        assert_eq!(share(Yen::MAX, Yen::MAX, 1), Err(MoneyError::OutOfRange));
        assert_eq!(share(1, 1, 0), Err(MoneyError::NotAFraction));
    }

    #[test]
    fn out_of_range_is_an_error_and_never_wraps() {
        assert_eq!(Yen::checked(i64::MAX), Err(MoneyError::OutOfRange));
        assert_eq!(Yen::new(Yen::MAX).plus(Yen::new(1)), Err(MoneyError::OutOfRange));
        assert_eq!(Yen::new(Yen::MAX).times(i64::MAX), Err(MoneyError::OutOfRange));
        assert_eq!(Yen::ZERO.less(Yen::new(5)), Yen::ZERO);
    }

    #[test]
    fn yen_are_grouped() {
        assert_eq!(Yen::new(1_234_567).to_string(), "1,234,567");
        assert_eq!(Yen::new(-1_000).to_string(), "-1,000");
        assert_eq!(Yen::new(999).to_string(), "999");
        assert_eq!(Yen::new(1_000_005).to_string(), "1,000,005");
    }
}
