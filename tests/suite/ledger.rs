//! What is billed stands in the ledger, and what the channels tell of it: by the real rules, on both databases.

use crate::reassessment::{City, asahikawa, born, day, income_of, insured, member};
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::id::HouseholdId;
use jorei_domain::ledger::AccountKind;
use jorei_domain::slot::Slot;
use jorei_service::demo_city::receipts::files;
use jorei_service::levy;
use jorei_service::reassessment::{Request, Scope, reassess};
use jorei_service::receipts::matching::Order;
use jorei_service::receipts::{self, receive};
use jorei_service::reconciliation::{Terms, control, reconcile};
use jorei_service::revisions::{Shelf, load};
use jorei_store::Store;
use jorei_store::facts::Assertion;
use jorei_tests::office::{Office, TODAY, now, ordinance};
use jorei_tests::{length, postgresql, runtime, sqlite};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock};

static RUNTIME: LazyLock<Arc<jorei_engine::Runtime>> = LazyLock::new(runtime);

fn year() -> FiscalYear {
    FiscalYear::new(2025).unwrap()
}

/// An office under the ordinances of Asahikawa, or under the same with every value settled.
async fn found(store: Store, settled: bool) -> City {
    let office = Office::found(&store, asahikawa()).await;
    let in_force = (Date::new(2019, 4, 1), Date::new(2027, 4, 1));
    let text = |rule: &str| {
        let text = ordinance(rule);
        if settled { text.replace("state = \"assumed\"", "state = \"sourced\"") } else { text }
    };
    let premium = office.premium(&store, &RUNTIME, &text("premium")).await;
    office.activate(&store, &RUNTIME, premium, in_force).await;
    let instalment = office.revision(&store, &RUNTIME, "instalment", &text("instalment")).await;
    office.activate(&store, &RUNTIME, instalment, in_force).await;
    let live = Arc::new(load(&store, &RUNTIME, asahikawa(), premium).await.unwrap());
    City { shelf: Shelf::new(store.clone(), Arc::clone(&RUNTIME)), store, live, office }
}

fn households(count: i64) -> Vec<Assertion> {
    let of = |household: i64| {
        let (person, since) = (household * 10, "2015-01-01");
        [
            born(person, "1975-05-05"),
            member(person, household, true, since),
            insured(person, since, None),
            income_of(2024, person, 1_000_000 * (household % 7 + 1)),
        ]
    };
    (1..=count).flat_map(of).collect()
}

async fn bill(city: &City, decided_on: Date) {
    let request = Request {
        municipality: asahikawa(),
        year: Some(year()),
        since: None,
        as_of: city.latest().await,
        decided_on,
        scope: Scope::Instalments,
        dry_run: false,
        threads: 2,
        page: 10,
        clock: jorei_tests::clock,
        today: TODAY,
        by: "test".into(),
    };
    reassess(&city.store, &city.shelf, &request, &AtomicBool::new(false), |_, _, _| {}).await.unwrap();
}

async fn levied(city: &City) -> i64 {
    let totals = city.store.totals(asahikawa()).await.unwrap();
    totals.iter().find(|(kind, _)| *kind == AccountKind::Levied).map_or(0, |(_, balance)| balance.credit())
}

/// What is billed less what is beyond the premium, by the latest decision of each household.
async fn billed(city: &City) -> i64 {
    let latest = city.store.decisions_page(asahikawa(), Slot::Instalment.word(), year().first_day(), None, 1_000).await.unwrap();
    let figure = |name: &str| latest.iter().map(|stored| stored.decision.outcome.figure("schedule", name).unwrap()).sum::<i64>();
    figure("billed_yen") - figure("over_yen")
}

async fn sound(city: &City) {
    assert_eq!(city.store.check_ledger(asahikawa()).await.unwrap(), [""; 0]);
    assert_eq!(levy::check(&city.store, asahikawa(), TODAY).await.unwrap(), [""; 0]);
    assert_eq!(city.store.audit_verify(asahikawa(), &[], |_| {}).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn instalments_on_values_that_nobody_confirmed_post_nothing() {
    let (store, _folder) = sqlite().await;
    let city = found(store, false).await;
    city.learn(day("2025-06-01"), &households(2)).await;
    city.assess_year(year(), day("2025-06-13")).await;
    bill(&city, day("2025-06-13")).await;
    assert!(billed(&city).await > 0);
    assert!(city.store.totals(asahikawa()).await.unwrap().is_empty());
    sound(&city).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_assessed_follows_every_correction_and_what_was_paid_beyond_it_is_overpaid() {
    let (store, _folder) = sqlite().await;
    for store in [store, postgresql().await] {
        let city = found(store, true).await;
        city.learn(day("2025-06-01"), &households(12)).await;
        city.assess_year(year(), day("2025-06-13")).await;
        bill(&city, day("2025-06-13")).await;
        assert!(levied(&city).await > 0);
        assert_eq!(levied(&city).await, billed(&city).await);
        sound(&city).await;
        // A year's payments, with whatever goes wrong with them.
        let (bills, _) = levy::bills(&city.store, asahikawa(), year(), None).await.unwrap();
        assert_eq!(bills.len(), 12);
        let stamp = now().stamp("test");
        for file in files(1, &bills, day("2026-03-31")) {
            let request = receipts::Request { municipality: asahikawa(), booked_on: file.made_on, order: Order::default() };
            receive(&city.store, request, file.text.as_bytes(), &stamp, |_| {}).await.unwrap();
        }
        let control = control(&city.store, asahikawa()).await.unwrap();
        assert!(control.agrees() && control.told_yen() > 0, "{control:?}");
        let stretch = (year().first_day(), year().end());
        let sums = reconcile(&city.store, asahikawa(), stretch, day("2026-06-01"), Terms::default(), |_| {}).await.unwrap();
        assert!(sums.even > 0);
        sound(&city).await;
        // One income falls when all is due: what was paid goes beyond the premium, and the ledger follows the premium.
        city.learn(day("2026-03-20"), &[income_of(2024, 60, 500_000)]).await;
        city.reassess(day("2026-03-31"), false).await;
        assert_eq!(levied(&city).await, billed(&city).await);
        let overpaid = city.store.overpayments(asahikawa(), HouseholdId(6)).await.unwrap();
        assert!(overpaid.iter().any(|one| one.cause == 0 && one.arose_on == day("2026-03-31")), "{overpaid:?}");
        sound(&city).await;
        let before = city.store.postings(asahikawa(), 0, 100_000).await.unwrap().len();
        city.reassess(day("2026-03-31"), false).await;
        bill(&city, day("2026-03-31")).await;
        assert_eq!(levy::catch_up(&city.store, asahikawa(), TODAY, &stamp, |_| {}).await.unwrap(), 0);
        assert_eq!(city.store.postings(asahikawa(), 0, 100_000).await.unwrap().len(), before);
    }
}

/// Fifty thousand payments of one file are taken in one transaction.
#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_is_taken_whole() {
    use jorei_domain::ledger::Instalment;
    use jorei_domain::money::Yen;
    use jorei_domain::slip::Slip;
    use jorei_service::receipts::forms::{Payment, Said, write};
    use jorei_store::receipts::FileKind;
    let lines = i64::try_from(length::of(50_000)).unwrap();
    let (store, _folder) = sqlite().await;
    for store in [store, postgresql().await] {
        assess_by_hand(&store, lines).await;
        let payment = |household: i64| {
            let slip = Slip { household: HouseholdId(household), instalment: Instalment { year: 2025, collection: 0, number: 1 } };
            let yen = Yen::new(if household % 100 == 0 { 11_000 } else { 10_000 });
            Said::Payment(Payment { reference: format!("R{household}"), slip: slip.to_string(), paid_on: day("2025-06-30"), yen })
        };
        let payments: Vec<Said> = (1..=lines).map(payment).collect();
        let text = write(1, FileKind::Final, 1, day("2025-07-03"), &payments);
        let request = receipts::Request { municipality: asahikawa(), booked_on: day("2025-07-03"), order: Order::default() };
        let begun = std::time::Instant::now();
        receive(&store, request, text.as_bytes(), &now().stamp("test"), |_| {}).await.unwrap();
        eprintln!("{lines} lines in {:?}", begun.elapsed());
        let totals = store.totals(asahikawa()).await.unwrap();
        let of = |kind| totals.iter().find(|(found, _)| *found == kind).map_or(0, |(_, balance)| balance.credit());
        assert_eq!((of(AccountKind::Receivable), of(AccountKind::Overpaid)), (0, lines / 100 * 1_000));
        assert_eq!(of(AccountKind::Unmatched), 0);
        assert!(control(&store, asahikawa()).await.unwrap().agrees());
    }
}

/// Ten thousand yen are owed by each of some households.
async fn assess_by_hand(store: &Store, households: i64) {
    use jorei_domain::id::Digest;
    use jorei_domain::ledger::{Account, Event, Instalment, Phase, Posting, Transfer};
    use jorei_domain::money::Yen;
    let instalment = Instalment { year: 2025, collection: 0, number: 1 };
    let posting = |household: i64| {
        let account = |kind| Account::of_instalment(kind, HouseholdId(household), instalment);
        let (debit, credit) = (account(AccountKind::Receivable), account(AccountKind::Levied));
        Posting {
            id: Digest::of(format!("assessed {household}").as_bytes()),
            event: Event::Assessed,
            booked_on: day("2025-06-13"),
            decision: None,
            reference: "test".into(),
            transfers: vec![Transfer { debit, credit, yen: Yen::new(10_000), phase: Phase::Posted, effective: day("2025-06-13") }],
            overpayments: Vec::new(),
        }
    };
    let all: Vec<Posting> = (1..=households).map(posting).collect();
    for page in all.chunks(500) {
        store.post(asahikawa(), page, &now().stamp("test")).await.unwrap();
    }
}
