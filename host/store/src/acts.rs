//! Acts: proposed by one account, signed by others, in effect once enough of them have.
//!
//! Everything is checked within the transaction that writes, behind the lock of the municipality's
//! knowledge counter: of two calls that race, the second sees what the first did. An act is read
//! back through the hash of its content, and a state through the act that made it, so that an
//! edited row stops what rests on it.
//!
//! Absent here: the verification of signatures, who may call, and what a change means to those who
//! use it.

mod refusal;

use crate::audit::{Record, append_record};
use crate::prefix::Prefix;
use crate::{Result, Store, StoreError, digest, flag, learn, lock_knowledge, pauses, payees, payments, revisions, vault};
use jorei_domain::act::{Access, Account, Act, Based, Change, NO_STATE};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, Municipality};
pub use refusal::ActError;
use sqlx::any::AnyRow;
use sqlx::{Any, Row as _, Transaction};
use std::collections::BTreeSet;

/// What somebody says to an act.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It may take effect.
    Approve,
    /// It may not. One is enough.
    Reject,
}

impl Verdict {
    /// approve or reject; permanent.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Approve => "approve",
            Verdict::Reject => "reject",
        }
    }
}

/// What one account said to an act.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Signature {
    /// Who.
    pub account: String,
    /// What.
    pub verdict: Verdict,
    /// When (RFC 3339).
    pub at: String,
    /// The signature's text, as it came; verified by the caller.
    pub signature: String,
}

/// An act as it was kept, with what was said to it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredAct {
    /// Its id; checked against its content.
    pub id: Digest,
    /// The act.
    pub act: Act,
    /// The signature of its maker, as it came.
    pub maker_signature: String,
    /// What others said, in the order of the instants.
    pub signatures: Vec<Signature>,
    /// When it took effect; none if it has not.
    pub effect_at: Option<String>,
}

impl StoredAct {
    /// How many people besides the maker approved, of those who may.
    pub fn approvals(&self) -> u32 {
        let counts = |signature: &&Signature| {
            signature.verdict == Verdict::Approve && signature.account != self.act.maker && self.admits(&signature.account)
        };
        u32::try_from(self.signatures.iter().filter(counts).count()).unwrap_or(u32::MAX)
    }

    /// How many approvals are still missing.
    pub fn missing(&self) -> u32 {
        self.act.checkers.saturating_sub(self.approvals())
    }

    /// Did somebody reject it?
    pub fn is_rejected(&self) -> bool {
        self.signatures.iter().any(|signature| signature.verdict == Verdict::Reject)
    }

    /// May it still be signed? Not once it is rejected, nor once it took effect; an emergency act
    /// not once enough people have approved it. One whose base has changed since it was made is
    /// open and can only be rejected.
    pub fn is_open(&self) -> bool {
        !self.is_rejected() && (self.effect_at.is_none() || (self.act.emergency && self.missing() > 0))
    }

    /// Is an account among those who may sign, as far as the act says?
    fn admits(&self, account: &str) -> bool {
        self.act.eligible.is_empty() || self.act.eligible.iter().any(|name| name == account)
    }
}

/// What a signature led to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Signed {
    /// The act is in effect, by this signature or before it.
    pub in_effect: bool,
    /// Approvals that are still missing.
    pub missing: u32,
}

const SAVE_ACT: &str = "INSERT INTO act (municipality, id, ordinal, content, made_at, maker, emergency, signature) \
     SELECT $1, $2, COALESCE(MAX(ordinal), 0) + 1, $3, $4, $5, $6, $7 FROM act WHERE municipality = $1";
const SAVE_SIGNATURE: &str =
    "INSERT INTO act_signature (municipality, act, account, verdict, at, signature) VALUES ($1, $2, $3, $4, $5, $6)";
const SAVE_EFFECT: &str = "INSERT INTO effect (municipality, knowledge, ordinal, act, kind, key, base, content, at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const ACT: &str = "SELECT id, content, made_at, maker, emergency, signature FROM act WHERE municipality = $1 AND id = $2";
const ACT_BY_PREFIX: &str = "SELECT id, content, made_at, maker, emergency, signature FROM act \
     WHERE municipality = $1 AND id >= $2 AND id <= $3 ORDER BY id LIMIT 2";
const ACTS: &str = "SELECT id, content, made_at, maker, emergency, signature FROM act WHERE municipality = $1 ORDER BY ordinal DESC";
const SIGNATURES: &str = "SELECT account, verdict, at, signature FROM act_signature \
     WHERE municipality = $1 AND act = $2 ORDER BY at, account";
const EFFECT_AT: &str = "SELECT at FROM effect WHERE municipality = $1 AND act = $2 ORDER BY +knowledge, +ordinal LIMIT 1";
const STATE: &str = "SELECT e.act, e.kind, e.key, e.base, e.content, a.content FROM effect e \
     JOIN act a ON a.municipality = e.municipality AND a.id = e.act \
     WHERE e.municipality = $1 AND e.kind = $2 AND e.key = $3 ORDER BY e.knowledge DESC LIMIT 1";
/// Is a pause's entry in the chain behind that of an act?
const PAUSED_SINCE: &str = "SELECT 1 FROM audit p JOIN audit a ON a.municipality = p.municipality AND a.sequence < p.sequence \
     WHERE p.municipality = $1 AND p.kind = 'pause' AND p.subject = $2 AND a.kind = 'act' AND a.subject = $3";
const STATES: &str = "SELECT e.act, e.kind, e.key, e.base, e.content, a.content FROM effect e \
     JOIN act a ON a.municipality = e.municipality AND a.id = e.act \
     WHERE e.municipality = $1 AND e.kind = $2 AND e.knowledge = (SELECT MAX(n.knowledge) FROM effect n \
         WHERE n.municipality = $1 AND n.kind = $2 AND n.key = e.key) ORDER BY e.key";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] =
    &[SAVE_ACT, SAVE_SIGNATURE, SAVE_EFFECT, ACT, ACT_BY_PREFIX, ACTS, SIGNATURES, EFFECT_AT, STATE, STATES, PAUSED_SINCE];

impl Store {
    /// Keeps an act, signed by its maker; answers its id. An emergency act takes effect at once. An
    /// act that is kept already changes nothing.
    ///
    /// While no account ever took effect, only an act that brings two accounts or more may be
    /// proposed, and its maker is one of them.
    ///
    /// # Errors
    /// [`StoreError::Act`] if it may not be proposed so; [`StoreError::Activation`] for a revision
    /// that cannot be put in force; [`StoreError::Damaged`] if a state that it rests on was edited;
    /// [`StoreError::Database`].
    pub async fn propose(&self, act: &Act, signature: &str, today: Date, stamp: &Stamp) -> Result<Digest> {
        refusal::check_form(act)?;
        let (municipality, id) = (act.municipality, act.id());
        let mut transaction = self.writing().await?;
        lock_knowledge(&mut transaction, municipality, today).await?;
        if stored(&mut transaction, municipality, id).await?.is_some() {
            return Ok(id);
        }
        let office = Office::of(&mut transaction, act).await?;
        check_emergency(&mut transaction, act).await?;
        office.good(&act.maker, today)?;
        office.check_signers(act, today)?;
        check_changes(&mut transaction, act, &office, today).await?;
        sqlx::query(SAVE_ACT)
            .bind(municipality.number())
            .bind(&id.0[..])
            .bind(act.content())
            .bind(act.made_at.as_str())
            .bind(act.maker.as_str())
            .bind(i64::from(act.emergency))
            .bind(signature)
            .execute(&mut *transaction)
            .await?;
        if act.emergency {
            take_effect(&mut transaction, act, id, today, &stamp.at).await?;
        }
        append_record(&mut transaction, municipality, stamp, Record::Act(id)).await?;
        if act.emergency {
            append_record(&mut transaction, municipality, stamp, Record::Effect(id)).await?;
        }
        transaction.commit().await?;
        Ok(id)
    }

    /// Adds what an account says to an act. The approval that makes them enough puts the act in
    /// effect, whole, in the same transaction. A rejection closes it; that of an emergency act
    /// takes nothing back, going back is a new act.
    ///
    /// # Errors
    /// [`StoreError::Act`] if the account may not say so, or the act has expired;
    /// [`StoreError::Activation`] as for [`Store::propose`]; [`StoreError::Damaged`] if the act or a
    /// state that it rests on was edited; [`StoreError::Database`].
    #[allow(clippy::too_many_arguments, reason = "an act, who says what to it, and the two clocks")]
    pub async fn sign(
        &self,
        municipality: Municipality,
        act: Digest,
        account: &str,
        verdict: Verdict,
        signature: &str,
        today: Date,
        stamp: &Stamp,
    ) -> Result<Signed> {
        let mut transaction = self.writing().await?;
        lock_knowledge(&mut transaction, municipality, today).await?;
        let Some(mut stored) = stored(&mut transaction, municipality, act).await? else {
            return Err(ActError::NoSuchAct { act }.into());
        };
        refusal::check_open(&stored)?;
        let office = Office::of(&mut transaction, &stored.act).await?;
        office.good(account, today)?;
        refusal::check_signer(&stored, account)?;
        if verdict == Verdict::Approve && stored.effect_at.is_none() {
            office.known(&stored.act.maker)?;
            check_changes(&mut transaction, &stored.act, &office, today).await?;
            check_pauses(&mut transaction, &stored.act, act).await?;
        }
        sqlx::query(SAVE_SIGNATURE)
            .bind(municipality.number())
            .bind(&act.0[..])
            .bind(account)
            .bind(verdict.word())
            .bind(stamp.at.as_str())
            .bind(signature)
            .execute(&mut *transaction)
            .await?;
        stored.signatures.push(Signature { account: account.to_owned(), verdict, at: stamp.at.clone(), signature: signature.to_owned() });
        let takes_effect = stored.effect_at.is_none() && !stored.is_rejected() && stored.missing() == 0;
        if takes_effect {
            take_effect(&mut transaction, &stored.act, act, today, &stamp.at).await?;
        }
        append_record(&mut transaction, municipality, stamp, Record::Signature(act, account)).await?;
        if takes_effect {
            append_record(&mut transaction, municipality, stamp, Record::Effect(act)).await?;
        }
        transaction.commit().await?;
        Ok(Signed { in_effect: takes_effect || stored.effect_at.is_some(), missing: stored.missing() })
    }

    /// An act by its id.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if it was edited, [`StoreError::Database`].
    pub async fn act(&self, municipality: Municipality, act: Digest) -> Result<Option<StoredAct>> {
        let mut transaction = self.reading().await?;
        let stored = stored(&mut transaction, municipality, act).await?;
        transaction.rollback().await?;
        Ok(stored)
    }

    /// An act by the first hexadecimal digits of its id, one at least.
    ///
    /// # Errors
    /// [`StoreError::Prefix`] if the text is no such digits or several ids begin with them; and as
    /// [`Store::act`].
    pub async fn act_by_prefix(&self, municipality: Municipality, prefix: &str) -> Result<Option<StoredAct>> {
        let prefix = Prefix::parse("act", prefix)?;
        let mut transaction = self.reading().await?;
        let query = sqlx::query(ACT_BY_PREFIX).bind(municipality.number()).bind(&prefix.first.0[..]).bind(&prefix.last.0[..]);
        let rows = query.fetch_all(&mut *transaction).await?;
        let stored = match prefix.only(&rows)? {
            Some(row) => Some(read(&mut transaction, municipality, row).await?),
            None => None,
        };
        transaction.rollback().await?;
        Ok(stored)
    }

    /// Every act, the newest first.
    ///
    /// # Errors
    /// As [`Store::act`].
    pub async fn acts(&self, municipality: Municipality) -> Result<Vec<StoredAct>> {
        let mut transaction = self.reading().await?;
        let mut acts = Vec::new();
        for row in sqlx::query(ACTS).bind(municipality.number()).fetch_all(&mut *transaction).await? {
            acts.push(read(&mut transaction, municipality, &row).await?);
        }
        transaction.rollback().await?;
        Ok(acts)
    }

    /// The current state of a kind and key: the act that made it, and its content; none if nothing
    /// of the kind and key ever took effect.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if the effect or its act was edited, [`StoreError::Database`].
    pub async fn state(&self, municipality: Municipality, kind: &str, key: &str) -> Result<Option<(Digest, Change)>> {
        let query = sqlx::query(STATE).bind(municipality.number()).bind(kind).bind(key);
        query.fetch_optional(&self.pool).await?.as_ref().map(read_state).transpose()
    }

    /// The current states of a kind, in the order of their keys.
    ///
    /// # Errors
    /// As [`Store::state`].
    pub async fn states(&self, municipality: Municipality, kind: &str) -> Result<Vec<(Digest, Change)>> {
        let rows = sqlx::query(STATES).bind(municipality.number()).bind(kind).fetch_all(&self.pool).await?;
        rows.iter().map(read_state).collect()
    }
}

/// The accounts against which an act is judged: those of the municipality, or the act's own while
/// no account ever took effect.
struct Office {
    accounts: Vec<Account>,
}

impl Office {
    async fn of(transaction: &mut Transaction<'static, Any>, act: &Act) -> Result<Office> {
        let mut accounts = Vec::new();
        for row in sqlx::query(STATES).bind(act.municipality.number()).bind("account").fetch_all(&mut **transaction).await? {
            if let (_, Change::Account(account)) = read_state(&row)? {
                accounts.push(account);
            }
        }
        if !accounts.is_empty() {
            return Ok(Office { accounts });
        }
        let accounts = refusal::accounts_of(act).cloned().collect();
        refusal::check_founding(act)?;
        Ok(Office { accounts })
    }

    /// The account of a name, good or not.
    fn known(&self, name: &str) -> std::result::Result<&Account, ActError> {
        self.accounts.iter().find(|account| account.name == name).ok_or_else(|| ActError::NoSuchAccount { account: name.to_owned() })
    }

    /// The account of a name, if it is good on a day.
    fn good(&self, name: &str, today: Date) -> std::result::Result<&Account, ActError> {
        let account = self.known(name)?;
        if today < account.from {
            return Err(ActError::NotYetGood { account: name.to_owned(), from: account.from });
        }
        if today >= account.until {
            return Err(ActError::Ended { account: name.to_owned(), until: account.until });
        }
        Ok(account)
    }

    /// Are there as many people as must sign?
    fn check_signers(&self, act: &Act, today: Date) -> std::result::Result<(), ActError> {
        let names: BTreeSet<&str> = if act.eligible.is_empty() {
            self.accounts.iter().map(|account| account.name.as_str()).collect()
        } else {
            act.eligible.iter().map(String::as_str).collect()
        };
        let can_sign = |name: &&&str| **name != act.maker && self.good(name, today).is_ok();
        let able = u32::try_from(names.iter().filter(can_sign).count()).unwrap_or(u32::MAX);
        if able < act.checkers { Err(ActError::TooFewSigners { able, checkers: act.checkers }) } else { Ok(()) }
    }

    /// Would every account have a key of its own?
    fn check_keys(&self, act: &Act) -> std::result::Result<(), ActError> {
        for (index, account) in refusal::accounts_of(act).enumerate() {
            let earlier = refusal::accounts_of(act).take(index);
            if let Some(other) = self.accounts.iter().chain(earlier).find(|other| other.name != account.name && other.key == account.key) {
                return Err(ActError::SameKey { account: account.name.clone(), other: other.name.clone() });
            }
        }
        Ok(())
    }
}

/// What must hold when an act is proposed and again when it takes effect, in order: keys, roles, the
/// number of people, bases, and what each kind of change rests on.
async fn check_changes(transaction: &mut Transaction<'static, Any>, act: &Act, office: &Office, today: Date) -> Result<()> {
    office.check_keys(act)?;
    check_access(transaction, act, office).await?;
    for Based { change, .. } in &act.changes {
        let mut needed = threshold(transaction, act.municipality, change.kind()).await?;
        if let Change::Threshold(of) = change {
            // Fewer people cannot let fewer people do what takes more.
            needed = needed.max(threshold(transaction, act.municipality, &of.of).await?);
        }
        if act.checkers < needed {
            return Err(ActError::TooFewCheckers { kind: change.kind(), needed, checkers: act.checkers }.into());
        }
    }
    for Based { base, change } in &act.changes {
        let (kind, key) = (change.kind(), change.key());
        match state(transaction, act.municipality, kind, &key).await? {
            Some((by, _)) if by != *base => return Err(ActError::Expired { kind, key, by }.into()),
            None if *base != NO_STATE => return Err(ActError::NoSuchBase { kind, key, base: *base }.into()),
            _ => {}
        }
    }
    for Based { change, .. } in &act.changes {
        if let Change::Activation(activation) = change {
            revisions::check_activation(transaction, act.municipality, activation).await?;
        }
        if let Change::Number(entered) = change {
            vault::check_entry(transaction, act.municipality, entered).await?;
        }
        if let Change::PayeeAccount(account) = change {
            payees::check_entry(transaction, act.municipality, account).await?;
        }
        if let Change::Release(release) = change {
            payments::check_release(transaction, act.municipality, release, today).await?;
        }
    }
    Ok(())
}

/// Has every account that would get roles been brought, and a subject of its own?
async fn check_access(transaction: &mut Transaction<'static, Any>, act: &Act, office: &Office) -> Result<()> {
    let given: Vec<&Access> = refusal::accesses_of(act).collect();
    if given.is_empty() {
        return Ok(());
    }
    for access in &given {
        if !refusal::accounts_of(act).any(|account| account.name == access.account) {
            office.known(&access.account)?;
        }
    }
    let mut all: Vec<Access> = given.iter().copied().cloned().collect();
    for row in sqlx::query(STATES).bind(act.municipality.number()).bind("access").fetch_all(&mut **transaction).await? {
        if let (_, Change::Access(access)) = read_state(&row)?
            && !given.iter().any(|given| given.account == access.account)
        {
            all.push(access);
        }
    }
    for (index, access) in given.iter().enumerate() {
        let same = |other: &&Access| other.subject.is_some() && other.subject == access.subject;
        if let Some(other) = all.iter().skip(index + 1).find(same) {
            return Err(ActError::SameSubject { account: access.account.clone(), other: other.account.clone() }.into());
        }
    }
    Ok(())
}

/// Writes the effect of an act. Its changes share a knowledge number, except that every activation
/// after the first takes one of its own: the order of activations is that of their numbers.
async fn take_effect(transaction: &mut Transaction<'static, Any>, act: &Act, id: Digest, today: Date, at: &str) -> Result<()> {
    let mut knowledge = learn(transaction, act.municipality, today).await?;
    let mut activated = false;
    for (ordinal, Based { base, change }) in (0_i64..).zip(&act.changes) {
        if let Change::Activation(activation) = change {
            if activated {
                knowledge = learn(transaction, act.municipality, today).await?;
            }
            activated = true;
            revisions::activate(transaction, act.municipality, knowledge, activation, today).await?;
        }
        sqlx::query(SAVE_EFFECT)
            .bind(act.municipality.number())
            .bind(knowledge.0)
            .bind(ordinal)
            .bind(&id.0[..])
            .bind(change.kind())
            .bind(change.key())
            .bind(&base.0[..])
            .bind(change.content())
            .bind(at)
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}

async fn stored(transaction: &mut Transaction<'static, Any>, municipality: Municipality, act: Digest) -> Result<Option<StoredAct>> {
    let query = sqlx::query(ACT).bind(municipality.number()).bind(&act.0[..]);
    match query.fetch_optional(&mut **transaction).await? {
        Some(row) => Ok(Some(read(transaction, municipality, &row).await?)),
        None => Ok(None),
    }
}

/// A row of id, content, made_at, maker, emergency, signature, and what belongs to it.
async fn read(transaction: &mut Transaction<'static, Any>, municipality: Municipality, row: &AnyRow) -> Result<StoredAct> {
    let id = digest(row, 0)?;
    let act = decode(id, row.try_get(1)?)?;
    let is_of_row = act.municipality == municipality
        && act.made_at == row.try_get::<&str, _>(2)?
        && act.maker == row.try_get::<&str, _>(3)?
        && act.emergency == flag(row, 4)?;
    if !is_of_row {
        return Err(StoreError::Damaged(format!("act {id}: its row is not what its content says")));
    }
    let rows = sqlx::query(SIGNATURES).bind(municipality.number()).bind(&id.0[..]).fetch_all(&mut **transaction).await?;
    let signature = |row: &AnyRow| {
        let verdict = match row.try_get(1)? {
            "approve" => Verdict::Approve,
            "reject" => Verdict::Reject,
            other => return Err(StoreError::Damaged(format!("act {id}: {other:?} is no verdict"))),
        };
        Ok(Signature { account: row.try_get(0)?, verdict, at: row.try_get(2)?, signature: row.try_get(3)? })
    };
    let signatures = rows.iter().map(signature).collect::<Result<_>>()?;
    let effect = sqlx::query(EFFECT_AT).bind(municipality.number()).bind(&id.0[..]).fetch_optional(&mut **transaction).await?;
    let effect_at = effect.map(|row| row.try_get(0)).transpose()?;
    Ok(StoredAct { id, act, maker_signature: row.try_get(5)?, signatures, effect_at })
}

/// Reads an act's content, checked against its id.
fn decode(id: Digest, content: &[u8]) -> Result<Act> {
    let damaged = |what: &str| StoreError::Damaged(format!("act {id}: {what}"));
    if Digest::of(content) != id {
        return Err(damaged("its content is not what its id names"));
    }
    Act::decode(content).map_err(|_| damaged("its content cannot be read"))
}

/// How many besides the maker must sign a kind of change.
async fn threshold(transaction: &mut Transaction<'static, Any>, municipality: Municipality, kind: &str) -> Result<u32> {
    Ok(match state(transaction, municipality, "threshold", kind).await? {
        Some((_, Change::Threshold(threshold))) => threshold.checkers.max(1),
        _ => 1,
    })
}

/// Was a revision paused since the act was made that would put it in force? Its text does not say
/// so, and the effect would end the pause.
async fn check_pauses(transaction: &mut Transaction<'static, Any>, act: &Act, id: Digest) -> Result<()> {
    for Based { change, .. } in &act.changes {
        let Change::Activation(activation) = change else { continue };
        let Some(held) = pauses::held(transaction, act.municipality, &activation.slot, activation.revision).await? else { continue };
        let query = sqlx::query(PAUSED_SINCE).bind(act.municipality.number());
        let query = query.bind(Record::Pause(held.knowledge).to_string()).bind(Record::Act(id).to_string());
        if query.fetch_optional(&mut **transaction).await?.is_some() {
            return Err(ActError::PausedSince { revision: activation.revision, on: held.recorded_on }.into());
        }
    }
    Ok(())
}

/// Does every change of an emergency act only stop harm, as the office stands now?
async fn check_emergency(transaction: &mut Transaction<'static, Any>, act: &Act) -> Result<()> {
    if !act.emergency {
        return Ok(());
    }
    for Based { change, .. } in &act.changes {
        let before = state(transaction, act.municipality, change.kind(), &change.key()).await?.map(|(_, before)| before);
        let stops_harm = match change {
            Change::Activation(back) => revisions::goes_back(transaction, act.municipality, back).await?,
            change => change.stops_harm(before.as_ref()),
        };
        if !stops_harm {
            return Err(ActError::NoEmergency { kind: change.kind(), key: change.key() }.into());
        }
    }
    Ok(())
}

pub(crate) async fn state(
    transaction: &mut Transaction<'static, Any>,
    municipality: Municipality,
    kind: &str,
    key: &str,
) -> Result<Option<(Digest, Change)>> {
    let query = sqlx::query(STATE).bind(municipality.number()).bind(kind).bind(key);
    query.fetch_optional(&mut **transaction).await?.as_ref().map(read_state).transpose()
}

/// A row of act, kind, key, base, content, the act's content. A state is what its act says, or it
/// is damaged.
fn read_state(row: &AnyRow) -> Result<(Digest, Change)> {
    let id = digest(row, 0)?;
    let (kind, key, base, content) = (row.try_get::<&str, _>(1)?, row.try_get::<&str, _>(2)?, digest(row, 3)?, row.try_get::<&[u8], _>(4)?);
    let act = decode(id, row.try_get(5)?)?;
    let changes =
        |based: &Based| based.base == base && based.change.kind() == kind && based.change.key() == key && based.change.content() == content;
    let found = act.changes.into_iter().find(changes);
    let damaged = || StoreError::Damaged(format!("the effect of act {id} on {kind} {key} is not what the act says"));
    found.map(|based| (id, based.change)).ok_or_else(damaged)
}
