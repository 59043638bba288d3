//! The ledger (収納・還付の台帳): what stands on a household's accounts, how it came about, and whether it adds up.
//!
//! Absent: posting anything. Each affair posts as part of what it decides or takes.

use crate::cursor::Page;
use crate::extract::{Last, digest};
use crate::guard::Asker;
use crate::jobs::{self, Running};
use crate::problem::{Answer, Problem};
use crate::routes::jobs::{Started, accepted};
use crate::state::Shared;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode};
use jorei_domain::id::HouseholdId;
use jorei_domain::ledger::{Account, AccountKind, Balance, Transfer};
use jorei_service::ledger::{account_ja, check, phase_ja, standing};
use jorei_store::ledger::Entry;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use utoipa::ToSchema;

/// What stands on an account. Whole yen.
#[derive(Serialize, ToSchema)]
pub struct AccountBalance {
    /// What officials call the account.
    account_ja: String,
    /// Its kind.
    kind: &'static str,
    /// What stands on the side on which it may stand.
    yen: i64,
    /// What is pending on that side: announced, not confirmed.
    pending_yen: i64,
}

/// A transfer as it was written.
#[derive(Serialize, ToSchema)]
pub struct LedgerEntry {
    /// The place of its posting in the office.
    ordinal: i64,
    /// Its posting.
    posting: String,
    /// What happened.
    event: &'static str,
    /// What officials call it.
    event_ja: &'static str,
    /// The day of booking.
    booked_on: String,
    /// What it is about: a file and its line, a decision.
    reference: String,
    /// The decision it follows from.
    decision: Option<String>,
    /// The transfer.
    #[serde(flatten)]
    transfer: TransferBody,
}

/// Whole yen from one account to another.
#[derive(Serialize, ToSchema)]
pub struct TransferBody {
    /// What officials call the account it debits.
    debit_ja: String,
    /// And the one it credits.
    credit_ja: String,
    /// How much.
    yen: i64,
    /// 仮, 確定 or 取消; nothing for one that simply counts.
    phase_ja: &'static str,
    /// The day in law on which it counts.
    effective: String,
}

/// A household's accounts.
#[derive(Serialize, ToSchema)]
pub struct HouseholdLedger {
    /// The household.
    household: i64,
    /// Every account, those at zero included.
    accounts: Vec<AccountBalance>,
    /// Every transfer that touched one, in the order in which they were written.
    entries: Vec<LedgerEntry>,
}

/// A posting with its transfers.
#[derive(Serialize, ToSchema)]
pub struct PostingBody {
    /// Its id.
    posting: String,
    /// Its place in the office.
    ordinal: i64,
    /// What happened.
    event: &'static str,
    /// What officials call it.
    event_ja: &'static str,
    /// The day of booking.
    booked_on: String,
    /// What it is about.
    reference: String,
    /// The decision it follows from.
    decision: Option<String>,
    /// When it was written.
    at: String,
    /// By whom.
    by: String,
    /// Its transfers.
    transfers: Vec<TransferBody>,
}

/// The sums of a kind of account. Whole yen.
#[derive(Serialize, ToSchema)]
pub struct KindTotal {
    /// The kind.
    kind: &'static str,
    /// What officials call it.
    kind_ja: &'static str,
    /// All debits.
    debits_yen: i64,
    /// All credits.
    credits_yen: i64,
    /// What stands on the side on which it may stand.
    yen: i64,
    /// What is pending on that side.
    pending_yen: i64,
}

/// See what stands on a household's accounts, and every transfer that touched them.
#[utoipa::path(get, path = "/v1/offices/{municipality}/households/{household}/ledger", tag = "ledger",
    responses((status = 200, description = "The accounts and their transfers", body = HouseholdLedger)))]
pub async fn household(State(host): State<Shared>, asker: Asker, Last(household): Last<i64>) -> Answer<axum::Json<HouseholdLedger>> {
    let (office, of) = (asker.office(), HouseholdId(household));
    asker.looked_up(&host, &[], &[of]).await?;
    let accounts = host.store.balances(office, of).await?;
    if accounts.is_empty() && !host.store.knows_household(office, of).await? {
        return Err(Problem::not_found("no household has this number here"));
    }
    let entries = host.store.entries(office, of).await?;
    let accounts = accounts.iter().map(|(account, balance)| account_body(account, balance)).collect();
    Ok(axum::Json(HouseholdLedger { household, accounts, entries: entries.into_iter().map(entry_body).collect() }))
}

/// See one posting with its transfers, and from which decision or file it follows.
#[utoipa::path(get, path = "/v1/offices/{municipality}/ledger/postings/{posting}", tag = "ledger",
    responses((status = 200, description = "The posting", body = PostingBody)))]
pub async fn posting(State(host): State<Shared>, asker: Asker, Last(id): Last<String>) -> Answer<axum::Json<PostingBody>> {
    let none = || Problem::not_found("no posting of this office has such an id");
    let stored = match digest("posting", &id) {
        Ok(id) => host.store.posting(asker.office(), id).await?,
        Err(_) => None,
    };
    let transfers = stored.iter().flat_map(|stored| &stored.posting.transfers);
    let numbers = transfers.flat_map(|transfer| [transfer.debit.household, transfer.credit.household]);
    let households: BTreeSet<HouseholdId> = numbers.filter(|number| *number != 0).map(HouseholdId).collect();
    asker.looked_up(&host, &[], &Vec::from_iter(households)).await?;
    let stored = stored.ok_or_else(none)?;
    let posting = stored.posting;
    Ok(axum::Json(PostingBody {
        posting: posting.id.to_string(),
        ordinal: stored.ordinal,
        event: posting.event.word(),
        event_ja: posting.event.ja(),
        booked_on: posting.booked_on.to_string(),
        reference: posting.reference,
        decision: posting.decision.map(|decision| decision.to_string()),
        at: stored.at,
        by: stored.by,
        transfers: posting.transfers.iter().map(transfer_body).collect(),
    }))
}

/// Sum up every kind of account.
#[utoipa::path(get, path = "/v1/offices/{municipality}/ledger/totals", tag = "ledger",
    responses((status = 200, description = "The sums", body = Page<KindTotal>)))]
pub async fn totals(State(host): State<Shared>, asker: Asker) -> Answer<axum::Json<Page<KindTotal>>> {
    let total = |(kind, balance): (AccountKind, Balance)| {
        let (yen, pending_yen) = standing(kind, &balance);
        let (debits_yen, credits_yen) = (balance.debits, balance.credits);
        KindTotal { kind: kind.word(), kind_ja: kind.ja(), debits_yen, credits_yen, yen, pending_yen }
    };
    Ok(axum::Json(Page::whole(host.store.totals(asker.office()).await?.into_iter().map(total).collect())))
}

/// Add every transfer up again, and hold what is assessed and received against it.
///
/// Answers at once; the job's figures say in how many places it differs. Which they are names accounts of households:
/// `jorei ledger check` on the machine lists them.
#[utoipa::path(post, path = "/v1/offices/{municipality}/ledger/checks", tag = "ledger",
    responses((status = 202, description = "It is under way", body = Started)))]
pub async fn checks(State(host): State<Shared>, asker: Asker) -> Answer<(StatusCode, [(HeaderName, String); 1], axum::Json<Started>)> {
    let (office, today) = (asker.office(), asker.moment.now.today);
    let work = move |host: Shared, _: Arc<Running>| async move {
        let found = check(&host.store, office, today).await.map_err(jobs::reason)?;
        Ok(json!({ "agrees": found.is_empty(), "differences": found.len() }))
    };
    let id = jobs::start(&host, &asker, "ledger", json!({}), work).await?;
    Ok(accepted(office, id))
}

fn account_body(account: &Account, balance: &Balance) -> AccountBalance {
    let (yen, pending_yen) = standing(account.kind, balance);
    AccountBalance { account_ja: account_ja(account), kind: account.kind.word(), yen, pending_yen }
}

fn entry_body(entry: Entry) -> LedgerEntry {
    LedgerEntry {
        ordinal: entry.ordinal,
        posting: entry.id.posting.to_string(),
        event: entry.event.word(),
        event_ja: entry.event.ja(),
        booked_on: entry.booked_on.to_string(),
        reference: entry.reference,
        decision: entry.decision.map(|decision| decision.to_string()),
        transfer: transfer_body(&entry.transfer),
    }
}

fn transfer_body(transfer: &Transfer) -> TransferBody {
    TransferBody {
        debit_ja: account_ja(&transfer.debit),
        credit_ja: account_ja(&transfer.credit),
        yen: transfer.yen.get(),
        phase_ja: phase_ja(transfer),
        effective: transfer.effective.to_string(),
    }
}
