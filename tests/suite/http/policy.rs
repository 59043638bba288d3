//! Who may do what: the running service against the page that the city reviews (`docs/reference/policy.md`), and what
//! every look-up leaves in the chain.

use jorei_domain::purpose::Affair;
use jorei_domain::role::Role;
use jorei_tests::built;
use jorei_tests::city_hall::{Answer, CityHall, Client, Database, Service, YEAR, base64, unique};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A route, as the running service describes it.
struct Served {
    method: Method,
    path: String,
    operation: String,
    action: Option<String>,
    approval: Option<String>,
}

async fn served(service: &Service) -> Vec<Served> {
    let document = Client::stranger(service).get("/v1/openapi.json").await.json();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let text = |name: &str| operation[name].as_str().map(str::to_owned);
            all.push(Served {
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                operation: text("operationId").unwrap(),
                action: text("x-jorei-action"),
                approval: text("x-jorei-approval"),
            });
        }
    }
    assert!(all.len() > 50, "{} routes", all.len());
    all
}

/// The printed table: action to role to the cell.
fn printed() -> BTreeMap<String, BTreeMap<String, String>> {
    let page = std::fs::read_to_string(built::repository().join("docs/reference/policy.md")).unwrap();
    let cells = |line: &str| -> Vec<String> { line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect() };
    let mut lines = page.lines().skip_while(|line| !line.starts_with("| Action |")).take_while(|line| line.starts_with('|'));
    let head = cells(lines.next().unwrap());
    let row = |line: &str| {
        let row = cells(line);
        let by_role = head.iter().cloned().zip(row.iter().cloned()).skip(3).collect();
        (row[0].trim_matches('`').to_owned(), by_role)
    };
    lines.skip(1).map(row).collect()
}

/// Does a cell allow a request under this affair?
fn allows(cell: &str, affair: &str) -> bool {
    cell == "yes" || cell.split(", ").any(|named| named == affair && !affair.is_empty())
}

/// Something of each kind that a path can name.
struct Records {
    person: i64,
    decision: String,
    rule: String,
    ordinance: String,
    act: String,
    job: String,
    report: String,
    revision: String,
}

impl Records {
    async fn of(hall: &CityHall, service: &Service) -> Records {
        let rules = hall.client(service, "rules").await;
        let clerk = hall.client(service, "assessment").await;
        let found = clerk.post("/people/search", &json!({ "household": 3 })).await.json();
        let decided = clerk.post("/households/3/decisions", &json!({ "year": YEAR })).await.json();
        let revisions = rules.get("/revisions").await.json();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let draft = rules.request(Method::PUT, "/drafts/draft-1").header("If-None-Match", "*").json(&json!({ "written": "" }));
        assert_eq!(Answer::of(draft).await.status, StatusCode::CREATED);
        let run = json!({ "revision": hall.revisions[1].to_string(), "year": YEAR });
        let started = rules.post("/shadow-reports", &run).await;
        let job = text(&started.json()["job"]);
        // Ends when the job does.
        assert!(rules.get(&format!("/jobs/{job}/events")).await.text().contains("\"done\""));
        Records {
            person: found["items"][0]["person"].as_i64().unwrap(),
            decision: text(&decided["decision"]),
            rule: text(&revisions["items"][0]["rule"]),
            ordinance: text(&revisions["items"][0]["ordinance"]),
            act: text(&rules.get("/acts").await.json()["items"][0]["act"]),
            report: text(&rules.get(&format!("/jobs/{job}")).await.json()["figures"]["report"]),
            job,
            revision: hall.revisions[0].to_string(),
        }
    }

    /// The path with something that is there, and the query that the route asks for.
    fn path(&self, served: &Served) -> String {
        let digest = if served.operation.starts_with("rules") { &self.rule } else { &self.ordinance };
        let person = self.person.to_string();
        let known = [
            ("{municipality}", "012041"),
            ("{person}", person.as_str()),
            ("{household}", "3"),
            ("{decision}", self.decision.as_str()),
            ("{digest}", digest.as_str()),
            ("{name}", "draft-1"),
            ("{act}", self.act.as_str()),
            ("{job}", self.job.as_str()),
            ("{report}", self.report.as_str()),
            ("{revision}", self.revision.as_str()),
            ("{knowledge}", "1"),
            ("{file}", "insured"),
            ("{receipt}", "1"),
            ("{order}", "1"),
            ("{batch}", "1"),
            ("{line}", "1000001"),
            ("{day}", "2025-07-10"),
            ("{posting}", self.act.as_str()),
            ("{application}", "1"),
        ];
        let path = known.into_iter().fold(served.path.clone(), |path, (name, value)| path.replace(name, value));
        let query = match served.operation.as_str() {
            "decisions_list" | "queue_list" | "queue_summary" | "queue_groups" => "?year=2025",
            "household_year_history" | "household_year_instalments" | "household_year_exemption" => "?year=2025",
            "masters_show" => "?limit=1",
            "refunds_lapsed" => "?year=2025",
            "benefits_candidates" => "?month=2025-09",
            "arrears_demands" => "?on=2025-10-01",
            "revisions_in_force" => "?from=2025-04-01&until=2026-04-01",
            _ => "",
        };
        assert!(!path.contains('{'), "{path}");
        path + query
    }
}

async fn ask(client: &Client, method: &Method, path: &str, body: &Value) -> Answer {
    let request = client.request(method.clone(), path).header("Idempotency-Key", unique("key"));
    let bodiless = matches!(*method, Method::GET | Method::DELETE);
    Answer::of(if bodiless { request } else { request.json(body) }).await
}

/// What needs no session; everything else is behind the guard.
const OPEN: [&str; 4] = ["problems_show", "sessions_open", "sessions_openid", "sessions_openid_returned"];

#[tokio::test(flavor = "multi_thread")]
async fn every_route_answers_every_role_as_the_printed_table_says() {
    let hall = CityHall::new(Database::Sqlite, 6).await;
    let service = hall.serve().await;
    let (routes, printed, records) = (served(&service).await, printed(), Records::of(&hall, &service).await);
    let lookups: Vec<&str> =
        jorei_api::action::Action::ALL.iter().filter(|action| action.is_lookup()).map(|action| action.word()).collect();
    let affairs = || Affair::ALL.into_iter().map(Affair::word).chain([""]);
    let (before, _) = hall.store.audit_head(hall.municipality).await.unwrap();
    let (mut asked, mut refused) = (0, 0);
    for role in Role::ALL {
        let mut client = hall.client(&service, role.word()).await;
        for served in routes.iter().filter(|served| served.action.is_some()) {
            let (action, path) = (served.action.clone().unwrap(), records.path(served));
            let cell = &printed[&action][role.word()];
            for affair in affairs() {
                client.affair = affair;
                let answer = ask(&client, &served.method, &path, &json!({})).await;
                let told = format!("{} as {} for {affair:?}: {}", served.operation, role.word(), answer.text());
                let expected = match () {
                    () if allows(cell, affair) => None,
                    () if affair.is_empty() && lookups.contains(&action.as_str()) => Some("no-purpose"),
                    () => Some("forbidden"),
                };
                match expected {
                    Some(code) => {
                        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::FORBIDDEN, code), "{told}");
                        refused += i64::from(lookups.contains(&action.as_str()));
                    }
                    None => {
                        let closed = matches!(answer.status.as_u16(), 401 | 403 | 405 | 408) || answer.status.is_server_error();
                        assert!(!closed && !answer.text().contains("no such address"), "{told}");
                    }
                }
                asked += 1;
                if action == "session.end" {
                    client = hall.client(&service, role.word()).await;
                }
            }
        }
    }
    assert_eq!(asked, 127 * 10 * 6);
    // Each look-up that was refused stands in the chain, once.
    let entries = hall.store.audit_entries(hall.municipality, before, 100_000).await.unwrap();
    let in_chain = entries.iter().filter(|kept| kept.entry.kind == "lookup" && kept.entry.subject.contains("refused: ")).count();
    assert_eq!(in_chain as i64, refused);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_reachable_without_a_session_but_what_is_listed() {
    let hall = CityHall::new(Database::Sqlite, 3).await;
    let service = hall.serve().await;
    let neighbour = hall.neighbour("131211").await;
    let (routes, records) = (served(&service).await, Records::of(&hall, &service).await);
    let nobody = Client::stranger(&service);
    let mut somebody = nobody.clone();
    somebody.token = Some("x".repeat(43));
    let mut ended = hall.client(&service, "rules").await;
    assert_eq!(Answer::of(ended.request(Method::DELETE, "/sessions/current")).await.status, StatusCode::NO_CONTENT);
    ended.affair = "assessment";
    let mut foreign = neighbour.client(&service, "assessment").await;
    foreign.affair = "assessment";
    for served in &routes {
        let open = OPEN.contains(&served.operation.as_str());
        assert_eq!(served.action.is_none(), open, "{}", served.operation);
        if open {
            continue;
        }
        let path = records.path(served);
        for (client, code) in [(&nobody, "no-session"), (&somebody, "no-session"), (&ended, "no-session"), (&foreign, "another-office")] {
            let answer = ask(client, &served.method, &path, &json!({})).await;
            assert_eq!(answer.code(), code, "{}: {}", served.operation, answer.text());
        }
        // What reads asks for GET; what changes anything says who else must agree.
        let reading = served.method == Method::GET
            || ["people_search", "trials_make", "drafts_check", "payees_compare"].contains(&served.operation.as_str());
        let approval = served.approval.as_deref().unwrap();
        assert_eq!(approval == "reads", reading, "{}: {approval}", served.operation);
    }
    for (operation, approval) in [
        ("acts_make", "two people"),
        ("acts_prepared", "two people"),
        ("acts_sign", "two people"),
        ("office_change", "two people"),
        ("numbers_protect", "two people"),
        ("numbers_lift", "two people"),
        ("numbers_enter", "two people: an act, and the checker types the value again"),
        ("numbers_confirm", "two people: an act, and the checker types the value again"),
        ("decisions_make", "one person: "),
        ("jobs_assessment", "one person: "),
        ("rules_add", "one person: "),
        ("revisions_make", "one person: "),
        ("drafts_save", "one person: "),
        ("shadow_start", "one person: "),
        ("jobs_stop", "one person: "),
        ("audit_verification", "one person: "),
        ("sessions_end", "one person: "),
        ("people_enter_fact", "one person: "),
        ("jobs_reassessment", "one person: "),
        ("jobs_instalments", "one person: "),
        ("queue_settle_item", "one person: "),
        ("imports_import", "one person: "),
        ("imports_withdrawal", "two people"),
        ("receipts_take", "one person: "),
        ("receipts_use_receipt", "one person: "),
        ("receipts_reverse", "one person: "),
        ("ledger_checks", "one person: "),
        ("refunds_decide", "one person: "),
        ("refunds_renew", "one person: "),
        ("refunds_consent", "one person: "),
        ("refunds_withdraw", "one person: "),
        ("refunds_notice", "one person: "),
        ("refunds_claim", "one person: "),
        ("refunds_heir", "one person: "),
        ("refunds_record_lapse", "one person: "),
        ("benefits_receive", "one person: "),
        ("benefits_note", "one person: "),
        ("benefits_decide", "one person: "),
        ("arrears_decide", "one person: "),
        ("arrears_record_demand", "one person: "),
        ("arrears_record_step", "one person: "),
        ("arrears_write_off", "two people"),
        ("payees_enter", "two people"),
        ("payees_confirm", "two people"),
        ("inquiries_ask", "one person: "),
        ("inquiries_again", "one person: "),
        ("payments_prepare", "one person: "),
        ("payments_release", "two people"),
        ("payments_check", "one person: "),
        ("payments_withdraw", "one person: "),
        ("payments_recall", "one person: "),
        ("payments_returned", "one person: "),
        ("payments_results", "one person: "),
    ] {
        let found = routes.iter().find(|served| served.operation == operation).unwrap().approval.clone().unwrap();
        assert!(found.starts_with(approval), "{operation}: {found}");
    }
    assert_eq!(routes.iter().filter(|served| served.approval.as_ref().is_some_and(|approval| approval != "reads")).count(), 53);
    // Whoever asks for the records of another municipality stands in the chain of their own, not in that one's.
    let refused = |entries: Vec<jorei_store::audit::StoredEntry>| {
        entries.iter().filter(|kept| kept.entry.kind == "lookup" && kept.entry.subject.ends_with("refused: another-office")).count()
    };
    let of = async |municipality| refused(hall.store.audit_entries(municipality, 0, 100_000).await.unwrap());
    let lookups = routes.iter().filter(|served| {
        let action = served.action.as_deref().unwrap_or_default();
        jorei_api::action::Action::ALL.iter().any(|known| known.word() == action && known.is_lookup())
    });
    assert_eq!((of(neighbour.municipality).await, of(hall.municipality).await), (lookups.count(), 0));
}

/// A look-up that is answered, or refused by the state of the records, and what stands of it in the chain.
struct LookUp {
    operation: &'static str,
    role: &'static str,
    body: Value,
    /// Action and file.
    what: (&'static str, &'static str),
    /// Persons and households.
    found: String,
}

fn look_ups(person: i64, members: &str) -> Vec<LookUp> {
    let (none, year) = (json!(null), json!({ "year": YEAR }));
    let days = json!({ "from": "2026-04-01", "until": "2027-04-01", "reason": "申出" });
    let end = json!({ "on": "2026-10-01", "reason": "終了" });
    let number = json!({ "number": "123456789018", "reason": "書類" });
    let unknown = json!({ "act": "0".repeat(64), "number": "123456789018", "signature": "x" });
    let settled = json!({ "household": 3, "year": YEAR, "slot": "premium", "way": "asked", "reason": "照会中" });
    let stays = format!("宛名番号,世帯番号,開始日,終了日（この日を含まない）,世帯主\n{person},3,2026-05-01,,1\n");
    let set = json!({ "files": [{ "name": "a.csv", "form": "membership", "content_base64": base64(&stays) }], "dry_run": true });
    let death = json!({ "kind": "deaths", "columns": { "on": "2026-05-01" }, "source": "届出" });
    let one = format!(", person {person}");
    let of_person = |operation, action, body: &Value| LookUp {
        operation,
        role: "qualification",
        body: body.clone(),
        what: (action, "insured"),
        found: one.clone(),
    };
    let of_household = |operation, action, body: &Value| LookUp {
        operation,
        role: "assessment",
        body: body.clone(),
        what: (action, "household-assessment"),
        found: ", household 3".into(),
    };
    let of_both = |operation, action, body: &Value| LookUp {
        what: (action, "household-assessment and person-assessment"),
        ..of_household(operation, action, body)
    };
    let with = |found: String, lookup: LookUp| LookUp { found, ..lookup };
    let of_money = |operation, role, what: (&'static str, &'static str), body: Value, found: &str| LookUp {
        operation,
        role,
        body,
        what,
        found: found.to_owned(),
    };
    let receipts = |operation, action, body: Value, found: &str| of_money(operation, "receipts", (action, "receipts"), body, found);
    let arrears = |operation, action, body: Value, found: &str| of_money(operation, "collection", (action, "arrears"), body, found);
    let benefits = |operation, action, body: Value, found: &str| of_money(operation, "benefits", (action, "insured"), body, found);
    let home = ", household 3";
    let on = json!({ "on": "2025-10-01" });
    let consent = json!({ "kind": "public_account", "given_by": person, "channel": "paper", "document": "同意書" });
    let heir = json!({ "deceased": person, "person": 1, "document": "届出書" });
    let typed = json!({ "bank": "9801", "branch": "001", "kind": "1", "number": "7654319", "holder": "ミホン タロウ" });
    let mut entered = typed.clone();
    (entered["applied_on"], entered["reason"]) = (json!("2025-10-01"), json!("請求書"));
    let question = json!({ "household": 3, "what": "qualification", "row": "69" });
    let batch = json!({ "bank_day": super::payments::bank_day(), "sender": super::payments::sender() });
    let application = json!({ "benefit": "high_cost", "day": "2025-09-20", "person": person, "document": "申請書" });
    let benefit = json!({ "slot": "high_cost", "case": "2025-09-01" });
    let step = json!({ "step": "seized", "instalments": [{ "year": YEAR, "number": 1 }], "reason": "差押" });
    vec![
        with(format!("{one}, household 3"), of_person("people_search", "people.search", &json!({ "person": person }))),
        with(format!("{one}, household 3"), of_person("people_show", "people.show", &none)),
        with(format!("{one}, household 3"), of_person("people_facts", "people.facts", &none)),
        of_person("numbers_protect", "people.protect", &days),
        of_person("numbers_lift", "people.protect", &end),
        of_person("numbers_enter", "number.enter", &number),
        of_person("numbers_confirm", "number.confirm", &unknown),
        of_person("numbers_read", "number.read", &none),
        with(format!(", person {members}, household 3"), of_person("households_show", "households.show", &none)),
        of_household("decisions_list", "decisions.list", &none),
        of_household("decisions_of_revision", "decisions.of-revision", &none),
        of_household("decisions_make", "decisions.make", &year),
        of_both("decisions_show", "decisions.show", &none),
        of_household("decisions_replayed", "decisions.replay", &none),
        of_both("trials_make", "trials.make", &year),
        of_household("household_year_history", "history.show", &none),
        // Nothing of these two is decided, so that nobody but the household is shown.
        of_household("household_year_instalments", "instalments.show", &none),
        of_both("household_year_exemption", "exemption.show", &none),
        with(format!("{one}, household 3"), of_person("household_year_addressee", "addressee.show", &none)),
        with(", person 1, household 1".into(), of_person("masters_show", "masters.show", &none)),
        of_household("queue_settle_item", "queue.settle", &settled),
        with(format!("{one}, household 3"), of_person("imports_import", "imports.apply", &set)),
        // Nothing differs between the two revisions, so nobody is shown.
        with(String::new(), of_both("shadow_households", "shadow.households", &none)),
        of_person("people_enter_fact", "facts.enter", &death),
        // No money was ever told of here, so that lists show nobody.
        receipts("receipts_list", "receipts.show", none.clone(), ""),
        receipts("receipts_exceptions", "receipts.show", none.clone(), ""),
        receipts("receipts_show", "receipts.show", none.clone(), ""),
        receipts("receipts_use_receipt", "receipts.settle", json!({ "reason": "保留" }), ""),
        receipts("receipts_reverse", "receipts.settle", json!({ "reason": "不渡り" }), ""),
        receipts("ledger_household", "ledger.show", none.clone(), home),
        receipts("ledger_posting", "ledger.show", none.clone(), ""),
        receipts("refunds_open", "refunds.show", none.clone(), ""),
        receipts("refunds_lapsed", "refunds.show", none.clone(), ""),
        receipts("refunds_warned", "refunds.show", none.clone(), ""),
        receipts("refunds_household", "refunds.show", none.clone(), home),
        receipts("refunds_story", "refunds.show", none.clone(), home),
        receipts("refunds_decide", "refunds.decide", on.clone(), home),
        receipts("refunds_renew", "refunds.decide", on.clone(), ""),
        receipts("refunds_consent", "refunds.record", consent, &format!("{one}{home}")),
        receipts("refunds_withdraw", "refunds.record", json!({ "consent": 1 }), home),
        receipts("refunds_claim", "refunds.record", json!({ "notice": 1, "form": "請求書" }), home),
        receipts("refunds_heir", "refunds.record", heir, &format!("{one} 1{home}")),
        receipts("refunds_record_lapse", "refunds.lapse", json!({ "order": 1, "reason": "時効" }), home),
        of_money("refunds_notice", "receipts", ("refunds.notify", "insured and receipts"), on.clone(), home),
        benefits("benefits_household", "benefits.show", none.clone(), home),
        benefits("benefits_applications", "benefits.show", none.clone(), ""),
        benefits("benefits_candidates", "benefits.show", none.clone(), ""),
        benefits("benefits_note", "benefits.record", json!({ "event": "completed" }), ""),
        benefits("benefits_receive", "benefits.record", application, &format!("{one}{home}")),
        of_money("benefits_decide", "benefits", ("benefits.decide", "insured and person-assessment"), benefit, home),
        benefits("claims_findings", "claims.show", none.clone(), ""),
        receipts("payees_waiting", "payees.show", none.clone(), ""),
        receipts("payees_show", "payees.show", none.clone(), ""),
        receipts("payees_enter", "payees.enter", entered, ""),
        receipts("payees_compare", "payees.compare", typed, ""),
        receipts("payees_confirm", "payees.confirm", json!({ "reason": "確認" }), ""),
        receipts("inquiries_list", "inquiries.show", none.clone(), ""),
        receipts("inquiries_of_order", "inquiries.show", none.clone(), ""),
        receipts("inquiries_exceptions", "inquiries.show", none.clone(), ""),
        of_money("inquiries_ask", "receipts", ("inquiries.ask", "insured"), question, &format!("{one}{home}")),
        receipts("inquiries_again", "inquiries.again", none.clone(), ""),
        receipts("payments_show", "payments.show", none.clone(), ""),
        receipts("payments_prepare", "payments.prepare", batch, ""),
        receipts("payments_check", "payments.check", none.clone(), ""),
        receipts("payments_recall", "payments.record", json!({ "reason": "組戻し" }), ""),
        receipts("payments_returned", "payments.record", json!({ "on": "2025-10-01", "reason": "解約済" }), ""),
        arrears("arrears_list", "arrears.show", none.clone(), ""),
        arrears("arrears_lapsing", "arrears.show", none.clone(), ""),
        arrears("arrears_household", "arrears.show", none.clone(), home),
        of_money("arrears_demands", "collection", ("arrears.demands", "insured and arrears"), none.clone(), ""),
        arrears("arrears_decide", "arrears.decide", on.clone(), home),
        arrears("arrears_record_demand", "arrears.record", on, home),
        arrears("arrears_record_step", "arrears.record", step, home),
        arrears("arrears_write_off", "arrears.give-up", json!({ "ground": "time_bar", "reason": "時効" }), home),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_look_up_leaves_one_entry_answered_or_refused() {
    for database in [Database::Sqlite, Database::Postgres] {
        let hall = CityHall::new(database, 4).await;
        hall.add_the_money_slots().await;
        hall.add_the_benefit_slots().await;
        let service = hall.serve().await;
        let (routes, records) = (served(&service).await, Records::of(&hall, &service).await);
        let members = hall.client(&service, "qualification").await.get("/households/3").await.json();
        let members: Vec<String> = members["members"].as_array().unwrap().iter().map(|member| member["person"].to_string()).collect();
        let all = look_ups(records.person, &members.join(" "));
        let known: Vec<&str> =
            jorei_api::action::Action::ALL.iter().filter(|action| action.is_lookup()).map(|action| action.word()).collect();
        let of_lookups = routes.iter().filter(|served| served.action.as_deref().is_some_and(|action| known.contains(&action)));
        assert_eq!(of_lookups.count(), all.len(), "every route of a look-up is tried");
        // What the request adds to the chain: kind, account, subject.
        let left = async |client: &Client, served: &Served, body: &Value| {
            let (before, _) = hall.store.audit_head(hall.municipality).await.unwrap();
            let answer = ask(client, &served.method, &records.path(served), body).await;
            let entries = hall.store.audit_entries(hall.municipality, before, 100).await.unwrap();
            let entries = entries.into_iter().map(|kept| kept.entry).filter(|entry| ["lookup", "alarm"].contains(&entry.kind.as_str()));
            (answer, entries.map(|entry| (entry.kind, entry.stamp.by, entry.subject)).collect::<Vec<_>>())
        };
        for LookUp { operation, role, body, what: (what, file), found } in &all {
            let served = routes.iter().find(|served| served.operation == *operation).unwrap();
            let mut client = hall.client(&service, role).await;
            let (answer, entries) = left(&client, served, body).await;
            let [(kind, by, told)] = entries.as_slice() else { panic!("{operation} left {entries:?}: {}", answer.text()) };
            assert_eq!(*told, format!("{what} for {} case R8-000123 in {file}{found}", client.affair), "{operation}");
            assert_eq!((kind.as_str(), by.as_str()), ("lookup", *role));
            assert!(!matches!(answer.status.as_u16(), 400..=403 | 422 | 500..), "{operation}: {}", answer.text());
            // Without an affair, without a case, with a case that may be a personal number: refused, and in the chain.
            for (affair, case) in [("", "R8-000123"), (client.affair, ""), (client.affair, "123456789018"), ("tax", "R8-000123")] {
                let mut asking = client.clone();
                (asking.affair, asking.case) = (affair, case.to_owned());
                let (answer, entries) = left(&asking, served, body).await;
                assert_eq!(answer.code(), "no-purpose", "{operation}: {}", answer.text());
                let [(_, by, told)] = entries.as_slice() else { panic!("{operation} left {entries:?}") };
                assert!(by == role && told.starts_with(&format!("{what} for no stated purpose in {file}")), "{told}");
                assert!(told.ends_with(", refused: no-purpose") && !told.contains("123456789018"), "{told}");
            }
            // Under the affair of another department: refused, and in the chain with what was stated.
            client.affair = if ["receipts", "collection"].contains(role) { "benefits" } else { "collection" };
            let (answer, entries) = left(&client, served, body).await;
            assert_eq!(answer.code(), "forbidden", "{operation}: {}", answer.text());
            let [(_, _, told)] = entries.as_slice() else { panic!("{operation} left {entries:?}") };
            assert!(
                told.starts_with(&format!("{what} for {} case R8-000123 in ", client.affair)) && told.ends_with(", refused: forbidden"),
                "{told}"
            );
        }
        // A search by personal number asks for more than a search, and its refusal stands there too.
        let clerk = hall.client(&service, "assessment").await;
        let search = routes.iter().find(|served| served.operation == "people_search").unwrap();
        let (answer, entries) = left(&clerk, search, &json!({ "number": "123456789018" })).await;
        assert_eq!(answer.code(), "forbidden");
        let told: Vec<&str> = entries.iter().map(|(_, _, told)| told.as_str()).collect();
        assert_eq!(told, ["number.read for assessment case R8-000123 in insured, refused: forbidden"]);
    }
}
