//! Builds the binary, and with it the rules and the hostile guests: `jorei rule build` is the one
//! way from source to component.

use crate::run;
use anyhow::Context as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Which build of the binary.
#[derive(Clone, Copy)]
pub enum Profile {
    /// For tests.
    Dev,
    /// For the demo, the bench, and users.
    Release,
}

/// Builds the binary, with the auditor's and the neighbour's beside it, and returns the first one's path.
pub fn binary(profile: Profile) -> anyhow::Result<PathBuf> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--package", "jorei-cli", "--package", "jorei-verify", "--package", "jorei-neighbour"]);
    let folder = match profile {
        Profile::Dev => "debug",
        Profile::Release => {
            cargo.arg("--release");
            "release"
        }
    };
    run(&mut cargo)?;
    Ok(target().join(folder).join("jorei"))
}

/// Builds every rule into `target/rules/<name>.wasm`.
pub fn rules(profile: Profile) -> anyhow::Result<PathBuf> {
    let jorei = binary(profile)?;
    let mut sources = folders("plugins")?;
    sources.retain(|folder| folder.join("rule.toml").is_file());
    sources.push(PathBuf::from("tests/toy"));
    for rule in &sources {
        let name = rule.file_name().context("a rule's folder has a name")?;
        run(Command::new(&jorei)
            .args(["rule", "build"])
            .arg(rule)
            .arg("--out")
            .arg(target().join("rules").join(name).with_extension("wasm")))?;
    }
    Ok(jorei)
}

/// Builds every hostile guest into `target/guests/<name>.wasm`.
pub fn guests() -> anyhow::Result<()> {
    let jorei = target().join("debug/jorei");
    for entry in std::fs::read_dir("tests/guests/src").context("reading tests/guests/src")? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        if name != "lib" {
            let out = target().join("guests").join(name).with_extension("wasm");
            run(Command::new(&jorei).args(["rule", "build", "tests/guests", "--out"]).arg(out).args(["--", "--features", name]))?;
        }
    }
    Ok(())
}

/// Cargo's target folder.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from)
}

/// The folders in a folder, in order.
fn folders(of: impl AsRef<Path>) -> anyhow::Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(of)? {
        let path = entry?.path();
        if path.is_dir() {
            all.push(path);
        }
    }
    all.sort();
    Ok(all)
}
