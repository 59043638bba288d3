//! `jorei`: the one binary. Sole holder of the clock, the environment and paths.

mod commands;
mod office;

use clap::{Parser, Subcommand};
use commands::{Exit, assess, demo_city, evaluate, explain, install, key, rule_build, rule_pack};
use std::process::ExitCode;

/// A host for municipal rules: the records and decisions of a city's National Health Insurance
/// office, decided by sandboxed WebAssembly rules.
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
    /// Make and show keys that sign.
    #[command(subcommand)]
    Key(KeyCommand),
    Evaluate(evaluate::Args),
    Schema(evaluate::SchemaArgs),
    DemoCity(demo_city::Args),
    Install(install::Args),
    Assess(assess::Args),
    Summary(assess::SummaryArgs),
    Explain(explain::Args),
    Replay(explain::ReplayArgs),
    Try(explain::TryArgs),
}

#[derive(Subcommand)]
enum RuleCommand {
    Build(rule_build::Args),
    Pack(rule_pack::PackArgs),
    Sign(rule_pack::SignArgs),
    Inspect(rule_pack::InspectArgs),
}

#[derive(Subcommand)]
enum KeyCommand {
    New(key::NewArgs),
    Show(key::ShowArgs),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Rule(RuleCommand::Build(args)) => rule_build::run(&args).map(|()| Exit::Done),
        Command::Rule(RuleCommand::Pack(args)) => rule_pack::run_pack(&args),
        Command::Rule(RuleCommand::Sign(args)) => rule_pack::run_sign(&args),
        Command::Rule(RuleCommand::Inspect(args)) => rule_pack::run_inspect(&args),
        Command::Key(KeyCommand::New(args)) => key::run_new(&args),
        Command::Key(KeyCommand::Show(args)) => key::run_show(&args),
        Command::Evaluate(args) => evaluate::run(&args),
        Command::Schema(args) => evaluate::schema(&args),
        Command::DemoCity(args) => demo_city::run_demo_city(&args),
        Command::Install(args) => install::run_install(&args),
        Command::Assess(args) => assess::run_assess(&args),
        Command::Summary(args) => assess::run_summary(&args),
        Command::Explain(args) => explain::run_explain(&args),
        Command::Replay(args) => explain::run_replay(&args),
        Command::Try(args) => explain::run_try(&args),
    };
    match result {
        Ok(Exit::Done) => ExitCode::SUCCESS,
        Ok(Exit::Some) => ExitCode::from(1),
        // Whoever reads our output has read enough (`jorei schema | head`).
        Err(error) if broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
