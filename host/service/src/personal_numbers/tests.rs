//! What personal numbers and their vault promise. That the number stands nowhere in a database is in
//! the workspace's suite, which may read its files.

use super::*;
use crate::acts::propose;
use crate::office_of_two::{OfficeOfTwo, now, stamp};
use crate::people::{Criteria, Viewer, search};

// Numbers made from the formula, for nobody: 1234 5678 901 is the usual example and gives 8.
const NUMBER: &str = "123456789018";
const FULL_WIDTH: &str = "１２３４５６７８９０１８";
const HYPHENS: &str = "1234-5678-9018";

fn vault() -> Vault {
    Vault::new([7; 32])
}

fn number(text: &str) -> PersonalNumber {
    PersonalNumber::parse(text).unwrap()
}

/// A number of eleven digits with the check digit that fits.
fn with_check_digit(eleven: &str) -> PersonalNumber {
    (0..10).find_map(|digit| PersonalNumber::parse(&format!("{eleven}{digit}")).ok()).unwrap()
}

async fn put_in(office: &OfficeOfTwo, person: i64, number: &PersonalNumber) -> Result<Proposal, NumberError> {
    enter(&office.store, &vault(), office.here, PersonId(person), number, "本人確認書類による", &now(), &stamp()).await
}

async fn office() -> OfficeOfTwo {
    let office = OfficeOfTwo::found().await;
    office.resident(1, "ヤマダ ハナコ", 1, "旭川市9条通9丁目1-2").await;
    office.resident(2, "ヤマダ タロウ", 1, "旭川市9条通9丁目1-2").await;
    office
}

#[test]
fn a_number_is_read_in_any_width_and_only_with_its_check_digit() {
    for text in [NUMBER, FULL_WIDTH, HYPHENS, "1234 5678 9018", "１２３４－５６７８－９０１８", "1234‐5678‐9018"] {
        assert_eq!(number(text), number(NUMBER), "{text}");
    }
    for digit in 0..10 {
        assert_eq!(PersonalNumber::parse(&format!("12345678901{digit}")).is_ok(), digit == 8);
    }
    // One digit wrong, two changed places, too few, too many, no digits.
    for bad in ["123456789118", "213456789018", "12345678901", "1234567890188", "", "12345678901a", "-12345678901"] {
        assert_eq!(PersonalNumber::parse(bad), Err(NotAPersonalNumber), "{bad}");
    }
    // The sum of 2 x 6 leaves 1, of none 0: the check digit is 0 for both.
    assert!(PersonalNumber::parse("200000000000").is_ok() && PersonalNumber::parse("000000000000").is_ok());
}

#[test]
fn nothing_that_prints_a_number_or_a_vault_tells_it() {
    let printed =
        format!("{:?} {} {:?} {:?} {}", number(NUMBER), number(NUMBER), vault(), Criteria::Number(number(NUMBER)), NotAPersonalNumber);
    assert!(!printed.contains("1234") && !printed.contains("9018") && !printed.contains("[1, 2"), "{printed}");
}

#[tokio::test]
async fn a_number_is_in_use_once_a_second_person_signed_and_is_found_then() {
    let office = office().await;
    let (store, here) = (&office.store, office.here);
    let mine = number(NUMBER);
    let proposal = put_in(&office, 1, &mine).await.unwrap();
    let Change::Number(NumberEntry { entry, .. }) = proposal.changes[0].change else { panic!("{proposal:?}") };
    assert!(proposal.shown.contains("宛名番号 1 ") && !mine.is_in(&proposal.shown));
    assert_eq!(number_of(store, &vault(), here, PersonId(1)).await.unwrap(), None);
    assert_eq!(person_of(store, &vault(), here, &mine).await.unwrap(), None);
    assert!(matches(store, &vault(), here, entry, &number(HYPHENS)).await.unwrap());
    assert!(!matches(store, &vault(), here, entry, &with_check_digit("12345678902")).await.unwrap());
    office.pass(proposal).await;
    assert_eq!(number_of(store, &vault(), here, PersonId(1)).await.unwrap(), Some(mine.clone()));
    assert_eq!(person_of(store, &vault(), here, &mine).await.unwrap(), Some(PersonId(1)));
    let viewer = Viewer { may_see_protected: false };
    let page = search(store, Some(&vault()), here, &Criteria::Number(mine.clone()), None, 9, &viewer, now().today).await.unwrap();
    assert_eq!(page.found.iter().map(|found| found.person).collect::<Vec<_>>(), [PersonId(1)]);
    assert!(matches!(put_in(&office, 1, &mine).await, Err(NumberError::NoChange(PersonId(1)))));
    assert!(matches!(put_in(&office, 9, &mine).await, Err(NumberError::NoSuchPerson(PersonId(9)))));
}

#[tokio::test]
async fn a_number_in_use_is_refused_for_another_and_neither_is_named() {
    let office = office().await;
    let mine = number(NUMBER);
    // Entered for both before either is in use; the second signature decides.
    let first = put_in(&office, 1, &mine).await.unwrap();
    let rival = put_in(&office, 2, &mine).await.unwrap();
    office.pass(first).await;
    let late = propose(&office.store, office.here, &office.tanaka, rival, &now()).await.unwrap_err().to_string();
    let refused = put_in(&office, 2, &mine).await.unwrap_err().to_string();
    for text in [late, refused] {
        assert!(text.contains("person 2") && !text.contains("person 1") && !mine.is_in(&text), "{text}");
    }
}

#[tokio::test]
async fn an_entry_opens_under_its_own_key_for_its_own_person_only() {
    let office = office().await;
    let (store, here) = (&office.store, office.here);
    let proposal = put_in(&office, 1, &number(NUMBER)).await.unwrap();
    let Change::Number(NumberEntry { entry, .. }) = proposal.changes[0].change else { panic!("{proposal:?}") };
    office.pass(proposal).await;
    let other = Vault::new([8; 32]);
    assert!(matches!(number_of(store, &other, here, PersonId(1)).await, Err(NumberError::Locked(locked)) if locked == entry));
    assert!(matches!(matches(store, &other, here, entry, &number(NUMBER)).await, Err(NumberError::Locked(_))));
    assert_eq!(person_of(store, &other, here, &number(NUMBER)).await.unwrap(), None);
    let kept = store.vault_entry(here, entry).await.unwrap().unwrap();
    let moved = VaultEntry { person: PersonId(2), ..kept.clone() };
    assert!(vault().open(here, &moved).is_err());
    let elsewhere = Municipality::parse("131211").unwrap();
    assert!(vault().open(elsewhere, &kept).is_err());
    // The same number sealed again is other bytes, under the same tag.
    let again = vault().seal(here, PersonId(1), &number(NUMBER)).unwrap();
    assert_ne!(again, kept.sealed);
    assert_eq!(vault().tag_of(here, &number(NUMBER)).to_vec(), kept.tag);
    assert_ne!(vault().tag_of(elsewhere, &number(NUMBER)).to_vec(), kept.tag);
}

#[tokio::test]
async fn a_reason_with_the_number_is_refused() {
    let office = office().await;
    for text in [format!("番号は{NUMBER}"), format!("番号は{FULL_WIDTH}"), format!("番号は{HYPHENS} です")] {
        let refused = enter(&office.store, &vault(), office.here, PersonId(1), &number(NUMBER), &text, &now(), &stamp()).await.unwrap_err();
        assert!(matches!(refused, NumberError::InReason) && !number(NUMBER).is_in(&refused.to_string()));
    }
}
