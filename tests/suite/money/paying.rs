//! From an order to the bank's word by commands that are killed, or whose database is, at random moments: done again, each order
//! is paid once or open with its reason, and the bank has each line once. The register and the bank are programs of their own.
//!
//! Absent here: what a slow or forgetful register does, which `payees` has; commands about receipts, which `crashes` kills.

use super::checks::holds;
use super::crashes::{Falls, Moment, seed};
use super::hall::{Database, HOUSEHOLDS, Hall, Place, head, here, instalments, stamp};
use super::payees::{KEY, entry};
use jorei_domain::act::Change;
use jorei_domain::business_days::Calendar;
use jorei_domain::calendar::Date;
use jorei_domain::decision::{Decision, Evidence, Outcome};
use jorei_domain::id::{Digest, HouseholdId};
use jorei_domain::ledger::{Account, Event, Instalment, Phase, Posting, Transfer};
use jorei_domain::money::Yen;
use jorei_neighbour::bank::process::{Results as Carried, Sent};
use jorei_neighbour::{Bank, Neighbour};
use jorei_service::payees::{self, Standing, Watch};
use jorei_service::refunds;
use jorei_store::decisions::NewDecision;
use jorei_store::names::Name;
use jorei_store::orders::{Book, PayeeKind, PaymentOrder};
use jorei_store::payments::{Batch, Outcome as Told};
use jorei_store::refunds::{Consent, ConsentChannel, ConsentKind};
use jorei_tests::{built, length, postgres};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// Commands of a round that are killed.
const PER_ROUND: u64 = 8;
const KANA: [&str; 3] = ["ヤマダ ハナコ", "サトウ イチロウ", "スズキ ジロウ"];
const ACCOUNTS: [&str; 3] = ["0000019", "0000027", "0000035"];

/// The day by the clock that commands have.
fn today() -> Date {
    let today = jiff::tz::Offset::constant(9).to_datetime(jiff::Timestamp::now()).date();
    Date::new(i32::from(today.year()), i32::from(today.month()), i32::from(today.day()))
}

/// An office with its register and its bank, and the files that its commands name.
struct Counter {
    hall: Hall,
    register: Neighbour,
    bank: Bank,
    /// PostgreSQL, where it is what is killed.
    server: Option<postgres::Mortal>,
    folder: tempfile::TempDir,
    random: ChaCha8Rng,
    /// How long each command took when nobody disturbed it.
    whole: BTreeMap<&'static str, Duration>,
    falls: Falls,
    kills: u64,
    /// Postings of orders, so that each has its own id.
    orders: i64,
}

impl Counter {
    async fn open(hall: Hall, server: Option<postgres::Mortal>) -> Counter {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
        write("tanaka", hall.office.key_file.as_bytes());
        write("suzuki", hall.office.second_key_file.as_bytes());
        write("vault.key", &KEY);
        let sender = json!({
            "client": 1_234_567_890, "name": "ｱｻﾋｶﾜｼ", "bank": "9801", "bank_name": "ﾐﾎﾝ", "branch": "001", "branch_name": "ﾐﾎﾝ",
            "kind": 1, "number": "0000001", "line_ends": true
        });
        write("sender.json", sender.to_string().as_bytes());
        let (register, bank) = (built::neighbour(folder.path()), built::bank(folder.path()));
        for household in 1..=HOUSEHOLDS {
            let at = usize::try_from(household - 1).unwrap();
            let name = Name { person: head(household), name: "名 前".into(), kana: KANA[at].into(), latin: None, alias: None };
            hall.store.save_names(here(), today(), &[name], &stamp()).await.unwrap();
            register.register(head(household).0, &entry(ACCOUNTS[at], KANA[at])).await.unwrap();
        }
        let (random, whole, falls) = (ChaCha8Rng::seed_from_u64(seed()), BTreeMap::new(), Falls::default());
        Counter { hall, register, bank, server, folder, random, whole, falls, kills: 0, orders: 0 }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn start(&self, words: &[&str], who: &str) -> Child {
        let mut command = built::jorei();
        command.env("JOREI_MUNICIPALITY", "012041").env("JOREI_DATABASE", self.hall.place.address()).env("JOREI_KEY", self.path(who));
        command.env("JOREI_VAULT_KEY", self.path("vault.key")).args(words).stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(std::fs::File::create(self.path("told")).unwrap()).spawn().unwrap()
    }

    /// Does a step: undisturbed the first time, killed once whenever it comes again, and in either case again until it is done.
    async fn step(&mut self, word: &'static str, words: &[&str], who: &str, done: impl AsyncFn(&Counter) -> bool) {
        assert!(!done(self).await, "{word} has nothing to do");
        if let Some(whole) = self.whole.get(word).copied() {
            let moment = Moment::next(&mut self.random);
            let wal = match &self.hall.place {
                Place::Folder(folder) => Some(folder.path().join("jorei.db-wal")),
                Place::Address(_) => None,
            };
            let mut child = self.start(words, who);
            moment.wait(whole, &mut child, wal.as_deref());
            let ended = child.try_wait().unwrap().is_some();
            if let Some(server) = &mut self.server {
                server.kill();
                server.restart();
                child.wait().unwrap();
                self.hall.reopen().await;
            } else {
                child.kill().unwrap();
                child.wait().unwrap();
            }
            self.kills += 1;
            assert_eq!(self.hall.store.check_ledger(here()).await.unwrap(), Vec::<String>::new(), "after a kill of {word}");
            let place = if ended { 2 } else { usize::from(done(self).await) };
            self.falls.count(word, place);
        }
        for _ in 0..20 {
            if done(self).await {
                return;
            }
            let began = Instant::now();
            let status = self.start(words, who).wait().unwrap();
            self.whole.entry(word).or_insert_with(|| began.elapsed());
            let told = std::fs::read_to_string(self.path("told")).unwrap();
            // 1: something waits, which the caller looks at.
            assert!(matches!(status.code(), Some(0 | 1)), "{word}: {status} {told}");
            self.register.settled().await.unwrap();
        }
        panic!("{word} is not done: {}", std::fs::read_to_string(self.path("told")).unwrap());
    }

    /// An order of today for a household: what it paid beyond an instalment that was lowered. The decision is written by hand,
    /// since commands have the clock of the day, and no revision of refunds is in force for every day that comes.
    async fn order(&mut self, household: i64, yen: i64) -> i64 {
        self.orders += 1;
        let store = &self.hall.store;
        let instalment = instalments()[0].0;
        let known = refunds::matters(store, here(), HouseholdId(household), today()).await.unwrap();
        let overpayment = known.matters.iter().find(|matter| matter.undecided >= yen).expect("something undecided").overpayment.number;
        assert_eq!(Instalment::of_overpayment(overpayment), Some(instalment));
        let decision = Decision {
            municipality: here(),
            slot: "refund".into(),
            household: HouseholdId(household),
            on: later(Date::new(2010, 1, 1), self.orders),
            revision: Digest::of(b"a revision by hand"),
            evidence: Evidence::default(),
            outcome: Outcome::Decided { provisional: false, results: vec![] },
            trace: Vec::new(),
            supersedes: None,
        };
        let (knowledge, recorded_at) = (store.latest_knowledge(here()).await.unwrap(), stamp().at);
        let new = NewDecision { decision, version: 1, knowledge, decided_on: today(), fuel: 1, amount: None, recorded_at };
        let packed = new.pack().unwrap();
        let number = store.next_order(here()).await.unwrap();
        let (debit, credit) = (Account::overpaid(HouseholdId(household), overpayment), Account::payable(HouseholdId(household), number));
        let posting = Posting {
            id: Digest::of(format!("order {}", self.orders).as_bytes()),
            event: Event::RefundDecided,
            booked_on: today(),
            decision: Some(packed.id()),
            reference: "test".into(),
            transfers: vec![Transfer { debit, credit, yen: Yen::new(yen), phase: Phase::Posted, effective: today() }],
            overpayments: vec![],
        };
        let order = PaymentOrder {
            number,
            household: HouseholdId(household),
            posting: posting.id,
            decision: packed.id(),
            payee_kind: PayeeKind::Head,
            payee: Some(head(household)),
            principal: Yen::new(yen),
            interest: Yen::new(0),
            decided_on: today(),
            replaces: None,
        };
        let book = Book { municipality: here(), postings: vec![posting], orders: vec![order], dues: Vec::new() };
        store.save_run(std::slice::from_ref(&packed), &[], &[book], &stamp()).await.unwrap();
        let consent = Consent {
            number: 0,
            household: HouseholdId(household),
            kind: ConsentKind::PublicAccount,
            given_on: today(),
            given_by: head(household),
            channel: ConsentChannel::Paper,
            document: format!("請求書綴り{number}"),
            withdrawn_on: None,
        };
        store.save_consent(here(), &consent, &stamp()).await.unwrap();
        number
    }

    /// The batch of some orders.
    async fn batch(&self, orders: &[i64]) -> Option<Batch> {
        let line = self.hall.store.lines_of_order(here(), orders[0]).await.unwrap().pop()?;
        self.hall.store.batch(here(), line.batch).await.unwrap()
    }

    async fn released(&self, batch: i64) -> Option<Digest> {
        let of = |change: &Change| matches!(change, Change::Release(release) if release.batch == batch);
        let acts = self.hall.store.acts(here()).await.unwrap();
        acts.into_iter().find(|stored| stored.act.changes.iter().any(|change| of(&change.change))).map(|stored| stored.id)
    }

    /// What was asked and has no answer yet, or is not sent.
    async fn asks(&self) -> bool {
        let all = self.hall.store.inquiries(here(), false, 0, 10_000).await.unwrap();
        all.iter().any(|one| one.answer.is_none())
    }

    /// Orders of three households are paid, with every command on the way.
    async fn round(&mut self, number: i64) {
        let mut orders = Vec::new();
        for household in 1..=HOUSEHOLDS {
            orders.push(self.order(household, 1_000 + number * 10 + household).await);
        }
        let register = self.register.url();
        let token = self.register.token_file().display().to_string();
        let inquire = ["inquiry", "run", "--url", &register, "--token-file", &token];
        let watch = Watch::default();
        self.step("inquiry run", &inquire, "tanaka", async |counter: &Counter| {
            for order in &orders {
                let state = payees::state(&counter.hall.store, here(), *order, today(), &watch).await.unwrap();
                if state.standing != Standing::Fixed {
                    return false;
                }
            }
            true
        })
        .await;
        let bank_day = Calendar::Bank.next_open(today().tomorrow().tomorrow()).unwrap();
        let (sender, day) = (self.path("sender.json").display().to_string(), bank_day.to_string());
        let prepare = ["payment", "prepare", "--bank-day", &day, "--sender", &sender, "--remark", "同じ口座への別の支払"];
        self.step("payment prepare", &prepare, "tanaka", async |counter: &Counter| counter.batch(&orders).await.is_some()).await;
        let batch = self.batch(&orders).await.unwrap().number;
        let name = batch.to_string();
        let release = ["payment", "release", &name, "--reason", "支払"];
        self.step("payment release", &release, "tanaka", async |counter: &Counter| counter.released(batch).await.is_some()).await;
        let act = self.released(batch).await.unwrap().to_string();
        self.step("approve", &["approve", &act, "--sign"], "suzuki", async |counter: &Counter| {
            counter.batch(&orders).await.unwrap().released.is_some()
        })
        .await;
        let before = self.hall.store.inquiries(here(), false, 0, 10_000).await.unwrap().len();
        self.step("payment check", &["payment", "check", &name], "tanaka", async |counter: &Counter| {
            counter.hall.store.inquiries(here(), false, 0, 10_000).await.unwrap().len() > before
        })
        .await;
        self.step("inquiry run again", &inquire, "tanaka", async |counter: &Counter| !counter.asks().await).await;
        // A file that is there is never written over: the same bytes are written again elsewhere.
        let (first, second) = (self.path(&format!("cut-{number}")), self.path(&format!("again-{number}")));
        let cut = ["payment", "cut", &name, "--out", first.to_str().unwrap()];
        self.step("payment cut", &cut, "tanaka", async |counter: &Counter| counter.batch(&orders).await.unwrap().file.is_some()).await;
        let again = ["payment", "cut", &name, "--out", second.to_str().unwrap()];
        assert!(self.start(&again, "tanaka").wait().unwrap().success());
        let bytes = std::fs::read(&second).unwrap();
        let file = self.hall.store.file_of_batch(here(), batch).await.unwrap().unwrap();
        assert_eq!((file.sha256, file.lines), (Digest::of(&bytes), 3));
        assert!(!first.exists() || is_part(&std::fs::read(&first).unwrap(), &bytes));
        // The bank is handed the file twice, as whoever is not sure would.
        let Sent::New(receipt) = self.bank.send(&bytes, bank_day).await.unwrap() else { panic!("the bank knew the file") };
        assert!(matches!(self.bank.send(&bytes, bank_day).await.unwrap(), Sent::Known(_)));
        let Carried::Told(sheet) = self.bank.results(&receipt.id).await.unwrap() else { panic!("no results") };
        let results = self.path("results.csv");
        std::fs::write(&results, sheet).unwrap();
        self.step("payment result", &["payment", "result", results.to_str().unwrap()], "tanaka", async |counter: &Counter| {
            let lines = counter.hall.store.lines_of_batch(here(), batch).await.unwrap();
            lines.iter().all(|line| line.outcome().is_some())
        })
        .await;
        // Told again, it is told nothing new.
        assert!(self.start(&["payment", "result", results.to_str().unwrap()], "tanaka").wait().unwrap().success());
        self.is_paid_once(&orders, number).await;
    }

    /// Each order left in one line, and stands where its last word says.
    async fn is_paid_once(&self, orders: &[i64], round: i64) {
        let store = &self.hall.store;
        for (household, order) in (1..).zip(orders) {
            let lines = store.lines_of_order(here(), *order).await.unwrap();
            assert_eq!(lines.iter().filter(|line| line.is_sent()).count(), 1, "order {order}: {lines:?}");
            assert_eq!(lines[0].outcomes.len(), 1, "order {order}: {lines:?}");
            let open = store.balance(here(), Account::payable(HouseholdId(household), *order)).await.unwrap().open_credit();
            let failed = lines[0].outcome() == Some(Told::Failed);
            assert_eq!(open, if failed { 1_000 + round * 10 + household } else { 0 }, "order {order}");
            let waiting = payees::waiting(store, here(), today(), &Watch::default()).await.unwrap();
            let shown = waiting.iter().find(|state| state.order.number == *order);
            assert_eq!(shown.map(payees::PayeeState::word), failed.then_some("bank_refused"), "order {order}");
        }
    }
}

/// What was written of a file before its writer was killed.
fn is_part(written: &[u8], whole: &[u8]) -> bool {
    whole.starts_with(written)
}

fn later(day: Date, days: i64) -> Date {
    (0..days).fold(day, |day, _| day.tomorrow())
}

async fn killed(kills: u64, mut counter: Counter) {
    let rounds = i64::try_from(kills.div_ceil(PER_ROUND)).unwrap();
    for household in 1..=HOUSEHOLDS {
        counter.hall.bill(household, 2022, &[900_000, 0, 0], Date::new(2022, 6, 10)).await.unwrap();
    }
    pay_all(&mut counter.hall).await;
    for household in 1..=HOUSEHOLDS {
        counter.hall.bill(household, 2022, &[100_000, 0, 0], Date::new(2022, 7, 20)).await.unwrap();
    }
    for number in 0..=rounds {
        if number == rounds {
            // In the last round the bank refuses the third household's account.
            let faults = json!({ "fail": { (format!("9801-001-{}", ACCOUNTS[2])): null } });
            counter.bank.faults_form(&faults).await.unwrap();
        }
        counter.round(number).await;
    }
    let Counter { hall, register, bank, server, falls, kills: done, .. } = counter;
    falls.tell(if server.is_some() { "paying: PostgreSQL's server" } else { "paying: commands on SQLite" }, done);
    assert!(done >= kills, "{done} kills");
    let paid = bank.paid().await.unwrap();
    let lines: u32 = paid.accounts.values().map(|account| account.count).sum();
    let orders = u32::try_from(HOUSEHOLDS * (rounds + 1)).unwrap();
    assert!(paid.twice.is_empty() && lines == orders - 1, "{paid:?}");
    // Two inquiries for each order reached the register, whatever was killed in between.
    let asked = register.asked().await.unwrap();
    assert_eq!((asked.accepted, asked.open), (usize::try_from(orders).unwrap() * 2, 0));
    holds(&hall.store).await.unwrap();
    let verified = built::jorei().args(["audit", "verify"]).env("JOREI_DATABASE", hall.place.address()).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    match server {
        Some(_) => hall.store.close().await,
        None => hall.close().await,
    }
}

/// The first instalment of each household is paid, and the bank delivers it.
async fn pay_all(hall: &mut Hall) {
    use jorei_domain::slip::Slip;
    use jorei_service::receipts::forms::{Delivery, Payment, Said, write};
    use jorei_store::receipts::{FileKind, STATEMENT};
    let (paid_on, made) = (Date::new(2022, 6, 30), Date::new(2022, 7, 1));
    let payment = |household: i64| {
        let slip = Slip { household: HouseholdId(household), instalment: instalments()[0].0 }.to_string();
        Said::Payment(Payment { reference: format!("R{household}"), slip, paid_on, yen: Yen::new(900_000) })
    };
    let payments: Vec<Said> = (1..=HOUSEHOLDS).map(payment).collect();
    hall.receive(&write(1, FileKind::Final, 1, made, &payments), made).await.unwrap();
    let delivered = Said::Delivered(Delivery { delivered_on: made, channel: 1, collected_on: paid_on, yen: HOUSEHOLDS * 900_000 });
    hall.receive(&write(STATEMENT, FileKind::Statement, 1, made, &[delivered]), made).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn killing_commands_on_the_way_to_the_bank_pays_each_order_once() {
    let hall = Hall::open(Database::Sqlite).await;
    killed(length::of(120), Counter::open(hall, None).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killing_the_database_on_the_way_to_the_bank_pays_each_order_once() {
    let server = postgres::Mortal::start();
    let hall = Hall::found_at(&server.address()).await;
    killed(length::of(80), Counter::open(hall, Some(server)).await).await;
}
