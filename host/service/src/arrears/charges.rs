//! The delinquency charge (延滞金): asked of the rule in force, kept as a decision, and posted once it is fixed.
//!
//! A charge is fixed when the principal is paid in full; before that it is only told. What a rule says is held against bounds
//! that know nothing of it: what is beyond them is kept as a decision and posts nothing. Absent here: the rates.

use super::{Arrears, ArrearsError, CreditKind, Standing, case_of, household};
use crate::decide_case::{self, Made};
use crate::officer::Now;
use crate::revisions::{LiveRevision, Shelf};
use crate::words::Words;
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::decision::{Decision, Outcome};
use jorei_domain::id::{DecisionId, Digest, HouseholdId, Municipality};
use jorei_domain::ledger::{Account, AccountKind, Event, Instalment, Phase, Posting, Transfer};
use jorei_domain::money::Yen;
use jorei_domain::record::{COLLECTIONS, Case};
use jorei_domain::slot::Slot;
use jorei_domain::table::{ABSENT, Table, Values};
use jorei_engine::Fault;
use jorei_store::decisions::NewDecision;
use jorei_store::orders::Book;
use jorei_store::{Store, unless_overtaken};
use serde_json::Value;
use std::sync::Arc;

/// Whoever answers a case of the slot: a revision in force.
pub trait Answers: Send + Sync {
    /// Decides a case.
    ///
    /// # Errors
    /// A [`Fault`] of the machine.
    fn answer(&self, municipality: Municipality, household: HouseholdId, case: Case, supersedes: Option<DecisionId>)
    -> Result<Made, Fault>;

    /// What the numbers of its outcome mean.
    fn words(&self) -> &Words;
}

impl Answers for LiveRevision {
    fn answer(
        &self,
        municipality: Municipality,
        household: HouseholdId,
        case: Case,
        supersedes: Option<DecisionId>,
    ) -> Result<Made, Fault> {
        decide_case::decide(self, municipality, household, case, supersedes)
    }

    fn words(&self) -> &Words {
        &self.words
    }
}

/// What the rule says of one instalment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Charge {
    /// The instalment.
    pub instalment: Instalment,
    /// When it was due.
    pub due: Date,
    /// What is open of its principal, in whole yen.
    pub open_yen: i64,
    /// What the charge of the last stretch was counted on.
    pub base_yen: i64,
    /// The charge until the day of the case or of payment.
    pub charge_yen: i64,
    /// The last day for its demand notice.
    pub demand_by: Option<Date>,
    /// It is open, past due and not demanded yet.
    pub demand_due: bool,
    /// The first day on which it must be seized for.
    pub seizable_from: Option<Date>,
}

/// The charges of an outcome, in its order; none where it decided nothing, or its table is not that of the slot.
pub fn charges(outcome: &Outcome, words: &Words) -> Option<Vec<Charge>> {
    let Outcome::Decided { results, .. } = outcome else { return None };
    let table = &results.iter().find(|result| result.name == "charges")?.table;
    (0..table.rows()).map(|row| charge(table, row, words)).collect()
}

fn charge(table: &Table, row: usize, words: &Words) -> Option<Charge> {
    let number = |name: &str| table.integers(name).and_then(|values| values.get(row)).copied().filter(|number| *number != ABSENT);
    let day = |name: &str| number(name).and_then(|packed| Date::from_packed(packed).ok());
    let collection = match &table.columns.iter().find(|column| column.name == "collection")?.values {
        Values::Texts(texts) => texts.get(row)?.clone(),
        Values::Integers(codes) => match words.cell("charges", "collection", *codes.get(row)?) {
            Value::String(word) => word,
            _ => return None,
        },
    };
    let collection = COLLECTIONS.iter().position(|word| *word == collection)?;
    Some(Charge {
        instalment: Instalment {
            year: i32::try_from(number("fiscal_year")?).ok()?,
            collection: u8::try_from(collection).ok()?,
            number: u16::try_from(number("number")?).ok()?,
        },
        due: day("due")?,
        open_yen: number("open_yen")?,
        base_yen: number("base_yen").unwrap_or(0),
        charge_yen: number("charge_yen")?,
        demand_by: day("demand_by"),
        demand_due: number("demand_due") == Some(1),
        seizable_from: day("seizable_from"),
    })
}

/// What came of deciding a household's charges.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Decided {
    /// The decision, made now or before.
    pub decision: DecisionId,
    /// Was it made now?
    pub new: bool,
    /// What came out.
    pub outcome: Outcome,
    /// The charges, where there are any.
    pub charges: Vec<Charge>,
    /// The postings that were written.
    pub posted: Vec<Digest>,
    /// What was not posted although it was decided, for officials.
    pub withheld: Vec<String>,
}

/// Tries when somebody else writes about the same household at the same time.
const TRIES: usize = 8;

/// The charges of a household on a day by the rule in force, told and not kept. None where nothing was due.
///
/// # Errors
/// An [`ArrearsError`].
pub async fn ask(
    store: &Store,
    shelf: &Shelf,
    municipality: Municipality,
    arrears: &Arrears,
    on: Date,
) -> Result<Option<(Outcome, Vec<Charge>)>, ArrearsError> {
    let Some(case) = case_of(arrears, on) else { return Ok(None) };
    let live: Arc<dyn Answers> = in_force(store, shelf, municipality, on).await?;
    let made = answer(Arc::clone(&live), municipality, arrears.household, case, None).await?;
    let charges = charges(&made.decision.outcome, live.words()).unwrap_or_default();
    Ok(Some((made.decision.outcome, charges)))
}

pub(super) async fn in_force(store: &Store, shelf: &Shelf, municipality: Municipality, on: Date) -> Result<Arc<dyn Answers>, ArrearsError> {
    let as_of = store.latest_knowledge(municipality).await?;
    Ok(shelf.in_force(municipality, Slot::Delinquency, on, as_of).await?)
}

/// A rule may take its whole time: not on a thread that answers others.
pub(super) async fn answer(
    live: Arc<dyn Answers>,
    municipality: Municipality,
    household: HouseholdId,
    case: Case,
    supersedes: Option<DecisionId>,
) -> Result<Made, ArrearsError> {
    let answered = tokio::task::spawn_blocking(move || live.answer(municipality, household, case, supersedes)).await;
    Ok(answered.map_err(|_| ArrearsError::Thread)??)
}

/// Decides the charges of a household as of a day for the record, under the revision in force that day, and posts what is fixed
/// by it, booked today. Only a settled decision posts. A second call changes nothing.
///
/// # Errors
/// An [`ArrearsError`]; [`ArrearsError::Earlier`] where the ledger has something that counts from a later day, for what was
/// fixed by it would be taken back. Then nothing was written.
pub async fn decide(
    store: &Store,
    shelf: &Shelf,
    municipality: Municipality,
    household: HouseholdId,
    on: Date,
    now: &Now,
    by: &str,
) -> Result<Decided, ArrearsError> {
    let live = in_force(store, shelf, municipality, on).await?;
    decide_by(store, live, municipality, household, on, now.today, &now.stamp(by)).await
}

/// As [`decide`], with whoever answers.
pub(super) async fn decide_by(
    store: &Store,
    live: Arc<dyn Answers>,
    municipality: Municipality,
    household_id: HouseholdId,
    on: Date,
    today: Date,
    stamp: &Stamp,
) -> Result<Decided, ArrearsError> {
    for _ in 0..TRIES {
        let arrears = household(store, municipality, household_id).await?;
        not_before_the_ledger(store, municipality, &arrears, on).await?;
        let case = case_of(&arrears, on).ok_or(ArrearsError::NothingDue { household: household_id, on })?;
        let knowledge = store.latest_knowledge(municipality).await?;
        let latest = store.decision_history(municipality, Slot::Delinquency.word(), on, household_id).await?.pop();
        let made = answer(Arc::clone(&live), municipality, household_id, case, latest.as_ref().map(|latest| latest.id)).await?;
        let Made { decision, fuel, .. } = made;
        let outcome = decision.outcome.clone();
        let same = |latest: &Decision| Decision { supersedes: latest.supersedes, ..decision.clone() } == *latest;
        let unchanged = latest.as_ref().filter(|latest| same(&latest.decision)).map(|latest| latest.id);
        let mut packed = Vec::new();
        let id = match unchanged {
            Some(id) => id,
            None => {
                let version = latest.as_ref().map_or(1, |latest| latest.version + 1);
                let (table, column) = Slot::Delinquency.figure();
                let amount = outcome.figure(table, column);
                let new = NewDecision { decision, version, knowledge, decided_on: today, fuel, amount, recorded_at: stamp.at.clone() };
                packed.push(new.pack()?);
                packed[0].id()
            }
        };
        let mut decided =
            Decided { decision: id, new: unchanged.is_none(), outcome, charges: Vec::new(), posted: Vec::new(), withheld: Vec::new() };
        let mut postings = Vec::new();
        if matches!(decided.outcome, Outcome::Decided { .. }) {
            let missing = ArrearsError::Outcome { household: household_id, what: "table `charges` as the slot has it" };
            decided.charges = charges(&decided.outcome, live.words()).ok_or(missing)?;
        }
        if let Outcome::Decided { provisional: false, .. } = decided.outcome {
            (postings, decided.withheld) = fixed(municipality, &arrears, &decided.charges, id, on, today);
        }
        decided.posted = postings.iter().map(|posting| posting.id).collect();
        if packed.is_empty() && postings.is_empty() {
            return Ok(decided);
        }
        let books = [Book { municipality, postings, orders: Vec::new(), dues: Vec::new() }];
        if unless_overtaken(store.save_run(&packed, &[], &books, stamp).await)?.is_some() {
            return Ok(decided);
        }
    }
    Err(ArrearsError::Raced(household_id))
}

/// Nothing that counts in the ledger may come after the day: neither a payment, nor a charge that was fixed as of a later day.
async fn not_before_the_ledger(store: &Store, municipality: Municipality, arrears: &Arrears, on: Date) -> Result<(), ArrearsError> {
    let paid = arrears.standings.iter().flat_map(|standing| &standing.credits).map(|credit| credit.on).max();
    let mut latest = paid.filter(|later| *later > on);
    for entry in store.entries(municipality, arrears.household).await? {
        let fixes = matches!(entry.event, Event::Charged | Event::Waived);
        if let Some(decision) = entry.decision.filter(|_| fixes)
            && let Some(stored) = store.decision(municipality, decision).await?
        {
            latest = latest.max(Some(stored.decision.on).filter(|later| *later > on));
        }
    }
    match latest {
        Some(later) => Err(ArrearsError::Earlier { household: arrears.household, on, later }),
        None => Ok(()),
    }
}

/// What is to be posted for charges to stand as a settled decision has them, and what cannot be.
fn fixed(
    municipality: Municipality,
    arrears: &Arrears,
    charges: &[Charge],
    decision: DecisionId,
    on: Date,
    today: Date,
) -> (Vec<Posting>, Vec<String>) {
    let (mut postings, mut withheld) = (Vec::new(), Vec::new());
    for standing in arrears.standings.iter().filter(|standing| standing.due <= on) {
        let of = standing.instalment;
        let mut rows = charges.iter().filter(|charge| charge.instalment == of);
        let (Some(charge), None) = (rows.next(), rows.next()) else {
            withheld.push(format!("{of}: ルールの答えに延滞金の行が一つだけありません。延滞金を調定していません"));
            continue;
        };
        if let Some(wrong) = beyond(standing, charge, on) {
            withheld.push(format!("{of}: {wrong}。延滞金を調定していません。ルールの提供元に確認してください"));
            continue;
        }
        let levied = standing.charge_levied_yen;
        let paid_on = standing.paid_on(on);
        let target = match paid_on {
            Some(_) => charge.charge_yen,
            None if standing.billed_yen == 0 => 0,
            // Not paid in full: what was fixed before a payment was taken back stays, unless less is owed now.
            None => levied.min(charge.charge_yen),
        };
        let account = |kind| Account::of_instalment(kind, arrears.household, of);
        let (owed, told) = (account(AccountKind::Charge), account(AccountKind::ChargeLevied));
        let (event, debit, credit, yen, effective) = if target > levied {
            (Event::Charged, owed, told, target - levied, paid_on.unwrap_or(on))
        } else {
            let less = (levied - target).min(standing.charge_open_yen);
            if less < levied - target {
                let paid = levied - target - less;
                withheld.push(format!("{of}: 納付済みの延滞金のうち{paid}円が過大です。過誤納金として処理してください"));
            }
            (Event::Waived, told, owed, less, on)
        };
        if yen == 0 {
            continue;
        }
        let Ok(yen) = Yen::checked(yen) else { continue };
        // The place of the change, so that of two who fix the same charge at once the second one looks again.
        let parts =
            format!("jorei charge 1\n{municipality}\n{}\n{}/{}\n{}", arrears.household, of.year, of.item(), standing.charge_changes);
        postings.push(Posting {
            id: Digest::of(parts.as_bytes()),
            event,
            booked_on: today,
            decision: Some(decision),
            reference: format!("延滞金 {of} 計算日 {on}"),
            transfers: vec![Transfer { debit, credit, yen, phase: Phase::Posted, effective }],
            overpayments: Vec::new(),
        });
    }
    (postings, withheld)
}

/// What is wrong with a charge, seen from outside the rule: no rate was ever above 14.6 % a year (Local Tax Act art. 326), and
/// what is open stands in the ledger.
fn beyond(standing: &Standing, charge: &Charge, on: Date) -> Option<String> {
    let open = standing.open_on(on);
    if charge.open_yen != open {
        return Some(format!("ルールの未納額{}円が台帳の{open}円と異なります", charge.open_yen));
    }
    // Until it was paid or given up, or until the day of the case.
    let until = standing.credits.iter().filter(|credit| open == 0 && credit.on <= on).map(|credit| credit.on).max().unwrap_or(on);
    let days = standing.due.days_until(until).max(0);
    let principal = standing
        .billed_yen
        .max(standing.credits.iter().filter(|credit| credit.kind != CreditKind::WrittenOff).map(|credit| credit.yen).sum());
    let most = i128::from(principal) * i128::from(days) * 146 / (1_000 * 365);
    (charge.charge_yen < 0 || i128::from(charge.charge_yen) > most)
        .then(|| format!("延滞金{}円が年14.6%の上限{most}円を超えるか、負の額です", charge.charge_yen))
}
