//! A year of an office over HTTP: assessed, billed, an application, decided again, shown; what waits is settled, and an
//! import goes in and out again.

use super::{done, shown};
use jorei_tests::city_hall::{CityHall, Database, Service, YEAR, base64};
use reqwest::StatusCode;
use serde_json::{Value, json};

/// Yen of the instalments due on a day or later.
fn due_from(schedule: &Value, day: &str) -> i64 {
    let instalments = schedule["instalments"].as_array().unwrap().iter();
    instalments.filter(|row| row["due"].as_str().unwrap() >= day).map(|row| row["amount_yen"].as_i64().unwrap()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_is_billed_an_application_takes_off_what_is_open_and_what_waits_is_settled() {
    let hall = CityHall::new(Database::Sqlite, 6).await;
    hall.add_the_other_slots().await;
    let service = hall.serve().await;
    let clerk = hall.client(&service, "assessment").await;
    // An exemption asks for incomes, and some of the city's are known as revenues alone.
    let household = 1;
    let members = shown(&clerk, &format!("/households/{household}")).await["members"].clone();
    for (at, member) in members.as_array().unwrap().iter().enumerate() {
        let columns = json!({ "year": YEAR - 1, "state": "known", "other_yen": if at == 0 { 3_000_000 } else { 0 } });
        let body = json!({ "kind": "incomes", "columns": columns, "source": "確定申告" });
        let entered = clerk.post(&format!("/people/{}/facts", member["person"]), &body).await;
        assert_eq!(entered.status, StatusCode::CREATED, "{}", entered.text());
    }
    done(&clerk, "/assessments", &json!({ "year": YEAR, "on": "2025-06-13" })).await;
    done(&clerk, "/instalments", &json!({ "year": YEAR, "on": "2025-06-13" })).await;
    let before = shown(&clerk, &format!("/households/{household}/instalments?year={YEAR}")).await;
    assert!(due_from(&before, "2025-09-20") > 0, "{before:#}");
    assert_eq!(before["schedule"]["billed_yen"].as_i64().unwrap(), due_from(&before, "2025-04-01"), "{before:#}");
    let owed: i64 = before["obligors"].as_array().unwrap().iter().map(|obligor| obligor["amount_yen"].as_i64().unwrap()).sum();
    assert_eq!(owed, before["schedule"]["premium_yen"].as_i64().unwrap(), "the obligors owe the premium: {before:#}");
    let head = shown(&clerk, &format!("/households/{household}/addressee?on=2025-09-20")).await["person"].as_i64().unwrap();

    // The home is lost to more than half: all that is open is exempted (docs: relief 3 of the ordinance).
    let columns = json!({ "on": "2025-09-20", "fiscal_year": YEAR, "relief_code": 3, "certified": true, "cause_on": "2025-09-01",
        "loss_yen": 6_000_000, "normal_yen": 10_000_000, "insured_yen": 0 });
    let entered =
        clerk.post(&format!("/people/{head}/facts"), &json!({ "kind": "applications", "columns": columns, "source": "減免申請書" })).await;
    assert_eq!(entered.status, StatusCode::CREATED, "{}", entered.text());
    let tried = done(&clerk, "/reassessments", &json!({ "year": YEAR, "on": "2025-10-01", "dry_run": true })).await;
    let exemption = format!("/households/{household}/exemption?year={YEAR}");
    assert_eq!((&tried["dry_run"], &shown(&clerk, &exemption).await["decision"]), (&json!(true), &json!(null)), "nothing was kept");
    let report = done(&clerk, "/reassessments", &json!({ "year": YEAR, "on": "2025-10-01" })).await;
    assert!(!report.to_string().contains("\"household\""), "sums alone: {report:#}");
    let exempted = shown(&clerk, &exemption).await;
    assert_eq!((&exempted["known_applications"], &exempted["applications"][0]["person"]), (&json!(1), &json!(head)), "{exempted:#}");
    assert_eq!(exempted["exempted_yen"].as_i64().unwrap(), due_from(&before, "2025-09-20"), "all that was open: {exempted:#}");
    let after = shown(&clerk, &format!("/households/{household}/instalments?year={YEAR}")).await;
    assert_eq!(due_from(&after, "2025-09-20"), 0, "{after:#}");
    let year = shown(&clerk, &format!("/households/{household}/year?year={YEAR}")).await;
    let slots: Vec<&str> = year["decisions"].as_array().unwrap().iter().map(|row| row["slot"].as_str().unwrap()).collect();
    assert_eq!(slots, ["premium", "instalment", "exemption", "instalment"], "{year:#}");
    // Whoever collects sees what is billed, and not why something is exempted.
    let collector = hall.client(&service, "collection").await;
    assert_eq!(collector.get(&format!("/households/{household}/instalments?year={YEAR}")).await.status, StatusCode::OK);
    assert_eq!(collector.get(&exemption).await.code(), "forbidden");

    // The ordinance's relief is assumed, so the exemption waits.
    let waiting = format!("/queue?year={YEAR}&slot=exemption&household={household}");
    let item = shown(&clerk, &waiting).await["items"][0].clone();
    assert_eq!((&item["waiting"], &item["slot"]), (&json!("provisional"), &json!("exemption")), "{item:#}");
    let groups = shown(&clerk, &format!("/queue/groups?year={YEAR}&slot=exemption")).await;
    assert_eq!(groups["items"][0]["cases"], 1, "{groups:#}");
    let settle = json!({ "household": household, "year": YEAR, "slot": "exemption", "matter": item["matter"], "way": "kept_as_is",
        "reason": "条例の運用を課内で確認済み" });
    let settled = clerk.post("/queue/settlements", &settle).await;
    assert_eq!(settled.status, StatusCode::CREATED, "{}", settled.text());
    assert_eq!(shown(&clerk, &waiting).await["items"], json!([]));
    assert_eq!(clerk.post("/queue/settlements", &settle).await.code(), "not-found");
    assert_eq!(hall.findings().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_is_tried_applied_and_withdrawn_by_two_people() {
    let hall = CityHall::new(Database::Sqlite, 3).await;
    let service: Service = hall.serve().await;
    let (maker, checker) = (hall.client(&service, "qualification").await, hall.client(&service, "qualification-2").await);
    let person = shown(&maker, "/households/3").await["members"][0]["person"].as_i64().unwrap();
    let stays =
        |household: &str| format!("宛名番号,世帯番号,開始日,終了日（この日を含まない）,世帯主\n{person},{household},2026-05-01,,1\n");
    let set = |lines: &str, dry_run| json!({ "files": [{ "name": "転居.csv", "form": "membership", "content_base64": base64(lines) }], "dry_run": dry_run });
    let wrong = maker.post("/imports", &set(&stays("山田"), false)).await;
    let detail = wrong.json()["detail"].as_str().unwrap().to_owned();
    assert!(wrong.code() == "invalid" && detail.contains("1番目のファイル 2行 2列「世帯番号」"), "{detail}");
    assert!(!wrong.text().contains("山田") && !wrong.text().contains("転居"), "{}", wrong.text());
    // An income is of another task's file, even to try.
    let incomes = json!({ "files": [{ "name": "a.csv", "form": "incomes", "content_base64": base64("宛名番号\n1\n") }], "dry_run": true });
    assert_eq!(maker.post("/imports", &incomes).await.code(), "forbidden");
    let tried = maker.post("/imports", &set(&stays("90"), true)).await;
    assert_eq!(
        (tried.status, &tried.json()["knowledge"], &tried.json()["persons"]),
        (StatusCode::OK, &json!(null), &json!(1)),
        "{}",
        tried.text()
    );
    assert_eq!(maker.get("/households/90").await.code(), "not-found");
    // With a control file, as a folder has it.
    let control = "ファイル,様式,件数\n転居.csv,membership,1\n";
    let folder = json!({ "files": [{ "name": "一覧.csv", "content_base64": base64(control) }, { "name": "転居.csv", "content_base64": base64(&stays("90")) }] });
    let applied = maker.post("/imports", &folder).await;
    assert_eq!(applied.status, StatusCode::CREATED, "{}", applied.text());
    let import = applied.json()["knowledge"].as_i64().unwrap();
    assert_eq!(shown(&maker, "/households/90").await["members"][0]["person"], person);
    assert_eq!(maker.post("/imports", &set(&stays("90"), false)).await.code(), "not-allowed-now", "the same set again");
    assert_eq!(shown(&maker, "/imports").await["items"][0]["knowledge"], import);

    let prepared = maker.post(&format!("/imports/{import}/withdrawal"), &json!({ "reason": "別の月の異動" })).await;
    assert_eq!(prepared.status, StatusCode::CREATED, "{}", prepared.text());
    assert!(prepared.json()["shown"].as_str().unwrap().contains("対象者 1人"), "{}", prepared.text());
    let act = prepared.json()["act"].as_str().unwrap().to_owned();
    let made = maker.post("/acts", &json!({ "act": act, "signature": hall.signature("qualification", "make", &act) })).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    assert_eq!(shown(&maker, "/households/90").await["members"][0]["person"], person, "one person withdraws nothing");
    let own = json!({ "verdict": "approve", "signature": hall.signature("qualification", "approve", &act) });
    assert_eq!(maker.post(&format!("/acts/{act}/signatures"), &own).await.code(), "own-act");
    let other = json!({ "verdict": "approve", "signature": hall.signature("qualification-2", "approve", &act) });
    let signed = checker.post(&format!("/acts/{act}/signatures"), &other).await;
    assert_eq!(signed.json()["in_effect"], true, "{}", signed.text());
    assert_eq!(maker.get("/households/90").await.code(), "not-found");
    assert!(shown(&maker, "/imports").await["items"][0]["withdrawn_by"].as_i64().unwrap() > import);
    assert_eq!(maker.post(&format!("/imports/{import}/withdrawal"), &json!({ "reason": "再度" })).await.code(), "not-allowed-now");
    assert_eq!(hall.findings().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_is_shown_to_the_departments_whose_tasks_read_its_file() {
    let hall = CityHall::new(Database::Sqlite, 4).await;
    let service = hall.serve().await;
    let clerk = hall.client(&service, "assessment").await;
    done(&clerk, "/assessments", &json!({ "year": YEAR })).await;
    // Page after page, each household once.
    let (mut households, mut after) = (Vec::new(), String::new());
    loop {
        let page = shown(&clerk, &format!("/masters/household-assessment?year={YEAR}&limit=2{after}")).await;
        assert_eq!((&page["file_ja"], &page["columns"][0]), (&json!("賦課マスタ"), &json!("世帯番号")));
        households.extend(page["lines"].as_array().unwrap().iter().map(|line| line[0].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(households, ["1", "2", "3", "4"]);
    let desk = hall.client(&service, "qualification").await;
    assert_eq!(desk.get(&format!("/masters/household-assessment?year={YEAR}")).await.code(), "forbidden");
    assert!(!shown(&desk, "/masters/insured").await["lines"].as_array().unwrap().is_empty());
    assert_eq!(desk.get("/masters/retired").await.status, StatusCode::OK);
    // Nobody owes anything by this ledger; whoever may not ask is not told so much.
    let collector = hall.client(&service, "collection").await;
    let arrears = shown(&collector, "/masters/arrears").await;
    assert_eq!((&arrears["file_ja"], &arrears["lines"]), (&json!("滞納整理マスタ"), &json!([])));
    assert_eq!(clerk.get("/masters/arrears").await.code(), "forbidden");
}
