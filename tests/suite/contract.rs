//! Documents and definitions that must say the same: the kinds of fact and `records.wit`, the
//! reference pages and what they are made from. `JOREI_BLESS=1` writes the pages anew.

use jorei_domain::record::{Kind, Unit};
use jorei_tests::built;
use std::fmt::Write as _;

#[test]
fn every_kind_of_fact_is_a_function_of_the_contract_in_the_same_order() {
    let wit = std::fs::read_to_string(built::repository().join("wit/v1/records.wit")).unwrap();
    let functions: Vec<String> =
        wit.lines().filter_map(|line| line.trim().strip_suffix(": func() -> table;")).map(|name| name.replace('-', "_")).collect();
    let kinds: Vec<&str> = Kind::ALL.into_iter().map(Kind::name).collect();
    assert_eq!(functions, kinds);
}

fn page(path: &str, wanted: &str) {
    let path = built::repository().join("docs/reference").join(path);
    if std::env::var_os("JOREI_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == wanted, "{} is stale; JOREI_BLESS=1 cargo test -p jorei-tests contract writes it anew", path.display());
}

#[test]
fn the_page_of_records_is_true() {
    let mut text = String::from(
        "# Records\n\nThe facts a rule may ask for, one function of `wit/v1/records.wit` per kind. Generated from\n`host/domain/src/record.rs`; do not edit.\n\nEvery table but `persons` begins with the column `person`, the ordinal of the person within the case. A\nspan has `from` and `until` (half open; `until` absent while it lasts), a yearly fact `year`, an event `on`.\nDates are packed (2025-04-01 is 20250401), codes count from 0, absent is -9223372036854775808. In the JSON\nof a case dates are texts, codes words, flags true or false.\n",
    );
    for kind in Kind::ALL {
        write!(text, "\n## {} ({})\n\n", kind.name(), kind.ja()).unwrap();
        let period = kind.period_columns();
        if !period.is_empty() {
            writeln!(text, "Period: `{}`.\n", period.join("`, `")).unwrap();
        }
        if kind.fields().is_empty() {
            text.push_str("No further columns.\n");
            continue;
        }
        text.push_str("| column | meaning | unit | 名称 |\n| --- | --- | --- | --- |\n");
        for field in kind.fields() {
            let unit = match field.unit {
                Unit::Yen => "yen".to_owned(),
                Unit::Date => "date".to_owned(),
                Unit::Code(words) => words.iter().enumerate().map(|(code, word)| format!("{code} {word}")).collect::<Vec<_>>().join(", "),
                Unit::Flag => "0 or 1".to_owned(),
                Unit::Number => "number".to_owned(),
            };
            let required = if field.required { "" } else { " May be absent." };
            writeln!(text, "| `{}` | {}{required} | {unit} | {} |", field.name, field.en, field.ja).unwrap();
        }
    }
    page("records.md", &text);
}

#[test]
fn the_page_of_commands_is_true() {
    let mut text = String::from("# Commands\n\nWhat `jorei` says of itself. Generated from its `--help`; do not edit.\n");
    let commands: [&[&str]; 36] = [
        &[],
        &["demo-city"],
        &["key", "new"],
        &["key", "show"],
        &["office", "change"],
        &["office", "show"],
        &["approve"],
        &["rule", "build"],
        &["rule", "pack"],
        &["rule", "sign"],
        &["rule", "inspect"],
        &["rule", "add"],
        &["rule", "list"],
        &["rule", "show"],
        &["ordinance", "draft"],
        &["ordinance", "drafts"],
        &["ordinance", "show"],
        &["ordinance", "check"],
        &["ordinance", "confirm"],
        &["revision", "make"],
        &["revision", "list"],
        &["revision", "in-force"],
        &["revision", "decisions"],
        &["shadow", "run"],
        &["shadow", "list"],
        &["shadow", "show"],
        &["activate"],
        &["rollback"],
        &["queue"],
        &["assess"],
        &["summary"],
        &["explain"],
        &["replay"],
        &["try"],
        &["evaluate"],
        &["schema"],
    ];
    for words in commands {
        let output = built::jorei().args(words).arg("--help").env_clear().output().unwrap();
        assert!(output.status.success());
        let help = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
        write!(
            text,
            "\n## {}\n\n```text\n{}\n```\n",
            ["jorei"].iter().chain(words).copied().collect::<Vec<_>>().join(" "),
            lines.join("\n").trim_end()
        )
        .unwrap();
    }
    page("commands.md", &text);
}
