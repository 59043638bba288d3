//! One application: the facts that rows ask for, each computed when it is first asked for.

use crate::ExemptionFacts;
use crate::axes::Fact;
use jorei_sdk::facts::{Applications, IncomeState, Incomes, Membership, Row};
use jorei_sdk::rows::Number;
use jorei_sdk::*;

/// Order art. 29-7-2: leaving-reason codes of those who left work involuntarily, as in the premium rule.
const UNEMPLOYMENT_CODES: [i64; 9] = [11, 12, 21, 22, 23, 31, 32, 33, 34];

/// Why a fact has no number.
pub(crate) enum Stop {
    /// It is not known: what then holds, the ordinance says.
    Unknown(Unknown),
    /// The case is refused, whatever the ordinance says.
    Refused(Refusal),
}

/// A fact that is not known.
pub(crate) struct Unknown {
    /// The sentence for a clerk.
    pub(crate) label: &'static str,
    /// Whose, where it is somebody's.
    pub(crate) person: Option<usize>,
    /// Of which year, where it has one.
    pub(crate) year: Option<i32>,
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Stop {
        Stop::Refused(refusal)
    }
}

impl From<MoneyError> for Stop {
    fn from(error: MoneyError) -> Stop {
        Stop::Refused(error.into())
    }
}

fn unknown<T>(label: &'static str) -> Result<T, Stop> {
    Err(Stop::Unknown(Unknown { label, person: None, year: None }))
}

/// An application and what is known about its household.
pub(crate) struct Examination<'c, 'a> {
    pub(crate) case: &'c Case<'a, ExemptionFacts>,
    pub(crate) year: FiscalYear,
    pub(crate) application: Row<'a, Applications>,
    /// Whom it concerns, and the day of the application.
    pub(crate) person: usize,
    pub(crate) on: Date,
    known: [Option<Number>; crate::axes::FACTS.len()],
}

impl<'c, 'a> Examination<'c, 'a> {
    /// Of an application.
    pub(crate) fn of<T: Trace<'a>>(
        case: &'c Case<'a, ExemptionFacts>,
        year: FiscalYear,
        application: Row<'a, Applications>,
        t: &mut T,
    ) -> Self {
        let on = t.see(application.on());
        let person = usize::try_from(application.person().peek()).unwrap_or(usize::MAX);
        Examination { case, year, application, person, on, known: [None; crate::axes::FACTS.len()] }
    }

    /// The number of a fact; of a month (0 is April) where it differs by month.
    ///
    /// # Errors
    /// [`Stop`].
    pub(crate) fn number<T: Trace<'a>>(&mut self, fact: Fact, month: i32, t: &mut T) -> Result<Number, Stop> {
        if fact.is_monthly() {
            return self.of_month(fact, month, t);
        }
        if let Some(number) = self.known[fact.axis()] {
            return Ok(number);
        }
        let number = self.of_year(fact, t)?;
        self.known[fact.axis()] = Some(number);
        Ok(number)
    }

    /// Forgets the numbers found so far, so that the next asking writes how it came to them.
    pub(crate) fn forget(&mut self) {
        self.known = [None; crate::axes::FACTS.len()];
    }

    fn of_year<T: Trace<'a>>(&mut self, fact: Fact, t: &mut T) -> Result<Number, Stop> {
        let application = self.application;
        let amount = |cell: Cell<Option<Yen>>, label, t: &mut T| match t.see(cell) {
            Some(yen) if yen < Yen::ZERO => {
                Err(Stop::Refused(Refusal::fact_impossible("stated_amount_negative").with("column", label).with("yen", yen)))
            }
            Some(yen) => Ok(yen),
            None => unknown(label),
        };
        match fact {
            Fact::AppliedOn => Ok(Number::whole(self.on.packed())),
            Fact::Cause => t.see(application.cause_code()).map_or_else(|| unknown("cause_unknown"), |code| Ok(Number::whole(code))),
            Fact::CauseOn => t.see(application.cause_on()).map_or_else(|| unknown("cause_on_unknown"), |on| Ok(Number::whole(on.packed()))),
            Fact::PreviousIncome => Ok(Number::whole(self.previous_income(t)?.get())),
            Fact::CurrentIncome => Ok(Number::whole(amount(application.current_income_yen(), "current_income_unknown", t)?.get())),
            Fact::IncomeFall => {
                let previous = self.number(Fact::PreviousIncome, 0, t)?;
                let current = self.number(Fact::CurrentIncome, 0, t)?;
                // Whoever had nothing, and whoever has more than before, had no fall.
                let fall = share(yen_of(previous).less(yen_of(current)), yen_of(previous));
                t.note("income_fall", crate::axes::AXES[fact.axis()].shown(fall)).formula("fall_of_income");
                Ok(fall)
            }
            Fact::NonFarmIncome => Ok(Number::whole(amount(application.non_farm_income_yen(), "non_farm_income_unknown", t)?.get())),
            Fact::LossShare => {
                let loss = amount(application.loss_yen(), "loss_unknown", t)?;
                let normal = amount(application.normal_yen(), "normal_unknown", t)?;
                let insured = amount(application.insured_yen(), "insured_unknown", t)?;
                let own = loss.less(insured);
                if normal == Yen::ZERO || own > normal {
                    return Err(Refusal::fact_impossible("loss_above_normal").with("loss", own).with("normal", normal).into());
                }
                let loss = share(own, normal);
                t.note("loss_share", crate::axes::AXES[fact.axis()].shown(loss)).formula("share_of_loss");
                Ok(loss)
            }
            Fact::InsuredPersons => {
                let premium = self.case.rows(|facts| &facts.premiums).find(|row| row.year().peek() == i64::from(self.year.year()));
                premium.map_or_else(|| unknown("premium_unknown"), |row| Ok(Number::whole(t.see(row.insured_persons()))))
            }
            Fact::ReductionLevel => {
                let premium = self.case.rows(|facts| &facts.premiums).find(|row| row.year().peek() == i64::from(self.year.year()));
                premium.map_or_else(|| unknown("premium_unknown"), |row| Ok(Number::whole(t.see(row.reduction_level()))))
            }
            Fact::Minors => self.minors(t),
            Fact::Age => self.age(t),
            Fact::DetentionOver => {
                let mut over = self.on >= self.year.end();
                if !over {
                    let mut stays = 0;
                    let mut ended = 0;
                    for stay in self.stays() {
                        stays += 1;
                        ended += i64::from(t.see(stay.until()).is_some_and(|until| until <= self.on));
                    }
                    over = stays > 0 && stays == ended;
                }
                Ok(flag(over))
            }
            Fact::DetentionCertified => {
                let (mut stays, mut seen) = (0, 0);
                for stay in self.stays() {
                    stays += 1;
                    seen += i64::from(t.see(stay.certified()));
                }
                Ok(flag(stays > 0 && stays == seen))
            }
            Fact::FormerDependant | Fact::FromSociety | Fact::MonthOfMembership | Fact::AllFormerDependants | Fact::Detained => {
                self.of_month(fact, 0, t)
            }
        }
    }

    fn of_month<T: Trace<'a>>(&self, fact: Fact, month: i32, t: &mut T) -> Result<Number, Stop> {
        match fact {
            Fact::Detained => {
                let mut detained = false;
                for stay in self.stays() {
                    let first = self.year.month_of(t.see(stay.from()));
                    // To the month before release; one that lasts goes on.
                    let end = t.see(stay.until()).map_or(12, |until| self.year.month_of(until));
                    detained |= first <= month && month < end;
                }
                Ok(flag(detained))
            }
            Fact::FormerDependant => Ok(flag(self.dependant(self.person, month, t).is_some())),
            Fact::AllFormerDependants => {
                let mut all = true;
                for row in self.case.rows(|facts| &facts.premium_persons).filter(|row| row.year().peek() == i64::from(self.year.year())) {
                    let insured = t.see(row.insured_months());
                    let insured = Months::from_bits(u16::try_from(insured).unwrap_or(0)).has(month);
                    let person = usize::try_from(row.person().peek()).unwrap_or(usize::MAX);
                    all &= !insured || self.dependant(person, month, t).is_some_and(|(_, society)| !society);
                }
                Ok(flag(all))
            }
            Fact::FromSociety => {
                self.dependant(self.person, month, t).map_or_else(|| unknown("former_dependant_unknown"), |(_, society)| Ok(flag(society)))
            }
            _ => match self.dependant(self.person, month, t) {
                Some((joined, _)) => Ok(Number::whole(i64::from(month - self.year.month_of(joined) + 1))),
                None => unknown("former_dependant_unknown"),
            },
        }
    }

    /// The day of joining of a former dependant in a month, and whether from a society.
    fn dependant<T: Trace<'a>>(&self, person: usize, month: i32, t: &mut T) -> Option<(Date, bool)> {
        let covers = |row: &Row<'a, facts::FormerDependants>| {
            let until = row.until().peek().map_or(i32::MAX, |until| self.year.month_of(until));
            row.person().peek() == person as i64 && self.year.month_of(row.from().peek()) <= month && month < until
        };
        let row = self.case.rows(|facts| &facts.former_dependants).find(covers)?;
        t.see(row.until());
        Some((t.see(row.from()), t.see(row.from_society())))
    }

    /// Stays of the person that reach into the year.
    fn stays(&self) -> impl Iterator<Item = Row<'a, facts::Detention>> + use<'a> {
        let (person, year) = (self.person as i64, self.year);
        let reaches = move |stay: &Row<'a, facts::Detention>| {
            stay.person().peek() == person
                && stay.from().peek() < year.end()
                && stay.until().peek().is_none_or(|until| until > year.first_day())
        };
        self.case.rows(|facts| &facts.detention).filter(reaches)
    }

    /// Total income of head and insured persons on the day of the application, of the calendar year before the fiscal year.
    fn previous_income<T: Trace<'a>>(&self, t: &mut T) -> Result<Yen, Stop> {
        let open = t.open("previous_income_yen");
        t.note("income_year", i64::from(self.year.year() - 1));
        let head = head(self.case, self.on)?;
        let mut sum = Yen::ZERO;
        for person in 0..self.case.rows(|facts| &facts.persons).len() {
            if person != head && !self.is_insured(person) {
                continue;
            }
            let income = self.total_income(person, t)?;
            t.note(if person == head { "income_of_head" } else { "income_of_insured" }, income);
            sum = sum.plus(income)?;
        }
        t.close(open, sum).formula("sum_over_persons");
        Ok(sum)
    }

    /// A person's total income (総所得金額等), whole yen, not below nil.
    fn total_income<T: Trace<'a>>(&self, person: usize, t: &mut T) -> Result<Yen, Stop> {
        let year = self.year.year() - 1;
        let missing = |label| Err(Stop::Unknown(Unknown { label, person: Some(person), year: Some(year) }));
        let mut rows = self
            .case
            .rows(|facts| &facts.incomes)
            .filter(|row| row.person().peek() == person as i64 && row.year().peek() == i64::from(year));
        let Some(row) = rows.next() else {
            let born_later =
                self.case.rows(|facts| &facts.persons).nth(person).is_some_and(|row| t.see(row.birth_earliest()).year() > year);
            return if born_later { Ok(Yen::ZERO) } else { missing("income_unknown") };
        };
        if rows.next().is_some() {
            return Err(Refusal::fact_impossible("incomes_twice").with("person", person + 1).with("year", year).into());
        }
        match t.see(row.state()) {
            IncomeState::Known => total_of(row, t)?.map_or_else(|| missing("income_not_converted"), Ok),
            IncomeState::NotRequired => Ok(Yen::ZERO),
            IncomeState::Undeclared => missing("income_undeclared"),
            IncomeState::Pending => missing("income_pending"),
            IncomeState::Unknown => missing("income_unknown"),
        }
    }

    /// Members of the household on the day of the application up to the 31 March after they reach 18.
    fn minors<T: Trace<'a>>(&self, t: &mut T) -> Result<Number, Stop> {
        let mut minors = 0;
        for (person, row) in self.case.rows(|facts| &facts.persons).enumerate() {
            let member = self.case.rows(|facts| &facts.membership).any(|row| {
                row.person().peek() == person as i64
                    && row.from().peek() <= self.on
                    && row.until().peek().is_none_or(|until| self.on < until)
            });
            if !member {
                continue;
            }
            let first = self.year.first_day();
            let (older, younger) = (t.see(row.birth_earliest()).reaches(18) >= first, t.see(row.birth_latest()).reaches(18) >= first);
            if older != younger {
                return Err(Stop::Unknown(Unknown { label: "birth_unknown", person: Some(person), year: None }));
            }
            minors += i64::from(older);
        }
        t.note("minors", minors);
        Ok(Number::whole(minors))
    }

    /// Age of the person on the day of the application; reached the day before the birthday.
    fn age<T: Trace<'a>>(&self, t: &mut T) -> Result<Number, Stop> {
        let Some(row) = self.case.rows(|facts| &facts.persons).nth(self.person) else { return unknown("birth_unknown") };
        let age = |birth: Date| (0..=150).rev().find(|age| birth.reaches(*age) <= self.on).unwrap_or(0);
        let (older, younger) = (age(t.see(row.birth_earliest())), age(t.see(row.birth_latest())));
        if older != younger {
            return Err(Stop::Unknown(Unknown { label: "birth_unknown", person: Some(self.person), year: None }));
        }
        Ok(Number::whole(i64::from(older)))
    }

    /// Has an insured person the statutory reduction for involuntary unemployment in the year: under 65 on the day of
    /// leaving, with a code of the list and an ordinary certificate, from the day after leaving to the end of the following
    /// fiscal year (Order art. 29-7-2)?
    pub(crate) fn has_unemployment_reduction<T: Trace<'a>>(&self, t: &mut T) -> Result<bool, Stop> {
        for row in self.case.rows(|facts| &facts.unemployment) {
            let first = FiscalYear::of(row.on().peek().tomorrow()).year();
            let reaches = first == self.year.year() || first + 1 == self.year.year();
            let person = usize::try_from(row.person().peek()).unwrap_or(usize::MAX);
            if !reaches || !UNEMPLOYMENT_CODES.contains(&row.reason_code().peek()) || !self.is_insured(person) {
                continue;
            }
            let left = t.see(row.on());
            t.see(row.reason_code());
            match t.see(row.holder()) {
                facts::Holder::Ordinary => {}
                facts::Holder::Special | facts::Holder::Elderly => continue,
                facts::Holder::Unknown => {
                    return Err(Refusal::fact_missing("holder_unknown").with("person", person + 1).with("on", left).into());
                }
            }
            let Some(birth) = self.case.rows(|facts| &facts.persons).nth(person) else { continue };
            let (older, younger) = (left < t.see(birth.birth_earliest()).reaches(65), left < t.see(birth.birth_latest()).reaches(65));
            if older != younger {
                return Err(Stop::Unknown(Unknown { label: "birth_unknown", person: Some(person), year: None }));
            }
            if older {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Did the person whom the application concerns live in this household on its day? A person's facts are known in
    /// every household that they lived in.
    pub(crate) fn lives_here<T: Trace<'a>>(&self, t: &mut T) -> bool {
        let person = self.application.person().peek();
        let stay = self.case.rows(|facts| &facts.membership).find(|row| row.person().peek() == person && self.covers(*row));
        stay.is_some_and(|stay| t.see(stay.from()) <= self.on)
    }

    fn covers(&self, stay: Row<'_, Membership>) -> bool {
        stay.from().peek() <= self.on && stay.until().peek().is_none_or(|until| self.on < until)
    }

    /// Insured by the city, and of this household, on the day of the application?
    fn is_insured(&self, person: usize) -> bool {
        let lives_here = self.case.rows(|facts| &facts.membership).any(|row| row.person().peek() == person as i64 && self.covers(row));
        lives_here
            && self.case.rows(|facts| &facts.qualification).any(|row| {
                row.person().peek() == person as i64
                    && row.from().peek() <= self.on
                    && row.until().peek().is_none_or(|until| self.on < until)
            })
    }
}

/// The components of a known income; none where only a revenue is there.
fn total_of<'a, T: Trace<'a>>(row: Row<'a, Incomes>, t: &mut T) -> Result<Option<Yen>, Stop> {
    let converted = |income: Cell<Option<Yen>>, revenue: Cell<Option<Yen>>| {
        income.peek().is_some() || revenue.peek().is_none_or(|revenue| revenue == Yen::ZERO)
    };
    if !converted(row.salary_yen(), row.salary_revenue_yen()) || !converted(row.pension_yen(), row.pension_revenue_yen()) {
        t.see(row.salary_revenue_yen());
        t.see(row.pension_revenue_yen());
        return Ok(None);
    }
    let mut read = |cell: Cell<Option<Yen>>| if cell.peek().is_some() { t.see(cell).unwrap_or(Yen::ZERO) } else { Yen::ZERO };
    let mut sum = Yen::ZERO;
    for cell in [row.salary_yen(), row.pension_yen(), row.other_yen(), row.forestry_yen()] {
        sum = sum.plus(read(cell))?;
    }
    let sum = sum.minus(read(row.net_loss_carried_yen()))?.max(Yen::ZERO);
    let land = read(row.land_gain_yen()).less(read(row.land_deduction_yen()));
    Ok(Some(sum.plus(read(row.separate_yen()))?.plus(land)?))
}

/// The head of the household on a day.
pub(crate) fn head(case: &Case<'_, ExemptionFacts>, on: Date) -> Result<usize, Refusal> {
    let mut heads = case
        .rows(|facts| &facts.membership)
        .filter(|row| row.head().peek() && row.from().peek() <= on && row.until().peek().is_none_or(|until| on < until));
    let head = heads.next().ok_or_else(|| Refusal::fact_missing("head_missing").with("on", on))?;
    if heads.next().is_some() {
        return Err(Refusal::fact_impossible("two_heads").with("on", on));
    }
    Ok(usize::try_from(head.person().peek()).unwrap_or(usize::MAX))
}

fn flag(yes: bool) -> Number {
    Number::whole(i64::from(yes))
}

fn yen_of(number: Number) -> Yen {
    Yen::checked(number.numerator()).unwrap_or(Yen::ZERO)
}

/// A part of a whole; nil of nothing.
fn share(part: Yen, whole: Yen) -> Number {
    Number::fraction(part.get(), whole.get()).unwrap_or(Number::whole(0))
}
