//! What searches and views show of protected persons, and to whom.

use super::*;
use crate::office_of_two::{OfficeOfTwo, TODAY};

const CLERK: Viewer = Viewer { may_see_protected: false };
const QUALIFICATION: Viewer = Viewer { may_see_protected: true };
const HOME: &str = "旭川市9条通9丁目1-2";

/// 11 and 12 live together, 21 elsewhere, 31 in a household of their own under the address of 11.
async fn town() -> OfficeOfTwo {
    let office = OfficeOfTwo::found().await;
    office.resident(11, "ヤマダ ハナコ", 1, HOME).await;
    office.resident(12, "ヤマダ タロウ", 1, "旭川市1条通1丁目1").await;
    office.resident(21, "ヤマダ ジロウ", 2, "旭川市2条通2丁目2").await;
    office.resident(31, "サトウ ゴロウ", 3, "旭川市９条通９丁目１－２").await;
    office
}

async fn list(office: &OfficeOfTwo, criteria: Criteria, viewer: &Viewer) -> Vec<(i64, Shown<String>)> {
    let page = search(&office.store, None, office.here, &criteria, None, 50, viewer, TODAY).await.unwrap();
    page.found.into_iter().map(|found| (found.person.0, found.address)).collect()
}

async fn view(office: &OfficeOfTwo, id: i64, viewer: &Viewer, unmask: bool) -> PersonView {
    person(&office.store, office.here, PersonId(id), viewer, unmask, TODAY).await.unwrap().unwrap()
}

fn plain(text: &str) -> Shown<String> {
    Shown::Plain(text.into())
}

#[tokio::test]
async fn a_protected_address_is_masked_in_every_list_for_everybody_and_for_all_who_live_there() {
    let office = town().await;
    assert_eq!(list(&office, Criteria::Person(PersonId(11)), &CLERK).await, [(11, plain(HOME))]);
    office.protect(11, Date::new(2026, 1, 1), Date::new(2027, 1, 1)).await;
    for viewer in [CLERK, QUALIFICATION] {
        let all = list(&office, Criteria::Birth(Date::new(1980, 5, 17)), &viewer).await;
        let expected = [(11, Shown::Masked), (12, Shown::Masked), (21, plain("旭川市2条通2丁目2")), (31, Shown::Masked)];
        assert_eq!(all, expected);
        assert_eq!(list(&office, Criteria::Household(HouseholdId(1)), &viewer).await, [(11, Shown::Masked), (12, Shown::Masked)]);
        assert_eq!(list(&office, Criteria::Person(PersonId(31)), &viewer).await, [(31, Shown::Masked)]);
        assert_eq!(list(&office, Criteria::Kana("さとう".into()), &viewer).await, [(31, Shown::Masked)]);
    }
}

#[tokio::test]
async fn a_view_shows_a_protected_address_only_to_who_may_and_asks() {
    let office = town().await;
    office.protect(11, Date::new(2026, 1, 1), Date::new(2027, 1, 1)).await;
    for id in [11, 12, 31] {
        for (viewer, unmask, shown) in
            [(CLERK, false, false), (CLERK, true, false), (QUALIFICATION, false, false), (QUALIFICATION, true, true)]
        {
            let view = view(&office, id, &viewer, unmask).await;
            let mut addresses: Vec<bool> = view.members.iter().map(|member| matches!(member.found.address, Shown::Plain(_))).collect();
            addresses.push(matches!(view.address, Shown::Plain(_)));
            assert!(addresses.iter().all(|plain| *plain == shown), "{id} {viewer:?} {unmask}: {addresses:?}");
        }
    }
    let one = view(&office, 11, &CLERK, false).await;
    assert_eq!(one.protected.map(|protection| protection.until), Some(Date::new(2027, 1, 1)));
    assert_eq!(view(&office, 12, &CLERK, false).await.protected, None);
    let home = household(&office.store, office.here, HouseholdId(1), &QUALIFICATION, true, TODAY).await.unwrap().unwrap();
    let told: Vec<_> = home.members.iter().map(|member| (member.found.person.0, member.head, member.found.protected)).collect();
    assert_eq!(told, [(11, true, true), (12, false, false)]);
    assert_eq!(home.members[0].found.address, plain(HOME));
}

#[tokio::test]
async fn a_protection_masks_on_its_own_days_only() {
    for (from, until, masked) in
        [(Date::new(2026, 6, 2), Date::new(2027, 1, 1), false), (Date::new(2025, 6, 1), TODAY, false), (TODAY, Date::new(2026, 6, 2), true)]
    {
        let office = town().await;
        office.protect(11, from, until).await;
        let view = view(&office, 11, &CLERK, false).await;
        assert_eq!((view.address == Shown::Masked, view.protected.is_some()), (masked, masked), "{from} {until}");
        let among = protected_among(&office.store, office.here, &[PersonId(12), PersonId(11)], TODAY).await.unwrap();
        assert_eq!(!among.is_empty(), masked);
    }
}

#[tokio::test]
async fn a_search_goes_page_by_page_and_refuses_what_is_no_reading_without_repeating_it() {
    let office = town().await;
    let page = |after, limit| {
        let (store, here) = (&office.store, office.here);
        async move { search(store, None, here, &Criteria::Kana("ヤマダ".into()), after, limit, &CLERK, TODAY).await.unwrap() }
    };
    let first = page(None, 2).await;
    assert_eq!(first.found.iter().map(|found| found.person.0).collect::<Vec<_>>(), [11, 12]);
    assert_eq!(first.next, Some(PersonId(12)));
    let second = page(first.next, 2).await;
    assert_eq!(second.found.iter().map(|found| found.person.0).collect::<Vec<_>>(), [21]);
    assert_eq!(second.next, None);
    assert_eq!((second.found[0].household, second.found[0].kana.as_deref()), (Some(HouseholdId(2)), Some("ヤマダ ジロウ")));
    let kanji = Criteria::Kana("山田花子".into());
    let refused = search(&office.store, None, office.here, &kanji, None, 9, &CLERK, TODAY).await.unwrap_err();
    assert!(matches!(refused, PeopleError::NotAReading) && !refused.to_string().contains('山'));
    let number = Criteria::Number(PersonalNumber::parse("123456789018").unwrap());
    let refused = search(&office.store, None, office.here, &number, None, 9, &CLERK, TODAY).await.unwrap_err();
    assert!(matches!(refused, PeopleError::NoVault));
    assert!(person(&office.store, office.here, PersonId(99), &CLERK, false, TODAY).await.unwrap().is_none());
    assert!(household(&office.store, office.here, HouseholdId(99), &CLERK, false, TODAY).await.unwrap().is_none());
}
