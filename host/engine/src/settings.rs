//! A revision's settings: compact bytes of the rule's own making, by date.

use jorei_domain::calendar::Date;

/// The settings of a stretch of dates.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Segment {
    /// First date.
    pub from: Date,
    /// First date after it.
    pub until: Date,
    /// What the rule gets back.
    pub compact: Vec<u8>,
}

/// All settings of a revision, in order of date, without overlap.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Settings {
    segments: Vec<Segment>,
}

/// Segments that overlap or are out of order.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("segment {0} of the settings overlaps the one before it or is empty")]
pub struct Disorder(pub usize);

impl Settings {
    /// Settings from their segments.
    ///
    /// # Errors
    /// [`Disorder`] with the number of the first segment that does not follow the one before it.
    pub fn new(segments: Vec<Segment>) -> Result<Settings, Disorder> {
        let mut end = Date::MIN;
        for (i, segment) in segments.iter().enumerate() {
            if segment.from < end || segment.until <= segment.from {
                return Err(Disorder(i));
            }
            end = segment.until;
        }
        Ok(Settings { segments })
    }

    /// The bytes in force on a date.
    pub fn on(&self, date: Date) -> Option<&[u8]> {
        let found = self.segments.iter().find(|segment| segment.from <= date && date < segment.until);
        found.map(|segment| segment.compact.as_slice())
    }

    /// The segments, to be kept with the revision.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }
}

/// What is wrong with an ordinance.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// Where.
    pub path: String,
    /// What, why, and what to do.
    pub message: String,
}
