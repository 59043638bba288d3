//! A household's case of a benefit decided: the rule answers, the host bounds the answer, and decision, postings, orders and what is
//! due are one transaction.
//!
//! Each thing a case is about (a key) has at most one open order. More is due: what was to be given back is let go first, then with
//! consent arrears are paid, and the rest is one order, in which an order that had not left is taken up. Less is due: an order that
//! had not left is taken back, and what was paid already must be given back. While an order is at the bank nothing of its key is
//! posted. Absent here: approving an order, and paying it.

use super::BenefitError;
use super::applications::{benefits_of, is_complete, simplified};
use super::case::{Assembled, Desk};
use super::due::{Due, OutOfBounds, dues};
use crate::addressee::has_died;
use crate::decide_case::{Made, decide as decide_live};
use crate::language::Language;
use crate::refunds::{Schedule, claim_number, named};
use crate::revisions::{LiveRevision, RevisionError, Shelf};
use jorei_domain::audit::Stamp;
use jorei_domain::benefit::Benefit;
use jorei_domain::calendar::{Date, FiscalYear, month_of, months_after};
use jorei_domain::decision::{Decision, Outcome};
use jorei_domain::id::{DecisionId, Digest, HouseholdId, Knowledge, Municipality, PersonId};
use jorei_domain::ledger::{Account, Event, Phase, Posting, Transfer};
use jorei_domain::money::Yen;
use jorei_domain::record::{Kind, RESTRICTIONS};
use jorei_domain::slot::Slot;
use jorei_domain::table::ABSENT;
use jorei_store::benefits::{Application, ApplicationEventKind, BenefitDue, BenefitKey};
use jorei_store::decisions::{NewDecision, PackedDecision};
use jorei_store::notices::{NewNotice, NoticeKind};
use jorei_store::orders::{Book, PayeeKind, PaymentOrder};
use jorei_store::{Store, StoreError, unless_overtaken};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Tries when somebody else writes about the same household, or takes the same number of an order.
const TRIES: usize = 8;

/// Why nothing of a decision was posted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Held {
    /// It rests on values or facts that nobody confirmed.
    Provisional,
    /// The host's bounds.
    OutOfBounds(OutOfBounds),
    /// The rule declined: its sentence.
    Refused(String),
    /// The rule broke: the word of the failure.
    Failed(&'static str),
    /// Nobody has applied, or not with all documents: a candidate.
    NoApplication,
    /// Arrears stand against the simplified procedure, and nobody agreed that they are paid from it.
    InArrears,
    /// Payment of benefits is suspended (一時差止, Act art. 63-2).
    Suspended,
    /// The application came too late (Act art. 110).
    Lapsed,
    /// An order for the same thing is at the bank: it waits for the answer.
    Underway(i64),
    /// Nobody belongs to the household for the month any more, and something is due to it by an earlier decision.
    Vanished,
}

impl Held {
    /// For officials: what is the matter, and what to do.
    pub fn ja(&self) -> String {
        match self {
            Held::Provisional => "仮決定です。未確認の値（法令・条例）又は区分判定を二人で確認してから、再度決定してください".to_owned(),
            Held::OutOfBounds(why) => {
                format!("ルールの結果が制限を超えたため計上していません: {}。ルールのベンダーへ連絡してください", why.ja())
            }
            Held::Refused(sentence) => format!("計算不能: {sentence}"),
            Held::Failed(word) => format!("ルールの障害: {word}"),
            Held::NoApplication => "支給申請がありません（又は書類が完備していません）。申請の勧奨を検討してください".to_owned(),
            Held::InArrears => "簡素化の登録がありますが滞納があります。充当の同意又は納付を確認してください".to_owned(),
            Held::Suspended => "給付の一時差止中です。滞納の解消又は特別の事情を確認してください".to_owned(),
            Held::Lapsed => "申請が時効の完成後です。受付日と時効の起算日を確認してください".to_owned(),
            Held::Vanished => {
                "支給済み又は支給決定済みですが、この月に世帯員がいません。資格・世帯の記録を確認し、返納を検討してください".to_owned()
            }
            Held::Underway(order) => format!("支出命令 {order} が銀行で処理中です。結果の到着後に再度決定してください"),
        }
    }

    /// Must a clerk look? A candidate waits for its application, and an order for the bank.
    const fn waits_for_clerk(&self) -> bool {
        !matches!(self, Held::NoApplication | Held::Underway(_))
    }
}

/// What was posted for one thing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Posted {
    /// What it is about.
    pub key: BenefitKey,
    /// Due in all.
    pub due_yen: i64,
    /// Due before.
    pub before_yen: i64,
    /// What pays arrears.
    pub set_off_yen: i64,
    /// What must be given back.
    pub reclaimed_yen: i64,
    /// The order that pays out what is not paid, and how much.
    pub order: Option<(i64, i64)>,
}

/// What came of a case.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Decided {
    /// The household.
    pub household: HouseholdId,
    /// The slot.
    pub slot: Slot,
    /// The date of the case.
    pub on: Date,
    /// The decision.
    pub decision: DecisionId,
    /// Was it made now? Otherwise it was there and is still true.
    pub new: bool,
    /// What is due in cash in all by it; none where it was refused or failed.
    pub benefit_yen: Option<i64>,
    /// What was posted now.
    pub posted: Vec<Posted>,
    /// Why nothing, or not everything, was posted: each reason once, in the order of what it is about.
    pub held: Vec<Held>,
}

/// What a case comes to before it is written.
pub(super) struct Prepared {
    pub packed: Option<PackedDecision>,
    pub notices: Vec<NewNotice>,
    pub book: Book,
    pub decided: Decided,
    /// What came out.
    pub outcome: Outcome,
}

/// Decides a household's case under the rule in force on its date, and posts what follows. Deciding once more answers what was
/// decided. A classification is decided the same way and posts nothing.
///
/// # Errors
/// A [`BenefitError`]; nothing was written then.
#[allow(clippy::too_many_arguments, reason = "whose case of what on which date, decided when and by whom")]
pub async fn decide(
    store: &Store,
    shelf: &Shelf,
    municipality: Municipality,
    slot: Slot,
    household: HouseholdId,
    on: Date,
    decided_on: Date,
    stamp: &Stamp,
) -> Result<Decided, BenefitError> {
    if !(slot.is_benefit() || slot == Slot::Classification) {
        return Err(BenefitError::NoBenefit(slot));
    }
    for _ in 0..TRIES {
        let as_of = store.latest_knowledge(municipality).await?;
        let live = shelf.in_force(municipality, slot, on, as_of).await?;
        for month in classified_before(slot, on) {
            classify(store, shelf, (municipality, household), (slot, month, on), decided_on, stamp).await?;
        }
        let desk = Desk { store, shelf, municipality, household, as_of };
        let assembled = desk.assemble(slot, on).await?;
        let mut next_order = store.next_order(municipality).await?;
        let asked = Asked { live: &live, decided_on, stamp };
        let prepared = prepare(&desk, &asked, assembled, &mut next_order).await?;
        if let Some(decided) = save(store, prepared, stamp).await? {
            return Ok(decided);
        }
    }
    Err(BenefitError::Raced(household))
}

/// The months whose classification a case rests on, in order.
fn classified_before(slot: Slot, on: Date) -> Vec<Date> {
    match slot {
        // The days of a long stay count in months of low income only; a year rests on what is left of each of its months.
        Slot::Hospital | Slot::HighCostYear | Slot::Combined => (-11..=0).map(|back| months_after(month_of(on), back)).collect(),
        _ if slot.kinds().iter().any(|kind| matches!(kind, Kind::Categories | Kind::Shares)) => vec![month_of(on)],
        _ => Vec::new(),
    }
}

/// Decides the classification that a case rests on. A month before the case's own in which nobody was there is left open, and so is
/// one without a revision: the rule says whether it can do without. What was decided of the months before a stay's own stays.
async fn classify(
    store: &Store,
    shelf: &Shelf,
    (municipality, household): (Municipality, HouseholdId),
    (slot, month, on): (Slot, Date, Date),
    decided_on: Date,
    stamp: &Stamp,
) -> Result<(), BenefitError> {
    let earlier = month < month_of(on);
    let word = Slot::Classification.word();
    if slot == Slot::Hospital && earlier && !store.decision_history(municipality, word, month, household).await?.is_empty() {
        return Ok(());
    }
    match Box::pin(decide(store, shelf, municipality, Slot::Classification, household, month, decided_on, stamp)).await {
        Err(BenefitError::Nobody { .. }) if earlier => Ok(()),
        Err(BenefitError::Revision(RevisionError::NotInForce { .. })) => Ok(()),
        done => done.map(|_| ()),
    }
}

/// Writes what was prepared; none where others wrote in between.
async fn save(store: &Store, prepared: Prepared, stamp: &Stamp) -> Result<Option<Decided>, BenefitError> {
    let Prepared { packed, notices, book, mut decided, .. } = prepared;
    let (packed, books) = (Vec::from_iter(packed), books_of(vec![book]));
    if packed.is_empty() && notices.is_empty() && books.is_empty() {
        return Ok(Some(decided));
    }
    match unless_overtaken(store.save_run(&packed, &notices, &books, stamp).await)? {
        Some(saved) => {
            decided.new = saved.inserted > 0;
            Ok(Some(decided))
        }
        None => Ok(None),
    }
}

/// Those books in which something is written.
pub(super) fn books_of(books: Vec<Book>) -> Vec<Book> {
    books.into_iter().filter(|book| !(book.postings.is_empty() && book.dues.is_empty())).collect()
}

/// Under which revision, for which day, and by whom.
pub(super) struct Asked<'a> {
    pub live: &'a Arc<LiveRevision>,
    pub decided_on: Date,
    pub stamp: &'a Stamp,
}

/// Decides a case and works out what follows; writes nothing. Orders take numbers from `next_order` on.
pub(super) async fn prepare(
    desk: &Desk<'_>,
    asked: &Asked<'_>,
    assembled: Assembled,
    next_order: &mut i64,
) -> Result<Prepared, BenefitError> {
    let Desk { store, municipality, household, as_of, .. } = *desk;
    let Asked { live, decided_on, stamp } = *asked;
    let (slot, on) = (live.slot, assembled.case.on);
    let history = store.decision_history(municipality, slot.word(), on, household).await?;
    let latest = history.last();
    let supersedes = latest.map(|latest| latest.id);
    let (run, case) = (Arc::clone(live), assembled.case.clone());
    // A rule may take its whole time: not on a thread that answers others.
    let made = tokio::task::spawn_blocking(move || decide_live(&run, municipality, household, case, supersedes)).await;
    let made = made.map_err(|_| BenefitError::Thread)?;
    let Made { decision, fuel, .. } = made.map_err(|fault| BenefitError::Fault { revision: live.digest, fault })?;
    let same = latest.filter(|latest| Decision { supersedes: latest.decision.supersedes, ..decision.clone() } == latest.decision);
    let outcome = decision.outcome.clone();
    let (id, packed, version) = match same {
        Some(same) => (same.id, None, same.version),
        None => {
            let version = latest.map_or(1, |latest| latest.version + 1);
            let amount = outcome.figure(slot.figure().0, slot.figure().1);
            let new = NewDecision { decision, version, knowledge: as_of, decided_on, fuel, amount, recorded_at: stamp.at.clone() };
            let packed = new.pack()?;
            (packed.id(), Some(packed), version)
        }
    };
    let mut book = Book { municipality, postings: Vec::new(), orders: Vec::new(), dues: Vec::new() };
    let mut decided = Decided {
        household,
        slot,
        on,
        decision: id,
        new: false,
        benefit_yen: outcome.figure(slot.figure().0, slot.figure().1).filter(|_| slot.is_benefit()),
        posted: Vec::new(),
        held: Vec::new(),
    };
    let mut due = BTreeMap::new();
    decided.held = match &outcome {
        Outcome::Refused(refusal) => vec![Held::Refused(live.words.sentence(refusal, Language::Japanese))],
        Outcome::Failed(failure) => vec![Held::Failed(failure.word())],
        Outcome::Decided { .. } if !slot.is_benefit() => Vec::new(),
        Outcome::Decided { provisional, .. } => match dues(&outcome, &assembled.case, &assembled.people, &benefits_of(slot)) {
            Err(why) => vec![Held::OutOfBounds(why)],
            Ok(_) if *provisional => vec![Held::Provisional],
            Ok(found) => {
                due = found;
                Vec::new()
            }
        },
    };
    if decided.held.is_empty() && slot.is_benefit() {
        let office = Office { desk, slot, on, decided_on, decision: id, head: assembled.head };
        decided.held = office.post(&due, &mut book, next_order, &mut decided.posted).await?;
    }
    let notices = notices(store, (municipality, household, slot), (on, version, as_of), &decided.held).await?;
    Ok(Prepared { packed, notices, book, decided, outcome })
}

/// A decision that is posted: whose, of what, for which day.
struct Office<'o> {
    desk: &'o Desk<'o>,
    slot: Slot,
    on: Date,
    decided_on: Date,
    decision: DecisionId,
    head: Option<PersonId>,
}

/// What stands of a key before.
struct Before {
    /// What was said to be due last; none where nothing was.
    due: Option<BenefitDue>,
    /// The order that has not left, and what is open of it.
    open: Option<(PaymentOrder, i64)>,
    /// What must be given back.
    reclaim: i64,
}

impl Office<'_> {
    fn year(&self) -> i32 {
        FiscalYear::of(self.decided_on).year()
    }

    fn reclaim_account(&self, key: &BenefitKey) -> Account {
        // The same for whatever year the thing is claimed back in, so that it is found again.
        Account::benefit_reclaim(self.desk.household, FiscalYear::of(self.on).year(), key_number(self.slot, self.on, key))
    }

    /// Posts the differences; answers why, where some cannot be posted.
    async fn post(
        &self,
        due: &BTreeMap<BenefitKey, Due>,
        book: &mut Book,
        next_order: &mut i64,
        posted: &mut Vec<Posted>,
    ) -> Result<Vec<Held>, BenefitError> {
        let Desk { store, municipality, household, .. } = *self.desk;
        let mut last: BTreeMap<BenefitKey, BenefitDue> = BTreeMap::new();
        for known in store.benefit_dues(municipality, household, self.slot, self.on).await? {
            last.insert(known.key, known);
        }
        let applications = store.applications_of_case(municipality, household, self.slot, self.on).await?;
        let keys: BTreeSet<BenefitKey> = due.keys().chain(last.keys()).copied().collect();
        let mut held: Vec<Held> = Vec::new();
        let mut holds = |why: Held| {
            if !held.contains(&why) {
                held.push(why);
            }
        };
        for key in keys {
            let wanted = due.get(&key).filter(|due| due.payee.is_paid());
            let now = wanted.map_or(0, |due| due.yen);
            let before_yen = last.get(&key).map_or(0, |known| known.due_yen);
            if now == before_yen {
                continue;
            }
            let mut payee = None;
            if now > before_yen {
                match self.entitled(&key, due.get(&key), &applications).await? {
                    Ok(found) => payee = Some(found),
                    Err(why) => {
                        holds(why);
                        continue;
                    }
                }
            }
            let before = match self.before(&key, last.get(&key)).await? {
                Ok(before) => before,
                Err(underway) => {
                    holds(Held::Underway(underway));
                    continue;
                }
            };
            posted.push(self.difference(key, now, before, payee, book, next_order).await?);
        }
        Ok(held)
    }

    /// Who is paid, and whether arrears may be paid first; or why nobody is.
    async fn entitled(
        &self,
        key: &BenefitKey,
        due: Option<&Due>,
        applications: &[Application],
    ) -> Result<Result<Entitled, Held>, BenefitError> {
        let Desk { store, municipality, household, .. } = *self.desk;
        if self.is_suspended().await? {
            return Ok(Err(Held::Suspended));
        }
        let of_key = |application: &&Application| match key.number {
            Some(number) => application.number == number,
            None => application.benefit == key.benefit,
        };
        for application in applications.iter().filter(of_key) {
            let events = store.application_events(municipality, application.number).await?;
            if !is_complete(&events) {
                continue;
            }
            if due.and_then(|due| due.bar_on).is_some_and(|bar| application.received_on >= bar) {
                return Ok(Err(Held::Lapsed));
            }
            let set_off = events.iter().any(|event| event.event == ApplicationEventKind::SetOffAgreed && event.on <= self.decided_on);
            return Ok(Ok(Entitled { person: application.applicant, set_off }));
        }
        if key.benefit == Benefit::HighCost
            && let Some(registration) = simplified(store, municipality, household, self.decided_on).await?
            && self.head == Some(registration.head)
        {
            if !registration.set_off && !self.arrears().await?.is_empty() {
                return Ok(Err(Held::InArrears));
            }
            return Ok(Ok(Entitled { person: registration.head, set_off: registration.set_off }));
        }
        Ok(Err(Held::NoApplication))
    }

    /// Is payment suspended for the household on the day of the decision?
    async fn is_suspended(&self) -> Result<bool, BenefitError> {
        let Desk { store, municipality, household, as_of, .. } = *self.desk;
        let case = store.case(municipality, Slot::Classification, household, self.decided_on, as_of).await?;
        let Some(case) = case else { return Ok(false) };
        let suspended = RESTRICTIONS.iter().position(|word| *word == "payment_suspended").and_then(|place| i64::try_from(place).ok());
        let day = self.decided_on.packed();
        let facts = case.case.persons().iter().flat_map(|person| &person.facts);
        let holds = |values: &[i64]| values[0] <= day && (values[1] == ABSENT || day < values[1]);
        let of_kind = facts.filter(|fact| fact.kind == Kind::BenefitRestrictions);
        Ok(of_kind.into_iter().any(|fact| holds(&fact.values) && fact.values.get(2).copied() == suspended))
    }

    /// What stands of a key; the order that is at the bank, where one is.
    async fn before(&self, key: &BenefitKey, last: Option<&BenefitDue>) -> Result<Result<Before, i64>, BenefitError> {
        let Desk { store, municipality, household, .. } = *self.desk;
        let mut open = None;
        if let Some(number) = last.and_then(|last| last.order) {
            let balance = store.balance(municipality, Account::payable(household, number)).await?;
            if balance.debits_pending > 0 {
                return Ok(Err(number));
            }
            if balance.open_credit() > 0 {
                let order = store.order(municipality, number).await?;
                let order = order.ok_or_else(|| StoreError::Damaged(format!("payment order {number} is not there")))?;
                open = Some((order, balance.open_credit()));
            }
        }
        let reclaim = store.balance(municipality, self.reclaim_account(key)).await?.open_debit();
        Ok(Ok(Before { due: last.cloned(), open, reclaim }))
    }

    /// Arrears that are due on the day, the oldest first: account, due date and what is open.
    async fn arrears(&self) -> Result<Vec<(Account, Date, i64)>, BenefitError> {
        let Desk { store, municipality, household, .. } = *self.desk;
        let mut schedules: BTreeMap<i32, Schedule> = BTreeMap::new();
        let mut found = Vec::new();
        for (account, balance) in store.balances(municipality, household).await? {
            let open = balance.open_debit();
            let (Some(_), Some(instalment)) = (claim_number(&account), account.instalment()) else { continue };
            if open <= 0 {
                continue;
            }
            let schedule = match schedules.entry(instalment.year) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => place.insert(Schedule::read(store, municipality, household, instalment.year).await?),
            };
            let due = schedule.due.get(&instalment);
            if let Some(due) = due.filter(|due| **due < self.decided_on) {
                found.push((account, *due, open));
            }
        }
        found.sort_by_key(|(account, due, _)| (*due, claim_number(account)));
        Ok(found)
    }

    /// Posts one difference.
    async fn difference(
        &self,
        key: BenefitKey,
        now: i64,
        before: Before,
        payee: Option<Entitled>,
        book: &mut Book,
        next_order: &mut i64,
    ) -> Result<Posted, BenefitError> {
        let household = self.desk.household;
        let before_yen = before.due.as_ref().map_or(0, |due| due.due_yen);
        let serial = before.due.as_ref().map_or(0, |due| due.ordinal);
        let cost = Account::benefits(self.year(), key.benefit);
        let reclaim = self.reclaim_account(&key);
        let mut result = Posted { key, due_yen: now, before_yen, set_off_yen: 0, reclaimed_yen: 0, order: None };
        // What had not left is taken back whole; what of it stays due goes into the next order.
        let (open, payable) = match &before.open {
            Some((order, yen)) => (*yen, Some((Account::payable(household, order.number), order))),
            None => (0, None),
        };
        let mut to_pay = open + now - before_yen;
        let mut reduced: Vec<Transfer> = payable.iter().flat_map(|(payable, _)| self.transfer(*payable, cost, open)).collect();
        if to_pay < 0 {
            result.reclaimed_yen = -to_pay;
            reduced.extend(self.transfer(reclaim, cost, -to_pay));
            to_pay = 0;
        }
        let mut decided: Vec<Transfer> = Vec::new();
        let mut take = |account: Account, most: i64, to_pay: &mut i64| {
            let yen = (*to_pay).min(most);
            decided.extend(self.transfer(cost, account, yen));
            *to_pay -= yen.max(0);
            yen.max(0)
        };
        take(reclaim, before.reclaim, &mut to_pay);
        let payee = match (payee, &before.open) {
            (Some(payee), _) => Some(payee),
            (None, Some((order, _))) => order.payee.map(|person| Entitled { person, set_off: false }),
            (None, None) => None,
        };
        if payee.is_some_and(|payee| payee.set_off) && now > before_yen {
            for (account, _, owed) in self.arrears().await? {
                result.set_off_yen += take(account, owed, &mut to_pay);
            }
        }
        let mut order = None;
        if to_pay > 0 {
            let number = *next_order;
            *next_order += 1;
            take(Account::payable(household, number), to_pay, &mut { to_pay });
            order = Some((number, to_pay));
        }
        let mut posting = None;
        for (event, transfers) in [(Event::BenefitReduced, reduced), (Event::BenefitDecided, decided)] {
            if !transfers.is_empty() {
                let made = self.posting(event, &key, serial, transfers);
                posting = Some(made.id);
                book.postings.push(made);
            }
        }
        if let (Some((number, yen)), Some(posting)) = (order, posting) {
            let (payee_kind, payee) = self.payee(payee.map(|payee| payee.person)).await?;
            let yen = Yen::checked(yen).map_err(|error| StoreError::Damaged(error.to_string()))?;
            book.orders.push(PaymentOrder {
                number,
                household,
                posting,
                decision: self.decision,
                payee_kind,
                payee,
                principal: yen,
                interest: Yen::ZERO,
                decided_on: self.decided_on,
                replaces: payable.map(|(_, order)| order.number),
            });
        }
        book.dues.push(BenefitDue {
            ordinal: 0,
            household,
            slot: self.slot,
            on: self.on,
            key,
            decision: self.decision,
            due_yen: now,
            before_yen,
            // An order that was paid stays the one of its key, so that a later difference finds it.
            order: order.map(|(number, _)| number).or(before.due.and_then(|due| due.order).filter(|_| payable.is_none())),
            posting,
        });
        result.order = order;
        Ok(result)
    }

    /// Who gets an order: the person, or whoever represents their heirs.
    async fn payee(&self, person: Option<PersonId>) -> Result<(PayeeKind, Option<PersonId>), BenefitError> {
        let Desk { store, municipality, household, as_of, .. } = *self.desk;
        let Some(person) = person.or(self.head) else { return Ok((PayeeKind::Head, None)) };
        if !has_died(store, municipality, person, self.decided_on, as_of).await? {
            return Ok((PayeeKind::Head, Some(person)));
        }
        let heirs = store.heirs(municipality, household).await?;
        let heir = heirs.iter().rfind(|heir| heir.deceased == person && heir.declared_on <= self.decided_on);
        Ok((PayeeKind::Heirs, heir.map(|heir| heir.heir)))
    }

    fn transfer(&self, debit: Account, credit: Account, yen: i64) -> Option<Transfer> {
        let yen = Yen::checked(yen).ok().filter(|yen| *yen > Yen::ZERO)?;
        Some(Transfer { debit, credit, yen, phase: Phase::Posted, effective: self.decided_on })
    }

    /// A posting of a decision about a key, known by both and by what was due before.
    fn posting(&self, event: Event, key: &BenefitKey, serial: i64, transfers: Vec<Transfer>) -> Posting {
        let id = named(event.word(), &[&self.decision.0, key_text(self.slot, self.on, key).as_bytes(), &serial.to_be_bytes()]);
        Posting {
            id,
            event,
            booked_on: self.decided_on,
            decision: Some(self.decision),
            reference: format!("{}の決定 {}", key.benefit.ja(), self.decision.short()),
            transfers,
            overpayments: Vec::new(),
        }
    }
}

/// Who has the right to be paid.
#[derive(Clone, Copy, Debug)]
struct Entitled {
    person: PersonId,
    /// May arrears be paid first?
    set_off: bool,
}

fn key_text(slot: Slot, on: Date, key: &BenefitKey) -> String {
    let BenefitKey { benefit, number, person } = key;
    let person = person.map_or(0, |person| person.0);
    format!("{} {on} {} {} {person}", slot.word(), benefit.word(), number.unwrap_or(0))
}

/// A number of 49 bits that stands for a key of a household: two keys of one household do not meet by chance, and none is the place
/// of a claim that is claimed back.
fn key_number(slot: Slot, on: Date, key: &BenefitKey) -> i64 {
    let digest = Digest::of(key_text(slot, on, key).as_bytes());
    digest.0[..6].iter().fold(1, |number, byte| number << 8 | i64::from(*byte))
}

/// What a clerk is told, where it was not told already, or that it holds no more. It stands in the queue of the fiscal year of the
/// case.
pub(super) async fn notices(
    store: &Store,
    (municipality, household, slot): (Municipality, HouseholdId, Slot),
    (case_on, version, knowledge): (Date, i64, Knowledge),
    held: &[Held],
) -> Result<Vec<NewNotice>, BenefitError> {
    let on = FiscalYear::of(case_on).first_day();
    let version = if on == case_on {
        version
    } else {
        let current = store.current_decisions(municipality, slot.word(), on, household..=household).await?;
        current.first().map_or(0, |current| current.version)
    };
    let latest = store.latest_notices(municipality, on, household..=household).await?;
    let open = latest.iter().find(|notice| notice.slot == slot.word() && notice.kind == NoticeKind::Held);
    // A line for each case of the year that waits: one that is decided anew changes its own and no other.
    let its = format!("{case_on}の{}: ", slot.ja());
    let others = open.iter().flat_map(|open| open.detail.lines()).filter(|line| !line.starts_with(&its)).map(str::to_owned);
    let mine = held.iter().filter(|held| held.waits_for_clerk()).map(|held| format!("{its}{}", held.ja().replace('\n', " ")));
    let mut lines: Vec<String> = others.chain(mine).collect();
    lines.sort_unstable();
    let detail = lines.join("\n");
    let kind = match open {
        None if detail.is_empty() => return Ok(Vec::new()),
        Some(open) if open.detail == detail && open.version == version => return Ok(Vec::new()),
        _ if detail.is_empty() => NoticeKind::Cleared,
        _ => NoticeKind::Held,
    };
    let slot = slot.word();
    Ok(vec![NewNotice { municipality, slot, on, household, kind, detail, version, knowledge }])
}
