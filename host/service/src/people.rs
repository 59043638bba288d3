//! Persons and households for people to look at: found, listed, shown, and masked.
//!
//! A protected person (支援措置) is one with a period that holds today. Their address is masked, and
//! so is that of everybody in their household and of everybody registered at the same address:
//! whoever is kept from the one would otherwise ask for the other.
//!
//! Absent here: who may look at all, and the entry in the chain that every look-up leaves
//! ([`crate::lookups`]).

use crate::personal_numbers::{NumberError, PersonalNumber, Vault, person_of};
use jorei_domain::act::{Change, Protection};
use jorei_domain::calendar::Date;
use jorei_domain::id::{HouseholdId, Knowledge, Municipality, PersonId};
use jorei_store::addresses::Address;
use jorei_store::people::Member;
pub use jorei_store::readings::kana_key;
use jorei_store::readings::{is_kana, is_latin};
use jorei_store::{Store, StoreError};
use std::collections::BTreeMap;

/// The most that one page of a search holds.
pub const LARGEST_PAGE: u32 = 100;

/// What somebody searches by.
#[derive(Clone, Debug)]
pub enum Criteria {
    /// The beginning of a reading, in any width and kana, or of a name in Latin letters.
    Kana(String),
    /// A birth date; one that the register knows in part matches every day it may be.
    Birth(Date),
    /// A person's own number.
    Person(PersonId),
    /// Who lives in a household today.
    Household(HouseholdId),
    /// A personal number that is in use.
    Number(PersonalNumber),
}

/// Who looks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Viewer {
    /// May they see a protected address, in the view of one person or household, when they ask for it?
    pub may_see_protected: bool,
}

/// Something that may be kept from the viewer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Shown<T> {
    /// Here it is.
    Plain(T),
    /// It is kept from the viewer, or would be if there were one.
    Masked,
    /// The office does not know it.
    Unknown,
}

/// When somebody was born, as far as the register knows: the same day twice where it does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Birth {
    /// The earliest day.
    pub earliest: Date,
    /// The latest day.
    pub latest: Date,
}

/// A person in a list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Found {
    /// Who.
    pub person: PersonId,
    /// The household they live in today.
    pub household: Option<HouseholdId>,
    /// The name; none where the office has none.
    pub name: Option<String>,
    /// Its reading.
    pub kana: Option<String>,
    /// When they were born.
    pub birth: Option<Birth>,
    /// The address. In a list nobody sees a protected one.
    pub address: Shown<String>,
    /// Protected today. Those whose address is masked for another's sake are not.
    pub protected: bool,
}

/// A page of a search.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Page {
    /// In the order of the persons' numbers.
    pub found: Vec<Found>,
    /// The person behind which the next page begins; none on the last one.
    pub next: Option<PersonId>,
}

/// Somebody who lives in a household.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MemberView {
    /// As in a list, but for the address, which may be shown.
    pub found: Found,
    /// The head of the household?
    pub head: bool,
    /// Since when.
    pub from: Date,
}

/// One person.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PersonView {
    /// Who.
    pub person: PersonId,
    /// The name; none where the office has none.
    pub name: Option<String>,
    /// Its reading.
    pub kana: Option<String>,
    /// The name in Latin letters.
    pub latin: Option<String>,
    /// When they were born.
    pub birth: Option<Birth>,
    /// The address with its postcode.
    pub address: Shown<Address>,
    /// The household they live in today.
    pub household: Option<HouseholdId>,
    /// Everybody who lives there today, this person included.
    pub members: Vec<MemberView>,
    /// The protection that holds today.
    pub protected: Option<Protection>,
}

/// One household.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HouseholdView {
    /// Which.
    pub household: HouseholdId,
    /// Everybody who lives there today; nobody where all have left.
    pub members: Vec<MemberView>,
}

/// Why nobody can be searched for. No text repeats what was typed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PeopleError {
    /// Neither kana nor Latin letters.
    #[error("the search text is neither kana nor Latin letters; type the beginning of the reading (やまだ, ﾔﾏﾀﾞ, NGUYEN)")]
    NotAReading,
    /// No key to the vault.
    #[error("nobody can be searched for by a personal number here: the host was started without the key of the vault")]
    NoVault,
    /// The vault.
    #[error(transparent)]
    Number(Box<NumberError>),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The persons who fit, in the order of their numbers, behind one; at most `limit` and
/// [`LARGEST_PAGE`]. Nobody sees a protected address here, whoever the viewer is.
///
/// # Errors
/// A [`PeopleError`].
#[allow(clippy::too_many_arguments, reason = "where, what, which page, for whom and when")]
pub async fn search(
    store: &Store,
    vault: Option<&Vault>,
    municipality: Municipality,
    criteria: &Criteria,
    after: Option<PersonId>,
    limit: u32,
    _viewer: &Viewer,
    today: Date,
) -> Result<Page, PeopleError> {
    let limit = limit.clamp(1, LARGEST_PAGE);
    let look = Look::new(store, municipality, today).await?;
    let mut persons = look.persons(vault, criteria, after, limit + 1).await?;
    let more = persons.len() > limit as usize;
    persons.truncate(limit as usize);
    let mut found = Vec::with_capacity(persons.len());
    for person in &persons {
        found.push(look.found(*person, false).await?);
    }
    Ok(Page { found, next: persons.last().copied().filter(|_| more) })
}

/// One person; none if the office knows nobody of this number. A masked address is shown only with
/// `unmask`, to a viewer who may see it.
///
/// # Errors
/// A [`PeopleError`].
pub async fn person(
    store: &Store,
    municipality: Municipality,
    person: PersonId,
    viewer: &Viewer,
    unmask: bool,
    today: Date,
) -> Result<Option<PersonView>, PeopleError> {
    if !store.knows_person(municipality, person).await? {
        return Ok(None);
    }
    let look = Look::new(store, municipality, today).await?;
    let bare = unmask && viewer.may_see_protected;
    let name = store.name(municipality, person, look.as_of).await?;
    let household = look.household_of(person).await?;
    let members = match household {
        Some(household) => look.members(household, bare).await?,
        None => Vec::new(),
    };
    let (name, kana, latin) = name.map_or((None, None, None), |name| (Some(name.name), Some(name.kana), name.latin));
    Ok(Some(PersonView {
        person,
        name,
        kana,
        latin,
        birth: look.birth(person).await?,
        address: look.address(person, household, bare).await?,
        household,
        members,
        protected: look.protected.get(&person).cloned(),
    }))
}

/// One household; none if nobody ever lived in one of this number. Addresses as for [`person`].
///
/// # Errors
/// A [`PeopleError`].
pub async fn household(
    store: &Store,
    municipality: Municipality,
    household: HouseholdId,
    viewer: &Viewer,
    unmask: bool,
    today: Date,
) -> Result<Option<HouseholdView>, PeopleError> {
    if !store.knows_household(municipality, household).await? {
        return Ok(None);
    }
    let look = Look::new(store, municipality, today).await?;
    let members = look.members(household, unmask && viewer.may_see_protected).await?;
    Ok(Some(HouseholdView { household, members }))
}

/// Those of some persons who are protected on a day: whom an alarm is about.
///
/// # Errors
/// A [`StoreError`].
pub async fn protected_among(
    store: &Store,
    municipality: Municipality,
    persons: &[PersonId],
    today: Date,
) -> Result<Vec<PersonId>, StoreError> {
    let protected = protected_on(store, municipality, today).await?;
    Ok(persons.iter().copied().filter(|person| protected.contains_key(person)).collect())
}

/// Everybody who is protected on a day.
///
/// # Errors
/// A [`StoreError`].
pub async fn protected_on(store: &Store, municipality: Municipality, today: Date) -> Result<BTreeMap<PersonId, Protection>, StoreError> {
    let states = store.states(municipality, "protection").await?;
    let holding = |(_, change)| match change {
        Change::Protection(protection) if protection.from <= today && today < protection.until => Some((protection.person, protection)),
        _ => None,
    };
    Ok(states.into_iter().filter_map(holding).collect())
}

/// One look at the office: as of one knowledge, on one day, past one list of the protected.
struct Look<'s> {
    store: &'s Store,
    municipality: Municipality,
    today: Date,
    as_of: Knowledge,
    protected: BTreeMap<PersonId, Protection>,
}

impl<'s> Look<'s> {
    async fn new(store: &'s Store, municipality: Municipality, today: Date) -> Result<Look<'s>, StoreError> {
        let as_of = store.latest_knowledge(municipality).await?;
        // After the knowledge: whoever is protected in between is masked.
        let protected = protected_on(store, municipality, today).await?;
        Ok(Look { store, municipality, today, as_of, protected })
    }

    async fn persons(
        &self,
        vault: Option<&Vault>,
        criteria: &Criteria,
        after: Option<PersonId>,
        limit: u32,
    ) -> Result<Vec<PersonId>, PeopleError> {
        let (store, municipality) = (self.store, self.municipality);
        let mut few: Vec<PersonId> = match criteria {
            Criteria::Kana(text) => {
                let key = kana_key(text);
                if !is_kana(&key) && !is_latin(&key) {
                    return Err(PeopleError::NotAReading);
                }
                return Ok(store.persons_by_kana(municipality, &key, after, limit).await?);
            }
            Criteria::Birth(date) => return Ok(store.persons_by_birth(municipality, *date, after, limit).await?),
            Criteria::Person(person) => store.knows_person(municipality, *person).await?.then_some(*person).into_iter().collect(),
            Criteria::Household(household) => {
                let members = store.household_members(municipality, *household, self.today, self.as_of).await?;
                members.into_iter().map(|member| member.person).collect()
            }
            Criteria::Number(number) => {
                let vault = vault.ok_or(PeopleError::NoVault)?;
                let person = person_of(store, vault, municipality, number).await;
                person.map_err(|error| PeopleError::Number(Box::new(error)))?.into_iter().collect()
            }
        };
        few.retain(|person| after.is_none_or(|after| *person > after));
        few.truncate(limit as usize);
        Ok(few)
    }

    async fn found(&self, person: PersonId, bare: bool) -> Result<Found, StoreError> {
        let name = self.store.name(self.municipality, person, self.as_of).await?;
        let household = self.household_of(person).await?;
        let address = match self.address(person, household, bare).await? {
            Shown::Plain(address) => Shown::Plain(address.address),
            Shown::Masked => Shown::Masked,
            Shown::Unknown => Shown::Unknown,
        };
        let (name, kana) = name.map(|name| (name.name, name.kana)).unzip();
        let (birth, protected) = (self.birth(person).await?, self.protected.contains_key(&person));
        Ok(Found { person, household, name, kana, birth, address, protected })
    }

    async fn members(&self, household: HouseholdId, bare: bool) -> Result<Vec<MemberView>, StoreError> {
        let mut views = Vec::new();
        for Member { person, head, from, .. } in self.store.household_members(self.municipality, household, self.today, self.as_of).await? {
            views.push(MemberView { found: self.found(person, bare).await?, head, from });
        }
        Ok(views)
    }

    async fn household_of(&self, person: PersonId) -> Result<Option<HouseholdId>, StoreError> {
        Ok(self.store.households_of(self.municipality, person, self.today, self.as_of).await?.into_iter().next())
    }

    async fn birth(&self, person: PersonId) -> Result<Option<Birth>, StoreError> {
        let birth = self.store.birth(self.municipality, person, self.as_of).await?;
        Ok(birth.map(|(earliest, latest)| Birth { earliest, latest }))
    }

    async fn address(&self, person: PersonId, household: Option<HouseholdId>, bare: bool) -> Result<Shown<Address>, StoreError> {
        let address = self.store.address(self.municipality, person, self.as_of).await?;
        // Masked also where there is none: that there is none would be told of whoever moved in.
        if !bare && self.hides(person, household, address.as_ref()).await? {
            return Ok(Shown::Masked);
        }
        Ok(address.map_or(Shown::Unknown, Shown::Plain))
    }

    /// Is a person protected, or somebody in their household or at their address?
    async fn hides(&self, person: PersonId, household: Option<HouseholdId>, address: Option<&Address>) -> Result<bool, StoreError> {
        if self.protected.is_empty() {
            return Ok(false);
        }
        let is_protected = |person: &PersonId| self.protected.contains_key(person);
        if is_protected(&person) {
            return Ok(true);
        }
        if let Some(household) = household {
            let members = self.store.household_members(self.municipality, household, self.today, self.as_of).await?;
            if members.iter().any(|member| is_protected(&member.person)) {
                return Ok(true);
            }
        }
        let Some(address) = address else { return Ok(false) };
        Ok(self.store.persons_at(self.municipality, &address.address, self.as_of).await?.iter().any(is_protected))
    }
}

#[cfg(test)]
mod tests;
