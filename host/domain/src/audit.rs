//! The audit chain: who did what when, each entry bound to the one before it.
//!
//! An entry's link is a hash over the link before it, the entry, and the hash of its payload, so
//! that an edit, a deletion or a change of order breaks every link after it. A cut tail breaks
//! none: signed heads, kept where the operator cannot reach them, find it.

extern crate alloc;

use crate::id::{Digest, Municipality};
use alloc::string::String;
use alloc::vec::Vec;
use minicbor::Encoder;

/// Who writes, and when: the two things that every record of an act needs and that only the
/// caller knows.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Stamp {
    /// An account of the municipality, or the program that acts by itself (`jorei assess`).
    pub by: String,
    /// The instant, as the caller's clock gives it (RFC 3339).
    pub at: String,
}

/// One entry of a municipality's chain.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// Whose chain.
    pub municipality: Municipality,
    /// Its place, from 1, without a gap.
    pub sequence: i64,
    /// Who and when.
    pub stamp: Stamp,
    /// What was done: a word of the host (`decisions`, `signature`).
    pub kind: String,
    /// To what, in the host's words and ids; no personal text.
    pub subject: String,
    /// Hash of the payload, which is kept beside the entry.
    pub payload: Digest,
}

impl Entry {
    /// The link of this entry behind another one; the first entry follows [`START`].
    pub fn link(&self, previous: Digest) -> Digest {
        let mut bytes = Vec::with_capacity(256);
        let mut cbor = Encoder::new(&mut bytes);
        let written = cbor.array(9).and_then(|cbor| {
            cbor.str("jorei audit 1")?.bytes(&previous.0)?.i64(self.municipality.number())?.i64(self.sequence)?;
            cbor.str(&self.stamp.at)?.str(&self.stamp.by)?.str(&self.kind)?.str(&self.subject)?.bytes(&self.payload.0)
        });
        // Writing to a vector cannot fail.
        debug_assert!(written.is_ok());
        Digest::of(&bytes)
    }
}

/// What the first entry of a chain follows.
pub const START: Digest = Digest([0; 32]);

/// The end of a chain at some moment, to be signed and kept elsewhere.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Head {
    /// Whose chain.
    pub municipality: Municipality,
    /// The last entry's place; 0 for an empty chain.
    pub sequence: i64,
    /// The last entry's link.
    pub link: Digest,
    /// Who exported it, and when.
    pub stamp: Stamp,
}

impl Head {
    /// The text that is signed: one line per member, in a fixed order.
    pub fn text(&self) -> String {
        let Head { municipality, sequence, link, stamp } = self;
        alloc::format!(
            "jorei audit head 1\nmunicipality {municipality}\nsequence {sequence}\nlink {link}\nby {}\nat {}\n",
            stamp.by,
            stamp.at
        )
    }

    /// Reads such a text back; none if it is anything else.
    pub fn parse(text: &str) -> Option<Head> {
        let mut lines = text.strip_prefix("jorei audit head 1\n")?.lines();
        let mut value = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ');
        let head = Head {
            municipality: Municipality::parse(value("municipality")?).ok()?,
            sequence: value("sequence")?.parse().ok()?,
            link: Digest::parse(value("link")?)?,
            stamp: Stamp { by: value("by")?.into(), at: value("at")?.into() },
        };
        (head.text() == text).then_some(head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            municipality: Municipality::parse("012041").unwrap(),
            sequence: 1,
            stamp: Stamp { by: "tanaka".into(), at: "2026-06-01T00:00:00Z".into() },
            kind: "decisions".into(),
            subject: "premium 2025-04-01".into(),
            payload: Digest::of(b"payload"),
        }
    }

    #[test]
    fn every_member_of_an_entry_and_the_one_before_it_change_the_link() {
        let link = entry().link(START);
        let mut changed: Vec<Entry> = (0..7).map(|_| entry()).collect();
        changed[0].municipality = Municipality::parse("131211").unwrap();
        changed[1].sequence = 2;
        changed[2].stamp.by = "suzuki".into();
        changed[3].stamp.at = "2026-06-01T00:00:01Z".into();
        changed[4].kind = "facts".into();
        changed[5].subject.push(' ');
        changed[6].payload = Digest::of(b"");
        for other in changed {
            assert_ne!(other.link(START), link, "{other:?}");
        }
        assert_ne!(entry().link(link), link);
    }

    #[test]
    fn a_head_reads_what_it_wrote_and_nothing_else() {
        let entry = entry();
        let head = Head { municipality: entry.municipality, sequence: 7, link: entry.payload, stamp: entry.stamp };
        let text = head.text();
        assert_eq!(Head::parse(&text), Some(head));
        for bad in [text.replace("sequence 7", "sequence 07"), text.clone() + "\n", text.replace("by ", "by  ").replace('\n', "\r\n")] {
            assert_eq!(Head::parse(&bad), None, "{bad}");
        }
    }
}
