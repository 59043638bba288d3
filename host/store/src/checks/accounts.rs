//! What prepared acts, roles, passwords, sessions, log-ins, requests and jobs promise.

use super::acts::{account, act, enact, found, propose, tamper};
use super::{day, office, stamp};
use crate::acts::ActError;
use crate::audit::Broken;
use crate::credentials::Credential;
use crate::jobs::{JobEnd, JobState};
use crate::requests::{Answer, Claim, Request};
use crate::sessions::{Lockout, Method, Session, Try};
use crate::{Store, StoreError};
use jorei_domain::act::{Access, Change, Protection};
use jorei_domain::audit::Stamp;
use jorei_domain::id::{Digest, Municipality, PersonId};

/// Every check of this file.
pub async fn check(store: &Store) {
    check_prepared(store).await;
    check_access(store).await;
    check_forms(store).await;
    check_credentials(store).await;
    check_sessions(store).await;
    check_tries(store).await;
    check_raced_tries(store).await;
    check_requests(store).await;
    check_jobs(store).await;
    check_tampering(store).await;
}

const JOB: &str = "00112233445566778899aabbccddeeff";

/// A row in every table of this file.
pub(super) async fn fill(store: &Store, office: Municipality) {
    let act = act(store, office, "prepared", &[account("tanaka")]).await;
    store.save_prepared(&act, &stamp()).await.unwrap();
    store.save_credential(office, &credential(1, "hash"), &stamp()).await.unwrap();
    store.count_try(office, "tanaka", 0, LOCKOUT, &stamp()).await.unwrap();
    store.note_good_try(office, "tanaka", 0, &stamp()).await.unwrap();
    store.save_session(office, &session(b"token", None), &stamp()).await.unwrap();
    store.end_session(office, Digest::of(b"token"), &stamp()).await.unwrap();
    store.start_job(office, JOB, "assess", "{}", &stamp()).await.unwrap();
    store.end_job(office, JOB, JobState::Done, "{}", &stamp()).await.unwrap();
    store.claim_request(office, request("k", b"asked"), 0).await.unwrap();
    store.answer_request(office, request("k", b"asked"), &answer(b"body"), 1).await.unwrap();
}

/// The kinds of entry that [`fill`] leaves, in order.
const FILLED: [&str; 8] = ["prepared act", "password", "log-in tried", "log-in good", "session", "session end", "job", "job end"];

/// A prepared act is kept once, and is not proposed by that.
async fn check_prepared(store: &Store) {
    let office = office(150);
    let founding = act(store, office, "founding", &["tanaka", "suzuki"].map(account)).await;
    assert_eq!(store.prepared_act(office, founding.id()).await.unwrap(), None);
    for _ in 0..2 {
        assert_eq!(store.save_prepared(&founding, &stamp()).await.unwrap(), founding.id());
    }
    assert_eq!(store.prepared_act(office, founding.id()).await.unwrap(), Some(founding.clone()));
    assert_eq!(store.prepared_act(super::office(151), founding.id()).await.unwrap(), None);
    assert_eq!(store.acts(office).await.unwrap(), []);
    assert_eq!(store.audit_head(office).await.unwrap().0, 1);
}

fn access(name: &str, roles: &[&str], vendor: Option<&str>, subject: Option<&str>) -> Access {
    let roles = roles.iter().map(|role| (*role).to_owned()).collect();
    Access { account: name.into(), roles, vendor: vendor.map(str::to_owned), subject: subject.map(str::to_owned) }
}

/// Roles are of accounts that exist or come with them, and a subject is one account's.
async fn check_access(store: &Store) {
    let office = office(152);
    found(store, office).await;
    let given = |access| async move { propose(store, &act(store, office, "access", &[Change::Access(access)]).await).await };
    match given(access("mallory", &["rules"], None, None)).await {
        Err(StoreError::Act(ActError::NoSuchAccount { account })) => assert_eq!(account, "mallory"),
        other => panic!("{other:?}"),
    }
    enact(store, office, &[Change::Access(access("tanaka", &["rules"], None, Some("s1")))]).await;
    let together = [account("ito"), Change::Access(access("ito", &["system"], None, None))];
    enact(store, office, &together).await;
    let same = ActError::SameSubject { account: "suzuki".into(), other: "tanaka".into() };
    let refused = given(access("suzuki", &["rules"], None, Some("s1"))).await;
    assert!(matches!(&refused, Err(StoreError::Act(error)) if *error == same), "{refused:?}");
    assert!(!same.to_string().contains("s1"));
    // Both at once, neither of them in effect before.
    let both = [access("suzuki", &["rules"], None, Some("s2")), access("sato", &["rules"], None, Some("s2"))].map(Change::Access);
    let refused = propose(store, &act(store, office, "both", &both).await).await;
    assert!(matches!(refused, Err(StoreError::Act(ActError::SameSubject { .. }))), "{refused:?}");
    // It may go from one to another in one act.
    let moved = [access("tanaka", &["rules"], None, None), access("suzuki", &["rules"], None, Some("s1"))].map(Change::Access);
    enact(store, office, &moved).await;
    // An act that was proposed before somebody else got the subject does not take effect.
    let late = given(access("tanaka", &["rules"], None, Some("s9"))).await.unwrap();
    enact(store, office, &[Change::Access(access("sato", &["auditor"], None, Some("s9")))]).await;
    let refused = super::acts::sign(store, office, late, "suzuki").await;
    assert!(matches!(refused, Err(StoreError::Act(ActError::SameSubject { .. }))), "{refused:?}");
}

/// Changes that cannot be, whoever signs them.
async fn check_forms(store: &Store) {
    let office = office(153);
    found(store, office).await;
    let protection = |from: &str, until: &str| Change::Protection(Protection { person: PersonId(7), from: day(from), until: day(until) });
    let bad = [
        Change::Access(access("", &["rules"], None, None)),
        Change::Access(access("tanaka", &["administrator"], None, None)),
        Change::Access(access("tanaka", &["rules", "assessment"], None, None)),
        Change::Access(access("tanaka", &["rules", "rules"], None, None)),
        Change::Access(access("tanaka", &["rules", "vendor"], Some("v"), None)),
        Change::Access(access("tanaka", &["vendor"], None, None)),
        Change::Access(access("tanaka", &["vendor"], Some(""), None)),
        Change::Access(access("tanaka", &["rules"], Some("v"), None)),
        Change::Access(access("tanaka", &["rules"], None, Some(""))),
        protection("2025-04-02", "2025-04-01"),
    ];
    for change in bad {
        let refused = propose(store, &act(store, office, "bad", std::slice::from_ref(&change)).await).await;
        assert!(matches!(refused, Err(StoreError::Act(ActError::Impossible { .. }))), "{change:?}: {refused:?}");
    }
    let good = [
        Change::Access(access("tanaka", &["assessment", "rules"], None, None)),
        Change::Access(access("suzuki", &["vendor"], Some("v"), None)),
        Change::Access(access("sato", &[], None, None)),
        protection("2025-04-02", "2025-04-03"),
    ];
    enact(store, office, &good).await;
    assert_eq!(store.states(office, "access").await.unwrap().len(), 3);
}

fn credential(ordinal: i64, hash: &str) -> Credential {
    Credential { account: "tanaka".into(), ordinal, hash: hash.into(), signature: "signed".into() }
}

/// A password follows the one that holds, or nothing is kept.
async fn check_credentials(store: &Store) {
    let office = office(154);
    assert_eq!(store.credential(office, "tanaka").await.unwrap(), None);
    for ordinal in [0, 2] {
        let refused = store.save_credential(office, &credential(ordinal, "early"), &stamp()).await;
        assert!(matches!(refused, Err(StoreError::CredentialMoved { next: 1, .. })), "{refused:?}");
    }
    for credential in [credential(1, "one"), credential(1, "one"), credential(2, "two")] {
        store.save_credential(office, &credential, &stamp()).await.unwrap();
    }
    assert_eq!(store.credential(office, "tanaka").await.unwrap(), Some(credential(2, "two")));
    assert_eq!(store.credential(office, "suzuki").await.unwrap(), None);
    for moved in [credential(1, "one"), credential(2, "other"), credential(4, "four")] {
        let refused = store.save_credential(office, &moved, &stamp()).await;
        assert!(matches!(refused, Err(StoreError::CredentialMoved { next: 3, .. })), "{refused:?}");
    }
    assert_eq!(store.audit_head(office).await.unwrap().0, 2);
    assert!(!format!("{:?}", credential(1, "secret hash")).contains("secret"));
}

fn session(token: &[u8], nonce: Option<&str>) -> Session {
    Session {
        token: Digest::of(token),
        account: "tanaka".into(),
        method: Method::Key,
        nonce: nonce.map(str::to_owned),
        at_seconds: 1_000,
        expires_seconds: 2_000,
    }
}

/// A session is there until it is ended; a nonce opens one.
async fn check_sessions(store: &Store) {
    let office = office(155);
    let (one, two) = (session(b"one", Some("n")), session(b"two", None));
    assert!(store.save_session(office, &one, &stamp()).await.unwrap());
    assert!(store.save_session(office, &two, &stamp()).await.unwrap());
    assert!(store.save_session(office, &session(b"three", None), &stamp()).await.unwrap(), "no nonce is not the same nonce");
    assert!(!store.save_session(office, &session(b"four", Some("n")), &stamp()).await.unwrap());
    let other = Session { account: "suzuki".into(), ..session(b"five", Some("n")) };
    assert!(store.save_session(office, &other, &stamp()).await.unwrap());
    assert_eq!(store.session(office, two.token).await.unwrap(), Some(two.clone()));
    assert_eq!(store.session(office, Digest::of(b"four")).await.unwrap(), None);
    assert_eq!(store.session(super::office(151), two.token).await.unwrap(), None);
    for _ in 0..2 {
        store.end_session(office, two.token, &stamp()).await.unwrap();
    }
    assert_eq!(store.session(office, two.token).await.unwrap(), None);
    assert_eq!(store.session(office, one.token).await.unwrap(), Some(one));
    assert!(store.end_session(office, Digest::of(b"none"), &stamp()).await.is_err());
    assert_eq!(store.audit_head(office).await.unwrap().0, 5);
}

const LOCKOUT: Lockout = Lockout { tries: 3, seconds: 100 };

/// Three within a hundred seconds lock for a hundred; a right one forgives those before it.
async fn check_tries(store: &Store) {
    let office = office(156);
    let tried = |seconds| async move { store.count_try(office, "tanaka", seconds, LOCKOUT, &stamp()).await.unwrap() };
    let entries = || async { store.audit_head(office).await.unwrap().0 };
    for seconds in [0, 99] {
        assert_eq!(tried(seconds).await, Try::Counted);
    }
    store.note_good_try(office, "tanaka", 99, &stamp()).await.unwrap();
    for seconds in [100, 150, 199] {
        assert_eq!(tried(seconds).await, Try::Counted, "{seconds}");
    }
    let before = entries().await;
    for seconds in [199, 250, 298] {
        assert_eq!(tried(seconds).await, Try::Locked { until_seconds: 299 }, "a locked one does not lock for longer");
    }
    assert_eq!(entries().await, before + 1, "a lock is entered once");
    assert_eq!(store.count_try(office, "suzuki", 250, LOCKOUT, &stamp()).await.unwrap(), Try::Counted, "another account");
    for seconds in [299, 310, 320] {
        assert_eq!(tried(seconds).await, Try::Counted, "{seconds}");
    }
    assert_eq!(tried(321).await, Try::Locked { until_seconds: 420 });
    assert_eq!(tried(420).await, Try::Counted);
    // The three newest lie a hundred seconds apart: they do not lock.
    assert_eq!(tried(420).await, Try::Counted);
}

/// However many guess at once, no more than three are looked at.
async fn check_raced_tries(store: &Store) {
    let office = office(157);
    found(store, office).await;
    let guesses: Vec<_> = (0..8)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.count_try(office, "tanaka", 1_000, LOCKOUT, &stamp()).await.unwrap() })
        })
        .collect();
    let mut counted = 0;
    for guess in guesses {
        counted += u32::from(guess.await.unwrap() == Try::Counted);
    }
    assert_eq!(counted, 3);
    assert_eq!(store.audit_verify(office, &[], |_| {}).await.unwrap(), []);
}

fn request(key: &'static str, asked: &[u8]) -> Request<'static> {
    Request { account: "tanaka", key, hash: Digest::of(asked) }
}

fn answer(body: &[u8]) -> Answer {
    Answer { status: 201, content_type: "application/json".into(), headers: "location: /acts/1".into(), body: body.to_vec() }
}

/// Of one request that comes often one is done, and the others hear its answer.
async fn check_requests(store: &Store) {
    let office = office(158);
    let claims: Vec<_> = (0..6)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.claim_request(office, request("k", b"asked"), 5).await.unwrap() })
        })
        .collect();
    let mut new = 0;
    for claim in claims {
        match claim.await.unwrap() {
            Claim::New => new += 1,
            other => assert_eq!(other, Claim::SameUnanswered),
        }
    }
    assert_eq!(new, 1);
    let claim = |asked: &'static [u8]| async move { store.claim_request(office, request("k", asked), 6).await.unwrap() };
    assert_eq!(claim(b"something else").await, Claim::Different);
    for body in [b"first", b"later"] {
        store.answer_request(office, request("k", b"asked"), &answer(body), 7).await.unwrap();
    }
    assert_eq!(claim(b"asked").await, Claim::SameAnswered(answer(b"first")));
    assert_eq!(claim(b"something else").await, Claim::Different);
    let suzuki = Request { account: "suzuki", ..request("k", b"asked") };
    assert_eq!(store.claim_request(office, suzuki, 8).await.unwrap(), Claim::New);
    assert!(store.answer_request(office, request("unclaimed", b"asked"), &answer(b""), 9).await.is_err());
    assert_eq!(store.audit_head(office).await.unwrap().0, 0, "no records");
    assert!(!format!("{:?}", answer(b"body")).contains("98"));
}

/// Jobs are listed from the newest on, and end once.
async fn check_jobs(store: &Store) {
    let office = office(159);
    let ids = ["a", "b", "c"].map(|digit| digit.repeat(32));
    let asked_by = Stamp { by: "tanaka".into(), at: "2025-06-01T11:00:00Z".into() };
    for id in &ids {
        store.start_job(office, id, "assess", r#"{"year":2025}"#, &asked_by).await.unwrap();
    }
    for bad in [ids[0].as_str(), "short", &"A".repeat(32)] {
        let refused = store.start_job(office, bad, "assess", "{}", &asked_by).await;
        assert!(matches!(refused, Err(StoreError::Job { .. })), "{bad}: {refused:?}");
    }
    let end = |id: String, state, result: &'static str| async move { store.end_job(office, &id, state, result, &stamp()).await };
    for _ in 0..2 {
        end(ids[1].clone(), JobState::Failed, "{}").await.unwrap();
    }
    for (state, result) in [(JobState::Done, "{}"), (JobState::Failed, "[]")] {
        assert!(matches!(end(ids[1].clone(), state, result).await, Err(StoreError::Job { .. })));
    }
    assert!(matches!(end("d".repeat(32), JobState::Done, "{}").await, Err(StoreError::Job { .. })));
    let job = store.job(office, &ids[1]).await.unwrap().unwrap();
    assert_eq!((job.ordinal, job.kind.as_str(), job.request.as_str()), (2, "assess", r#"{"year":2025}"#));
    assert_eq!((job.by.as_str(), job.at.as_str()), ("tanaka", "2025-06-01T11:00:00Z"));
    assert_eq!(job.end, Some(JobEnd { state: JobState::Failed, result: "{}".into(), at: stamp().at }));
    assert_eq!(store.job(super::office(151), &ids[1]).await.unwrap(), None);
    let listed = |before, limit| async move {
        let jobs = store.jobs(office, before, limit).await.unwrap();
        jobs.into_iter().map(|job| job.ordinal).collect::<Vec<_>>()
    };
    assert_eq!((listed(None, 2).await, listed(Some(2), 2).await, listed(Some(1), 2).await), (vec![3, 2], vec![1], vec![]));
    let running = store.running_jobs(office).await.unwrap();
    assert_eq!(running.iter().map(|job| job.ordinal).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(store.audit_head(office).await.unwrap().0, 4);
    assert_eq!(store.audit_verify(office, &[], |_| {}).await.unwrap(), []);
}

/// Each row is vouched for: an edited one, a missing one and one that was planted are found.
async fn check_tampering(store: &Store) {
    let whole = office(160);
    fill(store, whole).await;
    let entries = store.audit_entries(whole, 0, 100).await.unwrap();
    assert_eq!(entries.iter().map(|stored| stored.entry.kind.as_str()).collect::<Vec<_>>(), FILLED);
    assert_eq!(store.audit_verify(whole, &[], |_| {}).await.unwrap(), []);
    let edits = [
        (161, "prepared_act", "UPDATE prepared_act SET maker = 'x' WHERE municipality = $", "prepared act "),
        (162, "credential", "UPDATE credential SET hash = 'x' WHERE municipality = $", "password 1 of tanaka"),
        (163, "session", "UPDATE session SET expires_seconds = 9000 WHERE municipality = $", "session "),
        (164, "session_end", "DELETE FROM session_end WHERE municipality = $", "session "),
        (165, "login_attempt", "UPDATE login_attempt SET at_seconds = -9 WHERE municipality = $ AND ordinal = 1", "log-in 1 of tanaka"),
        (166, "login_attempt", "DELETE FROM login_attempt WHERE municipality = $ AND ordinal = 2", "log-in 2 of tanaka"),
        (167, "job", "UPDATE job SET by_whom = 'x' WHERE municipality = $", "job "),
        (168, "job_end", "UPDATE job_end SET state = 'failed' WHERE municipality = $", "job "),
    ];
    for (number, table, sql, what) in edits {
        let office = office(number);
        fill(store, office).await;
        tamper(store, table, sql.replace('$', &office.number().to_string())).await;
        match (store.audit_verify(office, &[], |_| {}).await.unwrap().as_slice(), sql.starts_with("DELETE")) {
            ([Broken::Missing { what: found, .. }], true) | ([Broken::Altered { what: found, .. }], false) => {
                assert!(found.starts_with(what), "{sql}: {found}");
            }
            other => panic!("{sql}: {other:?}"),
        }
    }
    let planted = [
        (169, "credential", "municipality, account, ordinal, hash, signature, at", "municipality, account, 2, 'x', signature, at"),
        (
            170,
            "session",
            "municipality, token, account, method, nonce, at_seconds, expires_seconds, at",
            "municipality, $token, 'suzuki', method, nonce, at_seconds, expires_seconds, at",
        ),
        (
            171,
            "login_attempt",
            "municipality, account, ordinal, outcome, at_seconds, at",
            "municipality, account, 3, outcome, at_seconds, at",
        ),
    ];
    for (number, table, columns, values) in planted {
        let office = office(number);
        fill(store, office).await;
        let values = values.replace("$token", &super::acts::literal(store, &[7; 32]));
        let only = if table == "login_attempt" { " AND ordinal = 2" } else { "" };
        let sql = format!("INSERT INTO {table} ({columns}) SELECT {values} FROM {table} WHERE municipality = {}{only}", office.number());
        tamper(store, table, sql).await;
        let broken = store.audit_verify(office, &[], |_| {}).await.unwrap();
        assert!(matches!(broken.as_slice(), [Broken::Unrecorded { .. }]), "{table}: {broken:?}");
    }
}
