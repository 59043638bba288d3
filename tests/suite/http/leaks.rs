//! Names, readings, addresses and personal numbers stand where they belong and nowhere else: not in a log, a metric, a
//! trace, an error, the chain, a job, a kept answer or what a rule was given, in none of the ways people write them.

use jorei_service::demo_city::DemoCity;
use jorei_service::personal_numbers::PersonalNumber;
use jorei_store::addresses::Address;
use jorei_store::names::Name;
use jorei_tests::city_hall::{Answer, CityHall, Client, Database, YEAR, base64};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::Row as _;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Tables that are there to hold them.
const RECORDS: [&str; 4] = ["person_name", "person_address", "person_contact", "fact"];

/// Katakana, each followed by its half-width form.
const HALF: &str = "アｱイｲウｳエｴオｵカｶキｷクｸケｹコｺサｻシｼスｽセｾソｿタﾀチﾁツﾂテﾃトﾄナﾅニﾆヌﾇネﾈノﾉハﾊヒﾋフﾌヘﾍホﾎマﾏミﾐムﾑメﾒモﾓヤﾔユﾕヨﾖラﾗリﾘルﾙレﾚロﾛワﾜヲｦンﾝャｬュｭョｮッｯァｧィｨゥｩェｪォｫーｰ";
/// Voiced katakana, each followed by the one without its mark.
const VOICED: &str = "ガカギキグクゲケゴコザサジシズスゼセゾソダタヂチヅツデテドトバハビヒブフベヘボホヴウ";
const HALF_VOICED: &str = "パハピヒプフペヘポホ";

/// What must not be found, with what it is.
pub(crate) struct Needles(pub(crate) Vec<(&'static str, String)>);

impl Needles {
    pub(crate) fn add(&mut self, what: &'static str, text: &str) {
        if text.chars().count() >= 3 {
            self.0.push((what, text.to_owned()));
        }
    }

    /// With the space of the records, with a wide one, and without.
    pub(crate) fn add_spaced(&mut self, what: &'static str, text: &str) {
        for space in [" ", "　", ""] {
            self.add(what, &text.replace([' ', '　'], space));
        }
    }

    pub(crate) fn add_name(&mut self, name: &Name) {
        self.add_spaced("name", &name.name);
        self.add_spaced("kana", &name.kana);
        self.add_spaced("hiragana", &hiragana(&name.kana));
        self.add_spaced("half-width kana", &half_width(&name.kana));
        if let Some(latin) = &name.latin {
            self.add_spaced("latin", latin);
            self.add_spaced("latin", &latin.to_lowercase());
        }
    }

    pub(crate) fn add_address(&mut self, address: &Address) {
        self.add("address", &address.address);
        if let Some(postcode) = &address.postcode {
            let digits: String = postcode.chars().filter(char::is_ascii_digit).collect();
            self.add("postcode", &format!("{}-{}", &digits[..3], &digits[3..]));
        }
    }

    fn add_number(&mut self, digits: &str) {
        let [a, b, c] = [&digits[..4], &digits[4..8], &digits[8..]];
        let wide: String = digits.chars().filter_map(|digit| char::from_u32(u32::from(digit) - u32::from('0') + u32::from('０'))).collect();
        for form in [digits, digits.trim_start_matches('0'), &wide, &format!("{a}-{b}-{c}"), &format!("{a} {b} {c}")] {
            self.add("personal number", form);
        }
    }

    /// What is found in these bytes, each kind once.
    pub(crate) fn found(&self, bytes: &[u8]) -> Vec<&'static str> {
        // Escapes of JSON and of addresses are other ways to write the same.
        let text = String::from_utf8_lossy(bytes);
        let unescaped = if text.contains('%') { unescape(&text) } else { String::new() };
        let holds = |needle: &str| text.contains(needle) || unescaped.contains(needle);
        let mut found: Vec<_> = self.0.iter().filter(|(_, needle)| holds(needle)).map(|(what, _)| *what).collect();
        found.dedup();
        found
    }
}

fn mapped(pairs: &str, letter: char) -> Option<char> {
    let pairs: Vec<char> = pairs.chars().collect();
    pairs.chunks_exact(2).find(|pair| pair[0] == letter).map(|pair| pair[1])
}

pub(crate) fn half_width(kana: &str) -> String {
    let mut text = String::new();
    for letter in kana.chars() {
        let (plain, mark) = match (mapped(VOICED, letter), mapped(HALF_VOICED, letter)) {
            (Some(plain), _) => (plain, "ﾞ"),
            (None, Some(plain)) => (plain, "ﾟ"),
            (None, None) => (letter, ""),
        };
        text.push(mapped(HALF, plain).unwrap_or(plain));
        text.push_str(mark);
    }
    text
}

fn hiragana(kana: &str) -> String {
    kana.chars()
        .map(|letter| if ('ァ'..='ヶ').contains(&letter) { char::from_u32(u32::from(letter) - 0x60).unwrap() } else { letter })
        .collect()
}

/// Takes `%E3%81…` for what it stands for.
fn unescape(text: &str) -> String {
    let (bytes, mut out, mut at) = (text.as_bytes(), Vec::new(), 0);
    while at < bytes.len() {
        let hex = (bytes[at] == b'%').then(|| bytes.get(at + 1..at + 3)).flatten().and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => (out.push(byte), at += 3).1,
            None => (out.push(bytes[at]), at += 1).1,
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Eleven digits with the check digit that fits.
fn number(eleven: &str) -> String {
    (0..10).map(|digit| format!("{eleven}{digit}")).find(|number| PersonalNumber::parse(number).is_ok()).unwrap()
}

/// A collector of traces that keeps what it is sent.
async fn collector() -> (String, Arc<Mutex<Vec<u8>>>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    let sent: Arc<Mutex<Vec<u8>>> = Arc::default();
    let kept = Arc::clone(&sent);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let kept = Arc::clone(&kept);
            tokio::spawn(async move {
                let (mut all, mut piece) = (Vec::new(), [0; 4_096]);
                while !is_whole(&all) {
                    match stream.read(&mut piece).await {
                        Ok(read) if read > 0 => all.extend_from_slice(&piece[..read]),
                        _ => break,
                    }
                }
                kept.lock().unwrap().extend_from_slice(&all);
                // The exporter may have gone; what it sent is kept.
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
            });
        }
    });
    (address, sent)
}

fn is_whole(all: &[u8]) -> bool {
    let Some(head) = all.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4) else { return false };
    let text = String::from_utf8_lossy(&all[..head]).to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse::<usize>().ok());
    length.is_some_and(|length| all.len() >= head + length)
}

/// Everything in the database but the records themselves: each value as bytes, with its table and column.
pub(crate) async fn everything_else(database: &str) -> Vec<(String, Vec<u8>)> {
    sqlx::any::install_default_drivers();
    let pool = sqlx::AnyPool::connect(database).await.unwrap();
    let columns = "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'";
    let mut all = Vec::new();
    for row in sqlx::query(columns).fetch_all(&pool).await.unwrap() {
        let (table, column): (String, String) = (row.get(0), row.get(1));
        if RECORDS.contains(&table.as_str()) || table.starts_with("_sqlx") {
            continue;
        }
        let values = format!("SELECT CAST(\"{column}\" AS BLOB) FROM \"{table}\" WHERE \"{column}\" IS NOT NULL");
        for row in sqlx::query(sqlx::AssertSqlSafe(values)).fetch_all(&pool).await.unwrap() {
            all.push((format!("{table}.{column}"), row.get(0)));
        }
    }
    pool.close().await;
    all
}

/// What people send by mistake: in addresses, headers and bodies of every route. None of it may be answered with more
/// than a problem.
async fn send_nonsense(client: &Client, text: &str, errors: &mut Vec<(String, Answer)>) {
    let document: Value = client.get("/v1/openapi.json").await.json();
    let query = url_text(text);
    for (path, item) in document["paths"].as_object().unwrap() {
        let ends_session = path.ends_with("/sessions/current");
        let filled: String = path
            .split('/')
            .map(|part| match part {
                "{municipality}" => "012041".to_owned(),
                part if part.starts_with('{') => query.clone(),
                part => part.to_owned(),
            })
            .collect::<Vec<_>>()
            .join("/");
        for method in item.as_object().unwrap().keys().filter(|method| !(ends_session && *method == "delete")) {
            let method: Method = method.to_uppercase().parse().unwrap();
            let has_body = matches!(method, Method::POST | Method::PUT);
            for body in [json!(text), json!({ text: text }), sensible(path, text)] {
                let mut request = client.request(method.clone(), &format!("{filled}?{query}={query}&year={query}&kind={query}"));
                if has_body {
                    request =
                        request.header("Idempotency-Key", jorei_tests::city_hall::unique("leak")).header("If-None-Match", "*").json(&body);
                }
                let answer = Answer::of(request).await;
                errors.push((format!("{method} {path}"), answer));
                if !has_body {
                    break;
                }
            }
        }
        // Persons and households that are there, asked about in the wrong words.
        let there = path.replace("{municipality}", "012041").replace("{person}", "1").replace("{household}", "1");
        if !there.contains('{') && item.get("post").is_some() {
            let request = client.request(Method::POST, &there).header("Idempotency-Key", jorei_tests::city_hall::unique("leak"));
            errors.push((format!("POST {there}"), Answer::of(request.json(&sensible(path, text))).await));
        }
    }
    for (name, value) in [("Jorei-Case", text), ("Jorei-Affair", text), ("Idempotency-Key", text), ("Authorization", text)] {
        let request = client.request(Method::POST, "/people/search").header(name, value.as_bytes());
        errors.push((format!("header {name}"), Answer::of(request.json(&json!({ "kana": 1 }))).await));
    }
}

/// A body with the members of a route, and what does not belong there in each.
fn sensible(path: &str, text: &str) -> Value {
    match path.rsplit('/').next().unwrap() {
        "search" => json!({ "birth": text }),
        "number" => json!({ "number": text, "reason": "届出" }),
        "confirmations" => json!({ "act": text, "number": text, "signature": text }),
        "protection" => json!({ "from": text, "until": text, "reason": "申出" }),
        "end" => json!({ "on": text, "reason": "申出" }),
        "facts" => json!({ "kind": "applications", "columns": { "on": text, "fiscal_year": YEAR, text: text }, "source": "届出" }),
        "reassessments" | "instalments" => json!({ "year": YEAR, "on": text }),
        "settlements" => json!({ "household": 1, "year": YEAR, "slot": "premium", "way": "kept_as_is", "reason": text }),
        "imports" => {
            let lines = base64(&format!("宛名番号,氏名,氏名カナ\n{text},{text},{text}\n"));
            json!({ "files": [{ "name": text, "form": "names", "content_base64": lines }], "dry_run": true })
        }
        "withdrawal" => json!({ "reason": [text] }),
        "decisions" | "assessments" => json!({ "year": text }),
        "trials" => json!({ "year": YEAR, "changes": [{ "person": 1, "incomes": { "year": 2024, "state": text, text: text } }] }),
        "sessions" => json!({ "account": text, "challenge": text, "signature": text }),
        "revisions" => json!({ "rule": text, "ordinance": text }),
        "shadow-reports" => json!({ "revision": text, "year": YEAR }),
        "acts" => json!({ "act": text, "signature": text }),
        "signatures" => json!({ "verdict": text, "signature": text }),
        "prepared" => json!({ "kind": text, "written": text, "reason": text }),
        _ => json!({ "written": [text], "rule": text }),
    }
}

fn url_text(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// Enters a personal number for a person, by two people.
async fn enter(hall: &CityHall, maker: &Client, checker: &Client, person: i64, number: &str) {
    let path = format!("/people/{person}/number");
    let prepared = maker.post(&path, &json!({ "number": number, "reason": "本人確認書類による" })).await;
    assert_eq!(prepared.status, StatusCode::CREATED, "{}", prepared.text());
    let act = prepared.json()["act"].as_str().unwrap().to_owned();
    let made = maker.post("/acts", &json!({ "act": act, "signature": hall.signature(&maker.account, "make", &act) })).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let typed = json!({ "act": act, "number": number, "signature": hall.signature(&checker.account, "approve", &act) });
    let confirmed = checker.post(&format!("{path}/confirmations"), &typed).await;
    assert_eq!(confirmed.json()["in_effect"], true, "{}", confirmed.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_name_reading_address_or_number_stands_where_it_does_not_belong() {
    let households = 20;
    let (mut needles, mut one) = (Needles(Vec::new()), None);
    for bundle in (DemoCity { seed: 1, households }).bundles() {
        bundle.names.iter().for_each(|name| needles.add_name(name));
        bundle.addresses.iter().for_each(|address| needles.add_address(address));
        one = one.or(bundle.names.first().cloned().zip(bundle.addresses.first().cloned()));
    }
    let (name, address) = one.unwrap();
    needles.add("name", "北野 星子");
    needles.add("address", "旭川市架空町77番地の5");
    // One with a leading zero, which a number would lose.
    let numbers = [number("12345678901"), number("01234567890")];
    numbers.iter().for_each(|number| needles.add_number(number));

    let (collector, traces) = collector().await;
    let hall = CityHall::new(Database::Sqlite, households).await;
    let service = hall.serve_with(&format!("[telemetry]\nlog = \"debug\"\notlp = \"{collector}\"")).await;
    let mut clients = Vec::new();
    for role in ["qualification", "qualification-2", "assessment", "rules", "operator", "auditor"] {
        clients.push(hall.client(&service, role).await);
    }
    let [clerk, second, assessor, _, _, auditor] = clients.as_slice() else { panic!("clients") };

    // Good requests; the answers that are for names hold them, which shows that the search finds what is there.
    let shown = clerk.get(&format!("/people/{}", name.person.0)).await;
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.text());
    assert!(["name", "kana", "address"].iter().all(|what| needles.found(&shown.body).contains(what)), "{:?}", needles.found(&shown.body));
    enter(&hall, clerk, second, 1, &numbers[0]).await;
    let read = clerk.get("/people/1/number").await;
    assert!(needles.found(&read.body).contains(&"personal number"), "{}", read.text());
    for searched in [json!({ "kana": name.kana }), json!({ "kana": half_width(&name.kana) }), json!({ "number": numbers[0] })] {
        let found = clerk.post("/people/search", &searched).await;
        assert_eq!(found.json()["items"][0]["person"], 1, "{searched} {}", found.text());
    }
    // Whoever receives for somebody stands in the records of contacts, and is shown where a notice is addressed.
    let lines = "宛名番号,連絡先の区分,氏名,住所,開始日\n1,送付先,北野 星子,旭川市架空町77番地の5,2026-04-01\n";
    let contacts = json!({ "files": [{ "name": "北野 星子.csv", "form": "contacts", "content_base64": base64(lines) }] });
    let mut quiet = vec![("import", clerk.post("/imports", &contacts).await)];
    assert_eq!(quiet[0].1.status, StatusCode::CREATED, "{}", quiet[0].1.text());
    let to = clerk.get("/households/1/addressee?on=2026-05-01").await;
    assert!(["name", "address"].iter().all(|what| needles.found(&to.body).contains(what)), "{}", to.text());
    for household in 1..=i64::from(households) {
        quiet.push(("decision", assessor.post(&format!("/households/{household}/decisions"), &json!({ "year": YEAR })).await));
    }
    let id = quiet[1].1.json()["decision"].as_str().unwrap().to_owned();
    for path in
        [format!("/decisions/{id}"), format!("/decisions/{id}/replay"), format!("/queue?year={YEAR}"), format!("/summary?year={YEAR}")]
    {
        quiet.push(("of the decision", assessor.get(&path).await));
    }
    for path in ["/households/1/year", "/households/1/exemption", "/households/1/instalments", "/queue/groups"] {
        quiet.push(("of the year", assessor.get(&format!("{path}?year={YEAR}")).await));
    }
    let verification = auditor.post("/audit/verifications", &json!({})).await.json();
    let events = auditor.get(&format!("/jobs/{}/events", verification["job"].as_str().unwrap())).await;
    assert!(events.text().contains("\"holds\":true"), "{}", events.text());
    for path in ["/audit?limit=500", "/audit/alarms", "/jobs", "/settings", "/acts"] {
        quiet.push(("of the office", auditor.get(path).await));
    }

    // Bad requests of every kind, with everything that could be repeated.
    let wide: String = numbers[0].chars().map(|digit| char::from_u32(u32::from(digit) - 0x30 + 0xff10).unwrap()).collect();
    let hyphened = format!("{}-{}-{}", &numbers[1][..4], &numbers[1][4..8], &numbers[1][8..]);
    let mut errors = Vec::new();
    for text in [&name.name, &name.kana, &half_width(&name.kana), &hiragana(&name.kana), &address.address, &numbers[1], &wide, &hyphened] {
        // The second clerk may do what the first may.
        for client in clients.iter().filter(|client| client.account != "qualification-2") {
            send_nonsense(client, text, &mut errors).await;
        }
    }
    let refused = errors.iter().filter(|(_, answer)| answer.status.is_client_error()).count();
    assert!(refused > 1_000, "too few were refused: {refused} of {}", errors.len());
    let mut leaks: Vec<String> = Vec::new();
    for (asked, answer) in errors.iter().filter(|(_, answer)| !answer.status.is_success()) {
        assert!(!answer.status.is_server_error(), "{asked}: {}", answer.text());
        for what in needles.found(&answer.body) {
            leaks.push(format!("{what} in the answer to {asked}: {}", answer.text()));
        }
        for (header, value) in &answer.headers {
            leaks.extend(needles.found(value.as_bytes()).iter().map(|what| format!("{what} in the header {header} of {asked}")));
        }
    }
    for (asked, answer) in &quiet {
        leaks.extend(needles.found(&answer.body).iter().map(|what| format!("{what} in an answer {asked}")));
    }
    let metrics = service.metrics().await;
    assert!(metrics.contains("jorei_decisions_total"));
    leaks.extend(needles.found(metrics.as_bytes()).iter().map(|what| format!("{what} in the metrics")));

    let log_file = hall.folder().join("service.log");
    assert!(service.end("TERM").await.success());
    let log = std::fs::read_to_string(log_file).unwrap();
    assert!(log.lines().count() > errors.len() && log.contains("/people/{person}"), "a line for each request");
    leaks.extend(log.lines().filter(|line| !needles.found(line.as_bytes()).is_empty()).map(|line| format!("the log: {line}")));
    let traces = traces.lock().unwrap().clone();
    assert!(traces.windows(16).any(|window| window == b"/people/{person}"), "spans were sent");
    leaks.extend(needles.found(&traces).iter().map(|what| format!("{what} in the traces")));
    let rows = everything_else(&hall.database).await;
    for table in ["audit.subject", "job.request", "request_answer.body", "decision."] {
        assert!(rows.iter().any(|(at, _)| at.starts_with(table)), "nothing of {table} was looked at");
    }
    leaks.extend(rows.iter().flat_map(|(at, value)| needles.found(value).into_iter().map(move |what| format!("{what} in {at}"))));
    leaks.sort();
    leaks.dedup();
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks.iter().take(40).cloned().collect::<Vec<_>>().join("\n"));
}

#[test]
fn the_search_finds_what_is_planted() {
    let name = Name {
        person: jorei_domain::id::PersonId(1),
        name: "山田 花子".into(),
        kana: "ヤマダ バナコ".into(),
        latin: Some("Yamada Hanako".into()),
        alias: None,
    };
    let mut needles = Needles(Vec::new());
    needles.add_name(&name);
    needles.add_number(&number("01234567890"));
    let stripped = number("01234567890").trim_start_matches('0').to_owned();
    for (planted, what) in [
        ("…山田花子…", "name"),
        ("山田　花子", "name"),
        ("%E5%B1%B1%E7%94%B0%E8%8A%B1%E5%AD%90", "name"),
        ("ヤマダバナコ", "kana"),
        ("ﾔﾏﾀﾞ ﾊﾞﾅｺ", "half-width kana"),
        ("やまだばなこ", "hiragana"),
        ("yamada hanako", "latin"),
        (stripped.as_str(), "personal number"),
    ] {
        assert_eq!(needles.found(planted.as_bytes()), [what], "{planted}");
    }
    assert!(needles.found("山本 花子 ヤマモト".as_bytes()).is_empty());
}
