//! Dividing an amount by what each part holds (按分). Absent: what is divided, and by which law.

use jorei_domain::money::{MoneyError, Yen};

/// An amount divided by what each part holds: in proportion, rounded down to the yen; what is left over goes to the largest part, the
/// last of equals, and no part gets more than it holds. The shares sum up to the amount, which is at most what all hold; where they
/// hold nothing, all shares are nil.
///
/// # Errors
/// [`MoneyError`] where the parts together are out of range.
pub fn apportion(amount: Yen, held: &[Yen]) -> Result<Vec<Yen>, MoneyError> {
    let whole = held.iter().try_fold(Yen::ZERO, |sum, one| sum.plus(*one))?;
    if amount == Yen::ZERO || whole == Yen::ZERO {
        return Ok(vec![Yen::ZERO; held.len()]);
    }
    let mut shares = held.iter().map(|one| amount.share(*one, whole)).collect::<Result<Vec<Yen>, MoneyError>>()?;
    let mut over = amount.minus(shares.iter().try_fold(Yen::ZERO, |sum, one| sum.plus(*one))?)?;
    let mut order: Vec<usize> = (0..held.len()).collect();
    order.sort_by_key(|place| (held[*place], *place));
    for place in order.into_iter().rev() {
        let more = over.min(held[place].minus(shares[place])?);
        shares[place] = shares[place].plus(more)?;
        over = over.minus(more)?;
    }
    Ok(shares)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn divided(amount: i64, held: &[i64]) -> Vec<i64> {
        let held: Vec<Yen> = held.iter().map(|yen| Yen::new(*yen)).collect();
        apportion(Yen::new(amount), &held).unwrap().iter().map(|yen| yen.get()).collect()
    }

    #[test]
    fn what_is_left_over_goes_to_the_largest_part_and_to_the_last_of_equals() {
        assert_eq!(divided(100, &[100, 200, 0]), [33, 67, 0]);
        assert_eq!(divided(101, &[500, 500]), [50, 51]);
        assert_eq!(divided(0, &[0, 0]), [0, 0]);
    }

    #[test]
    fn no_part_gets_more_than_it_holds() {
        assert_eq!(divided(2, &[1, 1, 1]), [0, 1, 1]);
        assert_eq!(divided(3, &[1, 1, 1]), [1, 1, 1]);
    }
}
