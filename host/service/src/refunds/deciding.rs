//! A household's overpayments decided: the rule answers, the host bounds the answer, and decision, postings and orders are one
//! transaction.
//!
//! What is out of bounds, provisional, refused or failed is kept as a decision and posts nothing; a notice tells the clerks.
//! Of two who decide at once one has the effect: the accounts cannot be short, and whoever comes second looks again. Absent
//! here: approving an order, and paying it.

use super::bounds::{Appropriation, OutOfBounds, Payout, Plan};
use super::case::{RefundCase, Renewal, case_of, claim_number};
use super::{RefundError, time_bar};
use crate::decide_case::{Made, decide as decide_case};
use crate::language::Language;
use crate::revisions::{LiveRevision, Shelf};
use crate::words::Words;
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::decision::{Decision, Outcome};
use jorei_domain::id::{DecisionId, Digest, HouseholdId, Municipality, PersonId};
use jorei_domain::ledger::{Account, AccountKind, Event, Phase, Posting, Transfer};
use jorei_domain::money::Yen;
use jorei_domain::record::Case;
use jorei_domain::slot::Slot;
use jorei_engine::Fault;
use jorei_store::decisions::{NewDecision, PackedDecision};
use jorei_store::notices::{NewNotice, NoticeKind};
use jorei_store::orders::{Book, PayeeKind, PaymentOrder};
use jorei_store::{Store, StoreError, unless_overtaken};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Tries when somebody else writes about the same household, or takes the same number of an order.
const TRIES: usize = 8;

/// Why a decision was not posted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Held {
    /// It rests on values that nobody confirmed: it waits for the confirmation.
    Provisional,
    /// The host's bounds.
    OutOfBounds(OutOfBounds),
    /// The rule declined: its sentence.
    Refused(String),
    /// The rule broke: the word of the failure.
    Failed(&'static str),
}

impl Held {
    /// For officials: what is the matter, and what to do.
    pub fn ja(&self) -> String {
        match self {
            Held::Provisional => "仮決定です。未確認の条例等の値を確認してから、再度決定してください".to_owned(),
            Held::OutOfBounds(why) => {
                format!("ルールの提案が制限を超えたため計上していません: {}。ルールのベンダーへ連絡してください", why.ja())
            }
            Held::Refused(sentence) => format!("計算不能: {sentence}"),
            Held::Failed(word) => format!("ルールの障害: {word}"),
        }
    }
}

/// What came of a household's overpayments.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Decided {
    /// The household.
    pub household: HouseholdId,
    /// The decision.
    pub decision: DecisionId,
    /// Was it made now? Otherwise it was there and is still true.
    pub new: bool,
    /// What was posted; none where it was held, or where it was posted before.
    pub plan: Option<Plan>,
    /// The payment orders that stand for it.
    pub orders: Vec<PaymentOrder>,
    /// Why nothing was posted.
    pub held: Option<Held>,
    /// Overpayments of other payers, which wait for a decision of their own.
    pub others: Vec<i64>,
}

/// Whoever answers cases: a revision, or in tests a double.
#[derive(Clone)]
pub(super) struct Answers {
    /// The revision.
    pub revision: Digest,
    /// Its words.
    pub words: Words,
    /// Decides a case that supersedes a decision.
    pub run: Run,
}

type Run = Arc<dyn Fn(Municipality, HouseholdId, Case, Option<DecisionId>) -> Result<Made, Fault> + Send + Sync>;

impl Answers {
    fn of(live: Arc<LiveRevision>) -> Answers {
        let (revision, words) = (live.digest, live.words.clone());
        let run: Run =
            Arc::new(move |municipality, household, case, supersedes| decide_case(&live, municipality, household, case, supersedes));
        Answers { revision, words, run }
    }
}

/// Decides what becomes of a household's overpayments, under the rule in force on a day, which ends the interest (支出決定日).
/// Those of one payer at a time. Deciding once more on the same day answers what was decided.
///
/// # Errors
/// [`RefundError::Nothing`]; [`RefundError::Blocked`] while a reassessment or a receipt is pending; any other [`RefundError`].
/// Nothing was written then.
pub async fn decide(
    store: &Store,
    shelf: &Shelf,
    municipality: Municipality,
    household: HouseholdId,
    on: Date,
    stamp: &Stamp,
) -> Result<Decided, RefundError> {
    let as_of = store.latest_knowledge(municipality).await?;
    let live = shelf.in_force(municipality, Slot::Refund, on, as_of).await?;
    decide_by(store, &Answers::of(live), municipality, household, on, stamp).await
}

/// As [`decide`], by whoever answers.
pub(super) async fn decide_by(
    store: &Store,
    answers: &Answers,
    municipality: Municipality,
    household: HouseholdId,
    on: Date,
    stamp: &Stamp,
) -> Result<Decided, RefundError> {
    let desk = Desk { store, answers, municipality, household, on, stamp };
    for _ in 0..TRIES {
        let case = match case_of(store, municipality, household, on, None).await {
            Err(RefundError::Nothing(_)) => return desk.as_decided().await,
            case => case?,
        };
        if let Some(decided) = desk.settle(case, None).await? {
            return Ok(decided);
        }
    }
    Err(RefundError::Raced(household))
}

/// Takes a payment order back and decides anew on a later day, which then ends the interest. The old decision and order stay
/// in the history. What was appropriated stays appropriated. Where the new decision is held, the old order stands; it cannot be
/// approved on another day than its own.
///
/// # Errors
/// [`RefundError::NoOrder`], [`RefundError::NotOpen`], [`RefundError::NotLater`], and as [`decide`].
pub async fn renew(
    store: &Store,
    shelf: &Shelf,
    municipality: Municipality,
    order: i64,
    on: Date,
    stamp: &Stamp,
) -> Result<Decided, RefundError> {
    let as_of = store.latest_knowledge(municipality).await?;
    let live = shelf.in_force(municipality, Slot::Refund, on, as_of).await?;
    renew_by(store, &Answers::of(live), municipality, order, on, stamp).await
}

/// As [`renew`], by whoever answers.
pub(super) async fn renew_by(
    store: &Store,
    answers: &Answers,
    municipality: Municipality,
    order: i64,
    on: Date,
    stamp: &Stamp,
) -> Result<Decided, RefundError> {
    let mut household = HouseholdId(0);
    for _ in 0..TRIES {
        let old = store.order(municipality, order).await?.ok_or(RefundError::NoOrder(order))?;
        household = old.household;
        let desk = Desk { store, answers, municipality, household: old.household, on, stamp };
        if let Some(replacement) = store.replacement_of(municipality, order).await? {
            if replacement.decided_on == on {
                // The same command once more.
                return desk.told(replacement.decision, false).await;
            }
            return Err(RefundError::NotOpen { what: format!("payment order {order}"), why: "another order has taken its place" });
        }
        if store.pays_benefit(municipality, order).await? {
            return Err(RefundError::NotOpen { what: format!("payment order {order}"), why: "it pays a benefit, which bears no interest" });
        }
        if on <= old.decided_on {
            return Err(RefundError::NotLater { order, decided_on: old.decided_on });
        }
        time_bar::is_open(store, municipality, &old).await?;
        if old.principal == Yen::ZERO {
            if let Some(decided) = desk.reissue(&old).await? {
                return Ok(decided);
            }
            continue;
        }
        let renewal = renewal(store, municipality, &old).await?;
        let case = case_of(store, municipality, old.household, on, Some(&renewal)).await?;
        if let Some(decided) = desk.settle(case, Some(&old)).await? {
            return Ok(decided);
        }
    }
    Err(RefundError::Raced(household))
}

/// What an order's renewal takes up: its overpayments, and what its decision and those before it appropriated of them.
async fn renewal(store: &Store, municipality: Municipality, order: &PaymentOrder) -> Result<Renewal, RefundError> {
    let mut renewal = Renewal::default();
    let posting = posting(store, municipality, order).await?;
    let overpaid = posting.transfers.iter().map(|transfer| transfer.debit).filter(|account| account.kind == AccountKind::Overpaid);
    renewal.overpayments.extend(overpaid.map(|account| account.item));
    renewal.postings.insert(posting.id);
    let mut next = Some(order.clone());
    while let Some(order) = next {
        for id in store.postings_of_decision(municipality, order.decision).await? {
            let Some(stored) = store.posting(municipality, id).await? else { continue };
            if stored.posting.event != Event::Appropriated || !renewal.postings.insert(id) {
                continue;
            }
            for Transfer { debit, credit, yen, .. } in stored.posting.transfers {
                if let Some(claim) = claim_number(&credit).filter(|_| renewal.overpayments.contains(&debit.item)) {
                    *renewal.appropriated.entry((debit.item, claim)).or_default() += yen.get();
                }
            }
        }
        next = match order.replaces {
            Some(earlier) => store.order(municipality, earlier).await?,
            None => None,
        };
    }
    Ok(renewal)
}

async fn posting(store: &Store, municipality: Municipality, order: &PaymentOrder) -> Result<Posting, StoreError> {
    let found = store.posting(municipality, order.posting).await?;
    found.map(|stored| stored.posting).ok_or_else(|| StoreError::Damaged(format!("the posting of payment order {}", order.number)))
}

/// One household on one day.
struct Desk<'d> {
    store: &'d Store,
    answers: &'d Answers,
    municipality: Municipality,
    household: HouseholdId,
    on: Date,
    stamp: &'d Stamp,
}

impl Desk<'_> {
    /// Decides a case and keeps what comes of it; none where somebody else wrote in between.
    async fn settle(&self, case: RefundCase, old: Option<&PaymentOrder>) -> Result<Option<Decided>, RefundError> {
        let history = self.store.decision_history(self.municipality, Slot::Refund.word(), self.on, self.household).await?;
        let latest = history.last();
        let Made { decision, fuel, .. } = self.run(case.case.clone(), latest.map(|latest| latest.id)).await?;
        let same = latest.filter(|latest| Decision { supersedes: latest.decision.supersedes, ..decision.clone() } == latest.decision);
        let reused = match same {
            // What posted once posts no more: the same facts again are a decision of their own.
            Some(same) => self.store.postings_of_decision(self.municipality, same.id).await?.is_empty().then_some(same.id),
            None => None,
        };
        let (held, plan) = self.weigh(&case, &decision.outcome);
        let version = latest.map_or(1, |latest| latest.version + 1);
        let mut packed: Vec<PackedDecision> = Vec::new();
        let id = match reused {
            Some(id) => id,
            None => {
                let amount = decision.outcome.figure(Slot::Refund.figure().0, Slot::Refund.figure().1);
                let (knowledge, recorded_at) = (case.as_of, self.stamp.at.clone());
                let new = NewDecision { decision, version, knowledge, decided_on: self.on, fuel, amount, recorded_at }.pack()?;
                packed.push(new);
                packed[0].id()
            }
        };
        let version = if packed.is_empty() { version - 1 } else { version };
        let mut book = Book { municipality: self.municipality, postings: Vec::new(), orders: Vec::new(), dues: Vec::new() };
        if let Some(plan) = &plan {
            self.book(&mut book, &case, plan, id, old).await?;
        }
        let notices = self.notices(held.as_ref(), version, &case).await?;
        let orders = book.orders.clone();
        let books = if book.postings.is_empty() { Vec::new() } else { vec![book] };
        let mut new = false;
        if !(packed.is_empty() && notices.is_empty() && books.is_empty()) {
            match unless_overtaken(self.store.save_run(&packed, &notices, &books, self.stamp).await)? {
                Some(saved) => new = saved.inserted > 0,
                None => return Ok(None),
            }
        }
        Ok(Some(Decided { household: self.household, decision: id, new, plan, orders, held, others: case.others }))
    }

    async fn run(&self, case: Case, supersedes: Option<DecisionId>) -> Result<Made, RefundError> {
        let (run, municipality, household) = (Arc::clone(&self.answers.run), self.municipality, self.household);
        // A rule may take its whole time: not on a thread that answers others.
        let made = tokio::task::spawn_blocking(move || run(municipality, household, case, supersedes)).await;
        let revision = self.answers.revision;
        made.map_err(|_| RefundError::Thread)?.map_err(|fault| RefundError::Fault { revision, fault })
    }

    /// Is an outcome posted, and what of it?
    fn weigh(&self, case: &RefundCase, outcome: &Outcome) -> (Option<Held>, Option<Plan>) {
        let words = &self.answers.words;
        match outcome {
            Outcome::Refused(refusal) => (Some(Held::Refused(words.sentence(refusal, Language::Japanese))), None),
            Outcome::Failed(failure) => (Some(Held::Failed(failure.word())), None),
            Outcome::Decided { provisional, .. } => match Plan::of(case, outcome, words) {
                Err(why) => (Some(Held::OutOfBounds(why)), None),
                Ok(_) if *provisional => (Some(Held::Provisional), None),
                Ok(plan) => (None, Some(plan)),
            },
        }
    }

    /// The postings and orders of a plan; those that take an old order back first.
    async fn book(
        &self,
        book: &mut Book,
        case: &RefundCase,
        plan: &Plan,
        decision: DecisionId,
        old: Option<&PaymentOrder>,
    ) -> Result<(), RefundError> {
        if let Some(old) = old {
            book.postings.push(self.withdrawal(old).await?);
        }
        if !plan.appropriations.is_empty() {
            let transfers = plan.appropriations.iter().map(|one| self.appropriation(one)).collect();
            book.postings.push(self.posting("appropriation", Event::Appropriated, decision, 0, transfers));
        }
        let first = self.store.next_order(self.municipality).await?;
        let heirs = self.heir_of(case.payer).await?;
        // Interest on what was appropriated whole is an order of its own: renewing it takes no principal back.
        let mut orders: BTreeMap<(bool, PayeeKind), Vec<&Payout>> = BTreeMap::new();
        for payout in &plan.payouts {
            orders.entry((payout.refund == Yen::ZERO, payout.payee)).or_default().push(payout);
        }
        for (at, ((_, payee_kind), payouts)) in (0_i64..).zip(orders) {
            let number = first + at;
            let payee = match payee_kind {
                PayeeKind::Head => Some(case.payer),
                PayeeKind::Heirs => heirs,
                PayeeKind::PensionBody => None,
            };
            let mut transfers = Vec::new();
            for payout in &payouts {
                transfers.extend(self.payable(number, Account::overpaid(self.household, payout.overpayment), payout.refund));
            }
            let sum = |of: fn(&Payout) -> Yen| payouts.iter().try_fold(Yen::ZERO, |sum, payout| sum.plus(of(payout)));
            let (principal, interest) = (sum(|payout| payout.refund), sum(|payout| payout.interest));
            let damaged = |error: jorei_domain::money::MoneyError| StoreError::Damaged(error.to_string());
            let (principal, interest) = (principal.map_err(damaged)?, interest.map_err(damaged)?);
            transfers.extend(self.payable(number, self.interest_account(), interest));
            let posting = self.posting("refund", Event::RefundDecided, decision, at, transfers);
            book.orders.push(PaymentOrder {
                number,
                household: self.household,
                posting: posting.id,
                decision,
                payee_kind,
                payee,
                principal,
                interest,
                decided_on: self.on,
                replaces: old.filter(|_| at == 0).map(|old| old.number),
            });
            book.postings.push(posting);
        }
        Ok(())
    }

    fn interest_account(&self) -> Account {
        Account::interest(FiscalYear::of(self.on).year())
    }

    fn payable(&self, order: i64, from: Account, yen: Yen) -> Option<Transfer> {
        let credit = Account::payable(self.household, order);
        (yen > Yen::ZERO).then_some(Transfer { debit: from, credit, yen, phase: Phase::Posted, effective: self.on })
    }

    fn appropriation(&self, one: &Appropriation) -> Transfer {
        let debit = Account::overpaid(self.household, one.overpayment);
        Transfer { debit, credit: one.account, yen: one.yen, phase: Phase::Posted, effective: one.effective }
    }

    /// A posting of a decision, known by the decision and its place.
    fn posting(&self, word: &str, event: Event, decision: DecisionId, at: i64, transfers: Vec<Transfer>) -> Posting {
        Posting {
            id: named(word, &[&decision.0, &at.to_be_bytes()]),
            event,
            booked_on: self.on,
            decision: Some(decision),
            reference: format!("還付・充当の決定 {}", decision.short()),
            transfers,
            overpayments: Vec::new(),
        }
    }

    /// What an order made payable goes back where it came from.
    async fn withdrawal(&self, old: &PaymentOrder) -> Result<Posting, StoreError> {
        let posting = posting(self.store, self.municipality, old).await?;
        let back = |transfer: &Transfer| Transfer { debit: transfer.credit, credit: transfer.debit, effective: self.on, ..*transfer };
        Ok(Posting {
            id: named("refund withdrawn", &[&old.posting.0]),
            event: Event::RefundWithdrawn,
            booked_on: self.on,
            decision: None,
            reference: format!("支出命令 {} の更新", old.number),
            transfers: posting.transfers.iter().map(back).collect(),
            overpayments: Vec::new(),
        })
    }

    /// An order of nothing but interest for another day: the appropriation ended it, so its amount stays. None where somebody
    /// else wrote in between.
    async fn reissue(&self, old: &PaymentOrder) -> Result<Option<Decided>, RefundError> {
        let number = self.store.next_order(self.municipality).await?;
        let transfers = Vec::from_iter(self.payable(number, self.interest_account(), old.interest));
        let mut posting = self.posting("refund", Event::RefundDecided, old.decision, 0, transfers);
        posting.id = named("interest renewed", &[&old.posting.0]);
        let (mut payee_kind, mut payee) = (old.payee_kind, old.payee);
        if let (PayeeKind::Head, Some(person)) = (old.payee_kind, old.payee)
            && crate::addressee::has_died(
                self.store,
                self.municipality,
                person,
                self.on,
                self.store.latest_knowledge(self.municipality).await?,
            )
            .await?
        {
            (payee_kind, payee) = (PayeeKind::Heirs, self.heir_of(person).await?);
        }
        let order =
            PaymentOrder { number, posting: posting.id, payee_kind, payee, decided_on: self.on, replaces: Some(old.number), ..old.clone() };
        let postings = vec![self.withdrawal(old).await?, posting];
        let book = Book { municipality: self.municipality, postings, orders: vec![order], dues: Vec::new() };
        if unless_overtaken(self.store.save_run(&[], &[], &[book], self.stamp).await)?.is_none() {
            return Ok(None);
        }
        self.told(old.decision, false).await.map(Some)
    }

    /// Who represents the heirs of somebody, as the last declaration up to the day says.
    async fn heir_of(&self, deceased: PersonId) -> Result<Option<PersonId>, StoreError> {
        let heirs = self.store.heirs(self.municipality, self.household).await?;
        Ok(heirs.iter().rfind(|heir| heir.deceased == deceased && heir.declared_on <= self.on).map(|heir| heir.heir))
    }

    /// What a clerk is told, where it was not told already, or that it holds no more. It stands in the queue of the fiscal year
    /// of the day.
    async fn notices(&self, held: Option<&Held>, version: i64, case: &RefundCase) -> Result<Vec<NewNotice>, StoreError> {
        let on = FiscalYear::of(self.on).first_day();
        let (store, municipality, household) = (self.store, self.municipality, self.household);
        let version = if on == self.on {
            version
        } else {
            let current = store.current_decisions(municipality, Slot::Refund.word(), on, household..=household).await?;
            current.first().map_or(0, |current| current.version)
        };
        let latest = store.latest_notices(municipality, on, household..=household).await?;
        let open = latest.iter().find(|notice| notice.slot == Slot::Refund.word() && notice.kind == NoticeKind::Held);
        let detail = held.map(|held| format!("{}の還付・充当: {}", self.on, held.ja()));
        let (kind, detail) = match (detail, open) {
            (None, None) => return Ok(Vec::new()),
            (Some(detail), Some(open)) if (open.version, &open.detail) == (version, &detail) => return Ok(Vec::new()),
            (Some(detail), _) => (NoticeKind::Held, detail),
            (None, Some(_)) => (NoticeKind::Cleared, String::new()),
        };
        let (slot, knowledge) = (Slot::Refund.word(), case.as_of);
        Ok(vec![NewNotice { municipality, slot, on, household, kind, detail, version, knowledge }])
    }

    /// Nothing is undecided: what was decided on the day, if anything was.
    async fn as_decided(&self) -> Result<Decided, RefundError> {
        let history = self.store.decision_history(self.municipality, Slot::Refund.word(), self.on, self.household).await?;
        for stored in history.iter().rev() {
            if !self.store.postings_of_decision(self.municipality, stored.id).await?.is_empty() {
                return self.told(stored.id, false).await;
            }
        }
        Err(RefundError::Nothing(self.household))
    }

    /// A decision that was posted before, with its orders that stand.
    async fn told(&self, decision: DecisionId, new: bool) -> Result<Decided, RefundError> {
        let mut orders = self.store.orders_of(self.municipality, self.household).await?;
        let replaced: Vec<i64> = orders.iter().filter_map(|order| order.replaces).collect();
        orders.retain(|order| order.decision == decision && !replaced.contains(&order.number));
        Ok(Decided { household: self.household, decision, new, plan: None, orders, held: None, others: Vec::new() })
    }
}

/// An id made of a word and the parts that it is about.
pub(crate) fn named(word: &str, parts: &[&[u8]]) -> Digest {
    let mut bytes = Vec::from(word.as_bytes());
    for part in parts {
        bytes.push(0);
        bytes.extend_from_slice(part);
    }
    Digest::of(&bytes)
}
