//! The first thing a visitor sees: a whole synthetic city assessed by a sandboxed rule under the
//! real rates of a real city, and then the rule changed without a redeploy: a signed package, a
//! shadow run, two people, a date of the law, and back again.

mod benefits;
mod money;

use crate::build::{self, Profile};
use crate::step;
use anyhow::{Context as _, ensure};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The city of the demo: Asahikawa's published rates, synthetic people.
const MUNICIPALITY: &str = "012041";
const YEAR: &str = "2025";
/// The day that the first decisions of the year count from: before the first instalment is due.
const MASS_DECISION: &str = "2025-06-13";
/// What is learnt before the first day is decided again on the second.
const QUARTERS: [(&str, &str); 4] =
    [("2025-07-01", "2025-07-11"), ("2025-10-01", "2025-10-10"), ("2026-01-01", "2026-01-13"), ("2026-04-01", "2026-04-10")];
/// The rules: those of the year, each of which rests on the decisions of those before, then those of money.
const RULES: [&str; 5] = ["premium", "exemption", "instalment", "delinquency", "refund"];

/// Case dates that the first revision answers: those of the ordinance.
const FIRST: [&str; 4] = ["--from", "2019-04-01", "--until", "2027-04-01"];
/// Case dates that the second revision takes over.
const SECOND: [&str; 4] = ["--from", "2025-04-01", "--until", "2026-04-01"];

/// Options of the demo.
#[derive(clap::Args)]
pub struct Args {
    /// Households of the synthetic city.
    #[arg(long, default_value = "42000")]
    households: u32,
    /// Database [default: a new SQLite file, target/demo/jorei.db].
    #[arg(long)]
    database: Option<String>,
}

/// Runs the demo.
pub fn run(args: &Args) -> anyhow::Result<()> {
    step("building the binary and the rules (the first time some ten minutes)");
    let jorei = build::rules(Profile::Release)?;
    let folder = build::target().join("demo");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).context("making the folder of the demo")?;
    let database = args.database.clone().unwrap_or_else(|| format!("sqlite://{}", folder.join("jorei.db").display()));
    let office = Office { jorei, database, folder };
    step("a synthetic city (nobody in it is real)");
    office.run(&["demo-city", "--households", &args.households.to_string(), "--learnt-on", "2025-04-01"], None)?;
    step("the office: two accounts, a vendor, a grant; founded by one, signed by the other");
    office.found()?;
    step("the vendor's signed package arrives; it is checked, compiled apart, and runs its own cases");
    let package = office.package("premium", "0.1.0")?;
    office.run(&["rule", "add", &package], TANAKA)?;
    office.save_draft("asahikawa", &std::fs::read_to_string(ordinance("premium"))?)?;
    step("what its ordinance assumes is confirmed by both accounts, for the synthetic city only: nothing provisional can post");
    let confirmed = office.confirmed("asahikawa", "premium", "0.1.0")?;
    let first = office.revision(&confirmed, "premium", "0.1.0")?;
    office.approved(&[&["activate", &first, "--reason", "当初の改版"], &FIRST[..]].concat())?;
    step("the assessment of fiscal year 2025, decided on 13 June 2025");
    office.assess(&["--on", MASS_DECISION])?;
    step("one decision explained");
    let told = office.output(&["explain", "--example", "--year", YEAR], None)?;
    println_all(&told);
    let household = office.example(&told)?;

    let mut receipts = office.year_of_change()?;
    let server = money::Neighbour::start(&office, "server")?;
    office.money(&server, &mut receipts)?;
    office.benefits(&server)?;
    drop(server);

    step("a second signed package arrives, with it an ordinance that rounds each part down to 10 yen in place of 100");
    // The second package's rule is the first one's under another version: what changes amounts is the ordinance.
    let package = office.package("premium", "0.2.0")?;
    office.run(&["rule", "add", &package], TANAKA)?;
    let amended = std::fs::read_to_string(ordinance("premium"))?
        .replace("part_rounding = { unit_yen = 100, direction = \"down\" }", "part_rounding = { unit_yen = 10, direction = \"down\" }");
    office.save_draft("asahikawa-10-yen", &amended)?;
    let confirmed = office.confirmed("asahikawa-10-yen", "premium", "0.2.0")?;
    let second = office.revision(&confirmed, "premium", "0.2.0")?;
    step("its shadow run over the assessed city");
    office.run(&["shadow", "run", &second, "--year", YEAR], TANAKA)?;
    step("tanaka proposes it for fiscal year 2025, seeing the difference; suzuki signs what was shown");
    office.approved(&[&["activate", &second, "--reason", "端数処理の改正"], &SECOND[..]].concat())?;
    office.run(&["revision", "in-force", "--from", "2024-04-01", "--until", "2027-04-01"], None)?;
    office.assess(&[])?;
    step("the same household on the other side of the change");
    office.run(&["explain", "--household", &household, "--year", YEAR], None)?;
    step("rollback: one command, no build; an emergency takes effect at once and stays open until suzuki signs");
    let shown = office.output(&["rollback", "--to", &first, "--reason", "端数処理の誤り", "--emergency"], TANAKA)?;
    println_all(&shown);
    office.run(&["approve"], None)?;
    office.sign(&shown)?;
    office.run(&["revision", "in-force", "--from", "2024-04-01", "--until", "2027-04-01"], None)?;
    office.run(&["replay", "--household", &household, "--year", YEAR], None)?;
    step("the audit chain, verified here and offline");
    office.run(&["audit", "verify"], None)?;
    office.audit_offline()?;
    office.hints();
    Ok(())
}

/// Whose key a command gets.
const TANAKA: Option<&str> = Some("tanaka");
const SUZUKI: Option<&str> = Some("suzuki");

/// The demo's office, acted for by the command line alone.
struct Office {
    jorei: PathBuf,
    database: String,
    folder: PathBuf,
}

impl Office {
    fn command(&self, words: &[&str], who: Option<&str>) -> Command {
        let mut command = Command::new(&self.jorei);
        command.args(words).env("JOREI_MUNICIPALITY", MUNICIPALITY).env("JOREI_DATABASE", &self.database);
        command.env_remove("JOREI_KEY");
        if let Some(who) = who {
            command.env("JOREI_KEY", self.key(who));
        }
        command
    }

    fn key(&self, who: &str) -> PathBuf {
        self.folder.join(who).with_extension("key")
    }

    fn run(&self, words: &[&str], who: Option<&str>) -> anyhow::Result<()> {
        crate::run(&mut self.command(words, who))
    }

    /// What a command prints on its standard output.
    fn output(&self, words: &[&str], who: Option<&str>) -> anyhow::Result<String> {
        let output = self.command(words, who).stderr(Stdio::inherit()).output().with_context(|| format!("running {words:?}"))?;
        ensure!(output.status.success(), "jorei {words:?} ended with {}", output.status);
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Keys for two people and a vendor, and the act that founds the office with them.
    fn found(&self) -> anyhow::Result<()> {
        let mut public = Vec::new();
        for who in ["tanaka", "suzuki", "vendor"] {
            let file = self.key(who);
            let file = file.to_str().context("a path in UTF-8")?;
            self.run(&["key", "new", file, "--no-password"], None)?;
            let shown = self.output(&["key", "show", file], None)?;
            let key = shown.split_whitespace().find(|word| word.starts_with("RW")).context("a public key")?;
            public.push(key.to_owned());
        }
        let account = |name: &str, key: &str| {
            format!("[[account]]\nname = \"{name}\"\nkey = \"{key}\"\nfrom = \"2026-04-01\"\nuntil = \"2030-04-01\"\n\n")
        };
        let file = account("tanaka", &public[0])
            + &account("suzuki", &public[1])
            + &format!("[[vendor]]\nname = \"jorei\"\nneeded = 1\nkeys = [\"{}\"]\n\n", public[2])
            + &RULES.iter().chain(&benefits::RULES).map(|rule| grant(rule)).collect::<anyhow::Result<String>>()?;
        let path = self.folder.join("office.toml");
        std::fs::write(&path, file)?;
        self.approved(&["office", "change", path.to_str().context("a path in UTF-8")?, "--reason", "開設"])
    }

    /// Packs and signs a rule under a version.
    fn package(&self, rule: &str, version: &str) -> anyhow::Result<String> {
        let plugin = Path::new("plugins").join(rule);
        let source = self.folder.join(format!("{rule}-{version}"));
        std::fs::create_dir_all(&source)?;
        for folder in ["cases", "ordinances"] {
            crate::run(Command::new("cp").arg("-r").arg(plugin.join(folder)).arg(&source))?;
        }
        let manifest = std::fs::read_to_string(plugin.join("rule.toml"))?;
        let manifest: String = manifest
            .lines()
            .map(|line| if line.starts_with("version") { format!("version = \"{version}\"\n") } else { format!("{line}\n") })
            .collect();
        std::fs::write(source.join("rule.toml"), manifest)?;
        let package = format!("{}.jorei", source.display());
        let component = build::target().join("rules").join(rule).with_extension("wasm");
        let words =
            ["rule", "pack", source.to_str().context("a path in UTF-8")?, "--component", component.to_str().context("a path")?, "--out"];
        self.run(&[&words[..], &[&package]].concat(), None)?;
        let vendor = self.key("vendor");
        self.run(&["rule", "sign", &package, "--key", vendor.to_str().context("a path in UTF-8")?], None)?;
        Ok(package)
    }

    fn save_draft(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let file = self.folder.join(name).with_extension("toml");
        std::fs::write(&file, text)?;
        self.run(&["ordinance", "draft", name, file.to_str().context("a path in UTF-8")?], TANAKA)
    }

    /// Makes a revision of an ordinance and a rule of a version, and answers its first digits.
    fn revision(&self, ordinance: &str, rule: &str, version: &str) -> anyhow::Result<String> {
        let rules = self.output(&["rule", "list"], None)?;
        let names = |line: &&str| [rule, version].iter().all(|wanted| line.split_whitespace().any(|word| word == *wanted));
        let line = rules.lines().find(names);
        let line = line.with_context(|| format!("no rule {rule} of version {version}"))?;
        let rule = line.split_whitespace().next().context("a digest")?;
        let made = self.output(&["revision", "make", "--rule", rule, "--ordinance", ordinance], TANAKA)?;
        let revision = made.split_whitespace().nth(1).context("a revision")?;
        Ok(revision[..12].to_owned())
    }

    /// An act by tanaka, signed by suzuki.
    fn approved(&self, words: &[&str]) -> anyhow::Result<()> {
        let shown = self.output(words, TANAKA)?;
        println_all(&shown);
        self.sign(&shown)
    }

    /// Suzuki signs the act whose number stands first in what was shown.
    fn sign(&self, shown: &str) -> anyhow::Result<()> {
        let act = shown.lines().next().and_then(|line| line.split_whitespace().nth(1)).context("the act's number")?;
        self.run(&["approve", act, "--sign"], SUZUKI)
    }

    fn assess(&self, options: &[&str]) -> anyhow::Result<()> {
        self.decide(&[&["assess", "--year", YEAR], options].concat())
    }

    /// Runs what decides for many: some of the city's cases are there to be refused, so status 1 is a success.
    fn decide(&self, words: &[&str]) -> anyhow::Result<()> {
        let status = self.command(words, None).status().with_context(|| format!("running {words:?}"))?;
        ensure!(matches!(status.code(), Some(0 | 1)), "jorei {words:?} ended with {status}");
        Ok(())
    }

    /// A year of change: facts come late, are corrected and withdrawn; each quarter decides again whom they touch. Meanwhile
    /// the city pays. Answers the files of receipts that are not taken in yet.
    fn year_of_change(&self) -> anyhow::Result<BTreeSet<OsString>> {
        step("four more rules, for exemptions, instalments, arrears and refunds, on the same way into the office");
        for rule in &RULES[1..] {
            let package = self.package(rule, "0.1.0")?;
            self.run(&["rule", "add", &package], TANAKA)?;
            self.save_draft(rule, &std::fs::read_to_string(ordinance(rule))?)?;
            let revision = self.revision(&self.confirmed(rule, rule, "0.1.0")?, rule, "0.1.0")?;
            self.approved(&[&["activate", &revision, "--reason", "当初の改版"], &FIRST[..]].concat())?;
        }
        step("the year's premiums become instalments, and stand in the ledger");
        self.decide(&["instalments", "--year", YEAR, "--on", MASS_DECISION])?;
        self.run(&["ledger", "totals"], None)?;
        let mut receipts = BTreeSet::new();
        let mut told = String::new();
        for (until, on) in QUARTERS {
            step(&format!("what the city pays before {until}, with faults of every kind"));
            self.receive(&mut receipts, until)?;
            step(&format!("what the office learns before {until}, and whom it touches: decided again on {on}"));
            told = self.output(&["demo-year", "--year", YEAR, "--until", until, "--story"], None)?;
            println_all(&told);
            self.decide(&["reassess", "--year", YEAR, "--on", on, "--show", "5"])?;
        }
        let household =
            told.split_once("世帯 ").and_then(|(_, rest)| rest.split_whitespace().next()).context("the household of the story")?;
        step(&format!("the year of household {household}: what happened, every version of its premium, its exemptions, its instalments"));
        let story = told.find("世帯 ").map_or("", |at| &told[at..]);
        println_all(story);
        self.run(&["history", "--household", household, "--year", YEAR], None)?;
        self.run(&["exemption", "--household", household, "--year", YEAR], None)?;
        self.run(&["instalments", "--household", household, "--year", YEAR], None)?;
        step("what waits for a clerk");
        // What waits is status 1.
        self.decide(&["queue", "--year", YEAR])?;
        Ok(receipts)
    }

    /// The household of an explanation.
    fn example(&self, told: &str) -> anyhow::Result<String> {
        let mut words = told.split_whitespace().skip_while(|word| *word != "世帯");
        Ok(words.nth(1).context("the household of the example")?.to_owned())
    }

    fn audit_offline(&self) -> anyhow::Result<()> {
        let export = self.folder.join("audit.jsonl");
        let export = export.to_str().context("a path in UTF-8")?;
        self.run(&["audit", "export", "--out", export], TANAKA)?;
        let key = self.key("tanaka").with_extension("key.pub");
        crate::run(Command::new(self.jorei.with_file_name("jorei-verify")).args(["audit", export, "--key"]).arg(key))
    }

    fn hints(&self) {
        let (jorei, database) = (self.jorei.display(), &self.database);
        eprintln!("\nThe city stays in {database}. Try:");
        eprintln!("  export JOREI_DATABASE={database} JOREI_MUNICIPALITY={MUNICIPALITY}");
        eprintln!("  {jorei} explain --household 1 --year {YEAR} --lang en");
        eprintln!("  {jorei} approve --all; {jorei} shadow list; {jorei} queue --year {YEAR}");
        eprintln!("  {jorei} assess --year 2024   # refused: its rates are not known");
    }
}

fn ordinance(rule: &str) -> PathBuf {
    Path::new("plugins").join(rule).join("ordinances").join(MUNICIPALITY).with_extension("toml")
}

/// What the office file grants a rule: all that its manifest asks for.
fn grant(rule: &str) -> anyhow::Result<String> {
    let manifest = std::fs::read_to_string(Path::new("plugins").join(rule).join("rule.toml"))?;
    let listed = |name: &str| -> anyhow::Result<String> {
        // A list may take several lines.
        let start = manifest.find(&format!("\n{name} = [")).with_context(|| format!("the manifest of {rule} lists no {name}"))? + 1;
        let end = start + manifest[start..].find(']').context("a list that ends")? + 1;
        Ok(manifest[start..end].to_owned())
    };
    Ok(format!("[[grant]]\nvendor = \"jorei\"\nrule = \"{rule}\"\n{}\n{}\n", listed("records")?, listed("capabilities")?))
}

/// Passes on what a command printed.
fn println_all(text: &str) {
    use std::io::Write as _;
    // A demo whose reader has gone has nobody to disappoint.
    let _ = std::io::stdout().write_all(text.as_bytes());
}
