//! The same rule without a component around it: for a rule's own unit tests and for measuring
//! what the sandbox costs. Nothing decided here is ever recorded.

use crate::facts::{Facts as _, Records};
use crate::rule::{Answers, Decided, Rule, decide_all, decide_one, on_date};
use crate::settings::{self, Ordinance};
use jorei_domain::calendar::Date;
use jorei_domain::decision::Refusal;
use jorei_domain::record::{Case, Kind, table};
use jorei_domain::table::Table;

/// A rule's settings, checked and cut into segments.
pub struct Settings {
    segments: Vec<settings::Segment>,
}

impl Settings {
    /// Checks an ordinance given as JSON text.
    ///
    /// # Errors
    /// Path and message of each problem.
    pub fn check<R: Rule>(ordinance: &str) -> Result<Settings, Vec<(String, String)>> {
        let segments = settings::check::<R::Ordinance>(R::ABOUT.id, ordinance).map_err(|problems| problems.0)?;
        Ok(Settings { segments })
    }

    /// The values on a date.
    ///
    /// # Errors
    /// A refusal when the ordinance does not reach the date.
    pub fn on<R: Rule>(&self, on: Date) -> Result<<R::Ordinance as Ordinance>::OnDate, Refusal> {
        let segment = self.segments.iter().find(|segment| segment.from <= on && on < segment.until);
        on_date::<R>(segment.map(|segment| segment.compact.as_slice()), on).map_err(crate::Refusal::into_inner)
    }
}

/// The values on a date from the compact form that a component of the same rule made.
///
/// # Errors
/// Never for such a form; the same refusal as [`Settings::on`].
pub fn values<R: Rule>(compact: &[u8], on: Date) -> Result<<R::Ordinance as Ordinance>::OnDate, Refusal> {
    on_date::<R>(Some(compact), on).map_err(crate::Refusal::into_inner)
}

/// Plain tables as a rule's records.
pub struct Tables<'a>(pub &'a [Case]);

macro_rules! tables {
    ($($function:ident = $kind:ident),*) => {
        impl Records for Tables<'_> {
            $(fn $function(&self) -> Table {
                table(Kind::$kind, self.0).0
            })*
        }
    };
}
jorei_domain::each_kind!(tables);

/// Decides one case with its trace.
///
/// # Errors
/// The refusal and the trace up to it.
pub fn decide<R: Rule>(case: &Case, values: &<R::Ordinance as Ordinance>::OnDate) -> Result<Decided, (Refusal, Vec<u8>)> {
    decide_one::<R>(&R::Facts::read(&Tables(core::slice::from_ref(case))), case.on, values)
}

/// Answers many cases of one date.
pub fn decide_many<R: Rule>(cases: &[Case], on: Date, values: &<R::Ordinance as Ordinance>::OnDate) -> Answers {
    decide_all::<R>(&R::Facts::read(&Tables(cases)), on, cases.len(), values)
}
