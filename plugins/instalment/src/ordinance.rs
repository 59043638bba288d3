//! What a municipality fixes: number and days of its instalments, their unit, what deduction asks for.

use jorei_sdk::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which instalment takes what equal parts leave over.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Remainder {
    /// The first one.
    First,
    /// The last one.
    Last,
}

/// Ordinary collection (普通徴収).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ordinary {
    /// How many instalments a year has, one a month.
    pub instalments: Value<i64>,
    /// Month of the first, as the calendar counts: 6 is June.
    pub first_month: Value<i64>,
    /// Day of the month on which one is due; 31 is the last day of any month. Moved to the next open day.
    pub due_day: Value<i64>,
    /// The same in December.
    pub december_due_day: Value<i64>,
    /// Unit of a part, yen: what lies below it goes into the remainder.
    pub unit_yen: Value<Yen>,
    /// Who takes the remainder.
    pub remainder: Value<Remainder>,
    /// A part is not smaller than this, yen: else fewer instalments bear it. 0 where there is no such rule.
    pub minimum_yen: Value<Yen>,
    /// How many days before its due date an instalment can last be changed or added to.
    pub notice_days: Value<i64>,
    /// Months from a decision to the month in which a late instalment is due, on the ordinary day.
    pub late_months: Value<i64>,
}

/// Pension deduction (特別徴収).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PensionDeduction {
    /// Day of the even months on which pensions are paid, moved to the bank day before.
    pub payment_day: Value<i64>,
    /// How many days before a payment a deduction can last be changed or begun.
    pub notice_days: Value<i64>,
    /// Unit of a deduction, yen.
    pub unit_yen: Value<Yen>,
    /// Smallest pension of a year that is deducted from, yen.
    pub minimum_pension_yen: Value<Yen>,
    /// Premium and care premium of one deduction are at most this share of the pension paid then.
    pub largest_share_rate: Value<Rate>,
    /// Every insured person has reached this age on 1 April.
    pub from_age: Value<i64>,
    /// And none this one.
    pub before_age: Value<i64>,
    /// In the first year of deduction: the share of the premium that is deducted, from October.
    pub first_year_share_rate: Value<Rate>,
}

/// The ordinance of one municipality.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InstalmentOrdinance {
    /// Whose it is.
    pub ordinance: Header,
    /// Ordinary collection.
    pub ordinary_collection: Section<Ordinary>,
    /// Pension deduction, where there is any.
    #[serde(default)]
    pub pension: Section<PensionDeduction>,
}

/// The values of an ordinance on one date.
#[derive(Debug, Serialize, Deserialize)]
pub struct Values {
    /// Ordinary collection.
    pub ordinary_collection: Dated<Ordinary>,
    /// Pension deduction.
    pub pension: Dated<PensionDeduction>,
}

impl Ordinance for InstalmentOrdinance {
    type OnDate = Values;

    fn sections(&self) -> Vec<(&'static str, &dyn settings::Dates)> {
        vec![("ordinary_collection", &self.ordinary_collection), ("pension", &self.pension)]
    }

    fn on(&self, date: Date) -> Values {
        Values { ordinary_collection: self.ordinary_collection.at("ordinary_collection", date), pension: self.pension.at("pension", date) }
    }

    fn check(&self, problems: &mut Problems) {
        for (i, block, values) in self.ordinary_collection.known() {
            let at = Place { section: "ordinary_collection", block: i, from: block.from };
            at.between("instalments", &values.instalments, 1, 12, "a number of instalments", problems);
            at.between("first_month", &values.first_month, 1, 12, "a month", problems);
            at.between("due_day", &values.due_day, 1, 31, "a day of a month", problems);
            at.between("december_due_day", &values.december_due_day, 1, 31, "a day of a month", problems);
            // The shortest way from a decision to a late instalment is from 31 January to the end of February.
            at.between("notice_days", &values.notice_days, 0, 27, "a number of days", problems);
            at.between("late_months", &values.late_months, 1, 3, "a number of months", problems);
            at.unit("unit_yen", &values.unit_yen, problems);
            if *values.minimum_yen.peek() < Yen::ZERO {
                at.add("minimum_yen", format!("is {} yen, below nil", values.minimum_yen.peek()), problems);
            }
            // Months counted from April: January to March are the last of the year.
            let (first, count) = (*values.first_month.peek(), *values.instalments.peek());
            if (1..=12).contains(&first) && (1..=12).contains(&count) && (first + 8) % 12 + count > 12 {
                let message = format!("is {count}, but from month {first} there are fewer months to March");
                at.add("instalments", message, problems);
            }
        }
        for (i, block, values) in self.pension.known() {
            let at = Place { section: "pension", block: i, from: block.from };
            at.between("payment_day", &values.payment_day, 5, 28, "a day on which pensions are paid", problems);
            at.between("notice_days", &values.notice_days, 0, 120, "a number of days", problems);
            at.between("from_age", &values.from_age, 60, 75, "an age", problems);
            at.between("before_age", &values.before_age, 60, 75, "an age", problems);
            at.unit("unit_yen", &values.unit_yen, problems);
            if *values.minimum_pension_yen.peek() < Yen::ZERO {
                at.add("minimum_pension_yen", format!("is {} yen, below nil", values.minimum_pension_yen.peek()), problems);
            }
            for (key, rate) in
                [("largest_share_rate", &values.largest_share_rate), ("first_year_share_rate", &values.first_year_share_rate)]
            {
                if *rate.peek() > Rate::ONE {
                    at.add(key, format!("is {}, more than the whole", rate.peek()), problems);
                }
            }
        }
    }
}

/// Where a problem lies.
struct Place {
    section: &'static str,
    block: usize,
    from: Date,
}

impl Place {
    fn add(&self, key: &str, message: String, problems: &mut Problems) {
        problems
            .add(format!("{}[{}].values.{key}", self.section, self.block), format!("the value of the block from {} {message}", self.from));
    }

    fn between(&self, key: &str, value: &Value<i64>, least: i64, most: i64, what: &str, problems: &mut Problems) {
        if !(least..=most).contains(value.peek()) {
            self.add(key, format!("is {}, not {what} from {least} to {most}", value.peek()), problems);
        }
    }

    fn unit(&self, key: &str, value: &Value<Yen>, problems: &mut Problems) {
        if ![1, 10, 100, 1000].contains(&value.peek().get()) {
            self.add(key, format!("is {} yen, not 1, 10, 100 or 1,000", value.peek()), problems);
        }
    }
}

/// The word under which a trace shows who takes the remainder.
pub(crate) fn remainder_word<'a>(remainder: &Remainder) -> Val<'a> {
    Val::Word(match remainder {
        Remainder::First => "first_instalment",
        Remainder::Last => "last_instalment",
    })
}
