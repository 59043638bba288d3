//! Addresses of persons: personal text, like [`crate::names`], and nowhere else.
//!
//! Absent here: who may see one. Whoever asks the store sees all of it.

use crate::readings::address_key;
use crate::rows::Insert;
use crate::{Database, Result, Store, audit, learn};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::id::{Knowledge, Municipality, PersonId};
use sqlx::{Any, Row as _, Transaction};

/// Where a person lives.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Address {
    /// Who.
    pub person: PersonId,
    /// The address as registered.
    pub address: String,
    /// Its postcode, as printed.
    pub postcode: Option<String>,
}

impl Address {
    /// That the office has no address of a person, whatever it had before.
    pub(crate) fn none(person: PersonId) -> Address {
        Address { person, address: String::new(), postcode: None }
    }
}

const INSERT_ADDRESSES: Insert = Insert {
    head: "INSERT INTO person_address (municipality, person, knowledge, address, postcode, address_key) VALUES",
    columns: 6,
    tail: "",
};
const ADDRESS: &str = "SELECT address, postcode FROM person_address WHERE municipality = $1 AND person = $2 AND knowledge <= $3 \
     ORDER BY knowledge DESC LIMIT 1";
const AT_ADDRESS: &str = "SELECT DISTINCT a.person FROM person_address a WHERE a.municipality = $1 AND a.address_key = $2 \
     AND a.knowledge = (SELECT MAX(n.knowledge) FROM person_address n \
         WHERE n.municipality = $1 AND n.person = a.person AND n.knowledge <= $3) ORDER BY a.person";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] = &[ADDRESS, AT_ADDRESS];
/// Every insert of several rows, for the same test.
#[cfg(any(test, feature = "checks"))]
pub(crate) const INSERTS: &[Insert] = &[INSERT_ADDRESSES];

const ADDRESSES_PER_STATEMENT: usize = 400;

impl Store {
    /// Adds addresses, all with one knowledge number. A person's latest address is the one in use.
    /// The entry in the chain says how many, and holds nothing of them.
    ///
    /// # Errors
    /// [`crate::StoreError::Database`], also where one person is in the set twice.
    pub async fn save_addresses(
        &self,
        municipality: Municipality,
        learnt_on: Date,
        addresses: &[Address],
        stamp: &Stamp,
    ) -> Result<Knowledge> {
        let mut transaction = self.writing().await?;
        let knowledge = learn(&mut transaction, municipality, learnt_on).await?;
        insert(&mut transaction, self.database, municipality, knowledge, addresses).await?;
        append(&mut transaction, municipality, stamp, knowledge, addresses.len()).await?;
        transaction.commit().await?;
        Ok(knowledge)
    }

    /// A person's address as the office knew it then.
    ///
    /// # Errors
    /// [`crate::StoreError::Database`].
    pub async fn address(&self, municipality: Municipality, person: PersonId, as_of: Knowledge) -> Result<Option<Address>> {
        let query = sqlx::query(ADDRESS).bind(municipality.number()).bind(person.0).bind(as_of.0);
        let Some(row) = query.fetch_optional(&self.pool).await? else {
            return Ok(None);
        };
        let address = Address { person, address: row.try_get(0)?, postcode: row.try_get(1)? };
        Ok((!address.address.is_empty()).then_some(address))
    }

    /// Everybody whose address this was as the office knew it then, however it was printed.
    ///
    /// # Errors
    /// [`crate::StoreError::Database`].
    pub async fn persons_at(&self, municipality: Municipality, address: &str, as_of: Knowledge) -> Result<Vec<PersonId>> {
        let key = address_key(address);
        if key.is_empty() {
            // It is that of everybody whose address was withdrawn.
            return Ok(Vec::new());
        }
        let query = sqlx::query(AT_ADDRESS).bind(municipality.number()).bind(key).bind(as_of.0);
        query.fetch_all(&self.pool).await?.iter().map(|row| Ok(PersonId(row.try_get(0)?))).collect()
    }
}

/// Writes addresses under a number, within a transaction that takes an entry of [`append`] for them.
pub(crate) async fn insert(
    transaction: &mut Transaction<'static, Any>,
    database: Database,
    municipality: Municipality,
    knowledge: Knowledge,
    addresses: &[Address],
) -> Result<()> {
    for chunk in addresses.chunks(ADDRESSES_PER_STATEMENT) {
        let mut query = sqlx::query(INSERT_ADDRESSES.sql(chunk.len(), database));
        for Address { person, address, postcode } in chunk {
            query = query.bind(municipality.number()).bind(person.0).bind(knowledge.0);
            query = query.bind(address.as_str()).bind(postcode.as_deref()).bind(address_key(address));
        }
        query.execute(&mut **transaction).await?;
    }
    Ok(())
}

/// The entry of addresses: how many, and nothing of them.
pub(crate) async fn append(
    transaction: &mut Transaction<'static, Any>,
    municipality: Municipality,
    stamp: &Stamp,
    knowledge: Knowledge,
    count: usize,
) -> Result<()> {
    let payload = [knowledge.0.to_be_bytes(), (count as u64).to_be_bytes()].concat();
    audit::append(transaction, municipality, stamp, "addresses", &format!("knowledge {knowledge}"), &payload).await
}
