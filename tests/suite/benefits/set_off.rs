//! Benefits of households in arrears: nothing is paid from them without a consent, with one the oldest instalment first; and of households
//! to which nobody belongs any more.

use super::super::reassessment::{asahikawa, member};
use super::hall::{DECIDED_ON, Database, Hall, claim, stamp};
use jorei_domain::benefit::Benefit;
use jorei_domain::calendar::Date;
use jorei_domain::decision::{Decision, Evidence, Outcome, Result as Named};
use jorei_domain::id::{Digest, HouseholdId};
use jorei_domain::ledger::{Account, AccountKind, Event, Instalment, Phase, Posting, Transfer};
use jorei_domain::money::Yen;
use jorei_domain::slot::Slot;
use jorei_domain::table::{Column, Table, Values};
use jorei_service::benefits::Held;
use jorei_store::benefits::ApplicationEventKind;
use jorei_store::decisions::NewDecision;
use jorei_store::facts::Assertion;
use jorei_store::notices::NoticeKind;
use jorei_store::revisions::Revision;

const MARCH: Date = Date::new(2026, 3, 1);
/// Of a bill of 1,000,000 yen 87,430 yen are theirs (ウ): 80,100 + 733,000 × 1 %.
const BACK: i64 = 212_570;
/// Two instalments that are past due, the later one first in the register, and one that is not due yet on the day of the decision.
const DUE: [(u16, Date, i64); 3] =
    [(2, Date::new(2026, 1, 5), 40_000), (1, Date::new(2025, 6, 30), 30_000), (3, Date::new(2030, 3, 31), 50_000)];

fn receivable(household: i64, number: u16) -> Account {
    let instalment = Instalment { year: 2025, collection: 0, number };
    Account::of_instalment(AccountKind::Receivable, HouseholdId(household), instalment)
}

/// A household owes instalments: by a decision that says when they are due, and in the ledger.
async fn owes(hall: &Hall, household: i64) {
    let (store, here) = (&hall.store, asahikawa());
    let there = store.activations(here, "high_cost").await.unwrap()[0].revision;
    let kept = store.revision(here, there).await.unwrap().unwrap();
    let words = r#"{"labels":{},"outcome":{"properties":{"instalments":{"items":{"properties":{"collection":{"enum":["ordinary_collection"]}}}}}}}"#;
    let revision = Revision { digest: Digest::of(b"instalments"), slot: "instalment".into(), about: words.into(), ..kept };
    store.save_revision(here, &revision, DECIDED_ON, &stamp()).await.unwrap();
    let column = |name: &'static str, values: Vec<i64>| Column { name: name.into(), values: Values::Integers(values) };
    let numbers = DUE.iter().map(|(number, ..)| i64::from(*number)).collect();
    let days = DUE.iter().map(|(_, due, _)| due.packed()).collect();
    let table =
        Table { offsets: vec![0, 3], columns: vec![column("number", numbers), column("collection", vec![0; 3]), column("due", days)] };
    let decision = Decision {
        municipality: here,
        slot: Slot::Instalment.word().into(),
        household: HouseholdId(household),
        on: Date::new(2025, 4, 1),
        revision: revision.digest,
        evidence: Evidence::default(),
        outcome: Outcome::Decided { provisional: false, results: vec![Named { name: "instalments".into(), table }] },
        trace: Vec::new(),
        supersedes: None,
    };
    let knowledge = store.latest_knowledge(here).await.unwrap();
    let new = NewDecision { decision, version: 1, knowledge, decided_on: DECIDED_ON, fuel: 1, amount: None, recorded_at: stamp().at };
    store.save_decisions(&[new.pack().unwrap()], &stamp()).await.unwrap();
    let transfer = |(number, due, yen): (u16, Date, i64)| {
        let debit = receivable(household, number);
        let credit = Account { kind: AccountKind::Levied, ..debit };
        Transfer { debit, credit, yen: Yen::new(yen), phase: Phase::Posted, effective: due }
    };
    let posting = Posting {
        id: Digest::of(&household.to_be_bytes()),
        event: Event::Assessed,
        booked_on: Date::new(2025, 6, 13),
        decision: None,
        reference: "試験".into(),
        transfers: DUE.map(transfer).to_vec(),
        overpayments: Vec::new(),
    };
    store.post(here, &[posting], &stamp()).await.unwrap();
}

/// What is open of the three instalments, by their numbers.
async fn open(hall: &Hall, household: i64) -> [i64; 3] {
    let mut open = [0; 3];
    for (place, number) in (1..=3).enumerate() {
        open[place] = hall.store.balance(asahikawa(), receivable(household, number)).await.unwrap().open_debit();
    }
    open
}

/// Households 1, 2 ... with one bill each, all of them in arrears.
async fn in_arrears(households: i64) -> Hall {
    let mut hall = Hall::open(Database::Sqlite).await;
    let mut bills = Vec::new();
    for household in 1..=households {
        let person = household * 10;
        hall.resident(person, household, "1975-05-05", 3_000_000).await;
        owes(&hall, household).await;
        bills.push(claim(&format!("C-{household}"), person, MARCH, 1_000_000, 300_000));
    }
    hall.take(Date::new(2026, 5, 1), &bills).await;
    hall
}

#[tokio::test(flavor = "multi_thread")]
async fn the_simplified_procedure_stops_at_arrears_unless_they_may_be_paid_first_the_oldest_before_the_others() {
    let hall = in_arrears(2).await;
    hall.simplify(1, 10, false).await;
    hall.simplify(2, 20, true).await;
    let tally = hall.month(MARCH).await;
    assert_eq!((tally.held, tally.orders, tally.ordered_yen, tally.set_off_yen), (1, 1, BACK - 70_000, 70_000), "{tally:?}");
    assert_eq!(hall.decide(Slot::HighCost, 1, MARCH).await.held, [Held::InArrears]);
    assert_eq!((open(&hall, 1).await, open(&hall, 2).await), ([30_000, 40_000, 50_000], [0, 0, 50_000]));
    // Paid by themselves, nothing stands in the way; what is not due yet is no arrears.
    let dues = hall.dues(2, Slot::HighCost, MARCH).await;
    assert_eq!(dues.iter().map(|due| (due.before_yen, due.due_yen)).collect::<Vec<_>>(), [(0, BACK)]);
    hall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_pays_arrears_with_a_consent_alone_and_a_small_benefit_the_oldest_in_part() {
    let mut hall = in_arrears(3).await;
    let agreed = hall.apply(Benefit::HighCost, 1, 10, MARCH).await;
    hall.happens(agreed, ApplicationEventKind::SetOffAgreed, DECIDED_ON).await;
    hall.apply(Benefit::HighCost, 2, 20, MARCH).await;
    // 100,000 yen of cost and 95,430 yen paid: 95,430 - 80,100 = 15,330 yen are due, less than the oldest instalment.
    let small = hall.apply(Benefit::HighCost, 3, 30, MARCH).await;
    hall.happens(small, ApplicationEventKind::SetOffAgreed, DECIDED_ON).await;
    let bill = claim("C-3", 30, MARCH, 100_000, 95_430);
    hall.take(Date::new(2026, 6, 1), &[super::hall::replaced(&bill, 100_000, 95_430)]).await;
    let tally = hall.month(MARCH).await;
    assert_eq!((tally.orders, tally.ordered_yen, tally.set_off_yen), (2, BACK - 70_000 + BACK, 70_000 + 15_330), "{tally:?}");
    assert_eq!(open(&hall, 1).await, [0, 0, 50_000]);
    assert_eq!(open(&hall, 2).await, [30_000, 40_000, 50_000]);
    assert_eq!(open(&hall, 3).await, [30_000 - 15_330, 40_000, 50_000]);
    // What paid arrears was given all the same: when the claim is taken back it must be given back.
    let last = claim("C-1", 10, MARCH, 1_000_000, 300_000);
    hall.take(Date::new(2026, 7, 1), &[super::hall::replaced(&last, 1_000_000, 80_000)]).await;
    let tally = hall.month(MARCH).await;
    assert_eq!((tally.orders, tally.reclaimed_yen), (0, 70_000), "{tally:?}");
    assert_eq!(open(&hall, 1).await, [0, 0, 50_000]);
    hall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_household_to_which_nobody_belongs_any_more_is_told_and_nothing_moves_by_itself() {
    let mut hall = Hall::open(Database::Sqlite).await;
    hall.resident(10, 1, "1975-05-05", 3_000_000).await;
    hall.apply(Benefit::HighCost, 1, 10, MARCH).await;
    hall.take(Date::new(2026, 5, 1), &[claim("C-1", 10, MARCH, 1_000_000, 300_000)]).await;
    assert_eq!(hall.month(MARCH).await.ordered_yen, BACK);
    // The register was wrong: the person never lived here.
    hall.learn(&[Assertion { values: None, ..member(10, 1, true, "2015-04-01") }]).await;
    let before = hall.dues(1, Slot::HighCost, MARCH).await;
    let tally = hall.month(MARCH).await;
    assert_eq!((tally.vanished, tally.orders, tally.reclaimed_yen), (1, 0, 0), "{tally:?}");
    assert_eq!(hall.dues(1, Slot::HighCost, MARCH).await, before);
    let home = HouseholdId(1);
    let told = hall.store.latest_notices(asahikawa(), Date::new(2025, 4, 1), home..=home).await.unwrap();
    let told: Vec<_> = told.iter().filter(|notice| notice.kind == NoticeKind::Held && notice.slot == "high_cost").collect();
    assert!(told.len() == 1 && told[0].detail.contains("世帯員がいません"), "{told:?}");
    // Told once.
    let written = hall.written().await;
    assert_eq!((hall.month(MARCH).await.vanished, hall.written().await), (1, written));
    hall.close().await;
}
