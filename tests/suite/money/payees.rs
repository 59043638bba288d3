//! To whom money may go: a real neighbour is asked over a socket, and what speaks against an account ends in its word and its
//! sentence with nothing paid. And a neighbour that loses, delays, repeats, shuffles or dies doubles nothing.
//!
//! Absent here: what two people confirm, and results that fail, which the service's own tests have.

use super::checks::holds;
use super::hall::{Database, Hall, head, here, instalments, stamp};
use jorei_bank::results::{Adapter as _, Encoding, OwnForm};
use jorei_connector::{AccountItems, Connector, Income, IncomeState};
use jorei_connector::{LegalRow, Matter, What};
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, HouseholdId, PersonId};
use jorei_domain::ledger::Account;
use jorei_domain::money::Yen;
use jorei_domain::purpose::{Affair, CaseReference};
use jorei_domain::record::Kind;
use jorei_domain::slip::Slip;
use jorei_neighbour::bank::process::{Results as Carried, Sent};
use jorei_neighbour::control::Faults;
use jorei_neighbour::register::{Entry, PersonFault};
use jorei_neighbour::{Bank, Neighbour};
use jorei_service::acts::propose;
use jorei_service::inquiries::{self, Progress, Question, Ran};
use jorei_service::payees::{self, AccountVault, PayeeState, Standing, Watch};
use jorei_service::payments::{self, Cut, PaymentError, Prepared, Sender, Told};
use jorei_service::receipts::forms::{Delivery, Payment, Said, write};
use jorei_service::refunds;
use jorei_store::addresses::Address;
use jorei_store::facts::Assertion;
use jorei_store::names::Name;
use jorei_store::payments::Results;
use jorei_store::receipts::{FileKind, STATEMENT};
use jorei_store::refunds::{Consent, ConsentChannel, ConsentKind};
use jorei_tests::built;
use jorei_tests::office::{TODAY, now};
use std::time::Duration;

pub(super) const BANK_DAY: Date = Date::new(2026, 6, 3);
pub(super) const WATCH: Watch = Watch { answer_days: 3, changed_days: 14 };
/// The key that accounts are sealed with.
pub(super) const KEY: [u8; 32] = [7; 32];

fn sender() -> Sender {
    Sender {
        client: 1_234_567_890,
        name: "ｱｻﾋｶﾜｼ".into(),
        bank: "9801".into(),
        bank_name: "ﾐﾎﾝ".into(),
        branch: "001".into(),
        branch_name: "ﾐﾎﾝ".into(),
        kind: 1,
        number: "0000001".into(),
        line_ends: true,
    }
}

/// An account of no bank.
pub(super) fn account(number: &str, holder: &str) -> AccountItems {
    AccountItems {
        bank_code: "9801".into(),
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

pub(super) fn entry(number: &str, holder: &str) -> Entry {
    Entry { account: Some(account(number, holder)), ..Entry::default() }
}

/// An office with its neighbour and its bank.
pub(super) struct Desk {
    pub(super) hall: Hall,
    pub(super) neighbour: Neighbour,
    pub(super) bank: Bank,
    pub(super) connector: Connector,
    pub(super) vault: AccountVault,
    _folder: tempfile::TempDir,
}

impl Desk {
    pub(super) async fn open() -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let (neighbour, bank) = (built::neighbour(folder.path()), built::bank(folder.path()));
        let connector = Connector::new(neighbour.settings(Duration::from_secs(5)).unwrap()).unwrap();
        let hall = Hall::open(Database::Sqlite).await;
        Desk { hall, neighbour, bank, connector, vault: AccountVault::new(KEY), _folder: folder }
    }

    pub(super) async fn resident(&self, household: i64, names: [&str; 3], address: &str) -> (Name, Address) {
        let [name, kana, latin] = names.map(str::to_owned);
        let name = Name { person: head(household), name, kana, latin: Some(latin), alias: None };
        let address = Address { person: head(household), address: address.into(), postcode: Some("079-8765".into()) };
        let store = &self.hall.store;
        store.save_names(here(), TODAY, std::slice::from_ref(&name), &stamp()).await.unwrap();
        store.save_addresses(here(), TODAY, std::slice::from_ref(&address), &stamp()).await.unwrap();
        (name, address)
    }

    /// Three instalments are billed, each paid on the day named, and the first is lowered; answers the order that pays it back.
    pub(super) async fn overpaid(&mut self, household: i64, paid_on: [Date; 3]) -> i64 {
        let hall = &mut self.hall;
        hall.bill(household, 2022, &[90_000, 80_000, 70_000], Date::new(2022, 6, 10)).await.unwrap();
        for ((of, yen), paid_on) in instalments().into_iter().map(|(of, _)| of).zip([90_000, 80_000, 70_000]).zip(paid_on) {
            let slip = Slip { household: HouseholdId(household), instalment: of }.to_string();
            let reference = format!("R{household}-{}", of.number);
            let said = Said::Payment(Payment { reference, slip, paid_on, yen: Yen::new(yen) });
            let (serial, made) = (hall.serial(1), paid_on.tomorrow());
            hall.receive(&write(1, FileKind::Final, serial, made, &[said]), made).await.unwrap();
            let delivered = Said::Delivered(Delivery { delivered_on: made, channel: 1, collected_on: paid_on, yen });
            let serial = hall.serial(STATEMENT);
            hall.receive(&write(STATEMENT, FileKind::Statement, serial, made, &[delivered]), made).await.unwrap();
        }
        hall.bill(household, 2022, &[60_000, 80_000, 70_000], Date::new(2026, 5, 20)).await.unwrap();
        let decided = refunds::decide(&hall.store, &hall.shelf, here(), HouseholdId(household), TODAY, &stamp()).await.unwrap();
        assert!(decided.held.is_none() && decided.orders.len() == 1, "{:?} {:?}", decided.held, decided.orders);
        decided.orders[0].number
    }

    pub(super) async fn consent(&self, household: i64) {
        let consent = Consent {
            number: 0,
            household: HouseholdId(household),
            kind: ConsentKind::PublicAccount,
            given_on: TODAY,
            given_by: head(household),
            channel: ConsentChannel::Paper,
            document: "請求書綴り1".into(),
            withdrawn_on: None,
        };
        self.hall.store.save_consent(here(), &consent, &stamp()).await.unwrap();
    }

    /// Sends and takes once.
    async fn run(&self, today: Date) -> Ran {
        inquiries::run(&self.hall.store, &self.connector, &self.vault, here(), today, &stamp()).await.unwrap()
    }

    /// Sends, waits for the neighbour to have answered, and takes; answers each run that was not idle.
    pub(super) async fn exchange(&self, today: Date) -> Vec<Ran> {
        let mut runs = vec![self.run(today).await];
        self.neighbour.settled().await.unwrap();
        loop {
            let ran = self.run(today).await;
            if ran == Ran::default() {
                return runs;
            }
            runs.push(ran);
            assert!(runs.len() < 50, "{:?}", runs.last());
        }
    }

    pub(super) async fn ask(&self) -> Vec<Ran> {
        inquiries::plan(&self.hall.store, here(), TODAY, &WATCH, &stamp()).await.unwrap();
        self.exchange(TODAY).await
    }

    pub(super) async fn state(&self, order: i64, today: Date) -> PayeeState {
        payees::state(&self.hall.store, here(), order, today, &WATCH).await.unwrap()
    }

    pub(super) async fn prepare(&self) -> Result<Prepared, PaymentError> {
        payments::prepare(&self.hall.store, &self.vault, here(), BANK_DAY, &sender(), None, "", TODAY, &WATCH, &stamp()).await
    }

    /// Two people release a batch; answers what they were shown.
    pub(super) async fn release(&self, batch: i64) -> String {
        let (store, office) = (&self.hall.store, &self.hall.office);
        let proposal = payments::release(store, here(), batch, "支払").await.unwrap();
        let shown = proposal.shown.clone();
        let act = propose(store, here(), &office.tanaka, proposal, &now()).await.unwrap();
        office.approve(store, act).await;
        shown
    }

    /// The register is asked about the accounts of a batch once more.
    pub(super) async fn check(&self, batch: i64) -> Vec<Ran> {
        inquiries::check_batch(&self.hall.store, here(), batch, "1", TODAY, &WATCH, &stamp()).await.unwrap();
        self.exchange(TODAY).await
    }

    pub(super) async fn cut(&self, batch: i64, leave_out: bool) -> Result<Cut, PaymentError> {
        payments::cut(&self.hall.store, &self.vault, here(), batch, leave_out, 24, TODAY, &WATCH, &stamp()).await
    }

    /// The bank carries a file out, and its results are taken in.
    pub(super) async fn carried_out(&self, file: &Cut) -> Results {
        let sent = self.bank.send(&file.bytes, BANK_DAY).await.unwrap();
        let Sent::New(receipt) = sent else { panic!("{sent:?}") };
        let Carried::Told(sheet) = self.bank.results(&receipt.id).await.unwrap() else { panic!("no results") };
        self.take(&sheet).await
    }

    pub(super) async fn take(&self, sheet: &[u8]) -> Results {
        let told: Vec<Told> = OwnForm { encoding: Encoding::Utf8 }.read(&mut &sheet[..]).unwrap().iter().map(Told::from).collect();
        let source = Digest::of(sheet);
        payments::take_results(&self.hall.store, &self.vault, here(), source, &told, BANK_DAY, &stamp()).await.unwrap()
    }

    /// What stands to be paid of an order.
    async fn payable(&self, household: i64, order: i64) -> i64 {
        self.hall.store.balance(here(), Account::payable(HouseholdId(household), order)).await.unwrap().open_credit()
    }

    /// What left the bank, where the receipts of so many households came in.
    async fn paid_by_bank(&self, households: i64) -> i64 {
        self.hall.store.balance(here(), Account::bank()).await.unwrap().credit() + households * (90_000 + 80_000 + 70_000)
    }

    async fn dies(&self, person: PersonId) {
        let fact = Assertion {
            person,
            kind: Kind::Deaths,
            item: 0,
            from: TODAY,
            until: Date::MAX,
            household: None,
            values: Some(vec![]),
            source: "住民基本台帳".into(),
        };
        self.hall.store.assert_facts(here(), TODAY, &[fact], &stamp()).await.unwrap();
    }

    async fn is_sound(&self) {
        holds(&self.hall.store).await.unwrap();
        assert_eq!(self.hall.store.check_sealed(here()).await.unwrap(), Vec::<String>::new());
    }
}

/// Each instalment on its due date.
pub(super) const IN_TIME: [Date; 3] = [Date::new(2022, 6, 30), Date::new(2022, 8, 31), Date::new(2022, 12, 26)];
const KANA: &str = "ヤマダ ハナコ";
const OTHER_KANA: &str = "サトウ イチロウ";

/// What happens, its word, what its sentence says, and whether it happens after the release.
const CASES: [(&str, &str, &str, bool); 10] = [
    ("not registered", "claim_form", "還付請求書を送付し", false),
    ("suspended", "suspended", "利用停止", false),
    ("not linked", "not_linked", "符号が未取得", false),
    ("another holder", "holder_differs", "口座名義と受取人のカナ氏名が一致しません", false),
    ("consent missing", "no_consent", "同意・請求がありません", false),
    ("used by two households", "shared_account", "別の世帯の還付にも使われています", false),
    ("changed in between", "account_differs", "自動では切り替えません", true),
    ("dead in between", "payee_died", "受取人が死亡しています", true),
    ("suspended in between", "suspended", "利用停止", true),
    ("gone in between", "deleted", "登録がなくなりました", true),
];

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_the_same_twice_is_paid_once() {
    let mut desk = Desk::open().await;
    desk.resident(1, ["山田 花子", KANA, "Yamada Hanako"], "旭川市架空町1番地").await;
    desk.neighbour.register(head(1).0, &entry("0000019", KANA)).await.unwrap();
    let order = desk.overpaid(1, IN_TIME).await;
    desk.consent(1).await;
    desk.ask().await;
    let state = desk.state(order, TODAY).await;
    assert_eq!((state.word(), state.ja().as_str()), ("fixed", "口座確定済です。振込データの作成へ進めます"));
    let owed = desk.payable(1, order).await;
    assert!(owed >= 30_000, "{owed}");
    let batch = desk.prepare().await.unwrap().batch.number;
    desk.release(batch).await;
    // Asked once for fixing it; the second inquiry is still to come.
    assert!(matches!(desk.cut(batch, false).await, Err(PaymentError::Stopped { .. })));
    desk.check(batch).await;
    let file = desk.cut(batch, false).await.unwrap();
    let results = desk.carried_out(&file).await;
    assert_eq!((results.paid, results.failed, results.exceptions), (1, 0, 0));
    assert_eq!((desk.payable(1, order).await, desk.paid_by_bank(1).await), (0, owed));
    // The bank has it once, whatever is handed in again.
    let again = desk.bank.send(&file.bytes, BANK_DAY).await.unwrap();
    assert!(matches!(again, Sent::Known(_)), "{again:?}");
    let asked = desk.neighbour.asked().await.unwrap();
    assert_eq!((asked.accepted, asked.open), (2, 0));
    desk.is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_speaks_against_an_account_ends_in_its_word_and_sentence_with_nothing_paid() {
    for (case, word, sentence, released) in CASES {
        let mut desk = Desk::open().await;
        let other_number = if case == "used by two households" { "0000019" } else { "0000027" };
        desk.resident(1, ["山田 花子", KANA, "Yamada Hanako"], "旭川市架空町1番地").await;
        desk.resident(2, ["佐藤 一郎", OTHER_KANA, "Sato Ichiro"], "旭川市架空町2番地").await;
        let told = match case {
            "not registered" => Entry::default(),
            "suspended" => Entry { fault: Some(PersonFault::Suspended), ..entry("0000019", KANA) },
            "not linked" => Entry { fault: Some(PersonFault::NotLinked), ..entry("0000019", KANA) },
            "another holder" => Entry { holder: Some("ベツジン タロウ".into()), ..entry("0000019", KANA) },
            _ => entry("0000019", KANA),
        };
        desk.neighbour.register(head(1).0, &told).await.unwrap();
        desk.neighbour.register(head(2).0, &entry(other_number, OTHER_KANA)).await.unwrap();
        let (order, other) = (desk.overpaid(1, IN_TIME).await, desk.overpaid(2, IN_TIME).await);
        if case != "consent missing" {
            desk.consent(1).await;
        }
        desk.consent(2).await;
        desk.ask().await;
        let owed = desk.payable(1, order).await;
        let fixed = desk.state(order, TODAY).await.account.map(|account| account.entry);
        let both = case == "used by two households";
        let mut paid = desk.payable(2, other).await;
        if both {
            // Neither of the two is paid.
            assert!(matches!(desk.prepare().await, Err(PaymentError::Nothing(2))), "{case}");
            assert_eq!(desk.state(other, TODAY).await.word(), word, "{case}");
            paid = 0;
        } else {
            let Prepared { batch, left_out } = desk.prepare().await.unwrap();
            assert_eq!((batch.lines, left_out.len()), if released { (2, 0) } else { (1, 1) }, "{case}: {left_out:?}");
            desk.release(batch.number).await;
            match case {
                "changed in between" => desk.neighbour.register(head(1).0, &entry("0000035", KANA)).await.unwrap(),
                "suspended in between" => {
                    let told = Entry { fault: Some(PersonFault::Suspended), ..entry("0000019", KANA) };
                    desk.neighbour.register(head(1).0, &told).await.unwrap();
                }
                "gone in between" => desk.neighbour.register(head(1).0, &Entry::default()).await.unwrap(),
                "dead in between" => desk.dies(head(1)).await,
                _ => {}
            }
            desk.check(batch.number).await;
            if released {
                match desk.cut(batch.number, false).await {
                    Err(PaymentError::Stopped { lines, .. }) => {
                        assert_eq!(lines.iter().map(|(_, why)| why.as_str()).collect::<Vec<_>>(), [word], "{case}");
                    }
                    other => panic!("{case}: {other:?}"),
                }
            }
            let file = desk.cut(batch.number, released).await.unwrap();
            assert_eq!((file.file.lines, file.file.yen.get()), (1, paid), "{case}");
            assert_eq!(desk.carried_out(&file).await.paid, 1, "{case}");
        }
        let state = desk.state(order, TODAY).await;
        assert_eq!(state.word(), word, "{case}: {state:?}");
        assert!(state.ja().contains(sentence) && state.ja().contains("ください"), "{case}: {}", state.ja());
        assert_eq!(desk.payable(1, order).await, owed, "{case}");
        assert_eq!(desk.paid_by_bank(2).await, paid, "{case}");
        if released {
            // What was fixed stays: nothing is switched by itself.
            assert_eq!(state.account.map(|account| account.entry), fixed, "{case}");
            assert_eq!(desk.hall.store.payee_accounts(here(), order).await.unwrap().len(), 1, "{case}");
        }
        desk.is_sound().await;
        desk.hall.close().await;
    }
}

/// Inquiries of every person about ten years, and of every order's account.
async fn many(desk: &mut Desk) -> Vec<i64> {
    let mut orders = Vec::new();
    for household in 1..=3 {
        let kana = [KANA, OTHER_KANA, "スズキ ジロウ"][usize::try_from(household - 1).unwrap()];
        desk.resident(household, ["名 前", kana, "Na Mae"], "旭川市架空町1番地").await;
        let incomes = (2014..2024).map(|year| Income::bare(year, IncomeState::NotRequired)).collect();
        let told = Entry { incomes, ..entry(&format!("000003{household}"), kana) };
        desk.neighbour.register(head(household).0, &told).await.unwrap();
        orders.push(desk.overpaid(household, IN_TIME).await);
        desk.consent(household).await;
        for year in 2014..2024 {
            let question = Question {
                person: head(household),
                household: Some(HouseholdId(household)),
                what: What::Income { year },
                legal_row: LegalRow::Row69,
                matter: Matter::parse("premium").unwrap(),
                affair: Affair::Assessment,
                case: CaseReference::parse("R8-15").unwrap(),
                on: TODAY,
            };
            inquiries::ask(&desk.hall.store, here(), &question, TODAY, &stamp()).await.unwrap();
        }
    }
    inquiries::plan(&desk.hall.store, here(), TODAY, &WATCH, &stamp()).await.unwrap();
    orders
}

/// Every inquiry has one answer, and none had two effects.
async fn answered_once(desk: &Desk, orders: &[i64], case: &str) {
    let store = &desk.hall.store;
    let all = store.inquiries(here(), false, 0, 1_000).await.unwrap();
    assert_eq!(all.len(), 33, "{case}");
    let open = all.iter().filter(|one| one.answer.is_none()).count();
    assert_eq!(open, 0, "{case}");
    for (household, order) in (1..).zip(orders) {
        assert_eq!(desk.state(*order, TODAY).await.standing, Standing::Fixed, "{case}");
        assert_eq!(store.payee_accounts(here(), *order).await.unwrap().len(), 1, "{case}");
        let knowledge = store.latest_knowledge(here()).await.unwrap();
        let facts = store.person_facts(here(), head(household), knowledge).await.unwrap();
        let mut years: Vec<Date> = facts.iter().filter(|fact| fact.kind == Kind::Incomes).map(|fact| fact.from).collect();
        years.sort();
        assert_eq!(years, (2014..2024).map(|year| Date::new(year, 1, 1)).collect::<Vec<_>>(), "{case}");
    }
    let asked = desk.neighbour.asked().await.unwrap();
    assert!(asked.accepted == 33 && asked.open == 0 && asked.by.iter().all(|one| one.subject > 0), "{case}: {asked:?}");
    desk.is_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_neighbour_that_is_slow_repeats_shuffles_breaks_off_or_dies_answers_each_inquiry_once() {
    for case in ["slow", "repeating", "shuffled", "cut", "killed before", "killed between"] {
        let mut desk = Desk::open().await;
        let orders = many(&mut desk).await;
        let faults = match case {
            "slow" => Faults { delay_ms: 30, slow_ms: 1, ..Faults::default() },
            "repeating" => Faults { repeat: true, ..Faults::default() },
            "shuffled" => Faults { shuffle: true, repeat: true, ..Faults::default() },
            "cut" => Faults { cut: 2, ..Faults::default() },
            "killed between" => Faults { hold: true, ..Faults::default() },
            _ => Faults::default(),
        };
        desk.neighbour.faults(&faults).await.unwrap();
        match case {
            "killed before" => {
                desk.neighbour.kill().unwrap();
                let ran = desk.run(TODAY).await;
                assert!(ran.trouble.is_some() && ran.sent == 0, "{ran:?}");
                desk.neighbour.restart().unwrap();
            }
            "killed between" => {
                assert_eq!(desk.run(TODAY).await.sent, 33);
                desk.neighbour.restart().unwrap();
                desk.neighbour.faults(&Faults::default()).await.unwrap();
            }
            _ => {}
        }
        let mut runs = desk.exchange(TODAY).await;
        if case == "cut" {
            assert!(runs[0].trouble.is_some(), "{:?}", runs[0]);
            runs.extend(desk.exchange(TODAY).await);
        }
        let (applied, repeated) = runs.iter().fold((0, 0), |sum, ran| (sum.0 + ran.applied, sum.1 + ran.repeated));
        assert_eq!(applied, 33, "{case}");
        assert_eq!(repeated, if matches!(case, "repeating" | "shuffled") { 33 } else { 0 }, "{case}");
        answered_once(&desk, &orders, case).await;
        desk.hall.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inquiry_that_the_neighbour_lost_stays_in_sight_and_is_asked_again_once() {
    let mut desk = Desk::open().await;
    desk.resident(1, ["山田 花子", KANA, "Yamada Hanako"], "旭川市架空町1番地").await;
    desk.neighbour.register(head(1).0, &entry("0000019", KANA)).await.unwrap();
    let order = desk.overpaid(1, IN_TIME).await;
    desk.consent(1).await;
    desk.neighbour.faults(&Faults { lose: 1, ..Faults::default() }).await.unwrap();
    desk.ask().await;
    let late = Date::new(2026, 6, 5);
    assert_eq!((desk.state(order, TODAY).await.word(), desk.state(order, late).await.word()), ("asked", "timed_out"));
    let store = &desk.hall.store;
    assert_eq!(inquiries::ask_again(store, here(), order, late, &WATCH, &stamp()).await.unwrap(), 1);
    assert_eq!(inquiries::ask_again(store, here(), order, late, &WATCH, &stamp()).await.unwrap(), 0);
    desk.exchange(late).await;
    assert_eq!(desk.state(order, late).await.word(), "fixed");
    assert_eq!(store.payee_accounts(here(), order).await.unwrap().len(), 1);
    let all = store.inquiries(here(), false, 0, 9).await.unwrap();
    let states: Vec<String> = all.into_iter().map(|one| Progress::of(one, late, &WATCH).state).collect();
    assert_eq!(states, ["timed_out", "present"]);
    let asked = desk.neighbour.asked().await.unwrap();
    assert_eq!((asked.accepted, asked.lost), (1, 1));
    desk.is_sound().await;
}
