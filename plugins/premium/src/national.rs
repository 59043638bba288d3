//! National law as dated data: every amount that the Act and the Order fix for all municipalities.
//!
//! One function per value; each gives amount, state and article for a fiscal year, and refuses a
//! year whose law was not seen. Sources by their marks: [A7] city page on maternity, [F1] [F2] [J1]
//! [J2] [K1] compilations that quote the Order, [M2] ministry's cap history, [N-...] municipal pages;
//! all listed with addresses in the reference on premiums. A figure without a source is assumed.

use jorei_sdk::*;

/// A value of national law with what it rests on. Read with [`Law::read`], so that the trace shows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Law<V> {
    key: &'static str,
    value: V,
    state: State,
    article: &'static str,
}

impl<V: Copy> Law<V> {
    /// The same value where another paragraph orders it.
    pub(crate) const fn by(self, article: &'static str) -> Law<V> {
        Law { article, ..self }
    }

    /// The value, marked in the trace of the step that follows.
    #[inline]
    pub(crate) fn read<'a, T: Trace<'a>>(self, t: &mut T) -> V
    where
        V: Into<Val<'a>>,
    {
        t.law(self.key, self.value, self.state, self.article)
    }
}

const fn law<V>(key: &'static str, value: V, state: State, article: &'static str) -> Law<V> {
    Law { key, value, state, article }
}

/// The law of this fiscal year was not seen: neither the last known value nor the first is carried over.
fn unknown(key: &'static str, fiscal_year: FiscalYear, article: &'static str) -> Refusal {
    Refusal::law_unknown("law_value_missing").with("value", key).with("fiscal_year", fiscal_year.year()).article(article)
}

/// The four parts of the premium (賦課区分) in the order of Order art. 29-7 para. 1.
pub(crate) const PARTS: [&str; 4] = ["medical", "support", "care", "child"];

/// Order art. 29-7 paras. 2 to 5: caps (賦課限度額) per household and part, in yen; none for the child
/// part before FY2026. A ceiling for the ordinance, which may stay below; no rule computes with it.
/// [M2] 2019, 2020; [N-isehara] 2022, 2023; [N-murakami] 2024; [N-mikasa] [N-choshi] 2025; [K1] [J1] 2026;
/// 2021 is assumed.
pub(crate) const fn cap_yen(fiscal_year: i32, part: usize) -> Option<i64> {
    let caps = match fiscal_year {
        2019 => [610_000, 190_000, 160_000, 0],
        2020 | 2021 => [630_000, 190_000, 170_000, 0],
        2022 => [650_000, 200_000, 170_000, 0],
        2023 => [650_000, 220_000, 170_000, 0],
        2024 => [650_000, 240_000, 170_000, 0],
        2025 => [660_000, 260_000, 170_000, 0],
        2026 => [670_000, 260_000, 170_000, 30_000],
        _ => return None,
    };
    Some(caps[part])
}

/// Order art. 29-7 para. 1 no. 4: the first fiscal year of the child part.
pub(crate) const CHILD_PART_FROM: i32 = 2026;

/// The thresholds of the reductions in yen, and what a second earner adds to them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Thresholds {
    /// Of the first level; also the fixed share of the others.
    pub(crate) base: Law<Yen>,
    /// Per counted person, second level.
    pub(crate) second_per_person: Law<Yen>,
    /// Per counted person, third level.
    pub(crate) third_per_person: Law<Yen>,
    /// Per earner after the first; none before FY2021.
    pub(crate) per_further_earner: Option<Law<Yen>>,
}

/// Order art. 29-7 para. 6: thresholds of the reductions (軽減判定基準), in yen.
///
/// [N-isehara] [N-hashima] 2022, 2023; [F1] 2024; [N-mikasa] [N-toyooka] 2025; [K1] [J1] [C1] 2026;
/// 2019 to 2021 assumed.
///
/// # Errors
/// `law_value_missing` for any other year.
pub(crate) fn thresholds(fiscal_year: FiscalYear) -> Result<Thresholds, Refusal> {
    const ARTICLE: &str = "Order art. 29-7 para. 6";
    let (base, second, third, state) = match fiscal_year.year() {
        2019 => (330_000, 280_000, 510_000, State::Assumed),
        2020 => (330_000, 285_000, 520_000, State::Assumed),
        2021 => (430_000, 285_000, 520_000, State::Assumed),
        2022 => (430_000, 285_000, 520_000, State::Sourced),
        2023 => (430_000, 290_000, 535_000, State::Sourced),
        2024 => (430_000, 295_000, 545_000, State::Sourced),
        2025 => (430_000, 305_000, 560_000, State::Sourced),
        2026 => (430_000, 310_000, 570_000, State::Sourced),
        _ => return Err(unknown("law.reduction_base_yen", fiscal_year, ARTICLE)),
    };
    Ok(Thresholds {
        base: law("law.reduction_base_yen", Yen::new(base), state, ARTICLE),
        second_per_person: law("law.reduction_second_per_person_yen", Yen::new(second), state, ARTICLE),
        third_per_person: law("law.reduction_third_per_person_yen", Yen::new(third), state, ARTICLE),
        per_further_earner: (fiscal_year.year() >= 2021).then_some(law(
            "law.reduction_per_further_earner_yen",
            Yen::new(100_000),
            state,
            ARTICLE,
        )),
    })
}

/// Local Tax Act art. 314-2 para. 2: basic deduction (基礎控除) of a person with this total income, in yen.
///
/// The inhabitant-tax figure, not the income-tax one. [N-hayama] [J2] from FY2021; 330,000 before, assumed.
///
/// # Errors
/// `law_value_missing` before FY2019 and after FY2026.
pub(crate) fn basic_deduction(fiscal_year: FiscalYear, aggregate: Yen) -> Result<Law<Yen>, Refusal> {
    const ARTICLE: &str = "Local Tax Act art. 314-2 para. 2";
    const KEY: &str = "law.basic_deduction_yen";
    let (yen, state) = match (fiscal_year.year(), aggregate.get()) {
        (2019 | 2020, _) => (330_000, State::Assumed),
        (2021..=2026, ..=24_000_000) => (430_000, State::Sourced),
        (2021..=2026, ..=24_500_000) => (290_000, State::Sourced),
        (2021..=2026, ..=25_000_000) => (150_000, State::Sourced),
        (2021..=2026, _) => (0, State::Sourced),
        _ => return Err(unknown(KEY, fiscal_year, ARTICLE)),
    };
    Ok(law(KEY, Yen::new(yen), state, ARTICLE))
}

/// Order art. 29-7 para. 6 nos. 6 and 7: preschool children (未就学児) until the 31 March after reaching
/// this age; none before FY2022. An extension from FY2027 is planned, so that year is unknown.
///
/// # Errors
/// `law_value_missing` after FY2026.
pub(crate) fn preschool_age(fiscal_year: FiscalYear) -> Result<Option<Law<i64>>, Refusal> {
    const ARTICLE: &str = "Order art. 29-7 para. 6 no. 6";
    match fiscal_year.year() {
        ..=2021 => Ok(None),
        2022..=2026 => Ok(Some(law("law.preschool_age", 6, State::Sourced, ARTICLE))),
        _ => Err(unknown("law.preschool_age", fiscal_year, ARTICLE)),
    }
}

/// Order art. 29-7 para. 6 no. 6: share of the per-capita levy cut for preschool children. [K1] [N-choshi]
pub(crate) const PRESCHOOL_CUT: Law<Rate> = law("law.preschool_cut_rate", Rate::new(1, 2), State::Sourced, "Order art. 29-7 para. 6 no. 6");

/// Order art. 29-7 para. 6 nos. 10 and 11: share of the child part's per-capita levy cut up to the
/// 31 March after turning 18. [K1] [J1]
pub(crate) const MINOR_CUT: Law<Rate> = law("law.minor_cut_rate", Rate::ONE, State::Sourced, "Order art. 29-7 para. 6 no. 10");

/// Order art. 29-7 para. 5 no. 3: until the 31 March after reaching this age a person is no adult of the child part. [J1] [G1]
pub(crate) const MINOR_AGE: Law<i64> = law("law.minor_age", 18, State::Sourced, "Order art. 29-7 para. 5 no. 3");

/// Order art. 29-7 para. 2: specific household (特定世帯), share of the per-household levy cut; the other
/// parts have it in their own paragraphs. [N-noda]
pub(crate) const SPECIFIC_CUT: Law<Rate> = law("law.specific_cut_rate", Rate::new(1, 2), State::Sourced, "Order art. 29-7 para. 2");

/// Order art. 29-7 para. 2: the same in years 6 to 8 (特定継続世帯). [N-tomamae] [N-gujo]
pub(crate) const SPECIFIC_CONTINUING_CUT: Law<Rate> =
    law("law.specific_continuing_cut_rate", Rate::new(1, 4), State::Sourced, "Order art. 29-7 para. 2");

/// Months from the month of loss for which a specific household is one: 5 years. [N-terms]
pub(crate) const SPECIFIC_MONTHS: i32 = 60;

/// Months from the month of loss at whose end a continuing one ends: 8 years. [N-terms]
pub(crate) const SPECIFIC_CONTINUING_MONTHS: i32 = 96;

/// Order art. 29-7 para. 6: the first month of the maternity reduction. [A7]
pub(crate) const MATERNITY_FROM: Law<Date> = law("law.maternity_from", Date::new(2024, 1, 1), State::Sourced, "Order art. 29-7 para. 6");

/// The same: births from this day on. [A7]
pub(crate) const MATERNITY_BIRTH_FROM: Date = Date::new(2023, 11, 1);

/// Order art. 29-7-2: share of the salary income that counts after involuntary unemployment. [K1]
pub(crate) const UNEMPLOYMENT_SHARE: Law<Rate> =
    law("law.unemployment_share_rate", Rate::new(30, 100), State::Sourced, "Order art. 29-7-2");

/// Leaving-reason codes of involuntary unemployment. [A4] [A8]
pub(crate) const UNEMPLOYMENT_CODES: [i64; 9] = [11, 12, 21, 22, 23, 31, 32, 33, 34];

/// Order suppl. art. 5: off the pension income of persons of 65 or over, in the test only. [F1]
pub(crate) const TEST_PENSION_DEDUCTION: Law<Yen> =
    law("law.test_pension_deduction_yen", Yen::new(150_000), State::Sourced, "Order suppl. art. 5");

/// Order art. 29-7 para. 6: salary revenue above which a person is an earner. It did not follow
/// the salary deduction in 2025. [J1] [F1]
pub(crate) const EARNER_SALARY: Law<Yen> =
    law("law.earner_salary_revenue_yen", Yen::new(550_000), State::Sourced, "Order art. 29-7 para. 6");

/// The same for pension revenue under 65. [F1] [N-toyooka]
pub(crate) const EARNER_PENSION_UNDER_65: Law<Yen> =
    law("law.earner_pension_revenue_yen", Yen::new(600_000), State::Sourced, "Order art. 29-7 para. 6");

/// The same from 65 on: the Order's 1,100,000, read as 1,250,000 by its supplementary provision. [F1] [N-toyooka]
pub(crate) const EARNER_PENSION_FROM_65: Law<Yen> =
    law("law.earner_pension_revenue_yen", Yen::new(1_250_000), State::Sourced, "Order suppl. art. 5");

/// Income Tax Act art. 28 and appended table 5: the table of salary income of an income year. [F2] [J2];
/// 2018 and 2019 assumed.
///
/// # Errors
/// `law_value_missing` for a year whose table was not seen.
pub(crate) fn salary_table(fiscal_year: FiscalYear) -> Result<Law<i64>, Refusal> {
    const ARTICLE: &str = "Income Tax Act art. 28";
    let year = fiscal_year.year() - 1;
    match year {
        2018 | 2019 => Ok(law("law.salary_table_year", i64::from(year), State::Assumed, ARTICLE)),
        2020..=2027 => Ok(law("law.salary_table_year", i64::from(year), State::Sourced, ARTICLE)),
        _ => Err(unknown("law.salary_table_year", fiscal_year, ARTICLE)),
    }
}

/// Income Tax Act art. 35 para. 4: the table of pension income of an income year. [F2]; 2018 and 2019 assumed.
///
/// # Errors
/// `law_value_missing` for a year whose table was not seen.
pub(crate) fn pension_table(fiscal_year: FiscalYear) -> Result<Law<i64>, Refusal> {
    const ARTICLE: &str = "Income Tax Act art. 35 para. 4";
    let year = fiscal_year.year() - 1;
    match year {
        2018 | 2019 => Ok(law("law.pension_table_year", i64::from(year), State::Assumed, ARTICLE)),
        2020..=2026 => Ok(law("law.pension_table_year", i64::from(year), State::Sourced, ARTICLE)),
        _ => Err(unknown("law.pension_table_year", fiscal_year, ARTICLE)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn year(year: i32) -> FiscalYear {
        FiscalYear::new(year).unwrap()
    }

    #[test]
    fn a_year_whose_law_was_not_seen_is_refused_by_name() {
        for unseen in [2018, 2027] {
            let refusal = thresholds(year(unseen)).unwrap_err().into_inner();
            assert_eq!((refusal.label.as_str(), refusal.article.as_str()), ("law_value_missing", "Order art. 29-7 para. 6"));
            assert!(refusal.arguments.contains(&("fiscal_year".into(), unseen.to_string())));
            assert!(basic_deduction(year(unseen), Yen::ZERO).is_err());
        }
        assert!(preschool_age(year(2027)).is_err(), "the extension is planned, not known");
        assert!(preschool_age(year(2021)).unwrap().is_none());
        assert!(salary_table(year(2018)).is_err());
        assert_eq!(cap_yen(2027, 0), None);
    }

    #[test]
    fn basic_deduction_at_its_steps() {
        let at = |yen| basic_deduction(year(2026), Yen::new(yen)).unwrap().value;
        let steps = [(24_000_000, 430_000), (24_000_001, 290_000), (24_500_000, 290_000), (24_500_001, 150_000), (25_000_000, 150_000)];
        for (aggregate, deduction) in steps {
            assert_eq!(at(aggregate), Yen::new(deduction), "{aggregate}");
        }
        assert_eq!(at(25_000_001), Yen::ZERO);
        assert_eq!(basic_deduction(year(2020), Yen::new(30_000_000)).unwrap().value, Yen::new(330_000));
    }

    #[test]
    fn the_four_caps_of_2026_are_1_130_000_together() {
        assert_eq!((0..4).filter_map(|part| cap_yen(2026, part)).sum::<i64>(), 1_130_000);
        assert_eq!((0..4).filter_map(|part| cap_yen(2019, part)).sum::<i64>(), 960_000);
    }
}
