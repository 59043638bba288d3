//! What a municipality fixes of charges for paying late: rates by calendar year, the first period, units, demand notices, the
//! order in which a payment is taken.

use jorei_sdk::appropriation::Order;
use jorei_sdk::stretches::{ByYear, Units};
use jorei_sdk::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The rates of a calendar year, of 365 days (Local Tax Act suppl. art. 3-2).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    /// In the first period.
    pub low_rate: Value<Rate>,
    /// After it.
    pub high_rate: Value<Rate>,
    /// While a grace holds (猶予特例基準割合), where it is known.
    #[serde(default)]
    pub grace_rate: Option<Value<Rate>>,
    /// The average lending rate (平均貸付割合) from which the others follow, where it is known; read by people alone.
    #[serde(default)]
    pub average_rate: Option<Value<Rate>>,
}

/// The days after the due date on which the low rate holds.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FirstPeriod {
    /// How many months; they differ from city to city.
    pub months: Value<i64>,
}

/// Demand notices (督促).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Demand {
    /// A notice is sent within so many days after the due date.
    pub within_days: Value<i64>,
    /// Its fee (督促手数料), yen; 0 where there is none.
    pub fee_yen: Value<Yen>,
}

/// The ordinance of one municipality.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DelinquencyOrdinance {
    /// Whose it is.
    pub ordinance: Header,
    /// Rates; blocks begin and end on 1 January.
    pub rates: Section<Rates>,
    /// The first period.
    pub first_period: Section<FirstPeriod>,
    /// Smallest amounts and roundings.
    pub units: Section<Units>,
    /// Demand notices.
    pub demand: Section<Demand>,
    /// What a payment is taken for first.
    pub appropriation_order: Section<Order>,
}

/// The values of an ordinance on one date; the rates of every year.
#[derive(Debug, Serialize, Deserialize)]
pub struct Values {
    /// Rates.
    pub rates: ByYear<Rates>,
    /// The first period.
    pub first_period: Dated<FirstPeriod>,
    /// Smallest amounts and roundings.
    pub units: Dated<Units>,
    /// Demand notices.
    pub demand: Dated<Demand>,
    /// What a payment is taken for first.
    pub appropriation_order: Dated<Order>,
}

impl Ordinance for DelinquencyOrdinance {
    type OnDate = Values;

    fn sections(&self) -> Vec<(&'static str, &dyn settings::Dates)> {
        vec![
            ("rates", &self.rates),
            ("first_period", &self.first_period),
            ("units", &self.units),
            ("demand", &self.demand),
            ("appropriation_order", &self.appropriation_order),
        ]
    }

    fn on(&self, date: Date) -> Values {
        Values {
            rates: ByYear::of("rates", &self.rates),
            first_period: self.first_period.at("first_period", date),
            units: self.units.at("units", date),
            demand: self.demand.at("demand", date),
            appropriation_order: self.appropriation_order.at("appropriation_order", date),
        }
    }

    fn check(&self, problems: &mut Problems) {
        ByYear::check("rates", &self.rates, problems);
        for (i, block, rates) in self.rates.known() {
            if rates.low_rate.peek() > rates.high_rate.peek() {
                let message = format!(
                    "is {} in the block from {}, above the rate after the first period, {}",
                    rates.low_rate.peek(),
                    block.from,
                    rates.high_rate.peek()
                );
                problems.add(format!("rates[{i}].values.low_rate"), message);
            }
        }
        for (i, block, first) in self.first_period.known() {
            if !(1..=12).contains(first.months.peek()) {
                let message = format!("is {} from {}, not a number of months from 1 to 12", first.months.peek(), block.from);
                problems.add(format!("first_period[{i}].values.months"), message);
            }
        }
        for (i, block, demand) in self.demand.known() {
            if !(1..=120).contains(demand.within_days.peek()) {
                let message = format!("is {} from {}, not a number of days from 1 to 120", demand.within_days.peek(), block.from);
                problems.add(format!("demand[{i}].values.within_days"), message);
            }
            if *demand.fee_yen.peek() < Yen::ZERO {
                problems
                    .add(format!("demand[{i}].values.fee_yen"), format!("is {} yen from {}, below nil", demand.fee_yen.peek(), block.from));
            }
        }
        Units::check("units", &self.units, problems);
        Order::check("appropriation_order", &self.appropriation_order, problems);
    }
}
