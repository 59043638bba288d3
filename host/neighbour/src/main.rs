//! `jorei-neighbour`: plays the municipal intermediate server for an office that is tried or shown.
//!
//! Absent: a way to reach the real one, and any real person.

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use jorei_neighbour::server::{Server, Settings};
use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
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
    /// The server's address; port 0 takes any that is free.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The control port's address, on this machine only.
    #[arg(long, default_value = "127.0.0.1:0")]
    control: SocketAddr,
    /// The secret that the office shows, in a file.
    #[arg(long)]
    token_file: PathBuf,
    /// A certificate with its chain in PEM; without it there is no TLS.
    #[arg(long, requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key in PEM.
    #[arg(long, requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Keep queries, answers, register and faults in this file, and begin with what it holds.
    #[arg(long)]
    state: Option<PathBuf>,
    /// End when standard input ends, as it does when whoever started this has ended.
    #[arg(long)]
    until_input_ends: bool,
}

fn main() -> ExitCode {
    let Command::Server(args) = Cli::parse().command;
    match serve(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::from(2)
        }
    }
}

fn serve(args: &ServerArgs) -> anyhow::Result<()> {
    let read = |path: &PathBuf| std::fs::read(path).with_context(|| format!("reading {}", path.display()));
    let token = String::from_utf8(read(&args.token_file)?).with_context(|| format!("{} is no text", args.token_file.display()))?;
    let tls = match (&args.tls_cert, &args.tls_key) {
        (Some(certificate), Some(key)) => Some((read(certificate)?, read(key)?)),
        _ => None,
    };
    let settings = Settings { listen: args.listen, control: args.control, token: token.trim().to_owned(), tls, state: args.state.clone() };
    let runtime = tokio::runtime::Runtime::new().context("starting the runtime")?;
    runtime.block_on(async {
        let server = Server::bind(settings)?;
        let mut output = std::io::stdout().lock();
        writeln!(output, "{}", serde_json::to_string(&server.listening()?)?)?;
        output.flush()?;
        drop(output);
        if args.until_input_ends {
            std::thread::spawn(|| {
                let _ = std::io::stdin().lock().read_to_end(&mut Vec::new());
                std::process::exit(0);
            });
        }
        server.serve().await.context("serving")
    })
}
