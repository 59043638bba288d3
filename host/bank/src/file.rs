//! A file of 120-byte records as a stream: header, lines, trailer, end; written and read with flat memory.
//!
//! What is the same in every form is here: the order of records, line ends, the header, counts and sums, the digest.
//! What a line is, is the form's (`bulk_transfer`, `direct_debit`). A file that was read to its end can be written again
//! to the same bytes.
//! Absent here: duplicates within a file, because they need memory per line (`duplicates`); whether a branch exists.

use crate::account::{AccountNumber, BankCode, BranchCode, DepositKind};
use crate::characters::{Alphabet, CharacterError, encode};
use crate::fault::{FieldError, FieldName, FileError, What};
use crate::layout::{Field, Layout, RECORD_BYTES, Record};
use crate::names::{NameError, cut};
use core::fmt;
use core::num::NonZeroU64;
use jorei_domain::business_days::Calendar;
use jorei_domain::calendar::Date;
use jorei_domain::id::Digest;
use jorei_domain::money::Yen;
use sha2::{Digest as _, Sha256};
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};

/// What follows each record.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum LineEnd {
    /// Nothing: 120 bytes a record.
    None,
    /// CR LF: 122 bytes a record, the last one too.
    CrLf,
}

/// The office's number of one payment or debit: one number, one line, one entry of the ledger. Up to 20 digits in a file.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PaymentNumber(NonZeroU64);

impl PaymentNumber {
    /// From a number; zero is none, because a blank field reads as zero at some banks.
    pub const fn new(number: u64) -> Option<PaymentNumber> {
        match NonZeroU64::new(number) {
            Some(number) => Some(PaymentNumber(number)),
            None => None,
        }
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0.get()
    }
}

impl fmt::Display for PaymentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number that the bank gave to the office as its client (委託者コード): up to ten digits.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ClientCode(u64);

impl ClientCode {
    /// From a number of up to ten digits.
    pub const fn new(code: u64) -> Option<ClientCode> {
        if code <= 9_999_999_999 { Some(ClientCode(code)) } else { None }
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// The office's name in a header: 1 to 40 half-width characters.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct ClientName(String);

impl ClientName {
    /// How many characters a header has for it.
    pub const LENGTH: usize = 40;

    /// Takes a half-width text.
    ///
    /// # Errors
    /// [`NameError`]; [`NameError::TooLong`] beyond 40.
    pub fn read(text: &str) -> Result<ClientName, NameError> {
        let bytes = encode(text, Alphabet::Name).map_err(NameError::Character)?;
        match bytes.last() {
            None => Err(NameError::Empty),
            Some(_) if bytes.len() > ClientName::LENGTH => Err(NameError::TooLong),
            Some(_) => Ok(ClientName(text.trim_end_matches(' ').to_owned())),
        }
    }

    /// The name.
    pub fn text(&self) -> &str {
        &self.0
    }
}

/// The name of a bank or a branch in a file: up to 15 half-width characters; may be empty, because files do not need it.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct BankKana(String);

impl BankKana {
    /// How many characters a record has for it.
    pub const LENGTH: usize = 15;

    /// Takes a half-width text and cuts it to 15, never between a kana and its voicing mark.
    ///
    /// # Errors
    /// [`CharacterError`].
    pub fn cut(text: &str) -> Result<BankKana, CharacterError> {
        encode(text, Alphabet::Bank)?;
        Ok(BankKana(cut(text, BankKana::LENGTH).to_owned()))
    }

    /// The name.
    pub fn text(&self) -> &str {
        &self.0
    }
}

/// The header: who asks which bank for which day.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Header {
    /// The client's number at the bank.
    pub client: ClientCode,
    /// The client's name.
    pub client_name: ClientName,
    /// The day on which money moves; a day on which banks are open. The file has month and day only.
    pub day: Date,
    /// The client's bank.
    pub bank: BankCode,
    /// Its name.
    pub bank_name: BankKana,
    /// The client's branch.
    pub branch: BranchCode,
    /// Its name.
    pub branch_name: BankKana,
    /// The kind of the client's account: ordinary, current or other.
    pub kind: DepositKind,
    /// The client's account.
    pub number: AccountNumber,
}

/// How many lines, and what they sum up to.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Tally {
    /// Lines.
    pub lines: u64,
    /// Their amounts.
    pub sum: Yen,
}

/// What a file comes to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Totals {
    /// Lines.
    pub lines: u64,
    /// Their amounts, in yen.
    pub sum_yen: Yen,
    /// Of these, what a result file calls done; none in other files.
    pub done: Tally,
    /// Of these, what a result file calls failed; none in other files.
    pub failed: Tally,
    /// Of all bytes of the file.
    pub sha256: Digest,
}

/// Which lines a pair of fields of the trailer counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Counted {
    /// All.
    All,
    /// Those that a result calls done.
    Done,
    /// Those that a result calls failed.
    Failed,
}

/// The layouts of a form's records.
#[derive(Debug)]
pub struct Layouts {
    /// In Japanese.
    pub name: &'static str,
    /// Of the header; its fields 4 to 12 are those of [`Header`], in that order.
    pub header: Layout,
    /// Of a line.
    pub data: Layout,
    /// Of the trailer.
    pub trailer: Layout,
    /// Of the end record.
    pub end: Layout,
    /// What the trailer counts: number of lines, sum.
    pub tallies: &'static [(Counted, Field, Field)],
}

impl Layouts {
    /// All four as a page of the reference, in Markdown.
    pub fn markdown(&self) -> String {
        let mut page = format!("## {}\n", self.name);
        for layout in [&self.header, &self.data, &self.trailer, &self.end] {
            page.push('\n');
            page.push_str(&crate::layout::markdown(layout));
        }
        page
    }
}

/// A form of file: what its lines are.
pub trait Form {
    /// A line.
    type Line;

    /// Its layouts.
    fn layouts(&self) -> &'static Layouts;

    /// Fills a record; fixed values stand in it already.
    ///
    /// # Errors
    /// The first field that cannot hold its value.
    fn write(&self, line: &Self::Line, record: &mut Record) -> Result<(), FieldError>;

    /// Reads a record whose fixed values and fillers were checked.
    ///
    /// # Errors
    /// The first field that is wrong.
    fn read(&mut self, record: &Record) -> Result<Self::Line, FieldError>;

    /// A line's amount.
    fn amount(line: &Self::Line) -> Yen;

    /// Whether a result calls the line done; absent in a form without results.
    fn is_done(line: &Self::Line) -> Option<bool>;
}

/// Counts that grow with each line.
#[derive(Clone, Copy, Default)]
struct Tallies {
    all: Tally,
    done: Tally,
    failed: Tally,
}

/// The most lines that six digits count.
const LINES_MAX: u64 = 999_999;
/// The most yen that twelve digits hold.
const SUM_MAX: i64 = 999_999_999_999;

impl Tallies {
    fn of(&self, counted: Counted) -> Tally {
        match counted {
            Counted::All => self.all,
            Counted::Done => self.done,
            Counted::Failed => self.failed,
        }
    }

    /// With one line more. An error names the field of the trailer that would not hold it.
    fn with(self, amount: Yen, is_done: Option<bool>, layouts: &Layouts) -> Result<Tallies, FieldError> {
        let [(_, lines, sum), ..] = layouts.tallies else { return Ok(self) };
        let add = |tally: Tally| -> Result<Tally, FieldError> {
            let total = tally.sum.plus(amount).ok().filter(|total| total.get() <= SUM_MAX).ok_or_else(|| sum.error(What::TooLarge))?;
            if tally.lines == LINES_MAX {
                return Err(lines.error(What::TooLarge));
            }
            Ok(Tally { lines: tally.lines + 1, sum: total })
        };
        let mut grown = Tallies { all: add(self.all)?, ..self };
        match is_done {
            Some(true) => grown.done = add(self.done)?,
            Some(false) => grown.failed = add(self.failed)?,
            None => {}
        }
        Ok(grown)
    }

    fn totals(&self, hash: &Sha256) -> Totals {
        let sha256 = Digest(hash.clone().finalize().into());
        Totals { lines: self.all.lines, sum_yen: self.all.sum, done: self.done, failed: self.failed, sha256 }
    }
}

/// Writes a file line by line.
pub struct Writer<F, W> {
    form: F,
    out: W,
    line_end: LineEnd,
    hash: Sha256,
    records: u64,
    tallies: Tallies,
    broken: Option<ErrorKind>,
}

impl<F: Form, W: Write> Writer<F, W> {
    /// Writes the header of a form. Each form has a `new` of its own with what it needs.
    ///
    /// # Errors
    /// A day on which banks are closed, a kind of deposit that no client has, the stream's.
    pub(crate) fn begin(form: F, out: W, header: &Header, line_end: LineEnd) -> Result<Writer<F, W>, FileError> {
        let layout = &form.layouts().header;
        let record = header_record(header, layout).map_err(|error| error.at(1))?;
        let mut writer = Writer { form, out, line_end, hash: Sha256::new(), records: 0, tallies: Tallies::default(), broken: None };
        writer.put(&record)?;
        Ok(writer)
    }

    /// Writes a line. A line that is refused is not in the file, and others can follow.
    ///
    /// # Errors
    /// The first field that cannot hold its value; a count or sum beyond the trailer's fields; the stream's, after which
    /// nothing more is written.
    pub fn line(&mut self, line: &F::Line) -> Result<(), FileError> {
        let number = self.records + 1;
        let layouts = self.form.layouts();
        let mut record = Record::of(&layouts.data);
        self.form.write(line, &mut record).map_err(|error| error.at(number))?;
        let tallies = self.tallies.with(F::amount(line), F::is_done(line), layouts).map_err(|error| error.at(number))?;
        self.put(&record)?;
        self.tallies = tallies;
        Ok(())
    }

    /// Writes trailer and end, and says what the file comes to.
    ///
    /// # Errors
    /// The stream's.
    pub fn finish(mut self) -> Result<Totals, FileError> {
        let layouts = self.form.layouts();
        let mut trailer = Record::of(&layouts.trailer);
        for (counted, lines, sum) in layouts.tallies {
            let tally = self.tallies.of(*counted);
            let number = self.records + 1;
            trailer.put_number(lines, tally.lines).map_err(|error| error.at(number))?;
            put_yen(&mut trailer, sum, tally.sum).map_err(|error| error.at(number))?;
        }
        self.put(&trailer)?;
        self.put(&Record::of(&layouts.end))?;
        self.out.flush().map_err(|error| stream(self.records, &error))?;
        Ok(self.tallies.totals(&self.hash))
    }

    fn put(&mut self, record: &Record) -> Result<(), FileError> {
        let line = self.records + 1;
        if let Some(kind) = self.broken {
            return Err(FileError { line, field: FieldName::FILE, what: What::Stream(kind) });
        }
        let end: &[u8] = match self.line_end {
            LineEnd::None => b"",
            LineEnd::CrLf => b"\r\n",
        };
        let mut bytes = [0; RECORD_BYTES + 2];
        bytes[..RECORD_BYTES].copy_from_slice(record.bytes());
        bytes[RECORD_BYTES..RECORD_BYTES + end.len()].copy_from_slice(end);
        let bytes = &bytes[..RECORD_BYTES + end.len()];
        if let Err(error) = self.out.write_all(bytes) {
            self.broken = Some(error.kind());
            return Err(stream(line, &error));
        }
        self.hash.update(bytes);
        self.records = line;
        Ok(())
    }
}

/// Where a reader stands.
#[derive(Clone, Copy)]
enum State {
    Lines,
    Ended(Totals),
    Broken,
}

/// Reads a file line by line: an iterator of lines that ends after the end record, with all counts and sums checked, or
/// with the first error.
///
/// A line that was read says nothing of the file until the iterator has ended: then [`Reader::totals`] has the totals.
pub struct Reader<F, R> {
    form: F,
    source: Source<R>,
    tallies: Tallies,
    header: Header,
    state: State,
}

impl<F: Form, R: Read> Reader<F, R> {
    /// Reads the header of a form. Each form has a `new` of its own.
    ///
    /// # Errors
    /// The first field of the header that is wrong, another day than `day`, a day on which banks are closed, the stream's.
    pub(crate) fn begin(form: F, input: R, day: Date) -> Result<Reader<F, R>, FileError> {
        let layouts = form.layouts();
        let mut source = Source { input: BufReader::new(input), line_end: None, hash: Sha256::new(), records: 0 };
        let record = source.record(&[&layouts.header])?;
        let header = read_header(&record, &layouts.header, day).map_err(|error| error.at(1))?;
        source.end_of_line()?;
        Ok(Reader { form, source, tallies: Tallies::default(), header, state: State::Lines })
    }

    /// The header.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The form, with what it has learnt from the lines.
    pub(crate) const fn form(&self) -> &F {
        &self.form
    }

    /// What follows each record of this file.
    pub fn line_end(&self) -> LineEnd {
        self.source.line_end.unwrap_or(LineEnd::None)
    }

    /// What the file comes to, once it was read to its end without an error.
    pub const fn totals(&self) -> Option<Totals> {
        match self.state {
            State::Ended(totals) => Some(totals),
            State::Lines | State::Broken => None,
        }
    }

    /// Reads whatever is left and says what the file comes to.
    ///
    /// # Errors
    /// The first error of what was left.
    pub fn finish(mut self) -> Result<Totals, FileError> {
        for line in self.by_ref() {
            line?;
        }
        self.totals().ok_or(FileError { line: self.source.records, field: FieldName::FILE, what: What::Cut })
    }

    /// The next line; none after the end record.
    fn step(&mut self) -> Result<Option<F::Line>, FileError> {
        let layouts = self.form.layouts();
        let record = self.source.record(&[&layouts.data, &layouts.trailer])?;
        let number = self.source.records;
        if record.kind() == layouts.data.record {
            record.check(&layouts.data).map_err(|error| error.at(number))?;
            let line = self.form.read(&record).map_err(|error| error.at(number))?;
            self.tallies = self.tallies.with(F::amount(&line), F::is_done(&line), layouts).map_err(|error| error.at(number))?;
            self.source.end_of_line()?;
            return Ok(Some(line));
        }
        record.check(&layouts.trailer).map_err(|error| error.at(number))?;
        for (counted, lines, sum) in layouts.tallies {
            check_tally(&record, lines, sum, self.tallies.of(*counted)).map_err(|error| error.at(number))?;
        }
        self.source.end_of_line()?;
        let record = self.source.record(&[&layouts.end])?;
        record.check(&layouts.end).map_err(|error| error.at(number + 1))?;
        self.source.end_of_line()?;
        if self.source.peek()?.is_some() {
            return Err(FileError { line: number + 2, field: FieldName::FILE, what: What::AfterEnd });
        }
        self.state = State::Ended(self.tallies.totals(&self.source.hash));
        Ok(None)
    }
}

impl<F: Form, R: Read> Iterator for Reader<F, R> {
    type Item = Result<F::Line, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        if !matches!(self.state, State::Lines) {
            return None;
        }
        let line = self.step();
        if line.is_err() {
            self.state = State::Broken;
        }
        line.transpose()
    }
}

/// The bytes that come in, record by record.
struct Source<R> {
    input: BufReader<R>,
    line_end: Option<LineEnd>,
    hash: Sha256,
    records: u64,
}

impl<R: Read> Source<R> {
    /// The next record, whose kind must be that of one of these layouts.
    fn record(&mut self, expected: &[&Layout]) -> Result<Record, FileError> {
        self.records += 1;
        let kind_field = expected.first().map_or(FieldName::FILE, |layout| layout.field_at(0));
        let mut bytes = [0; RECORD_BYTES];
        let filled = self.fill(&mut bytes)?;
        let wrong = |field, what| FileError { line: self.records, field, what };
        let layout = expected.iter().find(|layout| layout.record == bytes[0]);
        if filled == 0 {
            return Err(wrong(kind_field, What::Cut));
        }
        let Some(layout) = layout else {
            // With line ends in the wrong places a record begins with what is no kind at all.
            let what = if matches!(bytes[0], b'\r' | b'\n') { What::LineEnd } else { What::Order(names(expected)) };
            return Err(wrong(kind_field, what));
        };
        if filled < RECORD_BYTES {
            return Err(wrong(layout.field_at(filled), What::Cut));
        }
        Ok(Record::from_bytes(bytes))
    }

    /// What follows a record: the first one sets it for all.
    fn end_of_line(&mut self) -> Result<(), FileError> {
        let next = self.peek()?;
        let line_end = self.line_end.unwrap_or(if next == Some(b'\r') { LineEnd::CrLf } else { LineEnd::None });
        self.line_end = Some(line_end);
        let wrong = FileError { line: self.records, field: FieldName::LINE_END, what: What::LineEnd };
        match line_end {
            LineEnd::None if matches!(next, Some(b'\r' | b'\n')) => Err(wrong),
            LineEnd::None => Ok(()),
            LineEnd::CrLf => {
                let mut bytes = [0; 2];
                let filled = self.fill(&mut bytes)?;
                if filled == 2 && &bytes == b"\r\n" { Ok(()) } else { Err(wrong) }
            }
        }
    }

    /// Fills as much as there is.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<usize, FileError> {
        let mut filled = 0;
        while filled < bytes.len() {
            match self.input.read(&mut bytes[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(stream(self.records, &error)),
            }
        }
        self.hash.update(&bytes[..filled]);
        Ok(filled)
    }

    /// The next byte, which stays.
    fn peek(&mut self) -> Result<Option<u8>, FileError> {
        loop {
            match self.input.fill_buf() {
                Ok(bytes) => return Ok(bytes.first().copied()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(stream(self.records, &error)),
            }
        }
    }
}

fn stream(line: u64, error: &std::io::Error) -> FileError {
    FileError { line, field: FieldName::FILE, what: What::Stream(error.kind()) }
}

/// The records that may stand somewhere, for an error.
fn names(expected: &[&Layout]) -> &'static str {
    match expected {
        [one] => one.name,
        _ => "データ・レコードかトレーラ・レコード",
    }
}

/// Writes an amount that is not negative.
pub(crate) fn put_yen(record: &mut Record, field: &Field, amount: Yen) -> Result<(), FieldError> {
    let yen = u64::try_from(amount.get()).map_err(|_| field.error(What::Zero))?;
    record.put_number(field, yen)
}

/// Writes an amount of at least one yen.
pub(crate) fn put_amount(record: &mut Record, field: &Field, amount: Yen) -> Result<(), FieldError> {
    if amount <= Yen::ZERO { Err(field.error(What::Zero)) } else { put_yen(record, field, amount) }
}

fn yen(record: &Record, field: &Field) -> Result<Yen, FieldError> {
    let number = record.number(field)?;
    i64::try_from(number).ok().and_then(|yen| Yen::checked(yen).ok()).ok_or_else(|| field.error(What::TooLarge))
}

/// Reads an amount of at least one yen.
pub(crate) fn amount(record: &Record, field: &Field) -> Result<Yen, FieldError> {
    let amount = yen(record, field)?;
    if amount == Yen::ZERO { Err(field.error(What::Zero)) } else { Ok(amount) }
}

/// Reads the name of a bank or a branch.
pub(crate) fn bank_kana(record: &Record, field: &Field) -> Result<BankKana, FieldError> {
    record.text(field).map(BankKana)
}

/// Reads a bank's number.
pub(crate) fn bank(record: &Record, field: &Field) -> Result<BankCode, FieldError> {
    BankCode::new(record.number(field)?).map_err(|_| field.error(What::TooLarge))
}

/// Reads a branch's number.
pub(crate) fn branch(record: &Record, field: &Field) -> Result<BranchCode, FieldError> {
    BranchCode::new(record.number(field)?).map_err(|_| field.error(What::TooLarge))
}

/// Reads an account's number.
pub(crate) fn account_number(record: &Record, field: &Field) -> Result<AccountNumber, FieldError> {
    AccountNumber::new(record.number(field)?).map_err(|_| field.error(What::TooLarge))
}

/// Reads a kind of deposit.
pub(crate) fn deposit_kind(record: &Record, field: &Field) -> Result<DepositKind, FieldError> {
    DepositKind::of(record.number(field)?).map_err(|_| field.error(What::NotACode("1, 2, 4, 9")))
}

/// What is wrong with a holder's name in a field.
pub(crate) fn name_error(field: &Field, error: NameError) -> FieldError {
    field.error(match error {
        NameError::Empty => What::Missing,
        NameError::TooLong => What::TooLong,
        NameError::Character(error) => What::Character(error),
    })
}

fn check_tally(record: &Record, lines: &Field, sum: &Field, counted: Tally) -> Result<(), FieldError> {
    let stated = record.number(lines)?;
    if stated != counted.lines {
        return Err(lines.error(What::Count { stated, counted: counted.lines }));
    }
    let stated = yen(record, sum)?;
    if stated != counted.sum {
        return Err(sum.error(What::Sum { stated, counted: counted.sum }));
    }
    Ok(())
}

/// The fields of a header by their published numbers, 1 to 13.
const fn header_field(layout: &Layout, number: usize) -> &'static Field {
    &layout.fields[number - 1]
}

/// Client accounts are of these kinds.
const CLIENT_KINDS: What = What::NotACode("1, 2, 9");

/// The day must be one on which banks are open.
fn check_day(day: Date, field: &Field) -> Result<(), FieldError> {
    match Calendar::Bank.is_open(day) {
        Ok(true) => Ok(()),
        Ok(false) => Err(field.error(What::NotABankDay(day))),
        Err(unknown) => Err(field.error(What::NotPublished(unknown.year))),
    }
}

/// Month and day as a number: 401 is 1 April.
const fn month_and_day(day: Date) -> i64 {
    day.packed() % 10_000
}

fn header_record(header: &Header, layout: &Layout) -> Result<Record, FieldError> {
    let field = |number| header_field(layout, number);
    check_day(header.day, field(6))?;
    if header.kind == DepositKind::Savings {
        return Err(field(11).error(CLIENT_KINDS));
    }
    let mut record = Record::of(layout);
    record.put_number(field(4), header.client.0)?;
    record.put_text(field(5), header.client_name.text())?;
    record.put_number(field(6), u64::try_from(month_and_day(header.day)).map_err(|_| field(6).error(What::NoSuchDay))?)?;
    record.put_number(field(7), u64::from(header.bank.get()))?;
    record.put_text(field(8), header.bank_name.text())?;
    record.put_number(field(9), u64::from(header.branch.get()))?;
    record.put_text(field(10), header.branch_name.text())?;
    record.put_number(field(11), u64::from(header.kind.code()))?;
    record.put_number(field(12), u64::from(header.number.get()))?;
    Ok(record)
}

fn read_header(record: &Record, layout: &Layout, day: Date) -> Result<Header, FieldError> {
    let field = |number| header_field(layout, number);
    record.check(layout)?;
    let client = ClientCode::new(record.number(field(4))?).ok_or_else(|| field(4).error(What::TooLarge))?;
    let client_name = ClientName::read(&record.text(field(5))?).map_err(|error| name_error(field(5), error))?;
    let stated = i64::try_from(record.number(field(6))?).map_err(|_| field(6).error(What::NoSuchDay))?;
    if stated != month_and_day(day) {
        // 29 February is a day of some years.
        let exists = Date::from_packed(20_240_000 + stated).is_ok();
        return Err(field(6).error(if exists { What::OtherDay(day) } else { What::NoSuchDay }));
    }
    check_day(day, field(6))?;
    let kind = match deposit_kind(record, field(11)) {
        Err(FieldError { what: What::NotDigits, field }) => return Err(FieldError { what: What::NotDigits, field }),
        Ok(DepositKind::Savings) | Err(_) => return Err(field(11).error(CLIENT_KINDS)),
        Ok(kind) => kind,
    };
    Ok(Header {
        client,
        client_name,
        day,
        bank: bank(record, field(7))?,
        bank_name: bank_kana(record, field(8))?,
        branch: branch(record, field(9))?,
        branch_name: bank_kana(record, field(10))?,
        kind,
        number: account_number(record, field(12))?,
    })
}
