//! Putting a revision in force, and going back to an earlier one: the difference first, then an act
//! that a second person signs.
//!
//! The case dates it answers are dates of the law. When it takes effect is another thing: the
//! moment at which enough people have signed, kept with the act.

use crate::acts::{ActsError, Proposal, based, propose};
use crate::office;
use crate::officer::{Now, Officer};
use crate::revisions::{RevisionError, load_rule, manifest, settings, slot_of};
use crate::shadow;
use crate::value_states::{states, unconfirmed};
use crate::words::plain;
use jorei_domain::act::{Activation, Change};
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, Knowledge, Municipality};
use jorei_domain::slot::Slot;
use jorei_engine::{Asked, Grant, Runtime, Settings, imports, structure};
use jorei_store::{Store, StoreError};
use similar::TextDiff;
use std::fmt::Write as _;
use std::sync::Arc;

/// Lines of an ordinance's difference around a changed one.
const CONTEXT_LINES: usize = 3;

/// What somebody wants in force.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The revision.
    pub revision: Digest,
    /// First case date.
    pub from: Date,
    /// First case date after it.
    pub until: Date,
    /// Why.
    pub reason: String,
    /// Only a revision that answered these dates before.
    pub rollback: bool,
    /// At once; open until a second person signs.
    pub emergency: bool,
    /// More people than the office asks for.
    pub checkers: u32,
    /// Only these may sign.
    pub eligible: Vec<String>,
}

/// Why a revision is not put in force.
#[derive(Debug, thiserror::Error)]
pub enum ActivationError {
    /// No day.
    #[error("its case dates hold no day: from {from} until {until}")]
    NoDay {
        /// From.
        from: Date,
        /// Until.
        until: Date,
    },
    /// The revision has no law for the dates.
    #[error(
        "revision {revision} does not hold on {on}: its ordinance reaches {reach}; make a revision of an ordinance that has a block for that date"
    )]
    DoesNotHold {
        /// The revision.
        revision: Digest,
        /// The first date without law.
        on: Date,
        /// What it has.
        reach: String,
    },
    /// It never answered any of the dates.
    #[error(
        "revision {revision} did not answer all case dates from {from} until {until} before, so nobody can go back to it; `jorei activate` puts a revision in force for the first time"
    )]
    NeverInForce {
        /// The revision.
        revision: Digest,
        /// From.
        from: Date,
        /// Until.
        until: Date,
    },
    /// It answers all of the dates already.
    #[error("revision {revision} answers case dates from {from} until {until} already")]
    InForce {
        /// The revision.
        revision: Digest,
        /// From.
        from: Date,
        /// Until.
        until: Date,
    },
    /// Its answers in bulk were not those that it gives singly.
    #[error("revision {revision} is quarantined since {since}: {reason}; it cannot be put in force, the vendor must send another")]
    Quarantined {
        /// The revision.
        revision: Digest,
        /// Since.
        since: Date,
        /// Why.
        reason: String,
    },
    /// Only going back may be an emergency.
    #[error("only going back to a revision that answered these dates before may be an emergency")]
    NoEmergency,
    /// The revision.
    #[error(transparent)]
    Revision(#[from] RevisionError),
    /// The act.
    #[error(transparent)]
    Acts(#[from] ActsError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What would change: the text that the maker sees and everybody who signs. Nothing is written.
///
/// # Errors
/// An [`ActivationError`].
pub async fn difference(store: &Store, runtime: &Arc<Runtime>, municipality: Municipality, plan: &Plan) -> Result<String, ActivationError> {
    let Plan { revision, from, until, .. } = *plan;
    if from >= until {
        return Err(ActivationError::NoDay { from, until });
    }
    let kept = store.revision(municipality, revision).await?.ok_or(RevisionError::Unknown(revision))?;
    let slot = slot_of(&kept)?;
    holds(&settings(store, municipality, revision).await?, plan)?;
    let pause = store.pause_of(municipality, slot.word(), revision).await?;
    if let Some(pause) = pause.clone().filter(|pause| pause.quarantine) {
        return Err(ActivationError::Quarantined { revision, since: pause.recorded_on, reason: pause.reason });
    }
    let activations = store.activations(municipality, slot.word()).await?;
    let mut answered: Vec<(Date, Date)> =
        activations.iter().filter(|before| before.revision == revision).map(|before| (before.from, before.until)).collect();
    answered.sort_unstable();
    let reached = answered.into_iter().fold(from, |on, (from, until)| if from <= on && on < until { until } else { on });
    if plan.rollback && reached < until {
        return Err(ActivationError::NeverInForce { revision, from, until });
    }
    if plan.emergency && !plan.rollback {
        return Err(ActivationError::NoEmergency);
    }
    // Loading shows that what it asks for is granted, today.
    let rule = load_rule(store, runtime, municipality, kept.rule, None).await?;
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{}", if plan.rollback { "改版の切戻し" } else { "改版の適用" });
    let _ = writeln!(text, "対象 {municipality} {}  基準日 {from} から {until} の前日まで", slot.word());
    let _ = writeln!(text, "理由 {}", plain(&plan.reason));
    let _ = writeln!(text, "適用する改版 {revision}");
    if let Some(manifest) = manifest(store, municipality, kept.rule).await? {
        let _ = writeln!(text, "  ルール {} {} （{}） {}", manifest.id, manifest.version, manifest.vendor, kept.rule);
    }
    let component = store.rule_component(municipality, kept.rule).await?.unwrap_or_default();
    let cases = jorei_package::manifest::read(&component).ok().and_then(|contents| contents.cases).map_or(0, |cases| cases.cases.len());
    let _ = writeln!(text, "  ベンダーの例題 {cases} 件（受入れ時に確認済み）");
    let _ = writeln!(text, "  条例 {}", kept.ordinance);
    let ordinance = store.ordinance(municipality, kept.ordinance).await?.unwrap_or_default();
    let [sourced, second_hand, assumed] = states(&ordinance);
    let _ = writeln!(text, "  条例の値: 確認済 {sourced}、伝聞 {second_hand}、推定 {assumed}");
    let open = unconfirmed(&ordinance);
    if !open.is_empty() {
        let _ = writeln!(text, "  確認が必要な値: {}", open.join("、"));
    }
    if let Some(pause) = &pause {
        let _ =
            writeln!(text, "  この改版は {} に一時停止されました: {}\n  承認すると一時停止は解かれます", pause.recorded_on, pause.reason);
    }
    let as_of = store.latest_knowledge(municipality).await?;
    let stretches = stretches(store, municipality, slot, from, until, as_of).await?;
    if pause.is_none() && stretches.iter().all(|(_, _, before)| *before == Some(revision)) {
        return Err(ActivationError::InForce { revision, from, until });
    }
    let mut compared: Vec<Digest> = Vec::new();
    for (from, until, before) in &stretches {
        let name = before.map_or_else(|| "なし".to_owned(), |before| before.to_string());
        let _ = writeln!(text, "現在 {from} から {until} の前日まで: {name}");
        compared.extend(before.filter(|before| *before != revision && !compared.contains(before)));
    }
    for before in compared {
        compare(store, municipality, (before, &ordinance), rule.asked(), &mut text).await?;
    }
    if stretches.iter().all(|(_, _, before)| before.is_none()) {
        let more = office::asks_more(rule.asked(), None);
        let _ = writeln!(text, "求める記録・機能: {}", more.join("、"));
    }
    match shadow::newest(store, municipality, revision).await? {
        Some(report) => {
            let _ = write!(text, "並行検証 {}\n{}", report.id, shadow::read(&report)?.summary());
        }
        None => text.push_str("並行検証: 行われていません\n"),
    }
    Ok(text)
}

/// What to make an act of that puts a revision in force. Nothing is written.
///
/// # Errors
/// An [`ActivationError`].
pub async fn proposal(store: &Store, runtime: &Arc<Runtime>, municipality: Municipality, plan: Plan) -> Result<Proposal, ActivationError> {
    let Plan { revision, from, until, .. } = plan;
    let kept = store.revision(municipality, revision).await?.ok_or(RevisionError::Unknown(revision))?;
    let change = Change::Activation(Activation { slot: kept.slot, revision, from, until });
    let changes = based(store, municipality, vec![change]).await?;
    let shown = difference(store, runtime, municipality, &plan).await?;
    let Plan { reason, emergency, checkers, eligible, .. } = plan;
    Ok(Proposal { changes, reason, shown, checkers, eligible, emergency })
}

/// Makes the act that puts a revision in force; a rollback in an emergency does so at once.
///
/// # Errors
/// An [`ActivationError`].
pub async fn activate(
    store: &Store,
    runtime: &Arc<Runtime>,
    municipality: Municipality,
    officer: &Officer,
    plan: Plan,
    now: &Now,
) -> Result<Digest, ActivationError> {
    let proposal = proposal(store, runtime, municipality, plan).await?;
    Ok(propose(store, municipality, officer, proposal, now).await?)
}

/// Which revision answers which case dates, as the office has it now: contiguous stretches from
/// `from` to `until`.
///
/// # Errors
/// A [`StoreError`].
pub async fn stretches(
    store: &Store,
    municipality: Municipality,
    slot: Slot,
    from: Date,
    until: Date,
    as_of: Knowledge,
) -> Result<Vec<(Date, Date, Option<Digest>)>, StoreError> {
    let mut activations = store.activations(municipality, slot.word()).await?;
    activations.retain(|activation| activation.knowledge <= as_of);
    let mut bounds = vec![from, until];
    for activation in &activations {
        bounds.extend([activation.from, activation.until].into_iter().filter(|date| from < *date && *date < until));
    }
    bounds.sort_unstable();
    bounds.dedup();
    let mut found: Vec<(Date, Date, Option<Digest>)> = Vec::new();
    for pair in bounds.windows(2) {
        let (from, until) = (pair[0], pair[1]);
        // The latest act that holds the stretch wins.
        let holds = activations.iter().rev().find(|activation| activation.from <= from && until <= activation.until);
        let revision = holds.map(|activation| activation.revision);
        match found.last_mut() {
            Some((_, end, before)) if *before == revision => *end = until,
            _ => found.push((from, until, revision)),
        }
    }
    Ok(found)
}

/// Does a revision have law for every date of a plan?
fn holds(settings: &Settings, plan: &Plan) -> Result<(), ActivationError> {
    let mut on = plan.from;
    for segment in settings.segments() {
        if segment.from <= on && on < segment.until {
            on = segment.until;
        }
    }
    if on >= plan.until {
        return Ok(());
    }
    let reach = match (settings.segments().first(), settings.segments().last()) {
        (Some(first), Some(last)) => format!("from {} until {}", first.from, last.until),
        _ => "no date".to_owned(),
    };
    Err(ActivationError::DoesNotHold { revision: plan.revision, on, reach })
}

/// What differs from a revision that answers now: rule, records asked for, ordinance.
async fn compare(
    store: &Store,
    municipality: Municipality,
    (before, ordinance): (Digest, &str),
    asked: &Asked,
    text: &mut String,
) -> Result<(), ActivationError> {
    let kept = store.revision(municipality, before).await?.ok_or(RevisionError::Unknown(before))?;
    let _ = writeln!(text, "改版 {} との違い", before.short());
    if let Some(manifest) = manifest(store, municipality, kept.rule).await? {
        let _ = writeln!(text, "  ルール {} {} （{}） {}", manifest.id, manifest.version, manifest.vendor, kept.rule);
    }
    let component = store.rule_component(municipality, kept.rule).await?.unwrap_or_default();
    let then = structure::check(&component).ok().and_then(|structure| imports::check(&structure, &Grant::world()).ok());
    let more = office::asks_more(asked, then.as_ref());
    let _ = writeln!(text, "  新たに求める記録・機能: {}", if more.is_empty() { "なし".to_owned() } else { more.join("、") });
    let then = store.ordinance(municipality, kept.ordinance).await?.unwrap_or_default();
    if then == ordinance {
        text.push_str("  条例: 同じ\n");
        return Ok(());
    }
    text.push_str("  条例の違い\n");
    let difference = TextDiff::from_lines(then.as_str(), ordinance);
    for line in difference.unified_diff().context_radius(CONTEXT_LINES).to_string().lines() {
        let _ = writeln!(text, "    {line}");
    }
    Ok(())
}
