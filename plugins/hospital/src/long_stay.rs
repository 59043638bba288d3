//! Whether a stay is recognised as a long one (長期入院該当): the application, and the days before. Absent: amounts.

use crate::HospitalFacts;
use crate::ordinance::Values;
use crate::outcome::ClassWord;
use jorei_sdk::facts::{HospitalStays, LimitApplication, LimitApplications, Row};
use jorei_sdk::*;

/// Is a stay of the month of the case a long one?
///
/// # Errors
/// `category_missing` where the category of an earlier month decides and is not known; `stay_over_application`; `settings_missing`.
pub(crate) fn is_recognised<'a, T: Trace<'a>>(
    case: &Case<'a, HospitalFacts>,
    stay: &Row<'a, HospitalStays>,
    values: &'a Values,
    t: &mut T,
) -> Result<bool, Refusal> {
    let person = stay.person().peek();
    // Years of recognition end with July.
    let year_from = Date::new(case.on.year() - i32::from(case.on.month() < 8), 8, 1);
    let first = age::months_after(year_from, -1);
    let next = age::months_after(case.on, 1);
    let mut applications: Vec<Row<'a, LimitApplications>> = case
        .rows(|facts| &facts.limit_applications)
        .filter(|row| {
            row.person().peek() == person
                && row.application().peek() == LimitApplication::LongStay
                && row.certified().peek()
                && (first..next).contains(&row.on().peek())
        })
        .collect();
    applications.sort_by_key(|row| row.on().peek());
    let Some(application) = applications.first() else { return Ok(false) };
    let step = t.open("long_stay");
    let applied_on = t.see(application.on());
    t.note("long_stay_applied_on", applied_on);
    // In the month of the application itself, what was charged from that day on goes back.
    let before = applied_on >= case.on && t.see(stay.on()) < applied_on;
    let above = t.get(&values.long_stay.known()?.above_days);
    let (mut counted, mut open) = (0, None);
    let mut open_days = 0;
    for back in -12..=0 {
        let month = age::months_after(case.on, back);
        let rows = case.rows(|facts| &facts.hospital_stays).filter(|row| {
            row.person().peek() == person && age::month_of(row.on().peek()) == month && (back < 0 || row.on().peek() < applied_on)
        });
        let (mut stays, mut days) = (0, 0);
        for row in rows {
            stays += 1;
            days += t.see(row.days()).max(0);
        }
        if stays == 0 {
            continue;
        }
        // A day of moving is one of both stays.
        let days = days.min(month.days_until(age::months_after(month, 1)));
        match crate::class(case, person, month, t)? {
            Some(ClassWord::LowIncome | ClassWord::Lowest) => {
                t.note("days_of_month", days);
                counted += days;
            }
            Some(ClassWord::General) => {}
            None => {
                open_days += days;
                open = open.or(Some(month));
            }
        }
    }
    if let Some(month) = open
        && counted <= above
        && counted + open_days > above
    {
        let refusal = Refusal::fact_missing("category_missing").with("person", person + 1).with("month", month);
        return Err(refusal.article("Act art. 52"));
    }
    t.note("days_counted", counted).formula("days_in_twelve_months");
    let recognised = counted > above && !before;
    let last = stay.on().peek().days_until(applied_on);
    if counted > above && before && last < stay.days().peek() {
        let refusal = Refusal::out_of_scope("stay_over_application").with("number", stay.number().peek()).with("on", applied_on);
        return Err(refusal.article("Act art. 52"));
    }
    t.close(step, recognised).article("Act art. 52");
    Ok(recognised)
}
