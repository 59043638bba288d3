//! The demo of the service: a synthetic city, and an office with an account for every role, a second one for those who
//! sign, each with a key and a password of its own; with a package and an ordinance, also a rule in force.
//!
//! Absent: a certificate. The demo listens on this machine only.

use crate::commands::demo_city::fill;
use crate::commands::key::write;
use crate::commands::officer::{moment, read_text};
use crate::commands::vault;
use crate::office::today;
use anyhow::{Context as _, bail};
use jorei_domain::act::{Access, Account, Change, Granted, Vendor, VendorKey};
use jorei_domain::calendar::Date;
use jorei_domain::id::Municipality;
use jorei_domain::role::Role;
use jorei_engine::Runtime;
use jorei_package::manifest::Manifest;
use jorei_package::signing::{NewKey, PublicKey, SecretKey, generate};
use jorei_package::{envelope, manifest};
use jorei_service::activation::{Plan, activate};
use jorei_service::acts::{Proposal, based, propose, sign};
use jorei_service::admission::admit;
use jorei_service::officer::Officer;
use jorei_service::randomness::nonce;
use jorei_service::{office, passwords, revisions};
use jorei_store::Store;
use jorei_store::acts::Verdict;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Asahikawa, the city of the shipped ordinance.
const MUNICIPALITY: &str = "012041";

/// The fiscal year whose cases the demo's rule answers: the one that the shipped ordinance knows whole.
const YEAR: (Date, Date) = (Date::new(2025, 4, 1), Date::new(2026, 4, 1));

/// Roles that sign each other's acts; each has a second account.
const SECOND: [Role; 3] = [Role::Rules, Role::Qualification, Role::Receipts];

/// A rule for the demo.
#[derive(clap::Args)]
pub struct RuleArgs {
    /// A signed package of the premium rule, put in force for fiscal 2025.
    #[arg(long, requires_all = ["demo", "demo_vendor_key", "demo_ordinance"])]
    demo_package: Option<PathBuf>,
    /// The public key that its vendor signed it with (FILE.pub).
    #[arg(long, requires = "demo_package")]
    demo_vendor_key: Option<PathBuf>,
    /// The ordinance (TOML).
    #[arg(long, requires = "demo_package")]
    demo_ordinance: Option<PathBuf>,
}

/// A rule as it was read.
struct Given {
    package: Vec<u8>,
    manifest: Manifest,
    key: PublicKey,
    ordinance: String,
}

impl RuleArgs {
    fn read(&self) -> anyhow::Result<Option<Given>> {
        let (Some(package), Some(key), Some(ordinance)) = (&self.demo_package, &self.demo_vendor_key, &self.demo_ordinance) else {
            return Ok(None);
        };
        let bytes = std::fs::read(package).with_context(|| format!("reading {}", package.display()))?;
        let within = || format!("in {}", package.display());
        let manifest = manifest::read(envelope::open(&bytes).with_context(within)?.component).with_context(within)?.manifest;
        let key = PublicKey::parse(&read_text(key)?).with_context(|| format!("in {}", key.display()))?;
        Ok(Some(Given { package: bytes, manifest, key, ordinance: read_text(ordinance)? }))
    }
}

/// Where the key of a demo's vault is.
pub fn vault_key(folder: &Path) -> PathBuf {
    folder.join("vault.key")
}

/// Makes the folder of a demo: database, city, office, the key of its vault, the keys of the accounts as `ACCOUNT.key` and
/// `ACCOUNT.key.pub`, and their passwords in `passwords.txt`. With a rule, puts it in force.
///
/// # Errors
/// When the folder is there already; a demo is never laid over anything.
pub async fn prepare(
    folder: &Path,
    database: &str,
    households: u32,
    rule: &RuleArgs,
    runtime: impl FnOnce() -> anyhow::Result<Arc<Runtime>>,
) -> anyhow::Result<()> {
    if folder.exists() {
        bail!("{} is there already; name another folder with --demo-folder, or remove it", folder.display());
    }
    let rule = rule.read()?;
    std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    vault::write_new(&vault_key(folder))?;
    let municipality = Municipality::parse(MUNICIPALITY)?;
    let store = Store::open(database).await?;
    store.migrate().await?;
    let keys = found(&store, municipality, folder, rule.as_ref()).await?;
    set_passwords(&store, municipality, folder, &keys).await?;
    fill(&store, municipality, 1, households, today()).await?;
    let told = match rule {
        Some(rule) => {
            put_in_force(&store, municipality, &keys, rule, &runtime()?).await?;
            "the rule decides the cases of fiscal 2025"
        }
        None => "no rule is in force, so no case can be decided: --demo-package, --demo-vendor-key and --demo-ordinance bring one",
    };
    store.close().await;
    let folder = folder.display();
    eprintln!(
        "the demo is in {folder}: {households} households, an account for each role with its key; passwords are in {folder}/passwords.txt"
    );
    eprintln!("{told}");
    Ok(())
}

/// The accounts by name, and their keys.
type Keys = BTreeMap<String, (Account, NewKey)>;

fn officer(keys: &Keys, municipality: Municipality, name: &str) -> anyhow::Result<Officer> {
    let (account, key) = keys.get(name).context("an account of the demo")?;
    Ok(Officer::among(std::slice::from_ref(account), municipality, SecretKey::parse(key.secret_file_text(), None)?)?)
}

/// Founds the office. The operator makes the act, the auditor signs it: a demo's people are as separate as anybody's.
async fn found(store: &Store, municipality: Municipality, folder: &Path, rule: Option<&Given>) -> anyhow::Result<Keys> {
    let (mut keys, mut changes) = (Keys::new(), Vec::new());
    let first = Role::ALL.into_iter().map(|role| (role.word().to_owned(), role));
    let second = SECOND.into_iter().map(|role| (format!("{}-2", role.word()), role));
    for (name, role) in first.chain(second) {
        let key = generate(None)?;
        let account = account(&name, &key)?;
        save(folder, &name, &key)?;
        changes.push(Change::Account(account.clone()));
        changes.push(Change::Access(access(&name, role)));
        keys.insert(name, (account, key));
    }
    if let Some(Given { manifest, key, .. }) = rule {
        let Manifest { id, vendor, records, capabilities, .. } = manifest.clone();
        let trusted = VendorKey { key: key.to_string(), revoked: false };
        changes.push(Change::Vendor(Vendor { name: vendor.clone(), keys: vec![trusted], needed: 1 }));
        changes.push(Change::Grant(Granted { vendor, rule: id, records, capabilities }));
    }
    let changes = based(store, municipality, changes).await?;
    let shown = office::show(store, municipality, &changes).await?;
    let proposal = Proposal { changes, reason: "開設（デモ）".into(), shown, checkers: 1, eligible: Vec::new(), emergency: false };
    let act = propose(store, municipality, &officer(&keys, municipality, Role::Operator.word())?, proposal, &moment()).await?;
    sign(store, municipality, &officer(&keys, municipality, Role::Auditor.word())?, act, Verdict::Approve, &moment()).await?;
    Ok(keys)
}

/// A password for each account, drawn at random, and all of them in a file for the owner of the folder alone.
async fn set_passwords(store: &Store, municipality: Municipality, folder: &Path, keys: &Keys) -> anyhow::Result<()> {
    let mut text = String::new();
    for name in keys.keys() {
        let password = nonce()?;
        writeln!(text, "{name} {password}")?;
        passwords::change(store, municipality, &officer(keys, municipality, name)?, password, &moment()).await?;
    }
    write(&folder.join("passwords.txt"), text.as_bytes(), 0o600)
}

/// Admits the package and puts it in force with the ordinance: `rules` makes the act, `rules-2` signs it.
async fn put_in_force(store: &Store, municipality: Municipality, keys: &Keys, rule: Given, runtime: &Arc<Runtime>) -> anyhow::Result<()> {
    let (maker, signer) = (officer(keys, municipality, "rules")?, officer(keys, municipality, "rules-2")?);
    let now = moment();
    let admission = admit(store, runtime, municipality, &rule.package, &now.stamp(&maker.account)).await?;
    let Some(admitted) = admission.rule.filter(|_| admission.admitted) else {
        bail!("the package is refused at {}: {}", admission.step, admission.reason);
    };
    let revision = revisions::make(store, runtime, municipality, admitted, &rule.ordinance, &now, &maker.account).await?;
    let (from, until) = YEAR;
    let plan = Plan {
        revision,
        from,
        until,
        reason: "当初の改版（デモ）".into(),
        rollback: false,
        emergency: false,
        checkers: 1,
        eligible: Vec::new(),
    };
    let act = activate(store, runtime, municipality, &maker, plan, &now).await?;
    sign(store, municipality, &signer, act, Verdict::Approve, &moment()).await?;
    Ok(())
}

fn account(name: &str, key: &NewKey) -> anyhow::Result<Account> {
    let from = today();
    let until = Date::parse(&format!("{:04}-04-01", from.year() + 2))?;
    Ok(Account { name: name.into(), key: key.public.to_string(), from, until })
}

fn access(name: &str, role: Role) -> Access {
    let vendor = (role == Role::Vendor).then(|| "jorei".to_owned());
    Access { account: name.into(), roles: vec![role.word().into()], vendor, subject: None }
}

fn save(folder: &Path, name: &str, key: &NewKey) -> anyhow::Result<()> {
    let file = folder.join(name).with_extension("key");
    write(&file.with_extension("key.pub"), key.public.file_text().as_bytes(), 0o644)?;
    write(&file, key.secret_file_text().as_bytes(), 0o600)
}
