//! The two doors: the server's own (`/v1`, behind a token, over TLS if it has a certificate), and the control port, which is
//! open to whoever sits at this machine.
//!
//! Absent here: what is answered ([`crate::desk`]), and what every played system has (`doors`).

use crate::control::{DRIBBLE_BYTES, Faults, GarbageKind, Listening, Seeded};
use crate::desk::{Delivery, Desk, NotTaken};
use crate::doors::{Doors, remember, remembered, told};
use crate::register::{Entry, Seed};
use anyhow::Context as _;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Path, Query, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post, put};
use axum_server::tls_rustls::RustlsConfig;
use jorei_connector::ANSWER_BYTES;
use jorei_connector::wire::{self, AcceptedForm, AnswersForm, ProblemForm, QueriesForm};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;

/// Bytes of a request on the server's door: a full batch, with room.
const REQUEST_BYTES: usize = 2 << 20;

/// How the neighbour runs.
pub struct Settings {
    /// The server's address; port 0 is any.
    pub listen: SocketAddr,
    /// The control port's address, on this machine; port 0 is any.
    pub control: SocketAddr,
    /// The secret that the office shows.
    pub token: String,
    /// Certificate and key in PEM; none: without TLS.
    pub tls: Option<(Vec<u8>, Vec<u8>)>,
    /// Where the memory outlives the process; none: nowhere.
    pub state: Option<PathBuf>,
}

/// Both doors, bound and not yet open.
pub struct Server {
    doors: Doors,
    tls: Option<RustlsConfig>,
    office: Arc<Office>,
}

struct Office {
    token: String,
    state: Option<PathBuf>,
    desk: Mutex<Desk>,
    woken: Notify,
    open: watch::Sender<usize>,
}

impl Server {
    /// Reads the state, if there is one, and binds both addresses.
    ///
    /// # Errors
    /// An address, a certificate or a state that cannot be used.
    pub fn bind(settings: Settings) -> anyhow::Result<Server> {
        let doors = Doors::bind(settings.listen, settings.control, &settings.token)?;
        let desk: Desk = remembered(settings.state.as_deref())?;
        let tls = settings.tls.map(|(certificate, key)| tls(&certificate, &key)).transpose()?;
        let office = Office {
            token: format!("Bearer {}", settings.token),
            state: settings.state,
            open: watch::Sender::new(desk.open()),
            desk: Mutex::new(desk),
            woken: Notify::new(),
        };
        Ok(Server { doors, tls, office: Arc::new(office) })
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
        let Server { doors: Doors { listen: door, control }, tls, office } = self;
        let service = office.clone().service().into_make_service();
        let control = axum_server::from_tcp(control)?.serve(office.clone().control().into_make_service());
        let deliveries = office.deliveries();
        match tls {
            Some(config) => {
                tokio::select! {
                    served = axum_server::from_tcp_rustls(door, config)?.serve(service) => served,
                    served = control => served,
                    failed = deliveries => failed,
                }
            }
            None => {
                tokio::select! {
                    served = axum_server::from_tcp(door)?.serve(service) => served,
                    served = control => served,
                    failed = deliveries => failed,
                }
            }
        }
    }
}

fn tls(certificate: &[u8], key: &[u8]) -> anyhow::Result<RustlsConfig> {
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(certificate).collect::<Result<_, _>>().context("--tls-cert is no certificate in PEM")?;
    anyhow::ensure!(!chain.is_empty(), "--tls-cert holds no certificate in PEM");
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| anyhow::anyhow!("--tls-key holds no private key in PEM"))?;
    let mut config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .context("--tls-cert and --tls-key cannot be used together")?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(RustlsConfig::from_config(Arc::new(config)))
}

/// What travels under `GET /v1/answers`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    after: u64,
    limit: u16,
}

/// This instant, as answers carry it.
fn at() -> String {
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now).to_string()
}

impl Office {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        // A panic elsewhere left the desk as it was; a test should see its own failure first.
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what is to outlive the process.
    fn keep(&self, desk: &mut Desk) -> io::Result<()> {
        if !desk.changed {
            return Ok(());
        }
        remember(self.state.as_deref(), desk)?;
        desk.changed = false;
        self.open.send_replace(desk.open());
        self.woken.notify_one();
        Ok(())
    }

    /// Gives answers their numbers when they are due, for ever.
    async fn deliveries(self: Arc<Self>) -> io::Result<()> {
        loop {
            let due = {
                let mut desk = self.desk();
                if desk.deliver(Instant::now(), &at()) {
                    self.keep(&mut desk)?;
                }
                desk.due()
            };
            let timer = async {
                match due {
                    Some(due) => tokio::time::sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = timer => {}
                () = self.woken.notified() => {}
            }
        }
    }

    fn service(self: Arc<Self>) -> Router {
        Router::new()
            .route("/v1/queries", post(queries))
            .route("/v1/answers", get(answers))
            .fallback(async || problem(StatusCode::NOT_FOUND, "form"))
            .with_state(self)
    }

    fn control(self: Arc<Self>) -> Router {
        Router::new()
            .route("/register", put(register_all))
            .route("/register/{addressee}", put(register).delete(forget))
            .route("/faults", put(set_faults).get(faults))
            .route("/queries", get(asked))
            .route("/settled", get(settled))
            .route("/seed", post(seed))
            .with_state(self)
    }

    /// The refusal of a request that goes no further, if it is one.
    fn stops(&self, headers: &HeaderMap) -> Option<Response> {
        if headers.get(AUTHORIZATION).is_none_or(|told| told.as_bytes() != self.token.as_bytes()) {
            return Some(problem(StatusCode::UNAUTHORIZED, "token"));
        }
        let closed = self.desk().faults().maintenance.clone()?;
        let form = ProblemForm { code: "maintenance".into(), query: None, until: closed.until };
        Some(json(StatusCode::SERVICE_UNAVAILABLE, &form))
    }

    /// Keeps what a request changed, then sends its answer as the faults have it.
    fn sent(&self, mut desk: MutexGuard<'_, Desk>, response: Written) -> Option<Response> {
        let delivery = desk.delivery();
        let kept = self.keep(&mut desk);
        drop(desk);
        if kept.is_err() {
            return Some(problem(StatusCode::INTERNAL_SERVER_ERROR, "state"));
        }
        match delivery {
            Delivery::Hangs => None,
            Delivery::Whole { pause } if pause.is_zero() => Some(response.whole()),
            Delivery::Whole { pause } => Some(response.pieces(pause, usize::MAX)),
            Delivery::Cut => {
                let half = response.bytes.len() / 2;
                Some(response.pieces(Duration::ZERO, half))
            }
        }
    }
}

/// An answer of the server before it goes out.
struct Written {
    status: StatusCode,
    kind: &'static str,
    bytes: Vec<u8>,
}

impl Written {
    fn json(status: StatusCode, form: &impl Serialize) -> Written {
        match serde_json::to_vec(form) {
            Ok(bytes) => Written { status, kind: "application/json", bytes },
            Err(_) => Written { status: StatusCode::INTERNAL_SERVER_ERROR, kind: "text/plain", bytes: Vec::new() },
        }
    }

    fn whole(self) -> Response {
        (self.status, [(CONTENT_TYPE, self.kind)], self.bytes).into_response()
    }

    /// In pieces; the connection closes where `end` lies before the last byte.
    fn pieces(self, pause: Duration, end: usize) -> Response {
        let (sender, receiver) = mpsc::channel::<io::Result<Bytes>>(1);
        let (status, kind) = (self.status, self.kind);
        tokio::spawn(async move {
            let whole = end >= self.bytes.len();
            for piece in self.bytes[..end.min(self.bytes.len())].chunks(DRIBBLE_BYTES) {
                if sender.send(Ok(Bytes::copy_from_slice(piece))).await.is_err() {
                    return;
                }
                tokio::time::sleep(pause).await;
            }
            if !whole {
                let _ = sender.send(Err(io::ErrorKind::ConnectionAborted.into())).await;
            }
        });
        (status, [(CONTENT_TYPE, kind)], Body::from_stream(ReceiverStream::new(receiver))).into_response()
    }
}

fn json(status: StatusCode, form: &impl Serialize) -> Response {
    Written::json(status, form).whole()
}

fn problem(status: StatusCode, code: &str) -> Response {
    json(status, &ProblemForm { code: code.into(), query: None, until: None })
}

fn refused(refusal: &NotTaken) -> Written {
    Written::json(StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST), &refusal.problem)
}

async fn queries(State(office): State<Arc<Office>>, headers: HeaderMap, body: Body) -> Response {
    if let Some(stop) = office.stops(&headers) {
        return stop;
    }
    let Ok(bytes) = to_bytes(body, REQUEST_BYTES).await else { return problem(StatusCode::PAYLOAD_TOO_LARGE, "too-many") };
    let Ok(form) = wire::read::<QueriesForm>(&bytes) else { return problem(StatusCode::BAD_REQUEST, "form") };
    let response = {
        let mut desk = office.desk();
        let response = match desk.take(form.queries, Instant::now()) {
            Ok((new, known)) => Written::json(StatusCode::OK, &AcceptedForm { new, known }),
            Err(refusal) => refused(&refusal),
        };
        office.sent(desk, response)
    };
    answered(response).await
}

async fn answers(
    State(office): State<Arc<Office>>,
    wish: Result<Query<Wish>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
) -> Response {
    if let Some(stop) = office.stops(&headers) {
        return stop;
    }
    let Ok(Query(wish)) = wish else { return problem(StatusCode::BAD_REQUEST, "form") };
    let response = {
        let mut desk = office.desk();
        let response = match desk.page(wish.after, wish.limit, &at()) {
            Ok((answers, garbage)) => page(answers, garbage),
            Err(refusal) => refused(&refusal),
        };
        office.sent(desk, response)
    };
    answered(response).await
}

fn page(answers: Vec<wire::AnswerForm>, garbage: Option<GarbageKind>) -> Written {
    let form = AnswersForm { answers };
    match garbage {
        None | Some(GarbageKind::OtherQuery) => Written::json(StatusCode::OK, &form),
        Some(GarbageKind::NotJson) => {
            Written { status: StatusCode::OK, kind: "text/html", bytes: b"<html><body>System busy</body></html>".to_vec() }
        }
        Some(GarbageKind::WrongField) => Written::json(StatusCode::OK, &serde_json::json!({ "answers": form.answers, "next": 0 })),
        Some(GarbageKind::Oversized) => {
            let mut written = Written::json(StatusCode::OK, &form);
            // White space is no content: only the bound of the reader can refuse it.
            written.bytes.resize(written.bytes.len().max(ANSWER_BYTES + 1), b' ');
            written
        }
    }
}

/// Waits for ever for an answer that hangs; the client's end closes the connection and with it this.
async fn answered(response: Option<Response>) -> Response {
    match response {
        Some(response) => response,
        None => std::future::pending().await,
    }
}

impl Office {
    /// Changes the desk and keeps it.
    fn change<T: Serialize>(&self, change: impl FnOnce(&mut Desk) -> T) -> Response {
        let mut desk = self.desk();
        let told = change(&mut desk);
        match self.keep(&mut desk) {
            Ok(()) => json(StatusCode::OK, &told),
            Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
        }
    }
}

async fn register(State(office): State<Arc<Office>>, Path(addressee): Path<i64>, body: Body) -> Response {
    match told::<Entry>(body).await {
        Ok(entry) => office.change(|desk| desk.register(addressee, entry)),
        Err(refused) => refused,
    }
}

async fn register_all(State(office): State<Arc<Office>>, body: Body) -> Response {
    match told::<BTreeMap<i64, Entry>>(body).await {
        Ok(entries) => office.change(|desk| entries.into_iter().for_each(|(addressee, entry)| desk.register(addressee, entry))),
        Err(refused) => refused,
    }
}

async fn forget(State(office): State<Arc<Office>>, Path(addressee): Path<i64>) -> Response {
    office.change(|desk| desk.forget(addressee))
}

async fn set_faults(State(office): State<Arc<Office>>, body: Body) -> Response {
    match told::<Faults>(body).await {
        Ok(faults) => office.change(|desk| desk.set_faults(faults)),
        Err(refused) => refused,
    }
}

async fn faults(State(office): State<Arc<Office>>) -> Response {
    json(StatusCode::OK, office.desk().faults())
}

async fn asked(State(office): State<Arc<Office>>) -> Response {
    json(StatusCode::OK, &office.desk().asked())
}

/// Answers when no query is open.
async fn settled(State(office): State<Arc<Office>>) -> Response {
    let mut open = office.open.subscribe();
    match open.wait_for(|open| *open == 0).await {
        Ok(_) => json(StatusCode::OK, &office.desk().asked()),
        Err(_) => StatusCode::GONE.into_response(),
    }
}

async fn seed(State(office): State<Arc<Office>>, body: Body) -> Response {
    match told::<Seed>(body).await {
        Ok(seed) => office.change(|desk| Seeded { counts: desk.seed(&seed) }),
        Err(refused) => refused,
    }
}
