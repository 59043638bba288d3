//! In which order money pays the parts of a debt (充当の順序): a section of an ordinance that charges and refunds share.
//!
//! Absent: which debts come first; that is each rule's own.

use crate::settings::{Problems, Section, Value};
use crate::trace::Trace;
use jorei_domain::trace::Val;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

crate::words!(
    /// A part of what is owed of one instalment, as in the facts of kind `claims`.
    #[derive(Serialize, Deserialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    pub enum Part {
        /// The instalment itself (本料).
        Principal = "principal",
        /// Its delinquency charge (延滞金).
        DelinquencyCharge = "delinquency_charge",
        /// The fee of its demand notice (督促手数料).
        DemandFee = "demand_fee",
    }
);

/// Which part of an instalment's debt is paid first (Local Tax Act art. 20-9-4).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// Paid first.
    pub first: Value<Part>,
    /// Paid second.
    pub second: Value<Part>,
    /// Paid last.
    pub third: Value<Part>,
}

impl Order {
    /// Adds a problem for each block that names a part twice.
    pub fn check(name: &str, section: &Section<Order>, problems: &mut Problems) {
        for (i, block, order) in section.known() {
            let [first, second, third] = [&order.first, &order.second, &order.third].map(|part| *part.peek());
            if first == second || second == third || first == third {
                let message = format!(
                    "the order of the block from {} is {}, {}, {}; name each part once",
                    block.from,
                    first.word(),
                    second.word(),
                    third.word()
                );
                problems.add(format!("{name}[{i}].values"), message);
            }
        }
    }

    /// The parts in order; writes the step `appropriation_order`.
    pub fn parts<'a, T: Trace<'a>>(&'a self, t: &mut T) -> [Part; 3] {
        let parts = [&self.first, &self.second, &self.third].map(|part| t.get_as(part, |part| Val::Word(part.word())));
        t.note("appropriation_order", Val::Word(parts[0].word())).article("Local Tax Act art. 20-9-4");
        parts
    }
}
