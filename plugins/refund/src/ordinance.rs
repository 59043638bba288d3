//! What a municipality fixes of refunds: whether it is a premium or a tax, rates of interest by calendar year, units, order of
//! appropriation, days that do not count, time bars.

use jorei_sdk::appropriation::Order;
use jorei_sdk::stretches::{ByYear, Units};
use jorei_sdk::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is collected; the causes of an overpayment and the first day of interest differ.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A premium (保険料): whatever reduced it, interest begins on the day after the payment.
    Premium,
    /// A tax (保険税): interest begins by cause.
    Tax,
}

/// Premium or tax.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Regime {
    /// Which of the two.
    pub kind: Value<Kind>,
}

/// The rates of a calendar year, of 365 days (Local Tax Act suppl. art. 3-2).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    /// Interest on a refund.
    pub refund_rate: Value<Rate>,
    /// The average lending rate (平均貸付割合) from which it follows, where it is known; read by people alone.
    #[serde(default)]
    pub average_rate: Option<Value<Rate>>,
}

/// Days that do not count (除算期間).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Excluded {
    /// So many days after the notice was sent, the days up to the claim no longer count.
    pub days: Value<i64>,
}

/// When a refund can no longer be claimed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimeBar {
    /// Years for what was overpaid.
    pub principal_years: Value<i64>,
    /// Years for the interest on it.
    pub interest_years: Value<i64>,
    /// So many months before that somebody is to be warned.
    pub warning_months: Value<i64>,
}

/// Where a deduction from a pension goes that was made after the pensioner's death.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Returned {
    /// Back to the body that pays the pension.
    PensionBody,
    /// To the heirs, as everything else.
    Heirs,
}

/// Who is paid.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Payee {
    /// For a deduction after the death.
    pub pension_after_death: Value<Returned>,
}

/// The ordinance of one municipality.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundOrdinance {
    /// Whose it is.
    pub ordinance: Header,
    /// Premium or tax.
    pub regime: Section<Regime>,
    /// Rates; blocks begin and end on 1 January.
    pub rates: Section<Rates>,
    /// Smallest amounts and roundings of interest.
    pub units: Section<Units>,
    /// Which part of a debt an appropriation pays first.
    pub appropriation_order: Section<Order>,
    /// Days that do not count.
    pub excluded_days: Section<Excluded>,
    /// When a refund can no longer be claimed.
    pub time_bar: Section<TimeBar>,
    /// Who is paid.
    pub payee: Section<Payee>,
}

/// The values of an ordinance on one date; the rates of every year.
#[derive(Debug, Serialize, Deserialize)]
pub struct Values {
    /// Premium or tax.
    pub regime: Dated<Regime>,
    /// Rates.
    pub rates: ByYear<Rates>,
    /// Smallest amounts and roundings of interest.
    pub units: Dated<Units>,
    /// Which part of a debt an appropriation pays first.
    pub appropriation_order: Dated<Order>,
    /// Days that do not count.
    pub excluded_days: Dated<Excluded>,
    /// When a refund can no longer be claimed.
    pub time_bar: Dated<TimeBar>,
    /// Who is paid.
    pub payee: Dated<Payee>,
}

impl Ordinance for RefundOrdinance {
    type OnDate = Values;

    fn sections(&self) -> Vec<(&'static str, &dyn settings::Dates)> {
        vec![
            ("regime", &self.regime),
            ("rates", &self.rates),
            ("units", &self.units),
            ("appropriation_order", &self.appropriation_order),
            ("excluded_days", &self.excluded_days),
            ("time_bar", &self.time_bar),
            ("payee", &self.payee),
        ]
    }

    fn on(&self, date: Date) -> Values {
        Values {
            regime: self.regime.at("regime", date),
            rates: ByYear::of("rates", &self.rates),
            units: self.units.at("units", date),
            appropriation_order: self.appropriation_order.at("appropriation_order", date),
            excluded_days: self.excluded_days.at("excluded_days", date),
            time_bar: self.time_bar.at("time_bar", date),
            payee: self.payee.at("payee", date),
        }
    }

    fn check(&self, problems: &mut Problems) {
        ByYear::check("rates", &self.rates, problems);
        Units::check("units", &self.units, problems);
        Order::check("appropriation_order", &self.appropriation_order, problems);
        let mut between = |path: String, value: &Value<i64>, least: i64, most: i64, what: &str, from: Date| {
            if !(least..=most).contains(value.peek()) {
                problems.add(path, format!("is {} from {from}, not a number of {what} from {least} to {most}", value.peek()));
            }
        };
        for (i, block, excluded) in self.excluded_days.known() {
            between(format!("excluded_days[{i}].values.days"), &excluded.days, 0, 365, "days", block.from);
        }
        for (i, block, bar) in self.time_bar.known() {
            let path = |key: &str| format!("time_bar[{i}].values.{key}");
            between(path("principal_years"), &bar.principal_years, 1, 20, "years", block.from);
            between(path("interest_years"), &bar.interest_years, 1, 20, "years", block.from);
            // A warning before there is anything to warn of would be none.
            let most = 12 * bar.principal_years.peek().clamp(&1, &20);
            between(path("warning_months"), &bar.warning_months, 0, most, "months", block.from);
        }
    }
}
