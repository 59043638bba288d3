//! The first thing a visitor sees: a whole synthetic city assessed by a sandboxed rule under the
//! real rates of a real city.

use crate::build::{self, Profile};
use crate::step;
use anyhow::Context as _;
use std::path::Path;
use std::process::Command;

/// The city of the demo: Asahikawa's published rates, synthetic people.
const MUNICIPALITY: &str = "012041";
const YEAR: &str = "2025";

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
    let database = match &args.database {
        Some(address) => address.clone(),
        None => {
            let folder = build::target().join("demo");
            let _ = std::fs::remove_dir_all(&folder);
            std::fs::create_dir_all(&folder).context("making the folder of the demo")?;
            format!("sqlite://{}", folder.join("jorei.db").display())
        }
    };
    let office = |words: &[&str]| {
        let mut command = Command::new(&jorei);
        command.args(words).env("JOREI_MUNICIPALITY", MUNICIPALITY).env("JOREI_DATABASE", &database);
        command
    };
    step("a synthetic city (nobody in it is real)");
    crate::run(office(&["demo-city"]).args(["--households", &args.households.to_string()]))?;
    step("the premium rule under the city's ordinance");
    let rule = build::target().join("rules/premium.wasm");
    let ordinance = Path::new("plugins/premium/ordinances").join(MUNICIPALITY).with_extension("toml");
    let dates = ["--from", "2019-04-01", "--until", "2027-04-01"];
    crate::run(office(&["install"]).arg("--rule").arg(rule).arg("--ordinance").arg(ordinance).args(dates))?;
    step("the assessment of fiscal year 2025");
    // Some of the city's cases are there to be refused: status 1 is the demo's success.
    let status = office(&["assess", "--year", YEAR]).status().context("assessing")?;
    anyhow::ensure!(matches!(status.code(), Some(0 | 1)), "the assessment ended with {status}");
    step("one decision explained");
    crate::run(&mut office(&["explain", "--example", "--year", YEAR]))?;
    eprintln!("\nThe city stays in {database}. Try:");
    eprintln!("  export JOREI_DATABASE={database} JOREI_MUNICIPALITY={MUNICIPALITY}");
    eprintln!("  {} explain --household 1 --year {YEAR} --lang en", jorei.display());
    eprintln!("  {} assess --year 2024   # refused: its rates are not known", jorei.display());
    Ok(())
}
