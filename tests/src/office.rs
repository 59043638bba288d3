//! An office for tests: two people with keys of their own, a vendor with another, and the whole way
//! from a component to a revision in force. Every step is the real one.

use crate::built;
use jorei_domain::act::{Account, Change, Granted, Vendor, VendorKey};
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, Municipality};
use jorei_domain::record::Kind;
use jorei_engine::{Capability, Runtime};
use jorei_package::envelope;
use jorei_package::manifest::{Manifest, attach};
use jorei_package::signing::{NewKey, Purpose, SecretKey, generate, sign as sign_bytes};
use jorei_service::activation::{Plan, activate};
use jorei_service::acts::{Proposal, based, propose, sign};
use jorei_service::admission::admit;
use jorei_service::officer::{Now, Officer};
use jorei_service::revisions::make;
use jorei_store::Store;
use jorei_store::acts::Verdict;
use std::sync::Arc;

/// The day on which tests act.
pub const TODAY: Date = Date::new(2026, 6, 1);

/// The vendor of every rule of ours.
pub const VENDOR: &str = "jorei";

/// The rules of benefits, classification first: the others rest on it.
pub const BENEFIT_RULES: [&str; 7] = ["classification", "high_cost", "high_cost_year", "combined", "hospital", "expense", "lump_sum"];

/// The moment at which tests act.
pub fn now() -> Now {
    Now { today: TODAY, at: "2026-06-01T00:00:00Z".into() }
}

/// An office with two people.
pub struct Office {
    /// Whose.
    pub municipality: Municipality,
    /// Makes acts.
    pub tanaka: Officer,
    /// Signs them.
    pub suzuki: Officer,
    /// The file of the first one's key, for commands.
    pub key_file: String,
    /// That of the second one's.
    pub second_key_file: String,
    /// The vendor's key.
    pub vendor: SecretKey,
}

/// A new key without a password.
///
/// # Panics
/// When there is no randomness.
pub fn key() -> NewKey {
    generate(None).expect("a key")
}

fn secret(key: &NewKey) -> SecretKey {
    SecretKey::parse(key.secret_file_text(), None).expect("the key that was just made")
}

impl Office {
    /// Founds an office that trusts one vendor and grants its premium rule, and its test guests,
    /// everything of the world.
    ///
    /// # Panics
    /// When the real path refuses it.
    pub async fn found(store: &Store, municipality: Municipality) -> Office {
        let [tanaka, suzuki, vendor] = [key(), key(), key()];
        let account = |name: &str, key: &NewKey| Account {
            name: name.into(),
            key: key.public.to_string(),
            from: Date::new(2026, 4, 1),
            // Commands that tests run have the clock of the day.
            until: Date::MAX,
        };
        let accounts = vec![account("tanaka", &tanaka), account("suzuki", &suzuki)];
        let trusted = VendorKey { key: vendor.public.to_string(), revoked: false };
        let mut changes: Vec<Change> = accounts.iter().cloned().map(Change::Account).collect();
        changes.push(Change::Vendor(Vendor { name: VENDOR.into(), keys: vec![trusted], needed: 1 }));
        changes.extend(
            ["premium", "exemption", "instalment", "delinquency", "refund", "toy", "guest"].map(|rule| Change::Grant(everything(rule))),
        );
        changes.extend(BENEFIT_RULES.map(|rule| Change::Grant(everything(rule))));
        let office = Office {
            municipality,
            tanaka: Officer::among(&accounts, municipality, secret(&tanaka)).expect("an account"),
            suzuki: Officer::among(&accounts, municipality, secret(&suzuki)).expect("an account"),
            key_file: tanaka.secret_file_text().to_owned(),
            second_key_file: suzuki.secret_file_text().to_owned(),
            vendor: secret(&vendor),
        };
        office.change(store, changes).await;
        office
    }

    /// Makes an act and signs it with the other person.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn change(&self, store: &Store, changes: Vec<Change>) -> Digest {
        let changes = based(store, self.municipality, changes).await.expect("its base");
        let proposal =
            Proposal { changes, reason: "test".into(), shown: "test".into(), checkers: 1, eligible: Vec::new(), emergency: false };
        let act = propose(store, self.municipality, &self.tanaka, proposal, &now()).await.expect("an act");
        self.approve(store, act).await;
        act
    }

    /// The second person signs.
    ///
    /// # Panics
    /// When the act is not in effect after that.
    pub async fn approve(&self, store: &Store, act: Digest) {
        let signed = sign(store, self.municipality, &self.suzuki, act, Verdict::Approve, &now()).await.expect("a signature");
        assert!(signed.in_effect, "one signature is enough");
    }

    /// A component as the vendor's signed package.
    ///
    /// # Panics
    /// When the manifest does not fit.
    pub fn package(&self, component: &[u8], manifest: &str) -> Vec<u8> {
        let manifest = Manifest::from_toml(manifest).expect("a manifest");
        let component = attach(component, &manifest, None).expect("a component");
        seal(&component, &self.vendor)
    }

    /// Admits a rule of ours.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn add(&self, store: &Store, runtime: &Arc<Runtime>, package: &[u8]) -> Digest {
        let admission = admit(store, runtime, self.municipality, package, &now().stamp("tanaka")).await.expect("an admission");
        assert!(admission.admitted, "refused at {}: {}", admission.step, admission.reason);
        admission.rule.expect("an admitted rule")
    }

    /// The premium rule and an ordinance as a revision, not in force.
    ///
    /// # Panics
    /// When a step refuses.
    pub async fn premium(&self, store: &Store, runtime: &Arc<Runtime>, ordinance: &str) -> Digest {
        self.revision(store, runtime, "premium", ordinance).await
    }

    /// A rule of ours and an ordinance as a revision, not in force.
    ///
    /// # Panics
    /// When a step refuses.
    pub async fn revision(&self, store: &Store, runtime: &Arc<Runtime>, rule: &str, ordinance: &str) -> Digest {
        let rule = self.add(store, runtime, &self.package(&read(built::rule(rule)), &manifest(rule))).await;
        make(store, runtime, self.municipality, rule, ordinance, &now(), "tanaka").await.expect("a revision")
    }

    /// A revision put in force by two people.
    ///
    /// # Panics
    /// When a step refuses.
    pub async fn activate(&self, store: &Store, runtime: &Arc<Runtime>, revision: Digest, (from, until): (Date, Date)) {
        let plan =
            Plan { revision, from, until, reason: "test".into(), rollback: false, emergency: false, checkers: 1, eligible: Vec::new() };
        let act = activate(store, runtime, self.municipality, &self.tanaka, plan, &now()).await.expect("an activation");
        self.approve(store, act).await;
    }
}

/// A grant of everything that a world has.
pub fn everything(rule: &str) -> Granted {
    let mut records: Vec<String> = Kind::ALL.into_iter().map(|kind| kind.name().to_owned()).collect();
    records.sort();
    Granted {
        vendor: VENDOR.into(),
        rule: rule.into(),
        records,
        capabilities: Capability::ALL.map(|capability| capability.word().to_owned()).into(),
    }
}

/// A component with the vendor's signature.
///
/// # Panics
/// When it is too large.
pub fn seal(component: &[u8], key: &SecretKey) -> Vec<u8> {
    let signature = sign_bytes(key, Purpose::Package, component).expect("a signature");
    envelope::seal(component, &[signature]).expect("an envelope")
}

/// The manifest of the premium rule.
///
/// # Panics
/// When it is not there.
pub fn premium_manifest() -> String {
    manifest("premium")
}

/// The manifest of a rule of ours.
///
/// # Panics
/// When it is not there.
pub fn manifest(rule: &str) -> String {
    let path = built::repository().join("plugins").join(rule).join("rule.toml");
    std::fs::read_to_string(path).expect("the manifest")
}

/// The city's ordinance for a rule of ours.
///
/// # Panics
/// When it is not there.
pub fn ordinance(rule: &str) -> String {
    let path = built::repository().join("plugins").join(rule).join("ordinances/012041.toml");
    std::fs::read_to_string(path).expect("the ordinance")
}

/// The ordinance of a benefit rule in which every value is confirmed, as the city's.
///
/// # Panics
/// When it is not there.
pub fn confirmed_example(rule: &str) -> String {
    let path = built::repository().join("plugins").join(rule).join("ordinances/examples/confirmed.toml");
    let text = std::fs::read_to_string(path).expect("the example");
    let ours = |line: &str| if line.starts_with("municipality = ") { "municipality = \"012041\"".to_owned() } else { line.to_owned() };
    text.lines().map(ours).collect::<Vec<_>>().join("\n")
}

fn read(path: std::path::PathBuf) -> Vec<u8> {
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
