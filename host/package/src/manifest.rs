//! What a package says of itself: the manifest and the vendor's own cases, as custom sections of
//! the component, so that the signatures are over them too.
//!
//! `rule.toml` is the manifest as its author writes it. Absent: whether it is true. The host holds
//! it against the component's imports and against `about`, and refuses where they disagree.

use crate::cases::{Cases, CasesError};
use serde::{Deserialize, Serialize};
use wasm_encoder::{ComponentSection as _, CustomSection};
use wasmparser::{Encoding, Parser, Payload};

/// The section of the manifest.
pub const MANIFEST_SECTION: &str = "jorei:manifest";

/// The section of the cases.
pub const CASES_SECTION: &str = "jorei:cases";

/// Bytes of the manifest's section.
pub const MANIFEST_BYTES: usize = 16 << 10;

/// Bytes of the cases' section.
pub const CASES_BYTES: usize = 4 << 20;

/// Characters of a word.
pub const WORD_CHARS: usize = 64;

/// What a package says of itself.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The rule's id, the same in all its versions: a word.
    pub id: String,
    /// The rule's version: three numbers.
    pub version: String,
    /// Whose it is, as in the trust store: a word.
    pub vendor: String,
    /// The slot it answers: a word.
    pub slot: String,
    /// The version of the contract (`wit/`) that it was made for: three numbers.
    pub wit: String,
    /// Kinds of fact that it asks for, none twice.
    pub records: Vec<String>,
    /// Further interfaces that it asks for, none twice.
    pub capabilities: Vec<String>,
}

/// Why a manifest or a package's content is not taken.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ManifestError {
    /// No component.
    #[error("not a component (make one with `jorei rule build`)")]
    NotAComponent,
    /// A component that cannot be read to its end.
    #[error("the component cannot be read: {0}")]
    Unreadable(String),
    /// There is no manifest.
    #[error("the component has no manifest; pack it with `jorei rule pack`")]
    Missing,
    /// A section twice, or there already.
    #[error("the component has the section {section} already; pack a component as `jorei rule build` made it")]
    Duplicate {
        /// Which.
        section: &'static str,
    },
    /// A section larger than admitted.
    #[error("the section {section} has {bytes} bytes; at most {limit} are admitted")]
    TooLarge {
        /// Which.
        section: &'static str,
        /// Its size.
        bytes: usize,
        /// The bound.
        limit: usize,
    },
    /// Not JSON, not with these members, or not as this crate writes it.
    #[error("the section {section} is not as `jorei rule pack` writes it: {reason}")]
    NotJson {
        /// Which.
        section: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// Not TOML, or not with these members.
    #[error("rule.toml: {0}")]
    NotToml(String),
    /// A word that is none.
    #[error("manifest: {member} is {value:?}; write 1 to {WORD_CHARS} of a-z, 0-9, - and _")]
    NotAWord {
        /// Of which member.
        member: &'static str,
        /// The text, cut to a word's length.
        value: String,
    },
    /// A version that is none.
    #[error("manifest: {member} is {value:?}; write three numbers, as 1.0.0")]
    NotAVersion {
        /// Of which member.
        member: &'static str,
        /// The text, cut to a word's length.
        value: String,
    },
    /// A word twice in one list.
    #[error("manifest: {member} names {value} twice; write it once")]
    Twice {
        /// Of which member.
        member: &'static str,
        /// The word.
        value: String,
    },
    /// The cases are not in order.
    #[error(transparent)]
    Cases(#[from] CasesError),
}

impl Manifest {
    /// Reads a `rule.toml`.
    ///
    /// # Errors
    /// [`ManifestError::NotToml`], and those of [`Manifest::check`].
    pub fn from_toml(text: &str) -> Result<Manifest, ManifestError> {
        let manifest: Manifest = toml::from_str(text).map_err(|error| ManifestError::NotToml(error.to_string().trim_end().to_owned()))?;
        manifest.check()?;
        Ok(manifest)
    }

    /// Reads what [`Manifest::to_json`] wrote.
    ///
    /// # Errors
    /// [`ManifestError::NotJson`], and those of [`Manifest::check`].
    pub fn from_json(text: &str) -> Result<Manifest, ManifestError> {
        let manifest: Manifest = json(MANIFEST_SECTION, text.as_bytes())?;
        manifest.check()?;
        Ok(manifest)
    }

    /// Are all words words, and all versions versions?
    ///
    /// # Errors
    /// [`ManifestError::NotAWord`], [`ManifestError::NotAVersion`], [`ManifestError::Twice`].
    pub fn check(&self) -> Result<(), ManifestError> {
        let Manifest { id, version, vendor, slot, wit, records, capabilities } = self;
        for (member, value) in [("id", id), ("vendor", vendor), ("slot", slot)] {
            word(member, value)?;
        }
        for (member, value) in [("version", version), ("wit", wit)] {
            if !is_version(value) {
                return Err(ManifestError::NotAVersion { member, value: value.chars().take(WORD_CHARS).collect() });
            }
        }
        for (member, list) in [("records", records), ("capabilities", capabilities)] {
            for (index, value) in list.iter().enumerate() {
                word(member, value)?;
                if list[..index].contains(value) {
                    return Err(ManifestError::Twice { member, value: value.clone() });
                }
            }
        }
        Ok(())
    }

    /// The canonical JSON: members in the order of the type, no spaces.
    pub fn to_json(&self) -> String {
        // Texts and lists of texts cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

fn word(member: &'static str, value: &str) -> Result<(), ManifestError> {
    let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
    if (1..=WORD_CHARS).contains(&value.len()) && value.bytes().all(good) {
        return Ok(());
    }
    Err(ManifestError::NotAWord { member, value: value.chars().take(WORD_CHARS).collect() })
}

fn is_version(value: &str) -> bool {
    // What prints as it was written has no sign and no leading zero.
    let number = |part: &str| part.parse::<u32>().is_ok_and(|number| number.to_string() == part);
    value.split('.').count() == 3 && value.split('.').all(number)
}

/// What was found in a component.
#[derive(Clone, Debug, PartialEq)]
pub struct Contents {
    /// The manifest; its words are words and its versions versions.
    pub manifest: Manifest,
    /// The vendor's cases, if there are any; each names an ordinance that is there.
    pub cases: Option<Cases>,
}

/// Appends the manifest and the cases to a component. What it gives, [`read`] reads.
///
/// # Errors
/// [`ManifestError`]: no component, sections that are there already, a manifest or cases that
/// [`read`] would refuse.
pub fn attach(component: &[u8], manifest: &Manifest, cases: Option<&Cases>) -> Result<Vec<u8>, ManifestError> {
    manifest.check()?;
    let found = sections(component)?;
    for (section, found) in [(MANIFEST_SECTION, found.manifest), (CASES_SECTION, found.cases)] {
        if found.is_some() {
            return Err(ManifestError::Duplicate { section });
        }
    }
    let mut packed = component.to_vec();
    append(&mut packed, MANIFEST_SECTION, MANIFEST_BYTES, &manifest.to_json())?;
    if let Some(cases) = cases {
        cases.check()?;
        append(&mut packed, CASES_SECTION, CASES_BYTES, &cases.to_json())?;
    }
    Ok(packed)
}

fn append(component: &mut Vec<u8>, section: &'static str, limit: usize, data: &str) -> Result<(), ManifestError> {
    bounded(section, data.as_bytes(), limit)?;
    CustomSection { name: section.into(), data: data.as_bytes().into() }.append_to_component(component);
    Ok(())
}

fn bounded(section: &'static str, data: &[u8], limit: usize) -> Result<(), ManifestError> {
    if data.len() > limit { Err(ManifestError::TooLarge { section, bytes: data.len(), limit }) } else { Ok(()) }
}

/// Reads what a component says of itself. Looks at its outermost custom sections only; the rest is
/// walked over, in one pass and without recursion, and is not validated.
///
/// # Errors
/// [`ManifestError`]. The bytes of both sections must be exactly those that [`attach`] writes:
/// two readers can then never read two things.
pub fn read(component: &[u8]) -> Result<Contents, ManifestError> {
    let found = sections(component)?;
    let data = found.manifest.ok_or(ManifestError::Missing)?;
    bounded(MANIFEST_SECTION, data, MANIFEST_BYTES)?;
    let manifest: Manifest = json(MANIFEST_SECTION, data)?;
    exact(MANIFEST_SECTION, data, &manifest.to_json())?;
    manifest.check()?;
    let cases = match found.cases {
        None => None,
        Some(data) => {
            bounded(CASES_SECTION, data, CASES_BYTES)?;
            let cases: Cases = json(CASES_SECTION, data)?;
            exact(CASES_SECTION, data, &cases.to_json())?;
            cases.check()?;
            Some(cases)
        }
    };
    Ok(Contents { manifest, cases })
}

fn json<T: for<'d> Deserialize<'d>>(section: &'static str, data: &[u8]) -> Result<T, ManifestError> {
    serde_json::from_slice(data).map_err(|error| ManifestError::NotJson { section, reason: error.to_string() })
}

fn exact(section: &'static str, data: &[u8], written: &str) -> Result<(), ManifestError> {
    if data == written.as_bytes() {
        return Ok(());
    }
    Err(ManifestError::NotJson { section, reason: "not in canonical form (a member twice, another order, or spaces)".into() })
}

/// The names of a component's own imports, in order, read from the bytes. For people: what a rule
/// may reach is the engine's to check.
///
/// # Errors
/// [`ManifestError::NotAComponent`], [`ManifestError::Unreadable`].
pub fn imports(component: &[u8]) -> Result<Vec<String>, ManifestError> {
    let mut names = Vec::new();
    outermost(component, |payload| {
        if let Payload::ComponentImportSection(section) = payload {
            for import in section.clone() {
                names.push(import.map_err(unreadable)?.name.name.to_owned());
            }
        }
        Ok(())
    })?;
    Ok(names)
}

#[derive(Default)]
struct Sections<'b> {
    manifest: Option<&'b [u8]>,
    cases: Option<&'b [u8]>,
}

fn sections(component: &[u8]) -> Result<Sections<'_>, ManifestError> {
    let mut found = Sections::default();
    outermost(component, |payload| {
        let Payload::CustomSection(section) = payload else { return Ok(()) };
        let (name, place) = match section.name() {
            MANIFEST_SECTION => (MANIFEST_SECTION, &mut found.manifest),
            CASES_SECTION => (CASES_SECTION, &mut found.cases),
            _ => return Ok(()),
        };
        if place.replace(section.data()).is_some() {
            return Err(ManifestError::Duplicate { section: name });
        }
        Ok(())
    })?;
    Ok(found)
}

/// Walks over a component and shows what lies in it directly, not in a component or module inside.
fn outermost<'b>(component: &'b [u8], mut see: impl FnMut(&Payload<'b>) -> Result<(), ManifestError>) -> Result<(), ManifestError> {
    if !Parser::is_component(component) {
        return Err(ManifestError::NotAComponent);
    }
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload.map_err(unreadable)?;
        match &payload {
            Payload::Version { encoding, .. } => {
                if depth == 0 && *encoding != Encoding::Component {
                    return Err(ManifestError::NotAComponent);
                }
                depth += 1;
            }
            Payload::End(_) => depth = depth.saturating_sub(1),
            payload if depth == 1 => see(payload)?,
            _ => {}
        }
    }
    Ok(())
}

fn unreadable(error: wasmparser::BinaryReaderError) -> ManifestError {
    ManifestError::Unreadable(error.to_string())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use wasm_encoder::{Component, Module, ModuleSection, NestedComponentSection};

    pub(crate) fn manifest() -> Manifest {
        Manifest {
            id: "premium".into(),
            version: "0.1.0".into(),
            vendor: "jorei".into(),
            slot: "premium".into(),
            wit: "1.0.0".into(),
            records: vec!["persons".into(), "former_membership".into()],
            capabilities: vec!["ordinance".into()],
        }
    }

    /// A component with a module and a component inside, both with sections that say they are manifests.
    pub(crate) fn component() -> Vec<u8> {
        let section = || CustomSection { name: MANIFEST_SECTION.into(), data: b"{}".into() };
        let (mut module, mut inner, mut outer) = (Module::new(), Component::new(), Component::new());
        module.section(&section());
        inner.section(&section());
        outer.section(&ModuleSection(&module)).section(&NestedComponentSection(&inner));
        outer.finish()
    }

    fn with(section: &str, data: &[u8]) -> Vec<u8> {
        let mut component = component();
        CustomSection { name: section.into(), data: data.into() }.append_to_component(&mut component);
        component
    }

    #[test]
    fn a_component_says_what_was_attached_and_is_otherwise_unchanged() {
        let component = component();
        let packed = attach(&component, &manifest(), None).unwrap();
        assert!(packed.starts_with(&component));
        assert_eq!(read(&packed), Ok(Contents { manifest: manifest(), cases: None }));
        let cases = Cases::default();
        let packed = attach(&component, &manifest(), Some(&cases)).unwrap();
        assert_eq!(read(&packed), Ok(Contents { manifest: manifest(), cases: Some(cases) }));
        assert_eq!(imports(&packed), Ok(vec![]));
        assert_eq!(attach(&packed, &manifest(), None), Err(ManifestError::Duplicate { section: MANIFEST_SECTION }));
    }

    #[test]
    fn each_fault_of_a_section_is_named() {
        assert_eq!(read(&component()), Err(ManifestError::Missing));
        assert_eq!(read(b""), Err(ManifestError::NotAComponent));
        assert_eq!(read(&Module::new().finish()), Err(ManifestError::NotAComponent));
        let good = manifest().to_json();
        let mut twice = with(MANIFEST_SECTION, good.as_bytes());
        CustomSection { name: MANIFEST_SECTION.into(), data: good.as_bytes().into() }.append_to_component(&mut twice);
        assert_eq!(read(&twice), Err(ManifestError::Duplicate { section: MANIFEST_SECTION }));
        let large = vec![b' '; MANIFEST_BYTES + 1];
        assert!(matches!(read(&with(MANIFEST_SECTION, &large)), Err(ManifestError::TooLarge { .. })));
        let deep = "[".repeat(MANIFEST_BYTES);
        let (spaced, more) = (good.replace(':', ": "), good.replace("\"id\"", "\"x\":1,\"id\""));
        let again = good.replace("\"id\"", "\"id\":\"a\",\"id\"");
        for bad in ["", "text", "{}", &deep, &spaced, &more, &again] {
            let error = read(&with(MANIFEST_SECTION, bad.as_bytes())).unwrap_err();
            assert!(matches!(error, ManifestError::NotJson { section: MANIFEST_SECTION, .. }), "{error}");
        }
        let mut packed = with(MANIFEST_SECTION, good.as_bytes());
        for bad in [r#"{"ordinances":{},"cases":[],"cases":[]}"#, r#"{"cases":[],"ordinances":{}}"#, "[]", &deep] {
            let length = packed.len();
            CustomSection { name: CASES_SECTION.into(), data: bad.as_bytes().into() }.append_to_component(&mut packed);
            let error = read(&packed).unwrap_err();
            assert!(matches!(error, ManifestError::NotJson { section: CASES_SECTION, .. }), "{error}");
            packed.truncate(length);
        }
        let mut cut = packed.clone();
        cut.pop();
        assert!(matches!(read(&cut), Err(ManifestError::Unreadable(_))));
        packed.extend_from_slice(b"\x7f");
        assert!(matches!(read(&packed), Err(ManifestError::Unreadable(_))));
    }

    #[test]
    fn no_cut_or_changed_byte_of_a_component_makes_the_reader_panic() {
        let packed = attach(&component(), &manifest(), Some(&Cases::default())).unwrap();
        for end in 0..packed.len() {
            let _ = (read(&packed[..end]), imports(&packed[..end]));
            for mask in [0x01, 0x80, 0xff] {
                let mut bad = packed.clone();
                bad[end] ^= mask;
                let _ = (read(&bad), imports(&bad));
            }
        }
    }

    #[test]
    fn words_and_versions_are_held_to_their_form() {
        let long = "a".repeat(WORD_CHARS + 1);
        for bad in ["", "Premium", "a b", "保険料", "a/b", &long] {
            for member in ["id", "vendor", "slot", "records", "capabilities"] {
                let mut manifest = manifest();
                match member {
                    "id" => manifest.id = bad.into(),
                    "vendor" => manifest.vendor = bad.into(),
                    "slot" => manifest.slot = bad.into(),
                    "records" => manifest.records[1] = bad.into(),
                    _ => manifest.capabilities[0] = bad.into(),
                }
                let value = bad.chars().take(WORD_CHARS).collect();
                assert_eq!(attach(&component(), &manifest, None), Err(ManifestError::NotAWord { member, value }));
                // A foreign packer is held to the same.
                assert!(matches!(read(&with(MANIFEST_SECTION, manifest.to_json().as_bytes())), Err(ManifestError::NotAWord { .. })));
            }
        }
        for bad in ["", "1", "1.0", "1.0.0.0", "01.0.0", "1.0.-1", "1.0.0-rc", "1.0.+1", "1.0.99999999999", "１.0.0"] {
            let mut manifest = manifest();
            manifest.version = bad.into();
            assert_eq!(manifest.check(), Err(ManifestError::NotAVersion { member: "version", value: bad.into() }));
        }
        let mut manifest = manifest();
        manifest.records[1] = "persons".into();
        assert_eq!(manifest.check(), Err(ManifestError::Twice { member: "records", value: "persons".into() }));
    }

    #[test]
    fn the_manifests_of_the_repository_are_good() {
        for text in [include_str!("../../../plugins/premium/rule.toml"), include_str!("../../../tests/toy/rule.toml")] {
            Manifest::from_toml(text).unwrap();
        }
        for bad in ["", "id = 1", &(include_str!("../../../plugins/premium/rule.toml").to_owned() + "\nmore = 1")] {
            assert!(matches!(Manifest::from_toml(bad), Err(ManifestError::NotToml(_))), "{bad}");
        }
    }
}
