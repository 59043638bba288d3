//! What arrives broken, too large, too slow, twice, out of order: a clear problem each, and nothing half done.

use jorei_domain::id::HouseholdId;
use jorei_domain::slot::Slot;
use jorei_tests::city_hall::{Answer, CityHall, Client, Database, Service, WHOLE, YEAR, base64, unique};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Stands wherever something is sent that must not come back.
const SECRET: &str = "ﾔﾏﾀﾞ山田花子9182736455";

/// Longer than any answer takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Bounds that a test can wait for.
const NARROW: &str = "[limits]\nbody_seconds = 1\nheader_seconds = 2\nheader_bytes = 8192\nbody_bytes = 65536";

/// A body that is wrong, and what it is answered.
struct Wrong {
    what: &'static str,
    path: &'static str,
    body: Vec<u8>,
    answer: (u16, &'static str),
}

fn wrong(what: &'static str, path: &'static str, body: impl Into<Vec<u8>>, answer: (u16, &'static str)) -> Wrong {
    Wrong { what, path, body: body.into(), answer }
}

const MALFORMED: (u16, &str) = (400, "malformed");
const INVALID: (u16, &str) = (422, "invalid");
const NOT_JSON: (u16, &str) = (415, "not-json");
const NOT_FOUND: (u16, &str) = (404, "not-found");

const DECIDE: &str = "/households/1/decisions";
const TRY: &str = "/households/1/trials";
const SEARCH: &str = "/people/search";
const SETTLE: &str = "/queue/settlements";

/// Bodies that a clerk of the assessment may send as far as the policy goes.
fn wrong_bodies() -> Vec<Wrong> {
    let deep = |open: &str, close: &str| format!("{{\"year\":{}1{}}}", open.repeat(20_000), close.repeat(20_000));
    let incomes = |value: &str| {
        format!("{{\"year\":2025,\"changes\":[{{\"person\":1,\"incomes\":{{\"year\":2024,\"state\":\"known\",\"salary_yen\":{value}}}}}]}}")
    };
    let settle = |more: &str| format!("{{\"household\":1,\"year\":2025,\"slot\":\"premium\",{more}}}");
    let files = |form: &str, content: &str| json!({ "files": [{ "name": SECRET, "form": form, "content_base64": content }] }).to_string();
    vec![
        wrong("nothing", DECIDE, "", MALFORMED),
        wrong("a body that breaks off", DECIDE, "{\"year\": 2025", MALFORMED),
        wrong("a text that breaks off", SEARCH, format!("{{\"kana\": \"{SECRET}"), MALFORMED),
        wrong("two documents", DECIDE, "{\"year\": 2025}{}", MALFORMED),
        wrong("a comment", DECIDE, format!("{{\"year\": 2025 /* {SECRET} */}}"), MALFORMED),
        wrong("a byte order mark", DECIDE, "\u{feff}{\"year\": 2025}", MALFORMED),
        wrong("a member twice", DECIDE, "{\"year\": 2025, \"year\": 2025}", INVALID),
        wrong("a member twice, once in escapes", DECIDE, "{\"year\": 2025, \"ye\\u0061r\": 2025}", INVALID),
        wrong("an unknown member", DECIDE, format!("{{\"year\": 2025, \"{SECRET}\": 1}}"), INVALID),
        wrong(
            "an unknown member in a list",
            TRY,
            format!("{{\"year\": 2025, \"changes\": [{{\"person\": 1, \"{SECRET}\": {{}}}}]}}"),
            INVALID,
        ),
        wrong("no member", DECIDE, "{}", INVALID),
        wrong("nothing for a number", DECIDE, "{\"year\": null}", INVALID),
        wrong("a text for a number", DECIDE, format!("{{\"year\": \"{SECRET}\"}}"), INVALID),
        wrong("a fraction", DECIDE, "{\"year\": 2025.5}", INVALID),
        wrong("a whole number as a fraction", DECIDE, "{\"year\": 2025.0}", INVALID),
        wrong("an exponent", DECIDE, "{\"year\": 2025e0}", INVALID),
        wrong("a number beyond floats", DECIDE, "{\"year\": 1e400}", MALFORMED),
        wrong("a number beyond 32 bits", DECIDE, "{\"year\": 4294969321}", INVALID),
        wrong("a number beyond 64 bits", DECIDE, "{\"year\": 18446744073709553641}", INVALID),
        wrong("a leading zero", DECIDE, "{\"year\": 02025}", MALFORMED),
        wrong("a year before the law", DECIDE, "{\"year\": -1}", INVALID),
        wrong("a year far away", DECIDE, "{\"year\": 2147483647}", INVALID),
        wrong("a list for a document", DECIDE, "[2025]", INVALID),
        wrong("a text for a document", DECIDE, format!("\"{SECRET}\""), INVALID),
        wrong("lists without end", DECIDE, deep("[", "]"), INVALID),
        wrong("lists without end where any value may stand", TRY, format!("{{\"year\":2025,\"changes\":{}", "[".repeat(20_000)), MALFORMED),
        wrong("documents without end", TRY, format!("{{\"year\":2025,\"changes\":[{}", "{\"a\":".repeat(10_000)), MALFORMED),
        wrong("bytes that are not UTF-8", DECIDE, &b"{\"year\": 2025, \"\xff\": 1}"[..], NOT_JSON),
        wrong("UTF-16", DECIDE, &b"\xff\xfe{\0}\0"[..], NOT_JSON),
        wrong("half a surrogate pair", SEARCH, "{\"kana\": \"\\ud800\"}", MALFORMED),
        wrong("a NUL", SEARCH, "{\"kana\": \"\0\"}", MALFORMED),
        wrong("a NUL in escapes", SEARCH, "{\"kana\": \"ﾔ\\u0000\"}", INVALID),
        wrong("a NUL in the name of a member", TRY, "{\"year\": 2025, \"changes\": [{\"person\": 1, \"\\u0000\": 1}]}", INVALID),
        wrong("yen with a fraction", TRY, incomes("0.5"), INVALID),
        wrong("yen beyond yen", TRY, incomes("9223372036854775807"), INVALID),
        wrong("yen beyond numbers", TRY, incomes("9223372036854775808"), INVALID),
        wrong("yen below nothing", TRY, incomes("-9223372036854775808"), INVALID),
        wrong("yen as a text", TRY, incomes(&format!("\"{SECRET}\"")), INVALID),
        wrong("a person that is none", TRY, "{\"year\": 2025, \"changes\": [{\"person\": -9223372036854775808}]}", INVALID),
        wrong("a change that is none", TRY, format!("{{\"year\": 2025, \"changes\": [\"{SECRET}\"]}}"), INVALID),
        wrong("a way that is none", SETTLE, settle(&format!("\"way\":\"{SECRET}\",\"reason\":\"x\"")), INVALID),
        wrong("a long number in a reason", SETTLE, settle("\"way\":\"asked\",\"reason\":\"9182736455\""), INVALID),
        wrong("a matter that is none", SETTLE, settle(&format!("\"way\":\"asked\",\"reason\":\"x\",\"matter\":\"{SECRET}\"")), INVALID),
        wrong("a day to come", "/reassessments", "{\"year\": 2025, \"on\": \"2999-04-01\"}", INVALID),
        wrong("knowledge to come", "/reassessments", "{\"since\": 9223372036854775807}", INVALID),
        wrong("a day that is no day", "/instalments", format!("{{\"year\": 2025, \"on\": \"{SECRET}\"}}"), INVALID),
        wrong("no file", "/imports", "{\"files\": []}", INVALID),
        wrong("a file that is not base64", "/imports", files("names", SECRET), INVALID),
        wrong("a spreadsheet", "/imports", files("names", &base64("PK\u{3}\u{4}")), INVALID),
        wrong("a form that is none", "/imports", files(SECRET, ""), INVALID),
        wrong(
            "lines that are wrong",
            "/imports",
            files("names", &base64(&format!("宛名番号,氏名,氏名カナ\n{SECRET},{SECRET},\n"))),
            INVALID,
        ),
        wrong("headings that are wrong", "/imports", files("names", &base64(&format!("宛名番号,{SECRET}\n1,2\n"))), INVALID),
        wrong("an import that is none", "/imports/999999/withdrawal", "{\"reason\": \"x\"}", NOT_FOUND),
        wrong("two criteria", SEARCH, format!("{{\"kana\": \"{SECRET}\", \"person\": 1}}"), INVALID),
        wrong("no criterion", SEARCH, "{}", INVALID),
        wrong("a day that is none", SEARCH, "{\"birth\": \"2025-02-30\"}", INVALID),
        wrong("a page of nothing", SEARCH, "{\"person\": 1, \"limit\": 0}", INVALID),
        wrong("a page of everything", SEARCH, "{\"person\": 1, \"limit\": 4294967295}", INVALID),
        wrong("a number of nobody", "/households/9223372036854775807/decisions", "{\"year\": 2025}", NOT_FOUND),
        wrong("a number beyond numbers", "/households/9223372036854775808/decisions", "{\"year\": 2025}", NOT_FOUND),
        wrong("a number that is none", "/households/1.0/decisions", "{\"year\": 2025}", NOT_FOUND),
        wrong("a path that is not UTF-8", "/households/%FF/decisions", "{\"year\": 2025}", NOT_FOUND),
        wrong("a path with a NUL", "/households/%00/decisions", "{\"year\": 2025}", NOT_FOUND),
    ]
}

/// Bodies that whoever changes the law may send.
fn wrong_acts(hall: &CityHall) -> Vec<Wrong> {
    let revision = hall.revisions[1];
    let plan = |reason: &str, more: &str| {
        format!(
            "{{\"kind\":\"activation\",\"revision\":\"{revision}\",\"from\":\"2025-04-01\",\"until\":\"2026-04-01\",\"reason\":\"{reason}\"{more}}}"
        )
    };
    let (act, zero) = ("/acts", "0".repeat(64));
    vec![
        wrong("an unknown kind", "/acts/prepared", format!("{{\"kind\":\"{SECRET}\"}}"), INVALID),
        wrong("a kind twice", "/acts/prepared", plan("x", ",\"kind\":\"rollback\""), INVALID),
        wrong("a NUL in a reason", "/acts/prepared", plan("\\u0000", ""), INVALID),
        wrong("a NUL in a name", "/acts/prepared", plan("x", ",\"eligible\":[\"rules\\u0000\"]"), INVALID),
        wrong("a number of people below nothing", "/acts/prepared", plan("x", ",\"checkers\":-1"), INVALID),
        wrong("a digest that is none", "/acts/prepared", plan("x", "").replace(&revision.to_string(), SECRET), INVALID),
        wrong("a revision that is none", "/acts/prepared", plan("x", "").replace(&revision.to_string(), &zero), NOT_FOUND),
        wrong("days in the wrong order", "/acts/prepared", plan("x", "").replace("2025-04-01", "2027-04-01"), INVALID),
        wrong("an act that nobody prepared", act, format!("{{\"act\":\"{zero}\",\"signature\":\"{SECRET}\"}}"), NOT_FOUND),
        wrong("a document for a signature", act, format!("{{\"act\":\"{zero}\",\"signature\":{{\"sig\":\"{SECRET}\"}}}}"), INVALID),
        wrong("a NUL in a signature", act, format!("{{\"act\":\"{zero}\",\"signature\":\"\\u0000\"}}"), INVALID),
        wrong("an unknown verdict", "/acts/0/signatures", format!("{{\"verdict\":\"{SECRET}\",\"signature\":\"x\"}}"), INVALID),
        wrong("a wrong prefix of an act", "/acts/zz/signatures", "{\"verdict\":\"approve\",\"signature\":\"x\"}", NOT_FOUND),
        wrong("a draft that is none", "/drafts/%00/checks", format!("{{\"rule\":\"{zero}\"}}"), NOT_FOUND),
        wrong("a year that is none", "/shadow-reports", "{\"year\":\"\\u0000\"}", INVALID),
    ]
}

/// What is wrong with the answer to something wrong: another status or code, no problem document, or one that repeats
/// what was sent.
fn flaw(what: &str, answer: &Answer, (status, code): (u16, &str)) -> Option<String> {
    let text = answer.text();
    let body = serde_json::from_str::<Value>(&text).unwrap_or_default();
    let told = |member: &str| body[member].as_str().unwrap_or_default();
    let good = (answer.status.as_u16(), answer.code().as_str(), body["status"].as_u64()) == (status, code, Some(status.into()))
        && told("type") == format!("/problems/{code}")
        && ["title", "detail", "to_do"].into_iter().all(|member| !told(member).is_empty())
        && !repeats(&text);
    (!good).then(|| format!("{what}: not {status} {code}: {} {text}", answer.status))
}

fn is_problem(what: &str, answer: &Answer, wanted: (u16, &str)) {
    assert_eq!(flaw(what, answer, wanted), None);
}

/// Does a text hold a part of what must not come back?
fn repeats(text: &str) -> bool {
    ["山田", "ﾔﾏﾀ", "9182736455"].into_iter().any(|part| text.contains(part))
}

/// The end of the chain, and all that has been entered since another one but for look-ups.
async fn written_since(hall: &CityHall, since: i64) -> Vec<String> {
    let entries = hall.store.audit_entries(hall.municipality, since, 10_000).await.unwrap();
    entries.into_iter().map(|stored| stored.entry.kind).filter(|kind| kind != "lookup").collect()
}

async fn end_of_chain(hall: &CityHall) -> i64 {
    hall.store.audit_head(hall.municipality).await.unwrap().0
}

fn sending(client: &Client, path: &str, body: Vec<u8>) -> reqwest::RequestBuilder {
    client.request(Method::POST, path).header("Idempotency-Key", unique("bad")).body(body)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_body_or_address_is_a_problem_of_its_own_and_changes_nothing_on_both_databases() {
    for database in [Database::Sqlite, Database::Postgres] {
        let hall = CityHall::new(database, 2).await;
        let service = hall.serve_with(NARROW).await;
        let (clerk, maker) = (hall.client(&service, "assessment").await, hall.client(&service, "rules").await);
        let (start, mut flaws) = (end_of_chain(&hall).await, Vec::new());
        for (client, all) in [(&clerk, wrong_bodies()), (&maker, wrong_acts(&hall))] {
            for Wrong { what, path, body, answer } in all {
                let sent = sending(client, path, body).header("Content-Type", "application/json");
                flaws.extend(flaw(what, &Answer::of(sent).await, answer));
            }
        }
        for (what, client, path, answer) in wrong_addresses(&clerk, &maker) {
            flaws.extend(flaw(what, &client.get(&path).await, answer));
        }
        assert!(flaws.is_empty(), "{database:?}:\n{}", flaws.join("\n"));
        wrong_kinds(&clerk).await;
        wrong_heads(&clerk, &maker).await;
        strangers(&hall, &service).await;
        assert_eq!(written_since(&hall, start).await, Vec::<String>::new(), "{database:?}: nothing was done");
        assert_eq!(hall.findings().await, Vec::<String>::new());
        assert!(!repeats(&service.log_text()), "the log repeats what was sent");
    }
}

fn wrong_addresses<'c>(clerk: &'c Client, maker: &'c Client) -> Vec<(&'static str, &'c Client, String, (u16, &'static str))> {
    let long = "a".repeat(65);
    vec![
        ("a prefix that is none", clerk, format!("/decisions/{SECRET}"), NOT_FOUND),
        ("a prefix that is too long", clerk, format!("/decisions/{long}"), NOT_FOUND),
        ("no prefix", clerk, "/decisions/%20/replay".into(), NOT_FOUND),
        ("a prefix with a NUL", clerk, "/decisions/%00".into(), NOT_FOUND),
        ("a job with a NUL", clerk, "/jobs/%00".into(), NOT_FOUND),
        ("a job that is none", clerk, format!("/jobs/{SECRET}/events"), NOT_FOUND),
        ("an act that is none", maker, format!("/acts/{SECRET}"), NOT_FOUND),
        ("a draft with a NUL", maker, "/drafts/x%00".into(), NOT_FOUND),
        ("a draft of another folder", maker, "/drafts/..%2F..%2Fetc".into(), NOT_FOUND),
        ("a rule that is none", maker, format!("/rules/{SECRET}"), NOT_FOUND),
        ("an ordinance that is none", maker, "/ordinances/%00".into(), NOT_FOUND),
        ("a person that is none", clerk, "/people/%2B1%00".into(), NOT_FOUND),
        ("an escape that is none", clerk, "/people/%zz".into(), NOT_FOUND),
        ("no year", clerk, "/households/1/decisions".into(), INVALID),
        ("a year twice", clerk, "/households/1/decisions?year=2025&year=2026".into(), INVALID),
        ("an unknown parameter", clerk, format!("/households/1/decisions?year=2025&{SECRET}=1"), INVALID),
        ("a year that is none", clerk, format!("/households/1/decisions?year={SECRET}"), INVALID),
        ("a kind with a NUL", clerk, "/people/1/facts?kind=%00".into(), INVALID),
        ("a kind that is none", clerk, format!("/people/1/facts?kind={SECRET}"), INVALID),
        ("a day with a NUL", clerk, "/people/1/facts?known_on=2025-04-01%00".into(), INVALID),
        ("two moments", clerk, "/people/1/facts?known_on=2025-04-01&knowledge=1".into(), INVALID),
        ("a slot that is none", clerk, format!("/queue?year=2025&slot={SECRET}"), INVALID),
        ("a reason that is none", clerk, format!("/queue?year=2025&waiting=refused,{SECRET}"), INVALID),
        ("a day that is no day", clerk, format!("/queue?year=2025&since_before={SECRET}"), INVALID),
        ("a household's year without a year", clerk, "/households/1/year".into(), INVALID),
        ("an addressee on no day", clerk, format!("/households/1/addressee?on={SECRET}"), INVALID),
        ("a file that is none", clerk, format!("/masters/{SECRET}"), NOT_FOUND),
        ("a master of no year", clerk, "/masters/household-assessment".into(), INVALID),
        ("a master of two moments", clerk, "/masters/insured?known_on=2025-04-01&knowledge=1".into(), INVALID),
        ("a cursor that is none", clerk, "/jobs?after=%00".into(), INVALID),
        ("a page beyond pages", clerk, "/jobs?limit=501".into(), INVALID),
        ("another office's code that is none", clerk, format!("/v1/offices/{SECRET}/sessions/current"), NOT_FOUND),
        ("no such route", clerk, format!("/v1/{SECRET}"), NOT_FOUND),
        ("a page of no problem", clerk, format!("/problems/{SECRET}"), NOT_FOUND),
    ]
}

/// Media types and encodings.
async fn wrong_kinds(clerk: &Client) {
    let good = || json!({ "year": YEAR }).to_string().into_bytes();
    for (name, value) in [
        ("Content-Type", "text/plain"),
        ("Content-Type", "application/json; charset=shift_jis"),
        ("Content-Type", "application/jsonp"),
        ("Content-Type", "multipart/form-data; boundary=x"),
    ] {
        is_problem(value, &Answer::of(sending(clerk, DECIDE, good()).header(name, value)).await, NOT_JSON);
    }
    is_problem("no type", &Answer::of(sending(clerk, DECIDE, good())).await, NOT_JSON);
    for encoding in ["gzip", "identity, br"] {
        let sent = sending(clerk, DECIDE, good()).header("Content-Type", "application/json").header("Content-Encoding", encoding);
        is_problem(encoding, &Answer::of(sent).await, NOT_JSON);
    }
    let large = sending(clerk, DECIDE, vec![b' '; 65_537]).header("Content-Type", "application/json");
    is_problem("a large body", &Answer::of(large).await, (413, "too-large"));
}

/// Methods and headers.
async fn wrong_heads(clerk: &Client, maker: &Client) {
    let method = |name: &[u8]| Method::from_bytes(name).unwrap();
    for name in [&b"PATCH"[..], b"BREW", b"PUT", b"OPTIONS", b"TRACE"] {
        let answer = Answer::of(clerk.request(method(name), DECIDE)).await;
        is_problem("an unknown method", &answer, (405, "method-not-allowed"));
    }
    for key in ["", "short", "with space", "nine\"nine", &"k".repeat(65), "ﾔﾏﾀﾞ山田花子"] {
        let key = reqwest::header::HeaderValue::from_bytes(key.as_bytes()).unwrap();
        let sent = clerk.request(Method::POST, DECIDE).header("Idempotency-Key", key).json(&json!({ "year": YEAR }));
        is_problem("a key that is none", &Answer::of(sent).await, INVALID);
    }
    is_problem("no key", &Answer::of(clerk.request(Method::POST, DECIDE).json(&json!({ "year": YEAR }))).await, INVALID);
    let two = clerk.request(Method::POST, DECIDE).header("Idempotency-Key", unique("one")).header("Idempotency-Key", unique("two"));
    is_problem("two keys", &Answer::of(two.json(&json!({ "year": YEAR }))).await, INVALID);
    let two = clerk.request(Method::GET, "/people/1").header("Jorei-Case", "R8-000124");
    is_problem("two cases", &Answer::of(two).await, (403, "no-purpose"));
    let two = clerk.request(Method::GET, "/sessions/current").header("Authorization", format!("Bearer {SECRET}"));
    is_problem("two sessions", &Answer::of(two).await, (401, "no-session"));
    let draft = || maker.request(Method::PUT, "/drafts/a-draft");
    for (body, condition, answer) in [
        (json!({ "written": "x\0" }), ("If-None-Match", "*"), INVALID),
        (json!({ "written": SECRET }), ("If-Match", "\"0\""), (412, "edited-meanwhile")),
        (json!({ "written": SECRET }), ("If-Match", "\"9223372036854775808\""), (412, "edited-meanwhile")),
        (json!({ "written": SECRET }), ("If-None-Match", "\"1\""), (428, "precondition-missing")),
        (json!({ "written": 1 }), ("If-None-Match", "*"), INVALID),
    ] {
        is_problem("a draft", &Answer::of(draft().header(condition.0, condition.1).json(&body)).await, answer);
    }
}

/// Whoever has no session.
async fn strangers(hall: &CityHall, service: &Service) {
    let mut nobody = Client::stranger(service);
    let refused = (401, "log-in-refused");
    let fresh = || jorei_service::sessions::challenge(hall.municipality, "rules", "2026-06-01T00:00:00Z", &"n".repeat(22));
    for (body, answer) in [
        (json!({ "account": "rules\0", "password": SECRET }), INVALID),
        (json!({ "account": SECRET, "password": SECRET }), refused),
        (json!({ "account": "rules", "challenge": SECRET, "signature": SECRET }), refused),
        (json!({ "account": "rules", "challenge": fresh(), "signature": "{\"sig\": 1}" }), refused),
        (json!({ "account": "rules", "challenge": fresh(), "signature": { "sig": SECRET } }), INVALID),
        (json!({ "account": "rules", "challenge": fresh() }), INVALID),
        (json!({ "account": "rules", "password": SECRET, "signature": SECRET }), INVALID),
        (json!({ "account": "rules", "password": "x".repeat(20_000) }), (413, "too-large")),
    ] {
        is_problem("a log-in", &nobody.post("/sessions", &body).await, answer);
    }
    for token in ["", SECRET, "AAAA", &"A".repeat(43), &"A".repeat(4_000)] {
        let value = reqwest::header::HeaderValue::from_bytes(format!("Bearer {token}").as_bytes()).unwrap();
        let answer = Answer::of(nobody.request(Method::GET, "/sessions/current").header("Authorization", value)).await;
        is_problem("a token that is none", &answer, (401, "no-session"));
    }
    nobody.token = Some("A".repeat(43));
    is_problem("a path before a session", &nobody.get("/jobs/%00").await, (401, "no-session"));
}

/// Sends bytes, and reads until the service closes.
async fn raw(service: &Service, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(service.address).await.unwrap();
    // The service may answer and close before everything is sent.
    let _ = stream.write_all(bytes).await;
    rest(stream).await
}

async fn rest(mut stream: TcpStream) -> String {
    let mut all = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut all)).await;
    // A reset after the answer is an end as well.
    let _ = read.expect("the service ends the connection");
    String::from_utf8(all).unwrap()
}

/// The head of a decision for the record, without what says where its body ends.
fn head(client: &Client, version: &str) -> String {
    let token = client.token.as_deref().unwrap();
    let key = unique("raw");
    format!(
        "POST /v1/offices/012041{DECIDE} HTTP/{version}\r\nhost: x\r\nauthorization: Bearer {token}\r\njorei-affair: assessment\r\n\
         jorei-case: R8-1\r\nidempotency-key: {key}\r\ncontent-type: application/json\r\n"
    )
}

/// Of one answer as it came: its status and its code.
fn told(text: &str) -> (u16, String) {
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    let (_, body) = text.split_once("\r\n\r\n").unwrap_or_default();
    let code = serde_json::from_str::<Value>(body).ok().and_then(|body| body["code"].as_str().map(str::to_owned));
    let is_problem = text.contains("content-type: application/problem+json");
    (status, code.filter(|_| is_problem).unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_slow_broken_or_not_http_gets_a_clear_end() {
    let hall = CityHall::new(Database::Sqlite, 2).await;
    let service = hall.serve_with(NARROW).await;
    let clerk = hall.client(&service, "assessment").await;
    let start = end_of_chain(&hall).await;
    let mut flaws = Vec::new();
    let closing = || head(&clerk, "1.1") + "connection: close\r\n";
    let with = |more: &str| (closing() + more).into_bytes();
    let long = format!("long: {}\r\n\r\n", "x".repeat(9_000));
    let pieces = format!("1000\r\n{}\r\n", " ".repeat(0x1000));
    let many = "a: b\r\n".repeat(101) + "\r\n";
    for (what, bytes, answer) in [
        ("a body that does not come", with("content-length: 14\r\n\r\n{\"year\""), (408, "slow")),
        ("a piece that does not come", with("transfer-encoding: chunked\r\n\r\n5\r\n{\"yea\r\n"), (408, "slow")),
        ("a length beyond the bounds", with("content-length: 99999999999\r\n\r\n{"), (413, "too-large")),
        ("pieces beyond the bounds", with(&format!("transfer-encoding: chunked\r\n\r\n{}", pieces.repeat(20))), (413, "too-large")),
        ("a piece that is none", with("transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"), MALFORMED),
        ("a long head", with(&long), (431, "headers-too-large")),
        ("many headers", with(&many), (431, "headers-too-large")),
        ("a long address", format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(9_000)).into_bytes(), (431, "headers-too-large")),
        ("two lengths", with("content-length: 14\r\ncontent-length: 15\r\n\r\n{\"year\": 2025}"), MALFORMED),
        ("a length that is none", with("content-length: ten\r\n\r\n{\"year\": 2025}"), MALFORMED),
        ("a length below nothing", with("content-length: -1\r\n\r\n"), MALFORMED),
        ("a coding that is none", with("transfer-encoding: gzip\r\n\r\n"), MALFORMED),
        ("a header with a line break", with("x: a\rb\r\n\r\n"), MALFORMED),
        ("a header with a NUL", with("x: a\0b\r\n\r\n"), MALFORMED),
        ("TLS where there is none", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".to_vec(), MALFORMED),
        ("another protocol", b"SSH-2.0-x\r\n\r\n".to_vec(), MALFORMED),
        ("an address that is none", b"GET \x7f HTTP/1.1\r\nhost: x\r\n\r\n".to_vec(), MALFORMED),
        ("a version that is none", b"GET / HTTP/9.9\r\nhost: x\r\n\r\n".to_vec(), MALFORMED),
    ] {
        let text = raw(&service, &bytes).await;
        if told(&text) != (answer.0, answer.1.to_owned()) {
            flaws.push(format!("{what}: not {answer:?}: {text}"));
        }
    }
    assert!(flaws.is_empty(), "{}", flaws.join("\n"));
    // A head that does not end, and one of which nothing came: no request, so no answer, but an end.
    for begun in [&b"GET / HTTP/1.1\r\nhost: x\r\n"[..], b""] {
        let text = raw(&service, begun).await;
        assert!(text.is_empty() || told(&text).0 == 408, "{text}");
    }
    // A body whose sender hangs up in the middle.
    let mut cut = TcpStream::connect(service.address).await.unwrap();
    cut.write_all(&with("content-length: 14\r\n\r\n{\"year\"")).await.unwrap();
    cut.shutdown().await.unwrap();
    let text = rest(cut).await;
    assert!(text.is_empty() || told(&text) == (400, "malformed".into()), "{text}");
    assert_eq!(written_since(&hall, start).await, Vec::<String>::new());
    assert_eq!(hall.store.decision_history(hall.municipality, Slot::Premium.word(), WHOLE.0, HouseholdId(1)).await.unwrap().len(), 0);
    // What is only old or hasty is served.
    let body = "content-length: 14\r\n\r\n{\"year\": 2025}";
    let old = raw(&service, (head(&clerk, "1.0") + body).as_bytes()).await;
    assert_eq!(told(&old).0, 201, "{old}");
    let piped = raw(&service, (head(&clerk, "1.1") + body + &closing() + body).as_bytes()).await;
    assert_eq!(piped.matches("HTTP/1.1 200 OK").count(), 2, "{piped}");
    let expecting = raw(&service, &with(&format!("expect: 100-continue\r\n{body}"))).await;
    assert!(expecting.contains("HTTP/1.1 200 OK"), "{expecting}");
    let pieces = raw(&service, &with("transfer-encoding: chunked\r\n\r\n7\r\n{\"year\"\r\n7\r\n: 2025}\r\n0\r\n\r\n")).await;
    assert_eq!(told(&pieces).0, 200, "{pieces}");
    assert_eq!(written_since(&hall, start).await, ["decisions"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_arrival_gets_the_first_answer_also_after_a_restart_on_both_databases() {
    for database in [Database::Sqlite, Database::Postgres] {
        let hall = CityHall::new(database, 3).await;
        let service = hall.serve().await;
        let clerk = hall.client(&service, "assessment").await;
        let (key, body) = (unique("twice"), json!({ "year": YEAR }));
        let first = clerk.post_as(DECIDE, &body, &key).await;
        assert_eq!((first.status, first.headers.get("idempotency-replayed")), (StatusCode::CREATED, None), "{}", first.text());
        let again = clerk.post_as(DECIDE, &body, &key).await;
        same(&first, &again);
        // A refusal is an answer as well.
        let missing = unique("none");
        let refused = clerk.post_as("/households/999/decisions", &body, &missing).await;
        assert_eq!(refused.code(), "not-found");
        same(&refused, &clerk.post_as("/households/999/decisions", &body, &missing).await);
        // The key is of one request only: other bodies, addresses and cases are others; other accounts have their own.
        is_problem("another body", &clerk.post_as(DECIDE, &json!({ "year": YEAR - 1 }), &key).await, (422, "key-reused"));
        is_problem("another address", &clerk.post_as("/households/2/decisions", &body, &key).await, (422, "key-reused"));
        let mut other_case = clerk.clone();
        other_case.case = "R8-000124".into();
        is_problem("another case", &other_case.post_as(DECIDE, &body, &key).await, (422, "key-reused"));
        let system = hall.client(&service, "system").await;
        let theirs = system.post_as(DECIDE, &body, &key).await;
        assert_eq!((theirs.status, theirs.headers.get("idempotency-replayed")), (StatusCode::OK, None));
        at_the_same_time(&hall, &clerk).await;
        assert!(service.end("TERM").await.success());
        let service = hall.serve().await;
        // The session of before: it is a record as well.
        let mut later = Client::stranger(&service);
        (later.token, later.affair, later.case) = (clerk.token, clerk.affair, clerk.case);
        let clerk = later;
        same(&first, &clerk.post_as(DECIDE, &body, &key).await);
        same(&refused, &clerk.post_as("/households/999/decisions", &body, &missing).await);
        is_problem("another body, later", &clerk.post_as(DECIDE, &json!({ "year": YEAR - 1 }), &key).await, (422, "key-reused"));
        assert_eq!(hall.findings().await, Vec::<String>::new());
    }
}

/// The same answer byte for byte, and it says that it is.
fn same(first: &Answer, again: &Answer) {
    assert_eq!((first.status, &first.body), (again.status, &again.body), "{}", again.text());
    for name in ["content-type", "location"] {
        assert_eq!(first.headers.get(name), again.headers.get(name), "{name}");
    }
    assert_eq!(again.headers["idempotency-replayed"], "true");
}

/// One request sent eight times at once has one effect; each arrival is answered with it, or told that it is under way.
async fn at_the_same_time(hall: &CityHall, clerk: &Client) {
    let (key, start) = (unique("race"), end_of_chain(hall).await);
    let (mut racing, mut answers) = (tokio::task::JoinSet::new(), Vec::new());
    for _ in 0..8 {
        let (clerk, key) = (clerk.clone(), key.clone());
        racing.spawn(async move { clerk.post_as("/households/2/decisions", &json!({ "year": YEAR }), &key).await });
    }
    while let Some(answer) = racing.join_next().await {
        answers.push(answer.unwrap());
    }
    let (done, waiting): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == StatusCode::CREATED);
    assert_eq!(done.iter().filter(|answer| !answer.headers.contains_key("idempotency-replayed")).count(), 1, "one was the first");
    assert!(done.iter().all(|answer| answer.body == done[0].body));
    for answer in waiting {
        is_problem("a race", &answer, (409, "under-way"));
        assert_eq!(answer.headers["retry-after"], "1");
    }
    assert_eq!(written_since(hall, start).await, ["decisions"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_that_come_out_of_order_do_nothing_and_can_be_sent_again_in_order() {
    let hall = CityHall::new(Database::Sqlite, 2).await;
    let service = hall.serve().await;
    let (maker, signer) = (hall.client(&service, "rules").await, hall.client(&service, "rules-2").await);
    let (from, until) = (WHOLE.0.to_string(), WHOLE.1.to_string());
    let plan = json!({ "kind": "activation", "revision": hall.revisions[1].to_string(), "from": from, "until": until, "reason": "改正" });
    let act = maker.post("/acts/prepared", &plan).await.json()["act"].as_str().unwrap().to_owned();
    let start = end_of_chain(&hall).await;
    let approval = json!({ "verdict": "approve", "signature": hall.signature("rules-2", "approve", &act) });
    let signatures = format!("/acts/{act}/signatures");
    is_problem("a signature before the act", &signer.post(&signatures, &approval).await, NOT_FOUND);
    assert_eq!(written_since(&hall, start).await, Vec::<String>::new());
    let making = json!({ "act": act, "signature": hall.signature("rules", "make", &act) });
    assert_eq!(maker.post("/acts", &making).await.status, StatusCode::CREATED);
    // The act again under a new key, before and after it took effect: it is there, and nothing more happens.
    let made = end_of_chain(&hall).await;
    let again = maker.post("/acts", &making).await;
    assert!(again.status == StatusCode::CREATED || again.code() == "not-allowed-now", "{}", again.text());
    assert_eq!(written_since(&hall, made).await, Vec::<String>::new());
    assert_eq!(signer.post(&signatures, &approval).await.json()["in_effect"], true);
    let signed = end_of_chain(&hall).await;
    let twice = signer.post(&signatures, &approval).await;
    assert!(twice.status == StatusCode::CREATED || twice.code() == "not-allowed-now", "{}", twice.text());
    assert_eq!(written_since(&hall, signed).await, Vec::<String>::new());
    assert_eq!(hall.findings().await, Vec::<String>::new());
}
