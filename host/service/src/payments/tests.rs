//! Orders on their way to the bank and back.

use super::*;
use crate::inquiries::{check_batch, run};
use crate::office_of_two::{TODAY, now, stamp};
use crate::payees::trial_desk::{Desk, WATCH, bank_account, present, stopped_after};
use crate::payees::{Entered, confirm, enter, purge};
use jorei_bank::bulk_transfer::Reader;
use jorei_connector::Standing as Told_;
use jorei_domain::id::HouseholdId;

const KANA: &str = "ヤマダ ハナコ";
const BANK_DAY: Date = Date::new(2026, 6, 3);

fn sender() -> Sender {
    Sender {
        client: 1_234_567_890,
        name: "ｱｻﾋｶﾜｼ".into(),
        bank: "9990".into(),
        bank_name: "ﾐﾎﾝ".into(),
        branch: "001".into(),
        branch_name: "ﾐﾎﾝ".into(),
        kind: 1,
        number: "0000001".into(),
        line_ends: true,
    }
}

impl Desk {
    async fn prepare(&self, remark: &str, today: Date) -> Result<Prepared, PaymentError> {
        let (store, here) = (&self.office.store, self.office.here);
        prepare(store, &self.vault, here, BANK_DAY, &sender(), None, remark, today, &WATCH, &stamp()).await
    }

    async fn release(&self, batch: i64) {
        self.office.pass(release(&self.office.store, self.office.here, batch, "支払").await.unwrap()).await;
    }

    async fn check(&self, batch: i64, round: &str) {
        let (store, here) = (&self.office.store, self.office.here);
        check_batch(store, here, batch, round, TODAY, &WATCH, &stamp()).await.unwrap();
        run(store, &self.register, &self.vault, here, TODAY, &stamp()).await.unwrap();
    }

    async fn cut(&self, batch: i64, leave_out: bool) -> Result<Cut, PaymentError> {
        cut(&self.office.store, &self.vault, self.office.here, batch, leave_out, 24, TODAY, &WATCH, &stamp()).await
    }

    async fn tell(&self, name: &str, told: &[Told]) -> Results {
        let (store, here) = (&self.office.store, self.office.here);
        take_results(store, &self.vault, here, Digest::of(name.as_bytes()), told, BANK_DAY, &stamp()).await.unwrap()
    }

    async fn payable(&self, household: i64, order: i64) -> (i64, i64) {
        let account = Account::payable(HouseholdId(household), order);
        let balance = self.office.store.balance(self.office.here, account).await.unwrap();
        (balance.credit(), balance.debits_pending)
    }
}

fn told(line: i64, outcome: Outcome) -> Told {
    let reason = if outcome == Outcome::Paid { String::new() } else { "口座なし".to_owned() };
    Told { payment: u64::try_from(line).unwrap(), account: None, yen: None, outcome, reason, on: BANK_DAY }
}

#[tokio::test]
async fn an_order_goes_through_two_people_into_a_file_and_is_paid_once() {
    let desk = Desk::open().await;
    let (store, here) = (&desk.office.store, desk.office.here);
    let orders = [desk.fixed(1, KANA, "0000019", 5_000).await, desk.fixed(2, "サトウ イチロウ", "0000027", 12_300).await];
    let Prepared { batch, left_out } = desk.prepare("", TODAY).await.unwrap();
    assert_eq!((batch.lines, batch.yen, left_out.len()), (2, Yen::new(17_300), 0));
    // Prepared again there is nothing left to prepare.
    assert!(matches!(desk.prepare("", TODAY).await, Err(PaymentError::Nothing(2))));
    assert!(matches!(desk.cut(batch.number, false).await, Err(PaymentError::NotReleased(1))));
    desk.release(batch.number).await;
    // Nobody has asked the register since.
    let stopped = desk.cut(batch.number, false).await;
    assert!(
        matches!(&stopped, Err(PaymentError::Stopped { lines, .. }) if lines.iter().all(|(_, why)| why == "not_checked")),
        "{stopped:?}"
    );
    desk.check(batch.number, "1").await;
    let file = desk.cut(batch.number, false).await.unwrap();
    // Again: the same bytes; and not one posting more.
    let again = desk.cut(batch.number, false).await.unwrap();
    assert!(again.bytes == file.bytes && again.file == file.file);
    assert_eq!((file.file.serial, file.file.sha256), (1, Digest::of(&file.bytes)));
    // Two records of 120 bytes and line ends, between a header and two more.
    assert_eq!(file.bytes.len(), 5 * 122);
    let lines: Vec<bulk_transfer::Line> = Reader::new(&file.bytes[..], BANK_DAY).unwrap().map(Result::unwrap).collect();
    let sent: Vec<_> = lines.iter().map(|line| (line.payment.get(), line.amount.get(), line.account.clone())).collect();
    let expected = [(1_000_001, 5_000, bank_account("0000019", KANA)), (1_000_002, 12_300, bank_account("0000027", "サトウ イチロウ"))];
    assert_eq!(sent, expected);
    assert_eq!(desk.payable(1, orders[0]).await, (5_000, 5_000));
    let paid = desk.tell("results", &[told(1_000_001, Outcome::Paid), told(1_000_002, Outcome::Paid), told(77, Outcome::Paid)]).await;
    assert_eq!((paid.paid, paid.failed, paid.exceptions), (2, 0, 1));
    assert_eq!(desk.tell("results", &[]).await, paid);
    let repeated = desk.tell("another file", &[told(1_000_001, Outcome::Paid)]).await;
    assert_eq!((repeated.paid, repeated.exceptions), (0, 0));
    assert_eq!((desk.payable(1, orders[0]).await, desk.payable(2, orders[1]).await), ((0, 0), (0, 0)));
    assert_eq!(store.balance(here, Account::bank()).await.unwrap().credit(), 17_300);
    assert_eq!(store.payment_exceptions(here).await.unwrap().len(), 1);
    desk.is_sound().await;
    // Closed and long ago: accounts, answers and the file go, the record of the file stays.
    let gone = purge(store, here, Date::new(2027, 6, 1), 90, &stamp()).await.unwrap();
    assert_eq!(gone, 5);
    assert!(matches!(desk.cut(batch.number, false).await, Err(PaymentError::Destroyed(1))));
    assert_eq!(store.file_of_batch(here, batch.number).await.unwrap(), Some(file.file));
    desk.is_sound().await;
}

#[tokio::test]
async fn what_happens_after_the_release_stops_its_line_and_no_other() {
    for (case, word) in [("dead", "payee_died"), ("suspended", "suspended"), ("different", "account_differs"), ("gone", "deleted")] {
        let desk = Desk::open().await;
        let stopped = desk.fixed(1, KANA, "0000019", 5_000).await;
        desk.fixed(2, "サトウ イチロウ", "0000027", 12_300).await;
        let batch = desk.prepare("", TODAY).await.unwrap().batch.number;
        desk.release(batch).await;
        match case {
            "dead" => desk.dies(11, TODAY).await,
            "suspended" => desk.register.says(11, Told_::Suspended),
            "gone" => desk.register.says(11, Told_::NotRegistered),
            _ => desk.register.says(11, present("0000035", KANA)),
        }
        desk.check(batch, "1").await;
        match desk.cut(batch, false).await {
            Err(PaymentError::Stopped { lines, .. }) => assert_eq!(lines, [(1_000_001, word.to_owned())], "{case}"),
            other => panic!("{case}: {other:?}"),
        }
        assert_eq!(desk.payable(2, stopped + 1).await, (12_300, 0), "{case}");
        let file = desk.cut(batch, true).await.unwrap();
        assert_eq!((file.file.lines, file.file.yen), (1, Yen::new(12_300)));
        assert_eq!(desk.payable(1, stopped).await, (5_000, 0), "{case}");
        assert_eq!(desk.payable(2, stopped + 1).await, (12_300, 12_300), "{case}");
        let held = desk.office.store.payment_line(desk.office.here, 1_000_001).await.unwrap().unwrap();
        assert_eq!((held.held.as_deref(), held.is_sent()), (Some(word), false));
        desk.is_sound().await;
    }
}

#[tokio::test]
async fn a_failed_line_needs_another_account_or_two_people_and_a_new_release() {
    let desk = Desk::open().await;
    let (store, here) = (&desk.office.store, desk.office.here);
    let order = desk.fixed(1, KANA, "0000019", 5_000).await;
    let first = desk.prepare("", TODAY).await.unwrap().batch.number;
    desk.release(first).await;
    desk.check(first, "1").await;
    desk.cut(first, false).await.unwrap();
    assert_eq!(desk.tell("1", &[told(1_000_001, Outcome::Failed)]).await.failed, 1);
    assert_eq!(desk.payable(1, order).await, (5_000, 0));
    assert_eq!(desk.state(order).await.word(), "bank_refused");
    assert!(matches!(desk.prepare("", TODAY).await, Err(PaymentError::Nothing(1))));
    // Two people say that it is right all the same: on a later day too, for the interest ended with the first decision.
    desk.office.pass(confirm(store, &desk.vault, here, order, "銀行の誤り", TODAY, &WATCH).await.unwrap()).await;
    let second = desk.prepare("", TODAY).await.unwrap().batch.number;
    assert_eq!(store.lines_of_batch(here, second).await.unwrap()[0].replaces, Some(1_000_001));
    desk.release(second).await;
    desk.check(second, "2").await;
    desk.cut(second, false).await.unwrap();
    desk.tell("2", &[told(2_000_001, Outcome::Paid)]).await;
    // The money comes back after all: another account.
    assert_eq!(desk.tell("3", &[told(2_000_001, Outcome::Failed)]).await.returned, 1);
    assert_eq!((desk.payable(1, order).await, desk.state(order).await.word()), ((5_000, 0), "bank_refused"));
    let entered = Entered { source: Source::ClaimForm, applied_on: TODAY, account: bank_account("0000043", KANA) };
    let proposal = enter(store, &desk.vault, here, order, &entered, "請求書", TODAY, &WATCH, &stamp()).await.unwrap();
    desk.office.pass(proposal).await;
    let third = desk.prepare("", TODAY).await.unwrap().batch.number;
    assert_eq!(store.lines_of_batch(here, third).await.unwrap()[0].replaces, Some(2_000_001));
    desk.release(third).await;
    // Nobody asks the register about an account of a claim form.
    desk.cut(third, false).await.unwrap();
    assert_eq!(desk.tell("4", &[told(3_000_001, Outcome::Paid)]).await.paid, 1);
    assert_eq!(desk.payable(1, order).await, (0, 0));
    assert_eq!(store.balance(here, Account::bank()).await.unwrap().credit(), 5_000);
    desk.is_sound().await;
}

#[tokio::test]
async fn an_order_of_another_day_is_renewed_and_one_that_looks_alike_needs_a_remark() {
    let desk = Desk::open().await;
    desk.fixed(1, KANA, "0000019", 5_000).await;
    let old = desk.order_on(1, 5_000, Date::new(2026, 5, 29)).await;
    desk.consent(1, 11, TODAY).await;
    let Prepared { left_out, batch } = desk.prepare("", TODAY).await.unwrap();
    assert_eq!(left_out, [(old, LeftOut::Renew { decided_on: Date::new(2026, 5, 29) })]);
    assert!(left_out[0].1.ja().contains("決定をやり直してください"));
    desk.office.store.withdraw_batch(desk.office.here, batch.number, "作成し直し", &stamp()).await.unwrap();
    assert!(matches!(release(&desk.office.store, desk.office.here, batch.number, "支払").await, Err(PaymentError::Withdrawn(1))));
    // Two orders of one day to one account with one amount.
    let alike = desk.order(1, KANA, 5_000).await;
    let entered = Entered { source: Source::ClaimForm, applied_on: TODAY, account: bank_account("0000019", KANA) };
    let (store, here) = (&desk.office.store, desk.office.here);
    let proposal = enter(store, &desk.vault, here, alike, &entered, "請求書", TODAY, &WATCH, &stamp()).await.unwrap();
    desk.office.pass(proposal).await;
    let Prepared { left_out, batch } = desk.prepare("", TODAY).await.unwrap();
    assert!(left_out.contains(&(alike, LeftOut::Duplicate { of: 1 })), "{left_out:?}");
    store.withdraw_batch(here, batch.number, "作成し直し", &stamp()).await.unwrap();
    let Prepared { batch, .. } = desk.prepare("別の期別の還付である", TODAY).await.unwrap();
    assert_eq!(batch.lines, 2);
    let shown = release(store, here, batch.number, "支払").await.unwrap().shown;
    assert!(shown.contains("別の期別の還付である") && shown.contains("10000円"), "{shown}");
}

#[tokio::test]
async fn a_file_is_for_a_day_on_which_banks_are_open_and_a_branch_that_is() {
    let desk = Desk::open().await;
    let (store, here) = (&desk.office.store, desk.office.here);
    let order = desk.fixed(1, KANA, "0000019", 5_000).await;
    // 6 June 2026 is a Saturday; 29 May has passed.
    for (day, next) in [(Date::new(2026, 6, 6), Date::new(2026, 6, 8)), (Date::new(2026, 5, 29), TODAY)] {
        match prepare(store, &desk.vault, here, day, &sender(), None, "", TODAY, &WATCH, &stamp()).await {
            Err(PaymentError::BankDay { next: found, .. }) => assert_eq!(found, next),
            other => panic!("{other:?}"),
        }
    }
    for (branch, until, left_out) in [("002", "", 1), ("001", "2026-06-03", 1), ("001", "2026-06-04", 0)] {
        let list = format!(
            "一覧の日付,2026-06-01\n銀行番号,銀行名カナ,支店番号,支店名カナ,開始日,終了日\n9990,ﾐﾎﾝ,{branch},ﾐﾎﾝ,2020-01-01,{until}\n"
        );
        let list = BranchList::read(list.as_bytes()).unwrap();
        let prepared = prepare(store, &desk.vault, here, BANK_DAY, &sender(), Some(&list), "", TODAY, &WATCH, &stamp()).await;
        assert_eq!(matches!(prepared, Err(PaymentError::Nothing(1))), left_out == 1, "{branch} {until}: {prepared:?}");
    }
    assert_eq!(desk.state(order).await.word(), "fixed");
}

#[tokio::test]
async fn results_that_cannot_be_are_exceptions_and_a_recall_ends_a_line_before_or_after() {
    let desk = Desk::open().await;
    let (store, here) = (&desk.office.store, desk.office.here);
    desk.fixed(1, KANA, "0000019", 5_000).await;
    desk.fixed(2, "サトウ イチロウ", "0000027", 12_300).await;
    let batch = desk.prepare("", TODAY).await.unwrap().batch.number;
    let unsent = desk.tell("early", &[told(1_000_001, Outcome::Paid)]).await;
    assert_eq!((unsent.paid, unsent.exceptions), (0, 1));
    desk.release(batch).await;
    desk.check(batch, "1").await;
    desk.cut(batch, false).await.unwrap();
    let other = (BankCode::parse("9990").unwrap(), BranchCode::parse("001").unwrap(), AccountNumber::parse("99").unwrap());
    let wrong = [
        Told { yen: Some(Yen::new(4_999)), ..told(1_000_001, Outcome::Paid) },
        Told { account: Some(other), ..told(1_000_002, Outcome::Paid) },
        told(1_000_001, Outcome::Returned),
    ];
    assert_eq!(desk.tell("wrong", &wrong).await.exceptions, 3);
    assert!(desk.office.store.payment_exceptions(here).await.unwrap().iter().all(|(_, one)| !one.what.contains("99")));
    for line in [1_000_001, 1_000_002] {
        store.recall(here, line, "誤り", &stamp()).await.unwrap();
    }
    // One in time, one after it was paid.
    let in_time = Told { reason: String::new(), ..told(1_000_001, Outcome::Failed) };
    let done = desk.tell("recalled", &[in_time, told(1_000_002, Outcome::Paid)]).await;
    assert_eq!((done.failed, done.paid), (1, 1));
    assert_eq!(desk.tell("back", &[told(1_000_002, Outcome::Returned)]).await.returned, 1);
    let line = store.payment_line(here, 1_000_001).await.unwrap().unwrap();
    assert_eq!(line.outcomes[0].1, "組戻し");
    assert_eq!(store.balance(here, Account::bank()).await.unwrap().credit(), 0);
    desk.is_sound().await;
}

#[tokio::test]
async fn an_inquiry_is_fresh_after_the_release_or_for_some_hours() {
    for (asked, released, now, fresh) in [
        ("2026-06-01T10:00:00Z", "2026-06-01T09:00:00Z", "2026-06-08T09:00:00Z", true),
        ("2026-06-01T08:00:00Z", "2026-06-01T09:00:00Z", "2026-06-02T08:00:00Z", true),
        ("2026-06-01T08:00:00Z", "2026-06-01T09:00:00Z", "2026-06-02T08:00:01Z", false),
        ("2026-06-03T08:00:00Z", "2026-06-01T09:00:00Z", "2026-06-02T08:00:01Z", false),
        ("yesterday", "2026-06-01T09:00:00Z", "2026-06-01T09:00:00Z", false),
    ] {
        assert_eq!(is_fresh(asked, released, 24, now), fresh, "{asked} {released} {now}");
    }
    assert_eq!(now().today, TODAY);
}

/// A power cut at any step of preparing, cutting or taking results loses and doubles nothing.
#[tokio::test]
async fn stopped_at_any_step_and_started_again_a_payment_is_made_once() {
    let desk = Desk::open().await;
    let (store, here, by) = (&desk.office.store, desk.office.here, stamp());
    let order = desk.fixed(1, KANA, "0000019", 5_000).await;
    let sender = sender();
    let mut stops = [0; 3];
    for polls in (1..).step_by(3) {
        let work = prepare(store, &desk.vault, here, BANK_DAY, &sender, None, "", TODAY, &WATCH, &by);
        match stopped_after(polls, work).await {
            None => stops[0] += 1,
            // Written, and the answer lost: there is nothing left to prepare.
            Some(Ok(_) | Err(PaymentError::Nothing(1))) => break,
            Some(Err(error)) => panic!("{error}"),
        }
    }
    assert_eq!(store.batches(here, 0, 9).await.unwrap().len(), 1);
    desk.release(1).await;
    desk.check(1, "1").await;
    let mut bytes = None;
    for polls in (1..).step_by(3) {
        match stopped_after(polls, cut(store, &desk.vault, here, 1, false, 24, TODAY, &WATCH, &by)).await {
            None => stops[1] += 1,
            Some(cut) => {
                bytes = Some(cut.unwrap().bytes);
                break;
            }
        }
        // The order is in the file and underway, or neither.
        let cut = file(store, &desk.vault, here, 1).await.unwrap();
        assert_eq!(desk.payable(1, order).await.1, if cut.is_some() { 5_000 } else { 0 });
    }
    assert_eq!(file(store, &desk.vault, here, 1).await.unwrap().map(|cut| cut.bytes), bytes);
    for polls in (1..).step_by(3) {
        let told = [told(1_000_001, Outcome::Paid)];
        let work = take_results(store, &desk.vault, here, Digest::of(b"r"), &told, BANK_DAY, &by);
        match stopped_after(polls, work).await {
            None => stops[2] += 1,
            Some(results) => {
                assert_eq!(results.unwrap().paid, 1);
                break;
            }
        }
    }
    // How often depends on how soon the database answers.
    assert!(stops.iter().all(|stops| *stops > 0), "{stops:?}");
    assert_eq!(desk.payable(1, order).await, (0, 0));
    assert_eq!(store.balance(here, Account::bank()).await.unwrap().credit(), 5_000);
    desk.is_sound().await;
}
