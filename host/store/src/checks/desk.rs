//! What admissions, drafts, pauses and shadow reports promise.

use super::acts::{check_quarantined, put_in_force};
use super::{LEARNT, day, office, some_revision, stamp};
use crate::admissions::Admission;
use crate::pauses::Pause;
use crate::shadow_reports::ShadowReport;
use crate::{Store, StoreError};
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, Knowledge, Municipality};

/// Every check of this file.
pub async fn check(store: &Store) {
    check_admissions(store).await;
    check_drafts(store).await;
    check_pauses(store).await;
    check_shadow_reports(store).await;
}

/// A row in every table of this file.
pub(super) async fn fill(store: &Store, office: Municipality, revision: Digest) {
    store.save_admission(office, &admission("file", Some(b"admitted")), Some(b"admitted"), &stamp()).await.unwrap();
    store.save_draft(office, "premium", 0, "rate = 1", &stamp()).await.unwrap();
    store.save_pause(office, &pause(revision, "failed", false), &stamp()).await.unwrap();
    store.save_shadow_report(office, &report("content"), &stamp()).await.unwrap();
}

fn admission(file: &str, component: Option<&[u8]>) -> Admission {
    Admission {
        package: Digest::of(file.as_bytes()),
        rule: component.map(Digest::of),
        step: "compile".into(),
        admitted: component.is_some(),
        reason: String::new(),
        manifest: "id = \"premium\"".into(),
        recorded_at: stamp().at,
        by: stamp().by,
    }
}

/// The component of an admitted package is kept with the admission or not at all.
async fn check_admissions(store: &Store) {
    let office = office(40);
    let refused = Admission { reason: "imports wasi:clocks".into(), ..admission("refused", None) };
    store.save_admission(office, &refused, None, &stamp()).await.unwrap();
    let good = admission("good", Some(b"rule"));
    for (wrong, component) in [(&good, None), (&good, Some(&b"other"[..])), (&refused, Some(&b"rule"[..]))] {
        let result = store.save_admission(office, wrong, component, &stamp()).await;
        assert!(matches!(result, Err(StoreError::Admission { package, .. }) if package == wrong.package));
    }
    assert_eq!(store.rules(office).await.unwrap(), []);
    store.save_admission(office, &good, Some(b"rule"), &stamp()).await.unwrap();
    let again = admission("another file", Some(b"rule"));
    store.save_admission(office, &again, Some(b"rule"), &stamp()).await.unwrap();
    assert_eq!(store.rules(office).await.unwrap(), [Digest::of(b"rule")]);
    assert_eq!(store.admissions(office).await.unwrap(), [again.clone(), good, refused]);
    assert_eq!(store.admission_of(office, Digest::of(b"rule")).await.unwrap(), Some(again));
    assert_eq!(store.admission_of(office, Digest::of(b"other")).await.unwrap(), None);
    let writers: Vec<_> = (0..6)
        .map(|n| {
            let store = store.clone();
            let looked_at = admission(&format!("file {n}"), None);
            tokio::spawn(async move { store.save_admission(office, &looked_at, None, &stamp()).await.unwrap() })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(store.admissions(office).await.unwrap().len(), 9);
    // One entry each, and one for the component.
    assert_eq!(store.audit_head(office).await.unwrap().0, 10);
}

/// A draft is saved over the version that was edited, or not at all.
async fn check_drafts(store: &Store) {
    let office = office(41);
    let save =
        |name: &'static str, expected, text: &'static str| async move { store.save_draft(office, name, expected, text, &stamp()).await };
    assert_eq!(save("premium", 0, "one").await.unwrap(), 1);
    assert_eq!(save("premium", 1, "two").await.unwrap(), 2);
    assert_eq!(save("premium", 2, "two").await.unwrap(), 2);
    assert_eq!(save("exemption", 0, "a").await.unwrap(), 1);
    for expected in [0, 1, 3] {
        match save("premium", expected, "three").await {
            Err(StoreError::DraftMoved { name, expected: edited, found: 2 }) => assert_eq!((name.as_str(), edited), ("premium", expected)),
            other => panic!("{other:?}"),
        }
    }
    let draft = |version| async move { store.draft(office, "premium", version).await.unwrap().map(|draft| draft.written) };
    assert_eq!((draft(None).await, draft(Some(1)).await, draft(Some(3)).await), (Some("two".into()), Some("one".into()), None));
    let latest = store.drafts(office).await.unwrap();
    assert_eq!(latest.iter().map(|draft| (draft.name.as_str(), draft.version)).collect::<Vec<_>>(), [("exemption", 1), ("premium", 2)]);
    assert_eq!((latest[0].by.as_str(), latest[0].at.as_str()), (stamp().by.as_str(), stamp().at.as_str()));
    assert_eq!(store.audit_head(office).await.unwrap().0, 3);
    let writers: Vec<_> = (0..6)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move { store.save_draft(office, "premium", 2, &format!("by {n}"), &stamp()).await })
        })
        .collect();
    let mut won = 0;
    for writer in writers {
        match writer.await.unwrap() {
            Ok(version) => won += version,
            Err(StoreError::DraftMoved { expected: 2, found: 3, .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(won, 3);
}

fn pause(revision: Digest, reason: &str, quarantine: bool) -> Pause {
    let slot = "premium".to_owned();
    Pause { knowledge: Knowledge(0), slot, revision, reason: reason.into(), last_good: None, quarantine, recorded_on: LEARNT }
}

/// A pause holds until the revision is put in force again; a quarantine for ever.
async fn check_pauses(store: &Store) {
    let office = office(42);
    let revision = some_revision(store, office).await;
    put_in_force(store, office, revision, Date::MIN, Date::MAX).await;
    let held = || async { store.pause_of(office, "premium", revision).await.unwrap() };
    assert_eq!(held().await, None);
    let first = Pause { last_good: Some(revision), ..pause(revision, "traps", false) };
    let knowledge = store.save_pause(office, &first, &stamp()).await.unwrap();
    assert_eq!(held().await, Some(Pause { knowledge, ..first.clone() }));
    let entries = store.audit_head(office).await.unwrap();
    assert_eq!(store.save_pause(office, &Pause { recorded_on: day("2025-06-02"), ..first }, &stamp()).await.unwrap(), knowledge);
    assert_eq!(store.latest_knowledge(office).await.unwrap(), knowledge);
    assert_eq!(store.audit_head(office).await.unwrap(), entries);
    assert_eq!(store.pause_of(office, "refund", revision).await.unwrap(), None);
    put_in_force(store, office, revision, Date::MIN, Date::MAX).await;
    assert_eq!(held().await, None);

    let quarantine = pause(revision, "differs", true);
    let kept = store.save_pause(office, &quarantine, &stamp()).await.unwrap();
    let later = pause(revision, "traps", false);
    store.save_pause(office, &later, &stamp()).await.unwrap();
    assert_eq!(held().await, Some(Pause { knowledge: kept, ..quarantine }), "a later pause does not hide it");
    check_quarantined(store, office, revision).await;
    let unknown = store.save_pause(office, &pause(Digest::of(b"none"), "traps", false), &stamp()).await;
    assert!(matches!(unknown, Err(StoreError::Database(_))));
}

fn report(content: &str) -> ShadowReport {
    ShadowReport {
        id: Digest::of(content.as_bytes()),
        candidate: Digest::of(b"candidate"),
        slot: "premium".into(),
        on: day("2025-04-01"),
        content: content.into(),
        recorded_at: stamp().at,
    }
}

/// A report is kept once under the digest of its content.
async fn check_shadow_reports(store: &Store) {
    let office = office(43);
    let first = report("first");
    let other = Digest::of(b"other candidate");
    let second = ShadowReport { candidate: other, recorded_at: "2025-06-02T09:00:00+09:00".into(), ..report("second") };
    for report in [&first, &second, &first] {
        store.save_shadow_report(office, report, &stamp()).await.unwrap();
    }
    assert_eq!(store.audit_head(office).await.unwrap().0, 2);
    assert_eq!(store.shadow_reports(office).await.unwrap(), [second.clone(), first.clone()]);
    assert_eq!(store.shadow_reports_of(office, other).await.unwrap(), [second]);
    assert_eq!(store.shadow_report_by_prefix(office, &first.id.short()).await.unwrap(), Some(first.clone()));
    let forged = ShadowReport { content: "forged".into(), ..first };
    assert!(matches!(store.save_shadow_report(office, &forged, &stamp()).await, Err(StoreError::Damaged(_))));
}
