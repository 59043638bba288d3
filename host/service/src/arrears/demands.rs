//! Demand notices (督促状): which instalments need one, to whom it goes, and that it was sent.
//!
//! The rule in force says which are due for one, and until when. Nobody dead is addressed: the notice goes to the living head,
//! or to the representative of the heirs, or waits for a clerk. Absent here: the paper.

use super::charges::{Answers, answer, in_force};
use super::{Arrears, ArrearsError, Charge, case_of, charges, household};
use crate::addressee::{Addressee, Matter, Recipient, of_household, of_person};
use crate::officer::Now;
use crate::revisions::Shelf;
use crate::sheets::SheetColumn;
use jorei_domain::calendar::Date;
use jorei_domain::decision::Outcome;
use jorei_domain::id::{HouseholdId, Municipality};
use jorei_domain::money::Yen;
use jorei_domain::record::{COLLECTIONS, Kind};
use jorei_store::arrears::{ArrearsEvent, Step, StoredArrearsEvent};
use jorei_store::{Store, StoreError};
use std::sync::Arc;

/// A notice to send to one household.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Demand {
    /// Whose arrears.
    pub household: HouseholdId,
    /// To whom it goes.
    pub addressee: Addressee,
    /// The head at the due date has died: whoever is addressed is the next head.
    pub new_head: bool,
    /// The instalments, the longest due first.
    pub instalments: Vec<Charge>,
    /// The charge rests on something that is not confirmed: it is not printed.
    pub provisional: bool,
    /// The fee for each instalment.
    pub fee: Yen,
}

/// Some notices.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct DemandPage {
    /// To send.
    pub demands: Vec<Demand>,
    /// Households that owe something and of which the rule said nothing: what their decision would be.
    pub unanswered: Vec<(HouseholdId, &'static str)>,
    /// Behind which household the next page begins; none on the last one.
    pub next: Option<HouseholdId>,
}

impl Demand {
    /// Can it be sent?
    pub fn is_addressed(&self) -> bool {
        !matches!(self.addressee, Addressee::Clerk(_))
    }

    /// A line for each instalment, in the order of [`demand_columns`]. Names and addresses are in it.
    pub fn lines(&self, on: Date) -> Vec<Vec<String>> {
        let nobody = |matter: &Matter| ("要確認".to_owned(), matter.ja(), String::new(), String::new());
        let somebody = |role: &str, recipient: &Recipient| {
            (role.to_owned(), recipient.name.clone(), recipient.postcode.clone().unwrap_or_default(), recipient.address.clone())
        };
        let (role, name, postcode, address) = match &self.addressee {
            Addressee::Living(recipient) => {
                let role = if self.new_head { "新世帯主" } else { "世帯主" };
                let acting = recipient.role.map(|acting| format!("{role}（{}）", acting.ja()));
                somebody(&acting.unwrap_or_else(|| role.to_owned()), recipient)
            }
            Addressee::Heirs(recipient) => somebody("相続人代表者", recipient),
            Addressee::Clerk(matter) => nobody(matter),
        };
        let line = |charge: &Charge| {
            let of = charge.instalment;
            let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
            let way =
                if COLLECTIONS.get(usize::from(of.collection)) == Some(&"pension_deduction") { "特別徴収" } else { "普通徴収" };
            vec![
                self.household.to_string(),
                role.clone(),
                name.clone(),
                postcode.clone(),
                address.clone(),
                of.year.to_string(),
                way.to_owned(),
                of.number.to_string(),
                charge.due.to_string(),
                charge.open_yen.to_string(),
                if self.provisional { String::new() } else { charge.charge_yen.to_string() },
                self.fee.get().to_string(),
                on.to_string(),
                day(charge.demand_by),
            ]
        };
        self.instalments.iter().map(line).collect()
    }
}

/// The columns of the file for the printer.
pub fn demand_columns() -> Vec<SheetColumn> {
    let headings = [
        "世帯番号",
        "宛先区分",
        "宛名",
        "郵便番号",
        "住所",
        "年度",
        "徴収方法",
        "期",
        "納期限",
        "未納額",
        "延滞金（発付日現在）",
        "督促手数料",
        "発付日",
        "発付期限",
    ];
    let column =
        |heading: &str| SheetColumn { heading: heading.to_owned(), number: heading.ends_with('額') || heading.ends_with("手数料") };
    headings.map(column).to_vec()
}

/// The notices to send on a day, of the next households that owe anything, at most `limit`: every instalment that the rule in
/// force that day calls due for one. `fee` is what the ordinance takes for each, 0 for none.
///
/// # Errors
/// An [`ArrearsError`].
#[allow(clippy::too_many_arguments, reason = "whose, when, how much, and which page")]
pub async fn demands(
    store: &Store,
    shelf: &Shelf,
    municipality: Municipality,
    on: Date,
    fee: Yen,
    after: Option<HouseholdId>,
    limit: u32,
) -> Result<DemandPage, ArrearsError> {
    let live = in_force(store, shelf, municipality, on).await?;
    demands_by(store, live, municipality, on, fee, after, limit).await
}

/// As [`demands`], with whoever answers.
pub(super) async fn demands_by(
    store: &Store,
    live: Arc<dyn Answers>,
    municipality: Municipality,
    on: Date,
    fee: Yen,
    after: Option<HouseholdId>,
    limit: u32,
) -> Result<DemandPage, ArrearsError> {
    let households = store.owing_households(municipality, after, limit.max(1)).await?;
    let next = households.last().copied().filter(|_| households.len() >= limit.max(1) as usize);
    let mut page = DemandPage { next, ..DemandPage::default() };
    for id in households {
        let arrears = household(store, municipality, id).await?;
        let overdue = |standing: &super::Standing| standing.due < on && standing.open_on(on) > 0;
        let Some(case) = case_of(&arrears, on).filter(|_| arrears.standings.iter().any(overdue)) else { continue };
        let made = answer(Arc::clone(&live), municipality, id, case, None).await?;
        let outcome = made.decision.outcome;
        let (Some(charges), Outcome::Decided { provisional, .. }) = (charges(&outcome, live.words()), &outcome) else {
            page.unanswered.push((id, outcome.word()));
            continue;
        };
        let mut instalments: Vec<Charge> =
            charges.into_iter().filter(|charge| charge.demand_due && is_open(&arrears, charge, on)).collect();
        instalments.sort_by_key(|charge| (charge.due, charge.instalment));
        if let Some(first) = instalments.first() {
            let (addressee, new_head) = addressed(store, municipality, id, first.due, on).await?;
            page.demands.push(Demand { household: id, addressee, new_head, instalments, provisional: *provisional, fee });
        }
    }
    Ok(page)
}

/// Does the ledger say too that an instalment is past due and open?
fn is_open(arrears: &Arrears, charge: &Charge, on: Date) -> bool {
    let of = |standing: &&super::Standing| standing.instalment == charge.instalment;
    arrears.standings.iter().find(of).is_some_and(|standing| standing.due < on && standing.open_on(on) > 0)
}

/// To whom a notice goes, and whether that is another head than the one who died since the due date. Where nobody is left in the
/// household, it goes to the head of the due date wherever they are, or to the representative of their heirs.
async fn addressed(
    store: &Store,
    municipality: Municipality,
    household: HouseholdId,
    due: Date,
    on: Date,
) -> Result<(Addressee, bool), StoreError> {
    let as_of = store.latest_knowledge(municipality).await?;
    let addressee = of_household(store, municipality, household, on, as_of).await?;
    let then = store.household_members(municipality, household, due, as_of).await?;
    let head = then.iter().find(|member| member.head).map(|member| member.person);
    match (&addressee, head) {
        (Addressee::Clerk(Matter::NobodyLeft(_)), Some(head)) => Ok((of_person(store, municipality, head, on, as_of).await?, false)),
        (Addressee::Living(recipient), Some(head)) if recipient.about != head => {
            let facts = store.person_facts(municipality, head, as_of).await?;
            let died = facts.iter().any(|fact| fact.kind == Kind::Deaths && fact.holds && fact.values.is_some() && fact.from <= on);
            Ok((addressee, died))
        }
        _ => Ok((addressee, false)),
    }
}

/// Records that notices were sent on a day, those that could be addressed, with their fees; all or none. Answers how many.
///
/// # Errors
/// A [`StoreError`]; [`StoreError::Arrears`] where somebody sent one of them in between.
pub async fn record_demands(
    store: &Store,
    municipality: Municipality,
    demands: &[Demand],
    on: Date,
    now: &Now,
    by: &str,
) -> Result<usize, StoreError> {
    let event = |demand: &Demand| {
        let instalments = demand.instalments.iter().map(|charge| charge.instalment).collect();
        ArrearsEvent { fee: demand.fee, ..ArrearsEvent::of(demand.household, Step::Demanded, on, instalments, "") }
    };
    let events: Vec<ArrearsEvent> = demands.iter().filter(|demand| demand.is_addressed()).map(event).collect();
    if events.is_empty() {
        return Ok(0);
    }
    Ok(store.record_arrears(municipality, &events, now.today, &now.stamp(by)).await?.len())
}

/// The notices that were recorded as sent on a day, after a number, at most `limit`: to make their file again where it was lost.
///
/// # Errors
/// A [`StoreError`].
pub async fn sent_on(
    store: &Store,
    municipality: Municipality,
    on: Date,
    after: i64,
    limit: u32,
) -> Result<Vec<StoredArrearsEvent>, StoreError> {
    store.arrears_events_on(municipality, Step::Demanded, on, after, limit.max(1)).await
}
