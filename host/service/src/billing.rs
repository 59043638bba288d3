//! From decisions to what the next slot rests on: the year's assessments in their order, the premium as facts, the
//! instalments as facts.
//!
//! Everything here is a function of recorded decisions, so that the same history gives the same facts. Absent here: what
//! may still be assessed, and when anything is due; the rules of the other slots say that.

use crate::exemptions::{resolve, state, told};
use crate::language::Language;
use crate::words::Words;
use jorei_domain::calendar::{Date, FiscalYear, Months};
use jorei_domain::decision::{Decision, Outcome};
use jorei_domain::id::PersonId;
use jorei_domain::record::{ASSESSMENT_ACTS, COLLECTIONS, Case, END_CAUSES, Fact, Kind, PARTS, Person};
use jorei_domain::table::{ABSENT, Table, Values};
use jorei_store::decisions::StoredDecision;
use jorei_store::facts::StoredCase;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// One assessment of the year (賦課): what was decided, on which day, and what it came to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Assessment {
    /// The day it was decided.
    pub on: Date,
    /// What it was: a word of [`ASSESSMENT_ACTS`].
    pub act: &'static str,
    /// The annual premium before exemptions, in whole yen.
    pub total_yen: i64,
    /// What exemptions take off it, in whole yen.
    pub exempted_yen: i64,
    /// Instalments due on this day or later can change.
    pub open_from: Date,
    /// A reduction because employees' insurance was found late (Act art. 110-2 para. 2).
    pub loss_found_late: bool,
    /// Rests on something unconfirmed.
    pub provisional: bool,
    /// The day from which a liability that began after 1 April could be charged.
    pub liable_from: Option<Date>,
    /// The decision, for the evidence.
    pub source: String,
}

/// The year's assessments from its decisions of premium and exemption, each in the order of versions.
///
/// They are merged by the day they count from, then by what was known, the premium first. No assessment are: refusals
/// and failures; a provisional decision that a final one follows, for it was never notified; what changes no amount, unless
/// the heads or their stays or qualifications have changed, for who owes it and how it is collected follow from them; an
/// exemption while reliefs are in conflict. No row takes off more than its premium, whatever was granted.
pub fn assessments(premiums: &[StoredDecision], exemptions: &[StoredDecision], year: FiscalYear) -> Vec<Assessment> {
    let mut events: Vec<(Date, i64, u8, usize, &StoredDecision)> = Vec::new();
    for (slot, history) in [(0, premiums), (1, exemptions)] {
        let last_final = history.iter().rposition(|stored| matches!(stored.decision.outcome, Outcome::Decided { provisional: false, .. }));
        for (at, stored) in history.iter().enumerate() {
            let counts = match stored.decision.outcome {
                Outcome::Decided { provisional, .. } => !provisional || last_final.is_none_or(|last| at > last),
                _ => false,
            };
            if counts {
                events.push((stored.decided_on, stored.knowledge.0, slot, at, stored));
            }
        }
    }
    events.sort_by_key(|(on, knowledge, slot, at, _)| (*on, *knowledge, *slot, *at));
    let mut found: Vec<Assessment> = Vec::new();
    let (mut before, mut granted_yen, mut granted): (Option<&StoredDecision>, i64, BTreeSet<(Date, i64)>) = (None, 0, BTreeSet::new());
    for (on, _, slot, _, stored) in events {
        let outcome = &stored.decision.outcome;
        let last = found.last();
        let (next, new_heads) = if slot == 0 {
            let Some(total_yen) = outcome.figure("premium", "total_yen") else { continue };
            let liable_from = liable_from(&stored.decision, year);
            let act = match last {
                _ if on >= year.end() => "past_year",
                None if liable_from.is_some() => "additional",
                None => "initial",
                Some(_) => "correction",
            };
            let falls = last.is_some_and(|last| total_yen < last.total_yen);
            let new_heads = before.is_some_and(|before| heads(&before.decision) != heads(&stored.decision));
            let loss_found_late = falls && before.is_some_and(|before| only_a_loss_is_new(&before.decision, &stored.decision));
            before = Some(stored);
            let provisional = outcome.word() == "provisional";
            let source = format!("賦課決定 {}", stored.id);
            // What was granted stands; a premium below it leaves no more to take off.
            let exempted_yen = granted_yen.min(total_yen);
            let next = Assessment { on, act, total_yen, exempted_yen, open_from: on, loss_found_late, provisional, liable_from, source };
            (next, new_heads)
        } else {
            // Without a premium there is nothing to take off.
            let (Some(last), Some(resolution)) = (last, resolve(outcome)) else { continue };
            let Some(now) = resolution.exempted_yen() else { continue };
            granted_yen = now;
            // It may rest on another premium of that day than the one that stands before it in this order.
            let exempted_yen = now.min(last.total_yen);
            let winners: BTreeSet<(Date, i64)> =
                resolution.granted.iter().map(|granted| (granted.provision.applied_on, granted.provision.relief_code)).collect();
            // An application reaches back to its own day; an amount that follows from a correction does not.
            let open_from = winners.difference(&granted).map(|(applied_on, _)| *applied_on).min().unwrap_or(on).min(on);
            granted = winners;
            let provisional = last.provisional || outcome.word() == "provisional";
            let source = format!("減免決定 {}", stored.id);
            let next =
                Assessment { on, act: "exemption", exempted_yen, open_from, loss_found_late: false, provisional, source, ..last.clone() };
            (next, false)
        };
        let same = |last: &Assessment| {
            (last.total_yen, last.exempted_yen, last.provisional) == (next.total_yen, next.exempted_yen, next.provisional)
        };
        if new_heads || !found.last().is_some_and(same) {
            found.push(next);
        }
    }
    found
}

/// The same as facts of the household.
pub fn assessment_facts(assessments: &[Assessment]) -> Vec<Fact> {
    let fact = |(number, assessment): (i64, &Assessment)| {
        let act = ASSESSMENT_ACTS.iter().position(|word| *word == assessment.act).unwrap_or_default();
        let values = vec![
            assessment.on.packed(),
            number,
            code(act),
            assessment.total_yen,
            assessment.exempted_yen,
            assessment.open_from.packed(),
            i64::from(assessment.loss_found_late),
            i64::from(assessment.provisional),
            assessment.liable_from.map_or(ABSENT, Date::packed),
        ];
        Fact { kind: Kind::Assessments, values, source: assessment.source.clone() }
    };
    (1..).zip(assessments).map(fact).collect()
}

/// The day from which a liability that began after 1 April could be charged: the earliest joining in the first month
/// charged, or that month's first day. None where it began with the year, or nobody is charged.
fn liable_from(decision: &Decision, year: FiscalYear) -> Option<Date> {
    let months = table(decision, "persons")?.integers("insured_months")?.iter();
    let months = months.fold(Months::NONE, |all, bits| all.or(Months::from_bits(u16::try_from(*bits).unwrap_or(0))));
    // Counted from April, which is 0.
    let month = months.first().filter(|month| *month > 0)?;
    let (calendar_year, calendar_month) = if month < 9 { (year.year(), month + 4) } else { (year.year() + 1, month - 8) };
    let first = Date::new(calendar_year, calendar_month, 1);
    let begins = ["qualification", "membership"].into_iter().filter_map(|kind| {
        let given = decision.evidence.given.iter().find(|given| given.kind == kind)?;
        given
            .table
            .integers("from")?
            .iter()
            .filter_map(|from| Date::from_packed(*from).ok())
            .filter(|from| year.month_of(*from) == month)
            .min()
    });
    Some(begins.min().unwrap_or(first))
}

/// Are the only facts that a decision rests on and the one before did not, that persons lost their qualification for
/// employees' insurance? Persons are not compared by their ordinals, which follow from their facts.
fn only_a_loss_is_new(before: &Decision, now: &Decision) -> bool {
    let employees = END_CAUSES.iter().position(|word| *word == "employees_insurance").map_or(ABSENT, code);
    let mut lost = false;
    for given in &now.evidence.given {
        let then = before.evidence.given.iter().find(|then| then.kind == given.kind);
        let (mut rows_then, mut rows_now) = (then.map(|then| rows(&then.table)).unwrap_or_default(), rows(&given.table));
        rows_now.retain(|row| match rows_then.iter().position(|then| then == row) {
            Some(at) => {
                rows_then.swap_remove(at);
                false
            }
            None => true,
        });
        let Some(cause) = given.table.columns.iter().filter(|column| column.name != "person").position(|column| column.name == "ended_by")
        else {
            if !(rows_now.is_empty() && rows_then.is_empty()) {
                return false;
            }
            continue;
        };
        // Each new row takes the place of an old one: nothing else of the qualifications has changed.
        if rows_now.len() != rows_then.len() || rows_now.iter().any(|row| row[cause] != employees) {
            return false;
        }
        lost |= !rows_now.is_empty();
    }
    lost
}

/// What a decision rests on of the heads (世帯主): of each, by persons, the birth, the stays and the qualifications. Heads are
/// not told by their ordinals, which follow from facts.
fn heads(decision: &Decision) -> Vec<Vec<Vec<Vec<i64>>>> {
    let of = |kind: Kind| decision.evidence.given.iter().find(|given| given.kind == kind.name()).map(|given| &given.table);
    let Some(stays) = of(Kind::Membership) else { return Vec::new() };
    let (Some(persons), Some(head)) = (stays.integers("person"), stays.integers("head")) else { return Vec::new() };
    let ordinals: BTreeSet<i64> = persons.iter().zip(head).filter(|(_, head)| **head == 1).map(|(person, _)| *person).collect();
    let facts = |ordinal: &i64, kind: Kind| {
        let Some(table) = of(kind) else { return Vec::new() };
        let persons = table.integers("person").unwrap_or_default();
        let mut rows: Vec<Vec<i64>> =
            rows(table).into_iter().zip(persons).filter(|(_, person)| *person == ordinal).map(|(row, _)| row).collect();
        rows.sort_unstable();
        rows
    };
    let of_head = |ordinal: &i64| [Kind::Persons, Kind::Membership, Kind::Qualification].map(|kind| facts(ordinal, kind)).to_vec();
    let mut heads: Vec<_> = ordinals.iter().map(of_head).collect();
    heads.sort_unstable();
    heads
}

/// The rows of a table without the column `person`.
pub(crate) fn rows(table: &Table) -> Vec<Vec<i64>> {
    let columns = table.columns.iter().filter(|column| column.name != "person");
    let columns: Vec<&[i64]> = columns.filter_map(|column| table.integers(&column.name)).collect();
    (0..table.rows()).map(|row| columns.iter().map(|column| column[row]).collect()).collect()
}

/// The premium as it stands, as facts: those of the household, and those of each person.
pub fn premium_facts(
    stored: &StoredDecision,
    people: &[PersonId],
    year: FiscalYear,
    words: &Words,
) -> (Vec<Fact>, BTreeMap<PersonId, Fact>) {
    let (decision, year) = (&stored.decision, i64::from(year.year()));
    let figure = |column: &str| decision.outcome.figure("premium", column).unwrap_or(ABSENT);
    let source = format!("賦課決定 {}", stored.id);
    let provisional = i64::from(decision.outcome.word() == "provisional");
    let premium = vec![year, figure("total_yen"), figure("reduction_level"), figure("insured_persons"), provisional];
    let mut household = vec![Fact { kind: Kind::Premiums, values: premium, source: source.clone() }];
    let mut persons = BTreeMap::new();
    if let Some(parts) = table(decision, "parts") {
        let cell = |column: &str, row: usize| parts.integers(column).map_or(ABSENT, |values| values[row]);
        for row in 0..parts.rows() {
            let word = words.cell("parts", "part", cell("part", row));
            let Some(part) = PARTS.iter().position(|part| word == *part) else { continue };
            let per_capita = cell("per_capita_yen", row).saturating_add(cell("adult_per_capita_yen", row).max(0));
            let months = Months::from_bits(u16::try_from(cell("months", row)).unwrap_or(0)).count();
            let levies = [cell("income_levy_yen", row), per_capita, cell("per_household_yen", row), cell("over_cap_yen", row)];
            let values = [&[year, code(part)][..], &levies, &[cell("premium_yen", row), months]].concat();
            household.push(Fact { kind: Kind::PremiumParts, values, source: source.clone() });
        }
    }
    if let Some(table) = table(decision, "persons") {
        let column = |name: &str| table.integers(name).unwrap_or_default();
        let rows = column("person").iter().zip(column("insured_months")).zip(column("care_months")).zip(column("levy_base_yen"));
        for (((person, insured), care), base) in rows {
            let Some(id) = usize::try_from(*person).ok().and_then(|person| people.get(person)) else { continue };
            let fact = Fact { kind: Kind::PremiumPersons, values: vec![year, *insured, *care, *base], source: source.clone() };
            persons.insert(*id, fact);
        }
    }
    (household, persons)
}

/// The instalments of an outcome as facts of the household.
pub fn instalment_facts(outcome: &Outcome, words: &Words, source: &str) -> Vec<Fact> {
    let Outcome::Decided { results, .. } = outcome else { return Vec::new() };
    let Some(table) = results.iter().find(|result| result.name == "instalments").map(|result| &result.table) else { return Vec::new() };
    let column = |name: &str| table.integers(name).unwrap_or_default();
    let rows = column("due").iter().zip(column("number")).zip(column("collection")).zip(column("amount_yen"));
    let fact = |(((due, number), collection), amount): (((&i64, &i64), &i64), &i64)| {
        let word = words.cell("instalments", "collection", *collection);
        let collection = COLLECTIONS.iter().position(|collection| word == *collection)?;
        Some(Fact { kind: Kind::Instalments, values: vec![*due, *number, code(collection), *amount], source: source.to_owned() })
    };
    rows.filter_map(fact).collect()
}

/// Whether an assessment counts, as the instalment rule answers in its table `acts`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Verdict {
    /// timely, barred or excepted.
    pub standing: String,
    /// On or after this day nothing of the year may be assessed or corrected.
    pub limit_on: Option<Date>,
}

/// What an instalment rule's outcome says of the assessment of a number.
pub fn verdict(outcome: &Outcome, number: i64, words: &Words) -> Option<Verdict> {
    let Outcome::Decided { results, .. } = outcome else { return None };
    let table = &results.iter().find(|result| result.name == "acts")?.table;
    let row = table.integers("number")?.iter().position(|found| *found == number)?;
    let Value::String(standing) = words.cell("acts", "standing", table.integers("standing")?[row]) else { return None };
    let limit_on = table.integers("limit_on").and_then(|limits| Date::from_packed(limits[row]).ok());
    Some(Verdict { standing, limit_on })
}

/// A case with more facts of its persons and its household. Whoever is not in the case has no facts to add to.
pub fn enriched(stored: &StoredCase, mut persons: BTreeMap<PersonId, Fact>, household: Vec<Fact>) -> Case {
    let of_person = |(person, id): (&Person, &PersonId)| {
        let mut person = person.clone();
        person.facts.extend(persons.remove(id));
        (person, *id)
    };
    let people = stored.case.persons().iter().zip(&stored.people).map(of_person).collect();
    Case::of_people(stored.case.on, people).0.with_household(household)
}

/// The case of a household in which nobody lives any more as the office knows it now: the persons of the decision that
/// stands, with their birth dates and nothing else. None if the decision shows no persons.
pub fn withdrawn(stored: &StoredDecision, people: &[PersonId]) -> Option<StoredCase> {
    let given = stored.decision.evidence.given.iter().find(|given| given.kind == Kind::Persons.name())?;
    let rows = rows(&given.table);
    let persons = rows.into_iter().zip(&given.sources).enumerate().map(|(at, (values, source))| {
        let fact = Fact { kind: Kind::Persons, values, source: source.clone() };
        // Who they are matters for nothing that follows; without it, they keep their order.
        let id = people.get(at).copied().unwrap_or(PersonId(i64::try_from(at).unwrap_or(0)));
        (Person { facts: vec![fact] }, id)
    });
    let (case, people) = Case::of_people(stored.decision.on, persons.collect());
    let case = StoredCase { household: stored.decision.household, case, people, newest: stored.knowledge };
    (!case.people.is_empty()).then_some(case)
}

/// Does anybody of a case live in the household?
pub fn lives(case: &Case) -> bool {
    case.persons().iter().flat_map(|person| &person.facts).any(|fact| fact.kind == Kind::Membership)
}

/// A table of a decided outcome.
pub fn table<'d>(decision: &'d Decision, name: &str) -> Option<&'d Table> {
    match &decision.outcome {
        Outcome::Decided { results, .. } => results.iter().find(|result| result.name == name).map(|result| &result.table),
        _ => None,
    }
}

/// The texts or numbers of a table by row and column, with the words of the rule.
pub fn rows_shown(table: &Table, name: &str, words: &Words) -> Vec<BTreeMap<String, Value>> {
    let cell = |column: &jorei_domain::table::Column, row: usize| match &column.values {
        Values::Integers(values) => words.cell(name, &column.name, values[row]),
        Values::Texts(values) => values[row].as_str().into(),
    };
    (0..table.rows()).map(|row| table.columns.iter().map(|column| (column.name.to_string(), cell(column, row))).collect()).collect()
}

/// The instalments of a household and year for officials, with who owes them. `people` are the persons of the decision's
/// case by ordinal, see [`crate::reassessment::people_of`].
pub fn instalment_plan(stored: &StoredDecision, people: &[PersonId], words: &Words, year: FiscalYear) -> String {
    let mut text = format!("{}年度 期割\n", year.year());
    // Writing to a string cannot fail.
    let _ = write_plan(&mut text, stored, people, words);
    text
}

fn write_plan(text: &mut String, stored: &StoredDecision, people: &[PersonId], words: &Words) -> std::fmt::Result {
    writeln!(text, "  決定日 {}（第{}版、{}）", stored.decided_on, stored.version, state(&stored.status))?;
    match &stored.decision.outcome {
        Outcome::Refused(refusal) => return writeln!(text, "  計算不能: {}", words.sentence(refusal, Language::Japanese)),
        Outcome::Failed(failure) => return writeln!(text, "  ルールの障害: {}", failure.word()),
        Outcome::Decided { .. } => {}
    }
    let rows = |name: &str| table(&stored.decision, name).map(|table| rows_shown(table, name, words)).unwrap_or_default();
    let cell = |row: &BTreeMap<String, Value>, name: &str| row.get(name).map_or_else(String::new, told);
    for row in rows("schedule") {
        writeln!(text, "  年間保険料 {} 円、調定額 {} 円", cell(&row, "premium_yen"), cell(&row, "billed_yen"))?;
        if row.get("over_yen").and_then(Value::as_i64).unwrap_or(0) > 0 {
            writeln!(text, "  納期到来分が年間保険料を超える額 {} 円（還付・充当の対象）", cell(&row, "over_yen"))?;
        }
    }
    for row in rows("instalments") {
        let collection = match cell(&row, "collection").as_str() {
            "pension_deduction" => "特別徴収",
            "ordinary_collection" => "普通徴収",
            _ => "徴収方法不明",
        };
        let late = if cell(&row, "late") == "1" || row.get("late") == Some(&Value::Bool(true)) { "（随時期）" } else { "" };
        writeln!(text, "  {collection} 第{}期{late} 納期限 {} {} 円", cell(&row, "number"), cell(&row, "due"), cell(&row, "amount_yen"))?;
    }
    let calendar =
        |row: &BTreeMap<String, Value>, name: &str| row.get(name).and_then(Value::as_i64).map_or(0, |month| (month + 2) % 12 + 1);
    for row in rows("obligors") {
        let deceased = row.get("deceased").is_some_and(|value| *value == true || value.as_i64() == Some(1));
        let heirs = if deceased { "（死亡: 相続人が納付義務を承継）" } else { "" };
        let ordinal = row.get("person").and_then(Value::as_u64).unwrap_or(u64::MAX);
        let known = usize::try_from(ordinal).ok().and_then(|ordinal| people.get(ordinal));
        let person = known.map_or_else(|| "不明".to_owned(), |person| format!("宛名番号 {person}"));
        let (first, last) = (calendar(&row, "first_month"), calendar(&row, "last_month"));
        writeln!(text, "  納付義務者 {person}{heirs} {first}月〜{last}月分 {} 円", cell(&row, "amount_yen"))?;
    }
    for row in rows("acts") {
        let standing = match cell(&row, "standing").as_str() {
            "barred" => "期間制限により無効",
            "excepted" => "期間制限の例外（第110条の2第2項）",
            _ => continue,
        };
        writeln!(text, "  第{}回の賦課決定: {standing}、期限 {}", cell(&row, "number"), cell(&row, "limit_on"))?;
    }
    Ok(())
}

fn code(position: usize) -> i64 {
    i64::try_from(position).unwrap_or(ABSENT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jorei_domain::decision::{Evidence, Given, Refusal, Result as NamedTable};
    use jorei_domain::id::{Digest, HouseholdId, Knowledge, Municipality};
    use jorei_domain::table::Column;

    const YEAR: i32 = 2025;

    fn year() -> FiscalYear {
        FiscalYear::new(YEAR).unwrap()
    }

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    fn named(name: &str, columns: Vec<(&'static str, Vec<i64>)>) -> NamedTable {
        let rows = columns.first().map_or(0, |(_, values)| values.len());
        let column = |(name, values): (&'static str, Vec<i64>)| Column { name: name.into(), values: Values::Integers(values) };
        let table = Table { offsets: vec![0, u32::try_from(rows).unwrap()], columns: columns.into_iter().map(column).collect() };
        NamedTable { name: name.into(), table }
    }

    fn stored(slot: &str, on: &str, knowledge: i64, outcome: Outcome, evidence: Evidence) -> StoredDecision {
        let decision = Decision {
            municipality: Municipality::parse("012041").unwrap(),
            slot: slot.into(),
            household: HouseholdId(1),
            on: year().first_day(),
            revision: Digest::of(b"revision"),
            evidence,
            outcome,
            trace: Vec::new(),
            supersedes: None,
        };
        let status = decision.outcome.word().to_owned();
        let id = Digest::of(format!("{slot} {on} {knowledge}").as_bytes());
        let (knowledge, decided_on) = (Knowledge(knowledge), day(on));
        StoredDecision { decision, id, version: 1, knowledge, decided_on, fuel: 0, amount: None, recorded_at: String::new(), status }
    }

    fn owed(total: i64, provisional: bool, months: i64) -> Outcome {
        let results = vec![
            named("premium", vec![("total_yen", vec![total])]),
            named("persons", vec![("person", vec![0]), ("insured_months", vec![months])]),
        ];
        Outcome::Decided { provisional, results }
    }

    fn premium(on: &str, knowledge: i64, total: i64) -> StoredDecision {
        stored("premium", on, knowledge, owed(total, false, 0x0fff), Evidence::default())
    }

    /// An exemption of an amount that was applied for on a day.
    fn exemption(on: &str, knowledge: i64, yen: i64, applied_on: &str) -> StoredDecision {
        let applied = day(applied_on).packed();
        let provisions = [("relief_code", 1), ("row", 1), ("person", ABSENT), ("exclusion_group", 0), ("rank", 1), ("amount_yen", yen)];
        let mut columns: Vec<_> = provisions.map(|(name, value)| (name, vec![value])).to_vec();
        columns.push(("applied_on", vec![applied]));
        let results = vec![named("exemption", vec![("open_yen", vec![1_000_000])]), named("provisions", columns)];
        stored("exemption", on, knowledge, Outcome::Decided { provisional: false, results }, Evidence::default())
    }

    /// Day, act, total, exempted, open from.
    fn told(assessments: &[Assessment]) -> Vec<String> {
        let row = |one: &Assessment| format!("{} {} {}-{} {}", one.on, one.act, one.total_yen, one.exempted_yen, one.open_from);
        assessments.iter().map(row).collect()
    }

    #[test]
    fn decisions_of_both_slots_are_one_history_in_order_of_their_days() {
        let premiums = [premium("2025-06-13", 1, 300_000), premium("2025-09-01", 3, 400_000), premium("2026-04-01", 5, 100_000)];
        let exemptions = [exemption("2025-08-10", 2, 50_000, "2025-07-20"), exemption("2025-09-01", 3, 60_000, "2025-07-20")];
        let wanted = [
            "2025-06-13 initial 300000-0 2025-06-13",
            "2025-08-10 exemption 300000-50000 2025-07-20",
            "2025-09-01 correction 400000-50000 2025-09-01",
            // The same application: the amount follows from the correction, and reaches no further back.
            "2025-09-01 exemption 400000-60000 2025-09-01",
            "2026-04-01 past_year 100000-60000 2026-04-01",
        ];
        assert_eq!(told(&assessments(&premiums, &exemptions, year())), wanted);
    }

    #[test]
    fn no_assessment_takes_off_more_than_its_premium() {
        // A household that vanishes owes nothing; what was granted stands, should it come back.
        let premiums = [premium("2025-06-13", 1, 300_000), premium("2025-09-01", 3, 0), premium("2025-10-01", 4, 70_000)];
        let exemptions = [exemption("2025-08-10", 2, 50_000, "2025-07-20")];
        let wanted = [
            "2025-06-13 initial 300000-0 2025-06-13",
            "2025-08-10 exemption 300000-50000 2025-07-20",
            "2025-09-01 correction 0-0 2025-09-01",
            "2025-10-01 correction 70000-50000 2025-10-01",
        ];
        assert_eq!(told(&assessments(&premiums, &exemptions, year())), wanted);
        // Premium and exemption of one day, the exemption from facts that were read earlier than those of the premium.
        let premiums = [premium("2025-06-13", 1, 300_000), premium("2025-09-01", 4, 60_000), premium("2025-09-01", 4, 40_000)];
        let exemptions = [exemption("2025-09-01", 4, 60_000, "2025-08-20"), exemption("2025-09-01", 5, 40_000, "2025-08-20")];
        for row in assessments(&premiums, &exemptions, year()) {
            assert!((0..=row.total_yen).contains(&row.exempted_yen), "{row:?}");
        }
    }

    #[test]
    fn the_last_day_of_the_year_is_no_past_year() {
        let premiums = [premium("2026-03-31", 1, 300_000)];
        assert_eq!(assessments(&premiums, &[], year())[0].act, "initial");
    }

    #[test]
    fn refusals_and_what_changes_nothing_are_no_assessments() {
        let refused = Outcome::Refused(Refusal {
            reason: jorei_domain::decision::Reason::FactMissing,
            label: String::new(),
            article: String::new(),
            arguments: Vec::new(),
        });
        let premiums = [
            premium("2025-06-13", 1, 300_000),
            stored("premium", "2025-07-01", 2, refused, Evidence::default()),
            premium("2025-08-01", 3, 300_000),
        ];
        assert_eq!(told(&assessments(&premiums, &[], year())), ["2025-06-13 initial 300000-0 2025-06-13"]);
    }

    #[test]
    fn a_provisional_decision_is_none_once_a_final_one_follows() {
        let provisional = |on: &str, total| stored("premium", on, 1, owed(total, true, 0x0fff), Evidence::default());
        let mut premiums = vec![provisional("2025-06-13", 300_000), provisional("2025-06-20", 310_000)];
        assert_eq!(assessments(&premiums, &[], year()).len(), 2);
        premiums.push(premium("2025-07-01", 2, 310_000));
        premiums.push(provisional("2025-08-01", 310_000));
        let found = assessments(&premiums, &[], year());
        assert_eq!(told(&found), ["2025-07-01 initial 310000-0 2025-07-01", "2025-08-01 correction 310000-0 2025-08-01"]);
        assert_eq!(found.iter().map(|one| one.provisional).collect::<Vec<_>>(), [false, true]);
    }

    fn given(kind: &str, columns: Vec<(&'static str, Vec<i64>)>) -> Given {
        let table = named(kind, columns).table;
        Given { kind: kind.into(), sources: vec![String::new(); table.rows()], table }
    }

    /// Two insured persons; the second one has an income, and lost the qualification or not.
    fn facts(order: [i64; 2], ended: Option<(&str, i64)>, yen: i64) -> Evidence {
        let (until, cause) = ended.map_or((ABSENT, ABSENT), |(on, cause)| (day(on).packed(), cause));
        let from = vec![day("2020-01-01").packed(), day("2021-01-01").packed()];
        let columns = vec![("person", order.to_vec()), ("from", from), ("until", vec![ABSENT, until]), ("ended_by", vec![ABSENT, cause])];
        Evidence {
            given: vec![given("qualification", columns), given("incomes", vec![("person", vec![order[1]]), ("other_yen", vec![yen])])],
        }
    }

    #[test]
    fn what_changes_of_a_head_is_an_assessment_though_no_amount_changes() {
        // Two persons, born in different years; the head's stay ends, or the other one's, and who is head then.
        let evidence = |order: [i64; 2], head_until: i64, other_until: i64, head_lost: i64| {
            let from = vec![day("2020-01-01").packed(), day("2021-01-01").packed()];
            let stays =
                vec![("person", order.to_vec()), ("from", from.clone()), ("until", vec![head_until, other_until]), ("head", vec![1, 0])];
            let insured = vec![("person", order.to_vec()), ("from", from), ("until", vec![head_lost, ABSENT])];
            let births = vec![("person", order.to_vec()), ("born_on", vec![day("1970-01-01").packed(), day("1980-01-01").packed()])];
            Evidence { given: vec![given("persons", births), given("membership", stays), given("qualification", insured)] }
        };
        let count = |now: Evidence| {
            let first = stored("premium", "2025-06-13", 1, owed(300_000, false, 0x0fff), evidence([0, 1], ABSENT, ABSENT, ABSENT));
            let second = stored("premium", "2025-10-01", 2, owed(300_000, false, 0x0fff), now);
            let found = assessments(&[first, second], &[], year());
            assert!(found[1..].iter().all(|one| (one.act, one.total_yen) == ("correction", 300_000)));
            found.len()
        };
        let ended = day("2025-09-20").packed();
        assert_eq!(count(evidence([0, 1], ended, ABSENT, ABSENT)), 2, "the head died or left");
        assert_eq!(count(evidence([0, 1], ABSENT, ABSENT, ended)), 2, "the head lost the qualification");
        assert_eq!(count(evidence([0, 1], ABSENT, ended, ABSENT)), 1, "another person");
        assert_eq!(count(evidence([1, 0], ABSENT, ABSENT, ABSENT)), 1, "ordinals follow from facts");
    }

    #[test]
    fn a_reduction_is_a_loss_found_late_only_where_nothing_else_has_changed() {
        let employees = code(END_CAUSES.iter().position(|word| *word == "employees_insurance").unwrap());
        let moved = code(END_CAUSES.iter().position(|word| *word == "moved_out").unwrap());
        let late = |total, evidence| {
            let first = stored("premium", "2025-06-13", 1, owed(300_000, false, 0x0fff), facts([0, 1], None, 5));
            let second = stored("premium", "2027-08-01", 2, owed(total, false, 0x0fff), evidence);
            assessments(&[first, second], &[], year())[1].loss_found_late
        };
        assert!(late(200_000, facts([0, 1], Some(("2025-08-10", employees)), 5)));
        assert!(late(200_000, facts([1, 0], Some(("2025-08-10", employees)), 5)), "ordinals follow from facts");
        assert!(!late(400_000, facts([0, 1], Some(("2025-08-10", employees)), 5)), "no reduction");
        assert!(!late(200_000, facts([0, 1], Some(("2025-08-10", moved)), 5)), "another cause");
        assert!(!late(200_000, facts([0, 1], Some(("2025-08-10", employees)), 4)), "an income has changed too");
        assert!(!late(200_000, facts([0, 1], None, 4)), "no loss");
    }

    #[test]
    fn who_joins_after_april_is_assessed_additionally_from_the_day_of_joining() {
        let from =
            |on: &str| Evidence { given: vec![given("qualification", vec![("from", vec![day("2015-01-01").packed(), day(on).packed()])])] };
        let of =
            |months, evidence| assessments(&[stored("premium", "2026-01-20", 1, owed(1, false, months), evidence)], &[], year()).remove(0);
        let joined = of(0b1110_0000_0000, from("2026-01-05"));
        assert_eq!((joined.act, joined.liable_from), ("additional", Some(day("2026-01-05"))));
        // Nothing begins in the first month: its first day.
        assert_eq!(of(0b0000_0000_0010, from("2026-01-05")).liable_from, Some(day("2025-05-01")));
        assert_eq!(of(0x0fff, from("2026-01-05")).liable_from, None);
        assert_eq!(of(0, from("2026-01-05")).liable_from, None, "nobody is charged");
    }
}
