//! Who owes the premium, month by month: the head of the household (Act art. 76). Where the head changes or
//! dies, the new one owes from that month.

use crate::InstalmentFacts;
use crate::outcome::ObligorRow;
use jorei_sdk::*;

/// The heads who owe a premium, with their shares by months.
///
/// # Errors
/// `liable_months_missing`, `head_missing`, `two_heads`.
pub(crate) fn obligors<'a, T: Trace<'a>>(case: &Case<'a, InstalmentFacts>, premium: Yen, t: &mut T) -> Result<Vec<ObligorRow>, Refusal> {
    let year = FiscalYear::of(case.on);
    let group = t.open("obligors");
    let mut months = Months::NONE;
    for row in case.rows(|facts| &facts.premium_persons).filter(|row| row.year().peek() == i64::from(year.year())) {
        // The host writes twelve bits.
        months = months.or(Months::from_bits(t.see(row.insured_months()) as u16));
    }
    t.note("liable_months", months).article("Act art. 76 para. 1");
    if months.is_empty() {
        t.close(group, 0);
        if premium == Yen::ZERO {
            return Ok(Vec::new());
        }
        return Err(Refusal::fact_missing("liable_months_missing").with("year", year.year()).article("Act art. 76 para. 1"));
    }
    let mut runs: Vec<(i64, Months)> = Vec::new();
    for month in months.iter() {
        let head = head_of(case, last_day(year, month), t)?;
        match runs.last_mut() {
            Some((person, run)) if *person == head => *run = run.or(Months::one(month)),
            _ => runs.push((head, Months::one(month))),
        }
    }
    let mut rows = Vec::with_capacity(runs.len());
    let mut left = premium;
    for (i, (person, run)) in runs.iter().enumerate() {
        let open = t.open("obligor");
        t.note("person", Val::Person(u32::try_from(*person).unwrap_or(u32::MAX)));
        t.note("owed_months", *run);
        let last = i + 1 == runs.len();
        let share = Rate::checked(run.count(), months.count())?.of(premium)?.round(Rounding::DOWN_TO_YEN)?;
        let amount_yen = if last { left } else { share };
        left = left.minus(amount_yen)?;
        let mut deceased = false;
        for row in case.rows(|facts| &facts.deaths).filter(|row| row.person().peek() == *person) {
            t.see(row.on());
            deceased = true;
        }
        if deceased {
            t.note("deceased", true);
        }
        let ends = (run.first().unwrap_or(0), run.iter().last().unwrap_or(0));
        t.close(open, amount_yen).article("Act art. 76 para. 1").formula(if last { "what_is_left" } else { "premium_by_months" });
        rows.push(ObligorRow {
            person: *person,
            first_month: i64::from(ends.0) + 1,
            last_month: i64::from(ends.1) + 1,
            amount_yen,
            deceased,
        });
    }
    t.close(group, rows.len() as i64);
    Ok(rows)
}

/// The head on a day. A month belongs to who is head on its last day: a change counts from its month.
fn head_of<'a, T: Trace<'a>>(case: &Case<'a, InstalmentFacts>, on: Date, t: &mut T) -> Result<i64, Refusal> {
    let mut found = None;
    for row in case.rows(|facts| &facts.membership).filter(|row| row.head().peek()) {
        let person = row.person().peek();
        // Whoever died before the day heads nothing, though the register still says so.
        let dead = case.rows(|facts| &facts.deaths).any(|death| death.person().peek() == person && death.on().peek() < on);
        if !dead && row.from().peek() <= on && row.until().peek().is_none_or(|until| on < until) {
            t.see(row.head());
            if found.is_some_and(|found| found != person) {
                return Err(Refusal::fact_impossible("two_heads").with("on", on).article("Act art. 76 para. 1"));
            }
            found = Some(person);
        }
    }
    found.ok_or_else(|| Refusal::fact_missing("head_missing").with("on", on).article("Act art. 76 para. 1"))
}

/// The last day of a month counted from April.
fn last_day(year: FiscalYear, month: i32) -> Date {
    if month == 11 {
        return year.last_day();
    }
    let next = if month < 8 { Date::new(year.year(), month + 5, 1) } else { Date::new(year.year() + 1, month - 7, 1) };
    next.yesterday()
}
