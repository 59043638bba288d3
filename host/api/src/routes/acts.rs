//! Acts of two people.
//!
//! The service never holds a key. It prepares an act and shows it; whoever makes it signs the text in `statement` with
//! their own key, elsewhere, and sends the signature. So does whoever checks it.

use crate::action::Action;
use crate::cursor::Page;
use crate::extract::{Json, Last, date, digest};
use crate::guard::Asker;
use crate::problem::{Answer, Code, Problem};
use crate::state::{Host, Shared};
use axum::extract::State;
use axum::http::StatusCode;
use jorei_domain::act::{Act, Change};
use jorei_domain::id::Digest;
use jorei_service::activation::{self, Plan};
use jorei_service::acts::{Proposal, countersign, find, prepare, state, statement, submit};
use jorei_service::confirmation;
use jorei_service::office::content;
use jorei_store::acts::{StoredAct, Verdict};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is to be done.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Prepare {
    /// Put a revision in force for some case dates.
    Activation {
        /// Digest of the revision.
        revision: String,
        /// First case date (2025-04-01).
        from: String,
        /// First case date after those.
        until: String,
        /// Why.
        reason: String,
        /// People besides the maker, where the office asks for fewer.
        #[serde(default)]
        checkers: u32,
        /// Only these may sign.
        #[serde(default)]
        eligible: Vec<String>,
    },
    /// Go back to an earlier revision.
    Rollback {
        /// Digest of the earlier revision.
        revision: String,
        /// First case date (2025-04-01).
        from: String,
        /// First case date after those.
        until: String,
        /// Why.
        reason: String,
        /// At once, and open until a second person signed.
        #[serde(default)]
        emergency: bool,
    },
    /// Confirm values of an ordinance.
    Confirmation {
        /// Digest of the ordinance.
        ordinance: String,
        /// Places of the values, as `rounding[0]`.
        values: Vec<String>,
        /// Where they were read.
        source: String,
    },
}

/// An act that was prepared: read it, sign the statement, make it.
#[derive(Serialize, ToSchema)]
pub struct Prepared {
    /// Its id: the hash of all that follows and of the state it rests on.
    act: String,
    /// What is shown to whoever signs.
    shown: String,
    /// The changes themselves.
    changes: String,
    /// How many other people must sign.
    checkers: u32,
    /// The text that the maker signs.
    statement: String,
    /// The ordinance that comes of it, for a confirmation.
    result: Option<String>,
}

/// The maker's signature.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeAct {
    /// The act that was prepared.
    #[schema(min_length = 64, max_length = 64)]
    act: String,
    /// The signature over its statement, by the maker's key.
    #[schema(max_length = 2000)]
    signature: String,
}

/// Another person's signature.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Sign {
    /// For or against.
    verdict: Said,
    /// The signature over the statement of that verdict, by one's own key.
    #[schema(max_length = 2000)]
    signature: String,
}

/// For or against.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Said {
    /// For it.
    Approve,
    /// Against it: the act is closed.
    Reject,
}

/// What became of an act.
#[derive(Serialize, ToSchema)]
pub struct Signed {
    /// The act.
    act: String,
    /// Is it in effect?
    in_effect: bool,
    /// How many people are still missing.
    missing: u32,
}

/// An act in a list.
#[derive(Serialize, ToSchema)]
pub struct ActRow {
    /// Its id.
    act: String,
    /// open, in effect, rejected, or an emergency that waits.
    state: &'static str,
    /// The same for officials.
    state_ja: &'static str,
    /// Who made it.
    maker: String,
    /// When.
    made_at: String,
    /// Why.
    reason: String,
    /// Kinds and keys of what it changes.
    changes: Vec<String>,
    /// Who said yes, of how many.
    signed: [u32; 2],
    /// When it took effect.
    in_effect_at: Option<String>,
}

/// An act with its text.
#[derive(Serialize, ToSchema)]
pub struct ActBody {
    /// The act.
    #[serde(flatten)]
    row: ActRow,
    /// What was shown to its maker.
    shown: String,
    /// The changes themselves, as they were recorded.
    content: String,
    /// The text that whoever approves signs.
    statement_approve: String,
    /// The text that whoever rejects signs.
    statement_reject: String,
    /// Who may sign; empty: every good account but the maker's.
    eligible: Vec<String>,
    /// Who said what, when.
    signatures: Vec<SignatureRow>,
}

/// What somebody said to an act.
#[derive(Serialize, ToSchema)]
pub struct SignatureRow {
    /// Who.
    account: String,
    /// For it?
    approves: bool,
    /// When.
    at: String,
}

/// List the acts, the newest first.
#[utoipa::path(get, path = "/v1/offices/{municipality}/acts", tag = "acts",
    responses((status = 200, description = "The acts", body = Page<ActRow>)))]
pub async fn list(State(host): State<Shared>, asker: Asker) -> Answer<axum::Json<Page<ActRow>>> {
    let acts = host.store.acts(asker.office()).await?;
    let seen = acts.iter().filter(|stored| sees(&host, &asker, &stored.act));
    Ok(axum::Json(Page::whole(seen.map(row).collect())))
}

/// Read an act, and what to sign.
#[utoipa::path(get, path = "/v1/offices/{municipality}/acts/{act}", tag = "acts",
    responses((status = 200, description = "The act", body = ActBody)))]
pub async fn show(State(host): State<Shared>, asker: Asker, Last(id): Last<String>) -> Answer<axum::Json<ActBody>> {
    let stored = visible(&host, &asker, &id).await?;
    let text = |word| String::from_utf8_lossy(&statement(word, stored.id)).into_owned();
    Ok(axum::Json(ActBody {
        row: row(&stored),
        shown: stored.act.shown.clone(),
        content: stored.act.changes.iter().map(|based| content(&based.change)).collect(),
        statement_approve: text(Verdict::Approve.word()),
        statement_reject: text(Verdict::Reject.word()),
        eligible: stored.act.eligible.clone(),
        signatures: stored
            .signatures
            .iter()
            .map(|signature| SignatureRow {
                account: signature.account.clone(),
                approves: signature.verdict == Verdict::Approve,
                at: signature.at.clone(),
            })
            .collect(),
    }))
}

/// Prepare an act about rules, ordinances or values.
///
/// Nothing holds by that: read what is shown, sign the statement, and make the act.
#[utoipa::path(post, path = "/v1/offices/{municipality}/acts/prepared", tag = "acts", request_body = Prepare,
    responses((status = 201, description = "The act as it will be signed", body = Prepared)))]
pub async fn prepared(State(host): State<Shared>, asker: Asker, Json(body): Json<Prepare>) -> Answer<(StatusCode, axum::Json<Prepared>)> {
    let office = asker.office();
    let plan = match body {
        Prepare::Activation { revision, from, until, reason, checkers, eligible } => {
            let (revision, from, until) = (digest("revision", &revision)?, date("from", &from)?, date("until", &until)?);
            Plan { revision, from, until, reason, rollback: false, emergency: false, checkers, eligible }
        }
        Prepare::Rollback { revision, from, until, reason, emergency } => {
            let (revision, from, until) = (digest("revision", &revision)?, date("from", &from)?, date("until", &until)?);
            Plan { revision, from, until, reason, rollback: true, emergency, checkers: 1, eligible: Vec::new() }
        }
        Prepare::Confirmation { ordinance, values, source } => {
            let ordinance = digest("ordinance", &ordinance)?;
            let (proposal, result) = confirmation::proposal(&host.store, office, ordinance, (&values, &source), &asker.stamp()).await?;
            return keep(&host, &asker, proposal, Some(result)).await;
        }
    };
    let proposal = activation::proposal(&host.store, &host.runtime, office, plan).await?;
    keep(&host, &asker, proposal, None).await
}

/// Make a prepared act with one's own signature. It takes effect once another person has signed.
#[utoipa::path(post, path = "/v1/offices/{municipality}/acts", tag = "acts", request_body = MakeAct,
    responses((status = 201, description = "The act is made", body = Signed)))]
pub async fn make(State(host): State<Shared>, asker: Asker, Json(make): Json<MakeAct>) -> Answer<(StatusCode, axum::Json<Signed>)> {
    let (office, id) = (asker.office(), digest("act", &make.act)?);
    let act = host.store.prepared_act(office, id).await?;
    let act = act.filter(|act| act.maker == asker.caller.account);
    let act = act.ok_or_else(|| Problem::not_found("act: this account has prepared no such act"))?;
    // The right to it may have been taken away since it was prepared.
    if let Some(change) = act.changes.iter().map(|based| &based.change).find(|change| !asker.may(&host, needed(change), None)) {
        let text = format!("no role of this account makes an act on {} any more", change.kind());
        return Err(Problem::new(Code::Forbidden, text));
    }
    submit(&host.store, &act, &make.signature, &asker.moment.now).await?;
    let stored = find(&host.store, office, &id.to_string()).await?;
    let signed = Signed { act: id.to_string(), in_effect: stored.effect_at.is_some(), missing: stored.missing() };
    Ok((StatusCode::CREATED, axum::Json(signed)))
}

/// Sign another person's act, for or against.
#[utoipa::path(post, path = "/v1/offices/{municipality}/acts/{act}/signatures", tag = "acts", request_body = Sign,
    responses((status = 201, description = "It is signed", body = Signed)))]
pub async fn sign(
    State(host): State<Shared>,
    asker: Asker,
    Last(id): Last<String>,
    Json(sign): Json<Sign>,
) -> Answer<(StatusCode, axum::Json<Signed>)> {
    let stored = visible(&host, &asker, &id).await?;
    let typed = stored.act.changes.iter().any(|based| matches!(based.change, Change::Number(_)));
    let verdict = match sign.verdict {
        Said::Approve if typed => {
            return Err(Problem::new(
                Code::NotAllowedNow,
                "a personal number is confirmed by typing it again: POST …/people/{person}/number/confirmations",
            ));
        }
        Said::Approve => Verdict::Approve,
        Said::Reject => Verdict::Reject,
    };
    signed(&host, &asker, stored.id, verdict, &sign.signature).await
}

/// Puts the asker's signature under an act.
///
/// # Errors
/// As [`countersign`].
pub async fn signed(
    host: &Host,
    asker: &Asker,
    act: Digest,
    verdict: Verdict,
    signature: &str,
) -> Answer<(StatusCode, axum::Json<Signed>)> {
    let signed = countersign(&host.store, asker.office(), &asker.caller.account, act, verdict, signature, &asker.moment.now).await?;
    Ok((StatusCode::CREATED, axum::Json(Signed { act: act.to_string(), in_effect: signed.in_effect, missing: signed.missing })))
}

/// Keeps a proposal as a prepared act, and shows it.
///
/// # Errors
/// As [`prepare`].
pub async fn keep(host: &Host, asker: &Asker, proposal: Proposal, result: Option<Digest>) -> Answer<(StatusCode, axum::Json<Prepared>)> {
    let act = prepare(&host.store, asker.office(), &asker.caller.account, proposal, &asker.moment.now).await?;
    host.store.save_prepared(&act, &asker.stamp()).await?;
    let body = Prepared {
        act: act.id().to_string(),
        statement: String::from_utf8_lossy(&statement("make", act.id())).into_owned(),
        changes: act.changes.iter().map(|based| content(&based.change)).collect(),
        checkers: act.checkers,
        shown: act.shown,
        result: result.map(|result| result.to_string()),
    };
    Ok((StatusCode::CREATED, axum::Json(body)))
}

/// An act that this asker may see. One about persons is told to others like one that is not there.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn visible(host: &Host, asker: &Asker, id: &str) -> Answer<StoredAct> {
    let stored = find(&host.store, asker.office(), id).await?;
    if sees(host, asker, &stored.act) { Ok(stored) } else { Err(Problem::not_found("no act of this office has such an id")) }
}

/// What whoever makes an act with this change must be allowed.
fn needed(change: &Change) -> Action {
    match change {
        Change::Activation(_) | Change::Value(_) => Action::ActsPrepare,
        Change::Account(_) | Change::Vendor(_) | Change::Grant(_) | Change::Threshold(_) | Change::Access(_) => Action::OfficePrepare,
        Change::Protection(_) | Change::Number(_) => Action::ActsPersons,
        Change::WriteOff(_) => Action::ActsClaims,
        Change::PayeeAccount(_) | Change::Release(_) => Action::ActsPayments,
        Change::Withdrawal(_) => Action::ImportsWithdraw,
    }
}

/// An act about persons is seen by those whose task it is, and by whoever examines the chain.
fn sees(host: &Host, asker: &Asker, act: &Act) -> bool {
    let mut needed = act.changes.iter().map(|based| needed(&based.change));
    needed.all(|action| !matches!(action, Action::ActsPersons | Action::ActsClaims | Action::ActsPayments) || asker.may(host, action, None))
}

fn row(stored: &StoredAct) -> ActRow {
    let (state, state_ja) = state(stored);
    ActRow {
        act: stored.id.to_string(),
        state,
        state_ja,
        maker: stored.act.maker.clone(),
        made_at: stored.act.made_at.clone(),
        reason: stored.act.reason.clone(),
        changes: stored.act.changes.iter().map(|based| format!("{} {}", based.change.kind(), based.change.key())).collect(),
        signed: [stored.approvals(), stored.act.checkers],
        in_effect_at: stored.effect_at.clone(),
    }
}
