//! Why a file or a set of files is not taken: every place that is wrong, with what to do, as an official is told.
//!
//! Absent here: what was in a cell, which no report repeats; what can be wrong, which each form says.

use std::fmt;

/// The most places that a report keeps; further ones are counted.
pub const PLACES: usize = 10_000;

/// A place that is wrong.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refused<W> {
    /// The file's name; empty for a set as a whole, and where there is but one file.
    pub file: String,
    /// The line, from 1; 0 for the file as a whole.
    pub line: u64,
    /// The place of the column, from 1, where one is to blame.
    pub place: Option<usize>,
    /// Its heading, where it has one.
    pub column: Option<&'static str>,
    /// What is wrong, and what to do.
    pub wrong: W,
}

impl<W: fmt::Display> fmt::Display for Refused<W> {
    /// Where, and what to do, on one line for officials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        let mut gap = if self.file.is_empty() { "" } else { " " };
        if self.line > 0 {
            write!(f, "{gap}{}行", self.line)?;
            gap = " ";
        }
        if let Some(place) = self.place {
            write!(f, "{gap}{place}列")?;
        }
        if let Some(column) = self.column {
            write!(f, "「{column}」")?;
        }
        write!(f, ": {}", self.wrong)
    }
}

/// Why nothing of a file or a set is taken.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Report<W> {
    /// Each place that is wrong, at most [`PLACES`].
    pub refused: Vec<Refused<W>>,
    /// How many more there are.
    pub more: u64,
}

impl<W> Default for Report<W> {
    fn default() -> Report<W> {
        Report { refused: Vec::new(), more: 0 }
    }
}

impl<W> From<Refused<W>> for Report<W> {
    fn from(refused: Refused<W>) -> Report<W> {
        Report { refused: vec![refused], more: 0 }
    }
}

impl<W> Report<W> {
    /// Is nothing wrong?
    pub fn is_empty(&self) -> bool {
        self.refused.is_empty()
    }

    /// How many places are wrong.
    pub fn len(&self) -> u64 {
        self.refused.len() as u64 + self.more
    }

    /// Keeps at most so many places and counts the others.
    #[must_use]
    pub fn shortened(mut self, most: usize) -> Report<W> {
        self.more += self.refused.len().saturating_sub(most) as u64;
        self.refused.truncate(most);
        self
    }

    /// Adds a place; beyond [`PLACES`] only counts it.
    pub(crate) fn add(&mut self, refused: Refused<W>) {
        if self.refused.len() < PLACES {
            self.refused.push(refused);
        } else {
            self.more += 1;
        }
    }

    /// Adds a file as a whole.
    pub(crate) fn of_file(&mut self, file: &str, wrong: W) {
        self.add(Refused { file: file.to_owned(), line: 0, place: None, column: None, wrong });
    }

    /// Adds all of another report.
    pub(crate) fn add_all(&mut self, other: Report<W>) {
        other.refused.into_iter().for_each(|refused| self.add(refused));
        self.more += other.more;
    }

    /// What was read, if nothing is wrong.
    pub(crate) fn or<T>(self, good: T) -> Result<T, Report<W>> {
        if self.is_empty() { Ok(good) } else { Err(self) }
    }
}

impl<W: fmt::Display> fmt::Display for Report<W> {
    /// A line each.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for refused in &self.refused {
            writeln!(f, "{refused}")?;
        }
        if self.more > 0 { writeln!(f, "ほかに{}件", self.more) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(file: &str, line: u64) -> Refused<&'static str> {
        Refused { file: file.into(), line, place: Some(3), column: Some("年度"), wrong: "年度を書いてください" }
    }

    #[test]
    fn a_place_is_told_without_gaps() {
        assert_eq!(place("所得.csv", 2).to_string(), "所得.csv 2行 3列「年度」: 年度を書いてください");
        assert_eq!(place("", 2).to_string(), "2行 3列「年度」: 年度を書いてください");
        assert_eq!(place("", 0).to_string(), "3列「年度」: 年度を書いてください");
        assert_eq!(Refused { place: None, column: None, ..place("所得.csv", 0) }.to_string(), "所得.csv: 年度を書いてください");
    }

    #[test]
    fn what_is_not_kept_is_counted() {
        let mut report = Report::default();
        (1..=PLACES as u64 + 5).for_each(|line| report.add(place("", line)));
        assert_eq!((report.refused.len(), report.more), (PLACES, 5));
        let mut all = Report::from(place("", 1));
        all.add_all(report.clone());
        assert_eq!((all.refused.len(), all.more), (PLACES, 6));
        let short = report.shortened(2);
        assert_eq!((short.refused.len(), short.more, short.len()), (2, PLACES as u64 + 3, PLACES as u64 + 5));
        assert!(short.to_string().ends_with("\nほかに10003件\n"));
        assert!(Report::<&str>::default().or(1).is_ok() && short.or(1).is_err());
    }
}
