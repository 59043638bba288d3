//! Why an act may not be proposed or signed so, and the checks that need nothing but the act.

use super::StoredAct;
use jorei_domain::act::{Access, Account, Act, Based, Change, GivenUp, WRITE_OFF_GROUNDS, WriteOff};
use jorei_domain::calendar::Date;
use jorei_domain::id::Digest;
use jorei_domain::ledger::{AccountKind, Bound};
use jorei_domain::role::Role;
use std::collections::BTreeSet;

/// Why an act was not kept, or a signature not added. Where several hold, the first one in this
/// order is said.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ActError {
    /// Nothing would change.
    #[error("the act changes nothing; add a change")]
    Empty,
    /// A change that cannot be, whoever signs it.
    #[error("{kind} {key}: {wrong}")]
    Impossible {
        /// The kind of the change.
        kind: &'static str,
        /// What of its kind.
        key: String,
        /// What is wrong with it, and what to do.
        wrong: &'static str,
    },
    /// Two changes of one thing in one act.
    #[error("{kind} {key}: changed twice in one act; leave one of the two")]
    ChangedTwice {
        /// The kind of the changes.
        kind: &'static str,
        /// What of its kind.
        key: String,
    },
    /// The act is not there.
    #[error("there is no act {act}; look the id up among the acts")]
    NoSuchAct {
        /// The id given.
        act: Digest,
    },
    /// The act was rejected.
    #[error("act {act} is closed: {account} rejected it at {at}; propose a new one")]
    Rejected {
        /// The act.
        act: Digest,
        /// Who rejected it.
        account: String,
        /// When.
        at: String,
    },
    /// The act took effect and has all its approvals.
    #[error("act {act} is closed: it took effect at {at} and has its approvals; to go back, propose a new one")]
    InEffect {
        /// The act.
        act: Digest,
        /// When it took effect.
        at: String,
    },
    /// The municipality has no account, and the act brings fewer than two.
    #[error("the municipality has no account in effect; propose an act that brings two or more")]
    NoAccounts,
    /// An emergency act before there is any account.
    #[error("the first accounts cannot be an emergency; propose the act without it")]
    EmergencyFounding,
    /// An emergency act with a change that stops no harm.
    #[error(
        "{kind} {key}: stops no harm (going back to a revision that answered these dates does, and trusting a vendor less); propose it without emergency"
    )]
    NoEmergency {
        /// The kind of the change.
        kind: &'static str,
        /// What of its kind.
        key: String,
    },
    /// No account of this name ever took effect.
    #[error("there is no account {account}; an act must bring it first")]
    NoSuchAccount {
        /// The name.
        account: String,
    },
    /// The account is not good yet.
    #[error("account {account} is good from {from} on; wait, or let another one sign")]
    NotYetGood {
        /// The account.
        account: String,
        /// Its first day.
        from: Date,
    },
    /// The account ended.
    #[error("account {account} ended on {until}; let another one sign, or renew it by an act")]
    Ended {
        /// The account.
        account: String,
        /// The first day on which it was no longer good.
        until: Date,
    },
    /// The maker of an act signs it too.
    #[error("account {account} made act {act}; somebody else must sign it")]
    OwnAct {
        /// The account.
        account: String,
        /// The act.
        act: Digest,
    },
    /// One account signs an act again.
    #[error("account {account} has signed act {act} already; somebody else must sign it")]
    SignedAlready {
        /// The account.
        account: String,
        /// The act.
        act: Digest,
    },
    /// The act names who may sign, and not this account.
    #[error("account {account} is not among those who may sign act {act}; one of {eligible} must")]
    NotEligible {
        /// The account.
        account: String,
        /// The act.
        act: Digest,
        /// Who may, by comma.
        eligible: String,
    },
    /// Nobody could ever put the act in effect.
    #[error("{checkers} people must sign and only {able} can; name more, or fewer checkers")]
    TooFewSigners {
        /// Good accounts besides the maker that may sign.
        able: u32,
        /// How many must.
        checkers: u32,
    },
    /// Two accounts with one key would be one person.
    #[error("account {account} has the key of account {other}; every account needs a key of its own")]
    SameKey {
        /// The account that would change.
        account: String,
        /// The account that has the key.
        other: String,
    },
    /// A single sign-on's subject that would be two accounts.
    #[error("account {account} has the single sign-on subject of account {other}; every account needs one of its own, or none")]
    SameSubject {
        /// The account that would change.
        account: String,
        /// The account that has the subject.
        other: String,
    },
    /// Fewer people than the municipality asks for.
    #[error("an act on {kind} needs {needed} people besides its maker and asks for {checkers}; propose it with {needed}")]
    TooFewCheckers {
        /// The kind of a change in the act.
        kind: &'static str,
        /// How many the municipality asks for.
        needed: u32,
        /// How many the act asks for.
        checkers: u32,
    },
    /// Another act took effect on the same thing since.
    #[error("the act has expired: {kind} {key} was changed by act {by} since; look at it and propose anew")]
    Expired {
        /// The kind of the change.
        kind: &'static str,
        /// What of its kind.
        key: String,
        /// The act that came in between.
        by: Digest,
    },
    /// The revision that it would put in force was paused after it was made.
    #[error("the act has expired: revision {revision} was paused on {on}, after it was made; look at why, and propose anew")]
    PausedSince {
        /// The revision.
        revision: Digest,
        /// Since when it is paused.
        on: Date,
    },
    /// The act rests on a state that never was.
    #[error("{kind} {key}: nothing is in effect, and the act rests on act {base}; propose it as new")]
    NoSuchBase {
        /// The kind of the change.
        kind: &'static str,
        /// What of its kind.
        key: String,
        /// The base that the act names.
        base: Digest,
    },
}

type Checked = Result<(), ActError>;

/// The accounts that an act brings or changes.
pub(super) fn accounts_of(act: &Act) -> impl Iterator<Item = &Account> {
    act.changes.iter().filter_map(|based| match &based.change {
        Change::Account(account) => Some(account),
        _ => None,
    })
}

/// What accounts may do, as far as an act says it.
pub(super) fn accesses_of(act: &Act) -> impl Iterator<Item = &Access> {
    act.changes.iter().filter_map(|based| match &based.change {
        Change::Access(access) => Some(access),
        _ => None,
    })
}

/// What holds of every act, whatever is in effect.
pub(super) fn check_form(act: &Act) -> Checked {
    if act.changes.is_empty() {
        return Err(ActError::Empty);
    }
    let mut seen = BTreeSet::new();
    for Based { change, .. } in &act.changes {
        let (kind, key) = (change.kind(), change.key());
        if let Some(wrong) = impossible(change) {
            return Err(ActError::Impossible { kind, key, wrong });
        }
        if !seen.insert((kind, key.clone())) {
            return Err(ActError::ChangedTwice { kind, key });
        }
    }
    Ok(())
}

/// What keeps a change from ever being a state.
fn impossible(change: &Change) -> Option<&'static str> {
    match change {
        Change::Account(account) if account.name.is_empty() || account.key.is_empty() => Some("has no name or no key; give both"),
        Change::Account(account) if account.from >= account.until => Some("its days hold none; the end comes after the first day"),
        Change::Threshold(threshold) if threshold.checkers == 0 => Some("cannot be 0; at least one other person signs"),
        Change::Vendor(vendor) if vendor.needed == 0 => Some("needs no signature; at least one key must have signed"),
        Change::Access(access) => impossible_access(access),
        // One without a day is a protection that was called off.
        Change::Protection(protection) if protection.from > protection.until => Some("it ends before it begins"),
        Change::WriteOff(written_off) => impossible_write_off(written_off),
        Change::PayeeAccount(account) if !account.findings.is_sorted_by(|one, next| one < next) => {
            Some("its findings are not sorted, or one is there twice; sort them")
        }
        Change::Release(release) if release.lines == 0 || release.yen <= 0 => Some("releases nothing; prepare a batch with lines first"),
        _ => None,
    }
}

/// What keeps a claim from ever being given up so.
fn impossible_write_off(written_off: &WriteOff) -> Option<&'static str> {
    let account = |claim: &GivenUp| (claim.kind, claim.year, claim.item);
    let accounts: BTreeSet<_> = written_off.claims.iter().map(account).collect();
    let owed = |claim: &GivenUp| AccountKind::numbered(claim.kind).is_some_and(|kind| kind.bound() == Bound::Debit) && claim.yen > 0;
    if accounts.is_empty() || accounts.len() != written_off.claims.len() {
        Some("gives up nothing, or one claim twice; name each once")
    } else if !written_off.claims.iter().all(owed) {
        Some("gives up what is no claim, or no yen; name what is open in the ledger")
    } else if !WRITE_OFF_GROUNDS.contains(&written_off.ground.as_str()) {
        Some("has no ground of the law; write a known one")
    } else {
        None
    }
}

/// What keeps roles from ever being those of an account.
fn impossible_access(access: &Access) -> Option<&'static str> {
    let vendor = access.roles.iter().any(|word| word == Role::Vendor.word());
    if access.account.is_empty() {
        Some("has no account; name one")
    } else if access.roles.iter().any(|word| Role::named(word).is_none()) {
        Some("has a role that is none; write known ones")
    } else if !access.roles.is_sorted_by(|one, next| one < next) {
        Some("its roles are not sorted, or one is there twice; sort them")
    } else if vendor && access.roles.len() > 1 {
        Some("a vendor has no other role; give another account to the other task")
    } else if vendor != access.vendor.as_ref().is_some_and(|name| !name.is_empty()) || access.vendor.is_some() != vendor {
        Some("the role vendor needs the vendor's name, and no other role has one")
    } else if access.subject.as_ref().is_some_and(String::is_empty) {
        Some("its single sign-on subject is empty; leave it out")
    } else {
        None
    }
}

/// What holds of the act that brings the first accounts.
pub(super) fn check_founding(act: &Act) -> Checked {
    if accounts_of(act).count() < 2 {
        return Err(ActError::NoAccounts);
    }
    if act.emergency { Err(ActError::EmergencyFounding) } else { Ok(()) }
}

/// May the act still be signed?
pub(super) fn check_open(stored: &StoredAct) -> Checked {
    let act = stored.id;
    if let Some(by) = stored.signatures.iter().find(|signature| signature.verdict == super::Verdict::Reject) {
        return Err(ActError::Rejected { act, account: by.account.clone(), at: by.at.clone() });
    }
    match &stored.effect_at {
        Some(at) if !stored.is_open() => Err(ActError::InEffect { act, at: at.clone() }),
        _ => Ok(()),
    }
}

/// May this account, which is good, sign the act?
pub(super) fn check_signer(stored: &StoredAct, account: &str) -> Checked {
    let act = stored.id;
    if account == stored.act.maker {
        return Err(ActError::OwnAct { account: account.to_owned(), act });
    }
    if stored.signatures.iter().any(|signature| signature.account == account) {
        return Err(ActError::SignedAlready { account: account.to_owned(), act });
    }
    if !stored.admits(account) {
        let eligible = stored.act.eligible.join(", ");
        return Err(ActError::NotEligible { account: account.to_owned(), act, eligible });
    }
    Ok(())
}
