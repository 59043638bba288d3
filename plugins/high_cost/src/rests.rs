//! What a benefit of several persons takes off each of them. Absent: how large it is.

use crate::claims::Patient;
use jorei_sdk::*;

/// A benefit divided by what each held: in proportion, rounded down; what is left over goes to whoever held most, the last of equals,
/// and nobody gets more than they held. The shares sum up to the benefit, which is at most what all held.
///
/// # Errors
/// [`MoneyError`].
pub(crate) fn shares(benefit: Yen, held: &[Yen]) -> Result<Vec<Yen>, MoneyError> {
    let whole = held.iter().try_fold(Yen::ZERO, |sum, one| sum.plus(*one))?;
    if whole == Yen::ZERO {
        return Ok(vec![Yen::ZERO; held.len()]);
    }
    let part = |one: &Yen| {
        let part = i128::from(benefit.get()) * i128::from(one.get()) / i128::from(whole.get());
        i64::try_from(part).map_err(|_| MoneyError::OutOfRange).and_then(Yen::checked)
    };
    let mut shares = held.iter().map(part).collect::<Result<Vec<Yen>, MoneyError>>()?;
    let mut over = benefit.minus(shares.iter().try_fold(Yen::ZERO, |sum, one| sum.plus(*one))?)?;
    let mut order: Vec<usize> = (0..held.len()).collect();
    order.sort_by_key(|place| (held[*place], *place));
    for place in order.into_iter().rev() {
        let more = over.min(held[place].minus(shares[place])?);
        shares[place] = shares[place].plus(more)?;
        over = over.minus(more)?;
    }
    Ok(shares)
}

/// Takes a benefit off persons who held what it is about, by [`shares`]; of each, off outpatient care and stays in hospital alike.
///
/// # Errors
/// [`MoneyError`].
pub(crate) fn take<'p>(benefit: Yen, patients: impl Iterator<Item = &'p mut Patient>) -> Result<(), MoneyError> {
    let mut patients: Vec<&mut Patient> = patients.collect();
    let held = patients.iter().map(|patient| patient.held()).collect::<Result<Vec<Yen>, MoneyError>>()?;
    for (patient, share) in patients.iter_mut().zip(shares(benefit, &held)?) {
        let off = shares(share, &[patient.outpatient, patient.inpatient, patient.counted])?;
        patient.outpatient = patient.outpatient.minus(off[0])?;
        patient.inpatient = patient.inpatient.minus(off[1])?;
        patient.counted = patient.counted.minus(off[2])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn divided(benefit: i64, held: &[i64]) -> Vec<i64> {
        let held: Vec<Yen> = held.iter().map(|yen| Yen::new(*yen)).collect();
        shares(Yen::new(benefit), &held).unwrap().iter().map(|yen| yen.get()).collect()
    }

    #[test]
    fn what_is_left_over_goes_to_whoever_held_most_and_to_the_last_of_equals() {
        assert_eq!(divided(100, &[100, 200, 0]), [33, 67, 0]);
        assert_eq!(divided(101, &[500, 500]), [50, 51]);
        assert_eq!(divided(0, &[0, 0]), [0, 0]);
    }

    #[test]
    fn nobody_gets_more_than_they_held() {
        assert_eq!(divided(2, &[1, 1, 1]), [0, 1, 1]);
        assert_eq!(divided(3, &[1, 1, 1]), [1, 1, 1]);
    }
}
