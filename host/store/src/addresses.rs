//! Addresses of persons: personal text, like [`crate::names`], and nowhere else.
//!
//! Absent here: who may see one. Whoever asks the store sees all of it.

use crate::readings::address_key;
use crate::rows::Insert;
use crate::{Result, Store, audit, learn};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::id::{Knowledge, Municipality, PersonId};
use sqlx::Row as _;

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
        for chunk in addresses.chunks(ADDRESSES_PER_STATEMENT) {
            let mut query = sqlx::query(INSERT_ADDRESSES.sql(chunk.len(), self.database));
            for Address { person, address, postcode } in chunk {
                query = query.bind(municipality.number()).bind(person.0).bind(knowledge.0);
                query = query.bind(address.as_str()).bind(postcode.as_deref()).bind(address_key(address));
            }
            query.execute(&mut *transaction).await?;
        }
        let payload = [knowledge.0.to_be_bytes(), (addresses.len() as u64).to_be_bytes()].concat();
        audit::append(&mut transaction, municipality, stamp, "addresses", &format!("knowledge {knowledge}"), &payload).await?;
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
        Ok(Some(Address { person, address: row.try_get(0)?, postcode: row.try_get(1)? }))
    }

    /// Everybody whose address this was as the office knew it then, however it was printed.
    ///
    /// # Errors
    /// [`crate::StoreError::Database`].
    pub async fn persons_at(&self, municipality: Municipality, address: &str, as_of: Knowledge) -> Result<Vec<PersonId>> {
        let query = sqlx::query(AT_ADDRESS).bind(municipality.number()).bind(address_key(address)).bind(as_of.0);
        query.fetch_all(&self.pool).await?.iter().map(|row| Ok(PersonId(row.try_get(0)?))).collect()
    }
}
