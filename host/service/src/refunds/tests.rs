//! Refunds of an office on SQLite. The ledger and the instalment decisions are written by hand; a double answers in place of
//! the rule, honestly or not. Every expected figure was worked out by hand from what was paid, billed and owed.

use super::deciding::{Answers, decide_by, renew_by};
use super::*;
use crate::addressee::{Addressee, Matter as Addressing};
use crate::decide_case::Made;
use crate::office_of_two::{OfficeOfTwo, TODAY, stamp};
use crate::words::Words;
use jorei_domain::decision::{Decision, Evidence, Given, Outcome, Result as Named};
use jorei_domain::id::{DecisionId, Knowledge, PersonId};
use jorei_domain::ledger::{Account, AccountKind, Event, Instalment, Overpayment, Phase, Posting, Transfer};
use jorei_domain::money::Yen;
use jorei_domain::payment::{Entry, Proposal};
use jorei_domain::record::{Case, Kind, table};
use jorei_domain::slot::Slot;
use jorei_domain::table::{ABSENT, Column, Table, Values};
use jorei_store::addresses::Address;
use jorei_store::coverage::Coverage;
use jorei_store::decisions::NewDecision;
use jorei_store::facts::Assertion;
use jorei_store::names::Name;
use jorei_store::notices::NoticeKind;
use jorei_store::orders::{PayeeKind, PaymentOrder};
use jorei_store::receipts::{Begun, EventKind, Exception, FileKind, NewFile, ReceiptEvent};
use jorei_store::refunds::{Consent, ConsentChannel, ConsentKind, Heir, RefundNotice};
use std::collections::BTreeMap;
use std::sync::Arc;

const HOME: HouseholdId = HouseholdId(7);
const HEAD: PersonId = PersonId(71);
const OTHER: PersonId = PersonId(72);
const YEAR: Date = Date::new(2025, 4, 1);
/// The day of most decisions here.
const ON: Date = Date::new(2025, 9, 20);
const DUE: [Date; 5] =
    [Date::new(2025, 6, 30), Date::new(2025, 7, 31), Date::new(2025, 9, 1), Date::new(2025, 9, 30), Date::new(2025, 10, 31)];

fn day(month: i32, day: i32) -> Date {
    Date::new(2025, month, day)
}

fn nth(number: u16) -> Instalment {
    Instalment { year: 2025, collection: 0, number }
}

fn of(kind: AccountKind, number: u16) -> Account {
    Account::of_instalment(kind, HOME, nth(number))
}

fn over(number: u16) -> i64 {
    nth(number).overpayment(1)
}

/// The number of the claim for an instalment itself.
fn principal(number: u16) -> i64 {
    claim_number(&of(AccountKind::Receivable, number)).unwrap()
}

fn charge(number: u16) -> i64 {
    claim_number(&of(AccountKind::Charge, number)).unwrap()
}

/// An office with a household whose head owes five instalments of 10,000 yen.
struct Hall {
    office: OfficeOfTwo,
    revision: Digest,
    /// The first instalment decision.
    scheduled: Option<DecisionId>,
}

impl Hall {
    async fn open() -> Hall {
        Hall::with_obligors(&[(0, 1, 12)]).await
    }

    /// Obligors as (ordinal, first month, last month): ordinal 0 is the head, 1 the other person.
    async fn with_obligors(obligors: &[(i64, i64, i64)]) -> Hall {
        let office = OfficeOfTwo::found().await;
        let revision = office.revision("refund", about()).await;
        let mut hall = Hall { revision, office, scheduled: None };
        hall.live(HEAD, true, Date::new(1970, 5, 1)).await;
        hall.live(OTHER, false, Date::new(1990, 5, 1)).await;
        hall.scheduled = Some(hall.schedule(None, obligors).await);
        let assessed = (1..=5).map(|number| (of(AccountKind::Receivable, number), of(AccountKind::Levied, number), 10_000, DUE[0]));
        hall.post(Event::Assessed, &assessed.collect::<Vec<_>>(), &[]).await;
        hall
    }

    async fn live(&self, person: PersonId, head: bool, birth: Date) {
        let birth = birth.packed();
        let stay = self.fact(person, Kind::Membership, Date::new(2000, 1, 1), vec![i64::from(head)]);
        let facts = [
            Assertion { from: Date::MIN, ..self.fact(person, Kind::Persons, Date::MIN, vec![birth, birth]) },
            Assertion { household: Some(HOME), ..stay },
        ];
        self.office.store.assert_facts(self.office.here, TODAY, &facts, &stamp()).await.unwrap();
        let name = Name { person, name: format!("名{person}"), kana: "メイ".into(), latin: None, alias: None };
        self.office.store.save_names(self.office.here, TODAY, &[name], &stamp()).await.unwrap();
        let address = Address { person, address: format!("所{person}"), postcode: None };
        self.office.store.save_addresses(self.office.here, TODAY, &[address], &stamp()).await.unwrap();
    }

    fn fact(&self, person: PersonId, kind: Kind, from: Date, values: Vec<i64>) -> Assertion {
        Assertion { person, kind, item: 0, from, until: Date::MAX, household: None, values: Some(values), source: "住民記録".into() }
    }

    async fn knowledge(&self) -> Knowledge {
        self.office.store.latest_knowledge(self.office.here).await.unwrap()
    }

    /// A run has looked at everything that is known of the year.
    async fn cover(&self) {
        let revisions = Digest::of(&[[0; 32]; 3].concat());
        let coverage = Coverage { on: YEAR, knowledge: self.knowledge().await, revisions, decided_on: day(6, 1) };
        self.office.store.save_coverage(self.office.here, &coverage, &stamp()).await.unwrap();
    }

    async fn dies(&self, person: PersonId, on: Date) {
        let death = self.fact(person, Kind::Deaths, on, Vec::new());
        self.office.store.assert_facts(self.office.here, TODAY, &[death], &stamp()).await.unwrap();
        self.cover().await;
    }

    /// The instalment decision of the year: the first one, or the second in its place.
    async fn schedule(&self, supersedes: Option<DecisionId>, obligors: &[(i64, i64, i64)]) -> DecisionId {
        let due: Vec<i64> = DUE.iter().map(|due| due.packed()).collect();
        let instalments = named("instalments", &[("number", (1..=5).collect()), ("collection", vec![0; 5]), ("due", due)]);
        let column = |value: fn(&(i64, i64, i64)) -> i64| obligors.iter().map(value).collect::<Vec<_>>();
        let [person, first, last] = [column(|row| row.0), column(|row| row.1), column(|row| row.2)];
        let obligors = named("obligors", &[("person", person), ("first_month", first), ("last_month", last)]);
        let decision = Decision {
            municipality: self.office.here,
            slot: Slot::Instalment.word().into(),
            household: HOME,
            on: YEAR,
            revision: self.revision,
            evidence: Evidence::default(),
            outcome: Outcome::Decided { provisional: false, results: vec![instalments, obligors] },
            trace: Vec::new(),
            supersedes,
        };
        let (knowledge, recorded_at) = (self.knowledge().await, stamp().at);
        let id = decision.id();
        let version = if supersedes.is_some() { 2 } else { 1 };
        let new = NewDecision { decision, version, knowledge, decided_on: day(6, 1), fuel: 1, amount: None, recorded_at };
        self.office.store.save_decisions(&[new.pack().unwrap()], &stamp()).await.unwrap();
        id
    }

    /// Posts transfers of (debit, credit, yen, day), with overpayments of (number, cause) that arise on the first one's day.
    async fn post(&self, event: Event, transfers: &[(Account, Account, i64, Date)], arise: &[(i64, u8)]) {
        let transfer = |(debit, credit, yen, effective): &(Account, Account, i64, Date)| Transfer {
            debit: *debit,
            credit: *credit,
            yen: Yen::new(*yen),
            phase: Phase::Posted,
            effective: *effective,
        };
        let overpayment = |(number, cause): &(i64, u8)| Overpayment {
            household: HOME,
            number: *number,
            cause: *cause,
            arose_on: transfers[0].3,
            requested_on: None,
            tax_notified_on: None,
        };
        let posting = Posting {
            id: Digest::of(format!("{event:?} {transfers:?}").as_bytes()),
            event,
            booked_on: transfers[0].3,
            decision: None,
            reference: "試験".into(),
            transfers: transfers.iter().map(transfer).collect(),
            overpayments: arise.iter().map(overpayment).collect(),
        };
        self.office.store.post(self.office.here, &[posting], &stamp()).await.unwrap();
    }

    /// A receipt by convenience store that pays an instalment.
    async fn pay(&self, receipt: i64, number: u16, yen: i64, on: Date) {
        self.receive(receipt, 1, yen, on).await;
        self.post(Event::Matched, &[(Account::unmatched(receipt), of(AccountKind::Receivable, number), yen, on)], &[]).await;
    }

    async fn receive(&self, receipt: i64, channel: u8, yen: i64, on: Date) {
        self.post(Event::Received, &[(Account::collected(channel, on), Account::unmatched(receipt), yen, on)], &[]).await;
    }

    /// An instalment that was paid is lowered.
    async fn lower(&self, number: u16, yen: i64, on: Date) {
        let overpaid = Account::overpaid(HOME, over(number));
        self.post(Event::Reduced, &[(of(AccountKind::Levied, number), overpaid, yen, on)], &[(over(number), 0)]).await;
    }

    /// Instalments 1 and 2 paid and lowered by 4,000 and 5,000 yen on 10 September; of the third 3,000 yen are open, with a
    /// delinquency charge of 1,500; the fourth and fifth are due later.
    async fn two_and_three(&self) {
        self.pay(1, 1, 10_000, day(6, 30)).await;
        self.pay(2, 2, 10_000, day(7, 20)).await;
        self.pay(3, 3, 7_000, day(9, 1)).await;
        self.lower(1, 4_000, day(9, 10)).await;
        self.lower(2, 5_000, day(9, 10)).await;
        let charged = [(of(AccountKind::Charge, 3), of(AccountKind::ChargeLevied, 3), 1_500, day(9, 15))];
        self.post(Event::Charged, &charged, &[]).await;
    }

    async fn consent(&self) {
        self.consent_on(day(9, 12)).await;
    }

    async fn consent_on(&self, given_on: Date) {
        let consent = Consent {
            number: 0,
            household: HOME,
            kind: ConsentKind::AppropriateBeforeDue,
            given_on,
            given_by: HEAD,
            channel: ConsentChannel::Paper,
            document: "申出書".into(),
            withdrawn_on: None,
        };
        self.office.store.save_consent(self.office.here, &consent, &stamp()).await.unwrap();
    }

    async fn decide(&self, double: Double) -> Result<Decided, RefundError> {
        self.decide_on(double, ON).await
    }

    async fn decide_on(&self, double: Double, on: Date) -> Result<Decided, RefundError> {
        decide_by(&self.office.store, &double.answers(self.revision), self.office.here, HOME, on, &stamp()).await
    }

    async fn renew(&self, double: Double, order: i64, on: Date) -> Result<Decided, RefundError> {
        renew_by(&self.office.store, &double.answers(self.revision), self.office.here, order, on, &stamp()).await
    }

    /// What stands on an account, on the side on which it is held.
    async fn stands(&self, account: Account) -> i64 {
        let balance = self.office.store.balance(self.office.here, account).await.unwrap();
        if account.kind.number() < 20 { balance.debit() } else { balance.credit() }
    }

    async fn orders(&self) -> Vec<PaymentOrder> {
        self.office.store.orders_of(self.office.here, HOME).await.unwrap()
    }

    async fn sound(&self) {
        assert_eq!(self.office.store.check_ledger(self.office.here).await.unwrap(), Vec::<String>::new());
        assert_eq!(self.office.store.audit_verify(self.office.here, &[], |_| {}).await.unwrap(), []);
    }

    async fn matters(&self, on: Date) -> HouseholdMatters {
        matters(&self.office.store, self.office.here, HOME, on).await.unwrap()
    }

    async fn states(&self) -> Vec<State> {
        self.matters(ON).await.matters.iter().map(|matter| matter.state).collect()
    }

    /// The details of the notice that is open, if one is.
    async fn notice(&self) -> Option<String> {
        let notices = self.office.store.open_notices(self.office.here, YEAR, 0, 10).await.unwrap();
        assert!(notices.iter().all(|notice| notice.kind == NoticeKind::Held && notice.slot == "refund"), "{notices:?}");
        notices.into_iter().next().map(|notice| notice.detail)
    }
}

fn about() -> String {
    let word = |table: &str, column: &str, words: &str| {
        format!("\"{table}\":{{\"items\":{{\"properties\":{{\"{column}\":{{\"enum\":[{words}]}}}}}}}}")
    };
    let payee = word("overpayments", "payee", "\"head\",\"heirs\",\"pension_body\"");
    let collection = word("instalments", "collection", "\"ordinary_collection\",\"pension_deduction\"");
    format!("{{\"labels\":{{}},\"outcome\":{{\"properties\":{{{payee},{collection}}}}}}}")
}

fn named(name: &str, columns: &[(&'static str, Vec<i64>)]) -> Named {
    let rows = columns.first().map_or(0, |(_, values)| values.len());
    let column = |(name, values): &(&'static str, Vec<i64>)| Column { name: (*name).into(), values: Values::Integers(values.clone()) };
    let table = Table { offsets: vec![0, u32::try_from(rows).unwrap()], columns: columns.iter().map(column).collect() };
    Named { name: name.into(), table }
}

/// What it says of an overpayment: number, yen, lapsed, payee.
type Row = (i64, i64, i64, i64);

/// What a double answers.
#[derive(Clone, Debug)]
struct Answer {
    proposals: Vec<Proposal>,
    rows: Vec<Row>,
    provisional: bool,
    /// Says the tables as if this much more had been appropriated.
    misquoted: i64,
}

/// In place of a rule: appropriates to what is due, the oldest first, and refunds the rest, with interest as given.
#[derive(Clone)]
struct Double {
    /// Whole yen by overpayment.
    interest: BTreeMap<i64, i64>,
    payee: i64,
    bar_on: Date,
    lie: Arc<dyn Fn(&mut Answer) + Send + Sync>,
}

impl Double {
    fn honest() -> Double {
        Double { interest: BTreeMap::new(), payee: 0, bar_on: Date::new(2027, 9, 11), lie: Arc::new(|_| {}) }
    }

    fn interest(mut self, number: u16, yen: i64) -> Double {
        self.interest.insert(over(number), yen);
        self
    }

    fn payee(self, payee: PayeeKind) -> Double {
        Double { payee: payee as i64, ..self }
    }

    fn lying(lie: impl Fn(&mut Answer) + Send + Sync + 'static) -> Double {
        Double { lie: Arc::new(lie), ..Double::honest() }
    }

    fn provisional() -> Double {
        Double::lying(|answer| answer.provisional = true)
    }

    fn answers(&self, revision: Digest) -> Answers {
        let double = self.clone();
        let run = move |municipality, household, case: Case, supersedes: Option<DecisionId>| {
            let given = [Kind::Overpayments, Kind::OverpaidPayments, Kind::Claims, Kind::Consents, Kind::ClaimNotices].map(|kind| {
                let (table, sources) = table(kind, std::slice::from_ref(&case));
                Given { kind: kind.name().into(), table, sources }
            });
            let decision = Decision {
                municipality,
                slot: Slot::Refund.word().into(),
                household,
                on: case.on,
                revision,
                evidence: Evidence { given: given.into() },
                outcome: double.outcome(&case),
                trace: Vec::new(),
                supersedes,
            };
            Ok(Made { decision, fuel: 1, memory_bytes: 0 })
        };
        Answers { revision, words: Words::from_json(&about()), run: Arc::new(run) }
    }

    fn outcome(&self, case: &Case) -> Outcome {
        let facts = |kind| case.household().iter().filter(move |fact| fact.kind == kind).map(|fact| fact.values.clone());
        let consented = facts(Kind::Consents).next().is_some();
        let mut claims: Vec<Vec<i64>> =
            facts(Kind::Claims).filter(|claim| claim[7] == 1 && (claim[0] <= case.on.packed() || consented)).collect();
        claims.sort_by_key(|claim| (claim[0], claim[1]));
        let mut answer = Answer { proposals: Vec::new(), rows: Vec::new(), provisional: false, misquoted: 0 };
        let mut overpayments: Vec<Vec<i64>> = facts(Kind::Overpayments).collect();
        overpayments.sort_by_key(|overpayment| overpayment[1]);
        for overpayment in overpayments {
            let (number, yen) = (overpayment[1], overpayment[5]);
            let mut rest = yen;
            if self.bar_on <= case.on {
                answer.rows.push((number, yen, yen, self.payee));
                continue;
            }
            for claim in &mut claims {
                let part = rest.min(claim[6]);
                rest -= part;
                claim[6] -= part;
                answer.proposals.extend(Proposal::of(Entry::Appropriation, number, claim[1], part));
            }
            answer.proposals.extend(Proposal::of(Entry::Refund, number, 0, rest));
            answer.proposals.extend(Proposal::of(Entry::Interest, number, 0, self.interest.get(&number).copied().unwrap_or(0)));
            answer.rows.push((number, yen, 0, self.payee));
        }
        (self.lie)(&mut answer);
        answer.outcome(self.bar_on)
    }
}

impl Answer {
    fn outcome(&self, bar_on: Date) -> Outcome {
        let sum = |entry, number: Option<i64>| -> i64 {
            let of = |proposal: &&Proposal| proposal.entry == entry && number.is_none_or(|number| number == proposal.overpayment);
            self.proposals.iter().filter(of).map(|proposal| proposal.yen.get()).sum()
        };
        let column = |value: &dyn Fn(&Row) -> i64| self.rows.iter().map(value).collect::<Vec<_>>();
        let overpayments = named(
            "overpayments",
            &[
                ("number", column(&|row| row.0)),
                ("yen", column(&|row| row.1)),
                ("appropriated_yen", column(&|row| sum(Entry::Appropriation, Some(row.0)) + self.misquoted)),
                ("refund_yen", column(&|row| sum(Entry::Refund, Some(row.0)))),
                ("lapsed_yen", column(&|row| row.2)),
                ("interest_yen", column(&|row| sum(Entry::Interest, Some(row.0)))),
                ("first_day", column(&|_| day(7, 1).packed())),
                ("last_day", column(&|_| ON.packed())),
                ("payee", column(&|row| row.3)),
                ("bar_on", column(&|_| bar_on.packed())),
                ("warn_on", column(&|_| Date::new(bar_on.year() - 1, bar_on.month(), bar_on.day()).packed())),
                ("interest_bar_on", column(&|_| Date::new(bar_on.year() + 3, bar_on.month(), bar_on.day()).packed())),
            ],
        );
        let refund = named(
            "refund",
            &[
                ("overpaid_yen", vec![self.rows.iter().map(|row| row.1).sum()]),
                ("appropriated_yen", vec![sum(Entry::Appropriation, None)]),
                ("refund_yen", vec![sum(Entry::Refund, None)]),
                ("interest_yen", vec![sum(Entry::Interest, None)]),
                ("lapsed_yen", vec![self.rows.iter().map(|row| row.2).sum()]),
            ],
        );
        let proposals = Named { name: "proposals".into(), table: Proposal::table(&self.proposals) };
        Outcome::Decided { provisional: self.provisional, results: vec![refund, overpayments, proposals] }
    }
}

fn reasons(result: Result<Decided, RefundError>) -> Vec<Blocked> {
    match result {
        Err(RefundError::Blocked { reasons, .. }) => reasons,
        other => panic!("expected something in the way, got {other:?}"),
    }
}

fn held(decided: &Decided) -> &Held {
    decided.held.as_ref().unwrap_or_else(|| panic!("expected that it is held: {decided:?}"))
}

#[tokio::test]
async fn a_case_has_overpayments_payments_and_claims_as_the_ledger_has_them() {
    let hall = Hall::open().await;
    hall.two_and_three().await;
    hall.consent().await;
    let case = case(&hall.office.store, hall.office.here, HOME, ON).await.unwrap();
    let rows = |kind| {
        let facts = case.case.household().iter().filter(|fact| fact.kind == kind);
        let mut rows: Vec<Vec<i64>> = facts.map(|fact| fact.values.clone()).collect();
        rows.sort();
        rows
    };
    let arose = day(9, 10).packed();
    let overpayment = |number: u16, yen| vec![arose, over(number), 2025, 0, i64::from(number), yen, 0, ABSENT, ABSENT];
    assert_eq!(rows(Kind::Overpayments), [overpayment(1, 4_000), overpayment(2, 5_000)]);
    assert_eq!(rows(Kind::OverpaidPayments), [vec![20250630, over(1), 4_000, 1], vec![20250720, over(2), 5_000, 1]]);
    let claim = |number: u16, part: i64, yen| {
        let due = DUE[usize::from(number) - 1].packed();
        vec![due, principal(number) + part, 2025, 0, i64::from(number), part, yen, 1]
    };
    assert_eq!(rows(Kind::Claims), [claim(3, 0, 3_000), claim(3, 1, 1_500), claim(4, 0, 10_000), claim(5, 0, 10_000)]);
    assert_eq!(rows(Kind::Consents), [vec![20250912, 0]]);
    // The payer alone is a person of the case: birth and stay.
    assert_eq!(case.case.persons().len(), 1);
    assert_eq!((case.payer, case.payer_died, case.others.as_slice()), (HEAD, None, &[][..]));
}

#[tokio::test]
async fn a_case_knows_of_notices_and_claims_up_to_its_day() {
    let hall = Hall::open().await;
    hall.two_and_three().await;
    let (store, here) = (&hall.office.store, hall.office.here);
    let decision = hall.decide(Double::provisional()).await.unwrap().decision;
    let (number, sent_on) = (0, day(9, 21));
    let notice = RefundNotice { number, household: HOME, decision, overpayments: vec![over(2)], sent_on, claim: None };
    let number = store.save_refund_notice(here, &notice, &stamp()).await.unwrap();
    store.save_refund_claim(here, number, day(9, 28), "請求書", &stamp()).await.unwrap();
    for (on, expected) in
        [(day(9, 20), vec![]), (day(9, 27), vec![vec![20250921, over(2), ABSENT]]), (day(9, 28), vec![vec![20250921, over(2), 20250928]])]
    {
        let case = case(store, here, HOME, on).await.unwrap();
        let told = case.case.household().iter().filter(|fact| fact.kind == Kind::ClaimNotices).map(|fact| fact.values.clone());
        assert_eq!(told.collect::<Vec<_>>(), expected, "{on}");
    }
}

#[tokio::test]
async fn what_is_due_is_paid_first_and_the_rest_goes_back() {
    let hall = Hall::open().await;
    hall.two_and_three().await;
    assert_eq!(hall.states().await, [State::ReasonFixed, State::ReasonFixed]);
    let decided = hall.decide(Double::honest().interest(2, 100)).await.unwrap();
    assert!(decided.new && decided.held.is_none());
    // 4,000: 3,000 for the third instalment, 1,000 for its charge. 5,000: 500 for the charge, 4,500 back.
    assert_eq!(hall.stands(of(AccountKind::Receivable, 3)).await, 0);
    assert_eq!(hall.stands(of(AccountKind::Charge, 3)).await, 0);
    assert_eq!(hall.stands(of(AccountKind::Receivable, 4)).await, 10_000);
    for number in [1, 2] {
        assert_eq!(hall.stands(Account::overpaid(HOME, over(number))).await, 0);
    }
    assert_eq!(hall.stands(Account::payable(HOME, 1)).await, 4_600);
    assert_eq!(hall.stands(Account::interest(2025)).await, -100);
    let orders = hall.orders().await;
    let [order] = orders.as_slice() else { panic!("one order, not {orders:?}") };
    assert_eq!((order.principal.get(), order.interest.get(), order.payee_kind), (4_500, 100, PayeeKind::Head));
    assert_eq!((order.payee, order.decided_on, order.decision, order.replaces), (Some(HEAD), ON, decided.decision, None));
    // Both sides existed on 10 September: the third was due on the 1st.
    let entries = hall.office.store.entries_of_account(hall.office.here, of(AccountKind::Receivable, 3)).await.unwrap();
    let used = entries.iter().find(|entry| entry.event == Event::Appropriated).unwrap();
    assert_eq!((used.transfer.effective, used.booked_on, used.decision), (day(9, 10), ON, Some(decided.decision)));
    assert_eq!(hall.states().await, [State::Appropriated, State::Decided]);
    assert_eq!(hall.notice().await, None);
    hall.sound().await;
}

#[tokio::test]
async fn with_a_consent_instalments_not_yet_due_are_paid_and_interest_is_an_order_of_its_own() {
    let hall = Hall::open().await;
    hall.two_and_three().await;
    hall.consent().await;
    hall.decide(Double::honest().interest(2, 100)).await.unwrap();
    // 9,000 less 4,500 that are due: 4,500 for the fourth instalment, from the day of the decision.
    assert_eq!(hall.stands(of(AccountKind::Receivable, 4)).await, 5_500);
    let entries = hall.office.store.entries_of_account(hall.office.here, of(AccountKind::Receivable, 4)).await.unwrap();
    assert_eq!(entries.last().unwrap().transfer.effective, ON);
    let orders = hall.orders().await;
    assert_eq!(orders.iter().map(|order| (order.principal.get(), order.interest.get())).collect::<Vec<_>>(), [(0, 100)]);
    hall.sound().await;
}

#[tokio::test]
async fn a_consent_from_before_an_overpayment_arose_was_given_for_something_else() {
    let hall = Hall::open().await;
    hall.two_and_three().await;
    hall.consent_on(day(9, 9)).await;
    let decided = hall.decide(Double::honest()).await.unwrap();
    assert_eq!((decided.orders[0].principal.get(), hall.stands(of(AccountKind::Receivable, 4)).await), (4_500, 10_000));
}

#[tokio::test]
async fn deciding_again_answers_the_same_and_moves_nothing() {
    let hall = Hall::open().await;
    hall.two_and_three().await;
    let first = hall.decide(Double::honest()).await.unwrap();
    let again = hall.decide(Double::honest()).await.unwrap();
    assert_eq!((again.decision, again.new, &again.orders), (first.decision, false, &first.orders));
    assert_eq!(hall.orders().await.len(), 1);
    assert!(matches!(hall.decide_on(Double::honest(), day(9, 21)).await, Err(RefundError::Nothing(HOME))));
    hall.sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_who_decide_at_once_one_has_the_effect_and_both_get_the_same_answer() {
    let hall = Hall::open().await;
    hall.two_and_three().await;
    let (one, two) = tokio::join!(hall.decide(Double::honest().interest(1, 30)), hall.decide(Double::honest().interest(1, 30)));
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!((one.decision, &one.orders), (two.decision, &two.orders));
    assert!(one.new != two.new, "one of them made it");
    // The interest is on the first overpayment, which is appropriated whole.
    let orders = hall.orders().await;
    assert_eq!(orders.iter().map(|order| (order.principal.get(), order.interest.get())).collect::<Vec<_>>(), [(4_500, 0), (0, 30)]);
    assert_eq!(hall.stands(Account::payable(HOME, 1)).await + hall.stands(Account::payable(HOME, 2)).await, 4_530);
    hall.sound().await;
}

/// Turns the proposals of an honest answer.
fn proposals(change: impl Fn(&mut Proposal) + Send + Sync + 'static) -> Double {
    Double::lying(move |answer| answer.proposals.iter_mut().for_each(&change))
}

fn also(entry: Entry, overpayment: i64, claim: i64, yen: i64) -> Double {
    Double::lying(move |answer| answer.proposals.extend(Proposal::of(entry, overpayment, claim, yen)))
}

#[tokio::test]
async fn a_rule_that_lies_moves_nothing_and_the_clerks_are_told() {
    let hall = Hall::open().await;
    hall.two_and_three().await;
    let unknown = nth(5).overpayment(9);
    let lies: Vec<(Double, OutOfBounds)> = vec![
        (also(Entry::Refund, unknown, 0, 1), OutOfBounds::UnknownOverpayment(unknown)),
        (also(Entry::Refund, over(2), 0, 1), OutOfBounds::NotConserved { overpayment: over(2), yen: 5_000, used: 5_001 }),
        (
            Double::lying(|answer| answer.proposals.retain(|proposal| proposal.entry != Entry::Refund)),
            OutOfBounds::NotConserved { overpayment: over(2), yen: 5_000, used: 500 },
        ),
        (
            proposals(|proposal| {
                if proposal.entry == Entry::Refund {
                    (proposal.entry, proposal.claim) = (Entry::Appropriation, Some(charge(3)));
                }
            }),
            OutOfBounds::MoreThanOpen { claim: charge(3), open: 1_500, proposed: 6_000 },
        ),
        (proposals(|proposal| proposal.claim = proposal.claim.map(|_| principal(4))), OutOfBounds::NotDue(principal(4))),
        (proposals(|proposal| proposal.claim = proposal.claim.map(|_| 99)), OutOfBounds::UnknownClaim(99)),
        // Paid on 20 July, decided on 20 September: 63 days. 5,000 at 14.6 % are 126 yen.
        (also(Entry::Interest, over(2), 0, 127), OutOfBounds::TooMuchInterest { overpayment: over(2), most: 126, proposed: 127 }),
        (Double::lying(|answer| answer.rows[1].2 = 100), OutOfBounds::NotConserved { overpayment: over(2), yen: 5_000, used: 5_100 }),
        (
            Double::lying(|answer| {
                answer.proposals.retain(|proposal| proposal.overpayment != over(2));
                answer.rows[1].2 = 5_000;
            }),
            OutOfBounds::NotLapsed(over(2)),
        ),
        (Double::lying(|answer| answer.misquoted = 1), OutOfBounds::Tables("overpayments")),
        (Double::lying(|answer| answer.rows.truncate(1)), OutOfBounds::Tables("overpayments")),
        (Double::honest().payee(PayeeKind::Heirs), OutOfBounds::Payee(over(2))),
        (Double::honest().payee(PayeeKind::PensionBody), OutOfBounds::Payee(over(2))),
    ];
    for (double, expected) in lies {
        let decided = hall.decide(double).await.unwrap();
        assert_eq!(held(&decided), &Held::OutOfBounds(expected.clone()));
        assert!(hall.notice().await.unwrap().contains(&expected.ja()), "{expected:?}");
        assert!(hall.office.store.postings_of_decision(hall.office.here, decided.decision).await.unwrap().is_empty());
        assert_eq!(hall.stands(Account::overpaid(HOME, over(2))).await, 5_000);
    }
    assert!(hall.orders().await.is_empty());
    assert_eq!(hall.states().await, [State::Held, State::Held]);
    // The decisions are kept; an honest one is posted, and the notice holds no more.
    assert!(hall.decide(Double::honest()).await.unwrap().held.is_none());
    assert_eq!(hall.notice().await, None);
    hall.sound().await;
}

#[tokio::test]
async fn the_highest_interest_there_ever_was_is_within_the_bounds() {
    let hall = Hall::open().await;
    hall.two_and_three().await;
    let decided = hall.decide(Double::honest().interest(2, 126)).await.unwrap();
    assert_eq!(decided.orders[0].interest.get(), 126);
}

#[tokio::test]
async fn interest_on_what_lapsed_is_out_of_bounds() {
    let hall = Hall::open().await;
    hall.two_and_three().await;
    let lapsed = Double { bar_on: ON, ..also(Entry::Interest, over(1), 0, 1) };
    let decided = hall.decide(lapsed).await.unwrap();
    assert_eq!(held(&decided), &Held::OutOfBounds(OutOfBounds::InterestAlone(over(1))));
}

#[tokio::test]
async fn a_provisional_decision_posts_nothing_until_it_is_decided_for_good() {
    let hall = Hall::open().await;
    hall.two_and_three().await;
    let first = hall.decide(Double::provisional()).await.unwrap();
    assert_eq!((held(&first), first.plan.is_none()), (&Held::Provisional, true));
    assert_eq!(hall.states().await, [State::Held, State::Held]);
    assert!(hall.notice().await.is_some());
    // Told once.
    let again = hall.decide(Double::provisional()).await.unwrap();
    assert_eq!((again.decision, again.new), (first.decision, false));
    let confirmed = hall.decide(Double::honest()).await.unwrap();
    assert!(confirmed.held.is_none() && confirmed.decision != first.decision);
    assert_eq!((hall.notice().await, hall.orders().await.len()), (None, 1));
    hall.sound().await;
}

#[tokio::test]
async fn nothing_is_refunded_while_the_year_has_to_be_decided_again() {
    let hall = Hall::open().await;
    hall.two_and_three().await;
    let moved = hall.fact(OTHER, Kind::Qualification, day(8, 1), vec![ABSENT; Kind::Qualification.fields().len()]);
    hall.office.store.assert_facts(hall.office.here, TODAY, &[moved], &stamp()).await.unwrap();
    assert_eq!(reasons(hall.decide(Double::honest()).await), [Blocked::Reassessment(2025)]);
    assert_eq!(hall.states().await, [State::Detected, State::Detected]);
    assert!(hall.orders().await.is_empty());
    // A run has looked and found nothing to change.
    hall.cover().await;
    assert!(hall.decide(Double::honest()).await.is_ok());
}

#[tokio::test]
async fn nothing_is_refunded_while_a_receipt_of_the_household_is_only_announced_or_waits_for_a_clerk() {
    for (kind, exception, event) in
        [(FileKind::Announced, None, EventKind::Announced), (FileKind::Final, Some(Exception::NotLevied), EventKind::Final)]
    {
        let hall = Hall::open().await;
        hall.two_and_three().await;
        let (store, by, on) = (&hall.office.store, stamp(), day(9, 18));
        let mut receiving = store.receiving(hall.office.here, &by).await.unwrap();
        let file = NewFile {
            source: 1,
            kind,
            serial: 1,
            made_on: on,
            digest: Digest::of(b"f"),
            rows: 1,
            unpaid: 0,
            yen: 100,
            bytes: b"f".to_vec(),
            booked_on: on,
        };
        let Begun::Now(number) = receiving.begin(&file).await.unwrap() else { panic!("new") };
        let (receipt, ordinal) = (receiving.number_receipt(), receiving.number_event());
        let announced = ReceiptEvent {
            ordinal,
            receipt,
            kind: event,
            origin: Some((number, 1)),
            slip: "00000000007202500044".into(),
            pays: Some((HOME, nth(4))),
            paid_on: on,
            booked_on: on,
            yen: Yen::new(100),
            booking: None,
            used: None,
            exception,
            reason: None,
            at: by.at.clone(),
            by: by.by.clone(),
        };
        receiving.save(&[], &[(receipt, 1, "C1".into())], &[announced]).await.unwrap();
        receiving.commit().await.unwrap();
        assert_eq!(reasons(hall.decide(Double::honest()).await), [Blocked::Receipt(receipt)]);
    }
}

#[tokio::test]
async fn nothing_is_decided_where_nobody_says_who_paid() {
    let hall = Hall::with_obligors(&[]).await;
    hall.two_and_three().await;
    let found = reasons(hall.decide(Double::honest()).await);
    assert_eq!(found, [Blocked::PayerUnknown(over(1)), Blocked::PayerUnknown(over(2))]);
}

#[tokio::test]
async fn a_household_that_came_to_owe_nothing_gets_back_what_its_head_paid() {
    let hall = Hall::open().await;
    hall.two_and_three().await;
    hall.schedule(hall.scheduled, &[]).await;
    let decided = hall.decide(Double::honest()).await.unwrap();
    assert_eq!((decided.orders[0].principal.get(), decided.orders[0].payee), (4_500, Some(HEAD)));
    hall.sound().await;
}

#[tokio::test]
async fn overpayments_of_another_head_wait_and_pay_only_what_that_head_owes() {
    // The first head owed April to June, the other the rest: the first instalment is due in June.
    let hall = Hall::with_obligors(&[(0, 1, 3), (1, 4, 12)]).await;
    hall.two_and_three().await;
    let first = hall.decide(Double::honest()).await.unwrap();
    assert_eq!(first.others, [over(2)]);
    // What is open is owed by the other head.
    assert_eq!((first.orders[0].principal.get(), first.orders[0].payee), (4_000, Some(HEAD)));
    assert_eq!(hall.stands(of(AccountKind::Receivable, 3)).await, 3_000);
    let second = hall.decide(Double::honest()).await.unwrap();
    assert!(second.others.is_empty() && second.decision != first.decision);
    assert_eq!((second.orders[0].principal.get(), second.orders[0].payee), (500, Some(OTHER)));
    assert_eq!(hall.stands(of(AccountKind::Receivable, 3)).await + hall.stands(of(AccountKind::Charge, 3)).await, 0);
    hall.sound().await;
}

#[tokio::test]
async fn what_a_dead_head_paid_goes_to_the_heirs_and_no_letter_to_the_dead() {
    let hall = Hall::open().await;
    hall.two_and_three().await;
    hall.dies(HEAD, day(9, 5)).await;
    let wrong = hall.decide(Double::honest()).await.unwrap();
    assert_eq!(held(&wrong), &Held::OutOfBounds(OutOfBounds::Payee(over(2))));
    let decided = hall.decide(Double::honest().payee(PayeeKind::Heirs)).await.unwrap();
    assert_eq!((decided.orders[0].payee_kind, decided.orders[0].payee), (PayeeKind::Heirs, None));
    let (store, here) = (&hall.office.store, hall.office.here);
    let stored = store.decision(here, decided.decision).await.unwrap().unwrap();
    let unknown = letter(store, here, &stored, ON).await.unwrap().unwrap();
    assert_eq!(unknown.addressee, Addressee::Clerk(Addressing::HeirsUnknown(HEAD)));
    assert!(unknown.text().starts_with("【発送できません】"), "{}", unknown.text());
    let heir = Heir { number: 0, household: HOME, deceased: HEAD, heir: OTHER, document: "届出書".into(), declared_on: day(9, 22) };
    store.save_heir(here, &heir, &stamp()).await.unwrap();
    let known = letter(store, here, &stored, day(9, 23)).await.unwrap().unwrap();
    let text = known.text();
    assert!(text.contains("名72 様（相続人代表者）") && !text.contains("名71"), "{text}");
    // Whoever is declared is the payee of the order that takes its place.
    let renewed = hall.renew(Double::honest().payee(PayeeKind::Heirs), 1, day(9, 23)).await.unwrap();
    assert_eq!((renewed.orders[0].payee_kind, renewed.orders[0].payee), (PayeeKind::Heirs, Some(OTHER)));
    hall.sound().await;
}

#[tokio::test]
async fn an_order_renewed_has_the_interest_of_the_whole_and_leaves_what_was_appropriated() {
    let hall = Hall::open().await;
    hall.two_and_three().await;
    hall.decide(Double::honest().interest(2, 100)).await.unwrap();
    assert!(matches!(hall.renew(Double::honest(), 1, ON).await, Err(RefundError::NotLater { order: 1, decided_on: ON })));
    let later = day(9, 25);
    // 68 days now: at most 136 yen on 5,000, of which 500 were appropriated. On the 4,500 that go back alone 122.
    let renewed = hall.renew(Double::honest().interest(2, 136), 1, later).await.unwrap();
    assert!(renewed.held.is_none(), "{renewed:?}");
    let orders = hall.orders().await;
    let [old, new] = orders.as_slice() else { panic!("two orders, not {orders:?}") };
    assert_eq!((new.principal.get(), new.interest.get(), new.decided_on, new.replaces), (4_500, 136, later, Some(1)));
    assert_ne!(old.decision, new.decision);
    assert_eq!((hall.stands(Account::payable(HOME, 1)).await, hall.stands(Account::payable(HOME, 2)).await), (0, 4_636));
    assert_eq!(hall.stands(Account::interest(2025)).await, -136);
    // Appropriated once.
    assert_eq!(hall.stands(of(AccountKind::Receivable, 3)).await + hall.stands(of(AccountKind::Charge, 3)).await, 0);
    assert_eq!(hall.stands(of(AccountKind::Receivable, 4)).await, 10_000);
    let states: Vec<OrderState> = hall.matters(later).await.orders.iter().map(|(_, state)| *state).collect();
    assert_eq!(states, [OrderState::Withdrawn, OrderState::Open]);
    // The same command again, and the old order once more on another day.
    let again = hall.renew(Double::honest().interest(2, 136), 1, later).await.unwrap();
    assert_eq!((again.new, again.orders), (false, vec![new.clone()]));
    assert!(matches!(hall.renew(Double::honest(), 1, day(9, 26)).await, Err(RefundError::NotOpen { .. })));
    // And the new one in its turn.
    hall.renew(Double::honest().interest(2, 140), 2, day(9, 27)).await.unwrap();
    assert_eq!(hall.stands(Account::payable(HOME, 3)).await, 4_640);
    hall.sound().await;
}

#[tokio::test]
async fn a_renewal_pays_what_has_become_due_meanwhile() {
    let hall = Hall::open().await;
    hall.two_and_three().await;
    hall.decide(Double::honest()).await.unwrap();
    // The fourth instalment was due on 30 September.
    let renewed = hall.renew(Double::honest(), 1, day(10, 1)).await.unwrap();
    assert_eq!((renewed.orders.len(), hall.stands(of(AccountKind::Receivable, 4)).await), (0, 5_500));
    let entries = hall.office.store.entries_of_account(hall.office.here, of(AccountKind::Receivable, 4)).await.unwrap();
    assert_eq!(entries.last().unwrap().transfer.effective, day(9, 30));
    assert_eq!(hall.states().await, [State::Appropriated, State::Appropriated]);
    hall.sound().await;
}

#[tokio::test]
async fn a_renewal_that_forgets_what_was_appropriated_leaves_the_old_order_as_it_is() {
    let hall = Hall::open().await;
    hall.two_and_three().await;
    hall.decide(Double::honest()).await.unwrap();
    let forgetful = Double::lying(|answer| {
        answer.proposals.clear();
        answer.proposals.extend(Proposal::of(Entry::Refund, over(2), 0, 5_000));
    });
    let renewed = hall.renew(forgetful, 1, day(9, 25)).await.unwrap();
    assert_eq!(held(&renewed), &Held::OutOfBounds(OutOfBounds::Unappropriated(over(2))));
    assert_eq!((hall.orders().await.len(), hall.stands(Account::payable(HOME, 1)).await), (1, 4_500));
    assert!(hall.notice().await.is_some());
    hall.sound().await;
}

#[tokio::test]
async fn an_order_of_interest_alone_is_renewed_with_the_same_amount() {
    let hall = Hall::open().await;
    hall.two_and_three().await;
    hall.consent().await;
    let decided = hall.decide(Double::honest().interest(2, 100)).await.unwrap();
    let renewed = hall.renew(Double::honest().interest(2, 126), 1, day(9, 25)).await.unwrap();
    assert_eq!((renewed.decision, renewed.new), (decided.decision, false));
    let orders = hall.orders().await;
    assert_eq!(orders.iter().map(|order| (order.interest.get(), order.decided_on)).collect::<Vec<_>>(), [(100, ON), (100, day(9, 25))]);
    assert_eq!(hall.stands(Account::interest(2025)).await, -100);
    hall.sound().await;
}

#[tokio::test]
async fn an_order_in_a_bank_file_is_not_renewed() {
    let hall = Hall::open().await;
    hall.two_and_three().await;
    hall.decide(Double::honest()).await.unwrap();
    let transfer = Transfer {
        debit: Account::payable(HOME, 1),
        credit: Account::bank(),
        yen: Yen::new(4_500),
        phase: Phase::Pending,
        effective: day(9, 22),
    };
    let posting = Posting {
        id: Digest::of(b"sent"),
        event: Event::Sent,
        booked_on: day(9, 22),
        decision: None,
        reference: "振込".into(),
        transfers: vec![transfer],
        overpayments: Vec::new(),
    };
    hall.office.store.post(hall.office.here, &[posting], &stamp()).await.unwrap();
    assert!(matches!(hall.renew(Double::honest(), 1, day(9, 25)).await, Err(RefundError::NotOpen { .. })));
    assert_eq!(hall.states().await, [State::Appropriated, State::Sent]);
}

#[tokio::test]
async fn a_lapse_is_recorded_from_its_day_on_and_stays_in_sight() {
    let hall = Hall::open().await;
    hall.two_and_three().await;
    let (store, here) = (&hall.office.store, hall.office.here);
    let (bar, number) = (ON, over(2));
    let at = |on, reason: &'static str| async move { lapse(store, here, HOME, Lapsing::Overpayment(number), on, reason, &stamp()).await };
    assert!(matches!(at(bar, "期間経過").await, Err(RefundError::NotBarred { bar_on: None, .. })), "nobody has decided it");
    let decided = hall.decide(Double { bar_on: bar, ..Double::honest() }).await.unwrap();
    assert_eq!(decided.plan.as_ref().unwrap().lapsed, [(over(1), Yen::new(4_000)), (over(2), Yen::new(5_000))]);
    assert_eq!(hall.stands(Account::overpaid(HOME, number)).await, 5_000, "nothing lapses by itself");
    assert!(matches!(at(bar.yesterday(), "期間経過").await, Err(RefundError::NotBarred { bar_on: Some(on), .. }) if on == bar));
    assert!(matches!(at(bar, " ").await, Err(RefundError::NoReason)));
    for _ in 0..2 {
        assert_eq!(at(bar, "期間経過").await.unwrap(), Yen::new(5_000));
    }
    assert_eq!((hall.stands(Account::overpaid(HOME, number)).await, hall.stands(Account::lapsed(2025)).await), (0, 5_000));
    let listed = lapsed(store, here, 2025).await.unwrap();
    assert_eq!(
        listed.iter().map(|one| (one.household, one.lapsing, one.yen, one.bar_on)).collect::<Vec<_>>(),
        [(HOME, Lapsing::Overpayment(number), 5_000, bar)]
    );
    assert_eq!(hall.states().await[1], State::Lapsed);
    hall.sound().await;
}

#[tokio::test]
async fn of_an_order_the_principal_lapses_first_and_the_interest_later() {
    let hall = Hall::open().await;
    hall.two_and_three().await;
    hall.decide(Double::honest().interest(2, 100)).await.unwrap();
    let (store, here) = (&hall.office.store, hall.office.here);
    let at = |on| async move { lapse(store, here, HOME, Lapsing::Order(1), on, "期間経過", &stamp()).await };
    // The double's time bars: 11 September 2027, for the interest 2030.
    assert!(matches!(at(Date::new(2027, 9, 10)).await, Err(RefundError::NotBarred { .. })));
    assert_eq!(at(Date::new(2027, 9, 11)).await.unwrap(), Yen::new(4_500));
    assert_eq!(hall.stands(Account::payable(HOME, 1)).await, 100);
    assert_eq!(at(Date::new(2030, 9, 10)).await.unwrap(), Yen::new(4_500), "the same record again");
    assert_eq!(at(Date::new(2030, 9, 11)).await.unwrap(), Yen::new(100));
    assert_eq!(hall.stands(Account::payable(HOME, 1)).await, 0);
    hall.sound().await;
}

#[tokio::test]
async fn warnings_come_before_a_lapse_and_tell_what_nobody_decided() {
    let hall = Hall::open().await;
    hall.two_and_three().await;
    let (store, here) = (&hall.office.store, hall.office.here);
    let undecided = warnings(store, here, ON, Some(6)).await.unwrap();
    assert_eq!(undecided.iter().map(|warning| (warning.bar_on, warning.yen)).collect::<Vec<_>>(), [(None, 4_000), (None, 5_000)]);
    hall.decide(Double::honest()).await.unwrap();
    // Lapses on 11 September 2027; the double warns a year before.
    for (on, months, expected) in [
        (Date::new(2027, 3, 10), Some(6), 0),
        (Date::new(2027, 3, 11), Some(6), 1),
        (Date::new(2026, 9, 10), None, 0),
        (Date::new(2026, 9, 11), None, 1),
        (Date::new(2028, 1, 1), Some(0), 1),
    ] {
        let found = warnings(store, here, on, months).await.unwrap();
        assert_eq!(found.len(), expected, "{on} {months:?}: {found:?}");
        assert!(found.iter().all(|warning| warning.lapsing == Lapsing::Order(1) && warning.yen == 4_500));
    }
}

#[tokio::test]
async fn a_matter_goes_from_found_to_told_to_claimed() {
    let hall = Hall::open().await;
    hall.two_and_three().await;
    let (store, here) = (&hall.office.store, hall.office.here);
    assert_eq!(open_matters(store, here).await.unwrap().into_iter().collect::<Vec<_>>(), [HOME]);
    let decided = hall.decide(Double::honest()).await.unwrap();
    let notice = RefundNotice {
        number: 0,
        household: HOME,
        decision: decided.decision,
        overpayments: vec![over(1), over(2)],
        sent_on: day(9, 21),
        claim: None,
    };
    let number = store.save_refund_notice(here, &notice, &stamp()).await.unwrap();
    assert_eq!(hall.states().await, [State::Appropriated, State::Notified]);
    store.save_refund_claim(here, number, day(10, 1), "請求書", &stamp()).await.unwrap();
    assert_eq!(hall.states().await, [State::Appropriated, State::AwaitingAccount]);
    let known = hall.matters(ON).await;
    assert_eq!(known.matters[0].appropriated, [(principal(3), 3_000), (charge(3), 1_000)]);
    assert_eq!((known.matters[1].ordered.as_slice(), known.matters[1].arisen), (&[(1, 4_500)][..], 5_000));
}

#[tokio::test]
async fn what_must_be_given_back_is_shown_and_never_set_off() {
    let hall = Hall::open().await;
    hall.two_and_three().await;
    hall.decide(Double::honest()).await.unwrap();
    // The second receipt bounces after its refund was decided.
    let back = [(Account::reclaim(HOME, 2), Account::unmatched(2), 5_000, day(9, 24))];
    hall.post(Event::Reversed, &back, &[]).await;
    let known = hall.matters(ON).await;
    assert_eq!(known.reclaims, [(2, 5_000)]);
    assert_eq!(hall.stands(Account::payable(HOME, 1)).await, 4_500);
    // Another overpayment arises: it does not pay what must be given back.
    hall.pay(9, 4, 10_000, day(9, 20)).await;
    hall.lower(4, 2_000, day(9, 26)).await;
    let again = hall.decide_on(Double::honest(), day(9, 27)).await.unwrap();
    assert_eq!(again.orders[0].principal.get(), 2_000);
    assert_eq!(hall.stands(Account::reclaim(HOME, 2)).await, 5_000);
    let told = story(&hall.office.store, hall.office.here, HOME, ON).await.unwrap();
    assert!(told.contains("返納金債権  収納番号 2  5,000 円"), "{told}");
    hall.sound().await;
}

#[tokio::test]
async fn a_notice_says_what_was_decided_and_how_to_object() {
    let hall = Hall::open().await;
    hall.two_and_three().await;
    let (store, here) = (&hall.office.store, hall.office.here);
    let provisional = hall.decide(Double::provisional()).await.unwrap();
    let stored = store.decision(here, provisional.decision).await.unwrap().unwrap();
    assert_eq!(letter(store, here, &stored, ON).await.unwrap(), None, "nobody is told of what is not decided");
    let decided = hall.decide(Double::honest().interest(2, 100)).await.unwrap();
    let stored = store.decision(here, decided.decision).await.unwrap().unwrap();
    let letter = letter(store, here, &stored, day(9, 21)).await.unwrap().unwrap();
    assert_eq!((letter.items.len(), letter.payout(), letter.orders.as_slice()), (2, 4_600, &[1][..]));
    let text = letter.text();
    for part in [
        "所71\n名71 様",
        "還付充当通知書",
        "2025年度 普通徴収 第1期",
        "過誤納額    4,000 円",
        "充当額      3,000 円  2025年度 普通徴収 第3期 保険料へ充当",
        "充当額      1,000 円  2025年度 普通徴収 第3期 延滞金へ充当",
        "還付額      4,500 円",
        "還付加算金  100 円  （計算期間 2025-07-01 から 2025-09-20 まで）",
        "お支払いする額 4,600 円",
        "保険料の減額",
        "2027-09-11 以後は、時効により請求できません",
        "3か月以内",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[tokio::test]
async fn the_story_goes_from_the_payment_to_the_order() {
    let hall = Hall::open().await;
    hall.two_and_three().await;
    hall.decide(Double::honest().interest(2, 100)).await.unwrap();
    let told = story(&hall.office.store, hall.office.here, HOME, ON).await.unwrap();
    // In this order, each with its number in the ledger.
    let parts = [
        "発生 2025-09-10",
        "第8号 減額",
        "第11号 充当",
        "決定日 2025-09-20",
        "第9号 減額",
        "第12号 還付決定",
        "還付 4,500 円、還付加算金 100 円",
    ];
    let mut rest = told.as_str();
    for part in parts {
        rest = rest.split_once(part).unwrap_or_else(|| panic!("{part} is not in its place in\n{told}")).1;
    }
}
