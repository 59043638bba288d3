//! `jorei serve`: the HTTP service from its configuration, until it is told to stop.
//!
//! Absent: what the service answers (the crate `api`), and anything it needs that is not in its configuration.

use crate::commands::officer::clock;
use crate::commands::vault::read_key;
use crate::commands::{Exit, serve_demo};
use crate::office::{now, open_records, run, runtime_in};
use anyhow::Context as _;
use jorei_api::configuration::{Configuration, PREFIX, TlsFiles};
use jorei_api::idempotency::UnderWay;
use jorei_api::jobs::Jobs;
use jorei_api::openid::OpenId;
use jorei_api::policy::Policy;
use jorei_api::router::router;
use jorei_api::server::{Readiness, Tls, install_cryptography, observed, serve, side_door};
use jorei_api::state::Host;
use jorei_api::telemetry::Telemetry;
use jorei_service::payees::AccountVault;
use jorei_service::personal_numbers::Vault;
use jorei_service::revisions::Shelf;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};

/// Answer requests over HTTP until SIGTERM or SIGINT.
///
/// docs/reference/configuration.md has every key of the configuration, docs/operating/run-the-service.md
/// the way from a machine to a service. At SIGHUP the certificate is read again.
///
/// Example: jorei serve --config /etc/jorei/service.toml
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The configuration (TOML). Without it the defaults hold, and what the environment says.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Read everything that the configuration names, print the configuration that holds, and end.
    #[arg(long)]
    check: bool,
    /// Serve a synthetic city with an office of its own, from a folder that is made for it.
    #[arg(long, conflicts_with = "check")]
    demo: bool,
    /// The folder of the demo: its database, and the keys of its accounts.
    #[arg(long, default_value = "jorei-demo", requires = "demo")]
    demo_folder: PathBuf,
    /// How many households the demo has.
    #[arg(long, default_value = "1000", requires = "demo")]
    demo_households: u32,
    #[command(flatten)]
    demo_rule: serve_demo::RuleArgs,
}

pub fn run_serve(args: &Args) -> anyhow::Result<Exit> {
    let mut variables = variables();
    if args.demo {
        let database = format!("sqlite://{}", args.demo_folder.join("jorei.db").display());
        variables.push((format!("{PREFIX}DATABASE__ADDRESS"), database));
        let key = serve_demo::vault_key(&args.demo_folder);
        variables.push((format!("{PREFIX}VAULT__KEY_FILE"), key.display().to_string()));
    }
    let configuration = read(args.config.as_deref(), variables)?;
    install_cryptography();
    let tls = configuration.tls.as_ref().map(read_tls).transpose()?;
    let openid = read_openid(&configuration)?;
    if args.check {
        // Only that it can be read: nothing is opened with it.
        configuration.vault_key_file.as_deref().map(vaults).transpose()?;
        std::io::stdout().write_all(configuration.effective().as_bytes())?;
        return Ok(Exit::Done);
    }
    run(async {
        if args.demo {
            let runtime = || runtime_in(configuration.cache.clone());
            serve_demo::prepare(&args.demo_folder, &configuration.database, args.demo_households, &args.demo_rule, runtime).await?;
        }
        run_service(configuration, tls, openid).await
    })
}

/// The variables of the environment that concern the service. Others may be no text.
fn variables() -> Vec<(String, String)> {
    let all = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    all.filter(|(name, _)| name.starts_with(PREFIX)).collect()
}

fn read(file: Option<&Path>, variables: Vec<(String, String)>) -> anyhow::Result<Configuration> {
    let Some(path) = file else { return Ok(Configuration::read(None, variables)?) };
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    Ok(Configuration::read(Some((&path.display().to_string(), &text)), variables)?)
}

fn read_pem(files: &TlsFiles) -> anyhow::Result<(Vec<u8>, Vec<u8>)> {
    let read = |path: &Path| std::fs::read(path).with_context(|| format!("reading {}", path.display()));
    Ok((read(&files.certificate)?, read(&files.key)?))
}

fn read_tls(files: &TlsFiles) -> anyhow::Result<Tls> {
    let (certificate, key) = read_pem(files)?;
    Ok(Tls::from_pem(&certificate, &key)?)
}

fn reload_tls(files: &TlsFiles, tls: &Tls) -> anyhow::Result<()> {
    let (certificate, key) = read_pem(files)?;
    Ok(tls.reload(&certificate, &key)?)
}

fn read_openid(configuration: &Configuration) -> anyhow::Result<Option<OpenId>> {
    let Some(settings) = &configuration.openid else { return Ok(None) };
    let path = &settings.client_secret_file;
    let secret = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    Ok(Some(OpenId::new(settings, &secret, seconds)?))
}

/// Seconds since 1970.
fn seconds() -> i64 {
    jiff::Timestamp::now().as_second()
}

async fn run_service(configuration: Configuration, tls: Option<Tls>, openid: Option<OpenId>) -> anyhow::Result<Exit> {
    let telemetry = Arc::new(Telemetry::new(&configuration.telemetry)?);
    telemetry.install(&configuration.telemetry, now)?;
    // The doors before the records: a port that is taken is told at once.
    let listener = bind("listen.address", configuration.listen)?;
    let side_listener = bind("listen.side_address", configuration.side)?;
    // With port 0 the system picks one: what is told is where it really listens.
    let (address, side_address) = (listener.local_addr()?, side_listener.local_addr()?);
    let store = open_records(&configuration.database).await?;
    let runtime = runtime_in(configuration.cache.clone())?;
    let (vault, accounts) = configuration.vault_key_file.as_deref().map(vaults).transpose()?.unzip();
    let host = Host {
        store: store.clone(),
        shelf: Shelf::new(store.clone(), Arc::clone(&runtime)),
        runtime,
        policy: Policy::shipped()?,
        vault,
        accounts,
        openid,
        jobs: Jobs::default(),
        under_way: UnderWay::default(),
        telemetry: Arc::clone(&telemetry),
        clock,
        limits: configuration.limits,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
    };
    let host = Arc::new(host);
    let router = observed(router(Arc::clone(&host)), Arc::clone(&telemetry));
    let readiness = Arc::new(Readiness::default());
    let side = side_door(Arc::clone(&telemetry), Arc::clone(&readiness), store.clone());
    let (side_end, side_ended) = tokio::sync::oneshot::channel::<()>();
    let side = tokio::spawn(async move {
        // An error is the other end gone, which is an end as well.
        let ended = async move { drop(side_ended.await) };
        serve(side, side_listener, None, &configuration.limits, Arc::new(Readiness::default()), ended).await
    });
    if let (Some(files), Some(tls)) = (&configuration.tls, &tls) {
        reload_at_hangup(files.clone(), tls.clone())?;
    }
    let stop = stop_signal()?;
    tracing::info!(%address, side = %side_address, tls = tls.is_some(), "serving");
    // Long work is asked to end at once, so that those who follow it are told, and let go of their connections.
    let asking = Arc::clone(&host);
    let stop = async move {
        stop.await;
        asking.jobs.ask_to_stop();
    };
    let served = serve(router, listener, tls, &configuration.limits, readiness, stop).await;
    tracing::info!("stopping");
    host.jobs.ended(configuration.limits.shutdown).await;
    // The side door stands open to the end, so that whoever asks is told that this service is ending.
    drop(side_end);
    let side = side.await.context("the side door")?;
    store.close().await;
    tokio::task::spawn_blocking(move || telemetry.flush()).await?;
    served.context("serving")?;
    side.context("serving the side door")?;
    Ok(Exit::Done)
}

/// The keys of personal numbers and those of accounts: different ones, made from one file.
fn vaults(path: &Path) -> anyhow::Result<(Vault, AccountVault)> {
    let key = read_key(path)?;
    Ok((Vault::new(key), AccountVault::new(key)))
}

fn bind(key: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).with_context(|| format!("listening at {address} (`{key}`)"))
}

/// Ready when the service is told to stop.
fn stop_signal() -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Reads the certificate again at every SIGHUP. One that cannot be used is told of, and the one before stays.
fn reload_at_hangup(files: TlsFiles, tls: Tls) -> anyhow::Result<()> {
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            match reload_tls(&files, &tls) {
                Ok(()) => tracing::info!("the certificate was read again"),
                Err(error) => tracing::error!(reason = format!("{error:#}"), "the certificate before stays"),
            }
        }
    });
    Ok(())
}
