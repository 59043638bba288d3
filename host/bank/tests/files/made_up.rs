//! Made-up files of all forms, from a seed; and how to read one and write it again. No code of a bank that exists, no name
//! of anybody.

use jorei_bank::account::{AccountNumber, BankAccount, BankCode, BranchCode, DepositKind};
use jorei_bank::bulk_transfer::{self, Delivery, Novelty};
use jorei_bank::direct_debit::{self, Answer, ResultCode, Unset};
use jorei_bank::fault::FileError;
use jorei_bank::file::{BankKana, ClientCode, ClientName, Header, LineEnd, PaymentNumber, Totals};
use jorei_bank::names::HolderName;
use jorei_domain::calendar::Date;
use jorei_domain::money::Yen;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng as _;

/// A Friday on which banks are open.
pub const DAY: Date = Date::new(2026, 12, 25);

/// The forms of file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Form {
    Transfer,
    Request(Unset),
    Answer,
}

pub const FORMS: [Form; 4] = [Form::Transfer, Form::Request(Unset::Zero), Form::Request(Unset::Space), Form::Answer];

/// Below `bound`.
pub fn below(rng: &mut ChaCha8Rng, bound: usize) -> usize {
    usize::try_from(rng.next_u64() % u64::try_from(bound).unwrap()).unwrap()
}

pub fn pick<T: Copy>(rng: &mut ChaCha8Rng, from: &[T]) -> T {
    from[below(rng, from.len())]
}

pub const LETTERS: [char; 12] = ['ｱ', 'ｶ', 'ﾀ', 'ﾊ', 'ﾝ', 'ﾎ', 'A', 'Z', '0', '9', '-', '.'];

fn name(rng: &mut ChaCha8Rng) -> HolderName {
    let mut text = String::new();
    for _ in 0..1 + below(rng, 20) {
        text.push(pick(rng, &LETTERS));
        if text.ends_with('ﾊ') && rng.next_u64().is_multiple_of(2) {
            text.push(pick(rng, &['ﾞ', 'ﾟ']));
        }
        if rng.next_u64().is_multiple_of(6) {
            text.push(' ');
        }
    }
    HolderName::normalise(&text).unwrap().cut()
}

fn digits(rng: &mut ChaCha8Rng, count: u32) -> u64 {
    rng.next_u64() % 10_u64.pow(count)
}

fn account(rng: &mut ChaCha8Rng) -> BankAccount {
    BankAccount {
        bank: BankCode::new(9_800 + digits(rng, 2)).unwrap(),
        branch: BranchCode::new(digits(rng, 3)).unwrap(),
        kind: pick(rng, &[DepositKind::Ordinary, DepositKind::Current, DepositKind::Savings, DepositKind::Other]),
        number: AccountNumber::new(digits(rng, 7)).unwrap(),
        holder: name(rng),
    }
}

fn kana(rng: &mut ChaCha8Rng) -> BankKana {
    BankKana::cut(pick(rng, &["", "ｶｸｳ", "ﾎﾝﾃﾝ", "ｷﾀ-1", "ｶﾞｷﾞｸﾞｹﾞｺﾞｻﾞｼﾞｽﾞ"])).unwrap()
}

pub fn header() -> Header {
    Header {
        client: ClientCode::new(1_234_567).unwrap(),
        client_name: ClientName::read("ｼﾞﾖｳﾚｲｼ ｶｲｹｲ(ﾎｹﾝ)").unwrap(),
        day: DAY,
        bank: BankCode::parse("9801").unwrap(),
        bank_name: BankKana::cut("ｶｸｳ").unwrap(),
        branch: BranchCode::parse("001").unwrap(),
        branch_name: BankKana::default(),
        kind: DepositKind::Other,
        number: AccountNumber::parse("7654321").unwrap(),
    }
}

fn payment(rng: &mut ChaCha8Rng) -> PaymentNumber {
    PaymentNumber::new((rng.next_u64() >> below(rng, 64)).max(1)).unwrap()
}

/// Amounts stay small enough that a digit more never exceeds the trailer.
fn amount(rng: &mut ChaCha8Rng) -> Yen {
    let most = pick(rng, &[10, 10_000, 1_000_000, 9_999_999_999]);
    Yen::new(1 + i64::try_from(rng.next_u64() % most).unwrap())
}

pub fn transfer(rng: &mut ChaCha8Rng) -> bulk_transfer::Line {
    let mut line = bulk_transfer::Line::new(payment(rng), account(rng), amount(rng));
    (line.bank_name, line.branch_name) = (kana(rng), kana(rng));
    line.novelty = pick(rng, &[Novelty::Other, Novelty::First, Novelty::Changed]);
    line.delivery = pick(rng, &[Delivery::Telegraphic, Delivery::Document]);
    line
}

pub fn debit(rng: &mut ChaCha8Rng) -> direct_debit::Line {
    let mut line = direct_debit::Line::new(payment(rng), account(rng), amount(rng));
    (line.bank_name, line.branch_name) = (kana(rng), kana(rng));
    line.novelty = pick(rng, &[Novelty::Other, Novelty::First, Novelty::Changed]);
    line
}

/// A file of so many lines.
pub fn file(rng: &mut ChaCha8Rng, form: Form, line_end: LineEnd, lines: usize) -> (Vec<u8>, Totals) {
    let (mut out, header) = (Vec::new(), header());
    let totals = match form {
        Form::Transfer => {
            let mut writer = bulk_transfer::Writer::new(&mut out, &header, line_end).unwrap();
            (0..lines).for_each(|_| writer.line(&transfer(rng)).unwrap());
            writer.finish()
        }
        Form::Request(unset) => {
            let mut writer = direct_debit::RequestWriter::new(&mut out, &header, line_end, unset).unwrap();
            (0..lines).for_each(|_| writer.line(&debit(rng)).unwrap());
            writer.finish()
        }
        Form::Answer => {
            let mut writer = direct_debit::ResultWriter::new(&mut out, &header, line_end).unwrap();
            (0..lines).for_each(|_| writer.line(&Answer { line: debit(rng), result: pick(rng, &ResultCode::ALL) }).unwrap());
            writer.finish()
        }
    };
    (out, totals.unwrap())
}

/// Reads a file and writes what was read.
pub fn again(form: Form, bytes: &[u8]) -> Result<(Vec<u8>, Totals), FileError> {
    let mut out = Vec::new();
    let (read, written) = match form {
        Form::Transfer => {
            let mut reader = bulk_transfer::Reader::new(bytes, DAY)?;
            let mut writer = bulk_transfer::Writer::new(&mut out, &reader.header().clone(), reader.line_end()).unwrap();
            for line in reader.by_ref() {
                writer.line(&line?).unwrap();
            }
            (reader.totals(), writer.finish())
        }
        Form::Request(_) => {
            let mut reader = direct_debit::RequestReader::new(bytes, DAY)?;
            let lines = reader.by_ref().collect::<Result<Vec<_>, _>>()?;
            let unset = reader.unset().unwrap_or_default();
            let mut writer = direct_debit::RequestWriter::new(&mut out, reader.header(), reader.line_end(), unset).unwrap();
            lines.iter().for_each(|line| writer.line(line).unwrap());
            (reader.totals(), writer.finish())
        }
        Form::Answer => {
            let mut reader = direct_debit::ResultReader::new(bytes, DAY)?;
            let mut writer = direct_debit::ResultWriter::new(&mut out, &reader.header().clone(), reader.line_end()).unwrap();
            for line in reader.by_ref() {
                writer.line(&line?).unwrap();
            }
            (reader.totals(), writer.finish())
        }
    };
    assert_eq!(read, Some(written.unwrap()), "reader and writer count alike");
    Ok((out, read.unwrap()))
}
