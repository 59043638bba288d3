//! The trace, written while computing.
//!
//! A rule reads values of law with [`Trace::get`] and facts with [`Trace::see`]; what was read
//! since the last step belongs to the step written next, so no step can forget what it rests on.
//! In bulk the same body runs with [`Off`], where all of this compiles to nothing but the mark
//! whether an unsourced value was used.

use crate::facts::Cell;
use crate::settings::Value;
use jorei_domain::basis::State;
use jorei_domain::trace::{FactRead, LawRead, Lost, StepNumber, Val, Writer};

/// Where a rule's body writes how it came to its answer.
pub trait Trace<'a> {
    #[doc(hidden)]
    fn pen(&mut self) -> Option<&mut Pen<'a>>;

    #[doc(hidden)]
    fn mark_provisional(&mut self);

    /// Is what came so far provisional?
    fn is_provisional(&self) -> bool;

    /// Reads a value of law.
    #[inline]
    fn get<T: Copy + Into<Val<'a>>>(&mut self, value: &'a Value<T>) -> T {
        self.get_as(value, |v| (*v).into())
    }

    /// Reads a value of law that is shown in another form than its own.
    #[inline]
    fn get_as<T: Copy>(&mut self, value: &'a Value<T>, shown: impl FnOnce(&T) -> Val<'a>) -> T {
        if value.state().is_provisional() {
            self.mark_provisional();
        }
        if let Some(pen) = self.pen() {
            let (key, article) = (value.key().into(), value.article().into());
            pen.law.push(LawRead { key, value: shown(value.peek()), state: value.state(), article });
        }
        *value.peek()
    }

    /// Reads national law that the rule itself carries.
    #[inline]
    fn law<T: Copy + Into<Val<'a>>>(&mut self, key: &'static str, value: T, state: State, article: &'static str) -> T {
        if state.is_provisional() {
            self.mark_provisional();
        }
        if let Some(pen) = self.pen() {
            pen.law.push(LawRead { key: key.into(), value: value.into(), state, article: article.into() });
        }
        value
    }

    /// Reads a value of law that is not a [`Value`] of its own, as a bound of a row ([`crate::rows`]).
    #[inline]
    fn read_law(&mut self, key: &'a str, value: Val<'a>, state: State, article: &'a str) {
        if state.is_provisional() {
            self.mark_provisional();
        }
        if let Some(pen) = self.pen() {
            pen.law.push(LawRead { key: key.into(), value, state, article: article.into() });
        }
    }

    /// Reads a fact.
    #[inline]
    fn see<T>(&mut self, cell: Cell<T>) -> T {
        if let Some(pen) = self.pen() {
            pen.facts.push(FactRead { kind: cell.kind.name().into(), column: cell.column.into(), row: cell.row });
        }
        cell.value
    }

    /// The answer rests on a fact that is not settled (an income still asked for): provisional.
    #[inline]
    fn unsettled(&mut self) {
        self.mark_provisional();
    }

    /// Begins a step; the steps until [`Trace::close`] lie below it.
    #[inline]
    fn open(&mut self, label: &'a str) -> Open {
        match self.pen() {
            Some(pen) => {
                let step = pen.writer.open(label);
                pen.settle(step);
                Open(Some(step))
            }
            None => Open(None),
        }
    }

    /// Ends a step with its value.
    #[inline]
    fn close(&mut self, open: Open, value: impl Into<Val<'a>>) -> Step<'_, 'a> {
        match (open.0, self.pen()) {
            (Some(step), Some(pen)) => {
                pen.writer.close(step, value.into());
                pen.settle(step);
                Step(Some((pen, step)))
            }
            _ => Step(None),
        }
    }

    /// A step without steps below it.
    #[inline]
    fn note(&mut self, label: &'a str, value: impl Into<Val<'a>>) -> Step<'_, 'a> {
        let open = self.open(label);
        self.close(open, value)
    }
}

/// A step that is open.
#[derive(Debug)]
#[must_use = "close the step with its value"]
pub struct Open(Option<StepNumber>);

/// A written step, to say more about.
pub struct Step<'n, 'a>(Option<(&'n mut Pen<'a>, StepNumber)>);

impl<'a> Step<'_, 'a> {
    /// The article of law that the step applies.
    #[inline]
    pub fn article(self, article: &'a str) -> Self {
        self.with(|pen, step| pen.writer.article(step, article))
    }

    /// The key of its formula.
    #[inline]
    pub fn formula(self, formula: &'a str) -> Self {
        self.with(|pen, step| pen.writer.formula(step, formula))
    }

    /// A candidate that lost, what it would have given, and the key of the reason.
    #[inline]
    pub fn lost(self, label: &'static str, value: impl Into<Val<'a>>, reason: &'static str) -> Self {
        self.with(|pen, step| pen.writer.lost(step, Lost { label: label.into(), value: value.into(), reason: reason.into() }))
    }

    #[inline]
    fn with(mut self, write: impl FnOnce(&mut Pen<'a>, StepNumber)) -> Self {
        if let Some((pen, step)) = &mut self.0 {
            write(pen, *step);
        }
        self
    }
}

#[doc(hidden)]
pub struct Pen<'a> {
    writer: Writer<'a>,
    law: Vec<LawRead<'a>>,
    facts: Vec<FactRead<'a>>,
}

impl Pen<'_> {
    /// What was read since the last step belongs to this one.
    fn settle(&mut self, step: StepNumber) {
        for read in self.law.drain(..) {
            self.writer.law(step, read);
        }
        for read in self.facts.drain(..) {
            self.writer.fact(step, read);
        }
    }
}

/// Writes everything.
pub struct On<'a> {
    pen: Pen<'a>,
    provisional: bool,
}

impl<'a> On<'a> {
    /// An empty trace.
    pub fn new() -> On<'a> {
        On {
            pen: Pen { writer: Writer::with_capacity(128), law: Vec::with_capacity(8), facts: Vec::with_capacity(32) },
            provisional: false,
        }
    }

    /// The canonical bytes.
    pub fn finish(mut self) -> Vec<u8> {
        // Reads after the last step (a refusal's ground) still belong into the trace.
        if !(self.pen.law.is_empty() && self.pen.facts.is_empty()) {
            let _ = self.note("read_last", Val::Nothing);
        }
        self.pen.writer.finish()
    }
}

impl Default for On<'_> {
    fn default() -> Self {
        On::new()
    }
}

impl<'a> Trace<'a> for On<'a> {
    #[inline]
    fn pen(&mut self) -> Option<&mut Pen<'a>> {
        Some(&mut self.pen)
    }
    fn mark_provisional(&mut self) {
        self.provisional = true;
    }
    fn is_provisional(&self) -> bool {
        self.provisional
    }
}

/// Writes nothing, but knows whether an unsourced value was used.
#[derive(Default)]
pub struct Off {
    provisional: bool,
}

impl<'a> Trace<'a> for Off {
    #[inline(always)]
    fn pen(&mut self) -> Option<&mut Pen<'a>> {
        None
    }
    #[inline(always)]
    fn mark_provisional(&mut self) {
        self.provisional = true;
    }
    fn is_provisional(&self) -> bool {
        self.provisional
    }
}
