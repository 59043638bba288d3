//! An overpayment from the ledger through the rule of refund back into the ledger, on both databases, with figures that were
//! computed apart from the rule.

use super::reassessment::{City, RUNTIME, asahikawa, born, day, income_of, insured, member};
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, HouseholdId, PersonId};
use jorei_domain::ledger::{Account, AccountKind, Event, Instalment, Overpayment, Phase, Posting, Transfer};
use jorei_domain::money::Yen;
use jorei_service::refunds::{RefundError, decide, letter, renew, story};
use jorei_store::Store;
use jorei_store::orders::PayeeKind;
use jorei_tests::office::now;
use jorei_tests::{built, postgresql, sqlite};

const HOME: HouseholdId = HouseholdId(1);
const FIRST: Instalment = Instalment { year: 2025, collection: 0, number: 1 };
const LAST: Instalment = Instalment { year: 2025, collection: 0, number: 8 };

fn of(kind: AccountKind, instalment: Instalment) -> Account {
    Account::of_instalment(kind, HOME, instalment)
}

async fn post(store: &Store, event: Event, (debit, credit): (Account, Account), yen: i64, on: Date, overpayments: Vec<Overpayment>) {
    let posting = Posting {
        id: Digest::of(format!("{event:?} {debit} {credit} {on}").as_bytes()),
        event,
        booked_on: on,
        decision: None,
        reference: "試験".into(),
        transfers: vec![Transfer { debit, credit, yen: Yen::new(yen), phase: Phase::Posted, effective: on }],
        overpayments,
    };
    store.post(asahikawa(), &[posting], &now().stamp("test")).await.unwrap();
}

/// The first instalment was paid with 151,500 yen on 30 June and 101,700 on 30 September 2025, and lowered to nothing on
/// 10 April 2026; of the last one 200,000 yen are open.
async fn ledger(store: &Store) {
    let levied = |instalment| (of(AccountKind::Receivable, instalment), of(AccountKind::Levied, instalment));
    post(store, Event::Assessed, levied(FIRST), 253_200, day("2025-06-13"), vec![]).await;
    post(store, Event::Assessed, levied(LAST), 200_000, day("2025-06-14"), vec![]).await;
    for (receipt, yen, on) in [(1, 151_500, "2025-06-30"), (2, 101_700, "2025-09-30")] {
        let (unmatched, on) = (Account::unmatched(receipt), day(on));
        post(store, Event::Received, (Account::collected(1, on), unmatched), yen, on, vec![]).await;
        post(store, Event::Matched, (unmatched, of(AccountKind::Receivable, FIRST)), yen, on, vec![]).await;
    }
    let (number, arose_on) = (FIRST.overpayment(1), day("2026-04-10"));
    let arisen = Overpayment { household: HOME, number, cause: 0, arose_on, requested_on: None, tax_notified_on: None };
    post(store, Event::Reduced, (of(AccountKind::Levied, FIRST), Account::overpaid(HOME, number)), 253_200, arose_on, vec![arisen]).await;
}

async fn story_of_an_overpayment(store: Store) {
    let city = City::found_with(store, &["instalment"]).await;
    let here = asahikawa();
    let facts =
        [born(11, "1980-05-01"), member(11, 1, true, "2015-01-01"), insured(11, "2015-01-01", None), income_of(2024, 11, 3_000_000)];
    city.learn(day("2025-06-01"), &facts).await;
    city.assess_year(jorei_domain::calendar::FiscalYear::of(day("2025-04-01")), day("2025-06-13")).await;
    city.reassess(day("2025-06-13"), false).await;
    assert_eq!(city.store.balances(here, HOME).await.unwrap(), [], "the city's instalments rest on unconfirmed values");
    ledger(&city.store).await;

    // The rule under an ordinance in which everything is settled.
    let office = &city.office;
    let ordinance = std::fs::read_to_string(built::repository().join("plugins/refund/ordinances/examples/premium.toml")).unwrap();
    let ordinance = ordinance.replace("999991", &here.to_string());
    let revision = office.revision(&city.store, &RUNTIME, "refund", &ordinance).await;
    office.activate(&city.store, &RUNTIME, revision, (Date::new(2019, 4, 1), Date::new(2027, 1, 1))).await;

    let (on, stamp) = (day("2026-06-30"), now().stamp("tanaka"));
    let decided = decide(&city.store, &city.shelf, here, HOME, on, &stamp).await.unwrap();
    assert_eq!(decided.held, None);
    let [order] = decided.orders.as_slice() else { panic!("one order, not {:?}", decided.orders) };
    assert_eq!((order.principal.get(), order.interest.get()), (53_200, 1_900));
    assert_eq!((order.payee_kind, order.payee), (PayeeKind::Head, Some(PersonId(11))));
    let stands = async |account| city.store.balance(here, account).await.unwrap().debit();
    assert_eq!(stands(of(AccountKind::Receivable, LAST)).await, 0);
    assert_eq!(stands(Account::payable(HOME, order.number)).await, -55_100);
    // Both sides existed on 10 April: the last instalment was due before.
    let entries = city.store.entries_of_account(here, of(AccountKind::Receivable, LAST)).await.unwrap();
    assert_eq!(entries.last().unwrap().transfer.effective, day("2026-04-10"));

    let again = decide(&city.store, &city.shelf, here, HOME, on, &stamp).await.unwrap();
    assert_eq!((again.decision, again.new), (decided.decision, false));
    let stored = city.store.decision(here, decided.decision).await.unwrap().unwrap();
    let letter = letter(&city.store, here, &stored, on).await.unwrap().unwrap();
    assert_eq!(letter.payout(), 55_100);
    let told = story(&city.store, here, HOME, on).await.unwrap();
    assert!(told.contains("地方税法第17条"), "the story begins with the law:\n{told}");

    // Thirty-one days more on the 53,000 yen that go back: 112 days instead of 81 at 1.3 % are 211 yen instead of 152, and the
    // sum 342 + 573 + 901 + 211 = 2,027 is cut to 2,000.
    let renewed = renew(&city.store, &city.shelf, here, order.number, day("2026-07-31"), &stamp).await.unwrap();
    assert_eq!(renewed.held, None);
    assert_eq!((renewed.orders[0].principal.get(), renewed.orders[0].interest.get()), (53_200, 2_000));
    assert_eq!(renewed.orders[0].replaces, Some(order.number));
    assert_eq!(stands(of(AccountKind::Receivable, LAST)).await, 0);
    assert!(matches!(decide(&city.store, &city.shelf, here, HOME, day("2026-08-01"), &stamp).await, Err(RefundError::Nothing(HOME))));
    assert_eq!(city.store.check_ledger(here).await.unwrap(), Vec::<String>::new());
    assert_eq!(city.store.audit_verify(here, &[], |_| {}).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overpayment_is_decided_posted_told_and_renewed_on_sqlite() {
    let (store, _folder) = sqlite().await;
    story_of_an_overpayment(store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overpayment_is_decided_posted_told_and_renewed_on_postgresql() {
    story_of_an_overpayment(postgresql().await).await;
}
