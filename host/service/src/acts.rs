//! Acts of two people: one makes, others sign what was shown to them.
//!
//! Whoever makes or signs does so with their own key over the act's id, which is the hash of the
//! changes, of the text shown and of the state it rests on. The store counts and decides in one
//! transaction; here the signatures are made and looked at.

use crate::arrears::write_off;
use crate::imports;
use crate::officer::{Now, Officer, accounts};
use crate::value_states::{at, raise};
use crate::words::{plain, plain_lines};
use jorei_domain::act::{Account, Act, Based, Change, Confirmation, NO_STATE};
use jorei_domain::id::{Digest, Municipality};
use jorei_package::signing::{KeyError, PublicKey, Purpose, SecretKey, SignatureError, sign as sign_bytes, verify};
use jorei_store::acts::{Signature, Signed, StoredAct, Verdict};
use jorei_store::{Store, StoreError};
use toml_edit::DocumentMut;

/// What somebody wants to change.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The changes with the states they rest on, from [`based`]; they take effect together.
    pub changes: Vec<Based>,
    /// Why.
    pub reason: String,
    /// What is shown to the maker and to whoever signs.
    pub shown: String,
    /// More people than the office's threshold asks for.
    pub checkers: u32,
    /// Only these may sign; empty: everybody but the maker.
    pub eligible: Vec<String>,
    /// At once, open until signed.
    pub emergency: bool,
}

/// Why an act is not made or signed.
#[derive(Debug, thiserror::Error)]
pub enum ActsError {
    /// Every change is the current state already.
    #[error("nothing would change: all of it is the current state already")]
    NoChange,
    /// A signature in the records is not that of the account it names.
    #[error(
        "act {act}: the signature of {account} is not by the key of that account; the records were edited, sign nothing and call the auditor"
    )]
    Forged {
        /// The act.
        act: Digest,
        /// The account.
        account: String,
    },
    /// No such act.
    #[error("municipality {municipality} has no act {act}; `jorei approve` lists the open ones")]
    Unknown {
        /// Whose office.
        municipality: Municipality,
        /// What was asked for.
        act: String,
    },
    /// Two accounts with one key would be one person.
    #[error("account {account} would have the key of {other}; every account has a key of its own")]
    SameKey {
        /// The account.
        account: String,
        /// Whose key it is.
        other: String,
    },
    /// An account keeps its key.
    #[error("account {0} has another key; end it, and begin another account for the new key")]
    NewKey(String),
    /// A confirmation whose text is not the confirmed one.
    #[error("act {act}: the ordinance {result} is not {ordinance} with the values confirmed that the act names; do not sign it")]
    Unfaithful {
        /// The act.
        act: Digest,
        /// The ordinance before.
        ordinance: Digest,
        /// The ordinance after.
        result: Digest,
    },
    /// Somebody else's key.
    #[error("the key is not that of account {account} in municipality {municipality}")]
    NotTheirKey {
        /// The account.
        account: String,
        /// Whose office.
        municipality: Municipality,
    },
    /// A key that cannot be read.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Not a good signature, or none could be made.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The store refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Changes with the states that they rest on now. To be read before the text that is shown is made:
/// what happens in between then expires the act, and is not adopted unseen. Changes that are the
/// current state already are left out.
///
/// # Errors
/// An [`ActsError`].
pub async fn based(store: &Store, municipality: Municipality, changes: Vec<Change>) -> Result<Vec<Based>, ActsError> {
    let mut all = Vec::with_capacity(changes.len());
    for change in changes {
        let base = match store.state(municipality, change.kind(), &change.key()).await? {
            // An activation may be repeated: it ends a pause of its revision.
            Some((_, current)) if current == change && !matches!(change, Change::Activation(_)) => continue,
            Some((act, _)) => act,
            None => NO_STATE,
        };
        all.push(Based { base, change });
    }
    Ok(all)
}

/// An act as it would be made: with as many people as the office asks for, and with texts that steer
/// no terminal. Nothing is written; whoever made it signs [`statement`] `make` over its id.
///
/// # Errors
/// [`ActsError::NoChange`], [`ActsError::SameKey`], [`ActsError::NewKey`], or the store's.
pub async fn prepare(store: &Store, municipality: Municipality, maker: &str, proposal: Proposal, now: &Now) -> Result<Act, ActsError> {
    let Proposal { changes, mut checkers, .. } = proposal;
    checkers = checkers.max(1);
    for Based { change, .. } in &changes {
        checkers = checkers.max(threshold(store, municipality, change.kind()).await?);
        if let Change::Threshold(of) = change {
            checkers = checkers.max(threshold(store, municipality, &of.of).await?);
        }
    }
    if changes.is_empty() {
        return Err(ActsError::NoChange);
    }
    distinct_keys(store, municipality, &changes).await?;
    Ok(Act {
        municipality,
        changes,
        reason: plain(&proposal.reason),
        shown: plain_lines(&proposal.shown),
        maker: maker.to_owned(),
        checkers,
        eligible: proposal.eligible,
        emergency: proposal.emergency,
        made_at: now.at.clone(),
    })
}

/// Makes a prepared act by the signature of its maker; answers its id. It takes effect when enough
/// other people have signed it; an emergency at once. An act that was made already changes nothing.
///
/// # Errors
/// An [`ActsError`], [`ActsError::NotTheirKey`] or [`ActsError::Signature`] if the signature is not the
/// maker's over `make` and this act; then nothing was written.
pub async fn submit(store: &Store, act: &Act, signature: &str, now: &Now) -> Result<Digest, ActsError> {
    let id = act.id();
    check_signature(store, act, &act.maker, "make", signature).await?;
    if store.act(act.municipality, id).await?.is_some() {
        return Ok(id);
    }
    // The keys of the office may have changed since the act was prepared.
    distinct_keys(store, act.municipality, &act.changes).await?;
    Ok(store.propose(act, signature, now.today, &now.stamp(&act.maker)).await?)
}

/// Makes an act with a key that is at hand; see [`prepare`] and [`submit`].
///
/// # Errors
/// An [`ActsError`]; then nothing was written.
pub async fn propose(
    store: &Store,
    municipality: Municipality,
    officer: &Officer,
    proposal: Proposal,
    now: &Now,
) -> Result<Digest, ActsError> {
    let act = prepare(store, municipality, &officer.account, proposal, now).await?;
    submit(store, &act, &signature(officer.key(), "make", act.id())?, now).await
}

/// Adds what an account says to an act, by a signature that was made elsewhere over [`statement`]
/// `approve` or `reject`. Answers whether the act is in effect now, and how many people are still
/// missing; the same signature again answers that too, and changes nothing.
///
/// # Errors
/// An [`ActsError`]; then nothing was written.
pub async fn countersign(
    store: &Store,
    municipality: Municipality,
    account: &str,
    act: Digest,
    verdict: Verdict,
    signature: &str,
    now: &Now,
) -> Result<Signed, ActsError> {
    let stored = signable(store, municipality, act, verdict).await?;
    let signed = match said_already(&stored, account, verdict, signature) {
        Some(signed) => signed,
        None => {
            check_signature(store, &stored.act, account, verdict.word(), signature).await?;
            match store.sign(municipality, act, account, verdict, signature, now.today, &now.stamp(account)).await {
                Ok(signed) => signed,
                Err(error) => {
                    // The same call may have come twice at once.
                    let stored = store.act(municipality, act).await?;
                    stored.and_then(|stored| said_already(&stored, account, verdict, signature)).ok_or(error)?
                }
            }
        }
    };
    if signed.in_effect {
        // What it says of imports takes longer than a signature; whoever is stopped here signs again.
        imports::complete(store, &stored.act, now, account).await?;
        write_off::complete(store, &stored.act, now, account).await?;
    }
    Ok(signed)
}

/// Signs an act with a key that is at hand, for or against; see [`countersign`].
///
/// # Errors
/// An [`ActsError`]; then nothing was written.
pub async fn sign(
    store: &Store,
    municipality: Municipality,
    officer: &Officer,
    act: Digest,
    verdict: Verdict,
    now: &Now,
) -> Result<Signed, ActsError> {
    // Nobody's key signs what was not looked at.
    signable(store, municipality, act, verdict).await?;
    let signature = signature(officer.key(), verdict.word(), act)?;
    countersign(store, municipality, &officer.account, act, verdict, &signature, now).await
}

/// A signature over [`statement`]. It counts only if the key is that of an account of the office.
///
/// # Errors
/// [`ActsError::Signature`].
pub fn signature(key: &SecretKey, said: &str, act: Digest) -> Result<String, ActsError> {
    Ok(sign_bytes(key, Purpose::Act, &statement(said, act))?)
}

/// An act that may be signed so: its signatures are what they say, and, where somebody is to approve
/// it, it does what it says.
async fn signable(store: &Store, municipality: Municipality, act: Digest, verdict: Verdict) -> Result<StoredAct, ActsError> {
    let stored = store.act(municipality, act).await?.ok_or_else(|| unknown(municipality, &act.to_string()))?;
    authentic(store, &stored).await?;
    if verdict == Verdict::Approve {
        faithful(store, &stored.act).await?;
    }
    Ok(stored)
}

/// Where an act stands, if the account has said exactly this to it.
fn said_already(stored: &StoredAct, account: &str, verdict: Verdict, signature: &str) -> Option<Signed> {
    let same = |said: &Signature| said.account == account && said.verdict == verdict && said.signature == signature;
    let said = stored.signatures.iter().any(same);
    said.then(|| Signed { in_effect: stored.effect_at.is_some(), missing: stored.missing() })
}

/// An act by the first digits of its id.
///
/// # Errors
/// An [`ActsError`]; [`ActsError::Forged`] where a signature is not what it says.
pub async fn find(store: &Store, municipality: Municipality, prefix: &str) -> Result<StoredAct, ActsError> {
    let stored = store.act_by_prefix(municipality, prefix).await?.ok_or_else(|| unknown(municipality, prefix))?;
    authentic(store, &stored).await?;
    Ok(stored)
}

/// Is it the signature of the account's key, in this office? An officer of another city may have the
/// same name. While an office is being founded, its accounts are those that the act brings.
async fn check_signature(store: &Store, act: &Act, account: &str, said: &str, signature: &str) -> Result<(), ActsError> {
    let mut known = accounts(store, act.municipality).await?;
    if known.is_empty() {
        known = own_accounts(act);
    }
    let not_theirs = || ActsError::NotTheirKey { account: account.to_owned(), municipality: act.municipality };
    let account = known.iter().find(|known| known.name == account).ok_or_else(not_theirs)?;
    let key = PublicKey::parse(&account.key)?;
    match verify(&key, Purpose::Act, &statement(said, act.id()), signature) {
        Err(SignatureError::OtherKey { .. }) => Err(not_theirs()),
        verified => Ok(verified?),
    }
}

/// Is every signature of an act by the key of the account it names?
///
/// # Errors
/// [`ActsError::Forged`] for the first that is not.
pub async fn authentic(store: &Store, stored: &StoredAct) -> Result<(), ActsError> {
    let mut known = accounts(store, stored.act.municipality).await?;
    // Only the act that founds an office brings the accounts that sign it.
    let founding = store.acts(stored.act.municipality).await?.into_iter().rev().find(|act| act.effect_at.is_some());
    if founding.is_none_or(|founding| founding.id == stored.id) {
        known.extend(own_accounts(&stored.act));
    }
    let check = |account: &str, said: &str, signature: &str| {
        let statement = statement(said, stored.id);
        let mut keys = known.iter().filter(|known| known.name == account).filter_map(|known| PublicKey::parse(&known.key).ok());
        if keys.any(|key| verify(&key, Purpose::Act, &statement, signature).is_ok()) {
            return Ok(());
        }
        Err(ActsError::Forged { act: stored.id, account: account.to_owned() })
    };
    check(&stored.act.maker, "make", &stored.maker_signature)?;
    stored.signatures.iter().try_for_each(|signature| check(&signature.account, signature.verdict.word(), &signature.signature))
}

/// Has every account a key of its own? The store compares texts; one key has many.
async fn distinct_keys(store: &Store, municipality: Municipality, changes: &[Based]) -> Result<(), ActsError> {
    let mut known: Vec<Account> = Vec::new();
    for based in changes {
        if let Change::Account(account) = &based.change {
            known.push(account.clone());
        }
    }
    let new = known.len();
    let replaced = |name: &str, among: &[Account]| among.iter().any(|account| account.name == name);
    let current = accounts(store, municipality).await?;
    let renewed = |account: &&Account| current.iter().any(|old| old.name == account.name && old.key != account.key);
    if let Some(account) = known.iter().find(renewed) {
        return Err(ActsError::NewKey(account.name.clone()));
    }
    let kept: Vec<Account> = current.into_iter().filter(|account| !replaced(&account.name, &known)).collect();
    known.extend(kept);
    for (i, account) in known.iter().enumerate().take(new) {
        let key = PublicKey::parse(&account.key).ok();
        let same = |other: &&Account| other.key == account.key || key.is_some() && PublicKey::parse(&other.key).ok() == key;
        if let Some(other) = known.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, other)| other).find(same) {
            return Err(ActsError::SameKey { account: account.name.clone(), other: other.name.clone() });
        }
    }
    Ok(())
}

/// Is what an act confirms really the ordinance it names, with nothing changed but the states and
/// sources of the values it names? Whoever signs need not trust the maker's program.
///
/// # Errors
/// [`ActsError::Unfaithful`], or the store's.
async fn faithful(store: &Store, act: &Act) -> Result<(), ActsError> {
    let confirmations =
        || act.changes.iter().filter_map(|based| if let Change::Value(confirmed) = &based.change { Some(confirmed) } else { None });
    for Confirmation { ordinance, result, .. } in confirmations() {
        let unfaithful = || ActsError::Unfaithful { act: act.id(), ordinance: *ordinance, result: *result };
        let written = store.ordinance(act.municipality, *ordinance).await?.unwrap_or_default();
        let mut document: DocumentMut = written.parse().unwrap_or_default();
        for other in confirmations().filter(|other| other.ordinance == *ordinance && other.result == *result) {
            // A path with nothing to confirm would pass for a confirmed one.
            let Some(entry) = at(&mut document, &other.path) else { return Err(unfaithful()) };
            raise(entry, &other.source);
        }
        if Digest::of(document.to_string().as_bytes()) != *result {
            return Err(unfaithful());
        }
    }
    Ok(())
}

/// The accounts that an act brings with it; with them an office is founded.
pub fn own_accounts(act: &Act) -> Vec<Account> {
    let account = |based: &Based| match &based.change {
        Change::Account(account) => Some(account.clone()),
        _ => None,
    };
    act.changes.iter().filter_map(account).collect()
}

/// People besides the maker who must sign a kind of change.
async fn threshold(store: &Store, municipality: Municipality, kind: &str) -> Result<u32, StoreError> {
    Ok(match store.state(municipality, "threshold", kind).await? {
        Some((_, Change::Threshold(threshold))) => threshold.checkers,
        _ => 1,
    })
}

/// The bytes that a signature of [`Purpose::Act`] is over: three lines, `jorei act 1`, what is said
/// (`make` by its maker, `approve` or `reject` by the others), and the act's id in 64 hexadecimal digits,
/// each with a line feed behind it. For ever: old signatures are over these.
pub fn statement(said: &str, act: Digest) -> Vec<u8> {
    format!("jorei act 1\n{said}\n{act}\n").into_bytes()
}

fn unknown(municipality: Municipality, act: &str) -> ActsError {
    ActsError::Unknown { municipality, act: act.to_owned() }
}

/// What has become of an act, in English and in Japanese.
pub fn state(stored: &StoredAct) -> (&'static str, &'static str) {
    match (stored.effect_at.is_some(), stored.is_rejected(), stored.is_open()) {
        (true, true, _) => ("in effect, rejected", "効力あり（否認された緊急の決裁）"),
        (true, _, true) => ("EMERGENCY, open", "効力あり（緊急・未承認）"),
        (true, _, false) => ("in effect", "効力あり"),
        (false, true, _) => ("rejected", "否認"),
        (false, false, _) => ("open", "未承認"),
    }
}
