//! The demo's benefits: a year of claims, the law of August 2026 as an upgrade, and one month's benefits on their way to the bank.

use super::money::Neighbour;
use super::{Office, TANAKA, ordinance, println_all};
use crate::step;
use anyhow::{Context as _, ensure};
use std::collections::BTreeSet;

/// The rules of benefits that the demo puts in force, classification first: the others rest on it.
pub(super) const RULES: [&str; 7] = ["classification", "high_cost", "high_cost_year", "combined", "hospital", "expense", "lump_sum"];
/// The first month of the demo's claims, and how many months there are: the last one is the first of the new law.
const FIRST_MONTH: &str = "2025-08";
const MONTHS: &str = "13";
/// The last month of the old law, and the first of the new one; what the last set says of earlier months begins in June.
const CORRECTED_FROM: &str = "2026-06";
const LAST_OF_OLD: &str = "2026-07";
const FIRST_OF_NEW: &str = "2026-08";
/// The day on which the tables change.
const CHANGE: &str = "2026-08-01";
/// Households that apply for the benefit of the last month of the old law; half of them ask for the simplified procedure as well.
const APPLICATIONS: usize = 40;

impl Office {
    /// A year of claims, payment, what later claims change, and the change of the law.
    pub(super) fn benefits(&self, server: &Neighbour) -> anyhow::Result<()> {
        step("rules of benefits, on the same way into the office: what is law up to July 2026 first");
        for rule in RULES {
            let package = self.package(rule, "0.1.0")?;
            self.run(&["rule", "add", &package], TANAKA)?;
            let text = std::fs::read_to_string(ordinance(rule))?;
            self.save_draft(rule, &if rule == "high_cost" { before_the_change(&text) } else { text })?;
            let revision = self.revision(&self.confirmed(rule, rule, "0.1.0")?, rule, "0.1.0")?;
            let until = if rule == "high_cost" { CHANGE } else { "2027-04-01" };
            self.approved(&["activate", &revision, "--reason", "当初の改版", "--from", "2025-04-01", "--until", until])?;
        }
        step("residents' taxes, and a year of claims from the federation: taken in set by set");
        self.run(&["demo-benefits", "--years", "2023,2024,2025"], None)?;
        let (year, last_set) = self.delivered()?;
        self.take_claims(&year)?;
        step("the old law: every household with claims is asked, who has something due is decided");
        self.decide(&["benefit", "run", "--month", FIRST_MONTH, "--until", LAST_OF_OLD])?;
        let paid = self.paid_benefits(server, &last_set)?;

        step("August has a table of its own; under the old revision there is none");
        let told = self.command(&["benefit", "run", "--month", FIRST_OF_NEW], None).output()?;
        ensure!(!told.status.success(), "the old revision decided August");
        println_all(&String::from_utf8_lossy(&told.stderr));
        step("the new tables arrive as an ordinance; asked about a year of claims as if they came a year later: winners and losers");
        let old = self.in_force(LAST_OF_OLD)?;
        self.save_draft("high_cost-2026", &std::fs::read_to_string(ordinance("high_cost"))?)?;
        let new = self.revision(&self.confirmed("high_cost-2026", "high_cost", "0.1.0")?, "high_cost", "0.1.0")?;
        let words = ["benefit", "what-if", &new, "--month", FIRST_MONTH, "--until", LAST_OF_OLD, "--years", "1"];
        println_all(&self.told(&words, None)?);
        step("two people put it in force from August 2026; July keeps the old one");
        self.approved(&["activate", &new, "--reason", "令和8年8月改正", "--from", CHANGE, "--until", "2027-04-01"])?;
        step("the next set: claims of August, and what became of June's and July's; those months are run again, differences are posted");
        self.take_claims(&last_set)?;
        self.decide(&["benefit", "run", "--month", CORRECTED_FROM, "--until", LAST_OF_OLD])?;
        match self.corrected(&paid)? {
            Some(household) => self.run(&["benefit", "show", &household.to_string()], None)?,
            None => eprintln!("in a city as small as this one no claim of these households was taken back"),
        }
        step("August under the new law: who is registered for the simplified procedure gets an order without applying again");
        self.decide(&["benefit", "run", "--month", FIRST_OF_NEW])?;
        let household = self.on_both_sides()?;
        step(&format!("household {household}: July under the old revision, August under the new one"));
        for month in [LAST_OF_OLD, FIRST_OF_NEW] {
            let case = format!("{month}-01");
            let words = ["benefit", "decide", &household.to_string(), "--slot", "high_cost", "--case", &case];
            let told = self.told(&words, TANAKA)?;
            println_all(&told);
            let decision = told.split_once("決定番号 ").and_then(|(_, rest)| rest.split_whitespace().next());
            let decision = decision.context("the decision's number")?.trim_end_matches("（決定済み）");
            self.run(&["explain", decision], None)?;
        }
        step("a rollback of August is refused: the old revision does not hold there");
        let told =
            self.command(&["rollback", "--to", &old, "--from", CHANGE, "--until", "2027-04-01", "--reason", "試行"], TANAKA).output()?;
        ensure!(!told.status.success(), "the old revision was put in force for August");
        println_all(&String::from_utf8_lossy(&told.stderr));
        self.run(&["ledger", "check"], None)
    }

    /// What the federation delivers: the files of a year of claims, and those of the set that comes after it.
    fn delivered(&self) -> anyhow::Result<(Vec<String>, Vec<String>)> {
        let folder = self.folder.join("claims");
        let out = folder.to_str().context("a path in UTF-8")?;
        self.run(&["demo-claims", "--from", FIRST_MONTH, "--months", MONTHS, "--out", out], None)?;
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&folder)? {
            files.push(entry?.path().to_str().context("a path in UTF-8")?.to_owned());
        }
        files.sort();
        // A file's name ends with its place in the set.
        let set = |file: &str| file.rsplit_once('-').map_or(file.to_owned(), |(set, _)| set.to_owned());
        let last = set(files.last().context("a set of claims")?);
        Ok(files.into_iter().partition(|file| set(file) != last))
    }

    fn take_claims(&self, files: &[String]) -> anyhow::Result<()> {
        let words: Vec<&str> = ["claims", "apply"].into_iter().chain(files.iter().map(String::as_str)).collect();
        println_all(&self.told(&words, TANAKA)?);
        Ok(())
    }

    /// The revision of high-cost benefits in force in a month.
    fn in_force(&self, month: &str) -> anyhow::Result<String> {
        let day = format!("{month}-01");
        let rows = self.rows(&["revision", "in-force", "--from", &day, "--until", CHANGE])?;
        let found = rows.iter().filter(|row| row["slot"] == "high_cost").find_map(|row| row["revision"].as_str());
        Ok(found.context("a revision in force")?[..12].to_owned())
    }

    /// Households to which something is due for a month and was not posted, the largest amount first.
    fn candidates(&self, month: &str) -> anyhow::Result<Vec<(i64, i64)>> {
        let rows = self.rows(&["benefit", "candidates", "--month", month])?;
        let mut found: Vec<(i64, i64)> = rows.iter().filter_map(|row| Some((row["yen"].as_i64()?, row["household"].as_i64()?))).collect();
        found.sort_unstable_by(|a, b| b.cmp(a));
        Ok(found)
    }

    /// A household to which something is due on both sides of the change.
    fn on_both_sides(&self) -> anyhow::Result<i64> {
        let (july, august) = (self.candidates(LAST_OF_OLD)?, self.candidates(FIRST_OF_NEW)?);
        let both = july.iter().find(|(_, household)| august.iter().any(|(_, other)| other == household));
        Ok(both.or(july.first()).context("a household to which something is due")?.1)
    }

    /// One of these households to which more than nothing was due before, and something else is now.
    fn corrected(&self, households: &BTreeSet<i64>) -> anyhow::Result<Option<i64>> {
        for household in households {
            let dues = self.rows(&["benefit", "show", &household.to_string()])?;
            if dues.iter().any(|due| due["before_yen"].as_i64().is_some_and(|yen| yen > 0)) {
                return Ok(Some(*household));
            }
        }
        Ok(None)
    }

    /// Heads apply for July, those among them whose claims the next set takes back; what is due is ordered, inquired about, released
    /// and paid. Answers the households that applied.
    fn paid_benefits(&self, server: &Neighbour, next_set: &[String]) -> anyhow::Result<BTreeSet<i64>> {
        step("heads apply for July; some register for the simplified procedure");
        let register = self.register()?;
        let mut taken_back: BTreeSet<i64> = BTreeSet::new();
        for file in next_set {
            for line in std::fs::read_to_string(file)?.lines() {
                // Column 5 is the month of treatment, column 12 the cost: below 0 where a claim is taken back.
                let cells: Vec<&str> = line.split(',').collect();
                if cells.len() > 12 && cells[4] == LAST_OF_OLD && cells[11].starts_with('-') {
                    taken_back.extend(cells[2].parse().ok().and_then(|person: i64| register.households.get(&person)));
                }
            }
        }
        let mut households = BTreeSet::new();
        for (place, (_, household)) in self.candidates(LAST_OF_OLD)?.into_iter().enumerate() {
            if place >= APPLICATIONS && !taken_back.contains(&household) {
                continue;
            }
            let Some(head) = register.heads.get(&household) else { continue };
            households.insert(household);
            let (household, head) = (household.to_string(), head.to_string());
            let words = ["benefit", "receive", &household, "--benefit", "high_cost", "--day", "2026-07-01", "--person", &head];
            self.told(&[&words[..], &["--document", "窓口受付", "--complete"]].concat(), TANAKA)?;
            if place % 2 == 0 {
                self.told(&["benefit", "simplify", &household, "--head", &head, "--document", "簡素化申出書"], TANAKA)?;
            }
        }
        eprintln!("{} applications", households.len());
        self.decide(&["benefit", "run", "--month", LAST_OF_OLD])?;
        let shown = households.first().context("nobody applied")?.to_string();
        let case = format!("{LAST_OF_OLD}-01");
        self.run(&["benefit", "notice", &shown, "--slot", "high_cost", "--case", &case], TANAKA)?;
        step("paid by the same way as refunds: consent, account, two people, file, result");
        let ordered: BTreeSet<i64> = self
            .rows(&["payee", "list"])?
            .iter()
            .filter_map(|row| row["household"].as_i64())
            .filter(|household| households.contains(household))
            .collect();
        self.pay(server, &ordered, "0002", "給付費の支払")?;
        self.run(&["benefit", "show", &shown], None)?;
        self.run(&["ledger", "check"], None)?;
        println_all(&self.told(&["benefit", "applications"], None)?.lines().take(12).map(|line| format!("{line}\n")).collect::<String>());
        Ok(households)
    }
}

/// The ordinance of high-cost benefits as it stood before the change: no block of it reaches August 2026.
fn before_the_change(text: &str) -> String {
    let mut blocks: Vec<String> = vec![String::new()];
    for line in text.lines() {
        if line.starts_with("[[") {
            blocks.push(String::new());
        }
        if let Some(block) = blocks.last_mut() {
            block.push_str(line);
            block.push('\n');
        }
    }
    let begins = |block: &String| block.lines().find_map(|line| line.strip_prefix("from = \"")?.strip_suffix('"').map(str::to_owned));
    let old = blocks.into_iter().filter(|block| begins(block).is_none_or(|from| from.as_str() < CHANGE));
    let cut = |block: String| -> String {
        let line = |line: &str| match line.strip_prefix("until = \"").and_then(|rest| rest.strip_suffix('"')) {
            Some(until) if until > CHANGE => format!("until = \"{CHANGE}\"\n"),
            _ => format!("{line}\n"),
        };
        block.lines().map(line).collect()
    };
    old.map(cut).collect()
}
