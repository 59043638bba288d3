//! How a hostile package is made of its `package.toml`: a component, what it says of itself, who
//! signs it, what is altered after that.
//!
//! A guest in WAT is a piece of a module: what the piece does not define is that of an honest one.
//! In every WAT file `{3 x text }` stands for the text three times, with the number of each, from 0,
//! in place of `#`. Absent: what becomes of the package.

use jorei_domain::act::{Change, Granted, Vendor, VendorKey};
use jorei_package::cases::cases_from;
use jorei_package::envelope;
use jorei_package::manifest::{CASES_SECTION, MANIFEST_SECTION, Manifest};
use jorei_package::signing::{NewKey, Purpose, SecretKey, sign};
use jorei_tests::built;
use jorei_tests::office::{Office, VENDOR, everything, key};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::path::Path;
use wasm_encoder::{ComponentSection as _, CustomSection};

/// A `package.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// What is hostile about it, in one sentence.
    pub says: String,
    /// A built component (`rules/toy`, `guests/endless`); by default a guest in WAT.
    component: Option<String>,
    /// The file of a guest in WAT, of a whole component, or of a whole module that is not wrapped;
    /// by default the honest guest.
    wat: Option<String>,
    /// A component that text cannot say.
    made: Option<Made>,
    /// A text in place of a component; it gets no manifest.
    bytes: Option<String>,
    /// What is put in the place of something as long in the component, everywhere.
    #[serde(default)]
    renamed: Vec<[String; 2]>,
    /// Members of the manifest that differ from those of a good one.
    #[serde(default)]
    manifest: Map<String, Value>,
    /// The manifest's bytes, whatever they are.
    manifest_text: Option<String>,
    /// How many manifests there are.
    #[serde(default = "one")]
    manifests: usize,
    /// The bytes of the cases, in place of those made of `case.toml`.
    cases_text: Option<String>,
    /// Who signs.
    #[serde(default = "vendor")]
    signed_by: Vec<Signer>,
    /// What they sign, if it is another component.
    signature_of: Option<String>,
    /// How many of the vendor's two keys the office needs.
    #[serde(default = "one")]
    needed: usize,
    /// Is the vendor's first key revoked?
    #[serde(default)]
    revoked: bool,
    /// What the office grants; by default everything.
    grant: Option<Grant>,
    /// A bit of the finished package that is turned round.
    flipped: Option<Flipped>,
    /// How many bytes its end loses.
    #[serde(default)]
    cut: usize,
    /// What follows its end.
    #[serde(default)]
    appended: String,
    /// How many bytes it has with zeroes behind its end.
    #[serde(default)]
    padded_to: usize,
    /// Is the component handed in alone?
    #[serde(default)]
    bare: bool,
    /// Which ordinance the office tries with it: a file beside, or that of a guest.
    #[serde(default)]
    pub ordinance: Option<String>,
    /// Are all cases of the bulk call the bait, not one among others?
    #[serde(default)]
    pub only_baits: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Grant {
    records: Vec<String>,
    capabilities: Vec<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Signer {
    Vendor,
    VendorsSecondKey,
    Stranger,
    /// The vendor's key, with the words of an act.
    VendorForAnAct,
    /// A stranger whose key bears the id of the vendor's.
    StrangerAsVendor,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Flipped {
    at: At,
    #[serde(default)]
    byte: usize,
    #[serde(default)]
    bit: u8,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum At {
    Magic,
    ComponentLength,
    SignatureCount,
    SignatureLength,
    SignatureText,
    KeyId,
    Signature,
    TrustedComment,
    GlobalSignature,
    ComponentStart,
    ComponentMiddle,
    ComponentEnd,
    Manifest,
    Cases,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Made {
    /// Five thousand components, each in the one before.
    NestedComponents,
    /// A hundred thousand types, each in the one before.
    NestedTypes,
    /// Bytes without any order.
    Garbage,
}

fn one() -> usize {
    1
}

fn vendor() -> Vec<Signer> {
    vec![Signer::Vendor]
}

/// A package and the state of the office that it comes to.
pub struct Hostile {
    /// The file.
    pub package: Vec<u8>,
    /// What the office changes before it comes.
    pub changes: Vec<Change>,
}

impl Recipe {
    /// Makes the package for an office.
    pub fn make(&self, folder: &Path, office: &Office) -> Hostile {
        let keys = Keys { vendor: office.vendor.clone(), second: key(), stranger: key() };
        let component = self.component(folder);
        let signed_instead = self.signature_of.as_ref().map(|name| read(name));
        let signed = signed_instead.as_ref().unwrap_or(&component);
        let signatures: Vec<String> = self.signed_by.iter().map(|signer| keys.sign(*signer, signed)).collect();
        let mut package = if self.bare { component.clone() } else { envelope::seal(&component, &signatures).unwrap() };
        if let Some(flipped) = &self.flipped {
            flip(&mut package, component.len(), flipped);
        }
        package.truncate(package.len().saturating_sub(self.cut));
        package.extend_from_slice(self.appended.as_bytes());
        if self.padded_to > 0 {
            package.resize(self.padded_to, 0);
        }
        Hostile { package, changes: self.changes(&keys) }
    }

    fn changes(&self, keys: &Keys) -> Vec<Change> {
        let listed = |key: String, revoked| VendorKey { key, revoked };
        let first = listed(keys.vendor.public_key().unwrap().to_string(), self.revoked);
        let vendor = Vendor {
            name: VENDOR.into(),
            keys: vec![first, listed(keys.second.public.to_string(), false)],
            needed: u32::try_from(self.needed).unwrap(),
        };
        let mut changes = vec![Change::Vendor(vendor)];
        if let Some(Grant { records, capabilities }) = &self.grant {
            let granted = Granted { records: records.clone(), capabilities: capabilities.clone(), ..everything(self.rule()) };
            changes.push(Change::Grant(granted));
        }
        changes
    }

    /// The id of a good manifest.
    fn rule(&self) -> &str {
        if self.component.as_deref() == Some("rules/toy") { "toy" } else { "guest" }
    }

    fn component(&self, folder: &Path) -> Vec<u8> {
        if let Some(text) = &self.bytes {
            return text.clone().into_bytes();
        }
        let text = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut component = match (&self.component, &self.wat, self.made) {
            (Some(name), None, None) => read(name),
            (None, Some(file), None) => from_wat(&text(file)),
            (None, None, Some(made)) => made.bytes(),
            (None, None, None) => from_wat(""),
            _ => panic!("one of component, wat and made"),
        };
        for [old, new] in &self.renamed {
            rename(&mut component, old.as_bytes(), new.as_bytes());
        }
        let manifest = self.manifest_text.as_ref().map_or_else(|| self.manifest(), |text| repeated(text));
        for _ in 0..self.manifests {
            append(&mut component, MANIFEST_SECTION, &manifest);
        }
        if let Some(cases) = &self.cases_text {
            append(&mut component, CASES_SECTION, cases);
        } else if folder.join("case.toml").is_file() {
            let ordinances = [("ordinance.toml".to_owned(), text("ordinance.toml"))].into();
            append(&mut component, CASES_SECTION, &cases_from([("case", text("case.toml").as_str())], &ordinances).unwrap().to_json());
        }
        component
    }

    fn manifest(&self) -> String {
        let good = if self.rule() == "toy" {
            std::fs::read_to_string(built::repository().join("tests/toy/rule.toml")).unwrap()
        } else {
            GUEST.into()
        };
        let good = Manifest::from_toml(&good).unwrap().to_json();
        let mut members: Map<String, Value> = serde_json::from_str(&good).unwrap();
        members.extend(self.manifest.clone());
        Value::Object(members).to_string()
    }
}

/// The manifest of a guest.
const GUEST: &str =
    "id = 'guest'\nversion = '1.0.0'\nvendor = 'jorei'\nslot = 'premium'\nwit = '1.0.0'\nrecords = ['persons']\ncapabilities = []";

struct Keys {
    vendor: SecretKey,
    second: NewKey,
    stranger: NewKey,
}

impl Keys {
    fn sign(&self, signer: Signer, component: &[u8]) -> String {
        let secret = |key: &NewKey| SecretKey::parse(key.secret_file_text(), None).unwrap();
        let by = |key: &SecretKey, purpose| sign(key, purpose, component).unwrap();
        match signer {
            Signer::Vendor => by(&self.vendor, Purpose::Package),
            Signer::VendorsSecondKey => by(&secret(&self.second), Purpose::Package),
            Signer::Stranger => by(&secret(&self.stranger), Purpose::Package),
            Signer::VendorForAnAct => by(&self.vendor, Purpose::Act),
            Signer::StrangerAsVendor => {
                let (named, mut signed) = (by(&self.vendor, Purpose::Package), by(&secret(&self.stranger), Purpose::Package));
                // Ten bytes, algorithm and id, are thirteen letters and two of the six bits of the next.
                const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
                let place = |text: &str| text.find('\n').unwrap() + 1;
                let (from, to) = (place(&named), place(&signed));
                let bits = |text: &str, at: usize| LETTERS.find(&text[at..=at]).unwrap();
                let mixed = bits(&named, from + 13) & 0b11_0000 | bits(&signed, to + 13) & 0b1111;
                signed.replace_range(to..to + 14, &format!("{}{}", &named[from..from + 13], &LETTERS[mixed..=mixed]));
                signed
            }
        }
    }
}

fn read(name: &str) -> Vec<u8> {
    let path = match name.split_once('/') {
        Some(("rules", name)) => built::rule(name),
        Some(("guests", name)) => built::guest(name),
        _ => panic!("{name} is neither of rules/ nor of guests/"),
    };
    std::fs::read(path).unwrap()
}

fn append(component: &mut Vec<u8>, section: &str, text: &str) {
    CustomSection { name: section.into(), data: text.as_bytes().into() }.append_to_component(component);
}

fn rename(component: &mut [u8], old: &[u8], new: &[u8]) {
    assert_eq!(old.len(), new.len(), "another length would move what follows");
    let places: Vec<usize> = (0..component.len()).filter(|at| component[*at..].starts_with(old)).collect();
    assert!(!places.is_empty(), "{} is not in the component", String::from_utf8_lossy(old));
    for at in places {
        component[at..at + new.len()].copy_from_slice(new);
    }
}

fn flip(package: &mut [u8], component: usize, flipped: &Flipped) {
    let start = package.len() - component;
    let behind = |word: &str| package.windows(word.len()).position(|bytes| bytes == word.as_bytes()).unwrap() + word.len();
    let line = |line: usize| {
        let ends = package[16..].iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        16 + ends.map(|(at, _)| at + 1).nth(line - 2).unwrap()
    };
    let (at, base64) = match flipped.at {
        At::Magic => (0, false),
        At::ComponentLength => (8, false),
        At::SignatureCount => (12, false),
        At::SignatureLength => (14, false),
        At::SignatureText => (16, false),
        // Letters that lie within the fourth and the forty-first byte of what the line encodes.
        At::KeyId => (line(2) + 4, true),
        At::Signature => (line(2) + 54, true),
        At::TrustedComment => (line(4) - 2, false),
        At::GlobalSignature => (line(4) + 40, true),
        At::ComponentStart => (start, false),
        At::ComponentMiddle => (start + component / 2, false),
        At::ComponentEnd => (package.len() - 1, false),
        At::Manifest => (behind(MANIFEST_SECTION) + 8, false),
        At::Cases => (behind(CASES_SECTION) + 8, false),
    };
    let byte = &mut package[at + flipped.byte];
    *byte = match (base64, *byte) {
        (true, b'A') => b'B',
        (true, _) => b'A',
        (false, byte) => byte ^ 1 << flipped.bit,
    };
}

impl Made {
    fn bytes(self) -> Vec<u8> {
        const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";
        let section = |id: u8, content: &[u8]| {
            let mut section = vec![id];
            wasm_encoder::Encode::encode(content, &mut section);
            section
        };
        match self {
            Made::NestedComponents => (0..5_000).fold(COMPONENT.to_vec(), |inner, _| [COMPONENT, &section(4, &inner)].concat()),
            // One type, an instance's, of one declaration, a type, an instance's, and so on.
            Made::NestedTypes => {
                let types = [&[1][..], &[0x42, 1, 1].repeat(100_000), &[0x42, 0]].concat();
                [COMPONENT, &section(7, &types)].concat()
            }
            Made::Garbage => (0..4_096_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect(),
        }
    }
}

/// A component from text; a module as it is.
fn from_wat(text: &str) -> Vec<u8> {
    let text = repeated(text);
    let code = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with(";;")).unwrap_or_default();
    if code.starts_with("(component") || code.starts_with("(module") {
        return wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}"));
    }
    let mut module = String::from("(module\n");
    for part in include_str!("honest.wat").split("\n\n") {
        let name = part.lines().find_map(|line| line.strip_prefix("(func ")?.split(' ').next());
        if !name.is_some_and(|name| text.contains(&format!("(func {name} "))) {
            module += part;
            module += "\n";
        }
    }
    module += &text;
    module += ")";
    let mut module = wat::parse_str(&module).unwrap_or_else(|error| panic!("{error}"));
    let mut contract = wit_parser::Resolve::default();
    let (package, _) = contract.push_dir(built::repository().join("wit/v1")).unwrap();
    let world = contract.select_world(&[package], Some("premium")).unwrap();
    wit_component::embed_component_metadata(&mut module, &contract, world, wit_component::StringEncoding::UTF8).unwrap();
    jorei_engine::component::encode(&module).unwrap_or_else(|error| panic!("{error}"))
}

/// `{3 x a# }` is `a0 a1 a2 `; the innermost braces first.
fn repeated(text: &str) -> String {
    let mut text = text.to_owned();
    while let Some(from) = text.rfind('{') {
        let until = from + text[from..].find('}').unwrap();
        let Some((times, what)) = text[from + 1..until].split_once(" x ") else { return text };
        let times: usize = times.parse().unwrap();
        let all: String = (0..times).map(|n| what.replace('#', &n.to_string())).collect();
        text.replace_range(from..=until, &all);
    }
    text
}
