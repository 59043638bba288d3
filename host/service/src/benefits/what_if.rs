//! What a candidate would have decided of a year of claims (シャドー): every household with claims is asked under the revision in force
//! and under the candidate, and the differences are told by category.
//!
//! A candidate whose law begins later is asked about the same claims as if they had come so many years later: every date of the case
//! moves, birth dates too, so that ages and months stay. Nothing is recorded. Absent here: putting it in force.

use super::BenefitError;
use super::month::{Month, Tally, ask, sums};
use crate::revisions::{LiveRevision, Shelf};
use jorei_domain::calendar::{Date, months_after};
use jorei_domain::id::Municipality;
use jorei_domain::record::{CATEGORIES_OVER_70, CATEGORIES_UNDER_70, Case, Fact, Kind, Period, Person, Unit};
use jorei_domain::table::ABSENT;
use jorei_store::Store;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The differences of one category. Amounts are whole yen.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Difference {
    /// Households and months with claims.
    pub cases: u64,
    /// Of these, those to which something is due under either.
    pub with_benefit: u64,
    /// Due under the revision in force.
    pub before_yen: i64,
    /// Due under the candidate.
    pub after_yen: i64,
    /// Cases that get more.
    pub more: u64,
    /// By how much.
    pub more_yen: i64,
    /// Cases that get less.
    pub less: u64,
    /// By how much.
    pub less_yen: i64,
    /// Cases that one of the two refuses or fails.
    pub undecided: u64,
}

/// Compares a candidate with what is in force over months of treatment, both ends included. Answers the differences by category:
/// the words of the tables of those under 70 and of 70 to 74, or `-` where the household has none.
///
/// # Errors
/// A [`BenefitError`].
#[allow(clippy::too_many_arguments, reason = "what is compared with what, over which months, moved by how much")]
pub async fn compare(
    store: &Store,
    shelf: &Shelf,
    municipality: Municipality,
    candidate: &Arc<LiveRevision>,
    (first, last): (Date, Date),
    years: i32,
    mut progress: impl FnMut(Date, u64),
) -> Result<BTreeMap<String, Difference>, BenefitError> {
    let mut found: BTreeMap<String, Difference> = BTreeMap::new();
    let mut of = first;
    while of <= last {
        let month = Month::open(store, shelf, municipality, of).await?;
        let (mut after, mut tally) = (None, Tally::default());
        while let Some(known) = month.page(&mut after, &[], &mut tally).await? {
            progress(of, tally.households);
            if known.is_empty() {
                continue;
            }
            let cases = month.cases(&known).await?;
            let moved: Vec<Case> = cases.iter().map(|case| moved(case, years)).collect();
            let before = sums(&ask(&month.high_cost, of, cases.clone()).await?);
            let afterwards = sums(&ask(candidate, months_after(of, 12 * years), moved).await?);
            for ((case, before), after) in cases.iter().zip(before).zip(afterwards) {
                found.entry(category(case)).or_default().add(before, after);
            }
        }
        of = months_after(of, 1);
    }
    Ok(found)
}

impl Difference {
    fn add(&mut self, before: Option<i64>, after: Option<i64>) {
        self.cases += 1;
        let (Some(before), Some(after)) = (before, after) else {
            self.undecided += 1;
            return;
        };
        self.with_benefit += u64::from(before > 0 || after > 0);
        self.before_yen += before;
        self.after_yen += after;
        match after - before {
            0 => {}
            more @ 1.. => (self.more, self.more_yen) = (self.more + 1, self.more_yen + more),
            less => (self.less, self.less_yen) = (self.less + 1, self.less_yen - less),
        }
    }
}

/// The household's categories, by their words.
fn category(case: &Case) -> String {
    let Some(fact) = case.household().iter().find(|fact| fact.kind == Kind::Categories) else { return "-".to_owned() };
    let word = |place: usize, words: &[&'static str]| {
        usize::try_from(fact.values[place]).ok().and_then(|code| words.get(code)).copied().unwrap_or("-")
    };
    let (under, over) = (word(1, CATEGORIES_UNDER_70), word(2, CATEGORIES_OVER_70));
    if over == "-" { under.to_owned() } else { format!("{under} {over}") }
}

/// The same case so many years later.
fn moved(case: &Case, years: i32) -> Case {
    if years == 0 {
        return case.clone();
    }
    let day = |packed: i64| match Date::from_packed(packed) {
        Ok(day) if day > Date::MIN && day < Date::MAX => day.plus_years(years).packed(),
        _ => packed,
    };
    let fact = |fact: &Fact| {
        let mut values = fact.values.clone();
        let period = fact.kind.period_columns().len();
        for (place, value) in values.iter_mut().enumerate().filter(|(_, value)| **value != ABSENT) {
            let is_date = match place.checked_sub(period) {
                None => fact.kind.period() != Period::Year,
                Some(field) => fact.kind.fields()[field].unit == Unit::Date,
            };
            if is_date {
                *value = day(*value);
            } else if place < period {
                *value += i64::from(years);
            }
        }
        Fact { kind: fact.kind, values, source: fact.source.clone() }
    };
    let person = |person: &Person| Person { facts: person.facts.iter().map(fact).collect() };
    Case::new(case.on.plus_years(years), case.persons().iter().map(person).collect())
        .with_household(case.household().iter().map(fact).collect())
}
