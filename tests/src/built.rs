//! Components that `cargo xtask test` has built before the suite runs.

use jorei_neighbour::{Bank, Neighbour};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The repository.
pub fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Cargo's target folder.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository().join("target"), PathBuf::from)
}

/// A file that xtask builds.
///
/// # Panics
/// When it is not there; nothing is skipped.
fn built(path: PathBuf) -> PathBuf {
    assert!(path.is_file(), "{} is not built; run the tests with `cargo xtask test`", path.display());
    path
}

/// The component of a rule.
pub fn rule(name: &str) -> PathBuf {
    built(target().join("rules").join(name).with_extension("wasm"))
}

/// The component of a hostile guest.
pub fn guest(name: &str) -> PathBuf {
    built(target().join("guests").join(name).with_extension("wasm"))
}

/// The names of all hostile guests, from their sources.
///
/// # Panics
/// When the sources are not there.
pub fn guests() -> Vec<String> {
    let sources = std::fs::read_dir(repository().join("tests/guests/src")).expect("the guests' sources");
    let stem = |entry: std::io::Result<std::fs::DirEntry>| entry.ok()?.path().file_stem().and_then(|stem| stem.to_str()).map(str::to_owned);
    let mut names: Vec<String> = sources.filter_map(stem).filter(|name| name != "lib").collect();
    names.sort();
    names
}

/// The binary.
pub fn jorei() -> Command {
    Command::new(jorei_debug())
}

/// Where the binary of the tests is.
pub fn jorei_debug() -> PathBuf {
    built(target().join("debug/jorei"))
}

/// The auditor's binary.
pub fn jorei_verify() -> Command {
    Command::new(built(target().join("debug/jorei-verify")))
}

/// A neighbour that plays the intermediate server, with its state in a folder.
///
/// # Panics
/// When it does not start.
pub fn neighbour(folder: &Path) -> Neighbour {
    Neighbour::start(&built(target().join("debug/jorei-neighbour")), folder).expect("a neighbour that starts")
}

/// A neighbour that plays the designated bank, with its state in a folder.
///
/// # Panics
/// When it does not start.
pub fn bank(folder: &Path) -> Bank {
    Bank::start(&built(target().join("debug/jorei-neighbour")), folder).expect("a bank that starts")
}

/// The folder of the provider of OpenID Connect, with what it needs beside it.
///
/// # Panics
/// When it is not installed.
pub fn openid_provider() -> PathBuf {
    built(target().join("openid/node_modules/oidc-provider/package.json"));
    target().join("openid")
}

/// The program that tries an API with what its description allows and forbids.
pub fn schemathesis() -> PathBuf {
    built(target().join("schemathesis/bin/schemathesis"))
}

/// The binary as users run it.
pub fn jorei_release() -> PathBuf {
    built(target().join("release/jorei"))
}
