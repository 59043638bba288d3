//! The binary as a test runs it: started in a folder, told what to do, killed, started again at the same addresses.
//!
//! Absent here: waiting by the clock. The first line of the binary says that it listens, `settled` that all is answered.

use crate::control::{Asked, Faults, Listening, Seeded};
use crate::register::{Entry, Seed};
use anyhow::{Context as _, ensure};
use jorei_connector::{Settings, Token};
use serde::{Serialize, de::DeserializeOwned};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The secret of a neighbour in a test.
const TOKEN: &str = "token-of-a-synthetic-office";

/// The binary playing a system, with a client for both of its doors. Dropped, it is killed.
pub(crate) struct Played {
    binary: PathBuf,
    arguments: Vec<OsString>,
    process: Child,
    pub(crate) listening: Listening,
    pub(crate) client: reqwest::Client,
}

impl Played {
    /// Starts it with these arguments; its addresses are added to them.
    pub(crate) fn start(binary: &Path, arguments: Vec<OsString>) -> anyhow::Result<Played> {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        // The client has no cryptography of its own. Whoever was first has installed the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build()?;
        let (process, listening) = launch(binary, &arguments, Listening { listen: any, control: any })?;
        Ok(Played { binary: binary.to_owned(), arguments, process, listening, client })
    }

    pub(crate) fn kill(&mut self) -> anyhow::Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }

    pub(crate) fn restart(&mut self) -> anyhow::Result<()> {
        self.kill()?;
        (self.process, self.listening) = launch(&self.binary, &self.arguments, self.listening)?;
        Ok(())
    }

    /// A place on the control port.
    pub(crate) fn path(&self, path: &str) -> String {
        format!("http://{}/{path}", self.listening.control)
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        told(self.client.get(self.path(path))).await
    }

    pub(crate) async fn put(&self, path: &str, form: &impl Serialize) -> anyhow::Result<()> {
        told(self.client.put(self.path(path)).json(form)).await
    }
}

impl Drop for Played {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

/// A neighbour that runs. Dropped, it is killed; its folder keeps its state.
pub struct Neighbour {
    played: Played,
    folder: PathBuf,
    tls: bool,
}

impl Neighbour {
    /// Starts the binary without TLS, with state and token in `folder`. A state that is there already is gone on with.
    ///
    /// # Errors
    /// A binary that is not built (`cargo xtask test`), or that does not start.
    pub fn start(binary: &Path, folder: &Path) -> anyhow::Result<Neighbour> {
        Neighbour::open(binary, folder, false)
    }

    /// Starts it with TLS: `certificate.pem` and `key.pem` stand in `folder`.
    ///
    /// # Errors
    /// As [`Neighbour::start`].
    pub fn start_tls(binary: &Path, folder: &Path) -> anyhow::Result<Neighbour> {
        Neighbour::open(binary, folder, true)
    }

    fn open(binary: &Path, folder: &Path, tls: bool) -> anyhow::Result<Neighbour> {
        let token = folder.join("token");
        std::fs::write(&token, TOKEN)?;
        let mut arguments: Vec<OsString> = vec!["server".into(), "--token-file".into(), token.into()];
        arguments.extend(["--state".into(), folder.join("neighbour.json").into()]);
        if tls {
            arguments.extend(["--tls-cert".into(), folder.join("certificate.pem").into()]);
            arguments.extend(["--tls-key".into(), folder.join("key.pem").into()]);
        }
        Ok(Neighbour { played: Played::start(binary, arguments)?, folder: folder.to_owned(), tls })
    }

    /// How a connector reaches it; the certificate, if it has one, vouches for itself.
    ///
    /// # Errors
    /// A certificate that cannot be read.
    pub fn settings(&self, timeout: Duration) -> anyhow::Result<Settings> {
        let certificate = self.tls.then(|| std::fs::read(self.folder.join("certificate.pem"))).transpose()?;
        Ok(Settings { url: self.url(), token: Token::parse(TOKEN)?, certificate, timeout })
    }

    /// The server's address for a configuration.
    pub fn url(&self) -> String {
        let (scheme, address) = (if self.tls { "https" } else { "http" }, self.played.listening.listen);
        format!("{scheme}://{address}/")
    }

    /// The file with the secret, for a configuration.
    pub fn token_file(&self) -> PathBuf {
        self.folder.join("token")
    }

    /// Ends it at once, as a power cut would (SIGKILL).
    ///
    /// # Errors
    /// An error of the operating system.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.played.kill()
    }

    /// Ends it if it runs, and starts it again at the same addresses with the state it kept.
    ///
    /// # Errors
    /// As [`Neighbour::start`].
    pub fn restart(&mut self) -> anyhow::Result<()> {
        self.played.restart()
    }

    /// Says what the registers know of an addressee.
    ///
    /// # Errors
    /// A control port that does not answer, or refuses.
    pub async fn register(&self, addressee: i64, entry: &Entry) -> anyhow::Result<()> {
        self.played.put(&format!("register/{addressee}"), entry).await
    }

    /// Says it in a form of the caller's own making, to see that it is refused.
    ///
    /// # Errors
    /// As [`Neighbour::register`].
    pub async fn register_form(&self, addressee: i64, form: &serde_json::Value) -> anyhow::Result<()> {
        self.played.put(&format!("register/{addressee}"), form).await
    }

    /// Says what the registers know of many addressees; others stay.
    ///
    /// # Errors
    /// As [`Neighbour::register`].
    pub async fn register_all(&self, entries: &BTreeMap<i64, Entry>) -> anyhow::Result<()> {
        self.played.put("register", entries).await
    }

    /// Forgets an addressee.
    ///
    /// # Errors
    /// As [`Neighbour::register`].
    pub async fn forget(&self, addressee: i64) -> anyhow::Result<()> {
        told(self.played.client.delete(self.played.path(&format!("register/{addressee}")))).await
    }

    /// Says what goes wrong from now on; the default is nothing.
    ///
    /// # Errors
    /// As [`Neighbour::register`].
    pub async fn faults(&self, faults: &Faults) -> anyhow::Result<()> {
        self.played.put("faults", faults).await
    }

    /// The faults that are left.
    ///
    /// # Errors
    /// As [`Neighbour::register`].
    pub async fn faults_left(&self) -> anyhow::Result<Faults> {
        self.played.get("faults").await
    }

    /// Makes accounts up.
    ///
    /// # Errors
    /// As [`Neighbour::register`].
    pub async fn seed(&self, seed: &Seed) -> anyhow::Result<Seeded> {
        told(self.played.client.post(self.played.path("seed")).json(seed)).await
    }

    /// What was asked until now.
    ///
    /// # Errors
    /// As [`Neighbour::register`].
    pub async fn asked(&self) -> anyhow::Result<Asked> {
        self.played.get("queries").await
    }

    /// Waits until every query that was accepted and not lost has its answer.
    ///
    /// # Errors
    /// As [`Neighbour::register`].
    pub async fn settled(&self) -> anyhow::Result<Asked> {
        self.played.get("settled").await
    }
}

fn launch(binary: &Path, arguments: &[OsString], at: Listening) -> anyhow::Result<(Child, Listening)> {
    let mut command = Command::new(binary);
    command.args(arguments);
    command.args(["--until-input-ends", "--listen", &at.listen.to_string(), "--control", &at.control.to_string()]);
    let shown = binary.display();
    let mut process = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("starting {shown}; `cargo xtask test` builds it"))?;
    let mut line = String::new();
    let output = process.stdout.take().context("its output is a pipe")?;
    let read = BufReader::new(output).read_line(&mut line);
    if !matches!(read, Ok(length) if length > 0) {
        let status = process.wait()?;
        anyhow::bail!("{shown} ended with {status} before it listened; it says why above");
    }
    let listening = serde_json::from_str(&line).with_context(|| format!("{shown} says where it listens in one line"))?;
    Ok((process, listening))
}

async fn told<T: DeserializeOwned>(request: reqwest::RequestBuilder) -> anyhow::Result<T> {
    let response = request.send().await.context("speaking to the control port")?;
    let status = response.status();
    let text = response.text().await?;
    ensure!(status.is_success(), "the control port says {status}: {text}");
    Ok(serde_json::from_str(&text)?)
}
