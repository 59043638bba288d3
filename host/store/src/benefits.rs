//! Benefits: applications with what was examined of them, what decisions say is due, the simplified procedure, and months with a
//! high-cost benefit that another municipality handed over.
//!
//! What is due is written with the decision and its postings, in one transaction ([`Store::save_run`](crate::Store::save_run)). Absent
//! here: the law, what is paid to whom, and what a clerk is told.

use crate::audit::{Record, append_record};
use crate::decisions::StoredDecision;
use crate::rows::Insert;
use crate::{Database, Result, Store, StoreError, audit, date, digest, digest_or_none};
use jorei_domain::audit::Stamp;
use jorei_domain::benefit::Benefit;
use jorei_domain::calendar::Date;
use jorei_domain::id::{DecisionId, Digest, HouseholdId, Municipality, PersonId};
use jorei_domain::record::{Fact, Kind};
use jorei_domain::slot::Slot;
use sqlx::any::AnyRow;
use sqlx::{Any, Row as _, Transaction};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// What a benefit is about within a household's case: what is due is compared key by key.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct BenefitKey {
    /// Which benefit.
    pub benefit: Benefit,
    /// The application or claim that it answers; none for the household's month or year.
    pub number: Option<i64>,
    /// The person that it is about; none for the household.
    pub person: Option<PersonId>,
}

/// What a posted decision says is due.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BenefitDue {
    /// Its place in the municipality, from 1. Given by the store; not read on saving.
    pub ordinal: i64,
    /// Whose.
    pub household: HouseholdId,
    /// The slot.
    pub slot: Slot,
    /// The date of the case.
    pub on: Date,
    /// What it is about.
    pub key: BenefitKey,
    /// The decision.
    pub decision: DecisionId,
    /// Due in all; 0 or more.
    pub due_yen: i64,
    /// Due before; 0 or more.
    pub before_yen: i64,
    /// The order that pays out what is not paid yet, if there is one.
    pub order: Option<i64>,
    /// The posting of the difference, if anything moved.
    pub posting: Option<Digest>,
}

/// An application for a benefit.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Application {
    /// Its number in the municipality, from 1. Given by the store; not read on saving.
    pub number: i64,
    /// The slot that it is decided in.
    pub slot: Slot,
    /// Which benefit.
    pub benefit: Benefit,
    /// The date of the case it belongs to.
    pub on: Date,
    /// Whose household.
    pub household: HouseholdId,
    /// Whom it is about.
    pub person: PersonId,
    /// Who applies, and is paid.
    pub applicant: PersonId,
    /// The day it came in.
    pub received_on: Date,
    /// Where the paper or message is; no personal data.
    pub document: String,
}

/// What became of an application that was to be kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ApplicationSaved {
    /// It is here under this number, from now on or since before.
    Here(i64),
    /// Nothing was kept: the one of this number is the same but for what was examined.
    Otherwise(i64),
}

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $ja:literal;)*) => {
        /// What happened to an application.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum ApplicationEventKind { $($(#[$doc])* $name),* }

        impl ApplicationEventKind {
            /// All of them.
            pub const ALL: &'static [ApplicationEventKind] = &[$(ApplicationEventKind::$name),*];

            /// Its word: permanent, the store keeps it.
            pub const fn word(self) -> &'static str {
                match self { $(ApplicationEventKind::$name => $word),* }
            }

            /// What officials call it.
            pub const fn ja(self) -> &'static str {
                match self { $(ApplicationEventKind::$name => $ja),* }
            }

            /// The one of a word.
            pub fn named(word: &str) -> Option<ApplicationEventKind> {
                ApplicationEventKind::ALL.iter().copied().find(|one| one.word() == word)
            }
        }
    };
}

events! {
    /// All documents are there and were examined.
    Completed = "completed", "書類完備";
    /// Something is missing; the applicant was told.
    Returned = "returned", "補正依頼";
    /// The applicant took it back.
    Withdrawn = "withdrawn", "取下げ";
    /// The decision was told to the applicant.
    Notified = "notified", "支給決定通知";
    /// The head agreed that arrears are paid from it.
    SetOffAgreed = "set_off_agreed", "滞納保険料への充当の同意";
}

/// Something that happened to an application.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ApplicationEvent {
    /// What.
    pub event: ApplicationEventKind,
    /// The day.
    pub on: Date,
    /// Why; no personal data, may be empty.
    pub reason: String,
}

/// A registration for the simplified procedure.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Simplified {
    /// Its number in the municipality, from 1. Given by the store; not read on saving.
    pub number: i64,
    /// Whose household.
    pub household: HouseholdId,
    /// The head who registered.
    pub head: PersonId,
    /// The first day on which it holds.
    pub from: Date,
    /// May arrears be paid first?
    pub set_off: bool,
    /// Where the paper or message is; no personal data.
    pub document: String,
    /// The first day on which it holds no more; none while it holds. Not read on saving.
    pub ended_on: Option<Date>,
}

impl Simplified {
    /// Does it hold on a day?
    pub fn holds(&self, on: Date) -> bool {
        self.from <= on && self.ended_on.is_none_or(|ended| on < ended)
    }
}

/// A month with a high-cost benefit that another municipality told of.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Handover {
    /// Whose household.
    pub household: HouseholdId,
    /// The first day of the month.
    pub month: Date,
    /// Who told it; no personal data.
    pub source: String,
    /// Does it count no longer?
    pub revoked: bool,
}

const NEXT_DUE: &str = "SELECT COALESCE(MAX(ordinal), 0) + 1 FROM benefit_due WHERE municipality = $1";
const INSERT_DUES: Insert = Insert {
    head: "INSERT INTO benefit_due (municipality, ordinal, household, slot, case_on, benefit, number, person, decision, due_yen, before_yen, \
         payment_order, posting) VALUES",
    columns: 13,
    tail: "",
};
macro_rules! dues_where {
    ($condition:literal) => {
        concat!(
            "SELECT ordinal, household, slot, case_on, benefit, number, person, decision, due_yen, before_yen, payment_order, posting \
             FROM benefit_due WHERE municipality = $1 AND ",
            $condition,
            " ORDER BY +ordinal"
        )
    };
}
const DUES_OF_CASE: &str = dues_where!("household = $2 AND slot = $3 AND case_on = $4");
const DUES_OF_HOUSEHOLD: &str = dues_where!("household = $2");
const DUES_OF_ORDER: &str = dues_where!("payment_order = $2");
const PAYS: &str = "SELECT 1 FROM benefit_due WHERE municipality = $1 AND payment_order = $2 LIMIT 1";
const NEXT_APPLICATION: &str = "SELECT COALESCE(MAX(number), 0) + 1 FROM benefit_application WHERE municipality = $1";
const SAVE_APPLICATION: &str = "INSERT INTO benefit_application (municipality, number, slot, benefit, case_on, household, person, applicant, \
         received_on, document, at, by_whom) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
const APPLICATION: &str = "SELECT number, slot, benefit, case_on, household, person, applicant, received_on, document FROM benefit_application \
     WHERE municipality = $1 AND number = $2";
const APPLICATIONS_OF_CASE: &str = "SELECT number, slot, benefit, case_on, household, person, applicant, received_on, document \
     FROM benefit_application WHERE municipality = $1 AND household = $2 AND slot = $3 AND case_on = $4 ORDER BY +number";
const APPLICATIONS: &str = "SELECT number, slot, benefit, case_on, household, person, applicant, received_on, document \
     FROM benefit_application WHERE municipality = $1 AND number > $2 ORDER BY number LIMIT $3";
const APPLICATIONS_OF_HOUSEHOLD: &str = "SELECT number, slot, benefit, case_on, household, person, applicant, received_on, document \
     FROM benefit_application WHERE municipality = $1 AND household = $2 ORDER BY +number";
const NEXT_FACT: &str = "SELECT COALESCE(MAX(ordinal), 0) + 1 FROM benefit_application_fact WHERE municipality = $1";
const SAVE_FACT: &str = "INSERT INTO benefit_application_fact (municipality, ordinal, application, kind, vals, source, at, by_whom) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const FACTS: &str = "SELECT kind, vals, source FROM benefit_application_fact WHERE municipality = $1 AND application = $2 ORDER BY ordinal";
const NEXT_EVENT: &str = "SELECT COALESCE(MAX(ordinal), 0) + 1 FROM benefit_application_event WHERE municipality = $1";
const SAVE_EVENT: &str = "INSERT INTO benefit_application_event (municipality, ordinal, application, event, happened_on, reason, at, by_whom) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const EVENTS: &str = "SELECT event, happened_on, reason FROM benefit_application_event WHERE municipality = $1 AND application = $2 \
     ORDER BY ordinal";
const NEXT_SIMPLIFIED: &str = "SELECT COALESCE(MAX(number), 0) + 1 FROM simplified_procedure WHERE municipality = $1";
const SAVE_SIMPLIFIED: &str = "INSERT INTO simplified_procedure (municipality, number, household, head, from_on, set_off, document, at, by_whom) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const SAVE_SIMPLIFIED_END: &str = "INSERT INTO simplified_procedure_end (municipality, number, ended_on, reason, at, by_whom) \
     VALUES ($1, $2, $3, $4, $5, $6)";
const SIMPLIFIED: &str = "SELECT p.number, p.household, p.head, p.from_on, p.set_off, p.document, e.ended_on FROM simplified_procedure p \
     LEFT JOIN simplified_procedure_end e ON e.municipality = p.municipality AND e.number = p.number \
     WHERE p.municipality = $1 AND p.household = $2 ORDER BY p.number";
const NEXT_HANDOVER: &str = "SELECT COALESCE(MAX(ordinal), 0) + 1 FROM high_cost_handover WHERE municipality = $1";
const SAVE_HANDOVER: &str = "INSERT INTO high_cost_handover (municipality, ordinal, household, month, source, revoked, at, by_whom) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const HANDOVERS: &str = "SELECT household, month, source, revoked FROM high_cost_handover \
     WHERE municipality = $1 AND household >= $2 AND household <= $3 AND month >= $4 AND month <= $5 ORDER BY ordinal";

/// The slot as a literal, so that both databases use the index that has nothing but these.
const HIGH_COST: &str = "SELECT d.id, d.version, d.knowledge, d.fuel, d.amount, d.recorded_at, d.status, d.content, d.decided_on FROM decision d \
     WHERE d.municipality = $1 AND d.slot = 'high_cost' AND d.household >= $2 AND d.household <= $3 AND d.case_on >= $4 AND d.case_on <= $5 \
     AND NOT EXISTS (SELECT 1 FROM decision l WHERE l.municipality = d.municipality AND l.slot = 'high_cost' AND l.household = d.household \
         AND l.case_on = d.case_on AND l.version > d.version) ORDER BY d.household, d.case_on";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] = &[
    NEXT_DUE,
    DUES_OF_CASE,
    DUES_OF_HOUSEHOLD,
    DUES_OF_ORDER,
    PAYS,
    NEXT_APPLICATION,
    SAVE_APPLICATION,
    APPLICATION,
    APPLICATIONS_OF_CASE,
    APPLICATIONS,
    APPLICATIONS_OF_HOUSEHOLD,
    NEXT_FACT,
    SAVE_FACT,
    FACTS,
    NEXT_EVENT,
    SAVE_EVENT,
    EVENTS,
    NEXT_SIMPLIFIED,
    SAVE_SIMPLIFIED,
    SAVE_SIMPLIFIED_END,
    SIMPLIFIED,
    NEXT_HANDOVER,
    SAVE_HANDOVER,
    HANDOVERS,
    HIGH_COST,
];
/// Every insert of several rows, for the same test.
#[cfg(any(test, feature = "checks"))]
pub(crate) const INSERTS: &[Insert] = &[INSERT_DUES];

const ROWS_PER_STATEMENT: usize = 60;

/// Writes what is due; the caller holds the chain and wrote decisions, postings and orders before.
pub(crate) async fn save_dues(
    transaction: &mut Transaction<'static, Any>,
    municipality: Municipality,
    dues: &[BenefitDue],
    database: Database,
    stamp: &Stamp,
) -> Result<()> {
    if dues.is_empty() {
        return Ok(());
    }
    let first: i64 = sqlx::query(NEXT_DUE).bind(municipality.number()).fetch_one(&mut **transaction).await?.try_get(0)?;
    let mut next = first;
    for chunk in dues.chunks(ROWS_PER_STATEMENT) {
        let mut query = sqlx::query(INSERT_DUES.sql(chunk.len(), database));
        for due in chunk {
            query = query
                .bind(municipality.number())
                .bind(next)
                .bind(due.household.0)
                .bind(due.slot.word())
                .bind(due.on.to_string())
                .bind(due.key.benefit.word())
                .bind(due.key.number.unwrap_or(0))
                .bind(due.key.person.map_or(0, |person| person.0))
                .bind(due.decision.0.to_vec())
                .bind(due.due_yen)
                .bind(due.before_yen)
                .bind(due.order)
                .bind(due.posting.map(|posting| posting.0.to_vec()));
            next += 1;
        }
        query.execute(&mut **transaction).await?;
    }
    append_record(transaction, municipality, stamp, Record::BenefitDues(first, next - 1)).await
}

impl Store {
    /// What was said to be due of a household's case, in order; of several of a key the last one holds.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn benefit_dues(&self, municipality: Municipality, household: HouseholdId, slot: Slot, on: Date) -> Result<Vec<BenefitDue>> {
        let query = sqlx::query(DUES_OF_CASE).bind(municipality.number()).bind(household.0).bind(slot.word()).bind(on.to_string());
        query.fetch_all(&self.pool).await?.iter().map(read_due).collect()
    }

    /// Everything that was said to be due to a household, in order.
    ///
    /// # Errors
    /// As [`Store::benefit_dues`].
    pub async fn benefit_dues_of(&self, municipality: Municipality, household: HouseholdId) -> Result<Vec<BenefitDue>> {
        let query = sqlx::query(DUES_OF_HOUSEHOLD).bind(municipality.number()).bind(household.0);
        query.fetch_all(&self.pool).await?.iter().map(read_due).collect()
    }

    /// What an order pays of benefits; nothing for an order of a refund.
    ///
    /// # Errors
    /// As [`Store::benefit_dues`].
    pub async fn benefit_dues_of_order(&self, municipality: Municipality, order: i64) -> Result<Vec<BenefitDue>> {
        let query = sqlx::query(DUES_OF_ORDER).bind(municipality.number()).bind(order);
        query.fetch_all(&self.pool).await?.iter().map(read_due).collect()
    }

    /// Does an order pay a benefit? The others pay refunds.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn pays_benefit(&self, municipality: Municipality, order: i64) -> Result<bool> {
        let query = sqlx::query(PAYS).bind(municipality.number()).bind(order);
        Ok(query.fetch_optional(&self.pool).await?.is_some())
    }

    /// Keeps an application with what was examined of it. The same application again is the same one, and nothing more is kept of
    /// it; one that differs in nothing but in what was examined is not kept, and the one that is here is named.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn save_application(
        &self,
        municipality: Municipality,
        application: &Application,
        facts: impl Fn(i64) -> Vec<Fact>,
        stamp: &Stamp,
    ) -> Result<ApplicationSaved> {
        let mut transaction = self.writing().await?;
        audit::lock(&mut transaction, municipality).await?;
        let query = sqlx::query(APPLICATIONS_OF_CASE).bind(municipality.number()).bind(application.household.0);
        let query = query.bind(application.slot.word()).bind(application.on.to_string());
        for row in &query.fetch_all(&mut *transaction).await? {
            let known = read_application(row)?;
            if known == (Application { number: known.number, ..application.clone() }) {
                let query = sqlx::query(FACTS).bind(municipality.number()).bind(known.number);
                let said = query.fetch_all(&mut *transaction).await?;
                let said = said.iter().map(read_fact).collect::<Result<Vec<Fact>>>()?;
                let same = facts(known.number).iter().all(|fact| said.contains(fact));
                return Ok(if same { ApplicationSaved::Here(known.number) } else { ApplicationSaved::Otherwise(known.number) });
            }
        }
        let query = sqlx::query(NEXT_APPLICATION).bind(municipality.number());
        let number: i64 = query.fetch_one(&mut *transaction).await?.try_get(0)?;
        sqlx::query(SAVE_APPLICATION)
            .bind(municipality.number())
            .bind(number)
            .bind(application.slot.word())
            .bind(application.benefit.word())
            .bind(application.on.to_string())
            .bind(application.household.0)
            .bind(application.person.0)
            .bind(application.applicant.0)
            .bind(application.received_on.to_string())
            .bind(application.document.as_str())
            .bind(stamp.at.as_str())
            .bind(stamp.by.as_str())
            .execute(&mut *transaction)
            .await?;
        append_record(&mut transaction, municipality, stamp, Record::BenefitApplication(number)).await?;
        for fact in facts(number) {
            save_fact(&mut transaction, municipality, number, &fact, stamp).await?;
        }
        transaction.commit().await?;
        Ok(ApplicationSaved::Here(number))
    }

    /// Keeps what was examined of an application: it takes the place of what was known of the same kind.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn save_application_fact(&self, municipality: Municipality, application: i64, fact: &Fact, stamp: &Stamp) -> Result<()> {
        let mut transaction = self.writing().await?;
        audit::lock(&mut transaction, municipality).await?;
        save_fact(&mut transaction, municipality, application, fact, stamp).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// What was examined of an application, the last of each kind.
    ///
    /// # Errors
    /// As [`Store::benefit_dues`].
    pub async fn application_facts(&self, municipality: Municipality, application: i64) -> Result<Vec<Fact>> {
        let query = sqlx::query(FACTS).bind(municipality.number()).bind(application);
        let mut facts: Vec<Fact> = Vec::new();
        for row in &query.fetch_all(&self.pool).await? {
            let fact = read_fact(row)?;
            facts.retain(|earlier| earlier.kind != fact.kind);
            facts.push(fact);
        }
        Ok(facts)
    }

    /// Keeps what happened to an application.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn save_application_event(
        &self,
        municipality: Municipality,
        application: i64,
        event: &ApplicationEvent,
        stamp: &Stamp,
    ) -> Result<()> {
        let mut transaction = self.writing().await?;
        audit::lock(&mut transaction, municipality).await?;
        let query = sqlx::query(NEXT_EVENT).bind(municipality.number());
        let ordinal: i64 = query.fetch_one(&mut *transaction).await?.try_get(0)?;
        sqlx::query(SAVE_EVENT)
            .bind(municipality.number())
            .bind(ordinal)
            .bind(application)
            .bind(event.event.word())
            .bind(event.on.to_string())
            .bind(event.reason.as_str())
            .bind(stamp.at.as_str())
            .bind(stamp.by.as_str())
            .execute(&mut *transaction)
            .await?;
        append_record(&mut transaction, municipality, stamp, Record::ApplicationEvent(ordinal)).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// What happened to an application, in order.
    ///
    /// # Errors
    /// As [`Store::benefit_dues`].
    pub async fn application_events(&self, municipality: Municipality, application: i64) -> Result<Vec<ApplicationEvent>> {
        let query = sqlx::query(EVENTS).bind(municipality.number()).bind(application);
        let read = |row: &AnyRow| {
            let word: &str = row.try_get(0)?;
            let event = ApplicationEventKind::named(word);
            let event = event.ok_or_else(|| StoreError::Damaged(format!("{word:?} is nothing that happens to an application")))?;
            Ok(ApplicationEvent { event, on: date(row.try_get(1)?)?, reason: row.try_get(2)? })
        };
        query.fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// An application by its number.
    ///
    /// # Errors
    /// As [`Store::benefit_dues`].
    pub async fn application(&self, municipality: Municipality, number: i64) -> Result<Option<Application>> {
        let query = sqlx::query(APPLICATION).bind(municipality.number()).bind(number);
        query.fetch_optional(&self.pool).await?.as_ref().map(read_application).transpose()
    }

    /// Applications of a household's case, in the order of their numbers.
    ///
    /// # Errors
    /// As [`Store::benefit_dues`].
    pub async fn applications_of_case(
        &self,
        municipality: Municipality,
        household: HouseholdId,
        slot: Slot,
        on: Date,
    ) -> Result<Vec<Application>> {
        let query = sqlx::query(APPLICATIONS_OF_CASE).bind(municipality.number());
        let query = query.bind(household.0).bind(slot.word()).bind(on.to_string());
        query.fetch_all(&self.pool).await?.iter().map(read_application).collect()
    }

    /// Applications of a household, in the order in which they came in.
    ///
    /// # Errors
    /// As [`Store::benefit_dues`].
    pub async fn applications_of(&self, municipality: Municipality, household: HouseholdId) -> Result<Vec<Application>> {
        let query = sqlx::query(APPLICATIONS_OF_HOUSEHOLD).bind(municipality.number()).bind(household.0);
        query.fetch_all(&self.pool).await?.iter().map(read_application).collect()
    }

    /// Applications after a number, at most `limit`.
    ///
    /// # Errors
    /// As [`Store::benefit_dues`].
    pub async fn applications(&self, municipality: Municipality, after: i64, limit: u32) -> Result<Vec<Application>> {
        let query = sqlx::query(APPLICATIONS).bind(municipality.number()).bind(after).bind(i64::from(limit));
        query.fetch_all(&self.pool).await?.iter().map(read_application).collect()
    }

    /// Keeps a registration for the simplified procedure, and answers its number. The same one again keeps its number.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn save_simplified(&self, municipality: Municipality, new: &Simplified, stamp: &Stamp) -> Result<i64> {
        let mut transaction = self.writing().await?;
        audit::lock(&mut transaction, municipality).await?;
        for row in &sqlx::query(SIMPLIFIED).bind(municipality.number()).bind(new.household.0).fetch_all(&mut *transaction).await? {
            let known = read_simplified(row)?;
            if known == (Simplified { number: known.number, ended_on: None, ..new.clone() }) {
                return Ok(known.number);
            }
        }
        let query = sqlx::query(NEXT_SIMPLIFIED).bind(municipality.number());
        let number: i64 = query.fetch_one(&mut *transaction).await?.try_get(0)?;
        sqlx::query(SAVE_SIMPLIFIED)
            .bind(municipality.number())
            .bind(number)
            .bind(new.household.0)
            .bind(new.head.0)
            .bind(new.from.to_string())
            .bind(i64::from(new.set_off))
            .bind(new.document.as_str())
            .bind(stamp.at.as_str())
            .bind(stamp.by.as_str())
            .execute(&mut *transaction)
            .await?;
        append_record(&mut transaction, municipality, stamp, Record::Simplified(number)).await?;
        transaction.commit().await?;
        Ok(number)
    }

    /// Keeps the end of a registration, from a day on.
    ///
    /// # Errors
    /// [`StoreError::Database`], also where it has ended or is not there.
    pub async fn end_simplified(&self, municipality: Municipality, number: i64, on: Date, reason: &str, stamp: &Stamp) -> Result<()> {
        let mut transaction = self.writing().await?;
        audit::lock(&mut transaction, municipality).await?;
        sqlx::query(SAVE_SIMPLIFIED_END)
            .bind(municipality.number())
            .bind(number)
            .bind(on.to_string())
            .bind(reason)
            .bind(stamp.at.as_str())
            .bind(stamp.by.as_str())
            .execute(&mut *transaction)
            .await?;
        append_record(&mut transaction, municipality, stamp, Record::SimplifiedEnd(number)).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Registrations of a household, in the order of their numbers.
    ///
    /// # Errors
    /// As [`Store::benefit_dues`].
    pub async fn simplified_of(&self, municipality: Municipality, household: HouseholdId) -> Result<Vec<Simplified>> {
        let query = sqlx::query(SIMPLIFIED).bind(municipality.number()).bind(household.0);
        query.fetch_all(&self.pool).await?.iter().map(read_simplified).collect()
    }

    /// Keeps that a month with a high-cost benefit was handed over, or that it counts no longer.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn save_handover(&self, municipality: Municipality, handover: &Handover, stamp: &Stamp) -> Result<()> {
        let mut transaction = self.writing().await?;
        audit::lock(&mut transaction, municipality).await?;
        let query = sqlx::query(NEXT_HANDOVER).bind(municipality.number());
        let ordinal: i64 = query.fetch_one(&mut *transaction).await?.try_get(0)?;
        sqlx::query(SAVE_HANDOVER)
            .bind(municipality.number())
            .bind(ordinal)
            .bind(handover.household.0)
            .bind(handover.month.to_string())
            .bind(handover.source.as_str())
            .bind(i64::from(handover.revoked))
            .bind(stamp.at.as_str())
            .bind(stamp.by.as_str())
            .execute(&mut *transaction)
            .await?;
        append_record(&mut transaction, municipality, stamp, Record::Handover(ordinal)).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// What was handed over of months, both ends included, of households in a range of numbers, in order; of several of a household's
    /// month the last one holds.
    ///
    /// # Errors
    /// As [`Store::benefit_dues`].
    pub async fn handovers(
        &self,
        municipality: Municipality,
        households: RangeInclusive<HouseholdId>,
        months: RangeInclusive<Date>,
    ) -> Result<Vec<Handover>> {
        let query = sqlx::query(HANDOVERS).bind(municipality.number()).bind(households.start().0).bind(households.end().0);
        let query = query.bind(months.start().to_string()).bind(months.end().to_string());
        let mut found: BTreeMap<(HouseholdId, Date), Handover> = BTreeMap::new();
        for row in &query.fetch_all(&self.pool).await? {
            let handover = Handover {
                household: HouseholdId(row.try_get(0)?),
                month: date(row.try_get(1)?)?,
                source: row.try_get(2)?,
                revoked: row.try_get::<i64, _>(3)? == 1,
            };
            found.insert((handover.household, handover.month), handover);
        }
        Ok(found.into_values().collect())
    }

    /// The latest decision about the high-cost benefit of each month, both ends included, of households in a range of numbers.
    ///
    /// # Errors
    /// As [`Store::benefit_dues`].
    pub async fn high_cost_decisions(
        &self,
        municipality: Municipality,
        households: RangeInclusive<HouseholdId>,
        months: RangeInclusive<Date>,
    ) -> Result<Vec<StoredDecision>> {
        let query = sqlx::query(HIGH_COST).bind(municipality.number()).bind(households.start().0).bind(households.end().0);
        let query = query.bind(months.start().to_string()).bind(months.end().to_string());
        query.fetch_all(&self.pool).await?.iter().map(crate::decisions::read).collect()
    }
}

async fn save_fact(
    transaction: &mut Transaction<'static, Any>,
    municipality: Municipality,
    application: i64,
    fact: &Fact,
    stamp: &Stamp,
) -> Result<()> {
    let query = sqlx::query(NEXT_FACT).bind(municipality.number());
    let ordinal: i64 = query.fetch_one(&mut **transaction).await?.try_get(0)?;
    sqlx::query(SAVE_FACT)
        .bind(municipality.number())
        .bind(ordinal)
        .bind(application)
        .bind(fact.kind.name())
        .bind(crate::facts::write_values(Some(&fact.values)))
        .bind(fact.source.as_str())
        .bind(stamp.at.as_str())
        .bind(stamp.by.as_str())
        .execute(&mut **transaction)
        .await?;
    append_record(transaction, municipality, stamp, Record::ApplicationFact(ordinal)).await
}

fn slot(word: &str) -> Result<Slot> {
    Slot::named(word).ok_or_else(|| StoreError::Damaged(format!("{word:?} is no slot")))
}

fn benefit(word: &str) -> Result<Benefit> {
    Benefit::named(word).ok_or_else(|| StoreError::Damaged(format!("{word:?} is no benefit")))
}

fn read_due(row: &AnyRow) -> Result<BenefitDue> {
    let some = |number: i64| (number != 0).then_some(number);
    Ok(BenefitDue {
        ordinal: row.try_get(0)?,
        household: HouseholdId(row.try_get(1)?),
        slot: slot(row.try_get(2)?)?,
        on: date(row.try_get(3)?)?,
        key: BenefitKey { benefit: benefit(row.try_get(4)?)?, number: some(row.try_get(5)?), person: some(row.try_get(6)?).map(PersonId) },
        decision: digest(row, 7)?,
        due_yen: row.try_get(8)?,
        before_yen: row.try_get(9)?,
        order: row.try_get(10)?,
        posting: digest_or_none(row, 11)?,
    })
}

fn read_simplified(row: &AnyRow) -> Result<Simplified> {
    Ok(Simplified {
        number: row.try_get(0)?,
        household: HouseholdId(row.try_get(1)?),
        head: PersonId(row.try_get(2)?),
        from: date(row.try_get(3)?)?,
        set_off: row.try_get::<i64, _>(4)? == 1,
        document: row.try_get(5)?,
        ended_on: row.try_get::<Option<&str>, _>(6)?.map(date).transpose()?,
    })
}

fn read_fact(row: &AnyRow) -> Result<Fact> {
    let (name, values): (&str, &str) = (row.try_get(0)?, row.try_get(1)?);
    let kind = Kind::named(name).ok_or_else(|| StoreError::Damaged(format!("{name:?} is no kind of fact")))?;
    let columns = kind.period_columns().len() + kind.fields().len();
    let values = crate::facts::read_values(values, columns)?;
    let values = values.ok_or_else(|| StoreError::Damaged(format!("an application's {name} has no values")))?;
    Ok(Fact { kind, values, source: row.try_get(2)? })
}

fn read_application(row: &AnyRow) -> Result<Application> {
    Ok(Application {
        number: row.try_get(0)?,
        slot: slot(row.try_get(1)?)?,
        benefit: benefit(row.try_get(2)?)?,
        on: date(row.try_get(3)?)?,
        household: HouseholdId(row.try_get(4)?),
        person: PersonId(row.try_get(5)?),
        applicant: PersonId(row.try_get(6)?),
        received_on: date(row.try_get(7)?)?,
        document: row.try_get(8)?,
    })
}
