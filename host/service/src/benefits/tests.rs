//! What of benefits can be told without an office: dates of cases, and when an application is complete. Whole stories are in the suite.

use super::applications::{case_on, is_complete};
use jorei_domain::calendar::{Date, months_after};
use jorei_domain::slot::Slot;
use jorei_store::benefits::ApplicationEventKind::{Completed, Returned, SetOffAgreed, Withdrawn};
use jorei_store::benefits::{ApplicationEvent, ApplicationEventKind};

#[test]
fn a_day_belongs_to_its_month_to_the_base_date_of_its_year_or_to_itself() {
    let day = |text: &str| Date::parse(text).unwrap();
    for (slot, about, expected) in [
        (Slot::HighCost, "2026-03-31", "2026-03-01"),
        (Slot::Combined, "2026-07-31", "2026-07-31"),
        (Slot::Combined, "2026-08-01", "2027-07-31"),
        (Slot::HighCostYear, "2026-01-01", "2026-07-31"),
        (Slot::LumpSum, "2026-03-31", "2026-03-31"),
    ] {
        assert_eq!(case_on(slot, day(about)), day(expected), "{} {about}", slot.word());
    }
    assert_eq!((months_after(day("2026-01-01"), -1), months_after(day("2026-12-01"), 1)), (day("2025-12-01"), day("2027-01-01")));
}

#[test]
fn an_application_is_complete_after_whatever_was_sent_back_and_never_once_it_was_withdrawn() {
    let events = |kinds: &[ApplicationEventKind]| -> Vec<ApplicationEvent> {
        kinds.iter().map(|event| ApplicationEvent { event: *event, on: Date::new(2026, 6, 1), reason: String::new() }).collect()
    };
    assert!(is_complete(&events(&[Completed])) && is_complete(&events(&[Returned, Completed, SetOffAgreed])));
    assert!(!is_complete(&events(&[])) && !is_complete(&events(&[Completed, Returned])) && !is_complete(&events(&[Completed, Withdrawn])));
}
