//! `jorei rule build`: from a rule's source folder to its component.

use anyhow::{Context as _, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Target of every rule: a plain module without any system interface.
const TARGET: &str = "wasm32-unknown-unknown";

/// How rules are compiled, whatever the profiles of their workspace say: small, one unit, no
/// unwinding.
const PROFILE: [&str; 6] = [
    "profile.rule.inherits=\"release\"",
    "profile.rule.opt-level=3",
    "profile.rule.lto=true",
    "profile.rule.codegen-units=1",
    "profile.rule.panic=\"abort\"",
    "profile.rule.strip=\"debuginfo\"",
];

/// Make a component from a rule's source folder.
///
/// Compiles the folder's crate for wasm32-unknown-unknown and wraps the module as a component.
/// The rule reaches nothing but the interfaces of wit/v1; no WASI is linked.
#[derive(clap::Args)]
pub struct Args {
    /// The folder with the rule's Cargo.toml.
    dir: PathBuf,
    /// Where to write the component [default: NAME.wasm in the current folder].
    #[arg(long, short)]
    out: Option<PathBuf>,
    /// Further arguments for cargo.
    #[arg(last = true)]
    cargo: Vec<String>,
}

pub fn run(args: &Args) -> anyhow::Result<()> {
    let module = compile(&args.dir, &args.cargo)?;
    let name = module.file_stem().and_then(|stem| stem.to_str()).unwrap_or("rule").replace('_', "-");
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from(format!("{name}.wasm")));
    let bytes = std::fs::read(&module).with_context(|| format!("reading {}", module.display()))?;
    let component = jorei_engine::component::encode(&bytes)?;
    if let Some(folder) = out.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("making the folder {}", folder.display()))?;
    }
    std::fs::write(&out, &component).with_context(|| format!("writing {}", out.display()))?;
    eprintln!("{}: {} bytes, {}", out.display(), component.len(), jorei_domain::id::Digest::of(&component));
    Ok(())
}

/// Compiles the crate and returns the path of its module.
fn compile(dir: &Path, more: &[String]) -> anyhow::Result<PathBuf> {
    let manifest = dir.join("Cargo.toml");
    if !manifest.is_file() {
        bail!("{} is no rule's folder: it has no Cargo.toml (docs/adding-a-rule.md shows one)", dir.display());
    }
    let mut cargo = Command::new("cargo");
    cargo.args([
        "rustc",
        "--quiet",
        "--message-format=json-render-diagnostics",
        "--profile=rule",
        "--target",
        TARGET,
        "--crate-type=cdylib",
    ]);
    cargo.arg("--manifest-path").arg(&manifest).args(more);
    for setting in PROFILE {
        cargo.args(["--config", setting]);
    }
    let output = cargo.stderr(Stdio::inherit()).output().context("running cargo (is Rust installed?)")?;
    if !output.status.success() {
        bail!(
            "the rule in {} does not compile for {TARGET} (if the target is missing: rustup target add {TARGET}, or cargo xtask setup)",
            dir.display()
        );
    }
    let modules = String::from_utf8_lossy(&output.stdout);
    let module = modules
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["reason"] == "compiler-artifact")
        .filter_map(|message| {
            message["filenames"].as_array()?.iter().filter_map(|name| name.as_str()).find(|name| name.ends_with(".wasm")).map(PathBuf::from)
        })
        .last();
    module.with_context(|| format!("cargo made no module from {}", dir.display()))
}
