//! A decision: what was asked, what was known, what came out. Written once, superseded, never
//! edited; its id is the hash of its canonical content.

extern crate alloc;

use crate::calendar::Date;
use crate::id::{DecisionId, Digest, HouseholdId, Municipality};
use crate::table::{Column, Table, Values};
use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use minicbor::{Decoder, Encoder};

/// The facts of one kind that a run was given.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Given {
    /// The kind's name.
    pub kind: String,
    /// The rows of this one case.
    pub table: Table,
    /// The source of each row.
    pub sources: Vec<String>,
}

/// Every fact a run was given, in the order in which it asked.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Evidence {
    /// A table per kind asked.
    pub given: Vec<Given>,
}

/// A named table of results; one case of it belongs to one decision.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Result {
    /// Its name in the rule's outcome.
    pub name: String,
    /// Its rows.
    pub table: Table,
}

/// Why a rule declined to decide. Codes are permanent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reason {
    /// The law or the ordinance has no value for the date.
    LawUnknown,
    /// A fact that the answer depends on is not there.
    FactMissing,
    /// Facts contradict each other, or a value cannot be.
    FactImpossible,
    /// The rule does not cover such a case.
    OutOfScope,
}

impl Reason {
    const ALL: [Reason; 4] = [Reason::LawUnknown, Reason::FactMissing, Reason::FactImpossible, Reason::OutOfScope];

    /// The permanent code.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The reason of a code.
    pub fn from_code(code: u8) -> Option<Reason> {
        Reason::ALL.get(usize::from(code)).copied()
    }

    /// The word in JSON and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Reason::LawUnknown => "law-unknown",
            Reason::FactMissing => "fact-missing",
            Reason::FactImpossible => "fact-impossible",
            Reason::OutOfScope => "out-of-scope",
        }
    }
}

/// A typed refusal of a rule: not an outcome in law, but an item of a clerk's queue.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// The kind of reason.
    pub reason: Reason,
    /// Key of the message in the rule's `about`; its text has `{name}` where an argument goes.
    pub label: String,
    /// Article that asks for the missing thing.
    pub article: String,
    /// Named arguments of the message.
    pub arguments: Vec<(String, String)>,
}

/// Why a run came to no answer. All of these are functions of the case, the rule and its bounds,
/// so the same run fails again; a stop by the wall clock is none of them and is never recorded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Failure {
    /// The budget of instructions ran out: a loop, or a rule too slow.
    Fuel,
    /// More memory, tables or instances than allowed.
    Memory,
    /// The stack ran out: recursion without end.
    Stack,
    /// Any other trap of the rule: an unreachable, an index out of bounds.
    Trap,
    /// More data crossed to the host than allowed.
    Output,
    /// The trace is too long or not canonical.
    Trace,
    /// The answer does not fit the contract: a wrong shape, a status that contradicts the trace.
    Answer,
}

impl Failure {
    const ALL: [Failure; 7] =
        [Failure::Fuel, Failure::Memory, Failure::Stack, Failure::Trap, Failure::Output, Failure::Trace, Failure::Answer];

    /// The permanent code.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The failure of a code.
    pub fn from_code(code: u8) -> Option<Failure> {
        Failure::ALL.get(usize::from(code)).copied()
    }

    /// The word in JSON and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Failure::Fuel => "fuel",
            Failure::Memory => "memory",
            Failure::Stack => "stack",
            Failure::Trap => "trap",
            Failure::Output => "output",
            Failure::Trace => "trace",
            Failure::Answer => "answer",
        }
    }
}

/// What came out of a run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// Decided. Provisional while it rests on a value that is not sourced or on a fact that is
    /// not settled: explained and replayable, never posted, notified or paid.
    Decided {
        /// Does it wait for a confirmation?
        provisional: bool,
        /// The results.
        results: Vec<Result>,
    },
    /// Declined by the rule.
    Refused(Refusal),
    /// The rule came to no answer.
    Failed(Failure),
}

impl Outcome {
    /// The word for the state of the decision: decided, provisional, refused, failed.
    pub fn word(&self) -> &'static str {
        match self {
            Outcome::Decided { provisional: false, .. } => "decided",
            Outcome::Decided { provisional: true, .. } => "provisional",
            Outcome::Refused(_) => "refused",
            Outcome::Failed(_) => "failed",
        }
    }

    /// A whole number from the first row of a result, for summaries.
    pub fn figure(&self, table: &str, column: &str) -> Option<i64> {
        match self {
            Outcome::Decided { results, .. } => {
                results.iter().find(|result| result.name == table)?.table.integers(column)?.first().copied()
            }
            _ => None,
        }
    }
}

/// A decision's whole content; everything in it is part of its id.
///
/// Left out on purpose: when it was made and what the office knew then (the same facts make the
/// same decision), and the fuel it took (another version of the runtime may count differently).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Decision {
    /// Whose office.
    pub municipality: Municipality,
    /// The slot's name.
    pub slot: String,
    /// The household that the question is about.
    pub household: HouseholdId,
    /// The date that picked the law.
    pub on: Date,
    /// Digest of rule and ordinance together.
    pub revision: Digest,
    /// The facts.
    pub evidence: Evidence,
    /// What came out.
    pub outcome: Outcome,
    /// How, in the encoding of [`crate::trace`]; empty for a failure.
    pub trace: Vec<u8>,
    /// The decision it takes the place of.
    pub supersedes: Option<DecisionId>,
}

/// Bytes that are no canonical encoding of what they should be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NotCanonical;

impl core::fmt::Display for NotCanonical {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("not the canonical encoding")
    }
}

impl core::error::Error for NotCanonical {}

impl From<minicbor::decode::Error> for NotCanonical {
    fn from(_: minicbor::decode::Error) -> NotCanonical {
        NotCanonical
    }
}

type Infallible = core::result::Result<(), minicbor::encode::Error<core::convert::Infallible>>;
type Cbor<'b> = Encoder<&'b mut Vec<u8>>;

/// The version of the content's layout, its first element.
const LAYOUT: u8 = 1;

impl Decision {
    /// The canonical content: an array of layout, municipality, slot, household, date, revision,
    /// evidence, outcome, trace, superseded id.
    pub fn content(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(2048 + self.trace.len());
        // Writing to a vector cannot fail.
        let _ = self.encode(&mut Encoder::new(&mut bytes));
        bytes
    }

    /// The id: the digest of the content.
    pub fn id(&self) -> DecisionId {
        Digest::of(&self.content())
    }

    fn encode(&self, cbor: &mut Cbor<'_>) -> Infallible {
        cbor.array(10)?.u8(LAYOUT)?.i64(self.municipality.number())?.str(&self.slot)?;
        cbor.i64(self.household.0)?.i64(self.on.packed())?.bytes(&self.revision.0)?;
        encode_evidence(cbor, &self.evidence)?;
        encode_outcome(cbor, &self.outcome)?;
        cbor.bytes(&self.trace)?;
        match &self.supersedes {
            Some(id) => cbor.bytes(&id.0)?,
            None => cbor.null()?,
        };
        Ok(())
    }

    /// Reads a content back.
    ///
    /// # Errors
    /// [`NotCanonical`] for anything that [`Decision::content`] would not have written.
    pub fn decode(bytes: &[u8]) -> core::result::Result<Decision, NotCanonical> {
        let mut cbor = Decoder::new(bytes);
        expect(&mut cbor, 10)?;
        if cbor.u8()? != LAYOUT {
            return Err(NotCanonical);
        }
        let municipality = alloc::format!("{:06}", cbor.i64()?);
        let decision = Decision {
            municipality: Municipality::parse(&municipality).map_err(|_| NotCanonical)?,
            slot: cbor.str()?.to_string(),
            household: HouseholdId(cbor.i64()?),
            on: Date::from_packed(cbor.i64()?).map_err(|_| NotCanonical)?,
            revision: digest(&mut cbor)?,
            evidence: decode_evidence(&mut cbor)?,
            outcome: decode_outcome(&mut cbor)?,
            trace: cbor.bytes()?.to_vec(),
            supersedes: match cbor.datatype()? {
                minicbor::data::Type::Null => {
                    cbor.null()?;
                    None
                }
                _ => Some(digest(&mut cbor)?),
            },
        };
        if decision.content() == bytes { Ok(decision) } else { Err(NotCanonical) }
    }
}

fn encode_evidence(cbor: &mut Cbor<'_>, evidence: &Evidence) -> Infallible {
    cbor.array(evidence.given.len() as u64)?;
    for given in &evidence.given {
        cbor.array(3)?.str(&given.kind)?;
        encode_table(cbor, &given.table)?;
        cbor.array(given.sources.len() as u64)?;
        for source in &given.sources {
            cbor.str(source)?;
        }
    }
    Ok(())
}

/// A table of one case: its rows, then each column with its values; null for an absent number.
fn encode_table(cbor: &mut Cbor<'_>, table: &Table) -> Infallible {
    cbor.array(2)?.u64(table.rows() as u64)?.array(table.columns.len() as u64)?;
    for column in &table.columns {
        cbor.array(3)?.str(&column.name)?;
        match &column.values {
            Values::Integers(values) => {
                cbor.u8(0)?.array(values.len() as u64)?;
                for value in values {
                    if *value == crate::table::ABSENT {
                        cbor.null()?
                    } else {
                        cbor.i64(*value)?
                    };
                }
            }
            Values::Texts(values) => {
                cbor.u8(1)?.array(values.len() as u64)?;
                for value in values {
                    cbor.str(value)?;
                }
            }
        }
    }
    Ok(())
}

fn encode_outcome(cbor: &mut Cbor<'_>, outcome: &Outcome) -> Infallible {
    match outcome {
        Outcome::Decided { provisional, results } => {
            cbor.array(3)?.u8(0)?.bool(*provisional)?.array(results.len() as u64)?;
            for result in results {
                cbor.array(2)?.str(&result.name)?;
                encode_table(cbor, &result.table)?;
            }
        }
        Outcome::Refused(refusal) => {
            cbor.array(5)?.u8(1)?.u8(refusal.reason.code())?.str(&refusal.label)?.str(&refusal.article)?;
            cbor.array(refusal.arguments.len() as u64)?;
            for (name, value) in &refusal.arguments {
                cbor.array(2)?.str(name)?.str(value)?;
            }
        }
        Outcome::Failed(failure) => {
            cbor.array(2)?.u8(2)?.u8(failure.code())?;
        }
    }
    Ok(())
}

fn length(cbor: &mut Decoder<'_>) -> core::result::Result<usize, NotCanonical> {
    let length = cbor.array()?.ok_or(NotCanonical)?;
    usize::try_from(length).map_err(|_| NotCanonical)
}

fn expect(cbor: &mut Decoder<'_>, wanted: usize) -> core::result::Result<(), NotCanonical> {
    if length(cbor)? == wanted { Ok(()) } else { Err(NotCanonical) }
}

fn digest(cbor: &mut Decoder<'_>) -> core::result::Result<Digest, NotCanonical> {
    Ok(Digest(cbor.bytes()?.try_into().map_err(|_| NotCanonical)?))
}

fn decode_evidence(cbor: &mut Decoder<'_>) -> core::result::Result<Evidence, NotCanonical> {
    let mut given = Vec::new();
    for _ in 0..length(cbor)? {
        expect(cbor, 3)?;
        let kind = cbor.str()?.to_string();
        let table = decode_table(cbor)?;
        let mut sources = Vec::new();
        for _ in 0..length(cbor)? {
            sources.push(cbor.str()?.to_string());
        }
        given.push(Given { kind, table, sources });
    }
    Ok(Evidence { given })
}

fn decode_table(cbor: &mut Decoder<'_>) -> core::result::Result<Table, NotCanonical> {
    expect(cbor, 2)?;
    let rows = u32::try_from(cbor.u64()?).map_err(|_| NotCanonical)?;
    let mut columns = Vec::new();
    for _ in 0..length(cbor)? {
        expect(cbor, 3)?;
        let name = Cow::Owned(cbor.str()?.to_string());
        let texts = cbor.u8()? == 1;
        let count = length(cbor)?;
        let values = if texts {
            let mut values = Vec::new();
            for _ in 0..count {
                values.push(cbor.str()?.to_string());
            }
            Values::Texts(values)
        } else {
            let mut values = Vec::new();
            for _ in 0..count {
                values.push(match cbor.datatype()? {
                    minicbor::data::Type::Null => {
                        cbor.null()?;
                        crate::table::ABSENT
                    }
                    _ => cbor.i64()?,
                });
            }
            Values::Integers(values)
        };
        columns.push(Column { name, values });
    }
    let table = Table { offsets: alloc::vec![0, rows], columns };
    table.check(1).map_err(|_| NotCanonical)?;
    Ok(table)
}

fn decode_outcome(cbor: &mut Decoder<'_>) -> core::result::Result<Outcome, NotCanonical> {
    let parts = length(cbor)?;
    Ok(match (cbor.u8()?, parts) {
        (0, 3) => {
            let provisional = cbor.bool()?;
            let mut results = Vec::new();
            for _ in 0..length(cbor)? {
                expect(cbor, 2)?;
                let name = cbor.str()?.to_string();
                results.push(Result { name, table: decode_table(cbor)? });
            }
            Outcome::Decided { provisional, results }
        }
        (1, 5) => {
            let reason = Reason::from_code(cbor.u8()?).ok_or(NotCanonical)?;
            let (label, article) = (cbor.str()?.to_string(), cbor.str()?.to_string());
            let mut arguments = Vec::new();
            for _ in 0..length(cbor)? {
                expect(cbor, 2)?;
                arguments.push((cbor.str()?.to_string(), cbor.str()?.to_string()));
            }
            Outcome::Refused(Refusal { reason, label, article, arguments })
        }
        (2, 2) => Outcome::Failed(Failure::from_code(cbor.u8()?).ok_or(NotCanonical)?),
        _ => return Err(NotCanonical),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision(outcome: Outcome) -> Decision {
        let table = Table {
            offsets: alloc::vec![0, 2],
            columns: alloc::vec![Column { name: "salary_yen".into(), values: Values::Integers(alloc::vec![-1, crate::table::ABSENT]) }],
        };
        let given = Given { kind: "incomes".into(), table, sources: alloc::vec!["resident tax".into(), "resident tax".into()] };
        Decision {
            municipality: Municipality::parse("012041").unwrap(),
            slot: "premium".into(),
            household: HouseholdId(7),
            on: Date::new(2025, 4, 1),
            revision: Digest::of(b"revision"),
            evidence: Evidence { given: alloc::vec![given] },
            outcome,
            trace: alloc::vec![0x80],
            supersedes: None,
        }
    }

    #[test]
    fn every_outcome_reads_as_it_was_written() {
        let refusal = Refusal {
            reason: Reason::LawUnknown,
            label: "missing".into(),
            article: "a".into(),
            arguments: alloc::vec![("k".into(), "v".into())],
        };
        for outcome in
            [Outcome::Decided { provisional: true, results: Vec::new() }, Outcome::Refused(refusal), Outcome::Failed(Failure::Stack)]
        {
            let decision = decision(outcome);
            assert_eq!(Decision::decode(&decision.content()), Ok(decision));
        }
    }

    #[test]
    fn the_id_depends_on_every_part() {
        let first = decision(Outcome::Failed(Failure::Fuel));
        let mut superseding = first.clone();
        superseding.supersedes = Some(first.id());
        let mut other = first.clone();
        other.evidence.given[0].sources[0] = "hand".into();
        assert_ne!(first.id(), superseding.id());
        assert_ne!(first.id(), other.id());
    }

    #[test]
    fn cut_or_padded_content_is_refused() {
        let bytes = decision(Outcome::Failed(Failure::Fuel)).content();
        for cut in 0..bytes.len() {
            assert_eq!(Decision::decode(&bytes[..cut]), Err(NotCanonical));
        }
        let mut padded = bytes;
        padded.push(0);
        assert_eq!(Decision::decode(&padded), Err(NotCanonical));
    }
}
