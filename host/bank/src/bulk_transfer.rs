//! The bulk transfer (総合振込, kind 21): the office pays many accounts through its bank.
//!
//! Field names, lengths and positions are those of the banks' published layout (全銀協規定形式). What it leaves to each
//! bank is fixed here: 手形交換所番号 is 0000, コード区分 is 0, 識別表示 is blank, and 顧客コード 1 and 2 hold the payment
//! number, because it comes back in most banks' lists of failures. To be confirmed with the designated bank.
//! Absent here: EDI information, companies' transfers, salaries (kind 11, 12).

use crate::account::BankAccount;
use crate::characters::Alphabet;
use crate::fault::{FieldError, FileError, What};
use crate::file::{
    self, BankKana, Counted, Form, Header, Layouts, LineEnd, PaymentNumber, account_number, amount, bank, bank_kana, branch, deposit_kind,
    name_error, put_amount,
};
use crate::layout::{Field, Layout, Record};
use crate::names::HolderName;
use jorei_domain::calendar::Date;
use jorei_domain::money::Yen;
use std::io::{Read, Write};

const BANK: Field = Field::number(2, "被仕向銀行番号", 4, 2);
const BANK_NAME: Field = Field::text(3, "被仕向銀行名", Alphabet::Bank, 15, 6);
const BRANCH: Field = Field::number(4, "被仕向支店番号", 3, 21);
const BRANCH_NAME: Field = Field::text(5, "被仕向支店名", Alphabet::Bank, 15, 24);
const KIND: Field = Field::number(7, "預金種目", 1, 43);
const NUMBER: Field = Field::number(8, "口座番号", 7, 44);
const HOLDER: Field = Field::text(9, "受取人名", Alphabet::Name, 30, 51);
const AMOUNT: Field = Field::number(10, "振込金額", 10, 81);
const NOVELTY: Field = Field::number(11, "新規コード", 1, 91);
pub(crate) const CUSTOMER_1: Field = Field::number(12, "顧客コード1", 10, 92);
const CUSTOMER_2: Field = Field::number(13, "顧客コード2", 10, 102);
const DELIVERY: Field = Field::number(14, "振込指定区分", 1, 112);
const LINES: Field = Field::number(2, "合計件数", 6, 2);
const SUM: Field = Field::number(3, "合計金額", 12, 8);

/// The layouts of the form.
pub static LAYOUTS: Layouts = Layouts {
    name: "総合振込（種別コード21）",
    header: Layout::new(
        "ヘッダー・レコード",
        b'1',
        &[
            Field::fixed(1, "データ区分", "1", 1, 1),
            Field::fixed(2, "種別コード", "21", 2, 2),
            Field::fixed(3, "コード区分", "0", 1, 4),
            Field::number(4, "振込依頼人コード", 10, 5),
            Field::text(5, "振込依頼人名", Alphabet::Name, 40, 15),
            Field::number(6, "振込指定日", 4, 55),
            Field::number(7, "仕向銀行番号", 4, 59),
            Field::text(8, "仕向銀行名", Alphabet::Bank, 15, 63),
            Field::number(9, "仕向支店番号", 3, 78),
            Field::text(10, "仕向支店名", Alphabet::Bank, 15, 81),
            Field::number(11, "預金種目（依頼人）", 1, 96),
            Field::number(12, "口座番号（依頼人）", 7, 97),
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
            Field::fixed(6, "手形交換所番号", "0000", 4, 39),
            KIND,
            NUMBER,
            HOLDER,
            AMOUNT,
            NOVELTY,
            CUSTOMER_1,
            CUSTOMER_2,
            DELIVERY,
            Field::blank(15, "識別表示", 1, 113),
            Field::blank(16, "ダミー", 7, 114),
        ],
    ),
    trailer: Layout::new(
        "トレーラ・レコード",
        b'8',
        &[Field::fixed(1, "データ区分", "8", 1, 1), LINES, SUM, Field::blank(4, "ダミー", 101, 20)],
    ),
    end: Layout::new("エンド・レコード", b'9', &[Field::fixed(1, "データ区分", "9", 1, 1), Field::blank(2, "ダミー", 119, 2)]),
    tallies: &[(Counted::All, LINES, SUM)],
};

/// Whether the account is new to the bank's list of this client (新規コード).
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Novelty {
    /// その他.
    #[default]
    Other,
    /// 第1回.
    First,
    /// 変更分.
    Changed,
}

impl Novelty {
    pub(crate) const fn code(self) -> u64 {
        match self {
            Novelty::Other => 0,
            Novelty::First => 1,
            Novelty::Changed => 2,
        }
    }

    pub(crate) fn read(record: &Record, field: &Field) -> Result<Novelty, FieldError> {
        Ok(match record.number(field)? {
            0 => Novelty::Other,
            1 => Novelty::First,
            2 => Novelty::Changed,
            _ => return Err(field.error(What::NotACode("0, 1, 2"))),
        })
    }
}

/// How the bank passes the transfer on (振込指定区分).
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Delivery {
    /// テレ振込.
    #[default]
    Telegraphic,
    /// 文書振込.
    Document,
}

/// One transfer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Line {
    /// The office's number of the payment.
    pub payment: PaymentNumber,
    /// Where it goes. A file has the first thirty characters of the holder's name.
    pub account: BankAccount,
    /// The bank's name; may be empty.
    pub bank_name: BankKana,
    /// The branch's name; may be empty.
    pub branch_name: BankKana,
    /// How much: at least one yen, at most ten digits.
    pub amount: Yen,
    /// Whether the account is new.
    pub novelty: Novelty,
    /// How it is passed on.
    pub delivery: Delivery,
}

impl Line {
    /// An ordinary transfer, without the names of bank and branch.
    pub fn new(payment: PaymentNumber, account: BankAccount, amount: Yen) -> Line {
        Line {
            payment,
            account,
            bank_name: BankKana::default(),
            branch_name: BankKana::default(),
            amount,
            novelty: Novelty::default(),
            delivery: Delivery::default(),
        }
    }
}

/// The form.
#[derive(Clone, Copy, Debug, Default)]
pub struct BulkTransfer;

/// Ten digits.
const TEN_DIGITS: u64 = 10_000_000_000;

impl Form for BulkTransfer {
    type Line = Line;

    fn layouts(&self) -> &'static Layouts {
        &LAYOUTS
    }

    fn write(&self, line: &Line, record: &mut Record) -> Result<(), FieldError> {
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
        record.put_number(&CUSTOMER_1, line.payment.get() / TEN_DIGITS)?;
        record.put_number(&CUSTOMER_2, line.payment.get() % TEN_DIGITS)?;
        record.put_number(
            &DELIVERY,
            match line.delivery {
                Delivery::Telegraphic => 7,
                Delivery::Document => 8,
            },
        )
    }

    fn read(&mut self, record: &Record) -> Result<Line, FieldError> {
        let (high, low) = (record.number(&CUSTOMER_1)?, record.number(&CUSTOMER_2)?);
        let payment =
            high.checked_mul(TEN_DIGITS).and_then(|high| high.checked_add(low)).ok_or_else(|| CUSTOMER_1.error(What::TooLarge))?;
        Ok(Line {
            payment: PaymentNumber::new(payment).ok_or_else(|| CUSTOMER_1.error(What::Zero))?,
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
            delivery: match record.number(&DELIVERY)? {
                7 => Delivery::Telegraphic,
                8 => Delivery::Document,
                _ => return Err(DELIVERY.error(What::NotACode("7, 8"))),
            },
        })
    }

    fn amount(line: &Line) -> Yen {
        line.amount
    }

    fn is_done(_: &Line) -> Option<bool> {
        None
    }
}

/// Writes a bulk transfer.
pub type Writer<W> = file::Writer<BulkTransfer, W>;
/// Reads a bulk transfer.
pub type Reader<R> = file::Reader<BulkTransfer, R>;

impl<W: Write> file::Writer<BulkTransfer, W> {
    /// Writes the header.
    ///
    /// # Errors
    /// A day on which banks are closed, a kind of deposit that no client has, the stream's.
    pub fn new(out: W, header: &Header, line_end: LineEnd) -> Result<Self, FileError> {
        Self::begin(BulkTransfer, out, header, line_end)
    }
}

impl<R: Read> file::Reader<BulkTransfer, R> {
    /// Reads the header; `day` is the day for which the file was asked, because a file has no year.
    ///
    /// # Errors
    /// The first field of the header that is wrong; another day; a day on which banks are closed; the stream's.
    pub fn new(input: R, day: Date) -> Result<Self, FileError> {
        Self::begin(BulkTransfer, input, day)
    }
}
