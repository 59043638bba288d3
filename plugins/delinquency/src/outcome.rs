//! What comes out: one row for the household, one per instalment, one per counted part, the order of appropriation.

use jorei_sdk::appropriation::Part;
use jorei_sdk::*;

row!(
    /// The household's charges in sum, on the day of the case.
    pub struct DelinquencyRow = "delinquency" {
        /// Sum of the charges.
        charge_yen: Yen,
        /// What is open of the instalments themselves, after every payment up to the day.
        open_yen: Yen,
        /// How many instalments are in arrears: past due and not paid in full.
        instalments: i64,
    }
);

words!(
    /// How an instalment is collected.
    pub enum CollectionWord {
        /// By payment slip or direct debit (普通徴収).
        Ordinary = "ordinary_collection",
        /// Out of a pension (特別徴収).
        PensionDeduction = "pension_deduction",
    }
);

row!(
    /// The charge of one instalment, on the day of the case, and what its demand notice asks for.
    pub struct ChargeRow = "charges" {
        /// The fiscal year of the premium.
        fiscal_year: i64,
        /// How it is collected.
        collection: CollectionWord,
        /// Number of the instalment.
        number: i64,
        /// Due date.
        due: Date,
        /// What is open of the instalment itself after every payment up to the day.
        open_yen: Yen,
        /// The amount on which the charge ran last; 0 where none ran.
        base_yen: Yen,
        /// The charge up to the day, rounded.
        charge_yen: Yen,
        /// Last day on which its demand notice is in time.
        demand_by: Date,
        /// Must a demand notice be sent: past due, not paid in full, none sent yet?
        demand_due: bool,
        /// Fee of the notice that was sent; none before.
        demand_fee_yen: Option<Yen>,
        /// The day after ten days counted from the day on which the notice was sent; none before.
        seizable_from: Option<Date>,
    }
);

row!(
    /// A counted part: days of one calendar year at one rate on one amount.
    pub struct StretchRow = "stretches" {
        /// The fiscal year of the premium.
        fiscal_year: i64,
        /// How it is collected.
        collection: CollectionWord,
        /// Number of the instalment.
        number: i64,
        /// First day.
        from: Date,
        /// First day after.
        until: Date,
        /// How many days.
        days: i64,
        /// Rate of a year of 365 days: numerator.
        rate_num: i64,
        /// Its denominator.
        rate_den: i64,
        /// The amount counted on, rounded.
        base_yen: Yen,
        /// What the part gives, cut to the yen.
        yen: Yen,
    }
);

row!(
    /// What a payment is taken for first.
    pub struct OrderRow = "order" {
        /// 1 is first.
        rank: i64,
        /// Which part of the debt.
        part: Part,
    }
);

/// All tables of one case.
#[derive(Clone, Debug)]
pub struct DelinquencyOutcome {
    /// The household.
    pub delinquency: DelinquencyRow,
    /// Instalments in order of due date.
    pub charges: Vec<ChargeRow>,
    /// Their parts.
    pub stretches: Vec<StretchRow>,
    /// The order of appropriation.
    pub order: Vec<OrderRow>,
}

impl Outcome for DelinquencyOutcome {
    fn shapes() -> Vec<outcome::Shape> {
        use outcome::Row;
        vec![DelinquencyRow::SHAPE, ChargeRow::SHAPE, StretchRow::SHAPE, OrderRow::SHAPE]
    }

    fn write(&self, results: &mut Results) {
        results.push(0, &self.delinquency);
        self.charges.iter().for_each(|row| results.push(1, row));
        self.stretches.iter().for_each(|row| results.push(2, row));
        self.order.iter().for_each(|row| results.push(3, row));
    }
}
