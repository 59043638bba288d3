//! Reconciliation (収納照合): what each channel told of each day against what the bank delivered, down to zero or to a difference
//! that has a name; and the receipts against the ledger.
//!
//! Read off the ledger, so that it can be asked of any stretch at any moment. Absent here: deliveries themselves, which come
//! in as statements ([`crate::receipts::receive`]).

use jorei_domain::business_days::{Calendar, NotPublished};
use jorei_domain::calendar::Date;
use jorei_domain::id::Municipality;
use jorei_domain::ledger::AccountKind;
use jorei_domain::money::grouped;
use jorei_domain::record::CHANNELS;
use jorei_store::receipts::CollectedDay;
use jorei_store::{Store, StoreError};
use std::collections::BTreeMap;

/// How long a channel may take, in bank days after the day of payment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Terms {
    /// Until the money is on the office's account.
    pub delivered_within: u32,
    /// Until an announcement is confirmed or taken back.
    pub confirmed_within: u32,
}

impl Default for Terms {
    /// Ten and five bank days: assumed, until the contracts with the channels are known.
    fn default() -> Terms {
        Terms { delivered_within: 10, confirmed_within: 5 }
    }
}

/// What is wrong with a channel's day, or still open.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Finding {
    /// Nothing was delivered yet, and there is time.
    Awaited,
    /// Nothing was delivered in time.
    Missing,
    /// Another amount was delivered: this much more than was told, below 0 for less.
    Differs(i64),
    /// Money was delivered of which nothing was told.
    WithoutReceipts,
    /// Announced, and neither confirmed nor taken back yet; there is time.
    Unconfirmed(i64),
    /// Announced, and neither confirmed nor taken back in time.
    StillAnnounced(i64),
}

impl Finding {
    /// Is there only to wait for it?
    pub const fn waits(self) -> bool {
        matches!(self, Finding::Awaited | Finding::Unconfirmed(_))
    }

    /// What officials are told.
    pub fn ja(self) -> String {
        match self {
            Finding::Awaited => "入金待ち".into(),
            Finding::Missing => "入金がありません。収納機関と指定金融機関に確認してください".into(),
            Finding::Differs(yen) if yen > 0 => format!("入金が{}円多い。収納データの漏れを確認してください", grouped(yen)),
            Finding::Differs(yen) => format!("入金が{}円少ない。収納機関に確認してください", grouped(-yen)),
            Finding::WithoutReceipts => "収納データのない入金です。収納機関にデータを請求してください".into(),
            Finding::Unconfirmed(yen) => format!("確報待ち {}円", grouped(yen)),
            Finding::StillAnnounced(yen) => format!("速報のままの収納 {}円。収納機関に確報又は取消を請求してください", grouped(yen)),
        }
    }
}

/// A channel's day.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReconciledDay {
    /// The day of payment.
    pub day: Date,
    /// The channel's place.
    pub channel: u8,
    /// What the ledger has of it.
    pub collected: CollectedDay,
    /// What is wrong or open; nothing where it comes to zero.
    pub findings: Vec<Finding>,
}

impl ReconciledDay {
    /// What was delivered less what was told for good; 0 where both agree.
    pub fn difference_yen(&self) -> i64 {
        difference(&self.collected)
    }
}

fn difference(of: &CollectedDay) -> i64 {
    of.delivered_yen - of.taken_back_yen - (of.received_yen - of.reversed_yen)
}

/// Why a stretch was not reconciled.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Bank days that nobody knows yet.
    #[error(transparent)]
    NotPublished(#[from] NotPublished),
}

/// Sums over a stretch.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Sums {
    /// Channels' days of which anything is known.
    pub days: u64,
    /// Those that come to zero.
    pub even: u64,
    /// Those that only wait.
    pub waiting: u64,
    /// Those that somebody must look at.
    pub open: u64,
    /// Everything of them.
    pub collected: CollectedDay,
}

impl Sums {
    /// What was delivered less what was told for good.
    pub fn difference_yen(&self) -> i64 {
        difference(&self.collected)
    }
}

/// Days that are read at once.
const STRETCH_DAYS: usize = 31;

/// Reconciles every channel's days from a day up to but without another, as they stand on a day. `each` gets them one after
/// the other, in the order of days and channels.
///
/// # Errors
/// A [`ReconcileError`].
pub async fn reconcile(
    store: &Store,
    municipality: Municipality,
    (from, until): (Date, Date),
    on: Date,
    terms: Terms,
    mut each: impl FnMut(&ReconciledDay),
) -> Result<Sums, ReconcileError> {
    let (mut sums, mut first) = (Sums::default(), from);
    let limits = (bank_days_before(on, terms.delivered_within)?, bank_days_before(on, terms.confirmed_within)?);
    while first < until {
        let last = (0..STRETCH_DAYS).fold(first, |day, _| if day < until { day.tomorrow() } else { day });
        let mut found: BTreeMap<(Date, u8), CollectedDay> = BTreeMap::new();
        for channel in (0_u8..).take(CHANNELS.len()) {
            let days = store.collected_days(municipality, channel, first, last).await?;
            found.extend(days.into_iter().map(|(day, collected)| ((day, channel), collected)));
        }
        for ((day, channel), collected) in found {
            let day = ReconciledDay { day, channel, collected, findings: findings(day, &collected, limits) };
            sums.days += 1;
            if day.findings.is_empty() {
                sums.even += 1;
            } else if day.findings.iter().all(|finding| finding.waits()) {
                sums.waiting += 1;
            } else {
                sums.open += 1;
            }
            let all = &mut sums.collected;
            all.received_yen += collected.received_yen;
            all.reversed_yen += collected.reversed_yen;
            all.announced_yen += collected.announced_yen;
            all.delivered_yen += collected.delivered_yen;
            all.taken_back_yen += collected.taken_back_yen;
            each(&day);
        }
        first = last;
    }
    Ok(sums)
}

/// What is paid before this day should have come within so many bank days.
fn bank_days_before(on: Date, days: u32) -> Result<Date, NotPublished> {
    let mut day = on;
    for _ in 0..days {
        day = Calendar::Bank.previous_open(day.yesterday())?;
    }
    Ok(day)
}

fn findings(day: Date, of: &CollectedDay, (deliver_by, confirm_by): (Date, Date)) -> Vec<Finding> {
    let told = of.received_yen - of.reversed_yen;
    let delivered = of.delivered_yen - of.taken_back_yen;
    let mut findings = Vec::new();
    match delivered - told {
        0 => {}
        difference if delivered != 0 => {
            findings.push(if of.received_yen == 0 { Finding::WithoutReceipts } else { Finding::Differs(difference) });
        }
        _ if day >= deliver_by => findings.push(Finding::Awaited),
        _ => findings.push(Finding::Missing),
    }
    if of.announced_yen != 0 {
        let late = day < confirm_by;
        findings.push(if late { Finding::StillAnnounced(of.announced_yen) } else { Finding::Unconfirmed(of.announced_yen) });
    }
    findings
}

/// The receipts against the ledger, two ways to the same sums.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Control {
    /// What the channels told for good, by the receipts: channel, count, sum.
    pub told: Vec<(u8, u64, i64)>,
    /// The same by the ledger.
    pub booked_yen: i64,
    /// What of it was used for which kind of account.
    pub used: Vec<(AccountKind, i64)>,
    /// What of it is not matched, by the balances.
    pub unmatched_yen: i64,
}

impl Control {
    /// The sum of what the channels told for good.
    pub fn told_yen(&self) -> i64 {
        self.told.iter().map(|(_, _, yen)| yen).sum()
    }

    /// The sum of what was used.
    pub fn used_yen(&self) -> i64 {
        self.used.iter().map(|(_, yen)| yen).sum()
    }

    /// Does everything agree?
    pub fn agrees(&self) -> bool {
        self.told_yen() == self.booked_yen && self.booked_yen == self.used_yen() + self.unmatched_yen
    }
}

/// Holds the receipts against the ledger.
///
/// # Errors
/// A [`StoreError`].
pub async fn control(store: &Store, municipality: Municipality) -> Result<Control, StoreError> {
    let told = store.confirmed_receipts(municipality).await?;
    let all = store.uses_of_receipts(municipality).await?;
    let booked_yen = all.iter().filter(|(kind, _)| *kind == AccountKind::Collected).map(|(_, yen)| -yen).sum();
    let used = all.into_iter().filter(|(kind, _)| *kind != AccountKind::Collected).collect();
    let totals = store.totals(municipality).await?;
    let unmatched_yen = totals.iter().find(|(kind, _)| *kind == AccountKind::Unmatched).map_or(0, |(_, balance)| balance.credit());
    Ok(Control { told, booked_yen, used, unmatched_yen })
}
