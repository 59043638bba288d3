//! What an office learns at once: facts, names, addresses and contacts under one knowledge number, all or nothing.
//!
//! Absent here: where it came from. A set of files is in [`crate::imports`].

use crate::addresses::Address;
use crate::contacts::Contact;
use crate::facts::Assertion;
use crate::names::Name;
use crate::{Database, Result, Store, addresses, contacts, facts, learn, names};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, Knowledge, Municipality};
use sqlx::{Any, Transaction};

/// Everything that is learnt at once.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Learnt {
    /// Facts; where two overlap, the later one in the list holds.
    pub assertions: Vec<Assertion>,
    /// Names, no person twice.
    pub names: Vec<Name>,
    /// Addresses, no person twice.
    pub addresses: Vec<Address>,
    /// Contacts; where two of one person and role overlap, the later one in the list holds.
    pub contacts: Vec<Contact>,
}

impl Learnt {
    /// Is there nothing in it?
    pub fn is_empty(&self) -> bool {
        self.assertions.is_empty() && self.names.is_empty() && self.addresses.is_empty() && self.contacts.is_empty()
    }
}

impl Store {
    /// Adds all that the office learnt at once, in one transaction and under one knowledge number. The chain gets an
    /// entry for each sort that there is something of.
    ///
    /// # Errors
    /// [`crate::StoreError::Assertion`], [`crate::StoreError::Contact`] for the first that cannot be kept;
    /// [`crate::StoreError::Database`], also where a person has two names or two addresses in it. Then nothing is added.
    pub async fn learn(&self, municipality: Municipality, learnt_on: Date, learnt: &Learnt, stamp: &Stamp) -> Result<Knowledge> {
        check(learnt)?;
        let mut transaction = self.writing().await?;
        let knowledge = learn(&mut transaction, municipality, learnt_on).await?;
        let digest = write(&mut transaction, self.database, municipality, knowledge, learnt).await?;
        append(&mut transaction, municipality, stamp, knowledge, learnt, digest).await?;
        transaction.commit().await?;
        self.after_load(learnt.assertions.len()).await?;
        Ok(knowledge)
    }
}

/// Can all of it be kept?
pub(crate) fn check(learnt: &Learnt) -> Result<()> {
    facts::check_all(&learnt.assertions)?;
    contacts::check_all(&learnt.contacts)
}

/// Writes all of it under a number; answers the digest of the facts, for [`append`].
pub(crate) async fn write(
    transaction: &mut Transaction<'static, Any>,
    database: Database,
    municipality: Municipality,
    knowledge: Knowledge,
    learnt: &Learnt,
) -> Result<Digest> {
    names::insert(transaction, database, municipality, knowledge, &learnt.names).await?;
    addresses::insert(transaction, database, municipality, knowledge, &learnt.addresses).await?;
    contacts::insert(transaction, database, municipality, knowledge, &learnt.contacts).await?;
    facts::insert(transaction, database, municipality, knowledge, &learnt.assertions).await
}

/// Its entries in the chain, after everything was written.
pub(crate) async fn append(
    transaction: &mut Transaction<'static, Any>,
    municipality: Municipality,
    stamp: &Stamp,
    knowledge: Knowledge,
    learnt: &Learnt,
    digest: Digest,
) -> Result<()> {
    if !learnt.names.is_empty() {
        names::append(transaction, municipality, stamp, knowledge, learnt.names.len()).await?;
    }
    if !learnt.addresses.is_empty() {
        addresses::append(transaction, municipality, stamp, knowledge, learnt.addresses.len()).await?;
    }
    if !learnt.contacts.is_empty() {
        contacts::append(transaction, municipality, stamp, knowledge, learnt.contacts.len()).await?;
    }
    if !learnt.assertions.is_empty() {
        facts::append(transaction, municipality, stamp, knowledge, digest).await?;
    }
    Ok(())
}
