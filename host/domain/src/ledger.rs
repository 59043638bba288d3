//! The ledger: accounts, transfers between them, and which transfers each event of an insurance office makes.
//!
//! A transfer moves whole yen from one account to another, so the sum over all accounts is zero by its shape. Transfers are
//! never edited: a mistake is mended by a further one. What is only announced is *pending*; later it is *posted* or *voided*
//! by a transfer that names it. A *posting* is what one event makes: several transfers that are written together or not at
//! all, under an id that its maker chose. The same id with the same content is the same posting; with other content it is
//! an error.
//!
//! [`Event::table`] is the one list of which event may move what; a posting that moves anything else is malformed.
//! Absent here: balances (the store keeps them), and who may do what.

extern crate alloc;

use crate::benefit::Benefit;
use crate::calendar::Date;
use crate::id::{Digest, HouseholdId};
use crate::money::Yen;
use crate::record::{COLLECTIONS, OVERPAYMENT_CAUSES};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use minicbor::Encoder;

/// On which side an account may never be short.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Bound {
    /// Its credits, pending ones included, never exceed its debits: somebody owes it to the office.
    Debit,
    /// Its debits, pending ones included, never exceed its credits: the office owes it to somebody.
    Credit,
    /// Either side may be larger.
    None,
}

/// What an account holds. The numbers are permanent: the store keeps them, and reads the bound off them (below 20 debit,
/// below 40 credit, above none).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(i64)]
pub enum AccountKind {
    /// 収入未済（本料）: what an instalment still owes.
    Receivable = 1,
    /// 収入未済（延滞金）: a delinquency charge that was fixed and is not paid.
    Charge = 2,
    /// 収入未済（督促手数料）: a demand fee that is not paid.
    Fee = 3,
    /// 返納金債権: what somebody must give back, because a receipt was revoked after it had been refunded.
    Reclaim = 4,
    /// 調定額: what an instalment was assessed at.
    Levied = 20,
    /// 延滞金の調定額.
    ChargeLevied = 21,
    /// 督促手数料の調定額.
    FeeLevied = 22,
    /// 仮受金: a receipt whose use is not known or not final.
    Unmatched = 23,
    /// 過誤納金: money of a household beyond what it owes, not decided yet.
    Overpaid = 24,
    /// 支払未済: what was decided to be paid out and has not left.
    Payable = 25,
    /// 収納日計: what a channel told of a day and the bank has not delivered.
    Collected = 40,
    /// 歳計現金: the office's account at the designated bank.
    Bank = 41,
    /// 還付加算金: interest paid on refunds, by fiscal year.
    Interest = 42,
    /// 不納欠損: what was written off.
    WrittenOff = 43,
    /// 時効による収入: refunds that lapsed.
    Lapsed = 44,
    /// 保険給付費: what benefits cost, by fiscal year and benefit.
    Benefits = 45,
}

impl AccountKind {
    /// Every kind, in the order of their numbers.
    pub const ALL: [AccountKind; 16] = [
        AccountKind::Receivable,
        AccountKind::Charge,
        AccountKind::Fee,
        AccountKind::Reclaim,
        AccountKind::Levied,
        AccountKind::ChargeLevied,
        AccountKind::FeeLevied,
        AccountKind::Unmatched,
        AccountKind::Overpaid,
        AccountKind::Payable,
        AccountKind::Collected,
        AccountKind::Bank,
        AccountKind::Interest,
        AccountKind::WrittenOff,
        AccountKind::Lapsed,
        AccountKind::Benefits,
    ];

    /// Its number.
    pub const fn number(self) -> i64 {
        self as i64
    }

    /// The kind of a number.
    pub fn numbered(number: i64) -> Option<AccountKind> {
        AccountKind::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// Its word, for engineers and auditors.
    pub const fn word(self) -> &'static str {
        match self {
            AccountKind::Receivable => "receivable",
            AccountKind::Charge => "charge",
            AccountKind::Fee => "fee",
            AccountKind::Reclaim => "reclaim",
            AccountKind::Levied => "levied",
            AccountKind::ChargeLevied => "charge levied",
            AccountKind::FeeLevied => "fee levied",
            AccountKind::Unmatched => "unmatched",
            AccountKind::Overpaid => "overpaid",
            AccountKind::Payable => "payable",
            AccountKind::Collected => "collected",
            AccountKind::Bank => "bank",
            AccountKind::Interest => "interest",
            AccountKind::WrittenOff => "written off",
            AccountKind::Lapsed => "lapsed",
            AccountKind::Benefits => "benefits",
        }
    }

    /// What officials call it.
    pub const fn ja(self) -> &'static str {
        match self {
            AccountKind::Receivable => "収入未済（本料）",
            AccountKind::Charge => "収入未済（延滞金）",
            AccountKind::Fee => "収入未済（督促手数料）",
            AccountKind::Reclaim => "返納金債権",
            AccountKind::Levied => "調定額",
            AccountKind::ChargeLevied => "調定額（延滞金）",
            AccountKind::FeeLevied => "調定額（督促手数料）",
            AccountKind::Unmatched => "仮受金",
            AccountKind::Overpaid => "過誤納金",
            AccountKind::Payable => "支払未済",
            AccountKind::Collected => "収納日計",
            AccountKind::Bank => "歳計現金",
            AccountKind::Interest => "還付加算金",
            AccountKind::WrittenOff => "不納欠損",
            AccountKind::Lapsed => "時効収入",
            AccountKind::Benefits => "保険給付費",
        }
    }

    /// On which side it may never be short.
    pub const fn bound(self) -> Bound {
        match self.number() {
            ..20 => Bound::Debit,
            20..40 => Bound::Credit,
            _ => Bound::None,
        }
    }
}

/// One instalment (期別) of a household: told apart by year, way of collection and number.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Instalment {
    /// Fiscal year of the premium.
    pub year: i32,
    /// The place of its way of collection in [`COLLECTIONS`].
    pub collection: u8,
    /// Its number within year and way, from 1.
    pub number: u16,
}

impl Instalment {
    /// Its number among the accounts of a year: way of collection, then three digits.
    pub const fn item(self) -> i64 {
        self.collection as i64 * 1_000 + self.number as i64
    }

    /// The instalment of such a number; none for a number that no instalment has.
    pub fn of_item(year: i32, item: i64) -> Option<Instalment> {
        let collection = u8::try_from(item / 1_000).ok().filter(|collection| usize::from(*collection) < COLLECTIONS.len())?;
        let number = u16::try_from(item % 1_000).ok().filter(|number| *number > 0)?;
        Some(Instalment { year, collection, number })
    }

    /// The number of its `serial`th overpayment, from 1: year, way of collection and number in eight digits, then three. It
    /// says by itself what was overpaid.
    pub const fn overpayment(self, serial: u16) -> i64 {
        (self.year as i64 * 10_000 + self.item()) * 1_000 + serial as i64
    }

    /// The instalment that an overpayment is of; none for a number that no overpayment has.
    pub fn of_overpayment(number: i64) -> Option<Instalment> {
        let of = number / 1_000;
        (number % 1_000 > 0).then_some(())?;
        Instalment::of_item(i32::try_from(of / 10_000).ok()?, of % 10_000)
    }
}

/// `2025年度 普通徴収 第3期`, as officials write it.
impl fmt::Display for Instalment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = if self.collection == 0 { "普通徴収" } else { "特別徴収" };
        write!(f, "{}年度 {way} 第{}期", self.year, self.number)
    }
}

/// An account. Its parts mean what its kind says; those that it does not use are 0.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Account {
    /// What it holds.
    pub kind: AccountKind,
    /// Whose household; 0 for what is nobody's in particular.
    pub household: i64,
    /// Fiscal year.
    pub year: i32,
    /// Instalment, receipt, order, channel: by its kind.
    pub item: i64,
}

impl Account {
    /// An account of an instalment: receivable, charge, fee, levied and what belongs to them, written off.
    pub const fn of_instalment(kind: AccountKind, household: HouseholdId, instalment: Instalment) -> Account {
        Account { kind, household: household.0, year: instalment.year, item: instalment.item() }
    }

    /// The account of an overpayment, by its number.
    pub const fn overpaid(household: HouseholdId, number: i64) -> Account {
        Account { kind: AccountKind::Overpaid, household: household.0, year: (number / 10_000_000) as i32, item: number }
    }

    /// The account of a receipt, by its number: what is not matched yet.
    pub const fn unmatched(receipt: i64) -> Account {
        Account { kind: AccountKind::Unmatched, household: 0, year: 0, item: receipt }
    }

    /// What is to be paid out under an order, by its number.
    pub const fn payable(household: HouseholdId, order: i64) -> Account {
        Account { kind: AccountKind::Payable, household: household.0, year: 0, item: order }
    }

    /// What must be given back for a receipt that was revoked.
    pub const fn reclaim(household: HouseholdId, receipt: i64) -> Account {
        Account { kind: AccountKind::Reclaim, household: household.0, year: 0, item: receipt }
    }

    /// What a channel (its place in [`CHANNELS`](crate::record::CHANNELS)) told of a day, until the bank delivers it.
    pub const fn collected(channel: u8, day: Date) -> Account {
        Account { kind: AccountKind::Collected, household: 0, year: channel as i32, item: day.packed() }
    }

    /// The office's account at the designated bank.
    pub const fn bank() -> Account {
        Account { kind: AccountKind::Bank, household: 0, year: 0, item: 0 }
    }

    /// Interest paid in a fiscal year.
    pub const fn interest(year: i32) -> Account {
        Account { kind: AccountKind::Interest, household: 0, year, item: 0 }
    }

    /// Refunds that lapsed in a fiscal year.
    pub const fn lapsed(year: i32) -> Account {
        Account { kind: AccountKind::Lapsed, household: 0, year, item: 0 }
    }

    /// What a benefit cost in a fiscal year.
    pub const fn benefits(year: i32, benefit: Benefit) -> Account {
        Account { kind: AccountKind::Benefits, household: 0, year, item: benefit as i64 }
    }

    /// What must be given back of benefits, by the number of the claim for it: the place of what was due before. Told apart from
    /// that for a receipt by its year, which no receipt's has.
    pub const fn benefit_reclaim(household: HouseholdId, year: i32, number: i64) -> Account {
        Account { kind: AccountKind::Reclaim, household: household.0, year, item: number }
    }

    /// The instalment it is about, if it is about one.
    pub fn instalment(&self) -> Option<Instalment> {
        match self.kind {
            AccountKind::Overpaid => Instalment::of_overpayment(self.item),
            AccountKind::Receivable
            | AccountKind::Charge
            | AccountKind::Fee
            | AccountKind::Levied
            | AccountKind::ChargeLevied
            | AccountKind::FeeLevied
            | AccountKind::WrittenOff => Instalment::of_item(self.year, self.item),
            _ => None,
        }
    }
}

/// For engineers: kind, household, year, item, without a name.
impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/{}/{}", self.kind.word(), self.household, self.year, self.item)
    }
}

/// A transfer by its posting and its place there, from 0.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TransferId {
    /// The posting.
    pub posting: Digest,
    /// Its place.
    pub line: u32,
}

/// How far a transfer is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Phase {
    /// Counts at once.
    Posted,
    /// Reserves its amount on both sides and counts on neither yet.
    Pending,
    /// Makes a pending one count, whole.
    Post(TransferId),
    /// Ends a pending one, which never counts.
    Void(TransferId),
}

impl Phase {
    /// Its number: permanent, the store keeps it.
    pub const fn number(self) -> i64 {
        match self {
            Phase::Posted => 0,
            Phase::Pending => 1,
            Phase::Post(_) => 2,
            Phase::Void(_) => 3,
        }
    }

    /// The pending transfer it ends.
    pub const fn of(self) -> Option<TransferId> {
        match self {
            Phase::Posted | Phase::Pending => None,
            Phase::Post(of) | Phase::Void(of) => Some(of),
        }
    }
}

/// Whole yen from one account to another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Transfer {
    /// The account debited.
    pub debit: Account,
    /// The account credited.
    pub credit: Account,
    /// How much; more than 0.
    pub yen: Yen,
    /// How far it is. One that ends a pending transfer has the same accounts and amount.
    pub phase: Phase,
    /// The day it counts from in law: of payment (納付日), not of booking; of the day both sides existed (充当適状日).
    pub effective: Date,
}

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $ja:literal, [$($debit:ident -> $credit:ident $phase:ident: $why:literal),* $(,)?];)*) => {
        /// What happened. Each event may make only the transfers of its list, in any number.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum Event {
            $($(#[$doc])* $name),*
        }

        impl Event {
            /// Every event, in the order in which they usually follow.
            pub const ALL: &'static [Event] = &[$(Event::$name),*];

            /// Its word: permanent, the store keeps it.
            pub const fn word(self) -> &'static str {
                match self { $(Event::$name => $word),* }
            }

            /// What officials call it.
            pub const fn ja(self) -> &'static str {
                match self { $(Event::$name => $ja),* }
            }

            /// What it may move: debit, credit, number of the phase, and what that means.
            pub const fn table(self) -> &'static [Line] {
                match self {
                    $(Event::$name => &[$(Line {
                        debit: AccountKind::$debit,
                        credit: AccountKind::$credit,
                        phase: stringify!($phase),
                        why: $why,
                    }),*],)*
                }
            }
        }
    };
}

/// One line of the table of events.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Line {
    /// The kind debited.
    pub debit: AccountKind,
    /// The kind credited.
    pub credit: AccountKind,
    /// posted, pending, post or void.
    pub phase: &'static str,
    /// What it means.
    pub why: &'static str,
}

events! {
    /// An instalment was assessed, or raised.
    Assessed = "assessed", "賦課決定・増額", [
        Receivable -> Levied posted: "the instalment owes more",
    ];
    /// An instalment was lowered.
    Reduced = "reduced", "減額", [
        Levied -> Receivable posted: "what is open is taken off",
        Levied -> Overpaid posted: "what was paid already becomes an overpayment",
        Levied -> WrittenOff posted: "what was given up of it was never owed",
    ];
    /// A channel announced a payment (速報).
    Announced = "announced", "速報", [
        Collected -> Unmatched pending: "money is said to come; nothing of it can be used",
    ];
    /// A channel confirmed a payment (確報), announced before or not.
    Received = "received", "確報・収納", [
        Collected -> Unmatched posted: "a payment that was not announced",
        Collected -> Unmatched post: "the announced payment counts",
    ];
    /// An announced payment was taken back (速報取消).
    Revoked = "revoked", "速報取消", [
        Collected -> Unmatched void: "the announcement ends, nothing had counted",
    ];
    /// A receipt was used (消込).
    Matched = "matched", "消込", [
        Unmatched -> Receivable posted: "it pays the instalment",
        Unmatched -> Charge posted: "it pays the delinquency charge",
        Unmatched -> Fee posted: "it pays the demand fee",
        Unmatched -> Reclaim posted: "it gives back what was refunded wrongly",
        Unmatched -> Overpaid posted: "it is more than is owed",
    ];
    /// A confirmed receipt was taken back by its channel: a bounced cheque, a wrong booking (収納取消).
    Reversed = "reversed", "収納取消", [
        Receivable -> Unmatched posted: "the instalment owes it again",
        Charge -> Unmatched posted: "the charge is owed again",
        Fee -> Unmatched posted: "the fee is owed again",
        Overpaid -> Unmatched posted: "the overpayment was none",
        Reclaim -> Unmatched posted: "it was refunded or appropriated already: a claim, never a negative refund",
        Unmatched -> Collected posted: "the channel does not deliver it",
    ];
    /// The bank delivered what a channel had collected (入金).
    Delivered = "delivered", "入金", [
        Bank -> Collected posted: "the money is on the office's account",
    ];
    /// The bank took back what it had delivered.
    TakenBack = "taken back", "入金取消", [
        Collected -> Bank posted: "the money left the office's account again",
    ];
    /// A delinquency charge or a demand fee was fixed.
    Charged = "charged", "延滞金・督促手数料の調定", [
        Charge -> ChargeLevied posted: "the charge is owed",
        Fee -> FeeLevied posted: "the fee is owed",
    ];
    /// A delinquency charge or demand fee was waived, or had been fixed too high.
    Waived = "waived", "延滞金・督促手数料の減免", [
        ChargeLevied -> Charge posted: "the charge is not owed",
        FeeLevied -> Fee posted: "the fee is not owed",
    ];
    /// An overpayment pays what the same payer owes (充当).
    Appropriated = "appropriated", "充当", [
        Overpaid -> Receivable posted: "it pays an instalment",
        Overpaid -> Charge posted: "it pays a delinquency charge",
        Overpaid -> Fee posted: "it pays a demand fee",
        Interest -> Receivable posted: "its interest pays an instalment",
        Interest -> Charge posted: "its interest pays a delinquency charge",
        Interest -> Fee posted: "its interest pays a demand fee",
    ];
    /// An overpayment goes back, with interest: a payment order (還付・支出命令).
    RefundDecided = "refund decided", "還付決定", [
        Overpaid -> Payable posted: "the principal is to be paid out",
        Interest -> Payable posted: "the interest is to be paid out",
    ];
    /// A decision to refund was taken back before any money left.
    RefundWithdrawn = "refund withdrawn", "還付決定の取消", [
        Payable -> Overpaid posted: "the principal is undecided again",
        Payable -> Interest posted: "the interest is not owed",
    ];
    /// A benefit is due: a payment order, and with consent what it pays of what is owed (支給決定).
    BenefitDecided = "benefit decided", "支給決定", [
        Benefits -> Payable posted: "it is to be paid out",
        Benefits -> Reclaim posted: "what was to be given back of it is due after all",
        Benefits -> Receivable posted: "with consent it pays an instalment",
        Benefits -> Charge posted: "with consent it pays a delinquency charge",
        Benefits -> Fee posted: "with consent it pays a demand fee",
    ];
    /// Less of a benefit is due than was decided (支給決定の変更・返納).
    BenefitReduced = "benefit reduced", "支給決定の減額・返納", [
        Payable -> Benefits posted: "what had not left is not paid",
        Reclaim -> Benefits posted: "what was paid must be given back",
    ];
    /// A payment order went out in a bank file (振込依頼).
    Sent = "sent", "振込依頼", [
        Payable -> Bank pending: "the money is about to leave; the order cannot be paid twice",
    ];
    /// The bank paid it.
    Paid = "paid", "振込済", [
        Payable -> Bank post: "the money left",
    ];
    /// The bank could not pay it, or it was recalled in time (振込不能・組戻し).
    Failed = "failed", "振込不能・依頼取消", [
        Payable -> Bank void: "the money stayed; the order is open again",
    ];
    /// The bank gave back what it had paid (資金返却・組戻し).
    Returned = "returned", "資金返却", [
        Bank -> Payable posted: "the money came back; the order is open again",
    ];
    /// What is owed can no longer be collected (不納欠損).
    WrittenOff = "written off", "不納欠損", [
        WrittenOff -> Receivable posted: "the instalment is given up",
        WrittenOff -> Charge posted: "the charge is given up",
        WrittenOff -> Fee posted: "the fee is given up",
        WrittenOff -> Reclaim posted: "what should be given back is given up",
    ];
    /// A refund can no longer be claimed (還付請求権の時効).
    Lapsed = "lapsed", "還付請求権の時効", [
        Overpaid -> Lapsed posted: "an undecided overpayment lapsed",
        Payable -> Lapsed posted: "a decided refund lapsed",
    ];
}

impl Event {
    /// The event of a word.
    pub fn named(word: &str) -> Option<Event> {
        Event::ALL.iter().copied().find(|event| event.word() == word)
    }
}

/// Money of a household beyond what it owes for an instalment, from where it arose (過誤納金の発生). Interest follows from it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Overpayment {
    /// Whose.
    pub household: HouseholdId,
    /// Its number: [`Instalment::overpayment`].
    pub number: i64,
    /// Why: the place of its word in [`OVERPAYMENT_CAUSES`](crate::record::OVERPAYMENT_CAUSES).
    pub cause: u8,
    /// The day it arose: of the correction, or of the payment made by mistake.
    pub arose_on: Date,
    /// Of a correction on request, where the ordinance knows such: the day of the request.
    pub requested_on: Option<Date>,
    /// Of one that follows an income-tax correction, where the ordinance knows such: the day of its notice or filing.
    pub tax_notified_on: Option<Date>,
}

/// What one event makes: written whole or not at all.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Posting {
    /// The id that its maker chose, once for ever.
    pub id: Digest,
    /// What happened.
    pub event: Event,
    /// The day it is booked (記帳日).
    pub booked_on: Date,
    /// The decision that it follows from, if it follows from one. A provisional one cannot post.
    pub decision: Option<Digest>,
    /// What it is about, in words without personal data: a file and its line, an act, a reason.
    pub reference: String,
    /// One or more.
    pub transfers: Vec<Transfer>,
    /// The overpayments that arise by it: one for each account of them that it is the first to credit.
    pub overpayments: Vec<Overpayment>,
}

/// Why a posting cannot be one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Malformed {
    /// It moves nothing.
    Empty,
    /// A transfer of no yen or less.
    Amount {
        /// Its place.
        line: u32,
    },
    /// Both sides are one account.
    SameAccount {
        /// Its place.
        line: u32,
    },
    /// An overpayment that none of its transfers credits, with a cause that is none, or a number that is none.
    Overpayment {
        /// Its number.
        number: i64,
    },
    /// Its event does not move this.
    NotOfEvent {
        /// Its place.
        line: u32,
        /// The event.
        event: Event,
        /// The kind debited.
        debit: AccountKind,
        /// The kind credited.
        credit: AccountKind,
    },
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Malformed::Empty => f.write_str("it moves nothing"),
            Malformed::Amount { line } => write!(f, "transfer {line} is of no yen or less"),
            Malformed::SameAccount { line } => write!(f, "transfer {line} debits and credits one account"),
            Malformed::Overpayment { number } => write!(f, "overpayment {number} does not arise by any of its transfers"),
            Malformed::NotOfEvent { line, event, debit, credit } => write!(
                f,
                "transfer {line} debits {} and credits {}, which `{}` never does; see the table of events",
                debit.word(),
                credit.word(),
                event.word()
            ),
        }
    }
}

impl Posting {
    /// Holds it against the table of events.
    ///
    /// # Errors
    /// The first [`Malformed`].
    pub fn check(&self) -> Result<(), Malformed> {
        if self.transfers.is_empty() {
            return Err(Malformed::Empty);
        }
        for (line, transfer) in (0_u32..).zip(&self.transfers) {
            if transfer.yen.get() <= 0 {
                return Err(Malformed::Amount { line });
            }
            if transfer.debit == transfer.credit {
                return Err(Malformed::SameAccount { line });
            }
            let phase = match transfer.phase {
                Phase::Posted => "posted",
                Phase::Pending => "pending",
                Phase::Post(_) => "post",
                Phase::Void(_) => "void",
            };
            let (debit, credit) = (transfer.debit.kind, transfer.credit.kind);
            let allowed = |of: &Line| of.debit == debit && of.credit == credit && of.phase == phase;
            if !self.event.table().iter().any(allowed) {
                return Err(Malformed::NotOfEvent { line, event: self.event, debit, credit });
            }
        }
        for overpayment in &self.overpayments {
            let account = Account::overpaid(overpayment.household, overpayment.number);
            let arises = account.instalment().is_some()
                && usize::from(overpayment.cause) < OVERPAYMENT_CAUSES.len()
                && matches!(self.event, Event::Reduced | Event::Matched)
                && self.transfers.iter().any(|transfer| transfer.credit == account);
            if !arises {
                return Err(Malformed::Overpayment { number: overpayment.number });
            }
        }
        Ok(())
    }

    /// Its canonical content, id included: what is compared when the id comes again, and what the audit chain vouches for.
    /// Deterministic CBOR: an array of version, id, event, day, decision, reference, the transfers
    /// and the overpayments in order.
    pub fn content(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(96 + self.transfers.len() * 64);
        // Writing into a vector does not fail.
        let _ = self.encode(&mut Encoder::new(&mut bytes));
        bytes
    }

    fn encode(&self, cbor: &mut Encoder<&mut Vec<u8>>) -> Result<(), minicbor::encode::Error<core::convert::Infallible>> {
        cbor.array(8)?.u8(1)?.bytes(&self.id.0)?.str(self.event.word())?.i64(self.booked_on.packed())?;
        match self.decision {
            Some(decision) => cbor.bytes(&decision.0)?,
            None => cbor.null()?,
        };
        cbor.str(&self.reference)?.array(self.transfers.len() as u64)?;
        for transfer in &self.transfers {
            cbor.array(6)?;
            for account in [transfer.debit, transfer.credit] {
                cbor.array(4)?.i64(account.kind.number())?.i64(account.household)?.i32(account.year)?.i64(account.item)?;
            }
            cbor.i64(transfer.yen.get())?.i64(transfer.phase.number())?;
            match transfer.phase.of() {
                Some(of) => cbor.array(2)?.bytes(&of.posting.0)?.u32(of.line)?,
                None => cbor.null()?,
            };
            cbor.i64(transfer.effective.packed())?;
        }
        cbor.array(self.overpayments.len() as u64)?;
        for overpayment in &self.overpayments {
            cbor.array(6)?.i64(overpayment.household.0)?.i64(overpayment.number)?.u8(overpayment.cause)?;
            cbor.i64(overpayment.arose_on.packed())?;
            for day in [overpayment.requested_on, overpayment.tax_notified_on] {
                match day {
                    Some(day) => cbor.i64(day.packed())?,
                    None => cbor.null()?,
                };
            }
        }
        Ok(())
    }

    /// The digest of its content.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.content())
    }
}

/// What stands on both sides of an account. All amounts are sums of yen, 0 or more.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Balance {
    /// Debited.
    pub debits: i64,
    /// Credited.
    pub credits: i64,
    /// Debited by pending transfers.
    pub debits_pending: i64,
    /// Credited by pending transfers.
    pub credits_pending: i64,
}

impl Balance {
    /// Debits less credits, pending ones left out.
    pub const fn debit(self) -> i64 {
        self.debits - self.credits
    }

    /// Credits less debits, pending ones left out.
    pub const fn credit(self) -> i64 {
        self.credits - self.debits
    }

    /// What can still be credited to an account that is bound on the debit side.
    pub const fn open_debit(self) -> i64 {
        self.debits - self.credits - self.credits_pending
    }

    /// What can still be debited from an account that is bound on the credit side.
    pub const fn open_credit(self) -> i64 {
        self.credits - self.debits - self.debits_pending
    }

    /// Does it keep the bound of a kind?
    pub const fn keeps(self, bound: Bound) -> bool {
        match bound {
            Bound::Debit => self.open_debit() >= 0,
            Bound::Credit => self.open_credit() >= 0,
            Bound::None => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use alloc::vec;

    const DAY: Date = Date::new(2025, 6, 30);

    fn posting(event: Event, transfers: Vec<Transfer>) -> Posting {
        Posting { id: Digest::of(b"p"), event, booked_on: DAY, decision: None, reference: "test".into(), transfers, overpayments: vec![] }
    }

    fn assessed(yen: i64) -> Transfer {
        let first = Instalment { year: 2025, collection: 0, number: 1 };
        let account = |kind| Account::of_instalment(kind, HouseholdId(7), first);
        Transfer {
            debit: account(AccountKind::Receivable),
            credit: account(AccountKind::Levied),
            yen: Yen::new(yen),
            phase: Phase::Posted,
            effective: DAY,
        }
    }

    #[test]
    fn numbers_and_words_are_told_apart() {
        for kind in AccountKind::ALL {
            assert_eq!(AccountKind::numbered(kind.number()), Some(kind));
        }
        for event in Event::ALL {
            assert_eq!(Event::named(event.word()), Some(*event));
            assert!(!event.table().is_empty());
            assert!(event.table().iter().all(|line| ["posted", "pending", "post", "void"].contains(&line.phase)));
        }
        let mut numbers: Vec<i64> = AccountKind::ALL.map(AccountKind::number).to_vec();
        numbers.dedup();
        assert_eq!(numbers.len(), AccountKind::ALL.len());
    }

    #[test]
    fn whatever_is_bound_leaves_by_some_event_as_it_came() {
        for kind in AccountKind::ALL.into_iter().filter(|kind| kind.bound() != Bound::None) {
            let lines = || Event::ALL.iter().flat_map(|event| event.table());
            assert!(lines().any(|line| line.debit == kind), "nothing debits {}", kind.word());
            assert!(lines().any(|line| line.credit == kind), "nothing credits {}", kind.word());
        }
    }

    #[test]
    fn an_overpayment_says_of_which_instalment_it_is() {
        let third = Instalment { year: 2025, collection: 1, number: 3 };
        assert_eq!(third.item(), 1003);
        assert_eq!(third.overpayment(2), 20_251_003_002);
        assert_eq!(Instalment::of_overpayment(20_251_003_002), Some(third));
        assert_eq!(Account::overpaid(HouseholdId(1), 20_251_003_002).year, 2025);
        for bad in [0, 20_251_003_000, 20_259_003_001, -1, 20_250_000_001] {
            assert_eq!(Instalment::of_overpayment(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_posting_moves_what_its_event_moves_and_nothing_else() {
        assert_eq!(posting(Event::Assessed, vec![assessed(1)]).check(), Ok(()));
        assert_eq!(posting(Event::Assessed, vec![]).check(), Err(Malformed::Empty));
        assert_eq!(posting(Event::Assessed, vec![assessed(1), assessed(0)]).check(), Err(Malformed::Amount { line: 1 }));
        let wrong = posting(Event::Reduced, vec![assessed(1)]).check().unwrap_err();
        assert!(wrong.to_string().contains("`reduced` never does"), "{wrong}");
        let pending = Transfer { phase: Phase::Pending, ..assessed(1) };
        assert!(matches!(posting(Event::Assessed, vec![pending]).check(), Err(Malformed::NotOfEvent { line: 0, .. })));
        let same = Transfer { credit: assessed(1).debit, ..assessed(1) };
        assert_eq!(posting(Event::Assessed, vec![same]).check(), Err(Malformed::SameAccount { line: 0 }));
    }

    #[test]
    fn an_overpayment_arises_where_its_account_is_credited() {
        let first = Instalment { year: 2025, collection: 0, number: 1 };
        let overpayment = |number, cause| Overpayment {
            household: HouseholdId(7),
            number,
            cause,
            arose_on: DAY,
            requested_on: None,
            tax_notified_on: None,
        };
        let lowered = Transfer {
            debit: Account::of_instalment(AccountKind::Levied, HouseholdId(7), first),
            credit: Account::overpaid(HouseholdId(7), first.overpayment(1)),
            ..assessed(5)
        };
        let with = |overpayment| Posting { overpayments: vec![overpayment], ..posting(Event::Reduced, vec![lowered]) };
        assert_eq!(with(overpayment(first.overpayment(1), 0)).check(), Ok(()));
        for (number, cause) in [(first.overpayment(2), 0), (first.overpayment(1), 6), (0, 0)] {
            assert_eq!(with(overpayment(number, cause)).check(), Err(Malformed::Overpayment { number }));
        }
    }

    #[test]
    fn other_content_has_another_digest() {
        let one = posting(Event::Assessed, vec![assessed(1)]);
        let mut others = vec![posting(Event::Assessed, vec![assessed(2)]), posting(Event::Assessed, vec![assessed(1), assessed(1)])];
        others.push(Posting { booked_on: DAY.tomorrow(), ..one.clone() });
        others.push(Posting { decision: Some(Digest::of(b"d")), ..one.clone() });
        others.push(Posting { reference: "other".into(), ..one.clone() });
        for other in others {
            assert_ne!(one.digest(), other.digest());
        }
    }
}
