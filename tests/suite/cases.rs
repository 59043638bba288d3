//! Every case file of every rule, through its component: worked examples with their published
//! figures, and the traps of the law.

use jorei_engine::{Grant, Rule};
use jorei_package::cases::{Case, differences};
use jorei_service::evaluate::Evaluator;
use jorei_service::ordinance::Ordinance;
use jorei_tests::built;
use std::path::{Path, PathBuf};

fn toml_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "toml"));
    files.sort();
    files
}

#[test]
fn every_case_file_of_the_premium_comes_out_as_published() {
    let runtime = jorei_tests::runtime();
    let rule = Rule::load(&runtime, &std::fs::read(built::rule("premium")).unwrap(), &Grant::world()).unwrap();
    let mut annual = 0;
    let (tried, wrong) = every_case(&rule, &built::repository().join("plugins/premium"), |text, case| {
        // The published annual premiums are those that were seen in a publication with a total.
        let published =
            text.contains("\nseen_via = ") && case.expect.get("premium").is_some_and(|premium| premium.get("total_yen").is_some());
        annual += usize::from(published);
    });
    assert!(wrong.is_empty(), "{} of {tried} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(annual, 19, "the published annual premiums");
}

/// The rules whose cases have no annual premium to count.
#[test]
fn every_case_file_of_exemptions_instalments_charges_and_refunds_comes_out_as_computed_apart() {
    let runtime = jorei_tests::runtime();
    for (name, least) in [("exemption", 80), ("instalment", 40), ("delinquency", 55), ("refund", 75)] {
        let rule = Rule::load(&runtime, &std::fs::read(built::rule(name)).unwrap(), &Grant::world()).unwrap();
        let (tried, wrong) = every_case(&rule, &built::repository().join("plugins").join(name), |_, _| ());
        assert!(wrong.is_empty(), "{} of {tried} cases:\n{}", wrong.len(), wrong.join("\n"));
        assert!(tried >= least, "only {tried} cases of {name} found");
    }
}

/// The rules of benefits, each with the figures of publications or computed apart.
#[test]
fn every_case_file_of_the_benefits_comes_out_as_published_or_computed_apart() {
    let runtime = jorei_tests::runtime();
    let least = [
        ("classification", 140),
        ("high_cost", 100),
        ("high_cost_year", 55),
        ("combined", 50),
        ("hospital", 80),
        ("expense", 45),
        ("lump_sum", 45),
    ];
    for (name, least) in least {
        let rule = Rule::load(&runtime, &std::fs::read(built::rule(name)).unwrap(), &Grant::world()).unwrap();
        let (tried, wrong) = every_case(&rule, &built::repository().join("plugins").join(name), |_, _| ());
        assert!(wrong.is_empty(), "{} of {tried} cases of {name}:\n{}", wrong.len(), wrong.join("\n"));
        assert!(tried >= least, "only {tried} cases of {name} found");
    }
}

/// Answers every case of a rule's folder: how many there are, and what differs. Each is shown with its text.
fn every_case(rule: &Rule, folder: &Path, mut seen: impl FnMut(&str, &Case)) -> (usize, Vec<String>) {
    let (mut tried, mut wrong) = (0, Vec::new());
    for file in toml_files(&folder.join("cases")) {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).unwrap();
        let case = Case::from_toml(&name, &text).unwrap_or_else(|error| panic!("{error}"));
        let path = folder.join("ordinances").join(&case.ordinance);
        let ordinance =
            Ordinance::check(rule, &std::fs::read_to_string(&path).unwrap()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let answer = Evaluator::new(rule, ordinance.settings, false).document(&case.case);
        wrong.extend(differences(&answer, &case.expect).iter().map(|difference| format!("{name}: {difference} {}", answer["refusal"])));
        seen(&text, &case);
        tried += 1;
    }
    (tried, wrong)
}
