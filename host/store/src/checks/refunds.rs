//! What people said about refunds: kept once, ended once, in the chain.

use super::{assertion, day, office, packed, stamp};
use crate::refunds::{Consent, ConsentChannel, ConsentKind, Heir, RefundNotice};
use crate::{Store, StoreError};
use jorei_domain::decision::Failure;
use jorei_domain::id::{DecisionId, Digest, HouseholdId, Municipality, PersonId};
use jorei_domain::ledger::{Account, Event, Instalment, Overpayment, Phase, Posting, Transfer};
use jorei_domain::money::Yen;
use jorei_domain::record::Kind;

const FIRST: Instalment = Instalment { year: 2025, collection: 0, number: 1 };
const HOME: HouseholdId = HouseholdId(1);

/// An overpayment of household 1, whose receipt has a number of its own.
fn overpaid(serial: u16) -> Vec<Posting> {
    let (receipt, on) = (i64::from(serial), day("2025-06-30"));
    let number = FIRST.overpayment(serial);
    let transfer = |debit, credit| Transfer { debit, credit, yen: Yen::new(5_000), phase: Phase::Posted, effective: on };
    let posting = |name: &str, event, transfer, overpayments| Posting {
        id: Digest::of(format!("refunds {name} {serial}").as_bytes()),
        event,
        booked_on: on,
        decision: None,
        reference: "checks".into(),
        transfers: vec![transfer],
        overpayments,
    };
    let arisen = Overpayment { household: HOME, number, cause: 3, arose_on: on, requested_on: None, tax_notified_on: None };
    let unmatched = Account::unmatched(receipt);
    vec![
        posting("in", Event::Received, transfer(Account::collected(1, on), unmatched), vec![]),
        posting("over", Event::Matched, transfer(unmatched, Account::overpaid(HOME, number)), vec![arisen]),
    ]
}

fn consent(kind: ConsentKind, given_on: &str) -> Consent {
    Consent {
        number: 0,
        household: HOME,
        kind,
        given_on: day(given_on),
        given_by: PersonId(1),
        channel: ConsentChannel::Paper,
        document: "申出書 1".into(),
        withdrawn_on: None,
    }
}

fn notice(decision: DecisionId, serials: &[u16]) -> RefundNotice {
    let overpayments = serials.iter().map(|serial| FIRST.overpayment(*serial)).collect();
    RefundNotice { number: 0, household: HOME, decision, overpayments, sent_on: day("2025-09-01"), claim: None }
}

fn heir(heir: i64) -> Heir {
    let (deceased, heir) = (PersonId(1), PersonId(heir));
    Heir { number: 0, household: HOME, deceased, heir, document: "届出書 1".into(), declared_on: day("2025-08-01") }
}

/// Rows for the check of append-only tables.
pub(super) async fn fill(store: &Store, office: Municipality, revision: Digest) {
    let decision = packed(office, revision, 77, 1, Failure::Trap, None);
    store.save_decisions(std::slice::from_ref(&decision), &stamp()).await.unwrap();
    store.post(office, &overpaid(1), &stamp()).await.unwrap();
    let number = store.save_consent(office, &consent(ConsentKind::PublicAccount, "2025-08-01"), &stamp()).await.unwrap();
    store.withdraw_consent(office, number, day("2025-08-02"), &stamp()).await.unwrap();
    let number = store.save_refund_notice(office, &notice(decision.id(), &[1]), &stamp()).await.unwrap();
    store.save_refund_claim(office, number, day("2025-09-02"), "請求書 1", &stamp()).await.unwrap();
    store.save_heir(office, &heir(2), &stamp()).await.unwrap();
}

pub(super) async fn check(store: &Store) {
    check_consents(store).await;
    check_notices(store).await;
    check_heirs(store).await;
}

fn refused<T: std::fmt::Debug>(result: crate::Result<T>, word: &str) {
    match result {
        Err(StoreError::Refund { wrong, .. }) => assert!(wrong.contains(word), "{wrong}"),
        other => panic!("expected a refusal, got {other:?}"),
    }
}

/// A consent holds from its day until it is withdrawn, is kept once, and is withdrawn once.
async fn check_consents(store: &Store) {
    let office = office(230);
    let before_due = consent(ConsentKind::AppropriateBeforeDue, "2025-08-01");
    let account = consent(ConsentKind::PublicAccount, "2025-08-01");
    assert_eq!(store.save_consent(office, &before_due, &stamp()).await.unwrap(), 1);
    assert_eq!(store.save_consent(office, &account, &stamp()).await.unwrap(), 2);
    assert_eq!(store.save_consent(office, &before_due, &stamp()).await.unwrap(), 1);
    refused(store.save_consent(office, &Consent { document: " ".into(), ..account.clone() }, &stamp()).await, "document");
    refused(store.withdraw_consent(office, 2, day("2025-07-31"), &stamp()).await, "before the day");
    refused(store.withdraw_consent(office, 3, day("2025-09-01"), &stamp()).await, "no consent");
    store.withdraw_consent(office, 2, day("2025-09-01"), &stamp()).await.unwrap();
    refused(store.withdraw_consent(office, 2, day("2025-09-02"), &stamp()).await, "already");
    let kept = store.consents(office, HOME).await.unwrap();
    assert_eq!(kept[0], Consent { number: 1, ..before_due });
    let holds = |on: &str| kept.iter().map(|consent| consent.holds(day(on))).collect::<Vec<_>>();
    assert_eq!((holds("2025-07-31"), holds("2025-08-01")), (vec![false, false], vec![true, true]));
    assert_eq!((holds("2025-08-31"), holds("2025-09-01")), (vec![true, true], vec![true, false]));
    // Given again after it was withdrawn, it is another one.
    assert_eq!(store.save_consent(office, &account, &stamp()).await.unwrap(), 3);
    assert!(store.consents(office, HouseholdId(2)).await.unwrap().is_empty());
    assert_eq!(store.audit_verify(office, &[], |_| {}).await.unwrap(), []);
}

/// A notice tells of overpayments that are there, and is claimed on once.
async fn check_notices(store: &Store) {
    let office = office(231);
    let revision = super::some_revision(store, office).await;
    let decision = packed(office, revision, 1, 1, Failure::Trap, None);
    store.save_decisions(std::slice::from_ref(&decision), &stamp()).await.unwrap();
    for serial in [1, 2] {
        store.post(office, &overpaid(serial), &stamp()).await.unwrap();
    }
    let both = notice(decision.id(), &[1, 2]);
    refused(store.save_refund_notice(office, &notice(decision.id(), &[]), &stamp()).await, "one overpayment");
    for unknown in [notice(decision.id(), &[3]), notice(Digest::of(b"no decision"), &[1])] {
        assert!(matches!(store.save_refund_notice(office, &unknown, &stamp()).await, Err(StoreError::Database(_))));
    }
    assert_eq!(store.save_refund_notice(office, &both, &stamp()).await.unwrap(), 1);
    assert_eq!(store.save_refund_notice(office, &both, &stamp()).await.unwrap(), 1);
    refused(store.save_refund_claim(office, 1, day("2025-08-31"), "請求書", &stamp()).await, "older");
    refused(store.save_refund_claim(office, 2, day("2025-09-02"), "請求書", &stamp()).await, "no notice");
    for _ in 0..2 {
        store.save_refund_claim(office, 1, day("2025-09-02"), "請求書", &stamp()).await.unwrap();
    }
    refused(store.save_refund_claim(office, 1, day("2025-09-03"), "請求書", &stamp()).await, "already");
    let kept = RefundNotice { number: 1, claim: Some((day("2025-09-02"), "請求書".into())), ..both };
    assert_eq!(store.refund_notices(office, HOME).await.unwrap(), [kept]);
    assert!(store.refund_decisions(office, HOME).await.unwrap().is_empty(), "those of other slots are none");
    assert_eq!(store.audit_verify(office, &[], |_| {}).await.unwrap(), []);
}

/// Of two declarations the later one counts; the same one is kept once; nobody is their own heir.
async fn check_heirs(store: &Store) {
    let office = office(232);
    let died = assertion(1, Kind::Deaths, "2025-07-01", "", Some(vec![]));
    store.assert_facts(office, day("2025-07-02"), &[died], &stamp()).await.unwrap();
    assert_eq!(store.save_heir(office, &heir(2), &stamp()).await.unwrap(), 1);
    assert_eq!(store.save_heir(office, &heir(2), &stamp()).await.unwrap(), 1);
    assert_eq!(store.save_heir(office, &heir(3), &stamp()).await.unwrap(), 2);
    assert_eq!(store.save_heir(office, &heir(2), &stamp()).await.unwrap(), 3);
    refused(store.save_heir(office, &heir(1), &stamp()).await, "own heir");
    let kept: Vec<i64> = store.heirs(office, HOME).await.unwrap().iter().map(|heir| heir.heir.0).collect();
    assert_eq!(kept, [2, 3, 2]);
    assert_eq!(store.audit_verify(office, &[], |_| {}).await.unwrap(), []);
}
