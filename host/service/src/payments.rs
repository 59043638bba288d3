//! From payment orders to the bank and back: a batch of orders, released by two people, cut into a file once, and what the bank
//! says of each line.
//!
//! One line is one number in the file and one entry of the ledger. A released batch is immutable and a cut file is kept as it was,
//! sealed: cutting again gives the same bytes. What failed never goes out again with the same account unless two people
//! said so. Absent here: the layout of files (`jorei-bank`), writing them to a disk, and sending them.

use crate::acts::{ActsError, Proposal, based};
use crate::office::show;
use crate::payees::{self, AccountVault, PayeeError, PayeeState, SealError, Stop, Watch};
use jorei_bank::account::{AccountNumber, BankAccount, BankCode, BranchCode, DepositKind};
use jorei_bank::branches::BranchList;
use jorei_bank::bulk_transfer::{self, Writer};
use jorei_bank::duplicates::Duplicates;
use jorei_bank::fault::FileError;
use jorei_bank::file::{BankKana, ClientCode, ClientName, Header, LineEnd, PaymentNumber};
use jorei_bank::results::{Reason, Status, TransferResult};
use jorei_domain::act::{Change, Release};
use jorei_domain::audit::Stamp;
use jorei_domain::business_days::{Calendar, NotPublished};
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, Municipality};
use jorei_domain::ledger::{Account, Event, Phase, Posting, Transfer, TransferId};
use jorei_domain::money::Yen;
use jorei_store::payees::Source;
use jorei_store::payments::{Batch, Exception, File, Line, NewFile, NewLine, NewOutcome, Outcome, Results};
use jorei_store::{Store, StoreError};
use serde::{Deserialize, Serialize};

/// The office's own account at the designated bank, as a file names it. Kept with each batch as canonical JSON.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Sender {
    /// The number that the bank gave (委託者コード); up to ten digits.
    pub client: u64,
    /// The office's name, in half-width kana.
    pub name: String,
    /// The bank: four digits.
    pub bank: String,
    /// Its name, in half-width kana; may be empty.
    pub bank_name: String,
    /// The branch: three digits.
    pub branch: String,
    /// Its name; may be empty.
    pub branch_name: String,
    /// The kind of deposit: 1, 2 or 9.
    pub kind: u64,
    /// The number: seven digits.
    pub number: String,
    /// Whether records end with CR and LF.
    pub line_ends: bool,
}

impl Sender {
    /// The header of a file for a day.
    ///
    /// # Errors
    /// [`PaymentError::Sender`] with the field.
    pub fn header(&self, day: Date) -> Result<Header, PaymentError> {
        let wrong = |field| PaymentError::Sender { field };
        Ok(Header {
            client: ClientCode::new(self.client).ok_or_else(|| wrong("client"))?,
            client_name: ClientName::read(&self.name).map_err(|_| wrong("name"))?,
            day,
            bank: BankCode::parse(&self.bank).map_err(|_| wrong("bank"))?,
            bank_name: BankKana::cut(&self.bank_name).map_err(|_| wrong("bank_name"))?,
            branch: BranchCode::parse(&self.branch).map_err(|_| wrong("branch"))?,
            branch_name: BankKana::cut(&self.branch_name).map_err(|_| wrong("branch_name"))?,
            kind: DepositKind::of(self.kind).map_err(|_| wrong("kind"))?,
            number: AccountNumber::parse(&self.number).map_err(|_| wrong("number"))?,
        })
    }
}

/// Why something about payments was not done. Nothing was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PaymentError {
    /// A field of the sender.
    #[error("the sender's {field} cannot stand in a bank file; correct the file of the sender")]
    Sender {
        /// The field.
        field: &'static str,
    },
    /// A day on which banks are closed, or that has passed.
    #[error("{day} is no day on which banks move money for a file of {today}; banks are open on {next}")]
    BankDay {
        /// The day asked for.
        day: Date,
        /// The day of asking.
        today: Date,
        /// The next one.
        next: Date,
    },
    /// A year without published holidays.
    #[error(transparent)]
    Holidays(#[from] NotPublished),
    /// No order can go into a batch.
    #[error("nothing can be paid today; {0} order(s) wait, `jorei payee list` and `jorei payment list` say why")]
    Nothing(usize),
    /// No such batch.
    #[error("there is no batch {0}")]
    NoSuchBatch(i64),
    /// Not released.
    #[error("batch {0} is not released; two people must approve it on the day it was prepared for")]
    NotReleased(i64),
    /// Taken back.
    #[error("batch {0} was taken back; prepare another one")]
    Withdrawn(i64),
    /// Lines that something speaks against since they were released.
    #[error("batch {batch}: {} line(s) are stopped: {}; see each, or cut with --leave-out so that they stay behind", lines.len(), told(lines))]
    Stopped {
        /// The batch.
        batch: i64,
        /// The lines, and the word of what stops each.
        lines: Vec<(i64, String)>,
    },
    /// Its file was destroyed by rule.
    #[error("the file of batch {0} was destroyed by rule; its hash and sums are kept")]
    Destroyed(i64),
    /// The file cannot be written.
    #[error("the bank file: {0}")]
    File(#[from] FileError),
    /// A payee.
    #[error(transparent)]
    Payee(#[from] PayeeError),
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

fn told(lines: &[(i64, String)]) -> String {
    lines.iter().take(5).map(|(line, stop)| format!("{line} {stop}")).collect::<Vec<_>>().join(", ")
}

/// Why an order is not in a batch.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum LeftOut {
    /// Its payee is not ready: the word of the state.
    Payee(&'static str),
    /// It was decided for another day: the interest ends on the day of approval.
    Renew {
        /// The day it was decided for.
        decided_on: Date,
    },
    /// It is in a batch already.
    InBatch(i64),
    /// The branch is not in the list, or not open on the day; for officials.
    Branch(String),
    /// Another line goes to the same account with the same amount, and no remark says that this is right.
    Duplicate {
        /// The order of the other line.
        of: i64,
    },
    /// What stands to be paid is not what was ordered.
    Amount,
}

impl LeftOut {
    /// For officials: why, and what to do.
    pub fn ja(&self) -> String {
        match self {
            LeftOut::Payee(word) => format!("振込先が確定していません（{}）", payees::finding_ja(word)),
            LeftOut::Renew { decided_on } => format!("{decided_on} の決定です。還付加算金の終期が変わるため、決定をやり直してください"),
            LeftOut::InBatch(batch) => format!("支払束 {batch} に入っています"),
            LeftOut::Branch(why) => why.clone(),
            LeftOut::Duplicate { of } => {
                format!("支払命令 {of} と口座・金額が同じです。二重払いでないか確認し、理由を付けて作成してください")
            }
            LeftOut::Amount => "支払未済額が支払命令の額と違います。台帳を確認してください".to_owned(),
        }
    }
}

/// A batch that was prepared.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The batch.
    pub batch: Batch,
    /// Orders that are not in it, and why.
    pub left_out: Vec<(i64, LeftOut)>,
}

/// Puts the orders of a day that can be paid into a batch for a bank day. `remark` says why lines that look alike are right;
/// without one, of two such lines the second stays behind. Without a list of branches none is looked up.
///
/// # Errors
/// A [`PaymentError`]; [`PaymentError::Nothing`] where no order can be paid, the orders of a batch prepared before among them.
#[allow(clippy::too_many_arguments, reason = "the day, the bank's day, whose money, which branches, and when by whom")]
pub async fn prepare(
    store: &Store,
    vault: &AccountVault,
    municipality: Municipality,
    bank_day: Date,
    sender: &Sender,
    branches: Option<&BranchList>,
    remark: &str,
    today: Date,
    watch: &Watch,
    stamp: &Stamp,
) -> Result<Prepared, PaymentError> {
    if bank_day < today || !Calendar::Bank.is_open(bank_day)? {
        return Err(PaymentError::BankDay { day: bank_day, today, next: Calendar::Bank.next_open(bank_day.max(today))? });
    }
    sender.header(bank_day)?;
    let (mut lines, mut left_out, mut seen) = (Vec::new(), Vec::new(), Duplicates::new());
    for order in payees::open_orders(store, municipality).await? {
        let state = payees::state(store, municipality, order, today, watch).await?;
        match line(store, vault, municipality, &state, bank_day, branches, today).await? {
            Ok((line, account)) => {
                let number = u64::try_from(order).unwrap_or_default();
                match seen.see(number, &account, line.yen) {
                    Some(of) if remark.trim().is_empty() => {
                        left_out.push((order, LeftOut::Duplicate { of: i64::try_from(of).unwrap_or_default() }));
                    }
                    _ => lines.push(line),
                }
            }
            Err(why) => left_out.push((order, why)),
        }
    }
    if lines.is_empty() {
        return Err(PaymentError::Nothing(left_out.len()));
    }
    let text = serde_json::to_string(sender).map_err(|_| PaymentError::Sender { field: "text" })?;
    let number = store.save_batch(municipality, (today, bank_day), &text, remark.trim(), &lines, stamp).await?;
    let batch = store.batch(municipality, number).await?.ok_or(PaymentError::NoSuchBatch(number))?;
    Ok(Prepared { batch, left_out })
}

/// The line of an order, or why it has none.
async fn line(
    store: &Store,
    vault: &AccountVault,
    municipality: Municipality,
    state: &PayeeState,
    bank_day: Date,
    branches: Option<&BranchList>,
    today: Date,
) -> Result<Result<(NewLine, BankAccount), LeftOut>, PaymentError> {
    let order = &state.order;
    let earlier = store.lines_of_order(municipality, order.number).await?;
    if let Some(live) = earlier.iter().find(|line| line.is_live(today)) {
        return Ok(Err(LeftOut::InBatch(live.batch)));
    }
    // Of an order that left once and came back the interest ended with its first decision (tbc).
    let back = earlier.iter().rev().find(|line| line.is_sent());
    let bears_interest = !store.pays_benefit(municipality, order.number).await?;
    if back.is_none() && bears_interest && order.decided_on != today {
        return Ok(Err(LeftOut::Renew { decided_on: order.decided_on }));
    }
    let Some(kept) = state.account.as_ref().filter(|_| state.standing.is_ready()) else { return Ok(Err(LeftOut::Payee(state.word()))) };
    let balance = store.balance(municipality, Account::payable(order.household, order.number)).await?;
    let yen = match order.principal.plus(order.interest) {
        Ok(yen) if yen.get() == balance.open_credit() => yen,
        _ => return Ok(Err(LeftOut::Amount)),
    };
    let account = payees::opened(store, vault, municipality, kept).await?;
    if let Some(stop) = holder_stops(store, municipality, state, &account).await? {
        return Ok(Err(LeftOut::Payee(stop.word())));
    }
    if let Some(Err(why)) = branches.map(|branches| branches.on(account.bank, account.branch, bank_day)) {
        return Ok(Err(LeftOut::Branch(why.japanese())));
    }
    let line = NewLine { order: order.number, entry: kept.entry, yen, replaces: back.map(|line| line.id) };
    Ok(Ok((line, account)))
}

/// Does the holder differ from the payee as the office knows them now? It agreed, or two people confirmed it, when the account was
/// obtained; the office's name may have been corrected since.
async fn holder_stops(
    store: &Store,
    municipality: Municipality,
    state: &PayeeState,
    account: &BankAccount,
) -> Result<Option<Stop>, StoreError> {
    let known = state.all_findings.iter().any(|finding| finding.stop == Stop::HolderDiffers);
    let now = payees::holder(store, municipality, state.order.payee, account).await?;
    Ok((!known && !now.passes()).then_some(Stop::HolderDiffers))
}

/// The act by which two people release a batch, on the day it was prepared for. It is bound to the hash of its lines, their accounts
/// included.
///
/// # Errors
/// A [`PaymentError`].
pub async fn release(store: &Store, municipality: Municipality, batch: i64, reason: &str) -> Result<Proposal, PaymentError> {
    let found = store.batch(municipality, batch).await?.ok_or(PaymentError::NoSuchBatch(batch))?;
    if found.withdrawn.is_some() {
        return Err(PaymentError::Withdrawn(batch));
    }
    let change = Release { batch, digest: found.digest, lines: found.lines, yen: found.yen.get() };
    let changes = based(store, municipality, vec![Change::Release(change)]).await?;
    let told = show(store, municipality, &changes).await?;
    let remark =
        if found.remark.is_empty() { String::new() } else { format!("同じ口座・金額の明細がある理由: {}\n", found.remark) };
    let shown = format!(
        "支払束 {batch} を銀行へ送付する。件数 {} 合計 {}円 振込指定日 {} 支出決定日 {}\n{remark}{told}",
        found.lines,
        found.yen.get(),
        found.bank_day,
        found.decided_on
    );
    Ok(Proposal { changes, reason: reason.to_owned(), shown, checkers: 1, eligible: Vec::new(), emergency: false })
}

/// A file with its bytes.
#[derive(Clone)]
pub struct Cut {
    /// What is kept of it.
    pub file: File,
    /// What goes to the bank.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cut").field("file", &self.file).finish_non_exhaustive()
    }
}

/// Cuts a released batch into a file: once. The file, the lines held back and the postings of all that leave are one transaction;
/// cutting again gives the kept bytes. Each account of the register must have been asked about since the release, or at most
/// `fresh_hours` before now, with nothing speaking against it.
///
/// # Errors
/// A [`PaymentError`]; [`PaymentError::Stopped`] where a line may not leave, unless such lines are to stay behind.
#[allow(clippy::too_many_arguments, reason = "which batch, what becomes of stopped lines, and when by whom")]
pub async fn cut(
    store: &Store,
    vault: &AccountVault,
    municipality: Municipality,
    batch: i64,
    leave_out: bool,
    fresh_hours: u32,
    today: Date,
    watch: &Watch,
    stamp: &Stamp,
) -> Result<Cut, PaymentError> {
    if let Some(cut) = file(store, vault, municipality, batch).await? {
        return Ok(cut);
    }
    let found = store.batch(municipality, batch).await?.ok_or(PaymentError::NoSuchBatch(batch))?;
    if found.withdrawn.is_some() {
        return Err(PaymentError::Withdrawn(batch));
    }
    let Some((act, released_at)) = &found.released else { return Err(PaymentError::NotReleased(batch)) };
    if found.bank_day < today {
        return Err(PaymentError::BankDay { day: found.bank_day, today, next: Calendar::Bank.next_open(today)? });
    }
    let sender: Sender = serde_json::from_str(&found.sender).map_err(|_| PaymentError::Sender { field: "text" })?;
    let (mut held, mut leaving) = (Vec::new(), Vec::new());
    for line in store.lines_of_batch(municipality, batch).await? {
        match leaves(store, vault, municipality, &line, (released_at, fresh_hours), today, watch, stamp).await? {
            Ok(account) => leaving.push((line, account)),
            Err(stop) => held.push((line.id, stop)),
        }
    }
    if !held.is_empty() && !leave_out || leaving.is_empty() {
        // What speaks against a line may be the file itself, cut by a command that was stopped after it had asked for it.
        if let Some(cut) = file(store, vault, municipality, batch).await? {
            return Ok(cut);
        }
        return Err(PaymentError::Stopped { batch, lines: held });
    }
    let line_end = if sender.line_ends { LineEnd::CrLf } else { LineEnd::None };
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes, &sender.header(found.bank_day)?, line_end)?;
    let mut postings = Vec::with_capacity(leaving.len());
    for (line, account) in leaving {
        let number = u64::try_from(line.id).ok().and_then(PaymentNumber::new).ok_or(PaymentError::NoSuchBatch(batch))?;
        writer.line(&bulk_transfer::Line::new(number, account, line.yen))?;
        postings.push(sent(municipality, &line, found.bank_day, today));
    }
    let totals = writer.finish()?;
    let new = NewFile {
        batch,
        act: *act,
        sealed: vault.seal_file(municipality, batch, &bytes)?,
        sha256: totals.sha256,
        lines: u32::try_from(totals.lines).unwrap_or(u32::MAX),
        yen: totals.sum_yen,
        held,
    };
    let kept = store.save_file(municipality, &new, &postings, stamp).await?;
    if kept.entry == new.sealed.id() {
        return Ok(Cut { file: kept, bytes });
    }
    // Somebody else cut it meanwhile.
    file(store, vault, municipality, batch).await?.ok_or(PaymentError::NoSuchBatch(batch))
}

/// The file of a batch as it was cut; none where it is not cut.
///
/// # Errors
/// A [`PaymentError`]; [`PaymentError::Destroyed`].
pub async fn file(store: &Store, vault: &AccountVault, municipality: Municipality, batch: i64) -> Result<Option<Cut>, PaymentError> {
    let Some(file) = store.file_of_batch(municipality, batch).await? else { return Ok(None) };
    let sealed = store.sealed(municipality, file.entry).await?.ok_or(PaymentError::Destroyed(batch))?;
    let bytes = vault.open_file(municipality, batch, &sealed)?;
    Ok(Some(Cut { file, bytes }))
}

/// The account of a line that may leave, or the word of what stops it.
#[allow(clippy::too_many_arguments, reason = "the line, how fresh its inquiry must be, and when")]
async fn leaves(
    store: &Store,
    vault: &AccountVault,
    municipality: Municipality,
    line: &Line,
    (released_at, fresh_hours): (&str, u32),
    today: Date,
    watch: &Watch,
    stamp: &Stamp,
) -> Result<Result<BankAccount, String>, PaymentError> {
    let state = payees::state(store, municipality, line.order, today, watch).await?;
    let stopped = |word: &str| Ok(Err(word.to_owned()));
    let Some(kept) = state.account.as_ref().filter(|_| state.standing.is_ready()) else { return stopped(state.word()) };
    if kept.entry != line.entry {
        return stopped("another_account");
    }
    if kept.source == Source::PublicAccount {
        let fresh = state.checked_at.as_deref().is_some_and(|asked| is_fresh(asked, released_at, fresh_hours, &stamp.at));
        if !fresh {
            return stopped("not_checked");
        }
    }
    let account = payees::opened(store, vault, municipality, kept).await?;
    if let Some(stop) = holder_stops(store, municipality, &state, &account).await? {
        return stopped(stop.word());
    }
    let balance = store.balance(municipality, Account::payable(line.household, line.order)).await?;
    if balance.open_credit() != line.yen.get() {
        return stopped("amount");
    }
    Ok(Ok(account))
}

/// Was it asked after the release, or at most so many hours ago? An instant that cannot be read is not.
fn is_fresh(asked: &str, released: &str, hours: u32, now: &str) -> bool {
    let instant = |text: &str| text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second);
    match (instant(asked), instant(released), instant(now)) {
        (Some(asked), Some(released), Some(now)) => asked <= now && (asked >= released || now - asked <= i64::from(hours) * 3_600),
        _ => false,
    }
}

/// The id of what a line posts: the same line posts each thing once.
fn posting_id(municipality: Municipality, event: Event, line: i64) -> Digest {
    Digest::of(format!("jorei payment {} {municipality} {line}", event.word()).as_bytes())
}

fn posting(municipality: Municipality, event: Event, line: &Line, phase: Phase, effective: Date, today: Date) -> Posting {
    let (payable, bank) = (Account::payable(line.household, line.order), Account::bank());
    let (debit, credit) = if event == Event::Returned { (bank, payable) } else { (payable, bank) };
    Posting {
        id: posting_id(municipality, event, line.id),
        event,
        booked_on: today,
        decision: None,
        reference: format!("支払明細 {:020}", line.id),
        transfers: vec![Transfer { debit, credit, yen: line.yen, phase, effective }],
        overpayments: Vec::new(),
    }
}

fn sent(municipality: Municipality, line: &Line, bank_day: Date, today: Date) -> Posting {
    posting(municipality, Event::Sent, line, Phase::Pending, bank_day, today)
}

/// What the bank says of one payment.
#[derive(Clone, Debug)]
pub struct Told {
    /// The number that the bank states.
    pub payment: u64,
    /// The account's bank, branch and number, where the bank states them.
    pub account: Option<(BankCode, BranchCode, AccountNumber)>,
    /// How much, where the bank states it.
    pub yen: Option<Yen>,
    /// What became of it.
    pub outcome: Outcome,
    /// Why, in the words of the form; empty for paid. Words of the bank's own are not kept: they may hold names.
    pub reason: String,
    /// The day that the bank states.
    pub on: Date,
}

impl From<&TransferResult> for Told {
    fn from(result: &TransferResult) -> Told {
        let (outcome, reason) = match &result.status {
            Status::Paid => (Outcome::Paid, String::new()),
            Status::Failed(Reason::Other(_)) => (Outcome::Failed, "その他".to_owned()),
            Status::Failed(reason) => (Outcome::Failed, reason.japanese()),
        };
        Told {
            payment: result.payment.get(),
            account: Some((result.bank, result.branch, result.number)),
            yen: Some(result.amount),
            outcome,
            reason,
            on: result.day,
        }
    }
}

/// Takes in what the bank says, with what follows in the ledger: all or none. The same source is the same set: nothing happens and
/// the first answer is given again. Money that comes back after it was paid is returned; whatever fits no line, or cannot be, is
/// kept as an exception for a clerk.
///
/// # Errors
/// A [`PaymentError`].
pub async fn take_results(
    store: &Store,
    vault: &AccountVault,
    municipality: Municipality,
    source: Digest,
    told: &[Told],
    today: Date,
    stamp: &Stamp,
) -> Result<Results, PaymentError> {
    let mut tries = 0;
    loop {
        if let Some(known) = store.results(municipality, source).await? {
            return Ok(known);
        }
        let (mut outcomes, mut exceptions, mut postings) = (Vec::<NewOutcome>::new(), Vec::new(), Vec::new());
        for (place, one) in (1_i64..).zip(told) {
            match result(store, vault, municipality, one, &outcomes, today).await? {
                Ok(Some((outcome, posting))) => {
                    outcomes.push(outcome);
                    postings.push(posting);
                }
                Ok(None) => {}
                Err(what) => exceptions.push(Exception { place, line: one.payment.to_string(), what: what.to_owned() }),
            }
        }
        match store.save_results(municipality, source, &outcomes, &exceptions, &postings, stamp).await {
            // Another set told of the same line meanwhile.
            Err(StoreError::Database(_) | StoreError::Ledger(_)) if tries < 3 => tries += 1,
            done => return Ok(done?),
        }
    }
}

/// What a result does to its line: an outcome and its posting, nothing if it was told before, or why it fits none.
async fn result(
    store: &Store,
    vault: &AccountVault,
    municipality: Municipality,
    told: &Told,
    before: &[NewOutcome],
    today: Date,
) -> Result<Result<Option<(NewOutcome, Posting)>, &'static str>, PaymentError> {
    let found = match i64::try_from(told.payment) {
        Ok(id) => store.payment_line(municipality, id).await?,
        Err(_) => None,
    };
    let Some(line) = found else { return Ok(Err("この番号の支払明細はありません")) };
    if !line.is_sent() {
        return Ok(Err("銀行へ送付していない支払明細です"));
    }
    if before.iter().any(|one| one.line == line.id) {
        return Ok(Err("同じ支払明細の結果が二つあります"));
    }
    if told.yen.is_some_and(|yen| yen != line.yen) {
        return Ok(Err("金額が支払明細と違います"));
    }
    if let Some((bank, branch, number)) = told.account {
        let kept = store.payee_account(municipality, line.entry).await?;
        // Of a destroyed account nothing is left to compare with.
        if let Some(kept) = kept.filter(|kept| kept.tag.is_some()) {
            let account = payees::opened(store, vault, municipality, &kept).await?;
            if (account.bank, account.branch, account.number) != (bank, branch, number) {
                return Ok(Err("口座が支払明細と違います"));
            }
        }
    }
    let of = TransferId { posting: posting_id(municipality, Event::Sent, line.id), line: 0 };
    let (outcome, event, phase) = match (line.outcome(), told.outcome) {
        (None, Outcome::Paid) => (Outcome::Paid, Event::Paid, Phase::Post(of)),
        (None, Outcome::Failed) => (Outcome::Failed, Event::Failed, Phase::Void(of)),
        (None, Outcome::Returned) => return Ok(Err("振込済の結果がないまま資金返却の結果が届きました")),
        (Some(Outcome::Paid), Outcome::Failed | Outcome::Returned) => (Outcome::Returned, Event::Returned, Phase::Posted),
        (Some(Outcome::Failed), Outcome::Paid) => return Ok(Err("振込不能とした支払明細が振込済と届きました")),
        (Some(Outcome::Returned), Outcome::Paid) if line.outcomes.iter().all(|(outcome, ..)| *outcome != Outcome::Paid) => {
            return Ok(Err("資金返却とした支払明細が振込済と届きました"));
        }
        // Told before.
        (Some(_), _) => return Ok(Ok(None)),
    };
    let reason =
        if outcome != Outcome::Paid && line.recalled && told.reason.is_empty() { "組戻し".to_owned() } else { told.reason.clone() };
    let new = NewOutcome { line: line.id, outcome, reason, on: told.on };
    Ok(Ok(Some((new, posting(municipality, event, &line, phase, told.on, today)))))
}

#[cfg(test)]
mod tests;
