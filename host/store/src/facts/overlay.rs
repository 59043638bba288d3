//! What is left when assertions lie over each other in time.

use jorei_domain::calendar::Date;
use jorei_domain::record::{Kind, Period};

/// A stretch of time in which one thing holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Piece {
    /// Its first day.
    pub from: Date,
    /// The first day after it.
    pub until: Date,
    /// The household of a membership, else 0.
    pub household: i64,
    /// The kind's fields.
    pub values: Vec<i64>,
    /// Where it came from.
    pub source: String,
}

impl Piece {
    /// Would one row do for both if they touch?
    fn says_the_same(&self, other: &Piece) -> bool {
        self.household == other.household && self.values == other.values && self.source == other.source
    }
}

/// The timelines of one person, by kind and item. A person has about ten, so a list it is.
#[derive(Default)]
pub(crate) struct Timelines {
    lines: Vec<(Kind, i64, Vec<Piece>)>,
}

impl Timelines {
    /// Lays an assertion over all earlier ones; without values it only takes away. An event has
    /// one day, so a later assertion of it takes the place of the whole earlier one.
    pub fn lay(&mut self, kind: Kind, item: i64, piece: Piece, values: Option<Vec<i64>>) {
        let known = self.lines.iter().position(|line| (line.0, line.1) == (kind, item));
        let at = known.unwrap_or_else(|| {
            self.lines.push((kind, item, Vec::new()));
            self.lines.len() - 1
        });
        let pieces = &mut self.lines[at].2;
        if kind.period() == Period::Event {
            pieces.clear();
            pieces.extend(values.map(|values| Piece { values, ..piece }));
        } else {
            cover(pieces, piece, values);
        }
    }

    /// Every piece with its kind and item.
    pub fn lines(self) -> impl Iterator<Item = (Kind, i64, Piece)> {
        self.lines.into_iter().flat_map(|(kind, item, pieces)| pieces.into_iter().map(move |piece| (kind, item, piece)))
    }

    /// Every piece with its kind.
    pub fn all(&self) -> impl Iterator<Item = (Kind, &Piece)> {
        self.lines.iter().flat_map(|(kind, _, pieces)| pieces.iter().map(|piece| (*kind, piece)))
    }

    /// The pieces of one kind.
    pub fn pieces(&self, wanted: Kind) -> impl Iterator<Item = &Piece> {
        self.all().filter(move |(kind, _)| *kind == wanted).map(|(_, piece)| piece)
    }
}

/// Cuts a stretch out of a timeline and, with values, puts a piece there. The timeline stays
/// ordered and disjoint, and neighbours that say the same stay one piece.
fn cover(pieces: &mut Vec<Piece>, piece: Piece, values: Option<Vec<i64>>) {
    let mut kept = Vec::with_capacity(pieces.len() + 2);
    let mut after = Vec::new();
    for old in pieces.drain(..) {
        if old.until > piece.until {
            after.push(Piece { from: old.from.max(piece.until), ..old.clone() });
        }
        if old.from < piece.from {
            kept.push(Piece { until: old.until.min(piece.from), ..old });
        }
    }
    kept.extend(values.map(|values| Piece { values, ..piece }));
    kept.extend(after);
    for next in kept {
        match pieces.last_mut() {
            Some(last) if last.until == next.from && last.says_the_same(&next) => last.until = next.until,
            _ => pieces.push(next),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lays (from year, until year, value or 0 for none) in order and writes what is left.
    fn left(assertions: &[(i32, i32, i64)]) -> String {
        let mut pieces = Vec::new();
        for (from, until, value) in assertions {
            let piece = Piece {
                from: Date::new(*from, 1, 1),
                until: Date::new(*until, 1, 1),
                household: 0,
                values: Vec::new(),
                source: String::new(),
            };
            cover(&mut pieces, piece, (*value != 0).then(|| vec![*value]));
        }
        let text = |piece: &Piece| format!("{}-{}:{}", piece.from.year(), piece.until.year(), piece.values[0]);
        pieces.iter().map(text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_later_assertion_wins_where_they_overlap() {
        assert_eq!(left(&[(2000, 2010, 1), (2003, 2005, 2)]), "2000-2003:1 2003-2005:2 2005-2010:1");
        assert_eq!(left(&[(2000, 2010, 1), (1990, 2005, 2)]), "1990-2005:2 2005-2010:1");
        assert_eq!(left(&[(2000, 2010, 1), (2005, 2020, 2)]), "2000-2005:1 2005-2020:2");
        assert_eq!(left(&[(2000, 2010, 1), (1990, 2020, 2)]), "1990-2020:2");
        assert_eq!(left(&[(2000, 2001, 1), (2005, 2006, 2), (2002, 2003, 3)]), "2000-2001:1 2002-2003:3 2005-2006:2");
    }

    #[test]
    fn an_assertion_without_values_takes_away() {
        assert_eq!(left(&[(2000, 2010, 1), (2003, 2005, 0)]), "2000-2003:1 2005-2010:1");
        assert_eq!(left(&[(2000, 2010, 1), (1990, 2020, 0)]), "");
        assert_eq!(left(&[(2000, 2010, 1), (1990, 2020, 0), (2001, 2002, 3)]), "2001-2002:3");
    }

    #[test]
    fn neighbours_that_say_the_same_are_one() {
        assert_eq!(left(&[(2000, 2005, 1), (2005, 2010, 1)]), "2000-2010:1");
        assert_eq!(left(&[(2000, 2010, 1), (2003, 2005, 1)]), "2000-2010:1");
        assert_eq!(left(&[(2000, 2005, 1), (2005, 2010, 2)]), "2000-2005:1 2005-2010:2");
    }
}
