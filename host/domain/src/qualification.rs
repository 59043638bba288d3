//! When a qualification is lost (Act art. 8): the same for the rule that counts months and for the master that shows the day.
//!
//! Absent here: months, and who is insured at all.

use crate::calendar::Date;

/// The day of loss from the day of the event and the cause, by its place among [`crate::record::END_CAUSES`]; none where
/// the cause is not known.
///
/// Joining employees' insurance, dying, entering the late-elderly scheme and moving out: the day after. Public
/// assistance, an NHI society, and a day that is that of loss itself: the day (Act art. 8).
pub fn day_of_loss(event: Date, cause: i64) -> Option<Date> {
    match cause {
        1..=4 => Some(event.tomorrow()),
        0 | 5 | 6 => Some(event),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::END_CAUSES;
    use crate::table::ABSENT;

    #[test]
    fn a_qualification_is_lost_on_the_day_after_or_on_the_day_as_article_8_says() {
        let event = Date::new(2026, 3, 31);
        let after = ["employees_insurance", "death", "late_elderly", "moved_out"];
        let on = ["lost_on_day", "public_assistance", "nhi_society"];
        assert_eq!(END_CAUSES.len(), after.len() + on.len());
        for (causes, day) in [(&after[..], Date::new(2026, 4, 1)), (&on[..], event)] {
            for cause in causes {
                let code = END_CAUSES.iter().position(|word| word == cause).unwrap();
                assert_eq!(day_of_loss(event, i64::try_from(code).unwrap()), Some(day), "{cause}");
            }
        }
        assert_eq!(day_of_loss(event, ABSENT), None);
    }
}
