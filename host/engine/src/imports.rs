//! What a component asks for, read from its bytes before anything is compiled.
//!
//! Unset means denied: every import must be an interface that the contract has, and every
//! function in it must be granted. WASI, a clock, a file, another version of the contract are
//! refused by name.

use crate::limits::{COMPONENT_BYTES, FUNCTIONS, NESTING};
use jorei_domain::record::Kind;
use std::collections::BTreeSet;
use wasmparser::component_types::ComponentEntityType;
use wasmparser::{Encoding, Parser, Payload, Validator, WasmFeatures};

/// The kinds of fact that a rule may read.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Grant {
    kinds: BTreeSet<Kind>,
}

impl Grant {
    /// Nothing.
    pub fn none() -> Grant {
        Grant::default()
    }

    /// Every kind that the slot's world has.
    pub fn world() -> Grant {
        Grant { kinds: Kind::ALL.into_iter().collect() }
    }

    /// Some kinds.
    pub fn of(kinds: impl IntoIterator<Item = Kind>) -> Grant {
        Grant { kinds: kinds.into_iter().collect() }
    }

    /// Is the kind granted?
    pub fn has(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind)
    }
}

/// Why a component may not even be compiled.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotGranted {
    /// Too large.
    #[error("the component has {bytes} bytes; at most {COMPONENT_BYTES} are admitted")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// Too many functions.
    #[error("the component has more than {FUNCTIONS} functions")]
    TooManyFunctions,
    /// Nested too deep.
    #[error("the component nests deeper than {NESTING} levels")]
    TooDeep,
    /// No component, or an invalid one.
    #[error("not a valid component: {0}")]
    Invalid(String),
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
    #[error("the component reads the records `{0}`, which are not granted to it")]
    Record(&'static str),
}

/// What a component that passed may read.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Asked {
    /// Kinds of fact.
    pub kinds: BTreeSet<Kind>,
}

const TYPES: &str = "jorei:rules/types@1.0.0";
const RECORDS: &str = "jorei:rules/records@1.0.0";
const ORDINANCE: &str = "jorei:rules/ordinance@1.0.0";

/// Reads the bytes, holds their imports against the grant, and says what they ask for.
///
/// Work is linear in the size of the bytes; no function body is looked at.
///
/// # Errors
/// The first [`NotGranted`].
pub fn check(bytes: &[u8], grant: &Grant) -> Result<Asked, NotGranted> {
    if bytes.len() > COMPONENT_BYTES {
        return Err(NotGranted::TooLarge { bytes: bytes.len() });
    }
    let invalid = |error: wasmparser::BinaryReaderError| NotGranted::Invalid(error.to_string());
    let features = WasmFeatures::WASM2 | WasmFeatures::COMPONENT_MODEL | WasmFeatures::EXTENDED_CONST | WasmFeatures::TAIL_CALL;
    let mut validator = Validator::new_with_features(features);
    let (mut depth, mut functions, mut names, mut types) = (0_usize, 0_u32, Vec::new(), None);
    let mut parser = Parser::new(0);
    parser.set_features(features);
    for payload in parser.parse_all(bytes) {
        let payload = payload.map_err(invalid)?;
        match &payload {
            Payload::Version { encoding, .. } => {
                if depth == 0 && *encoding != Encoding::Component {
                    return Err(NotGranted::Invalid("a core module, not a component (make one with `jorei rule build`)".into()));
                }
                depth += 1;
                if depth > NESTING {
                    return Err(NotGranted::TooDeep);
                }
            }
            Payload::End(_) => depth -= 1,
            Payload::FunctionSection(section) => {
                functions = functions.saturating_add(section.count());
                if functions > FUNCTIONS {
                    return Err(NotGranted::TooManyFunctions);
                }
            }
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section.clone() {
                    names.push(import.map_err(invalid)?.name.name.to_owned());
                }
            }
            _ => {}
        }
        if let wasmparser::ValidPayload::End(end) = validator.payload(&payload).map_err(invalid)? {
            types = Some(end);
        }
    }
    let Some(types) = types else { return Err(NotGranted::Invalid("it ends too early".into())) };
    let types = types.as_ref();
    let mut asked = Asked::default();
    for name in names {
        let functions: Vec<String> = match types.component_item_for_import(&name).map(|item| item.ty) {
            Some(ComponentEntityType::Instance(instance)) => {
                let exports = &types[instance].exports;
                exports.iter().filter(|(_, item)| matches!(item.ty, ComponentEntityType::Func(_))).map(|(name, _)| name.clone()).collect()
            }
            _ => return Err(NotGranted::ForeignImport(name)),
        };
        let foreign = |function: String| NotGranted::ForeignFunction { interface: name.clone(), function };
        match name.as_str() {
            TYPES => {
                if let Some(function) = functions.into_iter().next() {
                    return Err(foreign(function));
                }
            }
            ORDINANCE => {
                if let Some(function) = functions.into_iter().find(|function| function != "settings") {
                    return Err(foreign(function));
                }
            }
            RECORDS => {
                for function in functions {
                    let kind = Kind::named(&function.replace('-', "_")).ok_or_else(|| foreign(function))?;
                    if !grant.has(kind) {
                        return Err(NotGranted::Record(kind.name()));
                    }
                    asked.kinds.insert(kind);
                }
            }
            _ => return Err(NotGranted::ForeignImport(name)),
        }
    }
    Ok(asked)
}
