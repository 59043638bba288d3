//! What a benefit of several persons takes off each of them. Absent: how large it is.

use crate::claims::Patient;
use jorei_sdk::apportionment::apportion;
use jorei_sdk::*;

/// Takes a benefit off persons who held what it is about, by [`apportion`]; of each, off outpatient care and stays in hospital alike.
///
/// # Errors
/// [`MoneyError`].
pub(crate) fn take<'p>(benefit: Yen, patients: impl Iterator<Item = &'p mut Patient>) -> Result<(), MoneyError> {
    if benefit == Yen::ZERO {
        return Ok(());
    }
    let mut patients: Vec<&mut Patient> = patients.collect();
    let held = patients.iter().map(|patient| patient.held()).collect::<Result<Vec<Yen>, MoneyError>>()?;
    for (patient, share) in patients.iter_mut().zip(apportion(benefit, &held)?) {
        let off = apportion(share, &[patient.outpatient, patient.inpatient, patient.counted])?;
        patient.outpatient = patient.outpatient.minus(off[0])?;
        patient.inpatient = patient.inpatient.minus(off[1])?;
        patient.counted = patient.counted.minus(off[2])?;
    }
    Ok(())
}
