//! What is noted of a look-up of persons: who was found, for which affair and case, from which file.
//!
//! Absent here: what was searched for, which may be a name or a personal number, and what was seen.

extern crate alloc;

use crate::decision::NotCanonical;
use crate::id::{HouseholdId, PersonId};
use crate::purpose::{Affair, CaseReference, File, Purpose};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use minicbor::{Decoder, Encoder};

/// The kind of the entry that notes a look-up.
pub const LOOKUP: &str = "lookup";
/// The kind of the entry that an operator is called by: a protected person was looked up.
pub const ALARM: &str = "alarm";

/// A look-up as its caller describes it.
#[derive(Clone, Debug)]
pub struct Lookup<'a> {
    /// A word of the host: `search`, `person`, `household`, `facts`, `decision`, `export`, `number`.
    pub what: &'a str,
    /// The affair and the case it serves; none where none was stated: such a look-up is refused.
    pub purpose: Option<&'a Purpose>,
    /// Everybody who was found or shown.
    pub persons: &'a [PersonId],
    /// Every household that was.
    pub households: &'a [HouseholdId],
    /// The files it came from.
    pub files: &'a [File],
    /// Those of the persons who are protected on the day.
    pub protected: Vec<PersonId>,
    /// Why nothing was shown, in the host's words: no personal text.
    pub refused: Option<&'a str>,
}

/// A look-up as the chain holds it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Noted {
    /// A word of the host.
    pub what: String,
    /// The affair and the case.
    pub purpose: Option<Purpose>,
    /// Everybody who was found.
    pub persons: Vec<PersonId>,
    /// Every household that was.
    pub households: Vec<HouseholdId>,
    /// The files.
    pub files: Vec<File>,
    /// The protected persons among them.
    pub protected: Vec<PersonId>,
    /// Why nothing was shown.
    pub refused: Option<String>,
}

impl Noted {
    /// What is noted of a look-up.
    pub fn of(lookup: &Lookup<'_>) -> Noted {
        Noted {
            what: lookup.what.to_string(),
            purpose: lookup.purpose.cloned(),
            persons: lookup.persons.to_vec(),
            households: lookup.households.to_vec(),
            files: lookup.files.to_vec(),
            protected: lookup.protected.clone(),
            refused: lookup.refused.map(ToString::to_string),
        }
    }

    /// The alarm of a look-up: the same about the protected persons alone.
    pub fn alarm(&self) -> Noted {
        Noted { persons: self.protected.clone(), households: Vec::new(), ..self.clone() }
    }

    /// One line in words and numbers, for the entry; a few numbers stand for many.
    pub fn subject(&self) -> String {
        const SHOWN: usize = 5;
        let purpose = match &self.purpose {
            Some(Purpose { affair, case }) => format!("{} case {case}", affair.word()),
            None => "no stated purpose".into(),
        };
        let ids = |word: &str, ids: Vec<String>| match ids.len() {
            0 => String::new(),
            many => {
                let more = if many > SHOWN { format!(" and {} more", many - SHOWN) } else { String::new() };
                format!(", {word} {}{more}", ids.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(" "))
            }
        };
        let persons = ids("person", self.persons.iter().map(ToString::to_string).collect());
        let households = ids("household", self.households.iter().map(ToString::to_string).collect());
        let refused = self.refused.as_ref().map(|why| format!(", refused: {why}")).unwrap_or_default();
        let files = self.files.iter().map(|file| file.word()).collect::<Vec<_>>().join(" and ");
        format!("{} for {purpose} in {files}{persons}{households}{refused}", self.what)
    }

    /// The canonical bytes, the payload of an entry of this kind ([`LOOKUP`] or [`ALARM`]).
    pub fn content(&self, kind: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        // Writing to a vector cannot fail.
        let _ = self.encode(kind, &mut Encoder::new(&mut bytes));
        bytes
    }

    /// Reads a payload back.
    ///
    /// # Errors
    /// [`NotCanonical`] for anything that [`Noted::content`] would not have written.
    pub fn decode(kind: &str, bytes: &[u8]) -> Result<Noted, NotCanonical> {
        let mut cbor = Decoder::new(bytes);
        let named: (Option<u64>, &str) = (cbor.array()?, cbor.str()?);
        if named != (Some(9), &format!("jorei {kind} 1")) {
            return Err(NotCanonical);
        }
        let noted = Noted {
            what: cbor.str()?.to_string(),
            purpose: match (cbor.decode::<Option<&str>>()?, cbor.decode::<Option<&str>>()?) {
                (Some(affair), Some(case)) => Some(Purpose {
                    affair: Affair::named(affair).ok_or(NotCanonical)?,
                    case: CaseReference::parse(case).map_err(|_| NotCanonical)?,
                }),
                (None, None) => None,
                _ => return Err(NotCanonical),
            },
            files: {
                let file = |word: &str| File::ALL.into_iter().find(|file| file.word() == word).ok_or(NotCanonical);
                let count = cbor.array()?.ok_or(NotCanonical)?;
                (0..count).map(|_| file(cbor.str()?)).collect::<Result<_, _>>()?
            },
            persons: numbers(&mut cbor)?.into_iter().map(PersonId).collect(),
            households: numbers(&mut cbor)?.into_iter().map(HouseholdId).collect(),
            protected: numbers(&mut cbor)?.into_iter().map(PersonId).collect(),
            refused: cbor.decode()?,
        };
        if noted.content(kind) == bytes { Ok(noted) } else { Err(NotCanonical) }
    }

    fn encode(&self, kind: &str, cbor: &mut Encoder<&mut Vec<u8>>) -> Result<(), minicbor::encode::Error<core::convert::Infallible>> {
        cbor.array(9)?.str(&format!("jorei {kind} 1"))?.str(&self.what)?;
        cbor.encode(self.purpose.as_ref().map(|purpose| purpose.affair.word()))?;
        cbor.encode(self.purpose.as_ref().map(|purpose| purpose.case.as_str()))?.array(self.files.len() as u64)?;
        for file in &self.files {
            cbor.str(file.word())?;
        }
        write(cbor, self.persons.iter().map(|person| person.0))?;
        write(cbor, self.households.iter().map(|household| household.0))?;
        write(cbor, self.protected.iter().map(|person| person.0))?;
        match &self.refused {
            Some(why) => cbor.str(why)?,
            None => cbor.null()?,
        };
        Ok(())
    }
}

fn write(
    cbor: &mut Encoder<&mut Vec<u8>>,
    numbers: impl ExactSizeIterator<Item = i64>,
) -> Result<(), minicbor::encode::Error<core::convert::Infallible>> {
    cbor.array(numbers.len() as u64)?;
    for number in numbers {
        cbor.i64(number)?;
    }
    Ok(())
}

fn numbers(cbor: &mut Decoder<'_>) -> Result<Vec<i64>, NotCanonical> {
    let count = cbor.array()?.ok_or(NotCanonical)?;
    (0..count).map(|_| Ok(cbor.i64()?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted() -> Noted {
        let purpose = Purpose { affair: Affair::Benefits, case: CaseReference::parse("R7-000123").unwrap() };
        let persons: Vec<PersonId> = (1..8).map(PersonId).collect();
        Noted::of(&Lookup {
            what: "search",
            purpose: Some(&purpose),
            persons: &persons,
            households: &[HouseholdId(9)],
            files: &[File::Insured],
            protected: alloc::vec![PersonId(3)],
            refused: None,
        })
    }

    #[test]
    fn a_payload_reads_back_under_its_own_kind_only() {
        let noted = Noted { refused: Some("not this department".into()), ..noted() };
        let none = Noted { purpose: None, ..noted.clone() };
        for (written, kind, other) in [(&noted, LOOKUP, ALARM), (&noted.alarm(), ALARM, LOOKUP), (&none, LOOKUP, ALARM)] {
            let bytes = written.content(kind);
            assert_eq!(Noted::decode(kind, &bytes).as_ref(), Ok(written));
            assert!(Noted::decode(other, &bytes).is_err());
            assert!(Noted::decode(kind, &[&bytes[..], &[0]].concat()).is_err());
            assert!(Noted::decode(kind, &bytes[..bytes.len() - 1]).is_err());
        }
    }

    #[test]
    fn a_subject_names_a_few_and_an_alarm_names_the_protected_alone() {
        let subject = "search for benefits case R7-000123 in insured, person 1 2 3 4 5 and 2 more, household 9";
        assert_eq!(noted().subject(), subject);
        assert_eq!(noted().alarm().subject(), "search for benefits case R7-000123 in insured, person 3");
    }
}
