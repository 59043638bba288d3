//! The connector against the neighbour, over real sockets: every standing, every fault, and that asking again is harmless.
#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use jorei_connector::wire::{BATCH_QUERIES, PAGE_ANSWERS};
use jorei_connector::{
    AccountItems, AddresseeNumber, Again, Answer, Class, Connector, ConnectorError, DependantLoss, EmploymentInsurance, Found, Income,
    IncomeState, Instant, InsurerKind, LeavingReason, LegalRow, Matter, Misfit, Qualification, Query, QueryId, Settings, Standing, Token,
    What,
};
use jorei_domain::calendar::Date;
use jorei_domain::money::Yen;
use jorei_domain::purpose::{Affair, CaseReference};
use jorei_neighbour::Neighbour;
use jorei_neighbour::control::{Faults, Garbage, GarbageKind, Maintenance};
use jorei_neighbour::register::{ChangedAfter, Entry, OTHER_HOLDER, PersonFault, SHARES, Seed};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Longer than anything takes that is to succeed.
const LONG: Duration = Duration::from_secs(60);

/// Shorter than anything that hangs.
const SHORT: Duration = Duration::from_millis(200);

fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_jorei-neighbour"))
}

struct Trial {
    neighbour: Neighbour,
    connector: Connector,
    _folder: tempfile::TempDir,
}

impl Trial {
    fn new() -> Trial {
        let folder = tempfile::tempdir().unwrap();
        let neighbour = Neighbour::start(binary(), folder.path()).unwrap();
        let connector = Connector::new(neighbour.settings(LONG).unwrap()).unwrap();
        Trial { neighbour, connector, _folder: folder }
    }

    fn impatient(&self) -> Connector {
        Connector::new(self.neighbour.settings(SHORT).unwrap()).unwrap()
    }

    async fn faults(&self, faults: Faults) {
        self.neighbour.faults(&faults).await.unwrap();
    }

    /// Asks, waits until all is answered, reads everything.
    async fn told(&self, queries: &[Query]) -> Vec<Answer> {
        self.connector.ask(queries).await.unwrap();
        self.neighbour.settled().await.unwrap();
        self.connector.answers(0, PAGE_ANSWERS).await.unwrap()
    }
}

fn query(number: u8, subject: i64, what: What) -> Query {
    Query {
        id: QueryId::new([number; 16]),
        matter: Matter::parse("refund").unwrap(),
        legal_row: if what == What::Account { LegalRow::AccountRegister } else { LegalRow::Row69 },
        affair: Affair::Collection,
        case: CaseReference::parse("K-2026-15").unwrap(),
        subject: AddresseeNumber::new(subject).unwrap(),
        what,
        on: Date::new(2026, 11, 23),
    }
}

fn account(holder: &str) -> AccountItems {
    AccountItems {
        bank_code: "9990".into(),
        bank_kana: "ミホンギンコウ".into(),
        branch_code: "001".into(),
        branch_kana: "ミホン".into(),
        kind_code: "1".into(),
        number: "0000019".into(),
        holder_kana: holder.into(),
        registered_on: Some(Date::new(2024, 2, 29)),
        changed_on: None,
    }
}

fn held(holder: &str) -> Entry {
    Entry { account: Some(account(holder)), ..Entry::default() }
}

fn found(answer: &Answer) -> &AccountItems {
    match &answer.standing {
        Standing::Present(Found::Account(account)) => account,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn whatever_the_registers_say_arrives_as_it_stands_there() {
    let trial = Trial::new();
    let mut income = Income::bare(2025, IncomeState::Known);
    income.salary_yen = Some(Yen::new(1_234_000));
    income.other_yen = Some(Yen::new(-50_000));
    income.adjustment_ground = Some(true);
    let qualification =
        Qualification { insurer: InsurerKind::EmployeesInsurance, acquired: Date::new(2026, 4, 1), lost: Some(Date::new(2026, 9, 1)) };
    let dependant = DependantLoss { lost: Date::new(2026, 10, 1) };
    let left =
        EmploymentInsurance { left: Date::new(2026, 3, 31), reason: LeavingReason::parse("11").unwrap(), class: Some(Class::Special) };
    let entry = Entry {
        incomes: vec![Income::bare(2024, IncomeState::Undeclared), income.clone()],
        qualification: Some(qualification.clone()),
        dependant_loss: Some(dependant.clone()),
        employment_insurance: Some(left.clone()),
        ..held("ミホン ハナコ")
    };
    trial.neighbour.register(7, &entry).await.unwrap();
    let asked = [
        (What::Account, Standing::Present(Found::Account(account("ミホン ハナコ")))),
        (What::Income { year: 2025 }, Standing::Present(Found::Income(income))),
        (What::Income { year: 2024 }, Standing::Present(Found::Income(Income::bare(2024, IncomeState::Undeclared)))),
        (What::Income { year: 2023 }, Standing::NotFound),
        (What::Qualification, Standing::Present(Found::Qualification(qualification))),
        (What::DependantLoss, Standing::Present(Found::DependantLoss(dependant))),
        (What::EmploymentInsurance, Standing::Present(Found::EmploymentInsurance(left))),
    ];
    let queries: Vec<Query> = (1..).zip(&asked).map(|(number, (what, _))| query(number, 7, *what)).collect();
    let answers = trial.told(&queries).await;
    assert_eq!(answers.len(), asked.len());
    for ((answer, query), (what, standing)) in answers.iter().zip(&queries).zip(asked) {
        assert_eq!(answer.fits(query), Ok(()), "{what:?}");
        assert!(answer.standing == standing, "{what:?}: {answer:?}");
    }
    let misfit = answers[1].fits(&Query { what: What::Income { year: 2024 }, ..queries[1].clone() });
    assert_eq!(misfit, Err(Misfit::Year { asked: 2024, found: 2025 }));
    let misfit = answers[0].fits(&Query { what: What::Qualification, ..queries[0].clone() });
    assert_eq!(misfit, Err(Misfit::Kind { asked: "qualification", found: "account" }));
}

#[tokio::test]
async fn every_standing_of_an_addressee_is_told_apart() {
    let trial = Trial::new();
    let faulty = |fault| Entry { fault: Some(fault), qualification: None, ..held("ミホン ハナコ") };
    let entries = BTreeMap::from([
        (1, held("ミホン ハナコ")),
        (2, Entry::default()),
        (3, faulty(PersonFault::NotRegistered)),
        (4, faulty(PersonFault::Suspended)),
        (5, faulty(PersonFault::NotFound)),
        (6, faulty(PersonFault::NotLinked)),
        (7, faulty(PersonFault::IdentifierError)),
        (8, faulty(PersonFault::UnderCorrection)),
    ]);
    trial.neighbour.register_all(&entries).await.unwrap();
    trial.neighbour.register(9, &held("ミホン ハナコ")).await.unwrap();
    trial.neighbour.forget(9).await.unwrap();
    let queries: Vec<Query> = (1..=9).map(|subject| query(subject, i64::from(subject), What::Account)).collect();
    let words: Vec<&str> = trial.told(&queries).await.iter().map(|answer| answer.standing.word()).collect();
    assert_eq!(
        words,
        [
            "present",
            "not_registered",
            "not_registered",
            "suspended",
            "not_found",
            "not_linked",
            "identifier_error",
            "under_correction",
            "not_found"
        ]
    );
}

#[tokio::test]
async fn an_account_changes_between_two_queries_and_may_stand_in_another_name() {
    let trial = Trial::new();
    let other = AccountItems { number: "0000027".into(), ..account("ミホン ハナコ") };
    let change = ChangedAfter { answers: 1, account: Some(other.clone()) };
    trial.neighbour.register(1, &Entry { changed_after: Some(change), ..held("ミホン ハナコ") }).await.unwrap();
    trial.neighbour.register(2, &Entry { holder: Some(OTHER_HOLDER.into()), ..held("ミホン ハナコ") }).await.unwrap();
    // Questions about something else do not count.
    trial.told(&[query(1, 1, What::Qualification)]).await;
    trial.told(&[query(2, 1, What::Account)]).await;
    trial.told(&[query(3, 1, What::Account)]).await;
    let answers = trial.told(&[query(4, 2, What::Account)]).await;
    assert!(*found(&answers[1]) == account("ミホン ハナコ") && *found(&answers[2]) == other);
    assert!(*found(&answers[3]) == account(OTHER_HOLDER));
}

#[tokio::test]
async fn the_same_query_is_taken_once_and_other_content_under_its_id_never() {
    let trial = Trial::new();
    let queries = [query(1, 1, What::Account), query(2, 2, What::Account)];
    let first = trial.connector.ask(&queries).await.unwrap();
    assert_eq!((first.new, first.known), (vec![queries[0].id, queries[1].id], vec![]));
    let again = trial.connector.ask(&[queries[1].clone(), query(3, 3, What::Account)]).await.unwrap();
    assert_eq!((again.new, again.known), (vec![QueryId::new([3; 16])], vec![queries[1].id]));

    let other = trial.connector.ask(&[query(4, 4, What::Account), query(1, 9, What::Account)]).await.unwrap_err();
    let ConnectorError::Refused { problem } = &other else { panic!("{other}") };
    assert_eq!((problem.status, problem.code.as_str(), problem.query), (409, "other-content", Some(queries[0].id)));
    assert_eq!(other.again(), Again::NotUnchanged);

    let asked = trial.neighbour.settled().await.unwrap();
    assert_eq!((asked.accepted, asked.known, asked.answers, asked.open), (3, 1, 3, 0), "of the refused batch nothing was taken");
    let subjects: Vec<_> = asked.by.iter().map(|count| (count.what.as_str(), count.subject, count.count)).collect();
    assert_eq!(subjects, [("account", 1, 1), ("account", 2, 1), ("account", 3, 1)]);
    assert_eq!(trial.connector.ask(&[]).await.unwrap(), jorei_connector::Accepted::default());
}

#[tokio::test]
async fn what_cannot_be_served_is_refused_with_a_word_for_it() {
    let trial = Trial::new();
    let refused = |error: ConnectorError| match error {
        ConnectorError::Refused { problem } => (problem.status, problem.code),
        other => panic!("{other}"),
    };
    let settings = trial.neighbour.settings(LONG).unwrap();
    let stranger = Settings { token: Token::parse("some-other-secret").unwrap(), ..settings };
    let stranger = Connector::new(stranger).unwrap();
    assert_eq!(refused(stranger.ask(&[query(1, 1, What::Account)]).await.unwrap_err()), (401, "token".into()));
    assert_eq!(refused(stranger.answers(0, 1).await.unwrap_err()), (401, "token".into()));
    for limit in [0, PAGE_ANSWERS + 1] {
        assert_eq!(refused(trial.connector.answers(0, limit).await.unwrap_err()), (400, "too-many".into()));
    }
    let twice = [query(1, 1, What::Account), query(1, 1, What::Account)];
    assert_eq!(refused(trial.connector.ask(&twice).await.unwrap_err()), (400, "form".into()));
    let many: Vec<Query> =
        (0..=BATCH_QUERIES as u128).map(|number| Query { id: QueryId::new(number.to_be_bytes()), ..query(0, 1, What::Account) }).collect();
    assert_eq!(refused(trial.connector.ask(&many).await.unwrap_err()), (413, "too-many".into()));
    assert_eq!(trial.connector.ask(&many[1..]).await.unwrap().new.len(), BATCH_QUERIES, "a full batch is served");
}

#[tokio::test]
async fn the_server_reads_version_1_and_nothing_else() {
    let trial = Trial::new();
    let settings = trial.neighbour.settings(LONG).unwrap();
    let token = std::fs::read_to_string(trial.neighbour.token_file()).unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let good = r#"{"queries":[{"id":"abababababababababababababababab","matter":"refund","legal_row":"71","affair":"collection","case":"K-1","subject":1,"what":{"income":{"year":2025}},"on":"2026-11-23"}]}"#;
    let posted = async |body: String| {
        let request = client.post(format!("{}v1/queries", settings.url)).bearer_auth(&token).body(body);
        request.send().await.unwrap().status().as_u16()
    };
    for (from, to) in [
        ("\"subject\":1", "\"subject\":1,\"name\":\"x\""),
        ("\"subject\":1", "\"subject\":0"),
        ("\"subject\":1", "\"subject\":\"1\""),
        ("\"on\":\"2026-11-23\"", "\"on\":\"2026-11-31\""),
        ("\"71\"", "\"72\""),
        ("\"K-1\"", "\"123456789012\""),
        ("{\"year\":2025}", "{\"year\":2025,\"month\":1}"),
        ("\"matter\":\"refund\",", ""),
        ("]}", "]} "),
    ] {
        let status = posted(good.replacen(from, to, 1)).await;
        assert_eq!(status, if to == "]} " { 200 } else { 400 }, "{to}");
    }
    assert_eq!(trial.neighbour.asked().await.unwrap().accepted, 1);
}

#[tokio::test]
async fn answers_come_when_they_come_and_reading_again_is_harmless() {
    let trial = Trial::new();
    trial.neighbour.register(1, &held("ミホン ハナコ")).await.unwrap();
    trial.faults(Faults { hold: true, ..Faults::default() }).await;
    let asked = query(1, 1, What::Account);
    trial.connector.ask(std::slice::from_ref(&asked)).await.unwrap();
    assert_eq!(trial.connector.answers(0, 10).await.unwrap(), [], "none yet");
    assert_eq!(trial.neighbour.asked().await.unwrap().open, 1);
    trial.faults(Faults { delay_ms: 5, ..Faults::default() }).await;
    assert_eq!(trial.neighbour.settled().await.unwrap().open, 0);
    let answers = trial.connector.answers(0, 10).await.unwrap();
    assert!(answers.len() == 1 && answers[0].sequence == 1 && answers[0].fits(&asked) == Ok(()));
    assert!(Instant::parse(answers[0].at.as_str()).is_ok());
    assert_eq!(trial.connector.answers(0, 10).await.unwrap(), answers);
    assert_eq!(trial.connector.answers(1, 10).await.unwrap(), []);
    assert_eq!(trial.connector.answers(u64::MAX, 10).await.unwrap(), []);
}

#[tokio::test]
async fn answers_that_come_twice_and_in_another_order_are_all_read_page_by_page() {
    let trial = Trial::new();
    trial.faults(Faults { repeat: true, shuffle: true, hold: true, ..Faults::default() }).await;
    let queries: Vec<Query> = (1..=50).map(|number| query(number, i64::from(number), What::Account)).collect();
    trial.connector.ask(&queries).await.unwrap();
    trial.faults(Faults { repeat: true, shuffle: true, ..Faults::default() }).await;
    trial.neighbour.settled().await.unwrap();
    let (mut after, mut answers) = (0, Vec::new());
    loop {
        let page = trial.connector.answers(after, 7).await.unwrap();
        let Some(last) = page.last() else { break };
        after = last.sequence;
        answers.extend(page);
    }
    let numbers: Vec<u64> = answers.iter().map(|answer| answer.sequence).collect();
    assert_eq!(numbers, (1..=100).collect::<Vec<u64>>(), "no number is missing and none comes twice");
    let mut times: BTreeMap<QueryId, u32> = BTreeMap::new();
    for answer in &answers {
        *times.entry(answer.query).or_default() += 1;
    }
    assert!(times.len() == 50 && times.values().all(|times| *times == 2));
    let order: Vec<QueryId> = answers[..50].iter().map(|answer| answer.query).collect();
    assert_ne!(order, queries.iter().map(|query| query.id).collect::<Vec<_>>(), "another order than they were asked in");
}

#[tokio::test]
async fn a_lost_query_is_answered_when_it_is_asked_again() {
    let trial = Trial::new();
    trial.faults(Faults { lose: 2, ..Faults::default() }).await;
    let queries: Vec<Query> = (1..=3).map(|number| query(number, 1, What::Account)).collect();
    assert_eq!(trial.told(&queries).await.len(), 1, "two were lost");
    let again = trial.connector.ask(&queries).await.unwrap();
    assert_eq!((again.new.len(), again.known.len()), (2, 1));
    let asked = trial.neighbour.settled().await.unwrap();
    assert_eq!((asked.lost, asked.answers), (2, 3));

    trial.faults(Faults { lose_per_100: 50, ..Faults::default() }).await;
    let queries: Vec<Query> = (10..=109).map(|number| query(number, 1, What::Account)).collect();
    let mut rounds = 0;
    while !trial.connector.ask(&queries).await.unwrap().new.is_empty() {
        rounds += 1;
        assert!(rounds < 64, "half of a hundred, 64 times over");
    }
    assert!(rounds > 2, "{rounds}");
    let asked = trial.neighbour.settled().await.unwrap();
    assert!(asked.lost > 50 && asked.answers == 103, "{asked:?}");
}

#[tokio::test]
async fn maintenance_says_until_when() {
    let trial = Trial::new();
    let closed = |until: Option<&str>| Faults { maintenance: Some(Maintenance { until: until.map(str::to_owned) }), ..Faults::default() };
    trial.faults(closed(Some("2026-12-31T21:00:00Z"))).await;
    let until = Instant::parse("2026-12-31T21:00:00Z").unwrap();
    let error = trial.connector.ask(&[query(1, 1, What::Account)]).await.unwrap_err();
    assert_eq!(error, ConnectorError::Maintenance { until: Some(until.clone()) });
    assert_eq!(error.again(), Again::NotBefore(until));
    trial.faults(closed(None)).await;
    let error = trial.connector.answers(0, 1).await.unwrap_err();
    assert_eq!((error.again(), error), (Again::Later, ConnectorError::Maintenance { until: None }));
    trial.faults(Faults::default()).await;
    assert_eq!(trial.told(&[query(1, 1, What::Account)]).await.len(), 1);
}

#[tokio::test]
async fn an_answer_that_never_comes_ends_with_the_time_and_the_query_was_taken() {
    let trial = Trial::new();
    let asked = [query(1, 1, What::Account)];
    trial.faults(Faults { hang: 1, ..Faults::default() }).await;
    let error = trial.impatient().ask(&asked).await.unwrap_err();
    assert_eq!((error.again(), error), (Again::Later, ConnectorError::Timeout { after: SHORT }));
    assert_eq!(trial.connector.ask(&asked).await.unwrap().known, [asked[0].id]);
    assert_eq!(trial.neighbour.settled().await.unwrap().answers, 1);
}

#[tokio::test]
async fn a_connection_that_breaks_halfway_loses_nothing() {
    let trial = Trial::new();
    let asked = [query(1, 1, What::Account)];
    trial.faults(Faults { cut: 2, ..Faults::default() }).await;
    let error = trial.connector.ask(&asked).await.unwrap_err();
    assert!(matches!(&error, ConnectorError::Unreachable { .. }), "{error}");
    assert_eq!(error.again(), Again::Later);
    trial.neighbour.settled().await.unwrap();
    assert!(matches!(trial.connector.answers(0, 10).await, Err(ConnectorError::Unreachable { .. })));
    assert_eq!(trial.connector.answers(0, 10).await.unwrap().len(), 1);
    assert_eq!(trial.connector.ask(&asked).await.unwrap().known, [asked[0].id]);
}

#[tokio::test]
async fn an_answer_that_dribbles_is_waited_for_as_long_as_the_settings_say() {
    let trial = Trial::new();
    trial.faults(Faults { slow_ms: 1, ..Faults::default() }).await;
    assert_eq!(trial.told(&[query(1, 1, What::Account)]).await.len(), 1);
    trial.faults(Faults { slow_ms: 60_000, ..Faults::default() }).await;
    assert_eq!(trial.impatient().answers(0, 10).await, Err(ConnectorError::Timeout { after: SHORT }));
}

#[tokio::test]
async fn garbage_is_refused_whole_and_the_next_page_is_read() {
    let trial = Trial::new();
    trial.neighbour.register(1, &held("ミホン ハナコ")).await.unwrap();
    let asked = query(1, 1, What::Account);
    let answers = trial.told(std::slice::from_ref(&asked)).await;
    for (kind, place) in
        [(GarbageKind::NotJson, "no JSON"), (GarbageKind::WrongField, "`next`"), (GarbageKind::Oversized, "longer than 8388608 bytes")]
    {
        trial.faults(Faults { garbage: Some(Garbage { kind, times: 1 }), ..Faults::default() }).await;
        let error = trial.connector.answers(0, 10).await.unwrap_err();
        let ConnectorError::Unreadable { what } = &error else { panic!("{error}") };
        assert!(what.contains(place) && !error.to_string().contains("ミホン"), "{error}");
        assert_eq!(error.again(), Again::Later);
        assert_eq!(trial.connector.answers(0, 10).await.unwrap(), answers, "{kind:?}");
    }
    trial.faults(Faults { garbage: Some(Garbage { kind: GarbageKind::OtherQuery, times: 1 }), ..Faults::default() }).await;
    let with_stray = trial.connector.answers(0, 10).await.unwrap();
    assert_eq!(with_stray.iter().map(|answer| answer.fits(&asked)).collect::<Vec<_>>(), [Ok(()), Err(Misfit::Query)]);
    assert_eq!(trial.neighbour.faults_left().await.unwrap().garbage.map(|garbage| garbage.times), Some(0));
}

#[tokio::test]
async fn a_killed_server_comes_back_with_its_queries_and_its_numbers() {
    let mut trial = Trial::new();
    trial.neighbour.register(1, &held("ミホン ハナコ")).await.unwrap();
    let before = trial.told(&[query(1, 1, What::Account)]).await;
    trial.faults(Faults { hold: true, ..Faults::default() }).await;
    trial.connector.ask(&[query(2, 1, What::Account)]).await.unwrap();
    trial.neighbour.kill().unwrap();
    let error = trial.connector.answers(0, 10).await.unwrap_err();
    assert!(matches!(&error, ConnectorError::Unreachable { .. }) && error.again() == Again::Later, "{error}");

    trial.neighbour.restart().unwrap();
    assert_eq!(trial.connector.answers(0, 10).await.unwrap(), before);
    let asked = trial.neighbour.asked().await.unwrap();
    assert_eq!((asked.accepted, asked.open), (2, 1), "the open one is still open");
    assert_eq!(trial.connector.ask(&[query(2, 1, What::Account)]).await.unwrap().known.len(), 1);
    trial.faults(Faults::default()).await;
    trial.neighbour.settled().await.unwrap();
    let after = trial.connector.answers(before[0].sequence, 10).await.unwrap();
    assert!(after.len() == 1 && after[0].sequence == 2 && *found(&after[0]) == account("ミホン ハナコ"));
}

#[tokio::test]
async fn a_city_from_a_seed_has_every_fault() {
    let trial = Trial::new();
    let seed = Seed { seed: 20_261_123, persons: (1..=100).collect(), names: BTreeMap::from([(5, "ミホン ゴロウ".to_owned())]) };
    let seeded = trial.neighbour.seed(&seed).await.unwrap();
    assert_eq!(seeded.counts.values().sum::<usize>(), 100);
    for (share, hundredths) in SHARES {
        assert_eq!(seeded.counts[share], hundredths, "{share}");
    }
    let queries: Vec<Query> = (1..=100).map(|number| query(number, i64::from(number), What::Account)).collect();
    let answers = trial.told(&queries).await;
    let mut words: BTreeMap<&str, usize> = BTreeMap::new();
    for answer in &answers {
        *words.entry(answer.standing.word()).or_default() += 1;
    }
    let expected = BTreeMap::from([
        ("present", 84),
        ("not_registered", 6),
        ("suspended", 2),
        ("not_found", 2),
        ("not_linked", 2),
        ("identifier_error", 2),
        ("under_correction", 2),
    ]);
    assert_eq!(words, expected, "those that change and those in another name are present");
    let present = || answers.iter().filter(|answer| answer.standing.word() == "present").map(found);
    assert_eq!(present().filter(|account| account.holder_kana == OTHER_HOLDER).count(), 2);
    assert!(present().map(|account| &account.number).collect::<BTreeSet<_>>().len() > 70, "accounts are not all the same");
}

/// A certificate of its own for this machine, and its key.
fn certificate(folder: &Path) {
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]);
    openssl.args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]);
    openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    openssl.arg("-keyout").arg(folder.join("key.pem")).arg("-out").arg(folder.join("certificate.pem"));
    let output = openssl.output().expect("openssl (cargo xtask setup)");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn over_tls_only_the_certificate_that_was_given_vouches_for_the_server() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    certificate(folder.path());
    certificate(elsewhere.path());
    let neighbour = Neighbour::start_tls(binary(), folder.path()).unwrap();
    let settings = neighbour.settings(LONG).unwrap();
    let asked = [query(1, 1, What::Account)];
    let connector = Connector::new(settings.clone()).unwrap();
    assert_eq!(connector.ask(&asked).await.unwrap().new.len(), 1);

    let other = std::fs::read(elsewhere.path().join("certificate.pem")).unwrap();
    for certificate in [None, Some(other)] {
        let stranger = Connector::new(Settings { certificate, ..settings.clone() }).unwrap();
        let error = stranger.answers(0, 1).await.unwrap_err();
        assert!(matches!(&error, ConnectorError::Unreachable { why } if why.contains("certificate")), "{error}");
    }
    let plain = Settings { url: settings.url.replacen("https", "http", 1), ..settings };
    let error = Connector::new(plain).unwrap().answers(0, 1).await.unwrap_err();
    assert!(matches!(error, ConnectorError::Unreachable { .. }), "nothing is served in the clear: {error}");
}

#[tokio::test]
async fn what_the_neighbour_is_told_is_read_strictly() {
    let trial = Trial::new();
    let shown = trial.neighbour.url();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("token"), "token-of-a-synthetic-office").unwrap();
    let run = |args: &[&str]| {
        let output = Command::new(binary()).arg("server").args(args).arg("--token-file").arg(folder.path().join("token")).output().unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (started, why) = run(&["--control", "0.0.0.0:0"]);
    assert!(!started && why.contains("--control is 0.0.0.0:0"), "{why}");
    let taken = shown.trim_start_matches("http://").trim_end_matches('/');
    let (started, why) = run(&["--listen", taken]);
    assert!(!started && why.contains(taken), "{why}");
    std::fs::write(folder.path().join("neighbour.json"), "{}").unwrap();
    let error = Neighbour::start(binary(), folder.path()).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("before it listened"), "{error}");

    let entry = Entry { account: Some(account("ミホン ハナコ")), ..Entry::default() };
    let mut form = serde_json::to_value(&entry).unwrap();
    form["account"]["extra"] = 1.into();
    let refused = trial.neighbour.register_form(1, &form).await.unwrap_err();
    assert!(refused.to_string().contains("account.extra"), "{refused}");
}
