//! What is asked of other bodies, and what they answer: written before anything is sent, each answer applied once.
//!
//! Sending and reading may stop between any two steps and begin again: an inquiry that was sent without our knowing is sent
//! again under its id, and answers are read again from the last number that was written. Absent here: the wire, when
//! an inquiry is given up, and the meaning of an answer.

use crate::audit::{Record, append_record};
use crate::facts::Assertion;
use crate::learning::{self, Learnt};
use crate::payees::{self, Holder, NewPayeeAccount, Sealed, Source, words};
use crate::{Result, Store, StoreError, audit, date, digest_or_none, learn, lock_knowledge};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, HouseholdId, Knowledge, Municipality, PersonId};
use sqlx::any::AnyRow;
use sqlx::{Any, Row as _, Transaction};
use std::collections::BTreeSet;

words! {
    /// What an answer is for.
    Stage {
        /// It fixes the account of a matter.
        Fix = "fix", "口座の確定";
        /// It is held against the fixed account.
        Check = "check", "振込前の確認";
        /// It becomes facts.
        Facts = "facts", "記録への反映";
    }
}

words! {
    /// What was done with an answer.
    Use {
        /// It is the answer to its inquiry.
        Applied = "applied", "反映済";
        /// The same had been answered before.
        Repeated = "repeated", "同じ回答の再送";
        /// Something else had been answered before.
        Contradicted = "contradicted", "先の回答と異なる";
        /// Nobody asked.
        Unknown = "unknown", "照会していない回答";
        /// It answers something else than what was asked, or cannot be read.
        Unfit = "unfit", "読み取れない回答";
    }
}

/// One question about one person, in the words of the connector.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Inquiry {
    /// 32 lower-case hexadecimal digits.
    pub id: String,
    /// account, income, qualification, dependant_loss or employment_insurance.
    pub what: String,
    /// Of an income.
    pub year: Option<i32>,
    /// 69, 70, 71 or account_register.
    pub legal_row: String,
    /// For what.
    pub matter: String,
    /// The affair's word.
    pub affair: String,
    /// The case's reference.
    pub reference: String,
    /// What the answer is for.
    pub stage: Stage,
    /// The payment's matter, unless the answer becomes facts.
    pub payment_matter: Option<i64>,
    /// The household, where it is asked for one.
    pub household: Option<HouseholdId>,
    /// About whom.
    pub person: PersonId,
    /// As of which day; for one that fixes an account, the day of the consent.
    pub on: Date,
    /// The day it was written.
    pub asked_on: Date,
}

/// An answer as it was kept.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredAnswer {
    /// The server's number.
    pub sequence: i64,
    /// The inquiry that it names.
    pub inquiry: String,
    /// The word of what became of it.
    pub standing: String,
    /// What was done with it.
    pub usage: Use,
    /// The sealed account that it brought.
    pub entry: Option<Digest>,
    /// The account's tag, as long as it is not destroyed.
    pub tag: Option<Vec<u8>>,
    /// When the account was last changed in the register, if told.
    pub changed_on: Option<Date>,
    /// How far the account's holder agrees with the payee.
    pub holder: Option<Holder>,
    /// Why it is unfit, or what it says for a clerk to decide on.
    pub detail: String,
    /// Under which number its facts were learnt.
    pub knowledge: Option<Knowledge>,
    /// When the server had it: an instant.
    pub told_at: String,
    /// When it was read.
    pub at: String,
}

/// An inquiry as it was kept, with what became of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredInquiry {
    /// The inquiry.
    pub inquiry: Inquiry,
    /// Its place, from 1.
    pub ordinal: i64,
    /// When it was written: an instant.
    pub at: String,
    /// By whom.
    pub by: String,
    /// What the server said to it: empty where it has it; none while it is not known to have it.
    pub sent: Option<String>,
    /// Its answer.
    pub answer: Option<StoredAnswer>,
}

/// An answer as it came.
#[derive(Clone, Debug)]
pub struct NewAnswer {
    /// The server's number; 1 or more.
    pub sequence: i64,
    /// The inquiry that it names.
    pub inquiry: String,
    /// The word of what became of it.
    pub standing: String,
    /// Why it cannot be applied; none where it can.
    pub unfit: Option<String>,
    /// What it says beyond facts and accounts, for a clerk to decide on.
    pub said: String,
    /// The digest of what it says, unless that is sealed.
    pub digest: Option<Digest>,
    /// The account that it brings.
    pub account: Option<NewAccount>,
    /// The facts that it brings. They were looked at ([`Assertion::check`]).
    pub facts: Vec<Assertion>,
    /// When the server had it.
    pub told_at: String,
}

/// The account of an answer.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// The sealed bytes.
    pub sealed: Sealed,
    /// When it was last changed in the register, if told.
    pub changed_on: Option<Date>,
    /// How far its holder agrees with the payee.
    pub holder: Holder,
}

const KNOWN: &str = "SELECT i.id, i.what, i.year, i.legal_row, i.matter, i.affair, i.reference, i.stage, i.payment_matter, i.household, i.person, \
     i.on_day, i.asked_on FROM inquiry i WHERE i.municipality = $1 AND i.id = $2";
const NEXT: &str = "SELECT COALESCE(MAX(i.ordinal), 0) + 1, \
     COALESCE((SELECT l.call FROM inquiry l WHERE l.municipality = $1 ORDER BY l.ordinal DESC LIMIT 1), 0) + 1 FROM inquiry i WHERE i.municipality = $1";
const SAVE: &str = "INSERT INTO inquiry (municipality, id, ordinal, call, what, year, legal_row, matter, affair, reference, stage, \
     payment_matter, household, person, on_day, asked_on, at, by_whom) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)";
const UNSENT: &str = "SELECT i.id, i.what, i.year, i.legal_row, i.matter, i.affair, i.reference, i.stage, i.payment_matter, i.household, i.person, \
     i.on_day, i.asked_on FROM inquiry i WHERE i.municipality = $1 \
     AND NOT EXISTS (SELECT 1 FROM inquiry_sent s WHERE s.municipality = $1 AND s.inquiry = i.id) \
     AND NOT EXISTS (SELECT 1 FROM inquiry_answer w WHERE w.municipality = $1 AND w.inquiry = i.id AND w.use = 'applied') \
     ORDER BY i.ordinal LIMIT $2";
const NEXT_SENT: &str = "SELECT COALESCE(MAX(call), 0) + 1 FROM inquiry_sent WHERE municipality = $1";
const IS_SENT: &str = "SELECT 1 FROM inquiry_sent WHERE municipality = $1 AND inquiry = $2";
const SAVE_SENT: &str = "INSERT INTO inquiry_sent (municipality, inquiry, call, refused, at, by_whom) VALUES ($1, $2, $3, $4, $5, $6)";
const LAST: &str = "SELECT COALESCE(MAX(sequence), 0) FROM inquiry_answer WHERE municipality = $1";
const NEXT_ANSWERS: &str = "SELECT COALESCE(MAX(call), 0) + 1 FROM inquiry_answer WHERE municipality = $1";
const IS_READ: &str = "SELECT 1 FROM inquiry_answer WHERE municipality = $1 AND sequence = $2";
const APPLIED: &str = "SELECT w.standing, w.digest, s.tag FROM inquiry_answer w \
     LEFT JOIN sealed_content s ON s.municipality = w.municipality AND s.entry = w.entry \
     WHERE w.municipality = $1 AND w.inquiry = $2 AND w.use = 'applied'";
const SAVE_ANSWER: &str = "INSERT INTO inquiry_answer (municipality, sequence, call, inquiry, standing, use, digest, entry, changed_on, \
     detail, knowledge, told_at, at, by_whom, holder) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
macro_rules! stored_where {
    ($condition:literal) => {
        concat!(
            "SELECT i.id, i.what, i.year, i.legal_row, i.matter, i.affair, i.reference, i.stage, i.payment_matter, i.household, i.person, \
                 i.on_day, i.asked_on, i.ordinal, i.at, i.by_whom, t.refused, w.sequence, w.standing, w.use, w.entry, s.tag, w.changed_on, \
                 w.detail, w.knowledge, w.told_at, w.at, w.holder \
             FROM inquiry i LEFT JOIN inquiry_sent t ON t.municipality = i.municipality AND t.inquiry = i.id \
             LEFT JOIN inquiry_answer w ON w.municipality = i.municipality AND w.inquiry = i.id AND w.use = 'applied' \
             LEFT JOIN sealed_content s ON s.municipality = w.municipality AND s.entry = w.entry \
             WHERE i.municipality = $1 AND ",
            $condition
        )
    };
}
const ONE: &str = stored_where!("i.id = $2");
const OF_MATTER: &str = stored_where!("i.payment_matter = $2 ORDER BY i.ordinal");
/// References of the inquiries that fixed accounts of other matters than $3, decided otherwise, of a household.
const REFERENCES: &str = "SELECT DISTINCT i.reference FROM payment_order o \
     JOIN payment_order f ON f.municipality = o.municipality AND f.number = $3 \
     JOIN inquiry i ON i.municipality = o.municipality AND i.payment_matter = o.number AND i.stage = 'fix' \
     WHERE o.municipality = $1 AND o.household = $2 AND +o.replaces IS NULL AND o.decision <> f.decision";
const PAGE: &str = stored_where!("i.ordinal > $2 ORDER BY i.ordinal LIMIT $3");
const OPEN: &str = stored_where!("w.sequence IS NULL AND i.ordinal > $2 ORDER BY i.ordinal LIMIT $3");
const EXCEPTIONS: &str = "SELECT w.sequence, w.standing, w.use, w.entry, s.tag, w.changed_on, w.detail, w.knowledge, w.told_at, w.at, w.holder, w.inquiry \
     FROM inquiry_answer w LEFT JOIN sealed_content s ON s.municipality = w.municipality AND s.entry = w.entry \
     WHERE w.municipality = $1 AND w.use IN ('unknown', 'unfit', 'contradicted') AND w.sequence > $2 ORDER BY w.sequence LIMIT $3";
const ANSWERS_OF_MATTER: &str = "SELECT w.sequence, w.standing, w.use, w.entry, s.tag, w.changed_on, w.detail, w.knowledge, w.told_at, w.at, w.holder, w.inquiry \
     FROM inquiry i CROSS JOIN inquiry_answer w LEFT JOIN sealed_content s ON s.municipality = w.municipality AND s.entry = w.entry \
     WHERE i.municipality = $1 AND i.payment_matter = $2 AND w.municipality = i.municipality AND w.inquiry = i.id ORDER BY +w.sequence";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] = &[
    KNOWN,
    NEXT,
    SAVE,
    UNSENT,
    NEXT_SENT,
    IS_SENT,
    SAVE_SENT,
    LAST,
    NEXT_ANSWERS,
    IS_READ,
    APPLIED,
    SAVE_ANSWER,
    ONE,
    OF_MATTER,
    REFERENCES,
    PAGE,
    OPEN,
    EXCEPTIONS,
    ANSWERS_OF_MATTER,
];

impl Store {
    /// Keeps inquiries, all or none; answers how many are new. One that is there already, asked on another day or not, is left
    /// alone.
    ///
    /// # Errors
    /// [`StoreError::Payment`] for an id that stands for another inquiry; [`StoreError::Database`].
    pub async fn save_inquiries(&self, municipality: Municipality, inquiries: &[Inquiry], stamp: &Stamp) -> Result<usize> {
        let mut transaction = self.writing().await?;
        audit::lock(&mut transaction, municipality).await?;
        let row = sqlx::query(NEXT).bind(municipality.number()).fetch_one(&mut *transaction).await?;
        let (mut ordinal, call): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        let mut new = 0;
        for inquiry in inquiries {
            if let Some(known) = known(&mut transaction, municipality, &inquiry.id).await? {
                if (Inquiry { asked_on: inquiry.asked_on, ..known }) != *inquiry {
                    let wrong = "the id stands for another inquiry; ask under another id";
                    return Err(StoreError::Payment { what: "inquiry", which: inquiry.id.clone(), wrong });
                }
                continue;
            }
            sqlx::query(SAVE)
                .bind(municipality.number())
                .bind(inquiry.id.as_str())
                .bind(ordinal)
                .bind(call)
                .bind(inquiry.what.as_str())
                .bind(inquiry.year.map(i64::from))
                .bind(inquiry.legal_row.as_str())
                .bind(inquiry.matter.as_str())
                .bind(inquiry.affair.as_str())
                .bind(inquiry.reference.as_str())
                .bind(inquiry.stage.word())
                .bind(inquiry.payment_matter)
                .bind(inquiry.household.map(|household| household.0))
                .bind(inquiry.person.0)
                .bind(inquiry.on.to_string())
                .bind(inquiry.asked_on.to_string())
                .bind(stamp.at.as_str())
                .bind(stamp.by.as_str())
                .execute(&mut *transaction)
                .await?;
            ordinal += 1;
            new += 1;
        }
        if new > 0 {
            append_record(&mut transaction, municipality, stamp, Record::Inquiries(call)).await?;
            transaction.commit().await?;
        }
        Ok(new)
    }

    /// Inquiries that the server is not known to have, the oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn unsent_inquiries(&self, municipality: Municipality, limit: u32) -> Result<Vec<Inquiry>> {
        let query = sqlx::query(UNSENT).bind(municipality.number()).bind(i64::from(limit));
        query.fetch_all(&self.pool).await?.iter().map(inquiry).collect()
    }

    /// Keeps that the server has inquiries, or why it does not take them (not empty). What is known already is left alone.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn save_sent(&self, municipality: Municipality, sent: &[(String, String)], stamp: &Stamp) -> Result<()> {
        let mut transaction = self.writing().await?;
        audit::lock(&mut transaction, municipality).await?;
        let call: i64 = sqlx::query(NEXT_SENT).bind(municipality.number()).fetch_one(&mut *transaction).await?.try_get(0)?;
        let mut any = false;
        for (id, refused) in sent {
            let query = sqlx::query(IS_SENT).bind(municipality.number()).bind(id.as_str());
            if query.fetch_optional(&mut *transaction).await?.is_some() {
                continue;
            }
            sqlx::query(SAVE_SENT)
                .bind(municipality.number())
                .bind(id.as_str())
                .bind(call)
                .bind(refused.as_str())
                .bind(stamp.at.as_str())
                .bind(stamp.by.as_str())
                .execute(&mut *transaction)
                .await?;
            any = true;
        }
        if any {
            append_record(&mut transaction, municipality, stamp, Record::InquiriesSent(call)).await?;
            transaction.commit().await?;
        }
        Ok(())
    }

    /// The number up to which answers were read; 0 for none.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn last_answer(&self, municipality: Municipality) -> Result<i64> {
        Ok(sqlx::query(LAST).bind(municipality.number()).fetch_one(&self.pool).await?.try_get(0)?)
    }

    /// Takes answers over, all or none: the first to each inquiry is applied, with its facts and its account; others are kept
    /// for a clerk. One that was read before is left alone. Answers what was done with each; none for one read before.
    ///
    /// # Errors
    /// [`StoreError::Assertion`] for a fact that is none; [`StoreError::Database`].
    pub async fn save_answers(
        &self,
        municipality: Municipality,
        answers: &[NewAnswer],
        learnt_on: Date,
        stamp: &Stamp,
    ) -> Result<Vec<Option<Use>>> {
        let mut transaction = self.writing().await?;
        lock_knowledge(&mut transaction, municipality, learnt_on).await?;
        let mut uses = Vec::with_capacity(answers.len());
        let mut learnt = Learnt::default();
        let mut in_page = BTreeSet::new();
        for answer in answers {
            let usage = self.usage(&mut transaction, municipality, answer, answers, &mut in_page).await?;
            if usage == Some(Use::Applied) {
                learnt.assertions.extend(answer.facts.iter().cloned());
            }
            uses.push(usage);
        }
        let mut facts = None;
        if !learnt.is_empty() {
            learning::check(&learnt)?;
            let knowledge = learn(&mut transaction, municipality, learnt_on).await?;
            let digest = learning::write(&mut transaction, self.database, municipality, knowledge, &learnt).await?;
            facts = Some((knowledge, digest));
        }
        audit::lock(&mut transaction, municipality).await?;
        let call: i64 = sqlx::query(NEXT_ANSWERS).bind(municipality.number()).fetch_one(&mut *transaction).await?.try_get(0)?;
        let mut accounts = Vec::new();
        for (answer, usage) in answers.iter().zip(&uses) {
            let Some(usage) = *usage else { continue };
            let mut entry = None;
            // What nobody asked for, or what adds nothing, is not kept.
            if let (Use::Applied, Some(account)) = (usage, &answer.account) {
                payees::seal(&mut transaction, municipality, &account.sealed).await?;
                entry = Some(account.sealed.id());
            }
            let knowledge = facts.as_ref().filter(|_| usage == Use::Applied && !answer.facts.is_empty()).map(|(knowledge, _)| knowledge.0);
            sqlx::query(SAVE_ANSWER)
                .bind(municipality.number())
                .bind(answer.sequence)
                .bind(call)
                .bind(answer.inquiry.as_str())
                .bind(answer.standing.as_str())
                .bind(usage.word())
                .bind(answer.digest.as_ref().map(|digest| &digest.0[..]))
                .bind(entry.as_ref().map(|entry: &Digest| &entry.0[..]))
                .bind(answer.account.as_ref().and_then(|account| account.changed_on).map(|day| day.to_string()))
                .bind(answer.unfit.as_deref().unwrap_or(if usage == Use::Unknown { "" } else { answer.said.as_str() }))
                .bind(knowledge)
                .bind(answer.told_at.as_str())
                .bind(stamp.at.as_str())
                .bind(stamp.by.as_str())
                .bind(answer.account.as_ref().map(|account| account.holder.word()))
                .execute(&mut *transaction)
                .await?;
            if let (Some(_), Some(account)) = (entry, &answer.account)
                && let Some(asked) = known(&mut transaction, municipality, &answer.inquiry).await?
                && let (Stage::Fix, Some(matter), Some(household)) = (asked.stage, asked.payment_matter, asked.household)
            {
                let fixed = NewPayeeAccount {
                    matter,
                    household,
                    source: Source::PublicAccount,
                    inquiry: Some(answer.inquiry.clone()),
                    applied_on: asked.on,
                    obtained_on: learnt_on,
                    holder: account.holder,
                    changed_on: account.changed_on,
                    sealed: account.sealed.clone(),
                };
                accounts.push(payees::insert(&mut transaction, municipality, &fixed, stamp).await?);
            }
        }
        if uses.iter().all(Option::is_none) {
            return Ok(uses);
        }
        if let Some((knowledge, digest)) = facts {
            learning::append(&mut transaction, municipality, stamp, knowledge, &learnt, digest).await?;
        }
        for number in accounts {
            append_record(&mut transaction, municipality, stamp, Record::PayeeAccount(number)).await?;
        }
        append_record(&mut transaction, municipality, stamp, Record::InquiryAnswers(call)).await?;
        transaction.commit().await?;
        Ok(uses)
    }

    /// What is to be done with an answer, those before it in the page included.
    async fn usage(
        &self,
        transaction: &mut Transaction<'static, Any>,
        municipality: Municipality,
        answer: &NewAnswer,
        page: &[NewAnswer],
        in_page: &mut BTreeSet<String>,
    ) -> Result<Option<Use>> {
        let query = sqlx::query(IS_READ).bind(municipality.number()).bind(answer.sequence);
        if query.fetch_optional(&mut **transaction).await?.is_some() {
            return Ok(None);
        }
        if known(transaction, municipality, &answer.inquiry).await?.is_none() {
            return Ok(Some(Use::Unknown));
        }
        if answer.unfit.is_some() {
            return Ok(Some(Use::Unfit));
        }
        let tag = |answer: &NewAnswer| answer.account.as_ref().map(|account| account.sealed.tag.clone());
        let same = |standing: &str, digest: Option<Digest>, other: Option<Vec<u8>>| {
            // Where the account was destroyed nothing is left to compare with.
            let contents = answer.account.is_none() || other.is_none() || tag(answer) == other;
            if standing == answer.standing && digest == answer.digest && contents { Use::Repeated } else { Use::Contradicted }
        };
        if in_page.contains(&answer.inquiry) {
            let earlier = |other: &&NewAnswer| other.sequence < answer.sequence && other.inquiry == answer.inquiry && other.unfit.is_none();
            let usage = page.iter().find(earlier).map(|first| same(&first.standing, first.digest, tag(first)));
            return Ok(Some(usage.unwrap_or(Use::Repeated)));
        }
        let query = sqlx::query(APPLIED).bind(municipality.number()).bind(answer.inquiry.as_str());
        if let Some(row) = query.fetch_optional(&mut **transaction).await? {
            return Ok(Some(same(row.try_get(0)?, digest_or_none(&row, 1)?, row.try_get(2)?)));
        }
        in_page.insert(answer.inquiry.clone());
        Ok(Some(Use::Applied))
    }

    /// An inquiry by its id.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn inquiry(&self, municipality: Municipality, id: &str) -> Result<Option<StoredInquiry>> {
        sqlx::query(ONE).bind(municipality.number()).bind(id).fetch_optional(&self.pool).await?.as_ref().map(stored).transpose()
    }

    /// The inquiries of a payment's matter, the oldest first.
    ///
    /// # Errors
    /// As [`Store::inquiry`].
    pub async fn inquiries_of_matter(&self, municipality: Municipality, matter: i64) -> Result<Vec<StoredInquiry>> {
        let query = sqlx::query(OF_MATTER).bind(municipality.number()).bind(matter);
        query.fetch_all(&self.pool).await?.iter().map(stored).collect()
    }

    /// By which references the register was asked for the accounts of a household's other matters. Orders of one decision are one
    /// application: they are not other matters.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn references_of_others(&self, municipality: Municipality, household: HouseholdId, matter: i64) -> Result<BTreeSet<String>> {
        let query = sqlx::query(REFERENCES).bind(municipality.number()).bind(household.0).bind(matter);
        query.fetch_all(&self.pool).await?.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }

    /// Every answer to inquiries of a payment's matter, in the order of their numbers.
    ///
    /// # Errors
    /// As [`Store::inquiry`].
    pub async fn answers_of_matter(&self, municipality: Municipality, matter: i64) -> Result<Vec<StoredAnswer>> {
        let query = sqlx::query(ANSWERS_OF_MATTER).bind(municipality.number()).bind(matter);
        query.fetch_all(&self.pool).await?.iter().map(exception).collect()
    }

    /// Inquiries after a place, at most `limit`; only those that are not answered, if so asked. None means that there are no
    /// more.
    ///
    /// # Errors
    /// As [`Store::inquiry`].
    pub async fn inquiries(&self, municipality: Municipality, open: bool, after: i64, limit: u32) -> Result<Vec<StoredInquiry>> {
        let query = sqlx::query(if open { OPEN } else { PAGE }).bind(municipality.number()).bind(after).bind(i64::from(limit));
        query.fetch_all(&self.pool).await?.iter().map(stored).collect()
    }

    /// Answers that a clerk must look at: unknown, unfit, contradicting an earlier one; after a number, at most `limit`.
    ///
    /// # Errors
    /// As [`Store::inquiry`].
    pub async fn answer_exceptions(&self, municipality: Municipality, after: i64, limit: u32) -> Result<Vec<StoredAnswer>> {
        let query = sqlx::query(EXCEPTIONS).bind(municipality.number()).bind(after).bind(i64::from(limit));
        query.fetch_all(&self.pool).await?.iter().map(exception).collect()
    }
}

async fn known(transaction: &mut Transaction<'static, Any>, municipality: Municipality, id: &str) -> Result<Option<Inquiry>> {
    let query = sqlx::query(KNOWN).bind(municipality.number()).bind(id);
    query.fetch_optional(&mut **transaction).await?.as_ref().map(inquiry).transpose()
}

fn inquiry(row: &AnyRow) -> Result<Inquiry> {
    let year: Option<i64> = row.try_get(2)?;
    let year = year.map(|year| i32::try_from(year).map_err(|_| StoreError::Damaged(format!("{year} is no year")))).transpose()?;
    Ok(Inquiry {
        id: row.try_get(0)?,
        what: row.try_get(1)?,
        year,
        legal_row: row.try_get(3)?,
        matter: row.try_get(4)?,
        affair: row.try_get(5)?,
        reference: row.try_get(6)?,
        stage: Stage::read(row.try_get(7)?)?,
        payment_matter: row.try_get(8)?,
        household: row.try_get::<Option<i64>, _>(9)?.map(HouseholdId),
        person: PersonId(row.try_get(10)?),
        on: date(row.try_get(11)?)?,
        asked_on: date(row.try_get(12)?)?,
    })
}

fn stored(row: &AnyRow) -> Result<StoredInquiry> {
    let inquiry = inquiry(row)?;
    let id = inquiry.id.clone();
    let answer = row.try_get::<Option<i64>, _>(17)?.map(|_| answer(row, 17, id)).transpose()?;
    Ok(StoredInquiry { inquiry, ordinal: row.try_get(13)?, at: row.try_get(14)?, by: row.try_get(15)?, sent: row.try_get(16)?, answer })
}

fn exception(row: &AnyRow) -> Result<StoredAnswer> {
    answer(row, 0, row.try_get(11)?)
}

/// Eleven columns from one on.
fn answer(row: &AnyRow, from: usize, inquiry: String) -> Result<StoredAnswer> {
    let changed_on: Option<&str> = row.try_get(from + 5)?;
    Ok(StoredAnswer {
        sequence: row.try_get(from)?,
        inquiry,
        standing: row.try_get(from + 1)?,
        usage: Use::read(row.try_get(from + 2)?)?,
        entry: digest_or_none(row, from + 3)?,
        tag: row.try_get(from + 4)?,
        changed_on: changed_on.map(date).transpose()?,
        detail: row.try_get(from + 6)?,
        knowledge: row.try_get::<Option<i64>, _>(from + 7)?.map(Knowledge),
        told_at: row.try_get(from + 8)?,
        at: row.try_get(from + 9)?,
        holder: row.try_get::<Option<&str>, _>(from + 10)?.map(Holder::read).transpose()?,
    })
}
