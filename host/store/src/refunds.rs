//! What people said about a refund: consents (同意), notices that were sent and claims that came in, representatives of heirs.
//!
//! Absent here: what is paid, and why; the ledger and the decisions say that. Names, accounts, and what a document says.

use crate::audit::{Record, append_record};
use crate::orders::PaymentOrder;
use crate::{Result, Store, StoreError, audit, date, decisions, digest};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::id::{DecisionId, HouseholdId, Municipality, PersonId};
use sqlx::any::AnyRow;
use sqlx::{Any, Row as _, Transaction};

/// What a payer agrees to.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum ConsentKind {
    /// To be paid on the public-money receiving account (公金受取口座).
    PublicAccount,
    /// Instalments not yet due may be paid with an overpayment.
    AppropriateBeforeDue,
    /// To be paid on the account of the direct debit (口座振替).
    DirectDebitAccount,
}

impl ConsentKind {
    /// Every kind, in the order of their numbers.
    pub const ALL: [ConsentKind; 3] = [ConsentKind::PublicAccount, ConsentKind::AppropriateBeforeDue, ConsentKind::DirectDebitAccount];

    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            ConsentKind::PublicAccount => "public_account",
            ConsentKind::AppropriateBeforeDue => "appropriate_before_due",
            ConsentKind::DirectDebitAccount => "direct_debit_account",
        }
    }

    /// The kind of a word.
    pub fn named(word: &str) -> Option<ConsentKind> {
        ConsentKind::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// What officials call it.
    pub const fn ja(self) -> &'static str {
        match self {
            ConsentKind::PublicAccount => "公金受取口座の利用",
            ConsentKind::AppropriateBeforeDue => "納期未到来分への充当",
            ConsentKind::DirectDebitAccount => "口座振替口座への振込み",
        }
    }
}

/// How a consent was given.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum ConsentChannel {
    /// On paper (書面).
    Paper,
    /// Online (電子申請).
    Online,
    /// By not objecting to a letter that asked (意思確認の通知に変更の申出がなかった).
    NotObjected,
}

impl ConsentChannel {
    /// Every channel, in the order of their numbers.
    pub const ALL: [ConsentChannel; 3] = [ConsentChannel::Paper, ConsentChannel::Online, ConsentChannel::NotObjected];

    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            ConsentChannel::Paper => "paper",
            ConsentChannel::Online => "online",
            ConsentChannel::NotObjected => "not_objected",
        }
    }

    /// The channel of a word.
    pub fn named(word: &str) -> Option<ConsentChannel> {
        ConsentChannel::ALL.into_iter().find(|channel| channel.word() == word)
    }

    /// What officials call it.
    pub const fn ja(self) -> &'static str {
        match self {
            ConsentChannel::Paper => "書面",
            ConsentChannel::Online => "電子申請",
            ConsentChannel::NotObjected => "意思確認通知（申出なし）",
        }
    }
}

/// A consent, for one matter of one household.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Consent {
    /// Its number in the municipality, from 1. Given by the store; not read on saving.
    pub number: i64,
    /// Whose matter.
    pub household: HouseholdId,
    /// To what.
    pub kind: ConsentKind,
    /// The day it was given.
    pub given_on: Date,
    /// By whom.
    pub given_by: PersonId,
    /// How.
    pub channel: ConsentChannel,
    /// Where the paper or message is; no personal data.
    pub document: String,
    /// The first day on which it holds no more; none while it holds. Not read on saving.
    pub withdrawn_on: Option<Date>,
}

impl Consent {
    /// Does it hold on a day for an overpayment that arose on another? It is given for a matter: what arises after it is
    /// another one.
    pub fn is_for(&self, arose_on: Date, on: Date) -> bool {
        arose_on <= self.given_on && self.holds(on)
    }

    /// Does it hold on a day, for whatever it was given?
    pub fn holds(&self, on: Date) -> bool {
        self.given_on <= on && self.withdrawn_on.is_none_or(|withdrawn| on < withdrawn)
    }
}

/// A notice of refund and appropriation (還付充当通知書) that was sent, and the claim that came in after it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RefundNotice {
    /// Its number in the municipality, from 1. Given by the store; not read on saving.
    pub number: i64,
    /// Whose.
    pub household: HouseholdId,
    /// The decision that it tells.
    pub decision: DecisionId,
    /// The overpayments that it tells of, by their numbers in order; one or more.
    pub overpayments: Vec<i64>,
    /// The day it was sent.
    pub sent_on: Date,
    /// The day a claim arrived, and where its form is; none while there is none. Not read on saving.
    pub claim: Option<(Date, String)>,
}

/// Who represents the heirs of a head who died (相続人代表者).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Heir {
    /// Its number in the municipality, from 1. Given by the store; not read on saving.
    pub number: i64,
    /// Whose overpayments.
    pub household: HouseholdId,
    /// The head who died.
    pub deceased: PersonId,
    /// Who represents the heirs.
    pub heir: PersonId,
    /// Where the declaration is; no personal data.
    pub document: String,
    /// The day of the declaration.
    pub declared_on: Date,
}

const NEXT_CONSENT: &str = "SELECT COALESCE(MAX(number), 0) + 1 FROM consent WHERE municipality = $1";
const SAVE_CONSENT: &str = "INSERT INTO consent (municipality, number, household, kind, given_on, given_by, channel, document, at, by_whom) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const CONSENTS: &str = "SELECT c.number, c.household, c.kind, c.given_on, c.given_by, c.channel, c.document, w.withdrawn_on FROM consent c \
     LEFT JOIN consent_withdrawal w ON w.municipality = c.municipality AND w.consent = c.number \
     WHERE c.municipality = $1 AND c.household = $2 ORDER BY c.number";
const CONSENT: &str = "SELECT c.number, c.household, c.kind, c.given_on, c.given_by, c.channel, c.document, w.withdrawn_on FROM consent c \
     LEFT JOIN consent_withdrawal w ON w.municipality = c.municipality AND w.consent = c.number \
     WHERE c.municipality = $1 AND c.number = $2";
const WITHDRAW: &str = "INSERT INTO consent_withdrawal (municipality, consent, withdrawn_on, at, by_whom) VALUES ($1, $2, $3, $4, $5)";
const NEXT_NOTICE: &str = "SELECT COALESCE(MAX(number), 0) + 1 FROM refund_notice WHERE municipality = $1";
const SAVE_NOTICE: &str = "INSERT INTO refund_notice (municipality, number, household, decision, sent_on, at, by_whom) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)";
const SAVE_TOLD: &str = "INSERT INTO refund_notice_overpayment (municipality, notice, household, overpayment) VALUES ($1, $2, $3, $4)";
const NOTICES: &str = "SELECT n.number, n.household, n.decision, n.sent_on, c.claimed_on, c.form FROM refund_notice n \
     LEFT JOIN refund_claim c ON c.municipality = n.municipality AND c.notice = n.number \
     WHERE n.municipality = $1 AND n.household = $2 ORDER BY n.number";
const NOTICE: &str = "SELECT n.number, n.household, n.decision, n.sent_on, c.claimed_on, c.form FROM refund_notice n \
     LEFT JOIN refund_claim c ON c.municipality = n.municipality AND c.notice = n.number \
     WHERE n.municipality = $1 AND n.number = $2";
const TOLD: &str = "SELECT overpayment FROM refund_notice_overpayment WHERE municipality = $1 AND notice = $2 ORDER BY overpayment";
const SAVE_CLAIM: &str = "INSERT INTO refund_claim (municipality, notice, claimed_on, form, at, by_whom) VALUES ($1, $2, $3, $4, $5, $6)";
const NEXT_HEIR: &str = "SELECT COALESCE(MAX(number), 0) + 1 FROM heir WHERE municipality = $1";
const SAVE_HEIR: &str = "INSERT INTO heir (municipality, number, household, deceased, heir, document, declared_on, at, by_whom) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const HEIRS: &str = "SELECT number, household, deceased, heir, document, declared_on FROM heir \
     WHERE municipality = $1 AND household = $2 ORDER BY number";
/// The slot as a literal, so that both databases use the index that has nothing but these.
const DECISIONS: &str = "SELECT id, version, knowledge, fuel, amount, recorded_at, status, content, decided_on FROM decision \
     WHERE municipality = $1 AND slot = 'refund' AND household = $2 ORDER BY case_on, version";
const REPLACEMENT: &str = "SELECT number FROM payment_order WHERE municipality = $1 AND replaces = $2";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] = &[
    NEXT_CONSENT,
    SAVE_CONSENT,
    CONSENTS,
    CONSENT,
    WITHDRAW,
    NEXT_NOTICE,
    SAVE_NOTICE,
    SAVE_TOLD,
    NOTICES,
    NOTICE,
    TOLD,
    SAVE_CLAIM,
    NEXT_HEIR,
    SAVE_HEIR,
    HEIRS,
    DECISIONS,
    REPLACEMENT,
];

impl Store {
    /// Keeps a consent; answers its number. The same consent once more is the same one.
    ///
    /// # Errors
    /// [`StoreError::Refund`] where it names no document; [`StoreError::Database`].
    pub async fn save_consent(&self, municipality: Municipality, consent: &Consent, stamp: &Stamp) -> Result<i64> {
        let Consent { household, kind, given_on, given_by, channel, document, .. } = consent;
        named(*household, document)?;
        let mut transaction = self.writing().await?;
        audit::lock(&mut transaction, municipality).await?;
        let same = |known: &Consent| Consent { number: 0, withdrawn_on: None, ..known.clone() };
        let wanted = same(consent);
        if let Some(known) = consents(&mut transaction, municipality, *household)
            .await?
            .iter()
            .find(|known| known.withdrawn_on.is_none() && same(known) == wanted)
        {
            return Ok(known.number);
        }
        let number = next(&mut transaction, municipality, NEXT_CONSENT).await?;
        sqlx::query(SAVE_CONSENT)
            .bind(municipality.number())
            .bind(number)
            .bind(household.0)
            .bind(*kind as i64)
            .bind(given_on.to_string())
            .bind(given_by.0)
            .bind(*channel as i64)
            .bind(document.as_str())
            .bind(stamp.at.as_str())
            .bind(stamp.by.as_str())
            .execute(&mut *transaction)
            .await?;
        append_record(&mut transaction, municipality, stamp, Record::Consent(number)).await?;
        transaction.commit().await?;
        Ok(number)
    }

    /// Ends a consent: from that day on it holds no more. What was paid under it stays paid.
    ///
    /// # Errors
    /// [`StoreError::Refund`] for one that is not there, has ended, or would end before it was given;
    /// [`StoreError::Database`].
    pub async fn withdraw_consent(&self, municipality: Municipality, number: i64, withdrawn_on: Date, stamp: &Stamp) -> Result<()> {
        let mut transaction = self.writing().await?;
        audit::lock(&mut transaction, municipality).await?;
        let query = sqlx::query(CONSENT).bind(municipality.number()).bind(number);
        let known = query.fetch_optional(&mut *transaction).await?.as_ref().map(read_consent).transpose()?;
        let refused = |household, wrong| StoreError::Refund { household, wrong };
        let known = known.ok_or(refused(HouseholdId(0), "there is no consent of this number; `jorei refund show` lists a household's"))?;
        if known.withdrawn_on.is_some() {
            return Err(refused(known.household, "this consent was withdrawn already"));
        }
        if withdrawn_on < known.given_on {
            return Err(refused(known.household, "a consent cannot be withdrawn before the day it was given"));
        }
        let query = sqlx::query(WITHDRAW).bind(municipality.number()).bind(number).bind(withdrawn_on.to_string());
        query.bind(stamp.at.as_str()).bind(stamp.by.as_str()).execute(&mut *transaction).await?;
        append_record(&mut transaction, municipality, stamp, Record::ConsentWithdrawal(number)).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The consents of a household in the order of their numbers, those that were withdrawn included.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn consents(&self, municipality: Municipality, household: HouseholdId) -> Result<Vec<Consent>> {
        let query = sqlx::query(CONSENTS).bind(municipality.number()).bind(household.0);
        query.fetch_all(&self.pool).await?.iter().map(read_consent).collect()
    }

    /// Keeps that a notice was sent; answers its number. The same notice once more is the same one.
    ///
    /// # Errors
    /// [`StoreError::Refund`] for a notice of nothing; [`StoreError::Database`], also for an overpayment or a decision that is
    /// not there.
    pub async fn save_refund_notice(&self, municipality: Municipality, notice: &RefundNotice, stamp: &Stamp) -> Result<i64> {
        let RefundNotice { household, decision, overpayments, sent_on, .. } = notice;
        if overpayments.is_empty() {
            return Err(StoreError::Refund { household: *household, wrong: "a notice tells of one overpayment at least" });
        }
        let mut transaction = self.writing().await?;
        audit::lock(&mut transaction, municipality).await?;
        let same = |known: &RefundNotice| {
            (known.decision, &known.overpayments, known.sent_on) == (*decision, overpayments, *sent_on) && known.household == *household
        };
        if let Some(known) = notices(&mut transaction, municipality, *household).await?.iter().find(|known| same(known)) {
            return Ok(known.number);
        }
        let number = next(&mut transaction, municipality, NEXT_NOTICE).await?;
        sqlx::query(SAVE_NOTICE)
            .bind(municipality.number())
            .bind(number)
            .bind(household.0)
            .bind(&decision.0[..])
            .bind(sent_on.to_string())
            .bind(stamp.at.as_str())
            .bind(stamp.by.as_str())
            .execute(&mut *transaction)
            .await?;
        for overpayment in overpayments {
            let query = sqlx::query(SAVE_TOLD).bind(municipality.number()).bind(number).bind(household.0).bind(*overpayment);
            query.execute(&mut *transaction).await?;
        }
        append_record(&mut transaction, municipality, stamp, Record::RefundNotice(number)).await?;
        transaction.commit().await?;
        Ok(number)
    }

    /// Keeps that a claim came in after a notice. The same claim once more changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Refund`] where there is no such notice, it was claimed otherwise before, or the claim is older than it;
    /// [`StoreError::Database`].
    pub async fn save_refund_claim(
        &self,
        municipality: Municipality,
        notice: i64,
        claimed_on: Date,
        form: &str,
        stamp: &Stamp,
    ) -> Result<()> {
        let mut transaction = self.writing().await?;
        audit::lock(&mut transaction, municipality).await?;
        let query = sqlx::query(NOTICE).bind(municipality.number()).bind(notice);
        let known = query.fetch_optional(&mut *transaction).await?.as_ref().map(read_notice).transpose()?;
        let refused = |household, wrong| StoreError::Refund { household, wrong };
        let known = known.ok_or(refused(HouseholdId(0), "there is no notice of this number; `jorei refund show` lists a household's"))?;
        named(known.household, form)?;
        match &known.claim {
            Some((on, known)) if (*on, known.as_str()) == (claimed_on, form) => return Ok(()),
            Some(_) => return Err(refused(known.household, "this notice was claimed on already; `jorei refund show` tells when")),
            None => {}
        }
        if claimed_on < known.sent_on {
            return Err(refused(known.household, "a claim cannot be older than the notice it answers"));
        }
        let query = sqlx::query(SAVE_CLAIM).bind(municipality.number()).bind(notice).bind(claimed_on.to_string()).bind(form);
        query.bind(stamp.at.as_str()).bind(stamp.by.as_str()).execute(&mut *transaction).await?;
        append_record(&mut transaction, municipality, stamp, Record::RefundClaim(notice)).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The notices that were sent about a household's overpayments, in the order of their numbers.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn refund_notices(&self, municipality: Municipality, household: HouseholdId) -> Result<Vec<RefundNotice>> {
        let mut transaction = self.reading().await?;
        notices(&mut transaction, municipality, household).await
    }

    /// Keeps who represents the heirs of a head; answers its number. The same declaration once more is the same one.
    ///
    /// # Errors
    /// [`StoreError::Refund`] where it names no document, or the dead as their own heir; [`StoreError::Database`].
    pub async fn save_heir(&self, municipality: Municipality, heir: &Heir, stamp: &Stamp) -> Result<i64> {
        let household = heir.household;
        named(household, &heir.document)?;
        if heir.heir == heir.deceased {
            return Err(StoreError::Refund { household, wrong: "nobody is their own heir" });
        }
        let mut transaction = self.writing().await?;
        audit::lock(&mut transaction, municipality).await?;
        let known = heirs(&mut transaction, municipality, household).await?;
        let last = known.iter().rfind(|known| known.deceased == heir.deceased);
        if let Some(known) = last.filter(|known| Heir { number: heir.number, ..(*known).clone() } == *heir) {
            return Ok(known.number);
        }
        let number = next(&mut transaction, municipality, NEXT_HEIR).await?;
        sqlx::query(SAVE_HEIR)
            .bind(municipality.number())
            .bind(number)
            .bind(household.0)
            .bind(heir.deceased.0)
            .bind(heir.heir.0)
            .bind(heir.document.as_str())
            .bind(heir.declared_on.to_string())
            .bind(stamp.at.as_str())
            .bind(stamp.by.as_str())
            .execute(&mut *transaction)
            .await?;
        append_record(&mut transaction, municipality, stamp, Record::Heir(number)).await?;
        transaction.commit().await?;
        Ok(number)
    }

    /// The declarations of heirs of a household's heads, in the order of their numbers.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn heirs(&self, municipality: Municipality, household: HouseholdId) -> Result<Vec<Heir>> {
        let mut transaction = self.reading().await?;
        heirs(&mut transaction, municipality, household).await
    }

    /// Every decision about a household's overpayments, in the order of their days and versions.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn refund_decisions(&self, municipality: Municipality, household: HouseholdId) -> Result<Vec<decisions::StoredDecision>> {
        let query = sqlx::query(DECISIONS).bind(municipality.number()).bind(household.0);
        query.fetch_all(&self.pool).await?.iter().map(decisions::read).collect()
    }

    /// The order that took the place of one, if one did.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn replacement_of(&self, municipality: Municipality, order: i64) -> Result<Option<PaymentOrder>> {
        let row = sqlx::query(REPLACEMENT).bind(municipality.number()).bind(order).fetch_optional(&self.pool).await?;
        match row {
            Some(row) => self.order(municipality, row.try_get(0)?).await,
            None => Ok(None),
        }
    }
}

fn named(household: HouseholdId, document: &str) -> Result<()> {
    let wrong = "say where the document is, in a line";
    if document.trim().is_empty() || document.contains('\n') { Err(StoreError::Refund { household, wrong }) } else { Ok(()) }
}

async fn next(transaction: &mut Transaction<'static, Any>, municipality: Municipality, sql: &'static str) -> Result<i64> {
    Ok(sqlx::query(sql).bind(municipality.number()).fetch_one(&mut **transaction).await?.try_get(0)?)
}

async fn consents(transaction: &mut Transaction<'static, Any>, municipality: Municipality, household: HouseholdId) -> Result<Vec<Consent>> {
    let query = sqlx::query(CONSENTS).bind(municipality.number()).bind(household.0);
    query.fetch_all(&mut **transaction).await?.iter().map(read_consent).collect()
}

async fn notices(
    transaction: &mut Transaction<'static, Any>,
    municipality: Municipality,
    household: HouseholdId,
) -> Result<Vec<RefundNotice>> {
    let query = sqlx::query(NOTICES).bind(municipality.number()).bind(household.0);
    let mut notices: Vec<RefundNotice> = query.fetch_all(&mut **transaction).await?.iter().map(read_notice).collect::<Result<_>>()?;
    for notice in &mut notices {
        let rows = sqlx::query(TOLD).bind(municipality.number()).bind(notice.number).fetch_all(&mut **transaction).await?;
        notice.overpayments = rows.iter().map(|row| Ok(row.try_get(0)?)).collect::<Result<_>>()?;
    }
    Ok(notices)
}

async fn heirs(transaction: &mut Transaction<'static, Any>, municipality: Municipality, household: HouseholdId) -> Result<Vec<Heir>> {
    let query = sqlx::query(HEIRS).bind(municipality.number()).bind(household.0);
    let read = |row: &AnyRow| {
        Ok(Heir {
            number: row.try_get(0)?,
            household: HouseholdId(row.try_get(1)?),
            deceased: PersonId(row.try_get(2)?),
            heir: PersonId(row.try_get(3)?),
            document: row.try_get(4)?,
            declared_on: date(row.try_get(5)?)?,
        })
    };
    query.fetch_all(&mut **transaction).await?.iter().map(read).collect()
}

fn of_number<T: Copy>(all: &[T], number: i64, what: &str) -> Result<T> {
    let found = usize::try_from(number).ok().and_then(|number| all.get(number)).copied();
    found.ok_or_else(|| StoreError::Damaged(format!("{number} is no {what}")))
}

fn read_consent(row: &AnyRow) -> Result<Consent> {
    Ok(Consent {
        number: row.try_get(0)?,
        household: HouseholdId(row.try_get(1)?),
        kind: of_number(&ConsentKind::ALL, row.try_get(2)?, "kind of consent")?,
        given_on: date(row.try_get(3)?)?,
        given_by: PersonId(row.try_get(4)?),
        channel: of_number(&ConsentChannel::ALL, row.try_get(5)?, "channel of a consent")?,
        document: row.try_get(6)?,
        withdrawn_on: row.try_get::<Option<&str>, _>(7)?.map(date).transpose()?,
    })
}

/// A notice without the overpayments it tells of.
fn read_notice(row: &AnyRow) -> Result<RefundNotice> {
    let claimed_on = row.try_get::<Option<&str>, _>(4)?.map(date).transpose()?;
    Ok(RefundNotice {
        number: row.try_get(0)?,
        household: HouseholdId(row.try_get(1)?),
        decision: digest(row, 2)?,
        overpayments: Vec::new(),
        sent_on: date(row.try_get(3)?)?,
        claim: claimed_on.zip(row.try_get::<Option<String>, _>(5)?),
    })
}
