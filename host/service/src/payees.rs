//! To which account a refund goes, and what stops it.
//!
//! The account that the register has on the day of the consent is fixed and stays; a later answer never takes its place. What
//! speaks against it stops the payment, and either ends the account or is confirmed by two people, finding by finding: what
//! is found later stops it again. The state is worked out from what is kept and is stored nowhere.
//!
//! Absent here: asking the register ([`crate::inquiries`]), and paying ([`crate::payments`]).

mod sealing;
#[cfg(test)]
pub(crate) mod trial_desk;

use crate::acts::{ActsError, Proposal, based};
use crate::benefits::applications::simplified;
use crate::office::show;
use crate::people::protected_on;
use jorei_bank::account::BankAccount;
use jorei_bank::names::{Agreement, HolderName, agreement};
use jorei_domain::act::{self, Change};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, Municipality, PersonId};
use jorei_domain::record::Kind;
use jorei_store::inquiries::{Stage, StoredAnswer, StoredInquiry, Use};
use jorei_store::ledger::LedgerError;
use jorei_store::orders::{PayeeKind, PaymentOrder};
use jorei_store::payees::{Holder, NewPayeeAccount, PayeeAccount, Source};
use jorei_store::payments::{Line, Outcome};
use jorei_store::refunds::{Consent, ConsentKind};
use jorei_store::{Store, StoreError};
pub use sealing::{AccountVault, SealError};
use std::collections::BTreeSet;

/// How long the office waits, and what it takes for a change shortly before a payment. Assumed figures (tbc), for the office to set.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Watch {
    /// Days after which an inquiry without an answer is a matter for a clerk.
    pub answer_days: i64,
    /// An account that was changed within so many days stops.
    pub changed_days: i64,
}

impl Default for Watch {
    fn default() -> Watch {
        Watch { answer_days: 3, changed_days: 14 }
    }
}

/// How far the payee of an order is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// Nobody said where the money may go.
    NoConsent,
    /// There is consent, and nobody has asked the register.
    Unknown,
    /// The register was asked.
    Asked,
    /// The account is fixed, and nothing speaks against it.
    Fixed,
    /// The register has none: a claim form is needed.
    ClaimForm,
    /// Something speaks against it.
    Stopped,
    /// Two people put it in use, and nothing else speaks against it.
    Confirmed,
}

impl Standing {
    /// All of them.
    const ALL: [Standing; 7] = [
        Standing::NoConsent,
        Standing::Unknown,
        Standing::Asked,
        Standing::Fixed,
        Standing::ClaimForm,
        Standing::Stopped,
        Standing::Confirmed,
    ];

    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Standing::NoConsent => "no_consent",
            Standing::Unknown => "unknown",
            Standing::Asked => "asked",
            Standing::Fixed => "fixed",
            Standing::ClaimForm => "claim_form",
            Standing::Stopped => "stopped",
            Standing::Confirmed => "confirmed",
        }
    }

    /// For officials: what it means, and what to do.
    pub const fn ja(self) -> &'static str {
        match self {
            Standing::NoConsent => "振込先についての同意・請求がありません。還付請求書又は公金受取口座利用の同意を受け付けてください",
            Standing::Unknown => "公金受取口座を未照会です。照会を実行してください",
            Standing::Asked => "公金受取口座を照会中です。回答を待ってください",
            Standing::Fixed => "口座確定済です。振込データの作成へ進めます",
            Standing::ClaimForm => "公金受取口座の登録がありません。還付請求書を送付し、届いた口座を登録してください",
            Standing::Stopped => "振込みを止めています。理由を確認してください",
            Standing::Confirmed => "口座確定済（二人で確認）です。振込データの作成へ進めます",
        }
    }

    /// May the order be put into a batch?
    pub const fn is_ready(self) -> bool {
        matches!(self, Standing::Fixed | Standing::Confirmed)
    }
}

macro_rules! stops {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $confirmable:literal, $ja:literal;)*) => {
        /// What stops a payment.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum Stop {
            $($(#[$doc])* $name),*
        }

        impl Stop {
            /// Every stop, the gravest first.
            pub const ALL: &'static [Stop] = &[$(Stop::$name),*];

            /// Its word: permanent, acts and held lines name it.
            pub const fn word(self) -> &'static str {
                match self { $(Stop::$name => $word),* }
            }

            /// For officials: why it stops, and what to do.
            pub const fn ja(self) -> &'static str {
                match self { $(Stop::$name => $ja),* }
            }

            /// Can two people confirm that the account is right all the same?
            pub const fn is_confirmable(self) -> bool {
                match self { $(Stop::$name => $confirmable),* }
            }
        }
    };
}

stops! {
    /// The order was taken back.
    Replaced = "replaced", false, "この支払命令は取り消され、新しい支払命令に替わっています。新しい支払命令を確認してください";
    /// The payee has died.
    PayeeDied = "payee_died", false, "受取人が死亡しています。振込みを止め、相続人代表者の届出を受けてください";
    /// Heirs have named nobody.
    NoPayee = "no_payee", false, "受取人が決まっていません。相続人代表者の届出を受けてください";
    /// Somebody else gave the consent.
    ConsentOfOther = "consent_of_other", false, "同意した人と受取人が違います。受取人本人の同意又は委任状を確認し、還付請求書を受けてください";
    /// The person is protected (支援措置).
    Protected = "protected", false, "支援措置の対象者のため自動照会をしていません。取扱いを確認し、還付請求書を受けてください";
    /// The server does not take the inquiry.
    InquiryRefused = "inquiry_refused", false, "情報連携で照会が受け付けられませんでした。照会の内容を確認してください";
    /// No answer in time.
    TimedOut = "timed_out", false, "照会の回答が期限までに届きません。中間サーバーの状況を確認し、必要なら照会し直してください";
    /// The answer cannot be read.
    Unreadable = "unreadable", false, "回答の口座情報が読み取れません。本人に確認し、還付請求書を受けてください";
    /// The register says: not to be used now.
    Suspended = "suspended", false, "公金受取口座が利用停止になっています。本人に連絡し、別の口座を確認してください";
    /// The register has lost it.
    Deleted = "deleted", false, "確定後に公金受取口座の登録がなくなりました。本人に連絡し、口座を確認してください";
    /// The register does not know the person.
    NotFound = "not_found", false, "口座登録簿に該当者がありません。本人に連絡し、還付請求書を受けてください";
    /// The person has no identifier code.
    NotLinked = "not_linked", false, "情報連携の符号が未取得です。符号の取得後に照会し直すか、還付請求書を受けてください";
    /// The code does not lead to one person.
    IdentifierError = "identifier_error", false, "情報連携の符号に誤りがあります。宛名を確認してから照会し直してください";
    /// The other body is correcting its record.
    UnderCorrection = "under_correction", false, "相手方で記録を訂正中です。日を改めて照会し直してください";
    /// The account was destroyed by rule.
    Destroyed = "destroyed", false, "口座情報は保存期間の満了により廃棄済です。口座を取得し直してください";
    /// The account waits for a second person.
    NotApproved = "not_approved", false, "登録した口座が未承認です。二人目の承認を受けてください";
    /// Holder and payee do not agree.
    HolderDiffers = "holder_differs", true, "口座名義と受取人のカナ氏名が一致しません。旧姓・外国人名・表記の違いを確認し、二人で判断してください";
    /// The register now has another account.
    AccountDiffers = "account_differs", true, "振込前の照会で別の口座が返りました。確定した口座が使えるか確認し、二人で判断してください（自動では切り替えません）";
    /// The server contradicted itself.
    Contradicted = "contradicted", true, "同じ照会に異なる回答が届いています。中間サーバーに確認し、二人で判断してください";
    /// Another household has the same account.
    SharedAccount = "shared_account", true, "同じ口座が別の世帯の還付にも使われています。本人に確認し、二人で判断してください";
    /// It was changed shortly before.
    RecentlyChanged = "recently_changed", true, "口座が直近に変更されています。本人による変更か確認し、二人で判断してください";
    /// The bank could not pay to it.
    BankRefused = "bank_refused", true, "この口座への振込みが不能又は返却になっています。別の口座を確認するか、使えることを二人で確認してください";
}

/// Something that stops, and what exactly: a stop's word, then what it rests on, as `account_differs 12`.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Finding {
    /// What stops.
    pub stop: Stop,
    /// The number of an answer, line or household, or a day; empty where there is nothing more to say.
    pub of: String,
}

impl Finding {
    fn new(stop: Stop, of: impl ToString) -> Finding {
        Finding { stop, of: of.to_string() }
    }

    /// As acts name it.
    pub fn word(&self) -> String {
        if self.of.is_empty() { self.stop.word().to_owned() } else { format!("{} {}", self.stop.word(), self.of) }
    }
}

/// A finding of an act or a standing, for officials.
pub fn finding_ja(word: &str) -> String {
    let (name, of) = word.split_once(' ').unwrap_or((word, ""));
    match Stop::ALL.iter().find(|stop| stop.word() == name) {
        Some(stop) if of.is_empty() => stop.ja().to_owned(),
        Some(stop) => format!("{}（{of}）", stop.ja()),
        None => Standing::ALL.iter().find(|standing| standing.word() == word).map_or(word, |standing| standing.ja()).to_owned(),
    }
}

/// The state of an order's payee.
#[derive(Clone, Debug)]
pub struct PayeeState {
    /// The order.
    pub order: PaymentOrder,
    /// The matter that accounts belong to.
    pub matter: i64,
    /// How far it is.
    pub standing: Standing,
    /// What stops it and is not confirmed, the gravest first.
    pub findings: Vec<Finding>,
    /// All that speaks against the account, confirmed or not.
    pub all_findings: Vec<Finding>,
    /// The account in use, or, where one waits for approval, that one.
    pub account: Option<PayeeAccount>,
    /// The instant at which the last inquiry before payment was written that the register answered with the same account.
    pub checked_at: Option<String>,
    /// The payee's consent to the register's account.
    pub consent: Option<Consent>,
}

impl PayeeState {
    /// For officials: why, and what to do.
    pub fn ja(&self) -> String {
        match (self.standing, self.findings.first()) {
            (Standing::Stopped, Some(finding)) => finding_ja(&finding.word()),
            (standing, _) => standing.ja().to_owned(),
        }
    }

    /// The word of what stops it, or of its standing.
    pub fn word(&self) -> &'static str {
        match (self.standing, self.findings.first()) {
            (Standing::Stopped, Some(finding)) => finding.stop.word(),
            (standing, _) => standing.word(),
        }
    }
}

/// Why something about a payee was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PayeeError {
    /// No such order.
    #[error("there is no payment order {0}")]
    NoSuchOrder(i64),
    /// Nothing that two people could confirm.
    #[error("order {order}: there is nothing to confirm ({state}); `jorei payee show {order}` says what to do")]
    NothingToConfirm {
        /// The order.
        order: i64,
        /// The word of its state.
        state: &'static str,
    },
    /// A finding that nobody can confirm.
    #[error("order {order}: {stop} cannot be confirmed by anybody; another account is needed")]
    NotConfirmable {
        /// The order.
        order: i64,
        /// The word of the stop.
        stop: &'static str,
    },
    /// Sealing.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The act.
    #[error(transparent)]
    Acts(#[from] ActsError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<LedgerError> for PayeeError {
    fn from(error: LedgerError) -> PayeeError {
        PayeeError::Store(error.into())
    }
}

/// All that the state of a payee rests on.
#[derive(Clone, Debug)]
pub(crate) struct Grounds {
    pub order: PaymentOrder,
    pub replaced: bool,
    pub matter: i64,
    pub today: Date,
    pub dead: bool,
    pub protected: bool,
    pub consent: Option<Consent>,
    pub accounts: Vec<PayeeAccount>,
    pub act: Option<act::PayeeAccount>,
    pub inquiries: Vec<StoredInquiry>,
    pub answers: Vec<StoredAnswer>,
    /// Households other than this one that the account in use belongs to.
    pub shared: Vec<i64>,
    pub lines: Vec<Line>,
}

/// The account in use: the newest of those that need nobody's approval and those that have it.
fn in_use<'a>(accounts: &'a [PayeeAccount], act: Option<&act::PayeeAccount>) -> Option<&'a PayeeAccount> {
    let used = |account: &&PayeeAccount| account.source == Source::PublicAccount || act.is_some_and(|act| act.entry == account.entry);
    accounts.iter().rev().find(used)
}

/// What an answer that brings no account means.
fn stop_of(standing: &str, fixed: bool) -> Option<Stop> {
    Some(match standing {
        "not_registered" if fixed => Stop::Deleted,
        "suspended" => Stop::Suspended,
        "not_found" => Stop::NotFound,
        "not_linked" => Stop::NotLinked,
        "identifier_error" => Stop::IdentifierError,
        "under_correction" => Stop::UnderCorrection,
        _ => return None,
    })
}

/// Was it asked so long ago that somebody must look?
fn is_late(inquiry: &StoredInquiry, today: Date, watch: &Watch) -> bool {
    inquiry.inquiry.asked_on.days_until(today) > watch.answer_days
}

/// Works the state out. Nothing but the grounds is looked at.
pub(crate) fn judge(grounds: Grounds, watch: &Watch) -> PayeeState {
    let Grounds { order, replaced, matter, today, dead, protected, consent, accounts, act, inquiries, answers, shared, lines } = grounds;
    let account = in_use(&accounts, act.as_ref()).cloned();
    let newest = accounts.last().cloned();
    let mut state = PayeeState {
        order,
        matter,
        standing: Standing::Stopped,
        findings: Vec::new(),
        all_findings: Vec::new(),
        account: account.clone(),
        checked_at: None,
        consent: consent.clone(),
    };
    let mut found: BTreeSet<Finding> = BTreeSet::new();
    let mut stop = |stop: Stop, of: &dyn ToString| {
        found.insert(Finding::new(stop, of.to_string()));
    };
    if replaced {
        stop(Stop::Replaced, &"");
    }
    if dead {
        stop(Stop::PayeeDied, &"");
    }
    if state.order.payee.is_none() && state.order.payee_kind != PayeeKind::PensionBody {
        stop(Stop::NoPayee, &"");
    }
    let others = consent.as_ref().is_some_and(|consent| state.order.payee != Some(consent.given_by));
    let by_register = account.as_ref().is_none_or(|account| account.source == Source::PublicAccount);
    if by_register && others {
        stop(Stop::ConsentOfOther, &"");
    }
    let unread = |inquiry: &StoredInquiry| answers.iter().any(|answer| answer.inquiry == inquiry.inquiry.id && answer.usage == Use::Unfit);
    let waiting = newest.filter(|newest| account.as_ref().is_none_or(|used| used.number < newest.number));
    let mut standing = Standing::Fixed;
    if let Some(waiting) = waiting {
        // What was entered last is what the payee wants: nothing goes to the account before it.
        if waiting.tag.is_none() {
            stop(Stop::Destroyed, &"")
        } else {
            stop(Stop::NotApproved, &"")
        }
        state.account = Some(waiting);
    } else if let Some(used) = &account {
        if used.tag.is_none() {
            stop(Stop::Destroyed, &"");
        }
        if used.source == Source::PublicAccount && consent.is_none() {
            standing = Standing::NoConsent;
        }
        if !used.holder.passes() {
            stop(Stop::HolderDiffers, &"");
        }
        for household in &shared {
            stop(Stop::SharedAccount, household);
        }
        let recent = |day: Date| day <= today && day.days_until(today) < watch.changed_days;
        if let Some(day) = used.changed_on.filter(|day| recent(*day)) {
            stop(Stop::RecentlyChanged, &day);
        }
        let other_before = accounts.iter().any(|other| other.number < used.number && other.tag != used.tag);
        if other_before && recent(used.obtained_on) {
            stop(Stop::RecentlyChanged, &used.obtained_on);
        }
        let of = |line: &Line| accounts.iter().find(|account| account.entry == line.entry).and_then(|account| account.tag.clone());
        let same = |line: &&Line| line.entry == used.entry || (used.tag.is_some() && of(line) == used.tag);
        let back = |line: &&Line| matches!(line.outcome(), Some(Outcome::Failed | Outcome::Returned));
        for line in lines.iter().filter(back).filter(same) {
            stop(Stop::BankRefused, &line.id);
        }
        for answer in answers.iter().filter(|answer| answer.usage == Use::Contradicted) {
            stop(Stop::Contradicted, &answer.sequence);
        }
        if used.source == Source::PublicAccount {
            let checks =
                || inquiries.iter().rev().filter(|one| one.inquiry.stage == Stage::Check && one.ordinal > fixing(&inquiries, used));
            if let Some(last) = checks().next() {
                match (&last.answer, last.sent.as_deref()) {
                    (None, Some(refused)) if !refused.is_empty() => stop(Stop::InquiryRefused, &""),
                    (None, _) if unread(last) => stop(Stop::Unreadable, &""),
                    (None, _) if is_late(last, today, watch) => stop(Stop::TimedOut, &""),
                    _ => {}
                }
            }
            let last = checks().find_map(|one| one.answer.as_ref().map(|answer| (one, answer)));
            if let Some((asked, answer)) = last {
                if answer.standing == "present" {
                    if answer.tag.is_some() && answer.tag == used.tag {
                        state.checked_at = Some(asked.at.clone());
                        if answer.holder.is_some_and(|holder| !holder.passes()) && used.holder.passes() {
                            stop(Stop::HolderDiffers, &answer.sequence);
                        }
                    } else {
                        // The first answer that brought this other account, so that asking again finds the same thing.
                        let first = answers.iter().find(|other| other.tag.is_some() && other.tag == answer.tag);
                        stop(Stop::AccountDiffers, &first.map_or(answer.sequence, |first| first.sequence));
                        state.checked_at = Some(asked.at.clone());
                    }
                    if let Some(day) = answer.changed_on.filter(|day| recent(*day)) {
                        stop(Stop::RecentlyChanged, &day);
                    }
                } else if let Some(why) = stop_of(&answer.standing, true) {
                    stop(why, &"");
                }
            }
        }
    } else if state.order.payee_kind == PayeeKind::PensionBody {
        standing = Standing::ClaimForm;
    } else if let Some(consent) = &consent {
        let fixing = |one: &&StoredInquiry| one.inquiry.stage == Stage::Fix && one.inquiry.on >= consent.given_on;
        match inquiries.iter().rev().find(fixing) {
            None if protected => stop(Stop::Protected, &""),
            None => standing = Standing::Unknown,
            Some(last) => match (&last.answer, last.sent.as_deref()) {
                (Some(answer), _) if answer.standing == "not_registered" => standing = Standing::ClaimForm,
                (Some(answer), _) => stop(stop_of(&answer.standing, false).unwrap_or(Stop::Unreadable), &""),
                (None, Some(refused)) if !refused.is_empty() => stop(Stop::InquiryRefused, &""),
                (None, _) if unread(last) => stop(Stop::Unreadable, &""),
                (None, _) if is_late(last, today, watch) => stop(Stop::TimedOut, &""),
                (None, _) => standing = Standing::Asked,
            },
        }
    } else {
        standing = Standing::NoConsent;
    }
    state.all_findings = found.into_iter().collect();
    let act = act.filter(|act| account.as_ref().is_some_and(|used| used.entry == act.entry));
    let confirmed =
        |finding: &&Finding| finding.stop.is_confirmable() && act.as_ref().is_some_and(|act| act.findings.contains(&finding.word()));
    state.findings = state.all_findings.iter().filter(|finding| !confirmed(finding)).cloned().collect();
    state.standing = match (state.findings.is_empty(), standing) {
        (false, _) => Standing::Stopped,
        (true, Standing::Fixed) if act.is_some() => Standing::Confirmed,
        (true, standing) => standing,
    };
    state
}

/// The place of the inquiry by which an account was obtained.
fn fixing(inquiries: &[StoredInquiry], account: &PayeeAccount) -> i64 {
    let by = |one: &&StoredInquiry| account.inquiry.as_deref() == Some(one.inquiry.id.as_str());
    inquiries.iter().find(by).map_or(0, |one| one.ordinal)
}

/// The state of an order's payee on a day.
///
/// # Errors
/// [`PayeeError::NoSuchOrder`], the store's.
pub async fn state(store: &Store, municipality: Municipality, order: i64, today: Date, watch: &Watch) -> Result<PayeeState, PayeeError> {
    let order = store.order(municipality, order).await?.ok_or(PayeeError::NoSuchOrder(order))?;
    let matter = store.payment_matter(municipality, order.number).await?;
    let act = match store.state(municipality, "payee_account", &matter.to_string()).await? {
        Some((_, Change::PayeeAccount(act))) => Some(act),
        _ => None,
    };
    Ok(judge(grounds(store, municipality, order, matter, act, today).await?, watch))
}

/// What the office knows of the payee of an order, with an account put in use by an act.
async fn grounds(
    store: &Store,
    municipality: Municipality,
    order: PaymentOrder,
    matter: i64,
    act: Option<act::PayeeAccount>,
    today: Date,
) -> Result<Grounds, StoreError> {
    let orders = store.orders_of_matter(municipality, matter).await?;
    let accounts = store.payee_accounts(municipality, matter).await?;
    let mut lines = Vec::new();
    for number in &orders {
        lines.extend(store.lines_of_order(municipality, *number).await?);
    }
    let tag = in_use(&accounts, act.as_ref()).and_then(|account| account.tag.clone());
    let shared = match tag {
        Some(tag) => store.account_shared_with(municipality, &tag, order.household).await?.into_iter().map(|one| one.0).collect(),
        None => Vec::new(),
    };
    let consent = consent_for(store, municipality, &order, matter, today).await?;
    let (mut dead, mut protected) = (false, false);
    if let Some(payee) = order.payee {
        dead = has_died(store, municipality, payee, today).await?;
        protected = protected_on(store, municipality, today).await?.contains_key(&payee);
    }
    Ok(Grounds {
        replaced: orders.last().is_some_and(|last| *last != order.number),
        matter,
        today,
        dead,
        protected,
        consent,
        accounts,
        act,
        inquiries: store.inquiries_of_matter(municipality, matter).await?,
        answers: store.answers_of_matter(municipality, matter).await?,
        shared,
        lines,
        order,
    })
}

/// How a consent is named in inquiries that rest on it.
pub(crate) fn consent_reference(consent: &Consent) -> String {
    format!("consent-{}", consent.number)
}

/// The newest consent to the register's account that holds and was not used for another matter: a consent is for one application, but
/// that of the simplified procedure.
/// Orders of one decision are one application.
async fn consent_for(
    store: &Store,
    municipality: Municipality,
    order: &PaymentOrder,
    matter: i64,
    today: Date,
) -> Result<Option<Consent>, StoreError> {
    let consents = store.consents(municipality, order.household).await?;
    let mut holding = consents.into_iter().filter(|consent| consent.kind == ConsentKind::PublicAccount && consent.holds(today));
    // Of the simplified procedure one consent is for every month that follows.
    if let Some(registration) = simplified(store, municipality, order.household, today).await?
        && store.pays_benefit(municipality, order.number).await?
    {
        let with_it = |consent: &Consent| consent.given_by == registration.head && consent.given_on >= registration.from;
        return Ok(holding.rfind(with_it));
    }
    let used = store.references_of_others(municipality, order.household, matter).await?;
    Ok(holding.rfind(|consent| !used.contains(&consent_reference(consent))))
}

async fn has_died(store: &Store, municipality: Municipality, person: PersonId, on: Date) -> Result<bool, StoreError> {
    let facts = store.person_facts(municipality, person, store.latest_knowledge(municipality).await?).await?;
    Ok(facts.iter().any(|fact| fact.kind == Kind::Deaths && fact.holds && fact.values.is_some() && fact.from <= on))
}

/// The states of payees that wait for somebody, in the order of their orders: those on whose account something stands to be paid and
/// that are not ready.
///
/// # Errors
/// As [`state`].
pub async fn waiting(store: &Store, municipality: Municipality, today: Date, watch: &Watch) -> Result<Vec<PayeeState>, PayeeError> {
    let mut waiting = Vec::new();
    for order in open_orders(store, municipality).await? {
        let state = state(store, municipality, order, today, watch).await?;
        if !state.standing.is_ready() {
            waiting.push(state);
        }
    }
    Ok(waiting)
}

/// Orders of which something is to be paid and has not left, in the order of their numbers.
///
/// # Errors
/// A [`StoreError`].
pub async fn open_orders(store: &Store, municipality: Municipality) -> Result<Vec<i64>, StoreError> {
    const PAGE: u32 = 1_000;
    let (mut orders, mut after) = (Vec::new(), None);
    loop {
        let page = store.open_accounts(municipality, jorei_domain::ledger::AccountKind::Payable, after, PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        orders.extend(page.iter().filter(|(_, balance)| balance.open_credit() > 0).map(|(account, _)| account.item));
    }
    orders.sort_unstable();
    Ok(orders)
}

/// How far the holder of an account agrees with the kana that the office has of a payee.
///
/// # Errors
/// A [`StoreError`].
pub async fn holder(
    store: &Store,
    municipality: Municipality,
    payee: Option<PersonId>,
    account: &BankAccount,
) -> Result<Holder, StoreError> {
    let Some(payee) = payee else { return Ok(Holder::Unknown) };
    let name = store.name(municipality, payee, store.latest_knowledge(municipality).await?).await?;
    let kana = name.and_then(|name| HolderName::normalise(&name.kana).ok());
    Ok(kana.map_or(Holder::Unknown, |kana| match agreement(&account.holder, &kana) {
        Agreement::Exact => Holder::Exact,
        Agreement::SpacesAndHyphens => Holder::SpacesAndHyphens,
        Agreement::FirstThirty => Holder::FirstThirty,
        Agreement::Different => Holder::Different,
    }))
}

/// An account as a clerk entered it.
#[derive(Clone, Debug)]
pub struct Entered {
    /// From a claim form, or from the direct debit by consent.
    pub source: Source,
    /// The day of the claim or the consent.
    pub applied_on: Date,
    /// The account.
    pub account: BankAccount,
}

/// Keeps an account that a clerk entered and answers the act that puts it in use, to be proposed by whoever entered it. What speaks
/// against it stands in the act. Entered again it is the same account.
///
/// # Errors
/// A [`PayeeError`].
#[allow(clippy::too_many_arguments, reason = "which order, what was entered, why, and when by whom")]
pub async fn enter(
    store: &Store,
    vault: &AccountVault,
    municipality: Municipality,
    order: i64,
    entered: &Entered,
    reason: &str,
    today: Date,
    watch: &Watch,
    stamp: &Stamp,
) -> Result<Proposal, PayeeError> {
    let order = store.order(municipality, order).await?.ok_or(PayeeError::NoSuchOrder(order))?;
    let matter = store.payment_matter(municipality, order.number).await?;
    let new = NewPayeeAccount {
        matter,
        household: order.household,
        source: entered.source,
        inquiry: None,
        applied_on: entered.applied_on,
        obtained_on: today,
        holder: holder(store, municipality, order.payee, &entered.account).await?,
        changed_on: None,
        sealed: vault.seal(municipality, matter, &entered.account)?,
    };
    let number = store.save_payee_account(municipality, &new, stamp).await?;
    let accounts = store.payee_accounts(municipality, matter).await?;
    let entry = accounts.iter().find(|account| account.number == number).map_or(new.sealed.id(), |account| account.entry);
    let findings = findings_with(store, municipality, &order, entry, today, watch).await?;
    proposal(store, municipality, (matter, entry, findings), &entered.account.masked(), reason).await
}

/// The act by which two people confirm that the account in use is right, against all that is found now.
///
/// # Errors
/// [`PayeeError::NothingToConfirm`], [`PayeeError::NotConfirmable`], the store's.
pub async fn confirm(
    store: &Store,
    vault: &AccountVault,
    municipality: Municipality,
    order: i64,
    reason: &str,
    today: Date,
    watch: &Watch,
) -> Result<Proposal, PayeeError> {
    let state = state(store, municipality, order, today, watch).await?;
    let awaits = |finding: &Finding| finding.stop == Stop::NotApproved;
    let Some(account) = state.account.clone().filter(|_| state.standing == Standing::Stopped) else {
        return Err(PayeeError::NothingToConfirm { order, state: state.word() });
    };
    if let Some(never) = state.findings.iter().find(|finding| !finding.stop.is_confirmable() && !awaits(finding)) {
        return Err(PayeeError::NotConfirmable { order, stop: never.stop.word() });
    }
    let findings = findings_with(store, municipality, &state.order, account.entry, today, watch).await?;
    let shown = opened(store, vault, municipality, &account).await?.masked();
    proposal(store, municipality, (state.matter, account.entry, findings), &shown, reason).await
}

/// What would speak against an account once it is in use, as acts name it.
async fn findings_with(
    store: &Store,
    municipality: Municipality,
    order: &PaymentOrder,
    entry: Digest,
    today: Date,
    watch: &Watch,
) -> Result<Vec<String>, PayeeError> {
    let matter = store.payment_matter(municipality, order.number).await?;
    let act = act::PayeeAccount { order: matter, entry, findings: Vec::new() };
    let grounds = grounds(store, municipality, order.clone(), matter, Some(act), today).await?;
    let found = judge(grounds, watch).all_findings;
    let mut words: Vec<String> = found.iter().filter(|finding| finding.stop.is_confirmable()).map(Finding::word).collect();
    words.sort();
    Ok(words)
}

/// An account in the open, for whoever may see it.
///
/// # Errors
/// A [`PayeeError`].
pub async fn opened(
    store: &Store,
    vault: &AccountVault,
    municipality: Municipality,
    account: &PayeeAccount,
) -> Result<BankAccount, PayeeError> {
    let sealed = store.sealed(municipality, account.entry).await?.ok_or(SealError::Locked(account.entry))?;
    Ok(vault.open(municipality, account.matter, &sealed)?)
}

/// Is this the account of an entry, as the second person typed it from the document?
///
/// # Errors
/// A [`PayeeError`].
pub async fn matches(
    store: &Store,
    vault: &AccountVault,
    municipality: Municipality,
    entry: Digest,
    typed: &BankAccount,
) -> Result<bool, PayeeError> {
    match store.payee_account(municipality, entry).await? {
        Some(kept) => Ok(opened(store, vault, municipality, &kept).await? == *typed),
        None => Ok(false),
    }
}

async fn proposal(
    store: &Store,
    municipality: Municipality,
    (matter, entry, findings): (i64, Digest, Vec<String>),
    masked: &str,
    reason: &str,
) -> Result<Proposal, PayeeError> {
    let change = Change::PayeeAccount(act::PayeeAccount { order: matter, entry, findings });
    let changes = based(store, municipality, vec![change]).await?;
    let told = show(store, municipality, &changes).await?;
    let shown = format!("支払命令 {matter} の還付先口座を {masked} とする。承認する人は、書類の口座と見比べること。\n{told}");
    Ok(Proposal { changes, reason: reason.to_owned(), shown, checkers: 1, eligible: Vec::new(), emergency: false })
}

/// The name of the rule by which accounts are destroyed, in the record of it.
pub const PURGE_RULE: &str = "account data of closed matters";

/// Destroys the accounts of matters that were closed so many days ago or more: nothing of any of their orders is to be paid or
/// underway, and nothing was posted to them since. Bank files go once every order in them is such. Answers how many entries.
///
/// # Errors
/// A [`StoreError`].
pub async fn purge(store: &Store, municipality: Municipality, today: Date, days: i64, stamp: &Stamp) -> Result<usize, StoreError> {
    let mut entries = Vec::new();
    for matter in store.sealed_matters(municipality).await? {
        if is_closed(store, municipality, matter, today, days).await? {
            entries.extend(store.sealed_of_matter(municipality, matter).await?);
        }
    }
    let mut after = 0;
    loop {
        let files = store.files(municipality, after, 100).await?;
        let Some(last) = files.last() else { break };
        after = last.serial;
        for file in files {
            let mut closed = true;
            for line in store.lines_of_batch(municipality, file.batch).await? {
                let matter = store.payment_matter(municipality, line.order).await?;
                closed = closed && is_closed(store, municipality, matter, today, days).await?;
            }
            if closed {
                entries.push(file.entry);
            }
        }
    }
    store.purge(municipality, &entries, PURGE_RULE, today, stamp).await
}

async fn is_closed(store: &Store, municipality: Municipality, matter: i64, today: Date, days: i64) -> Result<bool, StoreError> {
    for number in store.orders_of_matter(municipality, matter).await? {
        let Some(order) = store.order(municipality, number).await? else { return Ok(false) };
        let account = jorei_domain::ledger::Account::payable(order.household, number);
        let balance = store.balance(municipality, account).await?;
        if balance.credit() != 0 || balance.debits_pending != 0 || balance.credits_pending != 0 {
            return Ok(false);
        }
        let last = store.entries_of_account(municipality, account).await?.iter().map(|entry| entry.booked_on).max();
        if last.is_none_or(|last| last.days_until(today) < days) {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests;
