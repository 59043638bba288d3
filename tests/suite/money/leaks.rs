//! Names, addresses, accounts and their holders stand nowhere in the money's story but where they belong: not in a table of it,
//! a decision's evidence, the chain, an error, what two people are shown, or what a command prints.
//!
//! Absent here: the server's log, traces and metrics, which the test of the HTTP interface searches.

use super::hall::{head, here, stamp};
use super::payees::{Desk, IN_TIME, KEY, entry};
use crate::http::leaks::{Needles, everything_else, half_width};
use jorei_domain::calendar::Date;
use jorei_domain::id::{Digest, HouseholdId};
use jorei_domain::record::Kind;
use jorei_service::arrears;
use jorei_service::officer::Now;
use jorei_service::payments::PaymentError;
use jorei_store::addresses::Address;
use jorei_store::facts::Assertion;
use jorei_store::names::Name;
use jorei_store::refunds::{Consent, ConsentChannel, ConsentKind};
use jorei_tests::built;

const NUMBER: &str = "9406172";
const KANA: &str = "キタノ ホシゾウ";
const HOLDER: &str = "ベッシ゛ン トラノスケ";
const ADDRESS: &str = "旭川市架空町7丁目77番地の5";

fn needles(name: &Name, address: &Address) -> Needles {
    let mut needles = Needles(Vec::new());
    needles.add_name(name);
    needles.add_address(address);
    for text in ["ベツジン トラノスケ", HOLDER] {
        needles.add_spaced("holder", text);
        needles.add_spaced("holder", &half_width(text));
    }
    let wide: String = NUMBER.chars().filter_map(|digit| char::from_u32(u32::from(digit) - 0x30 + 0xff10)).collect();
    for text in [NUMBER, &wide, "940-6172", "9406-172"] {
        needles.add("account", text);
    }
    for text in ["1961-03-07", "19610307", "昭和36年3月7日", "S36.3.7"] {
        needles.add("birth date", text);
    }
    needles
}

fn planted() -> (Name, Address) {
    let name = Name { person: head(1), name: "北野 星蔵".into(), kana: KANA.into(), latin: Some("Kitano Hoshizo".into()), alias: None };
    (name, Address { person: head(1), address: ADDRESS.into(), postcode: Some("079-8765".into()) })
}

#[tokio::test(flavor = "multi_thread")]
async fn no_name_address_account_or_holder_stands_in_the_money_where_it_does_not_belong() {
    let mut desk = Desk::open().await;
    let (name, address) = desk.resident(1, ["北野 星蔵", KANA, "Kitano Hoshizo"], ADDRESS).await;
    desk.resident(2, ["佐藤 一郎", "サトウ イチロウ", "Sato Ichiro"], "旭川市架空町2番地").await;
    let birth = Date::new(1961, 3, 7).packed();
    let born = Assertion {
        person: head(1),
        kind: Kind::Persons,
        item: 0,
        from: Date::MIN,
        until: Date::MAX,
        household: None,
        values: Some(vec![birth, birth]),
        source: "住民記録".into(),
    };
    desk.hall.store.assert_facts(here(), super::hall::FIRST_DAY, &[born], &stamp()).await.unwrap();
    let needles = needles(&name, &address);
    let mut seen: Vec<(String, String)> = Vec::new();
    desk.neighbour.register(head(1).0, &entry(NUMBER, KANA)).await.unwrap();
    desk.neighbour.register(head(2).0, &entry("9406173", "ベツジン トラノスケ")).await.unwrap();
    // The last instalment is paid late, so that a charge is decided.
    let late = [IN_TIME[0], IN_TIME[1], Date::new(2023, 12, 1)];
    let orders = [desk.overpaid(1, IN_TIME).await, desk.overpaid(2, late).await];
    let (store, shelf) = (&desk.hall.store, &desk.hall.shelf);
    let now = Now { today: jorei_tests::office::TODAY, at: stamp().at };
    for household in 1..=2 {
        let decided = arrears::decide(store, shelf, here(), HouseholdId(household), now.today, &now, "tanaka").await;
        seen.push(("charges".into(), decided.map_or_else(|error| format!("{error} {error:?}"), |decided| format!("{decided:?}"))));
    }
    desk.consent(1).await;
    desk.consent(2).await;
    seen.push(("inquiries".into(), format!("{:?}", desk.ask().await)));
    let prepared = desk.prepare().await.unwrap();
    seen.push(("prepared".into(), format!("{prepared:?}")));
    let batch = prepared.batch.number;
    seen.push(("shown".into(), desk.release(batch).await));
    let refused = desk.cut(batch, false).await.unwrap_err();
    assert!(matches!(refused, PaymentError::Stopped { .. }));
    seen.push(("error".into(), format!("{refused} {refused:?}")));
    seen.push(("inquiries".into(), format!("{:?}", desk.check(batch).await)));
    let file = desk.cut(batch, false).await.unwrap();
    seen.push(("cut".into(), format!("{file:?}")));
    // The file holds them, which shows that the search finds what is there.
    let file_text: String = encode(&file.bytes);
    assert!(file_text.contains(NUMBER));
    assert!(needles.found(file_text.as_bytes()).contains(&"account"));
    seen.push(("results".into(), format!("{:?}", desk.carried_out(&file).await)));
    for order in orders {
        let state = desk.state(order, now.today).await;
        seen.push(("state".into(), format!("{state:?} {}", state.ja())));
    }
    // What commands print, and what they log.
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    std::fs::write(&key, KEY).unwrap();
    let (one, other) = (orders[0].to_string(), orders[1].to_string());
    let commands: [&[&str]; 7] = [
        &["payee", "list"],
        &["payee", "show", &one],
        &["payee", "show", &other],
        &["payment", "list"],
        &["payment", "list", "--exceptions"],
        &["inquiry", "list"],
        &["ledger", "show", "1"],
    ];
    for words in commands {
        let mut command = built::jorei();
        command.args(words).env("JOREI_MUNICIPALITY", "012041").env("RUST_LOG", "debug").env("JOREI_VAULT_KEY", &key);
        let output = command.env("JOREI_DATABASE", format!("sqlite://{}", desk.hall.place.address())).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(matches!(output.status.code(), Some(0 | 1)), "{words:?}: {text}");
        seen.push((words.join(" "), text));
    }
    let mut rows = everything_else(&format!("sqlite://{}", desk.hall.place.address())).await;
    for table in ["audit.", "decision.", "payee_account.", "inquiry_answer.", "payment_line.", "sealed_content.", "receipt."] {
        assert!(rows.iter().any(|(at, _)| at.starts_with(table)), "nothing of {table} was looked at");
    }
    // Decisions are kept compressed: they are searched as they are read.
    let ids: Vec<Digest> =
        rows.iter().filter(|(at, _)| at == "decision.id").map(|(_, id)| Digest(id.as_slice().try_into().unwrap())).collect();
    assert!(!ids.is_empty());
    let mut slots = Vec::new();
    for id in ids {
        let stored = store.decision(here(), id).await.unwrap().unwrap();
        slots.push(stored.decision.slot.clone());
        rows.push((format!("a decision on {}", stored.decision.slot), stored.decision.content()));
        // Numbers of its evidence in digits.
        rows.push((format!("the evidence on {}", stored.decision.slot), format!("{:?}", stored.decision.evidence).into_bytes()));
    }
    assert!(["refund", "delinquency"].iter().all(|slot| slots.iter().any(|one| one == slot)), "{slots:?}");
    let mut leaks: Vec<String> =
        rows.iter().flat_map(|(at, value)| needles.found(value).into_iter().map(move |what| format!("{what} in {at}"))).collect();
    leaks.extend(
        seen.iter().flat_map(|(at, text)| needles.found(text.as_bytes()).into_iter().map(move |what| format!("{what} in {at}: {text}"))),
    );
    leaks.sort();
    leaks.dedup();
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks.join("\n"));
    // Each of them planted where a clerk could write it is found in that table.
    for (what, text) in &needles.0 {
        let consent = Consent {
            number: 0,
            household: HouseholdId(1),
            kind: ConsentKind::PublicAccount,
            given_on: now.today,
            given_by: head(1),
            channel: ConsentChannel::Paper,
            document: format!("綴り {text} 1"),
            withdrawn_on: None,
        };
        store.save_consent(here(), &consent, &stamp()).await.unwrap();
        let rows = everything_else(&format!("sqlite://{}", desk.hall.place.address())).await;
        let planted = |(at, value): &&(String, Vec<u8>)| at == "consent.document" && needles.found(value).contains(what);
        assert!(rows.iter().any(|row| planted(&row)), "{what} {text}");
    }
}

/// A bank file as text: digits are ASCII in it.
fn encode(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_search_of_the_money_finds_what_is_planted() {
    let (name, address) = planted();
    let needles = needles(&name, &address);
    for (planted, what) in [
        ("…北野星蔵…", "name"),
        ("キタノホシゾウ", "kana"),
        ("ｷﾀﾉ ﾎｼｿﾞｳ", "half-width kana"),
        ("kitano hoshizo", "latin"),
        ("(旭川市架空町7丁目77番地の5)", "address"),
        ("9801-001-1-9406172", "account"),
        ("口座９４０６１７２", "account"),
        ("940-6172", "account"),
        ("生年月日 1961-03-07", "birth date"),
        ("[19610307]", "birth date"),
        ("ﾍﾞﾂｼﾞﾝ ﾄﾗﾉｽｹ", "holder"),
        ("ベツジン　トラノスケ", "holder"),
    ] {
        assert_eq!(needles.found(planted.as_bytes()), [what], "{planted}");
    }
    assert!(needles.found("北海道 9406171 *****72 キタミ".as_bytes()).is_empty());
}
