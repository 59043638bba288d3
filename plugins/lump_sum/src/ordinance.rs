//! What an ordinance fixes of lump sums: the amounts for a birth and for a funeral; whole yen. The day of the birth or of the death
//! picks the block.

use jorei_sdk::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Childbirth lump sum.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Childbirth {
    /// From so many days of pregnancy on.
    pub from_days: Value<i64>,
    /// Per child.
    pub amount_yen: Value<Yen>,
    /// More per child where the birth falls under the compensation scheme (産科医療補償制度).
    pub compensated_yen: Value<Yen>,
}

/// Funeral benefit.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Funeral {
    /// Per death.
    pub amount_yen: Value<Yen>,
}

/// The ordinance of one municipality.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LumpSumOrdinance {
    /// Whose it is.
    pub ordinance: Header,
    /// Births.
    pub childbirth: Section<Childbirth>,
    /// Deaths.
    pub funeral: Section<Funeral>,
}

/// The values of one day.
#[derive(Debug, Serialize, Deserialize)]
pub struct Values {
    /// Births.
    pub childbirth: Dated<Childbirth>,
    /// Deaths.
    pub funeral: Dated<Funeral>,
}

impl Ordinance for LumpSumOrdinance {
    type OnDate = Values;

    fn sections(&self) -> Vec<(&'static str, &dyn settings::Dates)> {
        vec![("childbirth", &self.childbirth), ("funeral", &self.funeral)]
    }

    fn on(&self, date: Date) -> Values {
        Values { childbirth: self.childbirth.at("childbirth", date), funeral: self.funeral.at("funeral", date) }
    }

    fn check(&self, problems: &mut Problems) {
        let mut not_negative = |path: String, yen: &Value<Yen>, least: Yen| {
            if *yen.peek() < least {
                problems.add(path, format!("is {}, below {least}", yen.peek()));
            }
        };
        for (i, _, birth) in self.childbirth.known() {
            not_negative(format!("childbirth[{i}].values.amount_yen"), &birth.amount_yen, Yen::new(1));
            not_negative(format!("childbirth[{i}].values.compensated_yen"), &birth.compensated_yen, Yen::ZERO);
        }
        for (i, _, funeral) in self.funeral.known() {
            not_negative(format!("funeral[{i}].values.amount_yen"), &funeral.amount_yen, Yen::new(1));
        }
        for (i, _, birth) in self.childbirth.known() {
            if !(1..=280).contains(birth.from_days.peek()) {
                problems
                    .add(format!("childbirth[{i}].values.from_days"), format!("is {}, not days of a pregnancy", birth.from_days.peek()));
            }
        }
    }
}
