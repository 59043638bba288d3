//! Sets of claims (レセプト) as the federation delivers them, read strictly: heads, serial, counts and sums before any line counts.
//!
//! The form is ours, version 1, until the city's is known: a heading row and a row that says what the file is, then a heading row
//! and the lines. CSV in UTF-8 or Shift_JIS. The columns stand in one order: a file with another one is refused, because a column
//! that is read as its neighbour is a wrong benefit that nobody sees. A set is one or more files of one serial.
//!
//! In a line that takes a claim back, points and amounts are those of the claim below 0; days, meals and what one meal or day
//! cost stay as they were.
//!
//! Absent here: what the office knows of the person or of the claim, and what a clerk must look at.

use crate::sheets::cells::{self, Wrong as WrongCell, plain};
use crate::sheets::{FILE_BYTES, Row, csv_rows, report};
use jorei_domain::calendar::{Date, months_after};
use jorei_domain::id::{Digest, Municipality, PersonId};
use jorei_domain::money::grouped;
use jorei_domain::record::{BEDS, SERVICES, SETTINGS, Unit};
use jorei_domain::table::ABSENT;
use jorei_store::medical_claims::{ClaimLine, ClaimStatus, Stay};
use std::collections::HashMap;
use std::fmt;

/// The most lines of a set: some seven months of a city of the size this is for.
pub const SET_LINES: u64 = 500_000;
/// The most files of a set.
pub const SET_FILES: i64 = 999;
/// What a file calls itself.
pub const SORT: &str = "国保連レセプト";
/// The version of the form.
pub const VERSION: i64 = 1;
/// What the first row says.
pub const HEADINGS: [&str; 10] =
    ["種別", "様式", "保険者番号", "通番", "処理年月", "ファイル番号", "ファイル数", "件数", "費用額合計", "一部負担金合計"];
/// What the third row says.
pub const COLUMNS: [&str; 24] = [
    "レセプト番号",
    "状態",
    "宛名番号",
    "生年月日",
    "診療年月",
    "入外",
    "診療種別",
    "医療機関コード",
    "処方元",
    "日数",
    "点数",
    "費用額",
    "負担割合（%）",
    "一部負担金",
    "高額現物額",
    "多数回算入",
    "特記事項",
    "特定疾病",
    "第三者行為",
    "法別番号",
    "病床",
    "食数",
    "1食徴収額",
    "1日居住費",
];
/// The longest number of a claim, in characters.
const CLAIM_CHARS: usize = 30;
/// The longest text of a category, in characters.
const CATEGORY_CHARS: usize = 20;
/// No claim is for treatment before this day.
const EARLIEST: Date = Date::new(1990, 1, 1);

/// What is wrong with a set, a file or a line, and what to do.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Wrong {
    /// A cell.
    Cell(WrongCell),
    /// No file of claims.
    NotClaims,
    /// A version that this program does not read.
    Version,
    /// Of another insurer.
    OtherInsurer,
    /// Not a month.
    NotAMonth,
    /// Processed later than today.
    ProcessedLater,
    /// No file at all.
    NoFile,
    /// The set has more files than may be, or a file has a number beyond them.
    PartBeyond {
        /// How many files there are said to be.
        parts: i64,
    },
    /// The same file of the set twice.
    PartTwice(i64),
    /// A file of the set is not there.
    PartMissing {
        /// Which.
        part: i64,
        /// Of how many.
        parts: i64,
    },
    /// Another serial, month or number of files than the first file says.
    OtherSet,
    /// Other lines than it states.
    Count {
        /// What it states.
        stated: i64,
        /// What there is.
        found: i64,
    },
    /// Another sum than it states.
    Sum {
        /// What it states.
        stated: i64,
        /// What there is.
        found: i64,
    },
    /// More lines than a set may have.
    TooManyLines,
    /// Not a number of a claim.
    NotAClaim,
    /// Not a code of an institution.
    NotAnInstitution,
    /// A prescriber of somebody who is no pharmacy.
    NotAPharmacy,
    /// Not a code of a law.
    NotAnAidCode,
    /// Below 0 where only a claim that is taken back may be.
    BelowNothing,
    /// Above 0 in a claim that is taken back.
    AboveNothing,
    /// Treated after the month in which the set was processed.
    TreatedLater,
    /// Treated before any claim that can come.
    TreatedEarlier,
    /// Born after the month of treatment.
    BornLater,
    /// Other days than a month has.
    Days,
    /// More meals than three a day.
    Meals,
    /// No share that there is.
    Share,
    /// The patient paid more than the cost.
    OwnBeyondCost,
    /// What the patient paid and what was left off are more than the cost.
    InKindBeyondCost,
    /// Counted although nothing was left off the bill.
    CountsNothing,
    /// A stay in half: bed, meals and their price belong together.
    HalfAStay,
    /// Meals of an outpatient.
    StayOutside,
    /// The same original in an earlier line or file.
    Twice,
    /// An original of a claim that is known.
    Known,
    /// Of a claim that nobody knows.
    Unknown,
    /// Takes back a claim that was taken back.
    ReturnedBefore,
    /// Takes back something else than was claimed.
    NotItsOpposite,
    /// Of another person than the claim.
    OtherPerson,
    /// Of another month of treatment than the claim.
    OtherMonth,
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
            Wrong::NotClaims => write!(f, "「{SORT}」のファイルではありません。取り込むファイルを確認してください"),
            Wrong::Version => write!(f, "読み取れる様式は{VERSION}です。様式の変更を確認し、国保連と保守担当に連絡してください"),
            Wrong::OtherInsurer => f.write_str("他の保険者のファイルです。取り込むファイルを確認してください"),
            Wrong::NotAMonth => f.write_str("年月ではありません。2026-05、202605、R8.5又は令和8年5月のように書いてください"),
            Wrong::ProcessedLater => f.write_str("処理年月が今月より後です。年月を確認してください"),
            Wrong::NoFile => f.write_str("ファイルがありません。一式のファイルをすべて指定してください"),
            Wrong::PartBeyond { parts } => {
                write!(f, "ファイル番号は1から{parts}まで、ファイル数は{SET_FILES}までです。国保連に再送を依頼してください")
            }
            Wrong::PartTwice(part) => write!(f, "{part}番のファイルが二つあります。一方を除いてください"),
            Wrong::PartMissing { part, parts } => {
                write!(f, "一式{parts}ファイルのうち{part}番がありません。一式をそろえてから取り込んでください")
            }
            Wrong::OtherSet => f.write_str("通番、処理年月又はファイル数がほかのファイルと違います。一式のファイルだけを指定してください"),
            Wrong::Count { stated, found } => {
                write!(f, "件数が合いません（記載 {stated}件、明細 {found}件）。国保連に再送を依頼してください")
            }
            Wrong::Sum { stated, found } => {
                write!(f, "合計が合いません（記載 {}円、明細 {}円）。国保連に再送を依頼してください", grouped(*stated), grouped(*found))
            }
            Wrong::TooManyLines => write!(f, "一式が{SET_LINES}行を超えます。国保連に分割を依頼してください"),
            Wrong::NotAClaim => {
                write!(f, "レセプト番号ではありません。英数字とハイフンで{CLAIM_CHARS}文字以内です。国保連に確認してください")
            }
            Wrong::NotAnInstitution => f.write_str("医療機関コードではありません。数字10桁です。国保連に確認してください"),
            Wrong::NotAPharmacy => f.write_str("処方元は調剤のときだけ書けます。診療種別か処方元を国保連に確認してください"),
            Wrong::NotAnAidCode => f.write_str("法別番号ではありません。数字2桁です。国保連に確認してください"),
            Wrong::BelowNothing => f.write_str("負の値は返戻のときだけ書けます。状態か値を国保連に確認してください"),
            Wrong::AboveNothing => f.write_str("返戻の点数と金額は0以下です。状態か値を国保連に確認してください"),
            Wrong::TreatedLater => f.write_str("診療年月が処理年月より後です。国保連に確認してください"),
            Wrong::TreatedEarlier => write!(f, "診療年月が{}年より前です。国保連に確認してください", EARLIEST.year()),
            Wrong::BornLater => f.write_str("生年月日が診療月より後です。国保連に確認してください"),
            Wrong::Days => f.write_str("日数は1からその月の日数までです。国保連に確認してください"),
            Wrong::Meals => f.write_str("食数は0から日数の3倍までです。国保連に確認してください"),
            Wrong::Share => f.write_str("負担割合は10、20又は30です。国保連に確認してください"),
            Wrong::OwnBeyondCost => f.write_str("一部負担金が費用額を超えています。国保連に確認してください"),
            Wrong::InKindBeyondCost => f.write_str("一部負担金と高額現物額の計が費用額を超えています。国保連に確認してください"),
            Wrong::CountsNothing => f.write_str("高額現物額がないのに多数回に算入されています。国保連に確認してください"),
            Wrong::HalfAStay => f.write_str("病床、食数及び1食徴収額は、すべて書くか、すべて空欄にしてください"),
            Wrong::StayOutside => f.write_str("外来に食事・居住費があります。入外を国保連に確認してください"),
            Wrong::Twice => f.write_str("同じレセプト番号の原審が一式の中に二つあります。国保連に再送を依頼してください"),
            Wrong::Known => f.write_str("このレセプト番号は取込済みです。訂正は返戻又は過誤として送るよう国保連に依頼してください"),
            Wrong::Unknown => f.write_str("このレセプト番号の請求は取り込まれていません。先の通番を確認し、国保連に確認してください"),
            Wrong::ReturnedBefore => f.write_str("既に返戻された請求です。国保連に確認してください"),
            Wrong::NotItsOpposite => f.write_str("返戻の内容が元の請求と一致しません。国保連に確認してください"),
            Wrong::OtherPerson => f.write_str("元の請求と宛名番号が違います。返戻と原審で送るよう国保連に依頼してください"),
            Wrong::OtherMonth => f.write_str("元の請求と診療年月が違います。返戻と原審で送るよう国保連に依頼してください"),
        }
    }
}

/// Where a set is wrong.
pub type Refused = report::Refused<Wrong>;
/// Why a set is not taken.
pub type Report = report::Report<Wrong>;

fn refusing(file: &str, line: u64, place: Option<usize>, wrong: impl Into<Wrong>) -> Report {
    Refused { file: file.to_owned(), line, place, column: None, wrong: wrong.into() }.into()
}

/// What a file says of itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Head {
    /// Whose claims. Until an office keeps its insurer's number, the municipality's code stands in that column.
    pub municipality: Municipality,
    /// The federation's serial of the set, from 1.
    pub serial: i64,
    /// The first day of the month in which it was processed.
    pub month: Date,
    /// The file within the set, from 1.
    pub part: i64,
    /// How many files the set has.
    pub parts: i64,
    /// How many lines the file states.
    pub lines: i64,
    /// The signed sum of costs it states, whole yen.
    pub cost_yen: i64,
    /// The signed sum of own payments it states, whole yen.
    pub own_yen: i64,
}

/// A line that was read, with the birth date by which the person is told.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Said {
    /// As the federation has it.
    pub birth: Date,
    /// What it says; set, place and finding are not known yet.
    pub claim: ClaimLine,
}

/// A set that was read whole: what can be told from the files alone is right.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReadSet {
    /// The federation's serial.
    pub serial: i64,
    /// The first day of the month in which it was processed.
    pub month: Date,
    /// Over the digests of its files in order.
    pub digest: Digest,
    /// The signed sum of costs, whole yen.
    pub cost_yen: i64,
    /// The signed sum of own payments, whole yen.
    pub own_yen: i64,
    /// Of each part in order: the place of its file among those that were given, and its lines.
    pub files: Vec<(usize, u64)>,
    /// The lines in order of part and line.
    pub said: Vec<Said>,
}

/// The heads of a set's files, in order of their parts.
#[derive(Clone, Debug)]
pub struct Opened<'f> {
    heads: Vec<(usize, Head)>,
    files: &'f [(String, Vec<u8>)],
}

/// Cells of a row with so many headings.
fn cells_of(file: &str, row: Option<Row>, headings: usize) -> Result<(u64, Vec<String>), Report> {
    let Some(Row { line, cells }) = row else { return Err(refusing(file, 0, None, WrongCell::Empty)) };
    let cells = cells.map_err(|(place, wrong)| refusing(file, line, Some(place), wrong))?;
    if cells.len() != headings {
        return Err(refusing(file, line, Some(cells.len()), WrongCell::Cells { headings }));
    }
    Ok((line, cells))
}

fn expect(file: &str, row: Option<Row>, headings: &[&'static str]) -> Result<(), Report> {
    let (line, cells) = cells_of(file, row, headings.len())?;
    for (place, (cell, heading)) in (1..).zip(cells.iter().zip(headings)) {
        if plain(cell) != plain(heading) {
            return Err(refusing(file, line, Some(place), WrongCell::MissingHeading(heading)));
        }
    }
    Ok(())
}

fn head(municipality: Municipality, file: &str, bytes: &[u8]) -> Result<(u64, Head), Report> {
    if bytes.len() > FILE_BYTES {
        return Err(refusing(file, 0, None, WrongCell::FileTooLarge(FILE_BYTES)));
    }
    let mut rows = csv_rows(bytes);
    expect(file, rows.next(), &HEADINGS)?;
    let row = cells_of(file, rows.next(), HEADINGS.len())?;
    let mut cells = Cells { file, line: row.0, headings: &HEADINGS, cells: &row.1, report: Report::default() };
    if cells.text(1) != SORT {
        return Err(refusing(file, row.0, Some(1), Wrong::NotClaims));
    }
    if cells.text(2) != VERSION.to_string() {
        return Err(refusing(file, row.0, Some(2), Wrong::Version));
    }
    if cells.text(3) != municipality.to_string() {
        return Err(refusing(file, row.0, Some(3), Wrong::OtherInsurer));
    }
    let found = Head {
        municipality,
        serial: cells.positive(4),
        month: cells.month(5),
        part: cells.positive(6),
        parts: cells.positive(7),
        lines: cells.number(8),
        cost_yen: cells.number(9),
        own_yen: cells.number(10),
    };
    if cells.report.is_empty() && (found.part > found.parts || found.parts > SET_FILES) {
        cells.wrong(6, Wrong::PartBeyond { parts: found.parts });
    }
    expect(file, rows.next(), &COLUMNS)?;
    cells.report.or((row.0, found))
}

/// The serial of the set that a file belongs to, for whoever has files of several sets.
///
/// # Errors
/// A [`Report`] of what is wrong with its head.
pub fn serial(municipality: Municipality, (name, bytes): (&str, &[u8])) -> Result<i64, Report> {
    head(municipality, name, bytes).map(|(_, head)| head.serial)
}

/// Reads the heads of a set's files, whatever their order, and says whether it is a whole set.
///
/// # Errors
/// A [`Report`] of every file that is wrong, and of parts that are there twice or not at all.
pub fn open<'f>(municipality: Municipality, files: &'f [(String, Vec<u8>)], today: Date) -> Result<Opened<'f>, Report> {
    let (mut report, mut heads): (Report, Vec<(usize, u64, Head)>) = (Report::default(), Vec::with_capacity(files.len()));
    for (at, (name, bytes)) in files.iter().enumerate() {
        match head(municipality, name, bytes) {
            Ok((line, head)) => heads.push((at, line, head)),
            Err(wrong) => report.add_all(wrong),
        }
    }
    let mut heads = report.or(heads)?;
    let Some((_, _, first)) = heads.first().copied() else { return Err(refusing("", 0, None, Wrong::NoFile)) };
    let mut report = Report::default();
    let mut wrong = |at: usize, line: u64, place: usize, wrong: Wrong| {
        report.add(Refused { file: files[at].0.clone(), line, place: Some(place), column: Some(HEADINGS[place - 1]), wrong });
    };
    if first.month > today {
        wrong(heads[0].0, heads[0].1, 5, Wrong::ProcessedLater);
    }
    heads.sort_by_key(|(_, _, head)| head.part);
    let mut parts: HashMap<i64, usize> = HashMap::new();
    for (at, line, head) in &heads {
        if (head.serial, head.month, head.parts) != (first.serial, first.month, first.parts) {
            wrong(*at, *line, 4, Wrong::OtherSet);
        } else if parts.insert(head.part, *at).is_some() {
            wrong(*at, *line, 6, Wrong::PartTwice(head.part));
        }
    }
    if report.is_empty() {
        for part in (1..=first.parts).filter(|part| !parts.contains_key(part)) {
            report.add_all(refusing("", 0, None, Wrong::PartMissing { part, parts: first.parts }));
        }
    }
    report.or(Opened { heads: heads.into_iter().map(|(at, _, head)| (at, head)).collect(), files })
}

impl Opened<'_> {
    /// Over the digests of the files in order of their parts.
    pub fn digest(&self) -> Digest {
        let digests: Vec<u8> = self.heads.iter().flat_map(|(at, _)| Digest::of(&self.files[*at].1).0).collect();
        Digest::of(&digests)
    }

    /// Reads every line.
    ///
    /// # Errors
    /// A [`Report`] of every cell and line that is wrong, and of counts and sums that are not what the files state.
    pub fn read(&self) -> Result<ReadSet, Report> {
        let Some((_, first)) = self.heads.first() else { return Err(refusing("", 0, None, Wrong::NoFile)) };
        let mut set = ReadSet {
            serial: first.serial,
            month: first.month,
            digest: self.digest(),
            cost_yen: 0,
            own_yen: 0,
            files: Vec::with_capacity(self.heads.len()),
            said: Vec::new(),
        };
        let mut report = Report::default();
        for (at, head) in &self.heads {
            let (name, bytes) = &self.files[*at];
            let (before, faults) = (set.said.len(), report.len());
            let (mut found, mut cost_yen, mut own_yen) = (0_i64, 0_i64, 0_i64);
            for row in csv_rows(bytes).skip(3) {
                found += 1;
                if set.said.len() as u64 >= SET_LINES {
                    return Err(refusing(name, row.line, None, Wrong::TooManyLines));
                }
                match read_line(name, row, head) {
                    Ok(said) => {
                        cost_yen = cost_yen.saturating_add(said.claim.cost_yen);
                        own_yen = own_yen.saturating_add(said.claim.own_yen);
                        set.said.push(said);
                    }
                    Err(wrong) => report.add_all(wrong),
                }
            }
            if report.len() == faults {
                let mut differs = |place: usize, wrong: Wrong| {
                    report.add(Refused { file: name.clone(), line: 2, place: Some(place), column: Some(HEADINGS[place - 1]), wrong });
                };
                if found != head.lines {
                    differs(8, Wrong::Count { stated: head.lines, found });
                }
                for (place, stated, found) in [(9, head.cost_yen, cost_yen), (10, head.own_yen, own_yen)] {
                    if stated != found {
                        differs(place, Wrong::Sum { stated, found });
                    }
                }
            }
            set.files.push((*at, (set.said.len() - before) as u64));
            set.cost_yen = set.cost_yen.saturating_add(cost_yen);
            set.own_yen = set.own_yen.saturating_add(own_yen);
        }
        report.or(set)
    }

    /// A line of a part as the place of an error.
    pub(super) fn at(&self, said: &Said, place: usize, wrong: Wrong) -> Refused {
        let file = self.heads.iter().find(|(_, head)| head.part == said.claim.part);
        Refused {
            file: file.map(|(at, _)| self.files[*at].0.clone()).unwrap_or_default(),
            line: said.claim.line.unsigned_abs(),
            place: Some(place),
            column: Some(COLUMNS[place - 1]),
            wrong,
        }
    }

    /// The bytes of a file that was given.
    pub(super) fn bytes(&self, at: usize) -> &[u8] {
        &self.files[at].1
    }
}

/// The cells of a row, and what is wrong with them. A cell that is wrong reads as 0, and the row is refused.
struct Cells<'c> {
    file: &'c str,
    line: u64,
    headings: &'static [&'static str],
    cells: &'c [String],
    report: Report,
}

impl Cells<'_> {
    fn wrong(&mut self, place: usize, wrong: impl Into<Wrong>) {
        let column = place.checked_sub(1).and_then(|at| self.headings.get(at)).copied();
        self.report.add(Refused { file: self.file.to_owned(), line: self.line, place: Some(place), column, wrong: wrong.into() });
    }

    fn text(&self, place: usize) -> String {
        plain(&self.cells[place - 1])
    }

    /// A whole number that may be absent.
    fn some_number(&mut self, place: usize) -> Option<i64> {
        match cells::read_value(Unit::Number, false, &self.cells[place - 1]) {
            Ok(ABSENT) => None,
            Ok(number) => Some(number),
            Err(wrong) => {
                self.wrong(place, wrong);
                None
            }
        }
    }

    fn number(&mut self, place: usize) -> i64 {
        if self.text(place).is_empty() {
            self.wrong(place, WrongCell::Missing);
        }
        self.some_number(place).unwrap_or(0)
    }

    fn positive(&mut self, place: usize) -> i64 {
        cells::number_of(&self.cells[place - 1]).unwrap_or_else(|wrong| {
            self.wrong(place, wrong);
            0
        })
    }

    fn flag(&mut self, place: usize) -> bool {
        let flag = cells::read_value(Unit::Flag, false, &self.cells[place - 1]);
        flag.unwrap_or_else(|wrong| {
            self.wrong(place, wrong);
            0
        }) == 1
    }

    fn date(&mut self, place: usize) -> Date {
        cells::date(&self.cells[place - 1]).unwrap_or_else(|wrong| {
            self.wrong(place, wrong);
            Date::MIN
        })
    }

    fn month(&mut self, place: usize) -> Date {
        let text = self.text(place);
        month_of(&text).unwrap_or_else(|| {
            self.wrong(place, if text.is_empty() { Wrong::Cell(WrongCell::Missing) } else { Wrong::NotAMonth });
            Date::MIN
        })
    }

    /// The place of a word in its list.
    fn word(&mut self, place: usize, words: &[&'static str]) -> u8 {
        let text = self.text(place);
        let found = words.iter().position(|word| *word == text).and_then(|at| u8::try_from(at).ok());
        found.unwrap_or_else(|| {
            self.wrong(place, if text.is_empty() { WrongCell::Missing } else { WrongCell::NotAWord(words.to_vec()) });
            0
        })
    }

    /// Digits only, so many.
    fn digits(&mut self, place: usize, digits: usize, wrong: Wrong) -> Option<i64> {
        let text = self.text(place);
        if text.is_empty() {
            return None;
        }
        let fits = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = if fits { text.parse().ok().filter(|number| *number > 0) } else { None };
        if number.is_none() {
            self.wrong(place, wrong);
        }
        number
    }
}

/// The first day of a month: `2026-05`, `2026/5`, `202605`, `R8.5`, `令和8年5月`.
fn month_of(text: &str) -> Option<Date> {
    let whole = if text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("{text}00")
    } else if text.contains('年') {
        text.to_owned()
    } else {
        let separator = ['-', '/', '.'].into_iter().find(|separator| text.contains(*separator))?;
        format!("{text}{separator}00")
    };
    let (first, last) = cells::dates(&whole).ok()?;
    let one = (first.year(), first.month()) == (last.year(), last.month()) && first != last;
    one.then(|| Date::new(first.year(), first.month(), 1))
}

/// The words of the column 状態, in the order of [`ClaimStatus::ALL`].
pub const STATUSES: [&str; 3] = ["原審", "返戻", "過誤"];

/// What officials call a setting.
pub fn setting_ja(setting: u8) -> &'static str {
    SETTINGS_JA.get(usize::from(setting)).copied().unwrap_or("不明")
}

/// What officials call a service.
pub fn service_ja(service: u8) -> &'static str {
    SERVICES_JA.get(usize::from(service)).copied().unwrap_or("不明")
}

/// What officials call a kind of bed.
pub fn bed_ja(bed: u8) -> &'static str {
    BEDS_JA.get(usize::from(bed)).copied().unwrap_or("不明")
}

const SETTINGS_JA: [&str; SETTINGS.len()] = ["外来", "入院"];
const SERVICES_JA: [&str; SERVICES.len()] = ["医科", "歯科", "調剤", "訪問看護"];
const BEDS_JA: [&str; BEDS.len()] = ["一般病床", "療養病床"];
/// The place of a pharmacy among the services, and of a stay among the settings.
pub(crate) const PHARMACY: u8 = 2;
pub(crate) const INPATIENT: u8 = 1;

fn read_line(file: &str, row: Row, head: &Head) -> Result<Said, Report> {
    let (line, found) = cells_of(file, Some(row), COLUMNS.len())?;
    let mut cells = Cells { file, line, headings: &COLUMNS, cells: &found, report: Report::default() };
    let number = cells.text(1);
    if number.is_empty() || number.len() > CLAIM_CHARS || !number.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        cells.wrong(1, Wrong::NotAClaim);
    }
    let status = ClaimStatus::ALL[usize::from(cells.word(2, &STATUSES))];
    let person = PersonId(cells.positive(3));
    let (birth, month) = (cells.date(4), cells.month(5));
    let (setting, service) = (cells.word(6, &SETTINGS_JA), cells.word(7, &SERVICES_JA));
    if cells.text(8).is_empty() {
        cells.wrong(8, WrongCell::Missing);
    }
    let institution = cells.digits(8, 10, Wrong::NotAnInstitution).unwrap_or(0);
    let prescriber = cells.digits(9, 10, Wrong::NotAnInstitution);
    let (days, points, cost_yen, share_percent) = (cells.number(10), cells.number(11), cells.number(12), cells.number(13));
    let (own_yen, in_kind_yen, in_kind_counts) = (cells.number(14), cells.some_number(15).unwrap_or(0), cells.flag(16));
    let category = cells::text(&found[16], CATEGORY_CHARS, false).unwrap_or_else(|wrong| {
        cells.wrong(17, wrong);
        String::new()
    });
    let (specified_disease, third_party) = (cells.flag(18), cells.flag(19));
    let aid_code = cells.digits(20, 2, Wrong::NotAnAidCode);
    let bed = if cells.text(21).is_empty() { None } else { Some(cells.word(21, &BEDS_JA)) };
    let (meals, charged_meal_yen) = (cells.some_number(22), cells.some_number(23));
    let charged_residence_yen = cells.some_number(24);
    if !cells.report.is_empty() {
        return Err(cells.report);
    }
    let stay = match (bed, meals, charged_meal_yen) {
        (Some(bed), Some(meals), Some(charged_meal_yen)) => Some(Stay { bed, meals, charged_meal_yen, charged_residence_yen }),
        (None, None, None) if charged_residence_yen.is_none() => None,
        _ => {
            cells.wrong(21, Wrong::HalfAStay);
            None
        }
    };
    let claim = ClaimLine {
        ordinal: 0,
        set: 0,
        part: head.part,
        line: i64::try_from(line).unwrap_or(i64::MAX),
        claim: number,
        status,
        person,
        month,
        setting,
        service,
        institution,
        prescriber,
        days,
        points,
        cost_yen,
        share_percent,
        own_yen,
        in_kind_yen,
        in_kind_counts,
        category,
        specified_disease,
        third_party,
        aid_code,
        stay,
        finding: None,
    };
    look(&mut cells, &claim, birth, head.month);
    cells.report.or(Said { birth, claim })
}

/// What must be so within one line.
fn look(cells: &mut Cells<'_>, claim: &ClaimLine, birth: Date, processed: Date) {
    let returned = claim.status == ClaimStatus::Returned;
    for (place, yen) in [(11, claim.points), (12, claim.cost_yen), (14, claim.own_yen), (15, claim.in_kind_yen)] {
        match (returned, yen.signum()) {
            (true, 1) => cells.wrong(place, Wrong::AboveNothing),
            (false, -1) => cells.wrong(place, Wrong::BelowNothing),
            _ => {}
        }
    }
    let (cost, own, in_kind) = (claim.cost_yen.abs(), claim.own_yen.abs(), claim.in_kind_yen.abs());
    if own > cost {
        cells.wrong(14, Wrong::OwnBeyondCost);
    } else if own.saturating_add(in_kind) > cost {
        cells.wrong(15, Wrong::InKindBeyondCost);
    }
    if claim.in_kind_counts && in_kind == 0 {
        cells.wrong(16, Wrong::CountsNothing);
    }
    if claim.month > processed {
        cells.wrong(5, Wrong::TreatedLater);
    } else if claim.month < EARLIEST {
        cells.wrong(5, Wrong::TreatedEarlier);
    } else if birth >= months_after(claim.month, 1) {
        cells.wrong(4, Wrong::BornLater);
    } else if !(1..=claim.month.days_until(months_after(claim.month, 1))).contains(&claim.days) {
        cells.wrong(10, Wrong::Days);
    }
    if ![10, 20, 30].contains(&claim.share_percent) {
        cells.wrong(13, Wrong::Share);
    }
    if claim.prescriber.is_some() && claim.service != PHARMACY {
        cells.wrong(9, Wrong::NotAPharmacy);
    }
    if let Some(stay) = claim.stay {
        if claim.setting != INPATIENT {
            cells.wrong(21, Wrong::StayOutside);
        }
        if !(0..=claim.days.saturating_mul(3)).contains(&stay.meals) {
            cells.wrong(22, Wrong::Meals);
        }
        for (place, yen) in [(23, stay.charged_meal_yen), (24, stay.charged_residence_yen.unwrap_or(0))] {
            if yen < 0 {
                cells.wrong(place, Wrong::BelowNothing);
            }
        }
    }
}

/// What stands before the lines of a file.
pub fn write_head(head: &Head) -> String {
    format!(
        "{}\r\n{SORT},{VERSION},{},{},{:04}-{:02},{},{},{},{},{}\r\n{}\r\n",
        HEADINGS.join(","),
        head.municipality,
        head.serial,
        head.month.year(),
        head.month.month(),
        head.part,
        head.parts,
        head.lines,
        head.cost_yen,
        head.own_yen,
        COLUMNS.join(",")
    )
}

/// Writes a line in the form, as UTF-8: what the demonstration's federation delivers, and what tests read.
pub fn write_line(text: &mut String, birth: Date, claim: &ClaimLine) {
    let code = |code: Option<i64>, digits: usize| code.map(|code| format!("{code:0digits$}")).unwrap_or_default();
    let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
    let flag = |flag: bool| if flag { "1" } else { "" };
    text.push_str(&format!(
        "{},{},{},{birth},{:04}-{:02},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n",
        claim.claim,
        STATUSES[claim.status as usize],
        claim.person,
        claim.month.year(),
        claim.month.month(),
        setting_ja(claim.setting),
        service_ja(claim.service),
        code(Some(claim.institution), 10),
        code(claim.prescriber, 10),
        claim.days,
        claim.points,
        claim.cost_yen,
        claim.share_percent,
        claim.own_yen,
        if claim.in_kind_yen == 0 { String::new() } else { claim.in_kind_yen.to_string() },
        flag(claim.in_kind_counts),
        claim.category,
        flag(claim.specified_disease),
        flag(claim.third_party),
        code(claim.aid_code, 2),
        claim.stay.map(|stay| bed_ja(stay.bed)).unwrap_or_default(),
        number(claim.stay.map(|stay| stay.meals)),
        number(claim.stay.map(|stay| stay.charged_meal_yen)),
        number(claim.stay.and_then(|stay| stay.charged_residence_yen)),
    ));
}

/// A whole file.
pub fn write(head: &Head, lines: &[Said]) -> String {
    let mut text = write_head(head);
    lines.iter().for_each(|said| write_line(&mut text, said.birth, &said.claim));
    text
}
