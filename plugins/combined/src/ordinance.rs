//! What the law fixes of the combined limits, by base date. Absent: how the long-term-care insurance pays its part.

use jorei_sdk::facts::{CategoryOver70, CategoryUnder70};
use jorei_sdk::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Limits of a household with payments under 70 (Act art. 57-3).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Under70 {
    /// ア.
    pub category_a_yen: Value<Yen>,
    /// イ.
    pub category_i_yen: Value<Yen>,
    /// ウ.
    pub category_u_yen: Value<Yen>,
    /// エ.
    pub category_e_yen: Value<Yen>,
    /// オ.
    pub category_o_yen: Value<Yen>,
}

impl Under70 {
    /// The limit of a category; none of an unknown one.
    pub fn limit(&self, category: CategoryUnder70) -> Option<&Value<Yen>> {
        match category {
            CategoryUnder70::A => Some(&self.category_a_yen),
            CategoryUnder70::I => Some(&self.category_i_yen),
            CategoryUnder70::U => Some(&self.category_u_yen),
            CategoryUnder70::E => Some(&self.category_e_yen),
            CategoryUnder70::O => Some(&self.category_o_yen),
            CategoryUnder70::Unknown => None,
        }
    }
}

/// Limits of the persons from 70 to 74.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Over70 {
    /// 現役並みIII.
    pub active_3_yen: Value<Yen>,
    /// 現役並みII.
    pub active_2_yen: Value<Yen>,
    /// 現役並みI.
    pub active_1_yen: Value<Yen>,
    /// 一般.
    pub general_yen: Value<Yen>,
    /// 低所得II.
    pub low_income_2_yen: Value<Yen>,
    /// 低所得I, with one person in care at most.
    pub low_income_1_yen: Value<Yen>,
}

impl Over70 {
    /// The limit of a category; none of an unknown one.
    pub fn limit(&self, category: CategoryOver70) -> Option<&Value<Yen>> {
        match category {
            CategoryOver70::Active3 => Some(&self.active_3_yen),
            CategoryOver70::Active2 => Some(&self.active_2_yen),
            CategoryOver70::Active1 => Some(&self.active_1_yen),
            CategoryOver70::General => Some(&self.general_yen),
            CategoryOver70::LowIncome2 => Some(&self.low_income_2_yen),
            CategoryOver70::LowIncome1 => Some(&self.low_income_1_yen),
            CategoryOver70::Unknown => None,
        }
    }
}

/// In which order payments are held against the limits.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Those from 70 to 74 against their limit, then what is left with all others against the household's.
    ElderlyFirst,
}

/// Who gets the yen that are left when parts are rounded down.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Remainder {
    /// The largest part, the last of equals.
    LargestPart,
}

/// How the benefit is worked out and divided.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Counting {
    /// An excess of so much or less is not paid; a larger one is paid in full (支給基準額).
    pub smallest_yen: Value<Yen>,
    /// Order of the limits.
    pub order: Value<Order>,
    /// What rounding leaves between insurers and persons.
    pub remainder: Value<Remainder>,
}

/// The values of one municipality.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CombinedOrdinance {
    /// Whose they are.
    pub ordinance: Header,
    /// Limits with payments under 70.
    pub under_70: Section<Under70>,
    /// Limits of the persons from 70 to 74.
    pub over_70: Section<Over70>,
    /// How the benefit is worked out and divided.
    pub counting: Section<Counting>,
}

/// The values on one date.
#[derive(Debug, Serialize, Deserialize)]
pub struct Values {
    /// Limits with payments under 70.
    pub under_70: Dated<Under70>,
    /// Limits of the persons from 70 to 74.
    pub over_70: Dated<Over70>,
    /// How the benefit is worked out and divided.
    pub counting: Dated<Counting>,
}

impl Ordinance for CombinedOrdinance {
    type OnDate = Values;

    fn sections(&self) -> Vec<(&'static str, &dyn settings::Dates)> {
        vec![("under_70", &self.under_70), ("over_70", &self.over_70), ("counting", &self.counting)]
    }

    fn on(&self, date: Date) -> Values {
        Values {
            under_70: self.under_70.at("under_70", date),
            over_70: self.over_70.at("over_70", date),
            counting: self.counting.at("counting", date),
        }
    }

    fn check(&self, problems: &mut Problems) {
        for (i, block, table) in self.under_70.known() {
            let rows = [&table.category_a_yen, &table.category_i_yen, &table.category_u_yen, &table.category_e_yen, &table.category_o_yen];
            check_limits(i, block.from, &rows, problems);
        }
        for (i, block, table) in self.over_70.known() {
            let rows = [
                &table.active_3_yen,
                &table.active_2_yen,
                &table.active_1_yen,
                &table.general_yen,
                &table.low_income_2_yen,
                &table.low_income_1_yen,
            ];
            check_limits(i, block.from, &rows, problems);
        }
        for (i, block, counting) in self.counting.known() {
            let smallest = &counting.smallest_yen;
            if *smallest.peek() < Yen::ZERO {
                problems.add(at(i, smallest), format!("is {} from {}, below 0", smallest.peek(), block.from));
            }
        }
    }
}

/// The place of a value in the file.
fn at<T>(block: usize, value: &Value<T>) -> String {
    let (section, key) = value.key().split_once('.').unwrap_or(("", value.key()));
    format!("{section}[{block}].values.{key}")
}

/// Limits are above 0 and fall from category to category.
fn check_limits(block: usize, from: Date, rows: &[&Value<Yen>], problems: &mut Problems) {
    for row in rows.iter().filter(|row| *row.peek() <= Yen::ZERO) {
        problems.add(at(block, row), format!("is {} from {from}, not above 0", row.peek()));
    }
    for pair in rows.windows(2).filter(|pair| pair[1].peek() >= pair[0].peek()) {
        problems.add(
            at(block, pair[1]),
            format!("is {} from {from}, not below {} of the category before it ({})", pair[1].peek(), pair[0].peek(), pair[0].key()),
        );
    }
}
