//! How the service is watched: metrics (Prometheus), traces (OTLP), and a log of JSON lines.
//!
//! Nothing here may say who somebody is: a label is a word of a small set, a log line names the route's template and never
//! the path, the query or a body. Absent here: the environment, files, and what the words mean to officials.
#![allow(clippy::float_arithmetic, reason = "seconds and counts of a monitoring system: neither money nor law")]

use crate::configuration::TelemetrySettings;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use jorei_domain::id::{Digest, Municipality};
use jorei_domain::purpose::Affair;
use jorei_service::assess::Tally;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Gauge, Histogram, Meter, MeterProvider as _, UpDownCounter};
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::{TraceContextExt as _, TracerProvider as _};
use opentelemetry_otlp::{Protocol, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use std::collections::HashMap;
use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tracing::level_filters::LevelFilter;
use tracing::{Instrument as _, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;

/// The header of an answer with the id of its request, which stands in the log too.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("jorei-request");

/// Bounds of the durations that are told apart, in seconds.
const SECONDS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0];

/// Bounds of the fuel that is told apart. A household of the premium rule takes some hundred thousand.
const FUEL: [f64; 9] = [1e5, 3e5, 1e6, 3e6, 1e7, 3e7, 1e8, 3e8, 1e9];

/// How long an attempt to send traces may take.
const EXPORT_SECONDS: u64 = 10;

/// How a case came out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DecisionOutcome {
    /// Decided.
    Decided,
    /// Decided, not settled.
    Provisional,
    /// Refused by the rule.
    Refused,
    /// The rule failed.
    Failed,
}

impl DecisionOutcome {
    /// Its word in metrics.
    pub const fn word(self) -> &'static str {
        match self {
            DecisionOutcome::Decided => "decided",
            DecisionOutcome::Provisional => "provisional",
            DecisionOutcome::Refused => "refused",
            DecisionOutcome::Failed => "failed",
        }
    }
}

impl From<&jorei_domain::decision::Outcome> for DecisionOutcome {
    fn from(outcome: &jorei_domain::decision::Outcome) -> DecisionOutcome {
        use jorei_domain::decision::Outcome;
        match outcome {
            Outcome::Decided { provisional: false, .. } => DecisionOutcome::Decided,
            Outcome::Decided { provisional: true, .. } => DecisionOutcome::Provisional,
            Outcome::Refused(_) => DecisionOutcome::Refused,
            Outcome::Failed(_) => DecisionOutcome::Failed,
        }
    }
}

/// What became of a session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SessionEvent {
    /// Opened.
    Opened,
    /// Refused: a wrong password, an account that ended, a token that does not hold.
    Refused,
    /// An account was locked after too many attempts.
    Locked,
    /// Ended by its owner, by time or by an operator.
    Ended,
}

impl SessionEvent {
    const fn word(self) -> &'static str {
        match self {
            SessionEvent::Opened => "opened",
            SessionEvent::Refused => "refused",
            SessionEvent::Locked => "locked",
            SessionEvent::Ended => "ended",
        }
    }
}

/// What one decision took.
#[derive(Clone, Copy, Debug)]
pub struct DecisionCost {
    /// Fuel.
    pub fuel: u64,
    /// Linear memory at its highest, in bytes.
    pub memory_bytes: u64,
    /// Wall clock.
    pub took: Duration,
}

/// Why telemetry cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The metrics.
    #[error("metrics cannot be collected: {0}")]
    Metrics(String),
    /// The log.
    #[error("this process has a log already")]
    Log,
    /// The traces.
    #[error("traces cannot be sent to `telemetry.otlp`: {0}")]
    Traces(String),
}

/// The instruments of the service. One for a process, behind an `Arc`.
#[derive(Debug)]
pub struct Telemetry {
    registry: prometheus::Registry,
    // Holds the reader that the registry asks.
    _meters: SdkMeterProvider,
    traces: Option<SdkTracerProvider>,
    requests: Counter<u64>,
    request_seconds: Histogram<f64>,
    decisions: Counter<u64>,
    decision_seconds: Histogram<f64>,
    fuel: Histogram<u64>,
    fuel_total: Counter<u64>,
    memory: Gauge<u64>,
    /// The highest so far, by revision and municipality: as many as there are revisions.
    highest: Mutex<HashMap<(Digest, Municipality), u64>>,
    faults: Counter<u64>,
    sessions: Counter<u64>,
    look_ups: Counter<u64>,
    alarms: Counter<u64>,
    jobs: UpDownCounter<i64>,
}

impl Telemetry {
    /// Makes the instruments and, where traces are wanted, what sends them. To be called within a Tokio runtime: traces
    /// are sent on it, in the background.
    ///
    /// # Errors
    /// [`TelemetryError`].
    pub fn new(settings: &TelemetrySettings) -> Result<Telemetry, TelemetryError> {
        let registry = prometheus::Registry::new();
        let exporter = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .scope_info_enabled(false)
            .build()
            .map_err(|error| TelemetryError::Metrics(error.to_string()))?;
        let meters = SdkMeterProvider::builder().with_reader(exporter).with_resource(resource()).build();
        let meter: Meter = meters.meter("jorei");
        let counter = |name: &'static str, what: &'static str| meter.u64_counter(name).with_description(what).build();
        let seconds = |name: &'static str, what: &'static str| {
            meter.f64_histogram(name).with_description(what).with_unit("s").with_boundaries(SECONDS.to_vec()).build()
        };
        Ok(Telemetry {
            traces: settings.otlp.as_deref().map(traces).transpose()?,
            requests: counter("jorei.http.requests", "Requests by template of the route, method and status."),
            request_seconds: seconds("jorei.http.request.duration", "Time until an answer began."),
            decisions: counter("jorei.decisions", "Cases that came out, by outcome."),
            decision_seconds: seconds("jorei.decision.duration", "Time of one run."),
            fuel: meter.u64_histogram("jorei.decision.fuel").with_description("Fuel of one run.").with_boundaries(FUEL.to_vec()).build(),
            fuel_total: counter("jorei.decision.fuel.used", "Fuel of all runs."),
            memory: meter
                .u64_gauge("jorei.decision.memory.highest")
                .with_description("Linear memory of the largest run since the start.")
                .with_unit("By")
                .build(),
            highest: Mutex::default(),
            faults: counter("jorei.decision.faults", "Runs that the machine broke; nothing was decided."),
            sessions: counter("jorei.sessions", "What became of sessions."),
            look_ups: counter("jorei.look_ups", "Look-ups of persons by affair."),
            alarms: counter("jorei.alarms", "Look-ups that raised an alarm, by affair."),
            jobs: meter.i64_up_down_counter("jorei.jobs.running").with_description("Jobs that are running.").build(),
            registry,
            _meters: meters,
        })
    }

    /// The metrics in the text format of Prometheus.
    pub fn metrics_text(&self) -> String {
        // A family that cannot be written is left out; the others still tell.
        let mut text = String::new();
        for family in self.registry.gather() {
            let before = text.len();
            if prometheus::TextEncoder::new().encode_utf8(&[family], &mut text).is_err() {
                text.truncate(before);
            }
        }
        text
    }

    /// Sends the traces that wait. Blocks for some seconds at most: not to be called on a thread of the runtime.
    pub fn flush(&self) {
        if let Some(traces) = &self.traces {
            // Nobody is left to be told.
            let _ = traces.shutdown_with_timeout(Duration::from_secs(EXPORT_SECONDS));
        }
    }

    /// Makes the process write its log to standard error, and its spans to where traces are sent.
    ///
    /// # Errors
    /// [`TelemetryError::Log`] when that was done already.
    pub fn install(&self, settings: &TelemetrySettings, clock: fn() -> String) -> Result<(), TelemetryError> {
        let subscriber = self.subscriber(settings, clock, std::io::stderr);
        tracing::subscriber::set_global_default(subscriber).map_err(|_| TelemetryError::Log)
    }

    /// A subscriber that writes lines of JSON to `writer` and spans to where traces are sent. `clock` gives the instant
    /// of a line (RFC 3339).
    pub fn subscriber<W>(&self, settings: &TelemetrySettings, clock: fn() -> String, writer: W) -> impl Subscriber + Send + Sync + use<W>
    where
        W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
    {
        let level = settings.log.parse().unwrap_or(LevelFilter::INFO);
        // What libraries say may repeat an address or a header; their errors must do.
        let of_ours = Targets::new().with_default(level.min(LevelFilter::ERROR)).with_target("jorei", level);
        let lines = tracing_subscriber::fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .with_timer(Clock(clock))
            .with_writer(writer)
            .with_filter(of_ours);
        tracing_subscriber::registry().with(self.span_layer()).with(lines)
    }

    fn span_layer<S: Subscriber + for<'s> LookupSpan<'s>>(&self) -> Option<impl Layer<S> + use<S>> {
        let tracer = self.traces.as_ref()?.tracer("jorei");
        // Only our own spans: the client that sends them makes spans as well, which would be sent again.
        let of_ours = Targets::new().with_target("jorei", LevelFilter::TRACE);
        Some(tracing_opentelemetry::layer().with_tracer(tracer).with_filter(of_ours))
    }

    /// A request was answered. `route` is a template, never a path.
    pub fn answered(&self, route: &str, method: &Method, status: StatusCode, took: Duration) {
        let labels = [label("route", route), label("method", word_of_method(method)), label("status", status.as_u16())];
        self.requests.add(1, &labels);
        self.request_seconds.record(took.as_secs_f64(), &labels);
    }

    /// A case came out.
    pub fn decided(&self, municipality: Municipality, revision: Digest, outcome: DecisionOutcome, cost: DecisionCost) {
        let of = of_revision(municipality, revision);
        let [first, second] = of.clone();
        self.decisions.add(1, &[first, second, KeyValue::new("outcome", outcome.word())]);
        self.decision_seconds.record(cost.took.as_secs_f64(), &of);
        self.fuel.record(cost.fuel, &of);
        self.fuel_total.add(cost.fuel, &of);
        self.memory_reached(municipality, revision, cost.memory_bytes);
    }

    /// Some cases of an assessment came out since the tally before. Bulk work is not timed case by case.
    pub fn assessed(&self, municipality: Municipality, revision: Digest, before: &Tally, now: &Tally) {
        let of = of_revision(municipality, revision);
        let grown = [
            ("decided", now.decided - before.decided),
            ("provisional", now.provisional - before.provisional),
            ("refused", now.refused - before.refused),
            ("failed", now.failed - before.failed),
        ];
        for (outcome, cases) in grown {
            let [first, second] = of.clone();
            self.decisions.add(cases, &[first, second, KeyValue::new("outcome", outcome)]);
        }
        self.faults.add(now.faults - before.faults, &of);
        self.fuel_total.add(now.fuel - before.fuel, &of);
        self.memory_reached(municipality, revision, now.memory_bytes);
    }

    fn memory_reached(&self, municipality: Municipality, revision: Digest, bytes: u64) {
        let mut highest = self.highest.lock().unwrap_or_else(PoisonError::into_inner);
        let before = highest.entry((revision, municipality)).or_default();
        if bytes > *before {
            *before = bytes;
            self.memory.record(bytes, &of_revision(municipality, revision));
        }
    }

    /// A run was broken by the machine.
    pub fn fault(&self, municipality: Municipality, revision: Digest) {
        self.faults.add(1, &of_revision(municipality, revision));
    }

    /// Something became of a session.
    pub fn session(&self, event: SessionEvent) {
        self.sessions.add(1, &[KeyValue::new("event", event.word())]);
    }

    /// Somebody was looked up.
    pub fn looked_up(&self, municipality: Municipality, affair: Option<Affair>) {
        self.look_ups.add(1, &of_affair(municipality, affair));
    }

    /// A look-up raised an alarm.
    pub fn alarm(&self, municipality: Municipality, affair: Option<Affair>) {
        self.alarms.add(1, &of_affair(municipality, affair));
    }

    /// A job began: it counts as running until the guard goes.
    pub fn job(self: &Arc<Self>) -> RunningJob {
        self.jobs.add(1, &[]);
        RunningJob(Arc::clone(self))
    }
}

/// A job that is running.
#[derive(Debug)]
pub struct RunningJob(Arc<Telemetry>);

impl Drop for RunningJob {
    fn drop(&mut self) {
        self.0.jobs.add(-1, &[]);
    }
}

fn label(name: &'static str, value: impl fmt::Display) -> KeyValue {
    KeyValue::new(name, value.to_string())
}

fn of_revision(municipality: Municipality, revision: Digest) -> [KeyValue; 2] {
    [label("municipality", municipality), label("revision", revision.short())]
}

fn of_affair(municipality: Municipality, affair: Option<Affair>) -> [KeyValue; 2] {
    [label("municipality", municipality), label("affair", affair.map_or("none", Affair::word))]
}

/// A client may invent methods; a label may not be invented.
fn word_of_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

fn resource() -> Resource {
    Resource::builder_empty()
        .with_attributes([KeyValue::new("service.name", "jorei"), KeyValue::new("service.version", env!("CARGO_PKG_VERSION"))])
        .build()
}

fn traces(endpoint: &str) -> Result<SdkTracerProvider, TelemetryError> {
    let broken = |error: &dyn fmt::Display| TelemetryError::Traces(error.to_string());
    let runtime = tokio::runtime::Handle::try_current().map_err(|error| broken(&error))?;
    let inner = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(endpoint)
        .with_timeout(Duration::from_secs(EXPORT_SECONDS))
        .build()
        .map_err(|error| broken(&error))?;
    Ok(SdkTracerProvider::builder().with_batch_exporter(OnRuntime { inner, runtime }).with_resource(resource()).build())
}

/// Sends within the runtime. The batch processor asks from a thread of its own, where the client's sockets and timers
/// would find no runtime.
#[derive(Debug)]
struct OnRuntime {
    inner: opentelemetry_otlp::SpanExporter,
    runtime: tokio::runtime::Handle,
}

impl SpanExporter for OnRuntime {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let mut sent = pin!(self.inner.export(batch));
        std::future::poll_fn(|context| {
            let _within = self.runtime.enter();
            sent.as_mut().poll(context)
        })
        .await
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

struct Clock(fn() -> String);

impl FormatTime for Clock {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        write!(writer, "{}", (self.0)())
    }
}

struct Headers<'h>(&'h HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

/// The id of a request, as in the answer's header and the log. In the extensions of every request that [`observe`] saw.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RequestId(pub String);

/// What an answer tells its log line besides the status. Whoever makes the answer puts it into its extensions.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Told {
    /// The code of the problem, a word of a small set.
    pub problem: Option<&'static str>,
    /// Whose office was asked.
    pub municipality: Option<Municipality>,
}

/// Watches a request: metrics, a span that goes on from `traceparent`, one log line, and the answer's [`REQUEST_ID`].
///
/// To be laid around all routes of a router (`Router::layer`), so that it sees the template of the route. A request that
/// no route takes is counted as `none`.
pub async fn observe(State(telemetry): State<Arc<Telemetry>>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = RequestId(random_id());
    let route = request.extensions().get::<MatchedPath>().map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let method = request.method().clone();
    let parent = TraceContextPropagator::new().extract(&Headers(request.headers()));
    let trace = parent.span().span_context().clone();
    let span = tracing::info_span!(target: "jorei::request", "request", otel.kind = "server", http.route = %route,
        http.request.method = word_of_method(&method), http.response.status_code = tracing::field::Empty, jorei.request = %id.0);
    if trace.is_valid() {
        // Fails when spans go nowhere.
        let _ = span.set_parent(parent);
    }
    request.extensions_mut().insert(id.clone());
    let mut response = next.run(request).instrument(span.clone()).await;
    let (took, status) = (began.elapsed(), response.status());
    span.record("http.response.status_code", status.as_u16());
    telemetry.answered(&route, &method, status, took);
    let told = response.extensions().get::<Told>().cloned().unwrap_or_default();
    span.in_scope(|| {
        log(&Line { route: &route, method: &method, status, took, id: &id, told: &told, trace: trace.is_valid().then(|| trace.trace_id()) })
    });
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

struct Line<'l> {
    route: &'l str,
    method: &'l Method,
    status: StatusCode,
    took: Duration,
    id: &'l RequestId,
    told: &'l Told,
    trace: Option<opentelemetry::trace::TraceId>,
}

/// One line for each request: an error when the host is to blame, else information.
fn log(line: &Line<'_>) {
    let Line { route, method, status, took, id, told, trace } = line;
    let (method, status, milliseconds) = (word_of_method(method), status.as_u16(), u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
    let municipality = told.municipality.map(|municipality| municipality.to_string());
    let trace = trace.map(|trace| trace.to_string());
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(target: "jorei::request", route, method, status, milliseconds, request = id.0,
                problem = told.problem, municipality, trace, "request")
        };
    }
    if status >= 500 { line!(error) } else { line!(info) }
}

/// Sixteen hexadecimal digits that nobody can foresee.
fn random_id() -> String {
    use std::hash::BuildHasher as _;
    // Keys of the hasher are random for each thread and change with each state; this names requests, it guards nothing.
    format!("{:016x}", std::hash::RandomState::new().hash_one(Instant::now()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a panic in a test is the report")]
mod tests {
    use super::*;
    use crate::server::{Router, install_cryptography, observed};
    use axum::body::Body;
    use axum::routing::any;
    use jorei_domain::id::Municipality;
    use std::io;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tower::ServiceExt as _;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const PARENT: &str = "b7ad6b7169203331";

    fn settings(otlp: Option<String>) -> TelemetrySettings {
        TelemetrySettings { log: "info".into(), otlp }
    }

    fn asahikawa() -> Municipality {
        Municipality::parse("012041").unwrap()
    }

    /// What was written to the log.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Log {
        fn lines(&self) -> Vec<serde_json::Value> {
            let bytes = self.0.lock().unwrap().clone();
            String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        }
    }

    fn watched(telemetry: &Arc<Telemetry>, log: &Log) -> tracing::subscriber::DefaultGuard {
        let writer = log.clone();
        let subscriber = telemetry.subscriber(&settings(None), || "2026-06-01T00:00:00Z".into(), move || writer.clone());
        tracing::subscriber::set_default(subscriber)
    }

    fn routes(telemetry: &Arc<Telemetry>) -> Router {
        let told = Told { problem: Some("not-found"), municipality: Some(asahikawa()) };
        let answer = any(async move || (StatusCode::NOT_FOUND, axum::Extension(told)));
        observed(Router::new().route("/persons/{person}", answer), Arc::clone(telemetry))
    }

    async fn ask(router: Router, method: &str, path: &str) -> Response {
        let request = axum::http::Request::builder().method(method).uri(path);
        let request = request.header("traceparent", format!("00-{TRACE}-{PARENT}-01")).body(Body::from("name=Yamada")).unwrap();
        router.oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn a_request_leaves_one_line_with_its_template_and_nothing_that_was_sent() {
        let telemetry = Arc::new(Telemetry::new(&settings(None)).unwrap());
        let log = Log::default();
        let _guard = watched(&telemetry, &log);
        let answer = ask(routes(&telemetry), "GET", "/persons/4711?name=Yamada").await;
        let [line] = &log.lines()[..] else { panic!("one line: {:?}", log.lines()) };
        assert_eq!(line["route"], "/persons/{person}");
        assert_eq!((&line["status"], &line["method"], &line["problem"]), (&404.into(), &"GET".into(), &"not-found".into()));
        assert_eq!((&line["municipality"], &line["trace"]), (&"012041".into(), &TRACE.into()));
        assert_eq!(line["timestamp"], "2026-06-01T00:00:00Z");
        let id = answer.headers()[&REQUEST_ID].to_str().unwrap();
        assert_eq!(line["request"], id);
        assert!(id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
        let text = line.to_string();
        assert!(!text.contains("4711") && !text.contains("Yamada"), "{text}");
    }

    #[tokio::test]
    async fn what_a_client_invents_makes_no_label() {
        let telemetry = Arc::new(Telemetry::new(&settings(None)).unwrap());
        for (method, path) in [("GET", "/persons/4711"), ("GET", "/persons/4712"), ("BREW", "/nowhere/4711"), ("STEAM", "/elsewhere")] {
            let _answer = ask(routes(&telemetry), method, path).await;
        }
        let text = telemetry.metrics_text();
        let requests: Vec<&str> = text.lines().filter(|line| line.starts_with("jorei_http_requests_total{")).collect();
        assert_eq!(requests.len(), 2, "{requests:?}");
        assert!(requests.iter().all(|line| line.ends_with(" 2")), "{requests:?}");
        assert!(text.contains("route=\"/persons/{person}\"") && text.contains("route=\"none\"") && text.contains("method=\"other\""));
        assert!(!text.contains("4711") && !text.contains("BREW"), "{text}");
        assert!(text.contains("jorei_http_request_duration_seconds_count{"), "{text}");
    }

    #[tokio::test]
    async fn decisions_are_counted_by_revision_and_outcome_and_the_highest_memory_stays() {
        let telemetry = Arc::new(Telemetry::new(&settings(None)).unwrap());
        let revision = Digest::of(b"a revision");
        let cost = |memory_bytes| DecisionCost { fuel: 250_000, memory_bytes, took: Duration::from_millis(2) };
        for (outcome, memory) in
            [(DecisionOutcome::Decided, 5 << 16), (DecisionOutcome::Refused, 3 << 16), (DecisionOutcome::Decided, 4 << 16)]
        {
            telemetry.decided(asahikawa(), revision, outcome, cost(memory));
        }
        telemetry.fault(asahikawa(), revision);
        telemetry.alarm(asahikawa(), Some(Affair::Assessment));
        telemetry.session(SessionEvent::Locked);
        let value = |telemetry: &Telemetry, words: &[&str]| {
            let text = telemetry.metrics_text();
            let mut lines = text.lines().filter(|line| words.iter().all(|word| line.contains(word)));
            let found = lines.next().and_then(|line| line.rsplit(' ').next()).map(str::to_owned);
            assert!(lines.next().is_none(), "{words:?} in {text}");
            found
        };
        let short = revision.short();
        let of = |words: &[&'static str]| {
            let mut all = words.to_vec();
            all.push("012041");
            value(&telemetry, &all)
        };
        assert_eq!(of(&["jorei_decisions_total{", "\"decided\""]).as_deref(), Some("2"));
        assert_eq!(of(&["jorei_decisions_total{", "\"refused\""]).as_deref(), Some("1"));
        assert_eq!(of(&["jorei_decision_fuel_sum{"]).as_deref(), Some("750000"));
        assert_eq!(of(&["jorei_decision_fuel_bucket{", "le=\"300000\""]).as_deref(), Some("3"));
        assert_eq!(of(&["jorei_decision_memory_highest_bytes{"]).as_deref(), Some("327680"));
        assert_eq!(of(&["jorei_decision_faults_total{"]).as_deref(), Some("1"));
        assert_eq!(of(&["jorei_alarms_total{", "affair=\"assessment\""]).as_deref(), Some("1"));
        assert_eq!(value(&telemetry, &["jorei_sessions_total{", "event=\"locked\""]).as_deref(), Some("1"));
        let text = telemetry.metrics_text();
        assert!(text.contains(&format!("revision=\"{short}\"")) && !text.contains(&revision.to_string()));
    }

    #[tokio::test]
    async fn a_job_counts_while_its_guard_lives() {
        let telemetry = Arc::new(Telemetry::new(&settings(None)).unwrap());
        let running = |telemetry: &Telemetry| {
            let text = telemetry.metrics_text();
            text.lines().find_map(|line| line.strip_prefix("jorei_jobs_running ").map(str::to_owned))
        };
        let (first, second) = (telemetry.job(), telemetry.job());
        assert_eq!(running(&telemetry).as_deref(), Some("2"));
        drop(first);
        assert_eq!(running(&telemetry).as_deref(), Some("1"));
        drop(second);
        assert_eq!(running(&telemetry).as_deref(), Some("0"));
    }

    /// Takes one request and answers that all is well.
    async fn collect(listener: tokio::net::TcpListener) -> Vec<u8> {
        let (mut stream, _) = listener.accept().await.unwrap();
        let (mut all, mut piece) = (Vec::new(), [0; 4_096]);
        loop {
            let head = all.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
            let length = head.and_then(|head| {
                let text = String::from_utf8_lossy(&all[..head]).to_ascii_lowercase();
                text.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse::<usize>().ok())
            });
            if head.zip(length).is_some_and(|(head, length)| all.len() >= head + length) {
                break;
            }
            let read = stream.read(&mut piece).await.unwrap();
            assert!(read > 0, "the exporter hung up");
            all.extend_from_slice(&piece[..read]);
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await.unwrap();
        all
    }

    fn contains(all: &[u8], part: &[u8]) -> bool {
        all.windows(part.len()).any(|window| window == part)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_span_that_goes_on_from_the_callers_is_sent_before_the_end() {
        install_cryptography();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}/v1/traces", listener.local_addr().unwrap());
        let collector = tokio::spawn(collect(listener));
        let telemetry = Arc::new(Telemetry::new(&settings(Some(endpoint))).unwrap());
        let log = Log::default();
        {
            // The guard is of this thread; the request must be answered on it.
            let writer = log.clone();
            let subscriber = telemetry.subscriber(&settings(None), String::new, move || writer.clone());
            let _answer = tracing::instrument::WithSubscriber::with_subscriber(
                ask(routes(&telemetry), "GET", "/persons/4711?name=Yamada"),
                subscriber,
            )
            .await;
        }
        let flushed = Arc::clone(&telemetry);
        tokio::task::spawn_blocking(move || flushed.flush()).await.unwrap();
        let sent = collector.await.unwrap();
        assert!(sent.starts_with(b"POST /v1/traces HTTP/1.1\r\n"));
        let bytes = |hex: &str| (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect::<Vec<u8>>();
        assert!(contains(&sent, &bytes(TRACE)), "the caller's trace");
        assert!(contains(&sent, &bytes(PARENT)), "the caller's span is the parent");
        assert!(contains(&sent, b"/persons/{person}") && !contains(&sent, b"4711") && !contains(&sent, b"Yamada"));
    }
}
