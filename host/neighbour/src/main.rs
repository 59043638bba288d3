//! `jorei-neighbour`: plays the municipal intermediate server, or the designated bank, for an office that is tried or shown.
//!
//! Absent: a way to reach the real ones, and any real person.

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use jorei_neighbour::bank;
use jorei_neighbour::control::Listening;
use jorei_neighbour::server::{Server, Settings};
use std::future::Future;
use std::io;
use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Play a system with which an office exchanges data, for tests and demonstrations.
#[derive(Parser)]
#[command(name = "jorei-neighbour", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Server(ServerArgs),
    Bank(BankArgs),
}

/// Play the municipal intermediate server (中間サーバー) until it is stopped.
///
/// Prints one line of JSON with both addresses when it listens: {"listen":"127.0.0.1:…","control":"127.0.0.1:…"}. The
/// control port takes what the registers say (PUT /register/{addressee}, POST /seed) and what goes wrong (PUT /faults), and
/// tells what was asked (GET /queries) and when nothing is open (GET /settled).
///
/// Example: jorei-neighbour server --listen 127.0.0.1:9443 --control 127.0.0.1:9444 --token-file token --state neighbour.json
#[derive(clap::Args)]
struct ServerArgs {
    #[command(flatten)]
    run: RunArgs,
    /// A certificate with its chain in PEM; without it there is no TLS.
    #[arg(long, requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key in PEM.
    #[arg(long, requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

/// Play the designated bank (指定金融機関) until it is stopped.
///
/// Prints one line of JSON with both addresses when it listens: {"listen":"127.0.0.1:…","control":"127.0.0.1:…"}. The
/// bank's port takes bulk transfers (総合振込; POST /v1/transfers?day=2026-12-25) and tells what became of them
/// (GET /v1/transfers/{id}/results). The control port takes what goes wrong (PUT /faults) and which paid money comes back
/// (PUT /return), and tells what stands on the accounts (GET /paid).
///
/// Example: jorei-neighbour bank --listen 127.0.0.1:9445 --control 127.0.0.1:9446 --token-file token --state bank.json
#[derive(clap::Args)]
struct BankArgs {
    #[command(flatten)]
    run: RunArgs,
}

/// How anything that is played runs.
#[derive(clap::Args)]
struct RunArgs {
    /// The address that is played; port 0 takes any that is free.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The control port's address, on this machine only.
    #[arg(long, default_value = "127.0.0.1:0")]
    control: SocketAddr,
    /// The secret that the office shows, in a file.
    #[arg(long)]
    token_file: PathBuf,
    /// Keep all that it was told and asked in this file, and begin with what it holds.
    #[arg(long)]
    state: Option<PathBuf>,
    /// End when standard input ends, as it does when whoever started this has ended.
    #[arg(long)]
    until_input_ends: bool,
}

fn main() -> ExitCode {
    let played = match Cli::parse().command {
        Command::Server(args) => play_server(&args),
        Command::Bank(args) => play_bank(&args.run),
    };
    match played {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::from(2)
        }
    }
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("reading {}", path.display()))
}

fn token(path: &Path) -> anyhow::Result<String> {
    let text = String::from_utf8(read(path)?).with_context(|| format!("{} is no text", path.display()))?;
    Ok(text.trim().to_owned())
}

fn play_server(args: &ServerArgs) -> anyhow::Result<()> {
    let run = &args.run;
    let tls = match (&args.tls_cert, &args.tls_key) {
        (Some(certificate), Some(key)) => Some((read(certificate)?, read(key)?)),
        _ => None,
    };
    let token = token(&run.token_file)?;
    let server = Server::bind(Settings { listen: run.listen, control: run.control, token, tls, state: run.state.clone() })?;
    serve(run, server.listening()?, server.serve())
}

fn play_bank(run: &RunArgs) -> anyhow::Result<()> {
    let token = token(&run.token_file)?;
    let settings = bank::server::Settings { listen: run.listen, control: run.control, token, state: run.state.clone() };
    let server = bank::server::Server::bind(settings)?;
    serve(run, server.listening()?, server.serve())
}

/// Says where it listens, then serves.
fn serve(run: &RunArgs, listening: Listening, served: impl Future<Output = io::Result<()>>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new().context("starting the runtime")?;
    let mut output = io::stdout().lock();
    writeln!(output, "{}", serde_json::to_string(&listening)?)?;
    output.flush()?;
    drop(output);
    if run.until_input_ends {
        std::thread::spawn(|| {
            let _ = io::stdin().lock().read_to_end(&mut Vec::new());
            std::process::exit(0);
        });
    }
    runtime.block_on(served).context("serving")
}
