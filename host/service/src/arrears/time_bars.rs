//! When what is owed can no longer be collected: the time bar (消滅時効), what restarts it, and what lapses soon.
//!
//! Two years for a premium (National Health Insurance Act art. 110 para. 1); a demand notice restarts it (para. 2). The other
//! values are the practice as it was told and are to be confirmed: [`VALUES`] says which. Absent here: writing anything off.

use super::{Arrears, ArrearsError, CreditKind, Standing, graces, household};
use jorei_domain::calendar::Date;
use jorei_domain::id::{HouseholdId, Municipality};
use jorei_domain::ledger::Instalment;
use jorei_store::Store;
use jorei_store::arrears::{Step, StoredArrearsEvent, is_followed, standing_demand};

/// What the days here rest on: what it is, its value, where it was read, its state.
pub const VALUES: [(&str, &str, &str, &str); 8] = [
    ("時効期間", "納期限の翌日から2年", "国民健康保険法第110条第1項", "assumed"),
    ("督促", "最初の督促状発付日の翌日から新たに進行", "国民健康保険法第110条第2項", "assumed"),
    ("分納誓約", "誓約日の翌日から新たに進行（承認）", "民法第152条", "assumed"),
    ("一部納付", "納付日の翌日から新たに進行（承認）", "民法第152条", "assumed"),
    ("差押", "差押中は完成せず、解除の翌日から新たに進行", "地方税法第18条の2（例による）", "assumed"),
    ("徴収猶予・換価の猶予", "猶予の期間は進行しない", "地方税法第18条の2（例による）", "assumed"),
    ("執行停止", "停止が3年間継続したときに消滅", "地方税法第15条の7第4項（例による）", "assumed"),
    ("分納誓約の失効", "約束の日が2回守られないとき", "実務の扱い", "assumed"),
];

const YEARS: i32 = 2;
const SUSPENSION_YEARS: i32 = 3;
const MISSED_MAX: usize = 2;

/// Since what a time bar runs.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Began {
    /// The due date (納期限).
    Due,
    /// The first demand notice (督促).
    Demand,
    /// A promise (分納誓約).
    Promise,
    /// A part payment (一部納付).
    Payment,
    /// The end of a seizure (差押解除).
    Release,
    /// Another acknowledgement that a clerk recorded.
    Other,
}

impl Began {
    /// What officials call it.
    pub const fn ja(self) -> &'static str {
        match self {
            Began::Due => "納期限",
            Began::Demand => "督促",
            Began::Promise => "分納誓約",
            Began::Payment => "一部納付",
            Began::Release => "差押解除",
            Began::Other => "時効の更新",
        }
    }
}

/// The time bar of an instalment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TimeBar {
    /// The day from which it can no longer be collected.
    pub bar_on: Date,
    /// Since what it runs.
    pub began: Began,
    /// The day of that.
    pub began_on: Date,
    /// A seizure stands: it is not completed before that ends.
    pub held: bool,
}

/// The time bar of an instalment, by everything that is recorded. What comes after it is complete does not revive it.
pub fn time_bar(standing: &Standing, events: &[StoredArrearsEvent]) -> TimeBar {
    let of = standing.instalment;
    let about = |known: &&StoredArrearsEvent| known.event.instalments.contains(&of);
    // Held from a seizure, free from its release: both in one order of days.
    let mut acts: Vec<(Date, Option<Began>)> = Vec::new();
    acts.extend(standing_demand(events, of).map(|known| (known.event.on, Some(Began::Demand))));
    for known in events.iter().filter(about) {
        let began = match known.event.step {
            Step::Promised => Some(Began::Promise),
            Step::Released => Some(Began::Release),
            Step::Restarted => Some(Began::Other),
            Step::Seized => None,
            _ => continue,
        };
        acts.push((known.event.on, began));
    }
    let paid = |credit: &&super::Credit| matches!(credit.kind, CreditKind::Paid(_));
    acts.extend(standing.credits.iter().filter(paid).map(|credit| (credit.on, Some(Began::Payment))));
    acts.sort_unstable();
    let graces = graces(events, of);
    let mut bar = running(Began::Due, standing.due, &graces);
    for (on, act) in acts {
        if on >= bar.bar_on && !bar.held {
            break;
        }
        // What an instalment's payer does before it is due begins nothing.
        match act {
            None => bar.held = true,
            Some(Began::Release) => bar = running(Began::Release, on, &graces),
            Some(began) if on > bar.began_on && !bar.held => bar = running(began, on, &graces),
            Some(_) => {}
        }
    }
    bar
}

/// A time bar that runs from the day after something. It rests while a grace runs.
fn running(began: Began, began_on: Date, graces: &[(i64, Date, Date, u8)]) -> TimeBar {
    let first = began_on.tomorrow();
    // Without the same day two years later it ends with the month (Civil Code art. 143): the next month's first day is beyond.
    let mut bar_on = first.birthday(YEARS);
    // 0 is a waiver of the charge, which leaves the principal to be collected.
    let mut rests: Vec<(Date, Date)> =
        graces.iter().filter(|(_, _, _, grace)| *grace != 0).map(|(_, from, until, _)| (*from, *until)).collect();
    rests.sort_unstable();
    let mut counted = first;
    for (from, until) in rests {
        let from = from.max(counted);
        if from < bar_on && from < until {
            (0..from.days_until(until)).for_each(|_| bar_on = bar_on.tomorrow());
            counted = until;
        }
    }
    TimeBar { bar_on, began, began_on, held: false }
}

/// The day on which what is owed is extinct because enforcement was suspended for three years; none while it is not.
pub fn extinct_on(instalment: Instalment, events: &[StoredArrearsEvent]) -> Option<Date> {
    let stands = |known: &&StoredArrearsEvent| {
        known.event.step == Step::Suspended
            && known.event.instalments.contains(&instalment)
            && !is_followed(events, known.number, instalment)
    };
    events.iter().filter(stands).map(|known| known.event.on.tomorrow().birthday(SUSPENSION_YEARS)).min()
}

/// How a promise is kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PromiseState {
    /// Promised by the day, in whole yen.
    pub promised_yen: i64,
    /// Paid for its instalments since it was made, by the day.
    pub paid_yen: i64,
    /// Days that went by with less paid than promised by then.
    pub missed: usize,
    /// It is void: recorded so, or two days were missed.
    pub is_void: bool,
}

/// How a promise is kept on a day. What was paid on the promised day itself is in time.
pub fn promise_state(promise: &StoredArrearsEvent, arrears: &Arrears, on: Date) -> PromiseState {
    let event = &promise.event;
    let credits = || {
        let about = |standing: &&Standing| event.instalments.contains(&standing.instalment);
        arrears.standings.iter().filter(about).flat_map(|standing| &standing.credits)
    };
    let paid_by = |day: Date| -> i64 {
        let counts = |credit: &&super::Credit| matches!(credit.kind, CreditKind::Paid(_)) && event.on < credit.on && credit.on <= day;
        credits().filter(counts).map(|credit| credit.yen).sum()
    };
    let promised_by = |day: Date| -> i64 { event.payments.iter().filter(|(due, _)| *due <= day).map(|(_, yen)| yen.get()).sum() };
    let missed = event.payments.iter().filter(|(due, _)| *due < on && paid_by(*due) < promised_by(*due)).count();
    let broken = event.instalments.iter().all(|of| is_followed(&arrears.events, promise.number, *of));
    PromiseState { promised_yen: promised_by(on), paid_yen: paid_by(on), missed, is_void: broken || missed >= MISSED_MAX }
}

/// What can soon be collected no more, or no longer can.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Lapsing {
    /// Whose.
    pub household: HouseholdId,
    /// Which instalment.
    pub instalment: Instalment,
    /// When it was due.
    pub due: Date,
    /// What is open of it.
    pub open_yen: i64,
    /// What is open of its charge and its fee.
    pub beside_yen: i64,
    /// Its time bar.
    pub bar: TimeBar,
    /// The day on which a suspension makes it extinct.
    pub extinct_on: Option<Date>,
}

impl Lapsing {
    /// The first day on which it cannot be collected; none while a seizure holds it.
    pub fn lapses_on(&self) -> Option<Date> {
        let bar = (!self.bar.held).then_some(self.bar.bar_on);
        [bar, self.extinct_on].into_iter().flatten().min()
    }
}

/// What lapses within some months of a day, or has lapsed by then and stands in the ledger still, among the next households,
/// at most `limit`; and behind which the next ones begin.
///
/// # Errors
/// An [`ArrearsError`].
pub async fn lapsing(
    store: &Store,
    municipality: Municipality,
    on: Date,
    months: u32,
    after: Option<HouseholdId>,
    limit: u32,
) -> Result<(Vec<Lapsing>, Option<HouseholdId>), ArrearsError> {
    let end = months_later(on, months);
    let households = store.owing_households(municipality, after, limit.max(1)).await?;
    let next = households.last().copied().filter(|_| households.len() >= limit.max(1) as usize);
    let mut found = Vec::new();
    for id in households {
        let arrears = household(store, municipality, id).await?;
        for standing in arrears.standings.iter().filter(|standing| standing.open_yen > 0) {
            let item = Lapsing {
                household: id,
                instalment: standing.instalment,
                due: standing.due,
                open_yen: standing.open_yen,
                beside_yen: standing.charge_open_yen + standing.fee_open_yen,
                bar: time_bar(standing, &arrears.events),
                extinct_on: extinct_on(standing.instalment, &arrears.events),
            };
            if item.lapses_on().is_some_and(|day| day <= end) {
                found.push(item);
            }
        }
    }
    Ok((found, next))
}

/// The same day some months later; the last day of the month where there is none.
fn months_later(day: Date, months: u32) -> Date {
    let months = i64::from(day.year()) * 12 + i64::from(day.month()) - 1 + i64::from(months);
    let part = |number: i64| i32::try_from(number).unwrap_or(i32::MAX);
    let text = |number: i32| format!("{:04}-{:02}-{number:02}", part(months / 12), part(months % 12 + 1));
    (1..=day.day()).rev().find_map(|number| Date::parse(&text(number)).ok()).unwrap_or(Date::MAX)
}
