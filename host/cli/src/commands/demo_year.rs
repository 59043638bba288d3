//! `jorei demo-year`: a year of change over the synthetic city.

use crate::commands::Exit;
use crate::commands::listing::Listing;
use crate::commands::officer::{moment, program};
use crate::office::{OfficeArgs, parse_date, parse_year, run};
use anyhow::bail;
use indicatif::{ProgressBar, ProgressStyle};
use jorei_domain::calendar::{Date, FiscalYear, months_after};
use jorei_domain::id::{HouseholdId, Municipality};
use jorei_service::demo_city::{Change, ChangeKind, DemoCity};
use jorei_store::Store;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

/// No synthetic city has more households.
const MOST_HOUSEHOLDS: u32 = 1_000_000;

/// Let a year happen to the synthetic city: late joiners and leavers, corrected incomes, deaths, splits,
/// applications, as the office learns of them day by day.
///
/// What is learnt on one day is recorded as of that day. Running the command again, or for more
/// months, continues where it was stopped and records nothing twice. Nothing is assessed: run
/// `jorei assess` or a reassessment afterwards.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    office: OfficeArgs,
    /// The fiscal year.
    #[arg(long, value_parser = parse_year)]
    year: FiscalYear,
    /// The seed that the city was made from.
    #[arg(long, default_value = "1")]
    seed: u64,
    /// How many households the city has [default: as many as the records hold].
    #[arg(long)]
    households: Option<u32>,
    /// Only the first so many months of the year, from April.
    #[arg(long, default_value = "12", value_parser = clap::value_parser!(u8).range(1..=12))]
    months: u8,
    /// Only what is learnt before this day.
    #[arg(long, value_parser = parse_date)]
    until: Option<Date>,
    /// The tally as JSON.
    #[arg(long)]
    json: bool,
    /// Tell in the end what happened to the household to which most did.
    #[arg(long)]
    story: bool,
}

/// What a run recorded.
#[derive(Default)]
struct Tally {
    /// Of each kind: all up to the last day, and how many of them are new.
    kinds: BTreeMap<ChangeKind, (u64, u64)>,
    facts: u64,
    days: u64,
}

pub fn run_demo_year(args: &Args) -> anyhow::Result<Exit> {
    run(async {
        let (store, municipality) = args.office.open().await?;
        let households = match args.households {
            Some(households) => households,
            None => households_there(&store, municipality).await?,
        };
        let city = DemoCity { seed: args.seed, households };
        same_city(&store, municipality, city).await?;
        let end = (0..args.months).fold(args.year.first_day(), |day, _| months_after(day, 1));
        let tally = learn(&store, municipality, city, args.year, args.until.map_or(end, |until| until.min(end))).await?;
        let mut listing = Listing::new(&[("kind", "種別"), ("what", "異動"), ("changes", "件数"), ("new", "新規")]);
        for (kind, (all, new)) in &tally.kinds {
            listing.push(vec![kind.word().into(), kind.ja().into(), (*all).into(), (*new).into()]);
        }
        listing.print(args.json)?;
        let sum = |pick: fn(&(u64, u64)) -> u64| tally.kinds.values().map(pick).sum::<u64>();
        eprintln!(
            "{} changes ({} new) of {households} households on {} days, {} facts; seed {}",
            sum(|kind| kind.0),
            sum(|kind| kind.1),
            tally.days,
            tally.facts,
            args.seed
        );
        if args.story {
            tell(city, args.year, args.until.map_or(end, |until| until.min(end)))?;
        }
        Ok(Exit::Done)
    })
}

/// Records what the office learns before a day, one day after the other, each with one knowledge number for its
/// facts. A day whose facts are there is passed over.
async fn learn(store: &Store, municipality: Municipality, city: DemoCity, year: FiscalYear, until: Date) -> anyhow::Result<Tally> {
    let changes: Vec<Change> = city.changes(year).take_while(|change| change.learnt_on < until).collect();
    let bar = ProgressBar::new(changes.len() as u64)
        .with_style(ProgressStyle::with_template("{bar:40} {pos}/{len} changes {msg} {per_sec} ETA {eta}")?);
    let mut tally = Tally::default();
    for of_day in changes.chunk_by(|a, b| a.learnt_on == b.learnt_on) {
        let day = of_day[0].learnt_on;
        let known = is_known(store, municipality, of_day).await?;
        for change in of_day {
            let (all, new) = tally.kinds.entry(change.kind).or_default();
            (*all, *new) = (*all + 1, *new + u64::from(!known));
        }
        tally.days += 1;
        bar.set_message(day.to_string());
        bar.inc(of_day.len() as u64);
        if known {
            continue;
        }
        let stamp = moment().stamp(&program("demo-year"));
        let names: Vec<_> = of_day.iter().flat_map(|change| change.names.iter().cloned()).collect();
        let addresses: Vec<_> = of_day.iter().flat_map(|change| change.addresses.iter().cloned()).collect();
        let facts: Vec<_> = of_day.iter().flat_map(|change| change.assertions.iter().cloned()).collect();
        // Names and addresses first: a day counts as there when its facts are.
        if !names.is_empty() {
            store.save_names(municipality, day, &names, &stamp).await?;
        }
        if !addresses.is_empty() {
            store.save_addresses(municipality, day, &addresses, &stamp).await?;
        }
        if !facts.is_empty() {
            tally.facts += facts.len() as u64;
            store.assert_facts(municipality, day, &facts, &stamp).await?;
        }
    }
    bar.finish_and_clear();
    Ok(tally)
}

/// Was this day recorded? Its first fact says so, learnt on that day; where it has none, the last name or address
/// that would have been written.
async fn is_known(store: &Store, municipality: Municipality, of_day: &[Change]) -> anyhow::Result<bool> {
    let as_of = store.latest_knowledge(municipality).await?;
    if let Some((day, fact)) = of_day.iter().find_map(|change| Some((change.learnt_on, change.assertions.first()?))) {
        let known = store.person_facts(municipality, fact.person, as_of).await?;
        let same = |other: &jorei_store::people::KnownFact| {
            (other.learnt_on, other.kind, other.item, other.from, other.until) == (day, fact.kind, fact.item, fact.from, fact.until)
                && other.values == fact.values
        };
        return Ok(known.iter().any(same));
    }
    if let Some(address) = of_day.iter().rev().find_map(|change| change.addresses.last()) {
        return Ok(store.address(municipality, address.person, as_of).await?.as_ref() == Some(address));
    }
    match of_day.iter().rev().find_map(|change| change.names.last()) {
        Some(name) => Ok(store.name(municipality, name.person, as_of).await?.as_ref() == Some(name)),
        None => Ok(true),
    }
}

/// What happened to the household that had most kinds of changes, day by day.
fn tell(city: DemoCity, year: FiscalYear, until: Date) -> anyhow::Result<()> {
    let mut by_household: BTreeMap<HouseholdId, Vec<Change>> = BTreeMap::new();
    for change in city.changes(year).take_while(|change| change.learnt_on < until) {
        by_household.entry(change.household).or_default().push(change);
    }
    let kinds = |changes: &[Change]| changes.iter().map(|change| change.kind).collect::<BTreeSet<_>>().len();
    let Some((household, changes)) = by_household.iter().rev().max_by_key(|(_, changes)| kinds(changes)) else { return Ok(()) };
    let mut out = std::io::stdout().lock();
    writeln!(out, "世帯 {household} の異動（{}年度）", year.year())?;
    for Change { learnt_on, told, .. } in changes {
        writeln!(out, "  {learnt_on} {told}")?;
    }
    Ok(())
}

/// How many households the city in the records has; its numbers run from 1 without a gap.
async fn households_there(store: &Store, municipality: Municipality) -> anyhow::Result<u32> {
    let (mut there, mut beyond) = (0, MOST_HOUSEHOLDS);
    while there + 1 < beyond {
        let middle = there + (beyond - there) / 2;
        if store.knows_household(municipality, HouseholdId(middle.into())).await? {
            there = middle;
        } else {
            beyond = middle;
        }
    }
    Ok(there)
}

/// A year can happen only to the city it was made up for.
async fn same_city(store: &Store, municipality: Municipality, city: DemoCity) -> anyhow::Result<()> {
    let as_of = store.latest_knowledge(municipality).await?;
    let DemoCity { seed, households } = city;
    if households == 0 || !store.knows_household(municipality, HouseholdId(households.into())).await? {
        bail!(
            "the records hold no synthetic city of {households} households; jorei demo-city makes one, --households says how large it is"
        );
    }
    for bundle in city.bundles().take(20) {
        let fact = &bundle.assertions[0];
        let known = store.person_facts(municipality, fact.person, as_of).await?;
        if !known.iter().any(|other| other.kind == fact.kind && other.values == fact.values) {
            bail!("household {} in the records is not of the city of seed {seed}; name its seed with --seed", bundle.household);
        }
    }
    Ok(())
}
