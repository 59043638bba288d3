//! The bank as a test runs it: started in a folder, handed files, told what goes wrong, killed, started again at the same
//! addresses.
//!
//! Absent here: sending again what had no reply. That is what the office is tried for.

use super::control::{Faults, Paid, Receipt, Refusal, Return};
use crate::process::Played;
use anyhow::{Context as _, bail};
use jorei_domain::calendar::Date;
use reqwest::StatusCode;
use reqwest::header::AUTHORIZATION;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The secret between a bank and an office in a test.
const TOKEN: &str = "token-of-a-synthetic-client";

/// A bank that runs. Dropped, it is killed; its folder keeps its state.
pub struct Bank {
    played: Played,
    folder: PathBuf,
}

/// What the bank says of a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Sent {
    /// It is new.
    New(Receipt),
    /// Its bytes were taken before; nothing is paid for them again.
    Known(Receipt),
    /// It was not taken, under this HTTP status.
    Refused(u16, Refusal),
}

/// What the bank says of a transfer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Results {
    /// What became of its lines: a sheet in our own form (UTF-8).
    Told(Vec<u8>),
    /// It is not carried out yet.
    Held,
    /// Nobody handed it in.
    Unknown,
}

impl Bank {
    /// Starts the binary with state and token in `folder`; an intermediate server can have the same folder. A state that is
    /// there already is gone on with.
    ///
    /// # Errors
    /// A binary that is not built (`cargo xtask test`), or that does not start.
    pub fn start(binary: &Path, folder: &Path) -> anyhow::Result<Bank> {
        let bank = |played| Bank { played, folder: folder.to_owned() };
        let token = folder.join("bank-token");
        std::fs::write(&token, TOKEN)?;
        let arguments: Vec<OsString> =
            vec!["bank".into(), "--token-file".into(), token.into(), "--state".into(), folder.join("bank.json").into()];
        Played::start(binary, arguments).map(bank)
    }

    /// The bank's address, for a configuration.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address())
    }

    /// The bank's address, for a socket.
    pub fn address(&self) -> SocketAddr {
        self.played.listening.listen
    }

    /// The file with the secret, for a configuration.
    pub fn token_file(&self) -> PathBuf {
        self.folder.join("bank-token")
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
    /// As [`Bank::start`].
    pub fn restart(&mut self) -> anyhow::Result<()> {
        self.played.restart()
    }

    /// Hands a file in for a day.
    ///
    /// # Errors
    /// A bank that does not reply. The file may have been taken.
    pub async fn send(&self, bytes: &[u8], day: Date) -> anyhow::Result<Sent> {
        let request = self.played.client.post(format!("{}v1/transfers?day={day}", self.url())).body(bytes.to_vec());
        let response = request.header(AUTHORIZATION, format!("Bearer {TOKEN}")).send().await.context("speaking to the bank")?;
        let status = response.status();
        let bytes = response.bytes().await?;
        Ok(match status {
            StatusCode::CREATED => Sent::New(serde_json::from_slice(&bytes)?),
            StatusCode::OK => Sent::Known(serde_json::from_slice(&bytes)?),
            _ => Sent::Refused(status.as_u16(), serde_json::from_slice(&bytes)?),
        })
    }

    /// What became of a transfer, by the id of its receipt.
    ///
    /// # Errors
    /// A bank that does not reply, or with another status than those of [`Results`].
    pub async fn results(&self, id: &str) -> anyhow::Result<Results> {
        let request = self.played.client.get(format!("{}v1/transfers/{id}/results", self.url()));
        let response = request.header(AUTHORIZATION, format!("Bearer {TOKEN}")).send().await.context("speaking to the bank")?;
        Ok(match response.status() {
            StatusCode::OK => Results::Told(response.bytes().await?.to_vec()),
            StatusCode::ACCEPTED => Results::Held,
            StatusCode::NOT_FOUND => Results::Unknown,
            other => bail!("the bank says {other}: {}", response.text().await?),
        })
    }

    /// Says what goes wrong from now on; the default is nothing.
    ///
    /// # Errors
    /// A control port that does not answer, or refuses.
    pub async fn faults(&self, faults: &Faults) -> anyhow::Result<()> {
        self.played.put("faults", faults).await
    }

    /// Says it in a form of the caller's own making, to see that it is refused.
    ///
    /// # Errors
    /// As [`Bank::faults`].
    pub async fn faults_form(&self, form: &serde_json::Value) -> anyhow::Result<()> {
        self.played.put("faults", form).await
    }

    /// The faults that are left.
    ///
    /// # Errors
    /// As [`Bank::faults`].
    pub async fn faults_left(&self) -> anyhow::Result<Faults> {
        self.played.get("faults").await
    }

    /// What stands on the accounts.
    ///
    /// # Errors
    /// As [`Bank::faults`].
    pub async fn paid(&self) -> anyhow::Result<Paid> {
        self.played.get("paid").await
    }

    /// Lets the money of a paid line come back.
    ///
    /// # Errors
    /// As [`Bank::faults`]; no money of the payment stands on an account.
    pub async fn give_back(&self, told: &Return) -> anyhow::Result<()> {
        self.played.put("return", told).await
    }
}
