//! Every path of a receipt, on a ledger of one household with three instalments of 10,000 yen; the balances are counted by hand.

use super::forms::{Wrong, write};
use super::*;
use crate::reconciliation::{Finding, Terms, control, reconcile};
use jorei_domain::ledger::Balance;
use jorei_domain::record::CHANNELS;
use proptest::prelude::*;
use std::collections::BTreeMap;

const MADE: Date = Date::new(2025, 7, 10);
const PAID: Date = Date::new(2025, 6, 30);
const HOUSEHOLD: HouseholdId = HouseholdId(7);

fn instalment(number: u16) -> Instalment {
    Instalment { year: 2025, collection: 0, number }
}

fn slip(number: u16) -> String {
    Slip { household: HOUSEHOLD, instalment: instalment(number) }.to_string()
}

fn paid(reference: &str, slip: &str, yen: i64) -> Said {
    Said::Payment(Payment { reference: reference.into(), slip: slip.into(), paid_on: PAID, yen: Yen::new(yen) })
}

fn stamp() -> Stamp {
    Stamp { by: "tanaka".into(), at: "2025-07-10T00:00:00Z".into() }
}

/// A counter at which files come in.
struct Counter {
    store: Store,
    here: Municipality,
    serials: BTreeMap<u8, i64>,
    _folder: tempfile::TempDir,
}

impl Counter {
    async fn open() -> Counter {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("jorei.db").to_str().unwrap()).await.unwrap();
        store.migrate().await.unwrap();
        let here = Municipality::parse("012041").unwrap();
        let counter = Counter { store, here, serials: BTreeMap::new(), _folder: folder };
        for number in 1..=3 {
            counter.move_yen("assessed", Event::Assessed, number, AccountKind::Receivable, AccountKind::Levied, 10_000).await;
        }
        counter
    }

    fn request(&self) -> Request {
        Request { municipality: self.here, booked_on: MADE, order: Order::default() }
    }

    async fn move_yen(&self, name: &str, event: Event, number: u16, debit: AccountKind, credit: AccountKind, yen: i64) {
        let account = |kind| Account::of_instalment(kind, HOUSEHOLD, instalment(number));
        self.transfer(&format!("{name} {number}"), event, account(debit), account(credit), yen, Vec::new()).await;
    }

    async fn transfer(&self, name: &str, event: Event, debit: Account, credit: Account, yen: i64, overpayments: Vec<Overpayment>) {
        let posting = Posting {
            id: Digest::of(name.as_bytes()),
            event,
            booked_on: MADE,
            decision: None,
            reference: name.into(),
            transfers: vec![Transfer { debit, credit, yen: Yen::new(yen), phase: Phase::Posted, effective: PAID }],
            overpayments,
        };
        self.store.post(self.here, &[posting], &stamp()).await.unwrap();
    }

    /// Lowers an instalment that is paid: part of what was paid is an overpayment.
    async fn lower_paid(&self, number: u16, yen: i64) {
        let (levied, overpaid) = (
            Account::of_instalment(AccountKind::Levied, HOUSEHOLD, instalment(number)),
            Account::overpaid(HOUSEHOLD, instalment(number).overpayment(1)),
        );
        let arisen = Overpayment {
            household: HOUSEHOLD,
            number: overpaid.item,
            cause: 0,
            arose_on: MADE,
            requested_on: None,
            tax_notified_on: None,
        };
        self.transfer("lowered", Event::Reduced, levied, overpaid, yen, vec![arisen]).await;
    }

    async fn refund(&self, number: u16, yen: i64) {
        let overpaid = Account::overpaid(HOUSEHOLD, instalment(number).overpayment(1));
        self.transfer("refund", Event::RefundDecided, overpaid, Account::payable(HOUSEHOLD, 1), yen, Vec::new()).await;
    }

    async fn file(&mut self, channel: u8, kind: FileKind, lines: &[Said]) -> Taken {
        let serial = self.serials.entry(channel).or_insert(0);
        *serial += 1;
        let bytes = write(channel, kind, *serial, MADE, lines);
        let taken = receive(&self.store, self.request(), bytes.as_bytes(), &stamp(), |_| {}).await.unwrap();
        assert!(!taken.before);
        let again = receive(&self.store, self.request(), bytes.as_bytes(), &stamp(), |_| {}).await.unwrap();
        assert_eq!(Taken { before: false, ..again }, taken);
        taken
    }

    async fn balance(&self, account: Account) -> Balance {
        self.store.balance(self.here, account).await.unwrap()
    }

    /// What stands, kinds at nil left out, then the causes of overpayments and the exceptions.
    async fn stands(&self) -> String {
        let mut kinds: BTreeMap<AccountKind, i64> = BTreeMap::new();
        for (kind, balance) in self.store.totals(self.here).await.unwrap() {
            let shown = [AccountKind::Receivable, AccountKind::Charge, AccountKind::Fee, AccountKind::Reclaim, AccountKind::Collected];
            kinds.insert(kind, if shown.contains(&kind) { balance.debit() } else { balance.credit() });
            if kind == AccountKind::Unmatched && balance.credits_pending > 0 {
                kinds.insert(AccountKind::Bank, balance.credits_pending);
            }
        }
        kinds.remove(&AccountKind::Levied);
        let mut words: Vec<String> = kinds
            .iter()
            .filter(|(_, yen)| **yen != 0)
            .map(|(kind, yen)| format!("{} {yen}", if *kind == AccountKind::Bank { "pending" } else { kind.word() }))
            .collect();
        let causes = self.store.overpayments(self.here, HOUSEHOLD).await.unwrap();
        words.extend(causes.iter().map(|overpayment| jorei_domain::record::OVERPAYMENT_CAUSES[usize::from(overpayment.cause)].to_owned()));
        let exceptions = self.store.receipt_exceptions(self.here, 0, 100).await.unwrap();
        words.extend(exceptions.iter().filter_map(Known::exception).map(|exception| exception.word().to_owned()));
        words.join(", ")
    }

    /// Whatever happened, the ledger and the receipts agree, and the chain vouches for all of it.
    async fn sound(&self) {
        assert_eq!(self.store.check_ledger(self.here).await.unwrap(), [""; 0]);
        let control = control(&self.store, self.here).await.unwrap();
        assert!(control.agrees(), "{control:?}");
        assert_eq!(self.store.audit_verify(self.here, &[], |_| {}).await.unwrap(), []);
    }
}

/// A step of a path: a file of convenience stores, or something done at the desk.
enum Step {
    File(FileKind, Vec<Said>),
    Lower(u16, i64),
    Refund(u16, i64),
    Charge(u16, i64, i64),
    Settle(i64, Way),
}

#[tokio::test(flavor = "multi_thread")]
async fn every_path_of_a_receipt_ends_with_the_balances_counted_by_hand() {
    use FileKind::{Announced, Final, Revoked};
    use Step::{Charge, File, Lower, Refund, Settle};
    let (one, two) = (slip(1), slip(2));
    let full = || vec![paid("A", &one, 10_000)];
    let wrong_digit = format!("{}{}", &one[..19], if one.ends_with('0') { '1' } else { '0' });
    let nobody = Slip { household: HouseholdId(8), instalment: instalment(1) }.to_string();
    let mistaken = |mistake| Way::Overpaid(HOUSEHOLD, instalment(1), mistake);
    let table: Vec<(&str, Vec<Step>, &str)> = vec![
        ("an announcement is pending and pays nothing", vec![File(Announced, full())], "receivable 30000, pending 10000"),
        ("a confirmation of it pays", vec![File(Announced, full()), File(Final, full())], "receivable 20000, collected 10000"),
        ("one without an announcement pays as well", vec![File(Final, full())], "receivable 20000, collected 10000"),
        (
            "a second confirmation counts once",
            vec![File(Final, full()), File(Final, vec![paid("A", &one, 10_000), paid("B", &two, 10_000)])],
            "receivable 10000, collected 20000, repeated",
        ),
        ("a revocation ends an announcement", vec![File(Announced, full()), File(Revoked, full())], "receivable 30000"),
        ("a revocation after the confirmation brings the debt back", vec![File(Final, full()), File(Revoked, full())], "receivable 30000"),
        (
            "the confirmed amount counts, not the announced one",
            vec![File(Announced, full()), File(Final, vec![paid("A", &one, 9_000)])],
            "receivable 21000, collected 9000",
        ),
        (
            "partial payments add up",
            vec![File(Final, vec![paid("A", &one, 4_000), paid("B", &one, 6_000)])],
            "receivable 20000, collected 10000",
        ),
        (
            "a slip that is paid twice is paid by mistake",
            vec![File(Final, vec![paid("A", &one, 10_000), paid("B", &one, 10_000)])],
            "receivable 20000, overpaid 10000, collected 20000, paid_twice",
        ),
        (
            "twice in two files as well",
            vec![File(Final, full()), File(Final, vec![paid("B", &one, 10_000)])],
            "receivable 20000, overpaid 10000, collected 20000, paid_twice",
        ),
        (
            "more than is owed is paid too much",
            vec![File(Final, vec![paid("A", &one, 12_000)])],
            "receivable 20000, overpaid 2000, collected 12000, paid_too_much",
        ),
        (
            "a slip that cannot be read stays unmatched",
            vec![File(Final, vec![paid("A", &wrong_digit, 10_000), paid("B", "123?", 5), paid("C", "", 5)])],
            "receivable 30000, unmatched 10010, collected 10010, unknown_slip, unknown_slip, unknown_slip",
        ),
        (
            "an instalment that nobody was assessed for stays unmatched",
            vec![File(Final, vec![paid("A", &nobody, 10_000)])],
            "receivable 30000, unmatched 10000, collected 10000, not_levied",
        ),
        (
            "a clerk matches it",
            vec![File(Final, vec![paid("A", &nobody, 10_000)]), Settle(1, Way::Match(HOUSEHOLD, instalment(2)))],
            "receivable 20000, collected 10000",
        ),
        (
            "a clerk leaves it",
            vec![File(Final, vec![paid("A", &nobody, 10_000)]), Settle(1, Way::Leave)],
            "receivable 30000, unmatched 10000, collected 10000",
        ),
        (
            "a clerk matches otherwise what was matched",
            vec![File(Final, full()), Settle(1, Way::Match(HOUSEHOLD, instalment(2)))],
            "receivable 20000, collected 10000",
        ),
        (
            "somebody paid what another one owes",
            vec![File(Final, full()), Settle(1, mistaken(Mistake::WrongPayer))],
            "receivable 30000, overpaid 10000, collected 10000, wrong_payer",
        ),
        ("a cheque that bounces is taken back at the desk", vec![File(Final, full()), Settle(1, Way::Reverse)], "receivable 30000"),
        (
            "principal, then charge, then fee",
            vec![Charge(1, 500, 100), File(Final, vec![paid("A", &one, 10_550)])],
            "receivable 20000, fee 50, charge levied 500, fee levied 100, collected 10550",
        ),
        (
            "all of it comes back with the receipt",
            vec![Charge(1, 500, 100), File(Final, vec![paid("A", &one, 10_700)]), File(Revoked, vec![paid("A", &one, 10_700)])],
            "receivable 30000, charge 500, fee 100, charge levied 500, fee levied 100, paid_too_much",
        ),
        (
            "a revocation after a refund is a claim",
            vec![
                File(Final, vec![paid("A", &one, 10_000), paid("B", &one, 10_000)]),
                Refund(1, 10_000),
                File(Revoked, vec![paid("B", &one, 10_000)]),
            ],
            "receivable 20000, reclaim 10000, payable 10000, collected 10000, paid_twice",
        ),
        (
            "a claim for what was refunded of it, and no more",
            vec![
                File(Final, vec![paid("A", &one, 10_000), paid("B", &one, 10_000)]),
                Refund(1, 3_000),
                File(Revoked, vec![paid("B", &one, 10_000)]),
            ],
            "receivable 20000, reclaim 3000, payable 3000, collected 10000, paid_twice",
        ),
        (
            "a receipt of an instalment that was lowered since takes its overpayment back first",
            vec![File(Final, full()), Lower(1, 4_000), File(Revoked, full())],
            // Six thousand are owed of the first, and nothing was overpaid.
            "receivable 26000, assessment_reduced",
        ),
        (
            "one of two takes back no more than the other leaves overpaid",
            vec![
                File(Final, vec![paid("A", &one, 5_000), paid("B", &one, 5_000)]),
                Lower(1, 4_000),
                File(Revoked, vec![paid("A", &one, 5_000)]),
            ],
            // Five of six thousand are paid.
            "receivable 21000, collected 5000, assessment_reduced",
        ),
        (
            "and the second one afterwards brings back the rest",
            vec![
                File(Final, vec![paid("A", &one, 5_000), paid("B", &one, 5_000)]),
                Lower(1, 4_000),
                File(Revoked, vec![paid("A", &one, 5_000), paid("B", &one, 5_000)]),
            ],
            "receivable 26000, assessment_reduced",
        ),
        (
            "what was refunded of a lowered instalment is a claim",
            vec![File(Final, full()), Lower(1, 4_000), Refund(1, 4_000), File(Revoked, full())],
            "receivable 26000, reclaim 4000, payable 4000, assessment_reduced",
        ),
        ("a revocation of nothing waits", vec![File(Revoked, full())], "receivable 30000, nothing_to_revoke"),
        (
            "a revocation of another amount does nothing and waits",
            vec![File(Final, full()), File(Revoked, vec![paid("A", &one, 9_000)])],
            "receivable 20000, collected 10000, contradicted",
        ),
        (
            "a second revocation does nothing and waits",
            vec![File(Final, full()), File(Revoked, full()), File(Revoked, vec![paid("A", &one, 10_000), paid("Z", &one, 1)])],
            "receivable 30000, repeated, nothing_to_revoke",
        ),
        (
            "a confirmation after a revocation counts, and is used by a clerk only",
            vec![File(Announced, full()), File(Revoked, full()), File(Final, full())],
            "receivable 30000, unmatched 10000, collected 10000, revoked_before",
        ),
        (
            "an announcement after the confirmation counts nothing",
            vec![File(Final, full()), File(Announced, full())],
            "receivable 20000, collected 10000, repeated",
        ),
    ];
    for (what, steps, wanted) in table {
        let mut counter = Counter::open().await;
        for step in steps {
            match step {
                File(kind, lines) => {
                    counter.file(1, kind, &lines).await;
                }
                Lower(number, yen) => counter.lower_paid(number, yen).await,
                Refund(number, yen) => counter.refund(number, yen).await,
                Charge(number, charge, fee) => {
                    counter.move_yen("charge", Event::Charged, number, AccountKind::Charge, AccountKind::ChargeLevied, charge).await;
                    counter.move_yen("fee", Event::Charged, number, AccountKind::Fee, AccountKind::FeeLevied, fee).await;
                }
                Settle(receipt, way) => {
                    settle(&counter.store, counter.request(), receipt, way, "窓口で確認", &stamp()).await.unwrap();
                }
            }
            counter.sound().await;
        }
        assert_eq!(counter.stands().await, wanted, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_clerk_cannot_do_is_refused_with_what_to_do() {
    let mut counter = Counter::open().await;
    counter.file(1, FileKind::Announced, &[paid("A", &slip(1), 10_000)]).await;
    counter.file(1, FileKind::Final, &[paid("B", &slip(2), 10_000), paid("C", &slip(2), 10_000)]).await;
    counter.refund(2, 10_000).await;
    let table = [
        (1, Way::Reverse, "確認", "not confirmed"),
        (9, Way::Leave, "確認", "there is none"),
        (2, Way::Leave, " ", "state a reason"),
        (2, Way::Match(HouseholdId(8), instalment(1)), "確認", "nothing was assessed"),
        (3, Way::Match(HOUSEHOLD, instalment(3)), "確認", "refunded or appropriated already"),
    ];
    let before = counter.stands().await;
    for (receipt, way, reason, wanted) in table {
        let error = settle(&counter.store, counter.request(), receipt, way, reason, &stamp()).await.unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
    assert_eq!(counter.stands().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_wrong_anywhere_is_not_taken_and_every_line_is_named() {
    let counter = Counter::open().await;
    let good = write(1, FileKind::Final, 1, MADE, &[paid("A", &slip(1), 10_000), paid("B", &slip(2), 10_000)]);
    let table: Vec<(String, &str)> = vec![
        (String::new(), ": 取り込む行がありません"),
        (good.replace("コンビニ収納", "コンビ二"), "2行 1列「収納区分」: 収納区分では"),
        (good.replace("確報", "速々報"), "2行 2列「種別」: この収納区分の種別では"),
        (good.replace("確報,1,", "確報,一,"), "2行 3列「ファイル番号」: 1以上の整数では"),
        (good.replace("2025-07-10,2,", "2025-07-10,3,"), "2行 5列「件数」: 件数が合いません（記載 3件、明細 2件）"),
        (good.replace(",2,20000", ",2,20001"), "2行 6列「合計金額」: 合計金額が合いません（記載 20,001円、明細 20,000円）"),
        (good.replace("2025-07-10,2", "2025-07-11,2"), "2行 4列「作成日」: 作成日が収納日より後です"),
        (good.replace("受付番号", "番号"), "3行 1列: 見出し「受付番号」の列がありません"),
        (good.replace("\r\nB,", "\r\nA,"), "5行 1列: 同じ番号の明細が4行にあります"),
        (good.replace("\r\nB,", "\r\n名,"), "5行 1列「受付番号」: 番号ではありません"),
        (good.replacen("2025-06-30", "2025-06-31", 1), "4行 3列「納付日」: 日付ではありません"),
        (good.replacen("2025-06-30", "2025-07-11", 1), "4行 3列「納付日」: 作成日より後の日です"),
        (good.replacen(",10000\r\nB", ",-5\r\nB", 1), "4行 4列「金額」: 1以上の整数では"),
        (good.replacen(",10000\r\nB", ",10000,7\r\nB", 1), "4行 5列: セルの数が見出しの数（4）と違います"),
    ];
    for (bytes, wanted) in table {
        match receive(&counter.store, counter.request(), bytes.as_bytes(), &stamp(), |_| {}).await {
            Err(ReceiveError::Refused(report)) => assert!(report.to_string().contains(wanted), "{report} / {wanted}"),
            other => panic!("{wanted}: {other:?}"),
        }
    }
    assert_eq!(counter.store.receipt_files(counter.here, i64::MAX, 9).await.unwrap(), []);
    // Nothing that stood in a cell is told.
    let leaking = good.replace("\r\nB,", "\r\n山田太郎,");
    let Err(ReceiveError::Refused(report)) = receive(&counter.store, counter.request(), leaking.as_bytes(), &stamp(), |_| {}).await else {
        panic!("refused")
    };
    assert!(!report.to_string().contains("山田"));
    assert!(matches!(report.refused[0].wrong, Wrong::NotANumberOfChannel));
    // As Shift_JIS it is the same file with other bytes: its serial was used.
    let (sjis, _, _) = encoding_rs::SHIFT_JIS.encode(&good);
    let taken = receive(&counter.store, counter.request(), &sjis, &stamp(), |_| {}).await.unwrap();
    assert_eq!((taken.file.serial, taken.file.rows, taken.file.yen), (1, 2, 20_000));
    let error = receive(&counter.store, counter.request(), good.as_bytes(), &stamp(), |_| {}).await.unwrap_err().to_string();
    assert!(error.contains("another file was taken under this serial"), "{error}");
    let later = write(1, FileKind::Final, 3, MADE, &[]);
    let error = receive(&counter.store, counter.request(), later.as_bytes(), &stamp(), |_| {}).await.unwrap_err().to_string();
    assert!(error.contains("file 2 is missing"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_debit_that_failed_pays_nothing_and_is_counted() {
    let mut counter = Counter::open().await;
    let taken = counter.file(2, FileKind::Final, &[paid("A", &slip(1), 10_000), Said::Unpaid("資金不足"), Said::Unpaid("取引なし")]).await;
    assert_eq!((taken.file.rows, taken.file.unpaid, taken.file.yen), (3, 2, 10_000));
    assert_eq!(taken.told.iter().map(|told| told.count).sum::<u64>(), 1);
    assert_eq!(counter.stands().await, "receivable 20000, collected 10000");
}

fn delivered(delivered_on: &str, channel: u8, collected_on: &str, yen: i64) -> Said {
    let day = |text: &str| Date::parse(text).unwrap();
    Said::Delivered(forms::Delivery { delivered_on: day(delivered_on), channel, collected_on: day(collected_on), yen })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_comes_to_zero_or_its_difference_has_a_name() {
    let mut counter = Counter::open().await;
    let on = |reference: &str, number, paid_on: &str, yen| {
        let paid_on = Date::parse(paid_on).unwrap();
        Said::Payment(Payment { reference: reference.into(), slip: slip(number), paid_on, yen: Yen::new(yen) })
    };
    counter.file(1, FileKind::Announced, &[on("P", 3, "2025-06-20", 700), on("Q", 3, "2025-07-09", 800)]).await;
    let lines = [
        on("A", 1, "2025-06-20", 1_000),
        on("B", 1, "2025-06-21", 2_000),
        on("C", 2, "2025-06-22", 3_000),
        on("D", 2, "2025-07-09", 4_000),
        on("E", 2, "2025-06-23", 500),
    ];
    counter.file(1, FileKind::Final, &lines).await;
    counter.file(1, FileKind::Revoked, &[on("E", 2, "2025-06-23", 500)]).await;
    counter
        .file(
            STATEMENT,
            FileKind::Statement,
            &[
                delivered("2025-06-27", 1, "2025-06-20", 1_000),
                delivered("2025-06-27", 1, "2025-06-21", 2_500),
                delivered("2025-06-27", 1, "2025-06-23", 500),
                delivered("2025-06-28", 1, "2025-06-23", -500),
                delivered("2025-06-27", 0, "2025-06-20", 60),
            ],
        )
        .await;
    counter.sound().await;
    let mut seen = Vec::new();
    let terms = Terms::default();
    let stretch = (Date::new(2025, 4, 1), Date::new(2026, 4, 1));
    let sums = reconcile(&counter.store, counter.here, stretch, MADE, terms, |day| {
        seen.push((day.day.to_string(), CHANNELS[usize::from(day.channel)], day.difference_yen(), day.findings.clone()));
    })
    .await
    .unwrap();
    let day = |day: &str, channel, difference, findings: &[Finding]| (day.to_owned(), channel, difference, findings.to_vec());
    // Ten bank days before Thursday 10 July 2025 is 26 June, five is 3 July.
    let wanted = [
        day("2025-06-20", "counter", 60, &[Finding::WithoutReceipts]),
        day("2025-06-20", "convenience_store", 0, &[Finding::StillAnnounced(700)]),
        day("2025-06-21", "convenience_store", 500, &[Finding::Differs(500)]),
        day("2025-06-22", "convenience_store", -3_000, &[Finding::Missing]),
        day("2025-06-23", "convenience_store", 0, &[]),
        day("2025-07-09", "convenience_store", -4_000, &[Finding::Awaited, Finding::Unconfirmed(800)]),
    ];
    assert_eq!(seen, wanted);
    assert_eq!((sums.days, sums.even, sums.waiting, sums.open), (6, 1, 1, 4));
    assert_eq!(sums.difference_yen(), 60 + 500 - 3_000 - 4_000);
}

/// What a payment of a property test is: channel, number, which slip, yen.
type Thrown = (u8, u16, u16, i64);

fn thrown() -> impl Strategy<Value = Vec<Thrown>> {
    prop::collection::vec((0_u8..4, 0_u16..30, 1_u16..5, 1_i64..15_000), 1..25)
}

async fn after(payments: &[Thrown], channels: &[u8]) -> (i64, Vec<(Account, i64)>) {
    let mut counter = Counter::open().await;
    let mut told = 0;
    for channel in channels {
        let mut seen = HashSet::new();
        let lines: Vec<Said> = payments
            .iter()
            .filter(|(of, number, ..)| of == channel && seen.insert(*number))
            // The fourth slip is of an instalment that was not assessed.
            .map(|(of, number, pays, yen)| paid(&format!("{of}-{number}"), &slip(*pays), *yen))
            .collect();
        told += lines.iter().map(|said| if let Said::Payment(payment) = said { payment.yen.get() } else { 0 }).sum::<i64>();
        counter.file(*channel, FileKind::Final, &lines).await;
    }
    counter.sound().await;
    let mut stands: BTreeMap<Account, i64> = BTreeMap::new();
    for (account, balance) in counter.store.balances(counter.here, HOUSEHOLD).await.unwrap() {
        // Which payment came last decides the number of an overpayment, not the sum of an instalment.
        let account = if account.kind == AccountKind::Overpaid { Account { item: account.item / 1_000, ..account } } else { account };
        *stands.entry(account).or_default() += balance.debit();
    }
    let unmatched = counter.store.totals(counter.here).await.unwrap();
    let unmatched = unmatched.iter().find(|(kind, _)| *kind == AccountKind::Unmatched).map_or(0, |(_, balance)| balance.credit());
    let used: i64 = stands.iter().filter(|(account, _)| account.kind == AccountKind::Overpaid).map(|(_, debit)| -debit).sum::<i64>();
    let open: i64 = stands.iter().filter(|(account, _)| account.kind == AccountKind::Receivable).map(|(_, debit)| *debit).sum();
    assert_eq!(told, (30_000 - open) + used + unmatched, "what the channels told is what the accounts hold");
    let bank = counter.balance(Account::bank()).await;
    assert_eq!(bank, Balance::default());
    (told, stands.into_iter().filter(|(_, yen)| *yen != 0).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn the_order_of_channels_does_not_matter_and_nothing_is_lost(payments in thrown()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let forward = runtime.block_on(after(&payments, &[0, 1, 2, 3]));
        let backward = runtime.block_on(after(&payments, &[3, 1, 0, 2]));
        prop_assert_eq!(forward, backward);
    }
}
