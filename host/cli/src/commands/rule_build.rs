//! `jorei rule build`: from a rule's source folder to its component.

use anyhow::{Context as _, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Target of every rule: a plain module without any system interface.
const TARGET: &str = "wasm32-unknown-unknown";

/// A rule's own stack, in bytes. The memory of a decision begins with it: with the usual megabyte
/// in front, everything that a decision touches lies beyond what the host keeps warm.
const STACK_BYTES: u32 = 256 << 10;

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

/// Compiler flags (a TOML list): a small stack, and the builder's folders taken out of the
/// component, so that the same source gives the same bytes wherever it lies and tells nobody where
/// that is.
fn flags(manifest: &Path) -> anyhow::Result<String> {
    let output = Command::new("cargo")
        .args(["metadata", "--format-version=1", "--filter-platform", TARGET, "--manifest-path"])
        .arg(manifest)
        .stderr(Stdio::inherit())
        .output()
        .context("running cargo (is Rust installed?)")?;
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).context("cargo cannot read the rule's Cargo.toml")?;
    let mut flags = vec![format!("-Clink-arg=-zstack-size={STACK_BYTES}")];
    let home = std::env::var("CARGO_HOME").or_else(|_| std::env::var("HOME").map(|home| home + "/.cargo"));
    if let Ok(home) = home {
        flags.push(format!("--remap-path-prefix={home}=/cargo"));
    }
    if let Some(root) = metadata["workspace_root"].as_str() {
        flags.push(format!("--remap-path-prefix={root}=/workspace"));
    }
    for package in metadata["packages"].as_array().into_iter().flatten().filter(|package| package["source"].is_null()) {
        let folder = package["manifest_path"].as_str().and_then(|path| Path::new(path).parent());
        if let (Some(folder), Some(name)) = (folder, package["name"].as_str()) {
            flags.push(format!("--remap-path-prefix={}=/{name}", folder.display()));
        }
    }
    Ok(serde_json::to_string(&flags)?)
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
    // Flags of the surroundings would take the place of these.
    cargo.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS").env_remove("CARGO_BUILD_RUSTFLAGS");
    cargo.args(["--config", &format!("target.{TARGET}.rustflags={}", flags(&manifest)?)]);
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
        .next_back();
    module.with_context(|| format!("cargo made no module from {}", dir.display()))
}
