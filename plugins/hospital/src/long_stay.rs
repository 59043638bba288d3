//! Whether a stay is recognised as a long one (長期入院該当): the application, and the days before. Absent: amounts.

use crate::HospitalFacts;
use crate::ordinance::Values;
use crate::outcome::ClassWord;
use jorei_sdk::facts::LimitApplication;
use jorei_sdk::*;

/// Is the person's stay a long one in the month of the case?
///
/// # Errors
/// `category_missing` where the category of an earlier month decides and is not known; `settings_missing`.
pub(crate) fn is_recognised<'a, T: Trace<'a>>(
    case: &Case<'a, HospitalFacts>,
    person: i64,
    values: &'a Values,
    t: &mut T,
) -> Result<bool, Refusal> {
    // Years of recognition end with July.
    let year_from = Date::new(case.on.year() - i32::from(case.on.month() < 8), 8, 1);
    let first = age::months_after(year_from, -1);
    let mut applications = case.rows(|facts| &facts.limit_applications).filter(|row| {
        row.person().peek() == person
            && row.application().peek() == LimitApplication::LongStay
            && row.certified().peek()
            && (first..case.on).contains(&row.on().peek())
    });
    let Some(application) = applications.next() else { return Ok(false) };
    let step = t.open("long_stay");
    let applied_on = t.see(application.on());
    t.note("long_stay_applied_on", applied_on);
    let above = t.get(&values.long_stay.known()?.above_days);
    let (mut counted, mut open) = (0, None);
    let mut open_days = 0;
    for row in case.rows(|facts| &facts.hospital_stays).filter(|row| row.person().peek() == person) {
        let month = age::month_of(row.on().peek());
        if !(age::months_after(case.on, -12)..case.on).contains(&month) {
            continue;
        }
        let days = row.days().peek().clamp(0, 31);
        match crate::class(case, person, month, t)? {
            Some(ClassWord::LowIncome | ClassWord::Lowest) => {
                t.see(row.days());
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
    let recognised = counted > above;
    t.close(step, recognised).article("Act art. 52");
    Ok(recognised)
}
