//! Accounts, inquiries and payments: each answer once, each account for one matter, each order one file.

use super::acts::{enact, found, propose, sign};
use super::{LEARNT, day, office, some_revision, stamp};
use crate::acts::ActError;
use crate::decisions::NewDecision;
use crate::facts::Assertion;
use crate::inquiries::{Inquiry, NewAccount, NewAnswer, Stage, Use};
use crate::ledger::LedgerError;
use crate::orders::{Book, PayeeKind, PaymentOrder};
use crate::payees::{Holder, NewPayeeAccount, Sealed, Source};
use crate::payments::{Exception, NewFile, NewLine, NewOutcome, Outcome};
use crate::{Store, StoreError};
use jorei_domain::act::{Change, PayeeAccount, Release};
use jorei_domain::calendar::Date;
use jorei_domain::decision::{Decision, Evidence, Outcome as Decided};
use jorei_domain::id::{Digest, HouseholdId, Knowledge, Municipality, PersonId};
use jorei_domain::ledger::{Account, AccountKind, Event, Instalment, Overpayment, Phase, Posting, Transfer, TransferId};
use jorei_domain::money::Yen;
use jorei_domain::record::Kind;
use sqlx::{AssertSqlSafe, Executor as _};

const FIRST: Instalment = Instalment { year: 2025, collection: 0, number: 1 };

fn posting(name: &str, event: Event, debit: Account, credit: Account, yen: i64, phase: Phase) -> Posting {
    Posting {
        id: Digest::of(name.as_bytes()),
        event,
        booked_on: LEARNT,
        decision: None,
        reference: "checks".into(),
        transfers: vec![Transfer { debit, credit, yen: Yen::new(yen), phase, effective: LEARNT }],
        overpayments: vec![],
    }
}

/// A household that paid twice, and the order that pays it back; the number of the order is that of the household.
async fn ordered(store: &Store, office: Municipality, household: i64, yen: i64, replaces: Option<i64>) -> i64 {
    let revision = some_revision(store, office).await;
    let number = store.next_order(office).await.unwrap();
    let decision = Decision {
        municipality: office,
        slot: "refund".into(),
        household: HouseholdId(household),
        on: Date::new(2025, 4, i32::try_from(number).unwrap()),
        revision,
        evidence: Evidence::default(),
        outcome: Decided::Decided { provisional: false, results: vec![] },
        trace: Vec::new(),
        supersedes: None,
    };
    let recorded_at = stamp().at;
    let (knowledge, decided_on) = (Knowledge(1), LEARNT);
    let packed = NewDecision { decision, version: 1, knowledge, decided_on, fuel: 1, amount: None, recorded_at }.pack().unwrap();
    let id = HouseholdId(household);
    let (overpaid, unmatched) = (Account::overpaid(id, FIRST.overpayment(1)), Account::unmatched(number));
    let payable = Account::payable(id, number);
    let collected = Account::collected(1, LEARNT);
    let arisen =
        Overpayment { household: id, number: FIRST.overpayment(1), cause: 3, arose_on: LEARNT, requested_on: None, tax_notified_on: None };
    let refund = Posting {
        decision: Some(packed.id()),
        ..posting(&format!("refund {number}"), Event::RefundDecided, overpaid, payable, yen, Phase::Posted)
    };
    let mut postings = vec![refund.clone()];
    if replaces.is_none() {
        let matched = posting(&format!("over {number}"), Event::Matched, unmatched, overpaid, yen, Phase::Posted);
        let received = posting(&format!("in {number}"), Event::Received, collected, unmatched, yen, Phase::Posted);
        postings.splice(0..0, [received, Posting { overpayments: vec![arisen], ..matched }]);
    }
    let order = PaymentOrder {
        number,
        household: id,
        posting: refund.id,
        decision: packed.id(),
        payee_kind: PayeeKind::Head,
        payee: Some(PersonId(household)),
        principal: Yen::new(yen),
        interest: Yen::new(0),
        decided_on: LEARNT,
        replaces,
    };
    let book = Book { municipality: office, postings, orders: vec![order], dues: Vec::new() };
    store.save_run(std::slice::from_ref(&packed), &[], &[book], &stamp()).await.unwrap();
    number
}

fn sealed(bytes: &[u8], tag: &[u8]) -> Sealed {
    Sealed { sealed: bytes.to_vec(), tag: tag.to_vec() }
}

fn claimed(matter: i64, household: i64, bytes: &[u8], tag: &[u8]) -> NewPayeeAccount {
    NewPayeeAccount {
        matter,
        household: HouseholdId(household),
        source: Source::ClaimForm,
        inquiry: None,
        applied_on: LEARNT,
        obtained_on: LEARNT,
        holder: Holder::Exact,
        changed_on: None,
        sealed: sealed(bytes, tag),
    }
}

fn asked(number: u8, stage: Stage, matter: Option<i64>) -> Inquiry {
    Inquiry {
        id: format!("{number:032x}"),
        what: if stage == Stage::Facts { "dependant_loss".into() } else { "account".into() },
        year: None,
        legal_row: "69".into(),
        matter: "refund".into(),
        affair: "collection".into(),
        reference: "K-1".into(),
        stage,
        payment_matter: matter,
        household: Some(HouseholdId(1)),
        person: PersonId(1),
        on: LEARNT,
        asked_on: LEARNT,
    }
}

fn told(sequence: i64, number: u8, standing: &str) -> NewAnswer {
    NewAnswer {
        sequence,
        inquiry: format!("{number:032x}"),
        standing: standing.into(),
        unfit: None,
        said: String::new(),
        digest: None,
        account: None,
        facts: vec![],
        told_at: "2025-06-01T00:00:00Z".into(),
    }
}

fn with_account(answer: NewAnswer, bytes: &[u8], tag: &[u8]) -> NewAnswer {
    let account = NewAccount { sealed: sealed(bytes, tag), changed_on: None, holder: Holder::Exact };
    NewAnswer { account: Some(account), ..answer }
}

fn wrong<T: std::fmt::Debug>(result: Result<T, StoreError>, word: &str) {
    match result {
        Err(StoreError::Payment { wrong, .. }) => assert!(wrong.contains(word), "{wrong}"),
        other => panic!("expected a refusal that says {word:?}, got {other:?}"),
    }
}

/// Rows for the check of append-only tables: one in each.
pub(super) async fn fill(store: &Store, office: Municipality) {
    let order = ordered(store, office, 2, 500, None).await;
    let other = ordered(store, office, 3, 500, None).await;
    store.save_payee_account(office, &claimed(order, 2, b"sealed", b"tag"), &stamp()).await.unwrap();
    store.save_inquiries(office, &[asked(1, Stage::Fix, Some(order))], &stamp()).await.unwrap();
    store.save_sent(office, &[(format!("{:032x}", 1), String::new())], &stamp()).await.unwrap();
    store.save_answers(office, &[told(1, 1, "not_registered")], LEARNT, &stamp()).await.unwrap();
    let entry = sealed(b"sealed", b"tag").id();
    let lines = [(order, 500), (other, 500)].map(|(order, yen)| NewLine { order, entry, yen: Yen::new(yen), replaces: None });
    let gone = store.save_batch(office, (LEARNT, LEARNT), "s", "", &lines, &stamp()).await.unwrap();
    store.withdraw_batch(office, gone, "取下げ", &stamp()).await.unwrap();
    let batch = store.save_batch(office, (LEARNT, LEARNT), "s", "", &lines, &stamp()).await.unwrap();
    let act = release(store, office, batch).await;
    let held = batch * 1_000_000 + 2;
    cut(store, office, batch, act, &[(held, "payee_died")]).await.unwrap();
    let line = batch * 1_000_000 + 1;
    store.recall(office, line, "誤り", &stamp()).await.unwrap();
    let outcome = NewOutcome { line, outcome: Outcome::Failed, reason: "組戻し".into(), on: LEARNT };
    let exception = Exception { place: 1, line: "9".into(), what: "該当なし".into() };
    store.save_results(office, Digest::of(b"f"), &[outcome], &[exception], &[ended(line, 2, order, 500)], &stamp()).await.unwrap();
    let file = store.file_of_batch(office, batch).await.unwrap().unwrap();
    store.purge(office, &[file.entry], "rule", LEARNT, &stamp()).await.unwrap();
}

async fn release(store: &Store, office: Municipality, batch: i64) -> Digest {
    let found = store.batch(office, batch).await.unwrap().unwrap();
    let change = Release { batch, digest: found.digest, lines: found.lines, yen: found.yen.get() };
    found_office(store, office).await;
    enact(store, office, &[Change::Release(change)]).await;
    store.state(office, "release", &batch.to_string()).await.unwrap().unwrap().0
}

async fn found_office(store: &Store, office: Municipality) {
    found(store, office).await;
}

/// What a line posts when it leaves.
fn sent(line: i64, household: i64, order: i64, yen: i64) -> Posting {
    let payable = Account::payable(HouseholdId(household), order);
    posting(&format!("sent {line}"), Event::Sent, payable, Account::bank(), yen, Phase::Pending)
}

fn ended(line: i64, household: i64, order: i64, yen: i64) -> Posting {
    let payable = Account::payable(HouseholdId(household), order);
    let of = TransferId { posting: Digest::of(format!("sent {line}").as_bytes()), line: 0 };
    posting(&format!("failed {line}"), Event::Failed, payable, Account::bank(), yen, Phase::Void(of))
}

async fn cut(
    store: &Store,
    office: Municipality,
    batch: i64,
    act: Digest,
    held: &[(i64, &str)],
) -> Result<crate::payments::File, StoreError> {
    let lines = store.lines_of_batch(office, batch).await.unwrap();
    let gone: Vec<_> = lines.iter().filter(|line| held.iter().all(|(held, _)| *held != line.id)).collect();
    let postings: Vec<Posting> = gone.iter().map(|line| sent(line.id, line.household.0, line.order, line.yen.get())).collect();
    let file = NewFile {
        batch,
        act,
        sealed: sealed(format!("file of {batch}").as_bytes(), b""),
        sha256: Digest::of(b"file"),
        lines: u32::try_from(gone.len()).unwrap(),
        yen: Yen::new(gone.iter().map(|line| line.yen.get()).sum()),
        held: held.iter().map(|(line, why)| (*line, (*why).to_owned())).collect(),
    };
    store.save_file(office, &file, &postings, &stamp()).await
}

pub(super) async fn check(store: &Store) {
    check_accounts(store).await;
    check_answers(store).await;
    check_facts(store).await;
    check_batches(store).await;
    check_results(store).await;
    check_race(store).await;
    check_purge(store).await;
}

/// An account is of one matter, and an act can name none other.
async fn check_accounts(store: &Store) {
    let office = office(250);
    let first = ordered(store, office, 1, 700, None).await;
    let other = ordered(store, office, 2, 700, None).await;
    let account = claimed(first, 1, b"one", b"same");
    let number = store.save_payee_account(office, &account, &stamp()).await.unwrap();
    // Sealed again the bytes are others; the account and what it is for are the same.
    let again = NewPayeeAccount { sealed: sealed(b"two", b"same"), ..account.clone() };
    assert_eq!(store.save_payee_account(office, &again, &stamp()).await.unwrap(), number);
    assert_eq!(store.payee_accounts(office, first).await.unwrap().len(), 1);
    assert!(store.payee_accounts(office, other).await.unwrap().is_empty());
    assert!(store.account_shared_with(office, b"same", HouseholdId(1)).await.unwrap().is_empty());
    store.save_payee_account(office, &claimed(other, 2, b"three", b"same"), &stamp()).await.unwrap();
    assert_eq!(store.account_shared_with(office, b"same", HouseholdId(1)).await.unwrap(), [HouseholdId(2)]);
    wrong(store.save_payee_account(office, &claimed(9, 1, b"four", b"t"), &stamp()).await, "no such payment order");
    found(store, office).await;
    let change = |order, entry| Change::PayeeAccount(PayeeAccount { order, entry, findings: vec![] });
    let of_other = super::acts::act(store, office, "other", &[change(other, account.sealed.id())]).await;
    wrong(propose(store, &of_other).await, "another matter");
    let unknown = super::acts::act(store, office, "none", &[change(first, Digest::of(b"none"))]).await;
    wrong(propose(store, &unknown).await, "no such account");
    enact(store, office, &[change(first, account.sealed.id())]).await;
    assert!(store.check_sealed(office).await.unwrap().is_empty());
    assert_eq!(store.audit_verify(office, &[], |_| {}).await.unwrap(), []);
}

/// Each answer is applied once, whatever the order and how often it comes.
async fn check_answers(store: &Store) {
    let office = office(251);
    let order = ordered(store, office, 1, 700, None).await;
    let fix = asked(1, Stage::Fix, Some(order));
    assert_eq!(store.save_inquiries(office, std::slice::from_ref(&fix), &stamp()).await.unwrap(), 1);
    assert_eq!(store.save_inquiries(office, std::slice::from_ref(&fix), &stamp()).await.unwrap(), 0);
    wrong(store.save_inquiries(office, &[Inquiry { person: PersonId(2), ..fix.clone() }], &stamp()).await, "another inquiry");
    store.save_inquiries(office, &[asked(2, Stage::Check, Some(order))], &stamp()).await.unwrap();
    assert_eq!(store.unsent_inquiries(office, 9).await.unwrap().len(), 2);
    let sending = [(fix.id.clone(), String::new()), (format!("{:032x}", 2), "refused".into())];
    store.save_sent(office, &sending, &stamp()).await.unwrap();
    store.save_sent(office, &sending, &stamp()).await.unwrap();
    assert!(store.unsent_inquiries(office, 9).await.unwrap().is_empty());
    assert_eq!(store.inquiries(office, true, 0, 9).await.unwrap().len(), 2);

    let page = [
        with_account(told(3, 1, "present"), b"a", b"A"),
        // The same again, sealed anew; another account; nobody's; one that cannot be read.
        with_account(told(4, 1, "present"), b"b", b"A"),
        with_account(told(5, 1, "present"), b"c", b"C"),
        with_account(told(6, 77, "present"), b"d", b"D"),
        NewAnswer { unfit: Some("kind".into()), ..told(7, 2, "present") },
    ];
    let expected = [Use::Applied, Use::Repeated, Use::Contradicted, Use::Unknown, Use::Unfit].map(Some);
    assert_eq!(store.save_answers(office, &page, LEARNT, &stamp()).await.unwrap(), expected);
    assert_eq!(store.save_answers(office, &page, LEARNT, &stamp()).await.unwrap(), [None; 5]);
    assert_eq!(store.last_answer(office).await.unwrap(), 7);
    // One that came late under a lower number, and one that comes again in another page.
    let late = [told(1, 2, "suspended"), with_account(told(8, 1, "present"), b"e", b"A"), told(9, 1, "suspended")];
    let uses = store.save_answers(office, &late, LEARNT, &stamp()).await.unwrap();
    assert_eq!(uses, [Use::Applied, Use::Repeated, Use::Contradicted].map(Some));
    let accounts = store.payee_accounts(office, order).await.unwrap();
    assert_eq!(accounts.len(), 1);
    assert_eq!((accounts[0].entry, accounts[0].source), (sealed(b"a", b"A").id(), Source::PublicAccount));
    // What nobody asked for is not kept.
    assert_eq!(store.sealed(office, sealed(b"d", b"D").id()).await.unwrap(), None);
    let exceptions: Vec<i64> = store.answer_exceptions(office, 0, 9).await.unwrap().iter().map(|answer| answer.sequence).collect();
    assert_eq!(exceptions, [5, 6, 7, 9]);
    assert_eq!(store.answers_of_matter(office, order).await.unwrap().len(), 7);
    let found = store.inquiries_of_matter(office, order).await.unwrap();
    let answered: Vec<_> = found.iter().map(|one| one.answer.as_ref().map(|answer| answer.standing.as_str())).collect();
    assert_eq!(answered, [Some("present"), Some("suspended")]);
    assert!(store.inquiries(office, true, 0, 9).await.unwrap().is_empty());
    assert_eq!(store.audit_verify(office, &[], |_| {}).await.unwrap(), []);
}

/// What an answer says is learnt once, under the number that the answer names.
async fn check_facts(store: &Store) {
    let office = office(252);
    store.save_inquiries(office, &[asked(1, Stage::Facts, None)], &stamp()).await.unwrap();
    let fact = Assertion {
        person: PersonId(1),
        kind: Kind::Deaths,
        item: 0,
        from: day("2025-05-01"),
        until: Date::MAX,
        household: None,
        values: Some(vec![]),
        source: "情報連携 照会番号1".into(),
    };
    let answer = |sequence| NewAnswer { facts: vec![fact.clone()], digest: Some(Digest::of(b"x")), ..told(sequence, 1, "present") };
    assert_eq!(store.save_answers(office, &[answer(1)], LEARNT, &stamp()).await.unwrap(), [Some(Use::Applied)]);
    let learnt = store.latest_knowledge(office).await.unwrap();
    assert_eq!(store.save_answers(office, &[answer(2)], LEARNT, &stamp()).await.unwrap(), [Some(Use::Repeated)]);
    assert_eq!(store.latest_knowledge(office).await.unwrap(), learnt);
    let other = NewAnswer { digest: Some(Digest::of(b"y")), ..answer(3) };
    assert_eq!(store.save_answers(office, &[other], LEARNT, &stamp()).await.unwrap(), [Some(Use::Contradicted)]);
    let facts = store.person_facts(office, PersonId(1), Knowledge(i64::MAX)).await.unwrap();
    assert_eq!(facts.len(), 1);
    let kept = store.inquiry(office, &format!("{:032x}", 1)).await.unwrap().unwrap().answer.unwrap();
    assert_eq!(kept.knowledge, Some(learnt));
    assert_eq!(store.audit_verify(office, &[], |_| {}).await.unwrap(), []);
}

/// A batch is released on its day by two, as it is, and cut once.
async fn check_batches(store: &Store) {
    let office = office(253);
    let order = ordered(store, office, 1, 700, None).await;
    let entry = claimed(order, 1, b"one", b"A").sealed.id();
    store.save_payee_account(office, &claimed(order, 1, b"one", b"A"), &stamp()).await.unwrap();
    let line = NewLine { order, entry, yen: Yen::new(700), replaces: None };
    wrong(store.save_batch(office, (LEARNT, LEARNT), "s", "", &[], &stamp()).await, "999,999");
    let batch = store.save_batch(office, (LEARNT, LEARNT), "s", "", std::slice::from_ref(&line), &stamp()).await.unwrap();
    wrong(store.save_batch(office, (LEARNT, LEARNT), "s", "", std::slice::from_ref(&line), &stamp()).await, "in a batch already");
    found(store, office).await;
    let kept = store.batch(office, batch).await.unwrap().unwrap();
    let good = Release { batch, digest: kept.digest, lines: 1, yen: 700 };
    for bad in [Release { yen: 701, ..good.clone() }, Release { digest: Digest::of(b"x"), ..good.clone() }] {
        let act = super::acts::act(store, office, "bad", &[Change::Release(bad)]).await;
        wrong(propose(store, &act).await, "not what the act says");
    }
    wrong(cut(store, office, batch, Digest::of(b"nobody"), &[]).await, "two people");
    let act = super::acts::act(store, office, "go", &[Change::Release(good.clone())]).await;
    let id = propose(store, &act).await.unwrap();
    assert!(matches!(sign(store, office, id, "tanaka").await, Err(StoreError::Act(ActError::OwnAct { .. }))));
    wrong(cut(store, office, batch, id, &[]).await, "two people");
    // On the next day the interest would end on another day.
    let late = store.sign(office, id, "suzuki", crate::acts::Verdict::Approve, "signed", LEARNT.tomorrow(), &stamp()).await;
    wrong(late, "for another day");
    sign(store, office, id, "suzuki").await.unwrap();
    let again = super::acts::act(store, office, "again", &[Change::Release(good)]).await;
    wrong(propose(store, &again).await, "released already");
    let file = cut(store, office, batch, id, &[]).await.unwrap();
    assert_eq!((file.serial, file.lines, file.yen), (1, 1, Yen::new(700)));
    assert_eq!(cut(store, office, batch, id, &[]).await.unwrap(), file);
    wrong(store.withdraw_batch(office, batch, "遅い", &stamp()).await, "cut");
    let payable = store.balance(office, Account::payable(HouseholdId(1), order)).await.unwrap();
    assert_eq!((payable.open_credit(), payable.debits_pending), (0, 700));
    assert!(store.check_ledger(office).await.unwrap().is_empty());
    assert_eq!(store.audit_verify(office, &[], |_| {}).await.unwrap(), []);
}

/// Results are taken in once; a line that failed frees its order, and no other does.
async fn check_results(store: &Store) {
    let office = office(254);
    let order = ordered(store, office, 1, 700, None).await;
    store.save_payee_account(office, &claimed(order, 1, b"one", b"A"), &stamp()).await.unwrap();
    let line = NewLine { order, entry: sealed(b"one", b"A").id(), yen: Yen::new(700), replaces: None };
    let batch = store.save_batch(office, (LEARNT, LEARNT), "s", "", std::slice::from_ref(&line), &stamp()).await.unwrap();
    let act = release(store, office, batch).await;
    wrong(store.recall(office, batch * 1_000_000 + 1, "誤り", &stamp()).await, "did not leave");
    cut(store, office, batch, act, &[]).await.unwrap();
    let id = batch * 1_000_000 + 1;
    store.recall(office, id, "誤り", &stamp()).await.unwrap();
    store.recall(office, id, "誤り", &stamp()).await.unwrap();
    let failed = NewOutcome { line: id, outcome: Outcome::Failed, reason: "口座なし".into(), on: LEARNT };
    let posting = [ended(id, 1, order, 700)];
    let source = Digest::of(b"bank's file");
    let results = store.save_results(office, source, std::slice::from_ref(&failed), &[], &posting, &stamp()).await.unwrap();
    assert_eq!((results.call, results.failed, results.paid), (1, 1, 0));
    assert_eq!(store.save_results(office, source, &[], &[], &[], &stamp()).await.unwrap(), results);
    let twice = store.save_results(office, Digest::of(b"other"), &[failed], &[], &[], &stamp()).await;
    assert!(matches!(twice, Err(StoreError::Database(_))), "{twice:?}");
    let found = store.payment_line(office, id).await.unwrap().unwrap();
    assert!(found.recalled && !found.is_live(LEARNT) && found.outcome() == Some(Outcome::Failed));
    wrong(
        store.recall(office, id, "誤り", &stamp()).await.map(|()| 0).and(store.recall(office, 5, "x", &stamp()).await),
        "no such payment",
    );
    let next = NewLine { replaces: Some(id), ..line };
    let second = store.save_batch(office, (LEARNT, LEARNT), "s", "", &[next], &stamp()).await.unwrap();
    assert_eq!(store.lines_of_order(office, order).await.unwrap().iter().map(|line| line.batch).collect::<Vec<_>>(), [batch, second]);
    assert!(store.check_ledger(office).await.unwrap().is_empty());
    assert_eq!(store.audit_verify(office, &[], |_| {}).await.unwrap(), []);
}

/// Of two who cut, or who send the order by two ways, one has an effect.
async fn check_race(store: &Store) {
    let office = office(255);
    let order = ordered(store, office, 1, 700, None).await;
    store.save_payee_account(office, &claimed(order, 1, b"one", b"A"), &stamp()).await.unwrap();
    let line = NewLine { order, entry: sealed(b"one", b"A").id(), yen: Yen::new(700), replaces: None };
    let lines = std::slice::from_ref(&line);
    let by = stamp();
    let batch = |_| store.save_batch(office, (LEARNT, LEARNT), "s", "", lines, &by);
    let (one, other) = tokio::join!(batch(1), batch(2));
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    let batch = one.or(other).unwrap();
    let act = release(store, office, batch).await;
    let (one, other) = tokio::join!(cut(store, office, batch, act, &[]), cut(store, office, batch, act, &[]));
    assert_eq!(one.unwrap(), other.unwrap());
    let elsewhere = posting("elsewhere", Event::Sent, Account::payable(HouseholdId(1), order), Account::bank(), 700, Phase::Pending);
    let twice = store.post(office, &[elsewhere], &stamp()).await;
    assert!(matches!(twice, Err(StoreError::Ledger(LedgerError::Short(_)))), "{twice:?}");
    let open = store.open_accounts(office, AccountKind::Payable, None, 9).await.unwrap();
    assert_eq!(open.iter().map(|(_, balance)| balance.debits_pending).sum::<i64>(), 700);
}

/// What is destroyed leaves a record, and nothing else can be.
async fn check_purge(store: &Store) {
    let office = office(256);
    let order = ordered(store, office, 1, 700, None).await;
    let later = {
        let payable = Account::payable(HouseholdId(1), order);
        let overpaid = Account::overpaid(HouseholdId(1), FIRST.overpayment(1));
        let back = posting("back", Event::RefundWithdrawn, payable, overpaid, 700, Phase::Posted);
        store.post(office, &[back], &stamp()).await.unwrap();
        ordered(store, office, 1, 700, Some(order)).await
    };
    assert_eq!(store.payment_matter(office, later).await.unwrap(), order);
    assert_eq!(store.orders_of_matter(office, order).await.unwrap(), [order, later]);
    wrong(store.save_payee_account(office, &claimed(later, 1, b"x", b"X"), &stamp()).await, "the first one");
    let (one, kept) = (claimed(order, 1, b"one", b"A"), claimed(order, 1, b"two", b"B"));
    store.save_payee_account(office, &one, &stamp()).await.unwrap();
    store.save_payee_account(office, &kept, &stamp()).await.unwrap();
    assert_eq!(store.sealed_matters(office).await.unwrap(), [order]);
    assert_eq!(store.sealed_of_matter(office, order).await.unwrap().len(), 2);
    let past = format!("DELETE FROM sealed_content WHERE municipality = {}", office.number());
    assert!(store.pool.execute(AssertSqlSafe(past)).await.is_err());
    assert_eq!(store.purge(office, &[one.sealed.id()], "closed", LEARNT, &stamp()).await.unwrap(), 1);
    assert_eq!(store.purge(office, &[one.sealed.id()], "closed", LEARNT, &stamp()).await.unwrap(), 0);
    assert_eq!(store.sealed(office, one.sealed.id()).await.unwrap(), None);
    assert_eq!(store.sealed(office, kept.sealed.id()).await.unwrap(), Some(kept.sealed.clone()));
    assert_eq!(store.payee_accounts(office, order).await.unwrap().iter().filter(|account| account.tag.is_none()).count(), 1);
    assert_eq!(store.purges(office).await.unwrap().len(), 1);
    found(store, office).await;
    let change = Change::PayeeAccount(PayeeAccount { order, entry: one.sealed.id(), findings: vec![] });
    wrong(propose(store, &super::acts::act(store, office, "gone", &[change]).await).await, "destroyed");
    assert!(store.check_sealed(office).await.unwrap().is_empty());
    assert_eq!(store.audit_verify(office, &[], |_| {}).await.unwrap(), []);
}
