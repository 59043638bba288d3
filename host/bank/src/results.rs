//! What became of transfers (振込結果), as banks tell it.
//!
//! No common layout exists, so that there is one form of ours and an adapter for each bank's way: our own sheet, which a
//! clerk can fill from a paper list, and the list of transfers that came back, in the layout of the transfers. A file is
//! taken in whole or refused: half of its results would look like the rest had none.
//! Absent here: what a failure does to the ledger; recalls (組戻し), which banks answer on paper.

use crate::account::{AccountNumber, BankCode, BranchCode};
use crate::bulk_transfer;
use crate::csv::{Row, Sheet, bytes, cells, column, lines};
use crate::fault::{FieldName, FileError, What};
use crate::file::PaymentNumber;
use crate::layout::digits;
use core::fmt;
use jorei_domain::calendar::Date;
use jorei_domain::money::Yen;
use std::collections::HashSet;
use std::io::{Read, Write};

pub use crate::csv::Encoding;

/// A reason in a bank's own words. `Debug` shows none of it: banks write names into it.
#[derive(Clone, Eq, PartialEq)]
pub struct ReasonText(String);

impl ReasonText {
    /// A text of 1 to 100 characters, without control characters.
    pub fn new(text: &str) -> Option<ReasonText> {
        let fits = (1..=100).contains(&text.chars().count()) && !text.contains(char::is_control);
        fits.then(|| ReasonText(text.to_owned()))
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ReasonText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReasonText(..)")
    }
}

/// Why a transfer failed (振込不能事由).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Reason {
    /// 口座なし.
    NoSuchAccount,
    /// 名義相違.
    HolderDiffers,
    /// 解約済.
    Closed,
    /// 預金種目相違.
    KindDiffers,
    /// 支店統廃合.
    BranchMerged,
    /// 入金不可.
    RefusesCredit,
    /// 死亡による凍結.
    FrozenByDeath,
    /// その他, in the bank's words.
    Other(ReasonText),
}

/// What stands before the words of another reason.
const OTHER: &str = "その他：";

/// The reasons that have a word of their own.
const NAMED: [(&str, Reason); 7] = [
    ("口座なし", Reason::NoSuchAccount),
    ("名義相違", Reason::HolderDiffers),
    ("解約済", Reason::Closed),
    ("預金種目相違", Reason::KindDiffers),
    ("支店統廃合", Reason::BranchMerged),
    ("入金不可", Reason::RefusesCredit),
    ("死亡による凍結", Reason::FrozenByDeath),
];

impl Reason {
    /// In Japanese, as the form has it.
    pub fn japanese(&self) -> String {
        match self {
            Reason::Other(text) => format!("{OTHER}{}", text.0),
            named => NAMED.iter().find(|(_, reason)| reason == named).map_or_else(String::new, |(word, _)| (*word).to_owned()),
        }
    }

    /// Reads what [`Reason::japanese`] writes. A word that is not in the list is no reason: another one is written behind
    /// その他：.
    pub fn read(text: &str) -> Option<Reason> {
        match text.strip_prefix(OTHER) {
            Some(words) => ReasonText::new(words).map(Reason::Other),
            None => NAMED.iter().find(|(word, _)| *word == text).map(|(_, reason)| reason.clone()),
        }
    }
}

/// What became of a transfer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Status {
    /// 振込済.
    Paid,
    /// 振込不能.
    Failed(Reason),
}

const PAID: &str = "振込済";
const FAILED: &str = "振込不能";

/// The result of one transfer. Bank, branch, number and amount are what the bank states: the caller holds them against the
/// line with this payment number.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TransferResult {
    /// The office's number of the payment.
    pub payment: PaymentNumber,
    /// 銀行番号.
    pub bank: BankCode,
    /// 支店番号.
    pub branch: BranchCode,
    /// 口座番号.
    pub number: AccountNumber,
    /// How much.
    pub amount: Yen,
    /// What became of it.
    pub status: Status,
    /// The day on which it did, as the bank states it.
    pub day: Date,
}

/// How one bank tells results.
pub trait Adapter {
    /// In Japanese, for a screen where a clerk chooses.
    fn japanese(&self) -> &'static str;

    /// Reads a file in whole.
    ///
    /// # Errors
    /// The first field that is wrong; a payment that stands in it twice.
    fn read(&self, input: &mut dyn Read) -> Result<Vec<TransferResult>, FileError>;
}

/// The columns of our own form.
pub const COLUMNS: [&str; 8] = ["支払番号", "銀行番号", "支店番号", "口座番号", "金額", "結果", "理由", "日付"];

/// Our own form: a sheet with [`COLUMNS`].
#[derive(Clone, Copy, Debug)]
pub struct OwnForm {
    /// Of the file.
    pub encoding: Encoding,
}

impl OwnForm {
    /// Writes results, as [`Adapter::read`] reads them.
    ///
    /// # Errors
    /// The stream's; a text that Shift_JIS does not have.
    pub fn write(&self, out: impl Write, results: &[TransferResult]) -> Result<(), FileError> {
        let mut sheet = Sheet::begin(out, self.encoding)?;
        sheet.row(&COLUMNS)?;
        for result in results {
            let (status, reason) = match &result.status {
                Status::Paid => (PAID, String::new()),
                Status::Failed(reason) => (FAILED, reason.japanese()),
            };
            sheet.row(&[
                &result.payment.to_string(),
                &result.bank.to_string(),
                &result.branch.to_string(),
                &result.number.digits(),
                &result.amount.get().to_string(),
                status,
                &reason,
                &result.day.to_string(),
            ])?;
        }
        Ok(())
    }
}

impl Adapter for OwnForm {
    fn japanese(&self) -> &'static str {
        match self.encoding {
            Encoding::Utf8 => "振込結果（CSV、UTF-8）",
            Encoding::ShiftJis => "振込結果（CSV、Shift_JIS）",
        }
    }

    fn read(&self, input: &mut dyn Read) -> Result<Vec<TransferResult>, FileError> {
        let bytes = bytes(input)?;
        let mut lines = lines(&bytes, self.encoding);
        let heading = lines.next().transpose()?.map(|(line, text)| cells(line, &text, &COLUMNS)).transpose()?;
        if heading.is_none_or(|heading| heading != COLUMNS) {
            return Err(FileError { line: 1, field: FieldName::FILE, what: What::Heading });
        }
        let mut once = Once::default();
        lines
            .map(|line| {
                let (line, text) = line?;
                let result = own_row(&Row { line, cells: cells(line, &text, &COLUMNS)? })?;
                once.check(line, column(&COLUMNS, 0), result.payment)?;
                Ok(result)
            })
            .collect()
    }
}

fn own_row(row: &Row<8>) -> Result<TransferResult, FileError> {
    let [payment, bank, branch, number, amount, status, reason, day] = &row.cells;
    let wrong = |at, what| FileError { line: row.line, field: column(&COLUMNS, at), what };
    let whole = |at, cell: &str| match digits(cell.as_bytes()) {
        _ if cell.is_empty() => Err(wrong(at, What::Missing)),
        Ok(0) => Err(wrong(at, What::Zero)),
        other => other.map_err(|what| wrong(at, what)),
    };
    let status = match (status.as_str(), reason.as_str()) {
        (PAID, "") => Status::Paid,
        (PAID, _) => return Err(wrong(6, What::NotBlank)),
        (FAILED, "") => return Err(wrong(6, What::Missing)),
        (FAILED, reason) => Status::Failed(Reason::read(reason).ok_or_else(|| {
            wrong(6, What::NotACode("口座なし、名義相違、解約済、預金種目相違、支店統廃合、入金不可、死亡による凍結、その他：…"))
        })?),
        _ => return Err(wrong(5, What::NotACode("振込済、振込不能"))),
    };
    // As long as in the transfer: ten digits.
    let amount = i64::try_from(whole(4, amount)?).ok().filter(|yen| *yen <= 9_999_999_999);
    Ok(TransferResult {
        payment: PaymentNumber::new(whole(0, payment)?).ok_or_else(|| wrong(0, What::Zero))?,
        bank: BankCode::parse(bank).map_err(|_| wrong(1, What::NotDigits))?,
        branch: BranchCode::parse(branch).map_err(|_| wrong(2, What::NotDigits))?,
        number: AccountNumber::parse(number).map_err(|_| wrong(3, What::NotDigits))?,
        amount: amount.and_then(|yen| Yen::checked(yen).ok()).ok_or_else(|| wrong(4, What::TooLarge))?,
        status,
        day: Date::parse(day).map_err(|_| wrong(7, What::NoDate))?,
    })
}

/// The list of transfers that came back: a bulk transfer's layout that holds the failed lines only. It states no reason.
#[derive(Clone, Copy, Debug)]
pub struct ReturnedTransfers {
    /// The day in its header: a day on which banks are open.
    pub day: Date,
}

/// What stands for a reason that the bank does not state.
const NO_REASON: &str = "銀行の返却一覧に理由の記載なし";

impl Adapter for ReturnedTransfers {
    fn japanese(&self) -> &'static str {
        "資金返却一覧（総合振込の様式）"
    }

    fn read(&self, input: &mut dyn Read) -> Result<Vec<TransferResult>, FileError> {
        let mut once = Once::default();
        let mut results = Vec::new();
        for (number, line) in (2_u64..).zip(bulk_transfer::Reader::new(input, self.day)?) {
            let line = line?;
            once.check(number, bulk_transfer::CUSTOMER_1.place(), line.payment)?;
            results.push(TransferResult {
                payment: line.payment,
                bank: line.account.bank,
                branch: line.account.branch,
                number: line.account.number,
                amount: line.amount,
                status: Status::Failed(Reason::Other(ReasonText(NO_REASON.to_owned()))),
                day: self.day,
            });
        }
        Ok(results)
    }
}

/// Payments of a file: each stands in it once.
#[derive(Default)]
struct Once(HashSet<PaymentNumber>);

impl Once {
    fn check(&mut self, line: u64, field: FieldName, payment: PaymentNumber) -> Result<(), FileError> {
        if self.0.insert(payment) { Ok(()) } else { Err(FileError { line, field, what: What::Twice }) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic in a test is the report")]
mod tests {
    use super::*;
    use crate::account::{BankAccount, DepositKind};
    use crate::file::{BankKana, ClientCode, ClientName, Header, LineEnd};
    use crate::names::HolderName;

    const DAY: Date = Date::new(2026, 12, 25);
    const BOTH: [OwnForm; 2] = [OwnForm { encoding: Encoding::Utf8 }, OwnForm { encoding: Encoding::ShiftJis }];

    fn result(payment: u64, status: Status) -> TransferResult {
        TransferResult {
            payment: PaymentNumber::new(payment).unwrap(),
            bank: BankCode::parse("9801").unwrap(),
            branch: BranchCode::parse("007").unwrap(),
            number: AccountNumber::parse("42").unwrap(),
            amount: Yen::new(12_300),
            status,
            day: DAY,
        }
    }

    #[test]
    fn results_of_every_reason_are_read_as_they_were_written_in_both_encodings() {
        let mut results = vec![result(1, Status::Paid)];
        results.extend((2..).zip(NAMED).map(|(payment, (_, reason))| result(payment, Status::Failed(reason))));
        let words = ReasonText::new("銀行\"照会\"中, 詳細は窓口").unwrap();
        results.push(result(u64::MAX, Status::Failed(Reason::Other(words))));
        for form in BOTH {
            let mut file = Vec::new();
            form.write(&mut file, &results).unwrap();
            assert_eq!(form.read(&mut &file[..]).as_ref(), Ok(&results));
        }
    }

    #[test]
    fn a_sheet_as_a_clerk_writes_it_is_read() {
        let sheet =
            "支払番号,銀行番号,支店番号,口座番号,金額,結果,理由,日付\n17,9801,007,0000042,12300,振込不能,死亡による凍結,2026-12-25\n";
        let expected = vec![result(17, Status::Failed(Reason::FrozenByDeath))];
        assert_eq!(BOTH[0].read(&mut sheet.as_bytes()), Ok(expected.clone()));
        let (sjis, _, _) = encoding_rs::SHIFT_JIS.encode(sheet);
        assert_eq!(BOTH[1].read(&mut &*sjis), Ok(expected));
        // The wrong encoding is no text.
        assert_eq!(BOTH[0].read(&mut &*sjis).unwrap_err().what, What::Encoding);
    }

    #[test]
    fn a_cell_that_is_wrong_is_named_by_line_and_column() {
        let line = ["17", "9801", "007", "0000042", "12300", "振込不能", "解約済", "2026-12-25"];
        for (column, cell, what) in [
            (0, "", What::Missing),
            (0, "0", What::Zero),
            (0, "１７", What::NotDigits),
            (0, "99999999999999999999", What::TooLarge),
            (1, "98", What::NotDigits),
            (2, "0007", What::NotDigits),
            (3, "00000042", What::NotDigits),
            (4, "0", What::Zero),
            (4, "-5", What::NotDigits),
            (4, "12,300", What::Columns),
            (4, "\"12,300\"", What::NotDigits),
            (4, "10000000000", What::TooLarge),
            (5, "済", What::NotACode("振込済、振込不能")),
            (6, "", What::Missing),
            (6, "その他：", What::NotACode("口座なし、名義相違、解約済、預金種目相違、支店統廃合、入金不可、死亡による凍結、その他：…")),
            (6, "\"解約済", What::Quoting),
            (7, "2026/12/25", What::NoDate),
            (7, "2026-02-30", What::NoDate),
        ] {
            let mut cells = line;
            cells[column] = cell;
            let sheet = format!("{}\n{}\n{}\n", COLUMNS.join(","), line.join(",").replace("17", "16"), cells.join(","));
            let error = BOTH[0].read(&mut sheet.as_bytes()).unwrap_err();
            assert_eq!((error.line, &error.what), (3, &what), "{cell}");
            if what != What::Columns {
                assert_eq!((error.field.number, error.field.name), (Some(column as u8 + 1), COLUMNS[column]), "{cell}");
            }
        }
        let paid = format!("{}\n17,9801,007,0000042,12300,振込済,解約済,2026-12-25\n", COLUMNS.join(","));
        assert_eq!(BOTH[0].read(&mut paid.as_bytes()).unwrap_err().what, What::NotBlank);
        let twice = format!("{}\n{1}\n{1}\n", COLUMNS.join(","), line.join(","));
        let error = BOTH[0].read(&mut twice.as_bytes()).unwrap_err();
        assert_eq!((error.line, error.field.name, error.what), (3, "支払番号", What::Twice));
        for other in ["", "支払番号\n", "a,b,c,d,e,f,g,h\n"] {
            assert!(BOTH[0].read(&mut other.as_bytes()).is_err(), "{other}");
        }
    }

    #[test]
    fn transfers_that_came_back_are_failures_of_their_payments() {
        let account = BankAccount {
            bank: BankCode::parse("9801").unwrap(),
            branch: BranchCode::parse("007").unwrap(),
            kind: DepositKind::Ordinary,
            number: AccountNumber::parse("42").unwrap(),
            holder: HolderName::read("ﾔﾏﾀﾞ").unwrap(),
        };
        let header = Header {
            client: ClientCode::new(1).unwrap(),
            client_name: ClientName::read("ｼﾞﾖｳﾚｲｼ").unwrap(),
            day: DAY,
            bank: account.bank,
            bank_name: BankKana::default(),
            branch: account.branch,
            branch_name: BankKana::default(),
            kind: DepositKind::Ordinary,
            number: account.number,
        };
        let written = |payments: &[u64]| {
            let mut file = Vec::new();
            let mut writer = bulk_transfer::Writer::new(&mut file, &header, LineEnd::CrLf).unwrap();
            for payment in payments {
                let payment = PaymentNumber::new(*payment).unwrap();
                writer.line(&bulk_transfer::Line::new(payment, account.clone(), Yen::new(12_300))).unwrap();
            }
            writer.finish().unwrap();
            file
        };
        let adapter: &dyn Adapter = &ReturnedTransfers { day: DAY };
        let results = adapter.read(&mut &written(&[17, 23])[..]).unwrap();
        let unknown = Status::Failed(Reason::Other(ReasonText::new(NO_REASON).unwrap()));
        assert_eq!(results, [result(17, unknown.clone()), result(23, unknown)]);
        let error = adapter.read(&mut &written(&[17, 23, 17])[..]).unwrap_err();
        assert_eq!((error.line, error.field.number, error.what), (4, Some(12), What::Twice));
        // Without its end nothing of it is taken.
        let file = written(&[17, 23]);
        assert_eq!(adapter.read(&mut &file[..file.len() - 122]).unwrap_err().what, What::Cut);
    }
}
