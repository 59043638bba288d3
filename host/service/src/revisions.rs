//! Revisions: put together, kept, put in force, and loaded again to decide with.

use crate::ordinance::{Ordinance, OrdinanceError, revision};
use crate::words::Words;
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, Knowledge, Municipality};
use jorei_engine::{Fault, Grant, LoadError, Question, Rule, Runtime, Segment, Settings};
use jorei_store::revisions::{Activation, Revision};
use jorei_store::{Store, StoreError};
use minicbor::{Decoder, Encoder};
use std::sync::Arc;

/// The slot of the yearly premium (賦課).
pub const PREMIUM: &str = "premium";

/// Why a revision cannot be made or loaded.
#[derive(Debug, thiserror::Error)]
pub enum RevisionError {
    /// The component.
    #[error(transparent)]
    Rule(#[from] LoadError),
    /// The ordinance.
    #[error(transparent)]
    Ordinance(#[from] OrdinanceError),
    /// The ordinance of another city.
    #[error("the ordinance is that of municipality `{found}`, not of {wanted}")]
    OtherMunicipality {
        /// What the file says.
        found: String,
        /// Whose office asked.
        wanted: Municipality,
    },
    /// Nothing is in force.
    #[error("no revision of the slot `{slot}` is in force on {on} for municipality {municipality}; install one (jorei install --help)")]
    NotInForce {
        /// The slot.
        slot: String,
        /// The date of the case.
        on: Date,
        /// Whose office.
        municipality: Municipality,
    },
    /// A digest that names nothing.
    #[error("revision {0} is not in the store")]
    Unknown(Digest),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The machine.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// A revision ready to decide with.
pub struct LiveRevision {
    /// Its digest.
    pub digest: Digest,
    /// The rule.
    pub rule: Rule,
    /// The settings that the rule made of the ordinance.
    pub settings: Arc<Settings>,
    /// The rule's words.
    pub words: Words,
}

impl LiveRevision {
    /// The question of a date under this revision.
    pub fn question(&self, on: Date) -> Question {
        Question { on, settings: Arc::clone(&self.settings) }
    }
}

/// Keeps a rule and an ordinance as a revision and puts it in force for some case dates.
/// A second time changes nothing.
///
/// # Errors
/// A [`RevisionError`]; then nothing is in force that was not before.
pub async fn install(
    store: &Store,
    runtime: &Arc<Runtime>,
    municipality: Municipality,
    component: &[u8],
    ordinance: &str,
    (from, until): (Date, Date),
    recorded_on: Date,
) -> Result<Digest, RevisionError> {
    let rule = Rule::load(runtime, component, &Grant::world())?;
    let ordinance = Ordinance::check(&rule, ordinance)?;
    if ordinance.municipality != municipality.to_string() {
        return Err(RevisionError::OtherMunicipality { found: ordinance.municipality, wanted: municipality });
    }
    let kept = Revision {
        digest: revision(rule.digest(), ordinance.digest()),
        slot: PREMIUM.into(),
        rule: rule.digest(),
        ordinance: ordinance.digest(),
        segments: encode(&ordinance.settings),
        about: Words::of(rule.about()).to_json(),
    };
    store.save_rule(municipality, component).await?;
    store.save_ordinance(municipality, &ordinance.text).await?;
    store.save_revision(municipality, &kept, recorded_on).await?;
    let in_force = |activation: &Activation| activation.revision == kept.digest && activation.from == from && activation.until == until;
    if !store.activations(municipality, PREMIUM).await?.last().is_some_and(in_force) {
        store.activate(municipality, PREMIUM, kept.digest, from, until, recorded_on).await?;
    }
    Ok(kept.digest)
}

/// Loads a revision by its digest.
///
/// # Errors
/// [`RevisionError::Unknown`]; or as the parts fail.
pub async fn load(
    store: &Store,
    runtime: &Arc<Runtime>,
    municipality: Municipality,
    digest: Digest,
) -> Result<LiveRevision, RevisionError> {
    let kept = store.revision(municipality, digest).await?.ok_or(RevisionError::Unknown(digest))?;
    let component = store.rule_component(municipality, kept.rule).await?.ok_or(RevisionError::Unknown(digest))?;
    let rule = Rule::load(runtime, &component, &Grant::world())?;
    let settings = decode(&kept.segments).ok_or_else(|| StoreError::Damaged(format!("the settings of revision {digest}")))?;
    Ok(LiveRevision { digest, rule, settings: Arc::new(settings), words: Words::from_json(&kept.about) })
}

/// Loads the revision in force for a case date: the law of the date of the case, never of today.
///
/// # Errors
/// [`RevisionError::NotInForce`]; or as the parts fail.
pub async fn in_force(
    store: &Store,
    runtime: &Arc<Runtime>,
    municipality: Municipality,
    on: Date,
    as_of: Knowledge,
) -> Result<LiveRevision, RevisionError> {
    match store.active_revision(municipality, PREMIUM, on, as_of).await? {
        Some(digest) => load(store, runtime, municipality, digest).await,
        None => Err(RevisionError::NotInForce { slot: PREMIUM.into(), on, municipality }),
    }
}

/// Segments as an array of from, until and bytes.
fn encode(settings: &Settings) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut cbor = Encoder::new(&mut bytes);
    // Writing to a vector cannot fail.
    let _ = cbor.array(settings.segments().len() as u64);
    for segment in settings.segments() {
        let _ = cbor.array(3).and_then(|cbor| cbor.i64(segment.from.packed())?.i64(segment.until.packed())?.bytes(&segment.compact));
    }
    bytes
}

fn decode(bytes: &[u8]) -> Option<Settings> {
    let mut cbor = Decoder::new(bytes);
    let mut segments = Vec::new();
    for _ in 0..cbor.array().ok()?? {
        cbor.array().ok().filter(|parts| *parts == Some(3))?;
        let from = Date::from_packed(cbor.i64().ok()?).ok()?;
        let until = Date::from_packed(cbor.i64().ok()?).ok()?;
        segments.push(Segment { from, until, compact: cbor.bytes().ok()?.to_vec() });
    }
    Settings::new(segments).ok()
}
