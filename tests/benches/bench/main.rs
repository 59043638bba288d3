//! `cargo xtask bench`: what the sandbox, the trace and the store cost, each as a ratio to a
//! baseline measured in the same process. Times are noise on a shared machine; ratios are not.
#![allow(clippy::print_stdout, clippy::float_arithmetic, clippy::unwrap_used, reason = "a report for people; no money in it")]

mod benefits;
mod http;
mod ledger;
mod reassessment;

use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::id::{Digest, Municipality};
use jorei_domain::record::{Case, Kind, table};
use jorei_domain::slot::Slot;
use jorei_domain::table::Table;
use jorei_engine::{Cases, Grant, Question, ReadRecords, Rule, Runtime, Settings};
use jorei_premium::Premium;
use jorei_sdk::facts::Records;
use jorei_sdk::{Facts as _, native, rule};
use jorei_service::assess::{Request, assess};
use jorei_service::demo_city::DemoCity;
use jorei_service::ordinance::Ordinance;
use jorei_service::revisions;
use jorei_service::shadow;
use jorei_store::Store;
use jorei_tests::built;
use jorei_tests::office::{Office, TODAY, now};
use jorei_toy::Toy;
use std::hint::black_box;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// Households of the benched city.
const HOUSEHOLDS: u32 = 20_000;
/// Cases per bulk call.
const BATCH: usize = 2_048;
const ON: Date = Date::new(2025, 4, 1);

/// Tables built once, so that both sides start from the same columns.
#[derive(Clone)]
struct Prepared(Arc<Vec<Table>>);

impl Prepared {
    fn of(cases: &[Case]) -> Prepared {
        Prepared(Arc::new(Kind::ALL.into_iter().map(|kind| table(kind, cases).0).collect()))
    }
    fn get(&self, kind: Kind) -> Table {
        self.0[Kind::ALL.iter().position(|other| *other == kind).unwrap()].clone()
    }
}

impl ReadRecords for Prepared {
    fn read(&self, kind: Kind) -> Option<(Table, Vec<String>)> {
        Some((self.get(kind), Vec::new()))
    }
    fn persons(&self) -> u64 {
        self.0[0].rows() as u64
    }
    fn persons_by_case(&self) -> Vec<usize> {
        (0..self.0[0].cases()).map(|case| self.0[0].rows_of(case).len()).collect()
    }
}

macro_rules! prepared {
    ($($function:ident = $kind:ident),*) => {
        impl Records for Prepared {
            $(fn $function(&self) -> Table {
                self.get(Kind::$kind)
            })*
        }
    };
}
jorei_domain::each_kind!(prepared);

/// The best of several rounds, in microseconds per item: the round least disturbed by others.
pub(crate) fn best(rounds: usize, items: usize, mut work: impl FnMut()) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..rounds {
        let start = Instant::now();
        work();
        best = best.min(start.elapsed().as_secs_f64() * 1e6 / items as f64);
    }
    best
}

pub(crate) fn row(name: &str, value: String) {
    println!("  {name:<58} {value}");
}

pub(crate) fn verdict(name: &str, ratio: f64, bound: f64, lower_is_better: bool) {
    let met = if lower_is_better { ratio <= bound } else { ratio >= bound };
    let word = if lower_is_better { "at most" } else { "at least" };
    let asked = bound.is_finite() && bound > 0.0;
    let judged = if asked { format!("   ({word} {bound}: {})", if met { "met" } else { "NOT MET" }) } else { String::new() };
    row(name, format!("{ratio:.2}{judged}"));
}

struct Ruled {
    rule: Rule,
    question: Question,
    load_ms: f64,
}

fn load(runtime: &Arc<Runtime>, name: &str, ordinance: &str) -> Ruled {
    let bytes = std::fs::read(built::rule(name)).unwrap();
    let start = Instant::now();
    let rule = Rule::load(runtime, &bytes, &Grant::world()).unwrap();
    let load_ms = start.elapsed().as_secs_f64() * 1e3;
    let settings: Settings = Ordinance::check(&rule, ordinance).unwrap().settings;
    row(&format!("{name}: component"), format!("{} bytes, checked, compiled and described in {load_ms:.0} ms", bytes.len()));
    Ruled { rule, question: Question { on: ON, settings: Arc::new(settings) }, load_ms }
}

fn bulk_sandbox(ruled: &Ruled, prepared: &[(Prepared, usize)]) {
    let mut bulk = ruled.rule.bulk();
    for (tables, cases) in prepared {
        black_box(bulk.call(&ruled.question, Box::new(tables.clone()), *cases).unwrap().unwrap());
    }
}

fn bulk_native<R: rule::Rule>(ruled: &Ruled, prepared: &[(Prepared, usize)]) {
    let values = native::values::<R>(ruled.question.settings.on(ON).unwrap(), ON).unwrap();
    for (tables, cases) in prepared {
        black_box(rule::decide_all::<R>(&R::Facts::read(tables), ON, *cases, &values));
    }
}

/// Bulk answers in and out of the sandbox, on one core and on two.
fn bulk<R: rule::Rule>(name: &str, ruled: &Ruled, prepared: &[(Prepared, usize)], cases: usize) {
    let native = best(7, cases, || bulk_native::<R>(ruled, prepared));
    let sandbox = best(7, cases, || bulk_sandbox(ruled, prepared));
    row(&format!("{name}: bulk, native"), format!("{native:.3} us per household"));
    row(&format!("{name}: bulk, sandbox"), format!("{sandbox:.3} us per household"));
    // The toy is all crossing: its ratio says what a rule without work of its own would pay.
    let bound = if name == "toy" { f64::INFINITY } else { 2.0 };
    verdict(&format!("{name}: bulk, sandbox / native, one core"), sandbox / native, bound, true);
    let halves = prepared.split_at(prepared.len() / 2);
    let both = best(7, cases, || {
        std::thread::scope(|scope| {
            scope.spawn(|| bulk_sandbox(ruled, halves.0));
            scope.spawn(|| bulk_sandbox(ruled, halves.1));
        });
    });
    let bound = if name == "toy" { 0.0 } else { 1.7 };
    verdict(&format!("{name}: bulk, sandbox, two cores against one"), sandbox / both, bound, false);
}

/// One decision with its whole trace, in a fresh store and natively.
fn single<R: rule::Rule>(name: &str, ruled: &Ruled, cases: &[Case]) {
    let sample: Vec<Case> = cases.iter().step_by(20).cloned().collect();
    let values = native::values::<R>(ruled.question.settings.on(ON).unwrap(), ON).unwrap();
    let native = best(9, sample.len(), || {
        for case in &sample {
            let _ = black_box(native::decide::<R>(case, &values));
        }
    });
    let fresh = best(9, sample.len(), || {
        for case in &sample {
            black_box(ruled.rule.decide(&ruled.question, Cases(vec![case.clone()])).unwrap());
        }
    });
    let (mut fuel, mut steps, mut trace) = (0, 0, 0);
    for case in &sample {
        let run = ruled.rule.decide(&ruled.question, Cases(vec![case.clone()])).unwrap();
        fuel += run.fuel;
        trace += run.trace.len();
        steps += jorei_domain::trace::decode(&run.trace).unwrap().len();
    }
    let count = sample.len() as u64;
    row(&format!("{name}: one decision with its trace, native"), format!("{native:.1} us"));
    row(&format!("{name}: one decision with its trace, fresh store"), format!("{fresh:.1} us"));
    let bound = 3.0 * native + 60.0;
    verdict(&format!("{name}: fresh / (3 x native + 60 us = {bound:.0} us)"), fresh / bound, 1.0, true);
    row(
        &format!("{name}: per decision"),
        format!("fuel {}, {} steps, trace {} bytes", fuel / count, steps as u64 / count, trace as u64 / count),
    );
}

async fn city(folder: &std::path::Path, municipality: Municipality) -> Store {
    let store = Store::open(&format!("sqlite://{}", folder.join("city.db").display())).await.unwrap();
    store.migrate().await.unwrap();
    let mut bundles = DemoCity { seed: 1, households: HOUSEHOLDS }.bundles().peekable();
    while bundles.peek().is_some() {
        let assertions: Vec<_> = bundles.by_ref().take(1_000).flat_map(|bundle| bundle.assertions).collect();
        store.assert_facts(municipality, TODAY, &assertions, &now().stamp("bench")).await.unwrap();
    }
    store
}

/// The assessment of the city against its parts: the same rows inserted raw, and deciding alone.
async fn assessment(
    folder: &std::path::Path,
    store: &Store,
    runtime: &Arc<Runtime>,
    municipality: Municipality,
    ordinance: &str,
    cases: &[Case],
) {
    let office = Office::found(store, municipality).await;
    let digest = office.premium(store, runtime, ordinance).await;
    office.activate(store, runtime, digest, (Date::new(2019, 4, 1), Date::new(2027, 4, 1))).await;
    let live = Arc::new(revisions::load(store, runtime, municipality, digest).await.unwrap());
    let as_of = store.latest_knowledge(municipality).await.unwrap();
    let year = FiscalYear::new(2025).unwrap();
    let request = Request {
        municipality,
        year,
        limits: None,
        as_of,
        threads: 2,
        page: 1_000,
        clock: jorei_tests::clock,
        today: TODAY,
        decided_on: TODAY,
        by: "bench".into(),
    };
    let start = Instant::now();
    let tally = assess(store, &live, &request, &AtomicBool::new(false), |_| {}).await.unwrap();
    let assessed = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let again = assess(store, &live, &request, &AtomicBool::new(false), |_| {}).await.unwrap();
    let unchanged = start.elapsed().as_secs_f64();
    assert_eq!(again.unchanged, tally.households);

    let start = Instant::now();
    std::thread::scope(|scope| {
        for half in cases.chunks(cases.len().div_ceil(2)) {
            let live = &live;
            scope.spawn(move || {
                for case in half {
                    black_box(live.rule.decide(&live.question(ON), Cases(vec![case.clone()])).unwrap());
                }
            });
        }
    });
    let deciding = start.elapsed().as_secs_f64();
    let raw = raw_insert(folder).await;
    row(
        "city: households assessed",
        format!("{} in {assessed:.2} s ({:.0} per second)", tally.households, tally.households as f64 / assessed),
    );
    row("city: deciding alone, two cores", format!("{deciding:.2} s"));
    row("city: the same rows inserted raw", format!("{raw:.2} s"));
    verdict("city: assessed and stored / (raw insert + deciding)", assessed / (raw + deciding), 3.0, true);
    row("city: a second run that changes nothing", format!("{unchanged:.2} s"));
    shadow_run(store, runtime, municipality, digest, deciding).await;
    let (count, bytes) = store.stored_bytes(municipality, Slot::Premium.word(), ON).await.unwrap();
    verdict("city: bytes stored per decision", bytes as f64 / count as f64, 4096.0, true);
}

/// A candidate over the whole city, from the recorded evidence, against deciding the same cases singly.
async fn shadow_run(store: &Store, runtime: &Arc<Runtime>, municipality: Municipality, candidate: Digest, deciding: f64) {
    let request = shadow::Request { municipality, candidate, on: ON, sample: None, threads: 2 };
    let start = Instant::now();
    let stamp = now().stamp("bench");
    let kept = shadow::run(store, runtime, &request, &stamp, TODAY, |_, _| {}).await.unwrap();
    let took = start.elapsed().as_secs_f64();
    let report: shadow::Report = serde_json::from_str(&kept.content).unwrap();
    assert_eq!(report.equal, report.cases, "a revision over its own decisions");
    row("city: shadow run, two cores", format!("{} decisions in {took:.2} s ({:.0} per second)", report.cases, report.cases as f64 / took));
    row("city: shadow run / deciding singly, two cores", format!("{:.2}", took / deciding));
}

/// Copies the rows of the decisions into a plain table of another file, row by row in one
/// transaction.
async fn raw_insert(folder: &std::path::Path) -> f64 {
    use sqlx::{Connection as _, Row as _};
    let options = |file: &str| format!("sqlite://{}?mode=rwc", folder.join(file).display());
    let mut from = sqlx::SqliteConnection::connect(&options("city.db")).await.unwrap();
    let rows = sqlx::query("SELECT municipality, slot, case_on, household, version, id, revision, status, knowledge, fuel, amount, recorded_at, content FROM decision")
        .fetch_all(&mut from)
        .await
        .unwrap();
    let mut to = sqlx::SqliteConnection::connect(&options("raw.db")).await.unwrap();
    sqlx::query("PRAGMA journal_mode = WAL").execute(&mut to).await.unwrap();
    let create = "CREATE TABLE raw (a INTEGER, b TEXT, c TEXT, d INTEGER, e INTEGER, f BLOB, g BLOB, h TEXT, i INTEGER, j INTEGER, k INTEGER, l TEXT, m BLOB)";
    sqlx::query(create).execute(&mut to).await.unwrap();
    let start = Instant::now();
    let mut transaction = to.begin().await.unwrap();
    for row in &rows {
        let mut query = sqlx::query("INSERT INTO raw VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13)");
        query = query.bind(row.get::<i64, _>(0)).bind(row.get::<&str, _>(1)).bind(row.get::<&str, _>(2)).bind(row.get::<i64, _>(3));
        query = query.bind(row.get::<i64, _>(4)).bind(row.get::<&[u8], _>(5)).bind(row.get::<&[u8], _>(6)).bind(row.get::<&str, _>(7));
        query = query.bind(row.get::<i64, _>(8)).bind(row.get::<i64, _>(9)).bind(row.get::<Option<i64>, _>(10));
        query.bind(row.get::<&str, _>(11)).bind(row.get::<&[u8], _>(12)).execute(&mut *transaction).await.unwrap();
    }
    transaction.commit().await.unwrap();
    start.elapsed().as_secs_f64()
}

/// The high-water mark of memory of `jorei assess` over a whole fresh year, as its own process.
fn memory(folder: &std::path::Path) {
    let mut child = Command::new(built::jorei_release())
        .args(["assess", "--year", "2023", "--municipality", "012041", "--database"])
        .arg(format!("sqlite://{}", folder.join("city.db").display()))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut peak = 0_u64;
    while child.try_wait().unwrap().is_none() {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        peak = peak.max(line.trim().trim_end_matches(" kB").parse().unwrap_or(0));
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    verdict("city: peak memory of `jorei assess` in MB", peak as f64 / 1024.0, 600.0, true);
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let municipality = Municipality::parse("012041").unwrap();
    let asynchronous = tokio::runtime::Runtime::new().unwrap();
    // `cargo xtask bench http`: the service alone.
    if std::env::args().any(|part| part == "http") {
        asynchronous.block_on(http::report());
        return;
    }
    // The bench as a process of its own, for its memory.
    let parts: Vec<String> = std::env::args().collect();
    if let [_, what, address, sets] = &parts[..]
        && what == benefits::TAKING
    {
        asynchronous.block_on(benefits::take(address, std::path::Path::new(sets)));
        return;
    }
    let runtime = jorei_tests::runtime();
    // `cargo xtask bench benefits`: benefits alone.
    if std::env::args().any(|part| part == "benefits") {
        asynchronous.block_on(benefits::report(&runtime));
        return;
    }
    // `cargo xtask bench ledger`: the ledger alone.
    if std::env::args().any(|part| part == "ledger") {
        asynchronous.block_on(ledger::report());
        return;
    }
    // `cargo xtask bench reassessment`: deciding again alone.
    if std::env::args().any(|part| part == "reassessment") {
        asynchronous.block_on(reassessment::report(&runtime));
        return;
    }
    let ordinance = std::fs::read_to_string(built::repository().join("plugins/premium/ordinances/012041.toml")).unwrap();
    let toy_ordinance = std::fs::read_to_string(built::repository().join("tests/toy/ordinance.toml")).unwrap();

    println!("city of {HOUSEHOLDS} synthetic households, calls of {BATCH} cases, best of several rounds");
    let store = asynchronous.block_on(city(folder.path(), municipality));
    let cases: Vec<Case> = asynchronous.block_on(async {
        let as_of = store.latest_knowledge(municipality).await.unwrap();
        let (mut cases, mut after) = (Vec::new(), None);
        loop {
            let page = store.cases(municipality, Slot::Premium, after, 2_000, ON, as_of).await.unwrap();
            let Some(last) = page.last() else { return cases };
            after = Some(last.household);
            cases.extend(page.into_iter().map(|stored| stored.case));
        }
    });
    let prepared: Vec<(Prepared, usize)> = cases.chunks(BATCH).map(|chunk| (Prepared::of(chunk), chunk.len())).collect();

    let toy = load(&runtime, "toy", &toy_ordinance);
    let premium = load(&runtime, "premium", &ordinance);
    black_box((toy.load_ms, premium.load_ms));
    bulk::<Toy>("toy", &toy, &prepared, cases.len());
    bulk::<Premium>("premium", &premium, &prepared, cases.len());
    single::<Toy>("toy", &toy, &cases);
    single::<Premium>("premium", &premium, &cases);
    asynchronous.block_on(assessment(folder.path(), &store, &runtime, municipality, &ordinance, &cases));
    asynchronous.block_on(store.close());
    memory(folder.path());
    asynchronous.block_on(reassessment::report(&runtime));
    asynchronous.block_on(benefits::report(&runtime));
    asynchronous.block_on(http::report());
}
