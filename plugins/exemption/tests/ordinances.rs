//! What is told of an ordinance whose rows do not hold together: each problem with its place and an example.

#![allow(clippy::unwrap_used, reason = "a panic in a test is the report")]

use jorei_exemption::{AXES, Exemption};
use jorei_sdk::native::Settings;
use serde_json::Value;

/// An ordinance of one relief; the figures of the sharp fall of income with two causes.
const ORDINANCE: &str = r#"
names = { 1 = "所得の激減" }

[ordinance]
municipality = "999998"
name = "An invented city"
rule = "exemption"

[[relief.1]]
from = "2024-04-01"
until = "2025-04-01"
article = "条例（架空の条文）"
state = "sourced"
[relief.1.values]
requires = ["cause in [1, 2]", "previous_income_yen <= 5_000_000", "income_fall >= 40%"]
base = "annual"
open_instalments_only = true
due_after_cause = false
certificate_required = true
unknown = "refuse"
excluded_by_unemployment = false
exclusion_group = 0
rank = 1
rounding = { unit_yen = 1, direction = "down" }
rows = [
    { when = ["income_fall >= 80%"], rate = "40%" },
    { when = ["income_fall >= 60%", "income_fall < 80%"], rate = "30%" },
    { when = ["income_fall < 60%"], rate = "20%" },
]
"#;

const LAST: &str = r#"{ when = ["income_fall < 60%"], rate = "20%" },"#;

fn problems(ordinance: &str) -> Vec<(String, String)> {
    let document: Value = toml::from_str(ordinance).unwrap_or_else(|error| panic!("{error}"));
    Settings::check::<Exemption>(&document.to_string()).err().unwrap_or_default()
}

#[test]
fn an_ordinance_whose_rows_hold_together_has_no_problem() {
    assert_eq!(problems(ORDINANCE), []);
}

#[test]
fn each_problem_is_named_with_its_place_and_an_example() {
    let place = |rest: &str| format!("relief.1[0].values.{rest}");
    let known: Vec<&str> = AXES.iter().map(|axis| axis.key).collect();
    let with_rows = |rows: &str| {
        let (before, _) = ORDINANCE.split_once("rows = [").unwrap();
        format!("{before}rows = [\n{rows}\n]\n")
    };
    let after_last = |more: &str| ORDINANCE.replace(LAST, &format!("{LAST}\n{more}"));
    let many: String = (1..=12)
        .map(|n| format!("{{ when = [\"previous_income_yen < {n}\", \"current_income_yen < {n}\", \"non_farm_income_yen < {n}\", \"insured_persons < {n}\"], rate = \"{n}%\" }},"))
        .collect();
    let second_block = ORDINANCE
        .split_once("[[relief.1]]")
        .unwrap()
        .1
        .replace("2024-04-01", "2025-03-01")
        .replace("until = \"2025-04-01\"", "until = \"2026-04-01\"");
    let tried: Vec<(&str, String, String, String)> = vec![
        (
            "a gap at exactly 40 %",
            ORDINANCE.replace("\"income_fall < 60%\"]", "\"income_fall < 60%\", \"income_fall > 40%\"]"),
            place("rows"),
            "事由 1・前年の総所得金額等 0円・所得の減少割合 40% のとき、当てはまる行がありません / no row for cause = 1, previous_income_yen = 0, income_fall = 40%; add one, or say otherwise = \"none\"".into(),
        ),
        (
            "an overlap from 80 %",
            ORDINANCE.replace("\"income_fall >= 60%\", \"income_fall < 80%\"", "\"income_fall >= 60%\""),
            place("rows[1]"),
            "事由 1・前年の総所得金額等 0円・所得の減少割合 80% のとき、行1と行2の両方に当てはまり、結果が違います / rows 1 and 2 both match and differ, for example cause = 1, previous_income_yen = 0, income_fall = 80%; move a bound of one".into(),
        ),
        (
            "a row whose bounds are reversed",
            after_last("{ when = [\"income_fall >= 80%\", \"income_fall < 70%\"], rate = \"10%\" },"),
            place("rows[3]"),
            "行4には決して当てはまりません（例: 所得の減少割合 100% は「所得の減少割合 70%未満」を満たしません） / row 4 can never match: its conditions on income_fall exclude each other or what is required, for example income_fall = 100%; correct a bound".into(),
        ),
        (
            "a row that rows before it take entirely",
            after_last("{ when = [\"income_fall >= 90%\"], rate = \"40%\" },"),
            place("rows[3]"),
            "行4には決して当てはまりません。前の行がすべて先に当てはまります（例: 事由 1・前年の総所得金額等 0円・所得の減少割合 90% は行1） / row 4 can never match: rows before it take all of it, for example cause = 1, previous_income_yen = 0, income_fall = 90% is row 1; remove it or move a bound".into(),
        ),
        (
            "a row outside what is required",
            after_last("{ when = [\"income_fall < 30%\"], rate = \"10%\" },"),
            place("rows[3]"),
            "行4には決して当てはまりません（例: 所得の減少割合 3/11 は「所得の減少割合 40%以上」を満たしません） / row 4 can never match: its conditions on income_fall exclude each other or what is required, for example income_fall = 3/11; correct a bound".into(),
        ),
        (
            "a rate over one",
            ORDINANCE.replace("rate = \"40%\"", "rate = \"120%\""),
            place("rows[0].rate"),
            "120% は1を超えます（例: 保険料100,000円から120,000円を減免することになります） / 120% is over one, for example 120,000 yen off a premium of 100,000; write at most 100%".into(),
        ),
        (
            "a rate below nil",
            ORDINANCE.replace("rate = \"40%\"", "rate = \"-40%\""),
            place("rows[0].rate"),
            "-40% は負の割合です（保険料が増えます） / -40% is below nil: the premium would grow; write 0% to 100%".into(),
        ),
        (
            "rows of dates that overlap on one day",
            with_rows("{ when = [], rate = \"20%\", until = \"2025-02-02\" },\n{ when = [], rate = \"30%\", from = \"2025-02-01\" },"),
            place("rows[1]"),
            "事由 1・前年の総所得金額等 0円・所得の減少割合 40%・申請日 2025-02-01 のとき、行1と行2の両方に当てはまり、結果が違います / rows 1 and 2 both match and differ, for example cause = 1, previous_income_yen = 0, income_fall = 40%, applied_on = 2025-02-01; move a bound of one".into(),
        ),
        (
            "rows of dates with a day between them",
            with_rows("{ when = [], rate = \"20%\", until = \"2025-02-01\" },\n{ when = [], rate = \"30%\", from = \"2025-02-02\" },"),
            place("rows"),
            "事由 1・前年の総所得金額等 0円・所得の減少割合 40%・申請日 2025-02-01 のとき、当てはまる行がありません / no row for cause = 1, previous_income_yen = 0, income_fall = 40%, applied_on = 2025-02-01; add one, or say otherwise = \"none\"".into(),
        ),
        (
            "a row that ends before it begins",
            with_rows("{ when = [], rate = \"20%\", from = \"2025-02-02\", until = \"2025-02-01\" },"),
            place("rows[0]"),
            "終期が始期以前です（2025-02-02 から 2025-02-01 まで） / ends on 2025-02-01, before it begins on 2025-02-02".into(),
        ),
        (
            "blocks that overlap",
            format!("{ORDINANCE}\n[[relief.1]]{second_block}"),
            "relief.1[1]".into(),
            "begins on 2025-03-01, but the block before it holds until 2025-04-01; blocks stand in order of date".into(),
        ),
        (
            "a fact that is not on offer",
            ORDINANCE.replace("\"cause in [1, 2]\"", "\"colour = 1\""),
            place("requires[0]"),
            format!("`colour` is no fact that this rule offers; it offers {}", known.join(", ")),
        ),
        (
            "a bound outside its axis",
            ORDINANCE.replace("income_fall >= 80%", "income_fall >= 140%"),
            place("rows[0].when[0]"),
            "140% lies outside income_fall (所得の減少割合), which goes from 0% to 100%".into(),
        ),
        (
            "a code that the rule does not know",
            ORDINANCE.replace("\"cause in [1, 2]\"", "\"reduction_level in [0, 1]\""),
            place("requires[0]"),
            "reduction_level (軽減割合（割）) is never 1; it is one of 0, 2, 3, 4, 5, 6, 7".into(),
        ),
        (
            "an order of codes",
            ORDINANCE.replace("\"cause in [1, 2]\"", "\"cause >= 1\""),
            place("requires[0]"),
            "cause (事由) has no order; write `cause = …` or `cause in […]`, not `>=`".into(),
        ),
        (
            "what nobody can meet",
            ORDINANCE.replace("\"income_fall >= 40%\"]", "\"income_fall >= 40%\", \"income_fall < 40%\"]"),
            place("rows"),
            "「所得の減少割合」の要件を満たす値がありません（例: 0%も満たしません） / no value of income_fall meets what is required, for example 0% does not; correct `requires`".into(),
        ),
        (
            "more combinations than can be looked through",
            with_rows(&many).replace("requires = [\"cause in [1, 2]\", \"previous_income_yen <= 5_000_000\", \"income_fall >= 40%\"]", "requires = []"),
            place("rows"),
            "表の組合せが10000を超え、検査できません。減免を分けてください / the table has more than 10000 combinations (previous_income_yen 13 x current_income_yen 13 x non_farm_income_yen 13 x insured_persons 13); split it into several reliefs".into(),
        ),
        (
            "a fact of a month where the whole year is reduced",
            ORDINANCE.replace("\"cause in [1, 2]\"", "\"detained = true\""),
            place("base"),
            "detained (収容月) differs from month to month; it belongs to base = \"person-elements\"".into(),
        ),
        (
            "a row of a person's share that names no element",
            ORDINANCE.replace("base = \"annual\"", "base = \"person-elements\""),
            place("rows[0]"),
            "of which element? write of = \"income_levy\", \"per_capita\" or \"per_household\"".into(),
        ),
        (
            "a window that is empty",
            ORDINANCE.replace("base = \"annual\"", "base = \"annual\"\napply_from = \"2025-02-01\"\napply_until = \"2025-02-01\""),
            place("apply_until"),
            "申請期間が空です（2025-02-01 から 2025-02-01 の前日まで） / nobody can apply: 2025-02-01 is not after 2025-02-01".into(),
        ),
        (
            "a relief without a name",
            ORDINANCE.replace("names = { 1 = \"所得の激減\" }", "names = {}"),
            "names.1".into(),
            "relief 1 has no name; write 1 = \"…\" under [names]".into(),
        ),
    ];
    let mut wrong = Vec::new();
    for (what, ordinance, path, message) in tried {
        let found = problems(&ordinance);
        if !found.contains(&(path.clone(), message.clone())) {
            wrong.push(format!("{what}:\n  expected {path}: {message}\n  found {found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
