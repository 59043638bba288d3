//! The case of a refund: overpayments of one payer with their payments, what is owed, what was agreed and told.
//!
//! One payer at a time: who overpaid decides who is paid and whose debts are paid first, so the overpayments of another head
//! of the household wait for a decision of their own. Absent here: the law.

use super::RefundError;
use super::overpayments::{Standing, standing};
use super::pending::{Blocked, blocked, years_of};
use crate::billing::table;
use crate::reassessment::people_of;
use crate::words::Words;
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::id::{Digest, HouseholdId, Knowledge, Municipality, PersonId};
use jorei_domain::ledger::{Account, AccountKind, Instalment};
use jorei_domain::record::{CHANNELS, CLAIM_PARTS, COLLECTIONS, Case, Fact, Kind, Period, Person};
use jorei_domain::slot::Slot;
use jorei_domain::table::ABSENT;
use jorei_store::decisions::StoredDecision;
use jorei_store::receipts::{Known, Stage};
use jorei_store::refunds::ConsentKind;
use jorei_store::{Store, StoreError};
use std::collections::{BTreeMap, BTreeSet};

/// The word of the channel by which pensions are deducted from.
pub(super) const PENSION_DEDUCTION: &str = "pension_deduction_channel";
/// What of the ledger the facts come from.
const LEDGER: &str = "収納台帳";

/// Something that the household owes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Claim {
    /// Its number in the case: see [`claim_number`].
    pub number: i64,
    /// Its account.
    pub account: Account,
    /// Its due date.
    pub due: Date,
    /// What is open of it, in whole yen.
    pub open_yen: i64,
    /// Is it owed by whoever overpaid?
    pub same_payer: bool,
}

/// The case with what the host holds against the rule's answer.
#[derive(Clone, Debug)]
pub struct RefundCase {
    /// What the rule is given.
    pub case: Case,
    /// Whose overpayments they are: who owed the instalments.
    pub payer: PersonId,
    /// The day of the payer's death, where it is on the case's day or before.
    pub payer_died: Option<Date>,
    /// Has anybody died by the case's day who headed the household when something was deducted from a pension, or in the year
    /// before?
    pub head_died: bool,
    /// The overpayments.
    pub standing: Vec<Standing>,
    /// Everything that is owed in the household.
    pub claims: Vec<Claim>,
    /// May instalments not yet due be paid?
    pub before_due: bool,
    /// Overpayments of other payers, by their numbers: they wait.
    pub others: Vec<i64>,
    /// What of these overpayments was appropriated under the decision that is renewed, by overpayment and claim: whole yen. It
    /// is part of what stands and of what is open here, and stays appropriated.
    pub appropriated: BTreeMap<(i64, i64), i64>,
    /// With what was known.
    pub as_of: Knowledge,
}

/// What a renewal takes up again.
#[derive(Clone, Debug, Default)]
pub(super) struct Renewal {
    /// The overpayments of the order.
    pub overpayments: BTreeSet<i64>,
    /// The postings that used them and are looked at as if they had not.
    pub postings: BTreeSet<Digest>,
    /// What of them was appropriated, by overpayment and claim.
    pub appropriated: BTreeMap<(i64, i64), i64>,
}

/// The number of what is owed of an instalment: its year, way of collection and number in eight digits, then 1 for the
/// instalment itself, 2 for its delinquency charge, 3 for its demand fee. None for an account that is no such claim.
pub fn claim_number(account: &Account) -> Option<i64> {
    let part = PARTS.iter().position(|kind| *kind == account.kind)?;
    let instalment = account.instalment()?;
    Some((i64::from(instalment.year) * 10_000 + instalment.item()) * 10 + i64::try_from(part).ok()? + 1)
}

/// The kinds of account of [`CLAIM_PARTS`], in their order.
const PARTS: [AccountKind; 3] = [AccountKind::Receivable, AccountKind::Charge, AccountKind::Fee];
const _: () = assert!(PARTS.len() == CLAIM_PARTS.len());

/// The case of a household's overpayments on a day: of those that stand, of the payer of the first one.
///
/// # Errors
/// [`RefundError::Nothing`]; [`RefundError::Blocked`] with everything that must happen first; [`RefundError::Unpaid`]; a
/// [`StoreError`].
pub async fn case(store: &Store, municipality: Municipality, household: HouseholdId, on: Date) -> Result<RefundCase, RefundError> {
    case_of(store, municipality, household, on, None).await
}

/// As [`case`], of what an order is renewed for.
pub(super) async fn case_of(
    store: &Store,
    municipality: Municipality,
    household: HouseholdId,
    on: Date,
    renewal: Option<&Renewal>,
) -> Result<RefundCase, RefundError> {
    let as_of = store.latest_knowledge(municipality).await?;
    let none = BTreeSet::new();
    let without = renewal.map_or(&none, |renewal| &renewal.postings);
    let mut all = standing(store, municipality, household, without).await?;
    all.retain(|standing| renewal.is_none_or(|renewal| renewal.overpayments.contains(&standing.overpayment.number)));
    if all.is_empty() {
        return Err(RefundError::Nothing(household));
    }
    let appropriated = renewal.map(|renewal| renewal.appropriated.clone()).unwrap_or_default();
    let mut owed: Vec<(i64, Account, i64)> = Vec::new();
    for (account, balance) in store.balances(municipality, household).await? {
        let Some(number) = claim_number(&account) else { continue };
        let again: i64 = appropriated.iter().filter(|((_, claim), _)| *claim == number).map(|(_, yen)| yen).sum();
        let open = balance.open_debit() + again;
        if open > 0 {
            owed.push((number, account, open));
        }
    }
    let mut years = years_of(&all);
    years.extend(owed.iter().map(|(_, account, _)| account.year));
    let mut reasons = blocked(store, municipality, household, &years, as_of).await?;

    let mut schedules = BTreeMap::new();
    for year in years {
        schedules.insert(year, Schedule::read(store, municipality, household, year).await?);
    }
    let payer_of = |instalment: Instalment| schedules.get(&instalment.year).and_then(|schedule| schedule.payer(instalment));
    let (mut of_payer, mut others, mut payer) = (Vec::new(), Vec::new(), None);
    for standing in all {
        let number = standing.overpayment.number;
        let found = Instalment::of_overpayment(number).and_then(payer_of);
        match (found, payer) {
            (None, _) => reasons.push(Blocked::PayerUnknown(number)),
            (Some(found), Some(payer)) if found != payer => others.push(number),
            (Some(found), _) => {
                payer = Some(found);
                of_payer.push(standing);
            }
        }
    }
    let mut claims = Vec::new();
    for (number, account, open_yen) in owed {
        let Some(instalment) = account.instalment() else { continue };
        match schedules.get(&instalment.year).and_then(|schedule| schedule.due.get(&instalment)) {
            Some(due) => claims.push(Claim { number, account, due: *due, open_yen, same_payer: payer_of(instalment) == payer }),
            None => reasons.push(Blocked::DueUnknown(account)),
        }
    }
    let Some(payer) = payer.filter(|_| reasons.is_empty()) else {
        reasons.sort();
        reasons.dedup();
        return Err(RefundError::Blocked { household, reasons });
    };
    let (person, payer_died) = person_of(store, municipality, household, payer, on, as_of).await?;
    let mut persons = vec![person];
    for other in heads_at_deductions(store, municipality, household, &of_payer, as_of).await? {
        if other != payer
            && let (person, Some(_)) = person_of(store, municipality, household, other, on, as_of).await?
        {
            persons.push(person);
        }
    }
    let head_died = payer_died.is_some() || persons.len() > 1;
    // One that was given before the last of them arose was given for something else.
    let arose_on = of_payer.iter().map(|standing| standing.overpayment.arose_on).max().unwrap_or(on);
    let mut consents = store.consents(municipality, household).await?;
    consents.retain(|consent| consent.kind == ConsentKind::AppropriateBeforeDue && consent.is_for(arose_on, on));
    let before_due = !consents.is_empty();
    let mut facts: Vec<Fact> = of_payer.iter().flat_map(overpayment_facts).collect();
    facts.extend(claims.iter().map(claim_fact));
    for consent in &consents {
        let source = format!("同意 {}", consent.number);
        facts.push(Fact { kind: Kind::Consents, values: vec![consent.given_on.packed(), 0], source });
    }
    for notice in store.refund_notices(municipality, household).await?.iter().filter(|notice| notice.sent_on <= on) {
        let claimed = notice.claim.as_ref().map(|(claimed_on, _)| *claimed_on).filter(|claimed_on| *claimed_on <= on);
        for number in &notice.overpayments {
            if of_payer.iter().any(|standing| standing.overpayment.number == *number) {
                let values = vec![notice.sent_on.packed(), *number, claimed.map_or(ABSENT, Date::packed)];
                facts.push(Fact { kind: Kind::ClaimNotices, values, source: format!("還付充当通知 {}", notice.number) });
            }
        }
    }
    let case = Case::new(on, persons).with_household(facts);
    let appropriated = {
        let mine = |number: &i64| of_payer.iter().any(|standing| standing.overpayment.number == *number);
        appropriated.into_iter().filter(|((number, _), _)| mine(number)).collect()
    };
    Ok(RefundCase { case, payer, payer_died, head_died, standing: of_payer, claims, before_due, others, appropriated, as_of })
}

/// Receipts of a household that are announced only, or whose use nobody knows.
pub(super) async fn unsettled_receipts(store: &Store, municipality: Municipality, household: HouseholdId) -> Result<Vec<i64>, StoreError> {
    let known = store.receipts_of(municipality, household).await?;
    let waits = |known: &&Known| known.stage() == Some(Stage::Announced) || known.exception().is_some();
    Ok(known.iter().filter(waits).map(|known| known.number).collect())
}

fn overpayment_facts(standing: &Standing) -> Vec<Fact> {
    let Standing { overpayment, yen, payments } = standing;
    let number = overpayment.number;
    let Some(Instalment { year, collection, number: instalment }) = Instalment::of_overpayment(number) else { return Vec::new() };
    let source = format!("{LEDGER} 過誤納 {number}");
    let day = |day: Option<Date>| day.map_or(ABSENT, Date::packed);
    let values = vec![
        overpayment.arose_on.packed(),
        number,
        i64::from(year),
        i64::from(collection),
        i64::from(instalment),
        yen.get(),
        i64::from(overpayment.cause),
        day(overpayment.requested_on),
        day(overpayment.tax_notified_on),
    ];
    let mut facts = vec![Fact { kind: Kind::Overpayments, values, source }];
    facts.extend(payments.iter().map(|payment| Fact {
        kind: Kind::OverpaidPayments,
        values: vec![payment.paid_on.packed(), number, payment.yen, i64::from(payment.channel)],
        source: format!("{LEDGER} 収納 {}", payment.receipt),
    }));
    facts
}

fn claim_fact(claim: &Claim) -> Fact {
    let Instalment { year, collection, number } = Instalment::of_item(claim.account.year, claim.account.item).unwrap_or(Instalment {
        year: claim.account.year,
        collection: 0,
        number: 0,
    });
    let part = claim.number % 10 - 1;
    let instalment = [i64::from(year), i64::from(collection), i64::from(number)];
    let values = [&[claim.due.packed(), claim.number][..], &instalment, &[part, claim.open_yen, i64::from(claim.same_payer)]].concat();
    Fact { kind: Kind::Claims, values, source: LEDGER.to_owned() }
}

/// Heads of the household when something was deducted from a pension, and in the year before: what was deducted after a death
/// was somebody else's than the payer's.
async fn heads_at_deductions(
    store: &Store,
    municipality: Municipality,
    household: HouseholdId,
    standing: &[Standing],
    as_of: Knowledge,
) -> Result<BTreeSet<PersonId>, StoreError> {
    let payments = standing.iter().flat_map(|standing| &standing.payments);
    let deducted: BTreeSet<Date> =
        payments.filter(|payment| CHANNELS[usize::from(payment.channel)] == PENSION_DEDUCTION).map(|payment| payment.paid_on).collect();
    let mut heads = BTreeSet::new();
    for day in deducted {
        let Some(stored) = store.case(municipality, Slot::Refund, household, day, as_of).await? else { continue };
        let is_head = |person: &Person| person.facts.iter().any(|fact| fact.kind == Kind::Membership && fact.values.last() == Some(&1));
        heads.extend(stored.case.persons().iter().zip(&stored.people).filter(|(person, _)| is_head(person)).map(|(_, id)| *id));
    }
    Ok(heads)
}

/// A person of the case, whenever they lived here: stays in the household, death; and the day of a death up to a day. Of the
/// household only the payer matters for a refund, and heads who died before something was deducted from their pension. A case
/// has a row for each of its persons, and this one says no birth date: no refund depends on it.
async fn person_of(
    store: &Store,
    municipality: Municipality,
    household: HouseholdId,
    person: PersonId,
    on: Date,
    as_of: Knowledge,
) -> Result<(Person, Option<Date>), StoreError> {
    let records = store.person_records(municipality, (PersonId(person.0 - 1), person), 1, as_of).await?;
    let (mut person, mut died) = (Person::default(), None);
    let unsaid = vec![Date::MIN.packed(), Date::MAX.packed()];
    person.facts.push(Fact { kind: Kind::Persons, values: unsaid, source: "対象外".to_owned() });
    for held in records.into_iter().flat_map(|record| record.facts) {
        let here = held.kind != Kind::Membership || held.household == Some(household);
        if !here || !matches!(held.kind, Kind::Membership | Kind::Deaths) {
            continue;
        }
        if held.kind == Kind::Deaths && held.from <= on {
            died = died.max(Some(held.from));
        }
        let mut values = match held.kind.period() {
            Period::Always => Vec::new(),
            Period::Span => vec![held.from.packed(), if held.until == Date::MAX { ABSENT } else { held.until.packed() }],
            Period::Year | Period::Event => vec![held.from.packed()],
        };
        values.extend(held.values);
        person.facts.push(Fact { kind: held.kind, values, source: held.source });
    }
    Ok((person, died))
}

/// When a household's instalments of a year are due, and who owes them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schedule {
    year: Option<FiscalYear>,
    /// Due dates: of an instalment that vanished from later decisions the last one that was said.
    pub due: BTreeMap<Instalment, Date>,
    /// First and last month counted from April, from 1, and who owes them.
    obligors: Vec<(i64, i64, PersonId)>,
}

impl Schedule {
    /// From the instalment decisions of the year, provisional ones where there is no other.
    pub async fn read(store: &Store, municipality: Municipality, household: HouseholdId, year: i32) -> Result<Schedule, StoreError> {
        let year = FiscalYear::new(year).map_err(|_| StoreError::Damaged(format!("{year} is no fiscal year")))?;
        let mut history = store.decision_history(municipality, Slot::Instalment.word(), year.first_day(), household).await?;
        if history.iter().any(|stored| stored.status == "decided") {
            history.retain(|stored| stored.status == "decided");
        }
        let mut schedule = Schedule { year: Some(year), ..Schedule::default() };
        for stored in &history {
            let kept = store.revision(municipality, stored.decision.revision).await?;
            let words = Words::from_json(kept.as_ref().map_or("", |kept| &kept.about));
            schedule.add_due(stored, &words, year.year());
        }
        // A household that turned out to owe nothing has nobody who owes it: what it paid was owed by whom an earlier
        // decision named.
        let names = |stored: &&StoredDecision| table(&stored.decision, "obligors").is_some_and(|obligors| obligors.rows() > 0);
        if let Some(latest) = history.iter().rfind(names) {
            schedule.obligors = obligors(latest, &people_of(store, latest).await?);
        }
        Ok(schedule)
    }

    fn add_due(&mut self, stored: &StoredDecision, words: &Words, year: i32) {
        let Some(table) = table(&stored.decision, "instalments") else { return };
        let column = |name: &str| table.integers(name).unwrap_or_default();
        for ((number, due), way) in column("number").iter().zip(column("due")).zip(column("collection")) {
            let word = words.cell("instalments", "collection", *way);
            let collection = COLLECTIONS.iter().position(|collection| word == *collection);
            let parts = (collection.and_then(|way| u8::try_from(way).ok()), u16::try_from(*number), Date::from_packed(*due));
            if let (Some(collection), Ok(number), Ok(due)) = parts {
                self.due.insert(Instalment { year, collection, number }, due);
            }
        }
    }

    /// Who owes an instalment: the head of the month in which it is due, and after the year's end that of the last month. None
    /// where no decision says it.
    pub fn payer(&self, instalment: Instalment) -> Option<PersonId> {
        if let [(_, _, only)] = self.obligors.as_slice() {
            return Some(*only);
        }
        let due = self.due.get(&instalment)?;
        let month = i64::from(self.year?.month_of(*due)) + 1;
        let of_month = self.obligors.iter().find(|(first, last, _)| (*first..=*last).contains(&month));
        let after = || self.obligors.iter().max_by_key(|(_, last, _)| *last).filter(|(_, last, _)| month > *last);
        of_month.or_else(after).map(|(_, _, person)| *person)
    }
}

fn obligors(stored: &StoredDecision, people: &[PersonId]) -> Vec<(i64, i64, PersonId)> {
    let Some(table) = table(&stored.decision, "obligors") else { return Vec::new() };
    let column = |name: &str| table.integers(name).unwrap_or_default();
    let rows = column("first_month").iter().zip(column("last_month")).zip(column("person"));
    let known = rows.map(|((first, last), person)| Some((*first, *last, *people.get(usize::try_from(*person).ok()?)?)));
    // One whom nobody knows makes the whole unknown.
    known.collect::<Option<Vec<_>>>().unwrap_or_default()
}
