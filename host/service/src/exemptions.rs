//! Exemptions on application (減免): which of the reliefs that a rule found to apply are granted together.
//!
//! A rule answers with candidates. That two of them exclude each other is resolved here, the same way for every rule and
//! ordinance, and shown with the reason: never by the order in which they came. Absent here: whether a relief applies.

use crate::billing::rows_shown;
use crate::language::Language;
use crate::words::Words;
use jorei_domain::calendar::{Date, FiscalYear};
use jorei_domain::decision::Outcome;
use jorei_domain::money::grouped;
use jorei_domain::record::Kind;
use jorei_domain::table::{ABSENT, Table};
use jorei_store::decisions::StoredDecision;
use jorei_store::facts::StoredCase;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A relief that applies, as the rule found it: a row of its table `provisions`.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Provision {
    /// The day of its application.
    pub applied_on: Date,
    /// Which relief, by its number in the ordinance.
    pub relief_code: i64,
    /// Which row of the relief, from 1.
    pub row: i64,
    /// The person's ordinal in the case, where it is about one.
    pub person: Option<i64>,
    /// Reliefs of one group exclude each other; 0 for none.
    pub exclusion_group: i64,
    /// Within the group the lower one wins.
    pub rank: i64,
    /// What it would take off alone, in whole yen.
    pub amount_yen: i64,
}

/// A relief that is granted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Granted {
    /// The candidate.
    pub provision: Provision,
    /// What it takes off: less than its amount where no more is open, in whole yen.
    pub granted_yen: i64,
}

/// A relief that gives way to another one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Lost {
    /// The candidate.
    pub provision: Provision,
    /// The relief that goes before it.
    pub to_relief: i64,
}

/// Reliefs that exclude each other and have one rank: a clerk chooses, by cancelling an application.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Conflict {
    /// Their group.
    pub exclusion_group: i64,
    /// Their rank.
    pub rank: i64,
    /// The reliefs by number.
    pub reliefs: Vec<i64>,
}

/// What becomes of a year's candidates.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Resolution {
    /// Those granted, in the order of application, relief, row and person.
    pub granted: Vec<Granted>,
    /// Those that give way.
    pub lost: Vec<Lost>,
    /// Those nobody can choose between.
    pub conflicts: Vec<Conflict>,
}

impl Resolution {
    /// What is taken off in all, in whole yen; none while a conflict is open, for then nobody knows.
    pub fn exempted_yen(&self) -> Option<i64> {
        self.conflicts.is_empty().then(|| self.granted.iter().map(|granted| granted.granted_yen).sum())
    }
}

/// Resolves the candidates of an exemption rule's outcome.
///
/// Within one exclusion group the lowest rank wins; two reliefs of that rank are a [`Conflict`]; what wins is capped by
/// what is open of the premium, the earlier application first. What is open is what the rule found for the applications
/// that win: a relief may reach back to what is due already (Act art. 59). None for a refusal, a failure, or an outcome without the
/// tables of the slot.
pub fn resolve(outcome: &Outcome) -> Option<Resolution> {
    let Outcome::Decided { results, .. } = outcome else { return None };
    let open_yen = outcome.figure("exemption", "open_yen")?;
    let table = &results.iter().find(|result| result.name == "provisions")?.table;
    let mut candidates = provisions(table)?;
    candidates.sort();
    let limits = results.iter().find(|result| result.name == "applications").map(|result| limits(&result.table));
    Some(resolve_candidates(&candidates, open_yen, &limits.unwrap_or_default()))
}

/// The candidates of a rule's table; none if a column lacks.
fn provisions(table: &Table) -> Option<Vec<Provision>> {
    let column = |name: &str| table.integers(name);
    let [on, relief, row, person] = [column("applied_on")?, column("relief_code")?, column("row")?, column("person")?];
    let [group, rank, amount] = [column("exclusion_group")?, column("rank")?, column("amount_yen")?];
    let provision = |at: usize| {
        Some(Provision {
            applied_on: Date::from_packed(on[at]).ok()?,
            relief_code: relief[at],
            row: row[at],
            person: (person[at] != ABSENT).then_some(person[at]),
            exclusion_group: group[at],
            rank: rank[at],
            amount_yen: amount[at],
        })
    };
    (0..table.rows()).map(provision).collect()
}

/// What was still open for each application, by relief and day; yen.
type Limits = BTreeMap<(i64, i64), i64>;

fn limits(table: &Table) -> Limits {
    let column = |name: &str| table.integers(name).unwrap_or_default();
    let rows = column("relief_code").iter().zip(column("applied_on")).zip(column("limit_yen"));
    rows.fold(Limits::new(), |mut limits, ((relief, on), limit)| {
        let known = limits.entry((*relief, *on)).or_insert(*limit);
        *known = (*known).max(*limit);
        limits
    })
}

fn resolve_candidates(candidates: &[Provision], open_yen: i64, limits: &Limits) -> Resolution {
    let mut resolution = Resolution::default();
    let mut winners: Vec<Provision> = Vec::new();
    for provision in candidates {
        let rivals = || candidates.iter().filter(|other| other.exclusion_group == provision.exclusion_group);
        let best = rivals().map(|other| other.rank).min().unwrap_or(provision.rank);
        if provision.exclusion_group > 0 {
            let mut first: Vec<i64> = rivals().filter(|other| other.rank == best).map(|other| other.relief_code).collect();
            first.sort_unstable();
            first.dedup();
            if provision.rank > best && !first.contains(&provision.relief_code) {
                resolution.lost.push(Lost { provision: *provision, to_relief: first[0] });
                continue;
            }
            if first.len() > 1 {
                let conflict = Conflict { exclusion_group: provision.exclusion_group, rank: best, reliefs: first };
                if !resolution.conflicts.contains(&conflict) {
                    resolution.conflicts.push(conflict);
                }
                continue;
            }
        }
        winners.push(*provision);
    }
    let limit = |provision: &Provision| limits.get(&(provision.relief_code, provision.applied_on.packed())).copied().unwrap_or(open_yen);
    let mut left = winners.iter().map(limit).max().unwrap_or(open_yen).max(0);
    for provision in winners {
        let granted_yen = provision.amount_yen.clamp(0, left);
        left -= granted_yen;
        resolution.granted.push(Granted { provision, granted_yen });
    }
    resolution
}

/// The exemptions of a household and year for officials: applications, what became of each, what is taken off.
pub fn shown(latest: Option<&StoredDecision>, case: Option<&StoredCase>, words: &Words, year: FiscalYear) -> String {
    let mut text = format!("{}年度 減免\n", year.year());
    // Writing to a string cannot fail.
    let _ = write_shown(&mut text, latest, case, words);
    text
}

fn write_shown(text: &mut String, latest: Option<&StoredDecision>, case: Option<&StoredCase>, words: &Words) -> std::fmt::Result {
    let facts = || case.into_iter().flat_map(|case| case.case.persons()).flat_map(|person| &person.facts);
    let applications: Vec<_> = facts().filter(|fact| fact.kind == Kind::Applications).collect();
    writeln!(text, "  申請: {} 件", applications.len())?;
    for fact in applications {
        let on = Date::from_packed(fact.values[0]).map_or_else(|_| "日付不明".to_owned(), |on| on.to_string());
        let certified = if fact.values[3] == 1 { "証明書類あり" } else { "証明書類なし" };
        writeln!(text, "    {on} 減免区分 {} {certified}", fact.values[2])?;
    }
    let Some(latest) = latest else {
        return writeln!(text, "  減免の決定はありません");
    };
    writeln!(text, "  決定日 {}（第{}版、{}）", latest.decided_on, latest.version, state(&latest.status))?;
    match &latest.decision.outcome {
        Outcome::Refused(refusal) => writeln!(text, "  計算不能: {}", words.sentence(refusal, Language::Japanese))?,
        Outcome::Failed(failure) => writeln!(text, "  ルールの障害: {}", failure.word())?,
        Outcome::Decided { results, .. } => {
            if let Some(table) = results.iter().find(|result| result.name == "applications").map(|result| &result.table) {
                for row in rows_shown(table, "applications", words) {
                    let cell = |name: &str| row.get(name).map_or_else(String::new, told);
                    let result = cell("result");
                    let result = words.label(&result, Language::Japanese);
                    writeln!(
                        text,
                        "    {} 減免区分 {}: {result}（未到来分 {} 円）",
                        cell("applied_on"),
                        cell("relief_code"),
                        cell("limit_yen")
                    )?;
                }
            }
        }
    }
    let Some(resolution) = resolve(&latest.decision.outcome) else { return Ok(()) };
    for Granted { provision, granted_yen } in &resolution.granted {
        let less = if *granted_yen < provision.amount_yen { "（未到来分を上限）" } else { "" };
        writeln!(text, "  適用: 減免区分 {} 第{}項 {} 円{less}", provision.relief_code, provision.row, grouped(*granted_yen))?;
    }
    for Lost { provision, to_relief } in &resolution.lost {
        let Provision { relief_code, amount_yen, .. } = provision;
        writeln!(text, "  不適用: 減免区分 {relief_code} {} 円（減免区分 {to_relief} を優先し、併用しません）", grouped(*amount_yen))?;
    }
    for conflict in &resolution.conflicts {
        let reliefs: Vec<String> = conflict.reliefs.iter().map(ToString::to_string).collect();
        writeln!(text, "  競合: 減免区分 {} は併用できず、順位が同じです。担当者が一方の申請を取り消してください", reliefs.join("・"))?;
    }
    match resolution.exempted_yen() {
        Some(yen) => writeln!(text, "  減免額 {} 円", grouped(yen)),
        None => writeln!(text, "  減免額 未定（競合）"),
    }
}

/// The state of a decision as officials read it.
pub(crate) fn state(word: &str) -> &'static str {
    match word {
        "decided" => "決定",
        "provisional" => "仮決定",
        "refused" => "計算不能",
        _ => "ルールの障害",
    }
}

/// A cell without quotes; an amount grouped.
pub(crate) fn told(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "－".to_owned(),
        Value::Number(number) => number.as_i64().map_or_else(|| number.to_string(), |whole| grouped(whole).to_string()),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jorei_domain::decision::Result as NamedTable;
    use jorei_domain::table::{Column, Values};

    /// A candidate as (relief, group, rank, amount, day of June).
    type Row = (i64, i64, i64, i64, i32);

    fn outcome(open_yen: i64, rows: &[Row]) -> Outcome {
        let column = |name: &'static str, values: Vec<i64>| Column { name: name.into(), values: Values::Integers(values) };
        let table = |rows: usize, columns| Table { offsets: vec![0, u32::try_from(rows).unwrap()], columns };
        let of = |value: fn(&Row) -> i64| rows.iter().map(value).collect::<Vec<_>>();
        let provisions = vec![
            column("relief_code", of(|row| row.0)),
            column("row", of(|_| 1)),
            column("person", of(|_| ABSENT)),
            column("exclusion_group", of(|row| row.1)),
            column("rank", of(|row| row.2)),
            column("amount_yen", of(|row| row.3)),
            column("applied_on", of(|row| Date::new(2025, 6, row.4).packed())),
        ];
        let exemption = NamedTable { name: "exemption".into(), table: table(1, vec![column("open_yen", vec![open_yen])]) };
        let provisions = NamedTable { name: "provisions".into(), table: table(rows.len(), provisions) };
        Outcome::Decided { provisional: false, results: vec![exemption, provisions] }
    }

    /// Granted as (relief, yen), lost as (relief, to relief), conflicts as reliefs.
    type Resolved = (Vec<(i64, i64)>, Vec<(i64, i64)>, Vec<Vec<i64>>);

    fn resolved(open_yen: i64, rows: &[Row]) -> Resolved {
        let resolution = resolve(&outcome(open_yen, rows)).unwrap();
        (
            resolution.granted.iter().map(|granted| (granted.provision.relief_code, granted.granted_yen)).collect(),
            resolution.lost.iter().map(|lost| (lost.provision.relief_code, lost.to_relief)).collect(),
            resolution.conflicts.into_iter().map(|conflict| conflict.reliefs).collect(),
        )
    }

    #[test]
    fn reliefs_without_a_group_are_granted_together() {
        assert_eq!(resolved(100_000, &[(1, 0, 1, 30_000, 1), (2, 0, 1, 20_000, 2)]), (vec![(1, 30_000), (2, 20_000)], vec![], vec![]));
    }

    #[test]
    fn within_a_group_the_lower_rank_wins_whatever_its_amount() {
        let rows = [(1, 7, 2, 90_000, 1), (2, 7, 1, 20_000, 2), (3, 8, 5, 5_000, 3)];
        assert_eq!(resolved(100_000, &rows), (vec![(2, 20_000), (3, 5_000)], vec![(1, 2)], vec![]));
    }

    #[test]
    fn one_relief_for_two_persons_is_no_conflict() {
        assert_eq!(resolved(100_000, &[(4, 7, 1, 10_000, 1), (4, 7, 1, 15_000, 1)]).0, [(4, 10_000), (4, 15_000)]);
    }

    #[test]
    fn two_reliefs_of_one_rank_are_for_a_clerk_and_neither_is_granted() {
        let rows = [(2, 7, 1, 20_000, 1), (1, 7, 1, 30_000, 2), (3, 0, 1, 5_000, 3)];
        let (granted, lost, conflicts) = resolved(100_000, &rows);
        assert_eq!((granted, lost, conflicts), (vec![(3, 5_000)], vec![], vec![vec![1, 2]]));
        assert_eq!(resolve(&outcome(100_000, &rows)).unwrap().exempted_yen(), None);
    }

    #[test]
    fn no_more_is_taken_off_than_is_open_and_the_earlier_application_goes_first() {
        let rows = [(1, 0, 1, 30_000, 20), (2, 0, 1, 30_000, 10)];
        assert_eq!(resolved(40_000, &rows).0, [(2, 30_000), (1, 10_000)]);
        assert_eq!(resolve(&outcome(40_000, &rows)).unwrap().exempted_yen(), Some(40_000));
        assert_eq!(resolved(0, &rows).0, [(2, 0), (1, 0)]);
    }

    #[test]
    fn a_relief_that_reaches_back_is_not_capped_by_what_is_open_on_its_day() {
        let Outcome::Decided { mut results, .. } = outcome(0, &[(5, 0, 1, 30_000, 20)]) else { panic!("decided") };
        let column = |name: &'static str, value: i64| Column { name: name.into(), values: Values::Integers(vec![value]) };
        let columns = vec![column("relief_code", 5), column("applied_on", Date::new(2025, 6, 20).packed()), column("limit_yen", 200_000)];
        results.push(NamedTable { name: "applications".into(), table: Table { offsets: vec![0, 1], columns } });
        assert_eq!(resolve(&Outcome::Decided { provisional: false, results }).unwrap().exempted_yen(), Some(30_000));
    }

    #[test]
    fn the_order_of_the_candidates_does_not_matter() {
        let rows = [(1, 7, 2, 9_000, 1), (2, 7, 1, 8_000, 2), (3, 0, 1, 7_000, 3), (5, 8, 1, 6_000, 4), (6, 8, 1, 5_000, 4)];
        let wanted = resolve(&outcome(14_000, &rows));
        for turn in 1..rows.len() {
            let mut turned = rows;
            turned.rotate_left(turn);
            assert_eq!(resolve(&outcome(14_000, &turned)), wanted);
        }
    }

    #[test]
    fn nothing_is_resolved_without_an_outcome() {
        assert_eq!(resolve(&Outcome::Failed(jorei_domain::decision::Failure::Fuel)), None);
        assert_eq!(resolve(&Outcome::Decided { provisional: false, results: Vec::new() }), None);
    }
}
