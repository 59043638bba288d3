//! The bank's memory: which files it took, what it paid, what came back, and what goes wrong meanwhile.
//!
//! A file is its bytes: the same ones again are the same transfer, and nothing is paid for them. A line is paid though its
//! payment's number was paid in another file before, because a bank does not know what the number means; [`Desk::paid`]
//! tells it. Absent here: connections, files of its own, a clock.

use super::control::{AccountForm, Credited, Faults, Paid, PaymentForm, ReasonForm, Receipt, Return};
use jorei_bank::bulk_transfer::Reader;
use jorei_bank::fault::{FieldName, FileError, What};
use jorei_bank::file::PaymentNumber;
use jorei_bank::results::{Reason, Status, TransferResult};
use jorei_domain::calendar::Date;
use jorei_domain::id::Digest;
use jorei_domain::money::{MoneyError, Yen};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The reasons that take turns.
pub const REASONS: [Reason; 7] = [
    Reason::NoSuchAccount,
    Reason::HolderDiffers,
    Reason::Closed,
    Reason::KindDiffers,
    Reason::BranchMerged,
    Reason::RefusesCredit,
    Reason::FrozenByDeath,
];

/// The first payment that stands in no file: far beyond what an office counts, and within 63 bits, so that it is a number
/// which the office can read and does not know.
pub const UNKNOWN_PAYMENT: u64 = 9_000_000_000_000_000_001;

/// The most that ten digits of an amount hold.
const AMOUNT_MAX_YEN: i64 = 9_999_999_999;

/// All that outlives the process, if it is told to keep it.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Desk {
    faults: Faults,
    /// In the order in which they were taken.
    transfers: Vec<Transfer>,
    /// How many results of payments were made up.
    unknown: u64,
    /// Something is not written yet.
    #[serde(skip)]
    pub(crate) changed: bool,
}

/// A bulk transfer that was read to its end without an error.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    id: String,
    day: Date,
    sum_yen: Yen,
    lines: Vec<Line>,
    is_done: bool,
    /// Payments whose results were made up.
    unknown: Vec<PaymentForm>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Line {
    payment: PaymentForm,
    account: AccountForm,
    amount_yen: Yen,
    /// What the results state.
    stated_yen: Yen,
    fate: Fate,
}

#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum Fate {
    Waits,
    Paid,
    Failed { reason: ReasonForm },
    Returned { reason: ReasonForm, day: Date },
}

/// What became of a file that was handed in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Taken {
    /// It is new.
    New(Receipt),
    /// Its bytes were taken before; nothing is paid for them again.
    Known(Receipt),
    /// Its bytes were taken before, for this day: a file has no year.
    OtherDay(Date),
}

/// What there is of a transfer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Told {
    /// Nobody handed it in.
    Unknown,
    /// It is not carried out yet.
    Held,
    /// A result of every line, in the order of the file.
    Results(Vec<TransferResult>),
}

/// No line of this payment was paid, or its money came back already.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NotPaid;

impl Transfer {
    /// Reads a file in whole.
    ///
    /// # Errors
    /// The first field that is wrong.
    pub fn read(bytes: &[u8], day: Date) -> Result<Transfer, FileError> {
        let mut reader = Reader::new(bytes, day)?;
        let mut lines = Vec::new();
        for line in reader.by_ref() {
            let line = line?;
            lines.push(Line {
                payment: PaymentForm(line.payment),
                account: AccountForm::from(&line.account),
                amount_yen: line.amount,
                stated_yen: line.amount,
                fate: Fate::Waits,
            });
        }
        let totals = reader.totals().ok_or(FileError { line: 1, field: FieldName::FILE, what: What::Cut })?;
        let id = totals.sha256.to_string();
        Ok(Transfer { id, day, sum_yen: totals.sum_yen, lines, is_done: false, unknown: Vec::new() })
    }

    fn receipt(&self) -> Receipt {
        Receipt { id: self.id.clone(), lines: self.lines.len() as u64, sum_yen: self.sum_yen }
    }

    /// Pays what the faults do not stop.
    fn carry_out(&mut self, faults: &mut Faults, unknown: &mut u64) {
        self.is_done = true;
        for line in &mut self.lines {
            line.fate = match faults.reason(line) {
                Some(reason) => Fate::Failed { reason },
                None => Fate::Paid,
            };
            if faults.wrong_amount > 0 {
                faults.wrong_amount -= 1;
                let other = line.amount_yen.get() + if line.amount_yen.get() < AMOUNT_MAX_YEN { 1 } else { -1 };
                line.stated_yen = Yen::new(other);
            }
        }
        // Everything but the number is that of the first line, so that only the number tells it.
        let made_up = if self.lines.is_empty() { 0 } else { std::mem::take(&mut faults.unknown_line) };
        for _ in 0..made_up {
            self.unknown.extend(PaymentNumber::new(UNKNOWN_PAYMENT + *unknown).map(PaymentForm));
            *unknown += 1;
        }
    }

    fn results(&self) -> Vec<TransferResult> {
        let result = |payment: PaymentForm, line: &Line, status: Status, day: Date| TransferResult {
            payment: payment.0,
            bank: line.account.bank,
            branch: line.account.branch,
            number: line.account.number,
            amount: line.stated_yen,
            status,
            day,
        };
        let of_lines = self.lines.iter().filter_map(|line| {
            let (status, day) = match &line.fate {
                Fate::Waits => return None,
                Fate::Paid => (Status::Paid, self.day),
                Fate::Failed { reason } => (Status::Failed(reason.0.clone()), self.day),
                Fate::Returned { reason, day } => (Status::Failed(reason.0.clone()), *day),
            };
            Some(result(line.payment, line, status, day))
        });
        let made_up = self.unknown.iter().zip(self.lines.first().into_iter().cycle());
        of_lines.chain(made_up.map(|(payment, line)| result(*payment, line, Status::Paid, self.day))).collect()
    }
}

impl Faults {
    /// Why a line fails, if it does.
    fn reason(&self, line: &Line) -> Option<ReasonForm> {
        let in_turn = || self.reason_in_turn(line.payment);
        match self.fail.get(&line.account) {
            Some(told) => Some(told.clone().unwrap_or_else(in_turn)),
            None => self.draws(line.payment).then(in_turn),
        }
    }

    fn draws(&self, payment: PaymentForm) -> bool {
        let draw = Digest::of(format!("fail {} {}", self.seed, payment.0).as_bytes());
        u16::from_be_bytes([draw.0[0], draw.0[1]]) % 100 < u16::from(self.fail_per_100)
    }

    fn reason_in_turn(&self, payment: PaymentForm) -> ReasonForm {
        let turn = (payment.0.get() % REASONS.len() as u64 + self.seed % REASONS.len() as u64) as usize;
        ReasonForm(REASONS[turn % REASONS.len()].clone())
    }
}

impl Desk {
    /// The faults that are left.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Tells other faults, and carries out what was held, unless it is held on.
    pub fn set_faults(&mut self, faults: Faults) {
        self.faults = faults;
        self.carry_out();
        self.changed = true;
    }

    /// Takes a file.
    pub fn take(&mut self, transfer: Transfer) -> Taken {
        if let Some(before) = self.transfers.iter().find(|before| before.id == transfer.id) {
            return if before.day == transfer.day { Taken::Known(before.receipt()) } else { Taken::OtherDay(before.day) };
        }
        let receipt = transfer.receipt();
        self.transfers.push(transfer);
        self.carry_out();
        self.changed = true;
        Taken::New(receipt)
    }

    fn carry_out(&mut self) {
        if self.faults.hold {
            return;
        }
        for transfer in self.transfers.iter_mut().filter(|transfer| !transfer.is_done) {
            transfer.carry_out(&mut self.faults, &mut self.unknown);
        }
    }

    /// What became of a transfer.
    pub fn results(&self, id: &str) -> Told {
        match self.transfers.iter().find(|transfer| transfer.id == id) {
            None => Told::Unknown,
            Some(transfer) if !transfer.is_done => Told::Held,
            Some(transfer) => Told::Results(transfer.results()),
        }
    }

    /// Money of a payment comes back: from now on its result is a failure, in the place of the one before. Of a payment
    /// that was paid more than once, the last one comes back.
    ///
    /// # Errors
    /// [`NotPaid`].
    pub fn give_back(&mut self, told: Return) -> Result<(), NotPaid> {
        let (transfers, faults) = (&mut self.transfers, &self.faults);
        let lines = transfers.iter_mut().rev().flat_map(|transfer| {
            let day = transfer.day;
            transfer.lines.iter_mut().rev().map(move |line| (line, day))
        });
        let mut paid = lines.filter(|(line, _)| line.payment == told.payment && line.fate == Fate::Paid);
        let (line, day) = paid.next().ok_or(NotPaid)?;
        let reason = told.reason.unwrap_or_else(|| faults.reason_in_turn(told.payment));
        line.fate = Fate::Returned { reason, day: told.day.unwrap_or(day) };
        self.changed = true;
        Ok(())
    }

    /// What stands on the accounts.
    ///
    /// # Errors
    /// A sum beyond what an amount can be.
    pub fn paid(&self) -> Result<Paid, MoneyError> {
        let mut accounts: BTreeMap<AccountForm, Credited> = BTreeMap::new();
        let mut times: BTreeMap<PaymentForm, u32> = BTreeMap::new();
        for line in self.transfers.iter().flat_map(|transfer| &transfer.lines) {
            match line.fate {
                Fate::Waits | Fate::Failed { .. } => {}
                Fate::Paid => {
                    let credited = accounts.entry(line.account).or_default();
                    credited.count += 1;
                    credited.sum_yen = credited.sum_yen.plus(line.amount_yen)?;
                    *times.entry(line.payment).or_default() += 1;
                }
                Fate::Returned { .. } => accounts.entry(line.account).or_default().returned += 1,
            }
        }
        let twice = times.into_iter().filter(|(_, times)| *times > 1).map(|(payment, _)| payment).collect();
        Ok(Paid { accounts, twice })
    }

    /// Whether the next reply is lost.
    pub fn loses_reply(&mut self) -> bool {
        let loses = self.faults.lose_reply > 0;
        if loses {
            self.faults.lose_reply -= 1;
            self.changed = true;
        }
        loses
    }
}
