//! The developers' entry: `cargo xtask demo`, `cargo xtask test` and the rest. Imports nothing of
//! ours, so it builds when they do not.

mod build;
mod demo;
mod tidy;
mod toolchain;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::Command;

/// The developers' commands.
#[derive(Parser)]
#[command(name = "cargo xtask", arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what a Debian machine with rustup and build-essential lacks.
    Setup,
    /// Build everything, make a synthetic city, assess it, and explain one decision.
    Demo(demo::Args),
    /// Check format, lints and layering, and run every test.
    Test,
    /// Run the long tests in full; `test` runs them at a tenth.
    Soak,
    /// Measure: prints ratios against a baseline in the same process.
    Bench {
        /// One of `http`, `benefits`, `ledger`, `reassessment` alone; everything without it.
        part: Option<String>,
    },
    /// Check what the compiler does not: layering, articles, documents, forbidden words.
    Tidy,
}

fn main() -> anyhow::Result<()> {
    // The alias runs from wherever the developer stands.
    std::env::set_current_dir(root()).context("entering the repository")?;
    match Cli::parse().task {
        Task::Setup => setup(),
        Task::Demo(args) => {
            toolchain::wasm_target()?;
            demo::run(&args)
        }
        Task::Test => test(Length::Tenth),
        Task::Soak => test(Length::Full),
        Task::Bench { part } => {
            setup()?;
            build::rules(build::Profile::Release)?;
            run(Command::new("cargo").args(["bench", "--quiet", "--package", "jorei-tests", "--"]).args(part))
        }
        Task::Tidy => tidy::check(),
    }
}

/// The repository's root: two levels above this crate.
fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn setup() -> anyhow::Result<()> {
    toolchain::components()?;
    toolchain::wasm_target()?;
    toolchain::postgresql()?;
    toolchain::openssl()?;
    toolchain::openid_provider()?;
    toolchain::schemathesis()
}

/// How long the long tests run.
#[derive(Clone, Copy, PartialEq)]
enum Length {
    Tenth,
    Full,
}

/// Runs the tests.
fn test(length: Length) -> anyhow::Result<()> {
    setup()?;
    step("format");
    run(Command::new("cargo").args(["fmt", "--all", "--check"]))?;
    step("tidy");
    tidy::check()?;
    step("rules and guests");
    build::rules(build::Profile::Dev)?;
    build::guests()?;
    step("lints");
    run(Command::new("cargo").args([
        "clippy",
        "--quiet",
        "--workspace",
        "--exclude",
        "jorei-guests",
        "--all-targets",
        "--",
        "--deny=warnings",
    ]))?;
    step("tests");
    // The fast ones first; the suite's own summary comes last.
    run(Command::new("cargo").args(["test", "--workspace", "--exclude", "jorei-guests", "--exclude", "jorei-tests"]))?;
    let mut suite = Command::new("cargo");
    suite.args(["test", "--package", "jorei-tests", "--test", "suite"]);
    if length == Length::Full {
        // Optimised, it and the binary that compiles its rules: it works for hours otherwise.
        build::binary(build::Profile::Release)?;
        suite.arg("--release").env("JOREI_TEST_LENGTH", "full");
    }
    run(&mut suite)
}

/// Says what happens next.
fn step(name: &str) {
    eprintln!("== {name}");
}

/// Runs a command to its end; an error names it.
fn run(command: &mut Command) -> anyhow::Result<()> {
    let shown = format!("{command:?}").replace('"', "");
    let status = command.status().with_context(|| format!("running {shown}"))?;
    anyhow::ensure!(status.success(), "{shown} ended with {status}");
    Ok(())
}
