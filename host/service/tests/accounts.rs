//! Who proves what: acts that are signed elsewhere, roles, passwords, sessions.
#![allow(clippy::unwrap_used, missing_docs)]

use jorei_domain::act::{Access, Account, Act, Change, Threshold};
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, Municipality};
use jorei_domain::role::Role;
use jorei_package::signing::{NewKey, Purpose, SecretKey, SignatureError, generate, sign as sign_bytes};
use jorei_service::access::{access, account_of_subject};
use jorei_service::acts::{ActsError, Proposal, authentic, based, countersign, prepare, signature, statement, submit};
use jorei_service::office;
use jorei_service::officer::{Moment, Now, Officer};
use jorei_service::passwords::{self, PasswordError};
use jorei_service::sessions::{
    LOCKOUT, Method, Opened, SESSION_SECONDS, SessionError, begin, challenge, end, log_in, log_in_with_key, resume, sign_challenge,
};
use jorei_store::acts::{ActError, Signed, Verdict};
use jorei_store::sessions::Try;
use jorei_store::{Store, StoreError};

/// 2026-06-01T00:00:00Z, nine in the morning in Japan.
const NINE: i64 = 1_780_272_000;
const GOOD: &str = "correct horse battery";

struct City {
    store: Store,
    municipality: Municipality,
    tanaka: SecretKey,
    suzuki: SecretKey,
    _folder: tempfile::TempDir,
}

fn now() -> Now {
    Now { today: Date::new(2026, 6, 1), at: "2026-06-01T00:00:00Z".into() }
}

fn moment(seconds: i64) -> Moment {
    Moment { now: now(), seconds: NINE + seconds }
}

fn secret(key: &NewKey) -> SecretKey {
    SecretKey::parse(key.secret_file_text(), None).unwrap()
}

fn account(name: &str, key: &SecretKey, until: Date) -> Change {
    let key = key.public_key().unwrap().to_string();
    Change::Account(Account { name: name.into(), key, from: Date::new(2026, 4, 1), until })
}

fn proposal(changes: Vec<jorei_domain::act::Based>) -> Proposal {
    Proposal { changes, reason: "test".into(), shown: "test".into(), checkers: 1, eligible: Vec::new(), emergency: false }
}

impl City {
    /// tanaka, suzuki, and sato whose account has ended.
    async fn found() -> City {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("city.db").to_str().unwrap()).await.unwrap();
        store.migrate().await.unwrap();
        let [tanaka, suzuki, sato] = [(); 3].map(|()| secret(&generate(None).unwrap()));
        let city = City { store, municipality: Municipality::parse("012041").unwrap(), tanaka, suzuki, _folder: folder };
        let later = Date::new(2027, 4, 1);
        let accounts =
            [account("tanaka", &city.tanaka, later), account("suzuki", &city.suzuki, later), account("sato", &sato, Date::new(2026, 6, 1))];
        city.change(accounts.to_vec()).await;
        city
    }

    async fn prepared(&self, changes: Vec<Change>) -> Act {
        let changes = based(&self.store, self.municipality, changes).await.unwrap();
        prepare(&self.store, self.municipality, "tanaka", proposal(changes), &now()).await.unwrap()
    }

    async fn change(&self, changes: Vec<Change>) {
        let act = self.prepared(changes).await;
        let id = submit(&self.store, &act, &signature(&self.tanaka, "make", act.id()).unwrap(), &now()).await.unwrap();
        let signed = self.approve(id, &signature(&self.suzuki, "approve", id).unwrap()).await.unwrap();
        assert_eq!(signed, Signed { in_effect: true, missing: 0 });
    }

    async fn approve(&self, act: Digest, signature: &str) -> Result<Signed, ActsError> {
        countersign(&self.store, self.municipality, "suzuki", act, Verdict::Approve, signature, &now()).await
    }

    async fn give(&self, account: &str, roles: &[Role], subject: Option<&str>) {
        let mut roles: Vec<String> = roles.iter().map(|role| role.word().to_owned()).collect();
        roles.sort();
        self.change(vec![Change::Access(Access { account: account.into(), roles, vendor: None, subject: subject.map(str::to_owned) })])
            .await;
    }

    async fn password(&self, key: &SecretKey, password: &str) -> Result<(), PasswordError> {
        let officer = Officer::of(&self.store, self.municipality, key.clone(), now().today).await.unwrap();
        passwords::change(&self.store, self.municipality, &officer, password.to_owned(), &now()).await
    }

    async fn log_in(&self, account: &str, password: &str, seconds: i64) -> Result<Opened, SessionError> {
        log_in(&self.store, self.municipality, account, password, &moment(seconds)).await
    }

    async fn kinds(&self, after: i64) -> Vec<String> {
        let entries = self.store.audit_entries(self.municipality, after, 1_000).await.unwrap();
        entries.into_iter().map(|stored| stored.entry.kind).collect()
    }

    async fn last(&self) -> i64 {
        self.store.audit_head(self.municipality).await.unwrap().0
    }
}

#[tokio::test]
async fn an_act_is_made_by_the_key_of_its_maker_and_by_no_other() {
    let city = City::found().await;
    city.change(vec![Change::Threshold(Threshold { of: "threshold".into(), checkers: 1 })]).await;
    let act = city.prepared(vec![Change::Threshold(Threshold { of: "grant".into(), checkers: 1 })]).await;
    let refused = |said: &'static str, key: SecretKey, id: Digest| {
        let signature = signature(&key, said, id).unwrap();
        let (city, act) = (&city, &act);
        async move { submit(&city.store, act, &signature, &now()).await.unwrap_err() }
    };
    assert!(matches!(refused("make", city.suzuki.clone(), act.id()).await, ActsError::NotTheirKey { account, .. } if account == "tanaka"));
    for (said, id) in [("approve", act.id()), ("make", Digest::of(b"another act"))] {
        let error = refused(said, city.tanaka.clone(), id).await;
        assert!(matches!(error, ActsError::Signature(SignatureError::Altered { .. })), "{error}");
    }
    let bytes = statement("make", act.id());
    assert_eq!(bytes, format!("jorei act 1\nmake\n{}\n", act.id()).as_bytes());
    let other_purpose = sign_bytes(&city.tanaka, Purpose::Session, &bytes).unwrap();
    let error = submit(&city.store, &act, &other_purpose, &now()).await.unwrap_err();
    assert!(matches!(error, ActsError::Signature(SignatureError::WrongPurpose { .. })), "{error}");
    assert_eq!(city.store.act(city.municipality, act.id()).await.unwrap(), None, "nothing was written");

    let good = signature(&city.tanaka, "make", act.id()).unwrap();
    for _ in 0..2 {
        assert_eq!(submit(&city.store, &act, &good, &now()).await.unwrap(), act.id());
    }
    let stored = city.store.act(city.municipality, act.id()).await.unwrap().unwrap();
    authentic(&city.store, &stored).await.unwrap();
    // Known already, and still nobody else's to say.
    assert!(matches!(refused("make", city.suzuki.clone(), act.id()).await, ActsError::NotTheirKey { .. }));
}

#[tokio::test]
async fn the_same_signature_again_answers_where_the_act_stands() {
    let city = City::found().await;
    let act = city.prepared(vec![Change::Threshold(Threshold { of: "grant".into(), checkers: 1 })]).await;
    submit(&city.store, &act, &signature(&city.tanaka, "make", act.id()).unwrap(), &now()).await.unwrap();
    let wrong = signature(&city.suzuki, "reject", act.id()).unwrap();
    assert!(matches!(city.approve(act.id(), &wrong).await, Err(ActsError::Signature(SignatureError::Altered { .. }))));
    let foreign = signature(&city.tanaka, "approve", act.id()).unwrap();
    assert!(matches!(city.approve(act.id(), &foreign).await, Err(ActsError::NotTheirKey { account, .. }) if account == "suzuki"));
    let good = signature(&city.suzuki, "approve", act.id()).unwrap();
    for _ in 0..2 {
        assert_eq!(city.approve(act.id(), &good).await.unwrap(), Signed { in_effect: true, missing: 0 });
    }
    let entries = city.last().await;
    // Another signature of the same account is a second one, and the act is closed.
    let second = signature(&city.suzuki, "approve", act.id()).unwrap();
    let error = city.approve(act.id(), &second).await.unwrap_err();
    assert!(matches!(error, ActsError::Store(StoreError::Act(ActError::InEffect { .. }))), "{error}");
    assert_eq!(city.last().await, entries);
}

#[tokio::test]
async fn an_office_file_gives_roles_and_is_written_back() {
    let city = City::found().await;
    let file = "[[access]]\naccount = \"tanaka\"\nroles = [\"rules\", \"assessment\", \"rules\"]\nsubject = \"s1\"\n\n\
                [[access]]\naccount = \"suzuki\"\nroles = [\"vendor\"]\nvendor = \"jorei\"\n";
    let changes = office::read(file).unwrap();
    let proposal = office::proposal(&city.store, city.municipality, changes.clone(), "roles").await.unwrap();
    assert!(proposal.shown.contains("賦課担当") && proposal.shown.contains("委託先 jorei"), "{}", proposal.shown);
    city.change(changes.clone()).await;
    let written = office::write(&city.store, city.municipality).await.unwrap();
    let mut again: Vec<Change> = office::read(&written).unwrap();
    again.retain(|change| change.kind() == "access");
    again.reverse();
    assert_eq!(again, changes);
    let tanaka = access(&city.store, city.municipality, "tanaka").await.unwrap().unwrap();
    assert_eq!(tanaka.roles, ["assessment", "rules"]);
    assert_eq!(access(&city.store, city.municipality, "sato").await.unwrap(), None);
    assert_eq!(account_of_subject(&city.store, city.municipality, "s1").await.unwrap().as_deref(), Some("tanaka"));
    assert_eq!(account_of_subject(&city.store, city.municipality, "s2").await.unwrap(), None);

    let entry = |rest: &str| format!("[[access]]\naccount = \"tanaka\"\n{rest}\n");
    for (bad, told) in [
        (entry("roles = [\"administrator\"]"), "known are qualification, assessment"),
        (entry("roles = [\"vendor\", \"rules\"]\nvendor = \"jorei\""), "stands alone"),
        (entry("roles = [\"vendor\"]"), "needs `vendor`"),
        (entry("roles = [\"rules\"]\nvendor = \"jorei\""), "leave it out"),
        (entry("roles = [\"rules\"]\nsubject = \"\""), "1 to 255 bytes"),
        (
            entry("roles = []\nsubject = \"s\"") + &entry("roles = []\nsubject = \"s\"").replace("tanaka", "suzuki"),
            "subject of account tanaka",
        ),
    ] {
        let error = office::read(&bad).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
}

#[tokio::test]
async fn a_password_opens_a_session_of_its_account_and_nothing_else_does() {
    let city = City::found().await;
    city.give("tanaka", &[Role::Rules, Role::Assessment], None).await;
    city.password(&city.tanaka, GOOD).await.unwrap();
    let before = city.last().await;
    let opened = city.log_in("tanaka", GOOD, 0).await.unwrap();
    assert_eq!((opened.account.as_str(), opened.expires_seconds), ("tanaka", NINE + 8 * 60 * 60));
    assert_eq!(opened.roles, [Role::Assessment, Role::Rules]);
    assert_eq!(city.kinds(before).await, ["log-in tried", "log-in good", "session"]);
    let caller = resume(&city.store, city.municipality, opened.token.as_str(), &moment(1)).await.unwrap();
    assert_eq!((caller.account.as_str(), caller.method, caller.municipality), ("tanaka", Method::Password, city.municipality));
    assert!(!format!("{opened:?}").contains(opened.token.as_str()));

    let before = city.last().await;
    // sato has ended, suzuki has no password, nobody is unknown.
    for (account, password) in [("tanaka", "correct horse batterx"), ("suzuki", GOOD), ("sato", GOOD), ("nobody", GOOD), ("a\0", GOOD)] {
        let refused = city.log_in(account, password, 2).await.unwrap_err();
        assert!(matches!(refused, SessionError::Refused), "{account}: {refused}");
    }
    assert_eq!(city.kinds(before).await, ["log-in tried"; 3], "of an unknown name nothing is kept");
    // Another office's account of the same name.
    let elsewhere = Municipality::parse("131211").unwrap();
    let refused = log_in(&city.store, elsewhere, "tanaka", GOOD, &moment(3)).await.unwrap_err();
    assert!(matches!(refused, SessionError::Refused), "{refused}");
    let elsewhere = resume(&city.store, elsewhere, opened.token.as_str(), &moment(3)).await.unwrap_err();
    assert!(matches!(elsewhere, SessionError::NoSession));

    // A new password takes the place of the old one.
    city.password(&city.tanaka, "another good password").await.unwrap();
    assert!(matches!(city.log_in("tanaka", GOOD, 4).await, Err(SessionError::Refused)));
    city.log_in("tanaka", "another good password", 5).await.unwrap();
    assert_eq!(city.store.audit_verify(city.municipality, &[], |_| {}).await.unwrap(), []);
}

#[tokio::test]
async fn nobody_sets_the_password_of_another_or_puts_an_old_one_back() {
    let city = City::found().await;
    let set = async |account: &str, ordinal: i64, hash: &str, signature: &str| {
        passwords::set_password(&city.store, city.municipality, account, (ordinal, hash), signature, &now()).await
    };
    let hash = passwords::hash("tanaka", GOOD).unwrap();
    let signed = |key: &SecretKey, account: &str, ordinal: i64| {
        sign_bytes(key, Purpose::Credential, &passwords::statement(city.municipality, account, ordinal, &hash)).unwrap()
    };
    let by_suzuki = signed(&city.suzuki, "tanaka", 1);
    assert!(matches!(set("tanaka", 1, &hash, &by_suzuki).await, Err(PasswordError::Signature(SignatureError::OtherKey { .. }))));
    let first = signed(&city.tanaka, "tanaka", 1);
    assert!(matches!(set("suzuki", 1, &hash, &first).await, Err(PasswordError::Signature(_))));
    assert!(matches!(set("sato", 1, &hash, &first).await, Err(PasswordError::NotGood { .. })));
    let cheap = hash.replace("m=19456", "m=8");
    assert!(matches!(set("tanaka", 1, &cheap, &first).await, Err(PasswordError::Hash)));
    set("tanaka", 1, &hash, &first).await.unwrap();
    city.password(&city.tanaka, "another good password").await.unwrap();
    // The first one again, as the newest: its signature is over number 1.
    assert!(matches!(set("tanaka", 3, &hash, &first).await, Err(PasswordError::Signature(SignatureError::Altered { .. }))));
    assert!(matches!(set("tanaka", 1, &hash, &first).await, Err(PasswordError::Store(StoreError::CredentialMoved { next: 3, .. }))));
    // Planted past the service: written with a good hash and no signature of tanaka's.
    let planted = jorei_store::credentials::Credential { account: "tanaka".into(), ordinal: 3, hash: hash.clone(), signature: by_suzuki };
    city.store.save_credential(city.municipality, &planted, &now().stamp("mallory")).await.unwrap();
    assert!(matches!(city.log_in("tanaka", GOOD, 0).await, Err(SessionError::Forged { account }) if account == "tanaka"));
    assert!(matches!(city.password(&city.suzuki, "short").await, Err(PasswordError::Length)));
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_passwords_lock_the_password_and_not_the_key() {
    let city = City::found().await;
    city.password(&city.tanaka, GOOD).await.unwrap();
    let guesses = (0..8).map(|_| {
        let (store, municipality) = (city.store.clone(), city.municipality);
        tokio::spawn(async move { log_in(&store, municipality, "tanaka", "a wrong password", &moment(0)).await.unwrap_err() })
    });
    let (mut refused, mut locked) = (0, 0);
    for guess in guesses.collect::<Vec<_>>() {
        match guess.await.unwrap() {
            SessionError::Refused => refused += 1,
            SessionError::Locked { until_seconds } => {
                assert_eq!(until_seconds, NINE + 15 * 60);
                locked += 1;
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!((refused, locked), (5, 3));
    assert!(matches!(city.log_in("tanaka", GOOD, 15 * 60 - 1).await, Err(SessionError::Locked { .. })), "the right one too");
    assert_eq!(city.kinds(0).await.iter().filter(|kind| *kind == "log-in locked").count(), 1);
    let text = challenge(city.municipality, "tanaka", "2026-06-01T00:00:01Z", &"n".repeat(22));
    let signature = sign_challenge(&city.tanaka, &text).unwrap();
    log_in_with_key(&city.store, city.municipality, "tanaka", &text, &signature, &moment(1)).await.unwrap();
    begin(&city.store, city.municipality, "tanaka", Method::OpenId, &moment(1)).await.unwrap();
    assert!(matches!(city.log_in("suzuki", GOOD, 1).await, Err(SessionError::Refused)), "another account is not locked");
    city.log_in("tanaka", GOOD, 15 * 60).await.unwrap();
    // Right in between: four wrong ones before it count no more.
    for seconds in [1_000, 1_001, 1_002, 1_003] {
        assert!(matches!(city.log_in("tanaka", "a wrong password", seconds).await, Err(SessionError::Refused)));
    }
    city.log_in("tanaka", GOOD, 1_004).await.unwrap();
    assert!(matches!(city.log_in("tanaka", "a wrong password", 1_005).await, Err(SessionError::Refused)));
    let next = city.store.count_try(city.municipality, "tanaka", NINE + 1_006, LOCKOUT, &now().stamp("test")).await.unwrap();
    assert_eq!(next, Try::Counted);
}

#[tokio::test]
async fn a_challenge_opens_one_session_in_its_moment() {
    let city = City::found().await;
    let nonce = |letter: &str| letter.repeat(22);
    let enter = async |account: &str, text: &str, key: &SecretKey, seconds: i64| {
        let signature = sign_challenge(key, text).unwrap();
        log_in_with_key(&city.store, city.municipality, account, text, &signature, &moment(seconds)).await
    };
    let of = |at: &str, nonce: &str| challenge(city.municipality, "tanaka", at, nonce);
    let good = of("2026-06-01T00:00:00Z", &nonce("a"));
    let before = city.last().await;
    for (account, key) in [("tanaka", &city.suzuki), ("suzuki", &city.tanaka), ("nobody", &city.tanaka)] {
        let refused = enter(account, &good, key, 0).await.unwrap_err();
        assert!(matches!(refused, SessionError::Refused), "{account}: {refused}");
    }
    let act = sign_bytes(&city.tanaka, Purpose::Act, good.as_bytes()).unwrap();
    let refused = log_in_with_key(&city.store, city.municipality, "tanaka", &good, &act, &moment(0)).await.unwrap_err();
    assert!(matches!(refused, SessionError::Refused), "{refused}");
    let elsewhere = Municipality::parse("131211").unwrap();
    for (text, seconds, told) in [
        (good.clone(), 121, "this moment"),
        (good.clone(), -121, "this moment"),
        (challenge(elsewhere, "tanaka", "2026-06-01T00:00:00Z", &nonce("b")), 0, "the text"),
        (challenge(city.municipality, "suzuki", "2026-06-01T00:00:00Z", &nonce("b")), 0, "the text"),
        (of("2026-06-01T09:00:00+09:00", &nonce("b")), 0, "the text"),
        (of("2026-06-01T00:00:00.5Z", &nonce("b")), 0, "the text"),
        (of("2026-06-01T00:00:00Z", &"b".repeat(21)), 0, "the text"),
        (of("2026-06-01T00:00:00Z", &"b ".repeat(11)), 0, "the text"),
        (good.clone() + "more\n", 0, "the text"),
        (String::new(), 0, "the text"),
    ] {
        let refused = enter("tanaka", &text, &city.tanaka, seconds).await.unwrap_err();
        assert!(matches!(&refused, SessionError::Challenge { wrong } if wrong.contains(told)), "{text:?}: {refused}");
    }
    assert_eq!(city.last().await, before, "whoever sends nonsense does not fill the chain");
    let opened = enter("tanaka", &good, &city.tanaka, 120).await.unwrap();
    let caller = resume(&city.store, city.municipality, opened.token.as_str(), &moment(120)).await.unwrap();
    assert_eq!((caller.method, caller.roles), (Method::Key, Vec::new()));
    let again = enter("tanaka", &good, &city.tanaka, 0).await.unwrap_err();
    assert!(matches!(again, SessionError::Challenge { wrong: "was used before" }), "{again}");
    enter("tanaka", &of("2026-06-01T00:00:00Z", &nonce("c")), &city.tanaka, -120).await.unwrap();
}

#[tokio::test]
async fn a_session_lasts_until_it_ends_and_its_roles_are_those_of_the_moment() {
    let city = City::found().await;
    city.give("tanaka", &[Role::Rules], Some("s1")).await;
    let opened = begin(&city.store, city.municipality, "tanaka", Method::OpenId, &moment(0)).await.unwrap();
    let token = opened.token.as_str();
    let at = |moment: Moment| resume_at(&city, token, moment);
    assert_eq!(at(moment(0)).await.unwrap().roles, [Role::Rules]);
    city.give("tanaka", &[], None).await;
    assert_eq!(at(moment(1)).await.unwrap().roles, []);
    assert!(at(moment(SESSION_SECONDS - 1)).await.is_ok());
    assert!(matches!(at(moment(SESSION_SECONDS)).await, Err(SessionError::NoSession)));
    // The account's last day was yesterday.
    let ended = Moment { now: Now { today: Date::new(2027, 4, 1), at: now().at }, seconds: NINE + 2 };
    assert!(matches!(at(ended.clone()).await, Err(SessionError::NoSession)));
    assert!(matches!(begin(&city.store, city.municipality, "tanaka", Method::OpenId, &ended).await, Err(SessionError::Refused)));
    assert!(matches!(begin(&city.store, city.municipality, "nobody", Method::OpenId, &moment(0)).await, Err(SessionError::Refused)));
    let digest = Digest::of(b"").to_string();
    for bad in ["", "x", &token[1..], &format!("{token}="), &format!("A{token}"), &digest] {
        assert!(matches!(resume_at(&city, bad, moment(1)).await, Err(SessionError::NoSession)), "{bad}");
    }
    let before = city.last().await;
    end(&city.store, city.municipality, token, &moment(3)).await.unwrap();
    assert!(matches!(at(moment(3)).await, Err(SessionError::NoSession)));
    assert!(matches!(end(&city.store, city.municipality, token, &moment(4)).await, Err(SessionError::NoSession)));
    assert_eq!(city.kinds(before).await, ["session end"]);
}

async fn resume_at(city: &City, token: &str, moment: Moment) -> Result<jorei_service::sessions::Caller, SessionError> {
    resume(&city.store, city.municipality, token, &moment).await
}
