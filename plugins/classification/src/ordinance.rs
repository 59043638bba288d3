//! What classification takes from law and ordinance: thresholds of categories, the decision of shares at 70 to 74, deductions,
//! limit certificates, whom a restriction spares. Amounts are yen and hold for the month of treatment, never for the day of the decision.

use jorei_sdk::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Thresholds of the categories of those under 70, by the household's 旧ただし書き所得 (Order art. 29-3).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Above this: ア.
    pub above_for_a_yen: Value<Yen>,
    /// Above this and no more than the next: イ.
    pub above_for_i_yen: Value<Yen>,
    /// Above this: ウ; up to it: エ.
    pub above_for_u_yen: Value<Yen>,
    /// Up to this the lower yearly cap holds; absent where there is no yearly cap yet.
    #[serde(default)]
    pub reduced_cap_up_to_yen: Option<Value<Yen>>,
}

/// Shares, and the exits that make 20 % of the 30 % of who earns as in working life (Act art. 42, Order arts. 27-2, 27-3).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// Before school, in percent.
    pub preschool_percent: Value<i64>,
    /// From school to 69, in percent.
    pub under_70_percent: Value<i64>,
    /// From 70 to 74, in percent.
    pub from_70_percent: Value<i64>,
    /// The same with income as in working life, in percent.
    pub active_percent: Value<i64>,
    /// Taxable income from which income is as in working life.
    pub taxable_from_yen: Value<Yen>,
    /// First exit: 旧ただし書き所得 of all judged members up to this.
    pub income_up_to_yen: Value<Yen>,
    /// Second exit: receipts of the only judged member below this.
    pub receipts_alone_below_yen: Value<Yen>,
    /// Second exit: receipts of several, or of one with a former member, below this.
    pub receipts_together_below_yen: Value<Yen>,
    /// Does the second exit need an application? Not where the city sees the receipts itself.
    pub receipts_application_needed: Value<bool>,
    /// Taken off the head's taxable income for each member below the middle age.
    pub younger_adjustment_yen: Value<Yen>,
    /// Taken off for each from the middle age on.
    pub older_adjustment_yen: Value<Yen>,
    /// The middle age, on 31 December of the year of the income.
    pub adjustment_middle_age: Value<i64>,
    /// From this age on there is no adjustment.
    pub adjustment_end_age: Value<i64>,
    /// Nor for a member with a total income above this.
    pub adjustment_income_up_to_yen: Value<Yen>,
}

/// Taxable incomes of the categories at 70 to 74 above the first (Order art. 29-3).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ElderlyLimits {
    /// From this on: 現役並みIII.
    pub active_3_from_yen: Value<Yen>,
    /// From this on: 現役並みII.
    pub active_2_from_yen: Value<Yen>,
}

/// The test of 低所得I.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LowIncome {
    /// Taken off revenue from public pensions.
    pub pension_deduction_yen: Value<Yen>,
}

/// Basic deduction of residents' tax (Local Tax Act art. 314-2 para. 2), by the month of treatment: a year of income counts from August
/// of the next year. Steps but the first are absent where everybody has the whole deduction.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Deduction {
    /// The whole deduction.
    pub whole_yen: Value<Yen>,
    /// Up to this total income.
    #[serde(default)]
    pub whole_up_to_yen: Option<Value<Yen>>,
    /// The second.
    #[serde(default)]
    pub second_yen: Option<Value<Yen>>,
    /// Up to this total income.
    #[serde(default)]
    pub second_up_to_yen: Option<Value<Yen>>,
    /// The third.
    #[serde(default)]
    pub third_yen: Option<Value<Yen>>,
    /// Up to this total income; above there is none.
    #[serde(default)]
    pub third_up_to_yen: Option<Value<Yen>>,
}

impl Deduction {
    /// The deduction at a total income.
    pub(crate) fn at<'a, T: Trace<'a>>(&'a self, total: Yen, t: &mut T) -> Yen {
        let steps = [
            (Some(&self.whole_yen), self.whole_up_to_yen.as_ref()),
            (self.second_yen.as_ref(), self.second_up_to_yen.as_ref()),
            (self.third_yen.as_ref(), self.third_up_to_yen.as_ref()),
        ];
        for (deduction, up_to) in steps {
            let Some(deduction) = deduction else { continue };
            if up_to.is_none_or(|up_to| total <= t.get(up_to)) {
                return t.get(deduction);
            }
        }
        Yen::ZERO
    }

    /// Steps that are there stand in order.
    fn check(&self, path: &str, problems: &mut Problems) {
        let ends = [&self.whole_up_to_yen, &self.second_up_to_yen, &self.third_up_to_yen].map(|end| end.as_ref().map(|end| *end.peek()));
        let steps = [Some(&self.whole_yen), self.second_yen.as_ref(), self.third_yen.as_ref()].map(|step| step.map(|step| *step.peek()));
        let whole = matches!((ends, steps), ([None, None, None], [Some(_), None, None]));
        let stepped = match (ends, steps) {
            ([Some(a), Some(b), Some(c)], [Some(x), Some(y), Some(z)]) => a < b && b < c && x > y && y > z,
            _ => false,
        };
        if !whole && !stepped {
            problems.add(path, "either whole_yen alone, or all three deductions falling with all three ends rising");
        }
    }
}

/// Limit certificates and their like.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// The month at whose end all of them end.
    pub last_month: Value<i64>,
    /// Is a limit certificate refused to those under 70 of a household in arrears, unless there are special circumstances?
    pub refused_in_arrears: Value<bool>,
}

/// Whom the restriction by arrears spares (Act art. 54-3).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Restriction {
    /// Up to the first 31 March on or after the day on which this age is reached.
    pub spared_until_age: Value<i64>,
    /// Laws whose aid spares, by their numbers on claims.
    pub spared_aid_codes: Value<Vec<i64>>,
}

/// The settings of one municipality.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClassificationOrdinance {
    /// Whose it is.
    pub ordinance: Header,
    /// Thresholds under 70.
    pub limits: Section<Limits>,
    /// Shares and exits.
    pub share: Section<Share>,
    /// Thresholds at 70 to 74.
    pub elderly_limits: Section<ElderlyLimits>,
    /// The test of 低所得I.
    pub low_income: Section<LowIncome>,
    /// Basic deduction.
    pub deduction: Section<Deduction>,
    /// Certificates.
    pub certificate: Section<Certificate>,
    /// Whom a restriction spares.
    pub restriction: Section<Restriction>,
}

/// The settings of one month.
#[derive(Debug, Serialize, Deserialize)]
pub struct Values {
    /// Thresholds under 70.
    pub limits: Dated<Limits>,
    /// Shares and exits.
    pub share: Dated<Share>,
    /// Thresholds at 70 to 74.
    pub elderly_limits: Dated<ElderlyLimits>,
    /// The test of 低所得I.
    pub low_income: Dated<LowIncome>,
    /// Basic deduction.
    pub deduction: Dated<Deduction>,
    /// Certificates.
    pub certificate: Dated<Certificate>,
    /// Whom a restriction spares.
    pub restriction: Dated<Restriction>,
}

impl Ordinance for ClassificationOrdinance {
    type OnDate = Values;

    fn sections(&self) -> Vec<(&'static str, &dyn settings::Dates)> {
        vec![
            ("limits", &self.limits),
            ("share", &self.share),
            ("elderly_limits", &self.elderly_limits),
            ("low_income", &self.low_income),
            ("deduction", &self.deduction),
            ("certificate", &self.certificate),
            ("restriction", &self.restriction),
        ]
    }

    fn on(&self, date: Date) -> Values {
        Values {
            limits: self.limits.at("limits", date),
            share: self.share.at("share", date),
            elderly_limits: self.elderly_limits.at("elderly_limits", date),
            low_income: self.low_income.at("low_income", date),
            deduction: self.deduction.at("deduction", date),
            certificate: self.certificate.at("certificate", date),
            restriction: self.restriction.at("restriction", date),
        }
    }

    fn check(&self, problems: &mut Problems) {
        months("limits", &self.limits, problems);
        months("share", &self.share, problems);
        months("elderly_limits", &self.elderly_limits, problems);
        months("low_income", &self.low_income, problems);
        months("deduction", &self.deduction, problems);
        months("certificate", &self.certificate, problems);
        months("restriction", &self.restriction, problems);
        for (i, _, limits) in self.limits.known() {
            let thresholds = [&limits.above_for_a_yen, &limits.above_for_i_yen, &limits.above_for_u_yen].map(|value| *value.peek());
            if !(thresholds[0] > thresholds[1] && thresholds[1] > thresholds[2] && thresholds[2] > Yen::ZERO) {
                problems.add(format!("limits[{i}].values"), "thresholds fall from ア to ウ and stay above 0; they do not");
            }
            if let Some(cap) = &limits.reduced_cap_up_to_yen
                && !(Yen::ZERO..=thresholds[2]).contains(cap.peek())
            {
                let path = format!("limits[{i}].values.reduced_cap_up_to_yen");
                problems.add(path, format!("is {}, outside エ, which ends at {}", cap.peek(), thresholds[2]));
            }
        }
        for (i, _, share) in self.share.known() {
            let path = |key: &str| format!("share[{i}].values.{key}");
            for (key, percent) in [
                ("preschool_percent", &share.preschool_percent),
                ("under_70_percent", &share.under_70_percent),
                ("from_70_percent", &share.from_70_percent),
                ("active_percent", &share.active_percent),
            ] {
                if ![10, 20, 30].contains(percent.peek()) {
                    problems.add(path(key), format!("is {}, none of the shares 10, 20, 30 of the Act", percent.peek()));
                }
            }
            if share.from_70_percent.peek() >= share.active_percent.peek() {
                problems.add(path("from_70_percent"), "is not below active_percent");
            }
            if share.receipts_alone_below_yen.peek() >= share.receipts_together_below_yen.peek() {
                problems.add(path("receipts_alone_below_yen"), "is not below receipts_together_below_yen");
            }
            if !(0 < *share.adjustment_middle_age.peek() && share.adjustment_middle_age.peek() < share.adjustment_end_age.peek()) {
                problems.add(path("adjustment_middle_age"), "is not between 0 and adjustment_end_age");
            }
        }
        for (i, block, elderly) in self.elderly_limits.known() {
            let path = format!("elderly_limits[{i}].values");
            let (third, second) = (*elderly.active_3_from_yen.peek(), *elderly.active_2_from_yen.peek());
            if third <= second {
                problems.add(&path, "active_3_from_yen is not above active_2_from_yen");
            }
            let first = self.share.known().find(|(_, share, _)| share.from <= block.from && block.from < share.until);
            if first.is_some_and(|(_, _, share)| second <= *share.taxable_from_yen.peek()) {
                problems.add(&path, "active_2_from_yen is not above share.taxable_from_yen of the same month");
            }
        }
        for (i, _, low_income) in self.low_income.known() {
            if *low_income.pension_deduction_yen.peek() < Yen::ZERO {
                problems.add(format!("low_income[{i}].values.pension_deduction_yen"), "is below 0");
            }
        }
        for (i, _, deduction) in self.deduction.known() {
            deduction.check(&format!("deduction[{i}].values"), problems);
        }
        for (i, _, certificate) in self.certificate.known() {
            if !(1..=12).contains(certificate.last_month.peek()) {
                problems.add(format!("certificate[{i}].values.last_month"), format!("is {}, not a month", certificate.last_month.peek()));
            }
        }
        for (i, _, restriction) in self.restriction.known() {
            if !(0..=74).contains(restriction.spared_until_age.peek()) {
                let path = format!("restriction[{i}].values.spared_until_age");
                problems.add(path, format!("is {}, not an age of the insured", restriction.spared_until_age.peek()));
            }
        }
    }
}

/// A month has one law: blocks begin and end on the first of a month.
fn months<T: Clone>(name: &str, section: &Section<T>, problems: &mut Problems) {
    for (i, (from, until)) in settings::Dates::blocks(section).into_iter().enumerate() {
        if from.day() != 1 || until.day() != 1 {
            problems.add(format!("{name}[{i}]"), format!("goes from {from} to {until}, not from the first of a month to the first of one"));
        }
    }
}
