//! Where somebody's post goes, and who answers for them: personal text, like [`crate::names`] and
//! [`crate::addresses`], and nowhere else.
//!
//! Absent here: to whom a notice goes, which also asks who is alive; and who may see a contact.

use crate::rows::Insert;
use crate::{Database, Result, Store, StoreError, audit, date};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::id::{Knowledge, Municipality, PersonId};
use sqlx::any::AnyRow;
use sqlx::{Any, Row as _, Transaction};

/// What a contact is to the person.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum ContactRole {
    /// Where the person wants post sent (送付先).
    Mailing,
    /// Who acts for the person (成年後見人等).
    Guardian,
    /// Who receives for the heirs once the person has died (相続人代表者, Local Tax Act art. 9-2 as it is applied).
    Heirs,
}

impl ContactRole {
    /// Every role.
    pub const ALL: [ContactRole; 3] = [ContactRole::Mailing, ContactRole::Guardian, ContactRole::Heirs];

    /// Its word in the table.
    pub const fn word(self) -> &'static str {
        match self {
            ContactRole::Mailing => "mailing",
            ContactRole::Guardian => "guardian",
            ContactRole::Heirs => "heirs",
        }
    }

    /// What officials call it.
    pub const fn ja(self) -> &'static str {
        match self {
            ContactRole::Mailing => "送付先",
            ContactRole::Guardian => "成年後見人等",
            ContactRole::Heirs => "相続人代表者",
        }
    }

    /// The role of a word.
    pub fn named(word: &str) -> Option<ContactRole> {
        ContactRole::ALL.into_iter().find(|role| role.word() == word)
    }
}

/// A contact of a person for some days. Of those of one role that hold on a day, the one learnt last counts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Contact {
    /// Whose.
    pub person: PersonId,
    /// What it is to them.
    pub role: ContactRole,
    /// To whom; empty together with the address: nobody in these days, whatever was learnt before.
    pub name: String,
    /// Where.
    pub address: String,
    /// The address's postcode, as printed.
    pub postcode: Option<String>,
    /// The first day.
    pub from: Date,
    /// The first day after it; [`Date::MAX`] for an open end.
    pub until: Date,
}

impl Contact {
    /// Does it say that there is nobody?
    pub fn is_none(&self) -> bool {
        self.name.is_empty() && self.address.is_empty()
    }

    /// What keeps it from being kept.
    fn check(&self) -> Result<()> {
        let person = self.person;
        if self.from >= self.until {
            return Err(StoreError::Contact { person, wrong: "its end is not after its first day" });
        }
        if self.name.is_empty() != self.address.is_empty() {
            return Err(StoreError::Contact { person, wrong: "has a name without an address, or the other way round; give both" });
        }
        Ok(())
    }
}

const INSERT_CONTACTS: Insert = Insert {
    head: "INSERT INTO person_contact (municipality, knowledge, ordinal, person, role, name, address, postcode, valid_from, valid_until) VALUES",
    columns: 10,
    tail: "",
};
const CONTACTS: &str = "SELECT person, role, name, address, postcode, valid_from, valid_until FROM person_contact \
     WHERE municipality = $1 AND person >= $2 AND person <= $3 AND knowledge <= $4 ORDER BY person, knowledge, ordinal";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] = &[CONTACTS];
/// Every insert of several rows, for the same test.
#[cfg(any(test, feature = "checks"))]
pub(crate) const INSERTS: &[Insert] = &[INSERT_CONTACTS];

const CONTACTS_PER_STATEMENT: usize = 300;

impl Store {
    /// A person's contacts on a day as the office knew them then, at most one of each role.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn contacts(&self, municipality: Municipality, person: PersonId, on: Date, as_of: Knowledge) -> Result<Vec<Contact>> {
        let mut transaction = self.reading().await?;
        let all = between(&mut transaction, municipality, (person, person), as_of).await?;
        transaction.rollback().await?;
        Ok(laid(&all).into_iter().filter(|contact| contact.from <= on && on < contact.until).collect())
    }
}

/// Every contact ever learnt of the persons in a range of numbers, both ends included, in the order in which they were.
pub(crate) async fn between(
    transaction: &mut Transaction<'static, Any>,
    municipality: Municipality,
    (first, last): (PersonId, PersonId),
    as_of: Knowledge,
) -> Result<Vec<Contact>> {
    let query = sqlx::query(CONTACTS).bind(municipality.number()).bind(first.0).bind(last.0).bind(as_of.0);
    query.fetch_all(&mut **transaction).await?.iter().map(|row| read(row, 0)).collect()
}

/// A contact from the columns that follow one: person, role, name, address, postcode, first day, first day after it.
pub(crate) fn read(row: &AnyRow, first: usize) -> Result<Contact> {
    let word: &str = row.try_get(first + 1)?;
    Ok(Contact {
        person: PersonId(row.try_get(first)?),
        role: ContactRole::named(word).ok_or_else(|| StoreError::Damaged(format!("{word:?} is no role of a contact")))?,
        name: row.try_get(first + 2)?,
        address: row.try_get(first + 3)?,
        postcode: row.try_get(first + 4)?,
        from: date(row.try_get(first + 5)?)?,
        until: date(row.try_get(first + 6)?)?,
    })
}

/// Can every contact be kept?
///
/// # Errors
/// [`StoreError::Contact`] for the first that cannot.
pub(crate) fn check_all(contacts: &[Contact]) -> Result<()> {
    contacts.iter().try_for_each(Contact::check)
}

/// Writes contacts that were checked under a number, in order.
pub(crate) async fn insert(
    transaction: &mut Transaction<'static, Any>,
    database: Database,
    municipality: Municipality,
    knowledge: Knowledge,
    contacts: &[Contact],
) -> Result<()> {
    let mut ordinal = 0_i64;
    for chunk in contacts.chunks(CONTACTS_PER_STATEMENT) {
        let mut query = sqlx::query(INSERT_CONTACTS.sql(chunk.len(), database));
        for contact in chunk {
            query = query.bind(municipality.number()).bind(knowledge.0).bind(ordinal).bind(contact.person.0).bind(contact.role.word());
            query = query.bind(contact.name.as_str()).bind(contact.address.as_str()).bind(contact.postcode.as_deref());
            query = query.bind(contact.from.to_string()).bind(contact.until.to_string());
            ordinal += 1;
        }
        query.execute(&mut **transaction).await?;
    }
    Ok(())
}

/// The entry of contacts: how many, and nothing of them.
pub(crate) async fn append(
    transaction: &mut Transaction<'static, Any>,
    municipality: Municipality,
    stamp: &Stamp,
    knowledge: Knowledge,
    count: usize,
) -> Result<()> {
    let payload = [knowledge.0.to_be_bytes(), (count as u64).to_be_bytes()].concat();
    audit::append(transaction, municipality, stamp, "contacts", &format!("knowledge {knowledge}"), &payload).await
}

/// Contacts of one person without their overlaps: of each role the one learnt last counts on each day.
pub(crate) fn laid(learnt: &[Contact]) -> Vec<Contact> {
    let mut all: Vec<Contact> = Vec::new();
    for role in ContactRole::ALL {
        let of_role: Vec<&Contact> = learnt.iter().filter(|contact| contact.role == role).collect();
        let mut bounds: Vec<Date> = of_role.iter().flat_map(|contact| [contact.from, contact.until]).collect();
        bounds.sort_unstable();
        bounds.dedup();
        let first = all.len();
        for pair in bounds.windows(2) {
            let holds = of_role.iter().rev().find(|contact| contact.from <= pair[0] && pair[0] < contact.until);
            let Some(contact) = holds.filter(|contact| !contact.is_none()) else { continue };
            let next = Contact { from: pair[0], until: pair[1], ..(*contact).clone() };
            match all[first..].last_mut() {
                Some(last) if last.until == next.from && Contact { from: next.from, until: next.until, ..last.clone() } == next => {
                    last.until = next.until;
                }
                _ => all.push(next),
            }
        }
    }
    all
}
