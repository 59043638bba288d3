//! A city hall for tests of the service: records on either database, an office with an account for every role, rules in
//! force, and the binary that serves them. Clients speak HTTP and sign with keys of their own.

use crate::office::{BENEFIT_RULES, VENDOR, confirmed_example, everything, manifest, ordinance, seal};
use crate::{built, postgres, runtime};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jorei_api::server::install_cryptography;
use jorei_domain::act::{Access, Account, Change, Vendor, VendorKey};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, Municipality};
use jorei_domain::role::Role;
use jorei_engine::Runtime;
use jorei_package::manifest::{Manifest, attach};
use jorei_package::signing::{SecretKey, generate};
use jorei_service::activation::{Plan, activate};
use jorei_service::acts::{Proposal, based, propose, sign, signature};
use jorei_service::admission::admit;
use jorei_service::confirmation::confirm;
use jorei_service::demo_city::DemoCity;
use jorei_service::officer::{Now, Officer};
use jorei_service::randomness::nonce;
use jorei_service::revisions::make;
use jorei_service::sessions;
use jorei_service::value_states::unconfirmed;
use jorei_store::Store;
use jorei_store::acts::Verdict;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Which database holds the records.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Database {
    /// A file of its own.
    Sqlite,
    /// A database of the test run's server.
    Postgres,
}

/// The fiscal year whose cases the tests decide.
pub const YEAR: i32 = 2025;

/// Case dates that the revisions of the tests answer.
pub const WHOLE: (Date, Date) = (Date::new(2025, 4, 1), Date::new(2026, 4, 1));

/// The password of every account that has one.
pub const PASSWORD: &str = "a long enough sentence";

/// A city hall: everything that is there before the service starts.
pub struct CityHall {
    /// Its code.
    pub municipality: Municipality,
    /// Its records, opened beside the service.
    pub store: Store,
    /// A runtime beside the service's, for replays.
    pub runtime: Arc<Runtime>,
    /// Two revisions that answer all dates of [`WHOLE`]; the first is in force.
    pub revisions: [Digest; 2],
    /// Where the records are.
    pub database: String,
    keys: BTreeMap<String, SecretKey>,
    key_texts: BTreeMap<String, String>,
    vendor: SecretKey,
    folder: tempfile::TempDir,
}

impl CityHall {
    /// An office with an account for every role (named as the role), a second one for those who sign (`rules-2`,
    /// `qualification-2`, `receipts-2`), a city of so many households, and a premium revision in force.
    ///
    /// # Panics
    /// When a step of the real way refuses.
    pub async fn new(database: Database, households: u32) -> CityHall {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let address = match database {
            Database::Sqlite => format!("sqlite://{}", folder.path().join("hall.db").display()),
            Database::Postgres => postgres::database(),
        };
        let store = Store::open(&address).await.expect("a database");
        store.migrate().await.expect("its tables");
        let municipality = Municipality::parse("012041").expect("a code");
        let (key_texts, vendor) = found(&store, municipality).await;
        let keys = parsed(&key_texts);
        let revisions = [Digest([0; 32]); 2];
        let mut hall = CityHall { municipality, store, runtime: runtime(), revisions, database: address, keys, key_texts, vendor, folder };
        hall.fill(municipality, households).await;
        let ordinance = std::fs::read_to_string(built::repository().join("plugins/premium/ordinances/012041.toml")).expect("the ordinance");
        // The same law under another name: what matters to these tests is which of two decided.
        let amended = ordinance.replacen("name = \"", "name = \"改正 ", 1);
        assert_ne!(ordinance, amended, "the ordinance has a name");
        let rule = hall.admit(&premium_package(&hall.vendor)).await;
        hall.revisions = [hall.revision(rule, &ordinance).await, hall.revision(rule, &amended).await];
        hall.activate(hall.revisions[0], false).await;
        hall
    }

    /// The key of an account.
    ///
    /// # Panics
    /// When there is no such account.
    pub fn key(&self, account: &str) -> &SecretKey {
        &self.keys[account]
    }

    /// The key of an account as a file, for commands.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn key_file(&self, account: &str) -> PathBuf {
        let file = self.folder.path().join(account).with_extension("key");
        std::fs::write(&file, &self.key_texts[account]).expect("the key's file");
        file
    }

    /// Says whose account a subject of the single sign-on is, by an act of two people.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn link(&self, account: &str, subject: &str) {
        let access =
            Access { account: account.to_owned(), roles: vec![account.to_owned()], vendor: None, subject: Some(subject.to_owned()) };
        let changes = based(&self.store, self.municipality, vec![Change::Access(access)]).await.expect("its base");
        let proposal =
            Proposal { changes, reason: "test".into(), shown: "test".into(), checkers: 1, eligible: Vec::new(), emergency: false };
        let (maker, signer) = (self.officer("operator").await, self.officer("auditor").await);
        let act = propose(&self.store, self.municipality, &maker, proposal, &now()).await.expect("an act");
        let signed = sign(&self.store, self.municipality, &signer, act, Verdict::Approve, &now()).await.expect("a signature");
        assert!(signed.in_effect);
    }

    /// A signed package of the office's vendor.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn package(&self) -> Vec<u8> {
        premium_package(&self.vendor)
    }

    /// A folder that goes with the hall.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Puts a revision in force, by two people, without the service.
    ///
    /// # Panics
    /// When a step refuses.
    pub async fn activate(&self, revision: Digest, rollback: bool) {
        let (from, until) = WHOLE;
        let plan = Plan { revision, from, until, reason: "test".into(), rollback, emergency: false, checkers: 1, eligible: Vec::new() };
        let (maker, signer) = (self.officer("rules").await, self.officer("rules-2").await);
        let act = activate(&self.store, &self.runtime, self.municipality, &maker, plan, &now()).await.expect("an activation");
        let signed = sign(&self.store, self.municipality, &signer, act, Verdict::Approve, &now()).await.expect("a signature");
        assert!(signed.in_effect);
    }

    /// Puts exemption and instalments in force as well, so that a whole year can be decided.
    ///
    /// # Panics
    /// When a step of the real way refuses.
    pub async fn add_the_other_slots(&self) {
        for rule in ["exemption", "instalment"] {
            let admitted = self.admit(&package(rule, &self.vendor)).await;
            let revision = self.revision(admitted, &ordinance(rule)).await;
            self.activate(revision, false).await;
        }
    }

    /// Puts the slots of what is paid late and of what is paid back in force.
    ///
    /// # Panics
    /// When a step of the real way refuses.
    pub async fn add_the_money_slots(&self) {
        for rule in ["delinquency", "refund"] {
            let admitted = self.admit(&package(rule, &self.vendor)).await;
            let revision = self.revision(admitted, &ordinance(rule)).await;
            self.activate(revision, false).await;
        }
    }

    /// Puts every slot in force under ordinances whose assumed values two people confirmed, so that what is decided is posted.
    ///
    /// # Panics
    /// When a step of the real way refuses.
    pub async fn settle_the_law(&self) {
        for rule in ["premium", "exemption", "instalment", "delinquency", "refund"] {
            let admitted = self.admit(&package(rule, &self.vendor)).await;
            let written = ordinance(rule);
            self.revision(admitted, &written).await;
            let revision = self.revision(admitted, &self.confirmed(&written).await).await;
            self.activate(revision, false).await;
        }
    }

    /// Puts the slots of a month's high-cost benefit in force, under values as if two people of this city had confirmed every one.
    ///
    /// # Panics
    /// When a step of the real way refuses.
    pub async fn add_the_benefit_slots(&self) {
        for rule in ["classification", "high_cost"] {
            let admitted = self.admit(&package(rule, &self.vendor)).await;
            let revision = self.revision(admitted, &confirmed_example(rule)).await;
            self.activate(revision, false).await;
        }
    }

    /// An ordinance after two people confirmed every value of it that was not.
    async fn confirmed(&self, written: &str) -> String {
        let (maker, signer) = (self.officer("rules").await, self.officer("rules-2").await);
        let (open, ordinance) = (unconfirmed(written), Digest::of(written.as_bytes()));
        if open.is_empty() {
            return written.to_owned();
        }
        let made = confirm(&self.store, self.municipality, &maker, ordinance, (&open, "条例"), &now()).await;
        let (act, result) = made.expect("a confirmation");
        let signed = sign(&self.store, self.municipality, &signer, act, Verdict::Approve, &now()).await.expect("a signature");
        assert!(signed.in_effect);
        self.store.ordinance(self.municipality, result).await.expect("a text").expect("the ordinance")
    }

    /// Starts the service over these records.
    ///
    /// # Panics
    /// When it does not come up.
    pub async fn serve(&self) -> Service {
        self.serve_with("").await
    }

    /// Starts the service as users run it: the binary of a release.
    ///
    /// # Panics
    /// When it does not come up.
    pub async fn serve_release(&self) -> Service {
        self.serve_by(Command::new(built::jorei_release()), "").await
    }

    /// Starts the service with more of a configuration than the tests need.
    ///
    /// # Panics
    /// When it does not come up.
    pub async fn serve_with(&self, more: &str) -> Service {
        self.serve_by(built::jorei(), more).await
    }

    async fn serve_by(&self, binary: Command, more: &str) -> Service {
        let vault = self.folder.path().join("vault.key");
        std::fs::write(&vault, [7; 32]).expect("the key of the vault");
        let file = self.folder.path().join("service.toml");
        let (database, vault) = (&self.database, vault.display());
        let text = format!(
            "[listen]\naddress = \"127.0.0.1:0\"\nside_address = \"127.0.0.1:0\"\n[database]\naddress = \"{database}\"\n\
             [vault]\nkey_file = \"{vault}\"\n{more}\n"
        );
        std::fs::write(&file, text).expect("the configuration");
        let log = self.folder.path().join("service.log");
        let (database, municipality) = (self.database.clone(), self.municipality);
        let started = tokio::task::spawn_blocking(move || Service::start(binary, &file, &log, municipality));
        let service = started.await.unwrap_or_else(|_| panic!("the service over {database}"));
        assert!(service.log_text().contains("serving"));
        service
    }

    /// A client of the service with a session by the account's key. It states an affair of the account's role, and a
    /// case, with every request.
    ///
    /// # Panics
    /// When the log-in is refused.
    pub async fn client(&self, service: &Service, account: &str) -> Client {
        log_in(service, self.municipality, account, self.key(account)).await
    }

    /// Another municipality with its office over the same records.
    ///
    /// # Panics
    /// When it cannot be founded.
    pub async fn neighbour(&self, code: &str) -> Neighbour {
        let municipality = Municipality::parse(code).expect("a code");
        let (key_texts, _) = found(&self.store, municipality).await;
        Neighbour { municipality, keys: parsed(&key_texts) }
    }

    /// The signature of an account under an act: `said` is make, approve or reject.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn signature(&self, account: &str, said: &str, act: &str) -> String {
        signature(self.key(account), said, Digest::parse(act).expect("an act")).expect("a signature")
    }

    /// What is wrong with the chain, the records that it speaks of and the signatures under the acts.
    ///
    /// # Panics
    /// When it cannot be told.
    pub async fn findings(&self) -> Vec<String> {
        let found = jorei_service::audit::verify(&self.store, self.municipality, &[], &[], |_| {}).await.expect("a verification");
        found.iter().map(ToString::to_string).collect()
    }

    /// The stamp of what tests record without the service.
    pub fn stamp(&self) -> Stamp {
        now().stamp("test")
    }

    async fn officer(&self, account: &str) -> Officer {
        officer(&self.store, self.municipality, &self.keys[account]).await
    }

    async fn fill(&self, municipality: Municipality, households: u32) {
        let bundles: Vec<_> = DemoCity { seed: 1, households }.bundles().collect();
        let (mut assertions, mut names, mut addresses) = (Vec::new(), Vec::new(), Vec::new());
        for bundle in bundles {
            assertions.extend(bundle.assertions);
            names.extend(bundle.names);
            addresses.extend(bundle.addresses);
        }
        let today = now().today;
        self.store.save_names(municipality, today, &names, &self.stamp()).await.expect("names");
        self.store.save_addresses(municipality, today, &addresses, &self.stamp()).await.expect("addresses");
        self.store.assert_facts(municipality, today, &assertions, &self.stamp()).await.expect("facts");
    }

    async fn admit(&self, package: &[u8]) -> Digest {
        let admission = admit(&self.store, &self.runtime, self.municipality, package, &self.stamp()).await.expect("an admission");
        assert!(admission.admitted, "refused at {}: {}", admission.step, admission.reason);
        admission.rule.expect("an admitted rule")
    }

    async fn revision(&self, rule: Digest, ordinance: &str) -> Digest {
        make(&self.store, &self.runtime, self.municipality, rule, ordinance, &now(), "rules").await.expect("a revision")
    }
}

/// The office of another municipality.
pub struct Neighbour {
    /// Its code.
    pub municipality: Municipality,
    keys: BTreeMap<String, SecretKey>,
}

impl Neighbour {
    /// A client with a session of that office.
    ///
    /// # Panics
    /// When there is no such account, or the log-in is refused.
    pub async fn client(&self, service: &Service, account: &str) -> Client {
        log_in(service, self.municipality, account, &self.keys[account]).await
    }
}

async fn log_in(service: &Service, municipality: Municipality, account: &str, key: &SecretKey) -> Client {
    let mut client = Client { office: municipality.to_string(), ..Client::stranger(service) };
    client.account = account.to_owned();
    client.affair = affair_of(account);
    let challenge = sessions::challenge(municipality, account, &rfc3339(), &nonce().expect("randomness"));
    let signature = sessions::sign_challenge(key, &challenge).expect("a signature");
    let proof = json!({ "account": account, "challenge": challenge, "signature": signature });
    let opened = client.post("/sessions", &proof).await;
    assert_eq!(opened.status, StatusCode::CREATED, "{}", opened.text());
    client.token = opened.json()["token"].as_str().map(str::to_owned);
    client
}

fn parsed(key_texts: &BTreeMap<String, String>) -> BTreeMap<String, SecretKey> {
    key_texts.iter().map(|(name, text)| (name.clone(), SecretKey::parse(text, None).expect("the key"))).collect()
}

/// Founds an office: `operator` makes the act, `auditor` signs it.
async fn found(store: &Store, municipality: Municipality) -> (BTreeMap<String, String>, SecretKey) {
    let (mut keys, mut changes, mut accounts) = (BTreeMap::new(), Vec::new(), Vec::new());
    let names = Role::ALL.into_iter().map(|role| (role.word().to_owned(), role));
    let seconds = [("rules-2", Role::Rules), ("qualification-2", Role::Qualification), ("receipts-2", Role::Receipts)];
    for (name, role) in names.chain(seconds.map(|(name, role)| (name.to_owned(), role))) {
        let key = generate(None).expect("a key");
        // Sessions end by the real clock, so these accounts are good for longer than this code.
        let (from, until) = (Date::new(2026, 4, 1), Date::new(2126, 4, 1));
        accounts.push(Account { name: name.clone(), key: key.public.to_string(), from, until });
        let vendor = (role == Role::Vendor).then(|| VENDOR.to_owned());
        changes.push(Change::Access(Access {
            account: name.clone(),
            roles: vec![role.word().into()],
            vendor,
            subject: Some(format!("subject of {name}")),
        }));
        keys.insert(name, key.secret_file_text().to_owned());
    }
    let vendor = generate(None).expect("a key");
    let trusted = VendorKey { key: vendor.public.to_string(), revoked: false };
    let mut all: Vec<Change> = accounts.iter().cloned().map(Change::Account).collect();
    all.extend(changes);
    all.push(Change::Vendor(Vendor { name: VENDOR.into(), keys: vec![trusted], needed: 1 }));
    all.extend(["premium", "exemption", "instalment", "delinquency", "refund"].map(|rule| Change::Grant(everything(rule))));
    all.extend(BENEFIT_RULES.map(|rule| Change::Grant(everything(rule))));
    let changes = based(store, municipality, all).await.expect("its base");
    let proposal = Proposal { changes, reason: "test".into(), shown: "test".into(), checkers: 1, eligible: Vec::new(), emergency: false };
    let secret = |name: &str, keys: &BTreeMap<String, String>| SecretKey::parse(&keys[name], None).expect("the key");
    let maker = Officer::among(&accounts, municipality, secret("operator", &keys)).expect("an account");
    let act = propose(store, municipality, &maker, proposal, &now()).await.expect("an act");
    let signer = Officer::among(&accounts, municipality, secret("auditor", &keys)).expect("an account");
    sign(store, municipality, &signer, act, Verdict::Approve, &now()).await.expect("a signature");
    (keys, SecretKey::parse(vendor.secret_file_text(), None).expect("the key"))
}

async fn officer(store: &Store, municipality: Municipality, key: &SecretKey) -> Officer {
    Officer::of(store, municipality, key.clone(), now().today).await.expect("an officer")
}

/// The premium rule as a package that this key signed.
///
/// # Panics
/// When it cannot be made.
pub fn premium_package(vendor: &SecretKey) -> Vec<u8> {
    package("premium", vendor)
}

fn package(rule: &str, vendor: &SecretKey) -> Vec<u8> {
    let component = std::fs::read(built::rule(rule)).expect("the rule");
    let manifest = Manifest::from_toml(&manifest(rule)).expect("a manifest");
    seal(&attach(&component, &manifest, None).expect("a component"), vendor)
}

/// The moment at which tests act beside the service.
fn now() -> Now {
    Now { today: Date::new(2026, 6, 1), at: "2026-06-01T00:00:00Z".into() }
}

/// An affair that the role of an account works in.
fn affair_of(account: &str) -> &'static str {
    match account {
        "assessment" | "system" => "assessment",
        "benefits" => "benefits",
        "receipts" | "receipts-2" | "collection" => "collection",
        _ => "qualification",
    }
}

/// The service as a process of its own. It ends with the test.
pub struct Service {
    /// Where it answers.
    pub address: SocketAddr,
    /// Its side door.
    pub side: SocketAddr,
    municipality: Municipality,
    process: Child,
    log: PathBuf,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Service {
    fn start(mut jorei: Command, configuration: &Path, log: &Path, municipality: Municipality) -> Service {
        jorei.args(["serve", "--config"]).arg(configuration);
        Service::run(jorei, log, municipality)
    }

    /// Runs a command that serves, and waits until it does.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn run(mut jorei: Command, log: &Path, municipality: Municipality) -> Service {
        jorei.env("JOREI_CACHE", built::target().join("artefacts"));
        let mut process = jorei.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the service");
        let stderr = process.stderr.take().expect("its log");
        let lines: Arc<Mutex<Vec<String>>> = Arc::default();
        let (kept, path) = (Arc::clone(&lines), log.to_owned());
        let (told, started) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).expect("a file for the log");
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let _ = writeln!(file, "{line}");
                kept.lock().expect("the lines").push(line.clone());
                let parsed: Value = serde_json::from_str(&line).unwrap_or_default();
                let address = |name: &str| parsed[name].as_str().and_then(|address| address.parse::<SocketAddr>().ok());
                if let (Some("serving"), Some(address), Some(side)) = (parsed["message"].as_str(), address("address"), address("side")) {
                    let _ = told.send((address, side));
                }
            }
        });
        let (address, side) = started.recv_timeout(Duration::from_secs(120)).expect("the service comes up");
        Service { address, side, municipality, process, log: log.to_owned(), lines }
    }

    /// The address of something of this office.
    pub fn at(&self, path: &str) -> String {
        format!("http://{}/v1/offices/{}{path}", self.address, self.municipality)
    }

    /// Everything that was logged so far, by all services of this hall.
    ///
    /// # Panics
    /// When the log cannot be read.
    pub fn log_text(&self) -> String {
        let now = self.lines.lock().expect("the lines").join("\n");
        std::fs::read_to_string(&self.log).unwrap_or_default() + &now
    }

    /// Its metrics.
    ///
    /// # Panics
    /// When they cannot be had.
    pub async fn metrics(&self) -> String {
        install_cryptography();
        reqwest::get(format!("http://{}/metrics", self.side)).await.expect("metrics").text().await.expect("metrics")
    }

    /// What its side door says to whoever asks whether requests may be sent: a status.
    ///
    /// # Panics
    /// When the side door does not answer.
    pub async fn ready(&self) -> u16 {
        install_cryptography();
        let asked = reqwest::get(format!("http://{}/health/ready", self.side)).await;
        asked.expect("the side door answers").status().as_u16()
    }

    /// Sends it a signal by name (`TERM`, `KILL`).
    ///
    /// # Panics
    /// When it cannot be sent.
    pub fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args(["-s", signal, &self.process.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "sending {signal}");
    }

    /// Waits until it has ended.
    ///
    /// # Panics
    /// When that cannot be told.
    pub async fn ended(mut self) -> std::process::ExitStatus {
        tokio::task::spawn_blocking(move || self.process.wait().expect("its end")).await.expect("its end")
    }

    /// Sends it a signal by name (`TERM`, `KILL`) and waits until it has ended.
    ///
    /// # Panics
    /// When it does not end.
    pub async fn end(self, signal: &str) -> std::process::ExitStatus {
        self.signal(signal);
        self.ended().await
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Somebody who asks the service.
#[derive(Clone)]
pub struct Client {
    /// Whose session it is.
    pub account: String,
    /// The session.
    pub token: Option<String>,
    /// The affair that is stated; empty: none is.
    pub affair: &'static str,
    /// The case that is stated; empty: none is.
    pub case: String,
    http: reqwest::Client,
    root: String,
    office: String,
}

impl Client {
    /// Nobody, yet.
    ///
    /// # Panics
    /// When there can be no client.
    pub fn stranger(service: &Service) -> Client {
        install_cryptography();
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        Client {
            account: String::new(),
            token: None,
            affair: "qualification",
            case: "R8-000123".into(),
            http,
            root: format!("http://{}", service.address),
            office: service.municipality.to_string(),
        }
    }

    /// A request with session and purpose. A path that begins with `/v1` is taken whole, another one is of the office.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let whole = path.starts_with("/v1/") || path.starts_with("/problems/");
        let address = if whole { format!("{}{path}", self.root) } else { format!("{}/v1/offices/{}{path}", self.root, self.office) };
        let mut request = self.http.request(method, address);
        for (name, stated) in [("Jorei-Affair", self.affair), ("Jorei-Case", self.case.as_str())] {
            if !stated.is_empty() {
                request = request.header(name, stated);
            }
        }
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Reads something.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    /// Sends a document under a new idempotency key.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_as(path, body, &unique("key")).await
    }

    /// Sends a document under a key.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn post_as(&self, path: &str, body: &Value, key: &str) -> Answer {
        Answer::of(self.request(Method::POST, path).header("Idempotency-Key", key).json(body)).await
    }
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: reqwest::header::HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The answer to a request.
    ///
    /// # Panics
    /// When there is none.
    pub async fn of(request: RequestBuilder) -> Answer {
        Answer::read(request.send().await.expect("an answer")).await
    }

    /// Reads an answer.
    ///
    /// # Panics
    /// When it breaks off.
    pub async fn read(response: Response) -> Answer {
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await.expect("a body").to_vec();
        Answer { status, headers, body }
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{} {}", self.status, self.text()))
    }

    /// The code of a problem; empty where it is none.
    pub fn code(&self) -> String {
        let problem = self.headers.get("content-type").is_some_and(|kind| kind == "application/problem+json");
        if problem { self.json()["code"].as_str().unwrap_or_default().to_owned() } else { String::new() }
    }
}

/// A file as imports take it.
pub fn base64(text: &str) -> String {
    STANDARD.encode(text)
}

/// A text that no other call gave.
pub fn unique(what: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    // A letter between the figures: they must look like nobody's postcode.
    format!("{what}-{}-n{:08}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Now, to the second, as a challenge states it.
fn rfc3339() -> String {
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_second(now.as_second()).expect("a second of our time").to_string()
}
