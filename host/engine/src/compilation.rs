//! Compiling in a child process that limits itself before it reads.
//!
//! The compiler is not made to withstand hostile input: a component of a few kilobytes may take it
//! hours or all memory, and an error in it would be an error in the host. So the host never
//! compiles. A child does, which holds nothing but three pipes, and whose only way to act on
//! anything is the artefact it writes. One thread, for the compiler's parallel mode is not built.
//!
//! What the child cannot do is refused by the kernel: open or run files (Landlock, where the kernel
//! has it; and no more descriptors than its pipes, everywhere), write them, use more than its
//! memory or its processor time, leave a core file. Absent here: a filter of system calls.

use crate::artefacts::ArtefactCache;
use crate::configuration::compiling_engine;
use crate::fault::Fault;
use crate::limits::{ARTEFACT_BYTES, COMPILE_CLOCK, COMPONENT_BYTES, Limits, PROBLEM_BYTES, PROBLEMS, REASON_BYTES};
use landlock::{ABI, Access as _, AccessFs, AccessNet, Ruleset, RulesetAttr as _, RulesetStatus};
use rlimit::Resource;
use shared_child::SharedChild;
use std::ffi::OsString;
use std::io::{self, Read, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// How components are compiled.
pub struct Compilation {
    /// The program of the child: one that calls [`compile_in_child`] when its task is
    /// `compile-component`, and [`check_document_in_child`] when it is `check-document`.
    pub program: PathBuf,
    /// Its first arguments; the task and `--seconds N --mebibytes N` are added.
    pub arguments: Vec<OsString>,
    /// Where artefacts are kept, if anywhere.
    pub cache: Option<ArtefactCache>,
}

/// Why a component is not compiled: a property of the component, not of the machine.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CompileError {
    /// The compiler refused it.
    #[error("the component does not compile: {0}")]
    Refused(String),
    /// Too much processor time.
    #[error("the component took more than {0} s to compile; it is too large or made to be slow")]
    Seconds(u64),
    /// Too much memory.
    #[error("the component needed more than {0} MiB to compile; it is too large or made to be greedy")]
    Memory(u64),
    /// Too much machine code.
    #[error("the component compiles to more than {ARTEFACT_BYTES} bytes")]
    Artefact,
    /// The child broke, or what it wrote does not load.
    #[error("the compiler broke on the component: {0}")]
    Broken(String),
}

/// The bounds that a child sets itself.
#[derive(Clone, Copy, Debug)]
pub struct ChildBounds {
    /// Processor time.
    pub seconds: u64,
    /// Address space.
    pub mebibytes: u64,
}

impl Default for ChildBounds {
    fn default() -> Self {
        let limits = Limits::default();
        ChildBounds { seconds: limits.compile_seconds, mebibytes: limits.compile_mebibytes }
    }
}

/// How the child says what it came to; any other end is a break.
const REFUSED: u8 = 65;
const NO_MEMORY: u8 = 71;
const NOT_CONFINED: u8 = 78;

/// What the standard library and Cranelift write before they give up for want of memory.
const ALLOCATION_FAILED: [&str; 2] = ["memory allocation of ", "unhandled out-of-memory error"];

/// How a program ends that panicked.
const PANICKED: u8 = 101;

/// Signals that end a child: its own, one from outside, the one for its processor time.
const SIGABRT: i32 = 6;
const SIGKILL: i32 = 9;
const SIGXCPU: i32 = 24;

impl Compilation {
    /// Compiles in a child and returns the artefact.
    ///
    /// # Errors
    /// In the inner result what the component did; outside, a [`Fault`].
    pub(crate) fn compile(&self, component: &[u8], limits: &Limits) -> Result<Result<Vec<u8>, CompileError>, Fault> {
        self.run("compile-component", component, limits)
    }

    /// Holds a document against a JSON Schema in a child: a schema is the vendor's, and one of a few
    /// lines may take a validator hours. Answers what is wrong, a line each.
    ///
    /// # Errors
    /// In the inner result why it cannot be told; outside, a [`Fault`].
    pub(crate) fn check_document(&self, schema: &str, document: &str, limits: &Limits) -> Result<Result<Vec<u8>, CompileError>, Fault> {
        let limits = Limits { compile_seconds: limits.schema_seconds, ..*limits };
        // The schema has a length in front, so that neither text can pass for a part of the other.
        let mut input = (schema.len() as u64).to_le_bytes().to_vec();
        input.extend(schema.as_bytes());
        input.extend(document.as_bytes());
        self.run("check-document", &input, &limits)
    }

    /// Runs a child with an input, and gives what it wrote.
    fn run(&self, task: &str, input: &[u8], limits: &Limits) -> Result<Result<Vec<u8>, CompileError>, Fault> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).arg(task);
        command.args(["--seconds", &limits.compile_seconds.to_string(), "--mebibytes", &limits.compile_mebibytes.to_string()]);
        command.env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = SharedChild::spawn(&mut command).map_err(Fault::Compiler)?;
        let child = Arc::new(child);
        if let Some(mut stdin) = child.take_stdin() {
            let input = input.to_vec();
            // A child that ends early does not read everything; why, its end tells.
            std::thread::spawn(move || stdin.write_all(&input));
        }
        let artefact = collect(child.take_stdout(), ARTEFACT_BYTES);
        let reason = collect(child.take_stderr(), REASON_BYTES);
        let (ended, end) = channel();
        let waiting = Arc::clone(&child);
        std::thread::spawn(move || ended.send(waiting.wait()));
        let (factor, least) = COMPILE_CLOCK;
        let clock = limits.compile_seconds.saturating_mul(factor).max(limits.compile_seconds.saturating_add(least));
        let status = match end.recv_timeout(Duration::from_secs(clock)) {
            Ok(status) => status.map_err(Fault::Compiler)?,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                child.kill().map_err(Fault::Compiler)?;
                child.wait().map_err(Fault::Compiler)?;
                return Err(Fault::Clock);
            }
        };
        // The pipes end with the child; a moment is for what they still hold.
        let rest = |pipe: Receiver<Vec<u8>>| pipe.recv_timeout(Duration::from_secs(least)).map_err(|_| Fault::Clock);
        let (artefact, reason) = (rest(artefact)?, shown(&rest(reason)?));
        judge(status, artefact, reason, limits)
    }
}

/// Tells what the component did from what happened to the machine.
fn judge(status: ExitStatus, artefact: Vec<u8>, reason: String, limits: &Limits) -> Result<Result<Vec<u8>, CompileError>, Fault> {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(match (code, status.signal()) {
        (Some(NOT_CONFINED), _) => return Err(Fault::Compiler(io::Error::other(reason))),
        // Not ours: the clock was waited for above, and processor time has a signal of its own.
        (_, Some(SIGKILL)) => {
            let reason = "it was killed from outside; the machine may be out of memory";
            return Err(Fault::Compiler(io::Error::other(reason)));
        }
        _ if artefact.len() > ARTEFACT_BYTES => Err(CompileError::Artefact),
        (Some(0), _) => Ok(artefact),
        (Some(REFUSED), _) => Err(CompileError::Refused(reason)),
        (Some(NO_MEMORY), _) => Err(CompileError::Memory(limits.compile_mebibytes)),
        (Some(PANICKED), _) | (_, Some(SIGABRT)) if ALLOCATION_FAILED.iter().any(|said| reason.contains(said)) => {
            Err(CompileError::Memory(limits.compile_mebibytes))
        }
        (_, Some(SIGXCPU)) => Err(CompileError::Seconds(limits.compile_seconds)),
        _ => Err(CompileError::Broken(if reason.is_empty() { status.to_string() } else { format!("{status}: {reason}") })),
    })
}

/// Reads a pipe in a thread of its own, one byte further than it may be long; then closes it, so
/// that the writer does not wait.
fn collect(pipe: Option<impl Read + Send + 'static>, most: usize) -> Receiver<Vec<u8>> {
    let (read, content) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(pipe) = pipe {
            // A broken pipe ends the content; the child's end tells why.
            let _ = pipe.take(most as u64 + 1).read_to_end(&mut bytes);
        }
        read.send(bytes)
    });
    content
}

/// A child's words as one line that cannot steer a terminal.
fn shown(words: &[u8]) -> String {
    let text = String::from_utf8_lossy(words.get(..REASON_BYTES).unwrap_or(words));
    let line = text.trim().chars();
    line.flat_map(|c| if c.is_control() { c.escape_default().collect::<Vec<_>>() } else { vec![c] }).collect()
}

/// What the child's `main` does: limits itself, and only then reads a component from its standard
/// input, compiles it, and writes the artefact to its standard output; or a reason to its standard
/// error. Must be called before any other thread is started.
pub fn compile_in_child(bounds: ChildBounds) -> ExitCode {
    in_child(bounds, |component| match compiling_engine().and_then(|engine| engine.precompile_component(component)) {
        Ok(artefact) => Ok(artefact),
        Err(error) if error.is::<wasmtime::OutOfMemory>() => Err((NO_MEMORY, error.to_string())),
        Err(error) => Err((REFUSED, format!("{error:#}"))),
    })
}

/// The other task of a child: reads a schema and a document, and writes what is wrong, a problem a
/// line: its place, a tab, what is wrong.
pub fn check_document_in_child(bounds: ChildBounds) -> ExitCode {
    in_child(bounds, |input| document_problems(input).map(String::into_bytes).map_err(|reason| (REFUSED, reason)))
}

/// Limits this process, reads what it is given, does a task, and writes what came of it, or ends
/// with a status and a reason.
fn in_child(bounds: ChildBounds, task: impl FnOnce(&[u8]) -> Result<Vec<u8>, (u8, String)>) -> ExitCode {
    let done = || {
        confine(bounds).map_err(|error| (NOT_CONFINED, format!("the child cannot limit itself: {error}")))?;
        let broken = |error: io::Error| (NOT_CONFINED, error.to_string());
        let mut input = Vec::new();
        io::stdin().lock().take(COMPONENT_BYTES as u64 + 1).read_to_end(&mut input).map_err(broken)?;
        io::stdout().lock().write_all(&task(&input)?).map_err(broken)
    };
    match done() {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, reason)) => {
            // Nobody may listen any more.
            let _ = write!(io::stderr(), "{reason}");
            ExitCode::from(code)
        }
    }
}

/// What is wrong with a document, up to [`PROBLEMS`] lines; an error when the schema is none.
fn document_problems(input: &[u8]) -> Result<String, String> {
    let cut = || "the schema and the document were cut".to_owned();
    let (length, texts) = input.split_first_chunk().ok_or_else(cut)?;
    let (schema, document) =
        usize::try_from(u64::from_le_bytes(*length)).ok().and_then(|length| texts.split_at_checked(length)).ok_or_else(cut)?;
    let schema = serde_json::from_slice(schema).map_err(|error| format!("the schema is not JSON: {error}"))?;
    let document = serde_json::from_slice(document).map_err(|error| format!("the document is not JSON: {error}"))?;
    let validator = jsonschema::validator_for(&schema).map_err(|error| format!("not a JSON Schema: {error}"))?;
    let mut lines = String::new();
    for error in validator.iter_errors(&document).take(PROBLEMS) {
        let line = |text: String| text.chars().take(PROBLEM_BYTES).map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
        lines.push_str(&format!("{}\t{}\n", line(error.instance_path().to_string()), line(error.to_string())));
    }
    Ok(lines)
}

/// Takes from this process, for good, what compiling does not need. Says whether the kernel keeps
/// it from all files by Landlock too.
///
/// # Errors
/// A limit that the kernel does not take.
pub fn confine(bounds: ChildBounds) -> io::Result<bool> {
    lower(Resource::CORE, 0, 0)?;
    lower(Resource::FSIZE, 0, 0)?;
    let memory = bounds.mebibytes.saturating_mul(1 << 20);
    lower(Resource::AS, memory, memory)?;
    lower(Resource::CPU, bounds.seconds, bounds.seconds.saturating_add(1))?;
    // Holds for whoever is not root.
    lower(Resource::NPROC, 0, 0)?;
    let denied = deny_files();
    // After Landlock, which needs one: the three pipes, and nothing can be opened any more.
    lower(Resource::NOFILE, 3, 3)?;
    Ok(denied)
}

/// Lowers a limit; where whoever started us set a lower one, that one stays, for it could not be
/// raised.
fn lower(resource: Resource, soft: u64, hard: u64) -> io::Result<()> {
    let (_, most) = resource.get()?;
    resource.set(soft.min(most), hard.min(most))
}

/// Landlock, as far as the kernel has it.
fn deny_files() -> bool {
    let abi = ABI::V6;
    let ruleset = Ruleset::default().handle_access(AccessFs::from_all(abi)).and_then(|rules| rules.handle_access(AccessNet::from_all(abi)));
    let status = ruleset.and_then(Ruleset::create).and_then(|rules| rules.restrict_self());
    status.is_ok_and(|status| status.ruleset != RulesetStatus::NotEnforced)
}
