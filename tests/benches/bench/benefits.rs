//! What benefits cost: a month's high-cost benefit in and out of the sandbox; claims taken in on both databases beside the same
//! rows written without a check, and in an office that has ten times as many; memory as the year grows; a month's run.
//!
//! Cases are made as the office makes them, of people and claims of the made-up city; only their categories are drawn here, by
//! weights of ours. Absent here: what a rule answers, which its own cases say.

use crate::{BATCH, ON, Prepared, best, bulk, load, row, single, verdict};
use jorei_domain::benefit::{BENEFIT, SUM};
use jorei_domain::calendar::{Date, months_after};
use jorei_domain::id::{HouseholdId, Municipality, PersonId};
use jorei_domain::record::{Case, Fact, Kind};
use jorei_domain::slot::Slot;
use jorei_domain::table::ABSENT;
use jorei_engine::{Runtime, Status};
use jorei_high_cost::HighCost;
use jorei_sdk::native;
use jorei_service::benefits::case::{Present, claim_fact};
use jorei_service::benefits::month;
use jorei_service::claims::apply;
use jorei_service::demo_city::DemoCity;
use jorei_service::demo_city::benefits as demo_benefits;
use jorei_service::demo_city::claims::{DemoClaims, Patient, patients};
use jorei_service::revisions::Shelf;
use jorei_store::Store;
use jorei_store::benefits::Simplified;
use jorei_store::medical_claims::ClaimLine;
use jorei_tests::office::{Office, TODAY, confirmed_example, now};
use jorei_tests::postgres;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// Households of the city whose claims are taken in: its sets are above the size from which the store counts its rows anew.
const HOUSEHOLDS: u32 = 12_000;
/// Sets that the large office has before the one that is measured; the small one has a single one.
const GROWN: usize = 10;
/// The months of the sets: as many as there are before today.
const CLAIMS: DemoClaims = DemoClaims { seed: 1, from: ON, months: 12, sample: 1, serial: 1 };
/// Whoever paid so much of a claim is registered for the simplified procedure before a month is run: below it hardly anything is due.
const PAID_MUCH_YEN: i64 = 8_000;
/// Columns of a line, and how many lines the store writes at once.
const COLUMNS: usize = 29;
const ROWS_PER_STATEMENT: usize = 60;
/// By this first argument the bench takes sets in as a process of its own, for its memory.
pub(crate) const TAKING: &str = "taking-claims";

/// A set as it is delivered.
type Set = Vec<(String, Vec<u8>)>;

fn municipality() -> Municipality {
    Municipality::parse("012041").unwrap()
}

/// Lets an office know the city.
async fn populate(store: &Store, households: u32) {
    let mut bundles = DemoCity { seed: 1, households }.bundles().peekable();
    while bundles.peek().is_some() {
        let assertions: Vec<_> = bundles.by_ref().take(2_000).flat_map(|bundle| bundle.assertions).collect();
        store.assert_facts(municipality(), TODAY, &assertions, &now().stamp("bench")).await.unwrap();
    }
}

async fn everybody(store: &Store) -> Vec<Patient> {
    let as_of = store.latest_knowledge(municipality()).await.unwrap();
    patients(store, municipality(), 1, as_of).await.unwrap()
}

/// The set of a place among those of a year.
fn set(patients: &[Patient], place: usize) -> Set {
    let processed = CLAIMS.processed().nth(place).unwrap();
    CLAIMS.files(municipality(), patients, processed).into_iter().map(|file| (file.name, file.text.into_bytes())).collect()
}

/// The categories of a household, drawn by its number: most are ordinary.
fn categories(household: HouseholdId, any_elderly: bool) -> Fact {
    // Of ten households: under 70 ウ, エ, エ, エ, オ, オ, ウ, イ, エ, ア; from 70 on 一般 for most.
    let under_70 = [2, 3, 3, 3, 4, 4, 2, 1, 3, 0][household.0.rem_euclid(10) as usize];
    let over_70 = [3, 3, 4, 3, 5, 3, 2, 3, 4, 1][household.0.rem_euclid(10) as usize];
    let over_70 = if any_elderly { over_70 } else { ABSENT };
    Fact { kind: Kind::Categories, values: vec![ON.packed(), under_70, over_70, 0, 0], source: "区分判定".into() }
}

/// The cases of the month: every household with one to eight claims of people who were insured.
async fn cases(store: &Store, patients: &[Patient]) -> Vec<Case> {
    let as_of = store.latest_knowledge(municipality()).await.unwrap();
    let insured: HashMap<PersonId, Date> =
        patients.iter().filter(|patient| patient.insured.in_month(ON)).map(|patient| (patient.person, patient.birth)).collect();
    let mut of_person: HashMap<PersonId, Vec<Fact>> = HashMap::new();
    for (ordinal, said) in (1..).zip(CLAIMS.lines(patients, months_after(ON, 2))) {
        if insured.contains_key(&said.claim.person) {
            let claim = ClaimLine { ordinal, ..said.claim };
            of_person.entry(claim.person).or_default().push(claim_fact(&claim));
        }
    }
    let (mut cases, mut after) = (Vec::new(), None);
    loop {
        let page = store.cases(municipality(), Slot::Classification, after, 2_000, ON, as_of).await.unwrap();
        let (Some(first), Some(last)) = (page.first(), page.last()) else { return cases };
        let households = first.household..=last.household;
        after = Some(last.household);
        let members: HashMap<HouseholdId, Vec<PersonId>> =
            page.into_iter().filter_map(Present::of).map(|present| (present.household, present.ids())).collect();
        for stored in store.cases_of(municipality(), Slot::HighCost, households, ON, as_of).await.unwrap() {
            let Some(ids) = members.get(&stored.household) else { continue };
            let people = stored.case.persons().iter().cloned().zip(stored.people.clone()).collect();
            let present = Present { household: stored.household, on: ON, people }.among(ids);
            let claims: BTreeMap<PersonId, Vec<Fact>> = ids.iter().filter_map(|id| Some((*id, of_person.get(id)?.clone()))).collect();
            if !(1..=8).contains(&claims.values().map(Vec::len).sum::<usize>()) {
                continue;
            }
            let elderly = ids.iter().filter_map(|id| insured.get(id)).any(|birth| birth.reaches(70) < months_after(ON, 1));
            cases.push(present.case(claims, vec![categories(stored.household, elderly)]).0);
        }
    }
}

/// High-cost decisions in bulk and singly, each beside the same rule natively.
fn decisions(runtime: &Arc<Runtime>, cases: &[Case]) {
    let ruled = load(runtime, "high_cost", &confirmed_example("high_cost"));
    assert!(!cases.is_empty(), "no household has claims");
    let claims: usize = cases
        .iter()
        .flat_map(|case| case.persons())
        .flat_map(|person| &person.facts)
        .filter(|fact| fact.kind == Kind::MedicalClaims)
        .count();
    let answers = ruled.rule.bulk().answer(&ruled.question, cases).unwrap();
    let decided = answers.statuses.iter().filter(|status| **status == Status::Decided).count();
    assert!(decided * 100 >= cases.len() * 98, "{decided} of {} cases are decided: the bench would measure refusals", cases.len());
    let benefit = answers.results.iter().find(|result| result.name == BENEFIT).unwrap();
    let due = benefit.table.integers(SUM).unwrap().iter().filter(|yen| **yen > 0).count();
    row("high_cost: cases", format!("{} with {claims} claims, {decided} decided, {due} with a benefit", cases.len()));

    // An even number of equal calls: two cores share them.
    let calls = cases.len().div_ceil(2 * BATCH) * 2;
    let prepared: Vec<(Prepared, usize)> =
        cases.chunks(cases.len().div_ceil(calls)).map(|chunk| (Prepared::of(chunk), chunk.len())).collect();
    bulk::<HighCost>("high_cost", &ruled, &prepared, cases.len());
    // As a month's run asks: tables are made of cases, a sample is decided singly and compared.
    let values = native::values::<HighCost>(ruled.question.settings.on(ON).unwrap(), ON).unwrap();
    let asked = best(5, cases.len(), || {
        black_box(ruled.rule.bulk().answer(&ruled.question, cases).unwrap());
    });
    let apart = best(5, cases.len(), || {
        for chunk in cases.chunks(BATCH) {
            black_box(native::decide_many::<HighCost>(chunk, ON, &values));
        }
    });
    row("high_cost: a population asked, decisions a second", format!("{:.0}, native {:.0}", 1e6 / asked, 1e6 / apart));
    verdict("high_cost: a population asked, sandbox / native", asked / apart, f64::INFINITY, true);
    single::<HighCost>("high_cost", &ruled, cases);
}

/// Microseconds for a line of a set that an office takes in.
async fn taken(store: &Store, files: &Set) -> (u64, f64) {
    let start = Instant::now();
    let applied = apply(store, municipality(), files, TODAY, &now().stamp("bench"), |_| {}).await.unwrap();
    assert!(!applied.before, "a set was taken twice");
    (applied.set.lines, start.elapsed().as_secs_f64() * 1e6 / applied.set.lines as f64)
}

/// Microseconds for a line of the same rows, written by the same statement into a table without a key, a trigger or a chain.
async fn bare(address: &str, lines: &[ClaimLine]) -> f64 {
    let mut connection = AnyConnection::connect(address).await.unwrap();
    let sqlite = address.starts_with("sqlite:");
    if sqlite {
        for pragma in ["PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"] {
            sqlx::query(pragma).execute(&mut connection).await.unwrap();
        }
    }
    let texts = [5, 8, 20, 28];
    let columns: Vec<String> =
        (0..COLUMNS).map(|column| format!("c{column} {}", if texts.contains(&column) { "text" } else { "bigint" })).collect();
    sqlx::query(AssertSqlSafe(format!("CREATE TABLE bare ({})", columns.join(", ")))).execute(&mut connection).await.unwrap();
    let sql = |rows: usize| {
        let cell = |place: usize| if sqlite { "?".to_owned() } else { format!("${}", place + 1) };
        let of = |row: usize| (0..COLUMNS).map(|column| cell(row * COLUMNS + column)).collect::<Vec<_>>().join(", ");
        format!("INSERT INTO bare VALUES ({})", (0..rows).map(of).collect::<Vec<_>>().join("), ("))
    };
    let start = Instant::now();
    let mut transaction = connection.begin().await.unwrap();
    for chunk in lines.chunks(ROWS_PER_STATEMENT) {
        let mut query = sqlx::query(AssertSqlSafe(sql(chunk.len())));
        for line in chunk {
            query = query.bind(12_041_i64).bind(line.ordinal).bind(1_i64).bind(1_i64).bind(line.ordinal).bind(line.claim.as_str());
            query = query.bind(line.status as i64).bind(line.person.0).bind(line.month.to_string()).bind(i64::from(line.setting));
            query = query.bind(i64::from(line.service)).bind(line.institution).bind(line.prescriber).bind(line.days).bind(line.points);
            query = query.bind(line.cost_yen).bind(line.share_percent).bind(line.own_yen).bind(line.in_kind_yen);
            query = query.bind(i64::from(line.in_kind_counts)).bind(line.category.as_str()).bind(i64::from(line.specified_disease));
            query = query.bind(i64::from(line.third_party)).bind(line.aid_code).bind(line.stay.map(|stay| i64::from(stay.bed)));
            query = query.bind(line.stay.map_or(0, |stay| stay.meals)).bind(line.stay.map(|stay| stay.charged_meal_yen));
            query = query.bind(line.stay.and_then(|stay| stay.charged_residence_yen)).bind(line.finding.map(|finding| finding.word()));
        }
        query.execute(&mut *transaction).await.unwrap();
    }
    transaction.commit().await.unwrap();
    start.elapsed().as_secs_f64() * 1e6 / lines.len() as f64
}

/// Claims taken in on a database. Answers the office that has taken all sets.
async fn intake(name: &str, [small, large]: [Store; 2], address: &str, patients: &[Patient]) -> Store {
    // The second set in either of two offices against the last two of one: the better one of two, each time.
    taken(&small, &set(patients, 0)).await;
    let (lines, mut line) = taken(&small, &set(patients, 1)).await;
    let mut grown = f64::INFINITY;
    for place in 0..=GROWN {
        let (_, micros) = taken(&large, &set(patients, place)).await;
        match place {
            1 => line = line.min(micros),
            _ if place + 1 >= GROWN => grown = grown.min(micros),
            _ => {}
        }
    }
    small.close().await;
    let processed = CLAIMS.processed().nth(1).unwrap();
    let rows: Vec<ClaimLine> =
        (1..).zip(CLAIMS.lines(patients, processed)).map(|(ordinal, said)| ClaimLine { ordinal, ..said.claim }).collect();
    let raw = bare(address, &rows).await;
    row(&format!("{name}: claims taken in, lines a second"), format!("{:.0} (sets of {lines} lines)", 1e6 / line));
    row(&format!("{name}: the same rows, bare"), format!("{:.0} a second", 1e6 / raw));
    verdict(&format!("{name}: a line taken in / the same row bare"), line / raw, f64::INFINITY, true);
    verdict(&format!("{name}: a line where ten times as many are known"), grown / line, 2.0, true);
    large
}

/// What the process of [`TAKING`] does: takes the sets of a folder in, one after the other, and says how much memory it had at most.
pub(crate) async fn take(address: &str, folder: &Path) {
    let store = Store::open(address).await.unwrap();
    let mut sets: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    sets.sort();
    for set in sets {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(set).unwrap() {
            let path = entry.unwrap().path();
            files.push((path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()));
        }
        apply(&store, municipality(), &files, TODAY, &now().stamp("bench"), |_| {}).await.unwrap();
    }
    store.close().await;
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    println!("{}", peak.trim().trim_end_matches(" kB"));
}

/// The most memory, in MB, of a process that takes sets into a copy of an office without claims. On PostgreSQL: what SQLite keeps
/// of the file in memory would be counted as well.
fn peak(office: &str, sets: &[Set]) -> f64 {
    let (database, folder) = (postgres::copy(office), tempfile::tempdir().unwrap());
    for (place, set) in sets.iter().enumerate() {
        let of_set = folder.path().join(format!("{place:02}"));
        std::fs::create_dir(&of_set).unwrap();
        for (name, bytes) in set {
            std::fs::write(of_set.join(name), bytes).unwrap();
        }
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command.arg(TAKING).arg(&database).arg(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    postgres::remove(&database);
    let kilobytes: f64 = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
    kilobytes / 1024.0
}

/// Memory of taking in one set, ten sets, and a set with a tenth of the lines.
fn memory(office: &str, patients: &[Patient]) {
    let tenth: Vec<Patient> = patients.iter().step_by(10).cloned().collect();
    let small = peak(office, &[set(&tenth, 0)]);
    let one = peak(office, &[set(patients, 0)]);
    let year = peak(office, &(0..GROWN).map(|place| set(patients, place)).collect::<Vec<_>>());
    row("memory of taking a tenth of a set, a set, ten sets", format!("{small:.0} MB, {one:.0} MB, {year:.0} MB"));
    verdict("memory: ten sets / one set", year / one, 1.25, true);
    // A set is held against itself before a line of it counts: it is in memory whole.
    verdict("memory: a set / a set of a tenth of the lines", one / small, f64::INFINITY, true);
}

/// A month's run, first and again, in an office with ten months of claims before it.
async fn run(store: Store, runtime: &Arc<Runtime>) {
    let stamp = now().stamp("bench");
    let office = Office::found(&store, municipality()).await;
    for rule in ["classification", "high_cost"] {
        let revision = office.revision(&store, runtime, rule, &confirmed_example(rule)).await;
        office.activate(&store, runtime, revision, (Date::new(2024, 8, 1), Date::new(2026, 8, 1))).await;
    }
    demo_benefits::learn(&store, municipality(), (&[2023, 2024], CLAIMS.seed), TODAY, &stamp, |_| {}).await.unwrap();
    // The simplified procedure for whoever may get something: what is due becomes an order at once.
    let month = months_after(ON, i32::try_from(GROWN).unwrap());
    let as_of = store.latest_knowledge(municipality()).await.unwrap();
    let claims = store.claims_of_month(municipality(), month, PersonId(i64::MIN)..=PersonId(i64::MAX)).await.unwrap();
    let paid_much: HashSet<PersonId> = claims.iter().filter(|claim| claim.own_yen >= PAID_MUCH_YEN).map(|claim| claim.person).collect();
    let mut after = None;
    loop {
        let page = store.cases(municipality(), Slot::Classification, after, 2_000, month, as_of).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.household);
        for present in page.into_iter().filter_map(Present::of) {
            let (Some(head), true) = (present.head(), present.ids().iter().any(|id| paid_much.contains(id))) else { continue };
            let simplified = Simplified {
                number: 0,
                household: present.household,
                head,
                from: month,
                set_off: true,
                document: "bench".into(),
                ended_on: None,
            };
            store.save_simplified(municipality(), &simplified, &stamp).await.unwrap();
        }
    }
    let shelf = Shelf::new(store.clone(), Arc::clone(runtime));
    let request = month::Request { municipality: municipality(), month, decided_on: TODAY, only: Vec::new() };
    let stop = AtomicBool::new(false);
    let timed = async || {
        let start = Instant::now();
        let tally = month::run(&store, &shelf, &request, &stamp, &stop, |_| {}).await.unwrap();
        (tally, start.elapsed().as_secs_f64())
    };
    let (first, once) = timed().await;
    let mut again = f64::INFINITY;
    for _ in 0..3 {
        let (tally, seconds) = timed().await;
        assert!(first.decided > 0 && tally.decided == 0 && tally.orders == 0, "{first:?} {tally:?}");
        again = again.min(seconds);
    }
    row(
        "a month's run: households, with claims, decided, orders",
        format!("{}, {}, {}, {}", first.households, first.with_claims, first.decided, first.orders),
    );
    let micros = |seconds: f64| seconds * 1e6 / first.with_claims as f64;
    row("a month's run, first: per household with claims", format!("{:.0} us ({once:.2} s)", micros(once)));
    row("a month's run, again: per household with claims", format!("{:.0} us ({again:.2} s)", micros(again)));
    verdict("a month's run, again / first", again / once, 1.0, true);
}

/// The report.
pub(crate) async fn report(runtime: &Arc<Runtime>) {
    println!("benefits, a city of {HOUSEHOLDS} synthetic households and its claims from {ON} on");
    let (empty, folder) = jorei_tests::sqlite().await;
    populate(&empty, HOUSEHOLDS).await;
    let patients = everybody(&empty).await;
    let cases = cases(&empty, &patients).await;
    empty.close().await;
    decisions(runtime, &cases);
    drop(cases);
    let mut copies = Vec::new();
    for name in ["small.db", "large.db"] {
        let copy = folder.path().join(name);
        std::fs::copy(folder.path().join("test.db"), &copy).unwrap();
        copies.push(Store::open(&format!("sqlite://{}", copy.display())).await.unwrap());
    }
    let [small, large] = <[Store; 2]>::try_from(copies).ok().unwrap();
    let file = format!("sqlite:{}?mode=rwc", folder.path().join("bare.db").display());
    let large = intake("SQLite", [small, large], &file, &patients).await;
    run(large, runtime).await;

    let office = postgres::database();
    let store = Store::open(&office).await.unwrap();
    store.migrate().await.unwrap();
    populate(&store, HOUSEHOLDS).await;
    store.close().await;
    memory(&office, &patients);
    let small = Store::open(&postgres::copy(&office)).await.unwrap();
    let large = Store::open(&postgres::copy(&office)).await.unwrap();
    intake("PostgreSQL", [small, large], &postgres::database(), &patients).await.close().await;
}
