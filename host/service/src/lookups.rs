//! Look-ups of people in the audit chain: who, when, why, and the alarm where somebody protected is among them.

use crate::officer::Now;
use crate::people::protected_on;
use jorei_domain::id::{HouseholdId, Municipality, PersonId};
use jorei_domain::lookup::Lookup as Noted;
use jorei_domain::purpose::{File, Purpose};
use jorei_store::{Store, StoreError};

/// A look-up as whoever answers it describes it. What was typed is not part of it.
#[derive(Clone, Copy, Debug)]
pub struct Lookup<'a> {
    /// A word of the host, as `people.search`.
    pub what: &'a str,
    /// The affair and the case; none where none was stated, which is why it was refused.
    pub purpose: Option<&'a Purpose>,
    /// Everybody who was found.
    pub persons: &'a [PersonId],
    /// Every household that was; its members count as looked up.
    pub households: &'a [HouseholdId],
    /// The files.
    pub files: &'a [File],
    /// Why nothing was shown.
    pub refused: Option<&'a str>,
}

/// Records a look-up, before anything of it is shown. A number that is nobody's here is left out: it may be a personal
/// number that was typed into the wrong field, and the chain keeps what it is given. Answers whether it raised an alarm: somebody who is protected
/// today is among the persons, or lives in one of the households.
///
/// # Errors
/// A [`StoreError`]; then nothing may be shown.
pub async fn record(store: &Store, municipality: Municipality, lookup: &Lookup<'_>, now: &Now, by: &str) -> Result<bool, StoreError> {
    let as_of = store.latest_knowledge(municipality).await?;
    let mut protected = Vec::new();
    for person in protected_on(store, municipality, now.today).await?.into_keys() {
        // Whoever they fled from asks for the household that they left.
        let among = lookup.persons.contains(&person)
            || !lookup.households.is_empty()
                && store.households_ever_of(municipality, person, as_of).await?.iter().any(|home| lookup.households.contains(home));
        if among {
            protected.push(person);
        }
    }
    let alarm = !protected.is_empty();
    // Several were found; a single one may be what somebody typed.
    let persons = match lookup.persons {
        [person] if !store.knows_person(municipality, *person).await? => &[],
        persons => persons,
    };
    let households = match lookup.households {
        [household] if !store.knows_household(municipality, *household).await? => &[],
        households => households,
    };
    let Lookup { what, purpose, files, refused, .. } = *lookup;
    let noted = Noted { what, purpose, persons, households, files, protected, refused };
    store.record_lookup(municipality, &noted, &now.stamp(by)).await?;
    Ok(alarm)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::office_of_two::{OfficeOfTwo, TODAY, now};
    use jorei_domain::calendar::Date;

    #[tokio::test]
    async fn the_household_that_a_protected_person_left_raises_an_alarm() {
        let office = OfficeOfTwo::found().await;
        office.resident(1, "ヤマダ ハナコ", 10, "旭川市9条通9丁目1-2").await;
        office.resident(1, "ヤマダ ハナコ", 20, "旭川市1条通1丁目1-1").await;
        office.resident(2, "ヤマダ タロウ", 10, "旭川市9条通9丁目1-2").await;
        let look = async |households: &[HouseholdId]| {
            let lookup = Lookup { what: "decisions.show", purpose: None, persons: &[], households, files: &[File::Insured], refused: None };
            record(&office.store, office.here, &lookup, &now(), "tanaka").await.unwrap()
        };
        assert!(!look(&[HouseholdId(10)]).await);
        office.protect(1, TODAY, Date::new(2027, 6, 1)).await;
        assert!(look(&[HouseholdId(10)]).await && look(&[HouseholdId(20)]).await && !look(&[HouseholdId(30)]).await);
    }
}
