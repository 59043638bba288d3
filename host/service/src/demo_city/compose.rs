//! Who lives together, and on what. The weights are the mix of the city.

use super::dice::Dice;
use super::household::{Draft, Resident};
use super::income::Plan;
use super::special::Special;
use std::collections::BTreeSet;

/// Kinds of household.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Make {
    /// One insured person.
    Single,
    /// Two of 65 to 74.
    PensionerCouple,
    /// One of 75 or more who left the insurance at 75, and a spouse still in it.
    MixedCouple,
    /// Two under 65.
    WorkingCouple,
    /// Two parents and their children.
    Family,
    /// One parent and their children.
    SingleParent,
    /// The head is insured by an employer; a relative is not.
    EmployedHead,
    /// The head was insured by an employer until 75; a child is insured by the city.
    ElderlyHead,
    /// A business that pays a family employee.
    Business,
}

/// Households of each kind in a thousand.
const MAKES: &[(Make, i64)] = &[
    (Make::Single, 500),
    (Make::PensionerCouple, 170),
    (Make::MixedCouple, 65),
    (Make::WorkingCouple, 70),
    (Make::Family, 90),
    (Make::SingleParent, 30),
    (Make::EmployedHead, 30),
    (Make::ElderlyHead, 15),
    (Make::Business, 30),
];

/// Ages of people who live alone: first and last year of a band, and how many of a thousand.
const SINGLE_AGES: &[((i64, i64), i64)] =
    &[((18, 24), 40), ((25, 39), 115), ((40, 59), 205), ((60, 64), 95), ((65, 69), 220), ((70, 74), 300), ((75, 76), 25)];

/// What the reduction test of FY2025 should give, in a thousand: 70, 50 or 20 per cent off,
/// nothing off, or an income beyond the caps.
const LEVELS: &[(Level, i64)] = &[(Level::Seven, 410), (Level::Five, 155), (Level::Two, 125), (Level::None, 298), (Level::Capped, 12)];

#[derive(Clone, Copy)]
enum Level {
    Seven,
    Five,
    Two,
    None,
    Capped,
}

/// The people of a household, before anything happens to them.
pub(super) fn compose(dice: &mut Dice, household: u32) -> (Make, Draft) {
    let make = dice.weighted(MAKES);
    let mut special = BTreeSet::new();
    let mut note = |it| {
        special.insert(it);
    };
    let residents = match make {
        Make::Single => {
            let (low, high) = dice.weighted(SINGLE_AGES);
            let age = dice.within(low, high + 1);
            vec![Resident::aged(dice, age, true)]
        }
        Make::PensionerCouple => couple(dice, 65, 75),
        Make::WorkingCouple => couple(dice, 28, 65),
        Make::MixedCouple => mixed_couple(dice),
        Make::Family | Make::SingleParent => {
            let mut people = if make == Make::Family { couple(dice, 28, 52) } else { vec![parent(dice)] };
            add_children(dice, &mut people);
            people
        }
        Make::EmployedHead => {
            note(Special::NominalHeadEmployed);
            let head_age = dice.within(35, 61);
            let relative_age = if dice.chance(6_000) { dice.within(66, 75) } else { dice.within(20, 35) };
            vec![Resident::aged(dice, head_age, false), Resident::aged(dice, relative_age, true)]
        }
        Make::ElderlyHead => {
            note(Special::NominalHeadElderly);
            let (head_age, child_age) = (dice.within(79, 92), dice.within(42, 65));
            vec![Resident::aged(dice, head_age, false), Resident::aged(dice, child_age, true)]
        }
        Make::Business => {
            note(Special::FamilyEmployee);
            let mut people = couple(dice, 36, 65);
            if dice.chance(4_000) {
                add_children(dice, &mut people);
            }
            people
        }
    };
    (make, Draft { household: i64::from(household), foreign: false, residents, turned: false, special })
}

fn couple(dice: &mut Dice, low: i64, high: i64) -> Vec<Resident> {
    let age = dice.within(low, high);
    let other_age = (age + dice.within(-4, 3)).clamp(low, high - 1);
    let mut people = vec![Resident::aged(dice, age, true), Resident::aged(dice, other_age, true)];
    people[0].female = false;
    people[1].female = true;
    people
}

fn parent(dice: &mut Dice) -> Resident {
    let age = dice.within(26, 50);
    let mut parent = Resident::aged(dice, age, true);
    parent.female = dice.chance(8_500);
    parent
}

/// The elder left the insurance up to 13 years ago: more than half within five, as far as the
/// years that halve and quarter the household's levy go, some beyond.
fn mixed_couple(dice: &mut Dice) -> Vec<Resident> {
    let years = dice.weighted(&[((0, 5), 55), ((5, 8), 25), ((8, 13), 20)]);
    let elder_age = 75 + dice.within(years.0, years.1);
    let younger_age = dice.within(62.max(elder_age - 14), 75);
    let (elder, younger) = (Resident::aged(dice, elder_age, true), Resident::aged(dice, younger_age, true));
    let mut people = if dice.chance(7_500) { vec![elder, younger] } else { vec![younger, elder] };
    if dice.chance(1_500) {
        let age = dice.within(32, 48);
        people.push(Resident::aged(dice, age, true));
    }
    people
}

fn add_children(dice: &mut Dice, people: &mut Vec<Resident>) {
    let youngest_parent = people.iter().map(Resident::age).min().unwrap_or(30);
    for _ in 0..dice.weighted(&[(1, 50), (2, 38), (3, 12)]) {
        let age = dice.within(0, (youngest_parent - 20).clamp(1, 21));
        people.push(Resident::aged(dice, age, true));
    }
}

/// Gives the adults incomes that bring the household to the level thrown for it.
pub(super) fn earn(dice: &mut Dice, make: Make, draft: &mut Draft) {
    let counted = |resident: &&Resident| resident.in_nhi;
    let n = i64::try_from(draft.residents.iter().filter(counted).count()).unwrap_or(1);
    // The limits of FY2025: below them the largest cut of the thousand.
    let (base, five, two) = (430_000, 305_000 * n, 560_000 * n);
    let target = match dice.weighted(LEVELS) {
        Level::Seven => dice.within(-500_000, base + 1).max(0),
        Level::Five => base + dice.within(1, five),
        Level::Two => base + dice.within(five + 1, two),
        Level::None => base + two + dice.within(1, 3_500_000).min(dice.within(1, 3_500_000)),
        Level::Capped => dice.within(10_000_000, 18_000_000),
    };
    // A household whose head has an employer's salary is rarely cut.
    let target = if make == Make::EmployedHead { dice.within(1_200_000, 4_500_000) } else { target };
    let earners = draft.residents.iter().filter(|resident| resident.age() >= 18).count();
    let second = if earners > 1 && make != Make::EmployedHead { target * dice.within(0, 45) / 100 } else { 0 };
    for (i, resident) in draft.residents.iter_mut().filter(|resident| resident.age() >= 18).enumerate() {
        let share = match i {
            0 => target - second,
            1 => second,
            _ => 0,
        };
        resident.plan = Plan::for_income(dice, share, resident.age());
        if resident.age() >= 65 {
            draft.special.insert(Special::Pension65);
        }
    }
    if target >= 10_000_000 {
        draft.special.insert(Special::OverTheCaps);
    }
    if make == Make::Business {
        pay_family(dice, draft, target);
    }
}

/// The head's business pays the spouse: the pay is taken off the one and is salary of the other.
fn pay_family(dice: &mut Dice, draft: &mut Draft, target: i64) {
    let pay = dice.within(60, 200) * 10_000;
    let growth = dice.within(-5, 10);
    if let [head, spouse, ..] = &mut draft.residents[..] {
        head.plan = Plan { other: target.max(300_000), growth, ..Plan::default() };
        head.plan.fixed.insert("family_salary_paid_yen", pay);
        spouse.plan = Plan::default();
        spouse.plan.fixed.extend([("salary_revenue_yen", pay)]);
        for year in super::income::FIRST_YEAR..=super::income::LAST_YEAR {
            let received = super::income::salary_income(year, pay);
            spouse.plan.of_year.insert((year, "family_salary_received_yen"), received);
        }
    }
}
