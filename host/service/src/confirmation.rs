//! Values confirmed (確認): an assumed or second-hand value becomes sourced by an act of two people,
//! and in no other way.
//!
//! A value is named by its block (`rounding[0]`), or, where it has a state of its own, within its
//! block (`rounding[0].cap_yen`). Confirming writes state and source into the text, so there is a
//! new ordinance, and a revision to be made of it. An edited file that raises a state by itself
//! makes no revision.

use crate::acts::{ActsError, Proposal, based, propose};
use crate::officer::{Now, Officer};
use crate::value_states::{Stated, at, lines, raise, unconfirmed, values};
use crate::words::plain;
use jorei_domain::act::{Change, Confirmation};
use jorei_domain::audit::Stamp;
use jorei_domain::id::{Digest, Municipality};
use jorei_store::{Store, StoreError};
use std::fmt::Write as _;
use toml_edit::DocumentMut;

/// Why a value cannot be confirmed.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmationError {
    /// Not TOML.
    #[error("the ordinance is not TOML: {0}")]
    Toml(#[from] toml_edit::TomlError),
    /// No such ordinance.
    #[error("municipality {municipality} has no ordinance {ordinance}")]
    Ordinance {
        /// Whose office.
        municipality: Municipality,
        /// Which.
        ordinance: Digest,
    },
    /// No such value, or nothing to confirm about it.
    #[error("the ordinance has nothing to confirm at `{path}`; what there is: {known}")]
    Path {
        /// What was asked for.
        path: String,
        /// The paths that could be.
        known: String,
    },
    /// An empty source.
    #[error("say where the value was read: an article, a page, a letter of the office")]
    Source,
    /// The act.
    #[error(transparent)]
    Acts(#[from] ActsError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What to make an act of that confirms values of an ordinance, and the new ordinance. The new text is
/// kept at once, in the name of the stamp; its states count only once the act took effect.
///
/// # Errors
/// A [`ConfirmationError`].
pub async fn proposal(
    store: &Store,
    municipality: Municipality,
    ordinance: Digest,
    (paths, source): (&[String], &str),
    stamp: &Stamp,
) -> Result<(Proposal, Digest), ConfirmationError> {
    if source.trim().is_empty() {
        return Err(ConfirmationError::Source);
    }
    let written = store.ordinance(municipality, ordinance).await?;
    let written = written.ok_or(ConfirmationError::Ordinance { municipality, ordinance })?;
    let mut document: DocumentMut = written.parse()?;
    let source = plain(source.trim());
    let mut shown = format!("条例 {ordinance} の値の確認\n出典 {source}\n");
    for path in paths {
        let Some(entry) = at(&mut document, path) else {
            return Err(ConfirmationError::Path { path: path.clone(), known: unconfirmed(&written).join(", ") });
        };
        let before = lines(entry);
        raise(entry, &source);
        let after = lines(entry);
        // Writing to a string cannot fail.
        let _ = write!(shown, "{path}\n  変更前\n{before}  変更後\n{after}");
    }
    let text = document.to_string();
    let result = Digest::of(text.as_bytes());
    let _ = writeln!(shown, "確認後の条例 {result}");
    let change = |path: &String| Change::Value(Confirmation { ordinance, path: path.clone(), source: source.clone(), result });
    let changes = based(store, municipality, paths.iter().map(change).collect()).await?;
    store.save_ordinance(municipality, &text, stamp).await?;
    Ok((Proposal { changes, reason: source, shown, checkers: 1, eligible: Vec::new(), emergency: false }, result))
}

/// Makes the act that confirms values of an ordinance; see [`proposal`]. Answers the act and the new
/// ordinance.
///
/// # Errors
/// A [`ConfirmationError`].
pub async fn confirm(
    store: &Store,
    municipality: Municipality,
    officer: &Officer,
    ordinance: Digest,
    what: (&[String], &str),
    now: &Now,
) -> Result<(Digest, Digest), ConfirmationError> {
    let (proposal, result) = proposal(store, municipality, ordinance, what, &now.stamp(&officer.account)).await?;
    Ok((propose(store, municipality, officer, proposal, now).await?, result))
}

/// Values that an ordinance calls sourced although an earlier one of the city did not, and nobody
/// confirmed them: paths in the new text. Dates and values are compared, not places in the file.
///
/// # Errors
/// A [`StoreError`].
pub async fn raised(store: &Store, municipality: Municipality, text: &str) -> Result<Vec<String>, StoreError> {
    let mut confirmed = Vec::new();
    for (_, change) in store.states(municipality, "value").await? {
        if let Change::Value(confirmation) = change
            && let Some(result) = store.ordinance(municipality, confirmation.result).await?
        {
            confirmed.extend(values(&result).into_iter().filter(|value| value.path == confirmation.path));
        }
    }
    let mut open = Vec::new();
    for revision in store.revisions(municipality).await? {
        let earlier = store.ordinance(municipality, revision.ordinance).await?.unwrap_or_default();
        open.extend(values(&earlier).into_iter().filter(|value| value.state != "sourced"));
    }
    let mut paths = Vec::new();
    for new in values(text).into_iter().filter(|value| value.state == "sourced") {
        let same = |other: &Stated| other.section == new.section && other.key == new.key;
        let was_open = open.iter().any(|old| same(old) && old.from < new.until && new.from < old.until);
        let is_confirmed = confirmed.iter().any(|good| {
            same(good) && good.value == new.value && good.source == new.source && good.from <= new.from && new.until <= good.until
        });
        if was_open && !is_confirmed && !paths.contains(&new.path) {
            paths.push(new.path);
        }
    }
    Ok(paths)
}
