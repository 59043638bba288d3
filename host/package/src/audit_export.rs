//! The audit chain as a file that anybody can check with a public key: one JSON document per line.
//!
//! ```text
//! {"jorei":"audit export 1","municipality":"012041"}
//! {"sequence":1,"at":"…","by":"…","kind":"…","subject":"…","payload":"<hex>","link":"<hex>"}
//! …
//! {"head":"<the text that was signed>","signature":"<minisign>"}
//! ```
//!
//! Absent: files, and the database that the chain was exported from. What this cannot see: a chain
//! that was written anew from the first entry on and signed by the same key. A head that was kept
//! elsewhere shows that ([`Verifier::against`]).

use crate::signing::{KeyId, PublicKey, Purpose, SignatureError, key_id_of, verify};
use ct_codecs::{Decoder as _, Encoder as _, Hex};
use jorei_domain::audit::{Entry, Head, START, Stamp};
use jorei_domain::id::{Digest, Municipality};
use serde::{Deserialize, Serialize};

/// Bytes of a line, so that a hostile file costs no more memory than that.
pub const LINE_BYTES: usize = 64 << 20;

/// What the first line says.
const FORMAT: &str = "audit export 1";

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct HeaderLine {
    jorei: String,
    municipality: String,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct EntryLine {
    sequence: i64,
    at: String,
    by: String,
    kind: String,
    subject: String,
    payload: String,
    link: String,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct HeadLine {
    head: String,
    signature: String,
}

fn line(value: &impl Serialize) -> String {
    // Texts and numbers cannot fail.
    serde_json::to_string(value).unwrap_or_default()
}

/// The first line, without its line end.
pub fn write_header(municipality: Municipality) -> String {
    line(&HeaderLine { jorei: FORMAT.into(), municipality: municipality.to_string() })
}

/// The line of an entry, without its line end: the payload itself, whose hash is `entry.payload`,
/// and the link as it is stored. Neither is checked here: an export shows what is there.
///
/// The payload may have some 30 MiB; a longer line than [`LINE_BYTES`] is refused by the verifier.
pub fn write_entry(entry: &Entry, payload: &[u8], link: Digest) -> String {
    let Entry { sequence, stamp, kind, subject, .. } = entry;
    line(&EntryLine {
        sequence: *sequence,
        at: stamp.at.clone(),
        by: stamp.by.clone(),
        kind: kind.clone(),
        subject: subject.clone(),
        // Twice the bytes is a length that fits.
        payload: Hex::encode_to_string(payload).unwrap_or_default(),
        link: link.to_string(),
    })
}

/// The last line, without its line end. The signature is over [`Head::text`], for
/// [`Purpose::AuditHead`]. This line alone is what is kept where the operator cannot reach it.
pub fn write_head(head: &Head, signature: &str) -> String {
    line(&HeadLine { head: head.text(), signature: signature.to_owned() })
}

/// What is wrong with an export.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Fault {
    /// A line longer than any is.
    #[error("the line has more than {LINE_BYTES} bytes")]
    LineTooLong,
    /// A first line that is no header.
    #[error("not the header of an audit export of this version: {reason}")]
    NotAHeader {
        /// What is wrong with it.
        reason: String,
    },
    /// A line that is neither an entry nor a head.
    #[error("neither an entry nor a head: {reason}")]
    NotALine {
        /// What is wrong with it as an entry.
        reason: String,
    },
    /// An entry or its payload that does not fit its link.
    #[error("entry {sequence} or its payload was changed: it does not fit its link")]
    Edited {
        /// The entry.
        sequence: i64,
    },
    /// A link that does not fit its entry, while what follows rests on the right one.
    #[error("the link of entry {sequence} was changed: the entries after it rest on another one")]
    LinkEdited {
        /// The entry.
        sequence: i64,
    },
    /// An entry that is not there.
    #[error("entry {sequence} is missing: entry {found} stands in its place")]
    Missing {
        /// The first entry that is missing.
        sequence: i64,
        /// What stands there.
        found: i64,
    },
    /// An entry in another place than its own.
    #[error("entry {found} stands where entry {sequence} belongs: the order was changed")]
    OutOfOrder {
        /// The entry that belongs there.
        sequence: i64,
        /// What stands there.
        found: i64,
    },
    /// The file ends without a head.
    #[error("the file ends after entry {last} without a signed head: its end was cut off")]
    NoHead {
        /// The last entry; 0 if there is none.
        last: i64,
    },
    /// A head, that of the file or a kept one, knows of entries that are not there.
    #[error("the end was cut off: the last entry is {last}, and a signed head knows of {head}")]
    CutTail {
        /// The last entry; 0 if there is none.
        last: i64,
        /// The entry that the head names.
        head: i64,
    },
    /// A head that is none.
    #[error("the head cannot be read: it is not a text that a head has")]
    NotAHead,
    /// A head whose signature is not good.
    #[error("the head is forged: {0}")]
    ForgedHead(SignatureError),
    /// A head by a key that was not given.
    #[error("the head is signed by the key {key}, which is none of those given")]
    OtherKey {
        /// The key that the signature names.
        key: KeyId,
    },
    /// A genuine head, of another municipality.
    #[error("the head is that of {municipality}")]
    OtherMunicipality {
        /// Whose.
        municipality: Municipality,
    },
    /// A genuine head, of an earlier end.
    #[error("the head is that of entry {head}, and entries up to {last} stand before it")]
    EarlierHead {
        /// The last entry.
        last: i64,
        /// The entry that the head names.
        head: i64,
    },
    /// A genuine head, of another chain.
    #[error("the head names another link for entry {sequence}: it is the head of another chain")]
    OtherHead {
        /// The entry.
        sequence: i64,
    },
    /// The chain is not the one that a kept head was made of.
    #[error("a kept head names another link for entry {sequence}: the chain was written anew")]
    Rewritten {
        /// The entry that the kept head names.
        sequence: i64,
    },
    /// Something follows the head.
    #[error("lines follow the head")]
    AfterHead,
}

/// A fault and where it was found.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("line {line}: {fault}")]
pub struct Found {
    /// The line, from 1; one behind the last line where something is missing there.
    pub line: u64,
    /// What is wrong.
    pub fault: Fault,
}

/// A head whose signature is good.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignedHead {
    /// The head.
    pub head: Head,
    /// Whose signature.
    pub key: KeyId,
}

/// What a good export says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Verified {
    /// Whose chain.
    pub municipality: Municipality,
    /// Its entries: from 1 to this, without a gap. 0 for an empty chain.
    pub entries: i64,
    /// The signed head.
    pub signed: SignedHead,
}

/// Reads the line of a head, and checks its signature by one of the keys.
///
/// # Errors
/// [`Fault::NotALine`], [`Fault::NotAHead`], [`Fault::OtherKey`], [`Fault::ForgedHead`].
pub fn read_head(line: &str, keys: &[PublicKey]) -> Result<SignedHead, Fault> {
    signed_head(&serde_json::from_str(line).map_err(|error| Fault::NotALine { reason: error.to_string() })?, keys)
}

fn signed_head(line: &HeadLine, keys: &[PublicKey]) -> Result<SignedHead, Fault> {
    let id = key_id_of(&line.signature).map_err(Fault::ForgedHead)?;
    let mut error = None;
    // Anybody may give a key the id of another one: all that bear it are tried.
    for key in keys.iter().filter(|key| key.id() == id) {
        match verify(key, Purpose::AuditHead, line.head.as_bytes(), &line.signature) {
            Ok(()) => {
                let head = Head::parse(&line.head).ok_or(Fault::NotAHead)?;
                return Ok(SignedHead { head, key: id });
            }
            Err(other) => error = Some(other),
        }
    }
    Err(error.map_or(Fault::OtherKey { key: id }, Fault::ForgedHead))
}

/// Checks an export line by line; holds one line at a time.
#[derive(Debug)]
pub struct Verifier {
    keys: Vec<PublicKey>,
    kept: Vec<Head>,
    lines: u64,
    municipality: Option<Municipality>,
    /// The last entry and the link it has in the file.
    last: (i64, Digest),
    /// The last entry did not fit its link: where, and the link that it should have had. The next
    /// line shows which of the two was changed.
    doubt: Option<(u64, Digest)>,
    signed: Option<SignedHead>,
    found: Option<Found>,
}

impl Verifier {
    /// Begins; the head must be signed by one of these keys.
    pub fn new(keys: &[PublicKey]) -> Verifier {
        Verifier {
            keys: keys.to_vec(),
            kept: Vec::new(),
            lines: 0,
            municipality: None,
            last: (0, START),
            doubt: None,
            signed: None,
            found: None,
        }
    }

    /// Also demands that the chain goes through a head that was kept elsewhere ([`read_head`]).
    #[must_use]
    pub fn against(mut self, kept: Head) -> Verifier {
        self.kept.push(kept);
        self
    }

    /// Takes the next line, without its line end. Reading stops nowhere: the first fault is kept,
    /// later lines only tell which kind it is.
    pub fn line(&mut self, line: &[u8]) {
        self.lines += 1;
        if let Err(fault) = self.take(line) {
            self.report(self.lines, fault);
        }
    }

    /// Says that the next line was too long to be handed over.
    pub fn line_too_long(&mut self) {
        self.lines += 1;
        self.report(self.lines, Fault::LineTooLong);
    }

    /// Says what came out, after the last line.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn finish(mut self) -> Result<Verified, Found> {
        self.settle(|_| false);
        if let Some(found) = self.found {
            return Err(found);
        }
        let end = |fault| Found { line: self.lines + 1, fault };
        let Some(municipality) = self.municipality else { return Err(end(Fault::NotAHeader { reason: "the file is empty".into() })) };
        let Some(signed) = self.signed else { return Err(end(Fault::NoHead { last: self.last.0 })) };
        Ok(Verified { municipality, entries: self.last.0, signed })
    }

    fn report(&mut self, line: u64, fault: Fault) {
        self.settle(|_| false);
        if self.found.is_none() {
            self.found = Some(Found { line, fault });
        }
    }

    /// Decides a doubt about the last entry: does what follows rest on the link that it should have had?
    fn settle(&mut self, rests_on: impl FnOnce(Digest) -> bool) {
        if let Some((line, computed)) = self.doubt.take() {
            let sequence = self.last.0;
            let fault = if rests_on(computed) { Fault::LinkEdited { sequence } } else { Fault::Edited { sequence } };
            self.report(line, fault);
        }
    }

    fn take(&mut self, line: &[u8]) -> Result<(), Fault> {
        if let Some(found) = &mut self.found {
            // An entry that seemed to be missing, and comes later.
            if let Fault::Missing { sequence, found: other } = found.fault
                && serde_json::from_slice::<EntryLine>(line).is_ok_and(|line| line.sequence == sequence)
            {
                found.fault = Fault::OutOfOrder { sequence, found: other };
            }
            return Ok(());
        }
        if line.len() > LINE_BYTES {
            return Err(Fault::LineTooLong);
        }
        let Some(municipality) = self.municipality else { return self.header(line) };
        if self.signed.is_some() {
            return Err(Fault::AfterHead);
        }
        match serde_json::from_slice::<EntryLine>(line) {
            Ok(line) => self.entry(municipality, line),
            Err(error) => match serde_json::from_slice::<HeadLine>(line) {
                Ok(line) => self.head(municipality, &line),
                Err(_) => Err(Fault::NotALine { reason: error.to_string() }),
            },
        }
    }

    fn header(&mut self, line: &[u8]) -> Result<(), Fault> {
        let bad = |reason: String| Fault::NotAHeader { reason };
        let line: HeaderLine = serde_json::from_slice(line).map_err(|error| bad(error.to_string()))?;
        if line.jorei != FORMAT {
            return Err(bad(format!("it must say {FORMAT:?}")));
        }
        let municipality = Municipality::parse(&line.municipality).map_err(|error| bad(error.to_string()))?;
        if let Some(kept) = self.kept.iter().find(|kept| kept.municipality != municipality) {
            return Err(Fault::OtherMunicipality { municipality: kept.municipality });
        }
        self.municipality = Some(municipality);
        Ok(())
    }

    fn entry(&mut self, municipality: Municipality, line: EntryLine) -> Result<(), Fault> {
        let (last, previous) = self.last;
        let bad = |reason: &str| Fault::NotALine { reason: reason.to_owned() };
        let payload = Hex::decode_to_vec(&line.payload, None).map_err(|_| bad("its payload is not hexadecimal"))?;
        let stated = Digest::parse(&line.link).ok_or_else(|| bad("its link is not 64 hexadecimal digits"))?;
        let (sequence, found) = (last.saturating_add(1), line.sequence);
        let entry = Entry {
            municipality,
            sequence: found,
            stamp: Stamp { by: line.by, at: line.at },
            kind: line.kind,
            subject: line.subject,
            payload: Digest::of(&payload),
        };
        self.settle(|computed| entry.link(computed) == stated);
        if self.found.is_some() {
            return Ok(());
        }
        if found < sequence {
            return Err(Fault::OutOfOrder { sequence, found });
        }
        if found > sequence {
            return Err(Fault::Missing { sequence, found });
        }
        let computed = entry.link(previous);
        self.last = (found, stated);
        if computed != stated {
            self.doubt = Some((self.lines, computed));
            return Ok(());
        }
        if self.kept.iter().any(|kept| kept.sequence == found && kept.link != stated) {
            return Err(Fault::Rewritten { sequence: found });
        }
        Ok(())
    }

    fn head(&mut self, municipality: Municipality, line: &HeadLine) -> Result<(), Fault> {
        let signed = signed_head(line, &self.keys);
        self.settle(|computed| signed.as_ref().is_ok_and(|signed| signed.head.link == computed));
        let signed = signed?;
        let (last, link) = self.last;
        let head = &signed.head;
        if head.municipality != municipality {
            return Err(Fault::OtherMunicipality { municipality: head.municipality });
        }
        let latest = self.kept.iter().map(|kept| kept.sequence).fold(head.sequence, i64::max);
        if latest > last {
            return Err(Fault::CutTail { last, head: latest });
        }
        if head.sequence < last {
            return Err(Fault::EarlierHead { last, head: head.sequence });
        }
        if head.link != link {
            return Err(Fault::OtherHead { sequence: last });
        }
        self.signed = Some(signed);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::{SecretKey, sign, tests::key};

    fn municipality() -> Municipality {
        Municipality::parse("012041").unwrap()
    }

    fn stamp() -> Stamp {
        Stamp { by: "tanaka".into(), at: "2026-06-01T00:00:00Z".into() }
    }

    /// The links of a chain and its lines without a head.
    fn chain(entries: i64, subject: &str) -> (Vec<Digest>, Vec<String>) {
        let (mut links, mut lines) = (vec![START], vec![write_header(municipality())]);
        for sequence in 1..=entries {
            let payload = format!("payload {sequence}");
            let entry = Entry {
                municipality: municipality(),
                sequence,
                stamp: stamp(),
                kind: "decisions".into(),
                subject: subject.into(),
                payload: Digest::of(payload.as_bytes()),
            };
            let link = entry.link(links[links.len() - 1]);
            lines.push(write_entry(&entry, payload.as_bytes(), link));
            links.push(link);
        }
        (links, lines)
    }

    fn head(sequence: i64, link: Digest) -> Head {
        Head { municipality: municipality(), sequence, link, stamp: stamp() }
    }

    fn signed(key: &SecretKey, head: &Head) -> String {
        write_head(head, &sign(key, Purpose::AuditHead, head.text().as_bytes()).unwrap())
    }

    fn export(key: &SecretKey, entries: i64) -> Vec<String> {
        let (links, mut lines) = chain(entries, "保険料");
        lines.push(signed(key, &head(entries, links[links.len() - 1])));
        lines
    }

    fn check(verifier: Verifier, lines: &[String]) -> Result<Verified, Found> {
        let mut verifier = verifier;
        for line in lines {
            verifier.line(line.as_bytes());
        }
        verifier.finish()
    }

    #[test]
    fn a_good_export_is_verified_with_nothing_but_a_key() {
        let (secret, public) = key();
        for entries in [0, 1, 5] {
            let verified = check(Verifier::new(std::slice::from_ref(&public)), &export(&secret, entries)).unwrap();
            assert_eq!((verified.entries, verified.municipality, verified.signed.key), (entries, municipality(), public.id()));
        }
        let lines = export(&secret, 1);
        assert_eq!(lines[0], r#"{"jorei":"audit export 1","municipality":"012041"}"#);
        assert!(lines[1].starts_with(
            r#"{"sequence":1,"at":"2026-06-01T00:00:00Z","by":"tanaka","kind":"decisions","subject":"保険料","payload":"7061"#
        ));
    }

    #[test]
    fn every_fault_is_found_and_named() {
        let ((secret, public), (other, other_public)) = (key(), key());
        let keys = [public.clone()];
        let good = export(&secret, 5);
        let fault = |change: &dyn Fn(&mut Vec<String>)| {
            let mut lines = good.clone();
            change(&mut lines);
            let found = check(Verifier::new(&keys), &lines).unwrap_err();
            (found.line, found.fault)
        };
        // Members of an entry and its payload.
        for (from, to) in [
            ("7061796c6f61642033", "7061796c6f61642034"),
            ("tanaka", "suzuki"),
            ("2026", "2025"),
            ("decisions", "facts"),
            ("保険料", "保険"),
        ] {
            assert_eq!(fault(&|lines| lines[3] = lines[3].replacen(from, to, 1)), (4, Fault::Edited { sequence: 3 }), "{from}");
            assert_eq!(
                fault(&|lines| lines[5] = lines[5].replacen(&from.replace("2033", "2035"), to, 1)),
                (6, Fault::Edited { sequence: 5 }),
                "{from}"
            );
        }
        // A link, in the middle and at the end; the next entry or the head shows it.
        for index in [2, 5] {
            let link = |lines: &mut Vec<String>| {
                let at = lines[index].len() - 3;
                let digit = if lines[index].as_bytes()[at] == b'0' { "1" } else { "0" };
                lines[index].replace_range(at..=at, digit);
            };
            assert_eq!(fault(&link), (index as u64 + 1, Fault::LinkEdited { sequence: index as i64 }));
        }
        assert_eq!(fault(&|lines| drop(lines.remove(3))), (4, Fault::Missing { sequence: 3, found: 4 }));
        assert_eq!(fault(&|lines| drop(lines.remove(1))), (2, Fault::Missing { sequence: 1, found: 2 }));
        assert_eq!(fault(&|lines| lines.swap(2, 3)), (3, Fault::OutOfOrder { sequence: 2, found: 3 }));
        assert_eq!(fault(&|lines| lines.swap(1, 5)), (2, Fault::OutOfOrder { sequence: 1, found: 5 }));
        assert_eq!(fault(&|lines| lines.insert(3, lines[2].clone())), (4, Fault::OutOfOrder { sequence: 3, found: 2 }));
        // Swapped and renumbered.
        let renumbered = |lines: &mut Vec<String>| {
            lines.swap(2, 3);
            lines[2] = lines[2].replace("\"sequence\":3", "\"sequence\":2");
            lines[3] = lines[3].replace("\"sequence\":2", "\"sequence\":3");
        };
        assert_eq!(fault(&renumbered), (3, Fault::Edited { sequence: 2 }));
        assert_eq!(fault(&|lines| drop(lines.remove(5))), (6, Fault::CutTail { last: 4, head: 5 }));
        assert_eq!(fault(&|lines| drop(lines.pop())), (7, Fault::NoHead { last: 5 }));
        assert_eq!(fault(&|lines| lines.truncate(3)), (4, Fault::NoHead { last: 2 }));
        assert_eq!(fault(&|lines| lines.push(lines[6].clone())), (8, Fault::AfterHead));
        assert_eq!(fault(&|lines| lines.push(String::new())), (8, Fault::AfterHead));
        // Heads.
        let (links, _) = chain(5, "保険料");
        let with = |line: String| fault(&move |lines: &mut Vec<String>| lines[6] = line.clone());
        assert_eq!(with(signed(&other, &head(5, links[5]))), (7, Fault::OtherKey { key: other_public.id() }));
        assert_eq!(with(signed(&secret, &head(4, links[4]))), (7, Fault::EarlierHead { last: 5, head: 4 }));
        assert_eq!(with(signed(&secret, &head(5, links[4]))), (7, Fault::OtherHead { sequence: 5 }));
        let elsewhere = Head { municipality: Municipality::parse("131211").unwrap(), ..head(5, links[5]) };
        assert_eq!(with(signed(&secret, &elsewhere)), (7, Fault::OtherMunicipality { municipality: elsewhere.municipality }));
        let by = public.id();
        let altered = Fault::ForgedHead(SignatureError::Altered { by });
        assert_eq!(fault(&|lines| lines[6] = lines[6].replacen("sequence 5", "sequence 4", 1)), (7, altered.clone()));
        // Cut, and the head changed to fit.
        let cut = |lines: &mut Vec<String>| {
            lines.remove(5);
            lines[5] = lines[5].replacen("sequence 5", "sequence 4", 1).replacen(&links[5].to_string(), &links[4].to_string(), 1);
        };
        assert_eq!(fault(&cut), (6, altered));
        let text = head(5, links[5]).text();
        let act = write_head(&head(5, links[5]), &sign(&secret, Purpose::Act, text.as_bytes()).unwrap());
        assert_eq!(with(act), (7, Fault::ForgedHead(SignatureError::WrongPurpose { wanted: Purpose::AuditHead })));
        assert_eq!(with(write_head(&head(5, links[5]), "x")), (7, Fault::ForgedHead(SignatureError::Malformed)));
        let nonsense = line(&HeadLine { head: "x".into(), signature: sign(&secret, Purpose::AuditHead, b"x").unwrap() });
        assert_eq!(with(nonsense), (7, Fault::NotAHead));
        // Lines that are none.
        assert!(matches!(fault(&|lines| drop(lines.remove(0))), (1, Fault::NotAHeader { .. })));
        assert!(matches!(fault(&|lines| lines[0] = lines[0].replace("export 1", "export 2")), (1, Fault::NotAHeader { .. })));
        assert!(matches!(fault(&|lines| lines.clear()), (1, Fault::NotAHeader { .. })));
        for bad in ["", "{}", "text", "\u{0}", "[[[["] {
            assert!(matches!(fault(&|lines| lines[3] = bad.into()), (4, Fault::NotALine { .. })), "{bad}");
        }
        assert!(matches!(fault(&|lines| lines[3] = lines[3].replace("\"by\"", "\"by\":\"x\",\"by\"")), (4, Fault::NotALine { .. })));
        assert!(matches!(fault(&|lines| lines[3] = lines[3].replace("7061", "706")), (4, Fault::NotALine { .. })));
        let mut verifier = Verifier::new(&keys);
        verifier.line(good[0].as_bytes());
        verifier.line_too_long();
        assert_eq!(verifier.finish(), Err(Found { line: 2, fault: Fault::LineTooLong }));
    }

    #[test]
    fn a_kept_head_shows_a_chain_that_was_cut_or_written_anew_by_the_holder_of_the_key() {
        let (secret, public) = key();
        let keys = [public];
        let (links, _) = chain(5, "保険料");
        let kept = read_head(&signed(&secret, &head(4, links[4])), &keys).unwrap().head;
        let verifier = || Verifier::new(&keys).against(kept.clone());
        assert!(check(verifier(), &export(&secret, 5)).is_ok());
        assert_eq!(check(verifier(), &export(&secret, 3)).unwrap_err().fault, Fault::CutTail { last: 3, head: 4 });
        let (anew, mut lines) = chain(5, "別");
        lines.push(signed(&secret, &head(5, anew[5])));
        assert!(check(Verifier::new(&keys), &lines).is_ok());
        assert_eq!(check(verifier(), &lines).unwrap_err(), Found { line: 5, fault: Fault::Rewritten { sequence: 4 } });
    }
}
