//! Protected persons (支援措置): begun at once by one person, ended by two.
//!
//! Absent here: the grounds for a measure, and signing; a proposal goes through [`crate::acts`].

use crate::acts::{ActsError, Proposal, based};
use crate::office::show;
use jorei_domain::act::{Change, Protection};
use jorei_domain::calendar::Date;
use jorei_domain::id::{Municipality, PersonId};
use jorei_store::{Store, StoreError};

/// Why a protection is not begun or ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProtectionError {
    /// Nobody of this number.
    #[error("there is no person {0}")]
    NoSuchPerson(PersonId),
    /// No day in it.
    #[error("a protection from {from} until {until} has no day; --until is the first day after it")]
    NotAPeriod {
        /// The first day.
        from: Date,
        /// The first day after it.
        until: Date,
    },
    /// Nothing to end.
    #[error("person {person} is not protected on {on} or later")]
    NotProtected {
        /// The person.
        person: PersonId,
        /// The day on which it was to end.
        on: Date,
    },
    /// The state it rests on.
    #[error(transparent)]
    Acts(#[from] ActsError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An emergency act: it takes effect when it is made and stays open until a second person signed. Days
/// that were protected before stay protected, for an emergency never takes any away.
///
/// # Errors
/// A [`ProtectionError`].
pub async fn protect(
    store: &Store,
    municipality: Municipality,
    person: PersonId,
    (from, until): (Date, Date),
    reason: &str,
) -> Result<Proposal, ProtectionError> {
    if from >= until {
        return Err(ProtectionError::NotAPeriod { from, until });
    }
    if !store.knows_person(municipality, person).await? {
        return Err(ProtectionError::NoSuchPerson(person));
    }
    let protection = match current(store, municipality, person).await? {
        Some(before) => Protection { person, from: from.min(before.from), until: until.max(before.until) },
        None => Protection { person, from, until },
    };
    proposal(store, municipality, protection, reason, true).await
}

/// An ordinary act of two people: from a day on the person is protected no more.
///
/// # Errors
/// A [`ProtectionError`].
pub async fn lift(
    store: &Store,
    municipality: Municipality,
    person: PersonId,
    on: Date,
    reason: &str,
) -> Result<Proposal, ProtectionError> {
    match current(store, municipality, person).await? {
        Some(Protection { from, until, .. }) if on < until => {
            proposal(store, municipality, Protection { person, from, until: on.max(from) }, reason, false).await
        }
        _ => Err(ProtectionError::NotProtected { person, on }),
    }
}

async fn current(store: &Store, municipality: Municipality, person: PersonId) -> Result<Option<Protection>, StoreError> {
    match store.state(municipality, "protection", &person.to_string()).await? {
        Some((_, Change::Protection(protection))) => Ok(Some(protection)),
        _ => Ok(None),
    }
}

async fn proposal(
    store: &Store,
    municipality: Municipality,
    protection: Protection,
    reason: &str,
    emergency: bool,
) -> Result<Proposal, ProtectionError> {
    let changes = based(store, municipality, vec![Change::Protection(protection)]).await?;
    let shown = show(store, municipality, &changes).await?;
    Ok(Proposal { changes, reason: reason.to_owned(), shown, checkers: 1, eligible: Vec::new(), emergency })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acts::propose;
    use crate::office_of_two::{OfficeOfTwo, TODAY, now};
    use crate::people::protected_among;

    const YEAR: (Date, Date) = (Date::new(2026, 6, 1), Date::new(2027, 6, 1));

    #[tokio::test]
    async fn one_person_begins_a_protection_and_two_end_it() {
        let office = OfficeOfTwo::found().await;
        let (store, here, person) = (&office.store, office.here, PersonId(1));
        assert!(matches!(protect(store, here, person, YEAR, "申出").await, Err(ProtectionError::NoSuchPerson(_))));
        office.resident(1, "ヤマダ ハナコ", 1, "旭川市9条通9丁目1-2").await;
        assert!(matches!(lift(store, here, person, TODAY, "終了").await, Err(ProtectionError::NotProtected { .. })));
        let begin = protect(store, here, person, YEAR, "申出").await.unwrap();
        propose(store, here, &office.tanaka, begin, &now()).await.unwrap();
        assert_eq!(protected_among(store, here, &[person], TODAY).await.unwrap(), [person]);
        // A renewal takes no day away, though it names later ones only.
        let renewed = protect(store, here, person, (Date::new(2027, 1, 1), Date::new(2028, 1, 1)), "更新").await.unwrap();
        propose(store, here, &office.tanaka, renewed, &now()).await.unwrap();
        assert_eq!(current(store, here, person).await.unwrap(), Some(Protection { person, from: YEAR.0, until: Date::new(2028, 1, 1) }));
        // Neither an emergency nor one person alone ends it.
        let end = lift(store, here, person, TODAY, "終了").await.unwrap();
        let at_once = Proposal { emergency: true, ..end.clone() };
        assert!(propose(store, here, &office.tanaka, at_once, &now()).await.is_err());
        propose(store, here, &office.tanaka, end.clone(), &now()).await.unwrap();
        assert_eq!(protected_among(store, here, &[person], TODAY).await.unwrap(), [person]);
        office.pass(Proposal { reason: "終了、二人で".into(), ..end }).await;
        assert_eq!(protected_among(store, here, &[person], TODAY).await.unwrap(), []);
    }

    #[tokio::test]
    async fn a_protection_of_the_wrong_person_is_called_off_on_its_first_day() {
        let office = OfficeOfTwo::found().await;
        let (store, here, person) = (&office.store, office.here, PersonId(1));
        office.resident(1, "ヤマダ ハナコ", 1, "旭川市9条通9丁目1-2").await;
        let begin = protect(store, here, person, (TODAY, YEAR.1), "申出").await.unwrap();
        propose(store, here, &office.tanaka, begin, &now()).await.unwrap();
        office.pass(lift(store, here, person, TODAY, "誤り").await.unwrap()).await;
        assert_eq!(protected_among(store, here, &[person], TODAY).await.unwrap(), []);
        // It can begin again, at once.
        let again = protect(store, here, person, YEAR, "申出").await.unwrap();
        propose(store, here, &office.tanaka, again, &now()).await.unwrap();
        assert_eq!(protected_among(store, here, &[person], TODAY).await.unwrap(), [person]);
    }
}
