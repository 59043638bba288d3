//! Decision tables as rows of an ordinance: each row is a conjunction of conditions over facts that the
//! rule declares, with what it gives. So a municipality writes its own table as data, and nobody writes code.
//!
//! ```toml
//! rows = [
//!   { when = ["income_fall >= 40%", "income_fall < 60%"], rate = "20%" },
//!   { when = ["income_fall >= 60%", "cause in [1, 2]"], rate = "30%" },
//! ]
//! ```
//!
//! A rule offers [`Axis`]es and reads the texts with [`Condition::parse`]. [`examine`] looks at a table
//! before it is ever used: it cuts each axis at every bound, so that within a cell all conditions answer
//! alike, and walks through the cells. What it finds (a gap, an overlap, a row that can never match) is
//! therefore exact, and comes with an example that shows it. [`Row::tried`] evaluates a row while deciding and leaves the row
//! and its conditions in the trace, whether it matched or not.
//!
//! *Absent here:* what a row gives (the rule's own type), and any dependence between axes: a combination of
//! facts that can never occur together counts as possible.

use crate::texts::Text;
use crate::trace::Trace;
use jorei_domain::basis::State;
use jorei_domain::calendar::Date;
use jorei_domain::money::{Rate, Yen};
use jorei_domain::trace::Val;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt::Write as _;

/// The most cells that [`examine`] walks through; beyond it a table must be split.
pub const MOST_CELLS: usize = 10_000;

/// An exact number on an axis: a whole number, a packed date, a code, 0 or 1 for a flag, or a fraction.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Number {
    num: i64,
    den: i64,
}

impl Number {
    /// A whole number.
    pub const fn whole(number: i64) -> Number {
        Number { num: number, den: 1 }
    }

    /// A fraction in lowest terms; none for a denominator below 1.
    pub fn fraction(num: i64, den: i64) -> Option<Number> {
        if den < 1 {
            return None;
        }
        let (mut a, mut b) = (num.unsigned_abs(), den.unsigned_abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        // Beyond i64 only for i64::MIN over 1, which stays as it is.
        let divisor = i64::try_from(a.max(1)).unwrap_or(1);
        Some(Number { num: num / divisor, den: den / divisor })
    }

    /// A rate.
    pub fn rate(rate: Rate) -> Number {
        Number::fraction(rate.num(), rate.den()).unwrap_or(Number::whole(0))
    }

    /// The numerator in lowest terms; the number itself where it is whole.
    pub const fn numerator(self) -> i64 {
        self.num
    }

    /// A number strictly between two fractions: that with the sums of their terms.
    fn between(low: Number, high: Number) -> Number {
        Number::fraction(low.num + high.num, low.den + high.den).unwrap_or(low)
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Number) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Number {}
impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Number {
    fn cmp(&self, other: &Number) -> Ordering {
        (i128::from(self.num) * i128::from(other.den)).cmp(&(i128::from(other.num) * i128::from(self.den)))
    }
}

/// What the numbers of an axis are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Scale {
    /// Whole yen.
    Yen,
    /// A whole number of the unit, as people write it after the number in Japanese (人, 歳).
    Count(&'static str),
    /// A date.
    Date,
    /// An exact fraction, written as a rate ("40%", "3/10"). Between two there is always another.
    Share,
    /// Yes or no, written true and false.
    Flag,
    /// A number of a list: equal or not, but never more or less. With all its numbers where the rule knows them.
    Code(Option<&'static [i64]>),
}

/// A fact that rows may ask for.
#[derive(Clone, Copy, Debug)]
pub struct Axis {
    /// Its name in conditions, and its key in traces.
    pub key: &'static str,
    /// For officials; a condition may use it in place of the key.
    pub ja: &'static str,
    /// For engineers.
    pub en: &'static str,
    /// Its numbers.
    pub scale: Scale,
    /// The least there is. A bound below it is refused. Not looked at for codes.
    pub least: Number,
    /// The most there is.
    pub most: Number,
    /// From which records it is computed, and how.
    pub source: &'static str,
}

impl Axis {
    /// The number as a person reads it, in Japanese.
    pub fn ja_text(&self, number: Number) -> String {
        match self.scale {
            Scale::Yen => format!("{}円", yen(number)),
            Scale::Count(unit) => format!("{}{unit}", number.num),
            Scale::Flag => if number.num == 1 { "該当" } else { "非該当" }.into(),
            _ => self.text(number),
        }
    }

    /// The number as conditions write it.
    pub fn text(&self, number: Number) -> String {
        match self.scale {
            Scale::Yen => yen(number),
            Scale::Date => Date::from_packed(number.num).map_or_else(|_| number.num.to_string(), |date| date.to_string()),
            Scale::Share => {
                Rate::checked(number.num, number.den).map_or_else(|_| format!("{}/{}", number.num, number.den), |r| r.to_string())
            }
            Scale::Flag => (number.num == 1).to_string(),
            Scale::Count(_) | Scale::Code(_) => number.num.to_string(),
        }
    }

    /// The number as a trace shows it.
    pub fn shown<'a>(&self, number: Number) -> Val<'a> {
        match self.scale {
            Scale::Yen => Yen::checked(number.num).map_or(Val::Count(number.num), Val::Yen),
            Scale::Date => Date::from_packed(number.num).map_or(Val::Count(number.num), Val::Date),
            Scale::Share => Rate::checked(number.num, number.den).map_or(Val::Exact(number.num, number.den), Val::Rate),
            Scale::Flag => Val::Flag(number.num == 1),
            Scale::Count(_) | Scale::Code(_) => Val::Count(number.num),
        }
    }

    /// Reads a number as conditions write it: `5_000_000`, `80%`, `4/5`, `2025-01-06`, `true`.
    fn number(&self, text: &str) -> Result<Number, String> {
        let whole = || text.replace(['_', ','], "").parse::<i64>().ok().map(Number::whole);
        let (found, form) = match self.scale {
            Scale::Yen => (whole(), "whole yen (5_000_000)"),
            Scale::Count(_) | Scale::Code(_) => (whole(), "a whole number"),
            Scale::Date => (Date::parse(text).ok().map(|date| Number::whole(date.packed())), "a date (2025-01-06)"),
            Scale::Share => (Rate::parse(text).ok().map(Number::rate), "a rate (80% or 4/5)"),
            Scale::Flag => (
                match text {
                    "true" => Some(Number::whole(1)),
                    "false" => Some(Number::whole(0)),
                    _ => None,
                },
                "true or false",
            ),
        };
        let number = found.ok_or_else(|| format!("`{text}` is no value of {} ({}); write {form}", self.key, self.ja))?;
        match self.scale {
            Scale::Code(Some(known)) if !known.contains(&number.num) => {
                let known: Vec<String> = known.iter().map(i64::to_string).collect();
                Err(format!("{} ({}) is never {text}; it is one of {}", self.key, self.ja, known.join(", ")))
            }
            Scale::Code(_) => Ok(number),
            _ if number < self.least || number > self.most => Err(format!(
                "{text} lies outside {} ({}), which goes from {} to {}",
                self.key,
                self.ja,
                self.text(self.least),
                self.text(self.most)
            )),
            _ => Ok(number),
        }
    }

    /// The next number, on an axis of whole numbers or dates.
    fn next(&self, number: Number) -> Number {
        match self.scale {
            Scale::Date => Date::from_packed(number.num).map_or(number, |date| Number::whole(date.tomorrow().packed())),
            _ => Number::whole(number.num.saturating_add(1)),
        }
    }
}

fn yen(number: Number) -> String {
    Yen::checked(number.num).map_or_else(|_| number.num.to_string(), |yen| yen.to_string())
}

/// What a condition asks of a number.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
enum Test {
    AtLeast(Number),
    Above(Number),
    AtMost(Number),
    Below(Number),
    OneOf(Vec<Number>),
    NoneOf(Vec<Number>),
}

impl Test {
    fn holds(&self, number: Number) -> bool {
        match self {
            Test::AtLeast(bound) => number >= *bound,
            Test::Above(bound) => number > *bound,
            Test::AtMost(bound) => number <= *bound,
            Test::Below(bound) => number < *bound,
            Test::OneOf(list) => list.contains(&number),
            Test::NoneOf(list) => !list.contains(&number),
        }
    }

    fn bounds(&self) -> &[Number] {
        match self {
            Test::AtLeast(bound) | Test::Above(bound) | Test::AtMost(bound) | Test::Below(bound) => std::slice::from_ref(bound),
            Test::OneOf(list) | Test::NoneOf(list) => list,
        }
    }

    /// The key under which a trace says what was asked.
    fn formula(&self) -> &'static str {
        match self {
            Test::AtLeast(_) => "asked_at_least",
            Test::Above(_) => "asked_above",
            Test::AtMost(_) => "asked_at_most",
            Test::Below(_) => "asked_below",
            Test::OneOf(_) => "asked_one_of",
            Test::NoneOf(_) => "asked_none_of",
        }
    }
}

/// One comparison or membership: `previous_income_yen <= 5_000_000`, `cause in [1, 2]`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Condition {
    axis: u16,
    test: Test,
}

impl Condition {
    /// Reads a condition: the key of an axis (or its Japanese name), one of `>=`, `>`, `<=`, `<`, `=`, `in`,
    /// `not in`, and a value or a list in brackets.
    ///
    /// # Errors
    /// What is wrong with the text: an unknown axis, a comparison that its numbers do not have, a value outside it.
    pub fn parse(axes: &[Axis], text: &str) -> Result<Condition, String> {
        // Longer signs first: `>=` begins with `>`.
        const SIGNS: [&str; 7] = [">=", "<=", " not in ", " in ", ">", "<", "="];
        let Some((sign, at)) = SIGNS.into_iter().find_map(|sign| Some((sign, text.find(sign)?))) else {
            return Err(format!("`{text}` is no condition; write a fact, one of >= > <= < = in, and a value"));
        };
        let (name, value) = (text[..at].trim(), text[at + sign.len()..].trim());
        let Some((index, axis)) = axes.iter().enumerate().find(|(_, axis)| axis.key == name || axis.ja == name) else {
            let known: Vec<&str> = axes.iter().map(|axis| axis.key).collect();
            return Err(format!("`{name}` is no fact that this rule offers; it offers {}", known.join(", ")));
        };
        let ordered = matches!(axis.scale, Scale::Yen | Scale::Count(_) | Scale::Date | Scale::Share);
        let sign = sign.trim();
        if !ordered && sign.starts_with(['<', '>']) {
            return Err(format!("{} ({}) has no order; write `{name} = …` or `{name} in […]`, not `{sign}`", axis.key, axis.ja));
        }
        let list = || {
            let inner = value.strip_prefix('[').and_then(|value| value.strip_suffix(']'));
            let inner = inner.ok_or_else(|| format!("`{value}` is no list; write {name} {sign} [1, 2]"))?;
            let mut list = inner.split(',').map(|item| axis.number(item.trim())).collect::<Result<Vec<Number>, String>>()?;
            list.sort_unstable();
            list.dedup();
            Ok::<_, String>(list)
        };
        let test = match sign {
            ">=" => Test::AtLeast(axis.number(value)?),
            "<=" => Test::AtMost(axis.number(value)?),
            ">" => Test::Above(axis.number(value)?),
            "<" => Test::Below(axis.number(value)?),
            "=" => Test::OneOf(vec![axis.number(value)?]),
            "in" => Test::OneOf(list()?),
            _ => Test::NoneOf(list()?),
        };
        Ok(Condition { axis: u16::try_from(index).unwrap_or(u16::MAX), test })
    }

    /// The same of a date known already: on it or later.
    pub fn from_date(axis: usize, date: Date) -> Condition {
        Condition { axis: u16::try_from(axis).unwrap_or(u16::MAX), test: Test::AtLeast(Number::whole(date.packed())) }
    }

    /// Before a date.
    pub fn until_date(axis: usize, date: Date) -> Condition {
        Condition { axis: u16::try_from(axis).unwrap_or(u16::MAX), test: Test::Below(Number::whole(date.packed())) }
    }

    /// Which of the axes.
    pub fn axis(&self) -> usize {
        usize::from(self.axis)
    }

    /// Does it hold of the number?
    pub fn holds(&self, number: Number) -> bool {
        self.test.holds(number)
    }

    /// As a person reads it, in Japanese.
    fn ja_text(&self, axes: &[Axis]) -> String {
        let axis = &axes[self.axis()];
        let bounds = || self.test.bounds().iter().map(|bound| axis.ja_text(*bound)).collect::<Vec<_>>().join("・");
        let after = match self.test {
            Test::AtLeast(_) => "以上",
            Test::Above(_) => "超",
            Test::AtMost(_) => "以下",
            Test::Below(_) => "未満",
            Test::OneOf(_) => "",
            Test::NoneOf(_) => "以外",
        };
        format!("{} {}{after}", axis.ja, bounds())
    }
}

/// One row: all of its conditions, and what it gives.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row<G> {
    /// Its number in the ordinance, from 1; 0 for the conditions that the whole table requires.
    pub number: i64,
    /// All must hold.
    pub when: Vec<Condition>,
    /// What it gives.
    pub gives: G,
    state: State,
    article: Text,
}

impl<G> Row<G> {
    /// A row with article and state.
    pub fn new(number: i64, when: Vec<Condition>, gives: G, article: &str, state: State) -> Row<G> {
        Row { number, when, gives, state, article: Text::of(article) }
    }

    /// The article that fixes it.
    pub fn article(&self) -> &str {
        self.article.get()
    }

    /// How well it is known.
    pub fn state(&self) -> State {
        self.state
    }

    /// Does every condition hold? Asks for no more numbers than it takes to say no. Leaves no trace.
    ///
    /// # Errors
    /// Those of `number`.
    pub fn matches<E>(&self, mut number: impl FnMut(usize) -> Result<Number, E>) -> Result<bool, E> {
        for condition in &self.when {
            if !condition.holds(number(condition.axis())?) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// As [`Row::matches`], and writes the step `label` with one step for each condition that was asked: the fact, what was
    /// asked of it, and of the first that failed that it failed.
    ///
    /// # Errors
    /// Those of `number`.
    pub fn tried<'a, T: Trace<'a>, E>(
        &'a self,
        axes: &'static [Axis],
        label: &'static str,
        t: &mut T,
        mut number: impl FnMut(usize, &mut T) -> Result<Number, E>,
    ) -> Result<bool, E> {
        let mut asked = Vec::with_capacity(self.when.len());
        for condition in &self.when {
            // The facts come first: how they were computed belongs before the row, not into it.
            let found = number(condition.axis(), t)?;
            asked.push(found);
            if !condition.holds(found) {
                break;
            }
        }
        let open = t.open(label);
        let mut matched = true;
        for (condition, found) in self.when.iter().zip(&asked) {
            let axis = &axes[condition.axis()];
            for bound in condition.test.bounds() {
                t.read_law(axis.key, axis.shown(*bound), self.state, self.article.get());
            }
            let holds = condition.holds(*found);
            let step = t.note(axis.key, axis.shown(*found)).formula(condition.test.formula());
            if !holds {
                let missed = match condition.test.bounds() {
                    [bound] => axis.shown(*bound),
                    _ => axis.shown(*found),
                };
                step.lost(axis.key, missed, "condition_failed");
                matched = false;
            }
        }
        // Number 0 is what a table requires, which is no row.
        let (value, formula) = match (self.number, matched) {
            (0, true) => (Val::Flag(true), "requirements_met"),
            (0, false) => (Val::Flag(false), "requirements_not_met"),
            (number, true) => (Val::Count(number), "row_matched"),
            (number, false) => (Val::Count(number), "row_not_matched"),
        };
        t.close(open, value).formula(formula).article(self.article.get());
        Ok(matched)
    }
}

/// What [`examine`] found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// The row it is about, by its place in the table; none where it is about the table.
    pub row: Option<usize>,
    /// What is wrong, with an example, and what to do.
    pub message: String,
}

/// A cell of an axis: everything between two neighbouring bounds, with one number of it.
type Cells = Vec<Number>;

/// One number for each cell of an axis, in order.
fn cells<'c>(axis: &Axis, conditions: impl Iterator<Item = &'c Condition>) -> Cells {
    if let Scale::Code(known) = axis.scale {
        let mut named: Vec<Number> = conditions.flat_map(|condition| condition.test.bounds().iter().copied()).collect();
        named.sort_unstable();
        named.dedup();
        let other = match known {
            Some(known) => known.iter().map(|code| Number::whole(*code)).find(|code| !named.contains(code)),
            // Any other code: the one after the last.
            None => Some(Number::whole(named.last().map_or(1, |last| last.num.saturating_add(1)))),
        };
        named.extend(other);
        return named;
    }
    if axis.scale == Scale::Share {
        return dense_cells(axis, conditions);
    }
    // Whole numbers: a cell begins at its first number.
    let mut starts = vec![axis.least];
    for condition in conditions {
        for bound in condition.test.bounds() {
            match condition.test {
                Test::AtLeast(_) | Test::Below(_) => starts.push(*bound),
                Test::Above(_) | Test::AtMost(_) => starts.push(axis.next(*bound)),
                Test::OneOf(_) | Test::NoneOf(_) => starts.extend([*bound, axis.next(*bound)]),
            }
        }
    }
    starts.sort_unstable();
    starts.dedup();
    starts.retain(|start| *start <= axis.most);
    starts
}

/// Points at the bounds and the open intervals between them.
fn dense_cells<'c>(axis: &Axis, conditions: impl Iterator<Item = &'c Condition>) -> Cells {
    let mut points = vec![axis.least, axis.most];
    points.extend(conditions.flat_map(|condition| condition.test.bounds().iter().copied()));
    points.sort_unstable();
    points.dedup();
    let mut cells = Vec::with_capacity(points.len() * 2);
    for pair in points.windows(2) {
        cells.extend([pair[0], Number::between(pair[0], pair[1])]);
    }
    cells.extend(points.last());
    cells
}

/// The axes of a table, cut; only cells in which what the table requires holds.
struct Grid<'a> {
    axes: &'a [Axis],
    /// Which axes, in the order in which the table names them.
    used: Vec<usize>,
    /// Their cells.
    cells: Vec<Cells>,
}

impl Grid<'_> {
    /// A cell as an example in both languages.
    fn example(&self, at: &[usize]) -> (String, String) {
        let (mut ja, mut en) = (String::new(), String::new());
        for ((axis, cells), at) in self.used.iter().zip(&self.cells).zip(at) {
            let (axis, number) = (&self.axes[*axis], cells[*at]);
            let _ = write!(ja, "{}{} {}", if ja.is_empty() { "" } else { "・" }, axis.ja, axis.ja_text(number));
            let _ = write!(en, "{}{} = {}", if en.is_empty() { "" } else { ", " }, axis.key, axis.text(number));
        }
        if ja.is_empty() {
            return ("すべての申請".into(), "any application".into());
        }
        (ja, en)
    }

    /// The next cell, or nothing after the last.
    fn advance(&self, at: &mut [usize]) -> bool {
        for (place, cells) in at.iter_mut().zip(&self.cells).rev() {
            *place += 1;
            if *place < cells.len() {
                return true;
            }
            *place = 0;
        }
        false
    }
}

/// Looks through a table: every combination of cells of the axes that it names, within what it `requires`.
///
/// Finds exactly: a row that contradicts itself, that lies outside what is required, or that rows before it cover
/// entirely; two rows of different result that meet; and, where it must be `complete`, a combination without a row.
/// Each with an example. What can never match is not looked at for overlaps.
pub fn examine<G: PartialEq>(axes: &[Axis], requires: &[Condition], rows: &[&Row<G>], complete: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut used: Vec<usize> = Vec::new();
    for condition in requires.iter().chain(rows.iter().flat_map(|row| &row.when)) {
        if !used.contains(&condition.axis()) {
            used.push(condition.axis());
        }
    }
    let all = |axis: usize| {
        let named = requires.iter().chain(rows.iter().flat_map(|row| &row.when)).filter(move |condition| condition.axis() == axis);
        cells(&axes[axis], named)
    };
    let required = |axis: usize, number: Number| requires.iter().all(|condition| condition.axis() != axis || condition.holds(number));
    let mut grid = Grid { axes, cells: Vec::with_capacity(used.len()), used };
    for axis in grid.used.clone() {
        let mut cells = all(axis);
        let one = cells.first().copied().unwrap_or(axes[axis].least);
        cells.retain(|number| required(axis, *number));
        if cells.is_empty() {
            let (ja, en) = (axes[axis].ja_text(one), axes[axis].text(one));
            findings.push(Finding {
                row: None,
                message: format!(
                    "「{}」の要件を満たす値がありません（例: {ja}も満たしません） / no value of {} meets what is required, for example {en} does not; correct `requires`",
                    axes[axis].ja, axes[axis].key
                ),
            });
        }
        grid.cells.push(cells);
    }
    if !findings.is_empty() {
        return findings;
    }
    let count = grid.cells.iter().try_fold(1_usize, |count, cells| count.checked_mul(cells.len())).filter(|count| *count <= MOST_CELLS);
    if count.is_none() {
        let sizes: Vec<String> =
            grid.used.iter().zip(&grid.cells).map(|(axis, cells)| format!("{} {}", axes[*axis].key, cells.len())).collect();
        return vec![Finding {
            row: None,
            message: format!(
                "表の組合せが{MOST_CELLS}を超え、検査できません。減免を分けてください / the table has more than {MOST_CELLS} combinations ({}); split it into several reliefs",
                sizes.join(" x ")
            ),
        }];
    }
    // Which cells of which axis a row takes in.
    let takes: Vec<Vec<Vec<bool>>> = rows
        .iter()
        .map(|row| {
            let of_axis = |(axis, cells): (&usize, &Cells)| {
                let holds = |number: &Number| row.when.iter().all(|condition| condition.axis() != *axis || condition.holds(*number));
                cells.iter().map(holds).collect()
            };
            grid.used.iter().zip(&grid.cells).map(of_axis).collect()
        })
        .collect();
    let mut alone = vec![false; rows.len()];
    let mut shadow: Vec<Option<(usize, Vec<usize>)>> = vec![None; rows.len()];
    let mut met: Vec<(usize, usize, Vec<usize>)> = Vec::new();
    let mut gap = None;
    let mut at = vec![0; grid.used.len()];
    loop {
        let mut first = None;
        let mut matching = Vec::new();
        for (i, takes) in takes.iter().enumerate() {
            if !takes.iter().zip(&at).all(|(cells, at)| cells[*at]) {
                continue;
            }
            match first {
                None => {
                    first = Some(i);
                    alone[i] = true;
                }
                Some(first) => {
                    shadow[i].get_or_insert_with(|| (first, at.clone()));
                }
            }
            matching.push(i);
        }
        for (n, later) in matching.iter().enumerate() {
            for earlier in &matching[..n] {
                if rows[*earlier].gives != rows[*later].gives && !met.iter().any(|(a, b, _)| (a, b) == (earlier, later)) {
                    met.push((*earlier, *later, at.clone()));
                }
            }
        }
        if first.is_none() {
            gap.get_or_insert_with(|| at.clone());
        }
        if !grid.advance(&mut at) {
            break;
        }
    }
    for (i, row) in rows.iter().enumerate().filter(|(i, _)| !alone[*i]) {
        findings.push(Finding { row: Some(i), message: never(&grid, requires, row, shadow[i].as_ref(), rows) });
    }
    for (earlier, later, at) in met.into_iter().filter(|(_, later, _)| alone[*later]) {
        let (ja, en) = grid.example(&at);
        let (a, b) = (rows[earlier].number, rows[later].number);
        findings.push(Finding {
            row: Some(later),
            message: format!(
                "{ja} のとき、行{a}と行{b}の両方に当てはまり、結果が違います / rows {a} and {b} both match and differ, for example {en}; move a bound of one"
            ),
        });
    }
    if complete && let Some(at) = gap {
        let (ja, en) = grid.example(&at);
        findings.push(Finding {
            row: None,
            message: format!("{ja} のとき、当てはまる行がありません / no row for {en}; add one, or say otherwise = \"none\""),
        });
    }
    findings
}

/// Why a row never matches: it contradicts itself, lies outside what is required, or comes too late.
fn never<G>(grid: &Grid<'_>, requires: &[Condition], row: &Row<G>, shadow: Option<&(usize, Vec<usize>)>, rows: &[&Row<G>]) -> String {
    let number = row.number;
    if let Some((first, at)) = shadow {
        let (ja, en) = grid.example(at);
        let first = rows[*first].number;
        return format!(
            "行{number}には決して当てはまりません。前の行がすべて先に当てはまります（例: {ja} は行{first}） / row {number} can never match: rows before it take all of it, for example {en} is row {first}; remove it or move a bound"
        );
    }
    for (axis, cells) in grid.used.iter().zip(&grid.cells) {
        let own: Vec<&Condition> = row.when.iter().filter(|condition| condition.axis() == *axis).collect();
        if cells.iter().any(|number| own.iter().all(|condition| condition.holds(*number))) {
            continue;
        }
        // A number that meets one of its conditions shows the other that it fails.
        let axis = &grid.axes[*axis];
        let every = cells_of_axis(grid, requires, row, axis);
        let example = every.iter().max_by_key(|number| own.iter().filter(|condition| condition.holds(**number)).count());
        let failing = |number: Number| {
            own.iter().copied().chain(requires.iter().filter(|c| grid.axes[c.axis()].key == axis.key)).find(move |c| !c.holds(number))
        };
        if let Some(example) = example
            && let Some(condition) = failing(*example)
        {
            return format!(
                "行{number}には決して当てはまりません（例: {} {} は「{}」を満たしません） / row {number} can never match: its conditions on {key} exclude each other or what is required, for example {key} = {}; correct a bound",
                axis.ja,
                axis.ja_text(*example),
                condition.ja_text(grid.axes),
                axis.text(*example),
                key = axis.key,
            );
        }
    }
    format!("行{number}には決して当てはまりません / row {number} can never match; remove it")
}

/// One number for each cell of an axis, those outside what is required too.
fn cells_of_axis<G>(grid: &Grid<'_>, requires: &[Condition], row: &Row<G>, axis: &Axis) -> Cells {
    cells(axis, requires.iter().chain(&row.when).filter(|condition| grid.axes[condition.axis()].key == axis.key))
}
