//! What a file must not hold, one sentence each; and that an error says it to engineers and to officials.

use crate::made_up::{DAY, Form, again, file, header, transfer};
use jorei_bank::account::DepositKind;
use jorei_bank::bulk_transfer::{Reader, Writer};
use jorei_bank::direct_debit::Unset;
use jorei_bank::fault::{FileError, What};
use jorei_bank::file::LineEnd;
use jorei_bank::names::HolderName;
use jorei_domain::calendar::Date;
use jorei_domain::money::Yen;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

fn valid(form: Form, lines: usize) -> Vec<u8> {
    file(&mut ChaCha8Rng::seed_from_u64(1), form, LineEnd::None, lines).0
}

/// The file with some bytes of a record (from 0) at a position (from 1) replaced.
fn with(form: Form, record: usize, position: usize, bytes: &[u8]) -> FileError {
    let mut file = valid(form, 2);
    let at = record * 120 + position - 1;
    file[at..at + bytes.len()].copy_from_slice(bytes);
    again(form, &file).unwrap_err()
}

#[test]
fn what_the_banks_leave_open_is_fixed_and_anything_else_refused() {
    for (record, position, bytes, field, what) in [
        (0, 2, &b"11"[..], 2, What::NotThis("21")),
        (0, 4, b"1", 3, What::NotThis("0")),
        (0, 96, b"4", 11, What::NotACode("1, 2, 9")),
        (0, 55, b"1231", 6, What::OtherDay(DAY)),
        (0, 55, b"0230", 6, What::NoSuchDay),
        (0, 15, b"                                        ", 5, What::Missing),
        (1, 39, b"    ", 6, What::NotThis("0000")),
        (1, 39, b"0001", 6, What::NotThis("0000")),
        (1, 43, b"3", 7, What::NotACode("1, 2, 4, 9")),
        (1, 51, b"                              ", 9, What::Missing),
        (1, 81, b"0000000000", 10, What::Zero),
        (1, 91, b"3", 11, What::NotACode("0, 1, 2")),
        (1, 92, b"00000000000000000000", 12, What::Zero),
        (1, 92, b"18446744073709551616", 12, What::TooLarge),
        (1, 92, b"1234567890        90", 13, What::NotDigits),
        (1, 112, b"0", 14, What::NotACode("7, 8")),
        (1, 113, b"Y", 15, What::NotBlank),
    ] {
        let error = with(Form::Transfer, record, position, bytes);
        assert_eq!((error.line, error.field.number, error.what), (record as u64 + 1, Some(field), what));
    }
    let error = with(Form::Answer, 1, 112, b"5");
    assert_eq!((error.line, error.field.number, error.what), (2, Some(13), What::NotACode("0, 1, 2, 3, 4, 8, 9")));
    let error = with(Form::Request(Unset::Zero), 1, 112, b"9");
    assert_eq!((error.line, error.field.number, error.what), (2, Some(13), What::NotACode("0, 空白")));
    let error = with(Form::Request(Unset::Zero), 2, 112, b" ");
    assert_eq!((error.line, error.field.number, error.what), (3, Some(13), What::Mixture));
    // An answer whose parts do not add up, though its whole does.
    let error = with(Form::Answer, 3, 20, b"000009");
    assert_eq!((error.line, error.field.number), (4, Some(4)));
}

#[test]
fn an_error_says_record_field_and_what_in_both_languages() {
    let error = with(Form::Transfer, 1, 81, b"0000000000");
    assert_eq!(error.to_string(), "record 2, field 10 振込金額: zero or less; leave the line out");
    assert_eq!(error.japanese(), "2行目 項番10「振込金額」：0は認められません");
    let error = with(Form::Transfer, 3, 2, b"000003");
    assert_eq!(error.to_string(), "record 4, field 2 合計件数: states 3 lines, there are 2");
    assert_eq!(error.japanese(), "4行目 項番2「合計件数」：件数が一致しません（記載 3件、実際 2件）");
    let error = again(Form::Transfer, &valid(Form::Transfer, 2)[..200]).unwrap_err();
    assert_eq!(error.japanese(), "2行目 項番10「振込金額」：レコードの途中で終わっています");
    assert_eq!(again(Form::Transfer, b"").unwrap_err().to_string(), "record 1, field 1 データ区分: the file ends inside the record");
}

#[test]
fn money_moves_on_days_on_which_banks_are_open() {
    let on =
        |day| Writer::new(Vec::new(), &jorei_bank::file::Header { day, ..header() }, LineEnd::None).map(|_| ()).map_err(|error| error.what);
    // A Sunday, New Year's Eve, the autumnal equinox; 30 December is open at banks.
    for closed in [Date::new(2026, 11, 22), Date::new(2026, 12, 31), Date::new(2026, 9, 23)] {
        assert_eq!(on(closed), Err(What::NotABankDay(closed)));
    }
    assert_eq!(on(Date::new(2026, 12, 30)), Ok(()));
    assert_eq!(on(Date::new(2031, 4, 1)), Err(What::NotPublished(2031)));
    // A file says month and day only: the year is the caller's, and in 2027 the day is a Saturday.
    let next_year = Date::new(2027, 12, 25);
    let error = Reader::new(&valid(Form::Transfer, 1)[..], next_year).map(|_| ()).unwrap_err();
    assert_eq!((error.line, error.field.number, error.what), (1, Some(6), What::NotABankDay(next_year)));
}

#[test]
fn a_line_that_is_refused_is_not_in_the_file() {
    let rng = &mut ChaCha8Rng::seed_from_u64(2);
    let mut out = Vec::new();
    let mut writer = Writer::new(&mut out, &header(), LineEnd::None).unwrap();
    let mut line = transfer(rng);
    for (amount, what) in [(0, What::Zero), (-5, What::Zero), (10_000_000_000, What::TooLarge)] {
        line.amount = Yen::new(amount);
        let error = writer.line(&line).unwrap_err();
        assert_eq!((error.line, error.field.number, error.what), (2, Some(10), what));
    }
    line.amount = Yen::new(9_999_999_999);
    for _ in 0..100 {
        writer.line(&line).unwrap();
    }
    // 101 times would be more than twelve digits.
    let error = writer.line(&line).unwrap_err();
    assert_eq!((error.field.number, error.field.name, error.what), (Some(3), "合計金額", What::TooLarge));
    let totals = writer.finish().unwrap();
    assert_eq!((totals.lines, totals.sum_yen), (100, Yen::new(999_999_999_900)));
    assert_eq!(again(Form::Transfer, &out), Ok((out.clone(), totals)));

    let savings = jorei_bank::file::Header { kind: DepositKind::Savings, ..header() };
    let error = Writer::new(Vec::new(), &savings, LineEnd::None).map(|_| ()).unwrap_err();
    assert_eq!((error.line, error.field.number), (1, Some(11)));
}

#[test]
fn a_long_name_is_cut_for_the_file_without_losing_a_voicing_mark() {
    let rng = &mut ChaCha8Rng::seed_from_u64(3);
    let mut line = transfer(rng);
    line.account.holder = HolderName::normalise(&format!("{}ガギグ", "ア".repeat(29))).unwrap();
    let mut out = Vec::new();
    let mut writer = Writer::new(&mut out, &header(), LineEnd::None).unwrap();
    writer.line(&line).unwrap();
    writer.finish().unwrap();
    assert_eq!(out[120 + 50..120 + 80], [&[0xB1; 29][..], b" "].concat());
    let read = Reader::new(&out[..], DAY).unwrap().next().unwrap().unwrap();
    assert_eq!(read.account.holder, line.account.holder.cut());
}

#[test]
fn an_iterator_that_met_an_error_ends_and_has_no_totals() {
    let mut file = valid(Form::Transfer, 3);
    file[2 * 120 + 80] = b'X';
    let mut reader = Reader::new(&file[..], DAY).unwrap();
    assert!(reader.next().unwrap().is_ok());
    assert!(reader.next().unwrap().is_err());
    assert!(reader.next().is_none() && reader.next().is_none());
    assert_eq!(reader.totals(), None);
    assert!(reader.finish().is_err());
}
