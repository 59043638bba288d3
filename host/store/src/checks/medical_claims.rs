//! Claims of institutions: sets in their order, whole, once; what stands of several lines about one claim; what clerks said; what the
//! chain vouches for.

use super::{day, office, stamp};
use crate::medical_claims::{
    ClaimFinding, ClaimLine, ClaimSetBegun, ClaimStatus, ClaimsError, ClaimsTold, NewClaimSet, Stay, StoredClaimSet,
};
use crate::{Store, StoreError};
use jorei_domain::benefit::Benefit;
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, HouseholdId, Municipality, PersonId};
use jorei_domain::ledger::{Account, Event, Phase, Posting, Transfer};
use jorei_domain::money::Yen;
use sqlx::{AssertSqlSafe, Executor as _, SqlSafeStr as _};

const MAY: Date = Date::new(2026, 5, 1);
const ALL: std::ops::RangeInclusive<PersonId> = PersonId(1)..=PersonId(i64::MAX);

fn line(claim: &str, person: i64, status: ClaimStatus, cost_yen: i64) -> ClaimLine {
    ClaimLine {
        ordinal: 0,
        set: 0,
        part: 1,
        line: 4,
        claim: claim.into(),
        status,
        person: PersonId(person),
        month: MAY,
        setting: 0,
        service: 0,
        institution: 9_910_000_001,
        prescriber: None,
        days: 1,
        points: cost_yen / 10,
        cost_yen,
        share_percent: 30,
        own_yen: cost_yen * 3 / 10,
        in_kind_yen: 0,
        in_kind_counts: false,
        category: String::new(),
        specified_disease: false,
        third_party: false,
        aid_code: None,
        stay: None,
        finding: None,
    }
}

fn set(serial: i64, bytes: &[u8], lines: &[ClaimLine]) -> NewClaimSet {
    NewClaimSet {
        serial,
        month: day("2026-07-01"),
        digest: Digest::of(bytes),
        lines: lines.len() as u64,
        cost_yen: lines.iter().map(|line| line.cost_yen).sum(),
        own_yen: lines.iter().map(|line| line.own_yen).sum(),
        files: vec![(Digest::of(bytes), lines.len() as u64, bytes.to_vec())],
    }
}

async fn take(store: &Store, office: Municipality, serial: i64, lines: Vec<ClaimLine>) -> StoredClaimSet {
    let by = stamp();
    let bytes = format!("set {serial}");
    let new = set(serial, bytes.as_bytes(), &lines);
    let mut taking = store.taking_claims(office, &by).await.unwrap();
    let ClaimSetBegun::Now(number) = taking.begin(&new).await.unwrap() else { panic!("new") };
    let mut lines: Vec<ClaimLine> = lines.into_iter().map(|line| ClaimLine { set: number, ..line }).collect();
    taking.save(&mut lines).await.unwrap();
    taking.commit().await.unwrap();
    store.claim_set(office, new.digest).await.unwrap().unwrap()
}

fn reclaimed(line: i64) -> Posting {
    Posting {
        id: Digest::of(format!("reclaimed {line}").as_bytes()),
        event: Event::BenefitReduced,
        booked_on: day("2026-07-20"),
        decision: None,
        reference: "checks".into(),
        transfers: vec![Transfer {
            debit: Account::benefit_reclaim(HouseholdId(5), 2026, line),
            credit: Account::benefits(2026, Benefit::CareInKind),
            yen: Yen::new(7_000),
            phase: Phase::Posted,
            effective: day("2026-07-20"),
        }],
        overpayments: vec![],
    }
}

/// Rows for the check of append-only tables.
pub(super) async fn fill(store: &Store, office: Municipality) {
    take(store, office, 1, vec![line("A", 1, ClaimStatus::Original, 10_000)]).await;
    store.settle_claim(office, (1, "counts", "確認"), None, &stamp()).await.unwrap();
}

pub(super) async fn check(store: &Store) {
    check_sets(store).await;
    check_what_stands(store).await;
    check_settlements(store).await;
    check_large_set(store).await;
    check_chain(store).await;
}

/// Sets come one after the other, each once; one that is dropped leaves nothing; offices do not see each other's.
async fn check_sets(store: &Store) {
    let (here, by) = (office(260), stamp());
    let original = || vec![line("A", 1, ClaimStatus::Original, 10_000)];
    let refused = async |serial: i64, bytes: &[u8]| {
        let mut taking = store.taking_claims(here, &by).await.unwrap();
        match taking.begin(&set(serial, bytes, &original())).await {
            Err(StoreError::Claims(error)) => error,
            other => panic!("expected a refusal, got {other:?}"),
        }
    };
    assert_eq!(refused(2, b"set 2").await, ClaimsError::Gap { found: 2, next: 1 });
    let mut dropped = store.taking_claims(here, &by).await.unwrap();
    assert_eq!(dropped.begin(&set(1, b"set 1", &original())).await.unwrap(), ClaimSetBegun::Now(1));
    dropped.save(&mut [ClaimLine { set: 1, ..line("A", 1, ClaimStatus::Original, 10_000) }]).await.unwrap();
    drop(dropped);
    assert_eq!(store.claim_sets(here, i64::MAX, 10).await.unwrap(), []);
    assert_eq!(store.claim_line(here, 1).await.unwrap(), None);
    let taken = take(store, here, 1, original()).await;
    assert_eq!((taken.number, taken.serial, taken.lines, taken.cost_yen, taken.own_yen), (1, 1, 1, 10_000, 3_000));
    assert_eq!(refused(1, b"other").await, ClaimsError::OtherContent(1));
    assert_eq!(refused(3, b"other").await, ClaimsError::Gap { found: 3, next: 2 });
    let mut again = store.taking_claims(here, &by).await.unwrap();
    assert_eq!(again.begin(&set(1, b"set 1", &original())).await.unwrap(), ClaimSetBegun::Before(taken.clone()));
    drop(again);
    assert_eq!(store.claim_sets(office(261), i64::MAX, 10).await.unwrap(), []);
    assert_eq!(store.claim_sets(here, i64::MAX, 10).await.unwrap(), std::slice::from_ref(&taken));
    assert_eq!(store.claim_sets(here, 1, 10).await.unwrap(), []);
    let told = ClaimsTold { status: ClaimStatus::Original, finding: None, count: 1, cost_yen: 10_000, own_yen: 3_000 };
    assert_eq!(store.told_by_claim_set(here, 1).await.unwrap(), [told]);
}

/// Of several lines about a claim the last one stands, unless it takes the claim back; every column reads back as it was written.
async fn check_what_stands(store: &Store) {
    use ClaimStatus::{Original, Replaced, Returned};
    let here = office(262);
    let whole = ClaimLine {
        setting: 1,
        service: 2,
        prescriber: Some(9_910_000_002),
        in_kind_yen: 1_500,
        in_kind_counts: true,
        category: "区ウ".into(),
        specified_disease: true,
        third_party: true,
        aid_code: Some(54),
        stay: Some(Stay { bed: 1, meals: 3, charged_meal_yen: 510, charged_residence_yen: Some(370) }),
        finding: Some(ClaimFinding::ThirdParty),
        month: day("2026-04-01"),
        ..line("E", 3, Original, 10_000)
    };
    let first = vec![
        line("A", 1, Original, 10_000),
        line("B", 1, Original, 20_000),
        line("C", 2, Original, 30_000),
        line("D", 3, Original, 40_000),
        whole.clone(),
    ];
    take(store, here, 1, first).await;
    let stands = async |month: Date, persons: std::ops::RangeInclusive<PersonId>| -> Vec<(String, i64)> {
        let lines = store.claims_of_month(here, month, persons).await.unwrap();
        lines.into_iter().map(|line| (line.claim, line.cost_yen)).collect()
    };
    let named = |of: &[(&str, i64)]| -> Vec<(String, i64)> { of.iter().map(|(claim, yen)| ((*claim).to_owned(), *yen)).collect() };
    assert_eq!(stands(MAY, ALL).await, named(&[("A", 10_000), ("B", 20_000), ("C", 30_000), ("D", 40_000)]));
    take(store, here, 2, vec![line("A", 1, Returned, -10_000), line("B", 1, Replaced, 5_000), line("D", 3, Returned, -40_000)]).await;
    assert_eq!(stands(MAY, ALL).await, named(&[("B", 5_000), ("C", 30_000)]));
    take(store, here, 3, vec![line("D", 3, Replaced, 1_000), line("B", 1, Replaced, 6_000)]).await;
    assert_eq!(stands(MAY, ALL).await, named(&[("B", 6_000), ("C", 30_000), ("D", 1_000)]));
    assert_eq!(stands(MAY, PersonId(2)..=PersonId(2)).await, named(&[("C", 30_000)]));
    let of_person = store.claims_of_person(here, PersonId(3), day("2026-04-01")..=MAY).await.unwrap();
    assert_eq!(of_person[0], ClaimLine { ordinal: 5, set: 1, ..whole });
    assert_eq!(of_person.iter().map(|line| line.claim.as_str()).collect::<Vec<_>>(), ["E", "D"]);
    assert_eq!(store.claims_of_person(here, PersonId(3), MAY..=MAY).await.unwrap().len(), 1);
    let history = store.claim_history(here, "D").await.unwrap();
    assert_eq!(history.iter().map(|line| (line.ordinal, line.cost_yen)).collect::<Vec<_>>(), [(4, 40_000), (8, -40_000), (9, 1_000)]);
    assert_eq!(store.claim_months(here, 0).await.unwrap(), [day("2026-04-01"), MAY]);
    assert_eq!(store.claim_months(here, 5).await.unwrap(), [MAY]);
    // More claims than one statement asks for, some of them unknown.
    let by = stamp();
    let mut taking = store.taking_claims(here, &by).await.unwrap();
    let numbers: Vec<String> = (0..40).map(|number| format!("X{number}")).collect();
    let asked: Vec<&str> = numbers.iter().map(String::as_str).chain(["A", "B", "C"]).collect();
    let known = taking.known(&asked).await.unwrap();
    let mut latest: Vec<(&str, i64, ClaimStatus)> = known.values().map(|line| (line.claim.as_str(), line.cost_yen, line.status)).collect();
    latest.sort_unstable();
    assert_eq!(latest, [("A", -10_000, Returned), ("B", 6_000, Replaced), ("C", 30_000, Original)]);
    assert_eq!(taking.known(&[]).await.unwrap().len(), 0);
    assert_eq!(taking.of_month(MAY, ALL).await.unwrap().len(), 3);
}

/// A claim waits until a clerk said something or another line took its place, and is claimed back once.
async fn check_settlements(store: &Store) {
    let here = office(263);
    let found = |claim: &str, finding| ClaimLine { finding: Some(finding), ..line(claim, 1, ClaimStatus::Original, 10_000) };
    let lines = vec![found("A", ClaimFinding::NotQualified), found("B", ClaimFinding::Duplicate), found("C", ClaimFinding::ThirdParty)];
    take(store, here, 1, lines).await;
    let waiting = async || -> Vec<i64> {
        let lines = store.claim_findings(here, 0, 10).await.unwrap();
        lines.iter().map(|line| line.ordinal).collect()
    };
    assert_eq!(waiting().await, [1, 2, 3]);
    assert_eq!(store.claim_findings(here, 1, 1).await.unwrap().len(), 1);
    let settle = async |line: i64, way: &str, posting: Option<&Posting>| match store
        .settle_claim(here, (line, way, "確認"), posting, &stamp())
        .await
    {
        Ok(()) => None,
        Err(StoreError::Claims(error)) => Some(error),
        Err(error) => panic!("{error}"),
    };
    assert_eq!(settle(9, "counts", None).await, Some(ClaimsError::NoLine(9)));
    assert_eq!(settle(2, "left_out", None).await, None);
    assert_eq!(settle(2, "counts", None).await, None);
    assert_eq!(settle(1, "reclaimed", Some(&reclaimed(1))).await, None);
    assert!(matches!(settle(1, "counts", None).await, Some(ClaimsError::Settled { line: 1, .. })));
    assert_eq!(waiting().await, [3]);
    take(store, here, 2, vec![line("C", 1, ClaimStatus::Returned, -10_000)]).await;
    assert_eq!(waiting().await, [0_i64; 0]);
    assert!(matches!(settle(3, "counts", None).await, Some(ClaimsError::Settled { line: 3, .. })));
    assert!(matches!(settle(4, "counts", None).await, Some(ClaimsError::Settled { line: 4, .. })));
    let settled = store.settled_claims(here, MAY..=MAY).await.unwrap();
    assert_eq!((settled.len(), settled[&1].as_str(), settled[&2].as_str()), (2, "reclaimed", "counts"));
    assert!(store.settled_claims(here, day("2026-06-01")..=day("2026-06-01")).await.unwrap().is_empty());
    let of_first = store.claim_settlements(here, 1).await.unwrap();
    assert_eq!((of_first.len(), of_first[0].posting), (1, Some(reclaimed(1).id)));
    assert_eq!(store.balance(here, reclaimed(1).transfers[0].debit).await.unwrap().debit(), 7_000);
}

/// Ten thousand lines and more in pages: every one is there, in order, and the sums are theirs.
async fn check_large_set(store: &Store) {
    let (here, by) = (office(264), stamp());
    let lines: Vec<ClaimLine> = (1..=10_500).map(|at| line(&format!("L{at}"), at % 997 + 1, ClaimStatus::Original, at)).collect();
    let new = set(1, b"large", &lines);
    let mut taking = store.taking_claims(here, &by).await.unwrap();
    let ClaimSetBegun::Now(number) = taking.begin(&new).await.unwrap() else { panic!("new") };
    let mut lines: Vec<ClaimLine> = lines.into_iter().map(|line| ClaimLine { set: number, ..line }).collect();
    for page in lines.chunks_mut(500) {
        taking.save(page).await.unwrap();
    }
    taking.commit().await.unwrap();
    assert_eq!(store.claims_of_month(here, MAY, ALL).await.unwrap().len(), 10_500);
    let told = store.told_by_claim_set(here, number).await.unwrap();
    // 1 + 2 + ... + 10,500.
    assert_eq!(told.iter().map(|told| (told.count, told.cost_yen)).collect::<Vec<_>>(), [(10_500, 10_500 * 10_501 / 2)]);
    let last = store.claim_line(here, 10_500).await.unwrap().unwrap();
    assert_eq!((last.claim.as_str(), last.cost_yen), ("L10500", 10_500));
}

/// Whoever edits what was told, past the triggers, is found.
async fn check_chain(store: &Store) {
    let here = office(265);
    fill(store, here).await;
    assert_eq!(store.audit_verify(here, &[], |_| {}).await.unwrap(), []);
    // A line that no entry vouches for.
    let mut connection = store.pool.acquire().await.unwrap();
    let copy = format!(
        "INSERT INTO claim_line SELECT municipality, 99, claim_set, part, line, claim, 2, person, month, setting, service, institution, \
         prescriber, days, points, cost_yen + 1, share_percent, own_yen, in_kind_yen, in_kind_counts, category, specified_disease, \
         third_party, aid_code, bed, meals, charged_meal_yen, charged_residence_yen, finding FROM claim_line \
         WHERE municipality = {} AND ordinal = 1",
        here.number()
    );
    (*connection).execute(AssertSqlSafe(copy).into_sql_str()).await.unwrap();
    let broken = store.audit_verify(here, &[], |_| {}).await.unwrap();
    assert!(!broken.is_empty(), "a line that nobody vouches for was not found");
}
