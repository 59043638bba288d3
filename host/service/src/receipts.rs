//! Receipts (収納): files of the channels, what each payment is used for, and what clerks do about those that fit nothing.
//!
//! A file is read whole before anything of it counts, and taken whole in one transaction, page by page. An announcement
//! (速報) is pending in the ledger: nothing of it can be used. A confirmation (確報) counts and is used at once for what its
//! slip names. What fits nothing stays unmatched and waits for a clerk. Absent here: files and folders, which come in as bytes.

pub mod forms;
pub mod matching;
#[cfg(test)]
mod tests;

use crate::receipts::forms::{Line, Payment, Report, Said, adapter_of, look, source_ja};
use crate::receipts::matching::{Mistake, Order, Stands, is_levied, overpay, undo, use_for, uses};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, HouseholdId, Municipality};
use jorei_domain::ledger::{Account, AccountKind, Event, Instalment, Overpayment, Phase, Posting, Transfer, TransferId};
use jorei_domain::money::Yen;
use jorei_domain::slip::Slip;
use jorei_store::receipts::{
    Begun, EventKind, Exception, FileKind, Known, NewDelivery, NewFile, ReceiptEvent, ReceiptsError, Receiving, STATEMENT, Stage,
    StoredFile, Told,
};
use jorei_store::{Store, StoreError};
use std::collections::{HashMap, HashSet};

/// Lines per page.
const PAGE: usize = 500;
/// The longest reason of a clerk, in characters.
pub const LONGEST_REASON: usize = 500;

/// Why a file was not taken. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// Lines are wrong.
    #[error("{} line(s) are wrong", .0.refused.len() as u64 + .0.more)]
    Refused(Report),
    /// The store; a gap in the serials among others.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What became of a file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Taken {
    /// The file.
    pub file: StoredFile,
    /// Was it taken before? Then nothing was done now.
    pub before: bool,
    /// What it told.
    pub told: Vec<Told>,
    /// How many deliveries it told, for a statement.
    pub deliveries: u64,
}

/// What is asked of a file.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// Whose office.
    pub municipality: Municipality,
    /// The day it is booked (収納日); not before it was made.
    pub booked_on: Date,
    /// In which order a payment covers what is owed.
    pub order: Order,
}

/// Takes a file of a channel or a statement of the bank, whole or not at all. The same bytes again give the same answer and
/// do nothing. `progress` gets the number of lines that are done.
///
/// # Errors
/// A [`ReceiveError`]; nothing was written then.
pub async fn receive(
    store: &Store,
    request: Request,
    bytes: &[u8],
    stamp: &Stamp,
    mut progress: impl FnMut(u64) + Send,
) -> Result<Taken, ReceiveError> {
    let Request { municipality, booked_on, order } = request;
    let digest = Digest::of(bytes);
    if let Some(file) = store.receipt_file(municipality, digest).await? {
        return Ok(taken(store, municipality, file, true).await?);
    }
    let adapter = adapter_of(bytes).map_err(ReceiveError::Refused)?;
    let opened = adapter.open(bytes).map_err(ReceiveError::Refused)?;
    let (source, kind, serial, made_on, rows, yen) = (opened.source, opened.kind, opened.serial, opened.made_on, opened.rows, opened.yen);
    let looked = look(opened, booked_on).map_err(ReceiveError::Refused)?;
    let new = NewFile { source, kind, serial, made_on, digest, rows, unpaid: looked.unpaid, yen, bytes: bytes.to_vec(), booked_on };
    let mut receiving = store.receiving(municipality, stamp).await?;
    let number = match receiving.begin(&new).await? {
        Begun::Now(number) => number,
        Begun::Before(file) => {
            drop(receiving);
            return Ok(taken(store, municipality, file, true).await?);
        }
    };
    let mut page = Page::new(source, kind, number, serial, booked_on, order);
    let mut lines = adapter.open(bytes).map_err(ReceiveError::Refused)?.lines;
    let mut done = 0;
    loop {
        let mut read: Vec<Line> = Vec::with_capacity(PAGE);
        while read.len() < PAGE {
            match lines.next() {
                Some(Ok(line)) => read.push(line),
                Some(Err(refused)) => return Err(ReceiveError::Refused(refused.into())),
                None => break,
            }
        }
        if read.is_empty() {
            break;
        }
        done += read.len() as u64;
        if source == STATEMENT {
            deliver(&mut receiving, number, serial, booked_on, &read).await?;
        } else {
            page.take(&mut receiving, read).await?;
        }
        progress(done);
    }
    receiving.commit().await?;
    let file = store.receipt_file(municipality, digest).await?;
    let file = file.ok_or_else(|| StoreError::Damaged("a file of receipts is not there after it was taken".into()))?;
    Ok(taken(store, municipality, file, false).await?)
}

async fn taken(store: &Store, municipality: Municipality, file: StoredFile, before: bool) -> Result<Taken, StoreError> {
    let told = store.told_by_file(municipality, file.number).await?;
    let deliveries = store.deliveries_of_file(municipality, file.number).await?;
    Ok(Taken { file, before, told, deliveries })
}

/// A posting of the money or of a use, under an id made of the receipt and the place of its event.
fn posting(
    word: &str,
    event: Event,
    (receipt, ordinal): (i64, i64),
    booked_on: Date,
    reference: &str,
    transfers: Vec<Transfer>,
    overpayments: Vec<Overpayment>,
) -> Posting {
    let id = Digest::of(format!("receipt {receipt} {ordinal} {word}").as_bytes());
    Posting { id, event, booked_on, decision: None, reference: reference.to_owned(), transfers, overpayments }
}

/// What is written together, and what is known while it is planned.
struct Page {
    channel: u8,
    kind: FileKind,
    file: i64,
    serial: i64,
    booked_on: Date,
    order: Order,
    stands: HashMap<HouseholdId, Stands>,
    /// Instalments that a receipt of this page pays.
    paid: HashSet<(HouseholdId, Instalment)>,
    postings: Vec<Posting>,
    receipts: Vec<(i64, u8, String)>,
    events: Vec<ReceiptEvent>,
}

impl Page {
    fn new(channel: u8, kind: FileKind, file: i64, serial: i64, booked_on: Date, order: Order) -> Page {
        let (stands, paid) = (HashMap::new(), HashSet::new());
        let (postings, receipts, events) = (Vec::new(), Vec::new(), Vec::new());
        Page { channel, kind, file, serial, booked_on, order, stands, paid, postings, receipts, events }
    }

    async fn take(&mut self, receiving: &mut Receiving<'_>, lines: Vec<Line>) -> Result<(), StoreError> {
        let payments: Vec<(i64, Payment)> = lines
            .into_iter()
            .filter_map(|Line { line, said }| match said {
                Said::Payment(payment) => Some((i64::try_from(line).unwrap_or(i64::MAX), payment)),
                Said::Unpaid(_) | Said::Delivered(_) => None,
            })
            .collect();
        let references: Vec<&str> = payments.iter().map(|(_, payment)| payment.reference.as_str()).collect();
        let mut known = receiving.known(self.channel, &references).await?;
        self.stands.clear();
        self.paid.clear();
        if self.kind == FileKind::Final {
            let mut households: Vec<HouseholdId> =
                payments.iter().filter_map(|(_, payment)| Slip::parse(&payment.slip)).map(|slip| slip.household).collect();
            households.sort_unstable();
            households.dedup();
            for (account, balance) in receiving.balances(&households).await? {
                self.stands.entry(HouseholdId(account.household)).or_default().push((account, balance));
            }
        }
        for (line, payment) in payments {
            let before = known.remove(&payment.reference);
            match self.kind {
                FileKind::Announced => self.announce(receiving, line, payment, before.as_ref()),
                FileKind::Final => self.confirm(receiving, line, payment, before.as_ref()).await?,
                FileKind::Revoked => self.revoke(receiving, line, payment, before).await?,
                FileKind::Statement => {}
            }
        }
        self.save(receiving).await
    }

    async fn save(&mut self, receiving: &mut Receiving<'_>) -> Result<(), StoreError> {
        receiving.save(&self.postings, &self.receipts, &self.events).await?;
        self.postings.clear();
        self.receipts.clear();
        self.events.clear();
        Ok(())
    }

    fn reference(&self, line: i64) -> String {
        format!("{} {} 第{}号 {line}行", source_ja(self.channel), self.kind.ja(), self.serial)
    }

    fn collected(&self, paid_on: Date) -> Account {
        Account::collected(self.channel, paid_on)
    }

    /// An event of a line; the receipt is made where it is new.
    fn event(
        &mut self,
        receiving: &mut Receiving<'_>,
        kind: EventKind,
        line: i64,
        payment: &Payment,
        before: Option<&Known>,
    ) -> ReceiptEvent {
        let receipt = before.map_or_else(
            || {
                let number = receiving.number_receipt();
                self.receipts.push((number, self.channel, payment.reference.clone()));
                number
            },
            |before| before.number,
        );
        ReceiptEvent {
            ordinal: receiving.number_event(),
            receipt,
            kind,
            origin: Some((self.file, line)),
            slip: payment.slip.clone(),
            pays: Slip::parse(&payment.slip).map(|slip| (slip.household, slip.instalment)),
            paid_on: payment.paid_on,
            booked_on: self.booked_on,
            yen: payment.yen,
            booking: None,
            used: None,
            exception: None,
            reason: None,
            at: String::new(),
            by: String::new(),
        }
    }

    /// The posting of an event's money between the channel's day and what is unmatched.
    fn money(&mut self, event: Event, of: &ReceiptEvent, line: i64, (paid_on, yen): (Date, Yen), phase: Phase) -> Digest {
        let transfer = Transfer { debit: self.collected(paid_on), credit: Account::unmatched(of.receipt), yen, phase, effective: paid_on };
        let key = (of.receipt, of.ordinal);
        let posting = posting(event.word(), event, key, self.booked_on, &self.reference(line), vec![transfer], Vec::new());
        let id = posting.id;
        self.postings.push(posting);
        id
    }

    fn announce(&mut self, receiving: &mut Receiving<'_>, line: i64, payment: Payment, before: Option<&Known>) {
        let mut event = self.event(receiving, EventKind::Announced, line, &payment, before);
        if before.is_some() {
            (event.kind, event.exception) = (EventKind::Repeated, Some(Exception::Repeated));
        } else {
            event.booking = Some(self.money(Event::Announced, &event, line, (payment.paid_on, payment.yen), Phase::Pending));
        }
        self.events.push(event);
    }

    async fn confirm(
        &mut self,
        receiving: &mut Receiving<'_>,
        line: i64,
        payment: Payment,
        before: Option<&Known>,
    ) -> Result<(), StoreError> {
        let stage = before.and_then(Known::stage);
        if stage == Some(Stage::Final) {
            let event = self.event(receiving, EventKind::Repeated, line, &payment, before);
            self.events.push(ReceiptEvent { exception: Some(Exception::Repeated), ..event });
            return Ok(());
        }
        let announced = before.filter(|_| stage == Some(Stage::Announced)).and_then(Known::told);
        let mut phase = Phase::Posted;
        if let Some(announced) = announced
            && let Some(pending) = announced.booking.map(|posting| TransferId { posting, line: 0 })
        {
            if (announced.yen, announced.paid_on) == (payment.yen, payment.paid_on) {
                phase = Phase::Post(pending);
            } else {
                // The confirmation holds: what was announced otherwise ends, and another one counts.
                let mut event = self.event(receiving, EventKind::Revoked, line, &payment, before);
                let (yen, paid_on) = (announced.yen, announced.paid_on);
                event.booking = Some(self.money(Event::Revoked, &event, line, (paid_on, yen), Phase::Void(pending)));
                self.events.push(ReceiptEvent { yen, paid_on, ..event });
            }
        }
        let mut event = self.event(receiving, EventKind::Final, line, &payment, before);
        event.booking = Some(self.money(Event::Received, &event, line, (payment.paid_on, payment.yen), phase));
        let unclear = before.is_some() && stage != Some(Stage::Announced);
        match event.pays {
            _ if unclear => event.exception = Some(Exception::RevokedBefore),
            None => event.exception = Some(Exception::UnknownSlip),
            Some((household, instalment)) => {
                let stands = self.stands.entry(household).or_default();
                if is_levied(stands, household, instalment) {
                    let receivable = Account::of_instalment(AccountKind::Receivable, household, instalment);
                    let open = stands.iter().find(|(account, _)| *account == receivable).map_or(0, |(_, balance)| balance.open_debit());
                    // Asked only where it matters: of a payment beyond what is owed.
                    let paid_before = open < payment.yen.get()
                        && (self.paid.contains(&(household, instalment)) || receiving.is_paid_by_receipt(household, instalment).await?);
                    let key = (household, instalment);
                    let planned = use_for(stands, event.receipt, key, payment.yen.get(), payment.paid_on, self.order, paid_before);
                    self.paid.insert(key);
                    let matched = posting(
                        "matched",
                        Event::Matched,
                        (event.receipt, event.ordinal),
                        self.booked_on,
                        &self.reference(line),
                        planned.transfers,
                        planned.overpayments,
                    );
                    event.used = Some(matched.id);
                    self.postings.push(matched);
                } else {
                    event.exception = Some(Exception::NotLevied);
                }
            }
        }
        self.events.push(event);
        Ok(())
    }

    async fn revoke(
        &mut self,
        receiving: &mut Receiving<'_>,
        line: i64,
        payment: Payment,
        before: Option<Known>,
    ) -> Result<(), StoreError> {
        let mut event = self.event(receiving, EventKind::Revoked, line, &payment, before.as_ref());
        let same = |told: &&ReceiptEvent| (told.yen, told.paid_on, &told.slip) == (payment.yen, payment.paid_on, &payment.slip);
        match before.as_ref().map(|before| (before, before.stage(), before.told())) {
            None | Some((_, None, _)) => event.exception = Some(Exception::NothingToRevoke),
            Some((_, Some(Stage::Revoked | Stage::Reversed), _)) => {
                (event.kind, event.exception) = (EventKind::Repeated, Some(Exception::Repeated));
            }
            Some((_, Some(Stage::Announced), Some(told))) if same(&told) => {
                let pending = told.booking.map(|posting| TransferId { posting, line: 0 });
                if let Some(pending) = pending {
                    let phase = Phase::Void(pending);
                    event.booking = Some(self.money(Event::Revoked, &event, line, (payment.paid_on, payment.yen), phase));
                }
            }
            Some((before, Some(Stage::Final), Some(told))) if same(&told) => {
                // What was planned of the page so far may be what this undoes.
                let (ordinal, reference) = (event.ordinal, self.reference(line));
                self.save(receiving).await?;
                let undone = undo_uses(receiving, before.number, told.paid_on).await?;
                let posting = reversal(before, told, ordinal, self.booked_on, &reference, undone);
                event.kind = EventKind::Reversed;
                event.booking = Some(posting.id);
                self.postings.push(posting);
            }
            Some(_) => event.exception = Some(Exception::Contradicted),
        }
        self.events.push(event);
        Ok(())
    }
}

/// The transfers that undo every use of a receipt.
async fn undo_uses(receiving: &mut Receiving<'_>, receipt: i64, paid_on: Date) -> Result<Vec<Transfer>, StoreError> {
    let used = uses(receipt, &receiving.entries_of_account(Account::unmatched(receipt)).await?);
    let mut households: Vec<HouseholdId> = used.keys().map(|account| HouseholdId(account.household)).collect();
    households.dedup();
    households.sort_unstable();
    households.dedup();
    let mut transfers = Vec::new();
    for household in households {
        let entries = receiving.entries(household).await?;
        let mut stands = receiving.balances(&[household]).await?;
        transfers.extend(undo(receipt, household, &used, &entries, &mut stands, paid_on));
    }
    Ok(transfers)
}

/// The posting that takes a confirmed receipt back: every use undone, and the money not delivered.
fn reversal(known: &Known, told: &ReceiptEvent, ordinal: i64, booked_on: Date, reference: &str, mut undone: Vec<Transfer>) -> Posting {
    undone.push(Transfer {
        debit: Account::unmatched(known.number),
        credit: Account::collected(known.channel, told.paid_on),
        yen: told.yen,
        phase: Phase::Posted,
        effective: told.paid_on,
    });
    posting("reversed", Event::Reversed, (known.number, ordinal), booked_on, reference, undone, Vec::new())
}

/// Books lines of a statement.
async fn deliver(receiving: &mut Receiving<'_>, file: i64, serial: i64, booked_on: Date, lines: &[Line]) -> Result<(), StoreError> {
    let (mut postings, mut deliveries) = (Vec::with_capacity(lines.len()), Vec::with_capacity(lines.len()));
    for Line { line, said } in lines {
        let Said::Delivered(said) = said else { continue };
        let Ok(yen) = Yen::checked(said.yen.saturating_abs()) else { continue };
        let (bank, collected) = (Account::bank(), Account::collected(said.channel, said.collected_on));
        let (event, debit, credit) = if said.yen > 0 { (Event::Delivered, bank, collected) } else { (Event::TakenBack, collected, bank) };
        let posting = Posting {
            id: Digest::of(format!("delivery {file} {line}").as_bytes()),
            event,
            booked_on,
            decision: None,
            reference: format!("入金明細 第{serial}号 {line}行"),
            transfers: vec![Transfer { debit, credit, yen, phase: Phase::Posted, effective: said.delivered_on }],
            overpayments: Vec::new(),
        };
        deliveries.push(NewDelivery {
            line: i64::try_from(*line).unwrap_or(i64::MAX),
            delivered_on: said.delivered_on,
            channel: said.channel,
            collected_on: said.collected_on,
            yen: said.yen,
            posting: posting.id,
        });
        postings.push(posting);
    }
    receiving.save_deliveries(file, &postings, &deliveries).await
}

/// What a clerk does about a receipt.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Way {
    /// It pays this instalment (消込). What it was used for before is undone first.
    Match(HouseholdId, Instalment),
    /// It is money of this household that nothing is owed for (過誤納). What it was used for before is undone first.
    Overpaid(HouseholdId, Instalment, Mistake),
    /// It stays as it is (保留).
    Leave,
    /// Its channel took it back, without a file (収納取消).
    Reverse,
}

/// Does what a clerk says about a receipt, in one transaction; answers the event's place. The account of the stamp and the
/// reason are kept.
///
/// # Errors
/// [`StoreError::Receipts`] where it cannot be done, with what to do; [`StoreError::Database`].
pub async fn settle(store: &Store, request: Request, receipt: i64, way: Way, reason: &str, stamp: &Stamp) -> Result<i64, StoreError> {
    let Request { municipality, booked_on, order } = request;
    let refused = |wrong: &'static str| StoreError::from(ReceiptsError::Refused(receipt, wrong));
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON {
        return Err(refused("state a reason of 1 to 500 characters, without personal data"));
    }
    let mut receiving = store.receiving(municipality, stamp).await?;
    let known = receiving.receipt(receipt).await?;
    let (stage, told) = (known.stage(), known.told().or(known.events.first()));
    let Some(told) = told.cloned() else { return Err(ReceiptsError::NoReceipt(receipt).into()) };
    let mut event = ReceiptEvent {
        ordinal: receiving.number_event(),
        receipt,
        kind: EventKind::Left,
        origin: None,
        booked_on,
        booking: None,
        used: None,
        exception: None,
        reason: Some(reason.to_owned()),
        ..told.clone()
    };
    if way != Way::Leave && stage != Some(Stage::Final) {
        return Err(refused("it is not confirmed; wait for its channel's final notice, or leave it"));
    }
    match way {
        Way::Leave => {
            receiving.save(&[], &[], std::slice::from_ref(&event)).await?;
        }
        Way::Reverse => {
            let undone = undo_uses(&mut receiving, receipt, told.paid_on).await?;
            let posting = reversal(&known, &told, event.ordinal, booked_on, reason, undone);
            event.kind = EventKind::Reversed;
            event.booking = Some(posting.id);
            receiving.save(&[posting], &[], std::slice::from_ref(&event)).await?;
        }
        Way::Match(household, instalment) | Way::Overpaid(household, instalment, _) => {
            let undone = undo_uses(&mut receiving, receipt, told.paid_on).await?;
            if undone.iter().any(|transfer| transfer.debit.kind == AccountKind::Reclaim) {
                return Err(refused("part of it was refunded or appropriated already; reverse the receipt, or leave it"));
            }
            if !undone.is_empty() {
                let posting = posting("released", Event::Reversed, (receipt, event.ordinal), booked_on, reason, undone, Vec::new());
                let released = ReceiptEvent { kind: EventKind::Released, used: Some(posting.id), ..event.clone() };
                receiving.save(&[posting], &[], std::slice::from_ref(&released)).await?;
                event.ordinal = receiving.number_event();
            }
            let mut stands = receiving.balances(&[household]).await?;
            if !is_levied(&stands, household, instalment) {
                return Err(refused("nothing was assessed for this household and instalment; look at `jorei ledger show`"));
            }
            let yen = receiving.balance(Account::unmatched(receipt)).await?.open_credit();
            let key = (household, instalment);
            let planned = match way {
                Way::Overpaid(_, _, mistake) => overpay(&mut stands, receipt, key, yen, told.paid_on, mistake),
                _ => {
                    let paid_before = receiving.is_paid_by_receipt(household, instalment).await?;
                    use_for(&mut stands, receipt, key, yen, told.paid_on, order, paid_before)
                }
            };
            let key = (receipt, event.ordinal);
            let posting = posting("matched", Event::Matched, key, booked_on, reason, planned.transfers, planned.overpayments);
            event.kind = EventKind::Matched;
            event.pays = Some((household, instalment));
            event.used = Some(posting.id);
            receiving.save(&[posting], &[], std::slice::from_ref(&event)).await?;
        }
    }
    receiving.commit().await?;
    Ok(event.ordinal)
}
