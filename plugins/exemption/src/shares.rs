//! A person's share of the elements of each part, by months: what reliefs of former dependants and of detention take off.
//!
//! A share is computed where it is exact and refused elsewhere: where the parts' persons or months differ, where a cap
//! binds, where per-capita levies are not even. A clerk decides those.

use crate::axes::{AXES, FACTS};
use crate::examination::{Examination, Stop};
use crate::ordinance::{Element, Gives, Relief};
use jorei_sdk::facts::{PremiumPart, PremiumParts, Row};
use jorei_sdk::rows::Row as RowOfTable;
use jorei_sdk::trace::Off;
use jorei_sdk::*;

/// A person of the premium.
struct Insured {
    ordinal: usize,
    months: Months,
    care: Months,
    base: Option<Yen>,
}

impl Insured {
    /// The months in which a part is levied for this person.
    fn of(&self, part: PremiumPart) -> Months {
        if part == PremiumPart::Care { self.care } else { self.months }
    }
}

/// Which row holds for each element in a month; none where what is required is not met.
type Plan = Option<[Option<usize>; 3]>;

/// What a relief takes off the person's share, exact, and the number of the first row that applies; none where none does.
///
/// # Errors
/// [`Stop`]; `composition_changed` and its like where the share is not exact.
pub(crate) fn taken_off<'a, T: Trace<'a>>(
    examination: &mut Examination<'_, 'a>,
    relief: &'a Relief,
    t: &mut T,
) -> Result<Option<(Exact, i64)>, Stop> {
    let persons = persons(examination, t);
    let Some(own) = persons.iter().position(|person| person.ordinal == examination.person && !person.months.is_empty()) else {
        t.note("not_insured_in_the_year", Val::Person(u32::try_from(examination.person).unwrap_or(u32::MAX)));
        return Ok(None);
    };
    let own = &persons[own];
    let plans = plans(examination, relief, own.months, t)?;
    let first =
        relief.rows.iter().enumerate().find(|(i, _)| plans.iter().any(|(_, plan)| plan.is_some_and(|rows| rows.contains(&Some(*i)))));
    let Some((_, first)) = first else { return Ok(None) };
    sole_head(examination)?;
    let mut sum = Exact::ZERO;
    let year = i64::from(examination.year.year());
    for part in examination.case.rows(|facts| &facts.premium_parts).filter(|row| row.year().peek() == year) {
        let word = t.see(part.part());
        let months = own.of(word);
        if months.is_empty() {
            continue;
        }
        let liable: Vec<&Insured> = persons.iter().filter(|person| !person.of(word).is_empty()).collect();
        let alike = liable.iter().all(|person| person.of(word) == months) && t.see(part.months()) == months.count();
        if !alike {
            return Err(out_of_scope("composition_changed", word));
        }
        exact_elements(&part, word, liable.len(), t)?;
        let open = t.open(key_of(word));
        let mut taken = Exact::ZERO;
        for (place, element) in Element::ALL.into_iter().enumerate() {
            let by_row = |row: usize| months.iter().filter(|month| row_of(&plans, *month, place) == Some(row)).count() as i64;
            let rows: Vec<(usize, i64)> = (0..relief.rows.len()).map(|row| (row, by_row(row))).filter(|(_, months)| *months > 0).collect();
            if rows.iter().all(|(row, _)| relief.rows[*row].gives.rate.num() == 0) {
                continue;
            }
            let share = share(examination, &part, word, element, own, &liable, t)?;
            t.note(element.key(), share).formula("share_of_person");
            for (row, count) in rows {
                let of_months = share.times(relief.rows[row].gives.rate)?.times(Rate::checked(count, months.count())?)?;
                t.note("taken_off_element", of_months).formula("rate_by_months").article(relief.rows[row].article());
                taken = taken.plus(of_months)?;
            }
        }
        t.close(open, taken);
        sum = sum.plus(taken)?;
    }
    Ok(Some((sum, first.number)))
}

fn persons<'a, T: Trace<'a>>(examination: &Examination<'_, 'a>, t: &mut T) -> Vec<Insured> {
    let bits = |bits: i64| Months::from_bits(u16::try_from(bits).unwrap_or(0));
    let year = i64::from(examination.year.year());
    let rows = examination.case.rows(|facts| &facts.premium_persons).filter(|row| row.year().peek() == year);
    rows.map(|row| Insured {
        ordinal: usize::try_from(row.person().peek()).unwrap_or(usize::MAX),
        months: bits(t.see(row.insured_months())),
        care: bits(t.see(row.care_months())),
        base: t.see(row.levy_base_yen()),
    })
    .collect()
}

/// Which row holds in which month. Months alike are written into the trace once.
fn plans<'a, T: Trace<'a>>(
    examination: &mut Examination<'_, 'a>,
    relief: &'a Relief,
    months: Months,
    t: &mut T,
) -> Result<Vec<(Months, Plan)>, Stop> {
    let mut plans: Vec<(Months, Plan)> = Vec::new();
    for month in months.iter() {
        let plan = plan(examination, relief, month)?;
        match plans.iter_mut().find(|(_, known)| *known == plan) {
            Some((alike, _)) => *alike = alike.or(Months::one(month)),
            None => plans.push((Months::one(month), plan)),
        }
    }
    // What was found without a trace is computed again with it.
    examination.forget();
    for (alike, plan) in &plans {
        let month = alike.first().unwrap_or(0);
        let open = t.open("months_examined");
        relief.requires.tried(AXES, "requires", t, |axis, t| examination.number(FACTS[axis], month, t))?;
        if plan.is_some() {
            for element in Element::ALL {
                let rows: Vec<&'a RowOfTable<Gives>> = relief.rows.iter().filter(|row| row.gives.of == Some(element)).collect();
                if rows.is_empty() {
                    continue;
                }
                let group = t.open(element.key());
                let mut rate = None;
                for row in rows {
                    if row.tried(AXES, "row", t, |axis, t| examination.number(FACTS[axis], month, t))? {
                        rate = Some(row);
                        break;
                    }
                }
                match rate {
                    Some(row) => {
                        t.read_law("relief.rate", row.gives.rate.into(), row.state(), row.article());
                        t.close(group, row.gives.rate);
                    }
                    None => {
                        crate::read_otherwise(relief, t);
                        t.close(group, Val::Word("no_row"));
                    }
                }
            }
        }
        t.close(open, *alike);
    }
    Ok(plans)
}

/// The rows of one month; leaves no trace.
fn plan(examination: &mut Examination<'_, '_>, relief: &Relief, month: i32) -> Result<Plan, Stop> {
    let mut off = Off::default();
    if !relief.requires.matches(|axis| examination.number(FACTS[axis], month, &mut off))? {
        return Ok(None);
    }
    let mut plan = [None; 3];
    for (place, element) in Element::ALL.into_iter().enumerate() {
        for (i, row) in relief.rows.iter().enumerate().filter(|(_, row)| row.gives.of == Some(element)) {
            if row.matches(|axis| examination.number(FACTS[axis], month, &mut off))? {
                plan[place] = Some(i);
                break;
            }
        }
    }
    Ok(Some(plan))
}

fn row_of(plans: &[(Months, Plan)], month: i32, place: usize) -> Option<usize> {
    let (_, plan) = plans.iter().find(|(months, _)| months.has(month))?;
    plan.as_ref().and_then(|rows| rows[place])
}

fn out_of_scope(label: &'static str, part: PremiumPart) -> Stop {
    Stop::Refused(Refusal::out_of_scope(label).with("part", key_of(part)).article("Act art. 77"))
}

/// Are the elements of a part whole: no cap that binds, nothing taken off that they do not show?
fn exact_elements<'a, T: Trace<'a>>(part: &Row<'a, PremiumParts>, word: PremiumPart, persons: usize, t: &mut T) -> Result<(), Stop> {
    let amount = |cell: Cell<Option<Yen>>, t: &mut T| t.see(cell).unwrap_or(Yen::ZERO);
    if amount(part.over_cap_yen(), t) > Yen::ZERO {
        return Err(out_of_scope("cap_binds", word));
    }
    let elements = amount(part.income_levy_yen(), t).plus(amount(part.per_capita_yen(), t))?.plus(amount(part.per_household_yen(), t))?;
    let rest = elements.minus(amount(part.premium_yen(), t))?;
    // A part is rounded by at most 100 yen, once or per person; anything more is a reduction for a birth, or an asset levy.
    let bound = Yen::new(100).times(persons as i64)?;
    if rest >= bound || Yen::ZERO.minus(rest)? >= bound {
        return Err(out_of_scope("elements_do_not_add_up", word));
    }
    Ok(())
}

/// The person's share of an element of a part, of the whole year.
fn share<'a, T: Trace<'a>>(
    examination: &Examination<'_, 'a>,
    part: &Row<'a, PremiumParts>,
    word: PremiumPart,
    element: Element,
    own: &Insured,
    liable: &[&Insured],
    t: &mut T,
) -> Result<Exact, Stop> {
    let missing = || out_of_scope("element_missing", word);
    match element {
        Element::IncomeLevy => {
            let levy = t.see(part.income_levy_yen()).ok_or_else(missing)?;
            let mut bases = Yen::ZERO;
            for person in liable {
                bases = bases.plus(person.base.ok_or_else(missing)?)?;
            }
            if levy == Yen::ZERO || bases == Yen::ZERO {
                return Ok(Exact::ZERO);
            }
            Ok(levy.exact().times(Rate::checked(own.base.ok_or_else(missing)?.get(), bases.get())?)?)
        }
        Element::PerCapita => {
            let levy = t.see(part.per_capita_yen()).ok_or_else(missing)?;
            if word == PremiumPart::Child {
                let mut adults = 0;
                for person in liable {
                    adults += i64::from(!is_until(examination, person.ordinal, 18, t)?);
                }
                // Minors pay nothing of it (Order art. 29-7 para. 6 nos. 10, 11).
                return if is_until(examination, own.ordinal, 18, t)? || adults == 0 {
                    Ok(Exact::ZERO)
                } else {
                    Ok(levy.exact().times(Rate::checked(1, adults)?)?)
                };
            }
            if liable.len() > 1 && word != PremiumPart::Care {
                for person in liable {
                    if is_until(examination, person.ordinal, 6, t)? {
                        return Err(out_of_scope("per_capita_not_even", word));
                    }
                }
            }
            Ok(levy.exact().times(Rate::checked(1, liable.len() as i64)?)?)
        }
        Element::PerHousehold => Ok(t.see(part.per_household_yen()).ok_or_else(missing)?.exact()),
    }
}

/// Up to the 31 March after reaching an age, through the whole year?
fn is_until<'a, T: Trace<'a>>(examination: &Examination<'_, 'a>, person: usize, age: i32, t: &mut T) -> Result<bool, Stop> {
    let missing = || Refusal::fact_missing("birth_unknown").with("person", person + 1).with("year", examination.year.year());
    let row = examination.case.rows(|facts| &facts.persons).nth(person).ok_or_else(missing)?;
    let first = examination.year.first_day();
    let (older, younger) = (t.see(row.birth_earliest()).reaches(age) >= first, t.see(row.birth_latest()).reaches(age) >= first);
    if older == younger { Ok(older) } else { Err(missing().into()) }
}

/// A change of head tests the statutory reduction again from that month: then the year has no one level.
fn sole_head(examination: &Examination<'_, '_>) -> Result<(), Stop> {
    let year = examination.year;
    let mut heads = examination.case.rows(|facts| &facts.membership).filter(|row| {
        row.head().peek() && row.from().peek() < year.end() && row.until().peek().is_none_or(|until| until > year.first_day())
    });
    let first = heads.next().map(|row| row.person().peek());
    if heads.any(|row| Some(row.person().peek()) != first) {
        return Err(Refusal::out_of_scope("head_changed").article("Act art. 77").into());
    }
    Ok(())
}

pub(crate) const fn key_of(part: PremiumPart) -> &'static str {
    match part {
        PremiumPart::Medical => "medical",
        PremiumPart::Support => "support",
        PremiumPart::Care => "care",
        PremiumPart::Child => "child",
        PremiumPart::Unknown => "unknown_part",
    }
}
