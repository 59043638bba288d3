//! The bank that is played, over real sockets: what is handed in is paid once, and whatever goes wrong is told as it was.
#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use jorei_bank::account::{BankAccount, BankCode, DepositKind};
use jorei_bank::bulk_transfer::{Line, Writer};
use jorei_bank::file::{BankKana, ClientCode, ClientName, Header, LineEnd, PaymentNumber};
use jorei_bank::results::{Adapter as _, Encoding, OwnForm, Reason, ReasonText, Status, TransferResult};
use jorei_domain::calendar::Date;
use jorei_domain::id::Digest;
use jorei_domain::money::Yen;
use jorei_neighbour::Bank;
use jorei_neighbour::bank::control::{AccountForm, Credited, Faults, Paid, PaymentForm, ReasonForm, Receipt, Return};
use jorei_neighbour::bank::process::{Results, Sent};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// A Friday on which banks are open.
const DAY: Date = Date::new(2026, 12, 25);

/// Three payments, of which two go to one account: number, account, yen.
const THREE: [(u64, &str, i64); 3] = [(101, "0000011", 5_000), (102, "0000012", 12_300), (103, "0000011", 800)];

struct Trial {
    bank: Bank,
    folder: tempfile::TempDir,
}

impl Trial {
    fn new() -> Trial {
        let folder = tempfile::tempdir().unwrap();
        let bank = Bank::start(Path::new(env!("CARGO_BIN_EXE_jorei-neighbour")), folder.path()).unwrap();
        Trial { bank, folder }
    }

    async fn faults(&self, faults: Faults) {
        self.bank.faults(&faults).await.unwrap();
    }

    /// Hands a new file in.
    async fn taken(&self, bytes: &[u8]) -> Receipt {
        match self.bank.send(bytes, DAY).await.unwrap() {
            Sent::New(receipt) => receipt,
            other => panic!("{other:?}"),
        }
    }

    async fn results(&self, id: &str) -> Vec<TransferResult> {
        match self.bank.results(id).await.unwrap() {
            Results::Told(sheet) => OwnForm { encoding: Encoding::Utf8 }.read(&mut &sheet[..]).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// What becomes of three payments under faults.
    async fn three(&self, faults: Faults) -> Vec<TransferResult> {
        self.faults(faults).await;
        let receipt = self.taken(&file(&THREE)).await;
        self.results(&receipt.id).await
    }
}

fn account(number: &str) -> BankAccount {
    BankAccount::parse("9801", "007", "1", number, "ミホン ハナコ").unwrap()
}

fn place(number: &str) -> AccountForm {
    AccountForm::from(&account(number))
}

fn payment(number: u64) -> PaymentForm {
    PaymentForm(PaymentNumber::new(number).unwrap())
}

fn file(payments: &[(u64, &str, i64)]) -> Vec<u8> {
    let header = Header {
        client: ClientCode::new(1).unwrap(),
        client_name: ClientName::read("ｼﾞﾖｳﾚｲｼ").unwrap(),
        day: DAY,
        bank: BankCode::parse("9801").unwrap(),
        bank_name: BankKana::default(),
        branch: account("1").branch,
        branch_name: BankKana::default(),
        kind: DepositKind::Ordinary,
        number: account("1").number,
    };
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes, &header, LineEnd::CrLf).unwrap();
    for (number, to, yen) in payments {
        writer.line(&Line::new(payment(*number).0, account(to), Yen::new(*yen))).unwrap();
    }
    writer.finish().unwrap();
    bytes
}

fn result((number, to, yen): (u64, &str, i64), status: Status) -> TransferResult {
    let AccountForm { bank, branch, number: digits } = place(to);
    TransferResult { payment: payment(number).0, bank, branch, number: digits, amount: Yen::new(yen), status, day: DAY }
}

fn credited(count: u32, yen: i64) -> Credited {
    Credited { count, sum_yen: Yen::new(yen), returned: 0 }
}

/// What stands on the accounts when all three payments were paid once: 5,000 + 800, and 12,300.
fn three_once() -> Paid {
    let accounts = BTreeMap::from([(place("0000011"), credited(2, 5_800)), (place("0000012"), credited(1, 12_300))]);
    Paid { accounts, twice: Vec::new() }
}

#[tokio::test]
async fn a_file_is_taken_under_its_digest_and_every_line_is_paid() {
    let trial = Trial::new();
    let bytes = file(&THREE);
    let receipt = trial.taken(&bytes).await;
    assert_eq!(receipt, Receipt { id: Digest::of(&bytes).to_string(), lines: 3, sum_yen: Yen::new(18_100) });
    assert_eq!(trial.results(&receipt.id).await, THREE.map(|line| result(line, Status::Paid)));
    assert_eq!(trial.bank.paid().await.unwrap(), three_once());
    assert_eq!(trial.bank.results(&"0".repeat(64)).await.unwrap(), Results::Unknown);
    // A file without lines is a file.
    let none = trial.taken(&file(&[])).await;
    assert_eq!((none.lines, none.sum_yen), (0, Yen::new(0)));
    assert_eq!(trial.results(&none.id).await, []);
}

#[tokio::test]
async fn the_same_bytes_again_are_the_same_transfer_and_nothing_is_paid_for_them() {
    let trial = Trial::new();
    let bytes = file(&THREE);
    let receipt = trial.taken(&bytes).await;
    for _ in 0..2 {
        assert_eq!(trial.bank.send(&bytes, DAY).await.unwrap(), Sent::Known(receipt.clone()));
    }
    assert_eq!(trial.bank.paid().await.unwrap(), three_once());
    // A file has no year: for the same day of another year the same bytes are no order.
    let last_year = Date::new(2025, 12, 25);
    match trial.bank.send(&bytes, last_year).await.unwrap() {
        Sent::Refused(409, refusal) => assert_eq!(refusal.code, "other-day"),
        other => panic!("{other:?}"),
    }
    assert_eq!(trial.bank.paid().await.unwrap(), three_once());
    // Other bytes with a payment of before are paid, as a bank does, and the payment is named.
    trial.taken(&file(&[THREE[1]])).await;
    let paid = trial.bank.paid().await.unwrap();
    assert_eq!((paid.accounts[&place("0000012")], &paid.twice[..]), (credited(2, 24_600), &[payment(102)][..]));
}

#[tokio::test]
async fn files_handed_in_at_once_are_paid_once() {
    let trial = Trial::new();
    let bytes = file(&THREE);
    let (one, two, three) = tokio::join!(trial.bank.send(&bytes, DAY), trial.bank.send(&bytes, DAY), trial.bank.send(&bytes, DAY));
    let new = [one, two, three].into_iter().filter(|sent| matches!(sent, Ok(Sent::New(_)))).count();
    assert_eq!(new, 1);
    assert_eq!(trial.bank.paid().await.unwrap(), three_once());
}

#[tokio::test]
async fn a_file_whose_reply_was_lost_is_paid_once_though_it_is_sent_again_after_a_kill() {
    let mut trial = Trial::new();
    let bytes = file(&THREE);
    trial.faults(Faults { lose_reply: 2, ..Faults::default() }).await;
    assert!(trial.bank.send(&bytes, DAY).await.is_err());
    assert_eq!(trial.bank.paid().await.unwrap(), three_once());
    trial.bank.restart().unwrap();
    // What was to be lost is kept, too.
    assert_eq!(trial.bank.faults_left().await.unwrap().lose_reply, 1);
    assert!(trial.bank.send(&bytes, DAY).await.is_err());
    trial.bank.kill().unwrap();
    assert!(trial.bank.send(&bytes, DAY).await.is_err());
    trial.bank.restart().unwrap();
    let Sent::Known(receipt) = trial.bank.send(&bytes, DAY).await.unwrap() else { panic!("it was taken before") };
    assert_eq!(trial.results(&receipt.id).await, THREE.map(|line| result(line, Status::Paid)));
    assert_eq!(trial.bank.paid().await.unwrap(), three_once());
}

#[tokio::test]
async fn of_a_lost_reply_not_one_byte_arrives() {
    let trial = Trial::new();
    let receipt = trial.taken(&file(&THREE)).await;
    let token = std::fs::read_to_string(trial.bank.token_file()).unwrap();
    let request = format!(
        "GET /v1/transfers/{}/results HTTP/1.1\r\nhost: bank\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n",
        receipt.id
    );
    for (lose_reply, arrives) in [(1, false), (0, true)] {
        trial.faults(Faults { lose_reply, ..Faults::default() }).await;
        let mut socket = tokio::net::TcpStream::connect(trial.bank.address()).await.unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut reply = Vec::new();
        // A connection that is reset is closed, too.
        let _ = socket.read_to_end(&mut reply).await;
        assert_eq!(reply.starts_with(b"HTTP/1.1 200"), arrives);
        assert_eq!(reply.is_empty(), !arrives);
    }
}

#[tokio::test]
async fn a_broken_file_is_refused_with_record_and_field_and_nothing_of_it_is_paid() {
    let trial = Trial::new();
    let bytes = file(&THREE);
    let with = |at: usize, byte: u8| {
        let mut broken = bytes.clone();
        broken[at] = byte;
        broken
    };
    // Records of 122 bytes: 1 header, 2 to 4 lines, 5 trailer, 6 end. Positions are those of the published layout, from 1.
    let (trailer, amount) = (4 * 122, 2 * 122 + 81 - 1);
    for (broken, day, line, field, what) in [
        // 合計金額, twelve digits from 8: 18,100 becomes 18,101.
        (with(trailer + 18, b'1'), DAY, 5, "3 合計金額", "states 18101 yen, the lines sum up to 18100"),
        (with(trailer + 6, b'4'), DAY, 5, "2 合計件数", "states 4 lines, there are 3"),
        (with(amount, b'-'), DAY, 3, "10 振込金額", "not digits in every place"),
        (with(2 * 122, b'3'), DAY, 3, "1 データ区分", ""),
        (bytes[..bytes.len() - 122].to_vec(), DAY, 6, "", ""),
        (bytes.clone(), Date::new(2026, 12, 28), 1, "6 振込指定日", "not 2026-12-28, the day that was agreed"),
        (Vec::new(), DAY, 1, "", ""),
    ] {
        match trial.bank.send(&broken, day).await.unwrap() {
            Sent::Refused(422, refusal) => {
                assert_eq!((refusal.code.as_str(), refusal.line), ("file", Some(line)), "{}", refusal.text);
                assert!(field.is_empty() || refusal.field.as_deref() == Some(field), "{}", refusal.text);
                assert!(refusal.text.contains(what), "{}", refusal.text);
                assert!(!refusal.text.contains("ﾐﾎﾝ") && !refusal.text.contains("00000"), "{}", refusal.text);
            }
            other => panic!("record {line}: {other:?}"),
        }
    }
    assert_eq!(trial.bank.paid().await.unwrap(), Paid::default());
    // What was refused is not known: mended, it is a new file.
    trial.taken(&bytes).await;
    assert_eq!(trial.bank.paid().await.unwrap(), three_once());
}

#[tokio::test]
async fn nothing_is_taken_without_the_token_and_without_a_day() {
    let trial = Trial::new();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let token = std::fs::read_to_string(trial.bank.token_file()).unwrap();
    let results = format!("{}v1/transfers/{}/results", trial.bank.url(), "0".repeat(64));
    let transfers = |query: &str| format!("{}v1/transfers{query}", trial.bank.url());
    for (request, status) in [
        (client.post(transfers("?day=2026-12-25")), 401),
        (client.post(transfers("?day=2026-12-25")).bearer_auth("token-of-somebody-else"), 401),
        (client.get(&results), 401),
        (client.get(&results).bearer_auth(&token), 404),
        (client.post(transfers("")).bearer_auth(&token), 400),
        (client.post(transfers("?day=12-25")).bearer_auth(&token), 400),
        (client.post(transfers("?day=2026-12-25&year=2026")).bearer_auth(&token), 400),
        (client.get(transfers("?day=2026-12-25")).bearer_auth(&token), 405),
    ] {
        assert_eq!(request.body(file(&THREE)).send().await.unwrap().status(), status);
    }
    assert_eq!(trial.bank.paid().await.unwrap(), Paid::default());
}

#[tokio::test]
async fn an_account_that_is_told_to_fail_fails_for_the_reason_that_was_told() {
    let trial = Trial::new();
    let words = Reason::Other(ReasonText::new("照会中").unwrap());
    let fail = BTreeMap::from([(place("0000011"), Some(ReasonForm(words.clone())))]);
    let results = trial.three(Faults { fail, ..Faults::default() }).await;
    let failed = Status::Failed(words);
    assert_eq!(results, [result(THREE[0], failed.clone()), result(THREE[1], Status::Paid), result(THREE[2], failed)]);
    let accounts = BTreeMap::from([(place("0000012"), credited(1, 12_300))]);
    assert_eq!(trial.bank.paid().await.unwrap(), Paid { accounts, twice: Vec::new() });
    // What became of a line stays, whatever is told afterwards.
    trial.faults(Faults::default()).await;
    let receipt = trial.bank.send(&file(&THREE), DAY).await.unwrap();
    let Sent::Known(receipt) = receipt else { panic!("{receipt:?}") };
    assert_eq!(trial.results(&receipt.id).await, results);
}

#[tokio::test]
async fn a_fault_that_cannot_be_is_refused() {
    let trial = Trial::new();
    for form in [
        serde_json::json!({ "fail": { "9801-007-0000011": "残高不足" } }),
        serde_json::json!({ "fail": { "9801-007": "解約済" } }),
        serde_json::json!({ "fail": { "980-007-0000011": "解約済" } }),
        serde_json::json!({ "fail_per_100": -1 }),
        serde_json::json!({ "lose": 1 }),
    ] {
        assert!(trial.bank.faults_form(&form).await.unwrap_err().to_string().contains("400"), "{form}");
    }
    trial.bank.faults_form(&serde_json::json!({ "fail": { "9801-007-0000011": "解約済", "9801-007-12": null } })).await.unwrap();
    let told = BTreeMap::from([(place("0000011"), Some(ReasonForm(Reason::Closed))), (place("0000012"), None)]);
    assert_eq!(trial.bank.faults_left().await.unwrap().fail, told);
}

#[tokio::test]
async fn without_a_told_reason_all_seven_take_turns() {
    let trial = Trial::new();
    trial.faults(Faults { fail_per_100: 100, ..Faults::default() }).await;
    let payments: Vec<(u64, &str, i64)> = (1..=14).map(|number| (number, "0000011", 1_000)).collect();
    let receipt = trial.taken(&file(&payments)).await;
    let reasons: Vec<String> = trial
        .results(&receipt.id)
        .await
        .into_iter()
        .map(|result| match result.status {
            Status::Failed(reason) => reason.japanese(),
            Status::Paid => panic!("{} was paid", result.payment),
        })
        .collect();
    let seven = ["口座なし", "名義相違", "解約済", "預金種目相違", "支店統廃合", "入金不可", "死亡による凍結"];
    assert_eq!(reasons[..7].iter().map(String::as_str).collect::<BTreeSet<_>>(), BTreeSet::from(seven));
    assert_eq!(reasons[..7], reasons[7..]);
    assert_eq!(trial.bank.paid().await.unwrap(), Paid::default());
}

#[tokio::test]
async fn a_share_of_lines_fails_the_same_ones_for_the_same_seed() {
    let payments: Vec<(u64, &str, i64)> = (1..=1_000).map(|number| (number, "0000011", 1_000)).collect();
    let mut told = Vec::new();
    for seed in [7, 7, 8] {
        let trial = Trial::new();
        trial.faults(Faults { fail_per_100: 10, seed, ..Faults::default() }).await;
        let receipt = trial.taken(&file(&payments)).await;
        let results = trial.results(&receipt.id).await;
        let failed = results.iter().filter(|result| result.status != Status::Paid).count();
        // 100 are expected of 1,000, with a deviation of less than 10.
        assert!((60..=140).contains(&failed), "{failed}");
        let paid = trial.bank.paid().await.unwrap();
        assert_eq!(paid.accounts[&place("0000011")].count as usize, 1_000 - failed);
        told.push(results);
    }
    assert_eq!(told[0], told[1]);
    // Other lines, not only other reasons.
    let failed = |results: &[TransferResult]| -> BTreeSet<PaymentNumber> {
        results.iter().filter(|result| result.status != Status::Paid).map(|result| result.payment).collect()
    };
    assert_ne!(failed(&told[0]), failed(&told[2]));
}

#[tokio::test]
async fn what_is_held_is_not_paid_and_not_told_until_it_is_held_no_more() {
    let mut trial = Trial::new();
    trial.faults(Faults { hold: true, ..Faults::default() }).await;
    let bytes = file(&THREE);
    let receipt = trial.taken(&bytes).await;
    assert_eq!(trial.bank.send(&bytes, DAY).await.unwrap(), Sent::Known(receipt.clone()));
    trial.bank.restart().unwrap();
    assert_eq!(trial.bank.results(&receipt.id).await.unwrap(), Results::Held);
    assert_eq!(trial.bank.paid().await.unwrap(), Paid::default());
    // The faults of the day on which it is carried out are what counts.
    let fail = BTreeMap::from([(place("0000012"), Some(ReasonForm(Reason::FrozenByDeath)))]);
    trial.faults(Faults { fail, ..Faults::default() }).await;
    let failed = Status::Failed(Reason::FrozenByDeath);
    let expected = [result(THREE[0], Status::Paid), result(THREE[1], failed), result(THREE[2], Status::Paid)];
    assert_eq!(trial.results(&receipt.id).await, expected);
    assert_eq!(trial.bank.paid().await.unwrap().accounts, BTreeMap::from([(place("0000011"), credited(2, 5_800))]));
}

#[tokio::test]
async fn results_of_payments_that_stand_in_no_file_are_added_once() {
    let trial = Trial::new();
    let results = trial.three(Faults { unknown_line: 2, ..Faults::default() }).await;
    assert_eq!(results[..3], THREE.map(|line| result(line, Status::Paid)));
    let numbers: BTreeSet<u64> = results.iter().map(|result| result.payment.get()).collect();
    assert_eq!((results.len(), numbers.len()), (5, 5));
    // A number that a column of 63 bits holds: the office is to find it unknown, not unreadable.
    assert!(numbers.iter().all(|number| i64::try_from(*number).is_ok()));
    for made_up in &results[3..] {
        assert_eq!(TransferResult { payment: results[0].payment, ..made_up.clone() }, results[0]);
    }
    assert_eq!(trial.bank.paid().await.unwrap(), three_once());
    let next = trial.taken(&file(&[(104, "0000013", 700)])).await;
    assert_eq!(trial.results(&next.id).await.len(), 1);
}

#[tokio::test]
async fn a_result_with_another_amount_changes_nothing_of_what_was_paid() {
    let trial = Trial::new();
    let results = trial.three(Faults { wrong_amount: 2, ..Faults::default() }).await;
    let wrong: Vec<bool> = results.iter().zip(THREE).map(|(result, (_, _, yen))| result.amount != Yen::new(yen)).collect();
    assert_eq!(wrong, [true, true, false]);
    assert_eq!(trial.bank.paid().await.unwrap(), three_once());
    assert_eq!(trial.bank.faults_left().await.unwrap(), Faults::default());
    // Where ten digits hold no more, it is still an amount.
    trial.faults(Faults { wrong_amount: 1, ..Faults::default() }).await;
    let most = trial.taken(&file(&[(105, "0000013", 9_999_999_999)])).await;
    assert_eq!(trial.results(&most.id).await[0].amount, Yen::new(9_999_999_998));
}

#[tokio::test]
async fn money_that_comes_back_is_a_failure_in_the_place_of_the_payment() {
    let mut trial = Trial::new();
    let fail = BTreeMap::from([(place("0000012"), None)]);
    let before = trial.three(Faults { fail, ..Faults::default() }).await;
    let id = Digest::of(&file(&THREE)).to_string();
    let day = Date::new(2027, 1, 6);
    let told = Return { payment: payment(103), reason: Some(ReasonForm(Reason::RefusesCredit)), day: Some(day) };
    trial.bank.give_back(&told).await.unwrap();
    let returned = TransferResult { day, ..result(THREE[2], Status::Failed(Reason::RefusesCredit)) };
    let expected = [before[0].clone(), before[1].clone(), returned];
    assert_eq!(trial.results(&id).await, expected);
    // 5,000 stay there, 800 came back.
    let accounts = BTreeMap::from([(place("0000011"), Credited { count: 1, sum_yen: Yen::new(5_000), returned: 1 })]);
    let paid = Paid { accounts, twice: Vec::new() };
    assert_eq!(trial.bank.paid().await.unwrap(), paid);
    // It comes back once; what failed or is unknown cannot come back.
    for number in [103, 102, 999] {
        let again = Return { payment: payment(number), reason: None, day: None };
        assert!(trial.bank.give_back(&again).await.unwrap_err().to_string().contains("409"), "{number}");
    }
    trial.bank.restart().unwrap();
    assert_eq!(trial.results(&id).await, expected);
    assert_eq!(trial.bank.paid().await.unwrap(), paid);
    // Nothing told but the payment: a reason all the same, on the file's day.
    trial.bank.give_back(&Return { payment: payment(101), reason: None, day: None }).await.unwrap();
    let first = &trial.results(&id).await[0];
    assert!(matches!(first.status, Status::Failed(_)) && first.day == DAY, "{first:?}");
}

#[tokio::test]
async fn what_the_bank_keeps_has_no_name_of_a_holder() {
    let trial = Trial::new();
    trial.taken(&file(&THREE)).await;
    let kept = std::fs::read_to_string(trial.folder.path().join("bank.json")).unwrap();
    assert!(kept.contains("9801-007-0000011") && !kept.contains("ﾐﾎﾝ") && !kept.contains("ﾊﾅｺ"));
}
