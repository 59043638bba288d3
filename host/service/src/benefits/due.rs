//! What a rule says is due, read from its results and held against the host's own bounds.
//!
//! Absent here: what was due before, and what is posted.

use jorei_domain::benefit::{BENEFIT, BENEFITS_TABLE, Benefit, COLUMNS, Payee, SUM};
use jorei_domain::calendar::Date;
use jorei_domain::decision::Outcome;
use jorei_domain::id::PersonId;
use jorei_domain::money::grouped;
use jorei_domain::record::{Case, Kind};
use jorei_domain::table::{ABSENT, Table};
use jorei_store::benefits::BenefitKey;
use std::collections::BTreeMap;

/// The most that a lump sum comes to, in yen: four children with compensation. A host's bound, no value of law.
const LARGEST_LUMP_SUM: i64 = 2_000_000;

/// A benefit as a rule says it is due.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Due {
    /// What it is about.
    pub key: BenefitKey,
    /// Who gets it.
    pub payee: Payee,
    /// Whole yen, 0 or more.
    pub yen: i64,
    /// From this day on it can no longer be claimed.
    pub bar_on: Option<Date>,
}

/// Why an outcome is not posted whatever else holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum OutOfBounds {
    /// A table is missing, malformed, or contradicts another; its name.
    Tables(&'static str),
    /// A benefit that no rule of the slot gives.
    OtherBenefit(&'static str),
    /// Two rows about the same thing.
    Twice(&'static str),
    /// More than was paid for what it is about.
    MoreThanPaid {
        /// The benefit's word.
        benefit: &'static str,
        /// Due, in yen.
        due: i64,
        /// The most it can be, in yen.
        most: i64,
    },
}

impl OutOfBounds {
    /// For officials.
    pub fn ja(&self) -> String {
        match self {
            OutOfBounds::Tables(name) => format!("結果表「{name}」が規約に合いません"),
            OutOfBounds::OtherBenefit(word) => format!("この区分にない給付です（{word}）"),
            OutOfBounds::Twice(word) => format!("同じ対象の給付が二行あります（{word}）"),
            OutOfBounds::MoreThanPaid { benefit, due, most } => {
                format!("支給額 {}円が上限 {}円（支払った額）を超えています（{benefit}）", grouped(*due), grouped(*most))
            }
        }
    }
}

/// The sum of a column over the rows of a kind in a case.
fn sum_of(case: &Case, kind: Kind, column: &str) -> i64 {
    let place = kind.columns().iter().filter(|name| **name != "person").position(|name| *name == column);
    let facts = case.persons().iter().flat_map(|person| &person.facts).filter(|fact| fact.kind == kind);
    place.map_or(0, |place| facts.map(|fact| fact.values[place]).filter(|yen| *yen != ABSENT).sum())
}

/// The most that a benefit can come to, by what the case says was paid; none where the host knows no bound.
fn most(case: &Case, benefit: Benefit) -> Option<i64> {
    match benefit {
        Benefit::HighCost => Some(sum_of(case, Kind::MedicalClaims, "own_yen")),
        Benefit::OutpatientYear => {
            Some(sum_of(case, Kind::MonthlyRests, "outpatient_yen") + sum_of(case, Kind::CertifiedPayments, "outpatient_yen"))
        }
        Benefit::Combined => Some(
            sum_of(case, Kind::MonthlyRests, "all_yen")
                + sum_of(case, Kind::CarePayments, "own_yen")
                + sum_of(case, Kind::CertifiedPayments, "counted_yen"),
        ),
        Benefit::MedicalExpense | Benefit::Transport | Benefit::SpecialMedicalExpense => Some(sum_of(case, Kind::Expenses, "paid_yen")),
        Benefit::Childbirth | Benefit::Funeral => Some(LARGEST_LUMP_SUM),
        _ => None,
    }
}

/// The benefits of an outcome by what they are about, for a case with its persons.
///
/// # Errors
/// The first [`OutOfBounds`].
pub fn dues(outcome: &Outcome, case: &Case, people: &[PersonId], benefits: &[Benefit]) -> Result<BTreeMap<BenefitKey, Due>, OutOfBounds> {
    let Outcome::Decided { results, .. } = outcome else { return Ok(BTreeMap::new()) };
    let table = |name: &'static str| -> Result<&Table, OutOfBounds> {
        let found = results.iter().find(|result| result.name == name).map(|result| &result.table);
        found.ok_or(OutOfBounds::Tables(name))
    };
    let (sum, rows) = (table(BENEFIT)?, table(BENEFITS_TABLE)?);
    let malformed = || OutOfBounds::Tables(BENEFITS_TABLE);
    let columns: Option<Vec<&[i64]>> = COLUMNS.iter().map(|name| rows.integers(name)).collect();
    let columns = columns.ok_or_else(malformed)?;
    let mut found: BTreeMap<BenefitKey, Due> = BTreeMap::new();
    let mut by_benefit: BTreeMap<Benefit, i64> = BTreeMap::new();
    let mut paid = 0_i64;
    for row in 0..rows.rows() {
        let cell = |place: usize| -> i64 { columns.get(place).map_or(ABSENT, |column| column[row]) };
        let some = |place: usize| Some(cell(place)).filter(|number| *number != ABSENT);
        let code = |place: usize| usize::try_from(cell(place)).ok();
        let benefit = code(0).and_then(|code| Benefit::ALL.get(code)).copied().ok_or_else(malformed)?;
        let payee = code(3).and_then(|code| Payee::ALL.get(code)).copied().ok_or_else(malformed)?;
        if !benefits.contains(&benefit) {
            return Err(OutOfBounds::OtherBenefit(benefit.word()));
        }
        let person = match some(2) {
            Some(ordinal) => {
                let person = usize::try_from(ordinal).ok().and_then(|ordinal| people.get(ordinal));
                Some(*person.ok_or_else(malformed)?)
            }
            None => None,
        };
        let yen = cell(4);
        if yen < 0 {
            return Err(malformed());
        }
        let key = BenefitKey { benefit, number: some(1), person };
        let bar_on = some(5).and_then(|packed| Date::from_packed(packed).ok());
        if payee.is_paid() {
            paid = paid.saturating_add(yen);
            let sum = by_benefit.entry(benefit).or_default();
            *sum = sum.saturating_add(yen);
        }
        // Beside what is paid to the head, the same thing may be paid to an institution or be shown only.
        match found.entry(key) {
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert(Due { key, payee, yen, bar_on });
            }
            std::collections::btree_map::Entry::Occupied(mut there) => match (there.get().payee.is_paid(), payee.is_paid()) {
                (true, true) => return Err(OutOfBounds::Twice(benefit.word())),
                (false, true) => {
                    there.insert(Due { key, payee, yen, bar_on });
                }
                _ => {}
            },
        }
    }
    if sum.integers(SUM).and_then(|sums| sums.first()) != Some(&paid) {
        return Err(OutOfBounds::Tables(BENEFIT));
    }
    for (benefit, due) in by_benefit {
        if let Some(most) = most(case, benefit).filter(|most| due > *most) {
            return Err(OutOfBounds::MoreThanPaid { benefit: benefit.word(), due, most });
        }
    }
    Ok(found)
}
