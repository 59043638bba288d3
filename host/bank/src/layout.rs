//! Layouts of records of 120 bytes as tables, and a record that is filled and read by its fields.
//!
//! A layout is written once, as published: number, name, kind, length, position. Writer, reader, errors and the reference
//! page come from it, and a layout whose fields leave a gap, overlap or do not make up 120 bytes does not compile.
//! Absent here: what a field means; which records follow each other.

use crate::characters::{Alphabet, decode, encode};
use crate::fault::{FieldError, FieldName, What};
use core::fmt::Write as _;

/// The bytes of every record.
pub const RECORD_BYTES: usize = 120;

/// What a field holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Content {
    /// N: digits, right aligned, filled with zeros.
    Number,
    /// N or C with one value only, as long as the field.
    Fixed(&'static str),
    /// C: half-width text, left aligned, filled with spaces.
    Text(Alphabet),
    /// C: spaces.
    Blank,
}

/// The published kind of a field.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Digits.
    N,
    /// Half-width characters.
    C,
}

/// A field of a layout.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Field {
    /// From 1.
    pub number: u8,
    /// In Japanese, as published.
    pub name: &'static str,
    /// As published.
    pub kind: Kind,
    /// What it holds.
    pub content: Content,
    /// In bytes.
    pub length: usize,
    /// Of its first byte, from 1.
    pub position: usize,
}

impl Field {
    /// Digits.
    pub const fn number(number: u8, name: &'static str, length: usize, position: usize) -> Field {
        Field { number, name, kind: Kind::N, content: Content::Number, length, position }
    }

    /// Digits that are always the same.
    pub const fn fixed(number: u8, name: &'static str, value: &'static str, length: usize, position: usize) -> Field {
        assert!(value.len() == length, "a fixed value fills its field");
        Field { number, name, kind: Kind::N, content: Content::Fixed(value), length, position }
    }

    /// Text.
    pub const fn text(number: u8, name: &'static str, alphabet: Alphabet, length: usize, position: usize) -> Field {
        Field { number, name, kind: Kind::C, content: Content::Text(alphabet), length, position }
    }

    /// Spaces.
    pub const fn blank(number: u8, name: &'static str, length: usize, position: usize) -> Field {
        Field { number, name, kind: Kind::C, content: Content::Blank, length, position }
    }

    /// How people find it.
    pub const fn place(&self) -> FieldName {
        FieldName { number: Some(self.number), name: self.name }
    }

    /// An error at this field.
    pub const fn error(&self, what: What) -> FieldError {
        FieldError { field: self.place(), what }
    }
}

/// The fields of one kind of record.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// In Japanese.
    pub name: &'static str,
    /// The digit that begins such a record.
    pub record: u8,
    /// In the order of their positions.
    pub fields: &'static [Field],
}

impl Layout {
    /// A layout. Does not compile unless the fields are numbered in order, follow each other without a gap and make up 120
    /// bytes:
    ///
    /// ```
    /// use jorei_bank::layout::{Field, Layout};
    /// static END: Layout = Layout::new("エンド", b'9', &[Field::fixed(1, "区分", "9", 1, 1), Field::blank(2, "ダミー", 119, 2)]);
    /// ```
    ///
    /// ```compile_fail
    /// use jorei_bank::layout::{Field, Layout};
    /// static END: Layout = Layout::new("エンド", b'9', &[Field::fixed(1, "区分", "9", 1, 1), Field::blank(2, "ダミー", 118, 2)]);
    /// ```
    pub const fn new(name: &'static str, record: u8, fields: &'static [Field]) -> Layout {
        let mut position = 1;
        let mut at = 0;
        while at < fields.len() {
            assert!(fields[at].number as usize == at + 1, "fields are numbered in order");
            assert!(fields[at].position == position, "fields follow each other without a gap");
            position += fields[at].length;
            at += 1;
        }
        assert!(position == RECORD_BYTES + 1, "a record has 120 bytes");
        assert!(matches!(fields[0].content, Content::Fixed(_)) && fields[0].length == 1, "a record begins with its kind");
        Layout { name, record, fields }
    }

    /// The field at a byte of the record, from 0.
    pub fn field_at(&self, byte: usize) -> FieldName {
        self.fields.iter().rev().find(|field| field.position <= byte + 1).map_or(FieldName::FILE, Field::place)
    }
}

/// A record of 120 bytes.
#[derive(Clone)]
pub struct Record([u8; RECORD_BYTES]);

impl Record {
    /// A record with its fixed values; numbers are zero and texts are blank.
    pub fn of(layout: &Layout) -> Record {
        let mut record = Record([b' '; RECORD_BYTES]);
        for field in layout.fields {
            match field.content {
                Content::Fixed(value) => record.slot(field).copy_from_slice(value.as_bytes()),
                Content::Number => record.slot(field).fill(b'0'),
                Content::Text(_) | Content::Blank => {}
            }
        }
        record
    }

    /// Bytes as they came in; nothing is looked at.
    pub const fn from_bytes(bytes: [u8; RECORD_BYTES]) -> Record {
        Record(bytes)
    }

    /// The bytes.
    pub const fn bytes(&self) -> &[u8; RECORD_BYTES] {
        &self.0
    }

    /// The digit that tells its kind, or whatever stands in its place.
    pub const fn kind(&self) -> u8 {
        self.0[0]
    }

    fn slot(&mut self, field: &Field) -> &mut [u8] {
        &mut self.0[field.position - 1..field.position - 1 + field.length]
    }

    /// The bytes of a field.
    pub fn field(&self, field: &Field) -> &[u8] {
        &self.0[field.position - 1..field.position - 1 + field.length]
    }

    /// Fixed values and fillers are what they must be.
    ///
    /// # Errors
    /// The first field that is not.
    pub fn check(&self, layout: &Layout) -> Result<(), FieldError> {
        for field in layout.fields {
            match field.content {
                Content::Fixed(value) if self.field(field) != value.as_bytes() => return Err(field.error(What::NotThis(value))),
                Content::Blank if self.field(field).iter().any(|byte| *byte != b' ') => return Err(field.error(What::NotBlank)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Writes digits.
    ///
    /// # Errors
    /// [`What::TooLarge`].
    pub fn put_number(&mut self, field: &Field, value: u64) -> Result<(), FieldError> {
        let mut rest = value;
        for byte in self.slot(field).iter_mut().rev() {
            *byte = b'0' + u8::try_from(rest % 10).unwrap_or_default();
            rest /= 10;
        }
        if rest == 0 { Ok(()) } else { Err(field.error(What::TooLarge)) }
    }

    /// Reads digits.
    ///
    /// # Errors
    /// [`What::NotDigits`]; [`What::TooLarge`] beyond 64 bits.
    pub fn number(&self, field: &Field) -> Result<u64, FieldError> {
        digits(self.field(field)).map_err(|what| field.error(what))
    }

    /// Writes one byte that is neither a number nor a text of an alphabet.
    pub fn put_byte(&mut self, field: &Field, byte: u8) {
        self.slot(field).fill(byte);
    }

    /// Writes text.
    ///
    /// # Errors
    /// [`What::TooLong`], [`What::Character`].
    pub fn put_text(&mut self, field: &Field, text: &str) -> Result<(), FieldError> {
        let bytes = encode(text, field.alphabet()).map_err(|error| field.error(What::Character(error)))?;
        let slot = self.slot(field);
        if bytes.len() > slot.len() {
            return Err(field.error(What::TooLong));
        }
        slot[..bytes.len()].copy_from_slice(&bytes);
        slot[bytes.len()..].fill(b' ');
        Ok(())
    }

    /// Reads text; spaces behind it are filling.
    ///
    /// # Errors
    /// [`What::Character`].
    pub fn text(&self, field: &Field) -> Result<String, FieldError> {
        let bytes = self.field(field);
        let length = bytes.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last + 1);
        decode(&bytes[..length], field.alphabet()).map_err(|error| field.error(What::Character(error)))
    }
}

impl Field {
    const fn alphabet(&self) -> Alphabet {
        match self.content {
            Content::Text(alphabet) => alphabet,
            _ => Alphabet::Name,
        }
    }
}

/// A number of digits only.
pub(crate) fn digits(bytes: &[u8]) -> Result<u64, What> {
    let mut value: u64 = 0;
    for byte in bytes {
        if !byte.is_ascii_digit() {
            return Err(What::NotDigits);
        }
        value = value.checked_mul(10).and_then(|value| value.checked_add(u64::from(byte - b'0'))).ok_or(What::TooLarge)?;
    }
    Ok(value)
}

/// A layout as a table in Markdown, for the reference.
pub fn markdown(layout: &Layout) -> String {
    let mut page = format!("### {}\n\n| 項番 | 項目 | 型 | 桁数 | 位置 | 値 |\n| --- | --- | --- | --- | --- | --- |\n", layout.name);
    for field in layout.fields {
        let kind = match field.kind {
            Kind::N => "N",
            Kind::C => "C",
        };
        let value = match field.content {
            Content::Fixed(value) => format!("`{value}`"),
            Content::Number => "数字、右詰め、前0".to_owned(),
            Content::Text(Alphabet::Name) => "半角カナ・英大文字・数字・空白・`( ) - .`、左詰め".to_owned(),
            Content::Text(Alphabet::Bank) => "半角カナ・英大文字・数字・`-`、左詰め".to_owned(),
            Content::Blank => "空白".to_owned(),
        };
        let _ = writeln!(page, "| {} | {} | {kind} | {} | {} | {value} |", field.number, field.name, field.length, field.position);
    }
    page
}
