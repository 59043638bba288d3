//! One part of the premium, in the order in which the law applies its steps.

use crate::months::{Household, Person, changes, runs};
use crate::national;
use crate::ordinance::{
    ChildRates, Model, OwnChildRelief, Proration, Rates, Reduced, Roundings, Scope, model_word, reduced_word, scope_word,
};
use crate::outcome::{Part, PartRow};
use crate::reduction::{Level, Levels};
use jorei_sdk::*;

/// What the ordinance says about one part.
pub(crate) struct PartLaw<'a> {
    part: Part,
    /// The paragraph of the Order that makes the part.
    article: &'static str,
    income_rate: &'a Value<Rate>,
    asset_rate: &'a Value<Rate>,
    per_capita: &'a Value<Yen>,
    adult_per_capita: Option<&'a Value<Yen>>,
    per_household: &'a Value<Yen>,
    cap: &'a Value<Yen>,
    specific: Specific<'a>,
    own_relief: Option<(&'a OwnChildRelief, &'a Value<bool>)>,
}

/// Does the half of a specific household reach the part?
#[derive(Clone, Copy)]
enum Specific<'a> {
    Always,
    Never,
    AsOrdained(&'a Value<bool>),
}

impl<'a> PartLaw<'a> {
    /// Order art. 29-7 para. 2: the medical part.
    pub(crate) fn medical(rates: &'a Rates, relief: Option<&'a OwnChildRelief>) -> PartLaw<'a> {
        let own_relief = relief.map(|relief| (relief, &relief.medical_applies));
        PartLaw { specific: Specific::Always, own_relief, ..PartLaw::of(Part::Medical, "Order art. 29-7 para. 2", rates) }
    }

    /// Order art. 29-7 para. 3: support for the late-elderly scheme.
    pub(crate) fn support(rates: &'a Rates, relief: Option<&'a OwnChildRelief>) -> PartLaw<'a> {
        let own_relief = relief.map(|relief| (relief, &relief.support_applies));
        PartLaw { specific: Specific::Always, own_relief, ..PartLaw::of(Part::Support, "Order art. 29-7 para. 3", rates) }
    }

    /// Order art. 29-7 para. 4: the care part, which no specific household halves.
    pub(crate) fn care(rates: &'a Rates) -> PartLaw<'a> {
        PartLaw::of(Part::Care, "Order art. 29-7 para. 4", rates)
    }

    /// Order art. 29-7 para. 5: the child part, from FY2026.
    pub(crate) fn child(rates: &'a ChildRates) -> PartLaw<'a> {
        PartLaw {
            part: Part::Child,
            article: "Order art. 29-7 para. 5",
            income_rate: &rates.income_rate,
            asset_rate: &rates.asset_rate,
            per_capita: &rates.per_capita_yen,
            adult_per_capita: Some(&rates.adult_per_capita_yen),
            per_household: &rates.per_household_yen,
            cap: &rates.cap_yen,
            specific: Specific::AsOrdained(&rates.specific_household_applies),
            own_relief: None,
        }
    }

    fn of(part: Part, article: &'static str, rates: &'a Rates) -> PartLaw<'a> {
        PartLaw {
            part,
            article,
            income_rate: &rates.income_rate,
            asset_rate: &rates.asset_rate,
            per_capita: &rates.per_capita_yen,
            adult_per_capita: None,
            per_household: &rates.per_household_yen,
            cap: &rates.cap_yen,
            specific: Specific::Never,
            own_relief: None,
        }
    }

    /// The months in which a person is liable for the part.
    fn months(&self, person: &Person<'_>) -> Months {
        if matches!(self.part, Part::Care) { person.care } else { person.insured }
    }

    /// The statutory cut of a person's per-capita levy after the level, and its label and article.
    fn statutory_cut<'t, T: Trace<'t>>(&self, person: &Person<'_>, t: &mut T) -> Option<(Rate, &'static str, &'static str)> {
        match self.part {
            Part::Medical | Part::Support if person.preschool => {
                Some((national::PRESCHOOL_CUT.read(t), "preschool_per_capita", "Order art. 29-7 para. 6 no. 6"))
            }
            Part::Child if person.minor => Some((national::MINOR_CUT.read(t), "minor_per_capita", "Order art. 29-7 para. 6 no. 10")),
            _ => None,
        }
    }
}

/// R2: how an amount is cut by a reduction.
#[derive(Clone, Copy)]
struct Cutting {
    side: Reduced,
    scope: Scope,
    rounding: Rounding,
}

impl Cutting {
    /// Where nothing is cut, nothing is read: an unsourced rounding would make the decision provisional.
    const UNUSED: Cutting = Cutting { side: Reduced::Exact, scope: Scope::Person, rounding: Rounding::DOWN_TO_YEN };

    fn read<'a, T: Trace<'a>>(roundings: &'a Roundings, t: &mut T) -> Cutting {
        let side = t.get_as(&roundings.reduced_amount, reduced_word);
        let scope = t.get_as(&roundings.reduced_amount_scope, scope_word);
        let rounding = match side {
            Reduced::Exact => Rounding::DOWN_TO_YEN,
            _ => t.get_as(&roundings.reduced_amount_rounding, rounding_word),
        };
        Cutting { side, scope, rounding }
    }

    /// What is left of an amount after a cut; never below 0, even where the cut is rounded up.
    fn left(&self, amount: Exact, cut: Rate) -> Result<Exact, MoneyError> {
        if cut.num() == 0 {
            return Ok(amount);
        }
        let left = match self.side {
            Reduced::Remainder => amount.times(cut.complement())?.round(self.rounding)?.exact(),
            Reduced::Reduction => amount.minus(amount.times(cut)?.round(self.rounding)?.exact())?,
            Reduced::Exact => amount.times(cut.complement())?,
        };
        Ok(if left.is_negative() { Exact::ZERO } else { left })
    }
}

/// R1: how the income levy is rounded.
#[derive(Clone, Copy)]
struct IncomeRounding {
    rate: Rate,
    scope: Scope,
    rounding: Rounding,
    base: Rounding,
    /// Prorated by persons, so that only the year's sum can be rounded for the household.
    keep_fractions: bool,
}

impl IncomeRounding {
    fn read<'a, T: Trace<'a>>(law: &PartLaw<'a>, roundings: &'a Roundings, by_persons: bool, t: &mut T) -> Result<Self, MoneyError> {
        let scope = t.get_as(&roundings.income_levy_scope, scope_word);
        Ok(IncomeRounding {
            rate: t.get(law.income_rate),
            scope,
            rounding: t.get_as(&roundings.income_levy_rounding, rounding_word),
            base: Rounding::checked(t.get(&roundings.income_base_unit_yen).get(), Direction::Down)?,
            keep_fractions: by_persons && scope == Scope::Household,
        })
    }

    /// One person's own levy.
    fn of(&self, base: Yen) -> Result<Exact, MoneyError> {
        let levy = self.rate.of(self.base.yen(base)?)?;
        if self.keep_fractions { Ok(levy) } else { Ok(levy.round(self.rounding)?.exact()) }
    }
}

/// The elements of a period, as if it were a year.
#[derive(Clone, Copy)]
struct Elements {
    income: Exact,
    asset: Exact,
    per_capita: Exact,
    adult_per_capita: Exact,
    per_household: Exact,
    maternity: Exact,
    /// Statutory reductions among them.
    reduction: Exact,
}

impl Elements {
    const NONE: Elements = Elements {
        income: Exact::ZERO,
        asset: Exact::ZERO,
        per_capita: Exact::ZERO,
        adult_per_capita: Exact::ZERO,
        per_household: Exact::ZERO,
        maternity: Exact::ZERO,
        reduction: Exact::ZERO,
    };

    /// Step 7: the sum, less what births take off; never below 0.
    fn sum(&self) -> Result<Exact, MoneyError> {
        let elements = self.income.plus(self.asset)?.plus(self.per_capita)?.plus(self.adult_per_capita)?.plus(self.per_household)?;
        let sum = elements.minus(self.maternity)?;
        Ok(if sum.is_negative() { Exact::ZERO } else { sum })
    }

    /// Adds a period's months of twelve.
    fn add(&mut self, period: &Elements, months: Rate) -> Result<(), MoneyError> {
        let pairs = [
            (&mut self.income, period.income),
            (&mut self.asset, period.asset),
            (&mut self.per_capita, period.per_capita),
            (&mut self.adult_per_capita, period.adult_per_capita),
            (&mut self.per_household, period.per_household),
            (&mut self.maternity, period.maternity),
            (&mut self.reduction, period.reduction),
        ];
        for (sum, amount) in pairs {
            if amount.num() != 0 {
                *sum = sum.plus(amount.times(months)?)?;
            }
        }
        Ok(())
    }
}

/// A part of a household.
pub(crate) struct Levied {
    /// Its row in the result.
    pub(crate) row: PartRow,
    /// Statutory reductions and what births take off, prorated.
    pub(crate) reduction: Exact,
}

/// What the parts have in common.
pub(crate) struct Levy<'l, 'a> {
    pub(crate) household: &'l Household<'a>,
    pub(crate) levels: &'l Levels,
    pub(crate) roundings: &'a Roundings,
    pub(crate) proration: &'a Dated<Proration>,
}

impl<'a> Levy<'_, 'a> {
    /// Order art. 29-7 para. 1: one part for the fiscal year; none where nobody is liable for it.
    ///
    /// Whole yen after R3; the roundings before it are R1 and R2 per period. Twelve months of one
    /// composition give the annual premium, whatever the model.
    ///
    /// # Errors
    /// `property_tax_missing`; amounts out of range.
    pub(crate) fn part<T: Trace<'a>>(&self, law: &PartLaw<'a>, t: &mut T) -> Result<Option<Levied>, Refusal> {
        let (mut months, mut breaks) = (Months::NONE, self.levels.breaks());
        for person in &self.household.persons {
            let liable = law.months(person);
            months = months.or(liable);
            breaks |= changes(liable) | changes(person.relief.and(liable));
        }
        if months.is_empty() {
            return Ok(None);
        }
        breaks |= changes(self.household.specific) | changes(self.household.specific_continuing);
        let group = t.open(law.part.word());
        let whole_year = months == Months::ALL && breaks == 0;
        // One composition for twelve months is the year in either model: the choice is not read.
        let model = if whole_year { Model::CompositionPeriods } else { t.get_as(&self.proration.known()?.model, model_word) };
        let by_persons = model == Model::PersonMonths;
        // Looked at early to keep the shares; read, for the trace, where it rounds.
        let part_scope = *self.roundings.part_scope.peek();

        let mut year = Elements::NONE;
        let (mut calculated, mut charged) = (Exact::ZERO, Exact::ZERO);
        let mut shares = match part_scope {
            Scope::Person => vec![Exact::ZERO; self.household.persons.len() + 1],
            Scope::Household => Vec::new(),
        };
        for period in runs(months, breaks) {
            let share_of_year = of_twelve(period)?;
            let open = if whole_year { None } else { Some(t.open("period")) };
            let elements = self.period(law, period, by_persons, &mut shares, t)?;
            year.add(&elements, share_of_year)?;
            let sum = elements.sum()?;
            calculated = calculated.plus(sum.times(share_of_year)?)?;
            t.note("calculated", shown(sum)).formula("sum_of_elements").article(law.article);
            if !by_persons {
                charged = charged.plus(capped(law, sum, t)?.times(share_of_year)?)?;
            }
            if let Some(open) = open {
                t.close(open, period).formula("months_of_twelve");
            }
        }
        if by_persons {
            if matches!(t.get_as(&self.roundings.income_levy_scope, scope_word), Scope::Household) {
                let rounded = year.income.round(t.get_as(&self.roundings.income_levy_rounding, rounding_word))?.exact();
                calculated = calculated.plus(rounded.minus(year.income)?)?;
                year.income = rounded;
            }
            t.note("calculated", shown(calculated)).formula("sum_over_periods").article(law.article);
            charged = capped(law, calculated, t)?;
        }
        t.get_as(&self.roundings.part_scope, scope_word);
        let rounding = t.get_as(&self.roundings.part_rounding, rounding_word);
        // Read when it capped.
        let cap = *law.cap.peek();
        // Rounding up must not lift a part above its cap.
        let premium_yen = match part_scope {
            // Where the cap binds, the household's capped sum is what is levied and rounded.
            Scope::Person if charged == calculated => {
                shares.iter().try_fold(Yen::ZERO, |sum, share| sum.plus(share.round(rounding)?))?.min(cap)
            }
            _ => charged.round(rounding)?.min(cap),
        };
        t.close(group, premium_yen).formula("part_rounded").article(law.article);
        let down = |amount: Exact| amount.round(Rounding::DOWN_TO_YEN);
        let row = PartRow {
            part: law.part,
            income_levy_yen: down(year.income)?,
            asset_levy_yen: down(year.asset)?,
            per_capita_yen: down(year.per_capita)?,
            adult_per_capita_yen: down(year.adult_per_capita)?,
            per_household_yen: down(year.per_household)?,
            maternity_yen: down(year.maternity)?,
            calculated_yen: down(calculated)?,
            over_cap_yen: down(calculated.minus(charged)?)?,
            premium_yen,
            months,
        };
        Ok(Some(Levied { row, reduction: year.reduction.plus(year.maternity)? }))
    }

    /// Steps 1 to 6 for a period of one composition, as if it were a year.
    fn period<T: Trace<'a>>(
        &self,
        law: &PartLaw<'a>,
        period: Months,
        by_persons: bool,
        shares: &mut [Exact],
        t: &mut T,
    ) -> Result<Elements, Refusal> {
        let month = period.first().unwrap_or(0);
        let level = self.levels.in_month(month);
        let persons = || self.household.persons.iter().filter(|person| law.months(person).has(month));
        let mut elements = Elements::NONE;

        // Step 1.
        let income = IncomeRounding::read(law, self.roundings, by_persons, t)?;
        let mut bases = Yen::ZERO;
        for person in persons() {
            let base = person.base_in(month);
            bases = bases.plus(income.base.yen(base)?)?;
            if income.scope == Scope::Person {
                elements.income = elements.income.plus(income.of(base)?)?;
            }
        }
        t.note("levy_bases", bases).formula("sum_over_liable_persons").article(law.article);
        if income.scope == Scope::Household {
            elements.income = income.of(bases)?;
        }
        t.note("income_levy", shown(elements.income)).formula("bases_times_rate").article(law.article);
        if law.asset_rate.peek().num() != 0 {
            let mut tax = Yen::ZERO;
            for person in persons() {
                tax = tax.plus(person.property_tax)?;
            }
            elements.asset = t.get(law.asset_rate).of(tax)?.round(income.rounding)?.exact();
            t.note("asset_levy", shown(elements.asset)).formula("property_tax_times_rate").article(law.article);
        }

        // Steps 2, 4 and 5.
        let children = || persons().any(|person| person.preschool || person.minor || person.own_child);
        let specific = self.household.specific.has(month) || self.household.specific_continuing.has(month);
        let cutting = if level.tenths != 0 || specific || children() { Cutting::read(self.roundings, t) } else { Cutting::UNUSED };
        let per_capita = self.per_capita(law, month, level, cutting, &mut elements, t)?;
        let adult = self.adult_per_capita(law, month, level, cutting, &mut elements, t)?;
        self.per_household(law, month, level, cutting, &mut elements, t)?;

        // Step 6: of the period's months, as many as births take off.
        let of_period = |person: &Person<'_>| Rate::checked(person.maternity.and(period).count(), period.count());
        let share = |person: &Person<'_>, t: &mut T| -> Result<Exact, Refusal> {
            let own = if law.adult_per_capita.is_some() && !person.minor { adult } else { Exact::ZERO };
            Ok(income.of(person.base_in(month))?.plus(self.own_per_capita(law, person, per_capita, cutting, t)?)?.plus(own)?)
        };
        for person in persons().filter(|person| !person.maternity.and(period).is_empty()) {
            elements.maternity = elements.maternity.plus(share(person, t)?.times(of_period(person)?)?)?;
        }
        if elements.maternity.num() != 0 {
            t.note("maternity_reduction", shown(elements.maternity))
                .formula("share_by_maternity_months")
                .article("Order art. 29-7 para. 6");
        }
        if let Some((rest, own)) = shares.split_last_mut() {
            let share_of_year = of_twelve(period)?;
            for person in persons() {
                let whole = share(person, t)?;
                let part = whole.minus(whole.times(of_period(person)?)?)?.times(share_of_year)?;
                own[person.ordinal] = own[person.ordinal].plus(part)?;
            }
            *rest = rest.plus(elements.asset.plus(elements.per_household)?.times(share_of_year)?)?;
        }
        Ok(elements)
    }

    /// Order art. 29-7 paras. 2 to 6: per-capita levy: after the level (R2), then the cut for children.
    /// Returns what an ordinary person bears.
    fn per_capita<T: Trace<'a>>(
        &self,
        law: &PartLaw<'a>,
        month: i32,
        level: Level,
        cutting: Cutting,
        elements: &mut Elements,
        t: &mut T,
    ) -> Result<Exact, Refusal> {
        let unit = t.get(law.per_capita).exact();
        let ordinary = cutting.left(unit, level.rate)?;
        let persons = || self.household.persons.iter().filter(|person| law.months(person).has(month));
        let count = persons().count() as i64;
        let full = law.per_capita.peek().times(count)?.exact();
        let before_children = match cutting.scope {
            Scope::Person => ordinary.times(Rate::checked(count, 1)?)?,
            Scope::Household => cutting.left(full, level.rate)?,
        };
        t.note("per_capita", shown(before_children))
            .formula(if level.tenths == 0 { "persons_times_unit" } else { "persons_times_unit_after_level" })
            .article(law.article);
        elements.reduction = elements.reduction.plus(full.minus(before_children)?)?;
        elements.per_capita = before_children;
        if unit.num() == 0 {
            return Ok(ordinary);
        }
        // Children who share one cut are cut together where the household is what is rounded. The
        // larger of the statutory cut and the city's own holds, never both.
        let (mut statutory, mut own) = ((0, Rate::ZERO, "", ""), (0, Rate::ZERO));
        for person in persons() {
            let of_law = law.statutory_cut(person, t);
            match own_cut(law, person, t).filter(|own| of_law.is_none_or(|(cut, ..)| *own > cut)) {
                Some(cut) => own = (own.0 + 1, cut),
                None => {
                    if let Some((cut, label, article)) = of_law {
                        statutory = (statutory.0 + 1, cut, label, article);
                    }
                }
            }
        }
        // What the household bears before its rounding, less what was cut so far.
        let mut exact = full.times(level.rate.complement())?;
        let mut cut_of = |left: Exact, count: i64, cut: Rate| -> Result<Exact, Refusal> {
            let times = Rate::checked(count, 1)?;
            if cutting.scope == Scope::Person {
                return Ok(ordinary.minus(cutting.left(ordinary, cut)?)?.times(times)?);
            }
            let group = unit.times(times)?.times(level.rate.complement())?.times(cut)?;
            exact = exact.minus(group)?;
            Ok(match cutting.side {
                // The household's remainder is what is rounded, once, after the children's cut.
                Reduced::Remainder => left.minus(exact.round(cutting.rounding)?.exact())?,
                Reduced::Reduction => group.round(cutting.rounding)?.exact(),
                Reduced::Exact => group,
            })
        };
        if statutory.0 > 0 {
            let cut = cut_of(elements.per_capita, statutory.0, statutory.1)?;
            elements.per_capita = elements.per_capita.minus(cut)?;
            elements.reduction = elements.reduction.plus(cut)?;
            t.note(statutory.2, shown(elements.per_capita)).formula("less_cut_of_children").article(statutory.3);
        }
        if own.0 > 0 {
            elements.per_capita = elements.per_capita.minus(cut_of(elements.per_capita, own.0, own.1)?)?;
            t.note("own_relief_per_capita", shown(elements.per_capita)).formula("less_cut_of_children");
        }
        if elements.per_capita.is_negative() {
            elements.per_capita = Exact::ZERO;
        }
        Ok(ordinary)
    }

    /// A person's own per-capita levy, for births and for rounding per person.
    fn own_per_capita<T: Trace<'a>>(
        &self,
        law: &PartLaw<'a>,
        person: &Person<'_>,
        ordinary: Exact,
        cutting: Cutting,
        t: &mut T,
    ) -> Result<Exact, Refusal> {
        let of_law = law.statutory_cut(person, t).map(|(cut, ..)| cut);
        let cut = of_law.max(own_cut(law, person, t));
        Ok(cutting.left(ordinary, cut.unwrap_or(Rate::ZERO))?)
    }

    /// Order art. 29-7 para. 5 no. 3: 18-and-over per-capita levy of the child part, cut by the level on its own.
    /// Returns what one adult bears.
    fn adult_per_capita<T: Trace<'a>>(
        &self,
        law: &PartLaw<'a>,
        month: i32,
        level: Level,
        cutting: Cutting,
        elements: &mut Elements,
        t: &mut T,
    ) -> Result<Exact, Refusal> {
        let Some(unit) = law.adult_per_capita else { return Ok(Exact::ZERO) };
        let adults = self.household.persons.iter().filter(|person| law.months(person).has(month) && !person.minor).count() as i64;
        let full = t.get(unit).times(adults)?.exact();
        let ordinary = cutting.left(unit.peek().exact(), level.rate)?;
        elements.adult_per_capita = match cutting.scope {
            Scope::Person => ordinary.times(Rate::checked(adults, 1)?)?,
            Scope::Household => cutting.left(full, level.rate)?,
        };
        t.note("adult_per_capita", shown(elements.adult_per_capita))
            .formula(if level.tenths == 0 { "adults_times_unit" } else { "adults_times_unit_after_level" })
            .article("Order art. 29-7 para. 5 no. 3");
        elements.reduction = elements.reduction.plus(full.minus(elements.adult_per_capita)?)?;
        Ok(ordinary)
    }

    /// Order art. 29-7 paras. 2 to 5: per-household levy: the half or three quarters of a specific household first,
    /// then the level (R2).
    fn per_household<T: Trace<'a>>(
        &self,
        law: &PartLaw<'a>,
        month: i32,
        level: Level,
        cutting: Cutting,
        elements: &mut Elements,
        t: &mut T,
    ) -> Result<(), Refusal> {
        let unit = t.get(law.per_household).exact();
        let (half, quarter) = (self.household.specific.has(month), self.household.specific_continuing.has(month));
        let applies = (half || quarter)
            && unit.num() != 0
            && match law.specific {
                Specific::Always => true,
                Specific::Never => false,
                Specific::AsOrdained(applies) => t.get(applies),
            };
        let mut before_level = unit;
        if applies {
            let cut = if half { national::SPECIFIC_CUT } else { national::SPECIFIC_CONTINUING_CUT }.by(law.article).read(t);
            before_level = cutting.left(unit, cut)?;
            let label = if half { "specific_household" } else { "specific_continuing_household" };
            t.note(label, shown(before_level)).formula("unit_less_cut").article(law.article);
        }
        elements.per_household = cutting.left(before_level, level.rate)?;
        t.note("per_household", shown(elements.per_household))
            .formula(if level.tenths == 0 { "unit" } else { "unit_after_level" })
            .article(law.article);
        elements.reduction = elements.reduction.plus(before_level.minus(elements.per_household)?)?;
        Ok(())
    }
}

/// The city's own cut of a child's per-capita levy. It does not stack on the statutory one: the caller
/// takes the larger.
fn own_cut<'a, T: Trace<'a>>(law: &PartLaw<'a>, person: &Person<'_>, t: &mut T) -> Option<Rate> {
    let (relief, applies) = law.own_relief.filter(|_| person.own_child)?;
    t.get(applies).then(|| t.get(&relief.cut_rate))
}

/// Step 8, Order art. 29-7 paras. 2 to 5: a part does not exceed its cap (賦課限度額).
fn capped<'a, T: Trace<'a>>(law: &PartLaw<'a>, sum: Exact, t: &mut T) -> Result<Exact, Refusal> {
    let cap = t.get(law.cap);
    let capped = sum.min(cap.exact());
    let step = t.note("capped", shown(capped)).formula("at_most_cap").article(law.article);
    if sum > capped {
        step.lost("calculated", shown(sum), "above_cap");
    }
    Ok(capped)
}

/// The share of a year that a period's months are.
fn of_twelve(period: Months) -> Result<Rate, MoneyError> {
    // The whole as 1 and not as 12/12: amounts keep their denominator.
    if period == Months::ALL { Ok(Rate::ONE) } else { Rate::checked(period.count(), 12) }
}

/// An amount as a trace shows it: whole yen where it is whole.
fn shown<'a>(amount: Exact) -> Val<'a> {
    match (amount.den(), Yen::checked(amount.num())) {
        (1, Ok(yen)) => Val::Yen(yen),
        _ => amount.into(),
    }
}
