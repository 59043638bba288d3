//! Applications for benefits (申請): received, completed, decided, notified, paid. Where one is follows from what is kept of it, of
//! decisions and of orders, and is stored nowhere.
//!
//! Absent here: what is due, and notices themselves.

use super::BenefitError;
use jorei_domain::audit::Stamp;
use jorei_domain::benefit::Benefit;
use jorei_domain::calendar::{Date, month_of};
use jorei_domain::id::{HouseholdId, Municipality, PersonId};
use jorei_domain::ledger::Account;
use jorei_domain::record::{Fact, Kind};
use jorei_domain::slot::Slot;
use jorei_store::benefits::{Application, ApplicationEvent, ApplicationEventKind, ApplicationSaved, BenefitDue, Simplified};
use jorei_store::{Store, StoreError};

/// The longest reason or place of a document, in characters.
const LONGEST: usize = 500;

/// Are all documents there, after whatever was sent back, and was it not taken back?
pub fn is_complete(events: &[ApplicationEvent]) -> bool {
    let last = |wanted: ApplicationEventKind| events.iter().rposition(|event| event.event == wanted);
    match (last(ApplicationEventKind::Completed), last(ApplicationEventKind::Returned), last(ApplicationEventKind::Withdrawn)) {
        (Some(completed), returned, None) => returned.is_none_or(|returned| returned < completed),
        _ => false,
    }
}

/// The slot that decides a benefit which is applied for.
pub const fn slot_of(benefit: Benefit) -> Option<Slot> {
    Some(match benefit {
        Benefit::HighCost => Slot::HighCost,
        Benefit::OutpatientYear => Slot::HighCostYear,
        Benefit::Combined => Slot::Combined,
        Benefit::MealDifference | Benefit::LivingCostDifference => Slot::Hospital,
        Benefit::MedicalExpense | Benefit::Transport | Benefit::SpecialMedicalExpense => Slot::Expense,
        Benefit::Childbirth | Benefit::Funeral => Slot::LumpSum,
        Benefit::AnnualCap | Benefit::HomeNursing | Benefit::MixedCare | Benefit::CareInKind => return None,
    })
}

/// The benefits that a slot's rules give.
pub fn benefits_of(slot: Slot) -> Vec<Benefit> {
    let of = |benefit: Benefit| match benefit {
        Benefit::AnnualCap => slot == Slot::HighCostYear,
        Benefit::HomeNursing | Benefit::MixedCare | Benefit::CareInKind => slot == Slot::Expense,
        benefit => slot_of(benefit) == Some(slot),
    };
    Benefit::ALL.iter().copied().filter(|benefit| of(*benefit)).collect()
}

/// The date of the case that an application about a day belongs to.
pub fn case_on(slot: Slot, day: Date) -> Date {
    match slot {
        Slot::LumpSum => day,
        // The base date of the period that the day lies in.
        Slot::HighCostYear | Slot::Combined => Date::new(day.year() + i32::from(day.month() >= 8), 7, 31),
        _ => month_of(day),
    }
}

/// The kind of fact in which what was examined of an application is kept; none where claims say it.
pub const fn fact_of(benefit: Benefit) -> Option<Kind> {
    match benefit {
        Benefit::MealDifference | Benefit::LivingCostDifference => Some(Kind::HospitalStays),
        Benefit::MedicalExpense | Benefit::Transport | Benefit::SpecialMedicalExpense => Some(Kind::Expenses),
        Benefit::Childbirth => Some(Kind::Childbirths),
        Benefit::Funeral => Some(Kind::Funerals),
        Benefit::Combined => Some(Kind::CarePayments),
        _ => None,
    }
}

/// An application as it comes in.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// Which benefit.
    pub benefit: Benefit,
    /// The day it is about: of treatment, birth or death, or any day of the period.
    pub day: Date,
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
    /// What was examined, if anything was: columns as in a case file, without the number.
    pub facts: Vec<(Kind, serde_json::Value)>,
}

/// Keeps an application with what was examined of it, and answers its number. The same again is the same number; two of one day
/// about the same person are told apart by their documents.
///
/// # Errors
/// [`BenefitError::Application`] and [`BenefitError::Stated`] with what is wrong and what to write; the store's.
pub async fn receive(store: &Store, municipality: Municipality, incoming: &Incoming, stamp: &Stamp) -> Result<i64, BenefitError> {
    let wrong = |what: String| BenefitError::Application(what);
    let Some(slot) = slot_of(incoming.benefit) else {
        return Err(wrong(format!("`{}` is not applied for", incoming.benefit.word())));
    };
    let document = incoming.document.trim();
    if document.is_empty() || document.chars().count() > LONGEST {
        return Err(wrong("say where the paper or message is, in a line without personal data".to_owned()));
    }
    let on = case_on(slot, incoming.day);
    let mut facts = Vec::new();
    for (kind, stated) in &incoming.facts {
        if fact_of(incoming.benefit) != Some(*kind) && *kind != Kind::CertifiedPayments {
            let wanted = fact_of(incoming.benefit).map_or("nothing", Kind::name);
            return Err(wrong(format!("`{}` takes {wanted}, not {}", incoming.benefit.word(), kind.name())));
        }
        facts.push(stated_fact(*kind, stated, incoming, on)?);
    }
    let application = Application {
        number: 0,
        slot,
        benefit: incoming.benefit,
        on,
        household: incoming.household,
        person: incoming.person,
        applicant: incoming.applicant,
        received_on: incoming.received_on,
        document: document.to_owned(),
    };
    let numbered = |number: i64| facts.iter().cloned().map(|fact| with_number(fact, number)).collect();
    match store.save_application(municipality, &application, numbered, stamp).await? {
        ApplicationSaved::Here(number) => Ok(number),
        ApplicationSaved::Otherwise(number) => Err(wrong(format!(
            "number {number} has the same document, day and people and says something else; name the document of this one apart, or \
             correct that one: `jorei benefit examine {number}`"
        ))),
    }
}

/// What was examined, as a fact that still lacks the application's number.
fn stated_fact(kind: Kind, stated: &serde_json::Value, incoming: &Incoming, on: Date) -> Result<Fact, BenefitError> {
    let mut stated = stated.clone();
    if let Some(object) = stated.as_object_mut() {
        if kind.field("number").is_some() {
            object.insert("number".to_owned(), 0.into());
        }
        if kind.field("applied_on").is_some() && !object.contains_key("applied_on") {
            object.insert("applied_on".to_owned(), incoming.received_on.to_string().into());
        }
        if kind == Kind::Expenses && !object.contains_key("on") {
            object.insert("on".to_owned(), incoming.day.to_string().into());
        }
    }
    let fact = crate::case_file::stated_fact(kind.name(), kind, &stated, on, on)?;
    Ok(Fact { source: "給付申請".to_owned(), ..fact })
}

/// The fact with its application's number and source.
fn with_number(mut fact: Fact, number: i64) -> Fact {
    let fields = fact.kind.period_columns().len();
    if let Some(place) = fact.kind.fields().iter().position(|field| field.name == "number") {
        fact.values[fields + place] = number;
    }
    fact.source = format!("給付申請 {number}");
    fact
}

/// Keeps what was examined of an application later; it takes the place of what was known of the kind.
///
/// # Errors
/// As [`receive`], [`BenefitError::NoSuchApplication`].
pub async fn examine(
    store: &Store,
    municipality: Municipality,
    number: i64,
    (kind, stated): (Kind, &serde_json::Value),
    stamp: &Stamp,
) -> Result<(), BenefitError> {
    let application = store.application(municipality, number).await?.ok_or(BenefitError::NoSuchApplication(number))?;
    let incoming = Incoming {
        benefit: application.benefit,
        day: application.on,
        household: application.household,
        person: application.person,
        applicant: application.applicant,
        received_on: application.received_on,
        document: application.document,
        facts: Vec::new(),
    };
    let fact = with_number(stated_fact(kind, stated, &incoming, application.on)?, number);
    Ok(store.save_application_fact(municipality, number, &fact, stamp).await?)
}

/// Keeps that something happened to an application.
///
/// # Errors
/// [`BenefitError::NoSuchApplication`], [`BenefitError::NoReason`] for what needs one, the store's.
pub async fn note(
    store: &Store,
    municipality: Municipality,
    number: i64,
    event: &ApplicationEvent,
    stamp: &Stamp,
) -> Result<(), BenefitError> {
    let application = store.application(municipality, number).await?.ok_or(BenefitError::NoSuchApplication(number))?;
    let needs_reason = matches!(event.event, ApplicationEventKind::Returned | ApplicationEventKind::Withdrawn);
    if needs_reason && event.reason.trim().is_empty() || event.reason.chars().count() > LONGEST {
        return Err(BenefitError::NoReason);
    }
    if event.on < application.received_on {
        return Err(BenefitError::Application(format!("{} is before it came in ({})", event.on, application.received_on)));
    }
    if event.event == ApplicationEventKind::Completed
        && let Some(kind) = fact_of(application.benefit)
    {
        let facts = store.application_facts(municipality, number).await?;
        if !facts.iter().any(|fact| fact.kind == kind) {
            let what = format!("{number}: what was examined is missing; state its {} first", kind.name());
            return Err(BenefitError::Application(what));
        }
    }
    Ok(store.save_application_event(municipality, number, event, stamp).await?)
}

/// Where an application is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum State {
    /// It came in.
    Received,
    /// It was sent back for what is missing.
    Returned,
    /// All documents are there; nothing was decided.
    Completed,
    /// Decided, and not told.
    Decided,
    /// Told; to be paid, or nothing is.
    Notified,
    /// Paid.
    Paid,
    /// Taken back.
    Withdrawn,
}

impl State {
    /// What officials call it.
    pub const fn ja(self) -> &'static str {
        match self {
            State::Received => "受付",
            State::Returned => "補正依頼中",
            State::Completed => "審査中（書類完備）",
            State::Decided => "決定（未通知）",
            State::Notified => "通知済",
            State::Paid => "支給済",
            State::Withdrawn => "取下げ",
        }
    }
}

/// An application with where it is.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The application.
    pub application: Application,
    /// What happened to it.
    pub events: Vec<ApplicationEvent>,
    /// What is due for it by the last posted decision, if one was.
    pub due: Option<BenefitDue>,
    /// Where it is.
    pub state: State,
}

/// Where an application is.
///
/// # Errors
/// [`BenefitError::NoSuchApplication`], the store's.
pub async fn standing(store: &Store, municipality: Municipality, number: i64) -> Result<Standing, BenefitError> {
    let application = store.application(municipality, number).await?.ok_or(BenefitError::NoSuchApplication(number))?;
    let events = store.application_events(municipality, number).await?;
    let dues = store.benefit_dues(municipality, application.household, application.slot, application.on).await?;
    let of = |due: &&BenefitDue| due.key.benefit == application.benefit && due.key.number.is_none_or(|of| of == number);
    let due = dues.iter().rfind(of).cloned();
    let paid = match due.as_ref().and_then(|due| due.order) {
        Some(order) => {
            let balance = store.balance(municipality, Account::payable(application.household, order)).await?;
            balance.credits > 0 && balance.credit() == 0
        }
        None => false,
    };
    let has = |wanted| events.iter().any(|event| event.event == wanted);
    let state = match due {
        _ if has(ApplicationEventKind::Withdrawn) => State::Withdrawn,
        Some(_) if paid => State::Paid,
        Some(_) if has(ApplicationEventKind::Notified) => State::Notified,
        Some(_) => State::Decided,
        None if is_complete(&events) => State::Completed,
        None if has(ApplicationEventKind::Returned) => State::Returned,
        None => State::Received,
    };
    Ok(Standing { application, events, due, state })
}

/// The registration for the simplified procedure that holds for a household on a day.
///
/// # Errors
/// A [`StoreError`].
pub async fn simplified(
    store: &Store,
    municipality: Municipality,
    household: HouseholdId,
    on: Date,
) -> Result<Option<Simplified>, StoreError> {
    Ok(store.simplified_of(municipality, household).await?.into_iter().rfind(|registration| registration.holds(on)))
}
