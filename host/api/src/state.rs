//! What every route works with.

use crate::configuration::Limits;
use crate::idempotency::UnderWay;
use crate::jobs::Jobs;
use crate::openid::OpenId;
use crate::policy::Policy;
use crate::telemetry::Telemetry;
use jorei_engine::Runtime;
use jorei_service::officer::Moment;
use jorei_service::payees::AccountVault;
use jorei_service::personal_numbers::Vault;
use jorei_service::revisions::Shelf;
use jorei_store::Store;
use std::sync::Arc;

/// The service's parts, shared by all requests.
pub struct Host {
    /// The records.
    pub store: Store,
    /// The runtime of rules.
    pub runtime: Arc<Runtime>,
    /// Revisions that are loaded.
    pub shelf: Shelf,
    /// Who may do what.
    pub policy: Policy,
    /// Personal numbers; none where no key was configured: then nobody enters or reads one.
    pub vault: Option<Vault>,
    /// Accounts of payees, under keys from the same file; none where no key was configured: then none is sealed or opened.
    pub accounts: Option<AccountVault>,
    /// Single sign-on, where it is configured.
    pub openid: Option<OpenId>,
    /// Long work.
    pub jobs: Jobs,
    /// Keys of requests that are being worked on.
    pub under_way: UnderWay,
    /// What is measured.
    pub telemetry: Arc<Telemetry>,
    /// The one clock, from `cli`.
    pub clock: Clock,
    /// Bounds of requests.
    pub limits: Limits,
    /// Threads that long work decides with.
    pub threads: usize,
}

/// The one clock.
pub type Clock = fn() -> Moment;

/// How handlers hold the host.
pub type Shared = Arc<Host>;
