//! Every case of the premium once more, through dated facts: what a case file states is asserted in a store, read back as
//! the household's case, and decided. Months, ages and losses are counted from registers, not only from files.

use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::id::{HouseholdId, Municipality, PersonId};
use jorei_domain::record::{Fact, Kind, Period};
use jorei_domain::slot::Slot;
use jorei_domain::table::ABSENT;
use jorei_engine::{Cases, Grant, Question, Rule};
use jorei_package::cases::{Case, differences};
use jorei_service::answer::{Answered, answer};
use jorei_service::case_file;
use jorei_service::ordinance::Ordinance;
use jorei_service::words::Words;
use jorei_store::Store;
use jorei_store::facts::Assertion;
use jorei_tests::built;
use jorei_tests::office::{TODAY, now};
use jorei_tests::{postgresql, runtime, sqlite};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

fn day(packed: i64) -> Date {
    Date::from_packed(packed).unwrap()
}

/// A fact of a case file as the office would have learnt it.
fn assertion(fact: &Fact, item: i64, person: PersonId, household: HouseholdId) -> Assertion {
    let columns = fact.kind.period_columns().len();
    let (from, until) = match fact.kind.period() {
        Period::Always => (Date::MIN, Date::MAX),
        Period::Event => (day(fact.values[0]), Date::MAX),
        Period::Span => (day(fact.values[0]), if fact.values[1] == ABSENT { Date::MAX } else { day(fact.values[1]) }),
        Period::Year => {
            let month = if fact.kind == Kind::Incomes { 1 } else { 4 };
            let year = i32::try_from(fact.values[0]).unwrap();
            (Date::new(year, month, 1), Date::new(year + 1, month, 1))
        }
    };
    let mut values = fact.values[columns..].to_vec();
    values.resize(fact.kind.fields().len(), ABSENT);
    let household = (fact.kind == Kind::Membership).then_some(household);
    Assertion { person, kind: fact.kind, item, from, until, household, values: Some(values), source: "住民記録".into() }
}

/// One case of the premium's folder: its household in the store, and what it must come to.
struct Asked {
    name: String,
    household: HouseholdId,
    on: Date,
    ordinance: String,
    expect: serde_json::Map<String, Value>,
    assertions: Vec<Assertion>,
}

fn asked() -> Vec<Asked> {
    let folder = built::repository().join("plugins/premium/cases");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut all = Vec::new();
    for (number, file) in (1_i64..).zip(files) {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let case = Case::from_toml(&name, &std::fs::read_to_string(&file).unwrap()).unwrap();
        let read = case_file::read(&case.case).unwrap().case;
        let household = HouseholdId(number);
        let mut assertions = Vec::new();
        for (ordinal, person) in (0_i64..).zip(read.persons()) {
            let mut items: HashMap<Kind, i64> = HashMap::new();
            for fact in &person.facts {
                let item = items.entry(fact.kind).or_insert(0);
                assertions.push(assertion(
                    fact,
                    if fact.kind.is_single() { 0 } else { *item },
                    PersonId(number * 100 + ordinal),
                    household,
                ));
                *item += 1;
            }
        }
        all.push(Asked { name, household, on: read.on, ordinance: case.ordinance, expect: case.expect, assertions });
    }
    all
}

async fn each_case_comes_out_as_published(store: &Store) {
    let office = Municipality::parse("012041").unwrap();
    let rule = Rule::load(&runtime(), &std::fs::read(built::rule("premium")).unwrap(), &Grant::world()).unwrap();
    let words = Words::of(rule.about());
    let (mut wrong, mut tried) = (Vec::new(), 0);
    for asked in asked() {
        store.assert_facts(office, TODAY, &asked.assertions, &now().stamp("test")).await.unwrap();
        let as_of = store.latest_knowledge(office).await.unwrap();
        let stored = store.case(office, Slot::Premium, asked.household, asked.on, as_of).await.unwrap();
        let Some(stored) = stored else {
            wrong.push(format!("{}: nobody lives there", asked.name));
            continue;
        };
        let ordinance = built::repository().join("plugins/premium/ordinances").join(&asked.ordinance);
        let settings = Ordinance::check(&rule, &std::fs::read_to_string(ordinance).unwrap()).unwrap().settings;
        let run = rule.decide(&Question { on: asked.on, settings: Arc::new(settings) }, Cases(vec![stored.case])).unwrap();
        let told = answer(&Answered { outcome: &run.outcome, trace: &run.trace, words: &words, with_trace: false });
        let found = differences(&Value::Object(told), &asked.expect);
        wrong.extend(found.iter().map(|difference| format!("{}: {difference}", asked.name)));
        tried += 1;
    }
    assert!(wrong.is_empty(), "{} of {tried} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert!(tried > 80, "{tried} cases");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_case_file_states_comes_out_the_same_from_dated_facts_on_sqlite() {
    let (store, _folder) = sqlite().await;
    each_case_comes_out_as_published(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_case_file_states_comes_out_the_same_from_dated_facts_on_postgresql() {
    each_case_comes_out_as_published(&postgresql().await).await;
}

#[test]
fn the_fiscal_years_of_the_cases_are_those_of_their_dates() {
    assert!(asked().iter().all(|asked| FiscalYear::of(asked.on).first_day() == asked.on));
}
