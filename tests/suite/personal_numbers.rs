//! A personal number stands nowhere in the database, in no form.

use jorei_domain::calendar::Date;
use jorei_domain::id::{Municipality, PersonId};
use jorei_service::acts::{propose, sign};
use jorei_service::personal_numbers::{PersonalNumber, Vault, enter};
use jorei_store::acts::Verdict;
use jorei_store::names::Name;
use jorei_tests::office::{Office, now};
use jorei_tests::sqlite;

/// Eleven digits with the check digit that fits.
fn number(eleven: &str) -> PersonalNumber {
    (0..10).find_map(|digit| PersonalNumber::parse(&format!("{eleven}{digit}")).ok()).unwrap()
}

/// Looks at every byte of the database's files: every table and index, and what was there before.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_stands_nowhere_in_the_database() {
    let (store, folder) = sqlite().await;
    let here = Municipality::parse("012041").unwrap();
    let office = Office::found(&store, here).await;
    let name = |person| Name { person: PersonId(person), name: "名".into(), kana: "ヤマダ ハナコ".into(), latin: None, alias: None };
    let moment = now();
    let stamp = now().stamp("tanaka");
    store.save_names(here, Date::new(2026, 6, 1), &[name(1), name(2)], &stamp).await.unwrap();
    let vault = Vault::new([7; 32]);
    // One with a leading zero, which a number would lose, and one without.
    let (plain, zero) = (number("12345678901"), number("01234567890"));
    for (person, number) in [(1, &plain), (2, &zero)] {
        let enter = |person| enter(&store, &vault, here, PersonId(person), number, "本人確認書類による", &moment, &stamp);
        let proposal = enter(person).await.unwrap();
        let act = propose(&store, here, &office.tanaka, proposal, &now()).await.unwrap();
        assert!(sign(&store, here, &office.suzuki, act, Verdict::Approve, &now()).await.unwrap().in_effect);
        assert!(enter(3 - person).await.is_err());
    }
    let (mut bytes, mut files) = (Vec::new(), 0);
    for file in std::fs::read_dir(folder.path()).unwrap() {
        bytes.extend(std::fs::read(file.unwrap().path()).unwrap());
        files += 1;
    }
    let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    // The search finds what is there: a name as text, an account.
    assert!(files >= 2 && holds("ヤマダハナコ".as_bytes()) && holds(b"tanaka"));
    for number in [plain, zero] {
        let digits = number.reveal();
        let wide: String = digits.chars().filter_map(|c| char::from_u32(u32::from(c) - u32::from('0') + u32::from('０'))).collect();
        let [a, b, c] = [&digits[..4], &digits[4..8], &digits[8..]];
        let whole: u64 = digits.parse().unwrap();
        let forms = [
            digits.clone().into_bytes(),
            wide.into_bytes(),
            format!("{a}-{b}-{c}").into_bytes(),
            format!("{a} {b} {c}").into_bytes(),
            digits.trim_start_matches('0').as_bytes().to_vec(),
            // As whole numbers: SQLite keeps six bytes of one, most significant first.
            whole.to_be_bytes()[2..].to_vec(),
            whole.to_le_bytes()[..6].to_vec(),
            // As they lie before they are sealed.
            digits.bytes().map(|digit| digit - b'0').collect(),
        ];
        for form in forms {
            assert!(!holds(&form), "{form:?}");
        }
    }
}
