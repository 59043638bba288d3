//! The limit of a step, and from when the lower one holds. Absent: whose payments it is held against.

use crate::HighCostFacts;
use crate::ordinance::{Counting, TableRow, Turning75};
use crate::outcome::{LimitRow, Step};
use jorei_sdk::age::{month_of, months_after};
use jorei_sdk::*;

/// Half of an amount that has one; the tables are checked for that.
///
/// # Errors
/// [`MoneyError`].
pub(crate) fn share_of(amount: Yen, share: Option<Rate>) -> Result<Yen, MoneyError> {
    match share {
        None => Ok(amount),
        Some(share) => share.of(amount)?.round(Rounding::DOWN_TO_YEN),
    }
}

/// Whose limit is worked out, and how.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) step: Step,
    pub(crate) person: Option<i64>,
    pub(crate) row: TableRow<'a>,
    /// Cost of everything whose payments are in the sum.
    pub(crate) cost: Yen,
    /// Of a person who turns 75.
    pub(crate) turning_75: Option<&'a Turning75>,
    pub(crate) multiple: bool,
}

/// The limit of a step: base, or base and a share of the cost beyond the floor, or the flat one from the fourth month on.
///
/// # Errors
/// [`MoneyError`] as a refusal.
pub(crate) fn limit<'a, T: Trace<'a>>(asked: &Asked<'a>, counting: &'a Counting, t: &mut T) -> Result<LimitRow, Refusal> {
    let share = asked.turning_75.map(|turning| t.get(&turning.share));
    let base = share_of(t.get(asked.row.base), share)?;
    let floor = asked.row.floor.map(|floor| share_of(t.get(floor), share)).transpose()?;
    let multiple = asked.row.multiple.map(|multiple| share_of(t.get(multiple), share)).transpose()?;
    let (limit, formula) = match (asked.multiple.then_some(multiple).flatten(), floor) {
        (Some(multiple), _) => (multiple, "multiple_limit"),
        (None, None) => (base, "flat_limit"),
        (None, Some(floor)) => {
            // Beneath the floor nothing is added, and nothing taken off.
            let excess = asked.cost.less(floor);
            let added = t.get(&counting.excess_rate).of(excess)?.round(t.get_as(&counting.rounding, rounding_word))?;
            (base.plus(added)?, "base_and_share_of_excess")
        }
    };
    t.note("limit", limit).article("Order art. 29-3").formula(formula);
    let halved = asked.turning_75.is_some();
    Ok(LimitRow {
        step: asked.step,
        person: asked.person,
        base_yen: base,
        floor_yen: floor,
        multiple_yen: multiple,
        limit_yen: limit,
        halved,
    })
}

/// Months with a high-cost benefit before the month of the case, each once, within the window; and whether the limits from the fourth
/// month hold.
///
/// # Errors
/// `counted_month_day`: a month that does not begin on a first.
pub(crate) fn months_before<'a, T: Trace<'a>>(
    case: &Case<'a, HighCostFacts>,
    counting: &'a Counting,
    t: &mut T,
) -> Result<(i64, bool), Refusal> {
    let window = t.get(&counting.window_months);
    let first = months_after(case.on, 1 - i32::try_from(window).unwrap_or(1));
    let mut months: Vec<Date> = Vec::new();
    for row in case.rows(|facts| &facts.high_cost_months) {
        let on = t.see(row.on());
        if on != month_of(on) {
            return Err(Refusal::fact_impossible("counted_month_day").with("on", on).article("Order art. 29-3"));
        }
        if !t.see(row.revoked()) && first <= on && on < case.on && !months.contains(&on) {
            months.push(on);
        }
    }
    let before = i64::try_from(months.len()).unwrap_or(i64::MAX);
    t.note("months_before", before).article("Order art. 29-3");
    let multiple = before >= t.get(&counting.multiple_after);
    t.note("multiple", multiple).formula("enough_months_before");
    Ok((before, multiple))
}
