//! Sheets as lines of cells (RFC 4180, without line breaks in cells), in UTF-8 and Shift_JIS, read strictly.
//!
//! The service reads its imports with a reader of its own, which stands in a layer above. Absent here: what a cell means;
//! mending of a line, because a file that was mended was not read.

use crate::fault::{FieldName, FileError, What};
use encoding_rs::SHIFT_JIS;
use std::borrow::Cow;
use std::io::{Read, Write};

/// The largest file in bytes: 50,000 lines of the widest form have a tenth of it.
const FILE_BYTES: u64 = 64 * 1024 * 1024;
/// The byte order mark that some programs put before UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// The encoding of a file.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Encoding {
    /// UTF-8; with a byte order mark when written, with or without one when read.
    Utf8,
    /// Shift_JIS, as Windows has it.
    ShiftJis,
}

/// A line of a sheet.
pub(crate) struct Row<const N: usize> {
    /// From 1; a heading's is 1.
    pub line: u64,
    /// Its cells, as many as the form has.
    pub cells: [String; N],
}

/// A column of a form as a field.
pub(crate) fn column(columns: &[&'static str], at: usize) -> FieldName {
    FieldName { number: u8::try_from(at + 1).ok(), name: columns[at] }
}

/// All bytes of a stream.
pub(crate) fn bytes(input: &mut dyn Read) -> Result<Vec<u8>, FileError> {
    let wrong = |what| FileError { line: 1, field: FieldName::FILE, what };
    let mut bytes = Vec::new();
    input.take(FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|error| wrong(What::Stream(error.kind())))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > FILE_BYTES) {
        return Err(wrong(What::TooLong));
    }
    Ok(bytes)
}

/// The lines of a file after their number, decoded. A line break at the end of the last one is not needed.
pub(crate) fn lines(bytes: &[u8], encoding: Encoding) -> impl Iterator<Item = Result<(u64, Cow<'_, str>), FileError>> {
    let bytes = match encoding {
        Encoding::Utf8 => bytes.strip_prefix(MARK).unwrap_or(bytes),
        Encoding::ShiftJis => bytes,
    };
    // No second byte of Shift_JIS is a line feed.
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    (1_u64..).zip(bytes.split(|byte| *byte == b'\n')).map(move |(line, bytes)| {
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        let text = match encoding {
            Encoding::Utf8 => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Encoding::ShiftJis => SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes),
        };
        text.map(|text| (line, text)).ok_or(FileError { line, field: FieldName::FILE, what: What::Encoding })
    })
}

/// A line's cells.
pub(crate) fn cells<const N: usize>(line: u64, text: &str, columns: &[&'static str; N]) -> Result<[String; N], FileError> {
    let wrong = |at: usize, what| FileError { line, field: column(columns, at.min(N - 1)), what };
    let mut cells = Vec::with_capacity(N);
    let mut rest = text;
    loop {
        let at = cells.len();
        let (cell, after) = match rest.strip_prefix('"') {
            Some(quoted) => unquote(quoted).ok_or_else(|| wrong(at, What::Quoting))?,
            None => {
                let (cell, after) = rest.split_at(rest.find(',').unwrap_or(rest.len()));
                if cell.contains('"') {
                    return Err(wrong(at, What::Quoting));
                }
                (cell.to_owned(), after)
            }
        };
        if cell.contains(char::is_control) {
            return Err(wrong(at, What::Encoding));
        }
        cells.push(cell);
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None if after.is_empty() => break,
            None => return Err(wrong(at, What::Quoting)),
        }
    }
    let count = cells.len();
    cells.try_into().map_err(|_| wrong(count, What::Columns))
}

/// The cell that begins behind a quote, and what follows its closing one.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut cell = String::new();
    let mut rest = text;
    loop {
        let (before, after) = rest.split_at(rest.find('"')?);
        cell.push_str(before);
        let after = &after[1..];
        match after.strip_prefix('"') {
            Some(next) => {
                cell.push('"');
                rest = next;
            }
            None => return Some((cell, after)),
        }
    }
}

/// Writes lines with CR LF, and quotes where they are needed.
pub(crate) struct Sheet<W> {
    out: W,
    encoding: Encoding,
    line: u64,
}

impl<W: Write> Sheet<W> {
    pub(crate) fn begin(mut out: W, encoding: Encoding) -> Result<Sheet<W>, FileError> {
        if encoding == Encoding::Utf8 {
            out.write_all(MARK).map_err(|error| FileError { line: 1, field: FieldName::FILE, what: What::Stream(error.kind()) })?;
        }
        Ok(Sheet { out, encoding, line: 0 })
    }

    pub(crate) fn row(&mut self, cells: &[&str]) -> Result<(), FileError> {
        self.line += 1;
        let wrong = |what| FileError { line: self.line, field: FieldName::FILE, what };
        let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
        let text = cells.join(",") + "\r\n";
        let bytes = match self.encoding {
            Encoding::Utf8 => Cow::Borrowed(text.as_bytes()),
            Encoding::ShiftJis => match SHIFT_JIS.encode(&text) {
                (bytes, _, false) => bytes,
                _ => return Err(wrong(What::Encoding)),
            },
        };
        self.out.write_all(&bytes).map_err(|error| wrong(What::Stream(error.kind())))
    }
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}
