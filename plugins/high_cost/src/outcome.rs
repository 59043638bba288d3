//! What comes out: the benefit, the month's steps, the limits that were applied, and what is left with each person.

use jorei_sdk::benefits::{BenefitRow, BenefitSum};
use jorei_sdk::*;

row!(
    /// The month. The benefit is the sum of the steps; what was paid in kind is in none of them.
    pub struct MonthRow = "month" {
        /// Own payments that count together, after the limit of a specified disease and before everything else.
        counted_own_yen: Yen,
        /// Their cost (10割).
        counted_cost_yen: Yen,
        /// Benefit beyond the limit of a specified disease, by institution.
        disease_yen: Yen,
        /// Benefit of step A: beyond the outpatient caps of persons from 70 to 74.
        step_a_yen: Yen,
        /// Benefit beyond the own halved limit of a person who turns 75.
        step_person_yen: Yen,
        /// Benefit of step B: beyond the limit of the persons from 70 to 74 together.
        step_b_yen: Yen,
        /// Benefit of step C: beyond the limit of the whole household.
        step_c_yen: Yen,
        /// Limit of step B; absent where nobody from 70 to 74 was treated.
        limit_b_yen: Option<Yen>,
        /// Limit of step C; absent where no payment of somebody under 70 counts.
        limit_c_yen: Option<Yen>,
        /// Limit of the last step that was taken; absent where nothing counts.
        limit_yen: Option<Yen>,
        /// Months with a high-cost benefit before this one, within the window.
        months_before: i64,
        /// Do the limits from the fourth month hold?
        multiple: bool,
        /// Does this month count as one with a high-cost benefit?
        counts: bool,
        /// What is left of all own payments.
        rest_yen: Yen,
    }
);

words!(
    /// Which step a limit belongs to.
    pub enum Step {
        /// A: outpatient care of a person from 70 to 74.
        Outpatient = "outpatient",
        /// The own limit of a person who turns 75.
        Person = "person",
        /// B: the persons from 70 to 74 together.
        Elderly = "elderly_household",
        /// C: the whole household.
        Household = "household",
    }
);

row!(
    /// A limit that was applied.
    pub struct LimitRow = "limits" {
        /// In which step.
        step: Step,
        /// Whose, by ordinal; absent for several persons together.
        person: Option<i64>,
        /// Base, or the whole of a flat limit.
        base_yen: Yen,
        /// Cost beyond this adds to the base; absent of a flat limit.
        floor_yen: Option<Yen>,
        /// The limit from the fourth month; absent where there is none.
        multiple_yen: Option<Yen>,
        /// The limit.
        limit_yen: Yen,
        /// Halved, because the person turns 75 in the month?
        halved: bool,
    }
);

words!(
    /// Categories from 70 to 74, in the words and the order of the facts.
    pub enum Over70 {
        /// 現役並みIII.
        Active3 = "active_3",
        /// 現役並みII.
        Active2 = "active_2",
        /// 現役並みI.
        Active1 = "active_1",
        /// 一般.
        General = "general",
        /// 低所得II.
        LowIncome2 = "low_income_2",
        /// 低所得I.
        LowIncome1 = "low_income_1",
    }
);

impl Over70 {
    /// Income as of those who work: no outpatient cap.
    pub const fn is_active(self) -> bool {
        matches!(self, Over70::Active3 | Over70::Active2 | Over70::Active1)
    }
}

row!(
    /// What is left with a person after the benefits of the month; together the month's `rest_yen`.
    pub struct RestRow = "rests" {
        /// The person, by ordinal.
        person: i64,
        /// The category from 70 to 74; absent under 70.
        over_70: Option<Over70>,
        /// Of outpatient care at 70 to 74; else 0.
        outpatient_yen: Yen,
        /// Of what counts together.
        counted_yen: Yen,
        /// Of everything.
        all_yen: Yen,
    }
);

/// All tables of one case.
#[derive(Clone, Debug)]
pub struct HighCostOutcome {
    /// What is due in all.
    pub benefit: BenefitSum,
    /// The one benefit.
    pub benefits: [BenefitRow; 1],
    /// The month.
    pub month: MonthRow,
    /// The limits, in the order of the steps.
    pub limits: Vec<LimitRow>,
    /// The persons who were treated.
    pub rests: Vec<RestRow>,
}

impl Outcome for HighCostOutcome {
    fn shapes() -> Vec<outcome::Shape> {
        use outcome::Row;
        vec![BenefitSum::SHAPE, BenefitRow::SHAPE, MonthRow::SHAPE, LimitRow::SHAPE, RestRow::SHAPE]
    }

    fn write(&self, results: &mut Results) {
        results.push(0, &self.benefit);
        self.benefits.iter().for_each(|row| results.push(1, row));
        results.push(2, &self.month);
        self.limits.iter().for_each(|row| results.push(3, row));
        self.rests.iter().for_each(|row| results.push(4, row));
    }
}
