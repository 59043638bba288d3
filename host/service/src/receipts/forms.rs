//! Files of receipts as each channel delivers them, read strictly: headings, serial, count and sum before anything of it counts.
//!
//! The forms are ours until a city's channels are known: a heading row and a row that says what the file is, then a heading
//! row and the lines. CSV in UTF-8 or Shift_JIS. Another layout is another [`Adapter`], and nothing else changes.
//! Absent here: what a payment is used for.

use crate::sheets::cells::{self, Wrong as WrongCell, plain};
use crate::sheets::{FILE_BYTES, Row, csv_rows, report};
use jorei_domain::calendar::Date;
use jorei_domain::money::{Yen, grouped};
use jorei_domain::record::CHANNELS;
use jorei_domain::table::ABSENT;
use jorei_store::receipts::{FileKind, STATEMENT};
use std::collections::HashMap;
use std::fmt;

/// The most lines of a file.
pub const FILE_LINES: u64 = 500_000;
/// The longest number of a channel or a slip, in characters.
const NUMBER_CHARS: usize = 40;
/// What the first row says.
const HEADINGS: [&str; 6] = ["収納区分", "種別", "ファイル番号", "作成日", "件数", "合計金額"];

/// What is wrong with a file or a line, and what to do.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Wrong {
    /// A cell.
    Cell(WrongCell),
    /// No channel of this name.
    NoChannel,
    /// A file of another channel than the one it was given as.
    OtherChannel(&'static str),
    /// A kind that the channel does not deliver.
    NoKind(Vec<&'static str>),
    /// Other lines than it states.
    Count {
        /// What it states.
        stated: u64,
        /// What there is.
        found: u64,
    },
    /// Another sum than it states.
    Sum {
        /// What it states.
        stated: i64,
        /// What there is.
        found: i64,
    },
    /// The same payment in an earlier line.
    Twice(u64),
    /// Paid after the file was made.
    PaidLater,
    /// Made after the day it is booked.
    MadeLater,
    /// Not a number of a channel.
    NotANumberOfChannel,
    /// Not a number of a slip, not even an unreadable one.
    NotASlip,
    /// No code of a result.
    NoResult,
    /// More lines than a file may have.
    TooManyLines,
}

impl From<WrongCell> for Wrong {
    fn from(wrong: WrongCell) -> Wrong {
        Wrong::Cell(wrong)
    }
}

impl fmt::Display for Wrong {
    /// For officials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wrong::Cell(wrong) => wrong.fmt(f),
            Wrong::NoChannel => write!(f, "収納区分ではありません。次のいずれかを書いてください: {}", names().join("、")),
            Wrong::OtherChannel(ja) => write!(f, "{ja}のファイルではありません。取り込むファイルを確認してください"),
            Wrong::NoKind(kinds) => write!(f, "この収納区分の種別ではありません。次のいずれかを書いてください: {}", kinds.join("、")),
            Wrong::Count { stated, found } => {
                write!(f, "件数が合いません（記載 {stated}件、明細 {found}件）。収納機関に再送を依頼してください")
            }
            Wrong::Sum { stated, found } => {
                write!(
                    f,
                    "合計金額が合いません（記載 {}円、明細 {}円）。収納機関に再送を依頼してください",
                    grouped(*stated),
                    grouped(*found)
                )
            }
            Wrong::Twice(line) => write!(f, "同じ番号の明細が{line}行にあります。収納機関に再送を依頼してください"),
            Wrong::PaidLater => f.write_str("作成日より後の日です。日付を確認してください"),
            Wrong::MadeLater => f.write_str("作成日が収納日より後です。日付を確認してください"),
            Wrong::NotANumberOfChannel => write!(f, "番号ではありません。英数字とハイフンで{NUMBER_CHARS}文字以内で書いてください"),
            Wrong::NotASlip => {
                write!(f, "納付番号ではありません。数字とハイフンで{NUMBER_CHARS}文字以内で書き、読めない桁は?としてください")
            }
            Wrong::NoResult => f.write_str("結果コードではありません。様式の結果コードを確認してください"),
            Wrong::TooManyLines => write!(f, "明細が{FILE_LINES}行を超えます。分けてください"),
        }
    }
}

/// Where a file is wrong.
pub type Refused = report::Refused<Wrong>;
/// Why a file is not taken.
pub type Report = report::Report<Wrong>;

fn refused(line: u64, place: Option<usize>, column: Option<&'static str>, wrong: impl Into<Wrong>) -> Refused {
    Refused { file: String::new(), line, place, column, wrong: wrong.into() }
}

fn refusing(line: u64, place: Option<usize>, column: Option<&'static str>, wrong: impl Into<Wrong>) -> Report {
    refused(line, place, column, wrong).into()
}

/// A payment as its channel tells it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Payment {
    /// The channel's own number of it.
    pub reference: String,
    /// The slip's number, as it was read.
    pub slip: String,
    /// The day it was paid.
    pub paid_on: Date,
    /// Whole yen, more than 0.
    pub yen: Yen,
}

/// What the bank delivered of a channel's day.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Delivery {
    /// The day it was on the office's account.
    pub delivered_on: Date,
    /// The channel's place.
    pub channel: u8,
    /// The day of payment it is about.
    pub collected_on: Date,
    /// Whole yen, not 0; below 0 where the bank took it back.
    pub yen: i64,
}

/// What a line says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Said {
    /// Somebody paid.
    Payment(Payment),
    /// Nobody paid: the debit or deduction failed, for a reason that officials are told.
    Unpaid(&'static str),
    /// The bank delivered.
    Delivered(Delivery),
}

/// A line of a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Line {
    /// Its number in the file, from 1.
    pub line: u64,
    /// What it says.
    pub said: Said,
}

/// The lines of a file, one after the other.
pub type Lines<'b> = Box<dyn Iterator<Item = Result<Line, Refused>> + Send + 'b>;

/// A file whose head was read.
pub struct Opened<'b> {
    /// A channel's place, or [`STATEMENT`].
    pub source: u8,
    /// What kind.
    pub kind: FileKind,
    /// Its serial within the source.
    pub serial: i64,
    /// The day it was made.
    pub made_on: Date,
    /// How many lines it states.
    pub rows: u64,
    /// The sum it states, of what was paid.
    pub yen: i64,
    /// Its lines. Read twice: once to look, once to take.
    pub lines: Lines<'b>,
}

/// How a source's files are laid out.
pub trait Adapter: Send + Sync {
    /// A channel's place, or [`STATEMENT`].
    fn source(&self) -> u8;
    /// What officials call it.
    fn ja(&self) -> &'static str;
    /// Reads the head; nothing of the lines is looked at yet.
    ///
    /// # Errors
    /// A [`Report`] of what is wrong with it.
    fn open<'b>(&self, bytes: &'b [u8]) -> Result<Opened<'b>, Report>;
}

/// A form of ours.
pub struct Form {
    /// A channel's place, or [`STATEMENT`].
    pub source: u8,
    /// What officials call it.
    pub ja: &'static str,
    /// Kinds that there are.
    pub kinds: &'static [FileKind],
    /// The headings of its lines.
    pub columns: &'static [&'static str],
    /// The codes of its last column and what each means; the first is paid.
    pub results: &'static [(&'static str, &'static str)],
}

/// The forms of all sources.
pub const FORMS: [Form; 6] = [
    Form {
        source: 0,
        ja: "窓口収納",
        kinds: &[FileKind::Final, FileKind::Revoked],
        columns: &["帳票番号", "納付番号", "領収日", "金額"],
        results: &[],
    },
    Form {
        source: 1,
        ja: "コンビニ収納",
        kinds: &[FileKind::Announced, FileKind::Final, FileKind::Revoked],
        columns: &["受付番号", "納付番号", "納付日", "金額"],
        results: &[],
    },
    Form {
        source: 2,
        ja: "口座振替",
        kinds: &[FileKind::Final, FileKind::Revoked],
        columns: &["振替番号", "納付番号", "振替日", "金額", "振替結果コード"],
        results: &[
            ("0", "振替済"),
            ("1", "資金不足"),
            ("2", "取引なし"),
            ("3", "預金者の都合による振替停止"),
            ("4", "預金口座振替依頼書なし"),
            ("8", "委託者の都合による振替停止"),
            ("9", "その他"),
        ],
    },
    Form {
        source: 3,
        ja: "eL-QR",
        kinds: &[FileKind::Announced, FileKind::Final, FileKind::Revoked],
        columns: &["案件番号", "納付番号", "納付日", "金額"],
        results: &[],
    },
    Form {
        source: 4,
        ja: "特別徴収",
        kinds: &[FileKind::Final, FileKind::Revoked],
        columns: &["徴収番号", "納付番号", "徴収日", "金額", "徴収結果コード"],
        results: &[("0", "徴収済"), ("1", "徴収不能")],
    },
    Form {
        source: STATEMENT,
        ja: "入金明細",
        kinds: &[FileKind::Statement],
        columns: &["入金日", "収納区分", "納付日", "金額"],
        results: &[],
    },
];

/// What officials call a source.
pub fn source_ja(source: u8) -> &'static str {
    FORMS.iter().find(|form| form.source == source).map_or("不明", |form| form.ja)
}

/// The form of a channel or of statements by its Japanese name, or by the channel's word.
pub fn form_named(text: &str) -> Option<&'static Form> {
    let text = plain(text);
    FORMS.iter().find(|form| plain(form.ja) == text || CHANNELS.get(usize::from(form.source)).is_some_and(|word| *word == text))
}

fn names() -> Vec<&'static str> {
    FORMS.iter().map(|form| form.ja).collect()
}

/// The adapter that reads a file, by what its head says.
///
/// # Errors
/// A [`Report`]: it says no source that there is.
pub fn adapter_of(bytes: &[u8]) -> Result<&'static dyn Adapter, Report> {
    let head = head(bytes)?;
    match form_named(&head.cells[0]) {
        Some(form) => Ok(form),
        None => Err(refusing(head.line, Some(1), Some(HEADINGS[0]), Wrong::NoChannel)),
    }
}

/// The second row.
struct Head {
    line: u64,
    cells: Vec<String>,
}

/// Cells of a row with so many headings.
fn cells_of(row: Option<Row>, headings: usize) -> Result<(u64, Vec<String>), Report> {
    let Some(Row { line, cells }) = row else { return Err(refusing(0, None, None, WrongCell::Empty)) };
    let cells = cells.map_err(|(place, wrong)| refusing(line, Some(place), None, wrong))?;
    if cells.len() != headings {
        return Err(refusing(line, Some(cells.len()), None, WrongCell::Cells { headings }));
    }
    Ok((line, cells))
}

fn expect(row: Option<Row>, headings: &[&'static str]) -> Result<(), Report> {
    let (line, cells) = cells_of(row, headings.len())?;
    for (place, (cell, heading)) in (1..).zip(cells.iter().zip(headings)) {
        if plain(cell) != plain(heading) {
            return Err(refusing(line, Some(place), None, WrongCell::MissingHeading(heading)));
        }
    }
    Ok(())
}

fn head(bytes: &[u8]) -> Result<Head, Report> {
    if bytes.len() > FILE_BYTES {
        return Err(refusing(0, None, None, WrongCell::FileTooLarge(FILE_BYTES)));
    }
    let mut rows = csv_rows(bytes);
    expect(rows.next(), &HEADINGS)?;
    let (line, cells) = cells_of(rows.next(), HEADINGS.len())?;
    Ok(Head { line, cells })
}

impl Adapter for Form {
    fn source(&self) -> u8 {
        self.source
    }

    fn ja(&self) -> &'static str {
        self.ja
    }

    fn open<'b>(&self, bytes: &'b [u8]) -> Result<Opened<'b>, Report> {
        let Head { line, cells } = head(bytes)?;
        let wrong = |place: usize, wrong: Wrong| refusing(line, Some(place), Some(HEADINGS[place - 1]), wrong);
        if form_named(&cells[0]).is_none_or(|form| form.source != self.source) {
            return Err(wrong(1, Wrong::OtherChannel(self.ja)));
        }
        let kind = self.kinds.iter().copied().find(|kind| plain(&cells[1]) == kind.ja());
        let kind = kind.ok_or_else(|| wrong(2, Wrong::NoKind(self.kinds.iter().map(|kind| kind.ja()).collect())))?;
        let serial = cells::number_of(&cells[2]).map_err(|error| wrong(3, error.into()))?;
        let made_on = cells::date(&cells[3]).map_err(|error| wrong(4, error.into()))?;
        let rows = whole(&cells[4]).and_then(|rows| u64::try_from(rows).map_err(|_| WrongCell::NotPositive));
        let rows = rows.map_err(|error| wrong(5, error.into()))?;
        let yen = whole(&cells[5]).map_err(|error| wrong(6, error.into()))?;
        let mut lines = csv_rows(bytes).skip(2);
        expect(lines.next(), self.columns)?;
        let (source, columns, results) = (self.source, self.columns, self.results);
        let read = move |row: Row| read_line(row, source, columns, results, made_on);
        Ok(Opened { source, kind, serial, made_on, rows, yen, lines: Box::new(lines.map(read)) })
    }
}

fn whole(text: &str) -> Result<i64, WrongCell> {
    let value = cells::read_value(jorei_domain::record::Unit::Number, true, text)?;
    if value == ABSENT { Err(WrongCell::Missing) } else { Ok(value) }
}

fn read_line(
    row: Row,
    source: u8,
    columns: &'static [&'static str],
    results: &'static [(&'static str, &'static str)],
    made_on: Date,
) -> Result<Line, Refused> {
    let line = row.line;
    let in_cell =
        |place: usize, wrong: Wrong| refused(line, Some(place), place.checked_sub(1).and_then(|at| columns.get(at)).copied(), wrong);
    let cells = row.cells.map_err(|(place, wrong)| in_cell(place, wrong.into()))?;
    if cells.len() != columns.len() {
        return Err(refused(line, Some(cells.len()), None, WrongCell::Cells { headings: columns.len() }));
    }
    let day = |place: usize| cells::date(&cells[place - 1]).map_err(|error| in_cell(place, error.into()));
    let amount = whole(&cells[3]).map_err(|error| in_cell(4, error.into()))?;
    if source == STATEMENT {
        let channel = form_named(&cells[1]).filter(|form| form.source != STATEMENT).ok_or_else(|| in_cell(2, Wrong::NoChannel))?;
        let (delivered_on, collected_on) = (day(1)?, day(3)?);
        if delivered_on > made_on {
            return Err(in_cell(1, Wrong::PaidLater));
        }
        if amount == 0 {
            return Err(in_cell(4, WrongCell::NotPositive.into()));
        }
        let delivery = Delivery { delivered_on, channel: channel.source, collected_on, yen: amount };
        return Ok(Line { line, said: Said::Delivered(delivery) });
    }
    let reference = plain(&cells[0]);
    let fits = |text: &str, more: &[char]| {
        text.chars().count() <= NUMBER_CHARS && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || more.contains(&c))
    };
    if reference.is_empty() || !fits(&reference, &[]) {
        return Err(in_cell(1, Wrong::NotANumberOfChannel));
    }
    let slip = plain(&cells[1]);
    if !fits(&slip, &['?', '*', ' ']) {
        return Err(in_cell(2, Wrong::NotASlip));
    }
    let paid_on = day(3)?;
    if paid_on > made_on {
        return Err(in_cell(3, Wrong::PaidLater));
    }
    let yen = Yen::checked(amount).ok().filter(|yen| yen.get() > 0).ok_or_else(|| in_cell(4, WrongCell::NotPositive.into()))?;
    if let [(paid, _), ..] = results {
        let code = plain(&cells[4]);
        let meaning = results.iter().find(|(found, _)| *found == code).ok_or_else(|| in_cell(5, Wrong::NoResult))?;
        if code != *paid {
            return Ok(Line { line, said: Said::Unpaid(meaning.1) });
        }
    }
    Ok(Line { line, said: Said::Payment(Payment { reference, slip, paid_on, yen }) })
}

/// What a look through a whole file found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Looked {
    /// Lines that say that nothing was paid.
    pub unpaid: u64,
}

/// Looks through every line of an opened file, before anything of it counts.
///
/// # Errors
/// A [`Report`] of every line that is wrong, and of a count or a sum that is not what the file states.
pub fn look(opened: Opened<'_>, booked_on: Date) -> Result<Looked, Report> {
    let (mut report, mut found, mut sum, mut unpaid) = (Report::default(), 0_u64, 0_i64, 0_u64);
    let mut lines: HashMap<String, u64> = HashMap::new();
    if opened.made_on > booked_on {
        report.add(refused(2, Some(4), Some(HEADINGS[3]), Wrong::MadeLater));
    }
    for line in opened.lines {
        found += 1;
        if found > FILE_LINES {
            return Err(refusing(0, None, None, Wrong::TooManyLines));
        }
        match line {
            Err(refused) => report.add(refused),
            Ok(Line { said: Said::Unpaid(_), .. }) => unpaid += 1,
            Ok(Line { said: Said::Delivered(delivery), .. }) => sum = sum.saturating_add(delivery.yen),
            Ok(Line { line, said: Said::Payment(payment) }) => {
                sum = sum.saturating_add(payment.yen.get());
                if let Some(earlier) = lines.insert(payment.reference, line) {
                    report.add(refused(line, Some(1), None, Wrong::Twice(earlier)));
                }
            }
        }
    }
    if report.is_empty() && found != opened.rows {
        report.add(refused(2, Some(5), Some(HEADINGS[4]), Wrong::Count { stated: opened.rows, found }));
    }
    if report.is_empty() && sum != opened.yen {
        report.add(refused(2, Some(6), Some(HEADINGS[5]), Wrong::Sum { stated: opened.yen, found: sum }));
    }
    report.or(Looked { unpaid })
}

/// Writes a file in the form of its source, as UTF-8: what the demonstration's channels deliver, and what tests read.
pub fn write(source: u8, kind: FileKind, serial: i64, made_on: Date, lines: &[Said]) -> String {
    let form = FORMS.iter().find(|form| form.source == source).unwrap_or(&FORMS[0]);
    let paid = |said: &Said| match said {
        Said::Payment(payment) => payment.yen.get(),
        Said::Delivered(delivery) => delivery.yen,
        Said::Unpaid(_) => 0,
    };
    let sum: i64 = lines.iter().map(paid).sum();
    let mut text = format!(
        "{}\r\n{},{},{serial},{made_on},{},{sum}\r\n{}\r\n",
        HEADINGS.join(","),
        form.ja,
        kind.ja(),
        lines.len(),
        form.columns.join(",")
    );
    for (number, said) in (1..).zip(lines) {
        match said {
            Said::Payment(Payment { reference, slip, paid_on, yen }) => {
                text.push_str(&format!("{reference},{slip},{paid_on},{}", yen.get()));
                text.push_str(form.results.first().map_or("", |_| ",0"));
            }
            Said::Unpaid(reason) => {
                let code = form.results.iter().find(|(_, meaning)| meaning == reason).map_or("9", |(code, _)| *code);
                text.push_str(&format!("X{serial}-{number},,{made_on},1,{code}"));
            }
            Said::Delivered(Delivery { delivered_on, channel, collected_on, yen }) => {
                text.push_str(&format!("{delivered_on},{},{collected_on},{yen}", source_ja(*channel)));
            }
        }
        text.push_str("\r\n");
    }
    text
}
