//! Runtimes as the binary starts them, with a cache that all test runs of a build share.

use crate::built;
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use jorei_engine::{ArtefactCache, Compilation, Limits, Runtime};
use std::sync::Arc;

/// A runtime with the host's limits.
///
/// # Panics
/// When the binary is not built, or the machine has no room for the pool.
pub fn runtime() -> Arc<Runtime> {
    Arc::new(Runtime::start(Limits::default(), compilation()).expect("a runtime"))
}

/// A runtime that keeps nothing of what it compiles: for components made at random.
///
/// # Panics
/// As [`runtime`].
pub fn forgetful_runtime() -> Arc<Runtime> {
    Arc::new(Runtime::start(Limits::default(), Compilation { cache: None, ..compilation() }).expect("a runtime"))
}

/// Compiling in a child of the binary that goes with this build: the bench measures the one that
/// users run.
///
/// # Panics
/// When the binary is not built, or its folder cannot be written.
pub fn compilation() -> Compilation {
    let program = if cfg!(debug_assertions) { built::jorei_debug() } else { built::jorei_release() };
    let folder = built::target().join("artefacts");
    let opened = std::fs::create_dir_all(&folder).and_then(|()| Dir::open_ambient_dir(&folder, ambient_authority()));
    let cache = opened.and_then(ArtefactCache::open).expect("a cache of compiled rules");
    Compilation { program, arguments: Vec::new(), cache: Some(cache) }
}
