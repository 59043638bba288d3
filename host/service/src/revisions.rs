//! Revisions: put together, kept, and loaded to decide with. Which one decides is said by the date
//! of the case and by acts of two people ([`crate::activation`]), never by loading.

use crate::confirmation::raised;
use crate::office;
use crate::officer::Now;
use crate::ordinance::{Ordinance, OrdinanceError, revision};
use crate::words::Words;
use jorei_domain::act::NO_STATE;
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, Knowledge, Municipality};
use jorei_domain::slot::Slot;
use jorei_engine::{Fault, Grant, LoadError, Question, Rule, Runtime, Segment, Settings};
use jorei_package::manifest::Manifest;
use jorei_store::revisions::Revision;
use jorei_store::{Store, StoreError};
use minicbor::{Decoder, Encoder};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
    /// The ordinance calls values sourced that two people have still to confirm.
    #[error("the ordinance calls these values sourced, but nobody confirmed them: {}; `jorei ordinance confirm` makes the act for two people", .0.join(", "))]
    Raised(Vec<String>),
    /// The rule was never admitted here.
    #[error("rule {rule} is not admitted in municipality {municipality}; `jorei rule add` tries its package")]
    NotAdmitted {
        /// The rule.
        rule: Digest,
        /// Whose office.
        municipality: Municipality,
    },
    /// Nothing is in force.
    #[error(
        "no revision of the slot `{slot}` is in force on {on} for municipality {municipality}; `jorei revision list` shows what there is, `jorei activate` puts one in force"
    )]
    NotInForce {
        /// The slot.
        slot: &'static str,
        /// The date of the case.
        on: Date,
        /// Whose office.
        municipality: Municipality,
    },
    /// The revision in force was stopped because its cases kept failing.
    #[error("revision {revision} was paused on {since}: {reason}; {}", last_good.map_or_else(|| "no earlier revision answered these dates".to_owned(), |good| format!("the last good one is {good}: jorei rollback --to {}", good.short())))]
    Paused {
        /// The revision.
        revision: Digest,
        /// Since which day.
        since: Date,
        /// Why.
        reason: String,
        /// The revision that answered these dates before, and was not paused.
        last_good: Option<Digest>,
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
    /// The slot it answers.
    pub slot: Slot,
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

/// Puts an admitted rule and an ordinance together and keeps them as a revision. It is not in force
/// by that. A second time changes nothing.
///
/// # Errors
/// A [`RevisionError`]; then nothing is kept.
pub async fn make(
    store: &Store,
    runtime: &Arc<Runtime>,
    municipality: Municipality,
    rule: Digest,
    ordinance: &str,
    now: &Now,
    by: &str,
) -> Result<Digest, RevisionError> {
    let not_admitted = RevisionError::NotAdmitted { rule, municipality };
    let slot = manifest(store, municipality, rule).await?.ok_or(not_admitted)?.slot;
    let slot = Slot::named(&slot).ok_or_else(|| StoreError::Damaged(format!("the slot {slot} of rule {rule}")))?;
    let rule = load_rule(store, runtime, municipality, rule, None).await?;
    let ordinance = Ordinance::check(&rule, ordinance)?;
    if ordinance.municipality != municipality.to_string() {
        return Err(RevisionError::OtherMunicipality { found: ordinance.municipality, wanted: municipality });
    }
    let raised = raised(store, municipality, &ordinance.text).await?;
    if !raised.is_empty() {
        return Err(RevisionError::Raised(raised));
    }
    let kept = Revision {
        digest: revision(rule.digest(), ordinance.digest()),
        slot: slot.word().into(),
        rule: rule.digest(),
        ordinance: ordinance.digest(),
        segments: encode(&ordinance.settings),
        about: Words::of(rule.about()).to_json(),
    };
    let stamp = now.stamp(by);
    store.save_ordinance(municipality, &ordinance.text, &stamp).await?;
    store.save_revision(municipality, &kept, now.today, &stamp).await?;
    Ok(kept.digest)
}

/// Loads a revision to decide with. Its rule reaches what the municipality grants it today.
///
/// # Errors
/// [`RevisionError::Unknown`]; or as the parts fail.
pub async fn load(
    store: &Store,
    runtime: &Arc<Runtime>,
    municipality: Municipality,
    digest: Digest,
) -> Result<LiveRevision, RevisionError> {
    load_with(store, runtime, municipality, digest, None).await
}

/// Loads a revision to replay with: it is given nothing but the evidence of decisions it made, so a
/// grant that was narrowed since takes nothing from it.
///
/// # Errors
/// As [`load`].
pub async fn load_for_replay(
    store: &Store,
    runtime: &Arc<Runtime>,
    municipality: Municipality,
    digest: Digest,
) -> Result<LiveRevision, RevisionError> {
    load_with(store, runtime, municipality, digest, Some(Grant::world())).await
}

async fn load_with(
    store: &Store,
    runtime: &Arc<Runtime>,
    municipality: Municipality,
    digest: Digest,
    grant: Option<Grant>,
) -> Result<LiveRevision, RevisionError> {
    let kept = store.revision(municipality, digest).await?.ok_or(RevisionError::Unknown(digest))?;
    let rule = load_rule(store, runtime, municipality, kept.rule, grant).await?;
    let settings = decode(&kept.segments).ok_or_else(|| StoreError::Damaged(format!("the settings of revision {digest}")))?;
    let slot = slot_of(&kept)?;
    Ok(LiveRevision { digest, slot, rule, settings: Arc::new(settings), words: Words::from_json(&kept.about) })
}

/// The slot that a kept revision answers.
///
/// # Errors
/// [`StoreError::Damaged`].
pub fn slot_of(kept: &Revision) -> Result<Slot, StoreError> {
    Slot::named(&kept.slot).ok_or_else(|| StoreError::Damaged(format!("the slot {} of revision {}", kept.slot, kept.digest)))
}

/// Loads an admitted rule under a grant, or under the one that it has now.
///
/// # Errors
/// [`RevisionError::NotAdmitted`]; or as the parts fail.
pub async fn load_rule(
    store: &Store,
    runtime: &Arc<Runtime>,
    municipality: Municipality,
    rule: Digest,
    grant: Option<Grant>,
) -> Result<Rule, RevisionError> {
    let not_admitted = || RevisionError::NotAdmitted { rule, municipality };
    let grant = match grant {
        Some(grant) => grant,
        None => {
            let manifest = manifest(store, municipality, rule).await?.ok_or_else(not_admitted)?;
            office::grant(store, municipality, &manifest.vendor, &manifest.id).await?
        }
    };
    let component = store.rule_component(municipality, rule).await?.ok_or_else(not_admitted)?;
    // The first time a rule is compiled, which takes seconds.
    let runtime = Arc::clone(runtime);
    let loaded = tokio::task::spawn_blocking(move || Rule::load(&runtime, &component, &grant)).await;
    Ok(loaded.map_err(|_| StoreError::Damaged(format!("rule {rule} breaks the host that loads it")))??)
}

/// What an admitted rule's package said of itself.
///
/// # Errors
/// A [`StoreError`].
pub async fn manifest(store: &Store, municipality: Municipality, rule: Digest) -> Result<Option<Manifest>, StoreError> {
    let Some(admission) = store.admission_of(municipality, rule).await? else { return Ok(None) };
    let damaged = |_| StoreError::Damaged(format!("the manifest of rule {rule}"));
    Manifest::from_json(&admission.manifest).map(Some).map_err(damaged)
}

/// The settings of a kept revision: for which dates it has law.
///
/// # Errors
/// [`RevisionError::Unknown`], or the store's.
pub async fn settings(store: &Store, municipality: Municipality, digest: Digest) -> Result<Settings, RevisionError> {
    let kept = store.revision(municipality, digest).await?.ok_or(RevisionError::Unknown(digest))?;
    Ok(decode(&kept.segments).ok_or_else(|| StoreError::Damaged(format!("the settings of revision {digest}")))?)
}

/// The revision in force for a case date: the law of the date of the case, never of today.
///
/// # Errors
/// [`RevisionError::NotInForce`]; [`RevisionError::Paused`].
pub async fn digest_in_force(
    store: &Store,
    municipality: Municipality,
    slot: Slot,
    on: Date,
    as_of: Knowledge,
) -> Result<Digest, RevisionError> {
    let Some(digest) = store.active_revision(municipality, slot.word(), on, as_of).await? else {
        return Err(RevisionError::NotInForce { slot: slot.word(), on, municipality });
    };
    match store.pause_of(municipality, slot.word(), digest).await? {
        Some(pause) => {
            Err(RevisionError::Paused { revision: digest, since: pause.recorded_on, reason: pause.reason, last_good: pause.last_good })
        }
        None => Ok(digest),
    }
}

/// Loads the revision in force for a case date.
///
/// # Errors
/// As [`digest_in_force`] and [`load`].
pub async fn in_force(
    store: &Store,
    runtime: &Arc<Runtime>,
    municipality: Municipality,
    slot: Slot,
    on: Date,
    as_of: Knowledge,
) -> Result<LiveRevision, RevisionError> {
    let digest = digest_in_force(store, municipality, slot, on, as_of).await?;
    load(store, runtime, municipality, digest).await
}

/// The revision that answered a case date before the one that does now, and was not paused.
///
/// # Errors
/// A [`StoreError`].
pub async fn last_good(store: &Store, municipality: Municipality, slot: Slot, on: Date, now: Digest) -> Result<Option<Digest>, StoreError> {
    let mut earlier = store.activations(municipality, slot.word()).await?;
    earlier.retain(|activation| activation.revision != now && activation.from <= on && on < activation.until);
    while let Some(activation) = earlier.pop() {
        if store.pause_of(municipality, slot.word(), activation.revision).await?.is_none() {
            return Ok(Some(activation.revision));
        }
    }
    Ok(None)
}

/// Was any revision of a slot ever put in force for a case date, whatever became of it?
///
/// # Errors
/// A [`StoreError`].
pub async fn was_in_force(store: &Store, municipality: Municipality, slot: Slot, on: Date) -> Result<bool, StoreError> {
    let activations = store.activations(municipality, slot.word()).await?;
    Ok(activations.iter().any(|activation| activation.from <= on && on < activation.until))
}

/// Revisions that are loaded, for a process that decides for long: each is loaded once. A change
/// of activation, grant or pause is seen by the next case; a case under way keeps what it has.
pub struct Shelf {
    store: Store,
    runtime: Arc<Runtime>,
    loaded: Mutex<HashMap<(Municipality, Digest, Digest), Arc<LiveRevision>>>,
}

/// Revisions kept loaded: each takes some megabytes.
const LOADED_MAX: usize = 64;

impl Shelf {
    /// An empty shelf.
    pub fn new(store: Store, runtime: Arc<Runtime>) -> Shelf {
        Shelf { store, runtime, loaded: Mutex::default() }
    }

    /// The revision in force for a case date.
    ///
    /// # Errors
    /// As [`in_force`].
    pub async fn in_force(
        &self,
        municipality: Municipality,
        slot: Slot,
        on: Date,
        as_of: Knowledge,
    ) -> Result<Arc<LiveRevision>, RevisionError> {
        let digest = digest_in_force(&self.store, municipality, slot, on, as_of).await?;
        let kept = self.store.revision(municipality, digest).await?.ok_or(RevisionError::Unknown(digest))?;
        let not_admitted = RevisionError::NotAdmitted { rule: kept.rule, municipality };
        let manifest = manifest(&self.store, municipality, kept.rule).await?.ok_or(not_admitted)?;
        let granted = self.store.state(municipality, "grant", &format!("{}/{}", manifest.vendor, manifest.id)).await?;
        let key = (municipality, digest, granted.map_or(NO_STATE, |(act, _)| act));
        if let Some(live) = self.loaded().get(&key) {
            return Ok(Arc::clone(live));
        }
        let live = Arc::new(load(&self.store, &self.runtime, municipality, digest).await?);
        let mut loaded = self.loaded();
        if loaded.len() >= LOADED_MAX {
            loaded.clear();
        }
        Ok(Arc::clone(loaded.entry(key).or_insert(live)))
    }

    /// As [`was_in_force`].
    ///
    /// # Errors
    /// A [`StoreError`].
    pub async fn was_in_force(&self, municipality: Municipality, slot: Slot, on: Date) -> Result<bool, StoreError> {
        was_in_force(&self.store, municipality, slot, on).await
    }

    fn loaded(&self) -> MutexGuard<'_, HashMap<(Municipality, Digest, Digest), Arc<LiveRevision>>> {
        // Whoever held it when they died left a map that is whole: it is written by single calls.
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
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
