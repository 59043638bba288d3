//! The year of a household over all slots: premium, exemption, instalments, decided by the real rules.

use crate::reassessment::{City, asahikawa, born, day, fact, income_of, insured, member};
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::id::{HouseholdId, Knowledge};
use jorei_domain::record::Kind;
use jorei_domain::slot::Slot;
use jorei_domain::table::ABSENT;
use jorei_service::billing::table;
use jorei_service::decide_case::{Made, decide, record};
use jorei_service::reassessment::{Cause, Open, Report, Request, Scope, people_of, reassess};
use jorei_store::decisions::{NewDecision, StoredDecision};
use jorei_store::facts::Assertion;
use jorei_store::notices::{Notice, NoticeKind};
use jorei_store::pauses::Pause;
use jorei_tests::office::{TODAY, now};
use jorei_tests::{postgresql, sqlite};
use std::sync::atomic::AtomicBool;

const RULES: [&str; 2] = ["instalment", "exemption"];

fn year(year: i32) -> FiscalYear {
    FiscalYear::new(year).unwrap()
}

/// Household 1: a head with an income of a business and a spouse without, insured since 2015.
fn couple(income_year: i32, yen: i64) -> Vec<Assertion> {
    let since = "2015-01-01";
    vec![
        born(10, "1975-05-05"),
        member(10, 1, true, since),
        insured(10, since, None),
        income_of(income_year, 10, yen),
        born(11, "1978-08-08"),
        member(11, 1, false, since),
        insured(11, since, None),
        income_of(income_year, 11, 0),
    ]
}

async fn history(city: &City, slot: Slot, of: i32) -> Vec<StoredDecision> {
    city.store.decision_history(asahikawa(), slot.word(), year(of).first_day(), HouseholdId(1)).await.unwrap()
}

async fn latest(city: &City, slot: Slot, of: i32) -> StoredDecision {
    history(city, slot, of).await.pop().unwrap_or_else(|| panic!("household 1 has no decision of {}", slot.word()))
}

fn figure(stored: &StoredDecision, table: &str, column: &str) -> i64 {
    stored.decision.outcome.figure(table, column).unwrap_or_else(|| panic!("{table}.{column} in {:?}", stored.decision.outcome))
}

/// Due dates and amounts.
fn instalments(stored: &StoredDecision) -> Vec<(Date, i64)> {
    let table = table(&stored.decision, "instalments").unwrap();
    let (due, amounts) = (table.integers("due").unwrap(), table.integers("amount_yen").unwrap());
    due.iter().zip(amounts).map(|(due, amount)| (Date::from_packed(*due).unwrap(), *amount)).collect()
}

/// What is billed less what is to be refunded is the premium less what is exempted.
async fn conserved(city: &City, of: i32) {
    let schedule = latest(city, Slot::Instalment, of).await;
    let premium = latest(city, Slot::Premium, of).await.amount.unwrap();
    let exempted = history(city, Slot::Exemption, of).await.pop().map_or(0, |stored| stored.amount.unwrap());
    assert_eq!(figure(&schedule, "schedule", "premium_yen"), premium - exempted);
    assert_eq!(figure(&schedule, "schedule", "billed_yen") - figure(&schedule, "schedule", "over_yen"), premium - exempted);
    assert_eq!(instalments(&schedule).iter().map(|(_, yen)| yen).sum::<i64>(), figure(&schedule, "schedule", "billed_yen"));
}

/// A run over the instalments of a year with all that is known.
async fn request(city: &City, of: i32, decided_on: Date) -> Request {
    Request {
        municipality: asahikawa(),
        year: Some(year(of)),
        since: None,
        as_of: city.latest().await,
        decided_on,
        scope: Scope::Instalments,
        dry_run: false,
        threads: 2,
        page: 10,
        clock: jorei_tests::clock,
        today: TODAY,
        by: "test".into(),
    }
}

async fn bill(city: &City, of: i32, decided_on: Date) -> Report {
    let request = request(city, of, decided_on).await;
    reassess(&city.store, &city.shelf, &request, &AtomicBool::new(false), |_, _, _| {}).await.unwrap()
}

async fn open_notices(city: &City, of: i32) -> Vec<Notice> {
    city.store.open_notices(asahikawa(), year(of).first_day(), 0, 100).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_billed_follows_the_premium_and_a_second_run_changes_nothing() {
    let (store, _folder) = sqlite().await;
    for store in [store, postgresql().await] {
        let city = City::found_with(store, &RULES).await;
        city.learn(day("2025-06-01"), &couple(2024, 3_000_000)).await;
        city.assess_year(year(2025), day("2025-06-13")).await;
        bill(&city, 2025, day("2025-06-13")).await;
        conserved(&city, 2025).await;
        let first = instalments(&latest(&city, Slot::Instalment, 2025).await);
        assert_eq!(first.len(), 10);

        city.learn(day("2025-09-30"), &[income_of(2024, 10, 5_000_000)]).await;
        let report = city.reassess(day("2025-10-01"), false).await;
        assert!(!report.years[0].everybody, "the runs before have looked at everybody");
        assert_eq!(report.years[0].differences.len(), 1);
        conserved(&city, 2025).await;
        let second = instalments(&latest(&city, Slot::Instalment, 2025).await);
        // What is due by then keeps what it bears: June to September.
        assert_eq!(first[..4], second[..4]);
        assert!(first[5..].iter().zip(&second[5..]).all(|(before, after)| after.1 > before.1), "{first:?} {second:?}");

        let versions = async || {
            let mut versions = Vec::new();
            for slot in Slot::YEARLY {
                versions.push(history(&city, slot, 2025).await.len());
            }
            versions
        };
        assert_eq!(versions().await, [2, 0, 2]);
        for _ in 0..2 {
            city.reassess(day("2025-10-02"), false).await;
            bill(&city, 2025, day("2025-10-02")).await;
        }
        assert_eq!(versions().await, [2, 0, 2]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_was_cut_after_the_premium_is_finished_by_the_next_run() {
    let ((one, _first), (two, _second)) = (sqlite().await, sqlite().await);
    let (whole, cut) = (City::found_with(one, &RULES).await, City::found_with(two, &RULES).await);
    let corrected = day("2025-10-01");
    for city in [&whole, &cut] {
        city.learn(day("2025-06-01"), &couple(2024, 3_000_000)).await;
        city.assess_year(year(2025), day("2025-06-13")).await;
        bill(city, 2025, day("2025-06-13")).await;
        city.learn(day("2025-09-30"), &[income_of(2024, 10, 5_000_000)]).await;
    }
    // Here the premium alone is kept, and then nothing more.
    let (before, knowledge) = (latest(&cut, Slot::Premium, 2025).await, cut.latest().await);
    let case = cut.store.case(asahikawa(), Slot::Premium, HouseholdId(1), year(2025).first_day(), knowledge).await.unwrap().unwrap();
    let Made { decision, fuel, .. } = decide(&cut.live, asahikawa(), HouseholdId(1), case.case, Some(before.id)).unwrap();
    let amount = decision.outcome.figure("premium", "total_yen");
    let new = NewDecision { decision, version: 2, knowledge, decided_on: corrected, fuel, amount, recorded_at: now().at };
    cut.store.save_decisions(&[new.pack().unwrap()], &now().stamp("test")).await.unwrap();
    assert_eq!(history(&cut, Slot::Instalment, 2025).await.len(), 1);
    for city in [&whole, &cut] {
        city.reassess(corrected, false).await;
        conserved(city, 2025).await;
    }
    let [whole, cut] = [latest(&whole, Slot::Instalment, 2025).await, latest(&cut, Slot::Instalment, 2025).await];
    assert_eq!(whole.id, cut.id, "the same decisions in the same order, whenever they were kept");
}

/// Act art. 110-2: the first due date of FY2022 was 2022-06-30, so that from 2024-07-01 on nothing of it may be changed, but
/// for a loss of the qualification that was found late; but without whose fault (para. 2), a clerk must say.
#[tokio::test(flavor = "multi_thread")]
async fn on_the_limit_a_premium_stays_as_it_is_and_waits_for_a_clerk() {
    let correction = || vec![income_of(2021, 10, 5_000_000)];
    let none = || Assertion { values: None, ..insured(11, "2022-08-10", None) };
    let lost = || vec![insured(11, "2015-01-01", Some("2022-08-10")), none()];
    let cases = [
        ("2024-06-30", correction(), false),
        ("2024-07-01", correction(), true),
        ("2024-07-02", correction(), true),
        ("2024-06-30", lost(), false),
        ("2024-07-01", lost(), true),
        ("2024-07-01", [correction(), lost()].concat(), true),
    ];
    for (on, facts, barred) in cases {
        let (store, _folder) = sqlite().await;
        let city = City::found_with(store, &RULES).await;
        city.learn(day("2022-06-01"), &couple(2021, 3_000_000)).await;
        city.assess_year(year(2022), day("2022-06-10")).await;
        bill(&city, 2022, day("2022-06-10")).await;
        city.learn(day(on), &facts).await;
        let report = city.reassess(day(on), false).await;
        let notices = open_notices(&city, 2022).await;
        assert_eq!(history(&city, Slot::Premium, 2022).await.len(), if barred { 1 } else { 2 }, "{on}: {:?}", report.text(9));
        assert_eq!(notices.iter().map(|notice| notice.kind).collect::<Vec<_>>(), vec![NoticeKind::Barred; usize::from(barred)], "{on}");
        conserved(&city, 2022).await;
        if barred {
            assert!(notices[0].detail.contains("2024-07-01"), "{}", notices[0].detail);
            let asks = notices[0].detail.contains("第110条の2第2項");
            assert_eq!(asks, facts.iter().all(|fact| fact.kind == Kind::Qualification), "{}", notices[0].detail);
            // Neither a second run nor the annual assessment says it twice, or goes past it.
            city.reassess(day(on), false).await;
            assert_eq!(open_notices(&city, 2022).await.len(), 1);
            assert_eq!(history(&city, Slot::Premium, 2022).await.len(), 1);
            let single = record(&city.store, &city.shelf, asahikawa(), HouseholdId(1), year(2022), day(on), &now().stamp("test")).await;
            assert!(!single.unwrap().new, "asking for one household is no way past it");
            // The correction is corrected: nothing waits any more.
            city.learn(day("2024-08-01"), &couple(2021, 3_000_000)).await;
            city.reassess(day("2024-08-01"), false).await;
            assert_eq!(open_notices(&city, 2022).await, []);
        }
    }
}

/// A year of corrections, one after the other, on both databases: what is billed always follows, what is due never moves, and
/// the same history is the same decisions.
#[tokio::test(flavor = "multi_thread")]
async fn a_year_of_corrections_is_billed_the_same_on_both_databases() {
    let mut found = Vec::new();
    let (store, _folder) = sqlite().await;
    for store in [store, postgresql().await] {
        let city = City::found_with(store, &RULES).await;
        city.learn(day("2025-06-01"), &couple(2024, 3_000_000)).await;
        city.assess_year(year(2025), day("2025-06-13")).await;
        bill(&city, 2025, day("2025-06-13")).await;
        let steps: [(&str, Vec<Assertion>); 7] = [
            ("2025-07-10", vec![income_of(2024, 10, 4_500_000)]),
            ("2025-08-05", vec![income_of(2024, 10, 1_200_000)]),
            ("2025-09-12", vec![application("2025-09-12", None)]),
            ("2025-10-20", vec![insured(11, "2015-01-01", Some("2025-07-15"))]),
            ("2025-12-01", vec![member(10, 1, false, "2025-11-20"), member(11, 1, true, "2025-11-20"), insured(11, "2015-01-01", None)]),
            ("2026-02-02", vec![application("2025-09-12", Some("2026-01-20"))]),
            ("2026-05-11", vec![income_of(2024, 10, 6_000_000)]),
        ];
        for (on, facts) in steps {
            let on = day(on);
            let before = instalments(&latest(&city, Slot::Instalment, 2025).await);
            city.learn(on, &facts).await;
            let report = city.reassess(on, false).await;
            assert!(report.is_whole(), "{on}: {}", report.text(9));
            conserved(&city, 2025).await;
            let after = instalments(&latest(&city, Slot::Instalment, 2025).await);
            // An exemption reaches back to the day of its application, which is this one.
            let due = |rows: &[(Date, i64)]| rows.iter().copied().filter(|(due, yen)| *due < on && *yen > 0).collect::<Vec<_>>();
            assert_eq!(due(&before), due(&after), "{on}");
        }
        let mut ids = Vec::new();
        for slot in Slot::YEARLY {
            ids.extend(history(&city, slot, 2025).await.into_iter().map(|stored| (slot, stored.version, stored.id, stored.decided_on)));
        }
        found.push(ids);
    }
    assert_eq!(found[0], found[1]);
}

/// An application for the home damaged on the first day of September: everything, where half of it is lost.
fn application(on: &str, cancelled_on: Option<&str>) -> Assertion {
    let fields = Kind::Applications.fields();
    let value = |name: &str| match name {
        "fiscal_year" => 2025,
        "relief_code" => 3,
        "certified" => 1,
        "cause_on" => day("2025-09-01").packed(),
        "loss_yen" => 6_000_000,
        "normal_yen" => 10_000_000,
        "insured_yen" => 0,
        "cancelled_on" => cancelled_on.map_or(ABSENT, |on| day(on).packed()),
        _ => ABSENT,
    };
    fact(10, Kind::Applications, (day(on), Date::MAX), Some(fields.iter().map(|field| value(field.name)).collect()))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exemption_takes_off_what_is_not_due_on_the_day_of_application_and_its_cancellation_brings_it_back() {
    let (store, _folder) = sqlite().await;
    let city = City::found_with(store, &RULES).await;
    city.learn(day("2025-06-01"), &couple(2024, 3_000_000)).await;
    city.assess_year(year(2025), day("2025-06-13")).await;
    bill(&city, 2025, day("2025-06-13")).await;
    let before = instalments(&latest(&city, Slot::Instalment, 2025).await);

    // Applied for before the due date of September, decided on after it.
    city.learn(day("2025-09-20"), &[application("2025-09-20", None)]).await;
    let report = city.reassess(day("2025-10-10"), false).await;
    assert_eq!(report.years[0].differences.len(), 1, "{}", report.text(9));
    assert!(report.years[0].differences[0].causes.contains(&Cause::Facts(Kind::Applications)));
    let open: i64 = before.iter().filter(|(due, _)| *due >= day("2025-09-20")).map(|(_, yen)| yen).sum();
    assert_eq!(latest(&city, Slot::Exemption, 2025).await.amount, Some(open), "all that was open");
    conserved(&city, 2025).await;
    let exempted = instalments(&latest(&city, Slot::Instalment, 2025).await);
    let due_then: Vec<_> = before.iter().filter(|(due, _)| *due < day("2025-09-20")).collect();
    let kept: Vec<_> = exempted.iter().filter(|(_, yen)| *yen > 0).collect();
    assert_eq!(due_then, kept);

    city.learn(day("2025-11-01"), &[application("2025-09-20", Some("2025-11-01"))]).await;
    city.reassess(day("2025-11-04"), false).await;
    assert_eq!(latest(&city, Slot::Exemption, 2025).await.amount, Some(0));
    conserved(&city, 2025).await;
    assert_eq!(history(&city, Slot::Premium, 2025).await.len(), 1, "the premium itself never changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_stays_owed_of_a_household_in_which_nobody_ever_lived() {
    let (store, _folder) = sqlite().await;
    let city = City::found_with(store, &RULES).await;
    city.learn(day("2025-06-01"), &couple(2024, 3_000_000)).await;
    city.assess_year(year(2025), day("2025-06-13")).await;
    bill(&city, 2025, day("2025-06-13")).await;
    let taken_back = [10, 11].map(|person| Assertion { values: None, ..member(person, 1, false, "2010-01-01") });
    city.learn(day("2025-07-01"), &taken_back).await;
    let report = city.reassess(day("2025-07-02"), false).await;
    assert!(report.is_whole(), "{}", report.text(9));
    assert_eq!(latest(&city, Slot::Premium, 2025).await.amount, Some(0));
    conserved(&city, 2025).await;
    city.reassess(day("2025-07-03"), false).await;
    assert_eq!(history(&city, Slot::Premium, 2025).await.len(), 2);
    assert_eq!(open_notices(&city, 2025).await, []);
    assert_eq!(city.store.audit_verify(asahikawa(), &[], |_| {}).await.unwrap(), []);
}

/// Act art. 76: who is head owes the month; what the dead owed is owed by the heirs, and nobody else is named.
#[tokio::test(flavor = "multi_thread")]
async fn the_death_of_the_head_passes_the_liability_on_by_month_and_is_marked() {
    let (store, _folder) = sqlite().await;
    let city = City::found_with(store, &RULES).await;
    city.learn(day("2025-06-01"), &couple(2024, 3_000_000)).await;
    city.assess_year(year(2025), day("2025-06-13")).await;
    bill(&city, 2025, day("2025-06-13")).await;
    let died = "2025-10-05";
    let death = fact(10, Kind::Deaths, (day(died), Date::MAX), Some(Vec::new()));
    let stay = Assertion { values: None, ..member(10, 1, true, died) };
    city.learn(day("2025-10-20"), &[death, stay, member(11, 1, true, died)]).await;
    city.reassess(day("2025-10-21"), false).await;
    conserved(&city, 2025).await;
    let schedule = latest(&city, Slot::Instalment, 2025).await;
    let people = people_of(&city.store, &schedule).await.unwrap();
    let obligors = table(&schedule.decision, "obligors").unwrap();
    let column = |name: &str| obligors.integers(name).unwrap().to_vec();
    let who: Vec<i64> = column("person").iter().map(|ordinal| people[usize::try_from(*ordinal).unwrap()].0).collect();
    assert_eq!((who, column("deceased")), (vec![10, 11], vec![1, 0]));
    // On the last day of October the spouse is the head: the dead owes April to September.
    assert_eq!((column("first_month"), column("last_month")), (vec![1, 7], vec![6, 12]));
}

/// Facts that contradict each other: the premium is refused, and what was billed before stands.
#[tokio::test(flavor = "multi_thread")]
async fn a_premium_that_is_refused_leaves_what_was_billed_as_it_is() {
    let (store, _folder) = sqlite().await;
    let city = City::found_with(store, &RULES).await;
    city.learn(day("2025-06-01"), &couple(2024, 3_000_000)).await;
    city.assess_year(year(2025), day("2025-06-13")).await;
    bill(&city, 2025, day("2025-06-13")).await;
    let before = latest(&city, Slot::Instalment, 2025).await.id;
    // Two heads at a time.
    city.learn(day("2025-09-30"), &[member(11, 1, true, "2020-01-01")]).await;
    city.reassess(day("2025-10-01"), false).await;
    assert_eq!(latest(&city, Slot::Premium, 2025).await.status, "refused");
    assert_eq!(latest(&city, Slot::Instalment, 2025).await.id, before);
}

/// A run with what was known earlier neither takes back nor repeats what a later one noted.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_noted_knowing_more_is_left_by_a_run_that_knows_less() {
    let (store, _folder) = sqlite().await;
    let city = City::found_with(store, &RULES).await;
    city.learn(day("2022-06-01"), &couple(2021, 3_000_000)).await;
    city.assess_year(year(2022), day("2022-06-10")).await;
    bill(&city, 2022, day("2022-06-10")).await;
    let earlier = city.latest().await;
    city.learn(day("2024-07-02"), &[income_of(2021, 10, 5_000_000)]).await;
    city.reassess(day("2024-07-02"), false).await;
    let noted = open_notices(&city, 2022).await;
    assert_eq!(noted.iter().map(|notice| notice.kind).collect::<Vec<_>>(), [NoticeKind::Barred]);
    let request =
        Request { as_of: earlier, since: Some(Knowledge(0)), scope: Scope::Chain, ..request(&city, 2022, day("2024-07-03")).await };
    reassess(&city.store, &city.shelf, &request, &AtomicBool::new(false), |_, _, _| {}).await.unwrap();
    assert_eq!(open_notices(&city, 2022).await, noted);
}

/// Nobody can be asked for the limit while the revision of instalments is paused: nothing of a year that is over changes.
#[tokio::test(flavor = "multi_thread")]
async fn while_instalments_are_paused_a_year_that_is_over_stays_as_it_is() {
    for (on, held) in [("2023-03-31", false), ("2023-04-01", true)] {
        let (store, _folder) = sqlite().await;
        let city = City::found_with(store, &RULES).await;
        city.learn(day("2022-06-01"), &couple(2021, 3_000_000)).await;
        city.assess_year(year(2022), day("2022-06-10")).await;
        bill(&city, 2022, day("2022-06-10")).await;
        let live = city.shelf.in_force(asahikawa(), Slot::Instalment, year(2022).first_day(), city.latest().await).await.unwrap();
        let (knowledge, slot) = (city.latest().await, Slot::Instalment.word().into());
        let pause =
            Pause {
                knowledge, slot, revision: live.digest, reason: "障害".into(), last_good: None, quarantine: false, recorded_on: TODAY
            };
        city.store.save_pause(asahikawa(), &pause, &now().stamp("test")).await.unwrap();
        city.learn(day(on), &[income_of(2021, 10, 5_000_000)]).await;
        city.reassess(day(on), false).await;
        // The annual assessment is no way past it.
        city.assess_year(year(2022), day(on)).await;
        assert_eq!(history(&city, Slot::Premium, 2022).await.len(), if held { 1 } else { 2 }, "{on}");
        let kinds: Vec<_> = open_notices(&city, 2022).await.iter().map(|notice| notice.kind).collect();
        assert_eq!(kinds, vec![NoticeKind::LimitUnknown; usize::from(held)], "{on}");
    }
}

/// Act art. 110-2: the first due date of FY2025 is 2025-06-30, so that from 2027-07-01 on an exemption is not changed either.
#[tokio::test(flavor = "multi_thread")]
async fn an_exemption_that_is_cancelled_on_the_limit_stays_and_waits_for_a_clerk() {
    for (on, barred) in [("2027-06-30", false), ("2027-07-01", true)] {
        let (store, _folder) = sqlite().await;
        let city = City::found_with(store, &RULES).await;
        city.learn(day("2025-06-01"), &couple(2024, 3_000_000)).await;
        city.assess_year(year(2025), day("2025-06-13")).await;
        bill(&city, 2025, day("2025-06-13")).await;
        city.learn(day("2025-09-20"), &[application("2025-09-20", None)]).await;
        city.reassess(day("2025-10-10"), false).await;
        let granted = latest(&city, Slot::Exemption, 2025).await.amount;
        assert!(granted > Some(0));
        city.learn(day(on), &[application("2025-09-20", Some(on))]).await;
        for _ in 0..2 {
            city.reassess(day(on), false).await;
        }
        assert_eq!(latest(&city, Slot::Exemption, 2025).await.amount, if barred { granted } else { Some(0) }, "{on}");
        let notices = open_notices(&city, 2025).await;
        let found: Vec<_> = notices.iter().map(|notice| (notice.slot.as_str(), notice.kind)).collect();
        assert_eq!(found, vec![("exemption", NoticeKind::Barred); usize::from(barred)], "{on}");
        conserved(&city, 2025).await;
    }
}

/// One household that was decided from a later day on does not end the run of the others, and is not forgotten.
#[tokio::test(flavor = "multi_thread")]
async fn a_household_that_was_decided_later_is_told_and_the_others_are_decided() {
    let (store, _folder) = sqlite().await;
    let city = City::found_with(store, &RULES).await;
    let since = "2015-01-01";
    city.learn(day("2025-06-01"), &couple(2024, 3_000_000)).await;
    let alone = [born(20, "1980-05-05"), member(20, 2, true, since), insured(20, since, None), income_of(2024, 20, 3_000_000)];
    city.learn(day("2025-06-01"), &alone).await;
    city.assess_year(year(2025), day("2025-06-13")).await;
    bill(&city, 2025, day("2025-06-13")).await;
    city.learn(day("2025-10-05"), &[income_of(2024, 10, 4_000_000)]).await;
    city.reassess(day("2025-10-05"), false).await;
    city.learn(day("2025-10-06"), &[income_of(2024, 10, 5_000_000), income_of(2024, 20, 5_000_000)]).await;
    let report = city.reassess(day("2025-10-04"), false).await;
    let unsettled: Vec<_> = report.years[0].unsettled.iter().map(|item| (item.household.0, item.kind)).collect();
    assert_eq!(unsettled, [(1, Open::DecidedLater)]);
    assert!(report.years[0].unsettled[0].detail.contains("2025-10-05"), "{}", report.text(9));
    assert!(!report.is_whole());
    assert_eq!(report.years[0].differences.iter().map(|difference| difference.household.0).collect::<Vec<_>>(), [2]);
    assert_eq!(history(&city, Slot::Premium, 2025).await.len(), 2);
    assert!(city.reassess(day("2025-10-06"), false).await.is_whole());
    assert_eq!(history(&city, Slot::Premium, 2025).await.len(), 3);
    conserved(&city, 2025).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn billing_with_what_was_known_earlier_covers_no_more_than_that() {
    let (store, _folder) = sqlite().await;
    let city = City::found_with(store, &RULES).await;
    city.learn(day("2025-06-01"), &couple(2024, 3_000_000)).await;
    let earlier = city.latest().await;
    city.learn(day("2025-06-05"), &[income_of(2024, 10, 4_000_000)]).await;
    city.assess_year(year(2025), day("2025-06-13")).await;
    let request = Request { as_of: earlier, ..request(&city, 2025, day("2025-06-13")).await };
    reassess(&city.store, &city.shelf, &request, &AtomicBool::new(false), |_, _, _| {}).await.unwrap();
    let covered = city.store.coverage(asahikawa(), year(2025).first_day()).await.unwrap().unwrap();
    assert_eq!(covered.knowledge, earlier);
}
