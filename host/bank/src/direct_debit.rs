//! The direct debit (預金口座振替, kind 91): the office asks a bank to take premiums from accounts, and what the bank
//! answers. Request and answer have one layout and differ in the result of each line and in the trailer.
//!
//! An unset result is 0 or a space, as the bank wants it; 0 in an answer means done, so that the two are read by two
//! readers and never told apart by their bytes. Absent here: mandates, and which instalment a debit is for.

use crate::account::BankAccount;
use crate::bulk_transfer::Novelty;
use crate::characters::Alphabet;
use crate::fault::{FieldError, FileError, What};
use crate::file::{
    self, BankKana, Counted, Form, Header, Layouts, LineEnd, PaymentNumber, account_number, amount, bank, bank_kana, branch, deposit_kind,
    name_error, put_amount,
};
use crate::layout::{Content, Field, Kind, Layout, Record};
use crate::names::HolderName;
use jorei_domain::calendar::Date;
use jorei_domain::money::Yen;
use std::io::{Read, Write};

const BANK: Field = Field::number(2, "引落銀行番号", 4, 2);
const BANK_NAME: Field = Field::text(3, "引落銀行名", Alphabet::Bank, 15, 6);
const BRANCH: Field = Field::number(4, "引落支店番号", 3, 21);
const BRANCH_NAME: Field = Field::text(5, "引落支店名", Alphabet::Bank, 15, 24);
const KIND: Field = Field::number(7, "預金種目", 1, 43);
const NUMBER: Field = Field::number(8, "口座番号", 7, 44);
const HOLDER: Field = Field::text(9, "預金者名", Alphabet::Name, 30, 51);
const AMOUNT: Field = Field::number(10, "引落金額", 10, 81);
const NOVELTY: Field = Field::number(11, "新規コード", 1, 91);
const CUSTOMER: Field = Field::number(12, "顧客番号", 20, 92);
const RESULT: Field =
    Field { number: 13, name: "振替結果コード", kind: Kind::N, content: Content::Number, length: 1, position: 112 };
const LINES: Field = Field::number(2, "合計件数", 6, 2);
const SUM: Field = Field::number(3, "合計金額", 12, 8);
const DONE_LINES: Field = Field::number(4, "振替済件数", 6, 20);
const DONE_SUM: Field = Field::number(5, "振替済金額", 12, 26);
const FAILED_LINES: Field = Field::number(6, "振替不能件数", 6, 38);
const FAILED_SUM: Field = Field::number(7, "振替不能金額", 12, 44);

/// The layouts of the form.
pub static LAYOUTS: Layouts = Layouts {
    name: "預金口座振替（種別コード91）",
    header: Layout::new(
        "ヘッダー・レコード",
        b'1',
        &[
            Field::fixed(1, "データ区分", "1", 1, 1),
            Field::fixed(2, "種別コード", "91", 2, 2),
            Field::fixed(3, "コード区分", "0", 1, 4),
            Field::number(4, "委託者コード", 10, 5),
            Field::text(5, "委託者名", Alphabet::Name, 40, 15),
            Field::number(6, "引落日", 4, 55),
            Field::number(7, "取引銀行番号", 4, 59),
            Field::text(8, "取引銀行名", Alphabet::Bank, 15, 63),
            Field::number(9, "取引支店番号", 3, 78),
            Field::text(10, "取引支店名", Alphabet::Bank, 15, 81),
            Field::number(11, "預金種目（委託者）", 1, 96),
            Field::number(12, "口座番号（委託者）", 7, 97),
            Field::blank(13, "ダミー", 17, 104),
        ],
    ),
    data: Layout::new(
        "データ・レコード",
        b'2',
        &[
            Field::fixed(1, "データ区分", "2", 1, 1),
            BANK,
            BANK_NAME,
            BRANCH,
            BRANCH_NAME,
            Field::blank(6, "ダミー", 4, 39),
            KIND,
            NUMBER,
            HOLDER,
            AMOUNT,
            NOVELTY,
            CUSTOMER,
            RESULT,
            Field::blank(14, "ダミー", 8, 113),
        ],
    ),
    trailer: Layout::new(
        "トレーラ・レコード",
        b'8',
        &[
            Field::fixed(1, "データ区分", "8", 1, 1),
            LINES,
            SUM,
            DONE_LINES,
            DONE_SUM,
            FAILED_LINES,
            FAILED_SUM,
            Field::blank(8, "ダミー", 65, 56),
        ],
    ),
    end: Layout::new("エンド・レコード", b'9', &[Field::fixed(1, "データ区分", "9", 1, 1), Field::blank(2, "ダミー", 119, 2)]),
    tallies: &[(Counted::All, LINES, SUM), (Counted::Done, DONE_LINES, DONE_SUM), (Counted::Failed, FAILED_LINES, FAILED_SUM)],
};

/// What became of a debit (振替結果コード).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ResultCode {
    /// 0 振替済.
    Done,
    /// 1 資金不足.
    NoFunds,
    /// 2 預金取引なし.
    NoAccount,
    /// 3 預金者の都合による振替停止.
    StoppedByDepositor,
    /// 4 預金口座振替依頼書なし.
    NoMandate,
    /// 8 委託者の都合による振替停止.
    StoppedByCollector,
    /// 9 その他.
    Other,
}

impl ResultCode {
    /// All of them.
    pub const ALL: [ResultCode; 7] = [
        ResultCode::Done,
        ResultCode::NoFunds,
        ResultCode::NoAccount,
        ResultCode::StoppedByDepositor,
        ResultCode::NoMandate,
        ResultCode::StoppedByCollector,
        ResultCode::Other,
    ];

    /// Its digit.
    pub const fn code(self) -> u8 {
        match self {
            ResultCode::Done => 0,
            ResultCode::NoFunds => 1,
            ResultCode::NoAccount => 2,
            ResultCode::StoppedByDepositor => 3,
            ResultCode::NoMandate => 4,
            ResultCode::StoppedByCollector => 8,
            ResultCode::Other => 9,
        }
    }

    /// In Japanese.
    pub const fn japanese(self) -> &'static str {
        match self {
            ResultCode::Done => "振替済",
            ResultCode::NoFunds => "資金不足",
            ResultCode::NoAccount => "預金取引なし",
            ResultCode::StoppedByDepositor => "預金者の都合による振替停止",
            ResultCode::NoMandate => "預金口座振替依頼書なし",
            ResultCode::StoppedByCollector => "委託者の都合による振替停止",
            ResultCode::Other => "その他",
        }
    }
}

/// One debit.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Line {
    /// The office's number of the debit.
    pub payment: PaymentNumber,
    /// Whose money is asked for. A file has the first thirty characters of the holder's name.
    pub account: BankAccount,
    /// The bank's name; may be empty.
    pub bank_name: BankKana,
    /// The branch's name; may be empty.
    pub branch_name: BankKana,
    /// How much: at least one yen, at most ten digits.
    pub amount: Yen,
    /// Whether the account is new.
    pub novelty: Novelty,
}

impl Line {
    /// An ordinary debit, without the names of bank and branch.
    pub fn new(payment: PaymentNumber, account: BankAccount, amount: Yen) -> Line {
        Line { payment, account, bank_name: BankKana::default(), branch_name: BankKana::default(), amount, novelty: Novelty::default() }
    }
}

/// One debit with what became of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// The debit.
    pub line: Line,
    /// What became of it.
    pub result: ResultCode,
}

/// How a request writes a result that is not yet there; banks differ.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Unset {
    /// `0`.
    #[default]
    Zero,
    /// A space.
    Space,
}

impl Unset {
    const fn byte(self) -> u8 {
        match self {
            Unset::Zero => b'0',
            Unset::Space => b' ',
        }
    }
}

fn write(line: &Line, record: &mut Record) -> Result<(), FieldError> {
    let account = &line.account;
    record.put_number(&BANK, u64::from(account.bank.get()))?;
    record.put_text(&BANK_NAME, line.bank_name.text())?;
    record.put_number(&BRANCH, u64::from(account.branch.get()))?;
    record.put_text(&BRANCH_NAME, line.branch_name.text())?;
    record.put_number(&KIND, u64::from(account.kind.code()))?;
    record.put_number(&NUMBER, u64::from(account.number.get()))?;
    record.put_text(&HOLDER, account.holder.cut().text())?;
    put_amount(record, &AMOUNT, line.amount)?;
    record.put_number(&NOVELTY, line.novelty.code())?;
    record.put_number(&CUSTOMER, line.payment.get())
}

fn read(record: &Record) -> Result<Line, FieldError> {
    Ok(Line {
        payment: PaymentNumber::new(record.number(&CUSTOMER)?).ok_or_else(|| CUSTOMER.error(What::Zero))?,
        account: BankAccount {
            bank: bank(record, &BANK)?,
            branch: branch(record, &BRANCH)?,
            kind: deposit_kind(record, &KIND)?,
            number: account_number(record, &NUMBER)?,
            holder: HolderName::read(&record.text(&HOLDER)?).map_err(|error| name_error(&HOLDER, error))?,
        },
        bank_name: bank_kana(record, &BANK_NAME)?,
        branch_name: bank_kana(record, &BRANCH_NAME)?,
        amount: amount(record, &AMOUNT)?,
        novelty: Novelty::read(record, &NOVELTY)?,
    })
}

/// What the office sends.
#[derive(Clone, Copy, Debug, Default)]
pub struct Request {
    unset: Option<Unset>,
}

impl Form for Request {
    type Line = Line;

    fn layouts(&self) -> &'static Layouts {
        &LAYOUTS
    }

    fn write(&self, line: &Line, record: &mut Record) -> Result<(), FieldError> {
        record.put_byte(&RESULT, self.unset.unwrap_or_default().byte());
        write(line, record)
    }

    fn read(&mut self, record: &Record) -> Result<Line, FieldError> {
        let unset = match record.field(&RESULT) {
            b"0" => Unset::Zero,
            b" " => Unset::Space,
            _ => return Err(RESULT.error(What::NotACode("0, 空白"))),
        };
        if *self.unset.get_or_insert(unset) != unset {
            return Err(RESULT.error(What::Mixture));
        }
        read(record)
    }

    fn amount(line: &Line) -> Yen {
        line.amount
    }

    fn is_done(_: &Line) -> Option<bool> {
        None
    }
}

/// What the bank sends back.
#[derive(Clone, Copy, Debug, Default)]
pub struct Results;

impl Form for Results {
    type Line = Answer;

    fn layouts(&self) -> &'static Layouts {
        &LAYOUTS
    }

    fn write(&self, answer: &Answer, record: &mut Record) -> Result<(), FieldError> {
        record.put_number(&RESULT, u64::from(answer.result.code()))?;
        write(&answer.line, record)
    }

    fn read(&mut self, record: &Record) -> Result<Answer, FieldError> {
        let code = record.number(&RESULT)?;
        let result = ResultCode::ALL.into_iter().find(|result| u64::from(result.code()) == code);
        Ok(Answer { line: read(record)?, result: result.ok_or_else(|| RESULT.error(What::NotACode("0, 1, 2, 3, 4, 8, 9")))? })
    }

    fn amount(answer: &Answer) -> Yen {
        answer.line.amount
    }

    fn is_done(answer: &Answer) -> Option<bool> {
        Some(answer.result == ResultCode::Done)
    }
}

/// Writes a request.
pub type RequestWriter<W> = file::Writer<Request, W>;
/// Reads a request.
pub type RequestReader<R> = file::Reader<Request, R>;
/// Writes an answer, as banks do.
pub type ResultWriter<W> = file::Writer<Results, W>;
/// Reads an answer.
pub type ResultReader<R> = file::Reader<Results, R>;

impl<W: Write> file::Writer<Request, W> {
    /// Writes the header.
    ///
    /// # Errors
    /// A day on which banks are closed, a kind of deposit that no client has, the stream's.
    pub fn new(out: W, header: &Header, line_end: LineEnd, unset: Unset) -> Result<Self, FileError> {
        Self::begin(Request { unset: Some(unset) }, out, header, line_end)
    }
}

impl<R: Read> file::Reader<Request, R> {
    /// Reads the header; `day` is the day of the debit, because a file has no year.
    ///
    /// # Errors
    /// The first field of the header that is wrong; another day; a day on which banks are closed; the stream's.
    pub fn new(input: R, day: Date) -> Result<Self, FileError> {
        Self::begin(Request::default(), input, day)
    }

    /// How the lines that were read wrote an unset result; absent before the first.
    pub const fn unset(&self) -> Option<Unset> {
        self.form().unset
    }
}

impl<W: Write> file::Writer<Results, W> {
    /// Writes the header.
    ///
    /// # Errors
    /// A day on which banks are closed, a kind of deposit that no client has, the stream's.
    pub fn new(out: W, header: &Header, line_end: LineEnd) -> Result<Self, FileError> {
        Self::begin(Results, out, header, line_end)
    }
}

impl<R: Read> file::Reader<Results, R> {
    /// Reads the header; `day` is the day of the debit, because a file has no year.
    ///
    /// # Errors
    /// The first field of the header that is wrong; another day; a day on which banks are closed; the stream's.
    pub fn new(input: R, day: Date) -> Result<Self, FileError> {
        Self::begin(Results, input, day)
    }
}
