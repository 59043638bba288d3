//! People over HTTP: found, shown, masked, and their personal numbers entered by two.

use jorei_domain::calendar::Date;
use jorei_domain::id::{HouseholdId, PersonId};
use jorei_domain::record::Kind;
use jorei_domain::table::ABSENT;
use jorei_package::manifest::{Manifest, attach};
use jorei_package::signing::SecretKey;
use jorei_service::personal_numbers::PersonalNumber;
use jorei_store::addresses::Address;
use jorei_store::facts::Assertion;
use jorei_store::names::Name;
use jorei_tests::built;
use jorei_tests::city_hall::{Answer, CityHall, Client, Database, unique};
use jorei_tests::office::{key, premium_manifest, seal};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// Three people whom no made-up city has: 901 and 902 of one household, 903 of another at another address.
const PEOPLE: [(i64, &str, Option<&str>, i64, &str); 3] = [
    (901, "ヌマブクロ ハナコ", None, 901, "試験町一丁目1-1"),
    (902, "ヌマブクロ タロウ", None, 901, "試験町一丁目1-1"),
    (903, "ヌエバ マリア", Some("NUEVA MARIA"), 903, "試験町二丁目2-2"),
];

async fn settle(hall: &CityHall) {
    let learnt = Date::new(2026, 6, 1);
    let about = |person, kind, from, until, household, values| Assertion {
        person: PersonId(person),
        kind,
        item: 0,
        from,
        until,
        household,
        values: Some(values),
        source: "住民基本台帳".into(),
    };
    for (person, kana, latin, household, address) in PEOPLE {
        let birth = Date::new(1980, 5, 17).packed();
        let facts = [
            about(person, Kind::Persons, Date::MIN, Date::MAX, None, vec![birth, birth]),
            about(person, Kind::Membership, Date::new(2000, 1, 1), Date::MAX, Some(HouseholdId(household)), vec![i64::from(person != 902)]),
            about(person, Kind::Incomes, Date::new(2024, 1, 1), Date::new(2025, 1, 1), None, incomes(1_000_000)),
        ];
        hall.store.assert_facts(hall.municipality, learnt, &facts, &hall.stamp()).await.unwrap();
        let name =
            Name {
                person: PersonId(person), name: format!("名{person}"), kana: kana.into(), latin: latin.map(str::to_owned), alias: None
            };
        hall.store.save_names(hall.municipality, learnt, &[name], &hall.stamp()).await.unwrap();
        let address = Address { person: PersonId(person), address: address.into(), postcode: Some("070-0000".into()) };
        hall.store.save_addresses(hall.municipality, learnt, &[address], &hall.stamp()).await.unwrap();
    }
    let corrected = [about(901, Kind::Incomes, Date::new(2024, 1, 1), Date::new(2025, 1, 1), None, incomes(2_000_000))];
    hall.store.assert_facts(hall.municipality, Date::new(2026, 7, 1), &corrected, &hall.stamp()).await.unwrap();
}

/// A known income of so much business and nothing else.
fn incomes(other: i64) -> Vec<i64> {
    let value = |name: &str| match name {
        "state" => 0,
        "other_yen" => other,
        _ => ABSENT,
    };
    Kind::Incomes.fields().iter().map(|field| value(field.name)).collect()
}

async fn found(client: &Client, search: Value) -> Vec<i64> {
    let answer = client.post("/people/search", &search).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    answer.json()["items"].as_array().unwrap().iter().map(|row| row["person"].as_i64().unwrap()).collect()
}

/// Prepares an act and makes it with the client's own key: what became of it.
async fn made(hall: &CityHall, client: &Client, path: &str, body: &Value) -> (String, Value) {
    let prepared = client.post(path, body).await;
    assert_eq!(prepared.status, StatusCode::CREATED, "{}", prepared.text());
    let act = prepared.json()["act"].as_str().unwrap().to_owned();
    let made = client.post("/acts", &json!({ "act": act, "signature": hall.signature(&client.account, "make", &act) })).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    (act, made.json())
}

async fn signed(hall: &CityHall, client: &Client, act: &str, verdict: &str) -> Answer {
    let body = json!({ "verdict": verdict, "signature": hall.signature(&client.account, verdict, act) });
    client.post(&format!("/acts/{act}/signatures"), &body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_found_by_reading_birth_date_and_numbers_page_by_page() {
    for database in [Database::Sqlite, Database::Postgres] {
        let hall = CityHall::new(database, 3).await;
        settle(&hall).await;
        let service = hall.serve().await;
        let clerk = hall.client(&service, "qualification").await;
        for kana in ["ヌマブクロ", "ﾇﾏﾌﾞｸﾛ", "ぬまぶくろ", "ぬまﾌﾞクロ"] {
            assert_eq!(found(&clerk, json!({ "kana": kana })).await, [901, 902], "{kana}");
        }
        assert_eq!(found(&clerk, json!({ "kana": "ﾇﾏﾌﾞｸﾛ　はなこ" })).await, [901]);
        assert_eq!(found(&clerk, json!({ "kana": "nueva m" })).await, [903]);
        assert_eq!(found(&clerk, json!({ "person": 902 })).await, [902]);
        assert_eq!(found(&clerk, json!({ "household": 901 })).await, [901, 902]);
        assert!(found(&clerk, json!({ "birth": "1980-05-17" })).await.ends_with(&[901, 902, 903]));
        assert_eq!(found(&clerk, json!({ "person": 999_999 })).await, [0_i64; 0]);
        for wrong in [json!({}), json!({ "person": 1, "birth": "1980-05-17" }), json!({ "kana": "山田" }), json!({ "birth": "1980-02-30" })]
        {
            let refused = clerk.post("/people/search", &wrong).await;
            assert_eq!(refused.code(), "invalid", "{}", refused.text());
            assert!(!refused.text().contains("山田") && !refused.text().contains("02-30"), "{}", refused.text());
        }
        let (mut after, mut pages) = (Value::Null, Vec::new());
        loop {
            let page = clerk.post("/people/search", &json!({ "kana": "ヌ", "limit": 1, "after": after })).await.json();
            pages.push(page["items"].as_array().unwrap().iter().map(|row| row["person"].as_i64().unwrap()).collect::<Vec<_>>());
            after = page["next"].clone();
            if after.is_null() {
                break;
            }
        }
        assert_eq!(pages, [[901], [902], [903]]);
        let person = clerk.get("/people/903").await.json();
        assert_eq!((&person["latin"], &person["birth"]), (&json!("NUEVA MARIA"), &json!("1980-05-17")));
        assert_eq!((&person["address"], &person["masked"]), (&json!("〒070-0000 試験町二丁目2-2"), &json!(false)));
        assert_eq!(clerk.get("/people/999999").await.code(), "not-found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn facts_stand_on_two_axes_and_incomes_are_another_departments() {
    let hall = CityHall::new(Database::Sqlite, 2).await;
    settle(&hall).await;
    let service = hall.serve().await;
    let assessment = hall.client(&service, "assessment").await;
    let known = async |query: &str| {
        let answer = assessment.get(&format!("/people/901/facts?kind=incomes{query}")).await.json();
        let items = answer["items"].as_array().unwrap_or_else(|| panic!("{answer}")).clone();
        let told = |item: &Value| (item["values"]["other_yen"].as_i64().unwrap(), item["holds"].as_bool().unwrap());
        (answer["knowledge"].as_i64().unwrap(), items.iter().map(told).collect::<Vec<_>>())
    };
    let (latest, now) = known("").await;
    assert_eq!(now, [(1_000_000, false), (2_000_000, true)]);
    let (then, before) = known("&known_on=2026-06-15").await;
    assert_eq!(before, [(1_000_000, true)]);
    assert!(then < latest);
    assert_eq!(known(&format!("&knowledge={then}")).await, (then, before));
    assert_eq!(assessment.get("/people/901/facts?known_on=2026-05-31").await.code(), "not-found");
    assert_eq!(assessment.get("/people/901/facts?known_on=2026-06-15&knowledge=1").await.code(), "invalid");
    assert_eq!(assessment.get("/people/901/facts?kind=salary").await.code(), "invalid");
    // Qualification sees the person without incomes, and is told what it does not see.
    let desk = hall.client(&service, "qualification").await;
    let facts = desk.get("/people/901/facts").await.json();
    let kinds: Vec<&str> = facts["items"].as_array().unwrap().iter().map(|item| item["kind"].as_str().unwrap()).collect();
    assert_eq!(
        (kinds, &facts["withheld"]),
        (
            vec!["persons", "membership"],
            &json!(["incomes", "property", "pensions", "applications", "resident_taxes", "specified_diseases", "public_aid"])
        )
    );
    // Receipts and collection see no facts at all; each refusal stands in the chain.
    let (before, _) = hall.store.audit_head(hall.municipality).await.unwrap();
    assert_eq!(desk.get("/people/901/facts?kind=incomes").await.code(), "forbidden");
    for role in ["collection", "receipts"] {
        let other = hall.client(&service, role).await;
        assert_eq!(other.get("/people/901/facts?kind=incomes").await.code(), "forbidden");
        let pretending = other.request(Method::GET, "/people/901/facts?kind=incomes").headers(purpose("assessment"));
        assert_eq!(Answer::of(pretending).await.code(), "forbidden");
    }
    let entries = hall.store.audit_entries(hall.municipality, before, 100).await.unwrap();
    let told: Vec<String> = entries.into_iter().filter(|kept| kept.entry.kind == "lookup").map(|kept| kept.entry.subject).collect();
    assert_eq!(told.len(), 5, "{told:#?}");
    assert!(told[0].starts_with("people.incomes for ") && told[1..].iter().all(|told| told.starts_with("people.facts for ")), "{told:#?}");
    assert!(told.iter().all(|told| told.ends_with(", person 901, refused: forbidden")), "{told:#?}");
}

/// Another affair than the client states by itself.
fn purpose(affair: &str) -> reqwest::header::HeaderMap {
    [("jorei-affair", affair)].into_iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_protected_person_is_masked_at_once_and_every_look_raises_an_alarm() {
    for database in [Database::Sqlite, Database::Postgres] {
        let hall = CityHall::new(database, 2).await;
        settle(&hall).await;
        let service = hall.serve().await;
        let (desk, other) = (hall.client(&service, "qualification").await, hall.client(&service, "qualification-2").await);
        let (clerk, auditor) = (hall.client(&service, "assessment").await, hall.client(&service, "auditor").await);
        let days = json!({ "from": "2020-01-01", "until": "2120-01-01", "reason": "申出による" });
        let (act, state) = made(&hall, &desk, "/people/901/protection", &days).await;
        assert_eq!((&state["in_effect"], &state["missing"]), (&json!(true), &json!(1)), "an emergency");
        // Nobody else sees that there is such an act.
        let rules = hall.client(&service, "rules").await;
        assert_eq!(rules.get(&format!("/acts/{act}")).await.code(), "not-found");
        assert_eq!(signed(&hall, &rules, &act, "reject").await.code(), "not-found");
        assert!(!rules.get("/acts").await.text().contains(&act) && desk.get("/acts").await.text().contains(&act));

        let address = "試験町一丁目";
        let (before, _) = hall.store.audit_head(hall.municipality).await.unwrap();
        let alarms =
            async || auditor.get(&format!("/audit/alarms?after={before}&limit=500")).await.json()["items"].as_array().unwrap().clone();
        // Both members, whoever of them is asked for, in every view and for every department.
        for client in [&desk, &clerk] {
            for person in [901, 902] {
                let shown = client.get(&format!("/people/{person}")).await;
                assert!(!shown.text().contains(address), "{}", shown.text());
                let shown = shown.json();
                assert_eq!((&shown["masked"], &shown["address"], &shown["protected"]), (&json!(true), &json!(null), &json!(person == 901)));
                assert!(shown["members"].as_array().unwrap().iter().all(|member| member["masked"] == true), "{shown:#}");
            }
            let household = client.get("/households/901").await;
            let search = client.post("/people/search", &json!({ "kana": "ヌ" })).await;
            assert!(!household.text().contains(address) && !search.text().contains(address));
            let masked: Vec<bool> = search.json()["items"].as_array().unwrap().iter().map(|row| row["masked"] == true).collect();
            assert_eq!(masked, [true, true, false]);
        }
        // Two persons, a household and a search, by two clerks.
        let raised = alarms().await;
        assert_eq!(raised.len(), 8, "{raised:#?}");
        assert!(raised.iter().all(|alarm| alarm["persons"] == json!([901]) && alarm["refused"] == false));
        // The address itself is for qualification only, and each try is an alarm.
        let refused = clerk.get("/people/901?unmask=true").await;
        assert_eq!(refused.code(), "forbidden");
        assert!(!refused.text().contains(address));
        let bare = desk.get("/people/901?unmask=true").await.json();
        assert_eq!((&bare["address"], &bare["masked"]), (&json!("〒070-0000 試験町一丁目1-1"), &json!(false)));
        let raised = alarms().await;
        assert_eq!((raised[8]["by"].clone(), raised[8]["refused"].clone()), (json!("assessment"), json!(true)));
        assert_eq!((raised[9]["by"].clone(), raised[9]["refused"].clone()), (json!("qualification"), json!(false)));
        assert_eq!(raised.len(), 10);
        // Who saw the address can be told from who saw the mask.
        let what: Vec<&str> = raised.iter().map(|alarm| alarm["what"].as_str().unwrap().split(' ').next().unwrap()).collect();
        assert!(what[8..] == ["people.unmask", "people.unmask"] && !what[..8].contains(&"people.unmask"), "{what:?}");
        // Its end needs the second person.
        assert_eq!(signed(&hall, &other, &act, "approve").await.status, StatusCode::CREATED);
        let (end, state) = made(&hall, &desk, "/people/901/protection/end", &json!({ "on": "2020-01-02", "reason": "取下げ" })).await;
        assert_eq!(state["in_effect"], false);
        assert_eq!(desk.get("/people/901").await.json()["masked"], true);
        assert_eq!(signed(&hall, &desk, &end, "approve").await.code(), "own-act");
        assert_eq!(signed(&hall, &other, &end, "approve").await.json()["in_effect"], true);
        assert_eq!(desk.get("/people/901").await.json()["masked"], false);
    }
}

/// Eleven digits with the check digit that fits.
fn number(eleven: &str) -> String {
    (0..10).map(|digit| format!("{eleven}{digit}")).find(|number| PersonalNumber::parse(number).is_ok()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_personal_number_is_entered_by_two_who_both_type_it() {
    let hall = CityHall::new(Database::Sqlite, 2).await;
    settle(&hall).await;
    let service = hall.serve().await;
    let (desk, other) = (hall.client(&service, "qualification").await, hall.client(&service, "qualification-2").await);
    // With a zero in front, which a number would lose.
    let (right, wrong) = (number("01234567890"), number("12345678901"));
    let enter = json!({ "number": right, "reason": "本人確認書類による" });
    let told = desk.post("/people/901/number", &json!({ "number": right, "reason": format!("書類 {right}") })).await;
    assert_eq!(told.code(), "invalid");
    assert!(!told.text().contains(&right));
    let mistyped = format!("{}{}", &right[..11], (right.as_bytes()[11] - b'0' + 1) % 10);
    let told = desk.post("/people/901/number", &json!({ "number": mistyped, "reason": "x" })).await;
    assert_eq!(told.code(), "invalid");
    assert!(!told.text().contains(&mistyped[..6]));
    let (act, state) = made(&hall, &desk, "/people/901/number", &enter).await;
    assert_eq!(state["in_effect"], false);
    // A signature alone is not enough, neither here nor on the command line.
    assert_eq!(signed(&hall, &other, &act, "approve").await.code(), "not-allowed-now");
    let approve = |with: &str| {
        let mut jorei = built::jorei();
        jorei
            .args(["approve", &act, with, "--key", "no-such.key"])
            .env("JOREI_MUNICIPALITY", "012041")
            .env("JOREI_DATABASE", &hall.database);
        let output = jorei.output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(approve("--sign").contains("typing the number again"), "{}", approve("--sign"));
    // Rejecting asks for nothing but the key.
    assert!(approve("--reject").contains("no-such.key"), "{}", approve("--reject"));
    let confirm = |client: &Client, number: &str| {
        let signature = hall.signature(&client.account, "approve", &act);
        (client.clone(), json!({ "act": act, "number": number, "signature": signature }))
    };
    let confirmed =
        async |(client, body): (Client, Value), person: i64| client.post(&format!("/people/{person}/number/confirmations"), &body).await;
    assert_eq!(confirmed(confirm(&other, &wrong), 901).await.code(), "number-differs");
    assert_eq!(confirmed(confirm(&other, &right), 902).await.code(), "not-found");
    assert_eq!(confirmed(confirm(&desk, &right), 901).await.code(), "own-act");
    assert_eq!(desk.get("/people/901/number").await.code(), "not-found");
    // As the second person reads it: full width, with hyphens.
    let wide: String = right.chars().map(|c| char::from_u32(u32::from(c) - u32::from('0') + u32::from('０')).unwrap()).collect();
    let spaced = format!("{}-{}-{}", &right[..4], &right[4..8], &right[8..]);
    let done = confirmed(confirm(&other, &wide), 901).await;
    assert_eq!((done.status, &done.json()["in_effect"]), (StatusCode::CREATED, &json!(true)), "{}", done.text());
    assert_eq!(other.get("/people/901/number").await.json(), json!({ "person": 901, "number": right }));
    assert_eq!(found(&desk, json!({ "number": spaced })).await, [901]);
    assert_eq!(found(&desk, json!({ "number": wrong })).await, [0_i64; 0]);
    assert_eq!(desk.post("/people/902/number", &enter).await.code(), "not-allowed-now", "it is in use for another");
    assert_eq!(hall.client(&service, "assessment").await.post("/people/search", &json!({ "number": right })).await.code(), "forbidden");
    // Nothing of it lies in the records, their journal, or the log; what does is found.
    let mut bytes = Vec::new();
    for file in std::fs::read_dir(hall.folder()).unwrap() {
        bytes.extend(std::fs::read(file.unwrap().path()).unwrap());
    }
    let holds = |needle: &str| bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
    assert!(holds("ヌマブクロハナコ") && holds("本人確認書類による") && holds("serving"));
    for form in [right.as_str(), right.trim_start_matches('0'), &wide, &spaced, &wrong, &mistyped] {
        assert!(!holds(form), "{form}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_sees_no_person_and_its_own_rules_alone() {
    let hall = CityHall::new(Database::Sqlite, 2).await;
    let service = hall.serve().await;
    let (operator, rules) = (hall.client(&service, "operator").await, hall.client(&service, "rules").await);
    let theirs = key();
    let listed = |name: &str| premium_manifest().lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    let written = format!(
        "[[vendor]]\nname = \"second\"\nneeded = 1\nkeys = [\"{}\"]\n[[grant]]\nvendor = \"second\"\nrule = \"premium\"\n{}\n{}\n",
        theirs.public,
        listed("records"),
        listed("capabilities")
    );
    let (act, _) = made(&hall, &operator, "/settings/prepared", &json!({ "written": written, "reason": "新しいベンダー" })).await;
    assert_eq!(signed(&hall, &rules, &act, "approve").await.json()["in_effect"], true);
    let manifest = Manifest::from_toml(&premium_manifest().replace("vendor = \"jorei\"", "vendor = \"second\"")).unwrap();
    let component = attach(&std::fs::read(built::rule("premium")).unwrap(), &manifest, None).unwrap();
    let package = seal(&component, &SecretKey::parse(theirs.secret_file_text(), None).unwrap());
    let hand_in = async |client: &Client| {
        let request = client.request(Method::POST, "/rules").header("Idempotency-Key", unique("key"));
        Answer::of(request.header("Content-Type", "application/octet-stream").body(package.clone())).await
    };
    let vendor = hall.client(&service, "vendor").await;
    assert_eq!(hand_in(&vendor).await.code(), "package-refused", "another vendor's keys do not count");
    let admitted = hand_in(&rules).await;
    assert_eq!(admitted.status, StatusCode::CREATED, "{}", admitted.text());
    let rule = admitted.json()["rule"].as_str().unwrap().to_owned();
    let made = rules.post("/revisions", &json!({ "rule": rule, "ordinance": rules.get("/ordinances").await.json()["items"][0] })).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    // Theirs are there for the office and not for the other vendor.
    assert_eq!(rules.get(&format!("/rules/{rule}")).await.status, StatusCode::OK);
    assert_eq!(vendor.get(&format!("/rules/{rule}")).await.code(), "not-found");
    let vendors = async |client: &Client, path: &str, place: &str| {
        let items = client.get(path).await.json()["items"].as_array().unwrap().clone();
        // A package whose signature did not count is nobody's.
        let mut all: Vec<String> = items.iter().filter_map(|item| Some(item.pointer(place)?.as_str()?.to_owned())).collect();
        all.sort();
        all.dedup();
        all
    };
    for (path, place) in [("/rules", "/manifest/vendor"), ("/revisions", "/vendor")] {
        assert_eq!(vendors(&rules, path, place).await, ["jorei", "second"]);
        assert_eq!(vendors(&vendor, path, place).await, ["jorei"]);
    }
    // Persons, households, decisions: under no affair.
    for path in ["/people/1", "/people/1/facts", "/people/1/number", "/households/1", "/households/1/decisions?year=2025"] {
        for affair in ["qualification", "assessment", "collection", "benefits", "online-qualification"] {
            let answer = Answer::of(vendor.request(Method::GET, path).headers(purpose(affair))).await;
            assert_eq!(answer.code(), "forbidden", "{path} {affair}");
        }
    }
}
