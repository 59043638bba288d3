//! Values confirmed (確認): an assumed or second-hand value becomes sourced by an act of two people,
//! and in no other way.
//!
//! A value is named by its block (`rounding[0]`), or, where it has a state of its own, within its
//! block (`rounding[0].cap_yen`). Confirming writes state and source into the text, so there is a
//! new ordinance, and a revision to be made of it. An edited file that raises a state by itself
//! makes no revision.

use crate::acts::{ActsError, Proposal, based, propose};
use crate::officer::{Now, Officer};
use crate::words::plain;
use jorei_domain::act::{Act, Change, Confirmation};
use jorei_domain::id::{Digest, Municipality};
use jorei_store::{Store, StoreError};
use std::fmt::Write as _;
use toml::{Table, Value};
use toml_edit::{DocumentMut, Item, TableLike, value};

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

/// Makes the act that confirms values of an ordinance. The new text is kept at once; its states
/// count only once the act took effect. Answers the act and the new ordinance.
///
/// # Errors
/// A [`ConfirmationError`].
pub async fn confirm(
    store: &Store,
    municipality: Municipality,
    officer: &Officer,
    ordinance: Digest,
    (paths, source): (&[String], &str),
    now: &Now,
) -> Result<(Digest, Digest), ConfirmationError> {
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
    store.save_ordinance(municipality, &text, &now.stamp(&officer.account)).await?;
    let proposal = Proposal { changes, reason: source, shown, checkers: 1, eligible: Vec::new(), emergency: false };
    Ok((propose(store, municipality, officer, proposal, now).await?, result))
}

fn raise(entry: &mut dyn TableLike, source: &str) {
    entry.insert("state", value("sourced"));
    entry.insert("source", value(source));
}

/// Is what an act confirms really the ordinance it names, with nothing changed but the states and
/// sources of the values it names? Whoever signs need not trust the maker's program.
///
/// # Errors
/// [`ActsError::Unfaithful`], or the store's.
pub async fn faithful(store: &Store, act: &Act) -> Result<(), ActsError> {
    let confirmations =
        || act.changes.iter().filter_map(|based| if let Change::Value(confirmed) = &based.change { Some(confirmed) } else { None });
    for Confirmation { ordinance, result, .. } in confirmations() {
        let written = store.ordinance(act.municipality, *ordinance).await?.unwrap_or_default();
        let mut document: DocumentMut = written.parse().unwrap_or_default();
        for other in confirmations().filter(|other| other.ordinance == *ordinance && other.result == *result) {
            if let Some(entry) = at(&mut document, &other.path) {
                raise(entry, &other.source);
            }
        }
        if Digest::of(document.to_string().as_bytes()) != *result {
            return Err(ActsError::Unfaithful { act: act.id(), ordinance: *ordinance, result: *result });
        }
    }
    Ok(())
}

/// The table that a path names, if it has a state that can be raised.
fn at<'d>(document: &'d mut DocumentMut, path: &str) -> Option<&'d mut dyn TableLike> {
    let (section, rest) = path.split_once('[')?;
    let (index, key) = rest.split_once(']')?;
    let block = document.get_mut(section)?.as_array_of_tables_mut()?.get_mut(index.parse().ok()?)?;
    let entry: &mut dyn TableLike = match key.strip_prefix('.') {
        None if key.is_empty() => block,
        None => return None,
        Some(key) => block.get_mut("values")?.as_table_like_mut()?.get_mut(key)?.as_table_like_mut()?,
    };
    let state = entry.get("state").and_then(Item::as_str)?;
    (state != "sourced" && !entry.contains_key("missing")).then_some(entry)
}

/// A table in lines, without what stands around it in the file.
fn lines(table: &dyn TableLike) -> String {
    let mut text = String::new();
    for (key, item) in table.iter() {
        match item.as_table_like() {
            Some(inner) => inner.iter().for_each(|(inner, item)| {
                let _ = writeln!(text, "    {key}.{inner} = {}", item.to_string().trim());
            }),
            None => {
                let _ = writeln!(text, "    {key} = {}", item.to_string().trim());
            }
        }
    }
    text
}

/// One value of an ordinance, as far as its state goes.
#[derive(Clone, Debug, PartialEq)]
struct Stated {
    section: String,
    path: String,
    key: String,
    from: String,
    until: String,
    state: String,
    source: String,
    value: Value,
}

/// Every value of an ordinance file; what does not parse has none (the rule refuses it).
fn values(text: &str) -> Vec<Stated> {
    let mut all = Vec::new();
    let Ok(document) = toml::from_str::<Table>(text) else { return all };
    for (section, blocks) in &document {
        for (index, block) in blocks.as_array().into_iter().flatten().enumerate() {
            let text = |key: &str| block.get(key).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            let (from, until) = (text("from").unwrap_or_default(), text("until").unwrap_or_default());
            for (key, value) in block.get("values").and_then(Value::as_table).into_iter().flatten() {
                let own = |member: &str| value.get(member).and_then(Value::as_str).map(str::to_owned);
                let has_own_state = own("state").is_some();
                all.push(Stated {
                    section: section.clone(),
                    path: if has_own_state { format!("{section}[{index}].{key}") } else { format!("{section}[{index}]") },
                    key: key.clone(),
                    from: from.clone(),
                    until: until.clone(),
                    state: own("state").or_else(|| text("state")).unwrap_or_default(),
                    source: own("source").or_else(|| text("source")).unwrap_or_default(),
                    value: if has_own_state { value.get("value").unwrap_or(value).clone() } else { value.clone() },
                });
            }
        }
    }
    all
}

/// The paths of an ordinance's values that two people have still to confirm, in order.
pub fn unconfirmed(text: &str) -> Vec<String> {
    let mut paths: Vec<String> = Vec::new();
    for open in values(text).into_iter().filter(|value| value.state != "sourced") {
        if !paths.contains(&open.path) {
            paths.push(open.path);
        }
    }
    paths
}

/// How many values an ordinance has in each state: sourced, second-hand, assumed.
pub fn states(text: &str) -> [usize; 3] {
    let values = values(text);
    ["sourced", "second-hand", "assumed"].map(|state| values.iter().filter(|value| value.state == state).count())
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

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "[ordinance]\nmunicipality = \"012041\"\n\n# kept\n[[rounding]]\nfrom = \"2025-04-01\"\nuntil = \"2026-04-01\"\narticle = \"条例\"\nstate = \"assumed\"\n[rounding.values]\nunit_yen = 100\ncap_yen = { value = 5, state = \"second-hand\", article = \"x\" }\n";

    #[test]
    fn a_block_and_a_value_with_its_own_state_are_named_and_raised_apart() {
        assert_eq!(unconfirmed(TEXT), ["rounding[0].cap_yen", "rounding[0]"]);
        assert_eq!(states(TEXT), [0, 1, 1]);
        let mut document: DocumentMut = TEXT.parse().unwrap();
        at(&mut document, "rounding[0]").unwrap().insert("state", value("sourced"));
        let text = document.to_string();
        assert!(text.contains("# kept"), "the rest of the file stays as it was written");
        assert_eq!(unconfirmed(&text), ["rounding[0].cap_yen"]);
        for nothing in [
            "rounding[0]",
            "rounding[1]",
            "rounding",
            "other[0]",
            "rounding[0]x",
            "rounding[0].unit_yen",
            "rounding[9999999999999999999999]",
        ] {
            assert!(at(&mut document, nothing).is_none(), "{nothing}");
        }
    }
}
