//! Promises 1 and 8 against everything hostile that we could think of: one folder of
//! `tests/refusals` per package, with how it is made (`package.toml`) and what the office is told of
//! it (`refusal.txt`). Each goes the real way, into an office of its own, while another rule of the
//! same runtime goes on deciding. `JOREI_BLESS=1` writes what is told anew; read it.
//! `JOREI_REFUSAL=word` tries only those with the word in their name.

#[path = "../refusals/making.rs"]
mod making;

use jorei_domain::calendar::Date;
use jorei_domain::decision::Outcome;
use jorei_domain::id::Municipality;
use jorei_domain::record::Case;
use jorei_engine::{Cases, Compilation, Grant, Limits, Question, Rule, Run, Runtime, Status};
use jorei_service::admission::admit;
use jorei_service::ordinance::Ordinance;
use jorei_service::{case_file, revisions};
use jorei_store::Store;
use jorei_tests::office::{Office, now};
use jorei_tests::{built, compilation, sqlite};
use making::Recipe;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection as _, Row as _};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// As the host's, but for what compiling may take: nobody waits a minute for a bomb.
fn limits() -> Limits {
    Limits { compile_seconds: 5, compile_mebibytes: 1_024, ..Limits::default() }
}

const ON: Date = Date::new(2025, 4, 1);

fn asahikawa() -> Municipality {
    Municipality::parse("012041").unwrap()
}

fn case(birth: &str) -> Case {
    case_file::read(&json!({ "fiscal_year": 2025, "members": [{ "birth": birth }] })).unwrap().case
}

/// The case on which guests misbehave.
fn bait() -> Case {
    case("1900-01-01")
}

/// The folders, in order.
fn folders() -> Vec<(String, PathBuf)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(built::repository().join("tests/refusals")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.push((path.file_name().unwrap().to_string_lossy().into_owned(), path));
        }
    }
    all.sort();
    all
}

/// Runs of hexadecimal digits, 16 or more, are digests and ids of keys, which differ at each run.
fn without_digests(text: &str) -> String {
    let is_digest = |run: &str| run.len() >= 16 && run.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut all = String::new();
    for part in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let run = part.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        all += if is_digest(run) { "<…>" } else { run };
        all += &part[run.len()..];
    }
    all
}

/// What is told of a rule that does all that a rule should.
const HARMLESS: &str = "decide: decided\nbulk: decided, the others decided\n";

/// What became of one of them.
struct Told {
    text: String,
    admitted: bool,
}

impl Told {
    fn panic() -> Told {
        Told { text: "panic\n".into(), admitted: false }
    }
}

/// The whole way of one package: an office, the admission, and where it is admitted a revision, the
/// bait between honest cases, and the bait among many.
async fn told(recipe: Recipe, folder: PathBuf, runtime: Arc<Runtime>, seen: Arc<Seen>) -> Told {
    let (store, database) = sqlite().await;
    let office = Office::found(&store, asahikawa()).await;
    let hostile = recipe.make(&folder, &office);
    office.change(&store, hostile.changes).await;
    let before = rows(database.path()).await;
    // What our own making cost is not what the office pays.
    seen.times();
    let admission = admit(&store, &runtime, office.municipality, &hostile.package, &now().stamp("tanaka")).await.unwrap();
    let kept: Vec<_> = store.admissions(office.municipality).await.unwrap();
    assert_eq!(kept, std::slice::from_ref(&admission), "the admission is kept as it was answered");
    if admission.admitted {
        let text = used(&recipe, &folder, &runtime, &store, &office, admission.rule.unwrap()).await;
        return Told { text, admitted: true };
    }
    // Of what was refused one row is kept, and the entry in the chain that names it; nothing else.
    let mut wanted = before;
    for table in ["admission", "audit"] {
        *wanted.get_mut(table).unwrap() += 1;
    }
    assert_eq!(rows(database.path()).await, wanted);
    if let Some(rule) = admission.rule {
        assert_eq!(store.rule_component(office.municipality, rule).await.unwrap(), None);
    }
    Told { text: format!("{}: {}\n", admission.step, admission.reason), admitted: false }
}

/// An admitted rule at its work.
async fn used(
    recipe: &Recipe,
    folder: &Path,
    runtime: &Arc<Runtime>,
    store: &Store,
    office: &Office,
    rule: jorei_domain::id::Digest,
) -> String {
    let ordinance = match &recipe.ordinance {
        Some(file) => std::fs::read_to_string(folder.join(file)).unwrap(),
        None => "[ordinance]\nmunicipality = \"012041\"\nname = \"試験\"\nrule = \"guest\"\n".into(),
    };
    let revision = match revisions::make(store, runtime, office.municipality, rule, &ordinance, &now(), "tanaka").await {
        Ok(revision) => revision,
        Err(error) => {
            assert!(store.revisions(office.municipality).await.unwrap().is_empty());
            return format!("revision: {error}\n");
        }
    };
    let live = revisions::load(store, runtime, office.municipality, revision).await.unwrap();
    let question = live.question(ON);
    let only_baits = recipe.only_baits;
    tokio::task::spawn_blocking(move || at_work(&live.rule, &question, only_baits)).await.unwrap()
}

fn at_work(rule: &Rule, question: &Question, only_baits: bool) -> String {
    let decide = |case: Case| rule.decide(question, Cases(vec![case])).unwrap();
    let word = |run: &Run| match run.outcome {
        Outcome::Failed(failure) => format!("failed ({})", failure.word()),
        ref outcome => outcome.word().to_owned(),
    };
    let honest = || decide(case("1980-01-01"));
    let before = honest();
    let baited = decide(bait());
    assert!(!baited.evidence.given.is_empty(), "a failed run keeps its evidence too");
    assert!(matches!(before.outcome, Outcome::Decided { .. }), "the case before the bait: {:?}", before.outcome);
    let after = honest();
    assert_eq!(
        (before.outcome, before.trace, before.fuel),
        (after.outcome, after.trace, after.fuel),
        "the case after the bait is as it was"
    );
    // The bait among others, in the middle of them.
    let cases: Vec<Case> = (0..20).map(|n| if only_baits || n == 7 { bait() } else { case(&format!("{}-06-01", 1950 + n)) }).collect();
    let bulk = match rule.bulk().answer(question, &cases[..]) {
        Err(error) => error.to_string(),
        Ok(answers) => {
            let status = |status: &Status| match status {
                Status::Failed(failure) => format!("failed ({})", failure.word()),
                status => format!("{status:?}").to_lowercase(),
            };
            let others = answers
                .statuses
                .iter()
                .enumerate()
                .filter(|(n, _)| *n != 7)
                .all(|(_, status)| matches!(status, Status::Decided | Status::Provisional));
            format!("{}, the others {}", status(&answers.statuses[7]), if others { "decided" } else { "not all decided" })
        }
    };
    format!("decide: {}\nbulk: {bulk}\n", word(&baited))
}

/// How many rows each table of a database has.
async fn rows(folder: &Path) -> BTreeMap<String, i64> {
    let address = format!("sqlite://{}", folder.join("test.db").display());
    let mut database = sqlx::SqliteConnection::connect(&address).await.unwrap();
    let tables = sqlx::query("SELECT name FROM sqlite_master WHERE type = 'table'").fetch_all(&mut database).await.unwrap();
    let mut counts = BTreeMap::new();
    for table in tables {
        let name: String = table.get(0);
        let count = sqlx::query(AssertSqlSafe(format!("SELECT COUNT(*) FROM \"{name}\""))).fetch_one(&mut database).await.unwrap().get(0);
        counts.insert(name, count);
    }
    counts
}

/// An ordinary premium, decided over and over by a thread of its own.
struct Others {
    stop: Arc<AtomicBool>,
    seen: Arc<Seen>,
    thread: std::thread::JoinHandle<()>,
}

#[derive(Default)]
struct Seen {
    right: AtomicU64,
    wrong: AtomicU64,
    /// How long each took since this was last taken.
    times: Mutex<Vec<Duration>>,
}

impl Seen {
    /// How long the decisions since the last time took, in order.
    fn times(&self) -> Vec<Duration> {
        let mut times = std::mem::take(&mut *self.times.lock().unwrap());
        times.sort_unstable();
        times
    }
}

impl Others {
    fn begin(runtime: &Arc<Runtime>) -> Others {
        let rule = Rule::load(runtime, &std::fs::read(built::rule("premium")).unwrap(), &Grant::world()).unwrap();
        let ordinance = std::fs::read_to_string(built::repository().join("plugins/premium/ordinances/012041.toml")).unwrap();
        let settings = Arc::new(Ordinance::check(&rule, &ordinance).unwrap().settings);
        let members = json!([
            { "birth": "1978-05-20", "income": { "salary_revenue_yen": 4_200_000 } },
            { "birth": "1981-11-03", "income": { "salary_revenue_yen": 980_000 } },
            { "birth": "2014-02-08" },
        ]);
        let case = case_file::read(&json!({ "fiscal_year": 2025, "members": members })).unwrap().case;
        let (stop, seen) = (Arc::new(AtomicBool::new(false)), Arc::new(Seen::default()));
        let (stopped, seeing) = (Arc::clone(&stop), Arc::clone(&seen));
        let thread = std::thread::spawn(move || {
            let question = Question { on: case.on, settings };
            let decide = || rule.decide(&question, Cases(vec![case.clone()]));
            let first = decide().unwrap();
            assert!(matches!(first.outcome, Outcome::Decided { .. }), "{:?}", first.outcome);
            while !stopped.load(Ordering::Relaxed) {
                let began = Instant::now();
                let run = decide();
                seeing.times.lock().unwrap().push(began.elapsed());
                let same = |run: Run| {
                    run.outcome == first.outcome && run.trace == first.trace && run.evidence == first.evidence && run.fuel == first.fuel
                };
                let counter = if run.is_ok_and(same) { &seeing.right } else { &seeing.wrong };
                counter.fetch_add(1, Ordering::Relaxed);
                // An office that has nothing else to do.
                std::thread::sleep(Duration::from_micros(500));
            }
        });
        Others { stop, seen, thread }
    }

    fn right(&self) -> u64 {
        self.seen.right.load(Ordering::Relaxed)
    }

    /// Does another decision come out right from now on?
    fn goes_on(&self) -> bool {
        let (right, began) = (self.right(), Instant::now());
        // One may have begun before.
        while self.right() < right + 2 {
            if began.elapsed() > Duration::from_secs(30) || self.thread.is_finished() {
                return false;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        true
    }

    /// The end: how many came out right, and how many did not.
    fn end(self) -> (u64, u64) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
        (self.seen.right.load(Ordering::Relaxed), self.seen.wrong.load(Ordering::Relaxed))
    }
}

fn median(times: &[Duration]) -> Duration {
    times[times.len() / 2]
}

fn milliseconds(time: Duration) -> String {
    let hundredths = time.as_micros() / 10;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// How many times one is the other, to a tenth.
fn ratio(one: Duration, other: Duration) -> String {
    let tenths = one.as_nanos() * 10 / other.as_nanos().max(1);
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_hostile_is_refused_for_its_own_reason_and_costs_nobody_else_anything() {
    let compilation = Compilation { cache: None, ..compilation() };
    let runtime = Arc::new(Runtime::start(limits(), compilation).unwrap());
    let others = Others::begin(&runtime);
    // A first package warms what the first one of a process pays for.
    assert!(others.goes_on());
    others.seen.times();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let quiet = others.seen.times();
    let quiet_decisions = others.right();

    let only = std::env::var("JOREI_REFUSAL").ok();
    let mut all: Vec<(Duration, String)> = Vec::new();
    let (mut tried, mut refused, mut survived, mut wrong) = (0, 0, 0, Vec::new());
    let mut times: Vec<Duration> = Vec::new();
    for (name, folder) in folders() {
        if only.as_ref().is_some_and(|only| !name.contains(only.as_str())) {
            continue;
        }
        let text = std::fs::read_to_string(folder.join("package.toml")).unwrap_or_else(|error| panic!("{name}/package.toml: {error}"));
        let recipe: Recipe = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}/package.toml: {error}"));
        assert!(!recipe.says.is_empty(), "{name}: says what is hostile about it");
        let began = Instant::now();
        // A panic of the host is what nobody may be told of; the others are tried all the same.
        let told = tokio::spawn(told(recipe, folder.clone(), Arc::clone(&runtime), Arc::clone(&others.seen)))
            .await
            .unwrap_or_else(|_| Told::panic());
        if only.is_some() || std::env::var_os("JOREI_BLESS").is_some() {
            eprintln!("{name} ({} ms): {}", began.elapsed().as_millis(), told.text);
        }
        assert_ne!(told.text, HARMLESS, "{name} harms nobody: then it is not hostile");
        let text = without_digests(&told.text);
        tried += 1;
        refused += u32::from(!told.admitted);
        survived += u32::from(others.goes_on());
        let meanwhile = others.seen.times();
        all.push((meanwhile.last().copied().unwrap_or_default(), name.clone()));
        times.extend(meanwhile);

        let file = folder.join("refusal.txt");
        if std::env::var_os("JOREI_BLESS").is_some() && text != Told::panic().text {
            std::fs::write(&file, &text).unwrap();
        }
        match std::fs::read_to_string(&file) {
            Ok(wanted) if text == wanted => {}
            Ok(wanted) => wrong.push(format!("{name}\n  wanted: {wanted}  told:   {text}")),
            Err(error) => wrong.push(format!("{name}/refusal.txt: {error}\n  told:   {text}")),
        }
    }
    let (right, otherwise) = others.end();
    times.sort_unstable();
    let (slowest, during) = all.into_iter().max().unwrap();
    let others = match otherwise {
        0 => "none failed".to_owned(),
        _ => format!("{otherwise} otherwise than before"),
    };
    let line = format!(
        "refusals: {tried} tried, {refused} refused at admission, {} admitted and failed at their own revision or case; {survived} survived; \
         other decisions meanwhile: {}, {others}; slowest {} ms = {} times the slowest quiet one, during {during} (median {} ms = {} times)\n",
        tried - refused,
        right - quiet_decisions,
        milliseconds(slowest),
        ratio(slowest, *quiet.last().unwrap()),
        milliseconds(median(&times)),
        ratio(median(&times), median(&quiet)),
    );
    // Past the harness, which keeps what a good test prints.
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    assert!(wrong.is_empty(), "{} are told something else (JOREI_BLESS=1 writes it; read it):\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!((survived, otherwise), (tried, 0), "every other decision comes out as before, whatever happens beside it");
    assert!(only.is_some() || tried >= 40);
}

#[test]
fn every_guest_is_sent_to_an_office() {
    let recipes: String = folders().iter().map(|(_, folder)| std::fs::read_to_string(folder.join("package.toml")).unwrap()).collect();
    for guest in built::guests() {
        assert!(recipes.contains(&format!("component = 'guests/{guest}'")), "no package of tests/refusals has the guest {guest}");
    }
}

#[tokio::test]
async fn a_package_without_anything_hostile_is_admitted_and_decides() {
    let runtime = Arc::new(Runtime::start(limits(), compilation()).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let toy = "component = 'rules/toy'\nordinance = 'ordinance.toml'";
    for (component, word) in [("", "decided"), (toy, "provisional")] {
        let recipe: Recipe = toml::from_str(&format!("says = 'nothing hostile'\n{component}")).unwrap();
        std::fs::copy(built::repository().join("tests/toy/ordinance.toml"), folder.path().join("ordinance.toml")).unwrap();
        let told = told(recipe, folder.path().to_owned(), Arc::clone(&runtime), Arc::default()).await;
        assert_eq!(told.text, HARMLESS.replacen("decided", word, 2));
    }
}
