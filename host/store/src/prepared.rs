//! Acts that were shown to their maker and wait for the maker's signature.
//!
//! Absent here: whether such an act may be proposed. [`Store::propose`] looks at that when it is
//! signed, for until then everything may change.

use crate::audit::{Record, append_record};
use crate::{Result, Store, StoreError};
use jorei_domain::act::Act;
use jorei_domain::audit::Stamp;
use jorei_domain::id::{Digest, Municipality};
use sqlx::Row as _;

const SAVE: &str = "INSERT INTO prepared_act (municipality, id, content, maker, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
const PREPARED: &str = "SELECT content FROM prepared_act WHERE municipality = $1 AND id = $2";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] = &[SAVE, PREPARED];

impl Store {
    /// Keeps an act that its maker is to sign; answers its id. One that is kept already changes
    /// nothing.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn save_prepared(&self, act: &Act, stamp: &Stamp) -> Result<Digest> {
        let (municipality, id) = (act.municipality, act.id());
        let mut transaction = self.writing().await?;
        let query = sqlx::query(SAVE)
            .bind(municipality.number())
            .bind(&id.0[..])
            .bind(act.content())
            .bind(act.maker.as_str())
            .bind(stamp.at.as_str());
        if query.execute(&mut *transaction).await?.rows_affected() > 0 {
            append_record(&mut transaction, municipality, stamp, Record::PreparedAct(id)).await?;
        }
        transaction.commit().await?;
        Ok(id)
    }

    /// An act that was prepared, signed since or not.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if it was edited, [`StoreError::Database`].
    pub async fn prepared_act(&self, municipality: Municipality, id: Digest) -> Result<Option<Act>> {
        let query = sqlx::query(PREPARED).bind(municipality.number()).bind(&id.0[..]);
        let Some(row) = query.fetch_optional(&self.pool).await? else { return Ok(None) };
        let content: &[u8] = row.try_get(0)?;
        let act = Act::decode(content).ok().filter(|act| act.municipality == municipality && Digest::of(content) == id);
        act.map(Some).ok_or_else(|| StoreError::Damaged(format!("the prepared act {id} is not what its id names")))
    }
}
