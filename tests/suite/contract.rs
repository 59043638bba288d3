//! Documents and definitions that must say the same: the kinds of fact and `records.wit`, the
//! reference pages and what they are made from. `JOREI_BLESS=1` writes the pages anew.

use jorei_api::policy::Policy;
use jorei_api::problem;
use jorei_api::router::{Route, described, document_text, table};
use jorei_domain::id::Municipality;
use jorei_domain::ledger::{AccountKind, Bound, Event, Line};
use jorei_domain::record::{Kind, Unit};
use jorei_package::manifest::Manifest;
use jorei_tests::built;
use std::collections::BTreeSet;
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
    describe(&[], &mut text);
    page("commands.md", &text);
}

/// A command's help, then that of each command below it.
fn describe(words: &[&str], text: &mut String) {
    let output = built::jorei().args(words).arg("--help").env_clear().output().unwrap();
    assert!(output.status.success());
    let help = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    let name = [&["jorei"], words].concat().join(" ");
    write!(text, "\n## {name}\n\n```text\n{}\n```\n", lines.join("\n").trim_end()).unwrap();
    let below = lines.iter().skip_while(|line| **line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // A name stands two blanks in; what is further in goes on with what is said of the command above.
    let named = below.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
    for command in named.filter(|command| *command != "help") {
        describe(&[words, &[command]].concat(), text);
    }
}

#[test]
fn the_page_of_the_ledger_is_true() {
    let mut text = String::from(
        "# Ledger\n\nAccounts, and which transfers each event makes. Generated from `host/domain/src/ledger.rs`; do not edit.\n\n## Accounts\n\nAn account is a kind, a household, a fiscal year and an item. `never short of`: the side whose sum, pending\ntransfers of the other side included, is never exceeded.\n\n| Number | Kind | 科目 | Never short of |\n| --- | --- | --- | --- |\n",
    );
    for kind in AccountKind::ALL {
        let bound = match kind.bound() {
            Bound::Debit => "debits",
            Bound::Credit => "credits",
            Bound::None => "",
        };
        writeln!(text, "| {} | {} | {} | {bound} |", kind.number(), kind.word(), kind.ja()).unwrap();
    }
    text.push_str("\n## Events\n\nA posting is of one event and makes transfers of its lines only, each of them any number of times.\n");
    for event in Event::ALL {
        write!(text, "\n### {} ({})\n\n| Debit | Credit | Phase | What it means |\n| --- | --- | --- | --- |\n", event.word(), event.ja())
            .unwrap();
        for Line { debit, credit, phase, why } in event.table() {
            writeln!(text, "| {} | {} | {phase} | {why} |", debit.word(), credit.word()).unwrap();
        }
    }
    page("ledger.md", &text);
}

#[test]
fn the_page_of_the_configuration_is_true() {
    page("configuration.md", &jorei_api::configuration::reference());
}

#[test]
fn the_document_of_the_interface_is_true() {
    page("openapi.json", &document_text());
}

#[test]
fn the_page_of_the_interface_is_true() {
    let (_, routes) = described();
    let names: BTreeSet<&str> = routes.iter().map(|route| route.operation.as_str()).collect();
    assert_eq!(names.len(), routes.len(), "a client that is made from the document has one function for each route");
    let mut text = String::from(
        "# HTTP\n\nEvery route, as the service describes itself; `openapi.json` has bodies and answers. Generated from\n`host/api/src/router.rs`; do not edit.\n\n| Route | Name | What it does |\n| --- | --- | --- |\n",
    );
    for Route { method, path, operation, summary, .. } in &routes {
        writeln!(text, "| `{method} {path}` | `{operation}` | {} |", summary.trim_end_matches('.')).unwrap();
    }
    page("http.md", &text);
}

#[test]
fn the_page_of_errors_is_true() {
    let about = "# Problems\n\nEvery code that an answer of the service can have (`application/problem+json`). A code is permanent.\nGenerated from `host/api/src/problem.rs`; do not edit.\n\n";
    page("errors.md", &format!("{about}{}", problem::reference()));
}

#[test]
fn the_page_of_policies_is_true() {
    let (_, routes) = described();
    let roles = Policy::shipped().unwrap().table(Municipality::parse("012041").unwrap());
    let text = format!(
        "# Who may do what\n\nFor review by the city. Generated from `host/api/policy/office.cedar`, `host/api/src/action.rs`, the routes and\nthe manifests of the rules; do not edit.\n\n\
         ## Roles and actions\n\n`yes`: whatever is stated. Affairs: only a request that states one of them. Empty: never. A vendor's `yes` is\nabout its own rules.\n\n{roles}\n\
         ## Routes\n\nEvery route with the action that the policy decides about, and who else must agree.\n\n{}\n\
         ## Rules and facts\n\nWhich kinds of fact a rule may be given: what its manifest asks for. The office grants no more.\n\n{}",
        table(&routes),
        rules_by_kind(),
    );
    page("policy.md", &text);
}

/// Every rule of ours against every kind of fact.
fn rules_by_kind() -> String {
    let plugins = std::fs::read_dir(built::repository().join("plugins")).unwrap();
    let manifests = plugins.filter_map(|plugin| std::fs::read_to_string(plugin.unwrap().path().join("rule.toml")).ok());
    let mut manifests: Vec<Manifest> = manifests.map(|written| Manifest::from_toml(&written).unwrap()).collect();
    manifests.sort_by(|a, b| a.id.cmp(&b.id));
    assert!(!manifests.is_empty());
    let ids: Vec<String> = manifests.iter().map(|manifest| format!("{} {}", manifest.vendor, manifest.id)).collect();
    let mut text = format!("| Kind | 名称 | {} |\n| --- | --- |{}\n", ids.join(" | "), " --- |".repeat(ids.len()));
    for kind in Kind::ALL {
        let asks = |manifest: &Manifest| if manifest.records.iter().any(|record| record == kind.name()) { "yes" } else { "" };
        let cells: Vec<&str> = manifests.iter().map(asks).collect();
        writeln!(text, "| `{}` | {} | {} |", kind.name(), kind.ja(), cells.join(" | ")).unwrap();
    }
    text
}
