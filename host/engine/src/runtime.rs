//! The configured runtime: one per process.

use crate::artefacts::EngineDigest;
use crate::compilation::{Compilation, CompileError};
use crate::configuration::pooling_engine;
use crate::fault::Fault;
use crate::imports::Asked;
use crate::limits::{EPOCH_MILLISECONDS, Limits};
use crate::settings::Problem;
use crate::structure::Structure;
use jorei_domain::id::Digest;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use wasmtime::Engine;
use wasmtime::component::Component;

/// A component that was compiled within bounds, and may be linked.
pub struct Compiled {
    pub(crate) component: Component,
    pub(crate) digest: Digest,
    pub(crate) asked: Asked,
}

/// The runtime, with the thread that counts epochs.
pub struct Runtime {
    engine: Engine,
    engine_digest: EngineDigest,
    limits: Limits,
    compilation: Compilation,
    stop: Arc<AtomicBool>,
}

impl Runtime {
    /// Starts the runtime.
    ///
    /// # Errors
    /// [`Fault::Runtime`] when the machine cannot reserve the address space of the pool.
    pub fn start(limits: Limits, compilation: Compilation) -> Result<Runtime, Fault> {
        let engine = pooling_engine(&limits).map_err(Fault::Runtime)?;
        let engine_digest = EngineDigest::of(&engine);
        let stop = Arc::new(AtomicBool::new(false));
        let (weak, stopped) = (engine.weak(), Arc::clone(&stop));
        std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(EPOCH_MILLISECONDS));
                match weak.upgrade() {
                    Some(engine) => engine.increment_epoch(),
                    None => return,
                }
            }
        });
        Ok(Runtime { engine, engine_digest, limits, compilation, stop })
    }

    /// Compiles a component whose imports were found granted, in a child process; or takes what
    /// was kept of an earlier time.
    ///
    /// # Errors
    /// In the inner result a [`CompileError`] of the component; outside, a [`Fault`].
    pub fn compile(&self, structure: &Structure<'_>, asked: Asked) -> Result<Result<Compiled, CompileError>, Fault> {
        let (digest, cache) = (structure.digest(), self.compilation.cache.as_ref());
        let compiled = |component| Compiled { component, digest, asked };
        if let Some(artefact) = cache.and_then(|cache| cache.get(digest, &self.engine_digest))
            && let Ok(component) = self.deserialize(&artefact)
        {
            return Ok(Ok(compiled(component)));
        }
        let artefact = match self.compilation.compile(structure.bytes(), &self.limits)? {
            Ok(artefact) => artefact,
            Err(error) => return Ok(Err(error)),
        };
        let component = match self.deserialize(&artefact) {
            Ok(component) => component,
            Err(error) => return Ok(Err(CompileError::Broken(format!("{error:#}")))),
        };
        if let Some(cache) = cache {
            // A cache that cannot be written costs time, nothing else.
            let _ = cache.put(digest, &self.engine_digest, &artefact);
        }
        Ok(Ok(compiled(component)))
    }

    /// Holds a document (JSON text) against a rule's schema, in a child process.
    ///
    /// # Errors
    /// In the inner result why that cannot be told; outside, a [`Fault`].
    pub(crate) fn check_document(&self, schema: &str, document: &str) -> Result<Result<Vec<Problem>, CompileError>, Fault> {
        let lines = match self.compilation.check_document(schema, document, &self.limits)? {
            Ok(lines) => lines,
            Err(error) => return Ok(Err(error)),
        };
        let problem = |line: &str| {
            let (path, message) = line.split_once('\t').unwrap_or_default();
            Problem { path: path.to_owned(), message: message.to_owned() }
        };
        Ok(Ok(String::from_utf8_lossy(&lines).lines().map(problem).collect()))
    }

    #[allow(unsafe_code, reason = "the one place where machine code is loaded")]
    fn deserialize(&self, artefact: &[u8]) -> wasmtime::Result<Component> {
        // SAFETY: these are bytes that `precompile_component` of this version made, unchanged:
        // either they came through the pipe of a child that we started ourselves, or they were
        // read into memory and authenticated there with a key that nobody else can read. The
        // slice is ours and cannot change while it is loaded. The runtime itself compares the
        // version and the configuration that the artefact names with its own.
        unsafe { Component::deserialize(&self.engine, artefact) }
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The bounds of its runs.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}
