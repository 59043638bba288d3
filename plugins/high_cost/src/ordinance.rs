//! What the law fixes of the monthly limits, by month of treatment: both tables, what is counted, the month of a 75th birthday,
//! long treatment of specified diseases. Absent: who belongs to which category, which the classification decides.

use jorei_sdk::facts::{CategoryOver70, CategoryUnder70};
use jorei_sdk::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Limits of those under 70, which also are those of the whole household (Order art. 29-3). Rows with a floor add a share of
/// the cost beyond it; the others are flat. The multiple limit holds from the fourth month of twelve.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Under70 {
    /// ア: base.
    pub category_a_base_yen: Value<Yen>,
    /// ア: floor of the cost.
    pub category_a_floor_yen: Value<Yen>,
    /// ア: from the fourth month.
    pub category_a_multiple_yen: Value<Yen>,
    /// イ: base.
    pub category_i_base_yen: Value<Yen>,
    /// イ: floor of the cost.
    pub category_i_floor_yen: Value<Yen>,
    /// イ: from the fourth month.
    pub category_i_multiple_yen: Value<Yen>,
    /// ウ: base.
    pub category_u_base_yen: Value<Yen>,
    /// ウ: floor of the cost.
    pub category_u_floor_yen: Value<Yen>,
    /// ウ: from the fourth month.
    pub category_u_multiple_yen: Value<Yen>,
    /// エ: limit.
    pub category_e_base_yen: Value<Yen>,
    /// エ: from the fourth month.
    pub category_e_multiple_yen: Value<Yen>,
    /// オ: limit.
    pub category_o_base_yen: Value<Yen>,
    /// オ: from the fourth month.
    pub category_o_multiple_yen: Value<Yen>,
}

/// Limits of those from 70 to 74 (Order art. 29-3): of their household, and of a person's outpatient care.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Elderly {
    /// 現役並みIII: base.
    pub active_3_base_yen: Value<Yen>,
    /// 現役並みIII: floor of the cost.
    pub active_3_floor_yen: Value<Yen>,
    /// 現役並みIII: from the fourth month.
    pub active_3_multiple_yen: Value<Yen>,
    /// 現役並みII: base.
    pub active_2_base_yen: Value<Yen>,
    /// 現役並みII: floor of the cost.
    pub active_2_floor_yen: Value<Yen>,
    /// 現役並みII: from the fourth month.
    pub active_2_multiple_yen: Value<Yen>,
    /// 現役並みI: base.
    pub active_1_base_yen: Value<Yen>,
    /// 現役並みI: floor of the cost.
    pub active_1_floor_yen: Value<Yen>,
    /// 現役並みI: from the fourth month.
    pub active_1_multiple_yen: Value<Yen>,
    /// 一般: limit of the household.
    pub general_base_yen: Value<Yen>,
    /// 一般: from the fourth month.
    pub general_multiple_yen: Value<Yen>,
    /// 一般: cap of a person's outpatient care.
    pub general_outpatient_yen: Value<Yen>,
    /// 低所得II: limit of the household.
    pub low_income_2_base_yen: Value<Yen>,
    /// 低所得II: from the fourth month; left out where there is none.
    #[serde(default)]
    pub low_income_2_multiple_yen: Option<Value<Yen>>,
    /// 低所得II: cap of a person's outpatient care.
    pub low_income_2_outpatient_yen: Value<Yen>,
    /// 低所得I: limit of the household; there is no lower one from the fourth month.
    pub low_income_1_base_yen: Value<Yen>,
    /// 低所得I: cap of a person's outpatient care.
    pub low_income_1_outpatient_yen: Value<Yen>,
}

/// What is counted, and how.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Counting {
    /// Under 70 the own payments of one institution count from so much on.
    pub threshold_yen: Value<Yen>,
    /// Share of the cost beyond the floor that is added to the base.
    pub excess_rate: Value<Rate>,
    /// Rounding of that share.
    pub rounding: Value<Rounding>,
    /// The multiple limit holds after so many months with a high-cost benefit.
    pub multiple_after: Value<i64>,
    /// They are looked for in so many months, the month of treatment among them.
    pub window_months: Value<i64>,
}

/// The month in which somebody turns 75 and leaves for the late-elderly scheme (Order art. 29-3).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Turning75 {
    /// The share of base, floor, multiple limit and outpatient cap that is that person's own limit.
    pub share: Value<Rate>,
}

/// Long treatment of a specified disease (特定疾病).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpecifiedDisease {
    /// Limit of one institution, in or out of hospital, and month.
    pub limit_yen: Value<Yen>,
    /// The same for dialysis under 70 in the categories ア and イ.
    pub high_income_dialysis_yen: Value<Yen>,
}

/// The values of one municipality.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HighCostOrdinance {
    /// Whose they are.
    pub ordinance: Header,
    /// The table under 70.
    pub under_70: Section<Under70>,
    /// The table from 70 to 74.
    pub over_70: Section<Elderly>,
    /// What is counted.
    pub counting: Section<Counting>,
    /// The month of a 75th birthday.
    pub turning_75: Section<Turning75>,
    /// Specified diseases.
    pub specified_disease: Section<SpecifiedDisease>,
}

/// The values on one date.
#[derive(Debug, Serialize, Deserialize)]
pub struct Values {
    /// The table under 70.
    pub under_70: Dated<Under70>,
    /// The table from 70 to 74.
    pub over_70: Dated<Elderly>,
    /// What is counted.
    pub counting: Dated<Counting>,
    /// The month of a 75th birthday.
    pub turning_75: Dated<Turning75>,
    /// Specified diseases.
    pub specified_disease: Dated<SpecifiedDisease>,
}

/// A row of either table.
#[derive(Clone, Copy, Debug)]
pub struct TableRow<'a> {
    /// Base, or the whole limit of a flat row.
    pub base: &'a Value<Yen>,
    /// Cost beyond this adds to it; none of a flat row.
    pub floor: Option<&'a Value<Yen>>,
    /// The flat limit from the fourth month; none where there is none.
    pub multiple: Option<&'a Value<Yen>>,
}

impl Under70 {
    /// The row of a category; none of an unknown one.
    pub fn row(&self, category: CategoryUnder70) -> Option<TableRow<'_>> {
        let row = |base, floor, multiple| Some(TableRow { base, floor, multiple: Some(multiple) });
        match category {
            CategoryUnder70::A => row(&self.category_a_base_yen, Some(&self.category_a_floor_yen), &self.category_a_multiple_yen),
            CategoryUnder70::I => row(&self.category_i_base_yen, Some(&self.category_i_floor_yen), &self.category_i_multiple_yen),
            CategoryUnder70::U => row(&self.category_u_base_yen, Some(&self.category_u_floor_yen), &self.category_u_multiple_yen),
            CategoryUnder70::E => row(&self.category_e_base_yen, None, &self.category_e_multiple_yen),
            CategoryUnder70::O => row(&self.category_o_base_yen, None, &self.category_o_multiple_yen),
            CategoryUnder70::Unknown => None,
        }
    }
}

impl Elderly {
    /// The household's row of a category; none of an unknown one.
    pub fn row(&self, category: CategoryOver70) -> Option<TableRow<'_>> {
        let row = |base, floor, multiple| Some(TableRow { base, floor, multiple });
        match category {
            CategoryOver70::Active3 => row(&self.active_3_base_yen, Some(&self.active_3_floor_yen), Some(&self.active_3_multiple_yen)),
            CategoryOver70::Active2 => row(&self.active_2_base_yen, Some(&self.active_2_floor_yen), Some(&self.active_2_multiple_yen)),
            CategoryOver70::Active1 => row(&self.active_1_base_yen, Some(&self.active_1_floor_yen), Some(&self.active_1_multiple_yen)),
            CategoryOver70::General => row(&self.general_base_yen, None, Some(&self.general_multiple_yen)),
            CategoryOver70::LowIncome2 => row(&self.low_income_2_base_yen, None, self.low_income_2_multiple_yen.as_ref()),
            CategoryOver70::LowIncome1 => row(&self.low_income_1_base_yen, None, None),
            CategoryOver70::Unknown => None,
        }
    }

    /// The cap of a person's outpatient care (外来特例); none at the level of active income.
    pub fn outpatient(&self, category: CategoryOver70) -> Option<&Value<Yen>> {
        match category {
            CategoryOver70::General => Some(&self.general_outpatient_yen),
            CategoryOver70::LowIncome2 => Some(&self.low_income_2_outpatient_yen),
            CategoryOver70::LowIncome1 => Some(&self.low_income_1_outpatient_yen),
            _ => None,
        }
    }
}

/// The categories under 70, the highest limit first.
pub const UNDER_70: [CategoryUnder70; 5] =
    [CategoryUnder70::A, CategoryUnder70::I, CategoryUnder70::U, CategoryUnder70::E, CategoryUnder70::O];
/// The categories from 70 to 74, the highest limit first.
pub const OVER_70: [CategoryOver70; 6] = [
    CategoryOver70::Active3,
    CategoryOver70::Active2,
    CategoryOver70::Active1,
    CategoryOver70::General,
    CategoryOver70::LowIncome2,
    CategoryOver70::LowIncome1,
];

impl Ordinance for HighCostOrdinance {
    type OnDate = Values;

    fn sections(&self) -> Vec<(&'static str, &dyn settings::Dates)> {
        vec![
            ("under_70", &self.under_70),
            ("over_70", &self.over_70),
            ("counting", &self.counting),
            ("turning_75", &self.turning_75),
            ("specified_disease", &self.specified_disease),
        ]
    }

    fn on(&self, date: Date) -> Values {
        Values {
            under_70: self.under_70.at("under_70", date),
            over_70: self.over_70.at("over_70", date),
            counting: self.counting.at("counting", date),
            turning_75: self.turning_75.at("turning_75", date),
            specified_disease: self.specified_disease.at("specified_disease", date),
        }
    }

    fn check(&self, problems: &mut Problems) {
        for (i, block, table) in self.under_70.known() {
            let rows: Vec<TableRow<'_>> = UNDER_70.iter().filter_map(|category| table.row(*category)).collect();
            check_rows("under_70", i, block.from, &rows, problems);
        }
        for (i, block, table) in self.over_70.known() {
            let rows: Vec<TableRow<'_>> = OVER_70.iter().filter_map(|category| table.row(*category)).collect();
            check_rows("over_70", i, block.from, &rows, problems);
            let mut above: Option<&Value<Yen>> = None;
            for category in OVER_70 {
                let (Some(cap), Some(row)) = (table.outpatient(category), table.row(category)) else { continue };
                let mut told = |what: String| problems.add(at("over_70", i, cap), format!("is {} from {}, {what}", cap.peek(), block.from));
                if cap.peek().get() <= 0 || cap.peek().get() % 2 != 0 {
                    told("not an even number of yen above 0: it is halved in the month of a 75th birthday".into());
                }
                if cap.peek() > row.base.peek() {
                    told(format!("above the household's limit of {}", row.base.peek()));
                }
                if let Some(above) = above.filter(|above| above.peek() < cap.peek()) {
                    told(format!("above {} of the category before it ({})", above.peek(), above.key()));
                }
                above = Some(cap);
            }
        }
        for (i, block, counting) in self.counting.known() {
            let mut between = |value: &Value<i64>, least: i64, most: i64| {
                if !(least..=most).contains(value.peek()) {
                    problems.add(
                        at("counting", i, value),
                        format!("is {} from {}, not a number of months from {least} to {most}", value.peek(), block.from),
                    );
                }
            };
            between(&counting.window_months, 2, 24);
            between(&counting.multiple_after, 1, counting.window_months.peek().clamp(&2, &24) - 1);
            if counting.threshold_yen.peek().get() <= 0 {
                problems.add(
                    at("counting", i, &counting.threshold_yen),
                    format!("is {} from {}, not above 0", counting.threshold_yen.peek(), block.from),
                );
            }
            if counting.rounding.peek().unit() != 1 {
                problems.add(at("counting", i, &counting.rounding), format!("is not a rounding to 1 yen from {}", block.from));
            }
            if *counting.excess_rate.peek() > Rate::ONE {
                problems.add(at("counting", i, &counting.excess_rate), format!("is above the whole from {}", block.from));
            }
        }
        for (i, block, turning) in self.turning_75.known() {
            if *turning.share.peek() != Rate::new(1, 2) {
                problems
                    .add(at("turning_75", i, &turning.share), format!("is not 1/2 from {}; the tables are checked for halves", block.from));
            }
        }
        for (i, block, disease) in self.specified_disease.known() {
            let (low, high) = (disease.limit_yen.peek(), disease.high_income_dialysis_yen.peek());
            if low.get() <= 0 || high < low {
                problems.add(
                    at("specified_disease", i, &disease.high_income_dialysis_yen),
                    format!(
                        "is {high} from {}, the ordinary limit {low}; give amounts above 0, the ordinary one not the higher",
                        block.from
                    ),
                );
            }
        }
    }
}

/// The place of a value in the file.
fn at<T>(section: &str, block: usize, value: &Value<T>) -> String {
    let key = value.key();
    format!("{section}[{block}].values.{}", key.strip_prefix(section).and_then(|key| key.strip_prefix('.')).unwrap_or(key))
}

/// What the rows of a table must have in common: each floor is the base divided by 0.3, limits fall from category to category, the
/// multiple limit lies below the base, and every amount has a half in whole yen.
fn check_rows(section: &str, block: usize, from: Date, rows: &[TableRow<'_>], problems: &mut Problems) {
    let mut tell =
        |value: &Value<Yen>, what: String| problems.add(at(section, block, value), format!("is {} from {from}, {what}", value.peek()));
    for row in rows {
        for value in [Some(row.base), row.floor, row.multiple].into_iter().flatten() {
            if value.peek().get() <= 0 || value.peek().get() % 2 != 0 {
                tell(value, "not an even number of yen above 0: it is halved in the month of a 75th birthday".into());
            }
        }
        // Rounded to the yen: ten thirds, and a half is never reached.
        let floor = (row.base.peek().get().saturating_mul(10).saturating_add(1)).div_euclid(3);
        if let Some(value) = row.floor.filter(|value| value.peek().get() != floor) {
            tell(value, format!("but its base of {} divided by 0.3 is {}", row.base.peek(), Yen::checked(floor).unwrap_or(Yen::ZERO)));
        }
        if let Some(value) = row.multiple.filter(|value| value.peek() >= row.base.peek()) {
            tell(value, format!("not below the base of {}", row.base.peek()));
        }
    }
    for pair in rows.windows(2) {
        if pair[1].base.peek() >= pair[0].base.peek() {
            tell(pair[1].base, format!("not below {} of the category before it ({})", pair[0].base.peek(), pair[0].base.key()));
        }
        if let (Some(above), Some(value)) = (pair[0].multiple, pair[1].multiple)
            && value.peek() > above.peek()
        {
            tell(value, format!("above {} of the category before it ({})", above.peek(), above.key()));
        }
    }
}
