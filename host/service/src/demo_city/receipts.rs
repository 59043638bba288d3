//! What the channels of the made-up city deliver of a year: files per channel and day, with faults of every kind in a small
//! fixed share. The same seed and the same bills give the same bytes.
//!
//! The shares are weights of ours and no statistic. Absent here: taking the files.

use super::dice::Dice;
use crate::levy::Bill;
use crate::receipts::forms::{Delivery, Payment, Said, write};
use jorei_domain::calendar::Date;
use jorei_domain::ledger::Instalment;
use jorei_domain::money::Yen;
use jorei_domain::slip::Slip;
use jorei_store::receipts::{FileKind, STATEMENT};
use std::collections::{BTreeMap, BTreeSet};

/// A file as a channel or the bank delivers it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DemoFile {
    /// Its name: day, source, kind and serial. In the order of their names files can be taken.
    pub name: String,
    /// A channel's place, or [`STATEMENT`].
    pub source: u8,
    /// What kind.
    pub kind: FileKind,
    /// The day it was made.
    pub made_on: Date,
    /// Its content, UTF-8.
    pub text: String,
}

/// How an instalment is paid.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Conduct {
    /// In time.
    InTime,
    /// Up to two months after it was due.
    Late,
    /// Half of it.
    Partial,
    /// Twice, by one slip.
    Double,
    /// A thousand yen more than is due.
    TooMuch,
    /// By a slip of which a digit was misread.
    UnknownSlip,
    /// Announced and taken back before it was confirmed.
    Revoked,
    /// Confirmed and taken back afterwards.
    Reversed,
    /// Not at all; of a debit that failed its channel says so.
    Unpaid,
}

/// How often each is, out of ten thousand.
const CONDUCTS: [(Conduct, i64); 9] = [
    (Conduct::InTime, 9_200),
    (Conduct::Late, 300),
    (Conduct::Partial, 60),
    (Conduct::Double, 40),
    (Conduct::TooMuch, 20),
    (Conduct::UnknownSlip, 20),
    (Conduct::Revoked, 20),
    (Conduct::Reversed, 15),
    (Conduct::Unpaid, 325),
];
/// Which channel a household pays by.
const CHANNELS: [(u8, i64); 4] = [(0, 20), (1, 30), (2, 35), (3, 15)];
/// Of so many days of a channel the bank does not deliver one.
const MISSING_EVERY: i64 = 100;
/// Days after the payment until a file of each sort is made.
const ANNOUNCED_AFTER: u32 = 1;
const REVOKED_AFTER: u32 = 2;
const CONFIRMED_AFTER: u32 = 3;
const DELIVERED_AFTER: u32 = 7;
const REVERSED_AFTER: u32 = 10;
const TAKEN_BACK_AFTER: u32 = 12;
/// Days after its decision until a bill lies before whoever pays.
const ARRIVES_AFTER: u32 = 10;

fn plus(day: Date, days: u32) -> Date {
    (0..days).fold(day, |day, _| day.tomorrow())
}

fn minus(day: Date, days: u32) -> Date {
    (0..days).fold(day, |day, _| day.yesterday())
}

/// What a source delivers on a day.
type Files = BTreeMap<(Date, u8, u8), Vec<Said>>;
/// Yen of each channel's day.
type Money = BTreeMap<(Date, u8), i64>;

/// The files that are made up to and with a day for what was billed: of each household its bills in the order in which they
/// were decided, as [`crate::levy::bills`] answers them. Whoever pays goes by the bill that lies before him, and pays what a
/// later one adds; so the files of the days before a bill are the same without it. A statement has source [`STATEMENT`];
/// each source counts its files from 1.
pub fn files(seed: u64, bills: &[Bill], until: Date) -> Vec<DemoFile> {
    let mut told: Files = BTreeMap::new();
    // What the bank delivers of each channel's day, and takes back.
    let mut money: Money = BTreeMap::new();
    let mut taken_back: Money = BTreeMap::new();
    for bills in bills.chunk_by(|a, b| a.household == b.household) {
        let household = bills[0].household;
        let mut of_household = Dice::of_payments(seed, household.0.unsigned_abs(), 0);
        let usual = of_household.weighted(&CHANNELS);
        let instalments: BTreeSet<Instalment> = bills.iter().flat_map(|bill| bill.instalments.keys().copied()).collect();
        for instalment in instalments {
            let slip = Slip { household, instalment };
            if !slip.is_sayable() {
                continue;
            }
            let channel = if instalment.collection == 1 { 4 } else { usual };
            let mut dice = Dice::of_payments(seed, household.0.unsigned_abs(), item(instalment));
            let conduct = dice.weighted(&CONDUCTS);
            let mut paid = 0;
            for (at, bill) in bills.iter().enumerate() {
                let billed = bill.instalments.get(&instalment).copied().unwrap_or(0);
                let Some(due) = bill.due.get(&instalment).filter(|_| billed > paid) else { continue };
                let paid_on = paid_on(&mut dice, channel, conduct, *due).max(plus(bill.decided_on, ARRIVES_AFTER));
                if bills.get(at + 1).is_some_and(|next| plus(next.decided_on, ARRIVES_AFTER) <= paid_on) {
                    // Before he pays, another one lies before him.
                    continue;
                }
                let payment = Paying { channel, conduct, slip, yen: billed - paid, paid_on, until, bill: at };
                payment.tell(&mut told, (&mut money, &mut taken_back));
                paid = billed;
            }
        }
    }
    deliver(seed, &mut told, &money, &taken_back, until);
    let mut serials: BTreeMap<u8, i64> = BTreeMap::new();
    let kinds = [FileKind::Announced, FileKind::Final, FileKind::Revoked, FileKind::Statement];
    told.into_iter()
        .filter(|((made_on, ..), _)| *made_on <= until)
        .map(|((made_on, source, kind), lines)| {
            let kind = kinds[usize::from(kind)];
            let serial = serials.entry(source).or_insert(0);
            *serial += 1;
            let text = write(source, kind, *serial, made_on, &lines);
            DemoFile { name: format!("{made_on}-{source}-{serial:05}-{}.csv", kind.word()), source, kind, made_on, text }
        })
        .collect()
}

fn item(instalment: Instalment) -> u64 {
    u64::from(instalment.year.unsigned_abs()) * 10_000 + instalment.item().unsigned_abs()
}

/// Debits and deductions come on the day; whoever pays himself comes before it.
fn by_office(channel: u8) -> bool {
    matches!(channel, 2 | 4)
}

fn paid_on(dice: &mut Dice, channel: u8, conduct: Conduct, due: Date) -> Date {
    let days = |number: i64| u32::try_from(number).unwrap_or(0);
    match conduct {
        _ if by_office(channel) => due,
        Conduct::Late => plus(due, days(dice.within(1, 60))),
        _ => minus(due, days(dice.within(0, 12))),
    }
}

/// A payment, and what is told of it.
struct Paying {
    channel: u8,
    conduct: Conduct,
    slip: Slip,
    yen: i64,
    paid_on: Date,
    until: Date,
    /// Which of the household's bills is paid.
    bill: usize,
}

impl Paying {
    fn tell(&self, told: &mut Files, (money, taken_back): (&mut Money, &mut Money)) {
        let Paying { channel, conduct, slip, yen, paid_on, until, bill } = *self;
        if paid_on > until {
            return;
        }
        let by_office = by_office(channel);
        let announces = matches!(channel, 1 | 3);
        let mut say = |after: u32, kind: u8, said: Said| told.entry((plus(paid_on, after), channel, kind)).or_default().push(said);
        let mut number = slip.to_string();
        let paid = match conduct {
            Conduct::Unpaid => {
                if by_office {
                    say(CONFIRMED_AFTER, 1, Said::Unpaid(if channel == 2 { "資金不足" } else { "徴収不能" }));
                }
                return;
            }
            Conduct::Partial if !by_office => (yen / 2).max(1),
            Conduct::TooMuch if !by_office => yen + 1_000,
            _ => yen,
        };
        if conduct == Conduct::UnknownSlip && !by_office {
            number.replace_range(3..4, "?");
        }
        let copies = if conduct == Conduct::Double && !by_office { 2 } else { 1 };
        for copy in 1..=copies {
            let Ok(yen) = Yen::checked(paid) else { return };
            let reference = format!("{}-{}-{}", slip.household, item(slip.instalment), 2 * bill + copy);
            let payment = Said::Payment(Payment { reference, slip: number.clone(), paid_on, yen });
            if announces {
                say(ANNOUNCED_AFTER, 0, payment.clone());
                if conduct == Conduct::Revoked {
                    say(REVOKED_AFTER, 2, payment);
                    continue;
                }
            }
            say(CONFIRMED_AFTER, 1, payment.clone());
            *money.entry((paid_on, channel)).or_default() += paid;
            if conduct == Conduct::Reversed {
                say(REVERSED_AFTER, 2, payment);
                if plus(paid_on, REVERSED_AFTER) <= until {
                    *taken_back.entry((paid_on, channel)).or_default() += paid;
                }
            }
        }
    }
}

fn deliver(seed: u64, told: &mut Files, money: &Money, taken_back: &Money, until: Date) {
    for ((day, channel), yen) in money {
        let mut dice = Dice::of_payments(seed, u64::from(*channel), day.packed().unsigned_abs());
        if dice.within(0, MISSING_EVERY) == 0 {
            continue;
        }
        let mut say = |after: u32, yen: i64| {
            let delivered_on = plus(*day, after);
            if delivered_on <= until && yen != 0 {
                let delivery = Delivery { delivered_on, channel: *channel, collected_on: *day, yen };
                told.entry((delivered_on, STATEMENT, 3)).or_default().push(Said::Delivered(delivery));
            }
        };
        say(DELIVERED_AFTER, *yen);
        say(TAKEN_BACK_AFTER, -taken_back.get(&(*day, *channel)).copied().unwrap_or(0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jorei_domain::id::{Digest, HouseholdId};
    use jorei_domain::ledger::Instalment;

    const UNTIL: Date = Date::new(2026, 3, 31);

    fn bills(households: i64) -> Vec<Bill> {
        let bill = |household: i64| {
            let instalments: Vec<Instalment> =
                (1..=9).map(|number| Instalment { year: 2025, collection: u8::from(household % 9 == 0), number }).collect();
            let due = |at: usize| Date::new(2025 + i32::from(at > 5), [7, 8, 9, 10, 11, 12, 1, 2, 3][at], 25);
            Bill {
                household: HouseholdId(household),
                year: 2025,
                decision: Digest::of(b"d"),
                decided_on: Date::new(2025, 6, 13),
                instalments: instalments.iter().map(|instalment| (*instalment, 1_000 * (household % 17) + 700)).collect(),
                due: instalments.iter().enumerate().map(|(at, instalment)| (*instalment, due(at))).collect(),
            }
        };
        (1..=households).map(bill).collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_files_and_a_household_pays_as_it_does_in_a_larger_city() {
        let files_of = |seed, households| files(seed, &bills(households), UNTIL);
        assert_eq!(files_of(1, 50), files_of(1, 50));
        assert_ne!(files_of(1, 50), files_of(2, 50));
        let lines = |files: &[DemoFile], household: &str| -> Vec<String> {
            let all = files.iter().flat_map(|file| file.text.lines().filter(|line| line.starts_with(household)).map(ToOwned::to_owned));
            all.collect()
        };
        let (small, large) = (files_of(1, 50), files_of(1, 80));
        assert!(!lines(&small, "7-").is_empty());
        assert_eq!(lines(&small, "7-"), lines(&large, "7-"));
    }

    #[test]
    fn what_is_billed_later_changes_no_day_before_it_and_is_paid_up() {
        let first = bills(60);
        let changed = |bill: &Bill| {
            let mut later = Bill { decided_on: Date::new(2025, 10, 10), ..bill.clone() };
            let factor = if bill.household.0 % 2 == 0 { 2 } else { 0 };
            later.instalments.iter_mut().filter(|(instalment, _)| instalment.number > 4).for_each(|(_, yen)| *yen *= factor);
            [bill.clone(), later]
        };
        let both: Vec<Bill> = first.iter().flat_map(changed).collect();
        let border = Date::new(2025, 10, 10);
        assert_eq!(files(1, &first, border), files(1, &both, border));
        let until = Date::new(2026, 5, 31);
        let paid = |files: &[DemoFile], household: &str| -> usize {
            let lines = files.iter().filter(|file| file.kind == FileKind::Final).flat_map(|file| file.text.lines());
            lines.filter(|line| line.starts_with(household) && !line.contains("資金不足")).count()
        };
        let (alone, with) = (files(1, &first, until), files(1, &both, until));
        // Who owes nothing from the fifth on pays no more than what came before; who owes twice as much pays once, twice as much.
        assert!(paid(&alone, "7-") > 5 && paid(&with, "7-") <= 5);
        assert_eq!(paid(&alone, "8-"), paid(&with, "8-"));
    }

    #[test]
    fn serials_have_no_gap_and_follow_the_days() {
        let mut seen: BTreeMap<u8, (i64, Date)> = BTreeMap::new();
        for file in files(3, &bills(300), UNTIL) {
            let (serial, day) = seen.entry(file.source).or_insert((0, file.made_on));
            assert!(file.made_on >= *day && file.made_on <= UNTIL);
            (*serial, *day) = (*serial + 1, file.made_on);
            assert!(file.text.lines().nth(1).unwrap().contains(&format!(",{},{serial},", file.kind.ja())), "{}", file.name);
        }
        assert_eq!(seen.keys().copied().collect::<Vec<_>>(), [0, 1, 2, 3, 4, STATEMENT]);
    }
}
