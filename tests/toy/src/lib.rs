//! A toy: a rate on the household's salaries above a deduction, and an amount per person, under a
//! cap. It decides nothing that any law asks; the bench measures the contract with it.

use jorei_sdk::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The toy.
pub struct Toy;

facts!(
    /// What it reads.
    pub struct Household {
        persons: Persons,
        incomes: Incomes,
    }
);

row!(
    /// What comes out.
    pub struct Levy = "toy" {
        /// The levy.
        levy_yen: Yen,
    }
);

impl Outcome for Levy {
    fn shapes() -> Vec<outcome::Shape> {
        vec![<Levy as outcome::Row>::SHAPE]
    }
    fn write(&self, results: &mut Results) {
        results.push(0, self);
    }
}

/// Its values.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    income_rate: Value<Rate>,
    deduction_yen: Value<Yen>,
    per_person_yen: Value<Yen>,
    cap_yen: Value<Yen>,
}

/// Its ordinance.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Whose it is.
    pub ordinance: Header,
    rates: Section<Rates>,
}

/// Its ordinance on a date.
#[derive(Serialize, Deserialize)]
pub struct OnDate {
    rates: Dated<Rates>,
}

impl Ordinance for File {
    type OnDate = OnDate;
    fn sections(&self) -> Vec<(&'static str, &dyn settings::Dates)> {
        vec![("rates", &self.rates)]
    }
    fn on(&self, date: Date) -> OnDate {
        OnDate { rates: self.rates.at("rates", date) }
    }
}

impl Rule for Toy {
    const ABOUT: About = About { id: "toy", title_ja: "試験用", title_en: "A toy", legal_basis: &[], labels: &[] };
    type Ordinance = File;
    type Facts = Household;
    type Outcome = Levy;

    fn decide<'a, T: Trace<'a>>(case: &Case<'a, Household>, values: &'a OnDate, t: &mut T) -> Result<Levy, Refusal> {
        let rates = values.rates.known()?;
        let (rate, deduction) = (t.get(&rates.income_rate), t.get(&rates.deduction_yen));
        let mut base = Yen::ZERO;
        for income in case.rows(|facts| &facts.incomes) {
            base = base.plus(t.see(income.salary_yen()).unwrap_or(Yen::ZERO).less(deduction))?;
        }
        let persons = case.rows(|facts| &facts.persons).len() as i64;
        let per_person = t.get(&rates.per_person_yen).times(persons)?;
        let sum = rate.of(base)?.round(Rounding::DOWN_TO_YEN)?.plus(per_person)?;
        let levy_yen = sum.min(t.get(&rates.cap_yen));
        t.note("levy", levy_yen);
        Ok(Levy { levy_yen })
    }
}

component!(Toy);
