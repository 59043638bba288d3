//! What a component asks for, held against what is granted to it, before anything is compiled.
//!
//! Unset means denied: every import must be an interface that the contract has, and every
//! function in it must be granted. WASI, a clock, a file, another version of the contract are
//! refused by name.

use crate::structure::Structure;
use jorei_domain::record::Kind;
use std::collections::BTreeSet;
use std::fmt;

/// What a rule may call beyond the records.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Capability {
    /// The municipality's settings.
    Ordinance,
    /// Proposals of money; only in the slots that have them.
    Payments,
}

impl Capability {
    /// Every capability, in the order of their words.
    pub const ALL: [Capability; 2] = [Capability::Ordinance, Capability::Payments];

    /// Its word in configuration and messages.
    pub const fn word(self) -> &'static str {
        match self {
            Capability::Ordinance => "ordinance",
            Capability::Payments => "payments",
        }
    }

    /// The capability of a word.
    pub fn named(word: &str) -> Option<Capability> {
        Capability::ALL.into_iter().find(|capability| capability.word() == word)
    }
}

/// A word that is neither a kind of record nor a capability.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` can be neither granted nor asked for; known are {known}", known = Permissions::all().list())]
pub struct UnknownWord(pub String);

/// Some kinds of record and some capabilities.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Permissions {
    kinds: BTreeSet<Kind>,
    capabilities: BTreeSet<Capability>,
}

impl Permissions {
    fn all() -> Permissions {
        Permissions { kinds: Kind::ALL.into(), capabilities: Capability::ALL.into() }
    }

    fn words(&self) -> Vec<&'static str> {
        let kinds = self.kinds.iter().map(|kind| kind.name());
        kinds.chain(self.capabilities.iter().map(|capability| capability.word())).collect()
    }

    fn from_words<'w>(words: impl IntoIterator<Item = &'w str>) -> Result<Permissions, UnknownWord> {
        let mut permissions = Permissions::default();
        for word in words {
            match (Kind::named(word), Capability::named(word)) {
                (Some(kind), _) => _ = permissions.kinds.insert(kind),
                (None, Some(capability)) => _ = permissions.capabilities.insert(capability),
                (None, None) => return Err(UnknownWord(word.to_owned())),
            }
        }
        Ok(permissions)
    }

    fn list(&self) -> String {
        let words = self.words();
        if words.is_empty() { "nothing".into() } else { words.join(", ") }
    }
}

macro_rules! permissions {
    ($name:ident) => {
        impl $name {
            /// Some kinds of record and some capabilities.
            pub fn of(kinds: impl IntoIterator<Item = Kind>, capabilities: impl IntoIterator<Item = Capability>) -> $name {
                $name(Permissions { kinds: kinds.into_iter().collect(), capabilities: capabilities.into_iter().collect() })
            }

            /// The kinds of record.
            pub fn kinds(&self) -> &BTreeSet<Kind> {
                &self.0.kinds
            }

            /// The capabilities.
            pub fn capabilities(&self) -> &BTreeSet<Capability> {
                &self.0.capabilities
            }

            /// Its words: kinds in the order of `records.wit`, then capabilities.
            pub fn words(&self) -> Vec<&'static str> {
                self.0.words()
            }

            /// Reads words in any order; a word twice is the same as once.
            ///
            /// # Errors
            /// [`UnknownWord`] with the first one that is none.
            pub fn from_words<'w>(words: impl IntoIterator<Item = &'w str>) -> Result<$name, UnknownWord> {
                Permissions::from_words(words).map($name)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0.list())
            }
        }
    };
}

/// What a rule may read and call. Nothing, unless it is said.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Grant(Permissions);

permissions!(Grant);

impl Grant {
    /// Nothing.
    pub fn none() -> Grant {
        Grant::default()
    }

    /// Everything that any slot's world has.
    pub fn world() -> Grant {
        Grant(Permissions::all())
    }

    /// Is the kind granted?
    pub fn has(&self, kind: Kind) -> bool {
        self.0.kinds.contains(&kind)
    }

    /// Is the capability granted?
    pub fn allows(&self, capability: Capability) -> bool {
        self.0.capabilities.contains(&capability)
    }
}

/// What a component asks for, as its bytes prove.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Asked(Permissions);

permissions!(Asked);

/// Why a component may not even be compiled.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotGranted {
    /// An import that the world does not have.
    #[error("the component imports `{0}`, which is not of its world; a rule reaches nothing but the interfaces of wit/v1")]
    ForeignImport(String),
    /// A function that the interface does not have.
    #[error("the component imports `{function}` of `{interface}`, which has no such function")]
    ForeignFunction {
        /// The interface.
        interface: String,
        /// The function.
        function: String,
    },
    /// A kind of record that is not granted.
    #[error("the component reads the records `{name}`, which are not granted to it (granted: {1})", name = .0.name())]
    Record(Kind, Grant),
    /// A capability that is not granted.
    #[error("the component uses `{word}`, which is not granted to it (granted: {1})", word = .0.word())]
    Capability(Capability, Grant),
}

const TYPES: &str = "jorei:rules/types@1.0.0";
const RECORDS: &str = "jorei:rules/records@1.0.0";
const ORDINANCE: &str = "jorei:rules/ordinance@1.0.0";
const PAYMENTS: &str = "jorei:rules/payments@1.0.0";

/// Holds the imports of a component against the grant, and says what they ask for.
///
/// # Errors
/// The first [`NotGranted`].
pub fn check(structure: &Structure<'_>, grant: &Grant) -> Result<Asked, NotGranted> {
    let mut asked = Asked::default();
    for import in structure.imports() {
        let Some(functions) = &import.functions else { return Err(NotGranted::ForeignImport(import.name.clone())) };
        let foreign = |function: &String| NotGranted::ForeignFunction { interface: import.name.clone(), function: function.clone() };
        // An interface that is granted as a whole, with the one function it has.
        let mut whole = |capability: Capability, only: &str| {
            if let Some(function) = functions.iter().find(|function| *function != only) {
                return Err(foreign(function));
            }
            if !grant.allows(capability) {
                return Err(NotGranted::Capability(capability, grant.clone()));
            }
            asked.0.capabilities.insert(capability);
            Ok(())
        };
        match import.name.as_str() {
            TYPES => {
                if let Some(function) = functions.first() {
                    return Err(foreign(function));
                }
            }
            ORDINANCE => whole(Capability::Ordinance, "settings")?,
            PAYMENTS => whole(Capability::Payments, "propose")?,
            RECORDS => {
                for function in functions {
                    let kind = Kind::named(&function.replace('-', "_")).ok_or_else(|| foreign(function))?;
                    if !grant.has(kind) {
                        return Err(NotGranted::Record(kind, grant.clone()));
                    }
                    asked.0.kinds.insert(kind);
                }
            }
            _ => return Err(NotGranted::ForeignImport(import.name.clone())),
        }
    }
    Ok(asked)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic in a test is the report")]
mod tests {
    use super::*;
    use crate::structure;
    use cap_std::ambient_authority;
    use cap_std::fs::Dir;
    use wasm_encoder::{
        CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, ImportSection, MemorySection, MemoryType, Module,
        TypeSection, ValType,
    };
    use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
    use wit_parser::abi::{AbiVariant, WasmType};
    use wit_parser::{Resolve, WorldId, WorldItem};

    /// A component that imports one function of a world's interface, and nothing else.
    fn component(resolve: &Resolve, world: WorldId, interface: &str, function: &wit_parser::Function) -> Vec<u8> {
        let value = |ty: &WasmType| match ty {
            WasmType::I64 | WasmType::PointerOrI64 => ValType::I64,
            WasmType::F32 => ValType::F32,
            WasmType::F64 => ValType::F64,
            WasmType::I32 | WasmType::Pointer | WasmType::Length => ValType::I32,
        };
        let signature = resolve.wasm_signature(AbiVariant::GuestImport, function);
        let (mut types, mut imports, mut functions) = (TypeSection::new(), ImportSection::new(), FunctionSection::new());
        types.ty().function(signature.params.iter().map(value), signature.results.iter().map(value));
        types.ty().function([ValType::I32; 4], [ValType::I32]);
        imports.import(interface, &function.name, EntityType::Function(0));
        functions.function(1);
        let (mut memories, mut exports, mut code) = (MemorySection::new(), ExportSection::new(), CodeSection::new());
        memories.memory(MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None });
        exports.export("memory", ExportKind::Memory, 0).export("cabi_realloc", ExportKind::Func, 1);
        let mut body = Function::new([]);
        body.instructions().unreachable().end();
        code.function(&body);
        let mut module = Module::new();
        module.section(&types).section(&imports).section(&functions).section(&memories).section(&exports).section(&code);
        let mut bytes = module.finish();
        embed_component_metadata(&mut bytes, resolve, world, StringEncoding::UTF8).unwrap();
        ComponentEncoder::default().module(&bytes).unwrap().validate(true).encode().unwrap()
    }

    /// Every version of the contract.
    fn versions() -> Vec<(String, Resolve)> {
        let wit = Dir::open_ambient_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit"), ambient_authority()).unwrap();
        let names = wit.entries().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut versions = Vec::new();
        for name in names.filter(|name| name.starts_with('v') && wit.is_dir(name)) {
            let mut resolve = Resolve::default();
            let folder = format!("{}/../../wit/{name}", env!("CARGO_MANIFEST_DIR"));
            resolve.push_dir(&folder).unwrap();
            versions.push((name, resolve));
        }
        versions
    }

    #[test]
    fn every_function_of_every_world_is_refused_to_whom_nothing_is_granted() {
        let mut tried = 0;
        for (version, resolve) in versions() {
            let worlds: Vec<WorldId> = resolve.worlds.iter().map(|(id, _)| id).collect();
            for world in worlds {
                // Without exports, so that a component needs nothing but its import.
                let mut resolve = resolve.clone();
                resolve.worlds[world].exports.clear();
                for (key, import) in &resolve.worlds[world].imports {
                    let WorldItem::Interface { id, .. } = import else { panic!("{version}: an import outside an interface") };
                    let interface = resolve.name_world_key(key);
                    for function in resolve.interfaces[*id].functions.values() {
                        let bytes = component(&resolve, world, &interface, function);
                        let structure = structure::check(&bytes).unwrap();
                        let name = format!("{version} {interface} {}", function.name);
                        let refused = check(&structure, &Grant::none()).unwrap_err();
                        assert!(matches!(refused, NotGranted::Record(..) | NotGranted::Capability(..)), "{name}: {refused}");
                        let asked = check(&structure, &Grant::world()).unwrap_or_else(|error| panic!("{name}: {error}"));
                        assert_eq!(asked.words().len(), 1, "{name}");
                        // What it asks for is exactly what it must be granted.
                        let granted = Grant::from_words(asked.words()).unwrap();
                        assert_eq!(check(&structure, &granted), Ok(asked.clone()), "{name}");
                        let rest: Vec<&str> = Grant::world().words().into_iter().filter(|word| !asked.words().contains(word)).collect();
                        assert!(check(&structure, &Grant::from_words(rest).unwrap()).is_err(), "{name}");
                        tried += 1;
                    }
                }
            }
        }
        assert!(tried > Kind::ALL.len(), "{tried}");
    }

    #[test]
    fn words_read_what_they_write_and_none_means_two_things() {
        let words = Grant::world().words();
        assert_eq!(words.len(), Kind::ALL.len() + Capability::ALL.len());
        assert!(Capability::ALL.into_iter().all(|capability| Kind::named(capability.word()).is_none()));
        assert_eq!(Grant::from_words(words.clone()), Ok(Grant::world()));
        assert_eq!(Asked::from_words(words.into_iter().rev()).unwrap().words(), Grant::world().words());
        assert_eq!(Grant::from_words([]), Ok(Grant::none()));
        assert_eq!(Grant::of([Kind::Incomes], [Capability::Ordinance]).words(), ["incomes", "ordinance"]);
        let error = Grant::from_words(["persons", "clock"]).unwrap_err();
        assert!(error.to_string().starts_with("`clock` can be neither granted nor asked for; known are persons, "), "{error}");
    }

    #[test]
    fn a_refusal_names_what_was_asked_and_what_is_granted() {
        let grant = Grant::of([Kind::Persons], [Capability::Ordinance]);
        let record = NotGranted::Record(Kind::Incomes, grant);
        assert_eq!(
            record.to_string(),
            "the component reads the records `incomes`, which are not granted to it (granted: persons, ordinance)"
        );
        let capability = NotGranted::Capability(Capability::Ordinance, Grant::none());
        assert_eq!(capability.to_string(), "the component uses `ordinance`, which is not granted to it (granted: nothing)");
    }
}
