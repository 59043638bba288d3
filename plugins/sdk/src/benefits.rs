//! The two tables that every rule of the world `benefit` has: what is due in all, and a row per benefit.
//!
//! What stands there is due in all for the case, never a difference: the host pays, or claims back, what that differs from what was
//! decided before. Absent: what was paid, and whoever is paid by name.

use crate::outcome::{CellValue, ColumnShape, Row, Shape, Unit};
use crate::stretches::after_months;
use jorei_domain::benefit::{BENEFIT, BENEFITS, BENEFITS_TABLE, COLUMNS, PAYEES, SUM};
use jorei_domain::calendar::Date;
use jorei_domain::money::{MoneyError, Yen};

pub use jorei_domain::benefit::{Benefit, Payee};

/// What is due in cash in all: the one row of the table `benefit`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BenefitSum(pub Yen);

impl BenefitSum {
    /// The sum of the rows that are paid.
    ///
    /// # Errors
    /// [`MoneyError`] where it is out of range.
    pub fn of(rows: &[BenefitRow]) -> Result<BenefitSum, MoneyError> {
        let paid = rows.iter().filter(|row| row.payee.is_paid());
        Ok(BenefitSum(paid.map(|row| row.yen).try_fold(Yen::ZERO, Yen::plus)?))
    }
}

impl Row for BenefitSum {
    const SHAPE: Shape = Shape {
        name: BENEFIT,
        doc: "What is due in cash in all.",
        columns: &[ColumnShape { name: SUM, unit: Unit::Yen, doc: "The sum of the benefits that are paid out." }],
    };

    #[inline]
    fn cells(&self, mut push: impl FnMut(usize, i64)) {
        push(0, self.0.number());
    }
}

/// A benefit: a row of the table `benefits`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BenefitRow {
    /// Which.
    pub benefit: Benefit,
    /// The application or claim that it answers, by its number in the facts; none where it is about the household's month or year.
    pub number: Option<i64>,
    /// The person that it is about, by ordinal; none for the household.
    pub person: Option<i64>,
    /// Who gets it.
    pub payee: Payee,
    /// How much; 0 or more.
    pub yen: Yen,
    /// From this day on it can no longer be claimed (Act art. 110); none where that begins later.
    pub bar_on: Option<Date>,
}

impl Row for BenefitRow {
    const SHAPE: Shape = Shape {
        name: BENEFITS_TABLE,
        doc: "Benefits, each due in all and not by difference.",
        columns: &[
            ColumnShape { name: COLUMNS[0], unit: Unit::Word(BENEFITS), doc: "Which benefit." },
            ColumnShape { name: COLUMNS[1], unit: Unit::Count, doc: "The application or claim that it answers; absent for the household." },
            ColumnShape { name: COLUMNS[2], unit: Unit::Count, doc: "The person that it is about; absent for the household." },
            ColumnShape {
                name: COLUMNS[3],
                unit: Unit::Word(PAYEES),
                doc: "Who gets it; with institution and nobody the host pays nothing.",
            },
            ColumnShape { name: COLUMNS[4], unit: Unit::Yen, doc: "How much; 0 or more." },
            ColumnShape { name: COLUMNS[5], unit: Unit::Date, doc: "From this day on it can no longer be claimed." },
        ],
    };

    #[inline]
    fn cells(&self, mut push: impl FnMut(usize, i64)) {
        push(0, self.benefit as i64);
        push(1, self.number.number());
        push(2, self.person.number());
        push(3, self.payee as i64);
        push(4, self.yen.number());
        push(5, self.bar_on.number());
    }
}

/// The first day on which a right can no longer be exercised: two years counted from a first day have passed (Act art. 110; Civil
/// Code arts. 140, 143).
pub fn bar_from(first: Date) -> Date {
    after_months(first, 24)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_paid_out_is_added_up() {
        let row =
            |payee, yen| BenefitRow { benefit: Benefit::Transport, number: None, person: None, payee, yen: Yen::new(yen), bar_on: None };
        let rows = [row(Payee::Head, 1_000), row(Payee::Institution, 20_000), row(Payee::Nobody, 300), row(Payee::Organiser, 30_000)];
        assert_eq!(BenefitSum::of(&rows), Ok(BenefitSum(Yen::new(31_000))));
    }

    #[test]
    fn a_right_ends_after_two_years() {
        assert_eq!(bar_from(Date::new(2024, 8, 1)), Date::new(2026, 8, 1));
        assert_eq!(bar_from(Date::new(2024, 2, 29)), Date::new(2026, 3, 1));
    }
}
