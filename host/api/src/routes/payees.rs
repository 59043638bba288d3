//! Payees (還付先): to which account a refund goes, what stops it, and what two people say to that.
//!
//! An account comes in once, is sealed at once, and leaves masked; nothing of it is in a problem. Absent: its destruction by rule
//! (`jorei payee purge`), and opening one in the open.

use crate::cursor::{Page, PageQuery};
use crate::extract::{Json, Last, Params, day_until, line};
use crate::guard::Asker;
use crate::problem::{Answer, Code, Problem};
use crate::routes::acts::{Prepared, keep};
use crate::state::{Host, Shared};
use axum::extract::State;
use axum::http::StatusCode;
use jorei_bank::account::BankAccount;
use jorei_domain::id::{HouseholdId, PersonId};
use jorei_service::payees::{self as service, AccountVault, Entered, PayeeState, Watch, finding_ja, matches, open_orders, opened};
use jorei_store::payees::Source;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// Longest reason, in characters.
const REASON: usize = 400;

/// An order whose payee is not ready. No account is in it.
#[derive(Serialize, ToSchema)]
pub struct PayeeRow {
    /// The order (支出命令).
    order: i64,
    /// The household.
    household: i64,
    /// The person who is paid; none for a pension body, and for heirs who have named nobody.
    payee: Option<i64>,
    /// no_consent, unknown, asked, fixed, claim_form, confirmed, or the word of what stops it.
    state: &'static str,
    /// Why, and what to do, for officials.
    state_ja: String,
    /// Can it be put into a batch?
    ready: bool,
}

/// How far the payee of an order is.
#[derive(Serialize, ToSchema)]
pub struct PayeeBody {
    /// The order with its state.
    #[serde(flatten)]
    row: PayeeRow,
    /// The account in use, or the one that waits for approval; none where there is none.
    account: Option<MaskedAccount>,
    /// All that speaks against the account, the gravest first.
    findings: Vec<PayeeFinding>,
}

/// An account, masked.
#[derive(Serialize, ToSchema)]
pub struct MaskedAccount {
    /// Bank, branch, kind and the last two digits, as `9801-001 普通 *****67`; none once it was destroyed.
    shown: Option<String>,
    /// public_account, claim_form or direct_debit.
    source: &'static str,
    /// What officials call it.
    source_ja: &'static str,
    /// The day of the consent or the claim.
    applied_on: String,
    /// The day the office had it.
    obtained_on: String,
    /// How far its holder agrees with the payee, for officials.
    holder_ja: &'static str,
}

/// Something that speaks against an account.
#[derive(Serialize, ToSchema)]
pub struct PayeeFinding {
    /// Its word, with what it rests on, as acts name it.
    finding: String,
    /// Why, and what to do, for officials.
    finding_ja: String,
    /// Does it stop the payment? Otherwise two people confirmed it.
    open: bool,
}

/// The account of a claim form.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnterAccount {
    /// The bank: four digits (金融機関コード).
    #[schema(min_length = 4, max_length = 4)]
    bank: String,
    /// The branch: three digits (支店番号).
    #[schema(min_length = 3, max_length = 3)]
    branch: String,
    /// The kind of deposit (預金種目): 1, 2, 4 or 9.
    #[schema(min_length = 1, max_length = 1)]
    kind: String,
    /// The number: up to seven digits (口座番号).
    #[schema(min_length = 1, max_length = 7)]
    number: String,
    /// The holder in kana (口座名義).
    #[schema(min_length = 1, max_length = 200)]
    holder: String,
    /// The day of the claim, not after today.
    #[schema(example = "2025-07-10")]
    applied_on: String,
    /// Is it the account of the direct debit, to which the payee agreed?
    #[serde(default)]
    direct_debit: bool,
    /// Why, in one line without the account: it is kept for ever.
    #[schema(min_length = 1, max_length = 400)]
    reason: String,
}

/// An account typed again from the document.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TypedAccount {
    /// The bank: four digits.
    #[schema(min_length = 4, max_length = 4)]
    bank: String,
    /// The branch: three digits.
    #[schema(min_length = 3, max_length = 3)]
    branch: String,
    /// The kind of deposit: 1, 2, 4 or 9.
    #[schema(min_length = 1, max_length = 1)]
    kind: String,
    /// The number: up to seven digits.
    #[schema(min_length = 1, max_length = 7)]
    number: String,
    /// The holder in kana.
    #[schema(min_length = 1, max_length = 200)]
    holder: String,
}

/// Is it the same account?
#[derive(Serialize, ToSchema)]
pub struct ComparedAccount {
    /// The order.
    order: i64,
    /// Is what was typed the account that was entered?
    same: bool,
}

/// How an account was found to be right.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmAccount {
    /// How, in one line without the account: it is kept for ever.
    #[schema(min_length = 1, max_length = 400)]
    reason: String,
}

/// List the orders whose payee is not ready, each with why and what to do.
#[utoipa::path(get, path = "/v1/offices/{municipality}/payees", tag = "payees", params(PageQuery),
    responses((status = 200, description = "In the order of the orders", body = Page<PayeeRow>)))]
pub async fn waiting(State(host): State<Shared>, asker: Asker, Params(page): Params<PageQuery>) -> Answer<axum::Json<Page<PayeeRow>>> {
    let (office, today) = (asker.office(), asker.moment.now.today);
    let (after, limit) = (page.number()?.unwrap_or(0), page.limit()?);
    let mut states = Vec::new();
    for order in open_orders(&host.store, office).await?.into_iter().filter(|order| *order > after) {
        let state = service::state(&host.store, office, order, today, &Watch::default()).await?;
        if !state.standing.is_ready() {
            states.push(state);
        }
        if states.len() > limit as usize {
            break;
        }
    }
    let page = Page::of(states, limit, |state: &PayeeState| state.order.number.to_string());
    seen(&host, &asker, &page.items).await?;
    Ok(axum::Json(Page { items: page.items.iter().map(row).collect(), next: page.next }))
}

/// See how far the payee of an order is. The account is masked.
#[utoipa::path(get, path = "/v1/offices/{municipality}/payment-orders/{order}/payee", tag = "payees",
    responses((status = 200, description = "The payee's state", body = PayeeBody)))]
pub async fn show(State(host): State<Shared>, asker: Asker, Last(order): Last<i64>) -> Answer<axum::Json<PayeeBody>> {
    let state = found(&host, &asker, order).await?;
    let vault = vault(&host)?;
    let account = match &state.account {
        Some(account) => {
            let shown = match account.tag {
                Some(_) => Some(opened(&host.store, vault, asker.office(), account).await?.masked()),
                None => None,
            };
            Some(MaskedAccount {
                shown,
                source: account.source.word(),
                source_ja: account.source.ja(),
                applied_on: account.applied_on.to_string(),
                obtained_on: account.obtained_on.to_string(),
                holder_ja: account.holder.ja(),
            })
        }
        None => None,
    };
    let finding = |finding: &service::Finding| PayeeFinding {
        finding: finding.word(),
        finding_ja: finding_ja(&finding.word()),
        open: state.findings.contains(finding),
    };
    Ok(axum::Json(PayeeBody { row: row(&state), account, findings: state.all_findings.iter().map(finding).collect() }))
}

/// Enter the account of a claim form (還付請求書).
///
/// It is sealed at once and not in use: sign and make the act; a second person types the account again from the document
/// (`…/payee/comparisons`) before they sign. Entered again it is the same account.
#[utoipa::path(post, path = "/v1/offices/{municipality}/payment-orders/{order}/payee/accounts", tag = "payees",
    request_body = EnterAccount, responses((status = 201, description = "The act as it will be signed", body = Prepared)))]
pub async fn enter(
    State(host): State<Shared>,
    asker: Asker,
    Last(order): Last<i64>,
    Json(body): Json<EnterAccount>,
) -> Answer<(StatusCode, axum::Json<Prepared>)> {
    let today = asker.moment.now.today;
    let account = account([&body.bank, &body.branch, &body.kind, &body.number, &body.holder])?;
    let applied_on = day_until("applied_on", Some(&body.applied_on), today)?;
    let reason = without(&account, line("reason", &body.reason, REASON)?)?;
    found(&host, &asker, order).await?;
    let source = if body.direct_debit { Source::DirectDebit } else { Source::ClaimForm };
    let entered = Entered { source, applied_on, account };
    let (vault, watch, stamp) = (vault(&host)?, Watch::default(), asker.stamp());
    let proposal = service::enter(&host.store, vault, asker.office(), order, &entered, &reason, today, &watch, &stamp).await?;
    keep(&host, &asker, proposal, None).await
}

/// Compare an account typed again from the document with the one entered, before signing. Nothing of it is kept.
#[utoipa::path(post, path = "/v1/offices/{municipality}/payment-orders/{order}/payee/comparisons", tag = "payees",
    request_body = TypedAccount, responses((status = 200, description = "Whether it is the same", body = ComparedAccount)))]
pub async fn compare(
    State(host): State<Shared>,
    asker: Asker,
    Last(order): Last<i64>,
    Json(body): Json<TypedAccount>,
) -> Answer<axum::Json<ComparedAccount>> {
    let typed = account([&body.bank, &body.branch, &body.kind, &body.number, &body.holder])?;
    let state = found(&host, &asker, order).await?;
    let none = || Problem::new(Code::NotAllowedNow, "the order has no account yet");
    let entered = state.account.filter(|account| account.tag.is_some()).ok_or_else(none)?;
    let same = matches(&host.store, vault(&host)?, asker.office(), entered.entry, &typed).await?;
    Ok(axum::Json(ComparedAccount { order, same }))
}

/// Confirm that the account in use is right against what is found now, for a second person to sign.
///
/// What is found later stops the payment again. The account never changes by this.
#[utoipa::path(post, path = "/v1/offices/{municipality}/payment-orders/{order}/payee/confirmations", tag = "payees",
    request_body = ConfirmAccount, responses((status = 201, description = "The act as it will be signed", body = Prepared)))]
pub async fn confirm(
    State(host): State<Shared>,
    asker: Asker,
    Last(order): Last<i64>,
    Json(body): Json<ConfirmAccount>,
) -> Answer<(StatusCode, axum::Json<Prepared>)> {
    let reason = line("reason", &body.reason, REASON)?;
    let state = found(&host, &asker, order).await?;
    let vault = vault(&host)?;
    let reason = match &state.account {
        Some(account) if account.tag.is_some() => without(&opened(&host.store, vault, asker.office(), account).await?, reason)?,
        _ => reason,
    };
    let (today, watch) = (asker.moment.now.today, Watch::default());
    let proposal = service::confirm(&host.store, vault, asker.office(), order, &reason, today, &watch).await?;
    keep(&host, &asker, proposal, None).await
}

/// The state of an order's payee, once the look-up stands in the chain.
///
/// # Errors
/// [`Code::NotFound`].
pub async fn found(host: &Host, asker: &Asker, order: i64) -> Answer<PayeeState> {
    if host.store.order(asker.office(), order).await?.is_none() {
        asker.looked_up(host, &[], &[]).await?;
        return Err(no_order());
    }
    let state = service::state(&host.store, asker.office(), order, asker.moment.now.today, &Watch::default()).await?;
    seen(host, asker, std::slice::from_ref(&state)).await?;
    Ok(state)
}

/// Nobody's order.
pub fn no_order() -> Problem {
    Problem::not_found("no payment order of this office has this number")
}

/// The keys of accounts.
///
/// # Errors
/// [`Code::NotAllowedNow`] where none is configured.
pub fn vault(host: &Host) -> Answer<&AccountVault> {
    let none = "no key of the vault is configured here (`key_file` under `[vault]`), so no account of a payee can be sealed or opened";
    host.accounts.as_ref().ok_or_else(|| Problem::new(Code::NotAllowedNow, none))
}

async fn seen(host: &Host, asker: &Asker, states: &[PayeeState]) -> Answer<()> {
    let persons: BTreeSet<PersonId> = states.iter().filter_map(|state| state.order.payee).collect();
    let households: BTreeSet<HouseholdId> = states.iter().map(|state| state.order.household).collect();
    asker.looked_up(host, &Vec::from_iter(persons), &Vec::from_iter(households)).await
}

/// An account as it was typed. What is wrong with it names the part and not what stands there.
fn account([bank, branch, kind, number, holder]: [&str; 5]) -> Answer<BankAccount> {
    BankAccount::parse(bank, branch, kind, number, holder).map_err(Problem::invalid)
}

/// A reason that does not hold the number of an account: it is shown to more people than the account is, and kept for ever.
fn without(account: &BankAccount, reason: String) -> Answer<String> {
    let plain = |letter: char| match letter {
        '０'..='９' => char::from_u32(u32::from(letter) - u32::from('０') + u32::from('0')),
        '-' | '－' | 'ー' | ' ' | '　' => None,
        letter => Some(letter),
    };
    let text: String = reason.chars().filter_map(plain).collect();
    let digits = account.number.digits();
    // A number of few digits is found only where it stands with its zeros: a year or a count must stay sayable.
    let short = digits.trim_start_matches('0');
    if text.contains(&digits) || short.len() > 4 && text.contains(short) {
        return Err(Problem::invalid("reason: it holds the account's number; write it without"));
    }
    Ok(reason)
}

fn row(state: &PayeeState) -> PayeeRow {
    PayeeRow {
        order: state.order.number,
        household: state.order.household.0,
        payee: state.order.payee.map(|payee| payee.0),
        state: state.word(),
        state_ja: state.ja(),
        ready: state.standing.is_ready(),
    }
}
