//! Incomes over the years: what a person lives on, and what the tax office makes of it.

use super::dice::Dice;
use jorei_domain::calendar::Date;
use jorei_domain::record::Kind;
use jorei_domain::table::ABSENT;
use std::collections::BTreeMap;

/// The first calendar year with incomes (for fiscal year 2019).
pub(super) const FIRST_YEAR: i32 = 2018;
/// The last calendar year with incomes (for fiscal year 2026).
pub(super) const LAST_YEAR: i32 = 2025;
/// The year whose amounts a plan states; the others are scaled from it.
const BASE_YEAR: i32 = 2024;

/// Codes of `incomes.state`, in the order of its words.
pub(super) const KNOWN: i64 = 0;
/// A minor or tax dependant without income.
pub(super) const NOT_REQUIRED: i64 = 1;
/// Must declare and has not.
pub(super) const UNDECLARED: i64 = 2;
/// Asked elsewhere and not answered yet.
pub(super) const PENDING: i64 = 3;

/// What a person lives on, in yen of the year 2024.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    /// Salary revenue.
    pub salary: i64,
    /// Public pension revenue, from the year in which 65 is reached.
    pub pension: i64,
    /// Salary revenue before that year, for those with a pension.
    pub salary_before_pension: i64,
    /// Business and other comprehensively taxed income.
    pub other: i64,
    /// Change per year in thousandths.
    pub growth: i64,
    /// Fields that are the same in every year, by name.
    pub fixed: BTreeMap<&'static str, i64>,
    /// Fields of one year, by year and name; they win.
    pub of_year: BTreeMap<(i32, &'static str), i64>,
    /// States of single years; `known` else.
    pub states: BTreeMap<i32, i64>,
    /// The state of all other years.
    pub state: i64,
}

impl Plan {
    /// A plan that gives about this income after the deductions of the reduction test.
    pub fn for_income(dice: &mut Dice, target: i64, age: i64) -> Plan {
        let growth = dice.within(-5, 20);
        let plan = Plan { growth, ..Plan::default() };
        if age >= 65 {
            let from_pension = target.min(1_600_000);
            let pension = if target <= 0 { dice.within(400_000, 1_250_000) } else { from_pension + 1_250_000 };
            let salary_before_pension = salary_revenue_for(target + dice.within(0, 1_500_000));
            return Plan { pension, other: target.max(0) - from_pension.max(0), salary_before_pension, growth: dice.within(0, 8), ..plan };
        }
        if target <= 0 {
            return if dice.chance(6_000) { plan } else { Plan { salary: dice.within(50_000, 550_000), ..plan } };
        }
        if dice.chance(3_000) { Plan { other: target, ..plan } } else { Plan { salary: salary_revenue_for(target), ..plan } }
    }

    /// The fields of one calendar year, in the order of [`Kind::fields`].
    pub fn fields(&self, dice: &mut Dice, year: i32, birth: Date) -> Vec<i64> {
        let state = self.states.get(&year).copied().unwrap_or(self.state);
        let mut values: BTreeMap<&'static str, i64> = BTreeMap::new();
        values.insert("state", state);
        // A neighbouring year differs by up to two per cent more than the trend.
        let scale = (1_000 + self.growth * i64::from(year - BASE_YEAR) + dice.within(-20, 21)).max(100);
        if state == KNOWN {
            let age = year - birth.year();
            let pension = if age >= 65 { scaled(self.pension, 1_000 + (scale - 1_000) / 4) } else { 0 };
            let salary = if age >= 65 || self.pension == 0 { self.salary } else { self.salary_before_pension };
            values.insert("salary_revenue_yen", scaled(salary, scale));
            values.insert("pension_revenue_yen", pension);
            values.insert("other_yen", scaled(self.other, scale));
            values.extend(self.fixed.iter().map(|(name, yen)| (*name, *yen)));
            values.extend(self.of_year.iter().filter(|((of, _), _)| *of == year).map(|((_, name), yen)| (*name, *yen)));
            derive(&mut values, year, age);
        }
        // What is nil is not written: a declared nil and an empty column are one thing here.
        let value = |name| match values.get(name) {
            Some(0) if name != "state" => ABSENT,
            Some(value) => *value,
            None => ABSENT,
        };
        Kind::Incomes.fields().iter().map(|field| value(field.name)).collect()
    }
}

/// Writes the salary and pension incomes of a year anew after a revenue in its values was changed.
pub(super) fn recompute(values: &mut [i64], year: i32, birth: Date) {
    let names = || Kind::Incomes.fields().iter().map(|field| field.name);
    let mut by_name: BTreeMap<&'static str, i64> = names().zip(values.iter().copied()).filter(|(_, value)| *value != ABSENT).collect();
    derive(&mut by_name, year, year - birth.year());
    for (name, value) in names().zip(values) {
        *value = match by_name.get(name) {
            Some(0) if name != "state" => ABSENT,
            Some(yen) => *yen,
            None => ABSENT,
        };
    }
}

/// Fills in the incomes that follow from the revenues.
fn derive(values: &mut BTreeMap<&'static str, i64>, year: i32, age: i32) {
    let get = |name| values.get(name).copied().unwrap_or(0);
    let (revenue, ground) = (get("salary_revenue_yen"), get("adjustment_ground") == 1);
    let pension = pension_income(year, age, get("pension_revenue_yen"));
    let mut salary = salary_income(year, revenue);
    if year >= 2020 {
        if ground && revenue > 8_500_000 {
            salary -= (revenue.min(10_000_000) - 8_500_000 + 9) / 10;
        }
        if salary > 0 && pension > 0 {
            salary -= (salary.min(100_000) + pension.min(100_000) - 100_000).max(0);
        }
    }
    values.insert("salary_yen", salary);
    values.insert("pension_yen", pension);
}

fn scaled(yen: i64, per_mille: i64) -> i64 {
    yen * per_mille / 1_000
}

/// Salary income of a revenue: the table of the income tax act of the year.
pub(super) fn salary_income(year: i32, revenue: i64) -> i64 {
    let x = revenue;
    let q = x / 4_000 * 4_000;
    if year < 2020 {
        return match x {
            ..651_000 => 0,
            651_000..1_625_000 => x - 650_000,
            1_625_000..1_800_000 => q * 6 / 10,
            1_800_000..3_600_000 => q * 7 / 10 - 180_000,
            3_600_000..6_600_000 => q * 8 / 10 - 540_000,
            6_600_000..10_000_000 => x * 9 / 10 - 1_200_000,
            _ => x - 2_200_000,
        };
    }
    match x {
        ..651_000 if year >= 2025 => 0,
        651_000..1_900_000 if year >= 2025 => x - 650_000,
        ..551_000 => 0,
        551_000..1_619_000 => x - 550_000,
        1_619_000..1_620_000 => 1_069_000,
        1_620_000..1_622_000 => 1_070_000,
        1_622_000..1_624_000 => 1_072_000,
        1_624_000..1_628_000 => 1_074_000,
        1_628_000..1_800_000 => q * 6 / 10 + 100_000,
        1_800_000..3_600_000 => q * 7 / 10 - 80_000,
        3_600_000..6_600_000 => q * 8 / 10 - 440_000,
        6_600_000..8_500_000 => x * 9 / 10 - 1_100_000,
        _ => x - 1_950_000,
    }
}

/// Public pension income of a revenue, other income being below ten million.
pub(super) fn pension_income(year: i32, age: i32, revenue: i64) -> i64 {
    let x = revenue;
    // In 2020 a part of this deduction moved to the basic deduction.
    let moved = if year < 2020 { 100_000 } else { 0 };
    let flat = if age >= 65 { 1_100_000 } else { 600_000 } + moved;
    let (flat_until, quarter) = (if age >= 65 { 3_300_000 } else { 1_300_000 }, 275_000 + moved);
    let income = match x {
        _ if x <= flat_until => x - flat,
        ..=4_100_000 => x * 3 / 4 - quarter,
        4_100_001..=7_700_000 => x * 85 / 100 - 685_000 - moved,
        7_700_001..=10_000_000 => x * 95 / 100 - 1_455_000 - moved,
        _ if year < 2020 => x * 95 / 100 - 1_555_000,
        _ => x - 1_955_000,
    };
    income.max(0)
}

/// The smallest salary revenue of 2024, by thousands, that gives at least this income.
fn salary_revenue_for(income: i64) -> i64 {
    let (mut low, mut high) = (0_i64, 60_000);
    while low < high {
        let middle = (low + high) / 2;
        if salary_income(BASE_YEAR, middle * 1_000) >= income {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low * 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn incomes_follow_the_tables() {
        for (year, revenue, income) in [
            (2024, 550_999, 0),
            (2024, 600_000, 50_000),
            (2025, 600_000, 0),
            (2025, 1_899_999, 1_249_999),
            (2024, 1_899_999, 1_247_200),
            (2024, 3_000_000, 2_020_000),
            (2024, 7_000_000, 5_200_000),
            (2024, 10_000_000, 8_050_000),
            (2019, 10_000_000, 7_800_000),
        ] {
            assert_eq!(salary_income(year, revenue), income, "{year} {revenue}");
        }
        for (age, revenue, income) in [
            (65, 1_100_000, 0),
            (65, 3_300_000, 2_200_000),
            (64, 1_300_000, 700_000),
            (64, 2_000_000, 1_225_000),
            (70, 5_000_000, 3_565_000),
        ] {
            assert_eq!(pension_income(2024, age, revenue), income, "{age} {revenue}");
        }
        assert_eq!(salary_revenue_for(2_020_000), 3_000_000);
        assert_eq!(salary_income(2024, salary_revenue_for(430_000)), 430_000);
    }
}
