//! An office that pays benefits: people whose taxes it knows, claims that come in by sets, the rules of all benefits in force under
//! ordinances whose every value is confirmed, and the way of an order to the bank. One office is founded on each database; every
//! test begins with a copy of it.
//!
//! Absent here: what a benefit comes to; tests expect figures of their own.

use super::super::reassessment::{RUNTIME, asahikawa, born, fact, insured, member};
use jorei_bank::account::{AccountNumber, BankAccount, BankCode, BranchCode, DepositKind};
use jorei_bank::bulk_transfer::{Line, Reader};
use jorei_bank::names::HolderName;
use jorei_connector::{Accepted, AccountItems, Answer, ConnectorError, Found, Instant, Query, Standing};
use jorei_domain::audit::Stamp;
use jorei_domain::benefit::Benefit;
use jorei_domain::calendar::Date;
use jorei_domain::calendar::months_after;
use jorei_domain::id::{Digest, HouseholdId, PersonId};
use jorei_domain::record::{INCOME_STATES, Kind};
use jorei_domain::slot::Slot;
use jorei_domain::table::ABSENT;
use jorei_service::acts;
use jorei_service::benefits::applications::{Incoming, note, receive};
use jorei_service::benefits::month::{Request, Tally, run};
use jorei_service::benefits::{BenefitError, Decided, decide};
use jorei_service::claims;
use jorei_service::claims::forms::{Head, Said, write};
use jorei_service::inquiries::{self, Exchange};
use jorei_service::officer::Now;
use jorei_service::payees::{self, AccountVault, Watch};
use jorei_service::payments::{self, Sender, Told};
use jorei_service::revisions::{LiveRevision, Shelf, load};
use jorei_store::Store;
use jorei_store::acts::Verdict;
use jorei_store::benefits::{ApplicationEvent, ApplicationEventKind, BenefitDue, Simplified};
use jorei_store::facts::Assertion;
use jorei_store::medical_claims::{ClaimLine, ClaimStatus};
use jorei_store::names::Name;
use jorei_store::payments::Outcome;
use jorei_store::refunds::{Consent, ConsentChannel, ConsentKind};
use jorei_tests::city_hall::unique;
use jorei_tests::office::{BENEFIT_RULES, Office, now};
use jorei_tests::{built, postgres};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use tokio::sync::OnceCell;

/// The months that the revisions of the tests answer: through the change of August 2026, and up to where nothing is law.
pub(super) const WHOLE: (Date, Date) = (Date::new(2024, 8, 1), Date::new(2027, 4, 1));
/// The day on which tests decide where nothing else is said: long after the months that they are about.
pub(super) const DECIDED_ON: Date = Date::new(2026, 11, 2);
/// The last day on which a set of claims comes in.
const LAST_DAY: Date = Date::new(2027, 12, 1);
/// The day on which heads of these tests apply.
pub(super) const APPLIED_ON: Date = Date::new(2026, 10, 1);
const BANK_DAY: Date = Date::new(2026, 11, 4);
const KANA: &str = "ヤマダ ハナコ";

static ON_SQLITE: OnceCell<(tempfile::TempDir, Arc<Office>)> = OnceCell::const_new();
static ON_POSTGRES: OnceCell<(String, Arc<Office>)> = OnceCell::const_new();

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Database {
    Sqlite,
    Postgres,
}

enum Place {
    Folder { _folder: tempfile::TempDir },
    Address(String),
}

/// The office, open.
pub(super) struct Hall {
    pub(super) store: Store,
    pub(super) shelf: Shelf,
    pub(super) office: Arc<Office>,
    place: Place,
    births: BTreeMap<i64, Date>,
    serial: i64,
    batches: u32,
    register: Register,
}

pub(super) fn stamp() -> Stamp {
    now().stamp("test")
}

/// The ordinance of a rule under which every value is confirmed, as if the city had made it.
pub(super) fn confirmed(rule: &str) -> String {
    let path = built::repository().join("plugins").join(rule).join("ordinances/examples/confirmed.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let line = text.lines().find(|line| line.starts_with("municipality = ")).unwrap().to_owned();
    text.replacen(&line, &format!("municipality = \"{}\"", asahikawa()), 1)
}

/// Founds an office and puts rules in force, each under its text.
async fn found(store: &Store, rules: &[(&str, String)], (from, until): (Date, Date)) -> Office {
    let office = Office::found(store, asahikawa()).await;
    for (rule, text) in rules {
        let revision = office.revision(store, &RUNTIME, rule, text).await;
        office.activate(store, &RUNTIME, revision, (from, until)).await;
    }
    office
}

async fn found_at(address: &str) -> Office {
    let store = Store::open(address).await.unwrap();
    store.migrate().await.unwrap();
    let office = found(&store, &BENEFIT_RULES.map(|rule| (rule, confirmed(rule))), WHOLE).await;
    store.close().await;
    office
}

fn file(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("jorei.db")
}

/// A claim of a clinic, all of it under the insurance.
pub(super) fn claim(number: &str, person: i64, month: Date, cost_yen: i64, own_yen: i64) -> ClaimLine {
    ClaimLine {
        ordinal: 0,
        set: 0,
        part: 1,
        line: 0,
        claim: number.into(),
        status: ClaimStatus::Original,
        person: PersonId(person),
        month,
        setting: 1,
        service: 0,
        institution: 9_920_000_001,
        prescriber: None,
        days: 3,
        points: cost_yen / 10,
        cost_yen,
        share_percent: 30,
        own_yen,
        in_kind_yen: 0,
        in_kind_counts: false,
        category: String::new(),
        specified_disease: false,
        third_party: false,
        aid_code: None,
        stay: None,
        finding: None,
    }
}

/// The same claim with another cost, as it comes after a second look.
pub(super) fn replaced(claim: &ClaimLine, cost_yen: i64, own_yen: i64) -> ClaimLine {
    ClaimLine { status: ClaimStatus::Replaced, cost_yen, points: cost_yen / 10, own_yen, ..claim.clone() }
}

pub(super) fn state(word: &str) -> i64 {
    i64::try_from(INCOME_STATES.iter().position(|known| *known == word).unwrap()).unwrap()
}

/// The residents' tax of a person on the income of a year: taxed on so much.
pub(super) fn taxed(person: i64, year: i32, total_yen: i64) -> Assertion {
    let values = vec![state("known"), 0, (total_yen - 430_000).max(0), total_yen, total_yen, 0, total_yen];
    tax(person, year, Some(values))
}

/// The residents' tax of a person who had no income.
pub(super) fn exempt(person: i64, year: i32) -> Assertion {
    tax(person, year, Some(vec![state("known"), 1, 0, 0, 0, 0, 0]))
}

/// The residents' tax of which no more is known than a state.
pub(super) fn untaxed(person: i64, year: i32, word: &str) -> Assertion {
    let mut values = vec![ABSENT; Kind::ResidentTaxes.fields().len()];
    values[0] = state(word);
    tax(person, year, Some(values))
}

fn tax(person: i64, year: i32, values: Option<Vec<i64>>) -> Assertion {
    fact(person, Kind::ResidentTaxes, (Date::new(year, 1, 1), Date::new(year + 1, 1, 1)), values)
}

/// The incomes that the months of the tests rest on.
pub(super) const INCOME_YEARS: [i32; 3] = [2023, 2024, 2025];

impl Hall {
    /// A copy of the office as it was founded.
    pub(super) async fn open(database: Database) -> Hall {
        match database {
            Database::Sqlite => {
                let founded = ON_SQLITE.get_or_init(|| async {
                    let folder = tempfile::tempdir().unwrap();
                    let office = found_at(file(&folder).to_str().unwrap()).await;
                    (folder, Arc::new(office))
                });
                let (founded, office) = founded.await;
                let folder = tempfile::tempdir().unwrap();
                std::fs::copy(file(founded), file(&folder)).unwrap();
                let store = Store::open(file(&folder).to_str().unwrap()).await.unwrap();
                Hall::of(store, Arc::clone(office), Place::Folder { _folder: folder })
            }
            Database::Postgres => {
                let founded = ON_POSTGRES.get_or_init(|| async {
                    let address = postgres::database();
                    let office = found_at(&address).await;
                    (address, Arc::new(office))
                });
                let (founded, office) = founded.await;
                let address = postgres::copy(founded);
                let store = Store::open(&address).await.unwrap();
                Hall::of(store, Arc::clone(office), Place::Address(address))
            }
        }
    }

    /// An office of its own with other rules or other texts.
    pub(super) async fn with(rules: &[(&str, String)], dates: (Date, Date)) -> Hall {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(file(&folder).to_str().unwrap()).await.unwrap();
        store.migrate().await.unwrap();
        let office = found(&store, rules, dates).await;
        Hall::of(store, Arc::new(office), Place::Folder { _folder: folder })
    }

    fn of(store: Store, office: Arc<Office>, place: Place) -> Hall {
        let shelf = Shelf::new(store.clone(), Arc::clone(&RUNTIME));
        Hall { store, shelf, office, place, births: BTreeMap::new(), serial: 0, batches: 0, register: Register::default() }
    }

    /// Everything adds up; then the office is closed for ever.
    pub(super) async fn close(self) {
        self.is_sound().await;
        self.store.close().await;
        if let Place::Address(address) = &self.place {
            postgres::remove(address);
        }
    }

    pub(super) async fn is_sound(&self) {
        assert_eq!(self.store.check_ledger(asahikawa()).await.unwrap(), Vec::<String>::new());
        assert_eq!(self.store.audit_verify(asahikawa(), &[], |_| {}).await.unwrap(), []);
    }

    /// The length of the audit chain: what was written in all.
    pub(super) async fn written(&self) -> i64 {
        self.store.audit_head(asahikawa()).await.unwrap().0
    }

    pub(super) async fn learn(&self, facts: &[Assertion]) {
        self.store.assert_facts(asahikawa(), now().today, facts, &stamp()).await.unwrap();
    }

    /// Lets a person live in a household, insured since 2015, with taxes on the income of each year.
    pub(super) async fn resident(&mut self, person: i64, household: i64, birth: &str, income_yen: i64) {
        self.resident_with(person, household, birth, INCOME_YEARS.map(|year| taxed(person, year, income_yen)).to_vec()).await;
    }

    /// As [`Hall::resident`] with taxes of another kind.
    pub(super) async fn resident_with(&mut self, person: i64, household: i64, birth: &str, taxes: Vec<Assertion>) {
        let since = "2015-04-01";
        let is_head = !self.births.keys().any(|other| other / 10 == household);
        assert_eq!(person / 10, household, "a person's number begins with the household's");
        let mut facts = vec![born(person, birth), member(person, household, is_head, since), insured(person, since, None)];
        facts.extend(taxes);
        self.births.insert(person, Date::parse(birth).unwrap());
        self.learn(&facts).await;
    }

    /// Takes a set of claims that is processed in a month.
    pub(super) async fn take(&mut self, processed: Date, lines: &[ClaimLine]) -> claims::Applied {
        let said: Vec<Said> = lines.iter().map(|claim| Said { birth: self.births[&claim.person.0], claim: claim.clone() }).collect();
        self.serial += 1;
        let head = Head {
            municipality: asahikawa(),
            serial: self.serial,
            month: processed,
            part: 1,
            parts: 1,
            lines: i64::try_from(said.len()).unwrap(),
            cost_yen: lines.iter().map(|claim| claim.cost_yen).sum(),
            own_yen: lines.iter().map(|claim| claim.own_yen).sum(),
        };
        let files = [(format!("{}.csv", self.serial), write(&head, &said).into_bytes())];
        self.take_files(&files).await
    }

    pub(super) async fn take_files(&self, files: &[(String, Vec<u8>)]) -> claims::Applied {
        claims::apply(&self.store, asahikawa(), files, LAST_DAY, &stamp(), |_| {}).await.unwrap()
    }

    /// A revision, loaded.
    pub(super) async fn live(&self, revision: Digest) -> Arc<LiveRevision> {
        Arc::new(load(&self.store, &RUNTIME, asahikawa(), revision).await.unwrap())
    }

    /// Runs a month.
    pub(super) async fn month(&self, month: Date) -> Tally {
        self.try_month(month).await.unwrap()
    }

    pub(super) async fn try_month(&self, month: Date) -> Result<Tally, BenefitError> {
        self.month_until(month, &AtomicBool::new(false), |_| {}).await
    }

    /// Runs a month that may be stopped.
    pub(super) async fn month_until(&self, month: Date, stop: &AtomicBool, progress: impl FnMut(&Tally)) -> Result<Tally, BenefitError> {
        let request = Request { municipality: asahikawa(), month, decided_on: DECIDED_ON, only: Vec::new() };
        run(&self.store, &self.shelf, &request, &stamp(), stop, progress).await
    }

    pub(super) async fn try_decide(&self, slot: Slot, household: i64, on: Date) -> Result<Decided, BenefitError> {
        decide(&self.store, &self.shelf, asahikawa(), slot, HouseholdId(household), on, DECIDED_ON, &stamp()).await
    }

    pub(super) async fn decide(&self, slot: Slot, household: i64, on: Date) -> Decided {
        self.try_decide(slot, household, on).await.unwrap()
    }

    /// An application for a benefit about a day, with all its documents.
    pub(super) async fn apply(&self, benefit: Benefit, household: i64, person: i64, day: Date) -> i64 {
        self.apply_with(benefit, household, (person, person), day, APPLIED_ON, Vec::new()).await
    }

    /// As [`Hall::apply`], by somebody about somebody, come in on another day, with what was examined of it.
    pub(super) async fn apply_with(
        &self,
        benefit: Benefit,
        household: i64,
        (person, applicant): (i64, i64),
        day: Date,
        received_on: Date,
        facts: Vec<(Kind, serde_json::Value)>,
    ) -> i64 {
        let document = "窓口受付".to_owned();
        let (household, person, applicant) = (HouseholdId(household), PersonId(person), PersonId(applicant));
        let incoming = Incoming { benefit, day, household, person, applicant, received_on, document, facts };
        let number = receive(&self.store, asahikawa(), &incoming, &stamp()).await.unwrap();
        self.happens(number, ApplicationEventKind::Completed, received_on).await;
        number
    }

    pub(super) async fn happens(&self, application: i64, event: ApplicationEventKind, on: Date) {
        let event = ApplicationEvent { event, on, reason: "試験".into() };
        note(&self.store, asahikawa(), application, &event, &stamp()).await.unwrap();
    }

    /// Registers a household for the simplified procedure.
    pub(super) async fn simplify(&self, household: i64, head: i64, set_off: bool) {
        let simplified = Simplified {
            number: 0,
            household: HouseholdId(household),
            head: PersonId(head),
            from: Date::new(2025, 4, 1),
            set_off,
            document: "登録申請".into(),
            ended_on: None,
        };
        self.store.save_simplified(asahikawa(), &simplified, &stamp()).await.unwrap();
    }

    /// What is due of high-cost benefits by household and month: the last word on each; nothing due is not there.
    pub(super) async fn due(&self, households: &BTreeSet<i64>, months: &[Date]) -> BTreeMap<(i64, Date), i64> {
        let mut found = BTreeMap::new();
        for household in households {
            for due in self.store.benefit_dues_of(asahikawa(), HouseholdId(*household)).await.unwrap() {
                if due.slot == Slot::HighCost && months.contains(&due.on) {
                    found.insert((*household, due.on), due.due_yen);
                }
            }
        }
        found.retain(|_, yen| *yen > 0);
        found
    }

    pub(super) async fn dues(&self, household: i64, slot: Slot, on: Date) -> Vec<BenefitDue> {
        self.store.benefit_dues(asahikawa(), HouseholdId(household), slot, on).await.unwrap()
    }

    /// Pays every order that waits, by a batch of two people, a file and the bank's word; answers what the file said by order.
    pub(super) async fn pay(&mut self) -> BTreeMap<i64, i64> {
        if payees::open_orders(&self.store, asahikawa()).await.unwrap().is_empty() {
            return BTreeMap::new();
        }
        let (cut, by_line) = self.send().await;
        for line in &cut {
            let order = self.store.order(asahikawa(), by_line[&line.payment.get()]).await.unwrap().unwrap();
            assert_eq!(line.account, account_of(order.payee.unwrap().0), "order {} goes to its payee's account", order.number);
        }
        self.told(&cut, Outcome::Paid).await;
        cut.iter().map(|line| (by_line[&line.payment.get()], line.amount.get())).collect()
    }

    /// Sends every order that waits in a file: its lines, and which line pays which order.
    pub(super) async fn send(&mut self) -> (Vec<Line>, BTreeMap<u64, i64>) {
        let (store, here, watch, stamp) = (&self.store, asahikawa(), Watch::default(), stamp());
        let vault = vault();
        let register = &self.register;
        // A consent is for one application, and a plan asks about one of a household: the rest waits for another batch.
        for _ in 0..2 {
            let waiting = payees::waiting(store, here, DECIDED_ON, &watch).await.unwrap();
            let of = waiting.into_iter().filter_map(|state| Some((state.order.household.0, state.order.payee?.0)));
            for (household, payee) in of.collect::<BTreeMap<i64, i64>>() {
                self.has_account(payee, household).await;
            }
            inquiries::plan(store, here, DECIDED_ON, &watch, &stamp).await.unwrap();
            inquiries::run(store, register, &vault, here, DECIDED_ON, &stamp).await.unwrap();
        }
        let remark = "同じ金額の別の支払";
        let prepared = payments::prepare(store, &vault, here, BANK_DAY, &sender(), None, remark, DECIDED_ON, &watch, &stamp).await.unwrap();
        let batch = prepared.batch.number;
        let proposal = payments::release(store, here, batch, "支払").await.unwrap();
        let today = Now { today: DECIDED_ON, at: "2026-11-02T00:00:00Z".into() };
        let act = acts::propose(store, here, &self.office.tanaka, proposal, &today).await.unwrap();
        assert!(acts::sign(store, here, &self.office.suzuki, act, Verdict::Approve, &today).await.unwrap().in_effect);
        inquiries::check_batch(store, here, batch, "1", DECIDED_ON, &watch, &stamp).await.unwrap();
        inquiries::run(store, register, &vault, here, DECIDED_ON, &stamp).await.unwrap();
        let cut = payments::cut(store, &vault, here, batch, true, 24, DECIDED_ON, &watch, &stamp).await.unwrap();
        let lines: Vec<Line> = Reader::new(&cut.bytes[..], BANK_DAY).unwrap().map(Result::unwrap).collect();
        let kept = store.lines_of_batch(here, batch).await.unwrap();
        (lines, kept.iter().map(|line| (u64::try_from(line.id).unwrap(), line.order)).collect())
    }

    /// The bank says the same of every line.
    pub(super) async fn told(&mut self, lines: &[Line], outcome: Outcome) {
        let reason = if outcome == Outcome::Paid { "" } else { "口座なし" };
        let told =
            |line: &Line| Told { payment: line.payment.get(), account: None, yen: None, outcome, reason: reason.into(), on: BANK_DAY };
        let told: Vec<Told> = lines.iter().map(told).collect();
        self.batches += 1;
        let source = Digest::of(format!("results {}", self.batches).as_bytes());
        let taken = payments::take_results(&self.store, &vault(), asahikawa(), source, &told, BANK_DAY, &stamp()).await.unwrap();
        assert_eq!(taken.exceptions, 0);
    }

    /// The payee has a name and wants the money on the account that the register has.
    async fn has_account(&self, person: i64, household: i64) {
        let name = Name { person: PersonId(person), name: "山田 花子".into(), kana: KANA.into(), latin: None, alias: None };
        self.store.save_names(asahikawa(), now().today, &[name], &stamp()).await.unwrap();
        let consent = Consent {
            number: 0,
            household: HouseholdId(household),
            kind: ConsentKind::PublicAccount,
            given_on: APPLIED_ON,
            given_by: PersonId(person),
            channel: ConsentChannel::Paper,
            document: unique("consent"),
            withdrawn_on: None,
        };
        self.store.save_consent(asahikawa(), &consent, &stamp()).await.unwrap();
    }
}

/// The months from one on.
pub(super) fn months(from: Date, count: i32) -> Vec<Date> {
    (0..count).map(|month| months_after(from, month)).collect()
}

fn vault() -> AccountVault {
    AccountVault::new([7; 32])
}

fn sender() -> Sender {
    Sender {
        client: 1_234_567_890,
        name: "ｱｻﾋｶﾜｼ".into(),
        bank: "9990".into(),
        bank_name: "ﾐﾎﾝ".into(),
        branch: "001".into(),
        branch_name: "ﾐﾎﾝ".into(),
        kind: 1,
        number: "0000001".into(),
        line_ends: true,
    }
}

/// The account that a person has registered.
pub(super) fn account_of(person: i64) -> BankAccount {
    BankAccount {
        bank: BankCode::parse("9990").unwrap(),
        branch: BranchCode::parse("001").unwrap(),
        kind: DepositKind::Ordinary,
        number: AccountNumber::parse(&format!("{:07}", person % 10_000_000)).unwrap(),
        holder: HolderName::normalise(KANA).unwrap(),
    }
}

/// A register that knows an account of everybody: its number is the person's.
#[derive(Default)]
struct Register {
    answers: Mutex<Vec<Answer>>,
}

impl Exchange for Register {
    async fn ask(&self, queries: &[Query]) -> Result<Accepted, ConnectorError> {
        let mut accepted = Accepted::default();
        for query in queries {
            let items = AccountItems {
                bank_code: "9990".into(),
                bank_kana: "ミホンギンコウ".into(),
                branch_code: "001".into(),
                branch_kana: "ミホン".into(),
                kind_code: "1".into(),
                number: format!("{:07}", query.subject.get() % 10_000_000),
                holder_kana: KANA.into(),
                registered_on: None,
                changed_on: None,
            };
            let mut answers = self.answers.lock().unwrap();
            let sequence = answers.len() as u64 + 1;
            let at = Instant::parse("2026-06-01T00:00:00Z").unwrap();
            answers.push(Answer { sequence, query: query.id, standing: Standing::Present(Found::Account(items)), at });
            accepted.new.push(query.id);
        }
        Ok(accepted)
    }

    async fn answers(&self, after: u64, limit: u16) -> Result<Vec<Answer>, ConnectorError> {
        let answers = self.answers.lock().unwrap();
        Ok(answers.iter().filter(|answer| answer.sequence > after).take(usize::from(limit)).cloned().collect())
    }
}
