//! The queue of an office on SQLite: what waits, why, in pages, and how it is settled. The decisions are made by
//! hand, as rules would have made them.

use super::reading::item_of_notice;
use super::settlement::{LONGEST_REASON, SettleError, Way, Which, settle};
use super::*;
use crate::office_of_two::{OfficeOfTwo, TODAY, now, stamp};
use jorei_domain::basis::State;
use jorei_domain::decision::{Decision, Evidence, Given, Outcome, Reason, Refusal, Result as Named};
use jorei_domain::id::{Knowledge, PersonId};
use jorei_domain::record::{Case, Fact, Kind, Person, table};
use jorei_domain::table::{ABSENT, Column, Table, Values};
use jorei_domain::trace::{LawRead, Val, Writer};
use jorei_store::addresses::Address;
use jorei_store::decisions::NewDecision;
use jorei_store::facts::Assertion;
use jorei_store::names::Name;
use jorei_store::notices::{NewNotice, Notice, NoticeKind};

const ON: Date = Date::new(2025, 4, 1);
const YEAR: FiscalYear = FiscalYear::of(ON);

/// An office with a revision of no real rule that has a few words.
struct Counter {
    office: OfficeOfTwo,
    revision: Digest,
}

impl Counter {
    async fn open() -> Counter {
        let office = OfficeOfTwo::found().await;
        let labels = r#""income_unknown":["{year}年分の所得がありません","no income of {year}"],"cap_yen":["賦課限度額","cap"]"#;
        let schema = r#"{"properties":{"applications":{"items":{"properties":{"result":{"enum":["granted","not_certified"]}}}}}}"#;
        let about = format!("{{\"labels\":{{{labels}}},\"outcome\":{schema}}}");
        let revision = office.revision("premium", about).await;
        Counter { revision, office }
    }

    /// Decides a case of a household; answers the id.
    async fn decide(&self, slot: Slot, household: i64, outcome: Outcome, evidence: Evidence, trace: Vec<u8>) -> DecisionId {
        let household = HouseholdId(household);
        let before = self.office.store.current_decisions(self.office.here, slot.word(), ON, household..=household).await.unwrap();
        let decision = Decision {
            municipality: self.office.here,
            slot: slot.word().into(),
            household,
            on: ON,
            revision: self.revision,
            evidence,
            outcome,
            trace,
            supersedes: before.first().map(|before| before.id),
        };
        let (version, recorded_at) = (before.first().map_or(1, |before| before.version + 1), now().at);
        let new = NewDecision { decision, version, knowledge: Knowledge(1), decided_on: TODAY, fuel: 1, amount: None, recorded_at };
        let packed = new.pack().unwrap();
        self.office.store.save_decisions(std::slice::from_ref(&packed), &stamp()).await.unwrap();
        packed.id()
    }

    /// A refusal for want of an income.
    async fn refuse(&self, household: i64, year: i32) -> DecisionId {
        let refusal = Refusal {
            reason: Reason::FactMissing,
            label: "income_unknown".into(),
            article: "Act art. 76-2".into(),
            arguments: vec![("year".into(), year.to_string())],
        };
        self.decide(Slot::Premium, household, Outcome::Refused(refusal), Evidence::default(), Vec::new()).await
    }

    async fn page(&self, filter: &Filter, after: Option<i64>, limit: u32) -> Page {
        page(&self.office.store, self.office.here, YEAR, filter, after.map(HouseholdId), limit).await.unwrap()
    }

    async fn waiting(&self, waiting: &[Waiting]) -> Vec<(i64, Slot, Waiting, String)> {
        let filter = Filter { waiting: waiting.to_vec(), ..Filter::default() };
        let items = self.page(&filter, None, 100).await.items;
        items.into_iter().map(|item| (item.household.0, item.slot, item.waiting, item.reason)).collect()
    }

    async fn settle(&self, household: i64, way: Way, reason: &str) -> Result<(Item, i64), SettleError> {
        self.settle_as("tanaka", household, way, reason).await
    }

    async fn settle_as(&self, account: &str, household: i64, way: Way, reason: &str) -> Result<(Item, i64), SettleError> {
        let which = Which { year: YEAR, slot: Slot::Premium, household: HouseholdId(household), waiting: None, matter: None };
        settle(&self.office.store, self.office.here, which, way, reason, account, &now()).await
    }
}

fn decided(provisional: bool) -> Outcome {
    Outcome::Decided { provisional, results: Vec::new() }
}

/// A trace that read some values of law in states.
fn trace(reads: &[(&'static str, State)]) -> Vec<u8> {
    let mut writer = Writer::with_capacity(1);
    let step = writer.open("premium");
    for (key, state) in reads {
        writer.law(step, LawRead { key: (*key).into(), value: Val::Count(1), state: *state, article: "条例".into() });
    }
    writer.close(step, Val::Count(1));
    writer.finish()
}

/// Evidence with an income of each of some states.
fn incomes(states: &[i64]) -> Evidence {
    let person = |state: &i64| {
        let mut values = vec![ABSENT; Kind::Incomes.columns().len() - 1];
        values[..2].copy_from_slice(&[2024, *state]);
        Person { facts: vec![Fact { kind: Kind::Incomes, values, source: "住民税".into() }] }
    };
    given(Kind::Incomes, states.iter().map(person).collect())
}

fn given(kind: Kind, persons: Vec<Person>) -> Evidence {
    let (table, sources) = table(kind, &[Case::new(ON, persons)]);
    Evidence { given: vec![Given { kind: kind.name().into(), table, sources }] }
}

#[tokio::test]
async fn each_case_waits_with_its_reason_in_japanese_and_a_decided_one_does_not() {
    let counter = Counter::open().await;
    counter.refuse(1, 2024).await;
    counter.decide(Slot::Premium, 2, Outcome::Failed(Failure::Fuel), Evidence::default(), Vec::new()).await;
    counter.decide(Slot::Premium, 3, decided(false), Evidence::default(), trace(&[("cap_yen", State::Sourced)])).await;
    let law = trace(&[("cap_yen", State::Assumed), ("rate", State::SecondHand), ("sure", State::Sourced), ("cap_yen", State::Assumed)]);
    counter.decide(Slot::Premium, 4, decided(true), incomes(&[0, 1]), law.clone()).await;
    // Known, pending, undeclared, undeclared: what is asked for goes before what is unconfirmed.
    counter.decide(Slot::Premium, 5, decided(true), incomes(&[0, 3, 2, 2]), law).await;
    counter.decide(Slot::Instalment, 4, decided(true), Evidence::default(), Vec::new()).await;
    let all = counter.waiting(&[]).await;
    let premium = |household, waiting, reason: &str| (household, Slot::Premium, waiting, reason.to_owned());
    assert_eq!(
        all,
        [
            premium(1, Waiting::Refused, "2024年分の所得がありません〔国民健康保険法第76条の2〕"),
            premium(2, Waiting::Failed, "ルールの計算量が上限を超えました（fuel）"),
            (4, Slot::Instalment, Waiting::Provisional, "前提とした決定が仮決定です".to_owned()),
            premium(4, Waiting::Provisional, "未確認の値に基づいています: 賦課限度額、rate"),
            premium(5, Waiting::Pending, "所得を照会中の人が1人、所得が未申告の人が2人います"),
        ]
    );
    assert_eq!(counter.waiting(&[Waiting::Pending, Waiting::Failed]).await, [all[1].clone(), all[4].clone()]);
    let old = queue(&counter.office.store, counter.office.here, YEAR).await.unwrap();
    assert_eq!(old.iter().map(|item| item.household.0).collect::<Vec<_>>(), [1, 2], "what the list had before");
    // Since the day in Japan: nine in the morning there is midnight of the same day by the instant.
    assert_eq!(old[0].since, Some(TODAY));
    let filter = |day| Filter { since_before: Some(day), ..Filter::default() };
    assert_eq!(counter.page(&filter(TODAY), None, 9).await.items, []);
    assert_eq!(counter.page(&filter(TODAY.tomorrow()), None, 9).await.items.len(), 5);
    assert_eq!(counter.page(&Filter { slot: Some(Slot::Instalment), ..Filter::default() }, None, 9).await.items.len(), 1);
    let counts = counts(&counter.office.store, counter.office.here, YEAR).await.unwrap();
    let count = |slot, status: &str, count| (slot, status.to_owned(), count);
    let expected = [
        count(Slot::Premium, "failed", 1),
        count(Slot::Premium, "provisional", 2),
        count(Slot::Premium, "refused", 1),
        count(Slot::Instalment, "provisional", 1),
    ];
    assert_eq!(counts, expected);
}

#[test]
fn an_instant_in_the_evening_of_greenwich_is_the_next_day_in_japan() {
    assert_eq!(day_of("2025-05-31T14:59:59Z"), Some(Date::new(2025, 5, 31)));
    assert_eq!(day_of("2025-05-31T15:00:00Z"), Some(Date::new(2025, 6, 1)));
    assert_eq!(day_of("2025-06-01T09:00:00+09:00"), Some(Date::new(2025, 6, 1)));
    assert_eq!(day_of("yesterday"), None);
}

#[tokio::test]
async fn pages_meet_whatever_their_size_and_provisional_cases_in_between_hide_nothing() {
    let counter = Counter::open().await;
    for household in 1..=40 {
        match household % 4 {
            0 => drop(counter.refuse(household, 2024).await),
            1 => drop(counter.decide(Slot::Premium, household, decided(true), incomes(&[3]), Vec::new()).await),
            2 => drop(counter.decide(Slot::Premium, household, decided(true), incomes(&[0]), Vec::new()).await),
            _ => drop(counter.decide(Slot::Instalment, household, decided(true), Evidence::default(), Vec::new()).await),
        }
        if household % 8 == 0 {
            counter.decide(Slot::Instalment, household, Outcome::Failed(Failure::Trap), Evidence::default(), Vec::new()).await;
        }
    }
    for waiting in [vec![], vec![Waiting::Refused], vec![Waiting::Pending], vec![Waiting::Failed, Waiting::Refused], vec![Waiting::Barred]]
    {
        let filter = Filter { waiting: waiting.clone(), ..Filter::default() };
        let whole = counter.page(&filter, None, 1_000).await;
        assert_eq!(whole.next, None);
        let expected = match waiting.as_slice() {
            [] => 45,
            [Waiting::Refused] | [Waiting::Pending] => 10,
            [Waiting::Failed, Waiting::Refused] => 15,
            _ => 0,
        };
        assert_eq!(whole.items.len(), expected, "{waiting:?}");
        for limit in [1, 2, 3, 7] {
            let (mut items, mut after) = (Vec::new(), None);
            loop {
                let page = counter.page(&filter, after, limit).await;
                assert!(page.next.is_none() || page.next.map(|next| next.0) > after, "a page goes on");
                items.extend(page.items);
                after = page.next.map(|next| next.0);
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(items, whole.items, "{waiting:?} by {limit}");
        }
    }
}

#[tokio::test]
async fn what_is_unconfirmed_is_counted_by_value_and_each_can_be_listed() {
    let counter = Counter::open().await;
    let both = trace(&[("cap_yen", State::Assumed), ("rate", State::SecondHand), ("sure", State::Sourced)]);
    let one = trace(&[("cap_yen", State::Assumed)]);
    for household in 1..=5 {
        let law = if household <= 3 { both.clone() } else { one.clone() };
        counter.decide(Slot::Premium, household, decided(true), Evidence::default(), law).await;
    }
    counter.decide(Slot::Premium, 6, decided(true), incomes(&[3, 2]), one).await;
    let groups = groups(&counter.office.store, counter.office.here, YEAR, None).await.unwrap();
    let group = |group: &Group| (group.key.clone(), group.ja.clone(), group.cases, group.alone, group.first.0);
    let expected = [
        ("cap_yen", "賦課限度額", 5, 2, 1),
        ("rate", "rate", 3, 0, 1),
        ("incomes.pending", "所得を照会中の人", 1, 0, 6),
        ("incomes.undeclared", "所得が未申告の人", 1, 0, 6),
    ];
    assert_eq!(groups.iter().map(group).collect::<Vec<_>>(), expected.map(|(key, ja, c, a, f)| (key.to_owned(), ja.to_owned(), c, a, f)));
    for (key, households) in [("rate", vec![1, 2, 3]), ("cap_yen", vec![1, 2, 3, 4, 5]), ("incomes.pending", vec![6]), ("sure", vec![])] {
        let filter = Filter { unconfirmed: Some(key.into()), ..Filter::default() };
        let items = counter.page(&filter, None, 100).await.items;
        assert_eq!(items.iter().map(|item| item.household.0).collect::<Vec<_>>(), households, "{key}");
    }
}

#[tokio::test]
async fn a_case_leaves_by_a_decision_or_by_a_settlement_and_comes_back_when_it_waits_anew() {
    let counter = Counter::open().await;
    let first = counter.refuse(1, 2024).await;
    let (item, ordinal) = counter.settle(1, Way::Asked, "税務課へ所得を照会した").await.unwrap();
    assert_eq!((item.matter, ordinal), (Some(Matter::Decision(first)), 1));
    assert_eq!(counter.waiting(&[]).await, []);
    let kept = counter.office.store.settlements_of(counter.office.here, ON, HouseholdId(1)).await.unwrap();
    assert_eq!((kept[0].way.as_str(), kept[0].by.as_str(), kept[0].reason.as_str()), ("asked", "tanaka", "税務課へ所得を照会した"));
    // What does not wait cannot be settled, settled or decided.
    assert!(matches!(counter.settle(1, Way::Asked, "再度").await, Err(SettleError::NothingWaits { .. })));
    counter.refuse(1, 2023).await;
    assert_eq!(counter.waiting(&[]).await.len(), 1, "another decision that waits");
    counter.decide(Slot::Premium, 1, decided(false), Evidence::default(), Vec::new()).await;
    assert_eq!(counter.waiting(&[]).await, []);
    assert!(matches!(counter.settle(1, Way::KeptAsIs, "再度").await, Err(SettleError::NothingWaits { .. })));
    assert!(matches!(counter.settle(99, Way::KeptAsIs, "再度").await, Err(SettleError::NothingWaits { .. })));
    let entry = counter.office.store.audit_entries(counter.office.here, 0, 999).await.unwrap();
    assert_eq!(entry.iter().filter(|stored| stored.entry.kind == "settlement" && stored.entry.stamp.by == "tanaka").count(), 1);
    assert_eq!(counter.office.store.audit_verify(counter.office.here, &[], |_| ()).await.unwrap(), []);
}

#[tokio::test]
async fn a_way_must_answer_the_reason_and_a_clerk_who_saw_another_decision_settles_nothing() {
    let counter = Counter::open().await;
    let old = counter.refuse(1, 2024).await;
    let error = counter.settle(1, Way::HandedToVendor, "連絡").await.unwrap_err().to_string();
    assert_eq!(error, "`handed_to_vendor` is no answer to a case that is refused; use one of corrected, asked, not_assessed");
    for account in ["mallory", ""] {
        assert!(matches!(counter.settle_as(account, 1, Way::Asked, "照会").await, Err(SettleError::Account(_))));
    }
    counter.refuse(1, 2023).await;
    let seen = Which { year: YEAR, slot: Slot::Premium, household: HouseholdId(1), waiting: None, matter: Some(Matter::Decision(old)) };
    let result = settle(&counter.office.store, counter.office.here, seen, Way::Asked, "照会", "tanaka", &now()).await;
    assert!(matches!(result, Err(SettleError::NothingWaits { .. })));
    assert_eq!(counter.waiting(&[]).await.len(), 1);
    // Every reason to wait that is settled at all has an answer.
    for waiting in Waiting::ALL {
        assert_eq!(Way::ALL.iter().any(|way| way.answers().contains(&waiting)), waiting != Waiting::Paused, "{waiting:?}");
    }
}

#[tokio::test]
async fn a_reason_is_one_line_and_names_nobody() {
    let counter = Counter::open().await;
    let OfficeOfTwo { store, here, .. } = &counter.office;
    let fact = |kind, values, household| Assertion {
        person: PersonId(1),
        kind,
        item: 0,
        from: Date::new(2020, 4, 1),
        until: Date::MAX,
        household,
        values: Some(values),
        source: "住民基本台帳".into(),
    };
    store.assert_facts(*here, TODAY, &[fact(Kind::Membership, vec![1], Some(HouseholdId(1)))], &stamp()).await.unwrap();
    let name = Name {
        person: PersonId(1),
        name: "甲野 花子".into(),
        kana: "コウノ ハナコ".into(),
        latin: Some("KOUNO HANAKO".into()),
        alias: Some("乙川 花".into()),
    };
    store.save_names(*here, TODAY, &[name], &stamp()).await.unwrap();
    let address = Address { person: PersonId(1), address: "旭川市一条1丁目1番地".into(), postcode: None };
    store.save_addresses(*here, TODAY, &[address], &stamp()).await.unwrap();
    counter.refuse(1, 2024).await;
    for personal in [
        "甲野花子さんへ照会",
        "甲野　花子へ照会",
        "こうの はなこ に照会",
        "ｺｳﾉ ﾊﾅｺへ照会",
        "Kouno Hanakoへ照会",
        "通称乙川花へ",
        "旭川市一条1丁目1番地へ送付",
        "番号123456789012",
        "1234-5678-9012",
    ] {
        let error = counter.settle(1, Way::Asked, personal).await.unwrap_err();
        assert!(matches!(error, SettleError::Personal(_)), "{personal}: {error}");
        assert!(!error.to_string().contains(personal), "an error repeats nothing of it");
    }
    for bad in [String::new(), "  ".into(), "一\n二".into(), "長".repeat(LONGEST_REASON + 1)] {
        assert!(matches!(counter.settle(1, Way::Asked, &bad).await, Err(SettleError::Reason)), "{bad:?}");
    }
    // Dates and amounts are no numbers of anybody.
    counter.settle(1, Way::Asked, "2025-06-01に照会、所得12,345,678円").await.unwrap();
}

#[tokio::test]
async fn an_application_waits_until_a_decision_has_seen_it_and_while_its_certificate_is_not_there() {
    let counter = Counter::open().await;
    let OfficeOfTwo { store, here, .. } = &counter.office;
    let applied_on = Date::new(2025, 9, 1);
    let mut values = vec![ABSENT; Kind::Applications.fields().len()];
    values[..3].copy_from_slice(&[2025, 1, 0]);
    let fact = |kind, from, values: &[i64], household| Assertion {
        person: PersonId(1),
        kind,
        item: 0,
        from,
        until: Date::MAX,
        household,
        values: Some(values.to_vec()),
        source: "減免申請書".into(),
    };
    let lives = |from, household| fact(Kind::Membership, from, &[1], Some(HouseholdId(household)));
    // Who applied while living in household 7 has moved from it since: household 8 has nothing to do with it.
    let facts = [lives(Date::new(2020, 4, 1), 7), lives(Date::new(2026, 2, 1), 8), fact(Kind::Applications, applied_on, &values, None)];
    store.assert_facts(*here, TODAY, &facts, &stamp()).await.unwrap();
    let open = [(7, Slot::Exemption, Waiting::Pending, "2025-09-01の減免申請が未決定です".to_owned())];
    assert_eq!(counter.waiting(&[]).await, open);
    assert_eq!(counter.waiting(&[Waiting::Refused]).await, []);
    // It leaves by a decision only.
    let which = Which { year: YEAR, slot: Slot::Exemption, household: HouseholdId(7), waiting: None, matter: None };
    let result = settle(store, *here, which, Way::Asked, "書類を依頼", "tanaka", &now()).await;
    assert!(matches!(result, Err(SettleError::OnlyDecided { .. })));

    let seen = |values: &[i64]| {
        let values = std::iter::once(applied_on.packed()).chain(values.iter().copied()).collect();
        given(Kind::Applications, vec![Person { facts: vec![Fact { kind: Kind::Applications, values, source: "減免申請書".into() }] }])
    };
    let result = |code| {
        let column = Column { name: "result".into(), values: Values::Integers(vec![code]) };
        let table = Table { offsets: vec![0, 1], columns: vec![column] };
        Outcome::Decided { provisional: false, results: vec![Named { name: "applications".into(), table }] }
    };
    counter.decide(Slot::Exemption, 7, result(1), seen(&values), Vec::new()).await;
    let uncertified = "証明書類を確認していない減免申請が1件あります".to_owned();
    assert_eq!(counter.waiting(&[]).await, [(7, Slot::Exemption, Waiting::Pending, uncertified)]);
    settle(store, *here, which, Way::Asked, "書類を依頼", "tanaka", &now()).await.unwrap();
    assert_eq!(counter.waiting(&[]).await, []);
    // The papers come: until that is decided it waits again.
    values[2] = 1;
    store.assert_facts(*here, TODAY, &[fact(Kind::Applications, applied_on, &values, None)], &stamp()).await.unwrap();
    assert_eq!(counter.waiting(&[]).await, open);
    counter.decide(Slot::Exemption, 7, result(0), seen(&values), Vec::new()).await;
    assert_eq!(counter.waiting(&[]).await, []);
    // Withdrawn before anybody decided: nothing waits.
    let again = Assertion { item: 1, ..fact(Kind::Applications, applied_on, &values, None) };
    store.assert_facts(*here, TODAY, &[again.clone(), Assertion { values: None, ..again }], &stamp()).await.unwrap();
    assert_eq!(counter.waiting(&[]).await, []);
}

#[test]
fn a_notice_is_an_item_that_a_clerk_settles_and_a_cleared_one_is_none() {
    for kind in NoticeKind::ALL {
        let notice = |slot: &str| Notice {
            sequence: 3,
            slot: slot.into(),
            on: ON,
            household: HouseholdId(1),
            kind,
            detail: "期間制限".into(),
            version: 1,
            knowledge: Knowledge(1),
            at: "2025-06-01T00:00:00Z".into(),
        };
        assert_eq!(item_of_notice(notice("benefit")), None);
        let Some(item) = item_of_notice(notice("premium")) else {
            assert_eq!(kind, NoticeKind::Cleared);
            continue;
        };
        assert_eq!((item.waiting.word(), item.waiting.ja(), item.matter), (kind.word(), kind.ja(), Some(Matter::Notice(3))));
        assert_eq!((item.reason.as_str(), item.since), ("期間制限", Some(Date::new(2025, 6, 1))));
    }
}

#[tokio::test]
async fn a_notice_of_a_run_is_listed_beside_the_decision_and_settled_apart() {
    let counter = Counter::open().await;
    let OfficeOfTwo { store, here, .. } = &counter.office;
    counter.decide(Slot::Premium, 1, decided(false), Evidence::default(), Vec::new()).await;
    let barred = || NewNotice {
        municipality: *here,
        slot: Slot::Premium.word(),
        on: ON,
        household: HouseholdId(1),
        kind: NoticeKind::Barred,
        detail: "期間制限".into(),
        version: 1,
        knowledge: Knowledge(1),
    };
    store.save_run(&[], &[barred()], &[], &stamp()).await.unwrap();
    let waits = [(1, Slot::Premium, Waiting::Barred, "期間制限".to_owned())];
    assert_eq!(counter.waiting(&[]).await, waits);
    assert!(matches!(counter.settle(1, Way::Asked, "照会").await, Err(SettleError::NoAnswer { .. })));
    let (item, _) = counter.settle(1, Way::NotAssessed, "期間制限により賦課しない").await.unwrap();
    assert_eq!(item.matter, Some(Matter::Notice(1)));
    assert_eq!(counter.waiting(&[]).await, []);
    store.save_run(&[], &[barred()], &[], &stamp()).await.unwrap();
    assert_eq!(counter.waiting(&[]).await, waits, "a later notice waits anew");
    assert_eq!(store.audit_verify(*here, &[], |_| ()).await.unwrap(), []);
}
