//! A refund desk for tests of this crate: households that paid twice, orders that pay it back, and a register that answers as it
//! is told. The store, the acts and the ledger are the real ones.
#![allow(clippy::unwrap_used)]

use super::{AccountVault, PayeeState, Watch};
use crate::inquiries::{Exchange, Ran, plan, run};
use crate::office_of_two::{OfficeOfTwo, TODAY, stamp};
use jorei_bank::account::{AccountNumber, BankAccount, BankCode, BranchCode, DepositKind};
use jorei_bank::names::HolderName;
use jorei_connector::{Accepted, AccountItems, Answer, ConnectorError, Found, Instant, Query, Standing};
use jorei_domain::audit::Stamp;
use jorei_domain::calendar::Date;
use jorei_domain::decision::{Decision, Evidence, Outcome};
use jorei_domain::id::{Digest, HouseholdId, Knowledge, PersonId};
use jorei_domain::ledger::{Account, Event, Instalment, Overpayment, Phase, Posting, Transfer};
use jorei_domain::money::Yen;
use jorei_domain::record::Kind;
use jorei_store::decisions::NewDecision;
use jorei_store::facts::Assertion;
use jorei_store::orders::{Book, PayeeKind, PaymentOrder};
use jorei_store::refunds::{Consent, ConsentChannel, ConsentKind};
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Mutex;
use std::task::Poll;

pub(crate) const WATCH: Watch = Watch { answer_days: 3, changed_days: 14 };
const FIRST: Instalment = Instalment { year: 2025, collection: 0, number: 1 };

/// Runs something and stops it at its `polls`th step, as a power cut would: dropped, with all that it holds. None where it was stopped.
pub(crate) async fn stopped_after<T>(polls: u32, work: impl Future<Output = T>) -> Option<T> {
    let mut work = Box::pin(work);
    let mut left = polls;
    std::future::poll_fn(move |context| {
        left -= 1;
        match work.as_mut().poll(context) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// The register and the way to it.
#[derive(Default)]
pub(crate) struct Register {
    pub standings: Mutex<BTreeMap<i64, Standing>>,
    pub asked: Mutex<Vec<Query>>,
    pub answers: Mutex<Vec<Answer>>,
    /// The next request of asking is carried out and its answer lost.
    pub lose_next: Mutex<bool>,
    /// Answers are held back.
    pub silent: Mutex<bool>,
}

impl Register {
    pub fn says(&self, person: i64, standing: Standing) {
        self.standings.lock().unwrap().insert(person, standing);
    }

    pub fn tell(&self, answer: Answer) {
        self.answers.lock().unwrap().push(answer);
    }

    fn answer(&self, query: &Query) {
        let standing = self.standings.lock().unwrap().get(&query.subject.get()).cloned().unwrap_or(Standing::NotFound);
        let mut answers = self.answers.lock().unwrap();
        let sequence = answers.len() as u64 + 1;
        answers.push(Answer { sequence, query: query.id, standing, at: Instant::parse("2026-06-01T00:00:00Z").unwrap() });
    }
}

impl Exchange for Register {
    async fn ask(&self, queries: &[Query]) -> Result<Accepted, ConnectorError> {
        let mut accepted = Accepted::default();
        for query in queries {
            let known = self.asked.lock().unwrap().iter().any(|one| one == query);
            if known {
                accepted.known.push(query.id);
            } else {
                self.asked.lock().unwrap().push(query.clone());
                self.answer(query);
                accepted.new.push(query.id);
            }
        }
        if std::mem::take(&mut *self.lose_next.lock().unwrap()) {
            return Err(ConnectorError::Unreachable { why: "cut".into() });
        }
        Ok(accepted)
    }

    async fn answers(&self, after: u64, limit: u16) -> Result<Vec<Answer>, ConnectorError> {
        if *self.silent.lock().unwrap() {
            return Ok(Vec::new());
        }
        let answers = self.answers.lock().unwrap();
        Ok(answers.iter().filter(|answer| answer.sequence > after).take(usize::from(limit)).cloned().collect())
    }
}

pub(crate) fn items(number: &str, holder: &str) -> AccountItems {
    AccountItems {
        bank_code: "9990".into(),
        bank_kana: "ミホンギンコウ".into(),
        branch_code: "001".into(),
        branch_kana: "ミホン".into(),
        kind_code: "1".into(),
        number: number.into(),
        holder_kana: holder.into(),
        registered_on: None,
        changed_on: None,
    }
}

pub(crate) fn present(number: &str, holder: &str) -> Standing {
    Standing::Present(Found::Account(items(number, holder)))
}

pub(crate) fn bank_account(number: &str, holder: &str) -> BankAccount {
    BankAccount {
        bank: BankCode::parse("9990").unwrap(),
        branch: BranchCode::parse("001").unwrap(),
        kind: DepositKind::Ordinary,
        number: AccountNumber::parse(number).unwrap(),
        holder: HolderName::normalise(holder).unwrap(),
    }
}

pub(crate) struct Desk {
    pub office: OfficeOfTwo,
    pub vault: AccountVault,
    pub register: Register,
    revision: Digest,
}

impl Desk {
    pub async fn open() -> Desk {
        let office = OfficeOfTwo::found().await;
        let revision = office.revision("refund", "{}".into()).await;
        Desk { office, vault: AccountVault::new([7; 32]), register: Register::default(), revision }
    }

    /// A head (number 10 × household + 1) whose household has an order of so many yen, decided today. The register knows nothing.
    pub async fn order(&self, household: i64, kana: &str, yen: i64) -> i64 {
        let person = household * 10 + 1;
        if !self.office.store.knows_person(self.office.here, PersonId(person)).await.unwrap() {
            self.office.resident(person, kana, household, "旭川市9条通9丁目1-2").await;
        }
        self.order_on(household, yen, TODAY).await
    }

    pub async fn order_on(&self, household: i64, yen: i64, decided_on: Date) -> i64 {
        let (store, here) = (&self.office.store, self.office.here);
        let number = store.next_order(here).await.unwrap();
        let id = HouseholdId(household);
        let decision = Decision {
            municipality: here,
            slot: "refund".into(),
            household: id,
            on: Date::new(2026, 4, i32::try_from(number).unwrap()),
            revision: self.revision,
            evidence: Evidence::default(),
            outcome: Outcome::Decided { provisional: false, results: vec![] },
            trace: Vec::new(),
            supersedes: None,
        };
        let recorded_at = stamp().at;
        let new = NewDecision { decision, version: 1, knowledge: Knowledge(1), decided_on, fuel: 1, amount: None, recorded_at };
        let packed = new.pack().unwrap();
        let serial = u16::try_from(number).unwrap();
        let overpaid = Account::overpaid(id, FIRST.overpayment(serial));
        let posting = |name: &str, event, debit, credit, decision| Posting {
            id: Digest::of(format!("{name} {number}").as_bytes()),
            event,
            booked_on: decided_on,
            decision,
            reference: "test".into(),
            transfers: vec![Transfer { debit, credit, yen: Yen::new(yen), phase: Phase::Posted, effective: decided_on }],
            overpayments: vec![],
        };
        let (collected, unmatched) = (Account::collected(1, decided_on), Account::unmatched(number));
        let arisen = Overpayment {
            household: id,
            number: FIRST.overpayment(serial),
            cause: 3,
            arose_on: decided_on,
            requested_on: None,
            tax_notified_on: None,
        };
        let payable = Account::payable(id, number);
        let refund = posting("refund", Event::RefundDecided, overpaid, payable, Some(packed.id()));
        let postings = vec![
            posting("in", Event::Received, collected, unmatched, None),
            Posting { overpayments: vec![arisen], ..posting("over", Event::Matched, unmatched, overpaid, None) },
            refund.clone(),
        ];
        let order = PaymentOrder {
            number,
            household: id,
            posting: refund.id,
            decision: packed.id(),
            payee_kind: PayeeKind::Head,
            payee: Some(PersonId(household * 10 + 1)),
            principal: Yen::new(yen),
            interest: Yen::new(0),
            decided_on,
            replaces: None,
        };
        let book = Book { municipality: here, postings, orders: vec![order], dues: Vec::new() };
        store.save_run(std::slice::from_ref(&packed), &[], &[book], &stamp()).await.unwrap();
        number
    }

    pub async fn consent(&self, household: i64, given_by: i64, given_on: Date) -> i64 {
        let consent = Consent {
            number: 0,
            household: HouseholdId(household),
            kind: ConsentKind::PublicAccount,
            given_on,
            given_by: PersonId(given_by),
            channel: ConsentChannel::Paper,
            document: "請求書綴り1".into(),
            withdrawn_on: None,
        };
        self.office.store.save_consent(self.office.here, &consent, &stamp()).await.unwrap()
    }

    pub async fn dies(&self, person: i64, on: Date) {
        let fact = Assertion {
            person: PersonId(person),
            kind: Kind::Deaths,
            item: 0,
            from: on,
            until: Date::MAX,
            household: None,
            values: Some(vec![]),
            source: "住民基本台帳".into(),
        };
        self.office.store.assert_facts(self.office.here, TODAY, &[fact], &stamp()).await.unwrap();
    }

    /// Plans and runs, as the office does each hour.
    pub async fn exchange(&self) -> Ran {
        self.exchange_on(TODAY, &stamp()).await
    }

    pub async fn exchange_on(&self, today: Date, by: &Stamp) -> Ran {
        let (store, here) = (&self.office.store, self.office.here);
        plan(store, here, today, &WATCH, by).await.unwrap();
        run(store, &self.register, &self.vault, here, today, by).await.unwrap()
    }

    pub async fn state(&self, order: i64) -> PayeeState {
        self.state_on(order, TODAY).await
    }

    pub async fn state_on(&self, order: i64, today: Date) -> PayeeState {
        super::state(&self.office.store, self.office.here, order, today, &WATCH).await.unwrap()
    }

    /// An order whose account the register has fixed.
    pub async fn fixed(&self, household: i64, kana: &str, number: &str, yen: i64) -> i64 {
        let order = self.order(household, kana, yen).await;
        self.consent(household, household * 10 + 1, TODAY).await;
        self.register.says(household * 10 + 1, present(number, kana));
        self.exchange().await;
        order
    }

    /// Everything in the office adds up.
    pub async fn is_sound(&self) {
        let (store, here) = (&self.office.store, self.office.here);
        assert!(store.check_ledger(here).await.unwrap().is_empty());
        assert_eq!(store.check_sealed(here).await.unwrap(), Vec::<String>::new());
        assert_eq!(store.audit_verify(here, &[], |_| {}).await.unwrap(), []);
    }
}
