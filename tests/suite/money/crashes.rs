//! Commands about money are killed, and so is the database under them: what was told is there, the rest is done or absent, and
//! done again the books are those of an office that nobody disturbed.
//!
//! Absent here: routes about money, which `http::crash` kills; inquiries, batches and bank files, which `paying` does.

use super::checks::holds;
use super::hall::{Database, Hall, Place, here, instalments, stamp};
use jorei_domain::calendar::Date;
use jorei_domain::id::HouseholdId;
use jorei_domain::money::Yen;
use jorei_domain::slip::Slip;
use jorei_service::receipts::forms::{Delivery, Payment, Said, write};
use jorei_store::Store;
use jorei_store::receipts::{FileKind, STATEMENT};
use jorei_tests::{built, length, postgres};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// Lines of a file: enough that a kill falls between two of them.
const LINES: i64 = 900;
/// Commands of a round that are killed.
const PER_ROUND: u64 = 7;

/// What is done in an office, as commands.
#[derive(Clone, Debug)]
enum Errand {
    /// A decision is recorded as it was before there was a ledger; the command after it posts it.
    Decision {
        household: i64,
        yen: [i64; 3],
    },
    Levy,
    Import {
        kind: &'static str,
        bytes: String,
    },
    Refund {
        household: i64,
    },
}

impl Errand {
    fn word(&self) -> &'static str {
        match self {
            Errand::Decision { .. } => "decision",
            Errand::Levy => "ledger levy",
            Errand::Import { kind, .. } => kind,
            Errand::Refund { .. } => "refund decide",
        }
    }
}

fn later(day: Date, days: i64) -> Date {
    (0..days).fold(day, |day, _| day.tomorrow())
}

/// A round: instalments are raised, many small payments are announced, confirmed and delivered; then one household's are
/// lowered, and what it paid too much goes back.
fn round(number: i64) -> Vec<(Errand, Date)> {
    let day = later(Date::new(2022, 7, 1), number * 9);
    let household = number % 3 + 1;
    let high = 400_000 + number * 1_000;
    let mut all = vec![(Errand::Decision { household, yen: [high, 0, 0] }, day), (Errand::Levy, day)];
    let slip = Slip { household: HouseholdId(household), instalment: instalments()[0].0 }.to_string();
    let lines: Vec<Said> = (0..LINES)
        .map(|line| {
            let yen = Yen::new(100 + line % 7);
            Said::Payment(Payment { reference: format!("R{number}-{line}"), slip: slip.clone(), paid_on: day, yen })
        })
        .collect();
    let sum = (0..LINES).map(|line| 100 + line % 7).sum();
    for (at, kind, word) in [(1, FileKind::Announced, "announcements"), (2, FileKind::Final, "confirmations")] {
        all.push((Errand::Import { kind: word, bytes: write(1, kind, number * 2 + at, day, &lines) }, day));
    }
    let delivered = Said::Delivered(Delivery { delivered_on: day, channel: 1, collected_on: day, yen: sum });
    all.push((Errand::Import { kind: "statement", bytes: write(STATEMENT, FileKind::Statement, number + 1, day, &[delivered]) }, day));
    let low = later(day, 5);
    all.push((Errand::Decision { household, yen: [30_000, 0, 0] }, low));
    all.push((Errand::Levy, low));
    all.push((Errand::Refund { household }, low));
    all.push((Errand::Refund { household: household % 3 + 1 }, low));
    all
}

/// An office at which errands are run by the binary.
struct Counter {
    hall: Hall,
    files: tempfile::TempDir,
    days: Date,
}

impl Counter {
    fn of(hall: Hall) -> Counter {
        let files = tempfile::tempdir().unwrap();
        std::fs::write(files.path().join("tanaka"), &hall.office.key_file).unwrap();
        Counter { hall, files, days: Date::MIN }
    }

    /// Starts the command of an errand; none for what is recorded without one.
    async fn start(&mut self, (errand, day): &(Errand, Date)) -> Option<Child> {
        self.days = *day;
        let file = self.files.path().join("file.csv");
        let mut command = built::jorei();
        let address = self.hall.place.address();
        command.env("JOREI_MUNICIPALITY", "012041").env("JOREI_DATABASE", address).env("JOREI_KEY", self.files.path().join("tanaka"));
        match errand {
            Errand::Decision { household, yen } => {
                let (packed, _) = self.hall.billed(*household, 2022, yen, *day).await.unwrap();
                self.hall.store.save_decisions(std::slice::from_ref(&packed), &stamp()).await.unwrap();
                self.hall.remember(*household, 2022, &packed);
                return None;
            }
            Errand::Levy => command.args(["ledger", "levy"]),
            Errand::Import { bytes, .. } => {
                std::fs::write(&file, bytes).unwrap();
                command.args(["receipt", "import", "--on", &day.to_string()]).arg(&file)
            }
            Errand::Refund { household } => command.args(["refund", "decide", &household.to_string(), "--on", &day.to_string()]),
        };
        Some(command.stdout(Stdio::null()).stderr(std::fs::File::create(self.files.path().join("told")).unwrap()).spawn().unwrap())
    }

    /// Runs an errand to its end; how long it took.
    async fn run(&mut self, errand: &(Errand, Date)) -> Duration {
        let began = Instant::now();
        let Some(mut child) = self.start(errand).await else { return Duration::ZERO };
        let status = child.wait().unwrap();
        let told = std::fs::read_to_string(self.files.path().join("told")).unwrap();
        // Nothing is overpaid in a household that nobody lowered: said, and no fault.
        assert!(status.success() || told.contains("has no overpayment"), "{errand:?}: {status} {told}");
        began.elapsed()
    }

    async fn length(&self) -> usize {
        postings(&self.hall.store).await.len()
    }
}

/// Everything that was posted and ordered, without the instants.
async fn postings(store: &Store) -> Vec<String> {
    let (mut found, mut after) = (Vec::new(), 0);
    loop {
        let page = store.postings(here(), after, 500).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.ordinal;
        found.extend(page.iter().map(|stored| format!("{} {}", stored.ordinal, stored.posting.digest())));
    }
    found.extend(store.orders(here(), 0, 10_000).await.unwrap().iter().map(|order| format!("{order:?}")));
    found
}

/// Where kills fell, by command: before anything was written, after all of it was, and after its end.
#[derive(Default)]
pub(super) struct Falls(BTreeMap<&'static str, [u32; 3]>);

impl Falls {
    pub(super) fn count(&mut self, word: &'static str, place: usize) {
        self.0.entry(word).or_default()[place] += 1;
    }

    pub(super) fn tell(&self, what: &str, kills: u64) {
        eprintln!("{what}: {kills} kills");
        for (word, [none, all, ended]) in &self.0 {
            eprintln!("  {word}: {none} with nothing written and done again, {all} with all written, {ended} after the end");
        }
    }
}

/// What is open is seen with its state after a kill, as before.
async fn is_visible(store: &Store) {
    let receipts = store.receipts(here(), 0, 100_000).await.unwrap();
    assert!(receipts.iter().all(|receipt| receipt.stage().is_some()));
    for household in 1..=3 {
        let matters = jorei_service::refunds::matters(store, here(), HouseholdId(household), Date::new(2026, 6, 1)).await.unwrap();
        let standing: i64 = matters.matters.iter().map(|matter| matter.undecided).sum();
        let balances = store.balances(here(), HouseholdId(household)).await.unwrap();
        let overpaid = |account: &jorei_domain::ledger::Account| account.kind == jorei_domain::ledger::AccountKind::Overpaid;
        assert_eq!(standing, balances.iter().filter(|(account, _)| overpaid(account)).map(|(_, balance)| balance.credit()).sum::<i64>());
    }
}

pub(super) fn seed() -> u64 {
    let seed = std::env::var("JOREI_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| u64::from(std::process::id()));
    eprintln!("kill moments from seed {seed} (JOREI_TEST_SEED)");
    seed
}

/// A moment of a command of such a length: half of them anywhere, half from where it begins to write.
pub(super) struct Moment {
    anywhere: bool,
    part: u32,
}

impl Moment {
    pub(super) fn next(random: &mut ChaCha8Rng) -> Moment {
        Moment { anywhere: random.next_u32().is_multiple_of(2), part: random.next_u32() % 1_000 }
    }

    /// Waits for it. The moment is the point of the test: no event stands for it.
    pub(super) fn wait(&self, whole: Duration, child: &mut Child, wal: Option<&Path>) {
        let size = |wal: &Path| std::fs::metadata(wal).map_or(0, |file| file.len());
        match wal.filter(|_| !self.anywhere) {
            Some(wal) => {
                let before = size(wal);
                while size(wal) == before && child.try_wait().unwrap().is_none() {}
                std::thread::sleep(whole / 20 * self.part / 1_000);
            }
            None => std::thread::sleep(whole * self.part / 1_250),
        }
    }
}

async fn killed(kills: u64, mut calm: Counter, mut disturbed: Counter, mut server: Option<postgres::Mortal>) {
    let mut random = ChaCha8Rng::seed_from_u64(seed());
    let mut falls = Falls::default();
    let rounds = i64::try_from(kills.div_ceil(PER_ROUND)).unwrap();
    let mut done = 0;
    for number in 0..rounds {
        for errand in round(number) {
            let whole = calm.run(&errand).await;
            if whole == Duration::ZERO {
                disturbed.run(&errand).await;
                continue;
            }
            let (word, before) = (errand.0.word(), disturbed.length().await);
            let moment = Moment::next(&mut random);
            let wal = match &disturbed.hall.place {
                Place::Folder(folder) => Some(folder.path().join("jorei.db-wal")),
                Place::Address(_) => None,
            };
            let mut child = disturbed.start(&errand).await.unwrap();
            moment.wait(whole, &mut child, wal.as_deref());
            let ended = child.try_wait().unwrap().is_some();
            match &mut server {
                Some(server) => {
                    server.kill();
                    server.restart();
                    // The command has lost its connection; before it began to write it may find another and go on.
                    child.wait().unwrap();
                    disturbed.hall.reopen().await;
                }
                None => {
                    child.kill().unwrap();
                    child.wait().unwrap();
                }
            }
            done += 1;
            let so_far = disturbed.length().await;
            let expected = calm.length().await;
            assert!(so_far == before || so_far == expected, "{word}: {so_far} of {before} to {expected} postings and orders");
            falls.count(word, if ended { 2 } else { usize::from(so_far == expected && before != expected) });
            assert!(disturbed.hall.store.check_ledger(here()).await.unwrap().is_empty(), "after a kill of {word}");
            is_visible(&disturbed.hall.store).await;
            disturbed.run(&errand).await;
            assert_eq!(postings(&disturbed.hall.store).await, postings(&calm.hall.store).await, "after {word} was done again");
        }
    }
    falls.tell(if server.is_some() { "PostgreSQL's server" } else { "commands on SQLite" }, done);
    assert!(done >= kills);
    assert_eq!(holds(&disturbed.hall.store).await, holds(&calm.hall.store).await);
    assert!(holds(&disturbed.hall.store).await.is_ok());
    calm.hall.close().await;
    match server {
        Some(_) => disturbed.hall.store.close().await,
        None => disturbed.hall.close().await,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killing_commands_about_money_at_random_moments_loses_and_doubles_nothing() {
    let (calm, disturbed) = (Hall::open(Database::Sqlite).await, Hall::open(Database::Sqlite).await);
    killed(length::of(120), Counter::of(calm), Counter::of(disturbed), None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killing_the_database_under_commands_about_money_loses_and_doubles_nothing() {
    let server = postgres::Mortal::start();
    let disturbed = Hall::found_at(&server.address()).await;
    let calm = Hall::open(Database::Postgres).await;
    killed(length::of(80), Counter::of(calm), Counter::of(disturbed), Some(server)).await;
}
