//! What is settled of expenses beside the Act: how the insurer's part is rounded. Absent: shares, which the classification decides,
//! and tariffs, by which people assess what was paid.

use jorei_sdk::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the insurer's part of a cost becomes whole yen.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InsurerPart {
    /// Rounding of cost x (100 - share) %.
    pub rounding: Value<Rounding>,
}

/// The settings of one municipality.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpenseOrdinance {
    /// Whose it is.
    pub ordinance: Header,
    /// Rounding.
    pub insurer_part: Section<InsurerPart>,
}

/// The settings of one month.
#[derive(Debug, Serialize, Deserialize)]
pub struct Values {
    /// Rounding.
    pub insurer_part: Dated<InsurerPart>,
}

impl Ordinance for ExpenseOrdinance {
    type OnDate = Values;

    fn sections(&self) -> Vec<(&'static str, &dyn settings::Dates)> {
        vec![("insurer_part", &self.insurer_part)]
    }

    fn on(&self, date: Date) -> Values {
        Values { insurer_part: self.insurer_part.at("insurer_part", date) }
    }

    fn check(&self, problems: &mut Problems) {
        for (i, block, part) in self.insurer_part.known() {
            if block.from.day() != 1 || block.until.day() != 1 {
                let message = format!("goes from {} to {}, not from the first of a month to the first of one", block.from, block.until);
                problems.add(format!("insurer_part[{i}]"), message);
            }
            // A coarser unit could make the part larger than the cost.
            if part.rounding.peek().unit() > 10 {
                let path = format!("insurer_part[{i}].values.rounding");
                problems.add(path, format!("rounds to {} yen; a part of a cost is rounded to 1 or 10", part.rounding.peek().unit()));
            }
        }
    }
}
