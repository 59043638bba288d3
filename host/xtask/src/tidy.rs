//! What the compiler does not check: which crate knows what, that every value of an ordinance
//! cites an article, that no float stands where money or law is.

use anyhow::{Context as _, bail};
use std::path::{Path, PathBuf};

/// Which crates of ours each crate may name in its manifest (development aside).
const LAYERS: &[(&str, &[&str])] = &[
    ("host/domain", &[]),
    ("host/bank", &["jorei-domain"]),
    ("host/package", &["jorei-domain"]),
    ("host/store", &["jorei-domain"]),
    ("host/engine", &["jorei-domain"]),
    ("host/connector", &["jorei-domain"]),
    ("host/neighbour", &["jorei-bank", "jorei-connector", "jorei-domain"]),
    ("host/service", &["jorei-bank", "jorei-connector", "jorei-domain", "jorei-engine", "jorei-package", "jorei-store"]),
    ("host/api", &["jorei-bank", "jorei-connector", "jorei-domain", "jorei-engine", "jorei-package", "jorei-service", "jorei-store"]),
    (
        "host/cli",
        &["jorei-api", "jorei-bank", "jorei-connector", "jorei-domain", "jorei-engine", "jorei-package", "jorei-service", "jorei-store"],
    ),
    ("host/verify", &["jorei-domain", "jorei-package"]),
    ("host/xtask", &[]),
    ("plugins/sdk", &["jorei-domain"]),
    // Tests of rules read cases as the office does.
    ("plugins/trial", &["jorei-domain", "jorei-package", "jorei-sdk", "jorei-service"]),
    ("plugins/*", &["jorei-sdk"]),
];

/// Where money is counted and law applied.
const EXACT: &[&str] = &["host/domain", "host/bank", "host/package", "host/store", "host/connector", "host/neighbour", "wit", "plugins"];
/// What is told the time.
const TIMELESS: &[&str] =
    &["host/domain", "host/bank", "host/package", "host/store", "host/engine", "host/service", "host/api", "host/connector", "plugins"];
/// What is handed all that it works on.
const CLOSED: &[&str] = &[
    "host/domain",
    "host/bank/src",
    "host/package",
    "host/store",
    "host/engine",
    "host/service",
    "host/api",
    "host/connector",
    "plugins/sdk",
    RULES,
];
/// The sources of every rule: each folder of `plugins` that has a manifest of a rule.
const RULES: &str = "plugins/*/src";

/// What must not occur in the sources of some folders, and why.
const BANNED: &[(&str, &[&str], &str)] = &[
    ("f32", EXACT, "money and law know no float"),
    ("f64", EXACT, "money and law know no float"),
    ("SystemTime::now", TIMELESS, "the clock belongs to cli"),
    ("Timestamp::now", TIMELESS, "the clock belongs to cli"),
    ("std::fs", CLOSED, "files belong to cli"),
    ("std::env::", CLOSED, "the environment belongs to cli"),
    ("todo!(", &["host", "plugins", "tests"], "never commit a stub"),
    ("unimplemented!(", &["host", "plugins", "tests"], "never commit a stub"),
    ("#[ignore", &["host", "plugins", "tests"], "a test runs or goes"),
    ("now()", &["host/store/migrations"], "the clock is passed down"),
];

/// Runs every check and reports all that it finds.
pub fn check() -> anyhow::Result<()> {
    let mut found = Vec::new();
    layers(&mut found)?;
    banned(&mut found)?;
    module_docs(&mut found)?;
    ordinances(&mut found)?;
    if found.is_empty() {
        return Ok(());
    }
    bail!("tidy found:\n  {}", found.join("\n  "));
}

fn layers(found: &mut Vec<String>) -> anyhow::Result<()> {
    for root in ["host", "plugins"] {
        for entry in std::fs::read_dir(root)? {
            let folder = entry?.path();
            let manifest = folder.join("Cargo.toml");
            if !manifest.is_file() {
                continue;
            }
            let name = folder.display().to_string();
            let allowed =
                LAYERS.iter().find(|(layer, _)| *layer == name || (*layer == "plugins/*" && root == "plugins" && name != "plugins/sdk"));
            let Some((_, allowed)) = allowed else {
                found.push(format!("{name}: a crate without a line in LAYERS (host/xtask/src/tidy.rs)"));
                continue;
            };
            let text = std::fs::read_to_string(&manifest)?;
            let dependencies = text.split("\n[").find(|section| section.starts_with("dependencies]")).unwrap_or_default();
            for line in dependencies.lines().filter(|line| line.starts_with("jorei-")) {
                let dependency = line.split(['.', ' ', '=']).next().unwrap_or_default();
                if !allowed.contains(&dependency) {
                    found.push(format!("{name}: must not know {dependency} (docs/ARCHITECTURE.md)"));
                }
            }
        }
    }
    Ok(())
}

fn banned(found: &mut Vec<String>) -> anyhow::Result<()> {
    for (word, folders, reason) in BANNED {
        for folder in folders.iter().map(|folder| places(folder)).collect::<anyhow::Result<Vec<_>>>()?.concat() {
            for file in files(&folder, &["rs", "wit", "sql"])? {
                if file.ends_with("xtask/src/tidy.rs") {
                    continue;
                }
                let text = std::fs::read_to_string(&file)?;
                for (number, line) in text.lines().enumerate() {
                    let code = line.split("//").next().unwrap_or_default();
                    if contains_word(code, word) {
                        found.push(format!("{}:{}: {word}: {reason}", file.display(), number + 1));
                    }
                }
            }
        }
    }
    Ok(())
}

/// The folders that a line of [`BANNED`] means.
fn places(folder: &str) -> anyhow::Result<Vec<PathBuf>> {
    if folder != RULES {
        return Ok(vec![folder.into()]);
    }
    let mut rules = Vec::new();
    for entry in std::fs::read_dir("plugins")? {
        let plugin = entry?.path();
        if plugin.join("rule.toml").is_file() {
            rules.push(plugin.join("src"));
        }
    }
    rules.sort();
    Ok(rules)
}

/// `word` not inside a longer name.
fn contains_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let in_name = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let starts_name = word.starts_with(|c: char| c.is_alphanumeric());
        let ends_name = word.ends_with(|c: char| c.is_alphanumeric());
        !(starts_name && in_name(before) || ends_name && in_name(after))
    })
}

fn module_docs(found: &mut Vec<String>) -> anyhow::Result<()> {
    for root in ["host", "plugins", "tests"] {
        for file in files(Path::new(root), &["rs"])? {
            if !std::fs::read_to_string(&file)?.starts_with("//!") {
                found.push(format!("{}: says nowhere what it is for (begin with //!)", file.display()));
            }
        }
    }
    Ok(())
}

/// Every dated block of an ordinance cites an article and a state, or says what is missing.
fn ordinances(found: &mut Vec<String>) -> anyhow::Result<()> {
    for file in files(Path::new("plugins"), &["toml"])? {
        if !file.components().any(|part| part.as_os_str() == "ordinances") {
            continue;
        }
        let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        for block in text.split("\n[[").skip(1) {
            let has = |key: &str| block.lines().any(|line| line.trim_start().starts_with(key));
            if !has("article") || !(has("state") || has("missing")) {
                let name = block.split("]]").next().unwrap_or_default();
                found.push(format!("{}: a block of [[{name}]] without article or state", file.display()));
            }
        }
    }
    Ok(())
}

/// All files below a folder with one of some endings, in order.
fn files(folder: &Path, endings: &[&str]) -> anyhow::Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| endings.iter().any(|ending| end == *ending)) {
                all.push(path);
            }
        }
    }
    all.sort();
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::contains_word;

    #[test]
    fn words_inside_names_do_not_count() {
        assert!(contains_word("let x: f64 = 1.0;", "f64"));
        assert!(!contains_word("let buf64 = 1;", "f64"));
        assert!(contains_word("#[ignore = \"x\"]", "#[ignore"));
        assert!(contains_word("a + now()", "now()"));
    }

    #[test]
    fn every_rule_is_looked_at_and_nothing_else() {
        std::env::set_current_dir(crate::root()).unwrap();
        let rules = super::places(super::RULES).unwrap();
        assert!(rules.contains(&"plugins/premium/src".into()) && rules.contains(&"plugins/hospital/src".into()));
        assert!(!rules.contains(&"plugins/trial/src".into()) && !rules.contains(&"plugins/sdk/src".into()));
    }

    #[test]
    fn the_repository_is_tidy() {
        std::env::set_current_dir(crate::root()).unwrap();
        super::check().unwrap();
    }
}
