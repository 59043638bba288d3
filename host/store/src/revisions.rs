//! Rules, ordinances, revisions, and which revision answers which case date.
//!
//! Absent here: putting a revision in force. Only an act does that, see [`crate::acts`].

use crate::audit::{Record, append_record};
use crate::pauses;
use crate::prefix::Prefix;
use crate::{Result, Store, StoreError, date, digest, learn};
use jorei_domain::act;
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, Knowledge, Municipality};
use sqlx::{Any, Row as _, Transaction};

/// A rule and an ordinance that were put together. Its digest is made by whoever puts them
/// together and names them for good.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Revision {
    /// Its name.
    pub digest: Digest,
    /// The slot it answers.
    pub slot: String,
    /// Digest of the rule's component.
    pub rule: Digest,
    /// Digest of the ordinance's text.
    pub ordinance: Digest,
    /// The ordinance as the rule compacted it; opaque here.
    pub segments: Vec<u8>,
    /// What the rule says of itself, JSON; opaque here.
    pub about: String,
}

/// A revision in force for some case dates, by an act.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Activation {
    /// Its place in the order of acts; the latest that holds a date wins.
    pub knowledge: Knowledge,
    /// The revision.
    pub revision: Digest,
    /// The first case date it answers.
    pub from: Date,
    /// The first case date it does not; [`Date::MAX`] for none.
    pub until: Date,
    /// When it was put in force.
    pub recorded_on: Date,
}

const SAVE_RULE: &str = "INSERT INTO rule (municipality, digest, component) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
const RULES: &str = "SELECT digest FROM rule WHERE municipality = $1 ORDER BY digest";
const RULE_COMPONENT: &str = "SELECT component FROM rule WHERE municipality = $1 AND digest = $2";
const SAVE_ORDINANCE: &str = "INSERT INTO ordinance (municipality, digest, written) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
const ORDINANCES: &str = "SELECT digest FROM ordinance WHERE municipality = $1 ORDER BY digest";
const ORDINANCE: &str = "SELECT written FROM ordinance WHERE municipality = $1 AND digest = $2";
const SAVE_REVISION: &str = "INSERT INTO revision \
     (municipality, digest, slot, rule_digest, ordinance_digest, segments, about, knowledge) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const REVISION: &str = "SELECT digest, slot, rule_digest, ordinance_digest, segments, about FROM revision \
     WHERE municipality = $1 AND digest = $2";
const REVISIONS: &str = "SELECT digest, slot, rule_digest, ordinance_digest, segments, about FROM revision \
     WHERE municipality = $1 ORDER BY knowledge";
const REVISION_BY_PREFIX: &str = "SELECT digest, slot, rule_digest, ordinance_digest, segments, about FROM revision \
     WHERE municipality = $1 AND digest >= $2 AND digest <= $3 ORDER BY digest LIMIT 2";
const SLOT: &str = "SELECT slot FROM revision WHERE municipality = $1 AND digest = $2";
const ACTIVATE: &str = "INSERT INTO activation \
     (municipality, knowledge, slot, revision, case_from, case_until, recorded_on) VALUES ($1, $2, $3, $4, $5, $6, $7)";
const ACTIVE_REVISION: &str = "SELECT revision FROM activation WHERE municipality = $1 AND slot = $2 \
     AND case_from <= $3 AND case_until > $3 AND knowledge <= $4 ORDER BY knowledge DESC LIMIT 1";
/// Activations of a revision by acts that as many signed as had to: an emergency that nobody else
/// signed proves nothing.
const ANSWERED_BEFORE: &str = "SELECT a.case_from, a.case_until FROM activation a \
     WHERE a.municipality = $1 AND a.slot = $2 AND a.revision = $3 AND NOT EXISTS (\
         SELECT 1 FROM effect e JOIN act m ON m.municipality = e.municipality AND m.id = e.act \
         WHERE e.municipality = $1 AND e.knowledge = a.knowledge AND e.kind = 'activation' AND m.emergency = 1 \
         AND NOT EXISTS (SELECT 1 FROM act_signature s \
             WHERE s.municipality = $1 AND s.act = m.id AND s.verdict = 'approve'))";
const ACTIVATIONS: &str = "SELECT knowledge, revision, case_from, case_until, recorded_on FROM activation \
     WHERE municipality = $1 AND slot = $2 ORDER BY knowledge";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] = &[
    SAVE_RULE,
    RULES,
    RULE_COMPONENT,
    SAVE_ORDINANCE,
    ORDINANCES,
    ORDINANCE,
    SAVE_REVISION,
    REVISION,
    REVISIONS,
    REVISION_BY_PREFIX,
    SLOT,
    ACTIVATE,
    ACTIVE_REVISION,
    ACTIVATIONS,
    ANSWERED_BEFORE,
];

impl Store {
    /// Keeps a rule's component, as an admission does. Only for checks: an office has no rule that
    /// was not admitted.
    #[cfg(any(test, feature = "checks"))]
    pub(crate) async fn save_rule(&self, municipality: Municipality, component: &[u8], stamp: &Stamp) -> Result<Digest> {
        let mut transaction = self.writing().await?;
        let (digest, is_new) = insert_rule(&mut transaction, municipality, component).await?;
        if is_new {
            append_record(&mut transaction, municipality, stamp, Record::Rule(digest)).await?;
        }
        transaction.commit().await?;
        Ok(digest)
    }

    /// The digests of the rules kept, in their order.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn rules(&self, municipality: Municipality) -> Result<Vec<Digest>> {
        let rows = sqlx::query(RULES).bind(municipality.number()).fetch_all(&self.pool).await?;
        rows.iter().map(|row| digest(row, 0)).collect()
    }

    /// The bytes of a rule's component, checked against their digest.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if they are not what was saved, [`StoreError::Database`].
    pub async fn rule_component(&self, municipality: Municipality, rule: Digest) -> Result<Option<Vec<u8>>> {
        let query = sqlx::query(RULE_COMPONENT).bind(municipality.number()).bind(&rule.0[..]);
        let Some(row) = query.fetch_optional(&self.pool).await? else {
            return Ok(None);
        };
        let component: Vec<u8> = row.try_get(0)?;
        if Digest::of(&component) != rule {
            return Err(StoreError::Damaged(format!("the component of rule {rule}")));
        }
        Ok(Some(component))
    }

    /// Keeps an ordinance as it was written and names it by the digest of the text. A second time
    /// changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn save_ordinance(&self, municipality: Municipality, written: &str, stamp: &Stamp) -> Result<Digest> {
        let digest = Digest::of(written.as_bytes());
        let mut transaction = self.writing().await?;
        let query = sqlx::query(SAVE_ORDINANCE).bind(municipality.number()).bind(&digest.0[..]).bind(written);
        if query.execute(&mut *transaction).await?.rows_affected() > 0 {
            append_record(&mut transaction, municipality, stamp, Record::Ordinance(digest)).await?;
        }
        transaction.commit().await?;
        Ok(digest)
    }

    /// The digests of the ordinances kept, in their order.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn ordinances(&self, municipality: Municipality) -> Result<Vec<Digest>> {
        let rows = sqlx::query(ORDINANCES).bind(municipality.number()).fetch_all(&self.pool).await?;
        rows.iter().map(|row| digest(row, 0)).collect()
    }

    /// An ordinance as it was written, checked against its digest.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if it is not what was saved, [`StoreError::Database`].
    pub async fn ordinance(&self, municipality: Municipality, ordinance: Digest) -> Result<Option<String>> {
        let query = sqlx::query(ORDINANCE).bind(municipality.number()).bind(&ordinance.0[..]);
        let Some(row) = query.fetch_optional(&self.pool).await? else {
            return Ok(None);
        };
        let written: String = row.try_get(0)?;
        if Digest::of(written.as_bytes()) != ordinance {
            return Err(StoreError::Damaged(format!("the text of ordinance {ordinance}")));
        }
        Ok(Some(written))
    }

    /// Keeps a revision whose rule and ordinance are kept already. The same content a second time
    /// changes nothing.
    ///
    /// # Errors
    /// [`StoreError::RevisionDiffers`] if the digest names other content; [`StoreError::Database`],
    /// also when the rule or the ordinance is not there.
    pub async fn save_revision(&self, municipality: Municipality, revision: &Revision, learnt_on: Date, stamp: &Stamp) -> Result<()> {
        let mut transaction = self.writing().await?;
        // The number comes first: its lock lets one writer of the municipality at a time look
        // whether the revision is there.
        let knowledge = learn(&mut transaction, municipality, learnt_on).await?;
        let query = sqlx::query(REVISION).bind(municipality.number()).bind(&revision.digest.0[..]);
        if let Some(row) = query.fetch_optional(&mut *transaction).await? {
            // Dropping the transaction gives the number back.
            let stored = read_revision(&row)?;
            return if stored == *revision { Ok(()) } else { Err(StoreError::RevisionDiffers(revision.digest)) };
        }
        sqlx::query(SAVE_REVISION)
            .bind(municipality.number())
            .bind(&revision.digest.0[..])
            .bind(revision.slot.as_str())
            .bind(&revision.rule.0[..])
            .bind(&revision.ordinance.0[..])
            .bind(&revision.segments[..])
            .bind(revision.about.as_str())
            .bind(knowledge.0)
            .execute(&mut *transaction)
            .await?;
        append_record(&mut transaction, municipality, stamp, Record::Revision(revision.digest)).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// A revision by its digest.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn revision(&self, municipality: Municipality, revision: Digest) -> Result<Option<Revision>> {
        let query = sqlx::query(REVISION).bind(municipality.number()).bind(&revision.0[..]);
        query.fetch_optional(&self.pool).await?.map(|row| read_revision(&row)).transpose()
    }

    /// Every revision, in the order in which they were put together.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn revisions(&self, municipality: Municipality) -> Result<Vec<Revision>> {
        let rows = sqlx::query(REVISIONS).bind(municipality.number()).fetch_all(&self.pool).await?;
        rows.iter().map(read_revision).collect()
    }

    /// A revision by the first hexadecimal digits of its digest, one at least.
    ///
    /// # Errors
    /// [`StoreError::Prefix`] if the text is no such digits or several digests begin with them; and
    /// as [`Store::revision`].
    pub async fn revision_by_prefix(&self, municipality: Municipality, prefix: &str) -> Result<Option<Revision>> {
        let prefix = Prefix::parse("revision", prefix)?;
        let query = sqlx::query(REVISION_BY_PREFIX).bind(municipality.number()).bind(&prefix.first.0[..]).bind(&prefix.last.0[..]);
        prefix.only(&query.fetch_all(&self.pool).await?)?.map(read_revision).transpose()
    }

    /// The revision that answers a case date, as the office had it then; none if none was put in
    /// force for it.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn active_revision(&self, municipality: Municipality, slot: &str, on: Date, as_of: Knowledge) -> Result<Option<Digest>> {
        let query = sqlx::query(ACTIVE_REVISION).bind(municipality.number()).bind(slot).bind(on.to_string()).bind(as_of.0);
        query.fetch_optional(&self.pool).await?.map(|row| digest(&row, 0)).transpose()
    }

    /// Every activation of a slot, in the order of the acts.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn activations(&self, municipality: Municipality, slot: &str) -> Result<Vec<Activation>> {
        let rows = sqlx::query(ACTIVATIONS).bind(municipality.number()).bind(slot).fetch_all(&self.pool).await?;
        let read = |row: &sqlx::any::AnyRow| {
            Ok(Activation {
                knowledge: Knowledge(row.try_get(0)?),
                revision: digest(row, 1)?,
                from: date(row.try_get(2)?)?,
                until: date(row.try_get(3)?)?,
                recorded_on: date(row.try_get(4)?)?,
            })
        };
        rows.iter().map(read).collect()
    }
}

/// Keeps a rule's component; answers its digest, and whether it is new.
pub(crate) async fn insert_rule(
    transaction: &mut Transaction<'static, Any>,
    municipality: Municipality,
    component: &[u8],
) -> Result<(Digest, bool)> {
    let digest = Digest::of(component);
    let query = sqlx::query(SAVE_RULE).bind(municipality.number()).bind(&digest.0[..]).bind(component);
    Ok((digest, query.execute(&mut **transaction).await?.rows_affected() > 0))
}

/// Refuses an activation of a revision that does not exist or answers another slot, or for no date.
pub(crate) async fn check_activation(
    transaction: &mut Transaction<'static, Any>,
    municipality: Municipality,
    activation: &act::Activation,
) -> Result<()> {
    let act::Activation { slot, revision, from, until } = activation;
    let refuse = |wrong| Err(StoreError::Activation { revision: *revision, wrong });
    if from >= until {
        return refuse("its dates hold no day");
    }
    let query = sqlx::query(SLOT).bind(municipality.number()).bind(&revision.0[..]);
    match query.fetch_optional(&mut **transaction).await? {
        None => refuse("there is no such revision"),
        Some(row) if row.try_get::<&str, _>(0)? != slot => refuse("it answers another slot"),
        Some(_) => match pauses::held(transaction, municipality, slot, *revision).await? {
            Some(held) if held.quarantine => refuse("it is quarantined"),
            _ => Ok(()),
        },
    }
}

/// Does an activation go back to a revision that answered every one of its dates before, put in
/// force by enough people, and that is neither paused nor in force for them already?
pub(crate) async fn goes_back(
    transaction: &mut Transaction<'static, Any>,
    municipality: Municipality,
    back: &act::Activation,
) -> Result<bool> {
    let act::Activation { slot, revision, from, until } = back;
    if pauses::held(transaction, municipality, slot, *revision).await?.is_some() {
        return Ok(false);
    }
    let query = sqlx::query(ANSWERED_BEFORE).bind(municipality.number()).bind(slot.as_str()).bind(&revision.0[..]);
    let mut answered = Vec::new();
    for row in query.fetch_all(&mut **transaction).await? {
        answered.push((date(row.try_get(0)?)?, date(row.try_get(1)?)?));
    }
    answered.sort_unstable();
    let reached = answered.into_iter().fold(*from, |on, (from, until)| if from <= on && on < until { until } else { on });
    let query = sqlx::query(ACTIVATIONS).bind(municipality.number()).bind(slot.as_str());
    let mut latest = None;
    for row in query.fetch_all(&mut **transaction).await? {
        let (answers, first, end) = (digest(&row, 1)?, date(row.try_get(2)?)?, date(row.try_get(3)?)?);
        if first < *until && *from < end {
            latest = Some((answers, first <= *from && *until <= end));
        }
    }
    Ok(reached >= *until && latest != Some((*revision, true)))
}

/// Puts a revision in force for the case dates from the first up to but without the second, over
/// whatever was in force for them. Going back to an earlier revision is the same.
pub(crate) async fn activate(
    transaction: &mut Transaction<'static, Any>,
    municipality: Municipality,
    knowledge: Knowledge,
    activation: &act::Activation,
    recorded_on: Date,
) -> Result<()> {
    sqlx::query(ACTIVATE)
        .bind(municipality.number())
        .bind(knowledge.0)
        .bind(activation.slot.as_str())
        .bind(&activation.revision.0[..])
        .bind(activation.from.to_string())
        .bind(activation.until.to_string())
        .bind(recorded_on.to_string())
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// A row of digest, slot, rule_digest, ordinance_digest, segments, about.
fn read_revision(row: &sqlx::any::AnyRow) -> Result<Revision> {
    Ok(Revision {
        digest: digest(row, 0)?,
        slot: row.try_get(1)?,
        rule: digest(row, 2)?,
        ordinance: digest(row, 3)?,
        segments: row.try_get(4)?,
        about: row.try_get(5)?,
    })
}
