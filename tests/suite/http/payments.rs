//! Payments over HTTP: the account of a claim form is entered and confirmed by two, a batch is released by two, and what the bank
//! says of it is taken in. The account's number leaves in nothing but the bank's file.
//!
//! Absent: what the register and the bank answer over a socket, which `money::payees` has.

use super::{HOUSEHOLD, balances, billed, hand_in, payment, slip};
use jorei_bank::account::{AccountNumber, BankCode, BranchCode};
use jorei_bank::file::PaymentNumber;
use jorei_bank::results::{Encoding, OwnForm, Reason, Status, TransferResult};
use jorei_domain::business_days::Calendar;
use jorei_domain::calendar::Date;
use jorei_domain::decision::{Decision, Evidence, Outcome};
use jorei_domain::id::{Digest, HouseholdId, PersonId};
use jorei_domain::ledger::{Account, Event, Phase, Posting, Transfer};
use jorei_domain::money::Yen;
use jorei_service::payees::{AccountVault, Watch};
use jorei_service::payments::{self, Cut, PaymentError};
use jorei_store::decisions::NewDecision;
use jorei_store::orders::{Book, PayeeKind, PaymentOrder};
use jorei_tests::built;
use jorei_tests::city_hall::{Answer, CityHall, Client, Database, Service, base64, unique};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::cell::RefCell;

/// The number of the account; nothing else here has these digits.
const NUMBER: &str = "7654319";

/// A day from today on, by the clock that the service has, of which this is so.
fn day_with(holds: impl Fn(Date) -> bool) -> Date {
    let today = jiff::tz::Offset::constant(9).to_datetime(jiff::Timestamp::now()).date();
    let mut day = Date::new(i32::from(today.year()), i32::from(today.month()), i32::from(today.day()));
    while !holds(day) {
        day = day.tomorrow();
    }
    day
}

/// A day after today on which banks are open, also where midnight passes meanwhile.
pub(super) fn bank_day() -> String {
    let after = day_with(|_| true).tomorrow().tomorrow();
    Calendar::Bank.next_open(after).unwrap().to_string()
}

/// The office's own account, of no bank.
pub(super) fn sender() -> Value {
    json!({
        "client": 1_234_567_890, "name": "ｱｻﾋｶﾜｼ", "bank": "9801", "bank_name": "ﾐﾎﾝ", "branch": "001", "branch_name": "ﾐﾎﾝ",
        "kind": 1, "number": "0000001", "line_ends": true
    })
}

/// Somebody at the desk. All that they are answered is kept.
struct Desk<'d> {
    client: Client,
    answered: &'d RefCell<String>,
}

impl Desk<'_> {
    fn keep(&self, answer: Answer) -> Answer {
        self.answered.borrow_mut().push_str(&answer.text());
        answer
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.keep(self.client.get(path).await);
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
        answer.json()
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.keep(self.client.post(path, body).await)
    }

    async fn made(&self, path: &str, body: &Value) -> Value {
        let answer = self.post(path, body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{path}: {}", answer.text());
        answer.json()
    }

    /// Sent, and refused with this code.
    async fn refused(&self, path: &str, body: &Value, code: &str) -> String {
        let answer = self.post(path, body).await;
        assert_eq!(answer.code(), code, "{path}: {}", answer.text());
        answer.text()
    }

    /// A prepared act is made here and signed by somebody else.
    async fn in_effect(&self, hall: &CityHall, prepared: &Value, other: &Desk<'_>) {
        let act = prepared["act"].as_str().unwrap();
        let making = hall.signature(&self.client.account, "make", act);
        let made = self.made("/acts", &json!({ "act": act, "signature": making })).await;
        assert_eq!(made["missing"], 1, "{made:#}");
        let path = format!("/acts/{act}/signatures");
        let own = json!({ "verdict": "approve", "signature": hall.signature(&self.client.account, "approve", act) });
        self.refused(&path, &own, "own-act").await;
        let signed = json!({ "verdict": "approve", "signature": hall.signature(&other.client.account, "approve", act) });
        assert_eq!(other.made(&path, &signed).await["in_effect"], true);
    }
}

/// The first instalment is paid twice and decided upon today: the order that pays it back, its yen, and the head.
///
/// The service has the clock of the day on which the test runs, for which no revision of refunds is in force; so the decision is
/// written by hand.
async fn paid_twice(hall: &CityHall, service: &Service, clerk: &Desk<'_>) -> (i64, i64, i64) {
    let (instalment, yen) = super::nth_instalment(hall, service, 0).await;
    let paid_on = Date::new(2025, 6, 27);
    let lines = [payment("M-1", &slip(instalment), paid_on, yen), payment("M-2", &slip(instalment), paid_on, yen)];
    let taken = hand_in(&clerk.client, 1, Date::new(2025, 7, 1), &lines).await;
    assert_eq!(taken.status, StatusCode::CREATED, "{}", taken.text());
    let overpayment = clerk.get("/refunds").await["items"][0]["matters"][0]["overpayment"].as_i64().unwrap();
    let assessment = hall.client(service, "assessment").await;
    let members = super::shown(&assessment, &format!("/households/{HOUSEHOLD}")).await["members"].clone();
    let head = members[0]["person"].as_i64().unwrap();

    let (municipality, household, today) = (hall.municipality, HouseholdId(HOUSEHOLD), day_with(|_| true));
    let decision = Decision {
        municipality,
        slot: "refund".into(),
        household,
        on: today,
        revision: hall.revisions[0],
        evidence: Evidence::default(),
        outcome: Outcome::Decided { provisional: false, results: vec![] },
        trace: Vec::new(),
        supersedes: None,
    };
    let knowledge = hall.store.latest_knowledge(municipality).await.unwrap();
    let stamp = hall.stamp();
    let recorded_at = stamp.at.clone();
    let packed = NewDecision { decision, version: 1, knowledge, decided_on: today, fuel: 1, amount: None, recorded_at }.pack().unwrap();
    let number = hall.store.next_order(municipality).await.unwrap();
    let (debit, credit) = (Account::overpaid(household, overpayment), Account::payable(household, number));
    let posting = Posting {
        id: Digest::of(b"a refund of the test"),
        event: Event::RefundDecided,
        booked_on: today,
        decision: Some(packed.id()),
        reference: "test".into(),
        transfers: vec![Transfer { debit, credit, yen: Yen::new(yen), phase: Phase::Posted, effective: today }],
        overpayments: vec![],
    };
    let order = PaymentOrder {
        number,
        household,
        posting: posting.id,
        decision: packed.id(),
        payee_kind: PayeeKind::Head,
        payee: Some(PersonId(head)),
        principal: Yen::new(yen),
        interest: Yen::new(0),
        decided_on: today,
        replaces: None,
    };
    let book = Book { municipality, postings: vec![posting], orders: vec![order], dues: Vec::new() };
    hall.store.save_run(std::slice::from_ref(&packed), &[], &[book], &stamp).await.unwrap();
    (number, yen, head)
}

/// What a bank says of lines of the account.
fn results(lines: &[(i64, i64, Status)], day: Date) -> Value {
    let result = |(line, yen, status): &(i64, i64, Status)| TransferResult {
        payment: PaymentNumber::new(u64::try_from(*line).unwrap()).unwrap(),
        bank: BankCode::parse("9801").unwrap(),
        branch: BranchCode::parse("001").unwrap(),
        number: AccountNumber::parse(NUMBER).unwrap(),
        amount: Yen::new(*yen),
        status: status.clone(),
        day,
    };
    let told: Vec<TransferResult> = lines.iter().map(result).collect();
    let mut sheet = Vec::new();
    OwnForm { encoding: Encoding::Utf8 }.write(&mut sheet, &told).unwrap();
    json!({ "content_base64": base64(&String::from_utf8(sheet).unwrap()) })
}

/// The file is cut on the machine, under the key that the service has.
async fn cut(hall: &CityHall, batch: i64, today: Date) -> Result<Cut, PaymentError> {
    let vault = AccountVault::new([7; 32]);
    payments::cut(&hall.store, &vault, hall.municipality, batch, false, 24, today, &Watch::default(), &hall.stamp()).await
}

async fn an_account_is_entered_by_two_released_by_two_and_paid_once(database: Database) {
    let (hall, service) = billed(database).await;
    let answered = RefCell::new(String::new());
    let desk = async |account: &str| Desk { client: hall.client(&service, account).await, answered: &answered };
    let (clerk, second) = (desk("receipts").await, desk("receipts-2").await);
    let (order, yen, head) = paid_twice(&hall, &service, &clerk).await;
    let knowledge = hall.store.latest_knowledge(hall.municipality).await.unwrap();
    let kana = hall.store.name(hall.municipality, PersonId(head), knowledge).await.unwrap().unwrap().kana;
    let payee = |rest: &str| format!("/payment-orders/{order}/payee{rest}");

    let waiting = clerk.get("/payees").await;
    assert_eq!((&waiting["items"][0]["order"], &waiting["items"][0]["state"]), (&json!(order), &json!("no_consent")), "{waiting:#}");
    assert_eq!(clerk.get(&payee("")).await["account"], json!(null));
    let typed = |number: &str| json!({ "bank": "9801", "branch": "001", "kind": "1", "number": number, "holder": kana });
    let entered = |number: &str, reason: &str, on: &str| {
        let mut body = typed(number);
        (body["applied_on"], body["reason"]) = (json!(on), json!(reason));
        body
    };
    // Nothing that was typed comes back.
    let wrong = clerk.refused(&payee("/accounts"), &entered("76543190", "請求書", "2025-10-01"), "invalid").await;
    assert!(wrong.contains("account number"), "{wrong}");
    let told = clerk.refused(&payee("/accounts"), &entered(NUMBER, "口座 ７６５４３１９", "2025-10-01"), "invalid").await;
    assert!(told.contains("reason"), "{told}");
    clerk.refused(&payee("/accounts"), &entered(NUMBER, "請求書", "2199-10-01"), "invalid").await;
    clerk.refused("/payment-orders/99/payee/accounts", &entered(NUMBER, "請求書", "2025-10-01"), "not-found").await;
    clerk.refused(&payee("/comparisons"), &typed(NUMBER), "not-allowed-now").await;

    let (key, body) = (unique("account"), entered(NUMBER, "還付請求書の受付", "2025-10-01"));
    let prepared = clerk.keep(clerk.client.post_as(&payee("/accounts"), &body, &key).await);
    assert_eq!(prepared.status, StatusCode::CREATED, "{}", prepared.text());
    let again = clerk.keep(clerk.client.post_as(&payee("/accounts"), &body, &key).await);
    assert!(again.headers.contains_key("idempotency-replayed") && again.body == prepared.body);
    let prepared = prepared.json();
    assert!(prepared["shown"].as_str().unwrap().contains("9801-001 普通 *****19"), "{prepared:#}");
    assert_eq!(clerk.get(&payee("")).await["state"], "not_approved");
    let batch = json!({ "bank_day": bank_day(), "sender": sender() });
    let early = clerk.refused("/payment-batches", &batch, "not-allowed-now").await;
    assert!(early.contains("nothing can be paid today; 1 order"), "{early}");
    // The second person types it from the document.
    assert_eq!(second.post(&payee("/comparisons"), &typed("7654318")).await.json()["same"], false);
    assert_eq!(second.post(&payee("/comparisons"), &typed(NUMBER)).await.json()["same"], true);
    clerk.in_effect(&hall, &prepared, &second).await;
    let shown = clerk.get(&payee("")).await;
    assert_eq!((&shown["ready"], &shown["account"]["shown"]), (&json!(true), &json!("9801-001 普通 *****19")), "{shown:#}");
    assert_eq!((&shown["account"]["source"], &shown["findings"]), (&json!("claim_form"), &json!([])), "{shown:#}");
    assert_eq!(clerk.get("/payees").await["items"], json!([]));
    clerk.refused(&payee("/confirmations"), &json!({ "reason": "確認" }), "not-allowed-now").await;

    // A batch for a day on which banks are open, by a sender whom a file can name.
    let closed = day_with(|day| !Calendar::Bank.is_open(day).unwrap()).to_string();
    let closed = clerk.refused("/payment-batches", &json!({ "bank_day": closed, "sender": sender() }), "invalid").await;
    assert!(closed.contains("bank_day: banks are closed"), "{closed}");
    let mut nobody = batch.clone();
    nobody["sender"]["bank"] = json!("98");
    assert!(clerk.refused("/payment-batches", &nobody, "invalid").await.contains("sender.bank"));
    let of_branches = json!({ "bank_day": bank_day(), "sender": sender(), "branches_csv": "x" });
    assert!(clerk.refused("/payment-batches", &of_branches, "invalid").await.contains("branches_csv"));
    let prepared = clerk.made("/payment-batches", &batch).await;
    assert_eq!((&prepared["lines"], &prepared["yen"], &prepared["left_out"]), (&json!(1), &json!(yen), &json!([])), "{prepared:#}");
    clerk.refused("/payment-batches", &batch, "not-allowed-now").await;
    let number = prepared["batch"].as_i64().unwrap();
    let today = Date::parse(prepared["decided_on"].as_str().unwrap()).unwrap();
    let of_batch = |rest: &str| format!("/payment-batches/{number}{rest}");
    let reason = json!({ "reason": "還付" });
    // An account of a claim form is in no register: nobody is asked.
    assert_eq!(clerk.made(&of_batch("/checks"), &json!({})).await["written"], 0);
    let line = clerk.get(&of_batch("")).await["payments"][0].clone();
    assert_eq!((&line["order"], &line["yen"], &line["outcome"]), (&json!(order), &json!(yen), &json!(null)), "{line:#}");
    let line = line["line"].as_i64().unwrap();
    let of_line = |rest: &str| format!("/payment-lines/{line}{rest}");

    assert!(matches!(cut(&hall, number, today).await, Err(PaymentError::NotReleased(_))));
    clerk.refused(&of_line("/recall"), &reason, "not-allowed-now").await;
    clerk.refused("/payment-batches/99/release", &reason, "not-found").await;
    let release = clerk.made(&of_batch("/release"), &reason).await;
    clerk.in_effect(&hall, &release, &second).await;
    assert_eq!(clerk.get("/payment-batches").await["items"][0]["state"], "released");
    let file = cut(&hall, number, today).await.unwrap();
    assert!(String::from_utf8_lossy(&file.bytes).contains(NUMBER), "the bank is told where it goes");
    assert_eq!(clerk.get(&of_batch("")).await["state"], "cut");
    clerk.refused(&of_batch("/withdrawal"), &reason, "not-allowed-now").await;

    // What the bank says, whole or not at all, once.
    let day = Date::parse(&bank_day()).unwrap();
    let broken = json!({ "content_base64": base64(&format!("支払番号,銀行番号\n{line},{NUMBER}\n")) });
    assert!(clerk.refused("/payment-results", &broken, "invalid").await.contains("1行目"));
    clerk.refused("/payment-results", &json!({ "content_base64": "?" }), "invalid").await;
    clerk.refused("/payment-results", &json!({ "content_base64": "", "form": "returned" }), "invalid").await;
    let paid = results(&[(line, yen, Status::Paid), (line + 1, yen, Status::Failed(Reason::Closed))], day);
    let taken = clerk.made("/payment-results", &paid).await;
    assert_eq!((&taken["paid"], &taken["failed"], &taken["exceptions"]), (&json!(1), &json!(0), &json!(1)), "{taken:#}");
    let again = clerk.post("/payment-results", &paid).await;
    assert_eq!((again.status, &again.json()["before"], &again.json()["paid"]), (StatusCode::OK, &json!(true), &json!(1)));
    let strays = clerk.get("/payment-results/exceptions").await;
    assert_eq!((&strays["items"][0]["line"], &strays["items"][1]), (&json!((line + 1).to_string()), &json!(null)), "{strays:#}");
    assert_eq!(balances(&clerk.client, "payable").await.iter().sum::<i64>(), 0);
    let matter = clerk.get(&format!("/households/{HOUSEHOLD}/refunds")).await["matters"][0].clone();
    assert_eq!(matter["state"], "paid", "{matter:#}");
    assert_eq!(clerk.get(&of_batch("")).await["payments"][0]["outcome"], "paid");

    // It comes back on paper: it stops until two people say that the account is right.
    clerk.refused(&of_line("/returns"), &json!({ "on": today.to_string(), "reason": "山田様の申出" }), "invalid").await;
    clerk.refused("/payment-lines/99/returns", &json!({ "on": today.to_string(), "reason": "組戻し" }), "not-found").await;
    made_recall(&clerk, &of_line("/recall"), &reason).await;
    let back = json!({ "on": today.to_string(), "reason": "組戻し" });
    assert_eq!(clerk.made(&of_line("/returns"), &back).await["returned"], 1);
    assert_eq!(clerk.post(&of_line("/returns"), &back).await.status, StatusCode::OK, "the same paper twice");
    assert_eq!(balances(&clerk.client, "payable").await.iter().sum::<i64>(), yen);
    assert_eq!(clerk.get("/payees").await["items"][0]["state"], "bank_refused");
    clerk.refused(&payee("/confirmations"), &json!({ "reason": format!("口座 {NUMBER} を確認") }), "invalid").await;
    let confirmed = clerk.made(&payee("/confirmations"), &json!({ "reason": "本人に確認" })).await;
    clerk.in_effect(&hall, &confirmed, &second).await;
    assert_eq!(clerk.get(&payee("")).await["findings"][0]["open"], false);
    let other = clerk.made("/payment-batches", &batch).await["batch"].as_i64().unwrap();
    let replacing = clerk.get(&format!("/payment-batches/{other}")).await["payments"][0]["replaces"].clone();
    assert_eq!(replacing, json!(line));
    assert_eq!(clerk.made(&format!("/payment-batches/{other}/withdrawal"), &reason).await["state"], "withdrawn");
    clerk.refused(&format!("/payment-batches/{other}/release"), &reason, "not-allowed-now").await;

    let collector = hall.client(&service, "collection").await;
    assert_eq!(collector.get(&payee("")).await.code(), "forbidden");
    assert_eq!(hall.findings().await, Vec::<String>::new());
    let told = [("answer", answered.borrow().clone()), ("log", service.log_text())];
    for (what, text) in told {
        assert!(text.len() > 100 && !text.contains(NUMBER) && !text.contains("７６５４３１９"), "the account's number is in an {what}");
    }
    if database == Database::Sqlite {
        for (place, bytes) in super::leaks::everything_else(&hall.database).await {
            assert!(!String::from_utf8_lossy(&bytes).contains(NUMBER), "the account's number is in {place}");
        }
    }
}

async fn made_recall(clerk: &Desk<'_>, path: &str, reason: &Value) {
    assert_eq!(clerk.made(path, reason).await["recalled"], true);
    // Again it is the same.
    assert_eq!(clerk.made(path, reason).await["recalled"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_entered_by_two_released_by_two_and_paid_once_on_sqlite() {
    an_account_is_entered_by_two_released_by_two_and_paid_once(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_entered_by_two_released_by_two_and_paid_once_on_postgresql() {
    an_account_is_entered_by_two_released_by_two_and_paid_once(Database::Postgres).await;
}

async fn what_is_asked_waits_with_its_age_under_its_affair(database: Database) {
    let (hall, service) = billed(database).await;
    let answered = RefCell::new(String::new());
    let clerk = Desk { client: hall.client(&service, "receipts").await, answered: &answered };
    let (order, _, head) = paid_twice(&hall, &service, &clerk).await;
    let asking = format!("/people/{head}/inquiries");
    let question = |row: &str| json!({ "household": HOUSEHOLD, "what": "qualification", "row": row });
    for row in ["account_register", "68", ""] {
        assert!(clerk.refused(&asking, &question(row), "invalid").await.contains("row: one of 69, 70, 71"));
    }
    clerk.refused(&asking, &json!({ "what": "income", "row": "69" }), "invalid").await;
    clerk.refused(&asking, &json!({ "what": "account", "row": "69" }), "invalid").await;
    let nobody = clerk.refused("/people/918273645/inquiries", &question("69"), "not-found").await;
    assert!(!nobody.contains("918273645"), "{nobody}");
    for row in ["69", "70", "71"] {
        let written = clerk.made(&asking, &question(row)).await;
        let again = clerk.made(&asking, &question(row)).await;
        assert_eq!(written["inquiry"], again["inquiry"], "the same question of one day is one");
    }
    // Without consent there is nobody to ask about; with it the register is asked, once a day.
    let again = format!("/payment-orders/{order}/inquiries");
    assert_eq!(clerk.made(&again, &json!({})).await["written"], 0);
    let consent = json!({ "kind": "public_account", "given_by": head, "channel": "paper", "document": "同意書" });
    clerk.made(&format!("/households/{HOUSEHOLD}/refunds/consents"), &consent).await;
    assert_eq!(clerk.made(&again, &json!({})).await["written"], 1);
    assert_eq!(clerk.made(&again, &json!({})).await["written"], 0);
    let of_order = clerk.get(&again).await;
    assert_eq!((&of_order["items"][0]["what"], &of_order["items"][0]["state"]), (&json!("account"), &json!("unsent")), "{of_order:#}");
    assert_eq!(clerk.get("/payees").await["items"][0]["state"], "asked");
    let all = clerk.get("/inquiries").await["items"].clone();
    assert_eq!(all.as_array().unwrap().len(), 4, "{all:#}");
    assert_eq!((&all[0]["days"], &all[0]["state_ja"], &all[0]["row"]), (&json!(0), &json!("未送信"), &json!("69")), "{all:#}");
    let first = clerk.get("/inquiries?limit=1&all=true").await;
    assert_eq!(first["items"].as_array().unwrap().len(), 1);
    assert_eq!(clerk.get(&format!("/inquiries?after={}", first["next"].as_str().unwrap())).await["items"].as_array().unwrap().len(), 3);
    assert_eq!(clerk.get("/inquiries/exceptions").await["items"], json!([]));
    // One of another affair is nobody's here.
    let question = jorei_service::inquiries::Question {
        person: PersonId(head),
        household: None,
        what: jorei_connector::What::DependantLoss,
        legal_row: jorei_connector::LegalRow::Row69,
        matter: jorei_connector::Matter::parse("premium").unwrap(),
        affair: jorei_domain::purpose::Affair::Assessment,
        case: jorei_domain::purpose::CaseReference::parse("R7-1").unwrap(),
        on: Date::new(2025, 6, 1),
    };
    let today = day_with(|_| true);
    jorei_service::inquiries::ask(&hall.store, hall.municipality, &question, today, &hall.stamp()).await.unwrap();
    assert_eq!(clerk.get("/inquiries").await["items"], all);
    assert_eq!(hall.findings().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_waits_with_its_age_under_its_affair_on_sqlite() {
    what_is_asked_waits_with_its_age_under_its_affair(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_waits_with_its_age_under_its_affair_on_postgresql() {
    what_is_asked_waits_with_its_age_under_its_affair(Database::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_key_of_the_vault_a_problem_says_what_to_configure() {
    let (hall, _) = billed(Database::Sqlite).await;
    let (file, log) = (hall.folder().join("keyless.toml"), hall.folder().join("keyless.log"));
    let listen = "[listen]\naddress = \"127.0.0.1:0\"\nside_address = \"127.0.0.1:0\"\n";
    std::fs::write(&file, format!("{listen}[database]\naddress = \"{}\"\n", hall.database)).unwrap();
    let mut jorei = built::jorei();
    jorei.args(["serve", "--config"]).arg(&file);
    let municipality = hall.municipality;
    let service = tokio::task::spawn_blocking(move || Service::run(jorei, &log, municipality)).await.unwrap();
    let answered = RefCell::new(String::new());
    let clerk = Desk { client: hall.client(&service, "receipts").await, answered: &answered };
    let (order, ..) = paid_twice(&hall, &service, &clerk).await;
    let account = json!({
        "bank": "9801", "branch": "001", "kind": "1", "number": NUMBER, "holder": "ミホン", "applied_on": "2025-10-01", "reason": "請求書"
    });
    let batch = json!({ "bank_day": bank_day(), "sender": sender() });
    let told = results(&[(1, 1, Status::Paid)], Date::new(2025, 7, 10));
    let entering = format!("/payment-orders/{order}/payee/accounts");
    for (path, body) in [(entering.as_str(), &account), ("/payment-batches", &batch), ("/payment-results", &told)] {
        let problem = clerk.refused(path, body, "not-allowed-now").await;
        assert!(problem.contains("`key_file` under `[vault]`"), "{problem}");
    }
    let shown = clerk.client.get(&format!("/payment-orders/{order}/payee")).await;
    assert!(shown.code() == "not-allowed-now" && shown.text().contains("key_file"), "{}", shown.text());
    // What needs no account goes on.
    assert_eq!(clerk.get("/payees").await["items"][0]["state"], "no_consent");
}
