//! Cells as officials write them: dates of either calendar, amounts with separators, words, flags.
//!
//! Absent here: guessing. What reads in two ways, or in none, is refused; an empty cell is absent, never zero.

use super::codes::word_ja;
use jorei_domain::calendar::Date;
use jorei_domain::money::Yen;
use jorei_domain::record::Unit;
use jorei_domain::table::ABSENT;
use std::fmt;
use unicode_normalization::UnicodeNormalization as _;

/// What is wrong with a line, and what to write instead. No text repeats what was in a cell.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Wrong {
    /// Bytes that are no text in the file's encoding.
    Undecodable(&'static str),
    /// A control character, or the sign of one that was lost.
    NotText,
    /// A quotation mark that opens or closes nothing.
    Quote,
    /// More bytes than a line may have.
    LineTooLong(usize),
    /// Other cells than there are headings.
    Cells {
        /// How many there are headings of.
        headings: usize,
    },
    /// A heading that the form does not have.
    UnknownHeading,
    /// A column is missing.
    MissingHeading(&'static str),
    /// One column twice.
    HeadingTwice,
    /// Nothing where something must stand.
    Missing,
    /// Not a whole number.
    NotANumber,
    /// Not a positive number.
    NotPositive,
    /// Beyond the largest amount.
    TooLarge,
    /// Neither yes nor no.
    NotAFlag,
    /// No word of the list.
    NotAWord(Vec<&'static str>),
    /// No date, or one that did not exist.
    NotADate,
    /// A date that is known in part, where a whole one must stand.
    PartOfADate,
    /// A year of an era in which the day does not lie.
    NotInTheEra,
    /// Not a year.
    NotAYear,
    /// Not a postcode.
    NotAPostcode,
    /// More characters than the text may have.
    TextTooLong(usize),
    /// The end is not after the first day.
    EndBeforeStart,
    /// The latest birth date before the earliest.
    BirthOrder,
    /// Cancelled, and yet values.
    CancelledWithValues,
    /// What the store says of a fact.
    Assertion(&'static str),
    /// Two households on one day.
    TwoHouseholds {
        /// The other file.
        file: String,
        /// The other line.
        line: u64,
    },
    /// The same said twice for one day.
    Twice {
        /// The other file.
        file: String,
        /// The other line.
        line: u64,
    },
    /// A formula's error in a spreadsheet.
    SheetError,
    /// A number with a fraction in a spreadsheet.
    NotWhole,
    /// A time of day in a spreadsheet.
    TimeOfDay,
    /// Not a file of this program's forms.
    NotASheet,
    /// No form is known of the file.
    NoForm,
    /// A file that the control file lists is not there.
    NoFile,
    /// A file that the control file does not list.
    Unlisted,
    /// The same file listed twice, or two files with the same content.
    FileTwice,
    /// The file has other rows than are stated.
    Rows {
        /// What the control file says.
        stated: u64,
        /// What there is.
        found: u64,
    },
    /// More bytes than a file may have.
    FileTooLarge(usize),
    /// More lines than a set may have.
    TooManyRows(u64),
    /// Nothing to import.
    Empty,
}

impl fmt::Display for Wrong {
    /// For officials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wrong::Undecodable(encoding) => write!(f, "{encoding}として読めない文字があります。ファイルの文字コードを確認してください"),
            Wrong::NotText => f.write_str("制御文字があるか、文字が失われています。元の記録を見て入力し直してください"),
            Wrong::Quote => f.write_str("引用符（\"）の対応が取れません。セルの中の\"は\"\"と書き、セルの中で改行しないでください"),
            Wrong::LineTooLong(bytes) => write!(f, "1行が{bytes}バイトを超えます。区切りと改行を確認してください"),
            Wrong::Cells { headings } => write!(f, "セルの数が見出しの数（{headings}）と違います。区切りを確認してください"),
            Wrong::UnknownHeading => f.write_str("この様式にない見出しです。様式の見出しに直すか、列を削ってください"),
            Wrong::MissingHeading(heading) => write!(f, "見出し「{heading}」の列がありません。列を加えてください"),
            Wrong::HeadingTwice => f.write_str("同じ見出しが2列あります。一方を削ってください"),
            Wrong::Missing => f.write_str("空欄です。値を入力してください"),
            Wrong::NotANumber => f.write_str("整数ではありません。1234又は1,234のように書いてください"),
            Wrong::NotPositive => f.write_str("1以上の整数ではありません。番号を確認してください"),
            Wrong::TooLarge => f.write_str("扱える範囲を超えています。値を確認してください"),
            Wrong::NotAFlag => f.write_str("1（該当）又は0（非該当）を書いてください"),
            Wrong::NotAWord(words) => write!(f, "定められた語ではありません。次のいずれかを書いてください: {}", words.join("、")),
            Wrong::NotADate => f.write_str("日付ではありません。2025-04-01、20250401、R7.4.1又は令和7年4月1日のように書いてください"),
            Wrong::PartOfADate => f.write_str("年月日の一部が分かりません。この列には年月日の全部を書いてください"),
            Wrong::NotInTheEra => f.write_str("その元号の期間にない日です。元号と年を確認してください"),
            Wrong::NotAYear => f.write_str("年ではありません。2025又はR7のように書いてください"),
            Wrong::NotAPostcode => f.write_str("郵便番号ではありません。070-0000のように書いてください"),
            Wrong::TextTooLong(chars) => write!(f, "{chars}文字を超えます。短くしてください"),
            Wrong::EndBeforeStart => f.write_str("開始日より後の日ではありません。期間を確認してください"),
            Wrong::BirthOrder => f.write_str("最も早い日より前です。二つの日を確認してください"),
            Wrong::CancelledWithValues => f.write_str("取消の行に値があります。取消をやめるか、値を消してください"),
            Wrong::Assertion(wrong) => write!(f, "事実として記録できません（{wrong}）。値を確認してください"),
            Wrong::TwoHouseholds { file, line } => {
                write!(f, "同じ人が同じ日に二つの世帯にいます（{file} {line}行）。期間か世帯番号を直してください")
            }
            Wrong::Twice { file, line } => write!(f, "同じ人の同じ期間のことが二度あります（{file} {line}行）。一方を削ってください"),
            Wrong::SheetError => f.write_str("計算式の誤りのセルです。値を入力し直してください"),
            Wrong::NotWhole => f.write_str("小数があります。整数にしてください"),
            Wrong::TimeOfDay => f.write_str("時刻があります。日付だけにしてください"),
            Wrong::NotASheet => f.write_str("CSV（UTF-8、Shift_JIS）又はXLSXのファイルとして読めません。ファイルを作り直してください"),
            Wrong::NoForm => f.write_str("様式が分かりません。一覧か--formで様式を示してください"),
            Wrong::NoFile => f.write_str("一覧にあるファイルがありません。一式をそろえてください"),
            Wrong::Unlisted => f.write_str("一覧にないファイルです。一覧に加えるか、ファイルを除いてください"),
            Wrong::FileTwice => f.write_str("同じファイルが二度あります。一方を除いてください"),
            Wrong::Rows { stated, found } => {
                write!(f, "件数が一覧と違います（一覧 {stated}件、ファイル {found}件）。一式を作り直してください")
            }
            Wrong::FileTooLarge(bytes) => write!(f, "ファイルが{bytes}バイトを超えます。分けてください"),
            Wrong::TooManyRows(rows) => write!(f, "一式が{rows}行を超えます。分けてください"),
            Wrong::Empty => f.write_str("取り込む行がありません"),
        }
    }
}

/// A text as it is compared: full-width letters and digits as half-width, no space around it.
pub fn plain(text: &str) -> String {
    text.nfkc().collect::<String>().trim().to_owned()
}

/// A number: `1234`, `1,234`, `１，２３４`, `-5`, `▲5`.
fn whole(text: &str) -> Result<i64, Wrong> {
    let text = plain(text);
    let (negative, digits) = match text.strip_prefix(['-', '−', '▲', '△']) {
        Some(rest) => (true, rest),
        None => (false, text.as_str()),
    };
    let mut groups = digits.split(',');
    let first = groups.next().unwrap_or_default();
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let grouped = digits.contains(',');
    let fits = all_digits(first) && (!grouped || first.len() <= 3) && groups.all(|group| group.len() == 3 && all_digits(group));
    if !fits {
        return Err(Wrong::NotANumber);
    }
    let number: i64 = digits.replace(',', "").parse().map_err(|_| Wrong::TooLarge)?;
    if number > Yen::MAX {
        return Err(Wrong::TooLarge);
    }
    Ok(if negative { -number } else { number })
}

/// A person's or household's number.
pub(crate) fn number_of(text: &str) -> Result<i64, Wrong> {
    let text = plain(text);
    match text.as_str() {
        "" => Err(Wrong::Missing),
        text if !text.bytes().all(|byte| byte.is_ascii_digit()) => Err(Wrong::NotPositive),
        text => text.parse().ok().filter(|number| *number > 0).ok_or(Wrong::NotPositive),
    }
}

/// Which of parallel facts: a number from 0, empty for 0.
pub(crate) fn item(text: &str) -> Result<i64, Wrong> {
    if plain(text).is_empty() {
        return Ok(0);
    }
    let item = whole(text)?;
    if item < 0 { Err(Wrong::NotPositive) } else { Ok(item) }
}

/// Is the line cancelled?
pub(crate) fn cancelled(text: &str) -> Result<bool, Wrong> {
    match plain(text).as_str() {
        "" | "0" => Ok(false),
        "1" | "取消" => Ok(true),
        _ => Err(Wrong::NotAFlag),
    }
}

/// A text without control characters, as it stands but for space around it. An apostrophe before what a spreadsheet
/// would take for a formula is the mark of an export, and goes.
pub(crate) fn text(text: &str, chars: usize, needed: bool) -> Result<String, Wrong> {
    let text = bare(text.trim_matches([' ', '\u{3000}']));
    if text.chars().any(|c| c.is_control() || c == char::REPLACEMENT_CHARACTER || c == '\u{feff}') {
        return Err(Wrong::NotText);
    }
    match text.chars().count() {
        0 if needed => Err(Wrong::Missing),
        count if count > chars => Err(Wrong::TextTooLong(chars)),
        _ => Ok(text.to_owned()),
    }
}

/// What a spreadsheet may take for the beginning of a formula.
const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

/// A text that no spreadsheet computes: behind an apostrophe, where it begins like a formula.
pub(crate) fn guarded(text: &str) -> String {
    if must_be_guarded(text) { format!("'{text}") } else { text.to_owned() }
}

fn must_be_guarded(text: &str) -> bool {
    let mut chars = text.chars();
    match chars.next() {
        Some('\'') => chars.next().is_some_and(|next| next == '\'' || FORMULA.contains(&next)),
        Some(first) => FORMULA.contains(&first),
        None => false,
    }
}

/// The text behind the apostrophe of [`guarded`].
fn bare(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with('\'') || rest.starts_with(FORMULA) => rest,
        _ => text,
    }
}

/// A postcode as printed, `070-0000` or `0700000`.
pub(crate) fn postcode(text: &str) -> Result<Option<String>, Wrong> {
    let text = plain(bare(text));
    let digits = text.replacen('-', "", 1);
    let fits = digits.len() == 7 && digits.bytes().all(|byte| byte.is_ascii_digit()) && (text.len() == 7 || text.as_bytes()[3] == b'-');
    match text.as_str() {
        "" => Ok(None),
        _ if fits => Ok(Some(text)),
        _ => Err(Wrong::NotAPostcode),
    }
}

/// A value of a field, [`ABSENT`] for an empty cell.
pub(crate) fn read_value(unit: Unit, required: bool, text: &str) -> Result<i64, Wrong> {
    let plain = plain(text);
    if plain.is_empty() {
        return if required { Err(Wrong::Missing) } else { Ok(ABSENT) };
    }
    match unit {
        Unit::Yen | Unit::Number => whole(&plain),
        Unit::Date => Ok(date(&plain)?.packed()),
        Unit::Flag => match plain.as_str() {
            "0" => Ok(0),
            "1" => Ok(1),
            _ => Err(Wrong::NotAFlag),
        },
        Unit::Code(words) => {
            let all: Vec<&'static str> = words.iter().map(|word| word_ja(word).unwrap_or(word)).collect();
            match all.iter().position(|word| *word == plain) {
                Some(place) => i64::try_from(place).map_err(|_| Wrong::TooLarge),
                None => Err(Wrong::NotAWord(all)),
            }
        }
    }
}

/// A value as a form shows it; empty for none.
pub(crate) fn value(unit: Unit, value: i64) -> String {
    match unit {
        _ if value == ABSENT => String::new(),
        Unit::Date => Date::from_packed(value).map(|date| date.to_string()).unwrap_or_default(),
        Unit::Code(words) => {
            let word = usize::try_from(value).ok().and_then(|place| words.get(place)).copied().unwrap_or_default();
            word_ja(word).unwrap_or(word).to_owned()
        }
        Unit::Yen | Unit::Number | Unit::Flag => value.to_string(),
    }
}

/// The first day after a period; empty for an open end.
pub(crate) fn until(date: Date) -> String {
    if date == Date::MAX { String::new() } else { date.to_string() }
}

/// An era: its letter, its name, the year before its first, its days (both included).
struct Era {
    letter: char,
    name: &'static str,
    before: i32,
    first: Date,
    last: Date,
}

const ERAS: [Era; 5] = [
    Era { letter: 'R', name: "令和", before: 2018, first: Date::new(2019, 5, 1), last: Date::MAX },
    Era { letter: 'H', name: "平成", before: 1988, first: Date::new(1989, 1, 8), last: Date::new(2019, 4, 30) },
    Era { letter: 'S', name: "昭和", before: 1925, first: Date::new(1926, 12, 25), last: Date::new(1989, 1, 7) },
    Era { letter: 'T', name: "大正", before: 1911, first: Date::new(1912, 7, 30), last: Date::new(1926, 12, 24) },
    // Before 1873 another calendar counted the days: a register's day is not one of ours.
    Era { letter: 'M', name: "明治", before: 1867, first: Date::new(1873, 1, 1), last: Date::new(1912, 7, 29) },
];

/// A whole date.
pub(crate) fn date(text: &str) -> Result<Date, Wrong> {
    let (first, last) = dates(text)?;
    if first == last { Ok(first) } else { Err(Wrong::PartOfADate) }
}

/// The first and the last day that a date may be, which is known in whole or in part: `1950-00-00`, `昭和25年`,
/// `S25.3.--`.
pub(crate) fn dates(text: &str) -> Result<(Date, Date), Wrong> {
    let text = plain(text);
    if text.is_empty() {
        return Err(Wrong::Missing);
    }
    let (era, rest) = era_of(&text);
    let [year, month, day] = parts(rest, era.is_some()).ok_or(Wrong::NotADate)?;
    let year = match (year, era) {
        ("元", Some(era)) => era.before + 1,
        (year, Some(era)) if year.len() <= 2 => era.before + number(year).filter(|year| *year > 0).ok_or(Wrong::NotADate)?,
        (year, None) if year.len() == 4 => number(year).filter(|year| *year > 0).ok_or(Wrong::NotADate)?,
        _ => return Err(Wrong::NotADate),
    };
    let unknown = |part: &str| part.is_empty() || part == "--" || part == "-" || part.bytes().all(|byte| byte == b'0');
    let (first, last) = match (unknown(month), unknown(day)) {
        (true, true) => (calendar(year, 1, 1)?, calendar(year, 12, 31)?),
        (true, false) => return Err(Wrong::NotADate),
        (false, true) => {
            let month = number(month).ok_or(Wrong::NotADate)?;
            let first = calendar(year, month, 1)?;
            let next = if month == 12 { calendar(year, 12, 31)? } else { calendar(year, month + 1, 1)?.yesterday() };
            (first, next)
        }
        (false, false) => {
            let day = calendar(year, number(month).ok_or(Wrong::NotADate)?, number(day).ok_or(Wrong::NotADate)?)?;
            (day, day)
        }
    };
    let Some(era) = era else { return Ok((first, last)) };
    let (first, last) = (first.max(era.first), last.min(era.last));
    if first <= last { Ok((first, last)) } else { Err(Wrong::NotInTheEra) }
}

/// A year: `2025`, `R7`, `令和7年`, `令和7年度`.
pub(crate) fn year(text: &str) -> Result<i32, Wrong> {
    let text = plain(text);
    if text.is_empty() {
        return Err(Wrong::Missing);
    }
    let (era, rest) = era_of(&text);
    let digits = rest.strip_suffix("年度").or_else(|| rest.strip_suffix('年')).unwrap_or(rest);
    let within = |year: &i32| era.is_none_or(|era| *year <= era.last.year());
    let year = match (digits, era) {
        ("元", Some(era)) => Some(era.before + 1),
        (digits, Some(era)) if digits.len() <= 2 => number(digits).filter(|year| *year > 0).map(|year| era.before + year),
        (digits, None) if digits.len() == 4 => number(digits),
        _ => None,
    };
    // The next year must be one too.
    year.filter(within).filter(|year| (1900..=9000).contains(year)).ok_or(Wrong::NotAYear)
}

/// The era that a text begins with, and what follows.
fn era_of(text: &str) -> (Option<&'static Era>, &str) {
    for era in &ERAS {
        if let Some(rest) = text.strip_prefix(era.name) {
            return (Some(era), rest.trim_start());
        }
        if let Some(rest) = text.strip_prefix([era.letter, era.letter.to_ascii_lowercase()]) {
            return (Some(era), rest);
        }
    }
    (None, text)
}

/// Year, month and day of a date, empty or of dashes where unknown: eight digits, or parts behind one kind of separator.
fn parts(text: &str, era: bool) -> Option<[&str; 3]> {
    if !era && text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some([&text[..4], &text[4..6], &text[6..]]);
    }
    if let Some((year, rest)) = text.split_once('年') {
        let Some((month, rest)) = rest.split_once('月') else { return rest.is_empty().then_some([year, "", ""]) };
        let day = if rest.is_empty() { "" } else { rest.strip_suffix('日')? };
        return part(month, true).and(part(day, true)).map(|()| [year, month, day]);
    }
    for separator in ['/', '.', '-'] {
        let Some((year, rest)) = text.split_once(separator) else { continue };
        let (month, day) = rest.split_once(separator)?;
        // In `S25----`, nobody can say which dash separates.
        let dashes = separator != '-';
        return part(month, dashes).and(part(day, dashes)).map(|()| [year, month, day]);
    }
    None
}

/// Is it a month or a day, known or not?
fn part(text: &str, dashes: bool) -> Option<()> {
    let digits = text.len() <= 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    (digits && (dashes || !text.is_empty()) || dashes && (text == "--" || text == "-")).then_some(())
}

fn number(text: &str) -> Option<i32> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

fn calendar(year: i32, month: i32, day: i32) -> Result<Date, Wrong> {
    Date::parse(&format!("{year:04}-{month:02}-{day:02}")).map_err(|_| Wrong::NotADate)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn a_day_reads_in_either_calendar() {
        for text in [
            "2025-04-01",
            "20250401",
            "2025/4/1",
            "2025.04.01",
            "R7.4.1",
            "r7.4.1",
            "Ｒ７．４．１",
            "令和7年4月1日",
            "令和７年４月１日",
            "2025年4月1日",
            " 2025-04-01　",
            "R07/04/01",
            "R7-4-1",
        ] {
            assert_eq!(date(text), Ok(day("2025-04-01")), "{text}");
        }
        // First and last days of the eras, as their cabinet orders and imperial rescripts set them.
        for (text, expected) in [
            ("令和元年5月1日", "2019-05-01"),
            ("H31.4.30", "2019-04-30"),
            ("平成元年1月8日", "1989-01-08"),
            ("S64.1.7", "1989-01-07"),
            ("昭和元年12月25日", "1926-12-25"),
            ("T15.12.24", "1926-12-24"),
            ("大正元年7月30日", "1912-07-30"),
            ("M45.7.29", "1912-07-29"),
        ] {
            assert_eq!(date(text), Ok(day(expected)), "{text}");
        }
        for text in ["H31.5.1", "R1.4.30", "S64.1.8", "昭和元年12月24日", "M5.12.1"] {
            assert_eq!(date(text), Err(Wrong::NotInTheEra), "{text}");
        }
        for text in [
            "2025-02-29",
            "2025-13-01",
            "2025/4-1",
            "4/1/2025",
            "25-04-01",
            "R0.1.1",
            "X7.4.1",
            "2025-04-01T00:00",
            "今日",
            "R7",
            "--",
            "202504011",
        ] {
            assert_eq!(date(text), Err(Wrong::NotADate), "{text}");
        }
        assert_eq!(date(""), Err(Wrong::Missing));
    }

    #[test]
    fn a_day_known_in_part_is_a_stretch() {
        for (text, first, last) in [
            ("1950-00-00", "1950-01-01", "1950-12-31"),
            ("19500000", "1950-01-01", "1950-12-31"),
            ("昭和25年", "1950-01-01", "1950-12-31"),
            ("S25.--.--", "1950-01-01", "1950-12-31"),
            ("S25.3.--", "1950-03-01", "1950-03-31"),
            ("昭和25年2月", "1950-02-01", "1950-02-28"),
            ("1950-12-00", "1950-12-01", "1950-12-31"),
            // The era ends within the year.
            ("昭和64年", "1989-01-01", "1989-01-07"),
            ("平成元年", "1989-01-08", "1989-12-31"),
        ] {
            assert_eq!(dates(text), Ok((day(first), day(last))), "{text}");
            assert_eq!(date(text), Err(Wrong::PartOfADate), "{text}");
        }
        assert_eq!(dates("1950-00-05"), Err(Wrong::NotADate));
    }

    #[test]
    fn amounts_years_and_postcodes_read_as_they_are_printed() {
        for (text, expected) in [("1,234", 1234), ("１，２３４", 1234), ("0", 0), ("-5", -5), ("▲1,000", -1000), ("００７", 7)] {
            assert_eq!(whole(text), Ok(expected), "{text}");
        }
        for text in ["1,23", ",123", "1,,234", "1234,567", "1.0", "1e3", "", "-", "5円", "+5", "1 234"] {
            assert_eq!(whole(text), Err(Wrong::NotANumber), "{text}");
        }
        assert_eq!((whole("1000000000000001"), whole("99999999999999999999")), (Err(Wrong::TooLarge), Err(Wrong::TooLarge)));
        for text in ["2025", "R7", "令和7年", "令和7年度", "２０２５"] {
            assert_eq!(year(text), Ok(2025), "{text}");
        }
        assert_eq!(year("25"), Err(Wrong::NotAYear));
        assert_eq!(postcode("０７０－００００"), Ok(Some("070-0000".into())));
        assert_eq!((postcode("0700000"), postcode("")), (Ok(Some("0700000".into())), Ok(None)));
        for text in ["07-00000", "070-000", "070-00000", "-0700000"] {
            assert_eq!(postcode(text), Err(Wrong::NotAPostcode), "{text}");
        }
    }

    #[test]
    fn no_text_begins_like_a_formula_and_every_text_comes_back() {
        for written in ["=1+1", "+81", "-5", "@x", "＝1", "'=1", "''", "'x", "'", "山田", "O'Brien", "''=1"] {
            let guarded = guarded(written);
            assert!(!guarded.starts_with(FORMULA), "{guarded}");
            assert_eq!(text(&guarded, 20, false).as_deref(), Ok(written), "{guarded}");
        }
        assert_eq!(text("山\u{0}田", 20, false), Err(Wrong::NotText));
        assert_eq!(text("　山田　太郎　", 20, true).as_deref(), Ok("山田　太郎"));
        assert_eq!((text("　", 20, true), text("あああ", 2, true)), (Err(Wrong::Missing), Err(Wrong::TextTooLong(2))));
    }
}
