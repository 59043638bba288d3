//! What was done about arrears (滞納整理), step by step: demand notices, graces and waivers, promises, seizures, suspensions.
//!
//! A step is written once and taken back by a further one that names it. Demand fees are posted with the step that brings them.
//! Absent here: what is owed (the ledger), what it costs to pay late (a rule), when a claim lapses, and to whom anything is
//! addressed.

use crate::audit::{Record, append_record};
use crate::{Result, Store, StoreError, audit, date, digest_or_none};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, HouseholdId, Municipality};
use jorei_domain::ledger::{Account, AccountKind, Event, Instalment, Phase, Posting, Transfer};
use jorei_domain::money::Yen;
use jorei_domain::record::GRACES;
use sqlx::any::AnyRow;
use sqlx::{Any, Row as _, Transaction};

/// What was done.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Step {
    /// A demand notice was sent (督促状発付).
    Demanded,
    /// It came back undelivered (返戻): it counts as not sent.
    Returned,
    /// A grace or waiver was granted for some days (徴収猶予・換価の猶予・延滞金減免).
    Granted,
    /// A grace or waiver runs no more from a day on.
    Revoked,
    /// The payer promised to pay by instalments (分納誓約), and acknowledged the debt by that.
    Promised,
    /// A promise is void (誓約の失効).
    Broken,
    /// Something was seized (差押).
    Seized,
    /// The seizure ended (差押解除).
    Released,
    /// Enforcement was suspended (滞納処分の執行停止).
    Suspended,
    /// Enforcement goes on.
    Resumed,
    /// The time bar began anew for another reason, as an acknowledgement (時効の更新).
    Restarted,
}

impl Step {
    /// Every step.
    pub const ALL: [Step; 11] = [
        Step::Demanded,
        Step::Returned,
        Step::Granted,
        Step::Revoked,
        Step::Promised,
        Step::Broken,
        Step::Seized,
        Step::Released,
        Step::Suspended,
        Step::Resumed,
        Step::Restarted,
    ];

    /// Its word: permanent, the store keeps it.
    pub const fn word(self) -> &'static str {
        match self {
            Step::Demanded => "demanded",
            Step::Returned => "returned",
            Step::Granted => "granted",
            Step::Revoked => "revoked",
            Step::Promised => "promised",
            Step::Broken => "broken",
            Step::Seized => "seized",
            Step::Released => "released",
            Step::Suspended => "suspended",
            Step::Resumed => "resumed",
            Step::Restarted => "restarted",
        }
    }

    /// The step of a word.
    pub fn named(word: &str) -> Option<Step> {
        Step::ALL.into_iter().find(|step| step.word() == word)
    }

    /// What officials call it.
    pub const fn ja(self) -> &'static str {
        match self {
            Step::Demanded => "督促状発付",
            Step::Returned => "督促状返戻",
            Step::Granted => "猶予・減免",
            Step::Revoked => "猶予・減免の取消し",
            Step::Promised => "分納誓約",
            Step::Broken => "分納誓約の失効",
            Step::Seized => "差押",
            Step::Released => "差押解除",
            Step::Suspended => "滞納処分の執行停止",
            Step::Resumed => "執行停止の取消し",
            Step::Restarted => "時効の更新",
        }
    }

    /// The step that it follows or takes back, if it does so.
    pub const fn follows(self) -> Option<Step> {
        match self {
            Step::Returned => Some(Step::Demanded),
            Step::Revoked => Some(Step::Granted),
            Step::Broken => Some(Step::Promised),
            Step::Released => Some(Step::Seized),
            Step::Resumed => Some(Step::Suspended),
            _ => None,
        }
    }
}

/// One step about one household.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ArrearsEvent {
    /// Whose arrears.
    pub household: HouseholdId,
    /// What was done.
    pub step: Step,
    /// The day it counts from in law.
    pub on: Date,
    /// The instalments it is about, one or more, none twice.
    pub instalments: Vec<Instalment>,
    /// First day of a grace or waiver; the day from which one is taken back.
    pub from: Option<Date>,
    /// First day after a grace or waiver.
    pub until: Option<Date>,
    /// Of a grace or waiver: the place of its word in [`GRACES`].
    pub grace: Option<u8>,
    /// The number of the step that it follows or takes back.
    pub of: Option<i64>,
    /// The demand fee for each instalment; 0 for none.
    pub fee: Yen,
    /// Of a promise: how much by which day, in the order of the days.
    pub payments: Vec<(Date, Yen)>,
    /// Why, in words without personal data; may be empty for a demand notice only.
    pub reason: String,
}

impl ArrearsEvent {
    /// A step with nothing but what every step has.
    pub fn of(household: HouseholdId, step: Step, on: Date, instalments: Vec<Instalment>, reason: &str) -> ArrearsEvent {
        let reason = reason.to_owned();
        ArrearsEvent {
            household,
            step,
            on,
            instalments,
            from: None,
            until: None,
            grace: None,
            of: None,
            fee: Yen::ZERO,
            payments: Vec::new(),
            reason,
        }
    }

    /// The hash of what is recorded: the same again is the same step.
    pub fn id(&self) -> Digest {
        let day = |day: Option<Date>| day.map_or_else(|| "-".to_owned(), |day| day.to_string());
        let number = |number: Option<i64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
        let instalments: Vec<String> = self.instalments.iter().map(|of| format!("{}/{}", of.year, of.item())).collect();
        let payments: Vec<String> = self.payments.iter().map(|(day, yen)| format!("{day}={}", yen.get())).collect();
        let parts = [
            "jorei arrears 1".to_owned(),
            self.household.to_string(),
            self.step.word().to_owned(),
            self.on.to_string(),
            instalments.join(" "),
            day(self.from),
            day(self.until),
            number(self.grace.map(i64::from)),
            number(self.of),
            self.fee.get().to_string(),
            payments.join(" "),
            self.reason.clone(),
        ];
        Digest::of(parts.join("\n").as_bytes())
    }

    /// What is wrong with it by itself or beside what was recorded of the household before; none if nothing is.
    fn wrong(&self, before: &[StoredArrearsEvent]) -> Option<&'static str> {
        let instalments = |event: &ArrearsEvent| event.instalments.clone();
        let mut seen = instalments(self);
        seen.sort_unstable();
        seen.dedup();
        let granted = self.step == Step::Granted;
        let followed = self.of.and_then(|number| before.iter().find(|known| known.number == number));
        if self.instalments.is_empty() || seen.len() != self.instalments.len() {
            return Some("a step is about one or more instalments, none twice; name them");
        }
        if self.reason.trim().is_empty() && self.step != Step::Demanded {
            return Some("the step has no reason; write why, without names");
        }
        if granted != (self.until.is_some() && self.grace.is_some()) || granted && self.from >= self.until {
            return Some("a grace or waiver has its kind, a first day and a later first day after it, and nothing else has");
        }
        if self.grace.is_some_and(|grace| usize::from(grace) >= GRACES.len()) {
            return Some("there is no such kind of grace");
        }
        if self.from.is_some() != matches!(self.step, Step::Granted | Step::Revoked) {
            return Some("only a grace or waiver, and what takes one back, has a first day");
        }
        if self.fee.get() < 0 || self.fee.get() > 0 && self.step != Step::Demanded {
            return Some("only a demand notice has a fee, of 0 yen or more");
        }
        let days: Vec<Date> = std::iter::once(self.on.yesterday()).chain(self.payments.iter().map(|(day, _)| *day)).collect();
        let promised = self.step == Step::Promised;
        if promised == self.payments.is_empty() || !days.is_sorted_by(|one, next| one < next) {
            return Some("a promise has days, each after the one before and none before it was made; nothing else has");
        }
        if self.payments.iter().any(|(_, yen)| yen.get() <= 0) {
            return Some("a promised payment is more than 0 yen");
        }
        match (self.step.follows(), followed) {
            (None, _) if self.of.is_some() => return Some("the step follows no other; leave its number out"),
            (Some(step), followed) if followed.is_none_or(|known| known.event.step != step) => {
                return Some("the step that it follows is not recorded of this household; `jorei arrears show` has the numbers");
            }
            (Some(_), Some(known)) if self.on < known.event.on => return Some("it would come before the step that it follows"),
            (Some(_), Some(known)) if self.instalments.iter().any(|of| !known.event.instalments.contains(of)) => {
                return Some("the step that it follows is not about all of these instalments");
            }
            (Some(_), Some(known)) if self.instalments.iter().any(|of| is_followed(before, known.number, *of)) => {
                return Some("the step that it follows was taken back before");
            }
            _ => {}
        }
        let demanded = |of: &Instalment| standing_demand(before, *of).is_some();
        if self.step == Step::Demanded && self.instalments.iter().any(demanded) {
            return Some("an instalment is demanded once; its notice was sent and did not come back");
        }
        None
    }
}

/// A step as it was recorded.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredArrearsEvent {
    /// Its number in the municipality, from 1.
    pub number: i64,
    /// The step.
    pub event: ArrearsEvent,
    /// The posting by which its fees are owed.
    pub posting: Option<Digest>,
    /// When it was recorded: an instant.
    pub at: String,
    /// By which account.
    pub by: String,
}

/// Was a step taken back or ended for an instalment?
pub fn is_followed(events: &[StoredArrearsEvent], number: i64, instalment: Instalment) -> bool {
    events.iter().any(|later| later.event.of == Some(number) && later.event.instalments.contains(&instalment))
}

/// The demand notice of an instalment that was sent and did not come back, the first one where there are several.
pub fn standing_demand(events: &[StoredArrearsEvent], instalment: Instalment) -> Option<&StoredArrearsEvent> {
    events.iter().find(|known| {
        known.event.step == Step::Demanded
            && known.event.instalments.contains(&instalment)
            && !is_followed(events, known.number, instalment)
    })
}

const NEXT: &str = "SELECT COALESCE(MAX(number), 0) + 1 FROM arrears_event WHERE municipality = $1";
const KNOWN: &str = "SELECT number FROM arrears_event WHERE municipality = $1 AND id = $2";
const SAVE: &str = "INSERT INTO arrears_event (municipality, number, id, household, step, happened_on, from_day, until_day, grace, \
         of_number, fee_yen, posting, reason, at, by_whom) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
const SAVE_INSTALMENT: &str =
    "INSERT INTO arrears_instalment (municipality, number, line, year, collection, instalment) VALUES ($1, $2, $3, $4, $5, $6)";
const SAVE_PROMISE: &str = "INSERT INTO arrears_promise (municipality, number, line, due_on, yen) VALUES ($1, $2, $3, $4, $5)";
const IS_LEVIED: &str = "SELECT 1 FROM balance WHERE municipality = $1 AND household = $2 AND kind = $3 AND year = $4 AND item = $5";
const OF_HOUSEHOLD: &str = "SELECT number, household, step, happened_on, from_day, until_day, grace, of_number, fee_yen, posting, \
     reason, at, by_whom FROM arrears_event WHERE municipality = $1 AND household = $2 ORDER BY number";
const OF_DAY: &str = "SELECT number, household, step, happened_on, from_day, until_day, grace, of_number, fee_yen, posting, \
     reason, at, by_whom FROM arrears_event WHERE municipality = $1 AND step = $2 AND happened_on = $3 AND number > $4 ORDER BY number LIMIT $5";
const INSTALMENTS: &str =
    "SELECT year, collection, instalment FROM arrears_instalment WHERE municipality = $1 AND number = $2 ORDER BY line";
const PROMISES: &str = "SELECT due_on, yen FROM arrears_promise WHERE municipality = $1 AND number = $2 ORDER BY line";
/// Households that owe anything of an instalment; the key of a balance begins with the household.
const OWING: &str = "SELECT DISTINCT household FROM balance WHERE municipality = $1 AND kind = $2 AND household > $3 \
     AND debits <> credits ORDER BY household LIMIT $4";
/// Households that owe something or of which a step was recorded.
const CONCERNED: &str = "SELECT household FROM (SELECT DISTINCT household FROM balance WHERE municipality = $1 AND kind IN ($2, $3, $4) \
         AND household > $5 AND debits <> credits UNION SELECT DISTINCT household FROM arrears_event WHERE municipality = $1 \
         AND household > $5) AS concerned ORDER BY household LIMIT $6";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] =
    &[NEXT, KNOWN, SAVE, SAVE_INSTALMENT, SAVE_PROMISE, IS_LEVIED, OF_HOUSEHOLD, OF_DAY, INSTALMENTS, PROMISES, OWING, CONCERNED];

impl Store {
    /// Records steps, all or none, in their order, and answers their numbers. The fees of demand notices are posted with them,
    /// booked on the day given. A step that is there already, with the same content, keeps its number.
    ///
    /// # Errors
    /// [`StoreError::Arrears`] for the first that cannot be recorded; [`StoreError::Ledger`]; [`StoreError::Database`].
    pub async fn record_arrears(
        &self,
        municipality: Municipality,
        events: &[ArrearsEvent],
        booked_on: Date,
        stamp: &Stamp,
    ) -> Result<Vec<i64>> {
        let mut transaction = self.writing().await?;
        audit::lock(&mut transaction, municipality).await?;
        let mut numbers = Vec::with_capacity(events.len());
        for event in events {
            let id = event.id();
            let known = sqlx::query(KNOWN).bind(municipality.number()).bind(&id.0[..]);
            if let Some(row) = known.fetch_optional(&mut *transaction).await? {
                numbers.push(row.try_get(0)?);
                continue;
            }
            let refuse = |wrong| StoreError::Arrears { household: event.household, wrong };
            let before = of_household(&mut transaction, municipality, event.household).await?;
            if let Some(wrong) = event.wrong(&before) {
                return Err(refuse(wrong));
            }
            for instalment in &event.instalments {
                let query = sqlx::query(IS_LEVIED).bind(municipality.number()).bind(event.household.0);
                let query = query.bind(AccountKind::Receivable.number()).bind(i64::from(instalment.year)).bind(instalment.item());
                if query.fetch_optional(&mut *transaction).await?.is_none() {
                    return Err(refuse("an instalment was never levied; look at `jorei ledger show`"));
                }
            }
            let posting = (event.fee.get() > 0).then(|| fees(event, id, booked_on));
            if let Some(posting) = &posting {
                self.post_in(&mut transaction, municipality, std::slice::from_ref(posting), stamp).await?;
            }
            numbers.push(save(&mut transaction, municipality, event, id, posting.map(|posting| posting.id), stamp).await?);
        }
        transaction.commit().await?;
        Ok(numbers)
    }

    /// The steps about a household, in the order of their numbers.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn arrears_events(&self, municipality: Municipality, household: HouseholdId) -> Result<Vec<StoredArrearsEvent>> {
        let mut transaction = self.reading().await?;
        let events = of_household(&mut transaction, municipality, household).await?;
        transaction.rollback().await?;
        Ok(events)
    }

    /// The steps of a sort that count from a day, after a number, at most `limit`; none means that there are no more.
    ///
    /// # Errors
    /// As [`Store::arrears_events`].
    pub async fn arrears_events_on(
        &self,
        municipality: Municipality,
        step: Step,
        on: Date,
        after: i64,
        limit: u32,
    ) -> Result<Vec<StoredArrearsEvent>> {
        let mut transaction = self.reading().await?;
        let query = sqlx::query(OF_DAY).bind(municipality.number()).bind(step.word()).bind(on.to_string()).bind(after);
        let rows = query.bind(i64::from(limit)).fetch_all(&mut *transaction).await?;
        let mut events = Vec::with_capacity(rows.len());
        for row in &rows {
            events.push(read(&mut transaction, municipality, row).await?);
        }
        transaction.rollback().await?;
        Ok(events)
    }

    /// Households after one, in their order, that owe anything of an instalment, due or not, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn owing_households(&self, municipality: Municipality, after: Option<HouseholdId>, limit: u32) -> Result<Vec<HouseholdId>> {
        let query = sqlx::query(OWING).bind(municipality.number()).bind(AccountKind::Receivable.number());
        let query = query.bind(after.map_or(0, |after| after.0)).bind(i64::from(limit));
        query.fetch_all(&self.pool).await?.iter().map(|row| Ok(HouseholdId(row.try_get(0)?))).collect()
    }

    /// Households after one, in their order, that owe an instalment, a charge or a fee, or of which a step was ever recorded,
    /// at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn households_in_arrears(
        &self,
        municipality: Municipality,
        after: Option<HouseholdId>,
        limit: u32,
    ) -> Result<Vec<HouseholdId>> {
        let mut query = sqlx::query(CONCERNED).bind(municipality.number());
        for kind in [AccountKind::Receivable, AccountKind::Charge, AccountKind::Fee] {
            query = query.bind(kind.number());
        }
        let query = query.bind(after.map_or(0, |after| after.0)).bind(i64::from(limit));
        query.fetch_all(&self.pool).await?.iter().map(|row| Ok(HouseholdId(row.try_get(0)?))).collect()
    }
}

/// The posting by which the fees of a demand notice are owed.
fn fees(event: &ArrearsEvent, id: Digest, booked_on: Date) -> Posting {
    let account = |kind, instalment: &Instalment| Account::of_instalment(kind, event.household, *instalment);
    let transfer = |instalment: &Instalment| Transfer {
        debit: account(AccountKind::Fee, instalment),
        credit: account(AccountKind::FeeLevied, instalment),
        yen: event.fee,
        phase: Phase::Posted,
        effective: event.on,
    };
    Posting {
        id: Digest::of(format!("jorei demand fee 1\n{id}").as_bytes()),
        event: Event::Charged,
        booked_on,
        decision: None,
        reference: format!("督促状 {} 発付", event.on),
        transfers: event.instalments.iter().map(transfer).collect(),
        overpayments: Vec::new(),
    }
}

async fn save(
    transaction: &mut Transaction<'static, Any>,
    municipality: Municipality,
    event: &ArrearsEvent,
    id: Digest,
    posting: Option<Digest>,
    stamp: &Stamp,
) -> Result<i64> {
    let number: i64 = sqlx::query(NEXT).bind(municipality.number()).fetch_one(&mut **transaction).await?.try_get(0)?;
    sqlx::query(SAVE)
        .bind(municipality.number())
        .bind(number)
        .bind(&id.0[..])
        .bind(event.household.0)
        .bind(event.step.word())
        .bind(event.on.to_string())
        .bind(event.from.map(|day| day.to_string()))
        .bind(event.until.map(|day| day.to_string()))
        .bind(event.grace.map(i64::from))
        .bind(event.of)
        .bind(event.fee.get())
        .bind(posting.as_ref().map(|posting| &posting.0[..]))
        .bind(event.reason.as_str())
        .bind(stamp.at.as_str())
        .bind(stamp.by.as_str())
        .execute(&mut **transaction)
        .await?;
    for (line, instalment) in (0_i64..).zip(&event.instalments) {
        sqlx::query(SAVE_INSTALMENT)
            .bind(municipality.number())
            .bind(number)
            .bind(line)
            .bind(i64::from(instalment.year))
            .bind(i64::from(instalment.collection))
            .bind(i64::from(instalment.number))
            .execute(&mut **transaction)
            .await?;
    }
    for (line, (day, yen)) in (0_i64..).zip(&event.payments) {
        let query = sqlx::query(SAVE_PROMISE).bind(municipality.number()).bind(number).bind(line);
        query.bind(day.to_string()).bind(yen.get()).execute(&mut **transaction).await?;
    }
    append_record(transaction, municipality, stamp, Record::Arrears(number)).await?;
    Ok(number)
}

async fn of_household(
    transaction: &mut Transaction<'static, Any>,
    municipality: Municipality,
    household: HouseholdId,
) -> Result<Vec<StoredArrearsEvent>> {
    let query = sqlx::query(OF_HOUSEHOLD).bind(municipality.number()).bind(household.0);
    let rows = query.fetch_all(&mut **transaction).await?;
    let mut events = Vec::with_capacity(rows.len());
    for row in &rows {
        events.push(read(transaction, municipality, row).await?);
    }
    Ok(events)
}

/// A row of number, household, step, days, grace, followed step, fee, posting, reason, at, by; and what belongs to it.
async fn read(transaction: &mut Transaction<'static, Any>, municipality: Municipality, row: &AnyRow) -> Result<StoredArrearsEvent> {
    let number: i64 = row.try_get(0)?;
    let damaged = |what: &str| StoreError::Damaged(format!("arrears event {number}: {what}"));
    let yen = |yen: i64| Yen::checked(yen).map_err(|_| damaged("an amount is out of range"));
    let day = |column| row.try_get::<Option<&str>, _>(column).map_err(StoreError::from)?.map(date).transpose();
    let mut instalments = Vec::new();
    for row in sqlx::query(INSTALMENTS).bind(municipality.number()).bind(number).fetch_all(&mut **transaction).await? {
        let (year, collection, number): (i64, i64, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let of = i32::try_from(year).ok().and_then(|year| Instalment::of_item(year, collection * 1_000 + number));
        instalments.push(of.ok_or_else(|| damaged("an instalment is none"))?);
    }
    let mut payments = Vec::new();
    for row in sqlx::query(PROMISES).bind(municipality.number()).bind(number).fetch_all(&mut **transaction).await? {
        payments.push((date(row.try_get(0)?)?, yen(row.try_get(1)?)?));
    }
    let grace: Option<i64> = row.try_get(6)?;
    let event = ArrearsEvent {
        household: HouseholdId(row.try_get(1)?),
        step: Step::named(row.try_get(2)?).ok_or_else(|| damaged("its step is none"))?,
        on: date(row.try_get(3)?)?,
        instalments,
        from: day(4)?,
        until: day(5)?,
        grace: grace.map(u8::try_from).transpose().map_err(|_| damaged("its grace is none"))?,
        of: row.try_get(7)?,
        fee: yen(row.try_get(8)?)?,
        payments,
        reason: row.try_get(10)?,
    };
    Ok(StoredArrearsEvent { number, event, posting: digest_or_none(row, 9)?, at: row.try_get(11)?, by: row.try_get(12)? })
}
