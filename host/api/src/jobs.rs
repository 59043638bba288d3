//! Long work: started by one request, followed by others, also after the client or its connection died.
//!
//! That a job was started and how it ended stands with the records; how far it is, in this process. A job whose process
//! ended before it is *interrupted*: what it stored stays, and starting it again goes on from there.

use crate::guard::Asker;
use crate::problem::{Answer, Code, Problem};
use crate::state::Shared;
use jorei_domain::audit::Stamp;
use jorei_domain::id::{Digest, Municipality};
use jorei_store::jobs::JobState;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// How far a job is.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// Grows with every change, from 0.
    pub sequence: u64,
    /// `running`, `done` or `failed`.
    pub state: &'static str,
    /// Figures: counts, and at the end the result.
    pub figures: Value,
}

/// A job of this process.
pub struct Running {
    kind: &'static str,
    progress: watch::Sender<Progress>,
    stop: Arc<AtomicBool>,
}

/// The jobs of this process.
#[derive(Default)]
pub struct Jobs(Mutex<HashMap<(Municipality, String), Arc<Running>>>);

/// Ended jobs of this process whose progress is still told; older ones are told from the records.
const KEPT_MAX: usize = 256;

impl Running {
    /// Tells how far it is.
    pub fn tell(&self, figures: Value) {
        self.progress.send_modify(|progress| {
            progress.sequence += 1;
            progress.figures = figures;
        });
    }

    /// Set when it should end.
    pub fn stop(&self) -> &Arc<AtomicBool> {
        &self.stop
    }

    /// Every change from now on, and the state now.
    pub fn follow(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    fn end(&self, state: &'static str, figures: Value) {
        self.progress.send_modify(|progress| {
            progress.sequence += 1;
            progress.state = state;
            progress.figures = figures;
        });
    }
}

impl Jobs {
    /// A job of this process.
    pub fn running(&self, office: Municipality, id: &str) -> Option<Arc<Running>> {
        self.all().get(&(office, id.to_owned())).cloned()
    }

    /// How many are under way.
    pub fn count(&self) -> usize {
        self.all().values().filter(|job| job.progress.borrow().state == "running").count()
    }

    /// Asks all of them to end after the page under way. Whoever follows one is told of its end.
    pub fn ask_to_stop(&self) {
        for job in self.all().values() {
            job.stop.store(true, Ordering::Relaxed);
        }
    }

    /// Waits so long for all of them to end.
    pub async fn ended(&self, wait: Duration) {
        let running: Vec<Arc<Running>> = self.all().values().cloned().collect();
        let ended = async {
            // Whatever does not look at its flag only reads, and loses nothing.
            for job in running.into_iter().filter(|job| STOPS.contains(&job.kind)) {
                // The sender lives as long as the job is listed.
                let _ = job.follow().wait_for(|progress| progress.state != "running").await;
            }
        };
        // What has not ended by then is interrupted.
        let _ = tokio::time::timeout(wait, ended).await;
    }

    /// None where work of the kind, or other work that decides, is under way in the office: each takes all threads, and
    /// two that decide would only wait for each other's cases.
    fn begin(&self, office: Municipality, kind: &'static str, id: &str) -> Option<Arc<Running>> {
        let (progress, _) = watch::channel(Progress { sequence: 0, state: "running", figures: Value::Null });
        let job = Arc::new(Running { kind, progress, stop: Arc::default() });
        let mut all = self.all();
        let excludes = |other: &str| other == kind || STOPS.contains(&other) && STOPS.contains(&kind);
        let under_way = |job: &Running| excludes(job.kind) && job.progress.borrow().state == "running";
        if all.iter().any(|((of, _), job)| *of == office && under_way(job)) {
            return None;
        }
        if all.len() >= KEPT_MAX {
            all.retain(|_, job| job.progress.borrow().state == "running");
        }
        all.insert((office, id.to_owned()), Arc::clone(&job));
        Some(job)
    }

    /// A job that did not start after all.
    fn forget(&self, office: Municipality, id: &str) {
        self.all().remove(&(office, id.to_owned()));
    }

    fn all(&self) -> std::sync::MutexGuard<'_, HashMap<(Municipality, String), Arc<Running>>> {
        // Single calls write the map, so it is whole even after a panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The kinds of work that decide: they end when they are asked to, and an office has one of them at a time.
pub const STOPS: [&str; 3] = ["assessment", "reassessment", "instalments"];

/// The id of the job that a request starts: the same for a second arrival under the same key.
fn id_of(asker: &Asker) -> String {
    let key = asker.key.as_deref().unwrap_or_default();
    let mut id = Digest::of(format!("jorei job 1\n{}\n{}\n{key}", asker.office(), asker.caller.account).as_bytes()).to_string();
    id.truncate(32);
    id
}

/// Why a job failed, as it is kept and told: like a problem, without what a layer below quotes.
pub fn reason(error: impl Into<Problem>) -> String {
    let Problem { code, detail, .. } = error.into();
    format!("{}: {detail}", code.word())
}

/// Starts a job and answers its id. `work` gets its handle, and answers the result or why it failed, in words.
///
/// # Errors
/// Where the start cannot be recorded.
pub async fn start<W, F>(host: &Shared, asker: &Asker, kind: &'static str, asked: Value, work: W) -> Answer<String>
where
    W: FnOnce(Shared, Arc<Running>) -> F + Send + 'static,
    F: Future<Output = Result<Value, String>> + Send + 'static,
{
    let (office, stamp) = (asker.office(), asker.stamp());
    let id = id_of(asker);
    if host.store.job(office, &id).await?.is_some() {
        return Ok(id);
    }
    let busy = || {
        Problem::new(
            Code::NotAllowedNow,
            format!("work that a {kind} waits for is under way in this office; follow that, or wait for its end"),
        )
    };
    let running = host.jobs.begin(office, kind, &id).ok_or_else(busy)?;
    if let Err(error) = host.store.start_job(office, &id, kind, &asked.to_string(), &stamp).await {
        host.jobs.forget(office, &id);
        return Err(error.into());
    }
    let (host, told) = (Arc::clone(host), id.clone());
    tokio::spawn(async move {
        let counted = host.telemetry.job();
        // A panic of the work is a failure of the job, not of the service.
        let outcome = tokio::spawn(work(Arc::clone(&host), Arc::clone(&running))).await;
        let (state, result) = match outcome {
            Ok(Ok(result)) => (JobState::Done, result),
            Ok(Err(reason)) => (JobState::Failed, serde_json::json!({ "reason": reason })),
            Err(_) => (JobState::Failed, serde_json::json!({ "reason": "the work ended by a fault of the program" })),
        };
        let ended = Stamp { at: (host.clock)().now.at, ..stamp };
        if let Err(error) = host.store.end_job(office, &told, state, &result.to_string(), &ended).await {
            // Logged without what the database says of it.
            drop(Problem::from(error));
            tracing::error!(job = told, "the end of a job could not be recorded");
        }
        drop(counted);
        running.end(state.word(), result);
    });
    Ok(id)
}
