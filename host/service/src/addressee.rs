//! To whom a notice goes: a living person, whoever acts for them, or the representative of heirs; never somebody dead.
//!
//! Absent here: what a notice says, and sending it.

use jorei_domain::calendar::Date;
use jorei_domain::id::{HouseholdId, Knowledge, Municipality, PersonId};
use jorei_domain::record::Kind;
use jorei_store::contacts::{Contact, ContactRole};
use jorei_store::people::Member;
use jorei_store::{Store, StoreError};

/// What stands on an envelope.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Recipient {
    /// Whose notice it is. A living person, except where it goes to the heirs.
    pub about: PersonId,
    /// To whom it goes.
    pub name: String,
    /// Where.
    pub address: String,
    /// The address's postcode.
    pub postcode: Option<String>,
    /// In which role, where it is not the person at their own address.
    pub role: Option<ContactRole>,
}

/// Why a clerk must find out to whom a notice goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Matter {
    /// Nobody living is in the household.
    NobodyLeft(HouseholdId),
    /// Somebody lives there, and nobody living heads it, that day or later.
    NoLivingHead(HouseholdId),
    /// Several living heads.
    SeveralHeads(HouseholdId),
    /// The person has died, and no representative of heirs is known.
    HeirsUnknown(PersonId),
    /// The office has no name of the person.
    NoName(PersonId),
    /// The office has no address of the person.
    NoAddress(PersonId),
}

impl Matter {
    /// For officials: what is the matter, and what to do.
    pub fn ja(self) -> String {
        match self {
            Matter::NobodyLeft(household) => format!("世帯{household}に生存する世帯員がいません。相続人を調査してください"),
            Matter::NoLivingHead(household) => format!("世帯{household}に生存する世帯主がいません。世帯主変更の届出を確認してください"),
            Matter::SeveralHeads(household) => format!("世帯{household}に世帯主が二人以上います。住民記録を確認してください"),
            Matter::HeirsUnknown(person) => {
                format!("宛名番号{person}の人は死亡しており、相続人代表者が登録されていません。相続人を調査してください")
            }
            Matter::NoName(person) => format!("宛名番号{person}の人の氏名がありません。宛名を確認してください"),
            Matter::NoAddress(person) => format!("宛名番号{person}の人の住所がありません。住所を確認してください"),
        }
    }
}

/// To whom a notice goes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Addressee {
    /// A living person, or whoever acts for them.
    Living(Recipient),
    /// The representative of the heirs of whoever has died (相続人).
    Heirs(Recipient),
    /// Nobody yet.
    Clerk(Matter),
}

/// To whom a notice about a household goes on a day: its living head. Where the head has died, on that very day or
/// before, the living person who is registered as the next head.
///
/// # Errors
/// A [`StoreError`].
pub async fn of_household(
    store: &Store,
    municipality: Municipality,
    household: HouseholdId,
    on: Date,
    as_of: Knowledge,
) -> Result<Addressee, StoreError> {
    let mut living: Vec<Member> = Vec::new();
    for member in store.household_members(municipality, household, on, as_of).await? {
        if !has_died(store, municipality, member.person, on, as_of).await? {
            living.push(member);
        }
    }
    let heads: Vec<&Member> = living.iter().filter(|member| member.head).collect();
    let head = match heads.as_slice() {
        [head] => head.person,
        [] if living.is_empty() => return Ok(Addressee::Clerk(Matter::NobodyLeft(household))),
        [] => match next_head(store, municipality, household, &living, on, as_of).await? {
            Some(head) => head,
            None => return Ok(Addressee::Clerk(Matter::NoLivingHead(household))),
        },
        _ => return Ok(Addressee::Clerk(Matter::SeveralHeads(household))),
    };
    of_person(store, municipality, head, on, as_of).await
}

/// To whom a notice about somebody's own months goes on a day: to the person, or, where they have died, to the
/// representative of heirs.
///
/// # Errors
/// A [`StoreError`].
pub async fn of_person(
    store: &Store,
    municipality: Municipality,
    person: PersonId,
    on: Date,
    as_of: Knowledge,
) -> Result<Addressee, StoreError> {
    let contacts = store.contacts(municipality, person, on, as_of).await?;
    let contact = |role| contacts.iter().find(|contact: &&Contact| contact.role == role);
    let recipient = |contact: &Contact| Recipient {
        about: person,
        name: contact.name.clone(),
        address: contact.address.clone(),
        postcode: contact.postcode.clone(),
        role: Some(contact.role),
    };
    if has_died(store, municipality, person, on, as_of).await? {
        // Whoever acted for the living acts no more.
        let heirs = contact(ContactRole::Heirs);
        return Ok(heirs.map_or(Addressee::Clerk(Matter::HeirsUnknown(person)), |heirs| Addressee::Heirs(recipient(heirs))));
    }
    if let Some(contact) = contact(ContactRole::Guardian).or_else(|| contact(ContactRole::Mailing)) {
        return Ok(Addressee::Living(recipient(contact)));
    }
    let Some(name) = store.name(municipality, person, as_of).await? else {
        return Ok(Addressee::Clerk(Matter::NoName(person)));
    };
    let Some(address) = store.address(municipality, person, as_of).await? else {
        return Ok(Addressee::Clerk(Matter::NoAddress(person)));
    };
    let (name, address, postcode) = (name.name, address.address, address.postcode);
    Ok(Addressee::Living(Recipient { about: person, name, address, postcode, role: None }))
}

/// Has somebody died, on the day or before?
pub(crate) async fn has_died(
    store: &Store,
    municipality: Municipality,
    person: PersonId,
    on: Date,
    as_of: Knowledge,
) -> Result<bool, StoreError> {
    let facts = store.person_facts(municipality, person, as_of).await?;
    Ok(facts.iter().any(|fact| fact.kind == Kind::Deaths && fact.holds && fact.values.is_some() && fact.from <= on))
}

/// Whoever of the living heads the household next, and is alive then.
async fn next_head(
    store: &Store,
    municipality: Municipality,
    household: HouseholdId,
    living: &[Member],
    on: Date,
    as_of: Knowledge,
) -> Result<Option<PersonId>, StoreError> {
    let mut found: Option<(Date, PersonId)> = None;
    for Member { person, .. } in living {
        let records = store.person_records(municipality, (PersonId(person.0 - 1), *person), 1, as_of).await?;
        for stay in records.iter().flat_map(|record| &record.facts) {
            let heads = stay.kind == Kind::Membership && stay.household == Some(household) && stay.values.first() == Some(&1);
            let earlier = found.is_none_or(|(from, _)| stay.from < from);
            if heads && on < stay.from && earlier && !has_died(store, municipality, *person, stay.from, as_of).await? {
                found = Some((stay.from, *person));
            }
        }
    }
    Ok(found.map(|(_, person)| person))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::office_of_two::{OfficeOfTwo, TODAY, stamp};
    use jorei_store::addresses::Address;
    use jorei_store::facts::Assertion;
    use jorei_store::learning::Learnt;
    use jorei_store::names::Name;

    const HOUSEHOLD: HouseholdId = HouseholdId(1);
    const DEATH: Date = Date::new(2026, 5, 10);
    const START: Date = Date::new(2000, 1, 1);

    fn stay(person: i64, head: bool, from: Date, until: Date) -> Assertion {
        fact(person, Kind::Membership, from, until, vec![i64::from(head)])
    }

    fn fact(person: i64, kind: Kind, from: Date, until: Date, values: Vec<i64>) -> Assertion {
        let household = (kind == Kind::Membership).then_some(HOUSEHOLD);
        Assertion {
            person: PersonId(person), kind, item: 0, from, until, household, values: Some(values), source: "住民基本台帳".into()
        }
    }

    fn dies(person: i64, on: Date) -> Assertion {
        fact(person, Kind::Deaths, on, Date::MAX, Vec::new())
    }

    fn contact(person: i64, role: ContactRole) -> Contact {
        let (name, address) = (role.ja().to_owned(), "別の所".to_owned());
        Contact { person: PersonId(person), role, name, address, postcode: None, from: START, until: Date::MAX }
    }

    /// Persons 1 to 3 with names and addresses, and what is said of them.
    async fn office(assertions: Vec<Assertion>, contacts: Vec<Contact>) -> OfficeOfTwo {
        let office = OfficeOfTwo::found().await;
        let person = PersonId;
        let names = (1..4).map(|id| Name { person: person(id), name: format!("名{id}"), kana: "メイ".into(), latin: None, alias: None });
        let addresses = (1..4).map(|id| Address { person: person(id), address: format!("所{id}"), postcode: None });
        let learnt = Learnt { assertions, names: names.collect(), addresses: addresses.collect(), contacts };
        office.store.learn(office.here, TODAY, &learnt, &stamp()).await.unwrap();
        office
    }

    async fn household_on(office: &OfficeOfTwo, on: Date) -> Addressee {
        let as_of = office.store.latest_knowledge(office.here).await.unwrap();
        of_household(&office.store, office.here, HOUSEHOLD, on, as_of).await.unwrap()
    }

    async fn person_on(office: &OfficeOfTwo, person: i64, on: Date) -> Addressee {
        let as_of = office.store.latest_knowledge(office.here).await.unwrap();
        of_person(&office.store, office.here, PersonId(person), on, as_of).await.unwrap()
    }

    fn to(addressee: &Addressee) -> (i64, &str) {
        match addressee {
            Addressee::Living(recipient) | Addressee::Heirs(recipient) => (recipient.about.0, &recipient.name),
            Addressee::Clerk(matter) => panic!("{matter:?}"),
        }
    }

    #[tokio::test]
    async fn a_notice_goes_to_the_new_head_from_the_day_of_death_itself() {
        let after = DEATH.tomorrow();
        let said = vec![
            stay(1, true, START, after),
            stay(2, false, START, after),
            stay(2, true, after, Date::MAX),
            stay(3, false, START, Date::MAX),
            dies(1, DEATH),
        ];
        let office = office(said, Vec::new()).await;
        assert_eq!(to(&household_on(&office, DEATH.yesterday()).await), (1, "名1"));
        assert_eq!(to(&household_on(&office, DEATH).await), (2, "名2"));
        assert_eq!(to(&household_on(&office, after).await), (2, "名2"));
    }

    #[tokio::test]
    async fn nobody_dead_is_addressed_whoever_is_left() {
        let after = DEATH.tomorrow();
        // The new head is dead too, and the third one heads the household later.
        let said = || {
            vec![
                stay(1, true, START, after),
                stay(2, false, START, after),
                stay(2, true, after, Date::MAX),
                stay(3, false, START, Date::new(2026, 6, 1)),
                stay(3, true, Date::new(2026, 6, 1), Date::MAX),
                dies(1, DEATH),
                dies(2, Date::new(2026, 5, 20)),
            ]
        };
        let both = office(said(), Vec::new()).await;
        assert_eq!(to(&household_on(&both, Date::new(2026, 5, 19)).await), (2, "名2"));
        assert_eq!(to(&household_on(&both, Date::new(2026, 5, 20)).await), (3, "名3"));
        assert_eq!(to(&household_on(&both, Date::new(2026, 6, 2)).await), (3, "名3"));
        // Nobody is registered as a head after the death.
        let mut no_head = said();
        no_head.remove(4);
        let no_head = office(no_head, Vec::new()).await;
        let someone = Date::new(2026, 5, 25);
        assert_eq!(household_on(&no_head, someone).await, Addressee::Clerk(Matter::NoLivingHead(HOUSEHOLD)));
        // All are dead, and all have left.
        let mut all = said();
        all.push(dies(3, Date::new(2026, 5, 20)));
        let all = office(all, Vec::new()).await;
        assert_eq!(household_on(&all, someone).await, Addressee::Clerk(Matter::NobodyLeft(HOUSEHOLD)));
        assert_eq!(household_on(&all, Date::new(1999, 1, 1)).await, Addressee::Clerk(Matter::NobodyLeft(HOUSEHOLD)));
        // A death that was an error is none.
        let wrong = Assertion { values: None, ..dies(2, Date::new(2026, 5, 20)) };
        both.store.assert_facts(both.here, TODAY, &[wrong], &stamp()).await.unwrap();
        assert_eq!(to(&household_on(&both, someone).await), (2, "名2"));
        // Two heads are for a clerk.
        let two = office(vec![stay(1, true, START, Date::MAX), stay(2, true, START, Date::MAX)], Vec::new()).await;
        assert_eq!(household_on(&two, someone).await, Addressee::Clerk(Matter::SeveralHeads(HOUSEHOLD)));
    }

    #[tokio::test]
    async fn what_is_of_the_dead_goes_to_the_representative_of_heirs_or_to_a_clerk() {
        let said = vec![stay(1, true, START, Date::MAX), stay(2, true, START, Date::MAX), dies(1, DEATH), dies(2, DEATH)];
        let contacts = vec![contact(1, ContactRole::Heirs), contact(1, ContactRole::Guardian), contact(2, ContactRole::Guardian)];
        let office = office(said, contacts).await;
        let alive = person_on(&office, 1, DEATH.yesterday()).await;
        assert!(matches!(&alive, Addressee::Living(recipient) if recipient.role == Some(ContactRole::Guardian)), "{alive:?}");
        let heirs = person_on(&office, 1, DEATH).await;
        assert!(matches!(&heirs, Addressee::Heirs(recipient) if recipient.name == "相続人代表者"), "{heirs:?}");
        // Whoever acted for the living does not receive for the heirs.
        assert_eq!(person_on(&office, 2, DEATH).await, Addressee::Clerk(Matter::HeirsUnknown(PersonId(2))));
        assert_eq!(person_on(&office, 9, DEATH).await, Addressee::Clerk(Matter::NoName(PersonId(9))));
    }
}
