//! `jorei demo-city`: a synthetic city into the records.

use crate::commands::Exit;
use crate::commands::officer::{moment, program};
use crate::office::{OfficeArgs, parse_date, run, today};
use indicatif::{ProgressBar, ProgressStyle};
use jorei_domain::calendar::Date;
use jorei_domain::id::{Municipality, PersonId};
use jorei_service::demo_city::{DemoCity, Mix};
use jorei_store::Store;

/// Households per transaction.
const CHUNK: usize = 1_000;

/// Make a synthetic city: people, households, incomes, every special case. Nobody in it is real.
///
/// The same seed makes the same city everywhere. Running the command again continues where it was
/// stopped and changes nothing that is there.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    office: OfficeArgs,
    /// Another seed is another city.
    #[arg(long, default_value = "1")]
    seed: u64,
    /// How many households.
    #[arg(long, default_value = "42000")]
    households: u32,
    /// The day on which the office learnt all of it [default: today].
    #[arg(long, value_parser = parse_date)]
    learnt_on: Option<Date>,
}

pub fn run_demo_city(args: &Args) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality) = args.office.found().await?;
        let protect = fill(&store, municipality, args.seed, args.households, args.learnt_on.unwrap_or_else(today)).await?;
        if let Some(first) = protect.first() {
            let more = protect.len();
            eprintln!("{more} persons are meant to be protected, for practice, the first is {first}: jorei person protect {first} ...");
        }
        Ok(Exit::Done)
    })
}

/// Lays a city into the records, a chunk of households at a time, and tells how it goes. Answers who is meant to be
/// protected, for practice.
pub async fn fill(store: &Store, municipality: Municipality, seed: u64, households: u32, learnt_on: Date) -> anyhow::Result<Vec<PersonId>> {
    let bar = ProgressBar::new(u64::from(households))
        .with_style(ProgressStyle::with_template("{bar:40} {pos}/{len} households {per_sec} ETA {eta}")?);
    let mut mix = Mix::default();
    let mut bundles = DemoCity { seed, households }.bundles().peekable();
    let mut added = 0;
    let mut protect = Vec::new();
    while let Some(first) = bundles.peek().map(|bundle| bundle.household) {
        let chunk: Vec<_> = bundles.by_ref().take(CHUNK).collect();
        chunk.iter().for_each(|bundle| mix.count(bundle));
        bar.inc(chunk.len() as u64);
        if store.knows_household(municipality, first).await? {
            continue;
        }
        added += chunk.len();
        let (mut assertions, mut names, mut addresses) = (Vec::new(), Vec::new(), Vec::new());
        for bundle in chunk {
            assertions.extend(bundle.assertions);
            names.extend(bundle.names);
            addresses.extend(bundle.addresses);
            protect.extend(bundle.protect);
        }
        let stamp = moment().stamp(&program("demo-city"));
        // Names and addresses first: a chunk counts as there when its facts are.
        store.save_names(municipality, learnt_on, &names, &stamp).await?;
        store.save_addresses(municipality, learnt_on, &addresses, &stamp).await?;
        store.assert_facts(municipality, learnt_on, &assertions, &stamp).await?;
    }
    bar.finish_and_clear();
    eprintln!(
        "{} households ({added} new), {} persons, {} insured on 1 April 2025, {} facts; seed {seed}",
        mix.households, mix.persons, mix.insured, mix.assertions
    );
    Ok(protect)
}
