use super::trial_desk::{Desk, WATCH, bank_account, items, present};
use super::*;
use crate::inquiries;
use crate::office_of_two::{TODAY, stamp};
use jorei_connector::{Found, Standing as Told};
use jorei_domain::id::HouseholdId;

const KANA: &str = "ヤマダ ハナコ";

async fn check_again(desk: &Desk, order: i64, round: &str) {
    // A batch asks; where there is none the clerk does, once a day.
    let state = desk.state(order).await;
    let about = state.order.payee.unwrap();
    assert!(!round.is_empty() && about.0 > 0);
    let day = TODAY;
    inquiries::ask_again(&desk.office.store, desk.office.here, order, day, &WATCH, &stamp()).await.unwrap();
    desk.exchange().await;
}

/// Each stop of the design rules for accounts (refunds.md 4.3), from what happened to the word and the standing that follows.
#[tokio::test]
async fn what_speaks_against_an_account_stops_it_with_a_word_and_a_sentence() {
    for case in [
        "consent missing",
        "consent of another",
        "not asked",
        "not registered",
        "suspended at first",
        "not found",
        "not linked",
        "unreadable",
        "late",
        "dead payee",
        "protected",
        "another holder",
        "spaces differ",
        "old account",
        "closed account",
        "suspended later",
        "changed in the last days",
        "changed long ago",
        "used by two households",
        "good",
    ] {
        let desk = Desk::open().await;
        let (store, here) = (&desk.office.store, desk.office.here);
        let order = desk.order(1, KANA, 5_000).await;
        let own = present("0000019", KANA);
        desk.register.says(11, own.clone());
        let changed = |on| Told::Present(Found::Account(jorei_connector::AccountItems { changed_on: Some(on), ..items("0000019", KANA) }));
        if case == "consent of another" {
            desk.office.resident(12, "ヤマダ ジロウ", 1, "旭川市9条通9丁目1-2").await;
            desk.consent(1, 12, TODAY).await;
        } else if case != "consent missing" {
            desk.consent(1, 11, TODAY).await;
        }
        let mut today = TODAY;
        match case {
            "not registered" => desk.register.says(11, Told::NotRegistered),
            "suspended at first" => desk.register.says(11, Told::Suspended),
            "not found" => desk.register.says(11, Told::NotFound),
            "not linked" => desk.register.says(11, Told::NotLinked),
            "unreadable" => desk.register.says(11, present("12345678", KANA)),
            "another holder" => desk.register.says(11, present("0000019", "サトウ ハナコ")),
            "spaces differ" => desk.register.says(11, present("0000019", "ヤマダハナコ")),
            "changed in the last days" => desk.register.says(11, changed(Date::new(2026, 5, 19))),
            "changed long ago" => desk.register.says(11, changed(Date::new(2026, 5, 18))),
            "protected" => desk.office.protect(11, TODAY, Date::new(2027, 6, 1)).await,
            "late" => *desk.register.silent.lock().unwrap() = true,
            _ => {}
        }
        if !matches!(case, "not asked" | "consent missing" | "consent of another") {
            desk.exchange().await;
        }
        match case {
            "late" => today = Date::new(2026, 6, 5),
            "dead payee" => desk.dies(11, TODAY).await,
            "old account" => {
                desk.register.says(11, present("0000027", KANA));
                check_again(&desk, order, "1").await;
            }
            "closed account" => {
                desk.register.says(11, Told::NotRegistered);
                check_again(&desk, order, "1").await;
            }
            "suspended later" => {
                desk.register.says(11, Told::Suspended);
                check_again(&desk, order, "1").await;
            }
            "used by two households" => {
                desk.fixed(2, "ヤマダ イチロウ", "0000019", 100).await;
            }
            "good" => check_again(&desk, order, "1").await,
            _ => {}
        }
        let (standing, word) = match case {
            "consent missing" => (Standing::NoConsent, "no_consent"),
            "consent of another" => (Standing::Stopped, "consent_of_other"),
            "not asked" => (Standing::Unknown, "unknown"),
            "not registered" => (Standing::ClaimForm, "claim_form"),
            "suspended at first" | "suspended later" => (Standing::Stopped, "suspended"),
            "not found" => (Standing::Stopped, "not_found"),
            "not linked" => (Standing::Stopped, "not_linked"),
            "unreadable" => (Standing::Stopped, "unreadable"),
            "late" => (Standing::Stopped, "timed_out"),
            "dead payee" => (Standing::Stopped, "payee_died"),
            "protected" => (Standing::Stopped, "protected"),
            "another holder" => (Standing::Stopped, "holder_differs"),
            "old account" => (Standing::Stopped, "account_differs"),
            "closed account" => (Standing::Stopped, "deleted"),
            "changed in the last days" => (Standing::Stopped, "recently_changed"),
            "used by two households" => (Standing::Stopped, "shared_account"),
            _ => (Standing::Fixed, "fixed"),
        };
        let state = desk.state_on(order, today).await;
        assert_eq!((state.standing, state.word()), (standing, word), "{case}: {state:?}");
        assert!(
            state.ja().ends_with("ください") || state.ja().contains("ください（") || state.standing.is_ready(),
            "{case}: {}",
            state.ja()
        );
        let listed = waiting(store, here, today, &WATCH).await.unwrap().iter().any(|one| one.order.number == order);
        assert_eq!(listed, !standing.is_ready(), "{case}");
        if case == "old account" {
            // It is never switched.
            let used = opened(store, &desk.vault, here, state.account.as_ref().unwrap()).await.unwrap();
            assert_eq!(used, bank_account("0000019", KANA));
        }
        if case == "protected" {
            assert!(desk.register.asked.lock().unwrap().is_empty());
        }
        desk.is_sound().await;
    }
}

#[tokio::test]
async fn two_people_confirm_a_finding_and_what_is_found_later_stops_again() {
    let desk = Desk::open().await;
    let (store, here) = (&desk.office.store, desk.office.here);
    let order = desk.fixed(1, KANA, "0000019", 5_000).await;
    desk.register.says(11, present("0000027", KANA));
    check_again(&desk, order, "1").await;
    let proposal = confirm(store, &desk.vault, here, order, "本人に電話で確認", TODAY, &WATCH).await.unwrap();
    assert!(proposal.shown.contains("*****19") && !proposal.shown.contains("0000019"), "{}", proposal.shown);
    desk.office.pass(proposal).await;
    assert_eq!(desk.state(order).await.standing, Standing::Confirmed);
    // The same answer again is the same finding.
    let tomorrow = TODAY.tomorrow();
    inquiries::ask_again(store, here, order, tomorrow, &WATCH, &stamp()).await.unwrap();
    desk.exchange_on(tomorrow, &stamp()).await;
    assert_eq!(desk.state_on(order, tomorrow).await.standing, Standing::Confirmed);
    // Another one is another finding.
    desk.register.says(11, present("0000035", KANA));
    inquiries::ask_again(store, here, order, tomorrow.tomorrow(), &WATCH, &stamp()).await.unwrap();
    desk.exchange_on(tomorrow.tomorrow(), &stamp()).await;
    assert_eq!(desk.state_on(order, tomorrow.tomorrow()).await.word(), "account_differs");
    // What nobody can confirm.
    desk.dies(11, TODAY).await;
    let refused = confirm(store, &desk.vault, here, order, "確認", TODAY, &WATCH).await;
    assert!(matches!(refused, Err(PayeeError::NotConfirmable { stop: "payee_died", .. })), "{refused:?}");
    desk.is_sound().await;
}

#[tokio::test]
async fn an_account_of_a_claim_form_is_in_use_once_two_people_said_so() {
    let desk = Desk::open().await;
    let (store, here) = (&desk.office.store, desk.office.here);
    let order = desk.order(1, KANA, 5_000).await;
    let entered = Entered { source: Source::ClaimForm, applied_on: TODAY, account: bank_account("0000043", "ヤマタ ハナコ") };
    let by = stamp();
    let make = || enter(store, &desk.vault, here, order, &entered, "請求書", TODAY, &WATCH, &by);
    let proposal = make().await.unwrap();
    assert_eq!(desk.state(order).await.word(), "not_approved");
    // Entered twice it is one account, and one person alone cannot put it in use.
    assert_eq!(make().await.unwrap().changes, proposal.changes);
    assert_eq!(store.payee_accounts(here, order).await.unwrap().len(), 1);
    let Change::PayeeAccount(account) = &proposal.changes[0].change else { panic!() };
    assert_eq!(account.findings, ["holder_differs"]);
    let entry = account.entry;
    assert!(matches(store, &desk.vault, here, entry, &entered.account).await.unwrap());
    assert!(!matches(store, &desk.vault, here, entry, &bank_account("0000044", "ヤマタ ハナコ")).await.unwrap());
    desk.office.pass(proposal).await;
    let state = desk.state(order).await;
    assert_eq!((state.standing, state.account.map(|account| account.source)), (Standing::Confirmed, Some(Source::ClaimForm)));
    desk.is_sound().await;
}

#[tokio::test]
async fn an_account_of_one_matter_serves_no_other() {
    let desk = Desk::open().await;
    let first = desk.fixed(1, KANA, "0000019", 5_000).await;
    let second = desk.order(1, KANA, 700).await;
    // The consent was for the first application.
    assert_eq!(desk.state(second).await.standing, Standing::NoConsent);
    desk.exchange().await;
    assert_eq!(desk.register.asked.lock().unwrap().len(), 1);
    desk.consent(1, 11, TODAY.tomorrow()).await;
    let by = stamp();
    desk.exchange_on(TODAY.tomorrow(), &by).await;
    assert_eq!(desk.register.asked.lock().unwrap().len(), 2);
    for order in [first, second] {
        assert_eq!(desk.state_on(order, TODAY.tomorrow()).await.standing, Standing::Fixed, "{order}");
    }
    let (store, here) = (&desk.office.store, desk.office.here);
    let one = store.payee_accounts(here, first).await.unwrap().pop().unwrap();
    let other = store.payee_accounts(here, second).await.unwrap().pop().unwrap();
    assert!(one.entry != other.entry && one.tag == other.tag && one.household == HouseholdId(1));
}

#[tokio::test]
async fn accounts_of_closed_matters_are_destroyed_and_a_record_stays() {
    let desk = Desk::open().await;
    let (store, here) = (&desk.office.store, desk.office.here);
    let order = desk.fixed(1, KANA, "0000019", 5_000).await;
    assert_eq!(purge(store, here, Date::new(2030, 1, 1), 0, &stamp()).await.unwrap(), 0);
    let account = jorei_domain::ledger::Account::payable(HouseholdId(1), order);
    let lapsed = jorei_domain::ledger::Posting {
        id: Digest::of(b"lapsed"),
        event: jorei_domain::ledger::Event::Lapsed,
        booked_on: TODAY,
        decision: None,
        reference: "test".into(),
        transfers: vec![jorei_domain::ledger::Transfer {
            debit: account,
            credit: jorei_domain::ledger::Account::lapsed(2026),
            yen: jorei_domain::money::Yen::new(5_000),
            phase: jorei_domain::ledger::Phase::Posted,
            effective: TODAY,
        }],
        overpayments: vec![],
    };
    store.post(here, &[lapsed], &stamp()).await.unwrap();
    assert_eq!(purge(store, here, Date::new(2026, 6, 30), 30, &stamp()).await.unwrap(), 0);
    assert_eq!(purge(store, here, Date::new(2026, 7, 1), 30, &stamp()).await.unwrap(), 1);
    assert_eq!(purge(store, here, Date::new(2026, 7, 1), 30, &stamp()).await.unwrap(), 0);
    assert_eq!(store.purges(here).await.unwrap().iter().map(|purge| purge.rule.as_str()).collect::<Vec<_>>(), [PURGE_RULE]);
    assert_eq!(desk.state(order).await.word(), "destroyed");
    desk.is_sound().await;
}
