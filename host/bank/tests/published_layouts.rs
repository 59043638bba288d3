//! The published layouts, field by field, against bytes that were written.
//!
//! The tables are copied from refunds.md 5.1 and 5.3 (Gunma Bank's layout of the bulk transfer, Hokkoku Bank's of the debit,
//! and two public layout definitions). They know nothing of the crate's own tables.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use jorei_bank::account::{AccountNumber, BankAccount, BankCode, BranchCode, DepositKind};
use jorei_bank::bulk_transfer::{self, Delivery, Novelty};
use jorei_bank::direct_debit::{self, Answer, ResultCode, Unset};
use jorei_bank::file::{BankKana, ClientCode, ClientName, Header, LineEnd, PaymentNumber};
use jorei_bank::names::HolderName;
use jorei_domain::calendar::Date;
use jorei_domain::money::Yen;

/// Length, position, bytes.
type Expected<'a> = (usize, usize, &'a [u8]);

/// Half-width text as Shift_JIS has it, by another crate.
fn sjis(text: &str) -> Vec<u8> {
    encoding_rs::SHIFT_JIS.encode(text).0.into_owned()
}

fn header() -> Header {
    Header {
        client: ClientCode::new(1_234_567).unwrap(),
        client_name: ClientName::read("ｼﾞﾖｳﾚｲｼ").unwrap(),
        // A Friday.
        day: Date::new(2026, 12, 25),
        bank: BankCode::parse("9801").unwrap(),
        bank_name: BankKana::cut("ｶｸｳ").unwrap(),
        branch: BranchCode::parse("001").unwrap(),
        branch_name: BankKana::cut("ﾎﾝﾃﾝ").unwrap(),
        kind: DepositKind::Other,
        number: AccountNumber::parse("7654321").unwrap(),
    }
}

fn account() -> BankAccount {
    BankAccount {
        bank: BankCode::parse("9802").unwrap(),
        branch: BranchCode::parse("013").unwrap(),
        kind: DepositKind::Savings,
        number: AccountNumber::parse("42").unwrap(),
        holder: HolderName::read("ﾔﾏﾀﾞ ﾀﾛｳ").unwrap(),
    }
}

/// Every field has its length, its position and its bytes, and together they are the record.
fn check(record: &[u8], expected: &[Expected<'_>]) {
    assert_eq!(record.len(), 120);
    let mut next = 1;
    for (number, (length, position, bytes)) in (1..).zip(expected) {
        assert_eq!(*position, next, "field {number}");
        next += length;
        assert_eq!(&record[position - 1..position - 1 + length], *bytes, "field {number}");
    }
    assert_eq!(next, 121);
}

fn padded(text: &str, length: usize) -> Vec<u8> {
    let mut bytes = sjis(text);
    bytes.resize(length, b' ');
    bytes
}

#[test]
fn a_bulk_transfer_has_the_published_fields() {
    let mut file = Vec::new();
    let mut writer = bulk_transfer::Writer::new(&mut file, &header(), LineEnd::CrLf).unwrap();
    let mut line = bulk_transfer::Line::new(PaymentNumber::new(12_345_678_901).unwrap(), account(), Yen::new(30_500));
    line.bank_name = BankKana::cut("ﾓｿﾞｳ").unwrap();
    line.branch_name = BankKana::cut("ｷﾀ1").unwrap();
    line.novelty = Novelty::First;
    writer.line(&line).unwrap();
    line.delivery = Delivery::Document;
    line.amount = Yen::new(9_999_999_999);
    writer.line(&line).unwrap();
    let totals = writer.finish().unwrap();
    assert_eq!((totals.lines, totals.sum_yen), (2, Yen::new(10_000_030_499)));

    let records: Vec<&[u8]> = file.chunks(122).collect();
    assert_eq!(records.len(), 5);
    assert!(records.iter().all(|record| record.ends_with(b"\r\n")));
    check(
        &records[0][..120],
        &[
            (1, 1, b"1"),
            (2, 2, b"21"),
            (1, 4, b"0"),
            (10, 5, b"0001234567"),
            (40, 15, &padded("ｼﾞﾖｳﾚｲｼ", 40)),
            (4, 55, b"1225"),
            (4, 59, b"9801"),
            (15, 63, &padded("ｶｸｳ", 15)),
            (3, 78, b"001"),
            (15, 81, &padded("ﾎﾝﾃﾝ", 15)),
            (1, 96, b"9"),
            (7, 97, b"7654321"),
            (17, 104, &padded("", 17)),
        ],
    );
    let data = |amount: &'static [u8], delivery: &'static [u8]| {
        let names = [padded("ﾓｿﾞｳ", 15), padded("ｷﾀ1", 15), padded("ﾔﾏﾀﾞ ﾀﾛｳ", 30)];
        (names, amount, delivery)
    };
    for (record, (names, amount, delivery)) in records[1..3].iter().zip([data(b"0000030500", b"7"), data(b"9999999999", b"8")]) {
        check(
            &record[..120],
            &[
                (1, 1, b"2"),
                (4, 2, b"9802"),
                (15, 6, &names[0]),
                (3, 21, b"013"),
                (15, 24, &names[1]),
                (4, 39, b"0000"),
                (1, 43, b"4"),
                (7, 44, b"0000042"),
                (30, 51, &names[2]),
                (10, 81, amount),
                (1, 91, b"1"),
                (10, 92, b"0000000001"),
                (10, 102, b"2345678901"),
                (1, 112, delivery),
                (1, 113, b" "),
                (7, 114, b"       "),
            ],
        );
    }
    check(&records[3][..120], &[(1, 1, b"8"), (6, 2, b"000002"), (12, 8, b"010000030499"), (101, 20, &padded("", 101))]);
    check(&records[4][..120], &[(1, 1, b"9"), (119, 2, &padded("", 119))]);
}

fn debit_data(file: &[u8], result: &[u8]) {
    check(
        file,
        &[
            (1, 1, b"2"),
            (4, 2, b"9802"),
            (15, 6, &padded("", 15)),
            (3, 21, b"013"),
            (15, 24, &padded("", 15)),
            (4, 39, b"    "),
            (1, 43, b"4"),
            (7, 44, b"0000042"),
            (30, 51, &padded("ﾔﾏﾀﾞ ﾀﾛｳ", 30)),
            (10, 81, b"0000012300"),
            (1, 91, b"0"),
            (20, 92, b"18446744073709551615"),
            (1, 112, result),
            (8, 113, b"        "),
        ],
    );
}

#[test]
fn a_direct_debit_has_the_published_fields() {
    let line = direct_debit::Line::new(PaymentNumber::new(u64::MAX).unwrap(), account(), Yen::new(12_300));
    for (unset, byte) in [(Unset::Zero, b"0"), (Unset::Space, b" ")] {
        let mut file = Vec::new();
        let mut writer = direct_debit::RequestWriter::new(&mut file, &header(), LineEnd::None, unset).unwrap();
        writer.line(&line).unwrap();
        writer.finish().unwrap();
        let records: Vec<&[u8]> = file.chunks(120).collect();
        assert_eq!(records.len(), 4);
        assert_eq!(&records[0][..4], b"1910");
        assert_eq!(&records[0][54..62], b"12259801");
        debit_data(records[1], byte);
        check(
            records[2],
            &[
                (1, 1, b"8"),
                (6, 2, b"000001"),
                (12, 8, b"000000012300"),
                (6, 20, b"000000"),
                (12, 26, b"000000000000"),
                (6, 38, b"000000"),
                (12, 44, b"000000000000"),
                (65, 56, &padded("", 65)),
            ],
        );
        check(records[3], &[(1, 1, b"9"), (119, 2, &padded("", 119))]);
    }
}

#[test]
fn the_answer_to_a_direct_debit_counts_what_was_taken_and_what_was_not() {
    let mut file = Vec::new();
    let mut writer = direct_debit::ResultWriter::new(&mut file, &header(), LineEnd::None).unwrap();
    // Codes as published: 0 done, 1 no funds, 2 no such account, 3 stopped by the depositor, 4 no mandate, 8 stopped by the
    // collector, 9 other.
    let codes = [
        (ResultCode::Done, b"0"),
        (ResultCode::NoFunds, b"1"),
        (ResultCode::NoAccount, b"2"),
        (ResultCode::StoppedByDepositor, b"3"),
        (ResultCode::NoMandate, b"4"),
        (ResultCode::StoppedByCollector, b"8"),
        (ResultCode::Other, b"9"),
    ];
    let line = direct_debit::Line::new(PaymentNumber::new(u64::MAX).unwrap(), account(), Yen::new(12_300));
    for (result, _) in codes {
        writer.line(&Answer { line: line.clone(), result }).unwrap();
    }
    let totals = writer.finish().unwrap();
    let records: Vec<&[u8]> = file.chunks(120).collect();
    for ((_, byte), record) in codes.iter().zip(&records[1..]) {
        debit_data(record, &byte[..]);
    }
    check(
        records[8],
        &[
            (1, 1, b"8"),
            (6, 2, b"000007"),
            (12, 8, b"000000086100"),
            (6, 20, b"000001"),
            (12, 26, b"000000012300"),
            (6, 38, b"000006"),
            (12, 44, b"000000073800"),
            (65, 56, &padded("", 65)),
        ],
    );
    let read: Result<Vec<Answer>, _> = {
        let mut reader = direct_debit::ResultReader::new(&file[..], header().day).unwrap();
        let answers = reader.by_ref().collect();
        assert_eq!(reader.totals(), Some(totals));
        answers
    };
    assert_eq!(read.unwrap().iter().map(|answer| answer.result).collect::<Vec<_>>(), codes.map(|(result, _)| result));
}

#[test]
fn the_reference_page_shows_every_field_once() {
    for (layouts, fields) in [(&bulk_transfer::LAYOUTS, 13 + 16 + 4 + 2), (&direct_debit::LAYOUTS, 13 + 14 + 8 + 2)] {
        let page = layouts.markdown();
        assert_eq!(page.lines().filter(|line| line.starts_with("| ") && !line.contains("項番") && !line.contains("---")).count(), fields);
        assert!(page.starts_with(&format!("## {}\n", layouts.name)));
    }
    assert!(bulk_transfer::LAYOUTS.markdown().contains("| 10 | 振込金額 | N | 10 | 81 |"));
    assert!(direct_debit::LAYOUTS.markdown().contains("| 12 | 顧客番号 | N | 20 | 92 |"));
}
