//! The acts of a year laid over each other: which of them count (Act art. 110-2), and what each changes in the
//! instalments. What is due already keeps what it bears, an exemption aside.

use crate::InstalmentFacts;
use crate::national;
use crate::ordinance::Remainder;
use crate::outcome::{ActRow, Standing};
use crate::pension::{Pension, Stop};
use crate::schedule::{Cut, Instalment, PROVISIONAL, Schedule};
use jorei_sdk::*;

/// An assessment, correction or exemption as the host tells it.
struct Act<'a> {
    row: facts::Row<'a, facts::Assessments>,
    number: i64,
    on: Date,
}

/// The year while acts are laid over each other.
pub(crate) struct Year {
    pub(crate) schedule: Schedule,
    /// The premium after exemptions as last accepted; none before the first act.
    pub(crate) premium: Option<Yen>,
    pension: Option<Pension>,
    /// An end of deduction that was not yet carried out.
    pending: Option<Stop>,
    first_due: Date,
    limit_years: i32,
}

impl Year {
    /// The year before its first act: the deductions that go on as in February.
    pub(crate) fn opening<'a, T: Trace<'a>>(
        schedule: Schedule,
        pension: Option<Pension>,
        limit_years: i32,
        t: &mut T,
    ) -> Result<Year, Refusal> {
        let first_due = schedule.first_due();
        let pending = pension.and_then(|pension| pension.stop);
        let mut year = Year { schedule, premium: None, pension, pending, first_due, limit_years };
        if let Some(february) = pension.and_then(|pension| pension.february) {
            let cut = Cut { unit: 1, remainder: Remainder::First, minimum: 0 };
            for place in year.schedule.places(is_provisional) {
                year.schedule.add(&[place], february, cut)?;
            }
            t.note("provisional_deduction", february.times(PROVISIONAL)?).formula("as_in_february");
        }
        Ok(year)
    }

    /// Lays every act of the case over the year, in order of their numbers.
    ///
    /// # Errors
    /// `assessment_twice`, `assessments_out_of_order`, `assessment_incomplete`, `exempted_more_than_owed`,
    /// `holidays_not_published`.
    pub(crate) fn acts<'a, T: Trace<'a>>(&mut self, case: &Case<'a, InstalmentFacts>, t: &mut T) -> Result<Vec<ActRow>, Refusal> {
        let mut acts: Vec<Act<'a>> =
            case.rows(|facts| &facts.assessments).map(|row| Act { row, number: row.number().peek(), on: row.on().peek() }).collect();
        acts.sort_by_key(|act| act.number);
        for pair in acts.windows(2) {
            if pair[0].number == pair[1].number {
                return Err(Refusal::fact_impossible("assessment_twice").with("number", pair[0].number));
            }
            if pair[1].on < pair[0].on {
                return Err(Refusal::fact_impossible("assessments_out_of_order").with("number", pair[1].number).with("on", pair[1].on));
            }
        }
        let mut rows = Vec::with_capacity(acts.len());
        for act in &acts {
            if let Some(stop) = self.pending.filter(|stop| stop.on <= act.on) {
                self.stop(stop, if stop.arranged { stop.on } else { act.on }, t)?;
            }
            rows.push(self.act(act, t)?);
        }
        if let Some(stop) = self.pending {
            self.stop(stop, stop.on, t)?;
        }
        Ok(rows)
    }

    fn act<'a, T: Trace<'a>>(&mut self, act: &Act<'a>, t: &mut T) -> Result<ActRow, Refusal> {
        let open = t.open("act");
        t.see(act.row.number());
        t.note("number", act.number);
        t.see(act.row.on());
        t.note("decided_on", act.on);
        let missing = || Refusal::fact_missing("assessment_incomplete").with("number", act.number);
        let total = t.see(act.row.total_yen()).ok_or_else(missing)?;
        let exempted = t.see(act.row.exempted_yen()).ok_or_else(missing)?;
        let target = total.minus(exempted)?;
        if target < Yen::ZERO || exempted < Yen::ZERO {
            return Err(Refusal::fact_impossible("exempted_more_than_owed").with("number", act.number));
        }
        t.note("premium_after_exemptions", target).formula("total_less_exempted");
        // Act art. 110-2 para. 1: what could be charged only later counts from that day.
        let counted_from = t.see(act.row.liable_from()).map_or(self.first_due, |day| day.max(self.first_due));
        let limit_on = national::limit_on(counted_from, self.limit_years);
        t.note("limit_on", limit_on).article("Act art. 110-2 para. 1").formula("years_after_first_due");
        let reduces = self.premium.is_some_and(|premium| target < premium);
        let standing = if act.on < limit_on {
            Standing::Timely
        } else if t.see(act.row.loss_found_late()) && reduces {
            Standing::Excepted
        } else {
            Standing::Barred
        };
        let article = if standing == Standing::Excepted { "Act art. 110-2 para. 2" } else { "Act art. 110-2 para. 1" };
        t.note("standing", Val::Word(standing.word())).article(article);
        if standing != Standing::Barred {
            if t.see(act.row.provisional()) {
                t.unsettled();
            }
            match self.premium {
                None => self.first(target, act.on, t)?,
                Some(premium) => self.change(premium, target, act, t)?,
            }
            self.premium = Some(target);
        }
        t.close(open, self.premium.unwrap_or(Yen::ZERO));
        Ok(ActRow { number: act.number, standing, limit_on })
    }

    /// The first act of the year: over the instalments that are open on its day, or to the deductions.
    fn first<'a, T: Trace<'a>>(&mut self, target: Yen, on: Date, t: &mut T) -> Result<(), Refusal> {
        let provisional = self.schedule.sum(|_| true)?;
        if target < provisional {
            return self.decrease(provisional.minus(target)?, None, on, t);
        }
        let rest = target.minus(provisional)?;
        t.note("to_spread", rest);
        if let (Some(pension), Some(rule)) = (self.pension.filter(|_| self.is_deducted(on)), self.schedule.pension) {
            let deductions = self.schedule.places(|row| is_main(row) && self.schedule.is_open(row, on));
            let (deducted, early) = match pension.february {
                Some(_) => (rest, Vec::new()),
                None => self.first_year(&pension, rest, on, &deductions, rule.cut.unit)?,
            };
            let largest = rule.cut.largest(deducted, deductions.len());
            let split = pension.february.is_some() || !early.is_empty();
            if !deductions.is_empty() && split && pension.bears(Yen::checked(largest)?)? {
                t.note("deducted", deducted).article("Act art. 76-3").formula("equal_parts");
                self.schedule.add(&deductions, deducted, rule.cut)?;
                let ordinary = self.schedule.ordinary.cut;
                return Ok(self.schedule.add(&early, rest.minus(deducted)?, ordinary)?);
            }
        }
        self.increase(rest, on, t)
    }

    /// In the first year of deduction a share of the premium is deducted from October, and the ordinary
    /// instalments before it bear the rest. All three deductions and one instalment must still be open.
    fn first_year(&self, pension: &Pension, rest: Yen, on: Date, deductions: &[usize], unit: i64) -> Result<(Yen, Vec<usize>), Refusal> {
        let Some(first) = deductions.first().filter(|_| deductions.len() == PROVISIONAL as usize) else { return Ok((rest, Vec::new())) };
        let begin = self.schedule.rows[*first].due;
        let early = self.schedule.places(|row| row.is_ordinary() && row.due < begin && self.schedule.is_open(row, on));
        let unit = Rounding::checked(unit, Direction::Down)?;
        Ok((pension.first_year_share.of(rest)?.round(unit)?, early))
    }

    /// A later act: only the difference moves, and only in what is still open.
    fn change<'a, T: Trace<'a>>(&mut self, premium: Yen, target: Yen, act: &Act<'a>, t: &mut T) -> Result<(), Refusal> {
        if target > premium {
            return self.increase(target.minus(premium)?, act.on, t);
        }
        if target == premium {
            t.note("unchanged", target);
            return Ok(());
        }
        let exemption = t.see(act.row.act()) == facts::AssessmentAct::Exemption;
        let open_from = exemption.then(|| t.see(act.row.open_from()));
        self.decrease(premium.minus(target)?, open_from, act.on, t)
    }

    fn increase<'a, T: Trace<'a>>(&mut self, amount: Yen, on: Date, t: &mut T) -> Result<(), Refusal> {
        let open = self.schedule.places(|row| row.is_ordinary() && self.schedule.is_open(row, on)).len() as i64;
        t.note("open_instalments", open);
        self.schedule.increase(amount, on)?;
        t.note("added", amount).formula(if open > 0 { "equal_parts" } else { "late_instalment" });
        Ok(())
    }

    /// Lowers the instalments still open; with `open_from` those due on that day or later, though they may be
    /// due before the decision: an instalment can be applied for up to its due date.
    fn decrease<'a, T: Trace<'a>>(&mut self, amount: Yen, open_from: Option<Date>, on: Date, t: &mut T) -> Result<(), Refusal> {
        let cut = self.schedule.ordinary.cut;
        let left = match open_from {
            Some(day) => {
                t.note("open_from", day);
                let places = self.schedule.places(|row| day <= row.due);
                self.schedule.take(&places, amount, cut)?
            }
            None => {
                let ordinary = self.schedule.places(|row| row.is_ordinary() && self.schedule.is_open(row, on));
                let deductions = self.schedule.places(|row| !row.is_ordinary() && self.schedule.is_open(row, on));
                let left = self.schedule.take(&ordinary, amount, cut)?;
                self.schedule.take(&deductions, left, self.schedule.pension.map_or(cut, |rule| rule.cut))?
            }
        };
        t.note("taken_off", amount.minus(left)?).formula("equal_parts");
        if left > Yen::ZERO {
            t.note("over", left).formula("billed_too_much");
            self.schedule.over = self.schedule.over.plus(left)?;
        }
        Ok(())
    }

    /// Ends deduction: what would have been deducted from that day on goes to ordinary collection; while
    /// nothing was assessed it is simply not deducted.
    fn stop<'a, T: Trace<'a>>(&mut self, stop: Stop, on: Date, t: &mut T) -> Result<(), Refusal> {
        self.pending = None;
        let places = self.schedule.places(|row| !row.is_ordinary() && stop.on <= row.due);
        let mut moved = Yen::ZERO;
        for place in places {
            let row = &mut self.schedule.rows[place];
            moved = moved.plus(row.amount)?;
            row.amount = Yen::ZERO;
        }
        let open = t.open("deduction_ended");
        t.note("deduction_stops", stop.on);
        if self.premium.is_some() && moved > Yen::ZERO {
            self.increase(moved, on, t)?;
        }
        t.close(open, moved).article("Act art. 76-3");
        Ok(())
    }

    /// Does deduction still go on, as far as was known by that day?
    fn is_deducted(&self, on: Date) -> bool {
        let stop = self.pension.and_then(|pension| pension.stop);
        stop.is_none_or(|stop| on < stop.on)
    }
}

/// One of April, June and August?
pub(crate) fn is_provisional(row: &Instalment) -> bool {
    !row.is_ordinary() && row.number <= PROVISIONAL
}

/// One of October, December and February?
fn is_main(row: &Instalment) -> bool {
    !row.is_ordinary() && row.number > PROVISIONAL
}
