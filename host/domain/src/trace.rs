//! The trace: how a rule came to its answer, written by the rule while it computes.
//!
//! It crosses to the host as one byte string, is stored, hashed and replayed as those bytes, and
//! is rendered by the host with the words of the revision that made it.
//!
//! # Encoding
//!
//! Deterministic CBOR (RFC 8949, 4.2): definite lengths, shortest numbers, ascending keys. An
//! array of steps in pre-order; a step is a map:
//!
//! | key | value |
//! | --- | --- |
//! | 0 | depth, 0 for the root |
//! | 1 | label: a key of the rule's `about` |
//! | 2 | value, see [`Val`] |
//! | 3 | article, where the step states one |
//! | 4 | formula: a key of the rule's `about`, where there is one |
//! | 5 | values of law read: arrays of key, value, state code, article |
//! | 6 | facts read: arrays of kind, column, row within the case |
//! | 7 | candidates that lost: arrays of label, value, reason label |
//!
//! Keys 3 to 7 are left out when there is nothing to say. A fact is a reference: the host shows
//! the value from the evidence, so a trace cannot misquote it.

extern crate alloc;

use crate::basis::State;
use crate::calendar::{Date, Months};
use crate::money::{Exact, Rate, Yen};
use alloc::borrow::Cow;
use alloc::vec::Vec;
use minicbor::decode::Error as CborError;
use minicbor::{Decoder, Encoder};

/// A value as a person should read it. In CBOR: null, or an array of its number here and its parts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Val<'a> {
    /// null: the step only groups others.
    Nothing,
    /// 0: whole yen.
    Yen(Yen),
    /// 1: a count of something the label names.
    Count(i64),
    /// 2: a rate: numerator, denominator.
    Rate(Rate),
    /// 3: a date, packed.
    Date(Date),
    /// 4: a word: a key of the rule's `about`.
    Word(&'a str),
    /// 5: yes or no.
    Flag(bool),
    /// 6: months of the fiscal year, bit 0 April.
    Months(Months),
    /// 7: yen before rounding: numerator, denominator.
    Exact(i64, i64),
    /// 8: a person of the case, by ordinal from 0; shown counted from 1.
    Person(u32),
}

impl From<Yen> for Val<'_> {
    fn from(yen: Yen) -> Self {
        Val::Yen(yen)
    }
}
impl From<Rate> for Val<'_> {
    fn from(rate: Rate) -> Self {
        Val::Rate(rate)
    }
}
impl From<Exact> for Val<'_> {
    fn from(exact: Exact) -> Self {
        Val::Exact(exact.num(), exact.den())
    }
}
impl From<Date> for Val<'_> {
    fn from(date: Date) -> Self {
        Val::Date(date)
    }
}
impl From<Months> for Val<'_> {
    fn from(months: Months) -> Self {
        Val::Months(months)
    }
}
impl From<bool> for Val<'_> {
    fn from(flag: bool) -> Self {
        Val::Flag(flag)
    }
}
impl From<i64> for Val<'_> {
    fn from(count: i64) -> Self {
        Val::Count(count)
    }
}

/// A value of law that a step read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LawRead<'a> {
    /// Its key in the ordinance, or in the rule's national law with `law.` before it.
    pub key: Cow<'a, str>,
    /// What it was on the date of the case.
    pub value: Val<'a>,
    /// How well it is known.
    pub state: State,
    /// Where it stands.
    pub article: Cow<'a, str>,
}

/// A fact that a step read: a cell of a table of the evidence.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FactRead<'a> {
    /// The kind of fact.
    pub kind: Cow<'a, str>,
    /// The column.
    pub column: Cow<'a, str>,
    /// The row, counted within the case.
    pub row: u32,
}

/// A candidate that did not win, and why.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Lost<'a> {
    /// What it was.
    pub label: Cow<'a, str>,
    /// What it would have given, or the bound it missed.
    pub value: Val<'a>,
    /// Why it lost.
    pub reason: Cow<'a, str>,
}

/// One step of a decoded trace; borrows from its bytes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Step<'a> {
    /// 0 for a root.
    pub depth: u16,
    /// Key of its name.
    pub label: Cow<'a, str>,
    /// What came out.
    pub value: Val<'a>,
    /// Article of law, or empty.
    pub article: Cow<'a, str>,
    /// Key of its formula, or empty.
    pub formula: Cow<'a, str>,
    /// Values of law read.
    pub law: Vec<LawRead<'a>>,
    /// Facts read.
    pub facts: Vec<FactRead<'a>>,
    /// Candidates that lost.
    pub lost: Vec<Lost<'a>>,
}

impl Default for Step<'_> {
    fn default() -> Self {
        Step {
            depth: 0,
            label: Cow::Borrowed(""),
            value: Val::Nothing,
            article: Cow::Borrowed(""),
            formula: Cow::Borrowed(""),
            law: Vec::new(),
            facts: Vec::new(),
            lost: Vec::new(),
        }
    }
}

impl Step<'_> {
    fn clear(&mut self) {
        (self.article, self.formula) = (Cow::Borrowed(""), Cow::Borrowed(""));
        self.law.clear();
        self.facts.clear();
        self.lost.clear();
    }
}

/// The deepest step: beyond it nobody could follow, and its indent alone would fill a page.
pub const DEPTH_MAX: u16 = 64;

/// Why some bytes are no trace.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TraceError {
    /// Not the encoding of the module's table.
    Malformed,
    /// Well formed, but another encoding of the same steps exists that is the canonical one.
    NotCanonical,
    /// A step lies more than one below the step before it, or deeper than [`DEPTH_MAX`].
    Depth,
}

impl core::fmt::Display for TraceError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            TraceError::Malformed => "trace is malformed",
            TraceError::NotCanonical => "trace is not in its canonical encoding",
            TraceError::Depth => "trace skips a depth",
        })
    }
}

impl core::error::Error for TraceError {}

impl From<CborError> for TraceError {
    fn from(_: CborError) -> TraceError {
        TraceError::Malformed
    }
}

/// A step while it is being written.
struct Raw<'a> {
    depth: u16,
    label: &'a str,
    value: Val<'a>,
    article: &'a str,
    formula: &'a str,
}

/// Writes a trace while a rule computes. Steps nest by [`Writer::open`] and [`Writer::close`].
///
/// What a step read may be added at any time after it was opened, so the pools carry the number
/// of their step and are brought into order once, at the end.
#[derive(Default)]
pub struct Writer<'a> {
    steps: Vec<Raw<'a>>,
    law: Vec<(u32, LawRead<'a>)>,
    facts: Vec<(u32, FactRead<'a>)>,
    lost: Vec<(u32, Lost<'a>)>,
    depth: u16,
}

/// A step of a [`Writer`].
#[derive(Clone, Copy, Debug)]
pub struct StepNumber(u32);

impl<'a> Writer<'a> {
    /// Room for an ordinary decision, so that writing seldom allocates.
    pub fn with_capacity(steps: usize) -> Writer<'a> {
        Writer {
            steps: Vec::with_capacity(steps),
            law: Vec::with_capacity(steps),
            facts: Vec::with_capacity(steps),
            lost: Vec::new(),
            depth: 0,
        }
    }

    /// Begins a step; what follows lies below it until it is closed.
    pub fn open(&mut self, label: &'a str) -> StepNumber {
        let number = StepNumber(self.steps.len() as u32);
        self.steps.push(Raw { depth: self.depth, label, value: Val::Nothing, article: "", formula: "" });
        self.depth += 1;
        number
    }

    /// Ends a step with its value.
    pub fn close(&mut self, step: StepNumber, value: Val<'a>) {
        let raw = &mut self.steps[step.0 as usize];
        raw.value = value;
        self.depth = raw.depth;
    }

    /// States the article of a step.
    pub fn article(&mut self, step: StepNumber, article: &'a str) {
        self.steps[step.0 as usize].article = article;
    }

    /// States the formula of a step.
    pub fn formula(&mut self, step: StepNumber, formula: &'a str) {
        self.steps[step.0 as usize].formula = formula;
    }

    /// Adds a value of law that a step read.
    pub fn law(&mut self, step: StepNumber, read: LawRead<'a>) {
        self.law.push((step.0, read));
    }

    /// Adds a fact that a step read.
    pub fn fact(&mut self, step: StepNumber, read: FactRead<'a>) {
        self.facts.push((step.0, read));
    }

    /// Adds a candidate that lost at a step.
    pub fn lost(&mut self, step: StepNumber, candidate: Lost<'a>) {
        self.lost.push((step.0, candidate));
    }

    /// The canonical bytes.
    pub fn finish(mut self) -> Vec<u8> {
        self.law.sort_by_key(|(step, _)| *step);
        self.facts.sort_by_key(|(step, _)| *step);
        self.lost.sort_by_key(|(step, _)| *step);
        let mut bytes = Vec::with_capacity(self.steps.len() * 96 + 16);
        let mut cbor = Encoder::new(&mut bytes);
        // Writing to a vector cannot fail.
        let _ = cbor.array(self.steps.len() as u64);
        let (mut law, mut facts, mut lost) = (&self.law[..], &self.facts[..], &self.lost[..]);
        for (number, raw) in (0_u32..).zip(&self.steps) {
            let head = (raw.label, raw.value, raw.article, raw.formula);
            encode_step(&mut cbor, raw.depth, head, take(&mut law, number), take(&mut facts, number), take(&mut lost, number));
        }
        bytes
    }
}

/// Cuts the items of one step off the front of a sorted pool.
fn take<'p, T>(pool: &mut &'p [(u32, T)], step: u32) -> impl ExactSizeIterator<Item = &'p T> + use<'p, T> {
    let end = pool.iter().position(|(other, _)| *other != step).unwrap_or(pool.len());
    let (mine, rest) = pool.split_at(end);
    *pool = rest;
    mine.iter().map(|(_, item)| item)
}

fn encode_step<'p, 'a: 'p>(
    cbor: &mut Encoder<&mut Vec<u8>>,
    depth: u16,
    (label, value, article, formula): (&str, Val<'_>, &str, &str),
    law: impl ExactSizeIterator<Item = &'p LawRead<'a>>,
    facts: impl ExactSizeIterator<Item = &'p FactRead<'a>>,
    lost: impl ExactSizeIterator<Item = &'p Lost<'a>>,
) {
    let optional = [!article.is_empty(), !formula.is_empty(), law.len() > 0, facts.len() > 0, lost.len() > 0];
    let keys = 3 + optional.iter().filter(|there| **there).count() as u64;
    let write = || -> Result<(), minicbor::encode::Error<core::convert::Infallible>> {
        cbor.map(keys)?.u8(0)?.u16(depth)?.u8(1)?.str(label)?.u8(2)?;
        encode_val(cbor, value)?;
        if !article.is_empty() {
            cbor.u8(3)?.str(article)?;
        }
        if !formula.is_empty() {
            cbor.u8(4)?.str(formula)?;
        }
        if law.len() > 0 {
            cbor.u8(5)?.array(law.len() as u64)?;
            for read in law {
                cbor.array(4)?.str(&read.key)?;
                encode_val(cbor, read.value)?;
                cbor.u8(read.state.code())?.str(&read.article)?;
            }
        }
        if facts.len() > 0 {
            cbor.u8(6)?.array(facts.len() as u64)?;
            for read in facts {
                cbor.array(3)?.str(&read.kind)?.str(&read.column)?.u32(read.row)?;
            }
        }
        if lost.len() > 0 {
            cbor.u8(7)?.array(lost.len() as u64)?;
            for candidate in lost {
                cbor.array(3)?.str(&candidate.label)?;
                encode_val(cbor, candidate.value)?;
                cbor.str(&candidate.reason)?;
            }
        }
        Ok(())
    };
    // Writing to a vector cannot fail.
    let _ = write();
}

fn encode_val(cbor: &mut Encoder<&mut Vec<u8>>, value: Val<'_>) -> Result<(), minicbor::encode::Error<core::convert::Infallible>> {
    match value {
        Val::Nothing => cbor.null()?,
        Val::Yen(yen) => cbor.array(2)?.u8(0)?.i64(yen.get())?,
        Val::Count(count) => cbor.array(2)?.u8(1)?.i64(count)?,
        Val::Rate(rate) => cbor.array(3)?.u8(2)?.i64(rate.num())?.i64(rate.den())?,
        Val::Date(date) => cbor.array(2)?.u8(3)?.i64(date.packed())?,
        Val::Word(word) => cbor.array(2)?.u8(4)?.str(word)?,
        Val::Flag(flag) => cbor.array(2)?.u8(5)?.bool(flag)?,
        Val::Months(months) => cbor.array(2)?.u8(6)?.u16(months.bits())?,
        Val::Exact(num, den) => cbor.array(3)?.u8(7)?.i64(num)?.i64(den)?,
        Val::Person(ordinal) => cbor.array(2)?.u8(8)?.u32(ordinal)?,
    };
    Ok(())
}

/// Reads a trace step by step, holding it to its canonical encoding on the way.
///
/// What it accepts, [`encode`] would have written byte for byte: numbers are the shortest, lengths
/// definite, keys ascending, and nothing is stated that is empty.
pub struct Reader<'a> {
    cbor: Decoder<'a>,
    bytes: &'a [u8],
    left: u64,
    deepest: u16,
}

impl<'a> Reader<'a> {
    /// Begins to read.
    ///
    /// # Errors
    /// [`TraceError`] when the bytes are no array.
    pub fn new(bytes: &'a [u8]) -> Result<Reader<'a>, TraceError> {
        let mut reader = Reader { cbor: Decoder::new(bytes), bytes, left: 0, deepest: 0 };
        reader.left = reader.length()?;
        Ok(reader)
    }

    /// Reads the next step into `step`, whose lists are emptied first and keep their room; false
    /// at the end.
    ///
    /// # Errors
    /// A [`TraceError`]; nothing is ever read as something else.
    pub fn next(&mut self, step: &mut Step<'a>) -> Result<bool, TraceError> {
        if self.left == 0 {
            return if self.cbor.position() == self.bytes.len() { Ok(false) } else { Err(TraceError::Malformed) };
        }
        self.left -= 1;
        self.step(step)?;
        if step.depth > self.deepest || step.depth > DEPTH_MAX {
            return Err(TraceError::Depth);
        }
        self.deepest = step.depth.saturating_add(1);
        Ok(true)
    }

    fn step(&mut self, step: &mut Step<'a>) -> Result<(), TraceError> {
        step.clear();
        self.shortest()?;
        let keys = self.cbor.map()?.ok_or(TraceError::NotCanonical)?;
        let mut next_key = 0;
        for _ in 0..keys {
            let key = self.u8()?;
            if key > 7 {
                return Err(TraceError::Malformed);
            }
            // The first three are always there, and all ascend.
            if key < next_key || next_key < 3 && key != next_key {
                return Err(TraceError::NotCanonical);
            }
            next_key = key + 1;
            match key {
                0 => step.depth = self.u16()?,
                1 => step.label = self.text()?,
                2 => step.value = self.val()?,
                3 => step.article = self.stated()?,
                4 => step.formula = self.stated()?,
                5 => {
                    for _ in 0..self.some()? {
                        self.expect(4)?;
                        let (key, value) = (self.text()?, self.val()?);
                        let state = State::from_code(self.u8()?).ok_or(TraceError::Malformed)?;
                        step.law.push(LawRead { key, value, state, article: self.text()? });
                    }
                }
                6 => {
                    for _ in 0..self.some()? {
                        self.expect(3)?;
                        let (kind, column) = (self.text()?, self.text()?);
                        step.facts.push(FactRead { kind, column, row: self.u32()? });
                    }
                }
                _ => {
                    for _ in 0..self.some()? {
                        self.expect(3)?;
                        let (label, value) = (self.text()?, self.val()?);
                        step.lost.push(Lost { label, value, reason: self.text()? });
                    }
                }
            }
        }
        if next_key < 3 { Err(TraceError::Malformed) } else { Ok(()) }
    }

    fn val(&mut self) -> Result<Val<'a>, TraceError> {
        if self.cbor.datatype()? == minicbor::data::Type::Null {
            self.cbor.null()?;
            return Ok(Val::Nothing);
        }
        let parts = self.length()?;
        let kind = self.u8()?;
        if parts != if kind == 2 || kind == 7 { 3 } else { 2 } {
            return Err(TraceError::Malformed);
        }
        Ok(match kind {
            0 => Val::Yen(Yen::checked(self.i64()?).map_err(|_| TraceError::Malformed)?),
            1 => Val::Count(self.i64()?),
            2 => Val::Rate(Rate::checked(self.i64()?, self.i64()?).map_err(|_| TraceError::Malformed)?),
            3 => Val::Date(Date::from_packed(self.i64()?).map_err(|_| TraceError::Malformed)?),
            4 => {
                self.shortest()?;
                Val::Word(self.cbor.str()?)
            }
            5 => Val::Flag(self.cbor.bool()?),
            6 => {
                let bits = self.u16()?;
                let months = Months::from_bits(bits);
                if months.bits() != bits {
                    return Err(TraceError::Malformed);
                }
                Val::Months(months)
            }
            7 => {
                let (num, den) = (self.i64()?, self.i64()?);
                if den < 1 {
                    return Err(TraceError::Malformed);
                }
                Val::Exact(num, den)
            }
            8 => Val::Person(self.u32()?),
            _ => return Err(TraceError::Malformed),
        })
    }

    /// Is the number or length that comes written in its shortest form?
    fn shortest(&self) -> Result<(), TraceError> {
        let rest = self.bytes.get(self.cbor.position()..).unwrap_or_default();
        let Some(first) = rest.first() else { return Err(TraceError::Malformed) };
        let at = |i: usize| rest.get(i).copied().unwrap_or_default();
        let short = match first & 0x1f {
            0..=23 => true,
            24 => at(1) >= 24,
            25 => at(1) != 0,
            26 => at(1) != 0 || at(2) != 0,
            27 => (1..5).any(|i| at(i) != 0),
            _ => false,
        };
        if short { Ok(()) } else { Err(TraceError::NotCanonical) }
    }

    fn length(&mut self) -> Result<u64, TraceError> {
        self.shortest()?;
        self.cbor.array()?.ok_or(TraceError::NotCanonical)
    }

    /// The length of a list that is only written when there is something in it.
    fn some(&mut self) -> Result<u64, TraceError> {
        match self.length()? {
            0 => Err(TraceError::NotCanonical),
            length => Ok(length),
        }
    }

    fn expect(&mut self, wanted: u64) -> Result<(), TraceError> {
        if self.length()? == wanted { Ok(()) } else { Err(TraceError::Malformed) }
    }

    fn text(&mut self) -> Result<Cow<'a, str>, TraceError> {
        self.shortest()?;
        Ok(Cow::Borrowed(self.cbor.str()?))
    }

    /// A text that is only written when it is not empty.
    fn stated(&mut self) -> Result<Cow<'a, str>, TraceError> {
        let text = self.text()?;
        if text.is_empty() { Err(TraceError::NotCanonical) } else { Ok(text) }
    }
}

/// Whole numbers of each width, in their shortest form.
macro_rules! numbers {
    ($($width:ident),*) => {
        impl Reader<'_> {
            $(fn $width(&mut self) -> Result<$width, TraceError> {
                self.shortest()?;
                Ok(self.cbor.$width()?)
            })*
        }
    };
}
numbers!(u8, u16, u32, i64);

/// Reads a whole trace.
///
/// # Errors
/// A [`TraceError`], as [`Reader::next`].
pub fn decode(bytes: &[u8]) -> Result<Vec<Step<'_>>, TraceError> {
    let mut reader = Reader::new(bytes)?;
    let (mut steps, mut step) = (Vec::new(), Step::default());
    while reader.next(&mut step)? {
        steps.push(core::mem::take(&mut step));
    }
    Ok(steps)
}

/// Does a trace name a value of law that is not sourced? Also a check that it is a trace.
///
/// # Errors
/// A [`TraceError`], as [`Reader::next`].
pub fn names_unsourced(bytes: &[u8]) -> Result<bool, TraceError> {
    let mut reader = Reader::new(bytes)?;
    let (mut step, mut unsourced) = (Step::default(), false);
    while reader.next(&mut step)? {
        unsourced |= step.law.iter().any(|read| read.state.is_provisional());
    }
    Ok(unsourced)
}

/// The canonical bytes of some steps.
pub fn encode(steps: &[Step<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut cbor = Encoder::new(&mut bytes);
    let _ = cbor.array(steps.len() as u64);
    for step in steps {
        let head = (&*step.label, step.value, &*step.article, &*step.formula);
        encode_step(&mut cbor, step.depth, head, step.law.iter(), step.facts.iter(), step.lost.iter());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let mut writer = Writer::with_capacity(4);
        let root = writer.open("premium");
        let part = writer.open("medical");
        let base = writer.open("levy_base");
        writer.close(base, Yen::new(1_590_000).into());
        writer.article(base, "Order art. 29-7");
        writer.fact(base, FactRead { kind: "incomes".into(), column: "salary_yen".into(), row: 3 });
        writer.close(part, Yen::new(-5).into());
        let rate = Rate::new(847, 10_000).into();
        writer.law(part, LawRead { key: "medical.income_rate".into(), value: rate, state: State::Assumed, article: "Ordinance".into() });
        writer.close(root, Val::Word("cut_7"));
        writer.formula(root, "sum");
        writer.lost(root, Lost { label: "cut_5".into(), value: Yen::new(7).into(), reason: "above".into() });
        writer.finish()
    }

    #[test]
    fn a_trace_reads_as_it_was_written_in_pre_order() {
        let bytes = sample();
        let steps = decode(&bytes).unwrap();
        let shape: Vec<_> = steps.iter().map(|step| (step.depth, step.label.as_ref())).collect();
        assert_eq!(shape, [(0, "premium"), (1, "medical"), (2, "levy_base")]);
        assert_eq!(steps[1].law[0].state, State::Assumed);
        assert_eq!(steps[0].lost[0].reason, "above");
    }

    #[test]
    fn only_the_canonical_encoding_is_accepted() {
        let bytes = sample();
        // The root's depth as a two-byte zero: the same number, another encoding.
        let mut longer = bytes.clone();
        let at = longer.iter().position(|b| *b == 0xa4 || *b == 0xa5).unwrap() + 2;
        longer.splice(at..=at, [0x18, 0x00]);
        assert_eq!(decode(&longer), Err(TraceError::NotCanonical));
        let mut trailing = bytes.clone();
        trailing.push(0);
        assert_eq!(decode(&trailing), Err(TraceError::Malformed));
        for cut in 0..bytes.len() {
            assert!(decode(&bytes[..cut]).is_err(), "cut at {cut}");
        }
    }

    /// Whatever is accepted is what the encoder would have written.
    #[test]
    fn a_changed_byte_is_refused_or_is_another_canonical_trace() {
        let bytes = sample();
        let mut accepted = 0;
        for at in 0..bytes.len() {
            for value in 0..=255 {
                let mut changed = bytes.clone();
                changed[at] = value;
                if let Ok(steps) = decode(&changed) {
                    assert_eq!(encode(&steps), changed, "byte {at} as {value}");
                    accepted += 1;
                }
            }
        }
        assert!(accepted > bytes.len(), "the bytes as they are");
    }

    #[test]
    fn a_trace_that_skips_a_depth_is_refused() {
        let bytes = sample();
        let mut steps = decode(&bytes).unwrap();
        steps[1].depth = 2;
        assert_eq!(decode(&encode(&steps)), Err(TraceError::Depth));
    }
}
