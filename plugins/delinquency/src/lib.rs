//! What is owed for paying a premium late (延滞金) as a rule.
//!
//! # What it decides
//!
//! For each instalment on the day of the case: the charge, part by part; what is still open; until when a demand notice is in
//! time, whether one must be sent, and from when assets can be seized. And what a payment is taken for first.
//!
//! # Legal basis
//!
//! Local Autonomy Act (地方自治法) art. 231-3; the municipality's ordinance, with rates as in Local Tax Act (地方税法) suppl. art.
//! 3-2 and units as in its art. 20-4-2; order of appropriation as in its art. 20-9-4; seizure as in its art. 331.
//!
//! # Inputs
//!
//! Instalments as they stand, with due date and demand notice; what was credited to each, with the day; graces and waivers.
//! The day of the case is the day of payment, or today.
//!
//! # Output
//!
//! Tables `delinquency` (one row), `charges` (a row per instalment), `stretches` (a row per counted part), `order`; see
//! [`outcome`].
//!
//! # Rounding
//!
//! All of the ordinance: the amount counted on, each part, the sum of an instalment. Between them amounts are exact fractions,
//! a year has 365 days.
//!
//! # Assumptions
//!
//! 1. The due date is the one that holds: whoever makes the facts has moved it off a holiday.
//! 2. A day of payment still counts; what is paid counts no longer from the day after.
//! 3. An instalment that was changed counts as it stands, from its due date on.
//! 4. A payment always takes off the instalment itself first, as the facts say it; the order is told, not applied here.
//! 5. A payment after the day of the case is not seen; one to an instalment that is not in the facts counts for nothing.
//! 6. Of grace and waiver on the same day the waiver counts. A grace takes the place of low and high rate and moves no period.
//! 7. A stretch ends with every payment, also where the amount counted on stays the same after its rounding.
//! 8. Ten days counted from the day of the notice include that day; the day after them is the eleventh.
//!
//! # Not covered
//!
//! Charges that were paid or fixed before, enforcement costs, extinction and the time bar of the claim, interest on deferred
//! payment by instalments (分納), rates before 2014.

mod labels;
pub mod ordinance;
pub mod outcome;

pub use ordinance::DelinquencyOrdinance;
pub use outcome::DelinquencyOutcome;

use crate::ordinance::Values;
use crate::outcome::{ChargeRow, CollectionWord, DelinquencyRow, OrderRow, StretchRow};
use jorei_sdk::facts::{Collection, Grace};
use jorei_sdk::stretches::{Counter, Piece, after_months, days_after};
use jorei_sdk::*;
use std::collections::BTreeMap;

facts!(
    /// The facts that charges rest on.
    pub struct DelinquencyFacts {
        arrears: Arrears,
        credits: Credits,
        graces: Graces,
    }
);

/// The rule.
#[derive(Clone, Copy, Debug)]
pub struct Delinquency;

impl Rule for Delinquency {
    const ABOUT: About = About {
        id: "delinquency",
        title_ja: "国民健康保険料の督促・延滞金",
        title_en: "Demand notices and delinquency charges of premiums of National Health Insurance",
        legal_basis: &[
            "Local Autonomy Act art. 231-3",
            "Local Tax Act art. 331",
            "Local Tax Act art. 20-9-4",
            "Local Tax Act suppl. art. 3-2",
        ],
        labels: labels::LABELS,
    };
    type Ordinance = DelinquencyOrdinance;
    type Facts = DelinquencyFacts;
    type Outcome = DelinquencyOutcome;

    fn decide<'a, T: Trace<'a>>(case: &Case<'a, DelinquencyFacts>, values: &'a Values, t: &mut T) -> Result<DelinquencyOutcome, Refusal> {
        let root = t.open("delinquency");
        t.note("calculated_on", case.on);
        let parts = values.appropriation_order.known()?.parts(t);
        let mut outcome = DelinquencyOutcome {
            delinquency: DelinquencyRow { charge_yen: Yen::ZERO, open_yen: Yen::ZERO, instalments: 0 },
            charges: Vec::new(),
            stretches: Vec::new(),
            order: (1..).zip(parts).map(|(rank, part)| OrderRow { rank, part }).collect(),
        };
        let mut law = Law {
            values,
            counter: Counter::new(values.units.known()?, t),
            within_days: t.get(&values.demand.known()?.within_days),
            first_months: None,
            rates: Vec::new(),
        };
        for instalment in instalments(case)? {
            let charge = instalment.charge(case.on, &mut law, &mut outcome.stretches, t)?;
            let sum = &mut outcome.delinquency;
            sum.charge_yen = sum.charge_yen.plus(charge.charge_yen)?;
            sum.open_yen = sum.open_yen.plus(charge.open_yen)?;
            sum.instalments += i64::from(charge.open_yen > Yen::ZERO && charge.due < case.on);
            outcome.charges.push(charge);
        }
        t.close(root, outcome.delinquency.charge_yen).article("Local Autonomy Act art. 231-3 para. 2");
        Ok(outcome)
    }
}

/// At which rate days count.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Step {
    First,
    Later,
    Grace,
}

/// The law of the case: each value is read once, where it is first used.
struct Law<'a> {
    values: &'a Values,
    counter: Counter<'a>,
    within_days: i64,
    first_months: Option<i64>,
    rates: Vec<((i32, Step), Rate)>,
}

impl<'a> Law<'a> {
    /// The first day after the first period of an instalment.
    fn first_period_until<T: Trace<'a>>(&mut self, due: Date, t: &mut T) -> Result<Date, Refusal> {
        let months = match self.first_months {
            Some(months) => months,
            None => t.get(&self.values.first_period.known()?.months),
        };
        self.first_months = Some(months);
        let until = after_months(due.tomorrow(), i32::try_from(months).unwrap_or(0));
        t.note("first_period_until", until).article("Civil Code art. 143").formula("months_after_due");
        Ok(until)
    }
}

/// The rate of a year and step.
fn rate<'a, T: Trace<'a>>(
    read: &mut Vec<((i32, Step), Rate)>,
    values: &'a Values,
    year: i32,
    step: Step,
    t: &mut T,
) -> Result<Rate, Refusal> {
    if let Some((_, rate)) = read.iter().find(|(key, _)| *key == (year, step)) {
        return Ok(*rate);
    }
    let rates = values.rates.of_year(year)?;
    let rate = match step {
        Step::First => t.get(&rates.low_rate),
        Step::Later => t.get(&rates.high_rate),
        Step::Grace => {
            let missing = || Refusal::law_unknown("grace_rate_missing").with("year", year).article("Local Tax Act suppl. art. 3-2");
            t.get(rates.grace_rate.as_ref().ok_or_else(missing)?)
        }
    };
    read.push(((year, step), rate));
    Ok(rate)
}

/// Fiscal year, way of collection, number.
type Key = (i64, i64, i64);

/// An instalment with what was credited to it and granted for it.
struct Instalment<'a> {
    row: facts::Row<'a, facts::Arrears>,
    collection: CollectionWord,
    credits: Vec<facts::Row<'a, facts::Credits>>,
    graces: Vec<facts::Row<'a, facts::Graces>>,
}

/// The instalments of the case in order of due date.
///
/// # Errors
/// `instalment_twice`, `collection_unknown`.
fn instalments<'a>(case: &Case<'a, DelinquencyFacts>) -> Result<Vec<Instalment<'a>>, Refusal> {
    let mut places: BTreeMap<Key, usize> = BTreeMap::new();
    let mut all = Vec::new();
    for row in case.rows(|facts| &facts.arrears) {
        let (year, number) = (row.fiscal_year().peek(), row.number().peek());
        let collection = match row.collection().peek() {
            Collection::Ordinary => CollectionWord::Ordinary,
            Collection::PensionDeduction => CollectionWord::PensionDeduction,
            Collection::Unknown => return Err(Refusal::fact_impossible("collection_unknown").with("year", year).with("number", number)),
        };
        if places.insert((year, row.collection().peek() as i64, number), all.len()).is_some() {
            return Err(Refusal::fact_impossible("instalment_twice").with("year", year).with("number", number));
        }
        all.push(Instalment { row, collection, credits: Vec::new(), graces: Vec::new() });
    }
    for row in case.rows(|facts| &facts.credits) {
        if let Some(place) = places.get(&(row.fiscal_year().peek(), row.collection().peek() as i64, row.number().peek())) {
            all[*place].credits.push(row);
        }
    }
    for row in case.rows(|facts| &facts.graces) {
        if let Some(place) = places.get(&(row.fiscal_year().peek(), row.collection().peek() as i64, row.number().peek())) {
            all[*place].graces.push(row);
        }
    }
    Ok(all)
}

impl<'a> Instalment<'a> {
    fn refused(&self, refusal: Refusal) -> Refusal {
        refusal.with("year", self.row.fiscal_year().peek()).with("number", self.row.number().peek())
    }

    /// Its charge on a day; the counted parts go into `stretches`.
    fn charge<T: Trace<'a>>(&self, on: Date, law: &mut Law<'a>, stretches: &mut Vec<StretchRow>, t: &mut T) -> Result<ChargeRow, Refusal> {
        let (fiscal_year, number) = (t.see(self.row.fiscal_year()), t.see(self.row.number()));
        let step = t.open("instalment_charge");
        t.note("fiscal_year", fiscal_year);
        t.note("collection", Val::Word(self.collection.word()));
        t.note("number", number);
        let due = t.see(self.row.on());
        t.note("due", due);
        let billed = t.see(self.row.billed_yen()).ok_or_else(|| self.refused(Refusal::fact_missing("billed_unknown")))?;
        let credits = self.credits(on, t)?;
        let paid_before = |day: Date| credits.iter().filter(|(paid, _)| *paid < day).try_fold(Yen::ZERO, |sum, (_, yen)| sum.plus(*yen));
        let open = billed.less(paid_before(on.tomorrow())?);
        let mut pieces: Vec<Piece<Step>> = Vec::new();
        let late = billed.less(paid_before(due.tomorrow())?);
        if due < on && late > Yen::ZERO {
            t.note("paid_in_time", paid_before(due.tomorrow())?);
            let first_until = law.first_period_until(due, t)?;
            let (start, end) = (due.tomorrow(), on.tomorrow());
            let graces = self.graces(t)?;
            let mut bounds = vec![start, end, first_until];
            bounds.extend(credits.iter().map(|(paid, _)| paid.tomorrow()));
            bounds.extend(graces.iter().flat_map(|(from, until, _)| [*from, until.unwrap_or(end)]));
            bounds.retain(|day| (start..=end).contains(day));
            bounds.sort_unstable();
            bounds.dedup();
            for pair in bounds.windows(2) {
                let (from, until) = (pair[0], pair[1]);
                let held = graces.iter().filter(|(begins, ends, _)| *begins <= from && ends.is_none_or(|ends| from < ends));
                let held: Vec<Grace> = held.map(|(_, _, grace)| *grace).collect();
                if held.contains(&Grace::Waiver) {
                    continue;
                }
                let step = match (held.is_empty(), from < first_until) {
                    (false, _) => Step::Grace,
                    (true, true) => Step::First,
                    (true, false) => Step::Later,
                };
                let open = billed.less(paid_before(from)?);
                match pieces.last_mut() {
                    Some(last) if (last.until, last.open, last.step) == (from, open, step) => last.until = until,
                    _ if open > Yen::ZERO => pieces.push(Piece { from, until, open, step }),
                    _ => {}
                }
            }
        }
        let Law { values, counter, rates, .. } = law;
        let accrued = counter.count(&pieces, billed, |year, step, t: &mut T| rate(rates, values, year, step, t), t)?;
        stretches.extend(accrued.stretches.iter().map(|stretch| StretchRow {
            fiscal_year,
            collection: self.collection,
            number,
            from: stretch.from,
            until: stretch.until,
            days: stretch.days,
            rate_num: stretch.rate.num(),
            rate_den: stretch.rate.den(),
            base_yen: stretch.base,
            yen: stretch.yen,
        }));
        t.note("open_yen", open);
        let demand_by = days_after(due, law.within_days);
        let demanded = t.see(self.row.demanded_on()).filter(|demanded| *demanded <= on);
        t.note("demand_by", demand_by).article("Local Autonomy Act art. 231-3 para. 1").formula("days_after_due");
        let (mut demand_fee_yen, mut seizable_from) = (None, None);
        if let Some(demanded) = demanded {
            let fee = t.get(&law.values.demand.known()?.fee_yen);
            t.note("demand_fee_yen", fee).article("Local Autonomy Act art. 231-3 para. 2");
            let days = t.law("seizure_days", SEIZURE_DAYS, State::Sourced, "Local Tax Act art. 331 para. 1 no. 1");
            let day = days_after(demanded, days);
            t.note("seizable_from", day).article("Local Tax Act art. 331 para. 1 no. 1").formula("days_from_notice");
            (demand_fee_yen, seizable_from) = (Some(fee), Some(day));
        }
        t.close(step, accrued.yen);
        Ok(ChargeRow {
            fiscal_year,
            collection: self.collection,
            number,
            due,
            open_yen: open,
            base_yen: accrued.stretches.last().map_or(Yen::ZERO, |stretch| stretch.base),
            charge_yen: accrued.yen,
            demand_by,
            demand_due: open > Yen::ZERO && due < on && demanded.is_none(),
            demand_fee_yen,
            seizable_from,
        })
    }

    /// What was credited up to a day, in order of days.
    ///
    /// # Errors
    /// `credit_unknown`.
    fn credits<T: Trace<'a>>(&self, on: Date, t: &mut T) -> Result<Vec<(Date, Yen)>, Refusal> {
        let mut all = Vec::with_capacity(self.credits.len());
        for row in self.credits.iter().filter(|row| row.on().peek() <= on) {
            let paid = t.see(row.on());
            let yen = t.see(row.yen()).filter(|yen| *yen >= Yen::ZERO);
            all.push((paid, yen.ok_or_else(|| self.refused(Refusal::fact_impossible("credit_unknown")).with("on", paid))?));
        }
        all.sort_unstable();
        Ok(all)
    }

    /// What was granted: from, until, which.
    ///
    /// # Errors
    /// `grace_unknown`.
    fn graces<T: Trace<'a>>(&self, t: &mut T) -> Result<Vec<(Date, Option<Date>, Grace)>, Refusal> {
        let mut all = Vec::with_capacity(self.graces.len());
        for row in &self.graces {
            let grace = t.see(row.grace());
            if grace == Grace::Unknown {
                return Err(self.refused(Refusal::fact_impossible("grace_unknown")));
            }
            all.push((t.see(row.from()), t.see(row.until()), grace));
        }
        Ok(all)
    }
}

/// Who has not paid in full within ten days counted from the day on which the notice was sent is seized (Local Tax Act art. 331
/// para. 1 no. 1).
const SEIZURE_DAYS: i64 = 10;

component!(Delinquency);
