//! The office's own settings: who may act and do what, which vendors count, what each rule may reach.
//!
//! One file form serves founding and every later change: what a file names takes the place of what
//! was, what it does not name stays. Nothing of it holds before a second person signed.

use crate::acts::{ActsError, Proposal, based};
use crate::officer::accounts;
use crate::words::plain;
use jorei_domain::act::{Access, Account, Based, Change, Granted, KINDS, Threshold, Vendor, VendorKey};
use jorei_domain::calendar::Date;
use jorei_domain::id::Municipality;
use jorei_domain::record::Kind;
use jorei_domain::role::Role;
use jorei_engine::{Asked, Capability, Grant};
use jorei_package::signing::PublicKey;
use jorei_store::{Store, StoreError};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// The longest subject that OpenID Connect Core 1.0, section 2, allows.
const SUBJECT_BYTES_MAX: usize = 255;

/// An office file.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    account: Vec<AccountEntry>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    vendor: Vec<VendorEntry>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    grant: Vec<GrantEntry>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    threshold: Vec<ThresholdEntry>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    access: Vec<AccessEntry>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct AccountEntry {
    name: String,
    key: String,
    from: String,
    until: String,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct VendorEntry {
    name: String,
    needed: u32,
    keys: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    revoked: Vec<String>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct GrantEntry {
    vendor: String,
    rule: String,
    records: Vec<String>,
    capabilities: Vec<String>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct ThresholdEntry {
    of: String,
    checkers: u32,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct AccessEntry {
    account: String,
    roles: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    vendor: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
}

/// Why a file is no office file.
#[derive(Debug, thiserror::Error)]
pub enum OfficeError {
    /// Not TOML, or a wrong member.
    #[error("the office file: {0}")]
    Toml(#[from] toml::de::Error),
    /// A value that cannot be.
    #[error("the office file, {at}: {wrong}")]
    Value {
        /// Which entry.
        at: String,
        /// What is wrong, and what to write.
        wrong: String,
    },
}

/// Reads an office file.
///
/// # Errors
/// The first [`OfficeError`].
pub fn read(text: &str) -> Result<Vec<Change>, OfficeError> {
    let file: File = toml::from_str(text)?;
    let mut changes = Vec::new();
    for entry in file.account {
        let at = format!("account {}", entry.name);
        let date = |text: &str| Date::parse(text).map_err(|error| wrong(&at, error));
        name(&at, &entry.name)?;
        let (from, until) = (date(&entry.from)?, date(&entry.until)?);
        if from >= until {
            return Err(wrong(&at, "`until` is the first day on which it is no longer good; it must follow `from`"));
        }
        changes.push(Change::Account(Account { key: public(&at, &entry.key)?, name: entry.name, from, until }));
    }
    for entry in file.vendor {
        let at = format!("vendor {}", entry.name);
        name(&at, &entry.name)?;
        let mut keys = Vec::new();
        for (listed, revoked) in [(&entry.keys, false), (&entry.revoked, true)] {
            for key in listed {
                keys.push(VendorKey { key: public(&at, key)?, revoked });
            }
        }
        let good = keys.iter().filter(|key| !key.revoked).count();
        if keys.iter().enumerate().any(|(i, key)| keys[..i].iter().any(|other| other.key == key.key)) {
            return Err(wrong(&at, "a key is listed twice; a key counts once"));
        }
        // All keys revoked is a state of its own: nothing of this vendor is admitted any more.
        if entry.needed == 0 || good > 0 && (entry.needed as usize) > good {
            return Err(wrong(&at, format!("needs {} of {good} keys; write a number from 1 to that of the good keys", entry.needed)));
        }
        changes.push(Change::Vendor(Vendor { name: entry.name, keys, needed: entry.needed }));
    }
    for entry in file.grant {
        let at = format!("grant {}/{}", entry.vendor, entry.rule);
        name(&at, &entry.vendor)?;
        name(&at, &entry.rule)?;
        if let Some(unknown) = entry.records.iter().find(|word| Kind::named(word).is_none()) {
            let known: Vec<&str> = Kind::ALL.into_iter().map(Kind::name).collect();
            return Err(wrong(&at, format!("`{unknown}` is no kind of record; known are {}", known.join(", "))));
        }
        if let Some(unknown) = entry.capabilities.iter().find(|word| Capability::named(word).is_none()) {
            return Err(wrong(&at, format!("`{unknown}` is no capability; known is `ordinance`")));
        }
        let sorted = |mut words: Vec<String>| {
            words.sort();
            words.dedup();
            words
        };
        let (records, capabilities) = (sorted(entry.records), sorted(entry.capabilities));
        changes.push(Change::Grant(Granted { vendor: entry.vendor, rule: entry.rule, records, capabilities }));
    }
    for entry in file.threshold {
        let at = format!("threshold of {}", entry.of);
        if !KINDS.contains(&entry.of.as_str()) {
            return Err(wrong(&at, format!("no kind of change; known are {}", KINDS.join(", "))));
        }
        if entry.checkers == 0 {
            return Err(wrong(&at, "at least one person besides the maker signs"));
        }
        changes.push(Change::Threshold(Threshold { of: entry.of, checkers: entry.checkers }));
    }
    let mut subjects: Vec<(String, String)> = Vec::new();
    for entry in file.access {
        let access = access(entry)?;
        if let Some(subject) = &access.subject {
            if let Some((_, other)) = subjects.iter().find(|(known, _)| known == subject) {
                let at = format!("access {}", access.account);
                return Err(wrong(&at, format!("has the subject of account {other}; every account needs one of its own, or none")));
            }
            subjects.push((subject.clone(), access.account.clone()));
        }
        changes.push(Change::Access(access));
    }
    Ok(changes)
}

/// What an account may do, as the file says it.
fn access(entry: AccessEntry) -> Result<Access, OfficeError> {
    let AccessEntry { account, mut roles, vendor, subject } = entry;
    let at = format!("access {account}");
    name(&at, &account)?;
    if let Some(unknown) = roles.iter().find(|word| Role::named(word).is_none()) {
        let known: Vec<&str> = Role::ALL.into_iter().map(Role::word).collect();
        return Err(wrong(&at, format!("`{}` is no role; known are {}", unknown.escape_debug(), known.join(", "))));
    }
    roles.sort();
    roles.dedup();
    match (&vendor, roles.iter().any(|word| word == Role::Vendor.word())) {
        (_, true) if roles.len() > 1 => return Err(wrong(&at, "the role `vendor` stands alone; give the other roles to another account")),
        (None, true) => return Err(wrong(&at, "the role `vendor` needs `vendor`, the name of the vendor whose rules it sees")),
        (Some(_), false) => return Err(wrong(&at, "`vendor` is for the role `vendor` only; leave it out")),
        (Some(vendor), true) => name(&at, vendor)?,
        (None, false) => {}
    }
    let steers = |subject: &String| plain(subject) != *subject;
    if subject.as_ref().is_some_and(|subject| subject.is_empty() || subject.len() > SUBJECT_BYTES_MAX || steers(subject)) {
        return Err(wrong(&at, format!("`subject` must have 1 to {SUBJECT_BYTES_MAX} bytes and no control character; or leave it out")));
    }
    Ok(Access { account, roles, vendor, subject })
}

fn wrong(at: &str, what: impl ToString) -> OfficeError {
    OfficeError::Value { at: at.to_owned(), wrong: what.to_string() }
}

/// Names stand in texts that people sign, so they are plain words.
fn name(at: &str, name: &str) -> Result<(), OfficeError> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
        return Err(wrong(at, format!("`{}` is no name: 1 to 64 of a-z, 0-9, `-`, `_`, `.`", name.escape_debug())));
    }
    Ok(())
}

/// A public key in its one form.
fn public(at: &str, key: &str) -> Result<String, OfficeError> {
    PublicKey::parse(key).map(|key| key.to_string()).map_err(|error| wrong(at, error))
}

/// The office's current settings as an office file, which [`read`] takes back.
///
/// # Errors
/// A [`StoreError`].
pub async fn write(store: &Store, municipality: Municipality) -> Result<String, StoreError> {
    let mut file = File::default();
    for account in accounts(store, municipality).await? {
        let Account { name, key, from, until } = account;
        file.account.push(AccountEntry { name, key, from: from.to_string(), until: until.to_string() });
    }
    for kind in ["vendor", "grant", "threshold", "access"] {
        for (_, change) in store.states(municipality, kind).await? {
            match change {
                Change::Vendor(Vendor { name, keys, needed }) => {
                    let (revoked, good): (Vec<_>, Vec<_>) = keys.into_iter().partition(|key| key.revoked);
                    let texts = |keys: Vec<VendorKey>| keys.into_iter().map(|key| key.key).collect();
                    file.vendor.push(VendorEntry { name, needed, keys: texts(good), revoked: texts(revoked) });
                }
                Change::Grant(Granted { vendor, rule, records, capabilities }) => {
                    file.grant.push(GrantEntry { vendor, rule, records, capabilities });
                }
                Change::Threshold(Threshold { of, checkers }) => file.threshold.push(ThresholdEntry { of, checkers }),
                Change::Access(Access { account, roles, vendor, subject }) => {
                    file.access.push(AccessEntry { account, roles, vendor, subject });
                }
                _ => {}
            }
        }
    }
    toml::to_string(&file).map_err(|error| StoreError::Damaged(format!("the settings of the office: {error}")))
}

/// The vendors whose packages count.
///
/// # Errors
/// A [`StoreError`].
pub async fn vendors(store: &Store, municipality: Municipality) -> Result<Vec<Vendor>, StoreError> {
    let states = store.states(municipality, "vendor").await?;
    let vendor = |(_, change)| match change {
        Change::Vendor(vendor) => Some(vendor),
        _ => None,
    };
    Ok(states.into_iter().filter_map(vendor).collect())
}

/// What a rule may reach: nothing, unless two people said so.
///
/// # Errors
/// A [`StoreError`].
pub async fn grant(store: &Store, municipality: Municipality, vendor: &str, rule: &str) -> Result<Grant, StoreError> {
    match store.state(municipality, "grant", &format!("{vendor}/{rule}")).await? {
        Some((_, Change::Grant(granted))) => Grant::from_words(granted.records.iter().chain(&granted.capabilities).map(String::as_str))
            .map_err(|error| StoreError::Damaged(format!("the grant of {vendor}/{rule}: {error}"))),
        _ => Ok(Grant::none()),
    }
}

/// What to make an act of that changes the office's settings, or founds it. Nothing is written. Whoever
/// proposes may ask for more people, name them, or say that it is an emergency.
///
/// # Errors
/// An [`ActsError`].
pub async fn proposal(store: &Store, municipality: Municipality, changes: Vec<Change>, reason: &str) -> Result<Proposal, ActsError> {
    let changes = based(store, municipality, changes).await?;
    let shown = show(store, municipality, &changes).await?;
    Ok(Proposal { changes, reason: reason.to_owned(), shown, checkers: 1, eligible: Vec::new(), emergency: false })
}

/// The changes as an official reads them: each against what holds now.
///
/// # Errors
/// A [`StoreError`].
pub async fn show(store: &Store, municipality: Municipality, changes: &[Based]) -> Result<String, StoreError> {
    let mut text = String::new();
    for Based { change, .. } in changes {
        let current = store.state(municipality, change.kind(), &change.key()).await?.map(|(_, current)| current);
        if current.as_ref() == Some(change) {
            continue;
        }
        let told = |change: &Change| lines(change).into_iter().map(|line| format!("    {line}\n")).collect::<String>();
        // Writing to a string cannot fail.
        let _ = write!(text, "{} {}\n  変更前\n", noun(change), change.key());
        text.push_str(&current.as_ref().map_or_else(|| "    なし\n".to_owned(), told));
        let _ = write!(text, "  変更後\n{}", told(change));
        if let (Change::Grant(new), before) = (change, &current) {
            let (records, capabilities) = match before {
                Some(Change::Grant(old)) => (old.records.as_slice(), old.capabilities.as_slice()),
                _ => (&[][..], &[][..]),
            };
            let more = |new: &[String], old: &[String]| new.iter().filter(|word| !old.contains(word)).cloned().collect::<Vec<_>>();
            let more = [more(&new.records, records), more(&new.capabilities, capabilities)].concat();
            if !more.is_empty() {
                let _ = writeln!(text, "  新たに認めるもの: {}", more.join("、"));
            }
        }
    }
    Ok(text)
}

/// A change as it will be, from its own content and not from what its maker wrote of it.
pub fn content(change: &Change) -> String {
    let lines: Vec<String> = lines(change).into_iter().map(|line| format!("    {}\n", plain(&line))).collect();
    format!("  {} {}\n{}", noun(change), plain(&change.key()), lines.concat())
}

fn noun(change: &Change) -> &'static str {
    match change {
        Change::Account(_) => "アカウント",
        Change::Vendor(_) => "ベンダー",
        Change::Grant(_) => "ルールへの権限",
        Change::Threshold(_) => "承認に必要な人数",
        Change::Activation(_) => "適用",
        Change::Value(_) => "条例の値の確認",
        Change::Access(_) => "役割",
        Change::Protection(_) => "支援措置",
        Change::Number(_) => "個人番号",
        Change::Withdrawal(_) => "取込の取消し",
        Change::WriteOff(_) => "不納欠損 世帯",
        Change::PayeeAccount(_) => "還付先口座（支払命令）",
        Change::Release(_) => "振込データの送付承認（支払束）",
    }
}

fn lines(change: &Change) -> Vec<String> {
    match change {
        Change::Account(account) => {
            vec![format!("有効期間 {} から {} の前日まで", account.from, account.until), format!("公開鍵 {}", account.key)]
        }
        Change::Vendor(vendor) => {
            let key = |key: &VendorKey| format!("鍵 {}{}", key.key, if key.revoked { "（失効）" } else { "" });
            let mut all = vec![format!("必要な署名 {}", vendor.needed)];
            all.extend(vendor.keys.iter().map(key));
            all
        }
        Change::Grant(granted) => {
            let record = |word: &String| Kind::named(word).map_or_else(|| word.clone(), |kind| format!("{}（{word}）", kind.ja()));
            let records: Vec<String> = granted.records.iter().map(record).collect();
            vec![format!("記録 {}", list(&records)), format!("機能 {}", list(&granted.capabilities))]
        }
        Change::Threshold(threshold) => vec![format!("作成者のほかに {} 人", threshold.checkers)],
        Change::Activation(activation) => {
            vec![format!("改版 {} 基準日 {} から {} の前日まで", activation.revision, activation.from, activation.until)]
        }
        Change::Value(confirmed) => {
            vec![format!("{} 出典 {}", confirmed.path, confirmed.source), format!("確認後の条例 {}", confirmed.result)]
        }
        Change::Access(access) => {
            let role = |word: &String| Role::named(word).map_or_else(|| word.clone(), |role| format!("{}（{word}）", role.ja()));
            let mut all = vec![format!("役割 {}", list(&access.roles.iter().map(role).collect::<Vec<_>>()))];
            all.extend(access.vendor.as_ref().map(|vendor| format!("委託先 {vendor}")));
            all.extend(access.subject.as_ref().map(|subject| format!("シングルサインオンの識別子 {subject}")));
            all
        }
        Change::Protection(protection) => vec![format!("住所等を秘匿する期間 {} から {} の前日まで", protection.from, protection.until)],
        Change::Number(number) => vec![format!("保管庫の記載 {}", number.entry)],
        Change::Withdrawal(withdrawal) => vec![format!("取込の内容 {}", withdrawal.set)],
        Change::WriteOff(written_off) => crate::arrears::write_off::lines(written_off),
        Change::PayeeAccount(account) => {
            let mut all = vec![format!("口座の記載 {}", account.entry)];
            all.extend(account.findings.iter().map(|finding| format!("確認する事項 {}", crate::payees::finding_ja(finding))));
            all
        }
        Change::Release(release) => {
            vec![format!("{}件 {}円", release.lines, release.yen), format!("明細の照合値 {}", release.digest)]
        }
    }
}

fn list(words: &[String]) -> String {
    if words.is_empty() { "なし".to_owned() } else { words.join("、") }
}

/// What a rule asks for beyond what another one did, in words for an official.
pub fn asks_more(new: &Asked, old: Option<&Asked>) -> Vec<String> {
    let none = Asked::default();
    let old = old.unwrap_or(&none);
    let kinds = new.kinds().difference(old.kinds()).map(|kind| format!("{}（{}）", kind.ja(), kind.name()));
    let capabilities = new.capabilities().difference(old.capabilities()).map(|capability| capability.word().to_owned());
    kinds.chain(capabilities).collect()
}
