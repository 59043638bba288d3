//! Payment orders (支出命令): what was decided to be paid out, and to whom. What becomes of an order afterwards, its account and
//! its lines in bank files, is beside it; what is open of it stands in the ledger.
//!
//! Absent here: a name and an account of anybody.

use crate::audit::{Record, append_record};
use crate::benefits::BenefitDue;
use crate::{Result, Store, StoreError, date, digest};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::id::{DecisionId, Digest, HouseholdId, Municipality, PersonId};
use jorei_domain::ledger::Posting;
use jorei_domain::money::Yen;
use sqlx::any::AnyRow;
use sqlx::{Any, Row as _, Transaction};

/// Who is paid, by law.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum PayeeKind {
    /// The head of the household (世帯主); of a benefit whoever applied.
    Head,
    /// The heirs of a head who died (相続人); one of them represents them.
    Heirs,
    /// The pension body, for what it deducted after a death (年金保険者).
    PensionBody,
}

impl PayeeKind {
    /// Every kind, in the order of their numbers.
    pub const ALL: [PayeeKind; 3] = [PayeeKind::Head, PayeeKind::Heirs, PayeeKind::PensionBody];

    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            PayeeKind::Head => "head",
            PayeeKind::Heirs => "heirs",
            PayeeKind::PensionBody => "pension_body",
        }
    }
}

/// An order, once for ever.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PaymentOrder {
    /// Its number in the municipality, from 1: [`Store::next_order`] at the time it was made.
    pub number: i64,
    /// Whose overpayment it pays back, or to whom a benefit is due.
    pub household: HouseholdId,
    /// The posting by which it is payable.
    pub posting: Digest,
    /// The decision that proposed it.
    pub decision: DecisionId,
    /// Who is paid, by law.
    pub payee_kind: PayeeKind,
    /// The person; none for a pension body, and for heirs who have named nobody.
    pub payee: Option<PersonId>,
    /// What was overpaid, or the benefit; 0 or more.
    pub principal: Yen,
    /// Interest on it (還付加算金); 0 or more.
    pub interest: Yen,
    /// The day of the decision, which ends the interest (支出決定日).
    pub decided_on: Date,
    /// The order that was taken back for this one.
    pub replaces: Option<i64>,
}

/// What follows from decisions in one municipality's books.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Book {
    /// Whose.
    pub municipality: Municipality,
    /// Postings, in the order in which they are written.
    pub postings: Vec<Posting>,
    /// Orders that these postings make payable.
    pub orders: Vec<PaymentOrder>,
    /// What of benefits is due by the decisions.
    pub dues: Vec<BenefitDue>,
}

const NEXT: &str = "SELECT COALESCE(MAX(number), 0) + 1 FROM payment_order WHERE municipality = $1";
const SAVE: &str = "INSERT INTO payment_order (municipality, number, household, posting, decision, payee_kind, payee, principal_yen, \
         interest_yen, decided_on, replaces, at, by_whom) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
const ONE: &str = "SELECT number, household, posting, decision, payee_kind, payee, principal_yen, interest_yen, decided_on, replaces \
     FROM payment_order WHERE municipality = $1 AND number = $2";
const OF_HOUSEHOLD: &str = "SELECT number, household, posting, decision, payee_kind, payee, principal_yen, interest_yen, decided_on, \
     replaces FROM payment_order WHERE municipality = $1 AND household = $2 ORDER BY number";
const PAGE: &str = "SELECT number, household, posting, decision, payee_kind, payee, principal_yen, interest_yen, decided_on, replaces \
     FROM payment_order WHERE municipality = $1 AND number > $2 ORDER BY number LIMIT $3";

/// Every statement of this file, for the test that prepares them.
#[cfg(any(test, feature = "checks"))]
pub(crate) const STATEMENTS: &[&str] = &[NEXT, SAVE, ONE, OF_HOUSEHOLD, PAGE];

/// Writes orders whose postings are written; the caller holds the chain.
pub(crate) async fn save(
    transaction: &mut Transaction<'static, Any>,
    municipality: Municipality,
    orders: &[PaymentOrder],
    stamp: &Stamp,
) -> Result<()> {
    for order in orders {
        sqlx::query(SAVE)
            .bind(municipality.number())
            .bind(order.number)
            .bind(order.household.0)
            .bind(&order.posting.0[..])
            .bind(&order.decision.0[..])
            .bind(order.payee_kind as i64)
            .bind(order.payee.map(|payee| payee.0))
            .bind(order.principal.get())
            .bind(order.interest.get())
            .bind(order.decided_on.to_string())
            .bind(order.replaces)
            .bind(stamp.at.as_str())
            .bind(stamp.by.as_str())
            .execute(&mut **transaction)
            .await?;
        append_record(transaction, municipality, stamp, Record::Order(order.number)).await?;
    }
    Ok(())
}

impl Store {
    /// The number that the next order takes. Of two who take the same one, the second gets a [`StoreError::Database`] and asks
    /// again.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn next_order(&self, municipality: Municipality) -> Result<i64> {
        Ok(sqlx::query(NEXT).bind(municipality.number()).fetch_one(&self.pool).await?.try_get(0)?)
    }

    /// An order by its number.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn order(&self, municipality: Municipality, number: i64) -> Result<Option<PaymentOrder>> {
        sqlx::query(ONE).bind(municipality.number()).bind(number).fetch_optional(&self.pool).await?.as_ref().map(read).transpose()
    }

    /// The orders of a household, in the order of their numbers.
    ///
    /// # Errors
    /// As [`Store::order`].
    pub async fn orders_of(&self, municipality: Municipality, household: HouseholdId) -> Result<Vec<PaymentOrder>> {
        let query = sqlx::query(OF_HOUSEHOLD).bind(municipality.number()).bind(household.0);
        query.fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// Orders after a number, at most `limit`; none means that there are no more.
    ///
    /// # Errors
    /// As [`Store::order`].
    pub async fn orders(&self, municipality: Municipality, after: i64, limit: u32) -> Result<Vec<PaymentOrder>> {
        let query = sqlx::query(PAGE).bind(municipality.number()).bind(after).bind(i64::from(limit));
        query.fetch_all(&self.pool).await?.iter().map(read).collect()
    }
}

fn read(row: &AnyRow) -> Result<PaymentOrder> {
    let kind: i64 = row.try_get(4)?;
    let kind_of = |kind: i64| usize::try_from(kind).ok().and_then(|kind| PayeeKind::ALL.get(kind)).copied();
    let yen = |column| Yen::checked(row.try_get(column)?).map_err(|error| StoreError::Damaged(error.to_string()));
    Ok(PaymentOrder {
        number: row.try_get(0)?,
        household: HouseholdId(row.try_get(1)?),
        posting: digest(row, 2)?,
        decision: digest(row, 3)?,
        payee_kind: kind_of(kind).ok_or_else(|| StoreError::Damaged(format!("{kind} is no kind of payee")))?,
        payee: row.try_get::<Option<i64>, _>(5)?.map(PersonId),
        principal: yen(6)?,
        interest: yen(7)?,
        decided_on: date(row.try_get(8)?)?,
        replaces: row.try_get(9)?,
    })
}
