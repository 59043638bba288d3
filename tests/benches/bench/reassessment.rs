//! What deciding again costs: one changed income against a whole city under a corrected table, and a year with ten years of
//! history behind it against the same year without.

use crate::{row, verdict};
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::id::{Municipality, PersonId};
use jorei_domain::record::Kind;
use jorei_domain::table::ABSENT;
use jorei_engine::Runtime;
use jorei_service::assess::{Request as Assess, assess};
use jorei_service::demo_city::DemoCity;
use jorei_service::reassessment::{Report, Request, Scope, reassess};
use jorei_service::revisions::{Shelf, load};
use jorei_store::Store;
use jorei_store::facts::Assertion;
use jorei_tests::office::{Office, TODAY, now, ordinance};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// Households of each city here.
const HOUSEHOLDS: u32 = 6_000;
/// Rounds of the comparison with history; the fastest one of each side counts.
const ROUNDS: usize = 7;

struct Hall {
    store: Store,
    office: Office,
    shelf: Shelf,
    runtime: Arc<Runtime>,
    folder: tempfile::TempDir,
}

async fn hall(runtime: &Arc<Runtime>, facts: impl Fn(&Assertion) -> bool) -> Hall {
    let (store, folder) = jorei_tests::sqlite().await;
    let municipality = Municipality::parse("012041").unwrap();
    let office = Office::found(&store, municipality).await;
    // In one load, as an office takes its records over: a load of that size ends with the statistics that the planner
    // goes by. A thousand households at a time would leave a city that has one year only without any.
    let assertions: Vec<_> =
        DemoCity { seed: 1, households: HOUSEHOLDS }.bundles().flat_map(|bundle| bundle.assertions).filter(facts).collect();
    store.assert_facts(municipality, TODAY, &assertions, &now().stamp("bench")).await.unwrap();
    let shelf = Shelf::new(store.clone(), Arc::clone(runtime));
    let hall = Hall { store, office, shelf, runtime: Arc::clone(runtime), folder };
    hall.put_in_force(&ordinance("premium")).await;
    hall
}

impl Hall {
    async fn put_in_force(&self, text: &str) {
        let revision = self.office.revision(&self.store, &self.runtime, "premium", text).await;
        self.office.activate(&self.store, &self.runtime, revision, (Date::new(2019, 4, 1), Date::new(2027, 4, 1))).await;
    }

    async fn assess(&self, year: i32) -> f64 {
        assessment(&self.store, &self.runtime, self.office.municipality, year).await
    }

    /// The database in one file, as closing leaves it; nothing else is left of the city.
    async fn closed(self) -> tempfile::TempDir {
        drop(self.shelf);
        self.store.close().await;
        self.folder
    }

    /// Seconds of deciding again whom new facts touch, and what was found.
    async fn reassess(&self) -> (f64, Report) {
        let municipality = self.office.municipality;
        let request = Request {
            municipality,
            year: Some(FiscalYear::new(2025).unwrap()),
            since: None,
            as_of: self.store.latest_knowledge(municipality).await.unwrap(),
            decided_on: TODAY,
            scope: Scope::Chain,
            dry_run: false,
            threads: 2,
            page: 500,
            clock: jorei_tests::clock,
            today: TODAY,
            by: "bench".into(),
        };
        let start = Instant::now();
        let report = reassess(&self.store, &self.shelf, &request, &AtomicBool::new(false), |_, _, _| {}).await.unwrap();
        (start.elapsed().as_secs_f64(), report)
    }

    /// Everybody of a stretch of person numbers earned so much more in 2024.
    async fn correct(&self, persons: std::ops::Range<i64>, yen: i64) {
        let mut values = vec![ABSENT; Kind::Incomes.fields().len()];
        (values[0], values[3]) = (0, yen);
        let income = |person: i64| Assertion {
            person: PersonId(person),
            kind: Kind::Incomes,
            item: 0,
            from: Date::new(2024, 1, 1),
            until: Date::new(2025, 1, 1),
            household: None,
            values: Some(values.clone()),
            source: "所得更正通知".into(),
        };
        let assertions: Vec<_> = persons.map(income).collect();
        self.store.assert_facts(self.office.municipality, TODAY, &assertions, &now().stamp("bench")).await.unwrap();
    }
}

/// Seconds of the annual assessment of a year.
async fn assessment(store: &Store, runtime: &Arc<Runtime>, municipality: Municipality, year: i32) -> f64 {
    let year = FiscalYear::new(year).unwrap();
    let as_of = store.latest_knowledge(municipality).await.unwrap();
    let digest = store.active_revision(municipality, "premium", year.first_day(), as_of).await.unwrap().unwrap();
    let live = Arc::new(load(store, runtime, municipality, digest).await.unwrap());
    let request = Assess {
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
    assess(store, &live, &request, &AtomicBool::new(false), |_| {}).await.unwrap();
    start.elapsed().as_secs_f64()
}

/// Seconds of the annual assessment of 2025 and of folding it into the file, on a copy of a closed database.
async fn year_on_a_copy(of: &tempfile::TempDir, runtime: &Arc<Runtime>, municipality: Municipality) -> f64 {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("test.db");
    std::fs::copy(of.path().join("test.db"), &copy).unwrap();
    // Else the first checkpoint would wait until the disk has the whole copy.
    std::fs::File::open(&copy).unwrap().sync_all().unwrap();
    let store = Store::open(&format!("sqlite://{}", copy.display())).await.unwrap();
    let assessed = assessment(&store, runtime, municipality, 2025).await;
    let start = Instant::now();
    store.close().await;
    assessed + start.elapsed().as_secs_f64()
}

fn looked_at(report: &Report) -> u64 {
    report.years.iter().map(|year| year.tally.households).sum()
}

/// The report.
pub(crate) async fn report(runtime: &Arc<Runtime>) {
    println!("deciding again, {HOUSEHOLDS} synthetic households of their own");
    let hall = hall(runtime, |_| true).await;
    hall.assess(2025).await;
    // The first run notes how far it has looked.
    hall.reassess().await;
    let first = i64::from(HOUSEHOLDS / 2) * 16 + 1;
    hall.correct(first..first + 1, 2_345_000).await;
    let (one, report) = hall.reassess().await;
    row("one changed income: households looked at, seconds", format!("{} in {one:.3} s", looked_at(&report)));
    assert!(looked_at(&report) <= 2, "whoever was not touched was looked at");
    hall.correct(1..i64::from(HOUSEHOLDS / 100) * 16, 2_345_000).await;
    let (hundredth, report) = hall.reassess().await;
    row("a hundredth of the city: households, seconds", format!("{} in {hundredth:.3} s", looked_at(&report)));
    let corrected = ordinance("premium")
        .replace("part_rounding = { unit_yen = 100, direction = \"down\" }", "part_rounding = { unit_yen = 10, direction = \"down\" }");
    hall.put_in_force(&corrected).await;
    let (all, report) = hall.reassess().await;
    row("a corrected table, every household: households, seconds", format!("{} in {all:.2} s", looked_at(&report)));
    verdict("one changed income / every household", one / all, 0.05, true);
    verdict("a hundredth of the city / every household", hundredth / all, 0.10, true);
    history(runtime).await;
}

/// The same year, with ten years of yearly facts, corrected once each, and four years decided twice, or with its own only.
async fn history(runtime: &Arc<Runtime>) {
    let own = |fact: &Assertion| match fact.kind {
        Kind::Incomes => fact.from.year() == 2024,
        Kind::Property => fact.from.year() == 2025,
        _ => true,
    };
    let bare = hall(runtime, own).await;
    let old = hall(runtime, |_| true).await;
    for round in 0..2 {
        for year in 2015..2024_i32 {
            for persons in [1..24_000_i64, 24_000..48_000, 48_000..i64::from(HOUSEHOLDS) * 16] {
                let mut values = vec![ABSENT; Kind::Incomes.fields().len()];
                (values[0], values[3]) = (0, i64::from(year) * 1_000 + round);
                let income = |person: i64| Assertion {
                    person: PersonId(person),
                    kind: Kind::Incomes,
                    item: 0,
                    from: Date::new(year, 1, 1),
                    until: Date::new(year + 1, 1, 1),
                    household: None,
                    values: Some(values.clone()),
                    source: "所得更正通知".into(),
                };
                // Of sixteen numbers of a household the first four are in use, if any.
                let assertions: Vec<_> = persons.filter(|person| (person - 1) % 16 < 2).map(income).collect();
                old.store.assert_facts(old.office.municipality, TODAY, &assertions, &now().stamp("bench")).await.unwrap();
            }
        }
        for year in [2019, 2020, 2022, 2023] {
            old.assess(year).await;
        }
    }
    let municipality = old.office.municipality;
    let (bare, old) = (bare.closed().await, old.closed().await);
    // As a run finds it that begins: opened just now, with nothing of what was written before still to be folded in. What
    // it writes itself is folded in before the clock stops. In turn, so that whatever else the machine does hits both.
    let (mut without, mut with) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..ROUNDS {
        without = without.min(year_on_a_copy(&bare, runtime, municipality).await);
        with = with.min(year_on_a_copy(&old, runtime, municipality).await);
    }
    row("a year with no other year behind it", format!("{without:.2} s"));
    row("the same year behind ten years of history", format!("{with:.2} s"));
    verdict("with ten years of history / without", with / without, 1.1, true);
}
