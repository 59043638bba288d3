//! Promises 1 and 8 before a rule runs: compiling costs a bounded child, and what is kept of it is
//! used only as it was made.

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use jorei_engine::{
    ArtefactCache, ChildBounds, Compilation, CompileError, Fault, Grant, Limits, LoadError, Rule, Runtime, confine, imports, structure,
};
use jorei_tests::{built, compilation};
use std::net::UdpSocket;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wasm_encoder::{BlockType, CodeSection, Component, Function, FunctionSection, Module, ModuleSection, TypeSection, ValType};

/// A component within all bounds of structure that is long work for a compiler: functions of many
/// locals that all live across many branches.
fn slow(functions: u32) -> Vec<u8> {
    const LOCALS: u32 = 2_000;
    let (mut types, mut section, mut code) = (TypeSection::new(), FunctionSection::new(), CodeSection::new());
    types.ty().function([ValType::I32], []);
    for _ in 0..functions {
        let mut body = Function::new([(LOCALS, ValType::I32)]);
        let mut at = body.instructions();
        for i in 0..40_000 {
            at.local_get(i % LOCALS).local_get((i * 7 + 1) % LOCALS).i32_add().local_set((i * 3 + 2) % LOCALS);
            if i % 4 == 0 {
                at.local_get(i % LOCALS).if_(BlockType::Empty).local_get(i % 31).local_set(i % 37).end();
            }
        }
        at.end();
        section.function(0);
        code.function(&body);
    }
    let mut module = Module::new();
    module.section(&types).section(&section).section(&code);
    let mut component = Component::new();
    component.section(&ModuleSection(&module));
    component.finish()
}

fn runtime(limits: Limits, compilation: Compilation) -> Arc<Runtime> {
    Arc::new(Runtime::start(limits, compilation).unwrap())
}

fn load(runtime: &Arc<Runtime>, bytes: &[u8]) -> Result<Rule, LoadError> {
    Rule::load(runtime, bytes, &Grant::world())
}

fn guest() -> Vec<u8> {
    std::fs::read(built::guest("trapping")).unwrap()
}

#[test]
fn a_component_that_is_slow_to_compile_is_stopped_and_named() {
    let bytes = slow(40);
    assert!(structure::check(&bytes).is_ok());
    let runtime = runtime(Limits { compile_seconds: 2, ..Limits::default() }, compilation());
    let start = Instant::now();
    let error = load(&runtime, &bytes).map(|_| ()).unwrap_err();
    assert!(matches!(error, LoadError::Compile(CompileError::Seconds(2))), "{error}");
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    assert_eq!(error.to_string(), "the component took more than 2 s to compile; it is too large or made to be slow");
    assert!(load(&runtime, &guest()).is_ok(), "the next one is compiled as if nothing had been");
}

#[test]
fn a_component_that_needs_too_much_memory_is_stopped_and_named() {
    let runtime = runtime(Limits { compile_mebibytes: 160, ..Limits::default() }, compilation());
    let error = load(&runtime, &slow(40)).map(|_| ()).unwrap_err();
    assert!(matches!(error, LoadError::Compile(CompileError::Memory(160))), "{error}");
}

#[test]
fn a_component_whose_code_is_invalid_is_refused_with_the_reason() {
    let (mut types, mut section, mut code) = (TypeSection::new(), FunctionSection::new(), CodeSection::new());
    types.ty().function([], [ValType::I32]);
    section.function(0);
    let mut body = Function::new([]);
    body.instructions().i64_const(1).end();
    code.function(&body);
    let mut module = Module::new();
    module.section(&types).section(&section).section(&code);
    let mut component = Component::new();
    component.section(&ModuleSection(&module));
    let error = load(&jorei_tests::runtime(), &component.finish()).map(|_| ()).unwrap_err();
    assert!(matches!(&error, LoadError::Compile(CompileError::Refused(reason)) if reason.contains("type mismatch")), "{error}");
}

#[test]
fn a_child_that_cannot_be_run_is_a_fault_and_one_that_is_no_compiler_breaks() {
    let with = |program: &str, arguments: &[&str]| Compilation {
        program: program.into(),
        arguments: arguments.iter().map(Into::into).collect(),
        cache: None,
    };
    let error = |compilation| load(&runtime(Limits::default(), compilation), &guest()).map(|_| ()).unwrap_err();
    let missing = error(with("/nowhere/jorei", &[]));
    assert!(matches!(missing, LoadError::Fault(Fault::Compiler(_))), "{missing}");
    let other = error(with("/bin/echo", &["\u{1b}[31mcode"]));
    assert!(matches!(other, LoadError::Compile(CompileError::Broken(_))), "{other}");
    // What a child says is one line of plain text.
    let loud = error(with("/bin/sh", &["-c", "printf '\\033[2Jnonsense\\n\\nmore' >&2; exit 65"]));
    assert_eq!(loud.to_string(), "the component does not compile: \\u{1b}[2Jnonsense\\n\\nmore");
}

fn cached(folder: &Path, program: Compilation) -> Arc<Runtime> {
    let dir = Dir::open_ambient_dir(folder, ambient_authority()).unwrap();
    runtime(Limits::default(), Compilation { cache: Some(ArtefactCache::open(dir).unwrap()), ..program })
}

/// A compilation that fails whenever it is asked.
fn no_compiler() -> Compilation {
    Compilation { program: "/bin/false".into(), arguments: Vec::new(), cache: None }
}

fn artefact(folder: &Path) -> std::path::PathBuf {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.into_iter().find(|file| file.extension().is_some_and(|end| end == "artefact")).unwrap()
}

#[test]
fn a_kept_artefact_is_used_only_as_it_was_made() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = guest();
    assert!(load(&cached(folder.path(), no_compiler()), &bytes).is_err(), "nothing is kept yet");
    load(&cached(folder.path(), compilation()), &bytes).unwrap();
    load(&cached(folder.path(), no_compiler()), &bytes).unwrap();

    // A byte of its code changed: not used, but made again and replaced.
    let file = artefact(folder.path());
    let good = std::fs::read(&file).unwrap();
    let mut bad = good.clone();
    let middle = bad.len() / 2;
    bad[middle] ^= 1;
    std::fs::write(&file, &bad).unwrap();
    assert!(load(&cached(folder.path(), no_compiler()), &bytes).is_err());
    load(&cached(folder.path(), compilation()), &bytes).unwrap();
    assert_eq!(std::fs::read(&file).unwrap(), good);
    load(&cached(folder.path(), no_compiler()), &bytes).unwrap();

    // Made with the key of another host: not used.
    let other = tempfile::tempdir().unwrap();
    drop(cached(other.path(), no_compiler()));
    std::fs::copy(folder.path().join("host.key"), folder.path().join("kept.key")).unwrap();
    std::fs::copy(other.path().join("host.key"), folder.path().join("host.key")).unwrap();
    assert!(load(&cached(folder.path(), no_compiler()), &bytes).is_err());
    std::fs::copy(folder.path().join("kept.key"), folder.path().join("host.key")).unwrap();
    load(&cached(folder.path(), no_compiler()), &bytes).unwrap();
}

#[test]
fn what_is_not_granted_is_not_even_looked_for_in_the_cache() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = cached(folder.path(), compilation());
    let bytes = guest();
    load(&runtime, &bytes).unwrap();
    assert!(matches!(Rule::load(&runtime, &bytes, &Grant::none()), Err(LoadError::NotGranted(_))));
}

#[test]
fn admission_can_go_step_by_step() {
    let (runtime, bytes) = (jorei_tests::runtime(), guest());
    let structure = structure::check(&bytes).unwrap();
    let asked = imports::check(&structure, &Grant::world()).unwrap();
    assert_eq!(asked.words(), ["persons"]);
    let compiled = runtime.compile(&structure, asked.clone()).unwrap().unwrap();
    let rule = Rule::link(&runtime, compiled).unwrap();
    assert_eq!((rule.asked(), rule.digest()), (&asked, structure.digest()));
}

/// Runs itself again as the child, for what is taken away is gone for good.
#[test]
fn the_child_that_compiles_reaches_no_file_no_network_and_no_program() {
    const INSIDE: &str = "JOREI_TEST_INSIDE_THE_CHILD";
    if std::env::var_os(INSIDE).is_some() {
        return inside();
    }
    let name = "compilation::the_child_that_compiles_reaches_no_file_no_network_and_no_program";
    let mut child = Command::new(std::env::current_exe().unwrap());
    let output = child.args(["--exact", name, "--nocapture"]).env(INSIDE, "1").output().unwrap();
    let (said, why) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("1 passed"), "{said}\n{why}");
}

fn inside() {
    let root = || Dir::open_ambient_dir("/", ambient_authority());
    let open_before = root().unwrap();
    assert!(open_before.open("etc/passwd").is_ok() && UdpSocket::bind("127.0.0.1:0").is_ok());
    let by_landlock = confine(ChildBounds { seconds: 5, mebibytes: 1_024 }).unwrap();
    eprintln!("landlock is {}", if by_landlock { "in force" } else { "not in this kernel" });

    assert!(root().is_err(), "opened a folder");
    // Through a folder that was open before, too.
    for path in ["etc/passwd", "proc/self/limits", "dev/null"] {
        assert!(open_before.open(path).is_err(), "opened {path}");
    }
    assert!(open_before.create("tmp/jorei-child-was-here").is_err(), "made a file");
    assert!(UdpSocket::bind("127.0.0.1:0").is_err(), "opened a socket");
    assert!(Command::new("/bin/true").status().is_err(), "started a program");
    assert!(Vec::<u8>::new().try_reserve_exact(1 << 30).is_err(), "had more memory than its bound");
}
