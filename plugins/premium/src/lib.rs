//! Stub while the contract is tried; replaced by the rule.
use jorei_sdk::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The rule.
pub struct Premium;
facts!(/// F.
pub struct Household { persons: Persons, incomes: Incomes });
row!(/// T.
pub struct Total = "premium" { /// Yen.
total_yen: Yen });
/// O.
pub struct Out(Total);
impl Outcome for Out {
    fn shapes() -> Vec<outcome::Shape> {
        vec![<Total as outcome::Row>::SHAPE]
    }
    fn write(&self, results: &mut Results) {
        results.push(0, &self.0);
    }
}
/// R.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    rate: Value<Rate>,
}
/// File.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct File {
    #[allow(dead_code)]
    ordinance: Header,
    rates: Section<Rates>,
}
/// V.
#[derive(Serialize, Deserialize)]
pub struct Values {
    rates: Dated<Rates>,
}
impl Ordinance for File {
    type OnDate = Values;
    fn sections(&self) -> Vec<(&'static str, &dyn settings::Dates)> {
        vec![("rates", &self.rates)]
    }
    fn on(&self, date: Date) -> Values {
        Values { rates: self.rates.at("rates", date) }
    }
}
impl Rule for Premium {
    const ABOUT: About = About { id: "premium", title_ja: "", title_en: "", legal_basis: &[], labels: &[] };
    type Ordinance = File;
    type Facts = Household;
    type Outcome = Out;
    fn decide<'a, T: Trace<'a>>(case: &Case<'a, Household>, values: &'a Values, t: &mut T) -> Result<Out, Refusal> {
        let rate = t.get(&values.rates.known()?.rate);
        let mut sum = Yen::ZERO;
        for income in case.rows(|f| &f.incomes) {
            sum = sum.plus(t.see(income.salary_yen()).unwrap_or(Yen::ZERO))?;
        }
        let total_yen = rate.of(sum)?.round(Rounding::DOWN_TO_YEN)?;
        t.note("total", total_yen).article("Act art. 76");
        Ok(Out(Total { total_yen }))
    }
}
component!(Premium);
