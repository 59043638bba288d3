//! Claims that are corrected: whatever comes back, in whatever order, and whatever was paid in between, what is due ends where a
//! fresh office would stand that got the claims as they are in the end.

use super::conservation::adds_up;
use super::hall::{Database, Hall, INCOME_YEARS, claim, exempt, months, replaced, taxed};
use jorei_domain::benefit::Benefit;
use jorei_domain::calendar::Date;
use jorei_domain::calendar::months_after;
use jorei_service::claims::opposite;
use jorei_store::medical_claims::{ClaimLine, ClaimStatus};
use jorei_tests::length;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use std::collections::{BTreeMap, BTreeSet};

const HOUSEHOLDS: i64 = 12;
const FROM: Date = Date::new(2025, 6, 1);
/// Through the change of the law of August 2026.
const MONTHS: i32 = 15;

/// A year of a few households who are ill often, and what the federation tells of it month by month.
struct World {
    random: ChaCha8Rng,
    /// The lines of each set, by the month of processing.
    sets: BTreeMap<Date, Vec<ClaimLine>>,
    /// Claims as they stand in the end.
    standing: BTreeMap<String, ClaimLine>,
}

impl World {
    fn chance(&mut self, percent: u32) -> bool {
        self.random.next_u32() % 100 < percent
    }

    fn cost(&mut self) -> i64 {
        let large = self.chance(50);
        let ten = i64::from(self.random.next_u32() % if large { 200_000 } else { 20_000 });
        10_000 + ten * 10
    }

    /// A bill of a person: all that the share asks for, or cut to what an ordinary household pays at most.
    fn billed(&mut self, claim: &mut ClaimLine, cost_yen: i64) {
        let full = (cost_yen * claim.share_percent + 500) / 1_000 * 10;
        let cut = 80_100 + ((cost_yen - 267_000).max(0) + 50) / 100;
        let cut = if claim.in_kind_counts { cut.min(full) } else { full };
        (claim.cost_yen, claim.points, claim.own_yen, claim.in_kind_yen) = (cost_yen, cost_yen / 10, cut, full - cut);
        claim.in_kind_counts = full > cut;
    }

    fn new(seed: u64) -> World {
        let random = ChaCha8Rng::seed_from_u64(seed);
        let mut world = World { random, sets: BTreeMap::new(), standing: BTreeMap::new() };
        for month in months(FROM, MONTHS) {
            for household in 1..=HOUSEHOLDS {
                for person in [household * 10 + 1, household * 10 + 2] {
                    for at in 0..3 {
                        let ill = if at == 0 { 55 } else { 15 };
                        if world.chance(ill) {
                            world.treated(person, month, at);
                        }
                    }
                }
            }
        }
        world
    }

    fn say(&mut self, processed: Date, line: ClaimLine) {
        if line.status == ClaimStatus::Returned {
            self.standing.remove(&line.claim);
        } else {
            self.standing.insert(line.claim.clone(), ClaimLine { status: ClaimStatus::Original, ..line.clone() });
        }
        self.sets.entry(processed).or_default().push(line);
    }

    /// A claim, two months later; and, of many, what becomes of it one or more sets after that.
    fn treated(&mut self, person: i64, month: Date, at: i64) {
        let mut first = claim(&format!("{}-{}-{person}-{at}", month.year(), month.month()), person, month, 0, 0);
        first.institution += at;
        first.share_percent = if is_elderly(person) { 20 } else { 30 };
        first.in_kind_counts = self.chance(30);
        first.third_party = self.chance(4);
        (first.setting, first.service) = if at == 0 { (1, 0) } else { (0, 0) };
        let cost = self.cost();
        self.billed(&mut first, cost);
        let mut processed = months_after(month, 2);
        let mut line = first;
        self.say(processed, line.clone());
        while self.chance(30) {
            processed = months_after(processed, 1 + i32::try_from(self.random.next_u32() % 5).unwrap());
            line = if line.status != ClaimStatus::Returned && self.chance(40) {
                opposite(&line)
            } else {
                let base = if line.status == ClaimStatus::Returned { opposite(&line) } else { line };
                let mut again = replaced(&base, 0, 0);
                again.in_kind_counts = self.chance(30);
                let cost = self.cost();
                self.billed(&mut again, cost);
                again
            };
            self.say(processed, line.clone());
        }
    }
}

fn is_elderly(person: i64) -> bool {
    person % 30 == 12
}

/// Households of every category; of some the second person is between 70 and 74.
async fn people(hall: &mut Hall) {
    let incomes = [0, 1_500_000, 3_000_000, 7_000_000, 10_000_000];
    for household in 1..=HOUSEHOLDS {
        for person in [household * 10 + 1, household * 10 + 2] {
            let birth = if is_elderly(person) { "1953-11-20" } else { "1975-05-05" };
            let income = incomes[usize::try_from(household % 5).unwrap()] * i64::from(person % 10 == 1);
            let tax = |year: i32| if income == 0 { exempt(person, year) } else { taxed(person, year, income) };
            hall.resident_with(person, household, birth, INCOME_YEARS.map(tax).to_vec()).await;
        }
    }
}

/// Heads of even households apply for every month; of every third odd one the head is registered for the simplified procedure; the
/// others never ask.
async fn applications(hall: &Hall) -> BTreeSet<i64> {
    let mut paid = BTreeSet::new();
    for household in 1..=HOUSEHOLDS {
        let head = household * 10 + 1;
        if household % 2 == 0 {
            for month in months(FROM, MONTHS) {
                hall.apply(Benefit::HighCost, household, head, month).await;
            }
            paid.insert(household);
        } else if household % 3 == 0 {
            hall.simplify(household, head, false).await;
            paid.insert(household);
        }
    }
    paid
}

/// What is due in an office that took only what stands in the end, and ran each month once.
async fn fresh(world: &World, paid: &BTreeSet<i64>) -> BTreeMap<(i64, Date), i64> {
    let mut hall = Hall::open(Database::Sqlite).await;
    people(&mut hall).await;
    applications(&hall).await;
    let standing: Vec<ClaimLine> = world.standing.values().cloned().collect();
    hall.take(Date::new(2026, 10, 1), &standing).await;
    for month in months(FROM, MONTHS) {
        let tally = hall.month(month).await;
        assert_eq!((tally.refused, tally.failed, tally.provisional, tally.held), (0, 0, 0, 0), "{month}: {tally:?}");
    }
    let due = hall.due(paid, &months(FROM, MONTHS)).await;
    adds_up(&hall, 1..=HOUSEHOLDS).await;
    hall.close().await;
    due
}

/// Runs the months that a set told of, and the eleven after each: their limits may hang on them.
async fn run_touched(hall: &Hall, told: impl IntoIterator<Item = Date>, latest: Date) {
    let touched: BTreeSet<Date> = told.into_iter().flat_map(|month| months(month, 12)).filter(|month| *month <= latest).collect();
    for month in touched {
        let tally = hall.month(month).await;
        assert_eq!((tally.refused, tally.failed, tally.provisional, tally.held), (0, 0, 0, 0), "{month}: {tally:?}");
    }
}

async fn differences_sum_up(database: Database, seed: u64) {
    let world = World::new(seed);
    let mut hall = Hall::open(database).await;
    people(&mut hall).await;
    let paid_households = applications(&hall).await;
    let mut by_file: BTreeMap<i64, i64> = BTreeMap::new();
    let mut sets = 0;
    let (first, last) = (*world.sets.keys().next().unwrap(), *world.sets.keys().last().unwrap());
    let mut processed = first;
    while processed <= last {
        let lines = world.sets.get(&processed).cloned().unwrap_or_default();
        // What comes back after the last day of the test comes with the last set that does not.
        hall.take(processed.min(Date::new(2026, 10, 1)), &lines).await;
        let latest = months_after(processed, -2).min(months_after(FROM, MONTHS - 1));
        run_touched(&hall, lines.iter().map(|line| line.month), latest).await;
        sets += 1;
        // Every fourth set the bank pays something: of what is corrected afterwards part was paid already, part is still open.
        if sets % 4 == 0 {
            for (order, yen) in hall.pay().await {
                let order = hall.store.order(super::super::reassessment::asahikawa(), order).await.unwrap().unwrap();
                *by_file.entry(order.household.0).or_default() += yen;
            }
        }
        processed = months_after(processed, 1);
    }
    let due = hall.due(&(1..=HOUSEHOLDS).collect(), &months(FROM, MONTHS)).await;
    let expected = fresh(&world, &paid_households).await;
    assert!(expected.len() > 20, "only {} months of households with something due", expected.len());
    assert_eq!(due, expected, "seed {seed}");
    let stands = adds_up(&hall, 1..=HOUSEHOLDS).await;
    for (household, stand) in &stands {
        assert_eq!(stand.paid, by_file.get(household).copied().unwrap_or(0), "household {household}: what the files said");
        let fresh: i64 = expected.iter().filter(|((of, _), _)| of == household).map(|(_, yen)| yen).sum();
        assert_eq!(stand.paid + stand.payable - stand.reclaim, fresh, "household {household}: {stand:?}");
    }
    let sum = |of: fn(&super::conservation::Stand) -> i64| stands.values().map(of).sum::<i64>();
    assert!(sum(|stand| stand.paid) > 0 && sum(|stand| stand.reclaim) > 0, "{stands:?}");
    // Once more, all of it: not a line is written.
    let before = hall.written().await;
    for month in months(FROM, MONTHS) {
        let again = hall.month(month).await;
        assert_eq!((again.decided, again.orders, again.reclaimed_yen), (0, 0, 0), "{month}: {again:?}");
    }
    assert_eq!(hall.written().await, before);
    hall.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn differences_of_corrected_claims_sum_to_what_a_fresh_run_would_have_paid_on_sqlite() {
    for seed in 0..length::of(20) {
        differences_sum_up(Database::Sqlite, seed).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn differences_of_corrected_claims_sum_to_what_a_fresh_run_would_have_paid_on_postgresql() {
    for seed in 0..length::of(10) {
        differences_sum_up(Database::Postgres, 1_000 + seed).await;
    }
}
