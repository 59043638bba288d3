//! An office at which money comes and goes: households whose instalments are billed by decisions written by hand, and the rules
//! of charges and refunds in force with every value confirmed. One is founded on each database; every history begins with a copy of it.

use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::decision::{Decision, Evidence, Outcome, Result as Named};
use jorei_domain::id::{Digest, HouseholdId, Municipality, PersonId};
use jorei_domain::ledger::Instalment;
use jorei_domain::record::Kind;
use jorei_domain::slot::Slot;
use jorei_domain::table::{Column, Table, Values};
use jorei_engine::Runtime;
use jorei_service::levy::{self, Bill};
use jorei_service::receipts::matching::Order;
use jorei_service::receipts::{ReceiveError, Request, Taken, receive};
use jorei_service::revisions::Shelf;
use jorei_store::admissions::Admission;
use jorei_store::decisions::{NewDecision, PackedDecision};
use jorei_store::facts::Assertion;
use jorei_store::revisions::Revision;
use jorei_store::{Store, StoreError};
use jorei_tests::office::{Office, TODAY, now, ordinance};
use jorei_tests::{postgres, runtime};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use tokio::sync::OnceCell;

static RUNTIME: LazyLock<Arc<Runtime>> = LazyLock::new(runtime);
static ON_SQLITE: OnceCell<(tempfile::TempDir, Arc<Office>)> = OnceCell::const_new();
static ON_POSTGRES: OnceCell<(String, Arc<Office>)> = OnceCell::const_new();

/// Households of every history.
pub(super) const HOUSEHOLDS: i64 = 3;
/// The first day of every history.
pub(super) const FIRST_DAY: Date = Date::new(2022, 6, 1);

pub(super) fn here() -> Municipality {
    Municipality::parse("012041").unwrap()
}

pub(super) fn stamp() -> Stamp {
    now().stamp("tanaka")
}

/// The instalments that are billed, with their due dates: three of each of two years.
pub(super) fn instalments() -> [(Instalment, Date); 6] {
    let due = [(2022, 6, 30), (2022, 8, 31), (2022, 12, 26), (2023, 6, 30), (2023, 8, 31), (2023, 12, 25)];
    std::array::from_fn(|at| {
        let (year, month, day) = due[at];
        (Instalment { year, collection: 0, number: u16::try_from(at % 3).unwrap() + 1 }, Date::new(year, month, day))
    })
}

/// The head of a household.
pub(super) fn head(household: i64) -> PersonId {
    PersonId(household * 10)
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Database {
    Sqlite,
    Postgres,
}

/// Where a copy lives; gone with it.
pub(super) enum Place {
    Folder(tempfile::TempDir),
    Address(String),
}

/// The office, open.
pub(super) struct Hall {
    pub(super) store: Store,
    pub(super) shelf: Arc<Shelf>,
    pub(super) place: Place,
    /// Who signs there.
    pub(super) office: Arc<Office>,
    /// The serial of the last file of each source.
    pub(super) serials: BTreeMap<u8, i64>,
    /// The latest decision of each household and year on instalments: its version and id.
    latest: BTreeMap<(i64, i32), (i64, Digest)>,
}

fn file(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("jorei.db")
}

impl Place {
    pub(super) fn address(&self) -> String {
        match self {
            Place::Folder(folder) => file(folder).display().to_string(),
            Place::Address(address) => address.clone(),
        }
    }
}

impl Hall {
    /// A copy of the office as it was founded.
    pub(super) async fn open(database: Database) -> Hall {
        let (place, office) = match database {
            Database::Sqlite => {
                let founded = ON_SQLITE.get_or_init(|| async {
                    let folder = tempfile::tempdir().unwrap();
                    let office = found(file(&folder).to_str().unwrap()).await;
                    (folder, Arc::new(office))
                });
                let (founded, office) = founded.await;
                let folder = tempfile::tempdir().unwrap();
                std::fs::copy(file(founded), file(&folder)).unwrap();
                (Place::Folder(folder), office)
            }
            Database::Postgres => {
                let founded = ON_POSTGRES.get_or_init(|| async {
                    let address = postgres::database();
                    let office = found(&address).await;
                    (address, Arc::new(office))
                });
                let (founded, office) = founded.await;
                (Place::Address(postgres::copy(founded)), office)
            }
        };
        let store = Store::open(&place.address()).await.unwrap();
        let shelf = Arc::new(Shelf::new(store.clone(), Arc::clone(&RUNTIME)));
        Hall { store, shelf, place, office: Arc::clone(office), serials: BTreeMap::new(), latest: BTreeMap::new() }
    }

    /// An office of its own in an empty database of PostgreSQL.
    pub(super) async fn found_at(address: &str) -> Hall {
        let office = Arc::new(found(address).await);
        let store = Store::open(address).await.unwrap();
        let shelf = Arc::new(Shelf::new(store.clone(), Arc::clone(&RUNTIME)));
        let place = Place::Address(address.to_owned());
        Hall { store, shelf, place, office, serials: BTreeMap::new(), latest: BTreeMap::new() }
    }

    /// Closes the store and opens it again, as after a restart.
    pub(super) async fn reopen(&mut self) {
        self.store.close().await;
        self.store = Store::open(&self.place.address()).await.unwrap();
        self.shelf = Arc::new(Shelf::new(self.store.clone(), Arc::clone(&RUNTIME)));
    }

    /// Closes it for ever.
    pub(super) async fn close(self) {
        self.store.close().await;
        if let Place::Address(address) = &self.place {
            postgres::remove(address);
        }
    }

    /// A settled decision on a household's instalments, and what it bills.
    pub(super) async fn billed(&self, household: i64, year: i32, yen: &[i64], on: Date) -> Result<(PackedDecision, Bill), StoreError> {
        let before = self.latest.get(&(household, year)).copied();
        let decision = decision(household, year, yen, before.map(|(_, id)| id));
        let version = before.map_or(1, |(version, _)| version + 1);
        let knowledge = self.store.latest_knowledge(here()).await?;
        let new = NewDecision { decision, version, knowledge, decided_on: on, fuel: 1, amount: None, recorded_at: stamp().at };
        let packed = new.pack()?;
        let of_year = || instalments().into_iter().filter(move |(instalment, _)| instalment.year == year);
        let bill = Bill {
            household: HouseholdId(household),
            year,
            decision: packed.id(),
            decided_on: on,
            instalments: of_year().zip(yen).map(|((instalment, _), yen)| (instalment, *yen)).collect(),
            due: of_year().collect(),
        };
        Ok((packed, bill))
    }

    /// Notes that a decision was kept, which the next one supersedes.
    pub(super) fn remember(&mut self, household: i64, year: i32, kept: &PackedDecision) {
        let latest = self.latest.entry((household, year)).or_insert((0, kept.id()));
        *latest = (latest.0 + 1, kept.id());
    }

    /// Keeps such a decision with its postings, once.
    pub(super) async fn bill(&mut self, household: i64, year: i32, yen: &[i64], on: Date) -> Result<(), StoreError> {
        let (packed, bill) = self.billed(household, year, yen, on).await?;
        levy::keep(&self.store, here(), (std::slice::from_ref(&packed), &[], &[bill]), on, &stamp()).await?;
        self.remember(household, year, &packed);
        Ok(())
    }

    /// Takes a file of receipts.
    pub(super) async fn receive(&self, bytes: &str, on: Date) -> Result<Taken, ReceiveError> {
        let request = Request { municipality: here(), booked_on: on, order: Order::default() };
        receive(&self.store, request, bytes.as_bytes(), &stamp(), |_| {}).await
    }

    /// The serial of the next file of a source.
    pub(super) fn serial(&mut self, source: u8) -> i64 {
        let serial = self.serials.entry(source).or_default();
        *serial += 1;
        *serial
    }
}

async fn found(address: &str) -> Office {
    let store = Store::open(address).await.unwrap();
    store.migrate().await.unwrap();
    let office = Office::found(&store, here()).await;
    // As after everybody confirmed what is assumed: a provisional decision posts nothing.
    for rule in ["delinquency", "refund"] {
        let mut confirmed = ordinance(rule);
        for unconfirmed in ["assumed", "second-hand"] {
            confirmed = confirmed.replace(&format!("state = \"{unconfirmed}\""), "state = \"sourced\"");
        }
        let revision = office.revision(&store, &RUNTIME, rule, &confirmed).await;
        office.activate(&store, &RUNTIME, revision, (Date::new(2019, 4, 1), Date::new(2027, 4, 1))).await;
    }
    let rule = Digest::of(b"by hand");
    let admission = Admission {
        package: rule,
        rule: Some(rule),
        step: "cases".into(),
        admitted: true,
        reason: String::new(),
        manifest: String::new(),
        recorded_at: stamp().at,
        by: stamp().by,
    };
    store.save_admission(here(), &admission, Some(b"by hand"), &stamp()).await.unwrap();
    let text = store.save_ordinance(here(), "rate = 1", &stamp()).await.unwrap();
    let about = "{\"labels\":{},\"outcome\":{\"properties\":{\"instalments\":{\"items\":{\"properties\":{\"collection\":{\"enum\":\
         [\"ordinary_collection\",\"pension_deduction\"]}}}}}}}";
    let revision = Revision {
        digest: by_hand(),
        slot: Slot::Instalment.word().into(),
        rule,
        ordinance: text,
        segments: Vec::new(),
        about: about.into(),
    };
    store.save_revision(here(), &revision, TODAY, &stamp()).await.unwrap();
    let mut facts = Vec::new();
    for household in 1..=HOUSEHOLDS {
        let fact = |kind, from, values, household| Assertion {
            person: head(household),
            kind,
            item: 0,
            from,
            until: Date::MAX,
            household: (kind == Kind::Membership).then_some(HouseholdId(household)),
            values: Some(values),
            source: "住民記録".into(),
        };
        let birth = Date::new(1970, 5, 1).packed();
        facts.push(fact(Kind::Persons, Date::MIN, vec![birth, birth], household));
        facts.push(fact(Kind::Membership, Date::new(2000, 1, 1), vec![1], household));
    }
    store.assert_facts(here(), FIRST_DAY, &facts, &stamp()).await.unwrap();
    store.close().await;
    office
}

fn by_hand() -> Digest {
    Digest::of(b"a revision by hand")
}

/// A settled decision on the instalments of a year.
fn decision(household: i64, year: i32, yen: &[i64], supersedes: Option<Digest>) -> Decision {
    let of_year: Vec<(Instalment, Date)> = instalments().into_iter().filter(|(instalment, _)| instalment.year == year).collect();
    let column = |value: &dyn Fn(&(Instalment, Date)) -> i64| of_year.iter().map(value).collect::<Vec<i64>>();
    let billed = [
        ("number", column(&|(instalment, _)| i64::from(instalment.number))),
        ("collection", column(&|_| 0)),
        ("due", column(&|(_, due)| due.packed())),
        ("amount_yen", yen.to_vec()),
    ];
    let obligors = [("person", vec![0]), ("first_month", vec![1]), ("last_month", vec![12])];
    Decision {
        municipality: here(),
        slot: Slot::Instalment.word().into(),
        household: HouseholdId(household),
        on: Date::new(year, 4, 1),
        revision: by_hand(),
        evidence: Evidence::default(),
        outcome: Outcome::Decided { provisional: false, results: vec![table("instalments", &billed), table("obligors", &obligors)] },
        trace: Vec::new(),
        supersedes,
    }
}

fn table(name: &str, columns: &[(&'static str, Vec<i64>)]) -> Named {
    let rows = u32::try_from(columns[0].1.len()).unwrap();
    let column = |(name, values): &(&'static str, Vec<i64>)| Column { name: (*name).into(), values: Values::Integers(values.clone()) };
    Named { name: name.into(), table: Table { offsets: vec![0, rows], columns: columns.iter().map(column).collect() } }
}
