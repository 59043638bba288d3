//! Histories of an office's money: what happens, how it is done through the services, and what the books make of it.

use super::books::{Books, Of, Order, Overpaid, Receipt, Stage};
use super::checks::{agrees, holds};
use super::hall::{Database, FIRST_DAY, HOUSEHOLDS, Hall, head, here, instalments, stamp};
use super::payments;
use jorei_domain::act::Change;
use jorei_domain::calendar::Date;
use jorei_domain::id::HouseholdId;
use jorei_domain::ledger::{Account, AccountKind, Instalment};
use jorei_domain::money::Yen;
use jorei_domain::slip::Slip;
use jorei_service::acts::propose;
use jorei_service::arrears::write_off::{Done as Finished, WriteOffError, complete, propose_write_off};
use jorei_service::arrears::{self, ArrearsError};
use jorei_service::officer::Now;
use jorei_service::receipts::forms::{Delivery, Payment, Said, write};
use jorei_service::receipts::matching::{Mistake, Order as Parts};
use jorei_service::receipts::{ReceiveError, Request, Way, settle};
use jorei_service::refunds::{self, Decided, Lapsing, RefundError};
use jorei_store::StoreError;
use jorei_store::arrears::{ArrearsEvent, Step as ArrearsStep};
use jorei_store::ledger::LedgerError;
use jorei_store::receipts::{FileKind, STATEMENT};
use jorei_store::refunds::{Consent, ConsentChannel, ConsentKind};
use jorei_tests::office::now;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// The last day on which rates of interest are known.
const LAST_DAY: Date = Date::new(2026, 12, 31);
/// A reduction may be barred from about here: when exactly is the rule's.
const ABOUT_TWO_YEARS: i64 = 720;

/// One thing that happens. Small figures choose among what there is.
#[derive(Clone, Debug)]
pub(super) enum What {
    Bill { household: u8, second_year: bool, yen: [u8; 3] },
    Pay { household: u8, instalment: u8, portion: u8, channel: u8, announced: bool, days_ago: u8 },
    Confirm { receipt: u8, otherwise: bool },
    Revoke { receipt: u8 },
    SameFile,
    Settle { receipt: u8, way: u8, household: u8, instalment: u8 },
    Deliver { day: u8 },
    Charge { household: u8 },
    Demand { household: u8, instalment: u8 },
    WriteOff { household: u8 },
    WriteTooMuchOff { household: u8, instalment: u8, charge: bool },
    Consent { household: u8 },
    Decide { household: u8 },
    Renew { order: u8 },
    Send { order: u8 },
    Paid { order: u8 },
    Failed { order: u8 },
    Returned { order: u8 },
    LapseOverpaid { overpayment: u8 },
    LapseOrder { order: u8 },
    Wait { months: u8 },
}

/// So many days later, something happens.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) days: u8,
    pub(super) what: What,
}

/// Histories of 1 to so many days' work, each of 1 to so many steps: what is not needed goes day by day first when one shrinks.
pub(super) fn days(days: usize, steps: usize) -> impl Strategy<Value = Vec<Vec<Step>>> {
    let which = any::<u8>;
    let household = || 0..u8::try_from(HOUSEHOLDS).unwrap();
    // The seventh was never billed.
    let instalment = || prop_oneof![20 => 0..6_u8, 1 => Just(6)];
    let what = prop_oneof![
        8 => (household(), any::<bool>(), any::<[u8; 3]>()).prop_map(|(household, second_year, yen)| What::Bill { household, second_year, yen }),
        22 => (household(), instalment(), 0..24_u8, 0..5_u8, prop::bool::weighted(0.3), 0..20_u8).prop_map(
            |(household, instalment, portion, channel, announced, days_ago)| What::Pay { household, instalment, portion, channel, announced, days_ago }
        ),
        16 => (which(), prop::bool::weighted(0.1)).prop_map(|(receipt, otherwise)| What::Confirm { receipt, otherwise }),
        2 => which().prop_map(|receipt| What::Revoke { receipt }),
        2 => Just(What::SameFile),
        14 => (which(), 0..11_u8, household(), instalment())
            .prop_map(|(receipt, way, household, instalment)| What::Settle { receipt, way, household, instalment }),
        4 => which().prop_map(|day| What::Deliver { day }),
        5 => household().prop_map(|household| What::Charge { household }),
        3 => (household(), instalment()).prop_map(|(household, instalment)| What::Demand { household, instalment }),
        2 => household().prop_map(|household| What::WriteOff { household }),
        1 => (household(), instalment(), any::<bool>())
            .prop_map(|(household, instalment, charge)| What::WriteTooMuchOff { household, instalment, charge }),
        3 => household().prop_map(|household| What::Consent { household }),
        14 => household().prop_map(|household| What::Decide { household }),
        4 => which().prop_map(|order| What::Renew { order }),
        7 => which().prop_map(|order| What::Send { order }),
        6 => which().prop_map(|order| What::Paid { order }),
        4 => which().prop_map(|order| What::Failed { order }),
        2 => which().prop_map(|order| What::Returned { order }),
        2 => which().prop_map(|overpayment| What::LapseOverpaid { overpayment }),
        2 => which().prop_map(|order| What::LapseOrder { order }),
        3 => (1..27_u8).prop_map(|months| What::Wait { months }),
    ];
    let step = (0..12_u8, what).prop_map(|(days, what)| Step { days, what });
    proptest::collection::vec(proptest::collection::vec(step, 1..=steps), 1..=days)
}

/// How often each kind of event took effect and was refused.
#[derive(Clone, Debug, Default)]
pub(super) struct Figures {
    pub(super) events: u64,
    pub(super) kinds: BTreeMap<&'static str, (u64, u64)>,
    pub(super) held: BTreeMap<String, u64>,
    pub(super) paid_out: i64,
    pub(super) interest: i64,
}

/// Was it done? A refused command changes nothing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Became {
    Done,
    Refused,
}

use Became::{Done, Refused};

/// A history as it goes on.
pub(super) struct History {
    pub(super) hall: Hall,
    pub(super) books: Books,
    pub(super) today: Date,
    pub(super) figures: Figures,
    /// The day of each household's latest consent to pay what is not due.
    consents: [Option<Date>; HOUSEHOLDS as usize],
    /// The last file: its bytes and the day it was booked.
    last_file: Option<(String, Date)>,
    /// Numbers of the demand notices that went out.
    demanded: BTreeSet<i64>,
    references: u32,
    attempts: u32,
}

/// The one that a small figure chooses.
fn chosen<T: Clone>(of: impl Iterator<Item = T>, which: u8) -> Option<T> {
    let all: Vec<T> = of.collect();
    // The later ones are more interesting: half of the figures choose among the last four.
    let recent = &all[all.len().saturating_sub(4)..];
    let among = if which.is_multiple_of(2) { recent } else { &all };
    among.get(usize::from(which / 2) % among.len().max(1)).cloned()
}

fn later(day: Date, days: u32) -> Date {
    (0..days).fold(day, |day, _| day.tomorrow())
}

fn instalment(which: u8) -> Instalment {
    instalments().get(usize::from(which)).map_or(Instalment { year: 2023, collection: 0, number: 9 }, |(instalment, _)| *instalment)
}

/// A file's line that says what a receipt is.
fn said(reference: &str, slip: Option<Of>, paid_on: Date, yen: i64) -> Said {
    let slip = slip
        .map_or_else(|| "12345?".to_owned(), |(household, instalment)| Slip { household: HouseholdId(household), instalment }.to_string());
    Said::Payment(Payment { reference: reference.into(), slip, paid_on, yen: Yen::new(yen) })
}

/// A refusal of the ledger's is one; a broken database is not.
fn posted<T>(result: Result<T, StoreError>, allowed: bool, what: &str) -> Result<Became, String> {
    match result {
        Ok(_) if allowed => Ok(Done),
        Ok(_) => Err(format!("{what} was accepted")),
        Err(StoreError::Ledger(LedgerError::Short(_) | LedgerError::Ended(_))) if !allowed => Ok(Refused),
        Err(error) => Err(format!("{what}: {error}")),
    }
}

impl History {
    pub(super) async fn begin(database: Database) -> History {
        let (hall, books, figures) = (Hall::open(database).await, Books::default(), Figures::default());
        let consents = [None; HOUSEHOLDS as usize];
        History { hall, books, today: FIRST_DAY, figures, consents, last_file: None, demanded: BTreeSet::new(), references: 0, attempts: 0 }
    }

    /// Runs all of it; every check after every step, the larger ones at the end.
    pub(super) async fn run(database: Database, steps: &[Step]) -> Result<Figures, String> {
        let mut history = History::begin(database).await;
        let result = history.all(steps).await;
        let History { hall, figures, .. } = history;
        hall.close().await;
        result.map(|()| figures)
    }

    async fn all(&mut self, steps: &[Step]) -> Result<(), String> {
        // Everything was billed once: what is paid before that waits for a clerk, and so does everything else.
        for household in 1..=HOUSEHOLDS {
            for second_year in [false, true] {
                self.bill(household, second_year, [120, 80, 60]).await?;
            }
        }
        for (at, step) in steps.iter().enumerate() {
            self.step(step).await.map_err(|wrong| format!("step {} ({:?}) on {}: {wrong}", at + 1, step.what, self.today))?;
            agrees(&self.hall.store, &self.books).await.map_err(|wrong| format!("after step {} ({:?}): {wrong}", at + 1, step.what))?;
        }
        self.figures.paid_out = holds(&self.hall.store).await?;
        let by_books: i64 = self.books.orders.values().filter_map(|order| order.paid).sum();
        if self.figures.paid_out != by_books {
            return Err(format!("{} yen were paid out, by the books {by_books}", self.figures.paid_out));
        }
        self.figures.interest = self.books.orders.values().filter(|order| !order.withdrawn).map(|order| order.interest).sum();
        Ok(())
    }

    /// Lets days pass, then does what happens.
    pub(super) async fn step(&mut self, step: &Step) -> Result<(), String> {
        self.pass(u32::from(step.days));
        let (kind, became) = self.happens(&step.what).await?;
        self.figures.events += 1;
        let count = self.figures.kinds.entry(kind).or_default();
        match became {
            Done => count.0 += 1,
            Refused => count.1 += 1,
        }
        Ok(())
    }

    pub(super) fn pass(&mut self, days: u32) {
        self.today = later(self.today, days).min(LAST_DAY);
    }

    async fn happens(&mut self, what: &What) -> Result<(&'static str, Became), String> {
        let of = |household: u8, which: u8| (i64::from(household) + 1, instalment(which));
        Ok(match *what {
            What::Bill { household, second_year, yen } => ("bill", self.bill(i64::from(household) + 1, second_year, yen).await?),
            What::Pay { household, instalment, portion, channel, announced, days_ago } => {
                let became = self.pay(of(household, instalment), portion, channel, announced, days_ago).await?;
                (if announced { "announce" } else { "pay" }, became)
            }
            What::Confirm { receipt, otherwise } => ("confirm", self.confirm(receipt, otherwise).await?),
            What::Revoke { receipt } => self.revoke(receipt).await?,
            What::SameFile => ("same file", self.same_file().await?),
            What::Settle { receipt, way, household, instalment } => self.settle(receipt, way, of(household, instalment)).await?,
            What::Deliver { day } => ("deliver", self.deliver(day).await?),
            What::Charge { household } => ("charge", self.charge(i64::from(household) + 1).await?),
            What::Demand { household, instalment } => ("demand", self.demand(of(household, instalment)).await?),
            What::WriteOff { household } => ("write off", self.write_off(i64::from(household) + 1).await?),
            What::WriteTooMuchOff { household, instalment, charge } => {
                ("write too much off", self.write_too_much_off(of(household, instalment), charge).await?)
            }
            What::Consent { household } => ("consent", self.consent(household).await?),
            What::Decide { household } => ("decide", self.decide(i64::from(household) + 1).await?),
            What::Renew { order } => ("renew", self.renew(order).await?),
            What::Send { order } => ("send", self.send(order).await?),
            What::Paid { order } => ("paid", self.paid(order).await?),
            What::Failed { order } => ("failed", self.failed(order).await?),
            What::Returned { order } => ("returned", self.returned(order).await?),
            What::LapseOverpaid { overpayment } => ("lapse overpayment", self.lapse_overpaid(overpayment).await?),
            What::LapseOrder { order } => ("lapse order", self.lapse_order(order).await?),
            What::Wait { months } => {
                self.pass(u32::from(months) * 30);
                ("wait", Done)
            }
        })
    }

    async fn bill(&mut self, household: i64, second_year: bool, yen: [u8; 3]) -> Result<Became, String> {
        let year = if second_year { 2023 } else { 2022 };
        // Odd amounts, up to a quarter of a million: so that interest comes to something.
        let yen = yen.map(|yen| i64::from(yen) * 1_001);
        self.hall.bill(household, year, &yen, self.today).await.map_err(|error| format!("levy: {error}"))?;
        let of_year = instalments().into_iter().filter(|(instalment, _)| instalment.year == year);
        let billed: Vec<(Instalment, i64)> = of_year.map(|(instalment, _)| instalment).zip(yen).collect();
        self.books.bill(household, &billed, self.today);
        Ok(Done)
    }

    /// Hands a file of one line in.
    async fn file(&mut self, source: u8, kind: FileKind, line: Said) -> Result<(), String> {
        let serial = self.hall.serial(source);
        let bytes = write(source, kind, serial, self.today, &[line]);
        let taken = self.hall.receive(&bytes, self.today).await.map_err(|error| format!("file: {error}"))?;
        if taken.before {
            return Err("a new file is said to be known".into());
        }
        self.last_file = Some((bytes, self.today));
        Ok(())
    }

    async fn pay(&mut self, of: Of, portion: u8, channel: u8, announced: bool, days_ago: u8) -> Result<Became, String> {
        let open = self.books.owed.get(&of).map_or(0, |owed| owed.open + owed.charge + owed.fee);
        let (slip, yen) = match portion {
            0 => (Some(of), open / 2),
            1 => (Some(of), open + 12_345),
            2 => (Some(of), 5_000),
            3 => (None, 7_777),
            4 => (Some(of), self.books.owed.get(&of).and_then(|owed| owed.levied).unwrap_or(0)),
            _ => (Some(of), open),
        };
        let yen = if yen > 0 { yen } else { 4_321 };
        let announced = announced && matches!(channel, 1 | 3);
        let kind = if announced { FileKind::Announced } else { FileKind::Final };
        let paid_on = (0..days_ago).fold(self.today, |day, _| day.yesterday()).max(FIRST_DAY);
        self.references += 1;
        let reference = format!("R{}", self.references);
        self.file(channel, kind, said(&reference, slip, paid_on, yen)).await?;
        if announced {
            self.books.announce(channel, &reference, slip, paid_on, yen);
        } else {
            self.books.confirm(channel, &reference, slip, paid_on, yen);
        }
        Ok(Done)
    }

    fn receipt(&self, which: u8, stages: &[Stage]) -> Option<(i64, Receipt)> {
        chosen(self.books.receipts.iter().filter(|(_, receipt)| stages.contains(&receipt.stage)), which)
            .map(|(number, receipt)| (*number, receipt.clone()))
    }

    async fn confirm(&mut self, which: u8, otherwise: bool) -> Result<Became, String> {
        let stages: &[Stage] = if which % 16 == 15 { &[Stage::Final, Stage::Revoked, Stage::Reversed] } else { &[Stage::Announced] };
        let Some((_, receipt)) = self.receipt(which, stages) else { return Ok(Refused) };
        let yen = if otherwise { receipt.yen + 1 } else { receipt.yen };
        self.file(receipt.channel, FileKind::Final, said(&receipt.reference, receipt.slip, receipt.paid_on, yen)).await?;
        self.books.confirm(receipt.channel, &receipt.reference, receipt.slip, receipt.paid_on, yen);
        Ok(Done)
    }

    async fn revoke(&mut self, which: u8) -> Result<(&'static str, Became), String> {
        let Some((number, receipt)) = self.receipt(which, &[Stage::Announced, Stage::Final]) else { return Ok(("revoke", Refused)) };
        let kind = if receipt.stage == Stage::Final { "reverse by file" } else { "revoke" };
        // The slip as its channel knows it; a clerk may have matched the receipt to another instalment.
        let slip = match self.hall.store.known_receipt(here(), number).await.map_err(|error| error.to_string())? {
            Some(known) => known.told().map(|told| told.slip.clone()).unwrap_or_default(),
            None => return Err(format!("receipt {number} is not there")),
        };
        let line = Payment { reference: receipt.reference.clone(), slip, paid_on: receipt.paid_on, yen: Yen::new(receipt.yen) };
        self.file(receipt.channel, FileKind::Revoked, Said::Payment(line)).await?;
        self.books.revoke(number);
        Ok((kind, Done))
    }

    async fn same_file(&mut self) -> Result<Became, String> {
        let Some((bytes, on)) = self.last_file.clone() else { return Ok(Refused) };
        match self.hall.receive(&bytes, on).await {
            Ok(taken) if taken.before => Ok(Done),
            Ok(_) => Err("the same file was taken twice".into()),
            Err(ReceiveError::Refused(report)) => Err(report.to_string()),
            Err(ReceiveError::Store(error)) => Err(error.to_string()),
        }
    }

    async fn settle(&mut self, which: u8, way: u8, of: Of) -> Result<(&'static str, Became), String> {
        let waiting = self.books.receipts.iter().filter(|(_, receipt)| receipt.waits).map(|(number, _)| *number);
        let number = match chosen(waiting, which).filter(|_| !which.is_multiple_of(8)) {
            Some(number) => number,
            None => match self.receipt(which, &[Stage::Announced, Stage::Final, Stage::Revoked, Stage::Reversed]) {
                Some((number, _)) => number,
                None => return Ok(("settle", Refused)),
            },
        };
        let stage = self.books.receipts[&number].stage;
        let (household, of_it) = (HouseholdId(of.0), of.1);
        let (kind, way) = match way {
            0..=5 => ("match", Way::Match(household, of_it)),
            6 | 7 => ("overpaid by hand", Way::Overpaid(household, of_it, Mistake::WrongPayer)),
            8 | 9 => ("leave", Way::Leave),
            _ => ("reverse by hand", Way::Reverse),
        };
        let mut books = self.books.clone();
        let allowed = match way {
            Way::Leave => {
                books.receipts.get_mut(&number).unwrap().waits = false;
                true
            }
            Way::Reverse => {
                if stage == Stage::Final {
                    books.reverse(number);
                }
                stage == Stage::Final
            }
            Way::Match(..) => books.settle(number, of, false),
            Way::Overpaid(..) => books.settle(number, of, true),
        };
        let request = Request { municipality: here(), booked_on: self.today, order: Parts::default() };
        match (settle(&self.hall.store, request, number, way, "窓口で確認", &stamp()).await, allowed) {
            (Ok(_), true) => {
                self.books = books;
                Ok((kind, Done))
            }
            (Err(StoreError::Receipts(_)), false) => Ok((kind, Refused)),
            (Ok(_), false) => Err(format!("{kind} of receipt {number} was accepted")),
            (Err(error), _) => Err(format!("{kind} of receipt {number}: {error}")),
        }
    }

    async fn deliver(&mut self, which: u8) -> Result<Became, String> {
        let days = self.books.collected.iter().filter(|(_, yen)| **yen != 0).map(|(of, yen)| (*of, *yen));
        let Some(((channel, collected_on), yen)) = chosen(days, which) else { return Ok(Refused) };
        let line = Said::Delivered(Delivery { delivered_on: self.today, channel, collected_on, yen });
        self.file(STATEMENT, FileKind::Statement, line).await?;
        self.books.deliver((channel, collected_on));
        Ok(Done)
    }

    /// Charges are fixed by a decision of the rule.
    async fn charge(&mut self, household: i64) -> Result<Became, String> {
        let now = Now { today: self.today, at: stamp().at };
        let (store, shelf) = (&self.hall.store, &self.hall.shelf);
        let decided = match arrears::decide(store, shelf, here(), HouseholdId(household), self.today, &now, "tanaka").await {
            Ok(decided) => decided,
            Err(ArrearsError::NothingDue { .. }) => return Ok(Refused),
            Err(error) => return Err(format!("charge: {error}")),
        };
        for withheld in &decided.withheld {
            // What differs from household to household is left out.
            let why = withheld.split_once(": ").map_or(withheld.as_str(), |(_, why)| why);
            *self.figures.held.entry(why.chars().filter(|letter| !letter.is_ascii_digit()).collect()).or_default() += 1;
        }
        for id in &decided.posted {
            let stored = self.hall.store.posting(here(), *id).await.map_err(|error| error.to_string())?;
            for transfer in stored.ok_or("a posting that is told is not there")?.posting.transfers {
                let instalment = transfer.debit.instalment().ok_or("a charge of no instalment")?;
                let owed = self.books.owed.get_mut(&(household, instalment)).ok_or("a charge of what was never billed")?;
                let yen = if transfer.debit.kind == AccountKind::Charge { transfer.yen.get() } else { -transfer.yen.get() };
                owed.charge += yen;
                owed.charge_levied += yen;
                let told = decided.charges.iter().find(|charge| charge.instalment == instalment).map(|charge| charge.charge_yen);
                if told.is_none_or(|told| yen > 0 && told != owed.charge_levied) {
                    return Err(format!("{yen} yen of charge were posted, {told:?} are told, {} stand", owed.charge_levied));
                }
            }
        }
        Ok(if decided.posted.is_empty() { Refused } else { Done })
    }

    /// A demand notice goes out, with its fee.
    async fn demand(&mut self, of: Of) -> Result<Became, String> {
        let Some(owed) = self.books.owed.get_mut(&of).filter(|owed| owed.open > 0) else { return Ok(Refused) };
        let event =
            ArrearsEvent { fee: Yen::new(100), ..ArrearsEvent::of(HouseholdId(of.0), ArrearsStep::Demanded, self.today, vec![of.1], "") };
        match self.hall.store.record_arrears(here(), &[event], self.today, &stamp()).await {
            // The same notice of the same day is one.
            Ok(numbers) if !numbers.iter().all(|number| self.demanded.insert(*number)) => Ok(Refused),
            Ok(_) => {
                owed.fee += 100;
                owed.fee_levied += 100;
                Ok(Done)
            }
            // It was demanded before.
            Err(StoreError::Arrears { .. }) if owed.fee_levied > 0 => Ok(Refused),
            Err(error) => Err(format!("demand: {error}")),
        }
    }

    /// Two people give up what can no longer be collected.
    async fn write_off(&mut self, household: i64) -> Result<Became, String> {
        let (store, office) = (&self.hall.store, &self.hall.office);
        let proposed = propose_write_off(store, here(), HouseholdId(household), &[], "time_bar", self.today, "時効の完成").await;
        let proposal = match proposed {
            Ok(proposal) => proposal,
            Err(WriteOffError::NothingOpen(_)) => return Ok(Refused),
            Err(error) => return Err(format!("write-off: {error}")),
        };
        let act = propose(store, here(), &office.tanaka, proposal, &now()).await.map_err(|error| format!("write-off: {error}"))?;
        office.approve(store, act).await;
        let told = |error: StoreError| error.to_string();
        let stored = store.act(here(), act).await.map_err(told)?.ok_or("an act that was made is not there")?;
        // Twice: the second finds it done.
        for _ in 0..2 {
            let done = complete(store, &stored.act, &Now { today: self.today, at: stamp().at }, "tanaka").await.map_err(told)?;
            if !matches!(done.as_slice(), [(_, Finished::Posted(_))]) {
                return Err(format!("an act to write off did {done:?}"));
            }
        }
        for based in &stored.act.changes {
            let Change::WriteOff(written_off) = &based.change else { return Err("another act".into()) };
            for claim in &written_off.claims {
                let kind = AccountKind::numbered(claim.kind).ok_or("no kind")?;
                let instalment = Instalment::of_item(claim.year, claim.item).ok_or("no instalment")?;
                self.books.give_up((household, instalment), kind, claim.yen);
            }
        }
        Ok(Done)
    }

    /// One yen more than is open cannot be given up, whoever asks.
    async fn write_too_much_off(&mut self, of: Of, charge: bool) -> Result<Became, String> {
        self.attempts += 1;
        let name = format!("write-off {}", self.attempts);
        let Some(owed) = self.books.owed.get(&of) else { return Ok(Refused) };
        let (kind, open) = if charge { (AccountKind::Charge, owed.charge) } else { (AccountKind::Receivable, owed.open) };
        posted(payments::written_off(&self.hall.store, &name, of, kind, open + 1, self.today).await, false, "a write-off")
    }

    async fn consent(&mut self, household: u8) -> Result<Became, String> {
        let consent = Consent {
            number: 0,
            household: HouseholdId(i64::from(household) + 1),
            kind: ConsentKind::AppropriateBeforeDue,
            given_on: self.today,
            given_by: head(i64::from(household) + 1),
            channel: ConsentChannel::Paper,
            document: "申出書".into(),
            withdrawn_on: None,
        };
        self.hall.store.save_consent(here(), &consent, &stamp()).await.map_err(|error| error.to_string())?;
        self.consents[usize::from(household)] = Some(self.today);
        Ok(Done)
    }

    /// Receipts that stand in the way of a household's refunds: surely, and perhaps.
    fn in_the_way(&self, household: i64) -> (bool, bool) {
        let mine = |receipt: &&Receipt| receipt.slip.is_some_and(|(of, _)| of == household);
        let surely = self.books.receipts.values().filter(mine).any(|receipt| receipt.stage == Stage::Announced);
        // A receipt that was told of this household once may have been matched to another since.
        let perhaps = self.books.receipts.values().any(|receipt| receipt.stage == Stage::Announced || receipt.waits);
        (surely, perhaps)
    }

    /// Does an overpayment of the household lapse about now? Then the books do not foretell what a decision says.
    fn may_lapse(&self, household: i64) -> bool {
        let mine = self.books.overpaid.iter().filter(|((of, _), _)| *of == household);
        mine.map(|(_, overpaid)| overpaid.arose_on).any(|arose_on| arose_on.days_until(self.today) >= ABOUT_TWO_YEARS)
    }

    async fn decide(&mut self, household: i64) -> Result<Became, String> {
        let (surely, perhaps) = self.in_the_way(household);
        let stands = |(of, overpaid): &(&(i64, i64), &Overpaid)| of.0 == household && overpaid.rest() > 0;
        let something = self.books.overpaid.iter().any(|one| stands(&one));
        // A consent that was given before the last of the overpayments arose was given for something else.
        let arose_on = self.books.overpaid.iter().filter(stands).map(|(_, overpaid)| overpaid.arose_on).max();
        let consent = self.consents[usize::try_from(household - 1).unwrap()]
            .is_some_and(|given_on| arose_on.is_none_or(|arose_on| arose_on <= given_on));
        let foretold = self.books.appropriations(household, self.today, consent);
        let result = refunds::decide(&self.hall.store, &self.hall.shelf, here(), HouseholdId(household), self.today, &stamp()).await;
        let decided = match result {
            Ok(decided) => decided,
            Err(RefundError::Nothing(_)) if !something => return Ok(Refused),
            Err(RefundError::Blocked { .. }) if something && perhaps => return Ok(Refused),
            Err(error) => return Err(format!("decide: {error}")),
        };
        if surely && something {
            return Err("a refund was decided while a receipt is announced only".into());
        }
        let Some(plan) = decided.plan.as_ref().filter(|_| self.is_posted(&decided)) else { return Ok(Refused) };
        if !self.may_lapse(household) {
            let mut planned: BTreeMap<(i64, Account), i64> = BTreeMap::new();
            for one in &plan.appropriations {
                *planned.entry((one.overpayment, one.account)).or_default() += one.yen.get();
            }
            let foretold: BTreeMap<(i64, Account), i64> =
                foretold.into_iter().map(|(number, account, yen)| ((number, account), yen)).collect();
            if planned != foretold {
                return Err(format!("appropriated {planned:?}, by the books {foretold:?}"));
            }
        }
        self.keep(household, &decided, None)?;
        if !self.may_lapse(household) {
            let left: i64 = self.books.overpaid.iter().filter(|((of, _), _)| *of == household).map(|(_, overpaid)| overpaid.rest()).sum();
            if left != 0 {
                return Err(format!("{left} yen were neither appropriated nor refunded"));
            }
        }
        Ok(Done)
    }

    /// Notes why a decision posts nothing; false then.
    fn is_posted(&mut self, decided: &Decided) -> bool {
        if let Some(held) = &decided.held {
            *self.figures.held.entry(held.ja()).or_default() += 1;
        }
        decided.held.is_none()
    }

    /// What a decision posted, into the books.
    fn keep(&mut self, household: i64, decided: &Decided, old: Option<i64>) -> Result<(), String> {
        let Some(plan) = &decided.plan else { return Ok(()) };
        if let Some(old) = old {
            self.books.withdraw(old);
        }
        self.books.appropriate(household, &plan.appropriations)?;
        for order in &decided.orders {
            let only_interest = order.principal == Yen::ZERO;
            let of_it: Vec<_> = plan.payouts.iter().filter(|payout| (payout.refund == Yen::ZERO) == only_interest).copied().collect();
            self.books.order(household, order.number, &of_it, self.today)?;
            let mine = &self.books.orders[&order.number];
            if (mine.whole() - mine.interest, mine.interest) != (order.principal.get(), order.interest.get()) {
                return Err(format!("order {order:?} is not what was planned: {mine:?}"));
            }
            if mine.interest % 100 != 0 || mine.interest < 0 {
                return Err(format!("interest of order {order:?} is no multiple of 100 yen"));
            }
        }
        Ok(())
    }

    /// Mostly one of which something can be expected, now and then any.
    fn order(&self, which: u8, expected: impl Fn(&Order) -> bool) -> Option<i64> {
        let all = || self.books.orders.iter();
        let likely = chosen(all().filter(|(_, order)| expected(order)).map(|(number, _)| *number), which);
        likely.filter(|_| which % 4 != 3).or_else(|| chosen(all().map(|(number, _)| *number), which))
    }

    async fn renew(&mut self, which: u8) -> Result<Became, String> {
        let Some(number) = self.order(which, |order| order.sent.is_none() && order.open > 0) else { return Ok(Refused) };
        let old = self.books.orders[&number].clone();
        let open = old.sent.is_none() && !old.withdrawn && old.open == old.whole();
        let allowed = open && self.today > old.decided_on;
        let (surely, perhaps) = self.in_the_way(old.household);
        let result = refunds::renew(&self.hall.store, &self.hall.shelf, here(), number, self.today, &stamp()).await;
        let decided = match result {
            Ok(decided) => decided,
            Err(RefundError::NotOpen { .. } | RefundError::NotLater { .. }) if !allowed => return Ok(Refused),
            Err(RefundError::Blocked { .. }) if perhaps => return Ok(Refused),
            Err(error) => return Err(format!("renew order {number}: {error}")),
        };
        if !self.is_posted(&decided) {
            return Ok(Refused);
        }
        if decided.plan.is_some() {
            if !allowed || surely {
                return Err(format!("order {number} was renewed: allowed {allowed}, announced {surely}"));
            }
            self.keep(old.household, &decided, Some(number))?;
            return Ok(Done);
        }
        match decided.orders.iter().find(|order| !self.books.orders.contains_key(&order.number)) {
            // Nothing but interest: the same amount for another day.
            Some(order) if allowed && old.principal.is_empty() && order.replaces == Some(number) => {
                if (order.principal, order.interest.get()) != (Yen::ZERO, old.interest) {
                    return Err(format!("interest of {} became {order:?}", old.interest));
                }
                self.books.reissue(order.number, number, self.today);
                Ok(Done)
            }
            Some(order) => Err(format!("order {number} was renewed: {order:?}")),
            // It was renewed today already.
            None if old.withdrawn => Ok(Refused),
            None => Err(format!("order {number} was renewed and is not")),
        }
    }

    async fn send(&mut self, which: u8) -> Result<Became, String> {
        let Some(number) = self.order(which, |order| order.sent.is_none() && order.open > 0) else { return Ok(Refused) };
        let order = self.books.orders.get_mut(&number).unwrap();
        let key = (order.household, number);
        // What is open is asked for; where nothing is, all of it once more.
        let allowed = order.sent.is_none() && order.open > 0;
        let yen = if order.open > 0 { order.open } else { order.whole() };
        let line = payments::line(number, order.lines + 1);
        let became = posted(payments::send(&self.hall.store, key, &line, yen, self.today).await, allowed, "a payment")?;
        if became == Done {
            order.lines += 1;
            order.sent = Some(yen);
        }
        Ok(became)
    }

    async fn paid(&mut self, which: u8) -> Result<Became, String> {
        let Some(number) = self.order(which, |order| order.sent.is_some()) else { return Ok(Refused) };
        let order = self.books.orders.get_mut(&number).unwrap();
        let key = (order.household, number);
        let line = payments::line(number, order.lines);
        let Some(yen) = order.sent else {
            if order.lines == 0 {
                return Ok(Refused);
            }
            // A line that has ended is told again: another result for it is refused.
            let other = if order.paid.is_some() {
                payments::failed(&self.hall.store, key, &line, order.whole(), self.today).await
            } else {
                payments::paid(&self.hall.store, key, &line, order.whole(), self.today).await
            };
            // Told again on a later day it has other content; and the line has ended.
            return match other {
                Err(StoreError::Ledger(LedgerError::Ended(_) | LedgerError::Short(_) | LedgerError::OtherContent(_))) => Ok(Refused),
                // A line that was paid, and given back since, told again as it was told.
                Ok(jorei_store::ledger::Posted::Already) => Ok(Refused),
                other => Err(format!("a second result of {line}: {other:?}")),
            };
        };
        payments::paid(&self.hall.store, key, &line, yen, self.today).await.map_err(|error| error.to_string())?;
        order.open -= yen;
        (order.sent, order.paid) = (None, Some(yen));
        self.books.bank -= yen;
        Ok(Done)
    }

    async fn failed(&mut self, which: u8) -> Result<Became, String> {
        let Some(number) = self.order(which, |order| order.sent.is_some()) else { return Ok(Refused) };
        let order = self.books.orders.get_mut(&number).unwrap();
        let Some(yen) = order.sent else { return Ok(Refused) };
        let line = payments::line(number, order.lines);
        let result = payments::failed(&self.hall.store, (order.household, number), &line, yen, self.today).await;
        result.map_err(|error| error.to_string())?;
        order.sent = None;
        Ok(Done)
    }

    async fn returned(&mut self, which: u8) -> Result<Became, String> {
        let Some(number) = self.order(which, |order| order.paid.is_some()) else { return Ok(Refused) };
        let order = self.books.orders.get_mut(&number).unwrap();
        let Some(yen) = order.paid else { return Ok(Refused) };
        let line = payments::line(number, order.lines);
        let result = payments::returned(&self.hall.store, (order.household, number), &line, yen, self.today).await;
        result.map_err(|error| error.to_string())?;
        order.open += yen;
        order.paid = None;
        self.books.bank += yen;
        Ok(Done)
    }

    async fn lapse(&mut self, household: i64, lapsing: Lapsing) -> Result<Option<Yen>, String> {
        let result = refunds::lapse(&self.hall.store, here(), HouseholdId(household), lapsing, self.today, "時効", &stamp()).await;
        match result {
            Ok(yen) => Ok(Some(yen)),
            Err(RefundError::NotBarred { .. } | RefundError::NotOpen { .. }) => Ok(None),
            Err(error) => Err(format!("lapse: {error}")),
        }
    }

    async fn lapse_overpaid(&mut self, which: u8) -> Result<Became, String> {
        let standing = self.books.overpaid.iter().filter(|(_, overpaid)| overpaid.rest() > 0).map(|(of, _)| *of);
        let Some(of) = chosen(standing, which) else { return Ok(Refused) };
        let Some(yen) = self.lapse(of.0, Lapsing::Overpayment(of.1)).await? else { return Ok(Refused) };
        let overpaid = &self.books.overpaid[&of];
        if overpaid.arose_on.days_until(self.today) < ABOUT_TWO_YEARS || yen.get() != overpaid.rest() {
            return Err(format!("{yen} of overpayment {} lapsed: {overpaid:?}", of.1));
        }
        self.books.lapse_overpayment(of, yen.get(), self.today);
        Ok(Done)
    }

    async fn lapse_order(&mut self, which: u8) -> Result<Became, String> {
        let open = self.books.orders.iter().filter(|(_, order)| order.open > order.interest).map(|(number, _)| *number);
        let Some(number) = chosen(open, which) else { return Ok(Refused) };
        let household = self.books.orders[&number].household;
        let Some(yen) = self.lapse(household, Lapsing::Order(number)).await? else { return Ok(Refused) };
        let order = &self.books.orders[&number];
        if order.sent.is_some() || ![order.open, order.open - order.interest].contains(&yen.get()) {
            return Err(format!("{yen} of order {number} lapsed: {order:?}"));
        }
        self.books.lapse_order(number, yen.get(), self.today);
        Ok(Done)
    }
}
