//! What the law fixes of the yearly caps, by base date. Absent: the limits of a month.

use jorei_sdk::facts::{CategoryOver70, CategoryUnder70};
use jorei_sdk::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whose outpatient care of which months is added up.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// Of persons who are 一般 or 低所得 on the base date: the months in which they were.
    GeneralOrLowIncome,
}

/// The yearly cap of a person's outpatient care from 70 to 74 (外来年間合算).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutpatientYear {
    /// Persons and months that count.
    pub counted: Value<Counted>,
    /// 一般.
    pub general_yen: Value<Yen>,
    /// 低所得II.
    pub low_income_2_yen: Value<Yen>,
    /// 低所得I; left out where there is none.
    #[serde(default)]
    pub low_income_1_yen: Option<Value<Yen>>,
    /// Rounding of this insurer's part, where another insurer certifies payments.
    pub share_rounding: Value<Rounding>,
}

/// The yearly cap of the household (年間上限).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnnualCap {
    /// Is there one in the year? If so, every cap below is given, else none.
    pub exists: Value<bool>,
    /// ア.
    #[serde(default)]
    pub category_a_yen: Option<Value<Yen>>,
    /// イ.
    #[serde(default)]
    pub category_i_yen: Option<Value<Yen>>,
    /// ウ.
    #[serde(default)]
    pub category_u_yen: Option<Value<Yen>>,
    /// エ.
    #[serde(default)]
    pub category_e_yen: Option<Value<Yen>>,
    /// オ.
    #[serde(default)]
    pub category_o_yen: Option<Value<Yen>>,
    /// 現役並みIII.
    #[serde(default)]
    pub active_3_yen: Option<Value<Yen>>,
    /// 現役並みII.
    #[serde(default)]
    pub active_2_yen: Option<Value<Yen>>,
    /// 現役並みI.
    #[serde(default)]
    pub active_1_yen: Option<Value<Yen>>,
    /// 一般.
    #[serde(default)]
    pub general_yen: Option<Value<Yen>>,
    /// 低所得II.
    #[serde(default)]
    pub low_income_2_yen: Option<Value<Yen>>,
    /// 低所得I.
    #[serde(default)]
    pub low_income_1_yen: Option<Value<Yen>>,
    /// エ and 一般 with the lowest incomes.
    #[serde(default)]
    pub reduced_yen: Option<Value<Yen>>,
}

impl AnnualCap {
    /// The cap by the table under 70; none of an unknown category.
    pub fn under_70(&self, category: CategoryUnder70) -> Option<&Value<Yen>> {
        match category {
            CategoryUnder70::A => self.category_a_yen.as_ref(),
            CategoryUnder70::I => self.category_i_yen.as_ref(),
            CategoryUnder70::U => self.category_u_yen.as_ref(),
            CategoryUnder70::E => self.category_e_yen.as_ref(),
            CategoryUnder70::O => self.category_o_yen.as_ref(),
            CategoryUnder70::Unknown => None,
        }
    }

    /// The cap by the table from 70 to 74; none of an unknown category.
    pub fn over_70(&self, category: CategoryOver70) -> Option<&Value<Yen>> {
        match category {
            CategoryOver70::Active3 => self.active_3_yen.as_ref(),
            CategoryOver70::Active2 => self.active_2_yen.as_ref(),
            CategoryOver70::Active1 => self.active_1_yen.as_ref(),
            CategoryOver70::General => self.general_yen.as_ref(),
            CategoryOver70::LowIncome2 => self.low_income_2_yen.as_ref(),
            CategoryOver70::LowIncome1 => self.low_income_1_yen.as_ref(),
            CategoryOver70::Unknown => None,
        }
    }

    /// The caps of both tables, the highest first in each.
    fn tables(&self) -> [Vec<&Option<Value<Yen>>>; 2] {
        [
            vec![&self.category_a_yen, &self.category_i_yen, &self.category_u_yen, &self.category_e_yen, &self.category_o_yen],
            vec![
                &self.active_3_yen,
                &self.active_2_yen,
                &self.active_1_yen,
                &self.general_yen,
                &self.low_income_2_yen,
                &self.low_income_1_yen,
            ],
        ]
    }
}

/// The values of one municipality.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HighCostYearOrdinance {
    /// Whose they are.
    pub ordinance: Header,
    /// The cap of a person's outpatient care.
    pub outpatient_year: Section<OutpatientYear>,
    /// The cap of the household.
    pub annual_cap: Section<AnnualCap>,
}

/// The values on one date.
#[derive(Debug, Serialize, Deserialize)]
pub struct Values {
    /// The cap of a person's outpatient care.
    pub outpatient_year: Dated<OutpatientYear>,
    /// The cap of the household.
    pub annual_cap: Dated<AnnualCap>,
}

impl Ordinance for HighCostYearOrdinance {
    type OnDate = Values;

    fn sections(&self) -> Vec<(&'static str, &dyn settings::Dates)> {
        vec![("outpatient_year", &self.outpatient_year), ("annual_cap", &self.annual_cap)]
    }

    fn on(&self, date: Date) -> Values {
        Values { outpatient_year: self.outpatient_year.at("outpatient_year", date), annual_cap: self.annual_cap.at("annual_cap", date) }
    }

    fn check(&self, problems: &mut Problems) {
        for (i, block, year) in self.outpatient_year.known() {
            let caps: Vec<&Value<Yen>> =
                [Some(&year.general_yen), Some(&year.low_income_2_yen), year.low_income_1_yen.as_ref()].into_iter().flatten().collect();
            above_0(i, block.from, &caps, problems);
            // All three were one amount until July 2026.
            descends(i, block.from, &caps, problems);
            if year.share_rounding.peek().unit() != 1 {
                problems.add(at(i, &year.share_rounding), format!("is not a rounding to 1 yen from {}", block.from));
            }
        }
        for (i, block, annual) in self.annual_cap.known() {
            let every = annual.tables().concat().into_iter().chain([&annual.reduced_yen]);
            if every.clone().any(|cap| cap.is_some() != *annual.exists.peek()) {
                problems.add(
                    at(i, &annual.exists),
                    format!(
                        "is {} from {}; give every cap where there is a yearly cap, and none where there is not",
                        annual.exists.peek(),
                        block.from
                    ),
                );
            }
            above_0(i, block.from, &every.filter_map(Option::as_ref).collect::<Vec<_>>(), problems);
            for table in annual.tables() {
                let caps: Vec<&Value<Yen>> = table.into_iter().filter_map(Option::as_ref).collect();
                descends(i, block.from, &caps, problems);
            }
            for (row, low) in [(&annual.category_e_yen, &annual.category_o_yen), (&annual.general_yen, &annual.low_income_2_yen)] {
                if let (Some(reduced), Some(row), Some(low)) = (&annual.reduced_yen, row, low)
                    && !(low.peek() < reduced.peek() && reduced.peek() < row.peek())
                {
                    problems.add(
                        at(i, reduced),
                        format!("is {} from {}, not between {} and {}", reduced.peek(), block.from, low.peek(), row.peek()),
                    );
                }
            }
        }
    }
}

/// The place of a value in the file.
fn at<T>(block: usize, value: &Value<T>) -> String {
    let (section, key) = value.key().split_once('.').unwrap_or(("", value.key()));
    format!("{section}[{block}].values.{key}")
}

fn above_0(block: usize, from: Date, caps: &[&Value<Yen>], problems: &mut Problems) {
    for cap in caps.iter().filter(|cap| *cap.peek() <= Yen::ZERO) {
        problems.add(at(block, cap), format!("is {} from {from}, not above 0", cap.peek()));
    }
}

fn descends(block: usize, from: Date, caps: &[&Value<Yen>], problems: &mut Problems) {
    for pair in caps.windows(2).filter(|pair| pair[1].peek() > pair[0].peek()) {
        problems.add(
            at(block, pair[1]),
            format!("is {} from {from}, above {} of the category before it ({})", pair[1].peek(), pair[0].peek(), pair[0].key()),
        );
    }
}
