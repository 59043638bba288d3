//! Acts of two people: what is to change, what it rests on, and what was shown to those who sign.
//!
//! An act is written by one person and signed by others. Its id is the hash of its canonical
//! content, so a signature over the id is a signature over every change, over the text that was
//! shown, and over the state that the act was based on.

extern crate alloc;

use crate::calendar::Date;
use crate::decision::NotCanonical;
use crate::id::{Digest, HouseholdId, Knowledge, Municipality, PersonId};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use minicbor::{Decoder, Encoder};

/// A person of the office who may make and sign acts. A later change of the same name takes the
/// place of an earlier one; nobody is ever removed, an account ends.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Account {
    /// Short name, the same for ever.
    pub name: String,
    /// The person's public key. No two accounts may have the same one: they would be one person.
    pub key: String,
    /// First day on which the account is good.
    pub from: Date,
    /// First day on which it no longer is.
    pub until: Date,
}

/// A vendor whose packages count, and whose signatures make them count.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Vendor {
    /// As in the manifests of its packages.
    pub name: String,
    /// Its public keys.
    pub keys: Vec<VendorKey>,
    /// How many distinct keys must have signed a package; 1 or more.
    pub needed: u32,
}

/// One key of a vendor.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VendorKey {
    /// The public key.
    pub key: String,
    /// Stolen, lost or given up: signatures by it count no more.
    pub revoked: bool,
}

/// What a vendor's rule may reach. What is not named is denied.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Granted {
    /// Whose rule.
    pub vendor: String,
    /// The rule's id.
    pub rule: String,
    /// Kinds of fact it may read.
    pub records: Vec<String>,
    /// Further interfaces it may import.
    pub capabilities: Vec<String>,
}

/// How many people besides the maker must sign changes of a kind.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Threshold {
    /// The kind of change.
    pub of: String,
    /// People besides the maker; 1 or more.
    pub checkers: u32,
}

/// A revision answers a slot for some case dates.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Activation {
    /// The slot.
    pub slot: String,
    /// The revision.
    pub revision: Digest,
    /// First case date it answers.
    pub from: Date,
    /// First case date it does not.
    pub until: Date,
}

/// A value of an ordinance becomes sourced. Its text changes by that, so there is a new ordinance.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Confirmation {
    /// The ordinance whose value it was.
    pub ordinance: Digest,
    /// Which value: a block, as `rounding[0]`.
    pub path: String,
    /// Where it was read.
    pub source: String,
    /// The ordinance that has it as sourced.
    pub result: Digest,
}

/// What an account may do over HTTP, and how a single sign-on knows it. An account without one may do
/// nothing there but prove who it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Access {
    /// The account.
    pub account: String,
    /// Words of [`crate::role::Role`], sorted.
    pub roles: Vec<String>,
    /// Whose rules it sees, for the role of a vendor.
    pub vendor: Option<String>,
    /// The subject that the city's OpenID provider knows the person by.
    pub subject: Option<String>,
}

/// A person whose whereabouts are kept from others (支援措置), for some days.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Protection {
    /// The person.
    pub person: PersonId,
    /// First day of the measure.
    pub from: Date,
    /// First day after it.
    pub until: Date,
}

/// A person's number (個人番号) as it lies in the vault: which entry is the one in use.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NumberEntry {
    /// The person.
    pub person: PersonId,
    /// The vault's entry, by the hash of its sealed bytes.
    pub entry: Digest,
}

/// An import is withdrawn: what the office would know without it is written as new facts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Withdrawal {
    /// The number under which the import was learnt.
    pub import: Knowledge,
    /// The digest of what was imported.
    pub set: Digest,
}

/// One amount that is given up: an account of the ledger by its parts, and how much at most.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct GivenUp {
    /// Number of the account's kind: receivable, charge, fee or reclaim.
    pub kind: i64,
    /// Fiscal year.
    pub year: i32,
    /// Instalment or receipt.
    pub item: i64,
    /// Whole yen, more than 0. What was paid in between is not given up.
    pub yen: i64,
}

/// What a household owes is given up (不納欠損).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WriteOff {
    /// Whose.
    pub household: HouseholdId,
    /// What, one or more, no account twice.
    pub claims: Vec<GivenUp>,
    /// Why it can be: a word of [`WRITE_OFF_GROUNDS`].
    pub ground: String,
    /// The day it counts from in law: of the time bar, or of the extinction.
    pub on: Date,
}

/// Grounds on which something is given up: the time bar is complete (時効); enforcement was suspended for three years (執行停止
/// 3年); it was suspended and extinguished at once (即時消滅).
pub const WRITE_OFF_GROUNDS: &[&str] = &["time_bar", "suspended_three_years", "extinguished_at_once"];

/// The account that a refund goes to, where two people look at it: one of a claim form, or one of which something must be
/// confirmed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PayeeAccount {
    /// The matter: the first of the payment orders that took each other's place.
    pub order: i64,
    /// The account, by the hash of its sealed bytes.
    pub entry: Digest,
    /// What was found against it and is confirmed by this act, in words without personal data, sorted. What is found later
    /// stops it again.
    pub findings: Vec<String>,
}

/// A batch of payments is released: it may be cut into a bank file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Release {
    /// The batch's number.
    pub batch: i64,
    /// The hash of its lines, their accounts' entries included.
    pub digest: Digest,
    /// How many lines.
    pub lines: u32,
    /// Their sum in yen.
    pub yen: i64,
}

/// One thing that changes. For each kind and key there is at most one current state: the content
/// of the last change that took effect.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Change {
    /// An account.
    Account(Account),
    /// A vendor.
    Vendor(Vendor),
    /// A grant.
    Grant(Granted),
    /// A threshold.
    Threshold(Threshold),
    /// An activation.
    Activation(Activation),
    /// A value confirmed.
    Value(Confirmation),
    /// What an account may do.
    Access(Access),
    /// A protected person.
    Protection(Protection),
    /// A personal number.
    Number(NumberEntry),
    /// An import withdrawn.
    Withdrawal(Withdrawal),
    /// Something owed is given up.
    WriteOff(WriteOff),
    /// The account that a refund goes to.
    PayeeAccount(PayeeAccount),
    /// Payments released.
    Release(Release),
}

/// The words of all kinds of change.
pub const KINDS: [&str; 13] = [
    "account",
    "vendor",
    "grant",
    "threshold",
    "activation",
    "value",
    "access",
    "protection",
    "number",
    "withdrawal",
    "write-off",
    "payee_account",
    "release",
];

impl Change {
    /// The kind's word.
    pub fn kind(&self) -> &'static str {
        KINDS[match self {
            Change::Account(_) => 0,
            Change::Vendor(_) => 1,
            Change::Grant(_) => 2,
            Change::Threshold(_) => 3,
            Change::Activation(_) => 4,
            Change::Value(_) => 5,
            Change::Access(_) => 6,
            Change::Protection(_) => 7,
            Change::Number(_) => 8,
            Change::Withdrawal(_) => 9,
            Change::WriteOff(_) => 10,
            Change::PayeeAccount(_) => 11,
            Change::Release(_) => 12,
        }]
    }

    /// What of its kind changes. Two changes of one kind and key exclude each other when they rest
    /// on the same state.
    pub fn key(&self) -> String {
        match self {
            Change::Account(account) => account.name.clone(),
            Change::Vendor(vendor) => vendor.name.clone(),
            Change::Grant(granted) => format!("{}/{}", granted.vendor, granted.rule),
            Change::Threshold(threshold) => threshold.of.clone(),
            Change::Activation(activation) => activation.slot.clone(),
            Change::Value(confirmation) => format!("{} {}", confirmation.ordinance, confirmation.path),
            Change::Access(access) => access.account.clone(),
            Change::Protection(protection) => protection.person.to_string(),
            Change::Number(entry) => entry.person.to_string(),
            Change::Withdrawal(withdrawal) => withdrawal.import.to_string(),
            Change::WriteOff(written_off) => written_off.household.to_string(),
            Change::PayeeAccount(account) => account.order.to_string(),
            Change::Release(release) => release.batch.to_string(),
        }
    }

    /// Does it only stop harm, against the state before? Such a change may take effect before a
    /// second person signed: keys of a vendor are trusted less, never more; a person is protected for
    /// longer, never for shorter. Going back to a revision stops harm too; whether an activation is
    /// that is for whoever knows the earlier ones.
    pub fn stops_harm(&self, before: Option<&Change>) -> bool {
        match (self, before) {
            (Change::Vendor(now), Some(Change::Vendor(before))) => {
                // In any order: a file lists revoked keys last.
                let was = |key: &VendorKey| before.keys.iter().find(|old| old.key == key.key);
                let trusted_less = |key: &VendorKey| was(key).is_some_and(|old| key.revoked || !old.revoked);
                now.needed >= before.needed && now.keys.len() == before.keys.len() && now.keys.iter().all(trusted_less)
            }
            (Change::Protection(now), None) => now.from < now.until,
            (Change::Protection(now), Some(Change::Protection(before))) => now.from <= before.from && before.until <= now.until,
            _ => false,
        }
    }

    /// The canonical bytes, as they are kept with the effect.
    pub fn content(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // Writing to a vector cannot fail.
        let _ = self.encode(&mut Encoder::new(&mut bytes));
        bytes
    }

    /// Reads them back.
    ///
    /// # Errors
    /// [`NotCanonical`] for anything that [`Change::content`] would not have written.
    pub fn decode(bytes: &[u8]) -> Result<Change, NotCanonical> {
        let change = Change::read(&mut Decoder::new(bytes))?;
        if change.content() == bytes { Ok(change) } else { Err(NotCanonical) }
    }

    fn encode(&self, cbor: &mut Cbor<'_>) -> Written {
        cbor.array(2)?.str(self.kind())?;
        match self {
            Change::Account(Account { name, key, from, until }) => {
                cbor.array(4)?.str(name)?.str(key)?.i64(from.packed())?.i64(until.packed())?;
            }
            Change::Vendor(Vendor { name, keys, needed }) => {
                cbor.array(3)?.str(name)?.u32(*needed)?.array(keys.len() as u64)?;
                for VendorKey { key, revoked } in keys {
                    cbor.array(2)?.str(key)?.bool(*revoked)?;
                }
            }
            Change::Grant(Granted { vendor, rule, records, capabilities }) => {
                cbor.array(4)?.str(vendor)?.str(rule)?;
                texts(cbor, records)?;
                texts(cbor, capabilities)?;
            }
            Change::Threshold(Threshold { of, checkers }) => {
                cbor.array(2)?.str(of)?.u32(*checkers)?;
            }
            Change::Activation(Activation { slot, revision, from, until }) => {
                cbor.array(4)?.str(slot)?.bytes(&revision.0)?.i64(from.packed())?.i64(until.packed())?;
            }
            Change::Value(Confirmation { ordinance, path, source, result }) => {
                cbor.array(4)?.bytes(&ordinance.0)?.str(path)?.str(source)?.bytes(&result.0)?;
            }
            Change::Access(Access { account, roles, vendor, subject }) => {
                cbor.array(4)?.str(account)?;
                texts(cbor, roles)?;
                text_or_null(cbor, vendor.as_deref())?;
                text_or_null(cbor, subject.as_deref())?;
            }
            Change::Protection(Protection { person, from, until }) => {
                cbor.array(3)?.i64(person.0)?.i64(from.packed())?.i64(until.packed())?;
            }
            Change::Number(NumberEntry { person, entry }) => {
                cbor.array(2)?.i64(person.0)?.bytes(&entry.0)?;
            }
            Change::Withdrawal(Withdrawal { import, set }) => {
                cbor.array(2)?.i64(import.0)?.bytes(&set.0)?;
            }
            Change::WriteOff(WriteOff { household, claims, ground, on }) => {
                cbor.array(4)?.i64(household.0)?.array(claims.len() as u64)?;
                for GivenUp { kind, year, item, yen } in claims {
                    cbor.array(4)?.i64(*kind)?.i32(*year)?.i64(*item)?.i64(*yen)?;
                }
                cbor.str(ground)?.i64(on.packed())?;
            }
            Change::PayeeAccount(PayeeAccount { order, entry, findings }) => {
                cbor.array(3)?.i64(*order)?.bytes(&entry.0)?;
                texts(cbor, findings)?;
            }
            Change::Release(Release { batch, digest, lines, yen }) => {
                cbor.array(4)?.i64(*batch)?.bytes(&digest.0)?.u32(*lines)?.i64(*yen)?;
            }
        }
        Ok(())
    }

    fn read(cbor: &mut Decoder<'_>) -> Result<Change, NotCanonical> {
        length(cbor)?;
        let kind = text(cbor)?;
        let parts = length(cbor)?;
        Ok(match (kind.as_str(), parts) {
            ("account", 4) => Change::Account(Account { name: text(cbor)?, key: text(cbor)?, from: date(cbor)?, until: date(cbor)? }),
            ("vendor", 3) => {
                let (name, needed) = (text(cbor)?, cbor.u32()?);
                let keys = list(cbor, |cbor| {
                    length(cbor)?;
                    Ok(VendorKey { key: text(cbor)?, revoked: cbor.bool()? })
                })?;
                Change::Vendor(Vendor { name, keys, needed })
            }
            ("grant", 4) => Change::Grant(Granted {
                vendor: text(cbor)?,
                rule: text(cbor)?,
                records: list(cbor, text)?,
                capabilities: list(cbor, text)?,
            }),
            ("threshold", 2) => Change::Threshold(Threshold { of: text(cbor)?, checkers: cbor.u32()? }),
            ("activation", 4) => {
                Change::Activation(Activation { slot: text(cbor)?, revision: digest(cbor)?, from: date(cbor)?, until: date(cbor)? })
            }
            ("value", 4) => {
                Change::Value(Confirmation { ordinance: digest(cbor)?, path: text(cbor)?, source: text(cbor)?, result: digest(cbor)? })
            }
            ("access", 4) => {
                Change::Access(Access { account: text(cbor)?, roles: list(cbor, text)?, vendor: cbor.decode()?, subject: cbor.decode()? })
            }
            ("protection", 3) => Change::Protection(Protection { person: PersonId(cbor.i64()?), from: date(cbor)?, until: date(cbor)? }),
            ("number", 2) => Change::Number(NumberEntry { person: PersonId(cbor.i64()?), entry: digest(cbor)? }),
            ("withdrawal", 2) => Change::Withdrawal(Withdrawal { import: Knowledge(cbor.i64()?), set: digest(cbor)? }),
            ("write-off", 4) => Change::WriteOff(WriteOff {
                household: HouseholdId(cbor.i64()?),
                claims: list(cbor, |cbor| {
                    length(cbor)?;
                    Ok(GivenUp { kind: cbor.i64()?, year: cbor.i32()?, item: cbor.i64()?, yen: cbor.i64()? })
                })?,
                ground: text(cbor)?,
                on: date(cbor)?,
            }),
            ("payee_account", 3) => {
                Change::PayeeAccount(PayeeAccount { order: cbor.i64()?, entry: digest(cbor)?, findings: list(cbor, text)? })
            }
            ("release", 4) => Change::Release(Release { batch: cbor.i64()?, digest: digest(cbor)?, lines: cbor.u32()?, yen: cbor.i64()? }),
            _ => return Err(NotCanonical),
        })
    }
}

/// A change, and the act that made the state it was based on: [`NO_STATE`] where there was none.
/// The act has expired once that is no longer the current state.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Based {
    /// The id of the act that took effect last on the same kind and key.
    pub base: Digest,
    /// What is to change.
    pub change: Change,
}

/// The base of a change of something that does not exist yet.
pub const NO_STATE: Digest = Digest([0; 32]);

/// An act: changes that take effect together or not at all.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Act {
    /// Whose office.
    pub municipality: Municipality,
    /// What is to change; at least one, no kind and key twice.
    pub changes: Vec<Based>,
    /// Why, in the maker's words.
    pub reason: String,
    /// Exactly the text that was shown to the maker and is shown to whoever signs.
    pub shown: String,
    /// The account that made it. It never counts as one that signed.
    pub maker: String,
    /// How many other people must sign.
    pub checkers: u32,
    /// Which people may sign; empty: every good account but the maker's.
    pub eligible: Vec<String>,
    /// Takes effect at once and stays open until the others have signed.
    pub emergency: bool,
    /// When it was made (RFC 3339).
    pub made_at: String,
}

impl Act {
    /// The canonical bytes.
    pub fn content(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // Writing to a vector cannot fail.
        let _ = self.encode(&mut Encoder::new(&mut bytes));
        bytes
    }

    /// The id: the hash of the content. This is what people sign.
    pub fn id(&self) -> Digest {
        Digest::of(&self.content())
    }

    /// Reads a content back.
    ///
    /// # Errors
    /// [`NotCanonical`] for anything that [`Act::content`] would not have written.
    pub fn decode(bytes: &[u8]) -> Result<Act, NotCanonical> {
        let mut cbor = Decoder::new(bytes);
        if length(&mut cbor)? != 10 || cbor.u8()? != LAYOUT {
            return Err(NotCanonical);
        }
        let municipality = format!("{:06}", cbor.i64()?);
        let act = Act {
            municipality: Municipality::parse(&municipality).map_err(|_| NotCanonical)?,
            changes: list(&mut cbor, |cbor| {
                length(cbor)?;
                Ok(Based { base: digest(cbor)?, change: Change::read(cbor)? })
            })?,
            reason: text(&mut cbor)?,
            shown: text(&mut cbor)?,
            maker: text(&mut cbor)?,
            checkers: cbor.u32()?,
            eligible: list(&mut cbor, text)?,
            emergency: cbor.bool()?,
            made_at: text(&mut cbor)?,
        };
        if act.content() == bytes { Ok(act) } else { Err(NotCanonical) }
    }

    fn encode(&self, cbor: &mut Cbor<'_>) -> Written {
        cbor.array(10)?.u8(LAYOUT)?.i64(self.municipality.number())?.array(self.changes.len() as u64)?;
        for Based { base, change } in &self.changes {
            cbor.array(2)?.bytes(&base.0)?;
            change.encode(cbor)?;
        }
        cbor.str(&self.reason)?.str(&self.shown)?.str(&self.maker)?.u32(self.checkers)?;
        texts(cbor, &self.eligible)?;
        cbor.bool(self.emergency)?.str(&self.made_at)?;
        Ok(())
    }
}

/// The version of the content's layout, its first element.
const LAYOUT: u8 = 1;

type Cbor<'b> = Encoder<&'b mut Vec<u8>>;
type Written = Result<(), minicbor::encode::Error<core::convert::Infallible>>;

fn texts(cbor: &mut Cbor<'_>, texts: &[String]) -> Written {
    cbor.array(texts.len() as u64)?;
    for text in texts {
        cbor.str(text)?;
    }
    Ok(())
}

fn text_or_null(cbor: &mut Cbor<'_>, text: Option<&str>) -> Written {
    match text {
        Some(text) => cbor.str(text)?,
        None => cbor.null()?,
    };
    Ok(())
}

fn length(cbor: &mut Decoder<'_>) -> Result<u64, NotCanonical> {
    cbor.array()?.ok_or(NotCanonical)
}

fn text(cbor: &mut Decoder<'_>) -> Result<String, NotCanonical> {
    Ok(cbor.str()?.to_string())
}

fn date(cbor: &mut Decoder<'_>) -> Result<Date, NotCanonical> {
    Date::from_packed(cbor.i64()?).map_err(|_| NotCanonical)
}

fn digest(cbor: &mut Decoder<'_>) -> Result<Digest, NotCanonical> {
    cbor.bytes()?.try_into().map(Digest).map_err(|_| NotCanonical)
}

fn list<'b, T>(cbor: &mut Decoder<'b>, read: impl Fn(&mut Decoder<'b>) -> Result<T, NotCanonical>) -> Result<Vec<T>, NotCanonical> {
    // Grows as items are read: a length says nothing about what follows it.
    let mut items = Vec::new();
    for _ in 0..length(cbor)? {
        items.push(read(cbor)?);
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes() -> Vec<Change> {
        let (from, until) = (Date::new(2026, 4, 1), Date::new(2027, 4, 1));
        Vec::from([
            Change::Account(Account { name: "tanaka".into(), key: "RW1".into(), from, until }),
            Change::Vendor(Vendor { name: "v".into(), keys: Vec::from([VendorKey { key: "RW2".into(), revoked: true }]), needed: 1 }),
            Change::Grant(Granted {
                vendor: "v".into(),
                rule: "premium".into(),
                records: Vec::from(["persons".into()]),
                capabilities: Vec::new(),
            }),
            Change::Threshold(Threshold { of: "grant".into(), checkers: 2 }),
            Change::Activation(Activation { slot: "premium".into(), revision: Digest::of(b"r"), from, until }),
            Change::Value(Confirmation {
                ordinance: Digest::of(b"o"),
                path: "rounding[0]".into(),
                source: "条例".into(),
                result: Digest::of(b"p"),
            }),
            Change::Access(Access {
                account: "tanaka".into(),
                roles: Vec::from(["rules".into()]),
                vendor: None,
                subject: Some("s".into()),
            }),
            Change::Protection(Protection { person: PersonId(7), from, until }),
            Change::Number(NumberEntry { person: PersonId(7), entry: Digest::of(b"n") }),
            Change::Withdrawal(Withdrawal { import: Knowledge(5), set: Digest::of(b"s") }),
            Change::WriteOff(WriteOff {
                household: HouseholdId(7),
                claims: Vec::from([GivenUp { kind: 1, year: 2023, item: 3, yen: 5_000 }]),
                ground: "time_bar".into(),
                on: from,
            }),
            Change::PayeeAccount(PayeeAccount { order: 3, entry: Digest::of(b"a"), findings: Vec::from(["holder_differs".into()]) }),
            Change::Release(Release { batch: 2, digest: Digest::of(b"l"), lines: 3, yen: 12_300 }),
        ])
    }

    #[test]
    fn a_vendor_is_trusted_less_in_an_emergency_and_never_more() {
        let vendor = |needed: u32, revoked: &[bool]| {
            let key = |(i, revoked): (usize, &bool)| VendorKey { key: format!("k{i}"), revoked: *revoked };
            Change::Vendor(Vendor { name: "v".into(), keys: revoked.iter().enumerate().map(key).collect(), needed })
        };
        let before = vendor(1, &[false, true]);
        let mut other_order = vendor(1, &[true, true]);
        if let Change::Vendor(vendor) = &mut other_order {
            vendor.keys.reverse();
        }
        assert!(other_order.stops_harm(Some(&before)) && vendor(2, &[false, true]).stops_harm(Some(&before)));
        for more in [vendor(1, &[false, false]), vendor(1, &[false, true, false]), vendor(1, &[false])] {
            assert!(!more.stops_harm(Some(&before)), "{more:?}");
        }
        assert!(!vendor(1, &[true]).stops_harm(None));
    }

    #[test]
    fn a_person_is_protected_at_once_and_bared_by_two() {
        let days = |from, until| {
            Change::Protection(Protection { person: PersonId(7), from: Date::new(2026, 4, from), until: Date::new(2026, 4, until) })
        };
        let before = days(5, 20);
        assert!(before.stops_harm(None) && days(5, 21).stops_harm(Some(&before)) && days(4, 20).stops_harm(Some(&before)));
        assert!(!days(6, 20).stops_harm(Some(&before)) && !days(5, 19).stops_harm(Some(&before)) && !days(5, 5).stops_harm(None));
    }

    #[test]
    fn acts_and_changes_read_what_they_wrote() {
        let act = Act {
            municipality: Municipality::parse("012041").unwrap(),
            changes: changes().into_iter().map(|change| Based { base: NO_STATE, change }).collect(),
            reason: "改正".into(),
            shown: "旧 → 新".into(),
            maker: "tanaka".into(),
            checkers: 1,
            eligible: Vec::from(["suzuki".into()]),
            emergency: false,
            made_at: "2026-06-01T00:00:00Z".into(),
        };
        assert_eq!(Act::decode(&act.content()), Ok(act.clone()));
        for (change, kind) in changes().iter().zip(KINDS) {
            assert_eq!(change.kind(), kind);
            assert_eq!(Change::decode(&change.content()).as_ref(), Ok(change));
        }
        let mut cut = act.content();
        cut.pop();
        assert_eq!(Act::decode(&cut), Err(NotCanonical));
        assert_ne!(Act { shown: "旧 → 別".into(), ..act.clone() }.id(), act.id());
    }
}
