//! The bank's two doors: its own (`/v1`, behind a token), and the control port, which is open to whoever sits at this machine.
//!
//! Absent here: what a file comes to ([`super::desk`]), and TLS: what is played stands on the machine that tries it.

use super::control::{Faults, Refusal, Return};
use super::desk::{Desk, Taken, Told, Transfer};
use crate::control::Listening;
use crate::doors::{Doors, json, remember, remembered, told};
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post, put};
use jorei_bank::results::{Encoding, OwnForm};
use jorei_domain::calendar::Date;
use serde::{Deserialize, Serialize};
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes of the longest file: six digits count its lines, and three records stand around them.
const FILE_BYTES: usize = (999_999 + 3) * 122;

/// How the bank runs.
pub struct Settings {
    /// The bank's address; port 0 is any.
    pub listen: SocketAddr,
    /// The control port's address, on this machine; port 0 is any.
    pub control: SocketAddr,
    /// The secret that the office shows.
    pub token: String,
    /// Where the memory outlives the process; none: nowhere.
    pub state: Option<PathBuf>,
}

/// Both doors, bound and not yet open.
pub struct Server {
    doors: Doors,
    counter: Arc<Counter>,
}

/// Where files are handed in.
struct Counter {
    token: String,
    state: Option<PathBuf>,
    desk: Mutex<Desk>,
}

impl Server {
    /// Reads the state, if there is one, and binds both addresses.
    ///
    /// # Errors
    /// An address, a token or a state that cannot be used.
    pub fn bind(settings: Settings) -> anyhow::Result<Server> {
        let doors = Doors::bind(settings.listen, settings.control, &settings.token)?;
        let desk = Mutex::new(remembered(settings.state.as_deref())?);
        let counter = Counter { token: format!("Bearer {}", settings.token), state: settings.state, desk };
        Ok(Server { doors, counter: Arc::new(counter) })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// An error of the operating system.
    pub fn listening(&self) -> io::Result<Listening> {
        self.doors.listening()
    }

    /// Serves until it is dropped.
    ///
    /// # Errors
    /// An error of the operating system.
    pub async fn serve(self) -> io::Result<()> {
        let Server { doors: Doors { listen, control }, counter } = self;
        let service = axum_server::from_tcp(listen)?.serve(counter.clone().service().into_make_service());
        let control = axum_server::from_tcp(control)?.serve(counter.control().into_make_service());
        tokio::select! {
            served = service => served,
            served = control => served,
        }
    }
}

/// What travels behind `POST /v1/transfers`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    day: Date,
}

fn refused(status: StatusCode, code: &str, text: impl Into<String>) -> Response {
    json(status, &Refusal::new(code, text))
}

impl Counter {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        // A panic elsewhere left the desk as it was; a test should see its own failure first.
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn service(self: Arc<Self>) -> Router {
        Router::new()
            .route("/v1/transfers", post(transfers))
            .route("/v1/transfers/{id}/results", get(results))
            .fallback(async || refused(StatusCode::NOT_FOUND, "place", "there is no such place here"))
            .with_state(self)
    }

    fn control(self: Arc<Self>) -> Router {
        Router::new()
            .route("/faults", put(set_faults).get(faults))
            .route("/return", put(give_back))
            .route("/paid", get(paid))
            .with_state(self)
    }

    fn stops(&self, headers: &HeaderMap) -> Option<Response> {
        let shown = headers.get(AUTHORIZATION).is_some_and(|told| told.as_bytes() == self.token.as_bytes());
        (!shown).then(|| refused(StatusCode::UNAUTHORIZED, "token", "show the token: Authorization: Bearer …"))
    }

    fn keep(&self, desk: &mut Desk) -> io::Result<()> {
        if desk.changed {
            remember(self.state.as_deref(), desk)?;
            desk.changed = false;
        }
        Ok(())
    }

    /// Keeps what a request changed, then sends its reply, if it is not to be lost.
    fn sent(&self, mut desk: MutexGuard<'_, Desk>, reply: Response) -> Response {
        let loses = desk.loses_reply();
        let kept = self.keep(&mut desk);
        drop(desk);
        match kept {
            Err(error) => refused(StatusCode::INTERNAL_SERVER_ERROR, "state", error.to_string()),
            // A body that fails before its first byte: the connection closes with the head still unsent.
            Ok(()) if loses => {
                let failure = Err::<Bytes, io::Error>(io::ErrorKind::ConnectionAborted.into());
                Body::from_stream(tokio_stream::iter([failure])).into_response()
            }
            Ok(()) => reply,
        }
    }

    /// Changes the desk and keeps it.
    fn change<T: Serialize>(&self, change: impl FnOnce(&mut Desk) -> T) -> Response {
        let mut desk = self.desk();
        let told = change(&mut desk);
        match self.keep(&mut desk) {
            Ok(()) => json(StatusCode::OK, &told),
            Err(error) => refused(StatusCode::INTERNAL_SERVER_ERROR, "state", error.to_string()),
        }
    }
}

async fn transfers(
    State(counter): State<Arc<Counter>>,
    wish: Result<Query<Wish>, QueryRejection>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    if let Some(stop) = counter.stops(&headers) {
        return stop;
    }
    let Ok(Query(Wish { day })) = wish else {
        return refused(StatusCode::BAD_REQUEST, "day", "name the day of the transfer, because a file has no year: ?day=2026-12-25");
    };
    let Ok(bytes) = to_bytes(body, FILE_BYTES).await else {
        return refused(StatusCode::PAYLOAD_TOO_LARGE, "too-long", format!("a bulk transfer has at most {FILE_BYTES} bytes"));
    };
    let read = Transfer::read(&bytes, day);
    let mut desk = counter.desk();
    let reply = match read.map(|transfer| desk.take(transfer)) {
        Ok(Taken::New(receipt)) => json(StatusCode::CREATED, &receipt),
        Ok(Taken::Known(receipt)) => json(StatusCode::OK, &receipt),
        Ok(Taken::OtherDay(before)) => {
            refused(StatusCode::CONFLICT, "other-day", format!("the same bytes were taken for {before}; a file for {day} is another one"))
        }
        Err(error) => {
            let (line, field) = (Some(error.line), Some(error.field.to_string()));
            json(StatusCode::UNPROCESSABLE_ENTITY, &Refusal { line, field, ..Refusal::new("file", error.to_string()) })
        }
    };
    counter.sent(desk, reply)
}

async fn results(State(counter): State<Arc<Counter>>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    if let Some(stop) = counter.stops(&headers) {
        return stop;
    }
    let desk = counter.desk();
    let reply = match desk.results(&id) {
        Told::Unknown => refused(StatusCode::NOT_FOUND, "unknown", "no transfer with this id was taken"),
        Told::Held => refused(StatusCode::ACCEPTED, "held", "the transfer was taken and is not carried out yet; ask again later"),
        Told::Results(results) => {
            let mut sheet = Vec::new();
            match (OwnForm { encoding: Encoding::Utf8 }).write(&mut sheet, &results) {
                Ok(()) => (StatusCode::OK, [(CONTENT_TYPE, "text/csv; charset=utf-8")], sheet).into_response(),
                Err(error) => refused(StatusCode::INTERNAL_SERVER_ERROR, "state", error.to_string()),
            }
        }
    };
    counter.sent(desk, reply)
}

async fn set_faults(State(counter): State<Arc<Counter>>, body: Body) -> Response {
    match told::<Faults>(body).await {
        Ok(faults) => counter.change(|desk| desk.set_faults(faults)),
        Err(refused) => refused,
    }
}

async fn faults(State(counter): State<Arc<Counter>>) -> Response {
    json(StatusCode::OK, counter.desk().faults())
}

async fn give_back(State(counter): State<Arc<Counter>>, body: Body) -> Response {
    let told = match told::<Return>(body).await {
        Ok(told) => told,
        Err(refused) => return refused,
    };
    let payment = told.payment.0;
    let mut desk = counter.desk();
    if desk.give_back(told).is_err() {
        let text = format!("no money of payment {payment} stands on an account, so that none can come back");
        return refused(StatusCode::CONFLICT, "not-paid", text);
    }
    match counter.keep(&mut desk) {
        Ok(()) => json(StatusCode::OK, &()),
        Err(error) => refused(StatusCode::INTERNAL_SERVER_ERROR, "state", error.to_string()),
    }
}

async fn paid(State(counter): State<Arc<Counter>>) -> Response {
    match counter.desk().paid() {
        Ok(paid) => json(StatusCode::OK, &paid),
        Err(error) => refused(StatusCode::INTERNAL_SERVER_ERROR, "state", error.to_string()),
    }
}
