//! The same command twice at once, again, and after a restart: one effect and the same answer. The same id for something else
//! is an error and changes nothing.

use super::checks::holds;
use super::hall::{Database, Hall, here, instalments, stamp};
use super::payments;
use jorei_domain::calendar::Date;
use jorei_domain::id::HouseholdId;
use jorei_domain::money::Yen;
use jorei_domain::slip::Slip;
use jorei_service::levy::{self, Bill};
use jorei_service::receipts::forms::{Delivery, Payment, Said, write};
use jorei_service::receipts::matching::Order;
use jorei_service::receipts::{Request, Taken, receive};
use jorei_service::refunds::{self, Lapsing};
use jorei_service::revisions::Shelf;
use jorei_store::Store;
use jorei_store::decisions::PackedDecision;
use jorei_store::receipts::{FileKind, STATEMENT};
use std::sync::Arc;

const HOME: HouseholdId = HouseholdId(1);
const PAID: Date = Date::new(2022, 6, 30);
const MADE: Date = Date::new(2022, 7, 4);
const LOWERED: Date = Date::new(2022, 7, 10);
const DECIDED: Date = Date::new(2022, 7, 20);
const RENEWED: Date = Date::new(2022, 7, 28);
const LAPSED: Date = Date::new(2024, 8, 20);

/// Something that is asked of the office.
#[derive(Clone)]
enum Command {
    Bill(Arc<(PackedDecision, Bill)>, Date),
    File(String, Date),
    Decide(HouseholdId, Date),
    Renew(i64, Date),
    Send(i64, i64),
    Paid(i64, i64),
    Returned(i64, i64),
    Lapse(i64),
}

impl Command {
    fn word(&self) -> &'static str {
        match self {
            Command::Bill(..) => "bill",
            Command::File(..) => "file",
            Command::Decide(..) => "decide",
            Command::Renew(..) => "renew",
            Command::Send(..) => "send",
            Command::Paid(..) => "paid",
            Command::Returned(..) => "returned",
            Command::Lapse(..) => "lapse",
        }
    }

    /// What is answered, without whether it was new.
    async fn give(self, store: Store, shelf: Arc<Shelf>) -> Result<String, String> {
        let told = |error: &dyn std::fmt::Display| error.to_string();
        match self {
            Command::Bill(kept, on) => {
                let (packed, bill) = &*kept;
                let saved = levy::keep(&store, here(), (std::slice::from_ref(packed), &[], std::slice::from_ref(bill)), on, &stamp()).await;
                saved.map(|saved| format!("{} {}", packed.id(), saved.inserted + saved.existing)).map_err(|error| told(&error))
            }
            Command::File(bytes, booked_on) => {
                let request = Request { municipality: here(), booked_on, order: Order::default() };
                let taken = receive(&store, request, bytes.as_bytes(), &stamp(), |_| {}).await;
                taken.map(|taken| format!("{:?}", Taken { before: false, ..taken })).map_err(|error| told(&error))
            }
            Command::Decide(household, on) => {
                let decided = refunds::decide(&store, &shelf, here(), household, on, &stamp()).await;
                decided.map(|decided| format!("{} {:?} {:?}", decided.decision, decided.orders, decided.held)).map_err(|error| told(&error))
            }
            Command::Renew(order, on) => {
                let decided = refunds::renew(&store, &shelf, here(), order, on, &stamp()).await;
                decided.map(|decided| format!("{} {:?} {:?}", decided.decision, decided.orders, decided.held)).map_err(|error| told(&error))
            }
            Command::Send(order, yen) => {
                let sent = payments::send(&store, (HOME.0, order), &payments::line(order, 1), yen, RENEWED).await;
                sent.map(|_| String::new()).map_err(|error| told(&error))
            }
            Command::Paid(order, yen) => {
                let paid = payments::paid(&store, (HOME.0, order), &payments::line(order, 1), yen, RENEWED).await;
                paid.map(|_| String::new()).map_err(|error| told(&error))
            }
            Command::Returned(order, yen) => {
                let returned = payments::returned(&store, (HOME.0, order), &payments::line(order, 1), yen, RENEWED).await;
                returned.map(|_| String::new()).map_err(|error| told(&error))
            }
            Command::Lapse(order) => {
                let lapsed = refunds::lapse(&store, here(), HOME, Lapsing::Order(order), LAPSED, "時効", &stamp()).await;
                lapsed.map(|yen| yen.to_string()).map_err(|error| told(&error))
            }
        }
    }
}

/// Everything that a command may change: postings, orders, receipts, and the length of the chain.
async fn state(store: &Store) -> String {
    let mut text = String::new();
    for stored in store.postings(here(), 0, 1_000).await.unwrap() {
        text += &format!("{} {}\n", stored.ordinal, stored.posting.digest());
    }
    text += &format!("{:?}\n", store.orders(here(), 0, 1_000).await.unwrap());
    text += &format!("{:?}\n", store.receipts(here(), 0, 1_000).await.unwrap());
    for household in 1..=3 {
        text += &format!("{}\n", store.refund_decisions(here(), HouseholdId(household)).await.unwrap().len());
    }
    text
}

/// Gives a command twice at once, again, and after a restart.
async fn once(hall: &mut Hall, command: Command) -> String {
    let word = command.word();
    let before = state(&hall.store).await;
    let give = |hall: &Hall| tokio::spawn(command.clone().give(hall.store.clone(), Arc::clone(&hall.shelf)));
    let (one, other) = (give(hall), give(hall));
    let (one, other) = (one.await.unwrap().unwrap_or_else(|error| panic!("{word}: {error}")), other.await.unwrap());
    assert_eq!(Ok(&one), other.as_ref(), "{word}, at once");
    let after = state(&hall.store).await;
    assert_ne!(before, after, "{word} does something");
    assert_eq!(give(hall).await.unwrap().as_ref(), Ok(&one), "{word}, again");
    assert_eq!(state(&hall.store).await, after, "{word}, again");
    hall.reopen().await;
    assert_eq!(give(hall).await.unwrap().as_ref(), Ok(&one), "{word}, after a restart");
    assert_eq!(state(&hall.store).await, after, "{word}, after a restart");
    one
}

/// A command under the id of an earlier one and with other content.
async fn refused(hall: &Hall, command: Command, because: &str) {
    let (word, before) = (command.word(), state(&hall.store).await);
    let error = command.give(hall.store.clone(), Arc::clone(&hall.shelf)).await.expect_err(word);
    assert!(error.contains(because), "{word}: {error}");
    assert_eq!(state(&hall.store).await, before, "{word}: {error}");
}

fn paid(reference: &str, yen: i64) -> Said {
    let slip = Slip { household: HOME, instalment: instalments()[0].0 }.to_string();
    Said::Payment(Payment { reference: reference.into(), slip, paid_on: PAID, yen: Yen::new(yen) })
}

async fn story(database: Database) {
    let mut hall = Hall::open(database).await;
    let bill = |yen: [i64; 3], on: Date| (yen, on);
    let (yen, on) = bill([90_000, 80_000, 70_000], Date::new(2022, 6, 10));
    let kept = Arc::new(hall.billed(HOME.0, 2022, &yen, on).await.unwrap());
    let otherwise = Arc::new(hall.billed(HOME.0, 2022, &[90_001, 80_000, 70_000], on).await.unwrap());
    once(&mut hall, Command::Bill(Arc::clone(&kept), on)).await;
    // A version is decided once.
    refused(&hall, Command::Bill(otherwise, on), "version").await;

    let file = |serial: i64, yen: i64| write(1, FileKind::Announced, serial, MADE, &[paid("R1", yen)]);
    once(&mut hall, Command::File(file(1, 90_000), MADE)).await;
    refused(&hall, Command::File(file(1, 90_001), MADE), "another file was taken under this serial").await;
    refused(&hall, Command::File(file(3, 90_000), MADE), "is missing").await;
    once(&mut hall, Command::File(write(1, FileKind::Final, 2, MADE, &[paid("R1", 90_000)]), MADE)).await;
    let delivery = Delivery { delivered_on: MADE, channel: 1, collected_on: PAID, yen: 90_000 };
    once(&mut hall, Command::File(write(STATEMENT, FileKind::Statement, 1, MADE, &[Said::Delivered(delivery)]), MADE)).await;

    // Lowered after it was paid: by a second version, of which the first one is part.
    hall.remember(HOME.0, 2022, &kept.0);
    let lowered = Arc::new(hall.billed(HOME.0, 2022, &[60_000, 80_000, 70_000], LOWERED).await.unwrap());
    once(&mut hall, Command::Bill(Arc::clone(&lowered), LOWERED)).await;
    once(&mut hall, Command::Decide(HOME, DECIDED)).await;
    once(&mut hall, Command::Renew(1, RENEWED)).await;
    refused(&hall, Command::Renew(1, RENEWED.tomorrow()), "another order has taken its place").await;
    // The second instalment is due on 31 August: nothing was appropriated, and 30,000 yen for three weeks bear no interest.
    once(&mut hall, Command::Send(2, 30_000)).await;
    refused(&hall, Command::Send(2, 29_999), "the id was used before with other content").await;
    refused(&hall, Command::Renew(2, RENEWED.tomorrow()), "it is in a bank file").await;
    once(&mut hall, Command::Paid(2, 30_000)).await;
    refused(&hall, Command::Paid(2, 1), "the id was used before with other content").await;
    assert_eq!(holds(&hall.store).await, Ok(30_000));
    once(&mut hall, Command::Returned(2, 30_000)).await;
    assert_eq!(once(&mut hall, Command::Lapse(2)).await, "30,000");
    assert_eq!(holds(&hall.store).await, Ok(0));
    hall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_sent_twice_has_one_effect_and_one_answer_on_sqlite() {
    story(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_sent_twice_has_one_effect_and_one_answer_on_postgresql() {
    story(Database::Postgres).await;
}
