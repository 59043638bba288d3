//! What is wrong with a file: in which record, in which field, what. Never what somebody's name or account is.
//!
//! Absent here: a repair. A file that is wrong goes back to whoever made it.

use crate::characters::CharacterError;
use core::fmt;
use jorei_domain::calendar::Date;
use jorei_domain::money::Yen;

/// A field as people find it: its number in the published layout and its Japanese name.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct FieldName {
    /// From 1; absent for what is no field (a line's end).
    pub number: Option<u8>,
    /// In Japanese.
    pub name: &'static str,
}

impl FieldName {
    /// The end of a line: what follows the last field of a record.
    pub const LINE_END: FieldName = FieldName { number: None, name: "改行" };
    /// The file as a whole.
    pub const FILE: FieldName = FieldName { number: None, name: "ファイル全体" };
}

impl fmt::Display for FieldName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            Some(number) => write!(f, "{number} {}", self.name),
            None => f.write_str(self.name),
        }
    }
}

/// What is wrong.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum What {
    /// The stream failed.
    Stream(std::io::ErrorKind),
    /// Something else than digits in all places.
    NotDigits,
    /// The one value that may stand here does not.
    NotThis(&'static str),
    /// A filler that is not blank.
    NotBlank,
    /// A character that must not stand here.
    Character(CharacterError),
    /// Nothing stands where something must.
    Missing,
    /// More digits than the field has, or than a number can have.
    TooLarge,
    /// More characters than the field has.
    TooLong,
    /// An amount or a number of zero, or below.
    Zero,
    /// A code that is none of these.
    NotACode(&'static str),
    /// A record of another kind than may follow here.
    Order(&'static str),
    /// The stream ends inside a record.
    Cut,
    /// No record, or a line end, where the first one set another form; or half a line end.
    LineEnd,
    /// Bytes after the end record.
    AfterEnd,
    /// A count that is not that of the records.
    Count {
        /// In the file.
        stated: u64,
        /// Counted.
        counted: u64,
    },
    /// A sum that is not that of the records.
    Sum {
        /// In the file.
        stated: Yen,
        /// Summed up.
        counted: Yen,
    },
    /// No day of any year.
    NoSuchDay,
    /// Another day than was agreed.
    OtherDay(Date),
    /// A day on which banks are closed.
    NotABankDay(Date),
    /// The holidays of the year are not known here.
    NotPublished(i32),
    /// Request files write an unset result as 0 or as a space; this line otherwise than the first.
    Mixture,
    /// A number that another line of the file has.
    Twice,
    /// Bytes that are no text in the file's encoding.
    Encoding,
    /// A quoting that is not one of CSV.
    Quoting,
    /// Another heading than the form's.
    Heading,
    /// Another number of columns than the form's.
    Columns,
    /// No date, or an end that is not after its beginning.
    NoDate,
    /// A stretch of time that overlaps another one of the same branch.
    Overlap,
    /// A structure that is not that of the source.
    Structure,
}

impl What {
    /// In the words of officials, with what to do.
    pub fn japanese(&self) -> String {
        match self {
            What::Stream(_) => "ファイルの読み書きに失敗しました。もう一度行ってください".to_owned(),
            What::NotDigits => "数字でない文字があります".to_owned(),
            What::NotThis(value) => format!("「{value}」でなければなりません"),
            What::NotBlank => "空白でなければなりません".to_owned(),
            What::Character(error) => format!("{}文字目に{}があります", error.place, error.class.japanese()),
            What::Missing => "空欄です".to_owned(),
            What::TooLarge => "桁数を超えています".to_owned(),
            What::TooLong => "文字数を超えています".to_owned(),
            What::Zero => "0は認められません".to_owned(),
            What::NotACode(codes) => format!("{codes} のいずれでもありません"),
            What::Order(expected) => format!("レコードの順序が違います（ここは{expected}）"),
            What::Cut => "レコードの途中で終わっています".to_owned(),
            What::LineEnd => "改行の有無がそろっていません".to_owned(),
            What::AfterEnd => "エンド・レコードの後に余分なデータがあります".to_owned(),
            What::Count { stated, counted } => format!("件数が一致しません（記載 {stated}件、実際 {counted}件）"),
            What::Sum { stated, counted } => format!("金額が一致しません（記載 {}円、実際 {}円）", stated.get(), counted.get()),
            What::NoSuchDay => "存在しない日付です".to_owned(),
            What::OtherDay(day) => format!("指定日 {day} と異なります"),
            What::NotABankDay(day) => format!("{day} は銀行の休業日です。営業日を指定してください"),
            What::NotPublished(year) => format!("{year}年の祝日が登録されていません"),
            What::Mixture => "結果欄の未設定の書き方（0か空白）がそろっていません".to_owned(),
            What::Twice => "同じ番号の行が前にあります".to_owned(),
            What::Encoding => "文字コードが違います".to_owned(),
            What::Quoting => "引用符の使い方が違います".to_owned(),
            What::Heading => "見出しが様式と違います".to_owned(),
            What::Columns => "列の数が様式と違います".to_owned(),
            What::NoDate => "日付（YYYY-MM-DD）でないか、終わりが始まりより後ではありません".to_owned(),
            What::Overlap => "同じ支店の期間が重なっています".to_owned(),
            What::Structure => "データの構造が元の資料と違います".to_owned(),
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::Stream(kind) => write!(f, "the stream failed: {kind}"),
            What::NotDigits => f.write_str("not digits in every place"),
            What::NotThis(value) => write!(f, "not {value:?}, the only value allowed"),
            What::NotBlank => f.write_str("not blank"),
            What::Character(error) => write!(f, "{error}"),
            What::Missing => f.write_str("empty; a value must stand here"),
            What::TooLarge => f.write_str("more digits than fit"),
            What::TooLong => f.write_str("more characters than fit"),
            What::Zero => f.write_str("zero or less; leave the line out"),
            What::NotACode(codes) => write!(f, "none of the codes {codes}"),
            What::Order(expected) => write!(f, "a record of another kind; here must be {expected}"),
            What::Cut => f.write_str("the file ends inside the record"),
            What::LineEnd => f.write_str("line ends are not as after the first record (CR LF after each, or none)"),
            What::AfterEnd => f.write_str("bytes after the end record"),
            What::Count { stated, counted } => write!(f, "states {stated} lines, there are {counted}"),
            What::Sum { stated, counted } => write!(f, "states {} yen, the lines sum up to {}", stated.get(), counted.get()),
            What::NoSuchDay => f.write_str("no day of any year"),
            What::OtherDay(day) => write!(f, "not {day}, the day that was agreed"),
            What::NotABankDay(day) => write!(f, "banks are closed on {day}; take a day on which they are open"),
            What::NotPublished(year) => write!(f, "the holidays of {year} are not known here; add them to the calendar"),
            What::Mixture => f.write_str("an unset result otherwise than in the first line (0 in all, or a space in all)"),
            What::Twice => f.write_str("a line before has the same number"),
            What::Encoding => f.write_str("bytes that are no text in this encoding"),
            What::Quoting => f.write_str("quotes that are not those of CSV"),
            What::Heading => f.write_str("not the heading of this form"),
            What::Columns => f.write_str("not as many columns as the form has"),
            What::NoDate => f.write_str("not a date (write YYYY-MM-DD), or an end that is not after its beginning"),
            What::Overlap => f.write_str("overlaps another stretch of the same branch"),
            What::Structure => f.write_str("not the structure of the source"),
        }
    }
}

/// What is wrong with one field of a record, before anybody knows which record it is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FieldError {
    /// Which field.
    pub field: FieldName,
    /// What is wrong with it.
    pub what: What,
}

impl FieldError {
    /// The same with the number of its record.
    pub const fn at(self, line: u64) -> FileError {
        FileError { line, field: self.field, what: self.what }
    }
}

/// What is wrong with a file, and where.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FileError {
    /// The number of the record or line, from 1; the header's is 1.
    pub line: u64,
    /// Which field of it.
    pub field: FieldName,
    /// What is wrong with it.
    pub what: What,
}

impl FileError {
    /// In the words of officials.
    pub fn japanese(&self) -> String {
        match self.field.number {
            Some(number) => format!("{}行目 項番{number}「{}」：{}", self.line, self.field.name, self.what.japanese()),
            None => format!("{}行目 {}：{}", self.line, self.field.name, self.what.japanese()),
        }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "record {}, field {}: {}", self.line, self.field, self.what)
    }
}

impl core::error::Error for FileError {}
