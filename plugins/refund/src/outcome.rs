//! What comes out: one row for the household, one per overpayment, one per counted part of its interest, and the proposals.

use jorei_sdk::payments::Proposal;
use jorei_sdk::*;

row!(
    /// The household in sum. `overpaid_yen` is `appropriated_yen`, `refund_yen` and `lapsed_yen` together.
    pub struct RefundRow = "refund" {
        /// What is to be decided.
        overpaid_yen: Yen,
        /// What of it pays what is owed (充当).
        appropriated_yen: Yen,
        /// What of it goes back (還付).
        refund_yen: Yen,
        /// What is paid in addition (還付加算金).
        interest_yen: Yen,
        /// What of it can no longer be claimed.
        lapsed_yen: Yen,
    }
);

words!(
    /// Who has the right to a refund.
    pub enum PayeeWord {
        /// The head of the household who paid.
        Head = "head",
        /// The heirs of a head who died.
        Heirs = "heirs",
        /// The body that pays the pension from which it was deducted after the death.
        PensionBody = "pension_body",
    }
);

row!(
    /// What becomes of an overpayment.
    pub struct OverpaymentRow = "overpayments" {
        /// Its number.
        number: i64,
        /// What of it is to be decided.
        yen: Yen,
        /// What of it pays what is owed.
        appropriated_yen: Yen,
        /// What of it goes back.
        refund_yen: Yen,
        /// What of it can no longer be claimed.
        lapsed_yen: Yen,
        /// Interest on it, rounded.
        interest_yen: Yen,
        /// First day that counts for interest, of the earliest payment; none where nothing is paid.
        first_day: Option<Date>,
        /// Last day that counts, of the latest use; none where nothing is paid.
        last_day: Option<Date>,
        /// Who has the right to it.
        payee: PayeeWord,
        /// From this day on it can no longer be claimed.
        bar_on: Date,
        /// From this day on somebody is to be warned.
        warn_on: Date,
        /// From this day on interest on it can no longer be claimed.
        interest_bar_on: Date,
    }
);

row!(
    /// A counted part of interest: days of one calendar year at one rate on one amount.
    pub struct StretchRow = "stretches" {
        /// The overpayment's number.
        number: i64,
        /// First day.
        from: Date,
        /// First day after.
        until: Date,
        /// How many days.
        days: i64,
        /// The amount counted on, rounded.
        base_yen: Yen,
        /// Rate of a year of 365 days: numerator.
        rate_num: i64,
        /// Its denominator.
        rate_den: i64,
        /// What the part gives, cut to the yen.
        yen: Yen,
    }
);

/// All tables of one case.
#[derive(Clone, Debug)]
pub struct RefundOutcome {
    /// The household.
    pub refund: RefundRow,
    /// Overpayments in the order in which they are used.
    pub overpayments: Vec<OverpaymentRow>,
    /// The parts of their interest.
    pub stretches: Vec<StretchRow>,
    /// What the host is asked to post: overpayment by overpayment its appropriations, refund, interest.
    pub proposals: Vec<Proposal>,
}

impl Outcome for RefundOutcome {
    fn shapes() -> Vec<outcome::Shape> {
        use outcome::Row;
        vec![RefundRow::SHAPE, OverpaymentRow::SHAPE, StretchRow::SHAPE, <Proposal as Row>::SHAPE]
    }

    fn write(&self, results: &mut Results) {
        results.push(0, &self.refund);
        self.overpayments.iter().for_each(|row| results.push(1, row));
        self.stretches.iter().for_each(|row| results.push(2, row));
        self.proposals.iter().for_each(|row| results.push(3, row));
    }
}
