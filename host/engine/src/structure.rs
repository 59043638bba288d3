//! Is it a component of bearable size? Read from its bytes before anything else looks at them.
//!
//! Every bound of [`crate::limits`] that the bytes show is held here, each before the code that
//! would pay for its breach: types are walked before a reader that recurses may see them, counts
//! are taken before the validator allocates. Work is linear in the bytes. No function body is
//! looked at beyond its locals; the child that compiles does that.

use crate::limits::{
    COMPONENT_BYTES, COMPONENT_INSTANCES, CORE_INSTANCES, CUSTOM_BYTES, EXPORTS, FUNCTION_BYTES, FUNCTIONS, IMPORTS, LOCALS, MEMORIES,
    MEMORY_PAGES, NESTING, SEGMENTS, TABLE_ELEMENTS, TABLES, TYPES,
};
use jorei_domain::id::Digest;
use wasmparser::component_types::ComponentEntityType;
use wasmparser::{
    BinaryReader, BinaryReaderError, ComponentAlias, ComponentExternName, ComponentImport, ComponentInstance, ComponentType,
    ComponentTypeRef, CoreType, Encoding, FunctionBody, Instance, Parser, Payload, SectionLimited, ValidPayload, Validator, WasmFeatures,
};

/// Why bytes are no component that may be compiled.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotSound {
    /// Too large.
    #[error("the component has {bytes} bytes; at most {COMPONENT_BYTES} are admitted")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// Nested too deep.
    #[error("the component nests deeper than {NESTING} levels")]
    TooDeep,
    /// Too much of something.
    #[error("the component has {what}: {found}; at most {most} are admitted")]
    TooMany {
        /// Of what.
        what: What,
        /// How many there are at least.
        found: u64,
        /// How many there may be.
        most: u64,
    },
    /// No component, or an invalid one.
    #[error("not a valid component: {0}")]
    Invalid(String),
}

/// What a component may have too much of; each word is that of a bound in [`crate::limits`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum What {
    /// Functions of all modules.
    Functions,
    /// Bytes of one function's body.
    FunctionBytes,
    /// Locals of one function.
    Locals,
    /// Types and their declarations.
    Types,
    /// Memories.
    Memories,
    /// Pages that the memories begin with.
    MemoryPages,
    /// Tables.
    Tables,
    /// Elements that one table begins with.
    TableElements,
    /// Instances of modules.
    CoreInstances,
    /// Instances of components.
    ComponentInstances,
    /// Imports and arguments.
    Imports,
    /// Exports and aliases.
    Exports,
    /// Data and element segments.
    Segments,
    /// Bytes of sections that do not run.
    CustomBytes,
}

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            What::Functions => "too many functions",
            What::FunctionBytes => "a function of too many bytes",
            What::Locals => "a function with too many locals",
            What::Types => "too many types",
            What::Memories => "too many memories",
            What::MemoryPages => "too many pages of memory at its start",
            What::Tables => "too many tables",
            What::TableElements => "a table of too many elements",
            What::CoreInstances => "too many core instances",
            What::ComponentInstances => "too many component instances",
            What::Imports => "too many imports",
            What::Exports => "too many exports",
            What::Segments => "too many data and element segments",
            What::CustomBytes => "too many bytes in custom sections",
        })
    }
}

/// One import of a component's outermost level.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Import {
    /// The interface, with its version.
    pub name: String,
    /// Its functions that the component names; none when the import is no interface.
    pub functions: Option<Vec<String>>,
}

/// A component found sound: what may be compiled.
#[derive(Clone, Debug)]
pub struct Structure<'b> {
    bytes: &'b [u8],
    digest: Digest,
    imports: Vec<Import>,
}

impl<'b> Structure<'b> {
    /// The bytes.
    pub fn bytes(&self) -> &'b [u8] {
        self.bytes
    }

    /// Their digest.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// What it imports, in its order.
    pub fn imports(&self) -> &[Import] {
        &self.imports
    }
}

const FEATURES: WasmFeatures =
    WasmFeatures::WASM2.union(WasmFeatures::COMPONENT_MODEL).union(WasmFeatures::EXTENDED_CONST).union(WasmFeatures::TAIL_CALL);

fn invalid(error: BinaryReaderError) -> NotSound {
    NotSound::Invalid(error.to_string())
}

/// Reads the bytes of a component and holds them against the bounds.
///
/// # Errors
/// The first [`NotSound`].
pub fn check(bytes: &[u8]) -> Result<Structure<'_>, NotSound> {
    if bytes.len() > COMPONENT_BYTES {
        return Err(NotSound::TooLarge { bytes: bytes.len() });
    }
    let mut validator = Validator::new_with_features(FEATURES);
    let (mut depth, mut counts, mut names, mut types) = (0_usize, Counts::default(), Vec::new(), None);
    let mut parser = Parser::new(0);
    parser.set_features(FEATURES);
    for payload in parser.parse_all(bytes) {
        let payload = payload.map_err(invalid)?;
        match &payload {
            Payload::Version { encoding, .. } => {
                if depth == 0 && *encoding != Encoding::Component {
                    return Err(NotSound::Invalid("a core module, not a component (make one with `jorei rule build`)".into()));
                }
                depth += 1;
                if depth > NESTING {
                    return Err(NotSound::TooDeep);
                }
            }
            Payload::End(_) => depth -= 1,
            _ => counts.section(bytes, &payload)?,
        }
        if let Payload::ComponentImportSection(section) = &payload
            && depth == 1
        {
            for import in section.clone() {
                names.push(import.map_err(invalid)?.name.name.to_owned());
            }
        }
        if let ValidPayload::End(end) = validator.payload(&payload).map_err(invalid)? {
            types = Some(end);
        }
    }
    let Some(types) = types else { return Err(NotSound::Invalid("it ends too early".into())) };
    let types = types.as_ref();
    let import = |name: String| {
        let functions = match types.component_item_for_import(&name).map(|item| item.ty) {
            Some(ComponentEntityType::Instance(instance)) => {
                let exports = types[instance].exports.iter();
                Some(exports.filter(|(_, item)| matches!(item.ty, ComponentEntityType::Func(_))).map(|(name, _)| name.clone()).collect())
            }
            _ => None,
        };
        Import { name, functions }
    };
    Ok(Structure { bytes, digest: Digest::of(bytes), imports: names.into_iter().map(import).collect() })
}

/// What was counted so far, over all levels.
#[derive(Default)]
struct Counts {
    functions: u64,
    types: u64,
    memories: u64,
    pages: u64,
    tables: u64,
    core_instances: u64,
    component_instances: u64,
    imports: u64,
    exports: u64,
    segments: u64,
    custom_bytes: u64,
}

/// Adds to a count and holds it against its bound.
fn add(count: &mut u64, more: u64, most: u64, what: What) -> Result<(), NotSound> {
    *count = count.saturating_add(more);
    if *count > most { Err(NotSound::TooMany { what, found: *count, most }) } else { Ok(()) }
}

impl Counts {
    fn section(&mut self, bytes: &[u8], payload: &Payload<'_>) -> Result<(), NotSound> {
        match payload {
            Payload::FunctionSection(section) => add(&mut self.functions, section.count().into(), FUNCTIONS, What::Functions),
            Payload::CodeSectionEntry(body) => function(body),
            Payload::TypeSection(section) => self.types(section.count()),
            Payload::CoreTypeSection(section) => {
                self.types(section.count())?;
                section.clone().into_iter().try_for_each(|ty| self.core_type(&ty.map_err(invalid)?))
            }
            Payload::ComponentTypeSection(section) => self.component_types(bytes, section),
            Payload::MemorySection(section) => {
                add(&mut self.memories, section.count().into(), MEMORIES.into(), What::Memories)?;
                section
                    .clone()
                    .into_iter()
                    .try_for_each(|memory| add(&mut self.pages, memory.map_err(invalid)?.initial, MEMORY_PAGES, What::MemoryPages))
            }
            Payload::TableSection(section) => {
                add(&mut self.tables, section.count().into(), TABLES.into(), What::Tables)?;
                section
                    .clone()
                    .into_iter()
                    .try_for_each(|table| add(&mut 0, table.map_err(invalid)?.ty.initial, TABLE_ELEMENTS as u64, What::TableElements))
            }
            Payload::ElementSection(section) => self.segments(section.count()),
            Payload::DataSection(section) => self.segments(section.count()),
            Payload::ImportSection(section) => self.imports(section.count() as usize),
            Payload::ComponentImportSection(section) => self.imports(section.count() as usize),
            Payload::ExportSection(section) => self.exports(section.count() as usize),
            Payload::ComponentExportSection(section) => self.exports(section.count() as usize),
            Payload::ComponentAliasSection(section) => self.exports(section.count() as usize),
            Payload::ComponentCanonicalSection(section) => self.exports(section.count() as usize),
            // Instances made of exports exist while compiling only, and are bounded as exports.
            Payload::InstanceSection(section) => section.clone().into_iter().try_for_each(|instance| match instance.map_err(invalid)? {
                Instance::Instantiate { args, .. } => {
                    self.imports(args.len())?;
                    add(&mut self.core_instances, 1, CORE_INSTANCES.into(), What::CoreInstances)
                }
                Instance::FromExports(exports) => self.exports(exports.len()),
            }),
            Payload::ComponentInstanceSection(section) => {
                section.clone().into_iter().try_for_each(|instance| match instance.map_err(invalid)? {
                    ComponentInstance::Instantiate { args, .. } => {
                        self.imports(args.len())?;
                        add(&mut self.component_instances, 1, COMPONENT_INSTANCES, What::ComponentInstances)
                    }
                    ComponentInstance::FromExports(exports) => self.exports(exports.len()),
                })
            }
            Payload::CustomSection(section) => {
                add(&mut self.custom_bytes, section.data().len() as u64, CUSTOM_BYTES as u64, What::CustomBytes)
            }
            _ => Ok(()),
        }
    }

    fn types(&mut self, count: u32) -> Result<(), NotSound> {
        add(&mut self.types, count.into(), TYPES, What::Types)
    }

    fn segments(&mut self, count: u32) -> Result<(), NotSound> {
        add(&mut self.segments, count.into(), SEGMENTS, What::Segments)
    }

    fn imports(&mut self, count: usize) -> Result<(), NotSound> {
        add(&mut self.imports, count as u64, IMPORTS, What::Imports)
    }

    fn exports(&mut self, count: usize) -> Result<(), NotSound> {
        add(&mut self.exports, count as u64, EXPORTS, What::Exports)
    }

    fn core_type(&mut self, ty: &CoreType<'_>) -> Result<(), NotSound> {
        match ty {
            CoreType::Rec(group) => self.types(u32::try_from(group.types().len()).unwrap_or(u32::MAX)),
            CoreType::Module(declarations) => self.types(u32::try_from(declarations.len()).unwrap_or(u32::MAX)),
        }
    }

    /// Walks the types of a section with a list of what is open instead of the call stack: a type
    /// may hold a type at three bytes a level, and the library's own reader would follow it down.
    fn component_types(&mut self, bytes: &[u8], section: &SectionLimited<'_, ComponentType<'_>>) -> Result<(), NotSound> {
        let range = section.range();
        let Some(content) = bytes.get(range.clone()) else { return Err(NotSound::Invalid("a section lies outside the bytes".into())) };
        let mut reader = BinaryReader::new_features(content, range.start, FEATURES);
        let count = reader.read_var_u32().map_err(invalid)?;
        self.types(count)?;
        // For each open level what is left in it; the outermost holds types, all others hold
        // declarations.
        let mut open = vec![count];
        while let Some(left) = open.last_mut() {
            let Some(fewer) = left.checked_sub(1) else {
                open.pop();
                continue;
            };
            *left = fewer;
            let declares = if open.len() == 1 { TYPE } else { reader.read_u8().map_err(invalid)? };
            match declares {
                TYPE => match reader.clone().read_u8().map_err(invalid)? {
                    COMPONENT_TYPE | INSTANCE_TYPE => {
                        reader.read_u8().map_err(invalid)?;
                        let count = reader.read_var_u32().map_err(invalid)?;
                        self.types(count)?;
                        if open.len() >= NESTING {
                            return Err(NotSound::TooDeep);
                        }
                        open.push(count);
                    }
                    _ => _ = reader.read::<ComponentType<'_>>().map_err(invalid)?,
                },
                CORE_TYPE => {
                    let ty: CoreType<'_> = reader.read().map_err(invalid)?;
                    self.core_type(&ty)?;
                }
                ALIAS => _ = reader.read::<ComponentAlias<'_>>().map_err(invalid)?,
                IMPORT => _ = reader.read::<ComponentImport<'_>>().map_err(invalid)?,
                EXPORT => {
                    reader.read::<ComponentExternName<'_>>().map_err(invalid)?;
                    reader.read::<ComponentTypeRef>().map_err(invalid)?;
                }
                other => return Err(NotSound::Invalid(format!("{other:#04x} begins no declaration of a type"))),
            }
        }
        Ok(())
    }
}

// First bytes of a component type and of a declaration in one (component model, Binary.md).
const COMPONENT_TYPE: u8 = 0x41;
const INSTANCE_TYPE: u8 = 0x42;
const CORE_TYPE: u8 = 0;
const TYPE: u8 = 1;
const ALIAS: u8 = 2;
const IMPORT: u8 = 3;
const EXPORT: u8 = 4;

/// One function: its size, and its locals, which two bytes can make by the thousand.
fn function(body: &FunctionBody<'_>) -> Result<(), NotSound> {
    add(&mut 0, body.as_bytes().len() as u64, FUNCTION_BYTES as u64, What::FunctionBytes)?;
    let mut locals = 0;
    for group in body.get_locals_reader().map_err(invalid)? {
        add(&mut locals, group.map_err(invalid)?.0.into(), LOCALS, What::Locals)?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic in a test is the report")]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};
    use wasm_encoder::{
        CodeSection, Component, ComponentTypeSection, CustomSection, DataSection, ExportKind, ExportSection, Function, FunctionSection,
        MemorySection, MemoryType, Module, ModuleSection, NestedComponentSection, RawSection, RefType, TableSection, TableType,
        TypeSection, ValType,
    };

    fn around(module: &Module) -> Vec<u8> {
        let mut component = Component::new();
        component.section(&ModuleSection(module));
        component.finish()
    }

    fn functions(count: u32, body: &Function) -> Vec<u8> {
        let (mut types, mut functions, mut code) = (TypeSection::new(), FunctionSection::new(), CodeSection::new());
        types.ty().function([], []);
        for _ in 0..count {
            functions.function(0);
            code.function(body);
        }
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&code);
        around(&module)
    }

    fn empty_function() -> Function {
        let mut body = Function::new([]);
        body.instructions().end();
        body
    }

    fn memory(pages: u64) -> MemoryType {
        MemoryType { minimum: pages, maximum: None, memory64: false, shared: false, page_size_log2: None }
    }

    fn with<S: wasm_encoder::Section>(section: &S) -> Vec<u8> {
        let mut module = Module::new();
        module.section(section);
        around(&module)
    }

    /// What the component has too much of; none when it is sound.
    fn breach(bytes: &[u8]) -> Option<What> {
        match check(bytes) {
            Ok(_) => None,
            Err(NotSound::TooMany { what, found, most }) if found > most => Some(what),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn a_hundred_thousand_functions_are_too_many_and_found_at_once() {
        let most = u32::try_from(FUNCTIONS).unwrap();
        assert_eq!(breach(&functions(most, &empty_function())), None);
        let bytes = functions(100_000, &empty_function());
        let start = Instant::now();
        assert_eq!(breach(&bytes), Some(What::Functions));
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    }

    #[test]
    fn bounds_hold_for_all_modules_together() {
        let most = u32::try_from(FUNCTIONS).unwrap();
        let half = functions(most / 2 + 1, &empty_function());
        let mut component = Component::new();
        for _ in 0..2 {
            component.section(&RawSection { id: 4, data: &half });
        }
        assert_eq!(breach(&component.finish()), Some(What::Functions));
    }

    #[test]
    fn each_bound_names_what_breaches_it() {
        let mut long = Function::new([]);
        for _ in 0..FUNCTION_BYTES {
            long.instructions().nop();
        }
        long.instructions().end();
        assert_eq!(breach(&functions(1, &long)), Some(What::FunctionBytes));

        let locals = |count| {
            let mut body = Function::new([(count, ValType::I32)]);
            body.instructions().end();
            functions(1, &body)
        };
        assert_eq!(breach(&locals(u32::try_from(LOCALS).unwrap())), None);
        assert_eq!(breach(&locals(u32::try_from(LOCALS).unwrap() + 1)), Some(What::Locals));

        let mut types = TypeSection::new();
        for _ in 0..=TYPES {
            types.ty().function([], []);
        }
        assert_eq!(breach(&with(&types)), Some(What::Types));

        let memories = |pages: &[u64]| {
            let module = |pages: &u64| {
                let mut section = MemorySection::new();
                section.memory(memory(*pages));
                with(&section)
            };
            let mut component = Component::new();
            let modules: Vec<Vec<u8>> = pages.iter().map(module).collect();
            for module in &modules {
                component.section(&RawSection { id: 4, data: module });
            }
            component.finish()
        };
        assert_eq!(breach(&memories(&[MEMORY_PAGES])), None);
        assert_eq!(breach(&memories(&[MEMORY_PAGES, 1])), Some(What::MemoryPages));
        assert_eq!(breach(&memories(&[0; MEMORIES as usize])), None);
        assert_eq!(breach(&memories(&[0; MEMORIES as usize + 1])), Some(What::Memories));

        let tables = |count: u32, minimum| {
            let mut section = TableSection::new();
            for _ in 0..count {
                let element_type = RefType::FUNCREF;
                section.table(TableType { element_type, table64: false, minimum, maximum: None, shared: false });
            }
            with(&section)
        };
        assert_eq!(breach(&tables(TABLES, TABLE_ELEMENTS as u64)), None);
        assert_eq!(breach(&tables(1, TABLE_ELEMENTS as u64 + 1)), Some(What::TableElements));
        assert_eq!(breach(&tables(TABLES + 1, 0)), Some(What::Tables));

        let mut data = DataSection::new();
        for _ in 0..=SEGMENTS {
            data.passive([]);
        }
        assert_eq!(breach(&with(&data)), Some(What::Segments));

        let mut component = Component::new();
        component.section(&CustomSection { name: "x".into(), data: vec![0; CUSTOM_BYTES + 1].into() });
        assert_eq!(breach(&component.finish()), Some(What::CustomBytes));

        let mut exports = ExportSection::new();
        for i in 0..=EXPORTS {
            exports.export(&format!("{i}"), ExportKind::Func, 0);
        }
        assert_eq!(breach(&with(&exports)), Some(What::Exports));

        let instances = |count: u8, kind: u8, id: u8| {
            let mut component = Component::new();
            let (module, inner) = (Module::new(), Component::new());
            component.section(&ModuleSection(&module)).section(&NestedComponentSection(&inner));
            // `count` times: instantiate number 0 without arguments.
            let data: Vec<u8> = [count | 0x80, 1].into_iter().chain([kind, 0, 0].repeat(usize::from(count) + 128)).collect();
            component.section(&RawSection { id, data: &data });
            component.finish()
        };
        // 1 + 128 as a number of two bytes.
        assert_eq!(breach(&instances(1, 0, 2)), Some(What::CoreInstances));
        assert_eq!(breach(&instances(0, 0, 5)), Some(What::ComponentInstances));
    }

    #[test]
    fn components_within_components_are_followed_to_the_bound_only() {
        let mut bytes = Component::new().finish();
        for depth in 2..=NESTING + 1 {
            let mut outer = Component::new();
            outer.section(&RawSection { id: 4, data: &bytes });
            bytes = outer.finish();
            assert_eq!(check(&bytes).is_err(), depth > NESTING, "{depth}");
        }
        assert_eq!(check(&bytes).map(|_| ()), Err(NotSound::TooDeep));
    }

    /// A type that holds a type that holds a type: three bytes a level.
    fn type_bomb(levels: usize, kind: u8) -> Vec<u8> {
        let mut data = vec![1];
        for _ in 1..levels {
            data.extend([kind, 1, TYPE]);
        }
        data.extend([kind, 0]);
        let mut component = Component::new();
        component.section(&RawSection { id: 7, data: &data });
        component.finish()
    }

    #[test]
    fn types_within_types_exhaust_no_stack() {
        for kind in [COMPONENT_TYPE, INSTANCE_TYPE] {
            assert!(check(&type_bomb(NESTING - 1, kind)).is_ok());
            for levels in [NESTING + 1, 1_000, 10_000_000] {
                let bytes = type_bomb(levels, kind);
                let start = Instant::now();
                assert_eq!(check(&bytes).map(|_| ()), Err(NotSound::TooDeep), "{levels}");
                assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
            }
        }
    }

    #[test]
    fn types_that_toolchains_write_are_read_to_their_end() {
        use wasm_encoder::{ComponentTypeRef, ComponentValType, InstanceType, PrimitiveValType, TypeBounds};
        let mut instance = InstanceType::new();
        instance.ty().defined_type().record([("a", ComponentValType::Primitive(PrimitiveValType::S64))]);
        instance.export("r", ComponentTypeRef::Type(TypeBounds::Eq(0)));
        instance.ty().function().params([("x", ComponentValType::Type(1))]).result(Some(ComponentValType::Type(1)));
        instance.export("f", ComponentTypeRef::Func(2));
        let mut types = ComponentTypeSection::new();
        types.instance(&instance);
        types.defined_type().list(ComponentValType::Primitive(PrimitiveValType::String));
        let mut component = Component::new();
        component.section(&types);
        let bytes = component.finish();
        assert!(check(&bytes).is_ok());
        for cut in 9..bytes.len() {
            assert!(check(&bytes[..cut]).is_err(), "{cut}");
        }
    }
}
