//! `jorei`: the one binary. Sole holder of the clock, the environment and paths.

mod commands;

use clap::{Parser, Subcommand};
use commands::{Exit, evaluate, rule_build};
use std::process::ExitCode;

/// A host for municipal rules: records, decisions and payments of a city's National Health
/// Insurance office, decided by sandboxed WebAssembly rules.
#[derive(Parser)]
#[command(name = "jorei", version, propagate_version = true, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Work on rules.
    #[command(subcommand)]
    Rule(RuleCommand),
    Evaluate(evaluate::Args),
    Schema(evaluate::SchemaArgs),
}

#[derive(Subcommand)]
enum RuleCommand {
    Build(rule_build::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match &cli.command {
        Command::Rule(RuleCommand::Build(args)) => rule_build::run(args).map(|()| Exit::Done),
        Command::Evaluate(args) => evaluate::run(args),
        Command::Schema(args) => evaluate::schema(args),
    };
    match result {
        Ok(Exit::Done) => ExitCode::SUCCESS,
        Ok(Exit::Some) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}
