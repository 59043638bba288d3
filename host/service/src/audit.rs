//! The audit chain for people: verified, exported, its head signed.

use crate::acts::{ActsError, authentic};
use crate::officer::{Now, Officer};
use jorei_domain::audit::Head;
use jorei_domain::id::Municipality;
use jorei_package::audit_export::{read_head, write_entry, write_head, write_header};
use jorei_package::signing::{PublicKey, Purpose, SignatureError, sign};
use jorei_store::audit::Broken;
use jorei_store::{Store, StoreError};

/// Entries of one page of an export.
const PAGE: u32 = 500;

/// Why an export or a check cannot be carried out.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// Signing failed.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Whoever takes the lines failed.
    #[error("writing the export: {0}")]
    Write(#[from] std::io::Error),
}

/// What is wrong with a chain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Finding {
    /// The chain or what it speaks of.
    Chain(Broken),
    /// A signature under an act is not by the account that it names.
    Act(String),
    /// A head that was handed in is not signed by any of the keys given.
    Head(String),
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Finding::Chain(broken) => broken.fmt(f),
            Finding::Act(wrong) | Finding::Head(wrong) => f.write_str(wrong),
        }
    }
}

/// Verifies a municipality's chain, the records that it speaks of, the signatures under every act,
/// and heads that were kept elsewhere (as [`signed_head`] wrote them). `keys` are those that heads
/// may be signed by; where there are none, the current accounts' keys.
///
/// # Errors
/// An [`AuditError`] when it cannot be told.
pub async fn verify(
    store: &Store,
    municipality: Municipality,
    heads: &[String],
    keys: &[PublicKey],
    progress: impl FnMut(i64) + Send,
) -> Result<Vec<Finding>, AuditError> {
    let mut findings = Vec::new();
    let mut good = Vec::new();
    for line in heads {
        match read_head(line.trim(), keys) {
            Ok(signed) if signed.head.municipality != municipality => {
                findings.push(Finding::Head(format!("a head that was handed in is that of municipality {}", signed.head.municipality)));
            }
            Ok(signed) => good.push(signed.head),
            Err(fault) => findings.push(Finding::Head(format!("a head that was handed in: {fault}"))),
        }
    }
    let broken = store.audit_verify(municipality, &good, progress).await?;
    findings.extend(broken.into_iter().map(Finding::Chain));
    for stored in store.acts(municipality).await? {
        if stored.effect_at.is_some() && !stored.act.emergency && stored.approvals() < stored.act.checkers {
            let (id, approvals, checkers) = (stored.id, stored.approvals(), stored.act.checkers);
            findings.push(Finding::Act(format!("act {id}: in effect with {approvals} of {checkers} signatures")));
        }
        match authentic(store, &stored).await {
            Ok(()) => {}
            Err(error @ ActsError::Forged { .. }) => findings.push(Finding::Act(error.to_string())),
            Err(ActsError::Store(error)) => return Err(error.into()),
            Err(error) => findings.push(Finding::Act(error.to_string())),
        }
    }
    Ok(findings)
}

/// The chain's end, signed: keep it where whoever runs the database cannot reach.
///
/// # Errors
/// An [`AuditError`].
pub async fn signed_head(store: &Store, municipality: Municipality, officer: &Officer, now: &Now) -> Result<String, AuditError> {
    let (sequence, link) = store.audit_head(municipality).await?;
    let head = Head { municipality, sequence, link, stamp: now.stamp(&officer.account) };
    let signature = sign(officer.key(), Purpose::AuditHead, head.text().as_bytes())?;
    Ok(write_head(&head, &signature))
}

/// Writes the whole chain with its payloads and its signed head, a line at a time; `jorei-verify`
/// checks it with no database.
///
/// # Errors
/// An [`AuditError`].
pub async fn export(
    store: &Store,
    municipality: Municipality,
    officer: &Officer,
    now: &Now,
    mut line: impl FnMut(&str) -> std::io::Result<()>,
) -> Result<i64, AuditError> {
    let (last, link) = store.audit_head(municipality).await?;
    line(&write_header(municipality))?;
    let mut after = 0;
    while after < last {
        let page = store.audit_entries(municipality, after, PAGE).await?;
        let Some(end) = page.last().map(|stored| stored.entry.sequence) else { break };
        // What was appended since the head was read belongs to the next export.
        for stored in page.iter().filter(|stored| stored.entry.sequence <= last) {
            line(&write_entry(&stored.entry, &stored.payload, stored.link))?;
        }
        after = end;
    }
    let head = Head { municipality, sequence: last, link, stamp: now.stamp(&officer.account) };
    let signature = sign(officer.key(), Purpose::AuditHead, head.text().as_bytes())?;
    line(&write_head(&head, &signature))?;
    Ok(last)
}
