//! Decisions over HTTP: the binary of a release, four clients, SQLite; against what the disk and the rule alone would
//! allow, and with the law changed under them.

use crate::{best, row, verdict};
use jorei_domain::id::HouseholdId;
use jorei_domain::slot::Slot;
use jorei_service::decide_case::decide;
use jorei_service::revisions::load;
use jorei_tests::city_hall::{CityHall, Client, Database, Service, WHOLE, YEAR};
use serde_json::json;
use sqlx::{Connection as _, Executor as _};
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Clients at the same time, and connections of the baseline.
const CLIENTS: usize = 4;
/// Decisions of a stretch.
const DECISIONS: u32 = 1_000;
/// Changes of the law in a stretch that has them.
const SWAPS: usize = 100;
/// Bytes that each transaction of one request keeps: the claim of its key, the look-up, the decision with its evidence
/// and trace, the answer. The decision's size is that of the city's decisions.
const KEPT: [usize; 4] = [160, 320, 3_300, 900];

/// What a stretch took.
struct Stretch {
    took: Duration,
    /// Of every request, sorted.
    latencies: Vec<Duration>,
}

impl Stretch {
    fn per_second(&self) -> f64 {
        self.latencies.len() as f64 / self.took.as_secs_f64()
    }

    /// The latency that so many of a hundred requests kept below, in milliseconds.
    fn quantile(&self, percent: usize) -> f64 {
        self.latencies[(self.latencies.len() * percent / 100).min(self.latencies.len() - 1)].as_secs_f64() * 1e3
    }
}

/// Everything that is told of the service.
pub async fn report() {
    let hall = Arc::new(CityHall::new(Database::Sqlite, 5 * DECISIONS).await);
    let households = households(&hall).await;
    let part = |number: usize| &households[number * DECISIONS as usize..][..DECISIONS as usize];
    let service = hall.serve_release().await;
    let mut clients = Vec::new();
    for number in 0..CLIENTS {
        clients.push(hall.client(&service, if number % 2 == 0 { "assessment" } else { "system" }).await);
    }
    // The first stretch warms up: connections, the page cache, the rule.
    stretch(&clients, part(0), None).await;
    let before = stretch(&clients, part(1), None).await;
    let swapped = stretch(&clients, part(2), Some(Arc::clone(&hall))).await;
    let after = stretch(&clients, part(3), None).await;
    let quiet = Stretch { took: before.took + after.took, latencies: sorted([before.latencies, after.latencies].concat()) };
    let again = unchanged(&clients, part(3)).await;
    let bare = bare(&hall).await;
    let engine = engine(&hall).await;
    row("http: decisions, SQLite, four clients", format!("{:.0} per second", quiet.per_second()));
    row("http: a decision that is still true", format!("{again:.0} per second"));
    row("http: latency", format!("median {:.2} ms, 99th percentile {:.2} ms", quiet.quantile(50), quiet.quantile(99)));
    row(
        "http: latency with a hundred changes of the law",
        format!("median {:.2} ms, 99th percentile {:.2} ms", swapped.quantile(50), swapped.quantile(99)),
    );
    verdict("http: median latency with changes / without", swapped.quantile(50) / quiet.quantile(50), f64::INFINITY, true);
    verdict("http: 99th percentile with changes / without", swapped.quantile(99) / quiet.quantile(99), f64::INFINITY, true);
    row("http: the disk alone: requests of four bare transactions", format!("{bare:.0} per second"));
    row("http: the rule alone, one decision with its trace", format!("{engine:.0} us"));
    verdict("http: decisions / requests of four bare transactions", quiet.per_second() / bare, 0.0, false);
    drop::<Service>(service);
}

/// Households that live there on the date of the cases; a city has some that moved away before.
async fn households(hall: &CityHall) -> Vec<i64> {
    let as_of = hall.store.latest_knowledge(hall.municipality).await.unwrap();
    let cases = hall.store.cases(hall.municipality, Slot::Premium, None, 5 * DECISIONS, WHOLE.0, as_of).await.unwrap();
    assert!(cases.len() >= 4 * DECISIONS as usize, "the city is large enough");
    cases.iter().map(|stored| stored.household.0).collect()
}

fn sorted(mut all: Vec<Duration>) -> Vec<Duration> {
    all.sort_unstable();
    all
}

/// Decides a quarter of the city, each household once; with the law changed under it, where a hall is given.
async fn stretch(clients: &[Client], households: &[i64], hall: Option<Arc<CityHall>>) -> Stretch {
    let (next, answered, households): (_, _, Arc<[i64]>) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()), households.into());
    let start = Instant::now();
    let mut deciders = tokio::task::JoinSet::new();
    for client in clients {
        let (client, next, answered, households) = (client.clone(), Arc::clone(&next), Arc::clone(&answered), Arc::clone(&households));
        deciders.spawn(async move {
            let mut latencies = Vec::new();
            loop {
                let Some(household) = households.get(next.fetch_add(1, Ordering::Relaxed)) else { return latencies };
                let began = Instant::now();
                let answer = client.post(&format!("/households/{household}/decisions"), &json!({ "year": YEAR })).await;
                latencies.push(began.elapsed());
                assert_eq!(answer.status.as_u16(), 201, "{}", answer.text());
                answered.notify_one();
            }
        });
    }
    if let Some(hall) = hall {
        for swap in 0..SWAPS {
            // Spread over the stretch: the next one comes when its share of the requests has begun.
            while next.load(Ordering::Relaxed) < swap * DECISIONS as usize / SWAPS {
                answered.notified().await;
            }
            hall.activate(hall.revisions[1 - swap % 2], swap > 0).await;
        }
    }
    let mut latencies = Vec::new();
    while let Some(own) = deciders.join_next().await {
        latencies.extend(own.unwrap());
    }
    assert_eq!(latencies.len(), DECISIONS as usize);
    Stretch { took: start.elapsed(), latencies: sorted(latencies) }
}

/// Requests per second for a decision that is there and still true.
async fn unchanged(clients: &[Client], households: &[i64]) -> f64 {
    let start = Instant::now();
    let mut deciders = tokio::task::JoinSet::new();
    for (client, own) in clients.iter().zip(households.chunks(DECISIONS as usize / CLIENTS)) {
        let (client, own) = (client.clone(), own.to_vec());
        deciders.spawn(async move {
            // Of the last stretch, after which the law did not change.
            for household in own {
                let path = format!("/households/{household}/decisions");
                assert_eq!(client.post(&path, &json!({ "year": YEAR })).await.status.as_u16(), 200);
            }
        });
    }
    while let Some(own) = deciders.join_next().await {
        own.unwrap();
    }
    f64::from(DECISIONS) / start.elapsed().as_secs_f64()
}

/// What the disk allows: as many connections, each committing the bytes of one request in four transactions that wait
/// for the disk, one after the other, into a table of the same file; in requests per second.
async fn bare(hall: &CityHall) -> f64 {
    const SETTINGS: &str = "PRAGMA busy_timeout = 30000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536";
    let mut connection = sqlx::SqliteConnection::connect(&hall.database).await.unwrap();
    connection.execute(SETTINGS).await.unwrap();
    connection.execute("CREATE TABLE bare (bytes BLOB)").await.unwrap();
    let start = Instant::now();
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..CLIENTS {
        let address = hall.database.clone();
        writers.spawn(async move {
            let mut connection = sqlx::SqliteConnection::connect(&address).await.unwrap();
            connection.execute(SETTINGS).await.unwrap();
            for _ in 0..DECISIONS / CLIENTS as u32 {
                for size in KEPT {
                    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.unwrap();
                    sqlx::query("INSERT INTO bare VALUES ($1)").bind(vec![7_u8; size]).execute(&mut *transaction).await.unwrap();
                    transaction.commit().await.unwrap();
                }
            }
        });
    }
    while let Some(writer) = writers.join_next().await {
        writer.unwrap();
    }
    f64::from(DECISIONS) / start.elapsed().as_secs_f64()
}

/// One decision with its trace by the rule alone, in microseconds.
async fn engine(hall: &CityHall) -> f64 {
    let as_of = hall.store.latest_knowledge(hall.municipality).await.unwrap();
    let live = load(&hall.store, &hall.runtime, hall.municipality, hall.revisions[0]).await.unwrap();
    let cases = hall.store.cases(hall.municipality, Slot::Premium, None, 500, WHOLE.0, as_of).await.unwrap();
    best(5, cases.len(), || {
        for stored in &cases {
            black_box(decide(&live, hall.municipality, HouseholdId(stored.household.0), stored.case.clone(), None).unwrap());
        }
    })
}
