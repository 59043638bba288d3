//! Incomes: from revenue to income, the levy base, and the income of the reduction test.

use crate::national;
use jorei_sdk::facts::{IncomeState, Incomes, Row};
use jorei_sdk::*;

words!(
    /// How far a person's income is known, as the result shows it.
    pub enum IncomeWord {
        /// Known; a declared nil included.
        Known = "known",
        /// Need not be declared: treated as nil.
        NotRequired = "not_required",
        /// Must be declared and has not been: levied without, corrected later.
        Undeclared = "undeclared",
        /// Asked for elsewhere: levied without, corrected later.
        Pending = "pending",
    }
);

/// Salary income (給与所得) of a revenue in an income year: Income Tax Act art. 28 and appended table 5.
///
/// Whole yen, rounded down as the table says. A revenue below 0 counts as none.
///
/// # Errors
/// [`MoneyError::OutOfRange`] never for amounts of a register.
pub(crate) fn salary_income(income_year: i32, revenue: Yen) -> Result<Yen, MoneyError> {
    match income_year {
        ..=2019 => salary_income_until_2019(revenue),
        2020..=2024 => salary_income_from_2020(revenue),
        2025 => salary_income_of_2025(revenue),
        _ => salary_income_from_2026(revenue),
    }
}

/// The table until income year 2019: minimum deduction 650,000.
fn salary_income_until_2019(revenue: Yen) -> Result<Yen, MoneyError> {
    let yen = revenue.get();
    let step = Yen::checked(yen - yen.rem_euclid(4_000))?;
    match yen {
        ..651_000 => Ok(Yen::ZERO),
        651_000..1_619_000 => revenue.minus(Yen::new(650_000)),
        1_619_000..1_620_000 => Ok(Yen::new(969_000)),
        1_620_000..1_622_000 => Ok(Yen::new(970_000)),
        1_622_000..1_624_000 => Ok(Yen::new(972_000)),
        1_624_000..1_628_000 => Ok(Yen::new(974_000)),
        1_628_000..1_800_000 => share(step, 60, 0),
        1_800_000..3_600_000 => share(step, 70, 180_000),
        3_600_000..6_600_000 => share(step, 80, 540_000),
        6_600_000..10_000_000 => share(revenue, 90, 1_200_000),
        _ => revenue.minus(Yen::new(2_200_000)),
    }
}

/// The table of income years 2020 to 2024: minimum deduction 550,000.
fn salary_income_from_2020(revenue: Yen) -> Result<Yen, MoneyError> {
    let yen = revenue.get();
    let step = Yen::checked(yen - yen.rem_euclid(4_000))?;
    match yen {
        ..551_000 => Ok(Yen::ZERO),
        551_000..1_619_000 => revenue.minus(Yen::new(550_000)),
        1_619_000..1_620_000 => Ok(Yen::new(1_069_000)),
        1_620_000..1_622_000 => Ok(Yen::new(1_070_000)),
        1_622_000..1_624_000 => Ok(Yen::new(1_072_000)),
        1_624_000..1_628_000 => Ok(Yen::new(1_074_000)),
        1_628_000..1_800_000 => share(step, 60, -100_000),
        _ => salary_income_of_the_upper_rows(revenue),
    }
}

/// The table of income year 2025: minimum deduction 650,000.
fn salary_income_of_2025(revenue: Yen) -> Result<Yen, MoneyError> {
    match revenue.get() {
        ..651_000 => Ok(Yen::ZERO),
        651_000..1_900_000 => revenue.minus(Yen::new(650_000)),
        _ => salary_income_of_the_upper_rows(revenue),
    }
}

/// The table of income years 2026 and 2027: minimum deduction 740,000.
fn salary_income_from_2026(revenue: Yen) -> Result<Yen, MoneyError> {
    match revenue.get() {
        ..741_000 => Ok(Yen::ZERO),
        741_000..2_191_000 => revenue.minus(Yen::new(740_000)),
        2_191_000..2_193_000 => Ok(Yen::new(1_451_000)),
        2_193_000..2_196_000 => Ok(Yen::new(1_453_000)),
        2_196_000..2_200_000 => Ok(Yen::new(1_456_000)),
        _ => salary_income_of_the_upper_rows(revenue),
    }
}

/// The rows that did not change since 2020. Below 6,600,000 the revenue is first cut to 4,000 yen.
fn salary_income_of_the_upper_rows(revenue: Yen) -> Result<Yen, MoneyError> {
    let yen = revenue.get();
    let step = Yen::checked(yen - yen.rem_euclid(4_000))?;
    match yen {
        ..3_600_000 => share(step, 70, 80_000),
        3_600_000..6_600_000 => share(step, 80, 440_000),
        6_600_000..8_500_000 => share(revenue, 90, 1_100_000),
        _ => revenue.minus(Yen::new(1_950_000)),
    }
}

/// So many per cent of an amount, rounded down to the yen, less a fixed deduction.
fn share(amount: Yen, percent: i64, deduction: i64) -> Result<Yen, MoneyError> {
    Rate::checked(percent, 100)?.of(amount)?.round(Rounding::DOWN_TO_YEN)?.minus(Yen::checked(deduction)?)
}

/// Public pension income (公的年金等に係る雑所得): Income Tax Act art. 35 para. 4.
///
/// `elderly`: 65 or over on 31 December of the income year. `other_income`: total income without
/// the pension; above 10 and 20 million it lowers the deduction (from income year 2020). Whole yen,
/// rounded down, never below 0.
///
/// # Errors
/// [`MoneyError::OutOfRange`] never for amounts of a register.
pub(crate) fn pension_income(income_year: i32, revenue: Yen, elderly: bool, other_income: Yen) -> Result<Yen, MoneyError> {
    let (least_65, least, steps) = if income_year <= 2019 {
        (1_200_000, 700_000, [375_000, 785_000, 1_555_000])
    } else {
        (1_100_000, 600_000, [275_000, 685_000, 1_455_000])
    };
    let full = if elderly { 3_300_000 } else { 1_300_000 };
    let before = match revenue.get() {
        yen if yen <= full => revenue.minus(Yen::checked(if elderly { least_65 } else { least })?)?,
        ..=4_100_000 => share(revenue, 75, steps[0])?,
        4_100_001..=7_700_000 => share(revenue, 85, steps[1])?,
        yen if yen <= 10_000_000 || income_year <= 2019 => share(revenue, 95, steps[2])?,
        _ => revenue.minus(Yen::new(1_955_000))?,
    };
    let lowered = match (income_year, other_income.get()) {
        (..=2019, _) | (_, ..=10_000_000) => 0,
        (_, ..=20_000_000) => 100_000,
        _ => 200_000,
    };
    Ok(before.plus(Yen::new(lowered))?.max(Yen::ZERO))
}

/// First income adjustment deduction: Special Taxation Measures Act art. 41-3-11 para. 1, income years
/// from 2020. Whole yen, rounded up; at most 150,000.
///
/// # Errors
/// [`MoneyError::OutOfRange`] never for amounts of a register.
pub(crate) fn first_adjustment(income_year: i32, salary_revenue: Yen, ground: bool) -> Result<Yen, MoneyError> {
    if income_year < 2020 || !ground {
        return Ok(Yen::ZERO);
    }
    let above = salary_revenue.min(Yen::new(10_000_000)).less(Yen::new(8_500_000));
    Rate::new(10, 100).of(above)?.round(Rounding::new(1, Direction::Up))
}

/// Second income adjustment deduction: the same, para. 2: who has salary and pension. At most 100,000 yen.
///
/// # Errors
/// [`MoneyError::OutOfRange`] never for amounts of a register.
pub(crate) fn second_adjustment(income_year: i32, salary: Yen, pension: Yen) -> Result<Yen, MoneyError> {
    const MOST: Yen = Yen::new(100_000);
    if income_year < 2020 || salary <= Yen::ZERO || pension <= Yen::ZERO {
        return Ok(Yen::ZERO);
    }
    Ok(salary.min(MOST).plus(pension.min(MOST))?.less(MOST))
}

/// Order art. 29-7-2: what is left of a salary income after involuntary unemployment. Whole yen,
/// a fraction is dropped (assumption 9).
fn after_unemployment<'a, T: Trace<'a>>(salary: Yen, t: &mut T) -> Result<Yen, Refusal> {
    Ok(national::UNEMPLOYMENT_SHARE.read(t).of(salary)?.round(Rounding::DOWN_TO_YEN)?)
}

/// A person's incomes of the income year, in whole yen, converted where only revenue is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Amounts {
    pub(crate) state: IncomeWord,
    /// Salary income before the adjustment deductions, or after them where the register gives it so.
    salary: Yen,
    /// Adjustment deductions still to be taken off.
    adjustment: Yen,
    pension: Yen,
    /// Other comprehensive and forestry income less business losses carried forward; may be negative.
    rest: Yen,
    separate: Yen,
    land_gain: Yen,
    land_deduction: Yen,
    /// Chooses the basic deduction.
    aggregate: Yen,
}

impl Amounts {
    const NIL: Amounts = Amounts {
        state: IncomeWord::NotRequired,
        salary: Yen::ZERO,
        adjustment: Yen::ZERO,
        pension: Yen::ZERO,
        rest: Yen::ZERO,
        separate: Yen::ZERO,
        land_gain: Yen::ZERO,
        land_deduction: Yen::ZERO,
        aggregate: Yen::ZERO,
    };

    /// Settled, as declared or not required? Undeclared and pending are not.
    pub(crate) fn settled(&self) -> bool {
        matches!(self.state, IncomeWord::Known | IncomeWord::NotRequired)
    }
}

/// Whose incomes, and which law.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) ordinal: usize,
    pub(crate) fiscal_year: FiscalYear,
    /// 65 or over on 31 December of the income year.
    pub(crate) elderly: bool,
    /// Born after the income year: without income by nature, so no register asks.
    pub(crate) born_later: bool,
    pub(crate) row: Option<Row<'a, Incomes>>,
}

impl Subject<'_> {
    fn missing(&self, label: &'static str) -> Refusal {
        Refusal::fact_missing(label)
            .with("person", self.ordinal + 1)
            .with("year", self.fiscal_year.year() - 1)
            .article("Order art. 29-7 para. 2")
    }

    /// An amount that cannot be below nil; absent counts as nil in a row whose state is known.
    fn amount<'a, T: Trace<'a>>(&self, cell: Cell<Option<Yen>>, column: &'static str, t: &mut T) -> Result<Yen, Refusal> {
        let Some(yen) = cell.peek() else { return Ok(Yen::ZERO) };
        t.see(cell);
        if yen < Yen::ZERO {
            return Err(Refusal::fact_impossible("amount_negative")
                .with("person", self.ordinal + 1)
                .with("column", column)
                .with("yen", yen));
        }
        Ok(yen)
    }
}

/// The incomes of a person who counts (Order art. 29-7 para. 2: of the year before, 前年の所得).
///
/// Undeclared and pending incomes are levied as nothing for now and make the decision provisional;
/// the person is never taken as without income.
///
/// # Errors
/// `income_missing` when no income year's row is there: unknown is not zero. `amount_negative`.
pub(crate) fn amounts<'a, T: Trace<'a>>(person: Subject<'a>, t: &mut T) -> Result<Amounts, Refusal> {
    let Some(row) = person.row else {
        if person.born_later {
            t.note("income_state", Val::Word("born_later"));
            return Ok(Amounts::NIL);
        }
        return Err(person.missing("income_missing"));
    };
    let state = match t.see(row.state()) {
        IncomeState::Known => IncomeWord::Known,
        IncomeState::NotRequired => IncomeWord::NotRequired,
        IncomeState::Undeclared => IncomeWord::Undeclared,
        IncomeState::Pending => IncomeWord::Pending,
        IncomeState::Unknown => return Err(person.missing("income_state_unknown")),
    };
    t.note("income_state", Val::Word(state.word()));
    if state != IncomeWord::Known {
        if state != IncomeWord::NotRequired {
            t.unsettled();
        }
        return Ok(Amounts { state, ..Amounts::NIL });
    }
    let income_year = person.fiscal_year.year() - 1;
    let (mut salary, mut adjustment) = (Yen::ZERO, Yen::ZERO);
    let mut converted = None;
    if row.salary_yen().peek().is_some() {
        salary = person.amount(row.salary_yen(), "salary_yen", t)?;
        t.note("salary_income", salary);
    } else if row.salary_revenue_yen().peek().is_some() {
        let revenue = person.amount(row.salary_revenue_yen(), "salary_revenue_yen", t)?;
        national::salary_table(person.fiscal_year)?.read(t);
        salary = salary_income(income_year, revenue)?;
        converted = Some(revenue);
        t.note("salary_income", salary).formula("salary_table").article("Income Tax Act art. 28");
    }
    let other = match row.other_yen().peek() {
        Some(_) => t.see(row.other_yen()).unwrap_or(Yen::ZERO),
        None => Yen::ZERO,
    };
    let forestry = person.amount(row.forestry_yen(), "forestry_yen", t)?;
    let net_loss = person.amount(row.net_loss_carried_yen(), "net_loss_carried_yen", t)?;
    let rest = other.plus(forestry)?.minus(net_loss)?;
    if rest != Yen::ZERO {
        t.note("other_income", rest).formula("other_plus_forestry_less_loss");
    }
    let separate = person.amount(row.separate_yen(), "separate_yen", t)?;
    let land_gain = person.amount(row.land_gain_yen(), "land_gain_yen", t)?;
    let land_deduction = person.amount(row.land_deduction_yen(), "land_deduction_yen", t)?;
    let before_pension = salary.plus(other)?.plus(forestry)?.plus(separate)?.plus(land_gain)?;
    let mut pension = Yen::ZERO;
    if row.pension_yen().peek().is_some() {
        pension = person.amount(row.pension_yen(), "pension_yen", t)?;
        t.note("pension_income", pension);
    } else if row.pension_revenue_yen().peek().is_some() {
        let revenue = person.amount(row.pension_revenue_yen(), "pension_revenue_yen", t)?;
        national::pension_table(person.fiscal_year)?.read(t);
        pension = pension_income(income_year, revenue, person.elderly, before_pension)?;
        let formula = if person.elderly { "pension_table_from_65" } else { "pension_table_under_65" };
        t.note("pension_income", pension).formula(formula).article("Income Tax Act art. 35 para. 4");
    }
    if let Some(revenue) = converted {
        let first = first_adjustment(income_year, revenue, row.adjustment_ground().peek())?;
        adjustment = first.plus(second_adjustment(income_year, salary, pension)?)?.min(salary);
        if adjustment > Yen::ZERO {
            t.see(row.adjustment_ground());
            t.note("income_adjustment", adjustment).formula("adjustment_deductions").article("Special Taxation Measures Act art. 41-3-11");
        }
    }
    let aggregate = match row.aggregate_yen().peek() {
        Some(_) => person.amount(row.aggregate_yen(), "aggregate_yen", t)?,
        None => before_pension.plus(pension)?.minus(adjustment)?,
    };
    Ok(Amounts { state, salary, adjustment, pension, rest, separate, land_gain, land_deduction, aggregate })
}

/// Order art. 29-7 para. 2: a person's levy base (基準総所得金額), yen, never below 0.
///
/// Total income less the basic deduction, per person. Land gains enter after their special
/// deduction, casualty losses carried forward are not deducted, family pay stays where it was
/// paid. Nobody's base is 0 for want of a declaration: then the decision is provisional.
///
/// # Errors
/// `law_value_missing` for a year without a known basic deduction.
pub(crate) fn levy_base<'a, T: Trace<'a>>(fiscal_year: FiscalYear, amounts: &Amounts, unemployed: bool, t: &mut T) -> Result<Yen, Refusal> {
    if amounts.state != IncomeWord::Known {
        return Ok(Yen::ZERO);
    }
    let mut salary = amounts.salary;
    if unemployed {
        salary = after_unemployment(salary, t)?;
        t.note("salary_after_unemployment", salary).formula("salary_times_unemployment_share").article("Order art. 29-7-2");
    }
    let comprehensive = salary.less(amounts.adjustment).plus(amounts.pension)?.plus(amounts.rest)?.max(Yen::ZERO);
    let total = comprehensive.plus(amounts.separate)?.plus(amounts.land_gain.less(amounts.land_deduction))?;
    t.note("total_income", total).formula("sum_of_incomes").article("Order art. 29-7 para. 2");
    let deduction = national::basic_deduction(fiscal_year, amounts.aggregate)?.read(t);
    let base = total.less(deduction);
    t.note("levy_base", base).formula("total_less_basic_deduction").article("Order art. 29-7 para. 2");
    Ok(base)
}

/// Order art. 29-7 para. 6 and suppl. art. 5: a person's income for the reduction test (軽減判定所得), yen,
/// never below 0.
///
/// Before the basic deduction; up to 150,000 off the pension income from 65 on; family pay back
/// with the owner; land gains before their special deduction; casualty losses deducted.
///
/// # Errors
/// `amount_negative`.
pub(crate) fn determination_income<'a, T: Trace<'a>>(
    person: Subject<'a>,
    amounts: &Amounts,
    unemployed: bool,
    t: &mut T,
) -> Result<Yen, Refusal> {
    let (Some(row), IncomeWord::Known) = (person.row, amounts.state) else { return Ok(Yen::ZERO) };
    let received = person.amount(row.family_salary_received_yen(), "family_salary_received_yen", t)?;
    let paid = person.amount(row.family_salary_paid_yen(), "family_salary_paid_yen", t)?;
    if received > Yen::ZERO || paid > Yen::ZERO {
        t.note("family_pay", paid.minus(received)?).formula("family_pay_back_to_owner").article("Order art. 29-7 para. 6 no. 2");
    }
    let mut salary = amounts.salary.less(received);
    if unemployed {
        salary = after_unemployment(salary, t)?;
        t.note("salary_after_unemployment", salary).formula("salary_times_unemployment_share").article("Order art. 29-7-2");
    }
    let mut pension = amounts.pension;
    if person.elderly && pension > Yen::ZERO {
        pension = pension.less(national::TEST_PENSION_DEDUCTION.read(t));
        t.note("pension_for_test", pension).formula("pension_less_150000").article("Order suppl. art. 5");
    }
    let comprehensive = salary.less(amounts.adjustment).plus(pension)?.plus(amounts.rest)?.plus(paid)?.max(Yen::ZERO);
    let casualty = person.amount(row.casualty_loss_carried_yen(), "casualty_loss_carried_yen", t)?;
    let income = comprehensive.plus(amounts.separate)?.plus(amounts.land_gain)?.less(casualty);
    t.note("determination_income", income).formula("sum_for_test").article("Order art. 29-7 para. 6");
    Ok(income)
}

/// Order art. 29-7 para. 6: does the person count as an earner (給与所得者等)? Once, for salary or pension.
///
/// By revenue; where only income is known, by the income that a revenue above the bound gives.
///
/// # Errors
/// `amount_negative`.
pub(crate) fn is_earner<'a, T: Trace<'a>>(person: Subject<'a>, amounts: &Amounts, t: &mut T) -> Result<bool, Refusal> {
    let (Some(row), IncomeWord::Known) = (person.row, amounts.state) else { return Ok(false) };
    let received = person.amount(row.family_salary_received_yen(), "family_salary_received_yen", t)?;
    // A family employee whose whole pay went back to the owner has none left (assumption 8).
    if received == Yen::ZERO || amounts.salary > received {
        let by_salary = match row.salary_revenue_yen().peek() {
            Some(_) => {
                let revenue = person.amount(row.salary_revenue_yen(), "salary_revenue_yen", t)?;
                revenue > Yen::ZERO && revenue > national::EARNER_SALARY.read(t)
            }
            None => amounts.salary > Yen::ZERO,
        };
        if by_salary {
            return Ok(true);
        }
    }
    match row.pension_revenue_yen().peek() {
        Some(_) => {
            let revenue = person.amount(row.pension_revenue_yen(), "pension_revenue_yen", t)?;
            let bound = if person.elderly { national::EARNER_PENSION_FROM_65 } else { national::EARNER_PENSION_UNDER_65 };
            Ok(revenue > bound.read(t))
        }
        None if person.elderly && amounts.pension > Yen::ZERO => Ok(amounts.pension > national::TEST_PENSION_DEDUCTION.read(t)),
        None => Ok(amounts.pension > Yen::ZERO),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn salary(year: i32, revenue: i64) -> i64 {
        salary_income(year, Yen::new(revenue)).unwrap().get()
    }

    fn pension(year: i32, revenue: i64, elderly: bool) -> i64 {
        pension_income(year, Yen::new(revenue), elderly, Yen::ZERO).unwrap().get()
    }

    /// Premium reference 3.1, each row at both of its ends, by hand.
    #[test]
    fn salary_tables_at_each_boundary() {
        let rows: &[(i32, &[(i64, i64)])] = &[
            (2018, &[(650_999, 0), (651_000, 1_000), (1_618_999, 968_999), (1_619_000, 969_000), (1_620_000, 970_000)]),
            (2019, &[(1_622_000, 972_000), (1_624_000, 974_000), (1_627_999, 974_000), (1_628_000, 976_800), (1_799_999, 1_077_600)]),
            (2019, &[(1_800_000, 1_080_000), (3_599_999, 2_337_200), (3_600_000, 2_340_000), (6_599_999, 4_736_800)]),
            (2019, &[(6_600_000, 4_740_000), (9_999_999, 7_799_999), (10_000_000, 7_800_000)]),
            (2020, &[(550_999, 0), (551_000, 1_000), (1_618_999, 1_068_999), (1_619_000, 1_069_000), (1_619_999, 1_069_000)]),
            (2022, &[(1_620_000, 1_070_000), (1_622_000, 1_072_000), (1_624_000, 1_074_000), (1_627_999, 1_074_000)]),
            (2023, &[(1_628_000, 1_076_800), (1_799_999, 1_177_600), (1_800_000, 1_180_000), (3_599_999, 2_437_200)]),
            (
                2024,
                &[(3_600_000, 2_440_000), (6_599_999, 4_836_800), (6_600_000, 4_840_000), (8_499_999, 6_549_999), (8_500_000, 6_550_000)],
            ),
            (2025, &[(650_999, 0), (651_000, 1_000), (1_899_999, 1_249_999), (1_900_000, 1_250_000), (5_000_000, 3_560_000)]),
            (2026, &[(740_999, 0), (741_000, 1_000), (2_190_999, 1_450_999), (2_191_000, 1_451_000), (2_193_000, 1_453_000)]),
            (2027, &[(2_196_000, 1_456_000), (2_199_999, 1_456_000), (2_200_000, 1_460_000)]),
        ];
        for (year, row) in rows {
            for (revenue, income) in *row {
                assert_eq!(salary(*year, *revenue), *income, "{year}: {revenue}");
            }
        }
        assert_eq!(salary(2024, 3_000_000), 2_020_000, "the published example of Adachi, FY2025");
    }

    #[test]
    fn one_revenue_gives_another_income_in_each_of_three_years() {
        assert_eq!([2024, 2025, 2026].map(|year| salary(year, 1_500_000)), [950_000, 850_000, 760_000]);
    }

    #[test]
    fn below_six_point_six_million_salary_moves_in_steps_of_4000() {
        assert_eq!(salary(2025, 4_500_000), salary(2025, 4_503_999));
        assert_eq!(salary(2025, 4_504_000) - salary(2025, 4_503_999), 3_200);
    }

    #[test]
    fn pension_tables_at_each_boundary() {
        for (revenue, income) in [(1_100_000, 0), (1_100_001, 1), (3_300_000, 2_200_000), (3_300_001, 2_200_000), (4_100_000, 2_800_000)] {
            assert_eq!(pension(2025, revenue, true), income, "{revenue}");
        }
        for (revenue, income) in [(600_000, 0), (1_300_000, 700_000), (1_300_004, 700_003), (4_100_000, 2_800_000), (7_700_000, 5_860_000)]
        {
            assert_eq!(pension(2025, revenue, false), income, "{revenue}");
        }
        assert_eq!(pension(2025, 10_000_000, true), 8_045_000);
        assert_eq!(pension(2025, 10_000_001, true), 8_045_001);
        assert_eq!(pension(2019, 1_200_001, true), 1);
        assert_eq!(pension(2019, 12_000_000, false), 9_845_000);
    }

    #[test]
    fn a_high_other_income_lowers_the_pension_deduction() {
        let with = |other| pension_income(2025, Yen::new(2_000_000), true, Yen::new(other)).unwrap().get();
        assert_eq!([10_000_000, 10_000_001, 20_000_001].map(with), [900_000, 1_000_000, 1_100_000]);
    }

    #[test]
    fn adjustment_deductions() {
        let first = |revenue| first_adjustment(2025, Yen::new(revenue), true).unwrap().get();
        assert_eq!([8_500_000, 8_500_001, 10_000_000, 12_000_000].map(first), [0, 1, 150_000, 150_000]);
        assert_eq!(first_adjustment(2025, Yen::new(9_000_000), false).unwrap(), Yen::ZERO);
        let second = |salary, pension| second_adjustment(2025, Yen::new(salary), Yen::new(pension)).unwrap().get();
        assert_eq!(second(500_000, 500_000), 100_000);
        assert_eq!(second(40_000, 70_000), 10_000);
        assert_eq!(second(40_000, 60_000), 0);
        assert_eq!(second(500_000, 0), 0);
    }
}
