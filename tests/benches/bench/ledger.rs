//! What a posting costs on both databases, beside the same rows written without bounds, balances and chain; and how that
//! changes as the city grows tenfold.

use crate::{row, verdict};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, HouseholdId, Municipality};
use jorei_domain::ledger::{Account, AccountKind, Event, Instalment, Phase, Posting, Transfer};
use jorei_domain::money::Yen;
use jorei_service::demo_city;
use jorei_service::levy::Bill;
use jorei_service::receipts::matching::Order;
use jorei_service::receipts::{Request, receive};
use jorei_service::reconciliation::{Terms, control, reconcile};
use jorei_store::Store;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};
use std::time::Instant;

/// Households of the small city; the large one has ten times as many.
const HOUSEHOLDS: i64 = 2_000;
/// Instalments of a household's year.
const INSTALMENTS: u16 = 10;
/// Postings of one transaction: the page of a receipt file.
const PAGE: usize = 500;
/// Measured receipts in either city.
const RECEIPTS: i64 = 10_000;
/// Households of the smaller year of receipts.
const YEAR_HOUSEHOLDS: i64 = 400;
const DAY: Date = Date::new(2025, 6, 30);
const BOOKED: Date = Date::new(2025, 7, 2);

fn posting(name: &str, event: Event, transfers: Vec<Transfer>) -> Posting {
    Posting {
        id: Digest::of(name.as_bytes()),
        event,
        booked_on: BOOKED,
        decision: None,
        reference: "bench".into(),
        transfers,
        overpayments: Vec::new(),
    }
}

fn transfer(debit: Account, credit: Account) -> Transfer {
    Transfer { debit, credit, yen: Yen::new(12_300), phase: Phase::Posted, effective: DAY }
}

fn of(kind: AccountKind, household: i64, number: u16) -> Account {
    Account::of_instalment(kind, HouseholdId(household), Instalment { year: 2025, collection: 0, number })
}

/// A household's year is assessed.
fn assessed(household: i64) -> Posting {
    let one = |number| transfer(of(AccountKind::Receivable, household, number), of(AccountKind::Levied, household, number));
    posting(&format!("assessed {household}"), Event::Assessed, (1..=INSTALMENTS).map(one).collect())
}

/// A receipt comes and pays its instalment: two postings.
fn paid(receipt: i64, households: i64) -> [Posting; 2] {
    // Spread over the whole city, so that its size can be felt.
    let (household, number) = (receipt * 7_919 % households + 1, u16::try_from(receipt * 7_919 / households % 10).unwrap() + 1);
    let account = Account::unmatched(receipt);
    [
        posting(&format!("received {receipt}"), Event::Received, vec![transfer(Account::collected(1, DAY), account)]),
        posting(&format!("matched {receipt}"), Event::Matched, vec![transfer(account, of(AccountKind::Receivable, household, number))]),
    ]
}

/// Seconds to post the receipts in pages, in a city of some size; and what the ledger says of itself.
async fn measured(store: &Store, households: i64) -> f64 {
    let municipality = Municipality::parse("012041").unwrap();
    let stamp = Stamp { by: "bench".into(), at: "2025-07-02T00:00:00Z".into() };
    for page in (1..=households).collect::<Vec<_>>().chunks(PAGE) {
        let postings: Vec<Posting> = page.iter().map(|household| assessed(*household)).collect();
        store.post(municipality, &postings, &stamp).await.unwrap();
    }
    let receipts: Vec<Posting> =
        (1..=RECEIPTS.min(households * i64::from(INSTALMENTS))).flat_map(|receipt| paid(receipt, households)).collect();
    let start = Instant::now();
    for page in receipts.chunks(PAGE) {
        store.post(municipality, page, &stamp).await.unwrap();
    }
    let seconds = start.elapsed().as_secs_f64();
    assert!(store.check_ledger(municipality).await.unwrap().is_empty(), "the ledger does not add up");
    seconds
}

/// Seconds to write the rows of the same postings and transfers into bare tables, in the same pages.
async fn raw(address: &str) -> f64 {
    let mut connection = AnyConnection::connect(address).await.unwrap();
    let sqlite = address.starts_with("sqlite:");
    if sqlite {
        for pragma in ["PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"] {
            sqlx::query(pragma).execute(&mut connection).await.unwrap();
        }
    }
    let bytes = if sqlite { "BLOB" } else { "bytea" };
    let tables = [
        format!("CREATE TABLE posting (a bigint, b {bytes}, c bigint, d text, e text, f text, g {bytes}, h text, i text)"),
        format!(
            "CREATE TABLE transfer (a bigint, b {bytes}, c bigint, d bigint, e bigint, f bigint, g bigint, h bigint, i bigint, j bigint, \
             k bigint, l bigint, m bigint, n text)"
        ),
    ];
    for table in tables {
        sqlx::query(AssertSqlSafe(table)).execute(&mut connection).await.unwrap();
    }
    let receipts: Vec<Posting> = (1..=RECEIPTS).flat_map(|receipt| paid(receipt, HOUSEHOLDS)).collect();
    let start = Instant::now();
    for (page, postings) in receipts.chunks(PAGE).enumerate() {
        let mut transaction = connection.begin().await.unwrap();
        for (place, posting) in postings.iter().enumerate() {
            sqlx::query("INSERT INTO posting VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
                .bind(12_041_i64)
                .bind(&posting.id.0[..])
                .bind((page * PAGE + place) as i64)
                .bind(posting.event.word())
                .bind(posting.booked_on.to_string())
                .bind(posting.reference.as_str())
                .bind(posting.digest().0.to_vec())
                .bind("2025-07-02T00:00:00Z")
                .bind("bench")
                .execute(&mut *transaction)
                .await
                .unwrap();
            for transfer in &posting.transfers {
                let mut query = sqlx::query("INSERT INTO transfer VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)");
                query = query.bind(12_041_i64).bind(&posting.id.0[..]).bind(0_i64);
                for account in [transfer.debit, transfer.credit] {
                    query = query.bind(account.kind.number()).bind(account.household).bind(i64::from(account.year)).bind(account.item);
                }
                let query = query.bind(transfer.yen.get()).bind(transfer.phase.number()).bind(transfer.effective.to_string());
                query.execute(&mut *transaction).await.unwrap();
            }
        }
        transaction.commit().await.unwrap();
    }
    start.elapsed().as_secs_f64()
}

/// A city's bills: every household owes ten instalments of a year.
fn bills(households: i64) -> Vec<Bill> {
    let instalment = |number| Instalment { year: 2025, collection: 0, number };
    let due = |number: u16| {
        let month = i32::from(number) + 5;
        if month > 12 { Date::new(2026, month - 12, 28) } else { Date::new(2025, month, 30) }
    };
    let bill = |household: i64| Bill {
        household: HouseholdId(household),
        year: 2025,
        decision: Digest::of(&household.to_be_bytes()),
        decided_on: Date::new(2025, 6, 13),
        instalments: (1..=INSTALMENTS).map(|number| (instalment(number), 8_000 + household % 50 * 100)).collect(),
        due: (1..=INSTALMENTS).map(|number| (instalment(number), due(number))).collect(),
    };
    (1..=households).map(bill).collect()
}

/// A year of a city: its receipts taken in with faults of every kind, and each day reconciled. Lines of the files, seconds to
/// take them in, seconds to reconcile.
async fn year(store: &Store, households: i64) -> (usize, f64, f64) {
    let municipality = Municipality::parse("012041").unwrap();
    let stamp = Stamp { by: "bench".into(), at: "2026-06-01T00:00:00Z".into() };
    let bills = bills(households);
    for page in bills.chunks(PAGE) {
        // There are no decisions behind these bills.
        let of = |bill: &Bill| bill.postings(&[], |_| 0, BOOKED).into_iter().map(|posting| Posting { decision: None, ..posting });
        store.post(municipality, &page.iter().flat_map(of).collect::<Vec<_>>(), &stamp).await.unwrap();
    }
    let until = Date::new(2026, 5, 31);
    let files = demo_city::receipts::files(1, &bills, until);
    let lines = files.iter().map(|file| file.text.lines().count()).sum();
    let request = Request { municipality, booked_on: until, order: Order::default() };
    let start = Instant::now();
    for file in &files {
        receive(store, request, file.text.as_bytes(), &stamp, |_| {}).await.unwrap();
    }
    let taken = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let stretch = (Date::new(2025, 4, 1), until);
    let sums = reconcile(store, municipality, stretch, until, Terms::default(), |_| {}).await.unwrap();
    let control = control(store, municipality).await.unwrap();
    let reconciled = start.elapsed().as_secs_f64();
    assert!(sums.days > 300 && control.agrees(), "{sums:?} {control:?}");
    (lines, taken, reconciled)
}

/// The report.
pub(crate) async fn report() {
    println!("ledger, {RECEIPTS} receipts of two postings each, {PAGE} postings a transaction");
    let folder = tempfile::tempdir().unwrap();
    let file = format!("sqlite:{}?mode=rwc", folder.path().join("raw.db").display());
    let (small, _small_folder) = jorei_tests::sqlite().await;
    let (large, _large_folder) = jorei_tests::sqlite().await;
    let sides = [
        ("SQLite", small, large, file),
        ("PostgreSQL", jorei_tests::postgresql().await, jorei_tests::postgresql().await, jorei_tests::postgres::database()),
    ];
    for (name, small, large, address) in sides {
        let seconds = measured(&small, HOUSEHOLDS).await;
        let bare = raw(&address).await;
        let rate = 2.0 * RECEIPTS as f64 / seconds;
        row(&format!("{name}: postings a second"), format!("{rate:.0}"));
        row(&format!("{name}: the same rows, bare"), format!("{:.0} a second", 2.0 * RECEIPTS as f64 / bare));
        verdict(&format!("{name}: postings / the same rows bare"), seconds / bare, f64::INFINITY, true);
        let grown = measured(&large, HOUSEHOLDS * 10).await;
        verdict(&format!("{name}: a posting in a city ten times as large"), grown / seconds, 2.0, true);
    }
    let (small, _small_folder) = jorei_tests::sqlite().await;
    let (large, _large_folder) = jorei_tests::sqlite().await;
    for (name, small, large) in [("SQLite", small, large), ("PostgreSQL", jorei_tests::postgresql().await, jorei_tests::postgresql().await)]
    {
        let (lines, taken, reconciled) = year(&small, YEAR_HOUSEHOLDS).await;
        row(
            &format!("{name}: {YEAR_HOUSEHOLDS} households' year, {lines} lines"),
            format!("taken in {taken:.2} s, reconciled {reconciled:.3} s"),
        );
        let (more, longer, again) = year(&large, YEAR_HOUSEHOLDS * 10).await;
        row(&format!("{name}: ten times as many, {more} lines"), format!("taken in {longer:.2} s, reconciled {again:.3} s"));
        let grown = more as f64 / lines as f64;
        verdict(&format!("{name}: a line of receipts in the city ten times as large"), longer / taken / grown, f64::INFINITY, true);
        verdict(&format!("{name}: reconciling a line there"), again / reconciled / grown, f64::INFINITY, true);
    }
}
