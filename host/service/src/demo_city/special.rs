//! The special cases that an assessment must get right, one function each.
//!
//! A function looks whether the household fits and, if so, makes it the case. How often each is
//! tried stands in [`EARLY`] and [`LATE`]; the other cases come from who lives together
//! ([`super::compose`]) or from growing old, and are noted there.

use super::dice::Dice;
use super::household::{Confinement, Dismissal, Draft, FIRST_FISCAL, HORIZON, Insured, LAST_FISCAL, Resident, Stay, ended_by};
use super::income::{FIRST_YEAR, LAST_YEAR, NOT_REQUIRED, PENDING, Plan, UNDECLARED};
use jorei_domain::calendar::Date;
use jorei_domain::table::ABSENT;

/// Makes a household a special case if it fits.
pub(super) type Make = fn(&mut Draft, &mut Dice) -> bool;

macro_rules! specials {
    ($($(#[doc = $doc:literal])* $name:ident,)*) => {
        /// A case that an assessment must get right.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        pub enum Special {
            $($(#[doc = $doc])* $name,)*
        }

        impl Special {
            /// Every special case.
            pub const ALL: &[Special] = &[$(Special::$name,)*];
        }
    };
}

specials! {
    /// The head is insured by an employer (擬制世帯主).
    NominalHeadEmployed,
    /// The head is past 75 and never was in this insurance (擬制世帯主).
    NominalHeadElderly,
    /// One insured person left behind up to five years ago by one who turned 75 (特定世帯).
    FormerMemberYears1To5,
    /// The same, in years six to eight (特定継続世帯).
    FormerMemberYears6To8,
    /// The same, longer ago: no cut any more, but counted in the reduction test.
    FormerMemberBeyond,
    /// A former member with several insured persons: no cut.
    FormerMemberAmongSeveral,
    /// A pension at 65 or over.
    Pension65,
    /// Pay of a family employee (専従者給与).
    FamilyEmployee,
    /// A preschool child (未就学児) on the reference day.
    Preschool,
    /// A child under 18 on the reference day.
    Under18,
    /// A child with income of their own.
    ChildWithIncome,
    /// Born on the first of a month, turning 40 in FY2019 to FY2026.
    BornFirstTurning40,
    /// Born on the second of a month, turning 40.
    BornSecondTurning40,
    /// Born on the first of a month, turning 65.
    BornFirstTurning65,
    /// Born on the second of a month, turning 65.
    BornSecondTurning65,
    /// Born on the first of a month, turning 75.
    BornFirstTurning75,
    /// Born on the second of a month, turning 75.
    BornSecondTurning75,
    /// Of the birth date only year and month are known.
    BirthDayUnknown,
    /// Of the birth date only the year is known.
    BirthMonthUnknown,
    /// Somebody has not declared.
    Undeclared,
    /// Incomes asked elsewhere and not answered: moved in after 1 January.
    Pending,
    /// A dependant who need not declare.
    NotRequired,
    /// Nobody has any income, and all declared so.
    DeclaredNil,
    /// Left work involuntarily.
    Unemployed,
    /// The same as a holder of special entitlement (特).
    UnemployedSpecialHolder,
    /// The same at 65 or over (高).
    UnemployedElderlyHolder,
    /// A birth, by its due date.
    BirthSingle,
    /// A multiple birth.
    BirthMultiple,
    /// A birth notified after it.
    BirthNotifiedAfter,
    /// Joined within FY2019 to FY2026.
    JoinedMidYear,
    /// Lost the status on a day the register states as the day of loss.
    LostOnDay,
    /// Left for an employees' insurance.
    LeftForEmployees,
    /// Died.
    Died,
    /// Turned 75 within FY2019 to FY2026.
    Turned75,
    /// The household moved away.
    MovedOut,
    /// Left for public assistance.
    LeftForAssistance,
    /// Left for an NHI society.
    LeftForSociety,
    /// Joined and left within one month.
    JoinedAndLeftSameMonth,
    /// Left and joined again within one month.
    LeftAndJoinedSameMonth,
    /// The head died and another member became head.
    HeadDied,
    /// Moved from one household of the city to another.
    MovedBetweenHouseholds,
    /// Pays property tax.
    PropertyTax,
    /// Incomes far above the caps.
    OverTheCaps,
    /// Total income from 24 million up, where the basic deduction falls.
    Over24Million,
    /// Income exactly at the limit of the 70 per cent cut.
    AtSeven,
    /// One yen over it.
    OverSeven,
    /// Exactly at the limit of the 50 per cent cut.
    AtFive,
    /// One yen over it.
    OverFive,
    /// Exactly at the limit of the 20 per cent cut.
    AtTwo,
    /// One yen over it.
    OverTwo,
    /// Salary of 600,000: an earner without income in 2025.
    EarnerWithoutIncome,
    /// A loss in the business.
    NegativeIncome,
    /// A loss carried forward.
    LossCarried,
    /// Land sold, with its special deduction.
    LandGain,
    /// A salary over 8.5 million with ground for the adjustment deduction.
    AdjustmentGround,
    /// A foreign resident, with a name in Latin letters.
    Foreign,
}

/// Tried before anybody settles, for they change ages: households in ten thousand that are tried.
pub(super) const EARLY: &[(Special, i64, Make)] = &[
    (Special::Foreign, 250, foreign),
    (Special::BornFirstTurning40, 250, |draft, dice| born_on(draft, dice, 1, 40)),
    (Special::BornSecondTurning40, 250, |draft, dice| born_on(draft, dice, 2, 40)),
    (Special::BornFirstTurning65, 100, |draft, dice| born_on(draft, dice, 1, 65)),
    (Special::BornSecondTurning65, 100, |draft, dice| born_on(draft, dice, 2, 65)),
    (Special::BornFirstTurning75, 100, |draft, dice| born_on(draft, dice, 1, 75)),
    (Special::BornSecondTurning75, 100, |draft, dice| born_on(draft, dice, 2, 75)),
];

/// Tried once everybody has settled, grown old and has an income: households in ten thousand that
/// are tried. A household that does not fit stays as it is.
pub(super) const LATE: &[(Special, i64, Make)] = &[
    // Turns in a household's history; a household takes one at most.
    (Special::Pending, 60, pending),
    (Special::Unemployed, 700, |draft, dice| unemployed(draft, dice, 0)),
    (Special::UnemployedSpecialHolder, 150, |draft, dice| unemployed(draft, dice, 1)),
    (Special::UnemployedElderlyHolder, 100, |draft, dice| unemployed(draft, dice, 2)),
    (Special::LeftForEmployees, 400, left_for_employees),
    (Special::Died, 100, died),
    (Special::MovedOut, 150, moved_out),
    (Special::LeftForAssistance, 80, left_for_assistance),
    (Special::LeftForSociety, 120, left_for_society),
    (Special::LostOnDay, 50, lost_on_day),
    (Special::JoinedAndLeftSameMonth, 150, joined_and_left_same_month),
    (Special::LeftAndJoinedSameMonth, 100, left_and_joined_same_month),
    (Special::HeadDied, 300, head_died),
    (Special::MovedBetweenHouseholds, 1_500, moved_between_households),
    // Births need a woman of the age.
    (Special::BirthSingle, 1_500, |draft, dice| gives_birth(draft, dice, false, false)),
    (Special::BirthMultiple, 350, |draft, dice| gives_birth(draft, dice, true, false)),
    (Special::BirthNotifiedAfter, 500, |draft, dice| gives_birth(draft, dice, false, true)),
    // Incomes; one at most, for each replaces what was there.
    (Special::AtSeven, 120, |draft, dice| at_limit(draft, dice, 7, 0)),
    (Special::OverSeven, 120, |draft, dice| at_limit(draft, dice, 7, 1)),
    (Special::AtFive, 120, |draft, dice| at_limit(draft, dice, 5, 0)),
    (Special::OverFive, 120, |draft, dice| at_limit(draft, dice, 5, 1)),
    (Special::AtTwo, 120, |draft, dice| at_limit(draft, dice, 2, 0)),
    (Special::OverTwo, 120, |draft, dice| at_limit(draft, dice, 2, 1)),
    (Special::Over24Million, 80, over_24_million),
    (Special::EarnerWithoutIncome, 80, earner_without_income),
    (Special::AdjustmentGround, 60, adjustment_ground),
    (Special::DeclaredNil, 600, declared_nil),
    (Special::Undeclared, 250, undeclared),
    // These go with any other.
    (Special::NotRequired, 2_000, not_required),
    (Special::NegativeIncome, 120, negative_income),
    (Special::LossCarried, 120, loss_carried),
    (Special::LandGain, 120, land_gain),
    (Special::ChildWithIncome, 500, child_with_income),
    (Special::PropertyTax, 400, property_tax),
    (Special::BirthDayUnknown, 25, birth_day_unknown),
    (Special::BirthMonthUnknown, 25, birth_month_unknown),
];

/// Codes of involuntary reasons on the employment-insurance certificate.
const REASON_CODES: &[i64] = &[11, 12, 21, 22, 23, 31, 32, 33, 34];
/// Codes of `unemployment.holder`: the last is for those of 65 and over.
const ELDERLY_HOLDER: i64 = 2;
/// A household that a member moves to has the number of the old one and this much more, beyond
/// any city.
const SPLIT_OFF: i64 = 1_000_000_000;

fn foreign(draft: &mut Draft, _: &mut Dice) -> bool {
    let fits = draft.residents.iter().all(|resident| resident.age() < 60);
    draft.foreign = fits;
    fits
}

/// A person alone who was born on the given day of a month and turns the age in FY2019 to FY2026.
fn born_on(draft: &mut Draft, dice: &mut Dice, day: i64, age: i64) -> bool {
    let near = |resident: &Resident| (age - 8..age + 8).contains(&resident.age());
    if !draft.plain_single() || draft.turned || !near(&draft.residents[0]) {
        return false;
    }
    let month = dice.within(1, 13);
    let year = dice.within(i64::from(FIRST_FISCAL), i64::from(LAST_FISCAL) + 1) + i64::from(month < 4);
    let Ok(birth) = Date::from_packed((year - age) * 10_000 + month * 100 + day) else {
        return false;
    };
    draft.residents[0].birth = birth;
    // Only one such birth date each.
    draft.turned = true;
    true
}

/// A day within the years shown on which somebody insured can leave.
fn leaving_day(dice: &mut Dice, resident: &Resident) -> Option<Date> {
    let joined = resident.insured.last()?.from;
    let from = joined.plus_years(1).max(Date::new(FIRST_FISCAL, 4, 1));
    (resident.insured_since_before(HORIZON) && from < HORIZON.plus_years(-1)).then(|| dice.day(from, HORIZON))
}

/// Ends one resident's insurance and, when nobody insured is left, the household.
fn ends(draft: &mut Draft, dice: &mut Dice, which: impl Fn(&Resident) -> bool, cause: i64) -> Option<(usize, Date)> {
    if draft.turned {
        return None;
    }
    let at = draft.residents.iter().position(|resident| which(resident) && resident.insured_since_before(HORIZON))?;
    let on = leaving_day(dice, &draft.residents[at])?;
    draft.residents[at].lose(on, cause);
    draft.turned = true;
    if !draft.residents.iter().any(|resident| resident.insured_on(on)) {
        draft.close(on);
    }
    Some((at, on))
}

fn of_working_age(resident: &Resident) -> bool {
    (20..64).contains(&resident.age())
}

fn left_for_employees(draft: &mut Draft, dice: &mut Dice) -> bool {
    ends(draft, dice, of_working_age, ended_by::EMPLOYEES_INSURANCE).is_some()
}

fn left_for_society(draft: &mut Draft, dice: &mut Dice) -> bool {
    ends(draft, dice, of_working_age, ended_by::NHI_SOCIETY).is_some()
}

fn lost_on_day(draft: &mut Draft, dice: &mut Dice) -> bool {
    ends(draft, dice, of_working_age, ended_by::LOST_ON_DAY).is_some()
}

/// Somebody of 60 or over who is not the head of others dies.
fn died(draft: &mut Draft, dice: &mut Dice) -> bool {
    let alone = draft.residents.len() == 1;
    let fits = |resident: &Resident| resident.age() >= 60 && (alone || !resident.stays.iter().any(|stay| stay.head));
    let Some((at, on)) = ends(draft, dice, fits, ended_by::DEATH) else {
        return false;
    };
    draft.residents[at].leave(on.tomorrow());
    true
}

/// Everybody's insurance ends on one day.
fn all_end(draft: &mut Draft, dice: &mut Dice, cause: i64) -> Option<Date> {
    let latest =
        draft.residents.iter().filter(|resident| resident.in_nhi).max_by_key(|resident| resident.insured.last().map(|s| s.from))?;
    if draft.turned || draft.residents.iter().any(|resident| !resident.insured_since_before(HORIZON)) {
        return None;
    }
    let on = leaving_day(dice, latest)?;
    for resident in &mut draft.residents {
        resident.lose(on, cause);
    }
    draft.turned = true;
    Some(on)
}

fn moved_out(draft: &mut Draft, dice: &mut Dice) -> bool {
    let Some(on) = all_end(draft, dice, ended_by::MOVED_OUT) else {
        return false;
    };
    for resident in &mut draft.residents {
        resident.leave(on);
    }
    true
}

fn left_for_assistance(draft: &mut Draft, dice: &mut Dice) -> bool {
    let Some(on) = all_end(draft, dice, ended_by::PUBLIC_ASSISTANCE) else {
        return false;
    };
    draft.close(on);
    true
}

fn joined_and_left_same_month(draft: &mut Draft, dice: &mut Dice) -> bool {
    if !draft.plain_single() || !of_working_age(&draft.residents[0]) {
        return false;
    }
    let month = dice.day(Date::new(FIRST_FISCAL, 4, 1), HORIZON.plus_years(-1)).packed() / 100 * 100;
    let (Ok(joined), Ok(left)) = (Date::from_packed(month + dice.within(2, 10)), Date::from_packed(month + dice.within(12, 28))) else {
        return false;
    };
    let resident = &mut draft.residents[0];
    resident.insured = vec![Insured { from: joined, until: left, ended_by: ended_by::EMPLOYEES_INSURANCE }];
    resident.stays[0].from = resident.stays[0].from.min(joined);
    draft.turned = true;
    draft.close(left);
    true
}

fn left_and_joined_same_month(draft: &mut Draft, dice: &mut Dice) -> bool {
    let fits = |resident: &Resident| of_working_age(resident) && resident.insured_since_before(Date::new(2018, 4, 1));
    let Some(resident) = draft.residents.iter_mut().find(|resident| fits(resident)).filter(|_| !draft.turned) else {
        return false;
    };
    let month = dice.day(Date::new(FIRST_FISCAL, 4, 1), HORIZON.plus_years(-1)).packed() / 100 * 100;
    let (Ok(left), Ok(back)) = (Date::from_packed(month + dice.within(2, 10)), Date::from_packed(month + dice.within(12, 28))) else {
        return false;
    };
    resident.lose(left, ended_by::EMPLOYEES_INSURANCE);
    resident.insured.push(Insured { from: back, until: Date::MAX, ended_by: ABSENT });
    draft.turned = true;
    true
}

/// The head dies and the next adult is head from that day. What former members were under the old
/// head ends.
fn head_died(draft: &mut Draft, dice: &mut Dice) -> bool {
    let since = draft.residents.iter().filter_map(|resident| resident.stays.first()).map(|stay| stay.from).max();
    let fits = draft.residents.len() > 1 && draft.residents[0].age() >= 60 && draft.residents[1].age() >= 18;
    let stays_insured = draft.residents.iter().skip(1).any(|resident| resident.insured_since_before(Date::new(2018, 4, 1)));
    if draft.turned || !fits || !stays_insured || since.is_none_or(|since| since >= Date::new(2018, 4, 1)) {
        return false;
    }
    let on = dice.day(Date::new(FIRST_FISCAL, 4, 1), HORIZON);
    let head = &mut draft.residents[0];
    if head.insured_since_before(on) {
        head.lose(on, ended_by::DEATH);
    } else if head.insured.last().is_some_and(|span| span.until > on) {
        // Would have turned 75 later.
        head.lose(on, ended_by::DEATH);
        head.former = None;
    }
    head.leave(on);
    let next = &mut draft.residents[1];
    if let Some(stay) = next.stays.last_mut() {
        stay.until = on;
        let household = stay.household;
        next.stays.push(Stay { from: on, until: Date::MAX, household, head: true });
    }
    for resident in &mut draft.residents {
        resident.former = resident.former.map(|(from, until)| (from, until.min(on)));
    }
    draft.turned = true;
    true
}

/// A grown child or a spouse moves out into a household of their own in the city.
fn moved_between_households(draft: &mut Draft, dice: &mut Dice) -> bool {
    let joined_before = Date::new(2022, 4, 1);
    let fits = |resident: &Resident| (18..50).contains(&resident.age()) && resident.insured_since_before(joined_before);
    if draft.turned || draft.residents.len() < 2 {
        return false;
    }
    let Some(at) = draft.residents.iter().skip(1).position(fits).map(|at| at + 1) else {
        return false;
    };
    let moved = dice.day(Date::new(2022, 4, 2), HORIZON);
    let household = draft.household + SPLIT_OFF;
    let resident = &mut draft.residents[at];
    resident.leave(moved);
    resident.stays.push(Stay { from: moved, until: Date::MAX, household, head: true });
    draft.turned = true;
    true
}

/// Moved in this spring: the incomes are with the city of 1 January.
fn pending(draft: &mut Draft, dice: &mut Dice) -> bool {
    if !draft.plain_single() {
        return false;
    }
    let on = dice.day(Date::new(LAST_FISCAL, 1, 2), Date::new(LAST_FISCAL, 5, 20));
    let resident = &mut draft.residents[0];
    if !resident.insured_since_before(HORIZON) {
        return false;
    }
    resident.stays[0].from = on;
    resident.insured = vec![Insured { from: on, until: Date::MAX, ended_by: ABSENT }];
    for year in LAST_YEAR - 1..=LAST_YEAR {
        resident.plan.states.insert(year, PENDING);
    }
    draft.special.insert(Special::JoinedMidYear);
    draft.turned = true;
    true
}

/// Lost the job and joined the day after.
fn unemployed(draft: &mut Draft, dice: &mut Dice, holder: i64) -> bool {
    let ages = if holder == ELDERLY_HOLDER { 66..74 } else { 24..63 };
    let fits = |resident: &Resident| ages.contains(&resident.age()) && resident.insured_since_before(HORIZON);
    if !draft.plain_single() || !fits(&draft.residents[0]) {
        return false;
    }
    let from = if holder == ELDERLY_HOLDER { Date::new(2025, 4, 1) } else { Date::new(FIRST_FISCAL, 4, 1) };
    let resident = &mut draft.residents[0];
    let from = from.max(resident.birth.birthday(22));
    let on = dice.day(from, Date::new(2026, 4, 20));
    resident.stays[0].from = resident.stays[0].from.min(on);
    resident.insured = vec![Insured { from: on.tomorrow(), until: Date::MAX, ended_by: ABSENT }];
    resident.dismissal = Some(Dismissal { on, reason_code: *dice.one(REASON_CODES), holder });
    let salary = dice.within(180, 520) * 10_000;
    resident.plan.salary = resident.plan.salary.max(salary);
    draft.special.insert(Special::JoinedMidYear);
    draft.turned = true;
    true
}

/// A birth from the month before the law to the months after the records; a child already born
/// is a member.
fn gives_birth(draft: &mut Draft, dice: &mut Dice, multiple: bool, after_birth: bool) -> bool {
    let fits =
        |resident: &Resident| resident.female && (20..44).contains(&resident.age()) && resident.insured_since_before(Date::new(2023, 4, 1));
    let Some(at) = draft.residents.iter().position(fits).filter(|_| !draft.turned) else {
        return false;
    };
    let until = if after_birth { HORIZON } else { Date::new(2026, 11, 1) };
    let on = dice.day(Date::new(2023, 10, 1), until);
    draft.residents[at].confinements.push(Confinement { on, multiple, after_birth });
    for _ in 0..if multiple { 2 } else { 1 } {
        if on < HORIZON {
            let mut child = Resident::born(on, dice.chance(5_000), true);
            child.stays.push(Stay { from: on, until: Date::MAX, household: draft.household, head: false });
            child.insured.push(Insured { from: on, until: Date::MAX, ended_by: ABSENT });
            draft.residents.push(child);
        }
    }
    draft.turned = true;
    true
}

/// Base, and the amounts per person for the cuts of 50 and 20 per cent, of each fiscal year from
/// 2019 on (Order art. 29-7; earlier years from memory).
const LIMITS: [(i64, i64, i64); 8] = [
    (330_000, 280_000, 510_000),
    (330_000, 285_000, 520_000),
    (430_000, 285_000, 520_000),
    (430_000, 285_000, 520_000),
    (430_000, 290_000, 535_000),
    (430_000, 295_000, 545_000),
    (430_000, 305_000, 560_000),
    (430_000, 310_000, 570_000),
];

/// A person alone under 65 whose business income lies at a limit, or a yen over, in every year.
fn at_limit(draft: &mut Draft, _: &mut Dice, level: i64, over: i64) -> bool {
    if draft.turned || draft.residents.len() != 1 || !of_working_age(&draft.residents[0]) {
        return false;
    }
    let mut plan = Plan::default();
    for (year, (base, five, two)) in (FIRST_YEAR..).zip(LIMITS) {
        let limit = match level {
            7 => base,
            5 => base + five,
            _ => base + two,
        };
        plan.of_year.insert((year, "other_yen"), limit + over);
    }
    lives_on(draft, plan);
    true
}

/// Replaces what the head lives on, for good.
fn lives_on(draft: &mut Draft, plan: Plan) {
    draft.residents[0].plan = plan;
    draft.special.remove(&Special::OverTheCaps);
    draft.turned = true;
}

fn over_24_million(draft: &mut Draft, dice: &mut Dice) -> bool {
    if draft.turned || draft.residents.len() > 2 || !of_working_age(&draft.residents[0]) || draft.special.contains(&Special::FamilyEmployee)
    {
        return false;
    }
    let total = *dice.one(&[24_000_000, 24_000_001, 24_500_000, 24_500_001, 25_000_000, 25_000_001, 31_400_000]);
    let mut plan = Plan::default();
    plan.fixed.insert("other_yen", total);
    // Some registers state the total, some leave it to be added up.
    if dice.chance(5_000) {
        plan.fixed.insert("aggregate_yen", total);
    }
    lives_on(draft, plan);
    draft.special.insert(Special::OverTheCaps);
    true
}

fn earner_without_income(draft: &mut Draft, _: &mut Dice) -> bool {
    if draft.turned || draft.residents.len() != 1 || !of_working_age(&draft.residents[0]) {
        return false;
    }
    let mut plan = Plan::default();
    plan.fixed.insert("salary_revenue_yen", 600_000);
    lives_on(draft, plan);
    true
}

fn adjustment_ground(draft: &mut Draft, dice: &mut Dice) -> bool {
    if draft.turned || !of_working_age(&draft.residents[0]) || draft.special.contains(&Special::FamilyEmployee) {
        return false;
    }
    let mut plan = Plan::default();
    plan.fixed.insert("salary_revenue_yen", dice.within(8_500_001, 10_500_000));
    plan.fixed.insert("adjustment_ground", 1);
    lives_on(draft, plan);
    true
}

fn declared_nil(draft: &mut Draft, _: &mut Dice) -> bool {
    if draft.turned || draft.residents.len() != 1 || !of_working_age(&draft.residents[0]) {
        return false;
    }
    lives_on(draft, Plan::default());
    true
}

/// One adult under 65 has not declared, this year or for years.
fn undeclared(draft: &mut Draft, dice: &mut Dice) -> bool {
    let Some(resident) = draft.residents.iter_mut().find(|resident| resident.in_nhi && of_working_age(resident)) else {
        return false;
    };
    if draft.turned {
        return false;
    }
    let since = i32::try_from(dice.within(2021, i64::from(LAST_YEAR) + 1)).unwrap_or(LAST_YEAR);
    for year in since..=LAST_YEAR {
        resident.plan.states.insert(year, UNDECLARED);
    }
    draft.turned = true;
    true
}

/// A spouse or grown child without income, dependant of another for the tax.
fn not_required(draft: &mut Draft, _: &mut Dice) -> bool {
    let untouched = |resident: &Resident| resident.plan.states.is_empty() && resident.plan.fixed.is_empty();
    let fits = |resident: &&mut Resident| resident.in_nhi && of_working_age(resident) && untouched(resident);
    let Some(resident) = draft.residents.iter_mut().skip(1).find(fits) else {
        return false;
    };
    resident.plan = Plan { state: NOT_REQUIRED, ..Plan::default() };
    true
}

/// The adult whose incomes may be changed freely: nothing special stands in them yet.
fn plain_adult(draft: &mut Draft) -> Option<&mut Resident> {
    let plain = |plan: &Plan| plan.fixed.is_empty() && plan.of_year.is_empty() && plan.states.is_empty() && plan.state == 0;
    draft.residents.iter_mut().find(|resident| of_working_age(resident) && plain(&resident.plan)).filter(|_| !draft.turned)
}

fn negative_income(draft: &mut Draft, dice: &mut Dice) -> bool {
    let Some(resident) = plain_adult(draft) else { return false };
    resident.plan.fixed.insert("other_yen", -dice.within(100_000, 2_000_000));
    true
}

fn loss_carried(draft: &mut Draft, dice: &mut Dice) -> bool {
    let Some(resident) = plain_adult(draft) else { return false };
    let field = *dice.one(&["net_loss_carried_yen", "casualty_loss_carried_yen"]);
    resident.plan.fixed.insert(field, dice.within(100_000, 1_500_000));
    true
}

fn land_gain(draft: &mut Draft, dice: &mut Dice) -> bool {
    let Some(resident) = plain_adult(draft) else { return false };
    let gain = dice.within(1_000_000, 20_000_000);
    let year = i32::try_from(dice.within(i64::from(FIRST_YEAR) + 3, i64::from(LAST_YEAR) + 1)).unwrap_or(LAST_YEAR);
    resident.plan.of_year.insert((year, "land_gain_yen"), gain);
    resident.plan.of_year.insert((year, "land_deduction_yen"), gain.min(*dice.one(&[0, 8_000_000, 30_000_000])));
    resident.plan.of_year.insert((year, "forestry_yen"), dice.within(0, 2) * 500_000);
    resident.plan.of_year.insert((year, "separate_yen"), dice.within(0, 2) * 300_000);
    true
}

fn child_with_income(draft: &mut Draft, dice: &mut Dice) -> bool {
    let Some(child) = draft.residents.iter_mut().find(|resident| (10..18).contains(&resident.age())) else {
        return false;
    };
    child.plan = Plan::default();
    child.plan.fixed.insert("other_yen", dice.within(500_000, 3_000_000));
    true
}

fn property_tax(draft: &mut Draft, dice: &mut Dice) -> bool {
    draft.residents[0].property_tax = dice.within(20, 220) * 1_000;
    true
}

fn birth_day_unknown(draft: &mut Draft, _: &mut Dice) -> bool {
    let resident = &mut draft.residents[0];
    let month = resident.birth.packed() / 100 * 100;
    // The days of the month that exist; every month has a 28th.
    let last = (28..=31).rev().find_map(|day| Date::from_packed(month + day).ok());
    spread_birth(resident, month + 1, last)
}

fn birth_month_unknown(draft: &mut Draft, _: &mut Dice) -> bool {
    let resident = &mut draft.residents[0];
    let year = resident.birth.packed() / 10_000 * 10_000;
    spread_birth(resident, year + 101, Date::from_packed(year + 1_231).ok())
}

/// Only for those whose 75th birthday is not near: the register would have had to decide.
fn spread_birth(resident: &mut Resident, first: i64, last: Option<Date>) -> bool {
    let (Ok(first), Some(last)) = (Date::from_packed(first), last) else {
        return false;
    };
    if resident.birth_latest.is_some() || first.birthday(75) < HORIZON.plus_years(1) {
        return false;
    }
    (resident.birth, resident.birth_latest) = (first, Some(last));
    true
}
