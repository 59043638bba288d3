//! Sheets: CSV in UTF-8 and Shift_JIS, and XLSX, read strictly and written so that they read back.
//!
//! A CSV is read line by line, so that each line that is wrong is named and none takes the next ones with it; a cell
//! therefore holds no line break. The readers there are for CSV mend what they find, and a file that was mended was not
//! read exactly.
//!
//! `cells` reads what stands in one and `codes` has its words; `report` tells what is wrong.
//!
//! Absent here: which columns there are, and what they are for.

pub mod cells;
pub mod codes;
pub mod report;

use calamine::{DataRef, Reader as _, Xlsx, XlsxError};
use cells::{Wrong, guarded};
use encoding_rs::{DecoderResult, SHIFT_JIS};
use rust_xlsxwriter::{Workbook, XlsxError as WriteError};
use std::io::Cursor;

/// The longest line in bytes: the widest form, with every text at its longest, has a third of it.
pub const LINE_BYTES: usize = 32 * 1024;
/// The largest file in bytes: the facts of a year of a city of 300,000 have a tenth of it.
pub const FILE_BYTES: usize = 64 * 1024 * 1024;
/// The most rows that a spreadsheet can have, its heading included.
const SHEET_ROWS: u32 = 1_048_576;
/// The byte order mark that some programs put before UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";
/// What an XLSX file begins with: it is a ZIP archive.
const ARCHIVE: &[u8] = b"PK\x03\x04";

/// A file's format.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// CSV in UTF-8, with the mark that spreadsheets know it by.
    Csv,
    /// CSV in Shift_JIS, as Windows has it.
    CsvSjis,
    /// A spreadsheet.
    Xlsx,
}

impl Format {
    /// The end of a file's name.
    pub const fn extension(self) -> &'static str {
        match self {
            Format::Csv | Format::CsvSjis => "csv",
            Format::Xlsx => "xlsx",
        }
    }
}

/// One line of a sheet.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Row {
    /// Its number, from 1; the heading's is 1.
    pub line: u64,
    /// Its cells, or the first place (from 1) that cannot be read.
    pub cells: Result<Vec<String>, (usize, Wrong)>,
}

/// The rows of a file, in whatever of the formats it is; lines with nothing in them are passed over.
///
/// # Errors
/// What is wrong with the file as a whole.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Row>, Wrong> {
    if bytes.len() > FILE_BYTES {
        return Err(Wrong::FileTooLarge(FILE_BYTES));
    }
    if bytes.starts_with(ARCHIVE) { read_xlsx(bytes) } else { Ok(read_csv(bytes)) }
}

fn read_csv(bytes: &[u8]) -> Vec<Row> {
    csv_rows(bytes).collect()
}

/// The rows of a CSV, one after the other.
pub(crate) fn csv_rows(bytes: &[u8]) -> impl Iterator<Item = Row> + Send + '_ {
    let bytes = bytes.strip_prefix(MARK).unwrap_or(bytes);
    // The heading of every form has kanji, whose Shift_JIS bytes are no UTF-8.
    let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let utf_8 = std::str::from_utf8(first).is_ok();
    (1_u64..).zip(bytes.split(|byte| *byte == b'\n')).filter_map(move |(line, bytes)| {
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        if bytes.is_empty() {
            return None;
        }
        if bytes.len() > LINE_BYTES {
            return Some(Row { line, cells: Err((1, Wrong::LineTooLong(LINE_BYTES))) });
        }
        let cells = decode(bytes, utf_8).and_then(|text| cells(&text));
        (!matches!(&cells, Ok(cells) if cells.iter().all(String::is_empty))).then_some(Row { line, cells })
    })
}

/// A line's text. A byte that is none is refused with the place of its cell.
fn decode(bytes: &[u8], utf_8: bool) -> Result<String, (usize, Wrong)> {
    if utf_8 {
        let place = |error: std::str::Utf8Error| place_of(&String::from_utf8_lossy(&bytes[..error.valid_up_to()]));
        return std::str::from_utf8(bytes).map(ToOwned::to_owned).map_err(|error| (place(error), Wrong::Undecodable("UTF-8")));
    }
    let mut decoder = SHIFT_JIS.new_decoder_without_bom_handling();
    // Enough for all of it: no byte of Shift_JIS becomes more than three of UTF-8.
    let mut text = String::with_capacity(3 * bytes.len() + 16);
    match decoder.decode_to_string_without_replacement(bytes, &mut text, true).0 {
        DecoderResult::InputEmpty => Ok(text),
        _ => Err((place_of(&text), Wrong::Undecodable("Shift_JIS"))),
    }
}

/// In which cell a line goes wrong behind this beginning.
fn place_of(beginning: &str) -> usize {
    let mut quoted = false;
    1 + beginning
        .chars()
        .filter(|c| {
            quoted ^= *c == '"';
            *c == ',' && !quoted
        })
        .count()
}

/// The cells of a line (RFC 4180, without line breaks in cells).
fn cells(line: &str) -> Result<Vec<String>, (usize, Wrong)> {
    let mut cells = Vec::new();
    let mut rest = line;
    loop {
        let place = cells.len() + 1;
        let (cell, after) = match rest.strip_prefix('"') {
            Some(quoted) => unquote(quoted).ok_or((place, Wrong::Quote))?,
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                if rest[..end].contains('"') {
                    return Err((place, Wrong::Quote));
                }
                (rest[..end].to_owned(), &rest[end..])
            }
        };
        if cell.contains(char::is_control) {
            return Err((place, Wrong::NotText));
        }
        cells.push(cell);
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None if after.is_empty() => return Ok(cells),
            None => return Err((place, Wrong::Quote)),
        }
    }
}

/// A quoted cell from behind its first quotation mark, and what follows the last one.
fn unquote(mut rest: &str) -> Option<(String, &str)> {
    let mut cell = String::new();
    loop {
        let end = rest.find('"')?;
        cell.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(next) => {
                cell.push('"');
                rest = next;
            }
            None => return Some((cell, rest)),
        }
    }
}

/// The rows of the first sheet.
fn read_xlsx(bytes: &[u8]) -> Result<Vec<Row>, Wrong> {
    let not_a_sheet = |_: XlsxError| Wrong::NotASheet;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(not_a_sheet)?;
    let sheet = book.sheet_names().first().cloned().ok_or(Wrong::NotASheet)?;
    let mut reader = book.worksheet_cells_reader(&sheet).map_err(not_a_sheet)?;
    let mut rows: Vec<Row> = Vec::new();
    while let Some(cell) = reader.next_cell().map_err(not_a_sheet)? {
        let (row, column) = cell.get_position();
        let line = u64::from(row) + 1;
        let place = column as usize + 1;
        // A cell far to the right would make its row as wide.
        if place > LINE_BYTES || row >= SHEET_ROWS {
            return Err(Wrong::NotASheet);
        }
        let text = text_of(cell.get_value()).map_err(|wrong| (place, wrong));
        if matches!(&text, Ok(text) if text.is_empty()) {
            continue;
        }
        if rows.last().is_none_or(|last| last.line != line) {
            if rows.last().is_some_and(|last| last.line > line) {
                return Err(Wrong::NotASheet);
            }
            rows.push(Row { line, cells: Ok(Vec::new()) });
        }
        let Some(last) = rows.last_mut() else { continue };
        match (&mut last.cells, text) {
            (Ok(cells), Ok(text)) => {
                cells.resize(cells.len().max(place), String::new());
                cells[place - 1] = text;
            }
            (cells @ Ok(_), Err(wrong)) => *cells = Err(wrong),
            (Err(_), _) => {}
        }
    }
    // Empty cells at the end of a row are not in the file.
    let width = rows.first().and_then(|row| row.cells.as_ref().ok()).map_or(0, Vec::len);
    for cells in rows.iter_mut().filter_map(|row| row.cells.as_mut().ok()) {
        cells.resize(cells.len().max(width), String::new());
    }
    Ok(rows)
}

/// A cell as text: numbers whole, dates as days.
fn text_of(value: &DataRef<'_>) -> Result<String, Wrong> {
    match value {
        DataRef::Empty => Ok(String::new()),
        DataRef::Int(number) => Ok(number.to_string()),
        // The shortest decimal that names the number: a whole one has no point.
        DataRef::Float(number) => Some(number.to_string()).filter(|text| !text.contains(['.', 'N', 'i'])).ok_or(Wrong::NotWhole),
        DataRef::String(text) => plain_text(text),
        DataRef::SharedString(text) => plain_text(text),
        DataRef::Bool(flag) => Ok(u8::from(*flag).to_string()),
        DataRef::DateTime(moment) => match moment.to_ymd_hms_milli() {
            (year, month, day, 0, 0, 0, 0) if moment.is_datetime() => Ok(format!("{year:04}-{month:02}-{day:02}")),
            _ => Err(Wrong::TimeOfDay),
        },
        DataRef::DateTimeIso(text) => match text.split_once('T') {
            None => Ok(text.clone()),
            Some((day, time)) if time.trim_end_matches('Z').bytes().all(|byte| matches!(byte, b'0' | b':' | b'.')) => Ok(day.to_owned()),
            Some(_) => Err(Wrong::TimeOfDay),
        },
        DataRef::DurationIso(_) => Err(Wrong::TimeOfDay),
        DataRef::Error(_) => Err(Wrong::SheetError),
    }
}

fn plain_text(text: &str) -> Result<String, Wrong> {
    if text.len() > LINE_BYTES || text.contains(char::is_control) { Err(Wrong::NotText) } else { Ok(text.to_owned()) }
}

/// Why a sheet is not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SheetError {
    /// A character that the encoding lacks. It is not replaced: the person would have another name.
    #[error("person {person}, column {column}: Shift_JIS has no such character; export as CSV in UTF-8 or as XLSX")]
    NotInShiftJis {
        /// Whose line, by the first cell.
        person: String,
        /// The heading.
        column: String,
    },
    /// More lines than a spreadsheet has.
    #[error("more than {0} lines, which a spreadsheet cannot hold; export as CSV")]
    TooManyLines(u32),
    /// The spreadsheet.
    #[error("the spreadsheet: {0}")]
    Sheet(Box<WriteError>),
    /// The file.
    #[error("writing the file: {0}")]
    Io(#[from] std::io::Error),
}

impl From<WriteError> for SheetError {
    fn from(error: WriteError) -> SheetError {
        SheetError::Sheet(Box::new(error))
    }
}

/// A column of a sheet that is written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SheetColumn {
    /// Its heading.
    pub heading: String,
    /// May a spreadsheet add it up? Else its cells are texts.
    pub number: bool,
}

/// Writes a sheet line by line, with flat memory.
pub struct SheetWriter<W> {
    columns: Vec<SheetColumn>,
    format: Format,
    out: W,
    book: Option<Workbook>,
    lines: u32,
}

impl<W: std::io::Write> SheetWriter<W> {
    /// Begins a sheet with its headings.
    ///
    /// # Errors
    /// A [`SheetError`].
    pub fn new(format: Format, columns: Vec<SheetColumn>, mut out: W) -> Result<SheetWriter<W>, SheetError> {
        let mut book = None;
        if format == Format::Xlsx {
            let mut sheets = Workbook::new();
            // Lines that are written are kept in a file of their own until the end.
            sheets.add_worksheet_with_constant_memory()?;
            book = Some(sheets);
        }
        if format == Format::Csv {
            out.write_all(MARK)?;
        }
        let headings: Vec<String> = columns.iter().map(|column| column.heading.clone()).collect();
        let mut writer = SheetWriter { columns, format, out, book, lines: 0 };
        writer.put(&headings, true)?;
        Ok(writer)
    }

    /// Writes a line; its cells are as many as there are columns.
    ///
    /// # Errors
    /// A [`SheetError`].
    pub fn line(&mut self, cells: &[String]) -> Result<(), SheetError> {
        self.put(cells, false)
    }

    /// Ends the sheet; answers where it was written to, and how many lines there are besides the heading.
    ///
    /// # Errors
    /// A [`SheetError`].
    pub fn finish(mut self) -> Result<(W, u32), SheetError> {
        if let Some(mut book) = self.book.take() {
            self.out.write_all(&book.save_to_buffer()?)?;
        }
        self.out.flush()?;
        Ok((self.out, self.lines - 1))
    }

    fn put(&mut self, cells: &[String], heading: bool) -> Result<(), SheetError> {
        if let Some(book) = &mut self.book {
            if self.lines >= SHEET_ROWS {
                return Err(SheetError::TooManyLines(SHEET_ROWS));
            }
            let sheet = book.worksheet_from_index(0)?;
            for ((place, cell), column) in (0_u16..).zip(cells).zip(&self.columns) {
                // A spreadsheet's number is exact up to this many digits; a longer one stays a text.
                const DIGITS: usize = 15;
                let number = column.number && !heading && cell.trim_start_matches('-').len() <= DIGITS;
                match cell.parse::<i64>() {
                    _ if cell.is_empty() => {}
                    // Exact: fewer digits than a double holds.
                    #[allow(clippy::cast_precision_loss, reason = "fewer digits than a double holds")]
                    Ok(amount) if number => {
                        sheet.write_number(self.lines, place, amount as f64)?;
                    }
                    // A text is never computed, whatever it begins with.
                    _ => {
                        sheet.write_string(self.lines, place, guarded(cell))?;
                    }
                }
            }
            self.lines += 1;
            return Ok(());
        }
        let mut line = Vec::new();
        for ((place, cell), column) in cells.iter().enumerate().zip(&self.columns) {
            let cell = if column.number { cell.clone() } else { guarded(cell) };
            let quoted = if cell.contains([',', '"']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell };
            if place > 0 {
                line.push(b',');
            }
            if self.format == Format::CsvSjis {
                let encoded = shift_jis(&quoted).ok_or_else(|| SheetError::NotInShiftJis {
                    person: cells.first().cloned().unwrap_or_default(),
                    column: column.heading.clone(),
                })?;
                line.extend(encoded);
            } else {
                line.extend_from_slice(quoted.as_bytes());
            }
        }
        line.extend_from_slice(b"\r\n");
        self.out.write_all(&line)?;
        self.lines = self.lines.checked_add(1).ok_or(SheetError::TooManyLines(u32::MAX))?;
        Ok(())
    }
}

/// A text in Shift_JIS; none where it would not read back as it is.
fn shift_jis(text: &str) -> Option<Vec<u8>> {
    let (bytes, _, lost) = SHIFT_JIS.encode(text);
    // Two characters are written as others without a word of it: the yen sign and the overline.
    let (back, _) = SHIFT_JIS.decode_without_bom_handling(&bytes);
    (!lost && back == text).then(|| bytes.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_cells(bytes: &[u8]) -> Vec<Result<Vec<String>, (usize, Wrong)>> {
        read(bytes).unwrap().into_iter().map(|row| row.cells).collect()
    }

    #[test]
    fn a_line_is_read_as_it_is_or_refused_at_its_cell() {
        assert_eq!(cells("a,,\"b,\"\"c\"").unwrap(), ["a", "", "b,\"c"]);
        for (line, place) in [("a,\"b", 2), ("a\"b", 1), ("a,\"b\"c", 2), ("\"", 1)] {
            assert_eq!(cells(line), Err((place, Wrong::Quote)), "{line}");
        }
        assert_eq!(cells("a,b\tc"), Err((2, Wrong::NotText)));
        let lines = read_cells("番号,名\r\n1,\"山\n\n,\n2,川\n".as_bytes());
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[1], Err((2, Wrong::Quote)));
        assert_eq!(lines[2], Ok(vec!["2".into(), "川".into()]));
    }

    #[test]
    fn a_byte_that_is_no_text_is_refused_at_its_cell_in_either_encoding() {
        let mut utf_8 = "番号,名\n1,山\n".as_bytes().to_vec();
        let at = utf_8.len() - 2;
        utf_8[at] = b'x';
        assert_eq!(read_cells(&utf_8)[1], Err((2, Wrong::Undecodable("UTF-8"))));
        let mut sjis = SHIFT_JIS.encode("番号,名\n1,山\n").0.into_owned();
        assert_eq!(read_cells(&sjis)[1], Ok(vec!["1".into(), "山".into()]));
        let at = sjis.len() - 2;
        sjis[at] = 0x20;
        assert_eq!(read_cells(&sjis)[1], Err((2, Wrong::Undecodable("Shift_JIS"))));
    }

    #[test]
    fn what_is_written_reads_back_in_every_format() {
        let columns = || ["番号", "名", "額"].map(|heading| SheetColumn { heading: heading.into(), number: heading == "額" }).to_vec();
        let line = ["7", "=山,\"田", "-1234567"].map(str::to_owned);
        for format in [Format::Csv, Format::CsvSjis, Format::Xlsx] {
            let mut writer = SheetWriter::new(format, columns(), Vec::new()).unwrap();
            writer.line(&line).unwrap();
            let (bytes, lines) = writer.finish().unwrap();
            assert_eq!(lines, 1);
            let rows = read_cells(&bytes);
            assert_eq!(rows[0], Ok(vec!["番号".into(), "名".into(), "額".into()]), "{format:?}");
            assert_eq!(rows[1], Ok(vec!["7".into(), "'=山,\"田".into(), "-1234567".into()]), "{format:?}");
        }
        for lacking in ["𠮷", "¥", "〜"] {
            let mut writer = SheetWriter::new(Format::CsvSjis, columns(), Vec::new()).unwrap();
            let refused = writer.line(&["7".into(), lacking.into(), String::new()]);
            assert!(matches!(refused, Err(SheetError::NotInShiftJis { person, column }) if person == "7" && column == "名"), "{lacking}");
        }
    }
}
