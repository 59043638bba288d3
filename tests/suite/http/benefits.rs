//! Benefits over HTTP: a stay of a million yen is held until it is applied for, then decided, posted and shown; each role sees its own.

use super::{made, shown};
use jorei_domain::calendar::Date;
use jorei_domain::id::PersonId;
use jorei_domain::record::Kind;
use jorei_service::claims::apply;
use jorei_service::claims::forms::{Head, Said, write};
use jorei_service::demo_city::claims::{Patient, patients};
use jorei_store::facts::Assertion;
use jorei_store::medical_claims::{ClaimLine, ClaimStatus};
use jorei_tests::city_hall::{CityHall, Client, Database};
use reqwest::StatusCode;
use serde_json::json;

const MONTH: Date = Date::new(2025, 9, 1);
const TODAY: Date = Date::new(2026, 6, 1);
/// Of nobody here.
const STRANGER: PersonId = PersonId(7_654_321);

/// A stay that cost a million yen, of which three tenths were paid.
fn stay(number: &str, person: PersonId, birth: Date) -> Said {
    let claim = ClaimLine {
        ordinal: 0,
        set: 0,
        part: 0,
        line: 0,
        claim: number.into(),
        status: ClaimStatus::Original,
        person,
        month: MONTH,
        setting: 1,
        service: 0,
        institution: 9_920_000_011,
        prescriber: None,
        days: 12,
        points: 100_000,
        cost_yen: 1_000_000,
        share_percent: 30,
        own_yen: 300_000,
        in_kind_yen: 0,
        in_kind_counts: false,
        category: String::new(),
        specified_disease: false,
        third_party: false,
        aid_code: None,
        stay: None,
        finding: None,
    };
    Said { birth, claim }
}

/// Somebody under 70 who was insured all year, with the household and everybody in it.
async fn somebody(hall: &CityHall, clerk: &Client) -> (i64, Patient, Vec<PersonId>) {
    let as_of = hall.store.latest_knowledge(hall.municipality).await.unwrap();
    let known = patients(&hall.store, hall.municipality, 1, as_of).await.unwrap();
    for household in 1..=4 {
        let members = shown(clerk, &format!("/households/{household}")).await["members"].clone();
        let members: Vec<PersonId> =
            members.as_array().unwrap().iter().map(|member| PersonId(member["person"].as_i64().unwrap())).collect();
        let fits = |patient: &&Patient| {
            members.contains(&patient.person) && patient.insured.in_month(MONTH) && patient.birth.reaches(70) > Date::new(2026, 1, 1)
        };
        if let Some(patient) = known.iter().find(fits) {
            return (household, patient.clone(), members);
        }
    }
    panic!("nobody under 70 is insured")
}

async fn a_stay_is_applied_for_decided_and_shown(database: Database) {
    let hall = CityHall::new(database, 4).await;
    hall.add_the_benefit_slots().await;
    let service = hall.serve().await;
    let clerk = hall.client(&service, "benefits").await;
    let (household, patient, members) = somebody(&hall, &clerk).await;
    // An income of three million yen among them: category ウ (above 2.1, up to 6 million after the deduction of 430,000).
    let tax = |(at, person): (usize, &PersonId)| Assertion {
        person: *person,
        kind: Kind::ResidentTaxes,
        item: 0,
        from: Date::new(2024, 1, 1),
        until: Date::new(2025, 1, 1),
        household: None,
        values: Some(if at == 0 { vec![0, 0, 2_000_000, 3_000_000, 3_000_000, 0, 3_000_000] } else { vec![0, 1, 0, 0, 0, 0, 0] }),
        source: "住民税課税台帳".into(),
    };
    let taxes: Vec<Assertion> = members.iter().enumerate().map(tax).collect();
    hall.store.assert_facts(hall.municipality, TODAY, &taxes, &hall.stamp()).await.unwrap();
    let lines = [stay("A-1", patient.person, patient.birth), stay("A-2", STRANGER, patient.birth)];
    let head = Head {
        municipality: hall.municipality,
        serial: 1,
        month: Date::new(2025, 11, 1),
        part: 1,
        parts: 1,
        lines: 2,
        cost_yen: 2_000_000,
        own_yen: 600_000,
    };
    let files = [("00001.csv".to_owned(), write(&head, &lines).into_bytes())];
    apply(&hall.store, hall.municipality, &files, TODAY, &hall.stamp(), |_| {}).await.unwrap();
    let sets = shown(&clerk, "/claims/sets").await;
    assert_eq!((&sets["items"][0]["serial"], &sets["items"][0]["cost_yen"]), (&json!(1), &json!(2_000_000)), "{sets:#}");
    let found = shown(&clerk, "/claims/findings").await;
    assert_eq!((found["items"].as_array().unwrap().len(), &found["items"][0]["finding"]), (1, &json!("unknown_person")), "{found:#}");

    // The limit of ウ: 80,100 + (1,000,000 - 267,000) x 1% = 87,430; nobody has applied, so nothing is posted.
    let path = |rest: &str| format!("/households/{household}/benefits{rest}");
    let case = |on: &str| json!({ "slot": "high_cost", "case": "2025-09-01", "decided_on": on });
    let held = made(&clerk, &path("/decisions"), &case("2025-12-01")).await;
    assert_eq!((&held["benefit_yen"], &held["posted"]), (&json!(300_000 - 87_430), &json!([])), "{held:#}");
    assert!(held["held_ja"][0].is_string(), "{held:#}");
    let waits = shown(&clerk, "/benefits/candidates?month=2025-09").await;
    assert_eq!((&waits["items"][0]["household"], &waits["items"][0]["yen"]), (&json!(household), &json!(212_570)), "{waits:#}");
    assert_eq!(clerk.get("/benefits/candidates?month=2025-13").await.code(), "invalid");

    let application = |person: i64| json!({ "benefit": "high_cost", "day": "2025-09-20", "person": person, "document": "申請書 R7-12", "on": "2025-12-02" });
    let nobody = clerk.post(&path("/applications"), &application(918_273_645_546)).await;
    assert!(nobody.code() == "invalid" && !nobody.text().contains("918273645546"), "{}", nobody.text());
    let received = made(&clerk, &path("/applications"), &application(patient.person.0)).await;
    assert_eq!(received["state_ja"], "受付", "{received:#}");
    let again = made(&clerk, &path("/applications"), &application(patient.person.0)).await;
    assert_eq!(again["application"], received["application"], "the same one again is the same");
    let events = format!("/benefits/applications/{}/events", received["application"]);
    assert_eq!(clerk.post(&events, &json!({ "event": "returned" })).await.code(), "invalid", "a reason is missing");
    assert_eq!(clerk.post("/benefits/applications/99/events", &json!({ "event": "completed" })).await.code(), "not-found");
    let completed = made(&clerk, &events, &json!({ "event": "completed", "on": "2025-12-03" })).await;
    assert_eq!(completed["state_ja"], "審査中（書類完備）", "{completed:#}");

    let decided = made(&clerk, &path("/decisions"), &case("2025-12-04")).await;
    let posted = &decided["posted"][0];
    assert_eq!(
        (&decided["held_ja"], &posted["due_yen"], &posted["order_yen"]),
        (&json!([]), &json!(212_570), &json!(212_570)),
        "{decided:#}"
    );
    let twice = made(&clerk, &path("/decisions"), &case("2025-12-04")).await;
    assert_eq!((&twice["decision"], &twice["new"], &twice["posted"]), (&decided["decision"], &json!(false), &json!([])), "{twice:#}");
    let known = shown(&clerk, &path("")).await;
    assert_eq!((&known["dues"][0]["due_yen"], &known["dues"][0]["order"]), (&json!(212_570), &posted["order"]), "{known:#}");
    assert_eq!(known["applications"][0]["state_ja"], "決定（未通知）", "{known:#}");
    assert_eq!(shown(&clerk, "/benefits/applications").await["items"], known["applications"]);
    assert_eq!(shown(&clerk, "/benefits/candidates?month=2025-09").await["items"], json!([]));

    for other in ["receipts", "assessment", "collection"] {
        let other = hall.client(&service, other).await;
        for closed in [path(""), "/benefits/applications".into(), "/claims/sets".into(), "/claims/findings".into()] {
            let answer = other.get(&closed).await;
            assert_eq!((answer.status, answer.code().as_str()), (StatusCode::FORBIDDEN, "forbidden"), "{closed}");
        }
    }
    assert_eq!(hall.findings().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stay_is_applied_for_decided_and_shown_on_sqlite() {
    a_stay_is_applied_for_decided_and_shown(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stay_is_applied_for_decided_and_shown_on_postgresql() {
    a_stay_is_applied_for_decided_and_shown(Database::Postgres).await;
}
