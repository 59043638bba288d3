//! Names of persons: personal text, with [`crate::addresses`] and [`crate::contacts`] the only one, apart from everything a rule, a
//! decision or a log ever sees.

use crate::readings::{kana_key, latin_key};
use crate::rows::Insert;
use crate::{Database, Result, Store, audit, learn};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::id::{Knowledge, Municipality, PersonId};
use sqlx::{Any, Row as _, Transaction};

/// How a person is called.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Name {
    /// Who.
    pub person: PersonId,
    /// The name as registered.
    pub name: String,
    /// Its reading, in katakana.
    pub kana: String,
    /// The name in Latin letters, for those who are registered with one.
    pub latin: Option<String>,
    /// The alias that is registered beside it (通称).
    pub alias: Option<String>,
}

impl Name {
    /// That the office has no name of a person, whatever it had before.
    pub(crate) fn none(person: PersonId) -> Name {
        Name { person, name: String::new(), kana: String::new(), latin: None, alias: None }
    }
}

const INSERT_NAMES: Insert = Insert {
    head: "INSERT INTO person_name (municipality, person, knowledge, name, kana, latin, kana_key, latin_key, alias) VALUES",
    columns: 9,
    tail: "",
};
const NAME: &str = "SELECT name, kana, latin, alias FROM person_name WHERE municipality = $1 AND person = $2 AND knowledge <= $3 \
     ORDER BY knowledge DESC LIMIT 1";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] = &[NAME];
/// Every insert of several rows, for the same test.
#[cfg(any(test, feature = "checks"))]
pub(crate) const INSERTS: &[Insert] = &[INSERT_NAMES];

const NAMES_PER_STATEMENT: usize = 400;

impl Store {
    /// Adds names, all with one knowledge number. A person's latest name is the one in use. The
    /// entry in the chain says how many, and holds nothing of them.
    ///
    /// # Errors
    /// [`crate::StoreError::Database`], also where one person is in the set twice.
    pub async fn save_names(&self, municipality: Municipality, learnt_on: Date, names: &[Name], stamp: &Stamp) -> Result<Knowledge> {
        let mut transaction = self.writing().await?;
        let knowledge = learn(&mut transaction, municipality, learnt_on).await?;
        insert(&mut transaction, self.database, municipality, knowledge, names).await?;
        append(&mut transaction, municipality, stamp, knowledge, names.len()).await?;
        transaction.commit().await?;
        Ok(knowledge)
    }

    /// A person's name as the office knew it then.
    ///
    /// # Errors
    /// [`crate::StoreError::Database`].
    pub async fn name(&self, municipality: Municipality, person: PersonId, as_of: Knowledge) -> Result<Option<Name>> {
        let query = sqlx::query(NAME).bind(municipality.number()).bind(person.0).bind(as_of.0);
        let Some(row) = query.fetch_optional(&self.pool).await? else {
            return Ok(None);
        };
        let name = Name { person, name: row.try_get(0)?, kana: row.try_get(1)?, latin: row.try_get(2)?, alias: row.try_get(3)? };
        Ok((!name.name.is_empty()).then_some(name))
    }
}

/// Writes names under a number, within a transaction that takes an entry of [`append`] for them.
pub(crate) async fn insert(
    transaction: &mut Transaction<'static, Any>,
    database: Database,
    municipality: Municipality,
    knowledge: Knowledge,
    names: &[Name],
) -> Result<()> {
    for chunk in names.chunks(NAMES_PER_STATEMENT) {
        let mut query = sqlx::query(INSERT_NAMES.sql(chunk.len(), database));
        for Name { person, name, kana, latin, alias } in chunk {
            query = query.bind(municipality.number()).bind(person.0).bind(knowledge.0);
            query = query.bind(name.as_str()).bind(kana.as_str()).bind(latin.as_deref());
            query = query.bind(kana_key(kana)).bind(latin.as_deref().map(latin_key).unwrap_or_default()).bind(alias.as_deref());
        }
        query.execute(&mut **transaction).await?;
    }
    Ok(())
}

/// The entry of names: how many, and nothing of them.
pub(crate) async fn append(
    transaction: &mut Transaction<'static, Any>,
    municipality: Municipality,
    stamp: &Stamp,
    knowledge: Knowledge,
    count: usize,
) -> Result<()> {
    let payload = [knowledge.0.to_be_bytes(), (count as u64).to_be_bytes()].concat();
    audit::append(transaction, municipality, stamp, "names", &format!("knowledge {knowledge}"), &payload).await
}
