//! What every system that is played has: a door for the office, a control port, a secret, and a memory in a file.
//!
//! What has an effect is written to the state's file before it is answered. The file is not forced to the disk: it has to
//! outlive the process, not the machine. Absent here: what goes through the doors.

use crate::control::Listening;
use anyhow::{Context as _, ensure};
use axum::body::{Body, to_bytes};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use jorei_connector::{Token, wire};
use serde::{Serialize, de::DeserializeOwned};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;

/// Bytes of a request on a control port: a city's register.
const CONTROL_BYTES: usize = 256 << 20;

/// Both addresses, bound and not yet open.
pub(crate) struct Doors {
    pub(crate) listen: TcpListener,
    pub(crate) control: TcpListener,
}

impl Doors {
    /// Binds both. The control port asks nobody who they are, so that it is for this machine only.
    pub(crate) fn bind(listen: SocketAddr, control: SocketAddr, token: &str) -> anyhow::Result<Doors> {
        ensure!(
            control.ip().is_loopback(),
            "--control is {control}: whoever reaches the control port rules the neighbour, so it is 127.0.0.1 or ::1"
        );
        ensure!(Token::parse(token).is_ok(), "the token's file must hold 16 to 512 visible ASCII characters");
        let bind = |address: SocketAddr| {
            let door = TcpListener::bind(address).with_context(|| format!("listening on {address}"))?;
            door.set_nonblocking(true)?;
            anyhow::Ok(door)
        };
        Ok(Doors { listen: bind(listen)?, control: bind(control)? })
    }

    pub(crate) fn listening(&self) -> io::Result<Listening> {
        Ok(Listening { listen: self.listen.local_addr()?, control: self.control.local_addr()? })
    }
}

/// What the state's file holds; nothing, if there is none yet.
pub(crate) fn remembered<T: DeserializeOwned + Default>(state: Option<&Path>) -> anyhow::Result<T> {
    match state {
        Some(path) if path.exists() => {
            let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
            wire::read(&bytes).map_err(|what| anyhow::anyhow!("{} {what}; remove it to begin anew", path.display()))
        }
        _ => Ok(T::default()),
    }
}

/// Writes a memory beside its place, then into it: a process that is killed leaves the old one or the new one.
pub(crate) fn remember(state: Option<&Path>, memory: &impl Serialize) -> io::Result<()> {
    let Some(path) = state else { return Ok(()) };
    let beside = path.with_extension("new");
    std::fs::write(&beside, serde_json::to_vec(memory)?)?;
    std::fs::rename(&beside, path)
}

/// Reads a document of a control port.
pub(crate) async fn told<T: DeserializeOwned>(body: Body) -> Result<T, Response> {
    let bytes = to_bytes(body, CONTROL_BYTES).await.map_err(|error| (StatusCode::PAYLOAD_TOO_LARGE, error.to_string()).into_response())?;
    wire::read(&bytes).map_err(|what| (StatusCode::BAD_REQUEST, what).into_response())
}

/// An answer in JSON.
pub(crate) fn json(status: StatusCode, form: &impl Serialize) -> Response {
    match serde_json::to_vec(form) {
        Ok(bytes) => (status, [(CONTENT_TYPE, "application/json")], bytes).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
