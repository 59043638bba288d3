//! The server: listening, TLS, bounds of what a client may cost, an end that finishes what is under way; and the side
//! door where health and metrics are told without an account.
//!
//! Absent here: files, signals, the clock; certificates come in as bytes, the end as a future.

use crate::configuration::Limits;
use crate::refusal::Explained;
use crate::telemetry::Telemetry;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum_server::Handle;
use axum_server::accept::Accept;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use jorei_store::Store;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::Service;

pub use axum::Router;

/// Time for the records to answer whether they are there.
const READY: Duration = Duration::from_secs(2);

/// Requests that one connection may have under way (HTTP/2).
pub const STREAMS: u32 = 100;

/// Header fields of one request (HTTP/1).
pub const HEADERS: usize = 100;

/// Gives the process its cryptography for TLS, once, before anything speaks TLS: the clients that ask the provider of
/// OpenID Connect and that send traces have none of their own.
pub fn install_cryptography() {
    // Whoever was first has installed the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate's file.
    #[error("`tls.certificate` holds no certificate in PEM ({0}); it begins with -----BEGIN CERTIFICATE-----")]
    Certificate(String),
    /// The key's file. What it holds is not repeated.
    #[error("`tls.key` holds no private key in PEM; it begins with -----BEGIN PRIVATE KEY-----")]
    Key,
    /// They do not belong together, or are of a kind that is not known.
    #[error("`tls.certificate` and `tls.key` cannot be used together: {0}")]
    Pair(rustls::Error),
}

/// The certificate that the service shows, which can be changed while it runs. Copies share it.
#[derive(Clone)]
pub struct Tls(RustlsConfig);

impl Tls {
    /// A certificate with its chain and its key, both as PEM.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Tls, TlsError> {
        Ok(Tls(RustlsConfig::from_config(server_config(certificate, key)?)))
    }

    /// Shows another certificate from the next connection on. When it cannot be used, the one before stays.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn reload(&self, certificate: &[u8], key: &[u8]) -> Result<(), TlsError> {
        self.0.reload_from_config(server_config(certificate, key)?);
        Ok(())
    }
}

fn server_config(certificate: &[u8], key: &[u8]) -> Result<Arc<rustls::ServerConfig>, TlsError> {
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_slice_iter(certificate).collect::<Result<_, _>>().map_err(|error| TlsError::Certificate(error.to_string()))?;
    if chain.is_empty() {
        return Err(TlsError::Certificate("it is empty".into()));
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsError::Key)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Pair)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(TlsError::Pair)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Serves until `shutdown` is ready: then readiness says no, nothing more is accepted, what is under way gets
/// [`Limits::shutdown`] to end, and what is left is closed.
///
/// `listener` is bound already, so that a port that is taken is an error before anything else starts.
///
/// # Errors
/// An error of the operating system.
pub async fn serve(
    router: Router,
    listener: TcpListener,
    tls: Option<Tls>,
    limits: &Limits,
    readiness: Arc<Readiness>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let handle = Handle::new();
    let (ending, grace) = (handle.clone(), limits.shutdown);
    let end = tokio::spawn(async move {
        shutdown.await;
        readiness.end();
        ending.graceful_shutdown(Some(grace));
    });
    let bounded = Bounded { places: Arc::new(Semaphore::new(limits.connections)) };
    let mut server = axum_server::from_tcp(listener)?.handle(handle).first_request_timeout(limits.header);
    let header_bytes = u32::try_from(limits.header_bytes).unwrap_or(u32::MAX);
    let http = server.http_builder();
    http.http1().header_read_timeout(limits.header).max_buf_size(limits.header_bytes).max_headers(HEADERS);
    http.http2()
        .max_header_list_size(header_bytes)
        .max_concurrent_streams(STREAMS)
        .keep_alive_interval(limits.header)
        .keep_alive_timeout(limits.header);
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let served = match tls {
        Some(Tls(config)) => {
            let acceptor = RustlsAcceptor::new(config).handshake_timeout(limits.header).acceptor(bounded);
            server.acceptor(Explained(acceptor)).serve(service).await
        }
        None => server.acceptor(Explained(bounded)).serve(service).await,
    };
    end.abort();
    served
}

/// Lets telemetry watch every route of a router.
pub fn observed(router: Router, telemetry: Arc<Telemetry>) -> Router {
    router.layer(axum::middleware::from_fn_with_state(telemetry, crate::telemetry::observe))
}

/// Turns away connections beyond a number. The place is given back when the connection's service goes.
#[derive(Clone)]
struct Bounded {
    places: Arc<Semaphore>,
}

impl<I, S> Accept<I, S> for Bounded {
    type Stream = I;
    type Service = Placed<S>;
    type Future = std::future::Ready<io::Result<(I, Placed<S>)>>;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        let place = Arc::clone(&self.places).try_acquire_owned();
        std::future::ready(match place {
            Ok(place) => Ok((stream, Placed { service, _place: Arc::new(place) })),
            // Closed at once: a client that waits unseen would wait for ever.
            Err(_) => Err(io::Error::other("more connections than `limits.connections`")),
        })
    }
}

/// A connection's service and its place.
#[derive(Clone)]
struct Placed<S> {
    service: S,
    _place: Arc<OwnedSemaphorePermit>,
}

impl<S: Service<R>, R> Service<R> for Placed<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> S::Future {
        self.service.call(request)
    }
}

/// Whether requests may be sent here.
#[derive(Debug, Default)]
pub struct Readiness {
    ending: AtomicBool,
}

impl Readiness {
    /// From now on: no.
    pub fn end(&self) {
        self.ending.store(true, Ordering::Relaxed);
    }

    /// Is the service on its way to an end?
    pub fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Relaxed)
    }
}

/// What the side door rests on.
#[derive(Clone)]
struct Side {
    telemetry: Arc<Telemetry>,
    readiness: Arc<Readiness>,
    store: Store,
}

/// The side door: `/health/live` (the process answers), `/health/ready` (the records can be read, their tables are there,
/// and the service is not ending; 503 otherwise) and `/metrics` (Prometheus). None of them needs an account, so none of
/// them says anything of anybody; it listens at an address of its own.
pub fn side_door(telemetry: Arc<Telemetry>, readiness: Arc<Readiness>, store: Store) -> Router {
    Router::new()
        .route("/health/live", get(async || plain(StatusCode::OK, "live\n".into())))
        .route("/health/ready", get(ready))
        .route("/metrics", get(metrics))
        .with_state(Side { telemetry, readiness, store })
}

async fn ready(State(side): State<Side>) -> Response {
    if side.readiness.is_ending() {
        return plain(StatusCode::SERVICE_UNAVAILABLE, "ending\n".into());
    }
    // Asks a table, so that a database without its tables is not ready either.
    match tokio::time::timeout(READY, side.store.municipalities()).await {
        Ok(Ok(_)) => plain(StatusCode::OK, "ready\n".into()),
        _ => plain(StatusCode::SERVICE_UNAVAILABLE, "the records cannot be read\n".into()),
    }
}

async fn metrics(State(side): State<Side>) -> Response {
    ([(CONTENT_TYPE, prometheus::TEXT_FORMAT)], side.telemetry.metrics_text()).into_response()
}

fn plain(status: StatusCode, text: String) -> Response {
    (status, [(CACHE_CONTROL, "no-store")], text).into_response()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic in a test is the report")]
mod tests {
    use super::*;
    use crate::configuration::Configuration;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;
    use tokio::sync::{Notify, oneshot};
    use tokio::task::JoinHandle;

    /// Longer than anything here takes, even on a busy machine.
    const PATIENCE: Duration = Duration::from_secs(30);

    /// A server that runs, and how to end it.
    struct Running {
        address: SocketAddr,
        readiness: Arc<Readiness>,
        end: Option<oneshot::Sender<()>>,
        served: JoinHandle<io::Result<()>>,
    }

    fn limits() -> Limits {
        Configuration::read(None, []).unwrap().limits
    }

    fn run(router: Router, limits: Limits) -> Running {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let readiness = Arc::new(Readiness::default());
        let (end, ended) = oneshot::channel::<()>();
        let told = Arc::clone(&readiness);
        let served = tokio::spawn(async move { serve(router, listener, None, &limits, told, async move { drop(ended.await) }).await });
        Running { address, readiness, end: Some(end), served }
    }

    impl Running {
        async fn connect(&self, text: &str) -> TcpStream {
            let mut stream = TcpStream::connect(self.address).await.unwrap();
            stream.write_all(text.as_bytes()).await.unwrap();
            stream
        }

        /// The whole answer to a request after which the connection closes.
        async fn answer(&self, text: &str) -> String {
            rest(self.connect(text).await).await
        }
    }

    async fn rest(mut stream: TcpStream) -> String {
        let mut all = Vec::new();
        // A connection that is cut is an answer of nothing.
        let _ = stream.read_to_end(&mut all).await;
        String::from_utf8(all).unwrap()
    }

    fn get_closing(path: &str) -> String {
        format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
    }

    #[tokio::test]
    async fn one_connection_too_many_is_closed_at_once_and_its_place_comes_back() {
        let router = Router::new().route("/", get(async || "here"));
        let running = run(router, Limits { connections: 1, ..limits() });
        let mut first = running.connect("GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
        let mut begun = [0; 12];
        first.read_exact(&mut begun).await.unwrap();
        assert_eq!(&begun, b"HTTP/1.1 200");
        assert_eq!(running.answer(&get_closing("/")).await, "", "there is one place");
        drop(first);
        // The place comes back when the server has seen the end of the first.
        let comes_back = async {
            while running.answer(&get_closing("/")).await.is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, comes_back).await.expect("the place comes back");
    }

    #[tokio::test]
    async fn a_head_that_does_not_end_ends_the_connection() {
        let router = Router::new().route("/", get(async || "here"));
        let running = run(router, Limits { header: Duration::from_secs(1), ..limits() });
        let slow = running.connect("GET / HTTP/1.1\r\nhost: x\r\n").await;
        assert!(!rest(slow).await.contains("200"));
        let idle = running.connect("GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert!(rest(idle).await.ends_with("here"), "an idle connection is closed by the server");
    }

    #[tokio::test]
    async fn heads_are_bounded() {
        let router = Router::new().route("/", get(async || "here"));
        let running = run(router, Limits { header_bytes: 8_192, ..limits() });
        assert!(running.answer(&get_closing("/")).await.ends_with("here"));
        let long = format!("GET / HTTP/1.1\r\nhost: x\r\nlong: {}\r\n\r\n", "x".repeat(9_000));
        assert!(running.answer(&long).await.starts_with("HTTP/1.1 431"));
    }

    /// A route that says when it was reached and answers when it is let go.
    fn held() -> (Router, Arc<Notify>, Arc<Notify>) {
        let (reached, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (tell, wait) = (Arc::clone(&reached), Arc::clone(&go));
        let route = get(async move || {
            tell.notify_one();
            wait.notified().await;
            "done"
        });
        (Router::new().route("/", route), reached, go)
    }

    #[tokio::test]
    async fn what_is_under_way_is_finished_before_the_end() {
        let (router, reached, go) = held();
        let mut running = run(router, limits());
        let under_way = running.connect("GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
        reached.notified().await;
        assert!(!running.readiness.is_ending());
        running.end.take().unwrap().send(()).unwrap();
        // Readiness says no, and the listener goes.
        let closes = async {
            while !running.readiness.is_ending() || TcpStream::connect(running.address).await.is_ok() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, closes).await.expect("nothing more is accepted");
        go.notify_one();
        assert!(rest(under_way).await.ends_with("done"));
        running.served.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn what_does_not_end_is_cut_when_the_grace_is_over() {
        let (router, reached, _go) = held();
        let mut running = run(router, Limits { shutdown: Duration::from_secs(1), ..limits() });
        let under_way = running.connect("GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
        reached.notified().await;
        running.end.take().unwrap().send(()).unwrap();
        running.served.await.unwrap().unwrap();
        assert_eq!(rest(under_way).await, "");
    }

    #[tokio::test]
    async fn the_side_door_tells_whether_requests_may_be_sent_here() {
        let store = Store::open("sqlite::memory:").await.unwrap();
        let settings = Configuration::read(None, []).unwrap().telemetry;
        let (telemetry, readiness) = (Arc::new(Telemetry::new(&settings).unwrap()), Arc::new(Readiness::default()));
        let running = run(side_door(telemetry, Arc::clone(&readiness), store.clone()), limits());
        let status = async |path| running.answer(&get_closing(path)).await.split(' ').nth(1).unwrap().to_owned();
        assert_eq!(status("/health/live").await, "200");
        assert_eq!(status("/health/ready").await, "503", "there are no tables yet");
        store.migrate().await.unwrap();
        assert_eq!(status("/health/ready").await, "200");
        readiness.end();
        assert_eq!(status("/health/ready").await, "503");
        assert_eq!(status("/health/live").await, "200");
        assert!(running.answer(&get_closing("/metrics")).await.contains("target_info"));
    }

    #[test]
    fn files_that_are_no_certificate_are_told_by_their_key_and_not_repeated() {
        let told = |certificate: &[u8], key: &[u8]| Tls::from_pem(certificate, key).err().unwrap().to_string();
        let secret = b"-----BEGIN PRIVATE KEY-----\naHVudGVyMg==\n-----END PRIVATE KEY-----\n";
        let certificate = b"-----BEGIN CERTIFICATE-----\naHVudGVyMg==\n-----END CERTIFICATE-----\n";
        assert!(told(b"", secret).contains("`tls.certificate`"));
        assert!(told(certificate, b"hunter2").contains("`tls.key`"));
        let pair = told(certificate, secret);
        assert!(pair.contains("`tls.certificate` and `tls.key`") && !pair.contains("aHVudGVyMg"), "{pair}");
    }
}
